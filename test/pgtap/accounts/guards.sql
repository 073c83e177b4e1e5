-- Which changes of their own rows are the users' to make: profiles, social accounts, brand requests, defaults.
BEGIN;
\ir ../../fixtures/market.sql
SELECT no_plan();
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('bob@example.com') AS bob, tests.sign_up('root@example.com') AS boss \gset
SELECT promote_to_admin('root@example.com') \gset ignored_

-- The profile

SELECT tests.log_in(:'ann');
SELECT lives_ok($$UPDATE profiles SET settings = '{"theme": "dark"}', full_name = 'Ann' WHERE id = auth.uid()$$, 'a user updates the own settings');
SELECT is((SELECT settings ->> 'theme' FROM my_profile()), 'dark', 'and reads them back');
UPDATE profiles SET username = 'Ann.Smith' WHERE id = auth.uid();
SELECT is((SELECT username FROM my_profile()), 'ann.smith', 'a new username becomes lower case');
SELECT throws_ok(format('UPDATE profiles SET username = %L WHERE id = auth.uid()', name), '22023', NULL, format('no username: "%s"', name))
  FROM unnest(ARRAY['', 'ab', 'with space', 'ünal', 'a-b', 'semi;colon']) name;
SELECT throws_ok(format('UPDATE profiles SET username = %L WHERE id = auth.uid()', name), '22023', format('username "%s" is reserved', name), 'reserved: ' || name)
  FROM unnest('{admin,Ad.min,support,root}'::text[]) name;
SELECT throws_ok($$UPDATE profiles SET username = 'BOB' WHERE id = auth.uid()$$, '23505', NULL, 'a taken name is taken in upper case too');
SELECT is((SELECT username FROM my_profile()), 'ann.smith', 'and the name is what it was');
UPDATE profiles SET brand_name = 'Ann & Co', account_type = 'brand' WHERE id = auth.uid();
SELECT is((SELECT brand_name FROM my_profile()), 'Ann & Co', 'whoever is not verified chooses the brand name');
UPDATE profiles SET full_name = 'Eve' WHERE id = :'bob';
SELECT tests.log_out();
SELECT is((SELECT full_name FROM profiles WHERE id = :'bob'), NULL, 'somebody else''s profile is not changed');

-- Brand requests

SELECT tests.log_in(:'ann');
SELECT lives_ok(format($$INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (%L, 'Annabel', 'Fashion')$$, :'ann'), 'a user asks to be verified as a brand');
SELECT throws_ok(format($$INSERT INTO brand_verification_requests (user_id, brand_name, brand_category, verification_status) VALUES (%L, 'A', 'x', 'approved')$$, :'ann'), '42501', NULL, 'but not approved already');
SELECT lives_ok($$UPDATE brand_verification_requests SET brand_category = 'Lamps'$$, 'and corrects the request');
SELECT throws_ok($$UPDATE brand_verification_requests SET verification_status = 'approved'$$, '42501', NULL, 'but does not approve it');
SELECT tests.log_in(:'bob');
UPDATE brand_verification_requests SET brand_name = 'Bobs';
SELECT tests.log_in(:'boss');
SELECT throws_ok(format($$UPDATE brand_verification_requests SET verification_status = 'approved', reviewed_by = %L$$, :'bob'), '42501', NULL, 'an admin does not sign in another''s name');
-- The request was changed once since it was handed in: what the admin has read is named.
SELECT throws_ok($$UPDATE brand_verification_requests SET verification_status = 'approved'$$, '55000', 'request has changed since it was read', 'an approval that does not say of what is of the first revision');
SELECT throws_ok(format($$UPDATE brand_verification_requests SET verification_status = 'approved', reviewed_revision = %s$$, revision), '55000', 'request has changed since it was read', format('an approval of revision %s', revision))
  FROM unnest('{1,3}'::int[]) revision;
SELECT throws_ok(format('UPDATE brand_verification_requests SET %s', change), '42501', 'admins cannot change the information provided by an applicant', 'an admin changes ' || change)
  FROM unnest(ARRAY[$$brand_name = 'Rolex'$$, $$documents = '["forged.pdf"]'$$, $$brand_name = 'Rolex', verification_status = 'approved', reviewed_revision = 2$$]) change;
