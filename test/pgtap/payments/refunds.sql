-- request_refund(), decide_refund(), settle_refund(), and the events by which the processor says that money has gone back.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT plan(116);
SELECT * FROM tests.people('refunds.example') \gset

-- A sale of 113.00, of which 20.00 were paid with a credit.
CREATE FUNCTION tests.with_credit(intent text, buyer uuid, seller uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    sold constant uuid := tests.a_sale(buyer, seller, 100, 5, 8, 5, 20);
    credit uuid;
BEGIN
    INSERT INTO store_credits (user_id, amount, used_amount) VALUES (buyer, 20, 20) RETURNING id INTO credit;
    INSERT INTO store_credit_usage (store_credit_id, order_id, amount) VALUES (credit, sold, 20);
    PERFORM tests.log_in_as_service();
    PERFORM start_payment(ARRAY[sold], 'stripe', intent);
    PERFORM tests.log_out();
    PERFORM tests.deliver(tests.event('payment_intent.succeeded', tests.intent(intent, 9300)));
    RETURN sold;
END $$;
CREATE FUNCTION tests.refund(sold uuid, amount numeric, who text DEFAULT 'buyer') RETURNS uuid LANGUAGE sql AS
    $$SELECT tests.asked(who, format('request_refund(%L, %s, ''It is broken.'')', sold, amount))::uuid$$;
SELECT tests.with_credit('pi_1', :'buyer', :'seller') AS first, tests.a_sale(:'buyer', :'seller', 10) AS unpaid \gset
SELECT is(tests.accounts(:'first'), 'processor_clearing -93.00, seller_pending 100.00, platform_fees 5.00, store_credit -20.00, taxes 8.00', 'a sale with everything in it');

-- Asking

SELECT is(tests.answers('anon seller other moderator suspended guest', format('SELECT request_refund(%L, 1, ''x'')', :'first')), '42501 for anon seller; P0002 for other moderator suspended guest', 'the buyer asks');
SELECT is(tests.answers('buyer seller other admin', format('INSERT INTO refund_requests (order_id, amount, reason) VALUES (%L, 1, ''x'')', :'first')), '42501 for buyer seller other admin', 'by the function only');
SELECT is(tests.asked('buyer', 'request_refund(NULL, 1, ''x'')'), '22004 order_id must not be NULL', 'for an order');
SELECT is(tests.asked('buyer', format('request_refund(%L, NULL, ''x'')', :'first')), '22004 amount must not be NULL', 'an amount');
SELECT is(tests.asked('buyer', format('request_refund(%L, 1, NULL)', :'first')), '22004 reason must not be NULL', 'with a reason');
SELECT is(tests.asked('buyer', format('request_refund(%L, 1, E'' \t'')', :'first')), '22023 reason must not be empty', 'that says something');
SELECT is((SELECT string_agg(DISTINCT left(tests.asked('buyer', format('request_refund(%L, %L, ''x'')', :'first', amount)), 5), ' ') FROM unnest('{0,-1,0.001,NaN,Infinity,-Infinity,1e400}'::numeric[]) AS amount), '22003 22023', 'an amount that is one');
SELECT is(tests.asked('buyer', $$request_refund('00000000-0000-4000-8000-00000000dead', 1, 'x')$$), 'P0002 order "00000000-0000-4000-8000-00000000dead" does not exist', 'of an order that exists');
SELECT is(tests.asked('buyer', format('request_refund(%L, 1, ''x'')', :'unpaid')), 'MK013 nothing was paid for this order', 'and was paid');
SELECT is(tests.asked('buyer', format('request_refund(%L, 113.01, ''x'')', :'first')), 'MK009 refund exceeds the amount paid', 'and not more than that');
SELECT tests.refund(:'first', 100) AS too_much, tests.refund(:'first', 13) AS rest \gset
SELECT is(tests.asked('buyer', format('request_refund(%L, 0.01, ''x'')', :'first')), 'MK009 refund exceeds the amount paid', 'what is asked for already counts');
SELECT tests.log_in_as('buyer') \g /dev/null
SELECT is(tests.detail_of(format('SELECT request_refund(%L, 0.01, ''x'')', :'first')), 'MK009 0.00 USD of the 113.00 USD paid can still be refunded.', 'as the error says');
SELECT results_eq(format('SELECT amount, reason, status::text, requested_by, processed_at, credit_amount, decision_note FROM refund_requests WHERE id = %L', :'rest'), format($$VALUES (13.00, 'It is broken.', 'pending', %L::uuid, NULL::timestamptz, 0.00, NULL::text)$$, :'buyer'),
    'the buyer sees the own request');
SELECT throws_ok('SELECT metadata FROM refund_requests', '42501', NULL, 'without what is the service''s');
SELECT tests.log_in_as('seller') \g /dev/null
SELECT is((SELECT count(id) FROM refund_requests), 2::bigint, 'so does the seller');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('other suspended guest', 'SELECT id FROM refund_requests'), '0 rows for other suspended guest', 'others do not');
SELECT is(tests.accounts(:'first'), 'processor_clearing -93.00, seller_pending 100.00, platform_fees 5.00, store_credit -20.00, taxes 8.00', 'asking moves no money');

