-- Payments: accounts, cards, payments, credits, payouts, refunds, the ledger.
-- Clients read their own; money moves by functions and by the service.

COMMENT ON TYPE @extschema@.payment_status IS 'Where a payment is, by its processor.';
COMMENT ON TYPE @extschema@.payment_method_type IS 'Kind of a saved means of payment.';
COMMENT ON TYPE @extschema@.ledger_account IS 'Account of the double-entry ledger.';

-- payment_accounts, payment_methods

COMMENT ON TABLE @extschema@.payment_accounts IS 'Accounts of sellers at the payment processor.';
COMMENT ON COLUMN @extschema@.payment_accounts.requirements IS
    'Outstanding requirements of the payment processor; a JSON object.';
COMMENT ON COLUMN @extschema@.payment_accounts.payout_method IS
    'How the seller wants to be paid out: stripe, revolut, bank_transfer, or paypal.';
COMMENT ON COLUMN @extschema@.payment_accounts.bank_account_number IS
    'Masked account number: **** and the last four characters. A number that is written is moved to bank_numbers.';
COMMENT ON COLUMN @extschema@.payment_accounts.bank_routing_number IS
    'Masked routing number: **** and the last four characters. A number that is written is moved to bank_numbers.';
COMMENT ON COLUMN @extschema@.payment_accounts.verified IS
    'Whether the service has verified the payout details; false again after any change of them.';
COMMENT ON COLUMN @extschema@.payment_accounts.bank_numbers IS
    'Account and routing number as written by the seller; a JSON object, visible to the service only.';

CREATE OR REPLACE TRIGGER hide_bank_numbers
    BEFORE INSERT OR UPDATE ON @extschema@.payment_accounts
    FOR EACH ROW EXECUTE FUNCTION private.hide_bank_numbers();

-- A BEFORE trigger of a shop's comes later, or the rest of an upsert.
CREATE OR REPLACE TRIGGER check_bank_numbers_hidden
    AFTER INSERT OR UPDATE ON @extschema@.payment_accounts
    FOR EACH ROW WHEN (NEW.bank_account_number !~ '^[*]{4}.{0,4}$' OR NEW.bank_routing_number !~ '^[*]{4}.{0,4}$')
    EXECUTE FUNCTION private.hide_bank_numbers();

CREATE OR REPLACE TRIGGER update_payment_accounts_updated_at
    BEFORE UPDATE ON @extschema@.payment_accounts
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view own payment account" ON @extschema@.payment_accounts;
CREATE POLICY "Users can view own payment account" ON @extschema@.payment_accounts
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

DROP POLICY IF EXISTS "Users can set up own payment account" ON @extschema@.payment_accounts;
CREATE POLICY "Users can set up own payment account" ON @extschema@.payment_accounts
    FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_trader()) AND (SELECT private.require_guard('payment_accounts')));

-- The payout details only (rights.sql); hide_bank_numbers() lets nobody verify their own.
DROP POLICY IF EXISTS "Users can update own payout details" ON @extschema@.payment_accounts;
CREATE POLICY "Users can update own payout details" ON @extschema@.payment_accounts
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_trader()) AND (SELECT private.require_guard('payment_accounts')));

COMMENT ON TABLE @extschema@.payment_methods IS
    'Payment methods of users. Card numbers are stored by the payment processor only.';
COMMENT ON COLUMN @extschema@.payment_methods.exp_month IS 'Expiration month, 1 to 12.';

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
    WITH CHECK (false);

DROP POLICY IF EXISTS "Users can update own payment methods" ON @extschema@.payment_methods;
CREATE POLICY "Users can update own payment methods" ON @extschema@.payment_methods
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('payment_methods')));

DROP POLICY IF EXISTS "Users can remove own payment methods" ON @extschema@.payment_methods;
CREATE POLICY "Users can remove own payment methods" ON @extschema@.payment_methods
    FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- payment_transactions

COMMENT ON TABLE @extschema@.payment_transactions IS
    'Payments of orders. Payments that have not failed or been cancelled never exceed the order total, '
    'overpayments aside.';
COMMENT ON COLUMN @extschema@.payment_transactions.amount IS
    'Amount, in major units of currency, which is the order''s currency.';
COMMENT ON COLUMN @extschema@.payment_transactions.refunded_amount IS
    'Amount that the payment processor has refunded.';
COMMENT ON COLUMN @extschema@.payment_transactions.is_surplus IS
    'Whether this is an overpayment: the payment arrived after the order was cancelled or had been paid, and is '
    'refunded.';
COMMENT ON COLUMN @extschema@.payment_transactions.processor_response IS
    'Unmodified response of the payment processor; visible to the service only.';

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
        order_id = ANY ((SELECT private.own_orders())::uuid[])
        OR (order_id >= private.ids_from('busy') AND private.sees_order(order_id))
    );

-- gift_cards

COMMENT ON TABLE @extschema@.gift_cards IS
    'Gift cards that were sold. The code is not stored: code_hash is its SHA-256, last4 its last characters.';
