-- A listing that three reliable users have reported is hidden until moderators decide; floods of friends hide nothing.
BEGIN;
\ir ../../fixtures/market.sql
SELECT no_plan();
SELECT tests.sign_up('bob@hiding.example') AS bob, tests.sign_up('mod@hiding.example') AS mod, tests.sign_up('max@hiding.example') AS max \gset
UPDATE profiles SET role = 'moderator' WHERE id IN (:'mod', :'max');
SELECT tests.a_listing(:'bob') AS lamp, tests.a_listing(:'bob') AS vase, tests.a_listing(:'bob') AS chair \gset
CREATE TEMP TABLE reader AS SELECT n, tests.sign_up('r' || n || '@hiding.example') AS id FROM generate_series(1, 9) n;
GRANT SELECT ON reader TO PUBLIC;
CREATE FUNCTION tests.reports(reader integer, kind text, target uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM tests.log_in((SELECT r.id FROM pg_temp.reader r WHERE r.n = reader));
    made := report(kind, target, 'counterfeit');
    PERFORM tests.log_out();
    RETURN made;
END $$;
-- What moderators have said before of what they reported: n times right, m times wrong.
CREATE FUNCTION tests.was_right(reader integer, n integer, m integer DEFAULT 0) RETURNS void LANGUAGE sql AS $$
    INSERT INTO reports (report_number, reporter_id, target_type, target_id, category, snapshot, status, decision, decided_at)
    SELECT 'REP-' || gen_random_uuid(), r.id, 'listing', gen_random_uuid(), 'spam', '{}', 'decided', CASE WHEN i <= was_right.n THEN 'warn' ELSE 'dismiss' END, now()
    FROM pg_temp.reader r, generate_series(1, was_right.n + was_right.m) i WHERE r.n = reader;
    INSERT INTO report_decisions (report_id, decision, reasons) SELECT o.id, o.decision, 'Before' FROM reports o
    WHERE o.decision IS NOT NULL AND NOT EXISTS (SELECT FROM report_decisions d WHERE d.report_id = o.id);
$$;
CREATE FUNCTION tests.status_of(listing uuid) RETURNS text LANGUAGE sql AS $$ SELECT status::text FROM listings WHERE id = listing $$;

-- nine friends of an old account each, who have never reported anything
UPDATE profiles SET created_at = now() - interval '30 days' WHERE id IN (SELECT id FROM reader);
SELECT tests.reports(n, 'listing', :'lamp') FROM reader WHERE n > 3 ORDER BY n \g /dev/null
SELECT is(tests.status_of(:'lamp'), 'active', 'six friends hide nothing');

SELECT tests.was_right(1, 1), tests.was_right(2, 3, 1), tests.was_right(3, 1, 1), tests.was_right(4, 1), tests.was_right(5, 5) \g /dev/null
UPDATE profiles SET created_at = now() - interval '6 days' WHERE id = (SELECT id FROM reader WHERE n = 4);
UPDATE profiles SET suspended_at = now() WHERE id = (SELECT id FROM reader WHERE n = 5);
SELECT tests.reports(1, 'listing', :'vase'), tests.reports(2, 'listing', :'vase'), tests.reports(3, 'listing', :'vase'), tests.reports(4, 'listing', :'vase') \g /dev/null
SELECT is(tests.status_of(:'vase'), 'active', 'nor do two reliable ones with one who is as often wrong, and a new account');
SELECT tests.reports(1, 'listing', :'vase') \g /dev/null
SELECT is(tests.status_of(:'vase'), 'active', 'one counts once');
SELECT tests.was_right(6, 2), tests.was_right(7, 1) \g /dev/null
DELETE FROM outbox_events;
SELECT tests.reports(6, 'listing', :'vase') AS third \gset
SELECT is(tests.status_of(:'vase'), 'removed', 'the third reliable one hides it');
SELECT is((SELECT string_agg(kind, ' ' ORDER BY kind) FROM outbox_events), 'listing.removed report.decided report.opened', 'which is told');
SELECT results_eq(format('SELECT admin_id, old_values, new_values - ''reason'' FROM admin_audit_log WHERE target_id = %L', :'vase'),
    $$VALUES (NULL::uuid, '{"status": "active"}'::jsonb, '{"status": "removed", "automatic": true}'::jsonb)$$, 'on record');
SELECT is((SELECT count(*) FROM reports WHERE target_id = :'vase' AND status = 'open'), 5::bigint, 'and moderators still have to decide');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT results_eq('SELECT decision, is_automatic, stands, appeal_until FROM my_decisions()', $$VALUES ('remove_listing', true, true, NULL::timestamptz)$$, 'the seller is told that a rule did it');
SELECT throws_ok(format('SELECT appeal_decision(%L, ''No'')', (SELECT decision_id FROM my_decisions())), '55000', 'decision is not final', 'and that moderators will decide');
SELECT throws_ok(format('UPDATE listings SET status = ''active'' WHERE id = %L', :'vase'), '42501', NULL, 'meanwhile it stays hidden');
SELECT tests.log_out() \g /dev/null
SELECT is_empty('SELECT * FROM check_integrity()', 'the data are consistent');

-- A moderator looks at it
SELECT tests.log_in(:'mod') \g /dev/null
SELECT decide_report(:'third', 'dismiss', 'It is real') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.status_of(:'vase'), 'active', 'who dismisses a report gives the listing back');
SELECT tests.reports(7, 'listing', :'vase') \g /dev/null
SELECT is(tests.status_of(:'vase'), 'active', 'which other reports do not hide again');
SELECT id AS fourth FROM reports WHERE target_id = :'vase' AND status = 'open' LIMIT 1 \gset
SELECT tests.log_in(:'max') \g /dev/null
SELECT decide_report(:'fourth', 'remove_listing', 'It is not') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.status_of(:'vase'), 'removed', 'another moderator may see it otherwise');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT is((SELECT count(*) FROM my_decisions() WHERE appeal_until IS NOT NULL), 1::bigint, 'which the seller can appeal');
SELECT tests.log_out() \g /dev/null

-- Never a person
SELECT tests.was_right(8, 1), tests.was_right(9, 1) \g /dev/null
SELECT tests.reports(7, 'user', :'bob'), tests.reports(8, 'user', :'bob'), tests.reports(9, 'user', :'bob'), tests.reports(1, 'user', :'bob') \g /dev/null
SELECT is((SELECT account_status FROM profiles WHERE id = :'bob'), 'active', 'people are not hidden by a rule');
SELECT is_empty('SELECT * FROM check_integrity()', 'the data are consistent');

SELECT * FROM finish();
ROLLBACK;
