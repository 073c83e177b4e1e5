-- What the reference schema let in. Each test has the name of what it was.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(80);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('bob@example.com') AS bob, tests.sign_up('sue@example.com') AS sue, tests.sign_up('tom@example.com') AS tom \gset
SELECT tests.a_listing(:'sue', 10, 3) AS lamp, tests.a_listing(:'sue', 10, 3) AS chair \gset
SELECT tests.a_variant(:'lamp', 3, 'SKU') AS variant \gset
SELECT tests.an_order(:'ann', :'sue', 10) AS ann_order, tests.an_order(:'bob', :'sue', 10) AS bob_order \gset
SELECT id AS cart FROM shopping_carts WHERE user_id = :'ann' \gset

-- Two cart lines for one listing, likewise conversations without a listing

INSERT INTO cart_items (cart_id, listing_id) VALUES (:'cart', :'lamp');
SELECT throws_ok(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (%L, %L)', :'cart', :'lamp'), '23505', NULL, 'two cart lines for one listing');
SELECT lives_ok(format('INSERT INTO cart_items (cart_id, listing_id, variant_id) VALUES (%L, %L, %L)', :'cart', :'lamp', :'variant'), '(a line for its variant is another one)');
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'ann', :'sue');
SELECT throws_ok(format('INSERT INTO conversations (buyer_id, seller_id) VALUES (%L, %L)', :'ann', :'sue'), '23505', NULL, 'two conversations without a listing');

-- used_amount above amount; totals that are not the sum of their parts

SELECT throws_ok(format('INSERT INTO store_credits (user_id, amount, used_amount) VALUES (%L, 10, 10.01)', :'ann'), '23514', NULL, 'used_amount above amount');
SELECT is(tests.error_of(format('INSERT INTO orders (buyer_id, seller_id, subtotal, tax_amount, total_amount) VALUES (%L, %L, 10, 1, 10)', :'ann', :'sue')),
    '23514 orders_total_is_sum_check', 'a total that is not the sum of its parts');
SELECT is(tests.error_of(format('INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (%L, %L, 2, 10, 19)', :'ann_order', :'lamp')),
    '23514 order_items_total_is_product_check', 'a line total that is not price times quantity');
SELECT is(tests.error_of(format($$INSERT INTO transactions (buyer_id, amount, fee, net_amount, type, status) VALUES (%L, 100, 5, 96, 'sale', 'completed')$$, :'ann')),
    '23514 transactions_net_is_difference_check', 'a net amount that is not the difference');
SELECT is(tests.error_of(format('INSERT INTO order_items (order_id, listing_id, variant_id, quantity, unit_price, total_price) VALUES (%L, %L, %L, 1, 10, 10)', :'ann_order', :'chair', :'variant')),
    '23503 order_items_variant_id_fkey', 'a variant of another listing in an order');
SELECT is(tests.error_of(format('INSERT INTO cart_items (cart_id, listing_id, variant_id) VALUES (%L, %L, %L)', :'cart', :'chair', :'variant')),
    '23503 cart_items_variant_id_fkey', 'a variant of another listing in a cart');

-- Negative payouts, refunds and coupon values

SELECT throws_ok(format($$INSERT INTO seller_payouts (seller_id, amount, status) VALUES (%L, -1, 'pending')$$, :'sue'), '23514', NULL, 'a negative payout');
SELECT throws_ok(format($$INSERT INTO seller_payouts (seller_id, amount, status) VALUES (%L, 0, 'pending')$$, :'sue'), '23514', NULL, 'a payout of nothing');
SELECT throws_ok(format($$INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (%L, -1, 'x', %L)$$, :'ann_order', :'ann'), '23514', NULL, 'a negative refund');
SELECT throws_ok($$INSERT INTO coupons (code, name, discount_type, discount_value) VALUES ('NEG', 'x', 'fixed_amount', -1)$$, '23514', NULL, 'a negative coupon');
SELECT throws_ok($$INSERT INTO coupons (code, name, discount_type, discount_value) VALUES ('FIFTY', 'x', 'percentage', 5000)$$, '23514', NULL, 'a coupon of 5000 percent');

-- NaN, which counts as greater than every number

