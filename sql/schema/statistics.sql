-- Statistics: who has looked at listings, and what is counted by days. Days are days of UTC.

-- A row for each viewer, listing, and day, until the day is over. Not logged: what a crash loses is a minute of views. No
-- foreign key: it would lock, and so write, the listing at each view.
CREATE UNLOGGED TABLE @extschema@.listing_views (
    day DATE NOT NULL,
    listing_id UUID NOT NULL,
    -- a keyed hash
    viewer BIGINT NOT NULL,
    views INTEGER NOT NULL DEFAULT 1,
    -- how many of them count_views() has added up
    counted INTEGER NOT NULL DEFAULT 0,
    last_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT listing_views_pkey PRIMARY KEY (day, listing_id, viewer),
    CONSTRAINT listing_views_counted_check CHECK (counted >= 0 AND counted <= views)
);

CREATE INDEX idx_listing_views_uncounted ON @extschema@.listing_views (listing_id) WHERE counted < views;

CREATE TABLE @extschema@.listing_stats_daily (
    listing_id UUID NOT NULL REFERENCES @extschema@.listings (id) ON DELETE CASCADE,
    day DATE NOT NULL,
    views INTEGER NOT NULL CONSTRAINT listing_stats_daily_views_check CHECK (views >= unique_views),
    unique_views INTEGER NOT NULL CONSTRAINT listing_stats_daily_unique_views_check CHECK (unique_views >= 0),
    -- day first: with the listing first it would repeat the index on listing_id
    CONSTRAINT listing_stats_daily_pkey PRIMARY KEY (day, listing_id)
);

CREATE INDEX idx_listing_stats_daily_listing_id ON @extschema@.listing_stats_daily (listing_id);

-- Sales of a seller. Amounts of several currencies are in several rows.
CREATE TABLE @extschema@.seller_stats_daily (
    seller_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    day DATE NOT NULL,
    currency VARCHAR(3) NOT NULL,
    -- of what was paid on that day, whatever became of it
    orders INTEGER NOT NULL DEFAULT 0,
    items BIGINT NOT NULL DEFAULT 0,
    revenue NUMERIC NOT NULL DEFAULT 0,
    fees NUMERIC NOT NULL DEFAULT 0,
    refunds NUMERIC NOT NULL DEFAULT 0,
    -- of what was delivered on that day and is completed
    completed_orders INTEGER NOT NULL DEFAULT 0,
    completed_items BIGINT NOT NULL DEFAULT 0,
    completed_revenue NUMERIC NOT NULL DEFAULT 0,
    CONSTRAINT seller_stats_daily_pkey PRIMARY KEY (day, seller_id, currency),
    CONSTRAINT seller_stats_daily_counts_check CHECK (LEAST(orders, items, completed_orders, completed_items) >= 0)
);

CREATE INDEX idx_seller_stats_daily_seller_id ON @extschema@.seller_stats_daily (seller_id);

-- Who is to be counted again.
CREATE TABLE @extschema@.statistics_due (
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    task TEXT NOT NULL CONSTRAINT statistics_due_task_check CHECK (task IN ('statistics', 'achievements')),
    since TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT statistics_due_pkey PRIMARY KEY (task, user_id)
);

CREATE INDEX idx_statistics_due_user_id ON @extschema@.statistics_due (user_id);
CREATE INDEX idx_statistics_due_since ON @extschema@.statistics_due (task, since);

-- Up to when it is known who is to be counted again.
CREATE TABLE @extschema@.statistics_progress (
    name TEXT PRIMARY KEY,
    known_until TIMESTAMPTZ NOT NULL
);

-- By these the events of the last minutes are found. Of rows that are only ever added such an index holds a line for some
-- thousand of them, and adding one writes nothing to it.
CREATE INDEX idx_order_status_history_created_at ON @extschema@.order_status_history USING brin (created_at) WITH (autosummarize = on, pages_per_range = 32);
CREATE INDEX idx_ledger_entries_created_at ON @extschema@.ledger_entries USING brin (created_at) WITH (autosummarize = on, pages_per_range = 32);
CREATE INDEX idx_favorites_created_at ON @extschema@.favorites USING brin (created_at) WITH (autosummarize = on, pages_per_range = 32);

-- What set_achievement_rule() has changed; the others are as private.achievement_rule() says.
CREATE TABLE @extschema@.achievement_rules (
    achievement @extschema@.achievement_type PRIMARY KEY,
    thresholds JSONB NOT NULL CONSTRAINT achievement_rules_thresholds_check CHECK (jsonb_typeof(thresholds) = 'object')
);
