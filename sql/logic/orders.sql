-- Orders: addresses, orders with their lines and history, shipping.

COMMENT ON TYPE @extschema@.order_status IS
    'Where an order is on its way from the checkout to its end.';
COMMENT ON TYPE @extschema@.shipping_carrier IS 'Who carries a parcel.';
COMMENT ON TYPE @extschema@.tracking_status IS 'Where a parcel is, by its carrier.';

-- shipping_addresses

COMMENT ON TABLE @extschema@.shipping_addresses IS 'User addresses. Orders reference addresses of the buyer.';
COMMENT ON COLUMN @extschema@.shipping_addresses.country_code IS
    'ISO 3166 country code of two letters in upper case.';

-- After the statement: only then is it known which rows there are (ON CONFLICT), and which of them are the default.
CREATE OR REPLACE TRIGGER keep_one_default_of_added
    AFTER INSERT ON @extschema@.shipping_addresses
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.keep_one_default();

CREATE OR REPLACE TRIGGER keep_one_default_of_changed
    AFTER UPDATE ON @extschema@.shipping_addresses
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.keep_one_default();

CREATE OR REPLACE TRIGGER update_shipping_addresses_updated_at
    BEFORE UPDATE ON @extschema@.shipping_addresses
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view own addresses" ON @extschema@.shipping_addresses;
CREATE POLICY "Users can view own addresses" ON @extschema@.shipping_addresses
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

DROP POLICY IF EXISTS "Users can manage own addresses" ON @extschema@.shipping_addresses;
CREATE POLICY "Users can manage own addresses" ON @extschema@.shipping_addresses
    FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('shipping_addresses')));

DROP POLICY IF EXISTS "Users can update own addresses" ON @extschema@.shipping_addresses;
CREATE POLICY "Users can update own addresses" ON @extschema@.shipping_addresses
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('shipping_addresses')));

DROP POLICY IF EXISTS "Users can remove own addresses" ON @extschema@.shipping_addresses;
CREATE POLICY "Users can remove own addresses" ON @extschema@.shipping_addresses
    FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- orders

COMMENT ON TABLE @extschema@.orders IS 'Purchases, each from one seller in one currency.';
COMMENT ON COLUMN @extschema@.orders.order_number IS 'Order number for people, ORD-YYYYMMDD-N; never assigned twice.';
COMMENT ON COLUMN @extschema@.orders.subtotal IS
    'Sum of the order items, if there are any. Like all amounts of the order, in major units of currency.';
COMMENT ON COLUMN @extschema@.orders.total_amount IS
    'Amount to pay: subtotal + shipping_cost + tax_amount + buyer_fee_amount - discount_amount - '
    'store_credit_amount.';
COMMENT ON COLUMN @extschema@.orders.platform_fee_amount IS
    'Fee of the platform: the sum of platform_fee of the order items and the fee on shipping. Fixed when the '
    'order is placed.';
COMMENT ON COLUMN @extschema@.orders.prices_include_tax IS
    'Whether prices and shipping include the tax: then included_tax_amount is a part of the total, and tax_amount is 0.';
COMMENT ON COLUMN @extschema@.orders.shipping_tax_amount IS
    'Part of tax_amount or included_tax_amount that is of the shipping, with its rate where it is known and one.';
COMMENT ON COLUMN @extschema@.orders.buyer_fee_amount IS
    'Part of the fee that the buyer pays as part of the total (see driplo.fee_payer); the rest is deducted from '
    'the seller''s earnings.';
COMMENT ON COLUMN @extschema@.orders.platform_discount_amount IS
    'Part of the discounts and of waived shipping that the platform pays to the seller because its own coupons '
    'granted it.';
COMMENT ON COLUMN @extschema@.orders.refunded_amount IS 'Amount refunded or charged back, in cash and store credit.';
COMMENT ON COLUMN @extschema@.orders.refunded_fee_amount IS
    'Part of platform_fee_amount that was returned with refunded_amount.';
COMMENT ON COLUMN @extschema@.orders.refunded_tax_amount IS
    'Part of tax_amount or included_tax_amount that was returned with refunded_amount.';
COMMENT ON COLUMN @extschema@.orders.refunded_discount_amount IS
    'Part of platform_discount_amount that was returned to the platform.';
COMMENT ON COLUMN @extschema@.orders.due_on_delivery IS
    'What the buyer still has to pay on delivery, of an order whose payment is cash_on_delivery; 0 once it was collected.';
