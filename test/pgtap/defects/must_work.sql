-- What must work: what the people of a market need, and the reference schema did not let them do. Each test begins
-- with the words for what did not work.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
SELECT plan(149);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('sue@example.com') AS sue, tests.sign_up('eve@example.com') AS eve, tests.sign_up('ada@example.com') AS ada \gset
SELECT promote_to_admin('ada@example.com') \g /dev/null

-- Sellers and their drafts

SELECT tests.log_in(:'sue') \g /dev/null
SELECT lives_ok(format($$INSERT INTO listings (seller_id, title, description, price) VALUES (%L, 'An old lamp', 'Gives light.', 10) RETURNING *$$, :'sue'), 'sellers cannot INSERT ... RETURNING their drafts');
SELECT id AS draft, slug AS slug FROM listings WHERE seller_id = :'sue' \gset
SELECT is((SELECT status::text FROM listings WHERE id = :'draft'), 'draft', 'sellers cannot see their drafts');
SELECT matches(:'slug'::text, '^an-old-lamp', '(the slug was made from the title)');
SELECT is(tests.deed(format($$UPDATE listings SET price = 12 WHERE id = %L$$, :'draft')), 'done', 'sellers cannot change their drafts');
SELECT lives_ok(format($$INSERT INTO product_variants (listing_id, name, price, quantity) VALUES (%L, 'blue', 12, 1) RETURNING id$$, :'draft'), 'sellers cannot add variants to their drafts');
SELECT is((SELECT count(*) FROM product_variants WHERE listing_id = :'draft'), 1::bigint, 'sellers cannot see the variants of their drafts');
SELECT is(tests.deed(format($$UPDATE product_variants SET quantity = 2 WHERE listing_id = %L$$, :'draft')), 'done', 'sellers cannot change the variants of their drafts');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is((SELECT count(*) FROM listings WHERE id = :'draft') + (SELECT count(*) FROM product_variants WHERE listing_id = :'draft'), 0::bigint, '(nobody else sees a draft)');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.deed(format($$UPDATE listings SET status = 'active' WHERE id = %L RETURNING id$$, :'draft')), 'done', 'sellers cannot publish their drafts');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is((SELECT published_at IS NOT NULL FROM listings WHERE id = :'draft'), true, '(everybody sees it, and since when)');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.deed(format($$UPDATE listings SET status = 'archived' WHERE id = %L$$, :'draft')), 'done', 'sellers cannot unlist their listings');
SELECT is((SELECT status::text FROM listings WHERE id = :'draft'), 'archived', '(the seller still sees it)');
SELECT is(tests.deed(format($$UPDATE listings SET status = 'draft' WHERE id = %L$$, :'draft')), 'done', 'sellers cannot make it a draft again');
SELECT is(tests.deed(format($$DELETE FROM product_variants WHERE listing_id = %L$$, :'draft')), 'done', 'sellers cannot delete the variants of their drafts');
SELECT is(tests.deed(format($$DELETE FROM listings WHERE id = %L RETURNING id$$, :'draft')), 'done', 'sellers cannot delete their drafts');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM listings WHERE id = :'draft'), 0::bigint, '(it is gone)');

-- 17 tables have row level security and no policy

SELECT tests.a_listing(:'sue', 10, 9) AS lamp \gset
SELECT tests.an_order(:'ann', :'sue', 10, 'paid') AS bought \gset
SELECT tests.an_item(:'bought', :'lamp') AS line \gset
SELECT tests.a_coupon('TEN') AS coupon \gset
INSERT INTO store_credits (user_id, amount) VALUES (:'ann', 5);
INSERT INTO order_tracking (order_id, carrier, tracking_number) VALUES (:'bought', 'ups', '1Z');
INSERT INTO shipping_labels (order_id, carrier, tracking_number) VALUES (:'bought', 'ups', '1Z');
INSERT INTO shipping_events (order_id, event_type) VALUES (:'bought', 'picked_up');
INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description) VALUES ('D-1', :'bought', :'ann', :'sue', 'other', 'x', 'x') RETURNING id AS dispute \gset
INSERT INTO dispute_messages (dispute_id, sender_id, message, is_private_note) VALUES (:'dispute', :'ann', 'Where is it?', false), (:'dispute', :'ada', 'Third time.', true);
INSERT INTO returns (return_number, order_id, order_item_id, requested_by, reason) VALUES ('R-1', :'bought', :'line', :'ann', 'other');
INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (:'bought', 1, 'x', :'ann');
INSERT INTO seller_payouts (seller_id, amount, status) VALUES (:'sue', 9, 'pending');
INSERT INTO coupon_usage (coupon_id, user_id, discount_amount) VALUES (:'coupon', :'ann', 1);
INSERT INTO payment_transactions (order_id, amount, processor) VALUES (:'bought', 10, 'stripe');
INSERT INTO payment_accounts (user_id, stripe_account_id) VALUES (:'sue', 'acct_sue');
INSERT INTO auth_sessions (user_id, refresh_token_hash, expires_at) VALUES (:'ann', 'x', now() + interval '1 day');
INSERT INTO auth_login_history (user_id) VALUES (:'ann');

