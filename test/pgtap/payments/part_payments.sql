-- Orders that are paid by several payments: what each brings and where it is until all has come, what goes back when the order ends before, through
-- which payment a refund goes, and what a bank takes of a part. The first amounts are those of docs/money.md.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT * FROM no_plan();
SELECT * FROM tests.people('parts.example') \gset

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
CREATE FUNCTION tests.paid(payment text, amount numeric, processor text DEFAULT 'paystone') RETURNS text LANGUAGE sql AS $$
    SELECT tests.tell('payment.succeeded', payment, jsonb_build_object('amount', amount, 'currency', 'USD'), processor)
$$;
-- Nothing when it has begun, else the error.
CREATE FUNCTION tests.part(orders uuid[], amount numeric, payment text, processor text DEFAULT 'paystone') RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN left(answer, 1) = '{' THEN '' ELSE answer END FROM tests.asked('service', format('start_part_payment(%L, %L, %L, %L)', orders, amount, processor, payment)) answer
$$;
CREATE FUNCTION tests.stands(VARIADIC placed uuid[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s of %s', o.status, o.part_paid_amount, o.total_amount), ', ' ORDER BY t.n) FROM unnest(placed) WITH ORDINALITY t (id, n) JOIN orders o ON o.id = t.id
$$;
-- What is to be sent or was, each with its payment.
CREATE FUNCTION tests.routes(placed uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s%s by %s', r.amount, r.status, CASE WHEN r.payment_transaction_id IS NOT NULL THEN ' surplus' END, coalesce(p.processor_transaction_id, 'any')), ', ' ORDER BY r.amount DESC, p.processor_transaction_id)
      FROM refund_requests r LEFT JOIN payment_transactions p ON p.id = coalesce(r.through_payment_id, r.payment_transaction_id) WHERE r.order_id = placed
$$;
CREATE FUNCTION tests.request(placed uuid, wanted numeric) RETURNS uuid LANGUAGE sql AS $$SELECT id FROM refund_requests WHERE order_id = placed AND amount = wanted ORDER BY requested_at DESC LIMIT 1$$;
CREATE FUNCTION tests.sent(request uuid, payment text, refund text) RETURNS text LANGUAGE sql AS $$
    SELECT tests.tell('refund.succeeded', payment, jsonb_build_object('refund_id', refund, 'refund_request_id', request, 'amount', r.amount, 'currency', 'USD'), p.processor)
      FROM refund_requests r, payment_transactions p WHERE r.id = request AND p.processor_transaction_id = payment LIMIT 1
$$;
CREATE FUNCTION tests.counted(placed uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s of %s', processor_transaction_id, status, refunded_amount, amount), ', ' ORDER BY processor_transaction_id) FROM payment_transactions WHERE order_id = placed
$$;
CREATE FUNCTION tests.given(placed uuid, amount numeric) RETURNS text LANGUAGE sql AS $$
    SELECT tests.asked('seller', format('(SELECT string_agg(g.refunded_amount || '' '' || g.status, '', '' ORDER BY g.refunded_amount DESC) FROM refund_order(%L, %s, reason => ''For the trouble.'') g)', placed, amount))
$$;

-- Who may

SELECT tests.a_sale(:'buyer', :'seller', 100, shipping => 10, fee => 5.50) AS lamp, tests.a_sale(:'buyer', :'other', 30) AS vase, tests.a_sale(:'admin', :'seller', 30) AS foreign \gset
SELECT is(tests.answers('anon buyer seller admin', format('SELECT start_part_payment(ARRAY[%L]::uuid[], 60, ''paystone'', ''A'')', :'lamp')), '42501 for anon buyer seller admin', 'the service starts payments');
SELECT is(tests.part(orders::uuid[], amount, payment, processor), refusal, why) FROM (VALUES
    (format('{%s}', :'lamp'), 110.01, 'A', 'paystone', 'MK013 part is more than what is still to be paid', 'no more than the order costs'),
    (format('{%s}', :'lamp'), 0, 'A', 'paystone', '22023 amount must be greater than zero and have at most two decimal places', 'nothing is no part'),
    (format('{%s}', :'lamp'), -5, 'A', 'paystone', '22023 amount must be greater than zero and have at most two decimal places', 'nor is less'),
    ('{}', 5, 'A', 'paystone', '22023 payment must be for at least one order', 'of no order'),
    (format('{%s}', gen_random_uuid()), 5, 'A', 'paystone', NULL, 'of an unknown order'),
    (format('{%s,%s}', :'lamp', :'foreign'), 5, 'A', 'paystone', '22023 orders of a payment must have the same buyer and currency', 'of two buyers'),
    (format('{%s}', :'lamp'), 5, 'A', ' ', '22023 processor must have 1 to 50 characters', 'of no processor'),
    (format('{%s}', :'lamp'), 5, ' ', 'paystone', '22023 processor_transaction_id must have 1 to 255 characters', 'of no payment'),
    (format('{%s}', :'lamp'), 5, 'A', 'cash_on_delivery', '22023 cash on delivery must be for the whole order', 'what is paid at the door is paid there')) t (orders, amount, payment, processor, refusal, why)
 WHERE refusal IS NOT NULL;
SELECT matches(tests.part(ARRAY[gen_random_uuid()], 5, 'A'), '^P0002 order .* does not exist$', 'an unknown order');
SELECT is(tests.stands(:'lamp') || ' ' || (SELECT count(*) FROM payment_transactions), 'pending_payment 0.00 of 110.00 0', 'nothing of that left a trace');

-- 60.00 by card and 50.00 by transfer

SELECT is(tests.part(ARRAY[:'lamp']::uuid[], 60, 'A'), '', 'a part begins');
SELECT is(tests.part(ARRAY[:'lamp']::uuid[], 60, 'A') || tests.part(ARRAY[:'lamp']::uuid[], NULL, 'A'), '', 'beginning it again changes nothing');
SELECT is(tests.part(ARRAY[:'lamp']::uuid[], 61, 'A'), 'MK013 payment already exists for other orders or another amount', 'unless it is another amount');
SELECT is(tests.part(ARRAY[:'vase']::uuid[], 60, 'A'), 'MK013 payment already exists for other orders or another amount', 'or another order');
SELECT is(tests.asked('service', format('start_payment(ARRAY[%L]::uuid[], ''paystone'', ''W'')', :'lamp')), 'MK013 order already has a payment in progress', 'meanwhile nobody pays for all of it');
SELECT is(tests.part(ARRAY[:'lamp']::uuid[], 50.01, 'B', 'bank_transfer'), 'MK013 part is more than what is still to be paid', 'the parts together are no more than the order');
SELECT is(tests.part(ARRAY[:'lamp']::uuid[], NULL, 'B', 'bank_transfer') || tests.counted(:'lamp'), 'A pending 0.00 of 60.00, B pending 0.00 of 50.00', 'the rest begins without an amount');
SELECT is(tests.part(ARRAY[:'lamp']::uuid[], NULL, 'C'), 'MK013 part is more than what is still to be paid', 'after which there is none');
SELECT is(tests.paid('A', 61), 'failed: amount of the payment event does not match the payment: The event reports 61.00 USD, but 60.00 USD was expected.', 'another amount than that of the part fails');
SELECT is(tests.paid('A', 60) || ' ' || tests.stands(:'lamp'), 'processed payment_processing 60.00 of 110.00', 'a part comes in, and the rest is due');
SELECT is(tests.accounts(:'lamp'), 'processor_clearing -60.00, part_payments 60.00', 'it is at the processor, and the buyer''s');
SELECT is((SELECT party_id FROM ledger_entries WHERE account = 'part_payments'), :'buyer'::uuid, 'of this buyer');
SELECT is(tests.asked('buyer', format('(SELECT total_amount - part_paid_amount FROM orders WHERE id = %L)', :'lamp')) || ' ' || tests.asked('seller', format('(SELECT total_amount - part_paid_amount FROM orders WHERE id = %L)', :'lamp')) || ' '
          || tests.asked('other', format('(SELECT total_amount - part_paid_amount FROM orders WHERE id = %L)', :'lamp')), '50.00 50.00 NULL', 'buyer and seller see what is due');
SELECT is(tests.answers('buyer seller admin', format('UPDATE orders SET part_paid_amount = 110 WHERE id = %L', :'lamp')), '42501 for buyer seller admin', 'which none of them writes');
SELECT is(tests.asked('seller', format('transition_order(%L, ''preparing'')', :'lamp')), 'MK005 cannot change order status from payment_processing to preparing', 'nothing is sent for a part');
SELECT is(tests.asked('buyer', format('request_refund(%L, 10, ''x'')', :'lamp')), 'MK013 nothing was paid for this order', 'nor refunded: the buyer may cancel');
SELECT is(tests.paid('B', 50, 'bank_transfer') || ' ' || tests.stands(:'lamp'), 'processed paid 0.00 of 110.00', 'with the last part the order is paid');
SELECT is(tests.accounts(:'lamp'), 'processor_clearing -110.00, seller_pending 104.50, platform_fees 5.50', 'and the sale is booked as any other');
SELECT is((SELECT string_agg(format('%s %s %s', kind, account, amount), ', ' ORDER BY id) FROM ledger_entries WHERE order_id = :'lamp' AND account IN ('processor_clearing', 'part_payments')),
          'part_paid processor_clearing -60.00, part_paid part_payments 60.00, sale processor_clearing -50.00, sale part_payments -60.00', 'of the part that was there and the one that came');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- What goes back goes by the payment that has most left, and by both when it has to

SELECT is(tests.given(:'lamp', 80), '60.00 approved, 20.00 approved', 'a refund of more than one payment has is two');
SELECT is(tests.routes(:'lamp'), '60.00 approved by A, 20.00 approved by B', 'the larger payment first');
SELECT is(tests.accounts(:'lamp'), 'processor_clearing -110.00, seller_pending 28.50, platform_fees 1.50, refunds 80.00', 'of everybody their share');
SELECT is(tests.given(:'lamp', 30) || ' ' || tests.routes(:'lamp'), '30.00 approved 60.00 approved by A, 30.00 approved by B, 20.00 approved by B', 'the rest goes by the other');
SELECT is(tests.sent(tests.request(:'lamp', 60), 'A', 're_1') || ' ' || tests.sent(tests.request(:'lamp', 20), 'B', 're_2') || ' ' || tests.counted(:'lamp'),
          'processed processed A refunded 60.00 of 60.00, B partially_refunded 20.00 of 50.00', 'each payment counts what was sent through it');
SELECT is(tests.sent(tests.request(:'lamp', 30), 'B', 're_3') || ' ' || tests.counted(:'lamp') || ' ' || tests.stands(:'lamp'),
          'processed A refunded 60.00 of 60.00, B refunded 50.00 of 50.00 refunded 0.00 of 110.00', 'and when all has gone back the order is refunded');
SELECT is(tests.accounts(:'lamp'), NULL, 'with nothing in the books');
SELECT is_empty('SELECT * FROM check_integrity()', 'which are whole');

SELECT tests.a_sale(:'buyer', :'seller', 90) AS chair \gset
SELECT is(tests.part(ARRAY[:'chair']::uuid[], 30, 'C1') || tests.part(ARRAY[:'chair']::uuid[], 60, 'C2') || tests.paid('C1', 30) || tests.paid('C2', 60) || ' ' || tests.stands(:'chair'), 'processedprocessed paid 0.00 of 90.00', 'a third and two thirds');
SELECT is(tests.given(:'chair', 25) || ' ' || tests.routes(:'chair'), '25.00 approved 25.00 approved by C2', 'what the larger one can send alone it does');
SELECT is(tests.given(:'chair', 33) || ' ' || tests.routes(:'chair'), '33.00 approved 33.00 approved by C2, 25.00 approved by C2', 'as long as it can');
SELECT is(tests.sent(tests.request(:'chair', 25), 'C2', 're_4') || ' ' || tests.tell('refund.failed', 'C2', '{"refund_id": "re_4", "amount": 25, "currency": "USD"}') || ' ' || tests.counted(:'chair') || ' ' || tests.routes(:'chair'),
          'processed processed C1 succeeded 0.00 of 30.00, C2 succeeded 0.00 of 60.00 33.00 approved by C2, 25.00 approved by C2', 'one that comes back is due by the same payment');
SELECT is(tests.sent(tests.request(:'chair', 25), 'C1', 're_5') || ' ' || tests.counted(:'chair') || ' ' || tests.routes(:'chair'),
          'processed C1 partially_refunded 25.00 of 30.00, C2 succeeded 0.00 of 60.00 33.00 approved by C2, 25.00 processed by C1', 'who sends it by the other is believed');
SELECT is(tests.asked('buyer', format('request_refund(%L, 32, ''Late'')', :'chair')) IS NOT NULL, true, 'the buyer asks for all that is left');
SELECT is(tests.asked('seller', format('decide_refund((SELECT id FROM refund_requests WHERE order_id = %L AND status = ''pending''), true)', :'chair')) || ' ' || tests.routes(:'chair'),
          'approved 33.00 approved by C2, 27.00 approved by C2, 25.00 processed by C1, 5.00 approved by C1', 'a request is divided when it is approved');
SELECT is((SELECT count(DISTINCT reason) FROM refund_requests WHERE order_id = :'chair' AND amount IN (27, 5)), 1::bigint, 'with the reason for both');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');
-- what nobody asked for at a processor is of the payment that it was sent by
SELECT tests.a_sale(:'buyer', :'seller', 90) AS table \gset
SELECT is(tests.part(ARRAY[:'table']::uuid[], 30, 'pi_t1', 'stripe') || tests.part(ARRAY[:'table']::uuid[], NULL, 'pi_t2', 'stripe'), '', 'two cards');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_t2', 6000))) || ' ' || tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_t1', 3000))) || ' ' || tests.stands(:'table'), 'processed processed paid 0.00 of 90.00', 'Stripe tells of both');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_t1', 3000, 1000))) || ' ' || tests.routes(:'table') || ' ' || tests.counted(:'table'),
          'processed 10.00 processed by pi_t1 pi_t1 partially_refunded 10.00 of 30.00, pi_t2 succeeded 0.00 of 60.00', 'the smaller one sends something that nobody asked for');
