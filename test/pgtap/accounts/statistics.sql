-- Counters that the database keeps: favourites, follows, ratings, completed orders. Each is compared with what is there to count.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(74);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('bob@example.com') AS bob, tests.sign_up('sue@example.com') AS sue, tests.sign_up('tom@example.com') AS tom \gset
SELECT tests.a_listing(:'sue', 10, 100) AS lamp, tests.a_listing(:'sue', 10, 100) AS chair, tests.a_listing(:'sue', 10, 5, 'draft') AS draft \gset
SET LOCAL session_replication_role = replica;
UPDATE profiles SET updated_at = '2020-01-01';
UPDATE listings SET updated_at = '2020-01-01';
SET LOCAL session_replication_role = origin;

-- Listings whose favorite_count is not the number of their favourites, people whose follow counts or ratings or sales are not those there are
CREATE VIEW tests.wrong AS
    SELECT 'listing ' || id AS what FROM listings l WHERE favorite_count <> (SELECT count(*) FROM favorites f WHERE f.listing_id = l.id)
    UNION ALL
    SELECT 'follows ' || s.user_id FROM user_stats_summary s JOIN profiles p ON p.id = s.user_id
     WHERE concat_ws(', ', s.follower_count, p.follower_count) <> (SELECT concat_ws(', ', count(*), count(*)) FROM user_follows WHERE following_id = s.user_id)
        OR concat_ws(', ', s.following_count, p.following_count) <> (SELECT concat_ws(', ', count(*), count(*)) FROM user_follows WHERE follower_id = s.user_id)
    UNION ALL
    SELECT 'ratings ' || s.user_id FROM user_stats_summary s JOIN profiles p ON p.id = s.user_id
     WHERE concat_ws(', ', total_ratings, average_rating) <> (SELECT concat_ws(', ', count(*), round(avg(rating), 2)) FROM user_ratings WHERE rated_user_id = p.id)
        OR concat_ws(', ', seller_rating_count, seller_rating) <> (SELECT concat_ws(', ', count(*), round(avg(rating), 2)) FROM user_ratings WHERE rated_user_id = p.id AND type = 'seller')
        OR (rating_points, seller_rating_points)
           <> (SELECT coalesce(sum(rating), 0), coalesce(sum(rating) FILTER (WHERE type = 'seller'), 0) FROM user_ratings WHERE rated_user_id = p.id)
    UNION ALL
    SELECT 'sales ' || s.user_id FROM user_stats_summary s JOIN profiles p ON p.id = s.user_id
     WHERE concat_ws(', ', s.total_sales, p.total_sales, total_earned)
           <> (SELECT concat_ws(', ', count(*), count(*), LEAST(999999999999.99, coalesce(sum(total_amount + store_credit_amount), 0.00))) FROM orders WHERE seller_id = p.id AND status = 'completed')
        OR concat_ws(', ', s.total_purchases, p.total_purchases, total_spent)
           <> (SELECT concat_ws(', ', count(*), count(*), LEAST(999999999999.99, coalesce(sum(total_amount + store_credit_amount), 0.00))) FROM orders WHERE buyer_id = p.id AND status = 'completed');

-- Favourites

