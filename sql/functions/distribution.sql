-- Distribution: tables beside the sale whose rows Citus keeps on several servers. driplo_distribute() gives them away and says of each
-- other table why it stays; driplo_undistribute() brings them back. Which are distributed stands in the catalog of Citus alone.

-- A table with a column is distributed by it; of the others the reason is told. Every table of driplo is here exactly once.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.distribution_plan() RETURNS TABLE (table_name text, distribution_column text, reason text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    VALUES
        ('listing_views', 'listing_id', NULL),
        ('query_performance_log', 'id', NULL),
        ('slow_queries', 'id', NULL),
        ('database_health_metrics', 'id', NULL)
    UNION ALL
    SELECT unnest(kept.table_names), NULL, kept.reason
      FROM (VALUES
        ('{listings,product_variants,shopping_carts,cart_items,orders,order_items,order_addresses,order_status_history,order_tracking,shipping_events,
           shipping_labels,shipping_addresses,checkouts,coupons,coupon_usage,store_credits,store_credit_usage,gift_cards,offers,offer_settings,offer_campaigns,
           listing_search,listing_prices}'::text[],
         'The sale reads, locks, or writes it: each worker that is away would stop the shop.'),
        ('{ledger_entries,transactions,payment_transactions,payment_accounts,payment_methods,seller_payouts,refund_requests,stripe_webhook_events}',
         'It belongs to the books, which are one transaction with the order, and whose unique keys book an event once.'),
        ('{profiles,auth_sessions,auth_login_history,profile_setup_progress,brand_verification_requests,social_media_accounts,user_stats_summary,user_achievements,
           brand_profiles,documents,account_deletions,data_exports,data_export_parts}',
         'Its rows go with an account by foreign keys, which Citus does not keep between a distributed table and one that stays.'),
        ('{active_user_sessions}', 'Its rows are compared with those of auth_sessions in one statement, which stays.'),
        ('{messages,conversations,notifications,notification_preferences,notification_settings,notification_marks,push_tokens,favorites,user_follows,user_blocks,
           saved_searches,user_ratings,listing_drafts}',
         'Foreign keys, triggers, or policies keep its promises to the people in it. On a distributed table Citus keeps no foreign key to a table that stays, '
         'runs no trigger, and refuses policies with subqueries.'),
        ('{disputes,dispute_messages,returns,reports,report_decisions,report_appeals,admin_approvals,admin_audit_log}',
         'It is evidence, written by the transaction that it tells of: each worker that is away would stop decisions.'),
        ('{outbox_events,outbox_dead,saved_search_matches,webhook_deliveries,notification_deliveries,notification_fanouts,queued_jobs,statistics_due}',
         'It is a queue: sessions take its rows with FOR UPDATE SKIP LOCKED, which Citus refuses for more than one shard.'),
        ('{job_runs,job_schedules,statistics_progress}',
         'Each job writes it: a worker that is away would stop all jobs.'),
        ('{search_queries,search_query_people}',
         'It holds at most 20,000 searches a day, and suggest() reads it with each letter: a worker that is away would stop suggestions.'),
        ('{listing_stats_daily,seller_stats_daily}',
         'It holds a row for each day, and goes with its listing or seller by a foreign key.'),
        ('{categories,category_slugs,category_counts,listing_conditions,currencies,exchange_rates,tax_rates,commission_rules,rate_limit_rules,rate_limits,
           message_texts,notification_templates,search_words,search_brands,search_synonyms,webhook_endpoints,achievement_rules,query_snapshots,driplo_secrets,
           driplo_schema_version}',
         'It is small and read beside tables that stay: a copy on each worker would serve nobody.')) AS kept (table_names, reason)
$function$;
COMMENT ON FUNCTION private.distribution_plan() IS
    'Tables of driplo, each with the column by which driplo_distribute() distributes it or the reason why it stays on the coordinator.';

-- rights: driplo_owner, service_role
CREATE OR REPLACE FUNCTION private.is_distributed(relation oid) RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'driplo_is_distributed';
COMMENT ON FUNCTION private.is_distributed(oid) IS
    'Whether Citus keeps the rows of a table: distributed over servers, as a copy on each, or as one of its own tables here.';

