-- Trust: disputes and ratings are between the two parties of an order, and its buyer asks for money back; the steps of returns and
-- disputes.
-- SECURITY DEFINER on all: the order is looked up whoever writes the row.

CREATE OR REPLACE FUNCTION private.check_dispute_parties()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    parties record;
BEGIN
    -- Who is missing, and may be only after deleting the account, is the business of require_columns().
    IF NEW.initiated_by IS NULL OR NEW.respondent_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT shop_order.buyer_id, shop_order.seller_id INTO parties
        FROM @extschema@.orders AS shop_order WHERE shop_order.id = NEW.order_id;
    -- An unknown order is reported by the foreign key. IS NOT TRUE: a party that the order has lost is nobody.
    IF FOUND AND (
        (NEW.initiated_by = parties.buyer_id AND NEW.respondent_id = parties.seller_id)
        OR (NEW.initiated_by = parties.seller_id AND NEW.respondent_id = parties.buyer_id)
    ) IS NOT TRUE THEN
        RAISE EXCEPTION 'dispute must be between the buyer and the seller of the order'
            USING ERRCODE = 'check_violation',
                  DETAIL = 'Columns initiated_by and respondent_id do not match the parties of the order.',
                  HINT = 'Set them to the buyer and the seller of the order, in either order.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'check_dispute_parties';
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.check_dispute_parties() IS
    'Trigger on disputes: initiated_by and respondent_id must be the buyer and the seller of the order, in either '
    'order. Error: 23514.';

CREATE OR REPLACE FUNCTION private.check_rating_parties()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_check_rating_parties';
COMMENT ON FUNCTION private.check_rating_parties() IS
    'Trigger on user_ratings: the rater and the rated user must be the parties of the order, type must match the '
    'rated party, and the order must be completed. Errors: 23514 for the parties, 55000 for the status of the '
    'order.';

CREATE OR REPLACE FUNCTION private.count_ratings()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_count_ratings';
COMMENT ON FUNCTION private.count_ratings() IS
    'Statement trigger on user_ratings: maintains seller_rating and seller_rating_count of profiles and '
    'average_rating and total_ratings of user_stats_summary, also with concurrent sessions. Changes are added to '
    'the stored sums; all ratings of a user are counted again only if the sums are inconsistent.';

CREATE OR REPLACE FUNCTION private.check_requested_by_buyer()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- An unknown order is reported by the foreign key, a missing requested_by by require_columns().
    IF NEW.requested_by IS NOT NULL AND EXISTS (
        SELECT FROM @extschema@.orders AS shop_order
        WHERE shop_order.id = NEW.order_id
          AND shop_order.buyer_id IS DISTINCT FROM NEW.requested_by
    ) THEN
        RAISE EXCEPTION 'returns and refunds must be requested by the buyer of the order'
            USING ERRCODE = 'check_violation',
                  DETAIL = 'Column requested_by does not contain the buyer of the order.',
                  HINT = 'Set requested_by to the buyer of the order, even if another user creates the request.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  COLUMN = 'requested_by',
                  CONSTRAINT = 'check_requested_by_buyer';
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.check_requested_by_buyer() IS
    'Trigger on returns and refund_requests: requested_by must be the buyer of the order. Error: 23514.';

CREATE OR REPLACE FUNCTION private.check_return_refund()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    paid numeric;
    refunds_total numeric;
BEGIN
    PERFORM FROM private.lock_order(NEW.order_id);
    -- What was paid for the line, and for nothing that another line has: the shipping goes back with the last one.
    SELECT shop_order.total_amount + coalesce(shop_order.store_credit_amount, 0)
           - coalesce(sum(line.total_price - line.discount_amount + line.tax_amount + line.buyer_fee_amount)
                          FILTER (WHERE line.id <> NEW.order_item_id), 0) INTO paid
        FROM @extschema@.orders AS shop_order
        JOIN @extschema@.order_items AS line ON line.order_id = shop_order.id
        WHERE shop_order.id = NEW.order_id
        GROUP BY shop_order.id
        HAVING bool_or(line.id = NEW.order_item_id);
    -- A line of another order is reported by the foreign key. Closed returns count: closing one must not make room
    -- for getting the same money back again.
    SELECT sum(earlier.refund_amount) INTO refunds_total
        FROM @extschema@.returns AS earlier
        WHERE earlier.order_item_id = NEW.order_item_id
          AND earlier.status::text <> 'rejected';
    IF refunds_total > paid THEN
        RAISE EXCEPTION 'refunds of an order item must not exceed the amount paid for it'
            USING ERRCODE = 'check_violation',
                  DETAIL = format('Returns of the item total %s; the amount paid for it and the shipping is %s.', refunds_total, paid),
                  HINT = 'Rejected returns do not count.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  COLUMN = 'refund_amount',
                  CONSTRAINT = 'check_return_refund';
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.check_return_refund() IS
    'Trigger on returns: the returns of an order item that were not rejected must not exceed the amount paid for '
    'the item and the shipping, also with concurrent transactions. Error: 23514.';

