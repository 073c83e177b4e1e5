-- check_integrity(): is what the triggers keep still so? After a crash, a restore or a repair by hand it is asked of the
-- tables, whole and not row by row. A function for each area; a row for each violation, and object is the row it is about.

-- What a signup makes. auth.users is the login service's: not everybody who asks may read it.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_users()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_own_tables();
    -- asked of the catalog: a name needs a right on the schema
    IF NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'auth' AND c.relname = 'users'
                      AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT 'user_without_profile', format('auth.users %s', u.id), 'The user has no profile.'
          FROM auth.users u
         WHERE NOT EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = u.id)
        UNION ALL
        SELECT 'profile_email', format('profiles %s', p.id), 'The e-mail address differs from the one in auth.users, or is confirmed there only.'
          FROM auth.users u JOIN @extschema@.profiles p ON p.id = u.id
         -- one that a profile has no room for is left out
         WHERE p.email::text IS DISTINCT FROM CASE WHEN length(u.email::text) BETWEEN 1 AND 255 THEN u.email::text END
            OR p.email IS NOT NULL AND NOT p.email_verified AND to_jsonb(u) ->> 'email_confirmed_at' IS NOT NULL;
END;
$function$;
COMMENT ON FUNCTION private.integrity_of_users() IS
    'Part of check_integrity() for users and their profiles; no rows if the caller cannot read auth.users.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_accounts()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'profile_without_statistics', format('profiles %s', p.id), 'The profile has no row in user_stats_summary.'
      FROM @extschema@.profiles p
     WHERE NOT EXISTS (SELECT FROM @extschema@.user_stats_summary s WHERE s.user_id = p.id)
    UNION ALL
    SELECT 'setup_not_completed', format('profiles %s', p.id), 'Both required steps are completed, but the setup is not.'
      FROM @extschema@.profiles p
     WHERE (p.setup_completed IS NOT TRUE OR p.setup_completed_at IS NULL)
       AND p.id IN (SELECT s.user_id FROM @extschema@.profile_setup_progress s
                     WHERE s.completed AND s.step_name IN ('avatar_selected', 'profile_info_completed')
                     GROUP BY s.user_id HAVING count(*) = 2)
    UNION ALL
    SELECT 'several_defaults', format('profiles %s', d.user_id), format('%s rows of %s are marked as default.', d.n, d.kept_in)
      FROM (SELECT 'shipping_addresses' AS kept_in, a.user_id, count(*) AS n FROM @extschema@.shipping_addresses a WHERE a.is_default GROUP BY a.user_id
            UNION ALL
            SELECT 'payment_methods', m.user_id, count(*) FROM @extschema@.payment_methods m WHERE m.is_default GROUP BY m.user_id) d
     WHERE d.n > 1
    UNION ALL
    SELECT 'suspended_seller_on_sale', format('listings %s', l.id), 'The listing is active, but its seller is suspended.'
      FROM @extschema@.listings l JOIN @extschema@.profiles p ON p.id = l.seller_id
     WHERE l.status::text = 'active' AND p.suspended_at IS NOT NULL
    UNION ALL
    SELECT 'session_of_nobody', format('active_user_sessions %s', s.id), 'The user of the session has no profile.'
      FROM @extschema@.active_user_sessions s
     WHERE s.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = s.user_id)
