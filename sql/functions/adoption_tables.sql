-- Moving in, the structure: columns and types before the rows are repaired, constraints and indexes afterwards, then what may be repeated.

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_names() RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    report jsonb := jsonb '[]';
    item record;
BEGIN
    -- A constraint that lives on under another name keeps the foreign keys that refer to it.
    FOR item IN
        SELECT r.name, r.new_name, r.table_name, k.conrelid::regclass AS relation, plain.oid::regclass AS plain_index
          FROM (VALUES ('categories', 'categories_slug_key', 'idx_categories_slug'), ('coupons', 'coupons_code_key', 'idx_coupons_code'),
                       ('orders', 'orders_order_number_key', 'idx_orders_order_number'), ('profiles', 'profiles_username_key', 'idx_profiles_username'),
                       ('user_follows', 'user_follows_check', 'user_follows_not_oneself_check')) AS r (table_name, name, new_name)
          JOIN pg_constraint k ON k.conrelid = to_regclass('@extschema@.' || r.table_name) AND k.conname = r.name
          LEFT JOIN pg_class plain ON plain.oid = to_regclass('@extschema@.' || r.new_name) AND plain.relkind = 'i'
         WHERE NOT EXISTS (SELECT FROM pg_constraint n WHERE n.conrelid = k.conrelid AND n.conname = r.new_name)
         ORDER BY r.name
    LOOP
        IF item.plain_index IS NOT NULL THEN
            EXECUTE format('DROP INDEX %s', item.plain_index);
        END IF;
        EXECUTE format('ALTER TABLE %s RENAME CONSTRAINT %I TO %I', item.relation, item.name, item.new_name);
        report := report || private.adoption_line('constraint', format('%s on %s', item.name, item.table_name), NULL, format('Renamed to %s.', item.new_name));
    END LOOP;
    -- the name of an index that is to be a constraint's
    FOR item IN
        SELECT c.oid::regclass AS index, c.relname AS name, s.on_table
          FROM private.shipped_with_oids() s JOIN pg_index i ON i.indrelid = s.relation JOIN pg_class c ON c.oid = i.indexrelid AND c.relname = s.name
         WHERE s.kind = 'constraint' AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = c.oid)
         ORDER BY c.relname
    LOOP
        EXECUTE format('DROP INDEX %s', item.index);
        report := report || private.adoption_line('index', format('%s on %s', item.name, item.on_table), NULL, 'Replaced by a constraint.');
    END LOOP;
    IF EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = to_regclass('@extschema@.categories') AND k.conname = 'categories_name_key') THEN
        ALTER TABLE @extschema@.categories DROP CONSTRAINT categories_name_key;
        report := report || private.adoption_line('constraint', 'categories_name_key on categories', NULL, 'Dropped: names are unique below their parent.');
    END IF;
    IF EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = to_regclass('@extschema@.order_tracking') AND k.conname = 'order_tracking_order_id_key') THEN
        ALTER TABLE @extschema@.order_tracking DROP CONSTRAINT order_tracking_order_id_key;
        report := report || private.adoption_line('constraint', 'order_tracking_order_id_key on order_tracking', NULL, 'Dropped: an order can have several parcels.');
    END IF;
    RETURN report;
END
$function$;
COMMENT ON FUNCTION private.adopt_names() IS
    'Part of adopt_reference(): constraints of the reference schema that have another name or are gone.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_owners() RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    item record;
    tables bigint := 0;
    types bigint := 0;
BEGIN
    FOR item IN
        SELECT c.oid::regclass AS name, c.relkind
          FROM private.shipped_objects() o JOIN pg_class c ON c.oid = to_regclass(format('@extschema@.%I', o.name))
         WHERE o.kind = 'table' AND c.relkind = 'r' AND c.relowner <> 'driplo_owner'::regrole
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO driplo_owner', item.name);
        tables := tables + 1;
    END LOOP;
    FOR item IN
        SELECT t.oid::regtype AS name
          FROM private.shipped_objects() o JOIN pg_type t ON t.typnamespace = '@extschema@'::regnamespace AND t.typname = o.name
         WHERE o.kind = 'type' AND t.typowner <> current_user::regrole
    LOOP
        EXECUTE format('ALTER TYPE %s OWNER TO CURRENT_USER', item.name);
        types := types + 1;
    END LOOP;
    RETURN private.adoption_line('owner', 'tables', tables, 'Now owned by driplo_owner.')
        || CASE WHEN types > 0 THEN private.adoption_line('owner', 'types', types, 'Now owned by the superuser.') ELSE '[]' END;
