-- When a message was read, and when a conversation changed: kept by the database.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('times.example') \gset
INSERT INTO conversations (id, buyer_id, seller_id, updated_at) VALUES ('00000000-0000-4000-8000-0000000000c1', :'buyer', :'seller', '2020-01-01');
\set talk '00000000-0000-4000-8000-0000000000c1'
CREATE FUNCTION tests.changed_now() RETURNS boolean LANGUAGE sql SECURITY DEFINER AS $$
    SELECT updated_at = now() FROM conversations WHERE id = '00000000-0000-4000-8000-0000000000c1'
$$;
CREATE FUNCTION tests.age_conversation() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    UPDATE conversations SET updated_at = '2020-01-01', last_message_at = '2020-01-01';
    SET LOCAL session_replication_role = origin;
END $$;

SELECT tests.age_conversation() \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
INSERT INTO messages (id, conversation_id, sender_id, content) VALUES ('00000000-0000-4000-8000-0000000000d1', :'talk', :'buyer', 'Hello'), ('00000000-0000-4000-8000-0000000000d2', :'talk', :'buyer', 'Still there?');
SELECT is(tests.changed_now(), true, 'a message changes the conversation');
SELECT is((SELECT count(read_at) FROM messages), 0::bigint, 'it is unread at first');
SELECT tests.log_out() \g /dev/null
SELECT tests.age_conversation() \g /dev/null
SELECT tests.log_in(:'seller') \g /dev/null
UPDATE messages SET is_read = true, read_at = '2001-01-01' WHERE id = '00000000-0000-4000-8000-0000000000d1';
SELECT results_eq('SELECT is_read, read_at FROM messages ORDER BY id', 'VALUES (true, now()), (false, NULL)', 'the recipient marks one as read: now, whatever else is said');
SELECT is(tests.changed_now(), false, 'which is no change of the conversation');
SELECT is(mark_conversation_read(:'talk'), 1, 'the other one is marked by the function');
SELECT is((SELECT count(*) FROM messages WHERE read_at = now()), 2::bigint, 'with its time');
UPDATE messages SET read_at = '2001-01-01';
SELECT is((SELECT count(*) FROM messages WHERE read_at = now()), 2::bigint, 'which stays');
UPDATE messages SET is_read = false WHERE id = '00000000-0000-4000-8000-0000000000d1';
SELECT is((SELECT read_at FROM messages WHERE id = '00000000-0000-4000-8000-0000000000d1'), NULL, 'an unread message was not read');
SELECT throws_ok($$UPDATE messages SET content = 'x', read_at = now()$$, '42501', NULL, 'and nothing else of it is changed');
SELECT is(tests.changed_now(), false, 'nor has the conversation changed');
UPDATE conversations SET archived_by_seller = true;
SELECT is(tests.changed_now(), true, 'an archive mark changes it');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('anon buyer seller other', 'UPDATE conversations SET updated_at = ''2001-01-01'''), '0 rows for other; 1 rows for buyer seller; 42501 for anon', 'its time is no client''s: it stays');

SELECT tests.log_in_as_service() \g /dev/null
UPDATE messages SET is_read = true, read_at = '2001-01-01' WHERE id = '00000000-0000-4000-8000-0000000000d1';
SELECT is((SELECT read_at FROM messages WHERE id = '00000000-0000-4000-8000-0000000000d1'), '2001-01-01'::timestamptz, 'the service may know when');
UPDATE messages SET is_read = false;
SELECT is((SELECT count(read_at) FROM messages), 0::bigint, 'and unread is unread for it as well');
UPDATE messages SET is_read = true;
SELECT is((SELECT count(*) FROM messages WHERE read_at = now()), 2::bigint, 'or leaves the time to the database');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
