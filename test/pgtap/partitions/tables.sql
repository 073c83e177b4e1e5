-- Each table that can be partitioned is, with its rows, and nothing that reads or writes it notices; each other one is refused with a reason.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/specimens.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SET CONSTRAINTS ALL IMMEDIATE;

CREATE FUNCTION tests.contents(table_name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    EXECUTE format('SELECT count(*) || '' '' || coalesce(md5(string_agg(t.id::text || to_jsonb(t)::text, '','' ORDER BY t.id::text)), '''') FROM %I.%I t', tests.home(), table_name) INTO found;
    RETURN found;
END $$;
CREATE FUNCTION tests.partitioned() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c WHERE c.relnamespace = to_regnamespace(quote_ident(tests.home())) AND (c.relkind = 'p' OR c.relispartition)
$$;
-- "SQLSTATE message", and the detail and hint
CREATE FUNCTION tests.told(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    detail text;
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN concat_ws(' | ', SQLSTATE || ' ' || SQLERRM, nullif(detail, ''), nullif(hint, ''));
END $$;
CREATE TEMP TABLE allowed AS SELECT r.table_name FROM private.partition_rules() r WHERE r.time_column IS NOT NULL;
GRANT SELECT ON allowed TO PUBLIC;

-- Who may
SELECT is(tests.attempt(format('SELECT %s', call)), '42501', format('%s: not %s', call, who))
  FROM unnest('{anon,authenticated,service_role}'::text[]) AS w (who)
 CROSS JOIN unnest(ARRAY[$$driplo_partition('messages')$$, $$driplo_drop_before('messages', '2020-01-01')$$, 'private.partition_by_steps(''messages'', ''month'', 0)']) AS c (call)
 CROSS JOIN LATERAL (SELECT tests.log_out(), CASE who WHEN 'anon' THEN tests.log_in_as_anon() WHEN 'authenticated' THEN tests.log_in(tests.id('ann')) ELSE tests.log_in_as_service() END OFFSET 0) AS l;
SELECT tests.log_out() \g /dev/null
SELECT tests.log_in(tests.id('ada')) \g /dev/null
SELECT throws_ok('SELECT make_partitions()', '42501', NULL, 'an admin does not make partitions');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.partitioned(), NULL, 'and nothing was partitioned');

-- What is refused
SELECT is(split_part(tests.told(format('SELECT driplo_partition(%L)', o.name)), ' ', 1), '0A000', format('%s is refused', o.name))
  FROM private.shipped_objects() o WHERE o.kind = 'table' AND o.name NOT IN (SELECT table_name FROM allowed) ORDER BY o.name;
SELECT is_empty($$SELECT o.name FROM private.shipped_objects() o WHERE o.kind = 'table' AND o.name NOT IN (SELECT table_name FROM allowed) AND coalesce(length(private.partition_refusal(o.name)), 0) < 20$$, 'each with a reason');
SELECT matches(tests.told($$SELECT driplo_partition('ledger_entries')$$), '^0A000 table "ledger_entries" cannot be partitioned \| Its unique key keeps an event from being booked twice.* \| Tables that can be: admin_audit_log, ', 'such as the key of the ledger');
SELECT matches(tests.told($$SELECT driplo_partition('stripe_webhook_events')$$), 'from being handled twice', 'that of events');
SELECT matches(tests.told($$SELECT driplo_partition('orders')$$), 'refer to its rows: .*order_items', 'or what refers to it');
SELECT matches(tests.told($$SELECT driplo_partition('my_table')$$), 'It is not a table of driplo', 'a table of somebody else''s is not driplo''s to cut');
SELECT is(split_part(tests.told(call), ' | ', 1), expected, call) FROM (VALUES
    ('SELECT driplo_partition(NULL)', '22004 table_name must not be NULL'),
    ('SELECT driplo_partition(''messages'', NULL)', '22004 by must not be NULL'),
    ('SELECT driplo_partition(''messages'', ''2 months'')', '22023 partitions cannot be of 2 mons'),
    ('SELECT driplo_partition(''messages'', ''-1 month'')', '22023 partitions cannot be of -1 mons'),
    ('SELECT driplo_drop_before(''messages'', ''2020-01-01'')', '55000 table "messages" is not partitioned')) AS c (call, expected);

-- What of the shop's own would go on with the old table alone
CREATE TABLE noted (message_id uuid REFERENCES messages (id));
CREATE MATERIALIZED VIEW talk AS SELECT count(*) FROM messages;
CREATE POLICY mine ON noted USING (EXISTS (SELECT FROM messages m WHERE m.id = message_id));
CREATE FUNCTION words(m messages) RETURNS text LANGUAGE sql AS 'SELECT m.content';
CREATE PUBLICATION realtime FOR TABLE messages;
CREATE UNIQUE INDEX own_key ON messages (sender_id, content);
SELECT is(split_part(tests.told('SELECT driplo_partition(''messages'')'), ' ', 1), '2BP01', 'objects that use the table are not left behind');
SELECT matches(tests.told('SELECT driplo_partition(''messages'')'), what, format('which are told: %s', what))
  FROM unnest('{noted_message_id_fkey,materialized view [a-z.]*talk,policy mine,function [a-z.]*words,publication realtime,own_key}'::text[]) AS w (what);
DROP POLICY mine ON noted;
DROP TABLE noted;
DROP MATERIALIZED VIEW talk;
DROP FUNCTION words(messages);
DROP PUBLICATION realtime;
DROP INDEX own_key;
SELECT is(tests.partitioned(), NULL, 'and nothing was changed');
CREATE PUBLICATION everything FOR ALL TABLES;
SELECT matches(tests.told('SELECT driplo_partition(''messages'')'), 'publication everything without publish_via_partition_root', 'subscribers would not know the partitions');
ALTER PUBLICATION everything SET (publish_via_partition_root = true);

-- What goes on
CREATE VIEW lately WITH (security_invoker = true) AS SELECT id, content FROM messages WHERE created_at > now() - interval '1 day';
CREATE VIEW later AS SELECT content FROM lately;
GRANT SELECT ON lately TO authenticated;
GRANT UPDATE (edited_at) ON messages TO authenticated;
CREATE INDEX own_index ON messages (content);
CREATE FUNCTION tests.own() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER own_trigger BEFORE INSERT ON messages FOR EACH ROW EXECUTE FUNCTION tests.own();
ALTER TABLE messages ENABLE ALWAYS TRIGGER own_trigger;
ALTER TABLE messages REPLICA IDENTITY FULL;
ALTER TABLE messages ADD COLUMN own text;
ALTER TABLE messages DROP COLUMN own;
SELECT expose_api('shop_api') \g /dev/null
CREATE TEMP TABLE before AS
    SELECT a.table_name, tests.contents(a.table_name) AS contents, (SELECT array_agg(t ORDER BY t) FROM information_schema.table_privileges p CROSS JOIN LATERAL (SELECT concat_ws(' ', grantee, privilege_type, is_grantable)) AS x (t)
               WHERE p.table_schema = tests.home() AND p.table_name = a.table_name AND p.grantee <> 'driplo_owner') AS grants,
           (SELECT array_agg(t ORDER BY t) FROM information_schema.column_privileges p CROSS JOIN LATERAL (SELECT concat_ws(' ', grantee, column_name, privilege_type)) AS x (t)
               WHERE p.table_schema = tests.home() AND p.table_name = a.table_name AND p.grantee <> 'driplo_owner') AS column_grants,
           (SELECT array_agg(concat_ws(' ', p.polname, p.polcmd, p.polpermissive, p.polroles, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = to_regclass(a.table_name)) AS policies,
           (SELECT array_agg(concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled, (SELECT count(*) FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'x')) ORDER BY t.tgname) FROM pg_trigger t WHERE t.tgrelid = to_regclass(a.table_name) AND NOT t.tgisinternal) AS triggers,
           obj_description(to_regclass(a.table_name), 'pg_class') AS comment
      FROM allowed a;
CREATE TEMP TABLE problems AS SELECT 'integrity' AS source, i.rule AS a, i.object AS b FROM check_integrity() i UNION ALL SELECT 'advisor', s.check_name, s.object FROM security_advisor() s;

SELECT matches(driplo_partition(table_name), format('^%s is partitioned by month: 2 partitions and the default one, up to [0-9-]{10}\.$', table_name), format('%s is partitioned', table_name)) FROM allowed ORDER BY table_name;
CREATE TEMP VIEW after AS
    SELECT a.table_name, tests.contents(a.table_name) AS contents, (SELECT array_agg(t ORDER BY t) FROM information_schema.table_privileges p CROSS JOIN LATERAL (SELECT concat_ws(' ', grantee, privilege_type, is_grantable)) AS x (t)
               WHERE p.table_schema = tests.home() AND p.table_name = a.table_name AND p.grantee <> 'driplo_owner') AS grants,
           (SELECT array_agg(t ORDER BY t) FROM information_schema.column_privileges p CROSS JOIN LATERAL (SELECT concat_ws(' ', grantee, column_name, privilege_type)) AS x (t)
               WHERE p.table_schema = tests.home() AND p.table_name = a.table_name AND p.grantee <> 'driplo_owner') AS column_grants,
           (SELECT array_agg(concat_ws(' ', p.polname, p.polcmd, p.polpermissive, p.polroles, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = to_regclass(a.table_name)) AS policies,
           (SELECT array_agg(concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled, (SELECT count(*) FROM pg_depend d WHERE d.objid = t.oid AND d.deptype = 'x')) ORDER BY t.tgname) FROM pg_trigger t WHERE t.tgrelid = to_regclass(a.table_name) AND NOT t.tgisinternal) AS triggers,
           obj_description(to_regclass(a.table_name), 'pg_class') AS comment
      FROM allowed a;
SELECT is(a.contents, b.contents, format('%s has its rows', table_name)) FROM after a JOIN before b USING (table_name);
SELECT is(a.grants, b.grants, format('%s has its grants', table_name)) FROM after a JOIN before b USING (table_name);
SELECT is(a.column_grants, b.column_grants, format('%s has the grants on its columns', table_name)) FROM after a JOIN before b USING (table_name);
SELECT is(a.policies, b.policies, format('%s has its policies', table_name)) FROM after a JOIN before b USING (table_name);
SELECT is(a.triggers, b.triggers, format('%s has its triggers', table_name)) FROM after a JOIN before b USING (table_name);
SELECT is(a.comment, b.comment, format('%s has its comment', table_name)) FROM after a JOIN before b USING (table_name);
SELECT is_empty($$SELECT c.relname FROM pg_class c WHERE c.relispartition AND c.relnamespace = to_regnamespace(quote_ident(tests.home())) AND c.relkind = 'r' AND NOT private.is_closed_partition(c.oid)$$, 'nobody reaches a partition but by its table');
SELECT is((SELECT count(*) FROM pg_class c WHERE c.relispartition AND c.relkind = 'r' AND c.relname LIKE 'messages\_%' AND c.relreplident = 'f'), 3::bigint, 'partitions have the replica identity of the table');
SELECT is((SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = 'own_index' AND i.indrelid = to_regclass('messages')), 1::bigint, 'the shop''s own index is the whole table''s');
SELECT is((SELECT string_agg(c.relname || ' ' || a.attname, ', ') FROM pg_depend d JOIN pg_class c ON c.oid = d.refobjid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.refobjsubid
            WHERE d.objid = to_regclass('auth_login_history_id_seq') AND d.deptype = 'a'), 'auth_login_history id', 'the sequence belongs to the whole table');
SELECT results_eq('SELECT count(*) FROM later', 'SELECT count(*) FROM messages WHERE created_at > now() - interval ''1 day''', 'views read the whole table');
SELECT is((SELECT count(DISTINCT d.refobjid) FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid JOIN pg_class p ON p.oid = d.refobjid AND p.relispartition WHERE d.classid = 'pg_rewrite'::regclass), 0::bigint, 'none of them a partition');
SELECT is((SELECT reloptions FROM pg_class WHERE oid = to_regclass('lately')), '{security_invoker=true}', 'with the options that they had');
SELECT is_empty('SELECT item, expected, found FROM installation_report() WHERE NOT ok', 'the report finds what is shipped');
SELECT set_eq($$SELECT 'integrity' AS source, i.rule AS a, i.object AS b FROM check_integrity() i UNION ALL SELECT 'advisor', s.check_name, s.object FROM security_advisor() s$$, 'SELECT * FROM problems', 'no rule is broken, and nothing is open, that was not before');
SELECT is(driplo_migrate(), driplo_version(), 'what is shipped can be made again');
SELECT is_empty('SELECT item, expected, found FROM installation_report() WHERE NOT ok', 'and is there');

-- Again
SELECT matches(driplo_partition('messages'), '^messages was partitioned already: 2 partitions and the default one, up to [0-9-]{10}, 0 of them new\.$', 'a second call says so');
SELECT is(make_partitions(), 0, 'the job has nothing to do');
SELECT max(ends) AS last FROM private.partitions('messages') \gset
INSERT INTO messages (conversation_id, sender_id, content, created_at) SELECT conversation_id, sender_id, 'Of the future', :'last'::timestamptz + interval '3 days' FROM messages LIMIT 1;
SELECT is((SELECT tableoid::regclass::text FROM messages WHERE content = 'Of the future'), 'messages_default', 'what no partition is for is taken by the default one');
SELECT matches(driplo_partition('messages', '1 day'), 'up to [0-9-]{10}, [1-9][0-9]* of them new', 'shorter ones follow longer ones') WHERE :'last'::timestamptz < now() + interval '7 days';
SELECT private.make_partition('messages', :'last', :'last'::timestamptz + interval '1 month') \g /dev/null
SELECT matches((SELECT tableoid::regclass::text FROM messages WHERE content = 'Of the future'), '^messages_from_', 'and moves to its own one when that is made');
SELECT is_empty('SELECT * FROM check_integrity() WHERE rule IN (''unread_count'', ''reference'')', 'counted once');
SELECT is_empty('SELECT item, found FROM installation_report() WHERE NOT ok', 'all is well');
DROP TABLE job_runs_default;
DO $$ DECLARE name text; BEGIN FOR name IN SELECT p.name FROM private.partitions('job_runs') p WHERE p.starts > now() LOOP EXECUTE format('DROP TABLE %I', name); END LOOP; END $$;
SELECT is((SELECT ok FROM installation_report() WHERE item = 'partitions'), (SELECT max(ends) > now() + interval '1 day' FROM private.partitions('job_runs')), 'partitions that end tomorrow are reported');
SELECT tests.log_in_as_service() \g /dev/null
SELECT cmp_ok(make_partitions(), '>=', 1, 'the job makes what is missing');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT ok FROM installation_report() WHERE item = 'partitions'), true, 'and then the report is content');
-- of each table, with what hangs on it
CREATE TEMP TABLE lost (table_name text, name text);
DO $$
DECLARE
    part record;
    is_used boolean;
