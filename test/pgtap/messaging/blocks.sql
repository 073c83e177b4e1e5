-- Blocks: what they stop, in both directions, and what goes on.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(63);
SELECT tests.sign_up('ann@blocks.example') AS ann, tests.sign_up('sue@blocks.example') AS sue, tests.sign_up('eve@blocks.example') AS eve,
       tests.sign_up('gone@blocks.example') AS gone, tests.sign_up('mod@blocks.example') AS mod \gset
UPDATE profiles SET deleted_at = now() WHERE id = :'gone';
UPDATE profiles SET role = 'moderator' WHERE id = :'mod';
-- both sell to each other, and have each completed an order of the other's
SELECT tests.a_listing(:'ann') AS hers, tests.a_listing(:'sue') AS lamp, tests.a_listing(:'eve') AS other_lamp \gset
SELECT tests.an_order(:'ann', :'sue', 10, 'completed') AS bought, tests.an_order(:'sue', :'ann', 10, 'completed') AS sold \gset
SELECT tests.an_item(:'bought', :'lamp') AS line \gset
SELECT tests.an_address(:'ann', true) AS address_of_ann, tests.an_address(:'sue', true) AS address_of_sue \gset
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'ann', :'sue') RETURNING id AS talk \gset
INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (:'hers', :'sue', :'ann') RETURNING id AS other_talk \gset
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'ann', :'eve') RETURNING id AS talk_of_eve \gset
INSERT INTO user_follows (follower_id, following_id) VALUES (:'ann', :'sue'), (:'sue', :'ann'), (:'eve', :'sue'), (:'sue', :'eve');

-- The state of a statement, which is undone.
CREATE FUNCTION tests.state_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE statement;
        RAISE EXCEPTION USING ERRCODE = 'UNDO0';
    EXCEPTION WHEN OTHERS THEN
        RETURN CASE SQLSTATE WHEN 'UNDO0' THEN 'yes' ELSE SQLSTATE END;
    END;
END $$;

-- What one of the two tries with the other: the same for both.
CREATE FUNCTION tests.tries(me uuid, other uuid, their_listing uuid, talk uuid, done uuid, address uuid, kind text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answers text;
BEGIN
    PERFORM tests.log_in(me);
    answers := concat_ws(' ',
        'conversation', tests.state_of(format('INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (%L, %L, %L) ON CONFLICT DO NOTHING', their_listing, me, other)),
        'message', tests.state_of(format('INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, ''Hello'')', talk, me)),
        'add', tests.state_of(format('SELECT add_to_cart(%L)', their_listing)),
        'item', tests.state_of(format('INSERT INTO cart_items (cart_id, listing_id, quantity) VALUES (get_or_create_cart(%L), %L, 1)', me, their_listing)),
        'follow', tests.state_of(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', me, other)),
        'rating', tests.state_of(format('INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (%L, %L, %L, 1, %L)', done, me, other, kind)));
    PERFORM tests.log_out();
    RETURN answers;
END $$;
CREATE FUNCTION tests.cart_of(me uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    PERFORM tests.log_in(me);
    SELECT coalesce(string_agg(coalesce(problem, 'none'), ' '), 'empty') INTO found FROM cart_contents();
    PERFORM tests.log_out();
    RETURN found;
END $$;
SELECT format('tests.tries(%L, %L, %L, %L, %L, %L, ''seller'')', :'ann', :'sue', :'lamp', :'talk', :'bought', :'address_of_ann') AS of_ann,
       format('tests.tries(%L, %L, %L, %L, %L, %L, ''seller'')', :'sue', :'ann', :'hers', :'talk', :'sold', :'address_of_sue') AS of_sue,
       'conversation yes message yes add yes item yes follow 23505 rating yes' AS followed,
       'conversation yes message yes add yes item 23505 follow yes rating yes' AS free,
       'conversation MK016 message MK016 add MK016 item MK016 follow MK016 rating MK016' AS of_blocker,
       'conversation 42501 message 42501 add P0002 item 42501 follow 42501 rating 42501' AS of_blocked \gset

SELECT is((SELECT :of_ann), :'followed', 'before, she may do everything');
SELECT is((SELECT :of_sue), :'followed', 'so may the other');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT add_to_cart(:'lamp') AS hers_of_lamp \gset
SELECT tests.log_in(:'sue') \g /dev/null
SELECT add_to_cart(:'hers') AS line_of_sue \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.cart_of(:'ann') || ' ' || tests.cart_of(:'sue'), 'none none', 'and both have something of the other in the cart');

-- Whom one cannot block

SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok('SELECT block_user(NULL)', '22004', 'user_id must not be NULL', 'nobody is not blocked');
SELECT throws_ok('SELECT unblock_user(NULL)', '22004', 'user_id must not be NULL', 'nor unblocked');
SELECT throws_ok(format('SELECT block_user(%L)', :'ann'), '22023', 'users cannot block themselves', 'nor is oneself');
SELECT throws_ok('SELECT block_user(''00000000-0000-4000-8000-00000000dead'')', 'P0002', 'user "00000000-0000-4000-8000-00000000dead" does not exist', 'nor who does not exist');
SELECT throws_ok(format('SELECT block_user(%L)', :'gone'), 'P0002', NULL, 'or has left');
SELECT is(unblock_user(:'sue'), false, 'who is not blocked is not unblocked');
SELECT throws_ok(format('INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (%L, %L)', :'ann', :'sue'), '42501', NULL, 'blocks are written by the functions');
SELECT throws_ok(format('INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (%L, %L)', :'sue', :'eve'), '42501', NULL, 'never for others');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok(format('SELECT block_user(%L)', :'sue'), '42501', NULL, 'anon blocks nobody');
SELECT throws_ok('SELECT * FROM my_blocks()', '42501', NULL, 'and has blocked nobody');
SELECT tests.log_in(:'ann', '{"is_anonymous": true}') \g /dev/null
SELECT throws_ok(format('SELECT block_user(%L)', :'sue'), '42501', 'anonymous users can only browse listings and use a cart', 'nor does an anonymous user');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok(format('SELECT block_user(%L)', :'sue'), '42501', 'must be signed in', 'nor the service without a user');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM user_blocks), 0::bigint, 'none of this left a trace');
SELECT is((SELECT count(*) FROM user_follows), 4::bigint, 'in follows neither');

