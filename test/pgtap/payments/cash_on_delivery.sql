-- What is paid at the door: who allows it, what is booked when the money comes to the platform or to the seller, when the parcel is not accepted, and
-- what goes back before and after the delivery. The amounts are those of docs/money.md.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT * FROM no_plan();
SELECT * FROM tests.people('door.example') \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
SELECT tests.goods(:'seller', 'Lamp', 100, 9, '{"cost": 10, "cash_on_delivery": true}') AS lamp, tests.goods(:'seller', 'Vase', 40, 9, '{"cost": 5}') AS vase \gset
SET LOCAL driplo.platform_fee_percent = 5;
CREATE TABLE tests.who AS SELECT :'buyer'::uuid AS buyer, :'home'::uuid AS home;
CREATE FUNCTION tests.ordered(VARIADIC things uuid[]) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    placed uuid;
    w tests.who := (SELECT w FROM tests.who w);
BEGIN
    DELETE FROM cart_items;
    PERFORM tests.put(w.buyer, t.thing, t.n::integer) FROM (SELECT thing, count(*) AS n FROM unnest(things) thing GROUP BY thing) t;
    PERFORM tests.log_in(w.buyer);
    SELECT c.order_id INTO placed FROM checkout(w.home, use_store_credit => true) c;
    PERFORM tests.log_out();
    RETURN placed;
END $$;
CREATE SEQUENCE tests.told;
CREATE FUNCTION tests.tell(type text, payment text, facts jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint := nextval('tests.told');
    answer record;
BEGIN
    PERFORM tests.log_in_as_service();
    SELECT * INTO answer FROM record_payment_event('cash_on_delivery', jsonb_build_object('id', 'ev' || n, 'type', type, 'payment_id', payment, 'currency', 'USD') || facts);
    PERFORM tests.log_out();
    RETURN concat_ws(': ', answer.outcome, answer.detail);
END $$;
CREATE FUNCTION tests.start(placed uuid, payment text, processor text DEFAULT 'cash_on_delivery') RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN length(answer) = 38 THEN '' ELSE answer END FROM tests.asked('service', format('start_payment(ARRAY[%L]::uuid[], %L, %L)', placed, processor, payment)) answer
$$;
CREATE FUNCTION tests.sent(placed uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.log_in_as('seller');
    PERFORM ship_order(placed, 'dhl', '00340434161094021501');
    PERFORM tests.log_out();
END $$;
CREATE FUNCTION tests.stands(placed uuid) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s due %s refunded %s released %s', o.status, o.due_on_delivery, o.refunded_amount, o.released_at IS NOT NULL) FROM orders o WHERE o.id = placed
$$;
CREATE FUNCTION tests.stock(thing uuid) RETURNS integer LANGUAGE sql AS $$SELECT quantity FROM listings WHERE id = thing$$;

-- Off by default

SELECT tests.ordered(:'lamp') AS first \gset
SELECT is(tests.start(:'first', 'D1'), '55000 cash on delivery is not offered', 'it is off');
SELECT is(tests.asked('seller', 'set_config(''driplo.cash_on_delivery'', ''seller'', true)'), '42501 permission denied to set parameter "driplo.cash_on_delivery"', 'which no seller changes');
SET LOCAL driplo.cash_on_delivery = carrier;
SELECT tests.ordered(:'lamp', :'vase') AS mixed \gset
SELECT is(tests.start(:'mixed', 'D2'), '55000 an item of the order cannot be paid on delivery', 'nor of what its seller does not allow');
SELECT is(tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''cash_on_delivery'', ''D2'')', :'first', :'mixed')), '22023 cash on delivery must be for one order', 'one parcel each');
SELECT is(tests.stands(:'first') || ', ' || tests.stands(:'mixed'), 'pending_payment due 0.00 refunded 0.00 released f, pending_payment due 0.00 refunded 0.00 released f', 'nothing of that left a trace');
SELECT is(tests.answers('anon buyer seller admin', format('SELECT start_payment(ARRAY[%L]::uuid[], ''cash_on_delivery'', ''D1'')', :'first')), '42501 for anon buyer seller admin', 'the back end starts it');
SELECT is(tests.answers('buyer', format('UPDATE orders SET due_on_delivery = 0 WHERE id = %L', :'first')), '42501 for buyer', 'nobody writes what is due');
SELECT throws_ok(format('UPDATE listings SET shipping_info = ''{"cash_on_delivery": "yes"}'' WHERE id = %L', :'vase'), '22023', '"cash_on_delivery" of shipping_info must be true or false', 'true or false');

-- Begun: it can be sent, and does not expire

SELECT is(tests.start(:'first', 'D1'), '', 'it begins');
SELECT is(tests.start(:'first', 'D1'), '', 'once');
SELECT is(tests.stands(:'first'), 'paid due 110.00 refunded 0.00 released f', 'the order can be sent');
SELECT is(tests.accounts(:'first'), 'seller_pending 104.50, platform_fees 5.50, cash_on_delivery -110.00', 'what is due is due at the door');
SELECT is_empty('SELECT * FROM check_integrity()', 'and the books are whole');
UPDATE orders SET created_at = created_at - interval '60 days' WHERE id IN (:'first', :'mixed');
SELECT tests.log_in_as_service() \g /dev/null
SELECT expire_unpaid_orders() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.status_of(:'first') || ' ' || tests.status_of(:'mixed'), 'paid cancelled', 'it does not expire, as what is unpaid does');
SELECT is(tests.tell('payment.succeeded', 'D1', '{"amount": 109}'), 'failed: amount of the payment event does not match the payment: The event reports 109.00 USD, but 110.00 USD was expected.', 'another amount fails');
SELECT is(tests.tell('payment.succeeded', 'D1', '{"amount": 100, "partial": true}'), 'failed: amount of the payment event does not match the payment: The event reports 100.00 USD, but 110.00 USD was expected.', 'also a part');

-- Silence delivers nothing that is due

SELECT tests.ordered(:'lamp') AS silent \gset
SELECT tests.start(:'silent', 'D0'), tests.sent(:'silent') \g /dev/null
UPDATE orders SET shipped_at = now() - interval '90 days' WHERE id = :'silent';
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_overdue_orders() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.stands(:'silent'), 'shipped due 110.00 refunded 0.00 released f', 'what is due does not count as delivered because nobody says anything');

