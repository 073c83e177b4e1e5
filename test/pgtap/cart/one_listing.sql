-- Orders for one listing, as applications place them that know no cart: by checkout()'s rules and prices, for the caller or, by the service, for who has paid.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('one.example') \gset
SELECT tests.goods(:'seller', 'A lamp', 40, 3, '{"cost": 5}') AS lamp, tests.goods(:'seller', 'A vase', 10) AS vase, tests.goods(:'other', 'A chair', 20) AS chair,
       tests.goods(:'seller', 'A coat', 60) AS coat, tests.goods(:'buyer', 'Mine', 1) AS mine, tests.an_address(:'buyer', true) AS home, tests.an_address(:'buyer') AS work,
       tests.an_address(:'other') AS elsewhere, tests.a_card(:'buyer') AS card, tests.a_card(:'other') AS foreign_card \gset
SELECT tests.kind_of(:'coat', 'M', 65, 5) AS medium \gset
CREATE FUNCTION tests.cart() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT string_agg(format('%s %s', i.quantity, l.title), ', ' ORDER BY i.added_at, i.id) FROM cart_items i JOIN listings l ON l.id = i.listing_id
      JOIN shopping_carts c ON c.id = i.cart_id WHERE c.user_id = (SELECT id FROM tests.people WHERE name = 'buyer')
$$;
CREATE FUNCTION tests.placed(placed uuid) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT format('%s %s %s: %s', o.status, o.total_amount, o.currency, string_agg(format('%s %s', i.quantity, concat_ws(' ', i.title, i.variant_name)), ', '))
      FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.id = placed GROUP BY o.id
$$;
CREATE FUNCTION tests.goes_to(placed text) RETURNS uuid LANGUAGE sql SECURITY DEFINER AS $$ SELECT shipping_address_id FROM orders WHERE id = placed::uuid $$;
-- Who places it, and with which arguments.
CREATE FUNCTION tests.ordered(who text, arguments text) RETURNS text LANGUAGE sql AS $$ SELECT tests.asked(who, format('create_order_with_payment(%s)', arguments)) $$;

-- by the buyer: one piece, the default address, the cart as it was
SELECT tests.put(:'buyer', :'vase', 2), tests.put(:'buyer', :'chair') \g /dev/null
CREATE TEMP TABLE before AS SELECT * FROM cart_items;
SELECT tests.ordered('buyer', format('p_listing_id => %L, p_buyer_id => %L, p_payment_method_id => %L, p_shipping_address => NULL, p_metadata => ''{"gift": true}''', :'lamp', :'buyer', :'card')) AS one \gset
SELECT is(tests.placed(:'one'), 'pending_payment 45.00 USD: 1 A lamp', 'an order with its shipping');
SELECT results_eq(format('SELECT buyer_id, seller_id, shipping_address_id, payment_method_id, metadata FROM orders WHERE id = %L', :'one'),
    format($$VALUES (%L::uuid, %L::uuid, %L::uuid, %L::uuid, '{"gift": true}'::jsonb)$$, :'buyer', :'seller', :'home', :'card'), 'of the caller, with what was passed');
SELECT results_eq(format('SELECT from_status::text, to_status::text, changed_by FROM order_status_history WHERE order_id = %L', :'one'), format('VALUES (NULL::text, ''pending_payment'', %L::uuid)', :'buyer'), 'on record');
SELECT is((SELECT quantity FROM listings WHERE id = :'lamp'), 2, 'from the stock');
SELECT is(tests.cart(), '2 A vase, 1 A chair', 'the cart is as it was');
SELECT set_eq('TABLE cart_items', 'TABLE before', 'line by line');
SELECT is(tests.answers('buyer', format('SELECT * FROM start_payment(ARRAY[%L::uuid], ''stripe'', ''pi_0'')', :'one')), '42501 for buyer', 'a payment is not the buyer''s to start');
SELECT is(tests.asked('service', format('cardinality(start_payment(ARRAY[%L::uuid], ''stripe'', ''pi_0''))', :'one')), '1', 'but the service''s');

