-- What the API schema says of functions and tables beyond the catalog, as data; api.sql makes the schema.

-- What types tell and RETURNS TABLE and text do not. A row for each thing that is known of a function:
--   row         what a row of its result is called; FUNCTION_row if there is none
--   result      the enum type of its result
--   field       what GraphQL calls the result
--   never NULL  columns of its result
--   otherwise   the enum type of an argument or of a column of the result
-- rights: service_role
CREATE OR REPLACE FUNCTION private.api_names() RETURNS TABLE (function_name text, what text, name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    VALUES
        ('cart_contents', 'row', 'cart_line'),
        ('cart_contents', 'never NULL', 'item_id,listing_id,quantity'),
        ('my_offers', 'row', 'own_offer'),
        ('my_offers', 'never NULL', 'id,my_role,other_id,quantity,amount,currency,status,made_by,is_my_turn,round,expires_at,created_at'),
        ('offer_terms', 'row', 'seller_offer_terms'),
        ('offer_terms', 'never NULL', 'enabled,min_percent,bundle_tiers'),
        ('merge_cart', 'row', 'merged_item'),
        ('merge_cart', 'never NULL', 'listing_id,requested,quantity'),
        ('create_cart_claim', 'field', 'claimCode'),
        ('redeem_gift_card', 'row', 'redeemed_gift_card'),
        ('my_gift_cards', 'row', 'own_gift_card'),
        ('my_gift_cards', 'never NULL', 'id,last4,amount,currency,status'),
        ('checkout', 'row', 'placed_order'),
        ('checkout', 'never NULL', 'order_id,order_number,seller_id,total_amount,currency'),
        ('search', 'row', 'search_hit'),
        ('search', 'never NULL', 'listing_id,title,price,currency,seller_id,seller_username,favorite_count,is_favorite,score'),
        ('feed', 'row', 'feed_hit'),
        ('feed', 'never NULL', 'listing_id,title,price,currency,seller_id,seller_username,favorite_count,is_favorite,score'),
        ('followers', 'row', 'follower'),
        ('followers', 'never NULL', 'id,username,is_verified,is_followed,followed_at'),
        ('following', 'row', 'followed_user'),
        ('following', 'never NULL', 'id,username,is_verified,is_followed,followed_at'),
        ('my_saved_searches', 'row', 'own_saved_search'),
        ('my_saved_searches', 'never NULL', 'id,name,query,filters,notify,waiting,created_at'),
        ('save_search', 'field', 'savedSearchId'),
        ('similar_listings', 'row', 'similar_listing'),
        ('similar_listings', 'never NULL', 'id,title,price,currency,seller_id,seller_username,favorite_count,is_favorite,score'),
        ('suggest', 'row', 'suggestion'),
        ('suggest', 'never NULL', 'kind,value'),
        ('find_coupon', 'row', 'found_coupon'),
        ('find_coupon', 'never NULL', 'id,code,discount_type'),
        ('find_coupon', 'discount_type', 'discount_type'),
        ('find_coupon', 'target_type', 'promotion_target'),
        ('validate_coupon', 'row', 'coupon_check'),
        ('validate_coupon', 'never NULL', 'valid'),
        ('my_profile', 'row', 'own_profile'),
        ('my_profile', 'never NULL', 'id,username'),
        ('public_profile', 'row', 'public_profile'),
        ('public_profile', 'never NULL', 'id,username'),
        ('order_timeline', 'row', 'timeline_step'),
        ('order_timeline', 'never NULL', 'at,to_status'),
        ('order_timeline', 'from_status', 'order_status'),
        ('order_timeline', 'to_status', 'order_status'),
        ('seller_balance', 'row', 'balance'),
        ('seller_balance', 'never NULL', 'currency,pending,available,paid_out'),
        ('seller_debts', 'row', 'seller_debt'),
        ('suspicious_sales', 'row', 'suspicious_sale'),
        ('my_notifications', 'row', 'own_notification'),
        ('my_notifications', 'never NULL', 'id,type,title,message,actors,count,is_read,created_at'),
        ('my_notifications', 'type', 'notification_type'),
        ('my_notification_preferences', 'row', 'notification_choice'),
        ('my_notification_preferences', 'never NULL', 'type,channel,enabled,is_default,may_change'),
        ('my_notification_preferences', 'type', 'notification_type'),
        ('my_notification_preferences', 'channel', 'notification_channel'),
        ('my_notification_settings', 'row', 'own_notification_settings'),
        ('my_notification_settings', 'never NULL', 'timezone,digest,marketing'),
        ('set_notification_preference', 'type', 'notification_type'),
        ('set_notification_preference', 'channel', 'notification_channel'),
        ('send_promotion', 'field', 'promotionId'),
        ('report', 'field', 'reportId'),
        ('my_reports', 'row', 'own_report'),
        ('my_reports', 'never NULL', 'report_id,report_number,target_type,category,status,created_at'),
        ('report_status', 'row', 'state_of_report'),
        ('report_status', 'never NULL', 'report_number,target_type,category,status,created_at'),
        ('my_decisions', 'row', 'decision_about_me'),
        ('my_decisions', 'never NULL', 'decision_id,target_type,decision,reasons,is_automatic,decided_at,stands'),
        ('appeal_decision', 'field', 'appealId'),
        ('review_queue', 'row', 'report_to_review'),
        ('review_queue', 'never NULL', 'report_id,report_number,state,priority,category,target_type,snapshot,evidence,open_reports,created_at'),
        ('claim_report', 'field', 'claimedUntil'),
        ('decide_report', 'field', 'decisionId'),
        ('request_brand_verification', 'field', 'requestId'),
        ('review_brand', 'field', 'status'),
        ('verify_social_account', 'row', 'social_account_code'),
        ('verify_social_account', 'never NULL', 'code,valid_until'),
        ('my_data_exports', 'row', 'data_export_state'),
        ('my_data_exports', 'never NULL', 'id,status,requested_at'),
        ('my_data_export', 'row', 'data_export_piece'),
        ('my_data_export', 'never NULL', 'part,ordinal,rows,bytes'),
        ('list_rate_limits', 'row', 'account_rate_limit'),
        ('list_rate_limits', 'never NULL', 'action,most,window_seconds,enabled,is_changed'),
        ('job_status', 'row', 'job_state'),
        ('job_status', 'never NULL', 'job,every,enabled,failures'),
        ('webhook_status', 'row', 'webhook_endpoint_state'),
        ('webhook_status', 'never NULL', 'id,url,event_types,is_active,is_confirmed,waiting,created_at'),
        ('webhook_event_types', 'row', 'webhook_event_type'),
        ('webhook_event_types', 'never NULL', 'event_type,description'),
        ('create_webhook_endpoint', 'row', 'new_webhook_endpoint'),
        ('create_webhook_endpoint', 'never NULL', 'id,secret'),
        ('add_to_cart', 'field', 'cartItemId'),
        ('create_order_with_payment', 'field', 'orderId'),
        ('log_auth_event', 'field', 'eventId'),
        ('get_or_create_cart', 'field', 'cartId'),
        ('rotate_webhook_secret', 'field', 'secret'),
        ('test_webhook_endpoint', 'field', 'deliveryId'),
        ('ship_order', 'field', 'trackingId'),
        ('ship_order', 'carrier', 'shipping_carrier'),
        ('add_parcel', 'field', 'parcelNumber'),
        ('add_parcel', 'carrier', 'shipping_carrier'),
        ('update_parcel', 'carrier', 'shipping_carrier'),
        ('confirm_parcel', 'result', 'order_status'),
        ('confirm_parcel', 'field', 'status'),
        ('transition_order', 'to_status', 'order_status'),
        ('transition_order', 'result', 'order_status'),
        ('transition_order', 'field', 'status'),
        ('cancel_order', 'result', 'order_status'),
        ('cancel_order', 'field', 'status'),
        ('confirm_delivery', 'result', 'order_status'),
        ('confirm_delivery', 'field', 'status'),
        ('request_refund', 'field', 'refundRequestId'),
        ('move_refund', 'field', 'refundRequestId'),
        ('decide_refund', 'field', 'status'),
        ('open_return', 'reason', 'return_reason'),
        ('open_return', 'field', 'returnId'),
        ('advance_return', 'to_status', 'return_status'),
        ('advance_return', 'result', 'return_status'),
        ('advance_return', 'field', 'status'),
        ('open_dispute', 'type', 'dispute_type'),
        ('open_dispute', 'field', 'disputeId'),
        ('reply_dispute', 'field', 'messageId'),
        ('add_dispute_note', 'field', 'messageId'),
        ('advance_dispute', 'to_status', 'dispute_status'),
        ('advance_dispute', 'result', 'dispute_status'),
        ('advance_dispute', 'field', 'status'),
        ('cancel_dispute', 'result', 'dispute_status'),
        ('cancel_dispute', 'field', 'status'),
        ('resolve_dispute', 'resolution', 'resolution_type'),
        ('resolve_dispute', 'result', 'dispute_status'),
        ('resolve_dispute', 'field', 'status'),
        ('request_payout', 'field', 'payoutId'),
        ('request_payout_in', 'field', 'payoutId'),
        ('pay_out_deleted_seller', 'field', 'payoutId'),
        ('grant_store_credit', 'field', 'storeCreditId'),
        ('grant_store_credit_in', 'field', 'storeCreditId'),
        ('set_user_role', 'new_role', 'user_role')
$function$;
COMMENT ON FUNCTION private.api_names() IS
    'Names of row types and results, enum types of arguments and results, and result columns that are never NULL, '
    'by function, for the API schema.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.api_own_rows() RETURNS TABLE (table_name text, function_name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    VALUES ('profiles', 'my_profile')
$function$;
COMMENT ON FUNCTION private.api_own_rows() IS
    'Tables of which clients may read more columns in their own row, by a function whose result has the columns '
    'of the table.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.api_filled() RETURNS TABLE (table_name text, column_name text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    VALUES ('listings', 'slug'), ('product_variants', 'seller_id')
$function$;
COMMENT ON FUNCTION private.api_filled() IS 'Columns that a trigger fills when a client leaves them out.';
