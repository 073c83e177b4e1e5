#!/bin/bash
# Buying under load: 16 sessions fill carts, quote, check out with keys, coupons and store credit, pay, cancel, ship, refund and expire,
# at random and all on the same few listings; two of them under REPEATABLE READ. Whatever they did, nothing was sold twice, no order
# made twice, no coupon or credit used beyond its end, and nobody saw a deadlock. DRIPLO_LONG=1 does it for five minutes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

seconds=15
[ -z "${DRIPLO_LONG:-}" ] || seconds=300
sessions=16 repeatable=2 buyers=20
database=driplo_buying_load
scratch=$(mktemp -d)
trap 'dropdb --if-exists $database; rm -rf "$scratch"' EXIT
dropdb --if-exists $database 2>/dev/null
createdb -T template0 -E UTF8 $database
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }

sql -v buyers=$buyers <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION driplo CASCADE;
-- a buyer here stands for many, who do not pay
SELECT format('ALTER DATABASE %I SET driplo.%s = 0', current_database(), unnest(ARRAY['max_unpaid_orders', 'max_unpaid_pieces', 'rate_limits'])) \gexec
CREATE SCHEMA load;
GRANT USAGE ON SCHEMA load TO PUBLIC;
-- people, listings and variants by number
CREATE FUNCTION load.id(kind text, n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(ascii(kind)) || lpad(n::text, 4, '0'), 12, '0'))::uuid$$;
INSERT INTO auth.users (id, email) SELECT load.id('buyer', n), 'buyer' || n || '@example.org' FROM generate_series(1, :buyers) n;
INSERT INTO auth.users (id, email) SELECT load.id('seller', n), 'seller' || n || '@example.org' FROM generate_series(1, 3) n;
INSERT INTO shipping_addresses (id, user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
SELECT load.id('address', n), load.id('buyer', n), 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US', true FROM generate_series(1, :buyers) n;
-- 1 to 8 with pieces of their own, 9 and 10 with variants; one in another currency
INSERT INTO listings (id, seller_id, title, slug, description, price, quantity, currency, shipping_info, status)
SELECT load.id('listing', n), load.id('seller', 1 + n % 3), 'Goods ' || n, 'goods-' || n, 'To be sold.', n + 0.99, CASE WHEN n > 8 THEN 0 WHEN n % 2 = 0 THEN 60 ELSE 12 END,
       CASE n WHEN 4 THEN 'EUR' ELSE 'USD' END, CASE WHEN n % 2 = 0 THEN '{"cost": 2.5, "free_over": 20}'::jsonb ELSE '{}' END, 'active' FROM generate_series(1, 10) n;
INSERT INTO product_variants (id, listing_id, name, price, quantity)
SELECT load.id('variant', 10 * n + v), load.id('listing', n), 'Kind ' || v, 5 + v, 15 FROM generate_series(9, 10) n, generate_series(1, 3) v;
INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit, usage_limit_per_user, can_stack) VALUES
    ('FEW', 'Five uses', 'fixed_amount', 3, 5, NULL, true), ('EACH', 'Two each', 'percentage', 12.5, NULL, 2, true),
    ('SHIP', 'Shipping', 'free_shipping', 0, 40, NULL, true), ('ALONE', 'Alone', 'percentage', 50, 7, 1, false);
INSERT INTO store_credits (user_id, amount, expires_at, currency)
SELECT load.id('buyer', n), 5 + k, CASE WHEN k % 3 > 0 THEN now() + make_interval(days => (17 * k) % 30 + 1) END, CASE k WHEN 5 THEN 'EUR' ELSE 'USD' END
  FROM generate_series(1, :buyers) n, generate_series(1, 5) k;
CREATE TABLE load.stock AS
SELECT id AS listing_id, NULL::uuid AS variant_id, quantity FROM listings WHERE quantity > 0 UNION ALL SELECT listing_id, id, quantity FROM product_variants;
-- what was answered to which request
CREATE TABLE load.answer (buyer uuid, key text, orders uuid[]);
GRANT INSERT ON load.answer TO authenticated;
-- the oldest of a buyer's or seller's orders in a state, or any: sessions meet on the same ones
CREATE FUNCTION load.some_order(party text, who uuid, states text[]) RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    RETURN QUERY SELECT o.id FROM public.orders o WHERE o.status::text = ANY (states)
                    AND CASE party WHEN 'buyer' THEN o.buyer_id = who WHEN 'seller' THEN o.seller_id = who ELSE true END
                  ORDER BY o.created_at + random() * interval '5 seconds' DESC LIMIT 1;
END $$;
SQL
ok $? "a shop with ten listings and $buyers buyers"

