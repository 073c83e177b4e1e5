-- What sellers may do with their listings, and what becomes of a listing by itself.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(45);
SELECT tests.sign_up('sue@example.com') AS sue, tests.sign_up('ann@example.com') AS ann \gset

SELECT tests.log_in(:'sue');

-- Slug and published_at

SELECT lives_ok(format($$INSERT INTO listings (seller_id, title, description, price) VALUES (%L, 'Blue Lamp, 2 m!', 'x', 10)$$, :'sue'), 'a listing needs no slug');
SELECT matches((SELECT slug::text FROM listings), '^blue-lamp-2-m-[0-9a-z]{8}$', 'and gets one from its title');
SELECT lives_ok(format($$INSERT INTO listings (seller_id, title, description, price) SELECT %L, 'Blue Lamp, 2 m!', 'x', 10 FROM generate_series(1, 50)$$, :'sue'), 'fifty of one title');
SELECT is((SELECT count(DISTINCT slug) FROM listings), 51::bigint, 'have fifty slugs');
SELECT lives_ok(format($$INSERT INTO listings (seller_id, title, slug, description, price) VALUES (%L, '服', '', 'x', 10)$$, :'sue'), 'a title in another alphabet and an empty slug will do');
SELECT matches((SELECT slug::text FROM listings WHERE title = '服'), '^listing-[0-9a-z]{8}$', 'too');
SELECT lives_ok(format($$INSERT INTO listings (seller_id, title, slug, description, price) VALUES (%L, 'Own', 'my-own-slug', 'x', 10)$$, :'sue'), 'a slug of one''s own');
SELECT is((SELECT slug::text FROM listings WHERE title = 'Own'), 'my-own-slug', 'stays as it is');
SELECT throws_ok(format($$INSERT INTO listings (seller_id, title, slug, description, price) VALUES (%L, 'Own', 'my-own-slug', 'x', 10)$$, :'sue'), '23505', NULL, 'and is unique');
DELETE FROM listings WHERE title <> 'Own';
SELECT is((SELECT published_at FROM listings), NULL, 'a draft is not published');
UPDATE listings SET status = 'active';
SELECT is((SELECT published_at FROM listings), now(), 'the first publication sets published_at');
SELECT tests.log_out();
UPDATE listings SET published_at = now() - interval '1 day';
SELECT tests.log_in(:'sue');
UPDATE listings SET status = 'archived';
UPDATE listings SET status = 'active';
SELECT is((SELECT published_at FROM listings), now() - interval '1 day', 'a second one does not');
UPDATE listings SET title = 'Own', published_at = now(), sold_at = now();
SELECT results_eq('SELECT published_at, sold_at FROM listings', $$VALUES (now() - interval '1 day', NULL::timestamptz)$$, 'nor does the seller');
SELECT lives_ok(format($$INSERT INTO listings (seller_id, title, description, price, status) VALUES (%L, 'At once', 'x', 10, 'active')$$, :'sue'), 'a listing may be published at once');
SELECT is((SELECT published_at FROM listings WHERE title = 'At once'), now(), 'and has its date');
DELETE FROM listings WHERE title = 'At once';

-- Statuses

SELECT throws_ok(format($$UPDATE listings SET status = %L$$, status), '42501', 'sellers cannot set the status of a listing to ' || status, 'a seller cannot make a listing ' || status)
  FROM unnest('{reserved,sold,removed}'::text[]) status;
SELECT throws_ok(format($$INSERT INTO listings (seller_id, title, description, price, status) VALUES (%L, 'x', 'x', 1, %L)$$, :'sue', status), '42501', NULL, 'nor begin with one that is ' || status)
  FROM unnest('{reserved,sold,removed}'::text[]) status;
