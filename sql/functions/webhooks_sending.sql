-- Deliveries of webhooks: queued by the outbox, claimed and settled by a sender.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.webhook_time(at timestamptz)
    RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    AS $function$SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')$function$;
COMMENT ON FUNCTION private.webhook_time(timestamptz) IS 'A time as JavaScript writes it, whatever the session''s time zone.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.webhook_body(event_type text, at timestamptz, data json)
    RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    AS $function$SELECT json_build_object('type', event_type, 'timestamp', private.webhook_time(at), 'data', data)::text$function$;
COMMENT ON FUNCTION private.webhook_body(text, timestamptz, json) IS 'What is sent of an event.';

-- Thin on purpose: it leaves the house. No address, e-mail address, name, or other text that people write. Values are those of now,
-- because events can be handled in another sequence than they happened in.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.queue_webhooks(ids bigint[])
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    queued integer;
BEGIN
    IF NOT EXISTS (SELECT FROM @extschema@.webhook_endpoints) THEN
        RETURN 0;
    END IF;
    WITH event AS MATERIALIZED (
        SELECT e.id, e.kind, e.subject_id, e.data, e.created_at
        FROM @extschema@.outbox_events e
        JOIN @extschema@.webhook_event_types() AS t ON t.event_type = e.kind
        WHERE e.id = ANY (ids) AND e.kind <> 'listing.sold'
    ), told AS (
        SELECT e.id, e.kind AS event_type, NULL::uuid AS part, e.created_at,
               json_build_object(
                   'id', o.id, 'number', o.order_number, 'status', o.status, 'total', o.total_amount, 'refunded', o.refunded_amount,
                   'currency', o.currency, 'buyer_id', o.buyer_id, 'seller_id', o.seller_id,
                   'created_at', private.webhook_time(o.created_at), 'paid_at', private.webhook_time(o.paid_at),
                   'shipped_at', private.webhook_time(o.shipped_at), 'delivered_at', private.webhook_time(o.delivered_at),
                   'cancelled_at', private.webhook_time(o.cancelled_at),
                   'parcels', (
                       SELECT coalesce(json_agg(json_build_object('number', t.parcel_number, 'carrier', t.carrier, 'tracking_number', t.tracking_number, 'status', t.status) ORDER BY t.parcel_number), '[]')
                       FROM @extschema@.order_tracking t
                       WHERE t.order_id = o.id
                   )
               ) AS data
        FROM event e
        JOIN @extschema@.orders o ON o.id = e.subject_id
        WHERE e.kind LIKE 'order.%'
        UNION ALL
        SELECT e.id, 'listing.sold', i.listing_id, e.created_at,
               json_build_object(
                   'id', i.listing_id, 'order_id', o.id, 'seller_id', o.seller_id, 'quantity', sum(i.quantity),
                   'amount', sum(i.total_price), 'currency', o.currency
               )
        FROM event e
        JOIN @extschema@.orders o ON o.id = e.subject_id
        JOIN @extschema@.order_items i ON i.order_id = o.id
        WHERE e.kind = 'order.paid' AND i.listing_id IS NOT NULL
        GROUP BY e.id, e.created_at, i.listing_id, o.id
        UNION ALL
        SELECT e.id, e.kind, NULL, e.created_at,
               json_build_object(
                   'id', r.id, 'order_id', r.order_id, 'order_item_id', r.order_item_id, 'quantity', r.quantity, 'status', r.status,
                   'amount', r.amount, 'credit_amount', r.credit_amount, 'currency', o.currency,
                   'requested_at', private.webhook_time(r.requested_at), 'processed_at', private.webhook_time(r.processed_at)
               )
        FROM event e
        JOIN @extschema@.refund_requests r ON r.id = e.subject_id
        JOIN @extschema@.orders o ON o.id = r.order_id
        WHERE e.kind LIKE 'refund.%'
        UNION ALL
        SELECT e.id, e.kind, NULL, e.created_at,
               json_build_object(
                   'id', r.id, 'number', r.return_number, 'order_id', r.order_id, 'order_item_id', r.order_item_id,
                   'quantity', r.quantity, 'status', r.status,
                   'amount', r.refund_amount, 'currency', o.currency, 'created_at', private.webhook_time(r.created_at),
                   'approved_at', private.webhook_time(r.approved_at), 'completed_at', private.webhook_time(r.completed_at)
               )
        FROM event e
        JOIN @extschema@.returns r ON r.id = e.subject_id
        JOIN @extschema@.orders o ON o.id = r.order_id
        WHERE e.kind LIKE 'return.%'
        UNION ALL
        SELECT e.id, e.kind, NULL, e.created_at,
               json_build_object(
                   'id', d.id, 'number', d.dispute_number, 'order_id', d.order_id, 'type', d.type, 'status', d.status,
                   'resolution', d.resolution, 'created_at', private.webhook_time(d.created_at),
                   'resolved_at', private.webhook_time(d.resolved_at)
               )
        FROM event e
        JOIN @extschema@.disputes d ON d.id = e.subject_id
        WHERE e.kind LIKE 'dispute.%'
        UNION ALL
        SELECT e.id, e.kind, NULL, e.created_at,
               json_build_object(
                   'id', o.id, 'listing_id', o.listing_id, 'variant_id', o.variant_id, 'buyer_id', o.buyer_id, 'seller_id', o.seller_id,
                   'status', o.status, 'made_by', o.made_by, 'parent_id', o.parent_id, 'quantity', o.quantity, 'amount', o.amount,
                   'currency', o.currency, 'created_at', private.webhook_time(o.created_at),
                   'expires_at', private.webhook_time(o.expires_at), 'checkout_until', private.webhook_time(o.checkout_until)
               )
        FROM event e
        JOIN @extschema@.offers o ON o.id = e.subject_id
        WHERE e.kind LIKE 'offer.%'
        UNION ALL
        SELECT e.id, e.kind, NULL, e.created_at,
               json_build_object(
                   'id', p.id, 'seller_id', p.seller_id, 'status', p.status, 'amount', p.amount, 'currency', p.currency,
                   'initiated_at', private.webhook_time(p.initiated_at), 'completed_at', private.webhook_time(p.completed_at),
                   'failed_at', private.webhook_time(p.failed_at)
               )
        FROM event e
        JOIN @extschema@.seller_payouts p ON p.id = e.subject_id
        WHERE e.kind LIKE 'payout.%'
        UNION ALL
        -- that something is gone is told also when its row is
        SELECT e.id, e.kind, NULL, e.created_at,
               json_build_object(
                   'id', e.subject_id, 'seller_id', l.seller_id, 'status', COALESCE(l.status, e.data ->> 'status'), 'price', l.price,
                   'currency', l.currency, 'quantity', l.quantity, 'created_at', private.webhook_time(l.created_at),
                   'published_at', private.webhook_time(l.published_at)
               )
        FROM event e
        LEFT JOIN @extschema@.listings l ON l.id = e.subject_id
        WHERE e.kind LIKE 'listing.%' AND (l.id IS NOT NULL OR e.kind = 'listing.removed')
        UNION ALL
        SELECT e.id, e.kind, NULL, e.created_at,
               json_build_object(
                   'id', r.id, 'number', r.report_number, 'type', r.target_type, 'category', r.category,
                   'status', CASE r.status WHEN 'claimed' THEN 'open' ELSE r.status END, 'decision', d.decision,
                   'created_at', private.webhook_time(r.created_at), 'decided_at', private.webhook_time(d.decided_at)
               )
        FROM event e
        LEFT JOIN @extschema@.report_decisions d ON d.id = e.subject_id
        JOIN @extschema@.reports r ON r.id = COALESCE(d.report_id, e.subject_id)
        WHERE e.kind LIKE 'report.%'
        UNION ALL
        SELECT e.id, e.kind, NULL, e.created_at,
               json_build_object('id', e.subject_id, 'created_at', private.webhook_time(p.created_at))
        FROM event e
        LEFT JOIN @extschema@.profiles p ON p.id = e.subject_id
        WHERE e.kind LIKE 'user.%' AND (p.id IS NOT NULL OR e.kind = 'user.deleted')
    )
    INSERT INTO @extschema@.webhook_deliveries (endpoint_id, event_id, event_type, body)
    SELECT p.id,
           -- Not of the number alone: after a restore from a backup numbers come again, and receivers would ignore what is new.
           'msg_' || left(encode(sha256(convert_to(
               concat_ws('/', t.id, extract(epoch FROM t.created_at), t.event_type, t.part, t.data ->> 'id'), 'UTF8'
           )), 'hex'), 32),
           t.event_type, private.webhook_body(t.event_type, t.created_at, t.data)
    FROM told t
    JOIN @extschema@.webhook_endpoints p ON p.created_at <= t.created_at AND p.event_types && ARRAY[t.event_type, '*']
    ON CONFLICT ON CONSTRAINT webhook_deliveries_endpoint_id_event_id_key DO NOTHING;
    GET DIAGNOSTICS queued = ROW_COUNT;
    RETURN queued;
