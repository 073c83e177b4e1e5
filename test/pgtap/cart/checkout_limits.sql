-- What a checkout may not do without its buyer's knowledge, and what one account may not hold: the expected total, unpaid orders and pieces, lines of a cart.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();

SELECT tests.sign_up('buyer@limits.example') AS buyer, tests.sign_up('other@limits.example') AS other, tests.sign_up('ada@limits.example') AS ada, tests.sign_up('cleo@limits.example') AS cleo \gset
SELECT tests.an_address(:'buyer', true) AS home, tests.an_address(:'other', true) AS elsewhere \gset
SELECT tests.goods(:'ada', 'A lamp', 100, 1000, '{"cost": 10}') AS lamp, tests.goods(:'cleo', 'A vase', 10, 1000) AS vase, tests.goods(:'ada', 'A print', 100, 1000, '{}', 'EUR') AS print \gset
INSERT INTO coupons (code, name, discount_type, discount_value, seller_id, usage_limit_per_user) VALUES ('HALF', 'half price', 'percentage', 50, :'ada', NULL);

CREATE FUNCTION tests.tried(address uuid, arguments text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT tests.attempt(format('SELECT * FROM checkout(%L%s)', address, arguments))
$$;
-- the text and the detail of a refusal
CREATE FUNCTION tests.words(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    more text;
BEGIN
    EXECUTE statement;
    RETURN 'nothing was refused';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL;
    RETURN message || ': ' || more;
END $$;

-- The expected total

SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT quote_checkout('HALF') ->> 'total_amount' AS shown \gset
SELECT is(:'shown'::text, '60.00', 'a quote has the total of what the cart costs');
SELECT is(quote_checkout('HALF') -> 'totals', '{"USD": 60.00}'::jsonb, 'by currency too');
SELECT is(quote_checkout('HALF') ->> 'currency', 'USD', 'and the currency');
SELECT tests.log_in(:'ada') \g /dev/null
UPDATE listings SET price = 490 WHERE id = :'lamp';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.tried(:'home', ', coupon_code => ''HALF'', expected_total => 60'), 'MK014', 'a price that was raised since is refused');
SELECT is(tests.words(format('SELECT * FROM checkout(%L, coupon_code => ''HALF'', expected_total => 60)', :'home')), 'cart total does not match the expected total: The current total is 255.00 USD. No order was created.', 'with the new total');
SELECT tests.log_in(:'ada') \g /dev/null
UPDATE listings SET price = 100, shipping_info = '{"cost": 70}' WHERE id = :'lamp';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.tried(:'home', ', coupon_code => ''HALF'', expected_total => 60'), 'MK014', 'so is dearer shipping');
SELECT tests.log_in(:'ada') \g /dev/null
UPDATE listings SET shipping_info = '{"cost": 10}' WHERE id = :'lamp';
UPDATE coupons SET discount_value = 0.01 WHERE code = 'HALF';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.tried(:'home', ', coupon_code => ''HALF'', expected_total => 60'), 'MK014', 'and a coupon that gives less');
SELECT tests.log_in(:'ada') \g /dev/null
UPDATE coupons SET discount_value = 60 WHERE code = 'HALF';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.tried(:'home', ', coupon_code => ''HALF'', expected_total => 60'), 'MK014', 'or more: what was shown is what is ordered');
SELECT tests.log_in(:'ada') \g /dev/null
UPDATE coupons SET discount_value = 50 WHERE code = 'HALF';
UPDATE listings SET currency = 'EUR' WHERE id = :'lamp';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.tried(:'home', ', coupon_code => ''HALF'', expected_total => 60, expected_currency => ''USD'''), 'MK014', 'the same number of another currency is another total');
SELECT is(tests.tried(:'home', ', expected_currency => ''USD'''), 'MK014', 'also where no total is given');
SELECT tests.log_in(:'ada') \g /dev/null
UPDATE listings SET currency = 'USD' WHERE id = :'lamp';
SELECT tests.log_out() \g /dev/null
-- with store credit, which is gone at once
SELECT tests.credit(:'buyer', 500) \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(quote_checkout('HALF', true) ->> 'total_amount', '60.00', 'store credit pays, and changes nothing of what it costs');
SELECT is(quote_checkout('HALF', true) #>> '{orders,0,total_amount}', '0.00', '(nothing is left to pay)');
SELECT tests.log_in(:'ada') \g /dev/null
UPDATE listings SET price = 490 WHERE id = :'lamp';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.tried(:'home', ', coupon_code => ''HALF'', use_store_credit => true, expected_total => 60'), 'MK014', 'a price that the credit would cover as well');
SELECT tests.log_in(:'ada') \g /dev/null
UPDATE listings SET price = 100 WHERE id = :'lamp';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT results_eq(format('SELECT total_amount, currency FROM checkout(%L, ''once'', coupon_code => ''HALF'', use_store_credit => true, expected_total => 60, expected_currency => ''USD'')', :'home'),
    $$VALUES (0.00, 'USD')$$, 'as it was shown it is ordered');
