-- check_integrity(), the part about what is written in two places, because applications look in either, or counted beside
-- what is counted: is it the same still?

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_copies()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'order_copy', format('orders %s', o.id), 'tracking_number or shipping_carrier differs from the first parcel in order_tracking.'
      FROM @extschema@.orders o
      LEFT JOIN @extschema@.order_tracking t ON t.order_id = o.id AND t.parcel_number = 1
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
    UNION ALL
    SELECT 'listing_shipping_cost', format('listings %s', l.id), 'shipping_cost differs from "cost" of shipping_info.'
      FROM @extschema@.listings l
     WHERE l.shipping_cost IS DISTINCT FROM
           CASE WHEN jsonb_typeof(l.shipping_info -> 'cost') = 'number' AND (l.shipping_info ->> 'cost')::numeric BETWEEN 0 AND 999999999999.99
                THEN round((l.shipping_info ->> 'cost')::numeric, 2) END
    UNION ALL
    SELECT 'brand_name', format('brand_profiles %s', b.id), 'brand_name differs from that of the profile.'
      FROM @extschema@.brand_profiles b
      JOIN @extschema@.profiles p ON p.id = b.user_id
     WHERE b.brand_name IS DISTINCT FROM p.brand_name
    UNION ALL
    -- other badges are the service's
    SELECT 'badges', format('profiles %s', p.id), 'badges differ from user_achievements.'
      FROM @extschema@.profiles p
      LEFT JOIN (SELECT u.user_id, array_agg(u.achievement::text) AS earned FROM @extschema@.user_achievements u WHERE u.lost_at IS NULL GROUP BY u.user_id) a ON a.user_id = p.id
     WHERE (p.badges <> '{}' OR a.user_id IS NOT NULL)
       AND NOT (coalesce(p.badges, '{}') @> coalesce(a.earned, '{}')
                AND coalesce(a.earned, '{}') @> ARRAY(SELECT unnest(p.badges) INTERSECT SELECT unnest(enum_range(NULL::@extschema@.achievement_type)::text[])))