END;
$function$;
COMMENT ON FUNCTION private.queue_webhooks(bigint[]) IS
    'Queues what these events of the outbox mean to each endpoint that was there when they happened, and returns the number '
    'of deliveries. Called again for an event, it queues nothing twice.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.claim_webhooks(max_rows integer DEFAULT 50)
    RETURNS TABLE (delivery_id uuid, url text, headers jsonb, body text)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    ROWS 50
AS $function$
#variable_conflict use_column
DECLARE
    at constant timestamptz := clock_timestamp();
    sent_at constant bigint := floor(extract(epoch FROM at));
    here constant text := private.database_identity();
    due uuid[];
BEGIN
    PERFORM private.require_service('send webhooks');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- Whoever has waited longest goes first, and each endpoint gets its share: a slow one does not keep the others waiting.
    SELECT array_agg(e.id ORDER BY first.next_attempt_at)
    INTO due
    FROM @extschema@.webhook_endpoints e
    CROSS JOIN LATERAL (
        SELECT d.next_attempt_at
        FROM @extschema@.webhook_deliveries d
        WHERE d.endpoint_id = e.id AND d.status = 'pending' AND d.next_attempt_at <= at
        ORDER BY d.next_attempt_at
        LIMIT 1
    ) first
    WHERE e.is_active AND e.confirmed_for = here AND (e.paused_until IS NULL OR e.paused_until <= at);

    RETURN QUERY
        WITH found AS MATERIALIZED (
            SELECT d.id
            FROM unnest(due) WITH ORDINALITY AS endpoint (id, place)
            CROSS JOIN LATERAL (
                SELECT waiting.id
                FROM @extschema@.webhook_deliveries waiting
                WHERE waiting.endpoint_id = endpoint.id AND waiting.status = 'pending' AND waiting.next_attempt_at <= at
                ORDER BY waiting.next_attempt_at
                LIMIT (GREATEST(max_rows, 0) + cardinality(due) - 1) / cardinality(due)
                FOR UPDATE SKIP LOCKED
            ) d
            ORDER BY endpoint.place
            LIMIT GREATEST(max_rows, 0)
        ), claimed AS (
            UPDATE @extschema@.webhook_deliveries d
            -- Whoever claimed it for the last time never said what came of it.
            SET status = CASE WHEN d.attempts < private.webhook_attempts() THEN 'pending' ELSE 'failed' END,
                attempts = LEAST(d.attempts + 1, private.webhook_attempts()),
                claimed_at = CASE WHEN d.attempts < private.webhook_attempts() THEN at END,
                last_attempt_at = CASE WHEN d.attempts < private.webhook_attempts() THEN at ELSE d.last_attempt_at END,
                next_attempt_at = at + interval '2 minutes'
            FROM found f
            WHERE d.id = f.id
            RETURNING d.id, d.endpoint_id, d.event_id, d.body, d.claimed_at
        )
        SELECT c.id, e.url,
               jsonb_build_object(
                   'content-type', 'application/json', 'user-agent', 'driplo', 'webhook-id', c.event_id,
                   'webhook-timestamp', sent_at::text,
                   'webhook-signature', concat_ws(' ', private.sign_webhook(e.secret, c.event_id, sent_at, c.body),
                       CASE WHEN e.previous_until > at THEN private.sign_webhook(e.previous_secret, c.event_id, sent_at, c.body) END)
               ),
               c.body
        FROM claimed c
        JOIN @extschema@.webhook_endpoints e ON e.id = c.endpoint_id
        WHERE c.claimed_at IS NOT NULL;
