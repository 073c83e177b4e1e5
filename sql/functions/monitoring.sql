-- Monitoring: how the database is, and which statements take long.
--
-- Both look at what the server shows to members of pg_monitor only. They run with the rights of driplo_owner, whether a job or the
-- service calls them, so it is that role that an operator grants it to; without, they say what is missing.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.query_shape(statement text)
    RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_query_shape';
COMMENT ON FUNCTION private.query_shape(text) IS
    'Returns a statement without its literals and comments, at most 4000 bytes; NULL for statements that may hold passwords, which are '
    'all but queries and changes of rows.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.reads_all_statistics()
    RETURNS boolean
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
$function$;
COMMENT ON FUNCTION private.reads_all_statistics() IS
    'Returns whether the current role sees sessions and statements of other roles, as members of pg_monitor do.';

-- The schema of pg_stat_statements, where its library is loaded and it is this extension's own view.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.schema_of_statements()
    RETURNS name
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT n.nspname
      FROM pg_extension e
      JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = 'pg_class'::regclass
      JOIN pg_class c ON c.oid = d.objid AND c.relname = 'pg_stat_statements' AND c.relkind = 'v'
      JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE e.extname = 'pg_stat_statements'
       AND current_setting('pg_stat_statements.max', true) IS NOT NULL
       AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
$function$;
COMMENT ON FUNCTION private.schema_of_statements() IS
    'Returns the schema of pg_stat_statements; NULL if it is not installed, not loaded, or not readable.';

-- The schema is not known before, so the statement is put together: of a name of the catalog, and by no function that has rights of its owner.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.statement_counts()
    RETURNS TABLE (query_hash text, statement text, calls bigint, total_ms numeric, n_rows bigint, reset_at timestamptz)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    found_in constant name := private.schema_of_statements();
BEGIN
    IF found_in IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY EXECUTE pg_catalog.format($query$
        SELECT s.queryid::text, min(s.query), sum(s.calls)::bigint, sum(s.total_exec_time)::numeric, sum(s.rows)::bigint,
               (SELECT i.stats_reset FROM %1$I.pg_stat_statements_info i)
          FROM %1$I.pg_stat_statements s
         WHERE s.queryid IS NOT NULL AND s.dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
         GROUP BY s.queryid
        $query$, found_in);
END;
$function$;
COMMENT ON FUNCTION private.statement_counts() IS
    'What pg_stat_statements has counted in this database for each statement, by its query ID; no row without it.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.capture_slow_queries(min_ms integer DEFAULT 200)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    most constant integer := 100;
    hashes text[];
    slow integer;
