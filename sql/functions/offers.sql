-- Offers: a price that a buyer and a seller agree on, for that buyer and for a time; and what several units cost less.

-- SECURITY INVOKER: it reads no table but by driplo's own functions, which write offers as their owner.
CREATE OR REPLACE FUNCTION private.guard_offer()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_offer';
COMMENT ON FUNCTION private.guard_offer() IS
    'Trigger on offers: lets only the steps of the state machine through, sets answered_at, and voids an offer whose listing '
    'or variant is deleted. Error: MK018.';

-- rights: authenticated, service_role
-- definer: Writes an offer and a message of the caller's, and reads what row level security hides, to tell why no offer can be
--     made.
CREATE OR REPLACE FUNCTION @extschema@.make_offer(
    listing_id uuid,
    amount numeric,
    quantity integer DEFAULT 1,
    variant_id uuid DEFAULT NULL,
    message text DEFAULT NULL
)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_make_offer';
COMMENT ON FUNCTION @extschema@.make_offer(uuid, numeric, integer, uuid, text) IS
    'Offers a seller a price for a listing and returns the offer: amount is for one unit, in major units of the listing''s '
    'currency, below the price and at least the percentage that the seller accepts (offer_terms()). Replaces the caller''s '
    'pending offer for the same listing and variant. Writes a message with the offer into their conversation about the '
    'listing, which is opened if necessary. The seller has driplo.offer_window to answer; the seller''s settings can answer '
    'at once. Errors: 22004, 22023 for an amount that is too low or not below the price, 23514 for the caller''s own listing, '
    '42501 if the caller may not buy, 55000 if the listing is not for sale or its seller accepts no offers, MK003 if stock '
    'is insufficient, MK015 for more than 3 offers for a listing or 25 in a day, MK016 if the caller has blocked the seller, '
    'MK018 if an offer of the seller has to be answered first or one was accepted, P0002 for an unknown listing or variant.';

-- rights: authenticated, service_role
-- definer: Writes offers of the caller's negotiations, and messages of the caller.
CREATE OR REPLACE FUNCTION @extschema@.answer_offer(
    offer_id uuid,
    answer text,
    amount numeric DEFAULT NULL,
    message text DEFAULT NULL
)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_answer_offer';
COMMENT ON FUNCTION @extschema@.answer_offer(uuid, text, numeric, text) IS
    'Answers a pending offer of the other side: accept, decline, or counter with an amount strictly between the last prices of '
    'the two (the price of the listing counts as the seller''s first). Returns the offer, for counter the new one, which the '
    'other side answers. An accepted offer can be bought with buy_offer() for driplo.offer_checkout_window. The answer is '
    'written into their conversation. Errors: 22004, 22023 for an unknown answer or an amount out of range, 42501 if the '
    'caller may not trade, 55000 if the listing is not for sale, MK003 if stock is insufficient, MK015 for a fourth offer of '
    'the buyer, MK016 if the caller has blocked the other side, MK018 if the offer is not pending or the other side''s to '
    'answer, P0002 if it is not the caller''s.';

-- rights: authenticated, service_role
-- definer: Writes offers of the caller only.
CREATE OR REPLACE FUNCTION @extschema@.withdraw_offer(offer_id uuid)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_withdraw_offer';
COMMENT ON FUNCTION @extschema@.withdraw_offer(uuid) IS
    'Withdraws a pending offer of the caller. Errors: 22004, 42501 if the caller may not trade, MK018 if the offer is not '
    'pending or the other side''s, P0002 if it is not the caller''s.';

-- rights: authenticated, service_role
-- definer: As add_to_cart().
CREATE OR REPLACE FUNCTION @extschema@.buy_offer(offer_id uuid)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_buy_offer';
COMMENT ON FUNCTION @extschema@.buy_offer(uuid) IS
    'Puts what an accepted offer is about into the buyer''s cart at the price of the offer and returns the cart item; an item '
    'for the same listing and variant is replaced. The price holds until checkout_until and reserves nothing: others can buy '
    'meanwhile. If the listed price is lower by then, that is charged. Errors: those of add_to_cart(), 22004, 42501 for the '
    'seller, MK018 if the offer is not accepted or its time is over, P0002 if it is not the caller''s.';

