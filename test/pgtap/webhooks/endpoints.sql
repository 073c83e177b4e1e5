-- Endpoints of webhooks: which addresses they may have, whose they are, and that their secrets stay secret.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('webhooks.example') \gset

-- Creating
SELECT tests.log_in_as('admin') \g /dev/null
SELECT id AS first, secret AS first_secret FROM create_webhook_endpoint('https://hooks.example.com/driplo', '{order.paid,listing.sold}', 'The warehouse') \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT id AS second, secret AS second_secret FROM create_webhook_endpoint('https://HOOKS.example.com:443/a?b=c', '{*}', '') \gset
SELECT tests.log_out() \g /dev/null
SELECT ok(:'first_secret' ~ '^whsec_[A-Za-z0-9+/]{43}=$' AND length(decode(substr(:'first_secret', 7), 'base64')) = 32, 'a secret is whsec_ and 32 bytes');
SELECT isnt(:'first_secret'::text, :'second_secret'::text, 'each endpoint has its own');
SELECT results_eq('SELECT url, event_types, description, is_active, disabled_reason, failing_since, secret = $$' || :'first_secret' || '$$ FROM webhook_endpoints ORDER BY url', $$VALUES
    ('https://HOOKS.example.com:443/a?b=c', '{*}'::text[], NULL, true, NULL::text, NULL::timestamptz, false),
    ('https://hooks.example.com/driplo', '{order.paid,listing.sold}', 'The warehouse', true, NULL, NULL, true)$$, 'an admin and the service create endpoints');
SELECT is((SELECT string_agg(concat_ws(' ', admin_id = :'admin', action, target_type, target_id, new_values), '; ' ORDER BY new_values ->> 'url' DESC) FROM admin_audit_log WHERE target_type = 'webhook_endpoint'),
    format('t create_webhook_endpoint webhook_endpoint %s {"url": "https://hooks.example.com/driplo", "description": "The warehouse", "event_types": ["order.paid", "listing.sold"]}; '
           'create_webhook_endpoint webhook_endpoint %s {"url": "https://HOOKS.example.com:443/a?b=c", "description": "", "event_types": ["*"]}', :'first', :'second'),
    'both are on record');

-- Who
CREATE TEMPORARY TABLE statement (label text, statement text);
INSERT INTO statement VALUES
    ('create', 'SELECT create_webhook_endpoint(''https://a.example.com/'', ''{*}'')'),
    ('rotate', format('SELECT rotate_webhook_secret(%L)', :'first')),
    ('set', format('SELECT set_webhook_endpoint(%L, description => ''x'')', :'first')),
    ('test', format('SELECT test_webhook_endpoint(%L)', :'first')),
    ('replay', format('SELECT replay_webhooks(%L, now())', :'first')),
    ('the list', 'SELECT webhook_status() LIMIT 1');
SELECT is(tests.answers('anon buyer seller moderator suspended guest', statement), '42501 for anon buyer seller moderator suspended guest', label || ' is for admins and the service') FROM statement;
SELECT is(tests.answers('admin service', statement), CASE label WHEN 'the list' THEN '1 rows' ELSE '1 rows, and left a trace' END || ' for admin service', label || ' by them') FROM statement;
SELECT is(tests.answers('anon buyer seller moderator suspended guest', format('SELECT delete_webhook_endpoint(%L)', :'first')), '42501 for anon buyer seller moderator suspended guest', 'as is its end');
INSERT INTO statement VALUES
    ('claim', 'SELECT claim_webhooks()'), ('prune', 'SELECT prune_webhooks()'), ('settle', format('SELECT settle_webhook(%L, 200)', gen_random_uuid()));
SELECT is(tests.answers('anon buyer seller moderator admin suspended guest', statement), '42501 for anon buyer seller moderator admin suspended guest', label || ' is for the service alone')
  FROM statement WHERE label IN ('claim', 'prune', 'settle');
