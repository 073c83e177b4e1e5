-- Moving in: a database with the tables of the reference schema becomes driplo's, with all rows. What is to be done to tables is found
-- by comparing them with what is shipped (shipped.sql), so that nothing here knows driplo's columns; only the reference's are listed.

-- rights: owner
CREATE OR REPLACE FUNCTION private.reference_tables() RETURNS TABLE (name text, columns text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    VALUES
        ('profiles', 'id email username full_name bio avatar_url cover_url avatar_urls cover_urls phone date_of_birth gender '
            'location is_seller is_verified is_admin role account_type brand_name brand_description brand_logo_url '
            'brand_size badges total_sales seller_rating seller_rating_count setup_completed setup_started_at '
            'setup_completed_at avatar_style avatar_seed custom_avatar_url stripe_customer_id stripe_account_id '
            'settings preferences created_at updated_at deleted_at metadata'),
        ('auth_sessions', 'id user_id refresh_token_hash remember_me user_agent ip_address expires_at created_at last_used_at'),
        ('auth_login_history', 'id user_id login_at ip_address user_agent success failure_reason'),
        ('profile_setup_progress', 'id user_id step_name completed completed_at data created_at updated_at'),
        ('brand_verification_requests', 'id user_id brand_name brand_category business_registration_number tax_id documents social_media_accounts '
            'verification_status admin_notes reviewed_by reviewed_at submitted_at created_at updated_at'),
        ('social_media_accounts', 'id user_id platform username url is_verified verification_data followers_count created_at updated_at'),
        ('admin_approvals', 'id request_type request_id admin_id action notes metadata created_at'),
        ('categories', 'id name slug icon description parent_id is_active sort_order created_at updated_at display_order '
            'meta_title meta_description icon_url'),
        ('listings', 'id seller_id title slug description category_id condition price currency quantity images image_urls '
            'video_url location shipping_info tags status is_featured view_count favorite_count created_at updated_at '
            'published_at sold_at metadata'),
        ('product_variants', 'id listing_id name sku price quantity attributes is_active created_at'),
        ('favorites', 'id user_id listing_id created_at'),
        ('shopping_carts', 'id user_id expires_at created_at updated_at'),
        ('cart_items', 'id cart_id listing_id quantity added_at variant_id'),
        ('shipping_addresses', 'id user_id name phone address_line1 address_line2 city state_province postal_code country_code is_default '
            'created_at updated_at'),
        ('orders', 'id order_number buyer_id seller_id status subtotal shipping_cost tax_amount discount_amount total_amount '
            'currency shipping_address_id billing_address_id payment_method_id notes metadata created_at updated_at '
            'paid_at shipped_at delivered_at cancelled_at'),
        ('order_items', 'id order_id listing_id variant_id quantity unit_price total_price metadata created_at'),
        ('order_status_history', 'id order_id from_status to_status changed_by reason metadata created_at'),
        ('order_tracking', 'id order_id carrier tracking_number tracking_url status last_update events created_at'),
        ('payment_accounts', 'id user_id stripe_account_id account_type is_verified capabilities requirements metadata created_at '
            'updated_at'),
        ('payment_methods', 'id user_id type stripe_payment_method_id last4 brand exp_month exp_year is_default metadata created_at'),
        ('payment_transactions', 'id order_id amount currency status processor processor_transaction_id processor_response metadata '
            'created_at updated_at'),
        ('store_credits', 'id user_id amount reason expires_at used_amount created_at created_by'),
        ('stripe_webhook_events', 'id stripe_event_id type data processed error created_at'),
        ('transactions', 'id buyer_id seller_id order_id amount fee net_amount type status description metadata created_at'),
        ('conversations', 'id listing_id buyer_id seller_id last_message_at buyer_unread_count seller_unread_count created_at '
            'archived_by_buyer archived_by_seller'),
        ('messages', 'id conversation_id sender_id content attachments is_read created_at edited_at'),
        ('notifications', 'id user_id type title message action_url related_user_id related_order_id related_listing_id is_read '
            'read_at metadata created_at'),
        ('disputes', 'id dispute_number order_id initiated_by respondent_id type status title description resolution '
            'resolution_notes metadata created_at updated_at resolved_at'),
        ('dispute_messages', 'id dispute_id sender_id message attachments is_system_message is_staff_message is_private_note created_at'),
        ('shipping_labels', 'id order_id carrier tracking_number label_url cost created_at'),
        ('returns', 'id return_number order_id order_item_id requested_by reason status description photos '
            'return_shipping_label refund_amount replacement_order_id created_at updated_at approved_at completed_at'),
        ('coupons', 'id code name description discount_type discount_value minimum_purchase maximum_discount buy_quantity '
            'get_quantity usage_limit usage_count usage_limit_per_user valid_from valid_until is_active target_type '
            'seller_id category_ids listing_ids excluded_listing_ids new_users_only user_ids minimum_account_age_days '
            'can_stack total_discount_given created_by created_at updated_at'),
        ('coupon_usage', 'id coupon_id user_id order_id discount_amount order_amount is_successful failure_reason used_at'),
        ('user_follows', 'id follower_id following_id created_at'),
        ('user_ratings', 'id order_id rater_user_id rated_user_id rating type comment created_at updated_at'),
        ('user_stats_summary', 'user_id total_sales total_purchases total_spent total_earned average_rating total_ratings follower_count '
            'following_count response_rate response_time_hours ship_time_hours last_active_at updated_at'),
        ('active_user_sessions', 'id user_id username remember_me created_at last_used_at expires_at ip_address user_agent'),
        ('seller_payouts', 'id seller_id amount currency status stripe_payout_id stripe_transfer_id initiated_at completed_at '
            'failed_at failure_reason metadata created_at'),
        ('shipping_events', 'id order_id event_type event_data carrier tracking_number created_at'),
        ('admin_audit_log', 'id admin_id action target_type target_id old_values new_values ip_address user_agent created_at'),
        ('query_performance_log', 'id query_hash query_text execution_time_ms rows_affected user_id created_at'),
        ('database_health_metrics', 'id metric_name metric_value metric_unit metadata created_at'),
        ('slow_queries', 'id query_text execution_time_ms query_plan user_id created_at'),
        ('refund_requests', 'id order_id amount reason status requested_by processed_by requested_at processed_at stripe_refund_id '
            'metadata created_at')
$function$;
COMMENT ON FUNCTION private.reference_tables() IS
    'Tables of the reference schema and their columns.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.reference_gaps() RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    WITH found AS (
        SELECT t.name, t.columns, c.oid
          FROM private.reference_tables() t
          LEFT JOIN pg_class c ON c.relnamespace = '@extschema@'::regnamespace AND c.relname = t.name AND c.relkind = 'r'
    ), gap AS (
        SELECT 'table ' || f.name AS name FROM found f WHERE f.oid IS NULL
        UNION ALL
        SELECT format('column %s.%s', f.name, wanted.name)
          FROM found f CROSS JOIN LATERAL string_to_table(f.columns, ' ') AS wanted (name)
         WHERE f.oid IS NOT NULL
           AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = f.oid AND a.attname = wanted.name AND NOT a.attisdropped)
    )
    SELECT string_agg(g.name, ', ' ORDER BY g.name) FROM gap g