BEGIN
    PERFORM private.require_service('capture slow queries');
    IF min_ms IS NULL THEN
        RAISE EXCEPTION 'min_ms must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF min_ms < 0 THEN
        RAISE EXCEPTION 'min_ms must not be negative' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    WITH counted AS MATERIALIZED (
        SELECT c.query_hash, private.query_shape(c.statement) AS shape, c.calls, c.total_ms, c.n_rows,
               -- what was counted before counts unless the counts have begun anew since
               CASE WHEN b.calls <= c.calls AND b.total_ms <= c.total_ms AND (c.reset_at IS NULL OR c.reset_at <= b.taken_at) THEN b.calls ELSE 0 END AS calls_before,
               CASE WHEN b.calls <= c.calls AND b.total_ms <= c.total_ms AND (c.reset_at IS NULL OR c.reset_at <= b.taken_at) THEN b.total_ms ELSE 0 END AS ms_before,
               CASE WHEN b.calls <= c.calls AND b.total_ms <= c.total_ms AND (c.reset_at IS NULL OR c.reset_at <= b.taken_at) THEN b.n_rows ELSE 0 END AS rows_before
          FROM private.statement_counts() AS c
          LEFT JOIN @extschema@.query_snapshots b ON b.query_hash = c.query_hash
    ), kept AS (
        INSERT INTO @extschema@.query_snapshots AS s (query_hash, calls, total_ms, n_rows)
        SELECT c.query_hash, c.calls, c.total_ms, c.n_rows FROM counted c
            ON CONFLICT ON CONSTRAINT query_snapshots_pkey DO UPDATE
           SET calls = EXCLUDED.calls, total_ms = EXCLUDED.total_ms, n_rows = EXCLUDED.n_rows, taken_at = now()
    ), ran AS MATERIALIZED (
        SELECT c.query_hash, c.shape,
               LEAST((c.total_ms - c.ms_before) / (c.calls - c.calls_before), 2147483647) AS mean_ms,
               LEAST(GREATEST(c.n_rows - c.rows_before, 0) / (c.calls - c.calls_before), 2147483647)::integer AS mean_rows
          FROM counted c
         WHERE c.calls > c.calls_before AND c.shape IS NOT NULL
         ORDER BY c.total_ms - c.ms_before DESC, c.query_hash
         LIMIT most
    ), logged AS (
        INSERT INTO @extschema@.query_performance_log (query_hash, query_text, execution_time_ms, rows_affected)
        SELECT r.query_hash, r.shape, r.mean_ms, r.mean_rows FROM ran r
    ), written AS (
        INSERT INTO @extschema@.slow_queries (query_text, execution_time_ms)
        SELECT r.shape, r.mean_ms FROM ran r WHERE r.mean_ms >= min_ms
        RETURNING id
    )
    SELECT (SELECT count(*) FROM written), array_agg(c.query_hash) INTO slow, hashes FROM counted c;
    DELETE FROM @extschema@.query_snapshots s WHERE s.query_hash <> ALL (hashes);
    RETURN slow;
END;
$function$;
COMMENT ON FUNCTION @extschema@.capture_slow_queries(integer) IS
    'For the service: adds what pg_stat_statements has counted since the last call to query_performance_log, the 100 statements that '
    'took most time in total with their mean time, and those of a mean time of min_ms or more to slow_queries as well; returns their '
    'number. Texts have no literals and no comments; only queries and changes of rows are kept. Returns 0 without pg_stat_statements, '
    'and does not see statements of other roles unless driplo_owner is a member of pg_monitor: health() says so. Errors: 42501, 22004, 22023.';

