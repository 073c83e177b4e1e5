-- Store credit: given, spent, given back, expired, and gone with its owner; the ledger knows at each moment how much there is.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT plan(77);
SELECT * FROM tests.people('credit.example') \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
CREATE FUNCTION tests.credits(owner uuid) RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(format('%s - %s - %s %s', amount, used_amount, expired_amount, currency), ', ' ORDER BY currency, amount, used_amount) FROM store_credits WHERE user_id = owner$$;
CREATE FUNCTION tests.owed(owner uuid, currency text DEFAULT 'USD') RETURNS numeric LANGUAGE sql AS
    $$SELECT coalesce(sum(e.amount), 0.00) FROM ledger_entries e WHERE e.party_id = owner AND e.account = 'store_credit' AND e.currency = owed.currency$$;
-- what the rows say that the ledger has to: given, less spent on what was sold, less expired
CREATE FUNCTION tests.owed_by_rows(owner uuid, currency text DEFAULT 'USD') RETURNS numeric LANGUAGE sql AS $$
    SELECT coalesce(sum(c.amount - c.expired_amount - coalesce((SELECT sum(u.amount) FROM store_credit_usage u WHERE u.store_credit_id = c.id AND u.returned_at IS NULL
                                                                   AND EXISTS (SELECT FROM ledger_entries e WHERE e.order_id = u.order_id AND e.kind = 'sale')), 0)), 0.00)
      FROM store_credits c WHERE c.user_id = owner AND c.currency = owed_by_rows.currency
$$;

-- Giving

SELECT is(tests.answers('anon buyer seller other moderator suspended guest', format('SELECT grant_store_credit(%L, 5, ''x'')', :'buyer')), '42501 for anon buyer seller other moderator suspended guest', 'admins and the service give credit');
SELECT is(tests.answers('anon buyer moderator', format('SELECT grant_store_credit_in(%L, ''EUR'', 5, ''x'')', :'buyer')), '42501 for anon buyer moderator', 'in no currency anybody else');
SELECT is(tests.answers('buyer admin', format('INSERT INTO store_credits (user_id, amount) VALUES (%L, 5)', :'buyer')), '42501 for buyer admin', 'by the function only');
SELECT is((SELECT string_agg(tests.asked('admin', format('grant_store_credit(%s)', a)), '; ' ORDER BY n) FROM unnest(ARRAY['NULL, 5, ''x''', format('%L, NULL, ''x''', :'buyer'), format('%L, 5, NULL', :'buyer')]) WITH ORDINALITY AS t (a, n)),
    '22004 user_id must not be NULL; 22004 amount must not be NULL; 22004 reason must not be NULL', 'to somebody, some amount, for a reason');
SELECT is((SELECT string_agg(DISTINCT left(tests.asked('admin', format('grant_store_credit(%L, %L, ''x'')', :'buyer', amount)), 5), ' ') FROM unnest('{0,-1,0.001,NaN}'::numeric[]) AS amount), '22023', 'an amount that is one');
SELECT is((SELECT string_agg(DISTINCT left(tests.asked('admin', format('grant_store_credit(%L, %L, ''x'')', :'buyer', amount)), 5), ' ') FROM unnest('{100000000,1e300,Infinity}'::numeric[]) AS amount), '22003', 'and can be kept');
SELECT is(tests.asked('admin', format('grant_store_credit(%L, 5, E'' \n'')', :'buyer')), '22023 reason must not be empty', 'a reason that says something');
SELECT is(tests.asked('admin', format('grant_store_credit(%L, 5, ''x'', now())', :'buyer')), '22023 expires_at must be in the future', 'for later');
SELECT is(tests.asked('admin', $$grant_store_credit('00000000-0000-4000-8000-00000000dead', 5, 'x')$$), 'P0002 user "00000000-0000-4000-8000-00000000dead" does not exist', 'to somebody who exists');
SELECT is((SELECT string_agg(DISTINCT left(tests.asked('admin', format('grant_store_credit_in(%L, %L, 5, ''x'')', :'buyer', c)), 5), ' ') FROM unnest('{usd,"",EURO,"US ","U$D"}'::text[]) AS c) || tests.asked('admin', format('grant_store_credit_in(%L, NULL, 5, ''x'')', :'buyer')),
    '2202322004 currency must not be NULL', 'in a currency');