-- The carrier collects

SELECT is(tests.answers('buyer seller other', format('SELECT settle_cash_on_delivery(%L, ''collected'')', :'first')), '42501 for buyer seller; P0002 for other', 'where the carrier collects, only the service and admins settle it');
SELECT tests.sent(:'first') \g /dev/null
SELECT is(tests.tell('payment.succeeded', 'D1', '{"amount": 110}'), 'processed', 'the carrier has passed it on');
SELECT is(tests.stands(:'first'), 'delivered due 0.00 refunded 0.00 released f', 'it was delivered');
SELECT is(tests.accounts(:'first'), 'processor_clearing -110.00, seller_pending 104.50, platform_fees 5.50', 'and is as any other sale');
SELECT is(tests.tell('payment.succeeded', 'D1', '{"amount": 110}'), 'processed', 'told again');
SELECT is(tests.accounts(:'first'), 'processor_clearing -110.00, seller_pending 104.50, platform_fees 5.50', 'it changes nothing');
SELECT is(tests.tell('payment.failed', 'D1'), 'processed', 'nor does it fail after that');
SELECT is((SELECT status || ' ' || is_surplus FROM payment_transactions WHERE order_id = :'first'), 'succeeded false', 'the payment is in');
SELECT is(tests.asked('service', format('settle_cash_on_delivery(%L, ''refused'')', :'first')), 'MK013 nothing of the order is due on delivery', 'nothing is due any more');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- The seller collects

SELECT tests.ordered(:'lamp') AS second \gset
SELECT tests.start(:'second', 'D3'), tests.sent(:'second') \g /dev/null
SET LOCAL driplo.cash_on_delivery = seller;
SELECT is(tests.answers('anon buyer other suspended', format('SELECT settle_cash_on_delivery(%L, ''collected'')', :'second')), '42501 for anon buyer; P0002 for other suspended', 'who collects settles it');
SELECT is(tests.asked('seller', format('settle_cash_on_delivery(%L, ''lost'')', :'second')), '22023 unrecognized outcome: "lost"', 'by two outcomes');
SELECT is(tests.asked('seller', format('settle_cash_on_delivery(%L, ''collected'')', :'second')), 'collected', 'the seller has the money');
SELECT is(tests.stands(:'second'), 'delivered due 0.00 refunded 0.00 released t', 'it was delivered, and nothing is held back');
SELECT is(tests.accounts(:'second'), 'seller_available -5.50, platform_fees 5.50', 'the seller owes the fee');
SELECT is((SELECT string_agg(format('%s %s %s', e.kind, e.account, e.amount), ', ' ORDER BY e.id) FROM ledger_entries e WHERE e.order_id = :'second' AND e.kind <> 'sale'),
    'release seller_pending -104.50, release seller_available 104.50, cash_collected cash_on_delivery 110.00, cash_collected seller_available -110.00', 'as it is told');