END
$function$;
COMMENT ON FUNCTION private.adopt_owners() IS 'Part of adopt_reference(): owners of tables and types.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_tables() RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    report jsonb := jsonb '[]';
    item record;
BEGIN
    FOR item IN SELECT t.name FROM private.reference_tables() t ORDER BY t.name LOOP
        EXECUTE format('LOCK TABLE @extschema@.%I IN ACCESS EXCLUSIVE MODE', item.name);
    END LOOP;
    report := report || private.adopt_owners() || private.adopt_names();

    FOR item IN
        SELECT s.kind, s.name, s.definition
          FROM private.shipped_with_oids() s
         WHERE s.kind = 'type' AND NOT EXISTS (SELECT FROM pg_type t WHERE t.typnamespace = '@extschema@'::regnamespace AND t.typname = s.name)
            OR s.kind IN ('sequence', 'table') AND s.relation IS NULL
         ORDER BY array_position('{type,sequence,table}', s.kind), s.name
    LOOP
        EXECUTE format(CASE item.kind WHEN 'type' THEN 'CREATE TYPE @extschema@.%I AS ENUM (%s)'
                                      WHEN 'sequence' THEN 'CREATE SEQUENCE @extschema@.%I %s'
                                      ELSE 'CREATE %2$s TABLE @extschema@.%1$I ()' END, item.name, item.definition);
        report := report || private.adoption_line(item.kind, item.name, NULL, 'Created.');
    END LOOP;
    -- labels in the sequence of a fresh installation
    FOR item IN
        SELECT c.object, c.state, c.remedy
          FROM private.compare_objects() WITH ORDINALITY AS c (kind, object, state, remedy, n)
         WHERE c.kind = 'type' AND c.remedy LIKE 'ALTER TYPE %'
         ORDER BY c.n
    LOOP
        EXECUTE item.remedy;
        report := report || private.adoption_line('type', item.object, NULL, format('Was %s.', item.state));
    END LOOP;

    -- In the sequence of the script. Rows that are there get the default of a new column, and its NOT NULL only with one.
    FOR item IN
        SELECT d.name, d.on_table, s.relation::regclass AS table_name, d.definition, f.definition AS default_value,
               EXISTS (SELECT FROM private.reference_tables() t WHERE t.name = d.on_table) AS is_old
          FROM private.shipped_definitions() WITH ORDINALITY AS d (kind, name, on_table, definition, number)
          JOIN private.shipped_with_oids() s ON s.kind = 'column' AND s.name = d.name AND s.on_table = d.on_table
          LEFT JOIN private.shipped_with_oids() f ON f.kind = 'default' AND f.name = d.name AND f.on_table = d.on_table
         WHERE d.kind = 'column' AND s.relation IS NOT NULL
           AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = s.relation AND a.attname = d.name AND NOT a.attisdropped)
         ORDER BY d.number
    LOOP
        EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', item.table_name, item.name,
                       CASE WHEN item.definition ~ ' GENERATED$'
                            THEN format('%s GENERATED ALWAYS AS %s STORED', regexp_replace(item.definition, ' GENERATED$', ''), item.default_value)
                            WHEN item.default_value LIKE 'nextval(%' THEN replace(item.definition, 'BIGINT', 'BIGSERIAL')
                            WHEN item.default_value IS NOT NULL THEN format('%s DEFAULT %s', item.definition, item.default_value)
                            WHEN item.is_old THEN replace(item.definition, ' NOT NULL', '')
                            ELSE item.definition END);
        IF item.is_old THEN
            report := report || private.adoption_line('column', format('%s.%s', item.on_table, item.name), NULL, 'Added.');
        END IF;
    END LOOP;
    FOR item IN SELECT c.object, c.state, c.remedy FROM private.compare_columns() c WHERE c.remedy ~ ' ALTER COLUMN \S+ TYPE ' ORDER BY c.remedy LOOP
        EXECUTE item.remedy;
        report := report || private.adoption_line('column', item.object, NULL, format('Changed type; was %s.', item.state));
    END LOOP;
    FOR item IN
        SELECT s.seqrelid::regclass AS sequence, a.atttypid::regtype AS type
          FROM private.shipped_with_oids() o
          JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = o.relation AND d.classid = 'pg_class'::regclass AND d.deptype IN ('a', 'i')
          JOIN pg_sequence s ON s.seqrelid = d.objid JOIN pg_attribute a ON a.attrelid = o.relation AND a.attnum = d.refobjsubid
         WHERE o.kind = 'table' AND s.seqtypid <> a.atttypid
    LOOP
        EXECUTE format('ALTER SEQUENCE %s AS %s', item.sequence, item.type);
    END LOOP;
    FOR item IN
        SELECT s.name, s.on_table, s.relation::regclass AS table_name
          FROM private.shipped_with_oids() s
          JOIN pg_attribute a ON a.attrelid = s.relation AND a.attname = s.name AND NOT a.attisdropped
         WHERE s.kind = 'column' AND a.attnotnull AND s.definition !~ ' NOT NULL'
           AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey))
         ORDER BY s.on_table, s.name
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', item.table_name, item.name);
        report := report || private.adoption_line('column', format('%s.%s', item.on_table, item.name), NULL, 'May be NULL.');
    END LOOP;
    FOR item IN
        SELECT s.name, s.on_table, s.relation::regclass AS table_name, pg_get_expr(d.adbin, d.adrelid) AS default_value
          FROM private.shipped_with_oids() s
          JOIN pg_attribute a ON a.attrelid = s.relation AND a.attname = s.name AND NOT a.attisdropped AND a.attgenerated = ''
          JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
         WHERE s.kind = 'column'
           AND NOT EXISTS (SELECT FROM private.shipped_with_oids() f WHERE f.kind = 'default' AND f.name = s.name AND f.on_table = s.on_table)
         ORDER BY s.on_table, s.name
    LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP DEFAULT', item.table_name, item.name);
        report := report || private.adoption_line('default', format('%s on %s', item.name, item.on_table), NULL, format('Removed; was %s.', item.default_value));
    END LOOP;
    -- What the database computes here was written by the application, and goes with the column.
    FOR item IN
        SELECT s.name, s.on_table, s.relation::regclass AS table_name
          FROM private.shipped_with_oids() s
          JOIN pg_attribute a ON a.attrelid = s.relation AND a.attname = s.name AND NOT a.attisdropped
         WHERE s.kind = 'column' AND s.definition ~ ' GENERATED$' AND a.attgenerated = ''
         ORDER BY s.on_table, s.name
    LOOP
        EXECUTE format('INSERT INTO @extschema@.admin_audit_log (action, target_type, target_id, old_values) SELECT ''adopt_reference'', %L, r.id, jsonb_build_object(%L, r.%I) FROM ONLY %s r WHERE r.%I IS NOT NULL',
                       item.on_table, item.name, item.name, item.table_name, item.name);
    END LOOP;
    RETURN report;
