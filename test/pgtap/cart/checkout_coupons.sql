-- Coupons at the checkout: what each column means, each reason why one does not apply, several at once, and that uses
-- and counters agree and are given back.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT plan(181);

SELECT tests.sign_up('buyer@coupons.example') AS buyer, tests.sign_up('other@coupons.example') AS other, tests.sign_up('seller@coupons.example') AS seller,
       tests.sign_up('second@coupons.example') AS second \gset
SELECT tests.an_address(:'buyer', true) AS home, tests.an_address(:'other', true) AS elsewhere \gset
INSERT INTO categories (name, slug) VALUES ('Coupons', 'coupons-top') RETURNING id AS top \gset
INSERT INTO categories (name, slug, parent_id) VALUES ('Middle', 'coupons-middle', :'top') RETURNING id AS middle \gset
INSERT INTO categories (name, slug, parent_id) VALUES ('Bottom', 'coupons-bottom', :'middle') RETURNING id AS bottom \gset
INSERT INTO categories (name, slug) VALUES ('Aside', 'coupons-aside') RETURNING id AS aside \gset
SELECT tests.goods(:'seller', 'A lamp', 10) AS lamp, tests.goods(:'seller', 'A shirt', 20, 100, '{"cost": 5}', 'USD', :'bottom') AS shirt,
       tests.goods(:'second', 'A vase', 7.50, 100, '{"cost": 3}', 'USD', :'aside') AS vase, tests.goods(:'seller', 'A print', 33.33, 100, '{}', 'EUR') AS print \gset

-- A coupon with the columns that are given; validated and quoted for the cart as it is; then checked out and undone.
CREATE FUNCTION tests.coupon(columns jsonb) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    id uuid;
    names text := (SELECT string_agg(quote_ident(key), ', ') FROM jsonb_each(columns));
BEGIN
    EXECUTE format('INSERT INTO coupons (name, %1$s) SELECT ''A coupon'', %1$s FROM jsonb_populate_record(NULL::coupons, $1) RETURNING id', names) INTO id USING columns;
    RETURN id;