SELECT is((SELECT string_agg(status::text, ',') FROM listings), 'active', 'and nothing of that happened');
SELECT tests.log_out();
UPDATE listings SET status = 'removed';
SELECT tests.log_in(:'sue');
SELECT throws_ok($$UPDATE listings SET title = 'Back'$$, '42501', 'cannot change a listing removed by a moderator', 'what a moderator removed is not changed');
SELECT throws_ok($$UPDATE listings SET status = 'active'$$, '42501', 'cannot change a listing removed by a moderator', 'nor brought back');
SELECT tests.log_out();
UPDATE listings SET status = 'active';
SELECT tests.log_in(:'sue');
UPDATE listings SET status = 'deleted';
SELECT throws_ok($$UPDATE listings SET status = 'active'$$, '55000', 'cannot change a deleted listing', 'what was deleted does not come back');
SELECT tests.log_out();
SELECT results_eq('SELECT title::text, status::text FROM listings', $$VALUES ('Own', 'deleted')$$, 'and nothing of that happened');

-- Stock comes back by the seller's hand

UPDATE listings SET status = 'reserved', quantity = 0;
SELECT tests.log_in(:'sue');
UPDATE listings SET title = 'Renamed';
SELECT is((SELECT status::text FROM listings), 'reserved', 'a reserved listing can be renamed and stays reserved');
UPDATE listings SET quantity = 3;
SELECT is((SELECT status::text FROM listings), 'active', 'with more pieces it is on sale again');
SELECT tests.log_out();
UPDATE listings SET status = 'sold', quantity = 0;
SELECT tests.log_in(:'sue');
UPDATE listings SET quantity = 1, status = 'archived';
SELECT is((SELECT status::text FROM listings), 'archived', 'unless its seller says otherwise');
SELECT tests.log_out();
SELECT tests.log_in_as_service();
UPDATE listings SET status = 'sold', quantity = 1;
SELECT is((SELECT status::text FROM listings), 'sold', 'the service may set any status');
UPDATE listings SET quantity = 2;
SELECT is((SELECT status::text FROM listings), 'active', 'and restocks as sellers do');
SELECT tests.log_out();

-- Other people's

SELECT tests.log_in(:'ann');
SELECT results_eq($$WITH changed AS (UPDATE listings SET seller_id = auth.uid() RETURNING id) SELECT count(*) FROM changed$$, 'VALUES (0::bigint)', 'nobody takes a listing over');
SELECT results_eq($$WITH changed AS (UPDATE listings SET view_count = 99 RETURNING id) SELECT count(*) FROM changed$$, 'VALUES (0::bigint)', 'or sets its counters');
UPDATE listings SET title = 'Mine';
DELETE FROM listings;
SELECT tests.log_out();
SELECT results_eq('SELECT title::text FROM listings', $$VALUES ('Renamed')$$, 'for others a listing is there to be seen only');

-- By the code, a coupon that is not shown around

INSERT INTO coupons (code, name, discount_type, discount_value, user_ids) VALUES ('FOR-ANN', 'x', 'percentage', 10, ARRAY[:'ann'::uuid]);
INSERT INTO coupons (code, name, discount_type, discount_value, new_users_only) VALUES ('WELCOME', 'x', 'percentage', 10, true);
INSERT INTO coupons (code, name, discount_type, discount_value, is_active) VALUES ('OFF', 'x', 'percentage', 10, false);
INSERT INTO coupons (code, name, discount_type, discount_value, valid_from, valid_until) VALUES ('OVER', 'x', 'percentage', 10, now() - interval '2 days', now() - interval '1 day');
SELECT tests.log_in(:'ann');
SELECT is((SELECT count(*) FROM coupons), 0::bigint, 'private coupons are not listed');
SELECT results_eq($$SELECT code, discount_value FROM find_coupon('FOR-ANN')$$, $$VALUES ('FOR-ANN', 10.00)$$, 'whose it is finds it by its code');
SELECT is((SELECT code FROM find_coupon('  WELCOME ')), 'WELCOME', 'spaces around it do not matter');
SELECT is_empty(format('SELECT code FROM find_coupon(%L)', code), 'not found: ' || coalesce(code, 'NULL')) FROM unnest('{WELCOM,OFF,OVER,%,"",NULL}'::text[]) code;
SELECT tests.log_in(:'sue');
SELECT is_empty($$SELECT code FROM find_coupon('FOR-ANN')$$, 'somebody else''s is not found');
SELECT tests.log_in_as_anon();
SELECT throws_ok($$SELECT code FROM find_coupon('WELCOME')$$, '42501', NULL, 'without a user there is no looking for codes');
SELECT tests.log_out();

SELECT * FROM finish();
ROLLBACK;
