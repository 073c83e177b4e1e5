-- Trust: disputes and ratings are between the two parties of an order, and its buyer asks for money back.
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
        RAISE EXCEPTION 'dispute must be between the buyer and the seller of its order'
            USING ERRCODE = 'check_violation',
                  DETAIL = 'Who opened the dispute and who responds are not the two parties of the order.',
                  HINT = 'Name the buyer and the seller of the order, either way round.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'check_dispute_parties';
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.check_dispute_parties() IS
    'Trigger on disputes: initiated_by and respondent_id are the buyer and the seller of the order, either way round. Error: 23514.';

CREATE OR REPLACE FUNCTION private.check_rating_parties()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_check_rating_parties';
COMMENT ON FUNCTION private.check_rating_parties() IS
    'Trigger on user_ratings: rater and rated are the two parties of the order, type says which of them is rated, and the order is completed. '
    'Errors: 23514 for the parties, 55000 for the order''s state.';

CREATE OR REPLACE FUNCTION private.count_ratings()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_count_ratings';
COMMENT ON FUNCTION private.count_ratings() IS
    'Trigger on user_ratings, once a statement: seller_rating and seller_rating_count of the profile are the average and the number of the '
    'ratings as a seller, average_rating and total_ratings of user_stats_summary those of all, also when several sessions rate at once.';

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
                  DETAIL = 'Who requests it is not the buyer of the order.',
                  HINT = 'Set requested_by to the buyer of the order, also when somebody else writes the request down.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  COLUMN = 'requested_by',
                  CONSTRAINT = 'check_requested_by_buyer';
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.check_requested_by_buyer() IS
    'Trigger on returns and refund_requests: requested_by is the buyer of the order. Error: 23514.';

CREATE OR REPLACE FUNCTION private.check_return_refund()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    line_total numeric;
    refunds_total numeric;
BEGIN
    PERFORM FROM private.lock_order(NEW.order_id);
    SELECT line.total_price INTO line_total
        FROM @extschema@.order_items AS line
        WHERE line.id = NEW.order_item_id
          AND line.order_id = NEW.order_id;
    -- A line of another order is reported by the foreign key. Closed returns count: closing one must not make room
    -- for getting the same money back again.
    SELECT sum(earlier.refund_amount) INTO refunds_total
        FROM @extschema@.returns AS earlier
        WHERE earlier.order_item_id = NEW.order_item_id
          AND earlier.status::text <> 'rejected';
    IF refunds_total > line_total THEN
        RAISE EXCEPTION 'refunds of a line must not exceed its price'
            USING ERRCODE = 'check_violation',
                  DETAIL = format('The returns of the line would refund %s, the line''s total price is %s.', refunds_total, line_total),
                  HINT = 'Returns that were rejected do not count.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  COLUMN = 'refund_amount',
                  CONSTRAINT = 'check_return_refund';
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.check_return_refund() IS
    'Trigger on returns: the returns of a line that were not rejected refund its total price at most, also when two transactions '
    'write at once. Error: 23514.';
