-- Deliveries of webhooks: signed when they are claimed, tried again by a table, given up in the end.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('webhooks.example') \gset

-- Signatures: the example of the specification, and those of RFC 4231
SELECT is(private.sign_webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'msg_p5jXN8AQM9LWM0D4loKWxJek', 1614265330, '{"test": 2432232314}'),
    'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=', 'the example of Standard Webhooks');
SELECT is(encode(private.keyed_hash(key, message), 'hex'), digest, 'HMAC of RFC 4231') FROM (VALUES
    (decode(repeat('0b', 20), 'hex'), 'Hi There'::bytea, 'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7'),
    ('Jefe', 'what do ya want for nothing?', '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843'),
    (decode(repeat('aa', 131), 'hex'), 'Test Using Larger Than Block-Size Key - Hash Key First', '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54')) AS v (key, message, digest);

SELECT tests.log_in_as_service() \g /dev/null
SELECT id AS endpoint, secret FROM create_webhook_endpoint('https://hooks.example.com/', '{order.paid}') \gset
SELECT id AS other FROM create_webhook_endpoint('https://other.example.com/', '{order.paid}') \gset
SELECT tests.log_out() \g /dev/null

-- n deliveries that wait
CREATE FUNCTION tests.waiting(endpoint uuid, n integer DEFAULT 1) RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO webhook_deliveries (endpoint_id, event_id, event_type, body)
    SELECT endpoint, 'msg_' || gen_random_uuid(), 'order.paid', '{"type": "order.paid", "b": "ъ€𝄞", "a":  1}' FROM generate_series(1, n)
    RETURNING id
$$;
CREATE FUNCTION tests.claimed(max_rows integer DEFAULT 50) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[];
BEGIN
    PERFORM tests.log_in_as_service();
    SELECT array_agg(delivery_id) INTO ids FROM claim_webhooks(max_rows);
    PERFORM tests.log_out();
    RETURN coalesce(ids, '{}');
