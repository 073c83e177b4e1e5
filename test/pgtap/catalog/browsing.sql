-- The tree of categories in several languages, how many listings it has, and the home page.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(84);
SELECT tests.sign_up('sue@browsing.example') AS sue, tests.sign_up('bob@browsing.example') AS bob, tests.sign_up('gone@browsing.example') AS gone,
       tests.sign_up('bad@browsing.example') AS bad, tests.sign_up('ann@browsing.example') AS ann, tests.sign_up('adm@browsing.example') AS adm \gset
UPDATE profiles SET role = 'admin', is_admin = true WHERE id = :'adm';
DELETE FROM listings;
DELETE FROM categories;
-- women > dresses > evening, women > shoes, kids > dresses; an inactive one with a child; a cycle that was loaded with triggers off
INSERT INTO categories (id, name, slug, parent_id, sort_order, translations) VALUES
    ('00000000-0000-4000-8000-0000000000c1', 'Women', 'women', NULL, 2, '{"bg": {"name": "Жени", "slug": "zheni"}, "pt-BR": {"name": "Mulheres"}, "pt": {"name": "Senhoras", "slug": "senhoras"}}'),
    ('00000000-0000-4000-8000-0000000000c2', 'Kids', 'kids', NULL, 1, '{}'),
    ('00000000-0000-4000-8000-0000000000c3', 'Shoes', 'women-shoes', '00000000-0000-4000-8000-0000000000c1', 2, '{"bg": {"name": "Обувки", "description": "За всички"}}'),
    ('00000000-0000-4000-8000-0000000000c4', 'Dresses', 'women-dresses', '00000000-0000-4000-8000-0000000000c1', 1, '{"bg": {"name": "Рокли", "slug": "rokli"}}'),
    ('00000000-0000-4000-8000-0000000000c5', 'Evening "}]', 'evening', '00000000-0000-4000-8000-0000000000c4', 1, '{}'),
    ('00000000-0000-4000-8000-0000000000c6', 'Dresses', 'kids-dresses', '00000000-0000-4000-8000-0000000000c2', 1, '{}');
INSERT INTO categories (id, name, slug, parent_id, is_active) VALUES
    ('00000000-0000-4000-8000-0000000000c7', 'Old', 'old', NULL, false), ('00000000-0000-4000-8000-0000000000c8', 'Below', 'below', '00000000-0000-4000-8000-0000000000c7', true);

CREATE FUNCTION tests.things(seller uuid, category text, how_many integer, status text DEFAULT 'active') RETURNS void LANGUAGE sql AS $$
    INSERT INTO listings (seller_id, title, description, price, status, category_id, subcategory_id)
    SELECT seller, 'A thing', 'Of use.', 10, status, COALESCE(c.parent_id, c.id), CASE WHEN c.parent_id IS NOT NULL THEN c.id END
      FROM generate_series(1, how_many) LEFT JOIN categories c ON c.slug = category
$$;

-- Names of the trees, as "Kids(Dresses) Women(...)".
CREATE FUNCTION tests.outline(tree jsonb, field text DEFAULT 'name') RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(node ->> field || CASE WHEN node -> 'children' <> '[]' THEN '(' || tests.outline(node -> 'children', field) || ')' ELSE '' END, ' ' ORDER BY place)
      FROM jsonb_array_elements(tree) WITH ORDINALITY AS t (node, place)
$$;

SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.outline(category_tree()), 'Kids(Dresses) Women(Dresses(Evening "}]) Shoes)', 'the active categories in their order, each below its parent');
SELECT is(tests.outline(category_tree('bg')), 'Kids(Dresses) Жени(Рокли(Evening "}]) Обувки)', 'in another language, where there is a name in it');
SELECT is(tests.outline(category_tree('bg'), 'slug'), 'kids(kids-dresses) zheni(rokli(evening) women-shoes)', 'slugs too');
SELECT is(tests.outline(category_tree('pt-BR')), 'Kids(Dresses) Mulheres(Dresses(Evening "}]) Shoes)', 'of a country');
SELECT is(tests.outline(category_tree('pt-BR'), 'slug'), 'kids(kids-dresses) senhoras(women-dresses(evening) women-shoes)', 'what it has not is said in the language');
SELECT is(tests.outline(category_tree('bg_BG')), tests.outline(category_tree('bg')), 'however the locale is written');
SELECT is(tests.outline(category_tree(locale)), tests.outline(category_tree()), format('%L is no language of ours', left(locale, 20))) FROM unnest(ARRAY['xx', '', '-', '$.*', repeat('bg', 100000)]) AS locale;
SELECT is((SELECT array_agg(key ORDER BY key) FROM jsonb_object_keys(category_tree() -> 0) AS key), '{children,description,icon,icon_url,id,name,product_count,slug}', 'what is told of each');
SELECT is(category_tree('bg') #>> '{1,children,1,description}', 'За всички', 'descriptions are translated');
SELECT tests.log_out() \g /dev/null
UPDATE categories SET is_active = false WHERE slug = 'women';
SELECT is(tests.outline(category_tree()), 'Kids(Dresses)', 'what is below an inactive one is not shown');
UPDATE categories SET is_active = NULL WHERE slug = 'women';
SELECT is(tests.outline(category_tree()), 'Kids(Dresses) Women(Dresses(Evening "}]) Shoes)', 'inactive is what says so');
SAVEPOINT none;
DELETE FROM categories;
SELECT is(category_tree(), '[]', 'there may be no categories');
ROLLBACK TO none;
SET LOCAL session_replication_role = replica;
UPDATE categories SET parent_id = '00000000-0000-4000-8000-0000000000c5' WHERE slug = 'women';
SET LOCAL session_replication_role = origin;
SELECT is(tests.outline(category_tree()), 'Kids(Dresses)', 'a cycle ends');
ROLLBACK TO none;

-- Slugs are unique in each locale

SELECT results_eq('SELECT locale, s.slug, c.name FROM category_slugs s JOIN categories c ON c.id = s.category_id ORDER BY locale, s.slug', $$VALUES
    ('bg'::varchar, 'rokli'::varchar, 'Dresses'::varchar), ('bg', 'zheni', 'Women'), ('pt', 'senhoras', 'Women')$$, 'slugs of translations are kept');
SELECT tests.log_in(:'adm') \g /dev/null
SELECT is(tests.error_of($$UPDATE categories SET translations = '{"bg": {"slug": "rokli"}}' WHERE slug = 'kids-dresses'$$), '23505 category_slugs_pkey', 'no slug twice in a language');
SELECT is(tests.error_of($$INSERT INTO categories (name, slug, translations) VALUES ('Men', 'men', '{"bg": {"slug": "zheni"}}')$$), '23505 category_slugs_pkey', 'nor in a new category');
SELECT lives_ok($$UPDATE categories SET translations = '{"ru": {"slug": "rokli"}}' WHERE slug = 'kids-dresses'$$, 'in another language it is another one');
SELECT lives_ok($$UPDATE categories SET translations = '{"bg": {"name": "Рокли"}}' WHERE slug = 'women-dresses'$$, 'a slug is given up');
SELECT lives_ok($$UPDATE categories SET translations = '{"ru": {"slug": "platya"}, "bg": {"slug": "rokli"}}' WHERE slug = 'kids-dresses'$$, 'and taken');
SELECT tests.log_out() \g /dev/null
SELECT results_eq('SELECT locale, slug FROM category_slugs ORDER BY locale, slug', $$VALUES ('bg'::varchar, 'rokli'::varchar), ('bg', 'zheni'), ('pt', 'senhoras'), ('ru', 'platya')$$, 'what is kept is what is there');
DELETE FROM categories WHERE slug = 'kids-dresses';
SELECT is((SELECT count(*) FROM category_slugs), 2::bigint, 'and goes with its category');
ROLLBACK TO none;
SELECT is(tests.error_of(format('UPDATE categories SET translations = %L WHERE slug = ''kids''', translations)), error, left(translations, 60))
  FROM (VALUES ('[]', '23514 categories_translations_check'), ('"bg"', '23514 categories_translations_check'), ('{"bg": "Рокли"}', '23514 categories_translations_check'),
               ('{"bg": {"title": "x"}}', '23514 categories_translations_check'), ('{"bg": {"name": 1}}', '23514 categories_translations_check'), ('{"bg": {"name": null}}', '23514 categories_translations_check'),
               ('{"bg": {"name": ""}}', '23514 categories_translations_check'), ('{"bg": {"name": "  "}}', '23514 categories_translations_check'), ('{"bg": {"slug": "a b"}}', '23514 categories_translations_check'),
               ('{"bg": {"slug": "a/b"}}', '23514 categories_translations_check'), ('{"bg": {"slug": ""}}', '23514 categories_translations_check'), ('{"Bulgarian!": {"name": "x"}}', '23514 categories_translations_check'),
               ('{"BG": {"name": "x"}}', '23514 categories_translations_check'), ('{"bg": {"name": "' || repeat('x', 101) || '"}}', '23514 categories_translations_check'),
               ('{"bg": {"slug": "' || repeat('x', 101) || '"}}', '23514 categories_translations_check'), ('{"bg": {"description": "' || repeat('x', 70000) || '"}}', '54000 value of "translations" in "categories" is too large'),
               ('{"bg": {"name": "' || repeat('Ж', 100) || '", "description": ""}}', 'no error'), ('{"pt-BR": {}}', 'no error')) v (translations, error);
ROLLBACK TO none;
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is_empty($$UPDATE categories SET translations = '{"bg": {"slug": "x"}}' RETURNING 1$$, 'users translate nothing');
SELECT throws_ok($$INSERT INTO category_slugs SELECT 'bg', 'x', id FROM categories LIMIT 1$$, '42501', NULL, 'nor write slugs');
SELECT throws_ok('UPDATE category_counts SET product_count = 9', '42501', NULL, 'nor numbers');
SELECT throws_ok('SELECT refresh_category_counts()', '42501', NULL, 'nor count');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM category_counts), 0::bigint, 'nothing was counted yet');
SELECT is((SELECT sum(product_count) FROM get_categories_with_counts()), 0::numeric, 'which is said as 0');

