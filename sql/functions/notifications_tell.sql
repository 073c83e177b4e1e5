-- Notifications: who is told of a batch of events, by rules of notifications_rules.sql, exactly once whatever other workers do.

-- Given to INSERT as arrays, so that a batch is one statement whichever rule made it.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.write_notifications(
    event_ids bigint[],
    user_ids uuid[],
    types text[],
    actor_ids uuid[],
    group_keys text[],
    action_urls text[],
    metadata jsonb[],
    order_ids uuid[],
    listing_ids uuid[]
)
    RETURNS TABLE (notification_id uuid, user_id uuid, type text, in_app boolean)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH told AS MATERIALIZED (
            SELECT t.*, p.locale, p.timezone, wanted.in_app, wanted.email, wanted.push, wanted.digest
            FROM unnest(event_ids, user_ids, types, actor_ids, group_keys, action_urls, metadata, order_ids, listing_ids)
                 AS t (event_id, user_id, type, actor_id, group_key, action_url, metadata, order_id, listing_id)
            JOIN private.notification_map() AS known ON known.type = t.type
            JOIN @extschema@.profiles reader ON reader.id = t.user_id
            JOIN private.readers(user_ids) AS p ON p.user_id = t.user_id
            CROSS JOIN LATERAL (
                SELECT known.is_fixed OR COALESCE(bool_or(w.enabled) FILTER (WHERE w.channel = 'in_app'), known.in_app) AS in_app,
                       COALESCE(bool_or(w.enabled) FILTER (WHERE w.channel = 'email'), known.email) AS email,
                       COALESCE(bool_or(w.enabled) FILTER (WHERE w.channel = 'push'), known.push) AS push,
                       CASE WHEN known.in_digest THEN
                           (SELECT NULLIF(s.digest, 'off') FROM @extschema@.notification_settings s WHERE s.user_id = t.user_id) END AS digest
                FROM @extschema@.notification_preferences w
                WHERE w.user_id = t.user_id AND w.type::text = t.type
            ) AS wanted
            WHERE (t.user_id IS DISTINCT FROM t.actor_id OR t.type IN ('order_placed', 'order_paid'))
              AND CASE known.reaches
                      WHEN 'all' THEN true
                      WHEN 'suspended' THEN reader.deleted_at IS NULL
                      ELSE reader.deleted_at IS NULL AND reader.suspended_at IS NULL
                  END
              AND (known.over_block
                   OR t.type = 'new_message' AND private.have_open_order(t.user_id, t.actor_id)
                   OR private.is_blocked(t.user_id, t.actor_id) IS NOT TRUE
                      -- suspended or deleted since: the profile is not shown any more either
                      AND NOT EXISTS (SELECT FROM @extschema@.profiles actor
                                       WHERE actor.id = t.actor_id AND (actor.suspended_at IS NOT NULL OR actor.deleted_at IS NOT NULL)))
              AND (wanted.in_app OR wanted.email OR wanted.push)
              AND NOT EXISTS (SELECT FROM @extschema@.notifications n
                               WHERE n.event_id = t.event_id AND n.type::text = t.type AND n.user_id = t.user_id)
        ), merged AS (
            SELECT max(t.event_id) AS event_id, t.user_id, t.type, t.group_key, count(*)::integer AS n,
                   (array_agg(t.action_url ORDER BY t.event_id DESC))[1] AS action_url,
                   (array_agg(t.metadata ORDER BY t.event_id DESC))[1]
                       || CASE WHEN t.type = 'payment_received' THEN
                              pg_catalog.jsonb_build_object('amount', pg_catalog.jsonb_build_object(
                                  'amount', sum((t.metadata #>> '{amount,amount}')::numeric)::text, 'currency', min(t.metadata #>> '{amount,currency}')))
                          ELSE '{}' END AS metadata,
                   ARRAY(SELECT a.id FROM unnest(array_agg(t.actor_id ORDER BY t.event_id DESC)) WITH ORDINALITY AS a (id, n)
                         WHERE a.id IS NOT NULL GROUP BY a.id ORDER BY min(a.n) LIMIT 3) AS actor_ids,
                   (array_agg(t.order_id ORDER BY t.event_id DESC))[1] AS order_id,
                   (array_agg(t.listing_id ORDER BY t.event_id DESC))[1] AS listing_id,
                   min(t.locale) AS locale, min(t.timezone) AS timezone,
                   bool_or(t.in_app) AS in_app, bool_or(t.email) AS email, bool_or(t.push) AS push, min(t.digest) AS digest
            FROM told t
            GROUP BY t.user_id, t.type, t.group_key, CASE WHEN t.group_key IS NULL THEN t.event_id END
        ), written AS (
            INSERT INTO @extschema@.notifications AS n
                (event_id, user_id, type, group_key, count, actor_ids, action_url, metadata, title, message, in_app,
                 related_user_id, related_order_id, related_listing_id)
            SELECT m.event_id, m.user_id, m.type::@extschema@.notification_type, m.group_key, m.n, m.actor_ids, m.action_url, m.metadata,
                   said.title, said.body, m.in_app, m.actor_ids[1], m.order_id, m.listing_id
            FROM merged m
            CROSS JOIN LATERAL private.notification_text(m.type, 'in_app', m.locale, m.timezone, m.metadata, m.n) AS said
            -- two workers meet in the same sequence
            ORDER BY m.type::@extschema@.notification_type, m.group_key, m.user_id
            ON CONFLICT (group_key, user_id) WHERE is_read IS NOT TRUE AND group_key IS NOT NULL DO UPDATE
            SET event_id = EXCLUDED.event_id,
                count = n.count + EXCLUDED.count,
                actor_ids = ARRAY(SELECT a.id FROM unnest(EXCLUDED.actor_ids || n.actor_ids) WITH ORDINALITY AS a (id, n)
                                  GROUP BY a.id ORDER BY min(a.n) LIMIT 3),
                action_url = EXCLUDED.action_url,
                metadata = private.merged_metadata(n.type::text, n.metadata, EXCLUDED.metadata),
                (title, message) = (
                    SELECT said.title, said.body
                    FROM private.readers(ARRAY[n.user_id]) AS p
                    CROSS JOIN LATERAL private.notification_text(
                        n.type::text, 'in_app', p.locale, p.timezone,
                        private.merged_metadata(n.type::text, n.metadata, EXCLUDED.metadata), n.count + EXCLUDED.count) AS said
                ),
                in_app = EXCLUDED.in_app,
                related_user_id = EXCLUDED.related_user_id,
                related_order_id = EXCLUDED.related_order_id,
                related_listing_id = EXCLUDED.related_listing_id,
                seen_at = NULL,
                created_at = now()
            RETURNING n.id, n.user_id, n.type::text AS type, n.group_key, n.event_id, n.in_app, n.count
        ), sent AS (
            INSERT INTO @extschema@.notification_deliveries (notification_id, user_id, channel, push_token_id, in_digest, next_attempt_at)
            SELECT w.id, w.user_id, way.channel::@extschema@.notification_channel, way.token_id, way.in_digest,
                   CASE WHEN way.in_digest THEN private.next_digest(now(), m.timezone, m.digest)
                        -- who reads it meanwhile needs no e-mail
                        WHEN way.channel = 'email' AND w.type = 'new_message' THEN now() + interval '15 minutes'
                        ELSE now() END
            FROM written w
            JOIN merged m ON m.user_id = w.user_id AND m.type = w.type AND m.group_key IS NOT DISTINCT FROM w.group_key AND m.event_id IS NOT DISTINCT FROM w.event_id
            CROSS JOIN LATERAL (
                SELECT 'email' AS channel, NULL::uuid AS token_id, m.digest IS NOT NULL AS in_digest
                WHERE m.email
                UNION ALL
                SELECT 'push', t.id, false
                FROM @extschema@.push_tokens t
                WHERE m.push AND t.user_id = w.user_id
            ) AS way
            -- one e-mail for what is collected in one row, and one push message that waits; a row that is not in the application
            -- is never read, so what comes after its e-mail has another one
            WHERE NOT EXISTS (
                SELECT FROM @extschema@.notification_deliveries d
                WHERE d.notification_id = w.id AND d.channel::text = way.channel AND d.push_token_id IS NOT DISTINCT FROM way.token_id
                  AND (way.channel = 'email' AND w.in_app OR d.status IN ('pending', 'failed') AND d.attempts = 0)
            )
        ), marked AS (
            UPDATE @extschema@.notification_marks k
            SET told_at = now(), notification_id = w.id, is_counted = true
            FROM told t
            JOIN written w ON w.user_id = t.user_id AND w.type = t.type AND w.group_key = t.group_key
            WHERE t.type IN ('new_follower', 'listing_favorited')
              AND k.user_id = t.user_id AND k.actor_id = t.actor_id AND k.type::text = t.type AND k.listing_id IS NOT DISTINCT FROM t.listing_id
              AND k.price IS NULL
        )
        SELECT w.id, w.user_id, w.type, w.in_app FROM written w;
END;
$function$;
COMMENT ON FUNCTION private.write_notifications(bigint[], uuid[], text[], uuid[], text[], text[], jsonb[], uuid[], uuid[]) IS
    'Writes notifications and what is to be sent of them, leaving out users who did it themselves, who cannot be reached, who '
    'do not want to be told, or who have a block with the actor, and what suspended and deleted users did to others. Of a group '
    'that is unread it counts up the row there is.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.merged_metadata(type text, before jsonb, added jsonb)
    RETURNS jsonb
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE WHEN type = 'payment_received' THEN
        jsonb_set(added, '{amount,amount}', to_jsonb(((before #>> '{amount,amount}')::numeric + (added #>> '{amount,amount}')::numeric)::text))
    ELSE added END
$function$;
COMMENT ON FUNCTION private.merged_metadata(text, jsonb, jsonb) IS
    'Metadata of a notification into which another event is counted: that of the newer one, with the sum of amounts.';

-- What is undone: locked first and looked at in a statement of its own, so that of two workers with the two events
-- whoever comes second sees how it has ended.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.settle_marks(ids bigint[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO @extschema@.notification_marks (user_id, actor_id, type, listing_id)
    SELECT DISTINCT told.user_id, e.actor_id, told.type::@extschema@.notification_type, told.listing_id
    FROM @extschema@.outbox_events e
    CROSS JOIN LATERAL (
        SELECT e.subject_id AS user_id, 'new_follower' AS type, NULL::uuid AS listing_id WHERE e.kind IN ('follow.added', 'follow.removed')
        UNION ALL
        SELECT l.seller_id, 'listing_favorited', l.id
        FROM @extschema@.listings l
        WHERE e.kind IN ('favorite.added', 'favorite.removed') AND l.id = e.subject_id
    ) AS told
    JOIN @extschema@.profiles reader ON reader.id = told.user_id
    JOIN @extschema@.profiles actor ON actor.id = e.actor_id
    WHERE e.id = ANY (ids) AND told.user_id <> e.actor_id
    ORDER BY 3, 4, 1, 2
    ON CONFLICT DO NOTHING;
    IF NOT FOUND AND NOT EXISTS (
        SELECT FROM @extschema@.outbox_events e WHERE e.id = ANY (ids) AND (e.kind LIKE 'follow.%' OR e.kind LIKE 'favorite.%')
    ) THEN
        RETURN;
    END IF;
    PERFORM FROM @extschema@.notification_marks k
    JOIN @extschema@.outbox_events e
      ON e.actor_id = k.actor_id
     AND (k.type = 'new_follower' AND k.listing_id IS NULL AND k.user_id = e.subject_id OR k.type = 'listing_favorited' AND k.listing_id = e.subject_id)
    WHERE e.id = ANY (ids) AND (e.kind LIKE 'follow.%' OR e.kind LIKE 'favorite.%')
    ORDER BY k.type, k.listing_id, k.user_id, k.actor_id
    FOR UPDATE OF k;

    WITH undone AS (
        UPDATE @extschema@.notification_marks k
        SET is_counted = false
        FROM @extschema@.outbox_events e
        WHERE e.id = ANY (ids) AND e.actor_id = k.actor_id AND k.is_counted
          AND (
              e.kind = 'follow.removed' AND k.type = 'new_follower' AND k.listing_id IS NULL AND k.user_id = e.subject_id
              AND NOT EXISTS (SELECT FROM @extschema@.user_follows f WHERE f.following_id = k.user_id AND f.follower_id = k.actor_id)
              OR e.kind = 'favorite.removed' AND k.type = 'listing_favorited' AND k.listing_id = e.subject_id
              AND NOT EXISTS (SELECT FROM @extschema@.favorites f WHERE f.listing_id = k.listing_id AND f.user_id = k.actor_id)
          )
        RETURNING k.notification_id, k.actor_id
    ), less AS (
        SELECT u.notification_id, count(*)::integer AS n, array_agg(u.actor_id) AS actor_ids
        FROM undone u
        GROUP BY u.notification_id
    ), locked AS MATERIALIZED (
        SELECT n.id, l.n, l.actor_ids
        FROM @extschema@.notifications n
        JOIN less l ON l.notification_id = n.id
        WHERE n.is_read IS NOT TRUE
        ORDER BY n.type, n.group_key, n.user_id
        FOR UPDATE OF n
    ), gone AS (
        DELETE FROM @extschema@.notifications n USING locked l WHERE n.id = l.id AND n.count <= l.n
    )
    UPDATE @extschema@.notifications n
    SET count = n.count - l.n,
        actor_ids = ARRAY(
            SELECT k.actor_id
            FROM @extschema@.notification_marks k
            WHERE k.user_id = n.user_id AND k.type = n.type AND k.listing_id IS NOT DISTINCT FROM n.related_listing_id
              AND k.notification_id = n.id AND k.is_counted AND k.actor_id <> ALL (l.actor_ids)
            ORDER BY k.told_at DESC, k.actor_id
            LIMIT 3
        )
    FROM locked l
    WHERE n.id = l.id AND n.count > l.n;
    IF FOUND THEN
        UPDATE @extschema@.notifications n
        SET related_user_id = n.actor_ids[1],
            metadata = n.metadata || pg_catalog.jsonb_build_object('name', private.name_of(n.actor_ids[1])),
            (title, message) = (
                SELECT said.title, said.body
                FROM private.readers(ARRAY[n.user_id]) AS p
                CROSS JOIN LATERAL private.notification_text(
                    n.type::text, 'in_app', p.locale, p.timezone,
                    n.metadata || pg_catalog.jsonb_build_object('name', private.name_of(n.actor_ids[1])), n.count) AS said
            )
        WHERE n.id IN (
            SELECT k.notification_id FROM @extschema@.notification_marks k
            JOIN @extschema@.outbox_events e
              ON e.actor_id = k.actor_id AND e.id = ANY (ids) AND e.kind IN ('follow.removed', 'favorite.removed')
             AND (k.listing_id = e.subject_id OR k.listing_id IS NULL AND k.user_id = e.subject_id)
        ) AND n.is_read IS NOT TRUE;
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.settle_marks(bigint[]) IS
    'Keeps notification_marks for follows and favorites of these events: what was undone is taken off an unread notification, '
    'which goes with the last of it.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.announce(user_ids uuid[], kinds text[], ids uuid[], types text[])
    RETURNS void
    LANGUAGE sql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT pg_notify(
        private.channel_of(news.user_id),
        json_build_object('v', 1, 't', news.kind, 'id', news.id, 'type', news.type,
                          'n', CASE WHEN news.kind = 'message' THEN (
                                   SELECT LEAST(100, sum(CASE WHEN c.buyer_id = news.user_id THEN c.buyer_unread_count ELSE c.seller_unread_count END))
                                   FROM @extschema@.conversations c
                                   WHERE (c.buyer_id = news.user_id AND c.archived_by_buyer IS NOT TRUE) OR (c.seller_id = news.user_id AND c.archived_by_seller IS NOT TRUE)
                               ) ELSE (
                                   SELECT count(*) FROM (
                                       SELECT FROM @extschema@.notifications n
                                       WHERE n.user_id = news.user_id AND n.is_read IS NOT TRUE AND n.in_app
                                       LIMIT 100) AS counted
                               ) END)::text)
    FROM (
        SELECT DISTINCT ON (a.user_id, a.kind) a.user_id, a.kind, a.id, a.type
        FROM unnest(user_ids, kinds, ids, types) WITH ORDINALITY AS a (user_id, kind, id, type, n)
        ORDER BY a.user_id, a.kind, a.n DESC
    ) AS news
$function$;
COMMENT ON FUNCTION private.announce(uuid[], text[], uuid[], text[]) IS
    'Sends users a NOTIFY on their channels, one for each user and kind, with IDs and counts only.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.tell_people(ids bigint[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    told record;
    news record;
BEGIN
    PERFORM private.settle_marks(ids);

    INSERT INTO @extschema@.notification_fanouts (type, event_id, actor_id, listing_id, metadata, action_url)
    SELECT 'price_drop', e.id, l.seller_id, l.id,
           pg_catalog.jsonb_build_object(
               'title', l.title,
               'from', pg_catalog.jsonb_build_object('amount', (e.data ->> 'from')::numeric(10,2)::text, 'currency', l.currency),
               'to', pg_catalog.jsonb_build_object('amount', l.price::text, 'currency', l.currency),
               'percent', floor(((e.data ->> 'from')::numeric - l.price) * 100 / (e.data ->> 'from')::numeric)),
           '/listings/' || l.slug
    FROM @extschema@.outbox_events e
    JOIN @extschema@.listings l ON l.id = e.subject_id
    WHERE e.id = ANY (ids) AND e.kind = 'listing.price_lowered'
      AND l.status::text = 'active' AND l.price = (e.data ->> 'to')::numeric
      -- raised and lowered again is no news
      AND l.price < (e.data ->> 'lowest')::numeric
      AND EXISTS (SELECT FROM @extschema@.favorites f WHERE f.listing_id = l.id AND f.user_id <> l.seller_id)
    ON CONFLICT ON CONSTRAINT notification_fanouts_event_id_key DO NOTHING;

    SELECT array_agg(t.event_id ORDER BY t.event_id) AS event_ids, array_agg(t.user_id ORDER BY t.event_id) AS user_ids,
           array_agg(t.type ORDER BY t.event_id) AS types, array_agg(t.actor_id ORDER BY t.event_id) AS actor_ids,
           array_agg(t.group_key ORDER BY t.event_id) AS group_keys, array_agg(t.action_url ORDER BY t.event_id) AS action_urls,
           array_agg(t.metadata ORDER BY t.event_id) AS metadata, array_agg(t.order_id ORDER BY t.event_id) AS order_ids,
           array_agg(t.listing_id ORDER BY t.event_id) AS listing_ids
    INTO told
    FROM (
        SELECT * FROM private.told_of_orders(ids)
        UNION ALL
        SELECT * FROM private.told_of_trust(ids)
        UNION ALL
        SELECT * FROM private.told_of_offers(ids)
        UNION ALL
        SELECT * FROM private.told_of_people(ids)
        UNION ALL
        SELECT * FROM private.told_of_accounts(ids)
        UNION ALL
        SELECT * FROM private.told_of_safety(ids)
    ) AS t
    WHERE t.user_id IS NOT NULL;

    WITH written AS (
        SELECT w.* FROM private.write_notifications(
            told.event_ids, told.user_ids, told.types, told.actor_ids, told.group_keys, told.action_urls,
            told.metadata, told.order_ids, told.listing_ids) AS w
        WHERE told.event_ids IS NOT NULL
    ), all_news AS (
        SELECT w.user_id, 'notification' AS kind, w.notification_id AS id, w.type FROM written w WHERE w.in_app
        UNION ALL
        SELECT CASE WHEN m.sender_id = c.buyer_id THEN c.seller_id ELSE c.buyer_id END, 'message', m.id, NULL
        FROM @extschema@.outbox_events e
        JOIN @extschema@.messages m ON m.id = e.subject_id
        JOIN @extschema@.conversations c ON c.id = m.conversation_id
        WHERE e.id = ANY (ids) AND e.kind = 'message.sent'
        UNION ALL
        SELECT party.id, 'order', o.id, e.kind
        FROM @extschema@.outbox_events e
        JOIN @extschema@.orders o ON o.id = e.subject_id
        CROSS JOIN LATERAL (VALUES (o.buyer_id), (o.seller_id)) AS party (id)
        WHERE e.id = ANY (ids) AND e.kind LIKE 'order.%'
    )
    SELECT array_agg(a.user_id) AS user_ids, array_agg(a.kind) AS kinds, array_agg(a.id) AS ids, array_agg(a.type) AS types
    INTO news
    FROM all_news a
    WHERE a.user_id IS NOT NULL;
    IF news.user_ids IS NOT NULL THEN
        PERFORM private.announce(news.user_ids, news.kinds, news.ids, news.types);
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.tell_people(bigint[]) IS
    'Writes the notifications of events that the caller has locked in the outbox, with what goes out by e-mail and push, and '
    'sends a NOTIFY to those concerned.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.fan_out_notifications(max_rows integer DEFAULT 500)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    looked_at integer := 0;
    fanout @extschema@.notification_fanouts;
    people uuid[];
    chosen uuid[];
    said jsonb[];
    news record;
BEGIN
    PERFORM private.require_service('tell many users');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    WHILE looked_at < max_rows LOOP
        SELECT f.* INTO fanout
        FROM @extschema@.notification_fanouts f
        WHERE f.finished_at IS NULL AND f.run_at <= clock_timestamp()
        ORDER BY f.run_at, f.id
        LIMIT 1
        FOR UPDATE SKIP LOCKED;
        EXIT WHEN NOT FOUND;

        IF fanout.type = 'promotion_alert' THEN
            people := ARRAY(
                SELECT s.user_id
                FROM @extschema@.notification_settings s
                WHERE s.marketing AND (fanout.last_user_id IS NULL OR s.user_id > fanout.last_user_id)
                ORDER BY s.user_id
                LIMIT max_rows - looked_at
            );
            chosen := ARRAY(
                SELECT p.id
                FROM @extschema@.profiles p
                JOIN private.readers(people) AS reader ON reader.user_id = p.id
                WHERE p.id = ANY (people)
                  AND (NOT fanout.audience ? 'is_seller' OR p.is_seller IS TRUE = (fanout.audience ->> 'is_seller')::boolean)
                  AND (NOT fanout.audience ? 'locale' OR private.normal_locale(fanout.audience ->> 'locale') IN (reader.locale, split_part(reader.locale, '-', 1)))
                  AND (NOT fanout.audience ? 'user_ids' OR fanout.audience -> 'user_ids' ? p.id::text)
            );
        ELSE
            people := ARRAY(
                SELECT f.user_id
                FROM @extschema@.favorites f
                WHERE f.listing_id = fanout.listing_id AND f.created_at <= fanout.created_at
                  AND (fanout.last_user_id IS NULL OR f.user_id > fanout.last_user_id)
                ORDER BY f.user_id
                LIMIT max_rows - looked_at
            );
            -- of each price once, and not when it has been raised or the thing is gone; at least 5 percent below what each has seen
            WITH watcher AS MATERIALIZED (
                SELECT f.id, f.user_id, l.seller_id, l.id AS listing_id, l.price, l.currency,
                       COALESCE(CASE WHEN f.currency_seen = l.currency THEN f.price_seen
                                     ELSE @extschema@.convert(f.price_seen, f.currency_seen::text, l.currency::text) END,
                                (fanout.metadata #>> '{from,amount}')::numeric) AS price_seen
                FROM @extschema@.favorites f
                JOIN @extschema@.listings l ON l.id = f.listing_id
                WHERE f.listing_id = fanout.listing_id AND f.user_id = ANY (people) AND f.user_id <> l.seller_id
                  AND l.status::text = 'active' AND l.price = (fanout.metadata #>> '{to,amount}')::numeric
                ORDER BY f.user_id
                FOR NO KEY UPDATE OF f
            ), seen AS (
                UPDATE @extschema@.favorites f
                SET price_seen = w.price, currency_seen = w.currency
                FROM watcher w
                WHERE f.id = w.id AND w.price <= w.price_seen * 0.95
            ), marked AS (
                INSERT INTO @extschema@.notification_marks (user_id, actor_id, type, listing_id, price, told_at)
                SELECT w.user_id, w.seller_id, 'price_drop', w.listing_id, w.price, now()
                FROM watcher w
                WHERE w.price <= w.price_seen * 0.95
                ORDER BY 1
                ON CONFLICT DO NOTHING
                RETURNING notification_marks.user_id
            )
            SELECT COALESCE(array_agg(m.user_id ORDER BY m.user_id), '{}'),
                   COALESCE(array_agg(fanout.metadata || pg_catalog.jsonb_build_object(
                       'from', pg_catalog.jsonb_build_object('amount', round(w.price_seen, 2)::text, 'currency', w.currency),
                       'percent', floor((w.price_seen - w.price) * 100 / w.price_seen)) ORDER BY m.user_id), '{}')
            INTO chosen, said
            FROM marked m
            JOIN watcher w ON w.user_id = m.user_id;
        END IF;

        SELECT array_agg(w.user_id) AS user_ids, array_agg(w.notification_id) AS ids, array_agg(w.type) AS types
        INTO news
        FROM private.write_notifications(
            array_fill(fanout.event_id, ARRAY[cardinality(chosen)]), chosen,
            array_fill(fanout.type::text, ARRAY[cardinality(chosen)]),
            array_fill(CASE WHEN fanout.type = 'price_drop' THEN fanout.actor_id END, ARRAY[cardinality(chosen)]),
            array_fill(CASE WHEN fanout.type = 'price_drop' THEN 'price:' || fanout.listing_id END, ARRAY[cardinality(chosen)]),
            array_fill(fanout.action_url, ARRAY[cardinality(chosen)]),
            CASE WHEN fanout.type = 'price_drop' THEN said ELSE array_fill(fanout.metadata, ARRAY[cardinality(chosen)]) END,
            array_fill(NULL::uuid, ARRAY[cardinality(chosen)]),
            array_fill(fanout.listing_id, ARRAY[cardinality(chosen)])) AS w
        WHERE cardinality(chosen) > 0 AND w.in_app;
        IF news.user_ids IS NOT NULL THEN
            PERFORM private.announce(news.user_ids, array_fill('notification'::text, ARRAY[cardinality(news.ids)]), news.ids, news.types);
        END IF;

        UPDATE @extschema@.notification_fanouts f
        SET last_user_id = COALESCE(people[cardinality(people)], f.last_user_id),
            told = f.told + cardinality(chosen),
            finished_at = CASE WHEN cardinality(people) < max_rows - looked_at THEN clock_timestamp() END
        WHERE f.id = fanout.id;
        looked_at := looked_at + cardinality(people);
    END LOOP;
    RETURN looked_at;
END;
$function$;
COMMENT ON FUNCTION @extschema@.fan_out_notifications(integer) IS
    'For the service: tells up to max_rows users of promotions and lowered prices that wait, and returns how many it looked '
    'at. What is left goes on with the next call; sessions can call it concurrently. Errors: 42501, 22004.';
