-- Pages: each row once, in each sequence, of few and of many listings; what a cursor is good for; and no statement
-- reads a whole table, also not after many calls in one session.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
\ir ../../fixtures/search.sql
SELECT * FROM no_plan();
-- above 10,000 numbers are estimated, and many matches are found otherwise than few
SELECT tests.open_shop(14600);
ANALYZE listing_search, listings, profiles, categories;
SELECT cmp_ok((SELECT reltuples FROM pg_class WHERE oid = 'listing_search'::regclass), '>', 10000::real, '(many listings)');

CREATE TABLE tests.paged (n serial, query text, filters jsonb);
INSERT INTO tests.paged (query, filters) VALUES
    ('dress', '{}'), ('silk winter', '{}'), ('qag', '{}'), (NULL, '{"category": "kind-2", "sizes": ["M", "S"]}'), ('coat', '{"price_min": 20, "price_max": 50}'),
    (NULL, '{"since": "2025-06-01"}'), ('absent', '{}'), (NULL, '{"brands": ["Nobody"]}');
CREATE TABLE tests.fitting AS SELECT p.n, l.id, l.price, l.published_at, s.hot FROM tests.paged p JOIN listings l ON tests.fits(l, p.query, p.filters) JOIN listing_search s ON s.listing_id = l.id;
CREATE TABLE tests.outcome AS
SELECT p.n, p.query, p.filters, o.sort, tests.pages(p.query, p.filters, o.sort) AS found,
       (SELECT array_agg(f.id ORDER BY CASE o.sort WHEN 'newest' THEN extract(epoch FROM f.published_at) WHEN 'price_asc' THEN -f.price WHEN 'price_desc' THEN f.price
                                                   WHEN 'popular' THEN f.hot::numeric END DESC,
                                       CASE o.sort WHEN 'price_asc' THEN f.id END, f.id DESC)
          FROM tests.fitting f WHERE f.n = p.n) AS expected
  FROM tests.paged p CROSS JOIN unnest(ARRAY['relevance', 'newest', 'price_asc', 'price_desc', 'popular']) AS o (sort);
SELECT is_empty($$SELECT n, query, filters, sort, cardinality(found), cardinality(expected), (SELECT count(DISTINCT i) FROM unnest(found) i)
                    FROM tests.outcome
                   WHERE (SELECT array_agg(i ORDER BY i) FROM unnest(found) i) IS DISTINCT FROM (SELECT array_agg(i ORDER BY i) FROM unnest(expected) i)$$,
    'each row once, in all sequences');
SELECT is_empty($$SELECT n, query, filters, sort FROM tests.outcome WHERE sort IN ('newest', 'price_asc', 'price_desc') AND found <> coalesce(expected, '{}')$$,
    'by time and by price in their sequence');
SELECT is_empty($$SELECT n, query, filters FROM tests.outcome
                   WHERE sort = 'popular' AND (SELECT array_agg(round(s.hot::numeric, 6) ORDER BY f.place) FROM unnest(found) WITH ORDINALITY AS f (id, place) JOIN listing_search s ON s.listing_id = f.id)
                       IS DISTINCT FROM (SELECT array_agg(round(s.hot::numeric, 6) ORDER BY f.place) FROM unnest(expected) WITH ORDINALITY AS f (id, place) JOIN listing_search s ON s.listing_id = f.id)$$,
    'by popularity too');
SELECT cmp_ok((SELECT max(cardinality(found)) FROM tests.outcome), '>', 3000, '(of many)');

SELECT is((SELECT count(DISTINCT i) FROM unnest(tests.pages(NULL)) i), (SELECT count(*) FROM listing_search), 'without words and filters everything');

-- The size of a page does not matter
SELECT is(tests.pages('silk winter', '{}', 'relevance', 7), tests.pages('silk winter', '{}', 'relevance', 100), 'small pages and large ones, by relevance');
SELECT is(tests.pages('qag', '{}', 'price_desc', 1), tests.pages('qag', '{}', 'price_desc', 50), 'pages of one row');
SELECT is((SELECT count(*) FROM search('dress', page_size => 37)), 37::bigint, 'as many rows as asked for');
SELECT is((SELECT count(DISTINCT next_cursor) FROM search('dress')), 1::bigint, 'the cursor is the same on each row');
SELECT ok((SELECT bool_and(next_cursor IS NULL) FROM search('qag', page_size => 100)) = ((SELECT count(*) FROM listings l WHERE tests.fits(l, 'qag', '{}')) <= 100),
    'and NULL where nothing follows');

-- While rows change, those that do not are given once
CREATE FUNCTION tests.pages_meanwhile(query text, sort text) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    found uuid[] := '{}';
    page uuid[];
    place text;
    pages integer := 0;
