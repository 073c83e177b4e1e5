-- Orders of one checkout that met a coupon's condition together: they are paid together, and what ends takes along what is
-- not earned without it, whoever ends it and whenever. What that means for buyer, sellers, platform and books.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/money.sql
SELECT no_plan();

SELECT tests.sign_up('buyer@promises.example') AS buyer, tests.sign_up('ada@promises.example') AS ada, tests.sign_up('cleo@promises.example') AS cleo,
       tests.sign_up('dora@promises.example') AS dora, tests.sign_up('admin@promises.example') AS admin \gset
SELECT promote_to_admin('admin@promises.example') \g /dev/null
SELECT tests.an_address(:'buyer', true) AS home \gset
SELECT tests.goods(:'ada', 'A lamp', 90) AS lamp, tests.goods(:'cleo', 'A vase', 80) AS vase, tests.goods(:'dora', 'A rug', 100) AS rug,
       tests.goods(:'ada', 'A print', 90, 100, '{}', 'EUR') AS print \gset
INSERT INTO coupons (code, name, discount_type, discount_value, buy_quantity, get_quantity, minimum_purchase, maximum_discount, usage_limit_per_user) VALUES
    ('B1G1', 'buy one, get one', 'buy_x_get_y', 0, 1, 1, NULL, 1000, NULL), ('FROM170', '10 % from 170', 'percentage', 10, NULL, NULL, 170, 1000, NULL),
    ('SHIP170', 'free shipping from 170', 'free_shipping', 0, NULL, NULL, 170, 1000, NULL), ('TENTH', '10 %', 'percentage', 10, NULL, NULL, NULL, 1000, NULL),
    ('FIVE', '5 off', 'fixed_amount', 5, NULL, NULL, NULL, 1000, NULL);

-- A checkout of a piece of each; the orders by their sellers.
CREATE FUNCTION tests.check_out(buyer uuid, address uuid, coupon text, VARIADIC listings uuid[]) RETURNS text
    LANGUAGE plpgsql AS $$
DECLARE
    listing uuid;
BEGIN
    FOREACH listing IN ARRAY listings LOOP
        PERFORM tests.put(buyer, listing);
    END LOOP;
    RETURN tests.buy(buyer, address, coupon, true);
END $$;
CREATE FUNCTION tests.of_seller(seller uuid) RETURNS uuid LANGUAGE sql AS $$SELECT b.order_id FROM pg_temp.bought b WHERE b.seller_id = of_seller.seller$$;
-- "90.00 paid, 0.00 paid" of what was bought last, by subtotal
CREATE FUNCTION tests.standing() RETURNS text
    LANGUAGE sql AS $$SELECT string_agg(o.total_amount || ' ' || o.status, ', ' ORDER BY o.subtotal DESC) FROM orders o JOIN pg_temp.bought b ON b.order_id = o.id$$;
CREATE FUNCTION tests.pay(intent text, VARIADIC orders uuid[]) RETURNS text
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM start_payment(orders, 'stripe', intent);
    PERFORM tests.log_out();
    RETURN tests.deliver(tests.event('payment_intent.succeeded', tests.intent(intent, (SELECT (sum(o.total_amount) * 100)::bigint FROM orders o WHERE o.id = ANY (orders)))));
END $$;
CREATE FUNCTION tests.books() RETURNS text
    LANGUAGE sql AS $$
    SELECT coalesce(string_agg(format('%s %s', account, amount), ', ' ORDER BY account::text), 'nothing')
      FROM (SELECT e.account, sum(e.amount) AS amount FROM ledger_entries e JOIN pg_temp.bought b ON b.order_id = e.order_id GROUP BY e.account HAVING sum(e.amount) <> 0) a
$$;
CREATE FUNCTION tests.violations() RETURNS text LANGUAGE sql AS $$SELECT coalesce(string_agg(concat_ws(' ', v.rule, v.object, v.detail), '; '), 'none') FROM check_integrity() v$$;

