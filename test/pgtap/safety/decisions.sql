-- Decisions about reports: who may decide, what each decision does, appeals, and what it is when it is taken back.
BEGIN;
\ir ../../fixtures/market.sql
SELECT no_plan();
SELECT tests.sign_up('ann@decisions.example') AS ann, tests.sign_up('bob@decisions.example') AS bob, tests.sign_up('eve@decisions.example') AS eve,
       tests.sign_up('mod@decisions.example') AS mod, tests.sign_up('max@decisions.example') AS max, tests.sign_up('mia@decisions.example') AS mia, tests.sign_up('ada@decisions.example') AS ada \gset
UPDATE profiles SET role = 'moderator' WHERE id IN (:'mod', :'max', :'mia');
UPDATE profiles SET role = 'admin', is_admin = true WHERE id = :'ada';
SELECT tests.a_listing(:'bob') AS lamp \gset
SELECT tests.an_order(:'ann', :'bob', 10, 'completed') AS deal, tests.an_order(:'eve', :'bob', 10, 'completed') AS other_deal \gset
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type, comment) VALUES (:'deal', :'bob', :'ann', 1, 'buyer', 'Never again') RETURNING id AS stars \gset
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (:'deal', :'ann', :'bob', 1, 'seller'), (:'other_deal', :'eve', :'bob', 5, 'seller');
SELECT id AS of_bob FROM user_ratings WHERE rated_user_id = :'bob' AND rating = 1 \gset

