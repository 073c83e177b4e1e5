-- Signing up: every sign-up succeeds with a profile, a cart and statistics, or leaves nothing at all.
BEGIN;
SELECT plan(93);
SELECT CASE WHEN to_regrole('supabase_auth_admin') IS NOT NULL AND has_table_privilege('supabase_auth_admin', 'auth.users', 'INSERT')
            THEN 'supabase_auth_admin' ELSE 'service_role' END AS auth_role \gset

CREATE FUNCTION tests.username_of(id uuid) RETURNS text LANGUAGE sql VOLATILE AS $$SELECT p.username::text FROM profiles p WHERE p.id = $1$$;

-- What belongs to an account

SELECT tests.sign_up('jane.doe@example.com', '{"full_name": "Jane Doe", "avatar_url": "https://img.example/j.webp", "account_type": "brand"}') AS jane \gset
SELECT results_eq(
    format($$SELECT email::text, username::text, full_name::text, avatar_url, account_type::text FROM profiles WHERE id = %L$$, :'jane'),
    $$VALUES ('jane.doe@example.com', 'jane.doe', 'Jane Doe', 'https://img.example/j.webp', 'brand')$$,
    'a sign-up makes a profile with what the user gave');
SELECT results_eq(
    format($$SELECT role::text, is_admin, is_verified, is_seller, setup_completed, setup_completed_at IS NULL, deleted_at IS NULL FROM profiles WHERE id = %L$$, :'jane'),
    $$VALUES ('user', false, false, false, false, true, true)$$,
    'a new profile has no rights and no merits');
SELECT is((SELECT count(*) FROM shopping_carts WHERE user_id = :'jane' AND expires_at > now()), 1::bigint, 'a sign-up makes a cart');
SELECT is((SELECT total_sales FROM user_stats_summary WHERE user_id = :'jane'), 0, 'a sign-up makes statistics');

SELECT tests.sign_up('mallory@example.com',
    '{"role": "admin", "is_admin": true, "is_verified": true, "seller_rating": 5, "stripe_account_id": "acct_1", "setup_completed": true, "id": "x", "email": "boss@example.com"}') AS mallory \gset
SELECT results_eq(
    format($$SELECT role::text, is_admin, is_verified, seller_rating, stripe_account_id::text, setup_completed, email::text FROM profiles WHERE id = %L$$, :'mallory'),
    $$VALUES ('user', false, false, NULL::numeric(3,2), NULL, false, 'mallory@example.com')$$,
    'metadata cannot set rights, merits or another e-mail');

-- Usernames: what was given, and what the name then looks like

