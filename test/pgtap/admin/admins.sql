-- Who is an admin, who may make one, and who is the service.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(82);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('bob@example.com') AS bob, tests.sign_up('cleo@example.com') AS cleo,
       tests.sign_up('dan@example.com') AS dan, tests.sign_up('eve@example.com') AS eve \gset

CREATE FUNCTION tests.trace_of_promotions() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT format('%s approvals, %s audit rows, %s admins', (SELECT count(*) FROM admin_approvals), (SELECT count(*) FROM admin_audit_log),
                  (SELECT count(*) FROM profiles WHERE role = 'admin' OR is_admin))
$$;

-- Before there is any

SELECT is(tests.trace_of_promotions(), '0 approvals, 0 audit rows, 0 admins', 'there is no admin at first');
SELECT tests.log_in(:'eve');
SELECT throws_ok($$SELECT promote_to_admin('eve@example.com')$$, '42501', 'only an admin or the service can promote a user', 'a user cannot promote herself');
SELECT throws_ok($$SELECT promote_to_admin('bob@example.com')$$, '42501', 'only an admin or the service can promote a user', 'nor another user');
SELECT throws_ok($$SELECT promote_to_admin('nobody@example.com')$$, '42501', 'only an admin or the service can promote a user', 'nor learn that an address is unknown');
SELECT is(tests.error_of('SELECT promote_to_admin(''bob@example.com'')'), tests.error_of('SELECT promote_to_admin(''nobody@example.com'')'), 'the two errors are the same');
SELECT throws_ok('SELECT promote_to_admin(NULL)', '22004', NULL, 'NULL is refused as such');
SELECT throws_ok(format($$UPDATE profiles SET role = 'admin', is_admin = true WHERE id = %L$$, :'eve'), '42501', NULL, 'the columns cannot be written by a user');
SELECT tests.log_in(:'eve', '{"role": "service_role", "app_metadata": {"role": "admin"}, "is_admin": true}');
SELECT is(is_admin(:'eve'), false, 'claims about a role make nobody an admin');
SELECT throws_ok($$SELECT promote_to_admin('eve@example.com')$$, '42501', NULL, 'nor the service');
SELECT tests.log_in_as_anon();
SELECT throws_ok($$SELECT promote_to_admin('bob@example.com')$$, '42501', NULL, 'anon cannot promote anybody');
SELECT is(tests.error_of('SELECT promote_to_admin(''bob@example.com'')'), tests.error_of('SELECT promote_to_admin(''nobody@example.com'')'),
    'and does not learn which addresses exist');
SELECT throws_ok(format('SELECT is_admin(%L)', :'ann'), '42501', NULL, 'anon may not ask who is an admin');
SELECT tests.log_out();
SELECT is(tests.trace_of_promotions(), '0 approvals, 0 audit rows, 0 admins', 'the refused promotions left no trace');

-- The first admin, from a console

SELECT lives_ok($$SELECT promote_to_admin('ann@example.com')$$, 'the first promotion from a console works');
SELECT results_eq(format($$SELECT role::text, is_admin FROM profiles WHERE id = %L$$, :'ann'), $$VALUES ('admin', true)$$, 'it sets role and is_admin');
SELECT results_eq('SELECT request_type, request_id, admin_id, action, notes, metadata FROM admin_approvals',
    format($$VALUES ('user_promotion', %1$L::uuid, %1$L::uuid, 'approve', 'Promoted to admin role',
                     '{"email": "ann@example.com", "role": "admin", "bootstrap": true}'::jsonb)$$, :'ann'),
    'the approval is the promoted user''s own and says that it was the first');
SELECT results_eq('SELECT admin_id, action::text, target_type::text, target_id, new_values FROM admin_audit_log',
    format($$VALUES (%1$L::uuid, 'promote_to_admin', 'profile', %1$L::uuid, '{"role": "admin", "is_admin": true}'::jsonb)$$, :'ann'),
    'the audit log has the promotion');
SELECT is(tests.trace_of_promotions(), '1 approvals, 1 audit rows, 1 admins', 'nobody else was promoted');
SET LOCAL client_min_messages = warning;
SELECT lives_ok($$SELECT promote_to_admin('ann@example.com')$$, 'the same promotion once more is no error');
SELECT is(tests.trace_of_promotions(), '1 approvals, 1 audit rows, 1 admins', 'and changes nothing');
SELECT throws_ok($$SELECT promote_to_admin('nobody@example.com')$$, 'P0002', 'no user has this e-mail address', 'an unknown address is an error');
SELECT throws_ok($$SELECT promote_to_admin('')$$, 'P0002', NULL, 'an empty one too');
SELECT throws_ok($$SELECT promote_to_admin('BOB@example.com')$$, 'P0002', NULL, 'addresses are compared exactly');
SELECT throws_ok($$SELECT promote_to_admin('%')$$, 'P0002', NULL, 'and not as patterns');
SELECT throws_ok('SELECT promote_to_admin(NULL)', '22004', NULL, 'NULL is an error');

-- By an admin

