-- Rights: what each client role may do with tables, as data, in one place; what it may do with a function stands above the
-- function's declaration. Installing revokes everything and grants exactly these
-- rows; security_advisor() reports what a client may do beyond them. Row level security then says in which rows.
--
-- What signed-in users may write by columns they may write as a whole statement too (opened_rights()), because most clients
-- name all columns; a guard, which reads the column grants, judges what the statement says. So a statement that is not
-- theirs to make is refused in words (write_hints()), and not by a grant alone.
--
-- What is not here, and why:
-- * What is legal or not by the old and the new row together is granted, and a trigger checks it: usernames (reserved
--   words), the brand name of a verified brand.
-- * What only a function may do has no row at all: returns, disputes, refunds, payouts, tracking, ledger.
-- * Counters, flags and times that the database or the service keeps are in no INSERT or UPDATE list. An id of a user
--   is in an INSERT list where the policy says whose it must be.
-- * Nobody gets TRUNCATE (row level security does not cover it), REFERENCES or TRIGGER.

-- rights: service_role
CREATE OR REPLACE FUNCTION private.table_rights()
    RETURNS TABLE(table_name text, role_name text, privilege text, columns text[])
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT client.table_name, unnest(client.role_names), client.privilege, client.columns
    FROM (VALUES
        -- accounts
        ('profiles', '{anon,authenticated}'::text[], 'SELECT',
            '{id,username,full_name,bio,avatar_url,cover_url,avatar_urls,cover_urls,is_seller,is_verified,account_type,
              brand_name,brand_description,brand_logo_url,badges,total_sales,seller_rating,seller_rating_count,
              avatar_style,avatar_seed,custom_avatar_url,created_at,website,social_links,follower_count,following_count,
              listings_count}'::text[]),
        ('profiles', '{authenticated}', 'UPDATE',
            '{username,brand_name,full_name,bio,avatar_url,cover_url,avatar_urls,cover_urls,phone,date_of_birth,gender,location,is_seller,
              account_type,brand_description,brand_size,avatar_style,avatar_seed,custom_avatar_url,settings,preferences,
              website,social_links,needs_username_setup,onboarding_completed,onboarding_step,language_preference,privacy_settings}'),
        ('auth_sessions', '{authenticated}', 'SELECT',
            '{id,user_id,remember_me,user_agent,ip_address,expires_at,created_at,last_used_at}'),
        ('auth_login_history', '{authenticated}', 'SELECT', NULL),
        ('profile_setup_progress', '{authenticated}', 'SELECT', NULL),
        ('profile_setup_progress', '{authenticated}', 'INSERT', '{id,user_id,step_name,completed,completed_at,data}'),
        -- with the key columns, because an upsert through PostgREST sets every column that it was given
        ('profile_setup_progress', '{authenticated}', 'UPDATE', '{user_id,step_name,completed,completed_at,data}'),
        ('brand_verification_requests', '{authenticated}', 'SELECT', NULL),
        ('brand_verification_requests', '{authenticated}', 'INSERT',
            '{id,user_id,brand_name,brand_category,business_registration_number,tax_id,documents,social_media_accounts}'),
        -- the last five are an admin's: the policies and a guard keep them NULL in an applicant's row
        ('brand_verification_requests', '{authenticated}', 'UPDATE',
            '{brand_name,brand_category,business_registration_number,tax_id,documents,social_media_accounts,
              verification_status,admin_notes,reviewed_by,reviewed_at,reviewed_revision}'),
        ('social_media_accounts', '{anon,authenticated}', 'SELECT',
            '{id,user_id,platform,username,url,is_verified,followers_count,created_at,updated_at}'),
        ('social_media_accounts', '{authenticated}', 'INSERT', '{id,user_id,platform,username,url}'),
        ('social_media_accounts', '{authenticated}', 'UPDATE', '{user_id,platform,username,url}'),
        ('social_media_accounts', '{authenticated}', 'DELETE', NULL),
        ('user_stats_summary', '{authenticated}', 'SELECT', NULL),
        ('user_achievements', '{authenticated}', 'SELECT', NULL),
        ('brand_profiles', '{anon,authenticated}', 'SELECT', NULL),
        ('brand_profiles', '{authenticated}', 'INSERT',
            '{id,user_id,brand_name,brand_slug,brand_description,brand_story,brand_values,brand_mission,brand_logo_url,brand_cover_url,
              website_url,instagram_url,facebook_url,twitter_url,youtube_url,tiktok_url,social_links}'),
        ('brand_profiles', '{authenticated}', 'UPDATE',
            '{brand_name,brand_slug,brand_description,brand_story,brand_values,brand_mission,brand_logo_url,brand_cover_url,
              website_url,instagram_url,facebook_url,twitter_url,youtube_url,tiktok_url,social_links}'),
        ('brand_profiles', '{authenticated}', 'DELETE', NULL),
        -- what was handed in is not changed, and what the staff made of it is the service's to write
        ('documents', '{authenticated}', 'SELECT',
            '{id,user_id,type,name,url,mime_type,size,status,verified_at,rejection_reason,created_at,updated_at}'),
        ('documents', '{authenticated}', 'INSERT', '{id,user_id,type,name,url,mime_type,size}'),
        ('documents', '{authenticated}', 'DELETE', NULL),

        -- catalog
        ('categories', '{anon,authenticated}', 'SELECT', NULL),
        ('categories', '{authenticated}', 'INSERT',
            '{id,name,slug,icon,description,parent_id,is_active,sort_order,display_order,meta_title,meta_description,icon_url,translations}'),
        ('categories', '{authenticated}', 'UPDATE',
            '{name,slug,icon,description,parent_id,is_active,sort_order,display_order,meta_title,meta_description,icon_url,translations}'),
        ('categories', '{authenticated}', 'DELETE', NULL),
        ('category_slugs', '{anon,authenticated}', 'SELECT', NULL),
        ('category_counts', '{anon,authenticated}', 'SELECT', NULL),
        ('listings', '{anon,authenticated}', 'SELECT', NULL),
        ('listings', '{authenticated}', 'INSERT',
            -- the slug may be left out: guard_listing() makes one
            '{id,seller_id,title,slug,description,category_id,condition,price,currency,quantity,images,image_urls,video_url,
              location,shipping_info,tags,status,brand,size,color,materials,subcategory_id,location_city,shipping_cost,shipping_type,
              ships_worldwide,image_metadata,language}'),
        ('listings', '{authenticated}', 'UPDATE',
            '{title,slug,description,category_id,condition,price,currency,quantity,images,image_urls,video_url,
              location,shipping_info,tags,status,brand,size,color,materials,subcategory_id,location_city,shipping_cost,shipping_type,
              ships_worldwide,image_metadata,language}'),
        ('listings', '{authenticated}', 'DELETE', NULL),
        ('listing_conditions', '{anon,authenticated}', 'SELECT', NULL),
        ('listing_drafts', '{authenticated}', 'SELECT', NULL),
        ('listing_drafts', '{authenticated}', 'INSERT', '{id,user_id,form_data}'),
        -- with the key column, because an upsert through PostgREST sets every column that it was given
        ('listing_drafts', '{authenticated}', 'UPDATE', '{user_id,form_data}'),
        ('listing_drafts', '{authenticated}', 'DELETE', NULL),
        ('product_variants', '{anon,authenticated}', 'SELECT', NULL),
        ('product_variants', '{authenticated}', 'INSERT', '{id,listing_id,name,sku,price,quantity,attributes,is_active}'),
        ('product_variants', '{authenticated}', 'UPDATE', '{name,sku,price,quantity,attributes,is_active}'),
        ('product_variants', '{authenticated}', 'DELETE', NULL),
        ('favorites', '{authenticated}', 'SELECT', NULL),
        ('favorites', '{authenticated}', 'INSERT', '{id,user_id,listing_id}'),
        -- no column: an upsert of a row that is there already comes through, because it changes nothing
        ('favorites', '{authenticated}', 'UPDATE', '{}'),
        ('favorites', '{authenticated}', 'DELETE', NULL),

        -- cart
        ('shopping_carts', '{authenticated}', 'SELECT', NULL),
        ('shopping_carts', '{authenticated}', 'INSERT', '{id,user_id}'),
        ('shopping_carts', '{authenticated}', 'UPDATE', '{}'),
        ('cart_items', '{authenticated}', 'SELECT', NULL),
        ('cart_items', '{authenticated}', 'INSERT', '{id,cart_id,listing_id,variant_id,quantity}'),
        ('cart_items', '{authenticated}', 'UPDATE', '{quantity}'),
        ('cart_items', '{authenticated}', 'DELETE', NULL),

        -- offers: functions write them
        ('offers', '{authenticated}', 'SELECT', NULL),
        ('offer_settings', '{authenticated}', 'SELECT', NULL),

        -- orders
        ('shipping_addresses', '{authenticated}', 'SELECT', NULL),
        ('shipping_addresses', '{authenticated}', 'INSERT',
            '{id,user_id,name,phone,address_line1,address_line2,city,state_province,postal_code,country_code,is_default}'),
        ('shipping_addresses', '{authenticated}', 'UPDATE',
            '{name,phone,address_line1,address_line2,city,state_province,postal_code,country_code,is_default}'),
        ('shipping_addresses', '{authenticated}', 'DELETE', NULL),
        ('orders', '{authenticated}', 'SELECT', NULL),
        -- guard_order_status() checks each step; amounts, parties, numbers and dates are never a client's
        ('orders', '{authenticated}', 'UPDATE', '{status}'),
        ('order_items', '{authenticated}', 'SELECT', NULL),
        ('order_addresses', '{authenticated}', 'SELECT', NULL),
        ('order_status_history', '{authenticated}', 'SELECT', NULL),
        ('order_tracking', '{authenticated}', 'SELECT', NULL),
        ('shipping_labels', '{authenticated}', 'SELECT', NULL),
        ('shipping_events', '{authenticated}', 'SELECT', NULL),
        ('checkouts', '{authenticated}', 'SELECT', NULL),

        -- payments: what the processor told us is not for clients
        ('payment_accounts', '{authenticated}', 'SELECT',
            '{id,user_id,account_type,is_verified,capabilities,requirements,created_at,updated_at,payout_method,revtag,
              paypal_email,bank_name,bank_account_name,bank_account_number,bank_routing_number,verified}'),
        -- verified, to take it back: hide_bank_numbers() sees to it that it is set by the service alone
        ('payment_accounts', '{authenticated}', 'INSERT',
            '{id,user_id,payout_method,revtag,paypal_email,bank_name,bank_account_name,bank_account_number,bank_routing_number,verified}'),
        ('payment_accounts', '{authenticated}', 'UPDATE',
            '{payout_method,revtag,paypal_email,bank_name,bank_account_name,bank_account_number,bank_routing_number,verified}'),
        ('payment_methods', '{authenticated}', 'SELECT',
            '{id,user_id,type,last4,brand,exp_month,exp_year,is_default,created_at}'),
        -- no INSERT: a client could name a card that is somebody else's at the processor
        ('payment_methods', '{authenticated}', 'UPDATE', '{is_default}'),
        ('payment_methods', '{authenticated}', 'DELETE', NULL),
        ('payment_transactions', '{authenticated}', 'SELECT',
            '{id,order_id,amount,currency,status,processor,created_at,updated_at,refunded_amount,is_surplus}'),
        ('store_credits', '{authenticated}', 'SELECT', '{id,user_id,amount,reason,expires_at,used_amount,created_at,currency,expired_amount,gift_card_id}'),
        ('gift_cards', '{authenticated}', 'SELECT',
            '{id,last4,amount,currency,status,buyer_id,redeemed_by,processor,processor_transaction_id,payment_item,expires_at,
              created_at,redeemed_at,cancellation_reason}'),
        ('store_credit_usage', '{authenticated}', 'SELECT', NULL),
        ('transactions', '{authenticated}', 'SELECT',
            '{id,buyer_id,seller_id,order_id,amount,fee,net_amount,type,status,description,created_at,listing_id}'),
        ('seller_payouts', '{authenticated}', 'SELECT',
            '{id,seller_id,amount,currency,status,initiated_at,completed_at,failed_at,failure_reason,created_at}'),
        ('refund_requests', '{authenticated}', 'SELECT',
            '{id,order_id,amount,reason,status,requested_by,requested_at,processed_at,created_at,credit_amount,decision_note,order_item_id,
              quantity,buyer_id,seller_id,refund_type,seller_response}'),
        ('ledger_entries', '{authenticated}', 'SELECT', NULL),
        ('currencies', '{anon,authenticated}', 'SELECT', NULL),
        ('tax_rates', '{anon,authenticated}', 'SELECT', NULL),
        ('commission_rules', '{authenticated}', 'SELECT', NULL),
        ('exchange_rates', '{anon,authenticated}', 'SELECT', NULL),

        -- promotions: anon sees what is on offer, a code only who has signed in
        ('coupons', '{anon}', 'SELECT',
            '{id,name,description,discount_type,discount_value,minimum_purchase,maximum_discount,buy_quantity,get_quantity,
              valid_from,valid_until,target_type,seller_id,category_ids,listing_ids,excluded_listing_ids,
              minimum_account_age_days,can_stack,currency,get_category_ids,get_listing_ids}'),
        ('coupons', '{authenticated}', 'SELECT',
            '{id,code,name,description,discount_type,discount_value,minimum_purchase,maximum_discount,buy_quantity,
              get_quantity,usage_limit,usage_count,usage_limit_per_user,valid_from,valid_until,is_active,target_type,
              seller_id,category_ids,listing_ids,excluded_listing_ids,new_users_only,user_ids,minimum_account_age_days,
              can_stack,created_at,updated_at,currency,is_public,get_category_ids,
              get_listing_ids}'),
        ('coupons', '{authenticated}', 'INSERT',
            '{id,code,name,description,discount_type,discount_value,minimum_purchase,maximum_discount,buy_quantity,
              get_quantity,usage_limit,usage_limit_per_user,valid_from,valid_until,is_active,target_type,seller_id,
              category_ids,listing_ids,excluded_listing_ids,new_users_only,user_ids,minimum_account_age_days,can_stack,
              created_by,currency,is_public,get_category_ids,
              get_listing_ids}'),
        ('coupons', '{authenticated}', 'UPDATE',
            '{code,name,description,discount_type,discount_value,minimum_purchase,maximum_discount,buy_quantity,
              get_quantity,usage_limit,usage_limit_per_user,valid_from,valid_until,is_active,target_type,
              category_ids,listing_ids,excluded_listing_ids,new_users_only,user_ids,minimum_account_age_days,can_stack,
              currency,is_public,get_category_ids,
              get_listing_ids}'),
        ('coupons', '{authenticated}', 'DELETE', NULL),
        ('coupon_usage', '{authenticated}', 'SELECT', NULL),

        -- messaging
        ('conversations', '{authenticated}', 'SELECT', NULL),
        ('conversations', '{authenticated}', 'INSERT', '{id,listing_id,buyer_id,seller_id}'),
        -- guard_conversation() keeps each side to its own mark
        ('conversations', '{authenticated}', 'UPDATE', '{archived_by_buyer,archived_by_seller}'),
        ('messages', '{authenticated}', 'SELECT', NULL),
        ('messages', '{authenticated}', 'INSERT', '{id,conversation_id,sender_id,content,attachments}'),
        -- guard_message() lets the recipient alone
        ('messages', '{authenticated}', 'UPDATE', '{is_read,read_at}'),
        ('notifications', '{authenticated}', 'SELECT', NULL),
        ('notifications', '{authenticated}', 'UPDATE', '{is_read,read_at}'),
        ('notifications', '{authenticated}', 'DELETE', NULL),
        ('notification_preferences', '{authenticated}', 'SELECT', NULL),
        ('notification_preferences', '{authenticated}', 'INSERT', '{user_id,type,channel,enabled}'),
        ('notification_preferences', '{authenticated}', 'UPDATE', '{user_id,type,channel,enabled}'),
        ('notification_preferences', '{authenticated}', 'DELETE', NULL),
        ('notification_settings', '{authenticated}', 'SELECT', NULL),
        ('user_follows', '{anon,authenticated}', 'SELECT', NULL),
        ('user_follows', '{authenticated}', 'INSERT', '{id,follower_id,following_id}'),
        ('user_follows', '{authenticated}', 'UPDATE', '{}'),
        ('user_follows', '{authenticated}', 'DELETE', NULL),
        ('user_blocks', '{authenticated}', 'SELECT', NULL),

        -- trust
        ('user_ratings', '{anon}', 'SELECT', '{id,rater_user_id,rated_user_id,rating,type,comment,created_at,updated_at,hidden_at}'),
        ('user_ratings', '{authenticated}', 'SELECT', NULL),
        ('user_ratings', '{authenticated}', 'INSERT', '{id,order_id,rater_user_id,rated_user_id,rating,type,comment}'),
        ('disputes', '{authenticated}', 'SELECT',
            '{id,dispute_number,order_id,initiated_by,respondent_id,type,status,title,description,resolution,
              resolution_notes,created_at,updated_at,resolved_at,awaiting_since,is_open}'),
        ('dispute_messages', '{authenticated}', 'SELECT', NULL),
        ('returns', '{authenticated}', 'SELECT', NULL),

        -- admin: the policies let admins in and nobody else
        ('admin_approvals', '{authenticated}', 'SELECT', NULL),
        ('admin_approvals', '{authenticated}', 'INSERT', '{id,request_type,request_id,admin_id,action,notes,metadata}'),
        ('admin_audit_log', '{authenticated}', 'SELECT', NULL)
    ) AS client (table_name, role_names, privilege, columns)

    UNION ALL

    -- service_role, the application's back end, passes row level security. It has no right on driplo_secrets and
    -- webhook_endpoints, which have secrets.
    SELECT unnest(service.table_names), 'service_role', right_of.privilege, NULL
    FROM (VALUES
        ('{
            profiles,auth_sessions,auth_login_history,profile_setup_progress,brand_verification_requests,
            social_media_accounts,user_stats_summary,user_achievements,brand_profiles,documents,rate_limits,
            category_slugs,category_counts,
            categories,listings,listing_conditions,listing_drafts,product_variants,favorites,
            shopping_carts,cart_items,
            offer_settings,
            shipping_addresses,order_addresses,order_tracking,shipping_labels,shipping_events,checkouts,
            payment_accounts,payment_methods,payment_transactions,gift_cards,store_credits,store_credit_usage,stripe_webhook_events,transactions,
            seller_payouts,refund_requests,exchange_rates,currencies,tax_rates,commission_rules,
            coupons,coupon_usage,
            conversations,messages,notifications,notification_preferences,notification_settings,notification_templates,push_tokens,message_texts,
            user_follows,user_blocks,
            user_ratings,disputes,dispute_messages,returns,
            admin_approvals,
            active_user_sessions,query_performance_log,database_health_metrics,slow_queries
        }'::text[], '{SELECT,INSERT,UPDATE,DELETE}'::text[]),
        -- what was bought at which price is settled: a wrong order is cancelled, which gives its stock back and
        -- keeps its history, and its buyer orders again
        ('{orders}', '{SELECT,INSERT,UPDATE}'),
        ('{order_items}', '{SELECT,INSERT}'),
        -- only ever appended: a record that its writer can change later proves nothing
        ('{order_status_history,ledger_entries,admin_audit_log}', '{SELECT,INSERT}'),
        -- a negotiation stays as it was
        ('{offers,offer_campaigns}', '{SELECT}'),
        -- claimed and settled by functions
        ('{notification_deliveries,notification_marks,notification_fanouts,listing_prices,saved_searches,saved_search_matches}', '{SELECT}'),
        -- made from other tables, and counted so that nobody is known by it
        ('{listing_search,search_words,search_brands,search_synonyms,search_queries,listing_stats_daily,
           seller_stats_daily,statistics_due,statistics_progress,achievement_rules,query_snapshots,data_exports,account_deletions,rate_limit_rules}', '{SELECT}'),
        -- written by functions, which ask whose case it is
        ('{reports,report_decisions,report_appeals}', '{SELECT}')
    ) AS service (table_names, privileges),
        unnest(service.privileges) AS right_of (privilege)

    UNION ALL

    VALUES
        ('driplo_schema_version', 'service_role', 'SELECT', NULL::text[]),
        ('job_schedules', 'service_role', 'SELECT', NULL),
        ('queued_jobs', 'service_role', 'SELECT', NULL),
        ('job_runs', 'service_role', 'SELECT', NULL),
        ('outbox_events', 'service_role', 'SELECT', NULL),
        ('outbox_dead', 'service_role', 'SELECT', NULL),
        ('outbox_dead', 'service_role', 'DELETE', NULL),
        ('webhook_deliveries', 'service_role', 'SELECT', NULL),
        -- the default of auth_login_history.id; GRANT takes a sequence under the word TABLE too
        ('auth_login_history_id_seq', 'service_role', 'USAGE', NULL::text[])