CREATE TEMP TABLE name_case (n serial, email text, metadata jsonb, name_pattern text, what text);
INSERT INTO name_case (email, metadata, name_pattern, what) VALUES
    ('a1@example.com', '{"username": "wanted.name"}', '^wanted\.name$', 'the name that was wanted is given'),
    ('a2@example.com', '{"username": "WANTED.Name"}', '^wanted\.name[0-9]{4}$', 'a name that is taken in other letters gets digits'),
    ('Local.Part@example.com', '{}', '^local\.part$', 'without a wanted name the local part is taken, in lower case'),
    ('local.part@example.org', '{}', '^local\.part[0-9]{4}$', 'a local part that is taken gets digits'),
    ('a3@example.com', '{"username": ""}', '^a3[0-9]{4}$', 'an empty name counts as not given, and two characters are too few'),
    ('a4.long@example.com', '{"username": "   "}', '^a4\.long$', 'a blank name counts as not given'),
    ('a5.long@example.com', '{"username": "!!! ??? ---"}', '^a5\.long$', 'a name without a letter or digit counts as not given'),
    ('x@example.com', '{}', '^x[0-9]{4}$', 'one character gets digits'),
    ('xy@example.com', '{}', '^xy[0-9]{4}$', 'two characters get digits'),
    ('xyz@example.com', '{}', '^xyz$', 'three characters are enough'),
    ('thirty.characters.are.allowed1@example.com', '{}', '^thirty\.characters\.are\.allowed1$', 'thirty characters are not too many'),
    ('thirty.characters.are.allowed12@example.com', '{}', '^thirty\.characters\.are\.al[a-z]*[0-9]{4}$', 'a longer local part is cut, here to one that is taken'),
    ('a-very-very-very-very-very-very-long-local-part-of-an-address@example.com', '{}', '^averyveryveryveryveryverylong', 'an over-long local part is cut to thirty'),
    ('a6@example.com', '{"username": "Jürgen Müller"}', '^jurgenmuller$', 'letters with accents are written without'),
    ('a7@example.com', '{"username": "<script>alert(1)</script>"}', '^scriptalert1script$', 'markup does not survive'),
    ('a8@example.com', '{"username": "robert''); DROP TABLE profiles;--"}', '^robertdroptableprofiles$', 'neither does SQL'),
    ('a9.long@example.com', '{"username": "名前"}', '^a9\.long$', 'a name in another alphabet falls back to the e-mail'),
    ('b1@example.com', '{"username": "..dots.at.both.ends.."}', '^dots\.at\.both\.ends$', 'dots at either end go'),
    ('admin@evil.example', '{}', '^admin[0-9]{4}$', 'admin@evil.example does not become admin'),
    ('b2@example.com', '{"username": "ADMIN"}', '^admin[0-9]{4}$', 'reserved words are reserved in any case'),
    ('b3@example.com', '{"username": "ad.min"}', '^ad\.min[0-9]{4}$', 'and with dots'),
    ('b4@example.com', '{"username": "_r_o_o_t_"}', '^_r_o_o_t_[0-9]{4}$', 'and with underscores'),
    ('b5@example.com', '{"username": "support"}', '^support[0-9]{4}$', 'support is reserved'),
    ('b6@example.com', '{"username": "null"}', '^null[0-9]{4}$', 'null is reserved'),
    ('b7@example.com', '{"username": "driplo"}', '^b7[0-9]{4}$', 'the name of the shop is reserved, whatever follows'),
    ('administrators-of-nothing@example.com', '{}', '^administratorsofnothing$', 'a word that only begins with a reserved one is free'),
    ('@example.com', '{}', '^user_[0-9]{8}$', 'an empty local part gives user_ and digits'),
    ('no at sign', '{}', '^noatsign$', 'what is no e-mail address still gives a name'),
    (NULL, '{}', '^user_[0-9]{8}$', 'a NULL e-mail gives user_ and digits'),
    (NULL, '{}', '^user_[0-9]{8}$', 'a second NULL e-mail too'),
    (NULL, '{"username": "by.phone"}', '^by\.phone$', 'a NULL e-mail with a wanted name gives that name'),
    ('c1.long@example.com', NULL, '^c1\.long$', 'NULL metadata'),
    ('c2.long@example.com', 'null', '^c2\.long$', 'metadata null'),
    ('c3.long@example.com', '[]', '^c3\.long$', 'metadata that is an array'),
    ('c4.long@example.com', '["username", "root"]', '^c4\.long$', 'metadata that is an array with the key in it'),
    ('c5.long@example.com', '"username"', '^c5\.long$', 'metadata that is a string'),
    ('c6.long@example.com', '42', '^c6\.long$', 'metadata that is a number'),
    ('c7.long@example.com', 'true', '^c7\.long$', 'metadata that is a boolean'),
    ('c8.long@example.com', '{"username": null}', '^c8\.long$', 'a name that is null'),
    ('c9.long@example.com', '{"username": {"username": "root"}}', '^c9\.long$', 'a name that is an object'),
    ('d1.long@example.com', '{"username": ["a", "b"]}', '^d1\.long$', 'a name that is an array'),
    ('d2.long@example.com', '{"username": 12345678901234567890123456789012345678901234567890}', '^d2\.long$', 'a name that is a number'),
    ('d3.long@example.com', jsonb_build_object('username', repeat('huge', 2500000)), '^(huge){7}hu$', 'a name of ten million characters'),
    ('d4.long@example.com', jsonb_build_object('username', repeat('!', 10000000)), '^d4\.long$', 'ten million characters that are no name'),
    ('d5.long@example.com', jsonb_build_object(repeat('key', 100000), 'x', 'username', 'd5name'), '^d5name$', 'a huge key beside it'),
    ('d6.long@example.com', (repeat('[', 5000) || repeat(']', 5000))::jsonb, '^d6\.long$', 'metadata five thousand levels deep');
