#!/bin/bash
# A database of the reference schema becomes driplo's, with its rows and with what its owner has added; docs/moving-in.md says by which rules.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/restore.bash

made="reference reference_data moved moved_data fresh copied stranger supabase supabase_fresh"
work=$(mktemp -d)
tidy() {
    rm -rf "$work"
    for name in $made; do dropdb --if-exists "driplo_in_$name" 2>/dev/null; done
    sql -d postgres -c "DROP ROLE IF EXISTS driplo_in_owner" 2>/dev/null
}
trap tidy EXIT
db() { echo "driplo_in_$1"; }
at() { sql -d "$(db "$1")" "${@:2}"; }
copy() { dropdb --if-exists "$(db "$2")" 2>/dev/null && createdb -T "$(db "$1")" "$(db "$2")"; }
install() { at "$1" -c "SET client_min_messages = error" -c "SET driplo.adopt_reference = on" -c "CREATE EXTENSION driplo CASCADE"; }
adopt() { at "$1" -c "SELECT * FROM adopt_reference(${2:-})"; }
shot() { snapshot "$(db "$1")"; }
# what a dump holds, all of it
all() { text "$(db "$1")" 2>/dev/null; }
id() { printf '00000000-0000-4000-8000-%012d' "$1"; }

# The numbers stand on the page in comments, beside the words.
sed -nE 's/^ +\(([0-9]+), .*/\1/p' sql/functions/adoption_rules*.sql | sort -n >"$work/rules"
sed -nE 's/.*<!-- rules ([0-9 ]+) -->.*/\1/p' docs/moving-in.md | tr ' ' '\n' | sort -nu >"$work/told"
same_file "$work/told" "$work/rules" "docs/moving-in.md tells each rule in words"

# The reference, on plain PostgreSQL with a schema auth made by hand, with and without a shop in it.
fresh "$(db reference)"
at reference -f test/fixtures/reference/auth.sql -f test/fixtures/reference/schema.sql -f test/fixtures/reference/logic.sql >/dev/null
ok $? "the reference schema is there"
copy reference reference_data
at reference_data -f test/fixtures/reference/data.sql -f test/fixtures/reference/own.sql >/dev/null
ok $? "with a shop"

# Without being asked to, nothing is taken over.
all reference >"$work/before"
is "$(at reference -v VERBOSITY=verbose -c "CREATE EXTENSION driplo CASCADE" 2>&1 | grep -oE '42710: .*|HINT:  To adopt .* adopt_reference\(\)')" \
'42710: schema "public" already contains the reference schema of driplo
HINT:  To adopt its tables with all rows, run SET driplo.adopt_reference = on, then CREATE EXTENSION driplo CASCADE and SELECT * FROM adopt_reference()' "without the setting it stops, and says how"
all reference >"$work/after"
same_file "$work/after" "$work/before" "and leaves nothing behind"
# In a schema of its own it stands beside.
copy reference moved
at moved -c "DROP SCHEMA private" -c "CREATE SCHEMA shop" -c "SET client_min_messages = error" 2>/dev/null
at moved -c "CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE AS 'SELECT NULL'" -c "CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE AS 'SELECT NULL::jsonb'" 2>/dev/null
is "$(at moved -c "CREATE EXTENSION driplo SCHEMA shop CASCADE" 2>&1 | grep DETAIL)" 'DETAIL:  Conflicting objects: trigger on_auth_user_created on auth.users.' "in a schema of its own, it does not replace the trigger of the reference"
at moved -c "ALTER TRIGGER on_auth_user_created ON auth.users RENAME TO reference_sign_up" -c "CREATE EXTENSION driplo SCHEMA shop CASCADE" -c "INSERT INTO auth.users (email) VALUES ('both@example.org')" 2>/dev/null
is "$(at moved -c "SELECT (SELECT count(*) FROM public.profiles), (SELECT count(*) FROM shop.profiles)")" "1|1" "but can stand beside it, and both have a profile"

