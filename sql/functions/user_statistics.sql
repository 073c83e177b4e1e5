-- Statistics of people: the formulas, who is counted again, and the jobs that do it.

-- Window: the last 90 days. A conversation that somebody else began counts when it was answered, or not within a day; not
-- with whom the user has blocked, with suspended users, or when the two had an order before. Fewer than three say nothing.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.response_statistics(people uuid[])
    RETURNS TABLE (user_id uuid, rate numeric, hours numeric)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    WITH asked AS (
        SELECT p.id AS user_id, first.created_at AS asked_at, answer.created_at AS answered_at
          FROM unnest(people) AS p (id)
         CROSS JOIN LATERAL (
            SELECT c.id, c.seller_id AS other, c.created_at FROM @extschema@.conversations c
             WHERE c.buyer_id = p.id AND c.last_message_at >= now() - interval '90 days'
             UNION ALL
            SELECT c.id, c.buyer_id, c.created_at FROM @extschema@.conversations c
             WHERE c.seller_id = p.id AND c.last_message_at >= now() - interval '90 days'
         ) c
         CROSS JOIN LATERAL (
            SELECT m.sender_id, m.created_at FROM @extschema@.messages m
             WHERE m.conversation_id = c.id ORDER BY m.created_at, m.id LIMIT 1
         ) first
          LEFT JOIN LATERAL (
            SELECT m.created_at FROM @extschema@.messages m
             WHERE m.conversation_id = c.id AND m.sender_id = p.id ORDER BY m.created_at LIMIT 1
         ) answer ON true
         WHERE first.sender_id IS DISTINCT FROM p.id
           AND first.created_at >= now() - interval '90 days'
           -- of one that is older the first message may have been dropped
           AND c.created_at >= now() - interval '90 days'
           AND (answer.created_at IS NOT NULL OR first.created_at < now() - interval '24 hours')
           AND NOT EXISTS (SELECT FROM @extschema@.user_blocks b WHERE b.blocker_id = p.id AND b.blocked_id = c.other)
           AND NOT EXISTS (SELECT FROM @extschema@.profiles o WHERE o.id = c.other AND o.suspended_at IS NOT NULL)
           AND NOT EXISTS (SELECT FROM @extschema@.orders o
                            WHERE o.buyer_id = c.other AND o.seller_id = p.id AND o.created_at <= first.created_at)
           AND NOT EXISTS (SELECT FROM @extschema@.orders o
                            WHERE o.buyer_id = p.id AND o.seller_id = c.other AND o.created_at <= first.created_at)
    )
    SELECT a.user_id,
           CASE WHEN count(*) >= 3 THEN
               round(100.0 * count(*) FILTER (WHERE a.answered_at <= a.asked_at + interval '24 hours') / count(*), 2)
           END,
           CASE WHEN count(a.answered_at) >= 3 THEN
               LEAST(999.99, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY EXTRACT(EPOCH FROM a.answered_at - a.asked_at)::double precision / 3600))::numeric, 2))
           END
      FROM asked a
     GROUP BY a.user_id
$function$;
COMMENT ON FUNCTION private.response_statistics(uuid[]) IS
    'Per user, of conversations of the last 90 days that another user began: the percentage answered within 24 hours, and the '
    'median time to the first answer in hours; each NULL for fewer than three. No row without a conversation that counts.';

-- Who cancels what was paid has not sent it at all.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.shipping_statistics(people uuid[])
    RETURNS TABLE (user_id uuid, hours numeric)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT o.seller_id,
           CASE WHEN count(*) >= 3 THEN
               LEAST(999.99, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY taken.hours))::numeric, 2))
           END
      FROM @extschema@.orders o
     CROSS JOIN LATERAL (
        SELECT CASE
                   WHEN o.shipped_at IS NOT NULL THEN GREATEST(0, EXTRACT(EPOCH FROM o.shipped_at - o.paid_at)::double precision / 3600)
                   WHEN o.status::text IN ('cancelled', 'refunded')
                        AND EXISTS (SELECT FROM @extschema@.order_status_history h
                                     WHERE h.order_id = o.id AND h.to_status::text IN ('cancelled', 'refunded') AND h.changed_by = o.seller_id)
                   THEN 999.99
               END AS hours
     ) taken
     WHERE o.seller_id = ANY (people) AND o.paid_at >= now() - interval '90 days' AND taken.hours IS NOT NULL
     GROUP BY o.seller_id