END;
$function$;
COMMENT ON FUNCTION @extschema@.claim_webhooks(integer) IS
    'For the service: up to max_rows deliveries that are due, to be sent by POST: body as the bytes of its UTF-8 text, with '
    'these headers, which are signed for now. Each is the caller''s for two minutes; settle_webhook() says what came of it, '
    'and without that it is due again. Sessions can call it concurrently; each delivery is one''s. Commit before sending. '
    'Errors: 42501, 22004.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.webhook_attempts()
    RETURNS integer
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    AS $function$SELECT 10$function$;
COMMENT ON FUNCTION private.webhook_attempts() IS 'How often a delivery is attempted.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.webhook_delay(attempt integer)
    RETURNS interval
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    AS $function$SELECT ('{5 s,5 min,30 min,2 h,5 h,10 h,14 h,20 h,24 h}'::interval[])[attempt]$function$;
COMMENT ON FUNCTION private.webhook_delay(integer) IS
    'How long the next attempt waits after this one, as Standard Webhooks recommends; NULL after the last.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.settle_webhook(
    delivery_id uuid,
    status integer,
    error text DEFAULT NULL,
    retry_after interval DEFAULT NULL
)
    RETURNS text
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_variable
DECLARE
    at constant timestamptz := clock_timestamp();
    succeeded constant boolean := COALESCE(status BETWEEN 200 AND 299, false);
    problem constant text := left(NULLIF(error, ''), 500);
    endpoint @extschema@.webhook_endpoints;
    delivery @extschema@.webhook_deliveries;
    wait interval;
    reason text;
