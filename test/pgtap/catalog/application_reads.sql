-- Favorites and profile pages as older applications call them.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('reads.example') \gset
SELECT tests.a_listing(:'seller', 10) AS lamp, tests.a_listing(:'seller', 20) AS vase, tests.a_listing(:'seller', 30, status => 'draft') AS draft, tests.a_listing(:'seller', 40) AS gone \gset
UPDATE listings SET created_at = '2030-01-01' WHERE id = :'lamp';
UPDATE listings SET metadata = '{"cost price": 3}' WHERE id = :'vase';
INSERT INTO favorites (user_id, listing_id, created_at) VALUES (:'buyer', :'lamp', '2030-01-02'), (:'buyer', :'vase', '2030-01-01'), (:'buyer', :'gone', '2030-01-03'), (:'other', :'vase', '2030-01-01');
UPDATE listings SET status = 'removed' WHERE id = :'gone';

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT results_eq(format('SELECT (listing_data ->> ''id'')::uuid, created_at FROM get_user_favorites_with_listings(%L, 20, 0)', :'buyer'),
    format($$VALUES (%L::uuid, '2030-01-02'::timestamptz), (%L, '2030-01-01')$$, :'lamp', :'vase'), 'favorites that can be seen, the latest first');
SELECT results_eq(format('SELECT (listing_data ->> ''id'')::uuid FROM get_user_favorites_with_listings(%L, 1, 1)', :'buyer'), format('VALUES (%L::uuid)', :'vase'), 'page by page');
SELECT is((SELECT listing_data -> 'profiles' ->> 'id' FROM get_user_favorites_with_listings(:'buyer', 1, 0)), :'seller', 'with the seller');
SELECT is((SELECT listing_data ->> 'like_count' FROM get_user_favorites_with_listings(:'buyer', 1, 1)), '2', 'and how many like it');
SELECT ok(NOT (SELECT bool_or(listing_data -> 'profiles' ?| '{email,phone,settings}') OR bool_or(listing_data ? 'metadata') FROM get_user_favorites_with_listings(:'buyer')), 'and nothing private');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('seller other moderator admin suspended', format('SELECT * FROM get_user_favorites_with_listings(%L, 20, 0)', :'buyer')), '42501 for seller other moderator admin suspended', 'favorites are shown to whose they are');
SELECT is(tests.answers('anon', format('SELECT * FROM get_user_favorites_with_listings(%L, 20, 0)', :'buyer')), '42501 for anon', 'and to no stranger');
SELECT is(tests.answers('buyer other', format('SELECT * FROM get_user_favorites_with_listings(%L)', :'seller')), '42501 for buyer other', 'also those of a user who has none');
SELECT is(tests.asked('service', format('SELECT count(*) FROM get_user_favorites_with_listings(%L)', :'buyer')), '2', 'but to the service');

SELECT tests.log_in_as_anon() \g /dev/null
SELECT results_eq(format('SELECT array_length(listings, 1), total_listings, total_likes, total_sales FROM get_profile_listings_with_stats(%L, NULL, 1)', :'seller'), 'VALUES (1, 2::bigint, 3::bigint, 0::bigint)', 'everybody sees a profile page');
SELECT results_eq(format('SELECT (l ->> ''id'')::uuid, (l ->> ''is_favorited'')::boolean FROM get_profile_listings_with_stats(%L), unnest(listings) l', :'seller'),
    format('VALUES (%L::uuid, false), (%L, false)', :'lamp', :'vase'), 'with what is shown only');
SELECT tests.log_in(:'other') \g /dev/null
SELECT results_eq(format('SELECT (l ->> ''id'')::uuid, (l ->> ''is_favorited'')::boolean FROM get_profile_listings_with_stats(%L, %L, 20), unnest(listings) l', :'seller', :'other'),
    format('VALUES (%L::uuid, false), (%L, true)', :'lamp', :'vase'), 'and what the viewer likes');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('anon other', format('SELECT * FROM get_profile_listings_with_stats(%L, %L)', :'seller', :'buyer')), '42501 for anon other', 'what another likes is not told');
UPDATE profiles SET deleted_at = now() WHERE id = :'seller';
SELECT is(tests.answers('anon other', format('SELECT * FROM get_profile_listings_with_stats(%L)', :'seller')), '0 rows for anon other', 'a deleted profile has no page');

-- Who asks is judged also where the plan has no row to compare
DELETE FROM favorites;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_bitmapscan = off;
SELECT is(tests.answers('seller other', format('SELECT * FROM get_user_favorites_with_listings(%L)', :'buyer')), '42501 for seller other', 'an empty table is no permission');

SELECT * FROM finish();
ROLLBACK;