# Tables that are neither.
fresh "$(db stranger)"
at stranger -c "CREATE TABLE orders (id uuid)" -c "CREATE TABLE profiles (id uuid)"
is "$(install stranger 2>&1 | grep -oE 'ERROR.*|Missing: table active.{0,40}')" \
'ERROR:  tables in schema "public" are neither those of driplo nor those of the reference schema' "tables of something else are refused in words"
copy reference stranger
at stranger -c "ALTER TABLE orders DROP COLUMN notes" -c "DROP TABLE slow_queries"
is "$(install stranger 2>&1 | grep -oE 'ERROR.*|DETAIL.*')" \
'ERROR:  tables in schema "public" are neither those of driplo nor those of the reference schema
DETAIL:  Missing: column orders.notes, table slow_queries.' "and what is missing is told"

# An empty shop: the catalog is that of a fresh installation.
copy reference moved
install moved
ok $? "with the setting, the functions are installed beside the tables"
is "$(at moved -c "INSERT INTO auth.users (email) VALUES ('between@example.org')" 2>&1 | grep -oE '^ERROR.*|adopt_reference\(\)')" \
'ERROR:  driplo tables are missing in this database
adopt_reference()' "until they are adopted, signing up is refused with the way to go on"
is "$(at moved -c "SELECT item FROM installation_report() WHERE NOT ok" 2>&1 | grep -cE '^(tables|columns|constraints|version of the tables)$')" 4 "and the report says what is missing"
is "$(at moved -c "SET ROLE service_role" -c "SELECT * FROM adopt_reference()" 2>&1)" "ERROR:  permission denied for function adopt_reference" "only superusers can adopt them"
# By two sessions at once: the second one waits, and finds nothing to do.
adopt moved >"$work/second" &
adopt moved >"$work/first"
ok $? "the tables are adopted"
wait $!
ok $? "by two sessions at once"
is "$(cat "$work/first" "$work/second" | grep -c '^nothing to do')" 1 "of which one finds nothing to do"
cat "$work/first" "$work/second" | grep -v '^nothing to do' >"$work/report"
is "$(cut -d'|' -f1 "$work/report" | grep -cxE 'row|check|kept|staff')" 0 "of an empty shop nothing is repaired"
fresh "$(db fresh)"
at fresh -f test/fixtures/reference/auth.sql
for name in role:text email:text jwt:jsonb; do
    at fresh -c "CREATE FUNCTION auth.${name%:*}() RETURNS ${name#*:} LANGUAGE c STABLE PARALLEL SAFE AS '\$libdir/driplo', 'driplo_auth_${name%:*}'" \
        -c "GRANT EXECUTE ON FUNCTION auth.${name%:*}() TO anon, authenticated, service_role"
done
at fresh -c "SET client_min_messages = error" -c "CREATE EXTENSION driplo CASCADE"
shot fresh >"$work/fresh"
rows() { at "$1" -c "SELECT (SELECT count(*) FROM currencies), (SELECT count(*) FROM message_texts), (SELECT count(*) FROM listing_conditions), (SELECT count(*) FROM notification_templates)"; }
is "$(at moved -c "SELECT item, found FROM installation_report() WHERE NOT ok"), $(grep -c '^notice|notification_templates|0|' "$work/report")" "rows that come along|none in notification_templates, 1" "texts of new types of notifications wait for the commit"
settled() { at "$1" -c "SELECT driplo_migrate()" >/dev/null; }
settled moved
is "$(rows moved)" "$(rows fresh)" "afterwards the tables that come with rows have them"
shot moved >"$work/moved"
same_file "$work/moved" "$work/fresh" "the catalog is that of a fresh installation"
options() { at "$1" -c "SELECT attrelid::regclass::text, attname, ARRAY(SELECT o FROM unnest(attoptions) o WHERE o NOT LIKE 'pg_attver%') FROM pg_attribute WHERE attoptions::text LIKE '%n_distinct%' UNION ALL SELECT oid::regclass::text, '', reloptions FROM pg_class WHERE reloptions IS NOT NULL AND relkind = 'r' ORDER BY 1, 2"; }
is "$(options moved)" "$(options fresh)" "options of columns and tables too"
is "$(at moved -c "SELECT item, found FROM installation_report() WHERE NOT ok" -c "SELECT * FROM check_integrity()")" "" "no report finds anything"
is "$(at moved -c "SELECT * FROM security_advisor()")" "$(at fresh -c "SELECT * FROM security_advisor()")" "the advisor says what it says of a fresh installation"
is "$(adopt moved)" "nothing to do|schema public|0|The tables already belong to driplo." "a second time there is nothing to do"
is "$(adopt fresh)" "nothing to do|schema public|0|The tables already belong to driplo." "nor in a fresh installation"

