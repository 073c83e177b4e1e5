-- The money of chargebacks, to the cent; their disputes are in trust/disputes_chargebacks.sql.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('chargebacks.example') \gset
CREATE FUNCTION tests.bank(step text, dispute text, intent text, amount bigint, status text, currency text DEFAULT 'usd') RETURNS text LANGUAGE sql AS
    $$SELECT tests.deliver(tests.event('charge.dispute.' || step, tests.stripe_dispute(dispute, intent, amount, status, currency)))$$;

-- Won

SELECT tests.a_paid_sale('pi_1', :'buyer', :'seller', 100, 5, 8, 5) AS first \gset
SELECT is(tests.bank('created', 'dp_1', 'pi_1', 11300, 'needs_response'), 'processed', 'the bank takes a payment back');
SELECT is(tests.accounts(:'first'), 'seller_pending 100.00, platform_fees 5.00, taxes 8.00, disputes -113.00', 'nobody has lost it yet');
SELECT is(tests.bank('created', 'dp_1', 'pi_1', 11300, 'needs_response') || ' ' || tests.accounts(:'first'), 'processed seller_pending 100.00, platform_fees 5.00, taxes 8.00, disputes -113.00', 'told again, it is taken once');
SELECT is(tests.bank('closed', 'dp_1', 'pi_1', 11300, 'won') || ' ' || tests.accounts(:'first'), 'processed processor_clearing -113.00, seller_pending 100.00, platform_fees 5.00, taxes 8.00', 'and gives it back');
SELECT is(tests.bank('closed', 'dp_1', 'pi_1', 11300, 'won') || tests.bank('created', 'dp_1', 'pi_1', 11300, 'needs_response') || ' ' || tests.accounts(:'first'), 'processedprocessed processor_clearing -113.00, seller_pending 100.00, platform_fees 5.00, taxes 8.00', 'once');

-- Lost

SELECT tests.a_paid_sale('pi_2', :'buyer', :'seller', 100, 5, 8, 5) AS second \gset
SELECT tests.has_arrived(:'second', 20) \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'what is available');
SELECT is(tests.bank('created', 'dp_2', 'pi_2', 11300, 'needs_response') || ' ' || tests.accounts(:'second'), 'processed seller_pending 100.00, platform_fees 5.00, taxes 8.00, disputes -113.00', 'is held');
SELECT is(tests.bank('closed', 'dp_2', 'pi_2', 11300, 'lost') || coalesce(' ' || tests.accounts(:'second'), ''), 'processed', 'and is lost, by everybody who got it');
SELECT is(tests.status_of(:'second') || ' ' || (SELECT refunded_amount FROM orders WHERE id = :'second') || ' ' || tests.listed(:'second'), 'refunded 113.00 -105.00 - -5.00 = -100.00 chargeback_lost, 105.00 - 5.00 = 100.00 sale', 'as order and list say');
SELECT is(tests.bank('closed', 'dp_2', 'pi_2', 11300, 'lost') || coalesce(' ' || tests.accounts(:'second'), ''), 'processed', 'once');
SELECT is(tests.asked('buyer', format('request_refund(%L, 1, ''x'')', :'second')), 'MK009 refund exceeds the amount paid', 'the buyer has it and gets no more');

-- A part of it, and what is older

SELECT tests.a_paid_sale('pi_3', :'buyer', :'seller', 100, fee => 5) AS third \gset
SELECT is(tests.bank('closed', 'dp_3', 'pi_3', 4000, 'lost') || ' ' || tests.accounts(:'third') || ' ' || tests.status_of(:'third'), 'processed processor_clearing -60.00, seller_pending 57.00, platform_fees 3.00 paid', 'forty of a hundred, told at the end only');
SELECT is(tests.bank('closed', 'dp_4', 'pi_3', 6000, 'lost') || coalesce(' ' || tests.accounts(:'third'), '') || ' ' || tests.status_of(:'third'), 'processed refunded', 'then the other sixty');
SELECT tests.a_paid_sale('pi_5', :'buyer', :'seller', 100, fee => 5) AS fifth \gset
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_5', 10000, 3000))), 'processed', 'thirty were sent back before');
SELECT is(tests.bank('closed', 'dp_5', 'pi_5', 10000, 'lost') || ' ' || tests.accounts(:'fifth') || ' ' || tests.status_of(:'fifth'), 'processed processor_clearing 30.00, disputes -30.00 refunded', 'these the platform has lost');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_5', 10000, 4000))) || ' ' || tests.accounts(:'fifth') || ' ' || tests.accounts(), 'processed processor_clearing 40.00, disputes -40.00 processor_clearing -73.00, seller_pending 100.00, platform_fees 5.00, taxes 8.00, disputes -40.00', 'and what is sent back then');

