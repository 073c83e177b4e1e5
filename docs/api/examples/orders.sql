-- example: generate_order_number as service
SELECT generate_order_number();
--
SELECT pg_temp.buy() AS "order" \gset
SELECT pg_temp.paid(ARRAY[:'order']::uuid[], 'pi_1') \g /dev/null
-- example: transition_order as seller
SELECT transition_order(:'order', 'preparing', 'a matching bulb is on its way');
-- example: ship_order as seller
SELECT ship_order(:'order', 'dhl', 'JD014600006281');
-- example: confirm_delivery as buyer
SELECT confirm_delivery(:'order');
-- example: transition_order as buyer
SELECT transition_order(:'order', 'completed');
-- example: transition_order as seller
SELECT transition_order(:'order', 'cancelled');
-- example: order_timeline as buyer
SELECT from_status, to_status, actor, reason FROM order_timeline(:'order');
--
SELECT pg_temp.buy(3) AS "order" \gset
SELECT pg_temp.paid(ARRAY[:'order']::uuid[], 'pi_parcels') \g /dev/null
SELECT id AS item FROM order_items WHERE order_id = :'order' \gset
-- example: add_parcel as seller
SELECT add_parcel(:'order', 'dhl', 'JD01', items => jsonb_build_array(jsonb_build_object('order_item_id', :'item', 'quantity', 2)));
-- example: add_parcel as seller
SELECT add_parcel(:'order', 'dhl', 'JD20', items => jsonb_build_array(jsonb_build_object('order_item_id', :'item')));
-- example: update_parcel as seller
SELECT update_parcel(:'order', 2, tracking_number => 'JD02');
-- example: order_parcels as buyer
SELECT parcel_number, tracking_number, status, items FROM order_parcels(:'order');
-- example: confirm_parcel as buyer
SELECT confirm_parcel(:'order', 1);
-- example: remove_parcel as seller
SELECT remove_parcel(:'order', 2);
--
SELECT pg_temp.buy() AS "order" \gset
-- example: cancel_order as buyer
SELECT cancel_order(:'order', 'ordered by mistake');
SELECT quantity FROM listings WHERE id = :'lamp';
--
SELECT pg_temp.buy() AS "order" \gset
UPDATE orders SET created_at = now() - interval '1 day' WHERE id = :'order';
-- example: expire_unpaid_orders as service
SELECT expire_unpaid_orders();
SELECT status FROM orders WHERE id = :'order';
--
SELECT pg_temp.buy(2) AS "order" \gset
SELECT pg_temp.paid(ARRAY[:'order']::uuid[], 'pi_two') \g /dev/null
SELECT id AS item FROM order_items WHERE order_id = :'order' \gset
-- example: cancel_order_items as seller
SELECT cancel_order_items(:'order', jsonb_build_array(jsonb_build_object('order_item_id', :'item', 'quantity', 1)), 'One is broken.');
SELECT quantity, cancelled_quantity, total_price FROM order_items WHERE id = :'item';
SELECT amount, status FROM refund_requests WHERE order_id = :'order';
--
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (:'buyer', :'seller', 5, 5) RETURNING id AS unwanted \gset
-- example: deliver_overdue_orders as service
SELECT deliver_overdue_orders();
-- example: complete_overdue_orders as service
SELECT complete_overdue_orders();
-- example: update_order_status as buyer
SELECT update_order_status(:'unwanted', 'cancelled', :'buyer', 'Changed my mind');
-- example: increment_listing_quantity as service
SELECT increment_listing_quantity(:'lamp', 1);
-- example: forget_unpaid_addresses as service
SELECT forget_unpaid_addresses(max_rows => 10000);