$function$;
COMMENT ON FUNCTION private.shipping_statistics(uuid[]) IS
    'Per seller, the median time from payment to shipment in hours of orders paid in the last 90 days; 999.99 for those that the '
    'seller cancelled instead. NULL for fewer than three, no row for none.';

-- A seller's days as the orders are now: what comes late, such as a refund, changes the day of its order.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.sales_by_day(sellers uuid[], since date)
    RETURNS TABLE (seller_id uuid, day date, currency text, orders bigint, items numeric, revenue numeric, fees numeric, refunds numeric,
                   completed_orders bigint, completed_items numeric, completed_revenue numeric)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    WITH sold AS MATERIALIZED (
        SELECT o.seller_id, o.currency::text AS currency, timezone('UTC', o.paid_at)::date AS paid_on,
               CASE WHEN o.status::text = 'completed' THEN timezone('UTC', o.delivered_at)::date END AS completed_on,
               o.total_amount + COALESCE(o.store_credit_amount, 0) AS worth, o.refunded_amount,
               o.platform_fee_amount - o.refunded_fee_amount AS fee,
               (SELECT COALESCE(sum(i.quantity), 0) FROM @extschema@.order_items i WHERE i.order_id = o.id) AS pieces
          FROM @extschema@.orders o
         WHERE o.seller_id = ANY (sellers)
           AND (o.paid_at >= timezone('UTC', since::timestamp) OR o.delivered_at >= timezone('UTC', since::timestamp))
    )
    SELECT d.seller_id, d.day, d.currency, sum(d.orders)::bigint, sum(d.items), sum(d.revenue), sum(d.fees), sum(d.refunds),
           sum(d.completed_orders)::bigint, sum(d.completed_items), sum(d.completed_revenue)
      FROM (
        SELECT s.seller_id, s.paid_on AS day, s.currency, 1 AS orders, s.pieces AS items, s.worth AS revenue, s.fee AS fees, s.refunded_amount AS refunds,
               0 AS completed_orders, 0 AS completed_items, 0 AS completed_revenue
          FROM sold s WHERE s.paid_on >= since
         UNION ALL
        SELECT s.seller_id, s.completed_on, s.currency, 0, 0, 0, 0, 0, 1, s.pieces, s.worth - s.refunded_amount
          FROM sold s WHERE s.completed_on >= since
      ) d
     GROUP BY d.seller_id, d.day, d.currency
$function$;
COMMENT ON FUNCTION private.sales_by_day(uuid[], date) IS
    'The rows of seller_stats_daily of sellers, from a day (UTC) on, as the orders are now.';

-- Events of which the outcome depends on when they are looked at, such as a question that waits for its answer since a day,
-- are looked at twice. Ten minutes are looked at again: a transaction may commit later than another one that began after it.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.note_statistics_due()
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    until constant timestamptz := statement_timestamp();
    since timestamptz;
    whole_day timestamptz;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('driplo.statistics', 0)) THEN
        RETURN;
    END IF;
    SELECT p.known_until - interval '10 minutes' INTO since FROM @extschema@.statistics_progress p WHERE p.name = 'events';
    -- the batches of one run come one after the other
    IF since > until - interval '15 minutes' THEN
        RETURN;
    END IF;
    since := COALESCE(since, '-infinity');
    INSERT INTO @extschema@.statistics_due (user_id, task)
    SELECT p.id, 'statistics'
      FROM (
        SELECT unnest(ARRAY[c.buyer_id, c.seller_id]) AS id
          FROM @extschema@.messages m
          JOIN @extschema@.conversations c ON c.id = m.conversation_id
         WHERE m.created_at >= since
            OR m.created_at >= since - interval '24 hours' AND m.created_at < until - interval '24 hours'
         UNION
        SELECT o.seller_id FROM @extschema@.order_status_history h JOIN @extschema@.orders o ON o.id = h.order_id WHERE h.created_at >= since
         UNION
        SELECT o.seller_id FROM @extschema@.ledger_entries e JOIN @extschema@.orders o ON o.id = e.order_id WHERE e.created_at >= since
         UNION
        SELECT l.user_id FROM @extschema@.auth_login_history l WHERE l.login_at >= since AND l.success
      ) event
      JOIN @extschema@.profiles p ON p.id = event.id
        ON CONFLICT DO NOTHING;
    -- what grows old, and blocks and suspensions, which change what counts
    SELECT p.known_until INTO whole_day FROM @extschema@.statistics_progress p WHERE p.name = 'day';
    IF whole_day IS NULL OR whole_day <= until - interval '1 day' THEN
        INSERT INTO @extschema@.statistics_due (user_id, task)
        SELECT s.user_id, 'statistics'
          FROM @extschema@.user_stats_summary s
         WHERE num_nonnulls(s.response_rate, s.response_time_hours, s.ship_time_hours) > 0
            ON CONFLICT DO NOTHING;
        INSERT INTO @extschema@.statistics_progress AS p (name, known_until) VALUES ('day', until)
        ON CONFLICT ON CONSTRAINT statistics_progress_pkey DO UPDATE SET known_until = EXCLUDED.known_until;
    END IF;
    INSERT INTO @extschema@.statistics_progress AS p (name, known_until) VALUES ('events', until)
    ON CONFLICT ON CONSTRAINT statistics_progress_pkey DO UPDATE SET known_until = EXCLUDED.known_until;