SELECT is(tests.given(:'table', 60) || ' ' || tests.routes(:'table'), '60.00 approved 60.00 approved by pi_t2, 10.00 processed by pi_t1', 'the larger is asked for all it has');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_t1', 3000, 3000))) || ' ' || tests.routes(:'table'), 'processed 60.00 approved by pi_t2, 20.00 processed by pi_t1, 10.00 processed by pi_t1', 'a sum of the one is not the request of the other');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_t2', 6000, 6000))) || ' ' || tests.stands(:'table') || ' ' || coalesce(tests.accounts(:'table'), 'nothing'), 'processed refunded 0.00 of 90.00 nothing', 'whose own sum it is');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- Cancelled or refunded when it is paid: everything goes back by both

SELECT tests.a_sale(:'buyer', :'seller', 90, credit => 0) AS stool \gset
SELECT is(tests.part(ARRAY[:'stool']::uuid[], 30, 'S1') || tests.part(ARRAY[:'stool']::uuid[], NULL, 'S2') || tests.paid('S1', 30) || tests.paid('S2', 60), 'processedprocessed', 'paid in two');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'stool')) || ' ' || tests.routes(:'stool'), 'cancelled 60.00 approved by S2, 30.00 approved by S1', 'of a cancelled order each payment goes back');

