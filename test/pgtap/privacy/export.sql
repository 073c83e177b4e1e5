-- An export is asked for, made in parts, read by its user only, and gone after a week.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/money.sql
SELECT no_plan();

SELECT * FROM tests.people('exports.example') \gset
SELECT tests.a_listing(:'seller') AS lamp \gset
INSERT INTO favorites (user_id, listing_id) VALUES (:'buyer', :'lamp');
-- more than one piece of 5,000, in numbers that no sequence of the insertion decides
INSERT INTO auth_login_history (user_id, user_agent) SELECT :'buyer', 'agent ' || n FROM generate_series(1, 12000) n;
ANALYZE auth_login_history;

-- Who may ask
SELECT is(tests.answers('anon', 'SELECT request_data_export()'), '42501 for anon', 'a visitor has no data to ask for');
SELECT is(tests.asked('buyer', format('request_data_export(%L)', :'seller')), '42501 permission denied for data of another user', 'nobody asks for another');
SELECT is(tests.asked('service', 'request_data_export()'), '42501 must be signed in', 'the service says for whom');
SELECT is(tests.asked('service', format('request_data_export(%L)', gen_random_uuid())) ~ '^P0002', true, 'who is somebody');
SELECT is((SELECT count(*) FROM data_exports), 0::bigint, 'what is refused leaves nothing');
SELECT tests.asked('buyer', 'request_data_export()') AS export \gset
SELECT is(tests.asked('buyer', 'request_data_export()'), :'export', 'while it is being made it is the same');
SELECT matches(tests.asked('suspended', 'request_data_export()'), '^[0-9a-f-]{36}$', 'a suspended user has the right too');
DELETE FROM data_exports WHERE id <> :'export';

-- Not ready yet
SELECT is(tests.asked('buyer', format('(SELECT count(*) FROM my_data_export(%L))', :'export')), format('55000 data export "%s" is not ready', :'export'), 'it cannot be read before it is ready');
SELECT is(tests.asked('buyer', format('my_data_export_part(%L, ''readme'')', :'export')), format('55000 data export "%s" is not ready', :'export'), 'nor any part of it');
SELECT is(tests.asked('buyer', '(SELECT string_agg(status, '' '') FROM my_data_exports())'), 'waiting', 'the user sees that it is waiting');

-- Made in parts, by whoever comes: each call goes on where the last one stopped
SELECT is(tests.answers('anon buyer seller admin suspended', 'SELECT make_data_exports()'), '42501 for anon buyer seller admin suspended', 'only the service makes it');
SELECT is(tests.asked('service', 'make_data_exports(NULL)'), '22004 max_rows must not be NULL', 'so many rows at a time');
SELECT is(tests.asked('service', 'make_data_exports(0)'), '0', 'none for nothing');
CREATE FUNCTION tests.step() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    made text := tests.asked('service', 'make_data_exports(1)');
BEGIN
    RETURN made || (SELECT format(' %s %s', status, part) FROM data_exports);
END $$;
CREATE TEMP TABLE step AS SELECT n, tests.step() FROM generate_series(1, 40) n;
SELECT results_eq($$SELECT step FROM step WHERE step ~ 'sign_ins' ORDER BY n$$, $$VALUES ('5000 waiting sign_ins'), ('5000 waiting sign_ins'), ('2000 waiting sign_ins')$$, 'a table with many rows is made in pieces of 5,000');
SELECT is((SELECT status FROM data_exports), 'ready', 'and then it is ready');
SELECT results_eq($$SELECT e.subject_id FROM outbox_events e WHERE e.kind = 'export.ready'$$, 'SELECT id FROM data_exports', 'which is told once');
SELECT is(tests.asked('service', 'make_data_exports()'), '0', 'there is nothing left to make');

-- Read by the user
SELECT is(tests.asked('buyer', format('(SELECT string_agg(part || ordinal, '' '') FROM my_data_export(%L) WHERE part ~ ''sign_ins|readme'')', :'export')), 'readme0 sign_ins0 sign_ins1 sign_ins2', 'the parts are listed, the readme first');
SELECT is(tests.asked('buyer', format('(SELECT sum(rows) FROM my_data_export(%L) WHERE part = ''sign_ins'')', :'export')), '12000', 'with their rows');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT set_eq(format('SELECT r ->> ''user_agent'' FROM generate_series(0, 2) n, jsonb_array_elements(my_data_export_part(%L, ''sign_ins'', n)) r', :'export'),
    $$SELECT 'agent ' || n FROM generate_series(1, 12000) n$$, 'each row is in exactly one of them');
