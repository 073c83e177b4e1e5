-- reindex_search(): what the triggers do not see, or were told not to do.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();

SELECT tests.sign_up('sue@reindex.example') AS sue, tests.sign_up('mod@reindex.example') AS mod, tests.sign_up('root@reindex.example') AS root \gset
SELECT set_user_role(:'mod', 'moderator', 'for the test'), set_user_role(:'root', 'admin', 'for the test') \g /dev/null
SELECT id AS fashion FROM categories WHERE slug = 'fashion' \gset
SELECT id AS sports FROM categories WHERE slug = 'sports-outdoors' \gset
INSERT INTO categories (name, slug, parent_id) VALUES ('Shoes', 'shoes', :'fashion') RETURNING id AS shoes \gset
CREATE FUNCTION tests.wrong() RETURNS text LANGUAGE sql AS $$SELECT coalesce(string_agg(DISTINCT rule, ' ' ORDER BY rule), 'nothing') FROM check_integrity()$$;
CREATE FUNCTION tests.a_lamp(seller uuid, n integer) RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO listings (seller_id, title, description, price, currency, status) VALUES (seller, 'Lamp ' || n, 'Light.', n, 'EUR', 'active') RETURNING id
$$;

-- Who may

SELECT throws_ok('SELECT reindex_search(NULL)', '22004', 'max_rows must not be NULL', 'max_rows is needed');
SELECT tests.log_in(:'root') \g /dev/null
SELECT throws_ok('SELECT reindex_search()', '42501', NULL, 'an admin is not the service');
SELECT throws_ok('SELECT refresh_search_words()', '42501', NULL, 'nor is it here');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok('SELECT reindex_search()', '42501', NULL, 'nor is who has not signed in');
SELECT throws_ok('SELECT * FROM listing_search', '42501', NULL, 'who reads no row either');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT throws_ok('SELECT * FROM search_queries', '42501', NULL, 'as a user reads none of what was searched');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(reindex_search(), 0, 'the service is, and there is nothing to do');
SELECT throws_ok('DELETE FROM listing_search', '42501', NULL, 'rows are the triggers'' to write');
SELECT tests.log_out() \g /dev/null

-- Loaded without documents

SELECT tests.log_in_as_service() \g /dev/null
SET driplo.search_sync = off;
INSERT INTO listings (seller_id, title, description, price, currency, status, category_id) SELECT :'sue', 'Chair ' || i, 'To sit.', i, 'EUR', 'active', :'fashion' FROM generate_series(1, 25) i;
SELECT is((SELECT count(*) FROM listing_search), 0::bigint, 'the service loads without documents');
SELECT is(reindex_search(10), 10, 'ten are made');
SELECT is(reindex_search(0), 0, 'or none');
SELECT is(reindex_search(-1), 0, 'or fewer');
SELECT is(reindex_search(10) + reindex_search(10), 15, 'the next call goes on where the last one ended');
SELECT is(reindex_search(), 0, 'until there is nothing to do');
UPDATE listings SET title = 'Stool' WHERE price = 1;
SELECT is((SELECT count(*) FROM listing_search), 24::bigint, 'what is changed meanwhile is not found by what it was');
UPDATE listings SET status = 'archived' WHERE price = 2;
SELECT is((SELECT count(*) FROM listing_search), 23::bigint, 'and what is withdrawn is removed as always');
RESET driplo.search_sync;
SELECT tests.log_out() \g /dev/null
SELECT is(tests.wrong(), 'search_missing', 'which is reported');
SELECT is(reindex_search(), 1, 'and made up for');
SELECT tests.log_in(:'sue') \g /dev/null
SET driplo.search_sync = off;
SELECT tests.a_lamp(:'sue', 7) AS lamp \gset
RESET driplo.search_sync;
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM listing_search WHERE listing_id = :'lamp'), 1::bigint, 'a user''s setting has no effect');
SELECT is(tests.wrong(), 'nothing', 'nothing is left');

-- Past the triggers

