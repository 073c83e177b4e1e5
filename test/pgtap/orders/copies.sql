-- What an order says of its parcel and of its cancellation is what order_tracking and the history say, whoever writes.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('copies.example') \gset
CREATE FUNCTION tests.copies(sold uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(', ', coalesce(tracking_number, '-'), coalesce(shipping_carrier::text, '-'), coalesce(cancellation_reason, '-')) FROM orders WHERE id = sold
$$;

SELECT tests.a_paid_sale('pi_parcel', :'buyer', :'seller', 10) AS sold \gset
SELECT is(tests.copies(:'sold'), '-, -, -', 'an order begins without a parcel');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT ship_order(:'sold', 'dhl', 'JD0001') \g /dev/null
SELECT is(tests.copies(:'sold'), 'JD0001, dhl, -', 'the seller sends it, and reads number and carrier in the order');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.copies(:'sold'), 'JD0001, dhl, -', 'the buyer too');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('anon buyer seller other admin', format('UPDATE orders SET tracking_number = ''X'' WHERE id = %L', :'sold')), '0 rows for other; 42501 for anon buyer seller admin', 'no client writes the copy');
SELECT is(tests.answers('service', format('UPDATE orders SET tracking_number = ''X'' WHERE id = %L', :'sold')), '23514 for service', 'nor the service');
SELECT is(tests.answers('service', format('UPDATE orders SET shipping_carrier = ''ups'' WHERE id = %L', :'sold')), '23514 for service', 'the carrier neither');
SELECT throws_ok(format('UPDATE orders SET tracking_number = NULL WHERE id = %L', :'sold'), '23514', 'tracking_number and shipping_carrier of an order must be those of its tracking', 'not even a superuser');
SELECT throws_ok(format('INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, tracking_number) VALUES (%L, %L, 1, 1, ''X'')', :'buyer', :'seller'), '23514', NULL, 'nor in a new order');
SELECT lives_ok(format('UPDATE orders SET tracking_number = ''JD0001'' WHERE id = %L', :'sold'), 'writing what it says does no harm');
SELECT tests.log_in_as_service() \g /dev/null
UPDATE order_tracking SET tracking_number = 'JD0002', carrier = 'ups' WHERE order_id = :'sold';
SELECT is(tests.copies(:'sold'), 'JD0002, ups, -', 'the service corrects the tracking, and the order follows');
DELETE FROM order_tracking WHERE order_id = :'sold';
SELECT is(tests.copies(:'sold'), '-, -, -', 'without the tracking there is no copy');
INSERT INTO order_tracking (order_id, carrier, tracking_number) VALUES (:'sold', 'fedex', 'F1');
SELECT is(tests.copies(:'sold'), 'F1, fedex, -', 'and with a new one there is');
SELECT tests.log_out() \g /dev/null

SELECT tests.a_sale(:'buyer', :'seller', 10) AS unwanted \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_order(:'unwanted', 'Too slow') \g /dev/null
SELECT is(tests.copies(:'unwanted'), '-, -, Too slow', 'the reason of a cancellation is in the order');
SELECT is((SELECT reason FROM order_status_history WHERE order_id = :'unwanted' AND to_status = 'cancelled'), 'Too slow', 'and in the history');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('service', format('UPDATE orders SET cancellation_reason = ''Mine'' WHERE id = %L', :'unwanted')), '23514 for service', 'it is not changed');
SELECT is(tests.answers('service', format('UPDATE orders SET cancellation_reason = NULL WHERE id = %L', :'unwanted')), '23514 for service', 'nor removed');
SELECT is(tests.answers('service', format('UPDATE orders SET cancellation_reason = ''Mine'' WHERE id = %L', :'sold')), '23514 for service', 'nor invented');
SELECT tests.a_sale(:'buyer', :'seller', 10) AS silent \gset
SELECT tests.log_in(:'buyer') \g /dev/null
UPDATE orders SET status = 'cancelled' WHERE id = :'silent';
SELECT is(tests.copies(:'silent'), '-, -, -', 'who cancels without a reason leaves none');
SELECT tests.log_out() \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
INSERT INTO order_status_history (order_id, from_status, to_status, reason) VALUES (:'sold', 'shipped', 'cancelled', 'Noted by mistake');
SELECT is(tests.copies(:'sold'), 'F1, fedex, -', 'a note about an order that was not cancelled is no reason');
SELECT tests.log_out() \g /dev/null

-- what a restored or repaired database says otherwise is found
SET LOCAL session_replication_role = replica;
UPDATE orders SET tracking_number = 'LOST' WHERE id = :'sold';
UPDATE orders SET cancellation_reason = 'Other' WHERE id = :'unwanted';
SET LOCAL session_replication_role = origin;
SELECT bag_eq($$SELECT object FROM check_integrity() WHERE rule = 'order_copy'$$, format('VALUES (%L), (%L)', 'orders ' || :'sold', 'orders ' || :'unwanted'), 'check_integrity() compares them');

SELECT * FROM finish();
ROLLBACK;