SELECT matches(tests.username_of(tests.sign_up(email, metadata)), name_pattern, what) FROM name_case ORDER BY n;
SELECT is_empty($$SELECT username FROM profiles WHERE username !~ '^[a-z0-9._]{3,30}$'$$, 'every name has the right characters and length');
SELECT is((SELECT count(*) FROM auth.users u JOIN profiles p USING (id) JOIN shopping_carts c ON c.user_id = u.id JOIN user_stats_summary s ON s.user_id = u.id),
    (SELECT count(*) FROM auth.users), 'every one of them has a profile, a cart and statistics');

-- What else is copied, and only when it is valid

CREATE TEMP TABLE field_case (n serial, metadata jsonb, full_name text, avatar_url text, account_type text, what text);
INSERT INTO field_case (metadata, full_name, avatar_url, account_type, what) VALUES
    ('{"full_name": "  Anna Lee  "}', 'Anna Lee', NULL, 'personal', 'white space around a name goes'),
    ('{"full_name": "  "}', NULL, NULL, 'personal', 'a blank name is none'),
    (jsonb_build_object('full_name', repeat('é', 100)), repeat('é', 100), NULL, 'personal', 'a hundred characters are not too many, whatever their bytes'),
    (jsonb_build_object('full_name', repeat('é', 101)), NULL, NULL, 'personal', 'a hundred and one are'),
    (jsonb_build_object('full_name', repeat('x', 10000000)), NULL, NULL, 'personal', 'so are ten million'),
    (jsonb_build_object('full_name', E'Line\nbreak'), NULL, NULL, 'personal', 'control characters are refused'),
    ('{"full_name": {"a": 1}, "avatar_url": [1], "account_type": {}}', NULL, NULL, 'personal', 'objects and arrays are no values'),
    ('{"full_name": null, "avatar_url": null, "account_type": null}', NULL, NULL, 'personal', 'null is no value'),
    ('{"avatar_url": "http://img.example/a.png"}', NULL, 'http://img.example/a.png', 'personal', 'an http address is an avatar'),
    ('{"avatar_url": "javascript:alert(1)"}', NULL, NULL, 'personal', 'a script is no avatar'),
    ('{"avatar_url": "data:image/png;base64,AAAA"}', NULL, NULL, 'personal', 'neither is a data URL'),
    ('{"avatar_url": "//img.example/a.png"}', NULL, NULL, 'personal', 'nor a URL without a scheme'),
    ('{"avatar_url": "https://"}', NULL, NULL, 'personal', 'nor one without a host'),
    ('{"avatar_url": "https://img.example/a b.png"}', NULL, NULL, 'personal', 'nor one with a space'),
    (jsonb_build_object('avatar_url', 'https://img.example/' || repeat('a', 2048)), NULL, NULL, 'personal', 'nor one of more than 2048 bytes'),
    ('{"account_type": "brand"}', NULL, NULL, 'brand', 'brand is an account type'),
    ('{"account_type": "personal"}', NULL, NULL, 'personal', 'personal is an account type'),
    ('{"account_type": "Brand"}', NULL, NULL, 'personal', 'Brand is none'),
    ('{"account_type": "admin"}', NULL, NULL, 'personal', 'admin is none'),
    ('{"account_type": ""}', NULL, NULL, 'personal', 'nothing is none');
CREATE FUNCTION tests.fields_of(id uuid) RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT jsonb_build_array(p.full_name, p.avatar_url, p.account_type)::text FROM profiles p WHERE p.id = $1$$;
SELECT is(tests.fields_of(tests.sign_up(format('field%s@example.com', n), metadata)),
          jsonb_build_array(full_name, avatar_url, account_type)::text, what) FROM field_case ORDER BY n;

