-- What goes out by e-mail and push: claimed once, tried eight times, in the reader's language; not what was read meanwhile, not at
-- night, and collected in a digest for who wants that.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('deliveries.example') \gset
UPDATE profiles SET full_name = 'Ann' WHERE id = :'buyer';

CREATE FUNCTION tests.told(reader uuid, type text, metadata jsonb, actor uuid DEFAULT NULL, group_key text DEFAULT NULL) RETURNS bigint
    LANGUAGE sql AS $$
    SELECT count(*) FROM private.write_notifications(ARRAY[(random() * 1e15)::bigint], ARRAY[reader], ARRAY[type], ARRAY[actor], ARRAY[group_key],
        ARRAY['/here'], ARRAY[metadata], ARRAY[NULL::uuid], ARRAY[NULL::uuid])
$$;
CREATE TEMP TABLE claimed (delivery_id uuid, user_id uuid, address text, locale text, title text, body text, action_url text, dedupe_key text, unsubscribe_token text);
GRANT ALL ON claimed TO PUBLIC;
-- What the service gets: "address: title | body"; claimed has the rest.
CREATE FUNCTION tests.claims(channel text DEFAULT 'email', max_rows integer DEFAULT 100) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    got text;
BEGIN
    PERFORM tests.log_in_as_service();
    DELETE FROM claimed;
    INSERT INTO claimed SELECT * FROM claim_deliveries(channel, max_rows);
    PERFORM tests.log_out();
    SELECT string_agg(format('%s: %s | %s', c.address, c.title, c.body), ', ' ORDER BY c.address, c.title) INTO got FROM claimed c;
    RETURN coalesce(got, 'nothing');