COMMENT ON COLUMN @extschema@.orders.fee_tax_amount IS
    'Part of tax_amount or included_tax_amount that is of buyer_fee_amount, with its rate where it is known.';
COMMENT ON COLUMN @extschema@.orders.part_paid_amount IS
    'What the buyer has paid of an order by start_part_payment() while the rest of total_amount is still due; 0 once the order is paid or has ended.';
COMMENT ON COLUMN @extschema@.orders.released_at IS
    'Time when the seller''s earnings became available; NULL while they are pending.';
COMMENT ON COLUMN @extschema@.orders.promise_id IS
    'Common ID of the orders of a checkout that met a coupon''s condition together, or NULL if the order does not '
    'depend on others. These orders are paid together; when one of them ends, those that no longer earn their '
    'discount end with it.';
COMMENT ON COLUMN @extschema@.orders.withheld_amount IS
    'Part of refunded_amount that is not paid to the buyer: discounts of other orders, already shipped, that are '
    'not earned without this order.';
COMMENT ON COLUMN @extschema@.orders.currency IS 'ISO 4217 code in upper case.';
COMMENT ON COLUMN @extschema@.orders.store_credit_amount IS 'Amount paid with store credit.';
COMMENT ON COLUMN @extschema@.orders.tracking_number IS 'Copy of order_tracking.tracking_number of the first parcel; maintained by a trigger.';
COMMENT ON COLUMN @extschema@.orders.shipping_carrier IS 'Copy of order_tracking.carrier of the first parcel; maintained by a trigger.';
COMMENT ON COLUMN @extschema@.orders.cancellation_reason IS
    'Reason of the cancellation as in order_status_history; maintained by a trigger.';
COMMENT ON COLUMN @extschema@.orders.shipping_address IS
    'Shipping address as shown to the seller: a copy of the one in order_addresses once the order is paid, and '
    'NULL before that or if the order ended before shipping. A JSON object with name, phone, address_line1, '
    'address_line2, city, state_province, postal_code, and country_code.';

COMMENT ON COLUMN @extschema@.orders.reminded_at IS
    'Time when the buyer was reminded that the order will count as delivered.';

-- In logic and not in the table's text, because a default that calls a function has to be there again after the
-- extension was dropped and made anew.
ALTER TABLE @extschema@.orders ALTER COLUMN order_number SET DEFAULT @extschema@.generate_order_number();

CREATE OR REPLACE TRIGGER show_new_address
    BEFORE INSERT ON @extschema@.orders
    FOR EACH ROW WHEN (NEW.shipping_address_id IS NOT NULL) EXECUTE FUNCTION private.show_address();

CREATE OR REPLACE TRIGGER show_address
    BEFORE UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.shipping_address_id IS DISTINCT FROM NEW.shipping_address_id)
    EXECUTE FUNCTION private.show_address();

-- AFTER: the order that the copies belong to has to be there. _: a trigger of the shop's own finds them.
CREATE OR REPLACE TRIGGER _hold_new_addresses
    AFTER INSERT ON @extschema@.orders
    FOR EACH ROW WHEN (num_nonnulls(NEW.shipping_address_id, NEW.billing_address_id) > 0 OR NEW.shipping_address IS NOT NULL)
    EXECUTE FUNCTION private.hold_addresses();

CREATE OR REPLACE TRIGGER _hold_addresses
    AFTER UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (
        OLD.status IS DISTINCT FROM NEW.status
        OR OLD.shipping_address_id IS DISTINCT FROM NEW.shipping_address_id
        OR OLD.billing_address_id IS DISTINCT FROM NEW.billing_address_id
        OR OLD.shipping_address IS DISTINCT FROM NEW.shipping_address
    )
    EXECUTE FUNCTION private.hold_addresses();

-- At the end of the transaction, because order and lines are written one after the other. OR REPLACE does not
-- exist for constraint triggers.
DROP TRIGGER IF EXISTS check_order_subtotal ON @extschema@.orders;
CREATE CONSTRAINT TRIGGER check_order_subtotal
    AFTER UPDATE ON @extschema@.orders
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (
        OLD.subtotal <> NEW.subtotal
        OR OLD.tax_amount IS DISTINCT FROM NEW.tax_amount
        OR OLD.buyer_fee_amount <> NEW.buyer_fee_amount
        OR OLD.platform_discount_amount <> NEW.platform_discount_amount
    ) EXECUTE FUNCTION private.check_order_subtotal('id');