$function$;
COMMENT ON FUNCTION private.reference_gaps() IS
    'Lists the tables and columns of the reference schema that are missing; NULL if all exist.';

-- Steps of orders that are not younger are of the reference schema: others gave the number, and moved money and stock. Nobody can write
-- an entry of that time afterwards.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.adopted_until() RETURNS timestamptz
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT coalesce((SELECT v.installed_at FROM ONLY @extschema@.driplo_schema_version v), '-infinity')
$function$;
COMMENT ON FUNCTION private.adopted_until() IS
    'Returns when the tables became those of driplo; rows in them that are older were kept by adopt_reference().';

-- rights: owner
CREATE OR REPLACE FUNCTION private.require_reference() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    gaps text := private.reference_gaps();
BEGIN
    IF gaps IS NOT NULL THEN
        RAISE EXCEPTION 'tables in schema "%" are neither those of driplo nor those of the reference schema', '@extschema@'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('Missing: %s.', CASE WHEN length(gaps) > 1000 THEN left(gaps, 1000) || ' ...' ELSE gaps END),
                  HINT = 'Add what is missing if this is a reference schema from which parts were removed. Otherwise install driplo into its own schema: CREATE SCHEMA shop; CREATE EXTENSION driplo SCHEMA shop CASCADE';
    END IF;