END $$;
CREATE FUNCTION tests.settles(outcome text, error text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    PERFORM tests.log_in_as_service();
    SELECT string_agg(settle_delivery(c.delivery_id, outcome, 'id', error), ', ') INTO said FROM claimed c;
    PERFORM tests.log_out();
    RETURN said;
END $$;
CREATE FUNCTION tests.later() RETURNS void LANGUAGE sql AS $$ UPDATE notification_deliveries SET next_attempt_at = clock_timestamp() WHERE status IN ('pending', 'failed') $$;

-- A receipt
SELECT tests.told(:'buyer', 'order_paid', '{"number": "ORD-1", "total": {"amount": "10.00", "currency": "EUR"}, "seller": "Bob", "title": "Lamp"}') \g /dev/null
SELECT is(tests.claims('push'), 'nothing', 'nothing for a channel that is off');
SELECT is(tests.claims(), 'buyer@deliveries.example: Paid: order ORD-1 | You paid 10.00 EUR to Bob for Lamp.', 'an e-mail is to be sent');
SELECT results_eq('SELECT user_id, locale, action_url, dedupe_key = delivery_id::text FROM claimed', format($$VALUES (%L::uuid, 'en', '/here', true)$$, :'buyer'), 'with the language and where it leads');
SELECT unsubscribe_token AS link FROM claimed \gset
SELECT is(tests.claims(), 'nothing', 'nobody else gets it meanwhile');
SELECT id AS delivery FROM notification_deliveries \gset
SELECT tests.later() \g /dev/null
SELECT is(tests.claims(), 'buyer@deliveries.example: Paid: order ORD-1 | You paid 10.00 EUR to Bob for Lamp.', 'when the lease is over it comes again');
SELECT is((SELECT dedupe_key FROM claimed), :'delivery', 'with the same key');
SELECT is(tests.settles('sent'), 'sent', 'it was sent');
SELECT is(tests.settles('failed'), 'sent', 'which counts, whatever is told afterwards');
SELECT tests.later() \g /dev/null
SELECT is(tests.claims(), 'nothing', 'and does not come again');
SELECT results_eq('SELECT status, attempts, provider_id, settled_at IS NOT NULL FROM notification_deliveries', $$VALUES ('sent', 2, 'id', true)$$, 'it is on record');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(unsubscribe(:'link'), 'order_paid', 'the link that came with it works');
SELECT tests.log_out() \g /dev/null
SELECT tests.told(:'buyer', 'order_paid', '{}') \g /dev/null
SELECT is((SELECT count(*) FROM notification_deliveries), 1::bigint, 'no e-mail of the kind any more');
DELETE FROM notification_preferences;
DELETE FROM notifications;

-- Tries
SELECT tests.told(:'buyer', 'order_paid', '{}') \g /dev/null
CREATE TEMP TABLE tried (attempt integer, said text, wait interval);
DO $$
BEGIN
    FOR i IN 1 .. 8 LOOP
        PERFORM tests.later(), tests.claims();
        INSERT INTO tried SELECT i, tests.settles('failed', 'mailbox full'), date_trunc('minute', d.next_attempt_at - clock_timestamp() + interval '30 seconds') FROM notification_deliveries d;
        UPDATE tried SET wait = (SELECT date_trunc('minute', d.next_attempt_at - clock_timestamp() + interval '30 seconds') FROM notification_deliveries d) WHERE attempt = i;
    END LOOP;
END $$;
SELECT is((SELECT string_agg(concat_ws(' ', said, CASE WHEN said = 'failed' THEN wait END), ', ' ORDER BY attempt) FROM tried),
    'failed 00:01:00, failed 00:03:00, failed 00:09:00, failed 00:27:00, failed 01:21:00, failed 04:03:00, failed 12:09:00, dead', 'it is tried eight times, with longer and longer breaks');
SELECT results_eq('SELECT status, attempts, last_error FROM notification_deliveries', $$VALUES ('dead', 8, 'mailbox full')$$, 'then never again');
DELETE FROM notifications;
SELECT tests.told(:'buyer', 'order_paid', '{}') \g /dev/null
DO $$ BEGIN FOR i IN 1 .. 8 LOOP PERFORM tests.later(), tests.claims(); END LOOP; END $$;
SELECT tests.later() \g /dev/null
SELECT is(tests.claims(), 'nothing', 'also when nobody tells how it went');
SELECT results_eq('SELECT status, last_error FROM notification_deliveries', $$VALUES ('dead', 'not settled')$$, 'which is on record');
DELETE FROM notifications;
SELECT tests.told(:'buyer', 'order_paid', '{}') \g /dev/null
SELECT tests.claims() \g /dev/null
SELECT is(tests.settles('dead', 'no such mailbox'), 'dead', 'an address that does not exist is given up at once');
DELETE FROM notifications;

-- What there is no need to send
SELECT tests.told(:'seller', 'new_rating', '{"name": "Ann", "stars": 5}', :'buyer') \g /dev/null
UPDATE notifications SET is_read = true;
SELECT is(tests.claims(), 'nothing', 'what was read meanwhile is not sent');
SELECT is((SELECT status FROM notification_deliveries), 'skipped', 'and is done with');
DELETE FROM notifications;
SELECT tests.told(:'seller', 'order_paid', '{}') \g /dev/null
UPDATE notifications SET is_read = true;
SELECT isnt(tests.claims(), 'nothing', 'but a receipt is');
DELETE FROM notifications;
SELECT tests.told(:'seller', 'new_rating', '{}', :'buyer') \g /dev/null
INSERT INTO notification_preferences (user_id, type, channel, enabled) VALUES (:'seller', 'new_rating', 'email', false);
SELECT is(tests.claims(), 'nothing', 'nor what was turned off');
DELETE FROM notification_preferences;
DELETE FROM notifications;
SELECT tests.told(:'seller', 'new_rating', '{}', :'buyer') \g /dev/null
UPDATE profiles SET suspended_at = now() WHERE id = :'seller';
SELECT is(tests.claims(), 'nothing', 'nor to who was suspended');
UPDATE profiles SET suspended_at = NULL WHERE id = :'seller';
DELETE FROM notifications;
UPDATE profiles SET email = NULL WHERE id = :'seller';
SELECT tests.told(:'seller', 'order_paid', '{}') \g /dev/null
SELECT is(tests.claims(), 'nothing', 'nor to who has no address');
UPDATE profiles SET email = 'seller@deliveries.example' WHERE id = :'seller';
DELETE FROM notifications;

INSERT INTO notification_preferences (user_id, type, channel, enabled) VALUES (:'seller', 'promotion_alert', 'email', true);
INSERT INTO notification_settings (user_id, marketing) VALUES (:'seller', true);
SELECT tests.told(:'seller', 'promotion_alert', '{"title": {"en": "Sale"}, "text": {"en": "Today"}}'), tests.told(:'seller', 'promotion_alert', '{"title": {"en": "More"}, "text": {"en": "Today"}}') \g /dev/null
SELECT matches(tests.claims(max_rows => 1), '^seller@deliveries.example: (Sale|More) . Today$', 'a promotion');
UPDATE notification_settings SET marketing = false;
SELECT is(tests.claims(), 'nothing', 'not when it is welcome no more');
DELETE FROM notification_settings;
DELETE FROM notification_preferences;
DELETE FROM notifications;

-- A message: by e-mail only if it stays unread
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'buyer', :'seller') RETURNING id AS talk \gset
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'buyer', 'Hello {name}');
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.claims(), 'nothing', 'a message is not sent at once');
SELECT ok(next_attempt_at BETWEEN now() + interval '14 minutes' AND now() + interval '15 minutes', 'but after a quarter of an hour') FROM notification_deliveries;
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'buyer', 'Are you there?');
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.later() \g /dev/null
SELECT is(tests.claims(), 'seller@deliveries.example: 2 new messages from Ann | Are you there?', 'two in one e-mail');
SELECT tests.settles('failed') \g /dev/null
SELECT tests.log_in(:'seller') \g /dev/null
SELECT mark_conversation_read(:'talk') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT is_read FROM notifications), true, 'who reads the conversation has read what told of it');
SELECT tests.later() \g /dev/null
SELECT is(tests.claims(), 'nothing', 'not when the conversation was read');
-- nor when its messages were read there one by one, whatever the reader has written that is not read
INSERT INTO messages (conversation_id, sender_id, content, created_at) VALUES (:'talk', :'buyer', 'Still?', now() + interval '1 hour');
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events() \g /dev/null
SELECT tests.log_out() \g /dev/null
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'seller', 'Yes');
UPDATE messages SET is_read = true, read_at = now() - interval '1 hour' WHERE sender_id = :'buyer';
DELETE FROM outbox_events;
SELECT tests.later() \g /dev/null
SELECT is((SELECT count(*) FROM notifications WHERE is_read IS NOT TRUE), 1::bigint, 'a notification that is not read');
SELECT is(tests.claims(), 'nothing', 'of a message that is');
UPDATE notifications SET is_read = true;
UPDATE messages SET read_at = now() WHERE sender_id = :'buyer';
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'buyer', 'Good');
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT max(count) FROM notifications), 2, 'who is reading is not told of a message');
DELETE FROM notifications;

