-- security_advisor(): is anything open, or slow, that should not be? A function for each kind of object, all of
-- them reading nothing but the catalog, so that who asks needs no right on what is looked at.

-- rights: service_role
CREATE OR REPLACE FUNCTION private.advised_tables()
    RETURNS TABLE (id oid, table_name text, name text, is_shipped boolean, row_security boolean, owner oid, acl aclitem[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT c.oid, c.relname::text, c.oid::regclass::text,
           EXISTS (SELECT FROM private.shipped_objects() o WHERE o.kind = 'table' AND o.name = c.relname),
           c.relrowsecurity, c.relowner, c.relacl
      FROM pg_class c
     WHERE c.relnamespace = '@extschema@'::regnamespace AND c.relkind IN ('r', 'p') AND NOT private.is_closed_partition(c.oid)
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
$function$;
COMMENT ON FUNCTION private.advised_tables() IS
    'Tables checked by security_advisor(): those in the extension''s schema, including the user''s own tables, '
    'except those of other extensions.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.advised_functions()
    RETURNS TABLE (id oid, name text, signature text, is_member boolean, is_definer boolean, owner oid, search_path text, looks_names_up boolean)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT p.oid, p.oid::regprocedure::text,
           -- as function_rights() writes it
           format('%s%s(%s)', CASE WHEN n.nspname = 'private' THEN 'private.' END, p.proname,
                  (SELECT coalesce(string_agg(format_type(a.type, NULL), ',' ORDER BY a.position), '')
                     FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, position))),
           e.oid IS NOT NULL, p.prosecdef, p.proowner,
           (SELECT substr(s.setting, length('search_path=') + 1) FROM unnest(p.proconfig) AS s (setting) WHERE s.setting LIKE 'search_path=%'),
           -- C and internal functions are compiled, and a body written as BEGIN ATOMIC is bound when it is created
           l.lanname NOT IN ('c', 'internal') AND p.prosqlbody IS NULL
      FROM pg_proc p
      JOIN pg_language l ON l.oid = p.prolang
      JOIN pg_namespace n ON n.oid = p.pronamespace
      LEFT JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
      LEFT JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
     WHERE (p.pronamespace = '@extschema@'::regnamespace AND d.objid IS NULL) OR e.oid IS NOT NULL
$function$;
COMMENT ON FUNCTION private.advised_functions() IS
    'Functions checked by security_advisor(): those of the extension, and the user''s own functions in its '
    'schema, except those of other extensions.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.advise_on_tables()
    RETURNS TABLE (level text, check_name text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'ERROR', 'rls_disabled', t.name, 'Row level security is disabled, so every grant applies to all rows.',
           format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name)
      FROM private.advised_tables() t WHERE NOT t.row_security
    UNION ALL
    SELECT 'ERROR', 'policies_not_in_force', t.name,
           format('Row level security is disabled, so these policies are not enforced: %s.', string_agg(format('"%s"', p.polname), ', ' ORDER BY p.polname)),
           format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', t.name)
      FROM private.advised_tables() t JOIN pg_policy p ON p.polrelid = t.id
     WHERE NOT t.row_security GROUP BY t.name
    UNION ALL
    SELECT 'WARNING', 'rls_without_policy', t.name,
           'Row level security is enabled without a policy: clients see an empty table, and their changes have no effect and raise no error.',
           CASE WHEN t.is_shipped THEN 'SELECT @extschema@.driplo_migrate()' ELSE 'Create a policy for each role that needs the table.' END
      FROM private.advised_tables() t
     -- driplo's own policy lets no client in
     WHERE t.row_security AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.id AND NOT (t.is_shipped AND p.polname = 'driplo itself'))
    UNION ALL
    SELECT 'ERROR', 'table_owner_changed', t.name,
           'A table of driplo is not owned by driplo_owner: its functions might not see all rows, and its owner bypasses row level security.',
           format('ALTER TABLE %s OWNER TO driplo_owner', t.name)
      FROM private.advised_tables() t WHERE t.is_shipped AND t.owner IS DISTINCT FROM to_regrole('driplo_owner')
    UNION ALL
    SELECT 'ERROR', 'guard_not_in_force', t.name,
           format('Trigger %I is %s, so the policies of this table let no client write.', g.trigger_name,
                  CASE WHEN f.oid IS NULL THEN 'missing' WHEN f.tgenabled NOT IN ('O', 'A') THEN 'disabled' ELSE 'altered' END),
           'SELECT @extschema@.driplo_migrate()'
      FROM private.guards() g
      JOIN private.advised_tables() t ON t.table_name = g.table_name AND t.is_shipped
      LEFT JOIN pg_trigger f ON f.tgrelid = t.id AND f.tgname = g.trigger_name AND NOT f.tgisinternal
     WHERE f.oid IS NULL OR f.tgenabled NOT IN ('O', 'A') OR f.tgqual IS NOT NULL
        OR private.squeezed(pg_get_triggerdef(f.oid)) <> private.squeezed(g.definition)
    UNION ALL
    SELECT 'WARNING', 'column_of_reg_type', t.name,
           format('Column %I is of type %s: pg_upgrade refuses the whole cluster because of it.', a.attname, format_type(a.atttypid, a.atttypmod)),
           'Store the name as text.'
      FROM private.advised_tables() t
      JOIN pg_attribute a ON a.attrelid = t.id AND a.attnum > 0 AND NOT a.attisdropped
      JOIN pg_type y ON y.oid = a.atttypid
     -- regclass, regrole and regtype survive an upgrade
     WHERE ARRAY[y.oid, y.typelem, y.typbasetype] && ARRAY['regcollation', 'regconfig', 'regdictionary', 'regnamespace',
                                                           'regoper', 'regoperator', 'regproc', 'regprocedure']::regtype[]::oid[]
