-- What is too much, and what is too small to be paid: refused where it is written, by whom it would be written.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(56);
SELECT tests.sign_up('sue@example.com') AS sue, tests.sign_up('ann@example.com') AS ann, tests.sign_up('adm@example.com') AS adm \gset
SELECT tests.log_in_as_service();
SELECT promote_to_admin('adm@example.com') \g /dev/null
SELECT tests.log_out();

-- Currencies

SELECT tests.log_in(:'sue');
CREATE TEMP TABLE sold (currency text, price text, fits boolean);
INSERT INTO sold VALUES
    ('JPY', '1250', true), ('JPY', '1250.50', false), ('JPY', '0.01', false), ('KRW', '100.5', false), ('VND', '99999999', true), ('ISK', '10.50', false),
    ('USD', '12.50', true), ('EUR', '0.01', true), ('KWD', '1.25', false), ('QQQ', '1', false), ('XAU', '1', false);
SELECT is(tests.error_of(format('INSERT INTO listings (seller_id, title, description, price, currency) VALUES (%L, %L, %L, %s, %L)', :'sue', currency || price, 'x', price, currency)),
        CASE WHEN fits THEN 'no error' WHEN currency IN ('QQQ', 'XAU') THEN format('22023 invalid currency code: "%s"', currency)
             WHEN currency = 'KWD' THEN '22023 listings cannot be in KWD'
             ELSE format('22023 price in %s must be a whole number', currency) END,
        format('a listing for %s %s', price, currency))
  FROM sold;
SELECT is((SELECT count(*) FROM listings), 4::bigint, 'and nothing of what was refused is there');
SELECT id AS print FROM listings WHERE title = 'JPY1250' \gset
SELECT id AS ring FROM listings WHERE title = 'USD12.50' \gset
SELECT throws_ok($$UPDATE listings SET price = 1250.5 WHERE title = 'JPY1250'$$, '22023', 'price in JPY must be a whole number', 'nor does a price become one that cannot be paid');
SELECT throws_ok($$UPDATE listings SET currency = 'JPY' WHERE title = 'USD12.50'$$, '22023', 'price in JPY must be a whole number', 'nor by another currency');
SELECT throws_ok($$UPDATE listings SET currency = 'KWD' WHERE title = 'USD12.50'$$, '22023', 'listings cannot be in KWD', 'nor one with thousandths');
SELECT lives_ok($$UPDATE listings SET currency = 'JPY', price = 13 WHERE title = 'USD12.50'$$, 'both together may change');
SELECT lives_ok(format($$INSERT INTO product_variants (listing_id, name, price) VALUES (%L, 'large', 2000)$$, :'print'), 'a variant has whole yen');
SELECT throws_ok(format($$INSERT INTO product_variants (listing_id, name, price) VALUES (%L, 'small', 999.99)$$, :'print'), '22023', 'price in JPY must be a whole number', 'and no others');
SELECT throws_ok($$UPDATE product_variants SET price = 0.5$$, '22023', 'price in JPY must be a whole number', 'also when it is changed');
SELECT lives_ok(format($$UPDATE listings SET currency = 'USD' WHERE id = %L$$, :'print'), 'a listing becomes one in dollars');
SELECT lives_ok($$UPDATE product_variants SET price = 1999.99$$, 'and its variant has cents');
SELECT throws_ok(format($$UPDATE listings SET currency = 'JPY' WHERE id = %L$$, :'print'), '22023', 'price in JPY must be a whole number', 'with which it cannot go back');
SELECT tests.log_out();

-- What is read of shipping_info was looked at before

SELECT tests.log_in(:'sue');
CREATE TEMP TABLE written (info text, said text);
INSERT INTO written VALUES
    ('{"cost": 9e131070}', '"cost" of shipping_info must be an amount in JPY'),
    ('{"cost": -1}', '"cost" of shipping_info must be an amount in JPY'),
    ('{"cost": "free"}', '"cost" of shipping_info must be an amount in JPY'),
    ('{"cost": 4.50}', '"cost" of shipping_info must be an amount in JPY'),
    ('{"cost": 100000000}', '"cost" of shipping_info must be an amount in JPY'),
    ('{"free_over": 9e99999}', '"free_over" of shipping_info must be an amount in JPY'),
    ('{"countries": "DE"}', '"countries" of shipping_info must be an array of country codes'),
    ('{"countries": ["Germany"]}', '"countries" of shipping_info must be an array of country codes'),
    ('{"countries": [1]}', '"countries" of shipping_info must be an array of country codes'),
    ('[]', 'shipping_info must be a JSON object'),
    ('"free"', 'shipping_info must be a JSON object');
SELECT throws_ok(format('UPDATE listings SET shipping_info = %L WHERE id = %L', info, :'ring'), '22023', said, 'shipping_info ' || info) FROM written;
SELECT throws_ok(format($$UPDATE listings SET shipping_info = jsonb_build_object('countries', (SELECT jsonb_agg('DE'::text) FROM generate_series(1, 301))) WHERE id = %L$$, :'ring'),
    '22023', '"countries" of shipping_info must be an array of country codes', '301 countries');