END;
$function$;
COMMENT ON FUNCTION private.note_statistics_due() IS
    'Adds to statistics_due whom messages, steps of orders, bookings, or sign-ins since the last call concern, and once a day all '
    'who have statistics. Does nothing within five minutes of the last call.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.take_statistics_due(wanted text, max_rows integer)
    RETURNS uuid[]
    LANGUAGE sql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    WITH waiting AS MATERIALIZED (
        SELECT w.user_id FROM @extschema@.statistics_due w
         WHERE w.task = wanted
         ORDER BY w.since, w.user_id LIMIT GREATEST(max_rows, 0)
           FOR UPDATE SKIP LOCKED
    ), taken AS (
        DELETE FROM @extschema@.statistics_due d USING waiting w
         WHERE d.task = wanted AND d.user_id = w.user_id
        RETURNING d.user_id
    )
    SELECT array_agg(t.user_id ORDER BY t.user_id) FROM taken t
$function$;
COMMENT ON FUNCTION private.take_statistics_due(text, integer) IS
    'Removes users from statistics_due, those who wait longest first, and returns them; NULL if none waits.';

-- What is computed is written afterwards, so that the rows, which a sale writes too, are locked for a moment only.
-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.refresh_user_statistics(max_rows integer DEFAULT 200)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    first_day constant date := timezone('UTC', now())::date - 400;
    people uuid[];
    rates numeric[];
    answers numeric[];
    shipments numeric[];
    activities timestamptz[];
BEGIN
    PERFORM private.require_service('refresh statistics');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM private.note_statistics_due();
    people := private.take_statistics_due('statistics', max_rows);
    IF people IS NULL THEN
        RETURN 0;
    END IF;

    DELETE FROM @extschema@.seller_stats_daily d
     WHERE d.seller_id = ANY (people) AND d.day >= first_day
       AND NOT EXISTS (SELECT FROM private.sales_by_day(people, first_day) AS n
                        WHERE n.seller_id = d.seller_id AND n.day = d.day AND n.currency = d.currency);
    INSERT INTO @extschema@.seller_stats_daily AS d (seller_id, day, currency, orders, items, revenue, fees, refunds, completed_orders, completed_items, completed_revenue)
    SELECT n.* FROM private.sales_by_day(people, first_day) AS n ORDER BY n.seller_id, n.day, n.currency
        ON CONFLICT ON CONSTRAINT seller_stats_daily_pkey DO UPDATE
       SET orders = EXCLUDED.orders, items = EXCLUDED.items, revenue = EXCLUDED.revenue, fees = EXCLUDED.fees, refunds = EXCLUDED.refunds,
           completed_orders = EXCLUDED.completed_orders, completed_items = EXCLUDED.completed_items, completed_revenue = EXCLUDED.completed_revenue
     WHERE (d.orders, d.items, d.revenue, d.fees, d.refunds, d.completed_orders, d.completed_items, d.completed_revenue)
           IS DISTINCT FROM (EXCLUDED.orders, EXCLUDED.items, EXCLUDED.revenue, EXCLUDED.fees, EXCLUDED.refunds,
                             EXCLUDED.completed_orders, EXCLUDED.completed_items, EXCLUDED.completed_revenue);

    SELECT array_agg(r.rate ORDER BY p.id), array_agg(r.hours ORDER BY p.id), array_agg(s.hours ORDER BY p.id),
           array_agg(GREATEST((SELECT max(m.created_at) FROM @extschema@.messages m WHERE m.sender_id = p.id),
                              (SELECT max(l.login_at) FROM @extschema@.auth_login_history l WHERE l.user_id = p.id AND l.success),
                              (SELECT max(a.last_used_at) FROM @extschema@.auth_sessions a WHERE a.user_id = p.id),
                              (SELECT max(l.published_at) FROM @extschema@.listings l WHERE l.seller_id = p.id)) ORDER BY p.id)
      INTO rates, answers, shipments, activities
      FROM unnest(people) AS p (id)
      LEFT JOIN private.response_statistics(people) AS r ON r.user_id = p.id
      LEFT JOIN private.shipping_statistics(people) AS s ON s.user_id = p.id;
    WITH now_known AS MATERIALIZED (
        SELECT n.user_id, n.rate, n.answer, n.shipment,
               CASE WHEN s.last_active_at > n.active - interval '5 minutes' THEN s.last_active_at ELSE COALESCE(n.active, s.last_active_at) END AS active
          FROM unnest(people, rates, answers, shipments, activities) AS n (user_id, rate, answer, shipment, active)
          JOIN @extschema@.user_stats_summary s ON s.user_id = n.user_id
         ORDER BY n.user_id
           FOR NO KEY UPDATE OF s SKIP LOCKED
    ), written AS (
        UPDATE @extschema@.user_stats_summary s
           SET response_rate = n.rate, response_time_hours = n.answer, ship_time_hours = n.shipment, last_active_at = n.active, updated_at = now()
          FROM now_known n
         WHERE s.user_id = n.user_id
           AND (s.response_rate, s.response_time_hours, s.ship_time_hours, s.last_active_at) IS DISTINCT FROM (n.rate, n.answer, n.shipment, n.active)
    )
    -- who is locked by a sale is counted at the next time
    INSERT INTO @extschema@.statistics_due (user_id, task)
    SELECT p.id, 'statistics'
      FROM unnest(people) AS p (id)
      JOIN @extschema@.user_stats_summary s ON s.user_id = p.id
     WHERE NOT EXISTS (SELECT FROM now_known n WHERE n.user_id = p.id)
        ON CONFLICT DO NOTHING;
    RETURN cardinality(people);
