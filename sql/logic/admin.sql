-- Administration: approvals, the audit log, and what driplo keeps about itself.

-- admin_approvals

COMMENT ON TABLE @extschema@.admin_approvals IS 'Decisions of admins, each with the admin who made it.';
COMMENT ON COLUMN @extschema@.admin_approvals.request_id IS
    'ID of the row that was decided; request_type determines its table.';

DROP POLICY IF EXISTS "Only admins can view approvals" ON @extschema@.admin_approvals;
CREATE POLICY "Only admins can view approvals" ON @extschema@.admin_approvals
    FOR SELECT TO authenticated
    USING ((SELECT private.caller_role()) = 'admin');

-- In their own name: the reference let an admin sign for another.
DROP POLICY IF EXISTS "Only admins can create approvals" ON @extschema@.admin_approvals;
CREATE POLICY "Only admins can create approvals" ON @extschema@.admin_approvals
    FOR INSERT TO authenticated
    WITH CHECK (
        admin_id = (SELECT auth.uid())
        AND (SELECT private.caller_role()) = 'admin'
        AND (SELECT private.require_guard('admin_approvals'))
    );

-- admin_audit_log

COMMENT ON TABLE @extschema@.admin_audit_log IS 'Actions of staff, recorded by functions.';
COMMENT ON COLUMN @extschema@.admin_audit_log.old_values IS 'Changed columns before the action; a JSON object.';
COMMENT ON COLUMN @extschema@.admin_audit_log.new_values IS 'Changed columns after the action; a JSON object.';

DROP POLICY IF EXISTS "Only admins can view audit log" ON @extschema@.admin_audit_log;
CREATE POLICY "Only admins can view audit log" ON @extschema@.admin_audit_log
    FOR SELECT TO authenticated
    USING ((SELECT private.caller_role()) = 'admin');

-- driplo_schema_version, driplo_secrets

COMMENT ON TABLE @extschema@.driplo_schema_version IS
    'Version of driplo that created or updated these tables; one row.';
-- What a dump of the schema alone, or a TRUNCATE of everything, leaves: private.lost_version() reads it.
COMMENT ON COLUMN @extschema@.driplo_schema_version.version IS 'of these tables: @version@';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.driplo_schema_version;
CREATE POLICY "Service role only" ON @extschema@.driplo_schema_version
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.driplo_secrets IS
    'Keys of this database, included in dumps so that a restored copy does not repeat order numbers. Readable by '
    'the owner only.';

-- Sessions keep the keys. Who writes them without triggers, and not by a restore, lets sessions begin anew.
CREATE OR REPLACE TRIGGER announce_secrets
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON @extschema@.driplo_secrets
    FOR EACH STATEMENT EXECUTE FUNCTION private.announce_secrets();

-- service_role passes row level security, but has no right on the table.
DROP POLICY IF EXISTS "Owner only" ON @extschema@.driplo_secrets;
CREATE POLICY "Owner only" ON @extschema@.driplo_secrets
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
