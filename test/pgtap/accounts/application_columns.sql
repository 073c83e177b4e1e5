-- The columns of profiles that applications read: what the user writes, and what the database counts and knows.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('columns.example') \gset
CREATE FUNCTION tests.counts(who uuid) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT concat_ws(' ', follower_count, following_count, listings_count, total_purchases, total_sales) FROM profiles WHERE id = who
$$;
GRANT EXECUTE ON FUNCTION tests.counts(uuid) TO PUBLIC;

-- what the user writes
SELECT tests.log_in(:'buyer') \g /dev/null
UPDATE profiles SET website = 'https://example.org/me?x=1', social_links = '{"instagram": "@me"}', language_preference = 'pt-BR', privacy_settings = '{"profile_public": true}',
                    onboarding_step = 3, onboarding_completed = true WHERE id = :'buyer';
SELECT results_eq('SELECT website, social_links, language_preference, privacy_settings, onboarding_step, onboarding_completed FROM my_profile()',
    $$VALUES ('https://example.org/me?x=1', '{"instagram": "@me"}'::jsonb, 'pt-BR', '{"profile_public": true}'::jsonb, 3, true)$$, 'the user writes them and reads them in my_profile()');
SELECT throws_ok(format('UPDATE profiles SET %I = %L WHERE id = %L', name, value, :'buyer'), '23514', NULL, format('%s is not %s', name, value))
  FROM (VALUES ('website', 'javascript:alert(1)'), ('website', 'JavaScript://example.org/%0aalert(1)'), ('website', 'data:text/html,x'), ('website', ' https://example.org'), ('website', '//example.org'),
               ('website', E'java\nscript:x'), ('social_links', '[]'), ('social_links', '"x"'), ('privacy_settings', '[1]'), ('language_preference', 'english'), ('language_preference', 'e'),
               ('onboarding_step', '-1'), ('onboarding_step', '1001')) AS wrong (name, value);
SELECT lives_ok(format('UPDATE profiles SET website = %L WHERE id = %L', value, :'buyer'), format('website is %s', value))
  FROM unnest('{http://example.org,example.org,www.example.org/a/b,example.org:8080,""}'::text[]) AS value;
SELECT throws_ok(format('UPDATE profiles SET social_links = jsonb_build_object(''x'', repeat(''x'', 20000)) WHERE id = %L', :'buyer'), '54000', NULL, 'nor too large');
SELECT throws_ok(format('UPDATE profiles SET %I = %s WHERE id = %L', name, value, :'buyer'), '42501', NULL, name || ' is not the user''s to write')
  FROM (VALUES ('email_verified', 'true'), ('follower_count', '99'), ('following_count', '99'), ('listings_count', '99'), ('total_purchases', '99')) AS kept (name, value);
SELECT tests.log_out() \g /dev/null

-- what others see
SELECT is(tests.answers('anon seller', format('SELECT website, social_links, follower_count, following_count, listings_count FROM profiles WHERE id = %L', :'buyer')), '1 rows for anon seller', 'links and counts are public');
SELECT is(tests.answers('anon seller admin', format('SELECT %I FROM profiles WHERE id = %L', name, :'buyer')), '42501 for anon seller admin', name || ' is private')
  FROM unnest('{email_verified,needs_username_setup,onboarding_completed,onboarding_step,total_purchases,language_preference,privacy_settings,account_status}'::text[]) AS name;

-- the name that a sign-up makes up
CREATE FUNCTION tests.needs(who uuid) RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT needs_username_setup FROM profiles WHERE id = who';
SELECT is(tests.needs(tests.sign_up('nameless@columns.example')), true, 'a name made of the e-mail address is to be set up');
SELECT is(tests.needs(tests.sign_up('named@columns.example', '{"username": "Chosen.Name"}')), false, 'one that was chosen is not');
SELECT is(tests.needs(tests.sign_up('named2@columns.example', '{"username": "chosen.name"}')), true, 'unless somebody else has it');
SELECT is(tests.needs(tests.sign_up('named3@columns.example', '{"username": "a"}')), true, 'or it is none');
SELECT is(tests.needs(tests.sign_up('named4@columns.example', '{"username": "temporary1", "needs_username_setup": true}')), true, 'or the application says so');
SELECT tests.sign_up('changes@columns.example') AS changes \gset
SELECT tests.log_in(:'changes') \g /dev/null
UPDATE profiles SET bio = 'Hello' WHERE id = :'changes';
SELECT is((SELECT needs_username_setup FROM my_profile()), true, 'another change does not set it up');
UPDATE profiles SET username = 'my.own.name' WHERE id = :'changes';
SELECT is((SELECT needs_username_setup FROM my_profile()), false, 'a changed name does');
SELECT tests.log_out() \g /dev/null

-- the e-mail address
CREATE FUNCTION tests.verified(who uuid) RETURNS boolean LANGUAGE sql AS 'SELECT email_verified FROM profiles WHERE id = who';
SELECT tests.sign_up('mail@columns.example') AS mail \gset
SELECT is(tests.verified(:'mail'), false, 'an address is unconfirmed at first');
UPDATE auth.users SET email_confirmed_at = now() WHERE id = :'mail';
SELECT is(tests.verified(:'mail'), true, 'until auth.users says when it was confirmed');
UPDATE auth.users SET last_sign_in_at = now() WHERE id = :'mail';
SELECT is(tests.verified(:'mail'), true, 'signing in changes nothing');
UPDATE auth.users SET email = 'mail2@columns.example', email_confirmed_at = NULL WHERE id = :'mail';
SELECT is(tests.verified(:'mail'), false, 'another one has to be confirmed anew');
UPDATE auth.users SET email = NULL, email_confirmed_at = now() WHERE id = :'mail';
SELECT is(tests.verified(:'mail'), false, 'and there is none to be confirmed without one');

