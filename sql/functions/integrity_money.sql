-- The part of check_integrity() about the ledger: what stands there against orders, payments, refunds, credits and payouts.
-- Only what driplo books is looked at, by its kind; an adjustment of the service is the service's.

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_ledger()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH worth AS (
        -- as core::settle() divides it
        SELECT o.id, o.buyer_id, o.seller_id, o.currency, o.status, o.released_at, o.refunded_amount, o.refunded_fee_amount, o.refunded_tax_amount, o.refunded_discount_amount, o.withheld_amount,
               o.total_amount AS cash,
               coalesce(o.store_credit_amount, 0) AS credit, o.platform_discount_amount AS promotion, tax.amount AS tax, fee.amount AS fee,
               whole.amount - tax.amount - fee.amount AS takings
          FROM @extschema@.orders o
         CROSS JOIN LATERAL (SELECT o.total_amount + coalesce(o.store_credit_amount, 0) + o.platform_discount_amount) AS whole (amount)
         CROSS JOIN LATERAL (SELECT least(coalesce(o.tax_amount, 0) + o.included_tax_amount, whole.amount)) AS tax (amount)
         CROSS JOIN LATERAL (SELECT least(o.platform_fee_amount - least(o.fee_tax_amount, o.included_tax_amount), whole.amount - tax.amount)) AS fee (amount)
    ), booked AS (
        SELECT e.order_id, count(DISTINCT e.journal_id) FILTER (WHERE e.kind = 'sale') AS sales,
               coalesce(sum(e.amount) FILTER (WHERE e.kind = 'sale' AND e.account IN ('processor_clearing', 'cash_on_delivery', 'part_payments')), 0) AS cash,
               coalesce(sum(e.amount) FILTER (WHERE e.kind = 'sale' AND e.account = 'store_credit'), 0) AS credit,
               coalesce(sum(e.amount) FILTER (WHERE e.kind = 'sale' AND e.account = 'promotions'), 0) AS promotion,
               coalesce(sum(e.amount) FILTER (WHERE e.kind = 'sale' AND e.account = 'taxes'), 0) AS tax,
               coalesce(sum(e.amount) FILTER (WHERE e.kind = 'sale' AND e.account = 'platform_fees'), 0) AS fee,
               coalesce(sum(e.amount) FILTER (WHERE e.kind = 'sale' AND e.account = 'seller_pending'), 0) AS takings,
               bool_or(e.party_id IS DISTINCT FROM o.seller_id) FILTER (WHERE e.account IN ('seller_pending', 'seller_available') AND o.seller_id IS NOT NULL)
                   IS TRUE AS is_of_others,
               coalesce(sum(e.amount) FILTER (WHERE e.kind <> 'sale' AND e.account IN ('refunds', 'disputes', 'store_credit')), 0) AS gone_back,
               coalesce(sum(e.amount) FILTER (WHERE e.account = 'platform_fees'), 0) AS fee_kept,
               coalesce(sum(e.amount) FILTER (WHERE e.account = 'taxes'), 0) AS tax_kept,
               coalesce(sum(e.amount) FILTER (WHERE e.account = 'seller_pending'), 0) AS pending,
               coalesce(sum(e.amount) FILTER (WHERE e.account = 'seller_available'), 0) AS available
          FROM @extschema@.ledger_entries e JOIN @extschema@.orders o ON o.id = e.order_id
         WHERE e.kind IN ('sale', 'release', 'hold', 'refund', 'refund_failed', 'withheld', 'chargeback_lost', 'chargeback_regained')
         GROUP BY e.order_id
    ), sold AS (
        SELECT w.id, w.buyer_id, w.status, w.released_at, w.refunded_amount, w.cash + w.credit AS paid, w.credit, w.takings, b.gone_back + w.withheld_amount AS gone_back, b.pending, b.available,
               b.pending + b.available AS kept, b.fee_kept, b.tax_kept, w.fee - w.refunded_fee_amount AS fee_left, w.tax - w.refunded_tax_amount AS tax_left,
               w.takings - w.refunded_amount - w.refunded_discount_amount + w.refunded_fee_amount + w.refunded_tax_amount AS takings_left
          FROM worth w JOIN booked b ON b.order_id = w.id
         WHERE b.sales > 0
    )
    -- An order without a price has nothing to book.
    SELECT 'sale_not_booked', format('orders %s', w.id), format('The order was paid, but its sale of %s is not booked.', w.cash + w.credit)
      FROM worth w
     WHERE w.cash + w.credit + w.promotion > 0
       AND NOT EXISTS (SELECT FROM booked b WHERE b.order_id = w.id AND b.sales > 0)
       AND (private.was_paid(w.status::text)
            OR EXISTS (SELECT FROM @extschema@.order_status_history h
                        WHERE h.order_id = w.id AND private.was_paid(h.to_status::text) AND h.created_at > (SELECT private.adopted_until())))
    UNION ALL
    SELECT 'sale_of_order', format('orders %s', w.id),
           CASE WHEN b.sales > 1 THEN format('%s sales are booked for the order.', b.sales)
                WHEN b.is_of_others THEN 'Earnings from the order are booked for another user than its seller.'
                ELSE format('The sale is booked as %s for the seller, %s fee, and %s tax from %s cash, %s store credit, and %s promotions; the order has %s, %s, and %s from %s, %s, and %s.',
                            b.takings, b.fee, b.tax, -b.cash, -b.credit, -b.promotion, w.takings, w.fee, w.tax, w.cash, w.credit, w.promotion) END
      FROM worth w JOIN booked b ON b.order_id = w.id
     WHERE b.sales > 0
       AND (b.sales > 1 OR b.is_of_others
            OR (b.takings, b.fee, b.tax, -b.cash, -b.credit, -b.promotion) <> (w.takings, w.fee, w.tax, w.cash, w.credit, w.promotion))
    UNION ALL
    SELECT 'due_on_delivery', format('orders %s', o.id), format('due_on_delivery is %s, but the ledger has %s.', o.due_on_delivery, coalesce(due.amount, 0))
      FROM @extschema@.orders o
      LEFT JOIN (SELECT e.order_id, -sum(e.amount) AS amount FROM @extschema@.ledger_entries e
                  WHERE e.account = 'cash_on_delivery' AND e.kind <> 'adjustment' GROUP BY e.order_id) due ON due.order_id = o.id
     WHERE o.due_on_delivery <> coalesce(due.amount, 0)
    UNION ALL
    SELECT 'part_paid', format('orders %s', o.id), format('The order is %s and part_paid_amount is %s, but the ledger has %s.', o.status, o.part_paid_amount, coalesce(paid.amount, 0))
      FROM @extschema@.orders o
      LEFT JOIN (SELECT e.order_id, sum(e.amount) AS amount FROM @extschema@.ledger_entries e
                  WHERE e.account = 'part_payments' AND e.kind <> 'adjustment' GROUP BY e.order_id) paid ON paid.order_id = o.id
     WHERE o.part_paid_amount <> coalesce(paid.amount, 0) OR (o.part_paid_amount > 0 AND NOT private.is_unpaid(o.status::text))
    UNION ALL
    -- The credit of a buyer who is gone falls to the platform, with what that gets back itself.
    SELECT 'refunded_amount', format('orders %s', s.id), format('refunded_amount is %s, but the ledger has %s.', s.refunded_amount, s.gone_back)
      FROM sold s
     WHERE s.refunded_amount <> s.gone_back AND (s.buyer_id IS NOT NULL OR s.credit = 0)
    UNION ALL
    SELECT 'refunded_amount', format('orders %s', w.id), format('refunded_amount is %s, but the sale was never booked.', w.refunded_amount)
      FROM worth w
     WHERE w.refunded_amount > 0 AND NOT EXISTS (SELECT FROM sold s WHERE s.id = w.id)
    UNION ALL
    -- The order counts what was taken from whom.
    SELECT 'takings_of_order', format('orders %s', s.id),
           format('The order has %s for the seller, %s for the platform, and %s tax; the ledger has %s, %s, and %s.', s.takings_left, s.fee_left, s.tax_left,
                  s.kept, s.fee_kept, s.tax_kept)
      FROM sold s
     WHERE (s.kept, s.fee_kept, s.tax_kept) <> (s.takings_left, s.fee_left, s.tax_left) OR least(s.takings_left, s.fee_left, s.tax_left) < 0
    UNION ALL
    SELECT 'takings_released', format('orders %s', s.id),
           format('The seller''s earnings were %sreleased, but %s of them is %s.', CASE WHEN s.released_at IS NULL THEN 'not ' ELSE '' END,
                  CASE WHEN s.released_at IS NULL THEN s.available ELSE s.pending END, CASE WHEN s.released_at IS NULL THEN 'available' ELSE 'pending' END)
      FROM sold s
     WHERE CASE WHEN s.released_at IS NULL THEN s.available ELSE s.pending END <> 0
    UNION ALL
    SELECT 'ended_order_keeps_money', format('orders %s', s.id), format('The order is %s, but %s of the %s paid is refunded.', s.status, s.refunded_amount, s.paid)
      FROM sold s
     WHERE s.status IN ('cancelled', 'refunded') AND s.refunded_amount <> s.paid
    UNION ALL
    SELECT 'ended_order_keeps_money', format('orders %s', s.id), format('The order is %s, but the seller has %s of it, the platform %s, and the tax %s.', s.status, s.takings_left,
           s.fee_left, s.tax_left)
      FROM sold s
     WHERE s.status IN ('cancelled', 'refunded') AND s.refunded_amount = s.paid AND (s.takings_left, s.fee_left, s.tax_left) <> (0, 0, 0)
