-- Any processor's payments: paystone, which is made up, and the transfer to a bank account that a person has seen. What they tell in common
-- words does what Stripe's events do.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
SELECT plan(61);

SELECT tests.sign_up('ann@events.example') AS ann, tests.sign_up('bob@events.example') AS bob, tests.sign_up('cleo@events.example') AS cleo \gset
CREATE SEQUENCE tests.told;
CREATE FUNCTION tests.tell(type text, payment text, facts jsonb DEFAULT '{}', processor text DEFAULT 'paystone') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint := nextval('tests.told');
    answer record;
BEGIN
    PERFORM tests.log_in_as_service();
    SELECT * INTO answer FROM record_payment_event(processor, jsonb_build_object('id', 'ev' || n, 'type', type, 'payment_id', payment, 'created', 1700000000 + n) || facts);
    PERFORM tests.log_out();
    RETURN concat_ws(': ', answer.outcome, answer.detail);
END $$;
CREATE FUNCTION tests.start(orders uuid[], payment text, processor text DEFAULT 'paystone') RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM start_payment(orders, processor, payment);
    PERFORM tests.log_out();
    RETURN cardinality(orders);
END $$;
CREATE FUNCTION tests.balance(orders uuid[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', account, amount), ', ' ORDER BY account)
      FROM (SELECT account, sum(amount) AS amount FROM ledger_entries WHERE order_id = ANY (orders) GROUP BY account HAVING sum(amount) <> 0) AS b
$$;

-- Who may, and what an event is

SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok($$SELECT * FROM record_payment_event('paystone', '{"id": "1", "type": "payment.succeeded", "payment_id": "p"}')$$, '42501', NULL, 'users tell of no payments');
SELECT throws_ok('SELECT private.apply_payment_event(''{}'')', '42501', NULL, 'nor past the function');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok($$SELECT * FROM record_payment_event('paystone', '{"id": "1", "type": "payment.succeeded", "payment_id": "p"}')$$, '42501', NULL, 'nor do visitors');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok($$SELECT * FROM record_payment_event(NULL, '{}')$$, '22004', NULL, 'NULL is an error');
SELECT throws_ok(format('SELECT * FROM record_payment_event(%L, %L)', processor, event), '22023', NULL, format('refused: %s', why))
  FROM (VALUES ('stripe', '{"id": "1", "type": "payment.succeeded", "payment_id": "p"}', 'Stripe has a function of its own'), ('Pay Stone', '{"id": "1", "type": "payment.succeeded", "payment_id": "p"}', 'a processor with blanks'),
               ('paystone', '[]', 'no object'), ('paystone', '{"type": "payment.succeeded", "payment_id": "p"}', 'no id'), ('paystone', '{"id": 1, "type": "payment.succeeded", "payment_id": "p"}', 'an id that is a number'),
               ('paystone', '{"id": "1", "type": "payment.succeeded"}', 'no payment'), ('paystone', '{"id": "1", "type": "x", "payment_id": "p", "created": "today"}', 'no time'),
               ('paystone', '{"id": "1", "type": "x", "payment_id": "p", "amount": "5", "currency": "USD"}', 'an amount that is a text'), ('paystone', '{"id": "1", "type": "x", "payment_id": "p", "amount": 5}', 'no currency'),
               ('paystone', '{"id": "1", "type": "x", "payment_id": "p", "amount": 5.005, "currency": "USD"}', 'a part of a cent'), ('paystone', '{"id": "1", "type": "x", "payment_id": "p", "amount": 5.5, "currency": "JPY"}', 'half a yen'),
               ('paystone', '{"id": "1", "type": "x", "payment_id": "p", "amount": -5, "currency": "USD"}', 'less than nothing'), ('paystone', '{"id": "1", "type": "x", "payment_id": "p", "order_ids": "1"}', 'no list of orders')) AS t (processor, event, why);
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM stripe_webhook_events), 0::bigint, 'nothing of that is kept');

-- A sale

