-- The audit log and e-mail addresses, as older applications' administration calls them.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('staff.example') \gset
SELECT is(tests.answers('anon buyer suspended guest', 'SELECT log_admin_action(''x'', ''y'', ''z'')'), '42501 for anon buyer suspended guest', 'the log is written by the staff');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT log_admin_action('exported', 'report', 'users', '{"rows": 3}') AS one, log_admin_action('looked_at', 'profile', :'buyer') AS two \gset
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT admin_id, action::text, target_type::text, target_id, new_values FROM admin_audit_log WHERE id IN (%L, %L) ORDER BY action', :'one', :'two'),
    format($$VALUES (%1$L::uuid, 'exported', 'report', NULL::uuid, '{"details": {"rows": 3}, "logged_by": "log_admin_action", "resource_id": "users"}'::jsonb),
                    (%1$L, 'looked_at', 'profile', %2$L, '{"logged_by": "log_admin_action"}')$$, :'admin', :'buyer'), 'signed, with what was said');
SELECT is(tests.answers('admin', statement), '22023 for admin', statement) FROM unnest(ARRAY['SELECT log_admin_action('''')', 'SELECT log_admin_action(NULL)', 'SELECT log_admin_action(repeat(''x'', 101))',
    'SELECT log_admin_action(''x'', ''y'', ''z'', to_jsonb(repeat(''x'', 70000)))']) AS statement;
-- who says that a moderator removed a listing changes nothing about who may restore it
SELECT tests.a_listing(:'seller') AS lamp \gset
SELECT tests.log_in(:'admin') \g /dev/null
SELECT moderate_listing(:'lamp', 'remove', 'fake') \g /dev/null
SELECT tests.log_in((SELECT id FROM tests.people WHERE name = 'moderator')) \g /dev/null
SELECT log_admin_action('moderate_listing', 'listing', :'lamp', '{"status": "removed"}') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('moderator', format('SELECT moderate_listing(%L, ''restore'', ''mine'')', :'lamp')), '42501 for moderator', 'an entry is no act of driplo''s');

SELECT is(tests.answers('anon buyer moderator suspended', 'SELECT * FROM get_unverified_users_for_admin()'), '42501 for anon buyer moderator suspended', 'addresses are for admins');
SELECT is(tests.asked('admin', format('SELECT email FROM get_unverified_users_for_admin() WHERE id = %L', :'buyer')), 'buyer@staff.example', 'who see whose is not verified');
SELECT is(tests.answers('anon buyer moderator', format('SELECT admin_verify_user_email(%L)', :'buyer')), '42501 for anon buyer moderator', 'and verify it, and nobody else');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT to_regrole('supabase_auth_admin') IS NOT NULL AND has_table_privilege('supabase_auth_admin', 'auth.users', 'INSERT') AS is_supabase \gset
\if :is_supabase
SELECT throws_ok(format('SELECT admin_verify_user_email(%L)', :'buyer'), '0A000', 'cannot verify an e-mail address of the authentication service', 'where Supabase keeps the accounts, it says so');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM admin_audit_log WHERE action = 'admin_verify_user_email'), 0::bigint, 'and leaves nothing on record');
SELECT results_eq(format('SELECT u.email_confirmed_at, p.email_verified FROM auth.users u JOIN profiles p USING (id) WHERE id = %L', :'buyer'), 'VALUES (NULL::timestamptz, false)', 'or marked');
UPDATE auth.users SET email_confirmed_at = now() WHERE id = :'buyer';
SELECT is((SELECT email_verified FROM profiles WHERE id = :'buyer'), true, 'what the service confirms is verified');
\else
SELECT is(admin_verify_user_email(:'buyer'), true, 'once');
SELECT is(admin_verify_user_email(:'buyer'), false, 'and not again');
SELECT is(admin_verify_user_email(gen_random_uuid()), false, 'nor nobody''s');
SELECT is(admin_verify_user_email(NULL), false, 'nor of no user');
SELECT is_empty(format('SELECT * FROM get_unverified_users_for_admin() WHERE id = %L', :'buyer'), 'it is verified');
SELECT is((SELECT count(*) FROM admin_audit_log WHERE action = 'admin_verify_user_email' AND admin_id = :'admin' AND target_id = :'buyer'), 1::bigint, 'on record');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT u.email_confirmed_at = now(), p.email_verified FROM auth.users u JOIN profiles p USING (id) WHERE id = %L', :'buyer'), 'VALUES (true, true)', 'in the account and in the profile');
-- the service has taken the mark from the profile alone
UPDATE profiles SET email_verified = false WHERE id = :'buyer';
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(admin_verify_user_email(:'buyer'), true, 'a profile that differs from its account is marked too');
SELECT tests.log_out() \g /dev/null
SELECT tests.sign_up('gone@staff.example') AS gone \gset
UPDATE profiles SET deleted_at = now() WHERE id = :'gone';
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(admin_verify_user_email(:'gone'), false, 'an account that is deleted is not verified');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT email_confirmed_at FROM auth.users WHERE id = :'gone'), NULL, 'and keeps no mark');
\endif
SELECT is_empty('SELECT * FROM check_integrity() WHERE rule = ''profile_email''', 'and nothing is amiss');
UPDATE auth.users SET email = 'new@staff.example', email_confirmed_at = NULL WHERE id = :'buyer';
SELECT is((SELECT email_verified FROM profiles WHERE id = :'buyer'), false, 'until the address changes');
-- an auth.users of the shop's own, which does not say when an address was confirmed
ALTER TABLE auth.users RENAME COLUMN email_confirmed_at TO shown_at;
SELECT is(admin_verify_user_email(:'buyer'), true, 'where the account has no mark, the profile has it');
SELECT is((SELECT email_verified FROM profiles WHERE id = :'buyer'), true, 'alone');

SELECT * FROM finish();
ROLLBACK;
