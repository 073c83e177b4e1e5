-- Conversations and messages as older applications call them: whose they are, what they show, and that they mark what was received only.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('talk.example') \gset
SELECT tests.a_listing(:'seller') AS lamp \gset
\set about '00000000-0000-4000-8000-0000000000c1'
\set direct '00000000-0000-4000-8000-0000000000c2'
INSERT INTO conversations (id, listing_id, buyer_id, seller_id) VALUES (:'about', :'lamp', :'buyer', :'seller');
INSERT INTO conversations (id, buyer_id, seller_id) VALUES (:'direct', :'seller', :'buyer');
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'other', :'seller');
INSERT INTO messages (conversation_id, sender_id, content, created_at) VALUES
    (:'about', :'buyer', 'one', '2030-01-01'), (:'about', :'seller', 'two', '2030-01-02'), (:'direct', :'seller', 'three', '2030-01-03'), (:'about', :'seller', 'four', '2030-01-04');
INSERT INTO messages (conversation_id, sender_id, content) SELECT id, :'other', 'private' FROM conversations WHERE buyer_id = :'other';

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT results_eq('SELECT id, participant_one_id, participant_two_id, last_message_content, unread_count_p1, unread_count_p2, status, other_participant ->> ''id'' FROM get_user_conversations_secure(10)',
    format($$VALUES (%1$L::uuid, %3$L::uuid, %4$L::uuid, 'four', 2, 1, 'active', %4$L), (%2$L::uuid, %4$L::uuid, %3$L::uuid, 'three', 0, 1, 'active', %4$L)$$, :'about', :'direct', :'buyer', :'seller'),
    'the buyer''s conversations, the latest first');
SELECT is((SELECT other_participant ->> 'username' FROM get_user_conversations_secure(1)), (SELECT username::text FROM profiles WHERE id = :'seller'), 'with the name of the other side');
SELECT is((SELECT other_participant::jsonb -> 'last_active_at' FROM get_user_conversations_secure(1)), 'null'::jsonb, 'and not when that was active');
SELECT is((SELECT count(*) FROM get_user_conversations_secure(1)), 1::bigint, 'and at most that many');
SELECT results_eq(format('SELECT content, receiver_id, read FROM get_conversation_messages_secure(%L, 3)', :'seller'),
    format($$VALUES ('two', %1$L::uuid, false), ('three', %1$L, false), ('four', %1$L, false)$$, :'buyer'), 'the latest messages between two, the oldest first');
SELECT is_empty(format('SELECT * FROM get_conversation_messages_secure(%L)', :'other'), 'with whom there was no talk there is none');
UPDATE conversations SET archived_by_seller = true WHERE id = :'direct';
SELECT is((SELECT status FROM get_user_conversations_secure() WHERE id = :'direct'), 'archived', 'an archived one says so');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.asked('seller', format('SELECT status FROM get_user_conversations_secure() WHERE id = %L', :'direct')), 'active', 'to who has archived it');
SELECT is(tests.asked('anon', 'SELECT count(*) FROM get_user_conversations_secure()'), '42501 permission denied for function get_user_conversations_secure', 'nobody reads without a user');
SELECT is(tests.asked('service', 'SELECT count(*) FROM get_user_conversations_secure()'), '0', 'the service has no conversations without one');

SELECT is(tests.answers('seller other admin suspended', format('SELECT mark_messages_as_read(%L, %L)', :'about', :'buyer')), '42501 for seller other admin suspended', 'nobody reads for another');
SELECT is(tests.answers('other', format('SELECT mark_messages_as_read(%L, %L)', :'about', :'other')), 'P0002 for other', 'nor in a conversation of others');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT mark_messages_as_read(:'about', :'buyer') \g /dev/null
SELECT results_eq(format('SELECT content, is_read, read_at = now() FROM messages WHERE conversation_id = %L ORDER BY created_at', :'about'), $$VALUES ('one', false, NULL), ('two', true, true), ('four', true, true)$$,
    'what the buyer received is read, and what the buyer sent is not');
SELECT results_eq(format('SELECT buyer_unread_count, seller_unread_count FROM conversations WHERE id = %L', :'about'), 'VALUES (0, 1)', 'and counted');
SELECT is(mark_conversation_read_secure(:'seller'), true, 'all with the seller are marked');
SELECT is((SELECT is_read FROM messages WHERE conversation_id = :'direct'), true, 'the direct one too');
SELECT is(mark_conversation_read_secure(:'other'), false, 'with others there is nothing');
SELECT tests.log_in_as_service() \g /dev/null
SELECT mark_messages_as_read(:'about', :'seller') \g /dev/null
SELECT is((SELECT count(*) FROM messages WHERE conversation_id = :'about' AND is_read IS NOT TRUE), 0::bigint, 'the service marks for whom it names');
SELECT is((SELECT count(*) FROM messages WHERE content = 'private' AND is_read), 0::bigint, 'and nobody has read what is private');
SELECT tests.log_out() \g /dev/null
SELECT is_empty('SELECT * FROM check_integrity() WHERE rule = ''unread_count''', 'counts are right');

SELECT * FROM finish();
ROLLBACK;
