-- What a read without a condition costs is a matter of the caller's rows, not of everybody's: who has none is answered by indexes, also for the
-- newest ten, and also where one seller has nearly all there is. What is seen is the same whichever way the policies take.
BEGIN;
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('sue@example.com') AS sue, tests.sign_up('eve@example.com') AS eve,
       tests.sign_up('root@example.com') AS root, tests.sign_up('mod@example.com') AS mod \gset
SELECT promote_to_admin('root@example.com') AS promoted, set_user_role(:'mod', 'moderator', 'able') AS role \gset

-- Rows as a shop has them after a while: sue sells, many buy, and ann has bought four times.
CREATE TEMP TABLE growing (name text PRIMARY KEY, columns text, rows text);
GRANT SELECT ON growing TO PUBLIC;
INSERT INTO growing VALUES
    ('orders', 'id, order_number, buyer_id, seller_id, subtotal, total_amount',
     $$SELECT md5(n::text)::uuid, 'X' || n, CASE WHEN n % 500 = 0 THEN '@ann@' ELSE md5('buyer' || n % 40)::uuid END, '@sue@', 1, 1 FROM generate_series(1, 2000) n$$),
    ('order_items', 'order_id, quantity, unit_price, total_price', 'SELECT id, 1, 1, 1 FROM orders'),
    ('order_status_history', 'order_id, to_status', $$SELECT id, 'paid' FROM orders$$),
    ('order_tracking', 'order_id, carrier, tracking_number', $$SELECT id, (enum_range(NULL::shipping_carrier))[1], order_number FROM orders$$),
    ('shipping_labels', 'order_id, carrier, tracking_number', $$SELECT id, (enum_range(NULL::shipping_carrier))[1], order_number FROM orders$$),
    ('shipping_events', 'order_id, event_type', $$SELECT id, 'sent' FROM orders$$),
    ('payment_transactions', 'order_id, amount, processor', $$SELECT id, 1, 'stripe' FROM orders$$),
    ('refund_requests', 'order_id, requested_by, amount, reason', $$SELECT id, buyer_id, 1, 'broken' FROM orders$$),
    ('returns', 'order_id, order_item_id, requested_by, reason, return_number',
     $$SELECT o.id, i.id, o.buyer_id, (enum_range(NULL::return_reason))[1], o.order_number FROM orders o JOIN order_items i ON i.order_id = o.id$$),
    ('transactions', 'order_id, buyer_id, seller_id, amount, net_amount, type, status', $$SELECT id, buyer_id, seller_id, 1, 1, 'sale', 'completed' FROM orders$$),
    ('seller_payouts', 'seller_id, amount, status', $$SELECT seller_id, 1, 'pending' FROM orders$$),
    ('ledger_entries', 'journal_id, order_id, party_id, account, amount, currency',
     $$SELECT gen_random_uuid(), id, CASE WHEN order_number LIKE '%1' THEN seller_id END, (enum_range(NULL::ledger_account))[1], 1, 'USD' FROM orders$$),
    ('store_credits', 'user_id, amount', 'SELECT buyer_id, 1 FROM orders'),
    ('store_credit_usage', 'store_credit_id, order_id, amount',
     'SELECT c.id, o.id, 1 FROM (SELECT id, row_number() OVER (ORDER BY id) FROM store_credits) c JOIN (SELECT id, row_number() OVER (ORDER BY id) FROM orders) o USING (row_number)'),
    ('coupon_usage', 'user_id, order_id, discount_amount', 'SELECT buyer_id, id, 1 FROM orders'),
    ('disputes', 'dispute_number, order_id, initiated_by, respondent_id, type, title, description',
     $$SELECT order_number, id, buyer_id, seller_id, (enum_range(NULL::dispute_type))[1], 'Broken', 'It is broken.' FROM orders$$),
    ('dispute_messages', 'dispute_id, message, is_private_note', $$SELECT id, 'Well.', dispute_number LIKE '%00' FROM disputes$$),
    ('conversations', 'buyer_id, seller_id', 'SELECT buyer_id, seller_id FROM orders'),
    ('messages', 'conversation_id, sender_id, content', $$SELECT id, buyer_id, 'Hello' FROM conversations$$),
    ('notifications', 'user_id, type, title, message', $$SELECT seller_id, (enum_range(NULL::notification_type))[1], 'Sold', 'A lamp.' FROM orders$$),
    ('brand_verification_requests', 'user_id, brand_name, brand_category', $$SELECT buyer_id, 'Lamp', 'lamps' FROM orders$$),
    ('cart_items', 'cart_id, listing_id', 'SELECT id, id FROM shopping_carts WHERE user_id NOT IN (SELECT id FROM profiles)');
DO $$
DECLARE
    t record;
