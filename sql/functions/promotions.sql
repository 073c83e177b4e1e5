-- Promotions: a coupon counts its own uses.

-- SECURITY DEFINER: the code is the key to a coupon that policies do not show around.
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
        can_stack boolean
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT c.id, c.code::text, c.name::text, c.description, c.discount_type::text, c.discount_value, c.minimum_purchase,
           c.maximum_discount, c.buy_quantity, c.get_quantity, c.valid_from, c.valid_until, c.target_type::text, c.seller_id,
           c.category_ids, c.listing_ids, c.excluded_listing_ids, c.new_users_only, c.minimum_account_age_days, c.can_stack
      FROM @extschema@.coupons c
     WHERE c.code = btrim(coupon_code)
       AND c.is_active
       AND (c.valid_from IS NULL OR c.valid_from <= now())
       AND (c.valid_until IS NULL OR c.valid_until >= now())
       AND (coalesce(c.user_ids, '{}') = '{}' OR private.caller() = ANY (c.user_ids))
$function$;
COMMENT ON FUNCTION @extschema@.find_coupon(text) IS
    'The coupon with this code, in upper and lower case as it was given out, when it is active and valid now and not meant for somebody else; no row otherwise. '
    'Amounts in major units of the order''s currency, discount_value in percent for percentage.';

-- SECURITY DEFINER: a buyer's use is counted on a coupon that the buyer may not write.
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
        -- Not below 0: a counter that somebody reset by hand must not make an old use undeletable.
        UPDATE @extschema@.coupons AS used
            SET usage_count = greatest(coalesce(used.usage_count, 0) - 1, 0),
                total_discount_given = greatest(coalesce(used.total_discount_given, 0) - OLD.discount_amount, 0)
            WHERE used.id = OLD.coupon_id;
    END IF;

    IF counted_now THEN
        SELECT used.usage_limit, used.usage_limit_per_user, coalesce(used.usage_count, 0) AS usage_count INTO coupon
            FROM @extschema@.coupons AS used WHERE used.id = NEW.coupon_id;
        IF NOT FOUND THEN
            RETURN NULL;    -- the foreign key reports it
        END IF;
        IF coupon.usage_count >= coupon.usage_limit THEN
            RAISE EXCEPTION 'coupon is used up'
                USING ERRCODE = 'MK004',
                      DETAIL = format('It may be used %s times.', coupon.usage_limit),
                      HINT = 'Order without the coupon, or choose another one.',
                      SCHEMA = TG_TABLE_SCHEMA,
                      TABLE = TG_TABLE_NAME;
        END IF;
        SELECT count(*) INTO uses_by_user
            FROM @extschema@.coupon_usage AS earlier
            WHERE earlier.coupon_id = NEW.coupon_id
              AND earlier.user_id = NEW.user_id
              AND earlier.is_successful;
        IF uses_by_user > coupon.usage_limit_per_user THEN
            RAISE EXCEPTION 'coupon is used up for this user'
                USING ERRCODE = 'MK004',
                      DETAIL = format('A user may use it %s times.', coupon.usage_limit_per_user),
                      HINT = 'Order without the coupon, or choose another one.',
                      SCHEMA = TG_TABLE_SCHEMA,
                      TABLE = TG_TABLE_NAME;
        END IF;
        UPDATE @extschema@.coupons AS used
            SET usage_count = coalesce(used.usage_count, 0) + 1,
                total_discount_given = coalesce(used.total_discount_given, 0) + NEW.discount_amount
            WHERE used.id = NEW.coupon_id;
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.count_coupon_use() IS
    'Trigger on coupon_usage: keeps usage_count and total_discount_given of the coupon in step with its successful uses and refuses '
    'one beyond usage_limit or usage_limit_per_user, also when two come at once. Error: MK004.';
