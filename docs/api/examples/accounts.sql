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
