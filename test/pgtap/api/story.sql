-- A sale from the sign-up to the delivery through the API schema alone, as clients write it.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(28);
SELECT expose_api() \g /dev/null
SELECT tests.sign_up('seller@api.example') AS seller, tests.sign_up('buyer@api.example') AS buyer, tests.sign_up('stranger@api.example') AS stranger \gset
SET LOCAL search_path = api, tap, tests;

SELECT tests.log_in(:'seller') \g /dev/null
SELECT results_eq('UPDATE profiles SET is_seller = true, full_name = ''Sam'', phone = ''+1 555'' WHERE id = auth.uid() RETURNING full_name, phone',
    $$VALUES ('Sam'::varchar, '+1 555'::varchar)$$, 'a profile is filled in');
INSERT INTO listings (seller_id, title, description, price, quantity, status) VALUES (auth.uid(), 'A lamp', 'Gives light.', 30, 3, 'active') RETURNING id AS lamp, slug IS NOT NULL AS has_slug \gset
SELECT ok(:'has_slug', 'a listing gets its slug');
INSERT INTO product_variants (listing_id, name, price, quantity) VALUES (:'lamp', 'blue', 32, 2) RETURNING id AS blue \gset
SELECT is((SELECT seller_id FROM product_variants WHERE id = :'blue'), :'seller'::uuid, 'and a variant its seller');
SELECT results_eq(format('UPDATE listings SET title = ''A good lamp'' WHERE id = %L RETURNING title', :'lamp'), $$VALUES ('A good lamp'::varchar)$$, 'UPDATE ... RETURNING');

SELECT tests.log_in_as_anon() \g /dev/null
SELECT results_eq('SELECT title, price FROM listings WHERE seller_id = ''' || :'seller' || '''', $$VALUES ('A good lamp'::varchar, 30.00)$$, 'strangers see it');
SELECT is((SELECT full_name FROM public_profile(:'seller')), 'Sam', 'and who sells it');
SELECT throws_ok('SELECT * FROM my_profile()', '42501', NULL, 'what only users may call is refused');
SELECT throws_ok(format('SELECT add_to_cart(%L)', :'lamp'), '42501', NULL, 'they buy nothing');

SELECT tests.log_in(:'buyer') \g /dev/null
INSERT INTO favorites (user_id, listing_id) VALUES (auth.uid(), :'lamp') ON CONFLICT (user_id, listing_id) DO UPDATE SET user_id = EXCLUDED.user_id, listing_id = EXCLUDED.listing_id;
INSERT INTO favorites (user_id, listing_id) VALUES (auth.uid(), :'lamp') ON CONFLICT (user_id, listing_id) DO UPDATE SET user_id = EXCLUDED.user_id, listing_id = EXCLUDED.listing_id;
SELECT is((SELECT count(*) FROM favorites), 1::bigint, 'an upsert repeats itself without a trace');
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code)
VALUES (auth.uid(), 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US') RETURNING id AS home \gset
SELECT add_to_cart(listing_id => :'lamp', variant_id => :'blue', quantity => 2) AS item \gset
SELECT is((SELECT c FROM cart_contents() c WHERE c.problem IS NULL)::text ~ 'A good lamp', true, 'a cart line is one value');
SELECT is((SELECT pg_typeof(c)::text FROM cart_contents() c), 'cart_line', 'of a named type');
SELECT is(quote_checkout() -> 'orders' -> 0 ->> 'subtotal', '64.00', 'a quote');
SELECT order_id AS sale, pg_typeof(p) = 'placed_order'::regtype AS is_named FROM checkout(shipping_address_id => :'home') p \gset
SELECT ok(:'is_named', 'the order is placed');
SELECT is((SELECT status::text FROM orders WHERE id = :'sale'), 'pending_payment', 'and waits for its payment');
SELECT is((SELECT count(*) FROM order_items WHERE order_id = :'sale'), 1::bigint, 'its line is read');
SELECT throws_ok(format('SELECT transition_order(%L, ''paid'')', :'sale'), 'MK005', NULL, 'the buyer does not say that it is paid');
SELECT throws_ok(format('SELECT transition_order(%L, ''nonsense'')', :'sale'), '22P02', NULL, 'and a status is one of the enum type');
SELECT throws_ok(format('UPDATE orders SET total_amount = 1 WHERE id = %L', :'sale'), '42501', NULL, 'nor changes what it costs');

SELECT tests.log_in(:'stranger') \g /dev/null
SELECT is_empty('SELECT * FROM orders', 'another user sees no order');

SELECT tests.log_in_as_service() \g /dev/null
SELECT is(transition_order(:'sale', 'paid')::text, 'paid', 'the service says that it is paid');
SELECT is((SELECT count(*) FROM orders), 1::bigint, 'and sees it');

SELECT tests.log_in(:'seller') \g /dev/null
SELECT isnt(ship_order(:'sale', 'dhl', 'T1'), NULL, 'the seller ships');
SELECT throws_ok(format('SELECT ship_order(%L, ''pigeon'', ''T1'')', :'sale'), '22P02', NULL, 'with a carrier that there is');

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(confirm_delivery(:'sale')::text, 'delivered', 'the buyer confirms the delivery');
SELECT is((SELECT string_agg(to_status::text, ' ' ORDER BY to_status) FROM order_timeline(:'sale')), 'pending_payment paid shipped delivered', 'the timeline has its steps');
SELECT transition_order(:'sale', 'completed') \g /dev/null
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (:'sale', :'buyer', :'seller', 5, 'seller');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT results_eq('SELECT rating, type::text FROM public_user_ratings', $$VALUES (5, 'seller')$$, 'strangers read the rating');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is((SELECT b.currency FROM seller_balance() b), 'USD', 'the seller has a balance');
SELECT tests.log_out() \g /dev/null
SET LOCAL search_path = pg_catalog, tap, tests;
SELECT is((SELECT count(*) FROM api.ledger_entries) > 0, true, 'the sale is in the ledger');

SELECT * FROM finish();
ROLLBACK;
