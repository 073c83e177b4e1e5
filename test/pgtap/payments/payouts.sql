-- What a seller has, when it becomes available, and its way to the seller: seller_balance(), release_seller_funds(), request_payout(),
-- settle_payout(), and the events of transfers and payouts.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT plan(106);
SELECT * FROM tests.people('payouts.example') \gset
CREATE FUNCTION tests.payout(id uuid) RETURNS text LANGUAGE sql AS
    $$SELECT concat_ws(' ', amount, currency, status, stripe_transfer_id, stripe_payout_id, failure_reason, CASE WHEN completed_at IS NOT NULL THEN 'completed' END, CASE WHEN failed_at IS NOT NULL THEN 'failed' END) FROM seller_payouts p WHERE p.id = payout.id$$;
-- the detail and the hint of an error
CREATE FUNCTION tests.refusal(who text, expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
BEGIN
    PERFORM tests.log_in_as(who);
    BEGIN
        EXECUTE 'SELECT ' || expression;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    END;
    PERFORM tests.log_out();
    RETURN concat_ws(' ', detail, hint);
END $$;
CREATE FUNCTION tests.transfer(id text, amount bigint, reversed bigint DEFAULT 0, payout uuid DEFAULT NULL, currency text DEFAULT 'usd') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('id', id, 'object', 'transfer', 'amount', amount, 'amount_reversed', reversed, 'currency', currency, 'destination', 'acct_1',
                              'metadata', CASE WHEN payout IS NULL THEN '{}' ELSE jsonb_build_object('payout_id', payout) END, 'reversed', reversed = amount)
$$;
CREATE FUNCTION tests.bank_payout(id text, amount bigint, payout uuid DEFAULT NULL, failure text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('id', id, 'object', 'payout', 'amount', amount, 'currency', 'usd', 'failure_message', failure,
                              'metadata', CASE WHEN payout IS NULL THEN '{}' ELSE jsonb_build_object('payout_id', payout) END, 'status', CASE WHEN failure IS NULL THEN 'paid' ELSE 'failed' END)
$$;

-- When takings become available

SELECT tests.a_paid_sale('pi_1', :'buyer', :'seller', 100, 0, 0, 5) AS early, tests.a_paid_sale('pi_2', :'buyer', :'seller', 200, 0, 0, 10) AS late, tests.a_paid_sale('pi_3', :'buyer', :'seller', 30) AS disputed,
       tests.a_paid_sale('pi_4', :'buyer', :'seller', 40) AS sent_back, tests.a_paid_sale('pi_5', :'buyer', :'seller', 50) AS on_its_way \gset
SELECT is(tests.balance(:'seller'), 'USD: 405.00 + 0.00 + 0.00', 'what is paid is pending');
SELECT is(tests.answers('anon buyer seller other moderator admin suspended guest', 'SELECT release_seller_funds()'), '42501 for anon buyer seller other moderator admin suspended guest', 'nobody but the service releases it');
SELECT is(tests.asked('service', 'release_seller_funds(NULL)'), '22004 max_rows must not be NULL', 'some at a time');
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'and nothing before the delivery');
SELECT tests.has_arrived(:'early', 13), tests.has_arrived(:'late', 15), tests.has_arrived(:'disputed', 16), tests.has_arrived(:'sent_back', 17) \g /dev/null
UPDATE orders SET status = 'shipped' WHERE id = :'on_its_way';
SELECT tests.a_dispute(:'disputed') AS dispute, tests.a_return(:'sent_back') AS ret \gset
SELECT is(tests.asked('service', 'release_seller_funds(0)') || tests.asked('service', 'release_seller_funds(-1)'), '00', 'not at most none');
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'one is past its window and not argued about');
SELECT is(tests.balance(:'seller'), 'USD: 215.00 + 190.00 + 0.00', 'and is available, without the fee');
SELECT is(tests.accounts(:'late'), 'processor_clearing -200.00, seller_available 190.00, platform_fees 10.00', 'in the ledger');
SELECT is((SELECT released_at = now() FROM orders WHERE id = :'late'), true, 'the order knows when');
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'once');
UPDATE disputes SET status = 'resolved', resolution = 'no_action' WHERE id = :'dispute';
UPDATE returns SET status = 'rejected' WHERE id = :'ret';
SELECT is(tests.asked('service', 'release_seller_funds(1)') || tests.accounts(:'disputed') || tests.accounts(:'sent_back'), '1processor_clearing -30.00, seller_pending 30.00processor_clearing -40.00, seller_available 40.00', 'after the argument the rest, the oldest first');
SET LOCAL driplo.return_window = 0;
UPDATE orders SET status = 'delivered' WHERE id = :'on_its_way';
SELECT is(tests.accounts(:'on_its_way'), 'processor_clearing -50.00, seller_available 50.00', 'without a window the delivery is enough');
RESET driplo.return_window;
-- what cost nothing does not stand in the way
SELECT tests.a_sale(:'buyer', :'seller', 0) AS gift \gset
UPDATE orders SET status = 'paid' WHERE id = :'gift';
SELECT tests.has_arrived(:'gift', 100) \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds(1)') || tests.asked('service', 'release_seller_funds(1)') || tests.asked('service', 'release_seller_funds(1)'), '110', 'an order that cost nothing is looked at once');
SELECT is(tests.balance(:'seller'), 'USD: 95.00 + 310.00 + 0.00', 'what is left is within its window');

