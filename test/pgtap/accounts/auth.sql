-- Who the caller is: auth.uid(), auth.role(), auth.email() and auth.jwt(). What holds here holds for the
-- functions of Supabase and for driplo's own, so that an application cannot tell the two apart.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(65);

CREATE FUNCTION tests.claim(setting text, value text) RETURNS void LANGUAGE sql AS $$SELECT set_config('request.jwt.' || setting, value, true)$$;
CREATE FUNCTION tests.who() RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT format('%s, %s, %s', coalesce(auth.uid()::text, 'nobody'), coalesce(auth.role(), 'no role'), coalesce(auth.email(), 'no e-mail'))
$$;

-- Nothing is said

SELECT is(tests.who(), 'nobody, no role, no e-mail', 'without claims nobody is calling');
SELECT is(auth.jwt(), NULL, 'and there is no token');
SELECT tests.claim('claims', ''), tests.claim('claim.sub', ''), tests.claim('claim.role', ''), tests.claim('claim.email', ''), tests.claim('claim', '') \g /dev/null
SELECT is(tests.who(), 'nobody, no role, no e-mail', 'neither with empty ones');
SELECT is(auth.jwt(), NULL, 'which are no token');

-- All claims in one setting, as PostgREST does it

SELECT tests.claim('claims', '{"sub": "00000000-0000-4000-8000-000000000001", "role": "authenticated", "email": "ann@example.com", "app_metadata": {"level": 3}}') \g /dev/null
SELECT is(tests.who(), '00000000-0000-4000-8000-000000000001, authenticated, ann@example.com', 'the claims say who is calling');
SELECT is(auth.uid(), '00000000-0000-4000-8000-000000000001'::uuid, 'auth.uid() is a uuid');
SELECT is(auth.jwt() -> 'app_metadata' ->> 'level', '3', 'auth.jwt() has everything else');
SELECT is(auth.jwt(), current_setting('request.jwt.claims')::jsonb, 'as it was given');

-- Each claim in a setting of its own, as older PostgREST did it

SELECT tests.claim('claim.sub', '00000000-0000-4000-8000-000000000002') \g /dev/null
SELECT is(tests.who(), '00000000-0000-4000-8000-000000000002, authenticated, ann@example.com', 'claim.sub wins over sub');
SELECT tests.claim('claim.role', 'service_role') \g /dev/null
SELECT is(tests.who(), '00000000-0000-4000-8000-000000000002, service_role, ann@example.com', 'claim.role wins over role');
SELECT tests.claim('claim.email', 'bob@example.com') \g /dev/null
SELECT is(tests.who(), '00000000-0000-4000-8000-000000000002, service_role, bob@example.com', 'claim.email wins over email');
SELECT tests.claim('claim', '{"all": "others"}') \g /dev/null
SELECT is(auth.jwt(), '{"all": "others"}'::jsonb, 'claim wins over claims');
SELECT is(tests.who(), '00000000-0000-4000-8000-000000000002, service_role, bob@example.com', 'and says nothing about the rest');
SELECT tests.claim('claims', '') \g /dev/null
SELECT is(tests.who(), '00000000-0000-4000-8000-000000000002, service_role, bob@example.com', 'the single settings are enough');
SELECT tests.claim('claim', ''), tests.claim('claim.sub', ''), tests.claim('claim.role', ''), tests.claim('claim.email', '') \g /dev/null
SELECT is(tests.who(), 'nobody, no role, no e-mail', 'and forgotten when they are empty again');

-- Changes within a transaction

