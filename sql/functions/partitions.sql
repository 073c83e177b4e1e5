-- Partitions: tables to which rows are only added, cut by time while the shop goes on. driplo_partition() makes a table a partitioned
-- one, the table that was there becoming its first partition; make_partitions(), a job, makes the next ones; driplo_drop_before()
-- drops old ones. How a table is cut stands in the catalog alone, so that a dump holds it. What is done to the tables is in
-- partitions_making.sql.

-- rights: service_role
CREATE OR REPLACE FUNCTION private.partition_refusal(table_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT CASE
               WHEN private.is_distributed(to_regclass(format('@extschema@.%I', asked.name))) THEN 'It is distributed over servers.'
               WHEN r.time_column IS NOT NULL THEN NULL
               WHEN r.reason IS NOT NULL THEN r.reason
               WHEN o.name IS NULL THEN 'It is not a table of driplo.'
               WHEN f.names IS NOT NULL THEN format('Rows of other tables refer to its rows: %s.', f.names)
               WHEN u.names IS NOT NULL THEN format('What it holds once it must not hold once a month: %s.', u.names)
               ELSE 'Its rows are few, change, or are deleted one by one.'
           END
      FROM (VALUES (partition_refusal.table_name)) AS asked (name)
      LEFT JOIN private.partition_rules() r ON r.table_name = asked.name
      LEFT JOIN private.shipped_objects() o ON o.kind = 'table' AND o.name = asked.name
     CROSS JOIN LATERAL (SELECT string_agg(d.on_table, ', ' ORDER BY d.on_table) FROM (
            SELECT DISTINCT d.on_table FROM private.shipped_definitions() d
             WHERE d.kind = 'constraint' AND d.definition LIKE '% REFERENCES @extschema@.' || asked.name || ' %' AND d.on_table <> asked.name) d) AS f (names)
     CROSS JOIN LATERAL (SELECT string_agg(d.name, ', ' ORDER BY d.name) FROM private.shipped_definitions() d
                          WHERE d.on_table = asked.name
                            AND (d.kind = 'constraint' AND d.definition ~ '^(UNIQUE|PRIMARY KEY)' AND d.definition <> 'PRIMARY KEY (id)'
                                 OR d.kind = 'index' AND d.definition LIKE 'CREATE UNIQUE%')) AS u (names)
$function$;
COMMENT ON FUNCTION private.partition_refusal(text) IS
    'Returns why driplo_partition() refuses a table; NULL if it does not.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.require_partitionable(table_name text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    refusal text;
BEGIN
    IF table_name IS NULL THEN
        RAISE EXCEPTION 'table_name must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    refusal := private.partition_refusal(table_name);
    IF refusal IS NOT NULL THEN
        RAISE EXCEPTION 'table "%" cannot be partitioned', table_name
            USING ERRCODE = 'feature_not_supported', DETAIL = refusal,
                  HINT = format('Tables that can be: %s.', (SELECT string_agg(r.table_name, ', ' ORDER BY r.table_name) FROM private.partition_rules() r WHERE r.time_column IS NOT NULL));
    END IF;
END
$function$;
COMMENT ON FUNCTION private.require_partitionable(text) IS
    'Raises an error unless this is a table that driplo_partition() accepts. Errors: 22004, 0A000.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.partition_obstacles(relation oid, time_column text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH here AS (
        SELECT c.*, (SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = time_column) AS time_number FROM pg_class c WHERE c.oid = relation
    )
    SELECT string_agg(o.name, ', ' ORDER BY o.name)
      FROM (
        -- what would go on with the first partition alone; views are made again
        SELECT DISTINCT pg_describe_object(d.classid, d.objid, 0)
          FROM here h
          JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = h.oid OR d.refclassid = 'pg_type'::regclass AND d.refobjid = h.reltype
          LEFT JOIN pg_rewrite w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
          LEFT JOIN pg_class v ON v.oid = w.ev_class
          LEFT JOIN pg_policy p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
          LEFT JOIN pg_constraint k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
          LEFT JOIN pg_class t ON d.classid = 'pg_class'::regclass AND t.oid = d.objid
         WHERE d.classid = 'pg_rewrite'::regclass AND v.relkind <> 'v'
            OR d.classid = 'pg_policy'::regclass AND p.polrelid <> h.oid
            OR d.classid = 'pg_constraint'::regclass AND k.conrelid <> h.oid
            OR d.classid = 'pg_class'::regclass AND t.relkind NOT IN ('i', 'S', 't')
            OR d.classid = 'pg_proc'::regclass
            OR d.classid = 'pg_publication_rel'::regclass
        UNION
        SELECT format('publication %I without publish_via_partition_root', p.pubname)
          FROM here h JOIN pg_publication p ON NOT p.pubviaroot
         WHERE p.puballtables OR EXISTS (SELECT FROM pg_publication_namespace n WHERE n.pnpubid = p.oid AND n.pnnspid = h.relnamespace)
        UNION
        SELECT format('unique index %s', i.indexrelid::regclass)
          FROM here h JOIN pg_index i ON i.indrelid = h.oid AND (i.indisunique OR i.indisexclusion)
          LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u') AND k.conrelid = h.oid
         WHERE NOT (h.time_number = ANY (i.indkey::smallint[]))
           AND NOT EXISTS (SELECT FROM private.shipped_objects() s WHERE s.kind = 'constraint' AND s.name = k.conname AND s.on_table = h.relname)
        UNION
        SELECT format('trigger %I, which is for each row and has transition tables', t.tgname)
          FROM here h JOIN pg_trigger t ON t.tgrelid = h.oid AND t.tgtype & 1 = 1 AND (t.tgoldtable IS NOT NULL OR t.tgnewtable IS NOT NULL)
        UNION
        SELECT 'replica identity by an index' FROM here h WHERE h.relreplident = 'i'
        UNION
        SELECT 'rules' FROM here h WHERE h.relhasrules
        UNION
        SELECT format('inheritance from or to table %s', CASE i.inhrelid WHEN h.oid THEN i.inhparent ELSE i.inhrelid END::regclass)
          FROM here h JOIN pg_inherits i ON h.oid IN (i.inhrelid, i.inhparent)
      ) AS o (name)