$function$;
COMMENT ON FUNCTION private.integrity_of_accounts() IS
    'Part of check_integrity() for profiles and the rows that belong to them.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_catalog()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH RECURSIVE tree AS (
        SELECT c.id FROM @extschema@.categories c WHERE c.parent_id IS NULL
        UNION ALL
        SELECT c.id FROM @extschema@.categories c JOIN tree t ON c.parent_id = t.id
    )
    SELECT 'category_cycle', format('categories %s', c.id), format('Parent %s is not below a root category.', c.parent_id)
      FROM @extschema@.categories c WHERE NOT EXISTS (SELECT FROM tree t WHERE t.id = c.id)
    UNION ALL
    SELECT 'category_slug', format('categories %s', coalesce(t.id, s.category_id)),
           format('In locale %s the slug is %s, but category_slugs has %s.', coalesce(t.locale, s.locale), coalesce(t.slug, 'NULL'), coalesce(s.slug, 'NULL'))
      FROM (SELECT c.id, t.key AS locale, t.value ->> 'slug' AS slug FROM @extschema@.categories c CROSS JOIN jsonb_each(c.translations) t WHERE t.value ? 'slug') t
      FULL JOIN @extschema@.category_slugs s ON s.category_id = t.id AND s.locale = t.locale
     WHERE t.slug IS DISTINCT FROM s.slug
    UNION ALL
    SELECT 'negative_stock', format('listings %s', l.id), format('quantity is %s.', coalesce(l.quantity::text, 'NULL'))
      FROM @extschema@.listings l WHERE l.quantity IS NULL OR l.quantity < 0
    UNION ALL
    SELECT 'negative_stock', format('product_variants %s', v.id), format('quantity is %s.', coalesce(v.quantity::text, 'NULL'))
      FROM @extschema@.product_variants v WHERE v.quantity IS NULL OR v.quantity < 0
    UNION ALL
    -- Of one with variants the stock may come back by a new variant, or by one that is filled up.
    SELECT 'listing_status', format('listings %s', l.id), format('The listing is %s, but %s units are in stock.', l.status, l.quantity)
      FROM @extschema@.listings l
     WHERE l.status::text IN ('reserved', 'sold') AND l.quantity > 0
       AND NOT EXISTS (SELECT FROM @extschema@.product_variants v WHERE v.listing_id = l.id)
    UNION ALL
    SELECT 'listing_status', format('listings %s', l.id), 'The listing is reserved without an order.'
      FROM @extschema@.listings l
     WHERE l.status::text = 'reserved'
       AND NOT EXISTS (SELECT FROM @extschema@.order_items i JOIN @extschema@.orders o ON o.id = i.order_id
                        WHERE i.listing_id = l.id AND o.status NOT IN ('cancelled', 'refunded'))
    UNION ALL
    SELECT 'listing_status', format('listings %s', l.id), 'The listing is sold, but an order of it has not been paid.'
      FROM @extschema@.listings l
     WHERE l.status::text = 'sold'
       AND EXISTS (SELECT FROM @extschema@.order_items i JOIN @extschema@.orders o ON o.id = i.order_id
                    WHERE i.listing_id = l.id AND private.is_unpaid(o.status::text))
    UNION ALL
    SELECT 'listing_not_published', format('listings %s', l.id), 'The listing is active without published_at.'
      FROM @extschema@.listings l WHERE l.status::text = 'active' AND l.published_at IS NULL
    UNION ALL
    SELECT 'favorite_count', format('listings %s', l.id),
           format('favorite_count is %s, but the counted value is %s.', coalesce(l.favorite_count::text, 'NULL'), coalesce(f.n, 0))
      FROM @extschema@.listings l
      LEFT JOIN (SELECT f.listing_id, count(*) AS n FROM @extschema@.favorites f GROUP BY f.listing_id) f ON f.listing_id = l.id
     WHERE coalesce(l.favorite_count, 0) <> coalesce(f.n, 0)
