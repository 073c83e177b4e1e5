-- Moving in, the money: opening entries for what orders, store credits and payouts say. What everybody expects, written down first:
--   buyer       nothing changes; what is left of a store credit can be spent
--   seller      a paid order is pending, a completed one without a dispute, return or refund request is available; payouts that were made
--               are gone, those under way are in transit; nobody begins in debt
--   platform    has the fees of the paid orders, owes the store credit that is left and the refunds that were approved
--   accountant  each journal sums to zero; orders that ended (cancelled, refunded) and unpaid ones have no entry

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_order_items() RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'driplo_adopt_order_items';
COMMENT ON FUNCTION private.adopt_order_items() IS
    'Fills title, description, condition, brand, size, color, variant_name, and image_url of order items from '
    'their listings.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_order(order_id uuid, releases boolean) RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'driplo_adopt_order';
COMMENT ON FUNCTION private.adopt_order(uuid, boolean) IS
    'Books the sale of a paid order and its approved and processed refunds, and makes the seller''s earnings '
    'available if releases is true.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_fees() RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    recorded bigint;
    calculated bigint;
BEGIN
    -- The fee that a transaction of the order recorded, else that of now. No more than is there after the tax.
    WITH fee AS (
        SELECT o.id, o.currency::text AS currency, o.total_amount - least(coalesce(o.tax_amount, 0), o.total_amount) AS most, t.fee AS recorded,
               @extschema@.calculate_platform_fee(greatest(o.subtotal - coalesce(o.discount_amount, 0), 0)
                   + CASE WHEN current_setting('driplo.fee_on_shipping') = 'on' THEN coalesce(o.shipping_cost, 0) ELSE 0 END) AS calculated
          FROM @extschema@.orders o
          LEFT JOIN (SELECT t.order_id, sum(t.fee) AS fee FROM @extschema@.transactions t
                      WHERE t.status::text = 'completed' AND t.amount > 0 AND t.fee > 0 GROUP BY t.order_id) t ON t.order_id = o.id
         WHERE private.was_paid(o.status::text)
    ), changed AS (
        UPDATE @extschema@.orders o SET platform_fee_amount = least(private.adopted_amount(coalesce(f.recorded, f.calculated), f.currency), f.most)
          FROM fee f WHERE f.id = o.id
        RETURNING f.recorded IS NOT NULL AS is_recorded
    )
    SELECT count(*) FILTER (WHERE c.is_recorded), count(*) FILTER (WHERE NOT c.is_recorded) INTO recorded, calculated FROM changed c;
    -- The shares of an item; what is left belongs to the shipping.
    UPDATE @extschema@.order_items r
       SET platform_fee = private.adopted_amount(o.platform_fee_amount * s.upto / w.whole, o.currency::text)
                        - private.adopted_amount(o.platform_fee_amount * (s.upto - r.total_price) / w.whole, o.currency::text),
           tax_amount = private.adopted_amount(coalesce(o.tax_amount, 0) * s.upto / w.whole, o.currency::text)
                      - private.adopted_amount(coalesce(o.tax_amount, 0) * (s.upto - r.total_price) / w.whole, o.currency::text)
      FROM @extschema@.orders o
     CROSS JOIN LATERAL (SELECT o.subtotal + coalesce(o.shipping_cost, 0)) AS w (whole),
           LATERAL (SELECT i.id, sum(i.total_price) OVER (ORDER BY i.created_at, i.id) AS upto FROM @extschema@.order_items i WHERE i.order_id = o.id) s
     WHERE o.id = r.order_id AND s.id = r.id AND w.whole > 0 AND (o.platform_fee_amount > 0 OR o.tax_amount > 0);
    RETURN CASE WHEN recorded > 0 THEN private.adoption_line('ledger', 'fees', recorded, 'Fee of the order as its transactions recorded it.') ELSE '[]' END
        || CASE WHEN calculated > 0 THEN private.adoption_line('ledger', 'fees', calculated,
                    format('Fee of the order calculated: %s percent of price and shipping, which driplo.platform_fee_percent sets.', current_setting('driplo.platform_fee_percent'))) ELSE '[]' END;
END
$function$;
COMMENT ON FUNCTION private.adopt_fees() IS 'Part of adopt_reference(): the platform fees of paid orders and their items.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_ledger() RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    report jsonb := private.adopt_fees();
    item record;