-- Who reads balances

SELECT is(tests.answers('anon buyer other moderator suspended guest', format('SELECT * FROM seller_balance(%L)', :'seller')), '42501 for anon buyer other moderator suspended guest', 'others'' balances are refused');
SELECT is(tests.asked('admin', format('(SELECT s::text FROM seller_balance(%L) s)', :'seller')) || tests.asked('service', format('(SELECT s::text FROM seller_balance(%L) s)', :'seller')), '(USD,95.00,310.00,0.00)(USD,95.00,310.00,0.00)', 'but to admins and the service');
SELECT is(tests.asked('seller', format('(SELECT s::text FROM seller_balance(seller_id => %L) s)', :'seller')), '(USD,95.00,310.00,0.00)', 'one''s own may be named');
SELECT is(tests.asked('buyer', '(SELECT s::text FROM seller_balance() s)'), 'NULL', 'who sells nothing has no row');
SELECT is(tests.asked('service', '(SELECT s::text FROM seller_balance() s)'), '22004 seller_id must not be NULL', 'the service is nobody');
SELECT is(tests.answers('anon', 'SELECT * FROM seller_balance()'), '42501 for anon', 'anon neither');

-- Requests

SELECT is(tests.answers('anon suspended guest', 'SELECT request_payout()'), '42501 for anon suspended guest', 'nobody who takes no part in the market');
SELECT is(tests.answers('buyer other', 'SELECT request_payout()'), 'MK012 for buyer other', 'nobody who has nothing');
SELECT is(tests.answers('buyer other', 'SELECT request_payout(1)'), 'MK012 for buyer other', 'whatever they want');
SELECT is(tests.answers('service', 'SELECT request_payout(1)'), '42501 for service', 'the service has nothing itself');
SELECT is((SELECT string_agg(DISTINCT left(tests.asked('seller', format('request_payout(%L)', amount)), 5), ' ') FROM unnest('{0,-1,0.001,NaN,Infinity}'::numeric[]) AS amount), '22003 22023', 'an amount is one');
SELECT is(tests.asked('seller', 'request_payout(310.01)'), 'MK012 payout exceeds the available balance', 'a cent too much');
SELECT tests.log_in_as('seller') \g /dev/null
SELECT is(tests.detail_of('SELECT request_payout(310.01)'), 'MK012 310.00 USD is available.', 'as the error says');
SELECT is(tests.attempt(format('INSERT INTO seller_payouts (seller_id, amount, status) VALUES (%L, 1, ''paid'')', :'seller')), '42501', 'not by hand');
SELECT request_payout(100) AS first \gset
SELECT is(tests.attempt(format('UPDATE seller_payouts SET amount = 200 WHERE id = %L', :'first')), '42501', 'nor more by hand');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.payout(:'first'), '100.00 USD pending', 'a part of it');
SELECT is(tests.balance(:'seller'), 'USD: 95.00 + 210.00 + 0.00', 'is not available any more');
SELECT is(tests.accounts(), 'processor_clearing -420.00, seller_pending 95.00, seller_available 210.00, payouts_in_transit 100.00, platform_fees 15.00', 'but on its way');
SELECT is(tests.asked('seller', 'request_payout(210.01)'), 'MK012 payout exceeds the available balance', 'nor can it be had twice');
SELECT tests.log_in_as('seller') \g /dev/null
SELECT results_eq('SELECT seller_id, amount, currency::text, status::text FROM seller_payouts', format($$VALUES (%L::uuid, 100.00, 'USD', 'pending')$$, :'seller'), 'the seller sees it');
SELECT throws_ok('SELECT metadata FROM seller_payouts', '42501', NULL, 'without what is the service''s');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('buyer other suspended guest admin', 'SELECT id FROM seller_payouts'), '0 rows for buyer other suspended guest; 1 rows for admin', 'others do not, but admins');
UPDATE orders SET delivered_at = now() - interval '14 days 1 minute' WHERE id = :'early';
SELECT is(tests.asked('seller', 'request_payout(305)') IS NOT NULL AND tests.balance(:'seller') = 'USD: 0.00 + 0.00 + 0.00', true, 'what is due is released by the request, and can be had at once');
SELECT id AS second FROM seller_payouts WHERE amount = 305 \gset
SELECT is(tests.asked('seller', 'request_payout()'), 'MK012 payout exceeds the available balance', 'then there is nothing');

