-- The checks that came with the reference schema, phase by phase, as they stand there. Only the name
-- of the schema is a variable here; what each promises is in its test's name.
BEGIN;
SELECT plan(26);
SELECT tests.home() AS home \gset

-- 01
SELECT is((SELECT count(*) FROM (
    SELECT extname FROM pg_extension WHERE extname IN ('uuid-ossp', 'pg_trgm', 'pgcrypto')
) q), 3::bigint, '01 should return 3 rows');

-- 02
SELECT set_eq(format($$
    SELECT typname::text FROM pg_type WHERE typtype = 'e' AND typnamespace = %L::regnamespace
$$, :'home'), ARRAY[
    'order_status', 'payment_status', 'payment_method_type', 'notification_type', 'dispute_status', 'dispute_type',
    'return_status', 'return_reason', 'shipping_carrier', 'tracking_status', 'discount_type', 'promotion_target',
    'rating_type', 'resolution_type', 'achievement_type', 'notification_channel', 'user_role', 'ledger_account'
], '02 should return all custom types');

-- 03
SELECT is((SELECT count(*) FROM (
    SELECT table_name FROM information_schema.tables
    WHERE table_schema = :'home'
    AND table_name IN ('profiles', 'auth_sessions', 'auth_login_history')
) q), 3::bigint, '03 should return 3 rows');

-- 04
SELECT is((
    SELECT COUNT(*) FROM information_schema.tables
    WHERE table_schema = :'home'
    AND table_name IN ('profile_setup_progress', 'brand_verification_requests', 'social_media_accounts', 'admin_approvals')
), 4::bigint, '04 should return 4');

-- 05
SELECT is((
    SELECT COUNT(*) FROM information_schema.tables
    WHERE table_schema = :'home'
    AND table_name IN ('categories', 'listings', 'product_variants', 'favorites')
), 4::bigint, '05 should return 4');

-- 06
SELECT is((
    SELECT COUNT(*) FROM information_schema.tables
    WHERE table_schema = :'home'
    AND table_name IN ('shopping_carts', 'cart_items', 'shipping_addresses', 'orders', 'order_items', 'order_status_history', 'order_tracking')
), 7::bigint, '06 should return 7');

-- 07
SELECT is((
    SELECT COUNT(*) FROM information_schema.tables
    WHERE table_schema = :'home'
    AND table_name IN ('payment_accounts', 'payment_methods', 'payment_transactions', 'store_credits', 'stripe_webhook_events', 'transactions')
), 6::bigint, '07 should return 6');

-- 08
SELECT is((
    SELECT COUNT(*) FROM information_schema.tables
    WHERE table_schema = :'home'
    AND table_name IN ('conversations', 'messages', 'notifications', 'disputes', 'dispute_messages')
), 5::bigint, '08 should return 5');

-- 09
SELECT is((
    SELECT COUNT(*) FROM information_schema.tables
    WHERE table_schema = :'home'
    AND table_name IN ('shipping_labels', 'returns')
), 2::bigint, '09 should return 2');

-- 10
SELECT is((
    SELECT COUNT(*) FROM information_schema.tables
    WHERE table_schema = :'home'
    AND table_name IN ('coupons', 'coupon_usage', 'user_follows', 'user_ratings', 'user_stats_summary')
), 5::bigint, '10 should return 5');

-- 11
SELECT is((
    SELECT COUNT(*) FROM information_schema.tables
    WHERE table_schema = :'home'
    AND table_name IN ('active_user_sessions', 'seller_payouts', 'shipping_events', 'admin_audit_log',
                       'query_performance_log', 'database_health_metrics', 'slow_queries', 'refund_requests')
), 8::bigint, '11 should return 8');

-- 12: as it stands, and without the functions of other extensions that live in the same schema
SELECT cmp_ok((
    SELECT COUNT(*) FROM information_schema.routines
    WHERE routine_schema = :'home'
    AND routine_type = 'FUNCTION'
), '>=', 10::bigint, '12 should return at least 10 functions');
SELECT is((
    SELECT COUNT(*) FROM information_schema.routines
    WHERE routine_schema = :'home'
    AND routine_type = 'FUNCTION'
    AND routine_name IN ('get_or_create_cart', 'handle_new_user', 'update_updated_at_column', 'calculate_platform_fee',
                         'generate_order_number', 'get_optimized_image_url', 'is_profile_setup_complete', 'is_admin',
                         'promote_to_admin', 'update_setup_completion')
), 10::bigint, '12 the ten functions of the reference are among them, each once');

