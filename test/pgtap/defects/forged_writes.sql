-- Forged writes: what users of the reference schema wrote in other people's names, or about themselves. Each test
-- begins with the words for what was possible; here it is refused and leaves no trace.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
SELECT plan(244);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('sue@example.com') AS sue, tests.sign_up('eve@example.com') AS eve, tests.sign_up('tom@example.com') AS tom,
       tests.sign_up('mod@example.com') AS mod, tests.sign_up('ada@example.com') AS ada, tests.sign_up('sid@example.com') AS sid \gset
SELECT promote_to_admin('ada@example.com'), set_user_role(:'mod', 'moderator', 'helps us'), suspend_user(:'sid', 'a spammer') \g /dev/null
SELECT tests.a_listing(:'sue') AS lamp, tests.a_listing(:'sue', 10, 5, 'draft') AS draft, tests.a_listing(:'sue', 10, 5, 'removed') AS removed, tests.a_listing(:'sue', 10, 0, 'reserved') AS reserved,
       tests.a_listing(:'tom') AS vase, tests.a_listing(:'eve') AS own, tests.a_listing(:'sid', 10, 5, 'archived') AS spam \gset
SELECT tests.a_variant(:'lamp') AS blue, tests.a_variant(:'vase') AS foreign_variant, tests.a_variant(:'lamp') AS gone \gset
UPDATE product_variants SET is_active = false WHERE id = :'gone';
SELECT tests.an_address(:'ann') AS home, tests.an_address(:'tom') AS home_of_tom, tests.a_card(:'ann') AS card, tests.a_card(:'tom') AS card_of_tom \gset
SELECT id AS cart FROM shopping_carts WHERE user_id = :'ann' \gset
SELECT id AS cart_of_tom FROM shopping_carts WHERE user_id = :'tom' \gset

-- Notifications

INSERT INTO notifications (user_id, type, title, message) VALUES (:'ann', 'order_placed', 'Thank you', 'It is on its way.') RETURNING id AS note \gset
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt(format($$INSERT INTO notifications (user_id, type, title, message) VALUES (%L, 'promotion_alert', 'You won', 'x')$$, :'ann')), '42501', 'notifications to anybody, by anon too');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format($$INSERT INTO notifications (user_id, type, title, message) VALUES (%L, 'promotion_alert', 'You won', 'x')$$, recipient)), '42501', 'notifications to ' || who)
  FROM (VALUES ('anybody', :'ann'), ('oneself', :'eve')) AS recipients (who, recipient);
SELECT is(tests.attempt(format($$UPDATE notifications SET is_read = true WHERE id = %L$$, :'note')), '0 rows', 'marking another''s notification as read');
SELECT is(tests.attempt(format($$DELETE FROM notifications WHERE id = %L$$, :'note')), '0 rows', 'deleting another''s notification');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT is(tests.attempt(format($$INSERT INTO notifications (user_id, type, title, message) VALUES (%L, 'promotion_alert', 'You won', 'x')$$, :'ann')), '42501', 'notifications to anybody, by an admin''s session');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format('UPDATE notifications SET %s WHERE id = %L', change, :'note')), '42501', 'rewriting a notification''s text: ' || change)
  FROM unnest(ARRAY['message = ''x''', 'title = ''x''', 'type = ''payment_received''', 'action_url = ''http://example.com''', 'metadata = ''{"x": 1}''', format('user_id = %L', :'tom'),
                    format('related_user_id = %L', :'tom')]) change;
SELECT is(tests.attempt(format($$UPDATE notifications SET created_at = '2001-01-01' WHERE id = %L$$, :'note')), '1 rows', 'rewriting a notification''s date, which it keeps');
SELECT is(tests.attempt(format($$INSERT INTO notifications (id, user_id, type, title, message) VALUES (%L, %L, 'order_paid', 'x', 'x') ON CONFLICT (id) DO UPDATE SET message = 'x'$$, :'note', :'ann')), '42501',
    'rewriting a notification''s text by an upsert');

-- Orders inserted

SELECT is(tests.attempt(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status) VALUES (%1$L, %2$L, %3$s, %3$s, %4$L)$$, :'ann', seller, price, status)), '42501',
    format('orders inserted with any price, status and seller: %s, %s', price, status))
  FROM (VALUES (:'sue', '0.01', 'pending_payment'), (:'sue', '10', 'pending_payment'), (:'sue', '10', 'paid'), (:'tom', '10', 'completed'), (:'ann', '10', 'paid')) AS forged (seller, price, status);
