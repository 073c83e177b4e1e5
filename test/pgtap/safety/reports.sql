-- Reports: what can be reported by whom, what is kept of it, and what each side learns.
BEGIN;
\ir ../../fixtures/market.sql
SELECT no_plan();
SELECT tests.sign_up('ann@reports.example', '{"username": "ann.reports"}') AS ann, tests.sign_up('bob@reports.example', '{"username": "bob.reports", "full_name": "Bob Bold"}') AS bob,
       tests.sign_up('eve@reports.example') AS eve, tests.sign_up('sue@reports.example') AS sue, tests.sign_up('mod@reports.example') AS mod, tests.sign_up('gone@reports.example') AS gone \gset
UPDATE profiles SET role = 'moderator' WHERE id = :'mod';
UPDATE profiles SET deleted_at = now() WHERE id = :'gone';
UPDATE profiles SET suspended_at = now() WHERE id = :'sue';
UPDATE profiles SET bio = 'I sell lamps', phone = '+1 555 0100' WHERE id = :'bob';
SELECT tests.a_listing(:'bob') AS lamp, tests.a_listing(:'bob', status => 'draft') AS draft, tests.a_listing(:'ann') AS hers \gset
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'ann', :'bob') RETURNING id AS talk \gset
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'bob', 'Something rude') RETURNING id AS rude \gset
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'ann', 'Private words') RETURNING id AS private_words \gset
SELECT tests.an_order(:'ann', :'bob', 10, 'completed') AS deal \gset
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type, comment) VALUES (:'deal', :'bob', :'ann', 1, 'buyer', 'Never again') RETURNING id AS stars \gset
DELETE FROM outbox_events;
SELECT '00000000-0000-4000-8000-00000000dead' AS nobody \gset

-- What is refused

SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok(format(statement, :'lamp'), code, message, title) FROM (VALUES
    ('SELECT report(NULL, %L, ''spam'')', '22004', 'target_type must not be NULL', 'a report is about something'),
    ('SELECT report(''listing'', NULL, ''spam'')', '22004', 'target_id must not be NULL', 'that has an ID'),
    ('SELECT report(''listing'', %L, NULL)', '22004', 'category must not be NULL', 'and a category'),
    ('SELECT report(''order'', %L, ''spam'')', '22023', 'unrecognized target_type: "order"', 'of the four types'),
    ('SELECT report(''listing'', %L, ''ugly'')', '22023', 'unrecognized category: "ugly"', 'of the seven categories'),
    ('SELECT report(''listing'', %L, ''illegal'', ''  '')', '22023', 'details are required for the category illegal', 'what is illegal is explained'),
    ('SELECT report(''listing'', %L, ''spam'', repeat(''x'', 10001))', '22023', 'invalid report', 'within limits'),
    ('SELECT report(''listing'', %L, ''spam'', NULL, ''{}'')', '22023', 'invalid report', 'evidence is an array'),
    ('SELECT report(''listing'', %L, ''spam'', NULL, ''[1]'')', '22023', 'invalid report', 'of addresses'),
    ('SELECT report(''listing'', %L, ''spam'', NULL, ''["", "a"]'')', '22023', 'invalid report', 'that say something'),
    ('SELECT report(''listing'', %L, ''spam'', email => ''nobody'')', '22023', 'invalid e-mail address', 'an e-mail address is one')) AS refused (statement, code, message, title);
SELECT throws_ok(format('SELECT report(%L, %L, ''spam'')', kind, id), 'P0002', format('%s "%s" does not exist', kind, id), title) FROM (VALUES
    ('listing', :'nobody', 'what does not exist cannot be reported'), ('user', :'nobody', 'nor a user'), ('message', :'nobody', 'nor a message'), ('rating', :'nobody', 'nor a rating'),
    ('listing', :'draft', 'a draft of somebody else is not there'), ('user', :'gone', 'nor who has left'), ('listing', :'rude', 'nor a thing of another type')) AS unknown (kind, id, title);
SELECT throws_ok(format('SELECT report(%L, %L, ''spam'')', kind, id), '55000', format('cannot report your own %s', name), 'nor is one''s own ' || name) FROM (VALUES
    ('listing', :'hers', 'listing'), ('user', :'ann', 'account'), ('message', :'private_words', 'message')) AS own (kind, id, name);