$function$;
COMMENT ON FUNCTION private.partition_obstacles(oid, text) IS
    'What the owner of the shop has put on a table of driplo that cannot go on with a partitioned one, as a list; NULL if there is nothing.';

-- Each call is one step, because a check that is validated must not be under the lock that added it, and an index is only built beside
-- the writers by a statement of its own.
-- rights: owner
CREATE OR REPLACE FUNCTION private.partition_by_steps(table_name text, unit text, small_bytes bigint) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO'
    SET quote_all_identifiers = off
    AS $function$
DECLARE
    relation regclass := format('@extschema@.%I', table_name);
    time_column text := (SELECT r.time_column FROM private.partition_rules() r WHERE r.table_name = partition_by_steps.table_name);
    obstacles text := private.partition_obstacles(relation, time_column);
    is_small boolean := pg_relation_size(relation) <= small_bytes;
    check_name text := table_name || '_partition_check';
    is_valid boolean;
    ends timestamptz;
    missing text;
    next text;
BEGIN
    IF obstacles IS NOT NULL THEN
        RAISE EXCEPTION 'other objects prevent table "%" from being partitioned', table_name
            USING ERRCODE = 'dependent_objects_still_exist', DETAIL = format('Objects that depend on the table: %s.', obstacles),
                  HINT = 'Drop them, or take the table out of them, and create them again when the table is partitioned.';
    END IF;
    SELECT k.convalidated, substring(pg_get_constraintdef(k.oid) FROM '''([^'']*)''')::timestamptz INTO is_valid, ends
      FROM pg_constraint k WHERE k.conrelid = relation AND k.conname = check_name;
    -- of a beginning that was left lying: from that time on the table would take no row
    IF ends < now() + interval '1 day' THEN
        PERFORM private.under_short_locks(format('SELECT private.drop_partition_check(%L)', table_name), table_name, 50);
        is_valid := NULL;
    END IF;
    missing := (SELECT string_agg(m.statement, '; ') FROM private.missing_keys(relation, time_column) m);
    next := coalesce('Run ' || replace(missing, '%', '%%') || ', and call', 'Call') || ' driplo_partition() again before %s.';
    IF NOT is_small AND is_valid IS NULL THEN
        ends := private.partition_end(private.partition_end(now(), unit) + interval '7 days', unit);
        PERFORM private.under_short_locks(format('SELECT private.add_partition_check(%L, %L, %L)', table_name, time_column, ends), table_name, 50);
        RETURN format('%s: step 1 of 3 is done, new rows are checked. %s', table_name, format(next, ends::date - 1));
    ELSIF NOT is_small AND NOT is_valid THEN
        EXECUTE format('ALTER TABLE %s VALIDATE CONSTRAINT %I', relation, check_name);
        RETURN format('%s: step 2 of 3 is done, all rows were checked. %s', table_name, format(next, ends::date - 1));
    ELSIF NOT is_small AND missing IS NOT NULL THEN
        RETURN format('%s: step 3 of 3 needs an index. %s', table_name, format(next, ends::date - 1));
    END IF;
    PERFORM private.under_short_locks(format('SELECT private.swap_table(%L, %L, %L)', table_name, time_column, unit), table_name, 50);
    IF NOT has_schema_privilege('driplo_owner', '@extschema@'::regnamespace::oid, 'CREATE') THEN
        GRANT CREATE ON SCHEMA @extschema@ TO driplo_owner; -- which makes the next partitions
    END IF;
    RETURN format('%s is partitioned by %s: %s.', table_name, unit, private.partition_state(table_name));