-- Not UPDATE OF status: a trigger that comes before may have changed it in a statement that does not name it.
CREATE OR REPLACE TRIGGER guard_new_order_status
    BEFORE INSERT ON @extschema@.orders
    FOR EACH ROW EXECUTE FUNCTION private.guard_order_status();

CREATE OR REPLACE TRIGGER guard_order_status
    BEFORE UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION private.guard_order_status();

CREATE OR REPLACE TRIGGER keep_order_terms
    BEFORE UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (
        -- not as two rows: a restore would write that in another way
        OLD.buyer_id IS DISTINCT FROM NEW.buyer_id
        OR OLD.seller_id IS DISTINCT FROM NEW.seller_id
        OR OLD.currency IS DISTINCT FROM NEW.currency
        OR OLD.order_number IS DISTINCT FROM NEW.order_number
        OR OLD.total_amount IS DISTINCT FROM NEW.total_amount
        OR OLD.store_credit_amount IS DISTINCT FROM NEW.store_credit_amount
        OR OLD.tax_amount IS DISTINCT FROM NEW.tax_amount
        OR OLD.included_tax_amount IS DISTINCT FROM NEW.included_tax_amount
        OR OLD.fee_tax_amount IS DISTINCT FROM NEW.fee_tax_amount
        OR OLD.platform_fee_amount IS DISTINCT FROM NEW.platform_fee_amount
        OR OLD.platform_discount_amount IS DISTINCT FROM NEW.platform_discount_amount
    )
    EXECUTE FUNCTION private.keep_order_terms();

-- And AFTER: a BEFORE trigger may still have changed them. _ is before the step is recorded, which makes a sale of the order.
CREATE OR REPLACE TRIGGER _keep_order_terms
    AFTER UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (
        OLD.buyer_id IS DISTINCT FROM NEW.buyer_id
        OR OLD.seller_id IS DISTINCT FROM NEW.seller_id
        OR OLD.currency IS DISTINCT FROM NEW.currency
        OR OLD.order_number IS DISTINCT FROM NEW.order_number
        OR OLD.total_amount IS DISTINCT FROM NEW.total_amount
        OR OLD.store_credit_amount IS DISTINCT FROM NEW.store_credit_amount
        OR OLD.tax_amount IS DISTINCT FROM NEW.tax_amount
        OR OLD.included_tax_amount IS DISTINCT FROM NEW.included_tax_amount
        OR OLD.fee_tax_amount IS DISTINCT FROM NEW.fee_tax_amount
        OR OLD.platform_fee_amount IS DISTINCT FROM NEW.platform_fee_amount
        OR OLD.platform_discount_amount IS DISTINCT FROM NEW.platform_discount_amount
    )
    EXECUTE FUNCTION private.keep_order_terms();

-- Triggers fire in the order of their names: _ is before the letters, and behind the foreign keys' RI_.
CREATE OR REPLACE TRIGGER _record_new_order_status
    AFTER INSERT ON @extschema@.orders
    FOR EACH ROW EXECUTE FUNCTION private.record_order_status();

CREATE OR REPLACE TRIGGER _record_order_status
    AFTER UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION private.record_order_status();

-- A trigger has one event when it has transition tables. For the whole statement, so that the people are locked in one
-- order however many orders it completes.
CREATE OR REPLACE TRIGGER count_added_sales
    AFTER INSERT ON @extschema@.orders
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_sales();

CREATE OR REPLACE TRIGGER count_changed_sales
    AFTER UPDATE ON @extschema@.orders
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_sales();

CREATE OR REPLACE TRIGGER check_new_order_copies
    AFTER INSERT ON @extschema@.orders
    FOR EACH ROW WHEN (num_nonnulls(NEW.tracking_number, NEW.shipping_carrier, NEW.cancellation_reason) > 0)
    EXECUTE FUNCTION private.check_order_copies();

CREATE OR REPLACE TRIGGER check_order_copies
    AFTER UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (
        OLD.tracking_number IS DISTINCT FROM NEW.tracking_number
        OR OLD.shipping_carrier IS DISTINCT FROM NEW.shipping_carrier
        OR OLD.cancellation_reason IS DISTINCT FROM NEW.cancellation_reason
    )
    EXECUTE FUNCTION private.check_order_copies();