END
$function$;
COMMENT ON FUNCTION private.adopt_tables() IS
    'Part of adopt_reference(): types, sequences, tables, and columns.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_keys() RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    report jsonb := jsonb '[]';
    item record;
    detail text;
BEGIN
    -- a column that is computed from now on is made anew, before it is looked at
    FOR item IN SELECT c.object, c.remedy FROM private.compare_columns() c WHERE c.state = 'not generated' ORDER BY c.object LOOP
        EXECUTE item.remedy;
        report := report || private.adoption_line('column', item.object, NULL, 'Computed from now on.');
    END LOOP;
    -- keys before what refers to them
    FOR item IN
        SELECT d.kind, d.object, d.state, d.remedy
          FROM (SELECT * FROM private.compare_columns() UNION ALL SELECT * FROM private.compare_keys()) d
         WHERE d.remedy IS NOT NULL
         ORDER BY array_position('{default,column,constraint,index}', d.kind), d.remedy LIKE '%FOREIGN KEY%', d.object
    LOOP
        BEGIN
            EXECUTE item.remedy;
        EXCEPTION WHEN integrity_constraint_violation THEN
            GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
            RAISE EXCEPTION 'rows of the reference schema violate % "%"', item.kind, item.object
                USING ERRCODE = SQLSTATE,
                      DETAIL = concat_ws(' ', SQLERRM || '.', nullif(detail, '')),
                      HINT = 'Correct the rows, then run adopt_reference() again. Nothing has been changed.';
        END;
        report := report || private.adoption_line(item.kind, item.object, NULL, CASE item.state WHEN 'missing' THEN 'Added.' ELSE format('Replaced; was %s.', item.state) END);
    END LOOP;
    RETURN report;