SELECT tests.log_in(:'ann');
SELECT lives_ok($$SELECT promote_to_admin(user_email => 'bob@example.com')$$, 'an admin promotes another user');
SELECT throws_ok($$SELECT promote_to_admin('nobody@example.com')$$, 'P0002', NULL, 'an admin is told that an address is unknown');
SELECT tests.log_out();
SELECT results_eq(format('SELECT admin_id, metadata FROM admin_approvals WHERE request_id = %L', :'bob'),
    format($$VALUES (%L::uuid, '{"email": "bob@example.com", "role": "admin"}'::jsonb)$$, :'ann'), 'the approval is signed by the admin, and is no first one');
SELECT is((SELECT admin_id FROM admin_audit_log WHERE target_id = :'bob'), :'ann'::uuid, 'so is the row of the audit log');

-- By the service

SELECT tests.log_in_as_service();
SELECT lives_ok($$SELECT promote_to_admin('cleo@example.com')$$, 'the service promotes a user');
SELECT tests.log_out();
SELECT is((SELECT admin_id FROM admin_approvals WHERE request_id = :'cleo'), :'cleo'::uuid, 'which is recorded as the promoted user''s own');
SELECT is(tests.trace_of_promotions(), '3 approvals, 3 audit rows, 3 admins', 'each promotion is recorded once');

-- Two users of one address, and users who are gone

UPDATE profiles SET email = 'shared@example.com' WHERE id IN (:'dan', :'eve');
SELECT throws_ok($$SELECT promote_to_admin('shared@example.com')$$, '55000', 'more than one user has this e-mail address', 'an address that two users have promotes neither');
UPDATE profiles SET email = 'dan@example.com', deleted_at = now() WHERE id = :'dan';
SELECT throws_ok($$SELECT promote_to_admin('dan@example.com')$$, 'P0002', NULL, 'a deleted user cannot be promoted');
SELECT is((SELECT string_agg(role::text, ', ') FROM profiles WHERE id IN (:'dan', :'eve')), 'user, user', 'none of them was');
UPDATE profiles SET deleted_at = now() WHERE id = :'cleo';
SELECT is(is_admin(:'cleo'), false, 'an admin who is deleted is none any more');
SELECT tests.log_in(:'cleo');
SELECT is(is_admin(:'cleo'), false, 'in the own eyes too');
SELECT throws_ok($$SELECT promote_to_admin('eve@example.com')$$, '42501', NULL, 'and promotes nobody');
SELECT tests.log_out();

-- role and is_admin say the same

SELECT throws_ok(format($$UPDATE profiles SET role = 'admin' WHERE id = %L$$, :'eve'), '23514', NULL, 'role admin without is_admin is refused');
SELECT throws_ok(format($$UPDATE profiles SET is_admin = true WHERE id = %L$$, :'eve'), '23514', NULL, 'is_admin without role admin is refused');
SELECT throws_ok(format($$UPDATE profiles SET is_admin = true, role = 'moderator' WHERE id = %L$$, :'eve'), '23514', NULL, 'a moderator is no admin');
SELECT throws_ok(format($$UPDATE profiles SET is_admin = false WHERE id = %L$$, :'ann'), '23514', NULL, 'an admin does not lose one of the two');
SELECT throws_ok(format($$UPDATE profiles SET is_admin = NULL WHERE id = %L$$, :'ann'), '23514', NULL, 'not to NULL either');
SELECT throws_ok(format($$UPDATE profiles SET role = NULL WHERE id = %L$$, :'ann'), '23514', NULL, 'nor the other');
SELECT lives_ok(format($$UPDATE profiles SET role = 'moderator' WHERE id = %L$$, :'eve'), 'a moderator without is_admin is fine');
SELECT is(is_admin(:'eve'), false, 'and no admin');

-- is_admin

SELECT is(is_admin(NULL), false, 'NULL is no admin');
SELECT is(is_admin('00000000-0000-4000-8000-00000000dead'), false, 'an unknown user is no admin');
SELECT is(is_admin(user_id => :'ann'), true, 'a console is told who is an admin');
SELECT tests.log_in(:'ann');
SELECT is(is_admin(:'ann'), true, 'an admin is one in the own eyes');
SELECT is(is_admin(:'bob'), true, 'and is told about other admins');
SELECT is(is_admin(:'eve'), false, 'and about who is none');
SELECT tests.log_in(:'eve');
SELECT is(is_admin(:'eve'), false, 'a user is none');
SELECT is(is_admin(:'ann'), false, 'and is not told who is');
SELECT is(is_admin(NULL), false, 'NOT is_admin(NULL) lets nobody through');

-- Objects that the caller puts in the way

