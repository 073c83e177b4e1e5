-- What this version ships, object by object, and what the database has instead: installation_report() tells it,
-- driplo_migrate() mends it. Definitions are compared as the server prints them: the shipped text is parsed here and now, so
-- that neither a dump nor another major version makes a difference. What starts a comparison sets how names and regular expressions are written and read.

-- What the other parts of the script create, read from their text by sql/assemble.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.shipped_objects() RETURNS TABLE (kind text, name text, on_table text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    VALUES
@shipped_objects@
$function$;
COMMENT ON FUNCTION private.shipped_objects() IS
    'Types, sequences, tables, constraints, indexes, policies, triggers, and functions of this version, each with '
    'its table; the reports compare them with the catalog.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.shipped_definitions() RETURNS TABLE (kind text, name text, on_table text, definition text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    VALUES
@shipped_definitions@
$function$;
COMMENT ON FUNCTION private.shipped_definitions() IS
    'Definitions of types, columns, defaults, constraints, indexes, policies, and triggers of this version as in '
    'the install script; the reports compare them with the catalog.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.printed_expression(relation oid, expression text, column_name text) RETURNS text
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'driplo_printed_expression';
COMMENT ON FUNCTION private.printed_expression(oid, text, text) IS
    'Returns an expression over a table as pg_get_expr() prints it, with the type of that column, or boolean if '
    'column_name is NULL. Nothing is evaluated. Errors: those of the parser, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.printed_condition(relation oid, condition text) RETURNS text
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'driplo_printed_condition';
COMMENT ON FUNCTION private.printed_condition(oid, text) IS
    'Returns the WHEN condition of a trigger, over OLD and NEW of a table, as the server prints it. Nothing is '
    'evaluated. Errors: those of the parser, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.condition_as_printed(relation oid, definition text) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    condition text := substring(definition from '\mWHEN (\(.*\)) EXECUTE ');
BEGIN
    IF condition IS NULL OR relation IS NULL THEN
        RETURN 'always';
    END IF;
    -- printed and parsed again it may have fewer parentheses
    RETURN regexp_replace(private.printed_condition(relation, condition), '[()]', '', 'g');
EXCEPTION WHEN syntax_error_or_access_rule_violation OR invalid_schema_name THEN
    RETURN NULL; -- as in as_printed()
END
$function$;
COMMENT ON FUNCTION private.condition_as_printed(oid, text) IS
    'Returns the WHEN condition in a trigger definition as the server prints it, without parentheses; "always" if '
    'there is none, NULL if it references missing or inaccessible objects.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.as_printed(relation oid, expression text, column_name text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    IF expression IS NULL OR relation IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN private.printed_expression(relation, expression, column_name);
-- A column, a function or a right on a schema is missing, which has a row of its own. What cannot be compared is not judged.
EXCEPTION WHEN syntax_error_or_access_rule_violation OR invalid_schema_name THEN
    RETURN NULL;
END
$function$;
COMMENT ON FUNCTION private.as_printed(oid, text, text) IS
    'Like printed_expression(), but NULL for NULL and for an expression that references missing or inaccessible '
    'objects.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.squeezed(definition text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    -- The events of a trigger in one order; without its condition, the access method that goes without saying, casts, parentheses
    -- and spaces.
    SELECT replace(regexp_replace(lower(regexp_replace(
               coalesce(m.part[1] || ' ' || (SELECT string_agg(e.event, ' or ' ORDER BY e.event) FROM regexp_split_to_table(m.part[2], '\s+OR\s+') AS e (event)) || m.part[3],
                        definition),
               '\mWHEN \(.*\) EXECUTE ', 'EXECUTE ') COLLATE "C"),
               '\mor replace\M|\musing btree\M|(?<=\mon )only\M|::[a-z_]+( varying| precision| with(out)? time zone)?(\[\])*|[\s"()]', '', 'g'),
               '!=', '<>')
      FROM regexp_match(definition, '^(CREATE .*?TRIGGER .*? (?:BEFORE|AFTER)) (.*?)( ON .*)$') AS m (part)
$function$;
COMMENT ON FUNCTION private.squeezed(text) IS
    'Returns the definition of a trigger, index, or key without parts that can be written in more than one way.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.shipped_with_oids()
    RETURNS TABLE (kind text, name text, on_table text, definition text, relation oid)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT o.kind, o.name, o.on_table,
           -- the keys of a partitioned table hold the time
           regexp_replace(replace(o.definition, '@' || 'uuid_ossp@',
                   (SELECT quote_ident(n.nspname) FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'uuid-ossp')),
               '^((PRIMARY KEY|UNIQUE) \(.*)\)$', CASE WHEN c.relkind = 'p' AND o.kind = 'constraint' THEN '\1' || coalesce(', ' || quote_ident(private.partition_column(c.oid)), '') || ')' ELSE '\1)' END),
           c.oid
      FROM (SELECT kind, name, on_table, d.definition
              FROM private.shipped_objects() s FULL JOIN private.shipped_definitions() d USING (kind, name, on_table)
             WHERE kind NOT IN ('type', 'function', 'table', 'sequence')
            UNION ALL
            SELECT 'trigger', g.trigger_name, g.table_name, g.definition FROM private.guards() g
            UNION ALL
            -- what is on no table
            SELECT s.kind, s.name, NULL, d.definition
              FROM private.shipped_objects() s LEFT JOIN private.shipped_definitions() d ON d.kind = s.kind AND d.name = s.name AND d.on_table IS NULL
             WHERE s.kind IN ('type', 'function', 'table', 'sequence')) o
      -- by names and not by their text, which quote_all_identifiers changes; here and in the script, as it was then
      LEFT JOIN pg_class c ON c.relname = coalesce(regexp_replace(o.on_table, '^.*\.', ''), o.name)
                          AND c.relnamespace = CASE WHEN o.on_table LIKE '%.%'
                                                    THEN (SELECT n.oid FROM pg_namespace n WHERE n.nspname = split_part(o.on_table, '.', 1))
                                                    ELSE '@extschema@'::regnamespace END
                          AND o.kind NOT IN ('type', 'function')
$function$;
COMMENT ON FUNCTION private.shipped_with_oids() IS
    'shipped_objects() with columns and defaults, each with its definition and its relation, which is its table '
    'or itself.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.function_marks()
    RETURNS TABLE (signature text, mark text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT f.signature, md5(concat_ws(' ', l.lanname, p.prosrc, p.probin, p.prosecdef, p.proisstrict, p.provolatile, p.proretset, p.prorettype::regtype, p.proconfig))
      FROM private.advised_functions() f JOIN pg_proc p ON p.oid = f.id JOIN pg_language l ON l.oid = p.prolang
     WHERE f.is_member AND f.signature <> 'private.recorded_functions()'
$function$;
COMMENT ON FUNCTION private.function_marks() IS
    'Returns for each function of the extension a hash that changes with its body and its properties.';

-- Empty until record_functions() makes it anew, when all functions are there.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.recorded_functions() RETURNS TABLE (signature text, mark text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT NULL::text, NULL::text WHERE false
$function$;
COMMENT ON FUNCTION private.recorded_functions() IS
    'function_marks() at the time when the extension script created the functions.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.record_functions() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET standard_conforming_strings = on
    AS $function$
BEGIN
    EXECUTE (SELECT format('CREATE OR REPLACE FUNCTION private.recorded_functions() RETURNS TABLE (signature text, mark text) '
                           'LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS %L',
                           'VALUES ' || string_agg(format('(%L, %L)', m.signature, m.mark), ', ' ORDER BY m.signature))
               FROM private.function_marks() m);
END
$function$;
COMMENT ON FUNCTION private.record_functions() IS
    'Stores function_marks() in private.recorded_functions() for the report. Called by the extension script only, '
    'not by dumps.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.compare_objects()
    RETURNS TABLE (kind text, object text, state text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH shipped AS MATERIALIZED (
        SELECT s.*, c.relkind, c.relpersistence, c.oid::regclass AS relation_name,
               -- asked of the catalog: to_regtype() needs a right on the schema
               (SELECT t.oid FROM pg_type t WHERE t.typnamespace = '@extschema@'::regnamespace AND t.typname = s.name AND s.kind = 'type') AS type_id
          FROM private.shipped_with_oids() s LEFT JOIN pg_class c ON c.oid = s.relation
         WHERE s.kind IN ('table', 'sequence', 'type')
    )
    SELECT s.kind, s.name, CASE WHEN s.relkind IS NULL THEN 'missing' ELSE 'no ordinary ' || s.kind END, 'Restore it from a backup.'
      FROM shipped s
     WHERE s.kind = 'table' AND s.relkind IS DISTINCT FROM 'r' AND private.partition_column(s.relation) IS NULL OR s.kind = 'sequence' AND s.relkind IS DISTINCT FROM 'S' OR s.kind = 'type' AND s.type_id IS NULL
    UNION ALL
    SELECT s.kind, s.name, 'unlogged: empty after a crash and on each standby', format('ALTER %s %s SET LOGGED', upper(s.kind), s.relation_name)
      FROM shipped s WHERE s.kind IN ('table', 'sequence') AND s.relpersistence <> 'p' AND s.definition IS DISTINCT FROM 'UNLOGGED'
    UNION ALL
    SELECT s.kind, s.name, format('without the label %s', l.label), format('ALTER TYPE @extschema@.%I ADD VALUE %s', s.name, l.label)
      FROM shipped s CROSS JOIN LATERAL regexp_split_to_table(btrim(s.definition), '\s*,\s*') AS l (label)
     WHERE s.kind = 'type' AND s.type_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_enum e WHERE e.enumtypid = s.type_id AND quote_literal(e.enumlabel) = l.label)
    UNION ALL
    SELECT 'function', coalesce(r.signature, m.signature), CASE WHEN m.signature IS NULL THEN 'missing' ELSE 'not the shipped one' END,
           'SELECT @extschema@.driplo_uninstall(); CREATE EXTENSION driplo SCHEMA @extschema@'
      FROM private.recorded_functions() r LEFT JOIN private.function_marks() m USING (signature)
     WHERE m.mark IS DISTINCT FROM r.mark
$function$;
COMMENT ON FUNCTION private.compare_objects() IS
    'Returns tables, sequences, types, and functions of driplo that are missing, unlogged, or incomplete.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.compare_columns()
    RETURNS TABLE (kind text, object text, state text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH shipped AS MATERIALIZED (
        SELECT s.*, s.relation::regclass AS table_name, a.attnum, a.atttypid, a.atttypmod, a.attnotnull, a.attgenerated, a.attidentity,
               regexp_replace(s.definition, ' NOT NULL| GENERATED.*| COLLATE "C"', '', 'g') AS type_name
          FROM private.shipped_with_oids() s
          LEFT JOIN pg_attribute a ON a.attrelid = s.relation AND a.attname = s.name AND a.attnum > 0 AND NOT a.attisdropped
         WHERE s.kind IN ('column', 'default') AND s.relation IS NOT NULL
    ), typed AS (
        SELECT s.*, t.id AS type_id, s.definition ~ ' GENERATED' AND s.attgenerated = '' AND s.attidentity = '' AS lost_generation,
               CASE WHEN m.size IS NULL THEN -1
                    WHEN t.id = 'numeric'::regtype THEN (m.size[1]::integer << 16 | coalesce(m.size[2], '0')::integer) + 4
                    ELSE m.size[1]::integer + 4 END AS type_modifier
          FROM shipped s
         CROSS JOIN LATERAL to_regtype(s.type_name) AS t (id)
         CROSS JOIN LATERAL regexp_match(s.type_name, '\((\d+)(?:, *(\d+))?\)') AS m (size)
         WHERE s.kind = 'column'
    ), found AS (
        SELECT t.kind, t.name, t.on_table, 'missing' AS state, format('ALTER TABLE %s ADD COLUMN %I %s; SELECT @extschema@.driplo_migrate()', t.table_name, t.name, t.definition) AS remedy
          FROM typed t WHERE t.attnum IS NULL
        UNION ALL
        SELECT t.kind, t.name, t.on_table, format_type(t.atttypid, t.atttypmod),
               format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %I::%s', t.table_name, t.name, t.type_name, t.name, t.type_name)
          FROM typed t WHERE t.atttypid <> t.type_id OR t.type_id IS NOT NULL AND t.atttypmod <> t.type_modifier
        UNION ALL
        SELECT t.kind, t.name, t.on_table, 'may be NULL', format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', t.table_name, t.name)
          FROM typed t WHERE t.definition ~ ' NOT NULL' AND NOT t.attnotnull
        UNION ALL
        SELECT t.kind, t.name, t.on_table, 'not generated',
               CASE WHEN t.definition ~ 'IDENTITY' THEN format('ALTER TABLE %s ALTER COLUMN %I ADD%s', t.table_name, t.name, substring(t.definition from ' GENERATED.*'))
                    ELSE format('ALTER TABLE %s DROP COLUMN %I, ADD COLUMN %I %s GENERATED ALWAYS AS %s STORED', t.table_name, t.name, t.name, t.type_name, d.definition) END
          FROM typed t LEFT JOIN shipped d ON d.kind = 'default' AND d.name = t.name AND d.relation = t.relation
         WHERE t.lost_generation
        UNION ALL
        SELECT d.kind, d.name, d.on_table, coalesce(f.text, 'missing'),
               format('ALTER TABLE %s ALTER COLUMN %I SET DEFAULT %s', d.table_name, d.name, d.definition)
          FROM shipped d
         CROSS JOIN LATERAL (SELECT (SELECT pg_get_expr(e.adbin, e.adrelid) FROM pg_attrdef e WHERE e.adrelid = d.relation AND e.adnum = d.attnum)) AS f (text)
         CROSS JOIN LATERAL private.as_printed(d.relation, d.definition, d.name) AS p (text)
         WHERE d.kind = 'default' AND d.attnum IS NOT NULL AND (f.text IS NULL OR f.text <> p.text)
           -- one that is not generated any more has a row already
           AND NOT EXISTS (SELECT FROM typed t WHERE t.relation = d.relation AND t.name = d.name AND t.lost_generation)
    )
    SELECT f.kind, format('%s on %s', f.name, f.on_table), f.state, f.remedy FROM found f
$function$;
COMMENT ON FUNCTION private.compare_columns() IS
    'Returns columns of driplo''s tables that are missing, have another type or default, or allow NULL.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.compare_keys()
    RETURNS TABLE (kind text, object text, state text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH shipped AS MATERIALIZED (
        SELECT s.*, format('%s on %s', s.name, s.on_table) AS object, s.relation::regclass AS table_name
          FROM private.shipped_with_oids() s WHERE s.kind IN ('constraint', 'index')
    ), key AS (
        SELECT s.*, k.oid, k.convalidated AS is_valid, k.contype = 'c' AS is_check, pg_get_constraintdef(k.oid) AS found, pg_get_expr(k.conbin, k.conrelid) AS found_check
          FROM shipped s LEFT JOIN pg_constraint k ON k.conrelid = s.relation AND k.conname = s.name
         WHERE s.kind = 'constraint'
    ), index AS (
        SELECT s.*, i.indexrelid AS oid, i.indisvalid AS is_valid, pg_get_indexdef(i.indexrelid) AS found, pg_get_expr(i.indpred, i.indrelid) AS found_condition,
               substring(s.definition from ' WHERE (.*)') AS condition
          FROM shipped s
          LEFT JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = s.name
          LEFT JOIN pg_index i ON i.indexrelid = c.oid AND i.indrelid = s.relation
         WHERE s.kind = 'index'
    )
    SELECT k.kind, k.object, CASE WHEN k.oid IS NULL THEN 'missing' WHEN NOT k.is_valid THEN 'not validated' ELSE k.found END,
           CASE WHEN k.oid IS NULL THEN format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.table_name, k.name, k.definition)
                WHEN NOT k.is_valid THEN format('ALTER TABLE %s VALIDATE CONSTRAINT %I', k.table_name, k.name)
                ELSE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s', k.table_name, k.name, k.name, k.definition) END
      FROM key k
     WHERE k.oid IS NULL OR NOT k.is_valid
        OR CASE WHEN k.is_check AND k.definition LIKE 'CHECK%' THEN k.found_check <> private.as_printed(k.relation, substr(k.definition, length('CHECK ') + 1))
                ELSE private.squeezed(k.found) <> private.squeezed(k.definition) END
    UNION ALL
    SELECT i.kind, i.object, CASE WHEN i.oid IS NULL THEN 'missing' WHEN NOT i.is_valid THEN 'not valid' ELSE i.found END,
           CASE WHEN i.oid IS NOT NULL AND NOT i.is_valid THEN format('REINDEX INDEX @extschema@.%I', i.name)
                -- a constraint's, which has a row of its own
                WHEN i.definition IS NOT NULL THEN concat_ws('; ', CASE WHEN i.oid IS NOT NULL THEN format('DROP INDEX @extschema@.%I', i.name) END, i.definition) END
      FROM index i
     WHERE i.oid IS NULL OR NOT i.is_valid
        -- storage parameters are the operator's to tune
        OR private.squeezed(regexp_replace(i.found, ' WITH \([^)]*\)| WHERE .*', '', 'g'))
           <> private.squeezed(regexp_replace(i.definition, ' WITH \([^)]*\)| WHERE .*', '', 'g'))
        OR i.definition IS NOT NULL AND (i.condition IS NULL) <> (i.found_condition IS NULL)
        OR i.found_condition <> private.as_printed(i.relation, i.condition)
$function$;
COMMENT ON FUNCTION private.compare_keys() IS
    'Returns constraints and indexes of driplo''s tables that are missing, invalid, or different from this '
    'version''s.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.compare_logic()
    RETURNS TABLE (kind text, object text, state text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH shipped AS MATERIALIZED (
        SELECT s.*, format('%s on %s', s.name, s.on_table) AS object FROM private.shipped_with_oids() s WHERE s.kind IN ('policy', 'trigger')
    ), policy AS (
        SELECT s.*, p.oid, p.polpermissive, p.polcmd, pg_get_expr(p.polqual, p.polrelid) AS found_using, pg_get_expr(p.polwithcheck, p.polrelid) AS found_check,
               ARRAY(SELECT coalesce(r.rolname::text, 'public') FROM unnest(p.polroles) AS m (id) LEFT JOIN pg_roles r ON r.oid = m.id ORDER BY 1) AS found_roles,
               s.definition !~ '^AS RESTRICTIVE' AS is_permissive,
               coalesce(substring(s.definition from '^(?:AS \w+ )?FOR (\w+)'), 'ALL') AS command,
               ARRAY(SELECT btrim(r.name) FROM string_to_table(coalesce(substring(s.definition from '\mTO ([a-z_, ]+)'), 'public'), ',') AS r (name) ORDER BY 1) AS role_names,
               private.as_printed(s.relation, substring(split_part(s.definition, ' WITH CHECK (', 1) from '\mUSING (\(.*\))$')) AS shipped_using,
               private.as_printed(s.relation, substring(s.definition from '\mWITH CHECK (\(.*\))$')) AS shipped_check
          FROM shipped s LEFT JOIN pg_policy p ON p.polrelid = s.relation AND p.polname = s.name
         WHERE s.kind = 'policy'
    )
    SELECT p.kind, p.object,
           CASE WHEN p.oid IS NULL THEN 'missing'
                ELSE concat(CASE WHEN NOT p.polpermissive THEN 'restrictive ' END, 'for ',
                            CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                            ' to ' || array_to_string(p.found_roles, ', '), ' using ' || p.found_using, ' with check ' || p.found_check) END,
           'SELECT @extschema@.driplo_migrate()'
      FROM policy p
     WHERE p.oid IS NULL OR p.polpermissive <> p.is_permissive OR p.found_roles <> p.role_names
        OR p.polcmd <> CASE p.command WHEN 'SELECT' THEN 'r' WHEN 'INSERT' THEN 'a' WHEN 'UPDATE' THEN 'w' WHEN 'DELETE' THEN 'd' ELSE '*' END::"char"
        OR (p.found_using IS NULL) <> (p.definition !~ '\mUSING \(') OR p.found_using <> p.shipped_using
        OR (p.found_check IS NULL) <> (p.definition !~ '\mWITH CHECK \(') OR p.found_check <> p.shipped_check
    UNION ALL
    SELECT s.kind, s.object,
           CASE WHEN t.oid IS NULL THEN 'missing' WHEN t.tgenabled NOT IN ('O', 'A') THEN 'switched off' ELSE pg_get_triggerdef(t.oid) END,
           'SELECT @extschema@.driplo_migrate()'
      FROM shipped s LEFT JOIN pg_trigger t ON t.tgrelid = s.relation AND t.tgname = s.name AND NOT t.tgisinternal
     WHERE s.kind = 'trigger'
       AND (t.oid IS NULL OR t.tgenabled NOT IN ('O', 'A') OR private.squeezed(pg_get_triggerdef(t.oid)) <> private.squeezed(s.definition)
            OR private.condition_as_printed(s.relation, pg_get_triggerdef(t.oid)) <> private.condition_as_printed(s.relation, s.definition))
$function$;
COMMENT ON FUNCTION private.compare_logic() IS
    'Returns policies and triggers of driplo that are missing, disabled, or different from this version''s.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.mend_tables() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET standard_conforming_strings = on
    AS $function$
DECLARE
    damage record;
BEGIN
    -- Keys before what refers to them; a table is logged after those that it refers to, and in an order that is found by trying.
    FOR damage IN
        SELECT d.kind, d.object, d.remedy
          FROM private.compared_with_shipped() d
         CROSS JOIN LATERAL generate_series(1, CASE d.kind WHEN 'table' THEN 5 ELSE 1 END) AS attempt (number)
         WHERE d.kind IN ('default', 'constraint') OR d.kind = 'column' AND d.state = 'may be NULL'
            OR d.kind IN ('table', 'sequence') AND d.state LIKE 'unlogged%'
         ORDER BY d.kind NOT IN ('table', 'sequence'), attempt.number, d.remedy LIKE '%FOREIGN KEY%', d.object
    LOOP
        BEGIN
            EXECUTE damage.remedy;
        EXCEPTION
            WHEN invalid_table_definition THEN
                NULL; -- refers to an unlogged table, for now
            -- there are rows that it forbids, or what hangs on it: the report goes on saying so
            WHEN integrity_constraint_violation OR dependent_objects_still_exist OR undefined_object OR undefined_column OR undefined_table OR invalid_foreign_key THEN
                RAISE WARNING 'could not restore % "%" to its shipped definition', damage.kind, damage.object
                    USING DETAIL = SQLERRM,
                          HINT = format('Correct the rows, then run: %s', damage.remedy);
        END;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION private.mend_tables() IS
    'Restores the defaults, NOT NULL constraints, and other constraints of driplo''s tables and makes unlogged '
    'tables logged; issues a warning if the rows prevent it.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.shipped_rights()
    RETURNS TABLE (object text, is_there boolean)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT format('%s on %s for %s', r.privilege, r.table_name, r.role_name),
           -- of a sequence only USAGE is granted, which tables do not know
           CASE WHEN r.privilege = 'USAGE' THEN has_sequence_privilege(r.role_name, c.oid, 'USAGE')
                WHEN r.columns IS NULL THEN has_table_privilege(r.role_name, c.oid, r.privilege)
                -- not has_column_privilege(), which a grant on the table satisfies too: the guard asks for those of columns
                ELSE (SELECT coalesce(bool_and(EXISTS (SELECT FROM aclexplode(a.attacl) g
                                                        WHERE g.privilege_type = r.privilege AND g.grantee IN (0, to_regrole(r.role_name)))), true)
                        FROM pg_attribute a
                       WHERE a.attrelid = c.oid AND a.attname = ANY (r.columns) AND NOT a.attisdropped) END
      FROM private.table_rights() r
      JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = r.table_name
     WHERE to_regrole(r.role_name) IS NOT NULL
    UNION ALL
    SELECT format('%s on all of %s for %s', o.privilege, o.table_name, o.role_name), has_table_privilege(o.role_name, c.oid, o.privilege)
      FROM private.opened_rights() o
      JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = o.table_name
     WHERE to_regrole(o.role_name) IS NOT NULL
    UNION ALL
    SELECT format('EXECUTE on %s for %s', r.signature, n.name), has_function_privilege(n.name, f.id, 'EXECUTE')
      FROM private.function_rights() r
     CROSS JOIN LATERAL unnest(r.role_names) AS n (name)
      JOIN private.advised_functions() f ON f.signature = r.signature AND f.is_member
     WHERE to_regrole(n.name) IS NOT NULL
    UNION ALL
    SELECT format('USAGE on private for %s', r.rolname), has_schema_privilege(r.oid, n.oid, 'USAGE')
      FROM pg_namespace n CROSS JOIN pg_roles r
     WHERE n.nspname = 'private' AND r.rolname IN ('service_role', 'driplo_owner', 'pg_database_owner')
    UNION ALL
    -- an owner may lose the rights on what it owns
    SELECT format('%s on %s for driplo_owner', p.privilege, c.relname), has_table_privilege(c.relowner, c.oid, p.privilege)
      FROM private.shipped_objects() o
      JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = o.name
     CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS p (privilege)
     WHERE o.kind = 'table' AND c.relowner = to_regrole('driplo_owner')
$function$;
COMMENT ON FUNCTION private.shipped_rights() IS
    'Privileges on tables, functions, and schemas that this version grants, and whether the role has them.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.compared_with_shipped()
    RETURNS TABLE (kind text, object text, state text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET standard_conforming_strings = on
    AS $function$
    SELECT * FROM private.compare_objects()
    UNION ALL SELECT * FROM private.compare_columns()
    UNION ALL SELECT * FROM private.compare_keys()
    UNION ALL SELECT * FROM private.compare_logic()
    UNION ALL SELECT 'right', r.object, 'missing', 'SELECT @extschema@.driplo_migrate()' FROM private.shipped_rights() r WHERE NOT r.is_there
$function$;
COMMENT ON FUNCTION private.compared_with_shipped() IS
    'Returns objects of driplo that are missing in this database or differ from this version''s, each with the '
    'statement that fixes it.';
