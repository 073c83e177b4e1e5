-- Jobs: what is due runs once, what fails undoes nothing but itself, and who may look and change.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
SELECT no_plan();
SELECT * FROM tests.people('jobs.example') \gset

CREATE FUNCTION tests.ran(max_seconds integer DEFAULT 5) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM tests.log_in_as_service();
    SELECT string_agg(concat_ws(' ', r.job, r.outcome, r.n), ', ' ORDER BY r.job, r.outcome) INTO told FROM run_jobs(max_seconds) r
    -- these are due again whenever the machine takes a second for something
     WHERE r.job NOT IN ('deliver_events', 'fan_out_notifications', 'tell_saved_searches');
    PERFORM tests.log_out();
    RETURN coalesce(told, 'nothing');
END $$;
-- As time would make it.
CREATE FUNCTION tests.becomes_due(name text) RETURNS void LANGUAGE sql AS $$ UPDATE job_schedules SET next_run = clock_timestamp() - interval '90 seconds' WHERE job = name $$;
CREATE FUNCTION tests.old_carts(n integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM shopping_carts;
    FOR i IN 1 .. n LOOP
        PERFORM tests.sign_up(format('cart%s-%s@jobs.example', i, extract(epoch FROM clock_timestamp())));
    END LOOP;
    UPDATE shopping_carts SET expires_at = now() - interval '1 day';
END $$;

SELECT refresh_category_counts(), refresh_search_words(), refresh_user_statistics(), refresh_achievements(), capture_slow_queries() \g /dev/null
-- what the sign-ups have left
DELETE FROM outbox_events;

-- Before anything ran
SELECT tests.log_in_as('admin') \g /dev/null
SELECT results_eq('SELECT job, every, last_run, last_outcome, next_run, lag, enabled, failures, last_error FROM job_status()', $$VALUES
    ('capture_slow_queries', interval '15 minutes', NULL::timestamptz, NULL::text, NULL::timestamptz, NULL::interval, true, 0, NULL::text),
    ('cleanup_expired_rate_limits', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('collect_health', '5 minutes', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('complete_overdue_orders', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('count_views', '1 minute', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('decide_overdue_returns', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('delete_due_accounts', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('deliver_events', '1 second', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('deliver_overdue_orders', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('end_suspensions', '1 minute', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('escalate_overdue_disputes', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('expire_carts', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('expire_gift_cards', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('expire_offers', '1 minute', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('expire_returns', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('expire_store_credits', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('expire_unpaid_orders', '1 minute', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('fan_out_notifications', '1 second', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('forget_unpaid_addresses', '1 day', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('make_data_exports', '10 seconds', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('make_partitions', '1 day', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('prune_data_exports', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('prune_deliveries', '1 day', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('prune_job_runs', '1 day', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('prune_matches_and_prices', '1 day', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('prune_monitoring', '1 day', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('prune_reports', '1 day', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('prune_search_queries', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('prune_sign_ins', '1 day', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('prune_statistics', '1 day', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('prune_webhooks', '1 day', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('refresh_achievements', '15 minutes', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('refresh_category_counts', '5 minutes', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('refresh_saved_searches', '5 minutes', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('refresh_search_words', '1 day', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('refresh_user_statistics', '15 minutes', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('reindex_search', '10 minutes', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('release_seller_funds', '10 minutes', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('send_offers', '1 minute', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('send_reminders', '1 hour', NULL, NULL, NULL, NULL, true, 0, NULL),
    ('tell_saved_searches', '5 seconds', NULL, NULL, NULL, NULL, true, 0, NULL)$$, 'an admin sees that no job has ever run');
SELECT tests.log_out() \g /dev/null

-- What is due runs, once
-- which measures what there is
SELECT is(regexp_replace(tests.ran(), 'collect_health done [1-9][0-9]*', 'collect_health done 0'), (SELECT string_agg(format('%s done %s', job, CASE job WHEN 'refresh_category_counts' THEN 1 ELSE 0 END), ', ' ORDER BY job) FROM private.jobs() WHERE job NOT IN ('deliver_events', 'fan_out_notifications', 'tell_saved_searches')),
    'at first everything is due');
SELECT is(tests.ran(), 'nothing', 'and then nothing');
-- which writes when it counted
DELETE FROM job_runs WHERE job IN ('refresh_category_counts', 'collect_health');
SELECT is((SELECT count(*) FROM job_runs), 0::bigint, 'a run that had nothing to do leaves no row');
SELECT tests.log_in_as('admin') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', job, last_outcome, next_run > now(), lag), ', ') FROM job_status() WHERE job IN ('expire_carts', 'expire_unpaid_orders')),
    'expire_carts done t 00:00:00, expire_unpaid_orders done t 00:00:00', 'each is due later, and none is late');
SELECT tests.log_out() \g /dev/null

SELECT tests.old_carts(3) \g /dev/null
SELECT is(tests.ran(), 'nothing', 'an expired cart waits until its job is due');
SELECT tests.becomes_due('expire_carts') \g /dev/null
SELECT tests.log_in_as('admin') \g /dev/null
SELECT ok((SELECT lag BETWEEN interval '90 seconds' AND interval '2 minutes' FROM job_status() WHERE job = 'expire_carts'), 'a job that waits is late by that much');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.ran(), 'expire_carts done 3', 'then it goes');
SELECT is((SELECT count(*) FROM shopping_carts), 0::bigint, 'with the others');
SELECT results_eq('SELECT job, outcome, n, sqlstate, error FROM job_runs', $$VALUES ('expire_carts', 'done', 3, NULL::text, NULL::text)$$, 'which is on record');
SELECT ok((SELECT next_run BETWEEN clock_timestamp() + interval '59 minutes' AND clock_timestamp() + interval '1 hour' FROM job_schedules WHERE job = 'expire_carts'), 'the next run is an hour after this one');

-- The clock is set back by ten hours
UPDATE job_schedules SET next_run = next_run + interval '10 hours', last_run = last_run + interval '10 hours' WHERE job IN ('expire_returns', 'expire_carts');
SELECT is(tests.ran(), 'expire_carts done 0, expire_returns done 0', 'no job waits for the time that a clock showed before it was set back');
SELECT ok((SELECT bool_and(next_run BETWEEN clock_timestamp() + interval '59 minutes' AND clock_timestamp() + interval '1 hour') FROM job_schedules WHERE job IN ('expire_returns', 'expire_carts')), 'and goes by the new time');
SELECT is(tests.ran(), 'nothing', 'once');

-- A run that took all it may take goes on at once
SELECT tests.log_in_as_service() \g /dev/null
SELECT enqueue_job('expire_carts', '{"max_rows": 2}') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.old_carts(5) \g /dev/null
SELECT is(tests.ran(), 'expire_carts done 2', 'a queued run takes as many rows as it was told');
SELECT is(tests.ran(), 'nothing', 'and runs once');
SELECT is((SELECT count(*) FROM queued_jobs), 0::bigint, 'it has left the queue');
SELECT is((SELECT count(*) FROM shopping_carts), 3::bigint, 'three carts are left');

-- A job that fails
CREATE FUNCTION tests.no_deletes() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'carts stay, says the shop' USING ERRCODE = 'ZZ001'; END $$;
CREATE TRIGGER no_deletes BEFORE DELETE ON shopping_carts FOR EACH ROW EXECUTE FUNCTION tests.no_deletes();
SELECT tests.becomes_due('expire_carts'), tests.becomes_due('expire_returns') \g /dev/null
SELECT is(tests.ran(), 'expire_carts failed, expire_returns done 0', 'a job that fails does not keep the others from running');
SELECT results_eq('SELECT n, sqlstate, error FROM job_runs WHERE outcome = ''failed''', $$VALUES (NULL::integer, 'ZZ001', 'carts stay, says the shop')$$, 'its error is on record');
SELECT is((SELECT count(*) FROM shopping_carts), 3::bigint, 'and it has changed nothing');
SELECT tests.log_in_as('admin') \g /dev/null
SELECT is((SELECT concat_ws(' ', last_outcome, failures, last_error) FROM job_status() WHERE job = 'expire_carts'), 'failed 1 carts stay, says the shop', 'which an admin sees');
SELECT tests.log_out() \g /dev/null
SELECT ok((SELECT next_run BETWEEN clock_timestamp() + interval '50 seconds' AND clock_timestamp() + interval '1 minute' FROM job_schedules WHERE job = 'expire_carts'), 'it is tried again after a minute');
SELECT tests.becomes_due('expire_carts') \g /dev/null
SELECT is(tests.ran(), 'expire_carts failed', 'and fails again');
SELECT ok((SELECT next_run BETWEEN clock_timestamp() + interval '110 seconds' AND clock_timestamp() + interval '2 minutes' FROM job_schedules WHERE job = 'expire_carts'), 'then after two');
UPDATE job_schedules SET failures = 40 WHERE job = 'expire_carts';
SELECT tests.becomes_due('expire_carts') \g /dev/null
SELECT is(tests.ran(), 'expire_carts failed', 'however often');
SELECT ok((SELECT next_run BETWEEN clock_timestamp() + interval '59 minutes' AND clock_timestamp() + interval '1 hour' FROM job_schedules WHERE job = 'expire_carts'), 'never later than its time');
DROP TRIGGER no_deletes ON shopping_carts;
SELECT tests.becomes_due('expire_carts') \g /dev/null
SELECT is(tests.ran(), 'expire_carts done 3', 'when the cause is gone, it does what it had to do');
SELECT is((SELECT failures FROM job_schedules WHERE job = 'expire_carts'), 0, 'and its failures are over');

-- What a constraint trigger says at the end of the transaction is the job's failure too.
CREATE CONSTRAINT TRIGGER no_deletes AFTER DELETE ON shopping_carts DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tests.no_deletes();
SELECT tests.old_carts(2) \g /dev/null
SELECT tests.becomes_due('expire_carts'), tests.becomes_due('expire_returns') \g /dev/null
SELECT is(tests.ran(), 'expire_carts failed, expire_returns done 0', 'a deferred trigger is asked at the end of each job');
SELECT is((SELECT count(*) FROM shopping_carts), 2::bigint, 'and the job is undone');
DROP TRIGGER no_deletes ON shopping_carts;

-- The queue
SELECT tests.log_in_as_service() \g /dev/null
SELECT enqueue_job('expire_carts', '{}', 'nightly', now() + interval '1 hour') AS queued \gset
SELECT is(enqueue_job('expire_carts', '{"max_rows": 1}', 'nightly', now() + interval '30 minutes'), :'queued'::uuid, 'of one key one waits');
SELECT isnt(enqueue_job('expire_returns', '{}', 'nightly', now() + interval '30 minutes'), :'queued'::uuid, 'of each job');
SELECT tests.log_out() \g /dev/null
SELECT results_eq('SELECT job, payload, run_at - now() FROM queued_jobs ORDER BY job', $$VALUES ('expire_carts', '{"max_rows": 1}'::jsonb, interval '1 hour'), ('expire_returns', '{}', interval '30 minutes')$$,
    'with the later time and the last payload');
SELECT is(tests.ran(), 'nothing', 'it waits for its time');
UPDATE queued_jobs SET run_at = now() WHERE job = 'expire_carts';
SELECT is(tests.ran(), 'expire_carts done 1', 'and runs then');
DELETE FROM queued_jobs;
CREATE TRIGGER no_deletes BEFORE DELETE ON shopping_carts FOR EACH ROW EXECUTE FUNCTION tests.no_deletes();
SELECT tests.log_in_as_service() \g /dev/null
SELECT enqueue_job('expire_carts', '{}', 'again') AS queued \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.ran(), 'expire_carts failed', 'a queued job that fails stays');
SELECT ok((SELECT attempts = 1 AND run_at BETWEEN clock_timestamp() + interval '25 seconds' AND clock_timestamp() + interval '30 seconds' FROM queued_jobs), 'and is tried again soon');
UPDATE queued_jobs SET attempts = 7, run_at = now();
SELECT is(tests.ran(), 'expire_carts failed', 'the eighth time');
SELECT is((SELECT run_at FROM queued_jobs), 'infinity', 'is the last');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(enqueue_job('expire_carts', '{}', 'again'), :'queued'::uuid, 'until it is queued again');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT concat_ws(' ', attempts, run_at) FROM queued_jobs), concat_ws(' ', 0, now()), 'with all its tries');
DROP TRIGGER no_deletes ON shopping_carts;
DELETE FROM queued_jobs;

-- A name that is no job is never called, however it came there.
INSERT INTO queued_jobs (job) VALUES ('driplo_uninstall');
INSERT INTO job_schedules (job, every_seconds) VALUES ('driplo_uninstall', 1), ('pg_sleep', 1);
SELECT is(tests.ran(), 'nothing', 'what is not on the list is not run');
DELETE FROM queued_jobs;

-- set_job()
UPDATE job_schedules SET next_run = now() + interval '1 hour' WHERE job = 'expire_carts';
SELECT tests.log_in_as('admin') \g /dev/null
SELECT ok(set_job('expire_carts', '5 minutes') BETWEEN clock_timestamp() + interval '4 minutes' AND clock_timestamp() + interval '5 minutes', 'a job that is to run more often is due sooner');
SELECT is(set_job('expire_carts', enabled => false), NULL, 'one that is off is due never');
SELECT is((SELECT concat_ws(' ', every, enabled, next_run, lag) FROM job_status() WHERE job = 'expire_carts'), '00:05:00 f', 'as its status says');
SELECT tests.log_out() \g /dev/null
SELECT tests.becomes_due('expire_carts') \g /dev/null
SELECT is(tests.ran(), 'nothing', 'and does not run');
SELECT tests.log_in_as('admin') \g /dev/null
SELECT isnt(set_job('expire_carts', enabled => true), NULL, 'until it is on again');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.ran(), 'expire_carts done 1', 'then at once');
SELECT results_eq($$SELECT admin_id, old_values, new_values FROM admin_audit_log WHERE action = 'set_job' ORDER BY created_at, new_values ->> 'enabled', new_values ->> 'every_seconds' LIMIT 1$$,
    format($$VALUES (%L::uuid, '{"job": "expire_carts", "every_seconds": 300, "enabled": true}'::jsonb, '{"job": "expire_carts", "every_seconds": 300, "enabled": false}'::jsonb)$$, :'admin'), 'who changed it is on record');

-- Old records go
INSERT INTO job_runs (job, started_at, ms, outcome) SELECT 'expire_carts', now() - interval '30 days' + n * interval '1 second', 1, 'done' FROM generate_series(-3, 2) n;
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(prune_job_runs(2), 2, 'records older than 30 days go, some at a time');
SELECT is(prune_job_runs(), 1, 'until none is left');
SELECT is(prune_job_runs(0), 0, 'or none may go');
SELECT tests.log_out() \g /dev/null

-- Who may
CREATE TEMP TABLE attempt (call text, message text);
INSERT INTO attempt VALUES
    ('SELECT * FROM job_status()', 'only an admin or the service can view jobs'),
    ('SELECT set_job(''expire_carts'', ''1 hour'')', 'only an admin or the service can change jobs'),
    ('SELECT enqueue_job(''expire_carts'')', 'only an admin or the service can queue jobs');
GRANT SELECT ON attempt TO authenticated;
SELECT tests.log_in_as('buyer') \g /dev/null
SELECT throws_ok(call, '42501', message, format('a user is refused: %s', call)) FROM attempt;
SELECT throws_ok('SELECT * FROM run_jobs()', '42501', NULL, 'users run no jobs');
SELECT throws_ok('CALL driplo_work(0)', '42501', NULL, 'in no way');
SELECT throws_ok('SELECT * FROM private.run_next_job()', '42501', NULL, 'nor a single one');
SELECT tests.log_in_as('moderator') \g /dev/null
SELECT throws_ok(call, '42501', message, format('a moderator is refused: %s', call)) FROM attempt;
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok('SELECT * FROM job_status()', '42501', NULL, 'strangers see nothing');
SELECT tests.log_in_as('admin') \g /dev/null
SELECT throws_ok('SELECT * FROM run_jobs()', '42501', NULL, 'an admin runs no jobs either');
SELECT throws_ok('SELECT * FROM schedule_with_pg_cron()', '42501', NULL, 'and schedules none');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM queued_jobs), 0::bigint, 'none of this has queued anything');

-- What is wrong
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok('SELECT * FROM run_jobs(NULL)', '22004', 'max_seconds must not be NULL');
SELECT throws_ok('SELECT set_job(NULL)', '22004', 'job must not be NULL');
SELECT throws_ok('SELECT set_job(''pg_sleep'', ''1 hour'')', '22023', 'unrecognized job: "pg_sleep"');
SELECT throws_ok('SELECT set_job(''expire_carts'', ''0.5 seconds'')', '22023', 'every must be between 1 second and 1 year');
SELECT throws_ok('SELECT set_job(''expire_carts'', ''-1 hour'')', '22023', 'every must be between 1 second and 1 year');
SELECT throws_ok('SELECT set_job(''expire_carts'', ''2 years'')', '22023', 'every must be between 1 second and 1 year');
SELECT throws_ok('SELECT enqueue_job(NULL)', '22004', 'job must not be NULL');
SELECT throws_ok($$SELECT enqueue_job('driplo_uninstall')$$, '22023', 'unrecognized job: "driplo_uninstall"');
SELECT throws_ok($$SELECT enqueue_job('expire_carts; DROP TABLE orders')$$, '22023', 'unrecognized job: "expire_carts; DROP TABLE orders"');
SELECT throws_ok($$SELECT enqueue_job('expire_carts', NULL)$$, '22004', 'payload must not be NULL');
SELECT throws_ok($$SELECT enqueue_job('expire_carts', run_at => NULL)$$, '22004', 'run_at must not be NULL');
SELECT throws_ok(format($$SELECT enqueue_job('expire_carts', %L)$$, payload), '22023', 'invalid payload of a job', format('no payload: %s', payload))
  FROM unnest(ARRAY['[]', '1', '{"rows": 1}', '{"max_rows": 0}', '{"max_rows": -1}', '{"max_rows": 1.5}', '{"max_rows": "1"}', '{"max_rows": null}', '{"max_rows": 1e9}', '{"max_rows": [1]}']) payload;
SELECT throws_ok($$SELECT enqueue_job('expire_carts', key => repeat('k', 201))$$, '22023', 'key must not be longer than 200 characters');
SELECT throws_ok('SELECT prune_job_runs(NULL)', '22004', 'max_rows must not be NULL');
SELECT throws_ok('CALL driplo_work(0)', '2D000', 'driplo_work() cannot run inside a transaction block');
SELECT throws_ok('CALL driplo_work(NULL)', '22004', 'seconds must not be NULL');
SELECT throws_ok('CALL driplo_work(-1)', '22023', 'seconds must be between 0 and 86400');
SELECT throws_ok('CALL driplo_work(1, 0)', '22023', 'idle_ms must be between 10 and 60000');
SELECT tests.log_out() \g /dev/null
SELECT throws_ok('SELECT schedule_with_pg_cron()', '0A000', 'extension "pg_cron" is not installed in this database');
SELECT throws_ok('SELECT schedule_with_pg_cron(NULL)', '22004', 'schedule must not be NULL');

SELECT * FROM finish();
ROLLBACK;
