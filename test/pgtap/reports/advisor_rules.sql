-- The rules that Supabase's advisor checks a project by, asked of the catalog once more and in other words than
-- security_advisor() asks: of driplo's tables, storage policies and members nothing may be found. Where PostgREST would read
-- pgrst.db_schemas, driplo's schema is the one that is exposed.
BEGIN;
SELECT plan(22);

CREATE TEMP VIEW our_table AS
    SELECT c.oid, c.relname, c.relrowsecurity FROM pg_class c WHERE c.relnamespace = tests.home()::regnamespace AND c.relkind IN ('r', 'p');
CREATE TEMP VIEW member AS
    SELECT p.*, l.lanname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
      JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
      JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo';
CREATE TEMP VIEW our_policy AS
    SELECT p.tablename, p.policyname, p.permissive, p.roles, p.cmd, concat_ws(' ', p.qual, p.with_check) AS rule, p.qual, p.with_check
      FROM pg_policies p WHERE p.schemaname = tests.home();
SELECT cmp_ok((SELECT count(*) FROM our_table), '>=', 50::bigint, 'there are tables to ask about');
SELECT cmp_ok((SELECT count(*) FROM our_policy), '>=', 90::bigint, 'and policies');

-- 0001: the foreign key's columns are the first columns of an index, in its order; of a key of several columns one that is
-- almost unique does (COMPATIBILITY.md)
SELECT is_empty($$SELECT k.conrelid::regclass, k.conname FROM pg_constraint k JOIN our_table t ON t.oid = k.conrelid
                   WHERE k.contype = 'f' AND cardinality(k.conkey) = 1
                     AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indkey[0] = k.conkey[1])$$,
    'unindexed foreign keys');
SELECT is_empty($$SELECT k.conrelid::regclass, k.conname FROM pg_constraint k JOIN our_table t ON t.oid = k.conrelid
                   WHERE k.contype = 'f' AND cardinality(k.conkey) > 1
                     AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indkey[0] = ANY (k.conkey))$$,
    'unindexed foreign keys of several columns');
-- 0002
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c JOIN pg_rewrite w ON w.ev_class = c.oid JOIN pg_depend d ON d.objid = w.oid
                   WHERE d.refobjid = 'auth.users'::regclass AND c.relkind IN ('v', 'm')$$, 'views of auth.users');
-- 0003: text of the rule; each call stands behind its own SELECT, but for what is asked about the row
SELECT is_empty($$SELECT tablename, policyname, rule FROM our_policy
                   WHERE regexp_replace(rule, 'SELECT (auth\.(uid|jwt|role|email)|private\.(caller_role|require_trader))\(\)|SELECT private\.require_guard\(''[a-z_]+''::text\)|>= private\.ids_from\(''[a-z]+''::text\)|SELECT private\.own_[a-z]+\(\)|= private\.caller_id\(\)|private\.(may_contact|sees_order|sees_sale|sees_conversation|is_caller|is_shown_to|is_own_[a-z]+)\(', '', 'g')
                         ~ '(auth\.(uid|jwt|role|email)|current_setting|private\.[a-z_]+)\('$$, 'policies that call auth.uid(), current_setting() or helpers of ours for each row');
SELECT is_empty($$SELECT tablename, policyname, rule FROM our_policy
                   WHERE regexp_replace(rule, 'SELECT ([a-z."]+\.)?is_admin\(\( SELECT auth\.uid\(\)', '', 'g') ~ 'is_admin\('$$, 'or is_admin()');
-- 0004
SELECT is_empty($$SELECT relname FROM our_table t WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = t.oid AND k.contype = 'p')$$, 'tables without a primary key');
-- 0006
SELECT is_empty($$SELECT tablename, role, command, array_agg(policyname)
                    FROM our_policy CROSS JOIN (VALUES ('anon'), ('authenticated')) AS r (role) CROSS JOIN (VALUES ('SELECT'), ('INSERT'), ('UPDATE'), ('DELETE')) AS c (command)
                   WHERE permissive = 'PERMISSIVE' AND roles && ARRAY[role, 'public']::name[] AND cmd IN (command, 'ALL')
                   GROUP BY 1, 2, 3 HAVING count(*) > 1$$, 'several permissive policies for one role and command');
