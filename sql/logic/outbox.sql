-- Outbox: written by triggers, read by the jobs of the service, shown to nobody else.

COMMENT ON TABLE @extschema@.outbox_events IS
    'What has happened and is still to be told to users and programs; deliver_events() takes the rows.';
COMMENT ON COLUMN @extschema@.outbox_events.id IS
    'Number of the event. A smaller number does not mean an earlier commit.';
COMMENT ON COLUMN @extschema@.outbox_events.kind IS 'What has happened, such as order.paid.';
COMMENT ON COLUMN @extschema@.outbox_events.subject_id IS 'ID of the order, message, or other row that it happened to.';
COMMENT ON COLUMN @extschema@.outbox_events.actor_id IS 'The user who did it; NULL if it was the system.';
COMMENT ON COLUMN @extschema@.outbox_events.data IS 'What the subject no longer tells when the event is handled.';
COMMENT ON COLUMN @extschema@.outbox_events.attempts IS 'Number of failed attempts to handle the event on its own.';
COMMENT ON TABLE @extschema@.outbox_dead IS
    'Events that could not be handled in three attempts; retry_dead_events() returns them to the outbox.';
COMMENT ON COLUMN @extschema@.outbox_dead.error IS 'Message of the last error.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.outbox_events;
CREATE POLICY "Service role only" ON @extschema@.outbox_events
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

DROP POLICY IF EXISTS "Service role only" ON @extschema@.outbox_dead;
CREATE POLICY "Service role only" ON @extschema@.outbox_dead
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