END $$;
CREATE FUNCTION tests.verdict(buyer uuid, code text, address uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found record;
    quoted jsonb;
    checkout_said text;
    said_by_checkout text;
BEGIN
    PERFORM tests.log_in(buyer);
    SELECT * INTO found FROM validate_coupon(code);
    quoted := quote_checkout(code);
    PERFORM tests.log_out();
    BEGIN
        checkout_said := tests.buy(buyer, address, code);
        RAISE EXCEPTION USING ERRCODE = 'TT000';
    EXCEPTION
        WHEN SQLSTATE 'TT000' THEN NULL;
        WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS said_by_checkout = PG_EXCEPTION_DETAIL;
            checkout_said := SQLSTATE || ' ' || said_by_checkout;
    END;
    IF found.valid <> (found.reason IS NULL) OR (found.reason IS NOT NULL AND found.discount_amount <> 0)
        OR found.discount_amount <> (SELECT sum((c ->> 'discount_amount')::numeric) FROM jsonb_array_elements(quoted -> 'coupons') c) AND found.valid
        OR found.reason IS DISTINCT FROM (SELECT c ->> 'reason' FROM jsonb_array_elements(quoted -> 'coupons') c WHERE c ->> 'reason' IS NOT NULL LIMIT 1) THEN
        RETURN format('validated %s, quoted %s', found, quoted -> 'coupons');
    END IF;
    IF found.valid THEN
        RETURN CASE checkout_said
            WHEN 'as quoted' THEN coalesce(found.discount_amount::text, (SELECT string_agg(format('%s %s', d ->> 'amount', d ->> 'currency'), ' + ') FROM jsonb_path_query(quoted, '$.coupons[*].discounts[*]') d))
            ELSE checkout_said END;
    END IF;
    RETURN CASE checkout_said WHEN format('%s Reason: %s.', CASE WHEN found.reason ~ '^used' THEN 'MK004' ELSE 'MK008' END, found.reason) THEN found.reason
                ELSE checkout_said END;
END $$;
CREATE FUNCTION tests.verdict_on(columns jsonb, buyer uuid, address uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM tests.coupon('{"code": "TRIED", "discount_type": "percentage", "discount_value": 10, "currency": "USD"}' || columns);
    answer := tests.verdict(buyer, 'TRIED', address);
    DELETE FROM coupons WHERE code = 'TRIED';
    RETURN answer;
END $$;

-- 2 lamps at 10, 1 shirt at 20 (5 shipping), 4 vases of another seller at 7.50 (3 shipping), 1 print in EUR.
SELECT tests.put(:'buyer', :'lamp', 2), tests.put(:'buyer', :'shirt', 1), tests.put(:'buyer', :'vase', 4), tests.put(:'buyer', :'print', 1) \g /dev/null
SELECT is(tests.verdict_on(columns::jsonb, :'buyer', :'home'), outcome, what)
  FROM (VALUES
    ('{}', '7.00', 'a percentage of all that is in its currency'),
    ('{"discount_value": 12.34}', '8.64', 'rounded to a cent'), ('{"discount_value": 100}', '70.00', 'all of it'), ('{"discount_value": 0}', 'no_matching_items', 'what saves nothing does not apply'),
    ('{"maximum_discount": 6.99}', '6.99', 'not more than the maximum'), ('{"maximum_discount": 7.01}', '7.00', 'which may be higher'), ('{"maximum_discount": 0}', 'no_matching_items', 'a maximum of nothing'),
    ('{"discount_type": "fixed_amount", "discount_value": 9.99}', '9.99', 'a fixed amount'), ('{"discount_type": "fixed_amount", "discount_value": 1000}', '70.00', 'not more than the goods cost'),
    ('{"discount_type": "fixed_amount", "discount_value": 50, "maximum_discount": 5}', '5.00', 'a maximum for it too'),
    ('{"discount_type": "free_shipping", "discount_value": 0}', '8.00', 'free shipping in its currency'), ('{"discount_type": "free_shipping", "discount_value": 0, "maximum_discount": 6}', '6.00', 'up to the maximum'),
    ('{"discount_type": "buy_x_get_y", "discount_value": 0, "buy_quantity": 2, "get_quantity": 1}', '17.50', 'of seven pieces two groups of three, and the cheapest of each is free'),
    ('{"discount_type": "buy_x_get_y", "discount_value": 0, "buy_quantity": 1, "get_quantity": 6}', '50.00', 'six of seven'),
    ('{"discount_type": "buy_x_get_y", "discount_value": 0, "buy_quantity": 7, "get_quantity": 1}', 'no_matching_items', 'too few pieces for one free'),
    ('{"discount_type": "buy_x_get_y", "discount_value": 0, "buy_quantity": 2, "get_quantity": 1, "maximum_discount": 10}', '10.00', 'and a maximum for free pieces'),
    ('{"discount_type": "buy_x_get_y", "discount_value": 0, "buy_quantity": 2147483647, "get_quantity": 2147483647}', 'no_matching_items', 'numbers beyond all carts'),
    ('{"minimum_purchase": 70}', '7.00', 'a minimum that is met to the cent'), ('{"minimum_purchase": 70.01}', 'minimum_not_met', 'a cent too little'),
    ('{"valid_from": "infinity", "valid_until": null}', 'not_started', 'not before its time'), ('{"valid_from": null, "valid_until": "2020-01-01"}', 'expired', 'not after it'),
    ('{"valid_from": "2020-01-01", "valid_until": "2020-01-02"}', 'expired', 'not long after it'), ('{"valid_from": null, "valid_until": null}', '7.00', 'without dates always'),
    ('{"is_active": false}', 'unknown', 'what is switched off is unknown'), ('{"is_active": null}', 'unknown', 'or not on'),
    (format('{"user_ids": ["%s"]}', :'buyer'), '7.00', 'for named users: one of them'), (format('{"user_ids": ["%s"]}', :'other'), 'unknown', 'not for who is not named, as if there were none'),
    (format('{"user_ids": ["%s"], "is_public": true}', :'other'), 'not_for_you', 'which one that everybody reads may say'), (format('{"user_ids": ["%s"], "valid_from": null, "valid_until": "2020-01-01"}', :'other'), 'unknown', 'nor when it was'),
    (format('{"user_ids": ["%s", null]}', :'other'), 'unknown', 'nor beside a NULL'), ('{"user_ids": [null]}', 'unknown', 'nor for a NULL alone'),
    (format('{"user_ids": [null, "%s"]}', :'buyer'), '7.00', 'beside which somebody may be named'),
    ('{"user_ids": []}', '7.00', 'nobody named is everybody'), ('{"user_ids": null}', '7.00', 'NULL too'),
    ('{"new_users_only": true}', '7.00', 'for new users: who never ordered'),
    ('{"minimum_account_age_days": 1}', 'account_too_young', 'an account of today'), ('{"minimum_account_age_days": 0}', '7.00', 'no age asked for'),
    ('{"minimum_account_age_days": 2147483647}', 'account_too_young', 'an age beyond the calendar'),
    ('{"usage_limit": 1, "usage_count": 1}', 'used_up', 'used as often as it may be'), ('{"usage_limit": 2, "usage_count": 1}', '7.00', 'once more'),
    ('{"usage_limit": null, "usage_count": 1000000}', '7.00', 'without a limit as often as one likes'),
    (format('{"target_type": "seller", "seller_id": "%s"}', :'seller'), '4.00', 'a seller''s goods'), (format('{"target_type": "all_items", "seller_id": "%s"}', :'second'), '3.00', 'a seller''s coupon is for the own goods'),
    (format('{"seller_id": "%s"}', :'other'), 'no_matching_items', 'of a seller with nothing in the cart'), ('{"target_type": "seller"}', 'no_matching_items', 'a seller who is not named'),
    (format('{"target_type": "category", "category_ids": ["%s"]}', :'bottom'), '2.00', 'a category'), (format('{"target_type": "category", "category_ids": ["%s"]}', :'top'), '2.00', 'with what is below what is below it'),
    (format('{"target_type": "category", "category_ids": ["%s", "%s"]}', :'middle', :'aside'), '5.00', 'several of them'), ('{"target_type": "category", "category_ids": []}', 'no_matching_items', 'none of them'),
    ('{"target_type": "category", "category_ids": null}', 'no_matching_items', 'NULL of them'),
    (format('{"target_type": "specific_items", "listing_ids": ["%s", "%s"]}', :'lamp', :'vase'), '5.00', 'certain listings'), ('{"target_type": "specific_items"}', 'no_matching_items', 'none of them'),
    (format('{"excluded_listing_ids": ["%s"]}', :'vase'), '4.00', 'all but some'), (format('{"target_type": "specific_items", "listing_ids": ["%1$s"], "excluded_listing_ids": ["%1$s"]}', :'vase'), 'no_matching_items', 'what is excluded stays so'),
    (format('{"target_type": "specific_items", "listing_ids": ["%s"]}', :'print'), 'no_matching_items', 'what is in another currency does not match'),
    ('{"currency": null}', '7.00 USD + 3.33 EUR', 'without a currency a percentage of what is in each'),
    ('{"currency": "EUR"}', '3.33', 'in another currency of what is in that one'), ('{"currency": "JPY"}', 'no_matching_items', 'in one that is not in the cart of nothing'),
    ('{"currency": null, "discount_type": "free_shipping", "discount_value": 0}', '8.00', 'free shipping without a currency'),
    ('{"currency": null, "discount_type": "buy_x_get_y", "discount_value": 0, "buy_quantity": 7, "get_quantity": 1}', 'no_matching_items', 'pieces of two currencies are never in one group'),
    ('{"currency": null, "discount_type": "fixed_amount", "discount_value": 9.99}', '9.99', 'an amount without a currency has the setting''s'),
    ('{"currency": null, "minimum_purchase": 70.01}', 'minimum_not_met', 'and so has a minimum'), ('{"currency": null, "maximum_discount": 6.99}', '6.99', 'and a maximum'),
    ('{"currency": "EUR", "discount_type": "fixed_amount", "discount_value": 9.99}', '9.99', 'ten euros of what costs euros'),
    ('{"currency": "EUR", "minimum_purchase": 33.34}', 'minimum_not_met', 'dollars do not count for a minimum in euros'),
    (format('{"discount_type": "free_shipping", "discount_value": 0, "target_type": "specific_items", "listing_ids": ["%s"]}', :'vase'), '3.00', 'free shipping of the lines that it matches'),
    (format('{"discount_type": "free_shipping", "discount_value": 0, "target_type": "specific_items", "listing_ids": ["%s"]}', :'shirt'), '5.00', 'of one line'),
    (format('{"discount_type": "free_shipping", "discount_value": 0, "excluded_listing_ids": ["%s"]}', :'shirt'), '3.00', 'never of an excluded one'),
    (format('{"discount_type": "free_shipping", "discount_value": 0, "excluded_listing_ids": ["%s", "%s"]}', :'shirt', :'vase'), 'as quoted', 'where shipping is free anyway checkout goes on, without a use'),
    (format('{"target_type": "specific_items", "listing_ids": ["%s"], "minimum_purchase": 30.01}', :'vase'), 'minimum_not_met', 'the minimum is of what it matches')) c (columns, outcome, what);
SELECT is(tests.verdict(:'buyer', code, :'home'), 'unknown', 'unknown: ' || code) FROM unnest(ARRAY['NOTHING', 'nothing', ''' OR true --', repeat('x', 1000), '%']) code;
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT results_eq('SELECT valid, reason, discount_amount FROM validate_coupon('''')', 'VALUES (false, ''unknown'', 0.00)', 'no code is no coupon');
SELECT is(tests.attempt('SELECT * FROM validate_coupon(NULL)'), '22004', 'NULL is an error');
SELECT is((SELECT reason FROM validate_coupon((SELECT string_agg('C' || i, ', ') FROM generate_series(1, 10) i))), 'unknown', 'ten codes are read');
SELECT is(tests.attempt($$SELECT * FROM validate_coupon((SELECT string_agg('C' || i, ', ') FROM generate_series(1, 11) i))$$), '22023', 'more are guesses');
SELECT is(tests.attempt($$SELECT quote_checkout((SELECT string_agg('C' || i, ', ') FROM generate_series(1, 20000) i))$$), '22023', 'in a quote too');
SELECT is(tests.attempt(format($$SELECT * FROM checkout(%L, coupon_code => (SELECT string_agg('C' || i, ', ') FROM generate_series(1, 11) i))$$, :'home')), '22023', 'and in checkout');
SELECT is((SELECT reason FROM validate_coupon(repeat('once, ONCE ,,', 10000))), 'unknown', 'one code as often as one likes is one');
SELECT tests.log_out() \g /dev/null
SELECT tests.coupon('{"code": "EMPTY", "discount_type": "percentage", "discount_value": 10}') \g /dev/null
SELECT tests.log_in(:'other') \g /dev/null
SELECT is((SELECT reason FROM validate_coupon('EMPTY')), 'no_matching_items', 'for an empty cart there is nothing to save');
SELECT tests.log_out() \g /dev/null

-- A code is the same in upper and in lower case, and whatever cannot be seen around it.
SELECT tests.coupon('{"code": "\u00a0Today10\u200b", "discount_type": "percentage", "discount_value": 10, "currency": "USD"}') \g /dev/null
SELECT is((SELECT code::text FROM coupons WHERE code ILIKE '%today10%'), 'Today10', 'what cannot be seen is taken off a code that is written');
SELECT is(tests.verdict(:'buyer', code, :'home'), '7.00', format('"%s" is the same code', code)) FROM unnest(ARRAY['Today10', 'today10', 'TODAY10', ' tODAY10 ', E'\u00a0Today10', E'today10\u200b\ufeff\t']) code;
SELECT is((SELECT count(*) FROM find_coupon(code)), 1::bigint, format('"%s" is found', code)) FROM unnest(ARRAY['Today10', 'today10', 'TODAY10', ' tODAY10 ', E'\u00a0Today10', E'today10\u200b\ufeff\t']) code;
SELECT is(tests.verdict(:'buyer', code, :'home'), 'unknown', format('"%s" is another', code)) FROM unnest(ARRAY['Today 10', 'Today1', 'T%']) code;
SELECT is(tests.verdict(:'buyer', 'Today10,TODAY10,today10', :'home'), '7.00', 'three times the same code is one');
SELECT throws_ok($$SELECT tests.coupon('{"code": "TODAY10", "discount_type": "percentage", "discount_value": 20}')$$, '23505', NULL, 'and nobody has it a second time');
DELETE FROM coupons WHERE code = 'Today10';

-- New users and limits follow the orders.
SELECT tests.coupon('{"code": "NEW", "discount_type": "fixed_amount", "discount_value": 1, "new_users_only": true, "usage_limit_per_user": null}') AS new,
       tests.coupon('{"code": "ONCE", "discount_type": "fixed_amount", "discount_value": 2}') AS once,
       tests.coupon('{"code": "LAST", "discount_type": "fixed_amount", "discount_value": 3, "usage_limit": 1}') AS last,
       tests.coupon('{"code": "TWICE", "discount_type": "percentage", "discount_value": 10, "currency": "USD", "usage_limit_per_user": 2}') AS twice \gset
CREATE FUNCTION tests.uses(coupon uuid) RETURNS text LANGUAGE sql AS $$
    SELECT format('%s uses, %s given; rows %s', c.usage_count, c.total_discount_given,
                  (SELECT coalesce(string_agg(u.discount_amount || CASE WHEN u.counts THEN ' counts' ELSE '' END || CASE WHEN u.is_successful THEN '' ELSE ' back' END, ', ' ORDER BY u.discount_amount), 'none')
                     FROM coupon_usage u WHERE u.coupon_id = c.id))
      FROM coupons c WHERE c.id = coupon
$$;
UPDATE profiles SET created_at = now() - interval '2 days' WHERE id = :'buyer';
SELECT is(tests.verdict_on('{"minimum_account_age_days": 2}', :'buyer', :'home'), '7.00', 'an account that is old enough to the second');
SELECT tests.put(:'other', :'lamp') \g /dev/null
SELECT is(tests.buy(:'other', :'elsewhere', 'NEW'), 'as quoted', 'a new user uses a coupon for new users');
SELECT tests.last_bought() AS first_order \gset
SELECT is(tests.uses(:'new'), '1 uses, 1.00 given; rows 1.00 counts', 'the use is counted, with its discount');
SELECT results_eq('SELECT user_id, discount_amount, order_amount, is_successful FROM coupon_usage WHERE order_id = tests.last_bought()', format('VALUES (%L::uuid, 1.00, 10.00, true)', :'other'), 'and written with whose it was and what it was of');
SELECT is((SELECT string_agg(discount_amount::text, ' ') FROM order_items WHERE order_id = tests.last_bought()), '1.00', 'the discount is on the line');
SELECT tests.put(:'other', :'lamp') \g /dev/null
SELECT is(tests.verdict(:'other', 'NEW', :'elsewhere'), 'new_users_only', 'who has ordered is not new any more');
UPDATE orders SET status = 'cancelled' WHERE id = :'first_order';
SELECT is(tests.uses(:'new'), '0 uses, 0.00 given; rows 1.00 counts back', 'a cancelled order gives the use back');
SELECT is(tests.verdict(:'other', 'NEW', :'elsewhere'), '1.00', 'and its buyer is new again');
SELECT is(tests.buy(:'other', :'elsewhere', 'LAST') || ' ' || tests.uses(:'last'), 'as quoted 1 uses, 3.00 given; rows 3.00 counts', 'the last use of a coupon');
SELECT tests.last_bought() AS last_order \gset
SELECT is(tests.verdict(:'buyer', 'LAST', :'home'), 'used_up', 'is nobody else''s');
SELECT tests.log_in(:'other') \g /dev/null
SELECT cancel_order(:'last_order') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.verdict(:'buyer', 'LAST', :'home'), '3.00', 'until it is given back');
SELECT tests.put(:'other', :'lamp', 2) \g /dev/null
SELECT is(tests.buy(:'other', :'elsewhere', 'ONCE'), 'as quoted', 'once for each user');
SELECT tests.put(:'other', :'lamp', 2) \g /dev/null
SELECT is(tests.verdict(:'other', 'ONCE', :'elsewhere'), 'used_by_you', 'is not twice');
SELECT is(tests.verdict(:'buyer', 'ONCE', :'home'), '2.00', 'but for another user it is');
UPDATE coupons SET usage_limit_per_user = NULL WHERE code = 'ONCE';
SELECT is(tests.verdict(:'other', 'ONCE', :'elsewhere'), '2.00', 'no limit for each is none');

-- One coupon over several orders is one use as long as one of them is left.
SELECT is(tests.buy(:'buyer', :'home', 'TWICE'), 'as quoted', 'a coupon of the platform takes something off two orders');
SELECT is(tests.amounts(), '40.00 + 5.00 + 0.00 - 4.00 - 0.00 = 41.00 USD; 30.00 + 3.00 + 0.00 - 3.00 - 0.00 = 30.00 USD; 33.33 + 0.00 + 0.00 - 0.00 - 0.00 = 33.33 EUR', 'in its currency');
SELECT is(tests.uses(:'twice'), '1 uses, 7.00 given; rows 3.00, 4.00 counts', 'which is one use of it');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_order((SELECT order_id FROM bought WHERE place = 1)) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.uses(:'twice'), '1 uses, 3.00 given; rows 3.00 counts, 4.00 back', 'one of them cancelled: it is still used, for less');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_order((SELECT order_id FROM bought WHERE place = 2)) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.uses(:'twice'), '0 uses, 0.00 given; rows 3.00 counts back, 4.00 back', 'both cancelled: it is not used');
SELECT tests.put(:'buyer', :'shirt'), tests.put(:'buyer', :'vase') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'TWICE') || ' ' || tests.uses(:'twice'), 'as quoted 1 uses, 2.75 given; rows 0.75, 2.00 counts, 3.00 counts back, 4.00 back', 'used anew');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_order((SELECT order_id FROM bought WHERE place = 2)), cancel_order((SELECT order_id FROM bought WHERE place = 1)) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT format('%s %s', usage_count, total_discount_given) FROM coupons WHERE id = :'twice'), '0 0.00', 'cancelled in the other order it is given back too');
SELECT tests.put(:'buyer', :'vase', 1 + i % 2) FROM generate_series(1, 1) i \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'TWICE'), 'as quoted', 'the first of two uses');
SELECT tests.put(:'buyer', :'vase'), tests.put(:'buyer', :'lamp') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'TWICE'), 'as quoted', 'the second one is of two orders');
SELECT tests.put(:'buyer', :'vase') \g /dev/null
SELECT is(tests.verdict(:'buyer', 'TWICE', :'home'), 'used_by_you', 'there is no third');
SELECT tests.log_in_as_service() \g /dev/null
SELECT transition_order((SELECT order_id FROM bought WHERE place = 1), 'paid'), transition_order((SELECT order_id FROM bought WHERE place = 1), 'shipped'),
       transition_order((SELECT order_id FROM bought WHERE place = 1), 'refunded') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.verdict(:'buyer', 'TWICE', :'home'), 'used_by_you', 'what was shipped and refunded stays used');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT clear_cart() \g /dev/null
