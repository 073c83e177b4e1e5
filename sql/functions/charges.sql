-- What is charged for a sale beside its price: what admins change of it, for later checkouts only. Orders keep what they were placed with.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.log_charge(action text, target_type text, target_id uuid, old_values jsonb, new_values jsonb)
    RETURNS void
    LANGUAGE sql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, target_id, old_values, new_values)
    VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller()), action, target_type, target_id, old_values, new_values)
$function$;
COMMENT ON FUNCTION private.log_charge(text, text, uuid, jsonb, jsonb) IS
    'Puts a change of a tax rate or commission rule on record in admin_audit_log.';

-- In UTC, whatever the session's time zone is.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.commission_rule_values(rule_id uuid)
    RETURNS jsonb
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
AS $function$
    SELECT to_jsonb(r) FROM @extschema@.commission_rules r WHERE r.id = rule_id
$function$;
COMMENT ON FUNCTION private.commission_rule_values(uuid) IS 'Returns a commission rule as the audit log has it; NULL if there is none.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_charge_name(name text)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF name IS NULL THEN
        RAISE EXCEPTION 'name must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF btrim(name) = '' OR length(name) > 100 THEN
        RAISE EXCEPTION 'name must have 1 to 100 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.require_charge_name(text) IS 'Fails unless a tax rate or commission rule can have that name. Errors: 22004, 22023.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_category(category_id uuid)
    RETURNS void
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF category_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.categories c WHERE c.id = require_category.category_id) THEN
        RAISE EXCEPTION 'category "%" does not exist', category_id USING ERRCODE = 'no_data_found';
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.require_category(uuid) IS 'Fails unless the category exists or is NULL. Error: P0002.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes what no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.set_tax_rate(
    country_code text, percent numeric, name text, region text DEFAULT NULL, category_id uuid DEFAULT NULL,
    taxes_shipping boolean DEFAULT true, valid_from date DEFAULT NULL, taxes_fee boolean DEFAULT true
)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    today CONSTANT date := (now() AT TIME ZONE 'UTC')::date;
    begins CONSTANT date := coalesce(set_tax_rate.valid_from, today);
    row_before jsonb;
    rate_id uuid;
BEGIN
    PERFORM private.require_admin('change tax rates');
    IF set_tax_rate.country_code IS NULL OR set_tax_rate.percent IS NULL OR set_tax_rate.taxes_shipping IS NULL OR set_tax_rate.taxes_fee IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN set_tax_rate.country_code IS NULL THEN 'country_code'
                                                   WHEN set_tax_rate.percent IS NULL THEN 'percent'
                                                   WHEN set_tax_rate.taxes_shipping IS NULL THEN 'taxes_shipping' ELSE 'taxes_fee' END
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM private.require_charge_name(set_tax_rate.name);
    IF set_tax_rate.country_code !~ '^[A-Z]{2}$' THEN
        RAISE EXCEPTION 'country_code must be two capital letters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- NaN is greater than every number
    IF set_tax_rate.percent < 0 OR set_tax_rate.percent > 100 OR set_tax_rate.percent * 10000 % 1 <> 0 THEN
        RAISE EXCEPTION 'percent must be between 0 and 100 with at most 4 decimal places' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF btrim(set_tax_rate.region) = '' OR length(set_tax_rate.region) > 100 THEN
        RAISE EXCEPTION 'region must have 1 to 100 characters'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use NULL for the whole country.';
    END IF;
    IF begins < today OR NOT isfinite(begins) THEN
        RAISE EXCEPTION 'valid_from must not be in the past'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Orders that are placed keep their tax.';
    END IF;
    PERFORM private.require_category(set_tax_rate.category_id);
    -- of two admins at once the second changes what the first has written
    LOCK TABLE @extschema@.tax_rates IN SHARE ROW EXCLUSIVE MODE;
    SELECT t.id, to_jsonb(t) INTO rate_id, row_before FROM @extschema@.tax_rates t
     WHERE t.country_code::text = set_tax_rate.country_code AND t.valid_from = begins
       AND lower(t.region::text) IS NOT DISTINCT FROM lower(set_tax_rate.region)
       AND t.category_id IS NOT DISTINCT FROM set_tax_rate.category_id
     LIMIT 1;
    IF FOUND THEN
        UPDATE @extschema@.tax_rates AS t
           SET percent = set_tax_rate.percent, name = set_tax_rate.name, taxes_shipping = set_tax_rate.taxes_shipping,
               taxes_fee = set_tax_rate.taxes_fee
         WHERE t.id = rate_id;
    ELSE
        INSERT INTO @extschema@.tax_rates (country_code, region, category_id, name, percent, taxes_shipping, valid_from, taxes_fee)
        VALUES (set_tax_rate.country_code, set_tax_rate.region, set_tax_rate.category_id, set_tax_rate.name,
                set_tax_rate.percent, set_tax_rate.taxes_shipping, begins, set_tax_rate.taxes_fee)
        RETURNING id INTO rate_id;
    END IF;
    PERFORM private.log_charge('set_tax_rate', 'tax_rate', rate_id, row_before, (SELECT to_jsonb(t) FROM @extschema@.tax_rates t WHERE t.id = rate_id));
    RETURN rate_id;
