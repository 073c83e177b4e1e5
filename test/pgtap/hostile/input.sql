-- Input that nobody means: each of the ten functions of the reference gets NULL, nothing, far too much,
-- broken claims, numbers that are none, and quotes. The answer is a result or an error with a code of its
-- own, never XX000 (internal_error), and the session goes on.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(73);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('o''brien"; DROP TABLE profiles; --@example.com') AS brien \gset

-- get_or_create_cart(uuid)

SELECT throws_ok('SELECT get_or_create_cart(NULL)', '22004', NULL, 'get_or_create_cart: NULL');
SELECT throws_ok($$SELECT get_or_create_cart('')$$, '22P02', NULL, 'get_or_create_cart: nothing');
SELECT throws_ok($$SELECT get_or_create_cart(repeat(repeat('0', 1000), 20000)::uuid)$$, '22P02', NULL, 'get_or_create_cart: 20 MB');
SELECT throws_ok($$SELECT get_or_create_cart('00000000-0000-0000-0000-000000000000')$$, 'P0002', NULL, 'get_or_create_cart: a uuid of zeros');
SELECT throws_ok($$SELECT get_or_create_cart('ffffffff-ffff-ffff-ffff-ffffffffffff')$$, 'P0002', NULL, 'get_or_create_cart: a uuid of ones');

-- is_admin(uuid), is_profile_setup_complete(uuid)

SELECT is(is_admin(NULL), false, 'is_admin: NULL');
SELECT throws_ok($$SELECT is_admin('')$$, '22P02', NULL, 'is_admin: nothing');
SELECT is(is_admin('00000000-0000-0000-0000-000000000000'), false, 'is_admin: a uuid of zeros');
SELECT is(is_profile_setup_complete(NULL), false, 'is_profile_setup_complete: NULL');
SELECT throws_ok($$SELECT is_profile_setup_complete('')$$, '22P02', NULL, 'is_profile_setup_complete: nothing');
SELECT is(is_profile_setup_complete('00000000-0000-0000-0000-000000000000'), false, 'is_profile_setup_complete: a uuid of zeros');
SELECT is((SELECT count(*) FROM generate_series(1, 20000) WHERE is_admin(gen_random_uuid()) OR is_profile_setup_complete(gen_random_uuid())), 0::bigint,
    'twenty thousand users who do not exist are neither admins nor complete');

-- promote_to_admin(text)