-- 13
SELECT cmp_ok((
    SELECT COUNT(*) FROM information_schema.triggers
    WHERE trigger_schema = :'home'
), '>=', 17::bigint, '13 should return at least 17 triggers');
SELECT set_has(format($$
    SELECT event_object_table::text, trigger_name::text FROM information_schema.triggers WHERE trigger_schema IN (%L, 'auth')
$$, :'home'), $$
    VALUES ('profiles', 'update_profiles_updated_at'), ('listings', 'update_listings_updated_at'), ('orders', 'update_orders_updated_at'),
           ('shopping_carts', 'update_shopping_carts_updated_at'), ('categories', 'update_categories_updated_at'),
           ('shipping_addresses', 'update_shipping_addresses_updated_at'), ('payment_accounts', 'update_payment_accounts_updated_at'),
           ('payment_transactions', 'update_payment_transactions_updated_at'), ('coupons', 'update_coupons_updated_at'),
           ('disputes', 'update_disputes_updated_at'), ('returns', 'update_returns_updated_at'), ('user_ratings', 'update_user_ratings_updated_at'),
           ('users', 'on_auth_user_created'), ('profile_setup_progress', 'trigger_update_setup_completion'),
           ('profile_setup_progress', 'update_profile_setup_progress_updated_at'),
           ('brand_verification_requests', 'update_brand_verification_requests_updated_at'),
           ('social_media_accounts', 'update_social_media_accounts_updated_at')
$$, '13 the 17 triggers of the reference are on their tables');

-- 14
SELECT cmp_ok((SELECT count(*) FROM (
    SELECT schemaname, tablename, policyname
    FROM pg_policies
    WHERE schemaname = :'home'
    ORDER BY tablename, policyname
) q), '>=', 56::bigint, '14 should return many policies, no fewer than the reference has');
SELECT set_has(format($$SELECT tablename::text, policyname::text FROM pg_policies WHERE schemaname = %L$$, :'home'), $$
    VALUES ('profiles', 'Anyone can view profiles'), ('profiles', 'Users can insert own profile'), ('profiles', 'Users can update own profile'),
           ('listings', 'Listings are viewable by everyone'), ('listings', 'Users can create their own listings'),
           ('listings', 'Users can update their own listings'), ('listings', 'Users can delete their own listings'),
           ('shopping_carts', 'Users can view their own cart'), ('shopping_carts', 'Users can create their own cart'),
           ('shopping_carts', 'Users can update their own cart'), ('cart_items', 'Users can manage their cart items'),
           ('orders', 'Users can view their orders'), ('orders', 'Buyers can create orders'), ('orders', 'Buyers can cancel pending orders'),
           ('orders', 'Sellers can update order status'), ('profile_setup_progress', 'Users can view own setup progress'),
           ('profile_setup_progress', 'Users can insert own setup progress'), ('profile_setup_progress', 'Users can update own setup progress'),
           ('brand_verification_requests', 'Users can view own brand requests'), ('brand_verification_requests', 'Users can create brand requests'),
           ('brand_verification_requests', 'Users can update own pending requests'),
           ('brand_verification_requests', 'Admins can update any brand request'),
           ('social_media_accounts', 'Users can view social media accounts'), ('social_media_accounts', 'Users can manage own social accounts'),
           ('admin_approvals', 'Only admins can view approvals'), ('admin_approvals', 'Only admins can create approvals'),
           ('categories', 'Anyone can view categories'), ('categories', 'Only admins can manage categories'),
           ('favorites', 'Users can view their favorites'), ('favorites', 'Users can manage their favorites'),
           ('notifications', 'Users can view their notifications'), ('notifications', 'System can create notifications'),
           ('notifications', 'Users can update their notifications'), ('messages', 'Users can view their messages'),
           ('messages', 'Users can send messages'), ('payment_methods', 'Users can view own payment methods'),
           ('payment_methods', 'Users can manage own payment methods'), ('shipping_addresses', 'Users can view own addresses'),
           ('shipping_addresses', 'Users can manage own addresses'), ('user_ratings', 'Anyone can view ratings'),
           ('user_ratings', 'Users can create ratings for orders'), ('user_follows', 'Anyone can view follows'),
           ('user_follows', 'Users can manage their follows'), ('conversations', 'Users can view their conversations'),
           ('conversations', 'Users can create conversations'), ('conversations', 'Users can update their conversations'),
           ('coupons', 'Anyone can view active coupons'), ('coupons', 'Sellers can manage their coupons'),
           ('order_items', 'Users can view order items'), ('product_variants', 'Anyone can view active variants'),
           ('product_variants', 'Sellers can manage their variants'), ('stripe_webhook_events', 'Service role only'),
           ('admin_audit_log', 'Only admins can view audit log'), ('query_performance_log', 'Service role only'),
           ('database_health_metrics', 'Service role only'), ('slow_queries', 'Service role only')
$$, '14 every policy of the reference is on its table');

