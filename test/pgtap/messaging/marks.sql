-- What people may mark: archived conversations, read messages, read notifications. And the counts that follow from it.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(82);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('sue@example.com') AS sue, tests.sign_up('eve@example.com') AS eve, tests.sign_up('boss@example.com') AS boss \gset
SELECT promote_to_admin('boss@example.com');
SELECT tests.a_listing(:'sue') AS lamp \gset
INSERT INTO conversations (id, listing_id, buyer_id, seller_id) VALUES ('00000000-0000-4000-8000-0000000000c1', :'lamp', :'ann', :'sue');
INSERT INTO conversations (id, buyer_id, seller_id, last_message_at) VALUES ('00000000-0000-4000-8000-0000000000c2', :'ann', :'sue', '2020-01-01');
\set about_lamp '00000000-0000-4000-8000-0000000000c1'
\set direct '00000000-0000-4000-8000-0000000000c2'
-- "buyer's, seller's" counts of a conversation; the superuser sees them all
CREATE FUNCTION tests.unread(conversation uuid) RETURNS text LANGUAGE sql SECURITY DEFINER AS
    'SELECT buyer_unread_count || '', '' || seller_unread_count FROM conversations WHERE id = conversation';
-- the same, counted
CREATE FUNCTION tests.unread_messages(conversation uuid) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT count(m.id) FILTER (WHERE m.sender_id IS DISTINCT FROM c.buyer_id) || ', ' || count(m.id) FILTER (WHERE m.sender_id IS DISTINCT FROM c.seller_id)
      FROM conversations c LEFT JOIN messages m ON m.conversation_id = c.id AND m.is_read IS NOT TRUE WHERE c.id = conversation
$$;

-- Archive marks

SELECT tests.log_in(:'ann');
SELECT lives_ok(format('UPDATE conversations SET archived_by_buyer = true WHERE id = %L', :'direct'), 'the buyer archives a conversation');
SELECT throws_ok(format('UPDATE conversations SET archived_by_seller = true WHERE id = %L', :'direct'), '42501', 'cannot archive a conversation for the other participant', 'not for the seller');
SELECT throws_ok(format('UPDATE conversations SET archived_by_buyer = false, archived_by_seller = true WHERE id = %L', :'direct'), '42501', 'cannot archive a conversation for the other participant', 'nor beside the own mark');
SELECT throws_ok(format('UPDATE conversations SET %I = %s WHERE id = %L', name, value, :'direct'), '42501', format('permission denied for column "%s" of table "conversations"', name), name || ' is no client''s')
  FROM (VALUES ('buyer_unread_count', '1'), ('seller_unread_count', '99'), ('listing_id', quote_literal(:'lamp')), ('buyer_id', 'seller_id'),
               ('seller_id', 'buyer_id'), ('is_direct', 'false'), ('id', 'gen_random_uuid()')) AS change (name, value);
SELECT lives_ok(format($$UPDATE conversations SET last_message_at = '2000-01-01', created_at = '2000-01-01' WHERE id = %L$$, :'direct'), 'times that a client sends count as not sent');
SELECT ok((SELECT last_message_at = '2020-01-01' AND created_at = now() FROM conversations WHERE id = :'direct'), 'and stay as they were');
SELECT tests.log_in(:'sue');
SELECT lives_ok(format('UPDATE conversations SET archived_by_seller = true WHERE id = %L', :'about_lamp'), 'the seller archives another one');
SELECT throws_ok(format('UPDATE conversations SET archived_by_buyer = false WHERE id = %L', :'direct'), '42501', 'cannot archive a conversation for the other participant', 'and does not fetch it back for the buyer');
SELECT lives_ok(format('UPDATE conversations SET archived_by_buyer = true, archived_by_seller = false WHERE id = %L', :'direct'), 'naming the other mark as it is does no harm');
SELECT tests.log_in(:'eve');
WITH changed AS (UPDATE conversations SET archived_by_buyer = false RETURNING 1) SELECT count(*) AS changed FROM changed \gset
SELECT is(:changed, 0, 'for a stranger there is none');
SELECT tests.log_in(:'boss');
WITH changed AS (UPDATE conversations SET archived_by_buyer = false RETURNING 1) SELECT count(*) AS changed FROM changed \gset
SELECT is(:changed, 0, 'nor for an admin: conversations are private');
SELECT tests.log_in_as_anon();
SELECT throws_ok('UPDATE conversations SET archived_by_buyer = false', '42501', 'permission denied for table conversations', 'nor for anon');
SELECT tests.log_out();
SELECT results_eq('SELECT archived_by_buyer, archived_by_seller FROM conversations ORDER BY id', 'VALUES (false, true), (true, false)', 'there are the two marks that were set');
SELECT tests.log_in_as_service();
SELECT lives_ok('UPDATE conversations SET archived_by_buyer = false, archived_by_seller = false', 'the service sets both');

