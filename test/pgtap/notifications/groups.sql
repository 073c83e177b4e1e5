-- What is counted together, taken back, and told once: follows, favorites, lower prices; many people; and news for who listens.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('groups.example') \gset
SELECT tests.a_listing(:'seller', 100) AS lamp \gset
DELETE FROM outbox_events;

CREATE FUNCTION tests.worker() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM deliver_events();
    WHILE fan_out_notifications() > 0 LOOP
        NULL;
    END LOOP;
    PERFORM tests.log_out();
END $$;
-- "count: title", of who has any
CREATE FUNCTION tests.rows_of(reader uuid) RETURNS text LANGUAGE sql AS $$
    SELECT coalesce(string_agg(format('%s: %s%s', n.count, n.title, CASE WHEN n.is_read THEN ' (read)' ELSE '' END), ', ' ORDER BY n.is_read DESC, n.title), 'nothing') FROM notifications n WHERE n.user_id = reader
$$;
CREATE FUNCTION tests.does(who text, statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.log_in_as(who);
    EXECUTE statement;
    PERFORM tests.log_out();
END $$;
SELECT format('INSERT INTO user_follows (follower_id, following_id) VALUES (auth.uid(), %L)', :'seller') AS follow, format('DELETE FROM user_follows WHERE following_id = %L', :'seller') AS unfollow,
       format('INSERT INTO favorites (user_id, listing_id) VALUES (auth.uid(), %L)', :'lamp') AS like, format('DELETE FROM favorites WHERE listing_id = %L', :'lamp') AS dislike \gset
UPDATE profiles SET full_name = initcap(p.name) FROM tests.people p WHERE p.id = profiles.id;

-- Follows
SELECT tests.does('buyer', :'follow'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), '1: Buyer follows you', 'a follower');
SELECT tests.does('buyer', :'unfollow'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), 'nothing', 'who no longer follows is told of no more');
SELECT tests.does('buyer', :'follow'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), 'nothing', 'and to follow again is silent');
SELECT tests.does('other', :'follow'), tests.does('admin', :'follow'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), '2: Admin and 1 more follow you', 'two in one batch');
SELECT tests.does('admin', :'unfollow'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), '1: Other follows you', 'one is taken back: the other one is named');
SELECT tests.does('moderator', :'follow'), tests.does('moderator', :'unfollow'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), '1: Other follows you', 'who came and went between two runs was not there');
SELECT tests.does('moderator', :'follow'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), '2: Moderator and 1 more follow you', 'and is told of when staying');
UPDATE notifications SET is_read = true;
SELECT tests.does('moderator', :'unfollow'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), '2: Moderator and 1 more follow you (read)', 'what was read stays as it was read');
DELETE FROM notifications;
DELETE FROM notification_marks;
-- in the wrong sequence, as two workers may take them
DELETE FROM user_follows;
DELETE FROM outbox_events;
SELECT tests.does('buyer', :'follow'), tests.does('buyer', :'unfollow'), tests.does('buyer', :'follow') \g /dev/null
CREATE TEMP TABLE waiting AS SELECT id, kind FROM outbox_events ORDER BY id;
SELECT private.tell_people(ARRAY[id]) FROM waiting ORDER BY id DESC \g /dev/null
DELETE FROM outbox_events;
SELECT is(tests.rows_of(:'seller'), '1: Buyer follows you', 'in any sequence of the events it ends the same');
SELECT tests.does('other', :'follow'), tests.does('other', :'unfollow') \g /dev/null
SELECT private.tell_people(ARRAY[id]) FROM outbox_events ORDER BY id DESC \g /dev/null
DELETE FROM outbox_events;
SELECT is(tests.rows_of(:'seller'), '1: Buyer follows you', 'also when it was taken back');
DELETE FROM notifications;
DELETE FROM notification_marks;

-- Favorites
SELECT tests.does('buyer', :'like'), tests.does('seller', :'like'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), '1: Buyer likes A lamp', 'a favorite, and not one''s own');
SELECT tests.does('other', :'like'), tests.worker(), tests.does('buyer', :'dislike'), tests.worker(), tests.does('buyer', :'like'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), '1: Other likes A lamp', 'taken back and marked again is silent');
SELECT tests.does('other', :'dislike'), tests.does('other', :'like'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), '1: Other likes A lamp', 'and between two runs it was never gone');
SELECT tests.does('other', :'dislike'), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'seller'), 'nothing', 'with the last one the row goes');
DELETE FROM favorites;
DELETE FROM notifications;
DELETE FROM notification_marks;

