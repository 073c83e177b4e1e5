-- The contract of the schema, statistics.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT no_plan();

-- listing_views
SELECT is(tests.columns_of('listing_views'), $$
day date NOT NULL
listing_id uuid NOT NULL
viewer bigint NOT NULL
views integer NOT NULL DEFAULT 1
counted integer NOT NULL DEFAULT 0
last_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'listing_views has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('listing_views'), $$
listing_views_counted_check CHECK (((counted >= 0) AND (counted <= views)))
listing_views_pkey PRIMARY KEY (day, listing_id, viewer)
$$, 'listing_views has its constraints');
SELECT is(tests.indexes_of('listing_views'), $$
idx_listing_views_uncounted USING btree (listing_id) WHERE (counted < views)
$$, 'listing_views has its indexes');
SELECT is(tests.policies_of('listing_views'), $$
"Service role only" ALL TO anon, authenticated
$$, 'listing_views has its policies');
SELECT is((SELECT relpersistence FROM pg_class WHERE oid = to_regclass('listing_views')), 'u', 'listing_views is not logged');

-- listing_stats_daily
SELECT is(tests.columns_of('listing_stats_daily'), $$
listing_id uuid NOT NULL
day date NOT NULL
views integer NOT NULL
unique_views integer NOT NULL
$$, 'listing_stats_daily has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('listing_stats_daily'), $$
listing_stats_daily_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE CASCADE
listing_stats_daily_pkey PRIMARY KEY (day, listing_id)
listing_stats_daily_unique_views_check CHECK ((unique_views >= 0))
listing_stats_daily_views_check CHECK ((views >= unique_views))
$$, 'listing_stats_daily has its constraints');
SELECT is(tests.indexes_of('listing_stats_daily'), $$
idx_listing_stats_daily_listing_id USING btree (listing_id)
$$, 'listing_stats_daily has its indexes');
SELECT is(tests.policies_of('listing_stats_daily'), $$
"Service role only" ALL TO anon, authenticated
$$, 'listing_stats_daily has its policies');

-- seller_stats_daily
SELECT is(tests.columns_of('seller_stats_daily'), $$
seller_id uuid NOT NULL
day date NOT NULL
currency character varying(3) NOT NULL
orders integer NOT NULL DEFAULT 0
items bigint NOT NULL DEFAULT 0
revenue numeric NOT NULL DEFAULT 0
fees numeric NOT NULL DEFAULT 0
refunds numeric NOT NULL DEFAULT 0
completed_orders integer NOT NULL DEFAULT 0
completed_items bigint NOT NULL DEFAULT 0
completed_revenue numeric NOT NULL DEFAULT 0
$$, 'seller_stats_daily has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('seller_stats_daily'), $$
seller_stats_daily_counts_check CHECK ((LEAST((orders)::bigint, items, (completed_orders)::bigint, completed_items) >= 0))
seller_stats_daily_pkey PRIMARY KEY (day, seller_id, currency)
seller_stats_daily_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'seller_stats_daily has its constraints');
SELECT is(tests.indexes_of('seller_stats_daily'), $$
idx_seller_stats_daily_seller_id USING btree (seller_id)
$$, 'seller_stats_daily has its indexes');
SELECT is(tests.policies_of('seller_stats_daily'), $$
"Service role only" ALL TO anon, authenticated
$$, 'seller_stats_daily has its policies');

-- statistics_due
SELECT is(tests.columns_of('statistics_due'), $$
user_id uuid NOT NULL
task text NOT NULL
since timestamp with time zone NOT NULL DEFAULT now()
$$, 'statistics_due has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('statistics_due'), $$
statistics_due_pkey PRIMARY KEY (task, user_id)
statistics_due_task_check CHECK ((task = ANY (ARRAY['statistics'::text, 'achievements'::text])))
statistics_due_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'statistics_due has its constraints');
SELECT is(tests.indexes_of('statistics_due'), $$
idx_statistics_due_since USING btree (task, since)
idx_statistics_due_user_id USING btree (user_id)
$$, 'statistics_due has its indexes');
SELECT is(tests.policies_of('statistics_due'), $$
"Service role only" ALL TO anon, authenticated
$$, 'statistics_due has its policies');

-- statistics_progress
SELECT is(tests.columns_of('statistics_progress'), $$
name text NOT NULL
known_until timestamp with time zone NOT NULL
$$, 'statistics_progress has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('statistics_progress'), $$
statistics_progress_pkey PRIMARY KEY (name)
$$, 'statistics_progress has its constraints');
SELECT is(tests.policies_of('statistics_progress'), $$
"Service role only" ALL TO anon, authenticated
$$, 'statistics_progress has its policies');

-- achievement_rules
SELECT is(tests.columns_of('achievement_rules'), $$
achievement achievement_type NOT NULL
thresholds jsonb NOT NULL
$$, 'achievement_rules has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('achievement_rules'), $$
achievement_rules_pkey PRIMARY KEY (achievement)
achievement_rules_thresholds_check CHECK ((jsonb_typeof(thresholds) = 'object'::text))
$$, 'achievement_rules has its constraints');
SELECT is(tests.policies_of('achievement_rules'), $$
"Service role only" ALL TO anon, authenticated
$$, 'achievement_rules has its policies');

SELECT * FROM finish();
ROLLBACK;
