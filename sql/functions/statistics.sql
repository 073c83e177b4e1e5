-- Statistics: views of listings, and what is counted by days.

-- SECURITY INVOKER, because anon may call no function with rights of its owner: it takes them for its statement only.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.track_listing_view(p_listing_id uuid, p_viewer_id uuid DEFAULT NULL, p_ip_address text DEFAULT NULL, p_session_id text DEFAULT NULL)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_track_listing_view';
COMMENT ON FUNCTION @extschema@.track_listing_view(uuid, uuid, text, text) IS
    'Records that the caller looks at a listing; count_views() adds it to view_count. The viewer is the user, else the session, '
    'else the address and browser, and is stored as a hash that changes each day. Views of a viewer within 30 minutes are one. Not '
    'recorded are views by the seller, by bots that say so, and of listings that others cannot see. The service names whom it '
    'acts for by p_viewer_id. It writes, so clients send a POST. Errors: 22004, 42501 for a viewer other than the caller, 25006 in a '
    'read-only transaction.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.take_views(listings uuid[])
    RETURNS TABLE (day date, listing_id uuid, n integer, is_first boolean)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    IF private.is_distributed('@extschema@.listing_views'::regclass) THEN
        -- Citus locks no rows of several shards. What was counted before only who has locked the listing has written.
        RETURN QUERY
            UPDATE @extschema@.listing_views v
               SET counted = v.views
              FROM @extschema@.listing_views o
             WHERE o.day = v.day AND o.listing_id = v.listing_id AND o.viewer = v.viewer
               AND v.listing_id = ANY (listings) AND v.counted < v.views
            RETURNING v.day, v.listing_id, v.views - o.counted, o.counted = 0;
    ELSE
        RETURN QUERY
            WITH taken AS MATERIALIZED (
                SELECT v.day, v.listing_id, v.viewer, v.views, v.counted
                  FROM @extschema@.listing_views v
                 WHERE v.listing_id = ANY (listings) AND v.counted < v.views
                   FOR UPDATE SKIP LOCKED
            ), marked AS (
                UPDATE @extschema@.listing_views v
                   SET counted = t.views
                  FROM taken t
                 WHERE v.day = t.day AND v.listing_id = t.listing_id AND v.viewer = t.viewer
            )
            SELECT t.day, t.listing_id, t.views - t.counted, t.counted = 0 FROM taken t;
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.take_views(uuid[]) IS
    'Marks the views of listings that the caller has locked as counted, and returns them: how many of a viewer, and whether they are the first of the day.';

-- Listings are locked by who buys them. So few at a time, in the sequence in which everybody locks, and none that another session has locked.
-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.count_views(max_rows integer DEFAULT 100)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    waiting uuid[];
    known uuid[];
    free uuid[];
BEGIN
    PERFORM private.require_service('count views');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    waiting := ARRAY(SELECT DISTINCT v.listing_id FROM @extschema@.listing_views v
                      WHERE v.counted < v.views ORDER BY v.listing_id LIMIT GREATEST(max_rows, 0));
    IF waiting = '{}' THEN
        RETURN 0;
    END IF;
    known := ARRAY(SELECT l.id FROM @extschema@.listings l WHERE l.id = ANY (waiting));
    DELETE FROM @extschema@.listing_views v
     WHERE v.listing_id = ANY (waiting) AND v.listing_id <> ALL (known) AND v.counted < v.views;
    free := ARRAY(SELECT l.id FROM @extschema@.listings l WHERE l.id = ANY (waiting) ORDER BY l.id FOR NO KEY UPDATE SKIP LOCKED);
    WITH taken AS MATERIALIZED (
        SELECT * FROM private.take_views(free)
    ), by_day AS (
        INSERT INTO @extschema@.listing_stats_daily AS s (listing_id, day, views, unique_views)
        SELECT t.listing_id, t.day, sum(t.n), count(*) FILTER (WHERE t.is_first)
          FROM taken t
         GROUP BY t.listing_id, t.day
            ON CONFLICT ON CONSTRAINT listing_stats_daily_pkey DO UPDATE
           SET views = LEAST(s.views::bigint + EXCLUDED.views, 2147483647),
               unique_views = s.unique_views + EXCLUDED.unique_views
    )
    UPDATE @extschema@.listings l
       SET view_count = LEAST(l.view_count::bigint + t.views, 2147483647)
      FROM (SELECT t.listing_id, sum(t.n) AS views FROM taken t GROUP BY t.listing_id) t
     WHERE l.id = t.listing_id;
    RETURN cardinality(free);
END;
$function$;
COMMENT ON FUNCTION @extschema@.count_views(integer) IS
    'For the service: adds the recorded views of up to max_rows listings to view_count and to listing_stats_daily, each listing '
    'in one update, and returns the number of listings. Locked listings and views are left to the next call; sessions can call it '
    'concurrently. Errors: 42501, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.prune_statistics(max_rows integer DEFAULT 10000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    today constant date := timezone('UTC', now())::date;
    old_views integer;
    old_days integer;
    old_sales integer;