-- An order that ends before all has come in

SELECT tests.a_sale(:'buyer', :'seller', 90) AS bed, tests.a_sale(:'buyer', :'seller', 90) AS desk \gset
SELECT is(tests.part(ARRAY[:'bed']::uuid[], 30, 'E1') || tests.part(ARRAY[:'bed']::uuid[], 40, 'E2') || tests.paid('E1', 30) || tests.paid('E2', 40) || ' ' || tests.stands(:'bed'), 'processedprocessed payment_processing 70.00 of 90.00', 'two of three parts');
SELECT is(tests.asked('buyer', format('cancel_order(%L)', :'bed')) || ' ' || tests.stands(:'bed') || ' ' || tests.routes(:'bed'), 'cancelled cancelled 0.00 of 90.00 40.00 approved surplus by E2, 30.00 approved surplus by E1', 'the buyer cancels, and each part is owed by its payment');
SELECT is(tests.accounts(:'bed'), 'processor_clearing -70.00, refunds 70.00', 'to the buyer');
SELECT is(tests.sent(tests.request(:'bed', 40), 'E2', 're_6') || ' ' || tests.sent(tests.request(:'bed', 30), 'E1', 're_7') || ' ' || coalesce(tests.accounts(:'bed'), 'nothing') || ' ' || tests.counted(:'bed'),
          'processed processed nothing E1 refunded 30.00 of 30.00, E2 refunded 40.00 of 40.00', 'and sent');
