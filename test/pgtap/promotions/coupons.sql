-- Coupons: sane values, and no more uses than they have.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
SELECT plan(114);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('bob@example.com') AS bob, tests.sign_up('sue@example.com') AS sue, tests.sign_up('boss@example.com') AS boss \gset
CREATE FUNCTION tests.use(coupon uuid, who uuid, discount numeric DEFAULT 1, successful boolean DEFAULT true) RETURNS uuid LANGUAGE sql AS $$
    INSERT INTO coupon_usage (coupon_id, user_id, discount_amount, is_successful) VALUES (coupon, who, discount, successful) RETURNING id
$$;
CREATE FUNCTION tests.count_of(coupon uuid) RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT format('%s uses, %s given', usage_count, total_discount_given) FROM coupons WHERE id = coupon$$;

-- Uses are counted and limited

SELECT tests.a_coupon('ONCE', 1, 5) AS once, tests.a_coupon('THRICE', 3, 5) AS thrice, tests.a_coupon('MINE', NULL, 2) AS mine, tests.a_coupon('FREE', NULL, NULL) AS free \gset
SELECT tests.use(:'once', :'ann', 2.50) AS ann_use \gset
SELECT is(tests.count_of(:'once'), '1 uses, 2.50 given', 'a use is counted with its discount');
SELECT throws_ok(format('SELECT tests.use(%L, %L)', :'once', :'bob'), 'MK004', 'usage limit of the coupon has been reached', 'a coupon with limit 1 is used once');
SELECT throws_ok(format('SELECT tests.use(%L, %L)', :'once', :'ann'), 'MK004', 'usage limit of the coupon has been reached', 'also by the same user');
SELECT is(tests.count_of(:'once') || ', ' || (SELECT count(*) FROM coupon_usage WHERE coupon_id = :'once'), '1 uses, 2.50 given, 1', 'the refused ones left no trace');
SELECT lives_ok(format('SELECT tests.use(%L, %L, 1, false)', :'once', :'bob'), 'a use that is not successful does not count');
SELECT throws_ok(format('UPDATE coupon_usage SET is_successful = true WHERE coupon_id = %L AND user_id = %L', :'once', :'bob'), 'MK004', NULL, 'until it becomes successful');
UPDATE coupon_usage SET is_successful = false WHERE id = :'ann_use';
SELECT is(tests.count_of(:'once'), '0 uses, 0.00 given', 'a use that is taken back is given back');
SELECT lives_ok(format('UPDATE coupon_usage SET is_successful = true WHERE coupon_id = %L AND user_id = %L', :'once', :'bob'), 'and somebody else may have it');
SELECT is(tests.count_of(:'once'), '1 uses, 1.00 given', 'it is counted then');
DELETE FROM coupon_usage WHERE coupon_id = :'once' AND user_id = :'bob';
SELECT is(tests.count_of(:'once'), '0 uses, 0.00 given', 'a use that is deleted is given back too');
SELECT tests.use(:'thrice', :'ann'), tests.use(:'thrice', :'bob'), tests.use(:'thrice', :'sue') \g /dev/null
SELECT throws_ok(format('SELECT tests.use(%L, %L)', :'thrice', :'boss'), 'MK004', NULL, 'the fourth use of three is refused');
SELECT throws_ok(format('INSERT INTO coupon_usage (coupon_id, user_id, discount_amount) SELECT %L, id, 1 FROM profiles', :'once'), 'MK004', NULL, 'also when one statement wants several');
SELECT is(tests.count_of(:'once'), '0 uses, 0.00 given', 'of which none is counted then');
SELECT tests.use(:'mine', :'ann'), tests.use(:'mine', :'ann'), tests.use(:'mine', :'bob') \g /dev/null
SELECT throws_ok(format('SELECT tests.use(%L, %L)', :'mine', :'ann'), 'MK004', 'usage limit per user of the coupon has been reached', 'a user uses it as often as a user may');
SELECT lives_ok(format('SELECT tests.use(%L, %L)', :'mine', :'bob'), 'another one still may');
SELECT is(tests.count_of(:'mine'), '4 uses, 4.00 given', 'all of them are counted');
SELECT lives_ok(format('SELECT tests.use(%L, %L) FROM generate_series(1, 20)', :'free', :'ann'), 'a coupon without limits has none');
UPDATE coupon_usage SET discount_amount = 2 WHERE coupon_id = :'free';
SELECT is(tests.count_of(:'free'), '20 uses, 40.00 given', 'a corrected discount corrects the sum');
SELECT throws_ok(format('UPDATE coupon_usage SET coupon_id = %L WHERE coupon_id = %L', :'once', :'thrice'), 'MK004', NULL, 'uses cannot move to a coupon that has none left');
SELECT is(tests.count_of(:'thrice') || '; ' || tests.count_of(:'once'), '3 uses, 3.00 given; 0 uses, 0.00 given', 'and stay where they are');
SELECT throws_ok($$SELECT tests.use('00000000-0000-4000-8000-00000000dead', (SELECT id FROM profiles LIMIT 1))$$, '23503', NULL, 'a use has a coupon');
SELECT throws_ok(format('DELETE FROM coupons WHERE id = %L', :'thrice'), '23503', NULL, 'a coupon that was used stays');
SELECT throws_ok(format('SELECT tests.use(%L, %L, -1)', :'free', :'ann'), '23514', NULL, 'a discount is not negative');
SELECT throws_ok(format('UPDATE coupons SET usage_limit = 2 WHERE id = %L', :'thrice'), '23514', NULL, 'a limit cannot fall below the uses');