SELECT tests.log_out() \g /dev/null

-- Amounts in several currencies are never added up.
SELECT tests.coupon('{"code": "EACH", "discount_type": "percentage", "discount_value": 10, "usage_limit_per_user": null}') AS each \gset
SELECT tests.put(:'buyer', :'lamp', 3), tests.put(:'buyer', :'print') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT results_eq('SELECT valid, reason, discount_amount FROM validate_coupon(''EACH'')', 'VALUES (true, NULL, NULL::numeric)', 'a discount in two currencies has no amount');
SELECT is(quote_checkout('EACH') -> 'coupon', '{"code": "EACH", "valid": true, "reason": null, "discount_amount": null, "discounts": [{"currency": "USD", "amount": 3.00}, {"currency": "EUR", "amount": 3.33}]}', 'the quote has one for each');
SELECT clear_cart() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.put(:'buyer', :'print'), tests.put(:'buyer', :'lamp', 3) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'EACH') || ' ' || tests.amounts(), 'as quoted 33.33 + 0.00 + 0.00 - 3.33 - 0.00 = 30.00 EUR; 30.00 + 0.00 + 0.00 - 3.00 - 0.00 = 27.00 USD', 'whatever is first in the cart');
SELECT matches(format('%s %s', tests.uses(:'each'), (SELECT total_discount_currency FROM coupons WHERE id = :'each')),
               '^1 uses, (3.33 given; .* EUR|3.00 given; .* USD)$', 'and the total is of one of them');
