-- The cart: everybody has one, finds it again, and gets a new one when it has expired.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(42);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('bob@example.com') AS bob, tests.sign_up('sue@example.com') AS sue \gset
SELECT tests.a_listing(:'sue') AS lamp, tests.a_listing(:'sue') AS chair, tests.a_listing(:'sue', 10, 5, 'draft') AS draft \gset
SELECT tests.a_variant(:'lamp') AS blue_lamp, tests.a_variant(:'chair') AS blue_chair \gset
SELECT id AS ann_cart FROM shopping_carts WHERE user_id = :'ann' \gset
SELECT id AS bob_cart FROM shopping_carts WHERE user_id = :'bob' \gset

-- get_or_create_cart

SELECT tests.log_in(:'ann');
SELECT is(get_or_create_cart(:'ann'), :'ann_cart'::uuid, 'the cart of the sign-up is found');
SELECT is(get_or_create_cart(user_uuid => :'ann'), get_or_create_cart(:'ann'), 'twice the same one');
SELECT throws_ok(format('SELECT get_or_create_cart(%L)', :'bob'), '42501', 'permission denied for cart of another user', 'another user''s cart is refused');
SELECT throws_ok('SELECT get_or_create_cart(NULL)', '22004', NULL, 'NULL is an error');
SELECT is(tests.error_of(format('SELECT get_or_create_cart(%L)', :'bob')),
          tests.error_of('SELECT get_or_create_cart(''00000000-0000-4000-8000-00000000dead'')'), 'whether the other user exists is not told');
SELECT tests.log_in_as_anon();
SELECT throws_ok(format('SELECT get_or_create_cart(%L)', :'ann'), '42501', NULL, 'anon has no cart');
SELECT tests.log_in_as_service();
SELECT is(get_or_create_cart(:'bob'), :'bob_cart'::uuid, 'the service gets anybody''s');
SELECT throws_ok('SELECT get_or_create_cart(''00000000-0000-4000-8000-00000000dead'')', 'P0002', 'user "00000000-0000-4000-8000-00000000dead" does not exist', 'but not that of a user who does not exist');
SELECT throws_ok('SELECT get_or_create_cart(NULL)', '22004', NULL, 'nor that of NULL');
SELECT tests.log_out();
SELECT results_eq('SELECT id FROM shopping_carts WHERE user_id IN (SELECT id FROM profiles) ORDER BY created_at, id',
    format('SELECT id FROM shopping_carts WHERE id IN (%L, %L) OR user_id = %L ORDER BY created_at, id', :'ann_cart', :'bob_cart', :'sue'),
    'nobody has another cart than before');

DELETE FROM shopping_carts WHERE id = :'ann_cart';
SELECT tests.log_in(:'ann');
SELECT isnt(get_or_create_cart(:'ann'), NULL, 'a missing cart is made');
SELECT is(get_or_create_cart(:'ann'), (SELECT id FROM shopping_carts), 'and found from then on');
SELECT cmp_ok((SELECT expires_at FROM shopping_carts), '=', now() + interval '30 days', 'it lives for thirty days');
SELECT tests.log_out();

INSERT INTO cart_items (cart_id, listing_id) SELECT id, :'lamp' FROM shopping_carts WHERE user_id IN (:'ann', :'bob');
UPDATE shopping_carts SET expires_at = now() - interval '1 second' WHERE user_id IN (:'ann', :'bob');
SELECT id AS expired FROM shopping_carts WHERE user_id = :'ann' \gset
SELECT tests.log_in(:'ann');
SELECT isnt(get_or_create_cart(:'ann'), :'expired'::uuid, 'an expired cart is replaced by another');
SELECT is((SELECT count(*) FROM cart_items), 0::bigint, 'which is empty');
SELECT is(get_or_create_cart(:'ann'), (SELECT id FROM shopping_carts), 'and stays');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM cart_items WHERE cart_id = :'expired') + (SELECT count(*) FROM shopping_carts WHERE id = :'expired'), 0::bigint,
    'the expired one is gone with what was in it');
