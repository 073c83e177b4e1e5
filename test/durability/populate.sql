-- A shop that has been open for a while, and what its owner added. search_path: the schema of driplo, tests.
CREATE TEMP TABLE person AS
SELECT n, tests.sign_up(format('person%s@example.org', n), jsonb_build_object('full_name', 'Person ' || n)) AS id
  FROM generate_series(1, 30) n;
SELECT tests.sign_up(NULL);
UPDATE auth.users SET email = 'moved@example.org' WHERE id = (SELECT id FROM person WHERE n = 7);
SELECT promote_to_admin('person30@example.org');
INSERT INTO profile_setup_progress (user_id, step_name, completed)
SELECT id, step, true FROM person, unnest(ARRAY['avatar_selected', 'profile_info_completed']) step WHERE n <= 10;
INSERT INTO auth_login_history (user_id, success) SELECT id, n % 5 > 0 FROM person;
INSERT INTO auth_login_history (user_id, action, metadata, is_self_reported) SELECT id, 'password_change', '{"from": "settings"}', true FROM person WHERE n < 4;
INSERT INTO rate_limits (key, tat, blocked_until) SELECT 'login:' || id, '2030-01-01', '2030-01-02' FROM person WHERE n < 4;
SELECT set_rate_limit('messages', 1000000, 31622400), set_rate_limit('follows', enabled => false) \g /dev/null
INSERT INTO social_media_accounts (user_id, platform, username) SELECT id, 'instagram', 'p' || n FROM person WHERE n < 5;

-- A parent that has a higher place in the table than its child
INSERT INTO categories (name, slug, parent_id) SELECT 'Lamps', 'lamps', id FROM categories WHERE slug = 'home-garden';
INSERT INTO categories (name, slug, parent_id) SELECT 'Old', 'old-lamps', id FROM categories WHERE slug = 'lamps';
INSERT INTO categories (name, slug) VALUES ('Lights', 'lights');
UPDATE categories SET parent_id = (SELECT id FROM categories WHERE slug = 'lights') WHERE slug = 'lamps';

INSERT INTO listings (seller_id, title, slug, description, price, quantity, status, category_id, image_urls)
SELECT p.id, 'Lamp "' || i || '"', format('lamp-%s-%s', p.n, i), E'It is\nbright\t\\ and old.', i, 5, 'active',
       (SELECT id FROM categories WHERE slug = 'old-lamps'), '[{"thumb": "a_thumb.webp"}]'
  FROM person p, generate_series(1, 3) i WHERE p.n <= 10;
INSERT INTO product_variants (listing_id, name, sku, price, quantity)
SELECT id, variant, 'SKU-' || variant || '-' || slug, price, 2 FROM listings, unnest(ARRAY['S', 'L']) variant WHERE slug LIKE 'lamp-1-%';
INSERT INTO favorites (user_id, listing_id) SELECT p.id, l.id FROM person p, listings l WHERE p.n > 25 AND l.slug LIKE 'lamp-2-%';
INSERT INTO search_words (word, lexeme, df, keys) VALUES ('lamps', 'lamp', 3, '{1,-2}'), ('лампа', 'lamp', 2, '{}');
INSERT INTO search_brands (key, brand, n) VALUES ('lux', 'Lux', 3);
INSERT INTO search_synonyms (word, means) VALUES ('lantern', '{lamp,light}');
INSERT INTO search_queries (day, query, n, n_empty, people) VALUES ('2026-01-01', 'lamp "old"', 3, 1, 2);
INSERT INTO search_query_people (day, query, person) VALUES ('2026-01-01', 'lamp "old"', -4);
INSERT INTO cart_items (cart_id, listing_id) SELECT get_or_create_cart(p.id), l.id FROM person p, listings l WHERE p.n IN (11, 12) AND l.slug LIKE 'lamp-3-%';
INSERT INTO offers (listing_id, variant_id, buyer_id, seller_id, amount, currency, status, made_by, parent_id, round, message, expires_at, answered_at, checkout_until)
SELECT l.id, NULL, p.id, l.seller_id, 0.5, 'USD', 'accepted', 'buyer', NULL, 1, E'"A"\t\\', '2030-01-01', '2029-12-31', '2030-01-02' FROM person p, listings l WHERE p.n = 11 AND l.slug LIKE 'lamp-3-%';
UPDATE cart_items SET offer_id = o.id FROM offers o, shopping_carts c WHERE c.id = cart_items.cart_id AND c.user_id = o.buyer_id AND o.listing_id = cart_items.listing_id;
INSERT INTO offer_settings (seller_id, bundle_tiers) SELECT id, '[{"pieces": 90, "percent": 5}]' FROM person WHERE n < 4;
INSERT INTO offer_campaigns (listing_id, percent, amount, currency, made) SELECT id, 10, 0.9, 'USD', 3 FROM listings WHERE slug LIKE 'lamp-2-%';
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
SELECT id, 'Home', n || ' Main Street', 'Springfield', 'IL', '62701', 'US', true FROM person WHERE n > 10;
INSERT INTO payment_methods (user_id, type, last4, exp_month, exp_year, is_default) SELECT id, 'card', '4242', 12, 2030, true FROM person WHERE n > 10;