SELECT results_eq(format('SELECT total_amount, currency FROM checkout(%L, ''once'', coupon_code => ''HALF'', use_store_credit => true, expected_total => 1)', :'home'),
    $$VALUES (0.00, 'USD')$$, 'who repeats a request gets its orders, whatever is expected by then');
SELECT tests.log_out() \g /dev/null
UPDATE store_credits SET expires_at = now();
-- two sellers, two currencies
SELECT tests.put(:'buyer', :'lamp'), tests.put(:'buyer', :'vase') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(quote_checkout() ->> 'total_amount', '120.00', 'of several orders the total is their sum');
SELECT is(tests.tried(:'home', ', expected_total => 119.99'), 'MK014', 'a cent less is another total');
SELECT add_to_cart(:'print') \g /dev/null
SELECT is(quote_checkout() -> 'totals', '{"EUR": 100.00, "USD": 120.00}'::jsonb, 'two currencies have two totals');
SELECT is(quote_checkout() -> 'total_amount', 'null'::jsonb, 'and no sum');
SELECT is(tests.tried(:'home', ', expected_total => 220'), 'MK014', 'so that none can be expected');
SELECT is(tests.tried(:'home', ', expected_total => ''NaN'''), '0A000', 'nor what is no number');
SELECT is((SELECT count(*) FROM checkout(:'home')), 3::bigint, 'without one it goes through');

-- Unpaid orders and pieces

