#!/bin/bash
# test/long/grown_shop.sh: what a checkout, a line more in the cart, the cart, the caller's orders and a sign-up cost in a shop of
# 300,000 listings and as many orders (DRIPLO_GROWN, such as 10000000), to one of 10,000. The same people do the same in both, in
# turns and when warm. The pages that are looked at are compared. The processor's time is printed: where a shop does not fit into the
# processor's caches it is the time of waiting for memory, and on a machine that is busy otherwise no measure.
#
# DRIPLO_BUFFERS="6000 18000 18000:huge": measures with the same rows once for each, which is shared_buffers in megabytes; a quarter
# of the memory without. With :huge they are huge pages, which only root can set aside (vm.nr_hugepages, set back in the end).
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash

small=10000 large=${DRIPLO_GROWN:-300000}
quarter=$(awk '/^MemTotal/ { print int($2 / 4096) }' /proc/meminfo)
make_cluster grown "fsync = off" "full_page_writes = off" "autovacuum = off" "wal_level = minimal" "max_wal_senders = 0" "max_wal_size = 16GB" "checkpoint_timeout = 1d" \
    "shared_buffers = ${quarter}MB" && start grown
ok $? "a server starts"
in_shop() { on grown sql -d "shop_$1" "${@:2}"; }
rounds=9 each=80
for n in $small "$large"; do
    {
        on grown createdb "shop_$n" && in_shop "$n" -v buyers=$((n / 10)) -v sellers=$((n / 100)) -v listings="$n" -v orders="$n" -v indexes_last=yes -f bench/shop.sql \
            -c "ALTER DATABASE shop_$n SET driplo.max_unpaid_orders = 0" -c "ALTER DATABASE shop_$n SET driplo.max_unpaid_pieces = 0" &&
            in_shop "$n" -f bench/processor_time.sql -f - <<'SQL'
GRANT USAGE ON SCHEMA bench TO PUBLIC;
CREATE FUNCTION bench.act(what text, n bigint, turn integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claim.sub', md5('buyer' || n)::uuid::text, true);
    CASE what
        WHEN 'checkout' THEN PERFORM FROM public.checkout(md5('address' || n)::uuid);
        WHEN 'add_to_cart' THEN PERFORM public.add_to_cart(md5('listing' || 1 + (n * 37 + turn) % 197)::uuid);
        WHEN 'cart_contents' THEN PERFORM FROM public.cart_contents();
        WHEN 'my orders' THEN
            PERFORM FROM (SELECT o.id, o.order_number, o.status, o.total_amount, o.currency, o.created_at FROM public.orders o WHERE o.buyer_id = auth.uid() ORDER BY o.created_at DESC LIMIT 20) page;
        WHEN 'sign-up' THEN INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), gen_random_uuid() || '@new.example');
    END CASE;
END $$;
CREATE TABLE bench.cost (what text, round integer, pages double precision, microseconds double precision);
GRANT INSERT ON bench.cost TO PUBLIC;
-- What `each` of it cost on average. The pages are those of another one: to count them takes time.
CREATE PROCEDURE bench.measure(what text, round integer, first bigint, each bigint) LANGUAGE plpgsql AS $$
DECLARE
    since double precision;
    plan json;
    microseconds double precision;
    pages bigint := 0;
BEGIN
    PERFORM pg_sleep(0.001);
    since := bench.processor_time();
    FOR i IN first..first + each / 2 - 1 LOOP
        PERFORM bench.act(what, i, round);
        COMMIT;
    END LOOP;
    PERFORM pg_sleep(0.001);
    microseconds := (bench.processor_time() - since) / (each / 2);
    FOR i IN first + each / 2..first + each - 1 LOOP
        EXECUTE format('EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) SELECT bench.act(%L, %s, %s)', what, i, round) INTO plan;
        pages := pages + (plan #>> '{0,Plan,Shared Hit Blocks}')::bigint + (plan #>> '{0,Plan,Shared Read Blocks}')::bigint;
        COMMIT;
    END LOOP;
    INSERT INTO bench.cost VALUES (what, round, pages / (each / 2.0), microseconds);
END $$;
SQL
        in_shop "$n" -c "VACUUM ANALYZE"
    } >"$clusters/log" 2>&1
    ok $? "a shop of $n" || cat "$clusters/log"
done

