-- What security_advisor() finds: each check is provoked, on tables and functions of driplo's and on those of
-- one's own, and what is well made beside it is no finding.
BEGIN;
SELECT * FROM no_plan();
CREATE FUNCTION tests.findings() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(string_agg(format('%s %s: %s', level, check_name, CASE object WHEN tests.home() THEN 'home' ELSE replace(object, tests.home() || '.', '') END), '; '), 'none') FROM security_advisor()$$;

SELECT is(tests.findings(), 'none', 'a fresh installation has no finding');

-- Each change is taken back, and the advisor is content again.

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
CREATE FUNCTION own_function() RETURNS integer LANGUAGE sql SET search_path = pg_catalog, pg_temp AS 'SELECT 1';
REVOKE ALL ON FUNCTION own_function() FROM PUBLIC, anon, authenticated, service_role;
SELECT is(tests.findings(), 'none', 'a table and a function of one''s own that are well made are no finding');

CREATE TEMP TABLE provoked (n serial, change text, finding text, what text);
INSERT INTO provoked (change, finding, what) VALUES
    ('ALTER TABLE listings DISABLE ROW LEVEL SECURITY', 'ERROR policies_not_in_force: listings; ERROR rls_disabled: listings', 'row level security that is off'),
    ('ALTER TABLE own_table DISABLE ROW LEVEL SECURITY', 'ERROR policies_not_in_force: own_table; ERROR rls_disabled: own_table', 'also on a table of one''s own'),
    ('CREATE TABLE forgotten (i integer PRIMARY KEY); REVOKE ALL ON forgotten FROM PUBLIC, anon, authenticated, service_role', 'ERROR rls_disabled: forgotten', 'or a new one'),
    ('ALTER TABLE listings DISABLE TRIGGER "!guard_columns"', 'ERROR guard_not_in_force: listings', 'a guard of columns that is off'),
    ('ALTER TABLE orders ENABLE REPLICA TRIGGER "!guard_commands"', 'ERROR guard_not_in_force: orders', 'or fires in another mode'),
    ('DROP TRIGGER "!guard_commands" ON ledger_entries', 'ERROR guard_not_in_force: ledger_entries', 'one that was dropped'),
    ('DROP TRIGGER "!guard_columns" ON profiles; CREATE TRIGGER "!guard_columns" BEFORE INSERT ON profiles FOR EACH ROW EXECUTE FUNCTION private.guard_columns()',
     'ERROR guard_not_in_force: profiles', 'or is for other events'),
    ('DROP TRIGGER "!guard_columns" ON coupons; CREATE TRIGGER "!guard_columns" BEFORE INSERT OR UPDATE ON coupons FOR EACH ROW WHEN (NEW.is_active) EXECUTE FUNCTION private.guard_columns()',
     'ERROR guard_not_in_force: coupons', 'or for some rows only'),
    ('DROP POLICY own_policy ON own_table', 'WARNING rls_without_policy: own_table', 'a table without a policy'),
    ('DROP POLICY "Users can view own statistics" ON user_stats_summary', 'WARNING rls_without_policy: user_stats_summary', 'a policy that was dropped'),
    ('DROP INDEX own_index', 'WARNING foreign_key_without_index: own_table', 'a foreign key without an index'),
    ('DROP INDEX idx_listings_seller_id', 'WARNING foreign_key_without_index: listings', 'an index that was dropped'),
    ('DROP INDEX own_index; CREATE INDEX own_index ON own_table (id, profile_id)', 'WARNING foreign_key_without_index: own_table', 'an index whose first column is another'),
    ('DROP INDEX own_index; CREATE INDEX own_index ON own_table (profile_id) WHERE id > 5', 'WARNING foreign_key_without_index: own_table', 'an index of some rows only'),
    ('ALTER TABLE own_table DROP CONSTRAINT own_table_pkey', 'WARNING table_without_primary_key: own_table', 'a table without a key'),
    ('ALTER TABLE own_table ADD setting regconfig', 'WARNING column_of_reg_type: own_table', 'a column that stands in the way of pg_upgrade'),
    ('ALTER TABLE own_table ADD setting regproc[]', 'WARNING column_of_reg_type: own_table', 'also many in one'),
    ('ALTER TABLE own_table ADD setting regclass', 'none', '(a regclass does not)'),
    ('CREATE UNIQUE INDEX own_key ON auth.users (id, email); ALTER TABLE auth.users ADD CONSTRAINT own_key UNIQUE USING INDEX own_key; ALTER TABLE own_table ADD email varchar(255), ADD FOREIGN KEY (profile_id, email) REFERENCES auth.users (id, email)',
     'WARNING foreign_key_to_auth_unique: own_table', 'a foreign key to a constraint of the authentication service'),
    ('ALTER TABLE own_table ADD FOREIGN KEY (profile_id) REFERENCES auth.users (id)', 'none', '(one to its primary key is none)'),
    ('CREATE INDEX own_index_2 ON own_table (profile_id)', 'WARNING duplicate_index: own_table', 'two equal indexes'),
    ('CREATE INDEX own_index_2 ON own_table (profile_id DESC)', 'none', '(another order is another index)'),
    ('CREATE POLICY more ON own_table FOR SELECT TO authenticated USING (id = 1)', 'WARNING policies_overlap: own_table', 'two permissive policies for one role and command'),
    ('CREATE POLICY more ON own_table FOR SELECT USING (id = 1)', 'WARNING policies_overlap: own_table', 'one of them for everybody'),
    ('CREATE POLICY more ON own_table TO authenticated USING (id = 1)', 'WARNING policies_overlap: own_table', 'one of them for all commands'),
    ('CREATE POLICY more ON own_table FOR SELECT TO anon USING (id = 1)', 'none', '(for another role it is none)'),
    ('CREATE POLICY more ON own_table AS RESTRICTIVE FOR SELECT TO authenticated USING (id = 1)', 'none', '(nor is a restrictive one)'),
    ('ALTER POLICY own_policy ON own_table USING (profile_id = auth.uid())', 'WARNING policy_evaluates_per_row: own_table', 'a policy that asks for the caller in each row'),
    ('ALTER POLICY own_policy ON own_table USING (is_admin((SELECT auth.uid())))', 'WARNING policy_evaluates_per_row: own_table', 'or who is an admin, whatever is inside'),
    ('ALTER POLICY own_policy ON own_table USING ((SELECT is_admin(auth.uid())))', 'none', '(asked once, whatever is inside)'),
    ('ALTER POLICY own_policy ON own_table USING (is_admin(profile_id))', 'none', '(what is another question for each row has to be asked for each)'),
    ('ALTER POLICY own_policy ON own_table USING ((SELECT auth.uid() = profile_id))', 'WARNING policy_evaluates_per_row: own_table', 'a SELECT that looks at the row is evaluated with it'),
    ('ALTER POLICY own_policy ON own_table USING (EXISTS (SELECT FROM orders o WHERE o.buyer_id = auth.uid() AND o.seller_id = profile_id))', 'WARNING policy_evaluates_per_row: own_table', 'the caller in the WHERE of a sub-select'),
    ('ALTER POLICY own_policy ON own_table USING (profile_id IN (SELECT o.seller_id FROM orders o WHERE o.buyer_id = (SELECT auth.uid())))', 'none', '(in a SELECT of its own there it is none)'),
    ('ALTER POLICY own_policy ON own_table USING (profile_id::text = current_setting(''my.user}{''))', 'WARNING policy_evaluates_per_row: own_table', 'a setting that is read in each row'),
    ('CREATE POLICY more ON own_table FOR UPDATE TO authenticated USING (id = 1) WITH CHECK (profile_id = auth.uid())', 'WARNING policy_evaluates_per_row: own_table', 'also in the check of what is written'),
    ('ALTER POLICY own_policy ON own_table USING (id > 0 AND now() > ''2000-01-01'')', 'none', '(the time is cheap)'),
    ('ALTER TABLE own_table RENAME id TO "a}b{c\\"; ALTER POLICY own_policy ON own_table USING ("a}b{c\\" = 1 AND profile_id = auth.uid())', 'WARNING policy_evaluates_per_row: own_table', 'in whatever names'),
    ('ALTER POLICY own_policy ON own_table USING (profile_id = (SELECT ((auth.jwt() -> ''user_metadata'') ->> ''shop'')::uuid))', 'ERROR policy_trusts_user_metadata: own_table', 'a policy that believes what users say of themselves'),
    ('ALTER POLICY own_policy ON own_table USING (profile_id = (SELECT ((auth.jwt() -> ''app_metadata'') ->> ''shop'')::uuid))', 'none', '(what the service says of them is another thing)'),
    ('CREATE POLICY more ON own_table FOR UPDATE TO authenticated USING (1 = 1)', 'ERROR policy_always_true: own_table', 'in other words'),
    ('CREATE POLICY more ON own_table FOR INSERT TO authenticated', 'ERROR policy_always_true: own_table', 'or without any'),
    ('CREATE POLICY more ON own_table FOR UPDATE TO authenticated USING (id = 1) WITH CHECK (true)', 'ERROR policy_always_true: own_table', 'or lets rows be given away'),
    ('CREATE POLICY more ON own_table AS RESTRICTIVE FOR INSERT TO authenticated WITH CHECK (true)', 'none', '(a restrictive one lets nobody in)'),
    ('CREATE POLICY more ON own_table FOR INSERT TO authenticated WITH CHECK (true)', 'ERROR policy_always_true: own_table', 'a policy that lets everything be written'),
    ('CREATE POLICY more ON own_table FOR DELETE USING (true)', 'ERROR policy_always_true: own_table', 'or deleted'),
    ('CREATE POLICY more ON own_table FOR INSERT TO service_role WITH CHECK (true)', 'none', '(for the service it is none)'),
    ('ALTER FUNCTION own_function() SECURITY DEFINER RESET search_path', 'ERROR definer_without_search_path: own_function()', 'a SECURITY DEFINER function without a search_path'),
    ('ALTER FUNCTION own_function() SECURITY DEFINER SET search_path = pg_catalog', 'ERROR definer_without_search_path: own_function()', 'or one that does not end in pg_temp'),
    ('ALTER FUNCTION own_function() SECURITY DEFINER SET search_path = pg_catalog, pg_temp', 'none', '(with one it is none)'),
    ('ALTER FUNCTION own_function() SECURITY DEFINER SET search_path = pg_catalog, pg_temp; GRANT EXECUTE ON FUNCTION own_function() TO PUBLIC',
     'WARNING function_executable_by_anon: own_function(); WARNING function_executable_by_authenticated: own_function()', 'one that everybody may execute'),
    ('ALTER FUNCTION own_function() SECURITY DEFINER SET search_path = pg_catalog, pg_temp; GRANT EXECUTE ON FUNCTION own_function() TO authenticated; REVOKE ALL ON FUNCTION own_function() FROM PUBLIC, anon',
     'WARNING function_executable_by_authenticated: own_function()', 'or who has signed in'),
    ('ALTER FUNCTION own_function() RESET search_path', 'WARNING search_path_mutable: own_function()', 'a function that uses its caller''s search_path'),
    ('CREATE FUNCTION bound() RETURNS integer LANGUAGE sql RETURN 1', 'none', '(one that is bound when it is made does not)'),
    ('CREATE FUNCTION compiled(integer) RETURNS integer LANGUAGE internal IMMUTABLE STRICT AS ''int4abs''', 'none', '(nor one that is compiled)'),
    ('ALTER FUNCTION private.storage_buckets() RESET search_path', 'WARNING search_path_mutable: private.storage_buckets()', 'also one of driplo''s'),
    ('GRANT EXECUTE ON FUNCTION private.lock_order(uuid) TO authenticated', 'WARNING definer_without_reason: private.lock_order(uuid); WARNING function_grant_wider_than_shipped: private.lock_order(uuid)',
     'a SECURITY DEFINER function of driplo''s for which there is no reason'),
    ('ALTER FUNCTION find_coupon(text) RESET search_path', 'ERROR definer_without_search_path: find_coupon(text)', 'a function of driplo whose search_path was reset'),
    ('ALTER FUNCTION find_coupon(text) OWNER TO CURRENT_USER', 'ERROR definer_owner_changed: find_coupon(text)', 'or whose owner was changed'),
    ('GRANT EXECUTE ON FUNCTION is_admin(uuid) TO anon', 'WARNING function_grant_wider_than_shipped: is_admin(uuid)', 'or that anon may execute now'),
    ('GRANT EXECUTE ON FUNCTION calculate_platform_fee(numeric) TO PUBLIC', 'WARNING function_grant_wider_than_shipped: calculate_platform_fee(numeric)', 'or everybody'),
    ('GRANT TRUNCATE ON listings TO anon', 'WARNING grant_wider_than_shipped: listings', 'a right to truncate'),
    ('GRANT INSERT ON orders TO anon', 'WARNING grant_wider_than_shipped: orders', 'a right to insert orders'),
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
    ('CREATE VIEW own_view WITH (security_invoker = yes) AS SELECT * FROM orders; GRANT SELECT ON own_view TO authenticated', 'none', '(in whatever words)'),
    ('CREATE VIEW own_view WITH (security_invoker = off) AS SELECT * FROM orders; GRANT SELECT ON own_view TO authenticated', 'ERROR view_bypasses_rls: own_view', 'nor the refusal of it'),
    ('CREATE VIEW own_view AS SELECT * FROM orders; REVOKE ALL ON own_view FROM PUBLIC, anon, authenticated; GRANT UPDATE (status) ON own_view TO authenticated', 'ERROR view_bypasses_rls: own_view', 'a view through which clients write'),
    ('CREATE VIEW inner_view AS SELECT * FROM orders; REVOKE ALL ON inner_view FROM PUBLIC, anon, authenticated; CREATE VIEW own_view AS SELECT * FROM inner_view; GRANT SELECT ON own_view TO anon', 'ERROR view_bypasses_rls: own_view', 'a view of a view'),
    ('CREATE VIEW tests.own_view AS SELECT * FROM orders; GRANT SELECT ON tests.own_view TO anon', 'ERROR view_bypasses_rls: tests.own_view', 'a view in another schema'),
    ('CREATE VIEW own_view AS SELECT id, email FROM auth.users; GRANT SELECT ON own_view TO authenticated', 'ERROR auth_users_exposed: own_view', 'a view of the accounts'),
    ('GRANT SELECT (email) ON auth.users TO authenticated', 'ERROR auth_users_exposed: auth.users', 'a right to read the accounts'),
    ('GRANT UPDATE (email) ON auth.users TO authenticated', 'ERROR auth_users_exposed: auth.users', 'or to write to them'),
    ('GRANT DELETE ON auth.users TO anon', 'ERROR auth_users_exposed: auth.users', 'or to delete them'),
    ('GRANT SET ON PARAMETER session_replication_role TO authenticated', 'ERROR parameter_set_by_clients: session_replication_role', 'a parameter that clients may set'),
    ('GRANT SET ON PARAMETER driplo.platform_fee_percent TO PUBLIC', 'ERROR parameter_set_by_clients: driplo.platform_fee_percent', 'or everybody'),
    ('GRANT SET ON PARAMETER log_statement TO service_role', 'none', '(one of the service is none)'),
    ('CREATE RULE quietly AS ON INSERT TO messages DO INSTEAD NOTHING', 'WARNING rule_on_table: messages', 'a rule that loses rows'),
    ('CREATE RULE quietly AS ON INSERT TO own_table DO INSTEAD NOTHING', 'none', '(on a table of one''s own it is none)'),
    ('CREATE MATERIALIZED VIEW own_view AS SELECT * FROM orders; REVOKE ALL ON own_view FROM PUBLIC, anon, authenticated; GRANT SELECT (id) ON own_view TO anon', 'ERROR materialized_view_readable: own_view', 'a materialized view has no row level security'),
    ('CREATE MATERIALIZED VIEW own_view AS SELECT 1 AS one; GRANT SELECT ON own_view TO anon', 'ERROR materialized_view_readable: own_view', 'whatever it reads'),
    ('CREATE MATERIALIZED VIEW tests.own_view AS SELECT * FROM orders; GRANT SELECT ON tests.own_view TO anon', 'ERROR materialized_view_readable: tests.own_view', 'wherever it is'),
    ('CREATE MATERIALIZED VIEW own_view AS SELECT * FROM orders; REVOKE ALL ON own_view FROM PUBLIC, anon, authenticated', 'none', '(one that clients cannot read is none)'),
    ('CREATE FOREIGN DATA WRAPPER nowhere; CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere; CREATE FOREIGN TABLE own_view (i integer) SERVER nowhere; GRANT SELECT ON own_view TO anon', 'ERROR foreign_table_readable: own_view', 'a foreign table'),
    ('GRANT CREATE ON SCHEMA @home@ TO anon', 'ERROR clients_may_create: home', 'a schema in which clients may create objects'),
    ('GRANT CREATE ON SCHEMA private TO authenticated', 'ERROR clients_may_create: private', 'or in the one of driplo''s own functions'),
    ('GRANT USAGE ON SCHEMA private TO authenticated', 'WARNING private_schema_open: private', 'or use it'),
    ('GRANT USAGE ON SCHEMA private TO authenticated; ALTER EXTENSION driplo DROP SCHEMA private', 'none', '(one that was there before has the grants of its owner)'),
    ('CREATE EXTENSION hstore SCHEMA @home@', 'WARNING extension_in_public: hstore', 'an extension that clients find beside driplo'),
    ('CREATE EXTENSION hstore SCHEMA public', 'WARNING extension_in_public: hstore', 'or in public'),
    ('CREATE EXTENSION hstore SCHEMA tests', 'none', '(elsewhere it is none)'),
    ('UPDATE pg_extension SET extversion = ''0.9'' WHERE extname = ''pgcrypto''', 'WARNING extension_outdated: pgcrypto', 'an extension that driplo needs and that is old'),
    ('SELECT expose_api(); DROP VIEW api.favorites', 'WARNING api_schema_out_of_date: favorites', 'an API schema that lacks a view'),
    ('ALTER ROLE authenticated SET driplo.platform_fee_percent = 1', 'WARNING setting_per_role: authenticated', 'a fee for some'),
    ('DO $do$ BEGIN EXECUTE format(''ALTER DATABASE %I SET driplo.platform_fee_percent = 1'', current_database()); END $do$', 'none', '(for the database is the way to set it)'),
    ('DO $do$ BEGIN EXECUTE format(''ALTER ROLE service_role IN DATABASE %I SET session_replication_role = replica'', current_database()); END $do$', 'WARNING setting_per_role: service_role', 'sessions without triggers'),
    ('ALTER ROLE anon SET "request.jwt.claims" = ''{}''', 'WARNING setting_per_role: anon', 'claims that no request brought'),
    ('SELECT set_config(''request.jwt.claims'', ''{"sub": "00000000-0000-4000-8000-000000000001"}'', false)', 'WARNING claims_outlive_transaction: ' || session_user, 'claims that the next client of a pooler has'),
    ('ALTER ROLE ALL SET session_replication_role = replica', 'WARNING setting_per_role: ALL', 'also for all'),
    ('ALTER ROLE anon BYPASSRLS', 'ERROR role_too_strong: anon', 'a role that passes row level security'),
    ('ALTER ROLE driplo_owner BYPASSRLS', 'ERROR role_too_strong: driplo_owner', 'an owner who does'),
    ('GRANT driplo_owner TO authenticated', 'ERROR client_in_role: authenticated; ERROR member_of_owner: authenticated', 'clients who are the owner'),
    ('CREATE ROLE tests_middle; GRANT tests_middle TO anon; GRANT service_role TO tests_middle', 'ERROR client_in_role: anon', 'or the service, by way of another role'),
    ('CREATE ROLE tests_middle; GRANT tests_middle TO authenticated', 'WARNING client_in_role: authenticated', 'or in a role that has no right yet'),
    ('CREATE ROLE tests_middle; GRANT tests_middle TO authenticated; GRANT EXECUTE ON FUNCTION check_integrity() TO tests_middle', 'ERROR client_in_role: authenticated', 'or one to a function'),
    ('GRANT anon TO authenticated', 'none', '(anon has nothing that others have not)'),
    ('CREATE ROLE tests_login; GRANT authenticated, service_role TO tests_login', 'none', '(who may become a client or the service is not one)'),
    ('CREATE ROLE tests_boss SUPERUSER; GRANT driplo_owner TO tests_boss', 'none', '(a superuser needs no membership)'),
    ('CREATE ROLE tests_middle; GRANT SELECT ON driplo_secrets TO tests_middle', 'ERROR secrets_readable: driplo_secrets', 'keys that are somebody''s'),
    ('ALTER POLICY "Users can view their orders" ON orders USING (true)', 'ERROR policy_not_as_shipped: orders', 'a policy of driplo''s that was changed'),
    ('CREATE POLICY more ON orders FOR SELECT TO authenticated USING (true)', 'ERROR policy_shows_every_row: orders', 'one beside it that shows everything'),
    ('CREATE POLICY more ON orders TO authenticated USING (1 = 1) WITH CHECK (false)', 'ERROR policy_always_true: orders; ERROR policy_shows_every_row: orders', 'for all commands'),
    ('CREATE POLICY more ON orders FOR SELECT USING ((SELECT auth.role()) = ''authenticated'')', 'ERROR policy_shows_every_row: orders', 'to whoever has signed in'),
    ('CREATE POLICY more ON orders FOR SELECT TO authenticated USING (id IS NOT NULL)', 'ERROR policy_shows_every_row: orders', 'or asks what is always so'),
    ('CREATE POLICY more ON orders FOR SELECT TO authenticated USING (false)', 'WARNING policy_widens_shipped: orders', '(nothing is not everything)'),
    ('CREATE POLICY more ON orders FOR SELECT TO authenticated USING ((SELECT private.caller_role()) = ''moderator'')', 'WARNING policy_widens_shipped: orders', 'one that shows more to some'),
    ('CREATE POLICY more ON orders AS RESTRICTIVE FOR SELECT TO authenticated USING (true)', 'none', '(a restrictive one shows nothing)'),
    ('CREATE POLICY more ON orders FOR SELECT TO service_role USING (true)', 'none', '(the service sees everything anyway)'),
    ('ALTER POLICY own_policy ON own_table USING (true)', 'WARNING policy_shows_every_row: own_table', 'a table of one''s own that everybody reads'),
    ('CREATE ROLE tests_dba; ALTER FUNCTION private.storage_buckets() OWNER TO tests_dba', 'ERROR owner_is_no_superuser: tests_dba', 'a function that a superuser calls, of somebody who is none'),
    ('CREATE ROLE tests_dba; ALTER SCHEMA @home@ OWNER TO tests_dba', 'WARNING schema_owner_is_no_superuser: home', 'the schema that driplo is in'),
    ('CREATE ROLE tests_dba; ALTER SCHEMA private OWNER TO tests_dba', 'ERROR owner_is_no_superuser: tests_dba', 'or the schema of such functions'),
    ('ALTER TABLE orders OWNER TO CURRENT_USER', 'ERROR table_owner_changed: orders', 'a table whose owner was changed');
SELECT is(tests.finding_after(change), finding, what) FROM provoked ORDER BY n;
SELECT is(tests.findings(), 'none', 'the advisor is content again');
SELECT set_eq($$SELECT DISTINCT regexp_replace(m[1], '(function_executable_by_).*', '\1') FROM provoked CROSS JOIN LATERAL regexp_matches(finding, '(?:ERROR|WARNING) ([a-z_]+):', 'g') m$$,
    $$SELECT DISTINCT m[1] FROM pg_proc p CROSS JOIN LATERAL regexp_matches(p.prosrc, '''(?:ERROR|WARNING)''(?: END)?, ''([a-z_]+)''', 'g') m
       WHERE p.pronamespace = 'private'::regnamespace AND p.proname LIKE 'advise\_on\_%'$$, 'every check of the advisor was provoked');

SELECT * FROM finish();
ROLLBACK;
