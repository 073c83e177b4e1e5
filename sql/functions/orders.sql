-- Orders: numbers, history, stock, sums, addresses.

-- Runs no SQL: key and sequence are read directly, whatever the caller's rights on them.
-- Also the default of orders.order_number, evaluated as the role that inserts.
-- rights: authenticated, service_role, driplo_owner
CREATE OR REPLACE FUNCTION @extschema@.generate_order_number()
    RETURNS varchar
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_generate_order_number';
COMMENT ON FUNCTION @extschema@.generate_order_number() IS
    'A new order number ORD-YYYYMMDD-N (UTC date, N of six digits and more), never given twice in a database and not to be guessed '
    'from the one before. Holds no lock until commit. Error: MK001 when the sequence has more values than there are numbers.';

CREATE OR REPLACE FUNCTION private.guard_order_status()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_guard_order_status';
COMMENT ON FUNCTION private.guard_order_status() IS
    'Trigger on orders: lets only those steps through that buyer, seller or the service may take from the order''s state, for direct '
    'updates too, and sets paid_at, shipped_at, delivered_at, cancelled_at, also of an order that begins in such a state. Error: MK005, which '
    'lists the steps that are possible; also for an order that is to be prepared or shipped while everything that was paid goes back.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.broken_promises()
    RETURNS TABLE (order_id uuid, promise_id uuid)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_broken_promises';
COMMENT ON FUNCTION private.broken_promises() IS
    'The orders that were not sent yet and have a discount which they do not earn any more, because an order that met the coupon''s condition with them has ended. There are none.';

CREATE OR REPLACE FUNCTION private.keep_order_terms()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_keep_order_terms';
COMMENT ON FUNCTION private.keep_order_terms() IS
    'Trigger on orders: buyer, seller, currency and number of an order never change, whoever writes; a deleted account becomes NULL. The amounts that a sale is divided by '
    'stay what they were when it was booked. Error: 23514.';

CREATE OR REPLACE FUNCTION private.record_order_status()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_record_order_status';
COMMENT ON FUNCTION private.record_order_status() IS
    'Trigger on orders: writes the first status and each change of it into order_status_history, with the user who caused it, in the order of the steps, whatever other trigger takes the next one; '
    'follows the parcel in order_tracking and shipping_events; gives back what an order took that is cancelled, or refunded before it was shipped; sells the listing whose last unpaid order is paid. '
    'A step of an admin in the order of others is written into admin_audit_log. Error: MK005 when another trigger has made an illegal step of one that guard_order_status() let through, and when an order ends while checkout() places it.';

CREATE OR REPLACE FUNCTION private.count_sales()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_count_sales';
COMMENT ON FUNCTION private.count_sales() IS
    'Trigger on orders, once a statement: total_sales and total_earned of the seller, total_purchases and total_spent of the buyer are those '
    'of their completed orders; a refund takes them back. An order is worth total_amount and store_credit_amount. Sums are taken without '
    'regard to the currency and stop at 99999999.99.';

CREATE OR REPLACE FUNCTION private.take_stock()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_take_stock';
COMMENT ON FUNCTION private.take_stock() IS
    'Trigger on order_items, once for all lines that a statement adds: takes their quantity from the variant, or from the listing when '
    'a line has no variant; an active listing whose stock reaches 0 becomes reserved, or sold when nothing is left to be paid. Errors: MK003 when there is less than was ordered; '
    '23514 for a listing of another seller or in another currency than the order, for one that is not for sale, and for a line without '
    'variant of a listing that has some; MK005 for an order that was cancelled or refunded.';

-- An index of unpaid orders (idx_orders_unpaid) needs the list itself, of labels of the enum.
-- rights: service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.is_unpaid(status text)
    RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_is_unpaid';
COMMENT ON FUNCTION private.is_unpaid(text) IS
    'Whether an order of this status still waits for its payment.';

-- rights: service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.was_paid(status text)
    RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_was_paid';
