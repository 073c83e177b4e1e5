-- Moving in, the rows of orders, payments and trust: see adoption_rules.sql. What a buyer was to pay is the fact that stays; what it is
-- made of follows the items.

-- rights: owner
CREATE OR REPLACE FUNCTION private.adoption_rules_of_orders()
    RETURNS TABLE (number integer, on_table text, condition text, assignments text, note text, is_derived boolean)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    VALUES
        -- before the rules that look at the currency of an order
        (305, 'orders', $$private.smallest_unit(coalesce(r.currency::text, '')) IS NULL$$, $$currency = private.adopted_currency(r.currency::text)$$,
            'Currency in upper case; what is not a currency became that of most listings.', false),
        (800, 'order_items', $$EXISTS (SELECT FROM @extschema@.orders o WHERE o.id = r.order_id AND r.unit_price * 100 % private.smallest_unit(o.currency::text) <> 0)$$,
            $$unit_price = private.adopted_amount(r.unit_price, (SELECT o.currency::text FROM @extschema@.orders o WHERE o.id = r.order_id))$$,
            'Price rounded to the smallest unit of the currency.', false),
        (810, 'order_items', $$r.total_price <> r.unit_price * r.quantity$$, $$total_price = r.unit_price * r.quantity$$, 'Total is the price times the quantity.', false),
        (820, 'order_items', $$r.variant_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.product_variants v WHERE v.id = r.variant_id AND v.listing_id = r.listing_id)$$,
            $$variant_id = NULL$$, 'The variant belongs to another listing: removed from the order item.', false),
        (830, 'orders', $$EXISTS (SELECT FROM unnest(ARRAY[r.subtotal, r.shipping_cost, r.tax_amount, r.discount_amount, r.total_amount]) AS part (amount)
            WHERE part.amount * 100 % private.smallest_unit(r.currency::text) <> 0)$$,
            $$subtotal = private.adopted_amount(r.subtotal, r.currency::text), shipping_cost = private.adopted_amount(r.shipping_cost, r.currency::text),
              tax_amount = private.adopted_amount(r.tax_amount, r.currency::text), discount_amount = private.adopted_amount(r.discount_amount, r.currency::text),
              total_amount = private.adopted_amount(r.total_amount, r.currency::text)$$,
            'Amounts rounded to the smallest unit of the currency.', false),
        (840, 'orders', $$r.subtotal <> (SELECT sum(i.total_price) FROM @extschema@.order_items i WHERE i.order_id = r.id)$$,
            $$subtotal = (SELECT sum(i.total_price) FROM @extschema@.order_items i WHERE i.order_id = r.id)$$, 'Subtotal is the sum of the order items.', false),
        (850, 'orders', $$r.total_amount <> r.subtotal + coalesce(r.shipping_cost, 0) + coalesce(r.tax_amount, 0) - coalesce(r.discount_amount, 0)$$,
            $$(discount_amount, shipping_cost) = (
                SELECT greatest(coalesce(r.discount_amount, 0) - d.missing, 0), coalesce(r.shipping_cost, 0) + greatest(d.missing - coalesce(r.discount_amount, 0), 0)
                  FROM (SELECT r.total_amount - (r.subtotal + coalesce(r.shipping_cost, 0) + coalesce(r.tax_amount, 0) - coalesce(r.discount_amount, 0))) AS d (missing))$$,
            'The total stays. What the buyer was to pay less is a discount; what was more came off the discount, the rest is shipping.', false),
        (860, 'orders', $$r.buyer_id = r.seller_id$$,
            $$buyer_id = NULL, shipping_address_id = NULL, billing_address_id = NULL, payment_method_id = NULL,
              notes = CASE WHEN r.status NOT IN ('delivered', 'completed', 'cancelled', 'refunded') THEN r.notes END$$,
            'An order from oneself keeps its seller, and has no buyer.', false),
        (870, 'history', NULL, NULL, NULL, true),
        (880, 'orders', $$EXISTS (SELECT FROM @extschema@.order_status_history h WHERE h.order_id = r.id
            AND CASE h.to_status WHEN 'paid' THEN r.paid_at IS NULL WHEN 'shipped' THEN r.shipped_at IS NULL WHEN 'delivered' THEN r.delivered_at IS NULL
                                 WHEN 'cancelled' THEN r.cancelled_at IS NULL ELSE false END)$$,
            $$(paid_at, shipped_at, delivered_at, cancelled_at) = (
                SELECT coalesce(r.paid_at, min(h.created_at) FILTER (WHERE h.to_status = 'paid')), coalesce(r.shipped_at, min(h.created_at) FILTER (WHERE h.to_status = 'shipped')),
                       coalesce(r.delivered_at, min(h.created_at) FILTER (WHERE h.to_status = 'delivered')), coalesce(r.cancelled_at, min(h.created_at) FILTER (WHERE h.to_status = 'cancelled'))
                  FROM @extschema@.order_status_history h WHERE h.order_id = r.id)$$,
            'Times of steps taken from the history.', true),
        (890, 'orders', $$r.status IN ('delivered', 'completed') AND r.delivered_at IS NULL$$, $$delivered_at = coalesce(r.updated_at, r.created_at, now())$$,
            'Delivered when the order was last changed, as no time was known.', false),
        (893, 'order_status_history', $$r.to_status = 'cancelled' AND r.reason IS NULL AND EXISTS (SELECT FROM @extschema@.orders o WHERE o.id = r.order_id AND o.cancellation_reason IS NOT NULL)$$,
            $$reason = (SELECT o.cancellation_reason FROM @extschema@.orders o WHERE o.id = r.order_id)$$, 'Reason of the cancellation taken from the order.', true),
        (895, 'orders', $$EXISTS (SELECT FROM @extschema@.order_tracking t WHERE t.order_id = r.id) OR num_nonnulls(r.tracking_number, r.shipping_carrier) > 0
            OR r.status = 'cancelled' OR r.cancellation_reason IS NOT NULL$$,
            $$(tracking_number, shipping_carrier) = (SELECT t.tracking_number, t.carrier FROM @extschema@.order_tracking t WHERE t.order_id = r.id AND t.parcel_number = 1),
              cancellation_reason = (SELECT h.reason FROM @extschema@.order_status_history h WHERE h.order_id = r.id AND h.to_status = 'cancelled' AND r.status = 'cancelled' AND h.reason IS NOT NULL
                                      ORDER BY h.reason = r.cancellation_reason DESC NULLS LAST, h.created_at DESC, h.id LIMIT 1)$$,
            'Tracking number and carrier of the parcel, reason of the cancellation.', true),
        -- after their addresses were copied
        (900, 'orders', $$r.shipping_address_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.shipping_addresses a WHERE a.id = r.shipping_address_id AND a.user_id = r.buyer_id)
            OR r.billing_address_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.shipping_addresses a WHERE a.id = r.billing_address_id AND a.user_id = r.buyer_id)$$,
            $$shipping_address_id = (SELECT a.id FROM @extschema@.shipping_addresses a WHERE a.id = r.shipping_address_id AND a.user_id = r.buyer_id),
              billing_address_id = (SELECT a.id FROM @extschema@.shipping_addresses a WHERE a.id = r.billing_address_id AND a.user_id = r.buyer_id)$$,
            'Address of another user: the order keeps a copy and no longer refers to it.', false),
        (910, 'orders', $$r.payment_method_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.payment_methods m WHERE m.id = r.payment_method_id AND m.user_id = r.buyer_id)$$,
            $$payment_method_id = NULL$$, 'Payment method of another user: removed from the order.', false),
        -- shares of the discount, so that a returned item takes its own along
        (920, 'order_items', $$EXISTS (SELECT FROM @extschema@.orders o WHERE o.id = r.order_id AND o.discount_amount > 0 AND o.subtotal > 0)$$,
            $$discount_amount = (
                SELECT least(private.adopted_amount(least(o.discount_amount, o.subtotal) * s.upto / o.subtotal, o.currency::text)
                             - private.adopted_amount(least(o.discount_amount, o.subtotal) * (s.upto - r.total_price) / o.subtotal, o.currency::text), r.total_price)
                  FROM @extschema@.orders o
                 CROSS JOIN LATERAL (SELECT sum(i.total_price) FROM @extschema@.order_items i
                                      WHERE i.order_id = o.id AND (coalesce(i.created_at, '-infinity'), i.id) <= (coalesce(r.created_at, '-infinity'), r.id)) AS s (upto)
                 WHERE o.id = r.order_id)$$,
            'Share of the discount of the order.', true),
        -- payments
        (1000, 'payment_transactions', $$r.currency::text IS DISTINCT FROM (SELECT o.currency::text FROM @extschema@.orders o WHERE o.id = r.order_id)$$,
            $$currency = (SELECT o.currency FROM @extschema@.orders o WHERE o.id = r.order_id)$$, 'Currency of the order.', false),
        (1010, 'payment_transactions', $$r.amount <= 0 OR r.amount * 100 % private.smallest_unit(r.currency::text) <> 0$$,
            $$amount = greatest(private.adopted_amount(r.amount, r.currency::text), private.smallest_unit(r.currency::text) / 100.0)$$,
            'Amount rounded to the smallest unit of the currency.', false),
        (1020, 'payment_transactions', $$EXISTS (SELECT FROM @extschema@.payment_transactions o WHERE o.processor_transaction_id = r.processor_transaction_id AND o.processor = r.processor
            AND o.order_id = r.order_id AND (coalesce(o.created_at, '-infinity'), o.id) < (coalesce(r.created_at, '-infinity'), r.id))$$,
            $$processor_transaction_id = NULL, status = 'cancelled'$$, 'Recorded twice: the later row is cancelled and has no ID of the processor.', false),
        (1030, 'payment_transactions', $$r.status NOT IN ('failed', 'cancelled') AND r.id IN (
            SELECT t.id FROM (SELECT t.id, o.total_amount, sum(t.amount) OVER (PARTITION BY t.order_id
                                     ORDER BY t.status IN ('succeeded', 'refunded', 'partially_refunded') DESC, t.created_at, t.id) AS so_far
                                FROM @extschema@.payment_transactions t JOIN @extschema@.orders o ON o.id = t.order_id
                               WHERE t.status NOT IN ('failed', 'cancelled')) t
             WHERE t.so_far > t.total_amount)$$,
            $$is_surplus = r.status IN ('succeeded', 'refunded', 'partially_refunded'),
              status = CASE WHEN r.status IN ('succeeded', 'refunded', 'partially_refunded') THEN r.status ELSE 'cancelled' END$$,
            'Exceeds the total of the order: marked as an overpayment if it came in, else cancelled.', false),
        (1040, 'store_credits', $$r.currency::text <> private.adopted_currency(NULL)$$, $$currency = private.adopted_currency(NULL)$$, 'Credit is in the currency of most listings.', true),
        (1050, 'store_credits', $$r.used_amount IS DISTINCT FROM 0 OR r.amount * 100 % private.smallest_unit(r.currency::text) <> 0$$,
            $$amount = private.adopted_amount(r.amount - least(coalesce(r.used_amount, 0), r.amount), r.currency::text), used_amount = 0$$,
            'Only what is left of a credit is carried over: nothing tells which orders the rest paid for.', false),
        -- the numbers themselves are in no log
        (1055, 'payment_accounts', $$r.bank_account_number::text !~ '^[*]{4}.{0,4}$' OR r.bank_routing_number::text !~ '^[*]{4}.{0,4}$'$$,
            $$bank_numbers = coalesce(r.bank_numbers, '{}') || jsonb_strip_nulls(jsonb_build_object(
                  'bank_account_number', CASE WHEN r.bank_account_number::text !~ '^[*]{4}.{0,4}$' THEN r.bank_account_number END,
                  'bank_routing_number', CASE WHEN r.bank_routing_number::text !~ '^[*]{4}.{0,4}$' THEN r.bank_routing_number END)),
              bank_account_number = CASE WHEN r.bank_account_number::text ~ '^[*]{4}.{0,4}$' THEN r.bank_account_number ELSE private.masked_number(r.bank_account_number::text) END,
              bank_routing_number = CASE WHEN r.bank_routing_number::text ~ '^[*]{4}.{0,4}$' THEN r.bank_routing_number ELSE private.masked_number(r.bank_routing_number::text) END$$,
            'Account numbers masked; the service reads them.', true),
        (1060, 'stripe_webhook_events', $$r.processed AND r.outcome IS NULL$$, $$outcome = 'processed', processed_at = r.created_at$$, 'Processed before.', true),
        (1070, 'transactions', $$r.status::text NOT IN ('pending', 'completed', 'failed', 'cancelled', 'refunded')$$,
            $$status = CASE WHEN lower(btrim(r.status::text)) IN ('pending', 'completed', 'failed', 'cancelled', 'refunded') THEN lower(btrim(r.status::text))
                            WHEN lower(btrim(r.status::text)) IN ('complete', 'succeeded', 'success', 'paid', 'done') THEN 'completed'
                            WHEN lower(btrim(r.status::text)) = 'canceled' THEN 'cancelled' WHEN lower(btrim(r.status::text)) = 'error' THEN 'failed' ELSE 'pending' END$$,
            'Status by its meaning; pending if it has none.', false),
        (1080, 'transactions', $$r.fee < 0 AND r.amount > 0 OR r.net_amount <> r.amount - coalesce(CASE WHEN r.amount > 0 THEN abs(r.fee) ELSE r.fee END, 0)$$,
            $$fee = CASE WHEN r.amount > 0 THEN abs(r.fee) ELSE r.fee END, net_amount = r.amount - coalesce(CASE WHEN r.amount > 0 THEN abs(r.fee) ELSE r.fee END, 0)$$,
            'Net amount is the amount less the fee.', false),
        (1090, 'seller_payouts', $$private.smallest_unit(coalesce(r.currency::text, '')) IS NULL$$, $$currency = private.adopted_currency(r.currency::text)$$,
            'Currency in upper case; what is not a currency became that of most listings.', false),
        (1100, 'seller_payouts', $$r.amount <= 0$$, $$amount = greatest(abs(r.amount), private.smallest_unit(r.currency::text) / 100.0), status = 'cancelled'$$,
            'Payout of nothing or less: cancelled.', false),
        (1110, 'seller_payouts', $$r.amount * 100 % private.smallest_unit(r.currency::text) <> 0$$,
            $$amount = greatest(private.adopted_amount(r.amount, r.currency::text), private.smallest_unit(r.currency::text) / 100.0)$$,
            'Amount rounded to the smallest unit of the currency.', false),
        (1120, 'seller_payouts', $$r.status::text NOT IN ('pending', 'processing', 'paid', 'failed', 'cancelled')$$,
            $$status = CASE WHEN lower(btrim(r.status::text)) IN ('pending', 'processing', 'paid', 'failed', 'cancelled') THEN lower(btrim(r.status::text))
                            WHEN lower(btrim(r.status::text)) IN ('completed', 'complete', 'succeeded', 'success', 'done') OR r.completed_at IS NOT NULL THEN 'paid'
                            WHEN lower(btrim(r.status::text)) IN ('canceled', 'rejected') THEN 'cancelled'
                            WHEN lower(btrim(r.status::text)) = 'error' OR r.failed_at IS NOT NULL THEN 'failed'
                            WHEN lower(btrim(r.status::text)) = 'in_transit' THEN 'processing' ELSE 'pending' END$$,
            'Status by its meaning, or by the times that are set; pending if there is neither.', false),
        (1125, 'seller_payouts', $$EXISTS (SELECT FROM @extschema@.seller_payouts o WHERE (o.stripe_payout_id = r.stripe_payout_id OR o.stripe_transfer_id = r.stripe_transfer_id)
            AND (coalesce(o.created_at, '-infinity'), o.id) < (coalesce(r.created_at, '-infinity'), r.id))$$,
            $$stripe_payout_id = NULL, stripe_transfer_id = NULL, status = 'cancelled', failed_at = NULL$$, 'Recorded twice: the later row is cancelled and has no ID of the processor.', false),
        (1130, 'seller_payouts', $$r.status::text = 'paid' AND (r.completed_at IS NULL OR r.failed_at IS NOT NULL) OR r.status::text = 'failed' AND r.failed_at IS NULL
            OR r.status::text = 'cancelled' AND r.failed_at IS NOT NULL OR r.status::text IN ('pending', 'processing') AND num_nonnulls(r.completed_at, r.failed_at) > 0$$,
            $$completed_at = CASE WHEN r.status::text = 'paid' THEN coalesce(r.completed_at, r.initiated_at, r.created_at, now())
                                  WHEN r.status::text IN ('failed', 'cancelled') THEN r.completed_at END,
              failed_at = CASE WHEN r.status::text = 'failed' THEN coalesce(r.failed_at, r.initiated_at, r.created_at, now()) END$$,
            'Times that fit the status.', false),
        (1150, 'refund_requests', $$coalesce(r.status::text, '') NOT IN ('pending', 'approved', 'rejected', 'processed')$$,
            $$status = CASE WHEN lower(btrim(r.status::text)) IN ('pending', 'approved', 'rejected', 'processed') THEN lower(btrim(r.status::text))
                            WHEN lower(btrim(r.status::text)) IN ('completed', 'complete', 'refunded', 'succeeded', 'success', 'paid', 'done') THEN 'processed'
                            WHEN lower(btrim(r.status::text)) IN ('denied', 'declined', 'cancelled', 'canceled') THEN 'rejected' ELSE 'pending' END$$,
            'Status by its meaning; a failed one is pending again, as is one without a meaning.', false),
        (1160, 'refund_requests', $$r.amount <= 0$$, $$amount = greatest(abs(r.amount), 0.01), status = 'rejected'$$, 'Request for nothing or less: rejected.', false),
        (1170, 'refund_requests', $$EXISTS (SELECT FROM @extschema@.orders o WHERE o.id = r.order_id AND r.amount * 100 % private.smallest_unit(o.currency::text) <> 0)$$,
            $$amount = (SELECT greatest(private.adopted_amount(r.amount, o.currency::text), private.smallest_unit(o.currency::text) / 100.0) FROM @extschema@.orders o WHERE o.id = r.order_id)$$,
            'Amount rounded to the smallest unit of the currency.', false),
        (1180, 'refund_requests', $$r.status::text <> 'rejected' AND r.id IN (
            SELECT q.id FROM (SELECT q.id, o.total_amount, sum(q.amount) OVER (PARTITION BY q.order_id
                                     ORDER BY array_position('{processed,approved,pending}', q.status::text), q.requested_at, q.id) AS so_far
                                FROM @extschema@.refund_requests q JOIN @extschema@.orders o ON o.id = q.order_id WHERE q.status::text <> 'rejected') q
             WHERE q.so_far > q.total_amount)$$,
            $$status = 'rejected'$$, 'Refunds exceed what the order cost: the later ones are rejected.', false),
        (1190, 'refund_requests', $$r.status::text = 'processed' AND r.processed_at IS NULL OR r.status::text IN ('pending', 'approved') AND r.processed_at IS NOT NULL$$,
            $$processed_at = CASE WHEN r.status::text = 'processed' THEN coalesce(r.requested_at, r.created_at, now()) END$$, 'Time that fits the status.', false),
        (1200, 'refund_requests', $$r.requested_by IS DISTINCT FROM (SELECT o.buyer_id FROM @extschema@.orders o WHERE o.id = r.order_id) AND r.requested_by IS NOT NULL$$,
            $$requested_by = NULL$$, 'Requested by a user who is not the buyer: the user is removed.', false),
        (1205, 'refund_requests', $$r.seller_response IS NOT NULL AND r.decision_note IS NULL$$, $$decision_note = r.seller_response$$, 'Answer of the seller kept as the note of the decision.', false),
        (1210, 'refund_requests', $$true$$,
            $$(buyer_id, seller_id, refund_type) = (SELECT o.buyer_id, o.seller_id, CASE WHEN r.amount >= o.total_amount THEN 'full' ELSE 'partial' END FROM @extschema@.orders o WHERE o.id = r.order_id)$$,
            'Buyer and seller of the order, and whether all of it is refunded.', true),
        -- trust
        (1300, 'returns', $$r.order_id <> (SELECT i.order_id FROM @extschema@.order_items i WHERE i.id = r.order_item_id)$$,
            $$order_id = (SELECT i.order_id FROM @extschema@.order_items i WHERE i.id = r.order_item_id)$$, 'A return belongs to the order of its item.', false),
        (1310, 'returns', $$r.requested_by IS DISTINCT FROM (SELECT o.buyer_id FROM @extschema@.orders o WHERE o.id = r.order_id) AND r.requested_by IS NOT NULL$$,
            $$requested_by = NULL, return_shipping_label = NULL$$, 'Requested by a user who is not the buyer: the user and the label are removed.', false),
        (1320, 'returns', $$r.status IS NULL OR r.refund_amount < 0$$, $$status = coalesce(r.status, 'requested'), refund_amount = CASE WHEN r.refund_amount >= 0 THEN r.refund_amount END$$,
            'Missing status set to requested; refund below zero removed.', false),
        (1330, 'returns', $$r.is_open AND EXISTS (SELECT FROM @extschema@.returns o WHERE o.order_item_id = r.order_item_id AND o.is_open
            AND (coalesce(o.created_at, '-infinity'), o.id) < (coalesce(r.created_at, '-infinity'), r.id))$$,
            $$status = 'closed', completed_at = coalesce(r.completed_at, now())$$, 'Of several open returns of an item, the oldest stays open.', false),
        (1340, 'returns', $$r.status <> 'rejected' AND r.refund_amount > 0 AND r.order_item_id IN (
            SELECT i.id FROM @extschema@.order_items i JOIN @extschema@.orders o ON o.id = i.order_id
             WHERE (SELECT sum(q.refund_amount) FROM @extschema@.returns q WHERE q.order_item_id = i.id AND q.status <> 'rejected')
                   > o.total_amount - coalesce((SELECT sum(l.total_price - l.discount_amount) FROM @extschema@.order_items l WHERE l.order_id = i.order_id AND l.id <> i.id), 0))$$,
            $$refund_amount = NULL$$, 'Returns refund more than was paid for the item: the amount is removed.', false),
        (1350, 'returns', $$r.history = '[]'$$,
            $$history = jsonb_build_array(jsonb_build_object('at', to_char(coalesce(r.updated_at, r.created_at, now()) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), 'to', r.status, 'actor', 'system', 'note', 'adopted'))$$,
            'History begins with the status it has.', true),
        (1360, 'disputes', $$r.status IS NULL$$, $$status = 'open'$$, 'Missing status set to open.', false),
        (1370, 'disputes', $$EXISTS (SELECT FROM @extschema@.orders o WHERE o.id = r.order_id
            AND ((r.initiated_by IN (o.buyer_id, o.seller_id)) IS NOT TRUE OR (r.respondent_id IN (o.buyer_id, o.seller_id)) IS NOT TRUE OR r.initiated_by = r.respondent_id))
            AND num_nonnulls(r.initiated_by, r.respondent_id) > 0$$,
            $$(initiated_by, respondent_id) = (
                SELECT p.id, CASE WHEN r.respondent_id IN (o.buyer_id, o.seller_id) AND r.respondent_id IS DISTINCT FROM p.id THEN r.respondent_id END
                  FROM @extschema@.orders o CROSS JOIN LATERAL (SELECT CASE WHEN r.initiated_by IN (o.buyer_id, o.seller_id) THEN r.initiated_by END) AS p (id)
                 WHERE o.id = r.order_id),
              status = CASE WHEN r.is_open AND EXISTS (SELECT FROM @extschema@.orders o WHERE o.id = r.order_id AND (r.initiated_by IN (o.buyer_id, o.seller_id)) IS NOT TRUE) THEN 'closed' ELSE r.status END$$,
            'Users who are not parties of the order are removed; a dispute that such a user opened is closed.', false),
        (1380, 'disputes', $$r.is_open AND (r.metadata ? 'stripe_dispute_id') IS NOT TRUE AND EXISTS (SELECT FROM @extschema@.disputes o WHERE o.order_id = r.order_id AND o.initiated_by = r.initiated_by
            AND o.is_open AND (o.metadata ? 'stripe_dispute_id') IS NOT TRUE AND (coalesce(o.created_at, '-infinity'), o.id) < (coalesce(r.created_at, '-infinity'), r.id))$$,
            $$status = 'closed'$$, 'Of several open disputes of a party, the oldest stays open.', false),
        (1390, 'disputes', $$r.is_open AND r.resolution IS NOT NULL$$, $$resolution = NULL, resolution_notes = concat_ws(' ', r.resolution_notes, '(' || r.resolution || ')')$$,
            'Resolution of an open dispute moved to its notes.', false),
        (1400, 'disputes', $$(r.status IN ('awaiting_seller_response', 'awaiting_buyer_response')) <> (r.awaiting_since IS NOT NULL) OR r.status IN ('resolved', 'cancelled') AND r.resolved_at IS NULL$$,
            $$awaiting_since = CASE WHEN r.status IN ('awaiting_seller_response', 'awaiting_buyer_response') THEN coalesce(r.updated_at, r.created_at, now()) END,
              resolved_at = CASE WHEN r.status IN ('resolved', 'cancelled') THEN coalesce(r.resolved_at, r.updated_at, r.created_at, now()) ELSE r.resolved_at END$$,
            'Times that fit the status.', true),
        (1410, 'user_ratings', $$EXISTS (SELECT FROM @extschema@.orders o WHERE o.id = r.order_id AND CASE r.type WHEN 'buyer' THEN (r.rater_user_id, r.rated_user_id) = (o.buyer_id, o.seller_id)
                                                                                                            ELSE (r.rater_user_id, r.rated_user_id) = (o.seller_id, o.buyer_id) END)
            AND NOT EXISTS (SELECT FROM @extschema@.user_ratings o WHERE o.order_id = r.order_id AND o.rater_user_id = r.rater_user_id AND o.type <> r.type)$$,
            $$type = CASE r.type WHEN 'buyer' THEN 'seller' ELSE 'buyer' END::@extschema@.rating_type$$, 'Type that fits the parties of the order.', false),
        (1420, 'user_ratings', $$NOT EXISTS (SELECT FROM @extschema@.orders o WHERE o.id = r.order_id AND CASE r.type WHEN 'seller' THEN (r.rater_user_id, r.rated_user_id) = (o.buyer_id, o.seller_id)
                                                                                                                ELSE (r.rater_user_id, r.rated_user_id) = (o.seller_id, o.buyer_id) END)$$,
            NULL, 'Removed: rating by or of a user who is not a party of the order.', false),
        -- counted anew
        (1490, 'profiles', $$true$$,
            $$follower_count = (SELECT count(*) FROM @extschema@.user_follows f WHERE f.following_id = r.id),
              following_count = (SELECT count(*) FROM @extschema@.user_follows f WHERE f.follower_id = r.id),
              listings_count = (SELECT count(*) FROM @extschema@.listings l WHERE l.seller_id = r.id AND l.status::text IN ('active', 'reserved', 'sold')),
              total_purchases = (SELECT count(*) FROM @extschema@.orders o WHERE o.buyer_id = r.id AND o.status = 'completed'),
              email_verified = r.email IS NOT NULL AND EXISTS (SELECT FROM auth.users u WHERE u.id = r.id AND to_jsonb(u) ->> 'email_confirmed_at' IS NOT NULL)$$,
            'Followers, listings, and purchases counted; confirmed e-mail addresses marked.', true),
        (1495, 'listings', $$jsonb_typeof(r.shipping_info -> 'cost') = 'number'$$,
            $$shipping_cost = CASE WHEN (r.shipping_info ->> 'cost')::numeric BETWEEN 0 AND 99999999.99 THEN round((r.shipping_info ->> 'cost')::numeric, 2) END$$,
            'Shipping cost taken from shipping_info.', true),
        (1500, 'listings', $$coalesce(r.favorite_count, 0) <> (SELECT count(*) FROM @extschema@.favorites f WHERE f.listing_id = r.id)$$,
            $$favorite_count = (SELECT count(*) FROM @extschema@.favorites f WHERE f.listing_id = r.id)$$, 'Favorites counted.', true),
        (1510, 'coupons', $$true$$,
            $$(usage_count, total_discount_given, usage_limit) = (
                SELECT count(*) FILTER (WHERE u.is_successful AND u.counts),
                       least(coalesce(sum(u.discount_amount) FILTER (WHERE u.is_successful AND (o.currency <> r.total_discount_currency) IS NOT TRUE), 0), 999999999999.99),
                       CASE WHEN r.usage_limit IS NOT NULL THEN greatest(r.usage_limit, count(*) FILTER (WHERE u.is_successful AND u.counts)) END
                  FROM @extschema@.coupon_usage u LEFT JOIN @extschema@.orders o ON o.id = u.order_id WHERE u.coupon_id = r.id)$$,
            'Uses counted; a limit that was exceeded raised to them.', true),
        (1520, 'profiles', $$true$$,
            $$(total_sales, seller_rating, seller_rating_count) = (
                SELECT (SELECT count(*) FROM @extschema@.orders o WHERE o.seller_id = r.id AND o.status = 'completed'), round(avg(g.rating), 2), count(g.rating)
                  FROM @extschema@.user_ratings g WHERE g.rated_user_id = r.id AND g.type = 'seller')$$,
            'Sales and ratings counted.', true),
        (1530, 'user_stats_summary', $$true$$,
            $$(total_sales, total_earned) = (SELECT count(*), least(coalesce(sum(o.total_amount + coalesce(o.store_credit_amount, 0)), 0), 999999999999.99)
                                               FROM @extschema@.orders o WHERE o.seller_id = r.user_id AND o.status = 'completed'),
              (total_purchases, total_spent) = (SELECT count(*), least(coalesce(sum(o.total_amount + coalesce(o.store_credit_amount, 0)), 0), 999999999999.99)
                                                  FROM @extschema@.orders o WHERE o.buyer_id = r.user_id AND o.status = 'completed'),
              (average_rating, total_ratings, rating_points, seller_rating_points) = (
                SELECT round(avg(g.rating), 2), count(*), coalesce(sum(g.rating), 0), coalesce(sum(g.rating) FILTER (WHERE g.type = 'seller'), 0)
                  FROM @extschema@.user_ratings g WHERE g.rated_user_id = r.user_id),
              follower_count = (SELECT count(*) FROM @extschema@.user_follows f WHERE f.following_id = r.user_id),
              following_count = (SELECT count(*) FROM @extschema@.user_follows f WHERE f.follower_id = r.user_id)$$,
            'Sales, purchases, ratings, and follows counted.', true)