BEGIN
    PERFORM private.require_service('delete old statistics');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- what was not counted in two days will not be
    old_views := private.delete_old_rows('listing_views', '{day,listing_id,viewer}',
        $$o.day < timezone('UTC', now())::date AND (o.counted = o.views OR o.day < timezone('UTC', now())::date - 2)$$, 'o.day', max_rows);
    WITH old AS MATERIALIZED (
        SELECT o.day, o.listing_id FROM @extschema@.listing_stats_daily o
         WHERE o.day < today - 400
         LIMIT GREATEST(max_rows - old_views, 0)
           FOR UPDATE SKIP LOCKED
    )
    DELETE FROM @extschema@.listing_stats_daily s USING old
     WHERE s.day = old.day AND s.listing_id = old.listing_id;
    GET DIAGNOSTICS old_days = ROW_COUNT;
    WITH old AS MATERIALIZED (
        SELECT o.day, o.seller_id, o.currency FROM @extschema@.seller_stats_daily o
         WHERE o.day < today - 400
         LIMIT GREATEST(max_rows - old_views - old_days, 0)
           FOR UPDATE SKIP LOCKED
    )
    DELETE FROM @extschema@.seller_stats_daily s USING old
     WHERE s.day = old.day AND s.seller_id = old.seller_id AND s.currency = old.currency;
    GET DIAGNOSTICS old_sales = ROW_COUNT;
    RETURN old_views + old_days + old_sales;
END;
$function$;
COMMENT ON FUNCTION @extschema@.prune_statistics(integer) IS
    'For the service: deletes up to max_rows rows of listing_views of past days (UTC), and of the daily statistics that are older '
    'than 400 days, and returns their number. Errors: 42501, 22004.';

-- rights: authenticated, service_role
-- definer: Shows the numbers of a listing to its seller, the staff, and the service; asks who calls first.
CREATE OR REPLACE FUNCTION @extschema@.get_listing_analytics(p_listing_id uuid)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    today constant date := timezone('UTC', now())::date;
    since constant date := today - 29;
    sees_all constant boolean := private.is_service() OR COALESCE(private.caller_role(), '') IN ('moderator', 'admin');
    listing record;
    days jsonb;
BEGIN
    IF p_listing_id IS NULL THEN
        RAISE EXCEPTION 'p_listing_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT l.id, l.view_count, l.favorite_count INTO listing
      FROM @extschema@.listings l
     WHERE l.id = p_listing_id AND (sees_all OR l.seller_id = private.caller());
    IF NOT FOUND THEN
        RAISE EXCEPTION 'listing "%" does not exist', p_listing_id
            USING ERRCODE = 'no_data_found',
                  HINT = 'Users can see the numbers of their own listings only.';
    END IF;
    SELECT jsonb_agg(jsonb_build_object(
               'day', d.day, 'views', COALESCE(seen.views, 0), 'unique_views', COALESCE(seen.unique_views, 0),
               'favorites', COALESCE(liked.n, 0), 'inquiries', COALESCE(asked.n, 0), 'offers', COALESCE(offered.n, 0), 'sold', COALESCE(sold.n, 0)) ORDER BY d.day)
      INTO days
      FROM (SELECT since + n AS day FROM generate_series(0, 29) AS n) d
      LEFT JOIN @extschema@.listing_stats_daily seen ON seen.listing_id = listing.id AND seen.day = d.day
      LEFT JOIN (SELECT timezone('UTC', f.created_at)::date AS day, count(*) AS n
                   FROM @extschema@.favorites f
                  WHERE f.listing_id = listing.id AND f.created_at >= timezone('UTC', since::timestamp)
                  GROUP BY 1) liked ON liked.day = d.day
      LEFT JOIN (SELECT timezone('UTC', c.created_at)::date AS day, count(*) AS n
                   FROM @extschema@.conversations c
                  WHERE c.listing_id = listing.id AND c.created_at >= timezone('UTC', since::timestamp)
                  GROUP BY 1) asked ON asked.day = d.day
      LEFT JOIN (SELECT timezone('UTC', o.created_at)::date AS day, count(*) AS n
                   FROM @extschema@.offers o
                  WHERE o.listing_id = listing.id AND o.made_by = 'buyer' AND o.created_at >= timezone('UTC', since::timestamp)
                  GROUP BY 1) offered ON offered.day = d.day
      LEFT JOIN (SELECT timezone('UTC', o.paid_at)::date AS day, sum(i.quantity) AS n
                   FROM @extschema@.order_items i
                   JOIN @extschema@.orders o ON o.id = i.order_id
                  WHERE i.listing_id = listing.id AND o.paid_at >= timezone('UTC', since::timestamp)
                  GROUP BY 1) sold ON sold.day = d.day;
    RETURN jsonb_build_object(
        'total_views', listing.view_count,
        'unique_views', (SELECT COALESCE(sum(s.unique_views), 0) FROM @extschema@.listing_stats_daily s WHERE s.listing_id = listing.id),
        'favorites', listing.favorite_count,
        'inquiries', (SELECT count(*) FROM @extschema@.conversations c WHERE c.listing_id = listing.id),
        'offers', (SELECT count(*) FROM @extschema@.offers o WHERE o.listing_id = listing.id AND o.made_by = 'buyer'),
        'by_day', days);
END;
$function$;
COMMENT ON FUNCTION @extschema@.get_listing_analytics(uuid) IS
    'Returns numbers of a listing, for its seller, the staff, and the service: total_views, unique_views (viewers, counted once a '
    'day), favorites, inquiries (conversations), offers (of buyers), and by_day with the last 30 days (UTC, the earliest first): day, '
    'views, unique_views, favorites, inquiries, offers, and sold, the quantity in orders paid that day. Errors: 22004, P0002 for a listing that is not the caller''s.';
