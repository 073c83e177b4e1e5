-- Partitions: what is done to the tables, each under locks that are held for a moment (private.under_short_locks()).

-- Of a partitioned table every key holds the time.
-- rights: owner
CREATE OR REPLACE FUNCTION private.time_keys(relation oid, time_column text)
    RETURNS TABLE (name text, kind text, columns text, by_time text, index oid)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT k.conname::text, CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END, c.names, k.conname || '_by_time', i.indexrelid
      FROM pg_constraint k
     CROSS JOIN LATERAL (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY u.position) || ', ' || quote_ident(time_column) AS names,
                                array_agg(u.number ORDER BY u.position) AS numbers, bool_or(a.attname = time_column) AS has_time
                           FROM unnest(k.conkey) WITH ORDINALITY AS u (number, position)
                           JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number) c
      LEFT JOIN pg_class x ON x.relname = k.conname || '_by_time' AND x.relnamespace = '@extschema@'::regnamespace
      LEFT JOIN pg_index i ON i.indexrelid = x.oid AND i.indrelid = k.conrelid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
                          AND i.indkey::text = concat_ws(' ', array_to_string(c.numbers, ' '), (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attname = time_column))
     WHERE k.conrelid = time_keys.relation AND k.contype IN ('p', 'u') AND NOT c.has_time
$function$;
COMMENT ON FUNCTION private.time_keys(oid, text) IS
    'Keys of a table that do not hold the time, with their columns and the time, and the name and ID of the index on those.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.missing_keys(relation oid, time_column text) RETURNS TABLE (statement text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    -- one whose making has failed is in the way
    SELECT concat('DROP INDEX ' || x.oid::regclass || '; ', format('CREATE UNIQUE INDEX CONCURRENTLY %I ON %s (%s)', k.by_time, missing_keys.relation::regclass, k.columns))
      FROM private.time_keys(missing_keys.relation, missing_keys.time_column) k
      LEFT JOIN pg_class x ON x.relname = k.by_time AND x.relnamespace = '@extschema@'::regnamespace AND x.relkind = 'i'
     WHERE k.index IS NULL
$function$;
COMMENT ON FUNCTION private.missing_keys(oid, text) IS
    'Statements that make the indexes that the keys of a partitioned table need, beside the writers.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.add_partition_check(table_name text, time_column text, ends timestamptz) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO'
    AS $function$
BEGIN
    EXECUTE format('ALTER TABLE @extschema@.%1$I ADD CONSTRAINT %2$I CHECK (%3$I < %4$L) NOT VALID', table_name, table_name || '_partition_check', time_column, ends);
    RETURN NULL;
END
$function$;
COMMENT ON FUNCTION private.add_partition_check(text, text, timestamptz) IS
    'Lets a table take only rows of before a time; those that it has are not looked at.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.drop_partition_check(table_name text) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    EXECUTE format('ALTER TABLE @extschema@.%I DROP CONSTRAINT IF EXISTS %I', table_name, table_name || '_partition_check');
    RETURN NULL;
