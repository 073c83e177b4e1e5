-- installation_report() says that everything is there and notices what is not, security_advisor() that nothing is
-- open; who may ask, and what driplo_migrate() repairs. What the advisor notices is in advisor.sql.
BEGIN;
SELECT plan(31);
CREATE FUNCTION tests.findings() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(string_agg(format('%s %s: %s', level, check_name, CASE object WHEN tests.home() THEN 'home' ELSE replace(object, tests.home() || '.', '') END), '; '), 'none') FROM security_advisor()$$;
CREATE FUNCTION tests.not_ok() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(string_agg(format('%s: %s', item, found), '; '), 'all ok') FROM installation_report() WHERE ok IS NOT TRUE$$;
-- which they are is told by schema/whole.sql
CREATE FUNCTION tests.tables(less bigint) RETURNS text LANGUAGE sql STABLE AS
    $$SELECT (count(*) - less)::text FROM pg_class c JOIN private.shipped_objects() o ON o.kind = 'table' AND o.name = c.relname
       WHERE c.relnamespace = quote_ident(tests.home())::regnamespace AND c.relkind = 'r'$$;

-- As installed

SELECT is_empty('SELECT * FROM security_advisor()', 'a fresh installation has no finding');
SELECT is_empty('SELECT * FROM installation_report() WHERE ok IS NOT TRUE', 'a fresh installation is complete');
SELECT cmp_ok((SELECT count(*) FROM installation_report()), '>=', 17::bigint, 'of seventeen things and more');
SELECT is_empty('SELECT item FROM installation_report() WHERE item IS NULL OR expected IS NULL OR found IS NULL OR ok IS NULL', 'each of which is told in full');
SELECT results_eq($$SELECT item, expected, found FROM installation_report() WHERE item IN ('enum types', 'tables', 'sequences', 'categories')$$,
    $$VALUES ('enum types', '18', '18'), ('tables', tests.tables(0), tests.tables(0)), ('sequences', '1', '1'), ('categories', 'at least 10', '10')$$, 'with what is expected and what is found');

SELECT set_eq($$SELECT o.name, o.on_table FROM private.shipped_objects() o WHERE o.kind = 'constraint'$$,
    $$SELECT k.conname, c.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
       WHERE c.relowner = 'driplo_owner'::regrole AND c.relnamespace = tests.home()::regnamespace AND k.contype IN ('p', 'u', 'f', 'c', 'x')$$,
    'each constraint is known by the name that the server gave it');

-- The fee is a setting of the database, which a dump does not hold

SAVEPOINT fee;
INSERT INTO auth.users (id, email) SELECT gen_random_uuid(), name || '@fee.example.org' FROM unnest(ARRAY['ann', 'bob']) name;
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, platform_fee_amount)
SELECT a.id, b.id, 100, 100, 12 FROM profiles a, profiles b WHERE a.email = 'ann@fee.example.org' AND b.email = 'bob@fee.example.org';
SELECT is(tests.not_ok(), 'platform fee: 5, but none is set and it was 12.0 at the last sale', 'a fee that is not set any more is told');
UPDATE orders SET subtotal = 10, shipping_cost = 90, platform_fee_amount = 5;
SELECT is(tests.not_ok(), 'all ok', 'the fee of price and shipping is the one that there is');
UPDATE orders SET platform_fee_amount = 0.5;
SELECT is(tests.not_ok(), 'all ok', 'so is that of the price, where shipping carried none');
UPDATE orders SET platform_fee_amount = 12;
SELECT is(tests.not_ok(), 'platform fee: 5, but none is set and it was 12.0 at the last sale', 'another one is told of both');
SET LOCAL driplo.fee_on_shipping = off;
UPDATE orders SET platform_fee_amount = 1.2;
SELECT is(tests.not_ok(), 'platform fee: 5, but none is set and it was 12.0 at the last sale', 'or of the price, where shipping carries none');
SET LOCAL driplo.platform_fee_percent = 5;
SELECT is(tests.not_ok(), 'all ok', 'one that was changed is not');
ROLLBACK TO fee;

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
SELECT is(driplo_version(), (SELECT extversion FROM pg_extension WHERE extname = 'driplo'), 'but which version it is');
SELECT tests.log_in_as_anon();
SELECT throws_ok('SELECT * FROM security_advisor()', '42501', NULL, 'anon may not ask the advisor');
SELECT throws_ok('SELECT * FROM installation_report()', '42501', NULL, 'nor for the report');
SELECT is(driplo_version(), (SELECT extversion FROM pg_extension WHERE extname = 'driplo'), 'but which version it is');
SELECT tests.log_out();
CREATE ROLE tests_somebody;
SELECT format('GRANT USAGE ON SCHEMA %I TO tests_somebody', tests.home()) \gexec
GRANT EXECUTE ON FUNCTION driplo_migrate(), driplo_uninstall(boolean) TO tests_somebody;
SET LOCAL ROLE tests_somebody;
SELECT throws_ok('SELECT driplo_migrate()', '42501', NULL, 'a right to execute is not enough to repair');
SELECT throws_ok('SELECT driplo_uninstall(true)', '42501', NULL, 'nor to remove');
RESET ROLE;
REVOKE EXECUTE ON FUNCTION driplo_migrate(), driplo_uninstall(boolean) FROM tests_somebody;

