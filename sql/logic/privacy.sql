-- Privacy: users reach their exports by functions.

COMMENT ON TABLE @extschema@.data_exports IS 'Exports that users have asked for, kept for seven days after they are finished.';
COMMENT ON COLUMN @extschema@.data_exports.part IS 'Part that was made last, while the export waits.';
COMMENT ON COLUMN @extschema@.data_exports.last_key IS 'Key of the last row of that part that was exported.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.data_exports;
CREATE POLICY "Service role only" ON @extschema@.data_exports
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.data_export_parts IS
    'What is in an export. It is shown to that user by my_data_export_part() and read by nobody else.';

DROP POLICY IF EXISTS "Nobody" ON @extschema@.data_export_parts;
CREATE POLICY "Nobody" ON @extschema@.data_export_parts
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.account_deletions IS 'Accounts whose users have asked that they be deleted.';
COMMENT ON COLUMN @extschema@.account_deletions.next_try IS 'Earliest time at which delete_due_accounts() deletes the account.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.account_deletions;
CREATE POLICY "Service role only" ON @extschema@.account_deletions
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
