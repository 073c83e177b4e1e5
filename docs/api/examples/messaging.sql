INSERT INTO conversations (buyer_id, seller_id, listing_id) VALUES (:'buyer', :'seller', :'lamp') RETURNING id AS conversation \gset
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'conversation', :'seller', 'It comes with a bulb.'), (:'conversation', :'seller', 'A warm one.');
-- example: mark_conversation_read as buyer
SELECT mark_conversation_read(:'conversation');
SELECT mark_conversation_read(:'conversation') AS again;
--
-- example: block_user as buyer
SELECT block_user(:'seller');
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'conversation', :'buyer', 'Please stop.');
-- example: my_blocks as buyer
SELECT username, full_name FROM my_blocks();
-- example: unblock_user as buyer
SELECT unblock_user(:'seller');
-- example: mark_messages_as_read as buyer
SELECT mark_messages_as_read(:'conversation', :'buyer');
-- example: mark_conversation_read_secure as buyer
SELECT mark_conversation_read_secure(:'seller');
-- example: get_user_conversations_secure as buyer
SELECT other_participant ->> 'username' AS "with", unread_count_p1, status FROM get_user_conversations_secure(10);
-- example: get_conversation_messages_secure as buyer
SELECT content, read, sender_profile ->> 'username' AS sender FROM get_conversation_messages_secure(:'seller', 10) ORDER BY content;