BEGIN
    FOR part IN SELECT r.table_name, p.name FROM private.partition_rules() r CROSS JOIN LATERAL private.partitions(r.table_name) p WHERE r.time_column IS NOT NULL AND p.starts > now() LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I)', part.name) INTO is_used;
        IF NOT is_used THEN
            EXECUTE format('DROP TABLE %I', part.name);
            INSERT INTO lost VALUES (part.table_name, part.name);
        END IF;
    END LOOP;
END $$;
SELECT tests.log_in_as_service() \g /dev/null
SELECT cmp_ok(make_partitions(), '>=', 1, 'the service makes the next partitions of tables that have triggers, foreign keys and policies');
SELECT tests.log_out() \g /dev/null
SELECT set_eq($$SELECT DISTINCT l.table_name FROM lost l CROSS JOIN LATERAL private.partitions(l.table_name) p WHERE p.starts > now()$$, $$SELECT DISTINCT table_name FROM lost$$, 'of each of them');
SELECT is_empty($$SELECT l.table_name, p.name, t.tgname FROM (SELECT DISTINCT table_name FROM lost) l CROSS JOIN LATERAL private.partitions(l.table_name) p JOIN pg_trigger t ON t.tgrelid = to_regclass(l.table_name) AND t.tgtype & 1 = 1 AND NOT t.tgisinternal
                   WHERE p.starts > now() AND NOT EXISTS (SELECT FROM pg_trigger c WHERE c.tgrelid = to_regclass(p.name) AND c.tgparentid = t.oid)$$, 'with the triggers');
SELECT is_empty('SELECT item, found FROM installation_report() WHERE NOT ok', 'and the report is content');

-- Open, and then told
GRANT SELECT ON messages_default TO anon;
SELECT is((SELECT count(*) FROM security_advisor() WHERE object LIKE '%messages_default'), 1::bigint, 'a grant on a partition is told');
REVOKE SELECT ON messages_default FROM anon;
ALTER TABLE messages_default DISABLE ROW LEVEL SECURITY;
SELECT is((SELECT check_name FROM security_advisor() WHERE object LIKE '%messages_default'), 'rls_disabled', 'and one without row level security');
SELECT driplo_migrate() \g /dev/null
SELECT is((SELECT count(*) FROM security_advisor() WHERE object LIKE '%messages_default'), 0::bigint, 'which driplo_migrate() closes');

SELECT * FROM finish();
ROLLBACK;