-- rights: authenticated, service_role
-- definer: Tells the two sides of an offer what became of it, also of listings that are no longer visible.
CREATE OR REPLACE FUNCTION @extschema@.my_offers(
    role text DEFAULT NULL,
    status text DEFAULT NULL,
    page_size integer DEFAULT 20,
    before timestamptz DEFAULT NULL,
    before_id uuid DEFAULT NULL
)
    RETURNS TABLE (
        id uuid,
        listing_id uuid,
        variant_id uuid,
        title text,
        my_role text,
        other_id uuid,
        quantity integer,
        amount numeric,
        currency text,
        list_price numeric,
        status text,
        made_by text,
        is_my_turn boolean,
        round integer,
        message text,
        expires_at timestamptz,
        checkout_until timestamptz,
        parent_id uuid,
        order_item_id uuid,
        conversation_id uuid,
        created_at timestamptz
    )
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 20
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_my_offers';
COMMENT ON FUNCTION @extschema@.my_offers(text, text, integer, timestamptz, uuid) IS
    'Returns the caller''s offers, the latest first, at most page_size (up to 100): of the role buyer or seller, or both, and '
    'of a status, or all. status is what it is now, by the clock. amount and list_price are for one unit, in major units of '
    'currency; title and list_price are NULL for a listing that the caller can no longer see. For the next page pass '
    'created_at and id of the last row. Errors: 22004, 22023 for an unknown role or status, 42501 without a user.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.expire_offers(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_expire_offers';
COMMENT ON FUNCTION @extschema@.expire_offers(integer) IS
    'For the service: writes down which offers are expired or void, up to max_rows, and returns their number. Sessions can '
    'call it concurrently; locked offers are skipped. Errors: 22004, 42501.';

-- rights: authenticated, service_role
-- definer: Writes an announcement for a listing of the caller's, and counts those who like it.
CREATE OR REPLACE FUNCTION @extschema@.offer_to_likers(listing_id uuid, percent integer, message text DEFAULT NULL)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_offer_to_likers';
COMMENT ON FUNCTION @extschema@.offer_to_likers(uuid, integer, text) IS
    'For sellers: offers a listing of theirs to all who have it among their favorites, at percent (1 to 50) off its price, '
    'and returns how many that are, at most 200; a job makes the offers. Not for listings with variants, and once in 7 days '
    'for a listing. Errors: 22004, 22023 for another percentage, 42501 if the caller may not sell, 55000 if the listing is '
    'not for sale or has variants, MK015 for a second time in 7 days, P0002 for a listing that is not the caller''s.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.send_offers(max_rows integer DEFAULT 20)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_send_offers';
COMMENT ON FUNCTION @extschema@.send_offers(integer) IS
    'For the service: makes the offers of up to max_rows calls of offer_to_likers() and returns the number of calls. Sessions '
    'can call it concurrently. Errors: 22004, 42501.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.void_offers_between(one uuid, another uuid)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_void_offers_between';
COMMENT ON FUNCTION private.void_offers_between(uuid, uuid) IS
    'Voids the pending and accepted offers of two users to each other. Error: 22004.';

-- What a seller wants

