-- Ratings, disputes and returns: between the parties of an order, about what was in it.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(63);
SELECT tests.sign_up('buyer@example.com') AS buyer, tests.sign_up('seller@example.com') AS seller, tests.sign_up('eve@example.com') AS eve,
       tests.sign_up('boss@example.com') AS boss \gset
SELECT tests.a_listing(:'seller', 10, 50) AS lamp \gset
SELECT tests.an_order(:'buyer', :'seller', 10, 'completed') AS done, tests.an_order(:'buyer', :'seller', 10, 'paid') AS open_order, tests.an_order(:'buyer', :'eve', 10, 'completed') AS other_order \gset
SELECT tests.an_item(:'done', :'lamp') AS item, tests.an_item(:'open_order', :'lamp') AS open_item \gset
CREATE FUNCTION tests.rate(order_id uuid, rater uuid, rated uuid, type text, rating integer DEFAULT 5) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES ($1, $2, $3, $4::rating_type, $5)' USING order_id, rater, rated, type, rating;
END $$;

-- Ratings, as the people themselves

SELECT tests.log_in(:'buyer');
SELECT lives_ok(format($$SELECT tests.rate(%L, %L, %L, 'seller')$$, :'done', :'buyer', :'seller'), 'the buyer rates the seller of a completed order');
SELECT throws_ok(format($$SELECT tests.rate(%L, %L, %L, 'seller')$$, :'done', :'buyer', :'seller'), '23505', NULL, 'once');
SELECT throws_ok(format($$SELECT tests.rate(%L, %L, %L, 'seller')$$, :'open_order', :'buyer', :'seller'), '55000', 'only completed orders can be rated', 'not before it is completed');
SELECT throws_ok(format($$SELECT tests.rate(%L, %L, %L, 'buyer')$$, :'done', :'buyer', :'seller'), '23514', 'rating must be between the buyer and the seller of the order', 'not as a buyer');
SELECT throws_ok(format($$SELECT tests.rate(%L, %L, %L, 'seller')$$, :'done', :'buyer', :'eve'), '23514', NULL, 'not somebody who was not in it');
SELECT throws_ok(format($$SELECT tests.rate(%L, %L, %L, 'buyer')$$, :'done', :'buyer', :'buyer'), '23514', NULL, 'not oneself');
SELECT throws_ok(format($$SELECT tests.rate(%L, %L, %L, 'buyer')$$, :'done', :'seller', :'buyer'), '42501', NULL, 'not in the seller''s name');
SELECT throws_ok('UPDATE user_ratings SET rating = 1', '42501', NULL, 'a rating stays as it is');
SELECT throws_ok('DELETE FROM user_ratings', '42501', NULL, 'and stays');
SELECT tests.log_in(:'eve');
SELECT throws_ok(format($$SELECT tests.rate(%L, %L, %L, 'seller', 1)$$, :'done', :'eve', :'seller'), '42501', 'new row violates row-level security policy for table "user_ratings"', 'a stranger rates nobody, and is not told who might');
SELECT tests.log_in(:'seller');
SELECT throws_ok(format($$SELECT tests.rate(%L, %L, %L, 'buyer', 9)$$, :'done', :'seller', :'buyer'), '23514', NULL, 'nine of five is refused');
SELECT throws_ok(format($$SELECT tests.rate(%L, %L, %L, 'buyer', 0)$$, :'done', :'seller', :'buyer'), '23514', NULL, 'none of five too');
SELECT lives_ok(format($$SELECT tests.rate(%L, %L, %L, 'buyer', 4)$$, :'done', :'seller', :'buyer'), 'the seller rates the buyer');
SELECT tests.log_in_as_anon();
SELECT is((SELECT count(id) FROM user_ratings), 2::bigint, 'everybody sees the two ratings, and no other');
SELECT throws_ok('SELECT order_id FROM user_ratings', '42501', NULL, 'but not what was bought');
SELECT tests.log_out();

-- The rule holds for the service too

