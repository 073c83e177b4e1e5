-- The contract of the schema, jobs: what runs by the clock.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT no_plan();

-- job_schedules
SELECT is(tests.columns_of('job_schedules'), $$
job text NOT NULL
every_seconds integer NOT NULL
enabled boolean NOT NULL DEFAULT true
next_run timestamp with time zone NOT NULL DEFAULT now()
last_run timestamp with time zone
last_outcome text
failures integer NOT NULL DEFAULT 0
$$, 'job_schedules has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('job_schedules'), $$
job_schedules_every_seconds_check CHECK ((every_seconds > 0))
job_schedules_failures_check CHECK ((failures >= 0))
job_schedules_last_outcome_check CHECK ((last_outcome = ANY (ARRAY['done'::text, 'failed'::text])))
job_schedules_pkey PRIMARY KEY (job)
$$, 'job_schedules has its constraints');
SELECT is(tests.policies_of('job_schedules'), $$
"Service role only" ALL TO anon, authenticated
$$, 'job_schedules has its policies');

-- queued_jobs
SELECT is(tests.columns_of('queued_jobs'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
job text NOT NULL
payload jsonb NOT NULL DEFAULT '{}'::jsonb
key text
run_at timestamp with time zone NOT NULL DEFAULT now()
attempts integer NOT NULL DEFAULT 0
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'queued_jobs has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('queued_jobs'), $$
queued_jobs_attempts_check CHECK ((attempts >= 0))
queued_jobs_job_key_key UNIQUE (job, key)
queued_jobs_payload_check CHECK ((jsonb_typeof(payload) = 'object'::text))
queued_jobs_pkey PRIMARY KEY (id)
$$, 'queued_jobs has its constraints');
SELECT is(tests.indexes_of('queued_jobs'), $$
idx_queued_jobs_run_at USING btree (run_at)
$$, 'queued_jobs has its indexes');
SELECT is(tests.policies_of('queued_jobs'), $$
"Service role only" ALL TO anon, authenticated
$$, 'queued_jobs has its policies');

-- job_runs
SELECT is(tests.columns_of('job_runs'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
job text NOT NULL
started_at timestamp with time zone NOT NULL
ms integer NOT NULL
outcome text NOT NULL
n integer
sqlstate text
error text
$$, 'job_runs has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('job_runs'), $$
job_runs_ms_check CHECK ((ms >= 0))
job_runs_outcome_check CHECK ((outcome = ANY (ARRAY['done'::text, 'failed'::text])))
job_runs_pkey PRIMARY KEY (id)
$$, 'job_runs has its constraints');
SELECT is(tests.indexes_of('job_runs'), $$
idx_job_runs_job USING btree (job, started_at DESC)
idx_job_runs_started_at USING btree (started_at)
$$, 'job_runs has its indexes');
SELECT is(tests.policies_of('job_runs'), $$
"Service role only" ALL TO anon, authenticated
$$, 'job_runs has its policies');

SELECT * FROM finish();
ROLLBACK;
