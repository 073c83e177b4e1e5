-- Accounts: profiles, sessions, onboarding, brand verification, statistics.
-- A policy for anon calls no function of ours; where signed-in users see more than anon, they have a policy of their own.

COMMENT ON TYPE @extschema@.user_role IS
    'What a user may do beside buying and selling: a moderator looks after listings and disputes, an admin decides.';
COMMENT ON TYPE @extschema@.achievement_type IS 'What a badge is given for.';

-- profiles

COMMENT ON TABLE @extschema@.profiles IS
    'Persons and brands of the marketplace, one row for each row of auth.users. Some columns are public, the '
    'others are visible to the owner only.';
COMMENT ON COLUMN @extschema@.profiles.email IS
    'Copy of auth.users.email; NULL for phone and anonymous sign-ups. Private.';
COMMENT ON COLUMN @extschema@.profiles.username IS
    'Unique, in lower case, so that names that differ only in case are the same name.';
COMMENT ON COLUMN @extschema@.profiles.avatar_urls IS
    'URLs of the avatar by size: {"thumb", "small", "medium", "large"}.';
COMMENT ON COLUMN @extschema@.profiles.cover_urls IS
    'URLs of the cover image by size: {"thumb", "small", "medium", "large"}.';
COMMENT ON COLUMN @extschema@.profiles.is_seller IS 'Whether the user claims to be a seller; grants no privileges.';
COMMENT ON COLUMN @extschema@.profiles.is_verified IS
    'Whether the platform has verified the identity of the account.';
COMMENT ON COLUMN @extschema@.profiles.is_admin IS 'True if and only if role is admin.';
COMMENT ON COLUMN @extschema@.profiles.total_sales IS 'Number of completed sales, maintained by the database.';
COMMENT ON COLUMN @extschema@.profiles.seller_rating IS 'Average rating as a seller, 0 to 5.';
COMMENT ON COLUMN @extschema@.profiles.setup_completed_at IS 'Time when the setup was first completed.';
COMMENT ON COLUMN @extschema@.profiles.suspended_until IS
    'Time at which the suspension ends by itself, by end_suspensions(); NULL if an admin has to end it. Private.';
COMMENT ON COLUMN @extschema@.profiles.suspended_at IS
    'Time of the suspension by suspend_user(). A suspended user can only read and use a cart. Private.';
COMMENT ON COLUMN @extschema@.profiles.deleted_at IS
    'Time of the deletion; a deleted profile is visible to its owner and to admins only.';

COMMENT ON COLUMN @extschema@.profiles.website IS 'Host or URL with http or https; public.';
COMMENT ON COLUMN @extschema@.profiles.social_links IS 'Links by name; a JSON object, public.';
COMMENT ON COLUMN @extschema@.profiles.email_verified IS
    'Whether auth.users says when the e-mail address was confirmed, or an admin has verified it; maintained by a '
    'trigger. Private.';
COMMENT ON COLUMN @extschema@.profiles.needs_username_setup IS
    'Whether the username was made up at the sign-up; false once the user has changed it. Private.';
COMMENT ON COLUMN @extschema@.profiles.onboarding_completed IS
    'Whether the application''s onboarding is completed, as it says; grants nothing. Private.';
COMMENT ON COLUMN @extschema@.profiles.onboarding_step IS
    'Number of the step that the application''s onboarding has reached; NULL if there is none. Private.';
COMMENT ON COLUMN @extschema@.profiles.follower_count IS 'Number of followers; maintained by a trigger. Public.';
COMMENT ON COLUMN @extschema@.profiles.following_count IS 'Number of users followed; maintained by a trigger. Public.';
COMMENT ON COLUMN @extschema@.profiles.listings_count IS
    'Number of the user''s listings that others can see, which are active, reserved, or sold; maintained by a '
    'trigger. Public.';
COMMENT ON COLUMN @extschema@.profiles.total_purchases IS
    'Number of completed purchases; maintained by a trigger. Private.';
COMMENT ON COLUMN @extschema@.profiles.language_preference IS 'Language tag, such as en or pt-BR. Private.';
COMMENT ON COLUMN @extschema@.profiles.privacy_settings IS
    'Settings that the application keeps; a JSON object. Private.';
