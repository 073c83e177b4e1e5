-- Rate limits of accounts: what is counted, for whom, how much is too much, and who changes that.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/money.sql
SELECT no_plan();
SET driplo.rate_limits = on;

SELECT * FROM tests.people('rates.example') \gset
SELECT tests.a_listing(:'seller', quantity => 1000) AS lamp, tests.an_address(:'buyer') AS address \gset
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'buyer', :'seller') RETURNING id AS talk \gset
SELECT set_config('tests.talk', :'talk', true), set_config('tests.buyer', :'buyer', true) \g /dev/null

CREATE FUNCTION tests.write(who text, n integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    PERFORM tests.log_in_as(who);
    INSERT INTO messages (conversation_id, sender_id, content) SELECT current_setting('tests.talk')::uuid, current_setting('tests.buyer')::uuid, 'x' FROM generate_series(1, n);
    PERFORM tests.log_out();
    RETURN 'written';
EXCEPTION WHEN SQLSTATE 'MK015' THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    PERFORM tests.log_out();
    RETURN SQLERRM || '. ' || hint;
END $$;
CREATE FUNCTION tests.time_goes_by(seconds numeric) RETURNS void LANGUAGE sql AS $$
    UPDATE rate_limits SET tat = tat - seconds * interval '1 second'
$$;
CREATE FUNCTION tests.counted() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(split_part(key, ':', 1), ' ' ORDER BY key) FROM rate_limits
$$;

-- Messages: thirty at once, then one every two minutes, because a machine may be slow
INSERT INTO rate_limit_rules (action, window_seconds) VALUES ('messages', 3600);
SELECT is(tests.counted(), NULL, 'nothing was counted of what the superuser has written');
SELECT is(tests.write('buyer', 29), 'written', 'twenty-nine');
SELECT is(tests.write('buyer', 1), 'written', 'thirty');
CREATE TEMP TABLE before AS SELECT key, tat, xmin::text AS writer, ctid::text AS place FROM rate_limits;
SELECT matches(tests.write('buyer', 1), '^rate limit for messages exceeded. Try again in 1(1.|20) seconds.$', 'thirty-one are too many, and it is said how long');
SELECT results_eq('SELECT key, tat, xmin::text, ctid::text FROM rate_limits', 'SELECT * FROM before', 'a refusal writes nothing');
SELECT is((SELECT count(*) FROM messages), 30::bigint, 'nor a message');
SELECT is(tests.counted(), 'driplo.messages', 'one row for the account');
SELECT tests.time_goes_by(120) \g /dev/null
SELECT is(tests.write('buyer', 1), 'written', 'two minutes later there is one more');
SELECT matches(tests.write('buyer', 1), '^rate limit for messages exceeded. Try again in 1(1.|20) seconds.$', 'and no other');
SELECT tests.time_goes_by(1140) \g /dev/null
SELECT matches(tests.write('buyer', 10), '^rate limit for messages exceeded. Try again in [0-9]{2} seconds.$', 'ten need twenty minutes');
SELECT is(tests.write('buyer', 9), 'written', 'nine do not');
SELECT tests.time_goes_by(36000) \g /dev/null
SELECT is(tests.write('buyer', 31), 'rate limit for messages exceeded. Write at most 30 rows in a statement.', 'more than all at once is never possible');
SELECT is(tests.write('buyer', 30), 'written', 'after a while there are thirty again, and not more');
SELECT is(tests.write('buyer', 1) ~ 'exceeded', true, 'how long it ever was');

DELETE FROM rate_limit_rules;
DELETE FROM rate_limits;

-- Whom it is for
SELECT is(tests.write('buyer', 30), 'written', 'as it is built in: thirty at once');
SELECT is(tests.write('service', 100), 'written', 'the service is not limited');
SELECT is(tests.write('buyer', 1) ~ 'exceeded', true, 'the account is, whatever the service has done for it');
SET driplo.rate_limits = off;
SELECT is(tests.write('buyer', 100), 'written', 'nobody is when the setting is off');
SET driplo.rate_limits = on;
SELECT is(tests.asked('buyer', 'set_config(''driplo.rate_limits'', ''off'', true)') ~ '^42501', true, 'which a user cannot turn off');

-- A failure takes its count back.
DELETE FROM rate_limits;
DO $$ BEGIN
    PERFORM tests.log_in_as('buyer');
    INSERT INTO messages (conversation_id, sender_id, content) SELECT current_setting('tests.talk')::uuid, current_setting('tests.buyer')::uuid, 'x' FROM generate_series(1, 5);
    RAISE division_by_zero;
EXCEPTION WHEN division_by_zero THEN
    PERFORM tests.log_out();
END $$;
SELECT is(tests.counted(), NULL, 'what was rolled back is not counted');

-- Each of the others
CREATE FUNCTION tests.until_refused(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    FOR n IN 0 .. 200 LOOP
        BEGIN
            EXECUTE replace(statement, '@n', n::text);
        EXCEPTION WHEN SQLSTATE 'MK015' THEN
            RETURN n || ' ' || SQLERRM;
        END;
    END LOOP;
    RETURN 'never';
END $$;
CREATE TEMP TABLE more AS SELECT n, tests.sign_up('more' || n || '@rates.example') AS id FROM generate_series(0, 70) n;
CREATE TEMP TABLE goods AS SELECT n, tests.a_listing(:'other') AS id FROM generate_series(0, 130) n;
GRANT SELECT ON more, goods TO PUBLIC;
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.until_refused($$INSERT INTO favorites (user_id, listing_id) SELECT auth.uid(), id FROM goods WHERE n = @n$$), '120 rate limit for favorites exceeded', 'favorites');
SELECT is(tests.until_refused($$INSERT INTO user_follows (follower_id, following_id) SELECT auth.uid(), id FROM more WHERE n = @n$$), '60 rate limit for follows exceeded', 'follows');
SELECT is(tests.until_refused($$INSERT INTO conversations (buyer_id, seller_id) SELECT auth.uid(), id FROM more WHERE n = @n$$), '20 rate limit for conversations exceeded', 'conversations');
SELECT tests.log_out() \g /dev/null
SET driplo.max_unpaid_orders = 0;
SET driplo.max_unpaid_pieces = 0;
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.until_refused(format('SELECT add_to_cart(%L), checkout(%L) WHERE @n >= 0', :'lamp', :'address')), '20 rate limit for checkouts exceeded', 'checkouts');
SELECT is((SELECT count(*) FROM orders WHERE buyer_id = auth.uid()), 20::bigint, 'which placed as many orders');
SELECT is((SELECT sum(quantity) FROM cart_items), 1::bigint, 'what was refused is in the cart still');
-- a repeated request places nothing
SELECT tests.log_out() \g /dev/null
DELETE FROM rate_limits WHERE key ~ 'checkouts';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT checkout(:'address', 'the same') FROM generate_series(1, 1) \g /dev/null
SELECT is(tests.until_refused(format('SELECT checkout(%L, ''the same'') WHERE @n >= 0', :'address')), 'never', 'the same request again is not another one');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.until_refused($$INSERT INTO listings (seller_id, title, slug, description, price) VALUES (auth.uid(), 'A lamp', 'more-@n', 'x', 1)$$), '60 rate limit for listings exceeded', 'listings');
SELECT tests.log_out() \g /dev/null

