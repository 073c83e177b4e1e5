-- Checkout: what is written is what was quoted, for carts of many kinds; what is kept with the order; and that nothing
-- is left behind when it is refused.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT plan(130);

SELECT tests.sign_up('buyer@checkout.example') AS buyer, tests.sign_up('other@checkout.example') AS other, tests.sign_up('seller@checkout.example') AS seller,
       tests.sign_up('second@checkout.example') AS second, tests.sign_up('admin@checkout.example') AS admin \gset
SELECT tests.an_address(:'buyer', true) AS home, tests.an_address(:'buyer') AS office, tests.an_address(:'other', true) AS elsewhere,
       tests.a_card(:'buyer') AS card, tests.a_card(:'other') AS other_card \gset
SELECT tests.goods(:'seller', 'A lamp', 10) AS lamp, tests.goods(:'seller', 'A shirt', 20) AS shirt, tests.goods(:'second', 'A vase', 7.50) AS vase,
       tests.goods(:'seller', 'A stamp', 0.01) AS stamp, tests.goods(:'seller', 'A print', 33.33, 100, '{}', 'EUR') AS print,
       tests.goods(:'seller', 'Nothing', 0) AS nothing, tests.goods(:'seller', 'A jacket', 1, 0) AS jacket \gset
SELECT tests.kind_of(:'jacket', 'S', 81.99, 5) AS small, tests.kind_of(:'jacket', 'M', 84.49, 5) AS medium \gset

-- An empty cart

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(quote_checkout(), '{"orders": [], "coupon": null, "coupons": [], "problems": []}'::jsonb, 'the quote of an empty cart is empty');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L)', :'home')), 'MK006', 'an empty cart is not checked out');
SELECT tests.log_out() \g /dev/null
UPDATE shopping_carts SET expires_at = now() WHERE user_id = :'buyer';
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L)', :'home')), 'MK006', 'nor is an expired one');
SELECT is(quote_checkout() -> 'orders', '[]'::jsonb, 'of which nothing is quoted');
SELECT get_or_create_cart(:'buyer') \g /dev/null
SELECT tests.log_out() \g /dev/null

-- One seller, several, several currencies, variants

SELECT tests.put(:'buyer', :'lamp', 2) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home'), 'as quoted', 'one line: written as quoted');
SELECT is(tests.amounts(), '20.00 + 0.00 + 0.00 - 0.00 - 0.00 = 20.00 USD', 'with these amounts');
SELECT results_eq('SELECT o.status::text, o.buyer_id, o.shipping_address_id, o.billing_address_id, o.payment_method_id, o.notes, o.paid_at FROM orders o WHERE o.id = tests.last_bought()',
    format('VALUES (''pending_payment'', %L::uuid, %L::uuid, NULL::uuid, NULL::uuid, NULL::text, NULL::timestamptz)', :'buyer', :'home'), 'the order waits for its payment');
SELECT results_eq('SELECT from_status::text, to_status::text, changed_by FROM order_status_history WHERE order_id = tests.last_bought()',
    format('VALUES (NULL, ''pending_payment'', %L::uuid)', :'buyer'), 'its history has begun, by the buyer');
SELECT is((SELECT concat(o.shipping_address, a.shipping_address ->> 'city') FROM orders o JOIN order_addresses a ON a.order_id = o.id WHERE o.id = tests.last_bought()), 'Springfield', 'the address is kept beside it');
SELECT is((SELECT quantity FROM listings WHERE id = :'lamp'), 98, 'the stock is taken');
SELECT is((SELECT count(*) FROM cart_items i JOIN shopping_carts c ON c.id = i.cart_id WHERE c.user_id = :'buyer'), 0::bigint, 'cart is empty');

