-- Currencies: what the platform decides about them.

-- rights: authenticated, service_role (users: admins)
-- definer: Writes what no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.set_smallest_card_amount(currency text, amount numeric)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    amount_before numeric;
BEGIN
    PERFORM private.require_admin('change currencies');
    IF set_smallest_card_amount.currency IS NULL OR amount IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN set_smallest_card_amount.currency IS NULL THEN 'currency' ELSE 'amount' END
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT c.smallest_card_amount INTO amount_before FROM @extschema@.currencies AS c
     WHERE c.code = set_smallest_card_amount.currency FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'invalid currency code: "%"', left(set_smallest_card_amount.currency, 20)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use a currency of the table "currencies".';
    END IF;
    -- NaN is greater than every number
    IF amount < 0 OR amount > 99999999.99 OR amount * 100 % private.smallest_unit(set_smallest_card_amount.currency) <> 0 THEN
        RAISE EXCEPTION 'amount must be a multiple of the smallest unit of the currency, from 0 to 99999999.99'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use 0 for no minimum.';
    END IF;
    UPDATE @extschema@.currencies AS c SET smallest_card_amount = amount WHERE c.code = set_smallest_card_amount.currency;
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, old_values, new_values)
    VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller()), 'set_smallest_card_amount', 'currency',
            pg_catalog.jsonb_build_object('code', set_smallest_card_amount.currency, 'smallest_card_amount', amount_before),
            pg_catalog.jsonb_build_object('code', set_smallest_card_amount.currency, 'smallest_card_amount', amount));
END;
$function$;
COMMENT ON FUNCTION @extschema@.set_smallest_card_amount(text, numeric) IS
    'For admins and the service: changes the smallest amount in major units that a card can pay in a currency, 0 for none. Store credit '
    'leaves no less to pay. On record in admin_audit_log. Errors: 42501, 22004, 22023.';