SELECT tests.an_order(:'ann', :'bob', 100) AS lamp, tests.an_order(:'ann', :'cleo', 40) AS vase \gset
SELECT is(tests.tell('payment.succeeded', 'P1', '{"amount": 140, "currency": "USD"}'), 'ignored: Nothing in this database refers to this payment.succeeded.', 'an unknown payment is ignored');
SELECT tests.start(ARRAY[:'lamp', :'vase']::uuid[], 'P1') \g /dev/null
SELECT is(tests.tell('payment.succeeded', 'P1', '{"amount": 139, "currency": "USD"}'), 'failed: amount of the payment event does not match the payment: The event reports 139.00 USD, but 140.00 USD was expected.', 'another amount fails');
SELECT is(tests.tell('payment.succeeded', 'P1', '{"amount": 140, "currency": "EUR"}'), 'failed: amount of the payment event does not match the payment: The event reports 140.00 EUR, but 140.00 USD was expected.', 'so does another currency');
SELECT is(tests.tell('payment.succeeded', 'P1'), 'failed: payment event must have amount and currency', 'or none');
SELECT is(tests.tell('payment.succeeded', 'P1', '{"amount": 140, "currency": "USD"}', 'otherstone'), 'ignored: Nothing in this database refers to this payment.succeeded.', 'the payment of that name of another processor is another');
SELECT is((SELECT string_agg(DISTINCT status::text, ' ') FROM orders), 'payment_processing', 'nothing was paid by these');
SELECT is(tests.tell('payment.processing', 'P1'), 'processed', 'it is under way');
SELECT is(tests.tell('payment.succeeded', 'P1', '{"amount": 140, "currency": "USD"}'), 'processed', 'it comes in');
SELECT is(tests.balance(ARRAY[:'lamp', :'vase']::uuid[]), 'processor_clearing -140.00, seller_pending 140.00', 'and is booked');
SELECT tests.log_in_as_service() \g /dev/null
SELECT results_eq($$SELECT event_id, outcome FROM record_payment_event('paystone', '{"id": "ev7", "type": "payment.failed", "payment_id": "P1"}')$$, $$VALUES ('paystone:ev7', 'duplicate')$$, 'what was told is not told again, whatever it says');
SELECT is(replay_stripe_event('paystone:ev1'), 'processed', 'what was ignored can be applied later');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.balance(ARRAY[:'lamp', :'vase']::uuid[]), 'processor_clearing -140.00, seller_pending 140.00', 'which books nothing twice');

-- Refunds

SELECT tests.log_in(:'ann') \g /dev/null
SELECT request_refund(:'lamp', 30, 'A scratch.') AS scratch \gset
SELECT tests.log_in(:'bob') \g /dev/null
SELECT decide_refund(:'scratch', true) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.tell('refund.succeeded', 'P1', '{"amount": 30, "currency": "USD"}'), 'failed: payment event must have refund_id', 'a refund has an id');
SELECT is(tests.tell('refund.succeeded', 'P1', jsonb_build_object('amount', 29, 'currency', 'USD', 'refund_id', 'R1', 'refund_request_id', :'scratch')), 'failed: refund amount does not match the approved amount: An approved refund must be sent in full.', 'it is what was approved');
SELECT is(tests.tell('refund.succeeded', 'P1', jsonb_build_object('amount', 30, 'currency', 'USD', 'refund_id', 'R1', 'refund_request_id', :'scratch')), 'processed', 'it was sent');
SELECT results_eq(format('SELECT status::text, stripe_refund_id::text FROM refund_requests WHERE id = %L', :'scratch'), $$VALUES ('processed', 'R1')$$, 'which settles the request');
SELECT is(tests.tell('refund.succeeded', 'P1', '{"amount": 30, "currency": "USD", "refund_id": "R1"}'), 'processed', 'told in other words');
SELECT is((SELECT count(*) FROM refund_requests), 1::bigint, 'it is the same refund');
SELECT is(tests.tell('refund.failed', 'P1', '{"refund_id": "R1"}'), 'processed', 'it comes back');
SELECT is((SELECT status::text FROM refund_requests WHERE id = :'scratch'), 'approved', 'and is due again');
SELECT is(tests.tell('refund.succeeded', 'P1', '{"amount": 30, "currency": "USD", "refund_id": "R2"}'), 'processed', 'another attempt is found by its amount');
SELECT is((SELECT status::text FROM refund_requests WHERE id = :'scratch'), 'processed', 'and settles it');
SELECT is(tests.tell('refund.succeeded', 'P1', jsonb_build_object('amount', 10, 'currency', 'USD', 'refund_id', 'R3', 'order_ids', ARRAY[:'vase'])), 'processed', 'what nobody asked for here is the named order''s');
SELECT is(tests.balance(ARRAY[:'lamp']::uuid[]) || '; ' || tests.balance(ARRAY[:'vase']::uuid[]), 'processor_clearing -70.00, seller_pending 70.00; processor_clearing -30.00, seller_pending 30.00', 'taken from its seller');

