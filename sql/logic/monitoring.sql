-- Monitoring: for the service. Clients have no right on these tables, and the policies say no once more.
-- The reference left row level security off, which made its policies void and showed every query to anon.

COMMENT ON TABLE @extschema@.active_user_sessions IS
    'Copy of the active sessions for monitoring, written by the service.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.active_user_sessions;
CREATE POLICY "Service role only" ON @extschema@.active_user_sessions
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.query_performance_log IS 'Queries and their execution times.';
COMMENT ON COLUMN @extschema@.query_performance_log.execution_time_ms IS 'Execution time in milliseconds.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.query_performance_log;
CREATE POLICY "Service role only" ON @extschema@.query_performance_log
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.database_health_metrics IS 'Health measurements of the database over time.';
COMMENT ON COLUMN @extschema@.database_health_metrics.metric_value IS 'Measured value, in metric_unit.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.database_health_metrics;
CREATE POLICY "Service role only" ON @extschema@.database_health_metrics
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.slow_queries IS 'Queries that exceeded the time limit of the service.';
COMMENT ON COLUMN @extschema@.slow_queries.execution_time_ms IS 'Execution time in milliseconds.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.slow_queries;
CREATE POLICY "Service role only" ON @extschema@.slow_queries
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.query_snapshots IS
    'What pg_stat_statements had counted when capture_slow_queries() looked last, by query ID.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.query_snapshots;
CREATE POLICY "Service role only" ON @extschema@.query_snapshots
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