SELECT tests.put(:'buyer', :'lamp', 2), tests.put(:'buyer', :'vase', 3), tests.put(:'buyer', :'shirt', 1) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home'), 'as quoted', 'two sellers: written as quoted');
SELECT is(tests.amounts(), '40.00 + 0.00 + 0.00 - 0.00 - 0.00 = 40.00 USD; 22.50 + 0.00 + 0.00 - 0.00 - 0.00 = 22.50 USD', 'an order for each, in the order of the cart');
SELECT tests.put(:'buyer', :'print', 3), tests.put(:'buyer', :'lamp', 1) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home'), 'as quoted', 'two currencies of one seller: written as quoted');
SELECT is(tests.amounts(), '99.99 + 0.00 + 0.00 - 0.00 - 0.00 = 99.99 EUR; 10.00 + 0.00 + 0.00 - 0.00 - 0.00 = 10.00 USD', 'an order for each currency');
SELECT tests.put(:'buyer', :'jacket', 1, :'small'), tests.put(:'buyer', :'jacket', 2, :'medium'), tests.put(:'buyer', :'stamp', 7) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home'), 'as quoted', 'variants: written as quoted');
SELECT is(tests.amounts(), '251.04 + 0.00 + 0.00 - 0.00 - 0.00 = 251.04 USD', 'at the variants'' prices');
SELECT is((SELECT string_agg(quantity::text, ', ' ORDER BY name DESC) FROM product_variants WHERE listing_id = :'jacket'), '4, 3', 'the variants'' stock is taken');
SELECT results_eq('SELECT variant_name::text, unit_price, platform_fee FROM order_items WHERE order_id = tests.last_bought() ORDER BY unit_price',
    $$VALUES (NULL, 0.01, 0.00), ('S', 81.99, 4.10), ('M', 84.49, 8.45)$$, 'their names are kept, and the fee of 12.55 is spread by largest remainder');
SELECT tests.put(:'buyer', :'jacket', 4, :'small'), tests.put(:'buyer', :'jacket', 3, :'medium') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home'), 'as quoted', 'the last of all variants can be bought');
SELECT is((SELECT status::text FROM listings WHERE id = :'jacket'), 'reserved', 'then the listing is reserved');

-- Generated carts: any goods in any number, some with shipping, against the quote.
CREATE FUNCTION tests.some_carts(buyer uuid, home uuid, sellers uuid[]) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    goods uuid[] := '{}';
    answer text;
BEGIN
    PERFORM setseed(0.25);
    FOR i IN 1..12 LOOP
        goods := goods || tests.goods(sellers[1 + i % 2], 'Goods ' || i, round((random() * 100)::numeric, 2), 1000000,
            CASE i % 3 WHEN 0 THEN '{}' WHEN 1 THEN jsonb_build_object('cost', round((random() * 9)::numeric, 2))
                       ELSE jsonb_build_object('cost', 4.99, 'free_over', round((random() * 300)::numeric, 2)) END,
            CASE WHEN i % 5 = 0 THEN 'EUR' ELSE 'USD' END);
    END LOOP;
    INSERT INTO coupons (code, name, discount_type, discount_value, can_stack, usage_limit_per_user)
    VALUES ('SOME15', 'a', 'percentage', 15.5, true, NULL), ('SOME7', 'b', 'fixed_amount', 7.77, true, NULL), ('SOMESHIP', 'c', 'free_shipping', 0, true, NULL);
    PERFORM tests.credit(buyer, 200), tests.credit(buyer, 55.55, now() + interval '1 day'), tests.credit(buyer, 99.99, NULL, 'EUR');
    FOR i IN 1..40 LOOP
        PERFORM tests.put(buyer, g, (1 + random() * 4)::integer) FROM unnest(goods) g WHERE random() < 0.4;
        CONTINUE WHEN NOT EXISTS (SELECT FROM cart_items it JOIN shopping_carts c ON c.id = it.cart_id WHERE c.user_id = buyer);
        -- a coupon that does not apply to what is in the cart is another test
        answer := tests.buy(buyer, home, CASE i % 4 WHEN 1 THEN 'SOME15' WHEN 2 THEN 'SOME7,SOME15' END, i % 2 = 0);
        IF answer <> 'as quoted' THEN
            RETURN NEXT answer;
        END IF;
    END LOOP;