-- By e-mail only: what is collected in a row that the application does not show is never read there, so it is not one e-mail for ever
INSERT INTO notification_preferences (user_id, type, channel, enabled) SELECT :'seller', 'new_follower', c, c = 'email' FROM unnest('{in_app,email}'::notification_channel[]) c;
SELECT tests.told(:'seller', 'new_follower', '{"name": "Ann"}', :'buyer', 'followers:1'), tests.told(:'seller', 'new_follower', '{"name": "Bob"}', :'other', 'followers:1') \g /dev/null
SELECT is(tests.claims(), 'seller@deliveries.example: Bob and 1 more follow you | ', 'while the e-mail waits, two are one');
SELECT tests.settles('sent') \g /dev/null
SELECT tests.told(:'seller', 'new_follower', '{"name": "Cleo"}', :'admin', 'followers:1') \g /dev/null
SELECT is(tests.claims(), 'seller@deliveries.example: Cleo and 2 more follow you | ', 'what comes after it was sent has another one');
SELECT tests.settles('sent') \g /dev/null
UPDATE notification_preferences SET enabled = true;
DELETE FROM notifications;
SELECT tests.told(:'seller', 'new_follower', '{"name": "Ann"}', :'buyer', 'followers:1') \g /dev/null
SELECT tests.claims(), tests.settles('sent'), tests.told(:'seller', 'new_follower', '{"name": "Bob"}', :'other', 'followers:1') \g /dev/null
SELECT is(tests.claims(), 'nothing', 'in the application too, it is there to be read, and one e-mail is enough');
DELETE FROM notification_preferences;
DELETE FROM notifications;