$function$;
COMMENT ON FUNCTION private.integrity_of_ledger() IS
    'Part of check_integrity() for orders and their ledger entries: sales, refunds, and remaining amounts.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_balances()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH request AS (
        SELECT r.id, r.order_id, r.status::text AS status, r.amount - r.credit_amount AS cash, r.credit_amount AS credit, r.payment_transaction_id AS surplus, r.processed_at,
               md5('refund:' || r.id)::uuid AS refund, md5('surplus:' || r.id)::uuid AS surplus_refund, md5('refund_excess:' || r.id)::uuid AS excess,
               md5('refund_sent:' || r.id)::uuid AS sent, md5('refund_failed:' || r.id)::uuid AS failed,
               -- what came back, and was sent again
               ARRAY(SELECT md5(kind || r.id || ':' || n)::uuid FROM generate_series(1, (r.metadata ->> 'unsent')::integer) n, unnest(ARRAY['refund_unsent:', 'refund_sent:']) kind) AS unsent,
               -- parts of a surplus that became requests of their own
               ARRAY(SELECT md5('surplus_divided:' || part.id)::uuid FROM @extschema@.refund_requests part
                      WHERE part.payment_transaction_id = r.payment_transaction_id AND part.metadata ->> 'part_of' = r.id::text) AS divided
          FROM @extschema@.refund_requests r
    ), owed AS (
        SELECT r.id, sum(e.amount) AS amount
          FROM request r JOIN @extschema@.ledger_entries e ON e.journal_id IN (r.refund, r.surplus_refund, r.sent, r.failed) OR e.journal_id = ANY (r.unsent || r.divided)
         WHERE e.account = 'refunds' GROUP BY r.id
    ), sent AS (
        SELECT r.order_id, r.surplus, sum(r.cash) AS amount FROM request r WHERE r.status = 'processed' GROUP BY r.order_id, r.surplus
    ), payment AS (
        -- one that was written down, and not moved by news of the processor, may know nothing of its refunds
        SELECT t.order_id, CASE WHEN t.is_surplus THEN t.id END AS surplus, sum(t.refunded_amount) AS refunded, sum(t.amount) AS amount,
               bool_and((t.metadata ? 'last_news') IS TRUE) AS is_followed
          FROM @extschema@.payment_transactions t
         WHERE t.status IN ('succeeded', 'refunded', 'partially_refunded') GROUP BY 1, 2
    ), credit AS (
        SELECT c.user_id, c.currency, sum(c.amount - c.expired_amount) AS amount FROM @extschema@.store_credits c GROUP BY c.user_id, c.currency
    ), spent AS (
        SELECT o.buyer_id, o.currency, sum(u.kept) AS amount, bool_or(coalesce(o.store_credit_amount, 0) <> u.amount) AS is_unknown
          FROM @extschema@.orders o
         CROSS JOIN LATERAL (SELECT coalesce(sum(u.amount), 0) AS amount, coalesce(sum(u.amount) FILTER (WHERE u.returned_at IS NULL), 0) AS kept
                               FROM @extschema@.store_credit_usage u WHERE u.order_id = o.id) u
         WHERE o.store_credit_amount > 0
           AND EXISTS (SELECT FROM @extschema@.ledger_entries e WHERE e.order_id = o.id AND e.kind = 'sale')
         GROUP BY o.buyer_id, o.currency
    ), payout AS (
        -- the party of the ledger, who may have deleted the account since
        SELECT e.party_id, p.currency, sum(p.amount - coalesce((p.metadata ->> 'reversed')::numeric, 0)) FILTER (WHERE p.status::text IN ('pending', 'processing')) AS in_transit,
               sum(p.amount - coalesce((p.metadata ->> 'reversed')::numeric, 0)) FILTER (WHERE p.status::text = 'paid') AS paid_out
          FROM @extschema@.seller_payouts p
          JOIN @extschema@.ledger_entries e ON e.journal_id = md5('payout:' || p.id)::uuid AND e.account = 'payouts_in_transit'
         GROUP BY e.party_id, p.currency
    ), moved AS (
        SELECT e.party_id, e.currency, coalesce(sum(e.amount) FILTER (WHERE e.account = 'payouts_in_transit'), 0) AS in_transit,
               coalesce(sum(e.amount) FILTER (WHERE e.account = 'seller_paid_out'), 0) AS paid_out
          FROM @extschema@.ledger_entries e
         WHERE e.account IN ('payouts_in_transit', 'seller_paid_out') AND e.kind IN ('payout', 'payout_paid', 'payout_failed', 'payout_reversed')
         GROUP BY e.party_id, e.currency
    ), moved_by AS (
        -- what each payout has moved, but for the parts that a reversed transfer brought back: the sums of the seller tell of these
        SELECT p.id, bool_or(e.kind = 'payout') AS is_taken,
               bool_or(e.currency <> p.currency) AS is_of_other_currency, bool_or(e.party_id <> p.seller_id) AS is_of_others,
               coalesce(sum(e.amount) FILTER (WHERE e.kind = 'payout' AND e.account = 'payouts_in_transit'), 0) AS taken,
               coalesce(sum(e.amount) FILTER (WHERE e.kind = 'payout_paid' AND e.account = 'seller_paid_out'), 0) AS paid,
               coalesce(sum(e.amount) FILTER (WHERE e.kind = 'payout_failed' AND e.account = 'seller_available'), 0) AS given_back
          FROM @extschema@.seller_payouts p
          JOIN @extschema@.ledger_entries e ON e.journal_id IN (md5('payout:' || p.id)::uuid, md5('payout_paid:' || p.id)::uuid, md5('payout_failed:' || p.id)::uuid)
         GROUP BY p.id
    ), listed AS (
        SELECT j.journal_id, j.order_id, j.kind, j.fee, j.seller
          FROM (SELECT e.journal_id, e.order_id, e.kind, coalesce(sum(e.amount) FILTER (WHERE e.account = 'platform_fees'), 0) AS fee,
                       coalesce(sum(e.amount) FILTER (WHERE e.account IN ('seller_pending', 'seller_available')), 0) AS seller
                  FROM @extschema@.ledger_entries e
                 WHERE e.kind IN ('sale', 'refund', 'refund_failed', 'withheld', 'chargeback_lost', 'chargeback_regained') AND e.order_id IS NOT NULL
                 GROUP BY e.journal_id, e.order_id, e.kind) j
    )
    SELECT 'refund_owed', format('refund_requests %s', r.id),
           format('The request is %s, but %s of its %s is owed.', r.status, o.amount, r.cash)
      FROM request r JOIN owed o ON o.id = r.id
     WHERE o.amount <> CASE r.status WHEN 'approved' THEN r.cash ELSE 0 END
    UNION ALL
    -- The sums above are the same for what was sent and for what was never owed: what was done is asked of the journals. A
    -- request for an order whose sale is not booked was written down, with the order.
    SELECT 'refund_status', format('refund_requests %s', r.id),
           format('The request is %s, but %s.', r.status, CASE WHEN NOT done.is_booked THEN 'its refund is not booked'
                                                               WHEN done.has_failed THEN 'its refund is booked as failed'
                                                               ELSE 'its refund is booked' END)
      FROM request r
     CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM @extschema@.ledger_entries e WHERE e.journal_id IN (r.refund, r.surplus_refund)) AS is_booked,
                                EXISTS (SELECT FROM @extschema@.ledger_entries e WHERE e.journal_id = r.failed) AS has_failed) done
     -- what the bank took beside it is booked another way
     WHERE NOT EXISTS (SELECT FROM @extschema@.ledger_entries e WHERE e.journal_id = r.excess)
       AND CASE WHEN r.status IN ('pending', 'rejected') THEN done.is_booked
                WHEN NOT done.is_booked THEN r.status IN ('approved', 'processed', 'failed')
                                             AND EXISTS (SELECT FROM @extschema@.ledger_entries e WHERE e.order_id = r.order_id AND e.kind = 'sale')
                WHEN r.status = 'failed' THEN NOT done.has_failed
                ELSE done.has_failed END
    UNION ALL
    -- Whose status was written past the functions has the times of another one.
    SELECT 'refund_status', format('refund_requests %s', r.id),
           format('The request is %s, but processed_at is %sset.', r.status, CASE WHEN r.processed_at IS NULL THEN 'not ' ELSE '' END)
      FROM request r
     WHERE CASE WHEN r.status IN ('pending', 'approved') THEN r.processed_at IS NOT NULL
                ELSE r.status IN ('processed', 'failed') AND r.processed_at IS NULL
                     AND EXISTS (SELECT FROM @extschema@.ledger_entries e WHERE e.journal_id IN (r.refund, r.surplus_refund, r.excess)) END
    UNION ALL
    -- What went back of a line, an order or a surplus is the request's, to the cent.
    SELECT 'refund_journal', format('refund_requests %s', r.id),
           CASE WHEN b.is_elsewhere THEN format('The refund is booked for another order than %s.', r.order_id)
                ELSE format('The request is for %s in cash and %s as store credit, but %s and %s are booked.', r.cash, r.credit, b.cash, b.credit) END
      FROM request r
      JOIN @extschema@.orders o ON o.id = r.order_id
     CROSS JOIN LATERAL (SELECT count(*) AS entries, bool_or(e.order_id IS DISTINCT FROM r.order_id) AS is_elsewhere,
                                coalesce(sum(e.amount) FILTER (WHERE e.account = 'refunds' AND e.journal_id <> r.excess OR e.account = 'processor_clearing' AND e.journal_id = r.excess), 0) AS cash,
                                coalesce(sum(e.amount) FILTER (WHERE e.account = 'store_credit'), 0) AS credit
                           FROM @extschema@.ledger_entries e WHERE e.journal_id IN (r.refund, r.surplus_refund, r.excess) OR e.journal_id = ANY (r.divided)) b
     WHERE b.entries > 0
       -- the credit of a buyer who is gone falls to the platform
       AND (b.is_elsewhere OR b.cash <> r.cash OR b.credit <> r.credit AND NOT (o.buyer_id IS NULL AND b.credit = 0))
    UNION ALL
    SELECT 'payment_refunded', format('orders %s', p.order_id),
           format('refunded_amount of the payments is %s, but %s was refunded.', p.refunded, coalesce(s.amount, 0))
      FROM payment p LEFT JOIN sent s ON s.order_id = p.order_id AND s.surplus IS NOT DISTINCT FROM p.surplus
     WHERE p.refunded > coalesce(s.amount, 0) OR p.is_followed AND p.refunded < least(coalesce(s.amount, 0), p.amount)
    UNION ALL
    -- By the sum that the processor has told, while nothing says which order's or request's it is.
    SELECT 'refund_unknown', format('payment %s', t.processor_transaction_id),
           format('The payment processor has refunded %s, but only %s is accounted for.', round(max((t.metadata ->> 'refunded_so_far')::numeric) / 100, 2), sum(t.refunded_amount))
      FROM @extschema@.payment_transactions t
     WHERE t.metadata ? 'refunded_so_far'
     GROUP BY t.processor, t.processor_transaction_id
    HAVING max((t.metadata ->> 'refunded_so_far')::numeric) / 100 > sum(t.refunded_amount) + coalesce((
        SELECT sum(failed.amount::numeric) / 100 FROM @extschema@.refund_requests r CROSS JOIN LATERAL jsonb_each_text(r.metadata -> 'failed_refunds') AS failed (id, amount)
         WHERE r.order_id = ANY (array_agg(t.order_id))), 0)
    UNION ALL
    SELECT 'payment_refunded', format('payment_transactions %s', t.id), format('The payment is %s, but %s of %s was refunded.', t.status, t.refunded_amount, t.amount)
      FROM @extschema@.payment_transactions t
     WHERE t.refunded_amount > 0 AND t.status::text <> CASE WHEN t.refunded_amount < t.amount THEN 'partially_refunded' ELSE 'refunded' END
    UNION ALL
    SELECT 'payment_not_booked', format('payment_transactions %s', t.id),
           CASE WHEN t.is_surplus THEN 'The payment is an overpayment without a refund request.' ELSE 'The payment was received, but the sale of its order is not booked.' END
      FROM @extschema@.payment_transactions t
     WHERE t.metadata ? 'last_news' AND t.status IN ('succeeded', 'refunded', 'partially_refunded')
       AND CASE WHEN t.is_surplus THEN NOT EXISTS (SELECT FROM @extschema@.refund_requests r WHERE r.payment_transaction_id = t.id)
                ELSE NOT EXISTS (SELECT FROM @extschema@.ledger_entries e WHERE e.order_id = t.order_id AND e.kind = 'sale')
                     -- a part that waits for the others
                     AND NOT EXISTS (SELECT FROM @extschema@.ledger_entries e WHERE e.journal_id = md5('part_paid:' || t.id)::uuid) END
    UNION ALL
    -- Of an order that several payments have paid, each sends back no more than came through it, and what it is counted with.
    SELECT 'refund_through_payment', format('payment_transactions %s', t.id),
           CASE WHEN r.is_elsewhere THEN 'Refunds of another order, or of an overpayment, go through it.'
                ELSE format('Refunds of %s are sent and %s approved through it; refunded_amount is %s of %s.', r.sent, r.approved, t.refunded_amount, t.amount) END
      FROM @extschema@.payment_transactions t
      JOIN (SELECT q.through_payment_id AS payment_id, coalesce(sum(q.amount - q.credit_amount) FILTER (WHERE q.status::text = 'processed'), 0) AS sent,
                   coalesce(sum(q.amount - q.credit_amount) FILTER (WHERE q.status::text = 'approved'), 0) AS approved,
                   bool_or(q.order_id <> p.order_id OR q.payment_transaction_id IS NOT NULL OR p.is_surplus) AS is_elsewhere
              FROM @extschema@.refund_requests q JOIN @extschema@.payment_transactions p ON p.id = q.through_payment_id
             WHERE q.status::text IN ('approved', 'processed') GROUP BY q.through_payment_id) r ON r.payment_id = t.id
     WHERE r.is_elsewhere OR r.sent > t.refunded_amount OR r.approved > t.amount - t.refunded_amount
    UNION ALL
    -- Who has an order with credit that no store_credits paid was given it by hand, and is let alone.
    SELECT 'store_credit_balance', format('profiles %s', p.id),
           format('The credits less their uses are %s %s, but the ledger has %s.', coalesce(c.amount, 0) - coalesce(s.amount, 0), k.currency, coalesce(e.amount, 0))
      FROM (SELECT c.user_id, c.currency FROM credit c
            UNION
            SELECT b.party_id, b.currency FROM @extschema@.ledger_entries b WHERE b.account = 'store_credit' AND b.kind <> 'adjustment' AND b.party_id IS NOT NULL) k (user_id, currency)
      JOIN @extschema@.profiles p ON p.id = k.user_id
      LEFT JOIN credit c ON c.user_id = k.user_id AND c.currency = k.currency
      LEFT JOIN spent s ON s.buyer_id = k.user_id AND s.currency = k.currency
      LEFT JOIN LATERAL (SELECT sum(e.amount) AS amount FROM @extschema@.ledger_entries e
                          WHERE e.party_id = k.user_id AND e.account = 'store_credit' AND e.currency = k.currency AND e.kind <> 'adjustment') e ON true
     WHERE coalesce(c.amount, 0) - coalesce(s.amount, 0) <> coalesce(e.amount, 0) AND s.is_unknown IS NOT TRUE
    UNION ALL
    -- What is owed to whoever has a card, and that who has redeemed one has the credit.
    SELECT 'gift_card_balance', format('gift_cards in %s', coalesce(g.currency, e.currency)),
           format('The cards that can be redeemed are %s, but the ledger has %s.', coalesce(g.amount, 0), coalesce(e.amount, 0))
      FROM (SELECT g.currency, sum(g.amount) AS amount FROM @extschema@.gift_cards g WHERE g.status::text = 'active' GROUP BY g.currency) g
      FULL JOIN (SELECT e.currency, sum(e.amount) AS amount FROM @extschema@.ledger_entries e
                  WHERE e.account = 'gift_cards' AND e.kind <> 'adjustment' GROUP BY e.currency) e ON e.currency = g.currency
     WHERE coalesce(g.amount, 0) <> coalesce(e.amount, 0)
    UNION ALL
    SELECT 'gift_card_credit', format('gift_cards %s', g.id), format('The card is %s, but its store credit is %s.', g.status, coalesce(c.amount, 0))
      FROM @extschema@.gift_cards g
     CROSS JOIN LATERAL (SELECT sum(c.amount) AS amount FROM @extschema@.store_credits c WHERE c.gift_card_id = g.id AND c.refund_request_id IS NULL) c
     -- with an account its credit goes; what was cancelled may have been redeemed before
     WHERE CASE g.status::text WHEN 'redeemed' THEN g.redeemed_by IS NOT NULL AND c.amount IS DISTINCT FROM g.amount
                               WHEN 'cancelled' THEN false ELSE c.amount IS NOT NULL END
    UNION ALL
    SELECT 'payout_balance', format('seller_payouts of %s', coalesce(p.party_id, m.party_id)),
           format('%s %s in transit and %s paid out are booked, but the payouts have %s and %s.', coalesce(m.in_transit, 0), coalesce(p.currency, m.currency),
                  coalesce(m.paid_out, 0), coalesce(p.in_transit, 0), coalesce(p.paid_out, 0))
      FROM payout p FULL JOIN moved m ON m.party_id = p.party_id AND m.currency = p.currency
     WHERE (coalesce(m.in_transit, 0), coalesce(m.paid_out, 0)) <> (coalesce(p.in_transit, 0), coalesce(p.paid_out, 0))
    UNION ALL
    SELECT 'payout_journal', format('seller_payouts %s', p.id),
           CASE WHEN NOT m.is_taken THEN 'The outcome of the payout is booked, but the payout itself is not.'
                WHEN m.is_of_others THEN 'The payout is booked for another user than its seller.'
                WHEN m.is_of_other_currency THEN format('The payout is booked in another currency than %s.', p.currency)
                ELSE format('The payout of %s is %s, but %s taken, %s paid, and %s returned are booked.', p.amount, p.status, m.taken, m.paid, m.given_back) END
      FROM @extschema@.seller_payouts p JOIN moved_by m ON m.id = p.id
     CROSS JOIN LATERAL (SELECT p.amount - coalesce((p.metadata ->> 'reversed')::numeric, 0)) AS left_over (amount)
     WHERE NOT m.is_taken OR m.is_of_others IS TRUE OR m.is_of_other_currency OR m.taken <> p.amount
        OR CASE WHEN p.status::text IN ('pending', 'processing') THEN (m.paid, m.given_back) <> (0, 0)
                -- parts of it may have come back before it counted as paid, or since
                WHEN p.status::text = 'paid' THEN m.paid NOT BETWEEN left_over.amount AND p.amount OR m.given_back <> 0
                ELSE m.given_back <> left_over.amount OR m.paid <> 0 AND m.paid NOT BETWEEN left_over.amount AND p.amount END
    UNION ALL
    -- One that was written down is older than what the ledger knows of its seller.
    SELECT 'payout_journal', format('seller_payouts %s', p.id), format('The payout of %s %s is %s, but it is not booked.', p.amount, p.currency, p.status)
      FROM @extschema@.seller_payouts p
     WHERE p.status::text IN ('pending', 'processing', 'paid')
       AND NOT EXISTS (SELECT FROM moved_by m WHERE m.id = p.id)
       AND p.created_at > (SELECT min(e.created_at) FROM @extschema@.ledger_entries e
                            WHERE e.party_id = p.seller_id AND e.account IN ('seller_pending', 'seller_available'))
    UNION ALL
    SELECT 'payout_status', format('seller_payouts %s', p.id),
           format('The payout is %s, but completed_at is %sset and failed_at is %sset.', p.status, CASE WHEN p.completed_at IS NULL THEN 'not ' ELSE '' END,
                  CASE WHEN p.failed_at IS NULL THEN 'not ' ELSE '' END)
      FROM @extschema@.seller_payouts p JOIN moved_by m ON m.id = p.id
     WHERE CASE p.status::text WHEN 'paid' THEN p.completed_at IS NULL OR p.failed_at IS NOT NULL
                               WHEN 'failed' THEN p.failed_at IS NULL
                               WHEN 'cancelled' THEN p.failed_at IS NOT NULL
                               ELSE num_nonnulls(p.completed_at, p.failed_at) > 0 END
    UNION ALL
    SELECT 'transaction_listed', format('orders %s', l.order_id), format('The %s is booked with %s for the seller and %s fee, but is listed %s.', l.kind, l.seller, l.fee,
           CASE WHEN t.n > 0 THEN format('%s times with %s and %s', t.n, t.seller, t.fee) ELSE 'not at all' END)
      FROM listed l
      LEFT JOIN (SELECT t.metadata ->> 'journal_id' AS journal_id, count(*) AS n, sum(t.net_amount) AS seller, sum(coalesce(t.fee, 0)) AS fee
                   FROM @extschema@.transactions t WHERE t.metadata ? 'journal_id' GROUP BY 1) t ON t.journal_id = l.journal_id::text
     WHERE (t.n, t.seller, t.fee) IS DISTINCT FROM (1, l.seller, l.fee)
