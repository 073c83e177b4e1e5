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
    WITH payout AS (
        SELECT p.status::text AS status, p.currency::text AS currency, count(*) AS n, sum(p.amount) AS amount
          FROM @extschema@.seller_payouts p
         WHERE (start_date IS NULL OR p.created_at >= start_date) AND (end_date IS NULL OR p.created_at < end_date)
         GROUP BY 1, 2
    ), target AS (
        -- one for all numbers of the row
        SELECT CASE WHEN count(DISTINCT p.currency) = 1 THEN min(p.currency) ELSE current_setting('driplo.base_currency') END AS currency FROM payout p
    ), counted AS (
        SELECT kind.status, COALESCE(sum(p.n), 0)::bigint AS n, private.added_up(jsonb_object_agg(p.currency, p.amount) FILTER (WHERE p.currency IS NOT NULL), (SELECT t.currency FROM target t)) AS amount
          FROM unnest(ARRAY['all', 'pending', 'processing', 'paid', 'failed']) AS kind (status)
          LEFT JOIN (SELECT p.status, p.currency, p.n, p.amount FROM payout p
                     UNION ALL
                     SELECT 'all', p.currency, sum(p.n), sum(p.amount) FROM payout p GROUP BY p.currency) p ON p.status = kind.status
         GROUP BY kind.status
    )
    SELECT whole.n, whole.amount, pending.n, pending.amount, processing.n, processing.amount, paid.n, paid.amount, failed.n, failed.amount
      FROM counted whole, counted pending, counted processing, counted paid, counted failed
     WHERE whole.status = 'all' AND pending.status = 'pending' AND processing.status = 'processing' AND paid.status = 'paid' AND failed.status = 'failed';
END;
$function$;
COMMENT ON FUNCTION @extschema@.get_payout_statistics(timestamptz, timestamptz) IS
    'For admins and the service: returns number and amount of the payouts requested in a time, of all and by status; '
    'completed are those with status paid. Cancelled ones count in the total only. Amounts are in major units, '
    'in the currency of the payouts if it is one, or else in driplo.base_currency by today''s rates, and NULL without a rate. '
    'Error: 42501.';