# A shop. First a dry run.
copy reference_data moved_data
install moved_data
all moved_data >"$work/before"
adopt moved_data true >"$work/dry"
ok $? "a dry run"
all moved_data >"$work/after"
same_file "$work/after" "$work/before" "changes nothing"
adopt moved_data >"$work/report"
ok $? "a run"
same_file "$work/dry" "$work/report" "reports what the dry run did"
settled moved_data
is "$(at moved_data -c "SELECT item, found FROM installation_report() WHERE NOT ok" -c "SELECT * FROM check_integrity()" \
    -c "SELECT lint FROM (SELECT * FROM security_advisor()) a (level, lint, object, detail, remedy) WHERE object !~ 'stock_takes|coupon_flyers|reminders|lamps_of|my_discount|seller_sales|seller_balances' AND lint !~ '^policy_|^extension_in_public'")" "" \
    "no report finds anything but the owner's own"
shot moved_data >"$work/moved_data"
is "$(comm -23 <(sort "$work/fresh") <(sort "$work/moved_data") | grep -vE '^(comment|initial rights|member)\|private\|')" "" "the catalog has all that a fresh installation has"
is "$(comm -13 <(sort "$work/fresh") <(sort "$work/moved_data") | grep -vE 'stock_takes|coupon_flyers|reminders|lamps_of|my_discount|seller_(sales|balances)|before_driplo|^ |listings.(shelf|brand)|listings_shelf|my_index|Admins can view listings|listings.tags')" "" \
    "and beside it only what the owner has added"
counts() {
    at "$1" -c "SELECT string_agg(format('SELECT %L, count(*) FROM %I', relname, relname), ' UNION ALL ' ORDER BY relname) FROM pg_class
                 WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname IN ($(at reference -c "SELECT string_agg(quote_literal(relname), ',') FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"))" | at "$1" -f -
}
is "$(diff <(counts reference_data) <(counts moved_data) | grep '^[<>]' | grep -v admin_audit_log)" \
"< cart_items|5
> cart_items|2
< order_status_history|7
< order_tracking|1
> order_status_history|18
> order_tracking|2
< transactions|2
> transactions|12
< user_ratings|4
< user_stats_summary|7
> user_ratings|2
> user_stats_summary|8" "rows are kept, but for cart items that are one and ratings of strangers"
is "$(at moved_data -c "SELECT target_type, old_values ->> 'rating', new_values FROM admin_audit_log WHERE action = 'adopt_reference' AND target_id IN ('$(id 192)', '$(id 193)')
    UNION ALL SELECT target_type, old_values::text, new_values::text::jsonb FROM admin_audit_log WHERE action = 'adopt_reference' AND target_id = '$(id 3)' ORDER BY 1, 2")" \
'profiles|{"account_status": "active"}|
profiles|{"username": "Ben"}|{"username": "ben9344"}
user_ratings|1|
user_ratings|5|' "what is removed or changed is in the audit log"

