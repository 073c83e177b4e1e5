-- A sale with all that belongs to it, where every table that can be is partitioned: as in one where none is.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('parts.example') \gset
SELECT driplo_partition(r.table_name) FROM private.partition_rules() r WHERE r.time_column IS NOT NULL \g /dev/null

CREATE FUNCTION tests.told_hint(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN hint;
END $$;

-- Checkouts write their history by a statement where rows can be written without one
SELECT tests.goods(:'seller', 'Lamp', 10) AS lamp, tests.an_address(:'buyer', true) AS address \gset
SELECT tests.put(:'buyer', :'lamp', 2) \g /dev/null
SELECT is(tests.buy(:'buyer', :'address'), 'as quoted', 'what is bought is what was quoted');
SELECT tests.last_bought() AS sold \gset
SELECT is((SELECT count(*) FROM order_status_history WHERE order_id = :'sold' AND from_status IS NULL AND event_id IS NOT NULL), 1::bigint, 'the history begins, and others are told');
SELECT is((SELECT tableoid::regclass::text LIKE 'order_status_history\_until\_%' FROM order_status_history WHERE order_id = :'sold'), true, 'in a partition');
SET LOCAL driplo.direct_writes = off;
SELECT tests.put(:'buyer', :'lamp', 1) \g /dev/null
SELECT is(tests.buy(:'buyer', :'address'), 'as quoted', 'the same by statements alone');
SET LOCAL driplo.direct_writes = on;
SELECT is((SELECT count(*) FROM order_status_history WHERE order_id = tests.last_bought()), 1::bigint, 'with the same history');

SELECT tests.log_in_as_service() \g /dev/null
SELECT start_payment(ARRAY[:'sold'::uuid], 'stripe', 'pi_parts') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_parts', 2000))), 'processed', 'it is paid');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT ship_order(:'sold', 'dhl', 'JD014600006281') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT confirm_delivery(:'sold') \g /dev/null
SELECT open_dispute(:'sold', 'item_not_as_described', 'Broken', 'It is broken.') AS dispute \gset
SELECT reply_dispute(:'dispute', 'Here is a photo.') \g /dev/null
SELECT tests.log_in(:'admin') \g /dev/null
SELECT resolve_dispute(:'dispute', 'no_action', 'Nothing is broken.') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT string_agg(to_status::text, ' ' ORDER BY created_at, to_status) FROM order_status_history WHERE order_id = :'sold' AND to_status IN ('paid', 'shipped', 'delivered')), 'paid shipped delivered', 'each step is in the history');
SELECT is((SELECT count(*) >= 2 FROM dispute_messages WHERE dispute_id = :'dispute'), true, 'what was said in the dispute is there');
SELECT is((SELECT count(*) >= 1 FROM shipping_events WHERE order_id = :'sold'), true, 'the events of the parcel');
SELECT is((SELECT count(*) >= 1 FROM admin_audit_log WHERE admin_id = :'admin'), true, 'and what the admin did');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((SELECT count(*) >= 4 FROM order_timeline(:'sold')), true, 'the buyer sees the steps');
SELECT is((SELECT count(*) > 0 FROM order_status_history), true, 'by the table too');
SELECT tests.log_in(:'other') \g /dev/null
SELECT is((SELECT count(*) FROM order_status_history), 0::bigint, 'and nobody else does');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok('SELECT * FROM messages', '42501', NULL, 'visitors read no messages');
SELECT tests.log_out() \g /dev/null
SELECT is_empty(format($$SELECT relname, role_name FROM pg_class CROSS JOIN unnest('{anon,authenticated,service_role}'::text[]) AS r (role_name)
    WHERE relispartition AND relkind = 'r' AND has_any_column_privilege(role_name, pg_class.oid, 'SELECT,INSERT,UPDATE,REFERENCES')$$), 'no client has a right on a partition');

-- Messages, as clients write them
\set talk '00000000-0000-4000-8000-0000000000c1'
INSERT INTO conversations (id, listing_id, buyer_id, seller_id) VALUES (:'talk', :'lamp', :'buyer', :'seller');
SELECT tests.log_in(:'buyer') \g /dev/null
INSERT INTO messages (id, conversation_id, sender_id, content, is_read, created_at) VALUES ('00000000-0000-4000-8000-0000000000a1', :'talk', :'buyer', 'Is it still there?', false, now());
SELECT lives_ok(format($$INSERT INTO messages (conversation_id, sender_id, content, created_at) VALUES (%L, %L, 'From my clock', '2001-01-01')$$, :'talk', :'buyer'), 'a time that the client sends is not kept');
SELECT is((SELECT count(*) FROM messages WHERE created_at = now()), 2::bigint, 'but that of the database');
SELECT throws_like(format($$INSERT INTO messages (conversation_id, sender_id, content, read_at) VALUES (%L, %L, 'x', now())$$, :'talk', :'buyer'), 'permission denied for column "read_at" of table "messages"', 'a column that is not the client''s is refused in words');
SELECT is(tests.told_hint(format($$INSERT INTO messages (conversation_id, sender_id, content, is_read) VALUES (%L, %L, 'x', true)$$, :'talk', :'buyer')), 'The recipient uses mark_conversation_read().', 'with the way');
SELECT throws_like('UPDATE messages SET content = ''Changed''', '%', 'a message stays as it was sent');
SELECT throws_ok('DELETE FROM messages', '42501', NULL, 'and stays');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT lives_ok('UPDATE messages SET is_read = true, content = content, conversation_id = conversation_id', 'an object mapper may send what it has read');
SELECT is((SELECT count(*) FROM messages WHERE read_at = now()), 2::bigint, 'what was read says when');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT buyer_unread_count || ' ' || seller_unread_count FROM conversations WHERE id = :'talk'), '0 0', 'and is counted');
SELECT tests.log_in(:'seller') \g /dev/null
INSERT INTO messages (conversation_id, sender_id, content) SELECT :'talk', :'seller', 'Yes ' || n FROM generate_series(1, 3) n;
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((SELECT buyer_unread_count FROM conversations WHERE id = :'talk'), 3, 'unread messages are counted');
SELECT is(mark_conversation_read(:'talk'), 3, 'and marked');
SELECT is((SELECT buyer_unread_count FROM conversations WHERE id = :'talk'), 0, 'and counted again');
SELECT tests.log_out() \g /dev/null

-- Sign-ins, by number
SELECT tests.log_in_as_service() \g /dev/null
SELECT log_auth_event(:'buyer', 'login') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT cmp_ok((SELECT max(id) FROM auth_login_history), '>', 0::bigint, 'sign-ins are numbered');

-- Jobs, exports, a deleted account
SELECT tests.log_in_as_service() \g /dev/null
SELECT set_eq('SELECT outcome FROM run_jobs(60)', 'VALUES (''done'')', 'the jobs run');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT request_data_export() \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT make_data_exports() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM data_export_parts WHERE part = 'messages_sent'), 1::bigint, 'a person''s messages are exported');
SELECT is_empty('SELECT * FROM check_integrity()', 'no rule is broken');
SELECT tests.delete_account(:'other') \g /dev/null
SELECT lives_ok(format('SELECT tests.delete_account(%L)', :'suspended'), 'accounts are deleted');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT is_empty('SELECT * FROM check_integrity()', 'and no rule is broken');
SELECT is_empty('SELECT item, found FROM installation_report() WHERE NOT ok', 'nor is anything missing');
SELECT is_empty('SELECT * FROM security_advisor()', 'or open');

SELECT * FROM finish();
ROLLBACK;