COMMENT ON COLUMN @extschema@.profiles.account_status IS
    'deleted, suspended, or active, derived from deleted_at and suspended_at. Private.';

CREATE OR REPLACE TRIGGER guard_profile
    BEFORE UPDATE ON @extschema@.profiles
    FOR EACH ROW EXECUTE FUNCTION private.guard_profile();

CREATE OR REPLACE TRIGGER record_new_user_event
    AFTER INSERT ON @extschema@.profiles
    FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('user.created');

CREATE OR REPLACE TRIGGER record_user_event
    AFTER UPDATE ON @extschema@.profiles
    FOR EACH ROW WHEN (OLD.account_status IS DISTINCT FROM NEW.account_status) EXECUTE FUNCTION private.record_event_of_row('user', 'account_status');

CREATE OR REPLACE TRIGGER record_removed_user_event
    AFTER DELETE ON @extschema@.profiles
    FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('user.deleted');

-- Not for what is counted: an order or a rating is no change of the profile.
CREATE OR REPLACE TRIGGER update_profiles_updated_at
    BEFORE UPDATE ON @extschema@.profiles
    FOR EACH ROW
    WHEN (
        NEW.total_sales IS NOT DISTINCT FROM OLD.total_sales
        AND NEW.seller_rating IS NOT DISTINCT FROM OLD.seller_rating
        AND NEW.seller_rating_count IS NOT DISTINCT FROM OLD.seller_rating_count
        AND NEW.follower_count IS NOT DISTINCT FROM OLD.follower_count
        AND NEW.following_count IS NOT DISTINCT FROM OLD.following_count
        AND NEW.listings_count IS NOT DISTINCT FROM OLD.listings_count
        AND NEW.total_purchases IS NOT DISTINCT FROM OLD.total_purchases
    )
    EXECUTE FUNCTION @extschema@.update_updated_at_column();

CREATE OR REPLACE TRIGGER copy_brand_name
    AFTER UPDATE ON @extschema@.profiles
    FOR EACH ROW WHEN (OLD.brand_name IS DISTINCT FROM NEW.brand_name)
    EXECUTE FUNCTION private.copy_brand_name();

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
        OR private.is_caller(id)
        OR private.is_shown_to(id, 'admin')
    );

-- The sign-up makes the profile. Only an upsert gets through, which meets it: a guard refuses any other INSERT.
DROP POLICY IF EXISTS "Users can insert own profile" ON @extschema@.profiles;
CREATE POLICY "Users can insert own profile" ON @extschema@.profiles
    FOR INSERT TO authenticated
    WITH CHECK (
        id = (SELECT auth.uid())
        AND (SELECT private.caller_role()) IS NOT NULL
        AND (SELECT private.require_guard('profiles'))
    );

-- Which columns: rights.sql. The reference let users set their own role. Which values, and in which state of the
-- profile: guard_profile().
DROP POLICY IF EXISTS "Users can update own profile" ON @extschema@.profiles;
CREATE POLICY "Users can update own profile" ON @extschema@.profiles
    FOR UPDATE TO authenticated
    USING (id = (SELECT auth.uid()))
    WITH CHECK (id = (SELECT auth.uid()) AND (SELECT private.require_guard('profiles')));

-- auth_sessions, auth_login_history

COMMENT ON TABLE @extschema@.auth_sessions IS 'Signed-in devices. Users see their own rows, without the token.';
COMMENT ON COLUMN @extschema@.auth_sessions.refresh_token_hash IS
    'Hash of the refresh token, never the token itself; visible to the service only.';

DROP POLICY IF EXISTS "Users can view own sessions" ON @extschema@.auth_sessions;
CREATE POLICY "Users can view own sessions" ON @extschema@.auth_sessions
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

COMMENT ON TABLE @extschema@.auth_login_history IS 'Sign-in attempts and other events of accounts. Users see their own rows.';
COMMENT ON COLUMN @extschema@.auth_login_history.action IS 'Name of the event, such as login or password_change.';
COMMENT ON COLUMN @extschema@.auth_login_history.metadata IS 'Data that the application stores about the event; a JSON object.';
COMMENT ON COLUMN @extschema@.auth_login_history.is_self_reported IS
    'Whether the event was logged by a client of the user, and not by the service: then address and result are what '
    'that client says.';