$function$;
COMMENT ON FUNCTION private.advise_on_tables() IS
    'Part of security_advisor() for row level security, owners, and columns of tables.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.advise_on_indexes()
    RETURNS TABLE (level text, check_name text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'WARNING', 'rule_on_table', t.name,
           format('Rule %I rewrites statements on this table, so rows may be neither written nor counted.', r.rulename),
           format('DROP RULE %I ON %s', r.rulename, t.name)
      FROM private.advised_tables() t JOIN pg_rewrite r ON r.ev_class = t.id
     WHERE t.is_shipped
    UNION ALL
    SELECT 'WARNING', 'table_without_primary_key', t.name, 'The table has no primary key, so single rows can be neither identified nor replicated.',
           CASE WHEN t.is_shipped THEN 'SELECT @extschema@.driplo_migrate()' ELSE format('ALTER TABLE %s ADD PRIMARY KEY (...)', t.name) END
      FROM private.advised_tables() t WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = t.id AND i.indisprimary)
    UNION ALL
    SELECT 'WARNING', 'foreign_key_without_index', t.name,
           format('Foreign key %I has no index on its columns: deleting a referenced row reads the whole table.', k.conname),
           format('CREATE INDEX ON %s (%s)', t.name,
                  (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY array_position(k.conkey, a.attnum))
                     FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)))
      FROM private.advised_tables() t JOIN pg_constraint k ON k.conrelid = t.id AND k.contype = 'f'
     WHERE NOT EXISTS (SELECT FROM pg_index i
                        WHERE i.indrelid = k.conrelid AND i.indisvalid
                          -- of a key of two columns one is enough to find the few rows that it concerns
                          AND i.indkey[0] = ANY (k.conkey)
                          AND (i.indpred IS NULL
                               OR pg_get_expr(i.indpred, i.indrelid) =
                                  (SELECT format('(%I IS NOT NULL)', a.attname) FROM pg_attribute a
                                    WHERE a.attrelid = k.conrelid AND a.attnum = i.indkey[0])))
    UNION ALL
    SELECT 'WARNING', 'foreign_key_to_auth_unique', t.name,
           format('Foreign key %I refers to a unique constraint in schema auth, which belongs to the authentication service: an upgrade of it that drops the constraint fails.', k.conname),
           'Refer to the primary key of auth.users, or to profiles.'
      FROM private.advised_tables() t
      JOIN pg_constraint k ON k.conrelid = t.id AND k.contype = 'f'
      JOIN pg_class target ON target.oid = k.confrelid JOIN pg_namespace n ON n.oid = target.relnamespace AND n.nspname = 'auth'
      JOIN pg_index i ON i.indexrelid = k.conindid AND NOT i.indisprimary
    UNION ALL
    SELECT 'WARNING', 'duplicate_index', min(t.name),
           format('These indexes are the same: %s.', string_agg(i.indexrelid::regclass::text, ', ' ORDER BY i.indexrelid)),
           'Drop all but one of them.'
      FROM pg_index i JOIN private.advised_tables() t ON t.id = i.indrelid
     GROUP BY i.indrelid, i.indisunique, i.indkey::text, i.indclass::text, i.indoption::text, i.indcollation::text,
              pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
    HAVING count(*) > 1
$function$;
COMMENT ON FUNCTION private.advise_on_indexes() IS 'Part of security_advisor() for keys and indexes.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.calls_for_each_row(rule text) RETURNS text[]
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
    AS $function$
    -- The server's own tree and not the text of the rule: it alone tells a sub-select that stands for itself, which is
    -- evaluated once, from one that looks at the row. In it a brace that is part of a name has a backslash.
    WITH token AS (
        SELECT m.part[1] AS text, m.position,
               sum(CASE WHEN m.part[1] LIKE '{%' THEN 1 WHEN m.part[1] = '}' THEN -1 ELSE 0 END) OVER (ORDER BY m.position) AS depth
          FROM regexp_matches(rule, '(\\.|\{[A-Z]+|\}|:funcid [0-9]+)', 'g') WITH ORDINALITY AS m (part, position)
    ), brace AS (
        SELECT b.text, b.position,
               lead(b.position) OVER (PARTITION BY b.depth + CASE b.text WHEN '}' THEN 1 ELSE 0 END ORDER BY b.position) AS ends
          FROM token b WHERE b.text LIKE '{%' OR b.text = '}'
    ), node AS (
        SELECT b.text AS kind, b.position, b.ends,
               EXISTS (SELECT FROM brace v WHERE v.text = '{VAR' AND v.position BETWEEN b.position AND b.ends) AS sees_row
          FROM brace b WHERE b.text IN ('{FUNCEXPR', '{QUERY')
    )
    SELECT array_agg(DISTINCT p.oid::regprocedure::text)
      FROM node f
      JOIN token t ON t.position = f.position + 1
      JOIN pg_proc p ON p.oid = substr(t.text, length(':funcid ') + 1)::oid
     WHERE f.kind = '{FUNCEXPR' AND NOT f.sees_row
       -- what is immutable is evaluated when the query is planned; the server's own functions are cheap, this one parses
       AND p.provolatile <> 'i' AND (p.pronamespace <> 'pg_catalog'::regnamespace OR p.proname = 'current_setting')
       -- they ask once, as their own comments say
       AND p.oid IS DISTINCT FROM to_regprocedure('private.ids_from(text)')
       AND p.oid IS DISTINCT FROM to_regprocedure('private.caller_id()')
       AND NOT EXISTS (SELECT FROM node q WHERE q.kind = '{QUERY' AND NOT q.sees_row AND q.position < f.position AND q.ends > f.ends)
