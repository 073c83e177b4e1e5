-- Accounts: profiles, sessions, onboarding, brand verification, statistics.
-- A policy for anon calls no function of ours; where signed-in users see more than anon, they have a policy of their own.

-- profiles

COMMENT ON TABLE @extschema@.profiles IS 'A person or brand of the marketplace; one row for each row of auth.users. Some columns are public, the others the owner''s own.';
COMMENT ON COLUMN @extschema@.profiles.email IS 'Follows auth.users.email; NULL for sign-ups by phone and anonymous ones. Private.';
COMMENT ON COLUMN @extschema@.profiles.username IS 'Unique; lower case only, so that names differing by case are one name.';
COMMENT ON COLUMN @extschema@.profiles.avatar_urls IS 'URLs by size: {"thumb", "small", "medium", "large"}.';
COMMENT ON COLUMN @extschema@.profiles.cover_urls IS 'URLs by size: {"thumb", "small", "medium", "large"}.';
COMMENT ON COLUMN @extschema@.profiles.is_seller IS 'The user''s own statement that they sell; gives no right.';
COMMENT ON COLUMN @extschema@.profiles.is_verified IS 'The platform has verified who this is.';
COMMENT ON COLUMN @extschema@.profiles.is_admin IS 'True exactly when role is admin.';
COMMENT ON COLUMN @extschema@.profiles.total_sales IS 'Number of sales, kept by the database.';
COMMENT ON COLUMN @extschema@.profiles.seller_rating IS 'Average of the ratings as a seller, 0 to 5.';
COMMENT ON COLUMN @extschema@.profiles.setup_completed_at IS 'When the setup was first completed.';
COMMENT ON COLUMN @extschema@.profiles.suspended_at IS 'Set by suspend_user(): the user may read and keep a cart, nothing else. Private.';
COMMENT ON COLUMN @extschema@.profiles.deleted_at IS 'Set: the profile is deleted and only its owner and admins see it.';

CREATE OR REPLACE TRIGGER guard_profile
    BEFORE UPDATE ON @extschema@.profiles
    FOR EACH ROW EXECUTE FUNCTION private.guard_profile();

-- Not for what is counted: an order or a rating is no change of the profile.
CREATE OR REPLACE TRIGGER update_profiles_updated_at
    BEFORE UPDATE ON @extschema@.profiles
    FOR EACH ROW
    WHEN (
        NEW.total_sales IS NOT DISTINCT FROM OLD.total_sales
        AND NEW.seller_rating IS NOT DISTINCT FROM OLD.seller_rating
        AND NEW.seller_rating_count IS NOT DISTINCT FROM OLD.seller_rating_count
    )
    EXECUTE FUNCTION @extschema@.update_updated_at_column();

-- Not deleted ones, and only the public columns (rights.sql): the reference showed everybody's e-mail to anon.
DROP POLICY IF EXISTS "Anyone can view profiles" ON @extschema@.profiles;
CREATE POLICY "Anyone can view profiles" ON @extschema@.profiles
    FOR SELECT TO anon
    USING (deleted_at IS NULL);

DROP POLICY IF EXISTS "Signed-in users can view profiles" ON @extschema@.profiles;
CREATE POLICY "Signed-in users can view profiles" ON @extschema@.profiles
    FOR SELECT TO authenticated
    USING (
        deleted_at IS NULL
        OR id = (SELECT auth.uid())
        OR (SELECT private.caller_role()) = 'admin'
    );

-- The sign-up makes the profile; INSERT is not granted, or a user would choose role and username freely.
DROP POLICY IF EXISTS "Users can insert own profile" ON @extschema@.profiles;
CREATE POLICY "Users can insert own profile" ON @extschema@.profiles
    FOR INSERT TO authenticated
    WITH CHECK (id = (SELECT auth.uid()) AND role::text = 'user' AND is_verified IS NOT TRUE);

-- Which columns: rights.sql. The reference let a user set the own role. Which values, and in which state of the
-- profile: guard_profile().
DROP POLICY IF EXISTS "Users can update own profile" ON @extschema@.profiles;
CREATE POLICY "Users can update own profile" ON @extschema@.profiles
    FOR UPDATE TO authenticated
    USING (id = (SELECT auth.uid()))
    WITH CHECK (id = (SELECT auth.uid()));

-- auth_sessions, auth_login_history

COMMENT ON TABLE @extschema@.auth_sessions IS 'Signed-in devices. Users see their own, without the token.';
COMMENT ON COLUMN @extschema@.auth_sessions.refresh_token_hash IS 'Hash of the refresh token, never the token; for the service only.';

DROP POLICY IF EXISTS "Users can view own sessions" ON @extschema@.auth_sessions;
CREATE POLICY "Users can view own sessions" ON @extschema@.auth_sessions
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

