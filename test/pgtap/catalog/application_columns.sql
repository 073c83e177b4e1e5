-- The columns of listings that applications read and write: one truth of shipping cost and of category, conditions, drafts.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/money.sql
SELECT no_plan();
SELECT * FROM tests.people('listing-columns.example') \gset
INSERT INTO categories (id, name, slug) VALUES ('00000000-0000-4000-8000-0000000000a1', 'Women', 'women'), ('00000000-0000-4000-8000-0000000000a2', 'Men', 'men');
INSERT INTO categories (id, name, slug, parent_id) VALUES ('00000000-0000-4000-8000-0000000000b1', 'Dresses', 'women-dresses', '00000000-0000-4000-8000-0000000000a1');
CREATE FUNCTION tests.category(which text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT ('00000000-0000-4000-8000-0000000000' || which)::uuid $$;
CREATE FUNCTION tests.said(listing uuid) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT concat_ws(', ', coalesce(l.shipping_cost::text, '-'), l.shipping_info::text, coalesce(c.slug, '-'), coalesce(s.slug, '-'))
      FROM listings l LEFT JOIN categories c ON c.id = l.category_id LEFT JOIN categories s ON s.id = l.subcategory_id WHERE l.id = listing
$$;
GRANT EXECUTE ON FUNCTION tests.said(uuid), tests.category(text) TO PUBLIC;
\set it '00000000-0000-4000-8000-0000000000f1'

-- as an application creates it
SELECT tests.log_in(:'seller') \g /dev/null
INSERT INTO listings (id, seller_id, title, description, price, category_id, subcategory_id, condition, brand, size, color, materials, location_city, shipping_cost, shipping_type, ships_worldwide, image_metadata, language, status)
VALUES (:'it', :'seller', 'Dress', 'Blue.', 20, tests.category('a1'), tests.category('b1'), 'new_with_tags', 'Lux', 'M', 'blue', '{cotton,silk}', 'Sofia', 4.9, 'standard', true, '[{"width": 800}]', 'bg', 'active');
SELECT is(tests.said(:'it'), '4.90, {"cost": 4.90}, women, women-dresses', 'the cost is in shipping_info too');
SELECT results_eq(format('SELECT brand::text, size::text, color::text, materials, location_city::text, shipping_type::text, ships_worldwide, image_metadata, language::text FROM listings WHERE id = %L', :'it'),
    $$VALUES ('Lux', 'M', 'blue', '{cotton,silk}'::text[], 'Sofia', 'standard', true, '[{"width": 800}]'::jsonb, 'bg')$$, 'and everything else as written');

-- shipping
UPDATE listings SET shipping_info = '{"cost": 6, "free_over": 50}' WHERE id = :'it';
SELECT is(tests.said(:'it'), '6.00, {"cost": 6, "free_over": 50}, women, women-dresses', 'writing shipping_info sets the cost');
UPDATE listings SET shipping_cost = 7.5 WHERE id = :'it';
SELECT is(tests.said(:'it'), '7.50, {"cost": 7.50, "free_over": 50}, women, women-dresses', 'writing the cost leaves the rest of shipping_info');
SELECT throws_ok(format('UPDATE listings SET shipping_cost = 1, shipping_info = ''{"cost": 2}'' WHERE id = %L', :'it'), '22023', 'shipping_cost and "cost" of shipping_info must be equal', 'two costs are none');
SELECT lives_ok(format('UPDATE listings SET shipping_cost = 2, shipping_info = ''{"cost": 2.00}'' WHERE id = %L', :'it'), 'twice the same is one');
UPDATE listings SET shipping_cost = 3, shipping_info = '{"cost": 2, "free_over": 9}' WHERE id = :'it';
SELECT is(tests.said(:'it'), '3.00, {"cost": 3.00, "free_over": 9}, women, women-dresses', 'an application that sends all columns changes the one that it changed');
UPDATE listings SET shipping_cost = NULL WHERE id = :'it';
SELECT is(tests.said(:'it'), '-, {"free_over": 9}, women, women-dresses', 'no cost is none in either');
UPDATE listings SET shipping_info = NULL WHERE id = :'it';
UPDATE listings SET shipping_cost = 0 WHERE id = :'it';
SELECT is(tests.said(:'it'), '0.00, {"cost": 0.00}, women, women-dresses', 'nothing is a cost as well');
UPDATE listings SET shipping_info = '{}' WHERE id = :'it';
SELECT is(tests.said(:'it'), '-, {}, women, women-dresses', 'which goes with shipping_info');
SELECT throws_ok(format('UPDATE listings SET shipping_cost = %s WHERE id = %L', cost, :'it'), '22023', '"cost" of shipping_info must be an amount in USD', format('%s is no cost', cost)) FROM unnest('{-1,''NaN''}'::text[]) AS cost;
SELECT throws_ok(format('UPDATE listings SET shipping_info = %L WHERE id = %L', info, :'it'), '22023', NULL, info || ' is as wrong as before') FROM unnest('{"[]","{\"cost\": 9e131070}","{\"cost\": 1.005}","{\"cost\": \"4\"}"}'::text[]) AS info;
SELECT throws_ok(format('UPDATE listings SET shipping_info = ''{"countries": ["BG"]}'' WHERE id = %L', :'it'), '22023', 'listing that ships worldwide must not name countries', 'worldwide is no list of countries');
SELECT lives_ok(format('UPDATE listings SET ships_worldwide = false, shipping_info = ''{"cost": 4, "countries": ["BG"]}'' WHERE id = %L', :'it'), 'one that does not ship there names them');
SELECT throws_ok(format('UPDATE listings SET ships_worldwide = true WHERE id = %L', :'it'), '22023', NULL, 'from either side');
UPDATE listings SET ships_worldwide = NULL, shipping_info = '{"cost": 4}' WHERE id = :'it';
SELECT tests.log_out() \g /dev/null
SELECT tests.put(:'buyer', :'it') \g /dev/null
SELECT is(tests.asked('buyer', $$(quote_checkout() -> 'orders' -> 0 ->> 'shipping_cost')::numeric$$), '4.00', 'the buyer pays that cost');
SELECT throws_ok(format('UPDATE listings SET %I = %L WHERE id = %L', name, value, :'it'), '23514', NULL, format('%s is not %s', name, value))
  FROM (VALUES ('language', 'bulgarian'), ('image_metadata', '"x"'), ('image_metadata', '1')) AS wrong (name, value);

-- what a trigger of somebody's does afterwards
CREATE FUNCTION tests.dearer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.shipping_cost := 99; RETURN NEW; END $$;
CREATE TRIGGER zz_dearer BEFORE UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION tests.dearer();
SELECT throws_ok(format('UPDATE listings SET title = ''x'' WHERE id = %L', :'it'), '23514', NULL, 'does not make two costs');
CREATE OR REPLACE FUNCTION tests.dearer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.shipping_cost := NULL; NEW.shipping_info := '{"cost": 98}'; RETURN NEW; END $$;
SELECT throws_ok(format('UPDATE listings SET title = ''x'' WHERE id = %L', :'it'), '22023', 'shipping_cost and "cost" of shipping_info must be equal', 'nor one that only one column has');
DROP TRIGGER zz_dearer ON listings;
SET LOCAL session_replication_role = replica;
UPDATE listings SET shipping_cost = NULL WHERE id = :'it';
SET LOCAL session_replication_role = origin;
SELECT results_eq($$SELECT object FROM check_integrity() WHERE rule = 'listing_shipping_cost'$$, format('VALUES (%L)', 'listings ' || :'it'), 'check_integrity() compares them');

-- categories
SELECT tests.log_in(:'seller') \g /dev/null
INSERT INTO listings (id, seller_id, title, description, price, subcategory_id) VALUES ('00000000-0000-4000-8000-0000000000f2', :'seller', 'Dress', 'Red.', 20, tests.category('b1'));
SELECT is(tests.said('00000000-0000-4000-8000-0000000000f2'), '-, {}, women, women-dresses', 'a subcategory brings its category');
SELECT throws_ok(format('INSERT INTO listings (seller_id, title, description, price, category_id, subcategory_id) VALUES (%L, ''x'', ''x'', 1, tests.category(''a2''), tests.category(''b1''))', :'seller'), '22023',
    'category_id must be the parent of subcategory_id', 'two that do not fit are refused');
SELECT throws_ok(format('INSERT INTO listings (seller_id, title, description, price, subcategory_id) VALUES (%L, ''x'', ''x'', 1, tests.category(''a2''))', :'seller'), '22023',
    'subcategory_id must be a category below another', 'a category at the top is no subcategory');
SELECT throws_ok(format('INSERT INTO listings (seller_id, title, description, price, subcategory_id) VALUES (%L, ''x'', ''x'', 1, gen_random_uuid())', :'seller'), '23503', 'subcategory does not exist', 'nor one that does not exist');
UPDATE listings SET category_id = tests.category('a2') WHERE id = '00000000-0000-4000-8000-0000000000f2';
SELECT is(tests.said('00000000-0000-4000-8000-0000000000f2'), '-, {}, men, -', 'another category has not this subcategory');
UPDATE listings SET subcategory_id = tests.category('b1') WHERE id = '00000000-0000-4000-8000-0000000000f2';
SELECT is(tests.said('00000000-0000-4000-8000-0000000000f2'), '-, {}, women, women-dresses', 'which brings its own back');
SELECT tests.log_in(:'admin') \g /dev/null
UPDATE categories SET parent_id = tests.category('a2') WHERE id = tests.category('b1');
SELECT is(tests.said('00000000-0000-4000-8000-0000000000f2'), '-, {}, men, women-dresses', 'an admin moves it, and its listings go with it');
UPDATE categories SET parent_id = NULL WHERE id = tests.category('b1');
SELECT is(tests.said('00000000-0000-4000-8000-0000000000f2'), '-, {}, women-dresses, -', 'to the top of the tree too');
UPDATE categories SET parent_id = tests.category('a1') WHERE id = tests.category('b1');
SELECT tests.log_in(:'seller') \g /dev/null
UPDATE listings SET subcategory_id = tests.category('b1') WHERE id = '00000000-0000-4000-8000-0000000000f2';
SELECT tests.log_out() \g /dev/null
-- a coupon for the subcategory
SELECT tests.a_coupon('DRESS5') AS coupon \gset
UPDATE coupons SET target_type = 'category', category_ids = ARRAY[tests.category('b1')], discount_type = 'fixed_amount', discount_value = 5, currency = 'USD' WHERE id = :'coupon';
SELECT is(tests.asked('buyer', $$(quote_checkout('DRESS5') -> 'orders' -> 0 ->> 'discount_amount')::numeric$$), '5.00', 'a coupon for a subcategory is for its listings');
UPDATE coupons SET category_ids = ARRAY[tests.category('a1')] WHERE id = :'coupon';
SELECT is(tests.asked('buyer', $$(quote_checkout('DRESS5') -> 'orders' -> 0 ->> 'discount_amount')::numeric$$), '5.00', 'and so is one for the category');
UPDATE coupons SET category_ids = ARRAY[tests.category('a2')] WHERE id = :'coupon';
SELECT is(tests.asked('buyer', $$(quote_checkout('DRESS5') -> 'orders' -> 0 ->> 'discount_amount')::numeric$$), '0.00', 'one for another is not');
DELETE FROM categories WHERE id = tests.category('b1');
SELECT is(tests.said('00000000-0000-4000-8000-0000000000f2'), '-, {}, women, -', 'a deleted subcategory leaves the category');
INSERT INTO categories (id, name, slug, parent_id) VALUES (tests.category('b1'), 'Dresses', 'women-dresses', tests.category('a1'));
UPDATE listings SET subcategory_id = tests.category('b1') WHERE id = '00000000-0000-4000-8000-0000000000f2';
DELETE FROM categories WHERE id IN (tests.category('b1'), tests.category('a1'));
SELECT is(tests.said('00000000-0000-4000-8000-0000000000f2'), '-, {}, -, -', 'both together leave none');

-- conditions
SELECT results_eq('SELECT code::text FROM listing_conditions ORDER BY sort_order', $$VALUES ('new_with_tags'), ('new_without_tags'), ('new'), ('like_new'), ('very_good'), ('good'), ('fair'), ('worn'), ('used')$$, 'nine conditions are offered');
SELECT is(tests.answers('anon buyer', 'SELECT * FROM listing_conditions'), '9 rows for anon buyer', 'to everybody');
SELECT is(tests.answers('anon buyer admin', 'DELETE FROM listing_conditions'), '42501 for anon buyer admin', 'and changed by no client');
SELECT is(tests.answers('seller', format('UPDATE listings SET condition = ''found in a box'' WHERE id = %L', :'it')), '1 rows, and left a trace for seller', 'a listing may have another');

-- drafts
SELECT tests.log_in(:'seller') \g /dev/null
INSERT INTO listing_drafts (user_id, form_data) VALUES (:'seller', '{"title": "A"}') ON CONFLICT (user_id) DO UPDATE SET user_id = EXCLUDED.user_id, form_data = EXCLUDED.form_data;
INSERT INTO listing_drafts (user_id, form_data) VALUES (:'seller', '{"title": "B"}') ON CONFLICT (user_id) DO UPDATE SET user_id = EXCLUDED.user_id, form_data = EXCLUDED.form_data;
SELECT results_eq('SELECT form_data FROM listing_drafts', $$VALUES ('{"title": "B"}'::jsonb)$$, 'a draft is saved again and again');
SELECT throws_ok('UPDATE listing_drafts SET form_data = ''[]''', '23514', NULL, 'as an object');
SELECT throws_ok('UPDATE listing_drafts SET form_data = jsonb_build_object(''x'', repeat(''x'', 300000))', '54000', NULL, 'of some size');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('buyer admin moderator', 'SELECT * FROM listing_drafts'), '0 rows for buyer admin moderator', 'only its writer sees it');
SELECT is(tests.answers('buyer', format('INSERT INTO listing_drafts (user_id) VALUES (%L)', :'other')), '42501 for buyer', 'or writes it');
SELECT tests.log_in(:'seller') \g /dev/null
DELETE FROM listing_drafts;
SELECT is((SELECT count(*) FROM listing_drafts), 0::bigint, 'or removes it');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