-- Deciding

SELECT is(tests.answers('anon buyer other moderator suspended guest', format('SELECT decide_refund(%L, true)', :'rest')), '42501 for anon buyer; P0002 for other moderator suspended guest', 'the seller decides');
SELECT is(tests.answers('seller admin', format('UPDATE refund_requests SET status = ''rejected'' WHERE id = %L', :'rest')), '42501 for seller admin', 'by the function only');
SELECT is(tests.asked('seller', 'decide_refund(NULL, true)'), '22004 refund_id must not be NULL', 'a request');
SELECT is(tests.asked('seller', format('decide_refund(%L, NULL)', :'rest')), '22004 approve must not be NULL', 'yes or no');
SELECT is(tests.asked('seller', $$decide_refund('00000000-0000-4000-8000-00000000dead', true)$$), 'P0002 refund request "00000000-0000-4000-8000-00000000dead" does not exist', 'one that exists');
SELECT is(tests.asked('seller', format('decide_refund(%L, false, ''It was not broken.'')', :'too_much')), 'rejected', 'no');
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'too_much')), 'MK013 refund request has already been decided', 'is final');
SELECT is(tests.asked('seller', format('decide_refund(%L, false)', :'too_much')), 'MK013 refund request has already been decided', 'once');
SELECT tests.log_in_as('buyer') \g /dev/null
SELECT results_eq(format('SELECT status::text, decision_note, processed_at = now() FROM refund_requests WHERE id = %L', :'too_much'), $$VALUES ('rejected', 'It was not broken.', true)$$, 'the buyer reads why');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.accounts(:'first') || (SELECT count(*) FROM admin_audit_log WHERE action = 'decide_refund'), 'processor_clearing -93.00, seller_pending 100.00, platform_fees 5.00, store_credit -20.00, taxes 8.000', 'no money, and nothing for the log of the staff');
SELECT is(tests.asked('seller', format('decide_refund(%L, false)', :'rest')), 'rejected', 'no to the other as well');

-- In parts: cash first, from everybody in proportion

SELECT tests.refund(:'first', 30) AS part \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'part')), 'approved', 'yes to thirty');
SELECT is(tests.accounts(:'first'), 'processor_clearing -93.00, seller_pending 73.45, platform_fees 3.67, store_credit -20.00, taxes 5.88, refunds 30.00', 'which are the buyer''s');
SELECT is(tests.balance(:'seller'), 'USD: 73.45 + 0.00 + 0.00', 'and not the seller''s');
SELECT is(tests.listed(:'first'), '-27.88 - -1.33 = -26.55 refund, 105.00 - 5.00 = 100.00 sale', 'as older applications see it');
SELECT is((SELECT refunded_amount FROM orders WHERE id = :'first') || ' ' || tests.status_of(:'first') || ' ' || tests.payments_of(:'first'), '30.00 paid pi_1 succeeded', 'the order counts it, the payment not yet');
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'part')), 'MK013 refund request has already been decided', 'nobody approves it twice');
SELECT tests.event('charge.refunded', tests.charge('pi_1', 9300, 3000)) AS event \gset
SELECT is(tests.deliver(:'event'), 'processed', 'the processor has sent it');
SELECT is(tests.refunds_of(:'first'), '13.00 rejected (0.00 credit), 30.00 processed (0.00 credit), 100.00 rejected (0.00 credit)', 'so it is done');
SELECT is(tests.accounts(:'first'), 'processor_clearing -63.00, seller_pending 73.45, platform_fees 3.67, store_credit -20.00, taxes 5.88', 'and owed to nobody');
SELECT is((SELECT status || ' ' || refunded_amount FROM payment_transactions WHERE order_id = :'first'), 'partially_refunded 30.00', 'the payment counts it');
SELECT tests.state_of_shop() AS before \gset
SELECT is(tests.deliver(:'event'), 'duplicate', 'the event comes again');
SELECT is(tests.state_of_shop(), :'before', 'for nothing');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_1', 9300, 3000))) || ', ' || tests.accounts(:'first'), 'processed, processor_clearing -63.00, seller_pending 73.45, platform_fees 3.67, store_credit -20.00, taxes 5.88', 'the news comes again, for nothing');
SELECT tests.refund(:'first', 20) AS older, tests.refund(:'first', 50) AS named \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'older')) || ' ' || tests.asked('seller', format('decide_refund(%L, true)', :'named')), 'approved approved', 'yes to seventy more');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.old_charge('pi_1', 9300, jsonb_build_array(
    jsonb_build_object('id', 're_2', 'amount', 4300, 'metadata', jsonb_build_object('refund_request_id', :'named')), jsonb_build_object('id', 're_1', 'amount', 3000, 'metadata', '{}'::jsonb))))), 'processed', 'an event of an old version that names a request');
