-- Saved searches: kept by users, compared with what is new by the outbox, told by a job.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.read_saved_search(query text, filters jsonb)
    RETURNS TABLE (
        wanted tsquery,
        anchors text[],
        categories uuid[],
        seller_id uuid,
        since timestamptz,
        price_currency text,
        price_least numeric,
        price_most numeric,
        price_least_own numeric,
        price_most_own numeric
    )
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 1
    AS 'MODULE_PATHNAME', 'driplo_read_saved_search';
COMMENT ON FUNCTION private.read_saved_search(text, jsonb) IS
    'A query with filters as search() reads them today, and the rarest lexemes or terms of which a matching document has one. '
    'What search() corrects is also taken as it was typed. Error: 22023 as search(), and for what would match almost everything.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_notify(notify text)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF notify NOT IN ('instant', 'daily', 'off') THEN
        RAISE EXCEPTION 'unrecognized value for notify: "%"', left(notify, 100)
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Valid values are instant, daily, and off.';
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.require_notify(text) IS 'Fails unless saved searches know this way of telling. Error: 22023.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.search_name(name text)
    RETURNS text
    LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    trimmed constant text := btrim(search_name.name, E' \t\r\n');
BEGIN
    IF length(trimmed) NOT BETWEEN 1 AND 100 THEN
        RAISE EXCEPTION 'name must have 1 to 100 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN trimmed;
END;
$function$;
COMMENT ON FUNCTION private.search_name(text) IS 'The name of a saved search without blanks around it. Error: 22023.';

-- rights: authenticated, service_role
-- definer: Writes a search of the caller only; no client may write the table, whose rows say how they are found.
CREATE OR REPLACE FUNCTION @extschema@.save_search(name text, query text DEFAULT NULL, filters jsonb DEFAULT '{}', notify text DEFAULT 'daily')
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    most_searches constant integer := 50;
    me constant uuid := private.acting_for(NULL, false);
    saved uuid;
BEGIN
    PERFORM private.require_trader();
    IF save_search.name IS NULL OR save_search.notify IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN save_search.name IS NULL THEN 'name' ELSE 'notify' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF length(save_search.query) > 200 THEN
        RAISE EXCEPTION 'query must have at most 200 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM private.require_notify(save_search.notify);
    -- of two at the same time the second counts the first
    PERFORM FROM @extschema@.profiles p WHERE p.id = me FOR NO KEY UPDATE;
    IF (SELECT count(*) FROM @extschema@.saved_searches s WHERE s.user_id = me) >= most_searches THEN
        RAISE EXCEPTION 'a user can save at most % searches', most_searches
            USING ERRCODE = 'MK015', HINT = 'Delete one with delete_saved_search().';
    END IF;
    INSERT INTO @extschema@.saved_searches (
        user_id, name, query, filters, notify, wanted, anchors, categories, seller_id, since,
        price_currency, price_least, price_most, price_least_own, price_most_own
    )
    SELECT me, private.search_name(save_search.name), COALESCE(save_search.query, ''), COALESCE(save_search.filters, '{}'), save_search.notify,
           r.wanted, r.anchors, r.categories, r.seller_id, r.since,
           r.price_currency, r.price_least, r.price_most, r.price_least_own, r.price_most_own
    FROM private.read_saved_search(save_search.query, save_search.filters) AS r
    RETURNING id INTO saved;
    RETURN saved;
END;
$function$;
COMMENT ON FUNCTION @extschema@.save_search(text, text, jsonb, text) IS
    'Saves a search, with query and filters as search() takes them, and returns its ID. The caller is notified '
    '(saved_search_match) of listings that are published from now on, or lowered into its price filter, and that search() '
    'would find: instant, at most once a day (daily), or not (off). At most 50 for each user. It needs a word, brand, category, size, color, or '
    'seller. Errors: 42501 without a user or for an anonymous or suspended one, 22004, 22023, MK015.';

