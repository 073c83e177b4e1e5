-- A seller deletes the account: what was not sent ends and is paid back, what was sent goes on, and what is due can be paid out. It always works.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('gone.example') \gset

-- An order in each state in which a seller may leave it

SELECT tests.a_sale(:'buyer', :'seller', 100) AS waiting, tests.a_sale(:'buyer', :'seller', 100) AS failed, tests.a_sale(:'buyer', :'seller', 100) AS begun,
       tests.a_paid_sale('pi_paid', :'buyer', :'seller', 100, 5, 8, 5) AS paid, tests.a_paid_sale('pi_prepared', :'buyer', :'seller', 100) AS prepared,
       tests.a_paid_sale('pi_sent', :'buyer', :'seller', 100, fee => 5) AS sent, tests.a_paid_sale('pi_due', :'buyer', :'seller', 100, fee => 5) AS due,
       tests.a_paid_sale('pi_disputed', :'buyer', :'seller', 100) AS disputed, tests.a_paid_sale('pi_bank', :'buyer', :'seller', 100) AS at_bank,
       tests.a_paid_sale('pi_won', :'buyer', :'seller', 100) AS won, tests.a_paid_sale('pi_half', :'buyer', :'seller', 100) AS half \gset
UPDATE orders SET status = 'payment_failed' WHERE id = :'failed';
SELECT tests.asked('service', format('start_payment(ARRAY[%L]::uuid[], ''stripe'', ''pi_begun'')', :'begun')) \g /dev/null
UPDATE orders SET status = 'preparing' WHERE id = :'prepared';
UPDATE orders SET status = 'shipped' WHERE id = :'sent';
SELECT tests.has_arrived(:'due', 20) \g /dev/null
SELECT tests.asked('buyer', format('open_dispute(%L, ''seller_not_responding'', ''Where is it'', ''x'')', :'disputed')) AS dispute \gset
SELECT tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_1', 'pi_bank', 10000))), tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_2', 'pi_won', 10000))) \g /dev/null
SELECT tests.asked('seller', format('decide_refund(%L, true)', tests.asked('buyer', format('request_refund(%L, 40, ''late'')', :'half')))) \g /dev/null
SELECT lives_ok(format('SELECT tests.delete_account(%L)', :'seller'), 'a seller with open orders can be deleted');

SELECT results_eq(format($$SELECT name, tests.status_of(id::uuid) FROM (VALUES ('at bank', %L), ('begun', %L), ('disputed', %L), ('due', %L), ('failed', %L), ('half', %L), ('paid', %L), ('prepared', %L), ('sent', %L), ('waiting', %L), ('won', %L)) o (name, id)$$,
                         :'at_bank', :'begun', :'disputed', :'due', :'failed', :'half', :'paid', :'prepared', :'sent', :'waiting', :'won'),
    $$VALUES ('at bank', 'paid'), ('begun', 'cancelled'), ('disputed', 'cancelled'), ('due', 'delivered'), ('failed', 'cancelled'), ('half', 'cancelled'), ('paid', 'cancelled'), ('prepared', 'cancelled'), ('sent', 'shipped'), ('waiting', 'cancelled'), ('won', 'paid')$$,
    'what was not sent has ended, what was sent goes on, what the bank has waits');
SELECT is(tests.refunds_of(:'paid'), '113.00 approved (0.00 credit)', 'what was paid goes back');
SELECT is(tests.refunds_of(:'half'), '40.00 approved (0.00 credit), 60.00 approved (0.00 credit)', 'once');
SELECT is(tests.accounts(:'paid'), 'processor_clearing -113.00, refunds 113.00', 'neither seller nor platform keeps anything of it');
SELECT tests.log_in_as('buyer') \g /dev/null
SELECT results_eq(format('SELECT to_status, actor, reason FROM order_timeline(%L) OFFSET 1', :'waiting'), $$VALUES ('cancelled', 'system', 'the seller''s account was deleted')$$, 'the buyer reads why');
SELECT tests.log_out() \g /dev/null

-- A payment that comes afterwards

SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_begun', 10000))), 'processed', 'money comes for an order whose seller is gone');
SELECT is(tests.payments_of(:'begun'), 'pi_begun succeeded surplus', 'it pays for nothing');
SELECT is(tests.refunds_of(:'begun'), '100.00 approved (0.00 credit) surplus', 'and goes back');
SELECT is((SELECT count(*) FROM ledger_entries WHERE account::text LIKE 'seller%' AND party_id IS NULL), 0::bigint, 'nobody''s account gets anything');

-- What the bank decides

SELECT is(tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_1', 'pi_bank', 10000, 'lost'), 1700000100)), 'processed', 'the bank takes the money');
SELECT is(tests.status_of(:'at_bank'), 'refunded', 'that order is paid back by it');
SELECT is(tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_2', 'pi_won', 10000, 'won'), 1700000100)), 'processed', 'or leaves it');
SELECT is(tests.status_of(:'won') || ' ' || tests.refunds_of(:'won'), 'cancelled 100.00 approved (0.00 credit)', 'then the order ends as the others did');

-- The ways of the buyer

SELECT is(tests.asked('buyer', format('open_dispute(%L, ''item_not_received'', ''nobody there'', ''x'')', :'sent')), '55000 account of the other party has been deleted', 'with who is gone nobody quarrels');
SELECT is(tests.asked('buyer', format('request_refund(%L, 10, ''broken'')', :'sent')) ~ '^[0-9a-f-]{36}$', true, 'the money can be asked for');
SELECT is(tests.asked('admin', format('decide_refund(%L, true)', id)), 'approved', 'and the staff decides') FROM refund_requests WHERE order_id = :'sent';
SELECT is(tests.asked('buyer', format('confirm_delivery(%L)', :'sent')), 'delivered', 'the parcel arrives');
SELECT is(tests.asked('admin', format('resolve_dispute(%L, ''no_action'', ''paid back'')', :'dispute')), 'resolved', 'an open dispute is ended by the staff');

-- What is due

SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'takings become available as for anybody');
SELECT is(tests.answers('anon buyer moderator other', format('SELECT pay_out_deleted_seller(%L, ''USD'')', :'seller')), '42501 for anon buyer moderator other', 'they are not paid out by just anybody');
SELECT is(tests.asked('service', format('pay_out_deleted_seller(%L, ''USD'')', :'other')), '55000 account of this seller has not been deleted', 'nor to somebody who can ask');
SELECT is(tests.asked('service', format('pay_out_deleted_seller(%L, ''USD'', 95.01)', :'seller')), 'MK012 payout exceeds the available balance', 'nor more than there is');
SELECT is(tests.asked('service', format('pay_out_deleted_seller(%L, ''EUR'')', :'seller')), 'MK012 payout exceeds the available balance', 'nor in another currency');
SELECT is(tests.asked('service', 'pay_out_deleted_seller(gen_random_uuid(), ''USD'')'), 'MK012 payout exceeds the available balance', 'nor to who never was');
SELECT is(tests.asked('service', 'pay_out_deleted_seller(NULL, ''USD'')'), '22004 party_id must not be NULL', 'a party');
SELECT tests.asked('admin', format('pay_out_deleted_seller(%L, ''USD'', 40)', :'seller')) AS part \gset
SELECT tests.asked('service', format('pay_out_deleted_seller(%L, ''USD'')', :'seller')) AS rest \gset
SELECT results_eq('SELECT amount, currency::text, status::text, seller_id FROM seller_payouts ORDER BY amount', $$VALUES (40.00, 'USD', 'pending', NULL::uuid), (55.00, 'USD', 'pending', NULL)$$, 'an admin pays a part, the service the rest');
SELECT is((SELECT count(*) FROM admin_audit_log WHERE action = 'pay_out_deleted_seller' AND admin_id = :'admin' AND target_id = :'part'), 1::bigint, 'what the admin did is on record');
SELECT is(tests.asked('service', format('settle_payout(%L, ''paid'', ''tr_1'')', :'part')), 'paid', 'it is sent like any payout');
SELECT is(tests.asked('service', format('settle_payout(%L, ''failed'')', :'rest')), 'failed', 'or comes back');
SELECT results_eq(format($$SELECT account::text, sum(amount) FROM ledger_entries WHERE party_id = %L GROUP BY account HAVING sum(amount) <> 0 ORDER BY account::text$$, :'seller'),
    $$VALUES ('seller_available', 55.00), ('seller_paid_out', 40.00), ('seller_pending', 85.50)$$, 'to the account of who is gone');
SELECT is(tests.error_of('INSERT INTO seller_payouts (amount, status) VALUES (1, ''pending'')'), '23502 null value in column "seller_id" of relation "seller_payouts" violates not-null constraint', 'other payouts have their seller');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books add up');

-- Credit that was loaded without its books; two at once

SELECT tests.sign_up('loaded@gone.example') AS loaded, tests.sign_up('mixed@gone.example') AS mixed, tests.sign_up('pair1@gone.example') AS pair1, tests.sign_up('pair2@gone.example') AS pair2 \gset
INSERT INTO store_credits (user_id, amount) VALUES (:'mixed', 7);
SET LOCAL session_replication_role = replica;
INSERT INTO store_credits (user_id, amount) VALUES (:'loaded', 10), (:'mixed', 10);
SET LOCAL session_replication_role = origin;
SELECT is((SELECT count(*) FROM check_integrity() WHERE rule = 'store_credit_balance'), 2::bigint, '(credit past the books is seen)');
SELECT lives_ok(format('SELECT tests.delete_account(%L)', :'loaded'), 'an account with credit that was never booked can be deleted');
SELECT lives_ok(format('SELECT tests.delete_account(%L)', :'mixed'), 'one with some that was');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE party_id = :'mixed'), 0.00, 'of which what was booked goes back, and no more');
SELECT tests.a_paid_sale('pi_pair', :'pair1', :'pair2', 100), tests.a_sale(:'pair2', :'pair1', 10) \g /dev/null
SELECT lives_ok(format('DELETE FROM auth.users WHERE id IN (%L, %L)', :'pair1', :'pair2'), 'both parties of an order in one statement');
SELECT tests.sign_up('tailor@gone.example') AS tailor \gset
SELECT tests.a_listing(:'tailor', 10, 0) AS shirt, tests.an_order(:'buyer', :'tailor') AS worn \gset
SELECT tests.an_item(:'worn', :'shirt', 1, tests.a_variant(:'shirt', 1)) \g /dev/null
SELECT lives_ok(format('SELECT tests.delete_account(%L)', :'tailor'), 'a seller with variants');
SELECT is(tests.status_of(:'worn'), 'cancelled', 'whose order ends as well');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books add up');
SELECT lives_ok('DELETE FROM auth.users', 'all of them');
SELECT is_empty($$SELECT * FROM check_integrity() WHERE rule IN ('left_by_deleted_account', 'takings_of_nobody', 'cancelled_order_keeps')$$, 'nothing is left open');

-- What was let be by others is seen

SELECT tests.sign_up('seller@seen.example') AS seller, tests.sign_up('buyer@seen.example') AS buyer \gset
SELECT tests.a_sale(:'buyer', :'seller', 100) AS sale \gset
SET LOCAL session_replication_role = replica;
UPDATE orders SET seller_id = NULL WHERE id = :'sale';
SET LOCAL session_replication_role = origin;
SELECT results_eq('SELECT rule, object FROM check_integrity() WHERE rule ~ ''deleted|nobody''', format('VALUES (''left_by_deleted_account'', ''orders %s'')', :'sale'), 'an order that waits for who is gone');
UPDATE orders SET status = 'paid' WHERE id = :'sale';
SELECT results_eq('SELECT rule, object FROM check_integrity() WHERE rule ~ ''deleted|nobody'' ORDER BY rule', format('VALUES (''left_by_deleted_account'', ''orders %1$s''), (''takings_of_nobody'', ''orders %1$s'')', :'sale'), 'takings of nobody');

SELECT * FROM finish();
ROLLBACK;