END $$;
SELECT is_empty(format('SELECT * FROM tests.some_carts(%L, %L, %L)', :'buyer', :'home', ARRAY[:'seller', :'second']), 'forty carts of any goods, coupons and credits are written as quoted');
SELECT is_empty('SELECT o.id FROM orders o JOIN order_items i ON i.order_id = o.id GROUP BY o.id
                 HAVING sum(i.total_price) <> o.subtotal OR sum(i.discount_amount) <> o.discount_amount
                     OR sum(i.platform_fee) <> calculate_platform_fee(o.subtotal - o.discount_amount + sum(i.platform_discount_amount))', 'the parts of each order sum to the whole: lines, discounts, fees');
SELECT is_empty('SELECT c.id FROM store_credits c WHERE c.used_amount <> (SELECT coalesce(sum(u.amount), 0) FROM store_credit_usage u WHERE u.store_credit_id = c.id AND u.returned_at IS NULL)',
    'what was used of each credit is on its usage rows');
UPDATE store_credits SET expires_at = now();

-- Shipping

CREATE FUNCTION tests.shipping(buyer uuid, home uuid, seller uuid, price numeric, pieces integer, rule jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM tests.put(buyer, tests.goods(seller, 'Shipped', price, 100, rule), pieces);
    answer := tests.buy(buyer, home);
    RETURN CASE answer WHEN 'as quoted' THEN (SELECT shipping_cost::text FROM orders WHERE id = tests.last_bought()) ELSE answer END;
END $$;
-- as a listing has it that is older than check_listing_terms()
ALTER TABLE listings DISABLE TRIGGER check_listing_terms, DISABLE TRIGGER check_new_listing_terms, DISABLE TRIGGER check_changed_listing_terms;
SELECT is(tests.shipping(:'buyer', :'home', :'seller', price, pieces, rule::jsonb), cost, 'shipping: ' || what)
  FROM (VALUES (10, 1, '{"cost": 4.99}', '4.99', 'its cost'), (10, 5, '{"cost": 4.99}', '4.99', 'once for a line'),
               (49.99, 1, '{"cost": 4.99, "free_over": 50}', '4.99', 'a cent below free_over'),
               (50, 1, '{"cost": 4.99, "free_over": 50}', '0.00', 'free at free_over'), (25, 2, '{"cost": 4.99, "free_over": 50}', '0.00', 'all pieces count for it'),
               (10, 1, '{"cost": 4.99, "free_over": 0}', '0.00', 'free_over nothing'), (10, 1, '{"free_over": 50}', '0.00', 'no cost'),
               (10, 1, '{"cost": 4.99, "countries": ["US"]}', '4.99', 'a country that is served'), (10, 1, '{"cost": 1, "countries": ["de", "us"]}', '1.00', 'in lower case too'),
               (10, 1, '{"cost": 1, "countries": []}', '1.00', 'no country named is all of them'),
               (10, 1, '{"cost": 4.995}', '5.00', 'rounded to a cent'), (10, 1, '{"cost": 0.004}', '0.00', 'and down'),
               (10, 1, '{"cost": -5}', '0.00', 'not below nothing'), (10, 1, '{"cost": 9e131070}', '0.00', 'more than there is is no amount'), (10, 1, '{"cost": "4.99"}', '0.00', 'a text is no number'), (10, 1, '{"cost": null}', '0.00', 'null is none'),
               (10, 1, '{"cost": [1]}', '0.00', 'nor is a list'), (10, 1, '{"cost": true}', '0.00', 'nor is true'),
               (10, 1, '{"cost": 3, "free_over": "x"}', '3.00', 'free_over as text counts for nothing'), (10, 1, '{"cost": 3, "free_over": -1}', '3.00', 'free_over below nothing is no amount'),
               (10, 1, '{"cost": 3, "free_over": 1e300}', '3.00', 'free_over beyond all prices is never met'),
               (10, 1, '{"cost": 1e-300}', '0.00', 'a tiny cost'), (10, 1, '"cost"', '0.00', 'a text for the whole'), (10, 1, '[{"cost": 1}]', '0.00', 'a list for the whole'),
               (10, 1, '7', '0.00', 'a number for the whole'), (10, 1, 'null', '0.00', 'null for the whole'), (10, 1, NULL, '0.00', 'nothing for the whole'),
               (10, 1, '{"cost": 2, "countries": "US"}', '2.00', 'countries as text count for nothing'), (10, 1, '{"cost": 2, "countries": {"US": 1}}', '2.00', 'as an object too'),
               (10, 1, '{"cost": 2, "countries": [null, 7, ["x"], {"a": 1}, "US"]}', '2.00', 'among all sorts of things the country is found')
       ) AS s (price, pieces, rule, cost, what);
SELECT tests.put(:'buyer', tests.goods(:'seller', 'One', 20, 9, '{"cost": 3, "free_over": 50}')), tests.put(:'buyer', tests.goods(:'seller', 'Two', 30, 9, '{"cost": 4}')) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home') || ' ' || tests.amounts(), 'as quoted 50.00 + 4.00 + 0.00 - 0.00 - 0.00 = 54.00 USD', 'free_over looks at the order''s subtotal, each line has its own rule');
SELECT tests.goods(:'seller', 'Not here', 10, 9, '{"countries": ["DE", "FR"]}') AS not_here, tests.goods(:'seller', 'Odd countries', 10, 9, '{"countries": [null, 7]}') AS odd \gset
ALTER TABLE listings ENABLE TRIGGER check_listing_terms, ENABLE TRIGGER check_new_listing_terms, ENABLE TRIGGER check_changed_listing_terms;
CREATE FUNCTION tests.not_shipped(buyer uuid, home uuid, listing uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM tests.put(buyer, listing);
    PERFORM tests.log_in(buyer);
    answer := concat_ws(' ', quote_checkout() -> 'problems' -> 0 ->> 'code', quote_checkout() -> 'problems' -> 0 ->> 'message',
                        tests.attempt(format('SELECT * FROM checkout(%L)', home)), tests.detail_of(format('SELECT * FROM checkout(%L)', home)));
    PERFORM clear_cart(), tests.log_out();
    RETURN answer;
END $$;
SELECT is(tests.not_shipped(:'buyer', :'home', listing),
    format('not_shipped_there The seller does not ship this item to the country of the address. MK006 MK006 "%s": not_shipped_there (requested 1, available 9).', title), title || ': a country that is not served is a problem')
  FROM (VALUES (:'not_here'::uuid, 'Not here'), (:'odd', 'Odd countries')) l (listing, title);
SELECT tests.put(:'other', :'not_here') \g /dev/null
UPDATE shipping_addresses SET is_default = false WHERE id = :'elsewhere';
SELECT tests.log_in(:'other') \g /dev/null
SELECT is(quote_checkout() -> 'problems', '[]'::jsonb, 'without a default address every country is served in a quote');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L)', :'elsewhere')), 'MK006', 'checkout() knows where');
SELECT clear_cart() \g /dev/null
SELECT tests.log_out() \g /dev/null
-- A seller can ask for anything.
SELECT tests.put(:'buyer', tests.goods(:'seller', 'Dear', 10, 9, '{"cost": 99999999}')) \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L)', :'home')), '22003', 'an order that costs more than can be written is refused');
SELECT clear_cart() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.put(:'buyer', tests.goods(:'seller', 'Gold', 99999999.99, 9), 2) \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L)', :'home')) || tests.attempt('SELECT quote_checkout()'), '2200322003', 'as is a line that does');
SELECT is((SELECT line_total FROM cart_contents()), 199999999.98, 'the cart shows it all the same');
SELECT clear_cart() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.put(:'buyer', tests.goods(:'seller', 'Gold', 99999999.99, 9)) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home') || ' ' || tests.amounts(), 'as quoted 99999999.99 + 0.00 + 0.00 - 0.00 - 0.00 = 99999999.99 USD', 'the largest order there is can be placed');