-- Inquiries take nothing

SELECT tests.a_paid_sale('pi_6', :'buyer', :'seller', 10) AS sixth \gset
SELECT is(tests.bank('created', 'dp_6', 'pi_6', 1000, 'warning_needs_response') || ' ' || tests.accounts(:'sixth'), 'processed processor_clearing -10.00, seller_pending 10.00', 'a bank that only asks');
SELECT is((SELECT count(*) FROM disputes WHERE order_id = :'sixth' AND is_open), 1::bigint, 'is seen');
SELECT is(tests.bank('closed', 'dp_6', 'pi_6', 1000, 'warning_closed') || ' ' || tests.accounts(:'sixth'), 'processed processor_clearing -10.00, seller_pending 10.00', 'and has taken nothing in the end');

SELECT is(tests.bank('created', 'dp_61', 'pi_6', 1000, 'warning_needs_response'), 'processed', 'while a bank asks');
SELECT tests.asked('buyer', format('request_refund(%L, 4, ''x'')', :'sixth')) AS ref \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'ref')) || ' ' || tests.accounts(:'sixth'), 'approved processor_clearing -10.00, seller_pending 6.00, refunds 4.00', 'a refund may end the matter');
SELECT is(tests.bank('updated', 'dp_61', 'pi_6', 1000, 'warning_under_review') || ' ' || tests.accounts(:'sixth'), 'processed processor_clearing -10.00, seller_pending 6.00, refunds 4.00', 'as long as it asks');
SELECT is(tests.bank('updated', 'dp_61', 'pi_6', 1000, 'needs_response') || tests.bank('funds_withdrawn', 'dp_61', 'pi_6', 1000, 'needs_response') || ' ' || tests.accounts(:'sixth'), 'processedprocessed seller_pending 6.00, refunds 4.00, disputes -10.00', 'then it takes the money, once');
SELECT is((SELECT count(*) FROM disputes WHERE order_id = :'sixth' AND is_open), 1::bigint, 'in the same dispute');
SELECT tests.asked('buyer', format('request_refund(%L, 1, ''x'')', :'sixth')) AS ref \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'ref')), 'MK013 payment of this order is disputed by the buyer''s bank', 'from here on nothing goes back another way');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'sixth')) || '; ' || tests.asked('service', format('transition_order(%L, ''refunded'')', :'sixth')) || '; ' || tests.status_of(:'sixth') || ' ' || tests.accounts(:'sixth') || ' ' || tests.refunds_of(:'sixth'),
    'MK013 payment of this order is disputed by the buyer''s bank; MK013 payment of this order is disputed by the buyer''s bank; paid seller_pending 6.00, refunds 4.00, disputes -10.00 1.00 pending (0.00 credit), 4.00 approved (0.00 credit)', 'not by ending the order either');
SELECT is(tests.bank('closed', 'dp_61', 'pi_6', 1000, 'won') || ' ' || tests.asked('seller', format('cancel_order(%L)', :'sixth')) || ' ' || tests.accounts(:'sixth'), 'processed cancelled processor_clearing -10.00, refunds 10.00', 'until the bank has decided');

-- Several orders of one payment

SELECT tests.a_sale(:'buyer', :'seller', 20) AS one, tests.a_sale(:'buyer', :'other', 30) AS two \gset
SELECT tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''stripe'', ''pi_7'')', :'one', :'two')) \g /dev/null
SELECT is(tests.bank('created', 'dp_7', 'pi_7', 5000, 'needs_response') || ' ' || tests.status_of(:'one') || ' ' || tests.status_of(:'two'), 'processed paid paid', 'what the bank takes back had come in');
SELECT is(tests.bank('closed', 'dp_7', 'pi_7', 5000, 'lost') || ' ' || tests.status_of(:'one') || ' ' || tests.status_of(:'two'), 'processed refunded refunded', 'all orders of the payment');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE party_id = :'other'), 0.00, 'each seller has lost the own takings');

-- Events of old versions name the charge only

