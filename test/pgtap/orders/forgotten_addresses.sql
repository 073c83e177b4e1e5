-- The addresses of orders that were cancelled without having been paid are deleted after a while, and no others.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(14);
SELECT tests.sign_up('buyer@forgotten.example') AS buyer, tests.sign_up('seller@forgotten.example') AS seller \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
CREATE TEMP TABLE trial AS
SELECT name, tests.an_order(:'buyer', :'seller', 10) AS id
  FROM unnest(ARRAY['old', 'fresh', 'waiting', 'paid', 'sent', 'late money', 'sent back', 'no address', 'only a copy']) AS name;
GRANT SELECT ON trial TO PUBLIC;
UPDATE orders SET shipping_address_id = :'home', billing_address_id = :'home' FROM trial t WHERE t.id = orders.id AND t.name <> 'no address';
UPDATE orders SET status = 'paid' FROM trial t WHERE t.id = orders.id AND t.name IN ('paid', 'sent');
UPDATE orders SET status = 'cancelled' FROM trial t WHERE t.id = orders.id AND t.name NOT IN ('waiting', 'sent');
UPDATE orders SET cancelled_at = now() - CASE WHEN t.name = 'fresh' THEN interval '29 days' ELSE interval '30 days' END FROM trial t WHERE t.id = orders.id AND status = 'cancelled';
UPDATE orders SET shipping_address_id = NULL, billing_address_id = NULL FROM trial t WHERE t.id = orders.id AND t.name = 'only a copy';
INSERT INTO payment_transactions (id, order_id, amount, currency, processor, processor_transaction_id, status, is_surplus)
SELECT t.id, t.id, 10, 'USD', 'stripe', t.name, 'succeeded', true FROM trial t WHERE t.name IN ('late money', 'sent back');
INSERT INTO refund_requests (order_id, amount, reason, status, payment_transaction_id)
SELECT t.id, 10, 'It came too late.', CASE t.name WHEN 'late money' THEN 'approved' ELSE 'processed' END, t.id FROM trial t WHERE t.name IN ('late money', 'sent back');
CREATE FUNCTION tests.with_address() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(t.name, ', ' ORDER BY t.name) FROM trial t JOIN orders o ON o.id = t.id LEFT JOIN order_addresses a ON a.order_id = o.id
     WHERE num_nonnulls(a.shipping_address, a.billing_address, o.shipping_address_id, o.billing_address_id) > 0
$$;
GRANT EXECUTE ON FUNCTION tests.with_address() TO authenticated;

SELECT is(tests.with_address(), 'fresh, late money, old, only a copy, paid, sent, sent back, waiting', 'orders have addresses');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT throws_ok('SELECT forget_unpaid_addresses()', '42501', NULL, 'users forget nothing');
SELECT is((SELECT count(*) FROM orders o JOIN trial t ON t.id = o.id WHERE o.shipping_address IS NOT NULL AND t.name <> 'sent'), 0::bigint, 'the seller never reads the address of an order that was not paid');
SELECT is((SELECT count(*) FROM order_addresses), 0::bigint, 'nor beside it');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok('SELECT forget_unpaid_addresses()', '42501', NULL, 'nor do visitors');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok('SELECT forget_unpaid_addresses(NULL)', '22004', 'max_rows must not be NULL', 'NULL is an error');
SELECT is(forget_unpaid_addresses(0), 0, 'of none, none');
SELECT is(forget_unpaid_addresses(1), 1, 'one at a time');
SELECT is(forget_unpaid_addresses(), 2, 'and the others');
SELECT is(forget_unpaid_addresses(), 0, 'once');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.with_address(), 'fresh, late money, paid, sent, waiting', 'what is fresh, was paid, or has money to go back keeps its address');
SELECT is((SELECT count(*) FROM shipping_addresses), 1::bigint, 'the address book is the buyer''s');
SELECT tests.log_out() \g /dev/null
SET LOCAL driplo.unpaid_address_retention = 0;
SELECT is(forget_unpaid_addresses(), 1, 'with 0 they are forgotten at once');
SELECT is_empty($$SELECT * FROM check_integrity() WHERE rule = 'order_address'$$, 'nothing is missed');

SELECT * FROM finish();
ROLLBACK;