-- Counts of new messages

SELECT tests.log_in(:'ann');
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'direct', :'ann', 'Hello'), (:'direct', :'ann', 'Anybody there?'), (:'about_lamp', :'ann', 'Is it bright?');
SELECT is(ARRAY[tests.unread(:'direct'), tests.unread(:'about_lamp')], ARRAY['0, 2', '0, 1'], 'what the buyer writes is unread for the seller');
SELECT ok((SELECT last_message_at = now() FROM conversations WHERE id = :'direct'), 'and the time of the last message moves');
SELECT tests.log_in(:'sue');
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'direct', :'sue', 'Yes');
SELECT is(tests.unread(:'direct'), '1, 2', 'what the seller writes is unread for the buyer, and reads nothing');
SELECT tests.log_in(:'eve');
SELECT throws_ok(format($$INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, 'Me too')$$, :'direct', :'eve'), '42501', NULL, 'a stranger writes nothing');
SELECT tests.log_in_as_service();
INSERT INTO messages (conversation_id, sender_id, content, created_at) VALUES (:'direct', :'ann', 'Long ago', '2000-01-01');
SELECT ok((SELECT last_message_at = now() FROM conversations WHERE id = :'direct'), 'an old message that is loaded does not take the time back');
INSERT INTO messages (conversation_id, sender_id, content, is_read, created_at) VALUES (:'direct', :'ann', 'Soon', true, now() + interval '1 hour');
SELECT ok((SELECT last_message_at = now() + interval '1 hour' FROM conversations WHERE id = :'direct'), 'a later one moves it');
SELECT tests.log_out();
SELECT is(tests.unread(:'direct'), '1, 3', 'an unread one counts, a read one does not');

-- Marking messages as read

SELECT tests.log_in(:'sue');
SELECT lives_ok(format($$UPDATE messages SET is_read = true WHERE content = 'Hello'$$), 'who received a message marks it as read');
SELECT is(tests.unread(:'direct'), '1, 2', 'and the count falls');
SELECT lives_ok(format($$UPDATE messages SET is_read = true WHERE content = 'Hello'$$), 'twice is once');
SELECT is(tests.unread(:'direct'), '1, 2', 'for the count too');
SELECT throws_ok($$UPDATE messages SET is_read = true WHERE content = 'Yes'$$, '42501', 'only the recipient can mark a message as read', 'who sent it does not');
SELECT throws_ok('UPDATE messages SET is_read = true', '42501', 'only the recipient can mark a message as read', 'not among others either');
SELECT is(tests.unread(:'direct'), '1, 2', 'which marked none of them');
SELECT lives_ok($$UPDATE messages SET is_read = false WHERE content = 'Hello'$$, 'what was read can become unread');
SELECT is(tests.unread(:'direct'), '1, 3', 'and counts again');
SELECT lives_ok($$UPDATE messages SET is_read = NULL WHERE content = 'Hello'$$, 'not known to be read is unread');
SELECT is(tests.unread(:'direct'), '1, 3', 'for the count');
SELECT throws_ok(format('UPDATE messages SET %I = %s WHERE content = ''Hello''', name, value), '42501', format('permission denied for column "%s" of table "messages"', name), name || ' of a message stays')
  FROM (VALUES ('content', '''Goodbye'''), ('sender_id', quote_literal(:'sue')), ('conversation_id', quote_literal(:'about_lamp')), ('edited_at', 'now()'), ('attachments', '''[{"url": "x"}]''')) AS change (name, value);
SELECT tests.log_in(:'eve');
WITH changed AS (UPDATE messages SET is_read = true RETURNING 1) SELECT count(*) AS changed FROM changed \gset
SELECT is(:changed, 0, 'for a stranger there is no message');
SELECT tests.log_in(:'boss');
WITH changed AS (UPDATE messages SET is_read = true RETURNING 1) SELECT count(*) AS changed FROM changed \gset
SELECT is(:changed, 0, 'nor for an admin');
SELECT tests.log_in_as_anon();
SELECT throws_ok('UPDATE messages SET is_read = true', '42501', 'permission denied for table messages', 'nor for anon');