-- What the report misses, and what driplo_migrate() repairs

CREATE TABLE own_table (id integer PRIMARY KEY);
REVOKE ALL ON own_table FROM PUBLIC, anon, authenticated, service_role;
ALTER TABLE own_table ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_policy ON own_table FOR SELECT TO authenticated USING (id > 0);
SET LOCAL client_min_messages = warning;
DROP POLICY "Anyone can view categories" ON categories;
DROP TRIGGER take_stock ON order_items;
DROP INDEX idx_orders_created_at;
SELECT pg_get_constraintdef(oid) AS buyer_key FROM pg_constraint WHERE conname = 'orders_buyer_id_fkey' AND conrelid = 'orders'::regclass \gset
ALTER TABLE orders DROP CONSTRAINT orders_buyer_id_fkey, ADD CONSTRAINT orders_buyer_id_fkey :buyer_key NOT VALID;
ALTER TABLE user_follows DROP CONSTRAINT user_follows_not_oneself_check, DROP CONSTRAINT user_follows_pkey;
ALTER TABLE orders DISABLE TRIGGER _record_order_status;
ALTER TABLE messages DISABLE ROW LEVEL SECURITY;
GRANT ALL ON profiles TO anon;
ALTER TABLE listings OWNER TO CURRENT_USER;
DELETE FROM categories WHERE slug = 'other';
SELECT results_eq($$SELECT item, substr(found, strpos(found, 'missing')) FROM installation_report() WHERE NOT ok$$,
    $$VALUES ('constraints', 'missing: user_follows_not_oneself_check on user_follows, user_follows_pkey on user_follows; other: orders_buyer_id_fkey on orders (not validated)'),
             ('named indexes', 'missing: idx_orders_created_at on orders'), ('policies', 'missing: Anyone can view categories on categories'),
             ('triggers', 'missing: take_stock on order_items; other: _record_order_status on orders (switched off)'),
             ('tables with row level security', tests.tables(1)), ('categories', '9')$$, 'the report names what is missing');
SELECT is(driplo_migrate(), (SELECT extversion FROM pg_extension WHERE extname = 'driplo'), 'driplo_migrate() says which version the tables are of');
CREATE INDEX idx_orders_created_at ON orders (created_at DESC);
INSERT INTO categories (name, slug, icon, sort_order) VALUES ('Other', 'other', '📦', 10);
SELECT is(tests.not_ok(), 'all ok', 'constraints, policies, triggers and row level security are back');
SELECT is(tests.findings(), 'none', 'and so are owners and rights');
SELECT has_table('own_table', 'a table of one''s own is still there');
SELECT is((SELECT count(*) FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo' WHERE d.deptype = 'e' AND d.classid = 'pg_class'::regclass), 0::bigint,
    'and no table became a member');

SELECT * FROM finish();
ROLLBACK;