-- The free order of a "buy one, get one" waits for the other one

SELECT is(tests.check_out(:'buyer', :'home', 'B1G1', :'lamp', :'vase'), 'as quoted', 'one of each, the cheaper one is free');
SELECT is(tests.standing(), '90.00 pending_payment, 0.00 pending_payment', 'and is not sold before the other one is paid');
SELECT tests.of_seller(:'ada') AS paid, tests.of_seller(:'cleo') AS free \gset
SELECT is((SELECT count(DISTINCT promise_id) FROM orders WHERE id IN (:'paid', :'free')), 1::bigint, 'they are tied');
SELECT is(tests.books(), 'nothing', 'nobody has got anything');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.attempt(format('SELECT transition_order(%L, ''paid'')', :'free')), 'MK005', 'by the service''s word neither');
SELECT is(tests.attempt(format('SELECT start_payment(ARRAY[%L]::uuid[], ''stripe'', ''pi_free'')', :'free')), 'MK013', 'no payment is for the free one alone');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(tests.attempt(format('UPDATE orders SET status = ''paid'' WHERE id = %L', :'free')), 'MK005', 'nor by an admin''s');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.pay('pi_bogo', :'paid'), 'processed', 'the one that costs something is paid');
SELECT is(tests.standing(), '90.00 paid, 0.00 paid', 'and the other one with it');
SELECT is(tests.books(), 'platform_fees 8.50, processor_clearing -90.00, promotions -80.00, seller_pending 161.50', 'the platform pays what its coupon gave');
SELECT is((SELECT actor || ': ' || reason FROM order_timeline(:'free') WHERE to_status = 'paid'), 'system: the orders that it was bought with are paid', 'the timeline says why');
SELECT is(tests.violations(), 'none', 'the books are in order');

-- It falls with the other one, whoever ends that, and the other way round the other one stands: it has its full price.

SELECT is(tests.check_out(:'buyer', :'home', 'B1G1', :'lamp', :'vase'), 'as quoted', 'again');
SELECT tests.of_seller(:'ada') AS paid, tests.of_seller(:'cleo') AS free \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(cancel_order(:'paid', 'no, thanks'), 'cancelled', 'the buyer cancels what costs something');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '90.00 cancelled, 0.00 cancelled', 'and gets nothing for nothing');
SELECT is((SELECT actor || ': ' || reason FROM order_timeline(:'free') WHERE to_status = 'cancelled'),
    'buyer: a coupon gave it a discount that it does not earn without another order of the same checkout, which has ended', 'the timeline says why');
SELECT is(tests.books(), 'nothing', 'nobody pays for it');
SELECT is((SELECT format('%s %s', l.quantity, l.status) FROM listings l WHERE l.id = :'vase'), '99 active', 'it is on sale again');

SELECT is(tests.check_out(:'buyer', :'home', 'B1G1', :'lamp', :'vase'), 'as quoted', 'again');
SELECT tests.log_in(:'ada') \g /dev/null
UPDATE orders SET status = 'cancelled' WHERE id = tests.of_seller(:'ada');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '90.00 cancelled, 0.00 cancelled', 'the same when the seller cancels, by whatever way');

SELECT is(tests.check_out(:'buyer', :'home', 'B1G1', :'lamp', :'vase'), 'as quoted', 'again');
UPDATE orders SET created_at = now() - interval '1 hour' WHERE id = tests.of_seller(:'ada');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(expire_unpaid_orders(), 2, 'when the window is over both end');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '90.00 cancelled, 0.00 cancelled', 'unpaid');

SELECT is(tests.check_out(:'buyer', :'home', 'B1G1', :'lamp', :'vase'), 'as quoted', 'again');
SELECT tests.log_in(:'cleo') \g /dev/null
SELECT cancel_order(tests.of_seller(:'cleo'), 'out of stock') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '90.00 pending_payment, 0.00 cancelled', 'without the free piece the other one stands at its full price');
SELECT is(tests.pay('pi_alone', tests.of_seller(:'ada')), 'processed', 'and can be paid');
SELECT is(tests.violations(), 'none', 'the books are in order');

