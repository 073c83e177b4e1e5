-- What shipping costs by country, pieces, weight, and together; what is picked up; what of it an order keeps.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('shipping.example') \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
UPDATE shipping_addresses SET country_code = 'DE';

-- What a seller may write

SELECT tests.goods(:'seller', 'Lamp', 50) AS lamp, tests.goods(:'seller', 'Vase', 20) AS vase, tests.goods(:'seller', 'Print', 1000, currency => 'JPY') AS print \gset
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.error_of(format('UPDATE listings SET shipping_info = %L WHERE id = %L', info, thing)), '22023 ' || said, info)
  FROM (VALUES
    ('{"further": -1}', :'lamp', '"further" of shipping_info must be an amount in USD'),
    ('{"further": 0.5}', :'print', '"further" of shipping_info must be an amount in JPY'),
    ('{"further": 9e9999}', :'lamp', '"further" of shipping_info must be an amount in USD'),
    ('{"days": [4, 2]}', :'lamp', '"days" of shipping_info must be two numbers of days'),
    ('{"days": 3}', :'lamp', '"days" of shipping_info must be two numbers of days'),
    ('{"days": [1, 2, 3]}', :'lamp', '"days" of shipping_info must be two numbers of days'),
    ('{"days": [1, 366]}', :'lamp', '"days" of shipping_info must be two numbers of days'),
    ('{"days": [1.5, 2]}', :'lamp', '"days" of shipping_info must be two numbers of days'),
    ('{"tiers": {}}', :'lamp', '"tiers" of shipping_info must be an array of costs by quantity or weight'),
    ('{"tiers": [1]}', :'lamp', '"tiers" of shipping_info must be an array of costs by quantity or weight'),
    ('{"tiers": [{"cost": 1}]}', :'lamp', '"tiers" of shipping_info must be an array of costs by quantity or weight'),
    ('{"tiers": [{"pieces": 2}]}', :'lamp', '"tiers" of shipping_info must be an array of costs by quantity or weight'),
    ('{"tiers": [{"pieces": 2, "grams": 5, "cost": 1}]}', :'lamp', '"tiers" of shipping_info must be an array of costs by quantity or weight'),
    ('{"tiers": [{"pieces": 0, "cost": 1}]}', :'lamp', '"tiers" of shipping_info must be an array of costs by quantity or weight'),
    ('{"tiers": [{"pieces": 2, "cost": 1.005}]}', :'lamp', '"tiers" of shipping_info must be an array of costs by quantity or weight'),
    ('{"grams": -5}', :'lamp', '"grams" of shipping_info must be the weight of one item'),
    ('{"grams": 99999999999999999999}', :'lamp', '"grams" of shipping_info must be the weight of one item'),
    ('{"pickup": "yes"}', :'lamp', '"pickup" of shipping_info must be true or false'),
    ('{"rates": {}}', :'lamp', '"rates" of shipping_info must be an array of costs by countries'),
    ('{"rates": [5]}', :'lamp', '"rates" of shipping_info must be an array of costs by countries'),
    ('{"rates": [{"cost": 5}]}', :'lamp', '"rates" of shipping_info must be an array of costs by countries'),
    ('{"rates": [{"countries": [], "cost": 5}]}', :'lamp', '"rates" of shipping_info must be an array of costs by countries'),
    ('{"rates": [{"countries": ["AT"]}]}', :'lamp', '"rates" of shipping_info must be an array of costs by countries'),
    ('{"rates": [{"countries": ["Austria"], "cost": 5}]}', :'lamp', '"rates" of shipping_info must be an array of costs by countries'),
    ('{"rates": [{"countries": ["AT"], "cost": 5, "further": -1}]}', :'lamp', '"further" of shipping_info must be an amount in USD'),
    ('{"rates": [{"countries": ["AT"], "cost": 5.5}]}', :'print', '"cost" of shipping_info must be an amount in JPY')) AS refused (info, thing, said);
