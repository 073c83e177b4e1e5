-- Refunds as Stripe tells of them: each by its id, or by their sum. No request is sent twice, none instead of another, and the order pays that the refund is of.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('sent.example') \gset

CREATE FUNCTION tests.refund(id text, intent text, amount bigint, metadata jsonb DEFAULT '{}', status text DEFAULT 'succeeded', currency text DEFAULT 'usd') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('id', id, 'object', 'refund', 'amount', refund.amount, 'currency', currency, 'charge', 'ch_' || substr(intent, 4), 'payment_intent', intent, 'metadata', metadata, 'status', status)
$$;
CREATE FUNCTION tests.refunded(id text, intent text, amount bigint, metadata jsonb DEFAULT '{}', status text DEFAULT 'succeeded', type text DEFAULT 'refund.created') RETURNS text LANGUAGE sql AS
    $$SELECT tests.deliver(tests.event(type, tests.refund(id, intent, amount, metadata, status)))$$;
CREATE FUNCTION tests.for_request(id text) RETURNS jsonb LANGUAGE sql AS $$SELECT jsonb_build_object('refund_request_id', id)$$;
CREATE FUNCTION tests.sum_of(intent text, amount bigint, refunded bigint) RETURNS text LANGUAGE sql AS $$SELECT tests.deliver(tests.event('charge.refunded', tests.charge(intent, amount, refunded)))$$;
CREATE FUNCTION tests.approved(sold uuid, amount numeric) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    id text := tests.asked('buyer', format('request_refund(%L, %s, ''x'')', sold, amount));
BEGIN
    PERFORM tests.asked('admin', format('decide_refund(%L, true)', id));
    RETURN id;
