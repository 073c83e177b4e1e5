-- Dashboards: what sellers and the platform see of how they do. Days are days of UTC, both ends included.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_days(from_date date, to_date date)
    RETURNS void
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF from_date IS NULL OR to_date IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN from_date IS NULL THEN 'from_date' ELSE 'to_date' END USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT isfinite(from_date) OR NOT isfinite(to_date) OR from_date > to_date OR to_date - from_date > 399 THEN
        RAISE EXCEPTION 'days must be in order and at most 400'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('The days are %s to %s.', from_date, to_date);
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.require_days(date, date) IS 'Fails unless the two are the ends of 1 to 400 days. Errors: 22004, 22023.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.percentage(part numeric, whole numeric)
    RETURNS numeric
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT round(100 * part / NULLIF(whole, 0), 2)
$function$;
COMMENT ON FUNCTION private.percentage(numeric, numeric) IS 'Returns a share in percent with two decimals; NULL of nothing.';

-- rights: authenticated, service_role
-- definer: Shows a seller's own numbers, and medians of at least five others; asks who calls first.
CREATE OR REPLACE FUNCTION @extschema@.seller_dashboard(from_date date, to_date date, currency text DEFAULT NULL, seller_id uuid DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    seller constant uuid := private.acting_for(seller_id, true);
    in_currency text := currency;
    from_time timestamptz;
    until_time timestamptz;
    days jsonb;
    totals record;
    best jsonb;
    own record;
    peers record;
    most bigint;
    least_sales bigint;
BEGIN
    PERFORM private.require_days(from_date, to_date);
    IF in_currency !~ '^[A-Z]{3}$' THEN
        RAISE EXCEPTION 'unrecognized currency: "%"', left(in_currency, 20) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    from_time := timezone('UTC', from_date::timestamp);
    until_time := timezone('UTC', (to_date + 1)::timestamp);
    -- the seller's own: in which most was sold, or else is offered
    in_currency := COALESCE(in_currency,
        (SELECT d.currency FROM @extschema@.seller_stats_daily d WHERE d.seller_id = seller AND d.day BETWEEN from_date AND to_date AND d.orders > 0
          GROUP BY d.currency ORDER BY sum(d.orders) DESC, d.currency LIMIT 1),
        (SELECT l.currency FROM @extschema@.listings l WHERE l.seller_id = seller GROUP BY l.currency ORDER BY count(*) DESC, l.currency LIMIT 1),
        current_setting('driplo.base_currency'));

    WITH sold AS MATERIALIZED (
        SELECT d.day, sum(d.orders) AS orders, sum(d.items) AS items,
               jsonb_object_agg(d.currency, d.revenue) AS revenue, jsonb_object_agg(d.currency, d.fees) AS fees, jsonb_object_agg(d.currency, d.refunds) AS refunds
          FROM @extschema@.seller_stats_daily d
         WHERE d.seller_id = seller AND d.day BETWEEN from_date AND to_date AND d.orders > 0
         GROUP BY d.day
    ), seen AS MATERIALIZED (
        SELECT s.day, sum(s.views) AS views, sum(s.unique_views) AS unique_views
          FROM @extschema@.listings l
          JOIN @extschema@.listing_stats_daily s ON s.listing_id = l.id
         WHERE l.seller_id = seller AND s.day BETWEEN from_date AND to_date
         GROUP BY s.day
    ), liked AS MATERIALIZED (
        SELECT timezone('UTC', f.created_at)::date AS day, count(*) AS n
          FROM @extschema@.listings l
          JOIN @extschema@.favorites f ON f.listing_id = l.id
         WHERE l.seller_id = seller AND f.created_at >= from_time AND f.created_at < until_time
         GROUP BY 1
    ), asked AS MATERIALIZED (
        SELECT timezone('UTC', c.created_at)::date AS day, count(*) AS n
          FROM @extschema@.conversations c
         WHERE c.seller_id = seller AND c.created_at >= from_time AND c.created_at < until_time
         GROUP BY 1
    ), offered AS MATERIALIZED (
        SELECT timezone('UTC', o.created_at)::date AS day, count(*) AS n
          FROM @extschema@.offers o
         WHERE o.seller_id = seller AND o.made_by = 'buyer' AND o.created_at >= from_time AND o.created_at < until_time
         GROUP BY 1
    )
    SELECT jsonb_agg(jsonb_build_object(
               'day', d.day, 'views', COALESCE(seen.views, 0), 'unique_views', COALESCE(seen.unique_views, 0), 'favorites', COALESCE(liked.n, 0),
               'conversations', COALESCE(asked.n, 0), 'offers', COALESCE(offered.n, 0), 'orders', COALESCE(sold.orders, 0), 'items', COALESCE(sold.items, 0),
               'revenue', private.added_up(sold.revenue, in_currency), 'fees', private.added_up(sold.fees, in_currency),
               'refunds', private.added_up(sold.refunds, in_currency)) ORDER BY d.day)
      INTO days
      FROM (SELECT from_date + n AS day FROM generate_series(0, to_date - from_date) AS n) d
      LEFT JOIN sold ON sold.day = d.day
      LEFT JOIN seen ON seen.day = d.day
      LEFT JOIN liked ON liked.day = d.day
      LEFT JOIN asked ON asked.day = d.day
      LEFT JOIN offered ON offered.day = d.day;

    SELECT COALESCE(sum(s.orders), 0) AS orders, COALESCE(sum(s.items), 0) AS items,
           COALESCE(jsonb_object_agg(s.currency, s.revenue) FILTER (WHERE s.currency IS NOT NULL), '{}') AS revenue,
           COALESCE(jsonb_object_agg(s.currency, s.fees) FILTER (WHERE s.currency IS NOT NULL), '{}') AS fees,
           COALESCE(jsonb_object_agg(s.currency, s.refunds) FILTER (WHERE s.currency IS NOT NULL), '{}') AS refunds,
           COALESCE(jsonb_object_agg(s.currency, s.revenue - s.fees - s.refunds) FILTER (WHERE s.currency IS NOT NULL), '{}') AS net
      INTO totals
      FROM (SELECT d.currency, sum(d.orders) AS orders, sum(d.items) AS items, sum(d.revenue) AS revenue, sum(d.fees) AS fees, sum(d.refunds) AS refunds
              FROM @extschema@.seller_stats_daily d
             WHERE d.seller_id = seller AND d.day BETWEEN from_date AND to_date AND d.orders > 0
             GROUP BY d.currency) s;

    SELECT jsonb_agg(jsonb_build_object('listing_id', b.id, 'title', b.title, 'views', b.views, 'favorites', b.favorites, 'sold', b.sold,
                                        'price', b.price, 'currency', b.currency) ORDER BY b.sold DESC, b.views DESC, b.id)
      INTO best
      FROM (SELECT l.id, l.title, l.price, l.currency, COALESCE(seen.n, 0) AS views, COALESCE(liked.n, 0) AS favorites, COALESCE(sold.n, 0) AS sold
              FROM @extschema@.listings l
              LEFT JOIN (SELECT s.listing_id, sum(s.views) AS n FROM @extschema@.listings mine JOIN @extschema@.listing_stats_daily s ON s.listing_id = mine.id
                          WHERE mine.seller_id = seller AND s.day BETWEEN from_date AND to_date GROUP BY s.listing_id) seen ON seen.listing_id = l.id
              LEFT JOIN (SELECT f.listing_id, count(*) AS n FROM @extschema@.listings mine JOIN @extschema@.favorites f ON f.listing_id = mine.id
                          WHERE mine.seller_id = seller AND f.created_at >= from_time AND f.created_at < until_time GROUP BY f.listing_id) liked ON liked.listing_id = l.id
              LEFT JOIN (SELECT i.listing_id, sum(i.quantity) AS n FROM @extschema@.orders o JOIN @extschema@.order_items i ON i.order_id = o.id
                          WHERE o.seller_id = seller AND o.paid_at >= from_time AND o.paid_at < until_time GROUP BY i.listing_id) sold ON sold.listing_id = l.id
             WHERE l.seller_id = seller AND (seen.n > 0 OR liked.n > 0 OR sold.n > 0)
             ORDER BY COALESCE(sold.n, 0) DESC, COALESCE(seen.n, 0) DESC, l.id
             LIMIT 10) b;

    SELECT u.response_rate, u.response_time_hours, u.ship_time_hours, p.total_sales INTO own
      FROM @extschema@.profiles p LEFT JOIN @extschema@.user_stats_summary u ON u.user_id = p.id
     WHERE p.id = seller;
    -- Sellers of the size: as many completed sales by powers of ten. Medians of few would tell what one of them does.
    least_sales := CASE WHEN own.total_sales > 0 THEN 10 ^ floor(log(own.total_sales::numeric)) ELSE 0 END;
    most := CASE WHEN least_sales > 0 THEN least_sales * 10 ELSE 1 END;
    SELECT count(*) AS n,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY u.response_rate::double precision) AS response_rate, count(u.response_rate) AS with_rate,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY u.response_time_hours::double precision) AS response_time, count(u.response_time_hours) AS with_time,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY u.ship_time_hours::double precision) AS ship_time, count(u.ship_time_hours) AS with_ship
      INTO peers
      FROM @extschema@.profiles p JOIN @extschema@.user_stats_summary u ON u.user_id = p.id
     WHERE least_sales > 0 AND p.total_sales >= least_sales AND p.total_sales < most AND p.id <> seller AND p.deleted_at IS NULL AND p.suspended_at IS NULL;

    RETURN jsonb_build_object(
        'from', from_date, 'to', to_date, 'currency', in_currency,
        'totals', jsonb_build_object(
            'orders', totals.orders, 'items', totals.items,
            'revenue', private.added_up(totals.revenue, in_currency), 'fees', private.added_up(totals.fees, in_currency),
            'refunds', private.added_up(totals.refunds, in_currency), 'net', private.added_up(totals.net, in_currency),
            'by_currency', (SELECT COALESCE(jsonb_object_agg(r.key, jsonb_build_object('revenue', r.value, 'fees', totals.fees -> r.key, 'refunds', totals.refunds -> r.key,
                                                                                       'net', totals.net -> r.key)), '{}')
                              FROM jsonb_each(totals.revenue) r)),
        'conversion', (SELECT jsonb_build_object(
                'views', v.views, 'favorites', v.favorites, 'conversations', v.conversations, 'offers', v.offers, 'orders', v.orders,
                'favorites_of_views', private.percentage(v.favorites, v.views),
                'conversations_of_views', private.percentage(v.conversations, v.views),
                'offers_of_views', private.percentage(v.offers, v.views),
                'orders_of_views', private.percentage(v.orders, v.views))
            FROM (SELECT sum((d ->> 'unique_views')::numeric) AS views, sum((d ->> 'favorites')::numeric) AS favorites,
                         sum((d ->> 'conversations')::numeric) AS conversations, sum((d ->> 'offers')::numeric) AS offers, sum((d ->> 'orders')::numeric) AS orders
                    FROM jsonb_array_elements(days) d) v),
        'best_listings', COALESCE(best, '[]'),
        'service', jsonb_build_object(
            'response_rate', own.response_rate, 'response_time_hours', own.response_time_hours, 'ship_time_hours', own.ship_time_hours,
            'sellers_of_the_size', peers.n,
            'median_response_rate', CASE WHEN peers.with_rate >= 5 THEN round(peers.response_rate::numeric, 2) END,
            'median_response_time_hours', CASE WHEN peers.with_time >= 5 THEN round(peers.response_time::numeric, 2) END,
            'median_ship_time_hours', CASE WHEN peers.with_ship >= 5 THEN round(peers.ship_time::numeric, 2) END),
        'series', days);