SELECT is(tests.attempt(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (%1$L, %1$L, 10, 10)$$, :'ann')), '42501', 'buying from oneself');
SELECT is(tests.attempt(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (%L, %L, 10, 10)$$, :'tom', :'sue')), '42501', 'orders inserted in another''s name');
SELECT tests.log_out() \g /dev/null
SELECT throws_ok(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (%1$L, %1$L, 10, 10)$$, :'ann'), '23514', NULL, 'buying from oneself, by the service');
SELECT is(tests.attempt(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, %s) VALUES (%L, %L, 10, 10, %L)$$, col, :'ann', :'sue', id)), '23503', 'somebody else''s ' || what || ' on an order')
  FROM (VALUES ('address', 'shipping_address_id', :'home_of_tom'), ('billing address', 'billing_address_id', :'home_of_tom'), ('card', 'payment_method_id', :'card_of_tom')) AS foreign_thing (what, col, id);

-- Orders updated

SELECT tests.an_order(:'ann', :'sue', 10) AS pending, tests.an_order(:'ann', :'sue', 10, 'paid') AS paid \gset
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format('UPDATE orders SET %s WHERE id = %L', change, :'pending')), '42501', 'a buyer zeroes the total of a pending order: ' || change)
  FROM unnest(ARRAY['total_amount = 0', 'subtotal = 0, total_amount = 0', 'discount_amount = 10, total_amount = 0', 'store_credit_amount = 10', 'currency = ''VND''', format('seller_id = %L', :'tom'),
                    format('shipping_address_id = %L', :'home_of_tom'), format('payment_method_id = %L', :'card_of_tom'), 'paid_at = now()', 'status = ''payment_processing'', total_amount = 0']) change;
SELECT is(tests.attempt(format($$UPDATE orders SET status = %L WHERE id = %L$$, status, :'pending')), 'MK005', 'marks it ' || status || ' through two OR-ed UPDATE policies')
  FROM unnest('{paid,preparing,shipped,delivered,completed,refunded}'::text[]) status;
SELECT is(tests.attempt(format($$UPDATE orders SET status = 'cancelled' WHERE id = %L$$, :'paid')), 'MK005', 'a buyer cancels what is paid');
SELECT is(tests.deed(format($$UPDATE orders SET status = 'cancelled' WHERE id = %L RETURNING id$$, :'pending')), 'done', 'cannot cancel it (USING is checked on the new row): the buyer can');
SELECT is((SELECT status::text FROM orders WHERE id = :'pending'), 'cancelled', '(it is cancelled)');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.attempt(format('UPDATE orders SET %s WHERE id = %L', change, :'paid')), '42501', 'a seller edits amounts, currency, the buyer: ' || change)
  FROM unnest(ARRAY['total_amount = 1000', 'subtotal = 1000, total_amount = 1000', 'shipping_cost = 5', 'tax_amount = 5', 'currency = ''EUR''', format('buyer_id = %L', :'tom'), 'order_number = ''ORD-1''',
                    'shipping_address = ''{}''', 'notes = ''x''', 'metadata = ''{}''', 'created_at = now()', 'delivered_at = now()']) change;
SELECT is(tests.attempt(format($$UPDATE orders SET status = %L WHERE id = %L$$, status, :'paid')), 'MK005', 'a seller jumps to ' || status)
  FROM unnest('{completed,delivered,in_transit,refunded,pending_payment}'::text[]) status;