COMMENT ON FUNCTION private.was_paid(text) IS
    'Whether an order of this status was paid and did not end: from paid to completed.';

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
    'Locks an order until the transaction ends, so that sums over what hangs on it are taken by one transaction after the other in every '
    'isolation level, and returns its amounts; no row for an unknown order. Error: 40001 as for any update.';

CREATE OR REPLACE FUNCTION private.check_order_subtotal()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_check_order_subtotal';
COMMENT ON FUNCTION private.check_order_subtotal() IS
    'Trigger on order_items and orders, at the end of the transaction: the lines of an order add up to its subtotal, and have no more than '
    'it of the tax, of the fee on top and of the platform''s discount, also when two transactions write them at once; an order without lines is let alone. Error: 23514.';

-- SECURITY DEFINER: whoever places the order for the buyer need not be able to read the address.
CREATE OR REPLACE FUNCTION private.show_address()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_show_address';
COMMENT ON FUNCTION private.show_address() IS
    'Trigger on orders: shipping_address, which the seller reads, is a copy of the address once the order is paid, and NULL before and when the order ends before it was sent.';

-- SECURITY DEFINER: as show_address().
CREATE OR REPLACE FUNCTION private.hold_addresses()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_hold_addresses';
COMMENT ON FUNCTION private.hold_addresses() IS
    'Trigger on orders: order_addresses gets a copy of the address when shipping_address_id or billing_address_id is set to one, which stays when that '
    'address is changed or deleted later; and what is written into shipping_address, which an order that is not paid does not keep.';

-- rights: authenticated, service_role
-- definer: Writes the history with a reason; the trigger on orders decides by the caller, not by who runs it.
CREATE OR REPLACE FUNCTION @extschema@.transition_order(order_id uuid, to_status text, reason text DEFAULT NULL, metadata jsonb DEFAULT '{}')
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_transition_order';
COMMENT ON FUNCTION @extschema@.transition_order(uuid, text, text, jsonb) IS
    'Takes the next step of an order, as its buyer, its seller, an admin or the service, and returns the new status. The history gets reason and metadata. A cancellation gives back stock, coupon and store credit, and takes along orders of the same checkout whose discount is not earned without this one. '
    'Errors: 22004, 22023 for an unknown status, P0002 for an order that is not the caller''s, MK005 for a step that is not possible; it lists those that are, and for goods whose payment goes back; MK013 to cancel or refund while the buyer''s bank has the money.';

-- rights: authenticated, service_role
-- definer: As transition_order().
CREATE OR REPLACE FUNCTION @extschema@.cancel_order(order_id uuid, reason text DEFAULT NULL)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_cancel_order';
COMMENT ON FUNCTION @extschema@.cancel_order(uuid, text) IS
    'Cancels an order: a buyer before it is paid, its seller before it is shipped. Gives back stock, coupon and store credit; orders of the same checkout whose discount is not earned without this one end too. Errors: as transition_order().';