-- A metric without a limit is for comparing; without a value it cannot be read. limit_value is what the value has to stay below, or for
-- those that are a share of what is well, above.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.health_now()
    RETURNS TABLE (metric text, value numeric, unit text, limit_value numeric, is_floor boolean, advice text)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $function$
    WITH may AS MATERIALIZED (SELECT private.reads_all_statistics() AS read_all)
    SELECT 'connections', (SELECT sum(d.numbackends) FROM pg_stat_database d), 'sessions', round(current_setting('max_connections')::numeric * 0.8), false,
           'Use a connection pool, or raise max_connections.'
     UNION ALL
    SELECT 'oldest_transaction', CASE WHEN m.read_all THEN round(COALESCE((SELECT max(EXTRACT(EPOCH FROM clock_timestamp() - a.xact_start)) FROM pg_stat_activity a
                                                                       WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid()), 0)) END,
           'seconds', 3600, false, 'Vacuum removes nothing that was changed since: end the session.'
      FROM may m
     UNION ALL
    SELECT 'oldest_idle_transaction', CASE WHEN m.read_all THEN round(COALESCE((SELECT max(EXTRACT(EPOCH FROM clock_timestamp() - a.state_change)) FROM pg_stat_activity a
                                                                            WHERE a.state LIKE 'idle in transaction%'), 0)) END,
           'seconds', 600, false, 'It holds locks: end the session, and set idle_in_transaction_session_timeout.'
      FROM may m
     UNION ALL
    SELECT 'replication_lag', CASE
               WHEN pg_is_in_recovery() THEN round(GREATEST(0, EXTRACT(EPOCH FROM clock_timestamp() - pg_last_xact_replay_timestamp())))
               WHEN m.read_all THEN round(COALESCE((SELECT max(EXTRACT(EPOCH FROM r.replay_lag)) FROM pg_stat_replication r), 0))
           END, 'seconds', 60, false, 'Look at the network and the load of the standby.'
      FROM may m
     UNION ALL
    SELECT 'cache_hits', (SELECT CASE WHEN d.blks_hit + d.blks_read > 100000 THEN round(100.0 * d.blks_hit / (d.blks_hit + d.blks_read), 2) END
                            FROM pg_stat_database d WHERE d.datname = current_database()), 'percent', 95, true, 'Raise shared_buffers.'
     UNION ALL
    SELECT 'transaction_age', (SELECT max(age(d.datfrozenxid)) FROM pg_database d), 'transactions', 1000000000, false,
           'Vacuum the database that is the oldest, and look for what holds autovacuum up.'
     UNION ALL
    SELECT 'database_size', pg_database_size(current_database()), 'bytes', NULL, false, NULL
     UNION ALL
    SELECT 'dead_rows', (SELECT round(max(100.0 * t.n_dead_tup / (t.n_live_tup + t.n_dead_tup)), 2) FROM pg_stat_all_tables t
                          WHERE t.relid IN (SELECT c.oid FROM pg_class c WHERE c.relnamespace = '@extschema@'::regnamespace) AND t.n_live_tup + t.n_dead_tup > 10000), 'percent of the worst table', 30, false,
           'Let autovacuum run more often, and end old transactions.'
     UNION ALL
    SELECT 'oldest_event', round(COALESCE((SELECT EXTRACT(EPOCH FROM clock_timestamp() - min(e.created_at)) FROM @extschema@.outbox_events e), 0)), 'seconds', 300, false,
           'Start a scheduler, or look at job_status().'
     UNION ALL
    SELECT 'dead_events', (SELECT count(*) FROM @extschema@.outbox_dead), 'events', 0, false, 'Look at outbox_dead, then use retry_dead_events().'
     UNION ALL
    SELECT 'latest_job', (SELECT round(max(GREATEST(0, EXTRACT(EPOCH FROM clock_timestamp() - j.next_run)))) FROM @extschema@.job_schedules j WHERE j.enabled), 'seconds', 900, false,
           'Start a scheduler, or look at job_status().'
     UNION ALL
    SELECT 'failing_jobs', (SELECT count(*) FROM @extschema@.job_schedules j WHERE j.enabled AND j.failures > 2), 'jobs', 0, false, 'Look at last_error of job_status().'
     UNION ALL
    SELECT 'users_to_count', (SELECT count(*) FROM @extschema@.statistics_due), 'users', NULL, false, NULL
     UNION ALL
    SELECT 'empty_searches', (SELECT CASE WHEN sum(q.n) > 0 THEN round(100.0 * sum(q.n_empty) / sum(q.n), 2) END FROM @extschema@.search_queries q
                               WHERE q.day >= timezone('UTC', now())::date - 1), 'percent', NULL, false, NULL
     UNION ALL
    SELECT 'reads_all_statistics', m.read_all::integer, 'yes or no', 1, true, 'ALTER ROLE driplo_owner INHERIT; GRANT pg_monitor TO driplo_owner.' FROM may m
     UNION ALL
    SELECT 'captures_queries', (private.schema_of_statements() IS NOT NULL)::integer, 'yes or no', 1, true,
           'Add pg_stat_statements to shared_preload_libraries, restart, CREATE EXTENSION pg_stat_statements, and grant USAGE on its schema to driplo_owner.'
$function$;
COMMENT ON FUNCTION private.health_now() IS
    'Measurements of this time with their limits, and what to do beyond them; is_floor: the value has to be the limit or more.';

