-- Shipping: what a listing may say about it. src/api/cart/shipping.cpp reads it.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.is_whole_number(value jsonb, lowest integer, highest integer)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    -- 1.0 is a number and no whole one for who reads it; a length first, or a huge one would be calculated with
    SELECT COALESCE(pg_catalog.jsonb_typeof(value) = 'number' AND pg_catalog.length(value #>> '{}') <= 10
                    AND value #>> '{}' ~ '^[0-9]+$' AND (value #>> '{}')::bigint BETWEEN lowest AND highest, false)
$function$;
COMMENT ON FUNCTION private.is_whole_number(jsonb, integer, integer) IS
    'Whether a JSON value is a number without a fraction in a range.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.check_shipping_rate(rate jsonb, currency text, unit bigint)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    field text;
    tier jsonb;
BEGIN
    FOREACH field IN ARRAY ARRAY['cost', 'free_over', 'further'] LOOP
        CONTINUE WHEN COALESCE(jsonb_typeof(rate -> field), 'null') = 'null' OR private.is_shipping_amount(rate -> field, unit);
        RAISE EXCEPTION '"%" of shipping_info must be an amount in %', field, currency
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Amounts are numbers from 0 to 99999999.99 with at most two decimal places, or none if the currency has no minor unit.';
    END LOOP;
    IF COALESCE(jsonb_typeof(rate -> 'days'), 'null') <> 'null' AND NOT (
        jsonb_typeof(rate -> 'days') = 'array' AND jsonb_array_length(rate -> 'days') = 2
        AND private.is_whole_number(rate #> '{days,0}', 0, 365) AND private.is_whole_number(rate #> '{days,1}', 0, 365)
        AND (rate #>> '{days,0}')::integer <= (rate #>> '{days,1}')::integer
    ) THEN
        RAISE EXCEPTION '"days" of shipping_info must be two numbers of days'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Example: [2, 4] for two to four days; at most 365.';
    END IF;
    IF COALESCE(jsonb_typeof(rate -> 'tiers'), 'null') = 'null' THEN
        RETURN;
    END IF;
    IF jsonb_typeof(rate -> 'tiers') = 'array' AND jsonb_array_length(rate -> 'tiers') <= 20 THEN
        FOR tier IN SELECT value FROM jsonb_array_elements(rate -> 'tiers') LOOP
            CONTINUE WHEN jsonb_typeof(tier) = 'object' AND private.is_shipping_amount(tier -> 'cost', unit)
                AND (private.is_whole_number(tier -> 'pieces', 1, 1000000) <> private.is_whole_number(tier -> 'grams', 1, 10000000))
                AND num_nonnulls(tier -> 'pieces', tier -> 'grams') = 1;
            field := 'tiers';
            EXIT;
        END LOOP;
        IF field <> 'tiers' THEN
            RETURN;
        END IF;
    END IF;
    RAISE EXCEPTION '"tiers" of shipping_info must be an array of costs by quantity or weight'
        USING ERRCODE = 'invalid_parameter_value',
              DETAIL = 'It can have at most 20, each with "cost" and either "pieces" or "grams".',
              HINT = 'Example: [{"pieces": 3, "cost": 7.90}, {"grams": 2000, "cost": 9.90}].';
END;
$function$;
COMMENT ON FUNCTION private.check_shipping_rate(jsonb, text, bigint) IS
    'Checks the amounts, days and tiers of shipping_info or of one of its rates. Error: 22023.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.is_shipping_amount(value jsonb, unit bigint)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN pg_catalog.jsonb_typeof(value) = 'number'
                THEN value::numeric >= 0 AND value::numeric <= 99999999.99 AND value::numeric * 100 % unit = 0 ELSE false END
$function$;
COMMENT ON FUNCTION private.is_shipping_amount(jsonb, bigint) IS
    'Whether a JSON value is an amount of so many hundredths at a time, from 0 to 99999999.99.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.are_countries(value jsonb)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN pg_catalog.jsonb_typeof(value) = 'array' AND pg_catalog.jsonb_array_length(value) <= 300
                THEN NOT EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(value) AS country
                                  WHERE pg_catalog.jsonb_typeof(country) <> 'string' OR country #>> '{}' !~ '^[A-Za-z]{2}$')
                ELSE false END
$function$;
COMMENT ON FUNCTION private.are_countries(jsonb) IS
    'Whether a JSON value is an array of at most 300 country codes.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.check_shipping_info(info jsonb, currency text, unit bigint)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    rate jsonb;
BEGIN
    PERFORM private.check_shipping_rate(info, currency, unit);
    IF COALESCE(jsonb_typeof(info -> 'countries'), 'null') <> 'null' AND NOT private.are_countries(info -> 'countries') THEN
        RAISE EXCEPTION '"countries" of shipping_info must be an array of country codes'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'It can contain at most 300 two-letter codes of ISO 3166.',
                  HINT = 'Omit it to ship to all countries.';
    END IF;
    IF COALESCE(jsonb_typeof(info -> 'grams'), 'null') <> 'null' AND NOT private.is_whole_number(info -> 'grams', 0, 10000000) THEN
        RAISE EXCEPTION '"grams" of shipping_info must be the weight of one item'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'It is a whole number from 0 to 10000000.';
    END IF;
    IF COALESCE(jsonb_typeof(info -> 'pickup'), 'null') NOT IN ('null', 'boolean') THEN
        RAISE EXCEPTION '"pickup" of shipping_info must be true or false'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF COALESCE(jsonb_typeof(info -> 'cash_on_delivery'), 'null') NOT IN ('null', 'boolean') THEN
        RAISE EXCEPTION '"cash_on_delivery" of shipping_info must be true or false'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF COALESCE(jsonb_typeof(info -> 'rates'), 'null') = 'null' THEN
        RETURN;
    END IF;
    IF jsonb_typeof(info -> 'rates') = 'array' AND jsonb_array_length(info -> 'rates') <= 50
       AND NOT EXISTS (
           SELECT FROM jsonb_array_elements(info -> 'rates') AS each (rate)
            WHERE NOT COALESCE(jsonb_typeof(each.rate) = 'object' AND private.are_countries(each.rate -> 'countries')
                      AND each.rate -> 'countries' <> '[]' AND jsonb_typeof(each.rate -> 'cost') = 'number', false)
       ) THEN
        FOR rate IN SELECT value FROM jsonb_array_elements(info -> 'rates') LOOP
            PERFORM private.check_shipping_rate(rate, currency, unit);
        END LOOP;
        RETURN;
    END IF;
    RAISE EXCEPTION '"rates" of shipping_info must be an array of costs by countries'
        USING ERRCODE = 'invalid_parameter_value',
              DETAIL = 'It can have at most 50, each with a cost and at least one country.',
              HINT = 'Example: [{"countries": ["CH", "AT"], "cost": 9.90}].';
END;
$function$;
COMMENT ON FUNCTION private.check_shipping_info(jsonb, text, bigint) IS
    'Checks the keys of shipping_info that checkout() reads; others are the application''s. Error: 22023.';
