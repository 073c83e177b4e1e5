-- The first sale, told while it happens. Each step is done by the role that does it in a real shop:
-- the sign-up by the authentication service, everything else by the two people themselves, and the
-- order by the application's back end (service_role).
\set QUIET on
\pset footer off
\pset border 1
SELECT set_config('demo.maria', gen_random_uuid()::text, false), set_config('demo.tom', gen_random_uuid()::text, false) \gset ignored_
SET client_min_messages = warning;

\echo
\echo '1. Maria and Tom sign up. Each gets a profile with a username, a cart and statistics.'
\echo
SET ROLE service_role;
INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES
    (current_setting('demo.maria')::uuid, 'maria.keller@example.com', '{"full_name": "Maria Keller"}'),
    (current_setting('demo.tom')::uuid, 'Tom@example.org', '{"full_name": "Tom Berg", "username": "tom.b"}');
SELECT username, full_name, email FROM profiles ORDER BY username;

\echo '2. Both finish their setup: an avatar and the profile''s details.'
\echo
SET ROLE authenticated;
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.maria'), 'role', 'authenticated')::text, false) \gset ignored_
INSERT INTO profile_setup_progress (user_id, step_name, completed)
VALUES (auth.uid(), 'avatar_selected', true), (auth.uid(), 'profile_info_completed', true);
SELECT 'Maria' AS person, is_profile_setup_complete(auth.uid()) AS setup_complete;
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.tom'), 'role', 'authenticated')::text, false) \gset ignored_
INSERT INTO profile_setup_progress (user_id, step_name, completed)
VALUES (auth.uid(), 'avatar_selected', true), (auth.uid(), 'profile_info_completed', true);
SELECT 'Tom' AS person, is_profile_setup_complete(auth.uid()) AS setup_complete;

\echo '3. Maria lists a coat. She can do it, and only in her own name.'
\echo
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.maria'), 'role', 'authenticated')::text, false) \gset ignored_
INSERT INTO listings (seller_id, title, slug, description, category_id, condition, price, status)
SELECT auth.uid(), 'Wool coat, navy, size M', 'wool-coat-navy-m', 'Worn one winter, no flaws.', id, 'used', 79.90, 'active'
  FROM categories WHERE slug = 'fashion';
SELECT title, price, currency, quantity, status FROM listings;

\echo '4. Tom, and everybody else, sees the coat. He puts it in his cart.'
\echo
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.tom'), 'role', 'authenticated')::text, false) \gset ignored_
INSERT INTO cart_items (cart_id, listing_id)
SELECT get_or_create_cart(auth.uid()), id FROM listings WHERE slug = 'wool-coat-navy-m';
SELECT l.title, c.quantity, l.price FROM cart_items c JOIN listings l ON l.id = c.listing_id;
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
VALUES (auth.uid(), 'Tom Berg', 'Hafenstr. 7', 'Hamburg', 'Hamburg', '20459', 'DE', true);

\echo '5. The back end turns the cart into an order: the order gets its number, the line takes the'
\echo '   stock, the last piece being gone reserves the listing, and the history begins.'
\echo
SELECT set_config('request.jwt.claims', '{"role": "service_role"}', false) \gset ignored_
SET ROLE service_role;
BEGIN;
INSERT INTO orders (buyer_id, seller_id, subtotal, shipping_cost, total_amount, currency, shipping_address_id)
SELECT k.user_id, l.seller_id, sum(c.quantity * l.price), 4.90, sum(c.quantity * l.price) + 4.90, l.currency,
       (SELECT a.id FROM shipping_addresses a WHERE a.user_id = k.user_id AND a.is_default)
  FROM shopping_carts k JOIN cart_items c ON c.cart_id = k.id JOIN listings l ON l.id = c.listing_id
 WHERE k.user_id = current_setting('demo.tom')::uuid
 GROUP BY k.user_id, l.seller_id, l.currency;
INSERT INTO order_items (order_id, listing_id, variant_id, quantity, unit_price, total_price)
SELECT o.id, c.listing_id, c.variant_id, c.quantity, l.price, c.quantity * l.price
  FROM orders o JOIN shopping_carts k ON k.user_id = o.buyer_id JOIN cart_items c ON c.cart_id = k.id JOIN listings l ON l.id = c.listing_id;
DELETE FROM cart_items WHERE cart_id IN (SELECT id FROM shopping_carts WHERE user_id = current_setting('demo.tom')::uuid);
UPDATE orders SET status = 'paid', paid_at = now();
COMMIT;

\pset expanded on
SELECT o.order_number, b.full_name AS buyer, s.full_name AS seller, i.quantity || ' x ' || l.title AS line,
       o.subtotal, o.shipping_cost, o.total_amount || ' ' || o.currency AS total,
       calculate_platform_fee(o.subtotal) || ' ' || o.currency AS platform_fee,
       (SELECT string_agg(coalesce(h.from_status || ' -> ', '') || h.to_status, ', then ' ORDER BY h.from_status NULLS FIRST)
          FROM order_status_history h WHERE h.order_id = o.id) AS history,
       format('%s left, %s', l.quantity, l.status) AS listing
  FROM orders o JOIN profiles b ON b.id = o.buyer_id JOIN profiles s ON s.id = o.seller_id
  JOIN order_items i ON i.order_id = o.id JOIN listings l ON l.id = i.listing_id;
\pset expanded off

\echo '6. What each of them can see: Tom and Maria their order, anybody else nothing.'
\echo
SET ROLE authenticated;
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.tom'), 'role', 'authenticated')::text, false) \gset ignored_
SELECT 'Tom' AS person, count(*) AS orders FROM orders;
SELECT set_config('request.jwt.claims', json_build_object('sub', gen_random_uuid(), 'role', 'authenticated')::text, false) \gset ignored_
SELECT 'a stranger' AS person, count(*) AS orders FROM orders;