-- Tax

CREATE FUNCTION tests.tax_ok(lines jsonb, address jsonb) RETURNS numeric LANGUAGE sql AS
    $$SELECT sum((l ->> 'total_price')::numeric - (l ->> 'discount_amount')::numeric) * CASE address ->> 'country_code' WHEN 'US' THEN 0.0825 ELSE 0.2 END FROM jsonb_array_elements(lines) l$$;
CREATE FUNCTION tests.tax_null(lines jsonb, address jsonb) RETURNS numeric LANGUAGE sql AS 'SELECT NULL::numeric';
CREATE FUNCTION tests.tax_strict(lines jsonb, address jsonb) RETURNS numeric LANGUAGE sql STRICT AS 'SELECT 1.0';
CREATE FUNCTION tests.tax_negative(lines jsonb, address jsonb) RETURNS numeric LANGUAGE sql AS 'SELECT -0.01';
CREATE FUNCTION tests.tax_nan(lines jsonb, address jsonb) RETURNS numeric LANGUAGE sql AS $$SELECT 'NaN'::numeric$$;
CREATE FUNCTION tests.tax_huge(lines jsonb, address jsonb) RETURNS numeric LANGUAGE sql AS 'SELECT 1e30';
CREATE FUNCTION tests.tax_raises(lines jsonb, address jsonb) RETURNS numeric LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'no tax today' USING ERRCODE = 'TT001', DETAIL = 'Closed.', HINT = 'Tomorrow.'; END$$;
CREATE FUNCTION tests.tax_text(lines jsonb, address jsonb) RETURNS text LANGUAGE sql AS $$SELECT '1'$$;
CREATE FUNCTION tests.tax_seen(lines jsonb, address jsonb) RETURNS numeric LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION '%', lines || address; END$$;
SET LOCAL driplo.tax_function = 'tests.tax_ok';
SELECT tests.put(:'buyer', :'lamp', 3), tests.put(:'buyer', :'vase', 1), tests.put(:'buyer', :'shirt', 1) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home') || ' ' || tests.amounts(), 'as quoted 50.00 + 0.00 + 4.13 - 0.00 - 0.00 = 54.13 USD; 7.50 + 0.00 + 0.62 - 0.00 - 0.00 = 8.12 USD',
    'the tax function of the shop''s own has its say on each order, rounded half away from zero');
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
CREATE FUNCTION tests.with_tax(function text, buyer uuid, home uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM set_config('driplo.tax_function', function, true);
    PERFORM tests.log_in(buyer);
    answer := concat_ws(', ', tests.attempt('SELECT quote_checkout()'), tests.attempt(format('SELECT * FROM checkout(%L)', home)));
    PERFORM tests.log_out();
    RETURN answer;
END $$;
SELECT is(tests.with_tax(function, :'buyer', :'home'), outcome, function || ': ' || what)
  FROM (VALUES ('tests.tax_negative', '22023, 22023', 'a negative tax is refused'), ('tests.tax_nan', '22023, 22023', 'one that is no number too'),
               ('tests.tax_huge', '22003, 22003', 'one beyond all amounts too'), ('tests.tax_raises', 'TT001, TT001', 'what it raises arrives'), ('tests.no_such', '22023, 22023', 'one that is missing is an error'),
               ('tests.tax_text', '22023, 22023', 'one of another type is none'))
       t (function, outcome, what);
-- 15 names the syntax, later servers only do not find it
SELECT matches(tests.with_tax(function, :'buyer', :'home'), '^(22023|42601|42602), \1$', function || ' names no function') FROM unnest('{not a name,tests.tax_ok(jsonb)}'::text[]) function;
SET LOCAL driplo.tax_function = 'tests.tax_seen';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT ok((SELECT bool_and(word = ANY (string_to_array(tests.error_of('SELECT quote_checkout()'), '"'))) FROM unnest('{listing_id,variant_id,category_id,quantity,unit_price,total_price,discount_amount,country_code,postal_code}'::text[]) word),
    'it gets the lines and the address');
SELECT ok(tests.error_of('SELECT quote_checkout()') !~ 'user_id', 'and not whose they are');
SELECT tests.log_out() \g /dev/null
SET LOCAL driplo.tax_function = 'tests.tax_null';
SELECT is(tests.buy(:'buyer', :'home') || ' ' || tests.amounts(), 'as quoted 10.00 + 0.00 + 0.00 - 0.00 - 0.00 = 10.00 USD', 'NULL is no tax');
SET LOCAL driplo.tax_function = 'tests.tax_strict';
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home') || ' ' || tests.amounts(), 'as quoted 10.00 + 0.00 + 1.00 - 0.00 - 0.00 = 11.00 USD', 'a strict function is called with an address');
SELECT tests.put(:'other', :'lamp') \g /dev/null
SELECT tests.log_in(:'other') \g /dev/null
SELECT is((quote_checkout() -> 'orders' -> 0 ->> 'tax_amount')::numeric, 0.00, 'and not without one');
SELECT clear_cart() \g /dev/null
SELECT tests.log_out() \g /dev/null
SET LOCAL driplo.tax_function = '';

-- Store credit

SELECT tests.credit(:'buyer', 5, now() + interval '1 year') AS later, tests.credit(:'buyer', 3, now() + interval '1 day') AS soon, tests.credit(:'buyer', 4) AS never,
       tests.credit(:'buyer', 100, now() - interval '1 day') AS past, tests.credit(:'buyer', 100, now()) AS now_past, tests.credit(:'buyer', 50, NULL, 'EUR') AS euro,
       tests.credit(:'other', 1000) AS of_other \gset
CREATE FUNCTION tests.used_of(VARIADIC credits uuid[]) RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(used_amount::text, ' ' ORDER BY array_position(credits, id)) FROM store_credits WHERE id = ANY (credits)$$;
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home') || ' ' || tests.amounts(), 'as quoted 10.00 + 0.00 + 0.00 - 0.00 - 0.00 = 10.00 USD', 'credit is not used unasked');
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', NULL, true) || ' ' || tests.amounts(), 'as quoted 10.00 + 0.00 + 0.00 - 0.00 - 10.00 = 0.00 USD', 'credit pays for an order');
SELECT is(tests.used_of(:'soon', :'later', :'never', :'past', :'now_past', :'euro', :'of_other'), '3.00 5.00 2.00 0.00 0.00 0.00 0.00',
    'what expires first is used first, what never does last; not what has expired, is in another currency or is another''s');
SELECT results_eq('SELECT status::text, paid_at FROM orders WHERE id = tests.last_bought()', 'VALUES (''paid'', now())', 'an order with nothing left to pay is paid');
SELECT is((SELECT count(*) FROM store_credit_usage WHERE order_id = tests.last_bought()), 3::bigint, 'the order names what paid for it');
SELECT tests.put(:'buyer', :'lamp'), tests.put(:'buyer', :'vase'), tests.put(:'buyer', :'print') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', NULL, true) || ' ' || tests.amounts(),
    'as quoted 10.00 + 0.00 + 0.00 - 0.00 - 2.00 = 8.00 USD; 7.50 + 0.00 + 0.00 - 0.00 - 0.00 = 7.50 USD; 33.33 + 0.00 + 0.00 - 0.00 - 33.33 = 0.00 EUR',
    'what is left goes to the first order, each currency to its own');
