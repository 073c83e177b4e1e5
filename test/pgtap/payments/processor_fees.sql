-- What a processor keeps for itself: booked once, split exactly, borne by the platform.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT * FROM no_plan();
SELECT * FROM tests.people('fees.example') \gset
SELECT tests.a_sale(:'buyer', :'seller', 100, 10) AS lamp, tests.a_sale(:'buyer', :'other', 40) AS vase, tests.a_sale(:'buyer', :'seller', 1000, currency => 'JPY') AS print \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT start_payment(ARRAY[:'lamp', :'vase']::uuid[], 'stripe', 'pi_both'), start_payment(ARRAY[:'print']::uuid[], 'stripe', 'pi_print') \g /dev/null
SELECT tests.log_out() \g /dev/null
CREATE FUNCTION tests.kept(of_order uuid) RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(format('%s %s %s', account, amount, currency), ', ' ORDER BY id) FROM ledger_entries WHERE kind = 'processor_fee' AND order_id IS NOT DISTINCT FROM of_order$$;

SELECT is(tests.answers('anon buyer seller admin moderator', 'SELECT record_processor_fee(''stripe'', ''pi_both'', ''txn_1'', 1, ''USD'')'), '42501 for anon buyer seller admin moderator', 'the service records fees');
SELECT is((SELECT string_agg(tests.asked('service', format('record_processor_fee(%s)', a)), '; ' ORDER BY n) FROM unnest(ARRAY[
        'NULL, ''pi_both'', ''txn_1'', 1, ''USD''', '''stripe'', NULL, ''txn_1'', 1, ''USD''', '''stripe'', ''pi_both'', NULL, 1, ''USD''', '''stripe'', ''pi_both'', ''txn_1'', NULL, ''USD''',
        '''stripe'', ''pi_both'', ''txn_1'', 1, NULL', '''stripe'', ''pi_both'', ''txn_1'', 1, ''USD'', NULL']) WITH ORDINALITY AS t (a, n)),
    '22004 processor must not be NULL; 22004 processor_payment_id must not be NULL; 22004 reference must not be NULL; 22004 amount must not be NULL; 22004 currency must not be NULL; 22004 is_returned must not be NULL', 'all has to be said');
SELECT is((SELECT string_agg(tests.asked('service', format('record_processor_fee(%s)', a)), '; ' ORDER BY n) FROM unnest(ARRAY[
        '''stripe'', ''pi_gone'', ''txn_1'', 1, ''USD''', '''paypal'', ''pi_both'', ''txn_1'', 1, ''USD''', '''stripe'', ''pi_both'', '''', 1, ''USD''', '''stripe'', ''pi_both'', ''txn_1'', 1, ''QQQ''', '''stripe'', ''pi_both'', ''txn_1'', 0.5, ''JPY''']) WITH ORDINALITY AS t (a, n)),
    'P0002 payment "pi_gone" not found; P0002 payment "pi_both" not found; 22023 reference must have 1 to 255 bytes; 22023 invalid currency code: "QQQ"; 22023 amount must be a whole number of JPY', 'of a payment that there is, in a currency');
SELECT is((SELECT string_agg(DISTINCT left(tests.asked('service', format('record_processor_fee(''stripe'', ''pi_both'', ''txn_1'', %L::numeric, ''USD'')', a)), 5), ' ') FROM unnest('{0,-1,0.005,NaN}'::text[]) a), '22023', 'an amount that is one');
SELECT is((SELECT count(*) FROM ledger_entries WHERE kind = 'processor_fee'), 0::bigint, 'nothing is booked by that');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_both'', ''txn_1'', 4.65, ''usd'')'), 'true', 'a fee');
SELECT is(tests.kept(:'lamp') || '; ' || tests.kept(:'vase'), 'processor_clearing 3.41 USD, processor_fees -3.41 USD; processor_clearing 1.24 USD, processor_fees -1.24 USD', 'is split by what the orders cost');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_both'', ''txn_1'', 4.65, ''USD'')'), 'false', 'it is booked once');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_both'', ''txn_1'', 4.66, ''USD'')'), 'MK013 processor fee was already recorded with another amount', 'another amount is another fee');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_both'', ''txn_1'', 4.65, ''EUR'')'), 'MK013 processor fee was already recorded with another amount', 'another currency too');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_both'', ''txn_1'', 4.65, ''USD'', true)'), 'MK013 processor fee was already recorded with another amount', 'and one that comes back');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_both'', ''txn_2'', 0.01, ''USD'')'), 'true', 'a cent is one order''s');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_both'', ''txn_2'', 0.01, ''USD'')'), 'false', 'also when it is told again');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_both'', ''txn_3'', 4.66, ''USD'', true)'), 'true', 'all of it is given back');
SELECT is((SELECT string_agg(account || ' ' || amount, ', ' ORDER BY account) FROM (SELECT account, sum(amount) AS amount FROM ledger_entries WHERE kind = 'processor_fee' GROUP BY account) e), 'processor_clearing 0.00, processor_fees 0.00', 'and nothing is left of it');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_print'', ''txn_4'', 0.31, ''USD'')'), 'true', 'yen that are settled in dollars');
SELECT is(tests.kept(NULL) || coalesce(tests.kept(:'print'), ''), 'processor_clearing 0.31 USD, processor_fees -0.31 USD', 'cost dollars, and no order has any');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_print'', ''txn_4'', 0.31, ''USD'')'), 'false', 'once');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_print'', ''txn_5'', 36, ''JPY'')'), 'true', 'or yen');
SELECT is(tests.kept(:'print'), 'processor_clearing 36.00 JPY, processor_fees -36.00 JPY', 'which are the order''s');
SELECT is((SELECT count(*) FROM check_integrity()), 0::bigint, 'nothing to find');
SELECT is((SELECT string_agg(currency || ' ' || sum, ', ' ORDER BY currency) FROM (SELECT currency, sum(amount) FROM ledger_entries GROUP BY currency) e (currency, sum)), 'JPY 0.00, USD 0.00', 'the books add up');
SELECT is((SELECT count(*) FROM ledger_entries WHERE party_id IS NOT NULL), 0::bigint, 'nobody but the platform bears it');

