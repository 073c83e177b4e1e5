-- Outbox: what has happened and not everybody concerned has been told of yet.

-- No foreign key, and no index but the one on the number: a row is written with every sale.
CREATE TABLE @extschema@.outbox_events (
    -- Says nothing of the sequence in which transactions have committed.
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind TEXT NOT NULL,
    subject_id UUID,
    actor_id UUID,
    data JSONB NOT NULL DEFAULT '{}',
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

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