SELECT is((SELECT string_agg(o.status::text, ', ' ORDER BY b.place) FROM orders o JOIN bought b ON b.order_id = o.id), 'pending_payment, pending_payment, paid', 'only the order without a rest is paid');
SELECT tests.put(:'buyer', tests.goods(:'seller', 'Costs nothing', 0, 1)) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home') || ' ' || tests.amounts(), 'as quoted 0.00 + 0.00 + 0.00 - 0.00 - 0.00 = 0.00 USD', 'what costs nothing can be bought');
SELECT results_eq('SELECT l.status::text, l.quantity, l.sold_at FROM listings l JOIN order_items i ON i.listing_id = l.id WHERE i.order_id = tests.last_bought()',
    'VALUES (''sold'', 0, now())', 'the last piece of it is sold at once');
SELECT results_eq('SELECT from_status::text, to_status::text FROM order_status_history WHERE order_id = tests.last_bought()', 'VALUES (NULL, ''paid'')', 'its history begins with paid');

-- What is kept with the order

SELECT tests.goods(:'seller', 'A picture', 12.34) AS picture \gset
UPDATE listings SET image_urls = '[{"thumb": "t.webp", "medium": "m.webp"}]', images = '["old.jpg"]' WHERE id = :'picture';
SELECT tests.put(:'buyer', :'picture', 2) \g /dev/null
UPDATE listings SET price = 11.11, description = 'The original, ' || repeat('signed. ', 3000), condition = 'like new', brand = 'Atelier', size = 'A3', color = 'blue' WHERE id = :'picture' RETURNING description AS promised \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((quote_checkout() -> 'orders' -> 0 ->> 'total_amount')::numeric, 22.22, 'prices are those of the moment, not those of when the cart was filled');
SELECT order_id AS kept FROM checkout(shipping_address_id => :'home', billing_address_id => :'office', payment_method_id => :'card', notes => 'Ring twice.') \gset
SELECT tests.log_out() \g /dev/null
UPDATE listings SET price = 99, title = 'Another title', image_urls = '[]' WHERE id = :'picture';
SELECT tests.log_in(:'seller') \g /dev/null
UPDATE listings SET description = 'A copy, with scratches', condition = 'used', brand = 'Nobody', size = 'A4', color = 'gray' WHERE id = :'picture';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT results_eq(format('SELECT description, concat_ws('', '', condition, brand, size, color) FROM order_items WHERE order_id = %L', :'kept'), format('VALUES (%L, %L)', :'promised', 'like new, Atelier, A3, blue'),
    'what was promised stays with the order, whatever the seller writes into the listing afterwards');