-- 0007, 0008, 0013, 0023
SELECT is_empty($$SELECT relname FROM our_table WHERE NOT relrowsecurity$$, 'tables without row level security');
SELECT is_empty($$SELECT relname FROM our_table WHERE relname NOT IN (SELECT tablename FROM our_policy)$$, 'tables without a policy');
-- 0009
SELECT is_empty($$SELECT array_agg(i.indexrelid::regclass) FROM pg_index i JOIN our_table t ON t.oid = i.indrelid
                   GROUP BY i.indrelid, regexp_replace(pg_get_indexdef(i.indexrelid), '^CREATE (UNIQUE )?INDEX \S+ ', '') HAVING count(*) > 1$$, 'indexes that are the same');
-- 0010, 0016, 0017: there are none at all
SELECT is_empty($$SELECT c.oid::regclass FROM pg_class c WHERE c.relnamespace = tests.home()::regnamespace AND c.relkind IN ('v', 'm', 'f')
                     AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')$$, 'views, materialized views and foreign tables');
-- 0011
SELECT is_empty($$SELECT oid::regprocedure FROM member
                   WHERE (lanname NOT IN ('c', 'internal') OR prosecdef) AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(proconfig, '{}'))$$,
    'functions in SQL or PL/pgSQL, and SECURITY DEFINER functions, whose search_path is their caller''s');
-- 0014: driplo is where clients are meant to find it
SELECT is_empty($$SELECT extname FROM pg_extension WHERE extnamespace = 'public'::regnamespace AND extname NOT IN ('driplo', 'plpgsql', 'pg_trgm', 'pgcrypto', 'uuid-ossp')$$,
    'extensions in public, but what driplo requires');
-- 0015
SELECT is_empty($$SELECT tablename, policyname FROM our_policy WHERE rule LIKE '%user_meta%'$$, 'policies that believe user_metadata');
-- 0018
SELECT is_empty($$SELECT t.relname, a.attname FROM our_table t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
                   WHERE a.atttypid::regtype::text ~ '^reg'$$, 'columns of reg types');
-- 0021
SELECT is_empty($$SELECT k.conname FROM pg_constraint k JOIN our_table t ON t.oid = k.conrelid
                   WHERE k.contype = 'f' AND k.confrelid = 'auth.users'::regclass
                     AND k.conindid <> (SELECT p.conindid FROM pg_constraint p WHERE p.conrelid = 'auth.users'::regclass AND p.contype = 'p')$$,
    'foreign keys to a unique constraint of auth.users');
-- 0024
SELECT is_empty($$SELECT tablename, policyname FROM our_policy
                   WHERE permissive = 'PERMISSIVE' AND cmd <> 'SELECT' AND roles <> '{driplo_owner}'
                     AND (qual IN ('true', '(1 = 1)') OR with_check IN ('true', '(1 = 1)') OR (qual IS NULL AND with_check IS NULL))$$, 'policies for writing that are always true');
-- 0028, 0029: those that authenticated may call are listed with the reason
SELECT is_empty($$SELECT oid::regprocedure FROM member WHERE prosecdef AND has_function_privilege('anon', oid, 'EXECUTE')$$, 'SECURITY DEFINER functions that anon may execute');
SELECT set_eq($$SELECT oid FROM member WHERE prosecdef AND has_function_privilege('authenticated', oid, 'EXECUTE')$$,
    $$SELECT to_regprocedure(CASE WHEN signature LIKE 'private.%' THEN signature ELSE quote_ident(tests.home()) || '.' || signature END)::oid FROM private.definer_reasons()$$,
    'SECURITY DEFINER functions that users may execute are those with a reason');
SELECT is_empty($$SELECT oid::regprocedure FROM member WHERE prosecdef AND EXISTS (SELECT FROM aclexplode(proacl) a WHERE a.grantee = 0)$$, 'and none is everybody''s');

SELECT * FROM finish();
ROLLBACK;
