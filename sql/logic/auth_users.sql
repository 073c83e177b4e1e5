-- Triggers on the login table, which belongs to the home (plain PostgreSQL or Supabase): made in a restore too,
-- because there the table exists before the dump is read and the dump of auth.users has no trigger of ours.

CREATE OR REPLACE TRIGGER on_auth_user_created
    AFTER INSERT ON auth.users
    FOR EACH ROW EXECUTE FUNCTION @extschema@.handle_new_user();

-- Without WHEN: not every auth.users has a column that says when an address was confirmed.
CREATE OR REPLACE TRIGGER on_auth_user_email_changed
    AFTER UPDATE ON auth.users
    FOR EACH ROW EXECUTE FUNCTION private.sync_user_email();
