-- installation_report(): is everything installed? Whether anything is open that should not be is in advisor.sql.

-- rights: service_role
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
EXCEPTION
    WHEN insufficient_privilege THEN
        RETURN 'not visible to ' || current_user;
    -- has a row of its own
    WHEN undefined_column THEN
        RETURN NULL;
END
$function$;
COMMENT ON FUNCTION private.value_from(text, text) IS
    'Returns an aggregate over a table as text, or NULL if the table is missing. Runs with the caller''s '
    'privileges.';

-- SECURITY DEFINER: nobody who asks for the report may read the keys. value_from() looks whose table it is.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.has_order_key() RETURNS boolean
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    RETURN coalesce(private.value_from('@extschema@.driplo_secrets', 'count(*) FILTER (WHERE name = ''order_number'' AND length(secret) = 32)'), '0') = '1';
-- the right that driplo_owner lacks has a row of its own
EXCEPTION WHEN insufficient_privilege THEN
    RETURN NULL;
END
$function$;
COMMENT ON FUNCTION private.has_order_key() IS
    'Returns whether the key of the order numbers exists and has the required length; NULL if driplo_owner lacks '
    'a privilege to check.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.installation_report()
    RETURNS TABLE (item text, expected text, found text, ok boolean, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET standard_conforming_strings = on
    AS $function$
    WITH here AS (
        SELECT e.extversion AS version FROM pg_extension e WHERE e.extname = 'driplo'
    ), ours AS MATERIALIZED (
        SELECT s.kind, c.oid, c.relname, c.relrowsecurity, c.relforcerowsecurity FROM private.shipped_with_oids() s LEFT JOIN pg_class c ON c.oid = s.relation
    ), shipped AS MATERIALIZED (
        SELECT o.kind, count(*) AS objects FROM ours o GROUP BY o.kind
        UNION ALL
        SELECT 'right', count(*) FROM private.shipped_rights()
    ), difference AS MATERIALIZED (
        SELECT * FROM private.compared_with_shipped()
    ), counted AS (
        SELECT k.position, k.item, s.objects::text AS expected,
               concat_ws('; ', s.objects - (SELECT count(DISTINCT d.object) FROM difference d WHERE d.kind = k.kind),
                         'missing: ' || (SELECT string_agg(d.object, ', ' ORDER BY d.object) FROM difference d WHERE d.kind = k.kind AND d.state = 'missing'),
                         'other: ' || (SELECT string_agg(format('%s (%s)', d.object, d.state), ', ' ORDER BY d.object) FROM difference d WHERE d.kind = k.kind AND d.state <> 'missing')) AS found,
               (SELECT string_agg(r.remedy, '; ') FROM (SELECT DISTINCT d.remedy FROM difference d WHERE d.kind = k.kind ORDER BY d.remedy) r) AS remedy
          FROM (VALUES (10, 'enum types', 'type'), (11, 'tables', 'table'), (12, 'sequences', 'sequence'), (13, 'constraints', 'constraint'),
                       (14, 'named indexes', 'index'), (15, 'policies', 'policy'), (16, 'triggers', 'trigger'), (17, 'functions', 'function'),
                       (18, 'columns', 'column'), (18, 'defaults', 'default'), (19, 'rights', 'right')) AS k (position, item, kind)
          JOIN shipped s USING (kind)
    ), single AS (
        SELECT 1 AS position, 'library version' AS item, h.version AS expected, @extschema@.driplo_version() AS found,
               'ALTER EXTENSION driplo UPDATE' AS remedy
          FROM here h
        UNION ALL
        SELECT 2, 'version of the tables', h.version,
               private.value_from('@extschema@.driplo_schema_version', 'max(version)'), 'SELECT @extschema@.driplo_migrate()'
          FROM here h
        UNION ALL
        SELECT 3, 'required extensions', 'pg_trgm, pgcrypto, uuid-ossp',
               (SELECT string_agg(e.extname, ', ' ORDER BY e.extname) FROM pg_extension e WHERE e.extname IN ('uuid-ossp', 'pg_trgm', 'pgcrypto')), NULL
        UNION ALL
        SELECT 4, 'roles', 'anon, authenticated, driplo_owner, service_role (bypasses row level security)',
               (SELECT string_agg(r.rolname || CASE WHEN r.rolname = 'service_role' AND r.rolbypassrls THEN ' (bypasses row level security)' ELSE '' END, ', ' ORDER BY r.rolname)
                  FROM pg_roles r WHERE r.rolname IN ('anon', 'authenticated', 'driplo_owner', 'service_role')),
               'ALTER ROLE service_role BYPASSRLS'
        UNION ALL
        -- asked of the catalog, because to_regclass() needs a right on the schema
        SELECT 5, 'schema auth', 'auth.users, jwt(), role(), uid()',
               (SELECT string_agg(part, ', ' ORDER BY part)
                  FROM (SELECT 'auth.users' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                         WHERE n.nspname = 'auth' AND c.relname = 'users'
                        UNION ALL
                        SELECT p.proname || '()' FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                         WHERE n.nspname = 'auth' AND p.proname IN ('uid', 'role', 'jwt') AND p.pronargs = 0) AS parts (part)), NULL
        UNION ALL
        SELECT 20, 'foreign keys', 'all in force',
               coalesce('switched off: ' || string_agg(DISTINCT format('%s on %s', k.conname, o.relname), ', '), 'all in force'), 'SELECT @extschema@.driplo_migrate()'
          FROM ours o
          JOIN pg_constraint k ON k.conrelid = o.oid AND k.contype = 'f'
          JOIN pg_trigger t ON t.tgconstraint = k.oid AND t.tgenabled NOT IN ('O', 'A')
         WHERE o.kind = 'table'
        UNION ALL
        -- PUBLIC has most of them, until it is revoked
        SELECT 19, 'rights of the roles', 'all there',
               coalesce('missing: ' || string_agg(format('%s on %s for %s', r.privilege, r.name, r.role_name), ', ' ORDER BY r.name, r.role_name), 'all there'),
               'SELECT @extschema@.driplo_migrate()'
          FROM private.surrounding_rights() r WHERE NOT r.is_there
        UNION ALL
        SELECT 22, 'tables with row level security', count(*)::text, count(*) FILTER (WHERE o.relrowsecurity)::text, 'SELECT @extschema@.driplo_migrate()'
          FROM ours o
         WHERE o.kind = 'table'
        UNION ALL
        SELECT 23, 'tables with policies', count(*)::text, count(*) FILTER (WHERE EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = o.oid AND p.polname <> 'driplo itself'))::text,
               'SELECT @extschema@.driplo_migrate()'
          FROM ours o
         WHERE o.kind = 'table'
        UNION ALL
        SELECT 24, 'tables with forced row level security', '0', count(*)::text, 'SELECT @extschema@.driplo_migrate()'
          FROM ours o
         WHERE o.kind = 'table' AND o.relforcerowsecurity
        UNION ALL
        SELECT 9, 'guard of the tables', 'on',
               (SELECT 'on' FROM pg_event_trigger e WHERE e.evtname = 'driplo_keep_objects' AND e.evtenabled IN ('O', 'A')), 'SELECT @extschema@.driplo_migrate()'
        UNION ALL
        SELECT 25, 'key of the order numbers', 'there', CASE WHEN coalesce(private.has_order_key(), true) THEN 'there' END,
               -- another key could repeat a number
               CASE WHEN private.value_from('@extschema@.orders', 'count(*)') = '0' THEN 'SELECT @extschema@.driplo_migrate()'
                    ELSE 'Restore the row "order_number" of driplo_secrets from a backup.' END
        UNION ALL
        -- a dump does not hold what ALTER DATABASE has set
        SELECT 25, 'platform fee', f.percent,
               CASE WHEN f.is_set OR f.last IS NULL OR f.last !~ '^[0-9.]+ [0-9.]+$'
                         OR least(abs(split_part(f.last, ' ', 1)::numeric - f.percent::numeric), abs(split_part(f.last, ' ', 2)::numeric - f.percent::numeric)) < 0.5 THEN f.percent
                    ELSE format('%s, but none is set and it was %s at the last sale', f.percent, f.likely) END,
               format('ALTER DATABASE %I SET driplo.platform_fee_percent = %s', current_database(), f.likely)
          FROM (SELECT told.*, split_part(told.last, ' ', CASE current_setting('driplo.fee_on_shipping', true) WHEN 'off' THEN 2 ELSE 1 END) AS likely
                  FROM (SELECT coalesce(current_setting('driplo.platform_fee_percent', true), '5') AS percent,
                               EXISTS (SELECT FROM pg_settings g WHERE g.name = 'driplo.platform_fee_percent' AND g.source <> 'default') AS is_set,
                               -- of price and shipping, and of the price alone: whether shipping carries it is a setting too
                               private.value_from('@extschema@.orders',
                                   '(SELECT concat(round(100 * o.platform_fee_amount / (o.subtotal + coalesce(o.shipping_cost, 0)), 1), '' '',
                                                   round(100 * o.platform_fee_amount / o.subtotal, 1))
                                       FROM ONLY @extschema@.orders o
                                      WHERE o.platform_fee_amount > 0 AND coalesce(o.discount_amount, 0) = 0
                                        -- or rounding hides the rate
                                        AND o.subtotal >= 10 * private.smallest_unit(o.currency)
                                      ORDER BY o.created_at DESC LIMIT 1)') AS last) told) f
        UNION ALL
        SELECT 27, 'partitions', 'made ahead',
               coalesce((SELECT string_agg(format('%s: %s', p.table_name, p.problem), ', ' ORDER BY p.table_name) FROM private.partition_problems() p), 'made ahead'),
               (SELECT string_agg(format('SELECT @extschema@.driplo_partition(%L)', p.table_name), '; ' ORDER BY p.table_name) FROM private.partition_problems() p)
        UNION ALL
        SELECT 28, 'distribution', 'in order',
               coalesce((SELECT string_agg(format('%s %s', p.table_name, p.problem), ', ' ORDER BY p.table_name) FROM private.distribution_problems() p), 'in order'),
               (SELECT string_agg(DISTINCT p.remedy, '; ') FROM private.distribution_problems() p)
        UNION ALL
        SELECT 29, 'API schema', coalesce(s.name, 'none'),
               concat_ws('; ', coalesce(s.name, 'none'), 'missing: ' || string_agg(a.object, ', ' ORDER BY a.object) FILTER (WHERE a.state = 'missing'),
                         'other: ' || string_agg(format('%s (%s)', a.object, a.state), ', ' ORDER BY a.object) FILTER (WHERE a.state <> 'missing')),
               format('SELECT @extschema@.expose_api(%L)', s.name)
          FROM private.api_schema() AS s (name) LEFT JOIN private.compare_api() a ON true GROUP BY s.name
        UNION ALL
        SELECT 30, 'storage buckets',
               CASE WHEN private.storage_is_installed() THEN (SELECT count(*)::text FROM private.storage_buckets()) ELSE 'no storage service' END,
               CASE WHEN private.storage_is_installed()
                    THEN private.value_from('storage.buckets', 'count(*) FILTER (WHERE id IN (SELECT s.id FROM private.storage_buckets() s))')
                    ELSE 'no storage service' END,
               'SELECT @extschema@.driplo_migrate()'
        UNION ALL
        SELECT 31, 'storage policies',
               CASE WHEN private.storage_is_installed() THEN (SELECT count(*)::text FROM private.storage_policies()) ELSE 'no storage service' END,
               CASE WHEN private.storage_is_installed()
                    THEN (SELECT concat_ws('; ', count(*) FILTER (WHERE s.state IS NULL), 'missing: ' || string_agg(s.name, ', ' ORDER BY s.name) FILTER (WHERE s.state = 'missing'),
                                           'other: ' || string_agg(format('%s (%s)', s.name, s.state), ', ' ORDER BY s.name) FILTER (WHERE s.state <> 'missing'))
                            FROM private.compare_storage() s)
                    ELSE 'no storage service' END,
               'SELECT @extschema@.driplo_migrate()'
    )
    SELECT r.item, r.expected, r.found, r.ok, CASE WHEN NOT r.ok THEN r.remedy END
      FROM (SELECT position, item, expected, found, expected = found AS ok, remedy FROM counted
            UNION ALL
            SELECT position, item, expected, coalesce(found, 'none'), expected IS NOT DISTINCT FROM found, remedy FROM single
            UNION ALL
            -- the ten that the installation seeds; more are welcome
            SELECT 26, 'categories', 'at least 10', c.n, c.n ~ '^[0-9]{2,}$', 'INSERT INTO @extschema@.categories (name, slug) VALUES (...)'
              FROM (SELECT coalesce(private.value_from('@extschema@.categories', 'count(*)'), '0') AS n) c
            UNION ALL
            SELECT 27, 'rows that come along', 'in every table', f.found, f.found = 'in every table', 'SELECT @extschema@.driplo_migrate()'
              FROM (SELECT coalesce('none in ' || string_agg(t.name, ', ' ORDER BY t.name), 'in every table') AS found
                      FROM unnest(ARRAY['currencies', 'listing_conditions', 'message_texts', 'notification_templates']) AS t (name)
                     WHERE private.value_from('@extschema@.' || t.name, 'count(*)') = '0') f) r
     ORDER BY r.position
$function$;
COMMENT ON FUNCTION @extschema@.installation_report() IS
    'Returns a row for each part of an installation: what this version contains, what the database has, whether '
    'they match, and the statement that fixes differences. Service only (42501).';