is "$(at moved_data -c "SELECT right(p.id::text, 1), p.badges, u.achievement, u.lost_at FROM profiles p LEFT JOIN user_achievements u ON u.user_id = p.id WHERE p.badges <> '{}'")" \
    "2|{power_seller,of_the_shop}|power_seller|" "a badge that is an achievement is one"
is "$(at moved_data -c "SELECT right(id::text, 1), username, email, role, is_admin, setup_completed, total_sales, seller_rating FROM profiles ORDER BY id")" \
"1|sue|sue@example.org|user|f|t|5|4.50
2|ben|ben@example.org|user|f|f|0|
3|ben9344|cleo@example.org|user|f|f|0|
4|dande|moved@example.org|user|f|f|0|
5|admin8591|admin@example.org|user|f|f|0|
6|al6381|al@example.org|user|f|f|0|
7|eve|eve@example.org|admin|t|f|0|
8|paid|paid@example.org|user|f|f|1|" "names, roles, statistics of people"
is "$(at moved_data -c "SELECT right(id::text, 2), country_code, is_default FROM shipping_addresses ORDER BY id" -c "SELECT right(id::text, 2), last4, exp_month, exp_year, is_default FROM payment_methods ORDER BY id")" \
"20|US|f
21|US|t
22|ZZ|t
23|US|t
30|4242|12|2030|f
31|||2030|t
32|1111|1|2031|t" "one default address and card, of the last change"
is "$(at moved_data -c "SELECT right(id::text, 2), price, currency, quantity, status, favorite_count, shelf, brand FROM listings ORDER BY id")" \
"40|10.00|USD|5|active|2|left|Acme
41|10.00|USD|0|reserved|0|left|Acme
42|10.00|USD|0|reserved|0|left|Acme
43|10.00|USD|1|active|0|left|Acme
44|11.00|JPY|1|active|0|left|Acme
45|10.00|USD|1|archived|0|left|Acme
46|10.00|USD|0|archived|0|left|Acme
47|10.00|USD|5|active|0|left|Acme
48|0.00|USD|1|draft|0|left|Acme
49|10.00|USD|1|draft|0|left|Acme" "listings have a status of the set, a currency, a price that can be paid"
is "$(at moved_data -c "SELECT slug, parent_id IS NULL FROM categories WHERE slug IN ('fashion', 'other', 'automotive') ORDER BY 1" | grep -c '|t')" 2 "no category is below itself"
is "$(at moved_data -c "SELECT right(id::text, 2), quantity FROM cart_items ORDER BY id" -c "SELECT count(*) FROM reminders")" \
"60|1000000
64|1
2" "a cart has one line for a listing, and what referred to the others went with them"
is "$(at moved_data -c "SELECT right(id::text, 2), code, discount_value, is_active, usage_limit, usage_count, currency, cardinality(user_ids) FROM coupons ORDER BY id")" \
"70|TODAY|10.00|t|2|2||0
71|today-00000000|5.00|t||1|USD|0
72|HUGE|100.00|f||0||0
73|COUPON-00000000|0.00|f|1|0|USD|0
74|A- B|1.00|f||0||0
75|MINE|10.00|f||0||0
76|ENDED|10.00|f||0||0" "coupons give what a coupon may, for the first of two equal codes"
is "$(at moved_data -c "SELECT right(id::text, 3), status, subtotal, shipping_cost, tax_amount, discount_amount, total_amount, platform_fee_amount, buyer_id IS NOT NULL, right(shipping_address_id::text, 2),
                               shipping_address ->> 'address_line1', released_at IS NOT NULL, refunded_amount FROM orders ORDER BY id")" \
