-- Gift cards: sold for money, owed until they are redeemed into store credit, and never the platform's gift.

-- 16 of 32 letters and digits, none of which looks like another: 80 random bits. Bytes of two UUIDs in which nothing is fixed.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.new_gift_card_code()
    RETURNS text
    LANGUAGE sql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    WITH random AS (SELECT substr(uuid_send(gen_random_uuid()), 1, 6) || substr(uuid_send(gen_random_uuid()), 1, 6)
                           || substr(uuid_send(gen_random_uuid()), 10, 4) AS bytes)
    SELECT string_agg(substr('23456789ABCDEFGHJKLMNPQRSTUVWXYZ', 1 + (get_byte(r.bytes, place) & 31), 1)
                      || CASE WHEN place IN (3, 7, 11) THEN '-' ELSE '' END, '' ORDER BY place)
      FROM random AS r, generate_series(0, 15) AS place
$function$;
COMMENT ON FUNCTION private.new_gift_card_code() IS 'Returns a new code of a gift card, such as ABCD-2345-EFGH-6789.';

-- Nobody has to type blanks, dashes, or capitals.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.gift_card_hash(code text)
    RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT encode(sha256(convert_to(upper(regexp_replace(left(code, 100), '[^A-Za-z0-9]', '', 'g') COLLATE "C"), 'UTF8')), 'hex')
$function$;
COMMENT ON FUNCTION private.gift_card_hash(text) IS
    'Returns the hash by which a gift card is found: SHA-256 of the letters and digits of its code in upper case.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.sell_gift_card(
    amount numeric,
    currency text,
    processor text,
    processor_transaction_id text,
    buyer_id uuid DEFAULT NULL,
    expires_at timestamptz DEFAULT NULL,
    payment_item integer DEFAULT 1
)
    RETURNS TABLE (gift_card_id uuid, code text)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    new_code constant text := private.new_gift_card_code();
    unit constant bigint := private.smallest_unit(sell_gift_card.currency);
    sold @extschema@.gift_cards;
BEGIN
    PERFORM private.require_service('sell a gift card');
    IF num_nulls(sell_gift_card.amount, sell_gift_card.currency, sell_gift_card.processor, sell_gift_card.processor_transaction_id, sell_gift_card.payment_item) > 0 THEN
        RAISE EXCEPTION 'amount, currency, processor, processor_transaction_id, and payment_item must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF unit IS NULL THEN
        RAISE EXCEPTION 'invalid currency code: "%"', left(sell_gift_card.currency, 20)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use an ISO 4217 currency code in upper case.';
    ELSIF (sell_gift_card.amount > 0 AND sell_gift_card.amount <= 99999999.99 AND sell_gift_card.amount * 100 % unit = 0) IS NOT TRUE THEN
        RAISE EXCEPTION 'amount of a gift card must be a positive number of the smallest unit of its currency'
            USING ERRCODE = 'invalid_parameter_value';
    ELSIF sell_gift_card.expires_at <= now() THEN
        RAISE EXCEPTION 'expires_at must be in the future' USING ERRCODE = 'invalid_parameter_value';
    ELSIF length(btrim(sell_gift_card.processor)) NOT BETWEEN 1 AND 50 OR length(btrim(sell_gift_card.processor_transaction_id)) NOT BETWEEN 1 AND 255 THEN
        RAISE EXCEPTION 'processor must have 1 to 50 characters, and processor_transaction_id 1 to 255' USING ERRCODE = 'invalid_parameter_value';
    ELSIF sell_gift_card.buyer_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = sell_gift_card.buyer_id AND p.deleted_at IS NULL) THEN
        RAISE EXCEPTION 'user "%" does not exist', sell_gift_card.buyer_id USING ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO @extschema@.gift_cards (code_hash, last4, amount, currency, buyer_id, expires_at, processor, processor_transaction_id, payment_item)
    VALUES (private.gift_card_hash(new_code), right(new_code, 4), sell_gift_card.amount, sell_gift_card.currency, sell_gift_card.buyer_id,
            sell_gift_card.expires_at, sell_gift_card.processor, sell_gift_card.processor_transaction_id, sell_gift_card.payment_item)
    ON CONFLICT ON CONSTRAINT gift_cards_payment_key DO NOTHING
    RETURNING * INTO sold;
    IF FOUND THEN
        INSERT INTO @extschema@.ledger_entries (journal_id, account, amount, currency, kind)
        SELECT md5('gift_card_sold:' || sold.id)::uuid, entry.account, entry.amount, sold.currency, 'gift_card_sold'
          FROM (VALUES ('processor_clearing'::@extschema@.ledger_account, -sold.amount), ('gift_cards', sold.amount)) AS entry (account, amount);
        RETURN QUERY SELECT sold.id, new_code;
        RETURN;
    END IF;
    SELECT * INTO sold FROM @extschema@.gift_cards AS g
     WHERE g.processor = sell_gift_card.processor AND g.processor_transaction_id = sell_gift_card.processor_transaction_id AND g.payment_item = sell_gift_card.payment_item;
    IF (sold.amount, sold.currency::text) IS DISTINCT FROM (sell_gift_card.amount, sell_gift_card.currency) THEN
        RAISE EXCEPTION 'payment already paid for another gift card'
            USING ERRCODE = 'MK013', HINT = 'Number the gift cards of one payment by payment_item.';
    END IF;
    RETURN QUERY SELECT sold.id, NULL::text;