SELECT is((SELECT string_agg(format('%s %s %s %s', amount, credit_amount, status, stripe_refund_id), ', ' ORDER BY amount) FROM refund_requests WHERE id IN (:'older', :'named')), '20.00 0.00 approved , 50.00 7.00 processed re_2',
    'is about that one, of which seven went back as credit');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_1', 9300, 9300))), 'processed', 'then the other one');
SELECT is(tests.accounts(:'first'), 'seller_pending 11.50, platform_fees 0.58, store_credit -13.00, taxes 0.92', 'a hundred of 113 have gone back');
SELECT is((SELECT string_agg(format('%s %s %s', amount, used_amount, reason), ', ' ORDER BY amount) FROM store_credits WHERE user_id = :'buyer'), '7.00 0.00 refund of an order, 20.00 20.00 ', 'seven as a credit');
SELECT is(tests.refund(:'first', 13) IS NOT NULL, true, 'the rest');
SELECT is(tests.asked('admin', format('decide_refund((SELECT id FROM refund_requests WHERE order_id = %L AND status = ''pending''), true, ''Sorry.'')', :'first')), 'processed', 'is all credit, so there is nothing to wait for');
SELECT is(tests.accounts(:'first') || tests.status_of(:'first'), NULL, 'nothing is left on the accounts');
SELECT is(tests.status_of(:'first'), 'refunded', 'the order is refunded');
SELECT results_eq($$SELECT admin_id, action::text, target_type::text, old_values, new_values FROM admin_audit_log WHERE action = 'decide_refund'$$,
    format($$VALUES (%L::uuid, 'decide_refund', 'refund_request', '{"status": "pending"}'::jsonb, '{"status": "processed", "reason": "Sorry."}'::jsonb)$$, :'admin'), 'what the admin did is in the log');
SELECT is(tests.asked('buyer', format('request_refund(%L, 0.01, ''x'')', :'first')), 'MK009 refund exceeds the amount paid', 'and no cent more');
SELECT is((SELECT sum(amount - used_amount) FROM store_credits WHERE user_id = :'buyer'), (SELECT sum(amount) FROM ledger_entries WHERE party_id = :'buyer' AND account = 'store_credit'), 'the buyer''s credits are what the ledger says');
SELECT is((SELECT sum(amount) || ' ' || sum(fee) || ' ' || sum(net_amount) FROM transactions WHERE order_id = :'first'), '0.00 0.00 0.00', 'and the list sums to nothing');

-- By the service, where no event says it

