-- What holds for the schema as a whole: which tables, types and functions there are, whose they are,
-- and the rules that every one of them keeps. schema.sql of each area has the tables column by column.
BEGIN;
SELECT plan(41);

CREATE TEMP VIEW our_table AS
    SELECT c.oid, c.relname, c.relowner::regrole::text AS owner, c.relrowsecurity, c.relacl
      FROM pg_class c WHERE c.relnamespace = quote_ident(tests.home())::regnamespace AND c.relkind IN ('r', 'p');
CREATE TEMP VIEW our_function AS
    SELECT p.*, l.lanname, n.nspname
      FROM pg_proc p
      JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
      JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
      JOIN pg_language l ON l.oid = p.prolang
      JOIN pg_namespace n ON n.oid = p.pronamespace;

-- What there is

SELECT set_eq('SELECT relname::text FROM our_table', ARRAY[
    'profiles', 'auth_sessions', 'auth_login_history', 'profile_setup_progress', 'brand_verification_requests',
    'social_media_accounts', 'admin_approvals', 'categories', 'listings', 'product_variants', 'favorites',
    'shopping_carts', 'cart_items', 'shipping_addresses', 'orders', 'order_items', 'order_status_history', 'order_tracking',
    'payment_accounts', 'payment_methods', 'payment_transactions', 'store_credits', 'stripe_webhook_events', 'transactions',
    'conversations', 'messages', 'notifications', 'disputes', 'dispute_messages', 'shipping_labels', 'returns',
    'coupons', 'coupon_usage', 'user_follows', 'user_ratings', 'user_stats_summary',
    'active_user_sessions', 'seller_payouts', 'shipping_events', 'admin_audit_log', 'query_performance_log',
    'database_health_metrics', 'slow_queries', 'refund_requests',
    -- and what the reference schema has no table for
    'gift_cards',
    'brand_profiles', 'documents', 'listing_conditions', 'listing_drafts', 'user_blocks', 'exchange_rates', 'rate_limits', 'category_slugs', 'category_counts',
    'currencies',
    'tax_rates', 'commission_rules',
    'user_achievements', 'notification_preferences', 'checkouts', 'order_addresses', 'store_credit_usage', 'ledger_entries', 'driplo_schema_version', 'driplo_secrets',
    'listing_prices', 'saved_searches', 'saved_search_matches', 'message_texts',
    'listing_search', 'search_words', 'search_brands', 'search_synonyms', 'search_queries', 'search_query_people',
    'job_schedules', 'queued_jobs', 'job_runs',
    'notification_settings', 'notification_templates', 'push_tokens', 'notification_deliveries', 'notification_marks', 'notification_fanouts',
    'outbox_events', 'outbox_dead',
    'offers', 'offer_settings', 'offer_campaigns',
    'webhook_endpoints', 'webhook_deliveries',
    'reports', 'report_decisions', 'report_appeals',
    'listing_views', 'listing_stats_daily', 'seller_stats_daily', 'statistics_due', 'statistics_progress', 'achievement_rules', 'query_snapshots',
    'data_exports', 'data_export_parts', 'account_deletions', 'rate_limit_rules'
], 'the tables are the 44 of the reference and driplo''s own, and no other');

SELECT set_eq($$
    SELECT t.typname::text FROM pg_type t WHERE t.typnamespace = quote_ident(tests.home())::regnamespace AND t.typtype IN ('e', 'd', 'r', 'm')
$$, ARRAY[
    'order_status', 'payment_status', 'payment_method_type', 'notification_type', 'dispute_status', 'dispute_type',
    'return_status', 'return_reason', 'shipping_carrier', 'tracking_status', 'discount_type', 'promotion_target',
    'rating_type', 'resolution_type', 'achievement_type', 'notification_channel', 'user_role', 'ledger_account'
], 'the types are the 17 enums of the reference and ledger_account, and no other');

SELECT set_eq($$
    SELECT c.relname::text FROM pg_class c WHERE c.relnamespace = quote_ident(tests.home())::regnamespace AND c.relkind = 'S'
$$, ARRAY['auth_login_history_id_seq', 'ledger_entries_id_seq', 'order_number_seq', 'outbox_events_id_seq'], 'the sequences are these four');

SELECT results_eq(
    $$SELECT format_type(s.seqtypid, NULL), s.seqmin, s.seqstart, s.seqincrement, s.seqcache, s.seqcycle
        FROM pg_sequence s WHERE s.seqrelid = 'order_number_seq'::regclass$$,
    $$VALUES ('bigint', 0::bigint, 0::bigint, 1::bigint, 1::bigint, false)$$,
    'the sequence behind the order numbers starts at 0 and never cycles');