-- Quiet hours
INSERT INTO notification_settings (user_id, timezone, quiet_from, quiet_to)
SELECT :'buyer', 'Asia/Kathmandu', to_char(clock_timestamp() AT TIME ZONE 'Asia/Kathmandu' - interval '1 hour', 'HH24:MI'), to_char(clock_timestamp() AT TIME ZONE 'Asia/Kathmandu' + interval '1 hour', 'HH24:MI');
SELECT tests.told(:'buyer', 'order_paid', '{}'), tests.told(:'seller', 'order_paid', '{}') \g /dev/null
SELECT is(tests.claims(), 'seller@deliveries.example: Paid: order | You paid  to  for .', 'at night nothing is sent');
SELECT ok(next_attempt_at BETWEEN clock_timestamp() + interval '58 minutes' AND clock_timestamp() + interval '1 hour', 'but when it is over') FROM notification_deliveries WHERE user_id = :'buyer';
SELECT is((SELECT attempts FROM notification_deliveries WHERE user_id = :'buyer'), 0, 'which is no try');
DELETE FROM notification_settings;
DELETE FROM notifications;

-- Digests
INSERT INTO notification_settings (user_id, locale, timezone, digest) VALUES (:'seller', 'bg', 'Europe/Sofia', 'daily');
SELECT tests.told(:'seller', 'new_rating', jsonb_build_object('name', 'Ann', 'stars', n), :'buyer') FROM generate_series(3, 5) n \g /dev/null
SELECT tests.told(:'seller', 'order_shipped', '{"title": "Лампа", "carrier": "DHL", "tracking": "1"}') \g /dev/null
SELECT is(tests.claims(), 'seller@deliveries.example: Лампа пътува към вас | DHL 1', 'what is urgent does not wait for a digest');
SELECT tests.settles('sent') \g /dev/null
SELECT is((SELECT string_agg(DISTINCT to_char(next_attempt_at AT TIME ZONE 'Europe/Sofia', 'HH24:MI'), ' ') FROM notification_deliveries WHERE in_digest), '09:00', 'the rest comes in the morning');
UPDATE notifications SET is_read = (metadata ->> 'stars' = '4'), created_at = now() + (metadata ->> 'stars')::integer * interval '1 second' WHERE metadata ? 'stars';
SELECT tests.later() \g /dev/null
SELECT is(tests.claims(), E'seller@deliveries.example: 2 новини | Ann ви оцени с 3 от 5\n\nAnn ви оцени с 5 от 5', 'in one e-mail, without what was read');
SELECT is((SELECT count(*) FROM claimed), 1::bigint, 'one');
SELECT is((SELECT unsubscribe_token LIKE '%.digest.%' FROM claimed), true, 'its link ends digests');
SELECT is(tests.claims(), 'nothing', 'nobody else gets a part of it');
SELECT tests.later(), tests.claims() \g /dev/null
SELECT is(tests.settles('sent'), 'sent', 'it was sent');
SELECT is((SELECT string_agg(DISTINCT status, ' ' ORDER BY status) FROM notification_deliveries WHERE in_digest), 'sent skipped', 'all that it carried is done with');
SELECT ok((SELECT email_at > now() - interval '1 minute' FROM notification_settings), 'and it is known when');
SELECT tests.told(:'seller', 'new_rating', jsonb_build_object('name', 'Ann', 'stars', n), :'buyer') FROM generate_series(1, 2) n \g /dev/null
SELECT tests.later() \g /dev/null
SELECT tests.claims() \g /dev/null
UPDATE notifications SET is_read = true WHERE id = (SELECT d.notification_id FROM claimed c JOIN notification_deliveries d ON d.id = c.delivery_id);
SELECT tests.later() \g /dev/null
SELECT matches(tests.claims() || tests.claims(), '^(nothing)?seller@deliveries.example: Ann ви оцени с [12] от 5 \| (nothing)?$', 'if the first of it was read before it was sent, the others go without it');
DELETE FROM notification_settings;
DELETE FROM notifications;

