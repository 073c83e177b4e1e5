-- Webhooks: which programs are told of what, and what is on its way to them.

CREATE TABLE @extschema@.webhook_endpoints (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    url TEXT NOT NULL,
    description TEXT CHECK (length(description) BETWEEN 1 AND 500),
    event_types TEXT[] NOT NULL CHECK (cardinality(event_types) > 0 AND array_position(event_types, NULL) IS NULL),
    secret TEXT NOT NULL,
    previous_secret TEXT,
    -- until when what is sent is signed with both
    previous_until TIMESTAMPTZ,
    is_active BOOLEAN NOT NULL DEFAULT true,
    disabled_reason TEXT CHECK (disabled_reason IN ('admin', 'gone', 'failing')),
    -- the first failure since the last success
    failing_since TIMESTAMPTZ,
    last_failure TEXT,
    -- the endpoint has asked for patience until then
    paused_until TIMESTAMPTZ,
    -- the database that sends: a copy of it is another one
    confirmed_for TEXT NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT webhook_endpoints_two_secrets_check CHECK ((previous_secret IS NULL) = (previous_until IS NULL)),
    CONSTRAINT webhook_endpoints_disabled_check CHECK (is_active = (disabled_reason IS NULL))
);

CREATE TABLE @extschema@.webhook_deliveries (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    endpoint_id UUID NOT NULL REFERENCES @extschema@.webhook_endpoints (id) ON DELETE CASCADE,
    -- the header webhook-id: the same for every attempt, and for every endpoint that is told of this event
    event_id TEXT NOT NULL,
    event_type TEXT NOT NULL,
    -- TEXT, because a signature is of bytes and JSONB changes them; a receiver can limit requests to 20 kB
    body TEXT NOT NULL CHECK (octet_length(body) <= 20480),
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed', 'skipped')),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    -- of a claimed one, when it comes back because its sender has not settled it
    next_attempt_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    claimed_at TIMESTAMPTZ,
    last_attempt_at TIMESTAMPTZ,
    last_status INTEGER CHECK (last_status BETWEEN 100 AND 599),
    last_error TEXT,
    delivered_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT webhook_deliveries_endpoint_id_event_id_key UNIQUE (endpoint_id, event_id),
    CONSTRAINT webhook_deliveries_delivered_check CHECK ((status = 'delivered') = (delivered_at IS NOT NULL)),
    CONSTRAINT webhook_deliveries_claimed_check CHECK (claimed_at IS NULL OR status = 'pending')
);

CREATE INDEX idx_webhook_deliveries_endpoint_id ON @extschema@.webhook_deliveries (endpoint_id);
CREATE INDEX idx_webhook_deliveries_pending ON @extschema@.webhook_deliveries (endpoint_id, next_attempt_at) WHERE status = 'pending';
CREATE INDEX idx_webhook_deliveries_created_at ON @extschema@.webhook_deliveries (created_at);
