-- example: health as admin
SELECT metric, unit, ok FROM health() WHERE metric IN ('connections', 'dead_events', 'database_size');
-- example: collect_health as service
SELECT collect_health() > 5 AS measured;
-- example: capture_slow_queries as service
SELECT capture_slow_queries(min_ms => 500);
-- example: prune_monitoring as service
SELECT prune_monitoring();