CREATE OR REPLACE TRIGGER update_orders_updated_at
    BEFORE UPDATE ON @extschema@.orders
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view their orders" ON @extschema@.orders;
CREATE POLICY "Users can view their orders" ON @extschema@.orders
    FOR SELECT TO authenticated
    USING (
        private.is_caller(buyer_id)
        OR private.is_caller(seller_id)
        OR private.is_shown_to(id, 'admin')
    );

-- Not granted: prices, status and seller of an order come from the database, not from its buyer.
DROP POLICY IF EXISTS "Buyers can create orders" ON @extschema@.orders;
CREATE POLICY "Buyers can create orders" ON @extschema@.orders
    FOR INSERT TO authenticated
    WITH CHECK (false);

-- Only the status is granted, and guard_order_status() says which step is legal: a refusal has words.
-- Permissive policies add up: in the reference a buyer used the seller's WITH CHECK to mark an order paid.
-- So one lets the parties in, and two restrictive ones say what each of them may bring about at all.
DROP POLICY IF EXISTS "Parties can change their orders" ON @extschema@.orders;
CREATE POLICY "Parties can change their orders" ON @extschema@.orders
    FOR UPDATE TO authenticated
    USING (
        buyer_id = (SELECT auth.uid())
        OR seller_id = (SELECT auth.uid())
        OR id >= private.ids_from('admin')
    )
    WITH CHECK (
        (
            buyer_id = (SELECT auth.uid())
            OR seller_id = (SELECT auth.uid())
            OR (SELECT private.caller_role()) = 'admin'
        )
        AND (SELECT private.require_guard('orders'))
    );

-- IS DISTINCT FROM: a party whose account was deleted is NULL, and <> would then stop the other one.
-- The new row is checked: the reference demanded of it to be pending still, so no buyer could cancel.
DROP POLICY IF EXISTS "Buyers can cancel pending orders" ON @extschema@.orders;
CREATE POLICY "Buyers can cancel pending orders" ON @extschema@.orders
    AS RESTRICTIVE FOR UPDATE TO authenticated
    USING (true)
    WITH CHECK (
        buyer_id IS DISTINCT FROM (SELECT auth.uid())
        OR status::text IN ('payment_processing', 'cancelled', 'delivered', 'completed')
        OR (SELECT private.caller_role()) = 'admin'
    );

-- Never to paid, delivered, completed or refunded.
DROP POLICY IF EXISTS "Sellers can update order status" ON @extschema@.orders;
CREATE POLICY "Sellers can update order status" ON @extschema@.orders
    AS RESTRICTIVE FOR UPDATE TO authenticated
    USING (true)
    WITH CHECK (
        seller_id IS DISTINCT FROM (SELECT auth.uid())
        OR status::text IN ('preparing', 'shipped', 'in_transit', 'cancelled')
        OR (SELECT private.caller_role()) = 'admin'
    );

-- What hangs on an order is seen by who sees the order: the policy of orders decides.

-- order_items

COMMENT ON TABLE @extschema@.order_items IS 'Order items, with the price at the time of purchase.';
COMMENT ON COLUMN @extschema@.order_items.discount_amount IS
    'Share of the order''s discount_amount; fixed when the order is placed.';
COMMENT ON COLUMN @extschema@.order_items.platform_fee IS
    'Share of the platform''s fee, calculated from the price after the seller''s own discounts; fixed when the '
    'order is placed.';
COMMENT ON COLUMN @extschema@.order_items.tax_amount IS
    'Tax on top of the discounted price and of buyer_fee_amount; refunded with the item.';
COMMENT ON COLUMN @extschema@.order_items.buyer_fee_amount IS
    'Part of platform_fee that the buyer paid in addition to the price; refunded with the item.';
COMMENT ON COLUMN @extschema@.order_items.platform_discount_amount IS
    'Part of discount_amount that the platform pays to the seller; returned to the platform when the item is '
    'refunded.';
COMMENT ON COLUMN @extschema@.order_items.shipping_cost IS
    'What the buyer pays for shipping the item, part of the order''s shipping_cost; 0 for items of orders that were not placed by checkout().';
COMMENT ON COLUMN @extschema@.order_items.included_tax_amount IS
    'Tax that the discounted price and buyer_fee_amount include, where prices_include_tax; refunded with the item.';