$function$;
COMMENT ON FUNCTION private.table_rights() IS
    'Privileges of anon, authenticated, and service_role on tables and sequences, one row for each relation, '
    'role, and privilege; columns is NULL for the whole relation. Privileges without a row are not granted, '
    'except for opened_rights().';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.opened_rights()
    RETURNS TABLE(table_name text, role_name text, privilege text)
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT r.table_name, r.role_name, written.privilege
      FROM private.table_rights() r
     CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS written (privilege)
     WHERE r.role_name = 'authenticated' AND r.privilege = 'SELECT'
       AND NOT EXISTS (SELECT FROM private.table_rights() whole
                        WHERE whole.table_name = r.table_name AND whole.role_name = r.role_name
                          AND whole.privilege = written.privilege AND whole.columns IS NULL)
$function$;
COMMENT ON FUNCTION private.opened_rights() IS
    'Privileges on whole tables that are granted beyond table_rights(), so that the guards of these tables judge '
    'the statement instead of the server: what has no row there is refused, and of other columns than those named '
    'there only defaults and unchanged values are accepted.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.function_rights()
    RETURNS TABLE(signature text, role_names text[])
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
@function_rights@
$function$;
COMMENT ON FUNCTION private.function_rights() IS
    'Client roles that can execute each function, with signatures as printed by regprocedure, without the '
    'extension''s schema. Functions without a row can be executed by their owner only, and trigger functions by '
    'driplo_owner.';

