#!/bin/bash
# In a database whose language has letters of its own (Turkish: the upper case of i is another letter) the shop is what it is elsewhere.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/restore.bash

shop=driplo_turkish
trap 'dropdb --if-exists $shop' EXIT
dropdb --if-exists $shop 2>/dev/null
createdb -T template0 -E UTF8 --locale-provider=icu --icu-locale=tr --locale=C.UTF-8 $shop &&
    sql -d $shop -f test/fixtures/required.sql -c "CREATE EXTENSION driplo SCHEMA public" -f test/fixtures/helpers.sql
ok $? "driplo is installed"
is "$(sql -d $shop -c "SELECT upper('i') = 'I', lower('I') = 'i'")" "f|f" "where the letters are Turkish"
is "$(sql -d $shop -c "SELECT item, found FROM installation_report() WHERE NOT ok" -c "SELECT check_name, object FROM security_advisor()")" "" "nothing is missing or open"
is "$(
    sql -d $shop 2>&1 <<'SQL'
SET search_path = public, tests;
SELECT tests.sign_up('ISIL.INCI@example.org') AS seller \gset
SELECT tests.sign_up('PERSON.I@example.org') AS buyer \gset
SELECT username FROM profiles ORDER BY email;
INSERT INTO listings (seller_id, title, description, price, quantity, status, shipping_info)
VALUES (:'seller', 'ILIK IŞIK', 'Gives light.', 10, 3, 'active', '{"cost": 4.90, "countries": ["it", "fi"]}') RETURNING id AS lamp, slug \gset
\echo :slug
INSERT INTO coupons (code, name, discount_type, discount_value) VALUES ('INDIRIM', 'A coupon', 'percentage', 10);
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code)
VALUES (:'buyer', 'Home', 'Via Roma 1', 'Torino', 'TO', '10100', 'IT') RETURNING id AS address \gset
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', :'buyer', 'role', 'authenticated')::text, false) \gset ignored_
SET ROLE authenticated;
SELECT add_to_cart(:'lamp') \gset ignored_
SELECT code FROM find_coupon('INDIRIM');
SELECT total_amount FROM checkout(:'address', coupon_code => 'INDIRIM');
RESET ROLE;
SET driplo.restoring = 'OFF';
SELECT private.is_restoring();
SELECT rule FROM check_integrity();
SQL
)" "isil.inci
person.i
$(sql -d $shop -c "SELECT slug FROM listings")
INDIRIM
13.90
f" "people sign up, and a lamp is sent to Italy with a coupon"
is "$(sql -d $shop -c "SELECT slug ~ '^[a-z0-9-]+\$' FROM listings")" t "its slug is as elsewhere"
done_testing
