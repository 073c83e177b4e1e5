-- Health: what is measured, where the limits are, what is missing, and who may look. Slow queries where nothing counts them.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
SELECT no_plan();
SELECT * FROM tests.people('health.example') \gset
CREATE FUNCTION tests.measured(name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM tests.log_in_as('admin');
    SELECT concat_ws(' ', h.value, h.unit, h.limit_value, h.ok, h.advice) INTO told FROM health() h WHERE h.metric = name;
    PERFORM tests.log_out();
    RETURN told;
END $$;
DELETE FROM outbox_events;
DELETE FROM outbox_dead;
DELETE FROM job_schedules;

SELECT is(tests.answers('anon buyer seller moderator suspended', 'SELECT * FROM health()'), '42501 for anon buyer seller moderator suspended', 'the health of the database is shown to nobody');
SELECT matches(tests.answers('admin service', 'SELECT * FROM health()'), '^[0-9]+ rows for admin service$', 'but to admins and the service');
SELECT is(tests.answers('anon buyer admin', statement), '42501 for anon buyer admin', statement)
  FROM unnest(ARRAY['SELECT collect_health()', 'SELECT capture_slow_queries()', 'SELECT prune_monitoring()', 'SELECT prune_sign_ins()', 'SELECT * FROM query_snapshots', 'SELECT * FROM private.statement_counts()']) AS statement;
SELECT is_empty($$SELECT metric, ok FROM health() WHERE value IS NOT NULL AND ok IS DISTINCT FROM (limit_value IS NULL OR CASE WHEN metric IN ('cache_hits', 'reads_all_statistics', 'captures_queries') THEN value >= limit_value ELSE value <= limit_value END)$$,
    'what is beyond its limit is not well, and all else is');
SELECT is_empty('SELECT metric FROM health() WHERE ok AND advice IS NOT NULL OR NOT ok AND advice IS NULL', 'what is well needs no advice');

-- Without pg_monitor
SELECT is(tests.measured(name), 'seconds ' || most || ' Cannot be read: ALTER ROLE driplo_owner INHERIT; GRANT pg_monitor TO driplo_owner.', name || ' of others cannot be seen')
  FROM (VALUES ('oldest_transaction', '3600'), ('oldest_idle_transaction', '600'), ('replication_lag', '60')) AS v (name, most);
SELECT is(tests.measured('reads_all_statistics'), '0 yes or no 1 f ALTER ROLE driplo_owner INHERIT; GRANT pg_monitor TO driplo_owner.', 'which is said with what to do');
SELECT is(tests.measured('captures_queries'), '0 yes or no 1 f Add pg_stat_statements to shared_preload_libraries, restart, CREATE EXTENSION pg_stat_statements, and grant USAGE on its schema to driplo_owner.', 'also that no statements are counted');
ALTER ROLE driplo_owner INHERIT;
GRANT pg_monitor TO driplo_owner;
SELECT is(tests.measured('reads_all_statistics'), '1 yes or no 1 t', 'with it');
SELECT matches(tests.measured(name), '^[0-9]+ seconds [0-9]+ (t|f .*)$', name || ' is known') FROM unnest(ARRAY['oldest_transaction', 'oldest_idle_transaction', 'replication_lag']) AS name;

-- Counts at their limits
SELECT matches(tests.measured('connections'), '^[0-9]+ sessions [0-9]+ t', 'connections');
SELECT matches(tests.measured('database_size'), '^[0-9]+ bytes t$', 'what has no limit is well');
SELECT is(tests.measured('latest_job'), 'seconds 900 f No job has ever run: set up a scheduler.', 'no scheduler is told of');
INSERT INTO job_schedules (job, every_seconds, next_run, failures, enabled) VALUES ('expire_carts', 60, now() - interval '800 seconds', 2, true), ('expire_returns', 60, now() - interval '1 day', 9, false);
SELECT matches(tests.measured('latest_job'), '^8[0-9][0-9] seconds 900 t$', 'jobs that are in time; those that are off are not late');
SELECT is(tests.measured('failing_jobs'), '0 jobs 0 t', 'two failures are none');
UPDATE job_schedules SET next_run = now() - interval '1000 seconds', failures = 3 WHERE enabled;
SELECT matches(tests.measured('latest_job'), '^1[0-9]{3} seconds 900 f Start a scheduler', 'a job that is late');
SELECT is(tests.measured('failing_jobs'), '1 jobs 0 f Look at last_error of job_status().', 'and one that fails');
SELECT is(tests.measured('oldest_event'), '0 seconds 300 t', 'no event waits');
INSERT INTO outbox_events (kind, created_at) VALUES ('user.created', now() - interval '10 minutes'), ('user.created', now());
SELECT matches(tests.measured('oldest_event'), '^6[0-9][0-9] seconds 300 f', 'one does');
SELECT is(tests.measured('dead_events'), '0 events 0 t', 'none is dead');
INSERT INTO outbox_dead (id, kind, attempts, created_at) VALUES (-1, 'user.created', 3, now());
SELECT is(tests.measured('dead_events'), '1 events 0 f Look at outbox_dead, then use retry_dead_events().', 'one is');
INSERT INTO search_queries (day, query, n, n_empty) VALUES (timezone('UTC', now())::date, 'x', 6, 1), (timezone('UTC', now())::date - 1, 'x', 2, 1), (timezone('UTC', now())::date - 2, 'x', 100, 100);
SELECT is(tests.measured('empty_searches'), '25.00 percent t', 'searches that found nothing: 2 of 8');

-- Collecting
SELECT is(tests.asked('service', 'collect_health()')::bigint, (SELECT count(*) FROM health() WHERE value IS NOT NULL), 'all that can be read is written');
SELECT results_eq('SELECT metric_name::text, metric_value, metric_unit::text, metadata FROM database_health_metrics WHERE metric_name = ''dead_events''', $$VALUES ('dead_events', 1::numeric, 'events', '{"limit": 0, "ok": false}'::jsonb)$$, 'with its limit');
DELETE FROM active_user_sessions;
INSERT INTO active_user_sessions (user_id, expires_at) VALUES (:'other', NULL), (:'other', now()), (:'other', now() + interval '1 day');
INSERT INTO auth_sessions (user_id, refresh_token_hash, expires_at, ip_address) VALUES (:'buyer', 'a', now() + interval '1 day', '192.0.2.1'), (:'buyer', 'b', now(), NULL), (:'seller', 'c', now() + interval '1 day', NULL);
SELECT tests.asked('service', 'collect_health()') \g /dev/null
SELECT results_eq('SELECT p.email::text, a.ip_address, a.expires_at FROM active_user_sessions a JOIN profiles p ON p.id = a.user_id ORDER BY 1, 3', $$VALUES ('buyer@health.example', inet '192.0.2.1', now() + interval '1 day'),
    ('other@health.example', NULL, now() + interval '1 day'), ('other@health.example', NULL, NULL), ('seller@health.example', NULL, now() + interval '1 day')$$, 'sessions are copied; those of another source stay until they expire');
UPDATE auth_sessions SET last_used_at = now() + interval '1 minute';
SELECT tests.asked('service', 'collect_health()') \g /dev/null
SELECT is((SELECT count(*) FROM active_user_sessions WHERE last_used_at = now() + interval '1 minute'), 2::bigint, 'and follow');
SELECT is((SELECT count(*) FROM active_user_sessions), 4::bigint, 'none comes twice');

-- Where nothing counts statements
SELECT is(tests.asked('service', 'capture_slow_queries()'), '0', 'nothing is captured, and nothing fails');
SELECT is(tests.asked('service', 'capture_slow_queries(NULL)') || tests.asked('service', 'capture_slow_queries(-1)'), '22004 min_ms must not be NULL22023 min_ms must not be negative', 'milliseconds have to be some');
SELECT is(private.query_shape(statement), shape, statement) FROM (VALUES
    ($$SELECT * FROM profiles WHERE email = 'joe@example.org' AND phone = $1$$, 'SELECT * FROM profiles WHERE email = ? AND phone = $1'),
    ($$ALTER USER joe PASSWORD 'secret'$$, NULL), ($$COPY t FROM PROGRAM 'curl -u joe:secret'$$, NULL), (NULL, NULL),
    ($$INSERT INTO t VALUES (E'\'joe@example.org', $tag$secret$tag$) -- joe$$, 'INSERT INTO t VALUES (?, ?)')) AS v (statement, shape);

-- Where something does: what has come since the last call, also after a reset, or when a statement was evicted and came again
CREATE TABLE tests.counted (query_hash text, statement text, calls bigint, total_ms numeric, n_rows bigint, reset_at timestamptz);
GRANT USAGE ON SCHEMA tests TO driplo_owner;
GRANT SELECT ON tests.counted TO driplo_owner;
CREATE OR REPLACE FUNCTION private.statement_counts() RETURNS TABLE (query_hash text, statement text, calls bigint, total_ms numeric, n_rows bigint, reset_at timestamptz) LANGUAGE sql AS 'SELECT * FROM tests.counted';
CREATE FUNCTION tests.captured(hash text, calls bigint, total_ms numeric, n_rows bigint, reset_at timestamptz DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    DELETE FROM tests.counted;
    DELETE FROM query_performance_log;
    DELETE FROM slow_queries;
    INSERT INTO tests.counted VALUES ('another', 'SELECT 1', 1, 0, 1);
    INSERT INTO tests.counted SELECT hash, 'SELECT a FROM t WHERE b = ''joe''', captured.calls, captured.total_ms, captured.n_rows, captured.reset_at WHERE captured.calls > 0;
    said := tests.asked('service', 'capture_slow_queries(200)');
    RETURN said || coalesce((SELECT string_agg(format(': %s %s ms %s rows', query_text, round(execution_time_ms), rows_affected), '') FROM query_performance_log WHERE query_hash = hash), '')
           || coalesce((SELECT string_agg(format(', slow %s', round(execution_time_ms)), '') FROM slow_queries), '');
END $$;
SELECT is(tests.captured('a', 10, 1000, 20), '0: SELECT a FROM t WHERE b = ? 100 ms 2 rows', 'what was counted before the first call');
SELECT is(tests.captured('a', 10, 1000, 20), '0', 'does not count again');
SELECT is(tests.captured('a', 12, 1600, 20), '1: SELECT a FROM t WHERE b = ? 300 ms 0 rows, slow 300', 'two calls since, of 300 milliseconds each');
SELECT is(tests.captured('a', 15, 2199, 50), '0: SELECT a FROM t WHERE b = ? 200 ms 10 rows', 'three of 199.67 are not slow');
SELECT is(tests.captured('a', 16, 2399, 50), '1: SELECT a FROM t WHERE b = ? 200 ms 0 rows, slow 200', 'one of 200 is');
SELECT is(tests.captured('a', 2, 800, 4), '1: SELECT a FROM t WHERE b = ? 400 ms 2 rows, slow 400', 'a statement that was evicted and has come again is counted from nothing');
SELECT is(tests.captured('a', 0, 0, 0), '0', 'one that is evicted');
SELECT is((SELECT string_agg(query_hash, ' ') FROM query_snapshots), 'another', 'is forgotten');
SELECT is(tests.captured('a', 3, 300, 3), '0: SELECT a FROM t WHERE b = ? 100 ms 1 rows', 'and is new when it comes again');
SELECT is(tests.captured('a', 9, 900, 9, now() + interval '1 minute'), '0: SELECT a FROM t WHERE b = ? 100 ms 1 rows', 'after a reset all is new, though there are more calls than before');
SELECT is(tests.captured('b', 1, 1e12, 3000000000000), '1: SELECT a FROM t WHERE b = ? 2147483647 ms 2147483647 rows, slow 2147483647', 'no number is too large');

-- What is kept
DELETE FROM database_health_metrics; DELETE FROM query_performance_log; DELETE FROM slow_queries;
INSERT INTO database_health_metrics (metric_name, created_at) VALUES ('a', now() - interval '30 days'), ('b', now() - interval '30 days 1 second'), ('c', now() - interval '40 days');
INSERT INTO query_performance_log (query_hash, created_at) VALUES ('a', now() - interval '30 days'), ('b', now() - interval '30 days 1 second');
INSERT INTO slow_queries (query_text, execution_time_ms, created_at) VALUES ('a', 1, now() - interval '30 days'), ('b', 1, now() - interval '30 days 1 second');
SELECT tests.asked('service', 'prune_monitoring(1)') \g /dev/null
SELECT is((SELECT string_agg(metric_name, '' ORDER BY metric_name) FROM database_health_metrics), 'ab', 'the oldest goes first');
INSERT INTO database_health_metrics (metric_name, created_at) VALUES ('c', now() - interval '40 days');
SELECT is(tests.asked('service', 'prune_monitoring(1)') || tests.asked('service', 'prune_monitoring(2)') || tests.asked('service', 'prune_monitoring()') || tests.asked('service', 'prune_monitoring()'), '1210', 'what is older than 30 days goes, few at a time');
SELECT is((SELECT string_agg(metric_name, '') FROM database_health_metrics) || (SELECT string_agg(query_hash, '') FROM query_performance_log) || (SELECT string_agg(query_text, '') FROM slow_queries), 'aaa', 'the rest stays');
SELECT is(tests.asked('service', 'prune_monitoring(NULL)') || tests.asked('service', 'prune_sign_ins(NULL)'), '22004 max_rows must not be NULL22004 max_rows must not be NULL', 'how many has to be said');

-- Read-only transactions
SET LOCAL transaction_read_only = on;
SELECT tests.log_in_as('admin') \g /dev/null
SELECT lives_ok('SELECT * FROM health()', 'looking writes nothing');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