# What a session does, one operation after the other, until the time is over.
operations() {
    local session=$1 end=$((SECONDS + seconds)) i=0 buyer seller listing
    RANDOM=$((session * 7919))
    [ "$session" -le $((sessions - repeatable)) ] || echo "SET default_transaction_isolation = 'repeatable read';"
    while [ $SECONDS -lt $end ]; do
        i=$((i + 1)) buyer=$((RANDOM % buyers + 1)) seller=$((RANDOM % 3 + 1)) listing=$((RANDOM % 10 + 1))
        as_buyer="SET ROLE authenticated; SELECT set_config('request.jwt.claim.sub', load.id('buyer', $buyer)::text, false);"
        as_seller="SET ROLE authenticated; SELECT set_config('request.jwt.claim.sub', load.id('seller', $seller)::text, false);"
        as_service="SET ROLE service_role; SELECT set_config('request.jwt.claim.sub', '', false);"
        coupons=(NULL NULL "'FEW'" "'EACH'" "'FEW,EACH'" "'SHIP,FEW'" "'ALONE'" "'EACH,SHIP'")
        case $((RANDOM % 40)) in
        [0-9]|10)
            variant=NULL
            [ "$listing" -le 8 ] || variant="load.id('variant', $((listing * 10 + RANDOM % 3 + 1)))"
            echo "$as_buyer SELECT add_to_cart(load.id('listing', $listing), $((RANDOM % 3 + 1)), $variant);" ;;
        11) echo "$as_buyer SELECT set_cart_quantity(item_id, $((RANDOM % 4))) FROM (SELECT item_id FROM cart_contents() ORDER BY random() LIMIT 1) line;" ;;
        12) [ $((RANDOM % 4)) -ne 0 ] || echo "$as_buyer SELECT clear_cart();" ;;
        13) echo "$as_buyer SELECT quote_checkout(${coupons[RANDOM % 8]}, true);" ;;
        # the others come to the same key at about the same time; what is asked for hangs on the key
        1[4-9]|20)
            key=$((i / 60))
            echo "$as_buyer INSERT INTO load.answer SELECT load.id('buyer', $buyer), 'key $key', array_agg(order_id ORDER BY order_id)
                  FROM checkout(load.id('address', $buyer), 'key $key', notes => 'key $key', coupon_code => ${coupons[key % 8]}, use_store_credit => $((key % 2)) = 1);" ;;
        2[1-3]) echo "$as_buyer SELECT * FROM checkout(load.id('address', $buyer), coupon_code => ${coupons[RANDOM % 8]}, use_store_credit => $((RANDOM % 2)) = 1);" ;;
        24) echo "$as_buyer SELECT * FROM checkout(load.id('address', $buyer), 'key $((i / 60))', notes => 'another');" ;;
        2[5-8]) echo "$as_service SELECT transition_order(o, 'paid') FROM load.some_order('any', NULL, '{pending_payment,payment_processing}') o;" ;;
        29) echo "$as_service SELECT transition_order(o, 'payment_failed') FROM load.some_order('any', NULL, '{pending_payment}') o;" ;;
        3[0-1]) echo "$as_buyer SELECT cancel_order(o, 'no more') FROM load.some_order('buyer', load.id('buyer', $buyer), '{pending_payment,payment_failed}') o;" ;;
        32) echo "$as_seller SELECT transition_order(o, 'preparing') FROM load.some_order('seller', load.id('seller', $seller), '{paid}') o;" ;;
        33) echo "$as_seller SELECT cancel_order(o) FROM load.some_order('seller', load.id('seller', $seller), '{pending_payment,paid,preparing}') o;" ;;
        # shipping and refunds are seldom: what is shipped is not sold again
        34) [ $((RANDOM % 4)) -ne 0 ] || echo "$as_seller SELECT ship_order(o, 'ups', '1Z$i') FROM load.some_order('seller', load.id('seller', $seller), '{paid,preparing}') o;" ;;
        35) echo "$as_buyer SELECT confirm_delivery(o) FROM load.some_order('buyer', load.id('buyer', $buyer), '{shipped}') o;" ;;
        36) echo "$as_buyer SELECT transition_order(o, 'completed') FROM load.some_order('buyer', load.id('buyer', $buyer), '{delivered}') o;" ;;
        37) [ $((RANDOM % 8)) -ne 0 ] || echo "$as_service SELECT transition_order(o, 'refunded') FROM load.some_order('any', NULL, '{paid,preparing,shipped,delivered,completed}') o;" ;;
        # the clock is turned back for half of what waits: carts for whose renewal it is time, orders whose time is over
        38) echo "RESET ROLE; UPDATE orders SET created_at = created_at - interval '1 hour' WHERE id IN (SELECT id FROM orders WHERE status IN ('pending_payment', 'payment_failed')
                  AND random() < 0.5 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED); $as_service SELECT expire_unpaid_orders(5);" ;;
        39) echo "RESET ROLE; UPDATE shopping_carts SET expires_at = now() + (random() * 40 - 1) * interval '1 day' WHERE id IN (SELECT id FROM shopping_carts WHERE random() < 0.2 ORDER BY id FOR UPDATE SKIP LOCKED);
                  $as_service SELECT expire_carts(2);" ;;
        esac
    done
    echo "\\echo the end"
}