SELECT tests.log_in(:'eve') \g /dev/null
SELECT throws_ok(format('SELECT report(''message'', %L, ''offensive'')', :'rude'), 'P0002', NULL, 'who has no part in a conversation cannot report its messages');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT throws_ok(format('SELECT report(''message'', %L, ''offensive'')', :'rude'), 'P0002', NULL, 'nor can a moderator');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT throws_ok(format('SELECT report(''listing'', %L, ''spam'')', :'lamp'), '42501', 'suspended users can only browse listings and use a cart', 'suspended users report no spam');
SELECT tests.log_in(:'eve', '{"is_anonymous": true}') \g /dev/null
SELECT throws_ok(format('SELECT report(''listing'', %L, ''spam'')', :'lamp'), '42501', 'anonymous users can only browse listings and use a cart', 'nor do anonymous users');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok(format('SELECT report(''listing'', %L, ''spam'', ''Bad'', email => ''reader@example.org'')', :'lamp'), '42501', 'must be signed in', 'nor does anybody without an account');
SELECT throws_ok(format('SELECT report(''listing'', %L, ''illegal'', ''Stolen'')', :'lamp'), '22023', 'an e-mail address is required without an account', 'and of what is illegal only with an address');
SELECT throws_ok(format('SELECT report(''message'', %L, ''illegal'', ''Rude'', email => ''reader@example.org'')', :'rude'), 'P0002', NULL, 'not about messages');
SELECT throws_ok('SELECT * FROM my_reports()', '42501', NULL, 'and has no list');
SELECT throws_ok('SELECT * FROM reports', '42501', NULL, 'the table is not anybody''s');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM reports) + (SELECT count(*) FROM outbox_events), 0::bigint, 'what was refused left no trace');

-- What is kept

SELECT tests.log_in(:'ann') \g /dev/null
SELECT report('listing', :'lamp', 'counterfeit', ' It is a copy. ', '["proof/1.jpg"]') AS of_lamp \gset
SELECT is(report('listing', :'lamp', 'spam'), :'of_lamp', 'reported again while it is open, it is the same report');
SELECT report('user', :'bob', 'scam') AS of_bob \gset
SELECT report('message', :'rude', 'offensive') AS of_message \gset
SELECT report('rating', :'stars', 'offensive') AS of_rating \gset
SELECT tests.log_in(:'sue') \g /dev/null
SELECT isnt(report('listing', :'lamp', 'illegal', 'Stolen from me'), NULL::uuid, 'of what is illegal also suspended users give notice');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT report('listing', :'lamp', 'illegal', 'Stolen from me', email => 'Reader@example.org') AS of_reader \gset
SELECT is(report('listing', :'lamp', 'illegal', 'Again', email => 'reader@EXAMPLE.org'), :'of_reader', 'one open report an address and target');
SELECT tests.log_out() \g /dev/null
SELECT results_eq($$SELECT target_type, category, details, status, priority, evidence FROM reports WHERE reporter_email IS NULL AND category <> 'illegal' ORDER BY target_type$$,
    $$VALUES ('listing', 'counterfeit', 'It is a copy.', 'open', 2::smallint, '["proof/1.jpg"]'::jsonb), ('message', 'offensive', NULL, 'open', 2::smallint, '[]'), ('rating', 'offensive', NULL, 'open', 2::smallint, '[]'),
             ('user', 'scam', NULL, 'open', 2::smallint, '[]')$$, 'each is in the queue');
SELECT is((SELECT count(*) FROM reports WHERE target_owner <> :'bob'), 0::bigint, 'with whom it is about');
SELECT ok((SELECT bool_and(report_number ~ '^REP-[0-9]{8}-[0-9]{6,}$') AND count(DISTINCT report_number) = 6 FROM reports), 'and a number of its own');
SELECT results_eq($$SELECT kind, count(*), count(actor_id) FROM outbox_events GROUP BY kind$$, $$VALUES ('report.opened', 6::bigint, 5::bigint)$$, 'and is told once');
UPDATE listings SET title = 'A harmless lamp', description = 'New' WHERE id = :'lamp';
DELETE FROM messages WHERE id = :'rude';
SELECT is((SELECT snapshot ->> 'title' FROM reports WHERE id = :'of_lamp'), 'A lamp', 'an edit does not take the evidence away');
SELECT is((SELECT snapshot ->> 'content' FROM reports WHERE id = :'of_message'), 'Something rude', 'nor does a deletion');
SELECT is((SELECT snapshot ->> 'comment' FROM reports WHERE id = :'of_rating'), 'Never again', 'of a rating its words are kept');
SELECT is((SELECT (snapshot ->> 'username') || ', ' || (snapshot ->> 'bio') FROM reports WHERE id = :'of_bob'), 'bob.reports, I sell lamps', 'of a user the public half of the profile');
SELECT is_empty($$SELECT FROM reports WHERE snapshot::text ~ '(555|reports.example|Private words)'$$, 'and nothing private');