SELECT is(tests.attempt(format($$DELETE FROM orders WHERE id = %L$$, :'paid')), '42501', 'a seller deletes an order');
SELECT is(tests.attempt(statement), '42501', 'a seller writes what belongs to an order: ' || split_part(statement, '(', 1))
  FROM unnest(ARRAY[format($$INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (%L, %L, 1, 1, 1)$$, :'paid', :'lamp'),
                    format($$INSERT INTO order_status_history (order_id, to_status) VALUES (%L, 'completed')$$, :'paid'), format($$INSERT INTO order_tracking (order_id, carrier, tracking_number) VALUES (%L, 'ups', 'x')$$, :'paid'),
                    format($$INSERT INTO payment_transactions (order_id, amount, processor, status) VALUES (%L, 10, 'stripe', 'succeeded')$$, :'paid'),
                    format($$INSERT INTO seller_payouts (seller_id, amount, status) VALUES (%L, 10, 'paid')$$, :'sue'), format($$INSERT INTO store_credits (user_id, amount) VALUES (%L, 10)$$, :'sue'),
                    format($$INSERT INTO transactions (seller_id, amount, net_amount, type, status) VALUES (%L, 10, 10, 'sale', 'completed')$$, :'sue'),
                    format($$INSERT INTO ledger_entries (journal_id, account, party_id, amount, currency) VALUES (gen_random_uuid(), 'seller_available', %L, 10, 'USD')$$, :'sue'),
                    format($$INSERT INTO coupon_usage (coupon_id, user_id, discount_amount) VALUES (gen_random_uuid(), %L, 1)$$, :'sue'),
                    'UPDATE order_status_history SET changed_by = NULL', 'DELETE FROM order_status_history', 'UPDATE order_items SET unit_price = 0']) statement;
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format($$UPDATE orders SET status = 'cancelled' WHERE id = %L$$, :'paid')), '0 rows', 'a stranger changes an order');
SELECT is(tests.attempt($$MERGE INTO orders o USING (SELECT 1) s ON o.id IS NOT NULL WHEN MATCHED THEN UPDATE SET status = 'cancelled'$$), '0 rows', 'a stranger merges into orders');

-- Ratings

SELECT tests.log_out() \g /dev/null
SELECT tests.an_order(:'ann', :'sue', 10, 'completed') AS done, tests.an_order(:'ann', :'sue', 10, 'shipped') AS shipped \gset
CREATE FUNCTION tests.a_rating(order_id uuid, rater uuid, rated uuid, type text, rating integer DEFAULT 1) RETURNS text LANGUAGE sql AS $$
    SELECT format('INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (%L, %L, %L, %L, %s)', order_id, rater, rated, type, rating)
$$;
SELECT tests.log_in(:'eve') \g /dev/null
SELECT matches(tests.attempt(tests.a_rating(:'done', :'eve', :'sue', 'seller')), '^(42501|23514)$', 'ratings of people by one who was not in the order');
SELECT is(tests.attempt(tests.a_rating(:'done', :'ann', :'sue', 'seller')), '42501', 'ratings in a buyer''s name');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT matches(tests.attempt(tests.a_rating(:'done', :'ann', :'tom', 'seller')), '^(42501|23514)$', 'ratings of people who were not in the order');
SELECT matches(tests.attempt(tests.a_rating(:'done', :'ann', :'ann', 'buyer', 5)), '^(42501|23514)$', 'ratings of oneself');
SELECT matches(tests.attempt(tests.a_rating(:'done', :'ann', :'sue', 'buyer')), '^(42501|23514)$', 'ratings of a seller as a buyer');
SELECT matches(tests.attempt(tests.a_rating(:'shipped', :'ann', :'sue', 'seller')), '^(42501|23514|55000)$', 'ratings of an order that is not completed');
SELECT matches(tests.attempt(tests.a_rating(gen_random_uuid(), :'ann', :'sue', 'seller')), '^(42501|23503)$', 'ratings of no order');
SELECT is(tests.deed(tests.a_rating(:'done', :'ann', :'sue', 'seller', 4)), 'done', '(the buyer rates the seller)');
SELECT is(tests.attempt(tests.a_rating(:'done', :'ann', :'sue', 'seller', 5)), '23505', 'ratings given twice');
SELECT is(tests.attempt('UPDATE user_ratings SET rating = 5'), '42501', 'ratings changed afterwards');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.attempt('DELETE FROM user_ratings'), '42501', 'ratings deleted by the one who is rated');

-- Conversations

SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format('INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (%L, %L, %L)', listing, buyer, seller)), '42501', what)
  FROM (VALUES ('conversations naming a seller who does not own the listing', :'vase', :'ann', :'sue'), ('conversations about a draft', :'draft', :'ann', :'sue'),
               ('conversations begun in another''s name', :'lamp', :'tom', :'sue')) AS forged (what, listing, buyer, seller);