SELECT is(tests.balance(:'seller'), 'USD: 209.00 + -5.50 + 0.00', 'it is a debt');
SELECT is(tests.asked('seller', format('settle_cash_on_delivery(%L, ''collected'')', :'second')), 'MK013 nothing of the order is due on delivery', 'once');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');
-- it comes back: the platform pays the buyer, and the seller owes what was in hand
SELECT is((SELECT length(tests.asked('admin', format('(SELECT r.refund_id FROM refund_order(%L, 110, reason => ''It came back.'') r)', :'second')))), 36, 'an admin refunds it');
SELECT is(tests.accounts(:'second'), 'seller_available -110.00, refunds 110.00', 'the seller owes all of it');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- It is not accepted

INSERT INTO store_credits (user_id, amount) VALUES (:'buyer', 20);
SELECT tests.stock(:'lamp') AS stock \gset
SELECT tests.ordered(:'lamp') AS third \gset
SELECT tests.start(:'third', 'D4'), tests.sent(:'third') \g /dev/null
SELECT is(tests.stands(:'third') || ' ' || tests.stock(:'lamp'), format('shipped due 90.00 refunded 0.00 released f %s', :stock - 1), 'credit paid a part of it');
SELECT is(tests.tell('payment.cancelled', 'D4'), 'processed', 'nobody opens the door');
SELECT is(tests.stands(:'third') || ' ' || tests.stock(:'lamp'), format('cancelled due 0.00 refunded 110.00 released f %s', :stock), 'it is cancelled, and the lamp for sale again');
SELECT is(tests.accounts(:'third'), NULL, 'nobody has or owes anything of it');
SELECT is((SELECT string_agg(format('%s %s %s', status, amount, credit_amount), ', ') FROM refund_requests WHERE order_id = :'third'), 'processed 110.00 20.00', 'nothing is to be sent');
SELECT is((SELECT sum(amount - used_amount) FROM store_credits WHERE user_id = :'buyer'), 20.00, 'the credit is there again');
SELECT is((SELECT count(*) FROM order_status_history WHERE order_id = :'third' AND to_status = 'cancelled' AND reason = 'not accepted on delivery'), 1::bigint, 'the history says why');
SELECT is(tests.tell('payment.failed', 'D4'), 'processed', 'told again');
SELECT is(tests.tell('payment.succeeded', 'D4', '{"amount": 90}'), 'processed', 'but the carrier passes the money on');
SELECT is(tests.stands(:'third') || ' ' || tests.accounts(:'third'), 'cancelled due 0.00 refunded 110.00 released f processor_clearing -90.00, refunds 90.00', 'which is owed to the buyer');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');
DELETE FROM store_credit_usage; DELETE FROM store_credits;
SELECT tests.ordered(:'lamp') AS fourth \gset
SELECT tests.start(:'fourth', 'D5'), tests.sent(:'fourth') \g /dev/null
SELECT is(tests.asked('seller', format('settle_cash_on_delivery(%L, ''refused'')', :'fourth')) || ' ' || tests.status_of(:'fourth'), 'refused cancelled', 'the seller says so');
SELECT is(tests.stands(:'fourth'), 'cancelled due 0.00 refunded 110.00 released f', 'where the seller collects');

-- Cancelled and refunded before it is delivered: it is due less

SELECT tests.ordered(:'lamp', :'lamp', :'lamp') AS three \gset
SELECT tests.start(:'three', 'D6') \g /dev/null
SELECT is(tests.stands(:'three'), 'paid due 310.00 refunded 0.00 released f', 'three lamps');
SELECT is(tests.asked('seller', format('cancel_order_items(%L, jsonb_build_array(jsonb_build_object(''order_item_id'', %L, ''quantity'', 1)), ''Only two are left.'')', :'three', (SELECT id FROM order_items WHERE order_id = :'three'))), 'paid', 'one is cancelled');
SELECT is(tests.stands(:'three'), 'paid due 210.00 refunded 100.00 released f', 'two are due');
SELECT is(tests.accounts(:'three'), 'seller_pending 199.50, platform_fees 10.50, cash_on_delivery -210.00', 'and nothing is to be sent back');
SELECT is((SELECT length(tests.asked('buyer', format('request_refund(%L, 10, ''a scratch'')', :'three')))), 36, 'a refund is asked for');
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', (SELECT id FROM refund_requests WHERE order_id = :'three' AND status = 'pending'))), 'approved', 'and approved');
SELECT is(tests.stands(:'three') || (SELECT string_agg(' ' || status, '' ORDER BY status) FROM refund_requests WHERE order_id = :'three'), 'paid due 200.00 refunded 110.00 released f processed processed', 'it is due less');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');
SELECT tests.sent(:'three') \g /dev/null
SELECT is(tests.tell('payment.succeeded', 'D6', '{"amount": 310}'), 'failed: amount of the payment event does not match the payment: The event reports 310.00 USD, but 200.00 USD was expected.', 'what it was first does not fit');
SELECT is(tests.tell('payment.succeeded', 'D6', '{"amount": 200}'), 'processed', 'what is due does');
SELECT is((SELECT format('%s %s %s', status, amount, refunded_amount) FROM payment_transactions WHERE order_id = :'three'), 'partially_refunded 310.00 110.00', 'the payment counts what was not collected as refunded');
SELECT is(tests.accounts(:'three'), 'processor_clearing -200.00, seller_pending 190.00, platform_fees 10.00', 'as it was collected');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- Delivered and not collected yet: the buyer has paid, and the seller waits

