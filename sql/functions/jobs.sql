-- Jobs: what has to run by the clock. Any scheduler calls run_jobs() or driplo_work(), any number at once; the background
-- worker (src/pg/worker.cpp) does the same.

-- Names of functions of the service that take max_rows (NULL: nothing) and return how many rows they handled. The list is code and not a
-- table: whoever may write a table must not choose what a scheduler's role calls.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.jobs()
    RETURNS TABLE (job text, every interval, max_rows integer)
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
        ('deliver_events', interval '1 second', 500),
        ('expire_unpaid_orders', interval '1 minute', 1000),
        ('release_seller_funds', interval '10 minutes', 1000),
        ('expire_offers', interval '1 minute', 1000),
        ('send_offers', interval '1 minute', 20),
        ('escalate_overdue_disputes', interval '1 hour', 1000),
        ('expire_returns', interval '1 hour', 1000),
        ('forget_unpaid_addresses', interval '1 day', 10000),
        ('decide_overdue_returns', interval '1 hour', 200),
        ('deliver_overdue_orders', interval '1 hour', 500),
        ('complete_overdue_orders', interval '1 hour', 500),
        ('send_reminders', interval '1 hour', 1000),
        ('expire_store_credits', interval '1 hour', 1000),
        ('expire_gift_cards', interval '1 hour', 1000),
        ('expire_carts', interval '1 hour', 1000),
        ('reindex_search', interval '10 minutes', 5000),
        ('refresh_search_words', interval '1 day', NULL),
        ('refresh_category_counts', interval '5 minutes', NULL),
        ('cleanup_expired_rate_limits', interval '1 hour', NULL),
        ('prune_job_runs', interval '1 day', 10000),
        ('fan_out_notifications', interval '1 second', 500),
        ('tell_saved_searches', interval '5 seconds', 500),
        ('refresh_saved_searches', interval '5 minutes', 500),
        ('prune_matches_and_prices', interval '1 day', 10000),
        ('prune_deliveries', interval '1 day', 10000),
        ('prune_search_queries', interval '1 hour', 10000),
        ('prune_webhooks', interval '1 day', 10000),
        ('count_views', interval '1 minute', 100),
        ('refresh_user_statistics', interval '15 minutes', 200),
        ('refresh_achievements', interval '15 minutes', 100),
        ('collect_health', interval '5 minutes', NULL),
        ('capture_slow_queries', interval '15 minutes', NULL),
        ('prune_monitoring', interval '1 day', 10000),
        ('prune_sign_ins', interval '1 day', 10000),
        ('prune_statistics', interval '1 day', 10000),
        ('end_suspensions', interval '1 minute', 1000),
        ('prune_reports', interval '1 day', 10000),
        ('make_data_exports', interval '10 seconds', 20000),
        ('prune_data_exports', interval '1 hour', 1000),
        ('delete_due_accounts', interval '1 hour', 100),
        ('make_partitions', interval '1 day', NULL)
$function$;
COMMENT ON FUNCTION private.jobs() IS
    'The jobs, how often each runs unless set_job() changed it, and how many rows one run handles.';