SELECT throws_ok(statement, '23514', NULL, 'NaN in ' || split_part(statement, ' ', 3))
  FROM (VALUES (format($$INSERT INTO listings (seller_id, title, slug, description, price) VALUES (%L, 'x', 'nan', 'x', 'NaN')$$, :'sue')),
               (format($$INSERT INTO product_variants (listing_id, name, price) VALUES (%L, 'x', 'NaN')$$, :'lamp')),
               (format($$INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (%L, %L, 'NaN', 'NaN')$$, :'ann', :'sue')),
               (format($$INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (%L, %L, 1, 'NaN', 'NaN')$$, :'ann_order', :'lamp')),
               (format($$INSERT INTO payment_transactions (order_id, amount, processor) VALUES (%L, 'NaN', 'x')$$, :'ann_order')),
               (format($$INSERT INTO store_credits (user_id, amount) VALUES (%L, 'NaN')$$, :'ann')),
               (format($$INSERT INTO transactions (amount, net_amount, type, status) VALUES ('NaN', 'NaN', 'x', 'pending')$$)),
               (format($$INSERT INTO seller_payouts (seller_id, amount, status) VALUES (%L, 'NaN', 'pending')$$, :'sue')),
               (format($$INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (%L, 'NaN', 'x', %L)$$, :'ann_order', :'ann')),
               (format($$INSERT INTO ledger_entries (journal_id, account, amount, currency) VALUES (gen_random_uuid(), 'taxes', 'NaN', 'USD')$$)),
               (format($$INSERT INTO shipping_labels (order_id, carrier, tracking_number, cost) VALUES (%L, 'ups', 'x', 'NaN')$$, :'ann_order')),
               ($$INSERT INTO coupons (code, name, discount_type, discount_value) VALUES ('NAN', 'x', 'fixed_amount', 'NaN')$$)) AS nan (statement);

-- Payments above the order's total or in another currency

SELECT throws_ok(format($$INSERT INTO payment_transactions (order_id, amount, processor) VALUES (%L, 10.01, 'stripe')$$, :'ann_order'), '23514', NULL, 'a payment above the order''s total');
SELECT throws_ok(format($$INSERT INTO payment_transactions (order_id, amount, currency, processor) VALUES (%L, 10, 'EUR', 'stripe')$$, :'ann_order'), '23503', NULL, 'a payment in another currency');

-- Two default addresses or cards; somebody else's on an order

SELECT tests.an_address(:'ann', true) AS home, tests.a_card(:'ann', true) AS card, tests.an_address(:'bob') AS bob_home, tests.a_card(:'bob') AS bob_card \gset
SELECT lives_ok(format('SELECT tests.an_address(%L, true)', :'ann'), 'a second default address');
SELECT is((SELECT count(*) FROM shipping_addresses WHERE user_id = :'ann' AND is_default), 1::bigint, 'two default addresses');
SELECT lives_ok(format('SELECT tests.a_card(%L, true)', :'ann'), 'a second default card');
SELECT is((SELECT count(*) FROM payment_methods WHERE user_id = :'ann' AND is_default), 1::bigint, 'two default cards');
SELECT lives_ok(format('SELECT tests.an_address(%1$L), tests.an_address(%1$L), tests.an_address(%2$L, true)', :'ann', :'tom'), '(others may have one each)');
SELECT throws_ok(format('UPDATE orders SET shipping_address_id = %L WHERE id = %L', :'bob_home', :'ann_order'), '23503', NULL, 'somebody else''s shipping address on an order');
SELECT throws_ok(format('UPDATE orders SET billing_address_id = %L WHERE id = %L', :'bob_home', :'ann_order'), '23503', NULL, 'somebody else''s billing address on an order');
SELECT throws_ok(format('UPDATE orders SET payment_method_id = %L WHERE id = %L', :'bob_card', :'ann_order'), '23503', NULL, 'somebody else''s card on an order');
UPDATE orders SET shipping_address_id = :'home', billing_address_id = :'home', payment_method_id = :'card' WHERE id = :'ann_order';
DELETE FROM shipping_addresses WHERE id = :'home';
DELETE FROM payment_methods WHERE id = :'card';
SELECT results_eq(format('SELECT buyer_id, shipping_address_id, billing_address_id, payment_method_id FROM orders WHERE id = %L', :'ann_order'),
    format('VALUES (%L::uuid, NULL::uuid, NULL::uuid, NULL::uuid)', :'ann'), 'a used address or card that cannot be deleted');