SELECT is(tests.part(ARRAY[:'desk']::uuid[], 30, 'E3') || tests.part(ARRAY[:'desk']::uuid[], NULL, 'E4', 'bank_transfer') || tests.paid('E3', 30), 'processed', 'a part, and a transfer that is waited for');
UPDATE orders SET created_at = now() - interval '1 day' WHERE id = :'desk';
SELECT is(tests.asked('service', 'expire_unpaid_orders()') || ' ' || tests.stands(:'desk'), '0 payment_processing 30.00 of 90.00', 'while one is under way the order does not expire');
SELECT is(tests.tell('payment.cancelled', 'E4', processor => 'bank_transfer') || ' ' || tests.stands(:'desk'), 'processed payment_failed 30.00 of 90.00', 'nor does the part that came in pay for the order when the other fails');
SELECT is(tests.asked('service', 'expire_unpaid_orders()') || ' ' || tests.stands(:'desk') || ' ' || tests.routes(:'desk'), '1 cancelled 0.00 of 90.00 30.00 approved surplus by E3', 'then it expires, and the part goes back');
SELECT is(tests.paid('E4', 60, 'bank_transfer') || ' ' || tests.routes(:'desk'), 'processed 60.00 approved surplus by E4, 30.00 approved surplus by E3', 'as does the transfer that comes after all');
SELECT tests.a_sale(:'buyer', :'seller', 90) AS shelf \gset
SELECT is(tests.part(ARRAY[:'shelf']::uuid[], 30, 'E5') || tests.paid('E5', 30) || ' ' || tests.stands(:'shelf'), 'processed payment_processing 30.00 of 90.00', 'a part, and nobody begins another');
SELECT is(tests.asked('service', 'expire_unpaid_orders()'), '0', 'in its time it does not expire');
UPDATE orders SET created_at = now() - interval '1 day' WHERE id = :'shelf';
SELECT is(tests.asked('service', 'expire_unpaid_orders()') || ' ' || tests.stands(:'shelf'), '1 cancelled 0.00 of 90.00', 'after it, it does');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- One that had failed comes in after all

SELECT tests.a_sale(:'buyer', :'seller', 90) AS rug \gset
SELECT is(tests.part(ARRAY[:'rug']::uuid[], 40, 'F1') || tests.tell('payment.failed', 'F1') || ' ' || tests.stands(:'rug'), 'processed payment_failed 0.00 of 90.00', 'the first card fails');
SELECT is(tests.part(ARRAY[:'rug']::uuid[], 40, 'F2') || tests.part(ARRAY[:'rug']::uuid[], 50, 'F3') || tests.paid('F1', 40) || ' ' || tests.stands(:'rug') || ' ' || tests.counted(:'rug'),
          'processed payment_processing 40.00 of 90.00 F1 succeeded 0.00 of 40.00, F2 failed 0.00 of 40.00, F3 failed 0.00 of 50.00', 'and comes in late: what comes in first counts');
