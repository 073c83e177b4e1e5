-- The catalog: image URLs, the tree of categories, variants.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(81);

-- get_optimized_image_url

CREATE TEMP TABLE url_case (n serial, url text, size text, result text, what text);
INSERT INTO url_case (url, size, result, what) VALUES
    ('https://img.example/a.webp', 'medium', 'https://img.example/a_medium.webp', 'a WebP image gets its size'),
    ('https://img.example/a.webp', 'thumb', 'https://img.example/a_thumb.webp', 'thumb'),
    ('https://img.example/a.webp', 'small', 'https://img.example/a_small.webp', 'small'),
    ('https://img.example/a.webp', 'large', 'https://img.example/a_large.webp', 'large'),
    ('https://img.example/a_thumb.webp', 'large', 'https://img.example/a_thumb.webp', 'what has a size keeps it'),
    ('https://img.example/a_small.webp', 'small', 'https://img.example/a_small.webp', 'also the same'),
    ('https://img.example/athumb.webp', 'small', 'https://img.example/athumb_small.webp', 'a name that only ends like a size has none: _ is no wildcard'),
    ('https://img.example/a.webp?v=1', 'small', 'https://img.example/a_small.webp?v=1', 'a query string stays behind'),
    ('https://img.example/a.webp#top', 'small', 'https://img.example/a_small.webp#top', 'a fragment too'),
    ('https://img.example/a.webp?v=1#top', 'small', 'https://img.example/a_small.webp?v=1#top', 'both'),
    ('https://img.example/a_large.webp?v=1', 'small', 'https://img.example/a_large.webp?v=1', 'a size before a query string counts'),
    ('https://img.example/a.png?next=b.webp', 'small', 'https://img.example/a.png?next=b.webp', '.webp in a query string does not'),
    ('https://img.example/a.webp.d/b.webp', 'small', 'https://img.example/a.webp.d/b_small.webp', '.webp elsewhere in the path stays'),
    ('https://img.example/a.webp/b', 'small', 'https://img.example/a.webp/b', 'only the end of the path counts'),
    ('https://cdn.webp', 'small', 'https://cdn.webp', 'a host is no path'),
    ('https://img.example/a.jpg', 'small', 'https://img.example/a.jpg', 'another format comes back unchanged'),
    ('https://img.example/a.WEBP', 'small', 'https://img.example/a.WEBP', 'other letters are another format'),
    ('a.webp', 'small', 'a_small.webp', 'a relative path works'),
    ('.webp', 'small', '_small.webp', 'even without a name'),
    ('', 'small', '', 'nothing gives nothing'),
    ('bild/größe.webp', 'small', 'bild/größe_small.webp', 'any letters'),
    ('it''s "a" b\c.webp', 'small', 'it''s "a" b\c_small.webp', 'quotes and backslashes'),
    (NULL, 'small', NULL, 'NULL gives NULL'),
    ('a.webp', NULL, NULL, 'a size NULL too');
SELECT is(get_optimized_image_url(url, size), result, what) FROM url_case ORDER BY n;
SELECT is(get_optimized_image_url('a.webp'), 'a_medium.webp', 'the size is medium by itself');
SELECT is(get_optimized_image_url(size => 'thumb', base_url => 'a.webp'), 'a_thumb.webp', 'the arguments can be named');
SELECT throws_ok(format('SELECT get_optimized_image_url(''a.webp'', %L)', size), '22023', 'unrecognized image size', format('"%s" is no size', size))
  FROM unnest(ARRAY['', 'Medium', 'huge', ' small', '_small', '../../etc/passwd']) size;
SELECT throws_ok($$SELECT get_optimized_image_url('a.png', 'huge')$$, '22023', 'unrecognized image size', 'a size is looked at whatever the URL');

-- Categories

