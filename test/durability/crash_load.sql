-- One customer: signs up, buys, pays or cancels, and whatever else changes counters. Run by psql as the superuser over and
-- over; search_path: driplo, tests. What is echoed is what the customer was told: it was committed. A variable that a
-- statement did not set is echoed with its colon, which is no answer.
RESET ROLE;
\unset person
\unset address
\unset numbers
\unset orders
SELECT tests.sign_up(format('%s@example.org', gen_random_uuid())) AS person \gset
\echo signed_up :person
INSERT INTO store_credits (user_id, amount) VALUES (:'person', 5);
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', :'person', 'role', 'authenticated')::text, false) \g /dev/null
SET ROLE authenticated;
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
VALUES (:'person', 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US', true) RETURNING id AS address \gset
INSERT INTO favorites (user_id, listing_id) SELECT :'person', id FROM listings ORDER BY random() LIMIT 2;
INSERT INTO user_follows (follower_id, following_id) SELECT :'person', seller_id FROM listings ORDER BY random() LIMIT 1;
BEGIN;
INSERT INTO conversations (buyer_id, seller_id) SELECT :'person', seller_id FROM listings ORDER BY random() LIMIT 1;
INSERT INTO messages (conversation_id, sender_id, content) SELECT id, :'person', 'Is it still there?' FROM conversations;
COMMIT;

SELECT add_to_cart(l.id, 1 + (random() * 2)::integer, (SELECT v.id FROM product_variants v WHERE v.listing_id = l.id AND v.quantity > 0 ORDER BY random() LIMIT 1))
  FROM (SELECT id FROM listings WHERE status::text = 'active' ORDER BY random() LIMIT 3) l \g /dev/null
SELECT gen_random_uuid() AS key \gset
\echo asked :key :person :address
SELECT string_agg(order_number, ',') AS numbers, array_agg(order_id) AS orders
  FROM checkout(:'address', :'key', coupon_code => CASE WHEN random() < 0.4 THEN 'TEN' END, use_store_credit => random() < 0.4) \gset
\echo placed :key :numbers

\if :{?orders}
    -- Each order in a transaction of its own: the steps of several would lock things in the order of the steps, and meet others.
    RESET ROLE;
    SELECT set_config('request.jwt.claims', '{"role": "service_role"}', false) \g /dev/null
    SET ROLE service_role;
    SELECT format('SELECT tests.pay(%L)', id) FROM orders WHERE id = ANY (:'orders') AND status::text = 'pending_payment' AND random() < 0.6 \gexec
    SELECT format('SELECT transition_order(%L, %L)', id, 'refunded') FROM orders WHERE id = ANY (:'orders') AND status::text = 'paid' AND random() < 0.1 \gexec
    SELECT format('SELECT settle_refund(%L, %L)', id, 'processed') FROM refund_requests WHERE order_id = ANY (:'orders') AND status::text = 'approved' AND random() < 0.7 \gexec
    SELECT format('SELECT transition_order(%L, %L)', id, 'shipped') FROM orders WHERE id = ANY (:'orders') AND status::text = 'paid' AND random() < 0.8 \gexec
    SELECT format('SELECT transition_order(%L, %L)', id, 'delivered') FROM orders WHERE id = ANY (:'orders') AND status::text = 'shipped' AND random() < 0.8 \gexec
    SELECT format('SELECT transition_order(%L, %L)', id, 'completed') FROM orders WHERE id = ANY (:'orders') AND status::text = 'delivered' \gexec
    SELECT format('INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (%L, %L, %L, %s, %L)',
                  id, buyer_id, seller_id, 1 + (random() * 4)::integer, 'seller')
      FROM orders WHERE id = ANY (:'orders') AND status::text = 'completed' \gexec

    RESET ROLE;
    SELECT set_config('request.jwt.claims', jsonb_build_object('sub', :'person', 'role', 'authenticated')::text, false) \g /dev/null
    SET ROLE authenticated;
    SELECT format('SELECT %L WHERE cancel_order(%L, %L) = %L', 'cancelled ' || id, id, 'changed my mind', 'cancelled')
      FROM orders WHERE status::text = 'pending_payment' AND random() < 0.6 \gexec
\endif
