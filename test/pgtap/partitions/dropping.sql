-- Old partitions are dropped as a whole, when nothing in them has to be kept; what was counted of them is counted right afterwards.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('old.example') \gset

-- A table that was partitioned three years ago: its first partition ends there, and months follow.
CREATE FUNCTION tests.partitioned_long_ago(table_name text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    time_column text := (SELECT r.time_column FROM private.partition_rules() r WHERE r.table_name = partitioned_long_ago.table_name);
    ends timestamptz := date_trunc('month', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC' - interval '3 years';
BEGIN
    PERFORM private.add_partition_check(table_name, time_column, ends);
    EXECUTE format('ALTER TABLE %I VALIDATE CONSTRAINT %I', table_name, table_name || '_partition_check');
    PERFORM private.swap_table(table_name, time_column, 'month');
    EXECUTE format('GRANT CREATE ON SCHEMA %I TO driplo_owner', tests.home());
END $$;
CREATE FUNCTION tests.told(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
    detail text;
BEGIN
    EXECUTE statement INTO told;
    RETURN told;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' | ', SQLSTATE || ' ' || SQLERRM, nullif(detail, ''));
END $$;
CREATE FUNCTION tests.months_ago(n integer) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => n)) AT TIME ZONE 'UTC'
$$;
SELECT tests.partitioned_long_ago(name) FROM unnest('{messages,query_performance_log,slow_queries}'::text[]) AS t (name) \g /dev/null
SELECT is((SELECT count(*) FROM private.partitions('messages')), 39::bigint, 'three years of months, and what was before');

-- Messages
SELECT tests.a_listing(:'seller') AS lamp \gset
\set talk '00000000-0000-4000-8000-0000000000c1'
\set other_talk '00000000-0000-4000-8000-0000000000c2'
INSERT INTO conversations (id, listing_id, buyer_id, seller_id, created_at) VALUES (:'talk', :'lamp', :'buyer', :'seller', now() - interval '3 years'), (:'other_talk', :'lamp', :'other', :'seller', now() - interval '3 years');
INSERT INTO messages (conversation_id, sender_id, content, created_at, is_read) VALUES
    (:'talk', :'buyer', 'old and read', tests.months_ago(30) + interval '1 day', true), (:'talk', :'buyer', 'old and unread', tests.months_ago(30) + interval '2 days', false),
    (:'talk', :'seller', 'another month, unread', tests.months_ago(28) + interval '3 days', false), (:'other_talk', :'other', 'old too', tests.months_ago(30) + interval '2 days', false),
    (:'talk', :'buyer', 'young', now() - interval '1 hour', false);
SELECT is((SELECT buyer_unread_count || ' ' || seller_unread_count FROM conversations WHERE id = :'talk'), '1 2', 'unread messages are counted');

SELECT is(tests.told('SELECT driplo_drop_before(''messages'', NULL)'), '22004 before must not be NULL', 'a date has to be said');
SELECT matches(tests.told('SELECT driplo_drop_before(''messages'', (now() - interval ''80 days'')::date)'), '^22023 rows of table "messages" after .* must be kept \| Statistics of users', 'and not a late one');
SELECT matches(tests.told('SELECT driplo_drop_before(''slow_queries'', (now() + interval ''2 days'')::date)'), '^22023 ', 'nor one to come');
SELECT is(tests.told('SELECT driplo_drop_before(''ledger_entries'', ''2020-01-01'')'), '0A000 table "ledger_entries" cannot be partitioned | Its unique key keeps an event from being booked twice: with the time in it, it would not.', 'nor of the ledger');
SELECT is(tests.told('SELECT driplo_drop_before(''messages'', ''2001-01-01'')'), 'messages: no partition ends at 2001-01-01 or before.', 'nothing is so old');

