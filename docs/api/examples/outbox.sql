-- example: deliver_events as service
SELECT deliver_events() > 0 AS told;
-- example: retry_dead_events as admin
SELECT retry_dead_events();
