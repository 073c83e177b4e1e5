-- The two halves of a profile: everybody reads the public one, the owner the other by my_profile().
BEGIN;
SELECT plan(14);

SELECT tests.sign_up('ann@profile.example', '{"full_name": "Ann"}') AS ann \gset
SELECT tests.sign_up('bob@profile.example') AS bob \gset
UPDATE profiles SET phone = '+49 40 1', stripe_customer_id = 'cus_ann' WHERE id = :'ann';

SELECT tests.log_in(:'ann') \gset ignored_
SELECT results_eq('SELECT id, email, phone, role, stripe_customer_id FROM my_profile()',
                  format('VALUES (%L::uuid, ''ann@profile.example'', ''+49 40 1'', ''user'', ''cus_ann'')', :'ann'), 'an owner reads the private half');
SELECT throws_ok('SELECT email FROM profiles', '42501', NULL, 'and not by the table');
SELECT lives_ok($$ UPDATE profiles SET settings = '{"theme": "dark"}', phone = '+49 40 2' WHERE id = auth.uid() $$, 'an owner updates settings and phone');
SELECT results_eq('SELECT settings, phone FROM my_profile()', $$ VALUES ('{"theme": "dark"}'::jsonb, '+49 40 2') $$, 'and reads them back');
SELECT throws_ok($$ UPDATE profiles SET role = 'admin', is_admin = true WHERE id = auth.uid() $$, '42501', NULL, 'an owner does not make himself admin');
SELECT is((SELECT role FROM my_profile()), 'user', 'and stays a user');

SELECT tests.log_in(:'bob') \gset ignored_
SELECT is((SELECT count(*) FROM my_profile()), 1::bigint, 'somebody else reads one row');
SELECT is((SELECT id FROM my_profile()), :'bob'::uuid, 'his own');
SELECT is((SELECT full_name FROM profiles WHERE id = :'ann'), 'Ann', 'and the public half of hers');

SELECT tests.log_in_as_anon() \gset ignored_
SELECT throws_ok('SELECT * FROM my_profile()', '42501', NULL, 'anon has no profile to read');
SELECT is((SELECT full_name FROM profiles WHERE id = :'ann'), 'Ann', 'but the public half of everybody''s');
SELECT throws_ok('SELECT phone FROM profiles', '42501', NULL, 'and nothing of the private half');

SELECT tests.log_in_as_service() \gset ignored_
SELECT is((SELECT count(*) FROM my_profile()), 0::bigint, 'a service without a user reads no row');
SELECT tests.log_out() \gset ignored_
UPDATE profiles SET deleted_at = now() WHERE id = :'ann';
SELECT tests.log_in(:'ann') \gset ignored_
SELECT is((SELECT email FROM my_profile()), 'ann@profile.example', 'who has deleted the profile can still read it');

SELECT * FROM finish();
ROLLBACK;