SELECT tests.log_out() \g /dev/null
UPDATE orders SET status = 'cancelled' WHERE status = 'pending_payment';
SET LOCAL driplo.max_unpaid_orders = 3;
SET LOCAL driplo.max_unpaid_pieces = 10;
SET LOCAL session_replication_role = replica;
INSERT INTO orders (order_number, buyer_id, seller_id, subtotal, total_amount, status) SELECT 'ended ' || n, :'buyer', :'ada', 1, 1, 'completed' FROM generate_series(1, 100) n;
SET LOCAL session_replication_role = origin;
SELECT tests.put(:'buyer', :'lamp', 5), tests.put(:'buyer', :'vase', 4) \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.tried(:'home'), '2 rows, and left a trace', 'two orders with nine pieces');
SELECT add_to_cart(:'vase', 2) \g /dev/null
SELECT is(tests.words(format('SELECT * FROM checkout(%L)', :'home')), 'limit for unpaid orders exceeded: You would have 3 unpaid orders with 11 items.', 'the eleventh piece is too much');
SELECT is(tests.tried(:'home'), 'MK015', 'and refused');
SELECT tests.log_out() \g /dev/null
DELETE FROM orders WHERE order_number LIKE 'ended %';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.words(format('SELECT * FROM checkout(%L)', :'home')), 'limit for unpaid orders exceeded: You would have 3 unpaid orders with 11 items.', 'nor beside a hundred that have ended, nor without them');
SELECT set_cart_quantity((SELECT item_id FROM cart_contents()), 1) \g /dev/null
SELECT is(tests.tried(:'home'), '1 rows, and left a trace', 'the tenth is not');
SELECT transition_order(id, 'payment_processing') FROM orders WHERE status = 'pending_payment' AND buyer_id = :'buyer' \g /dev/null
SELECT tests.log_out() \g /dev/null
UPDATE orders SET status = 'payment_failed' WHERE status = 'payment_processing' AND seller_id = :'ada' AND buyer_id = :'buyer';
SET LOCAL driplo.max_unpaid_pieces = 0;
SELECT tests.put(:'buyer', :'vase') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.tried(:'home'), 'MK015', 'a fourth order is too much, whatever the buyer says of the others');
SELECT tests.log_out() \g /dev/null
SELECT tests.put(:'other', :'vase', 20) \g /dev/null
SELECT tests.log_in(:'other') \g /dev/null
SELECT is(tests.tried(:'elsewhere'), '1 rows, and left a trace', 'others have limits of their own, and 0 is none');
SELECT tests.log_out() \g /dev/null
SELECT tests.credit(:'buyer', 10) \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.tried(:'home', ', use_store_credit => true'), '1 rows, and left a trace', 'what is paid at once counts for nothing');
SELECT add_to_cart(:'vase') \g /dev/null
SELECT cancel_order((SELECT id FROM orders WHERE status = 'payment_failed')) \g /dev/null
SELECT is(tests.tried(:'home'), '1 rows, and left a trace', 'who cancels one may order another');
SELECT tests.log_out() \g /dev/null
RESET driplo.max_unpaid_orders;
RESET driplo.max_unpaid_pieces;
SELECT results_eq('SELECT current_setting(''driplo.max_unpaid_orders''), current_setting(''driplo.max_unpaid_pieces''), current_setting(''driplo.max_cart_lines'')', $$VALUES ('20', '50', '100')$$, 'the defaults');
SELECT tests.put(:'other', :'lamp', 31) \g /dev/null
SELECT tests.log_in(:'other') \g /dev/null
SELECT is(tests.tried(:'elsewhere'), 'MK015', 'hold for everybody');
SELECT throws_ok('SET driplo.max_unpaid_orders = 1000', '42501', NULL, 'users do not change them');

-- Lines of a cart

SELECT tests.log_out() \g /dev/null
SET LOCAL driplo.max_cart_lines = 3;
SELECT tests.log_in(:'other') \g /dev/null
SELECT add_to_cart(:'vase'), add_to_cart(:'print') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.goods(:'ada', 'A fourth thing', 1) AS fourth \gset
SELECT tests.log_in(:'other') \g /dev/null
SELECT is(tests.attempt(format('SELECT add_to_cart(%L)', :'fourth')), 'MK015', 'a fourth line is refused');
SELECT is(tests.attempt(format('SELECT add_to_cart(%L)', :'vase')), '1 rows, and left a trace', 'more of what is there is not');
SELECT get_or_create_cart(auth.uid()) AS cart \gset
SELECT is(tests.attempt(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (%L, %L)', :'cart', :'fourth')), 'MK015', 'nor is one that a client inserts');
SELECT is(tests.attempt(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (%L, %L) ON CONFLICT (cart_id, listing_id, variant_id) DO UPDATE SET quantity = excluded.quantity', :'cart', :'vase')),
    '1 rows, and left a trace', 'more of what is there may be');
DELETE FROM cart_items WHERE listing_id = :'vase';
SELECT is(tests.attempt(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (%L, %L), (%L, %L)', :'cart', :'vase', :'cart', :'fourth')), 'MK015', 'two of one statement count as two');
SELECT is((SELECT count(*) FROM cart_items), 2::bigint, 'and neither is there');
INSERT INTO cart_items (cart_id, listing_id) VALUES (:'cart', :'vase');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (%L, %L)', :'cart', :'fourth')), '42501', 'how long the cart of somebody else is nobody is told');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.attempt(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (%L, %L)', :'cart', :'fourth')), '1 rows, and left a trace', 'a restore or the service writes what there was');
SELECT tests.log_in(:'other') \g /dev/null
SELECT is(tests.attempt('SELECT quote_checkout()'), 'MK015', 'who writes the lines another way gets no quote for them');
SELECT is(tests.tried(:'elsewhere'), 'MK015', 'and cannot check them out');
SELECT isnt_empty('SELECT * FROM cart_contents()', 'but sees them');
SELECT is(clear_cart(), 4, 'and can remove them');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