SELECT is(tests.paid('F3', 50) || ' ' || tests.stands(:'rug') || ' ' || tests.paid('F2', 40) || ' ' || tests.routes(:'rug'), 'processed paid 0.00 of 90.00 processed 40.00 approved surplus by F2', 'what is too much goes back');
SELECT tests.a_sale(:'buyer', :'seller', 90) AS sofa \gset
SELECT is(tests.asked('service', format('start_payment(ARRAY[%L]::uuid[], ''paystone'', ''W1'')', :'sofa')) || tests.tell('payment.failed', 'W1') || tests.part(ARRAY[:'sofa']::uuid[], 40, 'F4') || tests.paid('F4', 40) ~ '^\{.*\}processedprocessed$', true, 'the whole fails, a part comes in');
SELECT is(tests.paid('W1', 90) || ' ' || tests.stands(:'sofa') || ' ' || tests.routes(:'sofa'), 'processed payment_processing 40.00 of 90.00 90.00 approved surplus by W1', 'the whole beside it is too much');
SELECT is(tests.part(ARRAY[:'sofa']::uuid[], NULL, 'F5') || tests.paid('F5', 50) || ' ' || tests.stands(:'sofa'), 'processed paid 0.00 of 90.00', 'the rest pays');
-- A hold that is captured in part is a part of what was captured

SELECT tests.a_sale(:'buyer', :'seller', 90) AS lantern \gset
SELECT is(tests.part(ARRAY[:'lantern']::uuid[], 40, 'F6') || tests.part(ARRAY[:'lantern']::uuid[], NULL, 'F7') || tests.paid('F7', 50) || ' '
          || tests.tell('payment.succeeded', 'F6', '{"amount": 15, "currency": "USD", "partial": true}') || ' ' || tests.stands(:'lantern') || ' ' || coalesce(tests.routes(:'lantern'), 'nothing goes back'),
          'processed processed payment_failed 65.00 of 90.00 nothing goes back', 'the second of two');
SELECT is(tests.accounts(:'lantern'), 'processor_clearing -65.00, part_payments 65.00', 'is the buyer''s until the rest comes');
SELECT is(tests.tell('payment.succeeded', 'F6', '{"amount": 15, "currency": "USD", "partial": true}') || ' ' || tests.stands(:'lantern'), 'processed payment_failed 65.00 of 90.00', 'once');
SELECT is(tests.asked('service', format('transition_order(%L, ''paid'')', :'lantern')), 'MK005 cannot change order status from payment_failed to paid', 'which the service may have paid another way');
SELECT is(tests.asked('service', format('transition_order(%L, ''payment_processing'')', :'lantern')) || ' ' || tests.asked('service', format('transition_order(%L, ''paid'')', :'lantern')) || ' ' || tests.accounts(:'lantern'),
          'payment_processing paid processor_clearing -90.00, seller_pending 90.00', 'and says so');
SELECT tests.a_sale(:'buyer', :'seller', 110) AS held, tests.a_sale(:'buyer', :'seller', 100) AS expiring \gset
SELECT is(tests.asked('service', format('start_payment(ARRAY[%L]::uuid[], ''paystone'', ''H1'')', :'held')) IS NOT NULL, true, 'a hold of all');
SELECT is(tests.tell('payment.succeeded', 'H1', '{"amount": 60, "currency": "USD", "partial": true}') || ' ' || tests.stands(:'held') || ' ' || tests.accounts(:'held'),
          'processed payment_failed 60.00 of 110.00 processor_clearing -60.00, part_payments 60.00', 'of which a part is captured');
SELECT is(tests.asked('service', format('start_payment(ARRAY[%L]::uuid[], ''paystone'', ''H2'')', :'held')), 'MK013 order already has a payment in progress', 'nobody pays all of it once more');
SELECT is(tests.part(ARRAY[:'held']::uuid[], 50.01, 'H2'), 'MK013 part is more than what is still to be paid', 'nor more than is due');
SELECT is(tests.part(ARRAY[:'held']::uuid[], NULL, 'H2') || tests.paid('H2', 50) || ' ' || tests.stands(:'held') || ' ' || tests.accounts(:'held'),
          'processed paid 0.00 of 110.00 processor_clearing -110.00, seller_pending 110.00', 'the rest comes by another payment');
