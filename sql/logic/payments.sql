-- Payments: accounts, cards, payments, credits, payouts, refunds, the ledger.
-- Clients read their own; money moves by functions and by the service.

-- payment_accounts, payment_methods

COMMENT ON TABLE @extschema@.payment_accounts IS 'A seller''s account at the payment processor.';
COMMENT ON COLUMN @extschema@.payment_accounts.requirements IS 'What the processor still wants from the seller; an object.';

CREATE OR REPLACE TRIGGER update_payment_accounts_updated_at
    BEFORE UPDATE ON @extschema@.payment_accounts
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view own payment account" ON @extschema@.payment_accounts;
CREATE POLICY "Users can view own payment account" ON @extschema@.payment_accounts
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

COMMENT ON TABLE @extschema@.payment_methods IS 'Cards and other ways to pay. The card itself is at the processor.';
COMMENT ON COLUMN @extschema@.payment_methods.exp_month IS '1 to 12.';

-- After the statement: only then is it known which rows there are (ON CONFLICT), and which of them are the default.
CREATE OR REPLACE TRIGGER keep_one_default_of_added
    AFTER INSERT ON @extschema@.payment_methods
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.keep_one_default();

CREATE OR REPLACE TRIGGER keep_one_default_of_changed
    AFTER UPDATE ON @extschema@.payment_methods
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.keep_one_default();

DROP POLICY IF EXISTS "Users can view own payment methods" ON @extschema@.payment_methods;
CREATE POLICY "Users can view own payment methods" ON @extschema@.payment_methods
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- Not granted: the service adds a card after the processor has confirmed whose it is.
DROP POLICY IF EXISTS "Users can manage own payment methods" ON @extschema@.payment_methods;
CREATE POLICY "Users can manage own payment methods" ON @extschema@.payment_methods
    FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()));

DROP POLICY IF EXISTS "Users can update own payment methods" ON @extschema@.payment_methods;
CREATE POLICY "Users can update own payment methods" ON @extschema@.payment_methods
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()));

DROP POLICY IF EXISTS "Users can remove own payment methods" ON @extschema@.payment_methods;
CREATE POLICY "Users can remove own payment methods" ON @extschema@.payment_methods
    FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- payment_transactions

COMMENT ON TABLE @extschema@.payment_transactions IS 'Payments of orders; those that did not fail add up to the order''s total at most.';
COMMENT ON COLUMN @extschema@.payment_transactions.amount IS 'In major units of currency, which is the order''s.';
COMMENT ON COLUMN @extschema@.payment_transactions.refunded_amount IS 'What the processor has sent back of it.';
COMMENT ON COLUMN @extschema@.payment_transactions.is_surplus IS 'The order was cancelled or paid already when the money came: it goes back.';
COMMENT ON COLUMN @extschema@.payment_transactions.processor_response IS 'The processor''s answer as it came; for the service only.';

CREATE OR REPLACE TRIGGER check_payment_total
    AFTER INSERT ON @extschema@.payment_transactions
    FOR EACH ROW EXECUTE FUNCTION private.check_payment_total('order_id');

CREATE OR REPLACE TRIGGER check_changed_payment_total
    AFTER UPDATE ON @extschema@.payment_transactions
    FOR EACH ROW WHEN (
        OLD.amount IS DISTINCT FROM NEW.amount
        OR OLD.status IS DISTINCT FROM NEW.status
        OR OLD.order_id IS DISTINCT FROM NEW.order_id
        OR OLD.is_surplus IS DISTINCT FROM NEW.is_surplus
    ) EXECUTE FUNCTION private.check_payment_total('order_id');

-- the same rule from its other side
CREATE OR REPLACE TRIGGER check_payment_total
    AFTER UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (NEW.total_amount < OLD.total_amount) EXECUTE FUNCTION private.check_payment_total('id');

CREATE OR REPLACE TRIGGER update_payment_transactions_updated_at
    BEFORE UPDATE ON @extschema@.payment_transactions
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Parties can view the payments of their orders" ON @extschema@.payment_transactions;
CREATE POLICY "Parties can view the payments of their orders" ON @extschema@.payment_transactions
    FOR SELECT TO authenticated
    USING (
        order_id = ANY (ARRAY(
            SELECT shop_order.id
            FROM @extschema@.orders AS shop_order
            WHERE (shop_order.buyer_id = (SELECT auth.uid()) OR shop_order.seller_id = (SELECT auth.uid()))
              AND (SELECT private.ids_from('busy')) IS NULL
        ))
        OR (
            (SELECT private.ids_from('busy')) IS NOT NULL
            AND order_id >= private.ids_from('busy')
            AND EXISTS (
                SELECT FROM @extschema@.orders AS shop_order
                WHERE shop_order.id = payment_transactions.order_id
            )
        )
    );

-- store_credits

