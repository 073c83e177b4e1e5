-- The contract of the schema, earlier prices and saved searches.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(13);

-- listing_prices
SELECT is(tests.columns_of('listing_prices'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
listing_id uuid NOT NULL
price numeric(10,2) NOT NULL
currency character varying(3) NOT NULL
valid_until timestamp with time zone NOT NULL DEFAULT clock_timestamp()
$$, 'listing_prices has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('listing_prices'), $$
listing_prices_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
listing_prices_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE CASCADE
listing_prices_pkey PRIMARY KEY (id)
listing_prices_price_check CHECK (((price >= (0)::numeric) AND (price < 'NaN'::numeric)))
$$, 'listing_prices has its constraints');
SELECT is(tests.indexes_of('listing_prices'), $$
idx_listing_prices_listing_id USING btree (listing_id)
idx_listing_prices_valid_until USING btree (valid_until)
$$, 'listing_prices has its indexes');
SELECT is(tests.policies_of('listing_prices'), $$
"Service role only" ALL TO anon, authenticated
$$, 'listing_prices has its policies');

-- saved_searches
SELECT is(tests.columns_of('saved_searches'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid NOT NULL
name text NOT NULL
query text NOT NULL
filters jsonb NOT NULL
notify text NOT NULL
anchors text[] NOT NULL DEFAULT '{}'::text[]
wanted tsquery
categories uuid[]
seller_id uuid
since timestamp with time zone
price_currency character varying(3)
price_least numeric
price_most numeric
price_least_own numeric
price_most_own numeric
read_at timestamp with time zone NOT NULL DEFAULT now()
problem text
told_at timestamp with time zone
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'saved_searches has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('saved_searches'), $$
saved_searches_filters_check CHECK ((jsonb_typeof(filters) = 'object'::text))
saved_searches_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100)))
saved_searches_notify_check CHECK ((notify = ANY (ARRAY['instant'::text, 'daily'::text, 'off'::text])))
saved_searches_pkey PRIMARY KEY (id)
saved_searches_query_check CHECK ((length(query) <= 200))
saved_searches_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'saved_searches has its constraints');
SELECT is(tests.indexes_of('saved_searches'), $$
idx_saved_searches_anchors USING gin (anchors) WITH (fastupdate=off) WHERE (notify <> 'off'::text)
idx_saved_searches_read_at USING btree (read_at) WHERE (notify <> 'off'::text)
idx_saved_searches_user_id USING btree (user_id)
$$, 'saved_searches has its indexes');
SELECT is(tests.policies_of('saved_searches'), $$
"Service role only" ALL TO anon, authenticated
$$, 'saved_searches has its policies');

SELECT is(tests.triggers_of('saved_searches'), $$
forget_matches AFTER DELETE ON saved_searches REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION private.forget_matches('search_id')
$$, 'saved_searches has its triggers');

-- saved_search_matches
SELECT is(tests.columns_of('saved_search_matches'), $$
listing_id uuid NOT NULL
search_id uuid NOT NULL
matched_at timestamp with time zone NOT NULL DEFAULT now()
due_at timestamp with time zone NOT NULL
told_at timestamp with time zone
$$, 'saved_search_matches has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('saved_search_matches'), $$
saved_search_matches_pkey PRIMARY KEY (listing_id, search_id)
$$, 'saved_search_matches has its constraints');
SELECT is(tests.indexes_of('saved_search_matches'), $$
idx_saved_search_matches_due USING btree (due_at, search_id) WHERE (told_at IS NULL)
idx_saved_search_matches_search_id USING btree (search_id, told_at)
idx_saved_search_matches_told_at USING btree (told_at) WHERE (told_at IS NOT NULL)
$$, 'saved_search_matches has its indexes');
SELECT is(tests.policies_of('saved_search_matches'), $$
"Service role only" ALL TO anon, authenticated
$$, 'saved_search_matches has its policies');

SELECT * FROM finish();
ROLLBACK;
