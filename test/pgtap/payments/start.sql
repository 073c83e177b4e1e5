-- start_payment(): which processor's payment pays for which orders.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT plan(47);
SELECT * FROM tests.people('start.example') \gset
SELECT tests.a_sale(:'buyer', :'seller', 100) AS first, tests.a_sale(:'buyer', :'other', 50) AS second, tests.a_sale(:'buyer', :'seller', 30, currency => 'EUR') AS in_euros,
       tests.a_sale(:'other', :'seller', 20) AS of_another, tests.an_order(:'buyer', :'seller', 10, 'paid') AS paid, tests.an_order(:'buyer', :'seller', 10, 'cancelled') AS cancelled \gset

-- Who may

SELECT is(tests.answers('anon buyer seller other moderator admin suspended guest', format($$SELECT start_payment(ARRAY[%L]::uuid[], 'stripe', 'pi_1')$$, :'first')),
    '42501 for anon buyer seller other moderator admin suspended guest', 'nobody but the service says that a payment has begun');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format($$INSERT INTO payment_transactions (order_id, amount, processor, status) VALUES (%L, 100, 'stripe', 'succeeded')$$, :'first')), '42501', 'nor by hand');
SELECT tests.log_out() \g /dev/null

-- What is refused

SELECT is(tests.asked('service', $$start_payment(NULL, 'stripe', 'pi_1')$$), '22004 order_ids must not be NULL', 'no orders');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L]::uuid[], NULL, 'pi_1')$$, :'first')), '22004 processor must not be NULL', 'no processor');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L]::uuid[], 'stripe', NULL)$$, :'first')), '22004 processor_transaction_id must not be NULL', 'no id');
SELECT is(tests.asked('service', $$start_payment('{}', 'stripe', 'pi_1')$$), '22023 payment must be for at least one order', 'an empty list');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L, NULL]::uuid[], 'stripe', 'pi_1')$$, :'first')), '22004 order_ids must not contain NULL', 'a list with a gap');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L]::uuid[], ' ', 'pi_1')$$, :'first')), '22023 processor must have 1 to 50 characters', 'an empty name');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L]::uuid[], repeat('x', 51), 'pi_1')$$, :'first')), '22023 processor must have 1 to 50 characters', 'a long name');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L]::uuid[], 'stripe', E'\t')$$, :'first')), '22023 processor_transaction_id must have 1 to 255 characters', 'an empty id');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L]::uuid[], 'stripe', repeat('x', 256))$$, :'first')), '22023 processor_transaction_id must have 1 to 255 characters', 'a long id');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L, '00000000-0000-4000-8000-00000000dead']::uuid[], 'stripe', 'pi_1')$$, :'first')), 'P0002 order "00000000-0000-4000-8000-00000000dead" does not exist', 'an unknown order, also beside a known one');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L, %L]::uuid[], 'stripe', 'pi_1')$$, :'first', :'of_another')), '22023 orders of a payment must have the same buyer and currency', 'orders of two buyers');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L, %L]::uuid[], 'stripe', 'pi_1')$$, :'first', :'in_euros')), '22023 orders of a payment must have the same buyer and currency', 'two currencies');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L, %L]::uuid[], 'stripe', 'pi_1')$$, :'first', :'paid')), 'MK005 cannot change order status from paid to payment_processing', 'an order that is paid');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L, %L]::uuid[], 'stripe', 'pi_1')$$, :'first', :'cancelled')), 'MK005 cannot change order status from cancelled to payment_processing', 'one that is cancelled');
SELECT is((SELECT count(*) FROM payment_transactions), 0::bigint, 'none of which left a trace');

-- What it does

SELECT tests.log_in_as_service() \g /dev/null
SELECT start_payment(ARRAY[:'second', :'first', :'second']::uuid[], 'stripe', 'pi_1') AS ids \gset
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT p.order_id, p.amount, p.currency::text, p.status::text, p.processor::text, p.processor_transaction_id::text, p.refunded_amount, p.is_surplus
                            FROM unnest(%L::uuid[]) WITH ORDINALITY AS i (id, n) JOIN payment_transactions p USING (id) ORDER BY n', :'ids'),
    format($$VALUES (%L::uuid, 50.00, 'USD', 'pending', 'stripe', 'pi_1', 0.00, false), (%L, 100.00, 'USD', 'pending', 'stripe', 'pi_1', 0.00, false)$$, :'second', :'first'),
    'a row for each order comes back, in the order of the orders');
