-- Monitoring: for operators; no key to other tables, so that what is measured never blocks what it measures.

CREATE TABLE @extschema@.active_user_sessions (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID,
    username VARCHAR(30),
    remember_me BOOLEAN,
    created_at TIMESTAMPTZ,
    last_used_at TIMESTAMPTZ,
    expires_at TIMESTAMPTZ,
    ip_address INET,
    user_agent TEXT
);

CREATE INDEX idx_active_user_sessions_user_id ON @extschema@.active_user_sessions (user_id);

CREATE TABLE @extschema@.query_performance_log (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    query_hash TEXT NOT NULL,
    query_text TEXT,
    execution_time_ms INTEGER,
    rows_affected INTEGER,
    user_id UUID,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_query_performance_log_created_at ON @extschema@.query_performance_log (created_at DESC);

CREATE TABLE @extschema@.database_health_metrics (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    metric_name VARCHAR(100) NOT NULL,
    metric_value NUMERIC,
    metric_unit VARCHAR(50),
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_database_health_metrics_created_at ON @extschema@.database_health_metrics (created_at DESC);

CREATE TABLE @extschema@.slow_queries (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    query_text TEXT NOT NULL,
    execution_time_ms INTEGER NOT NULL,
    query_plan TEXT,
    user_id UUID,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_slow_queries_execution_time ON @extschema@.slow_queries (execution_time_ms DESC);

-- What pg_stat_statements had counted at the last look.
CREATE TABLE @extschema@.query_snapshots (
    query_hash TEXT PRIMARY KEY,
    calls BIGINT NOT NULL,
    total_ms NUMERIC NOT NULL,
    n_rows BIGINT NOT NULL,
    taken_at TIMESTAMPTZ NOT NULL DEFAULT now()
);
