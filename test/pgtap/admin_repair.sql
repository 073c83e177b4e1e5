-- driplo_migrate() at any time makes everything but the data what this version ships.
BEGIN;
SET LOCAL client_min_messages = warning;
SELECT plan(15);

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
DO $$
BEGIN
    IF to_regclass('storage.objects') IS NOT NULL THEN
        DROP POLICY "Users can upload their own avatar" ON storage.objects;
    END IF;
END $$;
SELECT isnt_empty('SELECT * FROM security_advisor()', 'then the advisor finds something');
SELECT isnt_empty('SELECT * FROM installation_report() WHERE NOT ok', 'and the report is not complete');

SELECT tests.log_in_as_service();
SELECT throws_ok('SELECT driplo_migrate()', '42501', NULL, 'the service may not repair');
SELECT tests.log_out();
SELECT isnt_empty('SELECT * FROM security_advisor()', 'and has not');

SELECT is(driplo_migrate(), (SELECT extversion FROM pg_extension WHERE extname = 'driplo'), 'a superuser may');
SELECT is_empty('SELECT * FROM security_advisor()', 'afterwards the advisor finds nothing');
SELECT is_empty('SELECT * FROM installation_report() WHERE NOT ok', 'and the report is complete');
SELECT ok(NOT has_table_privilege('anon', format('%I.orders', tests.home()), 'TRUNCATE'), 'what was given away is taken back');
SELECT ok(NOT has_table_privilege('authenticated', format('%I.driplo_secrets', tests.home()), 'SELECT'), 'also on the secrets');
SELECT ok(has_function_privilege('authenticated', format('%I.get_or_create_cart(uuid)', tests.home()), 'EXECUTE'), 'what was taken away is given back');
SELECT tests.sign_up('repaired@example.org') AS repaired \gset
SELECT is((SELECT username FROM profiles WHERE id = :'repaired'), 'repaired', 'signing up works');

SELECT tests.log_in_as_anon();
SELECT cmp_ok((SELECT count(*) FROM categories), '>=', 10::bigint, 'anon sees the categories again');
SELECT throws_ok('SELECT promote_to_admin(''repaired@example.org'')', '42501', NULL, 'and cannot promote anybody');
SELECT tests.log_out();

SELECT * FROM finish();
ROLLBACK;