SELECT total_discount_currency AS counted FROM coupons WHERE id = :'each' \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_order(order_id) FROM bought WHERE currency <> :'counted' \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT matches(tests.uses(:'each'), '^1 uses, 3.(33|00) given;', 'from which the other does not go');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_order(order_id) FROM bought WHERE currency = :'counted' \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT matches(tests.uses(:'each'), '^0 uses, 0.00 given;', 'and its own goes back');

-- Several at once
UPDATE coupons SET is_active = false;
SELECT tests.coupon('{"code": "TEN", "discount_type": "percentage", "discount_value": 10, "can_stack": true, "usage_limit_per_user": null}') AS ten,
       tests.coupon('{"code": "FIVE", "discount_type": "fixed_amount", "discount_value": 5, "can_stack": true, "usage_limit_per_user": null}') AS five,
       tests.coupon('{"code": "SHIP", "discount_type": "free_shipping", "discount_value": 0, "can_stack": true, "usage_limit_per_user": null}') AS ship,
       tests.coupon('{"code": "ALONE", "discount_type": "fixed_amount", "discount_value": 1, "usage_limit_per_user": null}') AS alone,
       tests.coupon('{"code": "OVER", "discount_type": "percentage", "discount_value": 10, "can_stack": true, "valid_from": "2020-01-01", "valid_until": "2020-02-01"}') AS over \gset
