-- Outbox: what has happened and not everybody concerned has been told of yet.

-- No foreign key, and no index but the one on the number: a row is written with every sale. No table is truncated or
-- emptied as often as this one, so it is vacuumed early.
CREATE TABLE @extschema@.outbox_events (
    -- Says nothing of the sequence in which transactions have committed.
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL,
    subject_id UUID,
    actor_id UUID,
    data JSONB NOT NULL DEFAULT '{}',
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE @extschema@.outbox_dead (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    subject_id UUID,
    actor_id UUID,
    data JSONB NOT NULL DEFAULT '{}',
    attempts INTEGER NOT NULL CHECK (attempts >= 0),
    created_at TIMESTAMPTZ NOT NULL,
    died_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    sqlstate TEXT,
    error TEXT
);
