-- Calls each function of driplo that says that it writes nothing (STABLE, IMMUTABLE), as everybody who could, with values that
-- fit its arguments' names and types, and tells how it ended: "function, role: ok" or an SQLSTATE. It needs no right to write,
-- so that a standby can run it too.
DO $$
DECLARE
    f record;
    caller text;
    person uuid := (SELECT id FROM profiles WHERE username = 'person9');
    outcome text;
BEGIN
    PERFORM set_config('statement_timeout', '60s', true);
    FOR f IN
        SELECT p.oid::regprocedure::text AS signature, n.nspname AS schema_name,
               format('SELECT * FROM %I.%I(%s)', n.nspname, p.proname, a.list) AS call
          FROM pg_proc p
          JOIN pg_namespace n ON n.oid = p.pronamespace
          JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
          JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
         CROSS JOIN LATERAL (
                SELECT string_agg(CASE
                           WHEN t.type = 'uuid'::regtype THEN
                               coalesce(quote_literal((SELECT v.id
                                  FROM (VALUES (1, 'order', (SELECT min(id::text) FROM orders)), (2, 'listing', (SELECT min(id::text) FROM listings)),
                                               (3, 'variant', (SELECT min(id::text) FROM product_variants)), (4, 'conversation', (SELECT min(id::text) FROM conversations)),
                                               (5, 'return', (SELECT min(id::text) FROM returns)), (6, 'dispute', (SELECT min(id::text) FROM disputes)),
                                               (7, 'categor', (SELECT min(id::text) FROM categories)), (8, '', person::text)) AS v (position, part, id)
                                 WHERE p.proargnames[t.number] ~ v.part AND v.id IS NOT NULL ORDER BY v.position LIMIT 1)), 'NULL') || '::uuid'
                           WHEN t.type = 'uuid[]'::regtype THEN format('ARRAY[%L]::uuid[]', person)
                           WHEN t.type IN ('text'::regtype, 'varchar'::regtype, 'name'::regtype) THEN
                               quote_literal(CASE WHEN p.proargnames[t.number] ~ 'currency' THEN 'USD' WHEN p.proargnames[t.number] ~ 'table' THEN 'orders'
                                                  WHEN p.proargnames[t.number] ~ 'period' THEN 'month' WHEN p.proargnames[t.number] ~ 'user' THEN 'person9' ELSE 'lamp' END) || '::' || t.type
                           WHEN t.type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype, 'numeric'::regtype, 'float8'::regtype) THEN '1::' || t.type
                           WHEN t.type = 'bool'::regtype THEN 'true'
                           WHEN t.type IN ('timestamptz'::regtype, 'date'::regtype) THEN '''2026-01-01''::' || t.type
                           WHEN t.type IN ('jsonb'::regtype, 'json'::regtype, 'text[]'::regtype) THEN '''{}''::' || t.type
                           ELSE 'NULL::' || t.type END, ', ' ORDER BY t.number) AS list,
                       coalesce(bool_or(y.typtype = 'p'), false) AS is_internal
                  FROM unnest(p.proargtypes::regtype[]) WITH ORDINALITY AS t (type, number)
                  JOIN pg_type y ON y.oid = t.type) a
         WHERE p.provolatile <> 'v' AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)
           AND NOT a.is_internal
         ORDER BY 1
    LOOP
        FOREACH caller IN ARRAY CASE WHEN f.schema_name = 'private' THEN '{postgres}'::text[] ELSE '{postgres,service_role,authenticated,anon}' END LOOP
            BEGIN
                PERFORM set_config('request.jwt.claims', jsonb_build_object('role', caller, 'sub', CASE WHEN caller = 'authenticated' THEN person END)::text, true);
                EXECUTE format('SET LOCAL ROLE %I', CASE caller WHEN 'postgres' THEN session_user ELSE caller END);
                EXECUTE f.call;
                outcome := 'ok';
            EXCEPTION WHEN OTHERS THEN
                outcome := SQLSTATE;
                -- a standby has a code for it, and says the rest in words
                IF SQLERRM ~ 'recovery|read-only transaction' THEN
                    outcome := outcome || ' ' || SQLERRM;
                END IF;
            END;
            RESET ROLE;
            RAISE INFO '%, %: %', f.signature, caller, outcome;
        END LOOP;
    END LOOP;
END $$;
