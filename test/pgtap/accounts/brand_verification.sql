-- Brand verification from the request to the badge, and codes that prove accounts on other platforms.
BEGIN;
\ir ../../fixtures/market.sql
SELECT no_plan();
SELECT tests.sign_up('ann@brand.example') AS ann, tests.sign_up('eve@brand.example') AS eve, tests.sign_up('ada@brand.example') AS ada, tests.sign_up('arno@brand.example') AS arno,
       tests.sign_up('mod@brand.example') AS mod, tests.sign_up('sue@brand.example') AS sue \gset
UPDATE profiles SET role = 'admin', is_admin = true WHERE id IN (:'ada', :'arno');
UPDATE profiles SET role = 'moderator' WHERE id = :'mod';
UPDATE profiles SET suspended_at = now() WHERE id = :'sue';
DELETE FROM outbox_events;

-- What is refused

SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok('SELECT request_brand_verification(''Lamps'', ''home'')', '42501', NULL, 'anon asks for nothing');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT throws_ok('SELECT request_brand_verification(''Lamps'', ''home'')', '42501', 'suspended users can only browse listings and use a cart', 'nor does a suspended user');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok('SELECT request_brand_verification('' '', ''home'')', '22004', 'brand_name must not be NULL', 'a brand has a name');
SELECT throws_ok('SELECT request_brand_verification(''Lamps'', NULL)', '22004', 'brand_category must not be NULL', 'and a category');
SELECT throws_ok('SELECT request_brand_verification(repeat(''x'', 101), ''home'')', '22023', 'invalid brand verification request', 'within limits');
SELECT throws_ok('SELECT request_brand_verification(''Lamps'', ''home'', documents => ''{}'')', '22023', 'invalid brand verification request', 'documents are a list');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM brand_verification_requests), 0::bigint, 'none of this left a trace');

-- Asked, answered, asked again

SELECT tests.log_in(:'ann') \g /dev/null
SELECT request_brand_verification(' Lamps Ltd ', 'home', 'R-1', documents => '["papers.pdf"]') AS request \gset
SELECT is(request_brand_verification('Lamps Limited', 'home', tax_id => 'T-1'), :'request', 'before the decision, it is the same request');
SELECT results_eq('SELECT brand_name, business_registration_number, tax_id, documents, verification_status, revision FROM brand_verification_requests',
    $$VALUES ('Lamps Limited', 'R-1', 'T-1', '["papers.pdf"]'::jsonb, 'pending', 2)$$, 'with what was changed');
SELECT throws_ok(format('SELECT review_brand(%L, ''approve'')', :'request'), '42501', 'only an admin or the service can review a brand', 'nobody decides about oneself');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT throws_ok(format('SELECT review_brand(%L, ''approve'')', :'request'), '42501', NULL, 'nor does a moderator');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT throws_ok('SELECT review_brand(NULL, ''approve'')', '22004', 'request_id must not be NULL', 'a review is of a request');
SELECT throws_ok(format('SELECT review_brand(%L, NULL)', :'request'), '22004', 'decision must not be NULL', 'with a decision');
SELECT throws_ok(format('SELECT review_brand(%L, ''maybe'')', :'request'), '22023', 'unrecognized decision: "maybe"', 'of the three');
SELECT throws_ok(format('SELECT review_brand(%L, ''reject'')', :'request'), '22023', 'notes must have 1 to 10000 characters', 'a rejection is explained');
SELECT throws_ok('SELECT review_brand(''00000000-0000-4000-8000-00000000dead'', ''approve'')', 'P0002', NULL, 'there is no other');
SELECT throws_ok(format('SELECT review_brand(%L, ''approve'')', :'request'), '55000', 'request has changed since it was read', 'what was changed is read again');
SELECT is(review_brand(:'request', 'request_info', 'Send the extract'), 'more_info_needed', 'an admin asks for more');
SELECT throws_ok(format('SELECT review_brand(%L, ''request_info'', ''And again'')', :'request'), '55000', 'request was decided already', 'once');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT admin_notes FROM brand_verification_requests), 'Send the extract', 'the applicant reads it');
SELECT is(request_brand_verification('Lamps Limited', 'home', documents => '["papers.pdf", "extract.pdf"]'), :'request', 'and answers');
SELECT results_eq('SELECT verification_status, admin_notes, revision FROM brand_verification_requests', $$VALUES ('pending', NULL::text, 3)$$, 'so that it waits again');
SELECT is((SELECT is_verified FROM my_profile()), false, 'still without a badge');
SELECT tests.log_in(:'arno') \g /dev/null
SELECT throws_ok(format('SELECT review_brand(%L, ''approve'', revision => 2)', :'request'), '55000', 'request has changed since it was read', 'an old revision is not approved');
SELECT is(review_brand(:'request', 'approve', 'Welcome', 3), 'approved', 'the one that was read is');
SELECT throws_ok(format('SELECT review_brand(%L, ''approve'', revision => 3)', :'request'), '55000', 'request was decided already', 'once');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT is_verified, account_type::text, brand_name::text FROM profiles WHERE id = %L', :'ann'), $$VALUES (true, 'brand', 'Lamps Limited')$$, 'the badge');
SELECT results_eq(format('SELECT admin_id, action FROM admin_approvals WHERE request_id = %L ORDER BY action', :'request'), format('VALUES (%L::uuid, ''approve''), (%L, ''request_info'')', :'arno', :'ada'), 'each decision is on record');
SELECT is((SELECT string_agg(kind, ' ' ORDER BY id) FROM outbox_events), 'brand.more_info_needed brand.pending brand.approved', 'and told');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT request_brand_verification('Better Lamps', 'home') AS again \gset
SELECT isnt(:'again'::uuid, :'request', 'another name is another request');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT is(review_brand(:'request', 'reject', 'The papers were forged'), 'rejected', 'an approval can be taken back');
SELECT is((SELECT is_verified FROM public_profile(:'ann')), false, 'and the badge with it');
SELECT throws_ok(format('SELECT review_brand(%L, ''approve'', revision => 3)', :'request'), '55000', 'request was decided already', 'for good');
SELECT request_brand_verification('Ada''s', 'home') AS own \gset
SELECT throws_ok(format('SELECT review_brand(%L, ''approve'')', :'own'), '55000', 'cannot review your own request', 'admins do not decide about themselves');