-- the account
SELECT tests.log_in(:'admin') \g /dev/null
SELECT suspend_user(:'other', 'rude') \g /dev/null
SELECT tests.log_in(:'other') \g /dev/null
SELECT is((SELECT account_status FROM my_profile()), 'suspended', 'a suspended user reads so');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT reinstate_user(:'other', 'sorry') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT account_status FROM profiles WHERE id = %L', :'other'), $$VALUES ('active')$$, 'and active afterwards');
UPDATE profiles SET deleted_at = now() WHERE id = :'other';
SELECT results_eq(format('SELECT account_status FROM profiles WHERE id = %L', :'other'), $$VALUES ('deleted')$$, 'or deleted');
SELECT throws_ok(format('UPDATE profiles SET account_status = ''active'' WHERE id = %L', :'other'), '428C9', NULL, 'nobody writes it');
UPDATE profiles SET deleted_at = NULL WHERE id = :'other';

-- followers
SELECT updated_at AS before FROM profiles WHERE id = :'seller' \gset
SELECT tests.log_in(:'buyer') \g /dev/null
INSERT INTO user_follows (follower_id, following_id) VALUES (:'buyer', :'seller');
SELECT tests.log_in(:'other') \g /dev/null
INSERT INTO user_follows (follower_id, following_id) VALUES (:'other', :'seller');
SELECT is(tests.counts(:'seller'), '2 0 0 0 0', 'two follow the seller');
SELECT is(tests.counts(:'buyer'), '0 1 0 0 0', 'one of them the buyer');
SELECT results_eq(format('SELECT follower_count, following_count FROM public_profile(%L)', :'seller'), 'VALUES (2, 0)', 'public_profile() says the same');
DELETE FROM user_follows WHERE follower_id = :'other';
SELECT is(tests.counts(:'seller'), '1 0 0 0 0', 'one no longer does');
SELECT tests.log_out() \g /dev/null

-- listings
SELECT tests.log_in(:'seller') \g /dev/null
INSERT INTO listings (id, seller_id, title, description, price, status)
SELECT ('00000000-0000-4000-8000-00000000001' || n)::uuid, :'seller', 'Lamp ' || n, 'x', 5, CASE WHEN n <= 3 THEN 'active' ELSE 'draft' END FROM generate_series(1, 4) n;
SELECT is(tests.counts(:'seller'), '1 0 3 0 0', 'three listings are shown, a draft is not');
UPDATE listings SET status = 'active' WHERE status = 'draft';
SELECT is(tests.counts(:'seller'), '1 0 4 0 0', 'a published one is');
UPDATE listings SET status = 'archived' WHERE id = '00000000-0000-4000-8000-000000000011';
SELECT is(tests.counts(:'seller'), '1 0 3 0 0', 'an archived one is not');
UPDATE listings SET price = 6;
DELETE FROM listings WHERE id = '00000000-0000-4000-8000-000000000012';
SELECT is(tests.counts(:'seller'), '1 0 2 0 0', 'nor is a deleted one');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT moderate_listing('00000000-0000-4000-8000-000000000013', 'remove', 'fake') \g /dev/null
SELECT is(tests.counts(:'seller'), '1 0 1 0 0', 'nor one that was removed');
SELECT moderate_listing('00000000-0000-4000-8000-000000000013', 'restore', 'real') \g /dev/null
SELECT suspend_user(:'seller', 'rude') \g /dev/null
SELECT is(tests.counts(:'seller'), '1 0 0 0 0', 'a suspended seller shows none');
SELECT reinstate_user(:'seller', 'sorry') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT updated_at FROM profiles WHERE id = %L', :'seller'), format('VALUES (%L::timestamptz)', :'before'), 'no count is a change of the profile');
UPDATE listings SET status = 'active', quantity = 1 WHERE seller_id = :'seller';
SELECT tests.an_order(:'buyer', :'seller', 6) AS sold \gset
INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (:'sold', '00000000-0000-4000-8000-000000000013', 1, 6, 6);
SELECT is((SELECT status::text FROM listings WHERE id = '00000000-0000-4000-8000-000000000013'), 'reserved', 'of what was ordered nothing is left');
SELECT is(tests.counts(:'seller'), '1 0 3 0 0', 'but it is still shown');

-- purchases
UPDATE orders SET status = 'paid' WHERE id = :'sold';
SELECT tests.has_arrived(:'sold') \g /dev/null
UPDATE orders SET status = 'completed' WHERE id = :'sold';
SELECT is(tests.counts(:'buyer') || ', ' || tests.counts(:'seller'), '0 1 0 1 0, 1 0 3 0 1', 'a completed order is a purchase and a sale');
UPDATE orders SET status = 'refunded' WHERE id = :'sold';
SELECT is(tests.counts(:'buyer') || ', ' || tests.counts(:'seller'), '0 1 0 0 0, 1 0 3 0 0', 'until it is refunded');

SELECT is_empty($$SELECT * FROM check_integrity() WHERE rule LIKE '%statistics'$$, 'all of it is as counted');
SELECT tests.delete_account(:'buyer') \g /dev/null
SELECT is(tests.counts(:'seller'), '0 0 3 0 0', 'who is deleted follows nobody');
SELECT is_empty($$SELECT * FROM check_integrity() WHERE rule LIKE '%statistics'$$, 'and nothing is miscounted');

SELECT * FROM finish();
ROLLBACK;
