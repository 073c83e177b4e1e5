-- Orders: their numbers, history, stock and sums.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(74);
SELECT tests.sign_up('buyer@example.com') AS buyer, tests.sign_up('seller@example.com') AS seller, tests.sign_up('other@example.com') AS other \gset
SELECT tests.a_listing(:'seller') AS lamp \gset

-- Numbers

SELECT matches(generate_order_number(), '^ORD-[0-9]{8}-[0-9]{6}$', 'an order number is ORD, the date and at least four digits: six at first');
SET LOCAL TimeZone = 'Pacific/Kiritimati';
SELECT is(split_part(generate_order_number(), '-', 2), to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD'), 'the date is UTC''s far in the east');
SET LOCAL TimeZone = 'Pacific/Pago_Pago';
SELECT is(split_part(generate_order_number(), '-', 2), to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD'), 'and far in the west');
RESET TimeZone;
SET LOCAL DateStyle = 'German, DMY';
SELECT matches(generate_order_number(), to_char(now() AT TIME ZONE 'UTC', '^"ORD"-YYYYMMDD-'), 'whatever the DateStyle');
RESET DateStyle;

CREATE TEMP TABLE number AS SELECT i, generate_order_number() AS number FROM generate_series(1, 10000) i;
SELECT is((SELECT count(DISTINCT number) FROM number), 10000::bigint, 'ten thousand numbers are ten thousand different ones');
SELECT is((SELECT count(*) FROM number WHERE number !~ '^ORD-[0-9]{8}-[0-9]{6,}$'), 0::bigint, 'all of them have the format');
CREATE TEMP VIEW step AS SELECT split_part(number, '-', 3)::bigint - lag(split_part(number, '-', 3)::bigint) OVER (ORDER BY i) AS step FROM number;
SELECT is((SELECT count(*) FROM step WHERE abs(step) = 1) < 10, true, 'a number does not follow from the one before: hardly two are neighbours');
SELECT cmp_ok((SELECT max(n) FROM (SELECT count(*) AS n FROM step GROUP BY step) s), '<', 10::bigint, 'no step between two is usual');
SELECT cmp_ok((SELECT count(*) FROM step WHERE step > 0), '<', 6000::bigint, 'they do not go up');
SELECT cmp_ok((SELECT count(*) FROM step WHERE step < 0), '<', 6000::bigint, 'they do not go down');
SELECT is((SELECT count(*) FROM (SELECT split_part(number, '-', 3)::bigint / 100000 AS part FROM number GROUP BY 1) p), 10::bigint, 'they spread over all that can be written with six digits');

-- ALTER SEQUENCE is undone with the transaction, setval() is not
ALTER SEQUENCE order_number_seq RESTART WITH 1000000;
SELECT matches(generate_order_number(), '-[0-9]{7}$', 'after a million numbers they have seven digits');
ALTER SEQUENCE order_number_seq RESTART WITH 9223372036854775807;
SELECT throws_ok('SELECT generate_order_number()', 'MK001', NULL, 'when none is left that is an error of its own');
ALTER SEQUENCE order_number_seq RESTART WITH 20000;
SELECT tests.log_in(:'buyer');
SELECT matches(generate_order_number(), '^ORD-', 'a user may draw a number');
SELECT throws_ok('SELECT nextval(''order_number_seq'')', '42501', NULL, 'but not from the sequence');
SELECT throws_ok('SELECT last_value FROM order_number_seq', '42501', NULL, 'nor see how many there are');
SELECT throws_ok('SELECT secret FROM driplo_secrets', '42501', NULL, 'nor the key');
SELECT tests.log_in_as_service();
SELECT throws_ok('SELECT secret FROM driplo_secrets', '42501', NULL, 'the service does not see the key either');
SELECT tests.log_in_as_anon();
SELECT throws_ok('SELECT generate_order_number()', '42501', NULL, 'anon draws no numbers');
SELECT tests.log_out();

SELECT tests.log_in_as_service();
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (:'buyer', :'seller', 10, 10) RETURNING id AS first_order, order_number AS first_number \gset
SELECT tests.log_out();
SELECT matches(:'first_number'::text, to_char(now() AT TIME ZONE 'UTC', '^"ORD"-YYYYMMDD-[0-9]{6}$'), 'an order gets its number by itself');
SELECT throws_ok(format($$INSERT INTO orders (order_number, buyer_id, seller_id, subtotal, total_amount) VALUES (%L, %L, %L, 1, 1)$$, :'first_number', :'buyer', :'seller'),
    '23505', NULL, 'a number is given once');
SELECT throws_ok(format($$INSERT INTO orders (order_number, buyer_id, seller_id, subtotal, total_amount) VALUES (NULL, %L, %L, 1, 1)$$, :'buyer', :'seller'),
    '23502', NULL, 'no order is without a number');

-- History

SELECT results_eq(format('SELECT from_status::text, to_status::text, changed_by FROM order_status_history WHERE order_id = %L', :'first_order'),
    $$VALUES (NULL::text, 'pending_payment', NULL::uuid)$$, 'the first status is written down; the service is nobody in particular');
SELECT set_config('request.jwt.claims', json_build_object('sub', :'seller', 'role', 'authenticated')::text, true) \g /dev/null
UPDATE orders SET status = 'paid' WHERE id = :'first_order';
SELECT set_config('request.jwt.claims', '', true) \g /dev/null
SELECT results_eq(format($$SELECT from_status::text, to_status::text, changed_by FROM order_status_history WHERE order_id = %L AND from_status IS NOT NULL$$, :'first_order'),
    format($$VALUES ('pending_payment', 'paid', %L::uuid)$$, :'seller'), 'a change is written down with who caused it');
UPDATE orders SET status = 'paid' WHERE id = :'first_order';
UPDATE orders SET notes = 'ring twice' WHERE id = :'first_order';
SELECT is((SELECT count(*) FROM order_status_history WHERE order_id = :'first_order'), 2::bigint, 'what does not change the status is not history');
SELECT set_config('request.jwt.claims', '{"sub": "00000000-0000-4000-8000-00000000dead"}', true) \g /dev/null
UPDATE orders SET status = 'preparing' WHERE id = :'first_order';
SELECT set_config('request.jwt.claims', '', true) \g /dev/null
SELECT is((SELECT changed_by FROM order_status_history WHERE order_id = :'first_order' AND to_status = 'preparing'), NULL, 'a caller without a profile is recorded as nobody');
SELECT tests.log_in(:'buyer');
SELECT is((SELECT count(*) FROM order_status_history), 3::bigint, 'the buyer sees the history');
SELECT throws_ok(format($$INSERT INTO order_status_history (order_id, to_status) VALUES (%L, 'completed')$$, :'first_order'), '42501', NULL, 'and cannot add to it');
SELECT tests.log_in(:'seller');
SELECT is((SELECT count(*) FROM order_status_history), 3::bigint, 'so does the seller');
SELECT tests.log_in(:'other');
SELECT is((SELECT count(*) FROM order_status_history) + (SELECT count(*) FROM orders), 0::bigint, 'others see neither the history nor the order');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM order_status_history), 3::bigint, 'nothing was added');