-- A case for each, and no statement put together from text: it runs with the rights of its owner.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.run_job(job text, max_rows integer)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    CASE job
        WHEN 'deliver_events' THEN RETURN @extschema@.deliver_events(max_rows);
        WHEN 'expire_unpaid_orders' THEN RETURN @extschema@.expire_unpaid_orders(max_rows);
        WHEN 'release_seller_funds' THEN RETURN @extschema@.release_seller_funds(max_rows);
        WHEN 'expire_offers' THEN RETURN @extschema@.expire_offers(max_rows);
        WHEN 'send_offers' THEN RETURN @extschema@.send_offers(max_rows);
        WHEN 'escalate_overdue_disputes' THEN RETURN @extschema@.escalate_overdue_disputes(max_rows);
        WHEN 'expire_returns' THEN RETURN @extschema@.expire_returns(max_rows);
        WHEN 'forget_unpaid_addresses' THEN RETURN @extschema@.forget_unpaid_addresses(max_rows);
        WHEN 'decide_overdue_returns' THEN RETURN @extschema@.decide_overdue_returns(max_rows);
        WHEN 'deliver_overdue_orders' THEN RETURN @extschema@.deliver_overdue_orders(max_rows);
        WHEN 'complete_overdue_orders' THEN RETURN @extschema@.complete_overdue_orders(max_rows);
        WHEN 'send_reminders' THEN RETURN @extschema@.send_reminders(max_rows);
        WHEN 'expire_store_credits' THEN RETURN @extschema@.expire_store_credits(max_rows);
        WHEN 'expire_gift_cards' THEN RETURN @extschema@.expire_gift_cards(max_rows);
        WHEN 'expire_carts' THEN RETURN @extschema@.expire_carts(max_rows);
        WHEN 'reindex_search' THEN RETURN @extschema@.reindex_search(max_rows);
        WHEN 'refresh_search_words' THEN RETURN @extschema@.refresh_search_words();
        WHEN 'refresh_category_counts' THEN RETURN @extschema@.refresh_category_counts();
        WHEN 'cleanup_expired_rate_limits' THEN RETURN @extschema@.cleanup_expired_rate_limits();
        WHEN 'count_views' THEN RETURN @extschema@.count_views(max_rows);
        WHEN 'refresh_user_statistics' THEN RETURN @extschema@.refresh_user_statistics(max_rows);
        WHEN 'refresh_achievements' THEN RETURN @extschema@.refresh_achievements(max_rows);
        WHEN 'collect_health' THEN RETURN @extschema@.collect_health();
        WHEN 'capture_slow_queries' THEN RETURN @extschema@.capture_slow_queries();
        WHEN 'prune_monitoring' THEN RETURN @extschema@.prune_monitoring(max_rows);
        WHEN 'prune_sign_ins' THEN RETURN @extschema@.prune_sign_ins(max_rows);
        WHEN 'prune_statistics' THEN RETURN @extschema@.prune_statistics(max_rows);
        WHEN 'end_suspensions' THEN RETURN @extschema@.end_suspensions(max_rows);
        WHEN 'prune_reports' THEN RETURN @extschema@.prune_reports(max_rows);
        WHEN 'make_data_exports' THEN RETURN @extschema@.make_data_exports(max_rows);
        WHEN 'prune_data_exports' THEN RETURN @extschema@.prune_data_exports(max_rows);
        WHEN 'delete_due_accounts' THEN RETURN @extschema@.delete_due_accounts(max_rows);
        WHEN 'prune_job_runs' THEN RETURN @extschema@.prune_job_runs(max_rows);
        WHEN 'fan_out_notifications' THEN RETURN @extschema@.fan_out_notifications(max_rows);
        WHEN 'tell_saved_searches' THEN RETURN @extschema@.tell_saved_searches(max_rows);
        WHEN 'refresh_saved_searches' THEN RETURN @extschema@.refresh_saved_searches(max_rows);
        WHEN 'prune_matches_and_prices' THEN RETURN @extschema@.prune_matches_and_prices(max_rows);
        WHEN 'prune_deliveries' THEN RETURN @extschema@.prune_deliveries(max_rows);
        WHEN 'prune_search_queries' THEN RETURN @extschema@.prune_search_queries(max_rows);
        WHEN 'prune_webhooks' THEN RETURN @extschema@.prune_webhooks(max_rows);
        WHEN 'make_partitions' THEN RETURN @extschema@.make_partitions();
    END CASE;
END;
$function$;
COMMENT ON FUNCTION private.run_job(text, integer) IS 'Runs a job of private.jobs() and returns the number of rows that it handled.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_job(name text)
    RETURNS void
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION 'job must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT EXISTS (SELECT FROM private.jobs() AS known WHERE known.job = name) THEN
        RAISE EXCEPTION 'unrecognized job: "%"', left(name, 100)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use job_status() to list the jobs.';
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.require_job(text) IS 'Fails unless there is a job of that name. Errors: 22004, 22023.';

-- One job and not all that are due, so that who can commit in between keeps locks for one job only.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.run_next_job()
    RETURNS TABLE (job text, outcome text, n integer, ms integer)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    ROWS 1
AS $function$
#variable_conflict use_column
DECLARE
    queued uuid;
    tries integer;
    wanted jsonb;
    most integer;
    period interval;
    started timestamptz;
    code text;
    problem text;
