-- Notifications: what people want, what is said, what goes out.

COMMENT ON TABLE @extschema@.notification_settings IS
    'How a user gets notifications; without a row the defaults apply. set_notification_settings() writes it.';
COMMENT ON COLUMN @extschema@.notification_settings.locale IS 'Language of notifications; NULL for the one of the profile, else en.';
COMMENT ON COLUMN @extschema@.notification_settings.timezone IS 'Name of the time zone of quiet hours and dates.';
COMMENT ON COLUMN @extschema@.notification_settings.quiet_from IS 'Time of the day from which e-mails and push messages wait.';
COMMENT ON COLUMN @extschema@.notification_settings.quiet_to IS 'Time of the day until which they wait.';
COMMENT ON COLUMN @extschema@.notification_settings.email_at IS 'Time when the last digest was sent.';
COMMENT ON COLUMN @extschema@.notification_settings.marketing IS 'Whether the user has agreed to promotions.';

CREATE OR REPLACE TRIGGER update_notification_settings_updated_at
    BEFORE UPDATE ON @extschema@.notification_settings
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view own notification settings" ON @extschema@.notification_settings;
CREATE POLICY "Users can view own notification settings" ON @extschema@.notification_settings
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

COMMENT ON TABLE @extschema@.notification_templates IS
    'Texts of notifications by type, variant, language, and channel; the application''s back end may change them.';
COMMENT ON COLUMN @extschema@.notification_templates.variant IS
    'What of the type it is for, such as a status, or many for several events; empty for any.';
COMMENT ON COLUMN @extschema@.notification_templates.title IS 'Title; words in braces are filled in.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.notification_templates;
CREATE POLICY "Service role only" ON @extschema@.notification_templates
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.push_tokens IS 'Devices for push messages; register_push_token() writes them.';
COMMENT ON COLUMN @extschema@.push_tokens.token IS 'What the push service calls the device.';
COMMENT ON COLUMN @extschema@.push_tokens.seen_at IS 'Time when the device was registered last.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.push_tokens;
CREATE POLICY "Service role only" ON @extschema@.push_tokens
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.notification_deliveries IS
    'E-mails and push messages, sent or to be sent; claim_deliveries() and settle_delivery() maintain them. Settled ones are '
    'kept for 90 days.';
COMMENT ON COLUMN @extschema@.notification_deliveries.user_id IS
    'NULL for an e-mail to a reporter without an account, whose address is that of the report.';
COMMENT ON COLUMN @extschema@.notification_deliveries.report_id IS
    'Report whose receipt, or with decision_id whose decision, goes to the address of its reporter.';
COMMENT ON COLUMN @extschema@.notification_deliveries.in_digest IS 'Whether it is sent with the next digest.';
COMMENT ON COLUMN @extschema@.notification_deliveries.digest_id IS 'The delivery that carries this one too; NULL if it is sent on its own.';
COMMENT ON COLUMN @extschema@.notification_deliveries.next_attempt_at IS 'Time from which it can be claimed; the end of the lease while it is.';
COMMENT ON COLUMN @extschema@.notification_deliveries.provider_id IS 'What the mail or push service called it.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.notification_deliveries;
CREATE POLICY "Service role only" ON @extschema@.notification_deliveries
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.notification_marks IS
    'What users were told once and are not told again: by whom they were followed, who marked which listing as a favorite, '
    'which price it was lowered to.';
COMMENT ON COLUMN @extschema@.notification_marks.told_at IS 'Time when the user was told; NULL if it was undone before.';
COMMENT ON COLUMN @extschema@.notification_marks.notification_id IS 'The notification that it was counted in; it can be deleted since.';
COMMENT ON COLUMN @extschema@.notification_marks.is_counted IS 'Whether the notification still counts it; false when it was undone.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.notification_marks;
CREATE POLICY "Service role only" ON @extschema@.notification_marks
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.notification_fanouts IS
    'What many users are told by a job: promotions, and lowered prices of listings that many have among their favorites.';
COMMENT ON COLUMN @extschema@.notification_fanouts.last_user_id IS 'The user who was told last; they are told in the sequence of their IDs.';
COMMENT ON COLUMN @extschema@.notification_fanouts.told IS 'Number of users who were chosen so far.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.notification_fanouts;
CREATE POLICY "Service role only" ON @extschema@.notification_fanouts
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