SELECT tests.a_paid_sale('pi_2', :'buyer', :'seller', 40, fee => 2) AS second \gset
SELECT tests.refund(:'second', 10) AS ref \gset
SELECT is(tests.answers('anon buyer seller other moderator admin suspended guest', format('SELECT settle_refund(%L, ''processed'')', :'ref')), '42501 for anon buyer seller other moderator admin suspended guest', 'it alone settles refunds');
SELECT is(tests.asked('service', 'settle_refund(NULL, ''processed'')'), '22004 refund_id must not be NULL', 'a refund');
SELECT is(tests.asked('service', format('settle_refund(%L, NULL)', :'ref')), '22004 outcome must not be NULL', 'an outcome');
SELECT is(tests.asked('service', format('settle_refund(%L, ''approved'')', :'ref')), '22023 unrecognized outcome: "approved"', 'one of two');
SELECT is(tests.asked('service', $$settle_refund('00000000-0000-4000-8000-00000000dead', 'failed')$$), 'P0002 refund request "00000000-0000-4000-8000-00000000dead" does not exist', 'of a refund that exists');
SELECT is(tests.asked('service', format('settle_refund(%L, ''processed'')', :'ref')) || '; ' || tests.asked('service', format('settle_refund(%L, ''failed'')', :'ref')), 'MK013 refund with status "pending" cannot be processed; MK013 refund with status "pending" cannot be marked as failed', 'and was approved');
SELECT is(tests.asked('service', format('decide_refund(%L, true)', :'ref')), 'approved', 'the service may decide too');
SELECT is(tests.accounts(:'second'), 'processor_clearing -40.00, seller_pending 28.50, platform_fees 1.50, refunds 10.00', 'ten are on their way');
SELECT is(tests.asked('service', format('settle_refund(%L, ''failed'', ''re_9'')', :'ref')), 'failed', 'and do not arrive');
SELECT is(tests.accounts(:'second'), 'processor_clearing -40.00, seller_pending 38.00, platform_fees 2.00', 'so everybody has them again');
SELECT is(tests.listed(:'second'), '-10.00 - -0.50 = -9.50 refund, 10.00 - 0.50 = 9.50 refund_failed, 40.00 - 2.00 = 38.00 sale', 'as the list says');
SELECT is((SELECT refunded_amount FROM orders WHERE id = :'second'), 0.00, 'the order counts nothing');
SELECT is(tests.asked('service', format('settle_refund(%L, ''failed'')', :'ref')) || tests.accounts(:'second'), 'failedprocessor_clearing -40.00, seller_pending 38.00, platform_fees 2.00', 'told again, nothing happens');
SELECT is(tests.asked('service', format('settle_refund(%L, ''processed'')', :'ref')), 'MK013 refund with status "failed" cannot be processed', 'it stays failed');
SELECT tests.refund(:'second', 40) AS again \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'again')), 'approved', 'the buyer asks anew, for everything');
SELECT is(tests.status_of(:'second'), 'paid', 'the order waits until it is sent');
SELECT is(tests.asked('service', format('settle_refund(%L, ''processed'', ''re_10'')', :'again')), 'processed', 'as the service says');
SELECT is(tests.status_of(:'second') || coalesce(tests.accounts(:'second'), '') || ' ' || (SELECT stripe_refund_id FROM refund_requests WHERE id = :'again'), 'refunded re_10', 'then it is refunded');
SELECT is(tests.asked('service', format('settle_refund(%L, ''processed'', ''re_11'')', :'again')) || ' ' || (SELECT stripe_refund_id FROM refund_requests WHERE id = :'again'), 'processed re_10', 'once');
SELECT is(tests.asked('service', format('settle_refund(%L, ''failed'')', :'again')), 'MK013 refund with status "processed" cannot be marked as failed', 'what was sent has not failed');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_2', 4000, 4000))) || coalesce(tests.accounts(:'second'), ''), 'processed', 'the processor''s own news of it comes late, for nothing');

-- An order that is cancelled

