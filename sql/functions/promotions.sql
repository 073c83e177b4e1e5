-- Promotions: a coupon counts its own uses.

CREATE OR REPLACE FUNCTION private.complete_coupon()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'driplo_complete_coupon';
COMMENT ON FUNCTION private.complete_coupon() IS
    'Trigger on coupons: removes invisible characters around the code, sets driplo.coupon_currency for amounts '
    'without a currency, and sets created_by. Errors: 42501 for a platform coupon that names the admin who writes '
    'it, 22023 for an unknown currency or an amount that is not valid in it.';

-- SECURITY DEFINER: admin_audit_log is nobody's to write. What functions do is recorded by src/api/call/audit.cpp, here what
-- an admin writes into the tables.
CREATE OR REPLACE FUNCTION private.record_staff_change()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    zone text := current_setting('TimeZone');
    before jsonb;
    after jsonb;
    affected jsonb;
    old_values jsonb;
    new_values jsonb;
BEGIN
    -- times are recorded alike, whatever the session's zone
    PERFORM set_config('TimeZone', 'UTC', true);
    before := CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END;
    after := CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END;
    PERFORM set_config('TimeZone', zone, true);
    affected := coalesce(after, before);
    -- what has a seller is the seller's own
    IF affected ->> 'seller_id' IS NOT NULL OR private.caller_role() IS DISTINCT FROM 'admin' THEN
        RETURN NULL;
    END IF;
    SELECT jsonb_object_agg(key, value) INTO old_values FROM jsonb_each(before)
        WHERE after IS NULL OR (value IS DISTINCT FROM after -> key AND key <> 'updated_at');
    SELECT jsonb_object_agg(key, value) INTO new_values FROM jsonb_each(after)
        WHERE before IS NULL OR (value IS DISTINCT FROM before -> key AND key <> 'updated_at');
    IF old_values IS NOT NULL OR new_values IS NOT NULL THEN
        INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, target_id, old_values, new_values)
            VALUES (private.caller(), lower(TG_OP) || '_' || TG_ARGV[0], TG_ARGV[0], (affected ->> 'id')::uuid, old_values, new_values);
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.record_staff_change() IS
    'Trigger on coupons and categories: records inserts, updates, and deletes of platform data by an admin in '
    'admin_audit_log, with the values before and after.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.coupon_code(code text)
    RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'driplo_coupon_code';
COMMENT ON FUNCTION private.coupon_code(text) IS
    'Returns a code as codes are compared: without invisible characters around it, and with a to z in upper case. '
    'For codes in coupons it equals upper(code COLLATE "C").';

