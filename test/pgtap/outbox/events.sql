-- The outbox: what happens leaves one event, whoever does it; what does not happen leaves none.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/cases.sql
SELECT no_plan();
SELECT * FROM tests.people('outbox.example') \gset

CREATE TABLE tests.known (name text, id uuid);
INSERT INTO tests.known VALUES ('buyer', :'buyer'), ('seller', :'seller'), ('other', :'other'), ('admin', :'admin'), ('suspended', :'suspended');
-- The events since the last call, each as "kind actor data", with names for the people. SECURITY DEFINER: asked as anybody.
CREATE FUNCTION tests.told() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    line text;
BEGIN
    SELECT string_agg(concat_ws(' ', e.kind, coalesce(k.name, e.actor_id::text), nullif(e.data::text, '{}')), ', ' ORDER BY e.id) INTO line
      FROM outbox_events e LEFT JOIN tests.known k ON k.id = e.actor_id;
    DELETE FROM outbox_events;
    RETURN coalesce(line, 'nothing');
END $$;
GRANT EXECUTE ON FUNCTION tests.told() TO PUBLIC;
SELECT is(split_part(tests.told(), ',', 1), 'user.created', 'a sign-up is an event');

-- A sale
SELECT tests.an_address(:'buyer', true) AS home \gset
SELECT tests.log_in(:'seller') \g /dev/null
INSERT INTO listings (seller_id, title, description, category_id, condition, price, quantity, status, location) SELECT :'seller', 'Lamp', 'Bright', id, 'good', 20, 2, 'draft', '{}' FROM categories LIMIT 1 RETURNING id AS lamp \gset
SELECT is(tests.told(), 'nothing', 'a draft is nobody''s business');
UPDATE listings SET status = 'active' WHERE id = :'lamp';
SELECT is(tests.told(), 'listing.published seller', 'a listing is published');
UPDATE listings SET price = 30 WHERE id = :'lamp';
SELECT is(tests.told(), 'nothing', 'a higher price is no news');
UPDATE listings SET price = 25 WHERE id = :'lamp';
SELECT is(tests.told(), 'listing.price_lowered seller {"to": 25.00, "from": 30.00, "lowest": 20.00}', 'a lower one is');
UPDATE listings SET title = 'A lamp', price = 25 WHERE id = :'lamp';
SELECT is(tests.told(), 'nothing', 'the same price is not');
SELECT tests.log_in(:'buyer') \g /dev/null
INSERT INTO favorites (user_id, listing_id) VALUES (:'buyer', :'lamp');
SELECT is(tests.told(), 'favorite.added buyer', 'a favorite');
DELETE FROM favorites WHERE user_id = :'buyer';
SELECT is(tests.told(), 'favorite.removed buyer', 'and no more');
DELETE FROM favorites WHERE user_id = :'buyer';
SELECT is(tests.told(), 'nothing', 'what is not there is not removed');
INSERT INTO user_follows (follower_id, following_id) VALUES (:'buyer', :'seller');
DELETE FROM user_follows WHERE follower_id = :'buyer';
SELECT is(tests.told(), 'follow.added buyer, follow.removed buyer', 'a follower comes and goes');
SELECT add_to_cart(:'lamp', 2) \g /dev/null
SELECT is(tests.told(), 'nothing', 'a cart is private');
SELECT (checkout(:'home', idempotency_key => 'outbox')).order_id AS bought \gset
SELECT is(tests.told(), 'order.created buyer', 'an order, and not the listing that is reserved with it');
SELECT (checkout(:'home', idempotency_key => 'outbox')).order_id \g /dev/null
SELECT is(tests.told(), 'nothing', 'a repeated call tells nothing new');
SELECT tests.log_in_as_service() \g /dev/null
SELECT transition_order(:'bought', 'payment_processing'), transition_order(:'bought', 'paid') \g /dev/null
SELECT is(tests.told(), 'order.paid', 'a payment; that it is under way is no event');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT transition_order(:'bought', 'preparing'), transition_order(:'bought', 'shipped') \g /dev/null
SELECT is(tests.told(), 'order.shipped seller', 'a parcel');
SELECT throws_ok(format('SELECT transition_order(%L, ''completed'')', :'bought'), 'MK005', NULL, 'what is refused');
SELECT is(tests.told(), 'nothing', 'is no event');
SELECT tests.log_in_as_service() \g /dev/null
SELECT transition_order(:'bought', 'in_transit'), transition_order(:'bought', 'delivered') \g /dev/null
SELECT is(tests.told(), 'order.delivered', 'its arrival');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT transition_order(:'bought', 'completed') \g /dev/null
SELECT is(tests.told(), 'order.completed buyer', 'the end of the sale');
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (:'bought', :'buyer', :'seller', 'seller', 5);
SELECT is(tests.told(), 'rating.added buyer', 'a rating');
SELECT tests.log_out() \g /dev/null
UPDATE orders SET delivered_at = now() - interval '60 days' WHERE id = :'bought';
SELECT tests.log_in_as_service() \g /dev/null
SELECT release_seller_funds() \g /dev/null
SELECT is(tests.told(), 'takings.released', 'the earnings are available');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT request_payout(10) AS payout \gset
SELECT is(tests.told(), 'payout.pending seller', 'a payout is requested');
SELECT tests.log_out() \g /dev/null