running=()
for session in $(seq $sessions); do
    { echo '\set VERBOSITY sqlstate'; operations "$session"; } | psql -X -q -At -d $database >"$scratch/$session.out" 2>"$scratch/$session.err" &
    running+=($!)
done
for session in "${running[@]}"; do wait "$session"; done
is "$(tail -q -n 1 "$scratch"/*.out | grep -c '^the end$')" $sessions "all $sessions sessions came to their end"

# How often which error was answered.
answered() { sed -n 's/^.*ERROR: *\([0-9A-Z]\{5\}\).*$/\1/p' "$@" | sort | uniq -c; }
answered "$scratch"/*.err | sed 's/^/# answered: /'
# Too little stock, coupon used up, no such step any more, cart not ready, key of another request, coupon not applicable; and
# for what another session was faster with: not for sale any more, no such line.
expected='MK00[3-8]|55000|P0002'
is "$(answered $(seq -f "$scratch/%g.err" $((sessions - repeatable))) | grep -vE " ($expected)\$")" "" "nobody saw another error than those that tell the buyer what is the matter"
is "$(answered $(seq -f "$scratch/%g.err" $((sessions - repeatable + 1)) $sessions) | grep -vE " ($expected|40001)\$")" "" "under REPEATABLE READ neither, except that something changed meanwhile"
is "$(grep -hvE 'ERROR: *[0-9A-Z]{5}$' "$scratch"/*.err | head -n 3)" "" "and nothing else was said"

sql -c "SELECT '# ' || count(*) || ' orders ' || status FROM orders GROUP BY status ORDER BY status" \
    -c "SELECT '# ' || count(*) || ' keys, ' || (SELECT count(*) FROM load.answer) || ' answers' FROM checkouts"
is "$(sql -c "SELECT (SELECT count(*) > 100 FROM orders), count(DISTINCT to_status) >= 8 FROM order_status_history")" "t|t" "much was bought, and orders went all their ways"

# none NAME QUERY: it has no row.
none() { is "$(sql -c "SELECT * FROM ($2) found LIMIT 5" 2>&1)" "" "$1"; }
none "stock and what was sold are what there was, piece by piece" "
SELECT s.listing_id, s.variant_id, s.quantity, now_there.quantity, coalesce(sum(i.quantity) FILTER (WHERE o.id IS NOT NULL), 0)
  FROM load.stock s
  JOIN LATERAL (SELECT coalesce((SELECT quantity FROM product_variants WHERE id = s.variant_id), (SELECT quantity FROM listings WHERE id = s.listing_id)) AS quantity) now_there ON true
  LEFT JOIN order_items i ON i.listing_id = s.listing_id AND i.variant_id IS NOT DISTINCT FROM s.variant_id
  LEFT JOIN orders o ON o.id = i.order_id AND o.status <> 'cancelled' AND NOT (o.status = 'refunded' AND o.shipped_at IS NULL)
 GROUP BY s.listing_id, s.variant_id, s.quantity, now_there.quantity
HAVING s.quantity <> now_there.quantity + coalesce(sum(i.quantity) FILTER (WHERE o.id IS NOT NULL), 0)"
none "a listing is active while there are pieces, reserved while one is not paid, and sold then" "
SELECT l.title, l.status, pieces, unpaid FROM listings l,
       LATERAL (SELECT l.quantity + coalesce((SELECT sum(v.quantity) FROM product_variants v WHERE v.listing_id = l.id), 0) AS pieces) p,
       LATERAL (SELECT EXISTS (SELECT FROM order_items i JOIN orders o ON o.id = i.order_id
                                WHERE i.listing_id = l.id AND o.status IN ('pending_payment', 'payment_processing', 'payment_failed')) AS unpaid) u
 WHERE l.status <> CASE WHEN pieces > 0 THEN 'active' WHEN unpaid THEN 'reserved' ELSE 'sold' END"
none "a key has one answer" "SELECT buyer, key FROM load.answer GROUP BY buyer, key HAVING count(DISTINCT orders) > 1"
none "and the orders of its answer are all that were made for it" "
SELECT c.buyer_id, c.idempotency_key FROM checkouts c
 WHERE ARRAY(SELECT unnest(c.order_ids) ORDER BY 1) IS DISTINCT FROM ARRAY(SELECT o.id FROM orders o WHERE o.buyer_id = c.buyer_id AND o.notes = c.idempotency_key ORDER BY 1)
   AND c.request ->> 'notes' = c.idempotency_key"
none "no order was made for a key without an answer that was kept" "
SELECT o.id FROM orders o WHERE o.notes LIKE 'key %' AND NOT EXISTS (SELECT FROM checkouts c WHERE c.buyer_id = o.buyer_id AND o.id = ANY (c.order_ids))"
none "an answer that was given is kept" "
SELECT a.buyer, a.key FROM load.answer a LEFT JOIN checkouts c ON c.buyer_id = a.buyer AND c.idempotency_key = a.key
 WHERE a.orders IS DISTINCT FROM ARRAY(SELECT unnest(c.order_ids) ORDER BY 1)"
none "coupons are used as often as their counters say" "
SELECT c.code FROM coupons c LEFT JOIN coupon_usage u ON u.coupon_id = c.id AND u.is_successful LEFT JOIN orders o ON o.id = u.order_id
 GROUP BY c.id HAVING (c.usage_count, c.total_discount_given) IS DISTINCT FROM
     (count(*) FILTER (WHERE u.counts), coalesce(sum(u.discount_amount) FILTER (WHERE o.currency = c.total_discount_currency), 0)) OR c.usage_count > c.usage_limit"
none "by nobody more often than allowed" "
SELECT c.code, u.user_id FROM coupons c JOIN coupon_usage u ON u.coupon_id = c.id AND u.is_successful AND u.counts
 GROUP BY c.id, u.user_id HAVING count(*) > c.usage_limit_per_user"
none "a use counts exactly while its order is not given up" "
SELECT u.id FROM coupon_usage u JOIN orders o ON o.id = u.order_id
 WHERE u.is_successful = (o.status = 'cancelled' OR o.status = 'refunded' AND o.shipped_at IS NULL)"
none "store credit is used as orders used it" "
SELECT c.id FROM store_credits c LEFT JOIN store_credit_usage u ON u.store_credit_id = c.id AND u.returned_at IS NULL
 GROUP BY c.id HAVING c.used_amount <> coalesce(sum(u.amount), 0) OR c.used_amount > c.amount"
none "orders say how much of it" "
SELECT o.id FROM orders o LEFT JOIN store_credit_usage u ON u.order_id = o.id GROUP BY o.id HAVING o.store_credit_amount <> coalesce(sum(u.amount), 0)"
# the coupons are the platform's, which pays for them itself: the fee is of the price before
none "the lines of an order add up, with discounts and fees" "
SELECT o.id FROM orders o LEFT JOIN order_items i ON i.order_id = o.id GROUP BY o.id
HAVING (o.subtotal, o.discount_amount, calculate_platform_fee(o.subtotal - o.discount_amount + sum(i.platform_discount_amount))) IS DISTINCT FROM (sum(i.total_price), sum(i.discount_amount), sum(i.platform_fee))"
none "every order has a history without a gap up to what it is" "
SELECT o.id FROM orders o LEFT JOIN (SELECT h.*, lag(h.to_status) OVER w AS before, lead(h.id) OVER w IS NULL AS is_last FROM order_status_history h
                                     WINDOW w AS (PARTITION BY h.order_id ORDER BY h.created_at, h.id)) h ON h.order_id = o.id
 GROUP BY o.id HAVING NOT coalesce(bool_and(h.from_status IS NOT DISTINCT FROM h.before) AND bool_or(h.is_last AND h.to_status = o.status), false)"
none "nobody has two carts, and no cart two lines for the same" "
SELECT c.user_id, i.listing_id FROM shopping_carts c JOIN cart_items i ON i.cart_id = c.id GROUP BY 1, 2, i.variant_id HAVING count(*) > 1
UNION ALL SELECT user_id, NULL FROM shopping_carts GROUP BY user_id HAVING count(*) > 1"
none "sales are counted in both parties' statistics" "
SELECT s.user_id FROM user_stats_summary s LEFT JOIN orders o ON o.status = 'completed' AND s.user_id IN (o.seller_id, o.buyer_id) GROUP BY s.user_id
HAVING (s.total_sales, s.total_purchases) IS DISTINCT FROM (count(*) FILTER (WHERE o.seller_id = s.user_id), count(*) FILTER (WHERE o.buyer_id = s.user_id))"

done_testing