-- what of it is in the cart counts as ordered
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT is(tests.placed(tests.ordered('buyer', quote_literal(:'lamp'))::uuid), 'pending_payment 45.00 USD: 1 A lamp', 'what is in the cart is ordered');
SELECT is(tests.cart(), '2 A vase, 1 A chair', 'and is there no longer');
CREATE TEMP TABLE vase AS SELECT * FROM cart_items WHERE listing_id = :'vase';
SELECT is(tests.placed(tests.ordered('buyer', quote_literal(:'vase'))::uuid), 'pending_payment 10.00 USD: 1 A vase', 'one of two');
SELECT is(tests.cart(), '1 A vase, 1 A chair', 'the other stays');
SELECT is((SELECT (i.id, i.added_at) = (v.id, v.added_at) FROM cart_items i JOIN vase v USING (listing_id)), true, 'where it was');
-- a cart that is full, or has what cannot be bought
SET LOCAL driplo.max_cart_lines = 2;
UPDATE listings SET status = 'archived' WHERE id = :'chair';
SELECT is(tests.placed(tests.ordered('buyer', format('%L, p_metadata => ''{"quantity": "3"}''', :'vase'))::uuid), 'pending_payment 30.00 USD: 3 A vase', 'another quantity, which the processor keeps as text');
SELECT is(tests.cart(), '1 A chair', 'what cannot be bought is in nobody''s way');
RESET driplo.max_cart_lines;
SELECT is(tests.placed(tests.ordered('buyer', format('%L, p_metadata => %L', :'coat', jsonb_build_object('variant_id', :'medium', 'quantity', 2)))::uuid), 'pending_payment 130.00 USD: 2 A coat M', 'a variant');

-- addresses
SELECT set_config('driplo.max_unpaid_orders', '0', true), set_config('driplo.max_unpaid_pieces', '0', true) \g /dev/null
SELECT count(*) AS addresses FROM shipping_addresses \gset
SELECT is(tests.goes_to(tests.ordered('buyer', format('%L, p_shipping_address => %L', :'vase', jsonb_build_object('id', :'work')))), :'work', 'a known one');
\set new '{"name": " Ann ", "address_line1": "2 High Street", "address_line2": "", "city": "Bonn", "postal_code": "53111", "country_code": "de", "is_default": true, "user_id": "00000000-0000-4000-8000-000000000001"}'
SELECT tests.ordered('buyer', format('%L, p_shipping_address => %L', :'vase', :'new')) AS far \gset
SELECT results_eq(format('SELECT a.user_id, a.name::text, a.phone::text, a.address_line1::text, a.address_line2::text, a.city::text, a.state_province::text, a.postal_code::text, a.country_code::text, a.is_default FROM orders o JOIN shipping_addresses a ON a.id = o.shipping_address_id WHERE o.id = %L', :'far'),
    format($$VALUES (%L::uuid, 'Ann', NULL::text, '2 High Street', NULL::text, 'Bonn', '', '53111', 'DE', false)$$, :'buyer'), 'a new one is the buyer''s, and not the default');
SELECT is(tests.goes_to(tests.ordered('buyer', format('%L, p_shipping_address => %L', :'vase', :'new'))), tests.goes_to(:'far'), 'which is the same the next time');
SELECT is((SELECT count(*) FROM shipping_addresses), :addresses + 1::bigint, 'one more');
SELECT is(tests.goes_to(tests.ordered('buyer', format('%L, p_shipping_address => ''null''', :'vase'))), :'home', 'null is the default one');

