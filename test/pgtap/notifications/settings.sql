-- What users want: preferences as a matrix, language, quiet hours by the clock of the wall, digests, devices, and the link
-- that ends the e-mails of a type.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('settings.example') \gset

-- Preferences
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((SELECT count(*) FROM my_notification_preferences()), (SELECT 3 * count(*) FROM unnest(enum_range(NULL::notification_type))), 'each type with each channel');
SELECT is((SELECT string_agg(type || ' ' || channel, ', ') FROM my_notification_preferences() WHERE NOT is_default), NULL, 'at first all is as usual');
SELECT is((SELECT string_agg(type || ' ' || channel, ', ') FROM my_notification_preferences() WHERE NOT may_change),
    'order_cancelled in_app, order_paid in_app, payment_received in_app, payout_sent in_app', 'what moves money is shown in any case');
SELECT is((SELECT string_agg(concat_ws(' ', channel, enabled), ', ') FROM my_notification_preferences() WHERE type = 'order_paid'),
    'email t, in_app t, push f', 'the receipt comes by e-mail');
SELECT set_notification_preference('new_follower', 'email', true), set_notification_preference('order_paid', 'email', false), set_notification_preference('order_shipped', 'push', true) \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', type, channel, enabled, is_default), ', ') FROM my_notification_preferences() WHERE (type, channel) IN (('new_follower', 'email'), ('order_paid', 'email'), ('order_shipped', 'push'))),
    'new_follower email t f, order_paid email f f, order_shipped push t t', 'what was set counts');
SELECT set_notification_preference('new_follower', 'email', false) \g /dev/null
SELECT is((SELECT concat_ws(' ', enabled, is_default) FROM my_notification_preferences() WHERE (type, channel) = ('new_follower', 'email')), 'f t', 'and can be set back');
SELECT throws_ok($$SELECT set_notification_preference('order_paid', 'in_app', false)$$, '22023', 'notifications of type "order_paid" cannot be turned off in the application');
SELECT lives_ok($$SELECT set_notification_preference('order_paid', 'in_app', true)$$, 'what cannot be turned off can be turned on');
SELECT is((SELECT enabled FROM my_notification_preferences() WHERE (type, channel) = ('order_paid', 'in_app')), true, 'it was on all the time');
SELECT lives_ok($$INSERT INTO notification_preferences (user_id, type, channel, enabled) SELECT auth.uid(), 'payout_sent', 'in_app', false$$, 'a row by hand');
SELECT is((SELECT enabled FROM my_notification_preferences() WHERE (type, channel) = ('payout_sent', 'in_app')), true, 'does not turn it off either');
SELECT throws_ok($$SELECT set_notification_preference('a_type', 'email', false)$$, '22023', 'unrecognized type of notifications: "a_type"');
SELECT throws_ok($$SELECT set_notification_preference('new_rating', 'pigeon', false)$$, '22023', 'unrecognized channel: "pigeon"');
SELECT throws_ok($$SELECT set_notification_preference('new_rating', NULL, false)$$, '22004', 'channel must not be NULL');
SELECT throws_ok($$SELECT set_notification_preference(NULL, 'email', false)$$, '22004', 'type must not be NULL');
SELECT throws_ok($$SELECT set_notification_preference('new_rating', 'email', NULL)$$, '22004', 'enabled must not be NULL');

-- Settings
SELECT results_eq('SELECT * FROM my_notification_settings()', $$VALUES (NULL::text, 'UTC', NULL::text, NULL::text, 'off', false)$$, 'the defaults');
SELECT set_notification_settings(locale => 'bg-BG', timezone => 'Europe/Sofia', quiet_from => '22:30', quiet_to => '07:00', digest => 'daily') \g /dev/null
SELECT set_notification_settings(marketing => true) \g /dev/null
SELECT results_eq('SELECT * FROM my_notification_settings()', $$VALUES ('bg-BG', 'Europe/Sofia', '22:30', '07:00', 'daily', true)$$, 'NULL leaves what was set');
SELECT set_notification_settings(locale => '', quiet_from => '', quiet_to => '') \g /dev/null
SELECT results_eq('SELECT * FROM my_notification_settings()', $$VALUES (NULL, 'Europe/Sofia', NULL, NULL, 'daily', true)$$, 'and an empty text takes it back');
SELECT is(tests.error_of(statement), expected, statement) FROM (VALUES
    ($$SELECT set_notification_settings(locale => 'Bulgarian!')$$, '22023 invalid locale: "Bulgarian!"'),
    ($$SELECT set_notification_settings(timezone => 'Sofia')$$, '22023 unrecognized time zone: "Sofia"'),
    ($$SELECT set_notification_settings(timezone => '+02:00')$$, '22023 unrecognized time zone: "+02:00"'),
    ($$SELECT set_notification_settings(timezone => '')$$, '22023 unrecognized time zone: ""'),
    ($$SELECT set_notification_settings(quiet_from => '22:00')$$, '22023 invalid quiet hours'),
    ($$SELECT set_notification_settings(quiet_from => '22:00', quiet_to => '')$$, '22023 invalid quiet hours'),
    ($$SELECT set_notification_settings(quiet_from => '22:00', quiet_to => '22:00')$$, '22023 invalid quiet hours'),
    ($$SELECT set_notification_settings(quiet_from => '24:00', quiet_to => '07:00')$$, '22023 invalid quiet hours'),
    ($$SELECT set_notification_settings(digest => 'hourly')$$, '22023 unrecognized digest: "hourly"')
) AS refused (statement, expected);
SELECT results_eq('SELECT * FROM my_notification_settings()', $$VALUES (NULL::text, 'Europe/Sofia', NULL::text, NULL::text, 'daily', true)$$, 'what was refused has changed nothing');