SELECT tests.put(:'buyer', :'shirt', 2) \g /dev/null
SELECT is(tests.verdict(:'buyer', codes, :'home'), outcome, codes || ': ' || what)
  FROM (VALUES ('TEN,FIVE', '9.00', 'each takes from what the one before left: 4 and 5'), ('FIVE,TEN', '8.50', 'in the order in which they are named: 5 and 3.50'),
               (' TEN , FIVE ,, ', '9.00', 'blanks and empty places do not matter'), ('TEN,TEN', '4.00', 'the same one counts once'), ('TEN,FIVE,SHIP', '14.00', 'shipping too'),
               ('ALONE', '1.00', 'one that stands alone does, alone'), ('TEN,ALONE', 'cannot_be_combined', 'and not with another'), ('ALONE,TEN', 'cannot_be_combined', 'whichever comes first'),
               ('TEN,OVER', 'expired', 'one that is over spoils the purchase'), ('OVER,TEN', 'expired', 'wherever it stands'), ('TEN,NOTHING', 'unknown', 'as one that is unknown does')) s (codes, outcome, what);
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(jsonb_path_query_array(quote_checkout('ALONE,TEN,OVER'), '$.coupons[*].reason'), '[null, "cannot_be_combined", "expired"]', 'the quote has a word on each');
SELECT is(quote_checkout('FIVE,TEN') -> 'coupon', '{"code": "FIVE", "valid": true, "reason": null, "discount_amount": 5.00, "discounts": [{"currency": "USD", "amount": 5.00}]}'::jsonb, 'and the first one apart');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, ''key'', coupon_code => %L)', :'home', codes)), 'MK008', 'refused without a trace: ' || codes) FROM unnest('{"TEN,ALONE",OVER,NOTHING}'::text[]) codes;
SELECT tests.log_out() \g /dev/null
-- Orders are combined with nothing of each other: coupons of two sellers are not together in any.
SELECT tests.coupon(format('{"code": "HERS", "discount_type": "percentage", "discount_value": 10, "usage_limit_per_user": null, "seller_id": "%s"}', :'seller')::jsonb),
       tests.coupon(format('{"code": "HIS", "discount_type": "percentage", "discount_value": 20, "usage_limit_per_user": null, "seller_id": "%s"}', :'second')::jsonb),
       tests.coupon(format('{"code": "HIS2", "discount_type": "fixed_amount", "discount_value": 1, "can_stack": true, "seller_id": "%s"}', :'second')::jsonb) \g /dev/null