END;
$function$;
COMMENT ON FUNCTION @extschema@.set_tax_rate(text, numeric, text, text, uuid, boolean, date, boolean) IS
    'For admins and the service: a tax rate in percent for a country, a region of it and a category, from a day on (UTC; today by default). One that '
    'begins the same day is changed, one that began before gives way. Checkouts from then on have it; orders keep theirs. Returns its ID. On record in '
    'admin_audit_log. Errors: 42501, 22004, 22023, P0002 for an unknown category.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes what no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.remove_tax_rate(tax_rate_id uuid)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    row_before jsonb;
BEGIN
    PERFORM private.require_admin('change tax rates');
    IF tax_rate_id IS NULL THEN
        RAISE EXCEPTION 'tax_rate_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM @extschema@.tax_rates t WHERE t.id = remove_tax_rate.tax_rate_id RETURNING to_jsonb(t) INTO row_before;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'tax rate "%" does not exist', tax_rate_id USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM private.log_charge('remove_tax_rate', 'tax_rate', remove_tax_rate.tax_rate_id, row_before, NULL);
END;
$function$;
COMMENT ON FUNCTION @extschema@.remove_tax_rate(uuid) IS
    'For admins and the service: removes a tax rate. The one that it had replaced counts again, else the one of the category above or of the country. '
    'Orders keep their tax. On record in admin_audit_log. Errors: 42501, 22004, P0002.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes what no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.add_commission_rule(
    name text, percent numeric, seller_id uuid DEFAULT NULL, category_id uuid DEFAULT NULL, currency text DEFAULT NULL,
    price_from numeric DEFAULT NULL, price_below numeric DEFAULT NULL, flat numeric DEFAULT 0, minimum numeric DEFAULT NULL,
    maximum numeric DEFAULT NULL, of_shipping boolean DEFAULT NULL, priority integer DEFAULT 0,
    valid_from timestamptz DEFAULT NULL, valid_until timestamptz DEFAULT NULL
)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    begins CONSTANT timestamptz := coalesce(add_commission_rule.valid_from, now());
    of_it CONSTANT jsonb := pg_catalog.jsonb_build_object('price_from', price_from, 'price_below', price_below, 'flat', flat, 'minimum', minimum, 'maximum', maximum);
    wrong text;
    rule_id uuid;
