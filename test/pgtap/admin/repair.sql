-- driplo_migrate() at any time makes everything but the data what this version ships.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(27);

SELECT is_empty('SELECT * FROM security_advisor()', 'before, the advisor finds nothing');
SELECT is_empty('SELECT * FROM installation_report() WHERE NOT ok', 'and the report is complete');

-- What a careless hand or another project's default privileges do
GRANT ALL ON profiles, orders, driplo_secrets TO anon, authenticated;
GRANT UPDATE (is_admin) ON profiles TO authenticated;
REVOKE SELECT ON categories FROM anon;
ALTER TABLE orders DISABLE ROW LEVEL SECURITY;
ALTER TABLE messages OWNER TO CURRENT_USER;
DROP POLICY "Users can view their orders" ON orders;
DROP POLICY "Anyone can view categories" ON categories;
DROP TRIGGER take_stock ON order_items;
ALTER TABLE orders ALTER COLUMN order_number DROP DEFAULT;
DROP TRIGGER on_auth_user_created ON auth.users;
GRANT EXECUTE ON FUNCTION promote_to_admin(text) TO PUBLIC;
ALTER FUNCTION find_coupon(text) OWNER TO CURRENT_USER;
REVOKE EXECUTE ON FUNCTION get_or_create_cart(uuid) FROM authenticated;
ALTER TABLE order_items DISABLE TRIGGER ALL;
ALTER TABLE profiles DISABLE TRIGGER ALL;
CREATE TABLE tests.own_shelf (listing_id uuid REFERENCES listings);
ALTER TABLE tests.own_shelf DISABLE TRIGGER ALL;
SELECT format('REVOKE USAGE ON SCHEMA %I FROM PUBLIC, anon, authenticated, service_role, driplo_owner', tests.home()) \gexec
CREATE FUNCTION tests.has_own_auth() RETURNS boolean LANGUAGE sql AS $$SELECT prosrc = 'driplo_auth_uid' FROM pg_proc WHERE oid = 'auth.uid()'::regprocedure$$;
DO $$
BEGIN
    IF to_regclass('storage.objects') IS NOT NULL THEN
        DROP POLICY "Users can upload their own avatar" ON storage.objects;
    END IF;
    -- what a restore with --no-privileges leaves out
    IF tests.has_own_auth() THEN
        REVOKE ALL ON SCHEMA auth FROM anon, authenticated, service_role, driplo_owner;
        REVOKE ALL ON auth.users FROM service_role;
        REVOKE ALL ON FUNCTION auth.uid(), auth.role(), auth.email(), auth.jwt() FROM PUBLIC, anon, authenticated, service_role, driplo_owner;
        GRANT SELECT ON auth.users TO anon;
        ALTER TABLE auth.users DISABLE ROW LEVEL SECURITY;
    END IF;
END $$;
SELECT isnt_empty('SELECT * FROM security_advisor()', 'then the advisor finds something');
SELECT isnt_empty('SELECT * FROM installation_report() WHERE NOT ok', 'and the report is not complete');

SELECT matches((SELECT found FROM installation_report() WHERE item = 'foreign keys'), '^switched off: .*order_items_listing_id_fkey on order_items.* profiles_id_fkey on profiles', 'and names the foreign keys that hold nothing');

SELECT format('GRANT USAGE ON SCHEMA %I TO service_role', tests.home()) \gexec
SELECT tests.log_in_as_service();
SELECT throws_ok('SELECT driplo_migrate()', '42501', NULL, 'the service may not repair');
SELECT tests.log_out();
SELECT isnt_empty('SELECT * FROM security_advisor()', 'and has not');

-- however the server writes names
SET LOCAL quote_all_identifiers = on;
SELECT is(driplo_migrate(), (SELECT extversion FROM pg_extension WHERE extname = 'driplo'), 'a superuser may');
SELECT is_empty('SELECT * FROM installation_report() WHERE NOT ok', 'the report is complete where every name is quoted');
SET LOCAL quote_all_identifiers = off;
SELECT is_empty('SELECT * FROM security_advisor()', 'afterwards the advisor finds nothing');
SELECT is_empty('SELECT * FROM installation_report() WHERE NOT ok', 'and the report is complete');
SELECT ok(NOT has_table_privilege('anon', format('%I.orders', tests.home()), 'TRUNCATE'), 'what was given away is taken back');
SELECT ok(NOT has_table_privilege('authenticated', format('%I.driplo_secrets', tests.home()), 'SELECT'), 'also on the secrets');
SELECT ok(has_function_privilege('authenticated', format('%I.get_or_create_cart(uuid)', tests.home()), 'EXECUTE'), 'what was taken away is given back');
SELECT bag_eq($$SELECT rolname::text FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role', 'driplo_owner') AND has_schema_privilege(oid, tests.home()::text, 'USAGE')$$,
    $$VALUES ('anon'), ('authenticated'), ('service_role'), ('driplo_owner')$$, 'the schema can be used');
SELECT ok(NOT tests.has_own_auth() OR (SELECT relrowsecurity FROM pg_class WHERE oid = 'auth.users'::regclass) AND NOT has_table_privilege('anon', 'auth.users', 'SELECT'), 'schema auth is as closed as it was');
SELECT throws_ok('INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (gen_random_uuid(), gen_random_uuid(), 1, 1, 1)', '23503', NULL, 'foreign keys hold');
SELECT is((SELECT count(*) FROM pg_trigger WHERE tgrelid = 'tests.own_shelf'::regclass AND tgenabled = 'D'), 2::bigint, 'but what is switched off on a table of one''s own stays so');
SELECT tests.sign_up('repaired@example.org') AS repaired \gset
SELECT tests.log_in(:'repaired');
SELECT is(auth.uid(), :'repaired'::uuid, 'users may ask who they are');
SELECT is((SELECT count(*) FROM my_profile()), 1::bigint, 'and for their profile');
SELECT throws_ok('SELECT * FROM auth.users', '42501', NULL, 'but not for the accounts');
SELECT tests.log_out();
SELECT is((SELECT username FROM profiles WHERE id = :'repaired'), 'repaired', 'signing up works');

SELECT tests.log_in_as_anon();
SELECT cmp_ok((SELECT count(*) FROM categories), '>=', 10::bigint, 'anon sees the categories again');
SELECT throws_ok('SELECT promote_to_admin(''repaired@example.org'')', '42501', NULL, 'and cannot promote anybody');
SELECT tests.log_out();

-- What another superuser has restored without owners, only that one gives back.
CREATE ROLE tests_restorer SUPERUSER;
SELECT format('ALTER TABLE %I.%I OWNER TO tests_restorer', schemaname, tablename) FROM pg_tables
 WHERE schemaname = tests.home() AND tableowner = 'driplo_owner' \gexec
SELECT throws_ok('SELECT driplo_migrate()', '55000', 'driplo tables are not owned by driplo_owner', 'tables of somebody else''s are not taken over, and whose they are is told');
SET LOCAL ROLE tests_restorer;
SELECT lives_ok('SELECT driplo_migrate()', 'but by that one');
RESET ROLE;
SELECT is_empty('SELECT * FROM security_advisor()', 'and all is as it was');

SELECT * FROM finish();
ROLLBACK;