SELECT tests.a_paid_sale('pi_8', :'buyer', :'seller', 10) AS eighth \gset
SELECT is(tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_8', 'pi_8', 1000) - 'payment_intent')) || ' ' || tests.accounts(:'eighth'), 'processed seller_pending 10.00, disputes -10.00', 'by which the payment is found');
SELECT is(tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_9', 'pi_none', 1000))), 'ignored: Nothing in this database refers to this charge.dispute.created.', 'unless there is none');
SELECT is(tests.bank('created', 'dp_9', 'pi_6', 1000, 'needs_response', 'eur'), 'failed: amount of the Stripe event does not match the payment: The event reports 10.00 EUR, but 10.00 USD was expected.', 'or it is another currency');
SELECT is(tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_9', 'pi_6', 1000) - 'amount')), 'failed: invalid value for "amount" in the Stripe event', 'or no amount');
SELECT is(tests.bank('closed', 'dp_8', 'pi_8', 1000, 'won') || ' ' || tests.accounts(:'eighth'), 'processed processor_clearing -10.00, seller_pending 10.00', 'the end is told in the new way');

-- A refund that was decided and not sent: the bank is faster

SELECT tests.a_paid_sale('pi_10', :'buyer', :'seller', 100, fee => 5) AS tenth \gset
SELECT tests.asked('buyer', format('request_refund(%L, 100, ''x'')', :'tenth')) AS ref \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'ref')) || ' ' || tests.accounts(:'tenth'), 'approved processor_clearing -100.00, refunds 100.00', 'a refund waits');
SELECT is(tests.bank('created', 'dp_10', 'pi_10', 10000, 'needs_response') || ' ' || tests.accounts(:'tenth'), 'processed refunds 100.00, disputes -100.00', 'meanwhile the bank has the money');
SELECT is(tests.bank('closed', 'dp_10', 'pi_10', 10000, 'lost') || coalesce(' ' || tests.accounts(:'tenth'), '') || ' ' || tests.refunds_of(:'tenth') || ' ' || tests.status_of(:'tenth') || ' ' || tests.payments_of(:'tenth'),
    'processed refunds 100.00, disputes -100.00 100.00 approved (0.00 credit) paid pi_10 succeeded', 'and gives it to the buyer; whether the processor has sent it too is not known yet');
SELECT is(tests.asked('service', format('settle_refund(%L, ''failed'')', :'ref')), 'MK013 cannot revoke a refund when the money belongs to the buyer', 'the processor''s refusal to send it gives nothing back to the seller');
SELECT is(tests.asked('service', format('settle_refund(%L, ''charged_back'')', :'ref')) || coalesce(' ' || tests.accounts(:'tenth'), '') || ' ' || tests.refunds_of(:'tenth') || ' ' || tests.status_of(:'tenth') || ' ' || tests.payments_of(:'tenth'),
    'charged_back 100.00 processed (0.00 credit) refunded pi_10 refunded', 'it says that the bank''s was the refund');
SELECT is(tests.asked('service', format('settle_refund(%L, ''charged_back'')', :'ref')) || coalesce(' ' || tests.accounts(:'tenth'), ''), 'charged_back', 'and says it once');
SELECT is(tests.bank('closed', 'dp_10', 'pi_10', 10000, 'lost') || coalesce(' ' || tests.accounts(:'tenth'), ''), 'processed', 'once');
SELECT tests.a_paid_sale('pi_11', :'buyer', :'seller', 100, fee => 5) AS eleventh \gset
SELECT tests.asked('buyer', format('request_refund(%L, 30, ''x'')', :'eleventh')) AS ref \gset
SELECT tests.asked('seller', format('decide_refund(%L, true)', :'ref')) \g /dev/null
SELECT is(tests.bank('closed', 'dp_11', 'pi_11', 10000, 'lost') || coalesce(' ' || tests.accounts(:'eleventh'), '') || ' ' || tests.refunds_of(:'eleventh') || ' ' || tests.status_of(:'eleventh'), 'processed refunds 30.00, disputes -30.00 30.00 approved (0.00 credit) paid', 'thirty that were decided, seventy that were not');
SELECT is(tests.asked('service', format('settle_refund(%L, ''charged_back'')', :'ref')) || coalesce(' ' || tests.accounts(:'eleventh'), '') || ' ' || tests.status_of(:'eleventh'), 'charged_back refunded', 'are gone when somebody says so');
SELECT is((SELECT count(*) FROM ledger_entries WHERE order_id = :'eleventh' AND account = 'disputes' AND amount > 0), 2::bigint, 'together a hundred');
SELECT tests.a_paid_sale('pi_12', :'buyer', :'seller', 100, fee => 5) AS twelfth \gset
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'twelfth')), 'cancelled', 'an order that is cancelled');
SELECT is(tests.bank('closed', 'dp_12', 'pi_12', 4000, 'lost') || ' ' || tests.accounts(:'twelfth'), 'processed processor_clearing -60.00, refunds 100.00, disputes -40.00', 'a bank that takes less than the refund: it is sent as it was decided');
SELECT is(tests.bank('closed', 'dp_13', 'pi_12', 10000, 'won') || ' ' || tests.accounts(:'twelfth'), 'processed processor_clearing -60.00, refunds 100.00, disputes -40.00', 'a second dispute is on its own');

