-- The feed: the newest listings of whom one follows, page by page, and nothing of whom one is not shown.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
\ir ../../fixtures/search.sql
SELECT * FROM no_plan();
SELECT tests.open_shop(2400);
SELECT tests.sign_up('ann@feed.example') AS ann \gset
SELECT tests.sign_up('bob@feed.example') AS bob \gset
INSERT INTO user_follows (follower_id, following_id) SELECT :'ann', id FROM tests.sellers WHERE n <= 7;
ANALYZE listing_search, listings, profiles, user_follows;

CREATE FUNCTION tests.feed(size integer) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    found uuid[] := '{}';
    page uuid[];
    place text;
BEGIN
    LOOP
        SELECT array_agg(f.listing_id), min(f.next_cursor) INTO page, place FROM feed(size, place) f;
        found := found || page;
        EXIT WHEN place IS NULL;
    END LOOP;
    RETURN found;
END $$;
CREATE VIEW tests.expected AS
    SELECT l.id, l.seller_id, l.published_at FROM listings l JOIN tests.sellers s ON s.id = l.seller_id WHERE s.n <= 7 AND l.status = 'active';
GRANT SELECT ON tests.expected, tests.sellers TO PUBLIC;

SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.feed(24), (SELECT array_agg(id ORDER BY published_at DESC, id DESC) FROM tests.expected), 'all that they have on sale, the newest first, each once');
SELECT is(tests.feed(1), tests.feed(100), 'whatever the size of a page');
SELECT results_eq('SELECT f.listing_id, f.title, f.highlighted, f.price, f.currency, f.price_in, f.seller_username, f.published_at, f.score FROM feed(5) f',
                  'SELECT s.listing_id, s.title, s.title, s.price, s.currency, s.price_in, s.seller_username, s.published_at, 0::real FROM feed(5) f JOIN LATERAL search(filters => jsonb_build_object(''seller'', f.seller_id), page_size => 100) s USING (listing_id) ORDER BY s.published_at DESC, s.listing_id DESC',
                  'with the columns of a search');
SELECT throws_ok('SELECT * FROM feed(0)', '22023', 'page_size must be between 1 and 100', 'pages have a size');
SELECT throws_ok('SELECT * FROM feed(cursor => ''x'')', '22023', 'cursor does not belong to this search', 'a cursor is one that was given');
SELECT next_cursor AS anns FROM feed(1) \gset
SELECT (SELECT next_cursor FROM search(page_size => 1)) AS searchs \gset
SELECT throws_ok(format('SELECT * FROM feed(1, %L)', :'searchs'), '22023', 'cursor does not belong to this search', 'not one of a search');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT throws_ok(format('SELECT * FROM feed(1, %L)', :'anns'), '22023', 'cursor does not belong to this search', 'nor of somebody else''s feed');
SELECT is_empty('SELECT * FROM feed()', 'who follows nobody has an empty feed');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok('SELECT * FROM feed()', '42501', NULL, 'who has no account has none');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok('SELECT * FROM feed()', '42501', 'must be signed in', 'nor has the service');
SELECT tests.log_out() \g /dev/null

-- What is not shown
SELECT suspend_user((SELECT id FROM tests.sellers WHERE n = 1), 'for the test') \g /dev/null
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.feed(24), (SELECT array_agg(e.id ORDER BY e.published_at DESC, e.id DESC) FROM tests.expected e JOIN tests.sellers s ON s.id = e.seller_id WHERE s.n <> 1), 'nothing of a suspended seller');
SELECT block_user((SELECT id FROM tests.sellers WHERE n = 2)) \g /dev/null
SELECT tests.log_in((SELECT id FROM tests.sellers WHERE n = 3)) \g /dev/null
SELECT block_user(:'ann') \g /dev/null
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.feed(24), (SELECT array_agg(e.id ORDER BY e.published_at DESC, e.id DESC) FROM tests.expected e JOIN tests.sellers s ON s.id = e.seller_id WHERE s.n > 3), 'nor over a block, from the next read on');
SELECT tests.log_out() \g /dev/null
-- a follow over a block, as loaded rows may have it
SET LOCAL session_replication_role = replica;
INSERT INTO user_follows (follower_id, following_id) SELECT :'ann', id FROM tests.sellers WHERE n IN (2, 3);
-- and a thousand newer listings of theirs, published at one moment
INSERT INTO listings (id, seller_id, title, slug, description, price, currency, status, published_at)
SELECT md5('hidden' || k)::uuid, s.id, 'Hidden', 'hidden-' || k, '', 1, 'EUR', 'active', now() FROM generate_series(1, 1000) k JOIN tests.sellers s ON s.n = 2 + k % 2;
-- a thousand blocked sellers with newer listings still
INSERT INTO user_follows (follower_id, following_id) SELECT :'ann', md5('foe' || k)::uuid FROM generate_series(1, 1000) k;
INSERT INTO user_blocks (blocker_id, blocked_id) SELECT :'ann', md5('foe' || k)::uuid FROM generate_series(1, 1000) k;
INSERT INTO listings (id, seller_id, title, slug, description, price, currency, status, published_at)
SELECT md5('foes' || k)::uuid, md5('foe' || k)::uuid, 'Hidden', 'foes-' || k, '', 1, 'EUR', 'active', now() + interval '1 hour' FROM generate_series(1, 1000) k;
INSERT INTO listing_search (listing_id, seller_id, price, currency, published_at, hot, version, category_version, doc)
SELECT l.id, l.seller_id, 1, 'EUR', l.published_at, 1, 1, 0, '' FROM listings l WHERE l.title = 'Hidden';
SET LOCAL session_replication_role = origin;
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT count(*) FROM feed(24)), 24::bigint, 'a page is full, whatever is newer of blocked sellers');
SELECT is((SELECT array_agg(f.listing_id) FROM feed(24) f), (SELECT (array_agg(e.id ORDER BY e.published_at DESC, e.id DESC))[1:24] FROM tests.expected e JOIN tests.sellers s ON s.id = e.seller_id WHERE s.n > 3), 'with what is to be seen');
SELECT tests.log_out() \g /dev/null

-- A row that the index has and the listing no longer: the page goes on behind it
SET LOCAL session_replication_role = replica;
UPDATE listings SET status = 'archived' WHERE id IN (SELECT e.id FROM tests.expected e JOIN tests.sellers s ON s.id = e.seller_id WHERE s.n > 3 ORDER BY e.published_at DESC LIMIT 30);
SET LOCAL session_replication_role = origin;
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT count(*) FROM feed(24)), 24::bigint, 'a page is filled with what follows');
SELECT is(tests.feed(24), (SELECT array_agg(e.id ORDER BY e.published_at DESC, e.id DESC) FROM tests.expected e JOIN tests.sellers s ON s.id = e.seller_id WHERE s.n > 3), 'and all is there');
SELECT tests.log_out() \g /dev/null
-- at one moment
UPDATE listing_search SET published_at = '2025-01-01' WHERE seller_id IN (SELECT id FROM tests.sellers WHERE n > 3);
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT count(DISTINCT i) FROM unnest(tests.feed(10)) i), (SELECT count(*) FROM tests.expected e JOIN tests.sellers s ON s.id = e.seller_id WHERE s.n > 3), 'what was published at one moment comes once, too');

SELECT * FROM finish();
ROLLBACK;
