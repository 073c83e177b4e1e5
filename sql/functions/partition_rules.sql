-- Partitions: which tables can be partitioned, and what the catalog says of those that are.

-- A table without a time column here is refused with its reason; those that are not here are refused for one that the catalog tells.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.partition_rules() RETURNS TABLE (table_name text, time_column text, reason text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    VALUES
        ('messages', 'created_at', NULL),
        ('order_status_history', 'created_at', NULL),
        ('shipping_events', 'created_at', NULL),
        ('dispute_messages', 'created_at', NULL),
        ('admin_audit_log', 'created_at', NULL),
        ('auth_login_history', 'login_at', NULL),
        ('query_performance_log', 'created_at', NULL),
        ('slow_queries', 'created_at', NULL),
        ('database_health_metrics', 'created_at', NULL),
        ('job_runs', 'started_at', NULL),
        ('ledger_entries', NULL, 'Its unique key keeps an event from being booked twice: with the time in it, it would not.'),
        ('stripe_webhook_events', NULL, 'Its unique key keeps an event of Stripe from being handled twice: with the time in it, it would not.'),
        ('notifications', NULL, 'Its unique keys keep an event from being told twice and collect events in one row: with the time in them, they would not.'),
        ('webhook_deliveries', NULL, 'Its unique key keeps an event from being sent twice: with the time in it, it would not.'),
        ('outbox_events', NULL, 'Its rows are deleted as soon as they have been handled.'),
        ('outbox_dead', NULL, 'It holds only what could not be handled.'),
        ('transactions', NULL, 'It belongs to the books, which are kept as a whole.'),
        ('store_credit_usage', NULL, 'It belongs to the books, which are kept as a whole.'),
        ('coupon_usage', NULL, 'Its rows change, and the uses of coupons are counted by them.'),
        ('listing_prices', NULL, 'Its rows are deleted after 60 days.'),
        ('admin_approvals', NULL, 'It has a row for each decision, which are few.')
$function$;
COMMENT ON FUNCTION private.partition_rules() IS
    'Tables that driplo_partition() accepts, each with the column of the time, and the reasons why it refuses others.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.partition_column(relation oid) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT a.attname::text
      FROM pg_class c
      JOIN private.partition_rules() r ON r.table_name = c.relname
      JOIN pg_partitioned_table p ON p.partrelid = c.oid AND p.partstrat = 'r' AND p.partnatts = 1
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = p.partattrs[0] AND a.attname = r.time_column
     WHERE c.oid = partition_column.relation AND c.relnamespace = '@extschema@'::regnamespace
$function$;
COMMENT ON FUNCTION private.partition_column(oid) IS
    'Column of the time by which a table of driplo is partitioned; NULL if it is not.';

-- What nobody but driplo_owner can reach: a partition is read and written by the name of its table, whose policies and grants count.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.is_closed_partition(relation oid) RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT EXISTS (SELECT FROM pg_class c
                     JOIN pg_inherits i ON i.inhrelid = c.oid
                    WHERE c.oid = is_closed_partition.relation AND c.relispartition AND c.relrowsecurity AND c.relowner = to_regrole('driplo_owner')
                      AND private.partition_column(i.inhparent) IS NOT NULL
                      AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)
                      AND NOT EXISTS (SELECT FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner)
                      AND NOT EXISTS (SELECT FROM pg_attribute t WHERE t.attrelid = c.oid AND t.attacl IS NOT NULL AND NOT t.attisdropped
                                         AND EXISTS (SELECT FROM aclexplode(t.attacl) a WHERE a.grantee <> c.relowner)))
$function$;
COMMENT ON FUNCTION private.is_closed_partition(oid) IS
    'Whether this is a partition of a table of driplo, with row level security and without policies and grants.';

-- rights: driplo_owner, service_role
CREATE OR REPLACE FUNCTION private.partitions(table_name text) RETURNS TABLE (id oid, name text, starts timestamptz, ends timestamptz)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO'
    AS $function$
    SELECT c.oid, c.relname::text,
           CASE WHEN b.text LIKE '%(MINVALUE)%' THEN '-infinity' ELSE substring(b.text FROM 'FROM \(''([^'']*)''')::timestamptz END,
           CASE WHEN b.text LIKE '%(MAXVALUE)%' THEN 'infinity' ELSE substring(b.text FROM 'TO \(''([^'']*)''')::timestamptz END
      FROM pg_class t
      JOIN pg_inherits i ON i.inhparent = t.oid
      JOIN pg_class c ON c.oid = i.inhrelid
     CROSS JOIN LATERAL (SELECT pg_get_expr(c.relpartbound, c.oid)) AS b (text)
     WHERE t.relnamespace = '@extschema@'::regnamespace AND t.relname = partitions.table_name AND b.text <> 'DEFAULT'
$function$;
COMMENT ON FUNCTION private.partitions(text) IS
    'Partitions of a table of driplo but the default one, each with the times of its rows: from starts until before ends.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.partition_unit(by interval) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT CASE by WHEN '1 day' THEN 'day' WHEN '7 days' THEN 'week' WHEN '1 month' THEN 'month' WHEN '3 months' THEN 'quarter' WHEN '1 year' THEN 'year' END
$function$;
COMMENT ON FUNCTION private.partition_unit(interval) IS
    'Unit of date_trunc() for the length of partitions; NULL for lengths that are not supported.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.partition_end(since timestamptz, unit text) RETURNS timestamptz
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    AS $function$
    SELECT date_trunc(unit, since) + CASE unit WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || unit)::interval END
$function$;
COMMENT ON FUNCTION private.partition_end(timestamptz, text) IS
    'First end of a day, week, month, quarter, or year of UTC after a time.';

-- While it waits for a lock everybody else waits behind it, and two who wait for one another are a deadlock: so it gives up at once,
-- lets the others pass, and tries again.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.under_short_locks(statement text, table_name text, tries integer) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '100ms'
    AS $function$
DECLARE
    result text;
BEGIN
    FOR attempt IN 1 .. tries LOOP
        BEGIN
            EXECUTE statement INTO result;
            RETURN result;
        EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
            PERFORM pg_sleep(0.05 + 0.1 * random());
        END;
    END LOOP;
    RAISE EXCEPTION 'could not lock table "%"', table_name
        USING ERRCODE = 'lock_not_available',
              DETAIL = format('%s attempts to lock it within 0.1 seconds failed; nothing was changed.', tries),
              HINT = 'Look for long transactions in pg_stat_activity, and call the function again.';
END
$function$;
COMMENT ON FUNCTION private.under_short_locks(text, text, integer) IS
    'Executes a statement that returns a text, and tries again when it cannot have a lock within 0.1 seconds. Error: 55P03.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.partition_problems() RETURNS TABLE (table_name text, problem text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO'
    AS $function$
    SELECT r.table_name, format('partitions end at %s', p.ends::date)
      FROM private.partition_rules() r
      JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = r.table_name AND private.partition_column(c.oid) IS NOT NULL
     CROSS JOIN LATERAL (SELECT coalesce(max(p.ends), '-infinity') AS ends FROM private.partitions(r.table_name) p) p
     WHERE p.ends < now() + interval '1 day'
    UNION ALL
    SELECT r.table_name, 'partitioning was begun'
      FROM private.partition_rules() r
      JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = r.table_name AND c.relkind = 'r'
      JOIN pg_constraint k ON k.conrelid = c.oid AND k.conname = r.table_name || '_partition_check'
$function$;
COMMENT ON FUNCTION private.partition_problems() IS
    'Partitioned tables whose rows will soon go to the default partition, and tables that are only half on their way.';