END
$function$;
COMMENT ON FUNCTION private.adopt_keys() IS
    'Part of adopt_reference(): defaults, NOT NULL, constraints, and indexes.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.kept_objects() RETURNS TABLE (object text, note text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH ours AS (
        SELECT c.oid, c.relname FROM private.shipped_objects() o JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = o.name WHERE o.kind = 'table'
    )
    SELECT format('policy "%s" on %s', p.polname, t.relname),
           CASE WHEN p.polpermissive THEN 'Permissive policies add up: review what it shows.' ELSE NULL END
      FROM pg_policy p JOIN ours t ON t.oid = p.polrelid
     WHERE (p.polname, t.relname) NOT IN (SELECT o.name, o.on_table FROM private.shipped_objects() o WHERE o.kind = 'policy')
    UNION ALL
    SELECT format('trigger %s on %s', g.tgname, t.relname), 'It may not change what driplo checks.'
      FROM pg_trigger g JOIN ours t ON t.oid = g.tgrelid
     WHERE NOT g.tgisinternal
       -- driplo's are tied to the extension
       AND NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
                        WHERE d.classid = 'pg_trigger'::regclass AND d.objid = g.oid AND d.deptype = 'x')
    UNION ALL
    SELECT format('column %s.%s', t.relname, a.attname), 'Clients have no right to it until you grant one.'
      FROM pg_attribute a JOIN ours t ON t.oid = a.attrelid
     WHERE a.attnum > 0 AND NOT a.attisdropped AND (a.attname, t.relname) NOT IN (SELECT d.name, d.on_table FROM private.shipped_definitions() d WHERE d.kind = 'column')
    UNION ALL
    SELECT format('constraint %s on %s', k.conname, t.relname), NULL
      FROM pg_constraint k JOIN ours t ON t.oid = k.conrelid
     WHERE k.contype NOT IN ('n', 't') AND (k.conname, t.relname) NOT IN (SELECT o.name, o.on_table FROM private.shipped_objects() o WHERE o.kind = 'constraint')
    UNION ALL
    SELECT format('foreign key %s on %s', k.conname, k.conrelid::regclass), NULL
      FROM pg_constraint k JOIN ours t ON t.oid = k.confrelid
     WHERE k.contype = 'f' AND k.conrelid NOT IN (SELECT o.oid FROM ours o)
    UNION ALL
    SELECT format('index %s on %s', c.relname, t.relname), NULL
      FROM pg_index i JOIN ours t ON t.oid = i.indrelid JOIN pg_class c ON c.oid = i.indexrelid
     WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
       AND (c.relname, t.relname) NOT IN (SELECT o.name, o.on_table FROM private.shipped_objects() o WHERE o.kind = 'index')
    UNION ALL
    -- by sql/install/reference.sql
    SELECT format('function %s', p.oid::regprocedure), 'Moved to this schema, as driplo has a function with its name and arguments.'
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'before_driplo'
$function$;
COMMENT ON FUNCTION private.kept_objects() IS
    'Part of adopt_reference(): objects on the tables that are not those of driplo, and functions that made room.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_logic() RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    report jsonb := jsonb '[]';
    differences text;
    accounts bigint;
BEGIN
    INSERT INTO @extschema@.driplo_schema_version (version) VALUES ('@version@');
    -- No order has a number of this key yet: those of the reference have four digits at the end.
    INSERT INTO @extschema@.driplo_secrets (name, secret, database)
    SELECT 'order_number', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), d.oid
      FROM pg_database d WHERE d.datname = current_database();
    PERFORM private.install_rows();
    PERFORM private.install_estimates();
    PERFORM private.install_surrounding_rights();
    PERFORM private.install_logic();
    accounts := private.adopt_users();
    SELECT string_agg(format('%s %s', c.kind, c.object), ', ' ORDER BY c.kind, c.object) INTO differences FROM private.compared_with_shipped() c;
    IF differences IS NOT NULL THEN
        RAISE EXCEPTION 'cannot make the tables of the reference schema those of driplo'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('Different from this version: %s.', differences),
                  HINT = 'Drop or rename what stands in the way, then run adopt_reference() again. Nothing has been changed.';
    END IF;
    SELECT report || jsonb_agg(private.adoption_line(s.kind, 'all', s.n, 'Those of this version.') -> 0 ORDER BY s.kind) INTO report
      FROM (SELECT o.kind, count(*) AS n FROM private.shipped_objects() o WHERE o.kind IN ('policy', 'trigger', 'function') GROUP BY o.kind) s;
    IF accounts > 0 THEN
        report := report || private.adoption_line('row', 'profiles', accounts, 'Created for users who had none, with cart and statistics.');
    END IF;
    IF NOT EXISTS (SELECT FROM @extschema@.notification_templates) THEN
        report := report || private.adoption_line('notice', 'notification_templates', 0, 'Run SELECT driplo_migrate() after the commit: it inserts what notifications say.');
    END IF;
    SELECT report || coalesce(jsonb_agg(private.adoption_line('kept', k.object, NULL, k.note) -> 0 ORDER BY k.object), '[]') INTO report FROM private.kept_objects() k;
    RETURN report;
END
$function$;
COMMENT ON FUNCTION private.adopt_logic() IS
    'Part of adopt_reference(): policies, triggers, rights, and the rows that an installation has.';
