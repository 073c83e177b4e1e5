-- Payments: the platform's fee, and payments that stay within their order.

CREATE OR REPLACE FUNCTION @extschema@.calculate_platform_fee(amount numeric)
    RETURNS numeric
    LANGUAGE c STABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_calculate_platform_fee';
COMMENT ON FUNCTION @extschema@.calculate_platform_fee(numeric) IS
    'The platform''s share of an amount, in the amount''s currency, rounded to two digits half away from zero. '
    'The rate is driplo.platform_fee_percent (default 5). Exact for every numeric; NaN and infinity stay what they are.';

-- SECURITY DEFINER: all payments of the order count, not only those that the caller may see.
CREATE OR REPLACE FUNCTION private.check_payment_total()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    order_total numeric;
    payments_total numeric;
BEGIN
    -- The order is the lock under which its payments are added up, so that two payments at once see each other.
    SELECT shop_order.total_amount INTO order_total
        FROM @extschema@.orders AS shop_order WHERE shop_order.id = NEW.order_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;    -- the foreign key reports it
    END IF;
    IF current_setting('transaction_isolation') = 'repeatable read' THEN
        -- Its snapshot cannot show a payment that was committed since, and a lock alone leaves no trace.
        -- A new row version does: the second transaction gets 40001.
        UPDATE @extschema@.orders AS shop_order SET notes = shop_order.notes WHERE shop_order.id = NEW.order_id;
    END IF;
    SELECT sum(payment.amount) INTO payments_total
        FROM @extschema@.payment_transactions AS payment
        WHERE payment.order_id = NEW.order_id
          AND payment.status::text NOT IN ('failed', 'cancelled');
    IF payments_total > order_total THEN
        RAISE EXCEPTION 'payments must not exceed the total of the order'
            USING ERRCODE = 'check_violation',
                  DETAIL = format('The payments would add up to %s, the order''s total is %s.', payments_total, order_total),
                  HINT = 'Mark a payment that did not succeed as failed or cancelled before recording another one.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'check_payment_total';
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.check_payment_total() IS
    'Trigger on payment_transactions: the payments of an order that have not failed or been cancelled add up to its total at most, '
    'also when two are recorded at once. Error: 23514.';