SELECT tests.log_in(:'ann');
INSERT INTO favorites (user_id, listing_id) VALUES (:'ann', :'lamp'), (:'ann', :'chair');
SELECT results_eq('SELECT favorite_count FROM listings WHERE favorite_count > 0', 'VALUES (1), (1)', 'a favourite is counted');
SELECT throws_ok(format('INSERT INTO favorites (user_id, listing_id) VALUES (%L, %L)', :'ann', :'lamp'), '23505', NULL, 'once for each user');
SELECT throws_ok(format('INSERT INTO favorites (user_id, listing_id) VALUES (%L, %L)', :'bob', :'lamp'), '42501', NULL, 'not in another''s name');
SELECT throws_ok(format('INSERT INTO favorites (user_id, listing_id) VALUES (%L, %L)', :'ann', :'draft'), '42501', NULL, 'not a draft');
SELECT results_eq('WITH changed AS (UPDATE listings SET favorite_count = 1000 RETURNING id) SELECT count(*) FROM changed', 'VALUES (0::bigint)', 'and nobody sets the count of another''s listing');
SELECT tests.log_in(:'bob', '{"is_anonymous": true}');
SELECT lives_ok(format('INSERT INTO favorites (user_id, listing_id) VALUES (%L, %L)', :'bob', :'lamp'), 'somebody who has not signed up yet marks a listing');
SELECT tests.log_in(:'sue');
SELECT throws_ok(format('UPDATE listings SET favorite_count = 1000 WHERE id = %L', :'lamp'), '42501', NULL, 'not even the seller of the listing');
SELECT tests.log_out();
SELECT is((SELECT favorite_count FROM listings WHERE id = :'lamp'), 2, 'two people have marked the lamp');
SELECT ok((SELECT bool_and(updated_at = '2020-01-01') FROM listings), 'which is no change of the listings');
UPDATE listings SET view_count = view_count + 1 WHERE id = :'lamp';
SELECT ok((SELECT bool_and(updated_at = '2020-01-01') FROM listings), 'nor is being looked at');
UPDATE listings SET title = 'A bright lamp' WHERE id = :'lamp';
SELECT ok((SELECT updated_at = now() FROM listings WHERE id = :'lamp'), 'another title is one');
SELECT tests.log_in(:'ann');
DELETE FROM favorites WHERE listing_id = :'chair';
SELECT tests.log_out();
SELECT is((SELECT favorite_count FROM listings WHERE id = :'chair'), 0, 'who unmarks a listing is not counted any more');
UPDATE favorites SET listing_id = :'chair' WHERE user_id = :'bob';
SELECT is_empty('SELECT * FROM tests.wrong', 'a favourite that the service moves is counted where it is');
UPDATE listings SET favorite_count = 0 WHERE id = :'chair';
SELECT lives_ok(format('DELETE FROM favorites WHERE user_id = %L', :'bob'), 'a count that is wrong stops nobody');
INSERT INTO favorites (user_id, listing_id) SELECT p.id, l.id FROM profiles p, listings l ON CONFLICT DO NOTHING;
SELECT is_empty('SELECT * FROM tests.wrong', 'many of one statement are counted');
SELECT lives_ok(format('DELETE FROM listings WHERE id = %L', :'chair'), 'a listing goes with its favourites');
SELECT is_empty('SELECT * FROM tests.wrong', 'and the others keep their counts');

-- Follows

SELECT tests.log_in(:'ann');
INSERT INTO user_follows (follower_id, following_id) VALUES (:'ann', :'sue'), (:'ann', :'tom');
SELECT results_eq('SELECT follower_count, following_count FROM user_stats_summary', 'VALUES (0, 2)', 'who follows two people follows two');
SELECT throws_ok(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'bob', :'ann'), '42501', NULL, 'nobody makes others follow');
SELECT throws_ok('UPDATE user_stats_summary SET follower_count = 1000000', '42501', NULL, 'nor sets the own count');
SELECT tests.log_out();
SELECT results_eq('SELECT follower_count, following_count FROM user_stats_summary WHERE user_id IN (' || quote_literal(:'sue') || ', ' || quote_literal(:'tom') || ')', 'VALUES (1, 0), (1, 0)', 'and each of them has a follower');
SELECT is((SELECT follower_count FROM user_stats_summary WHERE user_id = :'ann'), 0, 'what was refused left no trace');
SELECT ok((SELECT updated_at = now() FROM user_stats_summary WHERE user_id = :'tom'), 'the statistics say when they changed');
SELECT tests.log_in(:'ann');
DELETE FROM user_follows WHERE following_id = :'tom';
SELECT tests.log_out();
SELECT is_empty('SELECT * FROM tests.wrong', 'who stops following is not counted');
INSERT INTO user_follows (follower_id, following_id) SELECT a.id, b.id FROM profiles a, profiles b WHERE a.id <> b.id ON CONFLICT DO NOTHING;
SELECT is_empty('SELECT * FROM tests.wrong', 'many of one statement are counted');
DELETE FROM user_follows WHERE follower_id = :'bob' AND following_id <> :'sue';
UPDATE user_follows SET follower_id = :'bob' WHERE follower_id = :'sue' AND following_id = :'tom';
SELECT is_empty('SELECT * FROM tests.wrong', 'one that the service moves is counted where it is');
DELETE FROM user_stats_summary WHERE user_id = :'tom';
INSERT INTO user_follows (follower_id, following_id) VALUES (:'sue', :'tom');
SELECT is((SELECT follower_count FROM user_stats_summary WHERE user_id = :'tom'), 1, 'statistics that are missing are made');
UPDATE user_stats_summary SET follower_count = (SELECT count(*) FROM user_follows WHERE following_id = :'tom'), following_count = (SELECT count(*) FROM user_follows WHERE follower_id = :'tom') WHERE user_id = :'tom';
SELECT tests.sign_up('gone@example.com') AS gone \gset
INSERT INTO user_follows (follower_id, following_id) VALUES (:'gone', :'ann'), (:'gone', :'sue'), (:'bob', :'gone');
INSERT INTO favorites (user_id, listing_id) VALUES (:'gone', :'lamp');
SELECT is_empty('SELECT * FROM tests.wrong', 'a fifth person follows and is followed');
DELETE FROM auth.users WHERE id = :'gone';
SELECT is_empty('SELECT * FROM tests.wrong', 'the others'' counts fall when that person is deleted');
SELECT is((SELECT count(*) FROM user_stats_summary WHERE user_id = :'gone'), 0::bigint, 'whose statistics do not come back');
SELECT throws_ok(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'ann', :'gone'), '23503', NULL, 'nobody follows a person who is not there');