SELECT is(tests.attempt(format($$INSERT INTO conversations (listing_id, buyer_id, seller_id, %s) VALUES (%L, %L, %L, %L)$$, col, :'lamp', :'ann', :'sue', value)), '42501', 'conversations that begin with ' || col)
  FROM (VALUES ('buyer_unread_count', '5'), ('seller_unread_count', '5'), ('archived_by_seller', 'true'), ('is_direct', 'true')) AS forged (col, value);
INSERT INTO conversations (listing_id, buyer_id, seller_id, last_message_at, created_at) VALUES (:'lamp', :'ann', :'sue', '2001-01-01', '2001-01-01') RETURNING id AS talk, last_message_at = now() AND created_at = now() AS begins_now \gset
SELECT ok(:'begins_now', 'conversations that begin with other times: they have the database''s');
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'ann', 'Is it still there?') RETURNING id AS question \gset
SELECT is(tests.attempt(format('UPDATE conversations SET %s WHERE id = %L', change, :'talk')), '42501', what || ': ' || change)
  FROM (VALUES ('handing a conversation to a third person', format('seller_id = %L', :'eve')), ('handing a conversation to a third person', format('buyer_id = %L', :'eve')),
               ('handing a conversation to a third person', format('buyer_id = %L, seller_id = %L', :'sue', :'ann')), ('moving a conversation to another listing', format('listing_id = %L', :'vase')),
               ('forging the other side''s unread flag', 'seller_unread_count = 0'), ('forging the other side''s unread flag', 'seller_unread_count = 99'), ('forging the own unread count', 'buyer_unread_count = 7'),
               ('forging the other side''s archive flag', 'archived_by_seller = true'), ('forging the other side''s archive flag', 'archived_by_buyer = true, archived_by_seller = true')) AS forged (what, change);
SELECT is(tests.attempt(format('UPDATE conversations SET %s WHERE id = %L', change, :'talk')), '1 rows', what || ', which it keeps')
  FROM (VALUES ('forging the time of the last message', 'last_message_at = ''2099-01-01'''), ('forging when it began', 'created_at = ''2001-01-01''')) AS forged (what, change);
SELECT is(tests.attempt(format('DELETE FROM conversations WHERE id = %L', :'talk')), '42501', 'deleting a conversation that is the other side''s too');
SELECT is(tests.attempt(format('INSERT INTO messages (conversation_id, sender_id, content%s) VALUES (%L, %L, ''x''%s)', col, :'talk', sender, value)), '42501', what)
  FROM (VALUES ('messages in the other''s name', :'sue', '', ''),
               ('messages in a stranger''s name', :'eve', '', ''), ('messages that are read already', :'ann', ', is_read', ', true'), ('messages that were edited', :'ann', ', edited_at', ', now()')) AS forged (what, sender, col, value);
SELECT results_eq(format('INSERT INTO messages (conversation_id, sender_id, content, created_at) VALUES (%L, %L, ''x'', %L) RETURNING created_at = now()', :'talk', :'ann', value), 'VALUES (true)', what || ': they have the database''s time')
  FROM (VALUES ('back-dated messages', '2001-01-01'), ('messages dated later', '2099-01-01')) AS forged (what, value);
SELECT is(tests.attempt(format($$UPDATE messages SET created_at = '2001-01-01' WHERE id = %L$$, :'question')), '1 rows', 'messages dated anew, which they do not take');
SELECT is(tests.attempt(format('UPDATE messages SET %s WHERE id = %L', change, :'question')), '42501', 'messages rewritten: ' || change)
  FROM unnest(ARRAY['content = ''x''', format('sender_id = %L', :'sue'), format('conversation_id = %L', gen_random_uuid()), 'attachments = ''[1]''']) change;
SELECT is(tests.attempt(format('UPDATE messages SET is_read = true WHERE id = %L', :'question')), '42501', 'the sender marks the own message as read');
SELECT is(tests.attempt(format('DELETE FROM messages WHERE id = %L', :'question')), '42501', 'messages taken back');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.attempt(format('UPDATE conversations SET archived_by_buyer = true WHERE id = %L', :'talk')), '42501', 'forging the other side''s archive flag, by the seller');
SELECT is(tests.attempt(format('UPDATE messages SET content = ''x'', is_read = true WHERE id = %L', :'question')), '42501', 'messages rewritten by who may mark them as read');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format('INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, %L, ''x'')', :'talk', :'eve')), '42501', 'messages in a conversation of others');
SELECT ok(tests.attempt(format('UPDATE messages SET is_read = true WHERE id = %L', :'question')) IN ('0 rows', '42501'), 'a stranger marks a message as read');
SELECT ok(tests.attempt(format('UPDATE conversations SET archived_by_buyer = true WHERE id = %L', :'talk')) IN ('0 rows', '42501'), 'a stranger archives a conversation');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT is((SELECT count(*) FROM messages) + (SELECT count(*) FROM conversations), 0::bigint, 'an admin reads what people write to each other');

