-- The two reports: is everything installed, and is anything open that should not be.

CREATE OR REPLACE FUNCTION private.shipped_and_missing(kind_of_object text)
    RETURNS TABLE (shipped bigint, missing text[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT count(*), coalesce(array_agg(o.name || coalesce(' on ' || o.on_table, '') ORDER BY o.name) FILTER (WHERE NOT found.it), '{}')
      FROM private.shipped_objects() o
     CROSS JOIN LATERAL (SELECT (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                  WHERE format('%I.%I', n.nspname, c.relname) =
                                        CASE WHEN o.on_table LIKE '%.%' THEN o.on_table
                                             ELSE format('@extschema@.%I', coalesce(o.on_table, o.name)) END) AS relation) r
     CROSS JOIN LATERAL (
         SELECT CASE o.kind
             WHEN 'type' THEN to_regtype(format('@extschema@.%I', o.name)) IS NOT NULL
             WHEN 'table' THEN r.relation IS NOT NULL
             WHEN 'sequence' THEN r.relation IS NOT NULL
             WHEN 'index' THEN EXISTS (SELECT FROM pg_index i WHERE i.indrelid = r.relation AND i.indisvalid
                                          AND i.indexrelid = to_regclass(format('@extschema@.%I', o.name)))
             WHEN 'policy' THEN EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.relation AND p.polname = o.name)
             WHEN 'trigger' THEN EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = r.relation AND t.tgname = o.name AND t.tgenabled IN ('O', 'A'))
             WHEN 'function' THEN EXISTS (
                 SELECT FROM pg_proc p
                   JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
                   JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
                  WHERE p.proname = replace(o.name, 'private.', '')
                    AND p.pronamespace = CASE WHEN o.name LIKE 'private.%' THEN to_regnamespace('private') ELSE '@extschema@'::regnamespace END)
         END AS it) found
     WHERE o.kind = kind_of_object
$function$;
COMMENT ON FUNCTION private.shipped_and_missing(text) IS
    'How many objects of a kind (type, table, sequence, index, policy, trigger, function) this version ships, and which of them are not in the database.';