BEGIN
    PERFORM private.require_service('run jobs');

    -- What was asked for goes first. The row is the claim: another session takes the next.
    SELECT q.id, q.job, q.attempts + 1, known.max_rows, q.payload
    INTO queued, job, tries, most, wanted
    FROM @extschema@.queued_jobs q
    JOIN private.jobs() AS known ON known.job = q.job
    WHERE q.run_at <= clock_timestamp()
    ORDER BY q.run_at, q.id
    LIMIT 1
    FOR UPDATE OF q SKIP LOCKED;

    IF queued IS NULL THEN
        INSERT INTO @extschema@.job_schedules (job, every_seconds)
        SELECT known.job, EXTRACT(EPOCH FROM known.every)
        FROM private.jobs() AS known
        WHERE NOT EXISTS (SELECT FROM @extschema@.job_schedules s WHERE s.job = known.job)
        ON CONFLICT DO NOTHING;

        SELECT s.job, s.every_seconds * interval '1 second', known.max_rows
        INTO job, period, most
        FROM @extschema@.job_schedules s
        JOIN private.jobs() AS known ON known.job = s.job
        -- a run that is still to come was recorded before the clock was set back, and so was next_run
        WHERE s.enabled AND (s.next_run <= clock_timestamp() OR s.last_run > clock_timestamp())
        ORDER BY s.next_run, s.job
        LIMIT 1
        FOR UPDATE OF s SKIP LOCKED;
        IF job IS NULL THEN
            RETURN;
        END IF;
    END IF;

    started := clock_timestamp();
    BEGIN
        n := private.run_job(job, COALESCE((wanted ->> 'max_rows')::integer, most));
        -- What is checked at the end of the transaction is this job's to answer for.
        SET CONSTRAINTS ALL IMMEDIATE;
        outcome := 'done';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, problem = MESSAGE_TEXT;
        outcome := 'failed';
        n := NULL;
    END;
    SET CONSTRAINTS ALL DEFERRED;
    ms := LEAST(EXTRACT(EPOCH FROM clock_timestamp() - started) * 1000, 2147483647)::integer;

    IF queued IS NOT NULL THEN
        IF outcome = 'done' THEN
            DELETE FROM @extschema@.queued_jobs q WHERE q.id = queued;
        ELSE
            UPDATE @extschema@.queued_jobs q
            SET attempts = tries,
                run_at = CASE WHEN tries < 8 THEN clock_timestamp() + interval '10 seconds' * 3 ^ tries ELSE 'infinity' END
            WHERE q.id = queued;
        END IF;
    ELSE
        UPDATE @extschema@.job_schedules s
        SET last_run = started,
            last_outcome = outcome,
            failures = CASE WHEN outcome = 'done' THEN 0 ELSE s.failures + 1 END,
            next_run = clock_timestamp() + CASE
                WHEN outcome = 'done' AND n >= most THEN interval '0'
                WHEN outcome = 'done' THEN period
                -- sooner than a job of every day would come again, later than one of every second
                ELSE LEAST(GREATEST(period, interval '1 minute'), interval '1 minute' * 2 ^ LEAST(s.failures, 10))
            END
        WHERE s.job = run_next_job.job;
    END IF;

    -- The outbox is emptied every second: there would be more rows of that than of all the others.
    IF outcome = 'failed' OR n > 0 AND job <> 'deliver_events' THEN
        INSERT INTO @extschema@.job_runs (job, started_at, ms, outcome, n, sqlstate, error)
        VALUES (job, started, ms, outcome, n, code, left(problem, 1000));
    END IF;
    RETURN NEXT;
END;
$function$;
COMMENT ON FUNCTION private.run_next_job() IS
    'For the service: runs the job that is due first, a queued one before the scheduled, and returns what came of '
    'it; no row if none is due or others run them. An error of a job is recorded in job_runs and undoes that job only. '
    'Errors: 42501.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.run_jobs(max_seconds integer DEFAULT 5)
    RETURNS TABLE (job text, outcome text, n integer, ms integer)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    until timestamptz;
BEGIN
    IF max_seconds IS NULL THEN
        RAISE EXCEPTION 'max_seconds must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    until := clock_timestamp() + max_seconds * interval '1 second';
    LOOP
        RETURN QUERY SELECT ran.job, ran.outcome, ran.n, ran.ms FROM private.run_next_job() AS ran;
        EXIT WHEN NOT FOUND OR clock_timestamp() >= until;
    END LOOP;
