-- Whose the tables are: the database's owner, who is no superuser and owns the schema, cannot put an own object in the place of one of
-- driplo's; and where one stands there all the same, nobody's function touches it, the reports of a superuser first of all.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/market.sql
SELECT plan(37);

SELECT tests.sign_up('ann@ownership.example') AS ann \gset
SELECT tests.sign_up('bob@ownership.example') AS bob \gset
SELECT tests.an_order(:'ann', :'bob') AS owed \gset
SELECT tests.a_listing(:'bob') AS lamp \gset
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

CREATE ROLE tests_dbo;
SELECT format('ALTER DATABASE %I OWNER TO tests_dbo', current_database()) \gexec
-- public is pg_database_owner's
SELECT format('ALTER SCHEMA %I OWNER TO tests_dbo', tests.home()) WHERE tests.home() <> 'public' \gexec
SELECT results_eq('SELECT check_name, object FROM security_advisor()', format('VALUES (%L, %L)', 'schema_owner_is_no_superuser', tests.home()), 'the advisor says that the schema is somebody''s');

-- What the owner of the schema may not do

CREATE FUNCTION tests.drops(what text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format(what, tests.home());
    RETURN 'dropped';
EXCEPTION WHEN insufficient_privilege THEN
    RETURN SQLERRM;
END $$;
SET LOCAL ROLE tests_dbo;
SELECT is(tests.drops(what), 'must be superuser to drop objects of driplo', what) FROM unnest(ARRAY[
    'DROP TABLE %I.order_status_history', 'DROP TABLE %I.favorites CASCADE', 'DROP TABLE %I.driplo_secrets', 'DROP TYPE %I.order_status CASCADE',
    'DROP TYPE %I.user_role CASCADE', 'DROP SEQUENCE %I.order_number_seq', 'DROP INDEX %I.idx_orders_created_at', 'DROP TABLE %1$I.coupons, %1$I.listings CASCADE']) what;
CREATE TABLE own_table (id integer PRIMARY KEY);
CREATE TEMP TABLE orders (id integer);
SELECT is(tests.drops('DROP TABLE %I.own_table'), 'dropped', 'what is one''s own can be dropped');
SELECT is(tests.drops('DROP TABLE pg_temp.orders'), 'dropped', 'whatever a temporary table is called');
RESET ROLE;
CREATE ROLE tests_tenant;
CREATE SCHEMA tests_tenant AUTHORIZATION tests_tenant;
SELECT format('GRANT CREATE, USAGE ON SCHEMA %I TO tests_tenant', tests.home()) \gexec
SET LOCAL ROLE tests_tenant;
CREATE TABLE tests_tenant.orders (id integer);
CREATE TABLE tenants_table (id integer PRIMARY KEY);
CREATE TEMP TABLE favorites (id integer);
SELECT is(tests.drops('DROP TABLE tests_tenant.orders'), 'dropped', 'other roles drop what is theirs');
SELECT is(tests.drops('DROP TABLE %I.tenants_table'), 'dropped', 'also beside driplo''s tables');
SELECT is(tests.drops('DROP TABLE pg_temp.favorites'), 'dropped', 'and temporary tables');
RESET ROLE;
SET LOCAL ROLE tests_dbo;
SELECT throws_ok('SELECT * FROM driplo_secrets', '42501', NULL, 'and the keys are nobody''s to read');
SELECT throws_ok('SELECT driplo_migrate()', '42501', NULL, 'nor is anything to repair');
RESET ROLE;
SELECT is_empty('SELECT item FROM installation_report() WHERE NOT ok', 'nothing is missing');
SELECT ok((SELECT count(*) = 0 FROM pg_class c WHERE c.relnamespace = tests.home()::regnamespace AND c.relowner = 'tests_dbo'::regrole), 'nothing has another owner');

-- Where it has happened all the same: the guard was off, or another version was installed

ALTER EVENT TRIGGER driplo_keep_objects DISABLE;
SELECT is((SELECT found FROM installation_report() WHERE NOT ok), 'none', 'the report says that the guard is off');
CREATE TABLE tests.ran (who text);
GRANT ALL ON tests.ran TO PUBLIC;
GRANT USAGE, CREATE ON SCHEMA tests TO tests_dbo;
CREATE FUNCTION tests.replaces(statements text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL ROLE tests_dbo;
    EXECUTE replace(statements, '@home@', quote_ident(coalesce(tests.home(), current_schema())));
    RESET ROLE;
END $$;
SET LOCAL ROLE tests_dbo;
CREATE FUNCTION tests.mine() RETURNS uuid LANGUAGE plpgsql AS $$BEGIN INSERT INTO tests.ran VALUES (current_user); RETURN NULL; END $$;
CREATE FUNCTION tests.mine_too() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN INSERT INTO tests.ran VALUES (current_user); RETURN NEW; END $$;
CREATE FUNCTION tests.is_mine(value text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$BEGIN RAISE WARNING 'as %', current_user; RETURN true; END $$;
RESET ROLE;
SAVEPOINT whole;

SELECT tests.replaces('DROP TABLE @home@.favorites; CREATE VIEW @home@.favorites AS SELECT tests.mine() AS id, NULL::uuid AS user_id, tests.mine() AS listing_id, now() AS created_at; GRANT ALL ON @home@.favorites TO PUBLIC');
SELECT throws_ok('SELECT * FROM check_integrity()', '55000', 'tables, sequences, or types of driplo have unexpected owners', 'a view for a table: the report of a superuser does not read it');
SELECT throws_ok('SELECT * FROM private.integrity_of_users()', '55000', NULL, 'nor do its parts');
SELECT throws_ok('SELECT * FROM private.integrity_of_references()', '55000', NULL, 'none of them');
SELECT lives_ok('SELECT * FROM security_advisor()', 'the advisor looks at the catalog only');
SELECT isnt_empty('SELECT * FROM installation_report() WHERE NOT ok', 'and the report tells');
SELECT throws_ok('SELECT driplo_migrate()', '55000', 'tables, sequences, or types of driplo have unexpected owners', 'driplo_migrate() does not write it');
SELECT throws_ok($$SELECT tests.sign_up('late@ownership.example')$$, '55000', NULL, 'nobody signs up');
RESET ROLE;
SELECT is_empty('SELECT * FROM tests.ran', 'and nothing of it has run');
ROLLBACK TO whole;

SELECT tests.replaces('DROP TABLE @home@.order_status_history; CREATE TABLE @home@.order_status_history (order_id uuid, from_status @home@.order_status, to_status @home@.order_status, changed_by uuid, reason text, metadata jsonb, created_at timestamptz);
    GRANT ALL ON @home@.order_status_history TO PUBLIC; CREATE TRIGGER mine BEFORE INSERT ON @home@.order_status_history FOR EACH ROW EXECUTE FUNCTION tests.mine_too()');
SELECT tests.log_in_as_service();
SELECT throws_ok(format('SELECT transition_order(%L, ''paid'')', :'owed'), '55000', 'tables, sequences, or types of driplo have unexpected owners', 'a table with a trigger: no function writes it');
SELECT throws_ok('SELECT expire_unpaid_orders()', '55000', NULL, 'no job of the service''s');
SELECT throws_ok(format('UPDATE orders SET status = ''cancelled'' WHERE id = %L', :'owed'), '55000', NULL, 'nor does a trigger of driplo''s');
SELECT tests.log_out();
SELECT throws_ok('SELECT * FROM check_integrity()', '55000', NULL, 'no report reads it');
SELECT is_empty('SELECT * FROM tests.ran', 'and nothing of it has run');
ROLLBACK TO whole;

SELECT tests.replaces('DROP TYPE @home@.order_status CASCADE; CREATE DOMAIN @home@.order_status AS text CHECK (tests.is_mine(VALUE))');
SELECT throws_ok(format('SELECT transition_order(%L, ''paid'')', :'owed'), '55000', 'tables, sequences, or types of driplo have unexpected owners', 'a domain for a type');
SELECT throws_ok('SELECT * FROM check_integrity()', '55000', NULL, 'is not asked either');
ROLLBACK TO whole;

-- given away by a superuser
SELECT format('ALTER TABLE %I.messages OWNER TO tests_dbo', tests.home()) \gexec
SELECT throws_ok('SELECT * FROM check_integrity()', '55000', NULL, 'a table that was given away');
SELECT format('ALTER TABLE %I.messages OWNER TO driplo_owner', tests.home()) \gexec
SELECT is_empty('SELECT * FROM check_integrity()', 'and taken back');

-- Kept data is not taken over with it
SELECT driplo_uninstall();
SELECT tests.replaces('DROP TYPE @home@.achievement_type CASCADE; CREATE DOMAIN @home@.achievement_type AS text');
SELECT throws_ok(format('CREATE EXTENSION driplo SCHEMA %I', current_schema()), '55000', 'tables, sequences, or types of driplo have unexpected owners', 'nor when driplo comes back');

SELECT * FROM finish();
ROLLBACK;
