-- Finishing one's setup: which steps complete it, when, and who is told that it is complete.
BEGIN;
SELECT plan(43);

CREATE FUNCTION tests.setup_of(id uuid) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN p.setup_completed THEN 'completed' ELSE 'open' END || CASE WHEN p.setup_completed_at IS NULL THEN '' ELSE ', dated' END
      FROM profiles p WHERE p.id = $1
$$;
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('bob@example.com') AS bob, tests.sign_up('cleo@example.com') AS cleo,
       tests.sign_up('dan@example.com') AS dan, tests.sign_up('eve@example.com') AS eve, tests.sign_up('fay@example.com') AS fay \gset

-- Ann, in the usual order and with her own rights

SELECT tests.log_in(:'ann');
SELECT lives_ok(format($$INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (%L, 'avatar_selected', true)$$, :'ann'), 'a user records an own step');
SELECT tests.log_out();
SELECT is(tests.setup_of(:'ann'), 'open', 'one step of two does not complete the setup');
SELECT is(is_profile_setup_complete(:'ann'), false, 'and is_profile_setup_complete says so');
SELECT tests.log_in(:'ann');
INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (:'ann', 'profile_info_completed', true);
SELECT is(is_profile_setup_complete(:'ann'), true, 'both steps complete the setup, as the user herself can ask');
SELECT tests.log_out();
SELECT is(tests.setup_of(:'ann'), 'completed, dated', 'and it has a date');
SELECT is((SELECT count(*) FROM profiles WHERE setup_completed), 1::bigint, 'nobody else''s setup is completed by it');

UPDATE profiles SET setup_completed_at = '2020-02-29 12:00+00' WHERE id = :'ann';
INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (:'ann', 'account_type_selected', true);
UPDATE profile_setup_progress SET completed = true, data = '{"again": true}' WHERE user_id = :'ann';
SELECT is((SELECT setup_completed_at FROM profiles WHERE id = :'ann'), '2020-02-29 12:00+00'::timestamptz, 'later steps do not move the date');
UPDATE profile_setup_progress SET completed = false WHERE user_id = :'ann' AND step_name = 'avatar_selected';
SELECT is(tests.setup_of(:'ann'), 'completed, dated', 'a step that is taken back does not undo the setup');
UPDATE profile_setup_progress SET completed = true WHERE user_id = :'ann' AND step_name = 'avatar_selected';
SELECT is((SELECT setup_completed_at FROM profiles WHERE id = :'ann'), '2020-02-29 12:00+00'::timestamptz, 'and done again it does not move the date');

-- Bob, the other way round and by updates

INSERT INTO profile_setup_progress (user_id, step_name) VALUES (:'bob', 'profile_info_completed'), (:'bob', 'avatar_selected');
SELECT is(tests.setup_of(:'bob'), 'open', 'steps that are begun do not count');
SELECT tests.log_in(:'bob');
UPDATE profile_setup_progress SET completed = true WHERE user_id = :'bob' AND step_name = 'profile_info_completed';
SELECT tests.log_out();
SELECT is(tests.setup_of(:'bob'), 'open', 'one finished step of two does not complete the setup');
SELECT tests.log_in(:'bob');
INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (:'bob', 'avatar_selected', true)
    ON CONFLICT (step_name, user_id) DO UPDATE SET completed = excluded.completed;
SELECT tests.log_out();
SELECT is(tests.setup_of(:'bob'), 'completed, dated', 'the order of the steps does not matter, and an upsert counts');

-- Cleo, with steps that do not count

INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES
    (:'cleo', 'account_type_selected', true), (:'cleo', 'brand_details', true), (:'cleo', 'Avatar_Selected', true), (:'cleo', ' profile_info_completed ', true);
SELECT is(tests.setup_of(:'cleo'), 'open', 'other steps, and the right ones in other letters, do not count');
INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (:'cleo', 'avatar_selected', NULL), (:'cleo', 'profile_info_completed', true);
SELECT is(tests.setup_of(:'cleo'), 'open', 'completed NULL is not completed');
UPDATE profile_setup_progress SET completed = true WHERE user_id = :'cleo';
SELECT is(tests.setup_of(:'cleo'), 'completed, dated', 'one statement may finish several steps');

-- Dan, whose steps were written while nobody looked: any setup step asks again, another does not

ALTER TABLE profile_setup_progress DISABLE TRIGGER trigger_update_setup_completion;
INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (:'dan', 'avatar_selected', true), (:'dan', 'profile_info_completed', true);
ALTER TABLE profile_setup_progress ENABLE TRIGGER trigger_update_setup_completion;
INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (:'dan', 'newsletter', true);
SELECT is(tests.setup_of(:'dan'), 'open', 'a step that does not belong to the setup asks no question');
INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (:'dan', 'account_type_selected', false);
SELECT is(tests.setup_of(:'dan'), 'completed, dated', 'account_type_selected asks whether the setup is complete, without being required');