-- Category cycles and self-parents, and a delete that takes the subtree

INSERT INTO categories (name, slug) VALUES ('A', 'tree-a') RETURNING id AS a \gset
INSERT INTO categories (name, slug, parent_id) VALUES ('B', 'tree-b', :'a') RETURNING id AS b \gset
SELECT throws_ok(format('UPDATE categories SET parent_id = %L WHERE id = %L', :'b', :'a'), '23514', NULL, 'a category cycle');
SELECT throws_ok(format('UPDATE categories SET parent_id = %L WHERE id = %L', :'a', :'a'), '23514', NULL, 'a category that is its own parent');
SELECT throws_ok(format('DELETE FROM categories WHERE id = %L', :'a'), '23503', NULL, 'a delete that takes the subtree');
SELECT is((SELECT count(*) FROM categories WHERE slug LIKE 'tree-%'), 2::bigint, '(which is still there)');

-- Values that mean nothing

SELECT throws_ok(format('UPDATE profiles SET seller_rating = 9.99 WHERE id = %L', :'sue'), '23514', NULL, 'a rating of 9.99');
SELECT throws_ok(format('UPDATE %I SET status = %L', table_name, 'nonsense'), '23514', NULL, 'a status that is any text in ' || table_name)
  FROM unnest(ARRAY['listings']) table_name;
SELECT throws_ok(format($$INSERT INTO transactions (amount, net_amount, type, status) VALUES (1, 1, 'sale', 'nonsense')$$), '23514', NULL, 'a status that is any text in transactions');
SELECT throws_ok(format($$INSERT INTO seller_payouts (seller_id, amount, status) VALUES (%L, 1, 'nonsense')$$, :'sue'), '23514', NULL, 'a status that is any text in seller_payouts');
SELECT throws_ok(format($$INSERT INTO refund_requests (order_id, amount, reason, status, requested_by) VALUES (%L, 1, 'x', NULL, %L)$$, :'ann_order', :'ann'), '23502', NULL, 'a status that is none in refund_requests');
SELECT throws_ok(format($$INSERT INTO brand_verification_requests (user_id, brand_name, brand_category, verification_status) VALUES (%L, 'x', 'x', NULL)$$, :'sue'), '23502', NULL, 'a brand request without a status');
SELECT throws_ok(format($$UPDATE orders SET currency = %L WHERE id = %L$$, currency, :'ann_order'), CASE WHEN currency IS NULL THEN '23502' ELSE '23514' END, NULL, format('a currency %s', coalesce(quote_literal(currency), 'NULL')))
  FROM unnest(ARRAY['', 'us', 'usd', '$$$', 'U D', NULL]) currency;
SELECT throws_ok(format($$UPDATE profiles SET username = %L WHERE id = %L$$, username, :'ann'), '23514', NULL, format('a username %s', quote_literal(replace(username, E'\n', '(line break)'))))
  FROM unnest(ARRAY['', 'ab', 'Ann.Lee', 'ann lee', 'änn', E'ann\n']) username;
SELECT throws_ok(format($$UPDATE profiles SET username = 'bob' WHERE id = %L$$, :'ann'), '23505', NULL, 'a username that is taken');
SELECT throws_ok(format($$INSERT INTO payment_methods (user_id, type, exp_month) VALUES (%L, 'card', 99)$$, :'ann'), '23514', NULL, 'expiry month 99');
SELECT throws_ok(format($$INSERT INTO payment_methods (user_id, type, exp_year) VALUES (%L, 'card', 31)$$, :'ann'), '23514', NULL, 'expiry year 31');
SELECT throws_ok(format($$UPDATE shipping_addresses SET country_code = 'us' WHERE user_id = %L$$, :'ann'), '23514', NULL, 'a country that is any text');
SELECT throws_ok(format('UPDATE listings SET view_count = -1 WHERE id = %L', :'lamp'), '23514', NULL, 'a counter below zero');
SELECT throws_ok(format('INSERT INTO cart_items (cart_id, listing_id, quantity) VALUES (%L, %L, 1000000000)', :'cart', :'chair'), '23514', NULL, 'a billion pieces');
SELECT throws_ok(format('INSERT INTO user_follows (follower_id, following_id) VALUES (%1$L, %1$L)', :'ann'), '23514', NULL, 'following oneself');
SELECT throws_ok(format('INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (%1$L, %1$L, 10, 10)', :'ann'), '23514', NULL, 'buying from oneself');

