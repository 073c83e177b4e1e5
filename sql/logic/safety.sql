-- Safety: reports are written and read by functions, which show each side what is theirs to know.

COMMENT ON TABLE @extschema@.reports IS
    'What users and others have reported, with what it was about as it was then. Read by functions: who reported is shown '
    'to moderators only.';
COMMENT ON COLUMN @extschema@.reports.report_number IS 'Number of the report, REP-YYYYMMDD-N.';
COMMENT ON COLUMN @extschema@.reports.reporter_email IS 'Address of a reporter without an account; removed six months after the end.';
COMMENT ON COLUMN @extschema@.reports.reporter_locale IS 'Language of the e-mails to that address; NULL for English. Removed with it.';
COMMENT ON COLUMN @extschema@.reports.target_id IS
    'ID of the listing, user, message, or rating, which can be gone since; NULL for a user whose account was deleted.';
COMMENT ON COLUMN @extschema@.reports.target_owner IS 'Who is responsible for it; NULL after the account was deleted.';
COMMENT ON COLUMN @extschema@.reports.evidence IS 'Addresses or paths of files; a JSON array.';
COMMENT ON COLUMN @extschema@.reports.snapshot IS
    'Copy of what was reported, at the time of the report; a JSON object. Without what names its user after the account was deleted.';
COMMENT ON COLUMN @extschema@.reports.status IS
    'open, claimed by a moderator until claimed_until, decided, appealed, or closed, when appeals are no longer possible.';
COMMENT ON COLUMN @extschema@.reports.decision IS 'The decision that stands; NULL before the first.';
COMMENT ON COLUMN @extschema@.reports.owner_left_at IS
    'Time at which the account of target_owner was deleted; the report is removed six months later.';
COMMENT ON TABLE @extschema@.report_decisions IS 'Decisions about reports with their reasons; never changed.';
COMMENT ON COLUMN @extschema@.report_decisions.replaced_decision IS 'Decision that it replaced, after an appeal; NULL for the first.';
COMMENT ON COLUMN @extschema@.report_decisions.legal_ground IS 'Law or rule of the marketplace that was broken.';
COMMENT ON COLUMN @extschema@.report_decisions.is_automatic IS 'Whether a rule hid a listing until moderators decide.';
COMMENT ON COLUMN @extschema@.report_decisions.suspended_until IS 'Time at which the suspension ends; NULL for none or without end.';
COMMENT ON TABLE @extschema@.report_appeals IS 'Appeals against decisions about reports, at most one of each side.';
COMMENT ON COLUMN @extschema@.report_appeals.answered_by IS 'Decision that answers the appeal; NULL while it is open.';

CREATE OR REPLACE TRIGGER forget_reported_person
    BEFORE UPDATE ON @extschema@.reports
    FOR EACH ROW WHEN (OLD.target_owner IS NOT NULL AND NEW.target_owner IS NULL) EXECUTE FUNCTION private.forget_reported_person();

CREATE OR REPLACE TRIGGER update_reports_updated_at
    BEFORE UPDATE ON @extschema@.reports
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Service role only" ON @extschema@.reports;
CREATE POLICY "Service role only" ON @extschema@.reports
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

DROP POLICY IF EXISTS "Service role only" ON @extschema@.report_decisions;
CREATE POLICY "Service role only" ON @extschema@.report_decisions
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

DROP POLICY IF EXISTS "Service role only" ON @extschema@.report_appeals;
CREATE POLICY "Service role only" ON @extschema@.report_appeals
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
