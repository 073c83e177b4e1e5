-- An account is left with grace, unless something is open.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/money.sql
SELECT no_plan();

SELECT * FROM tests.people('leaving.example') \gset
SET ROLE driplo_owner;
SELECT private.may_delete_logins() AS may_delete \gset
RESET ROLE;
CREATE FUNCTION tests.wishes() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM account_deletions';
CREATE FUNCTION tests.open(who text) RETURNS text LANGUAGE sql AS $$
    SELECT tests.asked(who, $q$(SELECT string_agg(concat_ws(' ', o ->> 'what', o ->> 'count', o ->> 'amount', o ->> 'currency'), ', ' ORDER BY o ->> 'what') FROM jsonb_array_elements(my_account_deletion() -> 'open') o)$q$)
$$;

-- With nothing open it is due in 14 days, and can be taken back.
SELECT is(tests.answers('anon', 'SELECT request_account_deletion()'), '42501 for anon', 'a visitor has no account');
SELECT is(tests.asked('service', 'request_account_deletion()'), '42501 must be signed in', 'the service has none either');
SELECT is(tests.asked('buyer', 'request_account_deletion(NULL)'), '22004 give_up_store_credit must not be NULL', 'yes or no');
SELECT is(tests.asked('buyer', 'my_account_deletion()'), '{"open": [], "due_at": null, "requested_at": null}', 'nothing was asked for, nothing is open');
SELECT is(tests.asked('buyer', 'request_account_deletion() = now() + interval ''14 days'''), 'true', 'it is due in 14 days');
SELECT is(tests.asked('buyer', '(my_account_deletion() ->> ''due_at'')::timestamptz = now() + interval ''14 days'''), 'true', 'which the user sees');
UPDATE account_deletions SET requested_at = requested_at - interval '3 days', due_at = due_at - interval '3 days', next_try = next_try - interval '3 days';
SELECT is(tests.asked('buyer', 'request_account_deletion() = now() + interval ''11 days'''), 'true', 'asking again changes nothing');
SELECT is(tests.asked('seller', 'cancel_account_deletion()'), 'false', 'nobody else takes it back');
SELECT is(tests.asked('buyer', 'cancel_account_deletion()') || tests.asked('buyer', 'cancel_account_deletion()'), 'truefalse', 'the user does, once');
SELECT is(tests.wishes(), 0::bigint, 'and nothing is left of it');
SELECT matches(tests.asked('suspended', 'request_account_deletion()'), '^20', 'a suspended user may leave');
DELETE FROM account_deletions;

-- What is open
SELECT tests.a_paid_sale('pi_1', :'buyer', :'seller', 30) AS sale \gset
SELECT is(tests.open('buyer'), 'orders bought 1', 'an order under way keeps the buyer');
SELECT is(tests.open('seller') ~ '^balance 30.00 USD, orders sold 1$', true, 'and the seller, with the earnings');
SELECT is(tests.asked('buyer', 'request_account_deletion()'), '55000 cannot delete an account with open orders, cases, or money', 'which is refused');
SELECT is(tests.wishes(), 0::bigint, 'and leaves nothing');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT throws_like('SELECT request_account_deletion()', 'cannot delete an account%', 'also the seller''s');
SELECT tests.log_out() \g /dev/null
DO $$
DECLARE
    told text;
BEGIN
    PERFORM set_config('request.jwt.claims', jsonb_build_object('sub', (SELECT id FROM profiles WHERE email = 'seller@leaving.example'), 'role', 'authenticated')::text, true);
    PERFORM request_account_deletion();
EXCEPTION WHEN object_not_in_prerequisite_state THEN
    GET STACKED DIAGNOSTICS told = PG_EXCEPTION_DETAIL;
    PERFORM set_config('tests.told', told, true);
END $$;
SELECT is(current_setting('tests.told'), 'Open are orders sold: 1, balance: 30.00 USD.', 'the detail says what is open');
SELECT tests.has_arrived(:'sale') \g /dev/null
SELECT is(tests.open('buyer'), 'NULL', 'what has arrived keeps the buyer no longer');
SELECT is(tests.open('seller'), 'balance 30.00 USD', 'the earnings keep the seller');
INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description) VALUES ('D-1', :'sale', :'buyer', :'seller', 'other', 'x', 'y');
SELECT is(tests.open('buyer'), 'disputes 1', 'a dispute keeps who has opened it');
SELECT is(tests.open('seller'), 'balance 30.00 USD, disputes 1', 'and who has to answer');
UPDATE disputes SET status = 'cancelled';
INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (:'sale', 1, 'late', :'buyer');
SELECT is(tests.open('buyer'), 'refunds 1', 'so does a refund that was asked for');
UPDATE refund_requests SET status = 'rejected';
INSERT INTO seller_payouts (seller_id, amount, status) VALUES (:'other', 5, 'processing');
SELECT is(tests.open('other'), 'payouts 1', 'and a payout on its way');
UPDATE seller_payouts SET status = 'paid';
SELECT is(tests.open('other'), 'NULL', 'until it has arrived');
INSERT INTO store_credits (user_id, amount, currency) VALUES (:'buyer', 5, 'EUR'), (:'buyer', 2, 'USD');
SELECT is(tests.open('buyer'), 'store credit 5.00 EUR, store credit 2.00 USD', 'store credit is money, by currency');
SELECT is(tests.asked('buyer', 'request_account_deletion()'), '55000 cannot delete an account with open orders, cases, or money', 'which nobody loses by mistake');
SELECT is(tests.asked('buyer', 'request_account_deletion(give_up_store_credit => true) > now()'), 'true', 'but may give up');
SELECT is(tests.open('buyer'), 'NULL', 'and then nothing is open');