-- Who changes them
SELECT is(tests.asked('buyer', '(SELECT most || '' in '' || window_seconds FROM list_rate_limits() WHERE action = ''messages'')'), '30 in 60', 'users see them');
SELECT is(tests.answers('anon', 'SELECT * FROM list_rate_limits()'), '42501 for anon', 'who have signed in');
SELECT is(tests.answers('anon buyer seller moderator suspended', 'SELECT set_rate_limit(''messages'', 1000)'), '42501 for anon buyer seller moderator suspended', 'admins change them, and nobody else');
SELECT is(tests.answers('buyer admin', 'UPDATE rate_limit_rules SET most = 1000'), '42501 for buyer admin', 'not past the function');
SELECT is(tests.asked('admin', format('set_rate_limit(%s)', arguments)), error, arguments) FROM (VALUES
    ('NULL', '22004 action must not be NULL'), ('''nothing'', 1', '22023 unrecognized action: "nothing"'), ('''messages'', 0', '22023 number of attempts must be between 1 and 1000000'),
    ('''messages'', 1000001', '22023 number of attempts must be between 1 and 1000000'), ('''messages'', 1, 0', '22023 window_seconds must be between 1 and 31622400'),
    ('''messages'', 1, 31622401', '22023 window_seconds must be between 1 and 31622400'), ('$$''; DROP TABLE rate_limits; --$$', '22023 unrecognized action: "''; DROP TABLE rate_limits; --"')) t (arguments, error);
SELECT is((SELECT count(*) FROM rate_limit_rules), 0::bigint, 'what is refused changes nothing');
DELETE FROM rate_limits;
SELECT tests.asked('admin', 'set_rate_limit(''messages'', 2)') \g /dev/null
SELECT is(tests.write('buyer', 2), 'written', 'from then on it is two');
SELECT matches(tests.write('buyer', 1), 'rate limit for messages exceeded. Try again in [23]. seconds.', 'a minute');
SELECT tests.asked('admin', 'set_rate_limit(''messages'', window_seconds => 3600)') \g /dev/null
SELECT is(tests.write('buyer', 1), 'written', 'or an hour');
SELECT is((SELECT array_agg((action, most, window_seconds, enabled, is_changed)::text) FROM list_rate_limits() WHERE is_changed), '{"(messages,2,3600,t,t)"}', 'one is changed');
SELECT tests.asked('admin', 'set_rate_limit(''messages'', enabled => false)') \g /dev/null
SELECT is(tests.write('buyer', 100), 'written', 'one that is off is none');
SELECT tests.asked('service', 'set_rate_limit(''messages'', enabled => true)') \g /dev/null
SELECT is((SELECT (most, window_seconds, enabled)::text FROM rate_limit_rules), '(2,3600,t)', 'and keeps its numbers');
SELECT results_eq($$SELECT new_values ->> 'most', old_values ->> 'most', admin_id IS NULL FROM admin_audit_log WHERE action = 'set_rate_limit' AND new_values ->> 'window_seconds' = '60'$$,
    $$VALUES ('2', '30', false)$$, 'it is on record what it was and who has changed it');
SELECT is((SELECT count(*) FROM admin_audit_log WHERE action = 'set_rate_limit'), 4::bigint, 'each time');

-- Forgotten by the job
UPDATE rate_limits SET tat = now() - interval '1 second';
SELECT cmp_ok(tests.asked('service', 'cleanup_expired_rate_limits()')::integer, '>', 0, 'what is over is deleted by the job');
SELECT is(tests.counted(), NULL, 'all of it');

SELECT * FROM finish();
ROLLBACK;
