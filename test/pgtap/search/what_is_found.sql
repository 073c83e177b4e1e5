-- What is found is what fits and what its caller may see: compared, for filters at random and each kind of caller, with
-- a statement that reads every listing.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
\ir ../../fixtures/search.sql
SELECT * FROM no_plan();
SELECT tests.open_shop(1200);
SELECT suspend_user(id, 'for the test') FROM tests.sellers WHERE n = 3 \g /dev/null
SELECT tests.delete_account(id) FROM tests.sellers WHERE n = 4 \g /dev/null
SELECT tests.sign_up('ann@search.example') AS ann, tests.sign_up('bob@search.example') AS bob, tests.sign_up('mod@search.example') AS mod \gset
SELECT set_user_role(:'mod', 'moderator', 'for the test') \g /dev/null
SELECT id AS five FROM tests.sellers WHERE n = 5 \gset
SELECT id AS six FROM tests.sellers WHERE n = 6 \gset
-- bob has blocked one seller, and another one has blocked bob
SELECT tests.log_in(:'bob') \g /dev/null
SELECT block_user(:'five') \g /dev/null
SELECT tests.log_in(:'six') \g /dev/null
SELECT block_user(:'bob') \g /dev/null
SELECT tests.log_out() \g /dev/null

CREATE TABLE tests.questions (n serial PRIMARY KEY, query text, filters jsonb);
SELECT setseed(0.25) \g /dev/null
INSERT INTO tests.questions (query, filters)
SELECT query, CASE WHEN i % 25 = 0 THEN '{}' ELSE coalesce(filters, '{}') END
  FROM generate_series(1, 200) i
 CROSS JOIN LATERAL (
    SELECT CASE WHEN random() < 0.6 THEN (ARRAY['dress', 'coat', 'lamp', 'dark', 'qag', 'silk winter', 'leather watch', 'nike', 'retro dark mini', 'absent', 'levis', 'green'])[1 + (random() * 11.99)::int % 12 + i * 0] END AS query,
           jsonb_object_agg(key, value) AS filters
      FROM (VALUES ('brands', to_jsonb(ARRAY[(ARRAY['Nike', 'Zara', 'H & M', 'Levi''s'])[1 + (random() * 3.99)::int % 4], 'Adidas'])),
                   ('sizes', to_jsonb(ARRAY[(ARRAY['S', 'EU 38', '38,5'])[1 + (random() * 2.99)::int % 3], 'M'])),
                   ('colors', to_jsonb(ARRAY[(ARRAY['Red', 'blue', 'Dark Green'])[1 + (random() * 2.99)::int % 3]])),
                   ('conditions', to_jsonb(ARRAY[(ARRAY['new', 'like_new', 'good', 'fair'])[1 + (random() * 3.99)::int % 4], 'good'])),
                   ('country', to_jsonb((ARRAY['BG', 'DE', 'FR', 'IT'])[1 + (random() * 3.99)::int % 4])),
                   ('category', to_jsonb((ARRAY['fashion', 'electronics', 'kind-1', 'kind-5', 'part-3', 'other'])[1 + (random() * 5.99)::int % 6])),
                   ('price_min', to_jsonb(round((random() * 100)::numeric, 2))), ('price_max', to_jsonb(round((50 + random() * 150)::numeric, 2))),
                   ('seller', to_jsonb((SELECT id FROM tests.sellers WHERE n = i % 20 + 1))), ('since', to_jsonb('2024-' || lpad((1 + i % 12)::text, 2, '0') || '-05')),
                   ('exclude_sold', 'true'), ('currency', '"EUR"')) AS f (key, value)
     WHERE random() < CASE key WHEN 'seller' THEN 0.05 ELSE 0.22 END) q;

