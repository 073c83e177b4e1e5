-- What is in listing_search, and when: written with the listing, by whoever writes it, and by nothing that a sale changes.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();

SELECT tests.sign_up('ann@index.example') AS ann, tests.sign_up('ben@index.example') AS ben, tests.sign_up('sue@index.example') AS sue \gset
SELECT tests.sign_up('root@index.example') AS root \gset
SELECT set_user_role(:'root', 'admin', 'for the test') \g /dev/null
SELECT tests.an_address(:'ann', true) AS address \gset
SELECT id AS fashion FROM categories WHERE slug = 'fashion' \gset
INSERT INTO categories (name, slug, parent_id, translations) VALUES ('Shoes', 'shoes', :'fashion', '{"bg": {"name": "Обувки"}}') RETURNING id AS shoes \gset
CREATE FUNCTION tests.terms(wanted uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(word, ' ' ORDER BY word) FROM listing_search, unnest(tsvector_to_array(doc)) word WHERE listing_id = wanted AND word LIKE '@%' AND word !~ '^@[czH]'
$$;
CREATE FUNCTION tests.has(wanted uuid, weight "char", words text) RETURNS boolean LANGUAGE sql AS $$
    SELECT private.search_lexemes(words) <@ tsvector_to_array(ts_filter(doc, ARRAY[weight])) FROM listing_search WHERE listing_id = wanted
$$;
CREATE FUNCTION tests.wrong() RETURNS text LANGUAGE sql AS $$SELECT coalesce(string_agg(rule || ' ' || detail, '; '), 'nothing') FROM check_integrity()$$;
-- rows added, rewritten, removed in this transaction
CREATE FUNCTION tests.written() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', pg_stat_get_xact_tuples_inserted(o), pg_stat_get_xact_tuples_updated(o), pg_stat_get_xact_tuples_deleted(o)) FROM CAST('listing_search'::regclass AS oid) o
$$;

-- What a row holds

SELECT tests.log_in(:'sue') \g /dev/null
INSERT INTO listings (seller_id, title, description, price, currency, quantity, status, brand, size, color, materials, condition, subcategory_id, location, tags)
VALUES (:'sue', 'Nike running shoes', 'Hardly worn.', 31, 'EUR', 5, 'active', ' Nike ', 'EU 38,5', 'Dark blue', '{leather,"old brass"}', 'good', :'shoes', '{"country": "bg"}', '{sneakers}')
RETURNING id AS shoe \gset
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT seller_id, category_id, price, currency::text, price_norm, brand, size, color, condition, country, version, published_at = now() FROM listing_search WHERE listing_id = %L', :'shoe'),
    format('VALUES (%L::uuid, %L::uuid, 31.00, ''EUR'', 31.00, ''Nike'', ''EU 38,5'', ''Dark blue'', ''good'', ''BG'', private.search_document_version()::smallint, true)', :'sue', :'shoes'),
    'the row that a seller''s own INSERT makes');
SELECT is(tests.terms(:'shoe'), '@G5 @bnike @dgood @kdark_blue @oBG @seu_38.5 @uEUR', 'its terms: price octave, brand, condition, color, country, size, currency');
SELECT is((SELECT count(*) FROM listing_search, unnest(tsvector_to_array(doc)) word WHERE listing_id = :'shoe' AND word LIKE '@c%'), 2::bigint, 'the category and the one above it');
SELECT ok(tests.has(:'shoe', 'A', 'Nike running shoes'), 'the title has weight A');
SELECT ok(tests.has(:'shoe', 'B', 'nike') AND tests.has(:'shoe', 'C', 'dark blue eu 38.5 leather brass fashion shoes обувки') AND tests.has(:'shoe', 'D', 'hardly worn'),
    'brand, attributes with the categories in all languages, description');
SELECT ok(NOT tests.has(:'shoe', 'A', 'sneakers') AND NOT tests.has(:'shoe', 'C', 'sneakers'), 'tags are not searched');
SELECT ok((SELECT abs(hot - extract(epoch FROM now()) / 604800) < 0.001 FROM listing_search WHERE listing_id = :'shoe'), 'without favorites hot is the week');