-- what must be kept
SELECT tests.a_sale(:'buyer', :'seller', 10) AS sold \gset
UPDATE orders SET status = 'paid' WHERE id = :'sold';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT open_dispute(:'sold', 'item_not_received', 'Nothing came', 'It did not come.') AS dispute \gset
SELECT tests.log_out() \g /dev/null
SELECT matches(tests.told(format('SELECT driplo_drop_before(''messages'', %L)', tests.months_ago(29)::date)), '^55000 partitions of table "messages" have rows that must be kept \| Before .*: 2 messages between the parties of an open dispute or return\.$', 'what an open dispute may need stays');
SELECT is((SELECT count(*) FROM messages), 5::bigint, 'all of it');
SELECT is((SELECT count(*) FROM private.partitions('messages')), 39::bigint, 'in its partitions');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_dispute(:'dispute') \g /dev/null
SELECT tests.log_out() \g /dev/null
INSERT INTO reports (report_number, reporter_id, target_type, target_id, category, snapshot)
SELECT 'R-1', :'other', 'message', id, 'spam', '{}' FROM messages WHERE content = 'old and read';
SELECT matches(tests.told(format('SELECT driplo_drop_before(''messages'', %L)', tests.months_ago(29)::date)), '1 messages in reports that are not closed', 'so does what is reported');
UPDATE reports SET status = 'closed', decision = 'dismiss', decided_at = now() WHERE report_number = 'R-1';

SELECT is(tests.told(format('SELECT driplo_drop_before(''messages'', %L)', (tests.months_ago(29) + interval '5 days')::date)), format('messages: 8 partitions were dropped, up to %s.', tests.months_ago(29)::date), 'then whole partitions go');
SELECT results_eq('SELECT content FROM messages ORDER BY created_at', $$VALUES ('another month, unread'), ('young')$$, 'and what is younger stays');
SELECT is((SELECT buyer_unread_count || ' ' || seller_unread_count FROM conversations WHERE id = :'talk'), '1 1', 'the unread messages are counted without them');
SELECT is((SELECT seller_unread_count FROM conversations WHERE id = :'other_talk'), 0, 'in each conversation');
SELECT is_empty('SELECT * FROM check_integrity() WHERE rule IN (''unread_count'', ''last_message'')', 'as the rules have it');
SELECT is_empty('SELECT item, found FROM installation_report() WHERE NOT ok', 'the report misses nothing');
INSERT INTO messages (conversation_id, sender_id, content, created_at, is_read) VALUES (:'talk', :'buyer', 'from an archive', tests.months_ago(33), true);
SELECT is((SELECT tableoid::regclass::text FROM messages WHERE content = 'from an archive'), 'messages_default', 'a row of that time is still taken');
SELECT is(tests.told(format('SELECT driplo_drop_before(''messages'', %L)', tests.months_ago(29)::date)), format('messages: no partition ends at %s or before.', tests.months_ago(29)::date), 'and is not dropped with a partition');

-- Response times are of conversations that began in 90 days, not of those whose beginning was dropped
DELETE FROM messages;
INSERT INTO conversations (id, buyer_id, seller_id, created_at) SELECT md5('c' || n)::uuid, p.id, :'seller', now() - interval '2 years' FROM generate_series(1, 4) n JOIN LATERAL (SELECT tests.sign_up(format('asker%s@old.example', n))) AS p (id) ON true;
INSERT INTO messages (conversation_id, sender_id, content, created_at) SELECT c.id, c.buyer_id, 'long after the first', now() - interval '10 days' FROM conversations c WHERE c.id IN (SELECT md5('c' || n)::uuid FROM generate_series(1, 4) n);
SELECT is_empty(format('SELECT * FROM private.response_statistics(ARRAY[%L::uuid])', :'seller'), 'an answer to what is not the beginning is no answer');

-- Other tables
SELECT tests.partitioned_long_ago(name) FROM unnest('{job_runs,database_health_metrics}'::text[]) AS t (name) \g /dev/null
INSERT INTO slow_queries (query_text, execution_time_ms, created_at) VALUES ('SELECT 1', 1, tests.months_ago(20)), ('SELECT 2', 1, now());
SELECT is(tests.told(format('SELECT driplo_drop_before(''slow_queries'', %L)', tests.months_ago(1)::date)), format('slow_queries: 36 partitions were dropped, up to %s.', tests.months_ago(1)::date), 'measurements go');
SELECT results_eq('SELECT query_text FROM slow_queries', $$VALUES ('SELECT 2')$$, 'but for those of now');