SELECT is(tests.error_of(format('UPDATE listings SET shipping_info = jsonb_build_object(%L, (SELECT jsonb_agg(%L::jsonb) FROM generate_series(1, %s))) WHERE id = %L', key, each, most + extra, :'lamp')),
        CASE WHEN extra = 0 THEN 'no error' ELSE '22023 ' || said END, format('%s %s', most + extra, key))
  FROM (VALUES ('tiers', '{"pieces": 2, "cost": 1}', 20, '"tiers" of shipping_info must be an array of costs by quantity or weight'),
               ('rates', '{"countries": ["AT"], "cost": 5}', 50, '"rates" of shipping_info must be an array of costs by countries')) AS limited (key, each, most, said), generate_series(0, 1) extra;
UPDATE listings SET shipping_info = '{}' WHERE id = :'lamp';
SELECT is((SELECT string_agg(shipping_info::text, '') FROM listings), '{}{}{}', 'and nothing of what was refused is there');
SELECT lives_ok(format('UPDATE listings SET shipping_info = %L WHERE id = %L', info, :'lamp'), info)
  FROM unnest('{"{\"further\": null, \"days\": null, \"tiers\": null, \"rates\": null, \"grams\": null, \"pickup\": null}","{\"rates\": [], \"tiers\": [], \"days\": [0, 0], \"note\": {\"any\": [1]}}","{\"pickup\": false, \"grams\": 0}"}'::text[]) info;
SELECT tests.log_out() \g /dev/null

-- What it costs: the quote, and what is ordered

CREATE TABLE tests.who AS SELECT :'buyer'::uuid AS buyer, :'home'::uuid AS home;
-- {lamp: pieces, vase: pieces} in the cart, sent to a country: shipping by line in the order of the cart = of the order
CREATE FUNCTION tests.shipping(lamps integer, vases integer, country text DEFAULT 'DE') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    quoted text; ordered text; placed uuid;
    buyer uuid := (SELECT w.buyer FROM tests.who w);
    home uuid := (SELECT w.home FROM tests.who w);