-- What somebody types is no term, and what is missing is none either
SELECT tests.log_in(:'sue') \g /dev/null
INSERT INTO listings (seller_id, title, description, price, currency, status, brand, size, color, condition)
VALUES (:'sue', '@bnike @uEUR ''@z0'' \@c00000000 @', '@bnike', 0.5, 'USD', 'active', '', '38.5', NULL, '  ') RETURNING id AS odd \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.terms(:'odd'), '@G0 @s38.5 @uUSD', 'nobody can type a term; what is empty has none');
SELECT results_eq(format('SELECT price_norm, brand, color, condition, country, category_id FROM listing_search WHERE listing_id = %L', :'odd'),
    'VALUES (NULL::numeric, NULL::text, NULL::text, NULL::text, NULL::text, NULL::uuid)', 'and without an exchange rate there is no price to compare');
SELECT is(private.search_lexemes('38,5'), private.search_lexemes('38.5'), 'two ways to write a size are one');
UPDATE listings SET published_at = '-infinity' WHERE id = :'odd';
SELECT results_eq(format('SELECT published_at, hot FROM listing_search WHERE listing_id = %L', :'odd'), $$VALUES ('-infinity'::timestamptz, 0::double precision)$$, 'a time without a date');
SELECT lives_ok(format('UPDATE listings SET published_at = ''infinity'', description = repeat(''many words '', 3000), materials = ARRAY(SELECT ''m'' || i FROM generate_series(1, 900) i) WHERE id = %L', :'odd'),
    'a long listing of nobody knows when');
SELECT ok((SELECT length(doc) < 500 FROM listing_search WHERE listing_id = :'odd'), 'of which the first words count');
SELECT is(tests.wrong(), 'nothing', 'nothing is found of all that');
DELETE FROM listings WHERE id = :'odd';
SELECT is((SELECT count(*) FROM listing_search), 1::bigint, 'a listing that is deleted takes its row along');

-- What is not written

SELECT tests.written() AS before \gset
SELECT tests.log_in(:'ann') \g /dev/null
SELECT add_to_cart(:'shoe', 2) \g /dev/null
SELECT order_id AS some FROM checkout(:'address') \gset
INSERT INTO favorites (user_id, listing_id) VALUES (:'ann', :'shoe');
SELECT tests.log_out() \g /dev/null
UPDATE listings SET view_count = view_count + 1 WHERE id = :'shoe';
UPDATE listings SET quantity = quantity + 1, is_featured = true, tags = '{x}', image_urls = '[]', shipping_info = '{"cost": 1}', metadata = '{"a": 1}', title = title WHERE id = :'shoe';
SELECT is(tests.written(), :'before', 'a sale that leaves pieces, a favorite, a view, and what is not searched write no row');
SELECT is(tests.wrong(), 'nothing', 'nor need they');

-- What is written

CREATE TEMP TABLE change (n serial, assignment text);
INSERT INTO change (assignment) VALUES ('title = ''Running shoe'''), ('description = ''Worn.'''), ('brand = ''Puma'''), ('size = ''39'''), ('color = ''red'''), ('materials = ''{wool}'''),
    ('condition = ''new'''), ('price = 63'), ('currency = ''USD'''), ('location = ''{"country_code": "RO", "country": "BG"}'''), ('subcategory_id = NULL'), ('category_id = NULL'),
    ('published_at = published_at - interval ''1 year''');