SELECT is((SELECT count(*) FROM store_credits) + (SELECT count(*) FROM admin_audit_log WHERE action = 'grant_store_credit'), 0::bigint, 'nothing of it was done or written down');
SELECT tests.asked('admin', format('grant_store_credit(%L, 20, ''For the trouble.'')', :'buyer')) AS credit \gset
SELECT results_eq(format('SELECT user_id, amount, reason, expires_at, used_amount, currency::text, expired_amount, created_by, refund_request_id FROM store_credits WHERE id = %L', :'credit'),
    format($$VALUES (%L::uuid, 20.00, 'For the trouble.', NULL::timestamptz, 0.00, 'USD', 0.00, %L::uuid, NULL::uuid)$$, :'buyer', :'admin'), 'an admin gives twenty');
SELECT is(tests.accounts(), 'store_credit 20.00, promotions -20.00', 'at the platform''s expense');
SELECT results_eq($$SELECT admin_id, target_type::text, target_id, new_values FROM admin_audit_log WHERE action = 'grant_store_credit'$$,
    format($$VALUES (%L::uuid, 'profile', %L::uuid, '{"store_credit": "20.00 USD", "reason": "For the trouble."}'::jsonb)$$, :'admin', :'buyer'), 'as the log says');
SELECT is(tests.asked('service', format('grant_store_credit_in(%L, ''EUR'', 7, ''x'', ''infinity'')', :'buyer')) IS NOT NULL AND tests.owed(:'buyer', 'EUR') = 7, true, 'the service gives euros');
SELECT is((SELECT string_agg(amount || ' ' || promotions, ', ') FROM (SELECT e.amount, (SELECT o.amount FROM ledger_entries o WHERE o.journal_id = e.journal_id AND o.account = 'promotions') AS promotions FROM ledger_entries e WHERE e.account = 'store_credit' AND e.currency = 'EUR') x), '7.00 -7.00', 'each currency for itself');

-- Who sees it

SELECT tests.log_in_as('buyer') \g /dev/null
SELECT is((SELECT string_agg(amount || ' ' || reason || ' ' || used_amount || ' ' || expired_amount, ', ' ORDER BY currency) FROM store_credits), '7.00 x 0.00 0.00, 20.00 For the trouble. 0.00 0.00', 'the owner');
SELECT throws_ok('SELECT created_by FROM store_credits', '42501', NULL, 'not who gave it');
SELECT is((SELECT sum(amount) FROM ledger_entries), 27.00, 'the own side of the ledger');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('seller other moderator suspended guest admin', 'SELECT id FROM store_credits'), '0 rows for seller other moderator suspended guest; 2 rows for admin', 'and admins');
SELECT is(tests.answers('buyer admin', 'UPDATE store_credits SET used_amount = 0'), '42501 for buyer admin', 'nobody changes it');

-- Spent at the checkout, booked at the sale

SELECT tests.put(:'buyer', tests.goods(:'seller', 'A lamp', 30)) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', NULL, true) || ' ' || tests.amounts(), 'as quoted 30.00 + 0.00 + 0.00 - 0.00 - 20.00 = 10.00 USD', 'twenty of thirty');
SELECT tests.last_bought() AS first \gset
SELECT is(tests.credits(:'buyer') || coalesce(tests.accounts(:'first'), ''), '7.00 - 0.00 - 0.00 EUR, 20.00 - 20.00 - 0.00 USD', 'are used, and not booked yet');
SELECT is(tests.owed(:'buyer') || ' ' || tests.owed_by_rows(:'buyer'), '20.00 20.00', 'they would come back');
SELECT is(tests.asked('buyer', format('cancel_order(%L)', :'first')) || ' ' || tests.credits(:'buyer') || coalesce(tests.accounts(:'first'), ''), 'cancelled 7.00 - 0.00 - 0.00 EUR, 20.00 - 0.00 - 0.00 USD', 'when the order is cancelled');
SELECT tests.put(:'buyer', tests.goods(:'seller', 'A lamp', 30)) \g /dev/null
SELECT tests.buy(:'buyer', :'home', NULL, true) \g /dev/null
SELECT tests.last_bought() AS second \gset
SELECT is(tests.asked('service', format('cardinality(start_payment(ARRAY[%L]::uuid[], ''stripe'', ''pi_2''))', :'second')) || tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_2', 1000))), '1processed', 'ten come from the card');
SELECT is(tests.accounts(:'second'), 'processor_clearing -10.00, seller_pending 28.50, platform_fees 1.50, store_credit -20.00', 'twenty from the credit');
SELECT is(tests.owed(:'buyer') || ' ' || tests.owed_by_rows(:'buyer'), '0.00 0.00', 'so nothing is owed any more');
SELECT tests.log_in_as('buyer') \g /dev/null
SELECT is((SELECT string_agg(amount || ' ' || (returned_at IS NULL), ', ' ORDER BY returned_at) FROM store_credit_usage), '20.00 false, 20.00 true', 'the owner sees where it went');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('anon seller other moderator', 'SELECT id FROM store_credit_usage'), '0 rows for seller other moderator; 42501 for anon', 'nobody else does');
SELECT is(tests.answers('buyer admin', 'UPDATE store_credit_usage SET returned_at = now()'), '42501 for buyer admin', 'or gives it back');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'second')) || ' ' || tests.credits(:'buyer') || ' ' || tests.accounts(:'second'), 'cancelled 7.00 - 0.00 - 0.00 EUR, 20.00 - 0.00 - 0.00 USD processor_clearing -10.00, refunds 10.00',
    'a paid order gives back both');
