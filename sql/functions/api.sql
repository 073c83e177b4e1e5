-- The API schema: views and functions for clients, made of the catalog and of the rights by expose_api(). They are ordinary objects, not
-- members, because PostGraphile 5 shows no member of an extension and because a member must not use the enum types. Nothing there depends on a
-- member either: the bodies are text, so that DROP EXTENSION and a restore find nothing in their way.

-- rights: service_role
CREATE OR REPLACE FUNCTION private.api_schema() RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    -- a superuser's: whatever comment others write on a schema of theirs, nothing is made or dropped in it
    SELECT n.nspname FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner AND r.rolsuper
     WHERE obj_description(n.oid, 'pg_namespace') LIKE 'API schema of driplo, made by expose_api()%'
     ORDER BY n.oid LIMIT 1
$function$;
COMMENT ON FUNCTION private.api_schema() IS 'Name of the API schema, known by its comment; NULL if there is none.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.api_columns()
    RETURNS TABLE (view_name text, table_name text, relation oid, "position" smallint, column_name text, type_name text, is_private boolean,
                   is_required boolean, has_default boolean, inserted boolean, updated boolean, comment text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH granted AS MATERIALIZED (
        SELECT * FROM private.table_rights()
    ), filled AS MATERIALIZED (
        SELECT * FROM private.api_filled()
    ), reader AS (
        SELECT r.table_name, max(r.role_name) AS role_name, r.columns
          FROM granted r WHERE r.privilege = 'SELECT' AND r.role_name IN ('anon', 'authenticated') GROUP BY r.table_name, r.columns
    ), shown AS (
        -- The server asks for the right on every column that a view names, so those who may read fewer have a view of their own.
        SELECT CASE r.role_name WHEN 'authenticated' THEN '' ELSE 'public_' END || r.table_name AS view_name, r.table_name, d.name AS column_name, false AS is_private
          FROM reader r JOIN private.shipped_definitions() d ON d.kind = 'column' AND d.on_table = r.table_name AND (r.columns IS NULL OR d.name = ANY (r.columns))
        UNION ALL
        -- what a function gives of the caller's own row
        SELECT o.table_name, o.table_name, d.name, true
          FROM private.api_own_rows() o
          JOIN pg_proc p ON p.pronamespace = '@extschema@'::regnamespace AND p.proname = o.function_name
          JOIN private.shipped_definitions() d ON d.kind = 'column' AND d.on_table = o.table_name AND d.name = ANY (p.proargnames)
         WHERE NOT EXISTS (SELECT FROM reader r WHERE r.table_name = o.table_name AND d.name = ANY (r.columns))
    )
    SELECT s.view_name, s.table_name, c.oid, a.attnum, s.column_name, format_type(a.atttypid, a.atttypmod), s.is_private, a.attnotnull AND NOT s.is_private,
           a.atthasdef OR a.attidentity <> '' OR EXISTS (SELECT FROM filled f WHERE f.table_name = s.table_name AND f.column_name = s.column_name),
           w.inserted AND s.view_name = s.table_name AND NOT s.is_private, w.updated AND s.view_name = s.table_name, col_description(c.oid, a.attnum)
      FROM shown s
      JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = s.table_name AND c.relkind IN ('r', 'p')
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = s.column_name AND NOT a.attisdropped
     CROSS JOIN LATERAL (SELECT coalesce(bool_or(r.privilege = 'INSERT'), false) AS inserted, coalesce(bool_or(r.privilege = 'UPDATE'), false) AS updated
                           FROM granted r
                          WHERE r.table_name = s.table_name AND r.role_name = 'authenticated' AND (r.columns IS NULL OR s.column_name = ANY (r.columns))) w
$function$;
COMMENT ON FUNCTION private.api_columns() IS
    'Columns of the views of the API schema: those that clients may read, and of the caller''s own row also those '
    'that a function returns.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.camel(name text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT lower(left(words, 1)) || substr(words, 2) FROM replace(initcap(name), '_', '') AS w (words)
$function$;
COMMENT ON FUNCTION private.camel(text) IS 'Returns a name as GraphQL writes it: orderItem for order_item.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.api_keys(schema_name text) RETURNS TABLE (view_name text, tag text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH shown AS MATERIALIZED (
        SELECT c.view_name, c.relation, c.position, c.column_name FROM private.api_columns() c
    ), key AS (
        SELECT v.view_name, k.contype, k.conname, v.names, t.view_name AS target, t.names AS target_names, regexp_replace(v.names[1], '_id$', '') AS lead
          FROM pg_constraint k
          LEFT JOIN pg_constraint p ON p.contype = 'p' AND p.conrelid = CASE k.contype WHEN 'f' THEN k.confrelid ELSE k.conrelid END
         -- of a key of two columns the one that finds the row: the other is for the check alone, and no index begins with both
         CROSS JOIN LATERAL (SELECT array_agg(c.number ORDER BY c.position) AS numbers, array_agg(c.target ORDER BY c.position) AS targets
                               FROM unnest(k.conkey, k.confkey) WITH ORDINALITY AS c (number, target, position)
                              WHERE (c.target = ANY (p.conkey) OR NOT p.conkey <@ k.confkey) IS NOT FALSE
                                -- the ID alone is told of a partitioned table too, whose keys hold the time
                                AND (k.contype = 'f' OR c.number IS DISTINCT FROM (SELECT t.partattrs[0] FROM pg_partitioned_table t WHERE t.partrelid = k.conrelid))) c
         CROSS JOIN LATERAL (SELECT s.view_name, array_agg(s.column_name ORDER BY array_position(c.numbers, s.position)) AS names
                               FROM shown s WHERE s.relation = k.conrelid AND s.position = ANY (c.numbers)
                              GROUP BY s.view_name HAVING count(*) = cardinality(c.numbers)) v
          LEFT JOIN LATERAL (SELECT s.view_name, array_agg(s.column_name ORDER BY array_position(c.targets, s.position)) AS names
                               FROM shown s WHERE s.relation = k.confrelid AND s.position = ANY (c.targets) AND NOT s.view_name LIKE 'public\_%'
                              GROUP BY s.view_name HAVING count(*) = cardinality(c.targets)) t ON k.contype = 'f'
         WHERE k.contype IN ('p', 'f') OR k.contype = 'u' AND (p.conkey <@ k.conkey) IS NOT TRUE
    ), followed AS (
        SELECT DISTINCT ON (k.view_name, k.lead, k.target) k.* FROM key k WHERE k.target IS NOT NULL ORDER BY k.view_name, k.lead, k.target, k.conname
    ), named AS (
        SELECT f.*, count(*) OVER (PARTITION BY f.view_name, f.target) AS between_both,
               EXISTS (SELECT FROM shown s WHERE s.view_name = f.view_name AND s.column_name = f.lead) AS is_column,
               EXISTS (SELECT FROM key u WHERE u.view_name = f.view_name AND u.contype IN ('p', 'u') AND u.names <@ f.names) AS is_single
          FROM followed f
    )
    SELECT k.view_name, format('@%s %s', CASE k.contype WHEN 'p' THEN 'primaryKey' ELSE 'unique' END, array_to_string(k.names, ',')) FROM key k WHERE k.contype IN ('p', 'u')
    UNION ALL
    SELECT n.view_name,
           format('@foreignKey (%s) references %s.%s (%s)|@fieldName %s|@%s %s',
                  array_to_string(n.names, ','), schema_name, n.target, array_to_string(n.target_names, ','),
                  private.camel(n.lead || CASE WHEN n.is_column THEN '_record' ELSE '' END),
                  CASE WHEN n.is_single THEN 'foreignSingleFieldName' ELSE 'foreignFieldName' END,
                  private.camel(CASE WHEN n.view_name = 'product_variants' AND n.target = 'listings' THEN 'variants'
                                     WHEN n.view_name = 'order_tracking' THEN 'parcels'
                                     WHEN n.is_single THEN regexp_replace(n.view_name, '(?<!s)s$|(?<=ss)es$', '') ELSE n.view_name END
                                || CASE WHEN n.between_both > 1 THEN '_by_' || n.lead ELSE '' END))
      FROM named n