SELECT tests.log_out() \g /dev/null
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (:'buyer', :'seller', 99, 99) RETURNING id AS by_service \gset
INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (:'by_service', :'picture', 1, 99, 99);
SELECT results_eq(format('SELECT title::text, description, concat_ws('', '', condition, brand, size, color) FROM order_items WHERE order_id = %L', :'by_service'), $$VALUES ('Another title', 'A copy, with scratches', 'used, Nobody, A4, gray')$$,
    'a line that the service writes gets what it does not bring along');
SET LOCAL driplo.platform_fee_percent = 50;
SELECT results_eq(format('SELECT unit_price, title::text, image_url, platform_fee FROM order_items WHERE order_id = %L', :'kept'),
    'VALUES (11.11, ''A picture'', ''m.webp'', 1.11)', 'price, title, picture and fee stay as they were');
RESET driplo.platform_fee_percent;
SELECT results_eq(format('SELECT shipping_address_id, billing_address_id, payment_method_id, notes FROM orders WHERE id = %L', :'kept'),
    format('VALUES (%L::uuid, %L::uuid, %L::uuid, ''Ring twice.'')', :'home', :'office', :'card'), 'addresses, card and notes are on the order');
SELECT results_eq(format('SELECT billing_address ->> ''country_code'' FROM order_addresses WHERE order_id = %L', :'kept'), format('SELECT country_code::text FROM shipping_addresses WHERE id = %L', :'office'), 'whom to bill is copied');
SELECT is(tests.deed(format('UPDATE listings SET image_urls = %L WHERE id = %L', image_urls, :'picture')), 'done', 'pictures may be: ' || image_urls)
  FROM unnest(ARRAY['["a.webp"]', '{"0": 1}', '"x"', '[[1]]', '[null]', '7']) image_urls;