SELECT tests.with_credit('pi_3', :'buyer', :'seller') AS third \gset
SELECT tests.refund(:'third', 30) AS pending, (SELECT listing_id FROM order_items WHERE order_id = :'third') AS thing \gset
SELECT is(tests.asked('buyer', format('cancel_order(%L)', :'third')), 'MK005 cannot change order status from paid to cancelled', 'a buyer does not cancel what is paid');
SELECT is(tests.asked('seller', format('cancel_order(%L, ''It broke.'')', :'third')), 'cancelled', 'its seller may');
SELECT is(tests.accounts(:'third'), 'processor_clearing -93.00, refunds 93.00', 'everything goes back');
SELECT is(tests.refunds_of(:'third'), '30.00 rejected (0.00 credit), 113.00 approved (20.00 credit)', 'in one refund, which the request is in');
SELECT is((SELECT used_amount || ' ' || (SELECT count(*) FROM store_credit_usage WHERE order_id = :'third' AND returned_at IS NOT NULL) FROM store_credits c WHERE id = (SELECT store_credit_id FROM store_credit_usage WHERE order_id = :'third')), '0.00 1', 'the credit is as if it had not been used');
SELECT is((SELECT count(*) FROM store_credits WHERE refund_request_id = (SELECT id FROM refund_requests WHERE order_id = :'third' AND amount = 113)), 0::bigint, 'and is not given twice');
SELECT is(tests.asked('service', format('settle_refund((SELECT id FROM refund_requests WHERE order_id = %L AND amount = 113), ''failed'')', :'third')), 'MK013 cannot revoke a refund when the money belongs to the buyer', 'it cannot fail: the seller has no claim');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_3', 9300, 9300))) || ' ' || tests.status_of(:'third') || coalesce(tests.accounts(:'third'), ''), 'processed cancelled', 'the processor sends it');

-- Accounts that are gone

SELECT tests.sign_up('leaves@refunds.example') AS leaves, tests.sign_up('sells@refunds.example') AS sells \gset
SELECT tests.a_paid_sale('pi_4', :'leaves', :'seller', 50) AS fourth, tests.a_paid_sale('pi_5', :'buyer', :'sells', 60) AS fifth, tests.a_paid_sale('pi_6', :'leaves', :'seller', 70) AS sixth \gset
SELECT tests.refund(:'fifth', 60) AS of_fifth \gset
SELECT tests.log_in(:'leaves') \g /dev/null
SELECT request_refund(:'sixth', 7, 'x') AS of_sixth \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'of_sixth')), 'approved', 'a buyer is owed something');
-- what the seller had not sent would end with the account
UPDATE orders SET status = 'shipped' WHERE id = :'fifth';
SELECT tests.delete_account(:'leaves'), tests.delete_account(:'sells') \g /dev/null
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'fourth')) || ' ' || tests.refunds_of(:'fourth') || ' ' || tests.accounts(:'fourth'), 'cancelled 50.00 approved (0.00 credit) processor_clearing -50.00, refunds 50.00', 'the order of a buyer who is gone can be cancelled');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_4', 5000, 5000))) || coalesce(tests.accounts(:'fourth'), ''), 'processed', 'and its money goes back');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_6', 7000, 700))) || ' ' || tests.accounts(:'sixth'), 'processed processor_clearing -63.00, seller_pending 63.00', 'so does what was owed before');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE order_id = :'sixth' AND account = 'refunds' AND party_id = :'leaves'), 0.00, 'to who was owed');
SELECT is(tests.asked('admin', format('decide_refund(%L, true)', :'of_fifth')) || ' ' || tests.accounts(:'fifth'), 'approved processor_clearing -60.00, refunds 60.00', 'for a seller who is gone an admin decides');

-- What somebody refunds at the processor without asking here

SELECT tests.a_paid_sale('pi_7', :'buyer', :'seller', 100, fee => 5) AS seventh \gset
SELECT tests.has_arrived(:'seventh', 30) \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'takings are available');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_7', 10000, 4000))) || ' ' || tests.accounts(:'seventh') || ' ' || tests.refunds_of(:'seventh'), 'processed processor_clearing -60.00, seller_available 57.00, platform_fees 3.00 40.00 processed (0.00 credit)',
    'and are taken from there');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_7', 10000, 10000))) || ' ' || tests.status_of(:'seventh') || coalesce(tests.accounts(:'seventh'), ''), 'processed refunded', 'all of it ends the order');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_7', 10000, 4000))) || ' ' || coalesce(tests.accounts(:'seventh'), ''), 'processed ', 'older news changes nothing');
SELECT tests.a_sale(:'buyer', :'seller', 25) AS eighth \gset
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_8', 2500, 2500))), 'ignored: Nothing in this database refers to this charge.refunded.', 'of a payment that nobody knows');
SELECT is(tests.asked('service', format('cardinality(start_payment(ARRAY[%L]::uuid[], ''stripe'', ''pi_8''))', :'eighth')), '1', 'once it is known');
SELECT is(tests.status_of(:'eighth') || coalesce(tests.accounts(:'eighth'), ''), 'refunded', 'it came in and went back');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_8', 2500))) || ' ' || tests.status_of(:'eighth') || coalesce(tests.accounts(:'eighth'), ''), 'processed refunded', 'the news that it came in is too late to count');