-- A request that nobody has decided is not in the way of what is left

SELECT tests.a_paid_sale('pi_15', :'buyer', :'seller', 100, fee => 5) AS fifteenth \gset
SELECT tests.asked('buyer', format('request_refund(%L, 50, ''x'')', :'fifteenth')) AS ref \gset
SELECT is(tests.bank('closed', 'dp_15', 'pi_15', 5000, 'lost') || ' ' || tests.refunds_of(:'fifteenth'), 'processed 50.00 pending (0.00 credit)', 'a bank takes half, the other half is still asked for');
SELECT is(tests.bank('closed', 'dp_16', 'pi_15', 1000, 'lost') || ' ' || tests.refunds_of(:'fifteenth'), 'processed 50.00 rejected (0.00 credit)', 'it takes more, and the request is for what is not there');
SELECT matches(tests.asked('buyer', format('request_refund(%L, 40, ''x'')', :'fifteenth')), '^[0-9a-f-]{36}$', 'so that the buyer can ask for the rest');

-- A surplus

SELECT tests.a_paid_sale('pi_13', :'buyer', :'seller', 50) AS thirteenth \gset
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_14', 5000, metadata => jsonb_build_object('order_id', :'thirteenth')))) || ' ' || tests.refunds_of(:'thirteenth'), 'processed 50.00 approved (0.00 credit) surplus', 'a payment that came too much');
SELECT is(tests.bank('closed', 'dp_14', 'pi_14', 5000, 'lost') || ' ' || tests.accounts(:'thirteenth') || ' ' || tests.refunds_of(:'thirteenth') || ' ' || tests.status_of(:'thirteenth') || ' ' || tests.payments_of(:'thirteenth'),
    'processed processor_clearing -50.00, seller_pending 50.00, refunds 50.00, disputes -50.00 50.00 approved (0.00 credit) surplus paid pi_13 succeeded, pi_14 succeeded surplus', 'is taken back by the bank');
SELECT is(tests.asked('service', format('settle_refund(%L, ''charged_back'')', (SELECT id FROM refund_requests WHERE order_id = :'thirteenth'))) || ' ' || tests.accounts(:'thirteenth') || ' ' || tests.payments_of(:'thirteenth'),
    'charged_back processor_clearing -50.00, seller_pending 50.00 pi_13 succeeded, pi_14 refunded surplus', 'that was its refund, and the seller keeps the other one');
-- A part of a payment for several orders: those that it is about

CREATE FUNCTION tests.a_paid_pair(intent text, one numeric, two numeric, OUT first uuid, OUT second uuid) LANGUAGE plpgsql AS $$
DECLARE
    buyer uuid := (SELECT p.id FROM tests.people p WHERE p.name = 'buyer');
BEGIN
    first := tests.a_sale(buyer, (SELECT p.id FROM tests.people p WHERE p.name = 'seller'), one, fee => round(one * 0.05, 2));
    second := tests.a_sale(buyer, (SELECT p.id FROM tests.people p WHERE p.name = 'other'), two, fee => round(two * 0.05, 2));
    PERFORM tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''stripe'', %L)', first, second, intent));
    PERFORM tests.deliver(tests.event('payment_intent.succeeded', tests.intent(intent, ((one + two) * 100)::bigint)));
