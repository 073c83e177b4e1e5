-- How often somebody may try: exact at the border, what is refused costs nothing, and nobody is locked out by who gives another's name.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('often.example') \gset

-- Each call in a statement of its own; the times of one call belong together.
CREATE FUNCTION tests.tries(n integer, most integer, minutes integer, who text DEFAULT '192.0.2.1', what text DEFAULT 'api') RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        RETURN QUERY SELECT format('%s %s %s', c.allowed, c.current_count, c.retry_after_seconds) FROM check_rate_limit(who, what, most, minutes) c;
    END LOOP;
END $$;
-- As if that much time had gone by.
CREATE FUNCTION tests.passes(time_gone interval) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
    UPDATE rate_limits SET tat = tat - time_gone, blocked_until = blocked_until - time_gone
$$;

-- three in a minute, from one statement, whose time is one
SELECT tests.log_in_as_service() \g /dev/null
SELECT results_eq('SELECT * FROM tests.tries(5, 3, 1)', $$VALUES ('t 1 0'), ('t 2 0'), ('t 3 0'), ('f 3 20'), ('f 3 20')$$, 'three at once, and the fourth waits for the first to be forgotten');
SELECT results_eq('SELECT count(*)::integer, min(key), bool_and(tat > now() + interval ''59 seconds'' AND tat < clock_timestamp() + interval ''1 minute''), bool_and(blocked_until IS NULL) FROM rate_limits',
    $$VALUES (1, 'api:192.0.2.1', true, true)$$, 'in one row');
SELECT results_eq('SELECT reset_at = r.tat FROM check_rate_limit(''192.0.2.1'', ''api'', 3, 1), rate_limits r', 'VALUES (true)', 'reset_at is when all are forgotten');
SELECT tests.passes('21 seconds') \g /dev/null
SELECT results_eq('SELECT left(t, 4) FROM tests.tries(2, 3, 1) t', $$VALUES ('t 3 '), ('f 3 ')$$, 'a third of the minute later there is room for one');
SELECT tests.passes('10 minutes') \g /dev/null
SELECT results_eq('SELECT * FROM tests.tries(4, 3, 1)', $$VALUES ('t 1 0'), ('t 2 0'), ('t 3 0'), ('f 3 20')$$, 'and after a while for all');

-- whatever does not divide the window
SELECT is((SELECT count(*) FROM tests.tries(n + 2, n, 1, 'n' || n) t WHERE t ~ '^t'), n::bigint, n || ' of a minute are ' || n)
  FROM unnest('{1,2,7,11,13,59,61,97,997}'::integer[]) n;
SELECT results_eq('SELECT * FROM tests.tries(2, 1, 527040, ''a year'')', $$VALUES ('t 1 0'), ('f 1 31622400')$$, 'one in a year');

-- what is one identifier
SELECT results_eq('SELECT * FROM tests.tries(1, 2, 1, ''Ann@Often.example '') UNION ALL SELECT * FROM tests.tries(2, 2, 1, ''ann@often.EXAMPLE'', ''API'')', $$VALUES ('t 1 0'), ('t 2 0'), ('f 2 30')$$, 'case and blanks make no other');
SELECT results_eq('SELECT * FROM tests.tries(1, 1, 1, ''b:c'', ''a'') UNION ALL SELECT * FROM tests.tries(1, 1, 1, ''c'', ''a/b'')', $$VALUES ('t 1 0'), ('t 1 0')$$, 'action and identifier are not mixed up');

-- a refused call writes nothing, also of its own row
CREATE TEMP TABLE before AS SELECT key, xmin::text AS writer, ctid::text AS place FROM rate_limits;
SELECT tests.tries(50, 3, 1) \g /dev/null
SELECT is_empty('SELECT key, xmin::text AS writer, ctid::text AS place FROM rate_limits EXCEPT SELECT * FROM before', 'fifty refusals write nothing');
SELECT is((SELECT count(*) FROM rate_limits), (SELECT count(*) FROM before), 'and add nothing');