SELECT results_eq(
    'SELECT name::text, slug::text, icon::text, sort_order FROM categories ORDER BY sort_order',
    $$VALUES ('Electronics', 'electronics', '💻', 1), ('Fashion', 'fashion', '👗', 2), ('Home & Garden', 'home-garden', '🏡', 3),
             ('Sports & Outdoors', 'sports-outdoors', '⚽', 4), ('Toys & Games', 'toys-games', '🎮', 5),
             ('Books & Media', 'books-media', '📚', 6), ('Health & Beauty', 'health-beauty', '💄', 7),
             ('Automotive', 'automotive', '🚗', 8), ('Art & Collectibles', 'art-collectibles', '🎨', 9), ('Other', 'other', '📦', 10)$$,
    'the ten categories are there, with their icons and in their order');
SELECT is((SELECT version FROM driplo_schema_version), (SELECT extversion COLLATE "default" FROM pg_extension WHERE extname = 'driplo'),
    'the tables say that they are of the version of the extension');
SELECT results_eq('SELECT name, length(secret) FROM driplo_secrets', $$VALUES ('order_number', 32)$$,
    'the key of the order numbers has 32 bytes');

-- Triggers on the login table, whose definition differs between the homes

SELECT results_eq(
    $$SELECT t.tgname::text COLLATE "default", p.proname::text COLLATE "default", pg_get_triggerdef(t.oid) ~ 'AFTER INSERT ON', pg_get_triggerdef(t.oid) ~ 'AFTER UPDATE ON [^(]* FOR EACH ROW EXECUTE'
        FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
       WHERE t.tgrelid = 'auth.users'::regclass AND NOT t.tgisinternal AND t.tgenabled = 'O' ORDER BY t.tgname$$,
    $$VALUES ('on_auth_user_created', 'handle_new_user', true, false), ('on_auth_user_email_changed', 'sync_user_email', false, true)$$,
    'auth.users has the trigger for sign-ups and the one for the e-mail and whether it is confirmed');

-- Tables belong to the database, functions to the extension

SELECT is_empty($$
    SELECT pg_describe_object(d.classid, d.objid, d.objsubid)
      FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND d.refclassid = 'pg_extension'::regclass
     WHERE e.extname = 'driplo' AND d.deptype = 'e' AND d.classid NOT IN ('pg_proc'::regclass, 'pg_event_trigger'::regclass)
       AND NOT (d.classid = 'pg_namespace'::regclass AND d.objid = 'private'::regnamespace)
$$, 'no table, type, sequence or other object but functions, the event trigger and schema private is a member of the extension');
SELECT is_empty($$
    SELECT p.oid::regprocedure
      FROM pg_proc p
     WHERE p.pronamespace IN (quote_ident(tests.home())::regnamespace, 'private'::regnamespace)
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
$$, 'every function in the home schema and in private is a member of an extension');
SELECT is_empty($$
    SELECT p.oid::regprocedure, t.typname
      FROM our_function p
     CROSS JOIN LATERAL unnest(p.proargtypes::oid[] || p.prorettype || coalesce(p.proallargtypes, '{}')) AS used (oid)
      JOIN pg_type t ON t.oid = used.oid
      LEFT JOIN pg_type element ON element.oid = t.typelem
     WHERE t.typnamespace IN (quote_ident(tests.home())::regnamespace, 'auth'::regnamespace)
        OR element.typnamespace IN (quote_ident(tests.home())::regnamespace, 'auth'::regnamespace)
$$, 'no function has a type in its signature that is not there yet when a dump creates the extension');
SELECT is_empty($$
    SELECT pg_describe_object(i.classoid, i.objoid, i.objsubid) FROM pg_init_privs i
     WHERE i.privtype = 'e' AND i.classoid = 'pg_class'::regclass
       AND i.objoid IN (SELECT c.oid FROM pg_class c WHERE c.relnamespace = quote_ident(tests.home())::regnamespace)
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = i.objoid AND d.deptype = 'e')
$$, 'no grant on a table is recorded as initial, so that a dump holds all of them');
SELECT is_empty($$
    SELECT t.tgrelid::regclass, t.tgname
      FROM pg_trigger t JOIN our_function f ON f.oid = t.tgfoid
     WHERE NOT EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
                        WHERE d.classid = 'pg_trigger'::regclass AND d.objid = t.oid AND d.deptype = 'x')