SELECT tests.log_out();
UPDATE profiles SET email = 'eve@example.com' WHERE id = :'eve';
SELECT tests.log_in(:'eve');
CREATE TEMP TABLE profiles AS SELECT auth.uid() AS id, 'admin' AS role, true AS is_admin, 'eve@example.com' AS email, NULL::timestamptz AS deleted_at;
CREATE TEMP TABLE admin_approvals (request_type text, request_id uuid, admin_id uuid, action text, notes text, metadata jsonb);
SELECT is(is_admin(:'eve'), false, 'a temporary table profiles makes nobody an admin');
SELECT set_config('search_path', 'pg_temp, ' || quote_ident(tests.home()) || ', tap, tests', true) \g /dev/null
SELECT is(is_admin(:'eve'), false, 'also not when it is first in the search_path');
SELECT throws_ok($$SELECT promote_to_admin('eve@example.com')$$, '42501', NULL, 'nor lets it promote');
SELECT tests.log_in(:'ann');
SELECT lives_ok($$SELECT promote_to_admin('eve@example.com')$$, 'an admin promotes the right user in spite of it');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM pg_temp.admin_approvals), 0::bigint, 'and the approval is not written into a temporary table');
DROP TABLE pg_temp.profiles, pg_temp.admin_approvals;
SELECT set_config('search_path', quote_ident(tests.home()) || ', tap, tests', true) \g /dev/null
SELECT is((SELECT is_admin FROM profiles WHERE id = :'eve'), true, 'but where it belongs, with the promotion');

-- What admins and others see of it

SELECT tests.log_in(:'ann');
SELECT is((SELECT count(*) FROM admin_approvals), 4::bigint, 'an admin sees the approvals');
SELECT is((SELECT count(*) FROM admin_audit_log), 4::bigint, 'and the audit log');
SELECT throws_ok(format($$INSERT INTO admin_approvals (request_type, request_id, admin_id, action) VALUES ('user_ban', %L, %L, 'approve')$$, :'eve', :'bob'),
    '42501', NULL, 'an admin cannot sign in another''s name');
SELECT throws_ok(format($$INSERT INTO admin_audit_log (admin_id, action) VALUES (%L, 'nothing')$$, :'ann'), '42501', NULL, 'nor write into the audit log by hand');
SELECT throws_ok('DELETE FROM admin_audit_log', '42501', NULL, 'nor delete from it');
SELECT tests.log_out();
SELECT is(tests.trace_of_promotions(), '4 approvals, 4 audit rows, 4 admins', 'all of it is as it was');

-- Who is the service: the role that the session runs as, outside any SECURITY DEFINER function

SELECT tests.log_in(:'eve');
SELECT throws_ok('SELECT private.is_service()', '42501', NULL, 'clients cannot call what is in schema private');
SELECT tests.log_out();
GRANT USAGE ON SCHEMA private TO PUBLIC;
GRANT EXECUTE ON FUNCTION private.is_service() TO PUBLIC;
CREATE FUNCTION tests.asked_by_superuser() RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT private.is_service()';
CREATE FUNCTION tests.asked_by_service() RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT private.is_service()';
ALTER FUNCTION tests.asked_by_service() OWNER TO service_role;
CREATE ROLE tests_database_owner;
CREATE ROLE tests_nobody CREATEDB CREATEROLE;
GRANT ALL ON SCHEMA tests TO tests_database_owner, tests_nobody;
SELECT is(private.is_service(), true, 'a superuser is the service');
SELECT tests.log_in_as_service();
SELECT is(private.is_service(), true, 'service_role is the service');
SELECT tests.log_in_as_anon();
SELECT is(private.is_service(), false, 'anon is not');
SELECT is(tests.asked_by_superuser(), false, 'also not within a function of a superuser''s');
SELECT tests.log_in(:'ann');
SELECT is(private.is_service(), false, 'an admin is not');
SELECT is(tests.asked_by_superuser() OR tests.asked_by_service(), false, 'also not within a function of a superuser''s or of service_role''s');
SELECT tests.log_in(:'eve', '{"role": "service_role"}');
SELECT is(private.is_service(), false, 'the role in the claims does not count');
SELECT tests.log_out();
SET LOCAL ROLE tests_nobody;
SELECT is(private.is_service(), false, 'another role is not the service, whatever it may create');
RESET ROLE;
SELECT format('ALTER DATABASE %I OWNER TO tests_database_owner', current_database()) \gexec
SET LOCAL ROLE tests_database_owner;
SELECT is(private.is_service(), true, 'the owner of the database is the service');
RESET ROLE;

-- What only the service can do is refused to everybody else, whatever was granted

GRANT EXECUTE ON FUNCTION expire_carts(integer), expire_unpaid_orders(integer), record_stripe_event(jsonb), replay_stripe_event(text) TO authenticated;
SELECT tests.log_in(:'ann');
SELECT throws_ok('SELECT expire_carts()', '42501', 'only the service can expire carts', 'an admin does not expire carts');
SELECT throws_ok('SELECT expire_unpaid_orders()', '42501', 'only the service can expire orders', 'nor orders');
SELECT throws_ok('SELECT record_stripe_event(NULL)', '42501', 'only the service can record events', 'nor says what Stripe has said');
SELECT throws_ok('SELECT replay_stripe_event(NULL)', '42501', 'only the service can replay events', 'nor has it said again');
SELECT tests.log_in_as_service();
SELECT is(expire_carts() + expire_unpaid_orders(), 0, 'the service does');
SELECT tests.log_out();

SELECT * FROM finish();
ROLLBACK;
