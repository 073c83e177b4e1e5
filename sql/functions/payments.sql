-- Payments: the platform's fee, and payments and refunds that stay within their order.

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
    -- the argument is the column that names the order
    paid_id uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    order_total numeric;
    payments_total numeric;
BEGIN
    SELECT locked.total_amount INTO order_total FROM private.lock_order(paid_id) AS locked;
    IF NOT FOUND THEN
        RETURN NULL;    -- the foreign key reports it
    END IF;
    SELECT sum(payment.amount) INTO payments_total
        FROM @extschema@.payment_transactions AS payment
        WHERE payment.order_id = paid_id
          AND payment.status::text NOT IN ('failed', 'cancelled');
    IF payments_total > order_total THEN
        RAISE EXCEPTION 'payments must not exceed the total of the order'
            USING ERRCODE = 'check_violation',
                  DETAIL = format('The payments would add up to %s, the order''s total is %s.', payments_total, order_total),
                  HINT = 'Mark a payment that did not succeed as failed or cancelled first.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'check_payment_total';
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.check_payment_total() IS
    'Trigger on payment_transactions and on the total of orders: the payments of an order that have not failed or been cancelled add up '
    'to its total at most, also when two transactions write at once. Error: 23514.';

-- SECURITY DEFINER: all requests for the order count.
CREATE OR REPLACE FUNCTION private.check_refund_total()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    -- the argument is the column that names the order
    refunded_id uuid := (to_jsonb(NEW) ->> TG_ARGV[0])::uuid;
    order_total numeric;
    refunds_total numeric;
BEGIN
    SELECT locked.total_amount INTO order_total FROM private.lock_order(refunded_id) AS locked;
    IF NOT FOUND THEN
        RETURN NULL;    -- the foreign key reports it
    END IF;
    SELECT sum(request.amount) INTO refunds_total
        FROM @extschema@.refund_requests AS request
        WHERE request.order_id = refunded_id
          AND request.status::text NOT IN ('rejected', 'failed');
    IF refunds_total > order_total THEN
        RAISE EXCEPTION 'refunds must not exceed the total of the order'
            USING ERRCODE = 'check_violation',
                  DETAIL = format('The requests would add up to %s, the order''s total is %s.', refunds_total, order_total),
                  HINT = 'Requests that were rejected or failed do not count.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'check_refund_total';
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.check_refund_total() IS
    'Trigger on refund_requests and on the total of orders: the refund requests of an order that were not rejected and have not failed '
    'add up to its total at most, also when two transactions write at once. Error: 23514.';