END;
$function$;
COMMENT ON FUNCTION @extschema@.sell_gift_card(numeric, text, text, text, uuid, timestamptz, integer) IS
    'For the service, when a payment for a gift card was received: creates the card and returns its ID and its code, which is not '
    'stored: only its hash and the last four characters are. Books the amount as owed (gift_cards). Several cards of one payment are numbered by '
    'payment_item. Repeating the call returns the same card without its code; renew_gift_card_code() makes a new one. Errors: '
    '42501, 22004, 22023, P0002 for an unknown buyer, MK013 if the payment paid for another card.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.renew_gift_card_code(gift_card_id uuid)
    RETURNS text
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    new_code constant text := private.new_gift_card_code();
    known text;
BEGIN
    PERFORM private.require_service('renew the code of a gift card');
    SELECT g.status INTO known FROM @extschema@.gift_cards AS g WHERE g.id = renew_gift_card_code.gift_card_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'gift card "%" does not exist', renew_gift_card_code.gift_card_id USING ERRCODE = 'no_data_found';
    ELSIF known <> 'active' THEN
        RAISE EXCEPTION 'gift card with status "%" has no code', known USING ERRCODE = 'MK013';
    END IF;
    UPDATE @extschema@.gift_cards AS g SET code_hash = private.gift_card_hash(new_code), last4 = right(new_code, 4)
     WHERE g.id = renew_gift_card_code.gift_card_id;
    RETURN new_code;
END;
$function$;
COMMENT ON FUNCTION @extschema@.renew_gift_card_code(uuid) IS
    'For the service: gives a gift card that was not redeemed a new code and returns it; the previous one is void. Errors: 42501, P0002, '
    'MK013 for a card that was redeemed, cancelled, or has expired.';

-- Wrong codes are answers and not errors: an error would undo that the attempt was counted.
-- rights: authenticated, service_role
-- definer: Finds a card by its code and writes store credit, which no client may write; the caller's own only, after counting the attempt.
CREATE OR REPLACE FUNCTION @extschema@.redeem_gift_card(code text)
    RETURNS TABLE (store_credit_id uuid, amount numeric, currency text, expires_at timestamptz, problem text)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    person constant uuid := private.caller();
    card @extschema@.gift_cards;
    credit uuid;
BEGIN
    IF person IS NULL THEN
        RAISE EXCEPTION 'must be signed in to redeem a gift card' USING ERRCODE = 'insufficient_privilege';
    END IF;
    PERFORM private.require_trader();
    IF redeem_gift_card.code IS NULL THEN
        RAISE EXCEPTION 'gift card code must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM private.count_against_limit('gift_cards');
    SELECT * INTO card FROM @extschema@.gift_cards AS g WHERE g.code_hash = private.gift_card_hash(redeem_gift_card.code) FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT NULL::uuid, NULL::numeric, NULL::text, NULL::timestamptz, 'unknown';
    ELSIF card.status = 'active' AND card.expires_at <= now() THEN
        RETURN QUERY SELECT NULL::uuid, NULL::numeric, NULL::text, NULL::timestamptz, 'expired';
    ELSIF card.status = 'active' THEN
        INSERT INTO @extschema@.store_credits (user_id, amount, currency, reason, expires_at, gift_card_id)
        VALUES (person, card.amount, card.currency, format('gift card %s', card.last4), card.expires_at, card.id)
        RETURNING id INTO credit;
        UPDATE @extschema@.gift_cards AS g SET status = 'redeemed', redeemed_by = person, redeemed_at = now() WHERE g.id = card.id;
        RETURN QUERY SELECT credit, card.amount, card.currency::text, card.expires_at, NULL::text;
    ELSIF card.status = 'redeemed' AND card.redeemed_by = person THEN
        -- a request that was repeated because its answer was lost
        RETURN QUERY SELECT c.id, c.amount, c.currency::text, c.expires_at, NULL::text
          FROM @extschema@.store_credits AS c WHERE c.gift_card_id = card.id AND c.refund_request_id IS NULL;
    ELSE
        RETURN QUERY SELECT NULL::uuid, NULL::numeric, NULL::text, NULL::timestamptz, card.status::text;
    END IF;
