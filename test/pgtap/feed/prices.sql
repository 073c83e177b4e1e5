-- Lower prices: who is told of which, and the lowest price of the 30 days before.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();
SELECT tests.sign_up('sue@prices.example') AS sue \gset
SELECT tests.sign_up('ann@prices.example') AS ann \gset
SELECT tests.sign_up('bob@prices.example') AS bob \gset
DELETE FROM outbox_events;

-- Delivers what has happened; whom it was told, since the last time.
CREATE FUNCTION tests.told() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM deliver_events(1000);
    PERFORM fan_out_notifications(1000);
    PERFORM tests.log_out();
    SELECT string_agg(format('%s: %s, %s', split_part(u.email, '@', 1), n.title, n.message), '; ' ORDER BY u.email) INTO said
      FROM notifications n JOIN auth.users u ON u.id = n.user_id WHERE n.type = 'price_drop';
    DELETE FROM notifications WHERE type = 'price_drop';
    RETURN COALESCE(said, 'nobody');
END $$;
CREATE FUNCTION tests.mark(who uuid, listing uuid) RETURNS void LANGUAGE sql AS $$ INSERT INTO favorites (user_id, listing_id) VALUES (who, listing) $$;
-- Everything that has happened to the listing's price, that many days ago.
CREATE FUNCTION tests.age(listing uuid, days integer) RETURNS void LANGUAGE sql AS $$ UPDATE listing_prices SET valid_until = valid_until - days * interval '1 day' WHERE listing_id = listing $$;

SELECT tests.a_listing(:'sue', 100) AS lamp \gset
SELECT tests.a_listing(:'sue', 100) AS mirror \gset
SELECT tests.log_in(:'ann') \g /dev/null
INSERT INTO favorites (user_id, listing_id) VALUES (:'ann', :'lamp');
SELECT results_eq('SELECT price_seen, currency_seen::text FROM favorites', $$VALUES (100.00, 'USD')$$, 'the price at which something is marked is kept');
SELECT throws_ok(format('INSERT INTO favorites (user_id, listing_id, price_seen) VALUES (%L, %L, 1000)', :'ann', :'mirror'), '42501', NULL, 'nobody writes another');
SELECT throws_ok('SELECT * FROM listing_prices', '42501', NULL, 'the history is nobody''s to read');
SELECT tests.log_out() \g /dev/null
SELECT is(lowest_price_30d(:'lamp'), NULL, 'a first price has none before');

UPDATE listings SET price = 96 WHERE id = :'lamp';
SELECT is(tests.told(), 'nobody', '4 percent are no news');
SELECT is(lowest_price_30d(:'lamp'), 100.00, 'but a lower price is shown with that of before');
UPDATE listings SET price = 95 WHERE id = :'lamp';
SELECT is(tests.told(), 'ann: A lamp: 100.00 USD → 95.00 USD, 5 % less', '5 percent below what was seen are, in small steps too');
SELECT is(lowest_price_30d(:'lamp'), 96.00, 'the lowest before the last step');
UPDATE listings SET price = 91 WHERE id = :'lamp';
SELECT is(tests.told(), 'nobody', 'not 5 percent below what was told');
UPDATE listings SET price = 200 WHERE id = :'lamp';
SELECT is(tests.told() || lowest_price_30d(:'lamp'), NULL, 'a higher price is no lower one');
UPDATE listings SET price = 92 WHERE id = :'lamp';
SELECT tests.mark(:'bob', :'lamp');
SELECT is(tests.told(), 'nobody', 'a price that was lower within 30 days is no news');
SELECT is(lowest_price_30d(:'lamp'), 91.00, 'and 91 is what it has to be compared with');
UPDATE listings SET price = 85 WHERE id = :'lamp';
SELECT is(tests.told(), 'ann: A lamp: 95.00 USD → 85.00 USD, 10 % less; bob: A lamp: 92.00 USD → 85.00 USD, 7 % less', 'each is told from what each has seen');
SELECT results_eq('SELECT price_seen FROM favorites', 'VALUES (85.00), (85.00)', 'which is the new price then');

