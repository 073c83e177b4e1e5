-- Webhooks: endpoints have secrets, so nobody reads their rows; functions show them.

COMMENT ON TABLE @extschema@.webhook_endpoints IS
    'Programs that are told of events, with the secrets that sign what is sent to them; included in dumps. Readable by '
    'the owner only; webhook_status() shows them without secrets.';
COMMENT ON COLUMN @extschema@.webhook_endpoints.event_types IS 'Those of webhook_event_types(), or * for all.';
COMMENT ON COLUMN @extschema@.webhook_endpoints.previous_until IS 'Time until which the previous secret signs too.';
COMMENT ON COLUMN @extschema@.webhook_endpoints.disabled_reason IS
    'admin, gone after an answer 410, failing after five days of failures; NULL while the endpoint is active.';
COMMENT ON COLUMN @extschema@.webhook_endpoints.failing_since IS 'First failure since the last successful delivery.';
COMMENT ON COLUMN @extschema@.webhook_endpoints.last_failure IS 'The last answer, or error, since then.';
COMMENT ON COLUMN @extschema@.webhook_endpoints.paused_until IS 'Nothing is sent before, because the endpoint has answered Retry-After.';
COMMENT ON COLUMN @extschema@.webhook_endpoints.confirmed_for IS
    'The database that an admin has let send: system identifier, OID, and name. A restored copy is another one and '
    'sends nothing until set_webhook_endpoint() confirms it.';

DROP POLICY IF EXISTS "Owner only" ON @extschema@.webhook_endpoints;
CREATE POLICY "Owner only" ON @extschema@.webhook_endpoints
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.webhook_deliveries IS
    'What is sent to an endpoint, one row for each event; kept for 90 days. Written by functions only.';
COMMENT ON COLUMN @extschema@.webhook_deliveries.event_id IS
    'The header webhook-id: the same in all attempts, by which a receiver recognizes what it has had.';
COMMENT ON COLUMN @extschema@.webhook_deliveries.status IS
    'pending, delivered, failed after the last attempt or an answer 410, or skipped because the endpoint was disabled.';
COMMENT ON COLUMN @extschema@.webhook_deliveries.next_attempt_at IS
    'Time of the next attempt; while claimed, when the delivery comes back unless settle_webhook() is called.';
COMMENT ON COLUMN @extschema@.webhook_deliveries.last_status IS 'HTTP status of the last attempt; NULL if there was no answer.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.webhook_deliveries;
CREATE POLICY "Service role only" ON @extschema@.webhook_deliveries
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