SET LOCAL session_replication_role = replica;
INSERT INTO listings (seller_id, title, slug, description, price, currency, status, created_at) VALUES (:'sue', 'Vase', 'vase', 'Of glass.', 3, 'EUR', 'active', '2020-01-01') RETURNING id AS vase \gset
UPDATE listings SET price = 12, category_id = :'sports' WHERE id = :'lamp';
UPDATE listings SET status = 'archived' WHERE price = 3 AND title LIKE 'Chair%';
SET LOCAL session_replication_role = origin;
SELECT is((SELECT count(*) FROM listing_search WHERE listing_id = :'vase'), 0::bigint, 'what is loaded past the triggers is not found');
SELECT is(reindex_search(), 3, 'one is added, one written again, one removed');
SELECT results_eq(format('SELECT published_at FROM listing_search WHERE listing_id = %L', :'vase'), $$VALUES ('2020-01-01'::timestamptz)$$, 'one that was never published counts from when it was created');
SET LOCAL session_replication_role = replica;
UPDATE listings SET published_at = created_at WHERE id = :'vase';
UPDATE listings SET title = 'Jug' WHERE id = :'lamp';
SET LOCAL session_replication_role = origin;
SELECT is(reindex_search()::text || ' ' || (SELECT string_agg(rule || ' ' || detail, '') FROM check_integrity() WHERE rule <> 'listing_statistics'),
    '0 search_stale The row differs from the listing: doc.', 'another title past the triggers is seen by check_integrity() only');
DELETE FROM listing_search WHERE listing_id = :'lamp';
SELECT is(reindex_search(), 1, 'whoever deletes the row gets a new one');

-- A seller who is suspended by hand

UPDATE profiles SET suspended_at = now() WHERE id = :'sue';
SELECT is(reindex_search()::bigint, (SELECT count(*) FROM listings WHERE status::text = 'active'), 'what a suspended user offers is removed');
SELECT is((SELECT count(*) FROM listing_search), 0::bigint, 'all of it');
UPDATE profiles SET suspended_at = NULL WHERE id = :'sue';
SELECT reindex_search() AS made \gset
SELECT is(:made::bigint, (SELECT count(*) FROM listing_search), 'and comes back');
UPDATE profiles SET deleted_at = now() WHERE id = :'sue';
SELECT is(reindex_search(), :made, 'so of one who has left');
SELECT is_empty('SELECT FROM listing_search', 'of whom nothing is found');
UPDATE profiles SET deleted_at = NULL WHERE id = :'sue';
SELECT ok(reindex_search() > 0, 'and returns');

-- Favorites

SELECT hot AS hot FROM listing_search WHERE listing_id = :'lamp' \gset
INSERT INTO favorites (user_id, listing_id) VALUES (:'mod', :'lamp');
SELECT is(reindex_search(), 1, 'the first favorite moves hot by one');
SELECT ok(abs((SELECT hot FROM listing_search WHERE listing_id = :'lamp') - :hot - 1) < 1e-6, 'exactly');
INSERT INTO favorites (user_id, listing_id) VALUES (:'root', :'lamp');
SELECT is(reindex_search(), 1, 'the second by 0.58');
INSERT INTO favorites (user_id, listing_id) VALUES (:'sue', :'lamp');
SELECT is(reindex_search(), 0, 'the third by 0.42: not yet');
SELECT is(tests.wrong(), 'nothing', 'which is no finding');
UPDATE listings SET is_featured = true WHERE id = :'lamp';
SELECT is(reindex_search(), 0, 'featured listings are as hot as others');

-- Categories

UPDATE listings SET subcategory_id = :'shoes' WHERE id = :'lamp';
UPDATE categories SET name = 'Clothes' WHERE id = :'fashion';
SELECT is(tests.wrong(), 'nothing', 'another name of a category is no finding');
SELECT is(reindex_search()::bigint, (SELECT count(*) FROM listing_search WHERE category_id IN (:'fashion', :'shoes')), 'but work, for what is below it too');
UPDATE categories SET translations = '{"bg": {"name": "Обувки"}}' WHERE id = :'shoes';
SELECT is(reindex_search(), 1, 'and so is a name in another language');
SELECT ok((SELECT private.search_lexemes('обувки') <@ tsvector_to_array(doc) FROM listing_search WHERE listing_id = :'lamp'), 'by which it is found');
INSERT INTO categories (name, slug, parent_id) VALUES ('Boots', 'boots', :'shoes') RETURNING id AS boots \gset
SELECT tests.a_lamp(:'sue', 70) AS boot \gset
UPDATE listings SET subcategory_id = :'boots' WHERE id = :'boot';
CREATE FUNCTION tests.is_below(listing uuid, words text) RETURNS boolean LANGUAGE sql AS $$
    SELECT private.search_lexemes(words) <@ tsvector_to_array(doc) FROM listing_search WHERE listing_id = listing