BEGIN
    PERFORM private.require_service('settle webhooks');
    IF delivery_id IS NULL THEN
        RAISE EXCEPTION 'delivery_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF status NOT BETWEEN 100 AND 599 THEN
        RAISE EXCEPTION 'status must be an HTTP status from 100 to 599, or NULL' USING ERRCODE = 'invalid_parameter_value';
    ELSIF retry_after < interval '0' THEN
        RAISE EXCEPTION 'retry_after must not be negative' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT e.*
    INTO endpoint
    FROM @extschema@.webhook_deliveries d
    JOIN @extschema@.webhook_endpoints e ON e.id = d.endpoint_id
    WHERE d.id = delivery_id;
    IF NOT FOUND THEN
        -- Its endpoint was deleted while it was sent. A sender has nothing to do about that.
        RETURN 'ignored';
    END IF;
    -- Before the delivery, as set_webhook_endpoint() does. A success of an endpoint in order leaves its row alone.
    IF NOT succeeded OR endpoint.failing_since IS NOT NULL THEN
        SELECT e.* INTO endpoint FROM @extschema@.webhook_endpoints e WHERE e.id = endpoint.id FOR NO KEY UPDATE;
    END IF;
    SELECT d.* INTO delivery FROM @extschema@.webhook_deliveries d WHERE d.id = delivery_id FOR NO KEY UPDATE;
    -- What has arrived has arrived, though another sender has said meanwhile that it had not.
    IF delivery.id IS NULL OR (succeeded AND (delivery.status = 'delivered' OR delivery.attempts = 0)) OR (NOT succeeded AND delivery.claimed_at IS NULL) THEN
        RETURN 'ignored';
    END IF;

    IF succeeded THEN
        UPDATE @extschema@.webhook_deliveries d
        SET status = 'delivered', delivered_at = at, claimed_at = NULL, last_status = settle_webhook.status, last_error = NULL
        WHERE d.id = delivery_id;
        UPDATE @extschema@.webhook_endpoints e
        SET failing_since = NULL, last_failure = NULL
        WHERE e.id = endpoint.id AND endpoint.failing_since IS NOT NULL;
        RETURN 'delivered';
    END IF;

    wait := private.webhook_delay(delivery.attempts) * (0.9 + 0.2 * random());
    -- What a receiver asks for is longer than a day only by mistake.
    IF wait IS NOT NULL AND retry_after IS NOT NULL THEN
        wait := LEAST(retry_after, interval '24 hours');
    END IF;
    IF status = 410 THEN
        reason := 'gone';
        wait := NULL;
    ELSIF endpoint.failing_since <= at - interval '120 hours' THEN
        reason := 'failing';
    END IF;
    UPDATE @extschema@.webhook_deliveries d
    SET status = CASE WHEN wait IS NULL THEN 'failed' ELSE 'pending' END,
        next_attempt_at = at + COALESCE(wait, interval '0'),
        claimed_at = NULL,
        last_status = settle_webhook.status,
        last_error = problem
    WHERE d.id = delivery_id;
    UPDATE @extschema@.webhook_endpoints e
    SET failing_since = COALESCE(e.failing_since, at),
        last_failure = COALESCE(NULLIF(concat_ws(': ', settle_webhook.status, problem), ''), 'no answer'),
        -- Too many requests, or not available for the moment: it is about the endpoint and not about one delivery.
        paused_until = CASE WHEN status IN (429, 503) AND retry_after IS NOT NULL
                            THEN GREATEST(e.paused_until, at + LEAST(retry_after, interval '24 hours')) ELSE e.paused_until END,
        is_active = e.is_active AND reason IS NULL,
        disabled_reason = CASE WHEN e.is_active THEN reason ELSE e.disabled_reason END
    WHERE e.id = endpoint.id;
    IF endpoint.is_active AND reason IS NOT NULL THEN
        PERFORM private.log_webhook_endpoint('disable_webhook_endpoint', endpoint.id, '{"is_active": true}',
            jsonb_build_object('is_active', false, 'disabled_reason', reason, 'failing_since', private.webhook_time(endpoint.failing_since)));
        PERFORM private.record_event('webhook.disabled', endpoint.id, NULL);
        RETURN 'disabled';
    END IF;
    RETURN CASE WHEN wait IS NULL THEN 'failed' ELSE 'retry' END;
