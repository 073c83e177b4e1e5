-- check_integrity(), the part about what is written in two places, because applications look in either: is it the same still?

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_copies()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'order_copy', format('orders %s', o.id), 'tracking_number or shipping_carrier differs from order_tracking.'
      FROM @extschema@.orders o
      LEFT JOIN @extschema@.order_tracking t ON t.order_id = o.id
     WHERE (o.tracking_number, o.shipping_carrier) IS DISTINCT FROM (t.tracking_number, t.carrier)
    UNION ALL
    SELECT 'order_copy', format('orders %s', o.id), 'cancellation_reason differs from order_status_history.'
      FROM @extschema@.orders o
     WHERE CASE WHEN o.cancellation_reason IS NOT NULL OR o.status = 'cancelled'
                THEN NOT coalesce(o.cancellation_reason = ANY (ARRAY(SELECT h.reason FROM @extschema@.order_status_history h WHERE h.order_id = o.id AND h.to_status = 'cancelled')),
                                  o.cancellation_reason IS NULL
                                  AND NOT EXISTS (SELECT FROM @extschema@.order_status_history h WHERE h.order_id = o.id AND h.to_status = 'cancelled' AND h.reason IS NOT NULL))
                ELSE false END
    UNION ALL
    SELECT 'refund_party', format('refund_requests %s', r.id), 'buyer_id or seller_id differs from the order.'
      FROM @extschema@.refund_requests r
      JOIN @extschema@.orders o ON o.id = r.order_id
     WHERE (r.buyer_id, r.seller_id) IS DISTINCT FROM (o.buyer_id, o.seller_id)
$function$;
COMMENT ON FUNCTION private.integrity_of_copies() IS
    'Part of check_integrity() for columns that repeat what another table says.';