-- Ann blocks Sue

SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(block_user(:'sue'), true, 'she blocks her');
SELECT is(block_user(:'sue'), false, 'once');
SELECT results_eq('SELECT user_id, username, created_at = now() FROM my_blocks()', format('SELECT %L::uuid, ''sue'', true', :'sue'), 'she sees whom she has blocked');
SELECT results_eq('SELECT blocker_id, blocked_id FROM user_blocks', format('SELECT %L::uuid, %L::uuid', :'ann', :'sue'), 'in the table too');
SELECT results_eq('SELECT id, archived_by_buyer, archived_by_seller FROM conversations WHERE archived_by_buyer OR archived_by_seller ORDER BY archived_by_buyer',
    format('VALUES (%L::uuid, false, true), (%L::uuid, true, false)', :'other_talk', :'talk'), 'their conversations are archived, on her side');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is_empty('SELECT * FROM my_blocks()', 'the other sees nothing of it');
SELECT is_empty('SELECT * FROM user_blocks', 'nothing at all');
SELECT is((SELECT count(*) FROM conversations WHERE CASE WHEN buyer_id = :'sue' THEN archived_by_buyer ELSE archived_by_seller END), 0::bigint, 'nor in her conversations');
SELECT is((SELECT count(*) FROM get_conversation_messages_secure(:'ann')), 0::bigint, 'which she reads as before');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is_empty('SELECT * FROM user_blocks', 'moderators do not see it either');
SELECT tests.log_out() \g /dev/null
SELECT results_eq('SELECT follower_id, following_id FROM user_follows ORDER BY follower_id = ' || quote_literal(:'eve'),
    format('VALUES (%2$L::uuid, %1$L::uuid), (%1$L, %2$L)', :'eve', :'sue'), 'the two follow each other no longer; others do');
SELECT results_eq(format('SELECT follower_count, following_count FROM profiles WHERE id IN (%L, %L) ORDER BY follower_count', :'ann', :'sue'),
    'VALUES (0, 0), (1, 1)', 'and are counted');

-- What it stops

SELECT is((SELECT :of_ann), :'of_blocker', 'the one who has blocked is told what is in the way');
SELECT is((SELECT :of_sue), :'of_blocked', 'the other gets what one gets of things that are not there');
SELECT is(tests.cart_of(:'ann') || ' ' || tests.cart_of(:'sue'), 'seller_unavailable seller_unavailable', 'what is in the carts cannot be bought');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT throws_ok(format('SELECT checkout(%L)', :'address_of_sue'), 'MK006', NULL, 'by the one who was blocked');
SELECT throws_ok(format('INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, ''Hello'')', :'talk', :'sue'),
    '42501', 'new row violates row-level security policy for table "messages"', 'a message to her is refused like one to a stranger''s conversation');