-- What becomes of them

SELECT is(tests.answers('anon buyer seller other moderator admin suspended guest', format('SELECT settle_payout(%L, ''paid'')', :'first')), '42501 for anon buyer seller other moderator admin suspended guest', 'the service says it');
SELECT is(tests.asked('service', 'settle_payout(NULL, ''paid'')'), '22004 payout_id must not be NULL', 'of a payout');
SELECT is(tests.asked('service', format('settle_payout(%L, NULL)', :'first')), '22004 outcome must not be NULL', 'an outcome');
SELECT is(tests.asked('service', format('settle_payout(%L, ''pending'')', :'first')), '22023 unrecognized outcome: "pending"', 'one of four');
SELECT is(tests.asked('service', $$settle_payout('00000000-0000-4000-8000-00000000dead', 'paid')$$), 'P0002 payout "00000000-0000-4000-8000-00000000dead" does not exist', 'of one that exists');
SELECT is(tests.asked('service', format('settle_payout(%L, ''processing'', ''tr_1'')', :'first')) || ', ' || tests.payout(:'first'), 'processing, 100.00 USD processing tr_1', 'under way');
SELECT is(tests.asked('service', format('settle_payout(%L, ''cancelled'')', :'first')), 'MK013 cannot change payout status from processing to cancelled', 'it is not cancelled any more');
SELECT is(tests.asked('service', format('settle_payout(%L, ''paid'')', :'first')) || ', ' || tests.payout(:'first'), 'paid, 100.00 USD paid tr_1 completed', 'paid');
SELECT is(tests.balance(:'seller'), 'USD: 0.00 + 0.00 + 100.00', 'is paid out');
SELECT tests.state_of_shop() AS before \gset
SELECT is(tests.asked('service', format('settle_payout(%L, ''paid'')', :'first')), 'paid', 'told again');
SELECT is(tests.state_of_shop(), :'before', 'nothing happens');
SELECT is(tests.asked('service', format('settle_payout(%L, ''processing'')', :'first')), 'MK013 cannot change payout status from paid to processing', 'it does not go back');
SELECT is(tests.asked('service', format('settle_payout(%L, ''failed'')', :'first')) || ', ' || tests.payout(:'first'), 'failed, 100.00 USD failed tr_1 completed failed', 'unless the bank sends it back');
SELECT is(tests.balance(:'seller'), 'USD: 0.00 + 100.00 + 0.00', 'then the seller has it again');
SELECT is(tests.asked('service', format('settle_payout(%L, ''paid'')', :'first')), 'MK013 cannot change payout status from failed to paid', 'that is its end');
SELECT is(tests.asked('service', format('settle_payout(%L, ''failed'')', :'first')) || tests.balance(:'seller'), 'failedUSD: 0.00 + 100.00 + 0.00', 'once');
SELECT is(tests.asked('service', format('settle_payout(%L, ''cancelled'')', :'second')) || tests.balance(:'seller'), 'cancelledUSD: 0.00 + 405.00 + 0.00', 'what has not begun can be cancelled');
SELECT is(tests.asked('service', format('settle_payout(%L, ''paid'')', :'second')), 'MK013 cannot change payout status from cancelled to paid', 'and is not paid then');
SELECT is(tests.deliver(tests.event('transfer.created', tests.transfer('tr_2', 30500, 0, :'second'))), 'failed: cannot change payout status from cancelled to processing', 'money that was sent for it all the same is not passed over');