CREATE OR REPLACE FUNCTION private.value_from(relation text, expression text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    value text;
    -- A superuser may be asking: a view, or a table of somebody else's, could hold that somebody's code.
    found_relation oid := (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
                            WHERE format('%I.%I', n.nspname, c.relname) = relation AND c.relkind = 'r'
                              AND (r.rolsuper OR r.rolname IN ('driplo_owner', 'supabase_storage_admin')));
BEGIN
    IF found_relation IS NULL THEN
        RETURN NULL;
    END IF;
    EXECUTE format('SELECT (%s)::text FROM ONLY %s', expression, relation) INTO value;
    RETURN value;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN 'not visible to ' || current_user;
END
$function$;
COMMENT ON FUNCTION private.value_from(text, text) IS
    'An aggregate over a table that may be missing, as text; NULL when it is. Runs with the caller''s rights.';

CREATE OR REPLACE FUNCTION @extschema@.installation_report()
    RETURNS TABLE (item text, expected text, found text, ok boolean)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH here AS (
        SELECT e.extversion AS version FROM pg_extension e WHERE e.extname = 'driplo'
    ), counted AS (
        SELECT k.position, k.item, s.shipped::text AS expected,
               (s.shipped - cardinality(s.missing))::text
                   || CASE WHEN s.missing <> '{}' THEN '; missing: ' || array_to_string(s.missing, ', ') ELSE '' END AS found,
               s.missing = '{}' AS ok
          FROM (VALUES (10, 'enum types', 'type'), (11, 'tables', 'table'), (12, 'sequences', 'sequence'), (13, 'named indexes', 'index'),
                       (14, 'policies', 'policy'), (15, 'triggers', 'trigger'), (16, 'functions', 'function')) AS k (position, item, kind)
         CROSS JOIN LATERAL private.shipped_and_missing(k.kind) s
    ), single AS (
        SELECT 1 AS position, 'library version' AS item, h.version AS expected, @extschema@.driplo_version() AS found FROM here h
        UNION ALL
        SELECT 2, 'version of the tables', h.version,
               private.value_from('@extschema@.driplo_schema_version', 'max(version)')
          FROM here h
        UNION ALL
        SELECT 3, 'required extensions', 'pg_trgm, pgcrypto, uuid-ossp',
               (SELECT string_agg(e.extname, ', ' ORDER BY e.extname) FROM pg_extension e WHERE e.extname IN ('uuid-ossp', 'pg_trgm', 'pgcrypto'))
        UNION ALL
        SELECT 4, 'roles', 'anon, authenticated, driplo_owner, service_role (bypasses row level security)',
               (SELECT string_agg(r.rolname || CASE WHEN r.rolname = 'service_role' AND r.rolbypassrls THEN ' (bypasses row level security)' ELSE '' END, ', ' ORDER BY r.rolname)
                  FROM pg_roles r WHERE r.rolname IN ('anon', 'authenticated', 'driplo_owner', 'service_role'))
        UNION ALL
        -- asked of the catalog, because to_regclass() needs a right on the schema
        SELECT 5, 'schema auth', 'auth.users, jwt(), role(), uid()',
               (SELECT string_agg(part, ', ' ORDER BY part)
                  FROM (SELECT 'auth.users' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                         WHERE n.nspname = 'auth' AND c.relname = 'users'
                        UNION ALL
                        SELECT p.proname || '()' FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                         WHERE n.nspname = 'auth' AND p.proname IN ('uid', 'role', 'jwt') AND p.pronargs = 0) AS parts (part))
        UNION ALL
        SELECT 20, 'tables with row level security', (SELECT s.shipped::text FROM private.shipped_and_missing('table') s),
               (SELECT count(*)::text FROM private.shipped_objects() o JOIN pg_class c ON c.oid = to_regclass(format('@extschema@.%I', o.name))
                 WHERE o.kind = 'table' AND c.relrowsecurity)
        UNION ALL
        SELECT 21, 'tables with policies', (SELECT s.shipped::text FROM private.shipped_and_missing('table') s),
               (SELECT count(*)::text FROM private.shipped_objects() o
                 WHERE o.kind = 'table' AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = to_regclass(format('@extschema@.%I', o.name))))
        UNION ALL
        SELECT 30, 'storage buckets',
               CASE WHEN private.storage_is_installed() THEN (SELECT count(*)::text FROM private.storage_buckets()) ELSE 'no storage service' END,
               CASE WHEN private.storage_is_installed()
                    THEN private.value_from('storage.buckets', 'count(*) FILTER (WHERE id IN (SELECT s.id FROM private.storage_buckets() s))')
                    ELSE 'no storage service' END
        UNION ALL
        SELECT 31, 'storage policies',
               CASE WHEN private.storage_is_installed() THEN (SELECT count(*)::text FROM private.storage_policies()) ELSE 'no storage service' END,
               CASE WHEN private.storage_is_installed()
                    THEN (SELECT count(*)::text FROM pg_policies p JOIN private.storage_policies() s ON s.name = p.policyname
                           WHERE p.schemaname = 'storage' AND p.tablename = 'objects')
                    ELSE 'no storage service' END
    )
    SELECT r.item, r.expected, r.found, r.ok
      FROM (SELECT position, item, expected, found, ok FROM counted
            UNION ALL
            SELECT position, item, expected, coalesce(found, 'none'), expected IS NOT DISTINCT FROM found FROM single
            UNION ALL
            -- the ten that the installation seeds; more are welcome
            SELECT 22, 'categories', 'at least 10', c.n, c.n ~ '^[0-9]{2,}$'
              FROM (SELECT coalesce(private.value_from('@extschema@.categories', 'count(*)'), '0') AS n) c) r
     ORDER BY r.position
$function$;
COMMENT ON FUNCTION @extschema@.installation_report() IS
    'One row for each thing that an installation consists of: what this version ships, what the database has, and whether that is all of it. Service only (42501).';