-- Who learns what

SELECT tests.log_in(:'ann') \g /dev/null
SELECT results_eq('SELECT target_type, status, decision FROM my_reports() ORDER BY target_type', $$VALUES ('listing', 'open', NULL::text), ('message', 'open', NULL), ('rating', 'open', NULL), ('user', 'open', NULL)$$, 'the reporter sees what she has sent');
SELECT is_empty(format('SELECT * FROM report_status(%L)', (SELECT id FROM (SELECT gen_random_uuid() AS id) r)), 'nobody sees what is not there');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT is_empty('SELECT * FROM my_reports()', 'whom it is about sees none');
SELECT is_empty('SELECT * FROM my_decisions()', 'and no decision before there is one');
SELECT is_empty(format('SELECT * FROM report_status(%L)', :'of_lamp'), 'not even by its ID');
SELECT throws_ok('SELECT * FROM reports', '42501', NULL, 'or in the table');
SELECT throws_ok('SELECT * FROM review_queue()', '42501', 'only a moderator, an admin, or the service can review reports', 'or in the queue');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT results_eq(format('SELECT target_type, category, status, decision FROM report_status(%L)', :'of_reader'), $$VALUES ('listing', 'illegal', 'open', NULL::text)$$, 'who has no account asks by the ID that was given');
SELECT is_empty(format('SELECT * FROM report_status(%L)', :'of_lamp'), 'which says nothing of reports of users');

-- Deleted accounts, and time

SELECT tests.log_out() \g /dev/null
SELECT tests.delete_account(:'ann') \g /dev/null
SELECT is((SELECT count(*) FROM reports WHERE id = :'of_lamp' AND reporter_id IS NULL AND snapshot ->> 'title' = 'A lamp'), 1::bigint, 'without its reporter the report stays');
SELECT tests.delete_account(:'bob') \g /dev/null
SELECT is((SELECT count(*) FROM reports WHERE target_owner IS NULL AND owner_left_at = now()), 6::bigint, 'without whom it is about too');
SELECT results_eq(format('SELECT target_id, snapshot FROM reports WHERE id = %L', :'of_bob'), $$VALUES (NULL::uuid, '{}'::jsonb)$$, 'of a profile nothing stays');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(prune_reports(), 0, 'for six months');
SELECT tests.log_out() \g /dev/null
UPDATE reports SET owner_left_at = now() - interval '6 months 1 day' WHERE target_type = 'listing';
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok('SELECT prune_reports(NULL)', '22004', 'max_rows must not be NULL', 'up to a number of rows');
SELECT is(prune_reports(2), 2, 'then it is removed');
SELECT is(prune_reports(), 1, 'to the last one');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM reports), 3::bigint, 'and no other');

-- Floods

SELECT tests.log_in(:'eve') \g /dev/null
SELECT tests.log_out() \g /dev/null
INSERT INTO reports (report_number, reporter_id, target_type, target_id, category, snapshot) SELECT 'REP-' || n, :'eve', 'listing', gen_random_uuid(), 'spam', '{}' FROM generate_series(1, 49) n;
SELECT tests.sign_up('max@reports.example') AS max \gset
SELECT tests.sign_up('mia@reports.example') AS mia \gset
SELECT tests.log_in(:'eve') \g /dev/null
SELECT lives_ok(format('SELECT report(''user'', %L, ''spam'')', :'max'), 'fifty reports a day are possible');
SELECT throws_ok(format('SELECT report(''user'', %L, ''spam'')', :'mia'), 'MK015', 'too many reports in one day', 'and no more');
SELECT lives_ok(format('SELECT report(''user'', %L, ''spam'')', :'max'), 'what was reported is told again');
SELECT tests.log_out() \g /dev/null
SELECT is_empty('SELECT * FROM check_integrity()', 'and the data are consistent');

SELECT * FROM finish();
ROLLBACK;