SELECT is((SELECT shipping_info FROM listings WHERE id = :'ring'), '{}', 'and nothing of that is there');
SELECT lives_ok(format('UPDATE listings SET shipping_info = %L WHERE id = %L', info, :'ring'), 'shipping_info ' || info)
  FROM unnest('{"{}",null,"{\"cost\": 500, \"free_over\": 5000, \"countries\": [\"jp\", \"KR\"]}","{\"cost\": null, \"note\": {\"any\": [1]}}"}'::text[]) info;
SELECT tests.log_out();
-- older rows were not looked at: nothing of theirs stops a buyer
ALTER TABLE listings DISABLE TRIGGER check_listing_terms, DISABLE TRIGGER check_new_listing_terms, DISABLE TRIGGER check_changed_listing_terms;
UPDATE listings SET status = 'active', shipping_info = '{"cost": 9e131070, "free_over": -9e131070, "countries": {}}' WHERE id = :'ring';
ALTER TABLE listings ENABLE TRIGGER check_listing_terms, ENABLE TRIGGER check_new_listing_terms, ENABLE TRIGGER check_changed_listing_terms;
SELECT tests.log_in(:'ann');
SELECT isnt(add_to_cart(:'ring'), NULL, 'somebody puts such a listing into the cart');
SELECT is((SELECT (o ->> 'total_amount')::numeric FROM jsonb_array_elements(quote_checkout() -> 'orders') o), 13.00, 'and what is no amount counts as not given');
SELECT tests.log_out();
SELECT tests.log_in(:'sue');
SELECT lives_ok(format($$UPDATE listings SET title = 'A ring', price = 14 WHERE id = %L$$, :'ring'), 'what is older than the rule does not stand in the way of another change');
SELECT tests.log_out();

-- Sizes

SELECT tests.log_in(:'sue');
SELECT throws_ok($$UPDATE profiles SET bio = repeat('x', 10001) WHERE username = 'sue'$$, '54000', 'value of "bio" in "profiles" is too large', 'a bio has its bound');
SELECT lives_ok($$UPDATE profiles SET bio = repeat('x', 10000) WHERE username = 'sue'$$, 'and may reach it');
SELECT throws_ok($$UPDATE profiles SET avatar_urls = (SELECT jsonb_object_agg(i, i) FROM generate_series(1, 3000) i) WHERE username = 'sue'$$, '54000', 'value of "avatar_urls" in "profiles" is too large', 'so have the images of a profile');
SELECT throws_ok(format($$UPDATE listings SET shipping_info = jsonb_build_object('note', repeat('x', 16400)) WHERE id = %L$$, :'ring'), '54000', 'value of "shipping_info" in "listings" is too large',
    'and what is compressed counts as long as it is');
SELECT throws_ok(format($$INSERT INTO product_variants (listing_id, name, price, attributes) VALUES (%L, 'x', 1, jsonb_build_object('note', repeat('x', 16400)))$$, :'print'), '54000',
    'value of "attributes" in "product_variants" is too large', 'a variant''s attributes');
SELECT throws_ok(format($$INSERT INTO profile_setup_progress (user_id, step_name) VALUES (%L, repeat('x', 101))$$, :'sue'), '54000', 'value of "step_name" in "profile_setup_progress" is too large', 'the name of a step');
SELECT tests.log_out();
ALTER TABLE profiles DISABLE TRIGGER check_sizes;
UPDATE profiles SET bio = repeat('x', 20000) WHERE username = 'sue';
ALTER TABLE profiles ENABLE TRIGGER check_sizes;
SELECT tests.log_in(:'sue');
SELECT lives_ok($$UPDATE profiles SET bio = repeat('y', 15000) WHERE username = 'sue'$$, 'what was larger before the rule may become smaller');
SELECT throws_ok($$UPDATE profiles SET bio = repeat('x', 15001) WHERE username = 'sue'$$, '54000', NULL, 'and not larger');
SELECT tests.log_out();
SELECT is((SELECT length(bio) FROM profiles WHERE username = 'sue'), 15000, 'as it was');

-- Money that is given in words

SELECT tests.log_in(:'adm');
SELECT throws_ok(format($$SELECT grant_store_credit_in(%L, 'JPY', 10.5, 'sorry')$$, :'ann'), '22023', 'amount must be a whole number of JPY', 'no half a yen is given as credit');
SELECT throws_ok(format($$SELECT grant_store_credit_in(%L, 'QQQ', 10, 'sorry')$$, :'ann'), '22023', 'invalid currency code: "QQQ"', 'nor what is no currency');
SELECT lives_ok(format($$SELECT grant_store_credit_in(%L, 'JPY', 10, 'sorry')$$, :'ann'), 'ten are');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM check_integrity() WHERE rule = 'amount_below_unit'), 0::bigint, 'every amount can be paid');
ALTER TABLE product_variants DISABLE TRIGGER check_variant_terms;
UPDATE listings SET currency = 'KRW', price = 1, shipping_info = NULL WHERE id = :'ring';
INSERT INTO product_variants (listing_id, name, price) VALUES (:'ring', 'half', 0.5);
UPDATE store_credits SET amount = 10.50;
SELECT results_eq($$SELECT DISTINCT split_part(object, ' ', 1) FROM check_integrity() WHERE rule = 'amount_below_unit' ORDER BY 1$$,
    $$VALUES ('ledger_entries'), ('product_variants'), ('store_credits')$$, 'and check_integrity() tells which cannot');

SELECT * FROM finish();
ROLLBACK;