END;
$function$;
COMMENT ON FUNCTION @extschema@.run_jobs(integer) IS
    'For the service: runs the jobs that are due, one after the other, until none is or max_seconds have passed; at least '
    'one. Returns each run: outcome is done or failed, n the number of rows it handled, ms its milliseconds. Sessions can '
    'call it concurrently; each due job runs once. All runs are one transaction: driplo_work() commits after each. '
    'Errors: 42501, 22004.';

-- rights: service_role
CREATE OR REPLACE PROCEDURE @extschema@.driplo_work(seconds integer DEFAULT 55, idle_ms integer DEFAULT 500)
    LANGUAGE c SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_work';
COMMENT ON PROCEDURE @extschema@.driplo_work(integer, integer) IS
    'For the service: runs jobs as they become due, for that many seconds, and commits after each. Looks again after '
    'idle_ms milliseconds without a due job, and holds no snapshot meanwhile. Not inside a transaction block. '
    'Errors: 42501, 22004, 22023, 2D000.';

-- rights: authenticated, service_role (users: admins)
-- definer: Reads the schedules of all jobs.
CREATE OR REPLACE FUNCTION @extschema@.job_status()
    RETURNS TABLE (job text, every interval, last_run timestamptz, last_outcome text, next_run timestamptz, lag interval, enabled boolean, failures integer, last_error text)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    ROWS 20
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM private.require_admin('view jobs');
    RETURN QUERY
        SELECT known.job, justify_hours(COALESCE(s.every_seconds * interval '1 second', known.every)), s.last_run, s.last_outcome,
               CASE WHEN COALESCE(s.enabled, true) THEN s.next_run END,
               CASE WHEN s.enabled THEN GREATEST(statement_timestamp() - s.next_run, interval '0') END,
               COALESCE(s.enabled, true), COALESCE(s.failures, 0),
               CASE WHEN s.last_outcome = 'failed' THEN
                   (SELECT r.error FROM @extschema@.job_runs r WHERE r.job = known.job AND r.outcome = 'failed' ORDER BY r.started_at DESC LIMIT 1)
               END
        FROM private.jobs() AS known
        LEFT JOIN @extschema@.job_schedules s ON s.job = known.job
        ORDER BY known.job;
END;
$function$;
COMMENT ON FUNCTION @extschema@.job_status() IS
    'For admins and the service: each job, how often it runs, how it ended last, when it is due, and by how much it is late '
    '(lag). last_run and next_run are NULL while no scheduler has run any job. Errors: 42501.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes the schedule of a job.
CREATE OR REPLACE FUNCTION @extschema@.set_job(job text, every interval DEFAULT NULL, enabled boolean DEFAULT NULL)
    RETURNS timestamptz
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    before @extschema@.job_schedules;
    due timestamptz;
BEGIN
    PERFORM private.require_admin('change jobs');
    PERFORM private.require_job(set_job.job);
    IF set_job.every < interval '1 second' OR set_job.every > interval '1 year' THEN
        RAISE EXCEPTION 'every must be between 1 second and 1 year' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO @extschema@.job_schedules (job, every_seconds)
    SELECT known.job, EXTRACT(EPOCH FROM known.every) FROM private.jobs() AS known WHERE known.job = set_job.job
    ON CONFLICT DO NOTHING;
    SELECT s.* INTO before FROM @extschema@.job_schedules s WHERE s.job = set_job.job FOR UPDATE;
    UPDATE @extschema@.job_schedules s
    SET every_seconds = COALESCE(EXTRACT(EPOCH FROM set_job.every), s.every_seconds),
        enabled = COALESCE(set_job.enabled, s.enabled),
        -- what is to run more often is not left waiting for the old time
        next_run = LEAST(s.next_run, clock_timestamp() + COALESCE(set_job.every, s.every_seconds * interval '1 second'))
    WHERE s.job = set_job.job
    RETURNING CASE WHEN s.enabled THEN s.next_run END INTO due;
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, old_values, new_values)
    VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller()), 'set_job', 'job',
            pg_catalog.jsonb_build_object('job', before.job, 'every_seconds', before.every_seconds, 'enabled', before.enabled),
            pg_catalog.jsonb_build_object('job', before.job, 'every_seconds', COALESCE(EXTRACT(EPOCH FROM set_job.every)::integer, before.every_seconds),
                                          'enabled', COALESCE(set_job.enabled, before.enabled)));
    RETURN due;