SELECT throws_ok(format('INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, ''Hello'')', :'talk_of_eve', :'sue'),
    '42501', 'new row violates row-level security policy for table "messages"', 'which is refused in these words');
SELECT throws_ok(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'sue', :'ann'),
    '42501', 'new row violates row-level security policy for table "user_follows"', 'so is a follow');
SELECT throws_ok(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'sue', :'gone'),
    '42501', 'new row violates row-level security policy for table "user_follows"', 'like one of somebody who has left');
SELECT throws_ok(format('SELECT add_to_cart(%L)', :'hers'), 'P0002', format('listing "%s" does not exist', :'hers'), 'and her listing is as if it were not there');
SELECT throws_ok(format('INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, ''Hello''), (%L, %L, ''Hello'')', :'talk_of_eve', :'sue', :'talk', :'sue'), '42501', NULL, 'also among others');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok(format('SELECT checkout(%L)', :'address_of_ann'), 'MK006', NULL, 'nor by the one who has blocked');
SELECT throws_ok(format('SELECT add_to_cart(%L)', :'lamp'), 'MK016', 'you have blocked this user', 'who is told why');
SELECT lives_ok(format('INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, ''Hello'')', :'talk_of_eve', :'ann'), 'others are not concerned');
SELECT tests.log_out() \g /dev/null
SELECT results_eq('SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM conversations), (SELECT count(*) FROM user_follows), (SELECT count(*) FROM user_ratings), (SELECT count(*) FROM orders), (SELECT count(*) FROM cart_items)',
    'VALUES (1::bigint, 3::bigint, 2::bigint, 0::bigint, 2::bigint, 2::bigint)', 'what was refused left no trace');
SELECT tests.log_in_as_service() \g /dev/null
SELECT lives_ok(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'sue', :'ann'), 'the service writes what it writes');
DELETE FROM user_follows WHERE following_id = :'ann';
SELECT tests.log_out() \g /dev/null

-- What goes on

SELECT tests.an_order(:'ann', :'sue') AS open_order \gset
SELECT is((SELECT :of_sue), replace(:'of_blocked', 'message 42501', 'message yes'), 'while they have an open order, the other may write');
SELECT is((SELECT :of_ann), replace(:'of_blocker', 'message MK016', 'message yes'), 'and so may she, and nothing else');
UPDATE orders SET status = 'paid' WHERE id = :'open_order';
SELECT tests.log_in(:'sue') \g /dev/null
SELECT lives_ok(format('SELECT ship_order(%L, ''ups'', ''1Z1'')', :'open_order'), 'the order goes on');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT lives_ok(format('SELECT confirm_delivery(%L)', :'open_order'), 'to its end');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT :of_sue), replace(:'of_blocked', 'message 42501', 'message yes'), 'delivered is not completed');
UPDATE orders SET status = 'completed' WHERE id = :'open_order';
SELECT is((SELECT :of_sue), :'of_blocked', 'a completed order is not open');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT open_return(:'line', 'defective', 'It is broken.') AS ret \gset
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT :of_sue), replace(:'of_blocked', 'message 42501', 'message yes'), 'unless there is a return');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT lives_ok(format('SELECT advance_return(%L, ''rejected'', ''It was whole.'')', :'ret'), 'which the other decides');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT lives_ok(format('SELECT open_dispute(%L, ''damaged_item'', ''Broken'', ''It is broken.'')', :'bought'), 'or a dispute, which can still be opened');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT :of_sue), replace(:'of_blocked', 'message 42501', 'message yes'), 'and about which one writes');
UPDATE disputes SET status = 'cancelled';
SELECT is((SELECT :of_sue), :'of_blocked', 'until it ends');

-- Both block each other, and one gives in

SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(block_user(:'ann'), true, 'who was blocked may block too');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT :of_sue), :'of_blocker', 'and is told of the own block only');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(unblock_user(:'ann'), true, 'who takes the block back');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT :of_sue), :'of_blocked', 'still gets nowhere');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(unblock_user(:'sue'), true, 'until the other does so');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT :of_ann), :'free', 'then everything is as before');
SELECT is((SELECT :of_sue), :'free', 'for both');

-- A suspended user

UPDATE profiles SET suspended_at = now() WHERE id = :'ann';
SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok(format('SELECT block_user(%L)', :'sue'), '42501', 'suspended users can only browse listings and use a cart', 'suspended users block nobody');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
