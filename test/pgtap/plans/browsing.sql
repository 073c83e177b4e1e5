-- What clients filter listings by, in 60,000 of them: an index answers as anon and as a user, or docs/browse.md names the function to use instead.
BEGIN;
SELECT * FROM no_plan();
SELECT tests.sign_up('eve@browsing.example') AS eve \gset
SET LOCAL session_replication_role = replica;
INSERT INTO categories (id, name, slug, parent_id) SELECT md5('c' || n)::uuid, 'Category ' || n, 'category-' || n, CASE WHEN n > 10 THEN md5('c' || 1 + n % 10)::uuid END FROM generate_series(1, 60) n;
INSERT INTO listings (id, seller_id, title, slug, description, category_id, subcategory_id, condition, price, quantity, status, is_featured, created_at, published_at, brand, size, color)
SELECT md5('l' || n)::uuid, md5('s' || n % 3000)::uuid, 'Thing ' || n, 'thing-' || n, repeat('Some words that say something. ', 6),
       md5('c' || CASE WHEN n % 60 >= 10 THEN 1 + n % 10 ELSE 1 + n % 60 END)::uuid, CASE WHEN n % 60 >= 10 THEN md5('c' || 1 + n % 60)::uuid END,
       (ARRAY['new', 'good', 'worn'])[1 + n % 3], 1 + n % 1000, 1, (ARRAY['active', 'active', 'active', 'active', 'active', 'active', 'active', 'sold', 'sold', 'archived'])[1 + n / 7 % 10],
       n % 1000 = 0, now() - n * interval '7 minutes', now() - n * interval '7 minutes', 'Brand ' || CASE WHEN n % 2 = 0 THEN 0 ELSE n % 997 END, (ARRAY['S', 'M', 'L'])[1 + n / 3 % 3],
       (ARRAY['black', 'white', 'red'])[1 + n / 9 % 3]
  FROM generate_series(1, 60000) n;
UPDATE listings SET size = '52', color = 'violet', condition = 'unheard' WHERE slug IN ('thing-4000', 'thing-31111');
UPDATE listings SET status = 'reserved' WHERE slug = 'thing-59991';
SET LOCAL session_replication_role = origin;
ANALYZE listings;

-- rows: how many at most may be looked at for a page of 24
CREATE TEMP TABLE reads (name text, condition text, ordered_by text DEFAULT 'created_at DESC', rows integer);
INSERT INTO reads (name, condition, rows) VALUES
    ('id', $$id = md5('l5')::uuid$$, 1), ('slug', $$slug = 'thing-77'$$, 1), ('newest', $$status = 'active'$$, 100),
    ('category', $$status = 'active' AND category_id = md5('c1')::uuid$$, 400), ('subcategory', $$status = 'active' AND subcategory_id = md5('c59')::uuid$$, 100),
    ('empty category', $$status = 'active' AND category_id = md5('c0')::uuid$$, 100), ('two categories', $$status = 'active' AND category_id IN (md5('c1')::uuid, md5('c2')::uuid)$$, 1000),
    ('seller', $$status = 'active' AND seller_id = md5('s7')::uuid$$, 100),
    ('frequent brand', $$status = 'active' AND brand = 'Brand 0'$$, 200), ('rare brand', $$status = 'active' AND brand = 'Brand 77'$$, 100), ('unknown brand', $$status = 'active' AND brand = 'Nobody'$$, 1),
    ('rare brands', $$status = 'active' AND brand IN ('Brand 77', 'Brand 78')$$, 200),
    ('frequent size', $$status = 'active' AND size = 'M'$$, 300), ('rare size', $$status = 'active' AND size = '52'$$, 10), ('unknown size', $$status = 'active' AND size = '99'$$, 1),
    ('frequent color', $$status = 'active' AND color = 'red'$$, 300), ('rare color', $$status = 'active' AND color = 'violet'$$, 10), ('unknown color', $$status = 'active' AND color = 'grue'$$, 1),
    ('frequent condition', $$status = 'active' AND condition = 'good'$$, 300), ('rare condition', $$status = 'active' AND condition = 'unheard'$$, 10), ('unknown condition', $$status = 'active' AND condition = 'x'$$, 1),
    ('featured', $$status = 'active' AND is_featured$$, 100), ('featured is true', $$status = 'active' AND is_featured = true$$, 100);