-- Completed orders

SELECT tests.an_order(:'ann', :'sue', 20.5, 'delivered') AS second, tests.an_order(:'sue', :'ann', 5, 'delivered') AS back \gset
SELECT tests.an_order(:'ann', :'sue', 30) AS first \gset
UPDATE orders SET total_amount = 22, store_credit_amount = 8 WHERE id = :'first';
UPDATE orders SET status = 'paid' WHERE id = :'first';
UPDATE orders SET status = 'shipped' WHERE id = :'first';
UPDATE orders SET status = 'delivered' WHERE id = :'first';
SELECT is_empty('SELECT * FROM tests.wrong', 'an order that is not completed is no sale');
SELECT is((SELECT total_purchases FROM user_stats_summary WHERE user_id = :'ann'), 0, 'nor a purchase');
SELECT tests.log_in(:'ann');
UPDATE orders SET status = 'completed' WHERE id = :'first';
SELECT results_eq('SELECT total_purchases, total_spent, total_sales, total_earned FROM user_stats_summary', 'VALUES (1, 30.00, 0, 0.00)', 'a completed order is a purchase of what was paid, with store credit too');
SELECT throws_ok('UPDATE user_stats_summary SET total_sales = 1000', '42501', NULL, 'nobody writes the own statistics');
SELECT throws_ok(format('UPDATE profiles SET total_sales = 1000 WHERE id = %L', :'ann'), '42501', NULL, 'nor the own profile''s');
SELECT tests.log_out();
SELECT results_eq(format('SELECT s.total_sales, s.total_earned, p.total_sales FROM user_stats_summary s JOIN profiles p ON p.id = s.user_id WHERE user_id = %L', :'sue'), 'VALUES (1, 30.00, 1)', 'and a sale of the seller');
SELECT ok((SELECT bool_and(updated_at = '2020-01-01') FROM profiles), 'no profile is changed by it');
UPDATE orders SET status = 'completed' WHERE status = 'delivered';
SELECT is_empty('SELECT * FROM tests.wrong', 'several orders of one statement are counted, also crosswise');
UPDATE orders SET notes = 'Thank you' WHERE status = 'completed';
SELECT is_empty('SELECT * FROM tests.wrong', 'other changes of them are not');
UPDATE orders SET status = 'refunded' WHERE id = :'first';
SELECT is_empty('SELECT * FROM tests.wrong', 'a refund takes the sale back');
SELECT is((SELECT total_spent FROM user_stats_summary WHERE user_id = :'ann'), 20.50, 'and what it was worth');
SELECT throws_ok(format('UPDATE orders SET subtotal = 21, total_amount = 21 WHERE id = %L', :'second'), '23514', 'cannot change column "total_amount" of a paid order', 'what was counted keeps its worth');
SELECT tests.an_order(:'bob', :'sue', 7, 'completed') AS old \gset
SELECT is_empty('SELECT * FROM tests.wrong', 'one that comes in completed counts');
SELECT tests.an_order(:'bob', :'tom', 99999999.99, 'delivered') AS huge, tests.an_order(:'bob', :'tom', 99999999.99, 'delivered') AS huge_too \gset
SELECT lives_ok('UPDATE orders SET status = ''completed'' WHERE status = ''delivered''', 'a sum that is full does not stop an order');
SELECT is_empty('SELECT * FROM tests.wrong', 'it is the sum');
SELECT is((SELECT total_earned FROM user_stats_summary WHERE user_id = :'tom'), 199999999.98, 'which adds up to more than an order can be');
UPDATE user_stats_summary SET total_earned = 999999999999.99 WHERE user_id = :'tom';
SELECT tests.an_order(:'bob', :'tom', 5, 'completed') AS last \gset
SELECT is((SELECT total_earned FROM user_stats_summary WHERE user_id = :'tom'), 999999999999.99, 'and is full at 999999999999.99');
SELECT is((SELECT total_sales FROM user_stats_summary WHERE user_id = :'tom'), 3, 'while the sale counts');
UPDATE user_stats_summary SET total_sales = 0, total_earned = 0 WHERE user_id = :'tom';
UPDATE orders SET status = 'refunded' WHERE seller_id = :'tom';
SELECT results_eq(format('SELECT total_sales, total_earned FROM user_stats_summary WHERE user_id = %L', :'tom'), 'VALUES (0, 0.00)', 'what was not counted is not taken back below zero');
UPDATE user_stats_summary SET total_spent = 7 WHERE user_id = :'bob'; -- the sum had stopped