-- Chargebacks

SELECT is(tests.tell('chargeback.opened', 'P1', '{"amount": 30, "currency": "USD"}'), 'failed: payment event must have dispute_id', 'a chargeback has an id');
SELECT is(tests.tell('chargeback.opened', 'P1', '{"amount": 30, "currency": "USD", "dispute_id": "D1", "reason": "fraudulent"}'), 'processed', 'the bank takes what is one order''s');
SELECT is((SELECT string_agg(o.id::text, ' ') FROM disputes d JOIN orders o ON o.id = d.order_id), :'vase', 'whose it is');
SELECT is(tests.tell('chargeback.lost', 'P1', '{"amount": 30, "currency": "USD", "dispute_id": "D1"}'), 'processed', 'it keeps it');
SELECT is((SELECT status::text FROM orders WHERE id = :'vase'), 'refunded', 'and the order has ended');
SELECT is(tests.tell('chargeback.won', 'P1', '{"amount": 30, "currency": "USD", "dispute_id": "D1"}'), 'processed', 'it gives it back after all');
SELECT is(tests.balance(ARRAY[:'lamp']::uuid[]), 'processor_clearing -70.00, seller_pending 70.00', 'the other order was not touched');

-- A bank transfer: the order waits for it, and the service says when it came

SELECT tests.an_order(:'ann', :'bob', 60) AS transferred, tests.an_order(:'ann', :'bob', 61) AS forgotten, tests.an_order(:'ann', :'bob', 62) AS partly, tests.an_order(:'ann', :'bob', 63) AS unstarted \gset
SELECT tests.start(ARRAY[:'transferred']::uuid[], 'RF-1', 'bank_transfer'), tests.start(ARRAY[:'forgotten']::uuid[], 'RF-2', 'bank_transfer'), tests.start(ARRAY[:'partly']::uuid[], 'P2') \g /dev/null
UPDATE orders SET created_at = now() - interval '10 days' WHERE id IN (:'transferred', :'forgotten');
SELECT is(expire_unpaid_orders(), 0, 'it does not expire as a card order does');
SELECT is(tests.tell('payment.succeeded', 'RF-1', '{"amount": 60, "currency": "USD"}', 'bank_transfer'), 'processed', 'the money is on the account');
SELECT is((SELECT status::text FROM orders WHERE id = :'transferred'), 'paid', 'which pays the order');
SELECT is(tests.tell('payment.cancelled', 'RF-2', '{}', 'bank_transfer'), 'processed', 'nothing came in time');
SELECT is(expire_unpaid_orders(), 1, 'then it expires');
SELECT is(tests.tell('payment.succeeded', 'RF-2', '{"amount": 61, "currency": "USD"}', 'bank_transfer'), 'processed', 'it comes too late');
SELECT results_eq(format('SELECT status::text, amount FROM refund_requests WHERE order_id = %L', :'forgotten'), $$VALUES ('approved', 61.00)$$, 'and is owed to the buyer');

-- A part of a hold, and a payment that nobody started

SELECT is(tests.tell('payment.succeeded', 'P2', '{"amount": 20, "currency": "USD", "partial": true}'), 'processed', 'a part of a hold was captured');
SELECT results_eq(format('SELECT o.status::text, t.amount, t.is_surplus FROM orders o JOIN payment_transactions t ON t.order_id = o.id WHERE o.id = %L', :'partly'), $$VALUES ('payment_failed', 20.00, false)$$, 'which is a part of what is due');
SELECT is(tests.tell('payment.succeeded', 'P3', jsonb_build_object('amount', 63, 'currency', 'USD', 'order_ids', ARRAY[:'unstarted'])), 'processed', 'a payment that was not started names its orders');
SELECT is((SELECT status::text FROM orders WHERE id = :'unstarted'), 'paid', 'and pays them');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are right');

SELECT * FROM finish();
ROLLBACK;
