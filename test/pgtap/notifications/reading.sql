-- Notifications are read: in the language of the reader, page by page, by their owner only; what was read is complete.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('reading.example') \gset

-- What a rule hands over, for one person.
CREATE FUNCTION tests.told(reader uuid, type text, metadata jsonb, actor uuid DEFAULT NULL, group_key text DEFAULT NULL, event bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE sql AS $$
    SELECT count(*) FROM private.write_notifications(ARRAY[coalesce(event, (random() * 1e15)::bigint)], ARRAY[reader], ARRAY[type], ARRAY[actor], ARRAY[group_key],
        ARRAY['/here'], ARRAY[metadata], ARRAY[NULL::uuid], ARRAY[NULL::uuid])
$$;
CREATE FUNCTION tests.texts(reader uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    PERFORM tests.log_in(reader);
    SELECT string_agg(format('%s | %s', n.title, n.message), E'\n' ORDER BY n.title COLLATE "C") INTO found FROM my_notifications() n;
    PERFORM tests.log_out();
    RETURN found;
END $$;

-- Texts
SELECT tests.told(:'buyer', 'order_placed', '{"number": "ORD-1", "total": {"amount": "1079.90", "currency": "BGN"}}') \g /dev/null
SELECT is(tests.texts(:'buyer'), 'Order ORD-1 | We are waiting for your payment of 1079.90 BGN.', 'English at first');
UPDATE profiles SET language_preference = 'bg' WHERE id = :'buyer';
SELECT is(tests.texts(:'buyer'), 'Поръчка ORD-1 | Очакваме плащането ви от 1079,90 BGN.', 'a change of the language shows at once');
SELECT is((SELECT title FROM notifications), 'Order ORD-1', 'the row keeps what was said at the time');
SELECT tests.told(:'buyer', 'order_shipped', '{"title": "Палто", "carrier": "DHL", "tracking": "1Z"}') \g /dev/null
SELECT is((SELECT title || ' | ' || message FROM notifications WHERE type = 'order_shipped'), 'Палто пътува към вас | DHL 1Z', 'which is in the language of that time');
UPDATE profiles SET language_preference = 'fr-CA' WHERE id = :'buyer';
SELECT is(tests.texts(:'buyer'), E'Order ORD-1 | We are waiting for your payment of 1079.90 BGN.\nПалто is on its way | DHL 1Z', 'English where there is no template of a language');
INSERT INTO notification_templates (type, locale, title, body) VALUES ('order_placed', 'fr', 'Commande {number}', 'Paiement de {total}'), ('order_placed', 'fr-CA', 'La commande {number}', '{total}');
SELECT is(split_part(tests.texts(:'buyer'), E'\n', 1), 'La commande ORD-1 | 1079.90 BGN', 'the region before its language');
DELETE FROM notification_templates WHERE locale = 'fr-CA';
SELECT is(split_part(tests.texts(:'buyer'), E'\n', 1), 'Commande ORD-1 | Paiement de 1079.90 BGN', 'the language without the region');
DELETE FROM notification_templates WHERE type = 'order_placed';
SELECT is(split_part(tests.texts(:'buyer'), E'\n', 1), 'Order placed | ', 'and no error without any template');
SELECT tests.told(:'buyer', 'order_placed', '{}') \g /dev/null
SELECT is((SELECT count(*) FROM notifications WHERE title = 'Order placed' AND message = ''), 1::bigint, 'neither where one is written');
DELETE FROM notifications;
UPDATE profiles SET language_preference = NULL WHERE id = :'buyer';

-- What users wrote is text
SELECT tests.told(:'buyer', 'new_message', jsonb_build_object('name', said, 'text', said)) FROM (VALUES
    ('{name}'), ('{text} {total} {x'), ($$\1 \& $1 %s %L$$), ('<b>&amp;</b>'), (E'two\nlines'), ('{"amount": 1}'), ('{{name}}'), ('}{')) AS said (said) \g /dev/null
SELECT results_eq($$SELECT title, message FROM notifications ORDER BY title COLLATE "C"$$, $$SELECT metadata ->> 'name', metadata ->> 'name' FROM notifications ORDER BY title COLLATE "C"$$, 'braces, signs of patterns and markup in texts of users stay as they are');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT set_eq($$SELECT title, message FROM my_notifications()$$, $$SELECT metadata ->> 'name' AS title, metadata ->> 'name' AS message FROM notifications$$, 'also when they are read');
SELECT tests.log_out() \g /dev/null
DELETE FROM notifications;
SELECT is(private.filled_template(template, fields, 'en', 'UTC'), expected, template) FROM (VALUES
    ('{a}{b}', '{"a": "1", "b": 2}'::jsonb, '12'), ('{a', '{"a": 1}', '{a'), ('{A} {a b} {}', '{"A": 1}', '{A} {a b} {}'), ('', '{}', ''),
    ('no field', NULL, 'no field'), ('{gone} left', '{}', 'left'), ('{a}', '{"a": null}', ''), ('{a}', '{"a": true}', 'true'), ('{a}', '{"a": [1, 2]}', '[1, 2]'),
    ('{a}', '{"a": {"at": "2026-11-30T12:00:00Z"}}', '30 November 2026'), ('{a}', '{"a": {"bg": "да", "en": "yes"}}', 'yes'), ('{a}', '{"a": {"de": "ja"}}', 'ja')
) AS filled (template, fields, expected);
SELECT results_eq($$SELECT private.filled_template('{a}', v.fields::jsonb, v.locale, 'UTC') FROM (VALUES (1, '{"a": {"code": "return_reason.doesnt_fit"}}', 'bg'),
        (2, '{"a": {"code": "return_reason.doesnt_fit"}}', 'bg-BG'), (3, '{"a": {"code": "return_reason.doesnt_fit"}}', 'de'), (4, '{"a": {"code": "nothing.known"}}', 'en')) v (n, fields, locale) ORDER BY n$$,
    $$VALUES ('Не става по размер'), ('Не става по размер'), ('Does not fit'), ('')$$, 'a code by the texts of the reader''s language, or English');
SELECT is(private.filled_template('{a}', '{"a": {"at": "2026-11-30T23:00:00Z"}}', 'bg', 'Europe/Sofia'), '01.12.2026', 'a day by the calendar of the reader');
-- each type has texts in both languages, and no field that another language does not have
SELECT is_empty($$
    SELECT e.type, locale FROM unnest(enum_range(NULL::notification_type)) AS e (type) CROSS JOIN unnest('{en,bg}'::text[]) AS locale
     WHERE NOT EXISTS (SELECT FROM notification_templates t WHERE t.type = e.type AND t.locale = locale AND t.channel = 'in_app' AND t.variant = '') AND e.type <> 'order_placed'
$$, 'each type has a text in each language that is shipped');
SELECT is_empty($$
    SELECT en.type, en.variant FROM notification_templates en FULL JOIN notification_templates bg ON bg.locale = 'bg' AND (bg.type, bg.variant, bg.channel) = (en.type, en.variant, en.channel)
     WHERE en.locale = 'en' AND ARRAY(SELECT m[1] FROM regexp_matches(en.title || en.body, '\{(\w+)\}', 'g') m ORDER BY 1)
           IS DISTINCT FROM ARRAY(SELECT m[1] FROM regexp_matches(bg.title || bg.body, '\{(\w+)\}', 'g') m ORDER BY 1)
$$, 'both with the same fields');
SELECT set_eq('SELECT type::text FROM notification_templates UNION SELECT ''order_placed''', 'SELECT type FROM private.notification_map()', 'the map has the types');
SELECT set_eq('SELECT type FROM private.notification_map()', 'SELECT unnest(enum_range(NULL::notification_type))::text', 'all of them');

-- Counted together while unread
SELECT tests.told(:'seller', 'new_follower', '{"name": "Ann"}', :'buyer', 'followers:today') \g /dev/null
SELECT is(tests.texts(:'seller'), 'Ann follows you | ', 'one');
SELECT id AS first_row FROM notifications \gset
SELECT tests.log_in(:'seller') \g /dev/null
SELECT mark_notifications_seen() \g /dev/null
SELECT tests.log_out() \g /dev/null
UPDATE notifications SET created_at = now() - interval '1 day';
SELECT tests.told(:'seller', 'new_follower', '{"name": "Bob"}', :'other', 'followers:today'), tests.told(:'seller', 'new_follower', '{"name": "Cleo"}', :'admin', 'followers:today') \g /dev/null
SELECT is(tests.texts(:'seller'), 'Cleo and 2 more follow you | ', 'more are counted into the same row');
SELECT results_eq('SELECT id, count, actor_ids, title, related_user_id, seen_at FROM notifications', format('VALUES (%L::uuid, 3, ARRAY[%L, %L, %L]::uuid[], %L, %L::uuid, NULL::timestamptz)', :'first_row', :'admin', :'other', :'buyer', 'Cleo and 2 more follow you', :'admin'),
    'the newest first, and it is new again');
SELECT is((SELECT created_at FROM notifications), now(), 'so it comes first in the list');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is((SELECT string_agg(a ->> 'id', ', ' ORDER BY n) FROM my_notifications(), jsonb_array_elements(actors) WITH ORDINALITY AS x (a, n)), concat_ws(', ', :'admin', :'other', :'buyer'), 'with who they are');
SELECT tests.log_out() \g /dev/null
UPDATE profiles SET deleted_at = now() WHERE id = :'other';
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is((SELECT string_agg(a ->> 'id', ', ' ORDER BY n) FROM my_notifications(), jsonb_array_elements(actors) WITH ORDINALITY AS x (a, n)), concat_ws(', ', :'admin', :'buyer'), 'but for those who have deleted the account');
SELECT tests.log_out() \g /dev/null
UPDATE profiles SET deleted_at = NULL WHERE id = :'other';
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(mark_notifications_read(), 1, 'it is read');
SELECT is(mark_notifications_read(), 0, 'once');
SELECT tests.log_out() \g /dev/null
SELECT tests.told(:'seller', 'new_follower', '{"name": "Dora"}', :'buyer', 'followers:today') \g /dev/null
SELECT results_eq('SELECT count, is_read, group_key, seen_at IS NOT NULL FROM notifications ORDER BY count', $$VALUES (1, false, 'followers:today', false), (3, true, NULL, true)$$, 'what comes after that begins another row');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT lives_ok('UPDATE notifications SET is_read = false WHERE count = 3', 'one that was read can be marked as unread');
SELECT tests.log_out() \g /dev/null
SELECT tests.told(:'seller', 'new_follower', '{"name": "Eve"}', :'other', 'followers:today') \g /dev/null
SELECT results_eq('SELECT count, is_read FROM notifications ORDER BY count', $$VALUES (2, false), (3, false)$$, 'and takes up nothing more');
SELECT is((SELECT count(*) FROM private.write_notifications(ARRAY[7, 8, 9], ARRAY[:'other', :'other', :'other']::uuid[], ARRAY['new_message', 'new_message', 'new_rating'], ARRAY[:'buyer', :'buyer', :'buyer']::uuid[],
    ARRAY['conversation:1', 'conversation:1', NULL], ARRAY['/a', '/b', '/c'], ARRAY['{"name": "Ann", "text": "one"}', '{"name": "Ann", "text": "two"}', '{}']::jsonb[], ARRAY[NULL, NULL, NULL]::uuid[], ARRAY[NULL, NULL, NULL]::uuid[])), 2::bigint,
    'two of one group in one batch are one row');
SELECT is((SELECT title || ' | ' || message || ' ' || action_url FROM notifications WHERE user_id = :'other' AND type = 'new_message'), '2 new messages from Ann | two /b', 'with the last text');
SELECT is(tests.told(:'other', 'new_rating', '{}', :'buyer', NULL, 9), 0::bigint, 'nobody is told twice of one event');
SELECT tests.told(:'seller', 'payment_received', '{"amount": {"amount": "10.50", "currency": "USD"}}', NULL, 'takings:USD:1'),
       tests.told(:'seller', 'payment_received', '{"amount": {"amount": "4.50", "currency": "USD"}}', NULL, 'takings:USD:1') \g /dev/null
SELECT is((SELECT title FROM notifications WHERE type = 'payment_received'), '15.00 USD is available', 'amounts are added up');
DELETE FROM notifications;

-- Who is told at all
SELECT is(tests.told(:'buyer', 'new_follower', '{"name": "I"}', :'buyer'), 0::bigint, 'nobody is told of what they did');
SELECT is(tests.told(:'suspended', 'new_rating', '{}', :'buyer'), 0::bigint, 'a suspended user is not told of ratings');
SELECT is(tests.told(:'suspended', 'payout_sent', '{"amount": {"amount": "1", "currency": "USD"}}'), 1::bigint, 'but of money');
UPDATE profiles SET deleted_at = now() WHERE id = :'suspended';
SELECT is(tests.told(:'suspended', 'order_shipped', '{}'), 0::bigint, 'a deleted one is not told of parcels');
SELECT is(tests.told(:'suspended', 'report_decided', '{}'), 1::bigint, 'but of decisions');
SELECT is(tests.told(gen_random_uuid(), 'report_decided', '{}'), 0::bigint, 'and who is gone of nothing');
INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (:'buyer', :'seller');
SELECT is((tests.told(:'buyer', 'new_rating', '{}', :'seller'), tests.told(:'seller', 'new_rating', '{}', :'buyer'))::text, '(0,0)', 'nothing goes over a block in either direction');
SELECT is(tests.told(:'buyer', 'order_shipped', '{}', :'seller'), 1::bigint, 'but for orders that stand');
INSERT INTO notification_preferences (user_id, type, channel, enabled) VALUES (:'other', 'new_rating', 'in_app', false), (:'other', 'payout_sent', 'in_app', false), (:'other', 'new_follower', 'in_app', false);
SELECT is(tests.told(:'other', 'new_follower', '{}', :'buyer'), 0::bigint, 'what is off in each channel is not written');
SELECT is(tests.told(:'other', 'payout_sent', '{}'), 1::bigint, 'what cannot be turned off is');
SELECT is(tests.told(:'other', 'new_rating', '{"name": "Ann", "stars": 5}', :'buyer'), 1::bigint, 'what is wanted by e-mail only');
SELECT tests.log_in(:'other') \g /dev/null
SELECT is((SELECT string_agg(n.type, ', ') FROM my_notifications() n), 'payout_sent', 'is not shown');
SELECT is((SELECT string_agg(n.type::text, ', ') FROM notifications n), 'payout_sent', 'neither in the table');
SELECT is(unread_counts() ->> 'notifications', '1', 'nor counted');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM notification_deliveries d JOIN notifications n ON n.id = d.notification_id WHERE n.type = 'new_rating'), 1::bigint, 'and is to be sent');
DELETE FROM user_blocks;
-- what was begun in the application and is turned off there is shown no more when something is counted into it, and again when it is wanted
SELECT tests.told(:'seller', 'new_follower', '{"name": "Ann"}', :'buyer', 'followers:later') \g /dev/null
INSERT INTO notification_preferences (user_id, type, channel, enabled) VALUES (:'seller', 'new_follower', 'in_app', false), (:'seller', 'new_follower', 'email', true);
SELECT tests.told(:'seller', 'new_follower', '{"name": "Bob"}', :'other', 'followers:later') \g /dev/null
SELECT is(tests.texts(:'seller'), NULL, 'what is turned off goes from the list with the next of it');
DELETE FROM notification_preferences WHERE user_id = :'seller';
SELECT tests.told(:'seller', 'new_follower', '{"name": "Cleo"}', :'admin', 'followers:later') \g /dev/null
SELECT is(tests.texts(:'seller'), 'Cleo and 2 more follow you | ', 'and comes back when it is wanted');
DELETE FROM notifications;