-- Rows of other users

SELECT tests.log_in(:'eve');
SELECT throws_ok(format($$INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (%L, 'avatar_selected', true)$$, :'fay'),
    '42501', NULL, 'a step in another user''s name is refused');
UPDATE profile_setup_progress SET completed = false WHERE user_id = :'ann';
SELECT is((SELECT count(*) FROM profile_setup_progress WHERE user_id <> :'eve'), 0::bigint, 'another user''s steps are not to be seen');
SELECT throws_ok(format($$UPDATE profiles SET setup_completed = true WHERE id = %L$$, :'eve'), '42501', NULL, 'nobody declares the own setup completed');
SELECT throws_ok('SELECT update_setup_completion()', '42501', NULL, 'nor calls the trigger function');
SELECT is(is_profile_setup_complete(:'eve'), false, 'her own setup is open');
SELECT lives_ok(format($$INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (%L, 'avatar_selected', true)$$, :'eve'), 'she has one step');
SELECT throws_ok(format($$UPDATE profile_setup_progress SET user_id = %L WHERE user_id = %L$$, :'fay', :'eve'), '42501', NULL, 'which she cannot hand to another user');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM profile_setup_progress WHERE user_id = :'fay'), 0::bigint, 'the other user has none');
SELECT is((SELECT count(*) FROM profile_setup_progress WHERE user_id = :'ann' AND completed), 3::bigint, 'and Ann''s are as they were');
SELECT is(tests.setup_of(:'eve') || ', ' || tests.setup_of(:'fay'), 'open, open', 'nobody''s setup was completed by it');
SELECT throws_ok(format($$INSERT INTO profile_setup_progress (user_id, step_name) VALUES (%L, 'avatar_selected')$$, :'eve'), '23505', NULL, 'each step exists once a user');

-- is_profile_setup_complete

SELECT is(is_profile_setup_complete(NULL), false, 'NULL is not complete');
SELECT is(is_profile_setup_complete('00000000-0000-4000-8000-00000000dead'), false, 'an unknown user is not complete');
UPDATE profiles SET account_type = 'brand' WHERE id = :'ann';
SELECT is(is_profile_setup_complete(:'ann'), false, 'a brand without a verification is not complete');
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category, verification_status) VALUES (:'ann', 'Ann & Co', 'fashion', 'pending');
SELECT is(is_profile_setup_complete(:'ann'), false, 'nor while the request is pending');
UPDATE brand_verification_requests SET verification_status = 'rejected' WHERE user_id = :'ann';
SELECT is(is_profile_setup_complete(:'ann'), false, 'nor when it is rejected');
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category, verification_status) VALUES (:'bob', 'Bob & Co', 'fashion', 'approved');
SELECT is(is_profile_setup_complete(:'ann'), false, 'another user''s approved request does not help');
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category, verification_status) VALUES (:'ann', 'Ann & Sons', 'fashion', 'approved');
SELECT is(is_profile_setup_complete(:'ann'), true, 'a brand with an approved request is complete');
UPDATE profiles SET deleted_at = now() WHERE id = :'ann';
SELECT is(is_profile_setup_complete(:'ann'), false, 'a deleted profile is not complete');
SELECT is(is_profile_setup_complete(user_id => :'bob'), true, 'the argument can be named user_id');
SELECT tests.log_in_as_anon();
SELECT throws_ok(format('SELECT is_profile_setup_complete(%L)', :'bob'), '42501', NULL, 'anon may not ask');
SELECT tests.log_in(:'bob');
SELECT is(is_profile_setup_complete(:'bob'), true, 'one may ask about oneself');
SELECT tests.log_in(:'eve');
SELECT is(is_profile_setup_complete(:'bob'), false, 'a stranger learns nothing about others');
SELECT tests.log_out();
UPDATE profiles SET role = 'moderator' WHERE id = :'eve';
SELECT tests.log_in(:'eve');
SELECT is(is_profile_setup_complete(:'bob'), false, 'nor does a moderator');
SELECT tests.log_out();
UPDATE profiles SET role = 'admin', is_admin = true WHERE id = :'eve';
SELECT tests.log_in(:'eve');
SELECT is(is_profile_setup_complete(:'bob'), true, 'an admin is told');
SELECT tests.log_out();
UPDATE profiles SET suspended_at = now() WHERE id = :'eve';
SELECT tests.log_in(:'eve');
SELECT is(is_profile_setup_complete(:'bob'), false, 'but not while suspended');
SELECT tests.log_out();

SELECT * FROM finish();
ROLLBACK;