-- SECURITY DEFINER: the code is the key to a coupon that policies do not show around.
-- rights: authenticated, service_role
-- definer: The policies do not show coupons around: the code is the key. One coupon for one code, and none that is not
--     valid or made for others.
CREATE OR REPLACE FUNCTION @extschema@.find_coupon(coupon_code text)
    RETURNS TABLE (
        id uuid,
        code text,
        name text,
        description text,
        discount_type text,
        discount_value numeric,
        minimum_purchase numeric,
        maximum_discount numeric,
        buy_quantity integer,
        get_quantity integer,
        valid_from timestamptz,
        valid_until timestamptz,
        target_type text,
        seller_id uuid,
        category_ids uuid[],
        listing_ids uuid[],
        excluded_listing_ids uuid[],
        new_users_only boolean,
        minimum_account_age_days integer,
        can_stack boolean,
        currency text,
        get_category_ids uuid[],
        get_listing_ids uuid[]
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT c.id, c.code::text, c.name::text, c.description, c.discount_type::text, c.discount_value, c.minimum_purchase,
           c.maximum_discount, c.buy_quantity, c.get_quantity, c.valid_from, c.valid_until, c.target_type::text, c.seller_id,
           c.category_ids, c.listing_ids, c.excluded_listing_ids, c.new_users_only, c.minimum_account_age_days, c.can_stack,
           c.currency::text, c.get_category_ids, c.get_listing_ids
      FROM @extschema@.coupons c
     WHERE upper(c.code::text COLLATE "C") = private.coupon_code(coupon_code)
       AND c.is_active
       AND (c.valid_from IS NULL OR c.valid_from <= now())
       AND (c.valid_until IS NULL OR c.valid_until >= now())
       AND (coalesce(c.user_ids, '{}') = '{}' OR private.caller() = ANY (c.user_ids))
$function$;
COMMENT ON FUNCTION @extschema@.find_coupon(text) IS
    'Returns the coupon with this code, in upper or lower case, if it is active, valid now, and not restricted to '
    'other users; else no row. Amounts are in major units of currency, discount_value of type percentage is a '
    'percentage.';

-- SECURITY DEFINER: a buyer's use is counted on a coupon that the buyer may not write.
-- The limits are those that find_coupons (src/api/cart/quote.cpp) tells before.
CREATE OR REPLACE FUNCTION private.count_coupon_use()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    counted_before boolean := TG_OP <> 'INSERT' AND OLD.is_successful IS TRUE;
    counted_now boolean := TG_OP <> 'DELETE' AND NEW.is_successful IS TRUE;
    coupon record;
    uses_by_user bigint;
    -- of several rows of one checkout one counts
    use_before boolean := counted_before AND OLD.counts;
    use_now boolean := counted_now AND NEW.counts;
    heir uuid;
    -- a use without an order is in whatever the coupon counts
    currency_before text := CASE WHEN counted_before THEN (SELECT o.currency FROM @extschema@.orders AS o WHERE o.id = OLD.order_id) END;
    currency_now text := CASE WHEN counted_now THEN (SELECT o.currency FROM @extschema@.orders AS o WHERE o.id = NEW.order_id) END;
BEGIN
    IF NOT counted_before AND NOT counted_now THEN
        RETURN NULL;
    END IF;
    -- A user who has deleted the account has used the coupon all the same. A coupon that is gone counts nothing.
    IF counted_before AND counted_now
        AND OLD.coupon_id IS NOT DISTINCT FROM NEW.coupon_id
        AND (OLD.user_id IS NOT DISTINCT FROM NEW.user_id OR NEW.user_id IS NULL)
        AND OLD.discount_amount = NEW.discount_amount
    THEN
        RETURN NULL;
    END IF;

    -- A use that moves to another coupon locks both, in the order in which everybody locks.
    PERFORM 1
        FROM @extschema@.coupons AS locked
        WHERE locked.id = CASE WHEN counted_before THEN OLD.coupon_id END
           OR locked.id = CASE WHEN counted_now THEN NEW.coupon_id END
        ORDER BY locked.id
        FOR NO KEY UPDATE;

    IF counted_before THEN
        -- The use lasts as long as one of the checkout's orders: another row counts for it then.
        IF use_before AND NOT counted_now THEN
            SELECT sibling.id INTO heir
                FROM @extschema@.coupon_usage AS sibling
                WHERE sibling.coupon_id = OLD.coupon_id
                  AND sibling.checkout_id = OLD.checkout_id
                  AND sibling.id <> OLD.id
                  AND sibling.is_successful
                ORDER BY sibling.id
                LIMIT 1;
            IF FOUND THEN
                UPDATE @extschema@.coupon_usage AS sibling SET counts = true WHERE sibling.id = heir;
                UPDATE @extschema@.coupon_usage AS gone SET counts = false WHERE gone.id = OLD.id;
                use_before := false;
            END IF;
        END IF;
        -- Not below 0: a counter that somebody reset by hand must not make an old use undeletable.
        UPDATE @extschema@.coupons AS used
            SET usage_count = greatest(coalesce(used.usage_count, 0) - use_before::integer, 0),
                total_discount_given = greatest(coalesce(used.total_discount_given, 0)
                    - CASE WHEN currency_before <> used.total_discount_currency THEN 0 ELSE OLD.discount_amount END, 0)
            WHERE used.id = OLD.coupon_id;
    END IF;

    IF counted_now THEN
        SELECT used.usage_limit, used.usage_limit_per_user, coalesce(used.usage_count, 0) AS usage_count INTO coupon
            FROM @extschema@.coupons AS used WHERE used.id = NEW.coupon_id;
        IF NOT FOUND THEN
            RETURN NULL;    -- the foreign key reports it
        END IF;
        IF use_now AND coupon.usage_count >= coupon.usage_limit THEN
            RAISE EXCEPTION 'usage limit of the coupon has been reached'
                USING ERRCODE = 'MK004',
                      DETAIL = format('The coupon can be used %s times.', coupon.usage_limit),
                      HINT = 'Remove the coupon or use another one.',
                      SCHEMA = TG_TABLE_SCHEMA,
                      TABLE = TG_TABLE_NAME;
        END IF;
        SELECT count(*) INTO uses_by_user
            FROM @extschema@.coupon_usage AS earlier
            WHERE earlier.coupon_id = NEW.coupon_id
              AND earlier.user_id = NEW.user_id
              AND earlier.is_successful
              AND earlier.counts;
        IF uses_by_user > coupon.usage_limit_per_user THEN
            RAISE EXCEPTION 'usage limit per user of the coupon has been reached'
                USING ERRCODE = 'MK004',
                      DETAIL = format('Each user can use the coupon %s times.', coupon.usage_limit_per_user),
                      HINT = 'Remove the coupon or use another one.',
                      SCHEMA = TG_TABLE_SCHEMA,
                      TABLE = TG_TABLE_NAME;
        END IF;
        UPDATE @extschema@.coupons AS used
            SET usage_count = coalesce(used.usage_count, 0) + use_now::integer,
                -- a sum that is only shown must not stop a sale
                total_discount_given = least(coalesce(used.total_discount_given, 0)
                    + CASE WHEN currency_now <> used.total_discount_currency THEN 0 ELSE NEW.discount_amount END, 999999999999.99),
                total_discount_currency = coalesce(used.total_discount_currency, currency_now)
            WHERE used.id = NEW.coupon_id;
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.count_coupon_use() IS
    'Trigger on coupon_usage: maintains usage_count and total_discount_given of the coupon and rejects uses '
    'beyond usage_limit or usage_limit_per_user, also with concurrent uses. Error: MK004.';

-- rights: authenticated, service_role
-- definer: As quote_checkout().
CREATE OR REPLACE FUNCTION @extschema@.validate_coupon(coupon_code text)
    RETURNS TABLE (valid boolean, reason text, discount_amount numeric)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_validate_coupon';
COMMENT ON FUNCTION @extschema@.validate_coupon(text) IS
    'Returns whether the caller can use the coupon for the current cart, and its discount in major units, or NULL '
    'for several currencies; several codes are separated by commas. reason is NULL or unknown, expired, '
    'not_started, used_up, used_by_you, minimum_not_met, not_for_you, new_users_only, account_too_young, '
    'no_matching_items, cannot_be_combined. Errors: 42501 without a user, 22004.';