-- Stock

SELECT tests.an_order(:'buyer', :'seller') AS waiting \gset
SELECT tests.an_item(:'waiting', :'lamp', 2) AS item \gset
SELECT results_eq(format('SELECT quantity, status::text FROM listings WHERE id = %L', :'lamp'), $$VALUES (3, 'active')$$, 'an order takes its pieces from the listing');
SELECT throws_ok(format('SELECT tests.an_item(%L, %L, 4)', :'waiting', :'lamp'), 'MK003', 'not enough stock', 'more than is left is refused');
SELECT results_eq(format('SELECT quantity, status::text, (SELECT count(*) FROM order_items WHERE listing_id = l.id) FROM listings l WHERE id = %L', :'lamp'),
    $$VALUES (3, 'active', 1::bigint)$$, 'and takes nothing');
SELECT tests.an_item(:'waiting', :'lamp', 3) \g /dev/null
SELECT results_eq(format('SELECT quantity, status::text FROM listings WHERE id = %L', :'lamp'), $$VALUES (0, 'reserved')$$, 'the last piece reserves the listing');
SELECT throws_ok(format('SELECT tests.an_item(%L, %L, 1)', :'waiting', :'lamp'), 'MK003', NULL, 'after that nothing can be ordered');
SELECT tests.a_listing(:'seller', 10, 1, 'archived') AS archived \gset
SELECT throws_ok(format('SELECT tests.an_item(%L, %L)', :'waiting', :'archived'), '23514', 'listing of the order item is not for sale', 'what is not for sale cannot be ordered');
SELECT is((SELECT quantity FROM listings WHERE id = :'archived'), 1, 'and keeps its piece');
SELECT throws_ok(format('SELECT tests.an_item(tests.an_order(%L, %L, 10, ''cancelled''), %L, 1)', :'buyer', :'seller', :'lamp'), 'MK005', NULL, 'a cancelled order takes no line');
SELECT tests.a_listing(:'seller', 10, 7) AS shirt, tests.a_listing(:'seller') AS hat \gset
SELECT tests.a_variant(:'shirt', 2) AS small, tests.a_variant(:'shirt', 1) AS large \gset
SELECT tests.an_item(:'waiting', :'shirt', 2, :'small') \g /dev/null
SELECT results_eq(format('SELECT v.quantity, l.quantity, l.status::text FROM product_variants v JOIN listings l ON l.id = v.listing_id WHERE v.id = %L', :'small'),
    $$VALUES (0, 7, 'active')$$, 'a line with a variant takes from the variant alone; the listing stays while another has some');