INSERT INTO categories (name, slug) VALUES ('Women', 'women') RETURNING id AS women \gset
INSERT INTO categories (name, slug) VALUES ('Kids', 'kids') RETURNING id AS kids \gset
INSERT INTO categories (name, slug, parent_id) VALUES ('Dresses', 'women-dresses', :'women') RETURNING id AS dresses \gset
SELECT lives_ok(format($$INSERT INTO categories (name, slug, parent_id) VALUES ('Dresses', 'kids-dresses', %L)$$, :'kids'), 'a name may be used under two parents');
SELECT throws_ok(format($$INSERT INTO categories (name, slug, parent_id) VALUES ('Dresses', 'women-dresses-2', %L)$$, :'women'), '23505', NULL, 'but not twice under one');
SELECT throws_ok($$INSERT INTO categories (name, slug) VALUES ('Women', 'women-2')$$, '23505', NULL, 'nor twice at the top');
SELECT throws_ok(format($$INSERT INTO categories (name, slug, parent_id) VALUES ('Skirts', 'women-dresses', %L)$$, :'women'), '23505', NULL, 'a slug is unique in the whole tree');
INSERT INTO categories (name, slug, parent_id) VALUES ('Summer', 'summer', :'dresses') RETURNING id AS summer \gset
SELECT is(tests.error_of(format('UPDATE categories SET parent_id = id WHERE id = %L', :'women')), '23514 keep_category_tree', 'a category is not its own parent');
SELECT is(tests.error_of(format('UPDATE categories SET parent_id = %L WHERE id = %L', :'dresses', :'women')), '23514 keep_category_tree', 'nor its child''s child');
SELECT is(tests.error_of(format('UPDATE categories SET parent_id = %L WHERE id = %L', :'summer', :'women')), '23514 keep_category_tree', 'nor any deeper below itself');
SELECT throws_ok($$INSERT INTO categories (id, name, slug, parent_id) VALUES ('00000000-0000-4000-8000-000000000001', 'Self', 'self', '00000000-0000-4000-8000-000000000001')$$,
    '23514', NULL, 'not even when it is made');
SELECT throws_ok($$INSERT INTO categories (name, slug, parent_id) VALUES ('Orphan', 'orphan', '00000000-0000-4000-8000-00000000dead')$$, '23503', NULL, 'a parent exists');
SELECT lives_ok(format('UPDATE categories SET parent_id = %L WHERE id = %L', :'kids', :'summer'), 'a category may move');
SELECT lives_ok(format('UPDATE categories SET parent_id = NULL WHERE id = %L', :'summer'), 'also to the top');
SELECT lives_ok(format('UPDATE categories SET parent_id = %L WHERE id = %L', :'dresses', :'summer'), 'and back');
SELECT throws_ok(format('DELETE FROM categories WHERE id = %L', :'women'), '23503', NULL, 'a category with others below it cannot be deleted');
SELECT is((SELECT count(*) FROM categories WHERE id IN (:'women', :'dresses', :'summer')), 3::bigint, 'nothing of the subtree is gone');
SELECT results_eq(format($$SELECT p.slug::text FROM categories c JOIN categories p ON p.id = c.parent_id WHERE c.id IN (%L, %L) ORDER BY 1$$, :'dresses', :'summer'),
    $$VALUES ('women'), ('women-dresses')$$, 'and what was refused moved nothing');

-- Listings and variants

SELECT tests.sign_up('sue@example.com') AS sue, tests.sign_up('tom@example.com') AS tom \gset
SELECT tests.a_listing(:'sue') AS lamp, tests.a_listing(:'sue') AS chair, tests.a_listing(:'tom') AS table_of_tom \gset
SELECT tests.a_variant(:'lamp', 5, 'SKU-1') AS variant \gset
SELECT is((SELECT seller_id FROM product_variants WHERE id = :'variant'), :'sue'::uuid, 'a variant has the seller of its listing');
SELECT throws_ok(format($$SELECT tests.a_variant(%L, 5, 'SKU-1')$$, :'chair'), '23505', NULL, 'a sku is unique among the listings of a seller');
SELECT lives_ok(format($$SELECT tests.a_variant(%L, 5, 'SKU-1')$$, :'table_of_tom'), 'another seller may use the same');
SELECT lives_ok(format($$SELECT tests.a_variant(%L), tests.a_variant(%L)$$, :'lamp', :'lamp'), 'variants without a sku do not collide');
UPDATE product_variants SET seller_id = :'tom' WHERE id = :'variant';
SELECT is((SELECT seller_id FROM product_variants WHERE id = :'variant'), :'sue'::uuid, 'a variant cannot be written in another seller''s name');
SELECT throws_ok($$SELECT tests.a_variant('00000000-0000-4000-8000-00000000dead')$$, '23503', 'listing of the variant does not exist', 'a variant has a listing');
SELECT throws_ok(format($$UPDATE listings SET status = 'whatever' WHERE id = %L$$, :'lamp'), '23514', NULL, 'a status is one of those that exist');
SELECT throws_ok(format($$UPDATE listings SET status = NULL WHERE id = %L$$, :'lamp'), '23502', NULL, 'and not none');
SELECT throws_ok(format($$UPDATE listings SET currency = 'usd' WHERE id = %L$$, :'lamp'), '22023', NULL, 'a currency has three capital letters');
SELECT throws_ok(format($$UPDATE listings SET currency = NULL WHERE id = %L$$, :'lamp'), '23502', NULL, 'and is not unknown');
SELECT throws_ok(format($$UPDATE listings SET price = 'NaN' WHERE id = %L$$, :'lamp'), '23514', NULL, 'NaN is no price');
SELECT throws_ok(format($$UPDATE listings SET quantity = -1 WHERE id = %L$$, :'lamp'), '23514', NULL, 'there are no fewer pieces than none');
SELECT throws_ok(format($$UPDATE listings SET quantity = NULL WHERE id = %L$$, :'lamp'), '23502', NULL, 'nor an unknown number');
SELECT is((SELECT updated_at FROM listings WHERE id = :'lamp'), now(), 'a new listing is as old as its transaction');
UPDATE listings SET updated_at = '2000-01-01' WHERE id = :'lamp';
SELECT is((SELECT updated_at FROM listings WHERE id = :'lamp'), now(), 'updated_at is the database''s to set');
SELECT throws_ok('SELECT update_updated_at_column()', '39P01', NULL, 'update_updated_at_column is for triggers');
CREATE TEMP TABLE plain_table (i integer);
CREATE TRIGGER wrong_table BEFORE UPDATE ON plain_table FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
CREATE TRIGGER wrong_event BEFORE INSERT ON plain_table FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
SELECT throws_ok('INSERT INTO plain_table VALUES (1)', '39P01', 'function of trigger "wrong_event" was not fired as expected', 'which say what is wrong when they are for another event');
ALTER TABLE plain_table DISABLE TRIGGER wrong_event;
INSERT INTO plain_table VALUES (1);
SELECT throws_ok('UPDATE plain_table SET i = 2', '42703', 'table "plain_table" has no column "updated_at"', 'or for a table without the column');