SELECT lives_ok($$UPDATE brand_verification_requests SET reviewed_revision = 3, admin_notes = NULL$$, '(a revision that is named without an approval)');
SELECT is((SELECT reviewed_revision FROM brand_verification_requests), NULL, 'is named for no later one');
SELECT tests.log_in(:'ann');
SELECT throws_ok($$UPDATE brand_verification_requests SET brand_name = 'Prada'$$, '55000', 'cannot change a request that is under review', 'what an admin has begun to review is not changed');
SELECT tests.log_out();
UPDATE brand_verification_requests SET reviewed_by = NULL, reviewed_at = NULL;
SELECT tests.log_in(:'ann');
SELECT throws_ok($$UPDATE brand_verification_requests SET reviewed_revision = 3, brand_name = 'Prada'$$, '42501', 'only admins can review brand verification requests', 'the applicant does not say what was read');
SELECT tests.log_in(:'boss');
SELECT lives_ok($$UPDATE brand_verification_requests SET verification_status = 'approved', admin_notes = 'welcome', reviewed_revision = 2$$, 'an admin approves');
SELECT tests.log_out();
SELECT results_eq('SELECT revision, reviewed_revision FROM brand_verification_requests', 'VALUES (2, 2)', 'what was read');
SELECT results_eq('SELECT brand_name, brand_category, verification_status, reviewed_by, reviewed_at = now() FROM brand_verification_requests',
    format($$VALUES ('Annabel', 'Lamps', 'approved', %L::uuid, true)$$, :'boss'), 'which is signed and dated');
SELECT results_eq(format('SELECT is_verified, brand_name::text, account_type::text FROM profiles WHERE id = %L', :'ann'), $$VALUES (true, 'Annabel', 'brand')$$, 'the applicant is a verified brand of that name');
SELECT results_eq($$SELECT admin_id, action, notes FROM admin_approvals WHERE request_type = 'brand_verification'$$, format($$VALUES (%L::uuid, 'approve', 'welcome')$$, :'boss'), 'the decision is recorded');
SELECT results_eq($$SELECT admin_id, new_values ->> 'verification_status', new_values ->> 'brand_name' FROM admin_audit_log WHERE action = 'review_brand_request'$$,
    format($$VALUES (%L::uuid, 'approved', 'Annabel')$$, :'boss'), 'in the audit log too, with the name');
SELECT tests.log_in(:'ann');
SELECT throws_ok($$UPDATE brand_verification_requests SET brand_name = 'Prada'$$, '55000', 'cannot change a request that has been reviewed', 'what was reviewed is not changed');
SELECT throws_ok(format($$UPDATE profiles SET %s WHERE id = auth.uid()$$, change), '42501', 'cannot change brand_name or account_type of a verified account', 'a verified brand stays what was verified: ' || change)
  FROM unnest(ARRAY[$$brand_name = 'Prada'$$, $$account_type = 'personal'$$]) change;
SELECT lives_ok($$UPDATE profiles SET brand_name = brand_name, bio = 'We make lamps.' WHERE id = auth.uid()$$, 'but may tell about itself');
SELECT tests.log_in(:'boss');
UPDATE brand_verification_requests SET verification_status = 'rejected';
SELECT tests.log_out();
SELECT is((SELECT is_verified FROM profiles WHERE id = :'ann'), false, 'an approval can be withdrawn');

-- What the reviewer asks for