SELECT is(tests.owed(:'buyer') || ' ' || tests.owed_by_rows(:'buyer'), '20.00 20.00', 'each as what it was');

-- An order that credit alone pays for

SELECT tests.put(:'buyer', tests.goods(:'seller', 'A cup', 12)) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', NULL, true) || ' ' || tests.amounts(), 'as quoted 12.00 + 0.00 + 0.00 - 0.00 - 12.00 = 0.00 USD', 'twelve of twelve');
SELECT tests.last_bought() AS third \gset
SELECT is(tests.status_of(:'third') || ' ' || tests.accounts(:'third'), 'paid seller_pending 11.40, platform_fees 0.60, store_credit -12.00', 'are paid at once');
SELECT is(left(tests.asked('service', format('start_payment(ARRAY[%L]::uuid[], ''stripe'', ''pi_3'')', :'third')), 5), 'MK005', 'there is nothing to pay');
SELECT is(tests.asked('buyer', format('request_refund(%L, 5, ''x'')', :'third')) IS NOT NULL, true, 'five of it');
SELECT is(tests.asked('seller', format('decide_refund((SELECT id FROM refund_requests WHERE order_id = %L), true)', :'third')), 'processed', 'go back at once');
SELECT is(tests.accounts(:'third') || '; ' || tests.credits(:'buyer'), 'seller_pending 6.65, platform_fees 0.35, store_credit -7.00; 7.00 - 0.00 - 0.00 EUR, 5.00 - 0.00 - 0.00 USD, 20.00 - 12.00 - 0.00 USD', 'as a new credit');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'third')) || ' ' || tests.credits(:'buyer'), 'cancelled 7.00 - 0.00 - 0.00 EUR, 5.00 - 0.00 - 0.00 USD, 7.00 - 0.00 - 0.00 USD, 20.00 - 12.00 - 0.00 USD', 'the rest as another, when the order is cancelled');
SELECT is(tests.accounts(:'third'), NULL, 'the order has nothing any more');
SELECT is(tests.owed(:'buyer') || ' ' || tests.owed_by_rows(:'buyer'), '20.00 20.00', 'the buyer has what was given');

-- Expiry

