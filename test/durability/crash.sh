#!/bin/bash
# A backend and then the whole server are killed (kill -9) while customers sign up, buy, pay and cancel, and the jobs deliver and complete orders and decide returns. After the recovery
# nothing that a customer was told is missing or there twice, and check_integrity() finds nothing. The server is one of its
# own, with fsync and data checksums. Two rounds, with DRIPLO_LONG=1 ten.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/kill_server.bash

rounds=2 seconds=3 customers=5
[ -z "${DRIPLO_LONG:-}" ] || rounds=10 seconds=6
database=driplo_crash

elsewhere() { psql -X -q -At -v ON_ERROR_STOP=1 -d postgres -c "$1"; }
bin=$(elsewhere "SELECT setting FROM pg_config WHERE name = 'BINDIR'")
# where the running server finds extensions, if not where they are installed
settings=$(elsewhere "SELECT format('%s = ''%s''', name, replace(setting, '''', '''''')) FROM pg_settings
    WHERE name IN ('extension_destdir', 'extension_control_path', 'dynamic_library_path') AND setting <> boot_val")

# Short, because a socket's path may have 107 characters only.
place=$(mktemp -d /tmp/driplo-crash.XXXXXX)
as_server=()
if [ "$(id -u)" -eq 0 ]; then
    as_server=(runuser -u postgres --)
    chown postgres "$place"
fi
export PGHOST=$place PGPORT=5432 PGUSER=postgres PGCONNECT_TIMEOUT=10
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }
server() { (cd "$place" && "${as_server[@]}" "$bin/$1" -D "$place/data" "${@:2}"); }
start() { server pg_ctl start -w -t 120 -l "$place/data/log" >"$place/start.log" 2>&1; }
wait_for_server() {
    for _ in $(seq 300); do
        psql -X -q -d postgres -c "" >/dev/null 2>&1 && return
        sleep 0.1
    done
    return 1
}
workers=()
# The server first: a customer notices the end of the test when the session ends.
trap 'touch "$place/stop"; server pg_ctl stop -m immediate >/dev/null 2>&1; [ ${#workers[@]} -eq 0 ] || wait "${workers[@]}"; rm -rf "$place"' EXIT

server initdb -U postgres -A trust -k --locale=C.UTF-8 --encoding=UTF8 >"$place/initdb.log" 2>&1
{
    echo "$settings"
    echo "port = 5432"
    echo "listen_addresses = ''"
    echo "unix_socket_directories = '$place'"
} >>"$place/data/postgresql.conf"
start
ok $? "a server with fsync and data checksums starts"
is "$(psql -X -q -At -d postgres -c "SELECT current_setting('fsync'), current_setting('data_checksums')")" "on|on" "it has both"

createdb -T template0 -E UTF8 $database
sql -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" -f test/fixtures/helpers.sql \
    -c "ALTER DATABASE $database SET search_path = public, tests" -c "ALTER DATABASE $database SET driplo.max_unpaid_orders = 0" \
    -c "ALTER DATABASE $database SET driplo.max_unpaid_pieces = 0" \
    -c "ALTER DATABASE $database SET driplo.rate_limits = off" || { ok 1 "driplo is installed"; done_testing; }