-- 15: only where there is a storage service
SELECT to_regclass('storage.buckets') IS NOT NULL AS has_storage \gset
\if :has_storage
SELECT set_eq('SELECT id, name, public, file_size_limit, array_to_string(allowed_mime_types, '' '') FROM storage.buckets', $$
    VALUES ('avatars', 'avatars', true, 5242880::bigint, 'image/jpeg image/png image/webp'),
           ('covers', 'covers', true, 10485760, 'image/jpeg image/png image/webp'),
           ('listings', 'listings', true, 5242880, 'image/jpeg image/png image/webp'),
           ('returns', 'returns', false, 10485760, 'image/jpeg image/png image/webp application/pdf'),
           ('disputes', 'disputes', false, 10485760, 'image/jpeg image/png image/webp application/pdf video/mp4')
$$, '15 the five buckets have their sizes and types');
SELECT set_has($$SELECT policyname::text, cmd FROM pg_policies WHERE schemaname = 'storage' AND tablename = 'objects'$$, $$
    VALUES ('Avatar images are publicly accessible', 'SELECT'), ('Users can upload their own avatar', 'INSERT'),
           ('Users can update their own avatar', 'UPDATE'), ('Users can delete their own avatar', 'DELETE')
$$, '15 the policies of the avatars are there');
SELECT is((SELECT count(*) FROM pg_policies WHERE schemaname = 'storage' AND tablename = 'objects'), 20::bigint,
    '15 and those of the other buckets, four each');
\else
SELECT skip('there is no storage service here', 3);
\endif

-- 16
SELECT is((SELECT COUNT(*) FROM categories), 10::bigint, '16 should return 10');

-- 17
SELECT is((SELECT count(*) FROM (
    SELECT schemaname, tablename
    FROM pg_tables
    WHERE schemaname = :'home'
    AND NOT EXISTS (
        SELECT 1 FROM pg_policies
        WHERE pg_policies.schemaname = pg_tables.schemaname
        AND pg_policies.tablename = pg_tables.tablename
    )
    AND tablename NOT IN ('query_performance_log', 'database_health_metrics', 'slow_queries', 'active_user_sessions')
) q), 0::bigint, '17 no table is without policies');
-- The query as it stands also lists foreign keys of other schemas, whose tables it never finds indexes
-- for; only what is in ours counts.
SELECT is((SELECT string_agg(suggested_index, ' ') FROM (
    SELECT
        tc.table_name,
        kcu.column_name,
        'CREATE INDEX idx_' || tc.table_name || '_' || kcu.column_name ||
        ' ON ' || tc.table_name || '(' || kcu.column_name || ');' as suggested_index
    FROM information_schema.table_constraints tc
    JOIN information_schema.key_column_usage kcu
        ON tc.constraint_name = kcu.constraint_name
    WHERE tc.constraint_type = 'FOREIGN KEY'
    AND tc.table_schema = :'home'
    AND NOT EXISTS (
        SELECT 1
        FROM pg_indexes
        WHERE schemaname = :'home'
        AND tablename = tc.table_name
        AND indexdef LIKE '%(' || kcu.column_name || ')%'
    )
) q), NULL, '17 no foreign key is without an index');

-- Final verification
SELECT cmp_ok((SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = :'home'), '>=', 45::bigint,
    'final: should return 45+ tables');
SELECT is((SELECT COUNT(*) FROM pg_type WHERE typtype = 'e' AND typnamespace = :'home'::regnamespace), 18::bigint,
    'final: should return 18 enums');
SELECT cmp_ok((
    SELECT COUNT(*) FROM pg_tables t
    JOIN pg_policies p ON t.tablename = p.tablename
    WHERE t.schemaname = :'home'
), '>=', 56::bigint, 'final: should return many policies');

SELECT * FROM finish();
ROLLBACK;