-- A whole conversation

SELECT tests.log_in(:'sue');
SELECT is(mark_conversation_read(:'direct'), 3, 'the seller marks a conversation as read');
SELECT is(mark_conversation_read(:'direct'), 0, 'once');
SELECT is(tests.unread(:'direct'), '1, 0', 'the buyer''s count stays');
SELECT is(tests.unread(:'about_lamp'), '0, 1', 'so does the other conversation');
SELECT throws_ok('SELECT mark_conversation_read(NULL)', '22004', 'conversation_id must not be NULL', 'a conversation has to be named');
SELECT tests.log_in(:'eve');
SELECT throws_ok(format('SELECT mark_conversation_read(%L)', :'direct'), 'P0002', format('conversation "%s" does not exist', :'direct'), 'a stranger''s is none');
SELECT throws_ok('SELECT mark_conversation_read(''00000000-0000-4000-8000-00000000dead'')', 'P0002', 'conversation "00000000-0000-4000-8000-00000000dead" does not exist', 'as one that is not there');
SELECT tests.log_in(:'boss');
SELECT throws_ok(format('SELECT mark_conversation_read(%L)', :'direct'), 'P0002', format('conversation "%s" does not exist', :'direct'), 'an admin reads nobody''s messages');
SELECT tests.log_in_as_anon();
SELECT throws_ok(format('SELECT mark_conversation_read(%L)', :'direct'), '42501', NULL, 'anon neither');
SELECT tests.log_out();
SELECT is(tests.unread(:'direct'), '1, 0', 'what was refused left no trace');
SELECT tests.log_in_as_service();
SELECT set_config('request.jwt.claims', jsonb_build_object('role', 'service_role', 'sub', :'sue')::text, true);
SELECT is(mark_conversation_read(:'direct'), 0, 'the service marks for the person that it acts for');
SELECT set_config('request.jwt.claims', '{"role": "service_role"}', true);
SELECT is(mark_conversation_read(:'direct'), 1, 'or for both');
SELECT tests.log_out();
SELECT is(tests.unread(:'direct'), '0, 0', 'nothing is unread then');

-- The counts are exact whatever the service does

INSERT INTO messages (conversation_id, sender_id, content)
    SELECT CASE WHEN n % 3 = 0 THEN :'about_lamp'::uuid ELSE :'direct'::uuid END, CASE WHEN n % 2 = 0 THEN :'ann'::uuid ELSE :'sue'::uuid END, 'Message ' || n FROM generate_series(1, 600) n;
SELECT is(ARRAY[tests.unread(:'direct'), tests.unread(:'about_lamp')], ARRAY['200, 200', '100, 101'], 'many messages of one statement are counted');
SELECT tests.log_in_as_service();
DELETE FROM messages WHERE content ~ '^Message .*7$';
SELECT tests.log_out();
SELECT is(ARRAY[tests.unread(:'direct'), tests.unread(:'about_lamp')], ARRAY[tests.unread_messages(:'direct'), tests.unread_messages(:'about_lamp')], 'so are those that are deleted');
UPDATE messages SET is_read = true WHERE content ~ '^Message .*[12]$';
SELECT is(ARRAY[tests.unread(:'direct'), tests.unread(:'about_lamp')], ARRAY[tests.unread_messages(:'direct'), tests.unread_messages(:'about_lamp')], 'those that are read at once');
UPDATE messages SET conversation_id = :'about_lamp' WHERE content ~ '^Message .*5$' AND conversation_id = :'direct';
SELECT is(ARRAY[tests.unread(:'direct'), tests.unread(:'about_lamp')], ARRAY[tests.unread_messages(:'direct'), tests.unread_messages(:'about_lamp')], 'those that move');
UPDATE messages SET sender_id = :'ann' WHERE content ~ '^Message .*3$' AND conversation_id = :'direct';
SELECT is(ARRAY[tests.unread(:'direct'), tests.unread(:'about_lamp')], ARRAY[tests.unread_messages(:'direct'), tests.unread_messages(:'about_lamp')], 'those that get another sender');
UPDATE conversations SET buyer_unread_count = 0, seller_unread_count = 0 WHERE id = :'direct';
DELETE FROM messages WHERE id = (SELECT id FROM messages WHERE conversation_id = :'direct' AND is_read IS NOT TRUE LIMIT 1);
SELECT is(tests.unread(:'direct'), tests.unread_messages(:'direct'), 'a count that was wrong stops nobody and is right again');
SELECT lives_ok(format('DELETE FROM conversations WHERE id = %L', :'about_lamp'), 'a conversation goes with its messages');