END
$function$;
COMMENT ON FUNCTION private.drop_partition_check(text) IS 'Takes back add_partition_check().';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.close_partition(name text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    identity text;
BEGIN
    IF current_user <> 'driplo_owner' THEN
        EXECUTE format('ALTER TABLE @extschema@.%I OWNER TO driplo_owner', name);
    END IF;
    EXECUTE format('ALTER TABLE @extschema@.%I ENABLE ROW LEVEL SECURITY', name);
    -- never rely on default privileges: Supabase's grant everything to everybody
    EXECUTE format('REVOKE ALL ON TABLE @extschema@.%I FROM PUBLIC, anon, authenticated, service_role', name);
    SELECT CASE p.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN 'NOTHING' END INTO identity
      FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class p ON p.oid = i.inhparent
     WHERE c.relnamespace = '@extschema@'::regnamespace AND c.relname = name;
    IF identity IS NOT NULL THEN
        EXECUTE format('ALTER TABLE @extschema@.%I REPLICA IDENTITY %s', name, identity);
    END IF;
END
$function$;
COMMENT ON FUNCTION private.close_partition(text) IS
    'Gives a partition to driplo_owner and lets nobody else reach it.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.make_partition(table_name text, starts timestamptz, ends timestamptz) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO'
    AS $function$
DECLARE
    name text := table_name || '_from_' || to_char(starts, 'YYYYMMDD');
    time_column text := (SELECT r.time_column FROM private.partition_rules() r WHERE r.table_name = make_partition.table_name);
    default_name text := table_name || '_default';
BEGIN
    EXECUTE format('LOCK TABLE ONLY @extschema@.%I IN SHARE UPDATE EXCLUSIVE MODE', table_name);
    IF EXISTS (SELECT FROM private.partitions(table_name) p WHERE p.ends > make_partition.starts) THEN
        RETURN NULL; -- another session was faster
    END IF;
    EXECUTE format('CREATE TABLE @extschema@.%I (LIKE @extschema@.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMPRESSION)', name, table_name);
    -- what came when there was no partition for it
    IF to_regclass(format('@extschema@.%I', default_name)) IS NOT NULL THEN
        EXECUTE format('LOCK TABLE @extschema@.%I IN ACCESS EXCLUSIVE MODE', default_name);
        EXECUTE format('WITH moved AS (DELETE FROM @extschema@.%1$I WHERE %2$I >= $1 AND %2$I < $2 RETURNING *) INSERT INTO @extschema@.%3$I SELECT * FROM moved',
                       default_name, time_column, name) USING starts, ends;
    END IF;
    EXECUTE format('ALTER TABLE @extschema@.%I ATTACH PARTITION @extschema@.%I FOR VALUES FROM (%L) TO (%L)', table_name, name, starts, ends);
    PERFORM private.close_partition(name);
    RETURN name;
END
$function$;
COMMENT ON FUNCTION private.make_partition(text, timestamptz, timestamptz) IS
    'Makes the partition of a table for the rows of a time, with those that the default partition has of it; returns its name, or '
    'NULL if there is one.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.make_partitions_of(table_name text, unit text, tries integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO'
    AS $function$
DECLARE
    last timestamptz;
    ends timestamptz;
    length interval;
    needed timestamptz;
    made integer := 0;
BEGIN
    SELECT p.ends, p.ends - p.starts INTO last, length FROM private.partitions(table_name) p WHERE p.starts > '-infinity' ORDER BY p.ends DESC LIMIT 1;
    IF last IS NULL THEN
        last := (SELECT max(p.ends) FROM private.partitions(table_name) p);
    END IF;
    -- as the last one is
    unit := coalesce(unit, CASE WHEN length <= interval '1 day' THEN 'day' WHEN length <= interval '7 days' THEN 'week' WHEN length <= interval '31 days' THEN 'month'
                                WHEN length <= interval '92 days' THEN 'quarter' WHEN length IS NOT NULL THEN 'year' ELSE 'month' END);
    -- what follows the present one, and is whole; a week ahead at least, in which a scheduler that stands still is noticed
    needed := GREATEST(private.partition_end(private.partition_end(now(), unit), unit), now() + interval '7 days');
    WHILE last < needed LOOP
        ends := private.partition_end(last, unit);
        IF private.under_short_locks(format('SELECT private.make_partition(%L, %L, %L)', table_name, last, ends), table_name, tries) IS NOT NULL THEN
            made := made + 1;
        END IF;
        last := ends;
    END LOOP;
    RETURN made;
END
$function$;
COMMENT ON FUNCTION private.make_partitions_of(text, text, integer) IS
    'Makes the partitions of a table that are missing up to the end of the next whole one, of this unit or of the last one''s; returns '
    'their number. Error: 55P03.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.table_parts(relation oid, time_column text) RETURNS TABLE ("position" integer, statement text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET standard_conforming_strings = on
    AS $function$
    WITH here AS (
        SELECT c.*, c.oid::regclass::text AS name, r.rolname AS owner_name FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = relation
    ), granted AS (
        SELECT h.name, a.privilege_type, NULL::text AS column_name, a.grantee, a.is_grantable FROM here h CROSS JOIN LATERAL aclexplode(h.relacl) a WHERE a.grantee <> h.relowner
        UNION ALL
        SELECT h.name, a.privilege_type, quote_ident(t.attname), a.grantee, a.is_grantable
          FROM here h JOIN pg_attribute t ON t.attrelid = h.oid AND NOT t.attisdropped CROSS JOIN LATERAL aclexplode(t.attacl) a WHERE a.grantee <> h.relowner
    )
    SELECT 1, format('ALTER TABLE %s OWNER TO %I', h.name, h.owner_name) FROM here h
    UNION ALL
    SELECT 2, format('ALTER TABLE %s ADD CONSTRAINT %I %s (%s)', h.name, k.name, k.kind, k.columns) FROM here h CROSS JOIN LATERAL private.time_keys(h.oid, time_column) k
    UNION ALL
    SELECT CASE k.contype WHEN 'f' THEN 4 ELSE 2 END, format('ALTER TABLE %s ADD CONSTRAINT %I %s', h.name, k.conname, pg_get_constraintdef(k.oid))
      FROM here h JOIN pg_constraint k ON k.conrelid = h.oid
     WHERE k.contype = 'f' OR k.contype IN ('p', 'u') AND k.conname NOT IN (SELECT t.name FROM private.time_keys(h.oid, time_column) t)
    UNION ALL
    SELECT 3, pg_get_indexdef(i.indexrelid)
      FROM here h JOIN pg_index i ON i.indrelid = h.oid
     WHERE i.indexrelid NOT IN (SELECT t.index FROM private.time_keys(h.oid, time_column) t WHERE t.index IS NOT NULL)
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = h.oid AND k.contype IN ('p', 'u'))
    UNION ALL
    SELECT 6, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', h.name) FROM here h WHERE h.relrowsecurity
    UNION ALL
    SELECT 6, format('ALTER TABLE %s REPLICA IDENTITY %s', h.name, CASE h.relreplident WHEN 'f' THEN 'FULL' ELSE 'NOTHING' END) FROM here h WHERE h.relreplident IN ('f', 'n')
    UNION ALL
    SELECT 6, format('CREATE POLICY %I ON %s AS %s FOR %s TO %s', p.polname, h.name, CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
                     CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
                     (SELECT string_agg(coalesce(quote_ident(r.rolname), 'PUBLIC'), ', ') FROM unnest(p.polroles) AS m (id) LEFT JOIN pg_roles r ON r.oid = m.id))
              || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '') || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', '')
      FROM here h JOIN pg_policy p ON p.polrelid = h.oid
    UNION ALL
    SELECT 6, format('GRANT %s%s ON %s TO %s%s', g.privilege_type, ' (' || g.column_name || ')', g.name, coalesce(quote_ident(r.rolname), 'PUBLIC'),
                     CASE WHEN g.is_grantable THEN ' WITH GRANT OPTION' END)
      FROM granted g LEFT JOIN pg_roles r ON r.oid = g.grantee
    UNION ALL
    SELECT 7, pg_get_triggerdef(t.oid) FROM here h JOIN pg_trigger t ON t.tgrelid = h.oid AND NOT t.tgisinternal
    UNION ALL
    SELECT 8, format('ALTER TRIGGER %I ON %s DEPENDS ON EXTENSION %I', t.tgname, h.name, e.extname)
      FROM here h JOIN pg_trigger t ON t.tgrelid = h.oid AND NOT t.tgisinternal
      JOIN pg_depend d ON d.classid = 'pg_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'x' JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND e.oid = d.refobjid
    UNION ALL
    SELECT 8, format('ALTER TABLE %s %s TRIGGER %I', h.name, CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname)
      FROM here h JOIN pg_trigger t ON t.tgrelid = h.oid AND NOT t.tgisinternal AND t.tgenabled <> 'O'
    UNION ALL
    SELECT 8, format('COMMENT ON TABLE %s IS %L', h.name, obj_description(h.oid, 'pg_class')) FROM here h WHERE obj_description(h.oid, 'pg_class') IS NOT NULL
    UNION ALL
    SELECT 8, format('ALTER SEQUENCE %s OWNED BY %s.%I', d.objid::regclass, h.name, a.attname)
      FROM here h JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = h.oid AND d.classid = 'pg_class'::regclass AND d.deptype = 'a'
      JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_attribute a ON a.attrelid = h.oid AND a.attnum = d.refobjsubid
    UNION ALL
    -- they know the table by its number
    SELECT 9, format('CREATE OR REPLACE VIEW %s%s AS %s', v.oid::regclass, ' WITH (' || array_to_string(v.reloptions, ', ') || ')', rtrim(pg_get_viewdef(v.oid), ';'))
      FROM (SELECT DISTINCT w.ev_class FROM here h
              JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = h.oid AND d.classid = 'pg_rewrite'::regclass
              JOIN pg_rewrite w ON w.oid = d.objid) u
      JOIN pg_class v ON v.oid = u.ev_class AND v.relkind = 'v'