BEGIN
    LOOP
        pages := pages + 1;
        SELECT array_agg(s.listing_id), min(s.next_cursor) INTO page, place FROM search(pages_meanwhile.query, '{}', pages_meanwhile.sort, 100, place, true) s;
        found := found || page;
        EXIT WHEN place IS NULL;
        IF pages > 200 THEN
            RAISE EXCEPTION '% % does not end, found %', query, sort, cardinality(found);
        END IF;
        -- what is published behind the page without end is read without end
        CONTINUE WHEN pages > 50;
        -- sold, repriced and new ones, on both sides of the page
        UPDATE listings SET status = 'archived' WHERE id IN (SELECT l.id FROM listings l WHERE l.status = 'active' AND l.title LIKE '%qan' ORDER BY l.id LIMIT 3);
        INSERT INTO listings (seller_id, title, description, price, currency, status, published_at)
        SELECT id, 'dark new silk', '', cardinality(found) % 200, 'EUR', 'active', now() - cardinality(found) * interval '1 hour' FROM tests.sellers WHERE n = 1;
    END LOOP;
    RETURN found;
END $$;
CREATE TABLE tests.meanwhile AS
SELECT o.query, o.sort, tests.pages_meanwhile(o.query, o.sort) AS ids
  FROM (VALUES ('dark', 'relevance'), ('silk dark', 'newest'), ('silk dark', 'price_asc'), ('silk dark', 'price_desc'), ('silk dark', 'popular')) AS o (query, sort);
SELECT is_empty(format($$SELECT l.id, found.n FROM listings l
                           LEFT JOIN (SELECT id, count(*) AS n FROM tests.meanwhile m, unnest(m.ids) AS id WHERE m.sort = %L GROUP BY id) found ON found.id = l.id
                          WHERE l.title NOT LIKE '%%qan' AND l.title <> 'dark new silk' AND tests.fits(l, %L, '{}') AND found.n IS DISTINCT FROM 1$$, sort, query),
    'none is lost or comes twice: ' || sort)
  FROM tests.meanwhile;

-- Whose cursor it is
SELECT min(next_cursor) AS place FROM search('dress', '{"brands": ["Nike"]}', 'newest', 5) \gset
SELECT is((SELECT count(*) FROM search('dress', '{"brands": ["Nike"]}', 'newest', 50, :'place')), 50::bigint, 'the size of the page may change');
SELECT throws_ok(format('SELECT * FROM search(%L, %L, %L, 5, %L)', query, filters, sort, place), '22023', 'cursor does not belong to this search', why)
  FROM (VALUES ('dresses', '{"brands": ["Nike"]}', 'newest', :'place', 'of another query'), ('dress', '{"brands": ["Zara"]}', 'newest', :'place', 'of other filters'),
               ('dress', '{"brands": ["Nike"]}', 'popular', :'place', 'of another sequence'), ('dress', '{"brands": ["Nike"]}', 'newest', '', 'empty'),
               ('dress', '{"brands": ["Nike"]}', 'newest', :'place' || 'A', 'too long'), ('dress', '{"brands": ["Nike"]}', 'newest', left(:'place', -2), 'too short'),
               ('dress', '{"brands": ["Nike"]}', 'newest', translate(:'place', 'ABCabc', 'BCAbca'), 'changed'), ('dress', '{"brands": ["Nike"]}', 'newest', 'héllo', 'no cursor at all')) AS v (query, filters, sort, place, why);
SELECT throws_ok(format('SELECT * FROM search(%L, %L, %L, 5, %L, true)', 'dress', '{"brands": ["Nike"]}', 'newest', :'place'), '22023', NULL, 'of a search that is not exact');
SELECT lives_ok(format('SELECT * FROM search(%L, %L, %L, 5, %L)', 'dress', '{ "brands" : ["Nike"] }', 'newest', :'place'), 'the spaces of a JSON text are no other filter');

-- Each path through indexes, also after many calls
SELECT sum(seq_scan) AS before FROM pg_stat_xact_user_tables WHERE relname IN ('listing_search', 'listings', 'profiles', 'search_words') \gset
DO $$ BEGIN
    FOR i IN 1 .. 10 LOOP
        PERFORM search(p.query, p.filters, o.sort, 24) FROM tests.paged p CROSS JOIN unnest(ARRAY['relevance', 'newest', 'price_asc', 'price_desc', 'popular']) AS o (sort) WHERE i < 2 OR p.n < 3;
        PERFORM search_summary(p.query, p.filters) FROM tests.paged p WHERE i = 1 AND p.query IS NOT NULL;
    END LOOP;
END $$;
SELECT is((SELECT sum(seq_scan) FROM pg_stat_xact_user_tables WHERE relname IN ('listing_search', 'listings', 'profiles', 'search_words')), :'before'::numeric, 'no whole table is read');
SET LOCAL plan_cache_mode = force_generic_plan;
SET LOCAL enable_bitmapscan = off;
SELECT is((SELECT count(*) FROM search('silk winter')), 24::bigint, 'whatever the settings of the session');
SELECT is((SELECT sum(seq_scan) FROM pg_stat_xact_user_tables WHERE relname IN ('listing_search', 'listings', 'profiles', 'search_words')), :'before'::numeric, 'with the same plans');
SELECT is(current_setting('enable_bitmapscan') || current_setting('plan_cache_mode'), 'offforce_generic_plan', 'which are the session''s again');

SELECT * FROM finish();
ROLLBACK;