SELECT is((SELECT count(*) FROM generate_series(0, 2) n, jsonb_array_elements(my_data_export_part(:'export', 'sign_ins', n))), 12000::bigint, 'and once');
SELECT is((SELECT r ->> 'listing_id' FROM jsonb_array_elements(my_data_export_part(:'export', 'favorites')) r), :'lamp', 'the ordinal of a short part can be left out');
SELECT is(jsonb_typeof(my_data_export_part(:'export', 'readme')), 'object', 'the readme is an object');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.asked('buyer', format('my_data_export_part(%L, ''orders_sold'')', :'export')), 'P0002 part "orders_sold" 0 of the data export does not exist', 'a part without rows is not there');
SELECT is(tests.asked('buyer', format('my_data_export_part(%L, ''sign_ins'', 3)', :'export')), 'P0002 part "sign_ins" 3 of the data export does not exist', 'nor a piece too many');
SELECT is(tests.asked('buyer', format('my_data_export_part(%L, %s)', :'export', arguments)), error, arguments)
  FROM (VALUES ('NULL', '22004 part must not be NULL'), ('''readme'', NULL', '22004 ordinal must not be NULL'), ('$$''; DROP TABLE data_exports; --$$', 'P0002 part "''; DROP TABLE data_exports; --" 0 of the data export does not exist')) t (arguments, error);
SELECT is(tests.asked('buyer', 'my_data_export_part(NULL, ''readme'')'), '22004 id must not be NULL', 'an export has to be named');

-- ... and by nobody else
SELECT is(tests.answers('seller moderator admin suspended', format('SELECT * FROM my_data_export(%L)', :'export')), 'P0002 for seller moderator admin suspended', 'nobody else sees the parts');
SELECT is(tests.answers('seller moderator admin suspended', format('SELECT my_data_export_part(%L, ''profile'')', :'export')), 'P0002 for seller moderator admin suspended', 'or what is in them');
SELECT is(tests.asked('seller', '(SELECT count(*) FROM my_data_exports())'), '0', 'or that there is one');
SELECT is(tests.answers('anon buyer seller admin', 'SELECT * FROM data_exports'), '42501 for anon buyer seller admin', 'nobody reads the table');
SELECT is(tests.answers('anon buyer seller admin service', 'SELECT * FROM data_export_parts'), '42501 for anon buyer seller admin service', 'and the parts not even the service');
SELECT is(tests.asked('service', format('my_data_export_part(%L, ''profile'') #>> ''{0,username}''', :'export')), (SELECT username::text FROM profiles WHERE id = :'buyer'), 'which can hand it over');

-- Once a day
SELECT is(tests.asked('buyer', 'request_data_export()'), 'MK015 limit for data exports exceeded', 'the next one is for another day');
UPDATE data_exports SET requested_at = now() - interval '23 hours 59 minutes';
SELECT is(tests.asked('buyer', 'request_data_export()'), 'MK015 limit for data exports exceeded', 'not earlier');
UPDATE data_exports SET requested_at = now() - interval '1 day';
SELECT tests.asked('buyer', 'request_data_export()') AS second \gset
SELECT isnt(:'second'::text, :'export', 'a day later there is another one');
SELECT is(tests.asked('buyer', '(SELECT string_agg(status, '' '') FROM my_data_exports())'), 'waiting ready', 'beside the first');

-- Seven days
SELECT is(tests.asked('service', 'prune_data_exports()'), '0', 'nothing is deleted before');
UPDATE data_exports SET finished_at = finished_at - interval '7 days 1 minute', expires_at = expires_at - interval '7 days 1 minute' WHERE id = :'export';
SELECT is(tests.asked('buyer', format('my_data_export_part(%L, ''readme'')', :'export')), format('P0002 data export "%s" does not exist', :'export'), 'after seven days it is gone at once');
SELECT is(tests.asked('service', 'prune_data_exports(NULL)'), '22004 max_rows must not be NULL', 'so many at a time');
SELECT is(tests.answers('anon buyer admin', 'SELECT prune_data_exports()'), '42501 for anon buyer admin', 'by the service');
SELECT is(tests.asked('service', 'prune_data_exports()'), '1', 'and the job deletes it');
SELECT is((SELECT count(*) FROM data_export_parts WHERE export_id = :'export'), 0::bigint, 'with its parts');

