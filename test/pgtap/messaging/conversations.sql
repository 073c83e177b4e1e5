-- Conversations, messages, notifications, follows.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(48);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('sue@example.com') AS sue, tests.sign_up('eve@example.com') AS eve \gset
SELECT tests.a_listing(:'sue') AS lamp, tests.a_listing(:'sue') AS chair, tests.a_listing(:'eve') AS vase \gset

-- Conversations: one for each pair and listing, and one without

SELECT tests.log_in(:'ann');
INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (:'lamp', :'ann', :'sue') RETURNING id AS about_lamp, is_direct AS lamp_is_direct \gset
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'ann', :'sue') RETURNING id AS direct, is_direct AS direct_is_direct \gset
SELECT is(ARRAY[:'lamp_is_direct', :'direct_is_direct']::boolean[], ARRAY[false, true], 'a conversation is direct when it begins without a listing');
SELECT throws_ok(format('INSERT INTO conversations (buyer_id, seller_id) VALUES (%L, %L)', :'ann', :'sue'), '23505', NULL, 'a direct conversation exists once');
SELECT throws_ok(format('INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (%L, %L, %L)', :'lamp', :'ann', :'sue'), '23505', NULL, 'one about a listing too');
SELECT lives_ok(format('INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (%L, %L, %L)', :'chair', :'ann', :'sue'), 'one about another listing is another one');
SELECT throws_ok(format('INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (%L, %L, %L)', :'vase', :'ann', :'sue'), '42501', NULL, 'a seller who does not own the listing is refused');
SELECT throws_ok(format('INSERT INTO conversations (buyer_id, seller_id) VALUES (%L, %L)', :'sue', :'eve'), '42501', NULL, 'nobody begins a conversation of others');
SELECT throws_ok(format('INSERT INTO conversations (buyer_id, seller_id) VALUES (%L, %L)', :'ann', :'ann'), '23514', NULL, 'nor with oneself');
SELECT throws_ok(format('INSERT INTO conversations (buyer_id, seller_id, is_direct) VALUES (%L, %L, true)', :'ann', :'eve'), '42501', NULL, 'nor says whether it is direct');
SELECT throws_ok(format('INSERT INTO conversations (buyer_id, seller_id, seller_unread_count) VALUES (%L, %L, 99)', :'ann', :'eve'), '42501', NULL, 'nor sets the other side''s counter');
SELECT throws_ok(format('UPDATE conversations SET seller_id = %L', :'eve'), '42501', NULL, 'nor hands it to somebody else');
SELECT throws_ok('UPDATE conversations SET archived_by_seller = true', '42501', NULL, 'nor archives it for the other side');
SELECT throws_ok('DELETE FROM conversations', '42501', NULL, 'nor deletes it');
SELECT is((SELECT count(*) FROM conversations), 3::bigint, 'she has three conversations');
SELECT tests.log_in(:'eve');
SELECT is((SELECT count(*) FROM conversations), 0::bigint, 'others do not see them');
SELECT tests.log_out();
SELECT results_eq('SELECT count(*), count(*) FILTER (WHERE is_direct), sum(seller_unread_count), bool_or(archived_by_seller) FROM conversations',
    'VALUES (3::bigint, 1::bigint, 0::bigint, false)', 'what was refused left no trace');

DELETE FROM listings WHERE id IN (:'lamp', :'chair');
SELECT results_eq('SELECT count(*), count(listing_id), count(*) FILTER (WHERE is_direct) FROM conversations', 'VALUES (3::bigint, 0::bigint, 1::bigint)',
    'listings can be deleted; their conversations stay, and do not become direct ones');
UPDATE conversations SET is_direct = true WHERE id = :'about_lamp';
SELECT is((SELECT is_direct FROM conversations WHERE id = :'about_lamp'), false, 'nothing makes them so');
SELECT throws_ok(format('UPDATE conversations SET seller_id = %L WHERE id = %L', :'ann', :'direct'), '23514', NULL, 'the two of a conversation differ');
SELECT lives_ok(format('UPDATE conversations SET buyer_unread_count = -1 WHERE id = %L; UPDATE conversations SET buyer_unread_count = 0 WHERE id = %1$L', :'direct'), 'a counter may be below zero for a while, when a trigger of somebody''s is counted before its statement');

-- Messages

SELECT tests.log_in(:'ann');
SELECT results_eq(format($$INSERT INTO messages (conversation_id, sender_id, content, created_at) VALUES (%L, %L, 'Hello', '2000-01-01') RETURNING created_at = now()$$, :'direct', :'ann'),
    'VALUES (true)', 'a party writes, now whatever the client says');