SELECT throws_ok(format($$SELECT tests.rate(%L, %L, %L, 'seller')$$, :'other_order', :'buyer', :'seller'), '23514', NULL, 'the rated one was in another order');
SELECT throws_ok(format($$UPDATE user_ratings SET rated_user_id = %L WHERE type = 'seller'$$, :'eve'), '23514', NULL, 'a rating cannot be turned to somebody else');
SELECT throws_ok(format($$UPDATE user_ratings SET order_id = %L WHERE type = 'seller'$$, :'other_order'), '23514', NULL, 'nor to another order');
SELECT throws_ok($$SELECT tests.rate('00000000-0000-4000-8000-00000000dead', rater_user_id, rated_user_id, 'seller') FROM user_ratings WHERE type = 'seller'$$, '23503', NULL, 'a rating has an order');
SELECT throws_ok(format('UPDATE profiles SET seller_rating = 9.99 WHERE id = %L', :'seller'), '23514', NULL, 'a seller is not rated 9.99');
SELECT throws_ok(format('UPDATE user_stats_summary SET average_rating = 9.99 WHERE user_id = %L', :'seller'), '23514', NULL, 'not in the statistics either');
SELECT throws_ok(format($$UPDATE profiles SET seller_rating = 'NaN' WHERE id = %L$$, :'seller'), '23514', NULL, 'nor NaN');

-- Disputes

CREATE FUNCTION tests.dispute(order_id uuid, by uuid, against uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    id uuid;
BEGIN
    EXECUTE $q$INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description)
               VALUES ('D-' || gen_random_uuid(), $1, $2, $3, 'other', 'Broken', 'It is broken.') RETURNING id$q$ INTO id USING order_id, by, against;
    RETURN id;
END $$;
SELECT lives_ok(format('SELECT tests.dispute(%L, %L, %L)', :'done', :'buyer', :'seller'), 'a dispute is between buyer and seller');
SELECT throws_ok(format('SELECT tests.dispute(%L, %L, %L)', :'done', :'buyer', :'seller'), '23505', NULL, 'one of each party at a time');
SELECT lives_ok(format('SELECT tests.dispute(%L, %L, %L)', :'open_order', :'seller', :'buyer'), 'either way round');
SELECT throws_ok(format('SELECT tests.dispute(%L, %L, %L)', :'done', :'eve', :'seller'), '23514', 'dispute must be between the buyer and the seller of the order', 'not by a stranger');
SELECT throws_ok(format('SELECT tests.dispute(%L, %L, %L)', :'done', :'buyer', :'eve'), '23514', NULL, 'not against a stranger');
SELECT throws_ok(format('SELECT tests.dispute(%L, %L, %L)', :'done', :'eve', :'boss'), '23514', NULL, 'not between strangers');
SELECT throws_ok(format('SELECT tests.dispute(%L, %L, %L)', :'done', :'buyer', :'buyer'), '23514', NULL, 'not with oneself');
SELECT throws_ok(format('UPDATE disputes SET respondent_id = %L WHERE initiated_by = %L', :'eve', :'buyer'), '23514', NULL, 'nobody is drawn into it later');
SELECT throws_ok(format('UPDATE disputes SET order_id = %L WHERE initiated_by = %L', :'other_order', :'buyer'), '23514', NULL, 'nor does it move to another order');
SELECT id AS dispute FROM disputes WHERE initiated_by = :'buyer' \gset
INSERT INTO dispute_messages (dispute_id, sender_id, message, is_private_note) VALUES (:'dispute', :'buyer', 'Look at it.', false), (:'dispute', :'boss', 'Looks fine to me.', true);
SELECT tests.log_in(:'buyer');
SELECT is((SELECT count(id) FROM disputes), 2::bigint, 'a party sees the disputes');
SELECT results_eq('SELECT message FROM dispute_messages WHERE NOT is_system_message', $$VALUES ('Look at it.')$$, 'and what is said, without the staff''s private notes');
SELECT throws_ok(format('SELECT tests.dispute(%L, %L, %L)', :'done', :'buyer', :'seller'), '42501', NULL, 'a dispute is not opened by hand');
SELECT throws_ok($$UPDATE disputes SET resolution = 'full_refund'$$, '42501', NULL, 'nor decided by a party');
SELECT tests.log_in(:'eve');
SELECT is((SELECT count(id) FROM disputes) + (SELECT count(*) FROM dispute_messages), 0::bigint, 'strangers see nothing of it');
SELECT tests.log_out();
SELECT promote_to_admin('boss@example.com');
SELECT tests.log_in(:'boss');
SELECT is((SELECT count(*) FROM dispute_messages WHERE NOT is_system_message), 2::bigint, 'an admin sees all of it');
SELECT tests.log_out();

-- Returns

