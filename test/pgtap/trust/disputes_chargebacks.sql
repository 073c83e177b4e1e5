-- Disputes that a buyer's bank begins: from the processor's events alone, whatever else is open, whoever is gone; and what is
-- refused meanwhile.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT plan(31);

SELECT tests.sign_up('buyer@bank.example') AS buyer, tests.sign_up('seller@bank.example') AS seller, tests.sign_up('admin@bank.example') AS admin \gset
SELECT promote_to_admin('admin@bank.example') \g /dev/null
SELECT tests.a_paid_sale('pi_1', :'buyer', :'seller', 100) AS first, tests.a_paid_sale('pi_2', :'buyer', :'seller', 50) AS second, tests.a_paid_sale('pi_3', :'buyer', :'seller', 30) AS third,
       tests.a_paid_sale('pi_4', :'buyer', :'seller', 20) AS fourth \gset
SELECT tests.has_arrived(:'first'), tests.has_arrived(:'second') \g /dev/null
CREATE FUNCTION tests.told(dispute text) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT string_agg(concat_ws(' ', status, type, resolution), ', ') FROM disputes WHERE metadata ->> 'stripe_dispute_id' = dispute
$$;

-- Won by the seller

SELECT is(tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_1', 'pi_1', 10000))), 'processed', 'the bank disputes a payment');
SELECT results_eq('SELECT order_id, initiated_by, respondent_id, status::text, is_open, title::text FROM disputes', format('VALUES (%L::uuid, %L::uuid, %L::uuid, ''under_review'', true, ''Chargeback'')', :'first', :'buyer', :'seller'),
    'which is a dispute in the buyer''s name');
SELECT matches((SELECT dispute_number::text FROM disputes), '^DSP-[0-9]{8}-[0-9]{6,}$', 'with a number');
SELECT id AS dis FROM disputes \gset
SELECT tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_1', 'pi_1', 10000))) \g /dev/null
SELECT is(tests.told('dp_1'), 'under_review payment_issue', 'told twice it is one');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.error_of(format('SELECT open_dispute(%L, ''other'', ''x'', ''y'')', :'first')), 'MK011 order already has an open dispute', 'the parties open none beside it');
SELECT open_return(i.id, 'defective') AS ret FROM order_items i WHERE i.order_id = :'first' \gset
SELECT is(tests.attempt(format('SELECT cancel_dispute(%L)', :'dis')), 'MK011', 'the buyer does not take it back');
SELECT is(tests.deed(format('SELECT reply_dispute(%L, ''My card was stolen.'')', :'dis')), 'done', 'but may say why');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(tests.attempt(format('SELECT resolve_dispute(%L, ''no_action'')', :'dis')), 'MK011', 'an admin does not decide it');
SELECT is(tests.attempt(format('SELECT advance_dispute(%L, ''awaiting_seller_response'')', :'dis')), 'MK011', 'nor moves it');
SELECT is((SELECT string_agg(advance_return(:'ret', s), ' ') FROM unnest('{approved,shipped_back,received}'::text[]) s), 'approved shipped_back received', 'a return goes its way');
SELECT is(tests.attempt(format('SELECT advance_return(%L, ''refunded'')', :'ret')), 'MK013', 'but for the money, which the bank has');
SELECT is(tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_1', 'pi_1', 10000, 'won'))), 'processed', 'the bank says that the seller is right');
SELECT is(tests.told('dp_1'), 'resolved payment_issue no_action', 'which resolves it');
SELECT ok((SELECT resolved_at = now() AND NOT is_open FROM disputes WHERE id = :'dis'), 'with its time');
SELECT tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_1', 'pi_1', 10000, 'won'))) \g /dev/null
SELECT is((SELECT count(*) FROM dispute_messages WHERE dispute_id = :'dis' AND is_system_message), 2::bigint, 'once');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(advance_return(:'ret', 'refunded'), 'refunded', 'then the return gives the money back');
SELECT is((SELECT refund_amount FROM returns WHERE id = :'ret'), 100.00, 'all of it');
SELECT tests.log_out() \g /dev/null

-- Lost, beside a dispute of the parties

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT open_dispute(:'second', 'damaged_item', 'Broken', 'In two.') AS own \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_2', 'pi_2', 5000))), 'processed', 'it comes whatever is open');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(tests.attempt(format('SELECT resolve_dispute(%L, ''full_refund'')', :'own')), 'MK013', 'and stops the money of the other');
SELECT tests.log_out() \g /dev/null
SELECT tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_2', 'pi_2', 5000, 'lost'))) \g /dev/null
SELECT is(tests.told('dp_2'), 'resolved payment_issue full_refund', 'the bank says that the buyer is right');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(tests.attempt(format('SELECT resolve_dispute(%L, ''partial_refund'', NULL, 0.01)', :'own')), 'MK009', 'nothing is left to give back');
SELECT is(resolve_dispute(:'own', 'full_refund', 'The bank has seen to it.'), 'resolved', 'so the decision costs nothing');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM refund_requests WHERE order_id = :'second'), 0::bigint, 'and nobody is paid twice');

-- The end before the beginning

SELECT is(tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_3', 'pi_3', 3000, 'lost'))), 'processed', 'news may come in the wrong order');
SELECT is(tests.told('dp_3'), 'resolved payment_issue full_refund', 'the dispute is there, and has ended');
SELECT is(tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_3', 'pi_3', 3000))), 'processed', 'what comes late');
SELECT is(tests.told('dp_3'), 'resolved payment_issue full_refund', 'changes nothing');

-- The buyer is gone

SELECT tests.delete_account(:'buyer') \g /dev/null
SELECT is(tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_4', 'pi_4', 2000))), 'processed', 'the bank asks nobody who is gone');
SELECT results_eq(format('SELECT initiated_by, respondent_id, status::text FROM disputes WHERE order_id = %L', :'fourth'), format('VALUES (NULL::uuid, %L::uuid, ''under_review'')', :'seller'), 'the dispute is in nobody''s name');
SELECT tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_4', 'pi_4', 2000, 'won'))) \g /dev/null
SELECT is(tests.told('dp_4'), 'resolved payment_issue no_action', 'and ends');
SELECT is_empty('SELECT * FROM check_integrity()', 'everything adds up');

SELECT * FROM finish();
ROLLBACK;
