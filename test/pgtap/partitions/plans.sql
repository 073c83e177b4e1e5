-- What is read most is read by indexes where the table is partitioned, with the planner as it is: a page of a conversation, what is unread,
-- the steps of an order; and what names the time looks into one partition.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
SELECT no_plan();
SELECT * FROM tests.people('plans.example') \gset
SELECT private.add_partition_check(r.table_name, r.time_column, date_trunc('month', now()) - interval '6 months') FROM private.partition_rules() r WHERE r.table_name IN ('messages', 'order_status_history') \g /dev/null
ALTER TABLE messages VALIDATE CONSTRAINT messages_partition_check;
ALTER TABLE order_status_history VALIDATE CONSTRAINT order_status_history_partition_check;
SELECT private.swap_table(name, 'created_at', 'month') FROM unnest('{messages,order_status_history}'::text[]) AS t (name) \g /dev/null
SET LOCAL session_replication_role = replica;
INSERT INTO conversations (id, buyer_id, seller_id) SELECT md5(n::text)::uuid, :'buyer', :'seller' FROM generate_series(1, 200) n;
INSERT INTO messages (conversation_id, sender_id, content, is_read, created_at)
SELECT md5((1 + n % 200)::text)::uuid, :'buyer', repeat('words ', 20), n % 50 <> 0, now() - n * interval '15 minutes' FROM generate_series(1, 20000) n;
INSERT INTO orders (id, order_number, buyer_id, seller_id, subtotal, total_amount, created_at) SELECT md5('o' || n)::uuid, 'X' || n, :'buyer', :'seller', 1, 1, now() - n * interval '1 hour' FROM generate_series(1, 4000) n;
INSERT INTO order_status_history (order_id, to_status, created_at) SELECT id, 'paid', created_at FROM orders CROSS JOIN generate_series(1, 10);
SET LOCAL session_replication_role = origin;
ANALYZE messages, order_status_history, conversations, orders;

CREATE FUNCTION tests.plan_of(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    plan text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS off) ' || query LOOP
        plan := plan || line || E'\n';
    END LOOP;
    RETURN plan;
END $$;
-- of partitions with rows: an empty one, which may have pages of what was undone in it, is read through sooner than its index
CREATE FUNCTION tests.read_through(query text) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM regexp_matches(tests.plan_of(query), 'Seq Scan on (\w+)', 'g') AS m (part) JOIN pg_class c ON c.relname = m.part[1] AND c.relispartition AND c.reltuples >= 100
$$;

SELECT is(tests.read_through(query), 0::bigint, name) FROM (VALUES
    ('the newest messages of a conversation', $$SELECT * FROM messages WHERE conversation_id = md5('7')::uuid ORDER BY created_at DESC LIMIT 50$$),
    ('what is unread in it', $$SELECT count(*) FROM messages WHERE conversation_id = md5('7')::uuid AND is_read IS NOT TRUE$$),
    ('marking it as read', $$UPDATE messages SET is_read = true WHERE conversation_id = md5('7')::uuid AND is_read IS NOT TRUE$$),
    ('a message by its ID', $$SELECT * FROM messages WHERE id = md5('7')::uuid$$),
    ('the steps of an order', $$SELECT * FROM order_status_history WHERE order_id = md5('o7')::uuid ORDER BY created_at$$)) AS q (name, query);
SELECT is((SELECT count(DISTINCT m.part[1]) FROM regexp_matches(tests.plan_of('SELECT * FROM messages WHERE conversation_id = md5(''7'')::uuid AND created_at >= ''' || now()::text || '''::timestamptz - interval ''1 second'' AND created_at <= ''' || now()::text || ''''), 'on (messages_\w+)', 'g') AS m (part)
            WHERE m.part[1] LIKE 'messages\_from\_%' OR m.part[1] LIKE 'messages\_until\_%'), 1::bigint, 'who names the time looks into one partition');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((SELECT count(*) FROM messages WHERE conversation_id = md5('7')::uuid), 100::bigint, 'who may read them reads all of them');
SELECT tests.log_in(:'other') \g /dev/null
SELECT is((SELECT count(*) FROM messages), 0::bigint, 'and nobody else one');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