$function$;
COMMENT ON FUNCTION private.integrity_of_catalog() IS
    'Part of check_integrity() for categories, listings, and their stock.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_payments()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'payments_exceed_total', format('orders %s', o.id), format('The payments total %s; the order total is %s.', t.paid, o.total_amount)
      FROM @extschema@.orders o
      JOIN (SELECT t.order_id, sum(t.amount) AS paid FROM @extschema@.payment_transactions t
             WHERE t.status NOT IN ('failed', 'cancelled') AND NOT t.is_surplus GROUP BY t.order_id) t ON t.order_id = o.id
     WHERE t.paid > o.total_amount
    UNION ALL
    SELECT 'refunds_exceed_total', format('orders %s', o.id), format('The refund requests total %s; the order total including store credit is %s.', r.amount, o.total_amount + coalesce(o.store_credit_amount, 0))
      FROM @extschema@.orders o
      JOIN (SELECT r.order_id, sum(r.amount) AS amount FROM @extschema@.refund_requests r
             WHERE r.status::text NOT IN ('rejected', 'failed') AND r.payment_transaction_id IS NULL GROUP BY r.order_id) r ON r.order_id = o.id
     WHERE r.amount > o.total_amount + coalesce(o.store_credit_amount, 0)
    UNION ALL
    -- What was paid for the line, and for nothing that another line has: the shipping goes back with the last one.
    SELECT 'returns_exceed_line', format('order_items %s', i.id), format('The returns refund %s of the %s paid.', r.amount, paid.amount)
      FROM @extschema@.order_items i
      JOIN @extschema@.orders o ON o.id = i.order_id
      JOIN (SELECT r.order_item_id, sum(r.refund_amount) AS amount FROM @extschema@.returns r
             WHERE r.status <> 'rejected' GROUP BY r.order_item_id) r ON r.order_item_id = i.id
     CROSS JOIN LATERAL (SELECT o.total_amount + coalesce(o.store_credit_amount, 0)
                                - coalesce((SELECT sum(l.total_price - l.discount_amount + l.tax_amount + l.buyer_fee_amount) FROM @extschema@.order_items l
                                             WHERE l.order_id = i.order_id AND l.id <> i.id), 0)) AS paid (amount)
     WHERE r.amount > paid.amount
    UNION ALL
    SELECT 'pieces_exceed_line', format('order_items %s', i.id), format('%s of %s units are cancelled, returned, or refunded.', gone.n, i.quantity)
      FROM @extschema@.order_items i
     CROSS JOIN LATERAL (SELECT i.cancelled_quantity
                                + coalesce((SELECT sum(coalesce(r.quantity, 0)) FROM @extschema@.returns r
                                             WHERE r.order_item_id = i.id AND r.refund_amount IS NOT NULL AND r.status::text IN ('refunded', 'closed')), 0)
                                + coalesce((SELECT sum(q.quantity) FROM @extschema@.refund_requests q
                                             WHERE q.order_item_id = i.id AND q.status::text IN ('approved', 'processed')), 0)) AS gone (n)
     WHERE gone.n > i.quantity
    UNION ALL
    SELECT 'refunds_exceed_line', format('order_items %s', i.id), format('The refund requests for this item total %s; the amount paid is %s.', r.amount, paid.amount)
      FROM @extschema@.order_items i
      JOIN @extschema@.orders o ON o.id = i.order_id
      JOIN (SELECT r.order_item_id, sum(r.amount) AS amount FROM @extschema@.refund_requests r
             WHERE r.status::text IN ('approved', 'processed') AND r.order_item_id IS NOT NULL GROUP BY r.order_item_id) r ON r.order_item_id = i.id
     CROSS JOIN LATERAL (SELECT o.total_amount + coalesce(o.store_credit_amount, 0)
                                - coalesce((SELECT sum(l.total_price - l.discount_amount + l.tax_amount + l.buyer_fee_amount) FROM @extschema@.order_items l
                                             WHERE l.order_id = i.order_id AND l.id <> i.id), 0)) AS paid (amount)
     WHERE r.amount > paid.amount
    UNION ALL
    SELECT 'store_credit_used', format('store_credits %s', c.id), format('used_amount is %s, but the uses add up to %s.', c.used_amount, coalesce(u.amount, 0))
      FROM @extschema@.store_credits c
      LEFT JOIN (SELECT u.store_credit_id, sum(u.amount) AS amount FROM @extschema@.store_credit_usage u
                  WHERE u.returned_at IS NULL GROUP BY u.store_credit_id) u ON u.store_credit_id = c.id
     WHERE c.used_amount IS DISTINCT FROM coalesce(u.amount, 0)
    UNION ALL
    SELECT 'store_credit_of_order', format('orders %s', o.id),
           format('The uses of store credit total %s, but store_credit_amount is %s.', u.amount, coalesce(o.store_credit_amount, 0))
      FROM @extschema@.orders o
      JOIN (SELECT u.order_id, sum(u.amount) AS amount FROM @extschema@.store_credit_usage u GROUP BY u.order_id) u ON u.order_id = o.id
     WHERE u.amount > coalesce(o.store_credit_amount, 0)
    UNION ALL
    SELECT 'cancelled_order_keeps', format('store_credit_usage %s', u.id), format('Order %s was cancelled, but the store credit was not returned.', o.id)
      FROM @extschema@.store_credit_usage u JOIN @extschema@.orders o ON o.id = u.order_id
     WHERE o.status = 'cancelled' AND u.returned_at IS NULL
       -- after a refund that reached the credit, what is left comes back as a new one
       AND NOT EXISTS (SELECT FROM @extschema@.refund_requests r JOIN @extschema@.store_credits c ON c.refund_request_id = r.id WHERE r.order_id = o.id)
    UNION ALL
    SELECT 'ledger_unbalanced', format('ledger_entries of journal %s', e.journal_id), format('The entries in %s add up to %s.', e.currency, sum(e.amount))
      FROM @extschema@.ledger_entries e GROUP BY e.journal_id, e.currency HAVING sum(e.amount) <> 0
