-- Prices before: kept for lowest_price_30d(), and for whoever is told that something is cheaper.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.lowest_price_before(listing_id uuid, currency text, at timestamptz)
    RETURNS numeric
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN count(*) = count(before.price) THEN min(before.price) END
    FROM (
        SELECT CASE WHEN p.currency::text = lowest_price_before.currency THEN p.price
                    ELSE @extschema@.convert(p.price, p.currency::text, lowest_price_before.currency) END AS price
        FROM @extschema@.listing_prices p
        WHERE p.listing_id = lowest_price_before.listing_id
          AND p.valid_until <= lowest_price_before.at AND p.valid_until > lowest_price_before.at - interval '30 days'
    ) AS before
$function$;
COMMENT ON FUNCTION private.lowest_price_before(uuid, text, timestamptz) IS
    'The lowest price, in this currency, that a listing had in the 30 days before; NULL if there was no other price, or one '
    'in a currency without an exchange rate.';

-- SECURITY INVOKER, as convert(): anon may call it too, and the owner's rights are taken to read earlier prices.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.lowest_price_30d(listing_id uuid)
    RETURNS numeric
    LANGUAGE c STABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_lowest_price_30d';
COMMENT ON FUNCTION @extschema@.lowest_price_30d(uuid) IS
    'The lowest price that a listing had in the 30 days before its price was last lowered, in its currency: to be shown beside '
    'a lowered price. NULL unless the last change of the price, in the last 30 days, has lowered it.';

CREATE OR REPLACE FUNCTION private.note_price_seen()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_note_price_seen';
COMMENT ON FUNCTION private.note_price_seen() IS
    'Trigger on favorites: records the price of the listing, which a lower one is compared with.';