$function$;
COMMENT ON FUNCTION private.adoption_rules_of_orders() IS
    'Rules by which adopt_reference() repairs rows of orders, payments, returns, disputes, and ratings.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_history() RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    report jsonb := jsonb '[]';
    changed bigint;
BEGIN
    changed := private.adopt_rule('order_status_history',
        $$r.id IN (SELECT h.id FROM (SELECT h.id, h.from_status, lag(h.to_status) OVER (PARTITION BY h.order_id ORDER BY h.created_at, h.id) AS reached FROM @extschema@.order_status_history h) h
                    WHERE h.from_status IS DISTINCT FROM h.reached)$$,
        $$from_status = (SELECT o.to_status FROM @extschema@.order_status_history o WHERE o.order_id = r.order_id AND (o.created_at, o.id) < (r.created_at, r.id) ORDER BY o.created_at DESC, o.id DESC LIMIT 1)$$,
        false);
    IF changed > 0 THEN
        report := report || private.adoption_line('row', 'order_status_history', changed, 'Each entry begins where the one before it ended.');
    END IF;
    INSERT INTO @extschema@.order_status_history (order_id, from_status, to_status, reason, created_at)
    SELECT o.id, last.to_status, o.status, coalesce(CASE o.status WHEN 'cancelled' THEN o.cancellation_reason END, 'adopted'), least(greatest(last.created_at, o.updated_at, o.created_at), now())
      FROM @extschema@.orders o
      LEFT JOIN LATERAL (SELECT h.to_status, h.created_at FROM @extschema@.order_status_history h WHERE h.order_id = o.id ORDER BY h.created_at DESC, h.id DESC LIMIT 1) last ON true
     WHERE last.to_status IS DISTINCT FROM o.status;
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed > 0 THEN
        report := report || private.adoption_line('row', 'order_status_history', changed, 'Added: the status of an order that its history does not end with.');
    END IF;

    -- A number that the application kept in the order.
    INSERT INTO @extschema@.order_tracking (order_id, carrier, tracking_number)
    SELECT o.id, coalesce(o.shipping_carrier, 'other'), o.tracking_number FROM @extschema@.orders o
     WHERE o.tracking_number IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.order_tracking t WHERE t.order_id = o.id);

    -- as address_copy in src/api/orders/effects.hpp; whoever's it is, that is where the parcel went
    INSERT INTO @extschema@.order_addresses (order_id, billing_address, shipping_address)
    SELECT a.order_id, (array_agg(a.copy) FILTER (WHERE a.is_billing))[1], (array_agg(a.copy) FILTER (WHERE NOT a.is_billing))[1]
      FROM (SELECT o.id AS order_id, used.is_billing,
                   jsonb_build_object('name', a.name, 'phone', a.phone, 'address_line1', a.address_line1, 'address_line2', a.address_line2, 'city', a.city,
                                      'state_province', a.state_province, 'postal_code', a.postal_code, 'country_code', a.country_code) AS copy
              FROM @extschema@.orders o CROSS JOIN LATERAL (VALUES (o.shipping_address_id, false), (o.billing_address_id, true)) AS used (id, is_billing)
              JOIN @extschema@.shipping_addresses a ON a.id = used.id) a
     GROUP BY a.order_id;
    GET DIAGNOSTICS changed = ROW_COUNT;
    UPDATE @extschema@.orders o SET shipping_address = a.shipping_address
      FROM @extschema@.order_addresses a
     WHERE a.order_id = o.id AND NOT private.is_unpaid(o.status::text) AND NOT (o.status IN ('cancelled', 'refunded') AND o.shipped_at IS NULL);
    IF changed > 0 THEN
        report := report || private.adoption_line('row', 'order_addresses', changed, 'Copies of the addresses of orders.');
    END IF;
    RETURN report;
END
$function$;
COMMENT ON FUNCTION private.adopt_history() IS
    'Part of adopt_reference(): the history of orders, and copies of their addresses.';
