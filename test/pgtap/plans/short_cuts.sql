-- What goes a shorter way than a statement comes to the same: rows read through an index, keys and claims that are kept,
-- amounts in machine words, a trigger that changes bytes, a check that remembers what it has looked at.
BEGIN;
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('bob@example.com') AS bob, tests.sign_up('sue@example.com') AS sue \gset

-- Rows by their id: what the transaction itself has just written counts, what was undone does not

CREATE FUNCTION tests.asked(who uuid) RETURNS text LANGUAGE sql AS
    $$SELECT concat_ws(' ', is_admin(who), is_profile_setup_complete(who), get_or_create_cart(who) = (SELECT id FROM shopping_carts WHERE user_id = who))$$;
SELECT is(tests.asked(:'ann'), 'f f t', 'a user is asked about');
SAVEPOINT changed;
UPDATE profiles SET role = 'admin', is_admin = true, setup_completed = true WHERE id = :'ann';
UPDATE shopping_carts SET id = gen_random_uuid() WHERE user_id = :'ann';
SELECT is(tests.asked(:'ann'), 't t t', 'and again after a change');
UPDATE profiles SET account_type = 'brand' WHERE id = :'ann';
SELECT is(tests.asked(:'ann'), 't f t', 'of which a part needs a statement');
ROLLBACK TO changed;
SELECT is(tests.asked(:'ann'), 'f f t', 'and after it was undone');
UPDATE profiles SET suspended_at = now(), setup_completed = true WHERE id = :'ann';
SELECT is(tests.asked(:'ann'), 'f t t', 'somebody who is suspended');
UPDATE profiles SET suspended_at = NULL, role = 'admin', is_admin = true, setup_completed = true, deleted_at = now() WHERE id = :'ann';
SELECT is(is_admin(:'ann') OR is_profile_setup_complete(:'ann'), false, 'and somebody who is deleted');
ROLLBACK TO changed;

-- The table is not as driplo made it: the statement answers

UPDATE profiles SET role = 'admin', is_admin = true, setup_completed = true WHERE id = :'ann';
SELECT is(tests.asked(:'ann'), 't t t', 'an admin');
SAVEPOINT altered;
ALTER TABLE profiles ALTER COLUMN setup_completed TYPE text;
SELECT throws_ok(format('SELECT is_profile_setup_complete(%L)', :'ann'), '42804', NULL, 'a column of another type is not read as what it was');
ROLLBACK TO altered;
SELECT is(tests.asked(:'ann'), 't t t', '(and back)');
ALTER TABLE profiles ADD COLUMN own_column text DEFAULT 'x';
ALTER TABLE profiles DROP COLUMN own_column;
SELECT is(tests.asked(:'ann'), 't t t', 'columns of somebody''s own do no harm');
CREATE TABLE tests.own_profiles () INHERITS (profiles);
INSERT INTO tests.own_profiles (id, username, role, is_admin) VALUES ('00000000-0000-4000-8000-0000000000aa', 'elsewhere', 'admin', true);
SELECT is(is_admin('00000000-0000-4000-8000-0000000000aa'), true, 'a row that the index does not have is found by the statement');
ROLLBACK TO altered;
ALTER TABLE profiles FORCE ROW LEVEL SECURITY;
CREATE POLICY nobody ON profiles AS RESTRICTIVE FOR SELECT USING (false);
SELECT is(is_admin(:'ann'), false, 'policies that are forced upon the owner count');
ROLLBACK TO altered;
SELECT is(is_admin(:'ann'), true, '(and no longer)');

-- With the rights of somebody who has none on the tables

SELECT tests.log_in(:'bob');
SELECT is(is_admin(:'bob') OR is_admin(:'ann'), false, 'a user is told nothing about others');
SELECT is(is_profile_setup_complete(:'ann'), false, 'nor whether a setup is complete');
SELECT throws_ok(format('SELECT get_or_create_cart(%L)', :'ann'), '42501', NULL, 'and has no cart but the own');
SELECT throws_ok('SELECT role FROM profiles', '42501', NULL, 'the column that was read is still not the user''s');
SELECT tests.log_out();
UPDATE shopping_carts SET expires_at = now() - interval '1 day' WHERE user_id = :'bob';
SELECT id AS old_cart FROM shopping_carts WHERE user_id = :'bob' \gset
SELECT tests.log_in(:'bob');
SELECT isnt(get_or_create_cart(:'bob'), :'old_cart'::uuid, 'an expired cart is replaced for who may not delete it');
SELECT is(current_user::text, 'authenticated', 'after which the user is who he was');
SELECT is(current_setting('search_path'), (SELECT setting FROM pg_settings WHERE name = 'search_path'), 'with the search_path that was');
SELECT throws_ok('DELETE FROM shopping_carts', '42501', NULL, 'and the rights');
SELECT tests.log_out();

