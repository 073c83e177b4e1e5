-- record_stripe_event() and replay_stripe_event(): each event of a payment once, twice, early, late and wrong. Refunds, chargebacks
-- and payouts, as far as their events go, are in files of their own.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT plan(120);
SELECT * FROM tests.people('stripe.example') \gset

CREATE FUNCTION tests.started(intent text, VARIADIC sold uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM start_payment(sold, 'stripe', intent);
    PERFORM tests.log_out();
END $$;
CREATE FUNCTION tests.inbox(event text) RETURNS text LANGUAGE sql AS
    $$SELECT concat_ws(' ', outcome, processed, error, CASE WHEN processed_at IS NULL THEN 'never' END) FROM stripe_webhook_events WHERE stripe_event_id = event$$;

-- Who may

SELECT is(tests.answers('anon buyer seller other moderator admin suspended guest', format('SELECT * FROM record_stripe_event(%L)', tests.event('payment_intent.succeeded', tests.intent('pi_1', 100)))),
    '42501 for anon buyer seller other moderator admin suspended guest', 'nobody but the service delivers events');
SELECT is(tests.answers('anon buyer seller other moderator admin suspended guest', $$SELECT replay_stripe_event('evt_1')$$),
    '42501 for anon buyer seller other moderator admin suspended guest', 'or replays them');
SELECT is(tests.answers('anon buyer admin service', format('SELECT private.apply_stripe_event(%L)', tests.event('payment_intent.succeeded', tests.intent('pi_1', 100)))),
    '42501 for anon buyer admin service', 'what is behind it is nobody''s');
SELECT is(tests.answers('anon buyer moderator admin', 'SELECT id FROM stripe_webhook_events'), '42501 for anon buyer moderator admin', 'the inbox is for the service to read');

-- What is no event

SELECT is(tests.asked('service', 'record_stripe_event(NULL)'), '22004 event must not be NULL', 'nothing');
SELECT is((SELECT string_agg(DISTINCT tests.asked('service', format('record_stripe_event(%L::jsonb)', e)), '; ') FROM unnest(ARRAY[
    'null', '1', '"evt"', '[]', '{}', '{"id": "evt_1", "type": "x"}', '{"id": "evt_1", "type": "x", "data": {}}', '{"id": "evt_1", "type": "x", "data": {"object": []}}', '{"id": "evt_1", "type": "x", "data": {"object": null}}',
    '{"id": "", "type": "x", "data": {"object": {}}}', '{"id": 1, "type": "x", "data": {"object": {}}}', '{"id": null, "type": "x", "data": {"object": {}}}', '{"type": "x", "data": {"object": {}}}',
    '{"id": "evt_1", "type": "", "data": {"object": {}}}', '{"id": "evt_1", "type": ["x"], "data": {"object": {}}}', '{"id": "evt_1", "data": {"object": {}}}',
    jsonb_build_object('id', repeat('x', 256), 'type', 'x', 'data', '{"object": {}}'::jsonb)::text, jsonb_build_object('id', 'evt_1', 'type', repeat('x', 101), 'data', '{"object": {}}'::jsonb)::text]) AS e),
    '22023 invalid Stripe event', 'JSON that is no event, in eighteen ways');
SELECT is(tests.asked('service', 'record_stripe_event(to_jsonb(''{"id": "evt_1"''::text))'), '22023 invalid Stripe event', 'a string that is no JSON');
SELECT is(tests.asked('service', $$record_stripe_event(to_jsonb('{"id": "evt\u0000", "type": "x", "data": {"object": {}}}'::text))$$), '22023 invalid Stripe event', 'a string with a character that text cannot hold');
SELECT is((SELECT count(*) FROM stripe_webhook_events), 0::bigint, 'none of it is kept');
SELECT is(tests.asked('service', 'replay_stripe_event(NULL)'), '22004 stripe_event_id must not be NULL', 'a replay of nothing');
SELECT is(tests.asked('service', $$replay_stripe_event('evt_none')$$), 'P0002 event "evt_none" does not exist', 'of an event that never came');

-- Types that mean nothing here, also when their objects have nothing to be called by

SELECT is(tests.deliver('{"id": "evt_customer", "type": "customer.created", "created": 1700000000, "data": {"object": {"id": "cus_1", "object": "customer"}}}'), 'ignored: Nothing in this database refers to this customer.created.', 'another type is ignored');
SELECT is(tests.deliver('{"id": "evt_balance", "type": "balance.available", "created": 1700000000, "data": {"object": {"object": "balance", "available": []}}}'), 'ignored: Nothing in this database refers to this balance.available.', 'an object without an id too');
SELECT is(tests.deliver('{"id": "evt_odd", "type": "payment_intent.SUCCEEDED", "data": {"object": {}}}'), 'ignored: Nothing in this database refers to this payment_intent.SUCCEEDED.', 'whatever is missing in it');
SELECT is(tests.asked('service', $$replay_stripe_event('evt_customer')$$), 'ignored', 'and a replay ignores it again');
SELECT is(tests.inbox('evt_customer') || ', ' || tests.inbox('evt_balance'), 'ignored t, ignored t', 'which the inbox says');
SELECT is(tests.deliver('{"id": "evt_customer", "type": "customer.created", "created": 1700000000, "data": {"object": {"id": "cus_1", "object": "customer"}}}'), 'duplicate', 'and it comes once');

-- The text of an event as a JSON string, as postgres.js sends the body of a request

SELECT is(tests.deliver(to_jsonb('{"id": "evt_text", "type": "customer.created", "data": {"object": {"id": "cus_1"}}}'::text)), 'ignored: Nothing in this database refers to this customer.created.', 'the text of an event is taken for the event');
SELECT is((SELECT jsonb_typeof(data) || ' ' || type FROM stripe_webhook_events WHERE stripe_event_id = 'evt_text'), 'object customer.created', 'and kept as an object');

-- processing and succeeded

SELECT tests.a_sale(:'buyer', :'seller', 100, 5, 8, 5) AS first \gset
SELECT tests.started('pi_1', :'first') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.processing', tests.intent('pi_1', 11300, 'processing'), 100)), 'processed', 'a payment is processing');
SELECT is(tests.status_of(:'first') || ', ' || tests.payments_of(:'first'), 'payment_processing, pi_1 processing', 'and the order with it');
SELECT is(tests.accounts(:'first'), NULL, 'nothing has come in yet');
SELECT tests.event('payment_intent.succeeded', tests.intent('pi_1', 11300), 200) AS event \gset
SELECT is(tests.deliver(:'event'), 'processed', 'the payment succeeds');
SELECT is(tests.status_of(:'first') || ', ' || tests.payments_of(:'first'), 'paid, pi_1 succeeded', 'which pays for the order');
SELECT is(tests.accounts(:'first'), 'processor_clearing -113.00, seller_pending 100.00, platform_fees 5.00, taxes 8.00', 'to the cent');
SELECT is((SELECT string_agg(DISTINCT kind, ' ') FROM ledger_entries WHERE order_id = :'first'), 'sale', 'as a sale');
SELECT is(tests.listed(:'first'), '105.00 - 5.00 = 100.00 sale', 'the list of older applications has it');
SELECT results_eq(format('SELECT stripe_event_id::text, type::text, data, processed, outcome::text, error, processed_at = now() FROM stripe_webhook_events WHERE stripe_event_id = %L', :'event'::jsonb ->> 'id'),
    format($$VALUES (%L, 'payment_intent.succeeded', %L::jsonb, true, 'processed', NULL::text, true)$$, :'event'::jsonb ->> 'id', :'event'), 'the event is kept as it came');
SELECT tests.state_of_shop() AS before \gset
SELECT is(tests.deliver(:'event'), 'duplicate', 'the same event again');
SELECT is(tests.asked('service', format('replay_stripe_event(%L)', :'event'::jsonb ->> 'id')), 'duplicate', 'or replayed');
SELECT is(tests.state_of_shop(), :'before', 'changes nothing');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_1', 11300), 200)), 'processed', 'the same news in another event');
SELECT is(tests.deliver(tests.event('payment_intent.payment_failed', tests.intent('pi_1', 11300, 'requires_payment_method'), 150)), 'processed', 'an older failure');
SELECT is(tests.deliver(tests.event('payment_intent.processing', tests.intent('pi_1', 11300, 'processing'), 300)), 'processed', 'processing that comes late');
SELECT is(tests.deliver(tests.event('payment_intent.canceled', tests.intent('pi_1', 11300, 'canceled'), 300)), 'processed', 'or a cancellation');
SELECT is(tests.status_of(:'first') || ', ' || tests.payments_of(:'first') || ', ' || tests.accounts(:'first'), 'paid, pi_1 succeeded, processor_clearing -113.00, seller_pending 100.00, platform_fees 5.00, taxes 8.00', 'change nothing either');
SELECT is((SELECT count(*) FROM order_status_history WHERE order_id = :'first'), 3::bigint, 'the history has each step once');

-- failed and canceled

SELECT tests.a_sale(:'buyer', :'seller', 20) AS second, tests.a_sale(:'buyer', :'seller', 30) AS third \gset
SELECT tests.started('pi_2', :'second'), tests.started('pi_3', :'third') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.payment_failed', tests.intent('pi_2', 2000, 'requires_payment_method'), 100)), 'processed', 'a payment fails');
SELECT is(tests.status_of(:'second') || ', ' || tests.payments_of(:'second'), 'payment_failed, pi_2 failed', 'and the order''s with it');
SELECT is(tests.deliver(tests.event('payment_intent.processing', tests.intent('pi_2', 2000, 'processing'), 90)), 'processed', 'what was before it comes after it');
SELECT is(tests.status_of(:'second'), 'payment_failed', 'and does not count');
SELECT is(tests.deliver(tests.event('payment_intent.processing', tests.intent('pi_2', 2000, 'processing'), 110)), 'processed', 'the buyer tries again');
SELECT is(tests.status_of(:'second') || ', ' || tests.payments_of(:'second'), 'payment_processing, pi_2 processing', 'with the same payment');
SELECT tests.deliver(tests.event('payment_intent.payment_failed', tests.intent('pi_2', 2000, 'requires_payment_method'), 120)) \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_2', 2000), 130)), 'processed', 'and has the money at last');
SELECT is(tests.status_of(:'second') || ', ' || tests.accounts(:'second'), 'paid, processor_clearing -20.00, seller_pending 20.00', 'from failed to paid');
SELECT is(tests.deliver(tests.event('payment_intent.canceled', tests.intent('pi_3', 3000, 'canceled'), 100)), 'processed', 'a payment is given up');
SELECT is(tests.status_of(:'third') || ', ' || tests.payments_of(:'third'), 'payment_failed, pi_3 cancelled', 'the order may be paid in another way');
SELECT tests.deliver(tests.event('payment_intent.processing', tests.intent('pi_3', 3000, 'processing'), 200)) \g /dev/null
SELECT is(tests.payments_of(:'third'), 'pi_3 cancelled', 'what is given up is not taken up again');

-- Money that was only held on the card: that it is let go is told as a refund

SELECT tests.a_sale(:'buyer', :'seller', 35) AS held \gset
SELECT tests.started('pi_35', :'held') \g /dev/null
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_35', 3500, 3500) || '{"captured": false, "amount_captured": 0}')), 'ignored: Nothing in this database refers to this charge.refunded.', 'a hold that ends is no refund');
SELECT is(tests.status_of(:'held') || ', ' || tests.payments_of(:'held') || coalesce(tests.accounts(:'held'), ''), 'payment_processing, pi_35 pending', 'and says nothing of money that came in');
SELECT is(tests.deliver(tests.event('payment_intent.canceled', tests.intent('pi_35', 3500, 'canceled'))) || ' ' || tests.status_of(:'held'), 'processed payment_failed', 'its cancellation tells the rest');

-- Objects of other versions of the API

SELECT tests.a_sale(:'buyer', :'seller', 40) AS fourth \gset
SELECT tests.started('pi_4', :'fourth') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.old_intent('pi_4', 4000))), 'processed', 'an intent with its charges in it');
SELECT is(tests.status_of(:'fourth') || ' ' || (SELECT metadata ->> 'charge' FROM payment_transactions WHERE processor_transaction_id = 'pi_4'), 'paid ch_4', 'pays, and the charge is known');
SELECT tests.a_sale(:'buyer', :'seller', 41) AS expanded \gset
SELECT tests.started('pi_41', :'expanded') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', jsonb_set(tests.intent('pi_41', 4100), '{latest_charge}', '{"id": "ch_41", "object": "charge"}'))), 'processed', 'one whose charge is expanded');
SELECT is((SELECT metadata ->> 'charge' FROM payment_transactions WHERE processor_transaction_id = 'pi_41'), 'ch_41', 'names it too');
SELECT tests.deliver(tests.event('payment_intent.payment_failed', jsonb_set(tests.intent('pi_41', 4100, 'requires_payment_method'), '{latest_charge}', '"ch_40"'), 50)) \g /dev/null
SELECT is((SELECT metadata ->> 'charge' FROM payment_transactions WHERE processor_transaction_id = 'pi_41'), 'ch_41', 'the charge of an attempt that failed is not the one that counts');