DROP POLICY IF EXISTS "Users can view own login history" ON @extschema@.auth_login_history;
CREATE POLICY "Users can view own login history" ON @extschema@.auth_login_history
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- rate_limits

COMMENT ON TABLE @extschema@.rate_limits IS
    'Attempts that count toward a rate limit, one row for each action and identifier; for the service. Unlogged: '
    'empty after a crash.';
COMMENT ON COLUMN @extschema@.rate_limits.key IS 'Action and identifier, in lower case and separated by a colon.';
COMMENT ON COLUMN @extschema@.rate_limits.tat IS 'Time at which all attempts will be forgotten.';
COMMENT ON COLUMN @extschema@.rate_limits.blocked_until IS 'Time until which all attempts are refused, if there were too many.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.rate_limits;
CREATE POLICY "Service role only" ON @extschema@.rate_limits
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

-- rate_limit_rules

COMMENT ON TABLE @extschema@.rate_limit_rules IS 'Rate limits of users that were changed; set_rate_limit() writes them.';
COMMENT ON COLUMN @extschema@.rate_limit_rules.most IS 'How many are allowed at once; NULL: the built-in number.';
COMMENT ON COLUMN @extschema@.rate_limit_rules.window_seconds IS 'Time after which as many are forgotten; NULL: the built-in time.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.rate_limit_rules;
CREATE POLICY "Service role only" ON @extschema@.rate_limit_rules
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

-- profile_setup_progress

COMMENT ON TABLE @extschema@.profile_setup_progress IS 'Onboarding steps, one row for each user and step.';
COMMENT ON COLUMN @extschema@.profile_setup_progress.step_name IS
    'Name of the step, such as avatar_selected, profile_info_completed, or account_type_selected; the first two '
    'complete the setup.';
COMMENT ON COLUMN @extschema@.profile_setup_progress.data IS
    'Data that the application stores about the step; a JSON object.';

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
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('profile_setup_progress')));

DROP POLICY IF EXISTS "Users can update own setup progress" ON @extschema@.profile_setup_progress;
CREATE POLICY "Users can update own setup progress" ON @extschema@.profile_setup_progress
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('profile_setup_progress')));

-- brand_verification_requests

COMMENT ON TABLE @extschema@.brand_verification_requests IS 'Requests of brands to be verified, decided by an admin.';
COMMENT ON COLUMN @extschema@.brand_verification_requests.documents IS
    'Documents that the applicant has submitted; a JSON array.';
COMMENT ON COLUMN @extschema@.brand_verification_requests.admin_notes IS
    'Notes of the reviewer, shown to the applicant.';
COMMENT ON COLUMN @extschema@.brand_verification_requests.revision IS
    'Revision of the submitted data, increased by the database with each change.';
COMMENT ON COLUMN @extschema@.brand_verification_requests.reviewed_revision IS
    'Approved revision. Required for approving any revision other than the first.';

CREATE OR REPLACE TRIGGER guard_brand_request
    BEFORE UPDATE ON @extschema@.brand_verification_requests
    FOR EACH ROW EXECUTE FUNCTION private.guard_brand_request();

CREATE OR REPLACE TRIGGER record_brand_review
    AFTER UPDATE ON @extschema@.brand_verification_requests
    FOR EACH ROW WHEN (OLD.verification_status IS DISTINCT FROM NEW.verification_status)
    EXECUTE FUNCTION private.record_brand_review();

CREATE OR REPLACE TRIGGER record_brand_event
    AFTER UPDATE ON @extschema@.brand_verification_requests
    FOR EACH ROW WHEN (OLD.verification_status IS DISTINCT FROM NEW.verification_status)
    EXECUTE FUNCTION private.record_event_of_row('brand', 'verification_status');

CREATE OR REPLACE TRIGGER update_brand_verification_requests_updated_at
    BEFORE UPDATE ON @extschema@.brand_verification_requests
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view own brand requests" ON @extschema@.brand_verification_requests;
CREATE POLICY "Users can view own brand requests" ON @extschema@.brand_verification_requests
    FOR SELECT TO authenticated
    USING (
        user_id = (SELECT auth.uid())
        OR id >= private.ids_from('admin')
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
        AND (SELECT private.require_guard('brand_verification_requests'))
    );