SELECT is((SELECT count(*) FROM payment_transactions), 2::bigint, 'and there are no others');
SELECT is(tests.status_of(:'first') || ' ' || tests.status_of(:'second'), 'payment_processing payment_processing', 'the orders wait for it');
SELECT results_eq(format('SELECT from_status::text, to_status::text, changed_by, reason FROM order_status_history WHERE order_id = %L AND from_status IS NOT NULL', :'first'),
    $$VALUES ('pending_payment', 'payment_processing', NULL::uuid, 'payment update')$$, 'which their history tells');
SELECT is(tests.accounts(:'first'), NULL, 'no money has moved');
SELECT tests.state_of_shop() AS before \gset
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L, %L]::uuid[], 'stripe', 'pi_1')$$, :'second', :'first')), :'ids', 'the same again gives the same rows');
SELECT is(tests.asked('service', format($$(start_payment(ARRAY[%L, %L]::uuid[], 'stripe', 'pi_1'))[2]$$, :'first', :'second')), (:'ids'::uuid[])[1]::text, 'in the order of that time');
SELECT is(tests.state_of_shop(), :'before', 'and changes nothing');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L]::uuid[], 'stripe', 'pi_1')$$, :'first')), 'MK013 payment already exists for other orders', 'the same id for fewer orders');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L]::uuid[], 'stripe', 'pi_1')$$, :'of_another')), 'MK013 payment already exists for other orders', 'or for another');
SELECT is(tests.asked('service', format($$start_payment(ARRAY[%L]::uuid[], 'stripe', 'pi_2')$$, :'first')), 'MK013 order already has a payment in progress', 'a second payment beside the first');
SELECT is(tests.asked('service', format($$cardinality(start_payment(ARRAY[%L]::uuid[], 'paypal', 'pi_1'))$$, :'of_another')), '1', 'the same id of another processor is another payment');

-- Who sees it

SELECT tests.log_in_as('buyer') \g /dev/null
SELECT is((SELECT string_agg(status || ' ' || refunded_amount || ' ' || is_surplus, ', ') FROM payment_transactions), 'pending 0.00 false, pending 0.00 false', 'the buyer sees the payments of the own orders');
SELECT throws_ok('SELECT processor_transaction_id FROM payment_transactions', '42501', NULL, 'without the processor''s id');
SELECT throws_ok('SELECT metadata FROM payment_transactions', '42501', NULL, 'and what is noted about it');
SELECT tests.log_in_as('seller') \g /dev/null
SELECT is((SELECT count(amount) FROM payment_transactions), 2::bigint, 'a seller those of the own sales');
SELECT is(tests.answers('moderator suspended guest', 'SELECT id FROM payment_transactions'), '0 rows for moderator suspended guest', 'others none');
SELECT is(tests.answers('anon', 'SELECT id FROM payment_transactions'), '42501 for anon', 'anon is not even asked');

-- Once more, when it came to nothing

SELECT is(tests.deliver(tests.event('payment_intent.payment_failed', tests.intent('pi_1', 15000, 'requires_payment_method'))), 'processed', 'the payment fails');
SELECT is(tests.status_of(:'first') || ' ' || tests.status_of(:'second'), 'payment_failed payment_failed', 'and with it the orders');
SELECT is(tests.asked('service', format($$cardinality(start_payment(ARRAY[%L]::uuid[], 'stripe', 'pi_2'))$$, :'first')), '1', 'then another one may begin, for one of them');
SELECT is(tests.status_of(:'first') || ' ' || tests.status_of(:'second'), 'payment_processing payment_failed', 'which waits for it');
SELECT is(tests.payments_of(:'first'), 'pi_1 failed, pi_2 pending', 'beside what became of the first');

-- An order that its buyer says to be paying

SELECT tests.log_in_as('buyer') \g /dev/null
SELECT transition_order(:'in_euros', 'payment_processing') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.asked('service', format($$cardinality(start_payment(ARRAY[%L]::uuid[], 'stripe', 'pi_3'))$$, :'in_euros')), '1', 'can be paid all the same');
SELECT is((SELECT amount || ' ' || currency FROM payment_transactions WHERE processor_transaction_id = 'pi_3'), '30.00 EUR', 'in its currency');

-- A payment under way keeps the order from expiring; one that failed does not

UPDATE orders SET created_at = now() - interval '1 day';
SELECT is(tests.asked('service', 'expire_unpaid_orders()'), '1', 'one of the unpaid orders has nobody who pays for it');
SELECT is(tests.status_of(:'second'), 'cancelled', 'the one whose payment failed');
SELECT is(tests.status_of(:'first') || ' ' || tests.status_of(:'in_euros'), 'payment_processing payment_processing', 'the others wait on');
SELECT is(tests.accounts(:'first') || tests.accounts(:'second') || tests.accounts(:'in_euros'), NULL, 'of nothing was anything booked');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