-- The key of the order numbers is kept until it changes

CREATE FUNCTION tests.number_at(place bigint) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM setval('order_number_seq', place, false);
    RETURN generate_order_number();
END $$;
SELECT tests.number_at(500000) AS first, tests.number_at(500001) AS second \gset
SELECT is(tests.number_at(500000), :'first', 'a key and a place give a number');
SAVEPOINT keyed;
UPDATE driplo_secrets SET secret = sha256('another') WHERE name = 'order_number';
SELECT isnt(tests.number_at(500000), :'first', 'another key another one, at once');
UPDATE driplo_secrets SET secret = secret;
SELECT isnt(tests.number_at(500000), :'first', 'also when the row has moved');
INSERT INTO driplo_secrets (name, secret) VALUES ('another', sha256('x'));
SELECT isnt(tests.number_at(500000), :'first', 'or has neighbours');
ROLLBACK TO keyed;
SELECT is(tests.number_at(500001), :'second', 'a key that was rolled back is forgotten');
DELETE FROM driplo_secrets WHERE name = 'order_number';
SELECT throws_ok('SELECT generate_order_number()', '55000', NULL, 'without a key there is no number');
INSERT INTO driplo_secrets (name, secret) VALUES ('another', sha256('x'));
SELECT throws_ok('SELECT generate_order_number()', '55000', NULL, 'nor with the key of something else in its place');
ROLLBACK TO keyed;
TRUNCATE driplo_secrets;
SELECT throws_ok('SELECT generate_order_number()', '55000', NULL, 'nor when the table was emptied');
ROLLBACK TO keyed;
ALTER TABLE driplo_secrets ALTER COLUMN secret SET STORAGE EXTERNAL;
SELECT is(tests.number_at(500000), :'first', 'the table may be altered');
SET LOCAL session_replication_role = replica;
UPDATE driplo_secrets SET secret = sha256('another') WHERE name = 'order_number';
SET LOCAL session_replication_role = origin;
ALTER TABLE driplo_secrets DISABLE TRIGGER ALL, ENABLE TRIGGER ALL;
SELECT isnt(tests.number_at(500000), :'first', 'what a restore has written with the triggers off counts when they are on again');
ROLLBACK TO keyed;
SELECT pg_stat_get_xact_numscans('driplo_secrets_pkey'::regclass) AS looks, tests.number_at(500000) \gset
SELECT count(generate_order_number()) FROM generate_series(1, 100) \g /dev/null
SELECT cmp_ok(pg_stat_get_xact_numscans('driplo_secrets_pkey'::regclass) - :looks, '<=', 2::bigint, 'a hundred numbers look for it at most once');

-- What policies ask of the caller is asked once a statement