END $$;
CREATE FUNCTION tests.settled(id uuid, status integer, error text DEFAULT NULL, retry_after interval DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    outcome text;
BEGIN
    PERFORM tests.log_in_as_service();
    outcome := settle_webhook(id, status, error, retry_after);
    PERFORM tests.log_out();
    RETURN outcome;
END $$;
-- As time would make it.
CREATE FUNCTION tests.becomes_due() RETURNS void LANGUAGE sql AS $$
    UPDATE webhook_deliveries SET next_attempt_at = clock_timestamp() WHERE status = 'pending';
    UPDATE webhook_endpoints SET paused_until = NULL WHERE paused_until IS NOT NULL;
$$;
CREATE FUNCTION tests.state(id uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', d.status, d.attempts, CASE WHEN d.claimed_at IS NOT NULL THEN 'claimed' END, d.last_status, d.last_error) FROM webhook_deliveries d WHERE d.id = state.id
$$;

-- Claiming
SELECT is(tests.claimed(), '{}', 'nothing is claimed where nothing waits');
SELECT tests.waiting(:'endpoint') AS one \gset
SELECT is(tests.claimed(0), '{}', 'or where none is wanted');
SELECT tests.log_in_as_service() \g /dev/null
SELECT delivery_id, url, headers, body, headers ->> 'webhook-timestamp' AS signed_at FROM claim_webhooks() \gset
SELECT tests.log_out() \g /dev/null
SELECT is(:'delivery_id'::uuid, :'one'::uuid, 'what waits is claimed');
SELECT is(:'url'::text, 'https://hooks.example.com/', 'for its address');
SELECT is(:'body'::text, '{"type": "order.paid", "b": "ъ€𝄞", "a":  1}', 'as it was stored, blanks and all');
SELECT is((SELECT array_agg(key ORDER BY key) FROM jsonb_object_keys(:'headers'::jsonb) key), '{content-type,user-agent,webhook-id,webhook-signature,webhook-timestamp}', 'with its headers');
SELECT ok(:'signed_at'::bigint BETWEEN extract(epoch FROM clock_timestamp()) - 10 AND extract(epoch FROM clock_timestamp()), 'signed now');
SELECT is(:'headers'::jsonb ->> 'webhook-signature', private.sign_webhook(:'secret', (SELECT event_id FROM webhook_deliveries), :'signed_at', :'body'), 'by its secret');
SELECT is(tests.state(:'one'), 'pending 1 claimed', 'it is the caller''s');
SELECT ok((SELECT next_attempt_at BETWEEN clock_timestamp() + interval '110 seconds' AND clock_timestamp() + interval '2 minutes' FROM webhook_deliveries), 'for two minutes');
SELECT is(tests.claimed(), '{}', 'and nobody else''s');
SELECT tests.becomes_due() \g /dev/null
SELECT is(tests.claimed(), ARRAY[:'one'::uuid], 'unless its sender is gone');
SELECT is(tests.settled(:'one', 200), 'delivered', 'a success');
SELECT is(tests.state(:'one'), 'delivered 2 200', 'is the end');
SELECT is(tests.settled(:'one', 500), 'ignored', 'whatever is said afterwards');
SELECT is(tests.state(:'one'), 'delivered 2 200', 'it stays delivered');
SELECT ok((SELECT delivered_at IS NOT NULL FROM webhook_deliveries), 'since then');

-- 2xx and nothing else
CREATE FUNCTION tests.outcome(endpoint uuid, status integer) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.waiting(endpoint);
    RETURN tests.settled((tests.claimed())[1], status);
END $$;
SELECT is(tests.outcome(:'endpoint', status), outcome, status || ' is ' || outcome)
  FROM (VALUES (200, 'delivered'), (204, 'delivered'), (299, 'delivered'), (100, 'retry'), (301, 'retry'), (302, 'retry'), (307, 'retry'), (304, 'retry'), (400, 'retry'), (404, 'retry'), (500, 'retry'), (599, 'retry')) AS answer (status, outcome);
DELETE FROM webhook_deliveries;
SELECT tests.waiting(:'endpoint') AS one \gset
SELECT is(tests.settled(:'one', 200), 'ignored', 'what nobody has claimed is not settled');
SELECT is(tests.state(:'one'), 'pending 0', 'and waits');

-- The table of attempts: 200 of each
UPDATE webhook_endpoints SET failing_since = NULL, last_failure = NULL;
DELETE FROM webhook_deliveries;
SELECT tests.waiting(:'endpoint', 200) \g /dev/null
CREATE TEMPORARY TABLE waited (attempt integer, outcome text, seconds numeric);
CREATE FUNCTION tests.fail_all() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    each record;
    said text;
BEGIN
    FOR each IN SELECT d.id FROM unnest(tests.claimed(1000)) AS d (id) LOOP
        said := tests.settled(each.id, NULL, 'connection refused');
        INSERT INTO waited SELECT d.attempts, said, extract(epoch FROM d.next_attempt_at - clock_timestamp()) FROM webhook_deliveries d WHERE d.id = each.id;
    END LOOP;
END $$;
SELECT tests.fail_all(), tests.becomes_due() FROM generate_series(1, 12) \g /dev/null
SELECT results_eq($$
    SELECT w.attempt, string_agg(DISTINCT w.outcome, ','), count(*),
           bool_and(w.seconds BETWEEN 0.9 * t.seconds - 2 AND 1.1 * t.seconds), max(w.seconds) - min(w.seconds) > 0.15 * t.seconds
      FROM waited w JOIN unnest('{5,300,1800,7200,18000,36000,50400,72000,86400}'::integer[]) WITH ORDINALITY AS t (seconds, attempt) USING (attempt)
     GROUP BY w.attempt, t.seconds ORDER BY w.attempt$$,
    $$SELECT attempt, 'retry', 200::bigint, true, true FROM generate_series(1, 9) attempt$$, 'nine times it is tried again, by the table of the specification and 10 percent more or less');
SELECT results_eq('SELECT outcome, count(*) FROM waited WHERE attempt = 10 GROUP BY outcome', $$VALUES ('failed', 200::bigint)$$, 'the tenth attempt is the last');
SELECT is((SELECT max(attempt) FROM waited), 10, 'there is no other');
SELECT results_eq('SELECT DISTINCT status, attempts, last_status, last_error FROM webhook_deliveries', $$VALUES ('failed', 10, NULL::integer, 'connection refused')$$, 'they have failed');
SELECT results_eq('SELECT url, is_active, last_failure, failing_since IS NOT NULL FROM webhook_endpoints ORDER BY url', $$VALUES
    ('https://hooks.example.com/', true, 'connection refused', true), ('https://other.example.com/', true, NULL, false)$$, 'the endpoint is failing, and the other one is not');

-- A sender that never says what came of its last attempt
DELETE FROM webhook_deliveries;
SELECT tests.waiting(:'endpoint') AS one \gset
SELECT tests.claimed(), tests.becomes_due() FROM generate_series(1, 10) \g /dev/null
SELECT is(tests.state(:'one'), 'pending 10 claimed', 'ten times claimed and never settled');
SELECT is(tests.claimed(), '{}', 'is not tried for ever');
SELECT is(tests.state(:'one'), 'failed 10', 'it has failed');

-- A success ends a failure
DELETE FROM webhook_deliveries;
UPDATE webhook_endpoints SET failing_since = now() - interval '6 days', last_failure = '500' WHERE id = :'endpoint';
SELECT tests.waiting(:'endpoint') AS one \gset
SELECT is(tests.settled((tests.claimed())[1], 202), 'delivered', 'a success after six days of failures');
SELECT results_eq('SELECT is_active, failing_since, last_failure FROM webhook_endpoints WHERE id = ' || quote_literal(:'endpoint'), 'VALUES (true, NULL::timestamptz, NULL::text)', 'ends them');

-- Retry-After
CREATE FUNCTION tests.waits(id uuid) RETURNS numeric LANGUAGE sql AS $$ SELECT round(extract(epoch FROM d.next_attempt_at - clock_timestamp())) FROM webhook_deliveries d WHERE d.id = waits.id $$;
SELECT tests.waiting(:'endpoint') AS one \gset
SELECT is(tests.settled((tests.claimed())[1], 500, NULL, '1 hour'), 'retry', 'Retry-After');
SELECT cmp_ok(tests.waits(:'one'), '>=', 3595::numeric, 'is what the receiver gets');
SELECT is((SELECT paused_until FROM webhook_endpoints WHERE id = :'endpoint'), NULL, 'for that delivery');
SELECT tests.waiting(:'endpoint', 2) AS two \gset
SELECT is(tests.settled((tests.claimed(1))[1], 429, 'slow down', '30 minutes'), 'retry', 'too many requests');
SELECT is((SELECT round(extract(epoch FROM paused_until - clock_timestamp()) / 60) FROM webhook_endpoints WHERE id = :'endpoint'), 30::numeric, 'are about the endpoint');
SELECT tests.waiting(:'other') AS third \gset
SELECT is(tests.claimed(), ARRAY[:'third'::uuid], 'it is left alone, and others are not');
UPDATE webhook_endpoints SET paused_until = clock_timestamp() WHERE paused_until IS NOT NULL;
SELECT is(cardinality(tests.claimed()), 1, 'until then');
DELETE FROM webhook_deliveries;
SELECT tests.waiting(:'endpoint', 2) \g /dev/null
SELECT claimed[1] AS one, claimed[2] AS two FROM tests.claimed() AS claimed \gset
SELECT tests.settled(:'one', 429, NULL, '30 minutes'), tests.settled(:'two', 429, NULL, '1 minute') \g /dev/null
SELECT is((SELECT round(extract(epoch FROM paused_until - clock_timestamp()) / 60) FROM webhook_endpoints WHERE id = :'endpoint'), 30::numeric, 'a shorter time that is asked for afterwards does not end a longer one');
SELECT is(tests.asked('admin', format('set_webhook_endpoint(%L, description => ''x'')', :'endpoint')), 'true', 'a change');
SELECT isnt((SELECT paused_until FROM webhook_endpoints WHERE id = :'endpoint'), NULL, 'neither');
SELECT is(tests.asked('admin', format('set_webhook_endpoint(%L, is_active => true)', :'endpoint')), 'true', 'but an admin who enables it');
SELECT is((SELECT paused_until FROM webhook_endpoints WHERE id = :'endpoint'), NULL, 'does');
UPDATE webhook_endpoints SET failing_since = now() - interval '1 day' WHERE id = :'endpoint';
SELECT tests.becomes_due(), tests.settled((tests.claimed())[1], 500) \g /dev/null
SELECT is((SELECT failing_since FROM webhook_endpoints WHERE id = :'endpoint'), now() - interval '1 day', 'an endpoint fails since its first failure, not since the last');
-- disabled by an admin while something is on its way
SELECT tests.becomes_due() \g /dev/null
SELECT claimed[1] AS one, claimed[2] AS two FROM tests.claimed() AS claimed \gset
SELECT tests.asked('admin', format('set_webhook_endpoint(%L, is_active => false)', :'endpoint')) \g /dev/null
SELECT is(tests.settled(:'one', 500) || ' ' || tests.settled(:'two', 410), 'retry failed', 'what fails afterwards');
SELECT results_eq('SELECT is_active, disabled_reason FROM webhook_endpoints WHERE id = ' || quote_literal(:'endpoint'), $$VALUES (false, 'admin')$$, 'does not change who has disabled it');
SELECT is_empty($$SELECT * FROM outbox_events WHERE kind = 'webhook.disabled'$$, 'and is no news');
SELECT tests.asked('admin', format('set_webhook_endpoint(%L, is_active => true)', :'endpoint')) \g /dev/null
DELETE FROM webhook_deliveries;
SELECT tests.waiting(:'endpoint') AS one \gset
SELECT is(tests.settled((tests.claimed())[1], 503, NULL, '10 years'), 'retry', 'ten years');
SELECT is(tests.waits(:'one'), 86400::numeric, 'are a day');
SELECT is((SELECT round(extract(epoch FROM paused_until - clock_timestamp())) FROM webhook_endpoints WHERE id = :'endpoint'), 86400::numeric, 'for the endpoint too');
SELECT tests.becomes_due() \g /dev/null
SELECT is(tests.settled((tests.claimed())[1], 500, NULL, '0'), 'retry', 'none');
SELECT cmp_ok(tests.waits(:'one'), '<=', 0::numeric, 'is at once');

-- 410
DELETE FROM webhook_deliveries;
DELETE FROM admin_audit_log;
UPDATE webhook_endpoints SET failing_since = NULL, paused_until = NULL;
SELECT tests.waiting(:'endpoint', 3) \g /dev/null
SELECT (tests.claimed(1))[1] AS one \gset
SELECT is(tests.settled(:'one', 410, 'gone', '1 minute'), 'disabled', 'an address that is gone');
SELECT is(tests.state(:'one'), 'failed 1 410 gone', 'is not tried again');
SELECT results_eq('SELECT is_active, disabled_reason FROM webhook_endpoints WHERE id = ' || quote_literal(:'endpoint'), $$VALUES (false, 'gone')$$, 'the endpoint is disabled');
SELECT results_eq('SELECT action::text, new_values ->> ''disabled_reason'' FROM admin_audit_log', $$VALUES ('disable_webhook_endpoint', 'gone')$$, 'which is on record');
SELECT is(tests.claimed(), '{}', 'a disabled endpoint gets nothing');
SELECT tests.log_in_as('admin') \g /dev/null
SELECT results_eq('SELECT is_active, disabled_reason, last_failure, waiting FROM webhook_status() WHERE waiting > 0', $$VALUES (false, 'gone', '410: gone', 2::bigint)$$, 'an admin sees it, and what waits');
SELECT tests.log_out() \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events(10000) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT results_eq($$SELECT n.user_id, n.message FROM notifications n WHERE n.type = 'webhook_disabled'$$, $$SELECT p.id, '410: gone' FROM profiles p WHERE p.role = 'admin'$$, 'the admins are told, and nobody else');
SELECT tests.log_in_as('admin') \g /dev/null
SELECT is(set_webhook_endpoint(:'endpoint', is_active => true), true, 'and enables it');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.claimed(), '{}', 'what has waited is not sent');
SELECT results_eq('SELECT status, count(*) FROM webhook_deliveries GROUP BY status ORDER BY status', $$VALUES ('failed', 1::bigint), ('skipped', 2)$$, 'it was skipped');
SELECT is(tests.asked('admin', format('replay_webhooks(%L, now() + interval ''1 second'')', :'endpoint')), '0', 'nothing is younger than now');
SELECT is(tests.asked('admin', format('replay_webhooks(%L, now() - interval ''1 hour'')', :'endpoint')), '3', 'unless it is wanted');
SELECT is(cardinality(tests.claimed()), 3, 'then it is sent');
-- and at once, though it was not due
UPDATE webhook_deliveries SET status = 'skipped', claimed_at = NULL, next_attempt_at = now() + interval '1 day';
SELECT is(tests.asked('admin', format('replay_webhooks(%L, now() - interval ''1 hour'')', :'endpoint')), '3', 'what would have been tried tomorrow');
SELECT is(cardinality(tests.claimed()), 3, 'is due at once');
UPDATE webhook_deliveries SET attempts = 9;
SELECT is(tests.settled(id, 200), 'delivered', 'and delivered') FROM webhook_deliveries;
SELECT is(tests.asked('admin', format('replay_webhooks(%L, now() - interval ''1 hour'')', :'endpoint')), '0', 'what was delivered is not sent again');
SELECT array_agg(event_id ORDER BY event_id) AS ids FROM webhook_deliveries \gset
SELECT is(tests.asked('admin', format('replay_webhooks(%L, now() - interval ''1 hour'', true)', :'endpoint')), '3', 'unless that is wanted');
SELECT is((SELECT array_agg(event_id ORDER BY event_id)::text FROM webhook_deliveries), :'ids', 'by the same names');
SELECT results_eq('SELECT DISTINCT status, attempts, delivered_at FROM webhook_deliveries', $$VALUES ('pending', 0, NULL::timestamptz)$$, 'with all their attempts');

-- Five days
DELETE FROM webhook_deliveries;
UPDATE webhook_endpoints SET failing_since = clock_timestamp() - interval '119 hours 59 minutes' WHERE id = :'endpoint';
SELECT tests.waiting(:'endpoint') AS one \gset
SELECT is(tests.settled((tests.claimed())[1], 500), 'retry', 'within five days of failures an endpoint has time');
UPDATE webhook_endpoints SET failing_since = clock_timestamp() - interval '120 hours' WHERE id = :'endpoint';
SELECT tests.becomes_due() \g /dev/null
SELECT is(tests.settled((tests.claimed())[1], 500), 'disabled', 'after them it has none');
SELECT results_eq('SELECT is_active, disabled_reason FROM webhook_endpoints WHERE id = ' || quote_literal(:'endpoint'), $$VALUES (false, 'failing')$$, 'it is disabled');
SELECT is(tests.asked('admin', format('set_webhook_endpoint(%L, description => ''x'')', :'endpoint')), 'false', 'a change keeps it so');
SELECT is((SELECT disabled_reason FROM webhook_endpoints WHERE id = :'endpoint'), 'failing', 'and says why');
SELECT is(tests.asked('admin', format('set_webhook_endpoint(%L, is_active => true)', :'endpoint')), 'true', 'it begins anew');
SELECT tests.waiting(:'endpoint') AS one \gset
SELECT is(tests.settled((tests.claimed())[1], 500), 'retry', 'with five days more');

-- Shares: a slow endpoint does not keep another one waiting
DELETE FROM webhook_deliveries;
SELECT tests.waiting(:'endpoint', 100) \g /dev/null
UPDATE webhook_deliveries SET next_attempt_at = now() - interval '1 hour';
SELECT tests.waiting(:'other', 3) \g /dev/null
CREATE FUNCTION tests.shares(max_rows integer) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', n, url), ', ' ORDER BY url) FROM (
        SELECT e.url, count(*) AS n FROM unnest(tests.claimed(max_rows)) AS c (id) JOIN webhook_deliveries d USING (id) JOIN webhook_endpoints e ON e.id = d.endpoint_id GROUP BY e.url) s