$$, 'every trigger that calls a function of driplo goes with the extension');
SELECT results_eq($$
    SELECT d.adrelid::regclass::text, a.attname::text COLLATE "default"
      FROM pg_attrdef d
      JOIN pg_depend dep ON dep.classid = 'pg_attrdef'::regclass AND dep.objid = d.oid AND dep.refclassid = 'pg_proc'::regclass
      JOIN our_function f ON f.oid = dep.refobjid
      JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
$$, $$VALUES ('orders', 'order_number')$$, 'the only default that calls a function of driplo is that of orders.order_number');

-- Tables

SELECT is_empty('SELECT relname FROM our_table WHERE NOT relrowsecurity', 'row level security is on for every table');
SELECT is_empty('SELECT relname FROM our_table t WHERE NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = t.oid)',
    'every table has a policy');
SELECT is_empty($$SELECT relname, owner FROM our_table WHERE owner <> 'driplo_owner'$$, 'every table belongs to driplo_owner');
SELECT is_empty($$
    SELECT c.relname, c.relowner::regrole FROM pg_class c
     WHERE c.relnamespace = quote_ident(tests.home())::regnamespace AND c.relkind = 'S' AND c.relowner <> 'driplo_owner'::regrole
$$, 'every sequence belongs to driplo_owner');
SELECT is_empty($$SELECT relname FROM our_table t WHERE obj_description(t.oid, 'pg_class') IS NULL$$, 'every table has a comment');
SELECT is_empty($$SELECT typname FROM pg_type WHERE typnamespace = tests.home()::regnamespace AND typtype = 'e' AND obj_description(oid, 'pg_type') IS NULL$$, 'so has every enum');
SELECT is_empty($$
    SELECT t.relname, a.grantee::regrole, a.privilege_type
      FROM our_table t CROSS JOIN LATERAL aclexplode(t.relacl) a
     WHERE a.privilege_type NOT IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE')
       AND a.grantee IN (0, 'anon'::regrole, 'authenticated'::regrole, 'service_role'::regrole)
$$, 'no client may TRUNCATE a table, refer to it or put a trigger on it');
SELECT is_empty($$
    SELECT t.relname, a.privilege_type FROM our_table t CROSS JOIN LATERAL aclexplode(t.relacl) a WHERE a.grantee = 0
    UNION ALL
    SELECT t.relname, a.privilege_type FROM our_table t JOIN pg_attribute c ON c.attrelid = t.oid CROSS JOIN LATERAL aclexplode(c.attacl) a WHERE a.grantee = 0
$$, 'nothing is granted to PUBLIC');
SELECT is_empty($$
    SELECT t.relname, role, privilege
      FROM our_table t
     CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) privilege
     CROSS JOIN unnest(ARRAY['anon']) role
     WHERE has_table_privilege(role, t.oid, privilege) OR (privilege <> 'DELETE' AND has_any_column_privilege(role, t.oid, privilege))
$$, 'who has not signed in may write nothing');
SELECT is_empty($$
    SELECT role, privilege
      FROM unnest(ARRAY['anon', 'authenticated', 'service_role']) role CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) privilege
     WHERE has_table_privilege(role, 'driplo_secrets', privilege) OR (privilege <> 'DELETE' AND has_any_column_privilege(role, 'driplo_secrets', privilege))
$$, 'no client reaches the keys of the database, service_role included');
SELECT is_empty($$
    SELECT k.conrelid::regclass, k.conname
      FROM pg_constraint k JOIN our_table t ON t.oid = k.conrelid
     WHERE k.contype = 'f'
       AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = k.conrelid AND i.indisvalid AND i.indkey[0] = k.conkey[1]
                          AND (i.indpred IS NULL OR pg_get_expr(i.indpred, i.indrelid) LIKE '%IS NOT NULL%'))
$$, 'every foreign key has an index');
-- clients that embed by foreign key have to name one of them
SELECT set_eq($$
    SELECT k.conrelid::regclass::text, k.confrelid::regclass::text
      FROM pg_constraint k JOIN our_table t ON t.oid = k.conrelid
     WHERE k.contype = 'f' AND t.relname IN (SELECT r.name FROM private.reference_tables() r) AND k.confrelid NOT IN ('profiles'::regclass, 'auth.users'::regclass)
     GROUP BY k.conrelid, k.confrelid HAVING count(*) > 1
$$, $$VALUES ('listings', 'categories'), ('orders', 'shipping_addresses'), ('refund_requests', 'payment_transactions'), ('returns', 'orders')$$, 'two keys lead from one table to the same other one only where a row has two of them');
SELECT is_empty($$
    SELECT array_agg(i.indexrelid::regclass)
      FROM pg_index i JOIN our_table t ON t.oid = i.indrelid
     GROUP BY i.indrelid, i.indkey::text, i.indclass::text, i.indoption::text, i.indcollation::text,
              pg_get_expr(i.indexprs, i.indrelid), pg_get_expr(i.indpred, i.indrelid)
    HAVING count(*) > 1
$$, 'no two indexes are equal');
SELECT is_empty($$SELECT i.indexrelid::regclass FROM pg_index i JOIN our_table t ON t.oid = i.indrelid WHERE NOT i.indisvalid$$,
    'every index is valid');