$function$;
COMMENT ON FUNCTION private.integrity_of_copies() IS
    'Part of check_integrity() for columns that repeat what another table says.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_statistics()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH completed AS (
        -- What was refunded counts no more, but a sum that was full before stays below what the orders say.
        SELECT o.buyer_id, o.seller_id, o.status = 'completed' AS counts,
               o.total_amount + coalesce(o.store_credit_amount, 0) AS worth
          FROM @extschema@.orders o WHERE o.status IN ('completed', 'refunded')
    ), sold AS (
        SELECT c.seller_id AS id, count(*) FILTER (WHERE c.counts) AS n, sum(c.worth) FILTER (WHERE c.counts) AS worth, sum(c.worth) AS most
          FROM completed c WHERE c.seller_id IS NOT NULL GROUP BY c.seller_id
    ), bought AS (
        SELECT c.buyer_id AS id, count(*) FILTER (WHERE c.counts) AS n, sum(c.worth) FILTER (WHERE c.counts) AS worth, sum(c.worth) AS most
          FROM completed c WHERE c.buyer_id IS NOT NULL GROUP BY c.buyer_id
    ), followers AS (
        SELECT f.following_id AS id, count(*) AS n FROM @extschema@.user_follows f GROUP BY f.following_id
    ), following AS (
        SELECT f.follower_id AS id, count(*) AS n FROM @extschema@.user_follows f GROUP BY f.follower_id
    ), shown AS (
        SELECT l.seller_id AS id, count(*) AS n FROM @extschema@.listings l WHERE l.status::text IN ('active', 'reserved', 'sold') GROUP BY l.seller_id
    ), rated AS (
        SELECT r.rated_user_id AS id, count(*) AS n, round(avg(r.rating), 2) AS average, sum(r.rating) AS points, sum(r.rating) FILTER (WHERE r.type = 'seller') AS seller_points,
               count(*) FILTER (WHERE r.type = 'seller') AS seller_n, round(avg(r.rating) FILTER (WHERE r.type = 'seller'), 2) AS seller_average
          FROM @extschema@.user_ratings r WHERE r.rated_user_id IS NOT NULL AND r.hidden_at IS NULL GROUP BY r.rated_user_id
    )
    SELECT CASE WHEN k.name LIKE '%rating%' THEN 'rating_statistics' WHEN k.name LIKE 'follow%' THEN 'follow_statistics' WHEN k.name LIKE 'listing%' THEN 'listing_statistics' ELSE 'sales_statistics' END,
           format('%s %s', k.kept_in, p.id), format('%s is %s, but the counted value is %s.', k.name, coalesce(k.kept::text, 'NULL'), coalesce(k.counted::text, 'none'))
      FROM @extschema@.profiles p
      LEFT JOIN @extschema@.user_stats_summary s ON s.user_id = p.id
      LEFT JOIN sold ON sold.id = p.id
      LEFT JOIN bought ON bought.id = p.id
      LEFT JOIN followers ON followers.id = p.id
      LEFT JOIN following ON following.id = p.id
      LEFT JOIN rated ON rated.id = p.id
      LEFT JOIN shown ON shown.id = p.id
     CROSS JOIN LATERAL (VALUES
         ('profiles', 'total_sales', coalesce(p.total_sales, 0)::numeric, coalesce(sold.n, 0)::numeric, true),
         ('profiles', 'total_purchases', p.total_purchases, coalesce(bought.n, 0), true),
         ('profiles', 'follower_count', p.follower_count, coalesce(followers.n, 0), true),
         ('profiles', 'following_count', p.following_count, coalesce(following.n, 0), true),
         ('profiles', 'listings_count', p.listings_count, coalesce(shown.n, 0), true),
         ('profiles', 'seller_rating', p.seller_rating, rated.seller_average, true),
         ('profiles', 'seller_rating_count', coalesce(p.seller_rating_count, 0), coalesce(rated.seller_n, 0), true),
         ('user_stats_summary', 'total_sales', coalesce(s.total_sales, 0), coalesce(sold.n, 0), s.user_id IS NOT NULL),
         ('user_stats_summary', 'total_purchases', coalesce(s.total_purchases, 0), coalesce(bought.n, 0), s.user_id IS NOT NULL),
         ('user_stats_summary', 'total_earned', coalesce(s.total_earned, 0), coalesce(sold.worth, 0),
          s.user_id IS NOT NULL AND coalesce(sold.most, 0) <= 999999999999.99),
         ('user_stats_summary', 'total_spent', coalesce(s.total_spent, 0), coalesce(bought.worth, 0),
          s.user_id IS NOT NULL AND coalesce(bought.most, 0) <= 999999999999.99),
         ('user_stats_summary', 'follower_count', coalesce(s.follower_count, 0), coalesce(followers.n, 0), s.user_id IS NOT NULL),
         ('user_stats_summary', 'following_count', coalesce(s.following_count, 0), coalesce(following.n, 0), s.user_id IS NOT NULL),
         ('user_stats_summary', 'average_rating', s.average_rating, rated.average, s.user_id IS NOT NULL),
         ('user_stats_summary', 'rating_points', s.rating_points, coalesce(rated.points, 0), s.user_id IS NOT NULL),
         ('user_stats_summary', 'seller_rating_points', s.seller_rating_points, coalesce(rated.seller_points, 0), s.user_id IS NOT NULL),
         ('user_stats_summary', 'total_ratings', coalesce(s.total_ratings, 0), coalesce(rated.n, 0), s.user_id IS NOT NULL)
     ) AS k (kept_in, name, kept, counted, is_known)
     WHERE k.is_known AND k.kept IS DISTINCT FROM k.counted
$function$;
COMMENT ON FUNCTION private.integrity_of_statistics() IS
    'Part of check_integrity() for statistics of users: sales, ratings, follows, and listings.';
