-- The rules of check_integrity() for orders and their items.

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_orders()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'order_total', format('orders %s', o.id),
           format('total_amount is %s, but its parts add up to %s.', o.total_amount, parts.total)
      FROM @extschema@.orders o
     CROSS JOIN LATERAL (SELECT o.subtotal + coalesce(o.shipping_cost, 0) + coalesce(o.tax_amount, 0) + o.buyer_fee_amount
                                - coalesce(o.discount_amount, 0) - coalesce(o.store_credit_amount, 0)) AS parts (total)
     WHERE o.total_amount <> parts.total
    UNION ALL
    SELECT 'order_lines', format('orders %s', o.id), format('subtotal is %s, but the order items add up to %s.', o.subtotal, i.total)
      FROM @extschema@.orders o
      JOIN (SELECT i.order_id, sum(i.total_price) AS total FROM @extschema@.order_items i GROUP BY i.order_id) i ON i.order_id = o.id
     WHERE o.subtotal <> i.total
    UNION ALL
    SELECT 'order_line_parts', format('orders %s', o.id),
           format('The order items have %s tax, %s buyer fee, and %s platform discount; the order has %s, %s, and %s.', i.tax, i.buyer_fee, i.discount,
                  coalesce(o.tax_amount, 0), o.buyer_fee_amount, o.platform_discount_amount)
      FROM @extschema@.orders o
      JOIN (SELECT i.order_id, sum(i.tax_amount) AS tax, sum(i.buyer_fee_amount) AS buyer_fee, sum(i.platform_discount_amount) AS discount
              FROM @extschema@.order_items i GROUP BY i.order_id) i ON i.order_id = o.id
     WHERE i.tax > coalesce(o.tax_amount, 0) OR i.buyer_fee > o.buyer_fee_amount OR i.discount > o.platform_discount_amount
    UNION ALL
    SELECT 'order_included_tax', format('orders %s', o.id),
           format('included_tax_amount is %s, tax_amount %s; the order items include %s, the shipping %s.', o.included_tax_amount, coalesce(o.tax_amount, 0), coalesce(i.tax, 0), o.shipping_tax_amount)
      FROM @extschema@.orders o
      LEFT JOIN (SELECT i.order_id, sum(i.included_tax_amount) AS tax FROM @extschema@.order_items i GROUP BY i.order_id) i ON i.order_id = o.id
     WHERE o.included_tax_amount < 0 OR o.shipping_tax_amount < 0 OR coalesce(i.tax, 0) > o.included_tax_amount
        OR o.shipping_tax_amount + o.fee_tax_amount > coalesce(o.tax_amount, 0) + o.included_tax_amount
        OR (o.included_tax_amount <> 0 AND NOT o.prices_include_tax) OR (coalesce(o.tax_amount, 0) <> 0 AND o.prices_include_tax)
    UNION ALL
    SELECT 'order_fee_tax', format('orders %s', o.id),
           format('fee_tax_amount is %s of %s tax, with %s buyer fee; the order items have %s.', o.fee_tax_amount, coalesce(o.tax_amount, 0) + o.included_tax_amount, o.buyer_fee_amount, coalesce(i.tax, 0))
      FROM @extschema@.orders o
      LEFT JOIN (SELECT i.order_id, sum(i.fee_tax_amount) AS tax, bool_or(i.fee_tax_amount < 0 OR i.fee_tax_amount > i.tax_amount + i.included_tax_amount) AS is_wrong
                   FROM @extschema@.order_items i GROUP BY i.order_id) i ON i.order_id = o.id
     WHERE o.fee_tax_amount < 0 OR coalesce(i.tax, 0) > o.fee_tax_amount OR i.is_wrong OR (o.fee_tax_amount > 0 AND o.buyer_fee_amount = 0)
        OR (o.prices_include_tax AND o.fee_tax_amount > o.buyer_fee_amount)
    UNION ALL
    -- all of it, or none: items that were written without
    SELECT 'order_line_shipping', format('orders %s', o.id),
           format('shipping_cost is %s, but the order items add up to %s.', coalesce(o.shipping_cost, 0), i.shipping)
      FROM @extschema@.orders o
      JOIN (SELECT i.order_id, sum(i.shipping_cost) AS shipping, bool_or(i.shipping_cost < 0) AS is_wrong FROM @extschema@.order_items i GROUP BY i.order_id) i ON i.order_id = o.id
     WHERE i.shipping NOT IN (0, coalesce(o.shipping_cost, 0)) OR i.is_wrong
    UNION ALL
    SELECT 'order_line_total', format('order_items %s', i.id),
           format('total_price is %s, but the order item is for %s times %s.', i.total_price, i.quantity, i.unit_price)
      FROM @extschema@.order_items i WHERE i.total_price <> i.unit_price * i.quantity
    UNION ALL
    -- One path through the states: each is reached as often as it is left, but the beginning, which is left once, and the
    -- present one. Without regard to the times, which a clock that was set back would have mixed up.
    SELECT 'order_history', format('orders %s', o.id),
           format('The order is %s, but its history reaches %s %s times too %s.', o.status, coalesce(path.state::text, 'the beginning'),
                  abs(path.surplus), CASE WHEN path.surplus > 0 THEN 'often' ELSE 'seldom' END)
      FROM (SELECT step.order_id, step.state, sum(step.change) AS surplus
              FROM (SELECT h.order_id, h.to_status AS state, 1 AS change FROM @extschema@.order_status_history h
                    UNION ALL
                    SELECT h.order_id, h.from_status, -1 FROM @extschema@.order_status_history h
                    UNION ALL
                    SELECT r.id, NULL, 1 FROM @extschema@.orders r
                    UNION ALL
                    SELECT r.id, r.status, -1 FROM @extschema@.orders r) step
             GROUP BY step.order_id, step.state HAVING sum(step.change) <> 0) path
      JOIN @extschema@.orders o ON o.id = path.order_id
    UNION ALL
    SELECT 'order_time', format('orders %s', o.id), format('The order was %s, but the time of that step is not set.', h.to_status)
      FROM @extschema@.order_status_history h JOIN @extschema@.orders o ON o.id = h.order_id
     -- an order that is written down in a later state may know no times
     WHERE h.from_status IS NOT NULL
       AND CASE h.to_status WHEN 'paid' THEN o.paid_at IS NULL WHEN 'shipped' THEN o.shipped_at IS NULL
                            WHEN 'delivered' THEN o.delivered_at IS NULL WHEN 'cancelled' THEN o.cancelled_at IS NULL ELSE false END
    UNION ALL
    SELECT 'order_number', format('orders %s', o.id), format('%s does not have the form ORD-YYYYMMDD-N.', o.order_number)
      FROM @extschema@.orders o
     WHERE (o.order_number IS NULL OR o.order_number::text !~ '^ORD-[0-9]{8,}-[0-9]{6,18}$') AND NOT EXISTS (SELECT FROM @extschema@.order_status_history h WHERE h.order_id = o.id AND h.created_at <= (SELECT private.adopted_until()))
    UNION ALL
    -- The last part alone is never given twice, whatever the date before it.
    SELECT 'order_number_twice', format('orders %s', min(o.id::text)), format('%s orders have the same N, such as %s and %s.', count(*), min(o.order_number), max(o.order_number))
      FROM @extschema@.orders o
     WHERE NOT EXISTS (SELECT FROM @extschema@.order_status_history h WHERE h.order_id = o.id AND h.created_at <= (SELECT private.adopted_until()))
     GROUP BY CASE WHEN o.order_number::text LIKE 'ORD-%-%' THEN split_part(o.order_number::text, '-', 3) ELSE o.order_number::text END
    HAVING count(*) > 1
    UNION ALL
    SELECT 'order_address', format('orders %s', o.id),
           CASE WHEN o.shipping_address IS NULL AND a.shipping_address IS NULL THEN 'shipping_address_id is set, but the copy of the address is missing.'
                WHEN o.shipping_address IS NULL THEN format('The order is %s, but its seller cannot see the shipping address.', o.status)
                WHEN NOT is_shown THEN format('The order is %s, but its seller can see the shipping address.', o.status)
                ELSE 'The seller sees a different address than the buyer.' END
      FROM @extschema@.orders o
      LEFT JOIN @extschema@.order_addresses a ON a.order_id = o.id,
           LATERAL (SELECT NOT private.is_unpaid(o.status::text)
                           AND NOT (o.status IN ('cancelled', 'refunded') AND o.shipped_at IS NULL)) AS x (is_shown)
           -- what is left of a deleted account has a rule of its own
     WHERE CASE WHEN o.buyer_id IS NULL AND o.status IN ('delivered', 'completed', 'cancelled', 'refunded') THEN false
                WHEN o.shipping_address IS NOT NULL THEN NOT is_shown OR a.shipping_address IS DISTINCT FROM o.shipping_address
                WHEN a.shipping_address IS NULL THEN o.shipping_address_id IS NOT NULL
                ELSE is_shown END
    UNION ALL
    -- One that was written down as it ended has no step there, and took nothing.
    SELECT 'stock_given_back', format('order_items %s', i.id),
           CASE WHEN i.stock_returned_at IS NULL THEN format('Order %s was cancelled, but its units were not restocked.', o.id)
                ELSE format('The units were restocked, but order %s is %s.', o.id, o.status) END
      FROM @extschema@.order_items i JOIN @extschema@.orders o ON o.id = i.order_id
     WHERE CASE WHEN i.stock_returned_at IS NOT NULL THEN o.status NOT IN ('cancelled', 'refunded')
                -- what went with its seller had nowhere to go back to
                ELSE o.status = 'cancelled' AND i.listing_id IS NOT NULL
                     AND EXISTS (SELECT FROM @extschema@.order_status_history h
                                  WHERE h.order_id = o.id AND h.from_status IS NOT NULL AND h.to_status = 'cancelled' AND h.created_at > (SELECT private.adopted_until())) END
    UNION ALL
    SELECT 'order_address', format('orders %s', o.id), 'billing_address_id is set, but the copy of the address is missing.'
      FROM @extschema@.orders o WHERE o.billing_address_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.order_addresses a WHERE a.order_id = o.id AND a.billing_address IS NOT NULL)
    UNION ALL
    SELECT 'broken_promise', format('orders %s', b.order_id), format('The order has a discount that it does not earn without the orders of promise %s that have ended.', b.promise_id)
      FROM private.broken_promises() AS b
    UNION ALL
    SELECT 'promise_not_paid', format('orders %s', o.id), format('The order is %s, but order %s of the same promise has not been paid.', o.status, other.id)
      FROM @extschema@.orders o
      JOIN @extschema@.orders other ON other.promise_id = o.promise_id AND private.is_unpaid(other.status::text)
       AND other.total_amount > 0
     WHERE o.status IN ('preparing', 'shipped', 'in_transit', 'delivered', 'completed') OR o.status = 'paid' AND o.total_amount = 0
    UNION ALL
    SELECT 'checkout_orders', format('checkouts %s', c.id),
           format('Order %s %s.', placed.id, CASE WHEN o.id IS NULL THEN 'does not exist'
                                                  WHEN o.buyer_id IS DISTINCT FROM c.buyer_id THEN 'does not belong to the buyer'
                                                  ELSE 'has no order items' END)
      FROM @extschema@.checkouts c CROSS JOIN unnest(c.order_ids) AS placed (id)
      LEFT JOIN @extschema@.orders o ON o.id = placed.id
     WHERE o.id IS NULL OR o.buyer_id IS DISTINCT FROM c.buyer_id
        OR NOT EXISTS (SELECT FROM @extschema@.order_items i WHERE i.order_id = o.id)
$function$;
COMMENT ON FUNCTION private.integrity_of_orders() IS
    'Part of check_integrity() for orders, their items, history, and numbers.';
