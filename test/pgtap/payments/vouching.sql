-- Who vouches for an event: events of Stripe's other mode and of connected accounts, whose objects are written by sellers, move nothing of the platform's.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('vouching.example') \gset

CREATE FUNCTION tests.all_of(id text, sold uuid, payout uuid DEFAULT NULL) RETURNS TABLE (n bigint, event jsonb) LANGUAGE sql AS $$
    SELECT row_number() OVER (), tests.event(type, object) FROM (VALUES
        ('payment_intent.succeeded', tests.intent('pi_' || id, 10000, metadata => jsonb_build_object('order_id', sold))),
        ('payment_intent.processing', tests.intent('pi_' || id, 10000, 'processing', metadata => jsonb_build_object('order_id', sold))),
        ('payment_intent.canceled', tests.intent('pi_' || id, 10000, 'canceled', metadata => jsonb_build_object('order_id', sold))),
        ('charge.refunded', tests.charge('pi_' || id, 10000, 10000)),
        ('charge.dispute.created', tests.stripe_dispute('dp_' || id, 'pi_' || id, 10000)),
        ('charge.dispute.closed', tests.stripe_dispute('dp_' || id, 'pi_' || id, 10000, 'lost')),
        ('transfer.created', jsonb_build_object('id', 'tr_' || id, 'amount', 5000, 'currency', 'usd', 'metadata', jsonb_build_object('payout_id', payout))),
        ('transfer.reversed', jsonb_build_object('id', 'tr_' || id, 'amount', 5000, 'amount_reversed', 5000, 'currency', 'usd', 'metadata', jsonb_build_object('payout_id', payout))),
        ('payout.paid', jsonb_build_object('id', 'po_' || id, 'amount', 5000, 'currency', 'usd', 'metadata', jsonb_build_object('payout_id', payout))),
        ('payout.failed', jsonb_build_object('id', 'po_' || id, 'amount', 5000, 'currency', 'usd', 'metadata', jsonb_build_object('payout_id', payout))),
        ('payout.canceled', jsonb_build_object('id', 'po_' || id, 'amount', 5000, 'currency', 'usd', 'metadata', jsonb_build_object('payout_id', payout)))) e (type, object)
$$;
CREATE FUNCTION tests.told_by(extra jsonb, id text, sold uuid, payout uuid DEFAULT NULL) RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(DISTINCT tests.deliver(event || extra), '; ') FROM tests.all_of(id, sold, payout)$$;
CREATE FUNCTION tests.books() RETURNS text LANGUAGE sql AS
    $$SELECT concat_ws(' ', (SELECT string_agg(status::text, ',' ORDER BY id) FROM orders), tests.accounts(), (SELECT string_agg(status::text, ',' ORDER BY id) FROM seller_payouts), (SELECT count(*) FROM payment_transactions), (SELECT count(*) FROM disputes))$$;

-- A seller with an account of their own, a payout on its way, and an order that the seller would like to be paid

INSERT INTO payment_accounts (user_id, stripe_account_id) VALUES (:'seller', 'acct_seller'), (:'other', 'acct_other');
SELECT tests.a_paid_sale('pi_sold', :'buyer', :'seller', 50) AS sold \gset
SELECT tests.has_arrived(:'sold', 30) \g /dev/null
SELECT tests.asked('seller', 'request_payout()') AS payout \gset
SELECT tests.asked('service', format('settle_payout(%L, ''processing'', ''tr_real'')', :'payout')) \g /dev/null
SELECT tests.a_sale(:'buyer', :'seller', 100) AS wanted \gset
SELECT tests.books() AS before \gset

SELECT is(tests.told_by('{"account": "acct_seller"}', 'own', :'wanted', :'payout'),
    'ignored: Nothing in this database refers to this payout.canceled.; ignored: Nothing in this database refers to this payout.failed.; ignored: Nothing in this database refers to this payout.paid.; ignored: The event is from the connected account "acct_seller".',
    'what a seller writes into objects of the own account is not the platform''s word');
SELECT is(tests.told_by('{"account": "acct_other"}', 'other', :'wanted', :'payout') = tests.told_by('{"account": "acct_stranger"}', 'strange', :'wanted', :'payout'), false, 'of whatever account');
SELECT is(tests.told_by('{"livemode": false}', 'test', :'wanted', :'payout'), 'ignored: The event is from Stripe''s test mode, but driplo.stripe_livemode is on.', 'nor is what happened in test mode');
SELECT is(tests.told_by('{"livemode": false, "account": "acct_seller"}', 'both', :'wanted', :'payout'), 'ignored: The event is from Stripe''s test mode, but driplo.stripe_livemode is on.', 'with an account neither');
SELECT is(tests.deliver(tests.event('account.updated', '{"id": "acct_seller", "charges_enabled": true, "payouts_enabled": true}') || '{"livemode": false, "account": "acct_seller"}'), 'ignored: The event is from Stripe''s test mode, but driplo.stripe_livemode is on.', 'not even of the account itself');
SELECT is((SELECT bool_or(is_verified) FROM payment_accounts), false, 'which is as unverified as before');
SELECT is(tests.books(), :'before', 'nothing of all that has moved anything');
SELECT tests.asked('service', format('replay_stripe_event(%L)', stripe_event_id)) FROM stripe_webhook_events WHERE outcome = 'ignored' \g /dev/null
SELECT is(tests.books(), :'before', 'and a replay does not either');
SELECT tests.asked('service', format('start_payment(ARRAY[%L]::uuid[], ''stripe'', ''pi_own'')', :'wanted')), tests.asked('service', format('start_payment(ARRAY[%L]::uuid[], ''stripe'', ''pi_test'')', :'wanted')) \g /dev/null
SELECT is(tests.status_of(:'wanted') || ' ' || tests.payments_of(:'wanted'), 'payment_processing pi_own pending', 'nor a payment that begins with the same id');