# Few things, so that customers wait for each other; little of some, so that listings get reserved and sold and come back.
sql >/dev/null <<'SQL'
CREATE TABLE tests.seller AS SELECT n, tests.sign_up(format('seller%s@example.org', n)) AS id FROM generate_series(1, 4) n;
INSERT INTO listings (seller_id, title, slug, description, price, quantity, status)
SELECT s.id, 'Lamp', format('lamp-%s-%s', s.n, i), 'Gives light.', i, CASE WHEN i < 3 THEN 4 ELSE 100000 END, 'active' FROM tests.seller s, generate_series(1, 8) i;
INSERT INTO product_variants (listing_id, name, price, quantity)
SELECT id, name, price, 50000 FROM listings, unnest(ARRAY['S', 'L']) name WHERE slug LIKE 'lamp-%-8';
INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit_per_user) VALUES ('TEN', 'Ten', 'percentage', 10, NULL);
CREATE TABLE tests.stock AS
SELECT l.id AS listing_id, v.id AS variant_id, coalesce(v.quantity, l.quantity) AS quantity FROM listings l LEFT JOIN product_variants v ON v.listing_id = l.id;
-- A payment begins and comes in, in one transaction.
CREATE FUNCTION tests.pay(paid_order uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM start_payment(ARRAY[paid_order], 'stripe', 'pi_' || paid_order);
    SELECT concat_ws(': ', r.outcome, r.detail) INTO told
      FROM orders o, record_stripe_event(jsonb_build_object('id', 'evt_' || o.id, 'type', 'payment_intent.succeeded', 'created', 1700000000, 'data', jsonb_build_object('object',
               jsonb_build_object('id', 'pi_' || o.id, 'amount', (o.total_amount * 100)::bigint, 'currency', lower(o.currency))))) r WHERE o.id = paid_order;
    IF told <> 'processed' THEN
        RAISE EXCEPTION '%', told;
    END IF;
    RETURN 'paid ' || paid_order;
END $$;
CREATE TABLE tests.told (what text, first text, second text, third text);
SQL
ok $? "a market is open"

# A file of many customers, so that a session lasts; a killed one is followed by another.
for _ in $(seq 200); do cat test/durability/crash_load.sql; done >"$place/load.sql"
customer() {
    until [ -e "$place/stop" ]; do
        psql -X -q -At -v VERBOSITY=sqlstate -d $database -f "$place/load.sql" >>"$place/told.$1" 2>>"$place/errors.$1"
        sleep 0.1
    done
}

for _ in $(seq 200); do cat test/durability/crash_clock.sql; done >"$place/clock.sql"
clock() {
    until [ -e "$place/stop" ]; do
        psql -X -q -At -v VERBOSITY=sqlstate -d $database -f "$place/clock.sql" >>"$place/told.clock" 2>>"$place/errors.clock"
        sleep 0.1
    done
}
# How many a job said that it had done.
told_by_clock() { awk -v what="$1_by_clock" '$1 == what && $2 ~ /^[0-9]+$/ { sum += $2 } END { print sum + 0 }' "$place/told.clock"; }

# Backends in the middle of what may be lost in halves
kill_a_backend() {
    local pid
    for _ in $(seq 50); do
        pid=$(sql -c "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND pid <> pg_backend_pid() AND datname = '$database'
                      ORDER BY query LIKE '%checkout(%' DESC, backend_xid IS NOT NULL DESC, random() LIMIT 1" 2>/dev/null)
        [ -n "$pid" ] && "${as_server[@]}" kill -9 "$pid" 2>/dev/null && return
        sleep 0.02
    done
    return 1
}
# On a busy machine some seconds are too few for anything to be in the middle of.
wait_until_answered() {
    for _ in $(seq 600); do
        [ "$(cat "$place"/told.* | grep -c '^placed [^ :]* [^:]')" -ge "$1" ] && return
        sleep 0.1
    done
    return 1
}

# What the customers were told; what has a colon was not answered.
load_told() {
    sql -c "TRUNCATE tests.told"
    cat "$place"/told.* | grep -E '^(signed_up|asked|placed|paid|cancelled) ' | grep -v ':' | awk '{ print $1 "\t" $2 "\t" $3 "\t" $4 }' |
        sql -c "\\copy tests.told FROM pstdin"
}

check() {
    local when=$1
    load_told
    is "$(sql -c "SELECT * FROM check_integrity()")" "" "$when: check_integrity() finds nothing"
    is "$(sql -c "SELECT count(*) FROM tests.told t WHERE what = 'signed_up' AND NOT EXISTS (SELECT FROM profiles p JOIN shopping_carts c ON c.user_id = p.id
            JOIN user_stats_summary s ON s.user_id = p.id JOIN auth.users u ON u.id = p.id WHERE p.id = t.first::uuid)")" 0 "$when: each customer who was signed up has account, profile, cart and statistics"
    is "$(sql -c "SELECT (SELECT count(*) FROM auth.users), (SELECT count(*) FROM profiles)")" \
        "$(sql -c "SELECT count(*), count(*) FROM shopping_carts")" "$when: and so has everybody else: there is no half user"
    is "$(sql -c "SELECT t.second, count(o.id) FROM (SELECT DISTINCT first, number AS second FROM tests.told, string_to_table(second, ',') number WHERE what = 'placed') t
            LEFT JOIN orders o ON o.order_number = t.second GROUP BY t.second HAVING count(o.id) <> 1")" "" "$when: each order whose number a customer was told is there once"
    is "$(sql -c "SELECT t.first FROM tests.told t LEFT JOIN checkouts c ON c.idempotency_key = t.first WHERE t.what = 'placed'
            AND t.second IS DISTINCT FROM (SELECT string_agg(o.order_number, ',' ORDER BY array_position(c.order_ids, o.id)) FROM orders o WHERE o.id = ANY (c.order_ids))")" \
        "" "$when: by the checkout that it was told for"
    is "$(sql -c "SELECT o.order_number FROM orders o WHERE NOT EXISTS (SELECT FROM checkouts c WHERE o.id = ANY (c.order_ids)) OR NOT EXISTS (SELECT FROM order_items i WHERE i.order_id = o.id)")" \
        "" "$when: no order is without its checkout or without lines"
    is "$(sql -c "SELECT count(*) - count(DISTINCT order_number), count(*) - (SELECT coalesce(sum(cardinality(order_ids)), 0) FROM checkouts) FROM orders")" "0|0" \
        "$when: no order is there twice"
    is "$(sql -c "SELECT o.id, o.status FROM tests.told t, string_to_table(t.first, ',') p (id) JOIN orders o ON o.id = p.id::uuid
            WHERE t.what = 'paid' AND (o.status IN ('pending_payment', 'cancelled')
               OR (SELECT sum(amount) FROM payment_transactions WHERE order_id = o.id) IS DISTINCT FROM o.total_amount)")" "" "$when: what was paid is paid"
    is "$(sql -c "SELECT o.id FROM orders o JOIN payment_transactions p ON p.order_id = o.id WHERE o.status = 'pending_payment'")" "" "$when: no payment is half there"
    is "$(sql -c "SELECT o.id, o.status FROM tests.told t, string_to_table(t.first, ',') c (id) LEFT JOIN orders o ON o.id = c.id::uuid
            WHERE t.what = 'cancelled' AND o.status IS DISTINCT FROM 'cancelled'")" "" "$when: what was cancelled is cancelled"
    is "$(sql -c "SELECT o.order_number, o.status FROM orders o
            WHERE o.status IS DISTINCT FROM (SELECT h.to_status FROM order_status_history h WHERE h.order_id = o.id ORDER BY h.created_at DESC, h.id DESC LIMIT 1)
               OR EXISTS (SELECT FROM order_status_history h WHERE h.order_id = o.id GROUP BY h.to_status HAVING count(*) > 1)")" "" "$when: each order is where its history ends, and took each step once"
    is "$(sql -c "SELECT string_agg(done.what, ' ') FROM (VALUES
            ('delivered', $(told_by_clock delivered), (SELECT count(*) FROM order_status_history WHERE reason = 'nobody has said that it did not arrive')),
            ('completed', $(told_by_clock completed), (SELECT count(*) FROM order_status_history WHERE reason = 'nothing was left to do')),
            ('decided', $(told_by_clock decided), (SELECT coalesce(sum(jsonb_array_length(history) - 1), 0) FROM returns))) done (what, told, found) WHERE done.found < done.told")" "" "$when: what the jobs said that they had done is done"
    is "$(sql -c "SELECT r.id FROM returns r WHERE r.status = 'refunded'
            AND (SELECT count(*) FROM refund_requests q WHERE q.order_item_id = r.order_item_id) <> 1")" "" "$when: each return that was decided for the buyer was refunded once"
    # what is refunded after it was shipped stays with its buyer
    is "$(sql -c "SELECT s.listing_id FROM tests.stock s JOIN listings l ON l.id = s.listing_id LEFT JOIN product_variants v ON v.id = s.variant_id
            LEFT JOIN (SELECT i.listing_id, i.variant_id, sum(i.quantity) AS quantity FROM order_items i JOIN orders o ON o.id = i.order_id
                        WHERE o.status <> 'cancelled' AND (o.status <> 'refunded' OR o.shipped_at IS NOT NULL) GROUP BY 1, 2) sold ON sold.listing_id = s.listing_id AND sold.variant_id IS NOT DISTINCT FROM s.variant_id
            WHERE coalesce(v.quantity, l.quantity) + coalesce(sold.quantity, 0) <> s.quantity")" "" "$when: stock and what was sold are the stock of the beginning"
}

# A customer who got no answer asks again with the key; so does one who got one.
ask_again() {
    local when=$1
    sql >"$place/again" 2>&1 <<'SQL'
CREATE FUNCTION tests.ask_again(key text, person uuid, address uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    numbers text;
BEGIN
    PERFORM tests.log_in(person);
    -- with the arguments that it was placed with
    SELECT string_agg(c.order_number, ',') INTO numbers
      FROM checkout(address, key, coupon_code => (SELECT d.request ->> 'coupon_code' FROM checkouts d WHERE d.idempotency_key = key),
                    use_store_credit => coalesce((SELECT (d.request ->> 'use_store_credit')::boolean FROM checkouts d WHERE d.idempotency_key = key), false)) c;
    PERFORM tests.log_out();
    RETURN numbers;
EXCEPTION WHEN SQLSTATE 'MK003' OR SQLSTATE 'MK008' OR SQLSTATE 'MK006' OR SQLSTATE 'MK007' THEN
    PERFORM tests.log_out();
    RETURN NULL; -- nothing left of it, or nothing in the cart
END $$;
SQL
    is "$(sql -c "SELECT a.first FROM tests.told a JOIN tests.told p ON p.what = 'placed' AND p.first = a.first
            WHERE a.what = 'asked' AND tests.ask_again(a.first, a.second::uuid, a.third::uuid) IS DISTINCT FROM p.second" 2>&1)" "" "$when: who asks again with the same key is told the same orders"
    sql -c "SELECT tests.ask_again(a.first, a.second::uuid, a.third::uuid) FROM tests.told a
            WHERE a.what = 'asked' AND NOT EXISTS (SELECT FROM tests.told p WHERE p.what = 'placed' AND p.first = a.first)" >"$place/again" 2>&1
    is "$? $(grep -c ERROR "$place/again")" "0 0" "$when: who was not answered asks again and is answered"
    sql -c "DROP FUNCTION tests.ask_again(text, uuid, uuid)"
    is "$(sql -c "SELECT count(*) - (SELECT coalesce(sum(cardinality(order_ids)), 0) FROM checkouts), (SELECT count(*) FROM check_integrity()) FROM orders")" "0|0" "$when: and no order is there twice for that"
}

for round in $(seq $rounds); do
    rm -f "$place/stop"
    workers=()
    for n in $(seq $customers); do
        customer "$n" &
        workers+=($!)
    done
    clock &
    workers+=($!)
    sleep $seconds
    kill_a_backend
    ok $? "round $round: a backend is killed at its work"
    # on a busy machine the others are still there, and answer
    for _ in $(seq 600); do
        [ "$(grep -c 'automatic recovery in progress' "$place/data/log")" -lt $((2 * round - 1)) ] || break
        sleep 0.1
    done
    wait_for_server
    ok $? "round $round: the server recovers by itself"
    sleep $seconds
    wait_until_answered $((30 * round))
    kill_server "$place/data"
    ok $? "round $round: the whole server is killed"
    touch "$place/stop"
    wait "${workers[@]}"
    start
    ok $? "round $round: it starts again"
    check "round $round"
done
ask_again "at the end"

is "$(grep -c 'was terminated by signal 9' "$place/data/log")" "$rounds" "a backend died in each round"
is "$(grep -c 'automatic recovery in progress' "$place/data/log")" "$((2 * rounds))" "and twice in each the server had to recover"
is "$(cat "$place"/errors.[0-9]* | grep -oE 'ERROR:  [0-9A-Z]{5}' | sort | uniq -c | grep -vE ' (MK003|MK005|MK006|MK008|57P0[1-3])$')" "" "customers saw no error but that things are sold out, or that the clock was faster"
is "$(grep -oE 'ERROR:  [0-9A-Z]{5}' "$place/errors.clock" | sort | uniq -c | grep -vE ' (MK005|MK010|55000|57P0[1-3])$')" "" "nor the clock, but that customers were faster"
# Enough of everything for the above to mean something
is "$(sql -c "SELECT (SELECT count(*) FROM tests.told WHERE what = 'placed') >= 30 * $rounds,
        (SELECT array_agg(DISTINCT o.status::text ORDER BY o.status::text) FROM orders o) @> '{cancelled,completed,paid,pending_payment,refunded}',
        (SELECT count(*) FROM coupon_usage) > 0, (SELECT count(*) FROM store_credit_usage) > 0, (SELECT count(*) FROM listings WHERE status::text IN ('reserved', 'sold')) > 0")" \
    "t|t|t|t|t" "there were orders in every state, coupons and store credit used, listings reserved and sold"
is "$(for what in delivered completed decided; do [ "$(told_by_clock $what)" -gt 0 ] || echo "no order or return was $what"; done)" "" "and the jobs delivered, completed and decided"
sql -c "SELECT format('# %s customers, %s checkouts answered, %s orders in the end', (SELECT count(*) FROM profiles), (SELECT count(*) FROM tests.told WHERE what = 'placed'), (SELECT count(*) FROM orders))"

if [ -n "$(sql -c "SELECT name FROM pg_available_extensions WHERE name = 'amcheck'")" ] && [ -x "$bin/pg_amcheck" ]; then
    "$bin/pg_amcheck" --install-missing --heapallindexed --parent-check -d $database >"$place/amcheck" 2>&1
    is "$? $(head -c 2000 "$place/amcheck")" "0 " "pg_amcheck finds nothing"
else
    ok 0 "pg_amcheck finds nothing # SKIP it is not installed"
fi
server pg_ctl stop -m fast >/dev/null
server pg_checksums --check >"$place/checksums" 2>&1
is "$? $(grep '^Bad checksums' "$place/checksums")" "0 Bad checksums:  0" "every page has the right checksum"

done_testing
