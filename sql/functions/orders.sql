-- Orders: numbers, history, stock, sums, addresses.

-- Runs no SQL: key and sequence are read directly, whatever the caller's rights on them.
-- Also the default of orders.order_number, evaluated as the role that inserts.
-- rights: authenticated, service_role, driplo_owner
CREATE OR REPLACE FUNCTION @extschema@.generate_order_number()
    RETURNS varchar
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_generate_order_number';
COMMENT ON FUNCTION @extschema@.generate_order_number() IS
    'Returns a new order number ORD-YYYYMMDD-N, with the UTC date and an N of at least six digits, which is never '
    'assigned twice in a database and cannot be guessed from earlier numbers. Holds no lock until commit. Error: '
    'MK001 if no numbers are left.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.use_own_order_key()
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    here oid := (SELECT d.oid FROM pg_database d WHERE d.datname = current_database());
BEGIN
    IF (SELECT s.database FROM @extschema@.driplo_secrets s WHERE s.name IN ('copy_order_number', 'order_number') ORDER BY s.name LIMIT 1) = here THEN
        RETURN true;
    END IF;
    -- one at a time; without this row there is nothing to go by
    PERFORM FROM @extschema@.driplo_secrets s WHERE s.name = 'order_number' FOR UPDATE;
    IF NOT FOUND OR (SELECT s.database FROM @extschema@.driplo_secrets s WHERE s.name IN ('copy_order_number', 'order_number') ORDER BY s.name LIMIT 1) = here THEN
        RETURN false;
    END IF;
    IF EXISTS (SELECT FROM @extschema@.orders) THEN
        -- a restored dump, or a copy with orders: another key could give one of their numbers out again
        UPDATE @extschema@.driplo_secrets s SET database = here WHERE s.name IN ('copy_order_number', 'order_number');
    ELSE
        INSERT INTO @extschema@.driplo_secrets (name, secret, database)
        VALUES ('copy_order_number', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), here)
        ON CONFLICT (name) DO UPDATE SET secret = EXCLUDED.secret, database = EXCLUDED.database, created_at = now();
    END IF;
    RETURN false;
END
$function$;
COMMENT ON FUNCTION private.use_own_order_key() IS
    'Gives a database that was made by TEMPLATE a key of its own for order numbers, before its first order. '
    'Returns whether the key was this database''s already.';

CREATE OR REPLACE FUNCTION private.announce_secrets()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_announce_secrets';
COMMENT ON FUNCTION private.announce_secrets() IS
    'Trigger on driplo_secrets: makes every session read the keys again, which are kept until they change.';

CREATE OR REPLACE FUNCTION private.guard_order_status()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_order_status';
COMMENT ON FUNCTION private.guard_order_status() IS
    'Trigger on orders: allows only status changes that the buyer, the seller, or the service may make, including '
    'direct updates, and sets paid_at, shipped_at, delivered_at, and cancelled_at, also when an order is inserted '
    'in such a status. Error: MK005, which lists the allowed changes; also if an order is to be prepared or '
    'shipped while all of its payment is being refunded.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.broken_promises()
    RETURNS TABLE (order_id uuid, promise_id uuid)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_broken_promises';
COMMENT ON FUNCTION private.broken_promises() IS
    'Returns unshipped orders with a discount that they no longer earn because an order that met the coupon''s '
    'condition together with them has ended. Always empty in consistent data.';

CREATE OR REPLACE FUNCTION private.keep_order_terms()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_keep_order_terms';
COMMENT ON FUNCTION private.keep_order_terms() IS
    'Trigger on orders: buyer, seller, currency, and number of an order cannot be changed by any role, except '
    'that a deleted account becomes NULL. Amounts by which a sale is divided cannot change once it is booked. '
    'Error: 23514.';

