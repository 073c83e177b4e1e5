-- Escalation: how users of the reference schema became more than they were. Each test begins with the words
-- for what was possible; here it is refused and leaves no trace.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
SELECT plan(133);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('sue@example.com') AS sue, tests.sign_up('eve@example.com') AS eve,
       tests.sign_up('mod@example.com') AS mod, tests.sign_up('ada@example.com') AS ada, tests.sign_up('abe@example.com') AS abe \gset

-- promote_to_admin, from a console

SELECT is(tests.deed($$SELECT promote_to_admin('ada@example.com')$$), 'done', 'from a console, where the guide says to use it, promote_to_admin works');
SELECT promote_to_admin('abe@example.com') \g /dev/null
SELECT results_eq(format('SELECT role::text, is_admin FROM profiles WHERE id = %L', :'ada'), $$VALUES ('admin', true)$$, 'role and is_admin agree afterwards');
SELECT is((SELECT count(*) FROM admin_approvals WHERE request_id = :'ada' AND admin_id IS NULL), 0::bigint, 'always fails (admin_id NULL): the approval has a name');
SELECT set_user_role(:'mod', 'moderator', 'helps us') \g /dev/null
SELECT is((SELECT count(*) FROM profiles WHERE (role = 'admin') IS DISTINCT FROM is_admin), 0::bigint, 'role and is_admin agree for everybody');

-- A user sets what the platform keeps on the own profile

SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format('UPDATE profiles SET %s WHERE id = %L', change, :'eve')), '42501', 'a user sets ' || change || ' on the own profile')
  FROM unnest(ARRAY['role = ''admin''', 'is_admin = true', 'role = ''admin'', is_admin = true', 'role = ''moderator''', 'is_verified = true', 'seller_rating = 5', 'total_sales = 1000',
                    'badges = ''{top_rated}''', 'stripe_account_id = ''acct_x''', 'setup_completed = true',
                    -- and of the same kind, beyond the list
                    'seller_rating_count = 99', 'stripe_customer_id = ''cus_x''', 'setup_completed_at = now()', 'email = ''ada@example.com''', 'deleted_at = now()',
                    'deleted_at = ''2001-01-01''', 'suspended_at = ''2001-01-01''', 'metadata = ''{"role": "admin"}''', 'id = gen_random_uuid()', 'bio = ''x'', role = ''admin''']) change;
SELECT is(tests.attempt(format($$UPDATE profiles SET created_at = '2001-01-01' WHERE id = %L$$, :'eve')), '1 rows', 'a user sets created_at on the own profile, which keeps it');
SELECT is(tests.attempt(format($$UPDATE profiles p SET role = q.role FROM profiles q WHERE q.id = %L AND p.id = %L$$, :'ada', :'eve')), '42501', 'a user sets role from another row');
SELECT is(tests.attempt(format($$UPDATE profiles SET (bio, role) = ('x', 'admin') WHERE id = %L$$, :'eve')), '42501', 'a user sets role in a row of columns');
SELECT is(tests.attempt(format($$INSERT INTO profiles (id, username, role, is_admin) VALUES (%L, 'eve2', 'admin', true)$$, gen_random_uuid())), '42501', 'inserts a profile with role admin');
SELECT is(tests.attempt(format($$INSERT INTO profiles (id, username, role, is_admin) VALUES (%L, 'eve', 'admin', true)
    ON CONFLICT (id) DO UPDATE SET role = excluded.role, is_admin = true$$, :'eve')), '42501', 'inserts an own profile with role admin over the old one');
SELECT is(tests.attempt(format($$MERGE INTO profiles p USING (SELECT %L::uuid AS id) q ON p.id = q.id WHEN MATCHED THEN UPDATE SET role = 'admin'$$, :'eve')), '42501',
    'merges role admin into the own profile');