CREATE FUNCTION tests.return(order_id uuid, item uuid, by uuid, refund numeric DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE $q$INSERT INTO returns (return_number, order_id, order_item_id, requested_by, reason, refund_amount)
               VALUES ('R-' || gen_random_uuid(), $1, $2, $3, 'defective', $4)$q$ USING order_id, item, by, refund;
END $$;
SELECT lives_ok(format('SELECT tests.return(%L, %L, %L, 10)', :'done', :'item', :'buyer'), 'what was in the order can come back from it');
SELECT throws_ok(format('SELECT tests.return(%L, %L, %L)', :'done', :'open_item', :'buyer'), '23503', NULL, 'an item of another order cannot');
SELECT throws_ok(format('UPDATE returns SET order_id = %L', :'open_order'), '23503', NULL, 'nor can a return move to another order');
SELECT throws_ok(format('SELECT tests.return(%L, %L, %L)', :'done', :'item', :'buyer'), '23505', NULL, 'a line has one open return');
SELECT throws_ok(format('SELECT tests.return(%L, %L, %L)', :'open_order', :'open_item', :'eve'), '23514', 'returns and refunds must be requested by the buyer of the order', 'a stranger returns nothing');
SELECT throws_ok(format('SELECT tests.return(%L, %L, %L)', :'open_order', :'open_item', :'seller'), '23514', NULL, 'nor does the seller');
SELECT throws_ok(format('SELECT tests.return(%L, %L, %L, 10.01)', :'open_order', :'open_item', :'buyer'), '23514', 'refunds of an order item must not exceed the amount paid for it', 'no more is refunded than was paid');
SELECT throws_ok(format('SELECT tests.return(%L, %L, %L, -1)', :'open_order', :'open_item', :'buyer'), '23514', NULL, 'a refund is not negative');
SELECT throws_ok(format('SELECT tests.return(%L, %L, %L, ''NaN'')', :'open_order', :'open_item', :'buyer'), '23514', NULL, 'nor NaN');
SELECT throws_ok('UPDATE returns SET refund_amount = 10.01', '23514', NULL, 'nor made larger later');
SELECT throws_ok('UPDATE returns SET status = NULL', '23502', NULL, 'a return is in some state');
SELECT tests.log_in(:'seller');
SELECT is((SELECT count(*) FROM returns), 1::bigint, 'the seller sees the return');
SELECT throws_ok($$UPDATE returns SET status = 'rejected'$$, '42501', NULL, 'and does not write into it');
SELECT tests.log_in(:'eve');
SELECT is((SELECT count(*) FROM returns), 0::bigint, 'strangers do not see it');
SELECT throws_ok(format('SELECT tests.return(%L, %L, %L)', :'done', :'item', :'eve'), '42501', NULL, 'nor return anything');
SELECT tests.log_out();
SELECT results_eq('SELECT requested_by, status::text, refund_amount FROM returns', format($$VALUES (%L::uuid, 'requested', 10.00)$$, :'buyer'), 'there is the one return');
SELECT throws_ok(format($$INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (%L, -5, 'x', %L)$$, :'done', :'buyer'), '23514', NULL, 'nobody requests a negative refund');
SELECT throws_ok(format($$INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (%L, 0, 'x', %L)$$, :'done', :'buyer'), '23514', NULL, 'nor one of nothing');
SELECT throws_ok(format($$INSERT INTO refund_requests (order_id, amount, reason, status, requested_by) VALUES (%L, 5, 'x', 'sometime', %L)$$, :'done', :'buyer'), '23514', NULL, 'its status is one of those that exist');

SELECT lives_ok(format($$INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (%L, 6, 'x', %L)$$, :'done', :'buyer'), 'the buyer requests a refund');
SELECT throws_ok(format($$INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (%L, 4.01, 'x', %L)$$, :'done', :'buyer'), '23514', 'refunds must not exceed the order total', 'no more than the order''s total');
SELECT lives_ok(format($$INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (%L, 4, 'x', %L)$$, :'done', :'buyer'), 'the rest of it');
UPDATE refund_requests SET status = 'rejected' WHERE amount = 6;
SELECT lives_ok(format($$INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (%L, 5, 'x', %L)$$, :'done', :'buyer'), 'what was rejected may be requested again');
SELECT throws_ok($$UPDATE refund_requests SET status = 'pending' WHERE amount = 6$$, '23514', NULL, 'and is not taken up beside it');
SELECT throws_ok(format('UPDATE orders SET subtotal = 8, total_amount = 8 WHERE id = %L', :'done'), '23514', NULL, 'a total does not fall below its refunds');
SELECT throws_ok(format($$INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (%L, 1, 'x', %L)$$, :'open_order', :'eve'), '23514', NULL, 'a stranger requests none');

SELECT * FROM finish();
ROLLBACK;