SELECT set_config('request.jwt.claim.sub', :'bob', true) \g /dev/null
SELECT count(*) FROM generate_series(1, 10) n WHERE private.ids_from('admin') IS NULL AND private.ids_from('busy') IS NULL \g /dev/null
SELECT pg_stat_get_xact_numscans('profiles_pkey'::regclass) AS looks \gset
SELECT is((SELECT count(*) FROM generate_series(1, 100) n WHERE private.ids_from('admin') IS NULL AND private.ids_from(CASE WHEN n % 2 = 0 THEN 'moderator' ELSE 'busy' END) IS NULL), 100::bigint, 'nothing for who is no one of them');
SELECT cmp_ok(pg_stat_get_xact_numscans('profiles_pkey'::regclass) - :looks, '<=', 102::bigint, 'as often as the question changes');
SELECT pg_stat_get_xact_numscans('profiles_pkey'::regclass) AS looks \gset
SELECT is((SELECT count(*) FROM generate_series(1, 100) n WHERE private.ids_from('admin') IS NULL), 100::bigint, 'a hundred rows');
SELECT cmp_ok(pg_stat_get_xact_numscans('profiles_pkey'::regclass) - :looks, '<=', 1::bigint, 'and one look');
SELECT pg_stat_get_xact_numscans('profiles_pkey'::regclass) AS looks \gset
SELECT is((SELECT count(*) FROM generate_series(1, 100) n WHERE NOT private.is_shown_to(gen_random_uuid(), 'admin')), 100::bigint, 'a hundred rows that are not an admin''s to see');
SELECT cmp_ok(pg_stat_get_xact_numscans('profiles_pkey'::regclass) - :looks, '<=', 1::bigint, 'with one look too');
SELECT is((SELECT string_agg(coalesce(private.is_caller(id)::text, '-'), ' ' ORDER BY n) FROM (VALUES (1, :'bob'::uuid), (2, gen_random_uuid()), (3, NULL)) u (n, id)), 'true false -', 'one of them is the caller, and nobody is not known');
SELECT ok(private.caller_id() = :'bob' AND auth.uid() = :'bob', 'who is the one of the claims');
SAVEPOINT asked;
UPDATE profiles SET role = 'moderator' WHERE id = :'bob';
SELECT set_config('request.jwt.claim.sub', :'bob', true) \g /dev/null
SELECT is((SELECT string_agg(coalesce(private.ids_from(who)::text, '-'), ' ' ORDER BY who) FROM unnest(ARRAY['admin', 'busy', 'moderator']) who), '- - 00000000-0000-0000-0000-000000000000', 'each question has its answer, and the next statement asks again');
ROLLBACK TO asked;
SELECT set_config('request.jwt.claim.sub', '', true) \g /dev/null

-- Claims are kept until they change

SELECT set_config('request.jwt.claims', jsonb_build_object('sub', :'ann')::text, true) \g /dev/null
SELECT is(auth.uid(), :'ann'::uuid, 'the user of the claims');
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', :'bob')::text, true) \g /dev/null
SELECT is(auth.uid(), :'bob'::uuid, 'the next one');
SELECT set_config('request.jwt.claim.sub', :'sue', true) \g /dev/null
SELECT is(auth.uid(), :'sue'::uuid, 'and the one in a setting of its own');
SELECT set_config('request.jwt.claim.sub', '{' || :'ann' || '}', true) \g /dev/null
SELECT is(auth.uid(), :'ann'::uuid, 'in braces');
SELECT set_config('request.jwt.claim.sub', '', true) \g /dev/null
SELECT set_config('request.jwt.claims', '{"sub": ""}', true) \g /dev/null
SELECT throws_ok('SELECT auth.uid()', '22P02', NULL, 'an empty one is nobody');
SELECT set_config('request.jwt.claims', '{"sub": "' || repeat('1', 200) || '"}', true) \g /dev/null
SELECT throws_ok('SELECT auth.uid()', '22P02', NULL, 'nor is a long one');
SELECT set_config('request.jwt.claims', '', true) \g /dev/null
SELECT is(auth.uid(), NULL, 'without claims there is no user');

-- The fee, to the cent of what numeric gives

CREATE TABLE tests.amounts AS
SELECT amount FROM (SELECT unnest(ARRAY['0', '-0', '0.00', '0.1', '0.09', '0.10', '0.29', '0.3', '0.30', '0.5', '0.01', '0.0001', '0.00001', '-0.1', '-0.3', '9999.9999', '10000', '10000.00', '0.00009999',
    '99999999.99', '999999999999', '999999999999.9999', '1000000000000', '1000000000000.0001', '123456789012345678901234567890.12', '-99999999.99', '1e-20', '1e200', 'NaN', 'Infinity', '-Infinity', '20000.5000', '100000000'])::numeric AS amount
    UNION ALL SELECT round(((n * 7919) % 1000003)::numeric * power(10::numeric, n % 9) / 1000000, n % 7) FROM generate_series(1, 3000) n
    UNION ALL SELECT -n / 1000.0 FROM generate_series(1, 1000) n) a;