-- Coupons

SELECT tests.log_in(:'eve') \g /dev/null
CREATE FUNCTION pg_temp.a_coupon(columns text, vals text) RETURNS text LANGUAGE sql AS $$
    SELECT format('INSERT INTO coupons (code, name, discount_type, discount_value, %s) VALUES (''EVE'', ''x'', ''percentage'', 50, %s)', columns, vals)
$$;
SELECT is(tests.attempt(pg_temp.a_coupon(columns, vals)), '42501', what)
  FROM (VALUES ('platform-wide coupons by any user', 'seller_id', 'NULL'), ('platform-wide coupons by any user', 'created_by', quote_literal(:'eve')), ('platform-wide coupons by any user', 'description', '''x'''),
               ('coupons in another seller''s name', 'seller_id', quote_literal(:'sue')), ('coupons in another seller''s name', 'seller_id, created_by', format('%L, %L', :'sue', :'eve')),
               ('coupons made by another', 'seller_id, created_by', format('%L, %L', :'eve', :'sue')), ('usage counters reset', 'seller_id, usage_count', format('%L, -1', :'eve')),
               ('usage counters reset', 'seller_id, total_discount_given', format('%L, -1', :'eve'))) AS forged (what, columns, vals);
SELECT is(tests.attempt(format($$INSERT INTO coupons (code, name, seller_id, discount_type, discount_value%s) VALUES ('EVE', 'x', %L, %s)$$, columns, :'eve', vals)), '23514', what)
  FROM (VALUES ('5000 %', '', '''percentage'', 5000'), ('negative', '', '''percentage'', -5'), ('negative', '', '''fixed_amount'', -5'), ('NaN', '', '''fixed_amount'', ''NaN'''),
               ('negative minimum', ', minimum_purchase', '''percentage'', 5, -1'), ('no limit', ', usage_limit', '''percentage'', 5, 0'), ('negative limit per user', ', usage_limit_per_user', '''percentage'', 5, -1'),
               ('over before it begins', ', valid_from, valid_until', '''percentage'', 5, ''2030-01-02'', ''2030-01-01'''), ('buy nothing get one', ', buy_quantity, get_quantity', '''buy_x_get_y'', 5, 0, 1')) AS wrong (what, columns, vals);
INSERT INTO coupons (code, name, discount_type, discount_value, seller_id, usage_limit) VALUES ('EVE-10', 'x', 'percentage', 10, :'eve', 1) RETURNING id AS coupon \gset
SELECT tests.log_out() \g /dev/null
INSERT INTO coupon_usage (coupon_id, user_id, discount_amount) VALUES (:'coupon', :'ann', 1);
SELECT tests.a_coupon('PLATFORM') AS platform \gset
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format('UPDATE coupons SET %s WHERE id = %L', change, :'coupon')), '42501', 'usage counters reset, or the coupon given to others: ' || change)
  FROM unnest(ARRAY['usage_count = 0', 'total_discount_given = 0', 'seller_id = NULL', format('seller_id = %L', :'sue'), format('created_by = %L', :'sue'), 'name = ''y'', usage_count = 0']) change;
SELECT is(tests.attempt(format('UPDATE coupons SET discount_value = 5000 WHERE id = %L', :'coupon')), '23514', '5000 % afterwards');
SELECT is(tests.attempt(format('UPDATE coupons SET code = %L WHERE id = %L', code, :'coupon')), '23514', format('a code that nobody can type: "%s"', code)) FROM unnest('{"EVE,ANN",","," "}'::text[]) code;
SELECT is(tests.attempt(format('UPDATE coupons SET discount_value = 90 WHERE id = %L', :'platform')), '0 rows', 'a user changes a platform-wide coupon');
SELECT is(tests.attempt(format('DELETE FROM coupons WHERE id = %L', :'platform')), '0 rows', 'a user deletes a platform-wide coupon');
SELECT is(tests.attempt(format($$INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('PLATFORM', 'x', 'percentage', 90, %L) ON CONFLICT (code) DO UPDATE SET discount_value = 90$$, :'eve')),
    '42501', 'a user changes a platform-wide coupon by an upsert');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is(tests.attempt('INSERT INTO coupons (code, name, discount_type, discount_value) VALUES (''MOD'', ''x'', ''percentage'', 50)'), '42501', 'platform-wide coupons by a moderator');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT is(tests.deed('INSERT INTO coupons (code, name, discount_type, discount_value) VALUES (''ADA'', ''x'', ''percentage'', 50)'), 'done', '(an admin makes platform-wide coupons)');

-- Counters and flags

SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.attempt(format('UPDATE listings SET %s WHERE id = %L', change, :'lamp')), '42501', 'counters and flags set by users: ' || change)
  FROM unnest(ARRAY['favorite_count = 999', 'view_count = 999', 'is_featured = true', 'metadata = ''{"x": 1}''', format('seller_id = %L', :'tom'),
                    'title = ''y'', is_featured = true', 'status = ''removed''', 'status = ''sold''', 'status = ''reserved''']) change;
SELECT is(tests.attempt(format($$INSERT INTO listings (seller_id, title, description, price, %s) VALUES (%L, 'x', 'x', 1, %L)$$, col, :'sue', value)), '42501', 'counters and flags set by users, at once: ' || col)
  FROM (VALUES ('favorite_count', '9'), ('view_count', '9'), ('is_featured', 'true'), ('status', 'sold'), ('status', 'removed')) AS forged (col, value);
SELECT results_eq(format($$INSERT INTO listings (seller_id, title, description, price, created_at, published_at, sold_at) VALUES (%L, 'x', 'x', 1, '2099-01-01', '2099-01-01', '2099-01-01')
    RETURNING created_at = now(), published_at, sold_at$$, :'sue'), 'VALUES (true, NULL::timestamptz, NULL::timestamptz)', 'listings dated by users: they have the database''s times');
SELECT is(tests.attempt(format($$UPDATE listings SET %I = '2099-01-01' WHERE id = %L$$, col, :'lamp')), '1 rows', format('listings dated anew, which they do not take: %s', col))
  FROM unnest('{created_at,published_at,sold_at}'::text[]) col;
SELECT is(tests.attempt(format($$INSERT INTO listings (seller_id, title, description, price) VALUES (%L, 'x', 'x', 1)$$, :'tom')), '42501', 'a listing in another seller''s name');
SELECT is(tests.attempt(format($$INSERT INTO listings (id, seller_id, title, description, price) VALUES (%L, %L, 'x', 'x', 1) ON CONFLICT (id) DO UPDATE SET price = 1$$, :'vase', :'sue')), '42501', 'another seller''s listing changed by an upsert');
SELECT is(tests.attempt(format($$UPDATE listings SET price = 0.01 WHERE id = %L$$, :'vase')), '0 rows', 'another seller''s listing changed');
SELECT is(tests.attempt(format($$UPDATE listings SET status = 'active' WHERE id = %L$$, :'removed')), '42501', 'what a moderator removed published again');
SELECT is(tests.attempt(format($$UPDATE product_variants SET seller_id = %L WHERE id = %L$$, :'tom', :'blue')), '42501', 'a variant given to another seller');
SELECT is(tests.attempt(format($$INSERT INTO product_variants (listing_id, name, price) VALUES (%L, 'x', 0.01)$$, :'vase')), '42501', 'a variant of another seller''s listing');
SELECT is(tests.attempt(format($$INSERT INTO product_variants (listing_id, seller_id, name, price) VALUES (%L, %L, 'x', 0.01)$$, :'vase', :'sue')), '42501', 'a variant of another seller''s listing, as one''s own');
SELECT is(tests.attempt(format($$UPDATE product_variants SET listing_id = %L WHERE id = %L$$, :'vase', :'blue')), '42501', 'a variant moved to another seller''s listing');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format($$INSERT INTO social_media_accounts (user_id, platform, username, %s) VALUES (%L, 'instagram', 'eve', %L)$$, col, :'eve', value)), '42501', format('social %s set by users', col))
  FROM (VALUES ('is_verified', 'true'), ('followers_count', '1000000'), ('verification_data', '{}')) AS forged (col, value);
