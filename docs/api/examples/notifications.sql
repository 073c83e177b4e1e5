INSERT INTO user_follows (follower_id, following_id) VALUES (:'buyer', :'seller'), (:'admin', :'seller');
UPDATE profiles SET language_preference = 'bg' WHERE id = :'seller';
SELECT deliver_events() \g /dev/null
-- example: my_notifications as seller
SELECT type, title, count, jsonb_array_length(actors) AS actors, is_read FROM my_notifications();
-- example: unread_counts as seller
SELECT unread_counts();
-- example: mark_notifications_seen as seller
SELECT mark_notifications_seen();
SELECT unread_counts();
-- example: mark_notifications_read as seller
SELECT mark_notifications_read();
SELECT mark_notifications_read() AS again;
-- example: my_notification_preferences as buyer
SELECT * FROM my_notification_preferences() WHERE type IN ('order_paid', 'new_follower');
-- example: set_notification_preference as buyer
SELECT set_notification_preference('new_follower', 'email', true);
SELECT set_notification_preference('order_paid', 'in_app', false);
-- example: set_notification_settings as buyer
SELECT set_notification_settings(timezone => 'Europe/Berlin', quiet_from => '22:00', quiet_to => '07:00', marketing => true);
-- example: my_notification_settings as buyer
SELECT * FROM my_notification_settings();
-- example: my_channel as buyer
SELECT my_channel() LIKE 'driplo_u_%' AS "nobody guesses it";
-- example: register_push_token as buyer
SELECT register_push_token('what the push service calls the device', 'ios');
-- example: unregister_push_token as buyer
SELECT unregister_push_token('what the push service calls the device');
-- example: send_promotion as admin
SELECT send_promotion('{"en": "Winter sale", "bg": "Зимна разпродажба"}', '{"en": "Until Sunday."}', '/sale') IS NOT NULL AS queued;
-- example: fan_out_notifications as service
SELECT fan_out_notifications() AS users;
--
UPDATE notification_settings SET quiet_from = NULL, quiet_to = NULL;
INSERT INTO notification_preferences (user_id, type, channel, enabled) VALUES (:'buyer', 'new_rating', 'email', true);
SELECT pg_temp.buy() AS bought \gset
SELECT pg_temp.paid(ARRAY[:'bought'::uuid], 'pi_notified') \g /dev/null
SELECT deliver_events() \g /dev/null
-- example: claim_deliveries as service
SELECT address, locale, title, action_url LIKE '/orders/%' AS "leads to the order" FROM claim_deliveries('email') ORDER BY address, title;
-- example: settle_delivery as service
SELECT settle_delivery(id, 'sent', provider_id => 'message-1') FROM notification_deliveries WHERE attempts = 1 LIMIT 1;
-- example: unsubscribe as anon
SELECT unsubscribe('not a token that came in an e-mail') IS NULL AS "nothing has changed";
-- example: prune_deliveries as service
SELECT prune_deliveries();