-- By Stripe's events

SELECT tests.asked('seller', 'request_payout(50)') AS third \gset
SELECT is(tests.deliver(tests.event('transfer.created', tests.transfer('tr_3', 4999, 0, :'third'))), 'failed: amount of the Stripe event does not match the payment: The event reports 49.99 USD, but 50.00 USD was expected.', 'a transfer of another amount');
SELECT is(tests.deliver(tests.event('transfer.created', tests.transfer('tr_3', 5000, 0, :'third', 'eur'))), 'failed: amount of the Stripe event does not match the payment: The event reports 50.00 EUR, but 50.00 USD was expected.', 'of another currency');
SELECT is(tests.deliver(tests.event('transfer.created', tests.transfer('tr_3', 5000))), 'ignored: Nothing in this database refers to this transfer.created.', 'or for nothing that is known');
SELECT is(tests.deliver(tests.event('transfer.created', jsonb_set(tests.transfer('tr_3', 5000), '{metadata,payout_id}', '"the third"'))), 'ignored: Nothing in this database refers to this transfer.created.', 'by an id that is none');
SELECT is(tests.payout(:'third'), '50.00 USD pending', 'changes nothing');
SELECT tests.event('transfer.created', tests.transfer('tr_3', 5000, 0, :'third')) AS event \gset
SELECT is(tests.deliver(:'event') || ', ' || tests.payout(:'third'), 'processed, 50.00 USD processing tr_3', 'the transfer of a payout');
SELECT is(tests.deliver(:'event') || ' ' || tests.deliver(tests.event('transfer.created', tests.transfer('tr_3', 5000))) || ', ' || tests.payout(:'third'), 'duplicate processed, 50.00 USD processing tr_3', 'again, by its id');
SELECT is(tests.deliver(tests.event('transfer.reversed', tests.transfer('tr_3', 5000, 2000))) || ', ' || tests.balance(:'seller'), 'processed, USD: 0.00 + 375.00 + 0.00', 'a part of it is taken back');
SELECT is(tests.deliver(tests.event('transfer.reversed', tests.transfer('tr_3', 5000, 2000))) || tests.deliver(tests.event('transfer.reversed', tests.transfer('tr_3', 5000, 1000))) || ', ' || tests.balance(:'seller'), 'processedprocessed, USD: 0.00 + 375.00 + 0.00',
    'the same and the older news change nothing');