END $$;
CREATE FUNCTION tests.sent(VARIADIC orders uuid[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', amount, status, stripe_refund_id), ', ' ORDER BY array_position(orders, order_id), amount, status) FROM refund_requests WHERE order_id = ANY (orders)
$$;
CREATE FUNCTION tests.settled(id text, outcome text, refund text DEFAULT NULL) RETURNS text LANGUAGE sql AS $$SELECT tests.asked('service', format('settle_refund(%L, %L, %L)', id, outcome, refund))$$;
-- One payment for an order of each of two sellers
CREATE FUNCTION tests.a_paid_pair(intent text, one numeric, two numeric, OUT first uuid, OUT second uuid) LANGUAGE plpgsql AS $$
DECLARE
    buyer uuid := (SELECT p.id FROM tests.people p WHERE p.name = 'buyer');
BEGIN
    first := tests.a_sale(buyer, (SELECT p.id FROM tests.people p WHERE p.name = 'seller'), one, fee => round(one * 0.05, 2));
    second := tests.a_sale(buyer, (SELECT p.id FROM tests.people p WHERE p.name = 'other'), two, fee => round(two * 0.05, 2));
    PERFORM tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''stripe'', %L)', first, second, intent));
    PERFORM tests.deliver(tests.event('payment_intent.succeeded', tests.intent(intent, ((one + two) * 100)::bigint)));
END $$;

-- By the request that the refund's metadata names: before the sum, after it, twice, and when the service says the same

SELECT * FROM tests.a_paid_pair('pi_1', 100, 100) \gset
SELECT tests.approved(:'first', 30) AS a, tests.approved(:'second', 30) AS b \gset
SELECT is(tests.sum_of('pi_1', 20000, 3000) || ' ' || tests.sent(:'first', :'second'), 'processed 30.00 approved, 30.00 approved', 'a sum that two requests could be waits for the refund');
SELECT matches((SELECT string_agg(rule || ' ' || detail, ';') FROM check_integrity()), '^refund_unknown The payment processor has refunded 30.00, but only 0.00 is accounted for.$', 'which the integrity check sees');
SELECT is(tests.refunded('re_b', 'pi_1', 3000, tests.for_request(:'b')) || ' ' || tests.sent(:'first', :'second'), 'processed 30.00 approved, 30.00 processed re_b', 'the request that it names was sent');
SELECT is(tests.settled(:'b', 'processed', 're_b') || ' ' || tests.refunded('re_b', 'pi_1', 3000, tests.for_request(:'b'), type => 'refund.updated') || ' ' || tests.refunded('re_b', 'pi_1', 3000, type => 'charge.refund.updated') || ' ' || tests.sum_of('pi_1', 20000, 3000) || ' ' ||
    tests.sent(:'first', :'second'), 'processed processed processed processed 30.00 approved, 30.00 processed re_b', 'and is once, whoever says it');
SELECT is(tests.settled(:'a', 'processed', 're_a') || ' ' || tests.sum_of('pi_1', 20000, 6000) || ' ' || tests.refunded('re_a', 'pi_1', 3000) || ' ' || tests.sent(:'first', :'second'), 'processed processed processed 30.00 processed re_a, 30.00 processed re_b', 'the service may say it first');
SELECT is((SELECT string_agg(refunded_amount::text, ' ') FROM payment_transactions WHERE processor_transaction_id = 'pi_1'), '30.00 30.00', 'the payment has each of them once');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM tests.a_paid_pair('pi_2', 100, 100) \gset
SELECT tests.approved(:'first', 20) AS a, tests.approved(:'first', 30) AS b, tests.approved(:'second', 50) AS c \gset
SELECT is(tests.sum_of('pi_2', 20000, 5000) || ' ' || tests.sent(:'first', :'second'), 'processed 20.00 approved, 30.00 approved, 50.00 approved', 'a sum that is one request and two others together');
SELECT is(tests.settled(:'c', 'processed', 're_c') || ' ' || tests.sent(:'first', :'second'), 'processed 20.00 approved, 30.00 approved, 50.00 processed re_c', 'is what the service says');
SELECT is(tests.sum_of('pi_2', 20000, 7000) || ' ' || tests.sent(:'first', :'second'), 'processed 20.00 processed, 30.00 approved, 50.00 processed re_c', 'twenty more can be one of them only');
SELECT is(tests.refunded('re_a', 'pi_2', 2000) || ' ' || tests.sent(:'first', :'second'), 'processed 20.00 processed re_a, 30.00 approved, 50.00 processed re_c', 'whose id comes later');
SELECT is(tests.sum_of('pi_2', 20000, 20000) || ' ' || tests.status_of(:'first') || tests.status_of(:'second') || coalesce(tests.accounts(:'first'), '') || coalesce(tests.accounts(:'second'), ''), 'processed refundedrefunded', 'when all has gone back nothing is left to be guessed');

-- A sum was taken for something else than it was

SELECT * FROM tests.a_paid_pair('pi_3', 100, 40) \gset
SELECT is(tests.sum_of('pi_3', 14000, 4000) || ' ' || tests.sent(:'first', :'second'), 'processed 40.00 processed', 'what is exactly one order''s is that one''s');
SELECT is((SELECT order_id = :'second' FROM refund_requests WHERE order_id IN (:'first', :'second')), true, 'namely');
SELECT * FROM tests.a_paid_pair('pi_4', 100, 50) \gset
SELECT is(tests.sum_of('pi_4', 15000, 3000) || ' ' || tests.sent(:'first', :'second'), 'processed 20.00 processed, 10.00 processed', 'else each order gives its share');
SELECT is(tests.refunded('re_4', 'pi_4', 3000, jsonb_build_object('order_id', :'second')) || ' ' || tests.accounts(:'first') || '; ' || tests.accounts(:'second'), 'processed processor_clearing -100.00, seller_pending 95.00, platform_fees 5.00; processor_clearing -20.00, seller_pending 19.00, platform_fees 1.00',
    'until the refund names one of them');
SELECT is((SELECT string_agg(refunded_amount || ' ' || status, ', ' ORDER BY refunded_amount) FROM payment_transactions WHERE processor_transaction_id = 'pi_4'), '0.00 succeeded, 30.00 partially_refunded', 'which the payments say too');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT tests.a_paid_sale('pi_6', :'buyer', :'seller', 100, fee => 5) AS sixth \gset
SELECT tests.approved(:'sixth', 30) AS a \gset
SELECT is(tests.refunded('re_dashboard', 'pi_6', 3000) || ' ' || tests.sent(:'sixth'), 'processed 30.00 processed re_dashboard', 'a refund of the amount of a request is taken for it');
SELECT is(tests.refunded('re_a', 'pi_6', 3000, tests.for_request(:'a')) || ' ' || tests.sent(:'sixth') || ' ' || tests.accounts(:'sixth'), 'processed 30.00 processed re_a, 30.00 processed re_dashboard processor_clearing -40.00, seller_pending 38.00, platform_fees 2.00',
    'until another one says to be it: both have gone back');

-- The event does not name the request, and the service says later which it was

SELECT * FROM tests.a_paid_pair('pi_20', 100, 100) \gset
SELECT tests.approved(:'first', 30) AS a, tests.approved(:'second', 30) AS b \gset
SELECT is(tests.refunded('re_20', 'pi_20', 3000) || ' ' || (SELECT count(*) FROM refund_requests WHERE order_id IN (:'first', :'second') AND status = 'approved'), 'processed 2', 'one of two equal requests is taken for a refund without a name');
SELECT is(tests.settled(:'b', 'processed', 're_20') || ' ' || tests.sent(:'first', :'second'), 'processed 30.00 approved, 30.00 processed re_20', 'until the service says that it is the other');
SELECT is(tests.settled(:'b', 'processed', 're_20') || ' ' || tests.settled(:'a', 'processed', 're_20'), 'processed MK013 processor refund has already settled another refund request', 'and once it has said so it is no other''s');
SELECT is((SELECT sum(refunded_amount) FROM payment_transactions WHERE processor_transaction_id = 'pi_20'), 30.00, 'thirty were sent');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- What a sum was taken for changes when its order has ended, or when a request is given up

SELECT * FROM tests.a_paid_pair('pi_21', 100, 50) \gset
SELECT is(tests.sum_of('pi_21', 15000, 3000) || ' ' || tests.asked('seller', format('cancel_order(%L)', :'first')) || ' ' || tests.sent(:'first', :'second'), 'processed cancelled 20.00 processed, 80.00 approved, 10.00 processed',
    'an order is cancelled after its share of a sum had gone back');
SELECT is(tests.refunded('re_21', 'pi_21', 3000, jsonb_build_object('order_id', :'second')) || ' ' || tests.status_of(:'first') || ' ' || tests.accounts(:'first') || '; ' || tests.accounts(:'second'),
    'processed cancelled processor_clearing -100.00, refunds 100.00; processor_clearing -20.00, seller_pending 19.00, platform_fees 1.00', 'which was the other order''s: all that was paid for it is the buyer''s now');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT tests.a_paid_sale('pi_22', :'buyer', :'seller', 100, fee => 5) AS given_up \gset
SELECT tests.approved(:'given_up', 30) AS a \gset
SELECT is(tests.sum_of('pi_22', 10000, 4000) || ' ' || tests.sent(:'given_up'), 'processed 30.00 approved', 'a sum of which a request may be a part waits for word of it');
SELECT is(tests.settled(:'a', 'failed') || ' ' || tests.sent(:'given_up') || ' ' || tests.accounts(:'given_up'), 'failed 30.00 failed, 40.00 processed processor_clearing -60.00, seller_pending 57.00, platform_fees 3.00',
    'the request is given up: the sum was refunded at the processor, and the seller pays it');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- What came back

SELECT tests.a_paid_sale('pi_7', :'buyer', :'seller', 100, fee => 5) AS seventh \gset
SELECT tests.approved(:'seventh', 30) AS a \gset
SELECT is(tests.refunded('re_7', 'pi_7', 3000, tests.for_request(:'a'), 'pending') || ' ' || tests.accounts(:'seventh'), 'processed processor_clearing -70.00, seller_pending 66.50, platform_fees 3.50', 'a refund is on its way');
SELECT is(tests.refunded('re_7', 'pi_7', 3000, tests.for_request(:'a'), 'failed', 'refund.failed') || ' ' || tests.sent(:'seventh') || ' ' || tests.accounts(:'seventh') || ' ' || tests.payments_of(:'seventh'),
    'processed 30.00 approved processor_clearing -100.00, seller_pending 66.50, platform_fees 3.50, refunds 30.00 pi_7 succeeded', 'and comes back: it is owed and due again');
SELECT is(tests.refunded('re_7', 'pi_7', 3000, tests.for_request(:'a'), 'failed', 'charge.refund.updated') || tests.refunded('re_7', 'pi_7', 3000, tests.for_request(:'a')) || tests.sum_of('pi_7', 10000, 3000) || ' ' || tests.sent(:'seventh'), 'processedprocessedprocessed 30.00 approved', 'whatever is told of it then');
SELECT is(tests.settled(:'a', 'processed', 're_8') || ' ' || tests.refunded('re_8', 'pi_7', 3000, tests.for_request(:'a')) || ' ' || tests.sum_of('pi_7', 10000, 3000) || ' ' || tests.sent(:'seventh') || ' ' || tests.accounts(:'seventh'),
    'processed processed processed 30.00 processed re_8 processor_clearing -70.00, seller_pending 66.50, platform_fees 3.50', 'another attempt arrives');
SELECT is(tests.refunded('re_8', 'pi_7', 3000, '{}', 'canceled', 'refund.updated') || ' ' || tests.sent(:'seventh'), 'processed 30.00 approved', 'and fails as well, after the service had said that it was sent');
SELECT is(tests.settled(:'a', 'failed') || ' ' || tests.accounts(:'seventh'), 'failed processor_clearing -100.00, seller_pending 95.00, platform_fees 5.00', 'so that it is given up');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT tests.a_paid_sale('pi_9', :'buyer', :'seller', 20) AS ninth \gset
SELECT is(tests.refunded('re_9', 'pi_9', 2000, '{}', 'failed', 'refund.failed') || ' ' || tests.status_of(:'ninth') || ' ' || tests.sent(:'ninth') || ' ' || tests.accounts(:'ninth'), 'processed refunded 20.00 approved processor_clearing -20.00, refunds 20.00',
    'of one that nobody asked for here the failure may be the first that is heard');
SELECT is(tests.settled((SELECT id::text FROM refund_requests WHERE order_id = :'ninth'), 'processed') || coalesce(tests.accounts(:'ninth'), ''), 'processed', 'it is sent another way');

-- A part of a surplus

SELECT tests.a_paid_sale('pi_30', :'buyer', :'seller', 50) AS twice \gset
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_31', 5000, metadata => jsonb_build_object('order_id', :'twice')))) || ' ' || tests.sum_of('pi_31', 5000, 2000) || ' ' || tests.sent(:'twice'), 'processed processed 50.00 approved', 'a sum that is less than a surplus waits for the refund');
SELECT is(tests.refunded('re_31', 'pi_31', 2000) || ' ' || tests.sent(:'twice') || ' ' || tests.payments_of(:'twice') || ' ' || tests.accounts(:'twice'), 'processed 20.00 processed re_31, 30.00 approved pi_30 succeeded, pi_31 partially_refunded surplus processor_clearing -80.00, seller_pending 50.00, refunds 30.00',
    'which is a part of it; the rest is to be sent');
SELECT is(tests.refunded('re_31', 'pi_31', 2000, type => 'refund.updated') || tests.sum_of('pi_31', 5000, 2000) || ' ' || tests.sent(:'twice'), 'processedprocessed 20.00 processed re_31, 30.00 approved', 'once');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');
SELECT is(tests.refunded('re_31', 'pi_31', 2000, '{}', 'failed', 'refund.failed') || ' ' || tests.sent(:'twice') || ' ' || tests.accounts(:'twice'), 'processed 20.00 approved, 30.00 approved processor_clearing -100.00, seller_pending 50.00, refunds 50.00', 'a part that comes back is due again');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');
SELECT is(tests.refunded('re_32', 'pi_31', 500) || ' ' || tests.refunded('re_33', 'pi_31', 1500) || ' ' || tests.sent(:'twice'), 'processed processed 5.00 processed re_32, 15.00 processed re_33, 30.00 approved', 'and may go in parts itself');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');
SELECT is(tests.refunded('re_34', 'pi_31', 3000) || ' ' || tests.sum_of('pi_31', 5000, 5000) || ' ' || tests.payments_of(:'twice') || ' ' || tests.accounts(:'twice'), 'processed processed pi_30 succeeded, pi_31 refunded surplus processor_clearing -50.00, seller_pending 50.00', 'until all of it is sent');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');
SELECT tests.a_sale(:'buyer', :'seller', 100) AS first, tests.a_sale(:'buyer', :'other', 50) AS second \gset
SELECT tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''stripe'', ''pi_32'')', :'first', :'second')), tests.asked('service', format('cancel_order(%L)', :'second')), tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_32', 15000))) \g /dev/null
SELECT is(tests.refunded('re_35', 'pi_32', 2000, jsonb_build_object('order_id', :'second')) || ' ' || tests.sent(:'first', :'second'), 'processed 20.00 processed re_35, 30.00 approved', 'of a surplus beside an order, when it is named');
SELECT is(tests.refunded('re_36', 'pi_32', 1000) || ' ' || tests.sent(:'first', :'second'), 'processed 10.00 processed re_36, 20.00 processed re_35, 30.00 approved', 'else it is the order''s');
SELECT is(tests.refunded('re_37', 'pi_32', 9500) || ' ' || tests.sent(:'first', :'second'), 'processed 10.00 processed re_36, 90.00 processed re_37, 5.00 processed re_37, 20.00 processed re_35, 25.00 approved', 'and what that one has not got is the surplus''s');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- Its metadata are written later, and name a request: it is the refund that it was, and moves once