COMMENT ON COLUMN @extschema@.gift_cards.amount IS 'Paid amount, in major units of currency.';
COMMENT ON COLUMN @extschema@.gift_cards.payment_item IS 'Number of the card among those of the same payment.';

DROP POLICY IF EXISTS "Admins can view gift cards" ON @extschema@.gift_cards;
CREATE POLICY "Admins can view gift cards" ON @extschema@.gift_cards
    FOR SELECT TO authenticated
    USING (id >= private.ids_from('admin'));

-- store_credits

COMMENT ON TABLE @extschema@.store_credits IS 'Store credit of users: granted by the platform, refunded, or from a gift card.';
COMMENT ON COLUMN @extschema@.store_credits.gift_card_id IS
    'Gift card from which the credit comes, also if an order has returned it; NULL for credit that the platform granted.';
COMMENT ON COLUMN @extschema@.store_credits.amount IS 'Granted amount, in major units.';
COMMENT ON COLUMN @extschema@.store_credits.used_amount IS 'Amount already spent.';
COMMENT ON COLUMN @extschema@.store_credits.currency IS
    'ISO 4217 code; the credit can be used for orders in this currency.';

COMMENT ON COLUMN @extschema@.store_credits.expired_amount IS 'Unused amount at expiration.';
COMMENT ON COLUMN @extschema@.store_credits.returned_from IS
    'Store credit that paid for the refunded order and from which this credit was returned; both expire at the '
    'same time.';
COMMENT ON COLUMN @extschema@.store_credits.is_extended IS
    'Whether the original credit had expired when it was returned. This credit is then valid for '
    'driplo.returned_credit_window, once.';
COMMENT ON COLUMN @extschema@.store_credits.refund_request_id IS
    'Refund request that created the credit, or NULL if granted by the platform.';

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
        OR id >= private.ids_from('admin')
    );

-- store_credit_usage

COMMENT ON TABLE @extschema@.store_credit_usage IS 'Amounts of store credit used by orders; written by checkout().';
COMMENT ON COLUMN @extschema@.store_credit_usage.returned_at IS
    'Time when the amount was returned to the store credit because the order was cancelled.';

DROP POLICY IF EXISTS "Users can view the use of their store credits" ON @extschema@.store_credit_usage;
CREATE POLICY "Users can view the use of their store credits" ON @extschema@.store_credit_usage
    FOR SELECT TO authenticated
    USING (
        store_credit_id = ANY (ARRAY(
            SELECT credit.id
            FROM @extschema@.store_credits AS credit
            WHERE credit.user_id = (SELECT auth.uid())
        ))
        OR store_credit_id >= private.ids_from('admin')
    );

-- stripe_webhook_events

COMMENT ON TABLE @extschema@.stripe_webhook_events IS 'Stripe events as received, one row per event ID.';
COMMENT ON COLUMN @extschema@.stripe_webhook_events.data IS 'Stripe event object.';
COMMENT ON COLUMN @extschema@.stripe_webhook_events.outcome IS 'processed, ignored, or failed.';
COMMENT ON COLUMN @extschema@.stripe_webhook_events.error IS 'Reason why the event failed, if processed is false.';

-- service_role passes row level security; for everybody else the answer is no, also after a careless GRANT.
DROP POLICY IF EXISTS "Service role only" ON @extschema@.stripe_webhook_events;
CREATE POLICY "Service role only" ON @extschema@.stripe_webhook_events
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

-- transactions

COMMENT ON TABLE @extschema@.transactions IS
    'Sales, refunds, and lost chargebacks in the form that older applications read, written together with the '
    'ledger. The ledger is authoritative.';
COMMENT ON COLUMN @extschema@.transactions.amount IS
    'Amount that the seller and the platform received, in major units; negative where they returned it.';
COMMENT ON COLUMN @extschema@.transactions.net_amount IS 'Seller''s share in major units: amount - fee.';

COMMENT ON COLUMN @extschema@.transactions.listing_id IS
    'Listing that was sold; NULL for an order of several listings, or after the listing was deleted.';
COMMENT ON COLUMN @extschema@.transactions.stripe_payment_intent_id IS
    'ID of the Stripe PaymentIntent that paid for the order; visible to the service only.';

CREATE OR REPLACE TRIGGER describe_transaction
    BEFORE INSERT ON @extschema@.transactions
    FOR EACH ROW WHEN (NEW.order_id IS NOT NULL) EXECUTE FUNCTION private.describe_transaction();

DROP POLICY IF EXISTS "Parties can view their transactions" ON @extschema@.transactions;
CREATE POLICY "Parties can view their transactions" ON @extschema@.transactions
    FOR SELECT TO authenticated
    USING (
        buyer_id = (SELECT auth.uid())
        OR seller_id = (SELECT auth.uid())
        OR id >= private.ids_from('admin')
    );

-- seller_payouts

COMMENT ON TABLE @extschema@.seller_payouts IS 'Payouts from the platform to sellers.';
COMMENT ON COLUMN @extschema@.seller_payouts.amount IS 'Amount, in major units of currency.';