SELECT throws_ok(format('SELECT tests.an_item(%L, %L, 1, %L)', :'waiting', :'shirt', :'small'), 'MK003', NULL, 'a variant that is sold out is refused');
SELECT throws_ok(format('SELECT tests.an_item(%L, %L, 2, %L)', :'waiting', :'shirt', :'large'), 'MK003', NULL, 'as is more than a variant has');
SELECT tests.an_item(:'waiting', :'shirt', 1, :'large') \g /dev/null
SELECT is((SELECT status::text FROM listings WHERE id = :'shirt'), 'reserved', 'the last piece of the last variant reserves the listing');
SELECT throws_ok(format('SELECT tests.an_item(%L, %L, 1, %L)', :'waiting', :'hat', :'large'), '23503', NULL, 'a variant of another listing is refused');
SELECT throws_ok(format('SELECT tests.an_item(%L, %L)', :'waiting', :'shirt'), '23514', 'order item must specify a variant', 'a line of a listing that has variants names one');
SELECT tests.a_listing(:'other') AS of_other, tests.a_listing(:'seller') AS in_euro \gset
UPDATE listings SET currency = 'EUR' WHERE id = :'in_euro';
SELECT throws_ok(format('SELECT tests.an_item(%L, %L)', :'waiting', :'of_other'), '23514', 'order item references a listing of another seller', 'another seller''s listing is refused');
SELECT throws_ok(format('SELECT tests.an_item(%L, %L)', :'waiting', :'in_euro'), '23514', 'currency of the listing does not match the order', 'as is one in another currency');
SELECT throws_ok(format($$INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) SELECT %L, %L, 2, 10, 20 FROM generate_series(1, 3)$$, :'waiting', :'hat'),
    'MK003', 'not enough stock', 'lines of one statement are added up');
SELECT is((SELECT string_agg(quantity::text, ' ' ORDER BY quantity) FROM listings WHERE id IN (:'hat', :'shirt', :'of_other', :'in_euro')), '5 5 5 7', 'nothing was taken by what was refused');
SELECT lives_ok(format($$INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) SELECT %L, %L, q, 10, 10 * q FROM unnest(ARRAY[2, 3]) q$$, :'waiting', :'hat'),
    'lines of one statement that add up to what is there are fine');
SELECT results_eq(format('SELECT quantity, status::text FROM listings WHERE id = %L', :'hat'), $$VALUES (0, 'reserved')$$, 'and take all of it');

-- An order that the service writes: what it is, it is from the start, and stays