-- Who is suspended reads on, and writes nothing

UPDATE profiles SET suspended_at = now() WHERE id = :'sue';
SELECT tests.log_in(:'sue');
SELECT cmp_ok(mark_conversation_read(:'direct'), '>', 0, 'a suspended user marks a conversation as read');
SELECT lives_ok('UPDATE conversations SET archived_by_seller = true', 'and archives it');
SELECT throws_ok(format($$INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, 'Let me back')$$, :'direct', :'sue'), '42501', NULL, 'but writes no message');
SELECT tests.log_out();
SELECT is(tests.unread(:'direct'), tests.unread_messages(:'direct'), 'the counts are those of the messages');

-- What a deleted person wrote stays unread

SELECT tests.sign_up('gone@example.com') AS gone \gset
INSERT INTO conversations (id, buyer_id, seller_id) VALUES ('00000000-0000-4000-8000-0000000000c3', :'gone', :'eve');
\set farewell '00000000-0000-4000-8000-0000000000c3'
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'farewell', :'gone', 'Goodbye'), (:'farewell', :'gone', 'Again'), (:'farewell', :'eve', 'Wait');
DELETE FROM auth.users WHERE id = :'gone';
SELECT is((SELECT seller_unread_count FROM conversations WHERE id = :'farewell'), 2, 'the messages of a deleted person are unread as before');
SELECT tests.log_in(:'eve');
SELECT is(mark_conversation_read(:'farewell'), 2, 'and can be read');
SELECT tests.log_out();
SELECT is((SELECT seller_unread_count FROM conversations WHERE id = :'farewell'), 0, 'then they are not unread any more');

-- Where grants are wider than driplo's, the guards still hold

GRANT UPDATE (seller_unread_count, seller_id) ON conversations TO authenticated;
GRANT UPDATE (content, edited_at) ON messages TO authenticated;
GRANT UPDATE (message) ON notifications TO authenticated;
SELECT tests.log_in(:'ann');
SELECT throws_ok('UPDATE conversations SET seller_unread_count = 99', '42501', 'only archived_by_buyer and archived_by_seller of a conversation can be changed', 'a client does not write the other side''s count');
SELECT throws_ok(format('UPDATE conversations SET seller_id = %L', :'eve'), '42501', 'only archived_by_buyer and archived_by_seller of a conversation can be changed', 'nor hands a conversation over');
SELECT throws_ok($$UPDATE messages SET content = 'Goodbye', edited_at = now()$$, '42501', 'sent messages cannot be changed', 'nor edits messages');
SELECT tests.log_out();

-- Notifications

INSERT INTO notifications (user_id, type, title, message) VALUES (:'ann', 'new_message', 'A message', 'Sue has written.');
SELECT tests.log_in(:'ann');
UPDATE notifications SET is_read = true, read_at = '2000-01-01';
SELECT results_eq('SELECT is_read, read_at = now() FROM notifications', 'VALUES (true, true)', 'a notification is read now, whatever the client says');
UPDATE notifications SET read_at = '2000-01-01';
SELECT results_eq('SELECT is_read, read_at = now() FROM notifications', 'VALUES (true, true)', 'that does not change afterwards');
UPDATE notifications SET is_read = false;
SELECT results_eq('SELECT is_read, read_at IS NULL FROM notifications', 'VALUES (false, true)', 'what is unread has no time');
UPDATE notifications SET read_at = '2000-01-01';
SELECT ok((SELECT read_at IS NULL FROM notifications), 'and gets none');
SELECT throws_ok($$UPDATE notifications SET message = 'You have won', is_read = true$$, '42501', 'only is_read of a notification can be changed', 'the text is not the client''s even with the right to it');
SELECT tests.log_in_as_service();
UPDATE notifications SET is_read = true, read_at = '2020-01-01', title = 'Another message';
SELECT results_eq('SELECT is_read, read_at, title FROM notifications', $$VALUES (true, timestamptz '2020-01-01', 'Another message')$$, 'the service writes what it likes');
SELECT tests.log_out();

SELECT * FROM finish();
ROLLBACK;
