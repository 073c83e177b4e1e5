#!/bin/bash
# test/long/growth.sh: what one session keeps while it places 100,000 orders (DRIPLO_ORDERS) of a line each, and whether check_integrity()
# over them, and DRIPLO_LOADED (1,000) that were there before, stays within its memory. Bytes are counted, not time.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash

orders=${DRIPLO_ORDERS:-100000}
loaded=${DRIPLO_LOADED:-1000}
buyers=2000
rounds=$((orders / buyers))
make_cluster long "fsync = off" "max_wal_size = 4GB" "checkpoint_timeout = 1h" "work_mem = 4MB" "shared_buffers = 64MB" && start long
ok $? "a server starts"
on_shop() { on long sql -d shop "$@"; }
{ on long createdb shop && on_shop -v buyers=$buyers -v sellers=200 -v listings=4000 -v orders="$loaded" -f bench/shop.sql -f bench/sale/peers.sql -c "VACUUM ANALYZE"; } >"$clusters/log" 2>&1
ok $? "a shop is open" || cat "$clusters/log"
. bench/sale/scripts.bash

# The session's memory is looked at after the first round, when all it keeps has been made, and after the last.
{
    cat <<SQL
CREATE PROCEDURE bench.buy(most integer) LANGUAGE plpgsql AS \$\$
BEGIN
    FOR i IN 1..most LOOP
        PERFORM set_config('request.jwt.claim.sub', md5('buyer' || i)::uuid::text, false);
        PERFORM FROM checkout(md5('address' || i)::uuid);
        COMMIT;
    END LOOP;
END \$\$;
GRANT USAGE ON SCHEMA bench TO authenticated;
SQL
    for ((i = 1; i <= rounds; i++)); do
        echo "RESET ROLE; $(fill driplo 1 $buyers 1); SET ROLE authenticated; CALL bench.buy($buyers); RESET ROLE;"
        if [ $i -eq 1 ] || [ $i -eq $rounds ]; then
            echo "SELECT 'kept', sum(total_bytes) FROM pg_backend_memory_contexts;"
            echo "SELECT 'context', name, ident, sum(total_bytes) FROM pg_backend_memory_contexts GROUP BY name, ident ORDER BY 4 DESC LIMIT 10;"
        fi
    done
} >"$clusters/input"
on_shop -c "SET driplo.rate_limits = off" -c "SET driplo.max_unpaid_orders = 0" -f "$clusters/input" >"$clusters/output" 2>&1
ok $? "a session places $((rounds * buyers)) orders" || tail "$clusters/output"
is "$(on_shop -c "SELECT count(*) - $loaded FROM orders")" $((rounds * buyers)) "they are there"
mapfile -t kept < <(sed -n 's/^kept|//p' "$clusters/output")
echo "# kept after $buyers orders: ${kept[0]} bytes, after the last: ${kept[1]}"
[ $((kept[1] - kept[0])) -le 262144 ]
ok $? "and keeps at most 256 kB more than after the first $buyers" || sed 's/^/# /' "$clusters/output"

# What the orders lack that were loaded without triggers is of no interest, the memory that it took is.
most=$(on_shop -c "SET client_min_messages = warning" -c "SELECT FROM check_integrity() OFFSET 1000000000" -c "SELECT pg_read_file('/proc/self/status')" | sed -nE 's/^VmHWM:[^0-9]*([0-9]+) kB/\1/p')
echo "# check_integrity() over $((loaded + rounds * buyers)) orders took at most $((most / 1024)) MB, 64 of them shared buffers"
# work_mem for each of some thirty sorts and hash tables of its largest part, which are freed together
[ "${most:-0}" -gt 0 ] && [ "$most" -le $((320 * 1024)) ]
ok $? "check_integrity() stays within 320 MB"
done_testing
