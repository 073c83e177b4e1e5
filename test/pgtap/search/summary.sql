-- Counts, facets, suggestions, similar listings, and the record of what was searched for.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
\ir ../../fixtures/search.sql
SELECT * FROM no_plan();
SELECT tests.open_shop(600);

-- Each number is that of a statement that reads all listings; each facet without its own filter
CREATE FUNCTION tests.facet(query text, filters jsonb, name text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_object_agg(f ->> 'value', (f ->> 'n')::bigint) FROM jsonb_array_elements(search_summary(query, filters, true) -> 'facets' -> name) f
$$;
CREATE FUNCTION tests.expected_facet(query text, filters jsonb, name text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_object_agg(value, n) FROM (
        SELECT CASE name WHEN 'brand' THEN l.brand WHEN 'size' THEN l.size WHEN 'color' THEN l.color WHEN 'condition' THEN l.condition
                         ELSE (SELECT c.slug FROM categories c WHERE c.id = coalesce(l.subcategory_id, l.category_id)) END AS value, count(*) AS n
          FROM listings l WHERE tests.fits(l, query, filters - CASE name WHEN 'category' THEN name ELSE name || 's' END) GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 10) v
     WHERE value IS NOT NULL
$$;
SELECT is(search_summary(query, filters, true) #>> '{total,n}', (SELECT count(*)::text FROM listings l WHERE tests.fits(l, query, filters)), format('the total of %s %s', query, filters))
  FROM (VALUES (NULL, '{}'::jsonb), ('dress', '{}'), ('silk dark', '{"brands": ["Nike", "Zara"]}'), ('absent', '{}'), (NULL, '{"category": "kind-1", "price_max": 90}')) AS v (query, filters);
SELECT is(tests.facet(query, filters, name), tests.expected_facet(query, filters, name), format('facet %s of %s %s', name, query, filters))
  FROM (VALUES (NULL, '{}'::jsonb), ('dress', '{}'), ('dark', '{"brands": ["Nike"], "colors": ["blue"]}'), (NULL, '{"sizes": ["M"], "conditions": ["good"], "price_min": 20}')) AS v (query, filters)
 CROSS JOIN unnest(ARRAY['brand', 'size', 'color', 'condition']) AS f (name);
SELECT is(search_summary('absent', '{}', true) -> 'facets', '{"brand": [], "size": [], "color": [], "condition": [], "category": [], "price": []}', 'nothing has no facets');
SELECT is((SELECT sum((f ->> 'n')::integer) FROM jsonb_array_elements(search_summary('dress', '{}', true) #> '{facets,price}') f), (search_summary('dress', '{}', true) #>> '{total,n}')::bigint,
    'prices add up to the total');
SELECT is_empty($$SELECT f FROM jsonb_array_elements(search_summary('dress', '{}', true) #> '{facets,price}') f
                   WHERE (f ->> 'n')::bigint <> (SELECT count(*) FROM listings l WHERE tests.fits(l, 'dress', f - 'n' - 'from' - 'to' || jsonb_strip_nulls(jsonb_build_object('price_min', f -> 'from', 'price_max', f -> 'to'))))$$,
    'each range is what its filters find');
SELECT is(search_summary('dress') #> '{total,exact}', 'true', 'in a small shop all is exact');
SELECT reltuples AS known FROM pg_class WHERE oid = 'listing_search'::regclass \gset
UPDATE pg_class SET reltuples = 100000 WHERE oid = 'listing_search'::regclass;
SELECT is(search_summary(NULL) -> 'total', jsonb_build_object('n', (SELECT count(*) FROM listings l WHERE tests.fits(l, NULL, '{}')), 'exact', true),
    'also when the statistics are of a time with many more');
UPDATE pg_class SET reltuples = :known WHERE oid = 'listing_search'::regclass;
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(search_summary('dress') #>> '{total,n}', (SELECT count(*)::text FROM unnest(tests.pages('dress')) i), 'a visitor''s total is what the pages show');
SELECT tests.log_out() \g /dev/null
UPDATE listings SET brand = 'NIKE' WHERE id IN (SELECT id FROM listings WHERE brand = 'Nike' AND status = 'active' ORDER BY id LIMIT 3);
SELECT ok(tests.facet(NULL, '{}', 'brand') ? 'Nike' AND NOT tests.facet(NULL, '{}', 'brand') ? 'NIKE', 'spellings of one brand are one value');

-- A category by its slug in another language
INSERT INTO category_slugs (locale, slug, category_id) SELECT 'aa', 'electronics', id FROM categories WHERE slug = 'fashion';
SELECT is(search_summary(NULL, '{"category": "moda"}') -> 'total', search_summary(NULL, '{"category": "fashion"}') -> 'total', 'a slug of another language');
SELECT isnt(search_summary(NULL, '{"category": "electronics"}') -> 'total', search_summary(NULL, '{"category": "fashion"}') -> 'total', 'which comes after the slug itself');

-- Suggestions
SELECT tests.log_in_as_service() \g /dev/null
SELECT refresh_search_words() \g /dev/null
SELECT tests.log_in_as_anon() \g /dev/null
SELECT results_eq($$SELECT kind, value FROM suggest('ni')$$, $$VALUES ('brand', 'Nike'), ('word', 'nike')$$, 'a brand and a word');
SELECT results_eq($$SELECT kind, value FROM suggest('n')$$, $$VALUES ('brand', 'Nike')$$, 'of one letter no words');
SELECT results_eq($$SELECT kind, value FROM suggest('FASH')$$, $$VALUES ('category', 'Fashion')$$, 'a category');
SELECT results_eq($$SELECT value FROM suggest('silk dre') WHERE kind = 'word'$$, $$VALUES ('silk dress')$$, 'behind another word');
SELECT is((SELECT count(*) FROM suggest('')) + (SELECT count(*) FROM suggest('?!')) + (SELECT count(*) FROM suggest('ni', 0)), 0::bigint, 'nothing for nothing');
SELECT is((SELECT count(*) FROM suggest('da', 1)), 1::bigint, 'as many as asked for');
SELECT tests.log_out() \g /dev/null

-- What was searched for: five people make a suggestion, four do not
CREATE FUNCTION tests.ask(n integer, query text, results integer DEFAULT 3) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.log_in((SELECT s.id FROM tests.sellers s WHERE s.n = ask.n));
    PERFORM record_search(query, results);
    PERFORM tests.log_out();
END $$;
SELECT tests.ask(i, 'Dark  DRESS!') FROM generate_series(1, 4) i \g /dev/null
SELECT tests.ask(4, 'dark dress', 0) \g /dev/null
SELECT results_eq('SELECT query COLLATE "default", n, n_empty, people FROM search_queries', $$VALUES ('dark dress', 5, 1, 4)$$, 'a query is counted, in vain or not, with its people');
SELECT is_empty($$SELECT * FROM suggest('dark d') WHERE kind = 'query'$$, 'what four people have asked is nobody''s business');
SELECT tests.ask(5, 'dark dress') \g /dev/null
SELECT results_eq($$SELECT value, n FROM suggest('dark d') WHERE kind = 'query'$$, $$VALUES ('dark dress', 6)$$, 'what five have asked is suggested');
SELECT tests.ask(i, 'dark secretword') FROM generate_series(1, 6) i \g /dev/null
SELECT is_empty($$SELECT * FROM suggest('dark s') WHERE kind = 'query'$$, 'but for words that no listing has');
SELECT is_empty($$SELECT FROM search_query_people p JOIN profiles f ON p::text LIKE '%' || f.id || '%'$$, 'nobody is named');
-- without a user only what a user has asked that day is counted, and within bounds
SELECT tests.log_in_as_anon() \g /dev/null
SELECT record_search('unheard of', 1), record_search('dark dress', 1), record_search('', 1), record_search('one two three four five six seven eight nine', 1), record_search(repeat('x', 101), 1) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT results_eq('SELECT query COLLATE "default", n FROM search_queries ORDER BY 1', $$VALUES ('dark dress', 7), ('dark secretword', 6)$$, 'a visitor adds no query');
UPDATE search_queries SET n = 500 WHERE query = 'dark dress';
SELECT tests.log_in_as_anon() \g /dev/null
SELECT record_search('dark dress', 1) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT n FROM search_queries WHERE query = 'dark dress'), 500, 'nor counts one up without end');
SELECT tests.ask(7, 'query ' || chr(97 + i / 26) || chr(97 + i % 26)) FROM generate_series(1, 230) i \g /dev/null
SELECT is((SELECT count(*) FROM search_queries WHERE query LIKE 'query %'), 200::bigint, 'a user has a number of queries a day');
-- who has searched is forgotten after the day, what was searched after 90
TRUNCATE search_queries, search_query_people;
SELECT (now() AT TIME ZONE 'UTC')::date AS today \gset
INSERT INTO search_query_people SELECT :'today'::date - past, 'lamp', person FROM unnest(ARRAY[0, 1, 2, 40]) past, generate_series(1, 2) person;
INSERT INTO search_queries (day, query, n) SELECT :'today'::date - past, 'lamp', 1 FROM unnest(ARRAY[0, 1, 90, 91, 400]) past;
SELECT tests.log_in((SELECT s.id FROM tests.sellers s WHERE s.n = 1)) \g /dev/null
SELECT throws_ok('SELECT prune_search_queries()', '42501', NULL, 'not by a user');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok('SELECT prune_search_queries(NULL)', '22004', 'max_rows must not be NULL', 'max_rows is needed');
SELECT is(prune_search_queries(0) + prune_search_queries(-1), 0, 'none may go');
SELECT is(prune_search_queries(5), 5, 'or some, people first');
SELECT is(prune_search_queries(), 3, 'and then what is left of them, and old queries');
SELECT is(prune_search_queries(), 0, 'until nothing is old');
SELECT tests.log_out() \g /dev/null
SELECT results_eq('SELECT day, person FROM search_query_people ORDER BY 2', format($$VALUES (%L::date, 1::bigint), (%1$L, 2)$$, :'today'), 'who has searched today is kept');
SELECT results_eq('SELECT day FROM search_queries ORDER BY 1', format($$VALUES (%L::date - 90), (%1$L::date - 1), (%1$L::date)$$, :'today'), 'and what was searched in 90 days');

-- Similar listings
SELECT l.id AS one FROM listings l WHERE l.status = 'active' AND l.brand = 'Zara' AND l.subcategory_id IS NOT NULL AND l.price > 20 ORDER BY l.id LIMIT 1 \gset
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is((SELECT count(*) FROM similar_listings(:'one')), 12::bigint, 'a dozen');
SELECT is((SELECT count(*) FROM similar_listings(:'one', 50) WHERE id = :'one'), 0::bigint, 'not the listing itself');
SELECT is((SELECT count(DISTINCT id) FROM similar_listings(:'one', 50)), 50::bigint, 'each once');
SELECT ok((SELECT bool_and(score <= before) FROM (SELECT score, lag(score, 1, 1::real) OVER () AS before FROM similar_listings(:'one', 50)) s), 'the most similar first');
SELECT is_empty(format($$SELECT s.id FROM similar_listings(%L, 50) s JOIN listings l ON l.id = s.id JOIN listings o ON o.id = %1$L
                          WHERE s.score = 1 AND NOT (l.brand = o.brand AND l.subcategory_id = o.subcategory_id AND l.price BETWEEN round(o.price / 2, 2) AND o.price * 2)$$, :'one'), 'by what they have');
SELECT throws_ok('SELECT * FROM similar_listings(gen_random_uuid())', 'P0002', NULL, 'to nothing nothing is similar');
SELECT tests.log_out() \g /dev/null
UPDATE listings SET status = 'archived' WHERE id = :'one';
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok(format('SELECT * FROM similar_listings(%L)', :'one'), 'P0002', NULL, 'nor to what others cannot see');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
