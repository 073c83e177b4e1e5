-- driplo.require_local_claims: claims that were set for longer than the transaction, which behind a pooler are another
-- client's, are nobody's. auth.uid() is driplo's own on plain PostgreSQL alone; what driplo asks itself holds everywhere.
BEGIN;
SELECT plan(25);

CREATE FUNCTION tests.says(claim text, setting text, is_local boolean) RETURNS void LANGUAGE sql AS $$SELECT set_config(setting, claim, is_local)$$;
CREATE FUNCTION tests.error_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('ben@example.com') AS ben \gset
SELECT jsonb_build_object('sub', :'ann', 'role', 'authenticated', 'email', 'ann@example.com')::text AS as_ann,
       jsonb_build_object('sub', :'ben', 'role', 'authenticated')::text AS as_ben,
       EXISTS (SELECT FROM pg_proc WHERE pronamespace = 'auth'::regnamespace AND prosrc = 'driplo_auth_uid') AS is_ours \gset
-- Supabase's own auth.uid(), which does not know the setting, is not looked at.
CREATE FUNCTION tests.who() RETURNS text LANGUAGE sql AS $$
    SELECT coalesce((SELECT username FROM profiles WHERE id = private.caller()), 'nobody')
$$;

-- Off, as it is: everything counts

SELECT is(current_setting('driplo.require_local_claims'), 'off', 'it is off where nobody turns it on');
SELECT tests.says(:'as_ann', 'request.jwt.claims', false) \g /dev/null
SELECT is(tests.who(), 'ann', 'off: claims of the session count');
SELECT is((SELECT level || object FROM security_advisor() WHERE check_name = 'claims_outlive_transaction'),
    'WARNING' || session_user, 'and the advisor says so in that session');
SELECT tests.says(:'as_ben', 'request.jwt.claims', true) \g /dev/null
SELECT is(tests.who(), 'ben', 'so do those of the transaction');
SELECT is_empty($$SELECT FROM security_advisor() WHERE check_name = 'claims_outlive_transaction'$$, 'of which the advisor says nothing');
SELECT tests.says('', 'request.jwt.claims', false) \g /dev/null
SELECT is_empty($$SELECT FROM security_advisor() WHERE check_name = 'claims_outlive_transaction'$$, 'nor of a session without claims');

-- On

SET LOCAL driplo.require_local_claims = on;
SELECT tests.says(:'as_ann', 'request.jwt.claims', false) \g /dev/null
SELECT is(tests.who(), 'nobody', 'on: claims of the session are nobody''s');
SELECT is_empty($$SELECT FROM security_advisor() WHERE check_name = 'claims_outlive_transaction'$$, 'and nothing to warn of');
SELECT tests.says(:'as_ben', 'request.jwt.claims', true) \g /dev/null
SELECT is(tests.who(), 'ben', 'those of the transaction count, also over others of the session');
SAVEPOINT before;
SELECT tests.says(:'as_ann', 'request.jwt.claims', true) \g /dev/null
SELECT is(tests.who(), 'ann', 'in a subtransaction too');
ROLLBACK TO before;
SELECT is(tests.who(), 'ben', 'and after it what was before');
SAVEPOINT before;
SELECT tests.says(:'as_ann', 'request.jwt.claims', false) \g /dev/null
SELECT is(tests.who(), 'nobody', 'whoever sets them for the session last is nobody');
RELEASE before;
SELECT is(tests.who(), 'nobody', 'and stays it');
SELECT tests.says(:'as_ben', 'request.jwt.claims', true) \g /dev/null
SELECT is(tests.who(), 'ben', 'until LOCAL says who calls');

-- One claim in a setting of its own
SELECT tests.says('', 'request.jwt.claims', true), tests.says(:'ann', 'request.jwt.claim.sub', false) \g /dev/null
SELECT is(tests.who(), 'nobody', 'on: the single claim is asked in the same way');
SELECT tests.says(:'ann', 'request.jwt.claim.sub', true) \g /dev/null
SELECT is(tests.who(), 'ann', 'and counts when it is local');
SELECT tests.says('', 'request.jwt.claim.sub', true) \g /dev/null

-- What the claims say besides
SELECT tests.says(:'as_ann', 'request.jwt.claims', false) \g /dev/null
SELECT is((SELECT format('%s %s %s %s', coalesce(auth.uid()::text, '-'), coalesce(auth.role(), '-'), coalesce(auth.email(), '-'), coalesce(auth.jwt()::text, '-')) WHERE :'is_ours'),
    CASE WHEN :'is_ours' THEN '- - - -' END, 'driplo''s auth.uid(), role(), email() and jwt() say nothing');
SET LOCAL ROLE authenticated;
SELECT is(tests.error_of('SELECT add_to_cart(gen_random_uuid())'), '42501 must be signed in to use a cart', 'what needs somebody is refused');
SELECT is_empty('SELECT FROM my_profile()', 'and shows nobody''s data');
RESET ROLE;
SET LOCAL ROLE anon;
SELECT throws_ok('SET driplo.require_local_claims = off', '42501', NULL, 'clients do not turn it off');
RESET ROLE;

-- SET LOCAL, a function's own SET, and the roles of the service
SELECT set_config('tests.ann', :'as_ann', true) \g /dev/null
DO $$BEGIN EXECUTE format('SET LOCAL request.jwt.claims = %L', current_setting('tests.ann')); END$$;
SELECT is(tests.who(), 'ann', 'SET LOCAL counts');
SELECT tests.says('', 'request.jwt.claims', false) \g /dev/null
DO $$BEGIN EXECUTE format('CREATE FUNCTION tests.as_ann() RETURNS text LANGUAGE sql SET request.jwt.claims = %L AS ''SELECT tests.who()''', current_setting('tests.ann')); END$$;
SELECT is(tests.as_ann(), 'ann', 'and so does what a function sets for itself');
SELECT is(tests.who(), 'nobody', 'for its own time');

-- A parallel worker has the values, and not how they were set.
SELECT tests.says(:'as_ben', 'request.jwt.claims', true) \g /dev/null
-- What policies ask is asked outside the workers.
SET LOCAL session_replication_role = replica;
INSERT INTO listings (seller_id, title, slug, description, price, status) SELECT :'ben', 'Hidden', 'hidden-' || n, '', 1, 'draft' FROM generate_series(1, 5000) n;
SET LOCAL session_replication_role = origin;
ANALYZE listings;
SET LOCAL min_parallel_table_scan_size = 0; SET LOCAL parallel_setup_cost = 0; SET LOCAL parallel_tuple_cost = 0; SET LOCAL parallel_leader_participation = off;
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.error_of('SELECT count(*) FROM listings WHERE price > 0'), 'no error', 'a large read of a user is answered');
SELECT tests.log_out() \g /dev/null
SELECT tests.says(:'as_ben', 'request.jwt.claims', true) \g /dev/null
SELECT set_config(name, 'on', true) FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \g /dev/null
SELECT is(tests.error_of('SELECT private.caller() FROM profiles LIMIT 1'), '55000 claims cannot be read in a parallel query while driplo.require_local_claims is on',
    'a parallel query is refused rather than answered wrongly');
ROLLBACK;