SELECT is(tests.deliver(tests.event('payout.paid', tests.bank_payout('po_3', 5000, :'third'))) || ', ' || tests.payout(:'third') || ', ' || tests.balance(:'seller'), 'processed, 50.00 USD paid tr_3 po_3 completed, USD: 0.00 + 375.00 + 30.00', 'the bank has the rest');
SELECT is(tests.deliver(tests.event('transfer.reversed', tests.transfer('tr_3', 5000, 3000))) || ', ' || tests.balance(:'seller'), 'processed, USD: 0.00 + 385.00 + 20.00', 'more is taken back');
SELECT is(tests.deliver(tests.event('transfer.created', tests.transfer('tr_3', 5000))) || ', ' || tests.payout(:'third'), 'processed, 50.00 USD paid tr_3 po_3 completed', 'late news of its beginning');
SELECT is(tests.deliver(tests.event('payout.failed', tests.bank_payout('po_3', 5000, failure => 'The account is closed.'))) || ', ' || tests.payout(:'third') || ', ' || tests.balance(:'seller'), 'processed, 50.00 USD failed tr_3 po_3 The account is closed. completed failed, USD: 0.00 + 405.00 + 0.00',
    'the bank sends the rest back');
SELECT is(tests.deliver(tests.event('payout.failed', tests.bank_payout('po_3', 5000))) || tests.deliver(tests.event('payout.paid', tests.bank_payout('po_3', 5000))) || tests.deliver(tests.event('transfer.reversed', tests.transfer('tr_3', 5000, 5000))) || ', ' || tests.balance(:'seller'),
    'processedprocessedprocessed, USD: 0.00 + 405.00 + 0.00', 'whatever comes then');
SELECT tests.asked('seller', 'request_payout(60)') AS fourth \gset
SELECT is(tests.deliver(tests.event('transfer.reversed', tests.transfer('tr_4', 6000, 6000, :'fourth'))) || ', ' || tests.payout(:'fourth') || ', ' || tests.balance(:'seller'), 'processed, 60.00 USD failed tr_4 the transfer was reversed failed, USD: 0.00 + 405.00 + 0.00', 'a transfer that is reversed as a whole');
SELECT is(tests.deliver(tests.event('transfer.created', tests.transfer('tr_4', 6000, 0, :'fourth'))) || ', ' || tests.balance(:'seller'), 'processed, USD: 0.00 + 405.00 + 0.00', 'before it is created');
SELECT is(tests.deliver(tests.event('payout.paid', tests.bank_payout('po_9', 1))) || ', ' || tests.deliver(tests.event('payout.failed', tests.bank_payout('po_9', 1))), 'ignored: Nothing in this database refers to this payout.paid., ignored: Nothing in this database refers to this payout.failed.',
    'a payout that is not ours: the platform''s own, or one of a connected account');
SELECT is(tests.deliver(tests.event('payout.paid', jsonb_set(tests.bank_payout('po_9', 1), '{metadata,payout_id}', '"7b0a4f4e-0000-4000-8000-000000000000"'))), 'ignored: Nothing in this database refers to this payout.paid.', 'or one that says it is and is not');
SELECT tests.asked('seller', 'request_payout(5)') AS fifth \gset
SELECT tests.event('payout.paid', tests.bank_payout('po_5', 500)) AS event \gset
SELECT is(tests.deliver(:'event') || ' ' || tests.payout(:'fifth'), 'ignored: Nothing in this database refers to this payout.paid. 5.00 USD pending', 'the payout of a transfer, before its id is known');
UPDATE seller_payouts SET stripe_payout_id = 'po_5' WHERE id = :'fifth';
SELECT is(tests.deliver(:'event') || ' ' || tests.asked('service', format('replay_stripe_event(%L)', :'event'::jsonb ->> 'id')) || ' ' || tests.payout(:'fifth') || ' ' || tests.asked('service', format('replay_stripe_event(%L)', :'event'::jsonb ->> 'id')),
    'duplicate processed 5.00 USD paid po_5 completed duplicate', 'which a replay finds');