SELECT tests.ordered(:'lamp') AS fifth \gset
SELECT tests.start(:'fifth', 'D7'), tests.has_arrived(:'fifth', 30) \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT release_seller_funds() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.stands(:'fifth'), 'delivered due 110.00 refunded 0.00 released f', 'nothing is available before the money is there');
SELECT is(tests.asked('service', format('settle_cash_on_delivery(%L, ''refused'')', :'fifth')), 'MK013 cannot refuse a parcel that was delivered', 'what was delivered was accepted');
SELECT is(tests.tell('payment.failed', 'D7'), 'failed: cannot refuse a parcel that was delivered', 'also by an event');
SELECT is((SELECT length(tests.asked('admin', format('(SELECT r.refund_id FROM refund_order(%L, 55, reason => ''It flickers.'') r)', :'fifth')))), 36, 'half of it goes back');
SELECT is(tests.accounts(:'fifth'), 'seller_pending 52.25, platform_fees 2.75, refunds 55.00, cash_on_delivery -110.00', 'in cash');
SELECT is(tests.tell('payment.succeeded', 'D7', '{"amount": 110}'), 'processed', 'the money comes');
SELECT tests.log_in_as_service() \g /dev/null
SELECT release_seller_funds() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.stands(:'fifth') || ' ' || tests.accounts(:'fifth'), 'delivered due 0.00 refunded 55.00 released t processor_clearing -110.00, seller_available 52.25, platform_fees 2.75, refunds 55.00', 'and the rest is available');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- Paid another way meanwhile

SELECT tests.ordered(:'lamp') AS sixth, tests.ordered(:'lamp') AS seventh \gset
SELECT tests.start(:'sixth', 'D8'), tests.start(:'seventh', 'D9') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_door', 11000, metadata => jsonb_build_object('order_id', :'sixth')))), 'processed', 'a card pays it after all');
SELECT is(tests.stands(:'sixth') || ' ' || tests.accounts(:'sixth'), 'paid due 0.00 refunded 0.00 released f processor_clearing -110.00, seller_pending 104.50, platform_fees 5.50', 'nothing is due');
SELECT is((SELECT string_agg(format('%s %s', processor, status), ', ' ORDER BY processor) FROM payment_transactions WHERE order_id = :'sixth'), 'cash_on_delivery failed, stripe succeeded', 'by the card');
SELECT is((SELECT length(tests.asked('seller', format('(SELECT r.refund_id FROM refund_order(%L, 10, reason => ''as agreed'') r)', :'seventh')))), 36, 'ten less are due of another');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_door2', 11000, metadata => jsonb_build_object('order_id', :'seventh')))), 'processed', 'whose card pays the whole');
SELECT is(tests.stands(:'seventh') || ' ' || tests.accounts(:'seventh'), 'paid due 100.00 refunded 10.00 released f processor_clearing -110.00, seller_pending 95.00, platform_fees 5.00, refunds 110.00, cash_on_delivery -100.00', 'which goes back');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'seventh')), 'cancelled', 'the seller cancels it');
SELECT is(tests.stands(:'seventh') || ' ' || tests.accounts(:'seventh'), 'cancelled due 0.00 refunded 110.00 released f processor_clearing -110.00, refunds 110.00', 'and owes only what the card paid');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- Nothing is due any more, and a card pays

SELECT tests.ordered(:'lamp') AS eighth \gset
SELECT tests.start(:'eighth', 'D10'), tests.sent(:'eighth') \g /dev/null
SELECT is(tests.asked('admin', format('transition_order(%L, ''refunded'')', :'eighth')), 'refunded', 'an admin ends it on its way');
SELECT is((SELECT status::text FROM payment_transactions WHERE order_id = :'eighth'), 'cancelled', 'nobody is to pay it');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_door3', 11000, metadata => jsonb_build_object('order_id', :'eighth')))), 'processed', 'a card does');
SELECT is(tests.accounts(:'eighth'), 'processor_clearing -110.00, refunds 110.00', 'all of it goes back');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

-- What check_integrity() finds

UPDATE orders SET due_on_delivery = 1 WHERE id = :'first';
SELECT is((SELECT string_agg(rule || ': ' || detail, ', ') FROM check_integrity()), 'due_on_delivery: due_on_delivery is 1.00, but the ledger has 0.00.', 'a due that is not booked');
SELECT * FROM finish();
ROLLBACK;
