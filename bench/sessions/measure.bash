# What is not warm, and what goes on by itself: the first order of a connection, with the library preloaded and without, and the job that ends orders
# which nobody pays.
. bench/sale/scripts.bash
buyers=$(size 2000 200) sellers=$(size 500 60)
open_shop sessions "$buyers" "$sellers" $((sellers * 10)) 100
run_sql -d sessions -f bench/sale/peers.sql -f bench/sale/plpgsql.sql -f bench/sessions/expiry.sql

# Milliseconds of a connection that does this and ends, the middle of the rounds in turns.
connections=$(size 100 5)
a_connection() { # SIDE
    if [ "$1" = nothing ]; then
        echo 'SELECT 1;' >"$scripts/first.sql"
    else
        script "$1" 1 >"$scripts/first.sql"
        run_sql -d sessions -c "$(fill "$1" 1 "$connections" 1)" -c "VACUUM ANALYZE $(home_of "$1").cart_items"
    fi
    PGOPTIONS="-c role=$(role_of "$1")" "$bin/pgbench" -n -C -M prepared -c 1 -t "$connections" -D i=0 -D each="$connections" -D sellers="$sellers" -f "$scripts/first.sql" sessions 2>"$scripts/log" |
        awk -F '[= ]+' '/^tps/ { printf "%.3f\n", 1000 / $2 }'
}
all_sides() { # PRELOADED
    local side
    for _ in $(seq "$(size 7 1)"); do
        for side in nothing driplo plpgsql batched bare; do printf '%s\t%s\t%s\n' "$1" "$side" "$(a_connection "$side")"; done
    done
}
preload() { # LIBRARY...
    run_sql -d postgres -c "ALTER SYSTEM SET shared_preload_libraries = $(printf "'%s'," "$@" | sed 's/,$//')"
    stop bench && start bench
    postmaster=$(head -n 1 "$clusters/bench/data/postmaster.pid")
}
all_sides no >"$scripts/first.tsv"
preload pg_stat_statements "$(sh .ci/server library)"
all_sides yes >>"$scripts/first.tsv"
run_sql -d postgres -c "ALTER SYSTEM RESET shared_preload_libraries"
stop bench && start bench
postmaster=$(head -n 1 "$clusters/bench/data/postmaster.pid")
sort -t $'\t' -k1,1 -k2,2 -k3,3g "$scripts/first.tsv" | awk -F '\t' -v middle="$(size 4 1)" '++seen[$1, $2] == middle' >"$results/sessions.tsv"

# Unpaid orders of three lines, all at once: side, orders, milliseconds.
for side in driplo plpgsql; do
    script "$side" 3 >"$scripts/unpaid.sql"
    orders=$(size 1000 50)
    run_sql -d sessions -c "$(fill "$side" 1 "$orders" 3)" -c "VACUUM ANALYZE $(home_of "$side").cart_items"
    PGOPTIONS="-c role=$(role_of "$side")" "$bin/pgbench" -n -M prepared -c 1 -t "$orders" -D i=0 -D each="$orders" -D sellers="$sellers" -f "$scripts/unpaid.sql" sessions >/dev/null 2>&1
    run_sql -d sessions -c "CALL bench.grow_old('$(home_of "$side")')" -c "VACUUM ANALYZE $(home_of "$side").orders"
    printf '%s\t%s\n' "$side" "$(run_sql -d sessions -F $'\t' -c "SELECT * FROM bench.time_expiry('$(home_of "$side").expire_unpaid_orders', $orders)")"
done >"$results/sessions-jobs.tsv"
dropdb sessions