"100|completed|10.00|2.00|0.00|0.00|12.00|0.60|t|20|20 Main Street|t|0.00
101|completed|10.00|5.00|0.00|0.00|15.00|0.75|t|20|20 Main Street|t|0.00
102|paid|10.00|2.00|0.00|0.00|12.00|0.60|t|20|20 Main Street|f|0.00
103|pending_payment|10.00|2.00|0.00|0.00|12.00|0.00|t|20||f|0.00
104|cancelled|10.00|2.00|0.00|0.00|12.00|0.00|t|20||f|0.00
105|refunded|10.00|2.00|0.00|0.00|12.00|0.00|t|20||f|0.00
106|delivered|10.00|2.00|0.00|0.00|12.00|0.60|t|20|20 Main Street|f|0.00
107|shipped|10.00|2.00|0.00|0.00|12.00|0.60|t||20 Main Street|f|0.00
108|completed|10.00|2.00|0.00|0.00|12.00|0.60|t|20|20 Main Street|f|7.00
109|completed|10.00|2.00|0.00|0.00|12.00|0.60|f|||t|0.00
110|completed|10.00|2.00|0.00|3.00|9.00|0.45|t|20|20 Main Street|t|0.00
130|completed|100.00|0.00|0.00|0.00|100.00|1.00|t|||t|0.00
133|paid|11.00|0.00|1.00|0.00|12.00|1.00|t|||f|0.00" "orders cost what they cost, and are made of what adds up to that"
is "$(at moved_data -c "SELECT from_status, to_status FROM order_status_history WHERE order_id = '$(id 100)' ORDER BY created_at, id")" \
"|pending_payment
pending_payment|paid
paid|delivered
delivered|completed" "a history is one path to the status"
is "$(at moved_data -c "SELECT title, variant_name, image_url, brand FROM order_items WHERE order_id = '$(id 100)'" -c "SELECT platform_fee, tax_amount FROM order_items WHERE order_id = '$(id 133)'" \
    -c "SELECT total_price, discount_amount FROM order_items WHERE order_id = '$(id 110)'")" \
"Lamp 40|Small|https://example.org/lamp.webp|Acme
1.00|1.00
10.00|3.00" "items say what was bought, and have their shares"
is "$(at moved_data -c "SELECT right(id::text, 3), amount, currency, status, is_surplus, processor_transaction_id FROM payment_transactions ORDER BY id")" \
"140|12.00|USD|succeeded|f|pi_100
141|12.00|USD|cancelled|f|
142|15.00|USD|succeeded|f|pi_101
143|12.00|USD|succeeded|f|pi_102
144|12.00|USD|succeeded|t|pi_102b
145|12.00|USD|cancelled|f|pi_102c" "payments do not exceed the order, and are recorded once"
is "$(at moved_data -c "SELECT right(id::text, 3), status, amount, completed_at IS NOT NULL FROM seller_payouts ORDER BY id" -c "SELECT right(id::text, 3), status, amount, requested_by IS NOT NULL FROM refund_requests ORDER BY id")" \
"160|paid|11.40|t
161|processing|4.00|f
162|cancelled|5.00|f
163|cancelled|11.40|f
164|paid|120.00|t
170|processed|5.00|t
171|approved|2.00|t
172|pending|1.00|f
173|rejected|50.00|t
174|rejected|12.00|t" "payouts and refunds have a status of the set"
is "$(at moved_data -c "SELECT right(id::text, 3), type, rating FROM user_ratings ORDER BY id" -c "SELECT right(id::text, 3), status, initiated_by IS NOT NULL, respondent_id IS NOT NULL FROM disputes ORDER BY id" \
    -c "SELECT right(id::text, 3), status, right(order_id::text, 3), requested_by IS NOT NULL FROM returns ORDER BY id")" \
"190|seller|4
191|seller|5
200|awaiting_seller_response|t|t
201|closed|t|t
202|closed|f|t
203|resolved|t|f
210|requested|107|t
211|closed|107|t
212|closed|107|f" "ratings, disputes and returns are of the parties of the order"
is "$(at moved_data -c "SELECT right(id::text, 3), listing_id IS NOT NULL, seller_id IS NOT NULL, is_direct, buyer_unread_count, seller_unread_count FROM conversations ORDER BY id")" \
"180|t|t|f|0|1
181|f|t|t|0|1
182|f|t|f|0|1
183|f|f|f|0|1" "conversations name a listing of their seller, and count what is unread"

