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
        account_status text,
        suspended_until timestamptz
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
           p.language_preference::text, p.privacy_settings, p.account_status, p.suspended_until
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
                          WHERE r.rated_user_id = p.id AND r.type::text = 'buyer' AND r.hidden_at IS NULL) as_buyer
     WHERE p.id = public_profile.user_id
$function$;
COMMENT ON FUNCTION @extschema@.public_profile(uuid) IS
    'Returns the public columns of a user''s profile, the ratings (0 to 5) as seller and as buyer, and the '
    'numbers of followers and active listings; no row for an unknown or deleted user.';

-- What a brand is called stands in its profile, where an approval writes it, and on its page, where applications look.
-- SECURITY DEFINER: each of the two is written when the other is.
CREATE OR REPLACE FUNCTION private.copy_brand_name()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    UPDATE @extschema@.brand_profiles SET brand_name = NEW.brand_name
     WHERE user_id = NEW.id AND brand_name IS DISTINCT FROM NEW.brand_name;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.copy_brand_name() IS
    'Trigger on profiles: the name of a brand is the same in brand_profiles.';

CREATE OR REPLACE FUNCTION private.keep_brand_name()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    owner record;
BEGIN
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
    'Trigger on brand_profiles: the name of a brand is the same in profiles, but only the service changes that of a '
    'verified brand (42501).';

-- Onboarding and statistics, by the signatures of older applications.

