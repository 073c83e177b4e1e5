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
