-- What stops a shop or opens it: each damage has a row in installation_report() or security_advisor(), and the statement
-- in that row's remedy makes it go. What driplo_migrate() mends is damaged again and mended by it alone.
BEGIN;
SET LOCAL client_min_messages = error;
SELECT * FROM no_plan();

CREATE FUNCTION tests.rows_of_reports() RETURNS TABLE (name text, remedy text) LANGUAGE sql VOLATILE AS $$
    SELECT item, remedy FROM installation_report() WHERE ok IS NOT TRUE UNION ALL SELECT check_name, remedy FROM security_advisor() $$;
-- The rows after the damage, and after "->" those that are left when it is mended, where "mending" is remedy, migrate or nothing.
CREATE FUNCTION tests.rows_after(damage text[], mending text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
    statement text;
    remedies text[];
BEGIN
    BEGIN
        FOREACH statement IN ARRAY damage LOOP
            EXECUTE replace(statement, '@home@', quote_ident(tests.home()));
        END LOOP;
        SELECT coalesce(string_agg(DISTINCT r.name, ', ' ORDER BY r.name), 'none'), array_agg(DISTINCT r.remedy ORDER BY r.remedy) INTO result, remedies
          FROM tests.rows_of_reports() r;
        IF mending = 'migrate' THEN
            PERFORM driplo_migrate();
        ELSIF mending = 'remedy' THEN
            FOREACH statement IN ARRAY remedies LOOP
                EXECUTE statement;
            END LOOP;
        END IF;
        IF mending <> 'nothing' THEN
            result := result || ' -> ' || (SELECT coalesce(string_agg(DISTINCT r.name, ', ' ORDER BY r.name), 'none') FROM tests.rows_of_reports() r);
        END IF;
        RAISE 'take it back' USING ERRCODE = 'TT002';
    EXCEPTION WHEN SQLSTATE 'TT002' THEN
        NULL;
    END;
    RETURN result;
END $$;
SELECT is_empty('SELECT * FROM tests.rows_of_reports()', 'before, neither report has a row');

CREATE ROLE tests_reader;
-- by_migrate: whether driplo_migrate() mends it
CREATE TEMP TABLE damages (n serial, what text, damage text, found text, by_migrate boolean);
INSERT INTO damages (what, damage, found, by_migrate) VALUES
    ('the keys of all tables and sequences that were made for them',
     'ALTER TABLE user_follows DROP CONSTRAINT user_follows_pkey; ALTER TABLE orders DROP CONSTRAINT fk_orders_payment_method; ALTER TABLE orders DROP CONSTRAINT orders_total_is_sum_check',
     'constraints, table_without_primary_key', true),
    ('a check that lets more through', 'ALTER TABLE orders DROP CONSTRAINT orders_subtotal_check, ADD CONSTRAINT orders_subtotal_check CHECK (subtotal >= -100)', 'constraints', true),
    ('a foreign key that deletes more', 'ALTER TABLE orders DROP CONSTRAINT orders_buyer_id_fkey, ADD CONSTRAINT orders_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES profiles (id) ON DELETE CASCADE', 'constraints', true),
    ('one that was not validated', 'ALTER TABLE orders DROP CONSTRAINT orders_buyer_id_fkey, ADD CONSTRAINT orders_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES profiles (id) ON DELETE SET NULL NOT VALID', 'constraints', true),
    ('defaults of ids and order numbers, one that is gone and one that is another',
     'ALTER TABLE listings ALTER id DROP DEFAULT; ALTER TABLE orders ALTER order_number DROP DEFAULT, ALTER status SET DEFAULT ''paid''; ALTER TABLE auth_login_history ALTER id DROP DEFAULT', 'defaults', true),
    ('a quantity that may be NULL', 'ALTER TABLE order_items ALTER quantity DROP NOT NULL', 'columns', true),
    ('a column of another type', 'ALTER TABLE order_tracking ALTER tracking_number TYPE text; ALTER TABLE shipping_labels ALTER cost TYPE numeric(20,4)', 'columns', false),
    ('a column that is gone', 'ALTER TABLE profiles DROP COLUMN bio', 'columns', false),
    ('ids that nobody gives', 'ALTER TABLE ledger_entries ALTER id DROP IDENTITY', 'columns', false),
    ('tables that do not survive a crash, which refer to each other', 'ALTER TABLE dispute_messages SET UNLOGGED; ALTER TABLE messages SET UNLOGGED; ALTER TABLE store_credit_usage SET UNLOGGED', 'tables', true),
    ('an index that is gone, one of other columns, and one of some rows', 'DROP INDEX @home@.idx_orders_created_at; DROP INDEX @home@.idx_messages_created_at; CREATE INDEX idx_messages_created_at ON messages (is_read); '
     'DROP INDEX @home@.idx_disputes_status; CREATE INDEX idx_disputes_status ON disputes (status) WHERE status = ''open''', 'named indexes', false),
    ('rights of clients, of the service and of the owner',
     'REVOKE SELECT ON orders FROM authenticated; REVOKE SELECT (username) ON profiles FROM anon; REVOKE USAGE ON SEQUENCE auth_login_history_id_seq FROM service_role; REVOKE INSERT ON orders FROM driplo_owner', 'rights', true),
    ('EXECUTE', 'REVOKE EXECUTE ON FUNCTION cart_contents() FROM authenticated; REVOKE EXECUTE ON FUNCTION private.caller_role() FROM authenticated', 'rights', true),
    ('USAGE', 'REVOKE USAGE ON SCHEMA private FROM service_role, driplo_owner', 'rights', true),
    ('the guard of the tables', 'ALTER EVENT TRIGGER driplo_keep_objects DISABLE', 'guard of the tables', true),
    ('row level security for driplo itself', 'ALTER TABLE orders FORCE ROW LEVEL SECURITY', 'tables with forced row level security', true),
    ('row level security that is off', 'ALTER TABLE orders DISABLE ROW LEVEL SECURITY', 'policies_not_in_force, rls_disabled, tables with row level security', true),
    ('guards that are switched off', 'ALTER TABLE orders DISABLE TRIGGER guard_order_status; ALTER TABLE auth.users DISABLE TRIGGER on_auth_user_created', 'triggers', true),
    ('also where replicas are meant', 'ALTER TABLE orders ENABLE REPLICA TRIGGER guard_order_status', 'triggers', true),
    ('and a constraint trigger', 'ALTER TABLE order_items DISABLE TRIGGER check_order_subtotal', 'triggers', true),
    ('a guard that asks for less', 'CREATE OR REPLACE TRIGGER guard_order_status BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION private.guard_order_status()', 'triggers', true),
    ('or only sometimes', 'CREATE OR REPLACE TRIGGER guard_order_status BEFORE INSERT OR UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.notes IS NULL) EXECUTE FUNCTION private.guard_order_status()', 'triggers', true),
    ('a guard of fewer columns', 'DROP TRIGGER keep_order_terms ON orders; CREATE TRIGGER keep_order_terms BEFORE UPDATE ON orders FOR EACH ROW WHEN (OLD.buyer_id IS DISTINCT FROM NEW.buyer_id) EXECUTE FUNCTION private.keep_order_terms()', 'triggers', true),
    ('a guard that is somebody else''s', 'CREATE FUNCTION tests.no_guard() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN NEW; END''; '
     'CREATE OR REPLACE TRIGGER guard_order_status BEFORE INSERT OR UPDATE OF status ON orders FOR EACH ROW EXECUTE FUNCTION tests.no_guard()', 'triggers', true),
    ('a guard that is gone', 'DROP TRIGGER _record_order_status ON orders', 'triggers', true),
    ('a policy that is gone', 'DROP POLICY "Buyers can create orders" ON orders', 'policies', true),
    ('one that shows everything', 'ALTER POLICY "Users can view their messages" ON messages USING (true)', 'policies, policy_not_as_shipped', true),
    ('one for more people', 'ALTER POLICY "Users can view their orders" ON orders TO anon, authenticated', 'policies, policy_not_as_shipped', true),
    ('one that checks less', 'ALTER POLICY "Parties can change their orders" ON orders WITH CHECK (buyer_id IS NOT NULL)', 'policies, policy_not_as_shipped', true),
    ('one for another command', 'DROP POLICY "Users can view their orders" ON orders; CREATE POLICY "Users can view their orders" ON orders TO authenticated USING (buyer_id = (SELECT auth.uid()))', 'policies, policy_not_as_shipped', true),
    ('a restrictive one that is permissive', 'DROP POLICY "Sellers can update order status" ON orders; CREATE POLICY "Sellers can update order status" ON orders FOR UPDATE TO authenticated USING (true)',
     'policies, policy_not_as_shipped', true),
    ('a function that was replaced', 'CREATE OR REPLACE FUNCTION private.caller_role() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS ''SELECT ''''admin''''''', 'functions', false),
    ('or runs otherwise', 'ALTER FUNCTION find_coupon(text) SECURITY INVOKER', 'functions, owner_is_no_superuser', false),
    ('a policy beside driplo''s that shows everything', 'CREATE POLICY more ON orders FOR SELECT TO authenticated USING (true)', 'policy_shows_every_row', false),
    ('in other words', 'CREATE POLICY more ON orders FOR SELECT TO authenticated USING ((SELECT auth.uid()) IS NOT NULL)', 'policy_shows_every_row', false),
    ('or in these', 'CREATE POLICY more ON orders FOR SELECT TO authenticated USING (id = id)', 'policy_shows_every_row', false),
    ('one that shows more', 'CREATE POLICY more ON store_credits FOR DELETE TO authenticated USING (user_id = (SELECT auth.uid()))', 'policy_widens_shipped', false),
    ('an owner that passes row level security', 'ALTER ROLE driplo_owner BYPASSRLS', 'role_too_strong', false),
    ('an owner who logs in and makes roles', 'ALTER ROLE driplo_owner LOGIN CREATEROLE', 'role_too_strong', false),
    ('a superuser', 'ALTER ROLE service_role SUPERUSER', 'clients_may_create, function_grant_wider_than_shipped, role_too_strong', false),
    ('clients who give themselves what they like', 'ALTER ROLE authenticated CREATEROLE', 'role_too_strong', false),
    ('a service that is held back', 'ALTER ROLE service_role NOBYPASSRLS', 'roles', false),
    ('a member of the owner', 'GRANT driplo_owner TO tests_reader', 'member_of_owner', false),
    ('clients who may become the service', 'GRANT service_role TO authenticated', 'client_in_role', false),
    ('or have rights by way of another role', 'GRANT tests_reader TO anon; GRANT SELECT ON orders TO tests_reader', 'client_in_role', false),
    ('keys that somebody reads', 'GRANT SELECT ON driplo_secrets TO tests_reader', 'secrets_readable', false);
-- What has driplo_migrate() for its remedy is mended all at once: that takes its time.
SELECT is(tests.rows_after(ARRAY[damage], CASE WHEN by_migrate THEN 'nothing' ELSE 'remedy' END), found || CASE WHEN by_migrate THEN '' ELSE ' -> none' END, what) FROM damages ORDER BY n;
SELECT matches(tests.rows_after(array_agg(damage ORDER BY n), 'remedy'), '^columns, constraints, .* -> none$', 'all of them are mended by the remedies') FROM damages WHERE by_migrate;
SELECT matches(tests.rows_after(array_agg(damage ORDER BY n), 'migrate'), '^columns, constraints, .* -> none$', 'and by driplo_migrate()') FROM damages WHERE by_migrate;
SELECT is_empty('SELECT * FROM tests.rows_of_reports()', 'afterwards neither report has a row');

SELECT * FROM finish();
ROLLBACK;