SELECT tests.claim('claims', '{"sub": "00000000-0000-4000-8000-000000000003"}') \g /dev/null
SELECT is(tests.who(), '00000000-0000-4000-8000-000000000003, no role, no e-mail', 'another token is seen at once');
SAVEPOINT another;
SELECT tests.claim('claims', '{"sub": "00000000-0000-4000-8000-000000000004", "role": "anon"}') \g /dev/null
SELECT is(tests.who(), '00000000-0000-4000-8000-000000000004, anon, no e-mail', 'and the next one');
ROLLBACK TO another;
SELECT is(tests.who(), '00000000-0000-4000-8000-000000000003, no role, no e-mail', 'a rollback brings the old one back');
RESET request.jwt.claims;
SELECT is(tests.who(), 'nobody, no role, no e-mail', 'after RESET nobody is calling');
CREATE FUNCTION tests.wrong_answers(n integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    wrong integer := 0;
    expected uuid;
BEGIN
    FOR i IN 1 .. n LOOP
        expected := gen_random_uuid();
        PERFORM set_config('request.jwt.claims', format('{"sub": "%s", "role": "r%s"}', expected, i % 7), true);
        IF auth.uid() IS DISTINCT FROM expected OR auth.role() IS DISTINCT FROM 'r' || i % 7 OR auth.jwt() ->> 'sub' IS DISTINCT FROM expected::text THEN
            wrong := wrong + 1;
        END IF;
    END LOOP;
    RETURN wrong;
END $$;
SELECT is(tests.wrong_answers(2000), 0, 'two thousand tokens one after the other are told apart');
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-000000000005"}';
SELECT is(tests.who(), '00000000-0000-4000-8000-000000000005, no role, no e-mail', 'SET LOCAL works like set_config');

-- What is no proper token

CREATE TEMP TABLE claim_case (n serial, claims text, who text, what text);
INSERT INTO claim_case (claims, who, what) VALUES
    ('{}', 'nobody, no role, no e-mail', 'an empty object says nothing'),
    ('[]', 'nobody, no role, no e-mail', 'an array says nothing'),
    ('[{"sub": "00000000-0000-4000-8000-000000000001"}]', 'nobody, no role, no e-mail', 'not even with an object in it'),
    ('"sub"', 'nobody, no role, no e-mail', 'a string says nothing'),
    ('42', 'nobody, no role, no e-mail', 'a number says nothing'),
    ('null', 'nobody, no role, no e-mail', 'null says nothing'),
    ('true', 'nobody, no role, no e-mail', 'true says nothing'),
    ('{"sub": null, "role": null, "email": null}', 'nobody, no role, no e-mail', 'claims that are null say nothing'),
    ('{"user": {"sub": "00000000-0000-4000-8000-000000000001"}}', 'nobody, no role, no e-mail', 'sub counts at the top only'),
    ('{"SUB": "00000000-0000-4000-8000-000000000001"}', 'nobody, no role, no e-mail', 'and in these letters'),
    ('{"sub": "00000000-0000-4000-8000-000000000001", "sub": "00000000-0000-4000-8000-000000000002"}', '00000000-0000-4000-8000-000000000002, no role, no e-mail', 'the last of two counts'),
    ('{"sub": "{00000000-0000-4000-8000-000000000001}"}', '00000000-0000-4000-8000-000000000001, no role, no e-mail', 'a uuid may be written in any way that PostgreSQL reads'),
    ('  { "sub" : "00000000-0000-4000-8000-00000000000A" }  ', '00000000-0000-4000-8000-00000000000a, no role, no e-mail', 'white space and letters do not matter'),
    ('{"role": "ann''s \"role\"", "email": "größe@example.com"}', 'nobody, ann''s "role", größe@example.com', 'quotes and any letters'),
    ('{"role": "\u0061non"}', 'nobody, anon, no e-mail', 'escapes are read');
CREATE FUNCTION tests.who_by(claims text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('request.jwt.claims', claims, true);
    RETURN tests.who();
END $$;
SELECT is(tests.who_by(claims), who, what) FROM claim_case ORDER BY n;
SELECT throws_ok(format('SELECT tests.who_by(%L)', claims), '22P02', NULL, what)
  FROM (VALUES ('{', 'JSON that ends too early is an error'),
               ('{"sub": "00000000-0000-4000-8000-000000000001"', 'one brace is missing'),
               ('{sub: 1}', 'keys have quotes'),
               ('eyJhbGciOiJIUzI1NiJ9.e30.x', 'a token that was not unpacked'),
               ('{} {}', 'two objects'),
               ('{"sub": "\x"}', 'an escape that does not exist'),
               ('{"sub": ""}', 'an empty sub is no uuid'),
               ('{"sub": "ann"}', 'a name is no uuid'),
               ('{"sub": 42}', 'a number is no uuid'),
               ('{"sub": {"id": 1}}', 'an object is no uuid'),
               ('{"sub": ["00000000-0000-4000-8000-000000000001"]}', 'an array is no uuid'),
               ('{"sub": "00000000-0000-4000-8000-00000000000"}', 'a digit is missing'),
               ('{"sub": "00000000-0000-4000-8000-0000000000011"}', 'a digit too many')) AS broken (claims, what);
SELECT throws_ok($$SELECT tests.who_by('{"role": "\u0000"}')$$, '22P05', NULL, 'no text has a zero character');
SELECT throws_ok($$SELECT tests.who_by(repeat('[', 100000))$$, '54001', NULL, 'a hundred thousand brackets are too deep');
SELECT is(tests.who_by(format('{"role": "%s"}', repeat('r', 10000000))), 'nobody, ' || repeat('r', 10000000) || ', no e-mail', 'a role of ten million characters is read');
SELECT tests.claim('claims', '{') \g /dev/null
SELECT throws_ok('SELECT auth.uid()', '22P02', NULL, 'broken claims are an error the first time');
SELECT throws_ok('SELECT auth.uid()', '22P02', NULL, 'and the second');
SELECT throws_ok('SELECT auth.role()', '22P02', NULL, 'for the role too');
SELECT throws_ok('SELECT auth.jwt()', '22P02', NULL, 'and the whole token');
SELECT tests.claim('claim.sub', '00000000-0000-4000-8000-000000000001') \g /dev/null
SELECT is(auth.uid(), '00000000-0000-4000-8000-000000000001'::uuid, 'claim.sub is enough even beside broken claims');
SELECT tests.claim('claim.sub', ''), tests.claim('claims', '{"sub": "00000000-0000-4000-8000-000000000009"}') \g /dev/null
SELECT is(auth.uid(), '00000000-0000-4000-8000-000000000009'::uuid, 'after an error the next token is read');

-- Clients

SELECT tests.log_in('00000000-0000-4000-8000-000000000001');
SELECT is(tests.who(), '00000000-0000-4000-8000-000000000001, authenticated, no e-mail', 'a user may ask who she is');
SELECT throws_ok('SELECT * FROM auth.users', '42501', NULL, 'but not see the login table');
SELECT tests.log_in_as_anon();
SELECT is(tests.who(), 'nobody, anon, no e-mail', 'anon may ask too');
SELECT throws_ok('SELECT * FROM auth.users', '42501', NULL, 'and sees no more');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM pg_proc WHERE pronamespace = 'auth'::regnamespace AND proname IN ('uid', 'role', 'email', 'jwt') AND provolatile = 's' AND pronargs = 0),
    4::bigint, 'the four functions are stable and have no arguments');
SELECT is((SELECT relrowsecurity FROM pg_class WHERE oid = 'auth.users'::regclass), true, 'the login table has row level security');
SELECT is((SELECT count(*) FROM pg_depend WHERE deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'driplo')
           AND objid IN (SELECT oid FROM pg_proc WHERE pronamespace = 'auth'::regnamespace UNION ALL SELECT 'auth.users'::regclass UNION ALL SELECT 'auth'::regnamespace)),
    0::bigint, 'nothing in schema auth is a member of the extension');

SELECT * FROM finish();
ROLLBACK;