CREATE OR REPLACE TRIGGER record_new_payout_event
    AFTER INSERT ON @extschema@.seller_payouts
    FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('payout', 'status');

CREATE OR REPLACE TRIGGER record_payout_event
    AFTER UPDATE ON @extschema@.seller_payouts
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION private.record_event_of_row('payout', 'status');

DROP POLICY IF EXISTS "Sellers can view own payouts" ON @extschema@.seller_payouts;
CREATE POLICY "Sellers can view own payouts" ON @extschema@.seller_payouts
    FOR SELECT TO authenticated
    USING (
        seller_id = (SELECT auth.uid())
        OR id >= private.ids_from('admin')
    );

-- refund_requests

COMMENT ON TABLE @extschema@.refund_requests IS
    'Refund requests of buyers. Requests of an order that were not rejected and have not failed never exceed the '
    'order total and its store credit, refunds of overpayments aside.';
COMMENT ON COLUMN @extschema@.refund_requests.amount IS 'Requested amount, in major units of the order''s currency.';

COMMENT ON COLUMN @extschema@.refund_requests.credit_amount IS
    'Part of amount that is refunded as store credit; the payment processor refunds the rest.';
COMMENT ON COLUMN @extschema@.refund_requests.decision_note IS
    'Note from the person who decided, shown to the buyer.';
COMMENT ON COLUMN @extschema@.refund_requests.order_item_id IS
    'Order item that is refunded, or NULL for a refund of the order as a whole.';
COMMENT ON COLUMN @extschema@.refund_requests.payment_transaction_id IS
    'Overpayment that is refunded, or NULL for a refund of the order.';

COMMENT ON COLUMN @extschema@.refund_requests.buyer_id IS 'Copy of the order''s buyer_id; maintained by a trigger.';
COMMENT ON COLUMN @extschema@.refund_requests.seller_id IS 'Copy of the order''s seller_id; maintained by a trigger.';
COMMENT ON COLUMN @extschema@.refund_requests.refund_type IS
    'full if amount is all that was paid for the order, in cash and store credit, or the whole overpayment; else '
    'partial. Maintained by a trigger.';
COMMENT ON COLUMN @extschema@.refund_requests.quantity IS
    'How many units of the order item the refund is for; NULL for an amount of money, and where a return or a '
    'cancellation says how many.';
COMMENT ON COLUMN @extschema@.refund_requests.seller_response IS 'The decision_note, if the seller decided.';

CREATE OR REPLACE TRIGGER describe_refund
    BEFORE INSERT OR UPDATE ON @extschema@.refund_requests
    FOR EACH ROW EXECUTE FUNCTION private.describe_refund();

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
        OR order_id = ANY ((SELECT private.own_orders())::uuid[])
        OR (order_id >= private.ids_from('busy') AND private.sees_order(order_id))
    );

-- ledger_entries

COMMENT ON TABLE @extschema@.ledger_entries IS
    'Append-only double-entry ledger, from which balances, payouts, and refunds are calculated.';
COMMENT ON COLUMN @extschema@.ledger_entries.journal_id IS
    'Common ID of the entries of one business event; their amounts sum to zero per currency.';
COMMENT ON COLUMN @extschema@.ledger_entries.amount IS
    'Amount, in major units of currency; positive if the account receives it.';
COMMENT ON COLUMN @extschema@.ledger_entries.kind IS 'Kind of the journal, such as sale, refund, or payout.';

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
        OR journal_id >= private.ids_from('admin')
    );

-- currencies

COMMENT ON TABLE @extschema@.currencies IS
    'The currencies of ISO 4217 with two decimal places or none, in which listings can be priced; public.';
COMMENT ON COLUMN @extschema@.currencies.minor_units IS
    'Decimal places. Calculations do not read them here; check_integrity() compares.';
COMMENT ON COLUMN @extschema@.currencies.smallest_card_amount IS
    'The smallest amount in major units that a card can pay, 0 for none: checkout() leaves no less to pay when store credit pays a part. '
    'Changed by set_smallest_card_amount().';

DROP POLICY IF EXISTS "Anyone can view currencies" ON @extschema@.currencies;
CREATE POLICY "Anyone can view currencies" ON @extschema@.currencies
    FOR SELECT TO anon, authenticated
    USING (true);

-- exchange_rates

COMMENT ON TABLE @extschema@.exchange_rates IS
    'Exchange rates that the service loads, such as those of the European Central Bank; public. convert() reads them.';
COMMENT ON COLUMN @extschema@.exchange_rates.rate IS 'How many units of quote one unit of base is worth.';
COMMENT ON COLUMN @extschema@.exchange_rates.as_of IS 'Day of the rate; convert() uses it for seven more days.';
COMMENT ON COLUMN @extschema@.exchange_rates.source IS 'Where the rate is from.';

DROP POLICY IF EXISTS "Anyone can view exchange rates" ON @extschema@.exchange_rates;
CREATE POLICY "Anyone can view exchange rates" ON @extschema@.exchange_rates
    FOR SELECT TO anon, authenticated
    USING (true);
