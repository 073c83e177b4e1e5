-- The discipline of the functions that run with driplo_owner's rights: which they are, whose they are, what they pin,
-- and who may call them. Which they are is in expected/signatures.out. definer_surroundings.sql beside it attacks each of them.
BEGIN;
SELECT plan(19);

CREATE TEMP VIEW definer AS
    SELECT f.signature, p.oid, p.proowner, p.proconfig, p.proacl, p.prorettype, p.prosrc, l.lanname
      FROM private.advised_functions() f JOIN pg_proc p ON p.oid = f.id JOIN pg_language l ON l.oid = p.prolang
     WHERE f.is_member AND f.is_definer;

SELECT cmp_ok((SELECT count(*) FROM definer), '>', 90::bigint, 'they are many');
SELECT is_empty($$SELECT signature FROM definer WHERE proowner <> 'driplo_owner'::regrole$$, 'each belongs to driplo_owner');
SELECT is_empty($$SELECT signature, proconfig FROM definer WHERE proconfig IS DISTINCT FROM '{"search_path=pg_catalog, pg_temp"}'$$,
    'each pins a search_path that begins with pg_catalog and ends with pg_temp, and no other setting');
-- What nobody executes but a trigger or another function: a helper of this kind could do without
SELECT is_empty($$SELECT signature FROM definer WHERE prorettype <> 'trigger'::regtype AND signature NOT IN (SELECT r.signature FROM private.function_rights() r)
                     AND signature NOT IN ('private.adopt_user(uuid,text,jsonb,boolean)', 'private.lock_order(uuid)')$$, 'one that no client may execute is a trigger function, but for two');
SELECT is_empty($$SELECT signature, lanname FROM definer WHERE lanname NOT IN ('c', 'sql', 'plpgsql')$$, 'none is in a language that the database may lack');
SELECT is_empty($$SELECT signature FROM definer WHERE lanname = 'plpgsql' AND prosrc ~* '\mEXECUTE\M'$$, 'none puts a statement together from text');

-- Who may execute them, by every way: a grant to the role, to PUBLIC, to a role that it is a member of
SELECT is_empty($$SELECT signature FROM definer WHERE has_function_privilege('anon', oid, 'EXECUTE')$$, 'anon may execute none');
SELECT is_empty($$SELECT signature FROM definer WHERE has_function_privilege('authenticated', oid, 'EXECUTE') AND NOT has_function_privilege('service_role', oid, 'EXECUTE')$$,
    'what users may execute the service may too');
SELECT is_empty($$SELECT signature, a.grantee::regrole FROM definer CROSS JOIN LATERAL aclexplode(proacl) a
                   WHERE a.grantee = 0 OR a.grantee::regrole::text NOT IN ('driplo_owner', 'authenticated', 'service_role', 'pg_database_owner')$$, 'nobody else has a grant, PUBLIC least of all');
SELECT is_empty($$SELECT signature, a.grantee::regrole FROM definer CROSS JOIN LATERAL aclexplode(proacl) a WHERE a.is_grantable AND a.grantee <> proowner$$, 'and nobody may grant it on');
SELECT set_eq($$SELECT signature FROM definer WHERE has_function_privilege('authenticated', oid, 'EXECUTE')$$, 'SELECT signature FROM private.definer_reasons()', 'for each that users may execute a reason is written down, and for no other');
SELECT is_empty($$SELECT signature FROM private.definer_reasons() WHERE length(reason) < 15$$, 'which says something');
SELECT is_empty($$SELECT signature FROM definer WHERE obj_description(oid, 'pg_proc') IS NULL$$, 'each says what it promises');

-- Whose rights they run with
SELECT results_eq($$SELECT rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb, rolreplication, rolinherit FROM pg_roles WHERE rolname = 'driplo_owner'$$,
    'VALUES (false, false, false, false, false, false, false)', 'driplo_owner may nothing but own');
SELECT is_empty($$SELECT m.roleid::regrole, m.member::regrole FROM pg_auth_members m WHERE 'driplo_owner'::regrole IN (m.member) $$, 'is a member of no role');
SELECT is_empty($$SELECT r.rolname FROM pg_roles r WHERE NOT r.rolsuper AND r.rolname <> 'driplo_owner' AND pg_has_role(r.oid, 'driplo_owner', 'MEMBER')$$, 'has no member');
SELECT is_empty($$SELECT n.nspname FROM pg_namespace n WHERE has_schema_privilege('driplo_owner', n.oid, 'CREATE') AND n.nspname !~ '^pg_(toast_)?temp_'$$, 'and may create nothing');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.proowner = 'driplo_owner'::regrole AND p.oid NOT IN (SELECT oid FROM definer)$$, 'no other function is its own');

-- Outside of driplo's members: auth.uid() and the others, where driplo made them
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace AND p.prosecdef$$, 'the functions of schema auth run with their caller''s rights');

SELECT * FROM finish();
ROLLBACK;
