-- Sessions: users see and end their own, and old ones go.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
SELECT no_plan();
SELECT * FROM tests.people('sessions.example') \gset
SELECT tests.asked('buyer', format('create_auth_session(%L, ''one'', true, ''Firefox'', ''192.0.2.1'')', :'buyer')), tests.asked('buyer', format('create_auth_session(%L, ''two'')', :'buyer')),
       tests.asked('seller', format('create_auth_session(%L, ''three'')', :'seller')) \g /dev/null
SELECT id AS one FROM auth_sessions WHERE user_agent = 'Firefox' \gset
SELECT id AS two FROM auth_sessions WHERE user_id = :'buyer' AND user_agent IS NULL \gset
SELECT id AS three FROM auth_sessions WHERE user_id = :'seller' \gset
INSERT INTO auth_sessions (user_id, refresh_token_hash, expires_at) VALUES (:'buyer', 'expired', now() - interval '1 second');
UPDATE auth_sessions SET last_used_at = now() + interval '1 minute' WHERE id = :'two';
SELECT collect_health() \g /dev/null

SELECT is(tests.asked('buyer', '(SELECT jsonb_agg(id) FROM my_sessions())')::jsonb, jsonb_build_array(:'two', :'one'), 'users see their own sessions that have not expired, the last used first');
SELECT is(tests.asked('buyer', format('(SELECT row(remember_me, user_agent, ip_address) FROM my_sessions() WHERE id = %L)', :'one')), '(t,Firefox,192.0.2.1)', 'with what is known of them');
SELECT is(tests.asked('other', '(SELECT count(*) FROM my_sessions())'), '0', 'and no others');
SELECT is(tests.answers('anon', 'SELECT * FROM my_sessions()'), '42501 for anon', 'a visitor has none');

SELECT is(tests.asked('other', format('end_auth_session(%L)', :'one')) || tests.asked('admin', format('end_auth_session(%L)', :'one')), 'falsefalse', 'nobody ends the session of another, not even an admin');
SELECT is((SELECT count(*) FROM auth_sessions WHERE id = :'one'), 1::bigint, 'it is there');
SELECT is(tests.answers('anon', format('SELECT end_auth_session(%L)', :'one')), '42501 for anon', 'a visitor ends none');
SELECT is(tests.asked('buyer', 'end_auth_session(NULL)'), '22004 session_id must not be NULL', 'one has to be named');
SELECT is(tests.asked('buyer', format('end_auth_session(%L)', :'one')) || tests.asked('buyer', format('end_auth_session(%L)', :'one')), 'truefalse', 'users end their own, once');
SELECT is((SELECT count(*) FROM auth_sessions WHERE id = :'one') + (SELECT count(*) FROM active_user_sessions WHERE id = :'one'), 0::bigint, 'with its copy');
SELECT is(tests.asked('service', format('end_auth_session(%L)', :'three')), 'true', 'the service ends any');

SELECT tests.asked('buyer', format('create_auth_session(%L, ''four'')', :'buyer')), tests.asked('seller', format('create_auth_session(%L, ''five'')', :'seller')) \g /dev/null
SELECT is(tests.asked('buyer', format('end_other_sessions(%L)', :'two')), '2', 'all others, the expired one too');
SELECT is((SELECT string_agg(id::text, ' ') FROM auth_sessions WHERE user_id = :'buyer'), :'two', 'one is left');
SELECT is((SELECT count(*) FROM auth_sessions WHERE user_id = :'seller'), 1::bigint, 'of others nothing ends');
SELECT is(tests.asked('buyer', 'end_other_sessions()') || tests.asked('buyer', 'end_other_sessions()'), '10', 'or all of them');
SELECT is(tests.asked('buyer', format('end_other_sessions(%L)', :'three')), '0', 'the session of another is no reason to keep one');
SELECT is(tests.answers('anon service', 'SELECT end_other_sessions()'), '42501 for anon service', 'one has to be somebody');

-- What is kept
DELETE FROM auth_sessions; DELETE FROM auth_login_history;
INSERT INTO auth_sessions (user_id, refresh_token_hash, expires_at) VALUES (:'buyer', 'a', now() + interval '1 second'), (:'buyer', 'b', now() - interval '1 second'), (:'buyer', 'c', now() - interval '1 year');
INSERT INTO auth_login_history (user_id, login_at, action) VALUES (:'buyer', now() - interval '180 days', 'a'), (:'buyer', now() - interval '180 days 1 second', 'b'), (NULL, now() - interval '1 year', 'c');
SELECT is(tests.asked('service', 'prune_sign_ins(1)') || tests.asked('service', 'prune_sign_ins(2)') || tests.asked('service', 'prune_sign_ins()') || tests.asked('service', 'prune_sign_ins()'), '1210', 'the oldest go first, few at a time');
SELECT is((SELECT string_agg(action, '') FROM auth_login_history) || (SELECT string_agg(refresh_token_hash, '') FROM auth_sessions), 'aa', 'and the rest stays');

SELECT * FROM finish();
ROLLBACK;