$$;
SELECT ok(tests.is_below(:'boot', 'boots shoes clothes') AND NOT tests.is_below(:'boot', 'sports'), 'a listing is found by all categories above it');
CREATE FUNCTION tests.found_in(category uuid, query text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(title, ', ' ORDER BY title), 'nothing') || ' ' || (search_summary(query, jsonb_build_object('category', category)) #>> '{total,n}')
      FROM search(query, jsonb_build_object('category', category), page_size => 100) WHERE price IN (12, 70)
$$;
SELECT is(tests.found_in(:'sports'), 'nothing 0', 'nothing is in another category');
UPDATE categories SET parent_id = :'sports' WHERE id = :'shoes';
SELECT ok(tests.is_below(:'lamp', 'sports'), 'of a category that moves in the tree the listings move along at once');
SELECT ok(NOT tests.is_below(:'boot', 'sports'), 'those further below do not');
SELECT is(tests.found_in(:'sports') || ', ' || tests.found_in(:'sports', 'lamp'), 'Jug, Lamp 70 2, Lamp 70 1', 'but are found below the new parent at once');
SELECT ok(tests.found_in(:'fashion') NOT LIKE '%Lamp%', 'and not below the old one');
SELECT is(tests.found_in(:'shoes') || ', ' || tests.found_in(:'boots'), 'Jug, Lamp 70 2, Lamp 70 1', 'and where they have been');
UPDATE categories SET parent_id = :'fashion' WHERE id = :'sports';
SELECT is(tests.found_in(:'fashion', 'lamp') || ', ' || tests.found_in(:'fashion', 'jug'), 'Lamp 70 1, Jug 1', 'so are they when the new parent moves');
UPDATE categories SET parent_id = NULL WHERE id = :'sports';
SELECT is(tests.found_in(:'sports'), 'Jug, Lamp 70 2', 'or stands alone');
SELECT is(reindex_search(0), 0, 'a job that may do nothing');
SELECT ok((SELECT moved_at IS NOT NULL FROM categories WHERE id = :'shoes'), 'forgets no move');
SELECT is(reindex_search(), 1, 'the job makes their documents again');
SELECT ok(tests.is_below(:'boot', 'boots shoes sports') AND NOT tests.is_below(:'boot', 'clothes'), 'which leaves nothing of the old place');
SELECT ok((SELECT moved_at IS NOT NULL FROM categories WHERE id = :'shoes'), 'and remembers the move');
SELECT is(reindex_search(), 0, 'until it has found');
SELECT is_empty('SELECT FROM categories WHERE moved_at IS NOT NULL', 'that nothing is left to do');
SELECT is(tests.found_in(:'sports'), 'Jug, Lamp 70 2', 'all is found as before');
SELECT is(tests.wrong(), 'nothing', 'nothing is found');
DELETE FROM listings WHERE id = :'boot';
DELETE FROM categories WHERE id = :'boots';
DELETE FROM listings WHERE category_id = :'fashion';
UPDATE listings SET subcategory_id = NULL;
DELETE FROM categories WHERE id = :'shoes';
SELECT is(reindex_search()::text || tests.wrong(), '0nothing', 'one that is deleted leaves its listings without it, at once');

-- Versions and exchange rates

UPDATE listing_search SET version = 0, doc = '' WHERE listing_id = :'lamp';
SELECT is(tests.wrong(), 'nothing', 'a row of another version is no finding');
SELECT is(reindex_search(), 1, 'but is made again');
UPDATE listings SET currency = 'USD', price = 100 WHERE id = :'lamp';
INSERT INTO exchange_rates (base, quote, rate, as_of, source) VALUES ('EUR', 'USD', 1.25, (now() AT TIME ZONE 'UTC')::date, 'test');
SELECT is(reindex_search(), 1, 'a rate makes prices comparable');
SELECT is((SELECT price_norm FROM listing_search WHERE listing_id = :'lamp'), 80.00, 'in the base currency');
UPDATE exchange_rates SET rate = 1.2599;
SELECT is(reindex_search(), 0, 'one that has hardly moved rewrites nothing');
UPDATE exchange_rates SET rate = 1.60;
SELECT is(reindex_search(), 1, 'another does');
SELECT is((SELECT price_norm FROM listing_search WHERE listing_id = :'lamp'), 62.50, 'to what it says');
SET LOCAL driplo.base_currency = 'USD';
SELECT ok(reindex_search() > 0, 'and so does another currency to compare in');
SELECT is((SELECT price_norm FROM listing_search WHERE listing_id = :'lamp'), 100.00, 'which is the listing''s own');
SELECT is(tests.wrong(), 'nothing', 'nothing is found at the end');

SELECT * FROM finish();
ROLLBACK;