-- The key

SELECT tests.put(:'buyer', :'lamp'), tests.put(:'buyer', :'vase') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT string_agg(order_id::text, ' ') AS first_answer FROM checkout(:'home', 'key 1', notes => 'As a present.') \gset
SELECT is((SELECT string_agg(order_id::text, ' ') FROM checkout(:'home', 'key 1', notes => 'As a present.')), :'first_answer', 'the same key and request: the same orders in the same order');
SELECT add_to_cart(:'lamp') \g /dev/null
SELECT is((SELECT string_agg(order_id::text, ' ') FROM checkout(:'home', 'key 1', notes => 'As a present.')), :'first_answer', 'whatever is in the cart since');
SELECT is((SELECT count(*) FROM cart_items), 1::bigint, 'which stays there');
SELECT is(tests.attempt(format('SELECT * FROM checkout(%s)', call)), 'MK007', 'the same key with another request is refused: ' || what)
  FROM (VALUES (format('%L, ''key 1''', :'home'), 'notes'), (format('%L, ''key 1'', notes => ''As a present.''', :'office'), 'address'),
               (format('%L, ''key 1'', notes => ''As a present.'', billing_address_id => %L', :'home', :'home'), 'billing address'),
               (format('%L, ''key 1'', notes => ''As a present.'', payment_method_id => %L', :'home', :'card'), 'card'),
               (format('%L, ''key 1'', notes => ''As a present.'', coupon_code => ''X''', :'home'), 'coupon'),
               (format('%L, ''key 1'', notes => ''As a present.'', use_store_credit => true', :'home'), 'credit')) k (call, what);
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, %s)', :'home', key)), '22023', 'a key must have 1 to 255 characters: ' || length(key)) FROM (VALUES (''''''), (quote_literal(repeat('x', 256)))) k (key);
SELECT isnt((SELECT order_id::text FROM checkout(:'home', repeat('ä', 255))), NULL, '255 of any letters will do');
SELECT tests.log_out() \g /dev/null
SELECT tests.put(:'other', :'lamp') \g /dev/null
SELECT tests.log_in(:'other') \g /dev/null
SELECT isnt((SELECT order_id::text FROM checkout(:'elsewhere', 'key 1')), NULL, 'another buyer may use the same key');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, ''key 2'')', :'home')), 'MK006', 'a refused checkout');
SELECT add_to_cart(:'lamp') \g /dev/null
SELECT isnt((SELECT order_id::text FROM checkout(:'home', 'key 2')), NULL, 'does not use up its key');
DELETE FROM shipping_addresses WHERE id = :'home';
SELECT is((SELECT string_agg(order_id::text, ' ') FROM checkout(:'home', 'key 1', notes => 'As a present.')), :'first_answer', 'the answer stays when the address is gone');
SELECT tests.log_out() \g /dev/null

-- Who may not, and with what

SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT * FROM checkout(%s)', call)) || ' ' || tests.error_of(format('SELECT * FROM checkout(%s)', call)), error, what)
  FROM (VALUES ('NULL', '22004 22004 shipping_address_id must not be NULL', 'an address has to be given'),
               (format('%L', :'home'), 'P0002 P0002 shipping address not found', 'one that was deleted is unknown'),
               (format('%L', :'elsewhere'), 'P0002 P0002 shipping address not found', 'as is another''s'),
               (format('%L, billing_address_id => %L', :'office', :'elsewhere'), 'P0002 P0002 billing address not found', 'another''s for the bill too'),
               (format('%L, payment_method_id => %L', :'office', :'other_card'), 'P0002 P0002 payment method not found', 'and another''s card'),
               (format('%L, payment_method_id => %L', :'office', :'office'), 'P0002 P0002 payment method not found', 'and no card at all')) w (call, error, what);
SELECT tests.log_in(:'buyer', '{"is_anonymous": true}') \g /dev/null
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L)', :'office')), '42501', 'an anonymous user does not buy');
SELECT is(jsonb_array_length(quote_checkout() -> 'orders'), 1, 'but learns what it would cost');
SELECT tests.log_out() \g /dev/null
UPDATE profiles SET suspended_at = now() WHERE id = :'buyer';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L)', :'office')), '42501', 'nor does a suspended one');
SELECT tests.log_out() \g /dev/null
UPDATE profiles SET suspended_at = NULL, deleted_at = now() WHERE id = :'buyer';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L)', :'office')), '42501', 'nor a deleted one');
SELECT tests.log_out() \g /dev/null
UPDATE profiles SET deleted_at = NULL WHERE id = :'buyer';

-- A quote and a verdict write nothing.
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt('SELECT quote_checkout(''NONE'', true)'), '1 rows', 'a quote leaves no trace');
SELECT is(tests.attempt('SELECT * FROM validate_coupon(''NONE'')'), '1 rows', 'nor does the question about a coupon');
SELECT lives_ok(format('SELECT * FROM checkout(%L)', :'office'), 'after all this the cart can still be bought');
SELECT tests.log_out() \g /dev/null
-- What fails late undoes what came before: a trigger of the shop's own at the very end.
CREATE FUNCTION tests.fail_late() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'late' USING ERRCODE = 'TT002'; END$$;
CREATE TRIGGER fail_late AFTER DELETE ON cart_items FOR EACH STATEMENT EXECUTE FUNCTION tests.fail_late();
SELECT tests.put(:'buyer', :'lamp'), tests.put(:'buyer', :'vase') \g /dev/null
SELECT tests.credit(:'buyer', 4) \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT * FROM checkout(%L, ''key late'', coupon_code => ''SOME15'', use_store_credit => true)', :'office')), 'TT002', 'what fails at the end leaves nothing of what came before');
SELECT tests.log_out() \g /dev/null
DROP TRIGGER fail_late ON cart_items;
SELECT is(tests.buy(:'buyer', :'office', 'SOME15', true), 'as quoted', 'and goes through without that');

SELECT * FROM finish();
ROLLBACK;