SELECT is_empty(format($$SELECT amount, calculate_platform_fee(amount), round(amount * %s / 100, 2) FROM tests.amounts
    WHERE calculate_platform_fee(amount)::text <> round(amount * %1$s / 100, 2)::text$$, percent), 'the fee of each of 4,000 amounts is exact, at ' || percent || ' percent')
  FROM unnest(ARRAY['5', '0', '100', '7.5', '0.0001', '12.3456', '33.33333', '0.00001']::numeric[]) percent
 WHERE set_config('driplo.platform_fee_percent', percent::text, true) IS NOT NULL;
RESET driplo.platform_fee_percent;

-- updated_at, wherever it stands in the row

CREATE TABLE tests.touched (a text, gone integer, b numeric, flag boolean, updated_at timestamptz, tail text);
CREATE TRIGGER touch BEFORE UPDATE ON tests.touched FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
INSERT INTO tests.touched VALUES ('short', 1, 1.5, true, '2000-01-01', 'tail'), (NULL, NULL, NULL, NULL, '2000-01-01', NULL), (repeat('long ', 3000), 3, 1e100, false, '2000-01-01', repeat('tail', 5000)),
    ('', 4, 4, NULL, NULL, 'null'), ('é', 5, NULL, true, '2000-01-01', '');
CREATE TABLE tests.as_it_was AS SELECT *, row_number() OVER () AS n FROM tests.touched;
UPDATE tests.touched SET flag = flag;
SELECT bag_eq('SELECT a, gone, b, flag, updated_at, tail FROM tests.touched', 'SELECT a, gone, b, flag, now(), tail FROM tests.as_it_was', 'the time is set, and nothing else');
ALTER TABLE tests.touched DROP COLUMN gone, ADD COLUMN later timestamptz DEFAULT '2001-01-01';
UPDATE tests.touched SET updated_at = '2000-01-01', later = DEFAULT WHERE b = 1.5;
SELECT bag_eq('SELECT a, b, flag, updated_at, tail, later FROM tests.touched', $$SELECT a, b, flag, now(), tail, '2001-01-01'::timestamptz FROM tests.as_it_was$$, 'also after columns came and went');
ALTER TABLE tests.touched DROP COLUMN updated_at, ADD COLUMN updated_at timestamptz DEFAULT '2002-02-02';
UPDATE tests.touched SET flag = true;
SELECT bag_eq('SELECT a, b, tail, later, updated_at FROM tests.touched', $$SELECT a, b, tail, '2001-01-01'::timestamptz, now() FROM tests.as_it_was$$, 'and where the rows do not have it yet');

-- The lines of an order are added up once, and again when something was written or undone

SELECT tests.a_listing(:'sue', 10, 100) AS lamp, tests.an_order(:'ann', :'sue', 30) AS shop_order \gset
SELECT tests.an_item(:'shop_order', :'lamp', 1) AS one, tests.an_item(:'shop_order', :'lamp', 1) AS two, tests.an_item(:'shop_order', :'lamp', 1) AS three \gset
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED', 'three lines that add up');
SAVEPOINT lines;
SELECT tests.an_item(:'shop_order', :'lamp', 1) \g /dev/null
SAVEPOINT inner_lines;
UPDATE orders SET subtotal = 40, total_amount = 40 WHERE id = :'shop_order';
SELECT lives_ok('SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED', 'a fourth with its subtotal');
ROLLBACK TO inner_lines;
SELECT throws_ok('SET CONSTRAINTS ALL IMMEDIATE', '23514', 'order items must add up to the subtotal of the order', 'but not when the subtotal was undone');
ROLLBACK TO lines;
UPDATE order_items SET quantity = 2, total_price = 20 WHERE id = :'one';
UPDATE order_items SET quantity = 2, total_price = 20 WHERE id = :'two';
SELECT throws_ok('SET CONSTRAINTS ALL IMMEDIATE', '23514', NULL, 'each change is looked at');
ROLLBACK TO lines;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT throws_ok(format('SELECT tests.an_item(%L, %L, 1)', :'shop_order', :'lamp'), '23514', NULL, 'at once when that is wanted');
SELECT lives_ok(format($$UPDATE order_items SET metadata = '{}' WHERE order_id = %L$$, :'shop_order'), 'and what was in order stays so');

SELECT * FROM finish();
ROLLBACK;