END
$function$;
COMMENT ON FUNCTION private.require_reference() IS
    'Raises error 55000 unless the schema contains all tables and columns of the reference schema.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adoption_line(step text, object text, rows bigint, note text DEFAULT NULL) RETURNS jsonb
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT jsonb_build_array(jsonb_build_object('step', step, 'object', object, 'rows', rows, 'note', note))
$function$;
COMMENT ON FUNCTION private.adoption_line(text, text, bigint, text) IS
    'Returns a row of the result of adopt_reference().';

-- rights: owner
CREATE OR REPLACE FUNCTION @extschema@.adopt_reference(dry_run boolean DEFAULT false)
    RETURNS TABLE (step text, object text, rows bigint, note text)
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    SET standard_conforming_strings = on
    SET client_min_messages = warning
    AS $function$
DECLARE
    report jsonb := jsonb '[]';
    part record;
    role_before text := current_setting('session_replication_role');
BEGIN
    PERFORM private.require_superuser('adopt_reference()');
    PERFORM pg_advisory_xact_lock(hashtextextended('driplo', 0)); -- one at a time, as in prepare.sql
    IF EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass('@extschema@.driplo_schema_version') AND c.relowner = 'driplo_owner'::regrole) THEN
        RETURN QUERY SELECT 'nothing to do', 'schema @extschema@', 0::bigint, 'The tables already belong to driplo.';
        RETURN;
    END IF;
    PERFORM private.require_reference();
    -- What is repaired is no act of a user: no trigger looks at it, updated_at stays. Not in a SET clause, which only superusers may enter.
    PERFORM set_config('session_replication_role', 'replica', true);
    BEGIN
        report := report || private.adopt_tables();
        report := report || private.adopt_rows();
        report := report || private.adopt_keys();
        report := report || private.adopt_logic();
        report := report || private.adopt_ledger();
        -- the reference has a type for achievements and no table: they are in the badges
        WITH earned AS (
            INSERT INTO @extschema@.user_achievements (user_id, achievement)
            SELECT DISTINCT p.id, a.achievement FROM @extschema@.profiles p CROSS JOIN unnest(p.badges) AS b (badge)
              JOIN unnest(enum_range(NULL::@extschema@.achievement_type)) AS a (achievement) ON a.achievement::text = b.badge
            ON CONFLICT DO NOTHING
            RETURNING id
        ) SELECT report || CASE WHEN count(*) > 0 THEN private.adoption_line('rows', 'user_achievements', count(*), 'Badges that are achievements.') ELSE '[]' END
            INTO report FROM earned;
        report := report || private.adoption_line('search', 'listing_search', @extschema@.reindex_search(2147483647), 'Active listings indexed.');
        -- An integrity check that finds something does not stop it: the rows were so before, and can be corrected by people only.
        FOR part IN SELECT c.rule, c.object, c.detail FROM @extschema@.check_integrity() c ORDER BY 1, 2, 3 LOOP
            report := report || private.adoption_line('check', part.object, 1, format('%s: %s', part.rule, part.detail));
        END LOOP;
        IF dry_run THEN
            RAISE SQLSTATE 'MK999';
        END IF;
    EXCEPTION WHEN SQLSTATE 'MK999' THEN
        NULL;
    END;
    PERFORM set_config('session_replication_role', role_before, true);
    RETURN QUERY SELECT l.line ->> 'step', l.line ->> 'object', (l.line ->> 'rows')::bigint, l.line ->> 'note'
                   FROM jsonb_array_elements(report) WITH ORDINALITY AS l (line, number) ORDER BY l.number;
END
$function$;
COMMENT ON FUNCTION @extschema@.adopt_reference(boolean) IS
    'Makes tables of the reference schema those of driplo and keeps their rows; for use after CREATE EXTENSION '
    'with driplo.adopt_reference = on. Returns what was changed: structure, rows that the rules of driplo do not '
    'allow, opening entries of the ledger, and what you created, which is kept. With dry_run, returns the same and '
    'changes nothing. Superuser only (42501). Errors: 55000 for tables that are neither; those of a constraint '
    'that the rows violate.';