-- The history of an order is kept as long as the order
SELECT cmp_ok((SELECT sum(n) FROM private.kept_rows('order_status_history', 'infinity')), '>', 0::numeric, 'steps of orders are kept');
INSERT INTO shipping_events (order_id, event_type, created_at) VALUES (:'sold', 'sent', tests.months_ago(40));
SELECT is((SELECT n FROM private.kept_rows('shipping_events', tests.months_ago(36))), 1::bigint, 'events of an order under way are kept');
SELECT is((SELECT n FROM private.kept_rows('shipping_events', tests.months_ago(41))), 0::bigint, 'as far as there are any');
INSERT INTO dispute_messages (dispute_id, sender_id, message, created_at) VALUES (:'dispute', :'buyer', 'It was long ago.', tests.months_ago(40));
SELECT is((SELECT n FROM private.kept_rows('dispute_messages', tests.months_ago(36))), 0::bigint, 'messages of closed disputes are not');
INSERT INTO admin_audit_log (admin_id, action, target_type, target_id, created_at) VALUES (:'admin', 'suspend_user', 'profile', :'suspended', tests.months_ago(40)), (:'admin', 'moderate_listing', 'listing', :'lamp', tests.months_ago(40));
SELECT is((SELECT string_agg(format('%s %s', n, what), ', ') FROM private.kept_rows('admin_audit_log', tests.months_ago(36)) WHERE n > 0), '1 records of suspensions that have not ended', 'why somebody is suspended is kept');

-- A table that is large, in steps
SELECT is(regexp_replace(private.partition_by_steps('dispute_messages', 'month', -1), '[0-9-]{10}', 'DAY'),
    format('dispute_messages: step 1 of 3 is done, new rows are checked. Run CREATE UNIQUE INDEX CONCURRENTLY dispute_messages_pkey_by_time ON %s.dispute_messages (id, created_at), and call driplo_partition() again before DAY.', quote_ident(tests.home())), 'the first step');
SELECT throws_ok(format($$INSERT INTO dispute_messages (dispute_id, sender_id, message, created_at) VALUES (%L, %L, 'x', now() + interval '1 year')$$, :'dispute', :'buyer'), '23514', NULL, 'then no row is of the far future');
SELECT matches(private.partition_by_steps('dispute_messages', 'month', -1), '^dispute_messages: step 2 of 3 is done, all rows were checked. Run CREATE UNIQUE INDEX', 'the second');
SELECT matches(private.partition_by_steps('dispute_messages', 'month', -1), '^dispute_messages: step 3 of 3 needs an index. Run CREATE UNIQUE INDEX', 'the third asks for the index');
SELECT is((SELECT found LIKE '%dispute_messages: partitioning was begun%' FROM installation_report() WHERE item = 'partitions'), true, 'the report tells what was begun');
CREATE INDEX dispute_messages_pkey_by_time ON dispute_messages (id, created_at);
SELECT matches(private.partition_by_steps('dispute_messages', 'month', -1), 'Run DROP INDEX [a-z."]*dispute_messages_pkey_by_time; CREATE UNIQUE INDEX', 'another one in its place is to go');
DROP INDEX dispute_messages_pkey_by_time;
CREATE UNIQUE INDEX dispute_messages_pkey_by_time ON dispute_messages (id, created_at);
SELECT matches(private.partition_by_steps('dispute_messages', 'month', -1), '^dispute_messages is partitioned by month: [12] partitions', 'and with it is done');
SELECT is_empty('SELECT item, found FROM installation_report() WHERE NOT ok', 'which leaves nothing to tell');
-- one that was begun and left lying
SELECT private.add_partition_check('admin_audit_log', 'created_at', now() + interval '12 hours') \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT make_partitions() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT lives_ok(format($$INSERT INTO admin_audit_log (admin_id, action, created_at) VALUES (%L, 'x', now() + interval '1 day')$$, :'admin'), 'the job takes back a limit that will soon be met');

SELECT * FROM finish();
ROLLBACK;