END;
$function$;
COMMENT ON FUNCTION @extschema@.refresh_user_statistics(integer) IS
    'For the service: computes response_rate, response_time_hours, ship_time_hours, and last_active_at of user_stats_summary, '
    'and the rows of seller_stats_daily, of up to max_rows users about whom something has happened, those who wait longest first, and '
    'returns their number. Rows that another session has locked are left to the next call; sessions can call it concurrently. '
    'Errors: 42501, 22004.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.make_due(person uuid, wanted text)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    noted integer;
BEGIN
    INSERT INTO @extschema@.statistics_due (user_id, task)
    SELECT p.id, wanted
      FROM @extschema@.profiles p
     WHERE person IS NULL OR p.id = person
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS noted = ROW_COUNT;
    IF noted = 0 AND person IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = person) THEN
        RAISE EXCEPTION 'user "%" does not exist', person USING ERRCODE = 'no_data_found';
    END IF;
    RETURN noted;
END;
$function$;
COMMENT ON FUNCTION private.make_due(uuid, text) IS
    'Adds a user, or all users for NULL, to statistics_due for a task, and returns how many were added. Error: P0002.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.recount_statistics(user_id uuid DEFAULT NULL)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('recount statistics');
    RETURN private.make_due(user_id, 'statistics');
END;
$function$;
COMMENT ON FUNCTION @extschema@.recount_statistics(uuid) IS
    'For the service: lets the statistics of a user, or of all users, be computed again by the next runs of '
    'refresh_user_statistics(), as after data was loaded without triggers. Returns how many users were added to those who '
    'wait. Errors: 42501, P0002.';

-- rights: authenticated, service_role
-- definer: Writes the time at which the caller was active, and nothing else, at most once in five minutes.
CREATE OR REPLACE FUNCTION @extschema@.touch_activity()
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    person constant uuid := private.acting_for(NULL, false);
BEGIN
    IF EXISTS (SELECT FROM @extschema@.user_stats_summary s
                WHERE s.user_id = person AND (s.last_active_at IS NULL OR s.last_active_at <= now() - interval '5 minutes')) THEN
        UPDATE @extschema@.user_stats_summary s SET last_active_at = now()
         WHERE s.user_id = person AND (s.last_active_at IS NULL OR s.last_active_at <= now() - interval '5 minutes');
    END IF;
END;
$function$;
COMMENT ON FUNCTION @extschema@.touch_activity() IS
    'Sets last_active_at of the caller''s statistics to now, unless that was set within five minutes, so that a client can call it '
    'with each page. Errors: 42501 without a user, 25006 in a read-only transaction that has something to write.';