-- Rows that a buyer, a seller and a stranger see; what the reference showed of all of them to everybody: none.
CREATE TEMPORARY TABLE shown (relation text, what text, buyer bigint, seller bigint);
INSERT INTO shown VALUES ('store_credits', 'own store credits', 1, 0), ('user_stats_summary', 'statistics', 1, 1), ('transactions', 'transactions', 1, 1), ('order_status_history', 'order history', 1, 1),
    ('order_tracking', 'tracking', 1, 1), ('disputes', 'disputes', 1, 1), ('dispute_messages', 'disputes: their messages', 2, 2), ('returns', 'returns', 1, 1), ('refund_requests', 'refunds', 1, 1),
    ('seller_payouts', 'payouts', 0, 1), ('coupon_usage', 'coupon usage', 1, 0), ('payment_transactions', 'payments', 1, 1), ('payment_accounts', 'payment accounts', 0, 1), ('shipping_labels', 'shipping labels', 0, 1),
    ('shipping_events', 'shipping events', 1, 1), ('auth_sessions', 'sessions', 1, 0), ('auth_login_history', 'the login history', 1, 0);
GRANT SELECT ON shown TO PUBLIC;
CREATE FUNCTION tests.rows_of(relation text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    seen bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM %I', relation) INTO seen;
    RETURN seen;
END $$;
SELECT is((SELECT count(*) FROM shown), 17::bigint, '17 tables have RLS and no policy');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.rows_of(relation), buyer, what || ' invisible: to the buyer') FROM shown;
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.rows_of(relation), seller, what || ' invisible: to the seller') FROM shown;
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.rows_of(relation), CASE relation WHEN 'user_stats_summary' THEN 1 ELSE 0 END::bigint, '(' || what || ': a stranger sees none, but the own)') FROM shown;
SELECT is(tests.attempt(format('UPDATE %I SET %I = NULL', relation, (SELECT attname FROM pg_attribute WHERE attrelid = relation::regclass AND attnum = 1))),
          -- where users write rows of their own, others' are not there
          CASE relation WHEN 'payment_accounts' THEN '0 rows' ELSE '42501' END, 'updates vanish silently: ' || relation) FROM shown;
SELECT is(tests.attempt(format('DELETE FROM %I', relation)), '42501', 'deletes vanish silently: ' || relation) FROM shown;
SELECT is(tests.attempt(format('INSERT INTO %I (%I) VALUES (NULL)', relation, (SELECT attname FROM pg_attribute WHERE attrelid = relation::regclass AND attnum = 1))), '42501', 'what a client may not insert is refused: ' || relation) FROM shown;
SELECT tests.log_out() \g /dev/null
SELECT is_empty($$SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = tests.home() AND c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid)$$, 'tables have RLS and no policy: none any more');

-- Notifications

INSERT INTO notifications (user_id, type, title, message) VALUES (:'ann', 'order_paid', 'x', 'x'), (:'sue', 'order_paid', 'x', 'x');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.deed('UPDATE notifications SET is_read = true'), 'done', 'own notifications cannot be marked as read');
SELECT is(tests.deed('DELETE FROM notifications'), 'done', 'own notifications cannot be deleted');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM notifications), 1::bigint, '(another''s is still there)');
SELECT results_eq(format('SELECT from_status::text, to_status::text FROM order_status_history WHERE order_id = %L', :'bought'), $$VALUES (NULL, 'paid')$$, 'nothing moves order_status_history');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.deed(format($$UPDATE orders SET status = 'shipped' WHERE id = %L$$, :'bought')), 'done', '(the seller ships)');
SELECT results_eq(format('SELECT changed_by FROM order_status_history WHERE order_id = %L AND to_status::text = ''shipped''', :'bought'), format('VALUES (%L::uuid)', :'sue'), 'nothing moves order_status_history: it says who shipped');
SELECT tests.log_out() \g /dev/null

-- Messages and what counts them