-- refused, and nothing has changed
SELECT is(tests.ordered(who, arguments), error, format('%s: %s', who, arguments)) FROM (VALUES
    ('buyer', 'NULL', '22004 p_listing_id must not be NULL'),
    ('buyer', '''00000000-0000-4000-8000-00000000dead''', 'P0002 listing "00000000-0000-4000-8000-00000000dead" does not exist'),
    ('buyer', quote_literal(:'chair'), 'P0002 listing "' || :'chair' || '" does not exist'),
    ('buyer', quote_literal(:'mine'), '23514 cannot add your own listing to the cart'),
    ('buyer', quote_literal(:'coat'), '22023 variant must be specified'),
    ('buyer', format('%L, p_metadata => %L', :'vase', jsonb_build_object('variant_id', :'medium')), 'P0002 variant "' || :'medium' || '" does not exist'),
    ('buyer', format('%L, p_metadata => ''{"quantity": 98}''', :'vase'), 'MK003 not enough stock'),
    ('buyer', format('%L, p_metadata => ''{"quantity": 0}''', :'vase'), '22023 "quantity" of metadata must be a whole number between 1 and 1000000'),
    ('buyer', format('%L, p_metadata => ''{"quantity": -1}''', :'vase'), '22023 "quantity" of metadata must be a whole number between 1 and 1000000'),
    ('buyer', format('%L, p_metadata => ''{"quantity": 1.5}''', :'vase'), '22023 "quantity" of metadata must be a whole number between 1 and 1000000'),
    ('buyer', format('%L, p_metadata => ''{"quantity": "9999999999999999999"}''', :'vase'), '22023 "quantity" of metadata must be a whole number between 1 and 1000000'),
    ('buyer', format('%L, p_metadata => ''{"quantity": [1]}''', :'vase'), '22023 "quantity" of metadata must be a whole number between 1 and 1000000'),
    ('buyer', format('%L, p_metadata => ''{"quantity": "1; DROP TABLE orders"}''', :'vase'), '22023 "quantity" of metadata must be a whole number between 1 and 1000000'),
    ('buyer', format('%L, p_metadata => ''{"variant_id": "blue"}''', :'vase'), '22023 "variant_id" of metadata must be a UUID'),
    ('buyer', format('%L, p_metadata => ''[]''', :'vase'), '22023 metadata must be a JSON object'),
    ('buyer', format('%L, p_metadata => ''"x"''', :'vase'), '22023 metadata must be a JSON object'),
    ('buyer', format('%L, p_metadata => jsonb_build_object(''x'', repeat(''x'', 70000))', :'vase'), '22023 p_metadata must not be longer than 65536 bytes'),
    ('buyer', format('%L, p_payment_method_id => %L', :'vase', :'foreign_card'), 'P0002 payment method not found'),
    ('buyer', format('%L, p_shipping_address => %L', :'vase', jsonb_build_object('id', :'elsewhere')), 'P0002 shipping address not found'),
    ('buyer', format('%L, p_shipping_address => ''{"id": "home"}''', :'vase'), '22023 "id" of shipping address must be a UUID'),
    ('buyer', format('%L, p_shipping_address => ''{}''', :'vase'), '22023 shipping address must have "name"'),
    ('buyer', format('%L, p_shipping_address => %L', :'vase', :'new'::jsonb - 'city'), '22023 shipping address must have "city"'),
    ('buyer', format('%L, p_shipping_address => %L', :'vase', :'new'::jsonb || '{"postal_code": " "}'), '22023 shipping address must have "postal_code"'),
    ('buyer', format('%L, p_shipping_address => ''[1]''', :'vase'), '22023 shipping address must be a JSON object'),
    ('buyer', format('%L, p_shipping_address => %L', :'vase', :'new'::jsonb || '{"country_code": "Germany"}'), '22001 value too long for type character varying(2)'),
    ('buyer', format('%L, p_shipping_address => %L', :'vase', :'new'::jsonb || '{"country_code": "1!"}'), '23514 new row for relation "shipping_addresses" violates check constraint "shipping_addresses_country_code_check"'),
    ('seller', format('%L, p_buyer_id => %L', :'vase', :'buyer'), '42501 permission denied for data of another user'),
    ('other', format('%L, p_buyer_id => %L', :'vase', :'buyer'), '42501 permission denied for data of another user'),
    ('admin', format('%L, p_buyer_id => %L', :'vase', :'buyer'), '42501 permission denied for data of another user'),
    ('other', quote_literal(:'vase'), 'P0002 shipping address not found'),
    ('guest', quote_literal(:'vase'), '42501 anonymous users can only browse listings and use a cart'),
    ('suspended', quote_literal(:'vase'), '42501 suspended users can only browse listings and use a cart'),
    ('service', quote_literal(:'vase'), '42501 must be signed in'),
    ('service', format('%L, p_buyer_id => %L', :'vase', :'suspended'), '42501 suspended users can only browse listings and use a cart'),
    ('service', format('%L, p_buyer_id => ''00000000-0000-4000-8000-00000000dead''', :'vase'), 'P0002 user "00000000-0000-4000-8000-00000000dead" does not exist')) AS a (who, arguments, error);
SELECT is(tests.answers('anon', format('SELECT create_order_with_payment(%L)', :'vase')), '42501 for anon', 'nor anon');
SELECT set_config('driplo.max_unpaid_orders', '1', true) \g /dev/null
SELECT is(tests.ordered('buyer', quote_literal(:'vase')), 'MK015 limit for unpaid orders exceeded', 'the limits are checkout()''s');
SELECT set_config('driplo.max_unpaid_orders', '0', true) \g /dev/null
SELECT is(tests.goes_to(tests.ordered('service', format('%L, p_buyer_id => %L', :'vase', :'buyer'))), :'home', 'the service orders for a buyer');
SELECT is(tests.cart(), '1 A chair', 'the cart is still there');

