-- A guest's cart goes to the account that the guest signs in to: by a code of the guest's own, once, and never more than there is.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
SELECT plan(35);

SELECT tests.sign_up('guest@merge.example') AS guest, tests.sign_up('ann@merge.example') AS ann, tests.sign_up('eve@merge.example') AS eve,
       tests.sign_up('seller@merge.example') AS seller, tests.sign_up('foe@merge.example') AS foe \gset
SELECT tests.goods(:'seller', 'New', 10) AS new, tests.goods(:'seller', 'Both', 10) AS both, tests.goods(:'seller', 'Few', 10, 4) AS few,
       tests.goods(:'seller', 'None', 10, 1) AS none, tests.goods(:'seller', 'Agreed', 10) AS agreed, tests.goods(:'ann', 'Own', 10) AS own,
       tests.goods(:'foe', 'Blocked', 10) AS blocked, tests.goods(:'seller', 'Archived', 10) AS archived, tests.goods(:'seller', 'Coat', 10, 0) AS coat \gset
SELECT tests.kind_of(:'coat', 'S', 12, 9) AS small, tests.kind_of(:'coat', 'M', 12, 9) AS medium \gset
SELECT tests.put(:'guest', :'new', 2), tests.put(:'guest', :'both', 2), tests.put(:'guest', :'few', 2), tests.put(:'guest', :'none', 2), tests.put(:'guest', :'agreed', 2),
       tests.put(:'guest', :'own', 1), tests.put(:'guest', :'blocked', 1), tests.put(:'guest', :'archived', 1), tests.put(:'guest', :'coat', 1, :'small') \g /dev/null
SELECT tests.put(:'ann', :'both', 3), tests.put(:'ann', :'few', 3), tests.put(:'ann', :'none', 3), tests.put(:'ann', :'agreed', 3), tests.put(:'ann', :'coat', 2, :'medium') \g /dev/null
UPDATE cart_items SET added_at = now() - interval '1 hour' + row * interval '1 second'
  FROM (SELECT i.id AS line, row_number() OVER (ORDER BY l.title) AS row FROM cart_items i JOIN listings l ON l.id = i.listing_id) AS in_order WHERE line = cart_items.id;
UPDATE listings SET status = 'archived' WHERE id = :'archived';
INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (:'foe', :'ann');
WITH made AS (INSERT INTO offers (listing_id, buyer_id, seller_id, amount, quantity, currency, made_by, round, expires_at, status, answered_at, checkout_until)
    VALUES (:'agreed', :'ann', :'seller', 8, 3, 'USD', 'buyer', 1, 'infinity', 'accepted', now(), 'infinity') RETURNING id)
UPDATE cart_items i SET offer_id = made.id FROM made, shopping_carts c WHERE c.id = i.cart_id AND c.user_id = :'ann' AND i.listing_id = :'agreed';
CREATE FUNCTION tests.in_cart(who uuid) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT string_agg(format('%s %s', i.quantity, concat_ws(' ', l.title, v.name)), ', ' ORDER BY l.title, v.name)
      FROM cart_items i JOIN shopping_carts c ON c.id = i.cart_id JOIN listings l ON l.id = i.listing_id LEFT JOIN product_variants v ON v.id = i.variant_id
     WHERE c.user_id = who
$$;
GRANT EXECUTE ON FUNCTION tests.in_cart(uuid) TO authenticated, anon, service_role;
SELECT tests.in_cart(:'ann') AS before \gset

-- The code

SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok('SELECT create_cart_claim()', '42501', NULL, 'a visitor without a session has no cart to give');
SELECT throws_ok('SELECT * FROM merge_cart(gen_random_uuid())', '42501', NULL, 'nor one to take it into');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok('SELECT create_cart_claim()', '42501', NULL, 'the service without a user has none either');
SELECT tests.log_in(:'guest', '{"is_anonymous": true}') \g /dev/null
SELECT create_cart_claim() AS first_code \gset
SELECT create_cart_claim() AS code \gset
SELECT isnt(:'first_code'::uuid, :'code'::uuid, 'each code is another');
SELECT is((SELECT claim_hash FROM shopping_carts), encode(sha256(uuid_send(:'code')), 'hex'), 'of which the hash is kept');
SELECT is((SELECT claim_expires_at FROM shopping_carts), now() + interval '1 hour', 'for an hour');
SELECT throws_ok($$UPDATE shopping_carts SET claim_hash = 'x'$$, '42501', NULL, 'nobody writes one of their own');

SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok(format('SELECT * FROM merge_cart(%L)', :'first_code'), 'P0002', 'cart claim code is not valid', 'a newer code replaces the older one');
SELECT throws_ok('SELECT * FROM merge_cart(gen_random_uuid())', 'P0002', 'cart claim code is not valid', 'a guessed one is none');
SELECT throws_ok(format('SELECT * FROM merge_cart(%L)', :'guest'), 'P0002', NULL, 'and the guest''s ID is none');
SELECT throws_ok('SELECT * FROM merge_cart(NULL)', '22004', 'claim_code must not be NULL', 'NULL is an error');
SELECT is_empty(format('SELECT * FROM shopping_carts WHERE user_id = %L', :'guest'), 'nobody reads the hash of another''s code');
SELECT tests.log_out() \g /dev/null
UPDATE shopping_carts SET claim_expires_at = now() WHERE user_id = :'guest';
SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok(format('SELECT * FROM merge_cart(%L)', :'code'), 'P0002', NULL, 'a code that is too old is refused');
SELECT is(tests.in_cart(:'guest') || '; ' || tests.in_cart(:'ann'), '2 Agreed, 1 Archived, 1 Blocked, 2 Both, 1 Coat S, 2 Few, 2 New, 2 None, 1 Own; ' || :'before', 'nothing has moved');
SELECT tests.log_out() \g /dev/null
UPDATE shopping_carts SET claim_expires_at = now() + interval '1 minute', expires_at = now() WHERE user_id = :'guest';
SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok(format('SELECT * FROM merge_cart(%L)', :'code'), 'P0002', NULL, 'and that of a cart that has expired');
SELECT tests.log_out() \g /dev/null
UPDATE shopping_carts SET expires_at = now() + interval '1 day' WHERE user_id IN (:'guest', :'ann');

