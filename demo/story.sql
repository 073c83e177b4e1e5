-- The first sale, told while it happens. Each step is done by the role that does it in a real shop:
-- the sign-up by the authentication service, the payment by the application's back end (service_role),
-- everything else by the two people themselves.
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

\echo '2. Both finish their setup: an avatar and the profile''s details. Maria wants to be told in Bulgarian, Tom of'
\echo '   wool coats as soon as there is one: he saves the search.'
\echo
SET ROLE authenticated;
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.maria'), 'role', 'authenticated')::text, false) \gset ignored_
INSERT INTO profile_setup_progress (user_id, step_name, completed)
VALUES (auth.uid(), 'avatar_selected', true), (auth.uid(), 'profile_info_completed', true);
SELECT set_notification_settings(locale => 'bg') \gset ignored_
SELECT 'Maria' AS person, is_profile_setup_complete(auth.uid()) AS setup_complete;
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.tom'), 'role', 'authenticated')::text, false) \gset ignored_
INSERT INTO profile_setup_progress (user_id, step_name, completed)
VALUES (auth.uid(), 'avatar_selected', true), (auth.uid(), 'profile_info_completed', true);
SELECT 'Tom' AS person, is_profile_setup_complete(auth.uid()) AS setup_complete;
SELECT save_search('Wool coats', 'wool coat', '{"price_max": 100}', 'instant') \gset ignored_
SELECT name, query, filters, notify FROM my_saved_searches();

\echo '3. Maria lists two coats and gives out a coupon. She can do it, and only in her own name.'
\echo
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.maria'), 'role', 'authenticated')::text, false) \gset ignored_
INSERT INTO listings (seller_id, title, slug, description, category_id, condition, price, quantity, shipping_info, status)
SELECT auth.uid(), 'Wool coat, navy, size M', 'wool-coat-navy-m', 'Worn one winter, no flaws.', id, 'used', 79.90, 2, '{"cost": 4.90}', 'active'
  FROM categories WHERE slug = 'fashion';
INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('AUTUMN10', 'Ten percent', 'percentage', 10, auth.uid());
SELECT title, price, currency, quantity, status FROM listings;

\echo '4. Tom, like every visitor, sees the coats. He puts one in his cart and asks what it costs with the coupon.'
\echo
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.tom'), 'role', 'authenticated')::text, false) \gset ignored_
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
VALUES (auth.uid(), 'Tom Berg', 'Hafenstr. 7', 'Hamburg', 'Hamburg', '20459', 'DE', true);
SELECT add_to_cart(id) FROM listings WHERE slug = 'wool-coat-navy-m' \gset ignored_
SELECT title, unit_price, quantity, available, problem FROM cart_contents();
SELECT valid, reason, discount_amount FROM validate_coupon('AUTUMN10');
SELECT o ->> 'subtotal' AS subtotal, o ->> 'shipping_cost' AS shipping, o ->> 'discount_amount' AS discount, o ->> 'total_amount' AS total
  FROM jsonb_array_elements(quote_checkout('AUTUMN10') -> 'orders') o;

\echo '5. That is dear for him. Tom offers 65.00, Maria asks 72.00, and Tom accepts: for a day the coat costs him that.'
\echo
SELECT make_offer(id, 65, message => 'Would you take 65?') AS offer FROM listings WHERE slug = 'wool-coat-navy-m' \gset
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.maria'), 'role', 'authenticated')::text, false) \gset ignored_
SELECT answer_offer(:'offer', 'counter', 72, 'It is hardly worn: 72.') AS counteroffer \gset
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.tom'), 'role', 'authenticated')::text, false) \gset ignored_
SELECT answer_offer(:'counteroffer', 'accept') \gset ignored_
SELECT buy_offer(:'counteroffer') \gset ignored_
SELECT made_by, amount, status, message FROM my_offers() ORDER BY amount;
SELECT title, unit_price, list_price, problem FROM cart_contents();

\echo '6. Tom checks out: the cart becomes an order with a number, the stock is taken, the history begins. Stripe'
\echo '   tells the back end that he has paid, and the ledger says whose the money is.'
\echo
SELECT order_number, total_amount, currency
  FROM checkout((SELECT id FROM shipping_addresses WHERE is_default), 'first-checkout', coupon_code => 'AUTUMN10');
SELECT set_config('request.jwt.claims', '{"role": "service_role"}', false) \gset ignored_
SET ROLE service_role;
SELECT count(start_payment(ARRAY[id], 'stripe', 'pi_demo')) FROM orders \gset ignored_
SELECT outcome FROM record_stripe_event((SELECT jsonb_build_object('id', 'evt_demo', 'type', 'payment_intent.succeeded', 'created', 1700000000,
    'data', jsonb_build_object('object', jsonb_build_object('id', 'pi_demo', 'amount', (total_amount * 100)::bigint, 'currency', 'usd'))) FROM orders)) \gset ignored_