SELECT is((SELECT count(*) FROM cart_items WHERE cart_id = :'bob_cart'), 1::bigint, 'another user''s expired cart is left alone');
UPDATE shopping_carts SET expires_at = now() WHERE user_id = :'bob';
SELECT isnt(get_or_create_cart(:'bob'), :'bob_cart'::uuid, 'a cart that expires this moment has expired');
UPDATE shopping_carts SET expires_at = NULL WHERE user_id = :'bob';
SELECT is(get_or_create_cart(:'bob'), (SELECT id FROM shopping_carts WHERE user_id = :'bob'), 'a cart without a date does not expire');
UPDATE profiles SET deleted_at = now() WHERE id = :'bob';
DELETE FROM shopping_carts WHERE user_id = :'bob';
SELECT throws_ok(format('SELECT get_or_create_cart(%L)', :'bob'), 'P0002', NULL, 'a deleted user gets no cart');
UPDATE profiles SET deleted_at = NULL WHERE id = :'bob';
SELECT isnt(get_or_create_cart(:'bob'), NULL, 'one who is back does');
SELECT throws_ok(format('INSERT INTO shopping_carts (user_id) VALUES (%L)', :'bob'), '23505', NULL, 'nobody has two carts');

-- What may be in it

SELECT id AS cart FROM shopping_carts WHERE user_id = :'ann' \gset
SELECT id AS other_cart FROM shopping_carts WHERE user_id = :'bob' \gset
SELECT tests.log_in(:'ann');
SELECT lives_ok(format('INSERT INTO cart_items (cart_id, listing_id, quantity) VALUES (%L, %L, 2)', :'cart', :'lamp'), 'what is for sale can be put in');
SELECT throws_ok(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (%L, %L)', :'cart', :'lamp'), '23505', NULL, 'a listing without a variant is in one line');
SELECT lives_ok(format('INSERT INTO cart_items (cart_id, listing_id, variant_id) VALUES (%L, %L, %L)', :'cart', :'lamp', :'blue_lamp'), 'each variant is another line');
SELECT throws_ok(format('INSERT INTO cart_items (cart_id, listing_id, variant_id) VALUES (%L, %L, %L)', :'cart', :'lamp', :'blue_lamp'), '23505', NULL, 'also only once');
SELECT throws_ok(format('INSERT INTO cart_items (cart_id, listing_id, variant_id) VALUES (%L, %L, %L)', :'cart', :'chair', :'blue_lamp'), '23503', NULL, 'a variant of another listing is refused');
SELECT throws_ok(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (%L, %L)', :'cart', :'draft'), '42501', NULL, 'a draft is refused');
SELECT throws_ok(format('INSERT INTO cart_items (cart_id, listing_id, quantity) VALUES (%L, %L, 0)', :'cart', :'chair'), '23514', NULL, 'no piece is too few');
SELECT throws_ok(format('INSERT INTO cart_items (cart_id, listing_id, quantity) VALUES (%L, %L, -1)', :'cart', :'chair'), '23514', NULL, 'a negative number too');
SELECT throws_ok(format('INSERT INTO cart_items (cart_id, listing_id, quantity) VALUES (%L, %L, 1000000000)', :'cart', :'chair'), '23514', NULL, 'a billion pieces are too many');
SELECT throws_ok(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (%L, %L)', :'other_cart', :'chair'), '42501', NULL, 'another user''s cart is refused');
SELECT throws_ok(format('UPDATE cart_items SET quantity = 0 WHERE cart_id = %L', :'cart'), '23514', NULL, 'a line cannot be made empty');
SELECT throws_ok(format('UPDATE cart_items SET listing_id = %L WHERE cart_id = %L', :'draft', :'cart'), '42501', NULL, 'nor another line');
SELECT throws_ok(format($$UPDATE shopping_carts SET expires_at = 'infinity' WHERE id = %L$$, :'cart'), '42501', NULL, 'nobody makes the own cart immortal');
SELECT is((SELECT count(*) FROM shopping_carts), 1::bigint, 'nobody sees another''s cart');
SELECT tests.log_in(:'sue');
SELECT throws_ok(format('INSERT INTO cart_items (cart_id, listing_id) SELECT id, %L FROM shopping_carts', :'lamp'), '42501', NULL, 'nobody buys from herself');
SELECT is((SELECT count(*) FROM cart_items), 0::bigint, 'a seller does not see who has her things in the cart');
SELECT tests.log_in_as_anon();
SELECT throws_ok('SELECT * FROM cart_items', '42501', NULL, 'anon sees no carts');
SELECT tests.log_out();
SELECT results_eq(format('SELECT listing_id, variant_id, quantity FROM cart_items WHERE cart_id = %L ORDER BY variant_id NULLS FIRST', :'cart'),
    format('VALUES (%1$L::uuid, NULL::uuid, 2), (%1$L, %2$L, 1)', :'lamp', :'blue_lamp'), 'the cart has the two lines that were let in');
SELECT is((SELECT count(*) FROM cart_items WHERE cart_id <> :'cart'), 0::bigint, 'and no other cart has any');

SELECT * FROM finish();
ROLLBACK;