INSERT INTO social_media_accounts (user_id, platform, username) VALUES (:'eve', 'instagram', 'eve') RETURNING id AS social \gset
SELECT is(tests.attempt(format('UPDATE social_media_accounts SET %s WHERE id = %L', change, :'social')), '42501', 'social is_verified, followers_count set by users: ' || change)
  FROM unnest(ARRAY['is_verified = true', 'followers_count = 1000000', 'verification_data = ''{}''', format('user_id = %L', :'ann')]) change;
SELECT is(tests.attempt(format($$INSERT INTO social_media_accounts (user_id, platform, username) VALUES (%L, 'instagram', 'eve')$$, :'ann')), '42501', 'social accounts of others');
SELECT is(tests.attempt(format('UPDATE user_stats_summary SET total_sales = 99 WHERE user_id = %L', :'eve')), '42501', 'statistics set by users');
SELECT is(tests.attempt(format($$INSERT INTO user_achievements (user_id, achievement) VALUES (%L, 'top_rated')$$, :'eve')), '42501', 'achievements set by users');
SELECT is(tests.attempt(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'ann', :'eve')), '42501', 'followers made up');
SELECT is(tests.attempt(format('INSERT INTO favorites (user_id, listing_id) VALUES (%L, %L)', :'ann', :'own')), '42501', 'favourites made up');
SELECT results_eq(format('INSERT INTO favorites (user_id, listing_id, created_at) VALUES (%L, %L, ''2001-01-01'') RETURNING created_at = now()', :'eve', :'lamp'), 'VALUES (true)', 'favourites back-dated: they have the database''s time');
SELECT tests.log_out() \g /dev/null
UPDATE social_media_accounts SET is_verified = true WHERE id = :'social';
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format($$UPDATE social_media_accounts SET username = 'celebrity' WHERE id = %L$$, :'social')), '55000', 'social is_verified kept for another name');

