-- Accounts: signing up, finishing one's setup, and who is an admin or the service.
-- is_admin and is_profile_setup_complete are called on NULL and answer false: with STRICT a check such as
-- IF NOT is_admin(auth.uid()) would let a caller without an id through, because NOT NULL is NULL.
-- SECURITY INVOKER and still beyond row level security are is_profile_setup_complete, is_admin, caller_role, ids_from and require_trader:
-- they read the one row through its index, as C may, and take the owner's rights only for the statement that
-- they run when that finds nothing. Switching both for each call took longer than the work.

CREATE OR REPLACE FUNCTION @extschema@.handle_new_user()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_handle_new_user';
COMMENT ON FUNCTION @extschema@.handle_new_user() IS
    'Trigger on auth.users: creates the profile, cart, and statistics of a new user. The username is taken from '
    'the metadata, else from the local part of the e-mail address, else it is user_ and digits; reserved and '
    'taken names get a suffix. A sign-up never fails because of its username or a missing e-mail address.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_user(id uuid, email text, metadata jsonb, email_verified boolean DEFAULT false)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_adopt_user';
COMMENT ON FUNCTION private.adopt_user(uuid, text, jsonb, boolean) IS
    'Creates the rows that a sign-up creates, for a user who signed up before driplo was installed.';

CREATE OR REPLACE FUNCTION private.sync_user_email()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_sync_user_email';
COMMENT ON FUNCTION private.sync_user_email() IS
    'Trigger on auth.users: copies a changed e-mail address to the profile, and whether it is confirmed.';

CREATE OR REPLACE FUNCTION @extschema@.update_setup_completion()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_update_setup_completion';
COMMENT ON FUNCTION @extschema@.update_setup_completion() IS
    'Trigger on profile_setup_progress: marks the setup of the profile as completed when the steps '
    'avatar_selected and profile_info_completed are. setup_completed_at is set once and not changed by later '
    'steps.';