-- from a payment: the same by the service, and one order for a payment
CREATE FUNCTION tests.from_payment(intent text, amount integer, buyer uuid, seller uuid, metadata jsonb, currency text DEFAULT 'usd', country text DEFAULT NULL, who text DEFAULT 'service') RETURNS text LANGUAGE sql AS $$
    SELECT tests.asked(who, format('create_order_from_payment(p_payment_intent_id => %L, p_amount_total => %s, p_currency => %L, p_buyer_id => %L, p_seller_id => %L, p_metadata => %L, p_country_code => %L)',
                                   intent, coalesce(amount::text, 'NULL'), currency, buyer, seller, metadata, country))
$$;
SELECT jsonb_build_object('listing_id', :'lamp', 'campaign', 'spring', 'shipping_address_id', :'work', 'quantity', '1')::text AS about \gset
SELECT tests.from_payment('pi_1', 4500, :'buyer', :'seller', :'about', 'usd', 'us') AS told \gset
SELECT :'told'::jsonb ->> 'id' AS paid \gset
SELECT is(:'told'::jsonb ->> 'status', 'created', 'an order is placed');
SELECT is(tests.placed(:'paid'), 'payment_processing 45.00 USD: 1 A lamp', 'whose payment is under way');
SELECT results_eq(format('SELECT buyer_id, seller_id, shipping_address_id, metadata FROM orders WHERE id = %L', :'paid'),
    format($$VALUES (%L::uuid, %L::uuid, %L::uuid, jsonb_build_object('listing_id', %L::text, 'campaign', 'spring', 'quantity', '1'))$$, :'buyer', :'seller', :'work', :'lamp'), 'for the buyer; where the buyer lives is told to nobody');
SELECT results_eq(format('SELECT amount, currency::text, processor::text, processor_transaction_id::text, status::text, is_surplus FROM payment_transactions WHERE order_id = %L', :'paid'),
    $$VALUES (45.00, 'USD', 'stripe', 'pi_1', 'pending', false)$$, 'by a row as start_payment() writes it');
SELECT results_eq(format('SELECT to_status::text, changed_by FROM order_status_history WHERE order_id = %L ORDER BY created_at', :'paid'), $$VALUES ('pending_payment', NULL::uuid), ('payment_processing', NULL)$$, 'which the service has done');
CREATE TEMP TABLE state AS SELECT tests.state_of_shop() AS digest;
SELECT is(tests.from_payment('pi_1', 4500, :'buyer', :'seller', :'about', 'USD', 'US')::jsonb, jsonb_build_object('id', :'paid', 'status', 'already_exists'), 'once');
SELECT is(tests.from_payment('pi_1', 4500, :'buyer', :'seller', NULL)::jsonb ->> 'id', :'paid', 'whatever the metadata say by then');
SELECT is(tests.from_payment('pi_1', 4400, :'buyer', :'seller', :'about'), 'MK013 payment already exists for other orders', 'not of another amount');
SELECT is(tests.from_payment('pi_1', 4500, :'buyer', :'seller', :'about', 'eur'), 'MK013 payment already exists for other orders', 'nor currency');
SELECT is(tests.from_payment('pi_1', 4500, :'other', :'seller', :'about'), 'MK013 payment already exists for other orders', 'nor buyer');
SELECT is(tests.from_payment('pi_1', 4500, :'buyer', :'other', :'about'), 'MK013 payment already exists for other orders', 'nor seller');
SELECT is(tests.from_payment('pi_0', 4500, :'buyer', :'seller', :'about')::jsonb, jsonb_build_object('id', :'one', 'status', 'already_exists'), 'what start_payment() has begun is known too');
SELECT is((SELECT digest FROM state), tests.state_of_shop(), 'and nothing of it has changed anything');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_1', 4500))), 'processed', 'the event');
SELECT is(tests.placed(:'paid'), 'paid 45.00 USD: 1 A lamp', 'pays the order');
SELECT is(tests.from_payment('pi_1', 4500, :'buyer', :'seller', :'about')::jsonb ->> 'status', 'already_exists', 'which is there');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_2', 1000))) ~ '^ignored', true, 'an event that comes first waits');
SELECT is(tests.placed((tests.from_payment('pi_2', 1000, :'buyer', :'seller', jsonb_build_object('listing_id', :'vase'))::jsonb ->> 'id')::uuid), 'paid 10.00 USD: 1 A vase', 'and pays at once');
SELECT is(tests.goes_to(tests.from_payment('pi_3', 1000, :'buyer', :'seller', jsonb_build_object('listing_id', :'vase', 'shipping_address', :'new'), 'usd', 'DE')::jsonb ->> 'id'),
    tests.goes_to(:'far'), 'an address as text');