CREATE FUNCTION tests.reported(reporter uuid, kind text, target uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM tests.log_in(reporter);
    made := report(kind, target, 'offensive', 'See for yourself');
    PERFORM tests.log_out();
    RETURN made;
END $$;
CREATE FUNCTION tests.decided(moderator uuid, report_id uuid, decision text, reasons text DEFAULT 'Because') RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM tests.log_in(moderator);
    made := decide_report(report_id, decision, reasons, 'Rule 7');
    PERFORM tests.log_out();
    RETURN made;
END $$;

SELECT tests.reported(:'ann', 'listing', :'lamp') AS r \gset

-- Who may

SELECT tests.log_in(:'eve') \g /dev/null
SELECT throws_ok(format('SELECT decide_report(%L, ''dismiss'', ''No'')', :'r'), '42501', 'only a moderator, an admin, or the service can review reports', 'users decide nothing');
SELECT throws_ok(format('SELECT claim_report(%L)', :'r'), '42501', NULL, 'and claim nothing');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok(format('SELECT decide_report(%L, ''dismiss'', ''No'')', :'r'), '42501', NULL, 'nor does anon');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT throws_ok(format(statement, :'r'), code, message, title) FROM (VALUES
    ('SELECT decide_report(NULL, ''dismiss'', ''No'')', '22004', 'report_id must not be NULL', 'a decision is about a report'),
    ('SELECT decide_report(%L, NULL, ''No'')', '22004', 'decision must not be NULL', 'and is one'),
    ('SELECT decide_report(%L, ''dismiss'', NULL)', '22004', 'reasons must not be NULL', 'with reasons'),
    ('SELECT decide_report(%L, ''dismiss'', '' '')', '22023', 'reasons must not be empty', 'which say something'),
    ('SELECT decide_report(%L, ''ban'', ''No'')', '22023', 'unrecognized decision: "ban"', 'of the seven'),
    ('SELECT decide_report(%L, ''hide_rating'', ''No'')', '22023', 'decision hide_rating is not for a report about a listing', 'that fits what was reported'),
    ('SELECT decide_report(%L, ''warn'', repeat(''x'', 10001))', '22023', 'reasons or legal_ground are too long', 'within limits'),
    ('SELECT claim_report(NULL)', '22004', 'report_id must not be NULL', 'a claim is of a report'),
    ('SELECT claim_report(%L, 1441)', '22023', 'minutes must be between 0 and 1440', 'for a day at most'),
    ('SELECT claim_report(''00000000-0000-4000-8000-00000000dead'')', 'P0002', 'report "00000000-0000-4000-8000-00000000dead" does not exist', 'that exists'),
    ('SELECT decide_report(''00000000-0000-4000-8000-00000000dead'', ''warn'', ''No'')', 'P0002', NULL, 'to decide too'),
    ('SELECT * FROM review_queue(''mine'')', '22023', 'unrecognized status: "mine"', 'the queue knows its states'),
    ('SELECT * FROM review_queue(max_rows => -1)', '22023', 'max_rows must be between 0 and 1000', 'and limits')) AS refused (statement, code, message, title);

-- Claims

SELECT results_eq('SELECT report_id, target_owner, snapshot ->> ''title'', reporter_id, open_reports FROM review_queue()',
    format('VALUES (%L::uuid, %L::uuid, ''A lamp'', %L::uuid, 1)', :'r', :'bob', :'ann'), 'the queue has what was reported');
SELECT ok(claim_report(:'r') BETWEEN clock_timestamp() + interval '29 minutes' AND clock_timestamp() + interval '31 minutes', 'a moderator keeps it for half an hour');
SELECT lives_ok(format('SELECT claim_report(%L, 60)', :'r'), 'or longer');
SELECT is_empty('SELECT * FROM review_queue()', 'meanwhile it is not in the queue');
SELECT is((SELECT count(*) FROM review_queue('claimed')), 1::bigint, 'but in work');
SELECT tests.log_in(:'max') \g /dev/null
SELECT throws_ok(format('SELECT claim_report(%L)', :'r'), '55000', 'report is claimed by another moderator', 'nobody else takes it');
SELECT throws_ok(format('SELECT decide_report(%L, ''warn'', ''No'')', :'r'), '55000', 'report is claimed by another moderator', 'or decides it');
SELECT tests.log_out() \g /dev/null
UPDATE reports SET claimed_until = now() - interval '1 minute';
SELECT tests.log_in(:'max') \g /dev/null
SELECT is((SELECT count(*) FROM review_queue()), 1::bigint, 'until the time has passed');
SELECT lives_ok(format('SELECT claim_report(%L)', :'r'), 'then another one takes it');
SELECT lives_ok(format('SELECT claim_report(%L, 0)', :'r'), 'and gives it back');
SELECT results_eq('SELECT state, claimed_by FROM review_queue()', $$VALUES ('open', NULL::uuid)$$, 'to all');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok(format('SELECT claim_report(%L)', :'r'), '42501', 'must be signed in', 'the service without a user claims nothing');

-- Cases of one's own

SELECT tests.reported(:'mod', 'user', :'eve') AS of_mod, tests.reported(:'eve', 'user', :'mod') AS about_mod \gset
SELECT tests.log_in(:'mod') \g /dev/null
SELECT throws_ok(format('SELECT decide_report(%L, ''suspend_7d'', ''Yes'')', id), '55000', 'cannot review a report in which you have a part', title) FROM (VALUES (:'of_mod', 'what one has reported one does not decide'), (:'about_mod', 'nor what is about oneself')) AS own (id, title);
SELECT throws_ok(format('SELECT claim_report(%L)', :'about_mod'), '55000', NULL, 'or claims');
SELECT is((SELECT array_agg(report_id) FROM review_queue()), ARRAY[:'r'::uuid], 'and does not see');
SELECT tests.log_in(:'max') \g /dev/null
SELECT throws_ok(format('SELECT decide_report(%L, ''warn'', ''Yes'')', :'about_mod'), '42501', 'only an admin or the service can review reports about staff', 'of staff an admin decides');
SELECT is((SELECT count(*) FROM review_queue()), 3::bigint, 'others see them');
SELECT block_user(:'eve') \g /dev/null
SELECT throws_ok(format('SELECT decide_report(%L, ''warn'', ''Yes'')', :'of_mod'), '55000', 'cannot review a report in which you have a part', 'not about somebody whom one has blocked');
SELECT unblock_user(:'eve') \g /dev/null
SELECT tests.log_in(:'eve') \g /dev/null
SELECT block_user(:'max') \g /dev/null
SELECT tests.log_in(:'max') \g /dev/null
SELECT is((SELECT count(*) FROM review_queue()), 3::bigint, 'who is blocked does not learn it');
SELECT tests.log_out() \g /dev/null
SELECT tests.an_order(:'max', :'bob') AS open_order \gset
SELECT tests.log_in(:'max') \g /dev/null
SELECT throws_ok(format('SELECT decide_report(%L, ''warn'', ''Yes'')', :'r'), '55000', 'cannot review a report in which you have a part', 'nor about somebody with whom one has an open order');
SELECT tests.log_out() \g /dev/null
UPDATE orders SET status = 'cancelled' WHERE id = :'open_order';
SELECT is((SELECT count(*) FROM report_decisions) + (SELECT count(*) FROM admin_audit_log WHERE action = 'decide_report'), 0::bigint, 'what was refused left no trace');

-- Dismissed: nobody but the reporter hears of it

DELETE FROM outbox_events;
SELECT tests.decided(:'mod', :'r', 'dismiss', 'It is a lamp') AS d \gset
SELECT results_eq('SELECT kind, subject_id, actor_id FROM outbox_events', format('VALUES (''report.decided'', %L::uuid, %L::uuid)', :'d', :'mod'), 'a decision is told');
SELECT results_eq($$SELECT admin_id, old_values, new_values FROM admin_audit_log WHERE action = 'decide_report'$$, format($$VALUES (%L::uuid, '{"decision": null}'::jsonb, '{"decision": "dismiss", "reason": "It is a lamp"}'::jsonb)$$, :'mod'), 'and on record');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT is_empty('SELECT * FROM my_decisions()', 'whom it is about does not hear of what came to nothing');
SELECT throws_ok(format('SELECT appeal_decision(%L, ''No'')', :'d'), 'P0002', NULL, 'and cannot appeal');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT results_eq('SELECT status, decision, reasons, legal_ground, decision_id, appeal_until = decided_at + interval ''6 months'' FROM my_reports()',
    format('VALUES (''decided'', ''dismiss'', ''It is a lamp'', ''Rule 7'', %L::uuid, true)', :'d'), 'who reported reads the decision, and its reasons');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT throws_ok(format('SELECT decide_report(%L, ''warn'', ''Yes'')', :'r'), '55000', 'report was decided already', 'it is decided once');
SELECT throws_ok(format('SELECT claim_report(%L)', :'r'), '55000', 'report was decided already', 'and not claimed any more');

-- An appeal of the reporter's

SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok(format('SELECT appeal_decision(%L, ''  '')', :'d'), '22023', 'message must not be empty', 'an appeal says something');
SELECT throws_ok('SELECT appeal_decision(NULL, ''No'')', '22004', 'decision_id must not be NULL', 'about a decision');
SELECT throws_ok('SELECT appeal_decision(gen_random_uuid(), ''No'')', 'P0002', NULL, 'that there is');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT throws_ok(format('SELECT appeal_decision(%L, ''No'')', :'d'), 'P0002', NULL, 'strangers have none');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT lives_ok(format('SELECT appeal_decision(%L, ''Look again'')', :'d'), 'who reported appeals');
SELECT throws_ok(format('SELECT appeal_decision(%L, ''Look again'')', :'d'), '55000', 'an appeal was made already', 'once');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT throws_ok(format('SELECT decide_report(%L, ''dismiss'', ''As I said'')', :'r'), '55000', 'cannot review an appeal against your own decision', 'another moderator decides');
SELECT is_empty('SELECT * FROM review_queue(''appealed'')', 'who has it in the queue');
SELECT tests.log_in(:'max') \g /dev/null
SELECT results_eq('SELECT report_id, decision, appeals #>> ''{0,message}'' FROM review_queue(''appealed'')', format('VALUES (%L::uuid, ''dismiss'', ''Look again'')', :'r'), 'with what was said');
SELECT lives_ok(format('SELECT claim_report(%L)', :'r'), 'claims it');
SELECT tests.decided(:'max', :'r', 'remove_listing', 'It is a copy') AS d2 \gset
SELECT is((SELECT status::text FROM listings WHERE id = :'lamp'), 'removed', 'and removes the listing');
SELECT results_eq(format($$SELECT admin_id, new_values ->> 'status' FROM admin_audit_log WHERE action = 'moderate_listing' AND target_id = %L$$, :'lamp'), format('VALUES (%L::uuid, ''removed'')', :'max'), 'as moderate_listing() does');

-- One of the seller's

SELECT tests.log_in(:'bob') \g /dev/null
SELECT results_eq('SELECT decision_id, target_id, title, decision, reasons, legal_ground, is_automatic, stands, appeal_until IS NOT NULL FROM my_decisions()',
    format('VALUES (%L::uuid, %L::uuid, ''A lamp'', ''remove_listing'', ''It is a copy'', ''Rule 7'', false, true, true)', :'d2', :'lamp'), 'the seller reads why');
SELECT is_empty(format('SELECT FROM my_decisions() d WHERE d::text ~ %L', concat_ws('|', :'ann', :'max', :'mod', :'r', 'REP-')), 'and not who reported or decided');
SELECT lives_ok(format('SELECT appeal_decision(%L, ''It is real'')', :'d2'), 'and appeals');
SELECT tests.log_in(:'max') \g /dev/null
SELECT throws_ok(format('SELECT decide_report(%L, ''dismiss'', ''Oh'')', :'r'), '55000', 'cannot review an appeal against your own decision', 'neither of the two decides again');
SELECT tests.decided(:'mia', :'r', 'dismiss', 'It is real') AS d3 \gset
SELECT is((SELECT status::text FROM listings WHERE id = :'lamp'), 'active', 'a third one gives the listing back');
SELECT is((SELECT status FROM reports WHERE id = :'r'), 'closed', 'and as both have appealed, that is the end');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT results_eq('SELECT decision, stands, appeal_until FROM my_decisions() ORDER BY decided_at', $$VALUES ('remove_listing', false, NULL::timestamptz), ('dismiss', true, NULL)$$, 'the seller reads both');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT results_eq('SELECT status, decision, reasons, appeal_until FROM my_reports()', $$VALUES ('closed', 'dismiss', 'It is real', NULL::timestamptz)$$, 'so does who reported');
SELECT throws_ok(format('SELECT appeal_decision(%L, ''Once more'')', :'d3'), '55000', 'an appeal was made already', 'who cannot appeal once more');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT string_agg(decision || coalesce(' after ' || replaced_decision, ''), ', ' ORDER BY decided_at) FROM report_decisions WHERE report_id = :'r'),
    'dismiss, remove_listing after dismiss, dismiss after remove_listing', 'each decision is on record');