-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.is_profile_setup_complete(user_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_is_profile_setup_complete';
COMMENT ON FUNCTION @extschema@.is_profile_setup_complete(uuid) IS
    'Returns true if the user has completed the setup and, for a brand, has an approved verification request. For '
    'users other than the caller, returns false unless the caller is an admin or the service. False for an '
    'unknown user and for NULL.';

-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.is_admin(user_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_is_admin';
COMMENT ON FUNCTION @extschema@.is_admin(uuid) IS
    'Returns true if the user is an admin whose profile is neither deleted nor suspended. For users other than '
    'the caller, returns false unless the caller is an admin or the service. False for NULL. Used by policies; '
    'bypasses row level security.';

-- rights: authenticated, service_role
-- definer: The private half of a profile has no grant; the row is found by the caller's id and by nothing else.
CREATE OR REPLACE FUNCTION @extschema@.my_profile()
    RETURNS TABLE (
        id uuid,
        email text,
        username text,
        full_name text,
        bio text,
        avatar_url text,
        cover_url text,
        avatar_urls jsonb,
        cover_urls jsonb,
        phone text,
        date_of_birth date,
        gender text,
        location jsonb,
        is_seller boolean,
        is_verified boolean,
        is_admin boolean,
        role text,
        account_type text,
        brand_name text,
        brand_description text,
        brand_logo_url text,
        brand_size text,
        badges text[],
        total_sales integer,
        seller_rating numeric,
        seller_rating_count integer,
        setup_completed boolean,
        setup_started_at timestamptz,
        setup_completed_at timestamptz,
        avatar_style text,
        avatar_seed text,
        custom_avatar_url text,
        stripe_customer_id text,
        stripe_account_id text,
        settings jsonb,
        preferences jsonb,
        created_at timestamptz,
        updated_at timestamptz,
        deleted_at timestamptz,
        metadata jsonb,
        suspended_at timestamptz,
        website text,
        social_links jsonb,
        email_verified boolean,
        needs_username_setup boolean,
        onboarding_completed boolean,
        onboarding_step integer,
        follower_count integer,
        following_count integer,
        listings_count integer,
        total_purchases integer,
        language_preference text,
        privacy_settings jsonb,
        account_status text
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT p.id, p.email::text, p.username::text, p.full_name::text, p.bio, p.avatar_url, p.cover_url, p.avatar_urls,
           p.cover_urls, p.phone::text, p.date_of_birth, p.gender::text, p.location, p.is_seller, p.is_verified,
           p.is_admin, p.role::text, p.account_type::text, p.brand_name::text, p.brand_description, p.brand_logo_url,
           p.brand_size::text, p.badges, p.total_sales, p.seller_rating, p.seller_rating_count, p.setup_completed,
           p.setup_started_at, p.setup_completed_at, p.avatar_style::text, p.avatar_seed, p.custom_avatar_url,
           p.stripe_customer_id::text, p.stripe_account_id::text, p.settings, p.preferences, p.created_at, p.updated_at,
           p.deleted_at, p.metadata, p.suspended_at, p.website, p.social_links, p.email_verified, p.needs_username_setup,
           p.onboarding_completed, p.onboarding_step, p.follower_count, p.following_count, p.listings_count, p.total_purchases,
           p.language_preference::text, p.privacy_settings, p.account_status
      FROM @extschema@.profiles p
     WHERE p.id = private.caller()
$function$;
COMMENT ON FUNCTION @extschema@.my_profile() IS
    'Returns the caller''s profile including its private columns, such as e-mail address, phone number, birth '
    'date, settings, and payment IDs; no row without a user.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes the role, which no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.promote_to_admin(user_email text)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_promote_to_admin';
COMMENT ON FUNCTION @extschema@.promote_to_admin(text) IS
    'For admins and the service: makes the user with this e-mail address an admin and records it in '
    'admin_approvals and admin_audit_log. The first promotion from a console is recorded as made by the promoted '
    'user, with metadata.bootstrap true. Errors: 42501 for other callers, P0002 for an unknown e-mail address, '
    '55000 if two users have it, 22004 for NULL.';

CREATE OR REPLACE FUNCTION private.guard_profile()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_profile';
COMMENT ON FUNCTION private.guard_profile() IS
    'Trigger on profiles, for users: rejects changes of a deleted (55000) or suspended (42501) profile, usernames '
    'that are invalid or reserved (22023), and changes of the name and type of a verified account (42501). '
    'Anonymous users can change settings and preferences only (42501). Usernames are converted to lower case; a '
    'changed username clears needs_username_setup.';

CREATE OR REPLACE FUNCTION private.guard_social_account()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_social_account';
COMMENT ON FUNCTION private.guard_social_account() IS
    'Trigger on social_media_accounts, for users: rejects changes of an account that was verified or counted. '
    'Error: 55000.';

-- SECURITY DEFINER: whether the caller is an admin is asked of the profiles.
CREATE OR REPLACE FUNCTION private.guard_brand_request()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_guard_brand_request';
COMMENT ON FUNCTION private.guard_brand_request() IS
    'Trigger on brand_verification_requests: applicants can change a request only before its review or when more '
    'information is requested, which resubmits it; no admin can review their own request (55000). A review by an '
    'admin is signed and dated and cannot change the submitted data (42501). An approval applies to the first '
    'revision or to the one in reviewed_revision (55000).';

CREATE OR REPLACE FUNCTION private.record_brand_review()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_record_brand_review';
COMMENT ON FUNCTION private.record_brand_review() IS
    'Trigger on brand_verification_requests: an approval makes the applicant a verified brand with that name, and '
    'its withdrawal clears is_verified. Decisions with a reviewer are recorded in admin_approvals and '
    'admin_audit_log.';

-- SECURITY DEFINER: it locks the user's profile.
CREATE OR REPLACE FUNCTION private.keep_one_default()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_keep_one_default';
COMMENT ON FUNCTION private.keep_one_default() IS
    'Statement trigger on shipping_addresses and payment_methods: a new default replaces the previous default of '
    'the user, also with concurrent sessions; if a statement sets several, the last one is kept. Rows skipped by '
    'ON CONFLICT replace nothing.';

-- SECURITY INVOKER: anon may call it, and it shows nothing that row level security hides.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.public_profile(user_id uuid)
    RETURNS TABLE (
        id uuid,
        username text,
        full_name text,
        bio text,
        avatar_url text,
        cover_url text,
        is_seller boolean,
        is_verified boolean,
        account_type text,
        brand_name text,
        brand_description text,
        brand_logo_url text,
        badges text[],
        member_since timestamptz,
        total_sales integer,
        seller_rating numeric,
        seller_rating_count integer,
        buyer_rating numeric,
        buyer_rating_count integer,
        follower_count integer,
        following_count integer,
        active_listings integer
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER ROWS 1
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT p.id, p.username::text, p.full_name::text, p.bio, p.avatar_url, p.cover_url, p.is_seller, p.is_verified,
           p.account_type::text, p.brand_name::text, p.brand_description, p.brand_logo_url, p.badges, p.created_at,
           p.total_sales, p.seller_rating, p.seller_rating_count, as_buyer.rating, as_buyer.ratings,
           p.follower_count, p.following_count,
           (SELECT count(*)::integer FROM @extschema@.listings l WHERE l.seller_id = p.id AND l.status::text = 'active')
      FROM @extschema@.profiles p
     CROSS JOIN LATERAL (SELECT round(avg(r.rating), 2) AS rating, count(*)::integer AS ratings
                           FROM @extschema@.user_ratings r
                          WHERE r.rated_user_id = p.id AND r.type::text = 'buyer') as_buyer
     WHERE p.id = public_profile.user_id
$function$;
COMMENT ON FUNCTION @extschema@.public_profile(uuid) IS
    'Returns the public columns of a user''s profile, the ratings (0 to 5) as seller and as buyer, and the '
    'numbers of followers and active listings; no row for an unknown or deleted user.';

-- What a brand is called stands in its profile, where an approval writes it, and on its page, where applications look.
-- SECURITY DEFINER: each of the two is written when the other is.
CREATE OR REPLACE FUNCTION private.keep_brand_name()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    owner record;
BEGIN
    IF TG_TABLE_NAME = 'profiles' THEN
        UPDATE @extschema@.brand_profiles SET brand_name = NEW.brand_name
         WHERE user_id = NEW.id AND brand_name IS DISTINCT FROM NEW.brand_name;
        RETURN NULL;
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.user_id, NEW.brand_name) IS NOT DISTINCT FROM (OLD.user_id, OLD.brand_name) THEN
        RETURN NEW;
    END IF;
    SELECT profile.brand_name, profile.is_verified INTO owner
      FROM @extschema@.profiles AS profile WHERE profile.id = NEW.user_id FOR NO KEY UPDATE;
    IF TG_WHEN = 'BEFORE' THEN
        NEW.brand_name := COALESCE(NEW.brand_name, owner.brand_name);
    ELSIF owner.brand_name IS DISTINCT FROM NEW.brand_name THEN
        IF owner.is_verified AND NOT private.is_service() THEN
            RAISE EXCEPTION 'cannot change brand_name of a verified brand'
                USING ERRCODE = 'insufficient_privilege',
                      HINT = 'Submit a new brand verification request.';
        END IF;
        UPDATE @extschema@.profiles SET brand_name = NEW.brand_name WHERE id = NEW.user_id;
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.keep_brand_name() IS
    'Trigger on brand_profiles and profiles: the name of a brand is the same in both. Writing either changes the '
    'other, but only the service changes that of a verified brand (42501).';