\pset expanded on
SELECT o.order_number, b.full_name AS buyer, s.full_name AS seller, i.quantity || ' x ' || i.title AS line,
       o.subtotal, o.discount_amount AS discount, o.shipping_cost, o.total_amount || ' ' || o.currency AS total,
       i.platform_fee || ' ' || o.currency AS platform_fee, o.status, format('%s left, %s', l.quantity, l.status) AS listing
  FROM orders o JOIN profiles b ON b.id = o.buyer_id JOIN profiles s ON s.id = o.seller_id
  JOIN order_items i ON i.order_id = o.id JOIN listings l ON l.id = i.listing_id;
\pset expanded off
SELECT e.account, p.full_name AS party, e.amount FROM ledger_entries e LEFT JOIN profiles p ON p.id = e.party_id ORDER BY e.id;

\echo '7. Maria ships it, Tom has it, is content and rates her.'
\echo
SET ROLE authenticated;
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.maria'), 'role', 'authenticated')::text, false) \gset ignored_
SELECT ship_order(id, 'dhl', 'JD014600006281') FROM orders \gset ignored_
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.tom'), 'role', 'authenticated')::text, false) \gset ignored_
SELECT confirm_delivery(id) FROM orders \gset ignored_
SELECT transition_order(id, 'completed') FROM orders \gset ignored_
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type, comment)
SELECT id, buyer_id, seller_id, 5, 'seller', 'Just as described.' FROM orders;
SELECT t.from_status, t.to_status, t.actor FROM orders o CROSS JOIN LATERAL order_timeline(o.id) t;

\echo '8. What the two were told, each in the language of their own. The server''s worker does that, once what happened is'
\echo '   committed.'
\echo
RESET ROLE;
DO $$
BEGIN
    FOR i IN 1 .. 100 LOOP
        EXIT WHEN NOT EXISTS (SELECT FROM outbox_events) AND NOT EXISTS (SELECT FROM saved_search_matches WHERE told_at IS NULL);
        PERFORM pg_sleep(0.1);
    END LOOP;
END $$;
SET ROLE authenticated;
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.tom'), 'role', 'authenticated')::text, false) \gset ignored_
SELECT 'Tom' AS person, title, message FROM my_notifications() ORDER BY created_at, type;
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.maria'), 'role', 'authenticated')::text, false) \gset ignored_
SELECT 'Maria' AS person, title, message FROM my_notifications() ORDER BY created_at, type;

\echo '9. What the public sees of Maria, and who sees the order: only Tom and Maria.'
\echo
SET ROLE anon;
SELECT p.username, p.total_sales, p.seller_rating, p.seller_rating_count AS ratings, p.active_listings
  FROM profiles m CROSS JOIN LATERAL public_profile(m.id) p WHERE m.full_name = 'Maria Keller';
SET ROLE authenticated;
SELECT 'Tom' AS person, count(*) AS orders FROM orders;
SELECT set_config('request.jwt.claims', json_build_object('sub', gen_random_uuid(), 'role', 'authenticated')::text, false) \gset ignored_
SELECT 'a stranger' AS person, count(*) AS orders FROM orders;

\echo '10. Kim writes to Maria, and not nicely. She reports the message and blocks him: he can write no more, and is not'
\echo '   told why. A moderator reads the report, and that message alone, and decides; Kim reads the reasons, not who reported.'
\echo
RESET ROLE;
SELECT set_config('demo.kim', gen_random_uuid()::text, false), set_config('demo.ina', gen_random_uuid()::text, false) \gset ignored_
INSERT INTO auth.users (id, email) VALUES (current_setting('demo.kim')::uuid, 'kim@example.net'), (current_setting('demo.ina')::uuid, 'ina@example.com');
SELECT set_user_role(current_setting('demo.ina')::uuid, 'moderator', 'Looks after reports') \gset ignored_
SET ROLE authenticated;
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.kim'), 'role', 'authenticated')::text, false) \gset ignored_
INSERT INTO conversations (listing_id, buyer_id, seller_id) SELECT id, auth.uid(), seller_id FROM listings WHERE slug = 'wool-coat-navy-m' RETURNING id AS talk \gset
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', auth.uid(), 'Half the price, or I know where you live.') RETURNING id AS message \gset
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.maria'), 'role', 'authenticated')::text, false) \gset ignored_
SELECT report('message', :'message', 'offensive', 'He threatens me.') AS report \gset
SELECT block_user(current_setting('demo.kim')::uuid) AS blocked \gset ignored_
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.kim'), 'role', 'authenticated')::text, false) \gset ignored_
\set ON_ERROR_STOP off
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', auth.uid(), 'Hello?');
\set ON_ERROR_STOP on
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.ina'), 'role', 'authenticated')::text, false) \gset ignored_
SELECT category, details, snapshot ->> 'content' AS message FROM review_queue();
SELECT decide_report(:'report', 'suspend_7d', 'Threats are not allowed.', 'Terms, section 4') \gset ignored_
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.kim'), 'role', 'authenticated')::text, false) \gset ignored_
SELECT 'Kim' AS person, decision, reasons, legal_ground, suspended_until::date - decided_at::date AS days FROM my_decisions();
SELECT set_config('request.jwt.claims', json_build_object('sub', current_setting('demo.maria'), 'role', 'authenticated')::text, false) \gset ignored_
SELECT 'Maria' AS person, status, decision FROM my_reports();