$$;
SELECT is(tests.shares(4), '2 https://hooks.example.com/, 2 https://other.example.com/', 'two endpoints have equal shares');
SELECT is(tests.shares(10), '5 https://hooks.example.com/, 1 https://other.example.com/', 'if so many wait');
SELECT is(tests.shares(10), '10 https://hooks.example.com/', 'and one alone has all');
SELECT is(tests.shares(1), '1 https://hooks.example.com/', 'down to one');
SELECT tests.waiting(:'other', 3) \g /dev/null
SELECT is(tests.shares(1), '1 https://hooks.example.com/', 'who has waited longest goes first');

-- What check_integrity() finds: deliveries that nobody sends, of endpoints that are sent to
CREATE FUNCTION tests.found() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    PERFORM tests.log_in_as_service();
    SELECT string_agg(format('%s %s: %s', c.rule, e.url, c.detail), ', ' ORDER BY e.url, c.rule) INTO said
      FROM check_integrity() c JOIN (SELECT w.id, w.url FROM webhook_status() w) e ON c.object = 'webhook_endpoints ' || e.id WHERE c.rule LIKE 'webhook%';
    PERFORM tests.log_out();
    RETURN coalesce(said, 'nothing');
END $$;
DELETE FROM webhook_deliveries;
SELECT tests.waiting(:'endpoint', 2), tests.waiting(:'other') \g /dev/null
UPDATE webhook_deliveries SET next_attempt_at = now() - interval '59 minutes';
SELECT is(tests.found(), 'nothing', 'less than an hour is no finding');
UPDATE webhook_deliveries SET next_attempt_at = now() - interval '61 minutes' WHERE endpoint_id = :'endpoint';
SELECT is(tests.found(), 'webhook_waiting https://hooks.example.com/: 2 deliveries have been due for more than an hour.', 'more is');
UPDATE webhook_endpoints SET confirmed_for = 'another' WHERE id = :'endpoint';
SELECT is(tests.found(), 'nothing', 'but not in a copy of the database');
UPDATE webhook_endpoints SET confirmed_for = private.database_identity(), paused_until = now() - interval '59 minutes' WHERE id = :'endpoint';
SELECT is(tests.found(), 'nothing', 'nor while the receiver has asked to wait, and an hour longer');
UPDATE webhook_endpoints SET paused_until = now() - interval '61 minutes' WHERE id = :'endpoint';
SELECT isnt(tests.found(), 'nothing', 'after that it is');
UPDATE webhook_endpoints SET is_active = false, disabled_reason = 'admin' WHERE id = :'endpoint';
SELECT is(tests.found(), 'nothing', 'an endpoint that an admin has disabled is not sent to');
UPDATE webhook_endpoints SET disabled_reason = 'failing', last_failure = '500' WHERE id = :'endpoint';
SELECT is(tests.found(), 'webhook_disabled https://hooks.example.com/: Webhooks are no longer sent to this endpoint: 500.', 'one that has failed is found');
UPDATE webhook_endpoints SET is_active = true, disabled_reason = NULL, last_failure = NULL, paused_until = NULL;