-- Counts. By hand: below women 5 (evening 2, dresses 1, shoes 1, women itself 1), kids 1, none 1; not what is sold, a draft, or of somebody who is away.

SELECT tests.things(:'sue', 'evening', 2), tests.things(:'bob', 'women-dresses', 1), tests.things(:'sue', 'women-shoes', 1), tests.things(:'sue', 'women', 1), tests.things(:'sue', 'kids-dresses', 1),
       tests.things(:'sue', NULL, 1), tests.things(:'sue', 'kids', 1, 'draft'), tests.things(:'sue', 'kids', 2, 'sold'), tests.things(:'bad', 'kids', 4), tests.things(:'gone', 'kids', 8), tests.things(:'sue', 'below', 1) \g /dev/null
UPDATE profiles SET suspended_at = now() WHERE id = :'bad';
UPDATE profiles SET deleted_at = now() WHERE id = :'gone';
-- the evening dresses are free of shipping, one of them long there; the shoes are featured and go everywhere
UPDATE listings SET shipping_cost = 0 WHERE subcategory_id = '00000000-0000-4000-8000-0000000000c5';
UPDATE listings SET published_at = now() - interval '8 days' WHERE id = (SELECT min(id::text)::uuid FROM listings WHERE subcategory_id = '00000000-0000-4000-8000-0000000000c5');
UPDATE listings SET is_featured = true, ships_worldwide = true, shipping_cost = 5 WHERE subcategory_id = '00000000-0000-4000-8000-0000000000c3';
CREATE FUNCTION tests.counts() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', category_data ->> 'slug', product_count), ', ' ORDER BY category_data ->> 'slug') FROM get_categories_with_counts()
$$;
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(refresh_category_counts(), 13, 'eight categories and five numbers of all are written');
SELECT is(refresh_category_counts(), 1, 'again: but when they were counted');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.counts(), 'below 1, evening 2, kids 1, kids-dresses 1, women 5, women-dresses 3, women-shoes 1', 'each with what is below it');
SELECT is(tests.outline(category_tree(), 'product_count'), '1(1) 5(3(2) 1)', 'in the tree too');
SELECT results_eq('SELECT * FROM get_virtual_category_counts()', $$VALUES ('all', 8::bigint), ('featured', 1::bigint), ('new', 7::bigint), ('free_shipping', 2::bigint), ('ships_worldwide', 1::bigint)$$, 'and what is in no category');
SELECT results_eq('SELECT category_data ->> ''slug'' FROM get_categories_with_counts()', $$VALUES ('below'), ('women-dresses'), ('kids-dresses'), ('evening'), ('kids'), ('women-shoes'), ('women')$$, 'in their order');
SELECT is((SELECT count(*) FROM get_categories_with_counts() WHERE category_data ?& '{id,name,slug,icon,parent_id,translations}'), 7::bigint, 'with their columns');
SELECT tests.log_out() \g /dev/null
UPDATE listings SET status = 'sold' WHERE category_id = '00000000-0000-4000-8000-0000000000c2' AND subcategory_id IS NOT NULL;
SELECT tests.things(:'sue', 'women-shoes', 3) \g /dev/null
UPDATE categories SET name = 'More dresses', parent_id = '00000000-0000-4000-8000-0000000000c2' WHERE slug = 'women-dresses';
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(refresh_category_counts(), 5, 'what has changed is written: kids-dresses, kids, women-shoes, all, new');
SELECT is(tests.counts(), 'below 1, evening 2, kids 3, kids-dresses 0, women 5, women-dresses 3, women-shoes 4', 'after sales, new listings, and a category that has moved');
SELECT tests.log_out() \g /dev/null
DELETE FROM listings WHERE category_id = '00000000-0000-4000-8000-0000000000c7';
DELETE FROM categories WHERE slug = 'below';
SELECT refresh_category_counts() \g /dev/null
SELECT is_empty('SELECT FROM category_counts n WHERE n.category_id <> ''00000000-0000-0000-0000-000000000000'' AND NOT EXISTS (SELECT FROM categories c WHERE c.id = n.category_id)', 'what is gone is not counted');
SET LOCAL session_replication_role = replica;
UPDATE categories SET parent_id = '00000000-0000-4000-8000-0000000000c5' WHERE slug = 'women-dresses';
SET LOCAL session_replication_role = origin;
SELECT refresh_category_counts() \g /dev/null
SELECT is(tests.counts(), 'evening 3, kids 0, kids-dresses 0, women 5, women-dresses 3, women-shoes 4', 'counting a cycle ends');


