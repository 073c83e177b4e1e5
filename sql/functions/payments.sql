-- Payments: the platform's fee, payments, refunds, payouts, store credit; the ledger has a file of its own.

-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.calculate_platform_fee(amount numeric)
    RETURNS numeric
    LANGUAGE c STABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_calculate_platform_fee';
COMMENT ON FUNCTION @extschema@.calculate_platform_fee(numeric) IS
    'Returns the platform''s fee for an amount, in the same currency, rounded to two digits half away from zero. '
    'The rate is driplo.platform_fee_percent (default 5). Exact for every numeric; NaN and infinity are returned '
    'unchanged.';

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
    'Trigger on payment_transactions and orders: the payments of an order, except failed, cancelled, and '
    'overpayments, must not exceed its total, also with concurrent transactions. Error: 23514.';

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
    'Trigger on refund_requests and orders: the refund requests of an order that were not rejected and have not '
    'failed must not exceed its total and store credit, also with concurrent transactions. Error: 23514.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.start_payment(order_ids uuid[], processor text, processor_transaction_id text)
    RETURNS uuid[]
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_start_payment';
COMMENT ON FUNCTION @extschema@.start_payment(uuid[], text, text) IS
    'For the service: starts a payment of orders of one buyer in one currency. The orders change to '
    'payment_processing; returns the IDs of the rows of payment_transactions in the order of order_ids. The '
    'processor of Stripe events is stripe. Repeating the call with the same ID and orders has no effect. Errors: '
    '42501, 22004, 22023 for no orders or several buyers or currencies, P0002 for an unknown order, MK005 for an '
    'order that cannot be paid, MK013 if the ID belongs to other orders, an order has another payment in '
    'progress, or an unpaid order tied to these by a coupon is missing.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.start_part_payment(order_ids uuid[], amount numeric, processor text, processor_transaction_id text)
    RETURNS uuid[]
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_start_part_payment';
COMMENT ON FUNCTION @extschema@.start_part_payment(uuid[], numeric, text, text) IS
    'For the service: starts a payment of a part of what orders cost, in major units of their currency; NULL is all that no '
    'other payment has brought or is to bring. Of several orders each gets its share in proportion to that. The orders are '
    'paid when their parts have come in; until then orders.part_paid_amount says how much has. Otherwise as start_payment(): '
    'repeating the call with the same ID, orders, and amount has no effect. Errors: 42501, 22004, 22023 also for cash on '
    'delivery, P0002, MK005, MK013 also if the amount is more than is still to be paid.';

