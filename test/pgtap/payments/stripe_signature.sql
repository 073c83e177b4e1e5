-- verify_stripe_signature(): whether a request came from Stripe. The signatures were made with
--     printf '1700000000.%s' "$body" | openssl dgst -sha256 -hmac whsec_test
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT plan(35);
SELECT * FROM tests.people('signature.example') \gset

-- Of that second, whatever today's date is: a tolerance of centuries. Below, the window itself.
CREATE FUNCTION tests.signed(header text, body text DEFAULT '{"id": "evt_1"}', secret text DEFAULT 'whsec_test', tolerance interval DEFAULT '300 years') RETURNS text LANGUAGE sql AS
    $$SELECT tests.asked('service', format('verify_stripe_signature(%L, %L, %L, %L)', body, header, secret, tolerance))$$;
SELECT 'a0c091828640f0b68061abc7c03981ad1100ff7160c5dba6b656239494a2b537' AS good, '51ec983a1a311de1d49f99bddedf9377532bbc9edd3bd05bb5bbec6e1a5bb664' AS of_other_secret \gset

SELECT is(tests.answers('anon buyer seller moderator admin', $$SELECT verify_stripe_signature('a', 'b', 'c')$$), '42501 for anon buyer seller moderator admin', 'the service asks');
SELECT is(tests.signed('t=1700000000,v1=' || :'good'), 'true', 'a signature of the body');
SELECT is(tests.signed('t=1700000000,v1=' || upper(:'good')), 'true', 'in upper case');
SELECT is(tests.signed('t=1700000000,v1=' || :'of_other_secret' || ',v1=' || :'good'), 'true', 'the second of two, while the secret is replaced');
SELECT is(tests.signed('v1=' || :'good' || ',v0=zz,t=1700000000'), 'true', 'in any order, beside other schemes');
SELECT is(tests.signed('t=1700000000,v1=' || :'of_other_secret', secret => 'whsec_other'), 'true', 'each secret has its own');
SELECT is(tests.signed('t=1700000000,v1=5967f3c560522fa40cf2876ebc3c3a08551dd6959aaade3b413460591895bdcc', ''), 'true', 'an empty body has one too');
SELECT is(tests.signed('t=1700000000,v1=ce7b1b5dc9cd5f97363b51d36b2d9f1527b4817e75c75914038b0d76dd1779d4', 'grün 🪑'), 'true', 'and one of any letters');

SELECT is(tests.signed('t=1700000000,v1=' || :'of_other_secret'), 'false', 'a signature with another secret');
SELECT is(tests.signed('t=1700000000,v1=' || :'good', '{"id": "evt_2"}'), 'false', 'of another body');
SELECT is(tests.signed('t=1700000000,v1=' || :'good', '{"id":"evt_1"}'), 'false', 'of the same JSON, written otherwise');
SELECT is(tests.signed('t=1700000001,v1=' || :'good'), 'false', 'of another second');
SELECT is(tests.signed('t=01700000000,v1=' || :'good'), 'false', 'written otherwise');
SELECT is(tests.signed('t=1700000000,t=1700000001,v1=' || :'good'), 'false', 'or told twice');
SELECT is(tests.signed('t=1700000000,v0=' || :'good'), 'false', 'of another scheme');
SELECT is(tests.signed('t=1700000000,v1=' || left(:'good', 63)), 'false', 'a part of it');
SELECT is(tests.signed('t=1700000000,v1=' || :'good' || '00'), 'false', 'more than it');
SELECT is(tests.signed('t=1700000000,v1=' || translate(:'good', 'a', 'b')), 'false', 'a digit is another');
SELECT is(tests.signed('t=1700000000,v1='), 'false', 'nothing');
SELECT is(tests.signed('v1=' || :'good'), 'false', 'no time');
SELECT is(tests.signed(''), 'false', 'no header');
SELECT is((SELECT string_agg(DISTINCT tests.signed(h), ' ') FROM unnest(ARRAY['t', '=', ',', 't=,v1=', 't=1e9,v1=' || :'good', 't=-1,v1=' || :'good', 't=9223372036854775807,v1=' || :'good', 't=99999999999999999999,v1=' || :'good', repeat('v1=', 10000), repeat(',', 10000), E't=1700000000\n,v1=' || :'good']) h),
    'false', 'what is no header, in eleven ways');

SELECT is(tests.signed(header => NULL), '22004 header must not be NULL', 'a header has to be there');
SELECT is(tests.signed('t=1', NULL), '22004 payload must not be NULL', 'a body');
SELECT is(tests.signed('t=1', secret => NULL), '22004 secret must not be NULL', 'a secret');
SELECT is(tests.signed('t=1', tolerance => NULL), '22004 tolerance must not be NULL', 'a tolerance');
SELECT is(tests.signed('t=1', secret => ''), '22023 secret must not be empty', 'an empty secret is none');
SELECT is(tests.signed('t=1', tolerance => '-1 second'), '22023 tolerance must not be negative', 'a tolerance below nothing neither');

-- The window: as many seconds from the signature's time as now is

CREATE FUNCTION tests.age(more integer) RETURNS interval LANGUAGE sql AS $$SELECT make_interval(secs => floor(extract(epoch FROM now()))::bigint - 1700000000 + more)$$;
SELECT is(tests.signed('t=1700000000,v1=' || :'good', tolerance => tests.age(0)), 'true', 'within the tolerance to the second');
SELECT is(tests.signed('t=1700000000,v1=' || :'good', tolerance => tests.age(-1)), 'false', 'a second too old');
SELECT is(tests.asked('service', format('verify_stripe_signature(%L, %L, %L)', '{"id": "evt_1"}', 't=1700000000,v1=' || :'good', 'whsec_test')), 'false', 'by default five minutes');
SELECT is(tests.signed('t=1700000000,v1=' || :'good', tolerance => '0'), 'false', 'or none');
SELECT is(tests.signed('t=1700000000,v1=' || :'good', tolerance => '178000000 years'), 'true', 'or all of time');

SELECT is(tests.signed('t=4100000000,v1=63a5fd11af0a55fb338e2d6e8768aa99e7cc4df3d3b24fe23491e88090f001fd', tolerance => '5 minutes'), 'false', 'a time that is still to come');
SELECT is(tests.signed('t=4100000000,v1=63a5fd11af0a55fb338e2d6e8768aa99e7cc4df3d3b24fe23491e88090f001fd'), 'true', 'is as far away as one that is over');

SELECT * FROM finish();
ROLLBACK;
