-- How a seller wants to be paid out: written by the seller, and account numbers read again by nobody but the service.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('payout-details.example') \gset
CREATE FUNCTION tests.details() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(', ', payout_method, revtag, paypal_email, bank_name, bank_account_name, bank_account_number, bank_routing_number, verified::text), '; ') FROM payment_accounts
$$;
CREATE FUNCTION tests.numbers(owner uuid) RETURNS jsonb LANGUAGE sql SECURITY DEFINER AS $$ SELECT bank_numbers FROM payment_accounts WHERE user_id = owner $$;

SELECT is(tests.answers('anon suspended guest', format('INSERT INTO payment_accounts (user_id, payout_method) VALUES (%L, ''paypal'')', :'suspended')), '42501 for anon suspended guest', 'who may not sell has no account');
SELECT is(tests.answers('buyer moderator admin', format('INSERT INTO payment_accounts (user_id, payout_method) VALUES (%L, ''paypal'')', :'seller')), '42501 for buyer moderator admin', 'nor is one made for another');
SELECT is(tests.answers('seller', format('INSERT INTO payment_accounts (user_id, payout_method, verified) VALUES (%L, ''paypal'', true)', :'seller')), '42501 for seller', 'nobody verifies the own details');
SELECT is(tests.answers('seller', format('INSERT INTO payment_accounts (user_id, stripe_account_id) VALUES (%L, ''acct_x'')', :'seller')), '42501 for seller', 'nor names an account at Stripe');
SELECT is(tests.answers('seller', format('INSERT INTO payment_accounts (user_id, bank_numbers) VALUES (%L, ''{}'')', :'seller')), '42501 for seller', 'nor writes where the numbers are kept');

SELECT tests.log_in(:'seller') \g /dev/null
SELECT throws_ok(format('INSERT INTO payment_accounts (user_id, %I) VALUES (%L, %L)', name, :'seller', value), '23514', NULL, name || ' has a form')
  FROM (VALUES ('payout_method', 'cash'), ('revtag', 'sue'), ('revtag', '@'), ('paypal_email', 'sue'), ('paypal_email', 'a b@c')) AS wrong (name, value);
INSERT INTO payment_accounts (user_id, payout_method, bank_name, bank_account_name, bank_account_number, bank_routing_number, verified)
VALUES (:'seller', 'bank_transfer', 'Bank of Sue', 'Sue', 'DE89 3704 0044 0532 0130 00', '021000', false);
SELECT is(tests.details(), 'bank_transfer, Bank of Sue, Sue, ****3000, ****, false', 'the seller sees the last four characters, and none of a short number');
SELECT throws_ok('SELECT bank_numbers FROM payment_accounts', '42501', NULL, 'and never the numbers');
SELECT throws_ok('UPDATE payment_accounts SET bank_name = ''x'' RETURNING bank_numbers', '42501', NULL, 'not in a RETURNING either');
WITH changed AS (UPDATE payment_accounts SET bank_account_number = '1234567890' RETURNING bank_account_number) SELECT bank_account_number AS returned FROM changed \gset
SELECT is(:'returned'::text, '****7890', 'RETURNING has the mask');
SELECT is(tests.numbers(:'seller'), '{"bank_account_number": "1234567890", "bank_routing_number": "021000"}'::jsonb, 'the service has both');
UPDATE payment_accounts SET bank_account_number = bank_account_number, bank_name = 'Bank of Ann';
SELECT is(tests.numbers(:'seller') ->> 'bank_account_number', '1234567890', 'writing the mask back changes nothing');
SELECT throws_ok($$UPDATE payment_accounts SET bank_account_number = '****0000'$$, '22023', 'bank_account_number must not be masked', 'another mask is no number');
INSERT INTO payment_accounts (user_id, bank_account_number) VALUES (:'seller', '9876543210') ON CONFLICT (user_id) DO UPDATE SET bank_account_number = EXCLUDED.bank_account_number;
SELECT is(tests.details(), 'bank_transfer, Bank of Ann, Sue, ****3210, ****, false', 'an upsert is masked as well');
SELECT is(tests.numbers(:'seller') ->> 'bank_account_number', '9876543210', 'and its number kept');
INSERT INTO payment_accounts (user_id, bank_account_number) VALUES (:'seller', '5555555555') ON CONFLICT DO NOTHING;
SELECT is(tests.numbers(:'seller') ->> 'bank_account_number', '9876543210', 'what is not inserted leaves nothing');
SELECT throws_ok(format('UPDATE payment_accounts SET user_id = %L', :'other'), '42501', NULL, 'an account is not given away');
SELECT throws_ok('UPDATE payment_accounts SET verified = true', '42501', 'users cannot verify their own payout details', 'nor verified by its owner');

-- what others see
SELECT tests.log_out() \g /dev/null
SELECT is(tests.asked('other', 'SELECT count(*) FROM payment_accounts'), '0', 'another user sees nothing of it');
SELECT is(tests.asked('admin', 'SELECT count(*) FROM payment_accounts'), '0', 'nor does an admin');
SELECT is(tests.answers('buyer other moderator admin', 'UPDATE payment_accounts SET bank_account_number = ''1111111111'''), '0 rows for buyer other moderator admin', 'nor can it be redirected');
SELECT is((SELECT count(*) FROM admin_audit_log WHERE admin_audit_log::text LIKE '%9876543210%'), 0::bigint, 'no log has the number');

-- verified
SELECT tests.log_in_as_service() \g /dev/null
UPDATE payment_accounts SET verified = true WHERE user_id = :'seller';
SELECT tests.log_in(:'seller') \g /dev/null
UPDATE payment_accounts SET bank_name = bank_name, verified = true;
SELECT is((SELECT verified FROM payment_accounts), true, 'the service has verified it, and naming that does no harm');
UPDATE payment_accounts SET bank_account_number = '9876543299';
SELECT is((SELECT verified FROM payment_accounts), false, 'another number is not verified');
SELECT tests.log_in_as_service() \g /dev/null
UPDATE payment_accounts SET verified = true WHERE user_id = :'seller';
SELECT tests.log_in(:'seller') \g /dev/null
-- the same last four characters
UPDATE payment_accounts SET bank_account_number = '1111113299';
SELECT is((SELECT verified FROM payment_accounts), false, 'not even one that looks the same');
UPDATE payment_accounts SET payout_method = 'revolut', revtag = '@sue', bank_name = NULL, bank_account_name = NULL, bank_account_number = NULL, bank_routing_number = NULL, verified = false;
SELECT is(tests.details(), 'revolut, @sue, false', 'the seller changes to another method');
SELECT is(tests.numbers(:'seller'), NULL::jsonb, 'and the numbers are gone');
SELECT tests.log_out() \g /dev/null

-- a trigger of somebody's that writes the number after all
CREATE FUNCTION tests.unmask() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.bank_account_number := '1234567890'; RETURN NEW; END $$;
CREATE TRIGGER zz_unmask BEFORE UPDATE ON payment_accounts FOR EACH ROW EXECUTE FUNCTION tests.unmask();
SELECT throws_ok('UPDATE payment_accounts SET bank_name = ''x''', '23514', 'bank_account_number and bank_routing_number must be masked', 'a trigger that shows a number is stopped');
DROP TRIGGER zz_unmask ON payment_accounts;

SELECT tests.delete_account(:'seller') \g /dev/null
SELECT is((SELECT count(*) FROM payment_accounts), 0::bigint, 'with the account all of it is gone');

SELECT * FROM finish();
ROLLBACK;
