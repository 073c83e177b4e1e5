-- What listings cost before, and what users look for again and again.

-- Until when a listing had which price: a row for each change. The price of now stands in the listing, so that publishing
-- writes nothing here.
CREATE TABLE @extschema@.listing_prices (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    listing_id UUID NOT NULL REFERENCES @extschema@.listings (id) ON DELETE CASCADE,
    price DECIMAL(10,2) NOT NULL CHECK (price >= 0 AND price < 'NaN'),
    currency VARCHAR(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    -- of the clock: two changes of one transaction have their sequence
    valid_until TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

CREATE INDEX idx_listing_prices_listing_id ON @extschema@.listing_prices (listing_id);
CREATE INDEX idx_listing_prices_valid_until ON @extschema@.listing_prices (valid_until);

CREATE TABLE @extschema@.saved_searches (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    query TEXT NOT NULL CHECK (length(query) <= 200),
    filters JSONB NOT NULL CHECK (jsonb_typeof(filters) = 'object'),
    notify TEXT NOT NULL CHECK (notify IN ('instant', 'daily', 'off')),
    -- Of these lexemes and terms a document has one if it fits: the rarest that the search requires. A new listing looks
    -- its own up and meets only searches that may fit.
    anchors TEXT[] NOT NULL DEFAULT '{}',
    -- The query and the filters as search() has read them at read_at.
    wanted TSQUERY,
    categories UUID[],
    seller_id UUID,
    since TIMESTAMPTZ,
    price_currency VARCHAR(3),
    price_least NUMERIC,
    price_most NUMERIC,
    price_least_own NUMERIC,
    price_most_own NUMERIC,
    read_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- why it cannot be read any more; a category that was deleted, for instance
    problem TEXT,
    told_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_saved_searches_user_id ON @extschema@.saved_searches (user_id);
-- without a list of what waits: each new listing would read it from end to end
CREATE INDEX idx_saved_searches_anchors ON @extschema@.saved_searches USING gin (anchors) WITH (fastupdate = off) WHERE notify <> 'off';
CREATE INDEX idx_saved_searches_read_at ON @extschema@.saved_searches (read_at) WHERE notify <> 'off';

-- What was found for whom: each listing once for each search. From here it is told, at once or once a day. A new listing
-- writes as many rows as it matches searches, so the key begins with the listing, which finds its place once, and there are no
-- foreign keys, which would look up and lock both for each row: forget_matches() does what they would.
CREATE TABLE @extschema@.saved_search_matches (
    listing_id UUID NOT NULL,
    search_id UUID NOT NULL,
    matched_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    due_at TIMESTAMPTZ NOT NULL,
    told_at TIMESTAMPTZ,
    CONSTRAINT saved_search_matches_pkey PRIMARY KEY (listing_id, search_id)
);

CREATE INDEX idx_saved_search_matches_search_id ON @extschema@.saved_search_matches (search_id, told_at);
CREATE INDEX idx_saved_search_matches_due ON @extschema@.saved_search_matches (due_at, search_id) WHERE told_at IS NULL;
CREATE INDEX idx_saved_search_matches_told_at ON @extschema@.saved_search_matches (told_at) WHERE told_at IS NOT NULL;