END
$function$;
COMMENT ON FUNCTION private.partition_by_steps(text, text, bigint) IS
    'Takes the next step of driplo_partition(); all of them for a table of no more than small_bytes.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.partition_state(table_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO'
    AS $function$
    SELECT format('%s partitions and the default one, up to %s', count(*), max(p.ends)::date) FROM private.partitions(partition_state.table_name) p
$function$;
COMMENT ON FUNCTION private.partition_state(text) IS 'Number and end of the partitions of a table, in words.';

-- rights: owner
CREATE OR REPLACE FUNCTION @extschema@.driplo_partition(table_name text, by interval DEFAULT '1 month') RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    unit text := private.partition_unit(by);
    made integer;
BEGIN
    PERFORM private.require_superuser('driplo_partition()');
    PERFORM private.require_partitionable(table_name);
    IF by IS NULL THEN
        RAISE EXCEPTION 'by must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF unit IS NULL THEN
        RAISE EXCEPTION 'partitions cannot be of %', by
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use 1 day, 7 days, 1 month, 3 months, or 1 year.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('driplo', 0)); -- one at a time, as in prepare.sql
    PERFORM private.require_own_tables();
    IF private.partition_column(to_regclass(format('@extschema@.%I', table_name))) IS NULL THEN
        RETURN private.partition_by_steps(table_name, unit, 64 * 1024 * 1024);
    END IF;
    made := private.make_partitions_of(table_name, unit, 50);
    RETURN format('%s was partitioned already: %s, %s of them new.', table_name, private.partition_state(table_name), made);
END
$function$;
COMMENT ON FUNCTION @extschema@.driplo_partition(text, interval) IS
    'Makes a table to which rows are only added a table partitioned by time, while the shop goes on; of one that is partitioned makes '
    'the next partitions, as the job make_partitions does. by is 1 day, 7 days, 1 month, 3 months, or 1 year. A table of more than '
    '64 MB takes several calls: the text says what to do next. Superuser only (42501). Errors: 22004, 22023, 0A000 with the reason '
    'for tables that must not be partitioned, 2BP01 with the names of objects of yours that prevent it, 55P03 if the table could not '
    'be locked in time.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.make_all_partitions() RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO'
AS $function$
DECLARE
    found record;
    made integer := 0;
    new integer;
BEGIN
    FOR found IN
        SELECT r.table_name, c.oid AS relation, c.relkind = 'p' AS is_partitioned,
               c.reltuples >= 0 AS has_statistics,
               substring(pg_get_constraintdef(k.oid) FROM '''([^'']*)''')::timestamptz AS begun_for
          FROM private.partition_rules() r
          JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = r.table_name
          LEFT JOIN pg_constraint k ON k.conrelid = c.oid AND k.conname = r.table_name || '_partition_check'
         WHERE c.relkind = 'r' AND k.oid IS NOT NULL OR private.partition_column(c.oid) IS NOT NULL
    LOOP
        IF found.is_partitioned THEN
            new := private.make_partitions_of(found.table_name, NULL, 20);
            made := made + new;
            -- nobody else does it: autovacuum looks at the partitions one by one
            IF new > 0 OR NOT found.has_statistics THEN
                EXECUTE format('ANALYZE @extschema@.%I', found.table_name);
            END IF;
        ELSIF found.begun_for < now() + interval '1 day' THEN
            PERFORM private.under_short_locks(format('SELECT private.drop_partition_check(%L)', found.table_name), found.table_name, 20);
        END IF;
    END LOOP;
    RETURN made;
END;
$function$;
COMMENT ON FUNCTION private.make_all_partitions() IS
    'Makes the next partitions of all partitioned tables, takes back what was begun and left, and returns the number of partitions.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.make_partitions() RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('make partitions');
    RETURN private.make_all_partitions();
END;
$function$;
COMMENT ON FUNCTION @extschema@.make_partitions() IS
    'For the service: makes the next partitions of tables that driplo_partition() has partitioned, and returns their number. '
    'Errors: 42501, 55P03 if a table could not be locked in time.';