-- Such a function passes row level security for whoever calls it, so each has to be worth that.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.definer_reasons()
    RETURNS TABLE(signature text, reason text)
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
@definer_reasons@
$function$;
COMMENT ON FUNCTION private.definer_reasons() IS
    'Reason why each SECURITY DEFINER function that clients can execute has this property, and how its access is '
    'limited.';

-- What driplo's roles need on objects that are not driplo's own. PUBLIC has most of it, until somebody hardens the database.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.surrounding_rights()
    RETURNS TABLE (kind text, id oid, name text, privilege text, role_name text, is_there boolean)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $function$
    WITH default_of_ids AS (
        SELECT p.oid, p.pronamespace
          FROM pg_extension e
          JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e' AND d.classid = 'pg_proc'::regclass
          JOIN pg_proc p ON p.oid = d.objid
         WHERE e.extname = 'uuid-ossp' AND p.proname = 'uuid_generate_v4'
    ), own_auth AS (
        SELECT p.oid, p.pronamespace FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE n.nspname = 'auth' AND p.prosrc IN ('driplo_auth_uid', 'driplo_auth_role', 'driplo_auth_email', 'driplo_auth_jwt')
    ), object AS (
        SELECT 'SCHEMA' AS kind, n.oid, quote_ident(n.nspname) AS name, 'USAGE' AS privilege, n.nspowner AS owner, n.nspacl AS acl FROM pg_namespace n
         WHERE n.oid = '@extschema@'::regnamespace OR n.oid IN (SELECT d.pronamespace FROM default_of_ids d UNION ALL SELECT a.pronamespace FROM own_auth a)
        UNION ALL
        SELECT 'FUNCTION', p.oid, p.oid::regprocedure::text, 'EXECUTE', p.proowner, p.proacl
          FROM (SELECT d.oid FROM default_of_ids d UNION ALL SELECT a.oid FROM own_auth a) f JOIN pg_proc p USING (oid)
    )
    SELECT o.kind, o.oid, o.name, o.privilege, r.rolname::text,
           o.owner = r.oid OR EXISTS (SELECT FROM aclexplode(o.acl) a WHERE a.grantee = r.oid AND a.privilege_type = o.privilege)
      FROM object o
      JOIN pg_roles r ON r.rolname IN ('anon', 'authenticated', 'service_role', 'driplo_owner', 'pg_database_owner')
    UNION ALL
    -- who makes the next partitions
    SELECT 'SCHEMA', n.oid, quote_ident(n.nspname), 'CREATE', 'driplo_owner', has_schema_privilege('driplo_owner', n.oid, 'CREATE')
      FROM pg_namespace n
     WHERE n.oid = '@extschema@'::regnamespace
       AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind = 'p' AND c.relowner = to_regrole('driplo_owner'))
