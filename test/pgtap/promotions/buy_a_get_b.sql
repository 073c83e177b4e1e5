-- Buy A, get B: what is free is something else than what is to be bought, of one seller or of two.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/money.sql
SELECT plan(31);

SELECT tests.sign_up('buyer@ab.example') AS buyer, tests.sign_up('lamps@ab.example') AS lamps, tests.sign_up('shades@ab.example') AS shades, tests.sign_up('admin@ab.example') AS admin \gset
SELECT set_user_role(:'admin', 'admin', 'for the test') \g /dev/null
SELECT tests.an_address(:'buyer', true) AS home \gset
WITH made AS (INSERT INTO categories (name, slug) VALUES ('Shades of ab', 'shades-of-ab') RETURNING id) SELECT id AS category FROM made \gset
WITH made AS (INSERT INTO categories (name, slug, parent_id) VALUES ('Paper shades of ab', 'paper-shades-of-ab', :'category') RETURNING id) SELECT id AS paper FROM made \gset
SELECT tests.goods(:'lamps', 'Lamp', 40) AS lamp, tests.goods(:'shades', 'Shade', 15, 100, '{}', 'USD', :'category') AS shade,
       tests.goods(:'shades', 'Paper', 9, 100, '{}', 'USD', :'paper') AS cheap, tests.goods(:'lamps', 'Own shade', 12, 100, '{}', 'USD', :'category') AS own \gset

-- What is a coupon of this kind

SELECT throws_ok(format($$INSERT INTO coupons (code, name, discount_type, discount_value, get_listing_ids) VALUES ('WRONG', 'x', 'percentage', 10, ARRAY[%L]::uuid[])$$, :'shade'), '23514', NULL, 'a percentage gives no other things');
SELECT throws_ok($$INSERT INTO coupons (code, name, discount_type, discount_value, buy_quantity, get_quantity, get_listing_ids) SELECT 'WRONG', 'x', 'buy_x_get_y', 0, 1, 1, array_agg(gen_random_uuid()) FROM generate_series(1, 1001)$$,
    '23514', NULL, 'the list of what is given is not without end');
SELECT tests.log_in(:'admin') \g /dev/null
INSERT INTO coupons (code, name, discount_type, discount_value, buy_quantity, get_quantity, target_type, listing_ids, get_category_ids, usage_limit_per_user)
VALUES ('SHADE', 'a shade', 'buy_x_get_y', 0, 2, 1, 'specific_items', ARRAY[:'lamp']::uuid[], ARRAY[:'category']::uuid[], NULL);
SELECT is((SELECT new_values -> 'get_category_ids' ->> 0 FROM admin_audit_log WHERE action = 'insert_coupon'), :'category', 'what is given is on record');
SELECT tests.log_in(:'lamps') \g /dev/null
SELECT lives_ok(format($$INSERT INTO coupons (code, name, seller_id, discount_type, discount_value, buy_quantity, get_quantity, target_type, listing_ids, get_listing_ids, usage_limit_per_user)
    VALUES ('OWN', 'own', %L, 'buy_x_get_y', 0, 1, 1, 'specific_items', ARRAY[%L]::uuid[], ARRAY[%L, %L]::uuid[], NULL)$$, :'lamps', :'lamp', :'own', :'shade'), 'sellers have such coupons, too');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT results_eq($$SELECT get_category_ids, cardinality(get_listing_ids) FROM find_coupon('shade')$$, format('VALUES (ARRAY[%L]::uuid[], 0)', :'category'), 'who has the code reads what is given');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is((SELECT count(get_listing_ids) FROM coupons), 0::bigint, 'others do not');
SELECT tests.log_out() \g /dev/null

-- What it takes off: the table of docs/orders.md

