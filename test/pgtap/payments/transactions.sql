-- Payments: the platform's fee, and payments that fit their order.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(68);
SELECT tests.sign_up('buyer@example.com') AS buyer, tests.sign_up('seller@example.com') AS seller, tests.sign_up('other@example.com') AS other \gset

-- calculate_platform_fee is round(amount * 0.05, 2), digit for digit

CREATE FUNCTION tests.fee_differs(amount numeric) RETURNS boolean LANGUAGE sql AS
    $$SELECT calculate_platform_fee(amount)::text IS DISTINCT FROM round(amount * 0.05, 2)::text$$;
SELECT is((SELECT count(*) FROM generate_series(0, 20000) i WHERE tests.fee_differs(i / 100.0)), 0::bigint, 'for every cent up to 200');
SELECT is((SELECT count(*) FROM generate_series(-2000, 0) i WHERE tests.fee_differs(i / 100.0)), 0::bigint, 'for negative amounts');
SELECT is((SELECT count(*) FROM generate_series(-3000, 3000) i WHERE tests.fee_differs((i * 7919) / 10000000.0)), 0::bigint, 'for amounts with more than two digits');
SELECT is((SELECT count(*) FROM generate_series(1, 200) i WHERE tests.fee_differs(('1' || repeat('0', i))::numeric)), 0::bigint, 'for powers of ten');
SELECT is((SELECT count(*) FROM generate_series(1, 200) i WHERE tests.fee_differs(('0.' || repeat('0', i) || '1')::numeric)), 0::bigint, 'for the smallest amounts');
SELECT is((SELECT count(*) FROM generate_series(1, 1000, 37) i WHERE tests.fee_differs(repeat('9', i)::numeric)), 0::bigint, 'for amounts of up to a thousand digits');
SELECT is((SELECT count(*) FROM generate_series(1, 1000, 37) i WHERE tests.fee_differs(('-' || repeat('7', i) || '.' || repeat('3', i))::numeric)), 0::bigint, 'with as many behind the point');
SELECT is(calculate_platform_fee(100), 5.00, '5 of 100');
SELECT is(calculate_platform_fee(0.10)::text, '0.01', 'half a cent is rounded away from zero');
SELECT is(calculate_platform_fee(-0.10)::text, '-0.01', 'below zero too');
SELECT is(calculate_platform_fee(0.09)::text, '0.00', 'less than half a cent is none');
SELECT is(calculate_platform_fee(0)::text, '0.00', 'nothing of nothing');
SELECT is(calculate_platform_fee('NaN')::text, 'NaN', 'NaN stays NaN');
SELECT is(calculate_platform_fee('Infinity')::text, 'Infinity', 'infinity stays infinity');
SELECT is(calculate_platform_fee('-Infinity')::text, '-Infinity', 'with its sign');
SELECT is(calculate_platform_fee(NULL), NULL, 'NULL of NULL');
SELECT is(calculate_platform_fee(amount => 20), 1.00, 'the argument can be named amount');
SELECT is(length(calculate_platform_fee(repeat('9', 131000)::numeric)::text), 131002, 'an amount of 131,000 digits has a fee of 130,999 and two behind the point');

-- Its rate is the operator's