-- What Citus does not keep of a distributed table.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.distribution_obstacles(table_name text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT string_agg(o.name, ', ' ORDER BY o.position)
      FROM (SELECT to_regclass(format('@extschema@.%I', distribution_obstacles.table_name))::oid) AS t (id)
     CROSS JOIN LATERAL (
        SELECT 1, format('%s triggers', count(*)) FROM pg_trigger g WHERE g.tgrelid = t.id AND NOT g.tgisinternal HAVING count(*) > 0
        UNION ALL
        SELECT 2, format('%s policies with subqueries', count(*)) FROM pg_policy p
         WHERE p.polrelid = t.id AND concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~ '\mSELECT\M' HAVING count(*) > 0
        UNION ALL
        SELECT 3, format('%s foreign keys', count(*)) FROM pg_constraint k WHERE k.contype = 'f' AND t.id IN (k.conrelid, k.confrelid) HAVING count(*) > 0
        UNION ALL
        SELECT 4, 'grants to clients'
         WHERE EXISTS (SELECT FROM private.table_rights() r WHERE r.table_name = distribution_obstacles.table_name AND r.role_name IN ('anon', 'authenticated'))
        UNION ALL
        SELECT 5, format('%s unique keys', count(*)) FROM pg_index i
         WHERE i.indrelid = t.id AND i.indisunique AND NOT i.indisprimary HAVING count(*) > 0
        UNION ALL
        SELECT 6, 'partitions' FROM pg_class c WHERE c.oid = t.id AND c.relkind = 'p') AS o (position, name)
$function$;
COMMENT ON FUNCTION private.distribution_obstacles(text) IS
    'What a table of driplo has that Citus does not keep when it is distributed, as a list; NULL if there is nothing.';

-- The extension's script asks too, on each worker, where Citus repeats it.
-- rights: owner
CREATE OR REPLACE FUNCTION private.is_citus_worker() RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    is_worker boolean := false;
BEGIN
    IF to_regclass('pg_catalog.pg_dist_local_group') IS NOT NULL THEN
        EXECUTE 'SELECT coalesce(max(g.groupid), 0) <> 0 FROM pg_catalog.pg_dist_local_group g' INTO is_worker;
    END IF;
    RETURN is_worker;
END
$function$;
COMMENT ON FUNCTION private.is_citus_worker() IS
    'Whether this database is a worker of Citus, which keeps rows of tables that are elsewhere.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.is_loaded_after_citus() RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'driplo_is_loaded_after_citus';
COMMENT ON FUNCTION private.is_loaded_after_citus() IS
    'Whether the server has loaded the library when it started, and that of Citus before it.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.require_citus(caller text) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    workers integer;
    has_coordinator boolean;
    has_shards boolean;
BEGIN
    PERFORM private.require_superuser(caller);
    IF NOT EXISTS (SELECT FROM pg_extension e WHERE e.extname = 'citus') THEN
        RAISE EXCEPTION 'extension "citus" is not installed'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Distributing tables requires Citus. Without it, use driplo_partition() for tables that grow.';
    ELSIF private.is_citus_worker() THEN
        RAISE EXCEPTION '% must be called on the coordinator', caller
            USING ERRCODE = 'object_not_in_prerequisite_state';
    ELSIF NOT private.is_loaded_after_citus() THEN
        RAISE EXCEPTION 'driplo must be loaded when the server starts, after citus'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = 'Transactions are committed here and on workers together by what the library does in each session.',
                  HINT = 'Set shared_preload_libraries = ''citus, driplo'' and restart the server.';
    END IF;
    EXECUTE 'SELECT count(*) FILTER (WHERE n.groupid <> 0 AND n.isactive AND n.noderole = ''primary''), coalesce(bool_or(n.groupid = 0), false),
                    coalesce(bool_or(n.groupid = 0 AND n.shouldhaveshards), false) FROM pg_catalog.pg_dist_node n'
       INTO workers, has_coordinator, has_shards;
    IF workers = 0 OR NOT has_coordinator THEN
        RAISE EXCEPTION 'the Citus cluster has no %', CASE WHEN workers = 0 THEN 'worker' ELSE 'coordinator' END
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = format('Use %s.', CASE WHEN workers = 0 THEN 'citus_add_node()' ELSE 'citus_set_coordinator_host()' END);
    ELSIF has_shards THEN
        RAISE EXCEPTION 'the coordinator must not have shards'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Use citus_set_node_property() to set shouldhaveshards of the coordinator to false.';
    END IF;
END
$function$;
COMMENT ON FUNCTION private.require_citus(text) IS
    'Raises an error unless a superuser calls on the coordinator of a Citus cluster. Errors: 42501, 55000.';

-- Citus connects to workers as the current user, which is driplo_owner in most functions, and service_role where the service reads a table.
-- On the coordinator neither may log in.
-- rights: owner
CREATE OR REPLACE FUNCTION private.open_workers() RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    reached integer;
    failed text;
BEGIN
    EXECUTE 'SELECT count(*) FILTER (WHERE w.success), string_agg(format(''%s:%s: %s'', w.nodename, w.nodeport, w.result), ''; '') FILTER (WHERE NOT w.success) FROM pg_catalog.run_command_on_workers($1) w'
       INTO reached, failed
      USING $command$DO $worker$
BEGIN
    -- or it would be repeated on the coordinator
    SET LOCAL citus.enable_alter_role_propagation = off;
    ALTER ROLE driplo_owner LOGIN;
    ALTER ROLE service_role LOGIN;
END $worker$$command$;
    IF failed IS NOT NULL THEN
        RAISE EXCEPTION 'could not prepare all workers'
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = failed;
    END IF;
    RETURN format('may log in on %s workers', reached);
END
$function$;
COMMENT ON FUNCTION private.open_workers() IS
    'Lets driplo_owner and service_role log in on the workers of Citus, which connects there as them. Error: 55000.';

-- Empty: a statement that deletes from it makes this server one of those that take part in the commit.
-- rights: owner
CREATE OR REPLACE FUNCTION private.make_commits_table() RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    IF to_regclass('private.distributed_commits') IS NOT NULL THEN
        RETURN false;
    END IF;
    -- not shipped: it is only where Citus is
    EXECUTE 'CREATE TABLE private.distributed_commits (id integer PRIMARY KEY)';
    COMMENT ON TABLE private.distributed_commits IS 'Always empty. With it transactions of several servers are committed in two phases.';
    EXECUTE 'SELECT pg_catalog.citus_add_local_table_to_metadata($1)' USING to_regclass('private.distributed_commits');
    RETURN true;
END
$function$;
COMMENT ON FUNCTION private.make_commits_table() IS
    'Makes the table by which the library lets Citus commit in two phases; false if it is there.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.drop_commits_table() RETURNS boolean
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    IF to_regclass('private.distributed_commits') IS NULL THEN
        RETURN false;
    END IF;
    ALTER EXTENSION driplo DROP TABLE private.distributed_commits;
    DROP TABLE private.distributed_commits;
    RETURN true;
END
$function$;
COMMENT ON FUNCTION private.drop_commits_table() IS
    'Drops the table of make_commits_table(); false if there is none.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.distribution_problems() RETURNS TABLE (table_name text, problem text, remedy text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH distributed AS MATERIALIZED (
        SELECT p.table_name, p.distribution_column
          FROM private.distribution_plan() p
          JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = p.table_name
         WHERE private.is_distributed(c.oid)
    )
    SELECT d.table_name, 'must not be distributed', 'SELECT * FROM @extschema@.driplo_undistribute()' FROM distributed d WHERE d.distribution_column IS NULL
    UNION ALL
    SELECT d.table_name, 'is not committed with the other tables', 'SELECT * FROM @extschema@.driplo_distribute()'
      FROM distributed d
     WHERE d.distribution_column IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE n.nspname = 'private' AND c.relname = 'distributed_commits' AND private.is_distributed(c.oid))
    UNION ALL
    SELECT d.table_name, 'is not committed with the other tables: driplo is not loaded when the server starts, after citus', 'ALTER SYSTEM SET shared_preload_libraries = citus, driplo'
      FROM distributed d
     WHERE d.distribution_column IS NOT NULL AND NOT private.is_loaded_after_citus()