CREATE FUNCTION tests.written_by(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before text[] := string_to_array(tests.written(), ' ');
    after text[];
BEGIN
    EXECUTE statement;
    after := string_to_array(tests.written(), ' ');
    RETURN concat_ws(' ', after[1]::integer - before[1]::integer, after[2]::integer - before[2]::integer, after[3]::integer - before[3]::integer);
END $$;
SELECT is(tests.written_by(format('UPDATE listings SET %s WHERE id = %L', assignment, :'shoe')), '0 1 0', 'one row is rewritten: ' || assignment) FROM change ORDER BY n;
SELECT is(tests.wrong(), 'nothing', 'and is what it has to be');
SELECT is(tests.terms(:'shoe'), '@G6 @bpuma @dnew @kred @oRO @s39 @uUSD', 'with the new terms');
SELECT is(tests.written_by(format('UPDATE listings SET status = %L WHERE id = %L', status, :'shoe')), expected, description)
  FROM (VALUES (1, 'archived', '0 0 1', 'what is withdrawn is removed'), (2, 'draft', '0 0 0', 'between two others nothing happens'),
               (3, 'active', '1 0 0', 'what is offered is added'), (4, 'removed', '0 0 1', 'what a moderator removes is not found'), (5, 'active', '1 0 0', 'and is again afterwards')) v (n, status, expected, description)
 ORDER BY n;

-- A sale of the last piece, rolled back, done, cancelled

UPDATE listings SET quantity = 1, currency = 'EUR' WHERE id = :'shoe';
SAVEPOINT sale;
SELECT tests.log_in(:'ann') \g /dev/null
SELECT add_to_cart(:'shoe', 1) \g /dev/null
SELECT order_id AS last FROM checkout(:'address') \gset
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT status::text || ' ' || (SELECT count(*) FROM listing_search) FROM listings WHERE id = :'shoe'), 'reserved 0', 'the last piece is not found any more');
ROLLBACK TO sale;
SELECT is((SELECT count(*) FROM listing_search), 1::bigint, 'a sale that is rolled back brings it back');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT add_to_cart(:'shoe', 1) \g /dev/null
SELECT order_id AS last FROM checkout(:'address') \gset
SELECT is(tests.written_by(format('SELECT cancel_order(%L)', :'last')), '1 0 0', 'and so does one that is cancelled');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.wrong(), 'nothing', 'nothing is found after it');

-- Many at once

SELECT is(tests.written_by(format('INSERT INTO listings (seller_id, title, description, price, currency, status) SELECT %L, ''Lamp '' || i, ''x'', i, ''EUR'', CASE WHEN i %% 4 = 0 THEN ''draft'' ELSE ''active'' END FROM generate_series(1, 400) i', :'ben')),
    '300 0 0', 'one statement publishes 300 of 400');
SELECT is(tests.written_by('UPDATE listings SET price = price + 1 WHERE title LIKE ''Lamp %'''), '0 300 0', 'reprices them');
SELECT tests.log_in(:'root') \g /dev/null
SELECT is(tests.written_by(format('SELECT suspend_user(%L, ''for the test'')', :'ben')), '0 0 300', 'the suspension of their seller removes them');
SELECT is(tests.written_by(format('SELECT reinstate_user(%L, ''for the test'')', :'ben')), '0 0 0', 'whose return leaves it to the seller what to offer again');
SELECT tests.log_out() \g /dev/null
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.written_by('UPDATE listings SET status = ''active'' WHERE status = ''archived'''), '300 0 0', 'and so does the seller');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.written_by('SELECT tests.delete_account(' || quote_literal(:'ben') || ')'), '0 0 300', 'the rows of a deleted account go with it');
SELECT is(tests.wrong(), 'nothing', 'nothing is found after that');

-- A trigger of the shop's that writes the same listing inside the statement

CREATE FUNCTION tests.interfere() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE listings SET status = TG_ARGV[0], title = 'Something else', quantity = 3 WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER aa_interfere AFTER UPDATE ON listings FOR EACH ROW WHEN (NEW.status::text = 'archived' AND OLD.status::text = 'active') EXECUTE FUNCTION tests.interfere('active');
UPDATE listings SET status = 'archived' WHERE id = :'shoe';
SELECT is((SELECT status::text FROM listings WHERE id = :'shoe') || ' ' || tests.wrong(), 'active nothing', 'one that is put back on sale inside the statement that withdraws it is found');
DROP TRIGGER aa_interfere ON listings;
UPDATE listings SET status = 'archived' WHERE id = :'shoe';
CREATE TRIGGER aa_interfere AFTER UPDATE ON listings FOR EACH ROW WHEN (NEW.status::text = 'active' AND OLD.status::text = 'archived') EXECUTE FUNCTION tests.interfere('archived');
UPDATE listings SET status = 'active' WHERE id = :'shoe';
SELECT is((SELECT status::text FROM listings WHERE id = :'shoe') || ' ' || tests.wrong(), 'archived nothing', 'one that is withdrawn inside the statement that offers it is not');
DROP TRIGGER aa_interfere ON listings;
UPDATE listings SET status = 'active' WHERE id = :'shoe';
CREATE TRIGGER aa_interfere BEFORE UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
UPDATE listings SET title = title, price = price WHERE id = :'shoe';
SELECT is(tests.wrong(), 'nothing', 'nor does a trigger matter that suppresses updates');
DROP TRIGGER aa_interfere ON listings;

SELECT * FROM finish();
ROLLBACK;
