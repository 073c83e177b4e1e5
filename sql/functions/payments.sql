-- Payments: the platform's fee, payments, refunds, payouts, store credit; the ledger has a file of its own.

-- rights: authenticated, service_role
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
          AND NOT payment.is_surplus
          AND payment.status::text NOT IN ('failed', 'cancelled');
    IF payments_total > order_total THEN
        RAISE EXCEPTION 'payments must not exceed the order total'
            USING ERRCODE = 'check_violation',
                  DETAIL = format('Payments total %s; the order total is %s.', payments_total, order_total),
                  HINT = 'Mark a payment that did not succeed as failed or cancelled first.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'check_payment_total';
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.check_payment_total() IS
    'Trigger on payment_transactions and on the total of orders: the payments of an order that have not failed or been cancelled, and are '
    'no surplus that goes back, add up to its total at most, also when two transactions write at once. Error: 23514.';

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
    PERFORM FROM private.lock_order(refunded_id);
    SELECT shop_order.total_amount + COALESCE(shop_order.store_credit_amount, 0) INTO order_total
        FROM @extschema@.orders AS shop_order WHERE shop_order.id = refunded_id;
    IF NOT FOUND THEN
        RETURN NULL;    -- the foreign key reports it
    END IF;
    SELECT sum(request.amount) INTO refunds_total
        FROM @extschema@.refund_requests AS request
        WHERE request.order_id = refunded_id
          AND request.payment_transaction_id IS NULL
          AND request.status::text NOT IN ('rejected', 'failed');
    IF refunds_total > order_total THEN
        RAISE EXCEPTION 'refunds must not exceed the order total'
            USING ERRCODE = 'check_violation',
                  DETAIL = format('Refund requests total %s; the order total including store credit is %s.', refunds_total, order_total),
                  HINT = 'Requests that were rejected or have failed do not count.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'check_refund_total';
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.check_refund_total() IS
    'Trigger on refund_requests and on the total of orders: the refund requests of an order that were not rejected and have not failed '
    'add up to its total and the store credit in it at most, also when two transactions write at once. Error: 23514.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.start_payment(order_ids uuid[], processor text, processor_transaction_id text)
    RETURNS uuid[]
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_start_payment';
COMMENT ON FUNCTION @extschema@.start_payment(uuid[], text, text) IS
    'For the service: a payment at a processor pays for these orders of one buyer in one currency. The orders go to payment_processing; the ids of the rows in '
    'payment_transactions come back in the order of the orders. The processor of Stripe''s events is stripe. Repeating it with the same id and orders changes nothing. '
    'Errors: 42501, 22004, 22023 for no orders or those of several buyers or currencies, P0002 for an unknown order, MK005 for one that cannot be paid, '
    'MK013 when the id is known for other orders, an order has another payment under way, or an unpaid order of the same checkout is left out that a coupon ties to one of these.';