-- A payment under way holds all of them; the one that waits has none of its own.

SELECT is(tests.check_out(:'buyer', :'home', 'B1G1', :'lamp', :'vase'), 'as quoted', 'again');
SELECT tests.of_seller(:'ada') AS paid, tests.of_seller(:'cleo') AS free \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT start_payment(ARRAY[:'paid', :'free']::uuid[], 'stripe', 'pi_slow') AS slow \gset
SELECT is(start_payment(ARRAY[:'paid', :'free']::uuid[], 'stripe', 'pi_slow'), :'slow'::uuid[], 'beginning the payment again changes nothing, also of one that is free');
UPDATE orders SET created_at = now() - interval '1 hour' WHERE id IN (:'paid', :'free');
SELECT is(expire_unpaid_orders(), 0, 'while it is being paid neither expires');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.payment_failed', tests.intent('pi_slow', 9000, 'requires_payment_method'))), 'processed', 'the card is declined');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(expire_unpaid_orders(), 2, 'then both do');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_slow', 9000), 1700000100)), 'processed', 'the money comes after all');
SELECT is(tests.books(), 'processor_clearing -90.00, refunds 90.00', 'and is owed to the buyer');

-- Three sellers: what is left still earns it, or not

SELECT is(tests.check_out(:'buyer', :'home', 'FROM170', :'lamp', :'vase', :'rug'), 'as quoted', 'a minimum that all meet together');
SELECT is(tests.standing(), '90.00 pending_payment, 81.00 pending_payment, 72.00 pending_payment', 'each has its tenth off');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.attempt(format('SELECT start_payment(ARRAY[%L, %L]::uuid[], ''stripe'', ''pi_part'')', tests.of_seller(:'ada'), tests.of_seller(:'cleo'))), 'MK013', 'no payment is for a part of them');
SELECT tests.log_out() \g /dev/null
-- what becomes of the coupon changes nothing
UPDATE coupons SET minimum_purchase = 1000, discount_value = 90, is_active = false WHERE code = 'FROM170';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_order(tests.of_seller(:'cleo')) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '90.00 pending_payment, 81.00 pending_payment, 72.00 cancelled', '190 are left, which is enough');
SELECT tests.log_in(:'dora') \g /dev/null
SELECT cancel_order(tests.of_seller(:'dora')) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '90.00 cancelled, 81.00 cancelled, 72.00 cancelled', '90 are not');
UPDATE coupons SET minimum_purchase = 170, discount_value = 10, is_active = true WHERE code = 'FROM170';
SELECT is((SELECT usage_count FROM coupons WHERE code = 'FROM170'), 0, 'the use of the coupon is given back');

SELECT is(tests.check_out(:'buyer', :'home', 'B1G1', :'lamp', :'vase', :'rug'), 'as quoted', 'three pieces, of which one is free');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_order((SELECT o.id FROM orders o JOIN pg_temp.bought b ON b.order_id = o.id WHERE o.total_amount > 0 ORDER BY o.subtotal LIMIT 1)) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM orders o JOIN pg_temp.bought b ON b.order_id = o.id WHERE o.total_amount = 0 AND o.status = 'pending_payment'
              AND (SELECT sum(left_over.subtotal) FROM orders left_over JOIN pg_temp.bought l ON l.order_id = left_over.id WHERE left_over.status <> 'cancelled') > 2 * o.subtotal),
    1::bigint, 'with the dearest one the free one is earned still');

-- What is paid alone, by an event that nobody started, is not sent before the others are paid, and falls with them.