SELECT is(tests.attempt(format($$UPDATE profiles SET bio = 'defaced' WHERE id = %L$$, :'ann')), '0 rows', 'a user writes on another''s profile');
SELECT tests.log_out() \g /dev/null
SAVEPOINT without_profile;
DELETE FROM profiles WHERE id = :'eve';
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format($$INSERT INTO profiles (id, email, username, role, is_admin) VALUES (%L, 'eve@example.com', 'eve', 'admin', true)$$, :'eve')), '42501', 'inserts an own profile with role admin');
SELECT is(tests.attempt(format($$INSERT INTO profiles (id, username) VALUES (%L, 'root')$$, :'eve')), '42501', 'inserts an own profile at all: the sign-up does');
ROLLBACK TO without_profile;
SELECT tests.sign_up('ivy@example.com', '{"role": "admin", "is_admin": true, "username": "admin", "is_verified": true, "badges": ["top_rated"], "total_sales": 7}') AS ivy \gset
SELECT results_eq(format('SELECT role::text, is_admin, is_verified, badges, total_sales FROM profiles WHERE id = %L', :'ivy'), $$VALUES ('user', false, false, '{}'::text[], 0)$$,
    'inserts an own profile with role admin through the metadata of the sign-up');
SELECT isnt((SELECT username::text FROM profiles WHERE id = :'ivy'), 'admin', 'takes the name admin through the metadata of the sign-up');

-- Any user calls promote_to_admin

SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt($$SELECT promote_to_admin('eve@example.com')$$), '42501', 'any user calls promote_to_admin');
SELECT is(tests.attempt($$DO 'BEGIN PERFORM promote_to_admin(''eve@example.com''); END'$$), '42501', 'any user calls promote_to_admin from a block');
SELECT tests.log_in(:'eve', '{"role": "service_role", "app_metadata": {"role": "admin"}, "user_role": "admin", "is_admin": true}') \g /dev/null
SELECT is(tests.attempt($$SELECT promote_to_admin('eve@example.com')$$), '42501', 'any user calls promote_to_admin with claims that say service_role');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is(tests.attempt($$SELECT promote_to_admin('mod@example.com')$$), '42501', 'a moderator calls promote_to_admin');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt($$SELECT promote_to_admin('eve@example.com')$$), '42501', 'anon calls promote_to_admin');
SELECT is(tests.error_of($$SELECT promote_to_admin('eve@example.com')$$), tests.error_of($$SELECT promote_to_admin('nobody@example.com')$$),
    'anon learns from its two errors which e-mails exist');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.error_of($$SELECT promote_to_admin('ann@example.com')$$), tests.error_of($$SELECT promote_to_admin('nobody@example.com')$$),
    'a user learns from its two errors which e-mails exist');

-- SECURITY DEFINER functions without search_path

CREATE TEMP TABLE profiles AS SELECT auth.uid() AS id, 'admin' AS role, true AS is_admin, 'eve@example.com' AS email, NULL::timestamptz AS deleted_at, NULL::timestamptz AS suspended_at;
CREATE TEMP TABLE admin_approvals (request_type text, request_id uuid, admin_id uuid, action text, notes text, metadata jsonb);
CREATE TEMP TABLE admin_audit_log (admin_id uuid, action text, target_type text, target_id uuid, old_values jsonb, new_values jsonb);
CREATE TEMP TABLE loot (run_as text);
CREATE FUNCTION pg_temp.take_over() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.loot VALUES (current_user);
    RETURN NEW;