-- rights: authenticated, service_role
-- definer: As transition_order(), and writes tracking and events, which no client may write.
CREATE OR REPLACE FUNCTION @extschema@.ship_order(order_id uuid, carrier text, tracking_number text, tracking_url text DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_ship_order';
COMMENT ON FUNCTION @extschema@.ship_order(uuid, text, text, text) IS
    'For the seller: the order is shipped, with its tracking row, whose id is returned, and a shipping event. carrier is a label of shipping_carrier. Again, until the parcel has arrived: another carrier or number. '
    'Errors: as transition_order(), 22023 for another carrier, a tracking number that has not 1 to 100 characters, and a tracking_url that is no address of the web.';

-- rights: authenticated, service_role
-- definer: As transition_order().
CREATE OR REPLACE FUNCTION @extschema@.confirm_delivery(order_id uuid)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_confirm_delivery';
COMMENT ON FUNCTION @extschema@.confirm_delivery(uuid) IS
    'For the buyer: the parcel has arrived. The tracking is finished and a shipping event written. Returns the new status. Errors: as transition_order().';

-- rights: authenticated, service_role
-- definer: Tells a party in what capacity the other acted, from ids alone; finds nothing for anybody else.
CREATE OR REPLACE FUNCTION @extschema@.order_timeline(order_id uuid)
    RETURNS TABLE (at timestamptz, from_status text, to_status text, actor text, reason text)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 6
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_order_timeline';
COMMENT ON FUNCTION @extschema@.order_timeline(uuid) IS
    'The history of an order in order of time, for its parties, admins and the service. actor is buyer, seller, admin or system. Error: P0002 for an order that is not the caller''s.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.orders_to_expire()
    RETURNS TABLE (order_id uuid, seller_id uuid)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_orders_to_expire';
COMMENT ON FUNCTION private.orders_to_expire() IS
    'The orders that were not paid within driplo.payment_window and have no payment under way, the oldest first.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.expire_order(order_id uuid)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET lock_timeout = '10ms'
    AS 'MODULE_PATHNAME', 'driplo_expire_order';
COMMENT ON FUNCTION private.expire_order(uuid) IS
    'Cancels an order that is unpaid, and returns how many that ended: 0 when somebody is busy with it, or its payment has come or is under way. Error: 55P03 when something that it took is locked.';

-- Order by order, each in a subtransaction: what somebody has locked of what one of them took (a profile, a listing, a coupon, a credit) keeps that one alone.
-- An order of a seller where that happened is tried after those of others, so each session that holds something costs one short wait before everybody else has had their turn. Half of
-- a statement_timeout is used, so that what was done is not undone by it.
-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.expire_unpaid_orders(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    until constant timestamptz := (SELECT statement_timestamp() + setting::integer / 2 * interval '1 ms' FROM pg_settings WHERE name = 'statement_timeout' AND setting <> '0');
    busy_sellers uuid[] := '{}'::pg_catalog.uuid[];
    put_off uuid[] := '{}'::pg_catalog.uuid[];
    unpaid record;
    ended integer := 0;
BEGIN
    IF NOT private.is_service() THEN
        RAISE EXCEPTION 'only the service may expire orders' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    FOR unpaid IN SELECT o.order_id, o.seller_id FROM private.orders_to_expire() AS o LOOP
        EXIT WHEN ended >= max_rows OR clock_timestamp() > until;
        IF unpaid.seller_id = ANY (busy_sellers) THEN
            put_off := put_off || unpaid.order_id;
            CONTINUE;
        END IF;
        BEGIN
            ended := ended + private.expire_order(unpaid.order_id);
        EXCEPTION WHEN lock_not_available THEN
            busy_sellers := busy_sellers || unpaid.seller_id;
        END;
    END LOOP;
    FOR unpaid IN SELECT later.order_id FROM unnest(put_off) AS later (order_id) LOOP
        EXIT WHEN ended >= max_rows OR clock_timestamp() > until;
        BEGIN
            ended := ended + private.expire_order(unpaid.order_id);
        EXCEPTION WHEN lock_not_available THEN
            -- left for the next time
        END;
    END LOOP;
    RETURN ended;
END;
$function$;
COMMENT ON FUNCTION @extschema@.expire_unpaid_orders(integer) IS
    'For the service: cancels orders that were not paid within driplo.payment_window (minutes, 30 by default), the oldest first and at most that many, and returns how many. '
    'One whose payment the service knows of, by the step to payment_processing or a row of payment_transactions that has not failed, is waited for; the buyer''s word alone is not. '
    'Any number of sessions may call it at once; an order that somebody is busy with, or with what it took, is left for the next time and keeps no other. It stops at half of a statement_timeout. Errors: 42501, 22004.';

CREATE OR REPLACE FUNCTION private.describe_line()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_describe_line';
COMMENT ON FUNCTION private.describe_line() IS
    'Trigger on order_items: a line without a title gets title, description and condition of the listing, the name of the variant and the URL of the '
    'first image (medium), as they are now: an order stays readable when its listing is changed or gone.';