-- Push
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT register_push_token('phone', 'ios'), register_push_token('tablet', 'android') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.told(:'buyer', 'order_shipped', '{"title": "Lamp", "carrier": "UPS", "tracking": "1Z"}') \g /dev/null
SELECT is(tests.claims('push'), 'phone: Lamp is on its way | UPS 1Z, tablet: Lamp is on its way | UPS 1Z', 'one for each device');
SELECT is((SELECT string_agg(unsubscribe_token, '') FROM claimed), NULL, 'without a link');
DELETE FROM claimed WHERE address = 'tablet';
SELECT is(tests.settles('dead', 'unregistered'), 'dead', 'a device that is gone');
SELECT is((SELECT string_agg(token, ' ') FROM push_tokens), 'tablet', 'is forgotten');
DELETE FROM notifications;
SELECT tests.told(:'buyer', 'order_shipped', '{"title": "Lamp"}') \g /dev/null
SELECT tests.log_in(:'seller') \g /dev/null
SELECT register_push_token('tablet', 'android') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.claims('push'), 'nothing', 'what was for somebody else does not go to who has the device now');
DELETE FROM notifications;

-- of a group that grows
CREATE FUNCTION tests.cheaper(reader uuid, price text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.told(reader, 'price_drop', jsonb_build_object('title', 'Lamp', 'from', '9', 'to', price, 'percent', 1), NULL, 'price:1');
    RETURN (SELECT string_agg(concat_ws(' ', d.status, d.attempts), ', ' ORDER BY d.attempts DESC) FROM notification_deliveries d);
END $$;
SELECT is(tests.cheaper(:'seller', '8'), 'pending 0', 'a push message waits');
SELECT is(tests.cheaper(:'seller', '7'), 'pending 0', 'and says what is new by then');
SELECT is(tests.claims('push'), 'tablet: Lamp: 9 → 7 | 1 % less', 'in one');
SELECT is(tests.cheaper(:'seller', '6'), 'pending 1, pending 0', 'while it is sent, another one begins to wait');
SELECT is(tests.settles('failed'), 'failed', 'it fails');
SELECT is(tests.cheaper(:'seller', '5'), 'failed 1, pending 0', 'and no third one comes');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT register_push_token('watch', 'ios') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.cheaper(:'seller', '4'), 'failed 1, pending 0, pending 0', 'but for a device that is new');
DELETE FROM notifications;
-- one that fails for the last time may be there tomorrow
SELECT tests.told(:'seller', 'order_shipped', '{"title": "Lamp"}') \g /dev/null
DELETE FROM notification_deliveries WHERE channel = 'email' OR push_token_id = (SELECT id FROM push_tokens WHERE token = 'watch');
DO $$ BEGIN FOR i IN 1 .. 8 LOOP PERFORM tests.later(), tests.claims('push'), tests.settles('failed', '503'); END LOOP; END $$;
SELECT is((SELECT status FROM notification_deliveries), 'dead', 'a push message that failed eight times is given up');
SELECT is((SELECT string_agg(token, ' ' ORDER BY token) FROM push_tokens WHERE user_id = :'seller'), 'tablet watch', 'and its device is not');
DELETE FROM notifications;