INSERT INTO orders (buyer_id, seller_id, subtotal, shipping_cost, store_credit_amount, total_amount, shipping_address_id, payment_method_id)
SELECT b.id, s.id, 2, 3, credit.used, 5 - credit.used, a.id, m.id
  FROM person b JOIN person s ON s.n = b.n - 10
  JOIN shipping_addresses a ON a.user_id = b.id JOIN payment_methods m ON m.user_id = b.id
 CROSS JOIN LATERAL (SELECT CASE b.n WHEN 11 THEN 2.5 ELSE 0 END) AS credit (used)
 WHERE b.n BETWEEN 11 AND 20;
INSERT INTO order_items (order_id, listing_id, variant_id, quantity, unit_price, total_price)
SELECT o.id, l.id, (SELECT v.id FROM product_variants v WHERE v.listing_id = l.id ORDER BY v.name LIMIT 1), 2, 1, 2
  FROM orders o JOIN listings l ON l.seller_id = o.seller_id AND l.price = 1;
UPDATE orders SET status = 'paid' WHERE status = 'pending_payment';
UPDATE orders SET status = 'paid' WHERE status = 'pending_payment' AND buyer_id IN (SELECT id FROM person WHERE n IN (11, 12, 13));
UPDATE orders SET status = 'shipped' WHERE status IN ('paid', 'shipped', 'delivered') AND buyer_id IN (SELECT id FROM person WHERE n IN (11, 12, 13));
UPDATE orders SET status = 'delivered' WHERE status IN ('paid', 'shipped', 'delivered') AND buyer_id IN (SELECT id FROM person WHERE n IN (11, 12, 13));
UPDATE orders SET status = 'completed' WHERE status IN ('paid', 'shipped', 'delivered') AND buyer_id IN (SELECT id FROM person WHERE n IN (11, 12, 13));
INSERT INTO payment_transactions (order_id, amount, processor, processor_transaction_id, status)
SELECT id, total_amount, 'stripe', 'pi_' || order_number, 'succeeded' FROM orders;
-- One is paid at the door, and of one a part has come in.
UPDATE listings SET shipping_info = '{"cost": 3, "cash_on_delivery": true}' WHERE slug = 'lamp-10-2';
INSERT INTO orders (buyer_id, seller_id, subtotal, shipping_cost, total_amount, shipping_address_id)
SELECT b.id, s.id, 2, 3, 5, a.id FROM person b JOIN person s ON s.n = 10 JOIN shipping_addresses a ON a.user_id = b.id WHERE b.n IN (23, 24);
INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price, shipping_cost)
SELECT o.id, l.id, 1, 2, 2, 3 FROM orders o JOIN person b ON b.id = o.buyer_id JOIN listings l ON l.slug = 'lamp-10-2' WHERE b.n IN (23, 24);
SET driplo.cash_on_delivery = carrier;
SELECT start_payment(ARRAY[o.id], 'cash_on_delivery', 'door') FROM orders o JOIN person b ON b.id = o.buyer_id WHERE b.n = 23 \g /dev/null
RESET driplo.cash_on_delivery;
SELECT start_part_payment(ARRAY[o.id], 2, 'paystone', 'part') FROM orders o JOIN person b ON b.id = o.buyer_id WHERE b.n = 24 \g /dev/null
SELECT outcome FROM record_payment_event('paystone', '{"id": "part", "type": "payment.succeeded", "payment_id": "part", "amount": 2, "currency": "USD"}') \g /dev/null
SELECT count(*) FROM sell_gift_card(25, 'USD', 'stripe', 'pi_card', (SELECT id FROM person WHERE n = 12)) \g /dev/null
INSERT INTO store_credits (user_id, amount, used_amount) SELECT id, 10, 2.5 FROM person WHERE n = 11;
INSERT INTO store_credit_usage (store_credit_id, order_id, amount) SELECT c.id, o.id, 2.5 FROM store_credits c JOIN orders o ON o.buyer_id = c.user_id;
-- written down, from a time before the ledger
INSERT INTO seller_payouts (seller_id, amount, status, created_at) SELECT id, 2, 'paid', now() - interval '1 year' FROM person WHERE n = 1;
INSERT INTO refund_requests (order_id, amount, reason, requested_by) SELECT id, 1, 'late', buyer_id FROM orders WHERE status = 'completed';
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type, comment)
SELECT id, buyer_id, seller_id, 5, 'seller', 'Prompt.' FROM orders WHERE status = 'completed';
INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description)
SELECT 'DIS-1', id, buyer_id, seller_id, 'damaged_item', 'Broken', 'In two.' FROM orders WHERE status = 'completed' ORDER BY order_number LIMIT 1;
INSERT INTO dispute_messages (dispute_id, sender_id, message, is_private_note) SELECT id, initiated_by, 'See the photo.', false FROM disputes;
INSERT INTO returns (return_number, order_id, order_item_id, requested_by, reason)
SELECT 'RET-1', o.id, i.id, o.buyer_id, 'defective' FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.status = 'completed' ORDER BY o.order_number LIMIT 1;
INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit, seller_id) SELECT 'SAVE' || n, 'Ten', 'percentage', 10, 3, id FROM person WHERE n < 4;
INSERT INTO coupon_usage (coupon_id, user_id, discount_amount) SELECT c.id, p.id, 1 FROM coupons c, person p WHERE p.n IN (14, 15);
INSERT INTO conversations (listing_id, buyer_id, seller_id, is_direct) SELECT l.id, b.id, l.seller_id, false FROM person b, listings l WHERE b.n = 11 AND l.slug LIKE 'lamp-2-%';
INSERT INTO conversations (buyer_id, seller_id, is_direct) SELECT b.id, s.id, true FROM person b, person s WHERE b.n = 12 AND s.n = 2;
INSERT INTO messages (conversation_id, sender_id, content, offer_id) SELECT t.id, t.buyer_id, 'Is it still there? 🙂', o.id FROM conversations t LEFT JOIN offers o ON o.buyer_id = t.buyer_id AND o.seller_id = t.seller_id AND o.listing_id = t.listing_id;
INSERT INTO notifications (user_id, type, title, message) SELECT id, 'new_message', 'A message', 'Somebody wrote.' FROM person WHERE n < 5;
UPDATE categories SET translations = jsonb_build_object('bg', jsonb_build_object('name', 'Други', 'slug', 'drugi'), 'de', jsonb_build_object('description', E'"x"\t\\')) WHERE slug = 'other';
SELECT refresh_category_counts();
UPDATE currencies SET name = E'"Dollar"\t\\', smallest_card_amount = 0.75 WHERE code = 'USD';
INSERT INTO tax_rates (country_code, region, name, percent) VALUES ('XX', E'"Region"\t\\', 'Tax', 8.875);
INSERT INTO commission_rules (seller_id, name, currency, percent, flat, minimum, maximum, price_from) SELECT id, E'"Rule"\t\\', 'JPY', 4.25, 10, 20, 500, 1000 FROM person WHERE n = 3;
INSERT INTO exchange_rates (base, quote, rate, as_of, source) VALUES ('EUR', 'USD', 1.08210000, '2026-01-02', 'ECB'), ('EUR', 'JPY', 160.5, '2026-01-02', E'"ECB"\t\\');
INSERT INTO user_blocks (blocker_id, blocked_id) SELECT a.id, b.id FROM person a, person b WHERE a.n > 22 AND b.n = 2;
INSERT INTO user_follows (follower_id, following_id) SELECT a.id, b.id FROM person a, person b WHERE a.n > 20 AND b.n = 1;
INSERT INTO notification_preferences (user_id, type, channel, enabled) SELECT id, 'price_drop', 'email', false FROM person WHERE n < 5;
INSERT INTO notification_settings (user_id, locale, timezone, quiet_from, quiet_to, digest) SELECT id, 'bg', 'Europe/Sofia', '22:00', '07:00', 'daily' FROM person WHERE n < 5;
INSERT INTO notification_templates (type, locale, title, body) VALUES ('new_rating', 'de', E'"Eine" Bewertung\t\\', '{text}');
INSERT INTO push_tokens (user_id, token, platform) SELECT id, 'token ' || n, 'ios' FROM person WHERE n < 5;
INSERT INTO notification_deliveries (notification_id, user_id, channel) SELECT id, user_id, 'email' FROM notifications;
INSERT INTO notification_marks (user_id, actor_id, type, told_at, is_counted) SELECT following_id, follower_id, 'new_follower', now(), true FROM user_follows;
INSERT INTO notification_fanouts (type, event_id, metadata) VALUES ('promotion_alert', 1, '{"title": {"en": "Sale"}}');
INSERT INTO listing_prices (listing_id, price, currency) SELECT id, price + 1, 'EUR' FROM listings;
INSERT INTO saved_searches (user_id, name, query, filters, notify, anchors, wanted, categories, since, price_currency, price_least, price_most)
SELECT id, E'"Lamps"\t\\', E'"lamp"\t\\', '{"price_max": 40}', 'daily', '{lamp,"a b"}', '''lamp'' & (''a'' | ''@k:1'')', ARRAY[gen_random_uuid()], now(), 'EUR', 0, 'Infinity' FROM person WHERE n > 25;
INSERT INTO saved_search_matches (search_id, listing_id, due_at, told_at) SELECT s.id, l.id, now(), now() FROM saved_searches s, (SELECT id FROM listings LIMIT 3) l;
INSERT INTO message_texts (code, locale, text) VALUES ('order_status.paid', 'de', E'"Bezahlt"\t\\');
INSERT INTO checkouts (buyer_id, idempotency_key, request, order_ids) SELECT buyer_id, 'key', '{}', array_agg(id) FROM orders WHERE status = 'completed' GROUP BY buyer_id;
UPDATE orders SET billing_address_id = shipping_address_id WHERE status = 'completed';
INSERT INTO shipping_labels (order_id, carrier, tracking_number, cost) SELECT id, 'ups', '1Z' || order_number, 3 FROM orders WHERE status = 'completed';
INSERT INTO order_tracking (order_id, carrier, tracking_number) SELECT id, 'ups', '1Z' || order_number FROM orders WHERE status = 'completed';
INSERT INTO order_tracking (order_id, carrier, tracking_number, parcel_number, items)
SELECT order_id, 'dhl', '2Z', 2, jsonb_build_array(jsonb_build_object('order_item_id', id, 'quantity', 1)) FROM order_items WHERE order_id IN (SELECT id FROM orders WHERE status = 'completed');
INSERT INTO shipping_events (order_id, event_type) SELECT id, 'picked_up' FROM orders WHERE status = 'completed';
INSERT INTO transactions (buyer_id, seller_id, order_id, amount, fee, net_amount, type, status)
SELECT buyer_id, seller_id, id, 5, 0.25, 4.75, 'sale', 'completed' FROM orders WHERE status = 'completed';
INSERT INTO payment_accounts (user_id, stripe_account_id) SELECT id, 'acct_' || n FROM person WHERE n < 4;
INSERT INTO payment_accounts (user_id, payout_method, bank_name, bank_account_number) SELECT id, 'bank_transfer', 'Bank', 'DE8937040044053201' || n FROM person WHERE n BETWEEN 6 AND 9;
UPDATE messages SET is_read = true WHERE sender_id = (SELECT id FROM person WHERE n = 11);
INSERT INTO stripe_webhook_events (stripe_event_id, type, data, processed) SELECT 'evt_' || order_number, 'payment', jsonb_build_object('order', id), true FROM orders;
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) SELECT id, 'Brand ' || n, 'lamps' FROM person WHERE n < 4;
INSERT INTO user_achievements (user_id, achievement) SELECT id, 'trendsetter' FROM person WHERE n < 4;
INSERT INTO brand_profiles (user_id, brand_name, brand_slug, website_url) SELECT id, 'Brand ' || n, 'brand-' || n, 'https://example.org/' || n FROM person WHERE n < 4;
INSERT INTO documents (user_id, type, name, url) SELECT id, 'other', E'"A"\t\\', n || '.pdf' FROM person WHERE n < 4;
INSERT INTO listing_drafts (user_id, form_data) SELECT id, jsonb_build_object('title', 'Lamp ' || n) FROM person WHERE n < 4;
INSERT INTO categories (name, slug, parent_id) SELECT 'Tiny lamps', 'tiny-lamps', id FROM categories WHERE slug = 'home-garden';
UPDATE listings SET subcategory_id = (SELECT id FROM categories WHERE slug = 'tiny-lamps'), shipping_cost = 3.5, brand = 'Lux', materials = '{wood,"brass, old"}', image_metadata = '[{"width": 1}]'
 WHERE slug LIKE 'lamp-1-%';
UPDATE profiles SET website = 'example.org', social_links = '{"x": "y"}', onboarding_step = 2, language_preference = 'de' WHERE id IN (SELECT id FROM person WHERE n < 4);
INSERT INTO auth_sessions (user_id, refresh_token_hash, expires_at) SELECT id, 'hash of ' || n, now() + interval '1 day' FROM person WHERE n < 4;
INSERT INTO active_user_sessions (id, user_id, username) SELECT gen_random_uuid(), id, 'person' || n FROM person WHERE n < 4;
INSERT INTO query_performance_log (query_hash) VALUES ('a'), ('b');
INSERT INTO query_snapshots (query_hash, calls, total_ms, n_rows, taken_at) VALUES ('-5', 3, 1.5, 7, '2026-01-01');
INSERT INTO slow_queries (query_text, execution_time_ms) VALUES ('SELECT 1', 1);
INSERT INTO database_health_metrics (metric_name) VALUES ('connections');
INSERT INTO listing_views (day, listing_id, viewer, views, counted, last_at) SELECT '2026-01-01', id, 5, 3, 1, '2026-01-01' FROM listings WHERE slug LIKE 'lamp-2-%';
INSERT INTO listing_stats_daily (listing_id, day, views, unique_views) SELECT id, '2026-01-01', 3, 1 FROM listings WHERE slug LIKE 'lamp-2-%';
INSERT INTO seller_stats_daily (seller_id, day, currency, orders, items, revenue, fees, refunds, completed_orders, completed_items, completed_revenue) SELECT id, '2026-01-01', 'EUR', 2, 3, 40.5, 1.25, 3, 1, 2, 30.00 FROM person WHERE n < 4;
INSERT INTO data_exports (user_id, status, finished_at, expires_at) SELECT id, 'ready', now(), now() + interval '7 days' FROM person WHERE n < 4;
INSERT INTO data_export_parts (export_id, part, ordinal, n_rows, n_bytes, body) SELECT id, 'profile', 0, 1, 30, '[{"bio": "\"a\"\t\\"}]' FROM data_exports;
INSERT INTO account_deletions (user_id, due_at, next_try) SELECT id, now() + interval '14 days', now() + interval '14 days' FROM person WHERE n = 6;
INSERT INTO statistics_due (user_id, task) SELECT id, 'statistics' FROM person WHERE n < 4;
INSERT INTO achievement_rules (achievement, thresholds) VALUES ('top_rated', '{"average": 4.75}');
INSERT INTO user_achievements (user_id, achievement, earned_at, lost_at, failing_since) SELECT id, 'top_rated', '2026-01-01', '2026-02-01', '2026-01-15' FROM person WHERE n BETWEEN 6 AND 8;
INSERT INTO statistics_progress (name, known_until) VALUES ('events', '2026-01-01');
INSERT INTO reports (report_number, reporter_id, target_type, target_id, target_owner, category, details, evidence, snapshot, status, decision, decided_at)
SELECT 'REP-' || r.n, r.id, 'user', t.id, t.id, 'scam', E'"A"\t\\', '["a.jpg"]', '{"bio": "\"\t"}', CASE WHEN r.n < 22 THEN 'open' ELSE 'appealed' END, CASE WHEN r.n >= 22 THEN 'warn' END, CASE WHEN r.n >= 22 THEN timestamptz '2026-01-02' END
FROM person r, person t WHERE r.n BETWEEN 20 AND 23 AND t.n = 16;
INSERT INTO report_decisions (report_id, decision, reasons, decided_at) SELECT id, 'warn', E'"A"\t\\', decided_at FROM reports WHERE decision IS NOT NULL;
INSERT INTO report_appeals (report_id, appellant_id, by_reporter, message) SELECT id, reporter_id, true, E'"A"\t\\' FROM reports WHERE decision IS NOT NULL;
SELECT set_job('expire_carts', interval '2 hours'), enqueue_job('expire_returns', '{"max_rows": 5}', 'a key') \g /dev/null
INSERT INTO job_runs (job, started_at, ms, outcome, sqlstate, error) VALUES ('expire_carts', now(), 3, 'failed', '42P01', E'"A"\t\\');
INSERT INTO outbox_events (kind, subject_id, data, attempts) VALUES ('test.waiting', gen_random_uuid(), '{"a": "\"\t"}', 2);
SELECT id AS endpoint FROM create_webhook_endpoint('https://hooks.example.com/?a=b', '{*}', E'"A"\t\\') \gset
SELECT test_webhook_endpoint(:'endpoint'), rotate_webhook_secret(:'endpoint') \g /dev/null
INSERT INTO webhook_deliveries (endpoint_id, event_id, event_type, body, status, attempts, last_status, last_error)
VALUES (:'endpoint', 'msg_1', 'order.paid', E'{"b":  "\u20ac \\t",\n "a": 1}', 'failed', 10, 500, E'"A"\t\\');

-- A seller and a buyer, of different orders, have deleted their accounts.
SELECT tests.delete_account(id) FROM person WHERE n IN (5, 16);

-- The owner's own: all of it has to survive as well.
CREATE SCHEMA mine;
ALTER TABLE profiles ADD COLUMN shoe_size integer DEFAULT 42 CHECK (shoe_size > 10);
UPDATE profiles SET shoe_size = 44 WHERE username LIKE 'person1%';
CREATE INDEX my_index ON listings (lower(title)) WHERE status::text = 'active';
ALTER TABLE messages ADD CONSTRAINT my_check CHECK (length(content) < 5000);
ALTER TYPE notification_type ADD VALUE 'my_kind' BEFORE 'new_message';
CREATE POLICY "My policy" ON listings FOR SELECT TO authenticated USING (metadata ->> 'shared_with' = (SELECT auth.uid())::text);
CREATE TABLE mine.shelf (listing_id uuid PRIMARY KEY REFERENCES listings ON DELETE CASCADE, place text NOT NULL);
INSERT INTO mine.shelf SELECT id, 'left' FROM listings;
CREATE FUNCTION mine.on_order() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$ BEGIN NEW.metadata := NEW.metadata || '{"seen": true}'; RETURN NEW; END $$;
CREATE TRIGGER my_trigger BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION mine.on_order();
CREATE VIEW mine.sales AS SELECT seller_id, count(*) AS orders, sum(total_amount) AS total FROM orders GROUP BY seller_id;
GRANT SELECT ON returns TO pg_monitor;
GRANT SELECT (code) ON coupons TO pg_monitor;
COMMENT ON COLUMN listings.tags IS 'My own words.';