-- The cart

SELECT tests.log_in(:'ann') \g /dev/null
CREATE TEMP TABLE moved AS SELECT * FROM merge_cart(:'code');
SELECT results_eq('SELECT l.title::text, m.requested, m.quantity, m.problem FROM moved m LEFT JOIN listings l ON l.id = m.listing_id ORDER BY l.title',
    $$VALUES ('Agreed', 2, 3, 'has_offer'), ('Blocked', 1, 0, 'seller_unavailable'), ('Both', 2, 5, NULL), ('Coat', 1, 1, NULL), ('Few', 2, 4, 'not_enough_stock'), ('New', 2, 2, NULL),
             ('None', 2, 3, 'not_enough_stock'), ('Own', 1, 0, 'own_listing'), (NULL, 1, 0, 'listing_unavailable')$$,
    'each item of the guest''s is told of');
SELECT is(tests.in_cart(:'ann'), '3 Agreed, 5 Both, 2 Coat M, 1 Coat S, 4 Few, 2 New, 3 None', 'quantities are added up as far as there are pieces, and never reduced');
SELECT is(tests.in_cart(:'guest'), NULL, 'the guest''s cart is empty');
SELECT is((SELECT count(*) FROM moved m JOIN cart_items i ON i.id = m.item_id AND i.listing_id = m.listing_id AND i.quantity = m.quantity), 6::bigint, 'the items are those of the cart');
SELECT is((SELECT count(*) FROM moved WHERE item_id IS NULL), 3::bigint, 'what was left out has none');
SELECT is((SELECT count(*) FROM cart_items WHERE offer_id IS NOT NULL), 1::bigint, 'the price of the offer stays');
SELECT is((SELECT expires_at FROM shopping_carts), now() + interval '30 days', 'the cart is kept for thirty days again');
SELECT throws_ok(format('SELECT * FROM merge_cart(%L)', :'code'), 'P0002', NULL, 'a code is good for once');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT num_nulls(claim_hash, claim_expires_at) FROM shopping_carts WHERE user_id = :'guest'), 2, 'nothing is left of it');

-- Whoever has the code is the guest: another account may take it, but what was taken is gone

SELECT tests.put(:'guest', :'new', 2) \g /dev/null
SELECT tests.log_in(:'guest') \g /dev/null
SELECT create_cart_claim() AS code \gset
SELECT is_empty(format('SELECT * FROM merge_cart(%L)', :'code'), 'the same user, who has become an account, moves nothing');
SELECT is(tests.in_cart(:'guest'), '2 New', 'and keeps all');
SELECT throws_ok(format('SELECT * FROM merge_cart(%L)', :'code'), 'P0002', NULL, 'though the code is used');
SELECT create_cart_claim() AS code \gset
SELECT tests.log_in(:'eve', '{"is_anonymous": true}') \g /dev/null
SELECT results_eq(format('SELECT requested, quantity, problem FROM merge_cart(%L)', :'code'), 'VALUES (2, 2, NULL::text)', 'a guest on another device takes it');
SELECT is(tests.in_cart(:'eve'), '2 New', 'into a cart of their own');

-- A full cart

SELECT tests.log_out() \g /dev/null
SELECT tests.put(:'guest', :'new', 1), tests.put(:'guest', :'both', 1) \g /dev/null
UPDATE cart_items i SET added_at = now() - interval '1 minute' FROM shopping_carts c WHERE c.id = i.cart_id AND c.user_id = :'guest' AND i.listing_id = :'both';
SET LOCAL driplo.max_cart_lines = 1;
SELECT tests.log_in(:'guest') \g /dev/null
SELECT create_cart_claim() AS code \gset
SELECT tests.log_in(:'eve') \g /dev/null
SELECT results_eq(format('SELECT requested, quantity, problem FROM merge_cart(%L)', :'code'), $$VALUES (1, 0, 'cart_full'), (1, 3, NULL)$$, 'no more items than a cart may have; more of one that is there');
SELECT is(tests.in_cart(:'eve'), '3 New', 'which is what it has then');
SELECT is(tests.in_cart(:'guest'), NULL, 'the rest was told of, and is gone');
SELECT tests.log_out() \g /dev/null
RESET driplo.max_cart_lines;

-- Suspended users keep a cart; the service acts for the user of its claims

SELECT suspend_user(:'ann', 'for the test') \g /dev/null
SELECT tests.put(:'guest', :'both', 1) \g /dev/null
SELECT tests.log_in(:'guest') \g /dev/null
SELECT create_cart_claim() AS code \gset
SELECT tests.log_in(:'ann') \g /dev/null
SELECT results_eq(format('SELECT requested, quantity, problem FROM merge_cart(%L)', :'code'), 'VALUES (1, 6, NULL::text)', 'a suspended user has a cart, too');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM cart_items i JOIN shopping_carts c ON c.id = i.cart_id WHERE c.user_id = :'guest'), 0::bigint, 'the guest has nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'and nothing is wrong');

SELECT * FROM finish();
ROLLBACK;