END $$;
CREATE TRIGGER take_over BEFORE INSERT ON pg_temp.admin_approvals FOR EACH ROW EXECUTE FUNCTION pg_temp.take_over();
CREATE TRIGGER take_over BEFORE INSERT ON pg_temp.admin_audit_log FOR EACH ROW EXECUTE FUNCTION pg_temp.take_over();
GRANT ALL ON pg_temp.loot TO PUBLIC;
SELECT is(is_admin(:'eve'), false, 'a temp table named profiles makes is_admin true');
SELECT set_config('search_path', 'pg_temp, ' || quote_ident(tests.home()) || ', tap, tests', true) \g /dev/null
SELECT is(is_admin(:'eve'), false, 'a temp table named profiles makes is_admin true, first in the search_path');
SELECT is(tests.error_of($$SELECT promote_to_admin('ann@example.com')$$), '42501 only an admin or the service can promote a user', 'a temp table named profiles lets its maker promote');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT lives_ok($$SELECT promote_to_admin('ann@example.com')$$, '(an admin promotes in that session)');
SELECT lives_ok(format($$SELECT set_user_role(%L, 'user', 'x'), suspend_user(%L, 'x'), reinstate_user(%L, 'x')$$, :'ann', :'sue', :'sue'), '(and does the rest of an admin''s work)');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM pg_temp.loot), 0::bigint, 'a trigger on a temp table named admin_approvals runs the attacker''s code');
SELECT is((SELECT count(*) FROM pg_temp.admin_approvals) + (SELECT count(*) FROM pg_temp.admin_audit_log), 0::bigint, 'a temp table named admin_approvals takes the record of what an admin did');
DROP TABLE pg_temp.profiles, pg_temp.admin_approvals, pg_temp.admin_audit_log, pg_temp.loot;
SELECT set_config('search_path', quote_ident(tests.home()) || ', tap, tests', true) \g /dev/null
SELECT results_eq(format('SELECT role::text, suspended_at IS NULL FROM profiles WHERE id IN (%L, %L)', :'ann', :'sue'), $$VALUES ('user', true), ('user', true)$$, '(all of it on the right rows)');
SELECT is((SELECT count(*) FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
              JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
             WHERE p.prosecdef AND (p.proconfig IS NULL OR NOT p.proconfig @> '{"search_path=pg_catalog, pg_temp"}' OR p.proowner <> 'driplo_owner'::regrole)), 0::bigint,
    'SECURITY DEFINER functions without search_path, or that run as a superuser');

-- Brand verification requests

SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format($$INSERT INTO brand_verification_requests (user_id, brand_name, brand_category, verification_status) VALUES (%L, 'Gucci', 'fashion', 'approved')$$, :'eve')),
    '42501', 'a user inserts an approved brand verification request');
SELECT is(tests.attempt(format($$INSERT INTO brand_verification_requests (user_id, brand_name, brand_category, reviewed_by, reviewed_at) VALUES (%L, 'Gucci', 'fashion', %L, now())$$, :'eve', :'ada')),
    '42501', 'a user inserts a reviewed brand verification request');
SELECT is(tests.attempt(format($$INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (%L, 'Gucci', 'fashion')$$, :'ann')),
    '42501', 'a user inserts a brand verification request for another');
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (:'eve', 'Gucci', 'fashion') RETURNING id AS request \gset
SELECT is(tests.attempt(format('UPDATE brand_verification_requests SET %s WHERE id = %L', change, :'request')), '42501', 'a user edits its review fields: ' || change)
  FROM unnest(ARRAY['verification_status = ''approved''', 'verification_status = ''rejected''', 'admin_notes = ''fine''', format('reviewed_by = %L', :'ada'), format('reviewed_by = %L', :'eve'),
                    'reviewed_at = now()', format('verification_status = ''approved'', reviewed_by = %L, reviewed_at = now()', :'eve'),
                    format('user_id = %L', :'ann')]) change;
SELECT is(tests.attempt(format($$UPDATE brand_verification_requests SET submitted_at = '2001-01-01' WHERE id = %L$$, :'request')), '1 rows', 'a user edits when it was submitted, which it keeps');
SELECT is(tests.attempt(format($$UPDATE brand_verification_requests SET verification_status = 'approved' WHERE id = %L$$, :'request')), '42501', 'a user approves the own brand');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is(tests.attempt(format($$UPDATE brand_verification_requests SET verification_status = 'approved' WHERE id = %L$$, :'request')), '0 rows', 'a moderator approves a brand');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT is(tests.attempt(format($$UPDATE brand_verification_requests SET verification_status = 'approved', reviewed_by = %L WHERE id = %L$$, :'abe', :'request')), '42501',
    'an admin signs in another''s name: a brand request');