-- The e-mail follows

SET LOCAL ROLE :"auth_role";
UPDATE auth.users SET email = 'jane@new.example' WHERE id = :'jane';
RESET ROLE;
SELECT results_eq(format($$SELECT email::text, username::text FROM profiles WHERE id = %L$$, :'jane'),
    $$VALUES ('jane@new.example', 'jane.doe')$$, 'a new e-mail reaches the profile, whose username stays');
SET LOCAL ROLE :"auth_role";
UPDATE auth.users SET email = NULL WHERE id = :'jane';
RESET ROLE;
SELECT is((SELECT email FROM profiles WHERE id = :'jane'), NULL, 'an e-mail that is taken away is taken away there too');

-- Whatever the sign-up's search_path finds

CREATE SCHEMA hostile;
GRANT USAGE ON SCHEMA hostile TO PUBLIC;
CREATE TABLE hostile.profiles (id uuid, email text, username text, full_name text, avatar_url text, account_type text);
CREATE TABLE hostile.shopping_carts (user_id uuid UNIQUE);
CREATE TABLE hostile.user_stats_summary (user_id uuid UNIQUE);
CREATE FUNCTION hostile.now() RETURNS timestamptz LANGUAGE plpgsql AS $$BEGIN RAISE 'hostile now() was called'; END$$;
CREATE FUNCTION hostile.never(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS $$BEGIN RAISE 'hostile operator was called'; END$$;
CREATE OPERATOR hostile.= (LEFTARG = uuid, RIGHTARG = uuid, PROCEDURE = hostile.never);
GRANT ALL ON ALL TABLES IN SCHEMA hostile TO PUBLIC;
CREATE TEMP TABLE profiles (LIKE hostile.profiles);
GRANT ALL ON pg_temp.profiles TO PUBLIC;
SAVEPOINT hostile_path;
SET LOCAL ROLE :"auth_role";
SET LOCAL search_path = hostile, pg_temp, pg_catalog;
INSERT INTO auth.users (id, email) VALUES ('00000000-0000-4000-8000-000000000001', 'victim@example.com');
SET LOCAL search_path = '';
INSERT INTO auth.users (id, email) VALUES ('00000000-0000-4000-8000-000000000002', 'nopath@example.com');
RESET ROLE;
SELECT pg_catalog.set_config('search_path', (SELECT pg_catalog.format('%I, tap, tests', tests.home())), true) \g (format=unaligned tuples_only=on) /dev/null
SELECT is((SELECT count(*) FROM hostile.profiles) + (SELECT count(*) FROM pg_temp.profiles) + (SELECT count(*) FROM hostile.shopping_carts)
          + (SELECT count(*) FROM hostile.user_stats_summary), 0::bigint, 'tables that are found first get no row');
DROP TABLE pg_temp.profiles;
SELECT set_eq($$SELECT username::text FROM profiles WHERE id::text LIKE '00000000-0000-4000-8000-00000000000_'$$, ARRAY['victim', 'nopath'],
    'the profiles are where they belong, with a hostile search_path and with none');
SELECT is((SELECT count(*) FROM shopping_carts WHERE user_id::text LIKE '00000000-0000-4000-8000-00000000000_'), 2::bigint, 'and the carts');

-- Many, several at once, and repeated

CREATE TEMP TABLE same AS SELECT tests.sign_up(format('same.name@d%s.example', i)) AS id FROM generate_series(1, 200) i;
SELECT results_eq($$SELECT count(*), count(DISTINCT p.username), bool_and(p.username ~ '^same\.name([0-9]{4}|[0-9]{8})?$') FROM same JOIN profiles p USING (id)$$,
    'VALUES (200::bigint, 200::bigint, true)', 'two hundred sign-ups with the same local part succeed, each with a name of its own');
SET LOCAL ROLE :"auth_role";
INSERT INTO auth.users (id, email) SELECT gen_random_uuid(), format('batch@d%s.example', i) FROM generate_series(1, 10) i;
RESET ROLE;
SELECT is((SELECT count(DISTINCT username) FROM profiles WHERE email LIKE 'batch@%'), 10::bigint, 'ten sign-ups in one statement get ten names');
SET LOCAL ROLE :"auth_role";
INSERT INTO auth.users (id, email) VALUES (:'mallory', 'again@example.com') ON CONFLICT DO NOTHING;
RESET ROLE;
SELECT is((SELECT email::text FROM profiles WHERE id = :'mallory'), 'mallory@example.com', 'a sign-up that is not carried out changes nothing');

-- All or nothing

SAVEPOINT before_signup;
SELECT tests.sign_up('undone@example.com') AS undone \gset
ROLLBACK TO before_signup;
SELECT is((SELECT count(*) FROM auth.users WHERE id = :'undone') + (SELECT count(*) FROM profiles WHERE id = :'undone')
          + (SELECT count(*) FROM shopping_carts WHERE user_id = :'undone') + (SELECT count(*) FROM user_stats_summary WHERE user_id = :'undone'),
    0::bigint, 'a sign-up that is rolled back leaves nothing');

CREATE FUNCTION tests.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'not today' USING ERRCODE = 'TT001'; END$$;
CREATE TRIGGER refuse BEFORE INSERT ON user_stats_summary FOR EACH ROW EXECUTE FUNCTION tests.refuse();
SELECT throws_ok($$SELECT tests.sign_up('half@example.com')$$, 'TT001', 'not today', 'what a trigger of the application raises arrives as it is');
RESET ROLE;
DROP TRIGGER refuse ON user_stats_summary;
SELECT is((SELECT count(*) FROM auth.users WHERE email = 'half@example.com') + (SELECT count(*) FROM profiles WHERE email = 'half@example.com'),
    0::bigint, 'and there is no half user then');

-- Who may do it

SELECT tests.log_in(:'mallory');
SELECT throws_ok($$INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'forged@example.com')$$, '42501', NULL, 'a user cannot sign up others by hand');
SELECT throws_ok($$SELECT private.adopt_user(gen_random_uuid(), 'x', '{}')$$, '42501', NULL, 'nor adopt somebody');
SELECT throws_ok($$INSERT INTO profiles (id, username) VALUES (gen_random_uuid(), 'forged')$$, '42501', NULL, 'nor make a profile');
SELECT tests.log_out();
SELECT tests.log_in_as_anon();
SELECT throws_ok($$INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'forged@example.com')$$, '42501', NULL, 'neither can anon');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM auth.users WHERE email = 'forged@example.com') + (SELECT count(*) FROM profiles WHERE username = 'forged'), 0::bigint,
    'and nothing of it is there');

