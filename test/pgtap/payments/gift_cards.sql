-- Gift cards: sold for money, owed until they are redeemed, redeemed once, refunded to the same card's credit, and booked at each step.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
SELECT plan(87);

SELECT tests.sign_up('ann@cards.example') AS ann, tests.sign_up('ben@cards.example') AS ben, tests.sign_up('seller@cards.example') AS seller, tests.sign_up('admin@cards.example') AS admin \gset
SELECT set_user_role(:'admin', 'admin', 'for the test') \g /dev/null
SELECT tests.an_address(:'ben', true) AS home, tests.goods(:'seller', 'A lamp', 40) AS lamp \gset
CREATE FUNCTION tests.books() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT string_agg(format('%s %s', account, amount), ', ' ORDER BY account)
      FROM (SELECT account, sum(amount) AS amount FROM ledger_entries WHERE kind ~ 'card|credit' GROUP BY account HAVING sum(amount) <> 0) AS balance
$$;
GRANT EXECUTE ON FUNCTION tests.books() TO authenticated, anon, service_role;

-- Who may what

SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok($$SELECT * FROM sell_gift_card(50, 'USD', 'stripe', 'pi_1')$$, '42501', NULL, 'users sell none');
SELECT throws_ok('SELECT renew_gift_card_code(gen_random_uuid())', '42501', NULL, 'nor make codes');
SELECT throws_ok($$SELECT cancel_gift_card(gen_random_uuid(), 'x')$$, '42501', NULL, 'nor cancel them');
SELECT throws_ok('SELECT expire_gift_cards()', '42501', NULL, 'nor end them');
SELECT throws_ok($$INSERT INTO gift_cards (code_hash, last4, amount, currency, processor, processor_transaction_id) VALUES ('x', 'x', 5, 'USD', 'x', 'x')$$, '42501', NULL, 'nor write them');
SELECT throws_ok('SELECT code_hash FROM gift_cards', '42501', NULL, 'the hash is nobody''s to read');
SELECT throws_ok('SELECT private.gift_card_hash(''x'')', '42501', NULL, 'nor to make');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok('SELECT * FROM redeem_gift_card(''x'')', '42501', NULL, 'visitors redeem none');
SELECT throws_ok('SELECT * FROM my_gift_cards()', '42501', NULL, 'and have none');

-- Selling

SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok($$SELECT * FROM sell_gift_card(NULL, 'USD', 'stripe', 'pi_1')$$, '22004', NULL, 'NULL is an error');
SELECT throws_ok(format('SELECT * FROM sell_gift_card(%s, %L, %L, %L, expires_at => %L)', amount, currency, processor, payment, expires_at), '22023', NULL, format('refused: %s', why))
  FROM (VALUES ('0', 'USD', 'stripe', 'pi_1', NULL, 'nothing'), ('-5', 'USD', 'stripe', 'pi_1', NULL, 'less than nothing'), ('''NaN''', 'USD', 'stripe', 'pi_1', NULL, 'no number'), ('1.005', 'USD', 'stripe', 'pi_1', NULL, 'a part of a cent'),
               ('100.50', 'JPY', 'stripe', 'pi_1', NULL, 'half a yen'), ('100000000', 'USD', 'stripe', 'pi_1', NULL, 'too much'), ('5', 'usd', 'stripe', 'pi_1', NULL, 'no currency'),
               ('5', 'USD', ' ', 'pi_1', NULL, 'no processor'), ('5', 'USD', 'stripe', '', NULL, 'no payment'), ('5', 'USD', 'stripe', 'pi_1', now()::text, 'one that has expired')) AS t (amount, currency, processor, payment, expires_at, why);
SELECT throws_ok($$SELECT * FROM sell_gift_card(50, 'USD', 'stripe', 'pi_1', gen_random_uuid())$$, 'P0002', NULL, 'an unknown buyer');
SELECT gift_card_id AS card, code FROM sell_gift_card(50, 'USD', 'stripe', 'pi_1', :'ann') \gset
SELECT matches(:'code'::text, '^[2-9A-HJ-NP-Z]{4}(-[2-9A-HJ-NP-Z]{4}){3}$', 'a code has sixteen letters and digits that look like no others');
SELECT results_eq(format('SELECT code_hash, last4::text, status::text FROM gift_cards WHERE id = %L', :'card'),
    format($$VALUES (encode(sha256(convert_to(replace(%1$L, '-', ''), 'UTF8')), 'hex'), right(%1$L, 4), 'active')$$, :'code'), 'its hash and its end are kept');