COMMENT ON TABLE @extschema@.store_credits IS 'Credit that the platform has given to a user.';
COMMENT ON COLUMN @extschema@.store_credits.amount IS 'What was given, in major units.';
COMMENT ON COLUMN @extschema@.store_credits.used_amount IS 'What of it is spent.';
COMMENT ON COLUMN @extschema@.store_credits.currency IS 'ISO 4217 code; the credit pays for orders in this currency.';

COMMENT ON COLUMN @extschema@.store_credits.expired_amount IS 'What nobody had used when it expired.';
COMMENT ON COLUMN @extschema@.store_credits.returned_from IS 'The credit that paid for the order whose refund this is a part of; it expires when that one does.';
COMMENT ON COLUMN @extschema@.store_credits.is_extended IS 'That one had expired when it came back: it has driplo.returned_credit_window more, once.';
COMMENT ON COLUMN @extschema@.store_credits.refund_request_id IS 'The refund that it is a part of; NULL for what the platform gave.';

CREATE OR REPLACE TRIGGER book_store_credit
    AFTER INSERT ON @extschema@.store_credits
    FOR EACH ROW WHEN (NEW.refund_request_id IS NULL) EXECUTE FUNCTION private.book_store_credit();

CREATE OR REPLACE TRIGGER book_store_credit_change
    AFTER UPDATE ON @extschema@.store_credits
    FOR EACH ROW WHEN (NEW.amount <> OLD.amount) EXECUTE FUNCTION private.book_store_credit();

-- BEFORE: its uses go with it.
CREATE OR REPLACE TRIGGER book_store_credit_end
    BEFORE DELETE ON @extschema@.store_credits
    FOR EACH ROW EXECUTE FUNCTION private.book_store_credit();

DROP POLICY IF EXISTS "Users can view own store credits" ON @extschema@.store_credits;
CREATE POLICY "Users can view own store credits" ON @extschema@.store_credits
    FOR SELECT TO authenticated
    USING (
        user_id = (SELECT auth.uid())
        OR ((SELECT private.caller_role()) = 'admin' AND id >= private.ids_from('admin'))
    );

-- store_credit_usage

COMMENT ON TABLE @extschema@.store_credit_usage IS 'Which store credit paid how much of which order; written by checkout().';
COMMENT ON COLUMN @extschema@.store_credit_usage.returned_at IS 'When a cancelled order gave the amount back to the credit.';

DROP POLICY IF EXISTS "Users can view the use of their store credits" ON @extschema@.store_credit_usage;
CREATE POLICY "Users can view the use of their store credits" ON @extschema@.store_credit_usage
    FOR SELECT TO authenticated
    USING (
        store_credit_id = ANY (ARRAY(
            SELECT credit.id
            FROM @extschema@.store_credits AS credit
            WHERE credit.user_id = (SELECT auth.uid())
        ))
        OR ((SELECT private.caller_role()) = 'admin' AND store_credit_id >= private.ids_from('admin'))
    );

-- stripe_webhook_events

COMMENT ON TABLE @extschema@.stripe_webhook_events IS 'Events of Stripe as they came, each once.';
COMMENT ON COLUMN @extschema@.stripe_webhook_events.data IS 'The Stripe event object.';
COMMENT ON COLUMN @extschema@.stripe_webhook_events.outcome IS 'processed, ignored or failed.';
COMMENT ON COLUMN @extschema@.stripe_webhook_events.error IS 'Why an event with processed = false failed.';

-- service_role passes row level security; for everybody else the answer is no, also after a careless GRANT.
DROP POLICY IF EXISTS "Service role only" ON @extschema@.stripe_webhook_events;
CREATE POLICY "Service role only" ON @extschema@.stripe_webhook_events
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

-- transactions

COMMENT ON TABLE @extschema@.transactions IS 'Sales, refunds and lost chargebacks as the older applications read them, written with the ledger, which is what counts.';
COMMENT ON COLUMN @extschema@.transactions.amount IS 'What the seller and the platform got of it, in major units; negative where they gave it back.';
COMMENT ON COLUMN @extschema@.transactions.net_amount IS 'amount - fee, in major units: the seller''s share.';

DROP POLICY IF EXISTS "Parties can view their transactions" ON @extschema@.transactions;
CREATE POLICY "Parties can view their transactions" ON @extschema@.transactions
    FOR SELECT TO authenticated
    USING (
        buyer_id = (SELECT auth.uid())
        OR seller_id = (SELECT auth.uid())
        OR ((SELECT private.caller_role()) = 'admin' AND id >= private.ids_from('admin'))
    );

-- seller_payouts

COMMENT ON TABLE @extschema@.seller_payouts IS 'Money on its way from the platform to a seller.';
COMMENT ON COLUMN @extschema@.seller_payouts.amount IS 'In major units of currency.';

DROP POLICY IF EXISTS "Sellers can view own payouts" ON @extschema@.seller_payouts;
CREATE POLICY "Sellers can view own payouts" ON @extschema@.seller_payouts
    FOR SELECT TO authenticated
    USING (
        seller_id = (SELECT auth.uid())
        OR ((SELECT private.caller_role()) = 'admin' AND id >= private.ids_from('admin'))
    );

-- refund_requests