SELECT is(current_setting('driplo.platform_fee_percent'), '5', 'the rate is five percent');
SET LOCAL driplo.platform_fee_percent = 2.5;
SELECT is(calculate_platform_fee(100), 2.50, 'another rate, another fee');
SET LOCAL driplo.platform_fee_percent = 0;
SELECT is(calculate_platform_fee(100)::text, '0.00', 'a rate of zero');
SET LOCAL driplo.platform_fee_percent = 100;
SELECT is(calculate_platform_fee(123.45), 123.45, 'a rate of a hundred');
SET LOCAL driplo.platform_fee_percent = 0;
SELECT is(calculate_platform_fee('NaN')::text, 'NaN', 'nothing of NaN is NaN');
SET LOCAL driplo.platform_fee_percent = 7.25;
SELECT is((SELECT count(*) FROM generate_series(0, 2000) i WHERE calculate_platform_fee(i / 100.0) <> round(i / 100.0 * 7.25 / 100, 2)), 0::bigint, 'a rate with digits is exact too');
RESET driplo.platform_fee_percent;
SELECT throws_ok('SET driplo.platform_fee_percent = -1', '22023', NULL, 'a negative rate is refused');
SELECT throws_ok('SET driplo.platform_fee_percent = 101', '22023', NULL, 'more than everything too');
SELECT throws_ok($$SET driplo.platform_fee_percent = 'NaN'$$, '22023', NULL, 'and NaN');
SELECT throws_ok($$SET driplo.platform_fee_percent = 'much'$$, '22023', NULL, 'and what is no number');
SELECT throws_ok('SET driplo.no_such_setting = 1', '42602', NULL, 'a setting that does not exist is refused');
SELECT tests.log_in(:'seller');
SELECT throws_ok('SET driplo.platform_fee_percent = 0', '42501', NULL, 'a user cannot set the rate');
SELECT throws_ok($$SELECT set_config('driplo.platform_fee_percent', '0', true)$$, '42501', NULL, 'not with set_config either');
SELECT is(calculate_platform_fee(100), 5.00, 'it is what it was');
SELECT tests.log_in_as_service();
SELECT throws_ok('SET driplo.platform_fee_percent = 0', '42501', NULL, 'nor can the service');
SELECT tests.log_in_as_anon();
SELECT throws_ok('SELECT calculate_platform_fee(1)', '42501', NULL, 'anon computes no fees');
SELECT tests.log_out();

-- Payments of an order

CREATE FUNCTION tests.pay(order_id uuid, amount numeric, id text DEFAULT NULL, currency text DEFAULT 'USD', status text DEFAULT 'pending', processor text DEFAULT 'stripe')
    RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'INSERT INTO payment_transactions (order_id, amount, currency, status, processor, processor_transaction_id) VALUES ($1, $2, $3, $4::payment_status, $5, $6)'
      USING order_id, amount, currency, status, processor, id;
END $$;
SELECT tests.an_order(:'buyer', :'seller', 100) AS first, tests.an_order(:'buyer', :'seller', 50) AS second \gset
SELECT lives_ok(format($$SELECT tests.pay(%L, 60, 'pi_1')$$, :'first'), 'an order may be paid in part');
SELECT throws_ok(format($$SELECT tests.pay(%L, 40.01, 'pi_2')$$, :'first'), '23514', 'payments must not exceed the order total', 'payments beyond the total are refused');
SELECT lives_ok(format($$SELECT tests.pay(%L, 40, 'pi_2')$$, :'first'), 'the rest is not');
SELECT throws_ok(format($$UPDATE payment_transactions SET amount = 61 WHERE processor_transaction_id = 'pi_1' AND order_id = %L$$, :'first'), '23514', NULL, 'a payment cannot grow beyond the total');
SELECT lives_ok(format($$UPDATE payment_transactions SET status = 'failed' WHERE processor_transaction_id = 'pi_1' AND order_id = %L$$, :'first'), 'a payment may fail');
SELECT lives_ok(format($$SELECT tests.pay(%L, 60, 'pi_3')$$, :'first'), 'what failed can be paid again');
SELECT throws_ok(format($$UPDATE payment_transactions SET status = 'succeeded' WHERE processor_transaction_id = 'pi_1' AND order_id = %L$$, :'first'), '23514', NULL, 'and the failed one does not come back beside it');
SELECT lives_ok(format($$SELECT tests.pay(%L, 500, 'pi_4', 'USD', 'cancelled')$$, :'first'), 'a cancelled payment may be of any amount');
SELECT throws_ok(format($$UPDATE payment_transactions SET order_id = %L WHERE processor_transaction_id = 'pi_3'$$, :'second'), '23514', NULL, 'a payment cannot move to an order that it exceeds');
SELECT throws_ok(format($$SELECT tests.pay(%L, 40, 'pi_2')$$, :'first'), '23505', NULL, 'the same transaction of a processor is recorded once for an order');
SELECT lives_ok(format($$SELECT tests.pay(%L, 40, 'pi_2')$$, :'second'), 'and once for another that it pays too');
SELECT throws_ok(format($$SELECT tests.pay(%L, 10, 'pi_5', 'EUR')$$, :'second'), '23503', NULL, 'an order is paid in its own currency');
SELECT throws_ok(format($$SELECT tests.pay(%L, 10, 'pi_5', NULL)$$, :'second'), '23502', NULL, 'and not in none');
SELECT throws_ok(format($$UPDATE orders SET currency = 'EUR' WHERE id = %L$$, :'second'), '23514', 'cannot change column "currency" of an order', 'an order that has a payment keeps its currency');
SELECT throws_ok(format($$SELECT tests.pay(%L, 0, 'pi_6')$$, :'second'), '23514', NULL, 'nothing is no payment');
SELECT throws_ok(format($$SELECT tests.pay(%L, -1, 'pi_6')$$, :'second'), '23514', NULL, 'less than nothing neither');
SELECT throws_ok(format($$SELECT tests.pay(%L, 'NaN', 'pi_6')$$, :'second'), '23514', NULL, 'nor NaN');
SELECT throws_ok($$SELECT tests.pay('00000000-0000-4000-8000-00000000dead', 1)$$, '23503', NULL, 'a payment has an order');
SELECT throws_ok(format('UPDATE orders SET subtotal = 99, total_amount = 99 WHERE id = %L', :'first'), '23514', NULL, 'a total does not fall below its payments');
SELECT throws_ok(format('DELETE FROM orders WHERE id = %L', :'first'), '23503', NULL, 'an order that has a payment stays');
SELECT results_eq(format($$SELECT processor_transaction_id::text, amount, status::text FROM payment_transactions WHERE order_id = %L ORDER BY 1$$, :'first'),
    $$VALUES ('pi_1', 60.00, 'failed'), ('pi_2', 40.00, 'pending'), ('pi_3', 60.00, 'pending'), ('pi_4', 500.00, 'cancelled')$$, 'what was refused left no trace');