SELECT is((SELECT count(*) FROM gift_cards g WHERE g::text ~ left(:'code', 9)), 0::bigint, 'the code is not');
SELECT is(tests.books(), 'processor_clearing -50.00, gift_cards 50.00', 'the money is owed');
SELECT results_eq($$SELECT gift_card_id, code FROM sell_gift_card(50, 'USD', 'stripe', 'pi_1')$$, format('VALUES (%L::uuid, NULL::text)', :'card'), 'a repeated call returns the same card');
SELECT throws_ok($$SELECT * FROM sell_gift_card(60, 'USD', 'stripe', 'pi_1')$$, 'MK013', NULL, 'a payment pays for one amount');
SELECT gift_card_id AS second, code AS second_code FROM sell_gift_card(10, 'USD', 'stripe', 'pi_1', payment_item => 2) \gset
SELECT isnt(:'second'::uuid, :'card'::uuid, 'or for several cards, each with its number');
SELECT is(tests.books(), 'processor_clearing -60.00, gift_cards 60.00', 'booked once each');
SELECT renew_gift_card_code(:'card') AS renewed \gset
SELECT isnt(:'renewed'::text, :'code'::text, 'a lost code is replaced');
SELECT throws_ok('SELECT renew_gift_card_code(gen_random_uuid())', 'P0002', NULL, 'that of a card which exists');

-- Redeeming

SELECT tests.log_in(:'ben', '{"is_anonymous": true}') \g /dev/null
SELECT throws_ok(format('SELECT * FROM redeem_gift_card(%L)', :'renewed'), '42501', NULL, 'guests redeem none');
SELECT tests.log_in(:'ben') \g /dev/null
SELECT results_eq(format('SELECT store_credit_id, problem FROM redeem_gift_card(%L)', :'code'), $$VALUES (NULL::uuid, 'unknown')$$, 'the previous code is void');
SELECT results_eq($$SELECT problem FROM redeem_gift_card('')$$, $$VALUES ('unknown')$$, 'no code is none');
SELECT throws_ok('SELECT * FROM redeem_gift_card(NULL)', '22004', NULL, 'NULL is an error');
SELECT results_eq(format('SELECT amount, currency, expires_at, problem FROM redeem_gift_card(%L)', lower(replace(:'renewed', '-', ' '))), $$VALUES (50.00, 'USD', NULL::timestamptz, NULL::text)$$,
    'whoever has the code redeems it, however it is typed');
SELECT is(tests.books(), 'processor_clearing -60.00, store_credit 50.00, gift_cards 10.00', 'what was owed to whoever has the card is owed to who redeemed it; the platform gave nothing');
SELECT results_eq(format('SELECT store_credit_id, amount FROM redeem_gift_card(%L)', :'renewed'), 'SELECT id, 50.00 FROM store_credits', 'a repeated call returns the same credit');
SELECT results_eq('SELECT amount, reason, gift_card_id FROM store_credits', format('VALUES (50.00, %L, %L::uuid)', 'gift card ' || right(:'renewed', 4), :'card'), 'which says where it comes from');
SELECT results_eq('SELECT last4, status, bought_at IS NOT NULL, redeemed_at IS NOT NULL FROM my_gift_cards()', format('VALUES (%L, ''redeemed'', false, true)', right(:'renewed', 4)), 'a card that one has redeemed is shown');
SELECT is((SELECT count(*) FROM gift_cards), 0::bigint, 'the table is the staff''s');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT results_eq(format('SELECT problem FROM redeem_gift_card(%L)', :'renewed'), $$VALUES ('redeemed')$$, 'another user gets nothing');
SELECT results_eq('SELECT status, bought_at IS NOT NULL, redeemed_at IS NOT NULL FROM my_gift_cards()', $$VALUES ('redeemed', true, false)$$, 'who has bought it sees that it was redeemed, and not by whom');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is((SELECT count(id) FROM gift_cards), 2::bigint, 'admins see the cards');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok(format('SELECT renew_gift_card_code(%L)', :'card'), 'MK013', 'gift card with status "redeemed" has no code', 'a redeemed card gets no new code');