SELECT is(tests.answers('anon buyer admin service', 'SELECT secret FROM webhook_endpoints'), '42501 for anon buyer admin service', 'no role reads a secret');
SELECT is(tests.answers('anon buyer admin service', format('UPDATE webhook_endpoints SET url = ''https://evil.example.com/'' WHERE id = %L', :'first')), '42501 for anon buyer admin service', 'or writes an endpoint');
SELECT is(tests.answers('anon buyer admin service', 'SELECT private.new_webhook_secret(), private.sign_webhook(''whsec_'', ''a'', 1, ''b'')'), '42501 for anon buyer admin service', 'or signs');
SELECT is(tests.answers('anon buyer admin', 'SELECT body FROM webhook_deliveries'), '42501 for anon buyer admin', 'deliveries are the service''s to read');
SELECT is(tests.answers('service', 'DELETE FROM webhook_deliveries'), '42501 for service', 'and not to write');
SELECT is(tests.answers('buyer service', 'SELECT event_type FROM webhook_event_types() LIMIT 1'), '1 rows for buyer service', 'which types there are is no secret');

-- Addresses: the unit tests have more of them
CREATE FUNCTION tests.refused(url text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    why text;
BEGIN
    PERFORM create_webhook_endpoint(url, '{*}');
    RETURN 'accepted';
EXCEPTION WHEN invalid_parameter_value THEN
    GET STACKED DIAGNOSTICS why = PG_EXCEPTION_DETAIL;
    RETURN why;
END $$;
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.refused(url), why, 'refused: ' || quote_literal(url)) FROM (VALUES
    ('http://hooks.example.com/', 'It does not begin with https://.'), ('', 'It does not begin with https://.'),
    ('https://', 'Its host name is empty or longer than 253 characters.'),
    ('https://127.0.0.1/', 'Its host is an IP address, or its name ends with a number.'), ('https://10.0.0.1/', 'Its host is an IP address, or its name ends with a number.'),
    ('https://[::1]/', 'Its host is an IP address, or its name ends with a number.'), ('https://0x7f.1/', 'Its host is an IP address, or its name ends with a number.'),
    ('https://017700000001/', 'Its host name has one part only, which no host of the internet has.'), ('https://2130706433/', 'Its host name has one part only, which no host of the internet has.'),
    ('https://localhost/', 'Its host name has one part only, which no host of the internet has.'), ('https://a.localhost/', 'Its host name belongs to a private network.'),
    ('https://db.internal/', 'Its host name belongs to a private network.'), ('https://printer.LOCAL/', 'Its host name belongs to a private network.'),
    ('https://localhost./', 'Its host is not a name of letters, digits, and hyphens between dots.'), ('https://%6cocalhost/', 'Its host is not a name of letters, digits, and hyphens between dots.'),
    ('https://hooks.example.com:8443/', 'It has a port other than 443.'), ('https://me:pass@hooks.example.com/', 'It has a user name or password.'),
    ('https://hooks.example.com/#a', 'It has a fragment, which is not sent.'),
    (U&'https://\FF4C\FF4F\FF43\FF41\FF4C\FF48\FF4F\FF53\FF54/', 'It has characters that no URL has; a host name in other letters is written in Punycode.'),
    (U&'https://127\30020\30020\30021/', 'It has characters that no URL has; a host name in other letters is written in Punycode.'),
    ('https://hooks.example.com\@127.0.0.1/', 'It has characters that no URL has; a host name in other letters is written in Punycode.'),
    (E'https://hooks.example.com/\r\nHost: a', 'It has characters that no URL has; a host name in other letters is written in Punycode.'),
    ('https://hooks.example.com/' || repeat('a', 2000), 'It is longer than 2000 characters.')) AS tried (url, why);
SELECT is(tests.refused(url), 'accepted', 'accepted: ' || url) FROM unnest('{https://hooks.example.com,https://xn--e1aybc.xn--90ae/a}'::text[]) AS url;
SELECT tests.log_out() \g /dev/null