-- Amounts that do not match

SELECT tests.a_sale(:'buyer', :'seller', 50) AS fifth \gset
SELECT tests.started('pi_5', :'fifth') \g /dev/null
SELECT tests.event('payment_intent.succeeded', tests.intent('pi_5', 4999)) AS event \gset
SELECT is(tests.deliver(:'event'), 'failed: amount of the Stripe event does not match the payment: The event reports 49.99 USD, but 50.00 USD was expected.', 'a cent too little');
SELECT is(tests.inbox(:'event'::jsonb ->> 'id'), 'failed f amount of the Stripe event does not match the payment: The event reports 49.99 USD, but 50.00 USD was expected.', 'is kept with its reason');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_5', 5001))), 'failed: amount of the Stripe event does not match the payment: The event reports 50.01 USD, but 50.00 USD was expected.', 'a cent too much');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_5', 5000, currency => 'eur'))), 'failed: amount of the Stripe event does not match the payment: The event reports 50.00 EUR, but 50.00 USD was expected.', 'another currency');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_5', 50, currency => 'jpy'))), 'failed: amount of the Stripe event does not match the payment: The event reports 50.00 JPY, but 50.00 USD was expected.', 'yen');
SELECT is((SELECT string_agg(DISTINCT tests.deliver(tests.event('payment_intent.succeeded', o)), '; ') FROM unnest(ARRAY[
    tests.intent('pi_5', 5000) || '{"amount_received": "much"}', tests.intent('pi_5', 5000) || '{"amount_received": -5000}', tests.intent('pi_5', 5000) || '{"amount_received": 5000.5}',
    tests.intent('pi_5', 5000) || '{"amount_received": [5000]}', tests.intent('pi_5', 5000) || '{"amount_received": 99999999999999999999}', tests.intent('pi_5', 5000) - 'amount_received' - 'amount']) AS o),
    'failed: invalid value for "amount" in the Stripe event', 'an amount that is none, in six ways');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_5', 5000) - 'currency')), 'failed: invalid value for "currency" in the Stripe event', 'no currency');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_5', 9223372036854775807))), 'failed: amount out of range: The maximum for a payment is 9999999999.99.', 'a number that no column takes');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_5', 5000) - 'id')), 'failed: invalid value for "data.object.id" in the Stripe event', 'no intent');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_5', 5000)) - 'created'), 'failed: invalid value for "created" in the Stripe event', 'no time');
