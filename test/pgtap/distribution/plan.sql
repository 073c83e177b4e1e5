-- Which tables driplo_distribute() gives to the workers of Citus: every table has its place, those that go lose nothing by it, those that stay
-- have a reason, which is true. Citus itself is not needed for that; what it does is tested by test/long/citus.sh.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();

-- "SQLSTATE message | hint"
CREATE FUNCTION tests.told(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE || ' ' || SQLERRM, nullif(hint, ''));
END $$;

-- A place for each table
CREATE TEMP VIEW ours AS SELECT o.name AS table_name, to_regclass(format('%I.%I', tests.home(), o.name)) AS id FROM private.shipped_objects() o WHERE o.kind = 'table' AND o.name NOT LIKE '%.%';
SELECT is_empty('SELECT table_name FROM ours EXCEPT SELECT table_name FROM private.distribution_plan()', 'each table has a place');
SELECT is_empty('SELECT table_name FROM private.distribution_plan() EXCEPT SELECT table_name FROM ours', 'and nothing else');
SELECT is_empty('SELECT table_name FROM private.distribution_plan() GROUP BY 1 HAVING count(*) > 1', 'one');
SELECT is_empty('SELECT table_name FROM private.distribution_plan() WHERE (distribution_column IS NULL) = (reason IS NULL)', 'a column, or the reason why it stays');
SELECT cmp_ok((SELECT count(*) FROM ours), '>', 90::bigint, '(of all tables)');

-- What goes
SELECT bag_eq('SELECT table_name || '' by '' || distribution_column FROM private.distribution_plan() WHERE distribution_column IS NOT NULL',
    '{listing_views by listing_id,query_performance_log by id,slow_queries by id,database_health_metrics by id}'::text[], 'the tables that are distributed');