-- Guessing

SELECT tests.log_out() \g /dev/null
SET LOCAL driplo.rate_limits = on;
SELECT tests.log_in(:'ann') \g /dev/null
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT count(*) FROM generate_series(1, 10) n, redeem_gift_card('guess ' || n) r WHERE r.problem = 'unknown'), 10::bigint, 'wrong codes are counted');
SELECT throws_ok($$SELECT * FROM redeem_gift_card('one more')$$, 'MK015', NULL, 'and after ten in an hour no other is looked at');
SELECT throws_ok(format('SELECT * FROM redeem_gift_card(%L)', :'second_code'), 'MK015', NULL, 'not even a right one');
SELECT tests.log_out() \g /dev/null
SET LOCAL driplo.rate_limits = off;

-- Spending, and what comes back

SELECT tests.put(:'ben', :'lamp') \g /dev/null
SELECT tests.buy(:'ben', :'home', credit => true) \g /dev/null
SELECT tests.last_bought() AS bought \gset
SELECT is((SELECT status::text FROM orders WHERE id = :'bought'), 'paid', 'the credit pays for an order');
SELECT is((SELECT amount FROM ledger_entries WHERE order_id = :'bought' AND account = 'store_credit'), -40.00, 'from the credit');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT cancel_order(:'bought', 'broken') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT sum(amount - used_amount) FROM store_credits WHERE user_id = :'ben' AND gift_card_id = :'card'), 50.00, 'what goes back is credit of the same card');
SELECT is((SELECT count(*) FROM refund_requests r WHERE r.order_id = :'bought' AND r.status = 'processed' AND r.amount = r.credit_amount), 1::bigint, 'and no money');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are right');

-- Expiring: the money stays, and is the platform's

SELECT tests.log_in_as_service() \g /dev/null
SELECT gift_card_id AS short, code AS short_code FROM sell_gift_card(7, 'USD', 'paypal', 'P-1', :'ann', now() + interval '1 day') \gset
SELECT gift_card_id AS late, code AS late_code FROM sell_gift_card(8, 'USD', 'paypal', 'P-2', NULL, now() + interval '1 day') \gset
SELECT tests.log_in(:'ben') \g /dev/null
SELECT results_eq(format('SELECT amount, expires_at FROM redeem_gift_card(%L)', :'late_code'), $$SELECT 8.00, now() + interval '1 day'$$, 'the credit of a card lasts as long as the card');
SELECT tests.log_out() \g /dev/null
UPDATE gift_cards SET expires_at = now() WHERE id = :'short';
UPDATE store_credits SET expires_at = now() WHERE gift_card_id = :'late';
SELECT tests.log_in(:'ben') \g /dev/null
SELECT results_eq(format('SELECT problem FROM redeem_gift_card(%L)', :'short_code'), $$VALUES ('expired')$$, 'one that has expired is not redeemed');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok('SELECT expire_gift_cards(NULL)', '22004', NULL, 'NULL is an error');
SELECT is(expire_gift_cards(0), 0, 'none of none');
SELECT is(expire_gift_cards(), 1, 'it ends');
SELECT is(expire_gift_cards(), 0, 'once');
SELECT is(expire_store_credits(), 1, 'and so does the credit of another');
SELECT is((SELECT string_agg(format('%s %s', account, total), ', ' ORDER BY account) FROM (SELECT account, sum(amount) AS total FROM ledger_entries WHERE account IN ('gift_cards', 'breakage', 'promotions') GROUP BY account) AS b WHERE total <> 0),
    'gift_cards 10.00, breakage 15.00', 'what nobody used is the platform''s income, and no gift that came back');

-- Cancelling

