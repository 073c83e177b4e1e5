-- Bundles: what several pieces cost less, who bears it, and that the sums are right.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();

SELECT tests.sign_up('ann@bundles.example') AS ann, tests.sign_up('ben@bundles.example') AS ben, tests.sign_up('dora@bundles.example') AS dora \gset
SELECT tests.an_address(:'ann', true) AS home \gset
SELECT tests.goods(:'ben', 'A lamp', 40, 3) AS lamp, tests.goods(:'ben', 'A vase', 10, 9) AS vase, tests.goods(:'ben', 'A cup', 3.33, 9) AS cup,
       tests.goods(:'ben', 'A fan', 1000, 9, '{}', 'JPY') AS fan, tests.goods(:'dora', 'A stool', 10, 9) AS stool \gset

CREATE FUNCTION tests.quoted() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', o ->> 'subtotal', '-', o ->> 'bundle_discount', 'of', o ->> 'discount_amount', '=', o ->> 'total_amount', o ->> 'currency',
                      (SELECT string_agg(l ->> 'discount_amount', '+' ORDER BY l ->> 'title') FROM jsonb_array_elements(o -> 'lines') l)), ', ' ORDER BY o ->> 'currency', (o ->> 'subtotal')::numeric)
    FROM jsonb_array_elements(quote_checkout() -> 'orders') AS o
$$;
GRANT EXECUTE ON FUNCTION tests.quoted() TO PUBLIC;

SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.attempt(format('SELECT set_bundle_discount(%L)', tiers)), code, 'refused: ' || coalesce(tiers, 'NULL'))
  FROM (VALUES (NULL, '22004'), ('{}', '22023'), ('1', '22023'), ('[1]', '22023'), ('[{"pieces": 1, "percent": 5}]', '22023'), ('[{"pieces": 2}]', '22023'), ('[{"pieces": 2, "percent": 0}]', '22023'),
               ('[{"pieces": 2, "percent": 51}]', '22023'), ('[{"pieces": 101, "percent": 5}]', '22023'), ('[{"pieces": 2, "percent": "5"}]', '22023'), ('[{"pieces": 2.5, "percent": 5}]', '22023'),
               ('[{"pieces": 2, "percent": 5, "x": 1}]', '22023'), ('[{"pieces": 2, "percent": 5}, {"pieces": 2, "percent": 6}]', '22023'), ('[{"pieces": 2, "percent": 5}, {"pieces": 3, "percent": 5}]', '22023'),
               ('[{"pieces": 2, "percent": 1}, {"pieces": 3, "percent": 2}, {"pieces": 4, "percent": 3}, {"pieces": 5, "percent": 4}, {"pieces": 6, "percent": 5}, {"pieces": 7, "percent": 6}]', '22023')) AS refused (tiers, code);
SELECT lives_ok($$SELECT set_bundle_discount('[{"pieces": 2, "percent": 10}, {"pieces": 4, "percent": 20}]')$$, 'a seller gives several pieces for less');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT bundle_tiers FROM offer_terms(:'ben')), '[{"pieces": 2, "percent": 10}, {"pieces": 4, "percent": 20}]', 'which buyers can know');

SELECT add_to_cart(:'vase') AS line \gset
SELECT is(tests.quoted(), '10.00 - 0.00 of 0.00 = 10.00 USD 0.00', 'one piece costs what it costs');
SELECT set_cart_quantity(:'line', 2) \g /dev/null
SELECT is(tests.quoted(), '20.00 - 2.00 of 2.00 = 18.00 USD 2.00', 'two of one listing are a bundle');
SELECT add_to_cart(:'cup') \g /dev/null
SELECT is(tests.quoted(), '23.33 - 2.33 of 2.33 = 21.00 USD 0.33+2.00', 'of several listings too, by largest remainder');
SELECT add_to_cart(:'cup') \g /dev/null
SELECT is(tests.quoted(), '26.66 - 5.33 of 5.33 = 21.33 USD 1.33+4.00', 'four are the next tier');
SELECT add_to_cart(:'stool', 3) \g /dev/null
SELECT is(tests.quoted(), '26.66 - 5.33 of 5.33 = 21.33 USD 1.33+4.00, 30.00 - 0.00 of 0.00 = 30.00 USD 0.00', 'another seller gives nothing');
SELECT add_to_cart(:'fan', 2) \g /dev/null
SELECT is(split_part(tests.quoted(), ', ', 1), '2000.00 - 200.00 of 200.00 = 1800.00 JPY 200.00', 'another currency is another bundle');

-- with an offer, as docs/offers.md has it
SELECT clear_cart() \g /dev/null
SELECT tests.log_out() \g /dev/null
INSERT INTO offers (listing_id, buyer_id, seller_id, amount, currency, made_by, round, expires_at, status, answered_at, checkout_until)
VALUES (:'lamp', :'ann', :'ben', 32, 'USD', 'buyer', 1, now() + interval '1 day', 'accepted', now(), now() + interval '1 day') RETURNING id AS offer \gset
INSERT INTO coupons (code, name, discount_type, discount_value) VALUES ('TEN', 'x', 'percentage', 10);
SELECT tests.log_in(:'ann') \g /dev/null
SELECT buy_offer(:'offer') \g /dev/null
SELECT add_to_cart(:'vase') \g /dev/null
SELECT is(tests.quoted(), '42.00 - 0.00 of 0.00 = 42.00 USD 0.00+0.00', 'a piece at the price of an offer is none of a bundle');
SELECT add_to_cart(:'vase') \g /dev/null
SELECT is(tests.quoted(), '52.00 - 2.00 of 2.00 = 50.00 USD 0.00+2.00', 'two others are one, and it has no part in it');
SELECT quote_checkout('TEN') #> '{orders,0}' AS quoted \gset
SELECT is((:'quoted'::jsonb ->> 'bundle_discount') || ' ' || (:'quoted'::jsonb ->> 'discount_amount') || ' ' || (:'quoted'::jsonb ->> 'total_amount'), '2.00 7.00 45.00', 'a coupon takes of what is left');
SELECT order_id AS bought FROM checkout(:'home', coupon_code => 'TEN', expected_total => 45, expected_currency => 'USD') \gset
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT concat_ws(' ', subtotal, discount_amount, total_amount, platform_discount_amount, platform_fee_amount) FROM orders WHERE id = :'bought'), '52.00 7.00 45.00 5.00 2.50',
    'the seller bears the bundle, the platform its coupon, and the fee is of what the seller gets');
SELECT is((SELECT string_agg(concat_ws(' ', title, unit_price, quantity, discount_amount, platform_discount_amount), ', ' ORDER BY title) FROM order_items WHERE order_id = :'bought'),
    'A lamp 32.00 1 3.20 3.20, A vase 10.00 2 3.80 1.80', 'by order item');
SELECT is_empty('SELECT * FROM check_integrity()', 'and all of it adds up');

SELECT tests.log_in(:'ben') \g /dev/null
SELECT set_bundle_discount('[]') \g /dev/null
SELECT tests.log_in(:'ann') \g /dev/null
SELECT add_to_cart(:'vase', 2) \g /dev/null
SELECT is(tests.quoted(), '20.00 - 0.00 of 0.00 = 20.00 USD 0.00', 'until the seller ends it');
SELECT tests.log_out() \g /dev/null
SELECT * FROM finish();
ROLLBACK;