SELECT is(tests.given(:'held', 110) || ' ' || tests.routes(:'held'), '60.00 approved, 50.00 approved 60.00 approved by H1, 50.00 approved by H2', 'and each sends back what it brought');
SELECT is(tests.asked('service', format('start_payment(ARRAY[%L]::uuid[], ''paystone'', ''H3'')', :'expiring')) IS NOT NULL AND tests.tell('payment.succeeded', 'H3', '{"amount": 60, "currency": "USD", "partial": true}') = 'processed', true, 'another one');
UPDATE orders SET created_at = now() - interval '1 day' WHERE id = :'expiring';
SELECT is(tests.asked('service', 'expire_unpaid_orders()') || ' ' || tests.stands(:'expiring') || ' ' || tests.routes(:'expiring'), '1 cancelled 0.00 of 100.00 60.00 approved surplus by H3', 'whose rest does not come: it expires, and the part goes back');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');
-- of several orders
SELECT tests.a_sale(:'buyer', :'seller', 110) AS gone, tests.a_sale(:'buyer', :'other', 40) AS stays, tests.a_sale(:'buyer', :'seller', 100) AS big, tests.a_sale(:'buyer', :'other', 50) AS small \gset
SELECT is(tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''paystone'', ''H4'')', :'gone', :'stays')) IS NOT NULL AND tests.asked('buyer', format('cancel_order(%L)', :'gone')) = 'cancelled', true, 'of two orders one is cancelled while the money is held');
SELECT is(tests.tell('payment.succeeded', 'H4', '{"amount": 40, "currency": "USD", "partial": true}') || ' ' || tests.stands(:'gone', :'stays') || ' ' || coalesce(tests.routes(:'gone'), 'nothing goes back'),
          'processed cancelled 0.00 of 110.00, paid 0.00 of 40.00 nothing goes back', 'what is captured for the other pays for it');
SELECT is(tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''paystone'', ''H5'')', :'big', :'small')) IS NOT NULL, true, 'of two others');
SELECT is(tests.tell('payment.succeeded', 'H5', '{"amount": 75.01, "currency": "USD", "partial": true}') || ' ' || tests.stands(:'big', :'small'),
          'processed payment_failed 50.01 of 100.00, payment_failed 25.00 of 50.00', 'each has its share');
SELECT is(tests.tell('refund.succeeded', 'H5', '{"refund_id": "re_h5", "amount": 75.01, "currency": "USD"}') || ' ' || tests.stands(:'big', :'small') || ' ' || coalesce(tests.accounts(:'big'), 'nothing'),
          'processed payment_failed 0.00 of 100.00, payment_failed 0.00 of 50.00 nothing', 'which pays for nothing any more when it is sent back');
SELECT is(tests.tell('refund.failed', 'H5', '{"refund_id": "re_h5"}') || ' ' || tests.routes(:'big') || ' ' || tests.routes(:'small') || ' ' || tests.accounts(:'big') || ' ' || tests.accounts(:'small'),
          'processed 50.01 approved surplus by H5 25.00 approved surplus by H5 processor_clearing -50.01, refunds 50.01 processor_clearing -25.00, refunds 25.00', 'and is due again, of both, when it could not be delivered');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');
-- a refund that nobody asked for, of two orders
SELECT tests.a_sale(:'buyer', :'seller', 100) AS bow, tests.a_sale(:'buyer', :'other', 50) AS arrow \gset
SELECT is(tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''paystone'', ''H6'')', :'bow', :'arrow')) IS NOT NULL AND tests.paid('H6', 150) = 'processed', true, 'two orders, one payment');
SELECT is(tests.tell('refund.succeeded', 'H6', '{"refund_id": "re_h6", "amount": 75, "currency": "USD"}') || ' ' || tests.accounts(:'bow') || ' ' || tests.accounts(:'arrow'),
          'processed processor_clearing -50.00, seller_pending 50.00 processor_clearing -25.00, seller_pending 25.00', 'half of it goes back, half of each');
SELECT is(tests.tell('refund.failed', 'H6', '{"refund_id": "re_h6"}') || ' ' || tests.accounts(:'bow') || ' ' || tests.accounts(:'arrow'),
          'processed processor_clearing -100.00, seller_pending 50.00, refunds 50.00 processor_clearing -50.00, seller_pending 25.00, refunds 25.00', 'it comes back: each share is due again');
SELECT is(tests.tell('refund.failed', 'H6', '{"refund_id": "re_h6"}') || ' ' || tests.tell('refund.succeeded', 'H6', '{"refund_id": "re_h6", "amount": 75, "currency": "USD"}') || ' ' || tests.accounts(:'bow'), 'processed processed processor_clearing -100.00, seller_pending 50.00, refunds 50.00', 'once, and what failed is not sent');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- A part that is refunded or taken back before the order is paid pays for nothing

SELECT tests.a_sale(:'buyer', :'seller', 90) AS clock, tests.a_sale(:'buyer', :'seller', 90) AS radio \gset
SELECT is(tests.part(ARRAY[:'clock']::uuid[], 40, 'R1') || tests.paid('R1', 40) || tests.tell('refund.succeeded', 'R1', '{"refund_id": "re_8", "amount": 40, "currency": "USD"}') || ' ' || tests.stands(:'clock') || ' ' || tests.routes(:'clock'),
          'processedprocessed payment_processing 0.00 of 90.00 40.00 processed surplus by R1', 'a part is refunded at the processor');
