-- The sums of an order: total, lines, and what hangs on them. A total is checked at once, the lines at
-- the end of the transaction, which SET CONSTRAINTS brings forward here.
BEGIN;
\ir ../../fixtures/market.sql
SELECT no_plan();
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
SELECT throws_ok(format('SELECT tests.an_item(%L, %L)', :'first_order', :'hat'), '23514', 'order items must add up to the subtotal of the order', 'one line too many is refused');
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
SELECT is((SELECT shipping_address ->> 'address_line1' FROM order_addresses WHERE order_id = :'without_lines'), '1 Main Street', 'an order keeps a copy of its address');
UPDATE shipping_addresses SET address_line1 = '2 Side Street' WHERE id = :'home';
UPDATE orders SET notes = 'ring twice' WHERE id = :'without_lines';
DELETE FROM shipping_addresses WHERE id = :'home';
SELECT results_eq(format($$SELECT shipping_address_id IS NULL, shipping_address FROM orders WHERE id = %L$$, :'without_lines'), $$VALUES (true, NULL::jsonb)$$, 'which is not the seller''s to read before the order is paid');
SELECT tests.log_in_as_service();
SELECT transition_order(:'without_lines', 'paid') \g /dev/null
SELECT tests.log_in(:'seller');
SELECT is((SELECT format('%s, %s', shipping_address ->> 'name', shipping_address ->> 'address_line1') FROM orders WHERE id = :'without_lines'), 'Home, 1 Main Street',
    'then the seller reads where to send it, as it was, whatever has become of the address');
SELECT is((SELECT count(*) FROM shipping_addresses), 0::bigint, 'but no address of the buyer');
SELECT tests.log_out();

-- Who sends nothing does not read where somebody lives; buyer and admins do

SELECT tests.sign_up('boss@example.com') AS boss \gset
SELECT promote_to_admin('boss@example.com') \g /dev/null
SELECT tests.an_address(:'buyer') AS home \gset
CREATE TEMP TABLE ended AS SELECT way, tests.an_order(:'buyer', :'seller', 99) AS id FROM unnest('{unpaid,processing,failed,paid,by buyer,by seller,refunded,sent}'::text[]) AS way;
GRANT SELECT ON ended TO PUBLIC;
CREATE TEMP VIEW seen WITH (security_invoker) AS
SELECT e.way, o.shipping_address ->> 'city' AS in_the_order, a.shipping_address ->> 'city' AS beside_it
  FROM ended e JOIN orders o USING (id) LEFT JOIN order_addresses a ON a.order_id = o.id;
GRANT SELECT ON seen TO PUBLIC;
UPDATE orders SET shipping_address_id = :'home' WHERE id IN (SELECT id FROM ended);
SELECT tests.log_in_as_service();
SELECT transition_order(id, 'payment_processing') FROM ended WHERE way IN ('processing', 'failed', 'sent') \g /dev/null
SELECT transition_order(id, 'payment_failed') FROM ended WHERE way = 'failed' \g /dev/null
SELECT transition_order(id, 'paid') FROM ended WHERE way IN ('by seller', 'refunded', 'sent') \g /dev/null
UPDATE orders SET status = 'paid' WHERE id = (SELECT id FROM ended WHERE way = 'paid');
SELECT results_eq($$SELECT way, in_the_order FROM seen WHERE way IN ('by seller', 'refunded') ORDER BY way$$, $$VALUES ('by seller', 'Springfield'), ('refunded', 'Springfield')$$, 'what is paid tells where to send it');
SELECT transition_order(id, 'shipped') FROM ended WHERE way = 'sent' \g /dev/null
SELECT transition_order(id, 'refunded') FROM ended WHERE way IN ('refunded', 'sent') \g /dev/null
SELECT tests.log_in(:'buyer');
SELECT cancel_order(id) FROM ended WHERE way = 'by buyer' \g /dev/null
SELECT tests.log_in(:'seller');
SELECT cancel_order(id) FROM ended WHERE way = 'by seller' \g /dev/null
SELECT is((SELECT format('%s, %s', in_the_order, beside_it) FROM seen WHERE way = ended_way), city || ', ', format('the seller reads the address of an order that is %s: %s', ended_way, coalesce(nullif(city, ''), 'no')))
  FROM (VALUES ('unpaid', ''), ('processing', ''), ('failed', ''), ('paid', 'Springfield'), ('by buyer', ''), ('by seller', ''), ('refunded', ''), ('sent', 'Springfield')) AS expected (ended_way, city);
SELECT tests.log_out();
DELETE FROM shipping_addresses WHERE id = :'home';
SELECT tests.log_in(:'buyer');
SELECT is((SELECT string_agg(DISTINCT beside_it, ',') || count(*) FROM seen), 'Springfield8', 'the buyer reads where each of them goes or went');
SELECT tests.log_in(:'boss');
SELECT is((SELECT string_agg(DISTINCT beside_it, ',') || count(*) FROM seen), 'Springfield8', 'so do admins');
SELECT tests.log_out();

