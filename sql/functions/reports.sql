-- installation_report(): is everything installed? Whether anything is open that should not be is in advisor.sql.

CREATE OR REPLACE FUNCTION private.shipped_and_missing(kind_of_object text)
    RETURNS TABLE (shipped bigint, missing text[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT count(*), coalesce(array_agg(o.name || coalesce(' on ' || o.on_table, '') ORDER BY o.name) FILTER (WHERE NOT found.it), '{}')
      FROM private.shipped_objects() o
     -- by names and not by their text, which quote_all_identifiers changes; here and in the script, as it was then
     CROSS JOIN LATERAL (SELECT (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                                  WHERE CASE WHEN o.on_table LIKE '%.%'
                                             THEN n.nspname = split_part(o.on_table, '.', 1) AND c.relname = split_part(o.on_table, '.', 2)
                                             ELSE n.oid = '@extschema@'::regnamespace AND c.relname = coalesce(o.on_table, o.name) END) AS relation) r
     CROSS JOIN LATERAL (
         SELECT CASE o.kind
             WHEN 'type' THEN to_regtype(format('@extschema@.%I', o.name)) IS NOT NULL
             WHEN 'table' THEN r.relation IS NOT NULL
             WHEN 'sequence' THEN r.relation IS NOT NULL
             WHEN 'constraint' THEN EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = r.relation AND k.conname = o.name AND k.convalidated)
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
    'How many objects of a kind (type, table, sequence, constraint, index, policy, trigger, function) this version ships, and which of them are not in the database.';

CREATE OR REPLACE FUNCTION private.value_from(relation text, expression text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    value text;
    -- A superuser may be asking: a view, or a table of somebody else's, could hold that somebody's code.
    found_relation oid := (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
                            WHERE ARRAY[n.nspname, c.relname] = parse_ident(relation)::name[] AND c.relkind = 'r'
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

-- SECURITY DEFINER: nobody who asks for the report may read the keys. value_from() looks whose table it is.
CREATE OR REPLACE FUNCTION private.has_order_key() RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    RETURN coalesce(private.value_from('@extschema@.driplo_secrets', 'count(*) FILTER (WHERE name = ''order_number'' AND length(secret) = 32)'), '0') = '1';
END
$function$;
COMMENT ON FUNCTION private.has_order_key() IS
    'Whether the key of the order numbers is there and as long as it has to be.';

CREATE OR REPLACE FUNCTION @extschema@.installation_report()
    RETURNS TABLE (item text, expected text, found text, ok boolean)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $function$
    WITH here AS (
        SELECT e.extversion AS version FROM pg_extension e WHERE e.extname = 'driplo'
    ), counted AS (
        SELECT k.position, k.item, s.shipped::text AS expected,
               (s.shipped - cardinality(s.missing))::text
                   || CASE WHEN s.missing <> '{}' THEN '; missing: ' || array_to_string(s.missing, ', ') ELSE '' END AS found,
               s.missing = '{}' AS ok
          FROM (VALUES (10, 'enum types', 'type'), (11, 'tables', 'table'), (12, 'sequences', 'sequence'), (13, 'constraints', 'constraint'),
                       (14, 'named indexes', 'index'), (15, 'policies', 'policy'), (16, 'triggers', 'trigger'), (17, 'functions', 'function')) AS k (position, item, kind)
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
        SELECT 18, 'foreign keys', 'all in force',
               coalesce('switched off: ' || string_agg(DISTINCT format('%s on %s', k.conname, c.relname), ', '), 'all in force')
          FROM private.shipped_objects() o
          JOIN pg_class c ON c.oid = to_regclass(format('@extschema@.%I', o.name))
          JOIN pg_constraint k ON k.conrelid = c.oid AND k.contype = 'f'
          JOIN pg_trigger t ON t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A')
         WHERE o.kind = 'table'
        UNION ALL
        -- PUBLIC has most of them, until it is revoked
        SELECT 19, 'rights of the roles', 'all there',
               coalesce('missing: ' || string_agg(format('%s on %s for %s', r.privilege, r.name, r.role_name), ', ' ORDER BY r.name, r.role_name), 'all there')
          FROM private.surrounding_rights() r WHERE NOT r.is_there
        UNION ALL
        SELECT 20, 'tables with row level security', (SELECT s.shipped::text FROM private.shipped_and_missing('table') s),
               (SELECT count(*)::text FROM private.shipped_objects() o JOIN pg_class c ON c.oid = to_regclass(format('@extschema@.%I', o.name))
                 WHERE o.kind = 'table' AND c.relrowsecurity)
        UNION ALL
        SELECT 21, 'tables with policies', (SELECT s.shipped::text FROM private.shipped_and_missing('table') s),
               (SELECT count(*)::text FROM private.shipped_objects() o
                 WHERE o.kind = 'table' AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = to_regclass(format('@extschema@.%I', o.name))
                                                       AND p.polname <> 'driplo itself'))
        UNION ALL
        SELECT 22, 'tables with forced row level security', '0',
               (SELECT count(*)::text FROM private.shipped_objects() o JOIN pg_class c ON c.oid = to_regclass(format('@extschema@.%I', o.name))
                 WHERE o.kind = 'table' AND c.relforcerowsecurity)
        UNION ALL
        SELECT 9, 'guard of the tables', 'on',
               (SELECT 'on' FROM pg_event_trigger e WHERE e.evtname = 'driplo_keep_objects' AND e.evtenabled IN ('O', 'A'))
        UNION ALL
        SELECT 24, 'key of the order numbers', 'there', CASE WHEN private.has_order_key() THEN 'there' END
        UNION ALL
        -- a dump does not hold what ALTER DATABASE has set
        SELECT 25, 'platform fee', f.percent,
               CASE WHEN f.is_set OR f.last IS NULL OR f.last !~ '^[0-9.]+$' OR abs(f.last::numeric - f.percent::numeric) < 0.5 THEN f.percent
                    ELSE format('%s, but none is set and it was %s at the last sale', f.percent, f.last) END
          FROM (SELECT coalesce(current_setting('driplo.platform_fee_percent', true), '5') AS percent,
                       EXISTS (SELECT FROM pg_settings g WHERE g.name = 'driplo.platform_fee_percent' AND g.source <> 'default') AS is_set,
                       private.value_from('@extschema@.orders',
                           '(SELECT round(100 * o.platform_fee_amount / o.subtotal, 1) FROM ONLY @extschema@.orders o
                              WHERE o.platform_fee_amount > 0 AND o.subtotal >= 10 AND coalesce(o.discount_amount, 0) = 0 ORDER BY o.created_at DESC LIMIT 1)') AS last) f
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
            SELECT 23, 'categories', 'at least 10', c.n, c.n ~ '^[0-9]{2,}$'
              FROM (SELECT coalesce(private.value_from('@extschema@.categories', 'count(*)'), '0') AS n) c) r
     ORDER BY r.position
$function$;
COMMENT ON FUNCTION @extschema@.installation_report() IS
    'One row for each thing that an installation consists of: what this version ships, what the database has, and whether that is all of it. Service only (42501).';