-- The home page

ROLLBACK TO none;
SELECT tests.things(:'sue', 'women', 3), tests.things(:'bob', 'kids', 1), tests.things(:'bad', 'kids', 1), tests.things(:'gone', 'kids', 1) \g /dev/null
WITH numbered AS (SELECT id, row_number() OVER (ORDER BY seller_id = :'sue' DESC, seller_id = :'bob' DESC, seller_id = :'bad' DESC, id) AS n FROM listings)
UPDATE listings l SET title = 'Thing ' || n.n, is_featured = n.n <> 3, published_at = now() - n.n * interval '1 hour', favorite_count = 0 FROM numbered n WHERE n.id = l.id;
UPDATE listings SET status = 'sold' WHERE title = 'Thing 2';
UPDATE profiles SET total_sales = CASE id WHEN :'sue' THEN 3 WHEN :'bad' THEN 9 WHEN :'gone' THEN 8 WHEN :'ann' THEN 0 ELSE 5 END;
UPDATE profiles SET suspended_at = now() WHERE id = :'bad';
UPDATE profiles SET deleted_at = now() WHERE id = :'gone';
CREATE FUNCTION tests.titles(type text, most integer DEFAULT 20) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(listing_data ->> 'title', ', '), 'none') FROM get_homepage_listings(type, most)
$$;
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.titles('featured'), 'Thing 1, Thing 4', 'featured things of who may sell, the newest first');
SELECT is(tests.titles(NULL, NULL), 'Thing 1, Thing 4', 'which is the default');
SELECT is(tests.titles('featured', 1), 'Thing 1', 'so many');
SELECT is(tests.titles('featured', n), 'none', n || ' is none') FROM unnest(ARRAY[0, -1, -2147483648]) n;
SELECT throws_ok('SELECT get_homepage_listings(''sold'')', '22023', 'unrecognized type of listings', 'there is no other type');
SELECT is((SELECT listing_data -> 'seller' ->> 'username' FROM get_homepage_listings('featured', 1)), 'sue', 'with their sellers');
SELECT is((SELECT array_agg(key ORDER BY key) FROM jsonb_object_keys(get_homepage_data()) key), '{categories,featured_products,promoted_products,top_sellers}', 'a home page in one object');
SELECT is((SELECT string_agg(value ->> 'title', ', ') FROM jsonb_array_elements(get_homepage_data() -> 'promoted_products')), 'Thing 1, Thing 4', 'with what is featured');
SELECT is(get_homepage_data() -> 'categories', category_tree(), 'the categories');
SELECT is((SELECT string_agg(format('%s %s', value ->> 'username', value ->> 'total_sales'), ', ') FROM jsonb_array_elements(get_homepage_data() -> 'top_sellers')), (SELECT string_agg(username || ' ' || total_sales, ', ' ORDER BY total_sales DESC, id) FROM profiles WHERE total_sales > 0 AND username NOT IN ('bad', 'gone')),
    'and the best sellers who are there');
