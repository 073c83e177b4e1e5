-- A shop's own trigger settles a row while it is being written: a refund in cash, a payout that is held back, a payment at the
-- counter. What it settled stays settled, and is booked, once.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT * FROM no_plan();
SELECT * FROM tests.people('settled.example') \gset

CREATE FUNCTION tests.wrong() RETURNS text LANGUAGE sql AS $$SELECT coalesce(string_agg(rule || ' ' || detail, '; '), 'nothing') FROM check_integrity()$$;
CREATE FUNCTION tests.money_sent(sold uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s', status, refunded_amount, is_surplus), ', ' ORDER BY processor_transaction_id) FROM payment_transactions WHERE order_id = sold
$$;

-- Refunds: whatever asks for them

CREATE FUNCTION tests.settle_at_once() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM settle_refund(NEW.id, 'processed', 're_' || left(NEW.id::text, 4));
    RETURN NULL;
END $$;
SELECT tests.a_paid_sale('pi_1', :'buyer', :'seller', 45, 0, 0, 2.25) AS cancelled, tests.a_paid_sale('pi_2', :'buyer', :'seller', 30) AS in_part, tests.a_paid_sale('pi_3', :'buyer', :'seller', 20) AS disputed,
       tests.a_paid_sale('pi_4', :'buyer', :'seller', 60) AS asked \gset
SAVEPOINT by_insert;
CREATE TRIGGER settle_at_once AFTER INSERT ON refund_requests FOR EACH ROW WHEN (NEW.status = 'approved') EXECUTE FUNCTION tests.settle_at_once();
SELECT is(tests.asked('service', format('cancel_order(%L)', :'cancelled')), 'cancelled', 'a paid order is cancelled while refunds are settled in the moment they are written');
SELECT is(tests.refunds_of(:'cancelled'), '45.00 processed (0.00 credit)', 'the refund was sent, and is not to be sent again');
SELECT is(tests.money_sent(:'cancelled'), 'refunded 45.00 f', 'its payment knows it');
SELECT is(tests.accounts(:'cancelled'), NULL, 'and nothing is owed to anybody');
SELECT is((SELECT count(*) FROM ledger_entries WHERE order_id = :'cancelled' AND kind = 'refund_sent'), 2::bigint, 'it was booked once');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_2', 3000, 1000))), 'processed', 'a part is refunded at the processor');
SELECT is(concat_ws('; ', tests.refunds_of(:'in_part'), tests.money_sent(:'in_part'), tests.accounts(:'in_part')), '10.00 processed (0.00 credit); partially_refunded 10.00 f; processor_clearing -20.00, seller_pending 20.00', 'which counts once');
SELECT is(tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_3', 'pi_3', 2000, 'lost'))), 'processed', 'a bank takes the money of an order');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_3', 2000, 2000))), 'processed', 'and the processor tells of a refund of it');
SELECT is(tests.refunds_of(:'disputed'), '20.00 processed (0.00 credit)', 'which is in the books once');
SELECT tests.log_in_as_service();
SELECT start_payment(ARRAY[tests.a_sale(:'buyer', :'seller', 12)], 'stripe', 'pi_late') \g /dev/null
SELECT tests.log_out();
SELECT order_id AS late FROM payment_transactions WHERE processor_transaction_id = 'pi_late' \gset
UPDATE orders SET status = 'cancelled' WHERE id = :'late';
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_late', 1200))), 'processed', 'money for a cancelled order');
SELECT is(concat_ws('; ', tests.refunds_of(:'late'), tests.money_sent(:'late'), tests.accounts(:'late')), '12.00 processed (0.00 credit) surplus; refunded 12.00 t', 'goes back at once');
SELECT is(tests.wrong(), 'nothing', 'and everything adds up');
ROLLBACK TO by_insert;
CREATE TRIGGER settle_at_once AFTER INSERT OR UPDATE OF status ON refund_requests FOR EACH ROW WHEN (NEW.status = 'approved') EXECUTE FUNCTION tests.settle_at_once();
SELECT is(tests.asked('buyer', format('request_refund(%L, 15, %L)', :'asked', 'A scratch.')) <> '', true, 'the buyer asks for a part');
SELECT is(tests.asked('service', format('decide_refund((SELECT id FROM refund_requests WHERE order_id = %L), true)', :'asked')), 'approved', 'the service agrees');
SELECT is(concat_ws('; ', tests.refunds_of(:'asked'), tests.money_sent(:'asked'), tests.accounts(:'asked')), '15.00 processed (0.00 credit); partially_refunded 15.00 f; processor_clearing -45.00, seller_pending 45.00', 'and it was sent');
SELECT is(tests.wrong(), 'nothing', 'which adds up too');
ROLLBACK TO by_insert;

-- A refund that goes back as store credit needs no settling, and is written as it stays