SELECT is(tests.check_out(:'buyer', :'home', 'FROM170', :'lamp', :'vase'), 'as quoted', 'a minimum of two');
SELECT tests.of_seller(:'ada') AS first, tests.of_seller(:'cleo') AS second \gset
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_adopted', 8100, metadata => jsonb_build_object('order_id', :'first')))), 'processed', 'one of them is paid');
SELECT is(tests.standing(), '81.00 paid, 72.00 pending_payment', 'alone');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT is(tests.attempt(format('SELECT ship_order(%L, ''ups'', ''1Z'')', :'first')), 'MK005', 'its seller does not send it yet');
SELECT is(tests.attempt(format('SELECT transition_order(%L, ''preparing'')', :'first')), 'MK005', 'nor prepares it');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.attempt(format('UPDATE orders SET status = ''shipped'' WHERE id = %L', :'first')), 'MK005', 'nor is it sent by the service');
UPDATE orders SET created_at = now() - interval '1 hour' WHERE id IN (:'first', :'second');
SELECT is(expire_unpaid_orders(), 2, 'the other one is not paid in time');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '81.00 cancelled, 72.00 cancelled', 'and both end');
SELECT is(tests.books(), 'processor_clearing -81.00, refunds 81.00', 'what was paid goes back whole');
SELECT is((SELECT format('%s %s', r.amount, r.status) FROM refund_requests r WHERE r.order_id = :'first'), '81.00 approved', 'by a refund that is to be sent');

-- After the payment, before anything was sent

SELECT is(tests.check_out(:'buyer', :'home', 'FROM170', :'lamp', :'vase'), 'as quoted', 'a minimum of two');
SELECT is(tests.pay('pi_both', tests.of_seller(:'ada'), tests.of_seller(:'cleo')), 'processed', 'both are paid');
SELECT tests.log_in(:'cleo') \g /dev/null
SELECT cancel_order(tests.of_seller(:'cleo'), 'broken') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '81.00 cancelled, 72.00 cancelled', 'a seller cancels one, and both end');
SELECT is(tests.books(), 'processor_clearing -153.00, refunds 153.00', 'all that was paid goes back');

SELECT is(tests.check_out(:'buyer', :'home', 'FROM170', :'lamp', :'vase'), 'as quoted', 'a minimum of two');
SELECT is(tests.pay('pi_staff', tests.of_seller(:'ada'), tests.of_seller(:'cleo')), 'processed', 'both are paid');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT transition_order(tests.of_seller(:'ada'), 'refunded', 'a complaint') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '81.00 refunded, 72.00 cancelled', 'the same when the staff gives one back');
SELECT is(tests.books(), 'processor_clearing -153.00, refunds 153.00', 'all of it');
SELECT is(tests.violations(), 'none', 'the books are in order');

-- One is sent already: its discount is kept of what goes back for the other one

SELECT is(tests.check_out(:'buyer', :'home', 'B1G1', :'lamp', :'vase'), 'as quoted', 'one of each');
SELECT tests.of_seller(:'ada') AS paid, tests.of_seller(:'cleo') AS free \gset
SELECT is(tests.pay('pi_sent', :'paid'), 'processed', 'paid');
SELECT tests.log_in(:'cleo') \g /dev/null
SELECT ship_order(:'free', 'ups', '1Z') \g /dev/null
SELECT tests.log_in(:'ada') \g /dev/null
SELECT cancel_order(:'paid', 'a friend of the buyer') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '90.00 cancelled, 0.00 shipped', 'what was sent is on its way');
SELECT is(tests.books(), 'platform_fees 4.00, processor_clearing -90.00, refunds 10.00, seller_pending 76.00', 'the buyer has paid for it then; its seller gets what was agreed, the platform loses nothing');
SELECT is((SELECT format('%s of %s', withheld_amount, refunded_amount) FROM orders WHERE id = :'paid'), '80.00 of 90.00', 'the order tells what was kept');
SELECT matches((SELECT r.reason FROM refund_requests r WHERE r.order_id = :'paid'), '80.00 USD are kept', 'the refund says why it is less');
SELECT is((SELECT amount FROM refund_requests WHERE order_id = :'paid'), 10.00, 'it is for the rest');
SELECT is(tests.violations(), 'none', 'the books are in order');