-- Sellers and everybody else

SELECT tests.log_in(:'sue');
INSERT INTO listings (seller_id, title, slug, description, price) VALUES (:'sue', 'Draft', 'draft-of-sue', 'Later.', 5) RETURNING id AS draft, status AS draft_status \gset
SELECT is(:'draft_status'::text, 'draft', 'a seller makes a draft and sees it at once');
SELECT lives_ok(format($$UPDATE listings SET status = 'active' WHERE id = %L$$, :'draft'), 'and publishes it');
SELECT lives_ok(format($$UPDATE listings SET status = 'draft' WHERE id = %L$$, :'draft'), 'and takes it back');
SELECT lives_ok(format($$INSERT INTO product_variants (listing_id, name, price) VALUES (%L, 'red', 5)$$, :'draft'), 'and gives it a variant');
SELECT throws_ok(format($$UPDATE listings SET status = 'sold' WHERE id = %L$$, :'draft'), '42501', NULL, 'but does not declare it sold');
SELECT throws_ok(format($$UPDATE listings SET view_count = 1000 WHERE id = %L$$, :'draft'), '42501', NULL, 'nor often seen');
SELECT throws_ok(format($$UPDATE listings SET is_featured = true WHERE id = %L$$, :'draft'), '42501', NULL, 'nor featured');
SELECT throws_ok(format($$INSERT INTO listings (seller_id, title, slug, description, price) VALUES (%L, 'X', 'x', 'x', 1)$$, :'tom'), '42501', NULL, 'nor lists in another''s name');
SELECT throws_ok(format($$INSERT INTO product_variants (listing_id, name, price) VALUES (%L, 'cheap', 0)$$, :'table_of_tom'), '42501', NULL, 'nor adds a variant to another''s listing');
SELECT throws_ok($$INSERT INTO categories (name, slug) VALUES ('Mine', 'mine')$$, '42501', NULL, 'nor makes a category');
SELECT tests.log_in(:'tom');
SELECT is((SELECT count(*) FROM listings WHERE id = :'draft') + (SELECT count(*) FROM product_variants WHERE listing_id = :'draft'), 0::bigint, 'others do not see a draft and its variants');
SELECT tests.log_in_as_anon();
SELECT is((SELECT count(*) FROM listings), 3::bigint, 'anon sees what is for sale');
SELECT is((SELECT count(*) FROM categories), 15::bigint, 'and every category');
SELECT throws_ok('DELETE FROM listings', '42501', NULL, 'and deletes nothing');
SELECT tests.log_out();
SELECT results_eq(format('SELECT status::text, view_count, is_featured FROM listings WHERE id = %L', :'draft'), $$VALUES ('draft', 0, false)$$, 'the draft is as it was');

SELECT * FROM finish();
ROLLBACK;