SELECT throws_ok(format('SELECT cancel_gift_card(%L, '' '')', :'second'), '22023', NULL, 'a reason is needed');
SELECT throws_ok(format('SELECT cancel_gift_card(%L, NULL)', :'second'), '22004', NULL, 'any');
SELECT throws_ok('SELECT cancel_gift_card(gen_random_uuid(), ''refunded'')', 'P0002', NULL, 'and a card');
SELECT is(cancel_gift_card(:'second', 'refunded'), 10.00, 'a card that nobody has redeemed is worth all of its money');
SELECT is(cancel_gift_card(:'second', 'refunded'), 0.00, 'once');
SELECT is(cancel_gift_card(:'short', 'refunded'), 7.00, 'also one that had expired');
SELECT tests.log_in(:'ben') \g /dev/null
SELECT results_eq(format('SELECT problem FROM redeem_gift_card(%L)', :'second_code'), $$VALUES ('cancelled')$$, 'it is void');
SELECT tests.log_out() \g /dev/null
SELECT tests.put(:'ben', :'lamp') \g /dev/null
SELECT tests.buy(:'ben', :'home', credit => true) \g /dev/null
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(cancel_gift_card(:'card', 'charged back'), 10.00, 'of a redeemed one what was not spent is recovered');
SELECT results_eq($$SELECT action::text, new_values ->> 'reason', new_values ->> 'recovered' FROM admin_audit_log WHERE action = 'cancel_gift_card'$$, $$VALUES ('cancel_gift_card', 'charged back', '10.00')$$, 'on record');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT sum(amount - used_amount - expired_amount) FROM store_credits WHERE gift_card_id = :'card'), 0.00, 'nothing is left of the credit');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE account = 'promotions'), -40.00, 'what was spent the platform bears');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE account = 'processor_clearing'), -8.00, 'at the processor is the money of the one that was neither refunded nor charged back');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are right');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT cancel_order(tests.last_bought(), 'broken') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM store_credits WHERE user_id = :'ben' AND gift_card_id = :'card' AND amount > used_amount + expired_amount AND (expires_at > now() OR expires_at IS NULL)), 0::bigint, 'an order that is cancelled later gives back nothing that could be spent');
SELECT is(expire_store_credits(), 1, 'but to the platform');
SELECT is((SELECT string_agg(format('%s %s', account, total), ', ' ORDER BY account) FROM (SELECT account, sum(amount) AS total FROM ledger_entries WHERE account IN ('gift_cards', 'breakage', 'promotions', 'store_credit', 'seller_pending') GROUP BY account) AS b WHERE total <> 0),
    'breakage 8.00', 'which bore it, and bears nothing any more');
SELECT is(cancel_gift_card(:'late', 'refunded'), 8.00, 'what expired as credit is recovered');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE account = 'breakage'), 0.00, 'from the income that it had become');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are right');
-- credit in an order that is not paid yet
SELECT tests.log_in_as_service() \g /dev/null
SELECT gift_card_id AS held, code AS held_code FROM sell_gift_card(30, 'USD', 'paypal', 'P-3') \gset
SELECT tests.log_in(:'ben') \g /dev/null
SELECT redeem_gift_card(:'held_code') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.put(:'ben', :'lamp') \g /dev/null
SELECT tests.buy(:'ben', :'home', credit => true) \g /dev/null
SELECT is((SELECT status || ' ' || total_amount FROM orders WHERE id = tests.last_bought()), 'pending_payment 10.00', 'a card pays for most of an order');
SELECT is(cancel_gift_card(:'held', 'refunded'), 0.00, 'cancelled meanwhile, nothing is recovered');
SELECT tests.log_in(:'ben') \g /dev/null
SELECT cancel_order(tests.last_bought()) \g /dev/null
SELECT is((SELECT count(*) FROM store_credits WHERE gift_card_id = :'held' AND expires_at > now()), 0::bigint, 'nor can it be spent when the order is cancelled');
SELECT tests.log_out() \g /dev/null
SELECT expire_store_credits() \g /dev/null
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE account = 'promotions'), 0.00, 'the platform has it back');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are right');

-- Damages

SAVEPOINT damage;
UPDATE gift_cards SET status = 'active' WHERE id = :'short';
SELECT is((SELECT string_agg(DISTINCT rule, ' ') FROM check_integrity()), 'gift_card_balance', 'a card that is owed and not booked is found');
ROLLBACK TO damage;
UPDATE gift_cards SET status = 'redeemed', redeemed_by = :'ben' WHERE id = :'late';
UPDATE store_credits SET gift_card_id = NULL WHERE gift_card_id = :'late';
SELECT is((SELECT string_agg(DISTINCT rule, ' ') FROM check_integrity()), 'gift_card_credit', 'and one that was redeemed into nothing');
ROLLBACK TO damage;

SELECT * FROM finish();
ROLLBACK;