-- The cart

SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format('INSERT INTO cart_items (cart_id, listing_id, variant_id, quantity) VALUES (%L, %L, %L, %s)', :'cart', listing, variant, quantity)), outcome, what)
  FROM (VALUES ('a cart line with a draft listing', :'draft', NULL, 1, '42501'), ('a cart line with a removed listing', :'removed', NULL, 1, '42501'), ('a cart line with one that is sold out', :'reserved', NULL, 1, '42501'),
               ('a cart line with a suspended seller''s', :'spam', NULL, 1, '42501'), ('a foreign variant', :'lamp', :'foreign_variant', 1, '23503'), ('an inactive variant', :'lamp', :'gone', 1, '42501'),
               ('a billion pieces', :'lamp', :'blue', 1000000000, '23514'), ('no piece', :'lamp', :'blue', 0, '23514'), ('pieces below zero', :'lamp', :'blue', -1, '23514')) AS wrong (what, listing, variant, quantity, outcome);
SELECT is(tests.attempt(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (%L, %L)', :'cart_of_tom', :'lamp')), '42501', 'a line in another''s cart');
SELECT is(tests.deed(format('INSERT INTO cart_items (cart_id, listing_id, variant_id) VALUES (%L, %L, %L)', :'cart', :'lamp', :'blue')), 'done', '(a line that is right)');
SELECT is(tests.attempt('UPDATE cart_items SET quantity = 1000000000'), '23514', 'a billion pieces afterwards');
SELECT is(tests.attempt(format('UPDATE cart_items SET %s', change)), '42501', 'a cart line changed into another: ' || change)
  FROM unnest(ARRAY[format('listing_id = %L', :'draft'), format('variant_id = %L', :'foreign_variant'), format('cart_id = %L', :'cart_of_tom')]) change;
SELECT is(tests.attempt(format('INSERT INTO cart_items (cart_id, listing_id, variant_id) VALUES (%L, %L, %L) ON CONFLICT (cart_id, listing_id, variant_id) DO UPDATE SET quantity = 1000000000', :'cart', :'lamp', :'blue')), '23514',
    'a billion pieces by an upsert');
SELECT is(tests.attempt('UPDATE shopping_carts SET expires_at = ''infinity'''), '42501', 'a cart that never expires');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.attempt(format('INSERT INTO cart_items (cart_id, listing_id) SELECT id, %L FROM shopping_carts', :'lamp')), '42501', 'a cart line with what is one''s own');

-- Cards and addresses

SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format($$INSERT INTO payment_methods (user_id, type, stripe_payment_method_id) VALUES (%L, 'card', 'pm_of_tom')$$, :'ann')), '42501', 'somebody else''s payment method id');
SELECT is(tests.attempt(format('UPDATE payment_methods SET %s WHERE id = %L', change, :'card')), '42501', 'somebody else''s payment method id: ' || change)
  FROM unnest(ARRAY['stripe_payment_method_id = ''pm_of_tom''', 'last4 = ''0000''', 'exp_year = 2099', format('user_id = %L', :'tom'), 'metadata = ''{}''']) change;