SELECT is(tests.attempt(format($$INSERT INTO admin_approvals (request_type, request_id, admin_id, action) VALUES ('user_ban', %L, %L, 'approve')$$, :'eve', :'abe')), '42501',
    'an admin signs in another''s name: an approval');
SELECT is(tests.attempt(format($$INSERT INTO admin_approvals (request_type, request_id, action) VALUES ('user_ban', %L, 'approve')$$, :'eve')), '42501',
    'an admin signs in nobody''s name');
SELECT results_eq(format($$INSERT INTO admin_approvals (request_type, request_id, admin_id, action, created_at) VALUES ('user_ban', %L, %L, 'approve', '2001-01-01') RETURNING created_at = now()$$, :'eve', :'ada'),
    'VALUES (true)', 'an admin back-dates an approval: it has the database''s time');
SELECT is(tests.attempt(format($$INSERT INTO admin_audit_log (admin_id, action) VALUES (%L, 'nothing')$$, :'ada')), '42501', 'an admin writes the audit log by hand');
SELECT is(tests.deed(format($$UPDATE brand_verification_requests SET verification_status = 'approved' WHERE id = %L$$, :'request')), 'done', '(an admin approves a brand)');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT reviewed_by, reviewed_at IS NOT NULL FROM brand_verification_requests WHERE id = %L', :'request'), format('VALUES (%L::uuid, true)', :'ada'), '(which signs and dates it)');
SELECT results_eq(format('SELECT is_verified, brand_name::text FROM profiles WHERE id = %L', :'eve'), $$VALUES (true, 'Gucci')$$, '(and makes the applicant a verified brand)');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format($$UPDATE brand_verification_requests SET brand_name = 'Prada' WHERE id = %L$$, :'request')), '55000', 'a user edits a request that was approved');
SELECT is(tests.attempt(format($$UPDATE profiles SET brand_name = 'Prada' WHERE id = %L$$, :'eve')), '42501', 'a verified brand takes another''s name');
SELECT is(tests.attempt(format($$UPDATE profiles SET username = 'support' WHERE id = %L$$, :'eve')), '22023', 'a user takes a name of the staff');

-- Beyond the list: nobody decides in the own case, and a decision has the date on which it was taken

SELECT tests.log_in(:'abe') \g /dev/null
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (:'abe', 'Prada', 'fashion') RETURNING id AS of_abe \gset
SELECT is(tests.attempt(format('UPDATE brand_verification_requests SET %s WHERE id = %L', change, :'of_abe')), '55000', 'an admin approves the own brand: ' || change)
  FROM unnest(ARRAY['verification_status = ''approved''', format('verification_status = ''approved'', reviewed_by = %L', :'abe'), 'admin_notes = ''fine''']) change;
SELECT is(tests.deed(format($$UPDATE brand_verification_requests SET reviewed_by = %L, reviewed_at = '2001-01-01' WHERE id = %L$$, :'abe', :'request')), 'done', 'an admin dates a review back');
SELECT results_eq(format('SELECT reviewed_by, reviewed_at = now() FROM brand_verification_requests WHERE id = %L', :'request'), format('VALUES (%L::uuid, true)', :'abe'), '(who signs another''s review signs it now)');
SELECT is(tests.attempt(format('UPDATE brand_verification_requests SET reviewed_by = %L WHERE id = %L', :'ada', :'request')), '42501', 'an admin signs in another''s name, afterwards');
SELECT tests.log_out() \g /dev/null
SELECT tests.an_order(:'abe', :'sue', 10) AS of_admin, tests.a_listing(:'mod') AS of_mod \gset
SELECT tests.log_in(:'abe') \g /dev/null
SELECT is(tests.attempt(format('UPDATE orders SET status = %L WHERE id = %L', status, :'of_admin')), 'MK005', 'an admin marks the own order ' || status) FROM unnest('{paid,payment_failed}'::text[]) status;
SELECT is(tests.deed(format('SELECT moderate_listing(%L, ''remove'', ''a fake'')', :'of_mod')), 'done', '(an admin removes a moderator''s listing)');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is(tests.attempt(format('SELECT moderate_listing(%L, ''restore'', ''no fake'')', :'of_mod')), '55000', 'a moderator restores the own listing');

