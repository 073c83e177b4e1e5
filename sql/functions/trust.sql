-- Trust: disputes and ratings are between the two parties of an order.
-- SECURITY DEFINER on both: the order is looked up whoever writes the row.

CREATE OR REPLACE FUNCTION private.check_dispute_parties()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    parties record;
BEGIN
    SELECT shop_order.buyer_id, shop_order.seller_id INTO parties
        FROM @extschema@.orders AS shop_order WHERE shop_order.id = NEW.order_id;
    -- An unknown order and a missing party are reported by the foreign key and by NOT NULL.
    IF FOUND AND NOT (
        (NEW.initiated_by = parties.buyer_id AND NEW.respondent_id = parties.seller_id)
        OR (NEW.initiated_by = parties.seller_id AND NEW.respondent_id = parties.buyer_id)
    ) THEN
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
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    parties record;
BEGIN
    SELECT shop_order.buyer_id, shop_order.seller_id INTO parties
        FROM @extschema@.orders AS shop_order WHERE shop_order.id = NEW.order_id;
    -- An unknown order and a missing party are reported by the foreign key and by NOT NULL.
    IF FOUND AND NOT (
        (NEW.rater_user_id = parties.buyer_id AND NEW.rated_user_id = parties.seller_id AND NEW.type::text = 'seller')
        OR (NEW.rater_user_id = parties.seller_id AND NEW.rated_user_id = parties.buyer_id AND NEW.type::text = 'buyer')
    ) THEN
        RAISE EXCEPTION 'rating must be by one party of its order about the other'
            USING ERRCODE = 'check_violation',
                  DETAIL = 'Who rates, who is rated and the type of the rating do not fit the parties of the order.',
                  HINT = 'The buyer rates the seller with type seller, the seller rates the buyer with type buyer.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  CONSTRAINT = 'check_rating_parties';
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.check_rating_parties() IS
    'Trigger on user_ratings: rater and rated are the two parties of the order, and type says which of them is rated. Error: 23514.';