-- During the grace the account works, and who signs in or changes the address is the same user.
SELECT is(tests.asked('service', 'delete_due_accounts()'), '0', 'nothing is deleted before it is due');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT lives_ok(format('UPDATE profiles SET bio = ''Going.'' WHERE id = %L', :'buyer'), 'the account works as before');
SELECT tests.log_out() \g /dev/null
SELECT tests.asked('service', format('log_auth_event(%L, ''login'')', :'buyer')) \g /dev/null
UPDATE auth.users SET email = 'moved@leaving.example' WHERE id = :'buyer';
-- the address is free, and somebody else takes it
SELECT tests.sign_up('buyer@leaving.example') AS newcomer \gset
SELECT is(tests.wishes(), 1::bigint, 'neither signing in nor another address takes the wish back');
SELECT is(tests.asked('service', '(SELECT count(*) FROM due_account_deletions())'), '0', 'nor is it due');

-- What becomes open meanwhile puts it off.
UPDATE account_deletions SET requested_at = now() - interval '15 days', due_at = now() - interval '1 day', next_try = now() - interval '1 day';
SELECT tests.a_paid_sale('pi_2', :'buyer', :'seller', 10) AS late \gset
SELECT is(tests.asked('service', '(SELECT count(*) FROM due_account_deletions())'), '0', 'who has bought something since is not due');
SELECT is(tests.asked('service', 'delete_due_accounts()'), '0', 'and not deleted');
SELECT is((SELECT count(*) FROM profiles WHERE id = :'buyer'), 1::bigint, 'but there');
SELECT tests.has_arrived(:'late') \g /dev/null
SELECT is(tests.asked('service', '(SELECT string_agg(user_id::text, '' '') FROM due_account_deletions())'), :'buyer', 'until it has arrived');
SELECT is(tests.answers('anon buyer admin', 'SELECT * FROM due_account_deletions()'), '42501 for anon buyer admin', 'which only the service sees');
SELECT is(tests.answers('anon buyer admin', 'SELECT delete_due_accounts()'), '42501 for anon buyer admin', 'and only the service acts on');
SELECT is(tests.asked('service', 'delete_due_accounts(NULL)'), '22004 max_rows must not be NULL', 'so many at a time');
SELECT is(tests.asked('service', '(SELECT count(*) FROM due_account_deletions(NULL))'), '22004 max_rows must not be NULL', 'here too');
UPDATE account_deletions SET next_try = now() - interval '1 minute', due_at = now() - interval '1 day';

-- It goes: in this database, or by the admin API of the authentication service
SELECT is(tests.asked('service', 'delete_due_accounts()'), CASE WHEN :'may_delete' THEN '1' ELSE '0' END, 'the job deletes it where driplo keeps the accounts');
SELECT tests.delete_account(:'buyer') WHERE NOT :'may_delete' \g /dev/null
SELECT is((SELECT count(*) FROM profiles WHERE id IN (:'buyer', :'newcomer')), 1::bigint, 'this account, and not the one that has its address now');
SELECT is(tests.wishes(), 0::bigint, 'with the wish');
SELECT is(tests.asked('service', '(SELECT count(*) FROM due_account_deletions())'), '0', 'so that it is due no more');
SELECT is(tests.asked('service', '(SELECT string_agg(rule, '' '') FROM check_integrity())'), 'NULL', 'and what is left of it agrees');

-- At once, by the service
SELECT is(tests.answers('anon seller moderator admin', format('SELECT delete_user_account(%L)', :'other')), '42501 for anon seller moderator admin', 'only the service deletes an account at once');
SELECT is(tests.asked('service', 'delete_user_account(NULL)'), '22004 user_id must not be NULL', 'which has to be named');
SELECT is(tests.asked('service', format('delete_user_account(%L, NULL)', :'other')), '22004 even_if_open must not be NULL', 'yes or no');
SELECT is(tests.asked('service', format('delete_user_account(%L)', :'seller')), CASE WHEN :'may_delete' THEN '55000 cannot delete an account with open orders, cases, or money' ELSE '0A000 cannot delete an account of the authentication service' END, 'what is open is said');
SELECT is(tests.asked('service', format('delete_user_account(%L, true)', :'seller')), CASE WHEN :'may_delete' THEN 'true' ELSE '0A000 cannot delete an account of the authentication service' END, 'unless that is wanted');
SELECT is(tests.asked('service', format('delete_user_account(%L)', gen_random_uuid())), CASE WHEN :'may_delete' THEN 'false' ELSE '0A000 cannot delete an account of the authentication service' END, 'an unknown account cannot be deleted');

SELECT * FROM finish();
ROLLBACK;