BEGIN
    PERFORM private.require_admin('change commission rules');
    PERFORM private.require_charge_name(add_commission_rule.name);
    IF add_commission_rule.percent IS NULL OR add_commission_rule.flat IS NULL OR add_commission_rule.priority IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN add_commission_rule.percent IS NULL THEN 'percent'
                                                   WHEN add_commission_rule.flat IS NULL THEN 'flat' ELSE 'priority' END
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF add_commission_rule.percent < 0 OR add_commission_rule.percent > 100 OR add_commission_rule.percent * 100 % 1 <> 0 THEN
        RAISE EXCEPTION 'percent must be between 0 and 100 with at most 2 decimal places' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF add_commission_rule.currency IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.currencies c WHERE c.code = add_commission_rule.currency) THEN
        RAISE EXCEPTION 'invalid currency code: "%"', left(add_commission_rule.currency, 20)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use a currency of the table "currencies".';
    END IF;
    IF add_commission_rule.currency IS NULL
       AND (flat <> 0 OR num_nonnulls(add_commission_rule.minimum, add_commission_rule.maximum, add_commission_rule.price_from, add_commission_rule.price_below) > 0) THEN
        RAISE EXCEPTION 'commission rule with amounts must have a currency' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT a.key INTO wrong FROM pg_catalog.jsonb_each_text(of_it) AS a
     WHERE a.value::numeric < 0 OR a.value::numeric > 99999999.99
        OR a.value::numeric * 100 % coalesce(private.smallest_unit(add_commission_rule.currency), 1) <> 0
     ORDER BY a.key LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION '% must be a multiple of the smallest unit of the currency, from 0 to 99999999.99', wrong
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF add_commission_rule.minimum > add_commission_rule.maximum OR add_commission_rule.price_from >= add_commission_rule.price_below THEN
        RAISE EXCEPTION '% must be below %', CASE WHEN add_commission_rule.minimum > add_commission_rule.maximum THEN 'minimum' ELSE 'price_from' END,
                        CASE WHEN add_commission_rule.minimum > add_commission_rule.maximum THEN 'maximum' ELSE 'price_below' END
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF begins < now() THEN
        RAISE EXCEPTION 'valid_from must not be in the past'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Orders that are placed keep their fee.';
    ELSIF add_commission_rule.valid_until <= begins THEN
        RAISE EXCEPTION 'valid_until must be after valid_from' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF add_commission_rule.seller_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = add_commission_rule.seller_id) THEN
        RAISE EXCEPTION 'user "%" does not exist', add_commission_rule.seller_id USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM private.require_category(add_commission_rule.category_id);
    -- of two admins at once the second sees the rule of the first
    LOCK TABLE @extschema@.commission_rules IN SHARE ROW EXCLUSIVE MODE;
    SELECT r.name INTO wrong FROM @extschema@.commission_rules r
     WHERE r.priority = add_commission_rule.priority
       AND r.seller_id IS NOT DISTINCT FROM add_commission_rule.seller_id
       AND r.category_id IS NOT DISTINCT FROM add_commission_rule.category_id
       AND (r.currency IS NULL OR add_commission_rule.currency IS NULL OR r.currency::text = add_commission_rule.currency)
       AND numrange(r.price_from, r.price_below) && numrange(add_commission_rule.price_from, add_commission_rule.price_below)
       AND tstzrange(r.valid_from, r.valid_until) && tstzrange(begins, add_commission_rule.valid_until)
     ORDER BY r.valid_from, r.id LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'commission rule overlaps another of the same priority'
            USING ERRCODE = 'unique_violation',
                  DETAIL = format('The other one, "%s", is for the same seller, category, prices, and time.', wrong),
                  HINT = 'End the other rule first, or use another priority.';
    END IF;
    INSERT INTO @extschema@.commission_rules (
        name, priority, seller_id, category_id, currency, price_from, price_below, percent, flat, minimum, maximum, of_shipping, valid_from, valid_until
    ) VALUES (
        add_commission_rule.name, add_commission_rule.priority, add_commission_rule.seller_id, add_commission_rule.category_id,
        add_commission_rule.currency, add_commission_rule.price_from, add_commission_rule.price_below, add_commission_rule.percent,
        add_commission_rule.flat, add_commission_rule.minimum, add_commission_rule.maximum, add_commission_rule.of_shipping, begins,
        add_commission_rule.valid_until
    ) RETURNING id INTO rule_id;
    PERFORM private.log_charge('add_commission_rule', 'commission_rule', rule_id, NULL, private.commission_rule_values(rule_id));
    RETURN rule_id;
END;
$function$;
COMMENT ON FUNCTION @extschema@.add_commission_rule(text, numeric, uuid, uuid, text, numeric, numeric, numeric, numeric, numeric, boolean, integer, timestamptz, timestamptz) IS
    'For admins and the service: what the platform keeps of the order items that the rule fits, from a time on (now by default). Orders keep theirs. A rule '
    'is not changed: end it and add another. Returns its ID. On record in admin_audit_log. Errors: 42501, 22004, 22023, P0002 for an unknown user or category, '
    '23505 for a rule that overlaps another of the same priority.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes what no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.end_commission_rule(rule_id uuid, ends_at timestamptz DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    ended CONSTANT timestamptz := coalesce(ends_at, now());
    rule @extschema@.commission_rules%ROWTYPE;
    row_before jsonb;
BEGIN
    PERFORM private.require_admin('change commission rules');
    IF rule_id IS NULL THEN
        RAISE EXCEPTION 'rule_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT r.* INTO rule FROM @extschema@.commission_rules r WHERE r.id = end_commission_rule.rule_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'commission rule "%" does not exist', rule_id USING ERRCODE = 'no_data_found';
    END IF;
    IF ended < now() THEN
        RAISE EXCEPTION 'ends_at must not be in the past'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Orders that are placed keep their fee.';
    ELSIF rule.valid_until <= ended THEN
        RAISE EXCEPTION 'commission rule already ends at that time or before'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Add another rule for the time after that.';
    END IF;
    row_before := private.commission_rule_values(rule.id);
    IF rule.valid_from >= ended THEN
        DELETE FROM @extschema@.commission_rules r WHERE r.id = rule.id;
    ELSE
        UPDATE @extschema@.commission_rules r SET valid_until = ended WHERE r.id = rule.id;
    END IF;
    PERFORM private.log_charge('end_commission_rule', 'commission_rule', rule.id, row_before, private.commission_rule_values(rule.id));
END;
$function$;
COMMENT ON FUNCTION @extschema@.end_commission_rule(uuid, timestamptz) IS
    'For admins and the service: ends a commission rule at a time, now by default. One that has not begun by then is removed. Orders keep their fee. On '
    'record in admin_audit_log. Errors: 42501, 22004, 22023, P0002.';