-- rights: authenticated, service_role
-- definer: Writes refund requests, which no client may write, for orders of the caller only.
CREATE OR REPLACE FUNCTION @extschema@.request_refund(order_id uuid, amount numeric, reason text, order_item_id uuid DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_request_refund';
COMMENT ON FUNCTION @extschema@.request_refund(uuid, numeric, text, uuid) IS
    'For the buyer of an order: asks for that much back, in major units of the order''s currency; order_item_id says for which line, and then no more than what was paid for it. The id of the request comes back. '
    'Errors: 22004, 22023, P0002 for an order that is not the caller''s or a line of another one, 42501 for its seller, MK013 for an order that was not paid, MK009 when more would go back than was paid.';

-- rights: authenticated, service_role (users: the order's seller and admins)
-- definer: Writes refunds and the ledger, which no client may write; asks first whether the caller is the order's
--     seller or an admin.
CREATE OR REPLACE FUNCTION @extschema@.decide_refund(refund_id uuid, approve boolean, note text DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_decide_refund';
COMMENT ON FUNCTION @extschema@.decide_refund(uuid, boolean, text) IS
    'For the seller of the order, an admin or the service: approves or rejects a pending request; the note is for the buyer. What is approved is taken from the seller, the platform and the '
    'tax in proportion to what they have of the order, or of the line that the request names, and is the buyer''s; it is processed when the processor has sent it, or at once when it is store credit. Of an order that a coupon ties to others the discount that these do not earn without it is kept, and the request becomes one for the rest. Returns the new status. '
    'Errors: 22004, P0002, 42501 for the buyer, MK013 for a request that is decided, and to approve one while the buyer''s bank has the money, MK009 when that much is not left.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.settle_refund(refund_id uuid, outcome text, processor_refund_id text DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_settle_refund';
COMMENT ON FUNCTION @extschema@.settle_refund(uuid, text, text) IS
    'For the service, where no event of Stripe says it: an approved refund was processed; has failed, which gives the money back to the seller; or was charged_back, by the buyer''s bank before it could be sent. Returns the outcome. '
    'Errors: 42501, 22004, 22023 for another outcome, P0002, MK013 for a refund that is not approved, or that is the buyer''s whatever happens.';

-- rights: authenticated, service_role (users: admins)
-- definer: As decide_refund(), for admins only.
CREATE OR REPLACE FUNCTION @extschema@.move_refund(refund_id uuid, to_order_id uuid, reason text)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_move_refund';
COMMENT ON FUNCTION @extschema@.move_refund(uuid, uuid, text) IS
    'For admins (on record) and the service: what the processor has sent back was of another order of the same payment. The order that it was taken for has its money and its state again as if it had never been refunded, a request that somebody had made there is due again, '
    'and the other order is refunded as if the refund had named it: an approved request of that amount is settled, else a new one is booked. Returns the request of that order, which later events of the refund are about. Repeating it changes nothing. '
    'Errors: 42501, also for a party of either order, 22004, 22023 for the same order or an empty reason, P0002, MK009 when that much is not left, MK013 for a refund that was not sent, an order of another payment, an order that a bank disputes, and one that cannot go on.';

-- rights: authenticated, service_role
-- definer: Reads the ledger of the caller, that of others for admins only; as policies would, once and not for each
--     entry.
CREATE OR REPLACE FUNCTION @extschema@.seller_balance(seller_id uuid DEFAULT NULL)
    RETURNS TABLE (currency text, pending numeric, available numeric, paid_out numeric)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 2
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_seller_balance';
COMMENT ON FUNCTION @extschema@.seller_balance(uuid) IS
    'What a seller has, a row for each currency in major units: pending until the order is delivered, past its return window and not disputed, and what buyers ask back while nobody has decided; available for a payout; '
    'paid_out so far. Without an id the caller''s; that of others for admins and the service. Errors: 42501, 22004 without a user.';

-- With the caller's rights: row level security shows sellers their own entries, and admins all.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.seller_debts()
    RETURNS TABLE (seller_id uuid, currency text, owed numeric, pending numeric, since timestamptz)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT e.party_id, e.currency::text, -sum(e.amount) FILTER (WHERE e.account = 'seller_available'),
           coalesce(sum(e.amount) FILTER (WHERE e.account = 'seller_pending'), 0.00),
           max(e.created_at) FILTER (WHERE e.account = 'seller_available' AND e.amount < 0)
      FROM @extschema@.ledger_entries e
     WHERE e.account IN ('seller_pending', 'seller_available') AND e.party_id IS NOT NULL
     GROUP BY e.party_id, e.currency
    HAVING sum(e.amount) FILTER (WHERE e.account = 'seller_available') < 0
     ORDER BY 3 DESC, 1, 2
$function$;
COMMENT ON FUNCTION @extschema@.seller_debts() IS
    'Sellers whose available balance is below zero: what they owe the platform, what of their takings is pending, and since when money was taken last. Admins and the service see everybody, a seller the own. '
    'Nothing is paid out of such a balance; takings that become available are set off.';

-- rights: authenticated, service_role
-- definer: Writes payouts and the ledger, which no client may write, for the caller's own balance only.
CREATE OR REPLACE FUNCTION @extschema@.request_payout(amount numeric DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_request_payout';
COMMENT ON FUNCTION @extschema@.request_payout(numeric) IS
    'For a seller: takes that much, or everything, from what is available, and returns the payout. Never more than is available, also concurrently, nor what a buyer has asked back and nobody has decided, and never less than driplo.minimum_payout. '
    'Errors: 42501, 22023 for an amount that is none or too small or when there is money in several currencies, MK012 when that much is not available.';

-- rights: authenticated, service_role
-- definer: As request_payout().
CREATE OR REPLACE FUNCTION @extschema@.request_payout_in(currency text, amount numeric DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_request_payout_in';
COMMENT ON FUNCTION @extschema@.request_payout_in(text, numeric) IS
    'As request_payout(), in one currency of several.';

-- rights: authenticated, service_role (users: admins)
-- definer: As request_payout(), for admins only.
CREATE OR REPLACE FUNCTION @extschema@.pay_out_deleted_seller(party_id uuid, currency text, amount numeric DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_pay_out_deleted_seller';
COMMENT ON FUNCTION @extschema@.pay_out_deleted_seller(uuid, text, numeric) IS
    'For admins (on record) and the service: a payout of that much, or of everything, that is available to a seller who has deleted the account; party_id is that of the ledger. The row has no seller, and goes on with settle_payout() as any. '
    'Errors: 42501, 22004, 22023 for an amount that is none, 55000 for an account that is not deleted, MK012 when that much is not available.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.settle_payout(payout_id uuid, outcome text, stripe_transfer_id text DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_settle_payout';
COMMENT ON FUNCTION @extschema@.settle_payout(uuid, text, text) IS
    'For the service: what became of a payout: processing, paid, failed or cancelled. Failed, also after it was paid, and cancelled give the money back to the seller''s balance. '
    'Repeating an outcome changes nothing. Returns the status. Errors: 42501, 22004, 22023 for another outcome, P0002, MK013 for one that cannot follow.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.release_seller_funds(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_release_seller_funds';
COMMENT ON FUNCTION @extschema@.release_seller_funds(integer) IS
    'For the service: makes the takings of orders available that are delivered, past driplo.return_window and neither disputed nor on their way back, the oldest first and at most that many, and returns how many. '
    'Any number of sessions may call it at once. request_payout() does the same for its seller. Error: 42501.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes credits, which no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.grant_store_credit(user_id uuid, amount numeric, reason text, expires_at timestamptz DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_grant_store_credit';
COMMENT ON FUNCTION @extschema@.grant_store_credit(uuid, numeric, text, timestamptz) IS
    'For admins and the service: gives a user credit in USD, booked at the platform''s expense, and returns its id. Errors: 42501, 22004, 22023 for an amount that is none, an empty reason or a time that is over, P0002, 55000 for oneself.';

-- rights: authenticated, service_role (users: admins)
-- definer: As grant_store_credit().
CREATE OR REPLACE FUNCTION @extschema@.grant_store_credit_in(user_id uuid, currency text, amount numeric, reason text, expires_at timestamptz DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_grant_store_credit_in';
COMMENT ON FUNCTION @extschema@.grant_store_credit_in(uuid, text, numeric, text, timestamptz) IS
    'As grant_store_credit(), in another currency.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.expire_store_credits(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_expire_store_credits';
COMMENT ON FUNCTION @extschema@.expire_store_credits(integer) IS
    'For the service: what is left of credits that have expired goes back to the platform, of at most that many; returns how many. Any number of sessions may call it at once. Error: 42501.';

-- SECURITY DEFINER: nobody else writes the ledger.
CREATE OR REPLACE FUNCTION private.book_store_credit()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    credit record;
    change numeric;
    journal uuid := gen_random_uuid();
BEGIN
    IF TG_OP = 'INSERT' THEN
        credit := NEW;
        change := NEW.amount;
    ELSIF TG_OP = 'UPDATE' THEN
        credit := NEW;
        change := NEW.amount - OLD.amount;
    ELSE
        credit := OLD;
        -- With its owner it goes, and the platform pays for that order.
        IF EXISTS (SELECT FROM @extschema@.profiles AS owner WHERE owner.id = OLD.user_id) AND EXISTS (
            SELECT FROM @extschema@.store_credit_usage AS usage
            WHERE usage.store_credit_id = OLD.id
              AND usage.returned_at IS NULL
              AND NOT EXISTS (
                  SELECT FROM @extschema@.ledger_entries AS entry
                  WHERE entry.order_id = usage.order_id AND entry.kind = 'sale'
              )
        ) THEN
            RAISE EXCEPTION 'cannot delete store credit that pays for an order'
                USING ERRCODE = 'foreign_key_violation',
                      DETAIL = 'The order has not been paid yet.',
                      HINT = 'Set expires_at, or cancel the order first.';
        END IF;
        -- less what sold orders were paid with, which is booked
        SELECT OLD.expired_amount - OLD.amount + COALESCE(sum(usage.amount), 0) INTO change
            FROM @extschema@.store_credit_usage AS usage
            WHERE usage.store_credit_id = OLD.id
              AND usage.returned_at IS NULL
              AND EXISTS (
                  SELECT FROM @extschema@.ledger_entries AS entry
                  WHERE entry.order_id = usage.order_id AND entry.kind = 'sale'
              );
        -- What was loaded past the books is in none, and leaves none: who is gone and was never booked could not be now.
        SELECT -LEAST(-change, GREATEST(COALESCE(sum(entry.amount), 0), 0)) INTO change
            FROM @extschema@.ledger_entries AS entry
            WHERE entry.party_id = OLD.user_id AND entry.account::text = 'store_credit' AND entry.currency = OLD.currency;
    END IF;
    IF change <> 0 THEN
        INSERT INTO @extschema@.ledger_entries (journal_id, account, party_id, amount, currency, kind)
        VALUES
            (journal, 'store_credit', credit.user_id, change, credit.currency,
                CASE WHEN change > 0 THEN 'credit_granted' ELSE 'credit_expired' END),
            (journal, 'promotions', NULL, -change, credit.currency,
                CASE WHEN change > 0 THEN 'credit_granted' ELSE 'credit_expired' END);
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NULL END;
END;
$function$;
COMMENT ON FUNCTION private.book_store_credit() IS
    'Trigger on store_credits: what the platform gives, adds, takes away, or has back when a credit or its owner is deleted, is booked in the ledger. '
    'A credit that is a part of a refund was booked with the refund. No more goes back than is on the account: a credit that was loaded without its books leaves none.';

-- The ledger.

CREATE OR REPLACE FUNCTION private.check_journal()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_check_journal';
COMMENT ON FUNCTION private.check_journal() IS
    'Trigger on ledger_entries, at the end of the transaction: the entries of a journal sum to zero in each currency. Error: 23514.';

CREATE OR REPLACE FUNCTION private.keep_ledger()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION 'cannot update or delete ledger entries'
        USING ERRCODE = 'insufficient_privilege',
              DETAIL = format('Attempted operation: %s.', TG_OP),
              HINT = 'Insert a journal that reverses the wrong one.';
END;
$function$;
COMMENT ON FUNCTION private.keep_ledger() IS
    'Trigger on ledger_entries: nobody changes or removes what is booked, the owner of the table neither. Error: 42501.';

CREATE OR REPLACE FUNCTION private.check_ledger_party()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_check_ledger_party';
COMMENT ON FUNCTION private.check_ledger_party() IS
    'Trigger on ledger_entries: party_id is a profile, or a deleted one that has entries already, so that its account can '
    'be booked to an end. It is no foreign key, because what is booked never changes. Error: 23503.';

-- The inbox of Stripe's events, by which most of the ledger is written.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.apply_stripe_event(event jsonb)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_apply_stripe_event';
COMMENT ON FUNCTION private.apply_stripe_event(jsonb) IS
    'What a Stripe event means for payments, refunds, chargebacks, accounts and payouts; NULL when it was applied, else why it is ignored: its mode, its account, or an empty text for one that means nothing here. It raises when it cannot be applied, and has then done nothing.';

-- In PL/pgSQL for its EXCEPTION block: what an event that cannot be applied has done so far is undone, and its row stays.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.process_stripe_event(event_id text)
    RETURNS TABLE (outcome text, detail text)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    stored record;
    problem text;
    problem_detail text;
    why_ignored text;
BEGIN
    SELECT * INTO stored FROM @extschema@.stripe_webhook_events AS inbox
        WHERE inbox.stripe_event_id = event_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'event does not exist' USING ERRCODE = 'no_data_found';
    END IF;
    IF stored.processed THEN
        RETURN QUERY SELECT 'duplicate', NULL::text;
        RETURN;
    END IF;
    BEGIN
        why_ignored := private.apply_stripe_event(stored.data);
    EXCEPTION WHEN OTHERS THEN
        -- Not the event's fault: the same may succeed in a moment, or the server is at its limits or broken.
        IF substr(SQLSTATE, 1, 2) IN ('25', '40', '53', '55', '57', '58', 'XX') AND SQLSTATE <> '55000' THEN
            RAISE;
        END IF;
        GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, problem_detail = PG_EXCEPTION_DETAIL;
        problem := concat_ws(': ', problem, NULLIF(problem_detail, ''));
        UPDATE @extschema@.stripe_webhook_events AS inbox
            SET processed = false, outcome = 'failed', error = problem, processed_at = now()
            WHERE inbox.id = stored.id;
        RETURN QUERY SELECT 'failed', problem;
        RETURN;
    END;
    UPDATE @extschema@.stripe_webhook_events AS inbox
        SET processed = true, outcome = CASE WHEN why_ignored IS NULL THEN 'processed' ELSE 'ignored' END, error = NULL, processed_at = now()
        WHERE inbox.id = stored.id;
    RETURN QUERY SELECT CASE WHEN why_ignored IS NULL THEN 'processed' ELSE 'ignored' END,
                        CASE why_ignored WHEN '' THEN format('Nothing in this database refers to this %s.', stored.type) ELSE why_ignored END;
END;
$function$;
COMMENT ON FUNCTION private.process_stripe_event(text) IS
    'Applies a stored event once: outcome is processed, ignored, duplicate, or failed with the reason in detail.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.record_stripe_event(event jsonb)
    RETURNS TABLE (stripe_event_id text, outcome text, detail text)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    event_id constant text := event ->> 'id';
BEGIN
    IF NOT private.is_service() THEN
        RAISE EXCEPTION 'only the service may record events' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF event IS NULL THEN
        RAISE EXCEPTION 'event must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF (jsonb_typeof(event -> 'id') = 'string' AND length(event ->> 'id') BETWEEN 1 AND 255
        AND jsonb_typeof(event -> 'type') = 'string' AND length(event ->> 'type') BETWEEN 1 AND 100
        AND (jsonb_typeof(event #> '{data,object}') = 'object' OR event ->> 'object' LIKE 'v2.%')) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'invalid Stripe event'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'A Stripe event is an object with id, type, and data.object.',
                  HINT = 'Pass the body of the request as Stripe delivered it.';
    END IF;
    INSERT INTO @extschema@.stripe_webhook_events AS inbox (stripe_event_id, type, data)
        VALUES (event_id, event ->> 'type', event)
        ON CONFLICT (stripe_event_id) DO NOTHING;
    RETURN QUERY SELECT event_id, done.outcome, done.detail FROM private.process_stripe_event(event_id) AS done;
END;
$function$;
COMMENT ON FUNCTION @extschema@.record_stripe_event(jsonb) IS
    'For the service: stores a Stripe event object as delivered, once, and applies it in the same transaction. outcome: processed; ignored for one that means nothing here, that is of the mode that driplo.stripe_livemode excludes, or of a connected account, with the reason in detail; duplicate for one that was '
    'applied before; failed with the reason in detail, which is tried again when it is delivered again or replayed. Amounts are in the processor''s minor units. Errors: 42501, 22004, 22023 for what is no event.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.replay_stripe_event(stripe_event_id text)
    RETURNS text
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT private.is_service() THEN
        RAISE EXCEPTION 'only the service may replay events' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF stripe_event_id IS NULL THEN
        RAISE EXCEPTION 'stripe_event_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- What meant nothing when it came may do so by now: another version knows more types, a payout has got its id.
    UPDATE @extschema@.stripe_webhook_events AS inbox SET processed = false
        WHERE inbox.stripe_event_id = replay_stripe_event.stripe_event_id AND inbox.outcome = 'ignored';
    RETURN (SELECT done.outcome FROM private.process_stripe_event(stripe_event_id) AS done);
END;
$function$;
COMMENT ON FUNCTION @extschema@.replay_stripe_event(text) IS
    'For the service: applies a stored event that failed before, or was ignored; the outcome as of record_stripe_event(). Errors: 42501, 22004, P0002 for an unknown event.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.verify_stripe_signature(payload text, header text, secret text, tolerance interval DEFAULT '5 minutes')
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_verify_stripe_signature';
COMMENT ON FUNCTION @extschema@.verify_stripe_signature(text, text, text, interval) IS
    'Whether the header Stripe-Signature belongs to the body of a request as it came, and is no older than the tolerance: HMAC-SHA-256, compared in constant time. '
    'The secret is an argument: keep statements with it out of the log. Errors: 22004, 22023 for an empty secret.';