-- Admins and moderators can do nothing

SELECT tests.log_out() \g /dev/null
SELECT tests.an_order(:'ann', :'sue', 10) AS sold, tests.a_listing(:'sue') AS lamp, tests.a_listing(:'sue', 10, 5, 'draft') AS draft \gset
INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description) VALUES ('D-1', :'sold', :'ann', :'sue', 'other', 'x', 'x') RETURNING id AS dispute \gset
SELECT tests.log_in(:'ada') \g /dev/null
SELECT is((SELECT count(*) FROM orders WHERE id = :'sold'), 1::bigint, 'no policy lets them see orders: an admin does');
SELECT is((SELECT count(*) FROM order_status_history WHERE order_id = :'sold'), 1::bigint, 'no policy lets them see orders: nor what hangs on them');
SELECT is((SELECT count(*) FROM listings WHERE id = :'draft'), 1::bigint, 'no policy lets them see listings that are not public: an admin does');
SELECT is(tests.deed(format($$SELECT moderate_listing(%L, 'remove', 'a fake')$$, :'lamp')), 'done', 'no policy lets them moderate listings: an admin does');
SELECT is(tests.deed(format($$SELECT suspend_user(%L, 'sells fakes')$$, :'sue')), 'done', 'no policy lets them suspend users: an admin does');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is(tests.attempt(format($$SELECT moderate_listing(%L, 'restore', 'no fake')$$, :'lamp')), '42501', 'a moderator undoes what an admin did');
SELECT is(tests.deed(format($$SELECT moderate_listing(%L, 'remove', 'a fake too')$$, :'draft')), 'done', 'no policy lets them moderate listings: a moderator does');
SELECT is((SELECT count(*) FROM disputes WHERE id = :'dispute'), 1::bigint, 'no policy lets them see disputes: a moderator does');
SELECT is((SELECT count(*) FROM orders), 0::bigint, '(a moderator has no business with orders)');
SELECT is(tests.attempt(format('SELECT suspend_user(%L, ''x'')', :'ann')), '42501', '(nor with suspending)');
SELECT is(tests.attempt(format('SELECT set_user_role(%L, ''admin'', ''x'')', :'mod')), '42501', 'a moderator makes himself admin');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT is(tests.deed(format($$SELECT moderate_listing(%L, 'restore', 'no fake')$$, :'lamp')), 'done', '(an admin restores it)');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT l.status::text, p.suspended_at IS NOT NULL FROM listings l JOIN profiles p ON p.id = l.seller_id WHERE l.id = %L', :'lamp'), $$VALUES ('archived', true)$$,
    '(the seller is suspended, so the restored listing waits)');
SELECT is((SELECT count(*) FROM admin_audit_log WHERE action IN ('moderate_listing', 'suspend_user') AND admin_id IN (:'ada', :'mod') AND new_values ? 'reason'), 5::bigint,
    '(each act is in the audit log with its reason)');

-- What staff can do, nobody else can

SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(statement), '42501', 'any user calls ' || split_part(split_part(statement, ' ', 2), '(', 1))
  FROM unnest(ARRAY[format('SELECT suspend_user(%L, ''x'')', :'ada'), format('SELECT reinstate_user(%L, ''x'')', :'sue'), format('SELECT set_user_role(%L, ''admin'', ''x'')', :'eve'),
                    format('SELECT moderate_listing(%L, ''remove'', ''x'')', :'lamp')]) statement;