SELECT is(tests.goes_to(tests.from_payment('pi_4', 1000, :'buyer', :'seller', jsonb_build_object('listing_id', :'vase', 'shipping_address', :'new'::jsonb))::jsonb ->> 'id'),
    tests.goes_to(:'far'), 'or as an object');
SELECT is(tests.cart(), '1 A chair', 'the buyer''s cart is as it was');

-- the smallest unit of a currency
-- a listing in dinars is older than the rule that refuses one
ALTER TABLE listings DISABLE TRIGGER check_listing_terms, DISABLE TRIGGER check_new_listing_terms;
SELECT tests.goods(:'seller', 'Yen', 300, 5, '{}', 'JPY') AS yen, tests.goods(:'seller', 'Dinar', 12.50, 5, '{}', 'KWD') AS dinar \gset
ALTER TABLE listings ENABLE TRIGGER check_listing_terms, ENABLE TRIGGER check_new_listing_terms;
SELECT is(tests.placed((tests.from_payment('pi_jpy', 300, :'buyer', :'seller', jsonb_build_object('listing_id', :'yen'), 'jpy')::jsonb ->> 'id')::uuid), 'payment_processing 300.00 JPY: 1 Yen', 'yen have no cents');
SELECT is(tests.placed((tests.from_payment('pi_kwd', 12500, :'buyer', :'seller', jsonb_build_object('listing_id', :'dinar'), 'kwd')::jsonb ->> 'id')::uuid), 'payment_processing 12.50 KWD: 1 Dinar', 'dinars have thousandths');

-- refused, and nothing has changed
SELECT jsonb_build_object('listing_id', :'vase')::text AS vases \gset
SELECT is(tests.from_payment('pi_x', amount, buyer::uuid, seller::uuid, metadata::jsonb, currency, country), error, error) FROM (VALUES
    (999, :'buyer', :'seller', :'vases', 'usd', NULL, 'MK014 payment does not match the order total'),
    (100000, :'buyer', :'seller', :'vases', 'usd', NULL, 'MK014 payment does not match the order total'),
    (1000, :'buyer', :'seller', :'vases', 'eur', NULL, 'MK014 payment does not match the order total'),
    (300, :'buyer', :'seller', jsonb_build_object('listing_id', :'yen')::text, 'usd', NULL, 'MK014 payment does not match the order total'),
    (1000, :'buyer', :'other', :'vases', 'usd', NULL, '22023 payment is not for the seller of the listing'),
    (1000, :'seller', :'seller', :'vases', 'usd', NULL, '23514 cannot add your own listing to the cart'),
    (1000, :'other', :'seller', (:'vases'::jsonb || jsonb_build_object('shipping_address_id', :'home'))::text, 'usd', NULL, 'P0002 shipping address not found'),
    (1000, :'buyer', :'seller', :'vases', 'usd', 'DE', '22023 country code does not match the shipping address'),
    (1000, :'buyer', :'seller', :'vases', 'usd', 'Mars', '22023 country code does not match the shipping address'),
    (1000, :'buyer', :'seller', '{}', 'usd', NULL, '22023 metadata must have "listing_id"'),
    (1000, :'buyer', :'seller', NULL, 'usd', NULL, '22023 metadata must have "listing_id"'),
    (1000, :'buyer', :'seller', '[]', 'usd', NULL, '22023 metadata must be a JSON object'),
    (1000, :'buyer', :'seller', '{"listing_id": "vase"}', 'usd', NULL, '22023 "listing_id" of metadata must be a UUID'),
    (1000, :'buyer', :'seller', '{"listing_id": "00000000-0000-4000-8000-00000000dead"}', 'usd', NULL, 'P0002 listing "00000000-0000-4000-8000-00000000dead" does not exist'),
    (98000, :'buyer', :'seller', (:'vases'::jsonb || '{"quantity": "98"}')::text, 'usd', NULL, 'MK003 not enough stock'),
    (1000, :'buyer', :'seller', (:'vases'::jsonb || '{"shipping_address": "Main Street"}')::text, 'usd', NULL, '22P02 invalid input syntax for type json'),
    (1000, :'buyer', :'seller', (:'vases'::jsonb || jsonb_build_object('shipping_address_id', :'elsewhere'))::text, 'usd', NULL, 'P0002 shipping address not found'),
    (0, :'buyer', :'seller', :'vases', 'usd', NULL, '22023 p_amount_total must be greater than zero'),
    (-1000, :'buyer', :'seller', :'vases', 'usd', NULL, '22023 p_amount_total must be greater than zero'),
    (NULL, :'buyer', :'seller', :'vases', 'usd', NULL, '22004 p_amount_total must not be NULL'),
    (1000, :'buyer', :'seller', :'vases', 'dollars', NULL, '22023 invalid currency code: "DOLLARS"'),
    (1000, :'buyer', :'seller', :'vases', NULL, NULL, '22004 p_currency must not be NULL'),
    (12505, :'buyer', :'seller', jsonb_build_object('listing_id', :'dinar')::text, 'kwd', NULL, '22023 amount has more than two decimal places'),
    (1000, NULL, :'seller', :'vases', 'usd', NULL, '22004 p_buyer_id must not be NULL'),
    (1000, :'buyer', NULL, :'vases', 'usd', NULL, '22004 p_seller_id must not be NULL'),
    (1000, '00000000-0000-4000-8000-00000000dead', :'seller', :'vases', 'usd', NULL, 'P0002 user "00000000-0000-4000-8000-00000000dead" does not exist'),
    (1000, :'suspended', :'seller', :'vases', 'usd', NULL, '42501 suspended users can only browse listings and use a cart')) AS a (amount, buyer, seller, metadata, currency, country, error);
