-- Reporters without an account: they get the receipt and each decision by e-mail, in their language, and their address is kept no longer
-- than it is needed.
BEGIN;
\ir ../../fixtures/market.sql
SELECT no_plan();
SELECT tests.sign_up('bob@mail.example') AS bob \gset
SELECT tests.sign_up('max@mail.example') AS max \gset
SELECT tests.sign_up('mia@mail.example') AS mia \gset
UPDATE profiles SET role = 'moderator' WHERE id IN (:'max', :'mia');
SELECT tests.a_listing(:'bob') AS lamp, tests.a_listing(:'bob') AS vase, tests.a_listing(:'bob') AS rug \gset
DELETE FROM outbox_events;

CREATE FUNCTION tests.writes(target uuid, address text, language text DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM tests.log_in_as_anon();
    made := report('listing', target, 'illegal', 'Click here: https://evil.example/', email => address, locale => language);
    PERFORM tests.log_out();
    RETURN made;
END $$;
CREATE FUNCTION tests.decides(moderator uuid, report uuid, decision text, ground text DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM tests.log_in(moderator);
    made := decide_report(report, decision, 'It is a copy.', ground);
    PERFORM tests.log_out();
    RETURN made;
END $$;
-- What a mailer gets now that is for nobody with an account; it sends it.
CREATE FUNCTION tests.mail() RETURNS TABLE (address text, locale text, title text, body text, action_url text, unsubscribe_token text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM deliver_events();
    CREATE TEMP TABLE claimed AS SELECT * FROM claim_deliveries('email');
    PERFORM settle_delivery(delivery_id, 'sent') FROM claimed;
    PERFORM tests.log_out();
    RETURN QUERY SELECT c.address, c.locale, c.title, c.body, c.action_url, c.unsubscribe_token FROM claimed c WHERE c.user_id IS NULL ORDER BY c.address, c.title;
    DROP TABLE claimed;
END $$;

-- The receipt
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok(format('SELECT report(''listing'', %L, ''illegal'', ''Stolen'', email => %L)', :'lamp', address), '22023', 'invalid e-mail address', 'no address: ' || address)
  FROM unnest(ARRAY['nobody', 'a@b@c', 'a@b,c@d', 'a,b@c.example', 'Ann<a@b.example>', 'a b@c.example', E'a@b.example\nBcc:c', 'a@']) AS address;
SELECT throws_ok(format('SELECT report(''listing'', %L, ''illegal'', ''Stolen'', email => ''a@b.example'', locale => ''bulgarian!'')', :'lamp'), '22023', 'invalid locale: "bulgarian!"', 'nor a language');
SELECT tests.log_out() \g /dev/null
SELECT is_empty('SELECT FROM reports', 'none of this left a trace');
SELECT tests.writes(:'lamp', 'Reader@mail.example', 'bg-BG') AS r1 \gset
SELECT report_number AS number FROM reports WHERE id = :'r1' \gset
SELECT results_eq('SELECT * FROM tests.mail()', format($$VALUES ('Reader@mail.example', 'bg-BG', 'Получихме вашия сигнал %s',
    'Модератор ще го разгледа. Решението ще бъде изпратено на този адрес. Ако не сте подавали сигнал, не обръщайте внимание на това писмо.', '/reports/%s', NULL)$$, :'number', :'r1'),
    'the receipt goes to the address at once, in the language of the reporter, and without a word of the report');
SELECT is_empty('SELECT * FROM tests.mail()', 'once');
SELECT is(tests.writes(:'lamp', 'reader@MAIL.example'), :'r1', 'the same again is the same report');
SELECT is_empty('SELECT * FROM tests.mail()', 'with no other receipt');

-- The decision
SELECT tests.decides(:'max', :'r1', 'remove_listing', 'Law 1') AS d1 \gset
SELECT results_eq('SELECT address, title, body, action_url FROM tests.mail()', format($$VALUES ('Reader@mail.example', 'Има решение по вашия сигнал %s',
    E'Обявата е премахната\n\nIt is a copy.\nLaw 1\n\nАко не сте съгласни, отговорете на това писмо до %s: друг модератор ще вземе решение.', '/reports/%s')$$,
    :'number', to_char(now() AT TIME ZONE 'UTC' + interval '6 months', 'DD.MM.YYYY'), :'r1'), 'the decision too, with its reasons, and how to appeal');
SELECT is_empty('SELECT * FROM tests.mail()', 'once');
SELECT tests.log_in_as_service() \g /dev/null
SELECT appeal_decision(:'d1', 'More than that') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is_empty('SELECT * FROM tests.mail()', 'an appeal is no decision');
SELECT tests.decides(:'mia', :'r1', 'warn') AS d2 \gset
SELECT results_eq('SELECT address, title, body FROM tests.mail()', format($$VALUES ('Reader@mail.example', 'Има решение по вашия сигнал %s', E'Предупреждение\n\nIt is a copy.')$$, :'number'),
    'that of an appeal as well, which cannot be appealed against again');
SELECT results_eq('SELECT status, count(*) FROM notification_deliveries WHERE report_id IS NOT NULL GROUP BY 1', $$VALUES ('sent', 3::bigint)$$, 'each is on record');

-- A worker that has died tells nobody twice; English where no language is given
SELECT tests.writes(:'vase', 'one@mail.example') AS r2 \gset
SELECT private.handle_events(ARRAY(SELECT id FROM outbox_events)) \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM notification_deliveries WHERE report_id = :'r2'), 1::bigint, 'an event that is handled again queues nothing again');
SELECT results_eq('SELECT address, locale, body FROM tests.mail()', $$VALUES ('one@mail.example', 'en', 'A moderator will look at it. The decision will be sent to this address. If you have reported nothing, ignore this e-mail.')$$, 'in English');
-- of two decisions the one that stands
SELECT tests.decides(:'max', :'r2', 'dismiss') AS d3 \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT appeal_decision(:'d3', 'No') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.decides(:'mia', :'r2', 'warn') \g /dev/null
SELECT results_eq('SELECT address, body FROM tests.mail()', $$VALUES ('one@mail.example', E'Warning\n\nIt is a copy.')$$, 'of two decisions that wait only the one that stands is sent');

-- A rule's decision is the seller's to know, and who has an account is told as users are
SELECT tests.sign_up('ann@mail.example') AS ann \gset
SELECT tests.log_in(:'ann') \g /dev/null
SELECT report('listing', :'rug', 'illegal', 'Stolen', email => 'other@mail.example', locale => 'bg') AS r3 \gset
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT reporter_email, reporter_locale FROM reports WHERE id = %L', :'r3'), 'SELECT NULL::text, NULL::varchar', 'of a user no address is kept');
SELECT tests.writes(:'rug', 'two@mail.example') AS r4 \gset
SELECT tests.mail() \g /dev/null
INSERT INTO report_decisions (report_id, decision, reasons, is_automatic) VALUES (:'r4', 'remove_listing', 'A rule', true) RETURNING id AS automatic \gset
SELECT private.record_event('report.decided', :'automatic', NULL) \g /dev/null
SELECT is_empty('SELECT * FROM tests.mail()', 'what a rule does is no decision');
SELECT tests.decides(:'max', :'r3', 'dismiss') \g /dev/null
SELECT is_empty('SELECT * FROM tests.mail()', 'nobody without an account is told of another one''s report');

-- Somebody else's address: receipts end, decisions do not
SELECT tests.writes(tests.a_listing(:'bob'), CASE WHEN n = 3 THEN 'VICTIM@mail.example' ELSE 'victim@mail.example' END) FROM generate_series(1, 8) n \g /dev/null
SELECT is((SELECT count(*) FROM tests.mail()), 5::bigint, 'an address gets five receipts a day');
SELECT tests.decides(:'max', (SELECT id FROM reports WHERE reporter_email = 'victim@mail.example' ORDER BY created_at DESC, id DESC LIMIT 1), 'dismiss') \g /dev/null
SELECT is((SELECT count(*) FROM tests.mail()), 1::bigint, 'and what moderators have decided');

-- The address goes, and what waits for it
SELECT tests.decides(:'max', :'r4', 'dismiss') \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events() \g /dev/null
SELECT tests.log_out() \g /dev/null
SET LOCAL session_replication_role = replica;
UPDATE reports SET status = 'closed', updated_at = now() - interval '6 months 1 day', reporter_locale = 'bg' WHERE id = :'r4';
SET LOCAL session_replication_role = origin;
SELECT tests.log_in_as_service() \g /dev/null
SELECT prune_reports() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT reporter_email, reporter_locale FROM reports WHERE id = %L', :'r4'), 'SELECT NULL::text, NULL::varchar', 'six months after the end the address is removed, and its language');
SELECT is_empty('SELECT * FROM tests.mail()', 'nothing is sent to it any more');
SELECT results_eq(format('SELECT status FROM notification_deliveries WHERE report_id = %L AND decision_id IS NOT NULL', :'r4'), $$VALUES ('skipped')$$, 'what waited is passed over');
SELECT is_empty($$SELECT d.id FROM notification_deliveries d WHERE to_jsonb(d)::text LIKE '%mail.example%'$$, 'and no copy of an address is among the deliveries');
SELECT is_empty('SELECT * FROM check_integrity()', 'the data are consistent');

SELECT * FROM finish();
ROLLBACK;
