-- How the most frequent reads are run, under row level security: through indexes, and the caller is asked for once a
-- statement. No times: docs/benchmarks.md has those.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/frequent_reads.sql
SELECT * FROM no_plan();
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('sue@example.com') AS sue \gset
SELECT tests.a_listing(:'sue') AS lamp, tests.an_order(:'ann', :'sue', 10) AS shop_order \gset
INSERT INTO conversations (buyer_id, seller_id, is_direct) VALUES (:'ann', :'sue', true) RETURNING id AS talk \gset

-- The plan as a user gets it. In tables that are nearly empty reading all is cheapest, so that is forbidden: what is still read so has no index.
CREATE FUNCTION tests.plan_of(number integer, me uuid, VARIADIC others uuid[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    plan text := '';
BEGIN
    PERFORM tests.log_in(me);
    EXECUTE format('PREPARE frequent_read(uuid, uuid, uuid, uuid, uuid, uuid) AS %s', (SELECT statement FROM frequent_reads r WHERE r.number = plan_of.number));
    FOR line IN EXECUTE format('EXPLAIN (VERBOSE, COSTS OFF) EXECUTE frequent_read(%L, %L, %L, %L, %L, gen_random_uuid())', me, others[1], others[2], others[3], others[4]) LOOP
        plan := plan || line || E'\n';
    END LOOP;
    DEALLOCATE frequent_read;
    PERFORM tests.log_out();
    RETURN plan;
END $$;
SET LOCAL enable_seqscan = off;
SET LOCAL plan_cache_mode = force_generic_plan;
CREATE TEMP TABLE plans AS SELECT number, name, tests.plan_of(number, :'ann', :'lamp', :'sue', :'shop_order', :'talk') AS plan FROM frequent_reads;

SELECT is((SELECT count(*) FROM plans WHERE plan <> ''), 10::bigint, 'ten reads have plans');
SELECT is_empty($$SELECT name, plan FROM plans WHERE plan ~ 'Seq Scan'$$, 'none reads a whole table');
SELECT is_empty($$SELECT name, plan FROM plans WHERE plan !~ 'Index (Only )?Scan|Bitmap Index Scan'$$, 'each uses an index');
SELECT is_empty($$SELECT name, line FROM plans, regexp_split_to_table(plan, E'\n') line WHERE line ~ '(Filter|Cond|Recheck Cond|Join Filter): .*(uid|caller_role|caller|is_admin)\(\)'$$,
    'none asks for each row who is calling');
SELECT is_empty($$SELECT name, plan FROM plans WHERE plan ~ '(uid|caller_role)\(\)' AND plan !~ 'InitPlan'$$, 'but once, before it starts');
SELECT is_empty($$SELECT name, plan FROM plans WHERE plan ~ 'InitPlan'$$, 'and these start no sub-select for it');
SELECT is_empty($$SELECT name, plan FROM plans WHERE number IN (7, 9) AND plan ~ 'own_(orders|conversations)\(\)'$$, 'what belongs to one order or conversation is not looked for among all of the caller''s');
SELECT is((SELECT count(*) FROM plans WHERE number IN (7, 9) AND plan ~ 'is_own_(order|conversation)\('), 2::bigint, 'but asks about that one');
PREPARE all_lines AS SELECT id FROM order_items;
PREPARE all_messages AS SELECT id FROM messages;
PREPARE all_in_cart AS SELECT id FROM cart_items;
SELECT tests.log_in(:'ann');
CREATE FUNCTION pg_temp.index_conditions(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    line text;
    conditions text := '';
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) EXECUTE ' || query LOOP
        conditions := conditions || coalesce(substring(line FROM 'Index Cond: .*'), '');
    END LOOP;
    RETURN conditions;
END $$;
-- whatever autovacuum knows of these tables, which are small here; strangers.sql has the plans of large ones
SET LOCAL enable_seqscan = off;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_indexonlyscan = off;
SELECT matches(pg_temp.index_conditions('all_lines'), 'order_id = ANY \(private\.own_orders\(\)\)', 'a read of all lines finds them by the caller''s orders');
SELECT matches(pg_temp.index_conditions('all_messages'), 'conversation_id = ANY \(private\.own_conversations\(\)\)', 'one of all messages by the conversations');
SELECT matches(pg_temp.index_conditions('all_in_cart'), 'cart_id = ANY \(private\.own_carts\(\)\)', 'one of what is in carts by the cart');
SELECT tests.log_out();

SELECT * FROM finish();
ROLLBACK;