BEGIN
    UPDATE shipping_addresses SET country_code = country;
    DELETE FROM cart_items;
    PERFORM tests.put(buyer, (SELECT id FROM listings WHERE title = 'Lamp'), lamps) WHERE lamps > 0;
    PERFORM tests.put(buyer, (SELECT id FROM listings WHERE title = 'Vase'), vases) WHERE vases > 0;
    PERFORM tests.log_in(buyer);
    SELECT string_agg(concat(l ->> 'shipping_cost', nullif(l ->> 'delivery_days', '[]')), ' + ' ORDER BY l ->> 'title') || ' = ' || (q #>> '{orders,0,shipping_cost}') INTO quoted
      FROM quote_checkout() q, jsonb_array_elements(q #> '{orders,0,lines}') l GROUP BY q;
    SELECT c.order_id INTO placed FROM checkout(home) c;
    PERFORM tests.log_out();
    SELECT string_agg(concat(i.shipping_cost, '[' || i.delivery_days_min || ', ' || i.delivery_days_max || ']'), ' + ' ORDER BY i.title) || ' = ' || o.shipping_cost INTO ordered
      FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.id = placed GROUP BY o.id;
    RETURN CASE WHEN quoted = ordered THEN quoted ELSE format('quoted %s, ordered %s', quoted, ordered) END;
END $$;
UPDATE listings SET shipping_info = '{"cost": 4.90, "further": 1.50, "countries": ["DE"], "days": [2, 4], "grams": 800,
    "tiers": [{"grams": 2000, "cost": 6.90}, {"pieces": 10, "cost": 14.90}], "rates": [{"countries": ["at", "CH"], "cost": 12.90, "days": [4, 7]}]}' WHERE id = :'lamp';
UPDATE listings SET shipping_info = '{"cost": 5, "further": 2, "free_over": 1000, "rates": [{"countries": ["CH"], "cost": 20, "free_over": 300}]}' WHERE id = :'vase';
SELECT is(tests.shipping(1, 0), '4.90[2, 4] = 4.90', 'a lamp');
SELECT is(tests.shipping(3, 0), '6.90[2, 4] = 6.90', 'three are heavier');
SELECT is(tests.shipping(10, 0), '14.90[2, 4] = 14.90', 'ten are many');
SELECT is(tests.shipping(1, 1), '1.50[2, 4] + 5.00 = 6.50', 'the dearest is the first, the other goes along');
SELECT is(tests.shipping(3, 1), '6.90[2, 4] + 2.00 = 8.90', 'or the other one');
SELECT is(tests.shipping(1, 0, 'AT'), '12.90[4, 7] = 12.90', 'to another country, which "countries" do not name');
SELECT is(tests.shipping(2, 1, 'AT'), '12.90[4, 7] + 2.00 = 14.90', 'together, as the page has it');
SELECT is(tests.shipping(10, 0, 'AT'), '14.90[4, 7] = 14.90', 'with the tiers from above');
SELECT is(tests.shipping(1, 1, 'CH'), '1.50[4, 7] + 20.00 = 21.50', 'each has its own rates');
SELECT is(tests.shipping(6, 1, 'CH'), '12.90[4, 7] + 0.00 = 12.90', 'and its own limit of what is free');
SELECT throws_ok('SELECT tests.shipping(1, 0, ''FR'')', 'MK006', NULL, 'to France it is not shipped');
SELECT tests.log_out() \g /dev/null
UPDATE shipping_addresses SET is_default = false, country_code = 'DE';
DELETE FROM cart_items;
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(quote_checkout() #>> '{orders,0,shipping_cost}', '4.90', 'without an address, as in no country in particular');
SELECT tests.log_out() \g /dev/null
UPDATE shipping_addresses SET is_default = true;
-- what no longer fits the rules is as if it were not there
ALTER TABLE listings DISABLE TRIGGER check_listing_terms, DISABLE TRIGGER check_new_listing_terms, DISABLE TRIGGER check_changed_listing_terms;
UPDATE listings SET shipping_info = '{"cost": 4.90, "further": "x", "days": [9], "grams": {}, "tiers": [null, {"cost": 99}, {"pieces": -1, "cost": 99}], "rates": [{"countries": "DE", "cost": 1}, {"countries": ["DE"]}, 7, {"countries": ["DE"], "cost": 77}], "pickup": 1}' WHERE id = :'lamp';
SELECT is(tests.shipping(1, 0), '4.90 = 4.90', 'what is older than the rules counts as far as it keeps them');
UPDATE listings SET shipping_info = '{"cost": 4.90, "rates": "x", "tiers": {"first": {"cost": 99, "pieces": 1}}, "further": -1}' WHERE id = :'lamp';
SELECT is(tests.shipping(1, 0), '4.90 = 4.90', 'and nothing of it stops a buyer');
ALTER TABLE listings ENABLE TRIGGER check_listing_terms, ENABLE TRIGGER check_new_listing_terms, ENABLE TRIGGER check_changed_listing_terms;

-- Picked up

UPDATE listings SET shipping_info = '{"cost": 4.90, "further": 1.50, "countries": ["DE"], "pickup": true, "days": [2, 4]}' WHERE id = :'lamp';
DELETE FROM cart_items;
SELECT tests.put(:'buyer', :'lamp') AS lamps, tests.put(:'buyer', :'vase') AS vases \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.error_of(format('SELECT set_cart_pickup(%s)', a)), error, error || ' for ' || a)
  FROM (VALUES ('NULL, true', '22004 item_id must not be NULL'), (format('%L, NULL', :'lamps'), '22004 is_picked_up must not be NULL'),
               (format('%L, true', :'home'), format('P0002 cart item "%s" does not exist', :'home')), (format('%L, true', :'vases'), '55000 item cannot be picked up')) AS refused (a, error);
SELECT throws_ok('UPDATE cart_items SET is_picked_up = true', '42501', NULL, 'not written past the function');
SELECT tests.log_in(:'other') \g /dev/null
SELECT is(tests.error_of(format('SELECT set_cart_pickup(%L, true)', :'lamps')), format('P0002 cart item "%s" does not exist', :'lamps'), 'another''s item is as if it were not there');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((SELECT bool_or(is_picked_up) FROM cart_items), false, 'nothing is picked up by that');
SELECT lives_ok(format('SELECT set_cart_pickup(%L, true)', :'lamps'), 'the seller offers it');
SELECT is((SELECT string_agg(concat_ws(' ', l ->> 'title', l ->> 'shipping_cost', l ->> 'is_picked_up', l ->> 'delivery_days'), ', ' ORDER BY l ->> 'title') FROM jsonb_array_elements(quote_checkout() #> '{orders,0,lines}') l),
    'Lamp 0.00 true [], Vase 5.00 false []', 'then it costs nothing, and takes nothing along');
SELECT tests.log_out() \g /dev/null
UPDATE listings SET shipping_info = shipping_info - 'pickup' WHERE id = :'lamp';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((SELECT concat_ws(' ', p ->> 'code', p ->> 'message') FROM jsonb_array_elements(quote_checkout() -> 'problems') p), 'pickup_unavailable The seller no longer offers pick-up for this item.', 'the seller thinks otherwise');
SELECT is(tests.error_of(format('SELECT checkout(%L)', :'home')), 'MK006 cart contains items that cannot be purchased', 'nothing is shipped instead');
SELECT lives_ok(format('SELECT set_cart_pickup(%L, false)', :'lamps'), 'the buyer has it shipped');
SELECT is(quote_checkout() -> 'problems', '[]', 'and can buy it');
SELECT tests.log_out() \g /dev/null
UPDATE listings SET shipping_info = shipping_info || '{"pickup": true}' WHERE id = :'lamp';
UPDATE shipping_addresses SET country_code = 'FR';
DELETE FROM cart_items WHERE id = :'vases';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT set_cart_pickup(:'lamps', true) \g /dev/null
SELECT order_id AS fetched FROM checkout(:'home') \gset
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT format('%s %s %s %s', o.shipping_cost, i.shipping_cost, i.is_picked_up, i.delivery_days_min) FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.id = :'fetched'), '0.00 0.00 t ', 'who comes and gets it lives where they please');
UPDATE listings SET shipping_info = '{"cost": 99}' WHERE id = :'lamp';
SELECT is((SELECT is_picked_up FROM order_items WHERE order_id = :'fetched'), true, 'the order stays as it is');

-- A coupon waives what is charged for what it is for

UPDATE shipping_addresses SET country_code = 'DE';
UPDATE listings SET shipping_info = '{"cost": 4.90, "further": 1.50}' WHERE id = :'lamp';
INSERT INTO coupons (code, name, discount_type, discount_value, target_type, listing_ids, usage_limit_per_user) VALUES ('SHIPLAMP', 'x', 'free_shipping', 0, 'specific_items', ARRAY[:'lamp']::uuid[], NULL);
DELETE FROM cart_items;
SELECT tests.put(:'buyer', :'lamp'), tests.put(:'buyer', :'vase') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT order_id AS waived FROM checkout(:'home', coupon_code => 'SHIPLAMP') \gset
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT string_agg(i.shipping_cost::text, ' + ' ORDER BY i.title) || ' = ' || o.shipping_cost || ', ' || o.platform_discount_amount FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.id = :'waived' GROUP BY o.id),
    '0.00 + 5.00 = 5.00, 1.50', 'the lamp went along for 1.50, which is what is waived');
SELECT is((SELECT count(*) FROM check_integrity()), 0::bigint, 'nothing to find');
UPDATE order_items SET shipping_cost = 3 WHERE order_id = :'waived' AND title = 'Vase';
SELECT is((SELECT string_agg(rule || ': ' || detail, ' ') FROM check_integrity()), 'order_line_shipping: shipping_cost is 5.00, but the order items add up to 3.00.', 'until somebody changes it');

SELECT * FROM finish();
ROLLBACK;