CREATE TEMP VIEW going AS SELECT p.*, o.id FROM private.distribution_plan() p JOIN ours o USING (table_name) WHERE p.distribution_column IS NOT NULL;
SELECT is_empty('SELECT g.table_name, tgname FROM going g JOIN pg_trigger t ON t.tgrelid = g.id', 'have no triggers, also not of foreign keys');
SELECT is_empty($$SELECT g.table_name, k.conname FROM going g JOIN pg_constraint k ON k.contype = 'f' AND g.id IN (k.conrelid, k.confrelid)$$, 'no foreign keys');
SELECT is_empty($$SELECT g.table_name, p.polname FROM going g JOIN pg_policy p ON p.polrelid = g.id WHERE concat(p.polqual, p.polwithcheck) ~ 'SUBLINK|SUBPLAN|FUNCEXPR'$$, 'no policies that ask anything');
SELECT is_empty($$SELECT g.table_name, r.rolname FROM going g CROSS JOIN pg_roles r WHERE r.rolname IN ('anon', 'authenticated') AND has_any_column_privilege(r.oid, g.id::oid, 'SELECT, INSERT, UPDATE')$$, 'no rights for clients');
SELECT is_empty('SELECT g.table_name, i.indexrelid::regclass FROM going g JOIN pg_index i ON i.indrelid = g.id AND i.indisunique
                  JOIN pg_attribute a ON a.attrelid = g.id AND a.attname = g.distribution_column WHERE a.attnum <> ALL (i.indkey)', 'the column in each unique key');
SELECT is_empty('SELECT g.table_name FROM going g LEFT JOIN pg_attribute a ON a.attrelid = g.id AND a.attname = g.distribution_column WHERE a.attnotnull IS NOT TRUE', 'and never NULL');
SELECT is_empty('SELECT table_name, private.distribution_obstacles(table_name) FROM going WHERE private.distribution_obstacles(table_name) IS NOT NULL', 'so nothing prevents it');

-- What stays
CREATE TEMP VIEW staying AS SELECT * FROM private.distribution_plan() WHERE distribution_column IS NULL;
SELECT is_empty($$SELECT table_name FROM staying WHERE reason ~ '(F|f)oreign key' AND private.distribution_obstacles(table_name) IS NULL$$, 'what stays for its keys, triggers and policies has them');
SELECT is_empty($$SELECT table_name FROM staying WHERE reason ~ 'unique keys' AND private.distribution_obstacles(table_name) IS NULL$$, 'and for its unique keys these');
SELECT is_empty($$SELECT s.table_name FROM staying s WHERE s.reason ~ 'SKIP LOCKED'
                     AND NOT EXISTS (SELECT FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
                                      WHERE p.prosrc ~ 'SKIP LOCKED' AND p.prosrc ~ ('\m' || s.table_name || '\M'))
                     AND s.table_name NOT IN ('outbox_events', 'outbox_dead')$$, 'and a queue is locked row by row');
SELECT matches(private.distribution_obstacles('messages'), '^\d+ triggers, \d+ policies with subqueries, \d+ foreign keys, grants to clients', 'messages keeps its promises by what Citus does not keep');
SELECT is(private.distribution_obstacles('job_runs'), NULL, 'job_runs would lose none');
SELECT is((SELECT reason FROM staying WHERE table_name = 'job_runs'), 'Each job writes it: a worker that is away would stop all jobs.', 'and stays for what would stop');
SELECT driplo_partition('slow_queries') \g /dev/null
SELECT is(private.distribution_obstacles('slow_queries'), 'partitions', 'what was cut by time is not distributed as well');

-- Without Citus
SELECT is(tests.told('SELECT * FROM driplo_distribute()'),
    '55000 extension "citus" is not installed | Distributing tables requires Citus. Without it, use driplo_partition() for tables that grow.', 'without Citus nothing is distributed');
SELECT is(tests.told('SELECT * FROM driplo_undistribute()'),
    '55000 extension "citus" is not installed | Distributing tables requires Citus. Without it, use driplo_partition() for tables that grow.', 'or brought back');
SELECT is((SELECT ok FROM installation_report() WHERE item = 'distribution'), true, 'the report is content');
SELECT is(private.is_citus_worker(), false, 'the database is no worker');
SELECT is(tests.attempt(format('SELECT * FROM %s', call)), '42501', format('%s: not %s', call, who))
  FROM unnest('{anon,authenticated,service_role}'::text[]) AS w (who)
 CROSS JOIN unnest('{driplo_distribute(),driplo_undistribute(),private.bring_tables_back()}'::text[]) AS c (call)
 CROSS JOIN LATERAL (SELECT tests.log_out(), CASE who WHEN 'anon' THEN tests.log_in_as_anon() WHEN 'authenticated' THEN tests.log_in(gen_random_uuid()) ELSE tests.log_in_as_service() END OFFSET 0) AS l;
SELECT tests.log_out() \g /dev/null

-- With a catalog like that of Citus
SET LOCAL allow_system_table_mods = on;
CREATE TABLE pg_catalog.pg_dist_local_group (groupid integer);
SELECT is(private.is_citus_worker(), false, 'a database of Citus that is alone is no worker');
INSERT INTO pg_catalog.pg_dist_local_group VALUES (0);
SELECT is(private.is_citus_worker(), false, 'nor is the coordinator');
UPDATE pg_catalog.pg_dist_local_group SET groupid = 3;
SELECT is(private.is_citus_worker(), true, 'a worker is one');
SELECT is(private.install_mode(), 'worker', 'where the extension makes no tables');
CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass PRIMARY KEY);
INSERT INTO pg_catalog.pg_dist_partition VALUES ('listing_views'), ('messages');
SELECT is((SELECT concat_ws(' | ', found, remedy) FROM installation_report() WHERE item = 'distribution'),
    format('listing_views is not committed with the other tables, listing_views is not committed with the other tables: driplo is not loaded when the server starts, after citus, messages must not be distributed | '
           'ALTER SYSTEM SET shared_preload_libraries = citus, driplo; SELECT * FROM %1$s.driplo_distribute(); SELECT * FROM %1$s.driplo_undistribute()', tests.home()),
    'the report tells what was distributed by somebody else, and what is committed by itself');
SELECT matches(tests.told($$SELECT driplo_partition('messages')$$), '^0A000 table "messages" cannot be partitioned', 'what is distributed is not cut by time as well');
SELECT is((SELECT found FROM installation_report() WHERE item = 'tables'), (SELECT count(*)::text FROM private.shipped_objects() WHERE kind = 'table'), 'tables that are distributed are there');

SELECT finish();
ROLLBACK;