SELECT is(tests.deliver(tests.event('payout.canceled', tests.bank_payout('po_5', 500))) || ' ' || tests.payout(:'fifth') || ' ' || tests.balance(:'seller'), 'processed 5.00 USD cancelled po_5 payout canceled completed USD: 0.00 + 405.00 + 0.00', 'and back it goes');
SELECT is(tests.deliver(tests.event('transfer.created', tests.transfer('tr_5', 500, 0, :'fifth'))) || ' ' || tests.deliver(tests.event('payout.paid', tests.bank_payout('po_5', 500))) || ' ' || tests.balance(:'seller'), 'processed processed USD: 0.00 + 405.00 + 0.00', 'late news of how it had been on its way change nothing');
SELECT is((SELECT string_agg(kind || ' ' || n, ', ' ORDER BY kind) FROM (SELECT kind, count(DISTINCT journal_id) AS n FROM ledger_entries WHERE kind LIKE 'payout%' GROUP BY kind) k), 'payout 5, payout_failed 5, payout_paid 3, payout_reversed 2', 'each of it is booked once');

-- What a buyer has back after it was paid out

SELECT tests.asked('seller', 'request_payout()') AS all_of_it \gset
SELECT is(tests.asked('service', format('settle_payout(%L, ''paid'')', :'all_of_it')) || tests.balance(:'seller'), 'paidUSD: 0.00 + 0.00 + 405.00', 'everything is paid out');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_1', 10000, 10000))) || ', ' || tests.balance(:'seller'), 'processed, USD: 0.00 + -95.00 + 405.00', 'a refund then is a debt');
SELECT tests.a_paid_sale('pi_6', :'buyer', :'seller', 100) AS sixth \gset
SELECT tests.has_arrived(:'sixth', 20) \g /dev/null
SELECT is(tests.asked('seller', 'request_payout(5.01)'), 'MK012 payout exceeds the available balance', 'that the next takings pay');
SELECT is(tests.asked('seller', 'request_payout(5)') IS NOT NULL AND tests.balance(:'seller') = 'USD: 0.00 + 0.00 + 405.00', true, 'before they can be had');

-- A chargeback holds what was available