-- One that cannot be made keeps nobody's from being made.
SELECT tests.asked('seller', 'request_data_export()') AS sellers \gset
ALTER TABLE data_export_parts ADD CONSTRAINT broken CHECK (export_id <> :'second' OR part = 'readme') NOT VALID;
SET client_min_messages = error;
SELECT tests.asked('service', 'make_data_exports()') \g /dev/null
SELECT results_eq('SELECT id, status, attempts FROM data_exports ORDER BY requested_at DESC, status DESC', format('VALUES (%L::uuid, ''waiting'', 1), (%L, ''ready'', 0)', :'second', :'sellers'), 'the other one is ready');
SELECT is((SELECT count(*) FROM data_exports WHERE next_try > clock_timestamp()), 1::bigint, 'it is tried again later');
UPDATE data_exports SET next_try = now() WHERE id = :'second'; SELECT tests.asked('service', 'make_data_exports()') \g /dev/null
UPDATE data_exports SET next_try = now() WHERE id = :'second'; SELECT tests.asked('service', 'make_data_exports()') \g /dev/null
UPDATE data_exports SET next_try = now() WHERE id = :'second'; SELECT tests.asked('service', 'make_data_exports()') \g /dev/null
SELECT is((SELECT status FROM data_exports WHERE id = :'second'), 'waiting', 'four times');
UPDATE data_exports SET next_try = now() WHERE id = :'second'; SELECT tests.asked('service', 'make_data_exports()') \g /dev/null
SELECT is((SELECT status FROM data_exports WHERE id = :'second'), 'failed', 'and given up after five');
RESET client_min_messages;
ALTER TABLE data_export_parts DROP CONSTRAINT broken;
SELECT is(tests.asked('buyer', format('my_data_export_part(%L, ''readme'')', :'second')), format('55000 data export "%s" is not ready', :'second'), 'a failed one cannot be read');
SELECT tests.asked('buyer', 'request_data_export()') AS third \gset
SELECT is((SELECT status FROM data_exports WHERE id = :'third' AND id <> :'second'), 'waiting', 'and another can be asked for at once');

-- With the account it goes.
SELECT tests.delete_account(:'buyer') \g /dev/null
SELECT is((SELECT count(*) FROM data_exports WHERE user_id = :'buyer') + (SELECT count(*) FROM data_export_parts p WHERE p.export_id <> :'sellers'), 0::bigint, 'a deleted account leaves no export');
SELECT is(tests.asked('service', 'make_data_exports()'), '0', 'and nothing to make');

-- In one piece, for the service
SELECT is(tests.answers('anon seller moderator admin suspended', format('SELECT export_user_data(%L)', :'seller')), '42501 for anon seller moderator admin suspended', 'nobody but the service exports anybody at once');
SELECT is(tests.asked('service', 'export_user_data(NULL)'), '22004 user_id must not be NULL', 'who has to be named');
SELECT is(tests.asked('service', format('export_user_data(%L)', :'buyer')), format('P0002 user "%s" does not exist', :'buyer'), 'and to be there');
SELECT is(tests.asked('service', format('export_user_data(%L) #>> ''{listings,0,id}''', :'seller')), :'lamp', 'it has the same parts');
SET session_replication_role = replica;
UPDATE profiles SET settings = jsonb_build_object('s', repeat('x', 50000001)) WHERE id = :'seller';
RESET session_replication_role;
SELECT is(tests.asked('service', format('export_user_data(%L) IS NULL', :'seller')), format('54000 data of user "%s" is too large to be exported at once', :'seller'), 'of at most 50 MB');
-- ... which the parts are not limited to: a row of any size is a piece
UPDATE data_exports SET requested_at = now() - interval '1 day';
SELECT tests.asked('seller', 'request_data_export()') AS large \gset
SELECT cmp_ok(tests.asked('service', 'make_data_exports()')::integer, '>', 0, 'a large row can be exported');
SELECT cmp_ok((SELECT n_bytes FROM data_export_parts WHERE export_id = :'large' AND part = 'profile'), '>', 50000000::bigint, 'in parts');
INSERT INTO listing_drafts (user_id, form_data) VALUES (:'other', '{}');
SELECT cmp_ok((SELECT max(n_bytes) FROM data_export_parts WHERE part <> 'profile'), '<', 8100000::bigint, 'whose pieces end at about 8 MB');

SELECT * FROM finish();
ROLLBACK;