$function$;
COMMENT ON FUNCTION private.surrounding_rights() IS
    'Privileges that driplo''s roles need on schemas, on the function that generates IDs, and on schema auth if '
    'driplo created it, and whether they are granted directly, because privileges of PUBLIC can be revoked at any '
    'time.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.install_surrounding_rights() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    needed record;
    recorded aclitem[];
    was_recorded boolean;
BEGIN
    FOR needed IN
        SELECT s.kind, s.name, s.id, CASE s.kind WHEN 'SCHEMA' THEN 'pg_namespace' ELSE 'pg_proc' END::regclass AS catalog, s.privilege,
               -- in one order, so that an original and its copy have the same ACL
               string_agg(quote_ident(s.role_name), ', '
                          ORDER BY array_position('{anon,authenticated,service_role,driplo_owner,pg_database_owner}', s.role_name)) AS role_names
          FROM private.surrounding_rights() s GROUP BY s.kind, s.name, s.id, s.privilege
    LOOP
        -- In an extension's script a grant makes the object's whole ACL count as what it came with, and pg_dump would
        -- never emit it again, nor what others have granted. So the record of that stays as it was.
        SELECT i.initprivs INTO recorded FROM pg_init_privs i WHERE i.classoid = needed.catalog AND i.objoid = needed.id AND i.objsubid = 0;
        was_recorded := FOUND;
        EXECUTE format('GRANT %s ON %s %s TO %s', needed.privilege, needed.kind, needed.name, needed.role_names);
        IF was_recorded THEN
            UPDATE pg_init_privs i SET initprivs = recorded
             WHERE i.classoid = needed.catalog AND i.objoid = needed.id AND i.objsubid = 0 AND i.initprivs IS DISTINCT FROM recorded;
        ELSE
            DELETE FROM pg_init_privs i WHERE i.classoid = needed.catalog AND i.objoid = needed.id AND i.objsubid = 0;
        END IF;
        IF FOUND THEN
            -- from 17 on the roles in such a record are held by dependencies of this kind
            DELETE FROM pg_shdepend d
             WHERE d.dbid = (SELECT b.oid FROM pg_database b WHERE b.datname = current_database())
               AND d.classid = needed.catalog AND d.objid = needed.id AND d.deptype = 'i'
               AND d.refobjid IN (SELECT r.oid FROM pg_roles r WHERE r.rolname IN ('anon', 'authenticated', 'service_role', 'driplo_owner'));
        END IF;
    END LOOP;
