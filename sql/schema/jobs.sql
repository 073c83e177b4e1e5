-- Jobs: what runs again and again, what is to run once, and what came of it.

-- A row comes when a job has run or was set; until then it is as private.jobs() says.
CREATE TABLE @extschema@.job_schedules (
    job TEXT PRIMARY KEY,
    every_seconds INTEGER NOT NULL CHECK (every_seconds > 0),
    enabled BOOLEAN NOT NULL DEFAULT true,
    next_run TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_run TIMESTAMPTZ,
    last_outcome TEXT CHECK (last_outcome IN ('done', 'failed')),
    -- in a row
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0)
);

CREATE TABLE @extschema@.queued_jobs (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    job TEXT NOT NULL,
    payload JSONB NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
    key TEXT,
    -- infinity: given up
    run_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT queued_jobs_job_key_key UNIQUE (job, key)
);

CREATE INDEX idx_queued_jobs_run_at ON @extschema@.queued_jobs (run_at);

CREATE TABLE @extschema@.job_runs (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    job TEXT NOT NULL,
    started_at TIMESTAMPTZ NOT NULL,
    ms INTEGER NOT NULL CHECK (ms >= 0),
    outcome TEXT NOT NULL CHECK (outcome IN ('done', 'failed')),
    n INTEGER,
    sqlstate TEXT,
    error TEXT
);

CREATE INDEX idx_job_runs_started_at ON @extschema@.job_runs (started_at);
CREATE INDEX idx_job_runs_job ON @extschema@.job_runs (job, started_at DESC);