SELECT tests.credit(:'buyer', 500) AS credit \gset
SELECT is(tests.check_out(:'buyer', :'home', 'B1G1', :'lamp', :'vase'), 'as quoted', 'the same with store credit');
SELECT is(tests.standing(), '0.00 paid, 0.00 paid', 'which pays it altogether, and at once');
SELECT tests.of_seller(:'ada') AS paid, tests.of_seller(:'cleo') AS free \gset
SELECT tests.log_in(:'cleo') \g /dev/null
SELECT ship_order(:'free', 'ups', '1Z') \g /dev/null
SELECT tests.log_in(:'ada') \g /dev/null
SELECT cancel_order(:'paid') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT sum(amount - used_amount - expired_amount) FROM store_credits WHERE user_id = :'buyer'), 420.00, 'of the credit comes back what is left of it');
SELECT is(tests.books(), 'platform_fees 4.00, seller_pending 76.00, store_credit -80.00', 'and the books say so');
SELECT is(tests.violations(), 'none', 'the books are in order');
UPDATE store_credits SET expires_at = now() WHERE user_id = :'buyer';

-- A refund that is decided takes the same way: of more than half of an order, it counts as gone.

SELECT is(tests.check_out(:'buyer', :'home', 'B1G1', :'lamp', :'vase'), 'as quoted', 'one of each');
SELECT tests.of_seller(:'ada') AS paid, tests.of_seller(:'cleo') AS free \gset
SELECT is(tests.pay('pi_asked', :'paid'), 'processed', 'paid');
SELECT tests.log_in(:'cleo') \g /dev/null
SELECT ship_order(:'free', 'ups', '1Z') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT request_refund(:'paid', 20, 'a scratch') AS small \gset
SELECT request_refund(:'paid', 70, 'I do not like it') AS asked \gset
SELECT tests.log_in(:'ada') \g /dev/null
SELECT decide_refund(:'small', true) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.books(), 'platform_fees 7.50, processor_clearing -90.00, promotions -80.00, refunds 20.00, seller_pending 142.50', 'a scratch takes nothing from what else was bought');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT decide_refund(:'asked', true, 'as you like') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT format('%s: %s', amount, decision_note) FROM refund_requests WHERE id = :'asked'),
    '0.01: as you like; 69.99 USD are kept, because another order of the checkout was sent with a discount that it does not earn without this one', 'the whole price does');
SELECT is(tests.books(), 'platform_fees 4.00, processor_clearing -90.00, promotions -10.01, refunds 20.01, seller_pending 76.00', 'the platform gets back what there is to get');
SELECT is((SELECT format('%s %s', refunded_amount, withheld_amount) FROM orders WHERE id = :'paid'), '90.00 69.99', 'the order tells how much');
SELECT is(tests.violations(), 'none', 'the books are in order');
SELECT tests.log_in_as_service() \g /dev/null
SELECT settle_refund(:'small', 'processed'), settle_refund(:'asked', 'processed') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '90.00 refunded, 0.00 shipped', 'it ends when the money was sent');
SELECT is(tests.violations(), 'none', 'the books are in order');

SELECT is(tests.check_out(:'buyer', :'home', 'FROM170', :'lamp', :'vase'), 'as quoted', 'a minimum of two');
SELECT tests.of_seller(:'ada') AS first, tests.of_seller(:'cleo') AS second \gset
SELECT is(tests.pay('pi_not_sent', :'first', :'second'), 'processed', 'both are paid');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT request_refund(:'first', 81, 'changed my mind') AS asked \gset
SELECT tests.log_in(:'ada') \g /dev/null
SELECT decide_refund(:'asked', true) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '81.00 paid, 72.00 cancelled', 'what was not sent falls at once, and cannot be sent before the processor has spoken');
SELECT is(tests.books(), 'processor_clearing -153.00, refunds 153.00', 'both go back whole');
SELECT is(tests.violations(), 'none', 'the books are in order');

