-- A table of driplo whose rows are elsewhere: distributed by Citus, of which an empty shell is left, or a foreign one in its place. What reads
-- and writes tables below statements asks by statements there. The catalog of Citus is played: the rows stay where they are, and a
-- statement is told from a short cut by the right that driplo_owner has no more.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/buying.sql
SELECT no_plan();
SELECT tests.sign_up('ann@shells.example') AS ann, tests.sign_up('bob@shells.example') AS bob, tests.sign_up('sue@shells.example') AS sue \gset
UPDATE profiles SET setup_completed = true WHERE id = :'ann';
SELECT tests.goods(:'bob', 'Lamp', 9.99, 5) AS lamp, tests.an_address(:'ann', true) AS home \gset

CREATE FUNCTION tests.said(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE statement INTO answer;
    RETURN answer;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
CREATE FUNCTION tests.buys(who uuid, lamp uuid, home uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM tests.put(who, lamp, 1, NULL);
    PERFORM tests.log_in(who);
    answer := tests.said(format('SELECT count(*) FROM checkout(%L, %L)', home, gen_random_uuid()));
    PERFORM tests.log_out();
    DELETE FROM cart_items;
    RETURN answer;
END $$;
CREATE FUNCTION tests.asks(who uuid, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM tests.log_in(who);
    answer := tests.said(statement);
    PERFORM tests.log_out();
    RETURN answer;
END $$;

SET LOCAL driplo.direct_writes = on; -- it is what is looked at
-- As long as it is a plain table
SELECT is(tests.asks(:'ann', format('SELECT is_profile_setup_complete(%L)', :'ann')), 'true', 'a row is read');
SELECT is(tests.buys(:'ann', :'lamp', :'home'), '1', 'and rows are written');
SELECT get_or_create_cart(:'ann') AS cart \gset
REVOKE SELECT ON profiles FROM driplo_owner;
REVOKE INSERT ON order_status_history FROM driplo_owner;
SELECT is(tests.asks(:'ann', format('SELECT is_profile_setup_complete(%L)', :'ann')), 'true', 'without a statement, so without a right');
GRANT SELECT ON profiles TO driplo_owner;
SELECT is(tests.buys(:'ann', :'lamp', :'home'), '1', 'as rows are written');

-- A shell
SET LOCAL allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass PRIMARY KEY);
INSERT INTO pg_catalog.pg_dist_partition VALUES ('listings');
SAVEPOINT distributed;
REVOKE SELECT ON profiles FROM driplo_owner;
SELECT is(tests.asks(:'ann', format('SELECT is_profile_setup_complete(%L)', :'ann')), 'true', 'a table is plain that is not the one that is distributed');
INSERT INTO pg_catalog.pg_dist_partition VALUES ('profiles');
ALTER TABLE profiles DISABLE TRIGGER USER, ENABLE TRIGGER USER; -- Citus invalidates it too
SELECT is(tests.asks(:'ann', format('SELECT is_profile_setup_complete(%L)', :'ann')), '42501 permission denied for table profiles', 'a shell is asked by a statement');
SELECT is(private.is_distributed('profiles'::regclass) AND private.is_distributed('listings'::regclass) AND NOT private.is_distributed('messages'::regclass), true, 'which tables are');
DELETE FROM pg_catalog.pg_dist_partition WHERE logicalrelid = 'profiles'::regclass;
ALTER TABLE profiles DISABLE TRIGGER USER, ENABLE TRIGGER USER;
SELECT is(tests.asks(:'ann', format('SELECT is_profile_setup_complete(%L)', :'ann')), 'true', 'and what was brought back is read again');
ROLLBACK TO distributed;
INSERT INTO pg_catalog.pg_dist_partition VALUES ('order_status_history');
ALTER TABLE order_status_history DISABLE TRIGGER USER, ENABLE TRIGGER USER;
SELECT is(tests.buys(:'ann', :'lamp', :'home'), '42501 permission denied for table order_status_history', 'a shell is written by a statement');
GRANT INSERT ON order_status_history TO driplo_owner;
SELECT is(tests.buys(:'ann', :'lamp', :'home'), '1', 'which does it with the right');
ROLLBACK TO distributed;
INSERT INTO pg_catalog.pg_dist_partition VALUES ('driplo_secrets');
ALTER TABLE driplo_secrets DISABLE TRIGGER USER, ENABLE TRIGGER USER;
SELECT is(tests.said('SELECT generate_order_number()'), '42804 table "driplo_secrets" has unexpected columns', 'keys are read here or not at all');
ROLLBACK TO distributed;
REVOKE SELECT ON tax_rates FROM driplo_owner;
GRANT INSERT ON order_status_history TO driplo_owner;
SELECT is(tests.buys(:'ann', :'lamp', :'home'), '1', 'that a table is empty is seen without a statement');
INSERT INTO pg_catalog.pg_dist_partition VALUES ('tax_rates');
ALTER TABLE tax_rates DISABLE TRIGGER USER, ENABLE TRIGGER USER;
SELECT is(tests.buys(:'ann', :'lamp', :'home'), '42501 permission denied for table tax_rates', 'but not of a shell, which always is');
ROLLBACK TO distributed;
GRANT INSERT ON order_status_history TO driplo_owner;

-- Views are counted and forgotten the same where Citus can lock no rows
CREATE FUNCTION tests.counted() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    SET LOCAL ROLE service_role;
    answer := count_views();
    RESET ROLE;
    RETURN answer || ': ' || (SELECT string_agg(concat_ws('/', s.views, s.unique_views, l.view_count), ' ' ORDER BY l.title) FROM listing_stats_daily s JOIN listings l ON l.id = s.listing_id)
        || ', ' || (SELECT string_agg(concat_ws('/', v.views, v.counted), ' ' ORDER BY v.viewer) FROM listing_views v);
END $$;
CREATE FUNCTION tests.pruned() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    SET LOCAL ROLE service_role;
    answer := concat_ws(' ', prune_monitoring(3), prune_monitoring(), prune_statistics());
    RESET ROLE;
    RETURN answer || ': ' || concat_ws(' ', (SELECT count(*) FROM slow_queries), (SELECT count(*) FROM database_health_metrics), (SELECT count(*) FROM listing_views));
END $$;
INSERT INTO listing_views (day, listing_id, viewer, views, counted)
SELECT timezone('UTC', now())::date - d, l.id, n, n, CASE WHEN n = 3 THEN 1 ELSE 0 END FROM (VALUES (:'lamp'::uuid), (gen_random_uuid())) AS l (id) CROSS JOIN generate_series(1, 3) n CROSS JOIN generate_series(0, 0) d;
SELECT tests.goods(:'bob', 'Vase', 9.99, 5) AS vase \gset
INSERT INTO listing_views (day, listing_id, viewer, views, counted) VALUES (timezone('UTC', now())::date - 1, :'vase', 7, 2, 2), (timezone('UTC', now())::date - 4, :'vase', 8, 2, 1);
INSERT INTO slow_queries (query_text, execution_time_ms, created_at) SELECT 'x', 1, now() - n * interval '10 days' FROM generate_series(1, 6) n;
INSERT INTO database_health_metrics (metric_name, created_at) SELECT 'x', now() - n * interval '10 days' FROM generate_series(1, 6) n;
DELETE FROM pg_catalog.pg_dist_partition;
SAVEPOINT counting;
SELECT tests.counted() AS counted, tests.pruned() AS pruned \gset
SELECT is(:'counted'::text, '2: 5/2/5 1/0/1, 1/1 2/2 3/3 2/2 2/2', 'views are counted once');
SELECT is(:'pruned'::text, '3 3 2: 3 3 3', 'and old rows go, no more than were asked for');
ROLLBACK TO counting;
INSERT INTO pg_catalog.pg_dist_partition SELECT to_regclass(p.table_name) FROM private.distribution_plan() p WHERE p.distribution_column IS NOT NULL;
SELECT is(tests.counted(), :'counted'::text, 'the same of a distributed table');
SELECT is(tests.pruned(), :'pruned'::text, 'and the same rows go');
ROLLBACK TO counting;

-- A foreign table in the place of ours
CREATE EXTENSION IF NOT EXISTS file_fdw;
CREATE SERVER elsewhere FOREIGN DATA WRAPPER file_fdw;
GRANT USAGE ON FOREIGN SERVER elsewhere TO driplo_owner;
CREATE FUNCTION tests.make_foreign(name text, rows text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('ALTER TABLE %I RENAME TO %I', name, name || '_here');
    EXECUTE format('CREATE FOREIGN TABLE %I.%I (%s) SERVER elsewhere OPTIONS (program %L, format ''csv'')', tests.home(), name,
                   (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = (name || '_here')::regclass AND a.attnum > 0),
                   'echo ' || quote_literal(rows));
    EXECUTE format('ALTER FOREIGN TABLE %I.%I OWNER TO driplo_owner', tests.home(), name);
END $$;
SELECT is(tests.buys(:'ann', :'lamp', :'home'), '1', 'a buyer whom nobody has blocked buys');
SELECT tests.make_foreign('user_blocks', format('%s,%s,2026-01-01', :'bob', :'ann')) \g /dev/null
SELECT matches(tests.buys(:'ann', :'lamp', :'home'), '^MK', 'the block in a foreign table counts');
SELECT is(tests.buys(:'sue', :'lamp', tests.an_address(:'sue', true)), '1', 'for whom it is about');
ROLLBACK TO counting;
SELECT is(tests.buys(:'ann', :'lamp', :'home'), '1', '(and back)');

SELECT finish();
ROLLBACK;