SELECT tests.put(:'buyer', :'vase', 2) \g /dev/null
SELECT is(tests.verdict(:'buyer', codes, :'home'), outcome, codes || ': ' || what)
  FROM (VALUES ('HERS,HIS', '7.00', 'each takes from the own order'), ('HIS,HERS', '7.00', 'in any order'), ('HIS,HIS2', 'cannot_be_combined', 'two of one seller do not'),
               ('HERS,ALONE', 'cannot_be_combined', 'the platform''s touches both orders'), ('HERS,TEN', 'cannot_be_combined', 'whether it may be combined or not'),
               ('HIS2,TEN', '6.40', 'where both may they do')) s (codes, outcome, what);
SELECT is(tests.buy(:'buyer', :'home', 'HERS,HIS') || ' ' || tests.amounts(), 'as quoted 40.00 + 5.00 + 0.00 - 4.00 - 0.00 = 41.00 USD; 15.00 + 3.00 + 0.00 - 3.00 - 0.00 = 15.00 USD', 'both are used');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_order(order_id) FROM bought \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.put(:'buyer', :'shirt', 2) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'TEN,FIVE,SHIP') || ' ' || tests.amounts(), 'as quoted 40.00 + 0.00 + 0.00 - 9.00 - 0.00 = 31.00 USD', 'bought with three of them');
SELECT is(tests.uses(:'ten') || '; ' || tests.uses(:'five') || '; ' || tests.uses(:'ship'), '1 uses, 4.00 given; rows 4.00 counts; 1 uses, 5.00 given; rows 5.00 counts; 1 uses, 5.00 given; rows 5.00 counts', 'each is used once');
UPDATE orders SET status = 'cancelled' WHERE id = tests.last_bought();
SELECT is((SELECT string_agg(usage_count || ' ' || total_discount_given, ', ') FROM coupons WHERE can_stack AND is_active), '0 0.00, 0 0.00, 0 0.00, 0 0.00, 0 0.00', 'and given back');

