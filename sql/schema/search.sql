-- Search: the index of what is for sale, the words of its titles, and what people searched for.

-- A row for each listing that is for sale. Beside listings and not in it: a sale, a favorite and a view write listings, and
-- would write every index of these columns with it.
CREATE TABLE @extschema@.listing_search (
    listing_id UUID PRIMARY KEY REFERENCES @extschema@.listings (id) ON DELETE CASCADE,
    seller_id UUID NOT NULL,
    -- the leaf: the subcategory, where there is one
    category_id UUID,
    price NUMERIC(10,2) NOT NULL,
    currency VARCHAR(3) NOT NULL,
    price_norm NUMERIC,
    brand TEXT,
    size TEXT,
    color TEXT,
    condition TEXT,
    country TEXT,
    published_at TIMESTAMPTZ NOT NULL,
    hot DOUBLE PRECISION NOT NULL,
    version SMALLINT NOT NULL,
    category_version INTEGER NOT NULL,
    doc TSVECTOR NOT NULL
);

-- A short list of what waits for the index: every search reads it from end to end.
CREATE INDEX idx_listing_search_doc ON @extschema@.listing_search USING gin (doc) WITH (fastupdate = on, gin_pending_list_limit = 256);
CREATE INDEX idx_listing_search_hot ON @extschema@.listing_search (hot DESC, listing_id DESC);
CREATE INDEX idx_listing_search_newest ON @extschema@.listing_search (published_at DESC, listing_id DESC);
CREATE INDEX idx_listing_search_price ON @extschema@.listing_search (price_norm, listing_id);
-- Without an exchange rate: in each currency by itself
CREATE INDEX idx_listing_search_price_alone ON @extschema@.listing_search (currency, price, listing_id) WHERE price_norm IS NULL;
-- The ID too: of a thousand listings published by one statement, too, the feed reads as many as it shows.
CREATE INDEX idx_listing_search_seller ON @extschema@.listing_search (seller_id, published_at DESC, listing_id DESC);

-- Searches choose their plans themselves: statistics of the words would only make ANALYZE and planning slower.
ALTER TABLE @extschema@.listing_search ALTER COLUMN doc SET STATISTICS 0;

-- COLLATE "C": looked up by the beginnings of words, and compared by C++ as well.
CREATE TABLE @extschema@.search_words (
    word TEXT COLLATE "C" PRIMARY KEY,
    lexeme TEXT COLLATE "C" NOT NULL,
    df INTEGER NOT NULL CONSTRAINT search_words_df_check CHECK (df > 0),
    canonical TEXT COLLATE "C",
    keys INTEGER[] NOT NULL
);

CREATE INDEX idx_search_words_keys ON @extschema@.search_words USING gin (keys);

CREATE TABLE @extschema@.search_brands (
    key TEXT COLLATE "C" PRIMARY KEY,
    brand TEXT NOT NULL,
    n INTEGER NOT NULL CONSTRAINT search_brands_n_check CHECK (n > 0)
);

CREATE TABLE @extschema@.search_synonyms (
    word TEXT COLLATE "C" PRIMARY KEY CONSTRAINT search_synonyms_word_check CHECK (length(word) BETWEEN 1 AND 64),
    means TEXT[] NOT NULL CONSTRAINT search_synonyms_means_check CHECK (cardinality(means) BETWEEN 1 AND 20),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE TABLE @extschema@.search_queries (
    day DATE NOT NULL,
    query TEXT COLLATE "C" NOT NULL CONSTRAINT search_queries_query_check CHECK (length(query) BETWEEN 1 AND 200),
    n INTEGER NOT NULL DEFAULT 0 CONSTRAINT search_queries_n_check CHECK (n >= 0),
    n_empty INTEGER NOT NULL DEFAULT 0 CONSTRAINT search_queries_n_empty_check CHECK (n_empty BETWEEN 0 AND n),
    people INTEGER NOT NULL DEFAULT 0 CONSTRAINT search_queries_people_check CHECK (people >= 0),
    CONSTRAINT search_queries_pkey PRIMARY KEY (day, query)
);

-- Who has asked already today, as a hash with a key of that day.
CREATE TABLE @extschema@.search_query_people (
    day DATE NOT NULL,
    query TEXT COLLATE "C" NOT NULL,
    person BIGINT NOT NULL,
    CONSTRAINT search_query_people_pkey PRIMARY KEY (day, query, person)
);