-- What the service writes by itself

SELECT tests.log_in_as_service();
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, shipping_address) VALUES (:'buyer', :'seller', 5, 5, '{"city": "Shelbyville"}') RETURNING id AS written \gset
CREATE TEMP VIEW addresses AS SELECT o.id, concat_ws(' ', o.status, o.shipping_address ->> 'city', '/', a.shipping_address ->> 'city', a.billing_address ->> 'city') AS of_it FROM orders o LEFT JOIN order_addresses a ON a.order_id = o.id;
GRANT SELECT ON addresses TO PUBLIC;
SELECT is(of_it, 'pending_payment / Shelbyville', 'an address that is written into an unpaid order is held, too') FROM addresses WHERE id = :'written';
UPDATE orders SET shipping_address = '{"city": "Ogdenville"}', status = 'payment_processing' WHERE id = :'written';
SELECT is(of_it, 'payment_processing / Ogdenville', 'also with a step') FROM addresses WHERE id = :'written';
UPDATE order_addresses SET shipping_address = '{"city": "Capital City"}' WHERE order_id = :'written';
UPDATE orders SET status = 'paid' WHERE id = :'written';
SELECT is(of_it, 'paid Capital City / Capital City', 'what is held is what the seller reads') FROM addresses WHERE id = :'written';
UPDATE orders SET shipping_address = '{"city": "Waverly Hills"}' WHERE id = :'written';
SELECT is(of_it, 'paid Waverly Hills / Waverly Hills', 'a correction is held as well') FROM addresses WHERE id = :'written';
SELECT tests.log_out();
SELECT tests.an_address(:'buyer') AS home \gset
UPDATE orders SET shipping_address_id = :'home', billing_address_id = :'home' WHERE id = :'written';
SELECT is(of_it, 'paid Springfield / Springfield Springfield', 'another address of a paid order is the seller''s at once') FROM addresses WHERE id = :'written';
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status, shipping_address_id) VALUES (:'buyer', :'seller', 0, 0, 'paid', :'home') RETURNING id AS written \gset
SELECT is(of_it, 'paid Springfield / Springfield', 'and that of one that is written down as paid') FROM addresses WHERE id = :'written';

-- What a trigger of the shop's own makes of it after ours
CREATE FUNCTION tests.pays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.status := CASE WHEN NEW.notes = 'free' THEN 'paid' ELSE NEW.status END; RETURN NEW; END $$;
CREATE TRIGGER zz_pays BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION tests.pays();
SELECT tests.log_in_as_service();
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, shipping_address_id) VALUES (:'buyer', :'seller', 5, 5, :'home') RETURNING id AS written \gset
UPDATE orders SET notes = 'free' WHERE id = :'written';
SELECT is(of_it, 'paid Springfield / Springfield', 'paid by a trigger of the shop''s own') FROM addresses WHERE id = :'written';
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, shipping_address_id, notes) VALUES (:'buyer', :'seller', 5, 5, :'home', 'free') RETURNING id AS written \gset
SELECT is(of_it, 'paid Springfield / Springfield', 'from the first on') FROM addresses WHERE id = :'written';
SELECT tests.log_out();
SELECT tests.an_address(:'buyer') AS office \gset
UPDATE shipping_addresses SET city = 'Ogdenville' WHERE id = :'office';
CREATE FUNCTION tests.moves() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.shipping_address_id := TG_ARGV[0]; RETURN NEW; END $$;
CREATE TRIGGER zz_moves BEFORE INSERT OR UPDATE ON orders FOR EACH ROW WHEN (NEW.notes = 'free') EXECUTE FUNCTION tests.moves(:'office');
SELECT tests.log_in_as_service();
UPDATE orders SET metadata = '{"moved": true}' WHERE id = :'written';
SELECT is(of_it, 'paid Ogdenville / Ogdenville', 'and sent elsewhere by another') FROM addresses WHERE id = :'written';
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, shipping_address_id, notes) VALUES (:'buyer', :'seller', 5, 5, :'home', 'free') RETURNING id AS written \gset
SELECT is(of_it, 'paid Ogdenville / Ogdenville', 'as soon as it is there') FROM addresses WHERE id = :'written';
INSERT INTO orders (buyer_id, seller_id, status, subtotal, total_amount, shipping_address_id, notes) VALUES (:'buyer', :'seller', 'paid', 5, 5, :'home', 'free') RETURNING id AS written \gset
SELECT is(of_it, 'paid Ogdenville / Ogdenville', 'also paid') FROM addresses WHERE id = :'written';
SELECT tests.log_out();
SELECT is_empty($$SELECT * FROM check_integrity() WHERE rule = 'order_address'$$, 'and nothing is wrong with the addresses');

SELECT * FROM finish();
ROLLBACK;
