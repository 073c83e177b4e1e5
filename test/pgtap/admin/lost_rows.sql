-- Every table emptied, as test suites do, or a copy of the schema without its rows: nobody is half signed up meanwhile, and one
-- statement makes it a shop again.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/market.sql
SELECT plan(25);

CREATE FUNCTION tests.look_again() RETURNS void LANGUAGE plpgsql AS $$
BEGIN -- a new session would; here a change of the catalog makes this one look
    CREATE SCHEMA looked_again;
    DROP SCHEMA looked_again;
END $$;
CREATE FUNCTION tests.empty_all() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'TRUNCATE auth.users, ' || (SELECT string_agg(format('%I.%I', schemaname, tablename), ', ') FROM pg_tables WHERE schemaname = tests.home()) || ' RESTART IDENTITY CASCADE';
    PERFORM tests.look_again();
END $$;

SELECT format('VALUES (%s::bigint, %s::bigint, %s::bigint)', (SELECT count(*) FROM currencies), (SELECT count(*) FROM message_texts), (SELECT count(*) FROM notification_templates))
       AS shipped_rows \gset
SELECT tests.empty_all();
SELECT throws_ok($$SELECT tests.sign_up('early@example.org')$$, 'MK002', 'version of the driplo tables in this database is missing', 'nobody signs up without a profile');
SELECT is((SELECT count(*) FROM auth.users), 0::bigint, 'nor is left half way');
SELECT set_eq($$SELECT item FROM installation_report() WHERE NOT ok$$, ARRAY['version of the tables', 'categories', 'key of the order numbers', 'rows that come along'], 'the report says what is missing');
SELECT tests.log_in_as_service();
SELECT set_eq($$SELECT item FROM installation_report() WHERE NOT ok$$, ARRAY['version of the tables', 'categories', 'key of the order numbers', 'rows that come along'], 'to the service too, who may not read the key');
SELECT tests.log_out();
SELECT is(driplo_migrate(), driplo_version(), 'driplo_migrate() knows which version the tables are of');
SELECT is_empty('SELECT item FROM installation_report() WHERE NOT ok', 'and brings the rows back');
SELECT results_eq('SELECT name, length(secret) FROM driplo_secrets', $$VALUES ('order_number', 32)$$, 'the key of the order numbers');
SELECT is((SELECT count(*) FROM categories), 10::bigint, 'and the categories');
SELECT results_eq('SELECT (SELECT count(*) FROM currencies), (SELECT count(*) FROM message_texts), (SELECT count(*) FROM notification_templates)', :'shipped_rows',
    'currencies and texts too');
SELECT tests.sign_up('ann@example.org') AS ann \gset
SELECT tests.sign_up('bob@example.org') AS bob \gset
SELECT is((SELECT username FROM profiles WHERE id = :'ann'), 'ann', 'people sign up');
SELECT lives_ok(format('SELECT tests.an_order(%L, %L)', :'ann', :'bob'), 'and order');
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;

-- Only some of it

SELECT secret AS old_key FROM driplo_secrets \gset
SELECT is(driplo_migrate(), driplo_version(), 'run again');
SELECT is((SELECT secret FROM driplo_secrets), :'old_key'::bytea, 'the key is what it was');
DELETE FROM categories WHERE slug <> 'other';
DELETE FROM message_texts WHERE locale = 'bg';
DELETE FROM notification_templates;
SELECT is((SELECT found FROM installation_report() WHERE item = 'rows that come along'), 'none in notification_templates', 'the report names a table without rows');
DELETE FROM driplo_schema_version;
SELECT tests.look_again();
SELECT throws_ok($$SELECT tests.sign_up('late@example.org')$$, 'MK002', NULL, 'without the version nobody signs up, when there are profiles either');
SELECT lives_ok('SELECT driplo_migrate()', 'which comes back');
SELECT is((SELECT count(*) FROM categories), 1::bigint, 'but no category that the shop has thrown away');
SELECT results_eq('SELECT (SELECT count(*) FROM message_texts WHERE locale = ''bg''), (SELECT count(*) > 0 FROM notification_templates)', 'VALUES (0::bigint, true)',
    'nor a language, while a table that was empty is filled');
DELETE FROM driplo_secrets;
SELECT lives_ok('SELECT driplo_migrate()', 'the key of a shop that has sold something');
SELECT is((SELECT count(*) FROM driplo_secrets), 0::bigint, 'is not made anew: numbers could repeat');
SELECT is((SELECT found FROM installation_report() WHERE item = 'key of the order numbers'), 'none', 'the report says that it is missing');
SELECT throws_ok('SELECT generate_order_number()', '55000', 'order number key is missing', 'and so does who needs it');

-- Where not even a comment says which version it was
DELETE FROM driplo_schema_version;
COMMENT ON COLUMN driplo_schema_version.version IS NULL;
SELECT throws_ok('SELECT driplo_migrate()', 'MK002', 'cannot upgrade driplo tables from version unknown to version ' || driplo_version(), 'an unknown version is not guessed');
INSERT INTO driplo_schema_version (version) VALUES (driplo_version());
SELECT lives_ok('SELECT driplo_migrate()', 'but can be told');
SELECT is((SELECT installed_at FROM driplo_schema_version), now(), 'by the row');

SELECT * FROM finish();
ROLLBACK;