SELECT is(tests.status_of(:'fifth') || ', ' || tests.payments_of(:'fifth') || coalesce(tests.accounts(:'fifth'), ''), 'payment_processing, pi_5 pending', 'the order is as unpaid as before');
SELECT is(tests.deliver(:'event'), 'failed: amount of the Stripe event does not match the payment: The event reports 49.99 USD, but 50.00 USD was expected.', 'delivered again, it is tried again');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_5', 5000))), 'processed', 'until the right one comes');

-- Currencies without cents, and with three digits

-- (a listing in dinars is older than the rule that refuses one)
ALTER TABLE listings DISABLE TRIGGER check_listing_terms, DISABLE TRIGGER check_new_listing_terms;
SELECT tests.a_sale(:'buyer', :'seller', 1500, currency => 'JPY') AS in_yen, tests.a_sale(:'buyer', :'seller', 1.25, currency => 'KWD') AS in_dinars \gset
ALTER TABLE listings ENABLE TRIGGER check_listing_terms, ENABLE TRIGGER check_new_listing_terms;
SELECT tests.started('pi_yen', :'in_yen'), tests.started('pi_dinar', :'in_dinars') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_yen', 150000, currency => 'jpy'))), 'failed: amount of the Stripe event does not match the payment: The event reports 150000.00 JPY, but 1500.00 JPY was expected.', 'yen have no cents');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_yen', 1500, currency => 'jpy'))), 'processed', 'so 1500 are 1500');
SELECT is(tests.accounts(:'in_yen'), 'processor_clearing -1500.00, seller_pending 1500.00', 'in the ledger too');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_dinar', 1255, currency => 'kwd'))), 'failed: amount has more than two decimal places', 'dinars have a digit more than is kept');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_dinar', 1250, currency => 'kwd'))), 'processed', 'which has to be zero');
SELECT is(tests.accounts(:'in_dinars'), 'processor_clearing -1.25, seller_pending 1.25', '1250 are 1.25');