SELECT is(tests.attempt(format('UPDATE payment_methods SET is_default = true WHERE id = %L', :'card_of_tom')), '0 rows', 'somebody else''s card made the default');
SELECT is(tests.attempt(format('DELETE FROM payment_methods WHERE id = %L', :'card_of_tom')), '0 rows', 'somebody else''s card removed');
SELECT is(tests.attempt(format('UPDATE shipping_addresses SET city = ''x'' WHERE id = %L', :'home_of_tom')), '0 rows', 'somebody else''s address changed');
SELECT is(tests.attempt(format('UPDATE shipping_addresses SET user_id = %L WHERE id = %L', :'tom', :'home')), '42501', 'an address given to somebody else');
SELECT is(tests.attempt(format($$INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code) VALUES (%L, 'x', 'x', 'x', 'x', 'x', 'US')$$, :'tom')), '42501', 'an address in somebody else''s name');
SELECT is(tests.attempt(format($$INSERT INTO payment_accounts (user_id, stripe_account_id, is_verified) VALUES (%L, 'acct_x', true)$$, :'ann')), '42501', 'a payout account of one''s own making');
SELECT is(tests.attempt(format($$INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description) VALUES ('D-1', %L, %L, %L, 'other', 'x', 'x')$$, :'done', :'sue', :'ann')), '42501', 'a dispute in the other''s name');

-- Who may not take part, and claims that are not the caller's

SELECT tests.log_in(:'sid') \g /dev/null
SELECT is(tests.attempt(statement), '42501', 'a suspended user goes on: ' || split_part(statement, '(', 1))
  FROM unnest(ARRAY[format($$INSERT INTO listings (seller_id, title, description, price) VALUES (%L, 'x', 'x', 1)$$, :'sid'), format($$UPDATE listings SET status = 'active' WHERE id = %L$$, :'spam'),
                    format('INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (%L, %L, %L)', :'lamp', :'sid', :'sue'), format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'sid', :'sue'),
                    format($$INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('SID', 'x', 'percentage', 50, %L)$$, :'sid'), format($$UPDATE profiles SET bio = 'x' WHERE id = %L$$, :'sid'),
                    format($$INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (%L, 'x', 'x')$$, :'sid'),
                    format($$INSERT INTO social_media_accounts (user_id, platform, username) VALUES (%L, 'tiktok', 'x')$$, :'sid')]) statement;
SELECT tests.log_in(:'eve', '{"is_anonymous": true}') \g /dev/null
SELECT is(tests.attempt(statement), '42501', 'an anonymous user takes part: ' || split_part(statement, '(', 1))
  FROM unnest(ARRAY[format($$INSERT INTO listings (seller_id, title, description, price) VALUES (%L, 'x', 'x', 1)$$, :'eve'), format('INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (%L, %L, %L)', :'lamp', :'eve', :'sue'),
                    format('INSERT INTO user_follows (follower_id, following_id) VALUES (%L, %L)', :'eve', :'sue'), format($$INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (%L, 'x', 'x')$$, :'eve')]) statement;
SELECT set_config('request.jwt.claims', '{"role": "authenticated"}', true) \g /dev/null
SELECT is(tests.attempt(format($$INSERT INTO listings (seller_id, title, description, price) VALUES (%L, 'x', 'x', 1)$$, :'eve')), '42501', 'a session without a user writes');
SELECT is((SELECT count(*) FROM orders) + (SELECT count(*) FROM notifications) + (SELECT count(*) FROM shopping_carts) + (SELECT count(*) FROM shipping_addresses), 0::bigint, 'a session without a user reads');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
