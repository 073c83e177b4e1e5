SELECT pg_temp.delivered('pi_1') AS "order" \gset
SELECT id AS line FROM order_items WHERE order_id = :'order' \gset
-- example: open_return as buyer
SELECT open_return(:'line', 'defective', 'It flickers.') AS return;
--
SELECT id AS "return" FROM returns \gset
-- example: advance_return as seller
SELECT advance_return(:'return', 'approved', 'Please send it to the address on the parcel.');
-- example: advance_return as seller
SELECT advance_return(:'return', 'refunded');
--
UPDATE returns SET approved_at = now() - interval '30 days' WHERE id = :'return';
-- example: expire_returns as service
SELECT expire_returns();
-- example: send_reminders as service
SELECT send_reminders();
-- example: decide_overdue_returns as service
SELECT decide_overdue_returns();
SELECT status FROM returns WHERE id = :'return';
--
SELECT pg_temp.delivered('pi_2') AS "order" \gset
-- example: open_dispute as buyer
SELECT open_dispute(:'order', 'damaged_item', 'The shade is broken', 'It came in two parts, photos follow.') AS dispute;
--
SELECT id AS dispute FROM disputes \gset
-- example: reply_dispute as seller
SELECT reply_dispute(:'dispute', 'It was whole when I sent it.', '["disputes/packed.jpg"]');
SELECT status FROM disputes WHERE id = :'dispute';
-- example: add_dispute_note as moderator
SELECT add_dispute_note(:'dispute', 'The third broken parcel of this carrier this month.');
-- example: advance_dispute as admin
SELECT advance_dispute(:'dispute', 'awaiting_buyer_response', 'Please send us the photos.');
--
UPDATE disputes SET awaiting_since = now() - interval '30 days' WHERE id = :'dispute';
-- example: escalate_overdue_disputes as service
SELECT escalate_overdue_disputes();
-- example: resolve_dispute as admin
SELECT resolve_dispute(:'dispute', 'partial_refund', 'Half of the price, for the shade.', refund_amount => 20.00);
SELECT status, resolution FROM disputes WHERE id = :'dispute';
--
SELECT pg_temp.delivered('pi_3') AS "order" \gset
SELECT set_config('request.jwt.claims', json_build_object('sub', :'buyer')::text, false) \g /dev/null
SELECT open_dispute(:'order', 'other', 'No bulb', 'A bulb was promised.') AS dispute \gset
RESET request.jwt.claims;
-- example: cancel_dispute as buyer
SELECT cancel_dispute(:'dispute', 'The bulb came in a parcel of its own.');
--
SELECT transition_order(:'order', 'completed') \g /dev/null
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (:'order', :'buyer', :'seller', 5, 'seller');
-- example: suspicious_sales as admin
SELECT reason, orders, worth, by_platform, currency, ratings FROM suspicious_sales(days => 30, least_orders => 1);