END;
$function$;
COMMENT ON FUNCTION @extschema@.redeem_gift_card(text) IS
    'Turns a gift card into store credit of the caller, once, and returns the credit. Case, blanks, and dashes of the code do not matter. Credit of '
    'a card expires when the card does. problem is NULL, or says why nothing was redeemed: unknown, redeemed (by another user), '
    'expired, or cancelled. Repeating the call returns the same credit. Errors: 42501 for an anonymous or suspended user, 22004, MK015 for too many '
    'attempts.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes credits and the ledger, which no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.cancel_gift_card(gift_card_id uuid, reason text)
    RETURNS numeric
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_cancel_gift_card';
COMMENT ON FUNCTION @extschema@.cancel_gift_card(uuid, text) IS
    'For admins (audited) and the service, when the payment for a gift card was refunded or charged back at the processor: makes the card '
    'void and returns the amount that it recovers: all of it, or of a redeemed card what was not spent of the store credit; the platform bears the rest, '
    'and gets what a cancelled order returns of it later. '
    'Repeating the call has no effect and returns 0. Errors: 42501, 22004, 22023, P0002.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.expire_gift_cards(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    expired integer;
BEGIN
    PERFORM private.require_service('expire gift cards');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    WITH due AS MATERIALIZED (
        SELECT g.id FROM @extschema@.gift_cards AS g
         WHERE g.status = 'active' AND g.expires_at <= now() ORDER BY g.id LIMIT greatest(max_rows, 0) FOR NO KEY UPDATE SKIP LOCKED
    ),
    ended AS (
        UPDATE @extschema@.gift_cards AS g SET status = 'expired' FROM due WHERE g.id = due.id RETURNING g.id, g.currency, g.amount
    ),
    booked AS (
        INSERT INTO @extschema@.ledger_entries (journal_id, account, amount, currency, kind)
        SELECT md5('gift_card_expired:' || ended.id)::uuid, entry.account, entry.amount, ended.currency, 'gift_card_expired'
          FROM ended, LATERAL (VALUES ('gift_cards'::@extschema@.ledger_account, -ended.amount), ('breakage', ended.amount)) AS entry (account, amount)
    )
    SELECT count(*) INTO expired FROM ended;
    RETURN expired;
END;
$function$;
COMMENT ON FUNCTION @extschema@.expire_gift_cards(integer) IS
    'For the service: ends up to max_rows gift cards that have expired without being redeemed, whose amounts become the platform''s '
    '(breakage), and returns their number. Sessions can call it concurrently; locked cards are skipped. Errors: 42501, 22004.';

-- rights: authenticated, service_role
-- definer: Shows the caller's own cards, and not who has redeemed one that the caller has bought.
CREATE OR REPLACE FUNCTION @extschema@.my_gift_cards()
    RETURNS TABLE (id uuid, last4 text, amount numeric, currency text, status text, expires_at timestamptz, bought_at timestamptz, redeemed_at timestamptz)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY DEFINER ROWS 5
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT g.id, g.last4::text, g.amount, g.currency::text, CASE WHEN g.status = 'active' AND g.expires_at <= now() THEN 'expired' ELSE g.status::text END,
           g.expires_at, CASE WHEN g.buyer_id = private.caller() THEN g.created_at END, CASE WHEN g.redeemed_by = private.caller() THEN g.redeemed_at END
      FROM @extschema@.gift_cards g
     WHERE g.buyer_id = private.caller() OR g.redeemed_by = private.caller()
     ORDER BY g.created_at DESC, g.id
$function$;
COMMENT ON FUNCTION @extschema@.my_gift_cards() IS
    'Returns the gift cards that the caller has bought (bought_at) or redeemed (redeemed_at), the newest first. last4 are '
    'the last characters of the code. No rows without a user.';
