-- Partitions: old ones are dropped as a whole, but for what has to be kept.

-- rights: owner
CREATE OR REPLACE FUNCTION private.kept_rows(table_name text, ends timestamptz) RETURNS TABLE (n bigint, what text)
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
#variable_conflict use_column
BEGIN
    CASE table_name
        WHEN 'order_status_history' THEN
            RETURN QUERY SELECT count(*), 'steps of orders, by which check_integrity() proves their state'
              FROM @extschema@.order_status_history h WHERE h.created_at < kept_rows.ends;
        WHEN 'messages' THEN
            RETURN QUERY
            SELECT count(*), 'messages between the parties of an open dispute or return'
              FROM (SELECT DISTINCT c.id FROM @extschema@.orders o JOIN @extschema@.conversations c ON c.buyer_id = o.buyer_id AND c.seller_id = o.seller_id
                     WHERE o.id IN (SELECT d.order_id FROM @extschema@.disputes d WHERE d.is_open UNION ALL SELECT r.order_id FROM @extschema@.returns r WHERE r.is_open)) c
              JOIN @extschema@.messages m ON m.conversation_id = c.id AND m.created_at < kept_rows.ends
            UNION ALL
            SELECT count(*), 'messages in reports that are not closed'
              FROM @extschema@.reports r JOIN @extschema@.messages m ON m.id = r.target_id AND m.created_at < kept_rows.ends
             WHERE r.target_type = 'message' AND r.status <> 'closed';
        WHEN 'shipping_events' THEN
            RETURN QUERY SELECT count(*), 'events of orders that are not finished or have an open dispute or return'
              FROM @extschema@.shipping_events e JOIN @extschema@.orders o ON o.id = e.order_id
             WHERE e.created_at < kept_rows.ends
               AND (o.status::text NOT IN ('completed', 'cancelled', 'refunded')
                    OR EXISTS (SELECT FROM @extschema@.disputes d WHERE d.order_id = o.id AND d.is_open)
                    OR EXISTS (SELECT FROM @extschema@.returns r WHERE r.order_id = o.id AND r.is_open));
        WHEN 'dispute_messages' THEN
            RETURN QUERY SELECT count(*), 'messages of open disputes'
              FROM @extschema@.dispute_messages m JOIN @extschema@.disputes d ON d.id = m.dispute_id AND d.is_open WHERE m.created_at < kept_rows.ends;
        WHEN 'admin_audit_log' THEN
            RETURN QUERY
            SELECT count(*), 'records of removed listings, which an admin may restore'
              FROM @extschema@.admin_audit_log g JOIN @extschema@.listings l ON l.id = g.target_id AND l.status::text = 'removed'
             WHERE g.created_at < kept_rows.ends AND g.action = 'moderate_listing'
            UNION ALL
            SELECT count(*), 'records of suspensions that have not ended'
              FROM @extschema@.admin_audit_log g JOIN @extschema@.profiles p ON p.id = g.target_id AND p.suspended_at IS NOT NULL
             WHERE g.created_at < kept_rows.ends AND g.action = 'suspend_user'
            UNION ALL
            SELECT count(*), 'records of who has made coupons of the platform, who must not use them'
              FROM @extschema@.admin_audit_log g JOIN @extschema@.coupons c ON c.id = g.target_id AND c.seller_id IS NULL AND c.is_active
             WHERE g.created_at < kept_rows.ends AND g.target_type::text = 'coupon';
        ELSE
            RETURN;
    END CASE;
END
$function$;
COMMENT ON FUNCTION private.kept_rows(text, timestamptz) IS
    'Number of rows of before a time that driplo_drop_before() must not drop, by reason.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.drop_partitions(table_name text, before timestamptz) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO'
    AS $function$
DECLARE
    names text[];
    name text;
    until timestamptz;
    kept text;
BEGIN
    EXECUTE format('LOCK TABLE ONLY @extschema@.%I IN ACCESS EXCLUSIVE MODE', table_name);
    SELECT array_agg(p.name ORDER BY p.ends), max(p.ends) INTO names, until FROM private.partitions(table_name) p WHERE p.ends <= before;
    IF names IS NULL THEN
        RETURN format('%s: no partition ends at %s or before.', table_name, before::date);
    END IF;
    kept := (SELECT string_agg(format('%s %s', k.n, k.what), ', ') FROM private.kept_rows(table_name, until) k WHERE k.n > 0);
    IF kept IS NOT NULL THEN
        RAISE EXCEPTION 'partitions of table "%" have rows that must be kept', table_name
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Before %s: %s.', until::date, kept),
                  HINT = 'Use an earlier date, or finish what needs the rows.';
    END IF;
    -- what is unread is counted in the conversations, by a trigger
    IF table_name = 'messages' THEN
        DELETE FROM @extschema@.messages m WHERE m.is_read IS NOT TRUE AND m.created_at < until;
    END IF;
    FOREACH name IN ARRAY names LOOP
        EXECUTE format('DROP TABLE @extschema@.%I', name);
    END LOOP;
    RETURN format('%s: %s partitions were dropped, up to %s.', table_name, cardinality(names), until::date);
END
$function$;
COMMENT ON FUNCTION private.drop_partitions(text, timestamptz) IS
    'Drops the partitions that end at or before a time and says so. Error: 55000 with the rows that must be kept.';

-- rights: owner
CREATE OR REPLACE FUNCTION @extschema@.driplo_drop_before(table_name text, before date) RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET timezone = 'UTC'
    SET datestyle = 'ISO'
    AS $function$
DECLARE
    latest date := current_date - (CASE table_name WHEN 'messages' THEN 90 ELSE 0 END);
BEGIN
    PERFORM private.require_superuser('driplo_drop_before()');
    PERFORM private.require_partitionable(table_name);
    IF before IS NULL THEN
        RAISE EXCEPTION 'before must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF before > latest THEN
        RAISE EXCEPTION 'rows of table "%" after % must be kept', table_name, latest
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = (CASE table_name WHEN 'messages' THEN 'Statistics of users are of the messages of 90 days.' ELSE 'The partition of the present still takes rows.' END),
                  HINT = 'Use an earlier date.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('driplo', 0)); -- one at a time, as in prepare.sql
    PERFORM private.require_own_tables();
    IF private.partition_column(to_regclass(format('@extschema@.%I', table_name))) IS NULL THEN
        RAISE EXCEPTION 'table "%" is not partitioned', table_name
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = format('Use driplo_partition(%L).', table_name);
    END IF;
    RETURN private.under_short_locks(format('SELECT private.drop_partitions(%L, %L)', table_name, before::timestamptz), table_name, 50);
END
$function$;
COMMENT ON FUNCTION @extschema@.driplo_drop_before(text, date) IS
    'Drops the partitions of a table whose rows are all of before a day of UTC, in a moment; a partition that is partly younger stays. '
    'Counts that depend on rows are corrected. Superuser only (42501). Errors: 22004, 22023 for a day that is too late, 0A000 for tables '
    'that cannot be partitioned, 55000 for one that is not, or with the rows that must be kept, 55P03 if the table could not be locked in time.';