$function$;
COMMENT ON FUNCTION private.api_keys(text) IS
    'Smart tags of PostGraphile for the keys of the views of the API schema: what the catalog does not say of '
    'views.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.api_functions(schema_name text)
    RETURNS TABLE (name text, argument_types text, declaration text, body text, comment text, role_names text[],
                   row_name text, row_columns text, row_comments text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH named AS (
        SELECT n.function_name, n.what, n.name, format('@extschema@.%I', n.name) AS type_name FROM private.api_names() n
    ), served AS (
        SELECT p.*, f.role_names, (p.proargmodes @> '{t}') IS TRUE AS has_rows,
               coalesce((SELECT n.name FROM named n WHERE n.function_name = p.proname AND n.what = 'row'),
                        p.proname || '_row' || coalesce(nullif(row_number() OVER (PARTITION BY p.proname ORDER BY f.signature), 1)::text, '')) AS row_name,
               (SELECT n.type_name FROM named n WHERE n.function_name = p.proname AND n.what = 'result') AS result_type,
               (SELECT string_to_array(n.name, ',') FROM named n WHERE n.function_name = p.proname AND n.what = 'never NULL') AS never_null,
               (SELECT n.name FROM named n WHERE n.function_name = p.proname AND n.what = 'field') AS field
          FROM private.function_rights() f
          JOIN pg_proc p ON p.pronamespace = '@extschema@'::regnamespace
                        AND f.signature = format('%s(%s)', p.proname, (SELECT coalesce(string_agg(format_type(a.type, NULL), ',' ORDER BY a.position), '')
                                                                         FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, position)))
         WHERE f.role_names && '{anon,authenticated}' AND f.signature NOT LIKE 'private.%'
    )
    SELECT s.proname, i.types,
           format('CREATE FUNCTION %I.%I(%s) RETURNS %s LANGUAGE sql %s %s PARALLEL %s SECURITY INVOKER COST %s%s SET search_path = pg_catalog, pg_temp AS ',
                  schema_name, s.proname, i.declared,
                  CASE WHEN s.proretset THEN 'SETOF ' ELSE '' END
                  || CASE WHEN s.has_rows THEN format('%I.%I', schema_name, s.row_name) ELSE coalesce(s.result_type, format_type(s.prorettype, NULL)) END,
                  CASE s.provolatile WHEN 'v' THEN 'VOLATILE' WHEN 's' THEN 'STABLE' ELSE 'IMMUTABLE' END,
                  CASE WHEN s.proisstrict THEN 'STRICT' ELSE 'CALLED ON NULL INPUT' END,
                  CASE s.proparallel WHEN 's' THEN 'SAFE' WHEN 'r' THEN 'RESTRICTED' ELSE 'UNSAFE' END,
                  s.procost, CASE WHEN s.proretset THEN ' ROWS ' || s.prorows ELSE '' END),
           CASE WHEN s.has_rows THEN format('SELECT %s FROM @extschema@.%I(%s) r', o.selected, s.proname, i.passed)
                ELSE format('SELECT @extschema@.%I(%s)', s.proname, i.passed) || coalesce('::' || s.result_type, '') END,
           concat_ws(E'\n', '@resultFieldName ' || s.field, obj_description(s.oid, 'pg_proc')),
           s.role_names,
           CASE WHEN s.has_rows THEN s.row_name END, o.declared, o.comments
      FROM served s
     CROSS JOIN LATERAL (
        SELECT coalesce(string_agg(coalesce(n.type_name, format_type(a.type, NULL)), ',' ORDER BY a.position), '') AS types,
               coalesce(string_agg(format('%I %s', s.proargnames[a.position], coalesce(n.type_name, format_type(a.type, NULL)))
                                   || coalesce(' DEFAULT ' || pg_get_function_arg_default(s.oid, a.position::integer) || coalesce('::' || n.type_name, ''), ''), ', ' ORDER BY a.position), '') AS declared,
               coalesce(string_agg('$' || a.position || CASE WHEN n.name IS NULL THEN '' ELSE '::text' END, ', ' ORDER BY a.position), '') AS passed
          FROM unnest(s.proargtypes::oid[]) WITH ORDINALITY AS a (type, position)
          LEFT JOIN named n ON n.function_name = s.proname AND n.what = s.proargnames[a.position]) i
     CROSS JOIN LATERAL (
        SELECT string_agg(format('%I %s', a.name, coalesce(n.type_name, format_type(a.type, NULL))), ', ' ORDER BY a.position) AS declared,
               string_agg(format('r.%I', a.name) || coalesce('::' || n.type_name, ''), ', ' ORDER BY a.position) AS selected,
               string_agg(format('; COMMENT ON COLUMN %I.%I.%I IS ''@notNull''', schema_name, s.row_name, a.name), '' ORDER BY a.position)
                   FILTER (WHERE a.name = ANY (s.never_null)) AS comments
          FROM unnest(s.proallargtypes, s.proargmodes, s.proargnames) WITH ORDINALITY AS a (type, mode, name, position)
          LEFT JOIN named n ON n.function_name = s.proname AND n.what = a.name
         WHERE a.mode = 't') o