COMMENT ON COLUMN @extschema@.order_items.fee_tax_amount IS
    'Part of tax_amount or included_tax_amount that is of buyer_fee_amount; the rest is of the price, at tax_rate.';
COMMENT ON COLUMN @extschema@.order_items.tax_rate IS
    'Percentage by which the price was taxed when the order was placed; NULL if it was not given.';
COMMENT ON COLUMN @extschema@.order_items.commission_rule_id IS
    'Rule of commission_rules by which platform_fee was calculated; NULL for driplo.platform_fee_percent.';
COMMENT ON COLUMN @extschema@.order_items.is_picked_up IS
    'Whether the buyer picks the item up instead of having it shipped.';
COMMENT ON COLUMN @extschema@.order_items.delivery_days_min IS
    'In how many days at the earliest the seller said it would arrive, when the order was placed; delivery_days_max at the latest.';
COMMENT ON COLUMN @extschema@.order_items.stock_returned_at IS
    'Time when the units were restocked because the order was cancelled, or refunded before shipping.';
COMMENT ON COLUMN @extschema@.order_items.cancelled_quantity IS
    'How many of quantity were cancelled after the payment and are not sent; quantity and prices stay as they were '
    'ordered.';
COMMENT ON COLUMN @extschema@.order_items.total_price IS 'unit_price times quantity, in the order''s currency.';

CREATE OR REPLACE TRIGGER describe_line
    BEFORE INSERT ON @extschema@.order_items
    FOR EACH ROW WHEN (NEW.title IS NULL) EXECUTE FUNCTION private.describe_line();

CREATE OR REPLACE TRIGGER take_stock
    AFTER INSERT ON @extschema@.order_items
    REFERENCING NEW TABLE AS lines
    FOR EACH STATEMENT EXECUTE FUNCTION private.take_stock();

DROP TRIGGER IF EXISTS check_order_subtotal ON @extschema@.order_items;
CREATE CONSTRAINT TRIGGER check_order_subtotal
    AFTER INSERT OR DELETE ON @extschema@.order_items
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION private.check_order_subtotal('order_id');

DROP TRIGGER IF EXISTS check_changed_order_subtotal ON @extschema@.order_items;
CREATE CONSTRAINT TRIGGER check_changed_order_subtotal
    AFTER UPDATE ON @extschema@.order_items
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (
        OLD.order_id IS DISTINCT FROM NEW.order_id
        OR OLD.total_price IS DISTINCT FROM NEW.total_price
        OR OLD.tax_amount IS DISTINCT FROM NEW.tax_amount
        OR OLD.buyer_fee_amount IS DISTINCT FROM NEW.buyer_fee_amount
        OR OLD.platform_discount_amount IS DISTINCT FROM NEW.platform_discount_amount
    ) EXECUTE FUNCTION private.check_order_subtotal('order_id');

DROP POLICY IF EXISTS "Users can view order items" ON @extschema@.order_items;
CREATE POLICY "Users can view order items" ON @extschema@.order_items
    FOR SELECT TO authenticated
    USING (
        private.is_own_order(order_id)
        OR (private.is_shown_to(order_id, 'busy') AND private.sees_order(order_id))
    );

-- order_addresses, order_status_history, order_tracking, shipping_labels, shipping_events, checkouts

COMMENT ON TABLE @extschema@.order_addresses IS
    'Addresses of an order, visible to its buyer and to admins; written by a trigger.';
COMMENT ON COLUMN @extschema@.order_addresses.shipping_address IS
    'Copy of the shipping address at the time when the order''s shipping_address_id was set. '
    'orders.shipping_address is the copy shown to the seller.';
COMMENT ON COLUMN @extschema@.order_addresses.billing_address IS
    'Copy of the billing address at the time when the order''s billing_address_id was set; a JSON object like '
    'orders.shipping_address.';

DROP POLICY IF EXISTS "Buyers can view the addresses of their orders" ON @extschema@.order_addresses;
CREATE POLICY "Buyers can view the addresses of their orders" ON @extschema@.order_addresses
    FOR SELECT TO authenticated
    USING (EXISTS (
        SELECT FROM @extschema@.orders AS shop_order
        WHERE shop_order.id = order_addresses.order_id
          AND (
              shop_order.buyer_id = (SELECT auth.uid())
              OR (SELECT private.caller_role()) = 'admin'
          )
    ));

