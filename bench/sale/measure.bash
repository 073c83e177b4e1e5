# The sale: checkout() against the same by a program, and against tables without rules.
. bench/sale/scripts.bash
buyers=$(size 4800 480) sellers=$(size 500 60)
open_shop sale "$buyers" "$sellers" $((sellers * 10)) "$(size 10000 100)"
run_sql -d sale -f bench/sale/peers.sql

# sale SIDE LINES CLIENTS ORDERS
sale() {
    script "$1" "$2" >"$scripts/sale.sql"
    run_sql -d sale -c "CALL bench.fill_carts('$(home_of "$1")', 1, $4, $2)" -c "VACUUM $(home_of "$1").listings" -c "VACUUM ANALYZE $(home_of "$1").cart_items"
    bench sale "$(role_of "$1")" "$3" $(($4 / $3)) "$scripts/sale.sql" -D sellers="$sellers"
}
sent() { grep -cE '(;| \\gset)$' "$scripts/sale.sql"; }
trips() { if [ "$1" = driplo ]; then echo 1; else sent; fi; }

# What an order costs does not hang on the machine, so it is counted: side, lines, round trips, statements sent, statements run inside,
# buffers, bytes of WAL, rows written.
counted=$(size 1000 20) # many, because now and then a page of an index is split
for lines in 1 3 10; do
    for side in driplo application batched bare; do
        sale $side $lines 1 $counted >/dev/null # so that plans are made
        # the carts are filled again first, which is not counted
        script $side $lines >"$scripts/sale.sql"
        run_sql -d sale -c "CALL bench.fill_carts('$(home_of $side)', 1, $((2 * counted)), $lines)" -c "VACUUM $(home_of $side).listings"
        PGOPTIONS="-c role=$(role_of $side)" "$bin/pgbench" -n -M prepared -c 1 -t $counted -D i=0 -D each=$counted -D sellers="$sellers" -f "$scripts/sale.sql" sale >/dev/null 2>&1
        before=$(run_sql -d sale -c "SELECT pg_stat_statements_reset()" -c "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) || ' ' || pg_current_wal_insert_lsn() FROM pg_stat_user_tables" | tail -n 1)
        PGOPTIONS="-c role=$(role_of $side) -c pg_stat_statements.track=all" "$bin/pgbench" -n -M prepared -c 1 -t $counted -D i=$counted -D each=$counted -D sellers="$sellers" -f "$scripts/sale.sql" sale >/dev/null 2>&1
        run_sql -d sale -F $'\t' -c "SELECT '$side', $lines, $(trips $side), $(sent), round(sum(calls) / $counted::numeric - $(sent), 1), round(sum(shared_blks_hit + shared_blks_read) FILTER (WHERE toplevel) / $counted),
            round((pg_current_wal_insert_lsn() - '${before#* }'::pg_lsn) / $counted), round(((SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables) - ${before% *}) / $counted::numeric, 1)
            FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'sale') AND query !~ 'pg_stat'"
    done
done >"$results/counts.tsv"

# And measured: side, lines, clients, orders a second, latency. In turns, the best of the rounds.
for round in $(seq "$(size 2 1)"); do
    for lines in $(size "1 3 10" 3); do
        for clients in $(size "1 4 8 16" 2); do
            for side in driplo application batched bare; do
                orders=$(size $((clients == 1 ? 500 : lines == 10 ? 1600 : 3200)) 40)
                printf '%s\t%s\t%s\t%s\n' $side "$lines" "$clients" "$(sale $side "$lines" "$clients" "$orders")"
            done
        done
    done
done >"$results/sale-rounds.tsv"
sort -t $'\t' -k1,1 -k2,2n -k3,3n -k4,4gr "$results/sale-rounds.tsv" | awk -F '\t' '!seen[$1, $2, $3]++' >"$results/sale.tsv"

# Side, lines, the server's processor time of an order.
for lines in $(size "1 3 10" 3); do
    for side in driplo application batched bare; do
        script $side "$lines" >"$scripts/sale.sql"
        orders=$(size 600 30)
        run_sql -d sale -c "CALL bench.fill_carts('$(home_of $side)', 1, $((orders + warm)), $lines)" -c "VACUUM $(home_of $side).listings" -c "VACUUM ANALYZE $(home_of $side).cart_items"
        printf '%s\t%s\t%s\n' $side "$lines" "$(processor_time sale "$(role_of $side)" "$orders" "$scripts/sale.sql" -D sellers="$sellers")"
    done
done >"$results/sale-processor.tsv"