SELECT is(tests.accounts(:'clock'), NULL, 'and in no book any more');
SELECT is(tests.part(ARRAY[:'clock']::uuid[], NULL, 'R2') || tests.paid('R2', 90) || ' ' || tests.stands(:'clock') || ' ' || tests.accounts(:'clock'), 'processed paid 0.00 of 90.00 processor_clearing -90.00, seller_pending 90.00', 'all is due again');
SELECT is(tests.part(ARRAY[:'radio']::uuid[], 40, 'pi_r1', 'stripe') || tests.deliver(tests.event('charge.refunded', tests.charge('pi_r1', 4000, 1000))) || ' ' || tests.stands(:'radio') || ' ' || tests.accounts(:'radio'),
          'processed payment_processing 0.00 of 90.00 processor_clearing -40.00, refunds 40.00', 'of one that is refunded a little the rest is owed');
SELECT is(tests.deliver(tests.event('refund.created', jsonb_build_object('id', 're_9', 'object', 'refund', 'amount', 1000, 'charge', 'ch_r1', 'currency', 'usd', 'metadata', '{}'::jsonb, 'payment_intent', 'pi_r1', 'status', 'succeeded'))) || ' ' || tests.routes(:'radio'),
          'processed 30.00 approved surplus by pi_r1, 10.00 processed surplus by pi_r1', 'when its refund is named');
SELECT tests.a_sale(:'buyer', :'seller', 90) AS piano \gset
SELECT is(tests.part(ARRAY[:'piano']::uuid[], 40, 'B1') || tests.paid('B1', 40) || tests.tell('chargeback.opened', 'B1', '{"dispute_id": "dp_1", "amount": 40, "currency": "USD"}') || ' ' || tests.stands(:'piano') || ' ' || tests.accounts(:'piano'),
          'processedprocessed payment_processing 0.00 of 90.00 refunds 40.00, disputes -40.00', 'a part that a bank takes pays for nothing');
SELECT is(tests.tell('chargeback.lost', 'B1', '{"dispute_id": "dp_1", "amount": 40, "currency": "USD"}') || ' ' || tests.asked('service', format('settle_refund(%L, ''charged_back'')', tests.request(:'piano', 40))) || ' ' || coalesce(tests.accounts(:'piano'), 'nothing'),
          'processed charged_back nothing', 'lost, it is settled with what the bank has');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- A chargeback of a part of an order that is paid is of that part

SELECT tests.a_sale(:'buyer', :'seller', 90, fee => 9) AS harp \gset
SELECT is(tests.part(ARRAY[:'harp']::uuid[], 30, 'B2') || tests.part(ARRAY[:'harp']::uuid[], NULL, 'B3') || tests.paid('B2', 30) || tests.paid('B3', 60), 'processedprocessed', 'paid in two');
SELECT is(tests.given(:'harp', 20) || ' ' || tests.routes(:'harp'), '20.00 approved 20.00 approved by B3', 'a refund by the larger');
SELECT is(tests.tell('chargeback.opened', 'B3', '{"dispute_id": "dp_2", "amount": 60, "currency": "USD"}') || ' ' || tests.given(:'harp', 10), 'processed MK013 payment of this order is disputed by the buyer''s bank', 'whose bank takes it back');
SELECT is(tests.tell('chargeback.lost', 'B3', '{"dispute_id": "dp_2", "amount": 60, "currency": "USD"}') || ' ' || tests.accounts(:'harp'),
          'processed processor_clearing -30.00, seller_pending 27.00, platform_fees 3.00, refunds 20.00, disputes -20.00', 'for good: 40.00 of it, because 20.00 were decided to go back by it');
SELECT is(tests.asked('service', format('settle_refund(%L, ''charged_back'')', tests.request(:'harp', 20))) || ' ' || tests.accounts(:'harp'), 'charged_back processor_clearing -30.00, seller_pending 27.00, platform_fees 3.00', 'which the bank has');
SELECT is(tests.given(:'harp', 30) || ' ' || tests.routes(:'harp'), '30.00 approved 30.00 approved by B2, 20.00 processed by B3', 'what is left goes by the other payment, and no more by this one');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');
SELECT tests.a_sale(:'buyer', :'seller', 90) AS flute \gset
SELECT is(tests.part(ARRAY[:'flute']::uuid[], 30, 'B4') || tests.part(ARRAY[:'flute']::uuid[], NULL, 'B5') || tests.paid('B4', 30) || tests.paid('B5', 60), 'processedprocessed', 'paid in two');
SELECT is(tests.tell('chargeback.lost', 'B5', '{"dispute_id": "dp_3", "amount": 60, "currency": "USD"}') || ' ' || tests.given(:'flute', 40) || ' ' || tests.given(:'flute', 30) || ' ' || tests.routes(:'flute'),
          'processed MK009 refund exceeds the amount paid 30.00 approved 30.00 approved by B4', 'what a bank has taken does not go by that payment');
