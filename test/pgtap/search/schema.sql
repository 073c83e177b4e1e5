-- The contract of the schema, search: the index, the dictionary, and what was searched.
-- An accidental change of a table fails here; a deliberate one is written down here.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/contract.sql
SELECT plan(32);


-- listing_search
SELECT is(tests.columns_of('listing_search'), $$
listing_id uuid NOT NULL
seller_id uuid NOT NULL
category_id uuid
price numeric(10,2) NOT NULL
currency character varying(3) NOT NULL
price_norm numeric
brand text
size text
color text
condition text
country text
published_at timestamp with time zone NOT NULL
hot double precision NOT NULL
version smallint NOT NULL
category_version integer NOT NULL
doc tsvector NOT NULL
$$, 'listing_search has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('listing_search'), $$
listing_search_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE CASCADE
listing_search_pkey PRIMARY KEY (listing_id)
$$, 'listing_search has its constraints');
SELECT is(tests.indexes_of('listing_search'), $$
idx_listing_search_doc USING gin (doc) WITH (fastupdate='on', gin_pending_list_limit='256')
idx_listing_search_hot USING btree (hot DESC, listing_id DESC)
idx_listing_search_newest USING btree (published_at DESC, listing_id DESC)
idx_listing_search_price USING btree (price_norm, listing_id)
idx_listing_search_price_alone USING btree (currency, price, listing_id) WHERE (price_norm IS NULL)
idx_listing_search_seller USING btree (seller_id, published_at DESC, listing_id DESC)
$$, 'listing_search has its indexes');
SELECT is(tests.triggers_of('listing_search'), E'\n', 'listing_search has no triggers');
SELECT is(tests.policies_of('listing_search'), $$
"Service role only" ALL TO anon, authenticated
$$, 'listing_search has its policies');

-- search_words
SELECT is(tests.columns_of('search_words'), $$
word text NOT NULL
lexeme text NOT NULL
df integer NOT NULL
canonical text
keys integer[] NOT NULL
$$, 'search_words has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('search_words'), $$
search_words_df_check CHECK ((df > 0))
search_words_pkey PRIMARY KEY (word)
$$, 'search_words has its constraints');
SELECT is(tests.indexes_of('search_words'), $$
idx_search_words_keys USING gin (keys)
$$, 'search_words has its indexes');
SELECT is(tests.triggers_of('search_words'), E'\n', 'search_words has no triggers');
SELECT is(tests.policies_of('search_words'), $$
"Service role only" ALL TO anon, authenticated
$$, 'search_words has its policies');

-- search_brands
SELECT is(tests.columns_of('search_brands'), $$
key text NOT NULL
brand text NOT NULL
n integer NOT NULL
$$, 'search_brands has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('search_brands'), $$
search_brands_n_check CHECK ((n > 0))
search_brands_pkey PRIMARY KEY (key)
$$, 'search_brands has its constraints');
SELECT is(tests.indexes_of('search_brands'), E'\n', 'search_brands has its indexes');
SELECT is(tests.triggers_of('search_brands'), E'\n', 'search_brands has no triggers');
SELECT is(tests.policies_of('search_brands'), $$
"Service role only" ALL TO anon, authenticated
$$, 'search_brands has its policies');

-- search_synonyms
SELECT is(tests.columns_of('search_synonyms'), $$
word text NOT NULL
means text[] NOT NULL
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'search_synonyms has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('search_synonyms'), $$
search_synonyms_means_check CHECK (((cardinality(means) >= 1) AND (cardinality(means) <= 20)))
search_synonyms_pkey PRIMARY KEY (word)
search_synonyms_word_check CHECK (((length(word) >= 1) AND (length(word) <= 64)))
$$, 'search_synonyms has its constraints');
SELECT is(tests.indexes_of('search_synonyms'), E'\n', 'search_synonyms has its indexes');
SELECT is(tests.triggers_of('search_synonyms'), E'\n', 'search_synonyms has no triggers');
SELECT is(tests.policies_of('search_synonyms'), $$
"Service role only" ALL TO anon, authenticated
$$, 'search_synonyms has its policies');

-- search_queries
SELECT is(tests.columns_of('search_queries'), $$
day date NOT NULL
query text NOT NULL
n integer NOT NULL DEFAULT 0
n_empty integer NOT NULL DEFAULT 0
people integer NOT NULL DEFAULT 0
$$, 'search_queries has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('search_queries'), $$
search_queries_n_check CHECK ((n >= 0))
search_queries_n_empty_check CHECK (((n_empty >= 0) AND (n_empty <= n)))
search_queries_people_check CHECK ((people >= 0))
search_queries_pkey PRIMARY KEY (day, query)
search_queries_query_check CHECK (((length(query) >= 1) AND (length(query) <= 200)))
$$, 'search_queries has its constraints');
SELECT is(tests.indexes_of('search_queries'), E'\n', 'search_queries has its indexes');
SELECT is(tests.triggers_of('search_queries'), E'\n', 'search_queries has no triggers');
SELECT is(tests.policies_of('search_queries'), $$
"Service role only" ALL TO anon, authenticated
$$, 'search_queries has its policies');

-- search_query_people
SELECT is(tests.columns_of('search_query_people'), $$
day date NOT NULL
query text NOT NULL
person bigint NOT NULL
$$, 'search_query_people has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('search_query_people'), $$
search_query_people_pkey PRIMARY KEY (day, query, person)
$$, 'search_query_people has its constraints');
SELECT is(tests.indexes_of('search_query_people'), E'\n', 'search_query_people has its indexes');
SELECT is(tests.triggers_of('search_query_people'), E'\n', 'search_query_people has no triggers');
SELECT is(tests.policies_of('search_query_people'), $$
"Service role only" ALL TO anon, authenticated
$$, 'search_query_people has its policies');

SELECT set_eq($$
    SELECT c.relname::text, a.attname::text
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
     WHERE c.relnamespace = quote_ident(tests.home())::regnamespace AND c.relkind = 'r' AND a.attcollation = '"C"'::regcollation
$$, $$VALUES ('search_words', 'word'), ('search_words', 'lexeme'), ('search_words', 'canonical'), ('search_brands', 'key'), ('search_synonyms', 'word'),
             ('search_queries', 'query'), ('search_query_people', 'query')$$,
    'what C++ compares as well is compared byte by byte');

ALTER INDEX idx_listing_search_doc SET (gin_pending_list_limit = 1024);
SELECT is_empty('SELECT item, found FROM installation_report() WHERE item = ''named indexes'' AND NOT ok', 'how much waits for the index is the operator''s to tune');

SELECT * FROM finish();
ROLLBACK;