END $$;
CREATE FUNCTION tests.disputes_of(VARIADIC orders uuid[]) RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(array_position(orders, order_id) || ' ' || status || coalesce(' ' || resolution, ''), ', ' ORDER BY array_position(orders, order_id), status::text, resolution::text) FROM disputes WHERE order_id = ANY (orders)$$;
SELECT * FROM tests.a_paid_pair('pi_20', 100, 40) \gset
SELECT is(tests.bank('created', 'dp_20', 'pi_20', 4000, 'needs_response') || ' ' || tests.disputes_of(:'first', :'second'), 'processed 2 under_review', 'what is exactly one order''s touches that one');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'first')) || ' ' || tests.asked('other', format('cancel_order(%L)', :'second')), 'cancelled MK013 payment of this order is disputed by the buyer''s bank', 'and no other');
SELECT is(tests.bank('closed', 'dp_20', 'pi_20', 4000, 'lost') || ' ' || tests.disputes_of(:'first', :'second') || ' ' || tests.status_of(:'second') || ' ' || tests.accounts(:'first'), 'processed 2 resolved full_refund refunded processor_clearing -100.00, refunds 100.00', 'which loses it');
SELECT * FROM tests.a_paid_pair('pi_21', 100, 50) \gset
SELECT is(tests.bank('closed', 'dp_21', 'pi_21', 3000, 'lost') || ' ' || tests.disputes_of(:'first', :'second') || ' ' || tests.accounts(:'first') || '; ' || tests.accounts(:'second'),
    'processed 1 resolved partial_refund, 2 resolved partial_refund processor_clearing -100.00, seller_pending 76.00, platform_fees 4.00, disputes 20.00; processor_clearing -50.00, seller_pending 38.00, platform_fees 2.00, disputes 10.00', 'else each gives its share of it');
SELECT is(tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_22', 'pi_21', 1000) || jsonb_build_object('metadata', jsonb_build_object('order_id', :'first')))) || ' ' || tests.disputes_of(:'first', :'second'),
    'processed 1 resolved partial_refund, 1 under_review, 2 resolved partial_refund', 'or the one that the dispute''s metadata name');
SELECT is(tests.bank('closed', 'dp_22', 'pi_21', 1000, 'won') || ' ' || tests.disputes_of(:'first', :'second'), 'processed 1 resolved no_action, 1 resolved partial_refund, 2 resolved partial_refund', 'which keeps it here');

-- Lost, and then won after all

SELECT is(tests.bank('closed', 'dp_21', 'pi_21', 3000, 'won') || ' ' || tests.disputes_of(:'first', :'second') || ' ' || tests.accounts(:'first') || '; ' || tests.accounts(:'second'),
    'processed 1 resolved no_action, 1 resolved no_action, 2 resolved no_action processor_clearing -100.00, seller_pending 95.00, platform_fees 5.00; processor_clearing -50.00, seller_pending 47.50, platform_fees 2.50', 'everybody has back what was taken');
SELECT is(tests.bank('closed', 'dp_21', 'pi_21', 3000, 'won') || tests.bank('closed', 'dp_21', 'pi_21', 3000, 'lost') || ' ' || tests.disputes_of(:'first', :'second') || ' ' || tests.accounts(:'first'),
    'processedprocessed 1 resolved no_action, 1 resolved no_action, 2 resolved no_action processor_clearing -100.00, seller_pending 95.00, platform_fees 5.00', 'once, and older news change nothing');
SELECT tests.a_paid_sale('pi_23', :'buyer', :'seller', 100, fee => 5, by_platform => 20) AS sent \gset
SELECT tests.has_arrived(:'sent', 20) \g /dev/null
SELECT is(tests.bank('closed', 'dp_23', 'pi_23', 8000, 'lost') || ' ' || tests.status_of(:'sent') || coalesce(' ' || tests.accounts(:'sent'), ''), 'processed refunded', 'an order that had arrived');
SELECT is(tests.bank('closed', 'dp_23', 'pi_23', 8000, 'won') || ' ' || tests.status_of(:'sent') || ' ' || tests.accounts(:'sent') || ' ' || tests.listed(:'sent'), 'processed delivered processor_clearing -80.00, seller_pending 95.00, platform_fees 5.00, promotions -20.00 -100.00 - -5.00 = -95.00 chargeback_lost, 100.00 - 5.00 = 95.00 chargeback_regained, 100.00 - 5.00 = 95.00 sale',
    'goes on as it was, with the fee and what the platform gave');
SELECT is(tests.asked('service', 'release_seller_funds()') || ' ' || tests.balance(:'seller') LIKE '1 %', true, 'and its takings become available');
SELECT tests.a_paid_sale('pi_24', :'buyer', :'seller', 100) AS unsent \gset
SELECT is(tests.bank('closed', 'dp_24', 'pi_24', 10000, 'lost') || tests.bank('closed', 'dp_24', 'pi_24', 10000, 'won') || ' ' || tests.status_of(:'unsent') || ' ' || tests.accounts(:'unsent') || ' ' || tests.refunds_of(:'unsent'),
    'processedprocessed refunded processor_clearing -100.00, refunds 100.00 100.00 approved (0.00 credit)', 'of one that was never sent the money is the buyer''s');

SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
