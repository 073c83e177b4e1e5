# The sale: checkout() against its rules in PL/pgSQL, against the same by a program, and against tables without rules.
. bench/sale/scripts.bash
buyers=$(size 4800 480) sellers=$(size 500 60)
open_shop sale "$buyers" "$sellers" $((sellers * 10)) "$(size 10000 100)"
run_sql -d sale -f bench/sale/peers.sql -f bench/sale/plpgsql.sql

sides=(driplo plpgsql application batched bare)

# Nobody pays here, and checkout() counts what a buyer holds unpaid: everybody buys in turn, so that no buyer has more of it than people have.
# sale SIDE LINES CLIENTS ORDERS
sale() {
    local from=0 bought=$scripts/bought.$1
    [ ! -e "$bought" ] || from=$(cat "$bought")
    [ $((from + $4)) -le "$buyers" ] || from=0
    echo $((from + $4)) >"$bought"
    script "$1" "$2" >"$scripts/sale.sql"
    run_sql -d sale -c "$(fill "$1" $((from + 1)) $((from + $4)) "$2")" -c "VACUUM $(home_of "$1").listings" -c "VACUUM ANALYZE $(home_of "$1").cart_items"
    bench sale "$(role_of "$1")" "$3" $(($4 / $3)) "$scripts/sale.sql" -D sellers="$sellers" -D i="$from" -D before="$from"
}
sent() { grep -cE '(;| \\gset)$' "$scripts/sale.sql"; }
trips() { if [ "$1" = driplo ] || [ "$1" = plpgsql ]; then echo 1; else sent; fi; }

# What an order costs does not hang on the machine, so it is counted: side, lines, round trips, statements sent, statements run inside,
# buffers, bytes of WAL, rows written.
counted=$(size 1000 20) # many, because now and then a page of an index is split
count() { # SIDE LINES
    local side=$1 lines=$2
    sale "$side" "$lines" 1 "$counted" >/dev/null # so that plans are made
    # the carts are filled again first, which is not counted
    script "$side" "$lines" >"$scripts/sale.sql"
    run_sql -d sale -c "$(fill "$side" 1 $((2 * counted)) "$lines")" -c "VACUUM $(home_of "$side").listings"
    PGOPTIONS="-c role=$(role_of "$side")" "$bin/pgbench" -n -M prepared -c 1 -t "$counted" -D i=0 -D before=0 -D each="$counted" -D sellers="$sellers" -f "$scripts/sale.sql" sale >/dev/null 2>&1
    before=$(run_sql -d sale -c "SELECT pg_stat_statements_reset()" -c "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) || ' ' || pg_current_wal_insert_lsn() FROM pg_stat_user_tables" | tail -n 1)
    PGOPTIONS="-c role=$(role_of "$side") -c pg_stat_statements.track=all" "$bin/pgbench" -n -M prepared -c 1 -t "$counted" -D i="$counted" -D before=0 -D each="$counted" -D sellers="$sellers" -f "$scripts/sale.sql" sale >/dev/null 2>&1
    run_sql -d sale -F $'\t' -c "SELECT '$side', $lines, $(trips "$side"), $(sent), round(sum(calls) / $counted::numeric - $(sent), 1), round(sum(shared_blks_hit + shared_blks_read) FILTER (WHERE toplevel) / $counted),
        round((pg_current_wal_insert_lsn() - '${before#* }'::pg_lsn) / $counted), round(((SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables) - ${before% *}) / $counted::numeric, 1)
        FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'sale') AND query !~ 'pg_stat'"
}
for lines in 1 3 10; do
    for side in "${sides[@]}"; do count "$side" "$lines"; done
done >"$results/counts.tsv"

# And measured: side, lines, clients, orders a second, latency. In turns, the middle of the rounds.
rounds=$(size 7 1)
middle() { # of the rounds of each cell, by its fourth column
    sort -t $'\t' -k1,1 -k2,2n -k3,3n -k4,4g | awk -F '\t' -v middle=$(((rounds + 1) / 2)) '++seen[$1, $2, $3] == middle'
}
for _ in $(seq "$rounds"); do
    for lines in $(size "1 3 10" 3); do
        for clients in $(size "1 8" 2); do
            for side in "${sides[@]}"; do
                orders=$(size $((clients == 1 ? 300 : 1600)) 40)
                printf '%s\t%s\t%s\t%s\n' "$side" "$lines" "$clients" "$(sale "$side" "$lines" "$clients" "$orders")"
            done
        done
    done
done >"$results/sale-rounds.tsv"
middle <"$results/sale-rounds.tsv" >"$results/sale.tsv"

# Side, lines, the server's processor time of an order.
for lines in $(size "1 3 10" 3); do
    for side in "${sides[@]}"; do
        script $side "$lines" >"$scripts/sale.sql"
        orders=$(size 600 30)
        run_sql -d sale -c "$(fill $side 1 $((orders + warm)) "$lines")" -c "VACUUM $(home_of $side).listings" -c "VACUUM ANALYZE $(home_of $side).cart_items"
        printf '%s\t%s\t%s\n' $side "$lines" "$(processor_time sale "$(role_of $side)" "$orders" "$scripts/sale.sql" -D sellers="$sellers")"
    done
done >"$results/sale-processor.tsv"

# The last piece of each thing: what is counted, and orders a second.
last=yes
counted=$(size 700 20)
for lines in 1 3; do
    for side in "${sides[@]}"; do count "$side" "$lines"; done
done >"$results/counts-last.tsv"
for _ in $(seq "$rounds"); do
    for lines in $(size "1 3" 3); do
        for clients in $(size "1 8" 2); do
            for side in "${sides[@]}"; do
                printf '%s\t%s\t%s\t%s\n' "$side" "$lines" "$clients" "$(sale "$side" "$lines" "$clients" "$(size $((clients == 1 ? 300 : 1200)) 40)")"
            done
        done
    done
done >"$results/sale-rounds-last.tsv"
middle <"$results/sale-rounds-last.tsv" >"$results/sale-last.tsv"
last=