END;
$function$;
COMMENT ON FUNCTION @extschema@.set_job(text, interval, boolean) IS
    'For admins and the service: changes how often a job runs, 1 second to 1 year, and whether it runs at all; NULL '
    'changes nothing. Returns when the job is due next; NULL if it is off. On record in admin_audit_log. '
    'Errors: 42501, 22004, 22023.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes the queue.
CREATE OR REPLACE FUNCTION @extschema@.enqueue_job(kind text, payload jsonb DEFAULT '{}', key text DEFAULT NULL, run_at timestamptz DEFAULT now())
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    queued uuid;
BEGIN
    PERFORM private.require_admin('queue jobs');
    PERFORM private.require_job(kind);
    IF payload IS NULL OR run_at IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN payload IS NULL THEN 'payload' ELSE 'run_at' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF jsonb_typeof(payload) <> 'object'
          OR payload - 'max_rows' <> '{}'
          OR payload ? 'max_rows' AND NOT pg_catalog.jsonb_path_exists(payload, 'strict $.max_rows ? (@.type() == "number" && @ >= 1 && @ <= 1000000 && @.floor() == @)') THEN
        RAISE EXCEPTION 'invalid payload of a job'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'A payload is a JSON object with no key but "max_rows", a whole number from 1 to 1000000.';
    ELSIF length(key) > 200 THEN
        RAISE EXCEPTION 'key must not be longer than 200 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO @extschema@.queued_jobs AS waiting (job, payload, key, run_at)
    VALUES (kind, payload, enqueue_job.key, enqueue_job.run_at)
    ON CONFLICT ON CONSTRAINT queued_jobs_job_key_key DO UPDATE
    SET payload = EXCLUDED.payload,
        attempts = 0,
        run_at = CASE WHEN waiting.run_at = 'infinity' THEN EXCLUDED.run_at ELSE GREATEST(waiting.run_at, EXCLUDED.run_at) END
    RETURNING waiting.id INTO queued;
    RETURN queued;
END;
$function$;
COMMENT ON FUNCTION @extschema@.enqueue_job(text, jsonb, text, timestamptz) IS
    'For admins and the service: lets a job of job_status() run once, from run_at on, and returns its ID in the '
    'queue. payload can name max_rows. Of one key at most one waits: the last payload and the later time count. A job '
    'that fails is tried 8 times. Errors: 42501, 22004, 22023.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.prune_job_runs(max_rows integer DEFAULT 10000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    gone integer;
BEGIN
    PERFORM private.require_service('delete old runs of jobs');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- An array: a subquery could be run again for each row of a nested loop, and lock others each time.
    DELETE FROM @extschema@.job_runs
    WHERE id = ANY (ARRAY(
        SELECT r.id FROM @extschema@.job_runs r
        WHERE r.started_at < now() - interval '30 days'
        ORDER BY r.started_at
        LIMIT GREATEST(max_rows, 0)
        FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END;
$function$;
COMMENT ON FUNCTION @extschema@.prune_job_runs(integer) IS
    'For the service: deletes up to max_rows rows of job_runs that are older than 30 days, the oldest first, and returns '
    'their number. Errors: 42501, 22004.';

-- rights: owner
CREATE OR REPLACE FUNCTION @extschema@.schedule_with_pg_cron(schedule text DEFAULT '* * * * *')
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF schedule IS NULL THEN
        RAISE EXCEPTION 'schedule must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_cron') THEN
        RAISE EXCEPTION 'extension "pg_cron" is not installed in this database'
            USING ERRCODE = 'feature_not_supported',
                  HINT = 'Install it, or call driplo_work() from another scheduler.';
    END IF;
    RETURN cron.schedule('driplo', schedule_with_pg_cron.schedule, 'CALL @extschema@.driplo_work(55)');
END;
$function$;
COMMENT ON FUNCTION @extschema@.schedule_with_pg_cron(text) IS
    'Makes one entry of pg_cron, named driplo, that calls driplo_work(55), or changes its schedule; returns its ID. '
    'Errors: 0A000 without pg_cron in this database, 22004, 42501.';