-- Other arguments
SELECT is(tests.asked('admin', $$create_webhook_endpoint(NULL, '{*}')$$), '22004 url must not be NULL');
SELECT is(tests.asked('admin', $$create_webhook_endpoint('https://a.example.com/', NULL)$$), '22004 event_types must not be NULL');
SELECT is(tests.asked('admin', $$create_webhook_endpoint('https://a.example.com/', '{}')$$), '22023 event_types must have 1 to 100 elements');
SELECT is(tests.asked('admin', $$create_webhook_endpoint('https://a.example.com/', array_fill('*'::text, '{101}'))$$), '22023 event_types must have 1 to 100 elements');
SELECT is(tests.asked('admin', $$create_webhook_endpoint('https://a.example.com/', '{{*},{order.paid}}')$$), '22023 event_types must have 1 to 100 elements');
SELECT is(tests.asked('admin', $$create_webhook_endpoint('https://a.example.com/', '{order.paid,order.eaten}')$$), '22023 unrecognized event type: "order.eaten"');
SELECT is(tests.asked('admin', $$create_webhook_endpoint('https://a.example.com/', '{order.paid,NULL}')$$), '22023 unrecognized event type: "NULL"');
SELECT is(tests.asked('admin', $$create_webhook_endpoint('https://a.example.com/', '{order.*}')$$), '22023 unrecognized event type: "order.*"');
SELECT is(tests.asked('admin', $$create_webhook_endpoint('https://a.example.com/', '{*}', repeat('x', 501))$$), '22023 description must not be longer than 500 characters');
SELECT is(tests.asked('admin', format('%s(NULL%s)', name, rest)), 'P0002 webhook endpoint "<NULL>" does not exist', name || ' of nothing')
  FROM (VALUES ('rotate_webhook_secret', ''), ('set_webhook_endpoint', ''), ('test_webhook_endpoint', ''), ('delete_webhook_endpoint', ''), ('replay_webhooks', ', now()')) AS called (name, rest);
SELECT is(tests.asked('admin', $$rotate_webhook_secret('00000000-0000-4000-8000-000000000000')$$), 'P0002 webhook endpoint "00000000-0000-4000-8000-000000000000" does not exist');
SELECT is(tests.asked('admin', format('set_webhook_endpoint(%L, ''https://localhost/'')', :'first')), '22023 invalid URL of a webhook');
SELECT is(tests.asked('admin', format('set_webhook_endpoint(%L, event_types => ''{}'')', :'first')), '22023 event_types must have 1 to 100 elements');
SELECT is(tests.asked('admin', format('replay_webhooks(%L, NULL)', :'first')), '22004 since must not be NULL');
SELECT is(tests.asked('admin', format('replay_webhooks(%L, now(), NULL)', :'first')), '22004 include_delivered must not be NULL');
SELECT is(tests.asked('service', 'claim_webhooks(NULL)'), '22004 max_rows must not be NULL');
SELECT is(tests.asked('service', 'prune_webhooks(NULL)'), '22004 max_rows must not be NULL');
SELECT is(tests.asked('service', 'settle_webhook(NULL, 200)'), '22004 delivery_id must not be NULL');
SELECT is(tests.asked('service', 'settle_webhook(gen_random_uuid(), 99)'), '22023 status must be an HTTP status from 100 to 599, or NULL');
SELECT is(tests.asked('service', 'settle_webhook(gen_random_uuid(), 600)'), '22023 status must be an HTTP status from 100 to 599, or NULL');
SELECT is(tests.asked('service', 'settle_webhook(gen_random_uuid(), 503, NULL, ''-1 second'')'), '22023 retry_after must not be negative');
SELECT is(tests.asked('service', format('settle_webhook(''00000000-0000-4000-8000-000000000000'', %s)', status)), 'ignored') FROM (VALUES ('200'), ('500'), ('NULL')) AS answer (status);