CREATE OR REPLACE FUNCTION private.record_order_status()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_record_order_status';
COMMENT ON FUNCTION private.record_order_status() IS
    'Trigger on orders: records the first status and each change with its user in order_status_history, in the '
    'order in which they happened, even if other triggers change the status again. Also updates order_tracking '
    'and shipping_events, returns what a cancelled or unshipped refunded order took, marks listings as sold, and '
    'records changes by an admin in admin_audit_log. Error: MK005 if another trigger changed the status '
    'illegally, or if an order ends while checkout() places it.';

CREATE OR REPLACE FUNCTION private.count_sales()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_count_sales';
COMMENT ON FUNCTION private.count_sales() IS
    'Statement trigger on orders: maintains total_sales and total_earned of the seller and total_purchases and '
    'total_spent of the buyer for completed orders; a refund subtracts them. The value of an order is '
    'total_amount plus store_credit_amount. Totals are added up across currencies and limited to 99999999.99.';

CREATE OR REPLACE FUNCTION private.take_stock()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_take_stock';
COMMENT ON FUNCTION private.take_stock() IS
    'Trigger on order_items, once for all items that a statement inserts: subtracts their quantity from the stock '
    'of the variant, or of the listing if the item has none. An active listing without stock becomes reserved, or '
    'sold if no payment is open. Errors: MK003 if stock is insufficient; 23514 for a listing of another seller or '
    'currency, one that is not for sale, and a missing variant; MK005 for a cancelled or refunded order.';

-- An index of unpaid orders (idx_orders_unpaid) needs the list itself, of labels of the enum.
-- rights: service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.is_unpaid(status text)
    RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_is_unpaid';
COMMENT ON FUNCTION private.is_unpaid(text) IS 'Returns whether an order with this status is waiting for payment.';

-- rights: service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.was_paid(status text)
    RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_was_paid';
COMMENT ON FUNCTION private.was_paid(text) IS
    'Returns whether an order with this status was paid and has not been cancelled or refunded.';

-- SECURITY DEFINER, as all that call it: rules about an order hold whoever writes.
-- rights: owner
CREATE OR REPLACE FUNCTION private.lock_order(order_id uuid)
    RETURNS TABLE(subtotal numeric, total_amount numeric)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- A row lock would do for READ COMMITTED, but it leaves no trace: the snapshot of a REPEATABLE READ transaction
    -- cannot show what was committed since. A new row version stops that one with 40001.
    -- A row of this very transaction is locked already and has its trace, or nobody else can see it yet.
    UPDATE @extschema@.orders AS shop_order
        SET notes = shop_order.notes
        WHERE shop_order.id = lock_order.order_id
          AND shop_order.xmin <> pg_current_xact_id()::xid;
    RETURN QUERY
        SELECT shop_order.subtotal, shop_order.total_amount
            FROM @extschema@.orders AS shop_order WHERE shop_order.id = lock_order.order_id;
END;
$function$;
COMMENT ON FUNCTION private.lock_order(uuid) IS
    'Locks an order until the end of the transaction and returns its amounts, so that concurrent transactions '
    'total its related rows one after another in every isolation level; no row for an unknown order. Error: '
    '40001, as for an update.';

-- It is called for each line when a transaction ends, and takes the owner's rights for what it seldom asks by a statement.
CREATE OR REPLACE FUNCTION private.check_order_subtotal()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_check_order_subtotal';
COMMENT ON FUNCTION private.check_order_subtotal() IS
    'Deferred trigger on order_items and orders: the items of an order must add up to its subtotal, and their '
    'tax, buyer fee, and platform discount must not exceed those of the order, also with concurrent transactions. '
    'Orders without items are not checked. Error: 23514.';

CREATE OR REPLACE FUNCTION private.show_address()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_show_address';
COMMENT ON FUNCTION private.show_address() IS
    'Trigger on orders: sets shipping_address, which the seller can read, to a copy of the address once the order '
    'is paid, and to NULL before that and if the order ended before shipping.';