-- Users from before the installation

ALTER TABLE auth.users DISABLE TRIGGER on_auth_user_created;
INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES ('00000000-0000-4000-8000-000000000003', 'early@example.com', '{"full_name": "Early Bird"}');
ALTER TABLE auth.users ENABLE TRIGGER on_auth_user_created;
SELECT is(private.adopt_users(), 1::bigint, 'who has no profile yet is adopted');
SELECT results_eq($$SELECT p.username::text, p.full_name::text, c.user_id IS NOT NULL, s.user_id IS NOT NULL
                      FROM profiles p LEFT JOIN shopping_carts c ON c.user_id = p.id LEFT JOIN user_stats_summary s ON s.user_id = p.id
                     WHERE p.id = '00000000-0000-4000-8000-000000000003'$$,
    $$VALUES ('early', 'Early Bird', true, true)$$, 'with everything that a sign-up makes');
SELECT is(private.adopt_users(), 0::bigint, 'and not a second time');

-- Leaving

SET LOCAL ROLE :"auth_role";
DELETE FROM auth.users WHERE id = :'jane';
RESET ROLE;
SELECT is((SELECT count(*) FROM profiles WHERE id = :'jane') + (SELECT count(*) FROM shopping_carts WHERE user_id = :'jane')
          + (SELECT count(*) FROM user_stats_summary WHERE user_id = :'jane'), 0::bigint, 'with the user goes what the sign-up made');

SELECT * FROM finish();
ROLLBACK;