-- A hidden rating

SELECT is((SELECT seller_rating || ' ' || seller_rating_count FROM profiles WHERE id = :'bob'), '3.00 2', 'two ratings count');
SELECT tests.reported(:'bob', 'rating', :'of_bob') AS rr \gset
SELECT tests.decided(:'mod', :'rr', 'hide_rating') AS dr \gset
SELECT is((SELECT seller_rating || ' ' || seller_rating_count FROM profiles WHERE id = :'bob'), '5.00 1', 'a hidden one does not');
SELECT results_eq(format('SELECT average_rating, total_ratings FROM user_stats_summary WHERE user_id = %L', :'bob'), 'VALUES (5.00, 1)', 'anywhere');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is((SELECT seller_rating FROM public_profile(:'bob')), 5.00, 'the public page shows the rest');
SELECT is((SELECT count(*) FROM user_ratings WHERE id = :'of_bob'), 0::bigint, 'nobody sees it');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is((SELECT count(*) FROM user_ratings WHERE id = :'of_bob'), 0::bigint, 'no other user');
SELECT throws_ok(format('SELECT report(''rating'', %L, ''spam'')', :'of_bob'), 'P0002', NULL, 'who cannot report it either');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT count(*) FROM user_ratings WHERE id = :'of_bob'), 1::bigint, 'but who gave it');
SELECT lives_ok(format('SELECT appeal_decision(%L, ''It was so'')', :'dr'), 'who appeals');
SELECT tests.decided(:'max', :'rr', 'warn') \g /dev/null
SELECT is((SELECT seller_rating || ' ' || seller_rating_count FROM profiles WHERE id = :'bob'), '3.00 2', 'and then it counts again');
SELECT is_empty('SELECT * FROM check_integrity()', 'to the last point');
DELETE FROM user_ratings WHERE id = :'stars';