CREATE FUNCTION tests.costs(lamps integer, shades integer, cheap integer, code text DEFAULT 'SHADE') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    quote jsonb;
BEGIN
    DELETE FROM cart_items WHERE cart_id = (SELECT id FROM shopping_carts WHERE user_id = current_setting('tests.buyer')::uuid);
    PERFORM tests.put(current_setting('tests.buyer')::uuid, l.id, n)
       FROM (VALUES ('Lamp', lamps), ('Shade', shades), ('Paper', cheap)) AS wanted (title, n) JOIN listings l ON l.title = wanted.title WHERE n > 0;
    PERFORM tests.log_in(current_setting('tests.buyer')::uuid);
    quote := quote_checkout(code);
    PERFORM tests.log_out();
    RETURN concat_ws(' ', quote ->> 'total_amount', quote #>> '{coupon,reason}');
END $$;
SELECT set_config('tests.buyer', :'buyer', true) \g /dev/null
SELECT is(tests.costs(1, 1, 0), '55.00 no_matching_items', 'one lamp earns nothing');
SELECT is(tests.costs(2, 0, 0), '80.00 no_matching_items', 'nothing is put into the cart by itself');
SELECT is(tests.costs(0, 3, 0), '45.00 no_matching_items', 'shades alone earn nothing');
SELECT is(tests.costs(2, 1, 0), '80.00', 'two lamps earn a shade');
SELECT is(tests.costs(2, 1, 1), '89.00', 'the dearest one');
SELECT is(tests.costs(2, 0, 1), '80.00', 'also of a category below');
SELECT is(tests.costs(5, 3, 0), '215.00', 'five lamps earn two');
SELECT is(tests.costs(9, 1, 0), '360.00', 'no more is free than there is');
UPDATE coupons SET maximum_discount = 10 WHERE code = 'SHADE';
SELECT is(tests.costs(2, 1, 0), '85.00', 'up to a maximum');
UPDATE coupons SET maximum_discount = NULL, currency = 'USD', minimum_purchase = 90 WHERE code = 'SHADE';
SELECT is(tests.costs(2, 3, 0), '125.00 minimum_not_met', 'the minimum is of what is to be bought');
SELECT is(tests.costs(3, 1, 0), '120.00', 'and met by it');
UPDATE coupons SET minimum_purchase = 0, excluded_listing_ids = ARRAY[:'shade']::uuid[] WHERE code = 'SHADE';
SELECT is(tests.costs(2, 1, 0), '95.00 no_matching_items', 'what is excluded is not given');
UPDATE coupons SET excluded_listing_ids = '{}', target_type = 'all_items' WHERE code = 'SHADE';
SELECT is(tests.costs(1, 2, 0), '70.00 no_matching_items', 'what can be had counts as nothing to buy, whatever the target is');
UPDATE coupons SET target_type = 'specific_items' WHERE code = 'SHADE';
SELECT is(tests.costs(1, 1, 0, 'OWN'), '55.00 no_matching_items', 'a seller''s coupon gives nothing of another seller''s');
SELECT tests.costs(1, 0, 0) \g /dev/null
SELECT tests.put(:'buyer', :'own') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'OWN'), 'as quoted', 'but of its own');
SELECT is(tests.amounts(), '52.00 + 0.00 + 0.00 - 12.00 - 0.00 = 40.00 USD', 'which that seller pays');

-- Two sellers: the orders are tied

SELECT tests.costs(2, 1, 0) \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT order_id AS shade_order FROM checkout(:'home', 'first', coupon_code => 'SHADE') WHERE seller_id = :'shades' \gset
SELECT order_id AS lamp_order FROM checkout(:'home', 'first', coupon_code => 'SHADE') WHERE seller_id = :'lamps' \gset
SELECT is((SELECT concat(status, total_amount) FROM orders WHERE id = :'shade_order'), 'pending_payment0.00', 'the free order waits for the other one');
SELECT cancel_order(:'lamp_order', 'changed my mind') \g /dev/null
SELECT is((SELECT status::text FROM orders WHERE id = :'shade_order'), 'cancelled', 'and falls with it');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT usage_count FROM coupons WHERE code = 'SHADE'), 0, 'the use is given back');

SELECT tests.costs(2, 1, 0) \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT order_id AS shade_order FROM checkout(:'home', 'second', coupon_code => 'SHADE') WHERE seller_id = :'shades' \gset
SELECT order_id AS lamp_order FROM checkout(:'home', 'second', coupon_code => 'SHADE') WHERE seller_id = :'lamps' \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT transition_order(:'lamp_order', 'paid') \g /dev/null
SELECT is((SELECT status::text FROM orders WHERE id = :'shade_order'), 'paid', 'it is paid with the other one');
SELECT tests.log_in(:'shades') \g /dev/null
SELECT ship_order(:'shade_order', 'ups', '1Z') \g /dev/null
SELECT tests.log_in(:'lamps') \g /dev/null
SELECT transition_order(:'lamp_order', 'cancelled', 'broken') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT o.withheld_amount, r.amount FROM orders o JOIN refund_requests r ON r.order_id = o.id WHERE o.id = %L', :'lamp_order'), 'VALUES (15.00, 65.00)',
    'what was sent is kept of what goes back');
SELECT results_eq(format($$SELECT kind::text, account::text, sum(amount) FROM ledger_entries WHERE order_id IN (%L, %L) GROUP BY kind, account ORDER BY kind COLLATE "C", ledger_entries.account$$, :'lamp_order', :'shade_order'),
    $$VALUES ('refund', 'seller_pending', -61.75), ('refund', 'platform_fees', -3.25), ('refund', 'refunds', 65.00),
             ('sale', 'processor_clearing', -80.00), ('sale', 'seller_pending', 90.25), ('sale', 'platform_fees', 4.75), ('sale', 'promotions', -15.00),
             ('withheld', 'seller_pending', -14.25), ('withheld', 'platform_fees', -0.75), ('withheld', 'promotions', 15.00)$$,
    'as docs/orders.md has it');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE party_id = :'shades' AND account = 'seller_pending'), 14.25, 'the seller of the shade has what was agreed');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE account = 'promotions' AND order_id IN (:'lamp_order', :'shade_order')), 0.00, 'and the platform has given nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are right');

SELECT * FROM finish();
ROLLBACK;