$function$;
COMMENT ON FUNCTION private.api_functions(text) IS
    'Declarations of the functions of the API schema, one for each function that anon or authenticated can '
    'execute.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.api_helpers(schema_name text)
    RETURNS TABLE (name text, argument_types text, declaration text, body text, comment text, role_names text[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH own_row AS (
        SELECT o.table_name, f.name, f.row_name, f.row_columns,
               (SELECT string_agg(format('t.%I::%s', a.name, format_type(a.type, NULL)), ', ' ORDER BY a.position)
                  FROM pg_proc p CROSS JOIN LATERAL unnest(p.proallargtypes, p.proargmodes, p.proargnames) WITH ORDINALITY AS a (type, mode, name, position)
                 WHERE p.pronamespace = '@extschema@'::regnamespace AND p.proname = f.name AND a.mode = 't') AS selected
          FROM private.api_own_rows() o JOIN private.api_functions(schema_name) f ON f.name = o.function_name
    )
    -- anon may execute it, because the right is asked for also where it is never called
    SELECT format('private_%s', r.table_name), 'uuid',
           format('CREATE FUNCTION %1$I.%2$I(id uuid) RETURNS SETOF %1$I.%3$I LANGUAGE plpgsql STABLE ROWS 1 SET search_path = pg_catalog, pg_temp AS /* %4$s */ ',
                  schema_name, 'private_' || r.table_name, r.row_name, r.row_columns),
           format(E'BEGIN\n    IF has_table_privilege(''@extschema@.%1$I'', ''SELECT'') THEN\n'
                  '        RETURN QUERY SELECT %2$s FROM @extschema@.%1$I t WHERE t.id = $1;\n    ELSE\n'
                  '        RETURN QUERY SELECT * FROM %3$I.%4$I() m WHERE m.id = $1;\n    END IF;\nEND',
                  r.table_name, r.selected, schema_name, r.name),
           format(E'@omit\n@behavior -*\nReturns the caller''s own row of %s with the columns that others do not see, for the view.', r.table_name),
           '{anon,authenticated,service_role}'::text[]
      FROM own_row r
    UNION ALL
    SELECT format('update_%s', r.table_name), '',
           format('CREATE FUNCTION %I.%I() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS ', schema_name, 'update_' || r.table_name),
           format(E'DECLARE\n    changed text := (SELECT string_agg(format(''%%1$I = ($1).%%1$I'', n.key), '', '')\n'
                  '                       FROM jsonb_each(to_jsonb(NEW)) n JOIN jsonb_each(to_jsonb(OLD)) o USING (key) WHERE n.value <> o.value);\n'
                  '    found_rows bigint;\nBEGIN\n'
                  '    EXECUTE format(''UPDATE @extschema@.%1$I SET %%s WHERE id = $2'', coalesce(changed, ''id = id'')) USING NEW, OLD.id;\n'
                  '    GET DIAGNOSTICS found_rows = ROW_COUNT;\n    IF found_rows = 0 THEN\n        RETURN NULL;\n    END IF;\n'
                  '    SELECT v.* INTO NEW FROM %2$I.%1$I v WHERE v.id = NEW.id;\n    RETURN NEW;\nEND',
                  r.table_name, schema_name),
           format('Trigger: writes to %s what an UPDATE of the view has changed, with the rights of the caller.', r.table_name),
           '{}'
      FROM own_row r
$function$;
COMMENT ON FUNCTION private.api_helpers(text) IS
    'Declarations of the functions that a view with columns of the caller''s own row calls: one reads them, one '
    'writes them.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.api_views(schema_name text)
    RETURNS TABLE (name text, definition text, comment text, column_names text, grants text[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH shown AS MATERIALIZED (
        SELECT * FROM private.api_columns()
    ), granted AS MATERIALIZED (
        SELECT r.table_name, r.role_name, r.privilege FROM private.table_rights() r WHERE r.columns IS NULL OR r.privilege = 'SELECT'
        UNION ALL
        SELECT o.table_name, o.role_name, o.privilege FROM private.opened_rights() o
    ), deleted AS MATERIALIZED (
        SELECT r.table_name FROM private.table_rights() r WHERE r.role_name = 'authenticated' AND r.privilege = 'DELETE'
    ), writing AS (
        SELECT c.view_name, bool_or(c.inserted) AS inserts, bool_or(c.updated) AS updates FROM shown c GROUP BY c.view_name
    ), view AS MATERIALIZED (
        SELECT c.view_name, c.table_name, c.relation, bool_or(c.is_private) AS has_private,
               string_agg(c.column_name, ',' ORDER BY c.position) AS column_names,
               string_agg(CASE WHEN c.is_private
                               THEN format('(CASE WHEN t.id = (SELECT auth.uid()) OR (SELECT has_table_privilege(''@extschema@.%1$I''::regclass, ''SELECT'')) '
                                           'THEN (SELECT m.%2$I FROM %3$I.%4$I(t.id) m) END)::%5$s AS %2$I',
                                           c.table_name, c.column_name, schema_name, 'private_' || c.table_name, c.type_name)
                               ELSE format('t.%I', c.column_name) END, ', ' ORDER BY c.position) AS selected,
               string_agg(format('; COMMENT ON COLUMN %I.%I.%I IS %L', schema_name, c.view_name, c.column_name,
                                 concat_ws(E'\n', CASE WHEN c.is_required THEN '@notNull' END, CASE WHEN c.has_default THEN '@hasDefault' END,
                                           '@omit ' || nullif(concat_ws(',', CASE WHEN w.inserts AND NOT c.inserted THEN 'create' END,
                                                                        CASE WHEN w.updates AND NOT c.updated THEN 'update' END), ''),
                                           '@behavior ' || nullif(concat_ws(' ', CASE WHEN w.inserts AND NOT c.inserted THEN '-attribute:insert' END,
                                                                            CASE WHEN w.updates AND NOT c.updated THEN '-attribute:update' END), ''),
                                           c.comment)), '' ORDER BY c.position) AS comments
          FROM shown c JOIN writing w USING (view_name)
         GROUP BY c.view_name, c.table_name, c.relation
    ), key AS (
        SELECT k.view_name, string_agg(k.tag, E'\n' ORDER BY k.tag LIKE '@primaryKey%' DESC, k.tag) AS tags FROM private.api_keys(schema_name) k GROUP BY k.view_name
    ), unwritten AS (
        SELECT v.view_name, format(E'@omit %s\n@behavior %s', string_agg(w.tag, ',' ORDER BY w.position), string_agg(w.behavior, ' ' ORDER BY w.position)) AS tags
          FROM writing v
         CROSS JOIN LATERAL (VALUES (1, 'create', '-insert', v.inserts), (2, 'update', '-update', v.updates),
                                    (3, 'delete', '-delete', v.view_name IN (SELECT d.table_name FROM deleted d))) AS w (position, tag, behavior, is_used)
         WHERE NOT w.is_used
         GROUP BY v.view_name
    )
    SELECT v.view_name,
           format('CREATE VIEW %I.%I WITH (security_invoker = true) AS SELECT %s FROM @extschema@.%I t', schema_name, v.view_name, v.selected, v.table_name) || v.comments
           || CASE WHEN v.has_private
                   THEN format('; CREATE TRIGGER %1$I INSTEAD OF UPDATE ON %2$I.%3$I FOR EACH ROW EXECUTE FUNCTION %2$I.%1$I() /* %4$s */',
                               'update_' || v.table_name, schema_name, v.view_name,
                               (SELECT md5(string_agg(h.declaration || h.body, '' ORDER BY h.name)) FROM private.api_helpers(schema_name) h))
                   ELSE '' END,
           concat_ws(E'\n',
                     -- instead of type names that GraphQL gives to something else: the input of checkout(), the filter of listings
                     CASE v.view_name WHEN 'checkouts' THEN '@name placed_checkouts' WHEN 'listing_conditions' THEN '@name condition_codes' END,
                     k.tags, u.tags, obj_description(v.relation, 'pg_class')),
           v.column_names,
           ARRAY(SELECT DISTINCT r.role_name || '=' || r.privilege
                   FROM granted r
                  WHERE r.table_name = v.table_name
                    AND CASE WHEN v.view_name <> v.table_name THEN r.privilege = 'SELECT'
                             -- who may read fewer columns has a view of their own
                             ELSE r.role_name <> 'anon' OR NOT EXISTS (SELECT FROM view o WHERE o.view_name = 'public_' || v.table_name) END
                  ORDER BY 1)
      FROM view v LEFT JOIN key k USING (view_name) LEFT JOIN unwritten u USING (view_name)
$function$;
COMMENT ON FUNCTION private.api_views(text) IS 'Definitions of the views of the API schema, with smart tags of PostGraphile in their comments.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.api_objects(schema_name text)
    RETURNS TABLE ("position" integer, kind text, name text, definition text, comment text, mark text, essence text, grants text[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH function AS MATERIALIZED (
        SELECT * FROM private.api_functions(schema_name)
    ), object AS (
        SELECT 1 AS position, 'TYPE' AS kind, f.row_name AS name,
               format('CREATE TYPE %I.%I AS (%s)', schema_name, f.row_name, f.row_columns) || coalesce(f.row_comments, '') AS definition,
               format('A row of the result of %s().', f.name) AS comment, f.row_columns AS essence, NULL::text[] AS grants
          FROM function f WHERE f.row_name IS NOT NULL
        UNION ALL
        SELECT c.position, 'FUNCTION', format('%I(%s)', c.name, c.argument_types), c.declaration || quote_literal(c.body), c.comment, c.body,
               ARRAY(SELECT r.name || '=EXECUTE' FROM unnest(c.role_names) AS r (name) WHERE r.name <> 'driplo_owner' ORDER BY 1)
          -- what a row consists of is part of it, because both are replaced together
          FROM (SELECT 2 AS position, f.name, f.argument_types, f.declaration || coalesce('/* ' || f.row_columns || ' */ ', '') AS declaration, f.body, f.comment, f.role_names FROM function f
                UNION ALL
                SELECT 3, h.* FROM private.api_helpers(schema_name) h) c
        UNION ALL
        SELECT 4, 'VIEW', quote_ident(v.name), v.definition, v.comment, 'security_invoker=true ' || v.column_names, v.grants FROM private.api_views(schema_name) v
    )
    SELECT o.position, o.kind, o.name, o.definition, o.comment, md5(o.definition || o.comment), o.essence, o.grants FROM object o
$function$;
COMMENT ON FUNCTION private.api_objects(text) IS
    'Types, functions, and views of the API schema in order of creation, each with its statements, their hash, '
    'its comment and privileges, and what is compared with the catalog.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.api_found(schema_name text)
    RETURNS TABLE (catalog oid, id oid, kind text, name text, mark text, essence text, grants text[])
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH here AS (
        SELECT n.oid FROM pg_namespace n WHERE n.nspname = schema_name
    ), object AS (
        SELECT 'pg_type'::regclass::oid AS catalog, t.oid AS id, 'TYPE' AS kind, quote_ident(t.typname) AS name,
               (SELECT string_agg(format('%I %s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ' ORDER BY a.attnum)
                  FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) AS essence, NULL::aclitem[] AS acl
          FROM here h JOIN pg_type t ON t.typnamespace = h.oid JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
        UNION ALL
        SELECT 'pg_proc'::regclass, p.oid, 'FUNCTION',
               format('%I(%s)', p.proname, (SELECT string_agg(format_type(a.type, NULL), ',' ORDER BY a.position) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, position))),
               CASE WHEN p.prosecdef THEN 'SECURITY DEFINER ' ELSE '' END || p.prosrc, coalesce(p.proacl, acldefault('f', p.proowner))
          FROM here h JOIN pg_proc p ON p.pronamespace = h.oid
        UNION ALL
        SELECT 'pg_class'::regclass, c.oid, 'VIEW', quote_ident(c.relname),
               concat_ws(' ', array_to_string(c.reloptions, ','),
                         (SELECT string_agg(a.attname, ',' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0)), coalesce(c.relacl, acldefault('r', c.relowner))
          FROM here h JOIN pg_class c ON c.relnamespace = h.oid AND c.relkind = 'v'
    )
    SELECT o.catalog, o.id, o.kind, o.name, m.mark, o.essence,
           CASE WHEN o.acl IS NOT NULL
                THEN ARRAY(SELECT coalesce(r.rolname, 'PUBLIC') || '=' || a.privilege_type FROM aclexplode(o.acl) a LEFT JOIN pg_roles r ON r.oid = a.grantee
                            WHERE a.grantee = 0 OR r.rolname IN ('anon', 'authenticated', 'service_role') ORDER BY 1) END
      FROM object o
     CROSS JOIN LATERAL (SELECT substring(obj_description(o.id, CASE o.kind WHEN 'TYPE' THEN 'pg_type' WHEN 'VIEW' THEN 'pg_class' ELSE 'pg_proc' END)
                                          FROM '^@driplo ([0-9a-f]{32})')) AS m (mark)
     WHERE m.mark IS NOT NULL
$function$;
COMMENT ON FUNCTION private.api_found(text) IS
    'Objects in a schema that expose_api() made, known by the hash in their comments, as api_objects() has them.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.compare_api() RETURNS TABLE (object text, state text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET standard_conforming_strings = on
    AS $function$
    SELECT coalesce(w.name, f.name),
           CASE WHEN f.id IS NULL THEN 'missing' WHEN w.name IS NULL THEN 'no longer shipped'
                WHEN f.mark <> w.mark OR f.essence IS DISTINCT FROM w.essence THEN 'changed' ELSE 'other privileges' END
      FROM (SELECT w.* FROM private.api_schema() AS s (name) CROSS JOIN LATERAL private.api_objects(s.name) w WHERE s.name IS NOT NULL) w
      FULL JOIN (SELECT f.* FROM private.api_schema() AS s (name) CROSS JOIN LATERAL private.api_found(s.name) f) f ON f.kind = w.kind AND f.name = w.name
     WHERE f.mark IS DISTINCT FROM w.mark OR f.essence IS DISTINCT FROM w.essence OR f.grants IS DISTINCT FROM w.grants
$function$;
COMMENT ON FUNCTION private.compare_api() IS
    'Returns objects of the API schema that are missing, changed, or not part of this version; no row if there is '
    'no API schema.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.drop_api(schema_name text, names text[] DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    object record;
BEGIN
    -- views, then what they call, then the types of both; without CASCADE: what of the user's own depends on ours is reported
    FOR object IN
        SELECT f.kind, f.name FROM private.api_found(schema_name) f WHERE names IS NULL OR f.name = ANY (names)
         ORDER BY array_position('{VIEW,FUNCTION,TYPE}', f.kind), f.name
    LOOP
        EXECUTE format('DROP %s %I.%s', object.kind, schema_name, object.name);
    END LOOP;
END
$function$;
COMMENT ON FUNCTION private.drop_api(text, text[]) IS
    'Drops what expose_api() made in a schema, all of it or the objects named. Error 2BP01 while other objects '
    'depend on it.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.clear_api() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    PERFORM private.drop_api(private.api_schema());
EXCEPTION WHEN dependent_objects_still_exist THEN
    NULL; -- what the update changes may be no matter of theirs; else it says what depends on it
END
$function$;
COMMENT ON FUNCTION private.clear_api() IS
    'Drops what is in the API schema before the tables are updated, unless other objects depend on it; '
    'update_api() creates it again.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.others_in_api(schema_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT string_agg(pg_describe_object(d.classid, d.objid, 0), ', ' ORDER BY pg_describe_object(d.classid, d.objid, 0))
      FROM pg_depend d
     WHERE d.refclassid = 'pg_namespace'::regclass AND d.refobjid = (SELECT n.oid FROM pg_namespace n WHERE n.nspname = schema_name)
       AND d.classid <> 'pg_default_acl'::regclass
       AND NOT EXISTS (SELECT FROM private.api_found(schema_name) f WHERE f.catalog = d.classid AND f.id = d.objid)
$function$;
COMMENT ON FUNCTION private.others_in_api(text) IS
    'Objects in a schema that expose_api() did not make, as a list; NULL if there are none.';

-- rights: owner
CREATE OR REPLACE FUNCTION @extschema@.expose_api(schema_name text DEFAULT 'api') RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET standard_conforming_strings = on
    AS $function$
DECLARE
    clients constant text := 'anon, authenticated, service_role';
    made text;
    others text;
    wanted record;
    given record;
    target text;
BEGIN
    PERFORM private.require_superuser('expose_api()');
    PERFORM pg_advisory_xact_lock(hashtextextended('driplo', 0)); -- one at a time, as in prepare.sql
    IF schema_name IS NULL THEN
        RAISE EXCEPTION 'schema_name must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    made := private.api_schema();
    IF schema_name IN ('', 'public', 'private', 'auth', 'storage', 'extensions', 'information_schema') OR schema_name LIKE 'pg\_%' OR octet_length(schema_name) > 63
       OR EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = schema_name
                     AND (n.oid = '@extschema@'::regnamespace
                          OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e'))) THEN
        RAISE EXCEPTION 'schema "%" cannot be the API schema', schema_name
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use a schema for the API alone, such as "api".';
    ELSIF made <> schema_name THEN
        RAISE EXCEPTION 'API schema "%" already exists', made
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Run SELECT unexpose_api() first to use another schema.';
    ELSIF made IS NULL THEN
        others := private.others_in_api(schema_name);
        IF others IS NOT NULL THEN
            RAISE EXCEPTION 'schema "%" already contains objects', schema_name
                USING ERRCODE = 'duplicate_object',
                      DETAIL = format('Objects in the schema: %s.', others),
                      HINT = 'Use another schema, for example SELECT expose_api(''shop_api'').';
        END IF;
        -- without the notice of IF NOT EXISTS
        IF NOT EXISTS (SELECT FROM pg_namespace n WHERE n.nspname = schema_name) THEN
            EXECUTE format('CREATE SCHEMA %I', schema_name);
        END IF;
        EXECUTE format('ALTER SCHEMA %I OWNER TO CURRENT_USER', schema_name);
        EXECUTE format('COMMENT ON SCHEMA %I IS %L', schema_name, 'API schema of driplo, made by expose_api(): views and functions for clients.');
    END IF;
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC, %s', schema_name, clients);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO %s', schema_name, clients);

    PERFORM private.drop_api(schema_name, ARRAY(SELECT c.object FROM private.compare_api() c WHERE c.state IN ('changed', 'no longer shipped')));
    FOR wanted IN
        SELECT w.*, f.id, f.grants AS found_grants
          FROM private.api_objects(schema_name) w LEFT JOIN private.api_found(schema_name) f USING (kind, name) ORDER BY w.position, w.name
    LOOP
        target := format('%s %I.%s', wanted.kind, schema_name, wanted.name);
        IF wanted.id IS NULL THEN
            EXECUTE wanted.definition;
            EXECUTE format('COMMENT ON %s IS %L', target, format(E'@driplo %s\n%s', wanted.mark, wanted.comment));
        END IF;
        -- never rely on default privileges: Supabase's grant everything to everybody
        IF wanted.grants IS DISTINCT FROM wanted.found_grants THEN
            target := regexp_replace(target, '^VIEW ', 'TABLE ');
            EXECUTE format('REVOKE ALL ON %s FROM PUBLIC, %s', target, clients);
            FOR given IN SELECT split_part(g.text, '=', 1) AS role_name, string_agg(split_part(g.text, '=', 2), ', ') AS privileges FROM unnest(wanted.grants) AS g (text) GROUP BY 1 LOOP
                EXECUTE format('GRANT %s ON %s TO %I', given.privileges, target, given.role_name);
            END LOOP;
        END IF;
    END LOOP;
    RETURN schema_name;
END
$function$;
COMMENT ON FUNCTION @extschema@.expose_api(text) IS
    'Creates the API schema, or brings it up to date after an update of the extension: a view for each table that '
    'clients read, with the columns that they may know, and a function for each function that they may call, with '
    'enum types and named row types. Returns its name. Superuser only (42501). Errors: 22004, 22023 for a reserved '
    'name, 42710 for a schema with other objects, 55000 while another API schema exists, 2BP01 while your own '
    'objects depend on what has to be replaced.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.update_api() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    IF private.api_schema() IS NOT NULL THEN
        PERFORM @extschema@.expose_api(private.api_schema());
    END IF;
EXCEPTION WHEN dependent_objects_still_exist THEN
    RAISE WARNING 'the API schema is not up to date, because other objects depend on it'
        USING DETAIL = SQLERRM, HINT = 'Drop these objects, run SELECT expose_api() with the name of the schema, and create them again.';
END
$function$;
COMMENT ON FUNCTION private.update_api() IS
    'Brings the API schema up to date if there is one. Warning if objects of the user prevent it.';

-- rights: owner
CREATE OR REPLACE FUNCTION @extschema@.unexpose_api() RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET standard_conforming_strings = on
    AS $function$
DECLARE
    made text;
    others text;
BEGIN
    PERFORM private.require_superuser('unexpose_api()');
    PERFORM pg_advisory_xact_lock(hashtextextended('driplo', 0)); -- one at a time, as in prepare.sql
    made := private.api_schema();
    IF made IS NULL THEN
        RETURN NULL;
    END IF;
    others := private.others_in_api(made);
    IF others IS NOT NULL THEN
        RAISE EXCEPTION 'API schema "%" contains other objects', made
            USING ERRCODE = 'dependent_objects_still_exist',
                  DETAIL = format('Objects that expose_api() did not create: %s.', others),
                  HINT = 'Drop them, or move them to another schema.';
    END IF;
    PERFORM private.drop_api(made);
    EXECUTE format('DROP SCHEMA %I', made);
    RETURN made;
END
$function$;
COMMENT ON FUNCTION @extschema@.unexpose_api() IS
    'Drops the API schema and returns its name; NULL if there is none. Superuser only (42501). '
    'Errors: 2BP01, with the names, while your own objects depend on it or are in it.';