-- rights: authenticated, service_role
-- definer: Writes the caller's own settings and no others.
CREATE OR REPLACE FUNCTION @extschema@.set_offer_settings(
    enabled boolean,
    min_percent integer DEFAULT 50,
    auto_accept_percent integer DEFAULT NULL,
    auto_decline_percent integer DEFAULT NULL
)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    seller constant uuid := private.acting_for(NULL, false);
BEGIN
    PERFORM private.require_trader();
    IF set_offer_settings.enabled IS NULL THEN
        RAISE EXCEPTION 'enabled must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF set_offer_settings.min_percent IS NULL THEN
        RAISE EXCEPTION 'min_percent must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF set_offer_settings.min_percent NOT BETWEEN 50 AND 99
          OR set_offer_settings.auto_accept_percent NOT BETWEEN 50 AND 99
          OR set_offer_settings.auto_decline_percent NOT BETWEEN 50 AND 99 THEN
        RAISE EXCEPTION 'percentages of offers must be between 50 and 99' USING ERRCODE = 'invalid_parameter_value';
    ELSIF set_offer_settings.auto_decline_percent >= set_offer_settings.auto_accept_percent THEN
        RAISE EXCEPTION 'auto_decline_percent must be below auto_accept_percent' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    INSERT INTO @extschema@.offer_settings AS s (seller_id, enabled, min_percent, auto_accept_percent, auto_decline_percent)
    VALUES (seller, set_offer_settings.enabled, set_offer_settings.min_percent, set_offer_settings.auto_accept_percent,
            set_offer_settings.auto_decline_percent)
    ON CONFLICT ON CONSTRAINT offer_settings_pkey DO UPDATE
    SET enabled = EXCLUDED.enabled,
        min_percent = EXCLUDED.min_percent,
        auto_accept_percent = EXCLUDED.auto_accept_percent,
        auto_decline_percent = EXCLUDED.auto_decline_percent;
END;
$function$;
COMMENT ON FUNCTION @extschema@.set_offer_settings(boolean, integer, integer, integer) IS
    'Sets what offers the caller accepts as a seller: whether any, from which percentage of the price on, and from which on '
    'they are accepted, or below which declined, automatically; NULL for never. Applies to offers made from then on. '
    'Errors: 22004, 22023, 42501 if the caller may not sell.';

-- rights: authenticated, service_role
-- definer: As set_offer_settings().
CREATE OR REPLACE FUNCTION @extschema@.set_bundle_discount(tiers jsonb)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    seller constant uuid := private.acting_for(NULL, false);
    tier jsonb;
    pieces integer := 1;
    percent integer := 0;
BEGIN
    PERFORM private.require_trader();
    IF tiers IS NULL THEN
        RAISE EXCEPTION 'tiers must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF jsonb_typeof(tiers) <> 'array' OR jsonb_array_length(tiers) > 5 THEN
        RAISE EXCEPTION 'tiers must be a JSON array of at most 5 objects' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR tier IN SELECT * FROM jsonb_array_elements(tiers) LOOP
        IF jsonb_typeof(tier) <> 'object' OR tier - '{pieces,percent}'::text[] <> '{}'
           OR (tier ->> 'pieces' ~ '^[0-9]{1,3}$') IS NOT TRUE OR jsonb_typeof(tier -> 'pieces') <> 'number'
           OR (tier ->> 'percent' ~ '^[0-9]{1,2}$') IS NOT TRUE OR jsonb_typeof(tier -> 'percent') <> 'number' THEN
            RAISE EXCEPTION 'invalid bundle discount: "%"', left(tier::text, 100)
                USING ERRCODE = 'invalid_parameter_value', HINT = 'A tier is an object such as {"pieces": 2, "percent": 5}.';
        END IF;
        -- more for more, or nobody would understand what is charged
        IF (tier ->> 'pieces')::integer NOT BETWEEN pieces + 1 AND 100 OR (tier ->> 'percent')::integer NOT BETWEEN percent + 1 AND 50 THEN
            RAISE EXCEPTION 'bundle discounts must increase'
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = 'From tier to tier "pieces" increases from 2 up to 100, and "percent" from 1 up to 50.';
        END IF;
        pieces := (tier ->> 'pieces')::integer;
        percent := (tier ->> 'percent')::integer;
    END LOOP;
    INSERT INTO @extschema@.offer_settings (seller_id, bundle_tiers)
    VALUES (seller, tiers)
    ON CONFLICT ON CONSTRAINT offer_settings_pkey DO UPDATE
    SET bundle_tiers = EXCLUDED.bundle_tiers;
END;
$function$;
COMMENT ON FUNCTION @extschema@.set_bundle_discount(jsonb) IS
    'Sets what the caller takes off orders of several units, such as [{"pieces": 2, "percent": 5}, {"pieces": 3, "percent": '
    '10}]; the empty array for nothing. Of an order, the units without an offer count and get cheaper, before coupons; the '
    'seller bears the discount. Errors: 22004, 22023 for malformed tiers or such that do not increase, 42501 if the caller '
    'may not sell.';

