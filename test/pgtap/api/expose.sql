-- expose_api() and unexpose_api(): again and again, what they refuse, and what the reports say of it.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/market.sql
SELECT plan(59);

CREATE FUNCTION pg_temp.state_of_api() RETURNS text LANGUAGE sql STABLE AS $$
    SELECT md5(string_agg(t, E'\n' ORDER BY t)) FROM (
        SELECT concat_ws('|', c.oid, c.relname, c.relacl, obj_description(c.oid, 'pg_class')) FROM pg_class c WHERE c.relnamespace = to_regnamespace('api')
        UNION ALL SELECT concat_ws('|', p.oid, p.proname, p.proacl, p.prosrc, obj_description(p.oid, 'pg_proc')) FROM pg_proc p WHERE p.pronamespace = to_regnamespace('api')
        UNION ALL SELECT concat_ws('|', n.oid, n.nspacl, obj_description(n.oid, 'pg_namespace')) FROM pg_namespace n WHERE n.nspname = 'api') AS o (t)
$$;
CREATE FUNCTION pg_temp.report() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' | ', expected, found, ok, remedy) FROM installation_report() WHERE item = 'API schema'
$$;

-- Nothing is there until somebody asks for it

SELECT is(to_regnamespace('api'), NULL, 'an installation has no API schema');
SELECT is(pg_temp.report(), 'none | none | t', 'which the report finds right');
SELECT is(unexpose_api(), NULL, 'to remove none does nothing');
SELECT is(expose_api(), 'api', 'it is made');
SELECT is(pg_temp.report(), 'api | api | t', 'and found');
SELECT is((SELECT count(*) FROM security_advisor()), 0::bigint, 'the advisor has nothing to say');
SELECT pg_temp.state_of_api() AS before \gset
SELECT is(expose_api('api'), 'api', 'again');
SELECT is(pg_temp.state_of_api(), :'before', 'which changes no object');
SELECT driplo_migrate() \g /dev/null
SELECT is(pg_temp.state_of_api(), :'before', 'nor does driplo_migrate()');
SELECT is_empty($$SELECT d.classid FROM pg_depend d JOIN pg_namespace n ON n.nspname = 'api' JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
                   WHERE d.refclassid = 'pg_extension'::regclass AND pg_describe_object(d.classid, d.objid, 0) LIKE '%api.%'$$, 'nothing in it is a member of the extension');
SELECT is_empty($$SELECT pg_describe_object(d.classid, d.objid, 0), pg_describe_object(d.refclassid, d.refobjid, 0)
                    FROM pg_depend m JOIN pg_extension e ON e.oid = m.refobjid AND e.extname = 'driplo' AND m.refclassid = 'pg_extension'::regclass AND m.deptype = 'e'
                    JOIN pg_depend d ON d.refclassid = m.classid AND d.refobjid = m.objid AND d.deptype = 'n'
                    LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass AND r.oid = d.objid
                    LEFT JOIN pg_proc p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
                    LEFT JOIN pg_class c ON c.oid = coalesce(r.ev_class, d.objid) AND d.classid IN ('pg_rewrite'::regclass, 'pg_class'::regclass)
                   WHERE 'api'::regnamespace IN (p.pronamespace, c.relnamespace)$$, 'and nothing depends on a member');

-- For superusers only

SELECT tests.sign_up('user@expose.example') AS person \gset
SELECT tests.log_in(:'person') \g /dev/null
SELECT throws_ok('SELECT expose_api()', '42501', NULL, 'no user calls it');
SELECT throws_ok('SELECT unexpose_api()', '42501', NULL, 'nor the other');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok('SELECT expose_api()', '42501', NULL, 'and no service');
SELECT is(pg_temp.report(), 'api | api | t', 'which reads the report');
SELECT tests.log_out() \g /dev/null

-- Refusals leave no trace

SELECT throws_ok('SELECT expose_api(NULL)', '22004', 'schema_name must not be NULL', 'NULL');
SELECT throws_ok(format('SELECT expose_api(%L)', name), '22023', format('schema "%s" cannot be the API schema', name), 'reserved: ' || name)
  FROM (SELECT unnest(ARRAY['public', 'private', 'auth', 'storage', 'extensions', 'information_schema', 'pg_catalog', 'pg_temp', 'pg_mine', '', repeat('x', 64)]) UNION ALL SELECT tests.home() WHERE tests.home() <> 'public'
        UNION ALL SELECT 'pg_toast' WHERE tests.home() = 'public') AS n (name);