$function$;
COMMENT ON FUNCTION private.integrity_of_payments() IS
    'Part of check_integrity() for payments, refunds, store credit, and the ledger.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_promotions()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH used AS (
        SELECT u.coupon_id, count(*) FILTER (WHERE u.is_successful AND u.counts) AS uses,
               coalesce(sum(u.discount_amount) FILTER (WHERE u.is_successful AND (o.currency <> c.total_discount_currency) IS NOT TRUE), 0) AS discount,
               sum(u.discount_amount) AS most
          FROM @extschema@.coupon_usage u JOIN @extschema@.coupons c ON c.id = u.coupon_id LEFT JOIN @extschema@.orders o ON o.id = u.order_id
         GROUP BY u.coupon_id
    )
    SELECT 'coupon_uses', format('coupons %s', c.id), format('usage_count is %s, but the counted value is %s.', c.usage_count, coalesce(u.uses, 0))
      FROM @extschema@.coupons c LEFT JOIN used u ON u.coupon_id = c.id
     WHERE c.usage_count IS DISTINCT FROM coalesce(u.uses, 0)
    UNION ALL
    SELECT 'coupon_discount', format('coupons %s', c.id),
           format('total_discount_given is %s, but the uses add up to %s.', coalesce(c.total_discount_given::text, 'NULL'), coalesce(u.discount, 0))
      FROM @extschema@.coupons c LEFT JOIN used u ON u.coupon_id = c.id
     -- a sum that was full stays below what the uses say
     WHERE coalesce(c.total_discount_given, 0) <> coalesce(u.discount, 0) AND coalesce(u.most, 0) <= 999999999999.99
    UNION ALL
    SELECT 'coupon_use_of_checkout', format('coupons %s', u.coupon_id), format('Checkout %s counts as %s uses.', u.checkout_id, count(*) FILTER (WHERE u.counts))
      FROM @extschema@.coupon_usage u
     WHERE u.coupon_id IS NOT NULL AND u.checkout_id IS NOT NULL AND u.is_successful
     GROUP BY u.coupon_id, u.checkout_id HAVING count(*) FILTER (WHERE u.counts) <> 1
    UNION ALL
    SELECT 'cancelled_order_keeps', format('coupon_usage %s', u.id), format('Order %s was cancelled, but the coupon use was not returned.', o.id)
      FROM @extschema@.coupon_usage u JOIN @extschema@.orders o ON o.id = u.order_id
     WHERE o.status = 'cancelled' AND u.is_successful AND u.coupon_id IS NOT NULL
    UNION ALL
    SELECT 'coupon_for_its_maker', format('coupons %s', c.id), 'This is a platform coupon, and its user_ids contain the user who created it.'
      FROM @extschema@.coupons c WHERE c.seller_id IS NULL AND c.created_by = ANY (c.user_ids)
    UNION ALL
    -- Uses of a checkout: others are written down by hand. Of a coupon that went with its seller nobody knows whose it was.
    SELECT 'platform_discount', format('orders %s', o.id), format('platform_discount_amount is %s, but platform coupons discounted %s.', o.platform_discount_amount, u.discount)
      FROM @extschema@.orders o
      JOIN (SELECT u.order_id, coalesce(sum(u.discount_amount) FILTER (WHERE c.seller_id IS NULL), 0) AS discount, bool_or(c.id IS NULL) AS is_unknown
              FROM @extschema@.coupon_usage u LEFT JOIN @extschema@.coupons c ON c.id = u.coupon_id
             WHERE u.order_id IS NOT NULL AND u.checkout_id IS NOT NULL GROUP BY u.order_id) u ON u.order_id = o.id
     WHERE NOT u.is_unknown AND o.platform_discount_amount <> u.discount