BEGIN
    PERFORM set_config('session_replication_role', 'replica', true);
    INSERT INTO shopping_carts (user_id) SELECT md5('buyer' || n)::uuid FROM generate_series(1, 3000) n;
    FOR t IN SELECT * FROM growing ORDER BY position(name || ',' IN 'orders,order_items,store_credits,disputes,conversations,') = 0,
                                            position(name || ',' IN 'orders,order_items,store_credits,disputes,conversations,') LOOP
        EXECUTE format('INSERT INTO %I (%s) %s', t.name, t.columns,
            replace(replace(t.rows, '@ann@', (SELECT id::text FROM profiles WHERE email = 'ann@example.com')), '@sue@', (SELECT id::text FROM profiles WHERE email = 'sue@example.com')));
    END LOOP;
    PERFORM set_config('session_replication_role', 'origin', true);
END $$;
ANALYZE;

CREATE FUNCTION tests.plan_of(query text, me uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    plan text := '';
BEGIN
    PERFORM tests.log_in(me);
    FOR line IN EXECUTE 'EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) ' || query LOOP
        plan := plan || line || E'\n';
    END LOOP;
    PERFORM tests.log_out();
    RETURN plan;
END $$;
CREATE TEMP TABLE reads AS
    SELECT g.name, r.query FROM growing g CROSS JOIN LATERAL (VALUES
        (format('SELECT id FROM %I', g.name)), (format('SELECT id FROM %I LIMIT 10', g.name)), (format('SELECT count(*) FROM %I', g.name)),
        (CASE WHEN g.name <> 'cart_items' THEN format('SELECT id FROM %I ORDER BY %I DESC LIMIT 1', g.name, CASE g.name WHEN 'coupon_usage' THEN 'used_at' ELSE 'created_at' END) END)) r (query)
     WHERE r.query IS NOT NULL;
CREATE TEMP TABLE plans AS SELECT name, query, tests.plan_of(query, :'eve') AS plan FROM reads;
SELECT cmp_ok((SELECT count(*) FROM plans), '>=', 80::bigint, 'the reads of somebody who has nothing have plans');
SELECT is_empty($$SELECT query, line FROM plans, regexp_split_to_table(plan, E'\n') line WHERE line ~ 'Seq Scan' AND line !~ 'never executed'$$, 'none reads a whole table');
SELECT is_empty($$SELECT query, plan FROM plans WHERE plan ~ 'Rows Removed'$$, 'and none looks at rows of others');

-- who has a few reads these
CREATE TEMP TABLE anns AS SELECT name, query, tests.plan_of(query, :'ann') AS plan FROM reads;
SELECT is_empty($$SELECT query, line FROM anns, regexp_split_to_table(plan, E'\n') line WHERE line ~ 'Seq Scan' AND line !~ 'never executed'$$, 'somebody who has a few rows begins with these');

-- Who asks for one row by its key and its owner gets it by the key: sue's two thousand are not looked through.
SET LOCAL plan_cache_mode = force_generic_plan;
CREATE FUNCTION tests.generic_plan(query text, keys integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    plan text := '';
BEGIN
    EXECUTE format('PREPARE by_key (%s) AS %s', array_to_string(array_fill('unknown'::text, ARRAY[keys]), ', '), query);
    FOR line IN EXECUTE format('EXPLAIN (COSTS OFF) EXECUTE by_key (%s)', array_to_string(array_fill('NULL'::text, ARRAY[keys]), ', ')) LOOP
        plan := plan || line || E'\n';
    END LOOP;
    DEALLOCATE by_key;
    RETURN plan;
END $$;
CREATE TEMP TABLE owners AS
SELECT a.attrelid::regclass::text AS name, a.attname::text AS owner
  FROM pg_attribute a JOIN growing g ON a.attrelid = g.name::regclass WHERE a.attoptions::text LIKE '%n_distinct%';
SELECT cmp_ok((SELECT count(*) FROM owners), '>=', 15::bigint, 'columns that say whose a row is');
SELECT is_empty($$SELECT name, owner, plan FROM owners, tests.generic_plan(format('SELECT created_at FROM %I WHERE id = $1 AND %I = $2', name, owner), 2) plan
                   WHERE name <> 'coupon_usage' AND plan !~ 'Index Cond: \(id = \$1\)'$$, 'beside them a key is what finds a row');
RESET plan_cache_mode;

-- what each sees is a matter of whose the rows are, not of the way there
CREATE FUNCTION tests.seen_by(me uuid) RETURNS TABLE (name text, ids text[]) LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.log_in(me);
    FOR name IN SELECT g.name FROM growing g ORDER BY 1 LOOP
        EXECUTE format('SELECT array_agg(id::text ORDER BY id) FROM %I', name) INTO ids;
        RETURN NEXT;
    END LOOP;
    PERFORM tests.log_out();
END $$;
CREATE TEMP TABLE seen AS SELECT p.who, s.* FROM (VALUES ('ann', :'ann'::uuid), ('sue', :'sue'), ('eve', :'eve'), ('mod', :'mod'), ('root', :'root')) p (who, id) CROSS JOIN LATERAL tests.seen_by(p.id) s;
UPDATE profiles SET total_sales = 1001 WHERE id IN (:'ann', :'sue', :'eve');
CREATE TEMP TABLE seen_when_busy AS SELECT p.who, s.* FROM (VALUES ('ann', :'ann'::uuid), ('sue', :'sue'), ('eve', :'eve')) p (who, id) CROSS JOIN LATERAL tests.seen_by(p.id) s;
SELECT is_empty($$SELECT s.who, s.name FROM seen s JOIN seen_when_busy b USING (who, name) WHERE s.ids IS DISTINCT FROM b.ids$$, 'with many sales one sees what one saw before');
SELECT is_empty($$SELECT name FROM seen WHERE who = 'eve' AND ids IS NOT NULL$$, 'who has nothing sees nothing');
SELECT results_eq($$SELECT name, cardinality(ids) FROM seen WHERE who = 'ann' AND ids IS NOT NULL ORDER BY 1$$,
    $$SELECT name, 4 FROM growing
       WHERE name NOT IN ('shipping_labels', 'seller_payouts', 'ledger_entries', 'notifications', 'cart_items', 'dispute_messages') ORDER BY 1$$, 'a buyer sees the four of each, and no note of the staff');
SELECT results_eq($$SELECT name, cardinality(ids) FROM seen WHERE who = 'sue' AND ids IS NOT NULL ORDER BY 1$$,
    $$SELECT name, CASE name WHEN 'dispute_messages' THEN 1980 WHEN 'ledger_entries' THEN 200 ELSE 2000 END FROM growing
       WHERE name NOT IN ('store_credits', 'store_credit_usage', 'coupon_usage', 'cart_items', 'brand_verification_requests') ORDER BY 1$$, 'a seller all that is of a sale, and no note of the staff');
SELECT results_eq($$SELECT name, cardinality(ids) FROM seen WHERE who = 'mod' AND ids IS NOT NULL ORDER BY 1$$, $$VALUES ('dispute_messages', 2000), ('disputes', 2000)$$, 'a moderator the disputes, notes too');
SELECT results_eq($$SELECT name, cardinality(ids) FROM seen WHERE who = 'root' AND ids IS NOT NULL ORDER BY 1$$,
    $$SELECT name, 2000 FROM growing WHERE name NOT IN ('conversations', 'messages', 'notifications', 'cart_items') ORDER BY 1$$, 'an admin everything but what people write to each other');

-- named one by one by the query, or found among all that is the caller's
CREATE FUNCTION tests.seen_one_by_one(me uuid) RETURNS TABLE (name text, ids text[]) LANGUAGE plpgsql AS $$
DECLARE
    key text;
    wholes uuid[] := ARRAY(SELECT id FROM orders WHERE replace(order_number, 'X', '')::integer % 20 = 0 ORDER BY id);
    talks uuid[] := ARRAY(SELECT c.id FROM conversations c JOIN orders o USING (buyer_id, seller_id) WHERE o.id = ANY (wholes) ORDER BY c.id);
    one uuid;
    found text[];
BEGIN
    FOR name, key IN VALUES ('order_items', 'order_id'), ('messages', 'conversation_id') LOOP
        PERFORM tests.log_in(me);
        ids := NULL;
        FOREACH one IN ARRAY CASE key WHEN 'order_id' THEN wholes ELSE talks END LOOP
            EXECUTE format('SELECT array_agg(id::text) FROM %I WHERE %I = $1', name, key) USING one INTO found;
            ids := ids || found;
        END LOOP;
        PERFORM tests.log_out();
        ids := ARRAY(SELECT DISTINCT unnest(ids) ORDER BY 1);
        RETURN NEXT;
    END LOOP;
END $$;
CREATE TEMP TABLE rows_of_some AS
    SELECT 'order_items' AS name, i.id::text FROM order_items i JOIN orders o ON o.id = i.order_id WHERE replace(o.order_number, 'X', '')::integer % 20 = 0
    UNION SELECT 'messages', m.id::text FROM messages m JOIN conversations c ON c.id = m.conversation_id JOIN orders o USING (buyer_id, seller_id) WHERE replace(o.order_number, 'X', '')::integer % 20 = 0;
CREATE TEMP TABLE one_by_one AS SELECT p.who, s.* FROM (VALUES ('ann', :'ann'::uuid), ('sue', :'sue'), ('eve', :'eve'), ('mod', :'mod'), ('root', :'root')) p (who, id) CROSS JOIN LATERAL tests.seen_one_by_one(p.id) s;
SELECT cmp_ok((SELECT count(*) FROM one_by_one o, unnest(o.ids)), '>', 300::bigint, 'rows are seen one by one');
SELECT is_empty($$SELECT o.who, o.name FROM one_by_one o JOIN seen s USING (who, name)
                   WHERE o.ids IS DISTINCT FROM ARRAY(SELECT r.id FROM rows_of_some r WHERE r.name = o.name AND r.id = ANY (s.ids) ORDER BY 1)$$, 'the same as among all, by a busy one too');

-- A policy that takes away from what is seen of an order, a conversation or a cart takes it from what belongs to it too, and so do children of the table
CREATE TEMP TABLE without AS
SELECT (SELECT min(id::text)::uuid FROM orders WHERE buyer_id = :'ann') AS the_order, (SELECT min(id::text)::uuid FROM conversations WHERE buyer_id = :'ann') AS talk;
INSERT INTO shopping_carts (id, user_id) VALUES (md5('cart')::uuid, :'ann') ON CONFLICT (user_id) DO UPDATE SET id = EXCLUDED.id;
SET LOCAL session_replication_role = replica;
INSERT INTO cart_items (cart_id, listing_id) VALUES (md5('cart')::uuid, gen_random_uuid());
SET LOCAL session_replication_role = origin;
CREATE FUNCTION tests.counts_of(me uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    name text;
    n bigint;
    counts text := '';
BEGIN
    PERFORM tests.log_in(me);
    FOREACH name IN ARRAY ARRAY['order_items', 'order_status_history', 'order_tracking', 'shipping_events', 'shipping_labels', 'payment_transactions', 'returns', 'messages', 'cart_items'] LOOP
        EXECUTE format('SELECT count(*) FROM %I', name) INTO n;
        counts := counts || ' ' || n;
    END LOOP;
    PERFORM tests.log_out();
    RETURN ltrim(counts);
END $$;
UPDATE profiles SET total_sales = 0 WHERE id IN (:'ann', :'sue', :'eve');
SELECT is(tests.counts_of(:'ann'), '4 4 4 4 0 4 4 4 1', 'what belongs to the four');
SAVEPOINT own_policies;
SELECT format('CREATE POLICY "my own" ON orders AS RESTRICTIVE FOR SELECT TO authenticated USING (id <> %L)', the_order),
       format('CREATE POLICY "my own" ON conversations AS RESTRICTIVE FOR ALL TO authenticated USING (id <> %L)', talk),
       'CREATE POLICY "my own" ON shopping_carts AS RESTRICTIVE FOR SELECT TO authenticated USING (false)' FROM without \gexec
SELECT is(tests.counts_of(:'ann'), '3 3 3 3 0 3 4 3 0', 'without one of them; a return is seen by who has asked for it');
UPDATE profiles SET total_sales = 1001 WHERE id = :'ann';
SELECT is(tests.counts_of(:'ann'), '3 3 3 3 0 3 4 3 0', 'also with many sales');
SELECT is(split_part(tests.counts_of(:'root'), ' ', 1), '1999', 'and for an admin');
SELECT is(split_part(tests.counts_of(:'sue'), ' ', 5), '1999', 'and of what only the seller sees');
DROP POLICY "my own" ON orders;
SELECT is(split_part(tests.counts_of(:'ann'), ' ', 1), '4', 'until it is dropped');
ROLLBACK TO own_policies;
CREATE POLICY "my own" ON orders AS RESTRICTIVE FOR UPDATE TO authenticated USING (false);
CREATE POLICY "my own" ON conversations FOR SELECT TO authenticated USING (true);
SELECT is(tests.counts_of(:'ann'), '4 4 4 4 0 4 4 4 1', 'one about changes, or one that adds, is none for reading what belongs to them');
CREATE TABLE tests.more_orders () INHERITS (orders);
SET LOCAL session_replication_role = replica;
INSERT INTO tests.more_orders (id, order_number, buyer_id, seller_id, subtotal, total_amount) VALUES (md5('more')::uuid, 'X-more', :'ann', :'sue', 1, 1);
INSERT INTO order_items (order_id, quantity, unit_price, total_price) VALUES (md5('more')::uuid, 1, 1, 1);
SET LOCAL session_replication_role = origin;
SELECT is(split_part(tests.counts_of(:'ann'), ' ', 1), '5', 'an order of a child table is one too');
ROLLBACK TO own_policies;
SELECT is(tests.counts_of(:'ann'), '4 4 4 4 0 4 4 4 1', '(as it was)');

SELECT * FROM finish();
ROLLBACK;