CREATE TABLE tests.expected AS
SELECT q.n, 'anybody' AS who, coalesce(array_agg(l.id ORDER BY l.id) FILTER (WHERE l.id IS NOT NULL), '{}') AS ids
  FROM tests.questions q
  LEFT JOIN listings l ON tests.fits(l, q.query, q.filters)
 GROUP BY q.n;
INSERT INTO tests.expected
SELECT e.n, 'bob', coalesce((SELECT array_agg(i ORDER BY i) FROM unnest(e.ids) i JOIN listings l ON l.id = i WHERE l.seller_id NOT IN (:'five', :'six')), '{}')
  FROM tests.expected e;
SELECT cmp_ok((SELECT count(*) FROM tests.expected WHERE ids <> '{}'), '>', 120::bigint, '(most find something)');
SELECT cmp_ok((SELECT max(cardinality(ids)) FROM tests.expected), '>', 150, '(some a lot)');

-- for each caller one statement: the questions whose answer is another one
CREATE FUNCTION tests.differences(expected_of text, each integer DEFAULT 1) RETURNS TABLE (n integer, query text, filters jsonb, missing uuid[], too_much uuid[], twice bigint)
    LANGUAGE sql AS $$
    SELECT q.n, q.query, q.filters, (SELECT array_agg(i) FROM unnest(e.ids) i WHERE i <> ALL (f.ids)), (SELECT array_agg(i) FROM unnest(f.ids) i WHERE i <> ALL (e.ids)),
           cardinality(f.ids) - (SELECT count(DISTINCT i) FROM unnest(f.ids) i)
      FROM tests.questions q
      JOIN tests.expected e ON e.n = q.n AND e.who = expected_of
     CROSS JOIN LATERAL (SELECT coalesce(tests.pages(q.query, q.filters, (ARRAY['relevance', 'newest', 'price_asc', 'price_desc', 'popular'])[1 + q.n % 5]), '{}') AS ids) f
     WHERE (SELECT coalesce(array_agg(i ORDER BY i), '{}') FROM unnest(f.ids) i) <> e.ids
       AND q.n % each = 0
     ORDER BY q.n
$$;
GRANT SELECT ON tests.questions, tests.expected TO PUBLIC;

SELECT tests.log_in_as_anon() \g /dev/null
SELECT is_empty($$SELECT * FROM tests.differences('anybody')$$, 'a visitor');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is_empty($$SELECT * FROM tests.differences('anybody', 4)$$, 'a user');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT is_empty($$SELECT * FROM tests.differences('bob')$$, 'a user between whom and two sellers there is a block');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is_empty($$SELECT * FROM tests.differences('anybody', 3)$$, 'a moderator, who is shown no more');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is_empty($$SELECT * FROM tests.differences('anybody', 5)$$, 'the service');
SELECT tests.log_out() \g /dev/null

-- An index that is behind shows nothing that is gone, and pages are full all the same
SET LOCAL session_replication_role = replica;
UPDATE listings SET status = 'sold' WHERE id IN (SELECT listing_id FROM listing_search WHERE listing_id::text < '8');
UPDATE profiles SET suspended_at = now() WHERE id = (SELECT id FROM tests.sellers WHERE n = 7);
UPDATE profiles SET deleted_at = now() WHERE id = (SELECT id FROM tests.sellers WHERE n = 8);
SET LOCAL session_replication_role = origin;
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is((SELECT count(*) FROM search('dress', page_size => 20)), 20::bigint, 'a page is filled with what follows');
SELECT tests.log_out() \g /dev/null
CREATE TEMP TABLE seen AS SELECT unnest(tests.pages('dress', '{}', 'newest', 7)) AS id;
SELECT set_eq('SELECT id FROM seen', $$SELECT id FROM listings l WHERE tests.fits(l, 'dress', '{}')$$, 'each page is checked against listings and sellers');
SELECT is((SELECT count(*) FROM seen), (SELECT count(DISTINCT id) FROM seen), 'and no row comes twice');

SELECT * FROM finish();
ROLLBACK;
