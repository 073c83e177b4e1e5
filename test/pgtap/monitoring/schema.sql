-- The contract of the schema, monitoring: what operators look at.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(23);


-- active_user_sessions
SELECT is(tests.columns_of('active_user_sessions'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
user_id uuid
username character varying(30)
remember_me boolean
created_at timestamp with time zone
last_used_at timestamp with time zone
expires_at timestamp with time zone
ip_address inet
user_agent text
$$, 'active_user_sessions has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('active_user_sessions'), $$
active_user_sessions_pkey PRIMARY KEY (id)
$$, 'active_user_sessions has its constraints');
SELECT is(tests.indexes_of('active_user_sessions'), $$
idx_active_user_sessions_user_id USING btree (user_id)
$$, 'active_user_sessions has its indexes');
SELECT is(tests.triggers_of('active_user_sessions'), E'\n', 'active_user_sessions has no triggers');
SELECT is(tests.policies_of('active_user_sessions'), $$
"Service role only" ALL TO anon, authenticated
$$, 'active_user_sessions has its policies');

-- query_performance_log
SELECT is(tests.columns_of('query_performance_log'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
query_hash text NOT NULL
query_text text
execution_time_ms integer
rows_affected integer
user_id uuid
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'query_performance_log has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('query_performance_log'), $$
query_performance_log_pkey PRIMARY KEY (id)
$$, 'query_performance_log has its constraints');
SELECT is(tests.indexes_of('query_performance_log'), $$
idx_query_performance_log_created_at USING btree (created_at DESC)
$$, 'query_performance_log has its indexes');
SELECT is(tests.triggers_of('query_performance_log'), E'\n', 'query_performance_log has no triggers');
SELECT is(tests.policies_of('query_performance_log'), $$
"Service role only" ALL TO anon, authenticated
$$, 'query_performance_log has its policies');

-- database_health_metrics
SELECT is(tests.columns_of('database_health_metrics'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
metric_name character varying(100) NOT NULL
metric_value numeric
metric_unit character varying(50)
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'database_health_metrics has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('database_health_metrics'), $$
database_health_metrics_pkey PRIMARY KEY (id)
$$, 'database_health_metrics has its constraints');
SELECT is(tests.indexes_of('database_health_metrics'), $$
idx_database_health_metrics_created_at USING btree (created_at DESC)
$$, 'database_health_metrics has its indexes');
SELECT is(tests.triggers_of('database_health_metrics'), E'\n', 'database_health_metrics has no triggers');
SELECT is(tests.policies_of('database_health_metrics'), $$
"Service role only" ALL TO anon, authenticated
$$, 'database_health_metrics has its policies');

-- slow_queries
SELECT is(tests.columns_of('slow_queries'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
query_text text NOT NULL
execution_time_ms integer NOT NULL
query_plan text
user_id uuid
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'slow_queries has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('slow_queries'), $$
slow_queries_pkey PRIMARY KEY (id)
$$, 'slow_queries has its constraints');
SELECT is(tests.indexes_of('slow_queries'), $$
idx_slow_queries_execution_time USING btree (execution_time_ms DESC)
$$, 'slow_queries has its indexes');
SELECT is(tests.triggers_of('slow_queries'), E'\n', 'slow_queries has no triggers');
SELECT is(tests.policies_of('slow_queries'), $$
"Service role only" ALL TO anon, authenticated
$$, 'slow_queries has its policies');

-- query_snapshots
SELECT is(tests.columns_of('query_snapshots'), $$
query_hash text NOT NULL
calls bigint NOT NULL
total_ms numeric NOT NULL
n_rows bigint NOT NULL
taken_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'query_snapshots has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('query_snapshots'), $$
query_snapshots_pkey PRIMARY KEY (query_hash)
$$, 'query_snapshots has its constraints');
SELECT is(tests.policies_of('query_snapshots'), $$
"Service role only" ALL TO anon, authenticated
$$, 'query_snapshots has its policies');

SELECT * FROM finish();
ROLLBACK;
