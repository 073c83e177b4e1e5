-- Privacy: exports of what is kept about a person, and accounts that are to be deleted.

CREATE TABLE @extschema@.data_exports (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    status TEXT NOT NULL DEFAULT 'waiting' CONSTRAINT data_exports_status_check CHECK (status IN ('waiting', 'ready', 'failed')),
    requested_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    finished_at TIMESTAMPTZ,
    expires_at TIMESTAMPTZ,
    -- how far it is: the part, how many pieces of it there are, and the last row in them
    part TEXT,
    ordinal INTEGER NOT NULL DEFAULT 0,
    last_key TEXT,
    attempts INTEGER NOT NULL DEFAULT 0 CONSTRAINT data_exports_attempts_check CHECK (attempts >= 0),
    next_try TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT data_exports_finished_check CHECK ((status = 'waiting') = (finished_at IS NULL) AND (finished_at IS NULL) = (expires_at IS NULL))
);

CREATE INDEX idx_data_exports_user_id ON @extschema@.data_exports (user_id);
CREATE UNIQUE INDEX idx_data_exports_waiting ON @extschema@.data_exports (user_id) WHERE status = 'waiting';
CREATE INDEX idx_data_exports_expires_at ON @extschema@.data_exports (expires_at) WHERE expires_at IS NOT NULL;

CREATE TABLE @extschema@.data_export_parts (
    export_id UUID NOT NULL REFERENCES @extschema@.data_exports (id) ON DELETE CASCADE,
    part TEXT NOT NULL,
    ordinal INTEGER NOT NULL CONSTRAINT data_export_parts_ordinal_check CHECK (ordinal >= 0),
    n_rows INTEGER NOT NULL CONSTRAINT data_export_parts_n_rows_check CHECK (n_rows > 0),
    n_bytes BIGINT NOT NULL CONSTRAINT data_export_parts_n_bytes_check CHECK (n_bytes > 0),
    body JSONB NOT NULL,
    -- part first: with the export first it would repeat the index on export_id
    CONSTRAINT data_export_parts_pkey PRIMARY KEY (part, ordinal, export_id)
);

CREATE INDEX idx_data_export_parts_export_id ON @extschema@.data_export_parts (export_id);

CREATE TABLE @extschema@.account_deletions (
    user_id UUID PRIMARY KEY REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    requested_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    due_at TIMESTAMPTZ NOT NULL,
    gives_up_store_credit BOOLEAN NOT NULL DEFAULT false,
    -- what is open when it is due puts it off
    next_try TIMESTAMPTZ NOT NULL,
    CONSTRAINT account_deletions_due_check CHECK (due_at >= requested_at AND next_try >= due_at)
);

CREATE INDEX idx_account_deletions_next_try ON @extschema@.account_deletions (next_try);