$function$;
COMMENT ON FUNCTION private.calls_for_each_row(text) IS
    'Returns the functions that a policy expression, as stored in pg_policy, calls for each row with arguments '
    'that do not depend on the row; NULL if there are none.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.asks_nothing_of_the_row(relation oid, tree text, rule text) RETURNS boolean
    LANGUAGE sql STABLE STRICT
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT CASE
               WHEN p.text IN ('false', 'null', 'null::boolean') THEN false
               -- nothing but who has signed in
               WHEN tree !~ '\{VAR ' THEN NOT EXISTS (SELECT FROM regexp_matches(tree, ':funcid ([0-9]+)', 'g') AS m (id)
                                                        JOIN pg_proc f ON f.oid = m.id[1]::oid
                                                        JOIN pg_namespace n ON n.oid = f.pronamespace
                                                       WHERE n.nspname <> 'pg_catalog' AND (n.nspname <> 'auth' OR f.proname NOT IN ('uid', 'role')))
               -- a column that is never NULL, or equal to itself
               ELSE EXISTS (SELECT FROM pg_attribute a
                             WHERE a.attrelid = relation AND a.attnotnull AND a.attnum > 0
                               AND p.text IN (a.attname || 'isnotnull', format('%s=%s', a.attname, a.attname)))
                    OR p.text ~ '(^|or)(true|1=1)(or|$)'
           END
      FROM (SELECT regexp_replace(lower(rule COLLATE "C"), '[\s()]', '', 'g')) AS p (text)