SELECT is(tests.error_of(format('SELECT suspend_user(%L, ''x'')', :'ann')), tests.error_of(format('SELECT suspend_user(%L, ''x'')', gen_random_uuid())), 'a user learns from suspend_user who exists');
SELECT is(tests.error_of(format('SELECT moderate_listing(%L, ''remove'', ''x'')', :'draft')), tests.error_of(format('SELECT moderate_listing(%L, ''remove'', ''x'')', gen_random_uuid())),
    'a user learns from moderate_listing which listings exist');
SELECT is(tests.attempt(format($$INSERT INTO categories (name, slug) VALUES ('x', 'x')$$)), '42501', 'any user makes a category');
SELECT is(tests.attempt(format($$INSERT INTO admin_approvals (request_type, request_id, admin_id, action) VALUES ('user_promotion', %1$L, %1$L, 'approve')$$, :'eve')), '42501', 'any user signs an approval');
SELECT is((SELECT count(*) FROM admin_approvals) + (SELECT count(*) FROM admin_audit_log), 0::bigint, 'any user reads what admins did');
SELECT is(is_admin(:'ada'), false, 'any user asks who is an admin');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt(statement), '42501', 'anon calls ' || split_part(split_part(statement, ' ', 2), '(', 1))
  FROM unnest(ARRAY[format('SELECT suspend_user(%L, ''x'')', :'ada'), format('SELECT reinstate_user(%L, ''x'')', :'sue'), format('SELECT set_user_role(%L, ''admin'', ''x'')', :'eve'),
                    format('SELECT moderate_listing(%L, ''remove'', ''x'')', :'lamp'), format('SELECT is_admin(%L)', :'ada'), 'SELECT find_coupon(''x'')', 'SELECT my_profile()',
                    format('SELECT get_or_create_cart(%L)', :'ann'), 'SELECT generate_order_number()', 'SELECT security_advisor()']) statement;

-- An admin who is none any more

SELECT tests.log_in(:'ada') \g /dev/null
SELECT is(tests.deed(format('SELECT suspend_user(%L, ''left us'')', :'abe')), 'done', '(an admin suspends another)');
SELECT is(tests.attempt(statement), '55000', 'an admin decides about the own account: ' || statement)
  FROM unnest(ARRAY[format('SELECT suspend_user(%L, ''x'')', :'ada'), format('SELECT set_user_role(%L, ''user'', ''x'')', :'ada')]) statement;
SELECT tests.log_in(:'abe') \g /dev/null
SELECT is(tests.attempt(statement), outcome, 'a suspended admin goes on: ' || statement)
  FROM (VALUES (format('SELECT reinstate_user(%L, ''x'')', :'abe'), '42501'), (format('SELECT set_user_role(%L, ''user'', ''x'')', :'ada'), '42501'),
               ('SELECT promote_to_admin(''eve@example.com'')', '42501'), (format('SELECT moderate_listing(%L, ''remove'', ''x'')', :'lamp'), '42501'),
               (format('SELECT FROM orders WHERE id = %L', :'sold'), '0 rows'), (format('UPDATE orders SET status = ''paid'' WHERE id = %L', :'sold'), '0 rows'), ('DELETE FROM categories', '0 rows')) AS deed (statement, outcome);
SELECT is(is_admin(:'abe'), false, 'a suspended admin is one in the own eyes');
SELECT tests.log_in(:'ada', '{"is_anonymous": true}') \g /dev/null
SELECT is((SELECT count(*) FROM orders WHERE id = :'sold'), 0::bigint, 'an anonymous session reads what admins read');

SELECT tests.log_out() \g /dev/null
SELECT results_eq('SELECT email::text FROM profiles WHERE role = ''admin'' OR is_admin ORDER BY 1', $$VALUES ('abe@example.com'), ('ada@example.com')$$, '(nobody has become an admin by all this)');
SELECT * FROM finish();
ROLLBACK;