SELECT tests.a_listing(:'seller', 10, 2) AS bench, tests.an_order(:'buyer', :'seller', 10, 'paid') AS sold_elsewhere \gset
SELECT ok((SELECT paid_at = now() AND shipped_at IS NULL FROM orders WHERE id = :'sold_elsewhere'), 'an order that begins as paid was paid now');
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status, paid_at) VALUES (:'buyer', :'seller', 10, 10, 'paid', '2020-02-02') RETURNING id AS long_ago \gset
SELECT is((SELECT paid_at FROM orders WHERE id = :'long_ago'), '2020-02-02'::timestamptz, 'or when the service says');
SELECT tests.an_item(:'sold_elsewhere', :'bench') \g /dev/null
SELECT results_eq(format('SELECT quantity, status::text FROM listings WHERE id = %L', :'bench'), $$VALUES (1, 'active')$$, 'it takes its piece');
SELECT tests.an_item(:'long_ago', :'bench') \g /dev/null
SELECT results_eq(format('SELECT quantity, status::text, sold_at FROM listings WHERE id = %L', :'bench'), $$VALUES (0, 'sold', now())$$, 'and with the last one the listing is sold, for nothing is left to be paid');
SELECT tests.a_listing(:'seller', 10, 2) AS stool \gset
SELECT tests.an_item(:'waiting', :'stool'), tests.an_item(:'sold_elsewhere', :'stool') \g /dev/null
SELECT results_eq(format('SELECT quantity, status::text FROM listings WHERE id = %L', :'stool'), $$VALUES (0, 'reserved')$$, 'which it is not while another order waits for its payment');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.error_of(format('UPDATE orders SET %s WHERE id = %L', change, :'waiting')), format('23514 cannot change column "%s" of an order', split_part(change, ' ', 1)), 'not even the service sets ' || split_part(change, ' ', 1))
  FROM unnest(ARRAY['currency = ''EUR''', 'order_number = ''ORD-1''', format('seller_id = %L', :'other'), format('buyer_id = %L', :'other')]) change;
SELECT is(tests.error_of(format('UPDATE orders SET total_amount = total_amount - 1, discount_amount = discount_amount + 1 WHERE id = %L', :'waiting')), 'no error', 'while it waits its amounts may change');
SELECT is(tests.error_of(format('UPDATE orders SET %s = coalesce(%1$s, 0) + 1 WHERE id = %L', amount, :'long_ago')), format('23514 cannot change column "%s" of a paid order', amount), 'once it is paid not its ' || amount)
  FROM unnest(ARRAY['total_amount', 'store_credit_amount', 'tax_amount', 'platform_fee_amount', 'platform_discount_amount']) amount;
SELECT is(tests.error_of(format('UPDATE orders SET currency = currency, order_number = order_number, buyer_id = buyer_id, seller_id = seller_id, notes = ''x'' WHERE id = %L', :'waiting')), 'no error', 'writing the same again is no change');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT currency::text, buyer_id, seller_id FROM orders WHERE id = %L', :'waiting'), format('VALUES (''USD'', %L::uuid, %L::uuid)', :'buyer', :'seller'), 'and it is as it was');

-- Clients

SELECT tests.log_in(:'buyer');
SELECT throws_ok(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (%L, %L, 0.01, 0.01)$$, :'buyer', :'seller'), '42501', NULL, 'a buyer cannot insert an order');
SELECT throws_ok(format($$UPDATE orders SET status = 'paid' WHERE id = %L$$, :'first_order'), 'MK005', NULL, 'nor mark it paid');
SELECT throws_ok(format($$INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (%L, %L, 1, 0, 0)$$, :'first_order', :'hat'), '42501', NULL, 'nor add a line');
SELECT tests.log_in(:'seller');
SELECT throws_ok(format($$UPDATE orders SET subtotal = 99, total_amount = 99 WHERE id = %L$$, :'first_order'), '42501', NULL, 'a seller cannot change the amounts');
SELECT throws_ok(format($$UPDATE orders SET buyer_id = %L WHERE id = %L$$, :'other', :'first_order'), '42501', NULL, 'nor the buyer');
SELECT tests.log_out();
SELECT results_eq(format('SELECT status::text, subtotal, total_amount, buyer_id FROM orders WHERE id = %L', :'first_order'),
    format($$VALUES ('preparing', 10.00, 10.00, %L::uuid)$$, :'buyer'), 'the order is as it was');

SELECT * FROM finish();
ROLLBACK;