SELECT throws_ok('SELECT expose_api(''other'')', '55000', 'API schema "api" already exists', 'one at a time');
SELECT is(unexpose_api(), 'api', 'it goes');
SELECT is(to_regnamespace('api'), NULL, 'with all that is in it');
CREATE SCHEMA mine;
CREATE TABLE mine.thing (id int);
SELECT throws_ok('SELECT expose_api(''mine'')', '42710', 'schema "mine" already contains objects', 'a schema with something in it is refused');
SELECT is(obj_description('mine'::regnamespace, 'pg_namespace'), NULL, 'and stays as it is');
SELECT is((SELECT count(*) FROM pg_class WHERE relnamespace = 'mine'::regnamespace), 1::bigint, 'with what was in it');
CREATE SCHEMA "Odd ""name";
SELECT is(expose_api('Odd "name'), 'Odd "name', 'an empty one is taken, whatever its name');
SELECT isnt_empty('SELECT * FROM "Odd ""name".categories', 'and works');
SELECT is((SELECT ok FROM installation_report() WHERE item = 'API schema'), true, 'and is known');
SELECT is(unexpose_api(), 'Odd "name', 'and goes');

-- A schema that somebody else marks is none

CREATE ROLE driplo_test_owner;
CREATE SCHEMA "theirs" AUTHORIZATION driplo_test_owner;
COMMENT ON SCHEMA theirs IS 'API schema of driplo, made by expose_api(): views and functions for clients.';
SELECT is(pg_temp.report(), 'none | none | t', 'a comment makes no API schema of what is no superuser''s');
SELECT is(expose_api('api'), 'api', 'and is in nobody''s way');

-- What is changed is found and mended

DROP FUNCTION api.clear_cart();
DROP VIEW api.favorites;
SELECT is(pg_temp.report(), format('api | api; missing: clear_cart(), favorites | f | SELECT %s.expose_api(''api'')', tests.home()), 'what is missing is reported');
SELECT bag_eq('SELECT object FROM security_advisor() WHERE check_name = ''api_schema_out_of_date''', ARRAY['clear_cart()', 'favorites'], 'also by the advisor');
SELECT expose_api() \g /dev/null
SELECT is(pg_temp.report(), 'api | api | t', 'and comes back');
ALTER VIEW api.orders SET (security_invoker = off);
GRANT INSERT ON api.public_coupons TO anon;
GRANT EXECUTE ON FUNCTION api.clear_cart() TO PUBLIC;
CREATE OR REPLACE FUNCTION api.is_admin(user_id uuid) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT true';
SELECT is(pg_temp.report(), format('api | api; other: clear_cart() (other privileges), is_admin(uuid) (changed), orders (changed), public_coupons (other privileges) | f | SELECT %s.expose_api(''api'')', tests.home()),
    'what is changed, opened or given away is reported');
SELECT expose_api() \g /dev/null
SELECT is(pg_temp.report(), 'api | api | t', 'and is as it was');
SELECT ok(NOT has_table_privilege('anon', 'api.public_coupons', 'INSERT') AND NOT has_function_privilege('anon', 'api.clear_cart()', 'EXECUTE'), 'the rights too');
REVOKE USAGE ON SCHEMA api FROM anon;
SELECT driplo_migrate() \g /dev/null
SELECT ok(has_schema_privilege('anon', 'api', 'USAGE'), 'driplo_migrate() gives back a right on the schema');

-- as after a restore without privileges
UPDATE pg_class SET relacl = NULL WHERE relnamespace = 'api'::regnamespace;
UPDATE pg_proc SET proacl = NULL WHERE pronamespace = 'api'::regnamespace;
SELECT ok(NOT (SELECT r.ok FROM installation_report() r WHERE r.item = 'API schema'), 'rights that are all gone are reported');
SELECT driplo_migrate() \g /dev/null
SELECT ok((SELECT r.ok FROM installation_report() r WHERE r.item = 'API schema'), 'and given back');

-- The shop's own columns and objects

ALTER TABLE listings ADD COLUMN own_note text;
SELECT is(pg_temp.report(), 'api | api | t', 'a column of the shop''s own changes nothing');
SELECT hasnt_column('api', 'listings', 'own_note', 'and is not shown');
CREATE VIEW mine.cheap AS SELECT * FROM api.listings WHERE price < 10;
SELECT throws_ok('SELECT unexpose_api()', '2BP01', NULL, 'what the shop builds on it keeps it');
SELECT lives_ok('SELECT expose_api()', 'it can be repeated then');
DROP VIEW mine.cheap;
CREATE TABLE api.own (id int);
SELECT throws_ok('SELECT unexpose_api()', '2BP01', 'API schema "api" contains other objects', 'what the shop has put there is named');
SELECT is(pg_temp.report(), 'api | api | t', 'and nothing is gone then');
SELECT lives_ok('SELECT expose_api()', 'it is made again beside it');
DROP TABLE api.own;

-- With the extension

DROP EXTENSION driplo CASCADE;
SELECT isnt_empty('SELECT * FROM api.categories', 'without the extension the views are there');
SELECT throws_ok('SELECT api.clear_cart()', '42883', NULL, 'and the functions tell that theirs is not');
SELECT set_config('client_min_messages', 'error', true) \g /dev/null
SELECT format('CREATE EXTENSION driplo SCHEMA %I', c.relnamespace::regnamespace::text) AS again FROM pg_class c WHERE c.relname = 'driplo_schema_version' AND c.relkind = 'r' \gset
:again;
SELECT is(pg_temp.report(), 'api | api | t', 'with the extension again they are what they were');

SELECT * FROM finish();
ROLLBACK;