-- Suspensions

SELECT tests.reported(:'ann', 'user', :'bob') AS rs \gset
SELECT tests.decided(:'mod', :'rs', 'suspend_7d') AS ds \gset
SELECT results_eq(format('SELECT account_status, suspended_until - suspended_at BETWEEN interval ''7 days'' AND interval ''7 days 1 minute'' FROM profiles WHERE id = %L', :'bob'), $$VALUES ('suspended', true)$$, 'seven days are seven days');
SELECT is((SELECT count(*) FROM listings WHERE seller_id = :'bob' AND status::text = 'active'), 0::bigint, 'with nothing on sale');
SELECT results_eq(format($$SELECT admin_id, new_values ->> 'report_id', old_values FROM admin_audit_log WHERE action = 'suspend_user' AND target_id = %L$$, :'bob'),
    format($$VALUES (%L::uuid, %L, '{"suspended_at": null, "suspended_until": null}'::jsonb)$$, :'mod', :'rs'), 'on record as what it is');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT is((SELECT suspended_until IS NOT NULL FROM my_profile()), true, 'who is suspended sees until when');
SELECT is((SELECT d.suspended_until = p.suspended_until FROM my_decisions() d, my_profile() p WHERE d.decision_id = :'ds'), true, 'also in the decision');
SELECT tests.log_out() \g /dev/null
-- a longer one, then a shorter one
SELECT tests.reported(:'eve', 'user', :'bob') AS rl \gset
SELECT tests.decided(:'mod', :'rl', 'suspend_30d') AS dl \gset
SELECT is((SELECT suspended_until > now() + interval '29 days' FROM profiles WHERE id = :'bob'), true, 'a longer suspension replaces a shorter one');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT lives_ok(format('SELECT appeal_decision(%L, ''Too long'')', :'dl'), 'who is suspended can appeal');
SELECT tests.decided(:'max', :'rl', 'dismiss') \g /dev/null
SELECT is((SELECT suspended_until BETWEEN now() + interval '6 days' AND now() + interval '8 days' FROM profiles WHERE id = :'bob'), true, 'and what another report has decided stays');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok('SELECT end_suspensions(NULL)', '22004', 'max_rows must not be NULL', 'the job knows its limit');
SELECT is(end_suspensions(), 0, 'and ends nothing early');
SELECT tests.log_out() \g /dev/null
UPDATE profiles SET suspended_until = now() - interval '1 second' WHERE id = :'bob';
SELECT is((SELECT account_status FROM profiles WHERE id = :'bob'), 'suspended', 'the job ends it');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT throws_ok('SELECT end_suspensions()', '42501', NULL, 'and nobody else');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(end_suspensions(), 1, 'when the time has come');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT account_status, suspended_until FROM profiles WHERE id = %L', :'bob'), $$VALUES ('active', NULL::timestamptz)$$, 'by itself');
SELECT is((SELECT admin_id IS NULL AND new_values ->> 'reason' = 'The time of the suspension has passed.' FROM admin_audit_log WHERE action = 'reinstate_user' AND target_id = :'bob' ORDER BY created_at DESC, new_values ? 'report_id' LIMIT 1), true, 'and on record');
-- an admin's is not a report's to end
SELECT tests.log_in(:'bob') \g /dev/null
SELECT lives_ok(format('SELECT appeal_decision(%L, ''Never'')', :'ds'), 'an appeal after the end');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT suspend_user(:'bob', 'Fraud') \g /dev/null
SELECT tests.decided(:'max', :'rs', 'dismiss') \g /dev/null
SELECT is((SELECT account_status FROM profiles WHERE id = :'bob'), 'suspended', 'does not end what an admin has decided since');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT reinstate_user(:'bob', 'No fraud') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.reported(:'mia', 'user', :'bob') AS rf \gset
SELECT tests.decided(:'mod', :'rf', 'suspend_30d') \g /dev/null
SELECT tests.log_in(:'ada') \g /dev/null
SELECT suspend_user(:'bob', 'Fraud after all') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT account_status, suspended_until FROM profiles WHERE id = %L', :'bob'), $$VALUES ('suspended', NULL::timestamptz)$$, 'an admin makes a suspension one without end');
SELECT tests.decided(:'ada', :'about_mod', 'suspend_forever') AS about_staff \gset
SELECT results_eq(format('SELECT account_status, suspended_until FROM profiles WHERE id = %L', :'mod'), $$VALUES ('suspended', NULL::timestamptz)$$, 'so does a decision, about staff by an admin');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT throws_ok('SELECT * FROM review_queue()', '42501', NULL, 'who is a moderator no more');
SELECT is((SELECT count(*) FROM my_decisions()), 1::bigint, 'but reads what was decided');
SELECT lives_ok(format('SELECT appeal_decision(%L, ''Sorry'')', :'about_staff'), 'and appeals');
SELECT tests.log_in_as_service() \g /dev/null
SELECT lives_ok(format('SELECT decide_report(%L, ''warn'', ''Last time'')', :'about_mod'), 'the service decides too');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT account_status FROM profiles WHERE id = :'mod'), 'active', 'and the suspension ends');