-- Two secrets
DELETE FROM webhook_deliveries;
SELECT tests.waiting(:'endpoint') AS one \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT rotate_webhook_secret(:'endpoint') AS newer \gset
SELECT headers ->> 'webhook-signature' AS signatures, headers ->> 'webhook-id' AS msg, headers ->> 'webhook-timestamp' AS signed_at, body FROM claim_webhooks() \gset
SELECT tests.log_out() \g /dev/null
SELECT is(:'signatures'::text, private.sign_webhook(:'newer', :'msg', :'signed_at', :'body') || ' ' || private.sign_webhook(:'secret', :'msg', :'signed_at', :'body'), 'both sign, the new one first');
UPDATE webhook_endpoints SET previous_until = now() WHERE previous_until IS NOT NULL;
SELECT tests.becomes_due() \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT headers ->> 'webhook-signature' AS signatures, headers ->> 'webhook-timestamp' AS signed_at FROM claim_webhooks() \gset
SELECT tests.log_out() \g /dev/null
SELECT is(:'signatures'::text, private.sign_webhook(:'newer', :'msg', :'signed_at', :'body'), 'after a day the new one alone');

-- What the sender says is not trusted to be short
SELECT is(tests.settled(:'one', 500, repeat('x', 10000)), 'retry', 'a long error');
SELECT is((SELECT length(last_error) FROM webhook_deliveries), 500, 'is cut');
SELECT throws_ok(format('INSERT INTO webhook_deliveries (endpoint_id, event_id, event_type, body) VALUES (%L, ''a'', ''b'', repeat(''x'', 20481))', :'endpoint'), '23514', NULL, 'a body has at most 20 kB');
SELECT throws_ok(format('INSERT INTO webhook_deliveries (endpoint_id, event_id, event_type, body) SELECT endpoint_id, event_id, event_type, body FROM webhook_deliveries'), '23505', NULL, 'no event is told twice to an endpoint');

-- After 90 days
DELETE FROM webhook_deliveries;
SELECT tests.waiting(:'endpoint', 4), tests.waiting(:'other', 2) \g /dev/null
UPDATE webhook_deliveries SET created_at = now() - interval '90 days 1 second' WHERE endpoint_id = :'endpoint';
UPDATE webhook_deliveries SET created_at = now() - interval '90 days' WHERE endpoint_id = :'other';
SELECT is(tests.asked('service', 'prune_webhooks(0)'), '0', 'none may go');
SELECT is(tests.asked('service', 'prune_webhooks(3)'), '3', 'what is older than 90 days goes');
SELECT is(tests.asked('service', 'prune_webhooks()'), '1', 'until none is left');
SELECT is((SELECT count(*) FROM webhook_deliveries), 2::bigint, 'and nothing else');
DELETE FROM webhook_endpoints WHERE id = :'other';
SELECT is((SELECT count(*) FROM webhook_deliveries), 0::bigint, 'an endpoint that is removed takes its deliveries along');

SELECT * FROM finish();
ROLLBACK;
