-- Functions: where those of the reference schema failed or answered wrongly. Each test begins with the words for it;
-- the functions' own tests go deeper.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
SELECT plan(27);

-- Signing up

SELECT tests.sign_up('ann@example.com') AS ann \gset
SELECT is((SELECT count(*) FROM profiles WHERE id = :'ann'), 1::bigint, 'every signup fails where the inserting role has another search_path');
SELECT lives_ok(format($$SELECT tests.sign_up(%L)$$, email), 'every signup fails for ' || what)
  FROM (VALUES ('a taken local part', 'ann@other.example'), ('a local part over 30 characters', repeat('a', 60) || '@example.com'), ('a NULL e-mail', NULL), ('another NULL e-mail', NULL),
               ('an e-mail without a local part', '@example.com'), ('an e-mail in other letters', 'Ünal.Öz@example.com')) AS odd (what, email);
SELECT is((SELECT count(*) FROM profiles p JOIN shopping_carts c ON c.user_id = p.id JOIN user_stats_summary s ON s.user_id = p.id), (SELECT count(*) FROM auth.users), '(each has profile, cart and statistics)');
SELECT tests.sign_up('admin@evil.example') AS evil \gset
SELECT isnt((SELECT username::text FROM profiles WHERE id = :'evil'), 'admin', 'admin@evil.example becomes user admin');
SELECT tests.log_out() \g /dev/null
UPDATE auth.users SET email = 'ann@new.example' WHERE id = :'ann';
SELECT is((SELECT email::text FROM profiles WHERE id = :'ann'), 'ann@new.example', 'an e-mail change is not followed');
SELECT is((SELECT count(DISTINCT username) FROM profiles), (SELECT count(*) FROM profiles), 'two signups at once collide: names are made unique (at once: the isolation tests)');

-- get_or_create_cart

UPDATE shopping_carts SET expires_at = now() - interval '1 day' WHERE user_id = :'ann';
SELECT tests.log_in(:'ann') \g /dev/null
SELECT lives_ok(format('SELECT get_or_create_cart(%L)', :'ann'), 'get_or_create_cart: duplicate key for an expired cart');
SELECT is(get_or_create_cart(:'ann'), get_or_create_cart(:'ann'), 'get_or_create_cart: duplicate key for two calls (at once: the isolation tests)');
SELECT is(tests.attempt(format('SELECT get_or_create_cart(%L)', :'evil')), '42501', 'get_or_create_cart: for somebody else');

-- is_profile_setup_complete, update_setup_completion

SELECT is(is_profile_setup_complete(:'ann'), false, 'is_profile_setup_complete: always an error (ambiguous user_id)');
INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (:'ann', 'avatar_selected', true), (:'ann', 'profile_info_completed', true);
SELECT is(is_profile_setup_complete(:'ann'), true, 'is_profile_setup_complete: true after the two steps');
SELECT tests.log_out() \g /dev/null
UPDATE profiles SET setup_completed_at = '2024-01-01' WHERE id = :'ann';
SELECT tests.log_in(:'ann') \g /dev/null
INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (:'ann', 'account_type_selected', true);
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT setup_completed_at FROM profiles WHERE id = :'ann'), '2024-01-01'::timestamptz, 'setup_completed_at moves with each later step');

-- generate_order_number

SELECT is((SELECT count(DISTINCT generate_order_number()) FROM generate_series(1, 5000)), 5000::bigint, 'generate_order_number: at 500 orders every day a collision');
SET LOCAL timezone = 'Pacific/Kiritimati';
SELECT is(substr(generate_order_number(), 5, 8), to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD'), 'generate_order_number: local date');
SET LOCAL timezone = 'Etc/GMT+12';
SELECT is(substr(generate_order_number(), 5, 8), to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD'), 'generate_order_number: local date, on the other side');
SELECT tests.an_order(:'ann', :'evil') AS numbered \gset
SELECT matches((SELECT order_number::text FROM orders WHERE id = :'numbered'), '^ORD-[0-9]{8}-[0-9]{6,}$', 'generate_order_number: not even a default');

-- get_optimized_image_url

SELECT is(get_optimized_image_url('https://a.webp.example/x.webp/b.webp', 'small'), 'https://a.webp.example/x.webp/b_small.webp', 'get_optimized_image_url replaces .webp anywhere');
SELECT is(get_optimized_image_url('https://a.example/bigthumb.webp', 'small'), 'https://a.example/bigthumb_small.webp', 'get_optimized_image_url treats _ as a wildcard');
SELECT throws_ok($$SELECT get_optimized_image_url('https://a.example/b.webp', 'gigantic')$$, '22023', NULL, 'get_optimized_image_url accepts any size');

-- Of the same kind, beyond the list

SELECT isnt((SELECT provolatile FROM pg_proc WHERE oid = 'calculate_platform_fee(numeric)'::regprocedure), 'v', 'calculate_platform_fee is volatile');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt(format('SELECT is_admin(%L)', :'ann')), '42501', 'is_admin tells anon who is one');
SELECT is(tests.attempt(format('SELECT is_profile_setup_complete(%L)', :'ann')), '42501', 'is_profile_setup_complete tells anon about people');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