SELECT tests.a_sale(:'buyer', :'seller', 60000000, currency => 'IDR') AS in_rupiah, tests.a_sale(:'buyer', :'other', 99999999.99, currency => 'IDR') AS in_rupiah_too \gset
SELECT tests.started('pi_rupiah', :'in_rupiah', :'in_rupiah_too') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_rupiah', 15999999999, currency => 'idr'))) || ' ' || tests.accounts(:'in_rupiah') || ', ' || tests.accounts(:'in_rupiah_too'),
    'processed processor_clearing -60000000.00, seller_pending 60000000.00, processor_clearing -99999999.99, seller_pending 99999999.99', 'a payment for two orders is more than one order can be');
SELECT is(tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_rupiah', 'pi_rupiah', 15999999999, 'lost', 'idr'))) || tests.deliver(tests.event('charge.refunded', tests.charge('pi_rupiah', 15999999999, 100, 'idr'))) || ' ' ||
    tests.status_of(:'in_rupiah') || ' ' || tests.status_of(:'in_rupiah_too'), 'processedprocessed refunded refunded', 'also when it goes back');

-- Payments that nobody has started

SELECT tests.a_sale(:'buyer', :'seller', 60) AS sixth, tests.a_sale(:'buyer', :'other', 6) AS seventh, tests.a_sale(:'other', :'seller', 5) AS of_another \gset
SELECT tests.event('payment_intent.succeeded', tests.intent('pi_6', 6000)) AS event \gset
SELECT is(tests.deliver(:'event') || ', ' || tests.inbox(:'event'::jsonb ->> 'id'), 'ignored: Nothing in this database refers to this payment_intent.succeeded., ignored t', 'an unknown payment may be another shop''s');
SELECT is(tests.asked('service', format('replay_stripe_event(%L)', :'event'::jsonb ->> 'id')) || ' ' || tests.status_of(:'sixth'), 'ignored pending_payment', 'and stays so');
SELECT tests.started('pi_6', :'sixth') \g /dev/null
SELECT is(tests.status_of(:'sixth') || ', ' || tests.inbox(:'event'::jsonb ->> 'id'), 'paid, processed t', 'until it is started: then it has paid');
SELECT is(tests.asked('service', format('replay_stripe_event(%L)', :'event'::jsonb ->> 'id')), 'duplicate', 'once');
SELECT tests.a_sale(:'buyer', :'seller', 61) AS sixty_one, tests.a_sale(:'buyer', :'other', 6) AS six \gset
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_61', 6700, metadata => jsonb_build_object('order_ids', format('%s, %s', :'sixty_one', :'six'))))), 'processed', 'its metadata can name the orders');
SELECT is(tests.accounts(:'sixty_one') || '; ' || tests.accounts(:'six'), 'processor_clearing -61.00, seller_pending 61.00; processor_clearing -6.00, seller_pending 6.00', 'which it pays');
SELECT is(tests.deliver(tests.event('payment_intent.processing', tests.intent('pi_7', 600, 'processing', metadata => jsonb_build_object('order_id', :'seventh')))), 'processed', 'or the order');
SELECT is(tests.status_of(:'seventh') || ', ' || tests.payments_of(:'seventh'), 'payment_processing, pi_7 processing', 'with any event');
SELECT is((SELECT string_agg(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_8', 500, metadata => jsonb_build_object('order_ids', ids)))), '; ' ORDER BY n)
             FROM unnest(ARRAY['chair', gen_random_uuid()::text, ' , ', :'of_another' || ',' || :'sixth']) WITH ORDINALITY AS i (ids, n)
            WHERE n <> 2) || tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_8', 500, metadata => '{"order_id": "00000000-0000-4000-8000-00000000dead"}'))),
    'ignored: Nothing in this database refers to this payment_intent.succeeded.; ignored: Nothing in this database refers to this payment_intent.succeeded.; failed: orders of a payment must have the same buyer and currencyignored: Nothing in this database refers to this payment_intent.succeeded.', 'metadata that names none');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_8', 499, metadata => jsonb_build_object('order_id', :'of_another')))), 'failed: amount of the Stripe event does not match the payment: The event reports 4.99 USD, but 5.00 USD was expected.', 'or another amount');
SELECT is(tests.payments_of(:'of_another') || tests.status_of(:'of_another'), NULL, 'begin no payment');

-- Too late: the order is cancelled

SELECT tests.a_sale(:'buyer', :'seller', 70) AS eighth \gset
SELECT tests.started('pi_70', :'eighth') \g /dev/null
SELECT is(tests.asked('buyer', format('cancel_order(%L)', :'eighth')), 'cancelled', 'a buyer gives an order up');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_70', 7000))), 'processed', 'and then the payment comes');
SELECT is(tests.status_of(:'eighth') || ', ' || tests.payments_of(:'eighth') || ', ' || tests.refunds_of(:'eighth'), 'cancelled, pi_70 succeeded surplus, 70.00 approved (0.00 credit) surplus', 'it is to go back');
SELECT is(tests.accounts(:'eighth'), 'processor_clearing -70.00, refunds 70.00', 'and is the buyer''s');
SELECT tests.log_in_as('buyer') \g /dev/null
SELECT is((SELECT status || ' ' || reason FROM refund_requests WHERE order_id = :'eighth'), 'approved payment received after the order had ended', 'who can see it');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_70', 7000, 7000))), 'processed', 'the processor sends it back');
SELECT is(tests.payments_of(:'eighth') || ', ' || tests.refunds_of(:'eighth') || coalesce(tests.accounts(:'eighth'), ''), 'pi_70 refunded surplus, 70.00 processed (0.00 credit) surplus', 'so nothing is left');

-- Twice: two payments for one order

SELECT tests.a_sale(:'buyer', :'seller', 80) AS ninth \gset
SELECT tests.started('pi_81', :'ninth') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.payment_failed', tests.intent('pi_81', 8000, 'requires_payment_method'), 100)), 'processed', 'a first payment fails');
SELECT tests.started('pi_82', :'ninth') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.canceled', tests.intent('pi_81', 8000, 'canceled'), 110)) || ', ' || tests.status_of(:'ninth') || ', ' || tests.payments_of(:'ninth'), 'processed, payment_processing, pi_81 cancelled, pi_82 pending',
    'what becomes of it then is nothing to an order that another one pays for');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_81', 8000), 120)) || ', ' || tests.status_of(:'ninth') || ', ' || tests.payments_of(:'ninth'), 'processed, paid, pi_81 succeeded, pi_82 failed', 'unless it has the money first');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_82', 8000), 120)) || ', ' || tests.payments_of(:'ninth') || ', ' || tests.refunds_of(:'ninth'), 'processed, pi_81 succeeded, pi_82 succeeded surplus, 80.00 approved (0.00 credit) surplus',
    'the other''s goes back');