-- bad arguments
SELECT is(tests.answers('service', format('SELECT * FROM check_rate_limit(%s)', arguments)), error || ' for service', arguments) FROM (VALUES
    ('NULL, ''a'', 1, 1', '22004'), ('''x'', NULL, 1, 1', '22004'), ('''x'', ''a'', NULL, 1', '22004'), ('''x'', ''a'', 1, NULL', '22004'),
    ('''x'', ''a'', 0, 1', '22023'), ('''x'', ''a'', -1, 1', '22023'), ('''x'', ''a'', 1000001, 1', '22023'), ('''x'', ''a'', 2147483647, 1', '22023'),
    ('''x'', ''a'', 1, 0', '22023'), ('''x'', ''a'', 1, -2147483648', '22023'), ('''x'', ''a'', 1, 527041', '22023'), ('''x'', ''a'', 1, 2147483647', '22023'),
    (''''', ''a'', 1, 1', '22023'), (''' '', ''a'', 1, 1', '22023'), ('repeat(''x'', 321), ''a'', 1, 1', '22023'), ('repeat(''x'', 1000000), ''a'', 1, 1', '22023'),
    ('''x'', '''', 1, 1', '22023'), ('''x'', ''a:b'', 1, 1', '22023'), ('''x'', repeat(''a'', 51), 1, 1', '22023'), ('''x'', E''a\nb'', 1, 1', '22023')) AS a (arguments, error);
SELECT results_eq($$SELECT * FROM tests.tries(2, 1, 1, repeat('ö', 320))$$, $$VALUES ('t 1 0'), ('f 1 60')$$, 'the longest identifier');
SELECT results_eq($$SELECT * FROM tests.tries(2, 1, 1, E'\'; DROP TABLE rate_limits; --\\')$$, $$VALUES ('t 1 0'), ('f 1 60')$$, 'and one that is none of SQL');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('anon buyer seller moderator admin suspended guest', 'SELECT * FROM check_rate_limit(''192.0.2.1'', ''api'', 3, 1)'), '42501 for anon buyer seller moderator admin suspended guest', 'only the service counts');

-- sign-ins: too many begin a block
CREATE FUNCTION tests.signs_in(n integer, who text, minutes integer DEFAULT 15, block integer DEFAULT 30, what text DEFAULT 'login') RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..n LOOP
        RETURN NEXT check_auth_rate_limit(p_identifier => who, p_action => what, p_max_attempts => 2, p_window_minutes => minutes, p_block_minutes => block)::text;
    END LOOP;
END $$;
SELECT tests.log_in_as_service() \g /dev/null
SELECT results_eq('SELECT * FROM tests.signs_in(4, ''198.51.100.7'')', $$VALUES ('{"allowed" : true, "reason" : null, "retry_after" : 0}'), ('{"allowed" : true, "reason" : null, "retry_after" : 0}'),
    ('{"allowed" : false, "reason" : "blocked", "retry_after" : 1800}'), ('{"allowed" : false, "reason" : "blocked", "retry_after" : 1800}')$$, 'two, and then a block of half an hour');
SELECT tests.passes('20 minutes') \g /dev/null
SELECT results_eq('SELECT x ->> ''reason'', (x ->> ''retry_after'')::integer BETWEEN 598 AND 600 FROM (SELECT tests.signs_in(1, ''198.51.100.7'')::json) AS t (x)', $$VALUES ('blocked', true)$$,
    'that lasts longer than the attempts are remembered, and gets no longer by more of them');
SELECT tests.passes('11 minutes') \g /dev/null
SELECT is((SELECT count(*) FROM tests.signs_in(3, '198.51.100.7') t WHERE t ~ 'true'), 2::bigint, 'then there are two again');
SELECT is((SELECT blocked_until > now() FROM rate_limits WHERE key = 'login:198.51.100.7'), true, 'and another block');
SELECT is((SELECT string_agg(t::json ->> 'reason', ' ') FROM tests.signs_in(4, '198.51.100.8', block => 0) t), 'too_many_attempts too_many_attempts', 'without a block one waits for the next attempt only');
SELECT results_eq('SELECT (SELECT count(*) FROM tests.signs_in(3, ''198.51.100.9'', 60, 15) t WHERE t ~ ''true'')', 'VALUES (2::bigint)', 'a block shorter than the window');
SELECT tests.passes('16 minutes') \g /dev/null
SELECT is((SELECT count(*) FROM tests.signs_in(3, '198.51.100.9', 60, 15) t WHERE t ~ 'true'), 0::bigint, 'ends before there is room for an attempt');
SELECT is(tests.answers('service', format('SELECT check_auth_rate_limit(%s)', arguments)), error || ' for service', arguments) FROM (VALUES
    ('NULL, ''login'', 5, 15, 30', '22004'), ('''x'', NULL, 5, 15, 30', '22004'), ('''x'', ''login'', 5, 15, NULL', '22004'), ('''x'', ''login'', 5, 15, -1', '22023'), ('''x'', ''login'', 0, 15, 30', '22023'),
    ('p_ip_address => ''unknown'', p_user_id => NULL, p_action => ''login''', '22004'), ('p_ip_address => ''server'', p_action => ''login''', '22004'), ('p_action => ''login''', '22004'), ('''x''', '22004')) AS a (arguments, error);

-- by address, or by user where that is unknown
SELECT is((SELECT string_agg(check_auth_rate_limit(p_ip_address => '2001:DB8::1', p_user_id => :'buyer', p_action => 'login') ->> 'allowed', ' ') FROM generate_series(1, 6)), 'true true true true true false', 'five by address');
SELECT is(check_auth_rate_limit(p_ip_address => '2001:db8:0::1', p_user_id => NULL, p_action => 'login') ->> 'reason', 'blocked', 'which may be written in another way');
SELECT is(check_auth_rate_limit(p_ip_address => '203.0.113.1', p_user_id => :'buyer', p_action => 'login') ->> 'allowed', 'true', 'the account is not locked from elsewhere');
SELECT is(check_auth_rate_limit(p_ip_address => 'unknown', p_user_id => :'buyer', p_action => 'login') ->> 'allowed', 'true', 'nor for who comes from nowhere');
SELECT set_eq($$SELECT key FROM rate_limits WHERE key ~ '^login:20[0-9]+[:.]' OR key = 'login:' || $$ || quote_literal(:'buyer'), ARRAY['login:2001:db8::1', 'login:203.0.113.1', 'login:' || :'buyer'], 'these are counted');
SELECT tests.log_out() \g /dev/null

-- users: themselves, some actions, and nobody else; anon nobody at all
SELECT is(tests.answers('anon buyer moderator admin suspended guest', statement), '42501 for anon buyer moderator admin suspended guest', statement) FROM unnest(ARRAY[
    format('SELECT check_auth_rate_limit(%L, ''login'', 1, 527040, 527040)', :'seller'), 'SELECT check_auth_rate_limit(''seller@often.example'', ''login'', 1, 527040, 527040)',
    'SELECT check_auth_rate_limit(''192.0.2.1'', ''login'', 5, 15, 30)', format('SELECT check_auth_rate_limit(''192.0.2.1'', ''login'', 5, 15, 30, p_user_id => %L)', :'seller'),
    format('SELECT check_auth_rate_limit(p_ip_address => ''192.0.2.1'', p_user_id => %L, p_action => ''login'')', :'seller')]) AS statement;
SELECT is(tests.answers('anon', format('SELECT check_auth_rate_limit(%s)', arguments)), '42501 for anon', 'anon counts nothing: ' || arguments) FROM unnest(ARRAY['''192.0.2.77'', ''login'', 5, 15, 30', 'p_ip_address => ''192.0.2.77'', p_user_id => NULL, p_action => ''login''']) AS arguments;
SELECT is(tests.asked('buyer', format('check_auth_rate_limit(%L, ''PASSWORD_change'', 1, 15)', :'buyer')), '{"allowed" : true, "reason" : null, "retry_after" : 0}', 'users count themselves');
SELECT is(tests.asked('buyer', format('check_auth_rate_limit(upper(%L), ''password_change'', 1, 15)', :'buyer')), '{"allowed" : false, "reason" : "blocked", "retry_after" : 1800}', 'and are refused');
SELECT is(tests.asked('buyer', 'check_auth_rate_limit(p_ip_address => ''192.0.2.99'', p_user_id => NULL, p_action => ''2fa'')'), '{"allowed" : true, "reason" : null, "retry_after" : 0}', 'by whatever address they give');
SELECT is((SELECT string_agg(key, ' ') FROM rate_limits WHERE key ~ '2fa'), '2fa:' || :'buyer', 'which is not what counts');
SELECT is(tests.asked('buyer', format('check_auth_rate_limit(%L, ''mine%s'', 1, 15)', :'buyer', n)), format('22023 unrecognized action: "mine%s"', n), 'they fill no table') FROM generate_series(1, 2) n;
SELECT is(tests.answers('anon buyer admin', statement), '42501 for anon buyer admin', statement) FROM unnest(ARRAY['SELECT * FROM rate_limits', 'DELETE FROM rate_limits', 'INSERT INTO rate_limits VALUES (''x'', now())', 'SELECT cleanup_expired_rate_limits()',
    'SELECT * FROM private.count_attempt(''x'', ''a'', 1, 1)']) AS statement;

-- what is forgotten is removed
DELETE FROM rate_limits;
INSERT INTO rate_limits VALUES ('a:forgotten', now() - interval '1 second', NULL), ('a:unblocked', now() - interval '1 hour', now() - interval '1 second'),
                               ('a:remembered', now() + interval '1 hour', NULL), ('a:blocked', now() - interval '1 hour', now() + interval '1 hour');
SELECT is(tests.asked('service', 'cleanup_expired_rate_limits()'), '2', 'two are forgotten');
SELECT is((SELECT string_agg(key, ' ' ORDER BY key) FROM rate_limits), 'a:blocked a:remembered', 'the others are there');
SELECT is(tests.asked('service', 'cleanup_expired_rate_limits()'), '0', 'and stay');

SELECT * FROM finish();
ROLLBACK;