-- of their own
SELECT tests.log_in(:'seller') \g /dev/null
SELECT results_eq('SELECT * FROM my_notification_settings()', $$VALUES (NULL::text, 'UTC', NULL::text, NULL::text, 'off', false)$$, 'others have theirs');
SELECT is((SELECT count(*) FROM notification_settings), 0::bigint, 'and see none');
SELECT tests.log_out() \g /dev/null
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt(statement), '42501', statement) FROM (VALUES
    ('SELECT * FROM my_notification_settings()'), ('SELECT * FROM my_notification_preferences()'), ('SELECT my_channel()'), ('SELECT unread_counts()'),
    ($$SELECT set_notification_preference('new_rating', 'email', false)$$), ('SELECT set_notification_settings(marketing => true)'),
    ($$SELECT register_push_token('t', 'ios')$$), ($$SELECT unregister_push_token('t')$$), ('SELECT mark_notifications_read()'), ('SELECT * FROM my_notifications()')
) AS refused (statement);
SELECT tests.log_out() \g /dev/null

-- Whose language: the settings', else the profile's, else en
SELECT is((SELECT locale FROM private.readers(ARRAY[:'buyer'::uuid])), 'en', 'English for who has said nothing');
UPDATE profiles SET language_preference = 'BG_bg' WHERE id = :'buyer';
SELECT is((SELECT locale FROM private.readers(ARRAY[:'buyer'::uuid])), 'bg-bg', 'the language of the profile');
UPDATE notification_settings SET locale = 'de' WHERE user_id = :'buyer';
SELECT is((SELECT locale FROM private.readers(ARRAY[:'buyer'::uuid])), 'de', 'that of the settings before it');

-- Quiet hours: across midnight, and in nights with 23 and 25 hours
SELECT is(private.quiet_until(at::timestamptz, zone, from_time, to_time), until::timestamptz, concat_ws(' ', at, zone, from_time, to_time)) FROM (VALUES
    ('2026-06-01 12:00+00', 'UTC', '22:00', '07:00', NULL::text),
    ('2026-06-01 21:59+00', 'UTC', '22:00', '07:00', NULL),
    ('2026-06-01 22:00+00', 'UTC', '22:00', '07:00', '2026-06-02 07:00+00'),
    ('2026-06-02 06:59+00', 'UTC', '22:00', '07:00', '2026-06-02 07:00+00'),
    ('2026-06-02 07:00+00', 'UTC', '22:00', '07:00', NULL),
    ('2026-06-02 13:30+00', 'UTC', '13:00', '15:00', '2026-06-02 15:00+00'),
    ('2026-06-02 15:00+00', 'UTC', '13:00', '15:00', NULL),
    ('2026-06-01 20:00+00', 'Europe/Sofia', '22:00', '07:00', '2026-06-02 04:00+00'),
    -- the clocks go forward at 3 in the morning of 29 March, and back at 4 of 25 October
    ('2026-03-28 21:00+00', 'Europe/Sofia', '22:00', '07:00', '2026-03-29 04:00+00'),
    ('2026-03-27 21:00+00', 'Europe/Sofia', '22:00', '07:00', '2026-03-28 05:00+00'),
    ('2026-10-24 21:00+00', 'Europe/Sofia', '22:00', '07:00', '2026-10-25 05:00+00'),
    ('2026-10-23 21:00+00', 'Europe/Sofia', '22:00', '07:00', '2026-10-24 04:00+00'),
    -- an end that the clock leaves out, and one that comes twice
    ('2026-03-29 00:30+00', 'Europe/Sofia', '01:00', '03:30', '2026-03-29 01:30+00'),
    ('2026-10-25 00:15+00', 'Europe/Sofia', '01:00', '03:30', '2026-10-25 01:30+00')
) AS night (at, zone, from_time, to_time, until);
SELECT is(private.next_digest(at::timestamptz, zone, digest), next::timestamptz, concat_ws(' ', at, zone, digest)) FROM (VALUES
    ('2026-06-01 05:00+00', 'UTC', 'daily', '2026-06-01 09:00+00'),
    ('2026-06-01 09:00+00', 'UTC', 'daily', '2026-06-02 09:00+00'),
    ('2026-06-01 07:00+00', 'Europe/Sofia', 'daily', '2026-06-02 06:00+00'),
    ('2026-03-28 12:00+00', 'Europe/Sofia', 'daily', '2026-03-29 06:00+00'),
    ('2026-03-27 12:00+00', 'Europe/Sofia', 'daily', '2026-03-28 07:00+00'),
    -- Mondays
    ('2026-06-01 05:00+00', 'UTC', 'weekly', '2026-06-01 09:00+00'),
    ('2026-06-01 10:00+00', 'UTC', 'weekly', '2026-06-08 09:00+00'),
    ('2026-06-07 10:00+00', 'UTC', 'weekly', '2026-06-08 09:00+00')
) AS mail (at, zone, digest, next);