INSERT INTO reads VALUES
    ('cheapest', $$status = 'active'$$, 'price', 1000), ('cheapest of a category', $$status = 'active' AND category_id = md5('c1')::uuid$$, 'price', 2000), ('published last', $$status = 'active'$$, 'published_at DESC', 100),
    -- what docs/browse.md has a function for
    ('price from and to', $$status = 'active' AND price >= 500 AND price <= 502$$, 'created_at DESC', NULL), ('title', $$status = 'active' AND title ILIKE '%unheard%'$$, 'created_at DESC', NULL),
    ('words', $$status = 'active' AND to_tsvector('english', title) @@ to_tsquery('english', 'unheard')$$, 'created_at DESC', NULL), ('popular', $$status = 'active'$$, 'favorite_count DESC', NULL),
    ('rare status', $$status = 'reserved'$$, 'created_at DESC', NULL);

-- How many rows of the table a plan has looked at, "whole" for all.
CREATE FUNCTION tests.looked_at(plan jsonb) RETURNS numeric LANGUAGE sql AS $$
    SELECT COALESCE((plan ->> 'Actual Rows')::numeric * (plan ->> 'Actual Loops')::numeric * (plan ? 'Relation Name')::integer, 0)
         + COALESCE((plan ->> 'Rows Removed by Filter')::numeric * (plan ->> 'Actual Loops')::numeric * (plan ? 'Relation Name')::integer, 0)
         + COALESCE((SELECT sum(tests.looked_at(child)) FROM jsonb_array_elements(plan -> 'Plans') child), 0)
$$;
CREATE FUNCTION tests.plan_of(query text, me uuid) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    plan json;
BEGIN
    IF me IS NULL THEN PERFORM tests.log_in_as_anon(); ELSE PERFORM tests.log_in(me); END IF;
    EXECUTE 'EXPLAIN (ANALYZE, TIMING OFF, SUMMARY OFF, FORMAT JSON) ' || query INTO plan;
    PERFORM tests.log_out();
    RETURN plan::jsonb -> 0 -> 'Plan';
END $$;
CREATE TEMP TABLE plans AS
    SELECT r.*, who.name AS who, tests.plan_of(format('SELECT * FROM listings WHERE %s ORDER BY %s LIMIT 24', r.condition, r.ordered_by), who.id) AS plan
      FROM reads r CROSS JOIN (VALUES ('anon', NULL), ('a user', :'eve'::uuid)) AS who (name, id);
SELECT is((SELECT count(*) FROM plans WHERE rows IS NOT NULL), 52::bigint, 'the reads have plans');
SELECT is_empty('SELECT who, name FROM plans WHERE rows IS NOT NULL AND plan::text ~ ''Seq Scan''', 'none reads the whole table');
SELECT is_empty('SELECT who, name, tests.looked_at(plan) FROM plans WHERE tests.looked_at(plan) > rows', 'and none looks at much more than it shows');
SELECT set_eq('SELECT DISTINCT name FROM plans WHERE plan::text ~ ''Seq Scan'' OR tests.looked_at(plan) > 5000', ARRAY['price from and to', 'title', 'words', 'popular', 'rare status'],
    'those that do are those that the page has another way for');
SELECT is_empty($$SELECT indexrelid::regclass, column_name FROM pg_index i CROSS JOIN LATERAL (SELECT a.attname AS column_name FROM pg_attribute a WHERE a.attrelid = i.indrelid AND (a.attnum = ANY (i.indkey)
        OR pg_get_expr(i.indpred, i.indrelid) ~ ('\m' || a.attname || '\M') OR pg_get_expr(i.indexprs, i.indrelid) ~ ('\m' || a.attname || '\M'))) c
     WHERE i.indrelid = 'listings'::regclass AND column_name IN ('status', 'quantity', 'sold_at', 'updated_at', 'favorite_count', 'view_count')$$,
    'no index has what a sale, a favorite or a view changes');

-- A sale of a last piece writes the listing and no index
SELECT tests.sign_up('sue@browsing.example') AS sue \gset
INSERT INTO listings (seller_id, title, description, price, quantity, status) SELECT :'sue', 'A lamp', 'Bright.', 10, 1, 'active' FROM generate_series(1, 20);
SELECT pg_stat_get_xact_tuples_hot_updated('listings'::regclass) AS before \gset
UPDATE listings SET status = 'sold', quantity = 0, sold_at = now() WHERE id = (SELECT id FROM listings WHERE seller_id = :'sue' LIMIT 1);
SELECT is(pg_stat_get_xact_tuples_hot_updated('listings'::regclass) - :before, 1::bigint, 'a sale of a last piece writes no index');

SELECT * FROM finish();
ROLLBACK;