-- rights: authenticated, service_role
-- definer: Writes refund requests, which no client may write, for orders of the caller only.
CREATE OR REPLACE FUNCTION @extschema@.request_refund(order_id uuid, amount numeric, reason text, order_item_id uuid DEFAULT NULL, quantity integer DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_request_refund';
COMMENT ON FUNCTION @extschema@.request_refund(uuid, numeric, text, uuid, integer) IS
    'For the buyer: requests a refund of an order, or of one order item or a quantity of it up to the amount paid '
    'for it, in major units of the order''s currency, and returns the ID of the request. With a quantity, the amount '
    'can be NULL: what was paid for so many. Errors: 22004, 22023, P0002 for an order that is not the caller''s or '
    'an item of another order, 42501 for the seller, MK013 for an unpaid order, MK009 if the refund exceeds the '
    'amount paid or the quantity what is left.';

-- rights: authenticated, service_role (users: the order's seller and admins)
-- definer: Writes refunds and the ledger, which no client may write; asks first whether the caller is the order's
--     seller or an admin.
CREATE OR REPLACE FUNCTION @extschema@.refund_order(order_id uuid, amount numeric DEFAULT NULL, items jsonb DEFAULT NULL, reason text DEFAULT NULL)
    RETURNS TABLE (refund_id uuid, order_item_id uuid, quantity integer, refunded_amount numeric, status text)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 5
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_refund_order';
COMMENT ON FUNCTION @extschema@.refund_order(uuid, numeric, jsonb, text) IS
    'For the seller, an admin, or the service: refunds a paid order without a request of the buyer, at any time, '
    'either an amount in major units of the order''s currency or items, an array of objects with order_item_id and '
    'quantity (all that is left without it), at what was paid for them. Returns the refunds. Requires a reason, '
    'which the buyer reads. Discounts that orders tied by a coupon no longer earn are withheld. Errors: 22004, '
    '22023, P0002 for an order that is not the caller''s or an item of another order, 42501 for the buyer and a '
    'suspended seller, MK009 if it exceeds what is left, MK012 if the seller''s balance is too low, MK013 for an '
    'unpaid order or while the buyer''s bank disputes the payment.';

-- rights: authenticated, service_role (users: the order's seller and admins)
-- definer: Writes refunds and the ledger, which no client may write; asks first whether the caller is the order's
--     seller or an admin.
CREATE OR REPLACE FUNCTION @extschema@.decide_refund(refund_id uuid, approve boolean, note text DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_decide_refund';
COMMENT ON FUNCTION @extschema@.decide_refund(uuid, boolean, text) IS
    'For the seller, an admin, or the service: approves or rejects a pending refund request, with a note to the '
    'buyer, and returns the new status. The refund is taken from the seller, the platform, and the tax in '
    'proportion to their shares of the order or item; it is processed when the payment processor has sent it, or '
    'at once for store credit. Discounts that orders tied by a coupon no longer earn are withheld, and the amount '
    'of the request is reduced accordingly. Errors: 22004, P0002, 42501 for the buyer, MK013 if it was already '
    'decided, or to approve it while the buyer''s bank disputes the payment, MK009 if it exceeds the remaining '
    'amount.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.settle_refund(refund_id uuid, outcome text, processor_refund_id text DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_settle_refund';
COMMENT ON FUNCTION @extschema@.settle_refund(uuid, text, text) IS
    'For the service, if no Stripe event reports it: settles an approved refund as processed, as failed, which '
    'returns the money to the seller, or as charged_back, if the buyer''s bank has taken the money first, and '
    'returns the outcome. Errors: 42501, 22004, 22023 for another outcome, P0002, MK013 if the refund is not '
    'approved or the money belongs to the buyer in any case.';

-- rights: authenticated, service_role (users: admins)
-- definer: As decide_refund(), for admins only.
CREATE OR REPLACE FUNCTION @extschema@.move_refund(refund_id uuid, to_order_id uuid, reason text)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_move_refund';
COMMENT ON FUNCTION @extschema@.move_refund(uuid, uuid, text) IS
    'For admins (audited) and the service: moves a refund sent by the payment processor to another order of the '
    'same payment. The first order returns to its state before the refund, and a request that was made there is '
    'due again; the other order is refunded instead, by an approved request of that amount, or else a new one. '
    'Returns the refund request of the other order, to which later events of the refund apply. Repeating the call '
    'has no effect. Errors: 42501, also for a party of either order, 22004, 22023 for the same order or an empty '
    'reason, P0002, MK009 if it exceeds the remaining amount, MK013 for a refund that was not sent, an order of '
    'another payment or with a chargeback, and an order that cannot be resumed.';

-- rights: authenticated, service_role
-- definer: Reads the ledger of the caller, that of others for admins only; as policies would, once and not for each
--     entry.
CREATE OR REPLACE FUNCTION @extschema@.seller_balance(seller_id uuid DEFAULT NULL)
    RETURNS TABLE (currency text, pending numeric, available numeric, paid_out numeric)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 2
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_seller_balance';
COMMENT ON FUNCTION @extschema@.seller_balance(uuid) IS
    'Returns the balance of a seller per currency in major units: pending until the order is delivered, its '
    'return window has closed, and no dispute is open, including undecided refund requests; available for '
    'payouts; paid_out so far. Defaults to the caller; other sellers for admins and the service only. Errors: '
    '42501, 22004 without a user.';

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
    'Returns sellers with a negative available balance: the amount owed to the platform, the pending earnings, '
    'and the time of the last deduction. Admins and the service see all sellers, sellers see their own debts. '
    'Earnings that become available reduce the debt first.';

-- rights: authenticated, service_role
-- definer: Writes payouts and the ledger, which no client may write, for the caller's own balance only.
CREATE OR REPLACE FUNCTION @extschema@.request_payout(amount numeric DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_request_payout';
COMMENT ON FUNCTION @extschema@.request_payout(numeric) IS
    'For a seller: requests a payout of an amount, or of the whole available balance, and returns its ID. A '
    'payout never exceeds the available balance, also with concurrent calls, never includes undecided refund '
    'requests, and is at least driplo.minimum_payout. Errors: 42501, 22023 for an invalid or too small amount or '
    'a balance in several currencies, MK012 if the available balance is too low.';

-- rights: authenticated, service_role
-- definer: As request_payout().
CREATE OR REPLACE FUNCTION @extschema@.request_payout_in(currency text, amount numeric DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_request_payout_in';
COMMENT ON FUNCTION @extschema@.request_payout_in(text, numeric) IS 'Like request_payout(), for one currency.';

-- rights: authenticated, service_role (users: admins)
-- definer: As request_payout(), for admins only.
CREATE OR REPLACE FUNCTION @extschema@.pay_out_deleted_seller(party_id uuid, currency text, amount numeric DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_pay_out_deleted_seller';
COMMENT ON FUNCTION @extschema@.pay_out_deleted_seller(uuid, text, numeric) IS
    'For admins (audited) and the service: creates a payout of an amount, or of the whole available balance, of a '
    'seller whose account was deleted; party_id is the seller''s ID in the ledger. The payout has no seller_id '
    'and is settled by settle_payout(). Errors: 42501, 22004, 22023 for an invalid amount, 55000 if the account '
    'is not deleted, MK012 if the available balance is too low.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.settle_payout(payout_id uuid, outcome text, stripe_transfer_id text DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_settle_payout';
COMMENT ON FUNCTION @extschema@.settle_payout(uuid, text, text) IS
    'For the service: settles a payout as processing, paid, failed, or cancelled and returns its status. failed, '
    'also after paid, and cancelled return the money to the seller''s balance. Repeating an outcome has no '
    'effect. Errors: 42501, 22004, 22023 for another outcome, P0002, MK013 for an outcome that cannot follow.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.orders_to_release()
    RETURNS TABLE (order_id uuid)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_orders_to_release';
COMMENT ON FUNCTION private.orders_to_release() IS
    'Returns the orders whose seller earnings are due, the oldest first.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.release_orders(order_ids uuid[], max_rows integer)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_release_orders';
COMMENT ON FUNCTION private.release_orders(uuid[], integer) IS
    'Makes the seller earnings of up to max_rows of these orders available, and returns their number. Orders that another '
    'session has locked, or whose earnings are no longer due, are left out. Error: 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.release_seller_funds(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('release seller earnings');
    RETURN private.end_overdue('release', max_rows);
END;
$function$;
COMMENT ON FUNCTION @extschema@.release_seller_funds(integer) IS
    'For the service: makes the seller earnings of up to max_rows orders available that are delivered, past '
    'driplo.return_window, and neither disputed nor being returned, the oldest first, and returns their number. '
    'Sessions can call it concurrently; locked orders are skipped. An order that a trigger refuses is left out with a '
    'warning. Stops at half of statement_timeout. request_payout() does the same for its seller. Errors: 42501, 22004.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes credits, which no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.grant_store_credit(user_id uuid, amount numeric, reason text, expires_at timestamptz DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_grant_store_credit';
COMMENT ON FUNCTION @extschema@.grant_store_credit(uuid, numeric, text, timestamptz) IS
    'For admins and the service: grants a user store credit in driplo.default_currency at the platform''s expense and returns its ID. '
    'Errors: 42501, 22004, 22023 for an invalid amount, an empty reason, or an expires_at in the past, P0002, '
    '55000 for the caller''s own account.';

-- rights: authenticated, service_role (users: admins)
-- definer: As grant_store_credit().
CREATE OR REPLACE FUNCTION @extschema@.grant_store_credit_in(user_id uuid, currency text, amount numeric, reason text, expires_at timestamptz DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_grant_store_credit_in';
COMMENT ON FUNCTION @extschema@.grant_store_credit_in(uuid, text, numeric, text, timestamptz) IS
    'Like grant_store_credit(), in any currency.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.expire_store_credits(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_expire_store_credits';
COMMENT ON FUNCTION @extschema@.expire_store_credits(integer) IS
    'For the service: returns the unused amounts of up to max_rows expired store credits to the platform and '
    'returns the number of credits. Sessions can call it concurrently. Error: 42501.';

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
    entry_kind text;
    other_account @extschema@.ledger_account;
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
        -- What was paid for comes from what was owed, and ends as income of the platform, not as a gift that was not used.
        entry_kind := CASE WHEN change < 0 THEN 'credit_expired'
                           WHEN TG_OP = 'INSERT' AND credit.gift_card_id IS NOT NULL THEN 'gift_card_redeemed'
                           ELSE 'credit_granted' END;
        other_account := (CASE WHEN entry_kind = 'gift_card_redeemed' THEN 'gift_cards'
                               WHEN change < 0 AND credit.gift_card_id IS NOT NULL THEN 'breakage'
                               ELSE 'promotions' END)::@extschema@.ledger_account;
        INSERT INTO @extschema@.ledger_entries (journal_id, account, party_id, amount, currency, kind)
        VALUES
            (journal, 'store_credit', credit.user_id, change, credit.currency, entry_kind),
            (journal, other_account, NULL, -change, credit.currency, entry_kind);
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NULL END;
END;
$function$;
COMMENT ON FUNCTION private.book_store_credit() IS
    'Trigger on store_credits: books in the ledger what the platform grants, adds, removes, or gets back when a '
    'credit or its owner is deleted, and what a gift card was redeemed for. Credits that are part of a refund are booked with the refund. Never books '
    'more than the balance of the account, for credits loaded without ledger entries.';

-- The ledger.

CREATE OR REPLACE FUNCTION private.check_journal()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_check_journal';
COMMENT ON FUNCTION private.check_journal() IS
    'Deferred trigger on ledger_entries: the entries of a journal must sum to zero in each currency. Error: '
    '23514.';

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
    'Trigger on ledger_entries: rejects UPDATE and DELETE, also by the table owner. Error: 42501.';

CREATE OR REPLACE FUNCTION private.check_ledger_party()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_check_ledger_party';
COMMENT ON FUNCTION private.check_ledger_party() IS
    'Trigger on ledger_entries: party_id must be a profile, or a deleted one that already has entries, so that '
    'open amounts can still be booked. Replaces a foreign key because ledger entries never change. Error: 23503.';

-- SECURITY DEFINER: the service writes transactions, but need not read what they are about.
CREATE OR REPLACE FUNCTION private.describe_transaction()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NEW.listing_id IS NULL THEN
        SELECT CASE WHEN count(DISTINCT line.listing_id) = 1 AND count(line.listing_id) = count(*) THEN (array_agg(line.listing_id))[1] END INTO NEW.listing_id
          FROM @extschema@.order_items AS line WHERE line.order_id = NEW.order_id;
    END IF;
    IF NEW.stripe_payment_intent_id IS NULL THEN
        SELECT payment.processor_transaction_id INTO NEW.stripe_payment_intent_id
          FROM @extschema@.payment_transactions AS payment
         WHERE payment.order_id = NEW.order_id AND payment.processor::text = 'stripe' AND payment.processor_transaction_id LIKE 'pi\_%'
           AND payment.status::text NOT IN ('failed', 'cancelled') AND NOT payment.is_surplus
         ORDER BY payment.created_at DESC, payment.id LIMIT 1;
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.describe_transaction() IS
    'Trigger on transactions: sets listing_id and stripe_payment_intent_id from the order if they are not given.';

-- SECURITY DEFINER: the order need not be one that the caller may read.
CREATE OR REPLACE FUNCTION private.describe_refund()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF TG_OP = 'INSERT' OR NEW.order_id <> OLD.order_id THEN
        SELECT bought.buyer_id, bought.seller_id INTO NEW.buyer_id, NEW.seller_id
          FROM @extschema@.orders AS bought WHERE bought.id = NEW.order_id;
    ELSE
        -- NULL is what becomes of a deleted account.
        IF NEW.buyer_id IS NOT NULL THEN
            NEW.buyer_id := OLD.buyer_id;
        END IF;
        IF NEW.seller_id IS NOT NULL THEN
            NEW.seller_id := OLD.seller_id;
        END IF;
        IF (NEW.amount, NEW.payment_transaction_id, NEW.refund_type) IS NOT DISTINCT FROM (OLD.amount, OLD.payment_transaction_id, OLD.refund_type) THEN
            RETURN NEW;
        END IF;
    END IF;
    SELECT CASE WHEN NEW.amount >= paid.amount THEN 'full' ELSE 'partial' END INTO NEW.refund_type
      FROM (SELECT payment.amount FROM @extschema@.payment_transactions AS payment WHERE payment.id = NEW.payment_transaction_id
            UNION ALL
            SELECT bought.total_amount + COALESCE(bought.store_credit_amount, 0) FROM @extschema@.orders AS bought
             WHERE bought.id = NEW.order_id AND NEW.payment_transaction_id IS NULL) AS paid;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.describe_refund() IS
    'Trigger on refund_requests: keeps buyer_id and seller_id equal to the order''s, and refund_type equal to full or '
    'partial by the amount.';

-- SECURITY INVOKER, as get_or_create_cart: anon may call it too, and the owner's rights are taken to read the rates.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.convert(amount numeric, from_currency text, to_currency text, as_of date DEFAULT NULL)
    RETURNS numeric
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_convert';
COMMENT ON FUNCTION @extschema@.convert(numeric, text, text, date) IS
    'Returns what an amount in major units is worth in another currency, rounded half away from zero to its smallest unit: by '
    'the latest rates in exchange_rates between each of the two and driplo.base_currency that are at most seven days older '
    'than as_of (default: today in UTC). BGN has its final rate to EUR. NULL for NULL, for an unknown currency, and without a '
    'rate. Error: 22003 for an amount beyond 999999999999999.99 or NaN.';