SELECT is(tests.tell('chargeback.won', 'B5', '{"dispute_id": "dp_3", "amount": 60, "currency": "USD"}') || ' ' || tests.given(:'flute', 60) || ' ' || tests.routes(:'flute'),
          'processed 60.00 approved 60.00 approved by B5, 30.00 approved by B4', 'won after all, it does again');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- A return of an item, tax and store credit: in any parts everybody gives back what they got

SELECT tests.a_sale(:'buyer', :'seller', 100, shipping => 7.77, tax => 3.33, fee => 5.55, credit => 20.01, by_platform => 10) AS mixed \gset
INSERT INTO store_credits (user_id, amount, used_amount) VALUES (:'buyer', 20.01, 20.01) RETURNING id AS credit \gset
INSERT INTO store_credit_usage (store_credit_id, order_id, amount) VALUES (:'credit', :'mixed', 20.01);
SELECT is(tests.part(ARRAY[:'mixed']::uuid[], 27.03, 'M1') || tests.part(ARRAY[:'mixed']::uuid[], 27.03, 'M2') || tests.part(ARRAY[:'mixed']::uuid[], NULL, 'M3') || tests.paid('M2', 27.03) || tests.paid('M3', 27.03) || tests.paid('M1', 27.03) || ' ' || tests.stands(:'mixed'),
          'processedprocessedprocessed paid 0.00 of 81.09', 'three equal parts beside a credit and a coupon');
UPDATE payment_transactions SET created_at = now() + make_interval(secs => right(processor_transaction_id, 1)::integer) WHERE processor_transaction_id LIKE 'M_';
SELECT is(tests.given(:'mixed', 33.33) || ' ' || tests.routes(:'mixed'), '27.03 approved, 6.30 approved 27.03 approved by M1, 6.30 approved by M2', 'the first of equal ones first');
SELECT is(tests.given(:'mixed', 67.77) || ' ' || tests.refunds_of(:'mixed'), '47.04 approved, 20.73 approved 6.30 approved (0.00 credit), 20.73 approved (0.00 credit), 27.03 approved (0.00 credit), 47.04 approved (20.01 credit)', 'the credit comes with the last');
SELECT is(tests.accounts(:'mixed'), 'processor_clearing -81.09, refunds 81.09', 'nobody has anything of it left, and the buyer the credit');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- Two orders and a payment of a part of both

SELECT tests.a_sale(:'buyer', :'seller', 100) AS one, tests.a_sale(:'buyer', :'other', 50) AS two \gset
SELECT is(tests.part(ARRAY[:'one', :'two']::uuid[], 75.01, 'T1'), '', 'a part of two orders');
SELECT is((SELECT string_agg(amount::text, ' ' ORDER BY amount) FROM payment_transactions WHERE processor_transaction_id = 'T1'), '25.00 50.01', 'each has its share, to the cent');
SELECT is(tests.paid('T1', 75.01) || ' ' || tests.stands(:'one', :'two'), 'processed payment_processing 50.01 of 100.00, payment_processing 25.00 of 50.00', 'of what came in too');
SELECT is(tests.part(ARRAY[:'one']::uuid[], NULL, 'T2') || tests.paid('T2', 49.99) || ' ' || tests.stands(:'one', :'two'), 'processed paid 0.00 of 100.00, payment_processing 25.00 of 50.00', 'one may be paid before the other');
SELECT is(tests.asked('buyer', format('cancel_order(%L)', :'two')) || ' ' || tests.routes(:'two') || ' ' || tests.stands(:'one'), 'cancelled 25.00 approved surplus by T1 paid 0.00 of 100.00', 'which ends without it');
SELECT is(tests.given(:'one', 100) || ' ' || tests.routes(:'one'), '50.01 approved, 49.99 approved 50.01 approved by T1, 49.99 approved by T2', 'and goes back by both');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');
SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'and sum to nothing');
SELECT is((SELECT coalesce(sum(amount), 0) FROM ledger_entries WHERE account = 'part_payments'), 0.00, 'of no order that is not paid');

-- The buyer deletes the account with a part paid

SELECT tests.sign_up('leaves@parts.example') AS leaver \gset
SELECT tests.a_sale(:'leaver', :'seller', 90) AS left \gset
SELECT is(tests.part(ARRAY[:'left']::uuid[], 40, 'L1') || tests.paid('L1', 40), 'processed', 'somebody pays a part');
SELECT tests.delete_account(:'leaver') \g /dev/null
UPDATE orders SET created_at = now() - interval '1 day' WHERE id = :'left';
SELECT is(tests.asked('service', 'expire_unpaid_orders()') || ' ' || tests.routes(:'left') || ' ' || tests.accounts(:'left'), '1 40.00 approved surplus by L1 processor_clearing -40.00, refunds 40.00', 'and leaves: when the order expires it is owed, whoever is gone');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

SELECT * FROM finish();
ROLLBACK;