-- Cards and credit

SELECT tests.a_card(:'buyer') AS card \gset
SELECT throws_ok(format($$UPDATE payment_methods SET exp_month = 99 WHERE id = %L$$, :'card'), '23514', NULL, 'a card does not expire in month 99');
SELECT throws_ok(format($$UPDATE payment_methods SET last4 = '424' WHERE id = %L$$, :'card'), '23514', NULL, 'the last four digits are four');
SELECT throws_ok(format($$UPDATE payment_methods SET last4 = 'abcd' WHERE id = %L$$, :'card'), '23514', NULL, 'and digits');
SELECT throws_ok(format($$UPDATE payment_methods SET last4 = '4242424242424242' WHERE id = %L$$, :'card'), '22001', NULL, 'a whole card number does not fit');
INSERT INTO store_credits (user_id, amount) VALUES (:'buyer', 10) RETURNING id AS credit \gset
SELECT throws_ok(format($$UPDATE store_credits SET used_amount = 10.01 WHERE id = %L$$, :'credit'), '23514', NULL, 'no more credit is used than there is');
SELECT throws_ok(format($$UPDATE store_credits SET used_amount = NULL WHERE id = %L$$, :'credit'), '23502', NULL, 'nor an unknown part of it');

-- Clients

SELECT tests.log_in(:'buyer');
SELECT is((SELECT count(*) FROM payment_transactions), 5::bigint, 'the buyer sees the payments of the own orders');
SELECT throws_ok('SELECT processor_response FROM payment_transactions', '42501', NULL, 'not what the processor answered');
SELECT throws_ok(format($$SELECT tests.pay(%L, 1)$$, :'second'), '42501', NULL, 'and records none');
SELECT throws_ok('UPDATE store_credits SET used_amount = 0', '42501', NULL, 'nor refreshes the own credit');
SELECT throws_ok(format($$INSERT INTO payment_methods (user_id, type, stripe_payment_method_id) VALUES (%L, 'card', 'pm_of_somebody_else')$$, :'buyer'), '42501', NULL, 'nor names a card that the processor has not confirmed');
SELECT tests.log_in(:'other');
SELECT is((SELECT count(*) FROM payment_transactions) + (SELECT count(id) FROM payment_methods) + (SELECT count(id) FROM store_credits), 0::bigint, 'others see nothing of it');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM payment_transactions) + (SELECT count(*) FROM payment_methods), 6::bigint, 'what was refused is not there');

SELECT * FROM finish();
ROLLBACK;