SELECT is(tests.answers('anon buyer seller moderator admin', 'SELECT expire_store_credits()'), '42501 for anon buyer seller moderator admin', 'the service sees to it');
SELECT is(tests.asked('service', 'expire_store_credits(NULL)'), '22004 max_rows must not be NULL', 'some at a time');
SELECT is(tests.asked('service', 'expire_store_credits()') || tests.asked('service', 'expire_store_credits(-1)'), '00', 'nothing has expired');
SELECT tests.asked('service', format('grant_store_credit(%L, 9, ''x'', now() + interval ''1 hour'')', :'other')) AS short \gset
SELECT tests.an_address(:'other', true) AS elsewhere, tests.put(:'other', tests.goods(:'seller', 'A plate', 4)) \gset
SELECT is(tests.buy(:'other', :'elsewhere', NULL, true) || ' ' || tests.status_of(tests.last_bought()), 'as quoted paid', 'four of nine are spent');
SELECT tests.last_bought() AS fourth \gset
UPDATE store_credits SET expires_at = now() - interval '1 second' WHERE id = :'short';
SELECT tests.put(:'other', tests.goods(:'seller', 'A fork', 4)) \g /dev/null
SELECT is(tests.buy(:'other', :'elsewhere', NULL, true) || ' ' || tests.amounts(), 'as quoted 4.00 + 0.00 + 0.00 - 0.00 - 0.00 = 4.00 USD', 'what has expired pays for nothing');
SELECT is(tests.asked('service', 'expire_store_credits(0)') || tests.asked('service', 'expire_store_credits(1)') || tests.asked('service', 'expire_store_credits()'), '010', 'the rest goes back to the platform, once');
SELECT is(tests.credits(:'other') || ' ' || tests.owed(:'other') || ' ' || tests.owed_by_rows(:'other'), '9.00 - 4.00 - 5.00 USD 0.00 0.00', 'in the row and in the ledger');
SELECT is((SELECT string_agg(account || ' ' || amount, ', ' ORDER BY account) FROM ledger_entries WHERE kind = 'credit_expired'), 'store_credit -5.00, promotions 5.00', 'as one journal');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'fourth')) || ' ' || tests.credits(:'other') || ' ' || tests.owed(:'other'), 'cancelled 4.00 - 0.00 - 0.00 USD, 9.00 - 4.00 - 5.00 USD 4.00', 'what an order gives back that was paid');
SELECT is(tests.asked('service', 'expire_store_credits()') || (SELECT format(' %s %s', expires_at = now() + interval '30 days', is_extended) FROM store_credits WHERE returned_from = :'short'), '0 t t', 'and that had expired meanwhile has some time more');
UPDATE store_credits SET expires_at = now() - interval '1 second' WHERE returned_from = :'short';
SELECT is(tests.asked('service', 'expire_store_credits()') || ' ' || tests.credits(:'other') || ' ' || tests.owed(:'other'), '1 4.00 - 0.00 - 4.00 USD, 9.00 - 4.00 - 5.00 USD 0.00', 'then expires in its turn');
UPDATE store_credits SET expires_at = NULL, amount = amount + 1 WHERE id = :'short';
SELECT is(tests.owed(:'other') || ' ' || tests.owed_by_rows(:'other'), '1.00 1.00', 'what the service adds is booked');
SELECT tests.put(:'other', tests.goods(:'seller', 'A spoon', 3)) \g /dev/null
SELECT is(tests.buy(:'other', :'elsewhere', NULL, true) || ' ' || tests.amounts(), 'as quoted 3.00 + 0.00 + 0.00 - 0.00 - 1.00 = 2.00 USD', 'and what has expired stays so, also when the credit lives on');
SELECT throws_ok(format('UPDATE store_credits SET amount = 9.99 WHERE id = %L', :'short'), '23514', NULL, 'a credit does not fall below what was used of it');
SELECT throws_ok($$INSERT INTO store_credits (user_id, amount, currency) SELECT id, 'NaN', 'USD' FROM tests.people LIMIT 1$$, '23514', NULL, 'NaN is no credit');

-- What comes back by a refund is what it was

SELECT tests.sign_up('round@credit.example') AS round \gset
SELECT tests.asked('service', format('grant_store_credit(%L, 10, ''x'', now() + interval ''1 hour'')', :'round')) AS hour, tests.asked('service', format('grant_store_credit(%L, 20, ''x'', now() + interval ''1 year'')', :'round')) AS year,
       tests.asked('service', format('grant_store_credit(%L, 5, ''x'')', :'round')) AS always, tests.an_address(:'round', true) AS round_home \gset