$function$;
COMMENT ON FUNCTION private.distribution_problems() IS
    'Distributed tables that driplo_distribute() would not have distributed, or not in this way.';

-- rights: owner
CREATE OR REPLACE FUNCTION @extschema@.driplo_distribute() RETURNS TABLE (step text, object text, note text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET client_min_messages = warning
    AS $function$
DECLARE
    planned record;
    relation regclass;
    obstacles text;
BEGIN
    PERFORM private.require_citus('driplo_distribute()');
    PERFORM pg_advisory_xact_lock(hashtextextended('driplo', 0)); -- one at a time, as in prepare.sql
    PERFORM private.require_own_tables();
    step := 'roles'; object := 'driplo_owner, service_role'; note := private.open_workers();
    RETURN NEXT;
    step := 'commits'; object := 'private.distributed_commits';
    note := CASE WHEN private.make_commits_table() THEN 'made' ELSE 'was there' END;
    RETURN NEXT;
    IF note = 'made' THEN
        ALTER EXTENSION driplo ADD TABLE private.distributed_commits;
    END IF;
    FOR planned IN SELECT p.* FROM private.distribution_plan() WITH ORDINALITY AS p (table_name, distribution_column, reason, position) ORDER BY p.position
    LOOP
        relation := to_regclass(format('@extschema@.%I', planned.table_name));
        obstacles := private.distribution_obstacles(planned.table_name);
        object := planned.table_name;
        IF private.is_distributed(relation) THEN
            step := 'distributed';
            note := CASE WHEN planned.distribution_column IS NULL THEN 'Not by driplo: use driplo_undistribute(). ' || planned.reason ELSE 'was distributed already' END;
        ELSIF planned.distribution_column IS NULL OR obstacles IS NOT NULL THEN
            step := 'kept';
            note := concat_ws(' ', planned.reason, 'It has ' || obstacles || '.');
        ELSE
            EXECUTE 'SELECT pg_catalog.create_distributed_table($1, $2, colocate_with => ''none'')' USING relation, planned.distribution_column;
            -- the rows are on the workers now, and here as well
            EXECUTE 'SELECT pg_catalog.truncate_local_data_after_distributing_table($1)' USING relation;
            step := 'distributed';
            note := 'by ' || planned.distribution_column;
        END IF;
        RETURN NEXT;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION @extschema@.driplo_distribute() IS
    'On the coordinator of a Citus cluster: distributes the tables beside the sale that lose nothing by it, and returns what was done '
    'with each table, with the reason why the others are kept. Can be repeated, and must be after citus_add_node(). Superuser only '
    '(42501). Error 55000 without Citus, workers, or driplo in shared_preload_libraries.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.bring_tables_back() RETURNS TABLE (step text, object text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET client_min_messages = warning
    AS $function$
DECLARE
    relation record;
BEGIN
    -- one connection to each worker, for commands on the extension in the same transaction
    PERFORM set_config('citus.multi_shard_modify_mode', 'sequential', true);
    step := 'brought back';
    FOR relation IN
        SELECT p.table_name, c.oid::regclass AS name
          FROM private.distribution_plan() p
          JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = p.table_name
         WHERE private.is_distributed(c.oid)
         ORDER BY p.table_name
    LOOP
        EXECUTE 'SELECT pg_catalog.undistribute_table($1)' USING relation.name;
        object := relation.table_name;
        RETURN NEXT;
    END LOOP;
    IF private.drop_commits_table() THEN
        step := 'dropped'; object := 'private.distributed_commits';
        RETURN NEXT;
    END IF;
END
$function$;
COMMENT ON FUNCTION private.bring_tables_back() IS
    'Makes distributed tables of driplo plain ones again and returns their names.';

-- rights: owner
CREATE OR REPLACE FUNCTION @extschema@.driplo_undistribute() RETURNS TABLE (step text, object text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $function$
BEGIN
    PERFORM private.require_citus('driplo_undistribute()');
    PERFORM pg_advisory_xact_lock(hashtextextended('driplo', 0)); -- one at a time, as in prepare.sql
    FOR step, object IN SELECT b.step, b.object FROM private.bring_tables_back() b LOOP
        RETURN NEXT;
    END LOOP;
    -- the tables are new ones, without comments
    PERFORM private.install_logic();
END
$function$;
COMMENT ON FUNCTION @extschema@.driplo_undistribute() IS
    'On the coordinator of a Citus cluster: brings the rows of all distributed tables of driplo back and returns their names. Superuser '
    'only (42501). Error 55000 without Citus, workers, or driplo in shared_preload_libraries.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.delete_old_rows(table_name text, keys text[], condition text, sequence text, max_rows integer) RETURNS integer
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    relation regclass := format('@extschema@.%I', table_name);
    columns text := (SELECT string_agg('o.' || quote_ident(k), ', ') FROM unnest(keys) k);
    gone integer;
BEGIN
    EXECUTE format(
        CASE WHEN private.is_distributed(relation)
             -- Citus locks no rows of several shards: who comes second waits, and finds them gone
             THEN 'DELETE FROM %1$s t WHERE (%3$s) IN (SELECT %2$s FROM %1$s o WHERE %4$s ORDER BY %5$s LIMIT $1)'
             ELSE 'WITH old AS MATERIALIZED (SELECT %2$s FROM %1$s o WHERE %4$s ORDER BY %5$s LIMIT $1 FOR UPDATE SKIP LOCKED) '
                  'DELETE FROM %1$s t USING old o WHERE (%3$s) = (%2$s)' END,
        relation, columns, replace(columns, 'o.', 't.'), condition, sequence)
      USING GREATEST(max_rows, 0);
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END
$function$;
COMMENT ON FUNCTION private.delete_old_rows(text, text[], text, text, integer) IS
    'Deletes rows of a table that satisfy a condition, at most max_rows in that sequence and none that another session has locked, and '
    'returns their number. In the condition the table is "o".';