-- Pages: each row once
INSERT INTO notifications (user_id, type, title, message, created_at) SELECT :'buyer', 'promotion_alert', 'N ' || n, 'By hand.', now() - (n / 3) * interval '1 minute' FROM generate_series(1, 30) n;
INSERT INTO notifications (user_id, type, title, message, is_read) SELECT :'seller', 'promotion_alert', 'S ' || n, 'By hand.', n > 2 FROM generate_series(1, 4) n;
CREATE FUNCTION tests.pages(page_size integer) RETURNS TABLE (title text) LANGUAGE plpgsql AS $$
DECLARE
    last_at timestamptz;
    last_id uuid;
    row record;
BEGIN
    LOOP
        last_id := NULL;
        FOR row IN SELECT n.* FROM my_notifications(page_size, last_at, coalesce(last_id, current_setting('tests.last', true)::uuid)) n LOOP
            title := row.title;
            last_at := row.created_at;
            last_id := row.id;
            RETURN NEXT;
        END LOOP;
        EXIT WHEN last_id IS NULL;
        PERFORM set_config('tests.last', last_id::text, true);
    END LOOP;
END $$;
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT bag_eq('SELECT title FROM tests.pages(7)', $$SELECT 'N ' || n FROM generate_series(1, 30) n$$, 'pages show each row once, also of the same moment');
SELECT is((SELECT count(*) FROM my_notifications()), 20::bigint, 'twenty to a page');
SELECT is((SELECT count(*) FROM my_notifications(1000)), 30::bigint, 'or more');
SELECT is((SELECT count(*) FROM my_notifications(-1)), 0::bigint, 'or none');
SELECT is((SELECT count(*) FROM my_notifications(NULL)), 20::bigint, 'and twenty when a client says NULL');
SELECT is((SELECT min(message) FROM my_notifications()), 'By hand.', 'what the back end wrote itself is shown as it is');
SELECT is(mark_notifications_read((SELECT array_agg(id) FROM (SELECT id FROM my_notifications(2)) n)), 2, 'some by their IDs');
SELECT is(unread_counts(), '{"notifications": 28, "messages": 0, "offers": 0, "unseen": 28}', 'are counted no more');
SELECT is((SELECT count(*) FROM my_notifications(100, only_unread => true)), 28::bigint, 'nor shown when only the unread are wanted');
SELECT is(mark_notifications_seen(), 28, 'the others were seen');
SELECT is(unread_counts(), '{"notifications": 28, "messages": 0, "offers": 0, "unseen": 0}', 'and are unread');
SELECT is(mark_notifications_read(up_to => now() - interval '5 minutes'), 16, 'the older ones');
SELECT is(mark_notifications_read((SELECT array_agg(id) FROM notifications)), 12, 'and what is left');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(unread_counts(), '{"notifications": 2, "messages": 0, "offers": 0, "unseen": 2}', 'others have theirs');
SELECT tests.log_out() \g /dev/null
SELECT format('SELECT mark_notifications_read(ARRAY[%L]::uuid[])', id) AS attempt FROM notifications WHERE title = 'S 1' \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((:attempt), 0, 'those of somebody else are not found');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT is_read FROM notifications WHERE title = 'S 1'), false, 'nobody marks the notifications of somebody else');

-- Counted up to a hundred
INSERT INTO notifications (user_id, type, title, message) SELECT :'buyer', 'offer_received', 'N ' || n, 'By hand.' FROM generate_series(1, 150) n;
WITH talk AS (INSERT INTO conversations (buyer_id, seller_id) VALUES (:'seller', :'buyer') RETURNING id)
INSERT INTO messages (conversation_id, sender_id, content) SELECT id, :'seller', 'Hello ' || n FROM talk, generate_series(1, 120) n;
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(unread_counts(), '{"notifications": 100, "messages": 100, "offers": 100, "unseen": 100}', 'nothing is counted beyond a hundred');
UPDATE conversations SET archived_by_seller = true;
SELECT is(unread_counts() ->> 'messages', '0', 'messages of archived conversations do not count');
SELECT tests.log_out() \g /dev/null
INSERT INTO messages (conversation_id, sender_id, content) SELECT id, :'buyer', 'Hello' FROM conversations;
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(unread_counts() ->> 'messages', '1', 'those of the other side do');
UPDATE conversations SET archived_by_buyer = true;
SELECT is(unread_counts() ->> 'messages', '0', 'until that side has archived it');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