CREATE OR REPLACE FUNCTION private.hold_addresses()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_hold_addresses';
COMMENT ON FUNCTION private.hold_addresses() IS
    'Trigger on orders: copies the address to order_addresses when shipping_address_id or billing_address_id is '
    'set; the copy is kept when the address is changed or deleted. Also stores a shipping_address that was '
    'written directly, which an unpaid order does not keep.';

-- rights: authenticated, service_role
-- definer: Writes the history with a reason; the trigger on orders decides by the caller, not by who runs it.
CREATE OR REPLACE FUNCTION @extschema@.transition_order(order_id uuid, to_status text, reason text DEFAULT NULL, metadata jsonb DEFAULT '{}')
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_transition_order';
COMMENT ON FUNCTION @extschema@.transition_order(uuid, text, text, jsonb) IS
    'Changes the status of an order as its buyer, its seller, an admin, or the service, and returns the new '
    'status; reason and metadata are added to the history. A cancellation returns stock, coupon, and store credit '
    'and also ends orders of the same checkout that lose their discount. Errors: 22004, 22023 for an unknown '
    'status, P0002 for an order that is not the caller''s, MK005 for a change that is not allowed, with the '
    'allowed ones, and for goods whose payment is being refunded, MK013 to cancel or refund while the buyer''s '
    'bank disputes the payment.';