BEGIN
    PERFORM private.adopt_order_items();
    FOR item IN
        SELECT o.id, o.status = 'completed'
                     AND NOT EXISTS (SELECT FROM @extschema@.disputes d WHERE d.order_id = o.id AND d.is_open)
                     AND NOT EXISTS (SELECT FROM @extschema@.returns r WHERE r.order_id = o.id AND r.is_open)
                     AND NOT EXISTS (SELECT FROM @extschema@.refund_requests q WHERE q.order_id = o.id AND q.status::text = 'pending') AS is_done
          FROM @extschema@.orders o WHERE private.was_paid(o.status::text) ORDER BY o.created_at, o.id
    LOOP
        PERFORM private.adopt_order(item.id, item.is_done);
    END LOOP;
    -- The list of transactions has a line for each journal. One that the application wrote for the same sale stands for it.
    WITH same AS (
        SELECT new.id AS new_id, (array_agg(old.id ORDER BY old.created_at, old.id))[1] AS old_id, new.metadata ->> 'journal_id' AS journal_id
          FROM @extschema@.transactions new
          JOIN @extschema@.transactions old ON old.order_id = new.order_id AND old.net_amount = new.net_amount AND coalesce(old.fee, 0) = new.fee
                                           AND (old.metadata ? 'journal_id') IS NOT TRUE AND old.status::text = 'completed'
         WHERE new.metadata ? 'journal_id' AND new.type::text = 'sale' GROUP BY new.id
    ), kept AS (
        UPDATE @extschema@.transactions t SET metadata = coalesce(t.metadata, '{}') || jsonb_build_object('journal_id', s.journal_id) FROM same s WHERE t.id = s.old_id
    )
    DELETE FROM @extschema@.transactions t USING same s WHERE t.id = s.new_id;
    UPDATE @extschema@.transactions t SET created_at = coalesce(o.paid_at, o.created_at, t.created_at)
      FROM @extschema@.orders o WHERE o.id = t.order_id AND t.metadata ? 'journal_id' AND t.type::text = 'sale' AND t.created_at = now();
    -- as describe_transaction()
    UPDATE @extschema@.transactions t
       SET listing_id = coalesce(t.listing_id, (SELECT CASE WHEN count(DISTINCT i.listing_id) = 1 AND count(i.listing_id) = count(*) THEN (array_agg(i.listing_id))[1] END
                                                  FROM @extschema@.order_items i WHERE i.order_id = t.order_id)),
           stripe_payment_intent_id = coalesce(t.stripe_payment_intent_id,
               (SELECT p.processor_transaction_id FROM @extschema@.payment_transactions p
                 WHERE p.order_id = t.order_id AND p.processor::text = 'stripe' AND p.processor_transaction_id LIKE 'pi\_%' AND p.status NOT IN ('failed', 'cancelled') AND NOT p.is_surplus
                 ORDER BY p.created_at DESC, p.id LIMIT 1))
     WHERE t.order_id IS NOT NULL;

    INSERT INTO @extschema@.ledger_entries (journal_id, account, party_id, amount, currency, kind)
    SELECT md5('credit_adopted:' || c.id)::uuid, e.account::@extschema@.ledger_account, e.party, e.amount, c.currency, 'credit_granted'
      FROM @extschema@.store_credits c CROSS JOIN LATERAL (VALUES ('store_credit', c.user_id, c.amount), ('promotions', NULL, -c.amount)) AS e (account, party, amount)
     WHERE c.amount > 0;
    INSERT INTO @extschema@.ledger_entries (journal_id, account, party_id, amount, currency, kind)
    SELECT md5(e.kind || ':' || p.id)::uuid, e.account::@extschema@.ledger_account, p.seller_id, e.amount, p.currency, e.kind
      FROM @extschema@.seller_payouts p
     CROSS JOIN LATERAL (VALUES ('payout', 'seller_available', -p.amount), ('payout', 'payouts_in_transit', p.amount),
                                ('payout_paid', 'payouts_in_transit', -p.amount), ('payout_paid', 'seller_paid_out', p.amount)) AS e (kind, account, amount)
     WHERE p.seller_id IS NOT NULL AND (p.status::text = 'paid' OR p.status::text IN ('pending', 'processing') AND e.kind = 'payout');

    -- A seller who was paid out more than the orders tell paid a lower fee, or had sales that are not in the tables.
    FOR item IN
        SELECT b.party_id, b.currency, b.missing, least(b.missing, b.fees) AS from_fees, gen_random_uuid() AS journal
          FROM (SELECT e.party_id, e.currency, -sum(e.amount) AS missing,
                       coalesce((SELECT sum(f.amount) FROM @extschema@.ledger_entries f JOIN @extschema@.orders o ON o.id = f.order_id
                                  WHERE o.seller_id = e.party_id AND f.account = 'platform_fees' AND f.currency = e.currency), 0) AS fees
                  FROM @extschema@.ledger_entries e WHERE e.account IN ('seller_pending', 'seller_available') AND e.party_id IS NOT NULL
                 GROUP BY e.party_id, e.currency HAVING sum(e.amount) < 0) b
    LOOP
        INSERT INTO @extschema@.ledger_entries (journal_id, account, party_id, amount, currency, kind)
        SELECT item.journal, e.account::@extschema@.ledger_account, e.party, e.amount, item.currency, 'adjustment'
          FROM (VALUES ('seller_available', item.party_id, item.missing), ('platform_fees', NULL, -item.from_fees), ('processor_clearing', NULL, item.from_fees - item.missing)) AS e (account, party, amount)
         WHERE e.amount <> 0;
        report := report || private.adoption_line('ledger', format('profiles %s', item.party_id), 1,
            format('Paid out %s %s more than the orders tell: %s taken from fees, %s from earlier sales.', item.missing, item.currency, item.from_fees, item.missing - item.from_fees));
    END LOOP;
    UPDATE @extschema@.ledger_entries SET memo = 'opening entry';

    SELECT report || coalesce(jsonb_agg(private.adoption_line('ledger', s.account, s.journals, format('%s %s', s.amount, s.currency)) -> 0 ORDER BY s.account, s.currency), '[]') INTO report
      FROM (SELECT e.account::text AS account, e.currency, count(DISTINCT e.journal_id) AS journals, sum(e.amount) AS amount
              FROM @extschema@.ledger_entries e GROUP BY 1, 2) s;
    SELECT report || coalesce(jsonb_agg(private.adoption_line('notice', 'orders', s.n, s.note) -> 0), '[]') INTO report
      FROM (SELECT count(*) AS n, 'Unpaid orders: when they are cancelled or expire, their quantity is added to the stock. Cancel those first that have taken none.' AS note
              FROM @extschema@.orders o WHERE private.is_unpaid(o.status::text) HAVING count(*) > 0) s;
    RETURN report;
END
$function$;
COMMENT ON FUNCTION private.adopt_ledger() IS
    'Part of adopt_reference(): opening entries of the ledger for orders, refunds, store credits, and payouts.';