END;
$function$;
COMMENT ON FUNCTION @extschema@.settle_webhook(uuid, integer, text, interval) IS
    'For the service: says what came of a delivery of claim_webhooks(): the HTTP status, or NULL and an error if there was '
    'no answer, and what the header Retry-After said. Returns delivered for 2xx; retry, after 5 '
    'seconds to 24 hours (10 percent more or less) or as Retry-After says, at most 24 hours; failed after the tenth attempt; '
    'disabled, if the answer was 410 or the endpoint has failed for five days; or ignored, if it was settled before '
    'or never claimed, or is gone with its endpoint. Errors: 42501, 22004, 22023.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes deliveries.
CREATE OR REPLACE FUNCTION @extschema@.replay_webhooks(endpoint_id uuid, since timestamptz, include_delivered boolean DEFAULT false)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    replayed integer;
BEGIN
    PERFORM private.require_admin('replay webhooks');
    IF since IS NULL OR include_delivered IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN since IS NULL THEN 'since' ELSE 'include_delivered' END
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM private.require_webhook_endpoint(endpoint_id);
    UPDATE @extschema@.webhook_deliveries d
    SET status = 'pending',
        attempts = 0,
        next_attempt_at = clock_timestamp(),
        delivered_at = NULL
    WHERE d.endpoint_id = replay_webhooks.endpoint_id AND d.created_at >= since
      AND (d.status IN ('failed', 'skipped') OR (include_delivered AND d.status = 'delivered'));
    GET DIAGNOSTICS replayed = ROW_COUNT;
    PERFORM private.log_webhook_endpoint('replay_webhooks', endpoint_id, NULL,
        jsonb_build_object('since', private.webhook_time(since), 'include_delivered', include_delivered, 'n', replayed));
    RETURN replayed;
END;
$function$;
COMMENT ON FUNCTION @extschema@.replay_webhooks(uuid, timestamptz, boolean) IS
    'For admins and the service: sends again what was queued for an endpoint since then and failed or was skipped, and with '
    'include_delivered also what was delivered, under the same webhook-id; returns the number. What is older than 90 days '
    'is gone. On record in admin_audit_log. Errors: 42501, 22004, P0002, 55000 for a disabled endpoint.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.prune_webhooks(max_rows integer DEFAULT 10000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    gone integer;
BEGIN
    PERFORM private.require_service('delete old webhooks');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM @extschema@.webhook_deliveries
    WHERE id = ANY (ARRAY(
        SELECT d.id
        FROM @extschema@.webhook_deliveries d
        WHERE d.created_at < now() - interval '90 days'
        ORDER BY d.created_at
        LIMIT GREATEST(max_rows, 0)
        FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END;
$function$;
COMMENT ON FUNCTION @extschema@.prune_webhooks(integer) IS
    'For the service: deletes up to max_rows deliveries of webhooks that are older than 90 days, the oldest first, and '
    'returns their number. Errors: 42501, 22004.';

-- Endpoints have secrets, and check_integrity() reads as its caller.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_webhooks()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'webhook_waiting', format('webhook_endpoints %s', e.id), format('%s deliveries have been due for more than an hour.', count(*))
    FROM @extschema@.webhook_endpoints e
    JOIN @extschema@.webhook_deliveries d ON d.endpoint_id = e.id
    WHERE e.is_active AND e.confirmed_for = private.database_identity()
      AND (e.paused_until IS NULL OR e.paused_until < now() - interval '1 hour')
      AND d.status = 'pending' AND d.next_attempt_at < now() - interval '1 hour'
    GROUP BY e.id
    UNION ALL
    SELECT 'webhook_disabled', format('webhook_endpoints %s', e.id),
           format('Webhooks are no longer sent to this endpoint: %s.', COALESCE(e.last_failure, e.disabled_reason))
    FROM @extschema@.webhook_endpoints e
    WHERE e.disabled_reason IN ('gone', 'failing')
$function$;
COMMENT ON FUNCTION private.integrity_of_webhooks() IS
    'Part of check_integrity() for webhooks: deliveries that no sender claims, and endpoints that were disabled because they failed.';
