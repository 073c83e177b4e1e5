-- Stripe Checkout, payments that are collected in part, and ends of disputes that are no word of the bank's.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('sessions.example') \gset
CREATE FUNCTION tests.session(step text, id text, amount bigint, payment_status text DEFAULT 'paid', intent text DEFAULT NULL, extra jsonb DEFAULT '{}', at bigint DEFAULT 1700000000) RETURNS text LANGUAGE sql AS $$
    SELECT tests.deliver(tests.event('checkout.session.' || step, jsonb_build_object('id', id, 'object', 'checkout.session', 'amount_total', amount, 'currency', 'usd', 'payment_status', payment_status, 'payment_intent', intent,
        'client_reference_id', NULL, 'metadata', '{}'::jsonb) || extra, at))
$$;
CREATE FUNCTION tests.started(id text, VARIADIC sold uuid[]) RETURNS text LANGUAGE sql AS $$SELECT tests.asked('service', format('cardinality(start_payment(%L, ''stripe'', %L))', sold, id))$$;

-- Started by the session's id: the payment intent comes late

SELECT tests.a_sale(:'buyer', :'seller', 20) AS one, tests.a_sale(:'buyer', :'other', 30) AS two \gset
SELECT tests.started('cs_1', :'one', :'two') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_1', 5000))) || ' ' || tests.status_of(:'one'), 'ignored: Nothing in this database refers to this payment_intent.succeeded. payment_processing', 'an intent that nobody knows yet');
SELECT is(tests.session('completed', 'cs_1', 5000, 'paid', 'pi_1') || ' ' || tests.payments_of(:'one') || ', ' || tests.payments_of(:'two') || ' ' || tests.status_of(:'one') || tests.status_of(:'two'), 'processed pi_1 succeeded, pi_1 succeeded paidpaid', 'is the session''s, which has paid');
SELECT is(tests.session('completed', 'cs_1', 5000, 'paid', 'pi_1') || tests.session('completed', 'cs_1', 5000) || tests.session('expired', 'cs_1', 5000, 'unpaid') || ' ' || tests.accounts(:'one'), 'processedprocessedprocessed processor_clearing -20.00, seller_pending 20.00', 'once');
SELECT is(tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''stripe'', ''cs_1'')', :'two', :'one')), tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''stripe'', ''pi_1'')', :'two', :'one')), 'starting it again by the session''s id is the same payment');
SELECT is(tests.payments_of(:'one') || ', ' || tests.payments_of(:'two') || ' ' || tests.status_of(:'one') || tests.status_of(:'two'), 'pi_1 succeeded, pi_1 succeeded paidpaid', 'and changes nothing');
SELECT is(tests.started('cs_1', :'one'), 'MK013 payment already exists for other orders', 'nor is it for one of them alone');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_1', 5000, 3000))) || ' ' || tests.status_of(:'two'), 'processed refunded', 'refunds name the intent');

-- By its metadata or its reference, and later than the buyer's way to pay

SELECT tests.a_sale(:'buyer', :'seller', 40) AS three \gset
SELECT is(tests.session('completed', 'cs_2', 4000, 'unpaid', 'pi_2', jsonb_build_object('client_reference_id', :'three')) || ' ' || tests.status_of(:'three') || ' ' || tests.payments_of(:'three'), 'processed payment_processing pi_2 processing', 'a buyer has to transfer the money');
SELECT is(tests.session('async_payment_failed', 'cs_2', 4000, 'unpaid', 'pi_2', at => 1700000010) || ' ' || tests.status_of(:'three'), 'processed payment_failed', 'and does not');
SELECT is(tests.session('async_payment_succeeded', 'cs_2', 4000, 'paid', 'pi_2', at => 1700000020) || ' ' || tests.status_of(:'three') || ' ' || tests.accounts(:'three'), 'processed paid processor_clearing -40.00, seller_pending 40.00', 'or does after all');
SELECT tests.a_sale(:'buyer', :'seller', 50) AS four \gset
SELECT tests.started('cs_3', :'four') \g /dev/null
SELECT is(tests.session('expired', 'cs_3', 5000, 'unpaid') || ' ' || tests.status_of(:'four') || ' ' || tests.payments_of(:'four'), 'processed payment_failed cs_3 cancelled', 'a session that is over lets the order go');
UPDATE orders SET created_at = now() - interval '1 day' WHERE id = :'four';
SELECT is(tests.asked('service', 'expire_unpaid_orders()') || ' ' || tests.status_of(:'four'), '1 cancelled', 'which expires');
SELECT is(tests.session('completed', 'cs_9', 700, 'paid', 'pi_9', '{"client_reference_id": "cart 9"}') || tests.session('expired', 'cs_9', 700), 'ignored: Nothing in this database refers to this checkout.session.completed.ignored: Nothing in this database refers to this checkout.session.expired.', 'another shop''s means nothing');
SELECT tests.a_sale(:'buyer', :'seller', 60) AS five \gset
SELECT is(tests.session('completed', 'cs_4', 5900, 'paid', 'pi_4', jsonb_build_object('metadata', jsonb_build_object('order_id', :'five'))), 'failed: amount of the Stripe event does not match the payment: The event reports 59.00 USD, but 60.00 USD was expected.', 'another amount fails');