SELECT is(tests.accounts(:'ninth'), 'processor_clearing -160.00, seller_pending 80.00, refunds 80.00', 'and is not the seller''s');
SELECT tests.a_sale(:'buyer', :'seller', 90) AS tenth \gset
SELECT tests.started('pi_91', :'tenth') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.processing', tests.intent('pi_92', 9000, 'processing', metadata => jsonb_build_object('order_id', :'tenth')))) || ', ' || tests.payments_of(:'tenth'), 'processed, pi_91 pending, pi_92 failed', 'one that nobody started is second');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_92', 9000))) || ', ' || tests.payments_of(:'tenth') || ', ' || tests.accounts(:'tenth'), 'processed, pi_91 failed, pi_92 succeeded, processor_clearing -90.00, seller_pending 90.00', 'but pays all the same');

-- Somebody was told before the processor said it

SELECT tests.a_sale(:'buyer', :'seller', 15) AS told, tests.a_sale(:'buyer', :'seller', 16) AS told_and_cancelled \gset
SELECT tests.started('pi_15', :'told'), tests.started('pi_16', :'told_and_cancelled') \g /dev/null
SELECT is(tests.asked('service', format($$transition_order(%L, 'paid') || transition_order(%L, 'paid')$$, :'told', :'told_and_cancelled')), 'paidpaid', 'the service says that orders are paid');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'told_and_cancelled')), 'cancelled', 'the seller cancels one');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_15', 1500))) || tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_16', 1600))), 'processedprocessed', 'then the events come');
SELECT is(tests.payments_of(:'told') || ', ' || tests.accounts(:'told'), 'pi_15 succeeded, processor_clearing -15.00, seller_pending 15.00', 'it is the same money');
SELECT is(tests.refunds_of(:'told_and_cancelled') || ', ' || tests.accounts(:'told_and_cancelled'), '16.00 approved (0.00 credit), processor_clearing -16.00, refunds 16.00', 'and goes back once');