-- Lower prices: each once, to who has it among the favorites
SELECT tests.does('buyer', :'like'), tests.does('other', :'like'), tests.does('seller', :'like'), tests.worker() \g /dev/null
DELETE FROM notifications;
SELECT format('UPDATE listings SET price = %%s WHERE id = %L', :'lamp') AS price \gset
SELECT tests.does('seller', format(:'price', 90)), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'buyer') || '; ' || tests.rows_of(:'other') || '; ' || tests.rows_of(:'seller'), '1: A lamp: 100.00 USD → 90.00 USD; 1: A lamp: 100.00 USD → 90.00 USD; nothing', 'a lower price');
UPDATE notifications SET is_read = true;
SELECT tests.does('seller', format(:'price', 95)), tests.does('seller', format(:'price', 90)), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'buyer'), '1: A lamp: 100.00 USD → 90.00 USD (read)', 'raised and lowered again is told once');
SELECT tests.does('seller', format(:'price', 80)), tests.does('seller', format(:'price', 85)), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'buyer'), '1: A lamp: 100.00 USD → 90.00 USD (read)', 'what was raised again meanwhile is not told');
SELECT tests.does('seller', format(:'price', 70)), tests.worker(), tests.does('seller', format(:'price', 60)), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'buyer'), '1: A lamp: 100.00 USD → 90.00 USD (read), 2: A lamp: 70.00 USD → 60.00 USD', 'two while it is unread are one row, with the newer price');
SELECT tests.does('seller', format(:'price', 50)) \g /dev/null
UPDATE listings SET status = 'archived' WHERE id = :'lamp';
SELECT tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'other'), '1: A lamp: 100.00 USD → 90.00 USD (read), 2: A lamp: 70.00 USD → 60.00 USD', 'nobody is told of what is not for sale any more');
UPDATE listings SET status = 'active' WHERE id = :'lamp';
DELETE FROM notifications;
DELETE FROM favorites;
DELETE FROM outbox_events;

-- Promotions: to who agreed, in the language of each
INSERT INTO notification_settings (user_id, marketing, locale) VALUES (:'buyer', true, 'bg'), (:'seller', true, 'en-GB'), (:'other', false, 'bg');
UPDATE profiles SET is_seller = id = :'seller';
SELECT tests.does('admin', $$SELECT send_promotion('{"en": "Sale {x}", "bg": "Разпродажба"}', '{"en": "Today."}', '/sale')$$), tests.worker() \g /dev/null
SELECT results_eq('SELECT user_id, title, message, action_url FROM notifications ORDER BY title', format($$VALUES (%L::uuid, 'Sale {x}', 'Today.', '/sale'), (%L, 'Разпродажба', 'Today.', '/sale')$$, :'seller', :'buyer'), 'a promotion, in each language that it has');
SELECT is((SELECT told FROM notification_fanouts WHERE type = 'promotion_alert'), 2, 'it is known how many were told');
SELECT tests.worker() \g /dev/null
SELECT is((SELECT count(*) FROM notifications), 2::bigint, 'once');
DELETE FROM notifications;
SELECT tests.does('admin', $$SELECT send_promotion('{"en": "For sellers"}', '{"en": "Today."}', NULL, '{"is_seller": true}')$$),
       tests.does('admin', $$SELECT send_promotion('{"en": "In Bulgarian"}', '{"en": "Today."}', NULL, '{"locale": "bg", "is_seller": false}')$$),
       tests.does('admin', format($$SELECT send_promotion('{"en": "For some"}', '{"en": "Today."}', NULL, '{"user_ids": ["%s", "%s"]}')$$, :'buyer', :'other')),
       tests.does('admin', $$SELECT send_promotion('{"en": "Tomorrow"}', '{"en": "Today."}', at => now() + interval '1 day')$$), tests.worker() \g /dev/null