-- Channels
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT my_channel() AS channel \gset
SELECT matches(:'channel'::text, '^driplo_u_[0-9a-f]{32}$', 'a channel has a name that nobody guesses');
SELECT is(my_channel(), :'channel'::text, 'it stays the same');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT isnt(my_channel(), :'channel'::text, 'each has another one');
SELECT tests.log_out() \g /dev/null

-- Devices
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT register_push_token('phone', 'ios'), register_push_token('browser', 'web'), register_push_token('phone', 'ios') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT results_eq($$SELECT token, platform FROM push_tokens ORDER BY token$$, $$VALUES ('browser', 'web'), ('phone', 'ios')$$, 'a device is there once');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(unregister_push_token('browser'), false, 'nobody removes the device of somebody else');
SELECT register_push_token('phone', 'android') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format($$SELECT token, platform, user_id = %L FROM push_tokens ORDER BY token$$, :'seller'), $$VALUES ('browser', 'web', false), ('phone', 'android', true)$$, 'one that another user signs in with has left the first');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(unregister_push_token('phone'), false, 'who does not have it any more');
SELECT is(unregister_push_token('browser'), true, 'one''s own goes');
SELECT is(tests.error_of(statement), expected, left(statement, 80)) FROM (VALUES
    ($$SELECT register_push_token('t', 'windows')$$, '22023 unrecognized platform: "windows"'),
    ($$SELECT register_push_token('', 'ios')$$, '22023 token must have 1 to 4096 characters'),
    ($$SELECT register_push_token(repeat('t', 4097), 'ios')$$, '22023 token must have 1 to 4096 characters'),
    ($$SELECT register_push_token(NULL, 'ios')$$, '22004 token must not be NULL'),
    ($$SELECT register_push_token('t', NULL)$$, '22004 platform must not be NULL'),
    ($$SELECT unregister_push_token(NULL)$$, '22004 token must not be NULL')
) AS refused (statement, expected);
SELECT lives_ok(format('SELECT register_push_token(%L, ''web'')', string_agg(md5(n::text), '')), 'a long one') FROM generate_series(1, 128) n;
SELECT count(register_push_token('device ' || n, 'ios')) FROM generate_series(1, 25) n \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM push_tokens WHERE user_id = :'buyer'), 20::bigint, 'twenty devices are kept');

-- The link in an e-mail
DELETE FROM notification_preferences;
UPDATE notification_settings SET marketing = true;
SELECT private.unsubscribe_token(:'buyer', 'new_rating') AS rating, private.unsubscribe_token(:'buyer', 'digest') AS digest, private.unsubscribe_token(:'buyer', 'promotion_alert') AS promotion,
       private.unsubscribe_token(gen_random_uuid(), 'new_rating') AS stranger \gset
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt(format('SELECT 1 WHERE unsubscribe(%L) IS NOT NULL', token)), '0 rows', 'a wrong token changes nothing: ' || coalesce(left(token, 20), 'NULL')) FROM (VALUES
    (NULL::text), (''), ('x'), (:'rating' || '0'), (replace(:'rating', 'new_rating', 'new_message')), (left(:'rating', 60)), (:'stranger'), (upper(:'rating')),
    (:'seller' || substr(:'rating', 37)), (:'buyer' || '.new_rating.' || repeat('0', 64))) AS wrong (token);
SELECT is(unsubscribe(:'rating'), 'new_rating', 'a link of an e-mail needs no sign-in');
SELECT is(unsubscribe(:'rating'), 'new_rating', 'and can be followed twice');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT user_id, type::text, channel::text, enabled FROM notification_preferences', :'buyer'), format($$VALUES (%L::uuid, 'new_rating', 'email', false)$$, :'buyer'),
    'it turns the e-mails of its type off, and nothing else');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(unsubscribe(:'promotion'), 'promotion_alert', 'that of a promotion');
SELECT is(unsubscribe(:'digest'), 'digest', 'that of a digest');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT marketing FROM notification_settings WHERE user_id = :'buyer'), false, 'ends all marketing');
SELECT is((SELECT string_agg(type::text, ', ' ORDER BY type::text) FROM notification_preferences WHERE channel = 'email' AND NOT enabled),
    'achievement_earned, listing_favorited, new_follower, new_rating, price_drop, promotion_alert, saved_search_match', 'and all that a digest contains');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT set_notification_preference('new_rating', 'email', true) \g /dev/null
SELECT is((SELECT enabled FROM my_notification_preferences() WHERE (type, channel) = ('new_rating', 'email')), true, 'signed in, it can be turned on again');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