CREATE FUNCTION tests.returned(source uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', c.amount, CASE WHEN c.expires_at IS NULL THEN 'for ever' WHEN c.expires_at = s.expires_at THEN 'as before' WHEN c.expires_at = now() + interval '30 days' THEN 'a month' END), ', ' ORDER BY c.amount)
      FROM store_credits c JOIN store_credits s ON s.id = c.returned_from WHERE s.id = source
$$;
CREATE FUNCTION tests.give_back(sold uuid, amount numeric, buyer uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    asked uuid;
BEGIN
    PERFORM tests.log_in(buyer);
    asked := request_refund(sold, amount, 'please');
    PERFORM tests.log_out();
    RETURN tests.asked('seller', format('decide_refund(%L, true)', asked));
END $$;
SELECT tests.put(:'round', tests.goods(:'seller', 'A rug', 35)) \g /dev/null
SELECT is(tests.buy(:'round', :'round_home', NULL, true) || ' ' || tests.status_of(tests.last_bought()), 'as quoted paid', 'three credits pay for an order');
SELECT tests.last_bought() AS rug \gset
SELECT is(tests.give_back(:'rug', 12, :'round'), 'processed', 'twelve go back');
SELECT is(concat_ws('; ', tests.returned(:'always'), tests.returned(:'year'), tests.returned(:'hour')), '5.00 for ever; 7.00 as before', 'of those that last longest, each as it was');
UPDATE store_credits SET expires_at = now() - interval '1 second' WHERE id = :'hour';
SELECT is(tests.give_back(:'rug', 23, :'round') || ' ' || tests.status_of(:'rug'), 'processed refunded', 'and the rest');
SELECT is(concat_ws('; ', tests.returned(:'always'), tests.returned(:'year'), tests.returned(:'hour')), '5.00 for ever; 7.00 as before, 13.00 as before; 10.00 a month', 'what expired meanwhile has a month');
SELECT is(tests.owed(:'round') || ' ' || tests.owed_by_rows(:'round'), '35.00 35.00', 'nothing is lost');
SELECT id AS again FROM store_credits WHERE returned_from = :'hour' \gset
UPDATE store_credits SET amount = used_amount WHERE user_id = :'round' AND id <> :'again' AND used_amount = 0 AND returned_from IS NOT NULL;
SELECT tests.put(:'round', tests.goods(:'seller', 'A mat', 10)) \g /dev/null
SELECT is(tests.buy(:'round', :'round_home', NULL, true) || ' ' || tests.status_of(tests.last_bought()), 'as quoted paid', 'it is spent again');
SELECT tests.last_bought() AS mat \gset
UPDATE store_credits SET expires_at = now() - interval '1 second' WHERE id = :'again';
SELECT is(tests.give_back(:'mat', 10, :'round') || ' ' || tests.returned(:'again'), 'processed 10.00 as before', 'but has no second month: two people do not make credit last for ever');
SELECT is(tests.asked('service', 'expire_store_credits()') || ' ' || tests.owed(:'round') || ' ' || tests.owed_by_rows(:'round'), '1 0.00 0.00', 'and expires');

-- Gone

SELECT tests.asked('service', format('grant_store_credit(%L, 3, ''x'')', :'seller')) AS deleted \gset
SELECT tests.log_in_as_service() \g /dev/null
DELETE FROM store_credits WHERE id = :'deleted';
SELECT tests.log_out() \g /dev/null
SELECT is(tests.owed(:'seller'), 0.00, 'a credit that the service deletes goes back to the platform');
SELECT tests.sign_up('gone@credit.example') AS gone \gset
SELECT tests.asked('service', format('grant_store_credit(%L, 100, ''x'')', :'gone')) AS hundred, tests.an_address(:'gone', true) AS theirs \gset
SELECT tests.put(:'gone', tests.goods(:'seller', 'A bed', 30)) \g /dev/null
SELECT tests.buy(:'gone', :'theirs', NULL, true) \g /dev/null
SELECT tests.last_bought() AS sold \gset
SELECT tests.put(:'gone', tests.goods(:'seller', 'A wardrobe', 90)) \g /dev/null
SELECT tests.buy(:'gone', :'theirs', NULL, true) \g /dev/null
SELECT tests.last_bought() AS open \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok(format('DELETE FROM store_credits WHERE id = %L', :'hundred'), '23503', 'cannot delete store credit that pays for an order', 'while an order that it pays for is unpaid it stays');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.status_of(:'sold') || ' ' || tests.status_of(:'open') || ' ' || tests.credits(:'gone') || ' ' || tests.owed(:'gone'), 'paid pending_payment 100.00 - 100.00 - 0.00 USD 70.00', 'thirty were spent, seventy are in an order that is not paid');
SELECT tests.delete_account(:'gone') \g /dev/null
SELECT is(tests.owed(:'gone'), 0.00, 'nothing is owed to somebody who is gone');
SELECT is(tests.asked('service', format('cardinality(start_payment(ARRAY[%L]::uuid[], ''stripe'', ''pi_9''))', :'open')) || tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_9', 2000))), '1processed', 'whose payment comes all the same');
SELECT is(tests.accounts(:'open'), 'processor_clearing -20.00, seller_pending 85.50, platform_fees 4.50, promotions -70.00', 'the platform pays the part that the credit would have paid');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'open')) || ' ' || tests.accounts(:'open'), 'cancelled processor_clearing -20.00, refunds 20.00', 'and has it again');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'sold')) || coalesce(' ' || tests.accounts(:'sold'), ''), 'cancelled store_credit -30.00, promotions 30.00', 'of the order that was paid before, what the platform had given comes back to it');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE account = 'store_credit' AND (party_id = :'gone' OR party_id IS NULL)), 0.00, 'and nothing of it is left in the air');
SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