-- rights: authenticated, service_role
-- definer: Writes a search of the caller only.
CREATE OR REPLACE FUNCTION @extschema@.change_saved_search(id uuid, name text DEFAULT NULL, notify text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    me constant uuid := private.acting_for(NULL, false);
    before @extschema@.saved_searches;
BEGIN
    IF change_saved_search.id IS NULL THEN
        RAISE EXCEPTION 'id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM private.require_notify(change_saved_search.notify);
    SELECT s.* INTO before
    FROM @extschema@.saved_searches s
    WHERE s.id = change_saved_search.id AND s.user_id = me
    FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'saved search "%" does not exist', change_saved_search.id USING ERRCODE = 'no_data_found';
    END IF;
    UPDATE @extschema@.saved_searches s
    SET name = COALESCE(private.search_name(change_saved_search.name), s.name),
        notify = COALESCE(change_saved_search.notify, s.notify),
        -- the dictionary has gone on while it was off: to be read again before others
        read_at = CASE WHEN before.notify = 'off' AND change_saved_search.notify <> 'off' THEN '-infinity' ELSE s.read_at END
    WHERE s.id = before.id;
    IF change_saved_search.notify IS DISTINCT FROM before.notify AND change_saved_search.notify IS NOT NULL THEN
        UPDATE @extschema@.saved_search_matches m
        SET due_at = CASE WHEN change_saved_search.notify = 'daily' THEN private.due_daily(before.told_at) ELSE now() END,
            told_at = CASE WHEN change_saved_search.notify = 'off' THEN now() END
        WHERE m.search_id = before.id AND m.told_at IS NULL;
    END IF;
END;
$function$;
COMMENT ON FUNCTION @extschema@.change_saved_search(uuid, text, text) IS
    'Changes the name of a saved search of the caller, or how its matches are told: instant, daily, or off; NULL does not '
    'change it. What waits to be told when it is turned off is not told. Errors: 42501 without a user, 22004, 22023, P0002 for a '
    'search that is not the caller''s.';

-- rights: authenticated, service_role
-- definer: Deletes a search of the caller only.
CREATE OR REPLACE FUNCTION @extschema@.delete_saved_search(id uuid)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    me constant uuid := private.acting_for(NULL, false);
BEGIN
    IF delete_saved_search.id IS NULL THEN
        RAISE EXCEPTION 'id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM @extschema@.saved_searches s WHERE s.id = delete_saved_search.id AND s.user_id = me;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'saved search "%" does not exist', delete_saved_search.id USING ERRCODE = 'no_data_found';
    END IF;
END;
$function$;
COMMENT ON FUNCTION @extschema@.delete_saved_search(uuid) IS
    'Deletes a saved search of the caller. Errors: 42501 without a user, 22004, P0002 for a search that is not the caller''s.';

-- rights: authenticated, service_role
-- definer: Reads the searches of the caller only, without what the index is asked by.
CREATE OR REPLACE FUNCTION @extschema@.my_saved_searches()
    RETURNS TABLE (
        id uuid,
        name text,
        query text,
        filters jsonb,
        notify text,
        waiting integer,
        told_at timestamptz,
        problem text,
        created_at timestamptz
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT s.id, s.name, s.query, s.filters, s.notify,
           (SELECT count(*)::integer FROM @extschema@.saved_search_matches m WHERE m.search_id = s.id AND m.told_at IS NULL),
           s.told_at, s.problem, s.created_at
    FROM @extschema@.saved_searches s
    WHERE s.user_id = private.caller()
    ORDER BY s.created_at DESC, s.id
$function$;
COMMENT ON FUNCTION @extschema@.my_saved_searches() IS
    'The saved searches of the caller, the latest first: query and filters are for search(), waiting says how many matches '
    'are still to be told, problem why it no longer matches anything. No rows without a user.';

-- Telling

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.due_daily(told_at timestamptz)
    RETURNS timestamptz
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT GREATEST(now(), told_at + interval '24 hours')
$function$;
COMMENT ON FUNCTION private.due_daily(timestamptz) IS 'When a user who was last told at this time is to be told again, once a day.';

-- By the index on anchors, whatever the planner thinks of it: a wrong guess would read all searches for each listing.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.match_saved_searches(ids bigint[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM @extschema@.outbox_events e WHERE e.id = ANY (ids) AND e.kind IN ('listing.published', 'listing.price_lowered')) THEN
        RETURN;
    END IF;
    INSERT INTO @extschema@.saved_search_matches (listing_id, search_id, due_at)
    SELECT DISTINCT i.listing_id, s.id, CASE WHEN s.notify = 'daily' THEN GREATEST(now(), s.told_at + interval '24 hours') ELSE now() END
    FROM @extschema@.outbox_events e
    JOIN @extschema@.listing_search i ON i.listing_id = e.subject_id
    JOIN @extschema@.listings l ON l.id = i.listing_id AND l.status::text = 'active'
    JOIN @extschema@.profiles seller ON seller.id = i.seller_id AND seller.deleted_at IS NULL AND seller.suspended_at IS NULL
    JOIN @extschema@.saved_searches s ON s.anchors && (tsvector_to_array(i.doc) || ('@p' || i.seller_id)) AND s.notify <> 'off'
    CROSS JOIN LATERAL (SELECT (e.data ->> 'from')::numeric AS price, i.price_norm * (e.data ->> 'from')::numeric / NULLIF(i.price, 0) AS norm) AS before
    JOIN @extschema@.profiles reader ON reader.id = s.user_id AND reader.deleted_at IS NULL AND reader.suspended_at IS NULL
    WHERE e.id = ANY (ids) AND e.kind IN ('listing.published', 'listing.price_lowered')
      AND (s.wanted IS NULL OR i.doc @@ s.wanted)
      -- as search() narrows by columns
      AND (s.categories IS NULL OR i.category_id = ANY (s.categories))
      AND (s.seller_id IS NULL OR i.seller_id = s.seller_id)
      AND (s.since IS NULL OR i.published_at >= s.since)
      -- and by price: in the base currency, else in its own
      AND (s.price_currency IS NULL
           OR CASE WHEN i.price_norm IS NOT NULL THEN i.price_norm >= s.price_least AND i.price_norm <= s.price_most
                   ELSE i.currency = s.price_currency AND i.price >= s.price_least_own AND i.price <= s.price_most_own END)
      -- what was cheap enough before is no news
      AND (e.kind = 'listing.published'
           OR s.price_currency IS NOT NULL
              AND NOT COALESCE(CASE WHEN i.price_norm IS NOT NULL THEN before.norm >= s.price_least AND before.norm <= s.price_most
                                    ELSE before.price >= s.price_least_own AND before.price <= s.price_most_own END, false))
      AND s.created_at <= e.created_at
      AND s.user_id <> i.seller_id
      -- private.is_blocked(), which takes as long as all else that is done for a match
      AND NOT EXISTS (SELECT FROM @extschema@.user_blocks b WHERE b.blocker_id = s.user_id AND b.blocked_id = i.seller_id)
      AND NOT EXISTS (SELECT FROM @extschema@.user_blocks b WHERE b.blocker_id = i.seller_id AND b.blocked_id = s.user_id)
      -- not even to wait for who tells of it just now
      AND NOT EXISTS (SELECT FROM @extschema@.saved_search_matches m WHERE m.search_id = s.id AND m.listing_id = i.listing_id)
    -- two workers meet in the same sequence
    ORDER BY 1, 2
    ON CONFLICT DO NOTHING;
END;
$function$;
COMMENT ON FUNCTION private.match_saved_searches(bigint[]) IS
    'Keeps for which saved searches these events are news: published listings, and those that were lowered into the price '
    'filter. tell_saved_searches() tells of them.';

-- SECURITY DEFINER: users delete their searches and listings, and write no matches.
CREATE OR REPLACE FUNCTION private.forget_matches()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF TG_ARGV[0] = 'listing_id' THEN
        DELETE FROM @extschema@.saved_search_matches m USING removed WHERE m.listing_id = removed.id;
    ELSE
        DELETE FROM @extschema@.saved_search_matches m USING removed WHERE m.search_id = removed.id;
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.forget_matches() IS
    'Trigger after a DELETE on saved_searches and listings: deletes what was found for, or of, them; the argument names the column. '
    'A match that a session is just finding is left; tell_saved_searches() deletes it when it is due.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.tell_saved_searches(max_rows integer DEFAULT 500)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    found uuid[];
    searches uuid[];
    told record;
    news record;
BEGIN
    PERFORM private.require_service('tell of saved searches');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    found := ARRAY(
        SELECT DISTINCT due.search_id
        FROM (
            SELECT m.search_id
            FROM @extschema@.saved_search_matches m
            WHERE m.told_at IS NULL AND m.due_at <= now()
            ORDER BY m.due_at, m.search_id
            LIMIT GREATEST(max_rows, 0)
        ) AS due
    );
    -- The row of the search is the claim: its matches are told together, and by one session.
    searches := ARRAY(
        SELECT s.id
        FROM @extschema@.saved_searches s
        WHERE s.id = ANY (found)
        ORDER BY s.id
        FOR NO KEY UPDATE SKIP LOCKED
    );
    -- What was found while its search was being deleted.
    DELETE FROM @extschema@.saved_search_matches m
    WHERE m.search_id = ANY (found) AND NOT EXISTS (SELECT FROM @extschema@.saved_searches s WHERE s.id = m.search_id);
    IF searches = '{}' THEN
        RETURN 0;
    END IF;

    WITH due AS (
        UPDATE @extschema@.saved_search_matches m
        SET told_at = now()
        WHERE m.search_id = ANY (searches) AND m.told_at IS NULL AND m.due_at <= now()
        RETURNING m.search_id, m.listing_id, m.matched_at
    ), shown AS (
        -- what is sold, hidden or blocked by now is passed over
        SELECT s.id, s.user_id, s.name, l.id AS listing_id, l.seller_id, l.title, due.matched_at
        FROM due
        JOIN @extschema@.saved_searches s ON s.id = due.search_id
        JOIN @extschema@.listings l ON l.id = due.listing_id AND l.status::text = 'active'
        JOIN @extschema@.profiles seller ON seller.id = l.seller_id AND seller.deleted_at IS NULL AND seller.suspended_at IS NULL
        WHERE NOT private.is_blocked(s.user_id, l.seller_id)
    ), marked AS (
        UPDATE @extschema@.saved_searches s
        SET told_at = now()
        WHERE s.id IN (SELECT shown.id FROM shown)
    )
    SELECT array_agg(s.user_id ORDER BY s.id, s.matched_at DESC, s.listing_id) AS user_ids,
           array_agg(s.seller_id ORDER BY s.id, s.matched_at DESC, s.listing_id) AS actor_ids,
           array_agg('search:' || s.id ORDER BY s.id, s.matched_at DESC, s.listing_id) AS group_keys,
           array_agg('/search?saved=' || s.id ORDER BY s.id, s.matched_at DESC, s.listing_id) AS action_urls,
           array_agg(pg_catalog.jsonb_build_object('search', s.id, 'name', s.name, 'title', s.title) ORDER BY s.id, s.matched_at DESC, s.listing_id) AS metadata,
           array_agg(s.listing_id ORDER BY s.id, s.matched_at DESC, s.listing_id) AS listing_ids
    INTO told
    FROM shown s;

    IF told.user_ids IS NOT NULL THEN
        SELECT array_agg(w.user_id) AS user_ids, array_agg(w.notification_id) AS ids, array_agg(w.type) AS types
        INTO news
        FROM private.write_notifications(
            array_fill(NULL::bigint, ARRAY[cardinality(told.user_ids)]), told.user_ids,
            array_fill('saved_search_match'::text, ARRAY[cardinality(told.user_ids)]), told.actor_ids, told.group_keys, told.action_urls,
            told.metadata, array_fill(NULL::uuid, ARRAY[cardinality(told.user_ids)]), told.listing_ids) AS w
        WHERE w.in_app;
        IF news.user_ids IS NOT NULL THEN
            PERFORM private.announce(news.user_ids, array_fill('notification'::text, ARRAY[cardinality(news.ids)]), news.ids, news.types);
        END IF;
    END IF;
    RETURN cardinality(searches);
END;
$function$;
COMMENT ON FUNCTION @extschema@.tell_saved_searches(integer) IS
    'For the service, as a job: notifies users of the new matches of their saved searches that are due, in the order in which '
    'they are, up to max_rows matches and all others of the same searches; returns the number of searches. What is no '
    'longer for sale is passed over. Sessions can call it concurrently; each match is told once. Errors: 42501, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.refresh_saved_searches(max_rows integer DEFAULT 500)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    search record;
    n integer := 0;
BEGIN
    PERFORM private.require_service('read saved searches again');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    FOR search IN
        SELECT s.id, s.query, s.filters
        FROM @extschema@.saved_searches s
        WHERE s.notify <> 'off' AND s.read_at < now() - interval '24 hours'
        ORDER BY s.read_at
        LIMIT GREATEST(max_rows, 0)
        FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        n := n + 1;
        BEGIN
            UPDATE @extschema@.saved_searches s
            SET (wanted, anchors, categories, seller_id, since, price_currency, price_least, price_most, price_least_own, price_most_own) = (
                    SELECT r.wanted, r.anchors, r.categories, r.seller_id, r.since, r.price_currency, r.price_least, r.price_most,
                           r.price_least_own, r.price_most_own
                    FROM private.read_saved_search(search.query, search.filters) AS r
                ),
                problem = NULL, read_at = now()
            WHERE s.id = search.id;
        EXCEPTION WHEN invalid_parameter_value THEN
            UPDATE @extschema@.saved_searches s
            SET anchors = '{}', problem = left(SQLERRM, 500), read_at = now()
            WHERE s.id = search.id;
        END;
    END LOOP;
    RETURN n;
END;
$function$;
COMMENT ON FUNCTION @extschema@.refresh_saved_searches(integer) IS
    'For the service, as a job: reads up to max_rows saved searches again that were read more than a day ago, with today''s '
    'dictionary, synonyms, categories, and exchange rates, and chooses the rarest of what they require again. Returns their number. Errors: '
    '42501, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.prune_matches_and_prices(max_rows integer DEFAULT 10000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    gone_matches integer;
    gone_prices integer;
BEGIN
    PERFORM private.require_service('delete old matches and prices');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    WITH gone AS MATERIALIZED (
        SELECT m.search_id, m.listing_id FROM @extschema@.saved_search_matches m
        WHERE m.told_at < now() - interval '90 days'
        ORDER BY m.told_at
        LIMIT GREATEST(max_rows, 0)
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM @extschema@.saved_search_matches AS match
    USING gone
    WHERE (match.listing_id, match.search_id) = (gone.listing_id, gone.search_id);
    GET DIAGNOSTICS gone_matches = ROW_COUNT;
    -- the 30 days before a price that was lowered up to 30 days ago
    WITH gone AS MATERIALIZED (
        SELECT p.id FROM @extschema@.listing_prices p
        WHERE p.valid_until < now() - interval '60 days'
        ORDER BY p.valid_until
        LIMIT GREATEST(max_rows - gone_matches, 0)
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM @extschema@.listing_prices AS price
    USING gone
    WHERE price.id = gone.id;
    GET DIAGNOSTICS gone_prices = ROW_COUNT;
    RETURN gone_matches + gone_prices;
END;
$function$;
COMMENT ON FUNCTION @extschema@.prune_matches_and_prices(integer) IS
    'For the service, as a job: deletes up to max_rows matches of saved searches that were told more than 90 days ago, and '
    'prices of listings from more than 60 days ago, and returns their number. Errors: 42501, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_feed()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'price_history', format('listings %s', l.id), format('listing_prices says that the price %s %s ended, but it is the price.', latest.price, latest.currency)
      FROM @extschema@.listings l
     CROSS JOIN LATERAL (SELECT p.price, p.currency FROM @extschema@.listing_prices p WHERE p.listing_id = l.id ORDER BY p.valid_until DESC LIMIT 1) AS latest
     WHERE latest.price = l.price AND latest.currency = l.currency
    UNION ALL
    SELECT 'price_history', format('listing_prices %s', p.id), 'valid_until is in the future.'
      FROM @extschema@.listing_prices p
     WHERE p.valid_until > clock_timestamp() + interval '1 minute'
    UNION ALL
    SELECT 'saved_search_anchor', format('saved_searches %s', s.id), 'The search has no anchors and no problem: no listing finds it.'
      FROM @extschema@.saved_searches s
     WHERE s.anchors = '{}' AND s.problem IS NULL
    UNION ALL
    SELECT 'saved_search_anchor', format('saved_searches %s', s.id), format('The search does not require any of its anchors %s.', s.anchors)
      FROM @extschema@.saved_searches s
     WHERE s.problem IS NULL AND s.seller_id IS NULL
       AND NOT EXISTS (SELECT FROM unnest(s.anchors) AS a (lexeme) WHERE strpos(s.wanted::text, quote_literal(a.lexeme)) > 0)
    UNION ALL
    SELECT 'saved_search_waiting', format('saved_searches %s', m.search_id), format('%s matches have been due for more than an hour.', count(*))
      FROM @extschema@.saved_search_matches m
     WHERE m.told_at IS NULL AND m.due_at < now() - interval '1 hour'
     GROUP BY m.search_id
$function$;
COMMENT ON FUNCTION private.integrity_of_feed() IS 'Part of check_integrity() for earlier prices and saved searches.';