-- What Stripe tells of a dispute's fee itself

SELECT tests.a_paid_sale('pi_taken', :'buyer', :'seller', 100) AS taken \gset
CREATE FUNCTION tests.dispute(type text, status text, fees jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT tests.deliver(tests.event('charge.dispute.' || type, tests.stripe_dispute('dp_fees', 'pi_taken', 10000, status) || jsonb_build_object('balance_transactions', fees)))
$$;
SELECT is(tests.dispute('created', 'needs_response', '[{"id": "txn_d1", "amount": -10000, "fee": 1500, "net": -11500, "currency": "usd", "reporting_category": "dispute"}]'), 'processed', 'a bank takes the money back');
SELECT is(tests.kept(:'taken'), 'processor_clearing 15.00 USD, processor_fees -15.00 USD', 'Stripe charges for it');
SELECT is(tests.dispute('funds_withdrawn', 'needs_response', '[{"id": "txn_d1", "amount": -10000, "fee": 1500, "net": -11500, "currency": "usd"}]'), 'processed', 'told again');
SELECT is(tests.asked('service', 'record_processor_fee(''stripe'', ''pi_taken'', ''txn_d1'', 15, ''USD'')'), 'false', 'and recorded');
SELECT is(tests.kept(:'taken'), 'processor_clearing 15.00 USD, processor_fees -15.00 USD', 'it is booked once');
SELECT is(tests.dispute('updated', 'under_review', '[{"id": "txn_d1", "fee": 1700, "currency": "usd"}, {"id": 7, "fee": "x", "currency": "usd"}, "txn_9", {"fee": 5, "currency": "usd"}, {"id": "txn_d3", "fee": 5, "currency": "qqq"}, {"id": "txn_d4", "fee": 0, "currency": "usd"}, null]'), 'processed', 'what cannot be read is let alone, and what is booked stays');
SELECT is(tests.kept(:'taken'), 'processor_clearing 15.00 USD, processor_fees -15.00 USD', 'so');
SELECT is(tests.dispute('closed', 'won', '[{"id": "txn_d1", "amount": -10000, "fee": 1500, "net": -11500, "currency": "usd"}, {"id": "txn_d2", "amount": 10000, "fee": -1500, "net": 11500, "currency": "usd"}, {"id": "txn_d5", "fee": 700, "currency": "jpy"}]'), 'processed', 'the bank gives it back');
SELECT is(tests.kept(:'taken'), 'processor_clearing 15.00 USD, processor_fees -15.00 USD, processor_clearing -15.00 USD, processor_fees 15.00 USD', 'and Stripe its fee');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE account = 'processor_fees' AND currency = 'JPY' AND order_id IS NULL AND journal_id = md5('processor_fee:txn_d5')::uuid), -700.00, 'one in the currency in which it settles is of no order');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books are whole');

SELECT * FROM finish();
ROLLBACK;
