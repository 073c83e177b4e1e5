-- account.updated: what Stripe says of a seller's account.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT plan(19);
SELECT * FROM tests.people('accounts.example') \gset
CREATE FUNCTION tests.account(id text, ready boolean, owner text DEFAULT NULL, due text DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('id', id, 'object', 'account', 'type', 'express', 'charges_enabled', ready, 'payouts_enabled', ready, 'capabilities', jsonb_build_object('transfers', CASE WHEN ready THEN 'active' ELSE 'pending' END),
                              'requirements', jsonb_build_object('currently_due', to_jsonb(array_remove(ARRAY[due], NULL))), 'metadata', CASE WHEN owner IS NULL THEN '{}' ELSE jsonb_build_object('user_id', owner) END)
$$;
CREATE FUNCTION tests.known(owner uuid) RETURNS text LANGUAGE sql AS
    $$SELECT concat_ws(' ', stripe_account_id, account_type, is_verified, capabilities ->> 'transfers', requirements -> 'currently_due') FROM payment_accounts WHERE user_id = owner$$;

SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_1', true))), 'ignored: Nothing in this database refers to this account.updated.', 'an account that nobody knows');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_1', true, :'seller'))), 'ignored: Nothing in this database refers to this account.updated.', 'is not taken for who its metadata names');
SELECT is((SELECT count(*) FROM payment_accounts), 0::bigint, 'nor for anybody');
INSERT INTO payment_accounts (user_id, stripe_account_id, account_type) VALUES (:'seller', 'acct_1', 'express');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_1', false, :'other', 'id_number'), 100)) || ', ' || tests.known(:'seller') || coalesce(tests.known(:'other'), ''), 'processed, acct_1 express f pending ["id_number"]', 'one that the service has written down is its user''s, whoever its metadata names');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_1', true), 200)) || ', ' || tests.known(:'seller'), 'processed, acct_1 express t active []', 'by its id from then on');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_1', false), 150)) || ', ' || tests.known(:'seller'), 'processed, acct_1 express t active []', 'older news changes nothing');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_1', false), 200)) || ', ' || tests.known(:'seller'), 'processed, acct_1 express f pending []', 'of the same second the later one counts');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_1', true) || '{"payouts_enabled": false}', 300)) || ', ' || tests.known(:'seller'), 'processed, acct_1 express f active []', 'charges alone are not enough');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_1', true) || '{"payouts_enabled": "true"}', 310)) || ', ' || tests.known(:'seller'), 'processed, acct_1 express f active []', 'nor is a text');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_2', true, :'seller'), 400)) || ', ' || tests.known(:'seller'), 'ignored: Nothing in this database refers to this account.updated., acct_1 express f active []', 'a second account of the same user does not take the place of the first');
INSERT INTO payment_accounts (user_id) VALUES (:'other');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_3', true, :'other'))) || ', ' || tests.known(:'other'), 'ignored: Nothing in this database refers to this account.updated., f', 'a row that has none yet gets none by an event');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_1', true), 450) || '{"account": "acct_1"}') || ', ' || tests.known(:'seller'), 'processed, acct_1 express t active []', 'events of connected accounts name the account');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_1', false), 460) || '{"account": "acct_9"}') || ', ' || tests.known(:'seller'), 'ignored: Nothing in this database refers to this account.updated., acct_1 express t active []', 'and speak of no other');
SELECT is(tests.deliver(tests.event('account.updated', tests.account('acct_1', true) - 'capabilities' - 'requirements', 500)), 'processed', 'what it does not tell');
SELECT is((SELECT capabilities::text || ' ' || requirements::text FROM payment_accounts WHERE user_id = :'seller'), '{} {}', 'is empty');

SELECT tests.log_in_as('seller') \g /dev/null
SELECT is((SELECT string_agg(is_verified::text, ' ') FROM payment_accounts), 'true', 'the seller sees the own one');
SELECT throws_ok('SELECT stripe_account_id FROM payment_accounts', '42501', NULL, 'without the processor''s id');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('anon seller buyer admin', 'UPDATE payment_accounts SET is_verified = false'), '0 rows for buyer admin; 42501 for anon seller', 'and verifies nothing by hand');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