SELECT is(tests.from_payment(intent, 1000, :'buyer', :'seller', :'vases'), error, error) FROM (VALUES (NULL, '22004 p_payment_intent_id must not be NULL'), (' ', '22023 p_payment_intent_id must have 1 to 255 characters'),
    (repeat('x', 256), '22023 p_payment_intent_id must have 1 to 255 characters')) AS a (intent, error);
SELECT is(tests.answers('anon buyer seller moderator admin suspended guest', format('SELECT create_order_from_payment(''pi_9'', 1000, ''usd'', %L, %L, %L)', :'buyer', :'seller', :'vases')), '42501 for anon buyer seller moderator admin suspended guest', 'only the service vouches for a payment');
INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (:'seller', :'buyer');
SELECT is(tests.from_payment('pi_x', 1000, :'buyer', :'seller', :'vases'), format('P0002 listing "%s" does not exist', :'vase'), 'whom the seller has blocked buys nothing');
SELECT is(tests.ordered('buyer', quote_literal(:'vase')), format('P0002 listing "%s" does not exist', :'vase'), 'in neither way');
DELETE FROM user_blocks;
SELECT is_empty('SELECT FROM payment_transactions WHERE processor_transaction_id = ''pi_x''', 'no payment is left');

-- a payment for several orders, and one whose buyer is gone
SELECT tests.ordered('buyer', quote_literal(:'vase')) AS first, tests.ordered('buyer', quote_literal(:'vase')) AS second \gset
SELECT tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''stripe'', ''pi_both'')', :'first', :'second')) \g /dev/null
SELECT is(tests.from_payment('pi_both', 1000, :'buyer', :'seller', :'vases'), 'MK013 payment already exists for other orders', 'a payment for two orders is not that of one');
SELECT set_eq('SELECT rule FROM check_integrity()', ARRAY[]::text[], 'the books are right');
SELECT tests.delete_account(:'buyer') \g /dev/null
SELECT is(tests.from_payment('pi_1', 4500, :'buyer', :'seller', :'about')::jsonb, jsonb_build_object('id', :'paid', 'status', 'already_exists'), 'whose account is deleted has paid all the same');
SELECT is(tests.from_payment('pi_x', 1000, :'buyer', :'seller', :'vases'), format('P0002 user "%s" does not exist', :'buyer'), 'but buys nothing more');
SELECT * FROM finish();
ROLLBACK;