-- rights: authenticated, service_role
-- definer: As transition_order().
CREATE OR REPLACE FUNCTION @extschema@.cancel_order(order_id uuid, reason text DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_cancel_order';
COMMENT ON FUNCTION @extschema@.cancel_order(uuid, text) IS
    'Cancels an order: for the buyer before it is paid, for the seller before it is shipped. Returns stock, '
    'coupon, and store credit; orders of the same checkout that lose their discount also end. Errors: see '
    'transition_order().';

-- rights: authenticated, service_role (users: the order's seller and admins)
-- definer: Writes refunds, stock and the history, which no client may write; asks first whether the caller is the
--     order's seller or an admin.
CREATE OR REPLACE FUNCTION @extschema@.cancel_order_items(order_id uuid, items jsonb, reason text DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_cancel_order_items';
COMMENT ON FUNCTION @extschema@.cancel_order_items(uuid, jsonb, text) IS
    'For the seller, an admin, or the service: cancels items of an order that is paid and not shipped, and returns the '
    'status of the order. items is an array of objects with order_item_id and quantity (all that is left without '
    'it). What was paid for them is refunded as it was fixed at checkout, with tax and fee, and they are restocked; '
    'the other items keep their prices and discounts. With the last item the order is cancelled. Errors: 22004, '
    '22023, P0002 for an order that is not the caller''s or an item of another order, 42501 for the buyer, 55000 for '
    'an unpaid order, MK005 if it was shipped or has ended, MK009 if fewer are left, MK013 while the buyer''s bank '
    'disputes the payment.';

-- rights: authenticated, service_role
-- definer: As transition_order().
CREATE OR REPLACE FUNCTION @extschema@.confirm_delivery(order_id uuid)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_confirm_delivery';
COMMENT ON FUNCTION @extschema@.confirm_delivery(uuid) IS
    'For the buyer: confirms the delivery of an order with all its parcels, completes their tracking, creates '
    'shipping events, and returns the new status. Errors: see transition_order(); MK005 while items are in no '
    'parcel.';

-- rights: authenticated, service_role
-- definer: Tells a party in what capacity the other acted, from ids alone; finds nothing for anybody else.
CREATE OR REPLACE FUNCTION @extschema@.order_timeline(order_id uuid)
    RETURNS TABLE (at timestamptz, from_status text, to_status text, actor text, reason text)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 6
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_order_timeline';
COMMENT ON FUNCTION @extschema@.order_timeline(uuid) IS
    'Returns the history of an order in chronological order, for its parties, admins, and the service. actor is '
    'buyer, seller, admin, or system. Error: P0002 for an order that is not the caller''s.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.orders_to_expire()
    RETURNS TABLE (order_id uuid, seller_id uuid, is_tied boolean)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_orders_to_expire';
COMMENT ON FUNCTION private.orders_to_expire() IS
    'Returns orders that were not paid within driplo.payment_window and have no payment in progress, the oldest '
    'first; is_tied for those that a coupon ties to others.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.expire_order(order_id uuid)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET lock_timeout = '10ms'
    AS 'MODULE_PATHNAME', 'driplo_expire_order';
COMMENT ON FUNCTION private.expire_order(uuid) IS
    'Cancels an unpaid order and returns the number of orders that ended: 0 if another session has locked it, or '
    'if its payment has arrived or is in progress. Error: 55P03 if something it reserved is locked.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.expire_orders(order_ids uuid[], max_rows integer)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET lock_timeout = '10ms'
    AS 'MODULE_PATHNAME', 'driplo_expire_orders';
COMMENT ON FUNCTION private.expire_orders(uuid[], integer) IS
    'Cancels the oldest max_rows of these unpaid orders by one statement and returns their number. Orders that a coupon '
    'ties to others, that another session has locked, or whose payment has arrived or is in progress stay as they are. '
    'Error: 55P03 if something that one of them reserved is locked.';

-- Hundred by hundred, each in a subtransaction, and where that fails order by order: what another session has locked of what one of them took (a listing, a
-- variant, a coupon, a credit), or a trigger of the shop's own that refuses one, keeps that one alone.
-- An order of a seller where that happened is tried after those of others, so each session that holds something costs one short wait before everybody else has had their turn. Half of
-- a statement_timeout is used, so that what was done is not undone by it.
-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.expire_unpaid_orders(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    until constant timestamptz := private.time_to_stop();
    busy_sellers uuid[] := '{}'::pg_catalog.uuid[];
    put_off uuid[] := '{}'::pg_catalog.uuid[];
    one_by_one boolean;
    batch record;
    unpaid record;
    ended integer := 0;
BEGIN
    PERFORM private.require_service('expire orders');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    FOR batch IN
        SELECT array_agg(o.order_id ORDER BY o.place) AS orders,
               array_agg(o.seller_id ORDER BY o.place) AS sellers,
               array_agg(o.is_tied ORDER BY o.place) AS are_tied
          FROM (SELECT due.order_id, due.seller_id, due.is_tied, row_number() OVER () AS place FROM private.orders_to_expire() AS due) AS o
         GROUP BY (o.place - 1) / 100
         ORDER BY (o.place - 1) / 100
    LOOP
        EXIT WHEN ended >= max_rows OR clock_timestamp() > until;
        BEGIN
            ended := ended + private.expire_orders(batch.orders, max_rows - ended);
            one_by_one := false;
        EXCEPTION WHEN OTHERS THEN
            one_by_one := true;
        END;
        FOR unpaid IN
            SELECT o.order_id, o.seller_id
              FROM unnest(batch.orders, batch.sellers, batch.are_tied) WITH ORDINALITY AS o (order_id, seller_id, is_tied, place)
             WHERE o.is_tied OR one_by_one
             ORDER BY o.place
        LOOP
            EXIT WHEN ended >= max_rows OR clock_timestamp() > until;
            IF unpaid.seller_id = ANY (busy_sellers) THEN
                put_off := put_off || unpaid.order_id;
                CONTINUE;
            END IF;
            BEGIN
                ended := ended + private.expire_order(unpaid.order_id);
            EXCEPTION
                WHEN lock_not_available OR serialization_failure THEN
                    busy_sellers := busy_sellers || unpaid.seller_id;
                WHEN OTHERS THEN
                    RAISE WARNING '% of "%" could not be done: % (%)', 'expiry', unpaid.order_id, SQLERRM, SQLSTATE;
            END;
        END LOOP;
    END LOOP;
    FOR unpaid IN SELECT later.order_id FROM unnest(put_off) AS later (order_id) LOOP
        EXIT WHEN ended >= max_rows OR clock_timestamp() > until;
        BEGIN
            ended := ended + private.expire_order(unpaid.order_id);
        EXCEPTION
            WHEN lock_not_available OR serialization_failure THEN
                -- left for the next time
            WHEN OTHERS THEN
                RAISE WARNING '% of "%" could not be done: % (%)', 'expiry', unpaid.order_id, SQLERRM, SQLSTATE;
        END;
    END LOOP;
    RETURN ended;
END;
$function$;
COMMENT ON FUNCTION @extschema@.expire_unpaid_orders(integer) IS
    'For the service: cancels up to max_rows orders that were not paid within driplo.payment_window (minutes, '
    'default 30), the oldest first, and returns their number. Orders with a payment known to the service, by '
    'status payment_processing or a row of payment_transactions that has not failed, are not cancelled; a status '
    'set by the buyer alone does not count. Sessions can call it concurrently; locked orders are skipped. An order '
    'that a trigger refuses is left out with a warning. Stops at half of statement_timeout. Errors: 42501, 22004.';

-- What nobody was sent needs no address. Not while money that came in too late is still to go back: who sends it may ask
-- where the buyer lives.
-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.forget_unpaid_addresses(max_rows integer DEFAULT 10000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    orders_cancelled_before constant timestamptz := now() - current_setting('driplo.unpaid_address_retention')::interval;
    forgotten integer;
BEGIN
    PERFORM private.require_service('forget addresses');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    WITH due AS MATERIALIZED (
        SELECT o.id
          FROM @extschema@.orders AS o
         WHERE o.status = 'cancelled'
           AND o.paid_at IS NULL
           AND coalesce(o.cancelled_at, o.created_at) <= orders_cancelled_before
           AND (
               num_nonnulls(o.shipping_address_id, o.billing_address_id) > 0
               OR EXISTS (SELECT FROM @extschema@.order_addresses AS a WHERE a.order_id = o.id)
           )
           AND NOT EXISTS (
               SELECT FROM @extschema@.refund_requests AS r
                WHERE r.order_id = o.id AND r.status::text IN ('pending', 'approved')
           )
         ORDER BY o.id
         LIMIT greatest(max_rows, 0)
           FOR NO KEY UPDATE OF o SKIP LOCKED
    ),
    emptied AS (
        DELETE FROM @extschema@.order_addresses AS a USING due WHERE a.order_id = due.id
    ),
    unlinked AS (
        UPDATE @extschema@.orders AS o SET shipping_address_id = NULL, billing_address_id = NULL
          FROM due
         WHERE o.id = due.id AND num_nonnulls(o.shipping_address_id, o.billing_address_id) > 0
    )
    SELECT count(*) INTO forgotten FROM due;
    RETURN forgotten;
END;
$function$;
COMMENT ON FUNCTION @extschema@.forget_unpaid_addresses(integer) IS
    'For the service: deletes the copies of the addresses of up to max_rows orders that were cancelled without having been '
    'paid, driplo.unpaid_address_retention (minutes, default 30 days) after that, and returns the number of orders. Orders '
    'with a refund that is undecided or to be sent keep theirs. Sessions can call it concurrently. Errors: 42501, 22004.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.overdue(what text, max_rows integer, among uuid[] DEFAULT NULL)
    RETURNS TABLE (id uuid)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_overdue';
COMMENT ON FUNCTION private.overdue(text, integer, uuid[]) IS
    'Returns up to max_rows (NULL for all) orders or returns whose time for something is over, the oldest first, of these '
    'when among is given. Those that are only to be reminded of are locked, without what another session has locked. '
    'Errors: 22004, 22023.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.take_overdue_steps(what text, order_ids uuid[], reason text, max_rows integer)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET lock_timeout = '100ms'
    AS 'MODULE_PATHNAME', 'driplo_take_overdue_steps';
COMMENT ON FUNCTION private.take_overdue_steps(text, uuid[], text, integer) IS
    'Takes the step of up to max_rows of these orders by one statement and returns their number. Orders that another '
    'session has locked, that need the step no longer, or that a trigger keeps stay as they are. Errors: 22004, 22023, '
    '55P03 if something that it writes is locked, and those of transition_order().';

-- Returns are few, and a decision moves money of its order by what is read under the locks of that one: they go one by one.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.end_these(what text, ids uuid[], max_rows integer)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN CASE what
        WHEN 'delivery' THEN private.take_overdue_steps(what, ids, 'nobody has said that it did not arrive', max_rows)
        WHEN 'completion' THEN private.take_overdue_steps(what, ids, 'nothing was left to do', max_rows)
        WHEN 'return' THEN private.decide_overdue_return(ids[1])
        WHEN 'return expiry' THEN private.expire_returns(ids, max_rows)
        WHEN 'escalation' THEN private.escalate_disputes(ids, max_rows)
        WHEN 'cart expiry' THEN private.expire_carts(ids, max_rows)
        WHEN 'release' THEN private.release_orders(ids, max_rows)
    END;
END;
$function$;
COMMENT ON FUNCTION private.end_these(text, uuid[], integer) IS
    'Does what is overdue for up to max_rows of these rows and returns their number. Locks them, and leaves out what another '
    'session has locked, or for which it is no longer overdue. Errors: 55P03 if something else that it writes is locked, and '
    'those of the step.';

-- As expire_unpaid_orders(): hundred by hundred, each in a subtransaction, and where that fails row by row, so that neither
-- a lock nor a trigger of the shop's own that refuses one of them keeps the others.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.end_overdue(what text, max_rows integer)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    until constant timestamptz := private.time_to_stop();
    size constant integer := CASE what WHEN 'return' THEN 1 ELSE 100 END;
    due uuid[];
    batch uuid[];
    one uuid;
    done integer := 0;
BEGIN
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    due := CASE what
        WHEN 'cart expiry' THEN ARRAY(SELECT c.id FROM @extschema@.shopping_carts AS c WHERE c.expires_at <= now() ORDER BY c.expires_at)
        WHEN 'release' THEN ARRAY(SELECT o.order_id FROM private.orders_to_release() AS o)
        ELSE ARRAY(SELECT o.id FROM private.overdue(what, NULL) AS o)
    END;
    FOR place IN 1 .. cardinality(due) BY size LOOP
        EXIT WHEN done >= max_rows OR clock_timestamp() > until;
        batch := due[place:place + size - 1];
        IF size > 1 THEN
            BEGIN
                done := done + private.end_these(what, batch, max_rows - done);
                CONTINUE;
            EXCEPTION WHEN OTHERS THEN
                -- row by row
            END;
        END IF;
        FOREACH one IN ARRAY batch LOOP
            EXIT WHEN done >= max_rows OR clock_timestamp() > until;
            BEGIN
                done := done + private.end_these(what, ARRAY[one], 1);
            EXCEPTION
                WHEN lock_not_available OR deadlock_detected OR serialization_failure THEN
                    -- left for the next time
                WHEN OTHERS THEN
                    -- nobody waits for the end of a cart: there what fails is the whole job, which is on record
                    IF what = 'cart expiry' THEN
                        RAISE;
                    END IF;
                    RAISE WARNING '% of "%" could not be done: % (%)', what, one, SQLERRM, SQLSTATE;
            END;
        END LOOP;
    END LOOP;
    RETURN done;
END;
$function$;
COMMENT ON FUNCTION private.end_overdue(text, integer) IS
    'Does what is overdue for up to max_rows rows, the oldest first, and returns their number. What is locked is left for '
    'the next time, what fails is a warning, but an error for carts. Stops at half of statement_timeout. Error: 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.deliver_overdue_orders(max_rows integer DEFAULT 500)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('deliver orders');
    RETURN private.end_overdue('delivery', max_rows);
END;
$function$;
COMMENT ON FUNCTION @extschema@.deliver_overdue_orders(integer) IS
    'For the service: makes up to max_rows orders delivered whose last parcel was shipped longer ago than '
    'driplo.auto_delivery (minutes, default 30 days), with no item still to be sent and no open dispute, return, or refund '
    'request, and returns their number. Sessions can call it concurrently; what is locked is left for the next time, what '
    'fails is a warning. Stops at half of statement_timeout. Errors: 42501, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.complete_overdue_orders(max_rows integer DEFAULT 500)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('complete orders');
    RETURN private.end_overdue('completion', max_rows);
END;
$function$;
COMMENT ON FUNCTION @extschema@.complete_overdue_orders(integer) IS
    'For the service: makes up to max_rows orders completed that were delivered longer ago than '
    'driplo.auto_completion (minutes, default 14 days) and have no open dispute, return, or refund request, and returns '
    'their number. Sessions can call it concurrently; what is locked is left for the next time, what fails is a warning. '
    'Stops at half of statement_timeout. Errors: 42501, 22004.';

CREATE OR REPLACE FUNCTION private.describe_line()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_describe_line';
COMMENT ON FUNCTION private.describe_line() IS
    'Trigger on order_items: fills in the listing''s title, description, condition, brand, size, and color, the '
    'name of the variant, and the URL of the first image (medium) if no title is given, so that the order stays '
    'readable when the listing changes or is deleted.';

-- What an order says of its parcel and its end in columns of its own, for applications that look there.
CREATE OR REPLACE FUNCTION private.copy_reason_to_order()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_copy_reason_to_order';
COMMENT ON FUNCTION private.copy_reason_to_order() IS
    'Trigger on order_status_history: copies the reason of a cancellation to the order.';

CREATE OR REPLACE FUNCTION private.check_order_copies()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_check_order_copies';
COMMENT ON FUNCTION private.check_order_copies() IS
    'Trigger on orders: tracking_number, shipping_carrier, and cancellation_reason can only be what order_tracking '
    'and order_status_history say. Error: 23514.';

-- By the signature of older applications. SECURITY INVOKER: transition_order() asks who calls.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.update_order_status(p_order_id uuid, p_new_status text, p_user_id uuid DEFAULT NULL, p_reason text DEFAULT NULL, p_metadata jsonb DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- row level security is off for the service only
    IF p_user_id IS NOT NULL AND p_user_id IS DISTINCT FROM auth.uid() AND row_security_active('@extschema@.orders') THEN
        RAISE EXCEPTION 'permission denied for data of another user'
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Pass the ID of the current user, or NULL.';
    END IF;
    PERFORM @extschema@.transition_order(p_order_id, p_new_status, p_reason, COALESCE(p_metadata, '{}'));
END;
$function$;
COMMENT ON FUNCTION @extschema@.update_order_status(uuid, text, uuid, text, jsonb) IS
    'Changes the status of an order as transition_order() does, which acts for the caller. Errors: 42501 for a user '
    'other than the caller, unless the service names one, and those of transition_order().';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.increment_listing_quantity(listing_id uuid, quantity_increment integer DEFAULT 1)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    UPDATE @extschema@.listings AS listing SET quantity = listing.quantity + quantity_increment
     WHERE listing.id = increment_listing_quantity.listing_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'listing "%" does not exist', increment_listing_quantity.listing_id USING ERRCODE = 'no_data_found';
    END IF;
END;
$function$;
COMMENT ON FUNCTION @extschema@.increment_listing_quantity(uuid, integer) IS
    'For the service: adds to the stock of a listing. Cancelled orders are restocked without it. Errors: P0002, 23514 '
    'for a stock below zero.';