COMMENT ON TABLE @extschema@.auth_login_history IS 'Attempts to sign in. Users see their own.';

DROP POLICY IF EXISTS "Users can view own login history" ON @extschema@.auth_login_history;
CREATE POLICY "Users can view own login history" ON @extschema@.auth_login_history
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- profile_setup_progress

COMMENT ON TABLE @extschema@.profile_setup_progress IS 'Steps of the onboarding, a row for each user and step.';
COMMENT ON COLUMN @extschema@.profile_setup_progress.step_name IS 'For instance avatar_selected, profile_info_completed, account_type_selected; the first two complete the setup.';
COMMENT ON COLUMN @extschema@.profile_setup_progress.data IS 'What the application keeps about the step; an object.';

CREATE OR REPLACE TRIGGER trigger_update_setup_completion
    AFTER INSERT OR UPDATE ON @extschema@.profile_setup_progress
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_setup_completion();

CREATE OR REPLACE TRIGGER update_profile_setup_progress_updated_at
    BEFORE UPDATE ON @extschema@.profile_setup_progress
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view own setup progress" ON @extschema@.profile_setup_progress;
CREATE POLICY "Users can view own setup progress" ON @extschema@.profile_setup_progress
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

DROP POLICY IF EXISTS "Users can insert own setup progress" ON @extschema@.profile_setup_progress;
CREATE POLICY "Users can insert own setup progress" ON @extschema@.profile_setup_progress
    FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()));

DROP POLICY IF EXISTS "Users can update own setup progress" ON @extschema@.profile_setup_progress;
CREATE POLICY "Users can update own setup progress" ON @extschema@.profile_setup_progress
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()));

-- brand_verification_requests

COMMENT ON TABLE @extschema@.brand_verification_requests IS 'A brand asks to be verified; an admin decides.';
COMMENT ON COLUMN @extschema@.brand_verification_requests.documents IS 'Documents that were handed in; an array.';
COMMENT ON COLUMN @extschema@.brand_verification_requests.admin_notes IS 'The reviewer''s words to the applicant, who can read them.';
COMMENT ON COLUMN @extschema@.brand_verification_requests.revision IS 'Raised by the database with each change of what was handed in.';
COMMENT ON COLUMN @extschema@.brand_verification_requests.reviewed_revision IS 'The revision that was approved. An approval of another than the first has to name it.';

CREATE OR REPLACE TRIGGER guard_brand_request
    BEFORE UPDATE ON @extschema@.brand_verification_requests
    FOR EACH ROW EXECUTE FUNCTION private.guard_brand_request();

CREATE OR REPLACE TRIGGER record_brand_review
    AFTER UPDATE ON @extschema@.brand_verification_requests
    FOR EACH ROW WHEN (OLD.verification_status IS DISTINCT FROM NEW.verification_status)
    EXECUTE FUNCTION private.record_brand_review();

CREATE OR REPLACE TRIGGER update_brand_verification_requests_updated_at
    BEFORE UPDATE ON @extschema@.brand_verification_requests
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view own brand requests" ON @extschema@.brand_verification_requests;
CREATE POLICY "Users can view own brand requests" ON @extschema@.brand_verification_requests
    FOR SELECT TO authenticated
    USING (
        user_id = (SELECT auth.uid())
        OR ((SELECT private.caller_role()) = 'admin' AND id >= private.ids_from('admin'))
    );

-- A request starts pending and unreviewed: in the reference it could be inserted approved.
DROP POLICY IF EXISTS "Users can create brand requests" ON @extschema@.brand_verification_requests;
CREATE POLICY "Users can create brand requests" ON @extschema@.brand_verification_requests
    FOR INSERT TO authenticated
    WITH CHECK (
        user_id = (SELECT auth.uid())
        AND verification_status = 'pending'
        AND admin_notes IS NULL
        AND reviewed_by IS NULL
        AND reviewed_at IS NULL
        AND (SELECT private.require_trader())
    );

-- Permissive policies add up: with one for applicants and one for admins, either could use the other's WITH CHECK.
-- So one lets both in, and two restrictive ones say what each of them may do.
DROP POLICY IF EXISTS "Applicants and admins can change brand requests" ON @extschema@.brand_verification_requests;
CREATE POLICY "Applicants and admins can change brand requests" ON @extschema@.brand_verification_requests
    FOR UPDATE TO authenticated
    USING (
        user_id = (SELECT auth.uid())
        OR ((SELECT private.caller_role()) = 'admin' AND id >= private.ids_from('admin'))
    )
    WITH CHECK (
        user_id = (SELECT auth.uid())
        OR (SELECT private.caller_role()) = 'admin'
    );