-- Lowered, raised, lowered in a day
SELECT tests.a_listing(:'sue', 100) AS vase \gset
SELECT tests.mark(:'ann', :'vase');
UPDATE listings SET price = 80 WHERE id = :'vase';
SELECT is(tests.told(), 'ann: A lamp: 100.00 USD → 80.00 USD, 20 % less', 'lowered:');
UPDATE listings SET price = 100 WHERE id = :'vase';
SELECT is(tests.told(), 'nobody', 'raised,');
UPDATE listings SET price = 80 WHERE id = :'vase';
SELECT is(tests.told(), 'nobody', 'and lowered again tells once');
SELECT tests.a_listing(:'sue', 100) AS bowl \gset
SELECT tests.mark(:'ann', :'bowl');
UPDATE listings SET price = 80 WHERE id = :'bowl';
UPDATE listings SET price = 100 WHERE id = :'bowl';
UPDATE listings SET price = 80 WHERE id = :'bowl';
SELECT is(tests.told(), 'ann: A lamp: 100.00 USD → 80.00 USD, 20 % less', 'also when all of it comes before anybody is told');
SELECT is((SELECT count(*) FROM listing_prices WHERE listing_id = :'bowl'), 3::bigint, 'each price is kept');
UPDATE listings SET price = 100 WHERE id = :'bowl';
SELECT tests.age(:'bowl', 31);
DELETE FROM favorites WHERE listing_id = :'bowl';
SELECT tests.mark(:'bob', :'bowl');
UPDATE listings SET price = 85 WHERE id = :'bowl';
SELECT is(tests.told(), 'bob: A lamp: 100.00 USD → 85.00 USD, 15 % less', 'what was more than 30 days ago does not count');
SELECT is(lowest_price_30d(:'bowl'), 100.00, 'in what is shown neither');
SELECT tests.age(:'bowl', 31);
SELECT is(lowest_price_30d(:'bowl'), NULL, 'and a price that was lowered more than 30 days ago is the price');

-- What is no price of a thing on sale
SELECT tests.a_listing(:'sue', 100, status => 'draft') AS draft \gset
UPDATE listings SET price = 50 WHERE id = :'draft';
SELECT is_empty(format('SELECT FROM listing_prices WHERE listing_id = %L', :'draft'), 'drafts have no history');
UPDATE listings SET status = 'active' WHERE id = :'draft';
SELECT tests.mark(:'ann', :'draft');
UPDATE listings SET status = 'archived' WHERE id = :'draft';
UPDATE listings SET price = 90 WHERE id = :'draft';
UPDATE listings SET status = 'active' WHERE id = :'draft';
UPDATE listings SET price = 45 WHERE id = :'draft';
SELECT is(tests.told(), 'ann: A lamp: 50.00 USD → 45.00 USD, 10 % less', 'a price that was raised while nobody saw it is not compared with');
UPDATE listings SET price = 30 WHERE id = :'draft';
UPDATE listings SET status = 'archived' WHERE id = :'draft';
SELECT is(tests.told() || lowest_price_30d(:'draft'), NULL, 'what is off sale has none');
SELECT is_empty(format('SELECT FROM listing_prices WHERE listing_id = %L AND price = 30', :'draft'), '(the price of now is no earlier one)');

-- Currencies
INSERT INTO exchange_rates (base, quote, rate, as_of, source) VALUES ('EUR', 'USD', 2, current_date, 'test');
SELECT tests.a_listing(:'sue', 100) AS rug \gset
SELECT tests.mark(:'ann', :'rug');
UPDATE listings SET price = 60, currency = 'EUR' WHERE id = :'rug';
SELECT is(tests.told(), 'nobody', 'a price in another currency is not lower');
SELECT is(lowest_price_30d(:'rug'), NULL, 'whatever it was before');
UPDATE listings SET price = 55 WHERE id = :'rug';
SELECT is(tests.told(), 'nobody', 'a price that was raised by the currency is no news when it is lowered');
SELECT is(lowest_price_30d(:'rug'), 50.00, 'compared by the exchange rate');
UPDATE listings SET price = 40 WHERE id = :'rug';
SELECT is(tests.told(), 'ann: A lamp: 50.00 EUR → 40.00 EUR, 20 % less', 'as is what was seen');
UPDATE listings SET price = 4000, currency = 'JPY' WHERE id = :'rug';
UPDATE listings SET price = 100 WHERE id = :'rug';
SELECT is(tests.told() || lowest_price_30d(:'rug'), NULL, 'without a rate nothing is told and nothing shown');

-- What changes nothing in the price leaves no row, and many at once leave one each
SELECT count(*) AS before FROM listing_prices \gset
UPDATE listings SET quantity = quantity + 1, view_count = 7, price = price;
SELECT is((SELECT count(*) FROM listing_prices), :'before'::bigint, 'a sale, a view, the same price: nothing');
UPDATE listings SET price = price + 1;
SELECT is((SELECT count(*) FROM listing_prices), :'before' + (SELECT count(*) FROM listings), 'one row for each price that changes');
SELECT is_empty('SELECT * FROM private.integrity_of_feed()', 'the reports find nothing');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is((listing_data(:'vase') ->> 'lowest_price_30d'), NULL, 'the row that a page reads has it (raised now)');
SELECT tests.log_out() \g /dev/null
UPDATE listings SET price = 70 WHERE id = :'vase';
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is((listing_data(:'vase') ->> 'lowest_price_30d')::numeric, 80.00, 'and without an account, too');
SELECT tests.log_out() \g /dev/null
SELECT tests.age(:'vase', 61);
SELECT tests.log_in_as_service() \g /dev/null
SELECT cmp_ok(prune_matches_and_prices(1), '=', 1, 'prices are deleted after 60 days');
SELECT throws_ok('SELECT prune_matches_and_prices(NULL)', '22004', 'max_rows must not be NULL', 'so many at a time');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