-- Accounts on other platforms

SELECT tests.log_in(:'eve') \g /dev/null
SELECT throws_ok('SELECT * FROM verify_social_account(''instagram'')', 'P0002', 'no account on platform "instagram"', 'there has to be an account');
INSERT INTO social_media_accounts (user_id, platform, username) VALUES (:'eve', 'instagram', 'eve.sells');
SELECT code, valid_until FROM verify_social_account('instagram') \gset
SELECT ok(:'code' ~ '^driplo-[0-9a-f]{12}$' AND :'valid_until'::timestamptz BETWEEN now() + interval '23 hours' AND now() + interval '25 hours', 'a code for a day');
SELECT is((SELECT code FROM verify_social_account('instagram')), :'code', 'that stays the same');
SELECT throws_ok(format('SELECT confirm_social_account(%L, ''instagram'', %L)', :'eve', :'code'), '42501', NULL, 'nobody confirms it but the service');
SELECT throws_ok('SELECT verification_data FROM social_media_accounts', '42501', NULL, 'and nobody reads it in the table');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok(format('SELECT confirm_social_account(%L, ''tiktok'', ''x'')', :'eve'), 'P0002', NULL, 'of an account that there is');
SELECT throws_ok(format('SELECT confirm_social_account(%L, ''instagram'', ''x'', -1)', :'eve'), '22023', 'followers must not be negative', 'with a number of followers');
SELECT is(confirm_social_account(:'eve', 'instagram', 'I sell lamps'), false, 'without the code it is not confirmed');
SELECT is(confirm_social_account(:'eve', 'instagram', NULL), false, 'nor without a text');
SELECT tests.log_in(:'eve') \g /dev/null
UPDATE social_media_accounts SET username = 'a.famous.brand' WHERE user_id = :'eve';
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(confirm_social_account(:'eve', 'instagram', 'I sell lamps ' || :'code'), false, 'nor for another name than the code is for');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT code AS new_code FROM verify_social_account('instagram') \gset
SELECT isnt(:'new_code'::text, :'code', 'which gets a code of its own');
UPDATE social_media_accounts SET username = 'eve.sells' WHERE user_id = :'eve';
SELECT code FROM verify_social_account('instagram') \gset
SELECT tests.log_out() \g /dev/null
UPDATE social_media_accounts SET verification_data = verification_data || jsonb_build_object('valid_until', now() - interval '1 second');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(confirm_social_account(:'eve', 'instagram', :'code'), false, 'nor after a day');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT code FROM verify_social_account('instagram') \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(confirm_social_account(:'eve', 'instagram', 'I sell lamps ' || :'code', 1200), true, 'with the code it is');
SELECT is(confirm_social_account(:'eve', 'instagram', 'I sell lamps'), true, 'and stays so when the code goes');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT results_eq('SELECT username, is_verified, followers_count FROM social_media_accounts WHERE user_id = auth.uid()', $$VALUES ('eve.sells', true, 1200)$$, 'everybody sees it');
SELECT throws_ok('SELECT * FROM verify_social_account(''instagram'')', '55000', 'account is already verified', 'it is verified once');
SELECT throws_ok('UPDATE social_media_accounts SET username = ''a.famous.brand'' WHERE user_id = auth.uid()', '55000', NULL, 'and keeps its name');
SELECT tests.log_out() \g /dev/null
SELECT is_empty('SELECT * FROM check_integrity()', 'the data are consistent');

SELECT * FROM finish();
ROLLBACK;