SELECT tests.a_sale(:'buyer', :'seller', 14) AS told_and_refunded \gset
SELECT tests.started('pi_14', :'told_and_refunded') \g /dev/null
SELECT is(tests.asked('service', format($$transition_order(%L, 'paid')$$, :'told_and_refunded')), 'paid', 'of one that the service says to be paid');
SELECT tests.asked('buyer', format('request_refund(%L, 5, ''x'')', :'told_and_refunded')) AS ref \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'ref')) || tests.asked('service', format('settle_refund(%L, ''processed'')', :'ref')), 'approvedprocessed', 'five go back, by its word as well');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_14', 1400, 500))), 'processed', 'then the processor says the same');
SELECT is(tests.payments_of(:'told_and_refunded') || ', ' || tests.refunds_of(:'told_and_refunded') || ', ' || tests.accounts(:'told_and_refunded'), 'pi_14 partially_refunded, 5.00 processed (0.00 credit), processor_clearing -9.00, seller_pending 9.00', 'they went back once');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_14', 1400, 600))) || ', ' || tests.accounts(:'told_and_refunded'), 'processed, processor_clearing -8.00, seller_pending 8.00', 'and what is more is more');

-- Two orders, one of them cancelled: each is on its own

SELECT tests.a_sale(:'buyer', :'seller', 17) AS one, tests.a_sale(:'buyer', :'other', 18) AS two \gset
SELECT tests.started('pi_17', :'one', :'two') \g /dev/null
SELECT is(tests.asked('buyer', format('cancel_order(%L)', :'two')), 'cancelled', 'of two orders the buyer gives one up');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_17', 3500))), 'processed', 'the payment for both comes');
SELECT is(tests.accounts(:'one') || '; ' || tests.accounts(:'two'), 'processor_clearing -17.00, seller_pending 17.00; processor_clearing -18.00, refunds 18.00', 'and does for each what is right');
SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- Of several orders one costs nothing

SELECT tests.a_sale(:'buyer', :'seller', 10, credit => 10) AS free, tests.a_sale(:'buyer', :'seller', 20) AS dear \gset
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_free', 1000, metadata => jsonb_build_object('order_id', :'free')))), 'failed: no payment with this ID was started: The orders named in its metadata cost nothing.', 'nothing pays for an order that costs nothing');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_dear', 2000, metadata => jsonb_build_object('order_ids', concat_ws(',', :'free', :'dear'))))) || ' ' || tests.status_of(:'dear') || ' ' || tests.payments_of(:'dear') || coalesce(tests.payments_of(:'free'), ''), 'processed paid pi_dear succeeded', 'the payment of others passes it over');

-- A part of what was held is collected: the rest comes as a refund

SELECT tests.a_sale(:'buyer', :'seller', 100) AS held \gset
SELECT tests.started('pi_held', :'held') \g /dev/null
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_held', 10000, 6000) || '{"amount_captured": 4000}')) || ' ' || tests.status_of(:'held') || coalesce(tests.accounts(:'held'), ''), 'processed payment_failedprocessor_clearing -40.00, part_payments 40.00', 'and is a part of what is due');

SELECT * FROM finish();
ROLLBACK;