END;
$function$;
COMMENT ON FUNCTION @extschema@.seller_dashboard(date, date, text, uuid) IS
    'Returns how a seller did on the days from from_date to to_date (UTC, at most 400), for the caller, or of any seller for the staff '
    'and the service: totals, conversion (views are viewers, counted once a day; offers those of buyers), best_listings (at most ten), service (times and '
    'rates of the last 90 days beside the medians of sellers with as many sales by powers of ten, NULL for fewer than five), and series '
    'by day. Orders count on the day on which they were paid, as refresh_user_statistics() has last counted. Amounts are in major '
    'units of currency, by default that in which the seller sells most, by the exchange rates of today; an amount is NULL without a '
    'rate, and totals.by_currency has the sums as they are. Errors: 42501, 22004, 22023.';

-- rights: authenticated, service_role (users: admins)
-- definer: Shows numbers of all users, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.platform_stats(from_date date, to_date date)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    from_time timestamptz;
    until_time timestamptz;
    sold record;
    listed record;
    searched record;
    base text;
BEGIN
    PERFORM private.require_admin('see the numbers of the platform');
    PERFORM private.require_days(from_date, to_date);
    -- after the first call of a function in C, which makes the settings known
    base := current_setting('driplo.base_currency');
    from_time := timezone('UTC', from_date::timestamp);
    until_time := timezone('UTC', (to_date + 1)::timestamp);

    -- From the orders and not from the sellers' days, which go with their sellers.
    WITH paid AS MATERIALIZED (
        SELECT o.id, o.buyer_id, o.seller_id, o.currency::text AS currency, o.total_amount + COALESCE(o.store_credit_amount, 0) AS worth,
               o.platform_fee_amount - o.refunded_fee_amount AS fee, o.refunded_amount
          FROM @extschema@.orders o
         WHERE o.paid_at >= from_time AND o.paid_at < until_time
    ), by_currency AS (
        SELECT p.currency, sum(p.worth) AS worth, sum(p.fee) AS fees, sum(p.refunded_amount) AS refunds FROM paid p GROUP BY p.currency
    )
    SELECT (SELECT count(*) FROM paid) AS orders,
           (SELECT COALESCE(sum(i.quantity), 0) FROM paid p JOIN @extschema@.order_items i ON i.order_id = p.id) AS items,
           (SELECT count(DISTINCT p.buyer_id) FROM paid p) AS buyers, (SELECT count(DISTINCT p.seller_id) FROM paid p) AS sellers,
           (SELECT count(DISTINCT d.order_id) FROM paid p JOIN @extschema@.disputes d ON d.order_id = p.id) AS disputed,
           COALESCE((SELECT jsonb_object_agg(c.currency, c.worth) FROM by_currency c), '{}') AS gmv,
           COALESCE((SELECT jsonb_object_agg(c.currency, c.fees) FROM by_currency c), '{}') AS take,
           COALESCE((SELECT jsonb_object_agg(c.currency, c.refunds) FROM by_currency c), '{}') AS refunds
      INTO sold;

    SELECT count(*) FILTER (WHERE l.published_at >= from_time AND l.published_at < until_time) AS published,
           count(*) FILTER (WHERE l.published_at >= from_time AND l.published_at < until_time AND l.sold_at IS NOT NULL) AS published_and_sold,
           count(*) FILTER (WHERE l.status::text = 'active') AS active,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY CASE WHEN l.sold_at >= from_time AND l.sold_at < until_time AND l.published_at <= l.sold_at
                                                            THEN EXTRACT(EPOCH FROM l.sold_at - l.published_at)::double precision / 86400 END) AS days_to_sell
      INTO listed
      FROM @extschema@.listings l
     WHERE l.status::text = 'active' OR l.published_at >= from_time AND l.published_at < until_time OR l.sold_at >= from_time AND l.sold_at < until_time;

    SELECT COALESCE(sum(q.n), 0) AS n, COALESCE(sum(q.n_empty), 0) AS n_empty INTO searched
      FROM @extschema@.search_queries q WHERE q.day BETWEEN from_date AND to_date;

    RETURN jsonb_build_object(
        'from', from_date, 'to', to_date, 'currency', base,
        'orders', sold.orders, 'items', sold.items, 'buyers', sold.buyers, 'sellers', sold.sellers,
        'gmv', private.added_up(sold.gmv, base), 'gmv_by_currency', sold.gmv,
        'take', private.added_up(sold.take, base), 'take_by_currency', sold.take,
        'refunds', private.added_up(sold.refunds, base), 'refunds_by_currency', sold.refunds,
        'new_users', (SELECT count(*) FROM @extschema@.profiles p WHERE p.created_at >= from_time AND p.created_at < until_time),
        'listings_published', listed.published, 'listings_active', listed.active,
        'sell_through', private.percentage(listed.published_and_sold, listed.published),
        'median_days_to_sell', round(listed.days_to_sell::numeric, 2),
        'disputed_orders', sold.disputed,
        'disputes_per_1000_orders', round(1000.0 * sold.disputed / NULLIF(sold.orders, 0), 2),
        'searches', searched.n,
        'empty_searches', private.percentage(searched.n_empty, searched.n));
END;
$function$;
COMMENT ON FUNCTION @extschema@.platform_stats(date, date) IS
    'For admins and the service: numbers of the whole platform on the days from from_date to to_date (UTC, at most 400). Orders count on '
    'the day on which they were paid. gmv is what the buyers paid, with store credit, shipping, taxes, and fees; take the platform''s '
    'fees less those refunded; each in driplo.base_currency by the exchange rates of today, NULL without a rate, and not converted by '
    'currency. sell_through is the percentage of listings published on these days that are sold, median_days_to_sell of those sold on '
    'these days, empty_searches the percentage that found nothing. Reads all orders. Errors: 42501, 22004, 22023.';