-- What is gone meanwhile

SELECT tests.sign_up('leo@decisions.example') AS leo \gset
SELECT tests.a_listing(:'leo') AS chair \gset
SELECT tests.reported(:'ann', 'listing', :'chair') AS rc, tests.reported(:'ann', 'user', :'leo') AS ru \gset
SELECT tests.delete_account(:'leo') \g /dev/null
SELECT lives_ok(format('SELECT tests.decided(%L, %L, ''remove_listing'')', :'max', :'rc'), 'what is deleted can be decided about');
SELECT throws_ok(format('SELECT tests.decided(%L, %L, ''suspend_7d'')', :'max', :'ru'), '55000', 'the user has deleted the account', 'who has left cannot be suspended');
SELECT tests.log_out() \g /dev/null
SELECT lives_ok(format('SELECT tests.decided(%L, %L, ''warn'')', :'max', :'ru'), 'but dealt with');

-- Six months

SELECT tests.reported(:'eve', 'user', :'ann') AS r6 \gset
SELECT tests.decided(:'max', :'r6', 'warn') AS d6 \gset
UPDATE report_decisions SET decided_at = now() - interval '6 months 1 day' WHERE id = :'d6';
UPDATE reports SET decided_at = now() - interval '6 months 1 day' WHERE id = :'r6';
SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok(format('SELECT appeal_decision(%L, ''Late'')', :'d6'), '55000', 'decision can no longer be appealed', 'after six months nobody appeals');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(prune_reports(), 1, 'and the report is closed');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT status FROM reports WHERE id = :'r6'), 'closed', 'for good');

-- Without an account

SELECT tests.a_listing(:'eve') AS vase \gset
SELECT tests.log_in_as_anon() \g /dev/null
SELECT report('listing', :'vase', 'illegal', 'Mine', email => 'reader@example.org') AS re \gset
SELECT tests.log_out() \g /dev/null
SELECT tests.decided(:'max', :'re', 'dismiss', 'No proof') AS de \gset
SELECT tests.log_in_as_anon() \g /dev/null
SELECT results_eq(format('SELECT status, decision, reasons FROM report_status(%L)', :'re'), $$VALUES ('decided', 'dismiss', 'No proof')$$, 'who has no account reads the decision by the ID');
SELECT throws_ok(format('SELECT appeal_decision(%L, ''No'')', :'de'), '42501', NULL, 'and appeals by e-mail');
SELECT tests.log_in_as_service() \g /dev/null
SELECT lives_ok(format('SELECT appeal_decision(%L, ''Here is the receipt'')', :'de'), 'which the service writes down');
SELECT tests.log_out() \g /dev/null
SELECT is_empty('SELECT * FROM check_integrity()', 'the data are consistent');

SELECT * FROM finish();
ROLLBACK;