$function$;
COMMENT ON FUNCTION private.integrity_of_balances() IS
    'Part of check_integrity() that compares the ledger with refunds, payments, store credit, payouts, and '
    'transactions.';

-- Amounts that cannot be paid: of a currency that has none so small.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_amounts()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'amount_below_unit', written.object, format('%s is not a multiple of the smallest unit of %s.', written.amount, written.currency)
      FROM (
        SELECT format('listings %s', l.id) AS object, l.price AS amount, l.currency::text AS currency FROM @extschema@.listings l
        UNION ALL
        SELECT format('product_variants %s', v.id), v.price, l.currency::text
          FROM @extschema@.product_variants v JOIN @extschema@.listings l ON l.id = v.listing_id
        UNION ALL
        SELECT format('orders %s', o.id), part.amount, o.currency::text
          FROM @extschema@.orders o, LATERAL (VALUES (o.subtotal), (o.shipping_cost), (o.tax_amount), (o.included_tax_amount), (o.discount_amount), (o.store_credit_amount),
                                                     (o.total_amount), (o.platform_fee_amount), (o.buyer_fee_amount), (o.platform_discount_amount)) AS part (amount)
        UNION ALL
        SELECT format('order_items %s', i.id), part.amount, o.currency::text
          FROM @extschema@.order_items i JOIN @extschema@.orders o ON o.id = i.order_id,
               LATERAL (VALUES (i.unit_price), (i.discount_amount), (i.platform_fee)) AS part (amount)
        UNION ALL
        SELECT format('payment_transactions %s', t.id), t.amount, t.currency::text FROM @extschema@.payment_transactions t
        UNION ALL
        SELECT format('refund_requests %s', r.id), r.amount, o.currency::text
          FROM @extschema@.refund_requests r JOIN @extschema@.orders o ON o.id = r.order_id
        UNION ALL
        SELECT format('store_credits %s', c.id), c.amount, c.currency::text FROM @extschema@.store_credits c
        UNION ALL
        SELECT format('seller_payouts %s', p.id), p.amount, p.currency::text FROM @extschema@.seller_payouts p
        UNION ALL
        SELECT format('ledger_entries %s', e.id), e.amount, e.currency::text FROM @extschema@.ledger_entries e
      ) written
     WHERE written.amount * 100 % private.smallest_unit(written.currency) <> 0
    UNION ALL
    SELECT 'currency_digits', format('currencies %s', c.code),
           format('minor_units is %s, but calculations have %s.', c.minor_units, coalesce(private.minor_units(c.code)::text, 'no such currency'))
      FROM @extschema@.currencies c
     WHERE c.minor_units IS DISTINCT FROM private.minor_units(c.code)
$function$;
COMMENT ON FUNCTION private.integrity_of_amounts() IS
    'Part of check_integrity() for amounts that are not a multiple of the smallest unit of their currency, and for digits of currencies.';