-- Ratings

SELECT tests.log_in(:'ann');
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (:'second', :'ann', :'sue', 'seller', 4);
SELECT throws_ok(format($$INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (%L, %L, %L, 'seller', 1)$$, :'first', :'ann', :'sue'), '55000', 'only completed orders can be rated', 'a refunded order is not rated');
SELECT throws_ok(format('UPDATE profiles SET seller_rating = 5 WHERE id = %L', :'ann'), '42501', NULL, 'nobody rates the own profile');
SELECT tests.log_in(:'bob');
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (:'old', :'bob', :'sue', 'seller', 5);
SELECT tests.log_in(:'ann');
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (:'back', :'ann', :'sue', 'buyer', 1);
SELECT results_eq(format('SELECT seller_rating, seller_rating_count FROM profiles WHERE id = %L', :'sue'), 'VALUES (4.50, 2)', 'a profile shows the ratings as a seller');
SELECT tests.log_out();
SELECT results_eq(format('SELECT average_rating, total_ratings FROM user_stats_summary WHERE user_id = %L', :'sue'), 'VALUES (3.33, 3)', 'the statistics have those as a buyer too');
SELECT is_empty('SELECT * FROM tests.wrong', 'as they are');
SELECT tests.log_in_as_service();
SELECT throws_ok(format($$INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (%L, %L, %L, 'buyer', 1)$$, :'first', :'sue', :'ann'), '55000', 'only completed orders can be rated', 'not by the service either');
UPDATE user_ratings SET rating = 3 WHERE rater_user_id = :'bob';
SELECT tests.log_out();
SELECT is_empty('SELECT * FROM tests.wrong', 'a rating that the service changes is counted as it is');
UPDATE orders SET status = 'refunded' WHERE id = :'old';
SELECT lives_ok(format($$UPDATE user_ratings SET rating = 2, comment = 'Late', type = type, order_id = order_id, rater_user_id = rater_user_id, rated_user_id = rated_user_id WHERE order_id = %L$$, :'old'), 'a rating stays when its order is refunded, and can be moderated');
SELECT is_empty('SELECT * FROM tests.wrong', 'and counts');
UPDATE user_ratings SET comment = 'Removed by a moderator';
SELECT is_empty('SELECT * FROM tests.wrong', 'its comment does not');
-- added to what is kept: 200,000 ratings of a seller are not read again for one more
SELECT tests.an_order(:'bob', :'sue', 1, 'completed') AS another \gset
SET LOCAL session_replication_role = replica;
UPDATE user_ratings SET rating = 3 WHERE rater_user_id = :'ann' AND type = 'seller'; -- it was 4
SET LOCAL session_replication_role = origin;
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (:'another', :'bob', :'sue', 'seller', 3);
SELECT results_eq(format('SELECT seller_rating, seller_rating_count FROM profiles WHERE id = %L', :'sue'), 'VALUES (3.00, 3)', 'a rating is added to the 4 and the 2 that were counted');
SELECT results_eq(format('SELECT average_rating, total_ratings, rating_points, seller_rating_points FROM user_stats_summary WHERE user_id = %L', :'sue'),
    'VALUES (2.50, 4, 10::bigint, 9::bigint)', 'also in the statistics');