COMMENT ON TABLE @extschema@.order_status_history IS
    'Status changes of orders, each with the user who caused it; written by a trigger.';
COMMENT ON COLUMN @extschema@.order_status_history.event_id IS
    'Number of the event in outbox_events by which others are told of the change; NULL if nobody is.';

CREATE OR REPLACE TRIGGER copy_to_order
    AFTER INSERT ON @extschema@.order_status_history
    FOR EACH ROW WHEN (NEW.to_status::text = 'cancelled' AND NEW.reason IS NOT NULL)
    EXECUTE FUNCTION private.copy_reason_to_order();

DROP POLICY IF EXISTS "Parties can view the history of their orders" ON @extschema@.order_status_history;
CREATE POLICY "Parties can view the history of their orders" ON @extschema@.order_status_history
    FOR SELECT TO authenticated
    USING (
        order_id = ANY ((SELECT private.own_orders())::uuid[])
        OR (order_id >= private.ids_from('busy') AND private.sees_order(order_id))
    );

COMMENT ON TABLE @extschema@.order_tracking IS 'Parcels of orders, with their tracking.';
COMMENT ON COLUMN @extschema@.order_tracking.events IS 'Tracking events of the carrier; a JSON array.';
COMMENT ON COLUMN @extschema@.order_tracking.parcel_number IS
    'Which parcel of the order it is, from 1. Tracking number and carrier of the first are also in the order.';
COMMENT ON COLUMN @extschema@.order_tracking.items IS
    'What the parcel holds: a JSON array of objects with order_item_id and quantity. NULL for all that no other parcel of '
    'the order names.';

CREATE OR REPLACE TRIGGER copy_to_order
    AFTER INSERT OR UPDATE OR DELETE ON @extschema@.order_tracking
    FOR EACH ROW EXECUTE FUNCTION private.copy_tracking_to_order();

CREATE OR REPLACE TRIGGER check_parcel_items
    AFTER INSERT OR UPDATE ON @extschema@.order_tracking
    FOR EACH ROW WHEN (NEW.items IS NOT NULL)
    EXECUTE FUNCTION private.check_parcel_items();

DROP POLICY IF EXISTS "Parties can view the tracking of their orders" ON @extschema@.order_tracking;
CREATE POLICY "Parties can view the tracking of their orders" ON @extschema@.order_tracking
    FOR SELECT TO authenticated
    USING (
        order_id = ANY ((SELECT private.own_orders())::uuid[])
        OR (order_id >= private.ids_from('busy') AND private.sees_order(order_id))
    );

COMMENT ON TABLE @extschema@.shipping_labels IS 'Shipping labels of orders, visible to the seller.';
COMMENT ON COLUMN @extschema@.shipping_labels.cost IS 'Cost of the label, in major units of the order''s currency.';

-- Not the buyer's: who has the label can use it, and its cost is between seller and carrier.
DROP POLICY IF EXISTS "Sellers can view their shipping labels" ON @extschema@.shipping_labels;
CREATE POLICY "Sellers can view their shipping labels" ON @extschema@.shipping_labels
    FOR SELECT TO authenticated
    USING (
        order_id = ANY ((SELECT private.own_sales())::uuid[])
        OR (order_id >= private.ids_from('busy') AND private.sees_sale(order_id))
    );

COMMENT ON TABLE @extschema@.shipping_events IS 'Events of a parcel in chronological order.';

DROP POLICY IF EXISTS "Parties can view the shipping events of their orders" ON @extschema@.shipping_events;
CREATE POLICY "Parties can view the shipping events of their orders" ON @extschema@.shipping_events
    FOR SELECT TO authenticated
    USING (
        order_id = ANY ((SELECT private.own_orders())::uuid[])
        OR (order_id >= private.ids_from('busy') AND private.sees_order(order_id))
    );

COMMENT ON TABLE @extschema@.checkouts IS
    'Completed checkout requests. Repeating a request with the same key returns the same orders.';
COMMENT ON COLUMN @extschema@.checkouts.request IS
    'Arguments of the checkout, compared when the key is used again; a JSON object.';

DROP POLICY IF EXISTS "Users can view own checkouts" ON @extschema@.checkouts;
CREATE POLICY "Users can view own checkouts" ON @extschema@.checkouts
    FOR SELECT TO authenticated
    USING (buyer_id = (SELECT auth.uid()));
