#!/bin/bash
# Other servers with the same data: a physical standby serves what reads, is promoted and goes on selling; logical
# replication brings every row over once, with no effect of a trigger doubled; pg_upgrade keeps everything.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash

shop=driplo_shop
snapshot() { psql -X -q -v ON_ERROR_STOP=1 -d "$1" -f test/durability/snapshot.sql; }
data() { pg_dump -a "$@" 2>/dev/null | grep -vE '^\\(un)?restrict '; }
# As a user of the shop, by the name of the profile; what the last statement gives.
as_user() { # CLUSTER USERNAME STATEMENTS
    on "$1" sql -d $shop 2>&1 <<SQL
SET search_path = public, tests;
SELECT id AS person FROM profiles WHERE username = '$2' \gset
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', :'person', 'role', 'authenticated')::text, false) \gset ignored_
SET ROLE authenticated;
$3
SQL
}
wait_for() { # CLUSTER QUERY: until it gives t
    local i
    for i in $(seq 600); do
        [ "$(on "$1" sql -d $shop -c "$2" 2>/dev/null)" = t ] && return 0
        sleep 0.1
    done
    return 1
}

{
    make_cluster first "wal_level = logical" "max_wal_senders = 4" "fsync = off" && start first &&
        on first createdb -T template0 -E UTF8 $shop &&
        on first sql -d $shop -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" -f test/fixtures/helpers.sql &&
        { echo "SET search_path = public, tests;"; cat test/durability/populate.sql; } | on first sql -d $shop >/dev/null &&
        on first sql -d $shop <<'SQL'
SET search_path = public, tests;
-- somebody with a filled cart, who has an address
SELECT id AS buyer FROM profiles WHERE username = 'person9' \gset
INSERT INTO listings (id, seller_id, title, description, price, quantity, status)
SELECT '00000000-0000-4000-8000-00000000000a', id, 'A lamp', 'Gives light.', 10, 5, 'active' FROM profiles WHERE username = 'person8';
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
VALUES (:'buyer', 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US', true);
DELETE FROM cart_items USING shopping_carts c WHERE c.id = cart_id AND c.user_id = :'buyer';
INSERT INTO cart_items (cart_id, listing_id, quantity) SELECT id, '00000000-0000-4000-8000-00000000000a', 2 FROM shopping_carts WHERE user_id = :'buyer';
SELECT refresh_search_words() AS words \gset
SQL
} >"$clusters/log" 2>&1
made=$?
ok $made "a shop is open"
[ $made -eq 0 ] || { sed 's/^/#   /' "$clusters/log"; done_testing; }

# A physical standby

{
    (cd "$clusters" && "${as_server[@]}" mkdir second && on first "${as_server[@]}" "$bin/pg_basebackup" -h "$clusters/first" -p 5432 -U "$superuser" -D "$clusters/second/data" -R -c fast) &&
        sed -i "s#$clusters/first'#$clusters/second'#" "$clusters/second/data/postgresql.conf" && start second
} >"$clusters/log" 2>&1
ok $? "a standby follows"
on first sql -d $shop -c "SELECT pg_switch_wal()" >/dev/null
lsn=$(on first sql -d $shop -c "SELECT pg_current_wal_lsn()")
wait_for second "SELECT pg_last_wal_replay_lsn() >= '$lsn'"
ok $? "and has caught up"
is "$(on second sql -d $shop -c "SELECT pg_is_in_recovery()")" t "it is read only"
is "$(as_user second person9 "SELECT username FROM my_profile();")" person9 "my_profile() is served there"
is "$(as_user second person9 "SELECT title, quantity, line_total, problem IS NULL FROM cart_contents();")" "A lamp|2|20.00|t" "cart_contents() too"
is "$(as_user second person9 "SELECT count(*) > 3 FROM search('lamp'); SELECT search_summary('lmap') ->> 'corrected_query';")" "t
lamp" "search() too, with its corrections"
is "$(as_user second person9 "SELECT quote_checkout() #>> '{orders,0,total_amount}';")" "20.00" "and a quote"
is "$(as_user second person9 "SELECT valid, reason FROM validate_coupon('NO-SUCH-CODE');")" "f|unknown" "and what a coupon is worth"
is "$(as_user second person9 "SELECT username FROM public_profile((SELECT id FROM profiles WHERE username = 'person8'));")" person8 "and a public profile"
is "$(as_user second person9 "SELECT is_admin(auth.uid()), auth.role(), is_profile_setup_complete(auth.uid());")" "f|authenticated|t" "and who somebody is"
is "$(as_user second person9 "SELECT calculate_platform_fee(100), get_optimized_image_url('/a.webp');")" "5.00|/a_medium.webp" "and what needs no table"
is "$(as_user second person9 "SELECT get_or_create_cart(auth.uid()) IS NOT NULL;")" t "a cart that exists is found"
is "$(on second sql -d $shop -c "SELECT item FROM installation_report() WHERE NOT ok")" "" "installation_report() misses nothing there"
is "$(on second sql -d $shop -c "SELECT check_name FROM security_advisor()")" "$(on first sql -d $shop -c "SELECT check_name FROM security_advisor()")" "security_advisor() says the same on both"
is "$(as_user second person9 "\\set VERBOSITY sqlstate
SELECT order_number FROM checkout((SELECT id FROM shipping_addresses));" | tail -n 1)" "ERROR:  25006" "a checkout is refused there as the server refuses every write"

program pg_ctl second promote -w >/dev/null
ok $? "the standby is promoted"
sold=$(as_user second person9 "SELECT order_number, total_amount FROM checkout((SELECT id FROM shipping_addresses));")
is "${sold#*|}" "20.00" "and sells"
is "$(on second sql -d $shop -c "SELECT count(*) - count(DISTINCT order_number) FROM orders")" 0 "with a number that no order had"
is "$(on second sql -d $shop -c "SELECT quantity FROM listings WHERE id = '00000000-0000-4000-8000-00000000000a'")" 3 "the stock is taken once"

# Logical replication of all tables into a database that has the schema already

{
    on second pg_dump -s -f "$clusters/schema.sql" $shop &&
        on first sql -d postgres -c "DROP DATABASE $shop WITH (FORCE)" && on first createdb -T template0 -E UTF8 $shop &&
        on first sql -d $shop -f "$clusters/schema.sql" &&
        on second sql -d $shop -c "CREATE PUBLICATION everything FOR ALL TABLES" &&
        on first sql -d $shop -c "CREATE SUBSCRIPTION everything CONNECTION 'host=$clusters/second port=5432 user=$superuser dbname=$shop' PUBLICATION everything"
} >"$clusters/log" 2>&1
ok $? "a second database subscribes to all tables"
wait_for first "SELECT count(*) > 0 AND bool_and(srsubstate = 'r') FROM pg_subscription_rel"
ok $? "and has copied them"
# everything that a trigger has to do with: a sign-up, a sale, its steps, a message, a rating, a favourite
on second sql -d $shop >"$clusters/log" 2>&1 <<'SQL'
SET search_path = public, tests;
SELECT tests.sign_up('late@example.org') AS late \gset
SELECT id AS seller FROM profiles WHERE username = 'person8' \gset
SET request.jwt.claims = '';
INSERT INTO favorites (user_id, listing_id) VALUES (:'late', '00000000-0000-4000-8000-00000000000a');
INSERT INTO user_follows (follower_id, following_id) VALUES (:'late', :'seller');
INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES ('00000000-0000-4000-8000-00000000000a', :'late', :'seller') RETURNING id AS talk \gset
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'late', 'Is it still there?');
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code)
VALUES (:'late', 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US') RETURNING id AS address \gset
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', :'late', 'role', 'authenticated')::text, false) \gset ignored_
SET ROLE authenticated;
SELECT add_to_cart('00000000-0000-4000-8000-00000000000a', 3) \gset ignored_
SELECT order_id FROM checkout(:'address') \gset
RESET ROLE;
UPDATE orders SET status = 'paid' WHERE id = :'order_id';
UPDATE orders SET status = 'shipped' WHERE id = :'order_id';
UPDATE orders SET status = 'delivered' WHERE id = :'order_id';
UPDATE orders SET status = 'completed' WHERE id = :'order_id';
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (:'order_id', :'late', :'seller', 5, 'seller');
SQL
ok $? "the publisher goes on: a sign-up, a message, a sale, a rating"
[ ! -s "$clusters/log" ] || sed 's/^/#   /' "$clusters/log"
lsn=$(on second sql -d $shop -c "SELECT pg_current_wal_lsn()")
for _ in $(seq 600); do
    [ "$(on second sql -d $shop -c "SELECT bool_and(confirmed_flush_lsn >= '$lsn') FROM pg_replication_slots WHERE slot_name = 'everything'")" = t ] && break
    sleep 0.1
done
# the rows alone: sequences and unlogged tables are not replicated
rows() { data --no-unlogged-table-data $shop | grep -vE '^--|^$|pg_catalog.setval' | LC_ALL=C sort; }
on first rows >"$clusters/subscriber"
on second rows >"$clusters/publisher"
same_file "$clusters/subscriber" "$clusters/publisher" "every row is there once, and no trigger has done anything a second time"
is "$(on first sql -d $shop -c "SELECT status, quantity FROM listings WHERE id = '00000000-0000-4000-8000-00000000000a'")" "reserved|0" "what is sold out, with an order unpaid, is so there too"

# pg_upgrade, to the same version: everything but the files is new

on first sql -d $shop -c "DROP SUBSCRIPTION everything" >/dev/null 2>&1
on second sql -d $shop -c "DROP PUBLICATION everything"
on second snapshot $shop >"$clusters/before.catalog"
on second data $shop >"$clusters/before.data"
{
    stop second && make_cluster third "fsync = off" &&
        (cd "$clusters" && "${as_server[@]}" "$bin/pg_upgrade" -b "$bin" -B "$bin" -d "$clusters/second/data" -D "$clusters/third/data" -U "$superuser" -s "$clusters") &&
        start third
} >"$clusters/log" 2>&1
upgraded=$?
ok $upgraded "pg_upgrade takes the cluster over"
[ $upgraded -eq 0 ] || tail -n 30 "$clusters/log" | sed 's/^/#   /'
on third snapshot $shop >"$clusters/after.catalog"
on third data $shop >"$clusters/after.data"
same_file "$clusters/after.catalog" "$clusters/before.catalog" "the catalog is what it was"
same_file "$clusters/after.data" "$clusters/before.data" "and so is the data"
is "$(on third sql -d $shop -c "SELECT item FROM installation_report() WHERE NOT ok")" "" "installation_report() misses nothing"
is "$(
    on third sql -d $shop <<'SQL'
SET search_path = public, tests;
CREATE TEMP TABLE before AS SELECT order_number FROM orders;
SELECT tests.sign_up('upgraded@example.org') AS late \gset
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) SELECT :'late', id, 1, 1 FROM profiles WHERE username = 'person8';
SELECT (SELECT count(*) FROM shopping_carts WHERE user_id = :'late'), (SELECT count(*) FROM orders WHERE order_number NOT IN (SELECT order_number FROM before));
SQL
)" "1|1" "a sign-up and an order with a new number work there"

done_testing