is "$(at moved_data -c "SELECT DISTINCT shipping_cost, shipping_info ->> 'cost' FROM listings WHERE currency = 'USD'" -c "SELECT subcategory_id IS NULL FROM listings WHERE slug = 'lamp-41'" \
    -c "SELECT account_status, suspended_at IS NOT NULL, website FROM profiles WHERE username = 'al6381'" -c "SELECT bank_account_number, bank_numbers FROM payment_accounts" \
    -c "SELECT tracking_number, shipping_carrier FROM orders WHERE tracking_number LIKE 'T%'" -c "SELECT order_number, cancellation_reason FROM orders WHERE cancellation_reason IS NOT NULL" -c "SELECT decision_note FROM refund_requests WHERE reason = 'Scratched'" \
    -c "SELECT count(*) > 5 FROM admin_audit_log WHERE old_values ? 'account_status'")" \
"4.00|4.00
t
suspended|t|
****6819|{\"bank_account_number\": \"GB29NWBK60161331926819\"}
T-1|other
ORD-20250102-0104|Too late.
Sorry.
t" "columns that the application had before are what they are here"

# Money. Of each order at 12.00 sue has 11.40. Available: orders 100, 109, and 101 (14.25), 110 (8.55), less 11.40 that was paid out and 4.00 on
# its way. Pending: 102, 106 (in dispute), 107, and 108, of which 7.00 went back: 6.65 of sue's.
is "$(at moved_data -c "SELECT currency, pending, available, paid_out FROM seller_balance('$(id 1)') ORDER BY 1" -c "SELECT currency, pending, available, paid_out FROM seller_balance('$(id 8)')")" \
"JPY|10.00|0.00|0.00
USD|38.95|30.20|11.40
USD|0.00|0.00|120.00" "sellers have what is theirs, and nobody begins in debt"
# The platform: 0.60 of 100, 102, 106, 107, 109; 0.75, 0.45, and 0.25 of 108 after the refunds. It owes 2.00 of a refund and 37.00 of credits.
is "$(at moved_data -c "SELECT account, currency, sum(amount) FROM ledger_entries WHERE account IN ('platform_fees', 'store_credit', 'refunds', 'payouts_in_transit') GROUP BY 1, 2 ORDER BY 1, 2" \
    -c "SELECT count(DISTINCT memo) FROM ledger_entries")" \
"payouts_in_transit|USD|4.00
platform_fees|JPY|1.00
platform_fees|USD|4.45
store_credit|USD|37.00
refunds|USD|2.00
1" "the platform has its fees, and owes credits, refunds and payouts"
is "$(at moved_data -c "SELECT amount, used_amount, currency FROM store_credits ORDER BY id")" \
"30.00|0.00|USD
0.00|0.00|USD
7.00|0.00|USD" "what is left of a credit is a credit"
is "$(at moved_data -c "SELECT amount, fee, net_amount, created_at < '2026-01-01', metadata ? 'journal_id' FROM transactions WHERE order_id = '$(id 130)'")" "100.00|1.00|99.00|t|t" \
    "a sale that the application listed is not listed again"
is "$(at moved_data -c "UPDATE stock_takes SET counted = 2 WHERE listing_id = '$(id 40)' RETURNING updated_at > '2025-01-02'" -c "SELECT total FROM seller_sales WHERE seller_id = '$(id 8)'" \
    -c "SELECT count(*) > 5, (SELECT code FROM coupon_flyers) FROM lamps_of('$(id 1)')" -c "SELECT private.my_discount(10)" -c "SELECT DISTINCT balance FROM seller_balances" | grep -v '^UPDATE')" \
"t
100.00
t|HUGE
9.0
1.5" "the owner's trigger, view and functions go on"
is "$(grep -oE '^kept\|[^|]*' "$work/report" | cut -d'|' -f2 | grep -vE '\.brand$' | sort)" \
"column listings.shelf
constraint listings_shelf_check on listings
foreign key coupon_flyers_code_fkey on public.coupon_flyers
foreign key reminders_cart_item_id_fkey on public.reminders
foreign key stock_takes_listing_id_fkey on public.stock_takes
function before_driplo.seller_balance(uuid)
index my_index on listings
policy \"Admins can view listings\" on listings" "and the report names what was kept"

# It is dumped and restored as any other.
fresh "$(db copied)"
pg_dump "$(db moved_data)" 2>/dev/null | at copied >/dev/null 2>"$work/errors"
is "$(cat "$work/errors")" "" "a dump is restored without an error"
shot copied >"$work/copied"
same_file "$work/copied" "$work/moved_data" "with the same catalog"
is "$(data "$(db copied)" | sort | md5sum)" "$(data "$(db moved_data)" | sort | md5sum)" "and the same rows"

# A whole sale, in the copy: somebody signs up, buys of sue, who is paid out. With no window for returns also what is left of order 108,
# 4.75 less the 1.00 that is asked back.
is "$(
    at copied 2>&1 <<SQL
SET driplo.return_window = 0;
INSERT INTO auth.users (id, email) VALUES ('$(id 300)', 'Ben@new.example');
INSERT INTO shipping_addresses (id, user_id, name, address_line1, city, state_province, postal_code, country_code)
VALUES ('$(id 301)', '$(id 300)', 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US');
SELECT set_config('request.jwt.claims', '{"sub": "$(id 300)", "role": "authenticated"}', false) \gset ignored_
SET ROLE authenticated;
SELECT add_to_cart('$(id 43)') \gset ignored_
SELECT order_id AS bought, total FROM checkout('$(id 301)') AS c (order_id, order_number, seller_id, currency, total) \gset
RESET ROLE;
SET request.jwt.claims = '{"role": "service_role"}';
SET ROLE service_role;
SELECT start_payment(ARRAY[:'bought'::uuid], 'stripe', 'pi_new') \gset ignored_
SELECT record_stripe_event(jsonb_build_object('id', 'evt_new', 'type', 'payment_intent.succeeded', 'created', 1800000000, 'livemode', true,
    'data', jsonb_build_object('object', jsonb_build_object('id', 'pi_new', 'object', 'payment_intent', 'status', 'succeeded', 'amount', 1400, 'amount_received', 1400, 'currency', 'usd')))) \gset ignored_
RESET ROLE;
SELECT set_config('request.jwt.claims', '{"sub": "$(id 1)", "role": "authenticated"}', false) \gset ignored_
SET ROLE authenticated;
SELECT ship_order(:'bought', 'dhl', 'JD1') \gset ignored_
RESET ROLE;
SELECT set_config('request.jwt.claims', '{"sub": "$(id 300)", "role": "authenticated"}', false) \gset ignored_
SET ROLE authenticated;
SELECT confirm_delivery(:'bought') \gset ignored_
RESET ROLE;
SELECT set_config('request.jwt.claims', '{"sub": "$(id 1)", "role": "authenticated"}', false) \gset ignored_
SET ROLE authenticated;
SELECT request_payout_in('USD') AS payout \gset
RESET ROLE;
SELECT (SELECT username FROM profiles WHERE id = '$(id 300)') ~ '^ben[0-9]+$', (SELECT status FROM orders WHERE id = :'bought'), (SELECT order_number ~ '^ORD-[0-9]{8}-[0-9]{6,}$' FROM orders WHERE id = :'bought'),
       (SELECT amount FROM seller_payouts WHERE id = :'payout');
SQL
)" "t|delivered|t|47.25" "a whole sale works: 30.20 that were available, 3.75, and 13.30 of 14.00 for the new one with shipping"
# Who had credit from before goes.
at copied -c "DELETE FROM auth.users WHERE id IN ('$(id 2)', '$(id 3)')"
ok $? "accounts with old orders and credit can be deleted"
is "$(at copied -c "SELECT item, found FROM installation_report() WHERE NOT ok" -c "SELECT rule, object, detail FROM check_integrity()" -c "SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE account = 'store_credit'")" \
"0.00" "no report finds anything afterwards, and their credit is gone"

# Rows that no rule repairs are told, and nothing has changed.
copy reference_data stranger
at stranger -c "ALTER TABLE coupons ADD UNIQUE (name, id)" -c "UPDATE coupons SET category_ids = array_fill(id, ARRAY[1001]) WHERE code = 'TODAY'"
install stranger
all stranger >"$work/before"
is "$(adopt stranger 2>&1 | grep -oE '^(ERROR|HINT).*')" \
'ERROR:  rows of the reference schema violate constraint "coupons_sizes_check on coupons"
HINT:  Correct the rows, then run adopt_reference() again. Nothing has been changed.' "rows that no rule repairs are told"
all stranger >"$work/after"
same_file "$work/after" "$work/before" "and nothing has changed"

# Supabase, where somebody who is no superuser ran the reference.
for name in supabase supabase_fresh; do
    fresh "$(db $name)"
    at $name -f test/fixtures/supabase.sql
    sql -d postgres -c "DO 'BEGIN IF to_regrole(''driplo_in_owner'') IS NULL THEN CREATE ROLE driplo_in_owner; END IF; END'"
    at $name -c "SET client_min_messages = warning" -c "GRANT CREATE ON DATABASE \"$(db $name)\" TO driplo_in_owner" -c "GRANT CREATE ON SCHEMA public TO driplo_in_owner" -c "GRANT USAGE ON SCHEMA auth, extensions TO driplo_in_owner" \
        -c "GRANT SELECT, INSERT, UPDATE, DELETE, REFERENCES, TRIGGER ON auth.users TO driplo_in_owner" -c "GRANT anon, authenticated, service_role TO driplo_in_owner" \
        -c "ALTER TABLE auth.users NO FORCE ROW LEVEL SECURITY" -c "CREATE POLICY mine ON auth.users TO driplo_in_owner USING (true)"
done
at supabase -c "SET ROLE driplo_in_owner" -c "SET search_path = public, extensions" -f test/fixtures/reference/schema.sql -f test/fixtures/reference/logic.sql -f test/fixtures/reference/data.sql >/dev/null
ok $? "Supabase-like: the reference with a shop in it, of an owner who is no superuser"
install supabase && adopt supabase >"$work/report" && settled supabase
ok $? "Supabase-like: it is adopted"
at supabase_fresh -c "SET client_min_messages = error" -c "CREATE EXTENSION driplo CASCADE"
shot supabase >"$work/moved"
shot supabase_fresh >"$work/fresh"
same_file "$work/moved" "$work/fresh" "Supabase-like: the catalog is that of a fresh installation"
is "$(at supabase -c "SELECT item, found FROM installation_report() WHERE NOT ok" -c "SELECT * FROM check_integrity()" -c "SELECT lint FROM security_advisor() a (level, lint)" | sort)" \
    "$(at supabase_fresh -c "SELECT item, found FROM installation_report() WHERE NOT ok" -c "SELECT * FROM check_integrity()" -c "SELECT lint FROM security_advisor() a (level, lint)" | sort)" \
    "Supabase-like: the reports say what they say of a fresh installation"
is "$(at supabase -c "SELECT currency, pending, available, paid_out FROM seller_balance('$(id 1)') ORDER BY 1" -c "SELECT count(*) FROM profiles")" \
"JPY|10.00|0.00|0.00
USD|38.95|30.20|11.40
8" "Supabase-like: with the same balances"
tidy
done_testing
