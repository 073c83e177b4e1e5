-- Jobs: admins see them by job_status(), and nobody else but the service.

COMMENT ON TABLE @extschema@.job_schedules IS
    'When each job runs next and how it ended last; set_job() changes it, job_status() shows it.';
COMMENT ON COLUMN @extschema@.job_schedules.every_seconds IS 'Seconds from the end of one run to the next.';
COMMENT ON COLUMN @extschema@.job_schedules.failures IS 'Number of failed runs since the last successful one.';
COMMENT ON TABLE @extschema@.queued_jobs IS 'Jobs that run once; enqueue_job() adds them.';
COMMENT ON COLUMN @extschema@.queued_jobs.key IS 'At most one job with the same key waits.';
COMMENT ON COLUMN @extschema@.queued_jobs.run_at IS 'Time from which the job can run; infinity if it has failed too often.';
COMMENT ON TABLE @extschema@.job_runs IS 'Runs of jobs that did something or failed; kept for 30 days.';
COMMENT ON COLUMN @extschema@.job_runs.n IS 'What the job returned: the number of rows it handled.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.job_schedules;
CREATE POLICY "Service role only" ON @extschema@.job_schedules
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

DROP POLICY IF EXISTS "Service role only" ON @extschema@.queued_jobs;
CREATE POLICY "Service role only" ON @extschema@.queued_jobs
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

DROP POLICY IF EXISTS "Service role only" ON @extschema@.job_runs;
CREATE POLICY "Service role only" ON @extschema@.job_runs
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
