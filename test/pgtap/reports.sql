-- installation_report() says that everything is there, security_advisor() that nothing is open; and each
-- of them notices what is not as it was shipped.
BEGIN;
SELECT plan(71);
CREATE FUNCTION tests.findings() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(string_agg(format('%s %s: %s', level, check_name, CASE object WHEN tests.home() THEN 'home' ELSE replace(object, tests.home() || '.', '') END), '; '), 'none') FROM security_advisor()$$;
CREATE FUNCTION tests.not_ok() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(string_agg(format('%s: %s', item, found), '; '), 'all ok') FROM installation_report() WHERE ok IS NOT TRUE$$;

-- As installed

SELECT is_empty('SELECT * FROM security_advisor()', 'a fresh installation has no finding');
SELECT is_empty('SELECT * FROM installation_report() WHERE ok IS NOT TRUE', 'a fresh installation is complete');
SELECT cmp_ok((SELECT count(*) FROM installation_report()), '>=', 17::bigint, 'of seventeen things and more');
SELECT is_empty('SELECT item FROM installation_report() WHERE item IS NULL OR expected IS NULL OR found IS NULL OR ok IS NULL', 'each of which is told in full');
SELECT results_eq($$SELECT item, expected, found FROM installation_report() WHERE item IN ('enum types', 'tables', 'sequences', 'categories')$$,
    $$VALUES ('enum types', '18', '18'), ('tables', '50', '50'), ('sequences', '1', '1'), ('categories', 'at least 10', '10')$$, 'with what is expected and what is found');

-- Who may ask

SELECT tests.log_in_as_service();
SELECT is(tests.findings(), 'none', 'the service asks the advisor');
SELECT is(tests.not_ok(), 'all ok', 'and for the report');
SELECT throws_ok('SELECT driplo_migrate()', '42501', NULL, 'but repairs nothing');
SELECT throws_ok('SELECT driplo_uninstall(true)', '42501', NULL, 'and removes nothing');
SELECT tests.log_in('00000000-0000-4000-8000-000000000001');
SELECT throws_ok('SELECT * FROM security_advisor()', '42501', NULL, 'a user may not ask the advisor');
SELECT throws_ok('SELECT * FROM installation_report()', '42501', NULL, 'nor for the report');
SELECT throws_ok('SELECT driplo_uninstall()', '42501', NULL, 'nor remove anything');
SELECT is(driplo_version(), '1.0', 'but which version it is');
SELECT tests.log_in_as_anon();
SELECT throws_ok('SELECT * FROM security_advisor()', '42501', NULL, 'anon may not ask the advisor');
SELECT throws_ok('SELECT * FROM installation_report()', '42501', NULL, 'nor for the report');
SELECT is(driplo_version(), '1.0', 'but which version it is');
SELECT tests.log_out();
CREATE ROLE tests_somebody;
SELECT format('GRANT USAGE ON SCHEMA %I TO tests_somebody', tests.home()) \gexec
GRANT EXECUTE ON FUNCTION driplo_migrate(), driplo_uninstall(boolean) TO tests_somebody;
SET LOCAL ROLE tests_somebody;
SELECT throws_ok('SELECT driplo_migrate()', '42501', NULL, 'a right to execute is not enough to repair');
SELECT throws_ok('SELECT driplo_uninstall(true)', '42501', NULL, 'nor to remove');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION driplo_migrate(), driplo_uninstall(boolean) FROM tests_somebody;

-- What the advisor finds. Each change is taken back, and the advisor is content again.

CREATE FUNCTION tests.finding_after(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    BEGIN
        EXECUTE replace(change, '@home@', quote_ident(tests.home()));
        result := tests.findings();
        RAISE 'take it back' USING ERRCODE = 'TT002';
    EXCEPTION WHEN SQLSTATE 'TT002' THEN
        NULL;
    END;
    RETURN result;
END $$;

CREATE TABLE own_table (id integer PRIMARY KEY, profile_id uuid, CONSTRAINT own_table_profile_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id));
REVOKE ALL ON own_table FROM PUBLIC, anon, authenticated, service_role;
CREATE INDEX own_index ON own_table (profile_id);
ALTER TABLE own_table ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_policy ON own_table FOR SELECT TO authenticated USING (profile_id = (SELECT auth.uid()));
CREATE FUNCTION own_function() RETURNS integer LANGUAGE sql AS 'SELECT 1';
SELECT is(tests.findings(), 'none', 'a table and a function of one''s own that are well made are no finding');

