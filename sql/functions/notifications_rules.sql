-- Notifications: whom an event concerns, and what is to be said. Each function reads the events of a batch with what they are
-- about as it is now, in one statement; whoever must not be told is left out afterwards (notifications_tell.sql).

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.name_of(user_id uuid)
    RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT COALESCE(NULLIF(btrim(p.full_name), ''), p.username)::text
    FROM @extschema@.profiles p
    WHERE p.id = name_of.user_id AND p.deleted_at IS NULL
$function$;
COMMENT ON FUNCTION private.name_of(uuid) IS 'What a user is called in notifications.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.title_of_order(order_id uuid)
    RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (array_agg(i.title ORDER BY i.created_at, i.id))[1] || CASE WHEN count(*) > 1 THEN ' + ' || count(*) - 1 ELSE '' END
    FROM @extschema@.order_items i
    WHERE i.order_id = title_of_order.order_id
$function$;
COMMENT ON FUNCTION private.title_of_order(uuid) IS 'Title of the first item of an order, and how many others there are.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.told_of_orders(ids bigint[])
    RETURNS TABLE (
        event_id bigint,
        user_id uuid,
        type text,
        actor_id uuid,
        group_key text,
        action_url text,
        metadata jsonb,
        order_id uuid,
        listing_id uuid
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT e.id, told.user_id, told.type, e.actor_id, told.group_key, told.action_url,
           jsonb_strip_nulls(jsonb_build_object(
               'number', o.order_number,
               'title', private.title_of_order(o.id),
               'variant', told.variant,
               'buyer', private.name_of(o.buyer_id),
               'seller', private.name_of(o.seller_id)
           ) || told.details),
           o.id, NULL::uuid
    FROM @extschema@.outbox_events e
    JOIN @extschema@.orders o ON o.id = e.subject_id
    CROSS JOIN LATERAL (
        SELECT o.buyer_id AS user_id, 'order_placed' AS type, NULL AS variant, NULL AS group_key, '/orders/' || o.id AS action_url,
               jsonb_build_object('total', jsonb_build_object('amount', o.total_amount::text, 'currency', o.currency)) AS details
        WHERE e.kind = 'order.created' AND private.is_unpaid(o.status::text)
        UNION ALL
        SELECT o.buyer_id, 'order_paid', NULL, NULL, '/orders/' || o.id,
               jsonb_build_object('total', jsonb_build_object('amount', o.total_amount::text, 'currency', o.currency))
        WHERE e.kind = 'order.paid' AND o.due_on_delivery = 0
        UNION ALL
        -- it asks for the parcel
        SELECT o.seller_id, 'listing_sold', NULL, NULL, '/orders/' || o.id, '{}'
        WHERE e.kind = 'order.paid' AND o.status::text NOT IN ('cancelled', 'refunded')
        UNION ALL
        SELECT o.buyer_id, 'order_shipped', NULL, NULL, '/orders/' || o.id,
               jsonb_build_object('carrier', upper(o.shipping_carrier::text), 'tracking', o.tracking_number)
        WHERE e.kind = 'order.shipped'
        UNION ALL
        -- who follows a parcel has to know its number
        SELECT o.buyer_id, 'order_shipped', replace(e.kind, 'order.', ''), NULL, '/orders/' || o.id,
               jsonb_build_object('carrier', upper(h.metadata ->> 'carrier'), 'tracking', h.metadata ->> 'tracking_number', 'parcel', h.metadata ->> 'parcel_number')
        FROM @extschema@.order_status_history h
        WHERE h.order_id = o.id
          AND h.event_id = e.id
          AND (e.kind = 'order.parcel_added' OR (e.kind = 'order.parcel_changed' AND h.metadata -> 'is_renamed' = 'true'))
        UNION ALL
        SELECT party.id, 'order_delivered', party.variant, NULL, '/orders/' || o.id,
               jsonb_build_object('date', jsonb_build_object('at',
                   COALESCE(o.delivered_at, e.created_at) + COALESCE(current_setting('driplo.return_window', true), '14d')::interval))
        FROM (VALUES (o.buyer_id, NULL), (o.seller_id, 'seller')) AS party (id, variant)
        -- who has confirmed it is not asked
        WHERE e.kind = 'order.delivered' AND (party.variant = 'seller' OR o.status::text NOT IN ('completed', 'cancelled', 'refunded'))
        UNION ALL
        SELECT party.id, 'order_cancelled', CASE WHEN e.kind = 'order.refunded' THEN 'refunded' END, NULL, '/orders/' || o.id,
               jsonb_build_object('total', jsonb_build_object('amount', o.total_amount::text, 'currency', o.currency), 'reason', COALESCE((SELECT h.reason FROM @extschema@.order_status_history h WHERE h.order_id = o.id AND h.event_id = e.id), o.cancellation_reason))
        FROM (VALUES (o.buyer_id), (o.seller_id)) AS party (id)
        WHERE e.kind IN ('order.cancelled', 'order.refunded')
        UNION ALL
        -- by when to say so; nobody who has
        SELECT o.buyer_id, 'order_delivered', 'due', NULL, '/orders/' || o.id,
               jsonb_build_object('date', jsonb_build_object('at',
                   GREATEST(COALESCE(o.shipped_at, o.created_at), (SELECT max(t.created_at) FROM @extschema@.order_tracking t WHERE t.order_id = o.id AND t.parcel_number > 1))
                   + COALESCE(current_setting('driplo.auto_delivery', true), '30d')::interval))
        WHERE e.kind = 'reminder.order' AND o.status::text IN ('shipped', 'in_transit')
        UNION ALL
        SELECT party.id, 'order_cancelled', 'items', NULL, '/orders/' || o.id,
               jsonb_build_object('reason', (SELECT h.reason FROM @extschema@.order_status_history h WHERE h.order_id = o.id AND h.event_id = e.id))
        FROM (VALUES (o.buyer_id), (o.seller_id)) AS party (id)
        WHERE e.kind = 'order.items_cancelled'
        UNION ALL
        SELECT o.seller_id, 'payment_received', NULL, concat_ws(':', 'takings', o.currency, (o.released_at AT TIME ZONE 'UTC')::date),
               '/balance', jsonb_build_object('amount', jsonb_build_object('amount', released.amount::text, 'currency', o.currency))
        -- the first one: a dispute may have taken them back, and returned them, in between
        FROM (SELECT l.amount
              FROM @extschema@.ledger_entries l
              WHERE l.order_id = o.id AND l.account = 'seller_available' AND l.kind = 'release'
              ORDER BY l.id
              LIMIT 1) AS released
        WHERE e.kind = 'takings.released' AND released.amount > 0 AND o.released_at IS NOT NULL
    ) AS told
    WHERE e.id = ANY (ids)
$function$;
COMMENT ON FUNCTION private.told_of_orders(bigint[]) IS 'Whom events of orders concern.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.told_of_trust(ids bigint[])
    RETURNS TABLE (
        event_id bigint,
        user_id uuid,
        type text,
        actor_id uuid,
        group_key text,
        action_url text,
        metadata jsonb,
        order_id uuid,
        listing_id uuid
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    -- of a return that waits: who has to do something, if it still waits for that
    SELECT e.id, CASE WHEN r.status::text = 'approved' THEN r.requested_by ELSE o.seller_id END, 'return_requested', NULL, NULL, '/returns/' || r.id,
           jsonb_strip_nulls(jsonb_build_object(
               'number', r.return_number,
               'title', i.title,
               'variant', CASE r.status::text WHEN 'approved' THEN 'send_due' WHEN 'requested' THEN 'answer_due' ELSE 'decide_due' END,
               'date', jsonb_build_object('at', COALESCE((r.history -> -1 ->> 'at')::timestamptz, r.created_at) + CASE r.status::text
                   WHEN 'approved' THEN COALESCE(current_setting('driplo.return_shipping_window', true), '14d')
                   ELSE COALESCE(current_setting('driplo.return_decision_window', true), '14d') END::interval)
           )),
           r.order_id, NULL::uuid
    FROM @extschema@.outbox_events e
    JOIN @extschema@.returns r ON r.id = e.subject_id AND r.is_open
    JOIN @extschema@.orders o ON o.id = r.order_id
    LEFT JOIN @extschema@.order_items i ON i.id = r.order_item_id
    WHERE e.id = ANY (ids) AND e.kind = 'reminder.return'
    UNION ALL
    -- who asked is told what was decided, who has to decide that it is asked
    SELECT e.id, CASE e.kind WHEN 'refund.requested' THEN o.seller_id ELSE o.buyer_id END, 'order_cancelled', e.actor_id, NULL,
           '/orders/' || o.id,
           jsonb_strip_nulls(jsonb_build_object(
               'number', o.order_number,
               'title', private.title_of_order(o.id),
               'variant', replace(e.kind, '.', '_'),
               'buyer', private.name_of(o.buyer_id),
               'amount', jsonb_build_object('amount', q.amount::text, 'currency', o.currency),
               'reason', CASE e.kind WHEN 'refund.requested' THEN q.reason ELSE COALESCE(q.decision_note, q.reason) END
           )),
           o.id, NULL::uuid
    FROM @extschema@.outbox_events e
    JOIN @extschema@.refund_requests q ON q.id = e.subject_id
    JOIN @extschema@.orders o ON o.id = q.order_id
    WHERE e.id = ANY (ids) AND e.kind LIKE 'refund.%'
    UNION ALL
    SELECT e.id, party.id, 'return_requested', e.actor_id, NULL, '/returns/' || r.id,
           jsonb_strip_nulls(jsonb_build_object(
               'number', r.return_number,
               'title', i.title,
               'variant', CASE
                   WHEN e.kind = 'return.requested' THEN NULLIF('requested_' || party.side, 'requested_seller')
                   WHEN e.kind = 'return.approved' AND party.side = 'seller' THEN 'approved_seller'
                   ELSE split_part(e.kind, '.', 2)
               END,
               'buyer', private.name_of(r.requested_by),
               'amount', CASE WHEN r.refund_amount IS NOT NULL THEN jsonb_build_object('amount', r.refund_amount::text, 'currency', o.currency) END,
               -- why it was asked for, afterwards why the step was taken
               'reason', CASE WHEN e.kind = 'return.requested' THEN COALESCE(to_jsonb(NULLIF(btrim(r.description), '')), jsonb_build_object('code', 'return_reason.' || r.reason::text))
                              ELSE (SELECT step.entry -> 'note'
                                    FROM jsonb_array_elements(r.history) WITH ORDINALITY AS step (entry, n)
                                    WHERE 'return.' || (step.entry ->> 'to') = e.kind
                                    ORDER BY step.n DESC
                                    LIMIT 1)
                         END
           )),
           r.order_id, NULL::uuid
    FROM @extschema@.outbox_events e
    JOIN @extschema@.returns r ON r.id = e.subject_id
    JOIN @extschema@.orders o ON o.id = r.order_id
    LEFT JOIN @extschema@.order_items i ON i.id = r.order_item_id
    CROSS JOIN LATERAL (VALUES (r.requested_by, 'buyer'), (o.seller_id, 'seller')) AS party (id, side)
    WHERE e.id = ANY (ids) AND e.kind LIKE 'return.%'
    UNION ALL
    SELECT e.id, party.id, 'dispute_updated', e.actor_id, NULL, '/disputes/' || d.id,
           jsonb_strip_nulls(jsonb_build_object(
               'number', d.dispute_number,
               'order', o.order_number,
               'title', d.title,
               'variant', CASE WHEN e.kind LIKE 'dispute.awaiting\_%' THEN 'awaiting' ELSE NULLIF(split_part(e.kind, '.', 2), 'open') END,
               'date', jsonb_build_object('at', d.awaiting_since + COALESCE(current_setting('driplo.dispute_response_window', true), '7d')::interval),
               'reason', d.resolution_notes
           )),
           d.order_id, NULL::uuid
    FROM @extschema@.outbox_events e
    JOIN @extschema@.disputes d ON d.id = e.subject_id
    JOIN @extschema@.orders o ON o.id = d.order_id
    CROSS JOIN LATERAL (VALUES (o.buyer_id, 'awaiting_buyer_response'), (o.seller_id, 'awaiting_seller_response')) AS party (id, has_to_answer)
    WHERE e.id = ANY (ids)
      -- whose turn it is, if it still is
      AND CASE WHEN e.kind LIKE 'dispute.awaiting\_%' THEN e.kind = 'dispute.' || party.has_to_answer AND d.status::text = party.has_to_answer
               ELSE e.kind LIKE 'dispute.%' END
$function$;
COMMENT ON FUNCTION private.told_of_trust(bigint[]) IS 'Whom events of refunds, returns and disputes concern.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.told_of_people(ids bigint[])
    RETURNS TABLE (
        event_id bigint,
        user_id uuid,
        type text,
        actor_id uuid,
        group_key text,
        action_url text,
        metadata jsonb,
        order_id uuid,
        listing_id uuid
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT e.id, party.id, 'new_message', m.sender_id, 'conversation:' || c.id, '/messages/' || c.id,
           jsonb_strip_nulls(jsonb_build_object('name', private.name_of(m.sender_id), 'text', left(m.content, 80), 'conversation', c.id)),
           NULL::uuid, c.listing_id
    FROM @extschema@.outbox_events e
    -- offers have notifications of their own
    JOIN @extschema@.messages m ON m.id = e.subject_id AND m.is_read IS NOT TRUE AND m.offer_id IS NULL
    JOIN @extschema@.conversations c ON c.id = m.conversation_id
    CROSS JOIN LATERAL (SELECT CASE WHEN m.sender_id = c.buyer_id THEN c.seller_id ELSE c.buyer_id END AS id) AS party
    WHERE e.id = ANY (ids) AND e.kind = 'message.sent'
      -- who is reading the conversation sees it there
      AND NOT EXISTS (
          SELECT FROM @extschema@.messages seen
          WHERE seen.conversation_id = c.id AND seen.sender_id = m.sender_id AND seen.read_at > m.created_at - interval '30 seconds'
      )
    UNION ALL
    SELECT e.id, r.rated_user_id, 'new_rating', r.rater_user_id, NULL, '/profile/ratings',
           jsonb_strip_nulls(jsonb_build_object('name', private.name_of(r.rater_user_id), 'stars', r.rating, 'text', left(r.comment, 200))),
           r.order_id, NULL
    FROM @extschema@.outbox_events e
    JOIN @extschema@.user_ratings r ON r.id = e.subject_id AND r.hidden_at IS NULL
    WHERE e.id = ANY (ids) AND e.kind = 'rating.added'
    UNION ALL
    -- once for ever: notification_marks knows of whom
    SELECT e.id, f.following_id, 'new_follower', f.follower_id, 'followers:' || (e.created_at AT TIME ZONE 'UTC')::date, '/profile/followers',
           jsonb_build_object('name', private.name_of(f.follower_id)),
           NULL, NULL
    FROM @extschema@.outbox_events e
    JOIN @extschema@.user_follows f ON f.following_id = e.subject_id AND f.follower_id = e.actor_id
    JOIN @extschema@.notification_marks k
      ON k.listing_id IS NULL AND k.user_id = f.following_id AND k.actor_id = f.follower_id AND k.type = 'new_follower'
    WHERE e.id = ANY (ids) AND e.kind = 'follow.added' AND k.told_at IS NULL
    UNION ALL
    SELECT e.id, l.seller_id, 'listing_favorited', f.user_id, concat_ws(':', 'favorites', l.id, (e.created_at AT TIME ZONE 'UTC')::date), '/listings/' || l.slug,
           jsonb_build_object('name', private.name_of(f.user_id), 'title', l.title),
           NULL, l.id
    FROM @extschema@.outbox_events e
    JOIN @extschema@.favorites f ON f.listing_id = e.subject_id AND f.user_id = e.actor_id
    JOIN @extschema@.listings l ON l.id = f.listing_id
    JOIN @extschema@.notification_marks k
      ON k.listing_id = l.id AND k.user_id = l.seller_id AND k.actor_id = f.user_id AND k.type = 'listing_favorited'
    WHERE e.id = ANY (ids) AND e.kind = 'favorite.added' AND k.told_at IS NULL
$function$;
COMMENT ON FUNCTION private.told_of_people(bigint[]) IS 'Whom messages, ratings, follows, and favorites concern.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.told_of_accounts(ids bigint[])
    RETURNS TABLE (
        event_id bigint,
        user_id uuid,
        type text,
        actor_id uuid,
        group_key text,
        action_url text,
        metadata jsonb,
        order_id uuid,
        listing_id uuid
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT e.id, p.seller_id, 'payout_sent', e.actor_id, NULL, '/balance',
           jsonb_strip_nulls(jsonb_build_object(
               'amount', jsonb_build_object('amount', p.amount::text, 'currency', p.currency),
               'variant', CASE WHEN e.kind = 'payout.failed' THEN 'failed' END,
               'reason', p.failure_reason)),
           NULL::uuid, NULL::uuid
    FROM @extschema@.outbox_events e
    JOIN @extschema@.seller_payouts p ON p.id = e.subject_id
    WHERE e.id = ANY (ids) AND e.kind IN ('payout.paid', 'payout.failed')
    UNION ALL
    SELECT e.id, a.user_id, 'achievement_earned', e.actor_id, NULL, '/profile',
           jsonb_build_object('variant', a.achievement),
           NULL, NULL
    FROM @extschema@.outbox_events e
    JOIN @extschema@.user_achievements a ON a.id = e.subject_id
    WHERE e.id = ANY (ids) AND e.kind = 'achievement.earned'
    UNION ALL
    SELECT e.id, b.user_id, 'brand_decided', e.actor_id, NULL, '/brand',
           jsonb_strip_nulls(jsonb_build_object('brand', b.brand_name, 'variant', b.verification_status, 'reason', b.admin_notes)),
           NULL, NULL
    FROM @extschema@.outbox_events e
    JOIN @extschema@.brand_verification_requests b ON b.id = e.subject_id AND e.kind = 'brand.' || b.verification_status
    WHERE e.id = ANY (ids) AND e.kind IN ('brand.approved', 'brand.rejected', 'brand.more_info_needed')
    UNION ALL
    SELECT e.id, p.id, 'webhook_disabled', e.actor_id, NULL, '/admin/webhooks',
           jsonb_strip_nulls(jsonb_build_object('url', w.url, 'reason', w.last_failure)),
           NULL, NULL
    FROM @extschema@.outbox_events e
    JOIN @extschema@.webhook_endpoints w ON w.id = e.subject_id AND NOT w.is_active
    JOIN @extschema@.profiles p ON p.role::text = 'admin'
    WHERE e.id = ANY (ids) AND e.kind = 'webhook.disabled'
    UNION ALL
    SELECT e.id, x.user_id, 'data_export_ready', NULL, NULL, '/settings/exports',
           jsonb_build_object('date', jsonb_build_object('at', x.expires_at)),
           NULL, NULL
    FROM @extschema@.outbox_events e
    JOIN @extschema@.data_exports x ON x.id = e.subject_id AND x.status = 'ready'
    WHERE e.id = ANY (ids) AND e.kind = 'export.ready'
$function$;
COMMENT ON FUNCTION private.told_of_accounts(bigint[]) IS
    'Whom payouts, achievements, decisions about brands, disabled webhook endpoints, and finished exports concern.';

-- Without who decided, and to whom a decision is about without who reported.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.told_of_safety(ids bigint[])
    RETURNS TABLE (
        event_id bigint,
        user_id uuid,
        type text,
        actor_id uuid,
        group_key text,
        action_url text,
        metadata jsonb,
        order_id uuid,
        listing_id uuid
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT e.id, party.id, 'report_decided', NULL::uuid, NULL, party.url,
           jsonb_strip_nulls(jsonb_build_object(
               'number', party.number,
               'variant', party.variant,
               'title', COALESCE(r.snapshot ->> 'title', ''),
               'reason', d.reasons,
               'date', CASE WHEN d.suspended_until IS NOT NULL THEN jsonb_build_object('at', d.suspended_until) END)),
           NULL::uuid, NULL::uuid
    FROM @extschema@.outbox_events e
    JOIN @extschema@.report_decisions d ON d.id = e.subject_id
    JOIN @extschema@.reports r ON r.id = d.report_id
    CROSS JOIN LATERAL (
        SELECT r.reporter_id AS id, NULL AS variant, r.report_number::text AS number, '/reports/' || r.id AS url
        WHERE NOT d.is_automatic
        UNION ALL
        SELECT r.target_owner,
               CASE WHEN d.is_automatic THEN 'hidden'
                    WHEN d.decision = 'suspend_forever' THEN 'suspended'
                    WHEN d.decision LIKE 'suspend\_%' THEN 'suspended_until'
                    ELSE d.decision END,
               NULL, '/decisions/' || d.id
        -- of a report that came to nothing nobody else is told
        WHERE d.decision <> 'dismiss' OR d.replaced_decision <> 'dismiss'
    ) AS party
    WHERE e.id = ANY (ids) AND e.kind = 'report.decided'
$function$;
COMMENT ON FUNCTION private.told_of_safety(bigint[]) IS 'Whom decisions about reports concern.';

-- An offer that has got further meanwhile is told by the event of that. Who answers by counter is told of as the one who names
-- the price, and a buyer hears of it as of an answer.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.told_of_offers(ids bigint[])
    RETURNS TABLE (
        event_id bigint,
        user_id uuid,
        type text,
        actor_id uuid,
        group_key text,
        action_url text,
        metadata jsonb,
        order_id uuid,
        listing_id uuid
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT e.id, told.user_id, told.type, told.actor_id, concat_ws(':', 'offers', told.type, o.listing_id), '/offers/' || o.id,
           jsonb_strip_nulls(jsonb_build_object(
               'name', private.name_of(told.other_id),
               'title', l.title,
               'amount', jsonb_build_object('amount', o.amount::text, 'currency', o.currency),
               'date', jsonb_build_object('at', COALESCE(o.checkout_until, o.expires_at)),
               'variant', told.variant,
               'text', told.text,
               'offer', o.id
           )),
           NULL::uuid, l.id
    FROM @extschema@.outbox_events e
    JOIN @extschema@.offers o ON o.id = e.subject_id AND e.kind = 'offer.' || o.status
    JOIN @extschema@.listings l ON l.id = o.listing_id
    CROSS JOIN LATERAL (
        SELECT CASE o.made_by WHEN 'buyer' THEN o.buyer_id ELSE o.seller_id END AS maker_id,
               CASE o.made_by WHEN 'buyer' THEN o.seller_id ELSE o.buyer_id END AS recipient_id
    ) AS side
    CROSS JOIN LATERAL (
        SELECT side.recipient_id AS user_id,
               CASE WHEN o.made_by = 'seller' AND o.parent_id IS NOT NULL THEN 'offer_answered' ELSE 'offer_received' END AS type,
               side.maker_id AS actor_id, side.maker_id AS other_id,
               CASE WHEN o.made_by = 'seller' AND o.parent_id IS NOT NULL THEN 'countered' END AS variant, NULL AS text
        WHERE o.status = 'pending'
        UNION ALL
        SELECT side.maker_id, 'offer_answered', side.recipient_id, side.recipient_id, o.status,
               (SELECT left(m.content, 200)
                FROM @extschema@.messages m
                WHERE o.status = 'declined' AND m.offer_id = o.id AND m.sender_id = side.recipient_id
                ORDER BY m.created_at DESC
                LIMIT 1)
        WHERE o.status IN ('accepted', 'declined')
        UNION ALL
        -- by itself; of a promise that was not used its buyer hears, whoever named the price. Not of a block.
        SELECT CASE WHEN o.checkout_until IS NULL THEN side.maker_id ELSE o.buyer_id END, 'offer_answered', NULL, NULL, o.status, NULL
        WHERE o.status IN ('expired', 'void') AND NOT private.is_blocked(o.buyer_id, o.seller_id)
    ) AS told
    WHERE e.id = ANY (ids) AND e.kind LIKE 'offer.%'
$function$;
COMMENT ON FUNCTION private.told_of_offers(bigint[]) IS 'Whom offers, and what became of them, concern.';