-- Each event belongs to a step of the history, which names it
SELECT results_eq($$SELECT to_status::text, event_id IS NOT NULL FROM order_status_history ORDER BY created_at$$,
    $$VALUES ('pending_payment', true), ('payment_processing', false), ('paid', true), ('preparing', false), ('shipped', true), ('in_transit', false), ('delivered', true), ('completed', true)$$,
    'the history knows the event of each step that others are told of');

-- What ends otherwise
SELECT tests.a_deal(:'buyer', :'seller', 'paid') AS deal \gset
SELECT tests.told() \g /dev/null
SELECT tests.log_in(:'seller') \g /dev/null
SELECT transition_order(:'deal', 'cancelled', 'Broken') \g /dev/null
SELECT matches(tests.told(), '^order\.(cancelled|refunded) seller$', 'an order that is ended');
SELECT tests.log_out() \g /dev/null
-- of which the listing was sold out: nobody is told that it is for sale again
SELECT tests.a_listing(:'seller', 10, 1) AS single \gset
SELECT tests.put(:'buyer', :'single') \g /dev/null
SELECT tests.told() \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT (checkout(:'home')).order_id AS single_order \gset
SELECT cancel_order(:'single_order', 'No more') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(status::text, 'active', 'the listing is active again') FROM listings WHERE id = :'single';
SELECT is(tests.told(), 'order.created buyer, order.cancelled buyer', 'which is not published a second time');

-- An order that was placed elsewhere long ago
SELECT tests.log_in_as_service() \g /dev/null
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status, created_at) VALUES (:'buyer', :'seller', 10, 10, 'delivered', now() - interval '25 hours');
SELECT is(tests.told(), 'nothing', 'an old order that is written down tells nobody');
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status, created_at) VALUES (:'buyer', :'seller', 10, 10, 'delivered', now() - interval '23 hours');
SELECT is(tests.told(), 'order.delivered', 'one of today does');
SELECT tests.log_out() \g /dev/null

-- What replication and a restore load
SET LOCAL session_replication_role = replica;
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status) VALUES (:'buyer', :'seller', 10, 10, 'paid') RETURNING id AS loaded \gset
INSERT INTO user_follows (follower_id, following_id) VALUES (:'admin', :'seller');
INSERT INTO favorites (user_id, listing_id) SELECT :'admin', id FROM listings LIMIT 1;
UPDATE orders SET status = 'delivered' WHERE id = :'loaded';
DELETE FROM orders WHERE id = :'loaded';
RESET session_replication_role;
SELECT is(tests.told(), 'nothing', 'rows that replication or a restore loads tell nobody');

-- Returns and disputes
SELECT tests.a_deal(:'buyer', :'seller') AS deal \gset
SELECT tests.line_of(:'deal') AS line \gset
SELECT tests.told() \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT open_return(:'line', 'defective', 'Does not work') AS back \gset
SELECT is(tests.told(), 'return.requested buyer', 'a return');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT advance_return(:'back', 'approved') \g /dev/null
SELECT is(tests.told(), 'return.approved seller', 'that is approved');
SELECT tests.log_out() \g /dev/null
SELECT tests.a_deal(:'buyer', :'seller') AS deal \gset
SELECT tests.told() \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT open_dispute(:'deal', 'item_not_as_described', 'Broken', 'In two') AS quarrel \gset
SELECT matches(tests.told(), '^dispute\.[a-z_]+ buyer(, dispute\.[a-z_]+ buyer)?$', 'a dispute');
SELECT tests.log_out() \g /dev/null