CREATE OR REPLACE FUNCTION @extschema@.security_advisor()
    RETURNS TABLE (level text, check_name text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH relation AS (
        SELECT c.oid, c.relname, c.relrowsecurity, c.relowner, c.relacl, c.oid::regclass::text AS name
          FROM pg_class c
         WHERE c.relnamespace = '@extschema@'::regnamespace AND c.relkind IN ('r', 'p')
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    ), routine AS (
        SELECT p.oid, p.prosecdef, p.proconfig, p.proowner, p.proacl, p.oid::regprocedure::text AS name,
               e.oid IS NOT NULL AS is_member
          FROM pg_proc p
          LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
          LEFT JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
         -- functions of the user's own count too, those of other extensions do not
         WHERE (p.pronamespace = '@extschema@'::regnamespace AND d.objid IS NULL) OR e.oid IS NOT NULL
    ), client (name) AS (
        VALUES ('anon'), ('authenticated'), ('service_role')
    ), granted AS (
        -- to a client or to everybody; service_role only counts where this version ships nothing for it
        SELECT r.oid, r.relname, r.name, NULL::text AS column_name, a.grantee, a.privilege_type
          FROM relation r CROSS JOIN LATERAL aclexplode(r.relacl) a
        UNION ALL
        SELECT r.oid, r.relname, r.name, t.attname, a.grantee, a.privilege_type
          FROM relation r JOIN pg_attribute t ON t.attrelid = r.oid AND NOT t.attisdropped
         CROSS JOIN LATERAL aclexplode(t.attacl) a
    ), client_grant AS (
        SELECT g.*, coalesce(c.name, 'PUBLIC') AS role_name
          FROM granted g LEFT JOIN client c ON to_regrole(c.name) = g.grantee
         WHERE c.name IS NOT NULL OR g.grantee = 0
    ), constraint_columns AS (
        SELECT k.oid, k.conname, k.conrelid, k.conkey, r.name
          FROM pg_constraint k JOIN relation r ON r.oid = k.conrelid WHERE k.contype = 'f'
    )
    SELECT 'ERROR', 'rls_disabled', r.name, 'Row level security is off: every grant reaches every row.',
           format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', r.name)
      FROM relation r WHERE NOT r.relrowsecurity
    UNION ALL
    SELECT 'WARNING', 'rls_without_policy', r.name, 'Row level security is on without a policy: clients read an empty table and their changes vanish without an error.',
           'Create a policy for each role that needs the table, or SELECT driplo_migrate() to restore the shipped ones.'
      FROM relation r WHERE r.relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.oid)
    UNION ALL
    SELECT 'WARNING', 'foreign_key_without_index', k.name,
           format('Foreign key %I has no index on its columns: deleting a referenced row reads the whole table.', k.conname),
           format('CREATE INDEX ON %s (%s)', k.name,
                  (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY array_position(k.conkey, a.attnum))
                     FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)))
      FROM constraint_columns k
     WHERE NOT EXISTS (SELECT FROM pg_index i
                        WHERE i.indrelid = k.conrelid AND i.indisvalid
                          AND i.indkey[0] = ANY (k.conkey)
                          AND (i.indpred IS NULL
                               OR pg_get_expr(i.indpred, i.indrelid) =
                                  (SELECT format('(%I IS NOT NULL)', a.attname) FROM pg_attribute a
                                    WHERE a.attrelid = k.conrelid AND a.attnum = i.indkey[0])))
    UNION ALL
    SELECT 'WARNING', 'duplicate_index', min(i.indrelid::regclass::text),
           format('These indexes are the same: %s.', string_agg(i.indexrelid::regclass::text, ', ' ORDER BY i.indexrelid)),
           'Drop all but one of them.'
      FROM pg_index i JOIN relation r ON r.oid = i.indrelid
     GROUP BY i.indrelid, i.indisunique, i.indkey::text, i.indclass::text, i.indoption::text, i.indcollation::text,
              pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
    HAVING count(*) > 1
    UNION ALL
    SELECT 'WARNING', 'policies_overlap', p.polrelid::regclass::text,
           format('Role %s has several permissive policies for %s: %s. Each of them is evaluated for each row.',
                  CASE role WHEN 0 THEN 'PUBLIC' ELSE role::regrole::text END, command,
                  string_agg(format('"%s"', p.polname), ', ' ORDER BY p.polname)),
           'Merge them into one with OR.'
      FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
     CROSS JOIN LATERAL unnest(p.polroles) AS role
     CROSS JOIN LATERAL unnest(CASE p.polcmd WHEN 'r' THEN '{SELECT}' WHEN 'a' THEN '{INSERT}' WHEN 'w' THEN '{UPDATE}' WHEN 'd' THEN '{DELETE}'
                                             ELSE '{SELECT,INSERT,UPDATE,DELETE}' END::text[]) AS command
     WHERE p.polpermissive
     GROUP BY p.polrelid, role, command HAVING count(*) > 1
    UNION ALL
    SELECT 'WARNING', 'policy_evaluates_per_row', p.polrelid::regclass::text,
           format('Policy "%s" calls auth.uid() for each row.', p.polname), 'Write (SELECT auth.uid()), which is evaluated once.'
      FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
     CROSS JOIN LATERAL (SELECT concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) AS text) rule
     WHERE regexp_replace(rule.text, '\( *SELECT auth\.(uid|role|jwt|email)\(\)', '', 'gi') ~ 'auth\.(uid|role|jwt|email)\(\)'
    UNION ALL
    SELECT 'ERROR', 'policy_always_true', p.polrelid::regclass::text,
           format('Policy "%s" lets clients change every row.', p.polname), 'Restrict it to the caller''s own rows.'
      FROM pg_policy p JOIN relation r ON r.oid = p.polrelid
     WHERE p.polcmd <> 'r' AND p.polpermissive
       AND 'true' IN (pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
       AND (p.polroles && ARRAY[0::oid, to_regrole('anon')::oid, to_regrole('authenticated')::oid])
    UNION ALL
    SELECT 'ERROR', 'definer_without_search_path', f.name,
           'A SECURITY DEFINER function without a search_path of its own that ends in pg_temp runs the caller''s objects with its owner''s rights.',
           format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', f.name)
      FROM routine f
     WHERE f.prosecdef
       AND NOT EXISTS (SELECT FROM unnest(f.proconfig) setting WHERE setting ~ '^search_path=(.*, *)?"?pg_temp"?$' OR setting IN ('search_path=', 'search_path=""'))
    UNION ALL
    SELECT 'ERROR', 'definer_owner_changed', f.name, 'A SECURITY DEFINER function of driplo does not belong to driplo_owner.',
           'SELECT driplo_migrate() gives it back to driplo_owner.'
      FROM routine f WHERE f.prosecdef AND f.is_member AND f.proowner IS DISTINCT FROM to_regrole('driplo_owner')
    UNION ALL
    SELECT 'WARNING', 'function_executable_by_anon', f.name, 'anon may execute this SECURITY DEFINER function.',
           format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, anon', f.name)
      FROM routine f
     WHERE f.prosecdef AND NOT f.is_member AND has_function_privilege('anon', f.oid, 'EXECUTE')
    UNION ALL
    SELECT 'WARNING', 'function_grant_wider_than_shipped', f.name,
           format('Role %s may execute this function of driplo; this version does not ship it so.', c.name),
           format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, %s', f.name, c.name)
      FROM routine f CROSS JOIN client c
     WHERE f.is_member AND has_function_privilege(c.name, f.oid, 'EXECUTE')
       AND NOT EXISTS (SELECT FROM private.function_rights() s
                        WHERE c.name = ANY (s.role_names)
                          AND f.name = CASE WHEN s.signature LIKE 'private.%' THEN s.signature ELSE '@extschema@.' || s.signature END)
    UNION ALL
    SELECT 'WARNING', 'grant_wider_than_shipped', g.name,
           format('Role %s has %s%s, which this version does not grant.', g.role_name, g.privilege_type, coalesce(' on column ' || quote_ident(g.column_name), '')),
           format('REVOKE %s%s ON %s FROM %s', g.privilege_type, coalesce(' (' || quote_ident(g.column_name) || ')', ''), g.name, g.role_name)
      FROM client_grant g
     WHERE EXISTS (SELECT FROM private.shipped_objects() o WHERE o.kind = 'table' AND o.name = g.relname)
       AND NOT EXISTS (SELECT FROM private.table_rights() s
                        WHERE s.table_name = g.relname AND s.role_name = g.role_name AND s.privilege = g.privilege_type
                          AND (s.columns IS NULL OR g.column_name = ANY (s.columns)))
    UNION ALL
    SELECT 'ERROR', 'client_grant_beyond_rows', g.name,
           format('Role %s has %s, which row level security does not cover.', g.role_name, g.privilege_type),
           format('REVOKE %s ON %s FROM %s', g.privilege_type, g.name, g.role_name)
      FROM client_grant g
     WHERE g.role_name <> 'service_role' AND g.privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES')
       AND NOT EXISTS (SELECT FROM private.shipped_objects() o WHERE o.kind = 'table' AND o.name = g.relname)
    UNION ALL
    SELECT 'ERROR', 'sequence_grant_wider_than_shipped', q.oid::regclass::text,
           format('Role %s has %s, which this version does not grant.', coalesce(c.name, 'PUBLIC'), a.privilege_type),
           format('REVOKE %s ON SEQUENCE %s FROM %s', a.privilege_type, q.oid::regclass, coalesce(c.name, 'PUBLIC'))
      FROM pg_class q CROSS JOIN LATERAL aclexplode(q.relacl) a LEFT JOIN client c ON to_regrole(c.name) = a.grantee
     WHERE q.relnamespace = '@extschema@'::regnamespace AND q.relkind = 'S' AND (c.name IS NOT NULL OR a.grantee = 0)
       AND q.relowner = to_regrole('driplo_owner')
       AND NOT EXISTS (SELECT FROM private.table_rights() s
                        WHERE s.table_name = q.relname AND s.role_name = c.name AND s.privilege = a.privilege_type)
    UNION ALL
    SELECT 'ERROR', 'view_bypasses_rls', v.oid::regclass::text,
           format('Clients may read this view, which reads %s with its owner''s rights.', string_agg(DISTINCT r.name, ', ')),
           CASE v.relkind WHEN 'v' THEN format('ALTER VIEW %s SET (security_invoker = on)', v.oid::regclass)
                          ELSE format('REVOKE ALL ON %s FROM anon, authenticated', v.oid::regclass) END
      FROM pg_class v
      JOIN pg_rewrite w ON w.ev_class = v.oid
      JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
      JOIN relation r ON r.oid = d.refobjid
     WHERE v.relkind IN ('v', 'm')
       AND (has_any_column_privilege('anon', v.oid, 'SELECT') OR has_any_column_privilege('authenticated', v.oid, 'SELECT'))
       AND coalesce(v.reloptions && ARRAY['security_invoker=on', 'security_invoker=true'], false) IS FALSE
     GROUP BY v.oid, v.relkind
    UNION ALL
    SELECT 'ERROR', 'clients_may_create', '@extschema@', format('Role %s may create objects in the schema of driplo.', c.name),
           format('REVOKE CREATE ON SCHEMA @extschema@ FROM PUBLIC, %s', c.name)
      FROM client c WHERE has_schema_privilege(c.name, '@extschema@'::regnamespace, 'CREATE')
    UNION ALL
    SELECT 'ERROR', 'role_too_strong', r.rolname,
           'A client role is SUPERUSER, BYPASSRLS or a member of driplo_owner, so that row level security does not hold it.',
           format('ALTER ROLE %I NOSUPERUSER NOBYPASSRLS; REVOKE driplo_owner FROM %I', r.rolname, r.rolname)
      FROM pg_roles r
     WHERE r.rolname IN ('anon', 'authenticated')
       AND (r.rolsuper OR r.rolbypassrls OR pg_has_role(r.oid, to_regrole('driplo_owner'), 'MEMBER'))
    UNION ALL
    SELECT 'ERROR', 'table_owner_changed', r.name, 'A table of driplo is not owned by driplo_owner: its functions may see too little, and its owner bypasses row level security.',
           format('ALTER TABLE %s OWNER TO driplo_owner', r.name)
      FROM relation r JOIN private.shipped_objects() o ON o.kind = 'table' AND o.name = r.relname
     WHERE r.relowner IS DISTINCT FROM to_regrole('driplo_owner')
     ORDER BY 1, 2, 3, 4
$function$;
COMMENT ON FUNCTION @extschema@.security_advisor() IS
    'What is open or slow in the extension''s schema and should not be, with the statement that mends it; covers tables and functions of your own there too. No row on a fresh installation. Service only (42501).';