CREATE FUNCTION tests.named(id text, intent text, amount bigint, request text, status text DEFAULT 'succeeded') RETURNS text LANGUAGE sql AS
    $$SELECT tests.refunded(id, intent, amount, tests.for_request(request), status, 'refund.updated')$$;
CREATE FUNCTION tests.counted(intent text) RETURNS text LANGUAGE sql AS $$SELECT string_agg(refunded_amount::text, ' ' ORDER BY amount, refunded_amount) FROM payment_transactions WHERE processor_transaction_id = intent$$;

SELECT tests.a_paid_sale('pi_40', :'buyer', :'seller', 100, fee => 5) AS named \gset
SELECT is(tests.refunded('re_40', 'pi_40', 3000) || ' ' || tests.sent(:'named'), 'processed 30.00 processed re_40', 'a refund that nobody asked for');
SELECT tests.approved(:'named', 30) AS a \gset
SELECT is(tests.named('re_40', 'pi_40', 3000, :'a') || ' ' || tests.sent(:'named') || ' ' || tests.accounts(:'named'), 'processed 30.00 failed, 30.00 processed re_40 processor_clearing -70.00, seller_pending 66.50, platform_fees 3.50',
    'is that of a request which was approved afterwards, once it says so');
SELECT is(tests.named('re_40', 'pi_40', 3000, :'a') || tests.refunded('re_40', 'pi_40', 3000) || tests.sum_of('pi_40', 10000, 3000) || tests.settled(:'a', 'processed', 're_40') || ' ' || tests.sent(:'named') || ' ' || tests.counted('pi_40'),
    'processedprocessedprocessedprocessed 30.00 failed, 30.00 processed re_40 30.00', 'whatever comes after it');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');
