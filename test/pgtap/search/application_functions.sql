-- Search by the names and named arguments that applications call: over search(), with what it shows and to whom.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
\ir ../../fixtures/search.sql
SELECT * FROM no_plan();
SELECT tests.open_shop(400);
-- to be asked for by those who may not read all that it looks at
ALTER FUNCTION tests.fits(listings, text, jsonb) SECURITY DEFINER;
SELECT tests.sign_up('ann@apps.example') AS ann, tests.sign_up('bob@apps.example') AS bob \gset
SELECT id AS fashion FROM categories WHERE slug = 'fashion' \gset
SELECT id AS kind FROM categories WHERE slug = 'kind-2' \gset
SELECT id AS part FROM categories WHERE slug = 'part-1' \gset
INSERT INTO favorites (user_id, listing_id) SELECT :'ann', s.listing_id FROM search('dress', '{}', 'newest', 2) s;

SELECT tests.log_in_as_anon() \g /dev/null
SELECT results_eq($$SELECT (listing_data ->> 'id')::uuid, is_favorited FROM get_listings_with_favorites(p_limit => 5, p_offset => 3, p_search => 'dress', p_sort_by => 'price', p_sort_order => 'asc')$$,
    $$SELECT listing_id, false FROM search('dress', '{}', 'price_asc') LIMIT 5 OFFSET 3$$, 'a page by limit and offset');
SELECT results_eq(format($$SELECT (listing_data ->> 'id')::uuid FROM get_listings_with_favorites(p_user_id => NULL, p_limit => 10, p_offset => 0, p_status => 'active', p_category_id => %L, p_subcategory_id => %L,
        p_min_price => 10, p_max_price => 150, p_brands => ARRAY['nike', 'Zara'], p_sizes => ARRAY['M', 'S', 'L'], p_conditions => ARRAY['good', 'new'], p_sort_by => 'created_at', p_sort_order => 'desc', p_search => NULL)$$, :'kind', :'part'),
    $$SELECT listing_id FROM search(NULL, '{"category": "part-1", "price_min": 10, "price_max": 150, "brands": ["nike", "Zara"], "sizes": ["M", "S", "L"], "conditions": ["good", "new"]}', 'newest', 10)$$, 'with all its arguments');
SELECT is((SELECT count(*) FROM get_listings_with_favorites(p_limit => 1000)), 100::bigint, 'at most a hundred');
SELECT is((SELECT count(*) FROM get_listings_with_favorites(p_limit => 90, p_offset => 150)), 90::bigint, 'over several pages of search()');
SELECT is((SELECT count(DISTINCT listing_data ->> 'id') FROM generate_series(0, 400, 80) o, get_listings_with_favorites(p_limit => 80, p_offset => o)), (SELECT count(*) FROM listings l WHERE tests.fits(l, NULL, '{}')),
    'offset after offset everything');
SELECT is((SELECT count(*) FROM get_listings_with_favorites(p_limit => 0)) + (SELECT count(*) FROM get_listings_with_favorites(p_limit => -1)), 0::bigint, 'or nothing');
SELECT is((SELECT count(*) FROM get_listings_with_favorites(p_offset => 999)), 0::bigint, 'nothing behind the end');
SELECT throws_ok('SELECT * FROM get_listings_with_favorites(p_offset => 1001)', '22023', 'offset must be between 0 and 1000', 'an offset has an end');
SELECT throws_ok($$SELECT * FROM get_listings_with_favorites(p_status => 'sold')$$, '0A000', 'only active listings can be searched', 'what is sold is not searched');
SELECT throws_ok($$SELECT * FROM get_listings_with_favorites(p_sort_by => 'view_count')$$, '22023', 'unrecognized sort: "view_count"', 'another order is refused');
SELECT throws_ok($$SELECT * FROM get_listings_with_favorites(p_sort_by => 'created_at', p_sort_order => 'asc')$$, '22023', 'unrecognized sort: "created_at asc"', 'and another direction');
SELECT throws_ok(format('SELECT * FROM get_listings_with_favorites(p_user_id => %L)', :'ann'), '42501', NULL, 'a visitor is nobody in particular');

SELECT is(get_listings_count(p_search => 'dress'), (SELECT count(*) FROM listings l WHERE tests.fits(l, 'dress', '{}')), 'how many there are');
SELECT is(get_listings_count(p_user_id => NULL, p_category_id => :'fashion', p_brands => ARRAY['Nike'], p_min_price => 5), (SELECT count(*) FROM listings l WHERE tests.fits(l, NULL, '{"category": "fashion", "brands": ["Nike"], "price_min": 5}')), 'of a kind');
SELECT results_eq(format($$SELECT (listing_data ->> 'id')::uuid, total_count FROM get_category_listings(p_category_id => %L, p_subcategory_id => NULL, p_limit => 7, p_offset => 2, p_sort_by => 'price', p_sort_order => 'desc',
        p_min_price => NULL, p_max_price => 180, p_brands => NULL, p_sizes => NULL, p_conditions => NULL, p_colors => ARRAY['blue'])$$, :'fashion'),
    $$SELECT listing_id, (SELECT count(*) FROM listings l WHERE tests.fits(l, NULL, '{"category": "fashion", "price_max": 180, "colors": ["blue"]}'))
        FROM search(NULL, '{"category": "fashion", "price_max": 180, "colors": ["blue"]}', 'price_desc') LIMIT 7 OFFSET 2$$, 'a category');
SELECT results_eq($$SELECT (listing_data ->> 'id')::uuid, listing_data ->> 'title' FROM search_listings(search_query => 'silk dress', limit_count => 5, offset_count => 2)$$, $$SELECT listing_id, title FROM search('silk dress') LIMIT 5 OFFSET 2$$, 'by relevance');
SELECT results_eq($$SELECT id, title, price, relevance_rank FROM search_products_fast(query_text => 'silk dress', result_limit => 4)$$, $$SELECT listing_id, title, price, score FROM search('silk dress') LIMIT 4$$, 'quickly');
SELECT results_eq($$SELECT f.category_name, f.first_image_url FROM search_products_fast('dress', 3) f$$, $$SELECT (SELECT c.name::text FROM categories c JOIN listings l ON c.id = coalesce(l.subcategory_id, l.category_id) WHERE l.id = s.listing_id), s.image_url FROM search('dress') s LIMIT 3$$,
    'with the name of the category and an image');

SELECT tests.log_in(:'ann') \g /dev/null
SELECT results_eq(format($$SELECT is_favorited FROM get_listings_with_favorites(p_user_id => %L, p_limit => 3, p_search => 'dress', p_sort_by => 'created_at')$$, :'ann'), 'VALUES (true), (true), (false)', 'the caller''s favorites');
SELECT throws_ok(format('SELECT * FROM get_listings_with_favorites(p_user_id => %L)', :'bob'), '42501', 'permission denied for data of another user', 'nobody else''s');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is((SELECT count(*) FROM get_listings_with_favorites(p_user_id => :'ann', p_search => 'dress', p_sort_by => 'created_at') WHERE is_favorited), 2::bigint, 'the service may name any user');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
