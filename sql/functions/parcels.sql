-- Parcels of orders: what a seller sends in how many of them, and what has arrived.

-- rights: authenticated, service_role
-- definer: As transition_order(), and writes tracking and events, which no client may write.
CREATE OR REPLACE FUNCTION @extschema@.ship_order(order_id uuid, carrier text, tracking_number text, tracking_url text DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_ship_order';
COMMENT ON FUNCTION @extschema@.ship_order(uuid, text, text, text) IS
    'For the seller: marks the order as shipped, creates its first parcel and a shipping event, and returns the '
    'ID of the row in order_tracking. carrier is a label of shipping_carrier. Until delivery, it can be called '
    'again to change carrier or number of that parcel; for further parcels there is add_parcel(). Errors: see '
    'transition_order(); 22023 for an unknown carrier, a tracking number that does not have 1 to 100 characters, or '
    'a tracking_url that is not a web address; 55000 if the parcel has arrived.';

-- rights: authenticated, service_role
-- definer: As ship_order(); asks first whether the caller is the order's seller or an admin.
CREATE OR REPLACE FUNCTION @extschema@.add_parcel(order_id uuid, carrier text, tracking_number text, tracking_url text DEFAULT NULL, items jsonb DEFAULT NULL)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_add_parcel';
COMMENT ON FUNCTION @extschema@.add_parcel(uuid, text, text, text, jsonb) IS
    'For the seller: adds a parcel to an order until it is delivered, and returns its number. With the first parcel the '
    'order is shipped. items is an array of objects with order_item_id and quantity (all that is in no other parcel '
    'without it); without items, the parcel holds all that no other parcel names. Errors: as ship_order(); 42501 for '
    'the buyer, P0002 for an item of another order, 23514 for more of an item than is to be sent, 54000 for more than '
    '100 parcels.';

-- rights: authenticated, service_role
-- definer: As add_parcel().
CREATE OR REPLACE FUNCTION @extschema@.update_parcel(order_id uuid, parcel_number integer, carrier text DEFAULT NULL, tracking_number text DEFAULT NULL, tracking_url text DEFAULT NULL, items jsonb DEFAULT NULL)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_update_parcel';
COMMENT ON FUNCTION @extschema@.update_parcel(uuid, integer, text, text, text, jsonb) IS
    'For the seller: corrects a parcel that has not arrived; NULL leaves a value unchanged, and an empty array of items '
    'stands for all that no other parcel names. With another carrier or tracking number, the tracking_url is replaced, '
    'also by NULL. The old values are kept in shipping_events and in the history of the order. Errors: as '
    'add_parcel(); P0002 for an unknown parcel, 55000 if it has arrived.';

-- rights: authenticated, service_role
-- definer: As add_parcel().
CREATE OR REPLACE FUNCTION @extschema@.remove_parcel(order_id uuid, parcel_number integer)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_remove_parcel';
COMMENT ON FUNCTION @extschema@.remove_parcel(uuid, integer) IS
    'For the seller: removes a parcel that was added by mistake and has not arrived. It stays in shipping_events and in '
    'the history of the order. Errors: as update_parcel(); 55000 for the first parcel.';

-- rights: authenticated, service_role
-- definer: As transition_order(), and writes tracking and events; asks first whether the caller is the order's buyer or
--     an admin.
CREATE OR REPLACE FUNCTION @extschema@.confirm_parcel(order_id uuid, parcel_number integer)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_confirm_parcel';
COMMENT ON FUNCTION @extschema@.confirm_parcel(uuid, integer) IS
    'For the buyer, an admin, or the service: confirms that a parcel has arrived, and returns the status of the order, '
    'which is delivered with its last parcel if no items are still to be sent. Errors: see transition_order(); 42501 '
    'for the seller, P0002 for an unknown parcel, 55000 if it has arrived already.';

-- rights: authenticated, service_role
-- definer: Which items are still to be sent depends on refunds, which are not everybody's to read; refuses
--     users who are no party of the order.
CREATE OR REPLACE FUNCTION @extschema@.order_parcels(order_id uuid)
    RETURNS TABLE (parcel_number integer, carrier text, tracking_number text, tracking_url text, status text, sent_at timestamptz, last_update timestamptz, items jsonb)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 2
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_order_parcels';
COMMENT ON FUNCTION @extschema@.order_parcels(uuid) IS
    'Returns the parcels of an order, for its parties, admins, and the service. items is an array of objects with '
    'order_item_id, title, and quantity; of a parcel without items of its own, all that no other parcel names. Error: '
    'P0002 for an order that is not the caller''s.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.order_pieces(order_id uuid, but_parcel integer DEFAULT NULL)
    RETURNS TABLE (order_item_id uuid, left_to_pack bigint, is_covered boolean)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 5
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_order_pieces';
COMMENT ON FUNCTION private.order_pieces(uuid, integer) IS
    'Returns the items of an order, each with how many units can still be packed into a parcel, without regard to what '
    'is in but_parcel, and whether the parcels have all that is to be sent. Refunded units may be in a parcel already or '
    'not: as many as can be count as sent.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.is_all_sent(order_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_is_all_sent';
COMMENT ON FUNCTION private.is_all_sent(uuid) IS
    'Returns whether the parcels of an order hold all that is to be sent. True for an order without parcels, and if one '
    'of them holds all that no other names.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.is_delivered_by(order_id uuid, parcel_number integer)
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_is_delivered_by';
COMMENT ON FUNCTION private.is_delivered_by(uuid, integer) IS
    'Returns whether an order has arrived once this parcel has: all its parcels have, and nothing is still to be sent.';

CREATE OR REPLACE FUNCTION private.check_parcel_items()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    wrong record;
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.items, OLD.order_id, OLD.parcel_number) IS NOT DISTINCT FROM (NEW.items, NEW.order_id, NEW.parcel_number) THEN
        RETURN NULL;
    END IF;
    PERFORM private.lock_order(NEW.order_id);
    IF (SELECT coalesce(bool_or(item.order_item_id IS NULL OR item.quantity IS NULL OR item.quantity < 1), true)
               OR count(DISTINCT item.order_item_id) < count(*)
               OR bool_or(NOT EXISTS (SELECT FROM @extschema@.order_items AS line WHERE line.id = item.order_item_id AND line.order_id = NEW.order_id))
          FROM jsonb_to_recordset(NEW.items) AS item (order_item_id uuid, quantity bigint)) THEN
        RAISE EXCEPTION 'a parcel holds items of its order, each once with a quantity'
            USING ERRCODE = 'check_violation',
                  DETAIL = 'Each element of items must be an object with order_item_id and a quantity of at least 1.',
                  HINT = 'NULL stands for all that no other parcel of the order names.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'check_parcel_items';
    END IF;
    -- what was in it before may stay, also if it was refunded since
    SELECT greatest(piece.left_to_pack, 0) AS pieces_left INTO wrong
      FROM jsonb_to_recordset(NEW.items) AS item (order_item_id uuid, quantity bigint)
      JOIN private.order_pieces(NEW.order_id, NEW.parcel_number) AS piece ON piece.order_item_id = item.order_item_id
      LEFT JOIN jsonb_to_recordset(OLD.items) AS before (order_item_id uuid, quantity bigint) ON before.order_item_id = item.order_item_id
     WHERE item.quantity > greatest(piece.left_to_pack, before.quantity)
     ORDER BY item.order_item_id
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the parcels of an order cannot hold more of an item than is to be sent'
            USING ERRCODE = 'check_violation',
                  DETAIL = format('This parcel can hold %s of it.', wrong.pieces_left),
                  HINT = 'Units that were cancelled or refunded are not sent. Use update_parcel() to correct what the other parcels hold.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'check_parcel_items';
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.check_parcel_items() IS
    'Trigger on order_tracking: the items of a parcel are of its order, and all parcels together hold no more of an item '
    'than is to be sent, also with concurrent transactions. Error: 23514.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_parcels()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH packed AS (
        SELECT parcel.order_id, parcel.parcel_number, item.order_item_id, item.quantity
          FROM @extschema@.order_tracking AS parcel
         CROSS JOIN LATERAL jsonb_to_recordset(parcel.items) AS item (order_item_id uuid, quantity bigint)
    )
    SELECT 'parcel_items', format('order_tracking %s', packed.order_id), format('Parcel %s holds %s of item %s, which is not of the order.', packed.parcel_number, packed.quantity, packed.order_item_id)
      FROM packed
     WHERE NOT EXISTS (SELECT FROM @extschema@.order_items AS line WHERE line.id = packed.order_item_id AND line.order_id = packed.order_id)
    UNION ALL
    -- what was refunded since may be in one already
    SELECT 'parcels_exceed_line', format('order_items %s', line.id), format('The parcels hold %s of it; %s were bought and not cancelled.', sum(packed.quantity), line.quantity - line.cancelled_quantity)
      FROM packed JOIN @extschema@.order_items AS line ON line.id = packed.order_item_id AND line.order_id = packed.order_id
     GROUP BY line.id
    HAVING sum(packed.quantity) > line.quantity - line.cancelled_quantity OR bool_or(packed.quantity < 1) OR bool_or(packed.quantity IS NULL)
$function$;
COMMENT ON FUNCTION private.integrity_of_parcels() IS 'Part of check_integrity() for what the parcels of an order hold.';

-- SECURITY DEFINER: the orders are nobody's to write who sends a parcel.
CREATE OR REPLACE FUNCTION private.copy_tracking_to_order()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF OLD.parcel_number = 1
       AND (TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND (OLD.order_id, OLD.parcel_number) <> (NEW.order_id, NEW.parcel_number))) THEN
        UPDATE @extschema@.orders SET tracking_number = NULL, shipping_carrier = NULL WHERE id = OLD.order_id;
    END IF;
    IF NEW.parcel_number = 1 THEN
        UPDATE @extschema@.orders SET tracking_number = NEW.tracking_number, shipping_carrier = NEW.carrier
         WHERE id = NEW.order_id
           AND (tracking_number, shipping_carrier) IS DISTINCT FROM (NEW.tracking_number, NEW.carrier);
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.copy_tracking_to_order() IS
    'Trigger on order_tracking: copies tracking number and carrier of the first parcel to the order.';
