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
    'Trigger on auth.users: gives a new user a profile, a cart and statistics. The username comes from the metadata, '
    'else from the e-mail''s local part, else user_ and digits; reserved and taken names get a suffix. '
    'A sign-up never fails for its username and never leaves half a user; an e-mail of NULL is accepted.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_user(id uuid, email text, metadata jsonb)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_adopt_user';
COMMENT ON FUNCTION private.adopt_user(uuid, text, jsonb) IS
    'What a sign-up does, for a user who signed up before driplo was installed.';

CREATE OR REPLACE FUNCTION private.sync_user_email()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_sync_user_email';
COMMENT ON FUNCTION private.sync_user_email() IS
    'Trigger on auth.users: the e-mail in the profile follows the e-mail of the login.';

CREATE OR REPLACE FUNCTION @extschema@.update_setup_completion()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_update_setup_completion';
COMMENT ON FUNCTION @extschema@.update_setup_completion() IS
    'Trigger on profile_setup_progress: the profile''s setup is completed when the steps avatar_selected and '
    'profile_info_completed are; setup_completed_at is set once and does not move with later steps.';

-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.is_profile_setup_complete(user_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_is_profile_setup_complete';
COMMENT ON FUNCTION @extschema@.is_profile_setup_complete(uuid) IS
    'True when the user has finished the setup and, as a brand, has an approved verification request. '
    'Answers about the caller; about others only to admins and to the service, else false. False for an unknown user and for NULL.';

-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.is_admin(user_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_is_admin';
COMMENT ON FUNCTION @extschema@.is_admin(uuid) IS
    'True when the user is an admin whose profile is neither deleted nor suspended. Answers about the caller; about others only to admins '
    'and to the service, else false. False for NULL. Policies call it: it does not pass through row level security.';

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
        suspended_at timestamptz
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
           p.deleted_at, p.metadata, p.suspended_at
      FROM @extschema@.profiles p
     WHERE p.id = private.caller()
$function$;
COMMENT ON FUNCTION @extschema@.my_profile() IS
    'The caller''s own profile with its private half: e-mail, phone, birth date, settings, payment ids. One row, none without a user.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes the role, which no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.promote_to_admin(user_email text)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_promote_to_admin';
COMMENT ON FUNCTION @extschema@.promote_to_admin(text) IS
    'Makes the user with this e-mail an admin (role and is_admin) and records it in admin_approvals and admin_audit_log. '
    'For the service and admins. The first promotion from a console is recorded as the promoted user''s own with '
    'metadata.bootstrap true. Errors: 42501 for anybody else, P0002 for an unknown e-mail, 55000 when two users have it, 22004 for NULL.';

CREATE OR REPLACE FUNCTION private.guard_profile()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_profile';
COMMENT ON FUNCTION private.guard_profile() IS
    'Trigger on profiles, for users: a deleted or suspended profile is not changed (55000, 42501), a username is valid, in lower case and not reserved '
    '(22023), name and type of a verified account are fixed (42501), an anonymous user sets settings and preferences only (42501).';

CREATE OR REPLACE FUNCTION private.guard_social_account()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_social_account';
COMMENT ON FUNCTION private.guard_social_account() IS
    'Trigger on social_media_accounts, for users: an account that was verified or counted is not changed. Error: 55000.';

-- SECURITY DEFINER: whether the caller is an admin is asked of the profiles.
CREATE OR REPLACE FUNCTION private.guard_brand_request()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_guard_brand_request';
COMMENT ON FUNCTION private.guard_brand_request() IS
    'Trigger on brand_verification_requests: applicants change a request only before its review or when it asks for more, which hands it in again, and nobody reviews the own one (55000); what an admin '
    'writes into a review is signed with the admin''s id and dated, and is no change of what the applicant wrote (42501); an approval is of the first revision or of the '
    'one that it names as reviewed_revision (55000).';

CREATE OR REPLACE FUNCTION private.record_brand_review()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_record_brand_review';
COMMENT ON FUNCTION private.record_brand_review() IS
    'Trigger on brand_verification_requests: an approval makes the applicant a verified brand of that name, its withdrawal takes is_verified '
    'away; each decision with a reviewer is written into admin_approvals and admin_audit_log.';

-- SECURITY DEFINER: it locks the user's profile.
CREATE OR REPLACE FUNCTION private.keep_one_default()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_keep_one_default';
COMMENT ON FUNCTION private.keep_one_default() IS
    'Trigger on shipping_addresses and payment_methods, once a statement: a new default takes the place of the user''s old one, also when two sessions set one at once, '
    'and of several that one statement sets the last one stays. What was not written (ON CONFLICT) takes no place.';

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
        buyer_rating_count bigint,
        follower_count bigint,
        following_count bigint,
        active_listings bigint
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER ROWS 1
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT p.id, p.username::text, p.full_name::text, p.bio, p.avatar_url, p.cover_url, p.is_seller, p.is_verified,
           p.account_type::text, p.brand_name::text, p.brand_description, p.brand_logo_url, p.badges, p.created_at,
           p.total_sales, p.seller_rating, p.seller_rating_count, as_buyer.rating, as_buyer.ratings,
           (SELECT count(*) FROM @extschema@.user_follows f WHERE f.following_id = p.id),
           (SELECT count(*) FROM @extschema@.user_follows f WHERE f.follower_id = p.id),
           (SELECT count(*) FROM @extschema@.listings l WHERE l.seller_id = p.id AND l.status::text = 'active')
      FROM @extschema@.profiles p
     CROSS JOIN LATERAL (SELECT round(avg(r.rating), 2) AS rating, count(*) AS ratings
                           FROM @extschema@.user_ratings r
                          WHERE r.rated_user_id = p.id AND r.type::text = 'buyer') as_buyer
     WHERE p.id = public_profile.user_id
$function$;
COMMENT ON FUNCTION @extschema@.public_profile(uuid) IS
    'What everybody may know about a user: the public half of the profile, ratings (0 to 5) as seller and as buyer, followers, listings on sale. '
    'One row; none for an unknown or deleted user.';