SELECT tests.credit(:'buyer', 30) \g /dev/null
SELECT tests.a_sale(:'buyer', :'seller', 30, credit => 30) AS by_credit \gset
INSERT INTO store_credit_usage (store_credit_id, order_id, amount) SELECT id, :'by_credit', 30 FROM store_credits WHERE user_id = :'buyer';
UPDATE store_credits SET used_amount = 30 WHERE user_id = :'buyer';
CREATE TABLE tests.seen (status text, credit_amount numeric, processed boolean);
GRANT INSERT ON tests.seen TO PUBLIC;
CREATE FUNCTION tests.look() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO tests.seen VALUES (NEW.status, NEW.credit_amount, NEW.processed_at IS NOT NULL);
    RETURN NULL;
END $$;
CREATE TRIGGER look AFTER INSERT OR UPDATE ON refund_requests FOR EACH ROW EXECUTE FUNCTION tests.look();
UPDATE orders SET status = 'paid' WHERE id = :'by_credit';
UPDATE orders SET status = 'cancelled' WHERE id = :'by_credit';
SELECT results_eq('SELECT * FROM tests.seen', $$VALUES ('processed', 30.00, true)$$, 'who looks at a new refund sees it as it stays');
SELECT is(tests.wrong(), 'nothing', 'and its credit is back');
ROLLBACK TO by_insert;

-- Payouts: the service acts in the seller's name, or its trigger could not settle

CREATE FUNCTION tests.for_the_seller(expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM tests.log_in_as_service(), set_config('request.jwt.claims', json_build_object('sub', id, 'role', 'service_role')::text, true) FROM tests.people WHERE name = 'seller';
    EXECUTE 'SELECT (' || expression || ')::text' INTO answer;
    PERFORM tests.log_out();
    RETURN answer;
END $$;
CREATE FUNCTION tests.no_payouts_today() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM settle_payout(NEW.id, TG_ARGV[0]);
    RETURN NULL;
END $$;
SELECT tests.has_arrived(:'asked', 20), tests.asked('service', 'release_seller_funds()') \g /dev/null
SELECT is(tests.balance(:'seller'), 'USD: 92.75 + 60.00 + 0.00', 'sixty are available');
SAVEPOINT before_payout;
CREATE TRIGGER no_payouts_today AFTER INSERT ON seller_payouts FOR EACH ROW EXECUTE FUNCTION tests.no_payouts_today('cancelled');
SELECT is(tests.for_the_seller('request_payout() IS NOT NULL'), 'true', 'a payout is asked for on a day without payouts');
SELECT results_eq('SELECT status::text, amount FROM seller_payouts', $$VALUES ('cancelled', 60.00)$$, 'it is cancelled');
SELECT is(tests.balance(:'seller'), 'USD: 92.75 + 60.00 + 0.00', 'and the money is available again');
SELECT is(tests.wrong(), 'nothing', 'as the ledger says');
ROLLBACK TO before_payout;
CREATE TRIGGER no_payouts_today AFTER INSERT ON seller_payouts FOR EACH ROW EXECUTE FUNCTION tests.no_payouts_today('paid');
SELECT is(tests.for_the_seller('request_payout_in(''USD'', 25) IS NOT NULL'), 'true', 'a part, paid out in cash at once');
SELECT is(tests.balance(:'seller'), 'USD: 92.75 + 35.00 + 25.00', 'was paid out');
SELECT is(tests.wrong(), 'nothing', 'as the ledger says');
ROLLBACK TO by_insert;

-- Payments

CREATE FUNCTION tests.pay_at_the_counter() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM record_stripe_event(tests.event('payment_intent.succeeded', tests.intent(NEW.processor_transaction_id, (NEW.amount * 100)::bigint)));
    RETURN NULL;
END $$;
CREATE TRIGGER pay_at_the_counter AFTER INSERT ON payment_transactions FOR EACH ROW EXECUTE FUNCTION tests.pay_at_the_counter();
SELECT tests.a_sale(:'buyer', :'seller', 33) AS counter \gset
SELECT is(tests.asked('service', format('cardinality(start_payment(ARRAY[%L]::uuid[], ''stripe'', ''pi_counter''))', :'counter')), '1', 'a payment that comes in while it is being started');
SELECT is(concat_ws('; ', tests.status_of(:'counter'), tests.payments_of(:'counter'), tests.accounts(:'counter')), 'paid; pi_counter succeeded; processor_clearing -33.00, seller_pending 33.00', 'has paid the order');
SELECT results_eq(format('SELECT from_status::text, to_status::text FROM order_status_history WHERE order_id = %L ORDER BY created_at', :'counter'),
    $$VALUES (NULL, 'pending_payment'), ('pending_payment', 'payment_processing'), ('payment_processing', 'paid')$$, 'step by step');
SELECT is(tests.wrong(), 'nothing', 'and everything adds up');

SELECT * FROM finish();
ROLLBACK;
