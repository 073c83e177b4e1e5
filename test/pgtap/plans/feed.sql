-- The feed and saved searches read by their indexes and not more than they need: a page as many rows of the index as there are sellers
-- and places on it, a new listing the searches that have one of its words as the rarest.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();
SELECT tests.sign_up('ann@plans.example') AS ann \gset
SELECT tests.sign_up('sue@plans.example') AS sue \gset
SET LOCAL session_replication_role = replica;
-- 300 sellers with 60 listings each, of which every third has 60 at one moment
INSERT INTO profiles (id, email, username) SELECT md5('seller' || s)::uuid, s || '@sellers.example', 'seller' || s FROM generate_series(1, 300) s;
INSERT INTO listings (id, seller_id, title, slug, description, price, currency, status, published_at)
SELECT md5('l' || n)::uuid, md5('seller' || 1 + n % 300)::uuid, 'Thing ' || n, 'thing-' || n, '', 1, 'EUR', 'active', now() - CASE WHEN n % 3 = 0 THEN interval '1 day' ELSE n * interval '7 minutes' END
  FROM generate_series(1, 18000) n;
INSERT INTO listing_search (listing_id, seller_id, price, currency, price_norm, published_at, hot, version, category_version, doc)
SELECT id, seller_id, price, currency, price, published_at, 1, 1, 0, '' FROM listings WHERE seller_id <> :'sue';
INSERT INTO user_follows (follower_id, following_id) SELECT :'ann', md5('seller' || s)::uuid FROM generate_series(1, 300) s;
-- 20,000 searches, most of which have the same frequent word
INSERT INTO saved_searches (user_id, name, query, filters, notify, wanted, anchors)
SELECT :'ann', 'Search ' || n, w.word, '{}', CASE WHEN n % 10 = 0 THEN 'off' ELSE 'daily' END, quote_literal(w.lexeme)::tsquery, ARRAY[w.lexeme]
  FROM generate_series(1, 20000) n CROSS JOIN LATERAL (SELECT word, (private.search_lexemes(word))[1] AS lexeme
                       FROM (SELECT CASE WHEN n % 4 = 0 THEN 'zq' || translate(n::text, '0123456789', 'bcdfghjklm') ELSE 'frequent' END AS word) o) AS w;
SET LOCAL session_replication_role = origin;
ANALYZE listings, listing_search, user_follows, saved_searches, profiles;

-- What a statement has read of a table, by its indexes and as a whole.
CREATE FUNCTION tests.reads(table_name regclass) RETURNS bigint LANGUAGE sql AS $$
    SELECT pg_stat_get_xact_tuples_returned(table_name) + pg_stat_get_xact_tuples_fetched(table_name)
$$;
SELECT tests.reads('listing_search') AS before \gset
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT count(*) FROM feed()), 24::bigint, 'a page of 300 follows');
SELECT tests.log_out() \g /dev/null
SELECT cmp_ok(tests.reads('listing_search') - :before, '<=', (300 + 25 * 25)::bigint, 'reads the newest listing of each seller, and a page of those who have one of the newest');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT next_cursor AS place FROM feed(100) LIMIT 1 \gset
SELECT tests.log_out() \g /dev/null
SELECT tests.reads('listing_search') AS before \gset
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT count(*) FROM feed(24, :'place')), 24::bigint, 'a later page');
SELECT tests.log_out() \g /dev/null
SELECT cmp_ok(tests.reads('listing_search') - :before, '<=', (300 + 25 * 25)::bigint, 'reads no more');

-- A new listing of a rare word, and one of a frequent word
SELECT pg_stat_get_xact_tuples_returned('saved_searches'::regclass) AS before, seq_scan AS scans FROM pg_stat_xact_user_tables WHERE relid = 'saved_searches'::regclass \gset
DELETE FROM outbox_events;
INSERT INTO listings (seller_id, title, description, price, currency, status) VALUES (:'sue', 'A zqgg thing', '', 1, 'EUR', 'active');
SELECT private.match_saved_searches(ARRAY(SELECT id FROM outbox_events)) \g /dev/null
SELECT is((SELECT count(*) FROM saved_search_matches), 1::bigint, 'a listing with a rare word matches');
SELECT cmp_ok(pg_stat_get_xact_tuples_fetched('saved_searches'::regclass), '<=', 20::bigint, 'and looks at few searches');
SELECT is((SELECT seq_scan FROM pg_stat_xact_user_tables WHERE relid = 'saved_searches'::regclass), :scans::bigint, 'not at all of them');
DELETE FROM outbox_events;
INSERT INTO listings (seller_id, title, description, price, currency, status) SELECT :'sue', 'Another thing ' || n, '', 1, 'EUR', 'active' FROM generate_series(1, 20) n;
SELECT pg_stat_get_xact_tuples_fetched('saved_searches'::regclass) AS before \gset
SELECT private.match_saved_searches(ARRAY(SELECT id FROM outbox_events)) \g /dev/null
SELECT cmp_ok(pg_stat_get_xact_tuples_fetched('saved_searches'::regclass) - :before, '<=', 20::bigint, 'nor do twenty others together');
DELETE FROM outbox_events;
INSERT INTO listings (seller_id, title, description, price, currency, status) VALUES (:'sue', 'A frequent thing', '', 1, 'EUR', 'active');
SELECT private.match_saved_searches(ARRAY(SELECT id FROM outbox_events)) \g /dev/null
SELECT is((SELECT count(*) FROM saved_search_matches), 1 + (SELECT count(*) FROM saved_searches WHERE query = 'frequent' AND notify <> 'off'), 'a frequent word finds all that have it, but for those that are off');

SELECT * FROM finish();
ROLLBACK;