-- SECURITY INVOKER: users write their own steps and profile.
-- rights: authenticated
CREATE OR REPLACE FUNCTION @extschema@.update_onboarding_step(step_name text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF auth.uid() IS NULL THEN
        RAISE EXCEPTION 'must be signed in' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO @extschema@.profile_setup_progress AS step (user_id, step_name, completed, completed_at)
    VALUES (auth.uid(), update_onboarding_step.step_name, true, now())
    ON CONFLICT ON CONSTRAINT profile_setup_progress_user_id_step_name_key
        DO UPDATE SET completed = true, completed_at = COALESCE(step.completed_at, now());
    UPDATE @extschema@.profiles SET onboarding_step =
        (SELECT least(count(*), 1000) FROM @extschema@.profile_setup_progress AS step WHERE step.user_id = auth.uid() AND step.completed)
     WHERE id = auth.uid();
END;
$function$;
COMMENT ON FUNCTION @extschema@.update_onboarding_step(text) IS
    'Marks a step of the caller''s onboarding as completed in profile_setup_progress, and sets onboarding_step of '
    'the profile to the number of completed steps. Errors: 42501 without a user, 23502 for NULL, 54000 for a name '
    'of more than 100 bytes.';

-- rights: authenticated, service_role
-- definer: The service completes it for any user, users for themselves; sets these three columns only.
CREATE OR REPLACE FUNCTION @extschema@.complete_user_onboarding(p_user_id uuid)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    person constant uuid := private.acting_for(p_user_id, false);
BEGIN
    UPDATE @extschema@.profiles SET onboarding_completed = true, onboarding_step = NULL, needs_username_setup = false
     WHERE id = person AND deleted_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user "%" does not exist', person USING ERRCODE = 'no_data_found';
    END IF;
END;
$function$;
COMMENT ON FUNCTION @extschema@.complete_user_onboarding(uuid) IS
    'Marks the application''s onboarding as completed and the username as set up. Does not complete the setup, '
    'which the required steps do. Errors: 42501 for a user other than the caller, P0002 for an unknown or deleted '
    'one.';

-- SECURITY INVOKER: public columns.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_user_stats(user_id_param uuid)
    RETURNS TABLE (total_sales integer, total_listings integer, avg_rating numeric, total_reviews integer)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT COALESCE(p.total_sales, 0), p.listings_count, p.seller_rating, COALESCE(p.seller_rating_count, 0)
      FROM @extschema@.profiles p WHERE p.id = user_id_param
$function$;
COMMENT ON FUNCTION @extschema@.get_user_stats(uuid) IS
    'Returns the completed sales of a user, the listings that others can see, and the rating as a seller with the '
    'number of ratings; no row for an unknown or deleted user.';

-- Amounts of several currencies are no sum.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.added_up(sums jsonb, currency text DEFAULT NULL)
    RETURNS numeric
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN bool_and(one.amount IS NOT NULL) IS NOT FALSE THEN COALESCE(sum(one.amount), 0) END
      FROM (SELECT COALESCE(added_up.currency, CASE WHEN count(*) = 1 THEN min(key) ELSE current_setting('driplo.base_currency') END) AS currency
              FROM jsonb_each_text(COALESCE(sums, '{}'))) target
     CROSS JOIN LATERAL (SELECT CASE WHEN key = target.currency THEN value::numeric ELSE @extschema@.convert(value::numeric, key, target.currency) END AS amount
                           FROM jsonb_each_text(COALESCE(sums, '{}'))) one
$function$;
COMMENT ON FUNCTION private.added_up(jsonb, text) IS
    'Returns the sum of amounts by currency, an object such as {"EUR": 10, "USD": 5}, in a currency, by default their own if it is '
    'one, or else driplo.base_currency, by the exchange rates of today; NULL if there is no rate, 0 for no amounts.';

-- rights: authenticated, service_role
-- definer: What a seller has earned is shown to the seller and the staff only; asks who calls first.
CREATE OR REPLACE FUNCTION @extschema@.get_brand_sales_stats(user_id_param uuid, start_date timestamptz DEFAULT NULL)
    RETURNS TABLE (total_sales bigint, total_revenue numeric, avg_order_value numeric, total_orders bigint)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    seller constant uuid := private.acting_for(user_id_param, true);
BEGIN
    RETURN QUERY
    SELECT COALESCE(sold.pieces, 0), total.worth, round(total.worth / NULLIF(sold.orders, 0), 2), COALESCE(sold.orders, 0)
      FROM (SELECT sum(by_currency.pieces)::bigint AS pieces, sum(by_currency.orders)::bigint AS orders,
                   jsonb_object_agg(by_currency.currency, by_currency.worth) AS sums
              FROM (SELECT o.currency, count(*) AS orders, sum(o.total_amount + COALESCE(o.store_credit_amount, 0) - o.refunded_amount) AS worth,
                           sum((SELECT sum(i.quantity) FROM @extschema@.order_items i WHERE i.order_id = o.id)) AS pieces
                      FROM @extschema@.orders o
                     WHERE o.seller_id = seller
                       AND private.was_paid(o.status::text) AND o.status::text <> 'refunded'
                       AND (start_date IS NULL OR o.paid_at >= start_date)
                     GROUP BY o.currency) by_currency) sold
     CROSS JOIN LATERAL (SELECT private.added_up(sold.sums) AS worth) total;
END;
$function$;
COMMENT ON FUNCTION @extschema@.get_brand_sales_stats(uuid, timestamptz) IS
    'Returns of the orders of a seller that were paid since a time, and neither cancelled nor refunded as a whole: the quantity '
    'sold, the revenue, the revenue of an order on average, and their number. Revenue is what the buyers paid, with store '
    'credit, shipping, taxes, and fees, less what was refunded, in major units: in the currency of the orders if it is one, or '
    'else in driplo.base_currency by today''s rates, and NULL without a rate. Error: 42501 for a user other than the caller, '
    'unless the caller is staff.';

-- Not for anon, who may call no function with rights of its owner.
-- rights: authenticated, service_role
-- definer: Shows public columns of profiles; the earnings of a seller only to that seller, the staff, and the service.
CREATE OR REPLACE FUNCTION @extschema@.get_top_sellers(time_period text DEFAULT 'month', result_limit integer DEFAULT 10)
    RETURNS TABLE (
        id uuid,
        username text,
        full_name text,
        avatar_url text,
        total_sales bigint,
        total_revenue numeric,
        average_rating numeric,
        rating_count integer,
        items_sold bigint,
        account_type text,
        is_verified boolean
    )
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    since constant date := timezone('UTC', CASE time_period WHEN 'week' THEN now() - interval '1 week' WHEN 'month' THEN now() - interval '1 month'
                                                            WHEN 'year' THEN now() - interval '1 year' END)::date + 1;
    most constant integer := least(greatest(COALESCE(result_limit, 10), 0), 100);
    sees_all constant boolean := private.is_service() OR COALESCE(private.caller_role(), '') IN ('moderator', 'admin');
BEGIN
    IF COALESCE(time_period, '') NOT IN ('week', 'month', 'year', 'all') THEN
        RAISE EXCEPTION 'unrecognized time period: "%"', left(COALESCE(time_period, 'NULL'), 20)
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Valid periods are week, month, year, and all.';
    END IF;
    RETURN QUERY
    WITH best AS (
        SELECT p.id, p.total_sales::bigint AS sales FROM @extschema@.profiles p
         WHERE since IS NULL AND p.total_sales > 0 AND p.deleted_at IS NULL AND p.suspended_at IS NULL
         ORDER BY p.total_sales DESC, p.id LIMIT most
    ), recent AS (
        SELECT d.seller_id AS id, sum(d.completed_orders)::bigint AS sales FROM @extschema@.seller_stats_daily d
          JOIN @extschema@.profiles p ON p.id = d.seller_id AND p.deleted_at IS NULL AND p.suspended_at IS NULL
         WHERE d.day >= since AND d.completed_orders > 0
         GROUP BY d.seller_id ORDER BY sum(d.completed_orders) DESC, d.seller_id LIMIT most
    )
    SELECT p.id, p.username::text, p.full_name::text, p.avatar_url, s.sales, earned.worth, p.seller_rating, p.seller_rating_count, earned.pieces,
           p.account_type::text, p.is_verified
      FROM (SELECT * FROM best UNION ALL SELECT * FROM recent) s
      JOIN @extschema@.profiles p ON p.id = s.id
      LEFT JOIN LATERAL (SELECT private.added_up(jsonb_object_agg(by_currency.currency, by_currency.worth)) AS worth,
                                COALESCE(sum(by_currency.pieces), 0)::bigint AS pieces
                           FROM (SELECT o.currency, sum(o.total_amount + COALESCE(o.store_credit_amount, 0) - o.refunded_amount) AS worth,
                                        sum((SELECT sum(i.quantity) FROM @extschema@.order_items i WHERE i.order_id = o.id)) AS pieces
                                   FROM @extschema@.orders o
                                  WHERE since IS NULL AND o.seller_id = p.id AND o.status = 'completed'
                                  GROUP BY o.currency
                                  UNION ALL
                                 SELECT d.currency, sum(d.completed_revenue), sum(d.completed_items)
                                   FROM @extschema@.seller_stats_daily d
                                  WHERE d.seller_id = p.id AND d.day >= since AND d.completed_orders > 0
                                  GROUP BY d.currency) by_currency
                         HAVING sees_all OR p.id = private.caller()) earned ON true
     ORDER BY s.sales DESC, p.id;
END;
$function$;
COMMENT ON FUNCTION @extschema@.get_top_sellers(text, integer) IS
    'Returns at most 100 sellers by their completed sales of the last week, month, or year (by the day of '
    'delivery, UTC, today included), as refresh_user_statistics() has last counted them, or of all time. total_revenue and items_sold are NULL for sellers other than the caller, unless the '
    'caller is staff or the service; revenue is what get_brand_sales_stats() counts, of completed orders. Error: 22023 for another '
    'period.';

-- rights: authenticated, service_role
-- definer: Counts completed orders, which only their parties see, and shows public columns of profiles.
CREATE OR REPLACE FUNCTION @extschema@.get_top_category_sellers(category_uuid uuid)
    RETURNS TABLE (
        id uuid,
        username text,
        avatar_url text,
        full_name text,
        category_sales bigint,
        category_rating numeric,
        category_reviews bigint,
        created_at timestamptz
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $function$
    WITH RECURSIVE below AS (
        SELECT c.id FROM @extschema@.categories c WHERE c.id = category_uuid
        UNION
        SELECT c.id FROM @extschema@.categories c JOIN below b ON c.parent_id = b.id
    ), sold AS (
        SELECT DISTINCT o.id, o.seller_id
          FROM below b
          JOIN @extschema@.listings l ON (l.category_id = b.id AND l.subcategory_id IS NULL) OR l.subcategory_id = b.id
          JOIN @extschema@.order_items i ON i.listing_id = l.id
          JOIN @extschema@.orders o ON o.id = i.order_id AND o.status = 'completed'
    )
    SELECT p.id, p.username::text, p.avatar_url, p.full_name::text, count(DISTINCT s.id), round(avg(r.rating), 2), count(r.rating), p.created_at
      FROM sold s
      JOIN @extschema@.profiles p ON p.id = s.seller_id AND p.deleted_at IS NULL AND p.suspended_at IS NULL
      LEFT JOIN @extschema@.user_ratings r ON r.order_id = s.id AND r.rated_user_id = s.seller_id AND r.hidden_at IS NULL
     GROUP BY p.id ORDER BY count(DISTINCT s.id) DESC, p.id LIMIT 10
$function$;
COMMENT ON FUNCTION @extschema@.get_top_category_sellers(uuid) IS
    'Returns the ten sellers with most completed orders of listings in a category or below it, with the ratings of '
    'these orders.';

-- SECURITY INVOKER: public columns.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_top_brands(limit_count integer DEFAULT 12)
    RETURNS TABLE (
        id uuid,
        username text,
        brand_name text,
        brand_slug text,
        brand_logo_url text,
        avatar_url text,
        badges text[],
        is_verified boolean,
        total_sales integer,
        seller_rating numeric,
        seller_rating_count integer,
        followers_count integer,
        listings_count integer
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER ROWS 12
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT p.id, p.username::text, p.brand_name::text, b.brand_slug::text, COALESCE(b.brand_logo_url, p.brand_logo_url), p.avatar_url, p.badges, p.is_verified,
           COALESCE(p.total_sales, 0), p.seller_rating, p.seller_rating_count, p.follower_count, p.listings_count
      FROM @extschema@.profiles p
      LEFT JOIN @extschema@.brand_profiles b ON b.user_id = p.id
     WHERE p.account_type::text = 'brand'
     ORDER BY p.total_sales DESC NULLS LAST, p.follower_count DESC, p.id
     LIMIT least(greatest(COALESCE(limit_count, 12), 0), 100)
$function$;
COMMENT ON FUNCTION @extschema@.get_top_brands(integer) IS
    'Returns at most 100 brands by their completed sales, with public columns of their profiles and pages.';

-- SECURITY INVOKER: public columns.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_seller_stats()
    RETURNS TABLE (total_sellers bigint, new_this_month bigint, verified_sellers bigint, total_listings bigint, avg_rating numeric)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT count(*), count(*) FILTER (WHERE p.created_at >= now() - interval '1 month'), count(*) FILTER (WHERE p.is_verified),
           COALESCE(sum(p.listings_count), 0), round(avg(p.seller_rating), 2)
      FROM @extschema@.profiles p WHERE p.is_seller = true
$function$;
COMMENT ON FUNCTION @extschema@.get_seller_stats() IS
    'Returns numbers of all users who claim to be sellers: how many there are, how many are new or verified, their '
    'listings that others can see, and their average rating.';