-- rights: authenticated, service_role (users: admins)
-- definer: Shows measurements of the server and counts of rows, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.health()
    RETURNS TABLE (metric text, value numeric, unit text, limit_value numeric, ok boolean, advice text)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM private.require_admin('see the health of the database');
    RETURN QUERY
    SELECT checked.metric, checked.value, checked.unit, checked.limit_value, checked.is_well,
           CASE WHEN checked.value IS NULL AND checked.metric IN ('oldest_transaction', 'oldest_idle_transaction', 'replication_lag') THEN 'Cannot be read: ALTER ROLE driplo_owner INHERIT; GRANT pg_monitor TO driplo_owner.'
                WHEN checked.value IS NULL AND checked.metric = 'latest_job' THEN 'No job has ever run: set up a scheduler.'
                WHEN NOT checked.is_well THEN checked.advice END
      FROM (SELECT h.metric, h.value, h.unit, h.limit_value, h.advice,
                   CASE WHEN h.value IS NULL THEN CASE WHEN h.metric = 'latest_job' THEN false END
                        WHEN h.limit_value IS NULL THEN true
                        WHEN h.is_floor THEN h.value >= h.limit_value
                        ELSE h.value <= h.limit_value END AS is_well
              FROM private.health_now() AS h) AS checked;
END;
$function$;
COMMENT ON FUNCTION @extschema@.health() IS
    'For admins and the service: measurements of this time, each with its limit and with advice if it is beyond it. ok is NULL for what '
    'cannot be read. Reads only, also on a standby. Error: 42501.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.collect_health()
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    measured integer;
BEGIN
    PERFORM private.require_service('collect measurements');
    INSERT INTO @extschema@.database_health_metrics (metric_name, metric_value, metric_unit, metadata)
    SELECT h.metric, h.value, h.unit, jsonb_build_object('limit', h.limit_value, 'ok', h.ok)
      FROM @extschema@.health() AS h
     WHERE h.value IS NOT NULL;
    GET DIAGNOSTICS measured = ROW_COUNT;
    -- no row of another source is touched but by its own time
    INSERT INTO @extschema@.active_user_sessions AS a (id, user_id, username, remember_me, created_at, last_used_at, expires_at, ip_address, user_agent)
    SELECT s.id, s.user_id, p.username, s.remember_me, s.created_at, s.last_used_at, s.expires_at, s.ip_address, s.user_agent
      FROM @extschema@.auth_sessions s
      JOIN @extschema@.profiles p ON p.id = s.user_id
     WHERE s.expires_at > now()
        ON CONFLICT ON CONSTRAINT active_user_sessions_pkey DO UPDATE
       SET username = EXCLUDED.username, last_used_at = EXCLUDED.last_used_at, expires_at = EXCLUDED.expires_at
     WHERE (a.username, a.last_used_at, a.expires_at) IS DISTINCT FROM (EXCLUDED.username, EXCLUDED.last_used_at, EXCLUDED.expires_at);
    DELETE FROM @extschema@.active_user_sessions a WHERE a.expires_at <= now();
    RETURN measured;
END;
$function$;
COMMENT ON FUNCTION @extschema@.collect_health() IS
    'For the service: writes the measurements of health() to database_health_metrics and returns how many, and copies sessions that have '
    'not expired to active_user_sessions. Error: 42501.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.prune_monitoring(max_rows integer DEFAULT 10000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    measured text;
    total integer := 0;
BEGIN
    PERFORM private.require_service('delete old measurements');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    FOREACH measured IN ARRAY ARRAY['database_health_metrics', 'query_performance_log', 'slow_queries'] LOOP
        total := total + private.delete_old_rows(measured, '{id}', $$o.created_at < now() - interval '30 days'$$, 'o.created_at', max_rows - total);
    END LOOP;
    RETURN total;
END;
$function$;
COMMENT ON FUNCTION @extschema@.prune_monitoring(integer) IS
    'For the service: deletes up to max_rows rows of database_health_metrics, query_performance_log, and slow_queries that are older '
    'than 30 days, and returns their number. Errors: 42501, 22004.';