SELECT throws_ok('SELECT promote_to_admin(NULL)', '22004', NULL, 'promote_to_admin: NULL');
SELECT throws_ok($$SELECT promote_to_admin('')$$, 'P0002', NULL, 'promote_to_admin: nothing');
SELECT throws_ok($$SELECT promote_to_admin(repeat(repeat('a', 1000), 200000))$$, 'P0002', 'no user has this e-mail address', 'promote_to_admin: 200 MB, which the error does not repeat');
SELECT throws_ok($$SELECT promote_to_admin(''' OR true --')$$, 'P0002', NULL, 'promote_to_admin: quotes');
SELECT throws_ok($$SELECT promote_to_admin('%s%n{}{0}$1')$$, 'P0002', NULL, 'promote_to_admin: what formats something elsewhere');
SELECT is((SELECT count(*) FROM profiles WHERE is_admin), 0::bigint, 'nobody was promoted by it');
SELECT lives_ok($$SELECT promote_to_admin('o''brien"; DROP TABLE profiles; --@example.com')$$, 'promote_to_admin: an address with quotes that somebody has');
SELECT is((SELECT array_agg(id) FROM profiles WHERE is_admin), ARRAY[:'brien']::uuid[], 'promotes that user');
SELECT is((SELECT metadata ->> 'email' FROM admin_approvals), 'o''brien"; DROP TABLE profiles; --@example.com', 'and is recorded as it is');

-- calculate_platform_fee(numeric)

SELECT is(calculate_platform_fee(NULL), NULL, 'calculate_platform_fee: NULL');
SELECT throws_ok($$SELECT calculate_platform_fee('')$$, '22P02', NULL, 'calculate_platform_fee: nothing');
SELECT is(calculate_platform_fee('NaN')::text, 'NaN', 'calculate_platform_fee: NaN');
SELECT is(calculate_platform_fee('Infinity')::text, 'Infinity', 'calculate_platform_fee: infinity');
SELECT is(calculate_platform_fee('-Infinity')::text, '-Infinity', 'calculate_platform_fee: less than everything');
SELECT is(calculate_platform_fee(repeat('9', 1000)::numeric), round(repeat('9', 1000)::numeric * 0.05, 2), 'calculate_platform_fee: a thousand digits');
SELECT is(calculate_platform_fee(('0.' || repeat('9', 1000))::numeric), 0.05, 'calculate_platform_fee: a thousand digits behind the point');
SELECT is(calculate_platform_fee(('1e131071')::numeric), round(1e131071 * 0.05, 2), 'calculate_platform_fee: the largest power of ten that there is');
SELECT is(calculate_platform_fee(('1e-16383')::numeric), 0.00, 'calculate_platform_fee: the smallest number that there is');
SELECT throws_ok($$SELECT calculate_platform_fee(('1' || repeat('0', 131072))::numeric)$$, '22003', NULL, 'calculate_platform_fee: a number that there is not');

-- generate_order_number()

SET LOCAL request.jwt.claims = '{';
SELECT matches(generate_order_number(), '^ORD-', 'generate_order_number: broken claims do not matter to it');
RESET request.jwt.claims;
SELECT matches(generate_order_number(), '^ORD-', 'generate_order_number: nor none');

-- get_optimized_image_url(text, text)

SELECT is(get_optimized_image_url(NULL, 'small'), NULL, 'get_optimized_image_url: NULL');
SELECT is(get_optimized_image_url('a.webp', NULL), NULL, 'get_optimized_image_url: a size NULL');
SELECT is(get_optimized_image_url('', 'small'), '', 'get_optimized_image_url: nothing');
SELECT throws_ok($$SELECT get_optimized_image_url('a.webp', repeat(repeat('small', 1000), 40000))$$, '22023', NULL, 'get_optimized_image_url: a size of 200 MB');
CREATE FUNCTION tests.detail_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN detail;
END $$;
SELECT cmp_ok(length(tests.detail_of($$SELECT get_optimized_image_url('a.webp', repeat(repeat('small', 1000), 40000))$$)), '<', 200, 'of which the error tells the beginning');
SELECT is(tests.detail_of(E'SELECT get_optimized_image_url(''a.webp'', E''ha\\nha%s'')'), 'The size is "ha?ha%s".', 'without control characters, and whatever formats something elsewhere');
SELECT is(octet_length(get_optimized_image_url(repeat(repeat('x', 995) || '.webp', 200000), 'small')), 200000006, 'get_optimized_image_url: 200 MB');
SELECT is(octet_length(get_optimized_image_url(repeat(repeat('/a?b#c', 1000), 33333), 'small')), 199998000, 'get_optimized_image_url: 200 MB of separators');
-- text holds 1,073,741,819 bytes; 4088 times 262,657 are 1,073,741,816
SELECT is(octet_length(get_optimized_image_url(repeat(repeat('x', 262652) || '.webp', 4087), 'medium')), 1073479166, 'get_optimized_image_url: almost as much as there can be');
SELECT throws_ok($$SELECT get_optimized_image_url(repeat(repeat('x', 262652) || '.webp', 4088), 'medium')$$, '54000', 'text is too long', 'get_optimized_image_url: too much with the size');

-- Claims that are broken, for those who ask for the caller

SELECT tests.log_in(:'ann');
SET LOCAL request.jwt.claims = '{"sub": ';
SELECT throws_ok(format('SELECT get_or_create_cart(%L)', :'ann'), '22P02', NULL, 'get_or_create_cart: claims that end too early');
SELECT throws_ok(format('SELECT is_admin(%L)', :'ann'), '22P02', NULL, 'is_admin: claims that end too early');
SELECT throws_ok($$SELECT promote_to_admin('ann@example.com')$$, '22P02', NULL, 'promote_to_admin: claims that end too early');
SELECT throws_ok('SELECT * FROM shopping_carts', '22P02', NULL, 'tables: claims that end too early');
SET LOCAL request.jwt.claims = '{"sub": "ann"}';
SELECT throws_ok(format('SELECT get_or_create_cart(%L)', :'ann'), '22P02', NULL, 'get_or_create_cart: a sub that is no uuid');
SELECT throws_ok(format('SELECT is_admin(%L)', :'ann'), '22P02', NULL, 'is_admin: a sub that is no uuid');
SELECT throws_ok($$SELECT promote_to_admin('ann@example.com')$$, '22P02', NULL, 'promote_to_admin: a sub that is no uuid');
SET LOCAL request.jwt.claims = '[]';
SELECT throws_ok(format('SELECT get_or_create_cart(%L)', :'ann'), '42501', NULL, 'get_or_create_cart: claims that are an array');
SELECT is(is_admin(:'ann'), false, 'is_admin: claims that are an array');
SELECT throws_ok($$SELECT promote_to_admin('ann@example.com')$$, '42501', NULL, 'promote_to_admin: claims that are an array');
SELECT tests.log_out();

-- The trigger functions: called by hand, and on tables that are not theirs

SELECT throws_ok(format('SELECT %s()', name), '39P01', NULL, name || ': called by hand')
  FROM unnest(ARRAY['handle_new_user', 'update_updated_at_column', 'update_setup_completion']) name;
CREATE TEMP TABLE strange (gone integer, id integer, email integer, raw_user_meta_data text, user_id text, step_name integer, updated_at timestamp);
ALTER TABLE strange DROP COLUMN gone;
CREATE TRIGGER t AFTER INSERT ON strange FOR EACH ROW EXECUTE FUNCTION handle_new_user();
SELECT throws_ok('INSERT INTO strange (id) VALUES (1)', '42804', NULL, 'handle_new_user: on columns of other types');
DROP TRIGGER t ON strange;
CREATE TRIGGER t AFTER INSERT ON strange FOR EACH ROW EXECUTE FUNCTION update_setup_completion();
SELECT throws_ok('INSERT INTO strange (user_id) VALUES (''x'')', '42804', NULL, 'update_setup_completion: on columns of other types');
DROP TRIGGER t ON strange;
CREATE TRIGGER t BEFORE UPDATE ON strange FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
INSERT INTO strange (id) VALUES (1);
SELECT throws_ok('UPDATE strange SET id = 2', '42804', NULL, 'update_updated_at_column: on a column of another type');
DROP TRIGGER t ON strange;
CREATE TRIGGER t AFTER INSERT ON strange EXECUTE FUNCTION handle_new_user();
SELECT throws_ok('INSERT INTO strange (id) VALUES (1)', '39P01', NULL, 'handle_new_user: for each statement');
DROP TRIGGER t ON strange;
CREATE TRIGGER t BEFORE INSERT ON strange FOR EACH ROW EXECUTE FUNCTION handle_new_user();
SELECT throws_ok('INSERT INTO strange (id) VALUES (1)', '39P01', NULL, 'handle_new_user: before the row is there');
CREATE TEMP TABLE late (gone integer, what text, updated_at timestamptz);
ALTER TABLE late DROP COLUMN gone;
CREATE TRIGGER t BEFORE UPDATE ON late FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
INSERT INTO late VALUES ('x', '2000-01-01');
UPDATE late SET what = 'y';
SELECT results_eq('SELECT what, updated_at FROM late', $$VALUES ('y', now())$$, 'update_updated_at_column: on any table that has the column, also after a dropped one');
ALTER TABLE late ADD COLUMN later text DEFAULT 'z';
UPDATE late SET what = 'x', updated_at = NULL;
SELECT results_eq('SELECT what, updated_at, later FROM late', $$VALUES ('x', now(), 'z')$$, 'and with one that came later');
SELECT tests.log_in(:'ann');
CREATE TEMP TABLE mine (id uuid, email text, raw_user_meta_data jsonb);
SELECT throws_ok('CREATE TRIGGER t AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION handle_new_user()', '42501', NULL, 'handle_new_user: a user cannot put it on an own table');
SELECT throws_ok('CREATE TRIGGER t AFTER INSERT ON mine FOR EACH ROW EXECUTE FUNCTION private.take_stock()', '42501', NULL, 'nor another one');
SELECT tests.log_out();

-- handle_new_user with far too much; accounts/signup.sql has the rest

SELECT lives_ok($$SELECT tests.sign_up('huge@example.com', jsonb_build_object('username', repeat(repeat('h', 1000), 100000), 'full_name', 'Hugo'))$$, 'handle_new_user: metadata of 100 MB');
SELECT results_eq($$SELECT username::text, full_name::text FROM profiles WHERE email = 'huge@example.com'$$, format($$VALUES (%L, 'Hugo')$$, repeat('h', 30)), 'of which the beginning is the name');
SELECT throws_ok($$SELECT tests.sign_up(repeat('m', 256) || '@example.com')$$, '22001', NULL, 'handle_new_user: an address that auth.users does not hold');
RESET ROLE;

-- update_setup_completion

SELECT throws_ok(format('INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (%L, NULL, true)', :'ann'), '23502', NULL, 'update_setup_completion: a step NULL');
SELECT lives_ok(format($$INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (%L, '', true)$$, :'ann'), 'update_setup_completion: a step without a name');
SELECT lives_ok(format($$INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (%L, %L, true)$$, :'ann', ''' OR true; --'), 'update_setup_completion: quotes');
SELECT throws_ok(format($$INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (%L, repeat(repeat('s', 1000), 20000), true)$$, :'ann'), '54000', NULL, 'update_setup_completion: 20 MB, which the index does not hold');
SELECT is((SELECT setup_completed FROM profiles WHERE id = :'ann'), false, 'none of which completes a setup');

SELECT * FROM finish();
ROLLBACK;