SELECT is(tests.named('re_40', 'pi_40', 3000, :'a', 'failed') || ' ' || tests.sent(:'named') || ' ' || tests.accounts(:'named'), 'processed 30.00 approved, 30.00 failed processor_clearing -100.00, seller_pending 66.50, platform_fees 3.50, refunds 30.00',
    'should it come back, the request is due');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM tests.a_paid_pair('pi_41', 100, 50) \gset
SELECT is(tests.refunded('re_41', 'pi_41', 3000) || ' ' || tests.sent(:'first', :'second'), 'processed 20.00 processed re_41, 10.00 processed re_41', 'one that was divided between two orders');
SELECT tests.approved(:'second', 30) AS a \gset
SELECT is(tests.named('re_41', 'pi_41', 3000, :'a') || ' ' || tests.sent(:'first', :'second') || ' ' || tests.counted('pi_41') || ' ' || tests.accounts(:'first') || '; ' || tests.accounts(:'second'),
    'processed 20.00 failed, 10.00 failed, 30.00 processed re_41 30.00 0.00 processor_clearing -100.00, seller_pending 95.00, platform_fees 5.00; processor_clearing -20.00, seller_pending 19.00, platform_fees 1.00', 'is all of the request''s order');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM tests.a_paid_pair('pi_42', 100, 100) \gset