COMMENT ON TABLE @extschema@.refund_requests IS 'Requests of buyers to get money back for an order; those that were not rejected and have not failed add up to what the order cost at most.';
COMMENT ON COLUMN @extschema@.refund_requests.amount IS 'In major units of the order''s currency.';

COMMENT ON COLUMN @extschema@.refund_requests.credit_amount IS 'The part of amount that goes back as store credit; the rest by the processor.';
COMMENT ON COLUMN @extschema@.refund_requests.decision_note IS 'What who decided says to the buyer.';
COMMENT ON COLUMN @extschema@.refund_requests.order_item_id IS 'The line that it goes back for, and is taken from; NULL for money of the order as a whole.';
COMMENT ON COLUMN @extschema@.refund_requests.payment_transaction_id IS 'The surplus payment that goes back as it came; NULL for money of the order itself.';

CREATE OR REPLACE TRIGGER _check_requested_by_buyer
    AFTER INSERT ON @extschema@.refund_requests
    FOR EACH ROW EXECUTE FUNCTION private.check_requested_by_buyer();

CREATE OR REPLACE TRIGGER _check_changed_requested_by_buyer
    AFTER UPDATE ON @extschema@.refund_requests
    FOR EACH ROW WHEN (
        OLD.order_id IS DISTINCT FROM NEW.order_id
        OR OLD.requested_by IS DISTINCT FROM NEW.requested_by
    ) EXECUTE FUNCTION private.check_requested_by_buyer();

CREATE OR REPLACE TRIGGER check_refund_total
    AFTER INSERT ON @extschema@.refund_requests
    FOR EACH ROW EXECUTE FUNCTION private.check_refund_total('order_id');

CREATE OR REPLACE TRIGGER check_changed_refund_total
    AFTER UPDATE ON @extschema@.refund_requests
    FOR EACH ROW WHEN (
        OLD.order_id IS DISTINCT FROM NEW.order_id
        OR OLD.amount IS DISTINCT FROM NEW.amount
        OR OLD.status IS DISTINCT FROM NEW.status
    ) EXECUTE FUNCTION private.check_refund_total('order_id');

CREATE OR REPLACE TRIGGER check_refund_total
    AFTER UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (NEW.total_amount < OLD.total_amount) EXECUTE FUNCTION private.check_refund_total('id');

-- Who asked is the buyer; asking by the row as well keeps it visible to them whatever becomes of the order.
DROP POLICY IF EXISTS "Parties can view the refund requests of their orders" ON @extschema@.refund_requests;
CREATE POLICY "Parties can view the refund requests of their orders" ON @extschema@.refund_requests
    FOR SELECT TO authenticated
    USING (
        requested_by = (SELECT auth.uid())
        OR order_id = ANY (ARRAY(
            SELECT shop_order.id
            FROM @extschema@.orders AS shop_order
            WHERE (shop_order.buyer_id = (SELECT auth.uid()) OR shop_order.seller_id = (SELECT auth.uid()))
              AND (SELECT private.ids_from('busy')) IS NULL
        ))
        OR (
            (SELECT private.ids_from('busy')) IS NOT NULL
            AND order_id >= private.ids_from('busy')
            AND EXISTS (
                SELECT FROM @extschema@.orders AS shop_order
                WHERE shop_order.id = refund_requests.order_id
            )
        )
    );

-- ledger_entries

COMMENT ON TABLE @extschema@.ledger_entries IS 'Double-entry ledger, append-only: balances, payouts and refunds come from it.';
COMMENT ON COLUMN @extschema@.ledger_entries.journal_id IS 'The entries of one business event; they sum to zero per currency.';
COMMENT ON COLUMN @extschema@.ledger_entries.amount IS 'In major units of currency; positive where the account gets something.';
COMMENT ON COLUMN @extschema@.ledger_entries.kind IS 'What the journal is about: sale, refund, payout ...';

CREATE OR REPLACE TRIGGER check_ledger_party
    BEFORE INSERT OR UPDATE ON @extschema@.ledger_entries
    FOR EACH ROW WHEN (NEW.party_id IS NOT NULL) EXECUTE FUNCTION private.check_ledger_party();

DROP TRIGGER IF EXISTS check_journal ON @extschema@.ledger_entries;
CREATE CONSTRAINT TRIGGER check_journal
    AFTER INSERT ON @extschema@.ledger_entries
    DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION private.check_journal();

CREATE OR REPLACE TRIGGER keep_ledger
    BEFORE UPDATE OR DELETE ON @extschema@.ledger_entries
    FOR EACH STATEMENT EXECUTE FUNCTION private.keep_ledger();


DROP POLICY IF EXISTS "Users can view own ledger entries" ON @extschema@.ledger_entries;
CREATE POLICY "Users can view own ledger entries" ON @extschema@.ledger_entries
    FOR SELECT TO authenticated
    USING (
        party_id = (SELECT auth.uid())
        OR ((SELECT private.caller_role()) = 'admin' AND journal_id >= private.ids_from('admin'))
    );