-- Permissive policies add up: with one for applicants and one for admins, either could use the other's WITH CHECK.
-- So one lets both in, and two restrictive ones say what each of them may do.
DROP POLICY IF EXISTS "Applicants and admins can change brand requests" ON @extschema@.brand_verification_requests;
CREATE POLICY "Applicants and admins can change brand requests" ON @extschema@.brand_verification_requests
    FOR UPDATE TO authenticated
    USING (
        user_id = (SELECT auth.uid())
        OR id >= private.ids_from('admin')
    )
    WITH CHECK (
        (
            user_id = (SELECT auth.uid())
            OR (SELECT private.caller_role()) = 'admin'
        )
        AND (SELECT private.require_guard('brand_verification_requests'))
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

-- An admin signs a review with their own name; who reviews nothing leaves it empty.
DROP POLICY IF EXISTS "Admins can update any brand request" ON @extschema@.brand_verification_requests;
CREATE POLICY "Admins can update any brand request" ON @extschema@.brand_verification_requests
    AS RESTRICTIVE FOR UPDATE TO authenticated
    WITH CHECK (
        reviewed_by = (SELECT auth.uid())
        OR (verification_status = 'pending' AND admin_notes IS NULL AND reviewed_by IS NULL AND reviewed_at IS NULL)
    );

-- social_media_accounts

COMMENT ON TABLE @extschema@.social_media_accounts IS
    'Accounts on other platforms that users show on their profile, one for each platform.';
COMMENT ON COLUMN @extschema@.social_media_accounts.verification_data IS
    'Tokens and evidence of the verification; visible to the service only.';
COMMENT ON COLUMN @extschema@.social_media_accounts.followers_count IS 'Number of followers, set by the service.';

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
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_trader()) AND (SELECT private.require_guard('social_media_accounts')));

-- guard_social_account() keeps what the service has verified or counted.
DROP POLICY IF EXISTS "Users can update own social accounts" ON @extschema@.social_media_accounts;
CREATE POLICY "Users can update own social accounts" ON @extschema@.social_media_accounts
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_trader()) AND (SELECT private.require_guard('social_media_accounts')));

DROP POLICY IF EXISTS "Users can remove own social accounts" ON @extschema@.social_media_accounts;
CREATE POLICY "Users can remove own social accounts" ON @extschema@.social_media_accounts
    FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- user_stats_summary, user_achievements

COMMENT ON TABLE @extschema@.user_stats_summary IS
    'Statistics of users, maintained by the database. Users see their own row.';
COMMENT ON COLUMN @extschema@.user_stats_summary.total_spent IS
    'Total of the user''s completed purchases in major units, added up across currencies; at most 999999999999.99.';
COMMENT ON COLUMN @extschema@.user_stats_summary.total_earned IS
    'Total of the user''s completed sales in major units, added up across currencies; at most 999999999999.99.';
COMMENT ON COLUMN @extschema@.user_stats_summary.rating_points IS
    'Sum of all ratings of the user, from which average_rating is calculated.';
COMMENT ON COLUMN @extschema@.user_stats_summary.seller_rating_points IS
    'Sum of the ratings as a seller, from which profiles.seller_rating is calculated.';
COMMENT ON COLUMN @extschema@.user_stats_summary.response_rate IS
    'Percentage of conversations of the last 90 days answered within 24 hours; NULL for fewer than three.';
COMMENT ON COLUMN @extschema@.user_stats_summary.response_time_hours IS 'Median time to the first answer in hours, at most 999.99.';
COMMENT ON COLUMN @extschema@.user_stats_summary.ship_time_hours IS
    'Median time from payment to shipment in hours, at most 999.99; NULL for fewer than three orders.';
COMMENT ON COLUMN @extschema@.user_stats_summary.last_active_at IS 'Time of the last activity, to within five minutes.';

DROP POLICY IF EXISTS "Users can view own statistics" ON @extschema@.user_stats_summary;
CREATE POLICY "Users can view own statistics" ON @extschema@.user_stats_summary
    FOR SELECT TO authenticated
    USING (
        user_id = (SELECT auth.uid())
        OR user_id >= private.ids_from('admin')
    );