SELECT is(tests.check_out(:'buyer', :'home', 'B1G1', :'lamp', :'vase'), 'as quoted', 'one of each');
SELECT tests.of_seller(:'ada') AS paid, tests.of_seller(:'cleo') AS free \gset
SELECT is(tests.pay('pi_returned', :'paid'), 'processed', 'paid');
SELECT tests.has_arrived(:'paid'), tests.has_arrived(:'free') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT open_return((SELECT id FROM order_items WHERE order_id = :'paid'), 'changed_mind') AS back \gset
SELECT tests.log_in(:'ada') \g /dev/null
SELECT advance_return(:'back', 'approved') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT advance_return(:'back', 'shipped_back') \g /dev/null
SELECT tests.log_in(:'ada') \g /dev/null
SELECT advance_return(:'back', 'received'), advance_return(:'back', 'inspecting'), advance_return(:'back', 'refunded') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT refund_amount FROM returns WHERE id = :'back'), 10.00, 'who sends back what was paid pays for what was free');
SELECT is(tests.books(), 'platform_fees 4.00, processor_clearing -90.00, refunds 10.00, seller_pending 76.00', 'so the platform has paid for nothing');
SELECT is(tests.violations(), 'none', 'the books are in order');

-- What ties nothing

SELECT is(tests.check_out(:'buyer', :'home', 'TENTH', :'lamp', :'vase'), 'as quoted', 'a percentage without a minimum');
SELECT is((SELECT count(promise_id) FROM orders JOIN pg_temp.bought ON order_id = id), 0::bigint, 'is earned by each order alone');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_order(tests.of_seller(:'ada')) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.standing(), '81.00 cancelled, 72.00 pending_payment', 'and stays with it');
SELECT is(tests.check_out(:'buyer', :'home', 'FIVE', :'lamp', :'vase'), 'as quoted', 'an amount without a minimum');
SELECT is((SELECT count(promise_id) FROM orders JOIN pg_temp.bought ON order_id = id), 0::bigint, 'was spread, and ties nothing');
SELECT tests.put(:'buyer', :'lamp', 2), tests.put(:'buyer', :'vase', 2) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'B1G1'), 'as quoted', 'two of each');

-- A refund that was another order's has ended one that others were tied to

SELECT is(tests.check_out(:'buyer', :'home', 'FROM170', :'lamp', :'vase'), 'as quoted', 'two orders with a discount that neither has alone');
SELECT tests.of_seller(:'ada') AS sent, tests.of_seller(:'cleo') AS waits \gset
SELECT tests.pay('pi_wrong', :'sent', :'waits'), tests.has_arrived(:'sent') \g /dev/null
SELECT is(tests.deliver(tests.event('refund.created', jsonb_build_object('id', 're_wrong', 'amount', 8100, 'currency', 'usd', 'charge', 'ch_wrong', 'payment_intent', 'pi_wrong', 'metadata', jsonb_build_object('order_id', :'sent'), 'status', 'succeeded'))), 'processed', 'one of them was refunded, it is told');
SELECT is(tests.standing(), '81.00 refunded, 72.00 cancelled', 'and the other one falls');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.detail_of(format('SELECT move_refund(%L, %L, ''It was the other one.'')', (SELECT id FROM refund_requests WHERE stripe_refund_id = 're_wrong'), :'waits')),
    'MK013 Its items were not shipped and have been restocked, or orders tied to it by a coupon have also ended.', 'which does not come back with the first');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.violations(), 'none', 'and everything adds up');

SELECT * FROM finish();
ROLLBACK;