SELECT tests.approved(:'first', 30) AS a, tests.approved(:'second', 30) AS b \gset
SELECT is(tests.refunded('re_42', 'pi_42', 3000) || ' ' || tests.counted('pi_42'), 'processed 0.00 30.00', 'one of two requests is taken for it');
SELECT CASE status WHEN 'approved' THEN id ELSE :'b' END AS meant, CASE status WHEN 'approved' THEN :'b' ELSE id END AS other FROM refund_requests WHERE id = :'a' \gset
SELECT is(tests.named('re_42', 'pi_42', 3000, :'meant') || ' ' || tests.counted('pi_42'), 'processed 0.00 30.00', 'and it is the other');
SELECT results_eq(format('SELECT status::text, stripe_refund_id::text FROM refund_requests WHERE id IN (%L, %L) ORDER BY id = %L', :'a', :'b', :'other'), $$VALUES ('processed', 're_42'), ('approved', NULL)$$, 'which is settled in its place');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM tests.a_paid_pair('pi_43', 100, 50) \gset
SELECT is(tests.refunded('re_43', 'pi_43', 2000, jsonb_build_object('order_id', :'first')) || ' ' || tests.sent(:'first', :'second'), 'processed 20.00 processed re_43', 'a refund of the first order');
SELECT tests.asked('buyer', format('request_refund(%L, 20, ''x'')', :'first')) AS a, tests.asked('buyer', format('request_refund(%L, 20, ''x'')', :'second')) AS b \gset
SELECT tests.asked('admin', format('decide_refund(%L, false)', :'a')), tests.asked('admin', format('decide_refund(%L, false)', :'b')) \g /dev/null
SELECT is(tests.named('re_43', 'pi_43', 2000, :'a') || ' ' || tests.sent(:'first', :'second'), 'processed 20.00 processed re_43, 20.00 rejected, 20.00 rejected', 'stays what it is when it names a request that was rejected');
SELECT is(tests.named('re_43', 'pi_43', 2000, :'b') || ' ' || tests.sent(:'first', :'second') || ' ' || tests.counted('pi_43'), 'processed 20.00 failed, 20.00 rejected, 20.00 processed re_43, 20.00 rejected 20.00 0.00', 'and is of that one''s order');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT tests.a_paid_sale('pi_44', :'buyer', :'seller', 100, fee => 5) AS again \gset
SELECT tests.approved(:'again', 30) AS a \gset
SELECT is(tests.named('re_44', 'pi_44', 3000, :'a') || tests.refunded('re_45', 'pi_44', 3000) || tests.named('re_45', 'pi_44', 3000, :'a') || ' ' || tests.sent(:'again') || ' ' || tests.counted('pi_44'),
    'processedprocessedprocessed 30.00 processed re_44, 30.00 processed re_45 60.00', 'a request that was sent twice was sent twice, not three times');