CREATE OR REPLACE FUNCTION private.guard_return_status()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_guard_return_status';
COMMENT ON FUNCTION private.guard_return_status() IS
    'Trigger on returns: allows only status changes that the buyer, the seller, or the service may make, '
    'including direct updates, sets approved_at and completed_at, and adds the change to history. Error: MK010, '
    'which lists the allowed changes.';

CREATE OR REPLACE FUNCTION private.guard_dispute_status()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_guard_dispute_status';
COMMENT ON FUNCTION private.guard_dispute_status() IS
    'Trigger on disputes: allows only status changes that a party, an admin, or the service may make, including '
    'direct updates, and sets awaiting_since and resolved_at. Error: MK011, which lists the allowed changes.';

CREATE OR REPLACE FUNCTION private.check_return_status()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_check_return_status';
COMMENT ON FUNCTION private.check_return_status() IS
    'AFTER trigger on returns: the status must be the one that guard_return_status() allowed and added to the '
    'history. Error: MK010.';

CREATE OR REPLACE FUNCTION private.record_dispute_status()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_record_dispute_status';
COMMENT ON FUNCTION private.record_dispute_status() IS
    'Trigger on disputes: adds a system message that both parties can read to dispute_messages when a dispute is '
    'opened and for each status change.';

-- rights: authenticated, service_role
-- definer: Writes returns, which no client may write, for a line of the caller's own order.
CREATE OR REPLACE FUNCTION @extschema@.open_return(order_item_id uuid, reason text, description text DEFAULT NULL, photos jsonb DEFAULT '[]', quantity integer DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_open_return';
COMMENT ON FUNCTION @extschema@.open_return(uuid, text, text, jsonb, integer) IS
    'For the buyer, or an admin or the service on the buyer''s behalf: requests the return of a delivered order '
    'item within driplo.return_window (minutes, default 14 days) after delivery, and returns its ID. reason is a '
    'label of return_reason; photos is an array of at most 10 URLs or paths. quantity is how many are returned, by '
    'default all that are left. Errors: 22004, 22023, P0002 for an '
    'item that is not the caller''s, 42501 for its seller, 55000 if the order was not delivered or the window has '
    'closed, MK010 if the item has an open return or was refunded.';

-- rights: authenticated, service_role
-- definer: As open_return(); the trigger on returns decides by the caller, not by who runs it, and the money is that of
--     the tables.
CREATE OR REPLACE FUNCTION @extschema@.advance_return(return_id uuid, to_status text, note text DEFAULT NULL, refund_amount numeric DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_advance_return';
COMMENT ON FUNCTION @extschema@.advance_return(uuid, text, text, numeric) IS
    'Changes the status of a return as its buyer, its seller, an admin, or the service, and returns the new '
    'status. The note is added to the history and required to reject. Status refunded refunds the amount paid for '
    'the item, with its tax and fee, less earlier refunds, and with the last item the shipping; a lower '
    'refund_amount (major units) requires a note. Errors: 22004, 22023, P0002 for a return that is not the '
    'caller''s, 42501 for a suspended seller, 55000 if a seller closes an approved return within '
    'driplo.return_shipping_window, MK009 if the refund exceeds the remaining amount, MK010 for a change that is '
    'not allowed, with the allowed ones, MK012 if the seller''s available balance is too low, MK013 while the '
    'buyer''s bank disputes the payment.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.expire_returns(return_ids uuid[], max_rows integer)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET lock_timeout = '100ms'
    AS 'MODULE_PATHNAME', 'driplo_expire_returns';
COMMENT ON FUNCTION private.expire_returns(uuid[], integer) IS
    'Closes up to max_rows of these returns that were not sent in time, by one statement, and returns their number. Returns '
    'that another session has locked, or whose order it has, are left out. Errors: 22004, 55P03 if something that it writes '
    'is locked.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.expire_returns(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('expire returns');
    RETURN private.end_overdue('return expiry', max_rows);
END;
$function$;
COMMENT ON FUNCTION @extschema@.expire_returns(integer) IS
    'For the service: closes up to max_rows approved returns that were not sent within '
    'driplo.return_shipping_window (minutes, default 14 days), the oldest first, and returns their number. The '
    'seller''s earnings no longer wait for them. Sessions can call it concurrently; locked returns are skipped, and '
    'what fails is a warning. Stops at half of statement_timeout. Errors: 42501, 22004.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.decide_overdue_return(return_id uuid)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '100ms'
AS $function$
BEGIN
    -- the order first, as everybody locks; neither is waited for
    PERFORM FROM @extschema@.returns r JOIN @extschema@.orders o ON o.id = r.order_id
      WHERE r.id = decide_overdue_return.return_id FOR NO KEY UPDATE OF o, r SKIP LOCKED;
    -- under the locks: somebody may have answered meanwhile, or objected
    IF NOT FOUND OR NOT EXISTS (SELECT FROM private.overdue('return', 1, ARRAY[decide_overdue_return.return_id])) THEN
        RETURN 0;
    END IF;
    CASE (SELECT r.status::text FROM @extschema@.returns r WHERE r.id = decide_overdue_return.return_id)
        WHEN 'requested' THEN
            PERFORM @extschema@.advance_return(decide_overdue_return.return_id, 'approved', 'the seller has not answered in time');
        WHEN 'shipped_back' THEN
            PERFORM @extschema@.advance_return(decide_overdue_return.return_id, 'received', 'the seller has not answered in time');
            PERFORM @extschema@.advance_return(decide_overdue_return.return_id, 'refunded', 'the seller has not decided in time');
        ELSE
            PERFORM @extschema@.advance_return(decide_overdue_return.return_id, 'refunded', 'the seller has not decided in time');
    END CASE;
    RETURN 1;
END;
$function$;
COMMENT ON FUNCTION private.decide_overdue_return(uuid) IS
    'Decides a return for the buyer and returns 1; 0 if it waits no longer, or another session has locked it or its '
    'order. Errors: 55P03 if something that it writes is locked, and those of advance_return().';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.decide_overdue_returns(max_rows integer DEFAULT 200)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('decide returns');
    RETURN private.end_overdue('return', max_rows);
END;
$function$;
COMMENT ON FUNCTION @extschema@.decide_overdue_returns(integer) IS
    'For the service: decides up to max_rows returns for the buyer that have waited for the seller longer than '
    'driplo.return_decision_window (minutes, default 14 days), without an open dispute: a request is approved, a return '
    'that was sent back is refunded. Returns their number. '
    'Sessions can call it concurrently; what is locked is left for the next time. Stops at half of statement_timeout. '
    'Errors: 42501, 22004.';

-- Both marks are set with the events: whoever comes second finds them.
-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.send_reminders(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    orders uuid[];
    returns uuid[];
BEGIN
    PERFORM private.require_service('send reminders');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    orders := ARRAY(SELECT o.id FROM private.overdue('delivery reminder', max_rows) AS o);
    returns := ARRAY(SELECT r.id FROM private.overdue('sending reminder', max_rows - cardinality(orders)) AS r);
    returns := returns || ARRAY(SELECT r.id FROM private.overdue('return reminder', max_rows - cardinality(orders) - cardinality(returns)) AS r);
    UPDATE @extschema@.orders AS o SET reminded_at = now() WHERE o.id = ANY (orders);
    UPDATE @extschema@.returns AS r SET reminded_at = now() WHERE r.id = ANY (returns);
    PERFORM private.record_event('reminder.order', o, NULL) FROM unnest(orders) AS o;
    PERFORM private.record_event('reminder.return', r, NULL) FROM unnest(returns) AS r;
    RETURN cardinality(orders) + cardinality(returns);
END;
$function$;
COMMENT ON FUNCTION @extschema@.send_reminders(integer) IS
    'For the service: reminds up to max_rows buyers and sellers, each once, that three days are left before an order '
    'counts as delivered, or a return is closed or decided without them, and returns their number. Sessions can call it '
    'concurrently. Errors: 42501, 22004.';

-- rights: authenticated, service_role
-- definer: Writes disputes, which no client may write, in the name of the caller, who has to be a party of the order.
CREATE OR REPLACE FUNCTION @extschema@.open_dispute(order_id uuid, type text, title text, description text)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_open_dispute';
COMMENT ON FUNCTION @extschema@.open_dispute(uuid, text, text, text) IS
    'For a party of a paid order: opens a dispute with the other party, who is asked for a response, and returns '
    'its ID. Allowed within driplo.return_window after delivery or cancellation, while a return is open, and '
    'within driplo.dispute_grace after the other party has withdrawn a dispute, unless one of the caller''s was '
    'decided, or, for the buyer, after a return was rejected or partially refunded; one open dispute per party. '
    'type is a label of dispute_type. Errors: 22004, 22023, P0002 for an order that is not the caller''s, 42501 '
    'for other callers, 55000 if the order was not paid or was refunded, the window has closed, or the other '
    'account is deleted, MK011 if the caller or the bank has an open dispute.';

-- rights: authenticated, service_role
-- definer: As open_dispute(); signs with the caller's own id, and tells strangers nothing.
CREATE OR REPLACE FUNCTION @extschema@.reply_dispute(dispute_id uuid, message text, attachments jsonb DEFAULT '[]')
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_reply_dispute';
COMMENT ON FUNCTION @extschema@.reply_dispute(uuid, text, jsonb) IS
    'Adds a message to an open dispute as a party or as staff (moderators, admins, the service) and returns its '
    'ID. A response of the awaited party changes the status to under_review. attachments is an array of at most '
    '10 URLs or paths. Errors: 22004, 22023, P0002 for a dispute that is not the caller''s, MK011 if it is not '
    'open.';

-- rights: authenticated, service_role (users: staff)
-- definer: As resolve_dispute(), for moderators too; writes what the parties do not see, and asks whether the caller is
--     one.
CREATE OR REPLACE FUNCTION @extschema@.add_dispute_note(dispute_id uuid, note text)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_add_dispute_note';
COMMENT ON FUNCTION @extschema@.add_dispute_note(uuid, text) IS
    'For staff (moderators, admins, the service): adds a note to a dispute that is never visible to its parties '
    'and returns its ID. Errors: 22004, 22023, P0002, 42501 for other callers, including staff who are a party.';

-- rights: authenticated, service_role
-- definer: As open_dispute().
CREATE OR REPLACE FUNCTION @extschema@.cancel_dispute(dispute_id uuid, reason text DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_cancel_dispute';
COMMENT ON FUNCTION @extschema@.cancel_dispute(uuid, text) IS
    'Withdraws a dispute: for the party that opened it until the other party has answered, for an admin, or for '
    'the service. No money is moved, and the other party can open a dispute within driplo.dispute_grace. Returns '
    'the new status. Errors: 22004, 22023, P0002 for a dispute that is not the caller''s, MK011 for the other '
    'party, for a dispute that was answered or is not open, and for a chargeback.';

-- rights: authenticated, service_role (users: staff)
-- definer: As resolve_dispute().
CREATE OR REPLACE FUNCTION @extschema@.advance_dispute(dispute_id uuid, to_status text, note text DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_advance_dispute';
COMMENT ON FUNCTION @extschema@.advance_dispute(uuid, text, text) IS
    'For admins and the service: asks a party for a response (awaiting_seller_response, awaiting_buyer_response), '
    'takes a dispute under review, or closes one that has ended, with a note to the parties. Returns the new '
    'status. Errors: 22004, 22023, P0002, 42501, MK011 for a change that is not allowed and for a chargeback.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes disputes, the log and refunds, which no client may write, after asking whether the caller is an admin
--     or the service and no party.
CREATE OR REPLACE FUNCTION @extschema@.resolve_dispute(dispute_id uuid, resolution text, notes text DEFAULT NULL, refund_amount numeric DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_resolve_dispute';
COMMENT ON FUNCTION @extschema@.resolve_dispute(uuid, text, text, numeric) IS
    'For admins and the service: resolves a dispute, visible to both parties and recorded in admin_audit_log, and '
    'returns the new status. full_refund refunds the remaining payment, partial_refund and '
    'keep_item_partial_refund refund refund_amount (major units of the order''s currency), return_and_refund that '
    'amount or everything; other resolutions move no money. Errors: 22004, 22023, P0002, 42501, MK009 if the '
    'refund exceeds the remaining amount, MK011 for a dispute that is not open and for a chargeback, MK013 to '
    'refund while the buyer''s bank disputes the payment.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.escalate_disputes(dispute_ids uuid[], max_rows integer)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET lock_timeout = '100ms'
    AS 'MODULE_PATHNAME', 'driplo_escalate_disputes';
COMMENT ON FUNCTION private.escalate_disputes(uuid[], integer) IS
    'Escalates up to max_rows of these disputes that were not answered in time, by one statement, and returns their number. '
    'Disputes that another session has locked are left out. Errors: 22004, 55P03 if something that it writes is locked.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.escalate_overdue_disputes(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('escalate disputes');
    RETURN private.end_overdue('escalation', max_rows);
END;
$function$;
COMMENT ON FUNCTION @extschema@.escalate_overdue_disputes(integer) IS
    'For the service: escalates up to max_rows disputes without a response within driplo.dispute_response_window '
    '(minutes, default 7 days), the oldest first, and returns their number. Sessions can call it concurrently; '
    'locked disputes are skipped, and what fails is a warning. Stops at half of statement_timeout. Errors: 42501, 22004.';

-- Who is looked for is not told what is looked at.
-- rights: authenticated, service_role (users: admins)
-- definer: Asks who the caller is, then reads the orders of all, which admins may read; as policies would, once and not
--     for each order.
CREATE OR REPLACE FUNCTION @extschema@.suspicious_sales(days integer DEFAULT 90, least_orders integer DEFAULT 3)
    RETURNS TABLE (reason text, buyer_id uuid, seller_id uuid, orders bigint, worth numeric, by_platform numeric, currency text, ratings bigint, last_order timestamptz)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM private.require_admin('look for suspicious sales');
    IF (suspicious_sales.days > 0 AND suspicious_sales.least_orders > 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'days and least_orders must be greater than zero' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    WITH sale AS (
        SELECT o.buyer_id, o.seller_id, o.currency::text AS currency, o.created_at, o.status = 'completed' AS is_completed, o.platform_discount_amount AS by_platform,
               o.total_amount + coalesce(o.store_credit_amount, 0) AS worth,
               (SELECT count(*) FROM @extschema@.user_ratings r WHERE r.order_id = o.id) AS ratings
          FROM @extschema@.orders o
         WHERE o.created_at >= now() - make_interval(days => suspicious_sales.days) AND o.buyer_id IS NOT NULL AND o.seller_id IS NOT NULL
           AND private.was_paid(o.status::text)
    ), pair AS (
        SELECT 'nearly nothing' AS reason, s.buyer_id, s.seller_id, s.currency, s.worth, s.by_platform, s.ratings, s.created_at
          -- less than a hundred of what is the smallest amount, and nobody else paid either
          FROM sale s WHERE s.is_completed AND s.worth + s.by_platform < private.smallest_unit(s.currency)
        UNION ALL
        SELECT 'each other', s.buyer_id, s.seller_id, s.currency, s.worth, s.by_platform, s.ratings, s.created_at
          FROM sale s
         WHERE s.is_completed AND EXISTS (SELECT FROM sale b WHERE b.is_completed AND b.buyer_id = s.seller_id AND b.seller_id = s.buyer_id)
        UNION ALL
        SELECT 'nobody else', s.buyer_id, s.seller_id, s.currency, s.worth, s.by_platform, s.ratings, s.created_at
          FROM sale s
          JOIN (SELECT b.buyer_id FROM sale b GROUP BY b.buyer_id HAVING count(DISTINCT b.seller_id) = 1) buys ON buys.buyer_id = s.buyer_id
          JOIN (SELECT b.seller_id FROM sale b GROUP BY b.seller_id HAVING count(DISTINCT b.buyer_id) = 1) sells ON sells.seller_id = s.seller_id
         WHERE s.is_completed
        UNION ALL
        SELECT 'coupons of the platform', s.buyer_id, s.seller_id, s.currency, s.worth, s.by_platform, s.ratings, s.created_at
          FROM sale s WHERE s.by_platform > 0
    )
    SELECT p.reason, p.buyer_id, p.seller_id, count(*), sum(p.worth), sum(p.by_platform), p.currency, sum(p.ratings)::bigint, max(p.created_at)
      FROM pair p
     GROUP BY p.reason, p.buyer_id, p.seller_id, p.currency
    HAVING count(*) >= suspicious_sales.least_orders
     ORDER BY 4 DESC, 1, 2, 3, 7;
END;
$function$;
COMMENT ON FUNCTION @extschema@.suspicious_sales(integer, integer) IS
    'For admins and the service: returns pairs of a buyer and a seller with at least least_orders orders within '
    'the given days that may have been made for ratings or for the platform''s money. reason is ''nearly '
    'nothing'' for completed orders worth less than 100 of the currency''s smallest units, ''each other'' for '
    'users who also sell to each other, ''nobody else'' for a buyer and a seller who trade only with each other, '
    'or ''coupons of the platform'' for paid orders partly paid by the platform. worth is what the buyers paid '
    'and by_platform what the platform added, in major units; ratings is the number of ratings. A row is a reason '
    'to investigate, not proof. Errors: 42501, 22023.';