SELECT is(jsonb_array_length(get_homepage_data(1, 1, 2) -> 'top_sellers'), 2, 'so many');
SELECT is(get_homepage_data(0, 0, 0) - 'categories', '{"top_sellers": [], "promoted_products": [], "featured_products": []}', 'or none');
SELECT tests.log_out() \g /dev/null

-- Popular: three favorites are worth two weeks, log2(1 + 3); thing 3 has them and is a year old, thing 4 has one, which is worth a week.
UPDATE listings SET published_at = now() - interval '1 year' WHERE title = 'Thing 3';
INSERT INTO favorites (user_id, listing_id) SELECT p.id, l.id FROM profiles p, listings l WHERE l.title = 'Thing 3' AND p.username IN ('sue', 'ann', 'adm') OR l.title = 'Thing 4' AND p.username = 'ann';
SELECT tests.log_in_as_service() \g /dev/null
SELECT reindex_search() \g /dev/null
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.titles('popular'), 'Thing 4, Thing 1, Thing 3', 'popular things by favorites and age');
SELECT is(tests.titles('popular', 2), 'Thing 4, Thing 1', 'so many');
SELECT is((SELECT string_agg(value ->> 'title', ', ') FROM jsonb_array_elements(get_homepage_data(1) -> 'featured_products')), 'Thing 4, Thing 3', 'what is promoted does not stand there twice');
SELECT tests.log_out() \g /dev/null
UPDATE listing_search SET hot = hot + 99 WHERE listing_id = (SELECT id FROM listings WHERE title = 'Thing 3');
SELECT is(tests.titles('popular', 1), 'Thing 3', 'what the index says');
SET LOCAL session_replication_role = replica;
UPDATE listings SET status = 'removed' WHERE title = 'Thing 3';
SET LOCAL session_replication_role = origin;
SELECT is(tests.titles('popular'), 'Thing 4, Thing 1', 'but nothing that is gone, also where the index lags');
UPDATE listings SET status = 'active' WHERE title = 'Thing 3';
SELECT tests.log_in(:'ann') \g /dev/null
SELECT block_user(:'bob') \g /dev/null
SELECT is(tests.titles('popular'), 'Thing 1, Thing 3', 'not of whom one has blocked');
SELECT is(tests.titles('featured'), 'Thing 1', 'not of whom one has blocked');
SELECT is((SELECT count(*) FROM jsonb_array_elements(get_homepage_data() -> 'top_sellers') WHERE value ->> 'username' = 'bob'), 0::bigint, 'who is no top seller then');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT is(tests.titles('featured'), 'Thing 1, Thing 4', 'others see what there is');
SELECT block_user(:'sue') \g /dev/null
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.titles('featured'), 'Thing 1', 'nor of who has blocked one');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
