-- Payments: how a seller wants to be paid out. Account numbers are written and never read again by a client: they are in no
-- column that one may select, in no log of driplo's, and in no error.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.masked_number(number text)
    RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT '****' || CASE WHEN length(bare) >= 8 THEN right(bare, 4) ELSE '' END
      FROM (SELECT regexp_replace(masked_number.number, '[[:space:]]', '', 'g') AS bare) n
$function$;
COMMENT ON FUNCTION private.masked_number(text) IS
    'Returns **** and the last four characters of an account number, or **** alone for one of fewer than eight.';

-- SECURITY DEFINER: whether the user has an account already is to be known whoever inserts.
CREATE OR REPLACE FUNCTION private.hide_bank_numbers()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    before jsonb := jsonb '{}';
    wanted jsonb;
    stored jsonb := jsonb '{}';
    column_name text;
BEGIN
    -- What fires it AFTER has a number to see.
    IF TG_WHEN = 'AFTER' THEN
        RAISE EXCEPTION 'bank_account_number and bank_routing_number must be masked'
            USING ERRCODE = 'check_violation',
                  HINT = 'Check for user-defined triggers on payment_accounts, or repeat the statement if another session has created the account.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = TG_NAME;
    END IF;
    IF TG_OP = 'UPDATE' THEN
        before := to_jsonb(OLD);
        stored := COALESCE(OLD.bank_numbers, '{}');
    -- What becomes an update has its turn there, with the numbers: ON CONFLICT takes the row as it leaves here.
    ELSIF EXISTS (SELECT FROM @extschema@.payment_accounts AS account WHERE account.user_id = NEW.user_id) THEN
        RETURN NEW;
    END IF;
    wanted := to_jsonb(NEW);
    FOREACH column_name IN ARRAY ARRAY['bank_account_number', 'bank_routing_number'] LOOP
        CONTINUE WHEN wanted -> column_name IS NOT DISTINCT FROM before -> column_name;
        IF wanted ->> column_name LIKE '%*%' THEN
            RAISE EXCEPTION '% must not be masked', column_name
                USING ERRCODE = 'invalid_parameter_value',
                      HINT = 'Write the whole number, or leave the column unchanged.';
        END IF;
        IF wanted ->> column_name IS NULL THEN
            stored := stored - column_name;
        ELSE
            stored := stored || jsonb_build_object(column_name, wanted ->> column_name);
        END IF;
        IF column_name = 'bank_account_number' THEN
            NEW.bank_account_number := private.masked_number(NEW.bank_account_number);
        ELSE
            NEW.bank_routing_number := private.masked_number(NEW.bank_routing_number);
        END IF;
    END LOOP;
    NEW.bank_numbers := NULLIF(stored, '{}');
    IF TG_OP = 'UPDATE' AND NEW.verified AND OLD.verified
       AND (NEW.payout_method, NEW.revtag, NEW.paypal_email, NEW.bank_name, NEW.bank_account_name, NEW.bank_account_number, NEW.bank_routing_number, NEW.bank_numbers)
           IS DISTINCT FROM
           (OLD.payout_method, OLD.revtag, OLD.paypal_email, OLD.bank_name, OLD.bank_account_name, OLD.bank_account_number, OLD.bank_routing_number, OLD.bank_numbers) THEN
        NEW.verified := false;
    END IF;
    IF NEW.verified AND (TG_OP = 'INSERT' OR NOT OLD.verified) AND NOT private.is_service() THEN
        RAISE EXCEPTION 'users cannot verify their own payout details'
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'The service sets verified after it has checked them.';
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.hide_bank_numbers() IS
    'Trigger on payment_accounts: moves account and routing number to bank_numbers and leaves a mask in their '
    'columns (22023 for a new value that is masked, 23514 for a row that is written unmasked after all); any change '
    'of the payout details clears verified, which only the service can set (42501).';

-- rights: authenticated, service_role (users: staff)
-- definer: Payouts of all sellers are shown to the staff only; asks who calls first.
CREATE OR REPLACE FUNCTION @extschema@.get_payout_statistics(start_date timestamptz DEFAULT NULL, end_date timestamptz DEFAULT NULL)
    RETURNS TABLE (
        total_payouts bigint,
        total_amount numeric,
        pending_count bigint,
        pending_amount numeric,
        processing_count bigint,
        processing_amount numeric,
        completed_count bigint,
        completed_amount numeric,
        failed_count bigint,
        failed_amount numeric
    )
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT (private.is_service() OR COALESCE(private.caller_role(), '') = 'admin') THEN
        RAISE EXCEPTION 'only an admin or the service can see the payouts of all sellers' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY
    SELECT count(*), COALESCE(sum(p.amount), 0),
           count(*) FILTER (WHERE p.status::text = 'pending'), COALESCE(sum(p.amount) FILTER (WHERE p.status::text = 'pending'), 0),
           count(*) FILTER (WHERE p.status::text = 'processing'), COALESCE(sum(p.amount) FILTER (WHERE p.status::text = 'processing'), 0),
           count(*) FILTER (WHERE p.status::text = 'paid'), COALESCE(sum(p.amount) FILTER (WHERE p.status::text = 'paid'), 0),
           count(*) FILTER (WHERE p.status::text = 'failed'), COALESCE(sum(p.amount) FILTER (WHERE p.status::text = 'failed'), 0)
      FROM @extschema@.seller_payouts p
     WHERE (start_date IS NULL OR p.created_at >= start_date) AND (end_date IS NULL OR p.created_at < end_date);
END;
$function$;
COMMENT ON FUNCTION @extschema@.get_payout_statistics(timestamptz, timestamptz) IS
    'For admins and the service: returns number and amount of the payouts requested in a time, of all and by status; '
    'completed are those with status paid. Cancelled ones count in the total only. Amounts are in major units, '
    'without regard to the currency. Error: 42501.';