COMMENT ON TABLE @extschema@.user_achievements IS 'Achievements that a user has earned, at most once each.';
COMMENT ON COLUMN @extschema@.user_achievements.lost_at IS 'Time at which the achievement was lost; NULL while the user has it.';
COMMENT ON COLUMN @extschema@.user_achievements.failing_since IS 'Since when the rule of the achievement has not held; NULL while it holds.';

CREATE OR REPLACE TRIGGER keep_badges
    AFTER INSERT OR UPDATE OR DELETE ON @extschema@.user_achievements
    FOR EACH ROW EXECUTE FUNCTION private.keep_badges();

DROP POLICY IF EXISTS "Users can view own achievements" ON @extschema@.user_achievements;
CREATE POLICY "Users can view own achievements" ON @extschema@.user_achievements
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- brand_profiles

COMMENT ON TABLE @extschema@.brand_profiles IS 'Public pages of brands, one for each user.';
COMMENT ON COLUMN @extschema@.brand_profiles.brand_name IS
    'Name of the brand, always that of the profile: writing either of them changes both.';
COMMENT ON COLUMN @extschema@.brand_profiles.brand_slug IS 'Unique last part of the page''s address: letters a to z, digits, and hyphens.';
COMMENT ON COLUMN @extschema@.brand_profiles.social_links IS 'Links by name; a JSON object.';

CREATE OR REPLACE TRIGGER find_brand_name
    BEFORE INSERT ON @extschema@.brand_profiles
    FOR EACH ROW WHEN (NEW.brand_name IS NULL) EXECUTE FUNCTION private.keep_brand_name();

CREATE OR REPLACE TRIGGER keep_brand_name
    AFTER INSERT OR UPDATE ON @extschema@.brand_profiles
    FOR EACH ROW EXECUTE FUNCTION private.keep_brand_name();

CREATE OR REPLACE TRIGGER update_brand_profiles_updated_at
    BEFORE UPDATE ON @extschema@.brand_profiles
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

-- The pages of profiles that can be seen.
DROP POLICY IF EXISTS "Anyone can view brand pages" ON @extschema@.brand_profiles;
CREATE POLICY "Anyone can view brand pages" ON @extschema@.brand_profiles
    FOR SELECT TO anon, authenticated
    USING (EXISTS (
        SELECT FROM @extschema@.profiles AS profile
        WHERE profile.id = brand_profiles.user_id
    ));

DROP POLICY IF EXISTS "Users can create own brand page" ON @extschema@.brand_profiles;
CREATE POLICY "Users can create own brand page" ON @extschema@.brand_profiles
    FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_trader()) AND (SELECT private.require_guard('brand_profiles')));

DROP POLICY IF EXISTS "Users can update own brand page" ON @extschema@.brand_profiles;
CREATE POLICY "Users can update own brand page" ON @extschema@.brand_profiles
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_trader()) AND (SELECT private.require_guard('brand_profiles')));

DROP POLICY IF EXISTS "Users can remove own brand page" ON @extschema@.brand_profiles;
CREATE POLICY "Users can remove own brand page" ON @extschema@.brand_profiles
    FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- documents

COMMENT ON TABLE @extschema@.documents IS
    'Documents that users have handed in, such as proofs of identity. Users see their own, admins all; the service '
    'decides about them.';
COMMENT ON COLUMN @extschema@.documents.url IS 'Address or path of the file in the file store.';
COMMENT ON COLUMN @extschema@.documents.size IS 'Size of the file, in bytes.';
COMMENT ON COLUMN @extschema@.documents.metadata IS 'Data of the service; a JSON object.';

CREATE OR REPLACE TRIGGER update_documents_updated_at
    BEFORE UPDATE ON @extschema@.documents
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view own documents" ON @extschema@.documents;
CREATE POLICY "Users can view own documents" ON @extschema@.documents
    FOR SELECT TO authenticated
    USING (
        user_id = (SELECT auth.uid())
        OR id >= private.ids_from('admin')
    );

DROP POLICY IF EXISTS "Users can hand in documents" ON @extschema@.documents;
CREATE POLICY "Users can hand in documents" ON @extschema@.documents
    FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_trader()) AND (SELECT private.require_guard('documents')));

DROP POLICY IF EXISTS "Users can remove own documents" ON @extschema@.documents;
CREATE POLICY "Users can remove own documents" ON @extschema@.documents
    FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));