-- Who, and what is refused
SELECT is(tests.answers('anon buyer admin', statement), '42501 for anon buyer admin', statement) FROM (VALUES
    ($$SELECT * FROM claim_deliveries('email')$$), ($$SELECT settle_delivery(gen_random_uuid(), 'sent')$$), ('SELECT prune_deliveries()'), ('SELECT fan_out_notifications()')) AS refused (statement);
SELECT is(tests.asked('service', expression), expected, expression) FROM (VALUES
    ($$SELECT count(*) FROM claim_deliveries('in_app')$$, '22023 unrecognized channel: "in_app"'),
    ($$SELECT count(*) FROM claim_deliveries(NULL)$$, '22004 channel must not be NULL'),
    ($$SELECT count(*) FROM claim_deliveries('email', NULL)$$, '22004 max_rows must not be NULL'),
    ($$SELECT count(*) FROM claim_deliveries('email', 1, NULL)$$, '22004 lease must not be NULL'),
    ($$SELECT count(*) FROM claim_deliveries('email', 1, '0 seconds')$$, '22023 lease must be between 1 second and 1 day'),
    ($$SELECT count(*) FROM claim_deliveries('email', 0)$$, '0'),
    ($$settle_delivery(NULL, 'sent')$$, '22004 delivery_id must not be NULL'),
    ($$settle_delivery(gen_random_uuid(), NULL)$$, '22004 outcome must not be NULL'),
    ($$settle_delivery(gen_random_uuid(), 'lost')$$, '22023 unrecognized outcome: "lost"'),
    ($$settle_delivery('00000000-0000-0000-0000-000000000000', 'sent')$$, 'gone'),
    ($$prune_deliveries(NULL)$$, '22004 max_rows must not be NULL'),
    ($$fan_out_notifications(NULL)$$, '22004 max_rows must not be NULL')
) AS refused (expression, expected);
-- what was not claimed is not settled
SELECT tests.told(:'buyer', 'order_paid', '{}') \g /dev/null
SELECT id AS delivery FROM notification_deliveries \gset
SELECT is(tests.asked('service', format('settle_delivery(%L, ''sent'')', :'delivery')), 'pending', 'what nobody has claimed is not settled');

-- An account or a notification that is deleted while something is sent: a sender of many is not stopped by it
SELECT is(tests.claims(), 'buyer@deliveries.example: Paid: order | You paid  to  for .', 'a receipt is sent');
SELECT tests.log_in(:'buyer') \g /dev/null
DELETE FROM notifications;
SELECT tests.log_out() \g /dev/null
SELECT is(tests.settles('sent') || tests.settles('dead'), 'gonegone', 'whose notification the buyer deletes meanwhile');
SELECT tests.told(:'buyer', 'order_paid', '{}') \g /dev/null

-- Old ones go
INSERT INTO notification_deliveries (notification_id, user_id, channel, status, settled_at)
SELECT n.id, n.user_id, 'email', 'sent', now() - day * interval '1 day' FROM notifications n, unnest(ARRAY[89, 91, 92, 93]) day;
SELECT is(tests.asked('service', 'prune_deliveries(2)'), '2', 'the oldest first');
SELECT is(tests.asked('service', 'prune_deliveries()'), '1', 'after 90 days');
SELECT is((SELECT count(*) FROM notification_deliveries), 2::bigint, 'what is newer or not settled stays');

SELECT * FROM finish();
ROLLBACK;