-- The payout of the transfer, which the platform has written down, is told by the seller's account

UPDATE seller_payouts SET stripe_payout_id = 'po_real' WHERE id = :'payout';
SELECT jsonb_build_object('id', 'po_real', 'amount', 5000, 'currency', 'usd') AS bank \gset
SELECT is(tests.deliver(tests.event('payout.failed', :'bank') || '{"account": "acct_other"}') || ' ' || (SELECT status FROM seller_payouts), 'ignored: Nothing in this database refers to this payout.failed. processing', 'another seller''s account tells nothing of it');
SELECT is(tests.deliver(tests.event('payout.paid', :'bank') || '{"account": "acct_seller"}') || ' ' || tests.balance(:'seller'), 'processed USD: 0.00 + 0.00 + 50.00', 'the seller''s own does');
SELECT is(tests.deliver(tests.event('payout.canceled', jsonb_build_object('id', 'po_own', 'amount', 5000, 'currency', 'usd', 'metadata', jsonb_build_object('payout_id', :'payout'))) || '{"account": "acct_seller"}') || ' ' || tests.balance(:'seller'),
    'ignored: Nothing in this database refers to this payout.canceled. USD: 0.00 + 0.00 + 50.00', 'but not of another payout');

-- An installation for tests

SET driplo.stripe_livemode = off;
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_own', 10000))), 'ignored: The event is from Stripe''s live mode, but driplo.stripe_livemode is off.', 'takes no live events');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_own', 10000)) || '{"livemode": false}') || ' ' || tests.status_of(:'wanted'), 'processed paid', 'but those of test mode');
RESET driplo.stripe_livemode;
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_own', 10000, 1000)) - 'livemode') || ' ' || tests.refunds_of(:'wanted'), 'processed 10.00 processed (0.00 credit)', 'an event that does not say its mode is taken for the installation''s');
SELECT tests.log_in_as('seller') \g /dev/null
SELECT throws_ok('SET driplo.stripe_livemode = off', '42501', NULL, 'which mode counts nobody says but the superuser');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok('SET driplo.stripe_livemode = off', '42501', NULL, 'not the service either');
SELECT tests.log_out() \g /dev/null

-- What others do with the same account of Stripe, and events without an object

SELECT is((SELECT string_agg(DISTINCT split_part(tests.deliver(tests.event(type, object)), ':', 1), '; ') FROM (VALUES
    ('payment_intent.succeeded', tests.intent('pi_link', 700)), ('payment_intent.payment_failed', tests.intent('pi_link', 700)), ('payment_intent.succeeded', tests.intent('pi_woo', 700, metadata => '{"order_id": "10423"}')),
    ('payment_intent.succeeded', tests.intent('pi_other', 700, metadata => '{"order_ids": "7b0a4f4e-0000-4000-8000-000000000000, 10423"}')), ('payment_intent.succeeded', tests.intent('pi_other', 700, metadata => '{"order_ids": ""}')),
    ('charge.refunded', tests.charge('pi_link', 700, 700)), ('charge.refunded', tests.charge('pi_link', 700, 700) - 'payment_intent'), ('charge.dispute.created', tests.stripe_dispute('dp_9', 'pi_link', 700)),
    ('charge.dispute.closed', tests.stripe_dispute('dp_9', 'pi_link', 700, 'lost') - 'payment_intent'), ('account.updated', '{"id": "acct_9"}'), ('transfer.created', '{"id": "tr_9", "amount": 1, "currency": "usd"}'),
    ('transfer.reversed', '{"id": "tr_9", "amount": 1, "amount_reversed": 1, "currency": "usd"}'), ('payout.failed', '{"id": "po_9", "amount": 1, "currency": "usd", "metadata": {"payout_id": "mine"}}')) e (type, object)),
    'ignored', 'of what is none of ours nothing fails');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_half', 700, metadata => jsonb_build_object('order_ids', :'wanted' || ',10423')))), 'failed: metadata names an order that does not exist: It also names one that exists.', 'unless it names an order that is');
SELECT is(tests.deliver('{"id": "evt_thin", "object": "v2.core.event", "type": "v1.billing.meter.error_report_triggered", "livemode": true, "created": "2026-10-28T06:20:52.246Z", "related_object": {"id": "mtr_1", "type": "billing.meter"}}'),
    'ignored: Nothing in this database refers to this v1.billing.meter.error_report_triggered.', 'events of the API v2 tell of no object');
SELECT is(tests.deliver('{"id": "evt_thin_2", "object": "v2.core.event", "type": "payment_intent.succeeded", "livemode": true}'), 'ignored: Nothing in this database refers to this payment_intent.succeeded.', 'of whatever type');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