SELECT tests.log_in(:'ann') \g /dev/null
INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (:'lamp', :'ann', :'sue') RETURNING id AS talk \gset
SELECT tests.log_out() \g /dev/null
UPDATE conversations SET last_message_at = '2001-01-01' WHERE id = :'talk';
SELECT tests.log_in(:'ann') \g /dev/null
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'ann', 'Is it still there?'), (:'talk', :'ann', 'Hello?');
SELECT results_eq(format('SELECT last_message_at = now(), buyer_unread_count, seller_unread_count FROM conversations WHERE id = %L', :'talk'), 'VALUES (true, 0, 2)', 'nothing moves last_message_at, the unread counts');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.deed($$UPDATE messages SET is_read = true WHERE content = 'Hello?'$$), 'done', 'messages cannot be marked read');
SELECT is((SELECT seller_unread_count FROM conversations WHERE id = :'talk'), 1, 'nothing moves the unread counts: reading one does');
SELECT is(mark_conversation_read(:'talk'), 1, 'messages cannot be marked read: the whole conversation');
SELECT is((SELECT seller_unread_count FROM conversations WHERE id = :'talk'), 0, 'nothing moves the unread counts: reading all does');
SELECT is(tests.deed(format('UPDATE conversations SET archived_by_seller = true WHERE id = %L', :'talk')), 'done', 'a conversation cannot be put away by one side alone');
SELECT tests.log_out() \g /dev/null

-- Favourites, follows, ratings, statistics

SELECT tests.log_in(:'ann') \g /dev/null
INSERT INTO favorites (user_id, listing_id) VALUES (:'ann', :'lamp');
SELECT is((SELECT favorite_count FROM listings WHERE id = :'lamp'), 1, 'nothing moves favorite_count');
DELETE FROM favorites;
SELECT is((SELECT favorite_count FROM listings WHERE id = :'lamp'), 0, 'nothing moves favorite_count back');
INSERT INTO user_follows (follower_id, following_id) VALUES (:'ann', :'sue');
SELECT is((SELECT following_count FROM user_stats_summary WHERE user_id = :'ann'), 1, 'nothing moves follower counts: who follows');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is((SELECT follower_count FROM user_stats_summary WHERE user_id = :'sue'), 1, 'nothing moves follower counts: who is followed');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.deed(format($$UPDATE orders SET status = 'delivered' WHERE id = %L$$, :'bought')), 'done', '(the buyer has the parcel)');
SELECT is(tests.deed(format($$UPDATE orders SET status = 'completed' WHERE id = %L$$, :'bought')), 'done', '(and is content)');
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (:'bought', :'ann', :'sue', 4, 'seller');
SELECT results_eq(format('SELECT seller_rating, seller_rating_count FROM profiles WHERE id = %L', :'sue'), 'VALUES (4.00, 1)', 'nothing moves ratings');
SELECT results_eq(format('SELECT total_purchases, total_spent FROM user_stats_summary WHERE user_id = %L', :'ann'), 'VALUES (1, 10.00)', 'nothing moves user_stats_summary: the buyer''s');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT results_eq(format('SELECT total_sales, total_earned, average_rating, total_ratings FROM user_stats_summary WHERE user_id = %L', :'sue'), 'VALUES (1, 10.00, 4.00, 1)',
    'nothing moves user_stats_summary: the seller''s');
SELECT is((SELECT total_sales FROM profiles WHERE id = :'sue'), 1, 'nothing moves total_sales');
SELECT tests.log_out() \g /dev/null

-- Accounts that cannot be deleted

INSERT INTO brand_verification_requests (user_id, brand_name, brand_category, verification_status, reviewed_by, reviewed_at) VALUES (:'sue', 'x', 'x', 'rejected', :'ada', now());
INSERT INTO admin_approvals (request_type, request_id, admin_id, action) VALUES ('brand_verification', :'sue', :'ada', 'reject');
INSERT INTO admin_audit_log (admin_id, action) VALUES (:'ada', 'review');
SELECT lives_ok(format('DELETE FROM auth.users WHERE id = %L', :'ann'), 'a user with an order cannot be deleted: the buyer');
SELECT is((SELECT count(*) FROM orders WHERE id = :'bought' AND buyer_id IS NULL AND seller_id = :'sue'), 1::bigint, '(the seller keeps the order)');
SELECT lives_ok(format('DELETE FROM auth.users WHERE id = %L', :'ada'), 'an admin who reviewed something cannot be deleted');
SELECT is((SELECT count(*) FROM brand_verification_requests WHERE reviewed_by IS NULL AND verification_status = 'rejected'), 1::bigint, '(the review stays)');
SELECT lives_ok(format('DELETE FROM auth.users WHERE id = %L', :'sue'), 'a user with an order cannot be deleted: the seller');
SELECT is((SELECT count(*) FROM orders WHERE id = :'bought' AND buyer_id IS NULL AND seller_id IS NULL), 1::bigint, '(the order stays in the books)');
SELECT is((SELECT count(*) FROM profiles WHERE id IN (:'ann', :'ada', :'sue')), 0::bigint, '(they are gone)');

SELECT * FROM finish();
ROLLBACK;
