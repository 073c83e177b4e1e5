-- The sign-in log and the sessions: written for oneself or by the service, with what is an address, and never with a token.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('signs.example') \gset
CREATE FUNCTION tests.logged(event uuid) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT concat_ws(' | ', p.email, h.action, h.ip_address, h.user_agent, h.success, h.failure_reason, h.metadata, CASE WHEN h.is_self_reported THEN 'by the user' END)
      FROM auth_login_history h LEFT JOIN profiles p ON p.id = h.user_id WHERE h.event_id = event
$$;

-- the service, for anybody
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.logged(log_auth_event(p_user_id => :'buyer', p_action => 'login', p_ip_address => '192.0.2.7', p_user_agent => 'curl/8', p_success => false, p_error_message => 'wrong password', p_metadata => '{"method": "password"}')),
    'buyer@signs.example | login | 192.0.2.7 | curl/8 | f | wrong password | {"method": "password"}', 'all of it is there');
SELECT is(tests.logged(log_auth_event(:'buyer', 'logout')), 'buyer@signs.example | logout | t | {}', 'and little of it');
SELECT is(tests.logged(log_auth_event(NULL, 'login', 'server', NULL, false, 'no such user')), 'login | f | no such user | {}', 'who is not known');
SELECT is(tests.logged(log_auth_event(event_type => '2fa_enabled', user_id => :'buyer', metadata => '{"method": "totp"}')), 'buyer@signs.example | 2fa_enabled | t | {"method": "totp"}', 'the short form');
SELECT is(tests.logged(log_auth_event(:'suspended', 'login', p_success => NULL, p_metadata => 'null')), 'suspended@signs.example | login | t | {}', 'NULL is success, and no data');
SELECT is(tests.logged(log_auth_event(:'buyer', 'login', p_ip_address => address)), concat_ws(' | ', 'buyer@signs.example', 'login', kept, 't', '{}'), 'the address ' || address) FROM (VALUES
    ('unknown', NULL), ('server', NULL), ('', NULL), ('  ', NULL), ('192.0.2.1, 198.51.100.2', NULL), ('999.1.1.1', NULL), ('''; DROP TABLE profiles; --', NULL), (repeat('1', 100000), NULL),
    (' 192.0.2.9 ', '192.0.2.9'), ('2001:DB8::5', '2001:db8::5'), ('::ffff:192.0.2.1', '::ffff:192.0.2.1')) AS a (address, kept);
SELECT log_auth_event(:'other', 'login', NULL, repeat('ö', 5000), false, repeat('x', 5000)) \g /dev/null
SELECT is((SELECT length(user_agent) || ' ' || length(failure_reason) FROM auth_login_history WHERE user_id = :'other'), '1000 1000', 'what browsers send is cut');
SELECT is(tests.answers('service', format('SELECT log_auth_event(%L, %s)', :'buyer', arguments)), error || ' for service', arguments) FROM (VALUES
    ('NULL', '22004'), ('''''', '22023'), ('''  ''', '22023'), ('repeat(''x'', 51)', '22023'), ('''login'', p_metadata => ''[]''', '22023'), ('''login'', metadata => ''[]''', '22023'), ('NULL, event_type => '' ''', '22023'), ('''login'', p_metadata => ''"x"''', '22023'),
    ('''login'', p_metadata => jsonb_build_object(''x'', repeat(''x'', 70000))', '22023')) AS a (arguments, error);
SELECT is(tests.asked('service', 'log_auth_event(''00000000-0000-4000-8000-00000000dead'', ''login'')'), 'P0002 user "00000000-0000-4000-8000-00000000dead" does not exist', 'of somebody who is there');

-- users, of themselves
SELECT is(tests.answers('anon seller moderator admin', statement), '42501 for anon seller moderator admin', statement) FROM unnest(ARRAY[
    format('SELECT log_auth_event(%L, ''login'')', :'buyer'), format('SELECT log_auth_event(event_type => ''login'', user_id => %L, metadata => ''{}'')', :'buyer'), format('SELECT create_auth_session(%L, ''token'')', :'buyer')]) AS statement;
SELECT is(tests.answers('anon', statement), '42501 for anon', 'nothing of anon''s: ' || statement) FROM unnest(ARRAY[
    'SELECT log_auth_event(NULL, ''login'')', 'SELECT log_auth_event(event_type => ''login'', user_id => NULL)', 'SELECT create_auth_session(NULL, ''token'')']) AS statement;
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.logged(log_auth_event(:'seller', 'password_change', '192.0.2.7', NULL)), 'seller@signs.example | password_change | 192.0.2.7 | t | {} | by the user', 'users log what they do');
SELECT is(tests.logged(log_auth_event(NULL, 'logout')), 'seller@signs.example | logout | t | {} | by the user', 'by their own name');
SELECT results_eq('SELECT action::text, is_self_reported FROM auth_login_history ORDER BY id', $$VALUES ('password_change', true), ('logout', true)$$, 'and read it');
SELECT is(tests.answers('seller', statement), '42501 for seller', statement) FROM unnest(ARRAY['UPDATE auth_login_history SET is_self_reported = false', 'DELETE FROM auth_login_history', 'INSERT INTO auth_login_history (user_id) VALUES (auth.uid())']) AS statement;
SELECT tests.log_in(:'seller') \g /dev/null
SELECT log_auth_event(NULL, 'x') FROM generate_series(1, 58) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.asked('seller', 'log_auth_event(NULL, ''x'')'), 'MK015 limit for sign-in events exceeded', 'sixty an hour');
SELECT is(tests.asked('seller', 'create_auth_session(NULL, ''token'')'), 'MK015 limit for sign-in events exceeded', 'with the sessions');
SELECT is((SELECT count(*) FROM auth_login_history WHERE user_id = :'seller'), 60::bigint, 'the table does not grow');
SELECT is(tests.asked('service', format('log_auth_event(%L, ''x'') IS NOT NULL', :'seller')), 'true', 'what the service logs is not counted');

-- sessions
SELECT tests.log_in_as_service() \g /dev/null
SELECT create_auth_session(p_user_id => :'buyer', p_refresh_token => 'abc', p_remember_me => true, p_user_agent => 'curl/8', p_ip_address => '192.0.2.7'), create_auth_session(:'buyer', 'öäü', NULL, NULL, 'unknown') \g /dev/null
SELECT results_eq(format('SELECT refresh_token_hash, remember_me, user_agent, ip_address, expires_at - now() FROM auth_sessions WHERE user_id = %L ORDER BY remember_me', :'buyer'),
    $$VALUES (encode(sha256('\xc3b6c3a4c3bc'), 'hex'), false, NULL, NULL::inet, interval '1 day'),
             ('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', true, 'curl/8', '192.0.2.7', interval '30 days')$$, 'with the hash of the token');
SELECT is_empty('SELECT FROM auth_sessions s WHERE s::text ~ ''\yabc\y|öäü''', 'and not the token');
SELECT is(tests.answers('service', format('SELECT create_auth_session(%s)', arguments)), error || ' for service', arguments) FROM (VALUES
    ('NULL, ''x''', '22004'), (quote_literal(:'buyer') || ', NULL', '22004'), (quote_literal(:'buyer') || ', ''''', '22023'), (quote_literal(:'buyer') || ', repeat(''x'', 8193)', '22023'), ('gen_random_uuid(), ''x''', 'P0002')) AS a (arguments, error);
SELECT tests.log_in(:'other') \g /dev/null
SELECT create_auth_session(:'other', 'mine') \g /dev/null
SELECT is((SELECT count(*) FROM (SELECT id, user_id, expires_at FROM auth_sessions) mine), 1::bigint, 'users make their own');
SELECT throws_ok('SELECT refresh_token_hash FROM auth_sessions', '42501', NULL, 'and do not read the hash');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