CREATE TEMP TABLE provoked (n serial, change text, finding text, what text);
INSERT INTO provoked (change, finding, what) VALUES
    ('ALTER TABLE listings DISABLE ROW LEVEL SECURITY', 'ERROR rls_disabled: listings', 'row level security that is off'),
    ('ALTER TABLE own_table DISABLE ROW LEVEL SECURITY', 'ERROR rls_disabled: own_table', 'also on a table of one''s own'),
    ('CREATE TABLE forgotten (i integer); REVOKE ALL ON forgotten FROM PUBLIC, anon, authenticated, service_role', 'ERROR rls_disabled: forgotten', 'or a new one'),
    ('DROP POLICY own_policy ON own_table', 'WARNING rls_without_policy: own_table', 'a table without a policy'),
    ('DROP POLICY "Users can view own statistics" ON user_stats_summary', 'WARNING rls_without_policy: user_stats_summary', 'a policy that was dropped'),
    ('DROP INDEX own_index', 'WARNING foreign_key_without_index: own_table', 'a foreign key without an index'),
    ('DROP INDEX idx_listings_seller_id', 'WARNING foreign_key_without_index: listings', 'an index that was dropped'),
    ('DROP INDEX own_index; CREATE INDEX own_index ON own_table (id, profile_id)', 'WARNING foreign_key_without_index: own_table', 'an index whose first column is another'),
    ('DROP INDEX own_index; CREATE INDEX own_index ON own_table (profile_id) WHERE id > 5', 'WARNING foreign_key_without_index: own_table', 'an index of some rows only'),
    ('CREATE INDEX own_index_2 ON own_table (profile_id)', 'WARNING duplicate_index: own_table', 'two equal indexes'),
    ('CREATE INDEX own_index_2 ON own_table (profile_id DESC)', 'none', '(another order is another index)'),
    ('CREATE POLICY more ON own_table FOR SELECT TO authenticated USING (id = 1)', 'WARNING policies_overlap: own_table', 'two permissive policies for one role and command'),
    ('CREATE POLICY more ON own_table FOR SELECT TO anon USING (id = 1)', 'none', '(for another role it is none)'),
    ('CREATE POLICY more ON own_table AS RESTRICTIVE FOR SELECT TO authenticated USING (id = 1)', 'none', '(nor is a restrictive one)'),
    ('ALTER POLICY own_policy ON own_table USING (profile_id = auth.uid())', 'WARNING policy_evaluates_per_row: own_table', 'a policy that asks for the caller in each row'),
    ('CREATE POLICY more ON own_table FOR INSERT TO authenticated WITH CHECK (true)', 'ERROR policy_always_true: own_table', 'a policy that lets everything be written'),
    ('CREATE POLICY more ON own_table FOR DELETE USING (true)', 'ERROR policy_always_true: own_table', 'or deleted'),
    ('CREATE POLICY more ON own_table FOR INSERT TO service_role WITH CHECK (true)', 'none', '(for the service it is none)'),
    ('ALTER FUNCTION own_function() SECURITY DEFINER; REVOKE ALL ON FUNCTION own_function() FROM PUBLIC, anon', 'ERROR definer_without_search_path: own_function()', 'a SECURITY DEFINER function without a search_path'),
    ('ALTER FUNCTION own_function() SECURITY DEFINER SET search_path = pg_catalog; REVOKE ALL ON FUNCTION own_function() FROM PUBLIC, anon', 'ERROR definer_without_search_path: own_function()', 'or one that does not end in pg_temp'),
    ('ALTER FUNCTION own_function() SECURITY DEFINER SET search_path = pg_catalog, pg_temp; REVOKE ALL ON FUNCTION own_function() FROM PUBLIC, anon', 'none', '(with one it is none)'),
    ('ALTER FUNCTION own_function() SECURITY DEFINER SET search_path = pg_catalog, pg_temp', 'WARNING function_executable_by_anon: own_function()', 'one that everybody may execute'),
    ('ALTER FUNCTION is_admin(uuid) RESET search_path', 'ERROR definer_without_search_path: is_admin(uuid)', 'a function of driplo whose search_path was reset'),
    ('ALTER FUNCTION is_admin(uuid) OWNER TO CURRENT_USER', 'ERROR definer_owner_changed: is_admin(uuid)', 'or whose owner was changed'),
    ('GRANT EXECUTE ON FUNCTION is_admin(uuid) TO anon', 'WARNING function_grant_wider_than_shipped: is_admin(uuid)', 'or that anon may execute now'),
    ('GRANT EXECUTE ON FUNCTION calculate_platform_fee(numeric) TO PUBLIC', 'WARNING function_grant_wider_than_shipped: calculate_platform_fee(numeric)', 'or everybody'),
    ('GRANT TRUNCATE ON listings TO anon', 'WARNING grant_wider_than_shipped: listings', 'a right to truncate'),
    ('GRANT INSERT ON orders TO authenticated', 'WARNING grant_wider_than_shipped: orders', 'a right to insert orders'),
    ('GRANT UPDATE (role) ON profiles TO authenticated', 'WARNING grant_wider_than_shipped: profiles', 'a right to one column'),
    ('GRANT SELECT (email) ON profiles TO anon', 'WARNING grant_wider_than_shipped: profiles', 'a right to read one'),
    ('GRANT SELECT ON driplo_secrets TO service_role', 'WARNING grant_wider_than_shipped: driplo_secrets', 'a right of the service that it does not have'),
    ('GRANT SELECT ON orders TO PUBLIC', 'WARNING grant_wider_than_shipped: orders', 'a right of everybody'),
    ('GRANT TRUNCATE ON own_table TO authenticated', 'ERROR client_grant_beyond_rows: own_table', 'a right to truncate a table of one''s own'),
    ('GRANT TRIGGER ON own_table TO PUBLIC', 'ERROR client_grant_beyond_rows: own_table', 'or to put triggers on it'),
    ('GRANT EXECUTE ON FUNCTION driplo_migrate() TO authenticated', 'WARNING function_grant_wider_than_shipped: driplo_migrate()', 'or a user'),
    ('GRANT USAGE ON SEQUENCE order_number_seq TO authenticated', 'ERROR sequence_grant_wider_than_shipped: order_number_seq', 'a right on a sequence'),
    ('CREATE VIEW own_view AS SELECT * FROM orders; GRANT SELECT ON own_view TO authenticated', 'ERROR view_bypasses_rls: own_view', 'a view that passes row level security'),
    ('CREATE VIEW own_view WITH (security_invoker = on) AS SELECT * FROM orders; GRANT SELECT ON own_view TO authenticated', 'none', '(one with the rights of its reader does not)'),
    ('CREATE VIEW own_view AS SELECT * FROM orders; REVOKE ALL ON own_view FROM PUBLIC, anon, authenticated', 'none', '(nor one that clients cannot read)'),
    ('CREATE MATERIALIZED VIEW own_view AS SELECT * FROM orders; GRANT SELECT (id) ON own_view TO anon', 'ERROR view_bypasses_rls: own_view', 'a materialized view has no row level security'),
    ('GRANT CREATE ON SCHEMA @home@ TO anon', 'ERROR clients_may_create: home', 'a schema in which clients may create objects'),
    ('ALTER ROLE anon BYPASSRLS', 'ERROR role_too_strong: anon', 'a role that passes row level security'),
    ('GRANT driplo_owner TO authenticated', 'ERROR role_too_strong: authenticated', 'or is the owner'),
    ('ALTER TABLE orders OWNER TO CURRENT_USER', 'ERROR table_owner_changed: orders', 'a table whose owner was changed');
