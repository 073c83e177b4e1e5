-- Currencies: one list for those who show prices and for those who calculate; what a card can pay.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT plan(31);
SELECT * FROM tests.people('currencies.example') \gset
SELECT tests.an_address(:'buyer', true) AS home \gset

-- The list

SELECT is_empty('SELECT code FROM currencies WHERE minor_units IS DISTINCT FROM private.minor_units(code)', 'the digits are those that are calculated with');
SELECT is((SELECT string_agg(a || b || c, ' ' ORDER BY a || b || c)
             FROM (SELECT chr(n) FROM generate_series(65, 90) n) x (a), (SELECT chr(n) FROM generate_series(65, 90) n) y (b), (SELECT chr(n) FROM generate_series(65, 90) n) z (c)
            WHERE private.minor_units(a || b || c) < 3 AND a || b || c NOT IN (SELECT code FROM currencies)), NULL, 'each with two digits or none is there');
SELECT is((SELECT string_agg(format('%s %s %s %s', code, symbol, minor_units, smallest_card_amount), ', ' ORDER BY code) FROM currencies WHERE code IN ('EUR', 'JPY', 'VND')),
    'EUR € 2 0.50, JPY ¥ 0 50.00, VND ₫ 0 0.00', 'as people write them');
SELECT is_empty('SELECT code FROM currencies WHERE smallest_card_amount * 100 % private.smallest_unit(code) <> 0', 'a card pays whole units');
SELECT is(tests.answers('anon buyer', 'SELECT FROM currencies LIMIT 1'), '1 rows for anon buyer', 'everybody reads them');
SELECT is(tests.answers('anon buyer admin', 'UPDATE currencies SET smallest_card_amount = 0'), '42501 for anon buyer admin', 'and writes none');
SELECT is(tests.answers('anon buyer', 'SELECT private.minor_units(''EUR'')'), '42501 for anon buyer', 'what triggers ask is theirs');
SELECT is((SELECT string_agg(object, ',') FROM check_integrity() WHERE rule = 'currency_digits'), NULL, 'check_integrity() finds nothing');
UPDATE currencies SET minor_units = 0 WHERE code = 'EUR';
INSERT INTO currencies (code, name, symbol, minor_units) VALUES ('KWD', 'Kuwaiti Dinar', 'KD', 2);
SELECT is((SELECT string_agg(object || ': ' || detail, ' ' ORDER BY object) FROM check_integrity() WHERE rule = 'currency_digits'),
    'currencies EUR: minor_units is 0, but calculations have 2. currencies KWD: minor_units is 2, but calculations have 3.', 'but what somebody has changed');
UPDATE currencies SET minor_units = 2 WHERE code = 'EUR';
DELETE FROM currencies WHERE code = 'KWD';

-- set_smallest_card_amount()