-- Messages: of one statement as many events as messages
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'buyer', :'seller') RETURNING id AS talk \gset
SELECT tests.log_in(:'buyer') \g /dev/null
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'buyer', 'Hello'), (:'talk', :'buyer', 'Still there?');
SELECT is(tests.told(), 'message.sent buyer, message.sent buyer', 'messages');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT mark_conversation_read(:'talk') \g /dev/null
SELECT is(tests.told(), 'nothing', 'that they were read is no event');
SELECT tests.log_out() \g /dev/null

-- People
SELECT tests.log_in(:'admin') \g /dev/null
SELECT suspend_user(:'other', 'Spam') \g /dev/null
SELECT is(tests.told(), 'user.suspended admin', 'a suspension');
SELECT reinstate_user(:'other', 'A mistake') \g /dev/null
SELECT is(tests.told(), 'user.active admin', 'and its end');
SELECT moderate_listing(:'single', 'remove', 'Forbidden') \g /dev/null
SELECT is(tests.told(), 'listing.removed admin {"status": "removed"}', 'a listing that a moderator removes');
SELECT tests.log_out() \g /dev/null
SELECT tests.log_in(:'other') \g /dev/null
UPDATE profiles SET bio = 'Hello' WHERE id = :'other';
SELECT is(tests.told(), 'nothing', 'a profile that changes');
SELECT tests.log_out() \g /dev/null
SELECT tests.delete_account(:'other') \g /dev/null
SELECT matches(tests.told(), 'user\.deleted', 'an account that is deleted');

-- Ten thousand followers of a seller who lists 500 things: they find them in their feed, and nothing is written for each
SET LOCAL session_replication_role = replica;
INSERT INTO profiles (id, username) SELECT md5('follower' || n)::uuid, 'follower' || n FROM generate_series(1, 10000) n;
INSERT INTO user_follows (follower_id, following_id) SELECT md5('follower' || n)::uuid, :'seller' FROM generate_series(1, 10000) n;
SET LOCAL session_replication_role = origin;
SELECT tests.log_in(:'seller') \g /dev/null
INSERT INTO listings (seller_id, title, description, category_id, condition, price, status)
SELECT :'seller', 'Lamp ' || n, 'Bright', (SELECT id FROM categories LIMIT 1), 'good', 5, 'active' FROM generate_series(1, 500) n;
SELECT tests.log_in_as_service() \g /dev/null
SELECT is((SELECT string_agg(kind || ' ' || n, ', ') FROM (SELECT kind, count(*) AS n FROM outbox_events GROUP BY kind) k), 'listing.published 500', 'an event for each listing');
SELECT is(deliver_events(1000), 500, 'all are handled at once');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM notifications WHERE user_id IN (SELECT follower_id FROM user_follows)), 0::bigint, 'and no follower gets 500 notifications');
SELECT is(tests.told(), 'nothing', 'nothing is left');

-- Nobody but the service reads them, nobody writes them
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT throws_ok('SELECT * FROM outbox_events', '42501', NULL, 'users cannot read events');
SELECT throws_ok($$INSERT INTO outbox_events (kind) VALUES ('order.paid')$$, '42501', NULL, 'nor write any');
SELECT throws_ok('SELECT deliver_events()', '42501', NULL, 'nor deliver them');
SELECT throws_ok('SELECT retry_dead_events()', '42501', NULL, 'nor retry them');
SELECT throws_ok($$SELECT private.record_event('order.paid', NULL, NULL)$$, '42501', NULL, 'nor record any');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok($$INSERT INTO outbox_events (kind) VALUES ('order.paid')$$, '42501', NULL, 'the service writes none either');
SELECT tests.log_out() \g /dev/null
-- No statement notifies: a listener's queue would be a lock for all commits
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
                    JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
                   WHERE p.prosrc ~* '\mnotify\M' AND p.prorettype = 'trigger'::regtype$$, 'no trigger notifies');

SELECT * FROM finish();
ROLLBACK;