-- What the platform gave, and what the bank has

SELECT tests.a_paid_sale('pi_9', :'buyer', :'seller', 100, fee => 5, by_platform => 20) AS ninth \gset
SELECT is(tests.accounts(:'ninth'), 'processor_clearing -80.00, seller_pending 95.00, platform_fees 5.00, promotions -20.00', 'a sale with a discount at the platform''s expense');
SELECT tests.refund(:'ninth', 40) AS half \gset
SELECT is(tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_1', 'pi_9', 8000))), 'processed', 'the bank has the money');
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'half')), 'MK013 payment of this order is disputed by the buyer''s bank', 'then nobody else gives it back');
SELECT is(tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_1', 'pi_9', 8000, 'won'))), 'processed', 'until it says that the seller is right');
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'half')) || ' ' || tests.accounts(:'ninth'), 'approved processor_clearing -80.00, seller_pending 47.50, platform_fees 2.50, promotions -10.00, refunds 40.00', 'of half the price the platform has half of its discount again');
SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');

-- The last cent: what it takes from whom follows from the sums, so that one may get back what another one gives

SELECT tests.a_paid_sale('pi_10', :'buyer', :'seller', 8, tax => 6, fee => 6) AS tenth \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', tests.refund(:'tenth', 0.10))) || ' ' || tests.accounts(:'tenth'), 'approved processor_clearing -14.00, seller_pending 1.99, platform_fees 5.95, taxes 5.96, refunds 0.10', 'ten cents, of which one is the seller''s');
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', tests.refund(:'tenth', 0.01))) || ' ' || tests.accounts(:'tenth'), 'approved processor_clearing -14.00, seller_pending 1.99, platform_fees 5.95, taxes 5.95, refunds 0.11', 'the next is of whoever has most of what is left: nobody gets something from a refund');

-- Cash goes back before credit does: once credit has, nothing of the cash can fail

SELECT tests.with_credit('pi_11', :'buyer', :'seller') AS eleventh \gset
SELECT tests.refund(:'eleventh', 30) AS of_cash, tests.refund(:'eleventh', 70) AS of_both \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true) || decide_refund(%L, true)', :'of_cash', :'of_both')) || ' ' || tests.refunds_of(:'eleventh'), 'approvedapproved 30.00 approved (0.00 credit), 70.00 approved (7.00 credit)', 'two refunds, the second with credit');
SELECT is(tests.asked('service', format('settle_refund(%L, ''failed'')', :'of_both')) || '; ' || tests.asked('service', format('settle_refund(%L, ''failed'')', :'of_cash')),
    'MK013 cannot revoke a refund when the money belongs to the buyer; MK013 cannot revoke a refund when the money belongs to the buyer', 'neither is taken back');

-- One that came back from the buyer's bank: Stripe's sum has lost it, and the next one is settled before it is sent

SELECT tests.a_paid_sale('pi_12', :'buyer', :'seller', 100) AS twelfth \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', tests.refund(:'twelfth', 30))) || tests.deliver(tests.event('charge.refunded', tests.charge('pi_12', 10000, 3000))), 'approvedprocessed', 'thirty are sent, and come back');
SELECT tests.refund(:'twelfth', 40) AS next \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'next')) || tests.asked('service', format('settle_refund(%L, ''processed'')', :'next')), 'approvedprocessed', 'forty more are settled');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_12', 10000, 4000))) || ' ' || tests.refunds_of(:'twelfth') || ' ' || tests.accounts(:'twelfth'),
    'processed 30.00 processed (0.00 credit), 40.00 processed (0.00 credit) processor_clearing -30.00, seller_pending 30.00', 'and their event says nothing new');

-- An admin asks for a buyer

SELECT is(tests.refund(:'ninth', 5, 'admin') IS NOT NULL, true, 'an admin may ask in the buyer''s place');
SELECT is((SELECT count(*) FROM refund_requests WHERE order_id = :'ninth' AND amount = 5 AND requested_by = :'buyer'), 1::bigint, 'whose request it is');
SELECT is((SELECT new_values ->> 'reason' FROM admin_audit_log WHERE action = 'request_refund' AND admin_id = :'admin'), 'It is broken.', 'and the log says so');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