-- What the platform pays has limits that no seller writes
SELECT tests.coupon('{"code": "SHIPS", "discount_type": "free_shipping", "discount_value": 0, "usage_limit_per_user": null, "can_stack": true}'),
       tests.coupon('{"code": "HALF", "discount_type": "percentage", "discount_value": 50, "usage_limit_per_user": null, "can_stack": true}'),
       tests.coupon(format('{"code": "HERSHIP", "discount_type": "free_shipping", "discount_value": 0, "usage_limit_per_user": null, "seller_id": "%s"}', :'seller')::jsonb) \g /dev/null
SELECT tests.goods(:'seller', 'A pin', 0.01, 9, '{"cost": 5000000.00}') AS pin \gset
SELECT tests.put(:'buyer', :'pin'), tests.put(:'buyer', :'vase', 2) \g /dev/null
SELECT is(tests.verdict(:'buyer', 'SHIPS', :'home'), '103.00', 'free shipping goes as far as driplo.max_shipping_cost in each order');
SELECT is(tests.verdict(:'buyer', 'HERSHIP', :'home'), '5000000.00', 'a seller waives what they like');
SET LOCAL driplo.max_shipping_cost = '10, USD 2';
SELECT is(tests.verdict(:'buyer', 'SHIPS', :'home'), '4.00', 'which is the shop''s to set, by currency');
SET LOCAL driplo.max_shipping_cost = '';
SELECT is(tests.verdict(:'buyer', 'SHIPS', :'home'), '5000003.00', 'and to leave out');
SET LOCAL driplo.max_platform_discount = '5';
SELECT is(tests.verdict(:'buyer', 'SHIPS', :'home'), '8.00', 'driplo.max_platform_discount is for shipping too');
SELECT is(tests.verdict(:'buyer', 'HALF', :'home'), '5.01', 'and for prices: 0.005 and 7.50');
SELECT is(tests.verdict(:'buyer', 'HALF,SHIPS', :'home'), '10.00', 'for all coupons of the platform together');
SELECT is(tests.verdict(:'buyer', 'HIS', :'home'), '3.00', 'and for no seller''s');
SELECT is(tests.buy(:'buyer', :'home', 'HALF,SHIPS') || ' ' || tests.amounts(), 'as quoted 0.01 + 4999995.01 + 0.00 - 0.01 - 0.00 = 4999995.01 USD; 15.00 + 3.00 + 0.00 - 5.00 - 0.00 = 13.00 USD', 'the buyer pays the rest');
SELECT is((SELECT string_agg(platform_discount_amount::text, ' ' ORDER BY place) FROM orders JOIN bought ON order_id = id), '5.00 5.00', 'and the platform what it said');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT cancel_order(order_id) FROM bought \g /dev/null
SELECT tests.log_out() \g /dev/null
RESET driplo.max_shipping_cost;
RESET driplo.max_platform_discount;

