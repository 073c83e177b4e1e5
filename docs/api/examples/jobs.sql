-- example: run_jobs as service
SELECT job, outcome, n FROM run_jobs() ORDER BY job;
-- example: driplo_work as service
CALL driplo_work(0);
-- example: job_status as admin
SELECT job, every, last_outcome, lag < '1 minute' AS in_time, failures FROM job_status();
-- example: set_job as admin
SELECT set_job('expire_carts', interval '1 day') > now() AS "due later";
-- example: enqueue_job as service
SELECT enqueue_job('expire_carts', '{"max_rows": 100000}', key => 'after the long stop') IS NOT NULL AS queued;
SELECT job, outcome, n FROM run_jobs();
-- example: prune_job_runs as service
SELECT prune_job_runs();
-- example: schedule_with_pg_cron as owner
SELECT schedule_with_pg_cron();