SELECT is(tests.refunded('re_46', 'pi_44', 1000) || tests.named('re_46', 'pi_44', 1000, tests.approved(:'again', 11)) || ' ' || tests.sent(:'again') || ' ' || tests.counted('pi_44'),
    'processedfailed: refund amount does not match the approved amount: An approved refund must be sent in full. 10.00 processed re_46, 11.00 approved, 30.00 processed re_44, 30.00 processed re_45 70.00', 'of another amount it is none of it');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- What does not fit

SELECT tests.a_paid_sale('pi_10', :'buyer', :'seller', 100) AS tenth \gset
SELECT tests.approved(:'tenth', 30) AS a \gset
SELECT is(tests.refunded('re_10', 'pi_10', 2900, tests.for_request(:'a')), 'failed: refund amount does not match the approved amount: An approved refund must be sent in full.', 'another amount than the request''s');
SELECT is(tests.refunded('re_10', 'pi_10', 100, jsonb_build_object('order_id', :'ninth')), 'failed: refund names an order that its payment does not cover', 'another payment''s order');
SELECT is(tests.refunded('re_10', 'pi_10', 10001), 'failed: invalid value for "amount" in the Stripe event', 'more than was paid');
SELECT is(tests.refunded('re_10', 'pi_10', 100, '{}', 'unheard'), 'failed: invalid value for "status" in the Stripe event', 'a status that nobody knows');
SELECT is(tests.deliver(tests.event('refund.created', tests.refund('re_10', 'pi_10', 100, currency => 'eur'))), 'failed: amount of the Stripe event does not match the payment: The event reports 1.00 EUR, but 1.00 USD was expected.', 'another currency');
SELECT is(tests.refunded('re_10', 'pi_none', 100), 'ignored: Nothing in this database refers to this refund.created.', 'of a payment that is none of ours');
SELECT is(tests.sent(:'tenth') || ' ' || tests.accounts(:'tenth'), '30.00 approved processor_clearing -100.00, seller_pending 70.00, refunds 30.00', 'leave everything as it was');
SELECT is(tests.refunded('re_11', 'pi_10', 1000, '{"refund_request_id": "7b0a4f4e-0000-4000-8000-000000000000", "order_id": "10423"}') || ' ' || tests.sent(:'tenth'), 'processed 10.00 processed re_11, 30.00 approved', 'what its metadata name elsewhere says nothing');
SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