$function$;
COMMENT ON FUNCTION private.table_parts(oid, text) IS
    'Statements that give a partitioned table of the same name what belongs to this table, in their sequence; those before 5 are run '
    'before partitions are attached.';

-- Nothing is copied: the table becomes a partition of one that takes its name.
-- rights: owner
CREATE OR REPLACE FUNCTION private.swap_table(table_name text, time_column text, unit text) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO'
    SET quote_all_identifiers = off
    SET client_min_messages = warning
    AS $function$
DECLARE
    relation regclass := format('@extschema@.%I', table_name);
    check_name text := table_name || '_partition_check';
    first text[];
    rest text[];
    part record;
    ends timestamptz;
    newest timestamptz;
    old_name text;
    statement text;
BEGIN
    -- what new partitions refer to is locked with the table, and first
    FOR part IN SELECT DISTINCT k.confrelid::regclass AS name FROM pg_constraint k WHERE k.conrelid = relation AND k.contype = 'f' LOOP
        EXECUTE format('LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE', part.name);
    END LOOP;
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', relation);
    SELECT substring(pg_get_constraintdef(k.oid) FROM '''([^'']*)''')::timestamptz INTO ends
      FROM pg_constraint k WHERE k.conrelid = relation AND k.conname = check_name AND k.convalidated;
    IF ends IS NULL THEN
        ends := private.partition_end(now(), unit);
        EXECUTE format('SELECT max(%I) FROM %s', time_column, relation) INTO newest;
        IF newest >= ends THEN
            RAISE EXCEPTION 'table "%" has rows of the future', table_name
                USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('The newest row is of %s.', newest),
                      HINT = format('Correct %I of the rows that are of %s or later.', time_column, ends);
        END IF;
    END IF;
    old_name := table_name || '_until_' || to_char(ends, 'YYYYMMDD');
    SELECT array_agg(p.statement ORDER BY p.position, p.statement) FILTER (WHERE p.position < 5), array_agg(p.statement ORDER BY p.position, p.statement) FILTER (WHERE p.position > 5)
      INTO first, rest FROM private.table_parts(relation, time_column) p;

    -- of a partition the triggers are the whole table's, and its policies and grants count for nobody
    FOR part IN SELECT t.tgname AS name FROM pg_trigger t WHERE t.tgrelid = relation AND NOT t.tgisinternal LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', part.name, relation);
    END LOOP;
    FOR part IN SELECT p.polname AS name FROM pg_policy p WHERE p.polrelid = relation LOOP
        EXECUTE format('DROP POLICY %I ON %s', part.name, relation);
    END LOOP;
    FOR part IN SELECT DISTINCT coalesce(quote_ident(r.rolname), 'PUBLIC') AS name
                  FROM (SELECT a.grantee FROM pg_class c CROSS JOIN LATERAL aclexplode(c.relacl) a WHERE c.oid = relation AND a.grantee <> c.relowner
                        UNION ALL
                        SELECT a.grantee FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid CROSS JOIN LATERAL aclexplode(t.attacl) a WHERE c.oid = relation AND a.grantee <> c.relowner) g
                  LEFT JOIN pg_roles r ON r.oid = g.grantee LOOP
        EXECUTE format('REVOKE ALL ON TABLE %s FROM %s CASCADE', relation, part.name);
    END LOOP;
    FOR part IN SELECT k.* FROM private.time_keys(relation, time_column) k LOOP
        IF part.index IS NULL THEN
            EXECUTE format('CREATE UNIQUE INDEX %I ON %s (%s)', part.by_time, relation, part.columns);
        END IF;
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I, ADD CONSTRAINT %I %s USING INDEX %I', relation, part.name, part.by_time, part.kind, part.by_time);
    END LOOP;
    -- their names are those of the whole table's
    FOR part IN SELECT c.relname AS name FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                 WHERE i.indrelid = relation AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.conrelid = relation AND k.conname LIKE '%\_by\_time') LOOP
        EXECUTE format('ALTER INDEX @extschema@.%I RENAME TO %I', part.name, left(part.name, 59) || '_old');
    END LOOP;
    EXECUTE format('ALTER TABLE %s RENAME TO %I', relation, old_name);

    EXECUTE format('CREATE TABLE @extschema@.%I (LIKE @extschema@.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING COMMENTS INCLUDING STORAGE INCLUDING COMPRESSION) PARTITION BY RANGE (%I)',
                   table_name, old_name, time_column);
    EXECUTE format('ALTER TABLE @extschema@.%I DROP CONSTRAINT IF EXISTS %I', table_name, check_name);
    FOREACH statement IN ARRAY first LOOP
        EXECUTE statement;
    END LOOP;
    EXECUTE format('ALTER TABLE @extschema@.%I ATTACH PARTITION @extschema@.%I FOR VALUES FROM (MINVALUE) TO (%L)', table_name, old_name, ends);
    EXECUTE format('ALTER TABLE @extschema@.%I DROP CONSTRAINT IF EXISTS %I', old_name, check_name);
    EXECUTE format('CREATE TABLE @extschema@.%I PARTITION OF @extschema@.%I DEFAULT', table_name || '_default', table_name);
    FOREACH statement IN ARRAY rest LOOP
        EXECUTE statement;
    END LOOP;
    PERFORM private.close_partition(old_name);
    PERFORM private.close_partition(table_name || '_default');
    PERFORM private.make_partitions_of(table_name, unit, 1);
    RETURN NULL;
END
$function$;
COMMENT ON FUNCTION private.swap_table(text, text, text) IS
    'Puts a partitioned table in the place of a table, which becomes its first partition, and makes the next ones. Error: 55000 if rows '
    'are of the future.';