-- what cannot be is counted anew
UPDATE user_stats_summary SET total_ratings = 500, rating_points = 7 WHERE user_id = :'sue';
UPDATE user_ratings SET rating = 5 WHERE order_id = :'another';
SELECT is_empty('SELECT * FROM tests.wrong', 'a sum that cannot be that of so many ratings is counted anew');
CREATE TEMP TABLE kept AS SELECT * FROM user_stats_summary WHERE user_id = :'sue';
DELETE FROM user_stats_summary WHERE user_id = :'sue';
UPDATE user_ratings SET rating = 1 WHERE order_id = :'another';
SELECT is_empty('SELECT * FROM tests.wrong WHERE what LIKE ''ratings%''', 'and so is one that is missing');
-- within a statement too
CREATE FUNCTION tests.soften() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE user_ratings SET rating = 2 WHERE id = NEW.id;
    DELETE FROM user_ratings WHERE order_id = NEW.order_id AND id <> NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER a_soften AFTER INSERT ON user_ratings FOR EACH ROW WHEN (NEW.rating = 1) EXECUTE FUNCTION tests.soften();
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (:'another', :'sue', :'bob', 'buyer', 1);
DROP TRIGGER a_soften ON user_ratings;
SELECT is_empty('SELECT * FROM tests.wrong WHERE what LIKE ''ratings%''', 'ratings that a trigger of a shop changes and removes inside the statement are counted once');
UPDATE user_stats_summary s
   SET (follower_count, following_count, total_sales, total_purchases, total_earned, total_spent)
     = (SELECT follower_count, following_count, total_sales, total_purchases, total_earned, total_spent FROM kept)
 WHERE user_id = :'sue';
SELECT tests.log_in_as_service();
DELETE FROM user_ratings;
SELECT tests.log_out();
SELECT is_empty('SELECT * FROM tests.wrong', 'ratings that are removed do not count');
SELECT results_eq(format('SELECT seller_rating, seller_rating_count FROM profiles WHERE id = %L', :'sue'), 'VALUES (NULL::numeric, 0)', 'none is no rating, not one of 0');
SELECT ok((SELECT bool_and(updated_at = '2020-01-01') FROM profiles), 'no profile was changed by all that');

-- A person who is deleted takes no sale and no rating from the others

SELECT tests.sign_up('late@example.com') AS late \gset
SELECT tests.an_order(:'late', :'sue', 9, 'completed') AS bought, tests.an_order(:'sue', :'late', 3, 'completed') AS sold \gset
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (:'bought', :'late', :'sue', 'seller', 2), (:'sold', :'sue', :'late', 'seller', 3);
SELECT is_empty('SELECT * FROM tests.wrong', 'two people buy from each other');
SELECT total_sales AS sales, total_purchases AS purchases FROM user_stats_summary WHERE user_id = :'sue' \gset
DELETE FROM auth.users WHERE id = :'late';
SELECT results_eq(format('SELECT total_sales, total_purchases, total_ratings FROM user_stats_summary WHERE user_id = %L', :'sue'),
    format('VALUES (%s, %s, 1)', :'sales', :'purchases'), 'one of them is deleted: the other keeps what was sold, bought and said');
SELECT is_empty('SELECT * FROM tests.wrong', 'which is what is there');
SELECT is((SELECT count(*) FROM user_stats_summary WHERE user_id = :'late'), 0::bigint, 'and nothing of the deleted one comes back');
UPDATE orders SET status = 'refunded' WHERE id IN (:'bought', :'sold');
SELECT is_empty('SELECT * FROM tests.wrong', 'a refund of such an order counts for who is left');

-- Rows that come in beside their counters, as in a restore, are not counted again

SET LOCAL session_replication_role = replica;
INSERT INTO favorites (user_id, listing_id) VALUES (:'bob', :'draft') ON CONFLICT DO NOTHING;
DELETE FROM favorites WHERE user_id = :'bob';
SET LOCAL session_replication_role = origin;
SELECT isnt_empty('SELECT * FROM tests.wrong', 'a replica takes the counters as they come');

SELECT * FROM finish();
ROLLBACK;