-- Changing
DELETE FROM webhook_endpoints WHERE id NOT IN (:'first', :'second');
DELETE FROM admin_audit_log;
SELECT is(tests.asked('admin', format('set_webhook_endpoint(%L, ''https://other.example.com/'', ''{payout.paid}'', '''')', :'first')), 'true', 'it is sent to');
SELECT results_eq('SELECT url, event_types, description, is_active FROM webhook_endpoints WHERE id = ' || quote_literal(:'first'), $$VALUES ('https://other.example.com/', '{payout.paid}'::text[], NULL, true)$$, 'an endpoint has another address and other types');
SELECT is(tests.asked('admin', format('set_webhook_endpoint(%L, is_active => false)', :'first')), 'false', 'it is disabled');
SELECT is(tests.asked('admin', format('set_webhook_endpoint(%L, description => ''Off'')', :'first')), 'false', 'and stays so');
SELECT is(tests.asked('admin', format('test_webhook_endpoint(%L)', :'first')), format('55000 webhook endpoint "%s" is disabled', :'first'), 'then nothing is sent on request');
SELECT is(tests.asked('admin', format('replay_webhooks(%L, now())', :'first')), format('55000 webhook endpoint "%s" is disabled', :'first'), 'nor again');
SELECT tests.log_in_as('admin') \g /dev/null
SELECT results_eq('SELECT url, is_active, disabled_reason, is_confirmed, failing_since, last_failure, paused_until, previous_until > now(), waiting FROM webhook_status() ORDER BY url', $$VALUES
    ('https://HOOKS.example.com:443/a?b=c', true, NULL, true, NULL::timestamptz, NULL::text, NULL::timestamptz, NULL::boolean, 0::bigint),
    ('https://other.example.com/', false, 'admin', true, NULL, NULL, NULL, true, 2)$$, 'an admin sees all but the secrets');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.asked('admin', format('set_webhook_endpoint(%L, is_active => true)', :'first')), 'true', 'it is enabled again');
SELECT is((SELECT string_agg(concat_ws(' ', action, old_values ->> 'is_active', new_values ->> 'is_active'), ', ' ORDER BY new_values ->> 'url', old_values ->> 'is_active', new_values ->> 'is_active') FROM admin_audit_log),
    'set_webhook_endpoint false false, set_webhook_endpoint false true, set_webhook_endpoint true false, set_webhook_endpoint true true', 'all of it is on record');
SELECT rotate_webhook_secret(:'first') AS newer \gset
SELECT results_eq('SELECT previous_secret = $$' || :'first_secret' || '$$, secret, previous_until BETWEEN clock_timestamp() + interval ''23:59'' AND clock_timestamp() + interval ''24:00'' FROM webhook_endpoints WHERE id = ' || quote_literal(:'first'),
    format('VALUES (false, %L, true)', :'newer'), 'a secret is replaced, and the last one before counts for a day');
SELECT is((SELECT count(*) FROM admin_audit_log a WHERE a::text ~ 'whsec_'), 0::bigint, 'the record has no secret');

-- Deleting: what waits goes with it, and a sender that is under way is not stopped
SELECT tests.log_in_as('admin') \g /dev/null
SELECT id AS third FROM create_webhook_endpoint('https://third.example.com/', '{order.paid}', 'For a day') \gset
SELECT test_webhook_endpoint(:'third') AS tested FROM generate_series(1, 3) \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT delivery_id AS claimed FROM claim_webhooks() WHERE url ~ 'third' LIMIT 1 \gset
SELECT tests.log_out() \g /dev/null
UPDATE webhook_deliveries SET status = 'skipped', claimed_at = NULL WHERE id = (SELECT id FROM webhook_deliveries WHERE endpoint_id = :'third' AND id <> :'claimed' LIMIT 1);
SELECT is(tests.asked('admin', format('delete_webhook_endpoint(%L)', :'third')), '2', 'an endpoint is deleted, with what waited for it');
SELECT is((SELECT count(*) FROM webhook_endpoints WHERE id = :'third') + (SELECT count(*) FROM webhook_deliveries WHERE endpoint_id = :'third'), 0::bigint, 'nothing of it is left');
SELECT is((SELECT count(*) FROM webhook_endpoints), 2::bigint, 'the others are');
SELECT is(tests.asked('service', $$SELECT delete_webhook_endpoint(c.id) FROM create_webhook_endpoint('https://a.example.com/', '{*}') c$$), '0', 'the service deletes endpoints, too');
SELECT is(tests.asked('service', format('settle_webhook(%L, %s)', :'claimed', status)), 'ignored', 'what was on its way is settled in vain') FROM (VALUES ('200'), ('503')) AS answer (status);
SELECT results_eq($$SELECT admin_id, target_id, old_values, new_values FROM admin_audit_log WHERE action = 'delete_webhook_endpoint' AND admin_id IS NOT NULL$$, format($$VALUES (%L::uuid, %L::uuid,
    '{"url": "https://third.example.com/", "event_types": ["order.paid"], "description": "For a day", "is_active": true, "waiting": 2}'::jsonb, NULL::jsonb)$$, :'admin', :'third'), 'which is on record');
SELECT is(tests.asked('admin', format('delete_webhook_endpoint(%L)', :'third')), format('P0002 webhook endpoint "%s" does not exist', :'third'), 'once');

-- Event types
SELECT is_empty($$SELECT event_type FROM webhook_event_types() WHERE event_type !~ '^(order|refund|return|dispute|offer|payout|listing|report|user)\.[a-z_]+$'$$, 'types have two parts');
SELECT set_eq($$SELECT substr(event_type, 8) FROM webhook_event_types() WHERE event_type LIKE 'return.%'$$, 'SELECT unnest(enum_range(NULL::return_status))::text', 'there is one for each state of a return');
SELECT set_eq($$SELECT substr(event_type, 9) FROM webhook_event_types() WHERE event_type LIKE 'dispute.%'$$, 'SELECT unnest(enum_range(NULL::dispute_status))::text', 'of a dispute');
SELECT set_eq($$SELECT substr(event_type, 8) FROM webhook_event_types() WHERE event_type LIKE 'payout.%'$$, $$VALUES ('pending'), ('processing'), ('paid'), ('failed'), ('cancelled')$$, 'and of a payout');

-- A copy
SELECT is(private.database_identity(), format('%s/%s/%s', (SELECT system_identifier FROM pg_control_system()), (SELECT oid FROM pg_database WHERE datname = current_database()), current_database()),
    'a database is known by its cluster, its number and its name');
UPDATE webhook_endpoints SET confirmed_for = replace(confirmed_for, current_database(), 'another') WHERE id = :'second';
SELECT tests.log_in_as_service() \g /dev/null
SELECT results_eq('SELECT url, is_active, is_confirmed FROM webhook_status() ORDER BY url', $$VALUES ('https://HOOKS.example.com:443/a?b=c', true, false), ('https://other.example.com/', true, true)$$,
    'the endpoints of another database are not confirmed');
SELECT test_webhook_endpoint(:'second') \g /dev/null
SELECT is((SELECT count(*) FROM claim_webhooks() WHERE url ~ 'HOOKS'), 0::bigint, 'nothing is sent to them');
SELECT is(set_webhook_endpoint(:'second', event_types => '{*}'), false, 'also after a change');
SELECT is(set_webhook_endpoint(:'second', is_active => true), true, 'until they are confirmed');
SELECT cmp_ok((SELECT count(*) FROM claim_webhooks() WHERE url ~ 'HOOKS'), '>', 0::bigint, 'then what has waited is');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