-- Before the review only, or as handed in again (guard_brand_request() says so), and without touching its fields.
DROP POLICY IF EXISTS "Users can update own pending requests" ON @extschema@.brand_verification_requests;
CREATE POLICY "Users can update own pending requests" ON @extschema@.brand_verification_requests
    AS RESTRICTIVE FOR UPDATE TO authenticated
    USING (true)
    WITH CHECK (
        (SELECT private.caller_role()) = 'admin'
        OR (
            verification_status = 'pending' AND admin_notes IS NULL AND reviewed_by IS NULL AND reviewed_at IS NULL
            AND (SELECT private.require_trader())
        )
    );

-- An admin signs a review with the own name; who reviews nothing leaves it empty.
DROP POLICY IF EXISTS "Admins can update any brand request" ON @extschema@.brand_verification_requests;
CREATE POLICY "Admins can update any brand request" ON @extschema@.brand_verification_requests
    AS RESTRICTIVE FOR UPDATE TO authenticated
    WITH CHECK (
        reviewed_by = (SELECT auth.uid())
        OR (verification_status = 'pending' AND admin_notes IS NULL AND reviewed_by IS NULL AND reviewed_at IS NULL)
    );

-- social_media_accounts

COMMENT ON TABLE @extschema@.social_media_accounts IS 'Accounts elsewhere that users show on their profile; one for each platform.';
COMMENT ON COLUMN @extschema@.social_media_accounts.verification_data IS 'Tokens and proofs of the verification; for the service only.';
COMMENT ON COLUMN @extschema@.social_media_accounts.followers_count IS 'As counted by the service.';

CREATE OR REPLACE TRIGGER guard_social_account
    BEFORE UPDATE ON @extschema@.social_media_accounts
    FOR EACH ROW EXECUTE FUNCTION private.guard_social_account();

CREATE OR REPLACE TRIGGER update_social_media_accounts_updated_at
    BEFORE UPDATE ON @extschema@.social_media_accounts
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

-- The accounts of profiles that can be seen; the tokens in verification_data are granted to no client (rights.sql).
DROP POLICY IF EXISTS "Users can view social media accounts" ON @extschema@.social_media_accounts;
CREATE POLICY "Users can view social media accounts" ON @extschema@.social_media_accounts
    FOR SELECT TO anon, authenticated
    USING (EXISTS (
        SELECT FROM @extschema@.profiles AS profile
        WHERE profile.id = social_media_accounts.user_id
    ));

DROP POLICY IF EXISTS "Users can manage own social accounts" ON @extschema@.social_media_accounts;
CREATE POLICY "Users can manage own social accounts" ON @extschema@.social_media_accounts
    FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_trader()));

-- guard_social_account() keeps what the service has verified or counted.
DROP POLICY IF EXISTS "Users can update own social accounts" ON @extschema@.social_media_accounts;
CREATE POLICY "Users can update own social accounts" ON @extschema@.social_media_accounts
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_trader()));

DROP POLICY IF EXISTS "Users can remove own social accounts" ON @extschema@.social_media_accounts;
CREATE POLICY "Users can remove own social accounts" ON @extschema@.social_media_accounts
    FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- user_stats_summary, user_achievements

COMMENT ON TABLE @extschema@.user_stats_summary IS 'Numbers about a user, kept by the database. Users see their own.';
COMMENT ON COLUMN @extschema@.user_stats_summary.total_spent IS 'Sum of the completed orders that the user bought, in major units of whatever currency; stops at 99999999.99.';
COMMENT ON COLUMN @extschema@.user_stats_summary.total_earned IS 'Sum of the completed orders that the user sold, likewise.';
COMMENT ON COLUMN @extschema@.user_stats_summary.rating_points IS 'Sum of the ratings that average_rating is made of.';
COMMENT ON COLUMN @extschema@.user_stats_summary.seller_rating_points IS 'Sum of those as a seller, which profiles.seller_rating is made of.';
COMMENT ON COLUMN @extschema@.user_stats_summary.response_rate IS 'Percent of conversations answered, 0 to 100.';

DROP POLICY IF EXISTS "Users can view own statistics" ON @extschema@.user_stats_summary;
CREATE POLICY "Users can view own statistics" ON @extschema@.user_stats_summary
    FOR SELECT TO authenticated
    USING (
        user_id = (SELECT auth.uid())
        OR ((SELECT private.caller_role()) = 'admin' AND user_id >= private.ids_from('admin'))
    );

COMMENT ON TABLE @extschema@.user_achievements IS 'Achievements that a user has earned, each once.';

DROP POLICY IF EXISTS "Users can view own achievements" ON @extschema@.user_achievements;
CREATE POLICY "Users can view own achievements" ON @extschema@.user_achievements
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));
