-- Notifications beside the rows of messaging.sql: what people want, what is said, and what goes out by e-mail and push.

CREATE TABLE @extschema@.notification_settings (
    user_id UUID PRIMARY KEY REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    -- NULL: the profile's language
    locale VARCHAR(35) CHECK (locale ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$'),
    -- by name: an offset would be wrong for half of the year
    timezone TEXT NOT NULL DEFAULT 'UTC',
    digest TEXT NOT NULL DEFAULT 'off' CHECK (digest IN ('off', 'daily', 'weekly')),
    -- times of the day; text, because generators of types know no time without a date
    quiet_from TEXT CHECK (quiet_from ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    quiet_to TEXT CHECK (quiet_to ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
    -- when the last digest was sent
    email_at TIMESTAMPTZ,
    marketing BOOLEAN NOT NULL DEFAULT false,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT notification_settings_quiet_hours_check CHECK ((quiet_from IS NULL) = (quiet_to IS NULL) AND quiet_from <> quiet_to)
);

CREATE INDEX idx_notification_settings_marketing ON @extschema@.notification_settings (user_id) WHERE marketing;

CREATE TABLE @extschema@.notification_templates (
    type @extschema@.notification_type NOT NULL,
    -- what of the type it is: the seller's side, a status, many; empty for any
    variant TEXT NOT NULL DEFAULT '' CHECK (variant ~ '^[a-z_]{0,40}$'),
    locale VARCHAR(35) NOT NULL CHECK (locale ~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$'),
    -- in_app is also what the others fall back to
    channel @extschema@.notification_channel NOT NULL DEFAULT 'in_app',
    title TEXT NOT NULL CHECK (length(title) BETWEEN 1 AND 500),
    body TEXT NOT NULL CHECK (length(body) <= 10000),
    CONSTRAINT notification_templates_pkey PRIMARY KEY (type, locale, channel, variant)
);

CREATE TABLE @extschema@.push_tokens (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    token TEXT NOT NULL CHECK (length(token) BETWEEN 1 AND 4096),
    platform TEXT NOT NULL CHECK (platform IN ('ios', 'android', 'web')),
    seen_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

-- a device is one person's at a time; by the hash, because a token may be too long for an index
CREATE UNIQUE INDEX idx_push_tokens_token ON @extschema@.push_tokens (md5(token));
CREATE INDEX idx_push_tokens_user_id ON @extschema@.push_tokens (user_id);

CREATE TABLE @extschema@.notification_deliveries (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    -- NULL for what goes to a reporter without an account
    notification_id UUID REFERENCES @extschema@.notifications (id) ON DELETE CASCADE,
    user_id UUID REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    channel @extschema@.notification_channel NOT NULL CHECK (channel <> 'in_app'),
    push_token_id UUID REFERENCES @extschema@.push_tokens (id) ON DELETE CASCADE,
    -- waits for the next digest
    in_digest BOOLEAN NOT NULL DEFAULT false,
    -- the delivery that carries this one too
    digest_id UUID REFERENCES @extschema@.notification_deliveries (id) ON DELETE CASCADE,
    status TEXT NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'failed', 'skipped', 'dead')),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_attempt_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    last_error TEXT,
    provider_id TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    settled_at TIMESTAMPTZ,
    -- of a report whose reporter has given an address: the receipt, or a decision
    report_id UUID REFERENCES @extschema@.reports (id) ON DELETE CASCADE,
    decision_id UUID REFERENCES @extschema@.report_decisions (id) ON DELETE CASCADE,
    CONSTRAINT notification_deliveries_to_whom_check CHECK (
        (notification_id IS NULL) = (user_id IS NULL) AND (notification_id IS NULL) = (report_id IS NOT NULL)
        AND (decision_id IS NULL OR report_id IS NOT NULL) AND (report_id IS NULL OR channel = 'email')
    ),
    CONSTRAINT notification_deliveries_push_has_token_check CHECK ((channel = 'push') = (push_token_id IS NOT NULL))
);

CREATE INDEX idx_notification_deliveries_notification_id ON @extschema@.notification_deliveries (notification_id);
CREATE INDEX idx_notification_deliveries_user_id ON @extschema@.notification_deliveries (user_id);
CREATE INDEX idx_notification_deliveries_push_token_id ON @extschema@.notification_deliveries (push_token_id)
    WHERE push_token_id IS NOT NULL;
CREATE INDEX idx_notification_deliveries_digest_id ON @extschema@.notification_deliveries (digest_id) WHERE digest_id IS NOT NULL;
CREATE INDEX idx_notification_deliveries_due ON @extschema@.notification_deliveries (channel, next_attempt_at)
    WHERE status IN ('pending', 'failed') AND digest_id IS NULL;
CREATE INDEX idx_notification_deliveries_report_id ON @extschema@.notification_deliveries (report_id) WHERE report_id IS NOT NULL;
-- each is sent once
CREATE UNIQUE INDEX idx_notification_deliveries_once ON @extschema@.notification_deliveries (report_id, decision_id)
    NULLS NOT DISTINCT WHERE report_id IS NOT NULL;
CREATE INDEX idx_notification_deliveries_decision_id ON @extschema@.notification_deliveries (decision_id) WHERE decision_id IS NOT NULL;
CREATE INDEX idx_notification_deliveries_settled_at ON @extschema@.notification_deliveries (settled_at) WHERE settled_at IS NOT NULL;

-- What is told once however often it is done: follows, favorites, the prices of a listing.
CREATE TABLE @extschema@.notification_marks (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    actor_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    type @extschema@.notification_type NOT NULL,
    listing_id UUID REFERENCES @extschema@.listings (id) ON DELETE CASCADE,
    price NUMERIC(10,2),
    -- NULL while it was undone before anybody was told
    told_at TIMESTAMPTZ,
    -- no foreign key: that a notification is deleted changes nothing
    notification_id UUID,
    is_counted BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT notification_marks_actor_id_listing_id_user_id_type_price_key
        UNIQUE NULLS NOT DISTINCT (actor_id, listing_id, user_id, type, price)
);

CREATE INDEX idx_notification_marks_user_id ON @extschema@.notification_marks (user_id);
CREATE INDEX idx_notification_marks_actor_id ON @extschema@.notification_marks (actor_id);
CREATE INDEX idx_notification_marks_listing_id ON @extschema@.notification_marks (listing_id) WHERE listing_id IS NOT NULL;

-- What is told to many people, by a job.
CREATE TABLE @extschema@.notification_fanouts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    type @extschema@.notification_type NOT NULL,
    event_id BIGINT,
    actor_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    listing_id UUID REFERENCES @extschema@.listings (id) ON DELETE CASCADE,
    metadata JSONB NOT NULL DEFAULT '{}',
    action_url TEXT,
    audience JSONB NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(audience) = 'object'),
    run_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- who was told last: they are told in the order of their IDs
    last_user_id UUID,
    told INTEGER NOT NULL DEFAULT 0 CHECK (told >= 0),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    finished_at TIMESTAMPTZ,
    CONSTRAINT notification_fanouts_event_id_key UNIQUE (event_id)
);

CREATE INDEX idx_notification_fanouts_due ON @extschema@.notification_fanouts (run_at) WHERE finished_at IS NULL;
CREATE INDEX idx_notification_fanouts_actor_id ON @extschema@.notification_fanouts (actor_id) WHERE actor_id IS NOT NULL;
CREATE INDEX idx_notification_fanouts_listing_id ON @extschema@.notification_fanouts (listing_id) WHERE listing_id IS NOT NULL;