-- What the buyer has to do

SELECT tests.started('pi_5', :'five') \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.requires_action', tests.intent('pi_5', 6000, 'requires_action'), 100)) || ' ' || tests.payments_of(:'five') || ' ' || tests.status_of(:'five'), 'processed pi_5 requires_action payment_processing', 'the bank wants to see the buyer');
SELECT is(tests.deliver(tests.event('payment_intent.processing', tests.intent('pi_5', 6000, 'processing'), 110)) || ' ' || tests.payments_of(:'five'), 'processed pi_5 processing', 'and has');

-- A part of what was held is collected

SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_5', 6000) || '{"amount_received": 2500}')) || ' ' || tests.status_of(:'five') || ' ' || tests.payments_of(:'five') || ' ' || coalesce(tests.refunds_of(:'five') || ' ', '') || tests.accounts(:'five'),
    'processed payment_failed pi_5 succeeded processor_clearing -25.00, part_payments 25.00', 'it is a part of what is due, and the buyer''s until the rest comes');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_5', 6000) || '{"amount_received": 2500}')) || ' ' || tests.accounts(:'five'), 'processed processor_clearing -25.00, part_payments 25.00', 'once');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_5', 6000, 3500) || '{"amount_captured": 2500}')) || ' ' || tests.accounts(:'five'), 'processed processor_clearing -25.00, part_payments 25.00', 'that the rest is let go is no refund of it');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_5', 6000, 6000) || '{"amount_captured": 2500}')) || ' ' || coalesce(tests.accounts(:'five'), 'nothing'), 'processed nothing', 'it is sent back');
SELECT is(tests.started('pi_6', :'five') || tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_6', 6000))) || ' ' || tests.status_of(:'five') || ' ' || tests.accounts(:'five'), '1processed paid processor_clearing -60.00, seller_pending 60.00', 'and the order can be paid anew');

-- Ends of disputes

SELECT tests.a_paid_sale('pi_7', :'buyer', :'seller', 100) AS seven \gset
CREATE FUNCTION tests.bank(step text, status text, extra jsonb DEFAULT '{}') RETURNS text LANGUAGE sql AS $$SELECT tests.deliver(tests.event('charge.dispute.' || step, tests.stripe_dispute('dp_7', 'pi_7', 10000, status) || extra))$$;
SELECT is(tests.bank('created', 'needs_response') || ' ' || tests.bank('closed', 'prevented') || ' ' || tests.accounts(:'seven'),
    'processed failed: could not determine the outcome of the Stripe dispute: Its status "prevented" does not say who receives the money. seller_pending 100.00, disputes -100.00', 'an end that is no word of the bank''s is nobody''s win');
SELECT is((SELECT string_agg(status::text, ' ') FROM disputes WHERE order_id = :'seven'), 'under_review', 'and the dispute stays open');
SELECT results_eq('SELECT c.rule, c.object, c.detail FROM check_integrity() c',
    format($$SELECT 'chargeback_end_unknown', 'disputes ' || d.id, 'The payment processor has closed dp_7 with status "prevented", but order %s is still on hold.' FROM disputes d WHERE d.order_id = %L$$, :'seven', :'seven'),
    'which is listed for who has to find out');
SELECT is(tests.bank('closed', 'charge_refunded', '{"balance_transactions": [{"amount": -10000}]}') || ' ' || tests.status_of(:'seven') || coalesce(tests.accounts(:'seven'), ''), 'processed refunded', 'unless the money says whose it is');
SELECT is_empty('SELECT * FROM check_integrity()', 'then it is not listed any more');
SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