$function$;
COMMENT ON FUNCTION private.integrity_of_promotions() IS 'Part of check_integrity() for coupons and their uses.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_messaging()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'unread_count', format('conversations %s', c.id),
           format('The unread counts are %s for the buyer and %s for the seller, but the counted values are %s and %s.',
                  coalesce(c.buyer_unread_count::text, 'NULL'), coalesce(c.seller_unread_count::text, 'NULL'), coalesce(m.for_buyer, 0), coalesce(m.for_seller, 0))
      FROM @extschema@.conversations c
      LEFT JOIN (SELECT t.id, count(*) FILTER (WHERE m.sender_id IS DISTINCT FROM t.buyer_id) AS for_buyer,
                        count(*) FILTER (WHERE m.sender_id IS DISTINCT FROM t.seller_id) AS for_seller
                   FROM @extschema@.messages m JOIN @extschema@.conversations t ON t.id = m.conversation_id
                  WHERE m.is_read IS NOT TRUE GROUP BY t.id) m ON m.id = c.id
     WHERE coalesce(c.buyer_unread_count, 0) <> coalesce(m.for_buyer, 0) OR coalesce(c.seller_unread_count, 0) <> coalesce(m.for_seller, 0)
    UNION ALL
    SELECT 'last_message', format('conversations %s', c.id), 'A message is newer than last_message_at.'
      FROM @extschema@.conversations c
      JOIN (SELECT m.conversation_id, max(m.created_at) AS newest FROM @extschema@.messages m GROUP BY m.conversation_id) m ON m.conversation_id = c.id
     WHERE c.last_message_at IS NULL OR c.last_message_at < m.newest
    UNION ALL
    SELECT 'conversation_of_nobody', format('conversations %s', c.id), 'Both participants have deleted their accounts.'
      FROM @extschema@.conversations c WHERE c.buyer_id IS NULL AND c.seller_id IS NULL
$function$;
COMMENT ON FUNCTION private.integrity_of_messaging() IS
    'Part of check_integrity() for conversations and their messages.';