$function$;
COMMENT ON FUNCTION private.asks_nothing_of_the_row(oid, text, text) IS
    'Returns whether a policy''s USING expression, as stored in pg_policy and as printed by the server, is true '
    'for every row of the table, for all users or for all signed-in users.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.advise_on_policies()
    RETURNS TABLE (level text, check_name text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH policy AS (
        SELECT t.name AS table_name, p.polname AS name, p.polroles AS roles, p.polpermissive AS is_permissive, p.polcmd AS command,
               concat_ws(' ', p.polqual::text, p.polwithcheck::text) AS tree, p.polqual::text AS using_tree,
               pg_get_expr(p.polqual, p.polrelid) AS using_rule, pg_get_expr(p.polwithcheck, p.polrelid) AS check_rule,
               p.polroles && ARRAY[0::oid, to_regrole('anon')::oid, to_regrole('authenticated')::oid] AS is_for_clients,
               t.id AS table_id, t.is_shipped AS on_shipped, d.name IS NOT NULL AS is_shipped
          FROM private.advised_tables() t JOIN pg_policy p ON p.polrelid = t.id
          LEFT JOIN private.shipped_definitions() d ON d.kind = 'policy' AND d.on_table = t.table_name AND d.name = p.polname
    ), rule AS (
        -- a rule that is missing lets everything through, as "true" does
        SELECT p.table_name, p.name, p.is_permissive AND p.is_for_clients AND NOT p.is_shipped AS lets_clients_in, r.text
          FROM policy p
         CROSS JOIN LATERAL (SELECT coalesce(p.using_rule, 'true') WHERE p.command IN ('w', 'd', '*')
                             UNION ALL
                             SELECT coalesce(p.check_rule, 'true') WHERE p.command = 'a'
                             UNION ALL
                             SELECT p.check_rule WHERE p.command IN ('w', '*') AND p.check_rule IS NOT NULL) AS r (text)
    )
    SELECT 'WARNING', 'policies_overlap', p.table_name,
           format('Role %s has several permissive policies for %s: %s. Each of them is evaluated for each row.',
                  r.rolname, c.command, string_agg(format('"%s"', p.name), ', ' ORDER BY p.name)),
           'Merge them into one with OR.'
      FROM policy p
      JOIN pg_roles r ON 0 = ANY (p.roles) AND r.rolname IN ('anon', 'authenticated') OR r.oid = ANY (p.roles)
     CROSS JOIN LATERAL unnest(CASE p.command WHEN 'r' THEN '{SELECT}' WHEN 'a' THEN '{INSERT}' WHEN 'w' THEN '{UPDATE}' WHEN 'd' THEN '{DELETE}'
                                              ELSE '{SELECT,INSERT,UPDATE,DELETE}' END::text[]) AS c (command)
     -- beside driplo's own it is no matter of speed: below
     WHERE p.is_permissive AND NOT p.on_shipped
     GROUP BY p.table_name, r.rolname, c.command HAVING count(*) > 1
    UNION ALL
    SELECT 'WARNING', 'policy_evaluates_per_row', p.table_name,
           format('Policy "%s" calls %s for each row.', p.name, array_to_string(c.calls, ', ')),
           'Write (SELECT auth.uid()), which is evaluated once, and likewise for the others.'
      FROM policy p CROSS JOIN LATERAL private.calls_for_each_row(p.tree) AS c (calls)
     WHERE c.calls IS NOT NULL
    UNION ALL
    SELECT DISTINCT 'ERROR', 'policy_always_true', r.table_name,
           format('Policy "%s" allows clients to change all rows.', r.name), format('DROP POLICY %I ON %s', r.name, r.table_name)
      FROM rule r
     WHERE r.lets_clients_in AND regexp_replace(lower(r.text COLLATE "C"), '[\s()]', '', 'g') IN ('true', '1=1')
    UNION ALL
    -- Permissive policies add up, so one that asks nothing of the row undoes all others.
    SELECT CASE WHEN p.on_shipped THEN 'ERROR' ELSE 'WARNING' END, 'policy_shows_every_row', p.table_name,
           format('Policy "%s" shows all rows to %s%s.', p.name, p.readers, CASE WHEN p.on_shipped THEN ', regardless of driplo''s own policies' ELSE '' END),
           format('DROP POLICY %I ON %s', p.name, p.table_name)
      FROM (SELECT p.*, (SELECT string_agg(coalesce(r.rolname, 'PUBLIC'), ', ' ORDER BY r.rolname) FROM unnest(p.roles) AS m (id) LEFT JOIN pg_roles r ON r.oid = m.id) AS readers
              FROM policy p) p
     WHERE p.is_permissive AND p.is_for_clients AND p.command IN ('r', '*') AND NOT p.is_shipped
       AND private.asks_nothing_of_the_row(p.table_id, coalesce(p.using_tree, ''), coalesce(p.using_rule, 'true'))
    UNION ALL
    SELECT 'WARNING', 'policy_widens_shipped', p.table_name,
           format('Policy "%s" does not belong to driplo. Policies are combined with OR, so it gives clients access to rows that the shipped policies deny.', p.name),
           format('DROP POLICY %I ON %s', p.name, p.table_name)
      FROM policy p
     WHERE p.is_permissive AND p.is_for_clients AND p.on_shipped AND NOT p.is_shipped
       AND NOT (p.command IN ('r', '*') AND private.asks_nothing_of_the_row(p.table_id, coalesce(p.using_tree, ''), coalesce(p.using_rule, 'true')))
    UNION ALL
    SELECT 'ERROR', 'policy_not_as_shipped', '@extschema@.' || substring(l.object from '[^ ]+$'), format('A policy of driplo was changed: %s is now %s.', l.object, l.state), l.remedy
      FROM private.compare_logic() l WHERE l.kind = 'policy' AND l.state <> 'missing'
    UNION ALL
    SELECT 'ERROR', 'policy_trusts_user_metadata', p.table_name,
           format('Policy "%s" reads user metadata, which users can change themselves.', p.name),
           'Use a column that clients cannot change, or app_metadata.'
      FROM policy p CROSS JOIN LATERAL (SELECT concat_ws(' ', p.using_rule, p.check_rule)) AS r (text)
     WHERE r.text ~ 'auth\.jwt\(\).*user_metadata|request\.jwt\.claim.*user_metadata|raw_user_meta_data'
$function$;
COMMENT ON FUNCTION private.advise_on_policies() IS 'Part of security_advisor() for policies.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.advise_on_views()
    RETURNS TABLE (level text, check_name text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH RECURSIVE users AS (
        -- asked of the catalog: to_regclass() needs a right on the schema
        SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'auth' AND c.relname = 'users'
    ), reaches (relation, source) AS (
        SELECT t.id, t.id FROM private.advised_tables() t
        UNION
        SELECT u.oid, u.oid FROM users u
        UNION
        -- through views of views
        SELECT w.ev_class, r.source
          FROM reaches r
          JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = r.relation AND d.classid = 'pg_rewrite'::regclass
          JOIN pg_rewrite w ON w.oid = d.objid
    ), readable AS (
        SELECT c.oid, c.oid::regclass::text AS name, c.relkind, c.relnamespace = '@extschema@'::regnamespace AS is_home,
               EXISTS (SELECT FROM unnest(c.reloptions) AS o (option)
                        WHERE o.option ~* '^security_invoker=(1|on|t(r(ue?)?)?|y(es?)?)$') AS is_invoker,
               format('REVOKE ALL ON %s FROM PUBLIC, anon, authenticated', c.oid::regclass) AS closing
          FROM pg_class c
         WHERE c.relkind IN ('v', 'm', 'f')
           AND EXISTS (SELECT FROM unnest(ARRAY['anon', 'authenticated']) AS client (name)
                        WHERE has_any_column_privilege(client.name, c.oid, 'SELECT, INSERT, UPDATE')
                           OR has_table_privilege(client.name, c.oid, 'DELETE'))
           AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
    )
    SELECT 'ERROR', 'view_bypasses_rls', v.name,
           format('Clients may use this view, which reads %s with its owner''s rights.',
                  string_agg(DISTINCT r.source::regclass::text, ', ')),
           format('ALTER VIEW %s SET (security_invoker = on)', v.name)
      FROM readable v JOIN reaches r ON r.relation = v.oid
     WHERE v.relkind = 'v' AND NOT v.is_invoker AND r.source NOT IN (SELECT u.oid FROM users u)
     GROUP BY v.name
    UNION ALL
    SELECT 'ERROR', 'auth_users_exposed', v.name, 'Clients can use this view, which reads auth.users with the e-mail addresses and password hashes of all users.', v.closing
      FROM readable v JOIN reaches r ON r.relation = v.oid JOIN users u ON u.oid = r.source
     WHERE NOT v.is_invoker
    UNION ALL
    SELECT 'ERROR', 'auth_users_exposed', 'auth.users', format('Role %s can read or write auth.users.', client.name),
           format('REVOKE ALL ON auth.users FROM PUBLIC, %s', client.name)
      FROM users u CROSS JOIN unnest(ARRAY['anon', 'authenticated']) AS client (name)
     WHERE has_any_column_privilege(client.name, u.oid, 'SELECT, INSERT, UPDATE, REFERENCES')
        OR has_table_privilege(client.name, u.oid, 'DELETE, TRUNCATE, TRIGGER')
    UNION ALL
    SELECT 'ERROR', 'materialized_view_readable', v.name,
           'Clients can read this materialized view, which contains rows of all users and is not covered by row level security.', v.closing
      FROM readable v
     WHERE v.relkind = 'm' AND (v.is_home OR EXISTS (SELECT FROM reaches r WHERE r.relation = v.oid))
    UNION ALL
    SELECT 'ERROR', 'foreign_table_readable', v.name,
           'Clients can use this foreign table, which is not covered by row level security.', v.closing
      FROM readable v WHERE v.relkind = 'f' AND v.is_home
$function$;
COMMENT ON FUNCTION private.advise_on_views() IS
    'Part of security_advisor() for objects that row level security does not cover: views with their owner''s '
    'privileges, materialized views, and foreign tables.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.advise_on_functions()
    RETURNS TABLE (level text, check_name text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'ERROR', 'definer_without_search_path', f.name,
           'A SECURITY DEFINER function without a search_path of its own that ends in pg_temp runs the caller''s objects with its owner''s rights.',
           format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', f.name)
      FROM private.advised_functions() f
     WHERE f.is_definer AND coalesce(f.search_path, 'unset') !~ '^(.*, *)?"?pg_temp"?$' AND coalesce(f.search_path, 'unset') NOT IN ('', '""')
    UNION ALL
    SELECT 'WARNING', 'search_path_mutable', f.name,
           'Which objects this function uses depends on its caller''s search_path.',
           format('ALTER FUNCTION %s SET search_path = pg_catalog, pg_temp', f.name)
      FROM private.advised_functions() f
     WHERE NOT f.is_definer AND f.looks_names_up AND f.search_path IS NULL
    UNION ALL
    SELECT 'ERROR', 'definer_owner_changed', f.name, 'A SECURITY DEFINER function of driplo does not belong to driplo_owner.',
           'SELECT driplo_migrate() gives it back to driplo_owner.'
      FROM private.advised_functions() f WHERE f.is_definer AND f.is_member AND f.owner IS DISTINCT FROM to_regrole('driplo_owner')
    UNION ALL
    SELECT 'WARNING', 'function_executable_by_' || c.name, f.name, format('%s may execute this SECURITY DEFINER function of your own.', c.name),
           format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, %s', f.name, c.name)
      FROM private.advised_functions() f
     CROSS JOIN (VALUES ('anon'), ('authenticated')) AS c (name)
     WHERE f.is_definer AND NOT f.is_member AND has_function_privilege(c.name, f.id, 'EXECUTE')
    UNION ALL
    SELECT 'WARNING', 'definer_without_reason', f.name, 'Clients can execute this SECURITY DEFINER function of driplo, for which private.definer_reasons() has no reason.',
           format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, anon, authenticated', f.name)
      FROM private.advised_functions() f
     WHERE f.is_definer AND f.is_member
       AND (has_function_privilege('anon', f.id, 'EXECUTE') OR has_function_privilege('authenticated', f.id, 'EXECUTE'))
       AND NOT EXISTS (SELECT FROM private.definer_reasons() r WHERE r.signature = f.signature)
    UNION ALL
    SELECT 'WARNING', 'function_grant_wider_than_shipped', f.name,
           format('Role %s can execute this function of driplo, which this version does not grant.', c.name),
           format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC, %s', f.name, c.name)
      FROM private.advised_functions() f
     CROSS JOIN (VALUES ('anon'), ('authenticated'), ('service_role')) AS c (name)
     WHERE f.is_member AND has_function_privilege(c.name, f.id, 'EXECUTE')
       AND NOT EXISTS (SELECT FROM private.function_rights() s WHERE s.signature = f.signature AND c.name = ANY (s.role_names))
$function$;
COMMENT ON FUNCTION private.advise_on_functions() IS
    'Part of security_advisor() for functions: the names they use, the privileges they run with, and who can call '
    'them.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.advise_on_grants()
    RETURNS TABLE (level text, check_name text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH client (name) AS (
        VALUES ('anon'), ('authenticated'), ('service_role')
    ), granted AS (
        SELECT t.name, t.table_name, t.is_shipped, NULL::text AS column_name, a.grantee, a.privilege_type
          FROM private.advised_tables() t CROSS JOIN LATERAL aclexplode(t.acl) a
        UNION ALL
        SELECT t.name, t.table_name, t.is_shipped, c.attname, a.grantee, a.privilege_type
          FROM private.advised_tables() t JOIN pg_attribute c ON c.attrelid = t.id AND NOT c.attisdropped
         CROSS JOIN LATERAL aclexplode(c.attacl) a
    ), client_grant AS (
        SELECT g.*, coalesce(c.name, 'PUBLIC') AS role_name
          FROM granted g LEFT JOIN client c ON to_regrole(c.name) = g.grantee
         WHERE c.name IS NOT NULL OR g.grantee = 0
    )
    SELECT 'WARNING', 'grant_wider_than_shipped', g.name,
           format('Role %s has %s%s, which this version does not grant.', g.role_name, g.privilege_type, coalesce(' on column ' || quote_ident(g.column_name), '')),
           format('REVOKE %s%s ON %s FROM %s', g.privilege_type, coalesce(' (' || quote_ident(g.column_name) || ')', ''), g.name, g.role_name)
      FROM client_grant g
     WHERE g.is_shipped
       AND NOT EXISTS (SELECT FROM private.table_rights() s
                        WHERE s.table_name = g.table_name AND s.role_name = g.role_name AND s.privilege = g.privilege_type
                          AND (s.columns IS NULL OR g.column_name = ANY (s.columns)))
       AND NOT EXISTS (SELECT FROM private.opened_rights() o
                        WHERE o.table_name = g.table_name AND o.role_name = g.role_name AND o.privilege = g.privilege_type
                          AND g.column_name IS NULL)
    UNION ALL
    -- the keys of the database are nobody's
    SELECT 'ERROR', 'secrets_readable', t.name, format('Role %s can read or write the keys of this database%s', r.rolname,
                  CASE t.table_name WHEN 'driplo_secrets' THEN ' and predict every order number.' ELSE ' and sign webhooks as the shop does.' END),
           format('REVOKE ALL ON %s FROM %I', t.name, r.rolname)
      FROM private.advised_tables() t CROSS JOIN LATERAL (SELECT DISTINCT a.grantee FROM aclexplode(t.acl) a) a JOIN pg_roles r ON r.oid = a.grantee
     WHERE t.table_name IN ('driplo_secrets', 'webhook_endpoints') AND t.is_shipped AND a.grantee <> t.owner AND NOT r.rolsuper
       AND r.rolname NOT IN (SELECT c.name FROM client c)
    UNION ALL
    SELECT 'ERROR', 'client_grant_beyond_rows', g.name,
           format('Role %s has %s, which row level security does not cover.', g.role_name, g.privilege_type),
           format('REVOKE %s ON %s FROM %s', g.privilege_type, g.name, g.role_name)
      FROM client_grant g
     WHERE g.role_name <> 'service_role' AND g.privilege_type IN ('TRUNCATE', 'TRIGGER', 'REFERENCES') AND NOT g.is_shipped
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
    SELECT 'ERROR', 'clients_may_create', n.nspname, format('Role %s can create objects in this schema, which commands of superusers search.', c.name),
           format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC, %s', n.nspname, c.name)
      FROM client c JOIN pg_namespace n ON n.oid = '@extschema@'::regnamespace OR n.nspname = 'private'
     WHERE has_schema_privilege(c.name, n.oid, 'CREATE')
    UNION ALL
    SELECT 'WARNING', 'private_schema_open', n.nspname, format('Role %s can use schema private, whose functions are not a public interface.', c.name),
           format('REVOKE USAGE ON SCHEMA private FROM PUBLIC, %s', c.name)
      FROM client c JOIN pg_namespace n ON n.nspname = 'private' AND c.name <> 'service_role'
     WHERE has_schema_privilege(c.name, n.oid, 'USAGE')
       -- one that was there before driplo has its owner's grants
       AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e')
$function$;
COMMENT ON FUNCTION private.advise_on_grants() IS
    'Part of security_advisor() for the privileges of clients and of the service on tables, sequences, and '
    'schemas.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.advise_on_surroundings()
    RETURNS TABLE (level text, check_name text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH needed AS (
        -- driplo and what it requires
        SELECT e.oid FROM pg_extension e WHERE e.extname = 'driplo'
        UNION ALL
        SELECT d.refobjid FROM pg_extension e
          JOIN pg_depend d ON d.classid = 'pg_extension'::regclass AND d.objid = e.oid AND d.refclassid = 'pg_extension'::regclass
         WHERE e.extname = 'driplo'
    )
    SELECT 'ERROR', 'role_too_strong', r.rolname,
           format('This role is %s%s.', array_to_string(a.too_much, ', '),
                  CASE r.rolname WHEN 'driplo_owner' THEN ', and driplo''s SECURITY DEFINER functions run with its rights'
                                 WHEN 'service_role' THEN ', which the application''s back end does not need' ELSE ', so row level security does not apply to clients' END),
           format('ALTER ROLE %I %s', r.rolname, (SELECT string_agg('NO' || too_much, ' ') FROM unnest(a.too_much) AS too_much))
      FROM pg_roles r
     CROSS JOIN LATERAL (SELECT array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'SUPERUSER' END, CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END,
                                                   CASE WHEN r.rolreplication THEN 'REPLICATION' END,
                                                   CASE WHEN r.rolbypassrls AND r.rolname <> 'service_role' THEN 'BYPASSRLS' END,
                                                   CASE WHEN r.rolcanlogin AND r.rolname = 'driplo_owner' THEN 'LOGIN' END], NULL)) AS a (too_much)
     WHERE r.rolname IN ('anon', 'authenticated', 'service_role', 'driplo_owner') AND a.too_much <> '{}'
    UNION ALL
    SELECT 'ERROR', 'member_of_owner', r.rolname, 'Members of driplo_owner can read and write all rows of driplo and change its tables.',
           format('REVOKE driplo_owner FROM %I', r.rolname)
      FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
     WHERE m.roleid = to_regrole('driplo_owner') AND NOT r.rolsuper
    UNION ALL
    -- to be a member of anon gives nothing that a client has not
    SELECT CASE WHEN g.is_strong THEN 'ERROR' ELSE 'WARNING' END, 'client_in_role', c.rolname,
           format('Clients are members of role %s%s.', g.rolname, CASE WHEN g.is_strong THEN ' and have its rights on driplo''s objects' ELSE ', and have any rights granted to it' END),
           format('REVOKE %I FROM %I', g.rolname, c.rolname)
      FROM pg_roles c
      JOIN pg_auth_members m ON m.member = c.oid
      JOIN (SELECT r.oid, r.rolname,
                   -- what it has itself or by way of others
                   EXISTS (SELECT FROM pg_roles s WHERE pg_has_role(r.oid, s.oid, 'MEMBER')
                              AND (s.rolsuper OR s.rolbypassrls OR s.rolcreaterole OR s.rolname IN ('service_role', 'driplo_owner', 'authenticated') OR s.rolname LIKE 'pg\_%'
                                   OR EXISTS (SELECT FROM pg_class t CROSS JOIN LATERAL aclexplode(t.relacl) a
                                               WHERE t.relnamespace = '@extschema@'::regnamespace AND a.grantee = s.oid)
                                   OR EXISTS (SELECT FROM pg_proc p CROSS JOIN LATERAL aclexplode(p.proacl) a
                                               WHERE p.pronamespace IN ('@extschema@'::regnamespace, to_regnamespace('private')) AND a.grantee = s.oid)
                                   OR EXISTS (SELECT FROM pg_attribute t CROSS JOIN LATERAL aclexplode(t.attacl) a JOIN pg_class k ON k.oid = t.attrelid
                                               WHERE k.relnamespace = '@extschema@'::regnamespace AND a.grantee = s.oid))) AS is_strong
              FROM pg_roles r) g ON g.oid = m.roleid
     WHERE c.rolname IN ('anon', 'authenticated') AND g.rolname <> 'anon'
    UNION ALL
    -- of driplo's own functions and their schema; SECURITY DEFINER ones belong to driplo_owner
    SELECT 'ERROR', 'owner_is_no_superuser', r.rolname,
           'This role owns functions of driplo that superusers call, or their schema, and could insert its own code.',
           string_agg(format('ALTER %s OWNER TO CURRENT_USER', m.name), '; ' ORDER BY m.name)
      FROM (SELECT p.proowner, 'FUNCTION ' || p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
              JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
             WHERE d.deptype = 'e' AND e.extname = 'driplo' AND NOT p.prosecdef
            UNION ALL
            SELECT n.nspowner, 'SCHEMA private' FROM pg_namespace n WHERE n.nspname = 'private') AS m (owner, name)
      JOIN pg_roles r ON r.oid = m.owner
     WHERE NOT r.rolsuper
     GROUP BY r.rolname
    UNION ALL
    SELECT 'WARNING', 'schema_owner_is_no_superuser', n.nspname,
           format('Role %s owns the schema of driplo, and can create objects in it and revoke privileges on it.', o.rolname),
           format('ALTER SCHEMA %I OWNER TO CURRENT_USER', n.nspname)
      FROM pg_namespace n
      -- what pg_database_owner owns is the database's owner's
      JOIN pg_roles o ON o.oid = CASE WHEN n.nspowner = 'pg_database_owner'::regrole
                                      THEN (SELECT d.datdba FROM pg_database d WHERE d.datname = current_database()) ELSE n.nspowner END
     WHERE n.oid = '@extschema@'::regnamespace AND NOT o.rolsuper
    UNION ALL
    SELECT 'WARNING', 'extension_in_public', e.extname,
           format('Its functions are in schema %s, where clients can call them.', n.nspname),
           CASE WHEN to_regnamespace('extensions') IS NULL THEN 'CREATE SCHEMA IF NOT EXISTS extensions; ' ELSE '' END || format('ALTER EXTENSION %I SET SCHEMA extensions', e.extname)
      FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
     -- where APIs look; in a database whose PUBLIC may execute nothing, clients have what driplo grants them
     WHERE (n.nspname = 'public' OR n.oid = '@extschema@'::regnamespace) AND e.extname <> 'driplo'
       AND EXISTS (SELECT FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid
                    WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
                      -- some have a schema of their own for them, wherever they are said to be
                      AND p.pronamespace = n.oid
                      AND (p.proacl IS NULL OR EXISTS (SELECT FROM aclexplode(p.proacl) a WHERE a.grantee = 0)))
    UNION ALL
    SELECT 'WARNING', 'api_schema_out_of_date', a.object, format('Object of schema %I: %s.', s.name, a.state),
           format('SELECT @extschema@.expose_api(%L)', s.name)
      FROM private.api_schema() AS s (name) CROSS JOIN private.compare_api() a
    UNION ALL
    SELECT 'WARNING', 'extension_outdated', e.extname,
           format('Version %s is installed; version %s is available.', e.extversion, a.default_version),
           format('ALTER EXTENSION %I UPDATE', e.extname)
      FROM pg_extension e JOIN needed USING (oid) JOIN pg_available_extensions a ON a.name = e.extname
     WHERE a.default_version <> e.extversion
    UNION ALL
    SELECT 'WARNING', 'setting_per_role', coalesce(r.rolname, d.datname, 'ALL'),
           format('Sessions start with their own value of %s.', split_part(s.setting, '=', 1)),
           'ALTER ' || CASE WHEN r.oid IS NULL AND d.oid IS NOT NULL THEN 'DATABASE ' || quote_ident(d.datname)
                            ELSE 'ROLE ' || coalesce(quote_ident(r.rolname), 'ALL') || coalesce(' IN DATABASE ' || quote_ident(d.datname), '') END
                    || ' RESET ' || split_part(s.setting, '=', 1)
      FROM pg_db_role_setting g
     CROSS JOIN unnest(g.setconfig) AS s (setting)
      LEFT JOIN pg_roles r ON r.oid = g.setrole
      LEFT JOIN pg_database d ON d.oid = g.setdatabase
     WHERE (g.setdatabase = 0 OR d.datname = current_database())
           -- an identity that no request brought, triggers that do not fire
       AND (s.setting ~ '^(request\.jwt\.claim|session_replication_role=(replica|local))'
           -- the same sale has the same fee, whoever makes it; for the whole database is the way to set it
           OR g.setrole <> 0 AND s.setting LIKE 'driplo.%')
    UNION ALL
    SELECT 'ERROR', 'parameter_set_by_clients', p.parname,
           format('%s may set this parameter, which a superuser reserves for others.', CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE 'Role ' || a.grantee::regrole END),
           format('REVOKE %s ON PARAMETER %s FROM %s', a.privilege_type, p.parname, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END)
      FROM pg_parameter_acl p CROSS JOIN LATERAL aclexplode(p.paracl) a
     WHERE a.grantee IN (0, to_regrole('anon'), to_regrole('authenticated'))
    UNION ALL
    SELECT 'WARNING', 'claims_outlive_transaction', session_user::text,
           'This session has claims that were set without LOCAL: behind a connection pooler the next client inherits them.',
           format('Set claims with set_config(name, value, true) in a transaction, and ALTER DATABASE %I SET driplo.require_local_claims = on', current_database())
     WHERE private.trusts_session_claims()
$function$;
COMMENT ON FUNCTION private.advise_on_surroundings() IS
    'Part of security_advisor() for roles, their settings, and other extensions.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.security_advisor()
    RETURNS TABLE (level text, check_name text, object text, detail text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    -- rules and signatures are compared as the server writes them, by regular expressions with backslashes
    SET quote_all_identifiers = off
    SET standard_conforming_strings = on
    AS $function$
    SELECT * FROM private.advise_on_tables()
    UNION ALL SELECT * FROM private.advise_on_indexes()
    UNION ALL SELECT * FROM private.advise_on_policies()
    UNION ALL SELECT * FROM private.advise_on_views()
    UNION ALL SELECT * FROM private.advise_on_functions()
    UNION ALL SELECT * FROM private.advise_on_grants()
    UNION ALL SELECT * FROM private.advise_on_surroundings()
     ORDER BY 1, 2, 3, 4
$function$;
COMMENT ON FUNCTION @extschema@.security_advisor() IS
    'Returns security and performance problems in the extension''s schema, including your own tables and '
    'functions there, each with the statement that fixes it; no row for a new installation. Service only (42501).';