SELECT is(tests.answers('anon buyer seller moderator suspended', 'SELECT set_smallest_card_amount(''EUR'', 1)'), '42501 for anon buyer seller moderator suspended', 'an admin decides what cards can pay');
SELECT is((SELECT string_agg(tests.asked('admin', format('set_smallest_card_amount(%s)', a)), '; ' ORDER BY n) FROM unnest(ARRAY['NULL, 1', '''EUR'', NULL', '''QQQ'', 1', '''KWD'', 1']) WITH ORDINALITY AS t (a, n)),
    '22004 currency must not be NULL; 22004 amount must not be NULL; 22023 invalid currency code: "QQQ"; 22023 invalid currency code: "KWD"', 'of a currency that there is');
SELECT is((SELECT string_agg(DISTINCT left(tests.asked('admin', format('set_smallest_card_amount(%L, %L::numeric)', c, a)), 5), ' ') FROM (VALUES ('EUR', '-1'), ('EUR', '0.005'), ('EUR', 'NaN'), ('EUR', 'Infinity'), ('EUR', '100000000'), ('JPY', '0.5')) t (c, a)),
    '22023', 'an amount that can be paid');
SELECT is((SELECT count(*) FROM admin_audit_log WHERE action = 'set_smallest_card_amount'), 0::bigint, 'nothing of that is on record');
SELECT is(tests.asked('admin', 'set_smallest_card_amount(''EUR'', 1)'), '', 'an admin changes it');
SELECT is((SELECT old_values ->> 'smallest_card_amount' || ' ' || (new_values ->> 'smallest_card_amount') || ' ' || (admin_id = :'admin') FROM admin_audit_log WHERE action = 'set_smallest_card_amount'), '0.50 1 true', 'on record');

-- Store credit leaves what a card can pay, or nothing

CREATE TABLE tests.who AS SELECT :'buyer'::uuid AS buyer, :'seller'::uuid AS seller;
CREATE FUNCTION tests.left_to_pay(price numeric, credits numeric[], currency text DEFAULT 'EUR') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    quoted text; paid text; placed uuid;
    buyer uuid := (SELECT w.buyer FROM tests.who w);
    seller uuid := (SELECT w.seller FROM tests.who w);
BEGIN
    DELETE FROM store_credits s WHERE NOT EXISTS (SELECT FROM store_credit_usage u WHERE u.store_credit_id = s.id);
    UPDATE store_credits SET expires_at = now() - interval '1 day';
    INSERT INTO store_credits (user_id, amount, currency, expires_at)
    SELECT buyer, c, left_to_pay.currency, now() + n * interval '1 day' FROM unnest(credits) WITH ORDINALITY t (c, n);
    DELETE FROM cart_items;
    PERFORM tests.put(buyer, tests.goods(seller, 'Thing ' || gen_random_uuid(), price, 5, '{}', left_to_pay.currency));
    PERFORM tests.log_in(buyer);
    quoted := quote_checkout(NULL, true) #>> '{orders,0,total_amount}';
    SELECT c.order_id, c.total_amount INTO placed, paid
      FROM checkout((SELECT a.id FROM shipping_addresses a WHERE a.is_default), use_store_credit => true) c;
    PERFORM tests.log_out();
    RETURN concat_ws(' ', quoted, paid, (SELECT coalesce(string_agg(u.amount::text, '+' ORDER BY u.amount DESC), '0') FROM store_credit_usage u WHERE u.order_id = placed));
END $$;
SELECT is(tests.left_to_pay(10, '{9.70}'), '1.00 1.00 9.00', 'less credit is used than would leave 0.30');
SELECT is(tests.left_to_pay(10, '{9}'), '1.00 1.00 9.00', 'just the smallest amount may be left');
SELECT is(tests.left_to_pay(10, '{4}'), '6.00 6.00 4.00', 'or more');
SELECT is(tests.left_to_pay(10, '{10}'), '0.00 0.00 10.00', 'or nothing');
SELECT is(tests.left_to_pay(10, '{12}'), '0.00 0.00 10.00', 'also of more credit');
SELECT is(tests.left_to_pay(10, '{6,3.50}'), '1.00 1.00 6.00+3.00', 'the credit that expires last is kept');
SELECT is(tests.left_to_pay(10, '{9.40,0.60}'), '0.00 0.00 9.40+0.60', 'several may pay all');
SELECT is(tests.left_to_pay(0.80, '{0.30}'), '0.50 0.50 0.30', 'an order that no card can pay takes what there is');
SELECT is(tests.left_to_pay(1, '{0.30}'), '1.00 1.00 0', 'one that a card can just pay takes none');
SELECT is(tests.left_to_pay(1000, '{970}', 'JPY'), '50.00 50.00 950.00', 'yen have their own amount');
SELECT is(tests.left_to_pay(100000, '{99990}', 'VND'), '10.00 10.00 99990.00', 'and a currency without one has none');

-- The default

SET LOCAL driplo.default_currency = 'JPY';
SELECT tests.log_in(:'seller') \g /dev/null
INSERT INTO listings (seller_id, title, slug, description, price) VALUES (:'seller', 'A print', 'print', 'On paper.', 1200);
SELECT is((SELECT currency FROM listings WHERE slug = 'print'), 'JPY', 'a listing without a currency has the shop''s');
SELECT throws_ok(format('INSERT INTO listings (seller_id, title, slug, description, price) VALUES (%L, ''Half'', ''half'', ''x'', 0.5)', :'seller'), '22023', 'price in JPY must be a whole number', 'with its rules');
SELECT tests.log_out() \g /dev/null
SELECT grant_store_credit(:'buyer', 100, 'x') AS granted \gset
SELECT is((SELECT currency FROM store_credits WHERE id = :'granted'), 'JPY', 'as the credit that is granted');
SELECT throws_ok('SET driplo.default_currency = ''KWD''', '22023', NULL, 'it has two digits or none');
SELECT throws_ok('SET driplo.default_currency = ''''', '22023', NULL, 'and is one');

SELECT * FROM finish();
ROLLBACK;