SELECT is(tests.rows_of(:'buyer') || '; ' || tests.rows_of(:'seller') || '; ' || tests.rows_of(:'other'), '1: For some, 1: In Bulgarian; 1: For sellers; nothing', 'to those that it is for, at its time');
SELECT is((SELECT count(*) FROM admin_audit_log WHERE action = 'send_promotion'), 5::bigint, 'each is on record');
SELECT is(tests.answers('anon buyer moderator suspended', $$SELECT send_promotion('{"en": "x"}', '{"en": "y"}')$$), '42501 for anon buyer moderator suspended', 'admins send promotions');
SELECT is(tests.asked('admin', expression), expected, expression) FROM (VALUES
    ($$send_promotion(NULL, '{"en": "y"}')$$, '22004 title must not be NULL'), ($$send_promotion('{"en": "x"}', NULL)$$, '22004 message must not be NULL'),
    ($$send_promotion('{}', '{"en": "y"}')$$, '22023 invalid text of a promotion'), ($$send_promotion('{"en": ""}', '{"en": "y"}')$$, '22023 invalid text of a promotion'),
    ($$send_promotion('{"english": "x"}', '{"en": "y"}')$$, '22023 invalid text of a promotion'), ($$send_promotion('["x"]', '{"en": "y"}')$$, '22023 invalid text of a promotion'),
    ($$send_promotion('{"en": 1}', '{"en": "y"}')$$, '22023 invalid text of a promotion'),
    ($$send_promotion('{"en": "x"}', '{"en": "y"}', NULL, '{"everybody": true}')$$, '22023 invalid audience of a promotion'),
    ($$send_promotion('{"en": "x"}', '{"en": "y"}', NULL, '{"is_seller": "yes"}')$$, '22023 invalid audience of a promotion'),
    ($$send_promotion('{"en": "x"}', '{"en": "y"}', NULL, '{"user_ids": ["me"]}')$$, '22023 invalid audience of a promotion'),
    ($$send_promotion('{"en": "x"}', '{"en": "y"}', NULL, '{"user_ids": [1]}')$$, '22023 invalid audience of a promotion'),
    ($$send_promotion('{"en": "x"}', '{"en": "y"}', repeat('x', 2049))$$, '22023 action_url must not be longer than 2048 characters')
) AS refused (expression, expected);
DELETE FROM notifications;
DELETE FROM notification_settings;
DELETE FROM outbox_events;

-- Ten thousand people
SET LOCAL session_replication_role = replica;
INSERT INTO auth.users (id, email) SELECT md5('fan' || n)::uuid, n || '@fans.example' FROM generate_series(1, 10000) n;
INSERT INTO profiles (id, username, full_name) SELECT md5('fan' || n)::uuid, 'fan' || n, 'Fan ' || n FROM generate_series(1, 10000) n;
RESET session_replication_role;
INSERT INTO favorites (user_id, listing_id) SELECT md5('fan' || n)::uuid, :'lamp' FROM generate_series(1, 10000) n;
ANALYZE favorites, profiles, notifications, notification_marks, outbox_events;
SELECT tests.log_in_as_service() \g /dev/null
SELECT count(deliver_events(500)) FROM generate_series(1, 20) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT count, title FROM notifications WHERE user_id = %L', :'seller'), $$VALUES (10000, '10000 people like A lamp')$$, 'ten thousand favorites are one row');
DELETE FROM favorites WHERE user_id IN (SELECT md5('fan' || n)::uuid FROM generate_series(1, 10) n);
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT count, title, cardinality(actor_ids) FROM notifications WHERE user_id = %L', :'seller'), $$VALUES (9990, '9990 people like A lamp', 3)$$, 'less those who took it back');
SELECT is((SELECT count(*) FROM outbox_events), 0::bigint, 'all events are handled');
SELECT tests.does('seller', format(:'price', 40)) \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events() \g /dev/null
SELECT is((SELECT count(*) FROM notifications WHERE type = 'price_drop'), 0::bigint, 'a lower price for many is a job''s');
SELECT is(fan_out_notifications(500), 500, 'which tells 500 at a time');
SELECT is((SELECT count(*) FROM notifications WHERE type = 'price_drop'), 500::bigint, 'and no more');
SELECT is((SELECT sum(fan_out_notifications(500)) FROM generate_series(1, 25)), 9490::bigint, 'and goes on where it was');
SELECT results_eq('SELECT count(*), count(DISTINCT user_id) FROM notifications WHERE type = ''price_drop''', 'VALUES (9990::bigint, 9990::bigint)', 'until each was told, once');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