huge_pages_before=$(cat /proc/sys/vm/nr_hugepages 2>/dev/null)
set_huge_pages_aside() { # NUMBER
    [ "$(cat /proc/sys/vm/nr_hugepages 2>/dev/null)" != "$1" ] || return 0
    sync
    echo 3 >/proc/sys/vm/drop_caches && echo 1 >/proc/sys/vm/compact_memory && echo "$1" >/proc/sys/vm/nr_hugepages
}
trap 'remove_clusters; set_huge_pages_aside "$huge_pages_before"' EXIT

# restart_with MEGABYTES[:huge]: and everything that fits is in memory before it begins
restart_with() {
    local megabytes=${1%:huge} huge_pages=off aside=$huge_pages_before
    [ "$megabytes" = "$1" ] || { huge_pages=on && aside=$((megabytes / 2 + 512)); }
    on grown sql -d postgres -c "ALTER SYSTEM SET shared_buffers = '${megabytes}MB'" -c "ALTER SYSTEM SET huge_pages = $huge_pages" &&
        stop grown && set_huge_pages_aside "$aside" && start grown || return
    for n in $large $small; do
        in_shop "$n" -c "CREATE EXTENSION IF NOT EXISTS pg_prewarm" -c "SELECT count(pg_prewarm(oid)) FROM pg_class WHERE relkind IN ('r', 'i', 't')" -c "TRUNCATE bench.cost" >/dev/null || return
    done
}

# Each session does it twice with the same people, and the second time counts: the pages of theirs are then mapped by it. Those of the
# indexes that new rows go to are not, which are as many as the shop is large.
measure() {
    local round first what fill role n
    for round in $(seq $rounds); do
        first=$(((round - 1) * each + 1))
        for what in "add_to_cart" "cart_contents" "checkout" "my orders" "sign-up"; do
            fill=
            [ "$what" != checkout ] || fill="CALL bench.fill_carts('public', $first, $((first + each)), 3)"
            role=authenticated
            [ "$what" != sign-up ] || role=service_role
            for n in $small "$large"; do
                [ $((round % 2)) = 1 ] || n=$((n == small ? large : small))
                in_shop "$n" -c "$fill" -c "SET ROLE $role" -c "CALL bench.measure('$what', 0, $first, $each)" -c "RESET ROLE" -c "$fill" -c "SET ROLE $role" \
                    -c "CALL bench.measure('$what', $round, $first, $each)" || return
            done
        done
    done
}
costs() {
    in_shop "$1" -F $'\t' -c "SELECT what, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY pages)::numeric, 1), round(percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds)::numeric)
                                FROM bench.cost WHERE round > 0 GROUP BY what ORDER BY what COLLATE \"C\""
}
for buffers in ${DRIPLO_BUFFERS:-$quarter}; do
    restart_with "$buffers"
    ok $? "a server with shared_buffers of $buffers megabytes"
    measure
    ok $? "measured"
    while IFS=$'\t' read -r what pages microseconds pages_large microseconds_large; do
        awk -v what="$what" -v p="$pages" -v q="$pages_large" -v t="$microseconds" -v u="$microseconds_large" 'BEGIN {
            printf "# %s: %.0f pages, %.0f, %.2f times; %d microseconds of the processor, %d, %.2f times\n", what, p, q, q / p, t, u, u / t
            exit q > 1.3 * p }'
        ok $? "$what looks at no more than 1.3 times the pages"
    done < <(LC_ALL=C join -t $'\t' <(costs $small) <(costs "$large"))
done
# After a checkpoint the first change of a page writes it whole.
on grown sql -d postgres -c "ALTER SYSTEM SET full_page_writes = on" -c "SELECT pg_reload_conf()" >/dev/null
for n in $small $large; do
    in_shop "$n" -v n="$n" -v each=$each -f - <<'SQL'
CALL bench.fill_carts('public', 1, :each, 3);
CHECKPOINT;
SELECT pg_current_wal_insert_lsn() AS before \gset
SET ROLE authenticated;
CALL bench.measure('checkout', 0, 1, :each);
SELECT format('# WAL of a checkout after a checkpoint, %s orders: %s kB', :n, round((pg_current_wal_insert_lsn() - :'before') / :each / 1024));
SQL
    ok $? "WAL is counted"
done
in_shop "$large" -c "SELECT format('# %s MB', pg_database_size(current_database()) / 1048576)"
done_testing