SELECT tests.sign_up('dan@example.com') AS dan \gset
CREATE FUNCTION tests.ask(request uuid, boss uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.log_in(boss);
    UPDATE brand_verification_requests SET verification_status = 'more_info_needed', admin_notes = 'The register, please.' WHERE id = request;
    PERFORM tests.log_out();
END $$;
CREATE TEMP VIEW dandy WITH (security_invoker) AS
SELECT concat_ws(' ', brand_name, verification_status, revision, admin_notes, documents ->> 0, CASE WHEN num_nonnulls(reviewed_by, reviewed_at) = 0 THEN 'unsigned' END) AS found FROM brand_verification_requests WHERE brand_name LIKE 'Dan%';
GRANT SELECT ON dandy TO PUBLIC;
SELECT tests.log_in(:'dan');
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (:'dan', 'Dandy', 'Fashion') RETURNING id AS request \gset
SELECT tests.log_out();
SELECT tests.ask(:'request', :'boss') \g /dev/null
SELECT tests.log_in(:'dan');
SELECT is((SELECT found FROM dandy), 'Dandy more_info_needed 1 The register, please.', 'an admin asks for more');
SELECT throws_ok(format('UPDATE brand_verification_requests SET %s WHERE brand_name = ''Dandy''', change), '42501', 'only admins can review brand verification requests', 'the applicant does not answer with ' || change)
  FROM unnest(ARRAY[$$verification_status = 'approved'$$, $$admin_notes = 'fine'$$, $$verification_status = 'pending', admin_notes = NULL$$, $$reviewed_revision = 1, documents = '["x.pdf"]'$$]) change;
SELECT lives_ok($$UPDATE brand_verification_requests SET documents = '["register.pdf"]'$$, 'but with what was asked for');
SELECT is((SELECT found FROM dandy), 'Dandy pending 2 register.pdf unsigned', 'by which a new revision waits for its review');
SELECT lives_ok($$UPDATE brand_verification_requests SET brand_name = 'Dandyish'$$, 'and may be corrected as any other');
SELECT tests.log_out();
SELECT tests.ask(:'request', :'boss') \g /dev/null
SELECT tests.log_in(:'dan');
SELECT lives_ok($$UPDATE brand_verification_requests SET verification_status = 'pending', brand_name = 'Dandy'$$, 'the applicant may say so');
SELECT is((SELECT found FROM dandy), 'Dandy pending 4 register.pdf unsigned', 'it is the same');
SELECT tests.log_in(:'boss');
SELECT throws_ok(format($$UPDATE brand_verification_requests SET verification_status = 'approved', reviewed_revision = 1 WHERE id = %L$$, :'request'), '55000', 'request has changed since it was read', 'what was read first is not what is approved');
UPDATE brand_verification_requests SET verification_status = 'approved', reviewed_revision = 4 WHERE id = :'request';
SELECT tests.log_out();
SELECT results_eq(format('SELECT action, notes FROM admin_approvals WHERE request_id = %L ORDER BY created_at, action', :'request'), $$VALUES ('approve', NULL), ('request_info', 'The register, please.'), ('request_info', 'The register, please.')$$, 'what was asked is on record');
SELECT is((SELECT brand_name::text FROM profiles WHERE id = :'dan'), 'Dandy', 'what was answered has the name');
SELECT tests.log_in(:'boss');
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (:'boss', 'Danube', 'Fashion');
SELECT throws_ok($$UPDATE brand_verification_requests SET verification_status = 'approved' WHERE brand_name = 'Danube'$$, '55000', 'cannot review your own request', 'an admin is an applicant like any other');
SELECT tests.log_out();
UPDATE brand_verification_requests SET verification_status = 'more_info_needed' WHERE brand_name = 'Danube';
SELECT tests.log_in(:'boss');
SELECT throws_ok($$UPDATE brand_verification_requests SET verification_status = 'approved', reviewed_revision = 1 WHERE brand_name = 'Danube'$$, '55000', 'cannot review your own request', 'also when more was asked for');
SELECT lives_ok($$UPDATE brand_verification_requests SET documents = '["register.pdf"]' WHERE brand_name = 'Danube'$$, 'and answers like any other');
SELECT tests.log_out();

-- Social media accounts

SELECT tests.log_in(:'ann');
INSERT INTO social_media_accounts (user_id, platform, username) VALUES (:'ann', 'instagram', 'ann');
SELECT lives_ok($$UPDATE social_media_accounts SET username = 'ann2'$$, 'an account that was not verified can be corrected');
SELECT tests.log_out();
UPDATE social_media_accounts SET is_verified = true;
SELECT tests.log_in(:'ann');
SELECT throws_ok($$UPDATE social_media_accounts SET username = 'famous'$$, '55000', 'cannot change a verified social media account', 'a verified one cannot');
SELECT throws_ok('UPDATE social_media_accounts SET is_verified = false', '42501', 'permission denied for column "is_verified" of table "social_media_accounts"', 'nor can a user say that it is not');
SELECT tests.log_out();
SELECT is((SELECT username FROM social_media_accounts), 'ann2', 'and it is what it was');

-- One default address and card

SELECT tests.log_in(:'ann');
SELECT tests.an_address(:'ann', true) AS old_home \gset
SELECT tests.an_address(:'ann', true) AS new_home \gset
SELECT results_eq('SELECT id FROM shipping_addresses WHERE is_default', format('VALUES (%L::uuid)', :'new_home'), 'a new default address takes the old one''s place');
UPDATE shipping_addresses SET is_default = true WHERE id = :'old_home';
SELECT results_eq('SELECT id FROM shipping_addresses WHERE is_default', format('VALUES (%L::uuid)', :'old_home'), 'and back');
SELECT tests.log_out();
SELECT tests.an_address(:'bob', true) AS bobs \gset
SELECT tests.a_card(:'ann', true) AS old_card, tests.a_card(:'bob', true) AS bobs_card \gset
SELECT tests.a_card(:'ann', true) AS new_card \gset
SELECT is((SELECT count(*) FROM shipping_addresses WHERE is_default), 2::bigint, 'somebody else''s default is not touched');
SELECT tests.log_in(:'ann');
UPDATE payment_methods SET is_default = true WHERE id = :'old_card';
SELECT tests.log_out();
SELECT results_eq('SELECT id FROM payment_methods WHERE is_default ORDER BY id', format('SELECT unnest(ARRAY[%L, %L]::uuid[]) ORDER BY 1', :'old_card', :'bobs_card'), 'the same with cards');


-- In one statement, whichever row it comes to first

SELECT tests.log_in(:'ann');
CREATE FUNCTION pg_temp.choose(t text, id uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('UPDATE %I SET is_default = (id = $1) WHERE user_id = auth.uid()', t) USING id;
    RETURN (SELECT string_agg(d::text, ' ') FROM (SELECT a.id, a.is_default, 'shipping_addresses' FROM shipping_addresses a UNION ALL SELECT m.id, m.is_default, 'payment_methods' FROM payment_methods m) x (d, yes, of) WHERE yes AND of = t);
END $$;
SELECT is(pg_temp.choose('shipping_addresses', :'new_home'), :'new_home', 'the flag of all addresses in one statement: the new one');
SELECT is(pg_temp.choose('shipping_addresses', :'old_home'), :'old_home', 'and back');
SELECT is(pg_temp.choose('payment_methods', :'new_card'), :'new_card', 'of all cards');
SELECT is(pg_temp.choose('payment_methods', :'old_card'), :'old_card', 'and back');
SELECT is(pg_temp.choose('payment_methods', :'bobs_card'), NULL, 'none, when it is none of the user''s');
UPDATE shipping_addresses SET is_default = true;
SELECT is((SELECT count(*) FROM shipping_addresses WHERE is_default), 1::bigint, 'all of them: one is');
UPDATE shipping_addresses SET is_default = (id = :'old_home');
INSERT INTO shipping_addresses (id, user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
VALUES (:'new_home', :'ann', 'Home', 'x', 'x', 'x', 'x', 'US', true) ON CONFLICT DO NOTHING;
SELECT results_eq('SELECT id FROM shipping_addresses WHERE is_default', format('VALUES (%L::uuid)', :'old_home'), 'what was not inserted takes no place');
INSERT INTO shipping_addresses (id, user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
VALUES (:'new_home', :'ann', 'Home', 'x', 'x', 'x', 'x', 'US', true) ON CONFLICT (id) DO UPDATE SET phone = '1';
SELECT results_eq('SELECT id FROM shipping_addresses WHERE is_default', format('VALUES (%L::uuid)', :'old_home'), 'nor what was updated otherwise');
INSERT INTO shipping_addresses (id, user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
VALUES (:'new_home', :'ann', 'Home', 'x', 'x', 'x', 'x', 'US', true) ON CONFLICT (id) DO UPDATE SET is_default = EXCLUDED.is_default;
SELECT results_eq('SELECT id FROM shipping_addresses WHERE is_default', format('VALUES (%L::uuid)', :'new_home'), 'what was updated to it does');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM payment_methods WHERE is_default), 1::bigint, 'somebody else''s was never touched');

-- A deleted profile

UPDATE profiles SET deleted_at = now() WHERE id = :'ann';
SELECT tests.log_in(:'ann');
SELECT throws_ok($$UPDATE profiles SET full_name = 'x' WHERE id = auth.uid()$$, '55000', 'cannot change a deleted profile', 'a deleted profile is not changed');
SELECT throws_ok(format($$INSERT INTO listings (seller_id, title, description, price) VALUES (%L, 'x', 'x', 1)$$, :'ann'), '42501', 'must be signed in', 'and sells nothing');
SELECT tests.log_out();

-- What everybody may know

SELECT tests.an_order(:'ann', :'bob', 10, 'completed') AS shop_order \gset
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (:'shop_order', :'ann', :'bob', 4, 'seller');
INSERT INTO user_follows (follower_id, following_id) VALUES (:'boss', :'bob');
SELECT tests.a_listing(:'bob') \gset ignored_
SELECT tests.a_listing(:'bob', status => 'draft') \gset ignored_
SELECT tests.log_in_as_anon();
SELECT results_eq(format('SELECT username, follower_count, following_count, active_listings, buyer_rating FROM public_profile(%L)', :'bob'), $$VALUES ('bob'::text, 1, 0, 1, NULL::numeric)$$, 'everybody sees a public profile with its numbers');
SELECT is_empty(format('SELECT id FROM public_profile(%L)', :'ann'), 'but not a deleted one');
SELECT is_empty('SELECT id FROM public_profile(NULL)', 'nor nobody''s');
SELECT tests.log_out();

SELECT * FROM finish();
ROLLBACK;