-- A discount of the whole, and the fee of what is left
SELECT tests.coupon('{"code": "ALL", "discount_type": "percentage", "discount_value": 100, "usage_limit_per_user": null}') \g /dev/null
SELECT tests.put(:'buyer', :'lamp', 3) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'ALL') || ' ' || tests.amounts(), 'as quoted 30.00 + 0.00 + 0.00 - 30.00 - 0.00 = 0.00 USD', 'all of it for nothing');
SELECT is((SELECT o.status::text || ' ' || i.platform_fee FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.id = tests.last_bought()), 'paid 1.50', 'is paid, and the seller, who gets 30.00 of the platform, pays the fee of a full price');
UPDATE orders SET status = 'cancelled' WHERE id = tests.last_bought();

-- Of what the fee is
CREATE FUNCTION tests.fees(code text, on_shipping text, payer text, buyer uuid, address uuid, things uuid[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    found text;
BEGIN
    PERFORM set_config('driplo.fee_on_shipping', on_shipping, true), set_config('driplo.fee_payer', payer, true);
    PERFORM tests.put(buyer, thing, 2) FROM unnest(things) thing;
    found := tests.buy(buyer, address, code);
    IF found = 'as quoted' THEN
        SELECT string_agg(format('%s of %s, %s on top', o.platform_fee_amount, (SELECT string_agg(i.platform_fee::text, ' + ' ORDER BY i.platform_fee) FROM order_items i WHERE i.order_id = o.id), o.buyer_fee_amount), '; ')
          INTO found FROM pg_temp.bought b JOIN orders o ON o.id = b.order_id;
    END IF;
    UPDATE orders SET status = 'cancelled' WHERE id IN (SELECT order_id FROM pg_temp.bought);
    RETURN found;
END $$;
UPDATE coupons SET is_active = true WHERE code IN ('SHIPS', 'HERS', 'TEN');
SELECT tests.goods(:'seller', 'A camera', 0.01, 100, '{"cost": 100}') AS camera \gset
SELECT is(tests.fees(code, on_shipping, payer, :'buyer', :'home', ARRAY[:'shirt', :'camera']::uuid[]), outcome, what)
  FROM (VALUES (NULL, 'off', 'seller', '2.00 of 0.00 + 2.00, 0.00 on top', 'the fee is of the price'), ('TEN', 'off', 'seller', '2.00 of 0.00 + 2.00, 0.00 on top', 'and not less for a coupon of the platform'),
               ('HERS', 'off', 'seller', '1.80 of 0.00 + 1.80, 0.00 on top', 'but for the seller''s own'), ('TEN', 'off', 'buyer', '1.80 of 0.00 + 1.80, 1.80 on top', 'a buyer pays the fee of what the buyer pays'),
               (NULL, 'on', 'seller', '7.25 of 0.00 + 2.00, 0.00 on top', 'it may be of shipping too'), ('SHIPS', 'on', 'seller', '7.25 of 0.00 + 2.00, 0.00 on top', 'also of what the platform pays for that'),
               ('SHIPS', 'on', 'buyer', '2.25 of 0.00 + 2.00, 2.25 on top', 'but not of what a buyer does not pay')) c (code, on_shipping, payer, outcome, what);
RESET driplo.fee_on_shipping;
RESET driplo.fee_payer;
-- what a seller has written into the shipping instead of the price
SELECT tests.goods(:'seller', 'A bicycle', 0.01, 9, '{"cost": 499.99}') AS bicycle \gset
SELECT tests.put(:'buyer', :'bicycle', 1) \g /dev/null
SELECT tests.buy(:'buyer', :'home') AS outcome \gset
SELECT is(:'outcome' || (SELECT format(': %s of %s, %s on top', o.platform_fee_amount, o.total_amount, o.buyer_fee_amount) FROM orders o WHERE o.id = tests.last_bought()),
    'as quoted: 25.00 of 500.00, 0.00 on top', 'nobody avoids the fee by the shipping');
UPDATE orders SET status = 'cancelled' WHERE id = tests.last_bought();

-- In the end
SELECT is_empty('SELECT c.code FROM coupons c LEFT JOIN coupon_usage u ON u.coupon_id = c.id AND u.is_successful
                 GROUP BY c.id HAVING (c.usage_count, c.total_discount_given) IS DISTINCT FROM (count(*) FILTER (WHERE u.counts), coalesce(sum(u.discount_amount), 0))', 'the counters are what the uses sum to');
SELECT is_empty('SELECT coupon_id, checkout_id FROM coupon_usage WHERE is_successful GROUP BY 1, 2 HAVING count(*) FILTER (WHERE counts) <> 1', 'of the rows of a checkout one counts');

SELECT * FROM finish();
ROLLBACK;
