-- The functions as sql/functions/ declares them: who may execute each in this home, whatever default privileges there were.
-- Arguments, results and properties, the same in every home, are compared by test/sql/signatures.sql.
BEGIN;
SELECT plan(7);

CREATE TEMP VIEW found AS
    SELECT f.signature, p.oid, p.prorettype, p.proacl, p.proowner
      FROM private.advised_functions() f JOIN pg_proc p ON p.oid = f.id
     WHERE f.is_member;
CREATE TEMP VIEW client AS SELECT unnest(ARRAY['anon', 'authenticated', 'service_role']) AS role;

SELECT bag_eq($$SELECT regexp_replace(signature, '\(.*', '') FROM found$$, $$SELECT name FROM private.shipped_objects() WHERE kind = 'function'$$,
    'the functions are those that are declared');
SELECT cmp_ok((SELECT count(*) FROM found), '>', 150::bigint, 'which are many');
SELECT is_empty('SELECT signature FROM private.function_rights() EXCEPT SELECT signature FROM found', 'each that somebody may execute is there under that signature');
SELECT set_eq($$SELECT f.signature, c.role FROM found f CROSS JOIN client c WHERE has_function_privilege(c.role, f.oid, 'EXECUTE')$$,
    $$SELECT r.signature, c.role FROM private.function_rights() r JOIN client c ON c.role = ANY (r.role_names)$$,
    'each may be executed by the clients that its declaration names and no other');
SELECT is_empty($$SELECT f.signature, a.grantee::regrole FROM found f CROSS JOIN LATERAL aclexplode(coalesce(f.proacl, acldefault('f', f.proowner))) a
                   WHERE a.grantee NOT IN (f.proowner, 'driplo_owner'::regrole, 'pg_database_owner'::regrole)
                     AND NOT EXISTS (SELECT FROM private.function_rights() r WHERE r.signature = f.signature AND a.grantee <> 0 AND a.grantee::regrole::text = ANY (r.role_names))$$,
    'nor has anybody else a grant, PUBLIC least of all');
SELECT is_empty($$SELECT signature FROM found WHERE prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AND signature IN (SELECT r.signature FROM private.function_rights() r)$$,
    'no client may execute a trigger function');
SELECT is_empty($$SELECT signature FROM found WHERE coalesce(length(obj_description(oid, 'pg_proc')), 0) < 20$$, 'each says what it promises');

SELECT * FROM finish();
ROLLBACK;
