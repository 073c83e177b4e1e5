-- example: webhook_event_types as admin
SELECT * FROM webhook_event_types() WHERE event_type LIKE 'listing.%';
-- example: create_webhook_endpoint as admin
SELECT id IS NOT NULL AS created, left(secret, 6) || '...' AS secret, length(secret)
  FROM create_webhook_endpoint('https://hooks.example.com/driplo', '{order.paid,listing.sold}', 'The warehouse');
--
SELECT id AS endpoint FROM webhook_endpoints \gset
-- example: test_webhook_endpoint as admin
SELECT test_webhook_endpoint(:'endpoint') IS NOT NULL AS queued;
-- example: claim_webhooks as service
SELECT url, body::jsonb - 'timestamp' - 'data' AS body, headers - '{webhook-id,webhook-timestamp,webhook-signature}'::text[] AS "other headers",
       left(headers ->> 'webhook-signature', 3) AS signature FROM claim_webhooks();
--
SELECT id AS delivery FROM webhook_deliveries \gset
-- example: settle_webhook as service
SELECT settle_webhook(:'delivery', 503, 'Service Unavailable', '2 minutes');
-- example: webhook_status as admin
SELECT url, event_types, is_active, is_confirmed, last_failure, paused_until > now() AS paused, waiting FROM webhook_status();
-- example: rotate_webhook_secret as admin
SELECT left(rotate_webhook_secret(:'endpoint'), 6) || '...' AS "new secret";
-- example: set_webhook_endpoint as admin
SELECT set_webhook_endpoint(:'endpoint', is_active => false) AS "is sent to";
SELECT set_webhook_endpoint(:'endpoint', is_active => true) AS "is sent to";
-- example: replay_webhooks as admin
SELECT replay_webhooks(:'endpoint', now() - interval '1 day');
-- example: delete_webhook_endpoint as admin
SELECT delete_webhook_endpoint(:'endpoint') AS "no longer sent";
-- example: prune_webhooks as service
SELECT prune_webhooks();
