-- example: is_profile_setup_complete as buyer
INSERT INTO profile_setup_progress (user_id, step_name, completed)
VALUES (auth.uid(), 'avatar_selected', true), (auth.uid(), 'profile_info_completed', true);
SELECT is_profile_setup_complete(auth.uid());
-- example: is_admin as admin
SELECT is_admin(auth.uid()), is_admin(:'buyer') AS "is the buyer", is_admin(NULL) AS "of NULL";
-- example: my_profile as buyer
SELECT username, email, account_type, setup_completed FROM my_profile();
-- example: public_profile as anon
SELECT username, full_name, is_seller, seller_rating_count, active_listings FROM public_profile(:'seller');
-- example: promote_to_admin as service
SELECT promote_to_admin('mo@example.com');
SELECT role, is_admin FROM profiles WHERE id = :'moderator';
-- example: promote_to_admin as buyer
SELECT promote_to_admin('ben@example.com');
--
-- example: update_onboarding_step as buyer
SELECT update_onboarding_step('welcome');
SELECT onboarding_step FROM my_profile();
-- example: complete_user_onboarding as buyer
SELECT complete_user_onboarding(:'buyer');
-- example: get_user_stats as anon
SELECT * FROM get_user_stats(:'seller');
-- example: get_brand_sales_stats as seller
SELECT * FROM get_brand_sales_stats(:'seller', '2020-01-01');
-- example: get_top_sellers as buyer
SELECT username, total_sales, total_revenue FROM get_top_sellers('all', 3);
-- example: get_top_category_sellers as buyer
SELECT username, category_sales FROM get_top_category_sellers((SELECT id FROM categories WHERE slug = 'other'));
-- example: get_top_brands as anon
SELECT username, brand_name, total_sales FROM get_top_brands(3);
-- example: get_seller_stats as anon
SELECT total_listings FROM get_seller_stats();
-- example: check_rate_limit as service
SELECT allowed, current_count, retry_after_seconds FROM check_rate_limit('203.0.113.9', 'search', 1, 60);
SELECT allowed, current_count, retry_after_seconds > 3500 AS "for an hour"
  FROM check_rate_limit('203.0.113.9', 'search', 1, 60);
-- example: check_auth_rate_limit as service
SELECT check_auth_rate_limit(p_identifier => 'ben@example.com', p_action => 'login',
                             p_max_attempts => 1, p_window_minutes => 15, p_block_minutes => 30);
SELECT check_auth_rate_limit('ben@example.com', 'login', 1, 15, 30);
SELECT check_auth_rate_limit(p_ip_address => '203.0.113.9', p_user_id => NULL, p_action => 'login');
-- example: check_auth_rate_limit as buyer
SELECT check_auth_rate_limit('ada@example.com', 'login', 1, 15, 30);
-- example: cleanup_expired_rate_limits as service
SELECT cleanup_expired_rate_limits();
-- example: log_auth_event as service
SELECT log_auth_event(p_user_id => :'buyer', p_action => 'login', p_ip_address => '203.0.113.9',
                      p_success => false, p_error_message => 'wrong password');
-- example: log_auth_event as buyer
SELECT log_auth_event(event_type => '2fa_enabled', user_id => :'buyer', metadata => '{"method": "totp"}') AS event \gset
SELECT action, success, is_self_reported FROM auth_login_history WHERE event_id = :'event';
-- example: create_auth_session as buyer
SELECT create_auth_session(auth.uid(), 'a refresh token', p_remember_me => true, p_ip_address => 'unknown');
SELECT remember_me, ip_address, expires_at - created_at AS lasts FROM auth_sessions;
-- example: my_sessions as buyer
SELECT remember_me, user_agent, ip_address FROM my_sessions();
-- example: end_other_sessions as buyer
SELECT end_other_sessions((SELECT id FROM my_sessions() LIMIT 1));
-- example: end_auth_session as buyer
SELECT end_auth_session((SELECT id FROM my_sessions() LIMIT 1));
-- example: prune_sign_ins as service
SELECT prune_sign_ins();
-- example: request_brand_verification as seller
SELECT request_brand_verification(brand_name => 'Lind Lamps', brand_category => 'home', documents => '["brand/extract.pdf"]') IS NOT NULL AS requested;
--
SELECT id AS request FROM brand_verification_requests \gset
INSERT INTO social_media_accounts (user_id, platform, username) VALUES (:'seller', 'instagram', 'lindlamps');
-- example: review_brand as admin
SELECT review_brand(:'request', 'request_info', 'Which of the two addresses is yours?');
-- example: request_brand_verification as seller
SELECT request_brand_verification('Lind Lamps', 'home', business_registration_number => 'HRB 1') = :'request' AS is_the_same;
-- example: review_brand as admin
SELECT review_brand(:'request', 'approve', revision => 2);
-- example: verify_social_account as seller
SELECT code ~ '^driplo-' AS is_code, valid_until > now() AS is_valid FROM verify_social_account('instagram');
-- example: confirm_social_account as service
SELECT confirm_social_account(:'seller', 'instagram', 'Lamps by hand. ' || (SELECT verification_data ->> 'code' FROM social_media_accounts), followers => 1200);
-- example: list_rate_limits as buyer
SELECT action, most, window_seconds FROM list_rate_limits();
-- example: set_rate_limit as admin
SELECT set_rate_limit('messages', most => 60);