-- Sane values

SELECT throws_ok(format('UPDATE coupons SET %s WHERE id = %L', change, :'free'), '23514', NULL, change || ' is refused')
  FROM unnest(ARRAY['discount_value = 101', 'discount_value = 5000', 'discount_value = -1', $$discount_value = 'NaN'$$, 'minimum_purchase = -1', 'maximum_discount = -1',
                    'usage_limit = 0', 'usage_limit = -1', 'usage_limit_per_user = 0', 'usage_count = -1', 'total_discount_given = -1',
                    $$code = '  '$$, $$discount_type = 'buy_x_get_y'$$, $$discount_type = 'buy_x_get_y', buy_quantity = 0, get_quantity = 1$$,
                    'valid_until = valid_from', 'minimum_account_age_days = -1']) change;
SELECT throws_ok(format('UPDATE coupons SET usage_count = NULL WHERE id = %L', :'free'), '23502', NULL, 'an unknown number of uses is refused');
SELECT throws_ok($$SELECT tests.a_coupon('FREE')$$, '23505', NULL, 'a code exists once');
SELECT lives_ok(format($$UPDATE coupons SET discount_type = 'fixed_amount', discount_value = 5000 WHERE id = %L$$, :'free'), 'a fixed amount may be large');

-- Amounts have a currency