-- What happens more often than it may

SELECT tests.a_coupon('ONE', 1, NULL) AS coupon \gset
INSERT INTO coupon_usage (coupon_id, user_id, discount_amount) VALUES (:'coupon', :'ann', 1);
SELECT throws_ok(format('INSERT INTO coupon_usage (coupon_id, user_id, discount_amount) VALUES (%L, %L, 1)', :'coupon', :'bob'), 'MK004', NULL, 'a coupon with limit 1 used three times');
SELECT tests.an_item(:'bob_order', :'chair') AS bob_item \gset
SELECT throws_ok(format($$INSERT INTO returns (return_number, order_id, order_item_id, requested_by, reason) VALUES ('R-1', %L, %L, %L, 'other')$$, :'ann_order', :'bob_item', :'ann'),
    '23503', NULL, 'a return of another order''s item');
SELECT throws_ok(format($$INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description) VALUES ('D-1', %L, %L, %L, 'other', 'x', 'x')$$, :'ann_order', :'bob', :'tom'),
    '23514', NULL, 'a dispute between strangers');
INSERT INTO payment_transactions (order_id, amount, processor, processor_transaction_id) VALUES (:'ann_order', 4, 'stripe', 'pi_1');
SELECT throws_ok(format($$INSERT INTO payment_transactions (order_id, amount, processor, processor_transaction_id) VALUES (%L, 4, 'stripe', 'pi_1')$$, :'ann_order'), '23505', NULL, 'the same processor transaction recorded twice for one order');
SELECT tests.a_listing(:'sue', 10, 1) AS last_one \gset
SELECT tests.an_item(:'ann_order', :'last_one') \g /dev/null
SELECT throws_ok(format('SELECT tests.an_item(%L, %L)', :'bob_order', :'last_one'), 'MK003', NULL, 'the last piece sold twice');

-- Names that are unique where they need not be

SELECT lives_ok(format($$INSERT INTO categories (name, slug, parent_id) VALUES ('Dresses', 'a-dresses', %L), ('Dresses', 'b-dresses', %L)$$, :'a', :'b'), 'categories.name unique across the whole tree');
SELECT tests.a_listing(:'tom') AS toms \gset
SELECT lives_ok(format($$SELECT tests.a_variant(%L, 1, 'SKU')$$, :'toms'), 'sku unique across all sellers');
SELECT throws_ok(format($$SELECT tests.a_variant(%L, 1, 'SKU')$$, :'chair'), '23505', NULL, '(within the seller it is)');

-- Deleting

INSERT INTO notifications (user_id, type, title, message, related_listing_id) VALUES (:'tom', 'price_drop', 'x', 'x', :'toms');
SELECT lives_ok(format('DELETE FROM listings WHERE id = %L', :'toms'), 'a listing with a notification that cannot be deleted');
INSERT INTO store_credits (user_id, amount, created_by) VALUES (:'ann', 1, :'tom');
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category, reviewed_by) VALUES (:'sue', 'x', 'x', :'tom');
SELECT lives_ok(format('DELETE FROM auth.users WHERE id = %L', :'tom'), 'an account that reviewed something and cannot be deleted');
SELECT is((SELECT count(*) FROM store_credits WHERE created_by IS NULL) + (SELECT count(*) FROM brand_verification_requests WHERE reviewed_by IS NULL), 2::bigint, '(what it did stays)');

SELECT is_empty($$SELECT * FROM security_advisor() WHERE check_name = 'foreign_key_without_index'$$, 'a foreign key without an index');
SELECT is_empty($$SELECT * FROM security_advisor() WHERE check_name = 'duplicate_index'$$, 'an index that repeats a UNIQUE constraint''s');

SELECT * FROM finish();
ROLLBACK;
