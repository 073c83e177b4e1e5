-- The sums of an order: total, lines, and what hangs on them. A total is checked at once, the lines at
-- the end of the transaction, which SET CONSTRAINTS brings forward here.
BEGIN;
\ir ../fixtures/market.sql
SELECT plan(30);
SELECT tests.sign_up('buyer@example.com') AS buyer, tests.sign_up('seller@example.com') AS seller \gset
SELECT tests.a_listing(:'seller', 10, 50) AS hat \gset
SELECT tests.an_order(:'buyer', :'seller', 20) AS first_order \gset
SELECT tests.an_item(:'first_order', :'hat', 2) AS item \gset

-- One row

SELECT throws_ok(format('INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (%L, %L, 10, 9.99)', :'buyer', :'seller'), '23514', NULL, 'a total that is not the subtotal is refused');
SELECT lives_ok(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, shipping_cost, tax_amount, discount_amount, store_credit_amount, total_amount)
    VALUES (%L, %L, 100, 5.50, 8.25, 10, 3.75, 100)$$, :'buyer', :'seller'), 'a total is subtotal, shipping and tax less discount and credit');
SELECT throws_ok(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, shipping_cost, total_amount) VALUES (%L, %L, 10, NULL, 11)$$, :'buyer', :'seller'), '23514', NULL, 'a part that is NULL is none');
SELECT throws_ok(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, discount_amount, total_amount) VALUES (%L, %L, 10, 11, -1)$$, :'buyer', :'seller'), '23514', NULL, 'a negative total is refused');
SELECT throws_ok(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (%L, %L, 'NaN', 'NaN')$$, :'buyer', :'seller'), '23514', NULL, 'an order of NaN is refused');
SELECT throws_ok(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (%L, %L, 10, 10)$$, :'buyer', :'buyer'), '23514', NULL, 'nobody buys from himself');
SELECT throws_ok(format($$UPDATE orders SET total_amount = 0 WHERE id = %L$$, :'first_order'), '23514', NULL, 'a total cannot be lowered alone');
SELECT throws_ok(format($$UPDATE order_items SET unit_price = 1 WHERE id = %L$$, :'item'), '23514', NULL, 'nor a price');
SELECT throws_ok(format($$INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (%L, %L, 2, 10, 10)$$, :'first_order', :'hat'), '23514', NULL, 'a line total is price times quantity');
SELECT throws_ok(format($$INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (%L, %L, 0, 10, 0)$$, :'first_order', :'hat'), '23514', NULL, 'a line has at least one piece');

-- Lines and subtotal

SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'lines that add up to the subtotal are fine');
SELECT throws_ok(format('SELECT tests.an_item(%L, %L)', :'first_order', :'hat'), '23514', 'lines of an order must add up to its subtotal', 'one line too many is refused');
SELECT throws_ok(format('DELETE FROM order_items WHERE id = %L; SELECT tests.an_item(%L, %L)', :'item', :'first_order', :'hat'), '23514', NULL, 'as is one too cheap');
SELECT throws_ok(format('UPDATE orders SET subtotal = 21, total_amount = 21 WHERE id = %L', :'first_order'), '23514', NULL, 'a subtotal cannot leave its lines');
SELECT throws_ok(format('UPDATE order_items SET quantity = 1, total_price = 10 WHERE id = %L', :'item'), '23514', NULL, 'nor a line its subtotal');
SET CONSTRAINTS ALL DEFERRED;
UPDATE orders SET subtotal = 30, total_amount = 30 WHERE id = :'first_order';
SELECT tests.an_item(:'first_order', :'hat') \g /dev/null
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE', 'both may change in one transaction');
SELECT tests.an_order(:'buyer', :'seller', 99) AS without_lines \gset
SELECT lives_ok(format('UPDATE orders SET subtotal = 98, total_amount = 98 WHERE id = %L', :'without_lines'), 'an order without lines is let alone');
SELECT lives_ok(format('DELETE FROM orders WHERE id = %L', :'first_order'), 'an order goes with its lines');
SELECT is((SELECT count(*) FROM order_items), 0::bigint, 'all of them');

-- Where it is sent

SELECT tests.an_address(:'buyer') AS home \gset
UPDATE orders SET shipping_address_id = :'home' WHERE id = :'without_lines';
SELECT is((SELECT shipping_address ->> 'address_line1' FROM orders WHERE id = :'without_lines'), '1 Main Street', 'an order keeps a copy of its address');
UPDATE shipping_addresses SET address_line1 = '2 Side Street' WHERE id = :'home';
UPDATE orders SET notes = 'ring twice' WHERE id = :'without_lines';
SELECT is((SELECT shipping_address ->> 'address_line1' FROM orders WHERE id = :'without_lines'), '1 Main Street', 'which does not change with the address');
DELETE FROM shipping_addresses WHERE id = :'home';
SELECT results_eq(format($$SELECT shipping_address_id IS NULL, shipping_address ->> 'city' FROM orders WHERE id = %L$$, :'without_lines'), $$VALUES (true, 'Springfield')$$, 'nor goes with it');
SELECT tests.log_in(:'seller');
SELECT is((SELECT shipping_address ->> 'name' FROM orders WHERE id = :'without_lines'), 'Home', 'the seller reads where to send it');
SELECT is((SELECT count(*) FROM shipping_addresses), 0::bigint, 'but no address of the buyer');
SELECT tests.log_out();

-- Who sends nothing does not keep where somebody lives

SELECT tests.an_address(:'buyer') AS home \gset
CREATE TEMP TABLE ended AS SELECT way, tests.an_order(:'buyer', :'seller', 99) AS id FROM unnest('{unpaid,by buyer,by seller,refunded,sent}'::text[]) AS way;
GRANT SELECT ON ended TO PUBLIC;
UPDATE orders SET shipping_address_id = :'home' WHERE id IN (SELECT id FROM ended);
SELECT tests.log_in_as_service();
SELECT transition_order(id, 'paid') FROM ended WHERE way IN ('by seller', 'refunded', 'sent') \g /dev/null
SELECT transition_order(id, 'shipped') FROM ended WHERE way = 'sent' \g /dev/null
SELECT transition_order(id, 'refunded') FROM ended WHERE way IN ('refunded', 'sent') \g /dev/null
SELECT tests.log_in(:'buyer');
SELECT cancel_order(id) FROM ended WHERE way = 'by buyer' \g /dev/null
SELECT tests.log_in(:'seller');
SELECT cancel_order(id) FROM ended WHERE way = 'by seller' \g /dev/null
SELECT is((SELECT shipping_address ->> 'city' FROM orders JOIN ended USING (id) WHERE way = ended_way), city, format('the seller reads the address of an order that is %s: %s', ended_way, coalesce(city, 'no')))
  FROM (VALUES ('unpaid', 'Springfield'), ('by buyer', NULL), ('by seller', NULL), ('refunded', NULL), ('sent', 'Springfield')) AS expected (ended_way, city);
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM orders JOIN ended USING (id) WHERE shipping_address_id = :'home'), 5::bigint, 'buyer and staff still have the one that the order names');

SELECT * FROM finish();
ROLLBACK;
