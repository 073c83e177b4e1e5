-- Checking out a part of the cart: what was chosen is bought, at what it was quoted, and the rest stays as it is.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT plan(26);

SELECT tests.sign_up('buyer@part.example') AS buyer, tests.sign_up('other@part.example') AS other, tests.sign_up('one@part.example') AS one,
       tests.sign_up('two@part.example') AS two \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
SELECT tests.goods(:'one', 'A lamp', 10) AS lamp, tests.goods(:'one', 'A shirt', 20) AS shirt, tests.goods(:'two', 'A vase', 7.50) AS vase,
       tests.goods(:'two', 'A print', 33, 100, '{}', 'EUR') AS print, tests.goods(:'two', 'Gone', 5) AS gone \gset
SELECT tests.put(:'buyer', :'lamp', 2) AS lamps, tests.put(:'buyer', :'shirt') AS shirts, tests.put(:'buyer', :'vase', 3) AS vases,
       tests.put(:'buyer', :'print') AS prints, tests.put(:'buyer', :'gone') AS goners, tests.put(:'other', :'lamp') AS foreign_item \gset
UPDATE listings SET status = 'archived' WHERE id = :'gone';
INSERT INTO coupons (code, name, discount_type, discount_value, minimum_purchase, usage_limit_per_user)
VALUES ('FROM40', 'a', 'fixed_amount', 5, 40, NULL), ('FROM20', 'b', 'fixed_amount', 5, 20, NULL);
CREATE FUNCTION tests.left_in_cart() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', quantity, coalesce(title, 'Gone')), ', ' ORDER BY coalesce(title, 'Gone')) FROM cart_contents()
$$;
GRANT EXECUTE ON FUNCTION tests.left_in_cart() TO authenticated;

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(quote_checkout() ->> 'total_amount', NULL, 'the whole cart is in two currencies');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L)', :'home')), 'MK006', 'and has a thing that is gone');
SELECT is(quote_checkout(cart_item_ids => ARRAY[:'lamps', :'shirts']::uuid[]) ->> 'total_amount', '40.00', 'a part of it costs what that costs');
SELECT is(quote_checkout(cart_item_ids => ARRAY[:'lamps', :'shirts']::uuid[]) -> 'problems', '[]'::jsonb, 'and has no problem');
SELECT is(quote_checkout(cart_item_ids => '{}') -> 'orders', '[]'::jsonb, 'nothing chosen, nothing quoted');
SELECT is(quote_checkout('FROM40', cart_item_ids => ARRAY[:'vases']::uuid[]) #>> '{coupon,reason}', 'minimum_not_met', 'a coupon''s minimum is of what was chosen');
SELECT is(quote_checkout('FROM20', cart_item_ids => ARRAY[:'vases']::uuid[]) ->> 'total_amount', '17.50', 'or is met by it');

SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, cart_item_ids => ''{}'')', :'home')), 'MK006', 'nothing chosen is nothing to buy');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, cart_item_ids => %L)', :'home', ARRAY[:'lamps', :'foreign_item'])), 'P0002', 'an item of another cart is unknown');
SELECT throws_ok(format('SELECT quote_checkout(cart_item_ids => %L)', ARRAY[:'foreign_item']), 'P0002', format('cart item "%s" does not exist', :'foreign_item'), 'and so it is in a quote');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, cart_item_ids => %L)', :'home', ARRAY[:'lamps', :'goners'])), 'MK006', 'a chosen item that cannot be bought refuses the whole');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, cart_item_ids => %L, expected_total => 30, expected_currency => ''USD'')', :'home', ARRAY[:'lamps', :'shirts'])), 'MK014', 'the expected total is that of what was chosen');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, cart_item_ids => ARRAY[NULL]::uuid[])', :'home')), 'MK006', 'NULL is no item');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, cart_item_ids => (SELECT array_agg(gen_random_uuid()) FROM generate_series(1, 101)))', :'home')), 'MK015', 'more items than a cart has are refused');
SELECT is(tests.left_in_cart(), '2 A lamp, 1 A print, 1 A shirt, 3 A vase, 1 Gone', 'nothing of that has changed the cart');

SELECT results_eq(format('SELECT seller_id, total_amount, currency FROM checkout(%L, ''key'', cart_item_ids => %L, expected_total => 40, expected_currency => ''USD'')', :'home', ARRAY[:'shirts', :'lamps', :'lamps']),
    format('VALUES (%L::uuid, 40.00, ''USD'')', :'one'), 'what was chosen is ordered');
SELECT is(tests.left_in_cart(), '1 A print, 3 A vase, 1 Gone', 'and the rest stays');
SELECT is((SELECT id FROM cart_items WHERE listing_id = :'vase'), :'vases'::uuid, 'as the items that they were');
SELECT results_eq(format('SELECT total_amount FROM checkout(%L, ''key'', cart_item_ids => %L, expected_total => 40, expected_currency => ''USD'')', :'home', ARRAY[:'lamps', :'shirts']),
    'VALUES (40.00)', 'the request is answered again when it is repeated, in whatever sequence it names the items');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, ''key'', cart_item_ids => %L)', :'home', ARRAY[:'lamps'])), 'MK007', 'another choice is another request');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, ''key'')', :'home')), 'MK007', 'and so is none');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, cart_item_ids => %L)', :'home', ARRAY[:'lamps'])), 'P0002', 'what was bought cannot be chosen again');
SELECT results_eq(format('SELECT total_amount, currency FROM checkout(%L, cart_item_ids => %L, expected_total => 33, expected_currency => ''EUR'')', :'home', ARRAY[:'prints']),
    'VALUES (33.00, ''EUR'')', 'a cart in two currencies is bought one after the other, each with its total');
SELECT results_eq(format('SELECT total_amount FROM checkout(%L, coupon_code => ''FROM20'', cart_item_ids => %L)', :'home', ARRAY[:'vases']), 'VALUES (17.50)', 'with a coupon');
SELECT is(tests.left_in_cart(), '1 Gone', 'what has a problem is still there');
SELECT tests.log_out() \g /dev/null
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are right');

SELECT * FROM finish();
ROLLBACK;