-- rights: authenticated, service_role
-- definer: Tells of a seller's settings what buyers have to know, and not what is answered automatically.
CREATE OR REPLACE FUNCTION @extschema@.offer_terms(seller_id uuid)
    RETURNS TABLE (enabled boolean, min_percent integer, bundle_tiers jsonb)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT COALESCE(s.enabled, true), COALESCE(s.min_percent, 50)::integer, COALESCE(s.bundle_tiers, '[]')
    FROM @extschema@.profiles p
    LEFT JOIN @extschema@.offer_settings s ON s.seller_id = p.id
    WHERE p.id = offer_terms.seller_id AND p.deleted_at IS NULL
$function$;
COMMENT ON FUNCTION @extschema@.offer_terms(uuid) IS
    'Returns what a seller accepts: whether any offers, from which percentage of the price on, and the discounts for several '
    'units; the defaults for a seller without settings, no row for an unknown user.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_offers()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'offer_used', format('offers %s', o.id), format('The offer is %s, but order item %s was bought at its price.', o.status, i.id)
    FROM @extschema@.order_items i
    JOIN @extschema@.offers o ON o.id = i.offer_id
    WHERE o.status <> 'used' OR o.order_item_id IS DISTINCT FROM i.id
    UNION ALL
    SELECT 'offer_used', format('offers %s', o.id), format('The offer is %s for order item %s, which was not bought at its price.', o.status, i.id)
    FROM @extschema@.offers o
    JOIN @extschema@.order_items i ON i.id = o.order_item_id
    WHERE o.status <> 'used' OR i.offer_id IS DISTINCT FROM o.id
    UNION ALL
    SELECT 'offer_price', format('order_items %s', i.id),
           format('The order item is for %s times %s, but its offer is for %s times %s, or of another buyer or listing.', i.quantity, i.unit_price, o.quantity, o.amount)
    FROM @extschema@.order_items i
    JOIN @extschema@.offers o ON o.id = i.offer_id
    JOIN @extschema@.orders r ON r.id = i.order_id
    WHERE i.unit_price > o.amount OR i.quantity > o.quantity OR r.buyer_id <> o.buyer_id OR r.currency <> o.currency
          OR i.listing_id <> o.listing_id OR i.variant_id <> o.variant_id
    UNION ALL
    SELECT 'offer_in_cart', format('cart_items %s', i.id), 'The offer of the cart item is of another buyer, or for another listing.'
    FROM @extschema@.cart_items i
    JOIN @extschema@.shopping_carts c ON c.id = i.cart_id
    JOIN @extschema@.offers o ON o.id = i.offer_id
    WHERE o.buyer_id <> c.user_id OR o.listing_id <> i.listing_id OR o.variant_id IS DISTINCT FROM i.variant_id AND o.listing_id IS NOT NULL
    UNION ALL
    SELECT 'offer_counter', format('offers %s', o.id), format('The offer answers offer %s, which is %s.', o.parent_id, answered.status)
    FROM @extschema@.offers o
    JOIN @extschema@.offers answered ON answered.id = o.parent_id
    WHERE answered.status <> 'countered' OR answered.made_by = o.made_by
    UNION ALL
    SELECT 'offer_counter', format('offers %s', o.id), format('The offer of %s is not between those of %s and %s.', o.amount, answered.amount, coalesce(before.amount::text, 'nobody'))
    FROM @extschema@.offers o
    JOIN @extschema@.offers answered ON answered.id = o.parent_id
    LEFT JOIN @extschema@.offers before ON before.id = answered.parent_id
    WHERE CASE o.made_by WHEN 'seller' THEN o.amount <= answered.amount OR o.amount >= before.amount
                         ELSE o.amount >= answered.amount OR o.amount <= before.amount END
$function$;
COMMENT ON FUNCTION private.integrity_of_offers() IS
    'Part of check_integrity() for offers: what was bought at their prices, and that a counteroffer lies between the prices before it.';
