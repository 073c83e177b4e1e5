-- Personal data: which tables say something of a person, and what of it the person gets in an export.

-- A row for each column that names a person, also without a foreign key, and one (column_name NULL) for each other way in which
-- a table is a person's, or for a table that says nothing of anybody. test/pgtap/privacy/map.sql compares it with the catalog.
--   treatment  export            all columns but those named in columns, with the reason in note
--              export_redacted   the columns named in columns, because the row is another person's too; length(COLUMN) is the
--                                length of a text instead of the text
--              not_personal      nothing, because it says nothing of a person that is not in another part
--              secret            nothing, because it opens something or is somebody else's; the reason is in note
--   part       what the part of the export is called
--   rows       which rows, $1 being the person; NULL: those whose column_name is the person
-- Other persons are shown by their usernames, whatever column names them.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.personal_data()
    RETURNS TABLE (table_name text, column_name text, treatment text, part text, columns text[], rows text, note text)
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER ROWS 150
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT v.table_name, v.column_name, v.treatment, v.part, COALESCE(v.columns::text[], '{}'), v.rows, v.note
      FROM (VALUES
        -- accounts
        ('auth.users', 'id', 'export_redacted', 'login', '{id,email,phone,created_at,updated_at,last_sign_in_at,email_confirmed_at,raw_user_meta_data}', NULL, NULL),
        ('profiles', 'id', 'export', 'profile', NULL, NULL, NULL),
        ('auth_sessions', 'user_id', 'export', 'sessions', '{refresh_token_hash}', NULL, 'the hash of a token'),
        ('auth_login_history', 'user_id', 'export', 'sign_ins', NULL, NULL, NULL),
        ('rate_limits', NULL, 'secret', NULL, NULL, NULL, 'counts of attempts by account or address, which are forgotten within the time of the limit'),
        ('rate_limit_rules', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('profile_setup_progress', 'user_id', 'export', 'onboarding', NULL, NULL, NULL),
        ('brand_verification_requests', 'user_id', 'export', 'brand_requests', '{reviewed_by}', NULL, 'who decided'),
        ('brand_verification_requests', 'reviewed_by', 'export_redacted', 'brand_requests_reviewed', '{id,verification_status,reviewed_at}', NULL, NULL),
        ('social_media_accounts', 'user_id', 'export', 'social_media_accounts', NULL, NULL, NULL),
        ('user_stats_summary', 'user_id', 'export', 'statistics', NULL, NULL, NULL),
        ('user_achievements', 'user_id', 'export', 'achievements', NULL, NULL, NULL),
        ('brand_profiles', 'user_id', 'export', 'brand_page', NULL, NULL, NULL),
        ('documents', 'user_id', 'export', 'documents', '{verified_by}', NULL, 'who decided'),
        ('documents', 'verified_by', 'export_redacted', 'documents_verified', '{id,type,status,verified_at}', NULL, NULL),

        -- catalog and search
        ('categories', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('category_slugs', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('category_counts', NULL, 'not_personal', NULL, NULL, NULL, 'numbers of listings'),
        ('listings', 'seller_id', 'export', 'listings', NULL, NULL, NULL),
        ('product_variants', 'seller_id', 'export', 'listing_variants', NULL, NULL, NULL),
        ('favorites', 'user_id', 'export', 'favorites', NULL, NULL, NULL),
        ('listing_conditions', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('listing_drafts', 'user_id', 'export', 'listing_draft', NULL, NULL, NULL),
        ('listing_prices', NULL, 'export', 'listing_prices', NULL, 't.listing_id IN (SELECT l.id FROM @extschema@.listings l WHERE l.seller_id = $1)', NULL),
        ('listing_search', 'seller_id', 'not_personal', NULL, NULL, NULL, 'words of the listings, for the search'),
        ('saved_searches', 'user_id', 'export', 'saved_searches', '{anchors,wanted,categories,seller_id,price_least,price_most,price_least_own,price_most_own}', NULL,
            'as what the query and the filters were read'),
        ('saved_searches', 'seller_id', 'not_personal', NULL, NULL, NULL, 'what another user looks for'),
        ('saved_search_matches', NULL, 'export', 'saved_search_matches', NULL, 't.search_id IN (SELECT s.id FROM @extschema@.saved_searches s WHERE s.user_id = $1)', NULL),
        ('search_words', NULL, 'not_personal', NULL, NULL, NULL, 'words of all listings'),
        ('search_brands', NULL, 'not_personal', NULL, NULL, NULL, 'brands of all listings'),
        ('search_synonyms', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('search_queries', NULL, 'not_personal', NULL, NULL, NULL, 'how often something was searched for'),
        ('search_query_people', NULL, 'not_personal', NULL, NULL, NULL, 'hashes with a key that is forgotten after a day'),

        -- offers: the words of the other side are the other side's
        ('offers', 'buyer_id', 'export', 'offers_made_as_buyer', NULL, 't.buyer_id = $1 AND t.made_by = ''buyer''', NULL),
        ('offers', NULL, 'export_redacted', 'offers_received_as_buyer',
            '{id,listing_id,variant_id,buyer_id,seller_id,quantity,amount,currency,status,made_by,parent_id,round,expires_at,answered_at,checkout_until,order_item_id,created_at,length(message)}',
            't.buyer_id = $1 AND t.made_by = ''seller''', NULL),
        ('offers', 'seller_id', 'export', 'offers_made_as_seller', NULL, 't.seller_id = $1 AND t.made_by = ''seller''', NULL),
        ('offers', NULL, 'export_redacted', 'offers_received_as_seller',
            '{id,listing_id,variant_id,buyer_id,seller_id,quantity,amount,currency,status,made_by,parent_id,round,expires_at,answered_at,checkout_until,order_item_id,created_at,length(message)}',
            't.seller_id = $1 AND t.made_by = ''buyer''', NULL),
        ('order_items', 'offer_id', 'not_personal', NULL, NULL, NULL, 'an offer'),
        ('order_items', 'commission_rule_id', 'not_personal', NULL, NULL, NULL, 'a rule'),
        ('messages', 'offer_id', 'not_personal', NULL, NULL, NULL, 'an offer'),
        ('offer_settings', 'seller_id', 'export', 'offer_settings', NULL, NULL, NULL),
        ('offer_campaigns', NULL, 'export', 'offers_to_likers', NULL, 't.listing_id IN (SELECT l.id FROM @extschema@.listings l WHERE l.seller_id = $1)', NULL),

        -- cart and orders
        ('shopping_carts', 'user_id', 'export', 'cart', '{claim_hash}', NULL, 'the hash of a code'),
        ('cart_items', NULL, 'export', 'cart_items', NULL, 't.cart_id IN (SELECT c.id FROM @extschema@.shopping_carts c WHERE c.user_id = $1)', NULL),
        ('shipping_addresses', 'user_id', 'export', 'addresses', NULL, NULL, NULL),
        ('orders', 'buyer_id', 'export', 'orders_bought', NULL, NULL, NULL),
        ('orders', 'seller_id', 'export_redacted', 'orders_sold',
            '{id,order_number,buyer_id,seller_id,status,subtotal,shipping_cost,tax_amount,discount_amount,total_amount,currency,created_at,
              paid_at,shipped_at,delivered_at,cancelled_at,store_credit_amount,platform_fee_amount,refunded_amount,released_at,tracking_number,shipping_carrier}', NULL, NULL),
        ('order_items', NULL, 'export', 'order_items_bought', NULL, 't.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.buyer_id = $1)', NULL),
        ('order_items', NULL, 'export_redacted', 'order_items_sold',
            '{id,order_id,listing_id,variant_id,quantity,unit_price,total_price,created_at,title,variant_name,image_url,discount_amount,
              platform_fee,description,condition,brand,size,color}', 't.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.seller_id = $1)', NULL),
        ('order_addresses', NULL, 'export', 'order_addresses', NULL, 't.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.buyer_id = $1)', NULL),
        ('order_status_history', 'changed_by', 'export_redacted', 'order_steps_taken', '{id,order_id,from_status,to_status,reason,created_at}', NULL, NULL),
        ('order_status_history', NULL, 'export_redacted', 'order_steps', '{id,order_id,from_status,to_status,created_at}',
            't.changed_by IS DISTINCT FROM $1 AND t.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.buyer_id = $1 UNION ALL SELECT o.id FROM @extschema@.orders o WHERE o.seller_id = $1)', NULL),
        ('order_tracking', NULL, 'export', 'parcels_bought', NULL, 't.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.buyer_id = $1)', NULL),
        ('order_tracking', NULL, 'export_redacted', 'parcels_sold', '{id,order_id,parcel_number,carrier,tracking_number,status,items,created_at}',
            't.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.seller_id = $1)', NULL),
        ('shipping_labels', NULL, 'export_redacted', 'labels_bought', '{id,order_id,carrier,tracking_number,label_url,created_at}',
            't.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.buyer_id = $1)', NULL),
        ('shipping_labels', NULL, 'export_redacted', 'labels_sold', '{id,order_id,carrier,tracking_number,cost,created_at}',
            't.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.seller_id = $1)', NULL),
        ('shipping_events', NULL, 'export', 'parcel_events_bought', NULL, 't.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.buyer_id = $1)', NULL),
        ('shipping_events', NULL, 'export_redacted', 'parcel_events_sold', '{id,order_id,event_type,carrier,tracking_number,created_at}',
            't.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.seller_id = $1)', NULL),
        ('checkouts', 'buyer_id', 'export', 'checkouts', NULL, NULL, NULL),

        -- payments
        ('payment_accounts', 'user_id', 'export', 'payout_account', '{bank_numbers}', NULL, 'the full numbers, which the bank has; the others are masked'),
        ('payment_methods', 'user_id', 'export', 'payment_methods', '{stripe_payment_method_id}', NULL, 'what a card is called at the processor'),
        ('payment_transactions', NULL, 'export_redacted', 'payments',
            '{id,order_id,amount,currency,status,processor,created_at,updated_at,refunded_amount,is_surplus}',
            't.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.buyer_id = $1)', NULL),
        ('gift_cards', 'buyer_id', 'export_redacted', 'gift_cards_bought', '{id,last4,amount,currency,status,expires_at,created_at}', NULL, NULL),
        ('gift_cards', 'redeemed_by', 'export_redacted', 'gift_cards_redeemed', '{id,last4,amount,currency,expires_at,redeemed_at}', NULL, NULL),
        ('store_credits', 'gift_card_id', 'not_personal', NULL, NULL, NULL, 'a gift card'),
        ('store_credits', 'user_id', 'export', 'store_credits', '{created_by}', NULL, 'who gave it'),
        ('store_credits', 'created_by', 'export_redacted', 'store_credits_given', '{id,amount,currency,created_at}', NULL, NULL),
        ('store_credit_usage', NULL, 'export', 'store_credits_used', NULL, 't.store_credit_id IN (SELECT c.id FROM @extschema@.store_credits c WHERE c.user_id = $1)', NULL),
        ('stripe_webhook_events', NULL, 'secret', NULL, NULL, NULL, 'what the payment processor has told of all its customers; what it says of a person is in the payments and payouts'),
        ('transactions', 'buyer_id', 'export_redacted', 'transactions_bought',
            '{id,buyer_id,seller_id,order_id,amount,type,status,description,created_at,listing_id}', NULL, NULL),
        ('transactions', 'seller_id', 'export_redacted', 'transactions_sold',
            '{id,buyer_id,seller_id,order_id,amount,fee,net_amount,type,status,description,created_at,listing_id}', NULL, NULL),
        ('seller_payouts', 'seller_id', 'export', 'payouts', '{metadata}', NULL, 'notes of the system'),
        ('refund_requests', 'requested_by', 'export', 'refunds_requested', '{processed_by,metadata}', NULL, 'who decided; notes of the system'),
        ('refund_requests', 'processed_by', 'export_redacted', 'refunds_decided', '{id,order_id,amount,status,processed_at,decision_note}', NULL, NULL),
        ('refund_requests', 'buyer_id', 'export_redacted', 'refunds_received',
            '{id,order_id,order_item_id,quantity,amount,credit_amount,status,refund_type,requested_at,processed_at,decision_note}',
            't.buyer_id = $1 AND t.requested_by IS DISTINCT FROM $1', NULL),
        ('refund_requests', 'seller_id', 'export_redacted', 'refunds_of_sales',
            '{id,order_id,order_item_id,quantity,amount,status,refund_type,requested_at,processed_at,seller_response,length(reason)}',
            't.seller_id = $1 AND t.requested_by IS DISTINCT FROM $1', NULL),
        ('ledger_entries', 'party_id', 'export', 'ledger', NULL, NULL, NULL),
        ('currencies', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('tax_rates', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('commission_rules', 'seller_id', 'export', 'commission_rules', NULL, NULL, NULL),
        ('exchange_rates', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),

        -- promotions
        ('coupons', 'seller_id', 'export', 'coupons', '{created_by,user_ids}', NULL, 'other users'),
        ('coupons', 'created_by', 'export_redacted', 'coupons_created', '{id,code,name,created_at}', 't.created_by = $1 AND t.seller_id IS DISTINCT FROM $1', NULL),
        ('coupons', 'user_ids', 'export_redacted', 'coupons_received', '{id,code,name,description,valid_from,valid_until,created_at}', '$1 = ANY (t.user_ids)', NULL),
        ('coupon_usage', 'user_id', 'export', 'coupons_used', NULL, NULL, NULL),

        -- messaging and notifications
        ('conversations', 'buyer_id', 'export_redacted', 'conversations_begun',
            '{id,listing_id,buyer_id,seller_id,last_message_at,buyer_unread_count,created_at,archived_by_buyer,is_direct,updated_at}', NULL, NULL),
        ('conversations', 'seller_id', 'export_redacted', 'conversations_received',
            '{id,listing_id,buyer_id,seller_id,last_message_at,seller_unread_count,created_at,archived_by_seller,is_direct,updated_at}', NULL, NULL),
        ('messages', 'sender_id', 'export', 'messages_sent', NULL, NULL, NULL),
        ('messages', NULL, 'export_redacted', 'messages_received', '{id,conversation_id,created_at,length(content)}',
            't.sender_id IS DISTINCT FROM $1 AND t.conversation_id IN (SELECT c.id FROM @extschema@.conversations c WHERE c.buyer_id = $1 UNION ALL SELECT c.id FROM @extschema@.conversations c WHERE c.seller_id = $1)', NULL),
        ('notifications', 'user_id', 'export_redacted', 'notifications',
            '{id,type,title,length(message),action_url,related_user_id,related_order_id,related_listing_id,is_read,read_at,created_at,count,seen_at,in_app}', NULL, NULL),
        ('notifications', 'related_user_id', 'not_personal', NULL, NULL, NULL, 'what another user was told'),
        ('notifications', 'actor_ids', 'not_personal', NULL, NULL, NULL, 'what another user was told'),
        ('notification_preferences', 'user_id', 'export', 'notification_preferences', NULL, NULL, NULL),
        ('notification_settings', 'user_id', 'export', 'notification_settings', NULL, NULL, NULL),
        ('message_texts', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('notification_templates', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('push_tokens', 'user_id', 'export', 'push_devices', '{token}', NULL, 'by which messages reach the device'),
        ('notification_deliveries', 'user_id', 'export_redacted', 'notification_deliveries', '{id,notification_id,channel,status,attempts,created_at,settled_at}', NULL, NULL),
        ('notification_marks', 'user_id', 'export_redacted', 'told_once', '{id,type,listing_id,price,told_at}', NULL, NULL),
        ('notification_marks', 'actor_id', 'export_redacted', 'told_of', '{id,type,listing_id,told_at}', NULL, NULL),
        ('notification_fanouts', 'actor_id', 'export_redacted', 'told_to_many', '{id,type,listing_id,told,created_at,finished_at}', NULL, NULL),
        ('notification_fanouts', 'last_user_id', 'not_personal', NULL, NULL, NULL, 'how far a job is'),
        ('user_follows', 'follower_id', 'export', 'follows', NULL, NULL, NULL),
        ('user_follows', 'following_id', 'export_redacted', 'followers', '{id,follower_id,created_at}', NULL, NULL),
        ('user_blocks', 'blocker_id', 'export', 'blocks', NULL, NULL, NULL),
        ('user_blocks', 'blocked_id', 'secret', NULL, NULL, NULL, 'who has blocked somebody is not told'),

        -- trust
        ('user_ratings', 'rater_user_id', 'export', 'ratings_given', NULL, NULL, NULL),
        ('user_ratings', 'rated_user_id', 'export_redacted', 'ratings_received', '{id,order_id,rater_user_id,rating,type,comment,created_at,updated_at}', NULL, NULL),
        ('disputes', 'initiated_by', 'export', 'disputes_opened', '{metadata}', NULL, 'notes of the system'),
        ('disputes', 'respondent_id', 'export_redacted', 'disputes_answered',
            '{id,dispute_number,order_id,initiated_by,type,status,resolution,resolution_notes,created_at,updated_at,resolved_at,length(title),length(description)}', NULL, NULL),
        ('dispute_messages', 'sender_id', 'export', 'dispute_messages_sent', NULL, NULL, NULL),
        ('dispute_messages', NULL, 'export_redacted', 'dispute_messages_received', '{id,dispute_id,is_system_message,is_staff_message,created_at,length(message)}',
            't.sender_id IS DISTINCT FROM $1 AND t.is_private_note IS NOT TRUE AND t.dispute_id IN (SELECT d.id FROM @extschema@.disputes d WHERE d.initiated_by = $1 UNION ALL SELECT d.id FROM @extschema@.disputes d WHERE d.respondent_id = $1)', NULL),
        ('returns', 'requested_by', 'export', 'returns_requested', '{history}', NULL, 'who took which step'),
        ('returns', NULL, 'export_redacted', 'returns_of_sales',
            '{id,return_number,order_id,order_item_id,quantity,requested_by,reason,status,refund_amount,deducted_amount,created_at,approved_at,completed_at,length(description)}',
            't.requested_by IS DISTINCT FROM $1 AND t.order_id IN (SELECT o.id FROM @extschema@.orders o WHERE o.seller_id = $1)', NULL),

        -- reports: who has reported somebody is not told
        ('reports', 'reporter_id', 'export', 'reports_made', '{snapshot,priority,claimed_by,claimed_until,owner_left_at}', NULL, 'what another user had written, and how the staff works'),
        ('reports', 'target_owner', 'secret', NULL, NULL, NULL, 'who has reported somebody is not told; what was decided is in reports_decided'),
        ('reports', NULL, 'export_redacted', 'reports_decided', '{target_type,category,decision,decided_at}',
            't.target_owner = $1 AND t.reporter_id IS DISTINCT FROM $1 AND t.decision <> ''dismiss''', NULL),
        ('reports', 'claimed_by', 'export_redacted', 'reports_claimed', '{id,status,claimed_until}', NULL, NULL),
        ('reports', 'target_id', 'not_personal', NULL, NULL, NULL, 'which of the user''s things was reported'),
        ('report_decisions', 'decided_by', 'export_redacted', 'report_decisions_made', '{id,decision,decided_at,length(reasons)}', NULL, NULL),
        ('report_decisions', NULL, 'export_redacted', 'report_decisions', '{id,decision,reasons,legal_ground,is_automatic,suspended_until,decided_at}',
            't.decision <> ''dismiss'' AND t.report_id IN (SELECT r.id FROM @extschema@.reports r WHERE r.target_owner = $1)', NULL),
        ('report_appeals', 'appellant_id', 'export', 'report_appeals', NULL, NULL, NULL),

        -- administration
        ('admin_approvals', 'admin_id', 'export_redacted', 'decisions_made', '{id,request_type,action,notes,created_at}', NULL, NULL),
        ('admin_approvals', 'request_id', 'export_redacted', 'decisions_received', '{id,request_type,action,created_at}',
            't.request_id = $1 OR t.request_type = ''brand_verification'' AND t.request_id IN (SELECT b.id FROM @extschema@.brand_verification_requests b WHERE b.user_id = $1)', NULL),
        ('admin_audit_log', 'admin_id', 'export_redacted', 'acts_as_staff', '{id,action,target_type,ip_address,user_agent,created_at}', NULL, NULL),
        ('admin_audit_log', 'target_id', 'export_redacted', 'acts_of_staff', '{id,action,target_type,created_at}', NULL, NULL),
        ('driplo_schema_version', NULL, 'not_personal', NULL, NULL, NULL, 'the version'),
        ('driplo_secrets', NULL, 'secret', NULL, NULL, NULL, 'the shop''s keys'),

        -- monitoring, jobs, outbox, webhooks
        ('active_user_sessions', 'user_id', 'export', 'active_sessions', NULL, NULL, NULL),
        ('query_performance_log', 'user_id', 'export_redacted', 'measured_queries', '{id,execution_time_ms,created_at}', NULL, NULL),
        ('slow_queries', 'user_id', 'export_redacted', 'slow_queries', '{id,execution_time_ms,created_at}', NULL, NULL),
        ('database_health_metrics', NULL, 'not_personal', NULL, NULL, NULL, 'measurements of the server'),
        ('query_snapshots', NULL, 'not_personal', NULL, NULL, NULL, 'measurements of the server'),
        ('job_schedules', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('queued_jobs', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('job_runs', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),
        ('outbox_events', 'subject_id', 'not_personal', NULL, NULL, NULL, 'that something is in another part, until others have been told of it'),
        ('outbox_events', 'actor_id', 'not_personal', NULL, NULL, NULL, 'that something is in another part, until others have been told of it'),
        ('outbox_dead', 'subject_id', 'not_personal', NULL, NULL, NULL, 'that something is in another part, and others could not be told of it'),
        ('outbox_dead', 'actor_id', 'not_personal', NULL, NULL, NULL, 'that something is in another part, and others could not be told of it'),
        ('webhook_endpoints', NULL, 'secret', NULL, NULL, NULL, 'the shop''s keys'),
        ('webhook_deliveries', NULL, 'secret', NULL, NULL, NULL, 'copies of what is in other parts, on their way to programs of the shop'),

        -- statistics
        ('listing_views', NULL, 'not_personal', NULL, NULL, NULL, 'hashes with a key that is forgotten after a day'),
        ('listing_stats_daily', NULL, 'export', 'listing_days', NULL, 't.listing_id IN (SELECT l.id FROM @extschema@.listings l WHERE l.seller_id = $1)', NULL),
        ('seller_stats_daily', 'seller_id', 'export', 'selling_days', NULL, NULL, NULL),
        ('statistics_due', 'user_id', 'not_personal', NULL, NULL, NULL, 'that the statistics are to be counted'),
        ('statistics_progress', NULL, 'not_personal', NULL, NULL, NULL, 'how far a job is'),
        ('achievement_rules', NULL, 'not_personal', NULL, NULL, NULL, 'the shop''s'),

        -- privacy
        ('data_exports', 'user_id', 'export', 'data_exports', NULL, NULL, NULL),
        ('data_export_parts', NULL, 'not_personal', NULL, NULL, NULL, 'the export itself'),
        ('account_deletions', 'user_id', 'export', 'account_deletion', NULL, NULL, NULL)
      ) AS v (table_name, column_name, treatment, part, columns, rows, note)
$function$;
COMMENT ON FUNCTION private.personal_data() IS
    'Which columns of which tables name a person, and what of these rows an export of that person contains.';

-- Put together from what stands above and in the catalog, and called by functions that run as driplo_owner: no word of it is a caller's.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.personal_statement(wanted text)
    RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    WITH described AS MATERIALIZED (
        SELECT d.*, c.oid AS relation, n.nspname, c.relname
          FROM private.personal_data() AS d
          JOIN pg_class c ON c.relname = CASE WHEN d.table_name = 'auth.users' THEN 'users' ELSE d.table_name END AND c.relkind IN ('r', 'p')
          JOIN pg_namespace n ON n.oid = c.relnamespace
                              AND n.oid = CASE WHEN d.table_name = 'auth.users' THEN to_regnamespace('auth') ELSE '@extschema@'::regnamespace END
         WHERE d.part = wanted
    ), named AS (
        SELECT k.conkey[1] AS attnum
          FROM described d
          JOIN pg_constraint k ON k.conrelid = d.relation AND k.contype = 'f' AND cardinality(k.conkey) = 1
          JOIN pg_class c ON c.oid = k.confrelid
         -- by the catalog: a name of the authentication service's schema needs a right on it
         WHERE (c.relname = 'profiles' AND c.relnamespace = '@extschema@'::regnamespace OR c.relname = 'users' AND c.relnamespace = to_regnamespace('auth'))
           AND d.relname <> 'profiles'
    ), shown AS (
        SELECT a.attnum AS position,
               CASE WHEN a.atttypid = 'uuid'::regtype AND d.relname NOT IN ('profiles', 'users')
                         AND (a.attnum IN (SELECT k.attnum FROM named k) OR a.attname = d.column_name AND d.column_name NOT IN ('target_id', 'request_id'))
                    THEN format('(SELECT p.username FROM @extschema@.profiles p WHERE p.id = t.%I) AS %I', a.attname, regexp_replace(a.attname, '(_user)?_id$', ''))
                    ELSE format('t.%I', a.attname) END AS expression
          FROM described d
          JOIN pg_attribute a ON a.attrelid = d.relation AND a.attnum > 0 AND NOT a.attisdropped
         WHERE (a.attname = ANY (d.columns)) = (d.treatment = 'export_redacted')
        UNION ALL
        SELECT 10000 + a.attnum, format('length(t.%I) AS %I', a.attname, a.attname || '_length')
          FROM described d
          JOIN pg_attribute a ON a.attrelid = d.relation AND a.attnum > 0 AND NOT a.attisdropped
         WHERE d.treatment = 'export_redacted' AND format('length(%s)', a.attname) = ANY (d.columns)
    ), keyed AS (
        SELECT format('concat_ws(''/'', %s)', string_agg(format('t.%I', a.attname), ', ' ORDER BY array_position(i.indkey::int2[], a.attnum))) AS key
          FROM described d
          JOIN pg_index i ON i.indrelid = d.relation AND i.indisprimary
          JOIN pg_attribute a ON a.attrelid = d.relation AND a.attnum = ANY (i.indkey)
    )
    -- The rows are chosen before they are made JSON. As many as fit, but one: a row may be of any size.
    SELECT format($statement$
        WITH page AS (
            SELECT t.driplo_key, to_jsonb(x) AS body
              FROM (SELECT t.*, %1$s COLLATE "C" AS driplo_key
                      FROM %2$I.%3$I t
                     WHERE (%4$s) AND ($2 IS NULL OR %1$s > $2 COLLATE "C")
                     ORDER BY driplo_key LIMIT $3) t
             CROSS JOIN LATERAL (SELECT %5$s) x
        ), sized AS (
            SELECT p.driplo_key, p.body, octet_length(p.body::text) AS bytes, sum(octet_length(p.body::text)) OVER (ORDER BY p.driplo_key) AS so_far FROM page p
        )
        SELECT jsonb_agg(s.body ORDER BY s.driplo_key), count(*)::integer, sum(s.bytes)::bigint, max(s.driplo_key) FROM sized s WHERE s.so_far - s.bytes < $4
        $statement$, k.key, d.nspname, d.relname, COALESCE(d.rows, format('t.%I = $1', d.column_name)),
        (SELECT string_agg(s.expression, ', ' ORDER BY s.position) FROM shown s))
      FROM described d, keyed k
$function$;
COMMENT ON FUNCTION private.personal_statement(text) IS
    'The statement by which personal_rows() reads a part of personal_data(); NULL for an unknown part.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.personal_rows(part text, user_id uuid, after_key text, max_rows integer, max_bytes bigint)
    RETURNS TABLE (body jsonb, n integer, bytes bigint, last_key text)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- The authentication service's own table can be read where driplo made it.
    IF part = 'login' AND NOT COALESCE((SELECT has_schema_privilege(s.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND NOT row_security_active(c.oid)
                                          FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace AND s.nspname = 'auth' WHERE c.relname = 'users'), false) THEN
        RETURN QUERY SELECT NULL::jsonb, 0, 0::bigint, NULL::text;
        RETURN;
    END IF;
    RETURN QUERY EXECUTE private.personal_statement(part) USING user_id, after_key, max_rows, max_bytes;
END;
$function$;
COMMENT ON FUNCTION private.personal_rows(text, uuid, text, integer, bigint) IS
    'The next rows of a part of an export, after a key: an array of objects, NULL for none, and how many; with fewer than max_bytes '
    'bytes, or one row.';