SELECT is_empty($$
    SELECT k.conrelid::regclass, k.conname FROM pg_constraint k JOIN our_table t ON t.oid = k.conrelid WHERE NOT k.convalidated
$$, 'every constraint is validated');
SELECT is_empty($$
    SELECT a.attrelid::regclass, a.attname
      FROM pg_attribute a JOIN our_table t ON t.oid = a.attrelid
     WHERE a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('timestamp'::regtype, 'time'::regtype, 'money'::regtype, 'real'::regtype, 'double precision'::regtype)
       AND (t.relname, a.attname) <> ('listing_search', 'hot')
$$, 'times have a zone, and no number is inexact but an order that is no amount');
-- Drizzle's page and the mappers' name the tables that their generators cannot write; without that, what they write does not run.
SELECT set_eq($$
    SELECT DISTINCT t.relname::text
      FROM pg_attribute a JOIN our_table t ON t.oid = a.attrelid JOIN pg_type y ON y.oid = a.atttypid
     WHERE a.attnum > 0 AND NOT a.attisdropped AND y.typtype <> 'e'
       AND format_type(a.atttypid, NULL) NOT IN ('uuid', 'timestamp with time zone', 'date', 'character varying', 'text', 'numeric', 'jsonb', 'smallint', 'integer', 'bigint',
                                                 'double precision', 'boolean', 'inet', 'uuid[]', 'text[]', 'integer[]')
$$, $$VALUES ('driplo_secrets'), ('listing_search'), ('saved_searches')$$, 'types that generators of types do not know are in three tables only');

-- Policies

SELECT is_empty($$
    SELECT t.relname, role::regrole, command, array_agg(p.polname)
      FROM pg_policy p JOIN our_table t ON t.oid = p.polrelid
     CROSS JOIN LATERAL unnest(p.polroles) role
     CROSS JOIN LATERAL unnest(CASE p.polcmd WHEN '*' THEN ARRAY['r', 'a', 'w', 'd'] ELSE ARRAY[p.polcmd::text] END) command
     WHERE p.polpermissive GROUP BY t.relname, role, command HAVING count(*) > 1
$$, 'no role has two permissive policies for one command on a table');
SELECT is_empty($$
    SELECT t.relname, p.polname FROM pg_policy p JOIN our_table t ON t.oid = p.polrelid WHERE 0 = ANY (p.polroles)
$$, 'every policy names the roles that it is for');

-- Functions

SELECT is_empty($$SELECT p.oid::regprocedure FROM our_function p WHERE obj_description(p.oid, 'pg_proc') IS NULL$$,
    'every function has a comment');
SELECT is_empty($$SELECT p.oid::regprocedure FROM our_function p WHERE p.proacl IS NULL$$,
    'every function has rights of its own and not the default ones');
SELECT is_empty($$SELECT p.oid::regprocedure FROM our_function p CROSS JOIN LATERAL aclexplode(p.proacl) a WHERE a.grantee = 0$$,
    'no function is executable by PUBLIC');
SELECT is_empty($$
    SELECT p.oid::regprocedure, p.proconfig FROM our_function p
     WHERE p.prosecdef AND p.proconfig IS DISTINCT FROM ARRAY['search_path=pg_catalog, pg_temp']
$$, 'every SECURITY DEFINER function pins its search_path');
SELECT is_empty($$SELECT p.oid::regprocedure, p.proowner::regrole FROM our_function p WHERE p.prosecdef AND p.proowner <> 'driplo_owner'::regrole$$,
    'every SECURITY DEFINER function belongs to driplo_owner');
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM our_function p
     WHERE p.lanname <> 'c' AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(p.proconfig, '{}'))
$$, 'every function that is not C pins its search_path too');
SELECT is_empty($$
    SELECT p.oid::regprocedure FROM our_function p WHERE p.prosecdef AND has_function_privilege('anon', p.oid, 'EXECUTE')
$$, 'who has not signed in may execute no SECURITY DEFINER function');
SELECT results_eq(
    $$SELECT r.rolcanlogin, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolcreatedb, r.rolreplication FROM pg_roles r WHERE r.rolname = 'driplo_owner'$$,
    'VALUES (false, false, false, false, false, false)',
    'driplo_owner cannot log in and has no power of its own');

SELECT * FROM finish();
ROLLBACK;