END
$function$;
COMMENT ON FUNCTION private.install_surrounding_rights() IS
    'Grants the privileges of surrounding_rights(), including those that PUBLIC has.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.install_function_rights() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    member record;
    role_names text[];
    clients constant text := 'PUBLIC, anon, authenticated, service_role, pg_database_owner';
BEGIN
    FOR member IN
        SELECT p.oid::regprocedure AS routine, p.prosecdef AS is_definer, p.prorettype = 'trigger'::regtype AS is_of_trigger,
               CASE n.nspname WHEN 'private' THEN 'private.' ELSE '' END || p.proname AS name,
               (SELECT coalesce(string_agg(format_type(type, NULL), ',' ORDER BY position), '')
                  FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS argument (type, position)) AS arguments
          FROM pg_depend d
          JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
          JOIN pg_proc p ON p.oid = d.objid
          JOIN pg_namespace n ON n.oid = p.pronamespace
         WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
    LOOP
        IF member.is_definer THEN
            EXECUTE format('ALTER FUNCTION %s OWNER TO driplo_owner', member.routine);
        END IF;
        -- never rely on default privileges: Supabase's grant everything to everybody
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM %s', member.routine, clients);
        SELECT f.role_names INTO role_names FROM private.function_rights() f
         WHERE f.signature = format('%s(%s)', member.name, member.arguments);
        IF FOUND THEN
            -- what the service may call the owner of the database may call too (private.is_service())
            IF 'service_role' = ANY (role_names) THEN
                role_names := role_names || 'pg_database_owner'::text;
            END IF;
            -- A generated column, CHECK or index of the shop's that calls it is evaluated with the rights of the table's
            -- owner: in our functions, by ANALYZE, when a dump is restored.
            IF NOT 'driplo_owner' = ANY (role_names) THEN
                role_names := role_names || 'driplo_owner'::text;
            END IF;
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %s', member.routine, array_to_string(role_names, ', '));
        ELSIF member.is_of_trigger THEN
            -- a new partition gets its table's triggers, and who makes it has to have the right to their functions
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO driplo_owner', member.routine);
        END IF;
    END LOOP;
    -- a schema private that was there before keeps the grants of its owner
    IF EXISTS (SELECT FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
                WHERE d.classid = 'pg_namespace'::regclass AND d.objid = to_regnamespace('private')
                  AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e') THEN
        EXECUTE format('REVOKE ALL ON SCHEMA private FROM %s', clients);
    END IF;
    GRANT USAGE ON SCHEMA private TO service_role, driplo_owner, pg_database_owner;
END
$function$;
COMMENT ON FUNCTION private.install_function_rights() IS
    'Sets the owner of each function of the extension (driplo_owner for SECURITY DEFINER) and grants exactly the '
    'privileges of function_rights().';