SELECT is(tests.finding_after(change), finding, what) FROM provoked ORDER BY n;
SELECT is(tests.findings(), 'none', 'the advisor is content again');
SELECT set_eq('SELECT DISTINCT split_part(split_part(finding, '':'', 1), '' '', 2) FROM provoked WHERE finding <> ''none''',
    $$SELECT m[1] FROM pg_proc p CROSS JOIN LATERAL regexp_matches(p.prosrc, '''(?:ERROR|WARNING)'', ''([a-z_]+)''', 'g') m
       WHERE p.oid = to_regprocedure('security_advisor()')$$, 'every check of the advisor was provoked');

-- What the report misses, and what driplo_migrate() repairs

SET LOCAL client_min_messages = warning;
DROP POLICY "Anyone can view categories" ON categories;
DROP TRIGGER take_stock ON order_items;
DROP INDEX idx_orders_created_at;
ALTER TABLE orders DISABLE TRIGGER record_order_status;
ALTER TABLE messages DISABLE ROW LEVEL SECURITY;
GRANT ALL ON profiles TO anon;
ALTER TABLE listings OWNER TO CURRENT_USER;
DELETE FROM categories WHERE slug = 'other';
SELECT results_eq($$SELECT item, substr(found, strpos(found, 'missing')) FROM installation_report() WHERE NOT ok$$,
    $$VALUES ('named indexes', 'missing: idx_orders_created_at on orders'), ('policies', 'missing: Anyone can view categories on categories'),
             ('triggers', 'missing: record_order_status on orders, take_stock on order_items'),
             ('tables with row level security', '49'), ('categories', '9')$$, 'the report names what is missing');
SELECT is(driplo_migrate(), '1.0', 'driplo_migrate() says which version the tables are of');
ALTER TABLE orders ENABLE TRIGGER record_order_status;
CREATE INDEX idx_orders_created_at ON orders (created_at DESC);
INSERT INTO categories (name, slug, icon, sort_order) VALUES ('Other', 'other', '📦', 10);
SELECT is(tests.not_ok(), 'all ok', 'policies, triggers and row level security are back');
SELECT is(tests.findings(), 'none', 'and so are owners and rights');
SELECT has_table('own_table', 'a table of one''s own is still there');
SELECT is((SELECT count(*) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo' WHERE d.deptype = 'e' AND d.classid = 'pg_class'::regclass), 0::bigint,
    'and no table became a member');

SELECT * FROM finish();
ROLLBACK;