SELECT tests.a_paid_sale('pi_7', :'buyer', :'seller', 70) AS seventh \gset
SELECT tests.has_arrived(:'seventh', 20) \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds()') || tests.balance(:'seller'), '1USD: 0.00 + 70.00 + 405.00', 'takings are available');
SELECT is(tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_7', 'pi_7', 7000))) || tests.balance(:'seller'), 'processedUSD: 70.00 + 0.00 + 405.00', 'until the bank asks for them');
SELECT is(tests.asked('seller', 'request_payout(1)') || tests.asked('service', 'release_seller_funds()'), 'MK012 payout exceeds the available balance0', 'so they are not paid out');
SELECT is(tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_7', 'pi_7', 7000, 'won'))) || tests.asked('service', 'release_seller_funds()') || tests.balance(:'seller'), 'processed1USD: 0.00 + 70.00 + 405.00', 'before the bank says that they are the seller''s');

-- Several currencies, and somebody who was suspended or is gone

SELECT tests.a_sale(:'buyer', :'seller', 80, currency => 'EUR') AS in_euros \gset
UPDATE orders SET status = 'paid' WHERE id = :'in_euros';
SELECT tests.has_arrived(:'in_euros', 20) \g /dev/null
SELECT is(tests.asked('seller', 'request_payout()'), '22023 currency must be specified', 'which of them');
SELECT is(tests.balance(:'seller'), 'EUR: 80.00 + 0.00 + 0.00, USD: 0.00 + 70.00 + 405.00', 'the refusal released nothing either');
SELECT is(tests.asked('seller', 'request_payout_in(NULL)') || '; ' || tests.asked('seller', 'request_payout_in(''EUR'', 80.01)') || '; ' || tests.asked('seller', 'request_payout_in(''GBP'')'),
    '22004 currency must not be NULL; MK012 payout exceeds the available balance; MK012 payout exceeds the available balance', 'one that there is, and no more');
SELECT is(tests.answers('anon suspended guest other', 'SELECT request_payout_in(''EUR'')'), '42501 for anon suspended guest; MK012 for other', 'nobody else');
SELECT is(tests.asked('seller', 'request_payout_in(''EUR'', 30)') IS NOT NULL AND tests.balance(:'seller') = 'EUR: 0.00 + 50.00 + 0.00, USD: 0.00 + 70.00 + 405.00', true, 'of each its own');

-- The least that is paid out

SAVEPOINT least;
SET LOCAL driplo.minimum_payout = '20, EUR 50.01';
SELECT is(tests.asked('seller', 'request_payout_in(''EUR'')') || '; ' || tests.asked('seller', 'request_payout_in(''EUR'', 50)') || '; ' || tests.asked('seller', 'request_payout_in(''EUR'', 50.01)'),
    'MK012 available balance is below the minimum payout; MK012 available balance is below the minimum payout; MK012 payout exceeds the available balance', 'less than a payout is at least stays where it is');
SELECT is(tests.asked('seller', 'request_payout_in(''USD'', 19.99)') || '; ' || tests.asked('seller', 'request_payout_in(''USD'', 70.01)'),
    '22023 amount is below the minimum payout; MK012 payout exceeds the available balance', 'so does a smaller part of more');
SELECT is(tests.refusal('seller', 'request_payout_in(''EUR'')'), '50.00 EUR is available; the minimum payout is 50.01 EUR. Request the payout again when more is available.', 'who asks learns how much is missing');
SELECT is(tests.refusal('seller', 'request_payout_in(''USD'', 19.99)'), 'The minimum payout is 20.00 USD. Omit amount to pay out everything that is available.', 'or how much to ask for');
SELECT is(tests.answers('seller buyer', 'SET LOCAL driplo.minimum_payout = 0'), '42501 for seller buyer', 'and does not change it');
SELECT is(tests.balance(:'seller') || (SELECT format(', %s payouts', count(*)) FROM seller_payouts WHERE currency = 'EUR'), 'EUR: 0.00 + 50.00 + 0.00, USD: 0.00 + 70.00 + 405.00, 1 payouts', 'nothing of it has moved');
SELECT is(tests.asked('seller', 'request_payout_in(''USD'', 20)') IS NOT NULL AND tests.balance(:'seller') = 'EUR: 0.00 + 50.00 + 0.00, USD: 0.00 + 50.00 + 405.00', true, 'as much as that is paid out');
SELECT tests.delete_account(:'seller') \g /dev/null
SELECT is(tests.payout(tests.asked('admin', format('pay_out_deleted_seller(%L, ''EUR'')', :'seller'))::uuid), '50.00 EUR pending', 'and whatever is left of somebody who is gone');
ROLLBACK TO least;
UPDATE profiles SET suspended_at = now() WHERE id = :'seller';
SELECT is(tests.asked('seller', 'request_payout_in(''EUR'')'), '42501 suspended users can only browse listings and use a cart', 'a suspended seller waits');
SELECT is(tests.balance(:'seller'), 'EUR: 0.00 + 50.00 + 0.00, USD: 0.00 + 70.00 + 405.00', 'and sees what is there');
SELECT id AS open FROM seller_payouts WHERE currency = 'EUR' \gset
SELECT tests.delete_account(:'seller') \g /dev/null
SELECT is(tests.asked('service', format('settle_payout(%L, ''failed'')', :'open')) || tests.asked('admin', format('(SELECT string_agg(s::text, '' '' ORDER BY s.currency) FROM seller_balance(%L) s)', :'seller')), 'failed(EUR,0.00,80.00,0.00) (USD,0.00,70.00,405.00)',
    'what is on its way to an account that is gone comes to its end');
SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