-- A party that is NULL has deleted the account and is compared with nobody.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_trust()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'rating_parties', format('user_ratings %s', r.id), format('The users are not the buyer and the seller of order %s.', o.id)
      FROM @extschema@.user_ratings r JOIN @extschema@.orders o ON o.id = r.order_id
     CROSS JOIN LATERAL (SELECT CASE r.type WHEN 'seller' THEN o.buyer_id ELSE o.seller_id END,
                                CASE r.type WHEN 'seller' THEN o.seller_id ELSE o.buyer_id END) AS party (rater, rated)
     WHERE r.rater_user_id IS NOT NULL AND r.rater_user_id IS DISTINCT FROM party.rater
        OR r.rated_user_id IS NOT NULL AND r.rated_user_id IS DISTINCT FROM party.rated
    UNION ALL
    SELECT 'dispute_parties', format('disputes %s', d.id), format('The users are not the buyer and the seller of order %s.', o.id)
      FROM @extschema@.disputes d JOIN @extschema@.orders o ON o.id = d.order_id
     WHERE d.initiated_by IS NOT NULL AND (d.initiated_by IN (o.buyer_id, o.seller_id)) IS NOT TRUE
        OR d.respondent_id IS NOT NULL AND (d.respondent_id IN (o.buyer_id, o.seller_id)) IS NOT TRUE
        OR d.initiated_by = d.respondent_id
    UNION ALL
    SELECT 'requested_by_buyer', format('%s %s', r.kept_in, r.id), format('requested_by is not the buyer of order %s.', o.id)
      FROM (SELECT 'returns' AS kept_in, r.id, r.order_id, r.requested_by FROM @extschema@.returns r
            UNION ALL
            SELECT 'refund_requests', f.id, f.order_id, f.requested_by FROM @extschema@.refund_requests f) r
      JOIN @extschema@.orders o ON o.id = r.order_id
     WHERE r.requested_by IS NOT NULL AND r.requested_by IS DISTINCT FROM o.buyer_id
    UNION ALL
    -- One that was written down in a later state may know no times, as an order.
    SELECT 'return_history', format('returns %s', r.id), format('The return is %s, but its history ends with %s.', r.status, coalesce(r.history -> -1 ->> 'to', 'nothing'))
      FROM @extschema@.returns r WHERE r.history -> -1 ->> 'to' IS DISTINCT FROM r.status::text
    UNION ALL
    SELECT 'return_time', format('returns %s', r.id), format('The return was %s, but the time of that step is not set.', step.entry ->> 'to')
      FROM @extschema@.returns r CROSS JOIN LATERAL jsonb_array_elements(r.history) AS step (entry)
     WHERE step.entry ? 'from'
       AND CASE WHEN step.entry ->> 'to' = 'approved' THEN r.approved_at IS NULL
                WHEN step.entry ->> 'to' IN ('rejected', 'refunded', 'replaced', 'closed') THEN r.completed_at IS NULL ELSE false END
    UNION ALL
    SELECT 'several_open', format('order_items %s', r.order_item_id), format('The order item has %s open returns.', count(*))
      FROM @extschema@.returns r WHERE r.is_open GROUP BY r.order_item_id HAVING count(*) > 1
    UNION ALL
    SELECT 'several_open', format('orders %s', d.order_id), format('The order has %s open disputes of the same party.', count(*))
      FROM @extschema@.disputes d WHERE d.is_open AND (d.metadata ? 'stripe_dispute_id') IS NOT TRUE AND d.initiated_by IS NOT NULL
     GROUP BY d.order_id, d.initiated_by HAVING count(*) > 1
    UNION ALL
    SELECT 'dispute_times', format('disputes %s', d.id),
           CASE WHEN d.awaiting_since IS NULL THEN format('The dispute is %s, but awaiting_since is not set.', d.status)
                ELSE format('The dispute is %s, but awaiting_since is set.', d.status) END
      FROM @extschema@.disputes d
     WHERE (d.status IN ('awaiting_seller_response', 'awaiting_buyer_response')) <> (d.awaiting_since IS NOT NULL)
    UNION ALL
    SELECT 'dispute_times', format('disputes %s', d.id), format('The dispute is %s, but resolved_at is not set.', d.status)
      FROM @extschema@.disputes d WHERE d.status IN ('resolved', 'cancelled') AND d.resolved_at IS NULL
    UNION ALL
    SELECT 'dispute_resolution', format('disputes %s', d.id), 'The dispute is open, but it has a resolution.'
      FROM @extschema@.disputes d WHERE d.is_open AND d.resolution IS NOT NULL
    UNION ALL
    SELECT 'chargeback_end_unknown', format('disputes %s', d.id),
           format('The payment processor has closed %s with status "%s", but order %s is still on hold.', d.metadata ->> 'stripe_dispute_id',
                  left(coalesce(told.data #>> '{data,object,status}', ''), 100), d.order_id)
      FROM @extschema@.disputes d
     CROSS JOIN LATERAL (SELECT w.data FROM @extschema@.stripe_webhook_events w
                          WHERE w.type::text = 'charge.dispute.closed' AND w.outcome::text = 'failed'
                            AND w.data #>> '{data,object,id}' = d.metadata ->> 'stripe_dispute_id'
                          ORDER BY w.created_at DESC, w.id LIMIT 1) told
     WHERE d.is_open AND d.metadata ? 'stripe_dispute_id'
$function$;
COMMENT ON FUNCTION private.integrity_of_trust() IS
    'Part of check_integrity() for ratings, disputes, chargebacks, returns, and refund requests.';

-- What a deleted account leaves behind is without the person.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_deletions()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'left_by_deleted_account', format('orders %s', o.id), 'The buyer''s account is deleted, but an address or payment method is still referenced.'
      FROM @extschema@.orders o
     WHERE o.buyer_id IS NULL AND num_nonnulls(o.shipping_address_id, o.billing_address_id, o.payment_method_id) > 0
    UNION ALL
    SELECT 'left_by_deleted_account', format('orders %s', o.id), 'The buyer''s account is deleted and the order is finished, but the address or notes still exist.'
      FROM @extschema@.orders o
     WHERE o.buyer_id IS NULL AND o.status IN ('delivered', 'completed', 'cancelled', 'refunded') AND num_nonnulls(o.shipping_address, o.notes) > 0
    UNION ALL
    SELECT 'left_by_deleted_account', format('order_addresses %s', o.id), 'The buyer''s account is deleted and the order is finished, but its addresses still exist.'
      FROM @extschema@.orders o JOIN @extschema@.order_addresses a ON a.order_id = o.id
     WHERE o.buyer_id IS NULL AND o.status IN ('delivered', 'completed', 'cancelled', 'refunded')
    UNION ALL
    SELECT 'left_by_deleted_account', format('orders %s', o.id), format('The seller''s account is deleted, but the order is %s and will not be shipped.', o.status)
      FROM @extschema@.orders o
     WHERE o.seller_id IS NULL AND (private.is_unpaid(o.status::text) OR o.status IN ('paid', 'preparing'))
       AND NOT EXISTS (SELECT FROM @extschema@.disputes d WHERE d.order_id = o.id AND d.is_open AND d.metadata ? 'stripe_dispute_id')
    UNION ALL
    SELECT 'takings_of_nobody', coalesce(format('orders %s', e.order_id), 'ledger_entries'), format('%s %s is booked for a seller without an ID.', sum(e.amount), e.currency)
      FROM @extschema@.ledger_entries e
     WHERE e.party_id IS NULL AND e.account IN ('seller_pending', 'seller_available', 'payouts_in_transit', 'seller_paid_out')
     GROUP BY e.order_id, e.currency HAVING sum(e.amount) <> 0
    UNION ALL
    SELECT 'left_by_deleted_account', format('order_items %s', i.id), 'The listing is deleted, but its variant is still referenced.'
      FROM @extschema@.order_items i WHERE i.listing_id IS NULL AND i.variant_id IS NOT NULL
    UNION ALL
    SELECT 'left_by_deleted_account', format('conversations %s', c.id), 'The seller''s account is deleted, but the listing is still referenced.'
      FROM @extschema@.conversations c WHERE c.seller_id IS NULL AND c.listing_id IS NOT NULL
    UNION ALL
    SELECT 'left_by_deleted_account', format('returns %s', r.id), 'The buyer''s account is deleted, but the label with the address still exists.'
      FROM @extschema@.returns r WHERE r.requested_by IS NULL AND r.return_shipping_label IS NOT NULL
$function$;
COMMENT ON FUNCTION private.integrity_of_deletions() IS 'Part of check_integrity() for rows of deleted accounts.';

-- Foreign keys do not look at what was loaded or changed while triggers were off. From the catalog, so that
-- the keys of the user's own columns count too; where the caller may not read a side, nothing can be said.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_references()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    key record;
BEGIN
    PERFORM private.require_own_tables();
    FOR key IN
        SELECT k.conname AS name, c.relname AS kept_in, k.conrelid::regclass AS child, k.confrelid::regclass AS parent,
               -- the key of the row, as far as it has one
               coalesce((SELECT format('concat_ws('', '', %s)', string_agg(format('child.%I', a.attname), ', ' ORDER BY array_position(i.indkey::smallint[], a.attnum)))
                           FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                          WHERE i.indrelid = k.conrelid AND i.indisprimary), 'child.ctid::text') AS id,
               (SELECT string_agg(format('child.%I IS NOT NULL', a.attname), ' AND ')
                  FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS is_set,
               (SELECT string_agg(format('parent.%I OPERATOR(pg_catalog.=) child.%I', p.attname, a.attname), ' AND ' ORDER BY pair.position)
                  FROM unnest(k.conkey, k.confkey) WITH ORDINALITY AS pair (child, parent, position)
                  JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = pair.child
                  JOIN pg_attribute p ON p.attrelid = k.confrelid AND p.attnum = pair.parent) AS is_same
          FROM private.shipped_objects() o
          JOIN pg_class c ON c.relname = o.name AND c.relnamespace = '@extschema@'::regnamespace
          JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f'
          JOIN pg_class p ON p.oid = k.confrelid
         WHERE o.kind = 'table'
           AND has_table_privilege(k.conrelid, 'SELECT') AND has_table_privilege(k.confrelid, 'SELECT')
           AND has_schema_privilege(p.relnamespace, 'USAGE')
         ORDER BY c.relname, k.conname
    LOOP
        RETURN QUERY EXECUTE format(
            'SELECT ''reference'', %L || '' '' || %s, %L FROM %s AS child WHERE %s AND NOT EXISTS (SELECT FROM %s AS parent WHERE %s)',
            key.kept_in, key.id, format('The row referenced by foreign key %s does not exist.', key.name), key.child, key.is_set, key.parent, key.is_same);
    END LOOP;
END;
$function$;
COMMENT ON FUNCTION private.integrity_of_references() IS
    'Part of check_integrity() for foreign keys: rows that reference missing rows, as far as the caller can read '
    'both tables.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_outbox()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'event_dead', format('outbox_dead %s', d.id), format('The event %s could not be handled: %s.', d.kind, coalesce(d.error, 'unknown error'))
      FROM @extschema@.outbox_dead d
    UNION ALL
    SELECT 'event_waiting', format('outbox_events %s', min(e.id)), format('%s events have been waiting for more than an hour.', count(*))
      FROM @extschema@.outbox_events e WHERE e.created_at < now() - interval '1 hour'
    HAVING count(*) > 0
    UNION ALL
    -- Before the first step with an event there was no outbox; history that is loaded without triggers is of old orders.
    SELECT 'history_without_event', format('order_status_history %s', h.id), format('Nobody is told that the order became %s.', h.to_status)
      FROM @extschema@.order_status_history h
      JOIN @extschema@.orders o ON o.id = h.order_id
     WHERE h.event_id IS NULL AND h.to_status::text IN ('paid', 'shipped', 'delivered', 'completed', 'cancelled', 'refunded')
       AND h.created_at > (SELECT min(f.created_at) FROM @extschema@.order_status_history f WHERE f.event_id IS NOT NULL)
       AND NOT (h.from_status IS NULL AND o.created_at < h.created_at - interval '1 day')
    UNION ALL
    SELECT w.* FROM private.integrity_of_webhooks() AS w
$function$;
COMMENT ON FUNCTION private.integrity_of_outbox() IS
    'Part of check_integrity() for events: those that could not be handled or wait for too long, steps without one, and '
    'webhooks that are not sent.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.check_integrity()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    parts CONSTANT text[] := ARRAY['users', 'accounts', 'statistics', 'catalog', 'search', 'feed', 'outbox', 'orders', 'offers', 'payments', 'ledger',
        'balances', 'amounts', 'promotions', 'messaging', 'trust', 'safety', 'copies', 'parcels', 'deletions', 'references'];
    told_at timestamptz := clock_timestamp();
BEGIN
    -- before anything is planned: a superuser may be asking
    PERFORM private.require_own_tables();
    FOR i IN 1..cardinality(parts) LOOP
        RETURN QUERY EXECUTE format('SELECT * FROM private.%I()', 'integrity_of_' || parts[i]);
        IF clock_timestamp() - told_at >= interval '10 seconds' THEN
            told_at := clock_timestamp();
            RAISE NOTICE 'checked % of % parts, the last one "%"', i, cardinality(parts), parts[i];
        END IF;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION @extschema@.check_integrity() IS
    'Returns a row for each violation of a rule that triggers enforce: the rule, the affected row, and a '
    'description; no rows if the data are consistent. Reads every table once or twice and takes no row locks; '
    'a NOTICE every ten seconds or so says how far it is. '
    'Service only (42501). Error 55000 if a table no longer belongs to driplo; none of its rows is read.';