CREATE FUNCTION tests.currency_of(columns text, given text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    EXECUTE format('INSERT INTO coupons (code, name, %s) VALUES (''CUR'', ''x'', %s) RETURNING coalesce(currency::text, ''none'')', columns, given) INTO found;
    DELETE FROM coupons WHERE code = 'CUR';
    RETURN found;
END $$;
SELECT is(tests.attempt(format('SELECT FROM tests.currency_of(%L, %L)', 'discount_type, discount_value, ' || columns, format('%L, %s, %s', type, value, given))), outcome, format('%s of %s with %s = %s', type, value, columns, given))
  FROM (VALUES ('percentage', 10, 'currency', '''EUR''', '1 rows'), ('fixed_amount', 10, 'currency', '''EURO''', '22001'), ('fixed_amount', 10, 'currency', '''eur''', '22023'), ('percentage', 10, 'currency', '''ZZZ''', '22023'),
               ('percentage', 10, 'currency', '''''', '22023'), ('fixed_amount', 100.5, 'currency', '''JPY''', '22023'), ('percentage', 12.5, 'currency', '''JPY''', '1 rows'), ('percentage', 10, 'currency, minimum_purchase', '''JPY'', 0.01', '22023'),
               ('percentage', 10, 'currency, maximum_discount', '''JPY'', 99.99', '22023'), ('fixed_amount', 100, 'currency, maximum_discount', '''JPY'', 99', '1 rows')) c (type, value, columns, given, outcome);
SELECT is(tests.currency_of('discount_type, discount_value, ' || columns, given), outcome, format('%s with %s: %s', given, columns, outcome))
  FROM (VALUES ('minimum_purchase', '''fixed_amount'', 10, 0', 'USD'), ('minimum_purchase', '''percentage'', 10, 0', 'none'), ('minimum_purchase', '''percentage'', 10, NULL', 'none'), ('minimum_purchase', '''percentage'', 10, 0.01', 'USD'),
               ('maximum_discount', '''percentage'', 10, 0', 'USD'), ('maximum_discount', '''percentage'', 10, NULL', 'none'), ('maximum_discount', '''free_shipping'', 5, NULL', 'none'), ('maximum_discount', '''free_shipping'', 5, 7', 'USD'),
               ('buy_quantity, get_quantity', '''buy_x_get_y'', 5, 1, 1', 'none'), ('currency, maximum_discount', '''percentage'', 10, ''EUR'', 7', 'EUR')) c (columns, given, outcome);
SET LOCAL driplo.coupon_currency = 'EUR';
SELECT is(tests.currency_of('discount_type, discount_value', '''fixed_amount'', 10'), 'EUR', 'the currency of amounts without one is a setting');
UPDATE coupons SET maximum_discount = 5 WHERE id = :'mine';
SELECT is((SELECT format('%s %s', currency, total_discount_given) FROM coupons WHERE id = :'mine'), 'EUR 4.00', 'also of an amount that comes later');
SELECT throws_ok(format('UPDATE coupons SET currency = ''XXX'' WHERE id = %L', :'mine'), '22023', 'invalid currency code: "XXX"', 'a currency outside ISO 4217');
SELECT is((SELECT format('%s %s', currency, maximum_discount) FROM coupons WHERE id = :'mine'), 'EUR 5.00', 'is not taken');
SELECT is(tests.attempt(format('SET LOCAL driplo.%s', setting)), outcome, setting)
  FROM (VALUES ('coupon_currency = ''usd''', '22023'), ('coupon_currency = ''''', '22023'), ('max_shipping_cost = ''100, JPY 15000''', '0 rows'), ('max_shipping_cost = ''a lot''', '22023'), ('max_shipping_cost = ''''', '0 rows'),
               ('max_platform_discount = ''-1''', '22023'), ('max_platform_discount = 50', '0 rows'), ('max_platform_discount = ''EUR 1.234''', '22023'), ('minimum_payout = ''10, JPY 1500''', '0 rows'), ('minimum_payout = ''a little''', '22023'), ('minimum_payout = ''''', '0 rows')) s (setting, outcome);
RESET driplo.coupon_currency;

-- Clients

SELECT tests.log_in(:'sue');
SELECT lives_ok(format($$INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('SUE10', 'Ten', 'percentage', 10, %L)$$, :'sue'), 'a seller makes an own coupon');
SELECT throws_ok(format($$INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('BOB10', 'Ten', 'percentage', 10, %L)$$, :'bob'), '42501', NULL, 'not in another seller''s name');
SELECT throws_ok($$INSERT INTO coupons (code, name, discount_type, discount_value) VALUES ('ALL10', 'Ten', 'percentage', 10)$$, '42501', NULL, 'nor for the whole platform');
SELECT throws_ok($$UPDATE coupons SET usage_count = 1$$, '42501', NULL, 'nor sets the counter');
SELECT throws_ok(format($$INSERT INTO coupon_usage (coupon_id, user_id, discount_amount) VALUES (%L, %L, 1)$$, :'free', :'sue'), '42501', NULL, 'nor declares it used');
SELECT is((SELECT count(*) FROM coupon_usage), 1::bigint, 'a user sees the own uses');
SELECT tests.log_out();
UPDATE coupons SET user_ids = ARRAY[:'ann']::uuid[] WHERE code = 'MINE';
SELECT tests.log_in(:'bob');
SELECT is((SELECT count(*) FROM coupons WHERE code = 'MINE'), 0::bigint, 'a coupon for certain users is not shown around');
SELECT is((SELECT count(*) FROM coupons), 0::bigint, 'nor is any other that is not on offer to everybody');
SELECT is((SELECT code FROM find_coupon('free')), 'FREE', 'whose code is the key');
SELECT is((SELECT count(*) FROM find_coupon('MINE')), 0::bigint, 'and not for whom it names others');
SELECT is((SELECT reason FROM validate_coupon('MINE')), 'unknown', 'from which it is not told apart');
SELECT tests.log_out();
UPDATE coupons SET is_public = true WHERE code <> 'MINE';
UPDATE coupons SET new_users_only = true WHERE code = 'THRICE';
SELECT tests.log_in(:'bob');
SELECT is((SELECT string_agg(code, ' ' ORDER BY code) FROM coupons), 'FREE ONCE SUE10', 'what is on offer is shown, but not what is for new users only');
SELECT tests.log_in_as_anon();
SELECT throws_ok('SELECT code FROM coupons', '42501', NULL, 'anon sees no codes');
SELECT is((SELECT count(id) FROM coupons), 3::bigint, 'but what is on offer');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM coupons), 5::bigint, 'no other coupon was made');

-- Sizes
SELECT throws_ok(format('UPDATE coupons SET %s = (SELECT array_agg(gen_random_uuid()) FROM generate_series(1, %s)) WHERE id = %L', list, most + 1, :'free'), '23514', NULL, format('more than %s ids in %s are refused', most, list))
  FROM (VALUES ('category_ids', 1000), ('listing_ids', 1000), ('excluded_listing_ids', 1000), ('user_ids', 10000)) sizes (list, most);
SELECT lives_ok(format('UPDATE coupons SET %s = (SELECT array_agg(gen_random_uuid()) FROM generate_series(1, %s)) WHERE id = %L', list, most, :'free'), format('%s are not', most))
  FROM (VALUES ('category_ids', 1000), ('listing_ids', 1000), ('excluded_listing_ids', 1000), ('user_ids', 10000)) sizes (list, most);
SELECT throws_ok(format('UPDATE coupons SET description = repeat(''x'', 10001) WHERE id = %L', :'free'), '23514', NULL, 'nor is a description without end');

-- What admins do with the platform's coupons and with categories is signed and on record, and not for themselves
SELECT tests.sign_up('deputy@example.com') AS deputy \gset
SELECT set_user_role(id, 'admin', 'for the test') FROM profiles WHERE id IN (:'boss', :'deputy') \g /dev/null
CREATE FUNCTION tests.on_record() RETURNS text LANGUAGE sql VOLATILE AS
    $$SELECT coalesce(string_agg(format('%s by %s: %s -> %s', action, p.username, old_values ->> 'discount_value', new_values ->> 'discount_value'), '; ' ORDER BY action DESC, new_values ->> 'discount_value'), 'nothing')
        FROM admin_audit_log a JOIN profiles p ON p.id = a.admin_id WHERE a.target_type = 'coupon'$$;
SELECT tests.log_in(:'boss');
SELECT throws_ok(format($$INSERT INTO coupons (code, name, discount_type, discount_value, user_ids) VALUES ('FORME', 'x', 'percentage', 100, ARRAY[%L]::uuid[])$$, :'boss'), '42501', 'cannot modify a platform coupon that is issued to you', 'no admin is named in a coupon of their own making');
SELECT throws_ok(format($$INSERT INTO coupons (code, name, discount_type, discount_value, user_ids) VALUES ('FORME', 'x', 'percentage', 100, ARRAY[NULL, %L, %L]::uuid[])$$, :'ann', :'boss'), '42501', NULL, 'beside others neither');
INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit_per_user) VALUES ('SUMMER5', 'x', 'percentage', 5, NULL);
SELECT tests.log_out();
SELECT is((SELECT created_by FROM coupons WHERE code = 'SUMMER5'), :'boss'::uuid, 'who makes a coupon signs it');
SELECT tests.log_in(:'deputy');
UPDATE coupons SET discount_value = 100 WHERE code = 'SUMMER5';
UPDATE coupons SET discount_value = 100 WHERE code = 'SUMMER5';
UPDATE coupons SET user_ids = ARRAY[:'boss']::uuid[] WHERE code = 'SUMMER5';
SELECT is((SELECT reason FROM validate_coupon('SUMMER5')), 'unknown', 'who changed it does not use it: it names another');
SELECT tests.log_in(:'boss');
SELECT throws_ok($$UPDATE coupons SET discount_value = 99 WHERE code = 'SUMMER5'$$, '42501', NULL, 'who is named changes nothing of it');
SELECT throws_ok($$UPDATE coupons SET user_ids = '{}' WHERE code = 'SUMMER5'$$, '42501', NULL, 'nor takes the own name out');
SELECT is((SELECT reason FROM validate_coupon('SUMMER5')), 'not_for_you', 'nor uses what they made');
SELECT tests.log_in(:'deputy');
UPDATE coupons SET user_ids = '{}' WHERE code = 'SUMMER5';
SELECT is((SELECT reason FROM validate_coupon('summer5')), 'not_for_you', 'nor who changed it');
SELECT tests.log_in(:'ann');
SELECT is((SELECT reason FROM validate_coupon('SUMMER5')), 'no_matching_items', 'for others it is good');
SELECT tests.log_in(:'deputy');
DELETE FROM coupons WHERE code = 'SUMMER5';
INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('DEP10', 'of the deputy as a seller', 'percentage', 10, :'deputy');
INSERT INTO categories (name, slug) VALUES ('Recorded', 'recorded');
UPDATE categories SET name = 'On record' WHERE slug = 'recorded';
DELETE FROM categories WHERE slug = 'recorded';
SELECT tests.log_out();
SELECT is(tests.on_record(), 'update_coupon by deputy: 5.00 -> 100.00; update_coupon by deputy:  -> ; update_coupon by deputy:  -> ; insert_coupon by boss:  -> 5.00; delete_coupon by deputy: 100.00 -> ', 'each step is on record, with what it changed, and what is refused or changes nothing is not');
SELECT is((SELECT string_agg(action || ' ' || coalesce(old_values ->> 'name', '') || '>' || coalesce(new_values ->> 'name', ''), '; ' ORDER BY action DESC) FROM admin_audit_log WHERE target_type = 'category'),
          'update_category Recorded>On record; insert_category >Recorded; delete_category On record>', 'categories too');
SELECT tests.use(:'free', :'ann') \g /dev/null
SELECT is((SELECT count(*) FROM admin_audit_log WHERE target_type = 'coupon'), 5::bigint, 'a use is no change');

SELECT * FROM finish();
ROLLBACK;