SELECT throws_ok(format($$INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, 'I agree')$$, :'direct', :'sue'), '42501', NULL, 'not in the other''s name');
SELECT throws_ok(format($$INSERT INTO messages (conversation_id, sender_id, content, edited_at) VALUES (%L, %L, 'Long ago', '2000-01-01')$$, :'direct', :'ann'), '42501', NULL, 'nor as if it had been edited');
SELECT throws_ok(format($$INSERT INTO messages (conversation_id, sender_id, content, is_read) VALUES (%L, %L, 'x', true)$$, :'direct', :'ann'), '42501', NULL, 'nor as if it were read');
SELECT throws_ok($$UPDATE messages SET content = 'Goodbye'$$, '42501', NULL, 'nor changes what was written');
SELECT throws_ok('DELETE FROM messages', '42501', NULL, 'nor takes it back');
SELECT tests.log_in(:'sue');
SELECT lives_ok(format($$INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, 'Hi')$$, :'direct', :'sue'), 'the other party answers');
SELECT results_eq('SELECT content FROM messages ORDER BY content', $$VALUES ('Hello'), ('Hi')$$, 'and reads both');
SELECT tests.log_in(:'eve');
SELECT is((SELECT count(*) FROM messages), 0::bigint, 'others do not');
SELECT throws_ok(format($$INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, 'Me too')$$, :'direct', :'eve'), '42501', NULL, 'nor write');
SELECT tests.log_in_as_anon();
SELECT throws_ok('SELECT * FROM messages', '42501', NULL, 'anon has nothing to do with messages');
SELECT tests.log_out();
SELECT results_eq('SELECT content FROM messages ORDER BY content', $$VALUES ('Hello'), ('Hi')$$, 'two messages were sent');

-- Notifications

SELECT tests.an_order(:'ann', :'eve') AS shop_order \gset
SELECT tests.log_in_as_service();
INSERT INTO notifications (user_id, type, title, message, related_user_id, related_order_id, related_listing_id)
    VALUES (:'ann', 'order_placed', 'Thank you', 'It is on its way.', :'sue', :'shop_order', :'vase') RETURNING id AS note \gset
SELECT tests.log_in(:'ann');
SELECT lives_ok('UPDATE notifications SET is_read = true, read_at = now()', 'a user marks the own notifications as read');
SELECT throws_ok($$UPDATE notifications SET message = 'You have won'$$, '42501', NULL, 'but does not rewrite them');
SELECT throws_ok(format($$INSERT INTO notifications (user_id, type, title, message) VALUES (%L, 'promotion_alert', 'x', 'y')$$, :'sue'), '42501', NULL, 'nor sends any');
SELECT throws_ok(format($$INSERT INTO notifications (user_id, type, title, message) VALUES (%L, 'promotion_alert', 'x', 'y')$$, :'ann'), '42501', NULL, 'not even to herself');
SELECT tests.log_in_as_anon();
SELECT throws_ok(format($$INSERT INTO notifications (user_id, type, title, message) VALUES (%L, 'promotion_alert', 'x', 'y')$$, :'ann'), '42501', NULL, 'neither does anon');
SELECT tests.log_out();
SELECT results_eq('SELECT message, is_read FROM notifications', $$VALUES ('It is on its way.', true)$$, 'there is one, and it was read');
DELETE FROM listings WHERE id = :'vase';
DELETE FROM orders WHERE id = :'shop_order';
SELECT results_eq('SELECT related_listing_id IS NULL, related_order_id IS NULL, related_user_id IS NULL FROM notifications', 'VALUES (true, true, false)',
    'what a notification is about can be deleted');
SELECT tests.log_in(:'ann');
DELETE FROM notifications;
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM notifications), 0::bigint, 'a user deletes the own notifications');

-- Preferences and follows

SELECT tests.log_in(:'ann');
SELECT lives_ok(format($$INSERT INTO notification_preferences (user_id, type, channel, enabled) VALUES (%L, 'new_message', 'push', false)
    ON CONFLICT (type, channel, user_id) DO UPDATE SET enabled = excluded.enabled$$, :'ann'), 'a user says what to be told, and how');
SELECT throws_ok(format($$INSERT INTO notification_preferences (user_id, type, channel) VALUES (%L, 'new_message', 'push')$$, :'sue'), '42501', NULL, 'for herself');
SELECT lives_ok(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'ann', :'sue'), 'a user follows another');
SELECT throws_ok(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'ann', :'sue'), '23505', NULL, 'once');
SELECT throws_ok(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'ann', :'ann'), '23514', NULL, 'not herself');
SELECT throws_ok(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'eve', :'ann'), '42501', NULL, 'and makes nobody follow her');
SELECT tests.log_in(:'sue');
DELETE FROM user_follows;
SELECT tests.log_in_as_anon();
SELECT is((SELECT count(*) FROM user_follows), 1::bigint, 'who is followed cannot undo it; everybody may see it');
SELECT tests.log_in(:'ann');
DELETE FROM user_follows;
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM user_follows), 0::bigint, 'who follows can');
SELECT is((SELECT count(*) FROM notification_preferences), 1::bigint, 'there is the one preference');

SELECT * FROM finish();
ROLLBACK;
