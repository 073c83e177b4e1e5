-- The arguments of the search functions: what is refused and in which words, and hostile ones, which are refused or
-- answered, quickly, and never with another error.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();
SELECT tests.sign_up('sue@arguments.example') AS sue \gset
SELECT tests.a_listing(:'sue', 20) AS lamp \gset
UPDATE listings SET brand = 'Lux', size = 'XL', color = 'red', condition = 'good', currency = 'EUR' WHERE id = :'lamp';
SELECT tests.log_in_as_anon() \g /dev/null

SELECT throws_ok(format('SELECT * FROM search(filters => %L)', filters), '22023', message, message)
  FROM (VALUES ('{"colour": ["red"], "brand": "Lux", "price_max": 3}', 'unrecognized filters: brand, colour'), ('[]', 'filters must be a JSON object'), ('"x"', 'filters must be a JSON object'),
               ('{"brands": "Lux"}', 'filter "brands" must be an array of strings'), ('{"sizes": [38]}', 'filter "sizes" must be an array of strings'),
               ('{"colors": {"a": "red"}}', 'filter "colors" must be an array of strings'), ('{"conditions": [["good"]]}', 'filter "conditions" must be an array of strings'),
               ('{"conditions": [null]}', 'filter "conditions" must be an array of strings'), (format('{"brands": ["%s"]}', repeat('x', 500)), 'filter "brands" must be an array of strings of at most 100 characters'),
               ((SELECT format('{"brands": %s}', jsonb_agg('b' || i)) FROM generate_series(1, 51) i), 'filter "brands" must be an array of at most 50 strings'),
               ('{"price_min": "5"}', 'filter "price_min" must be a number that is not negative'), ('{"price_max": -1}', 'filter "price_max" must be a number that is not negative'),
               ('{"currency": "EURO"}', 'filter "currency" must be a code of three letters such as "EUR"'), ('{"currency": 3}', 'filter "currency" must be a string of at most 100 characters'),
               ('{"country": "Bulgaria"}', 'filter "country" must be a code of two letters such as "BG"'), ('{"seller": "sue"}', 'filter "seller" must be the ID of a user'),
               ('{"since": "yesterday"}', 'filter "since" must be a date or time such as "2026-01-31T12:00:00Z"'), ('{"since": "2026-02-30"}', 'filter "since" must be a date or time such as "2026-01-31T12:00:00Z"'),
               ('{"since": "2026-01-01T25:00"}', 'filter "since" must be a date or time such as "2026-01-31T12:00:00Z"'), ('{"category": "nothing"}', 'category "nothing" does not exist'),
               ('{"exclude_sold": "yes"}', 'filter "exclude_sold" must be true')) AS v (filters, message);
SELECT throws_ok($$SELECT * FROM search(filters => '{"exclude_sold": false}')$$, '0A000', 'filter "exclude_sold" must be true', 'what is sold cannot be searched');
SELECT throws_ok($$SELECT search_summary(filters => '{"colour": 1}')$$, '22023', NULL, 'a summary has the same filters');
SELECT throws_ok($$SELECT * FROM search(sort => 'best')$$, '22023', 'unrecognized sort: "best"', 'sort orders are five');
SELECT throws_ok(format('SELECT * FROM search(page_size => %s)', size), '22023', 'page_size must be between 1 and 100', 'a page of ' || size) FROM unnest(ARRAY[0, 101, -1]) AS v (size);
SELECT throws_ok($$SELECT * FROM suggest('x', 51)$$, '22023', 'max_rows must be between 0 and 50', 'suggestions are 50 at most');
SELECT throws_ok($$SELECT * FROM suggest(NULL)$$, '22004', NULL, 'for something');
SELECT throws_ok(format('SELECT * FROM similar_listings(%L, 51)', :'lamp'), '22023', 'max_rows must be between 0 and 50', 'similar listings as well');
SELECT throws_ok($$SELECT record_search('lamp', -1)$$, '22023', 'results must not be negative', 'nothing is less than nothing');

SELECT is((SELECT count(*) FROM search(filters => filters::jsonb)), n, format('%s finds %s', filters, n))
  FROM (VALUES ('{"brands": ["LUX"], "sizes": ["xl"], "colors": ["Red"], "conditions": ["Good"]}', 1::bigint), ('{"brands": ["none", "Lux"]}', 1), ('{"brands": ["!?"]}', 0), ('{"brands": []}', 1),
               ('{"price_min": 20, "price_max": 20}', 1), ('{"price_min": 20.01}', 0), ('{"price_max": 19.99}', 0), ('{"price_min": 1e300}', 0), ('{"price_max": 1e300}', 1),
               ('{"price_min": 30, "price_max": 10}', 0), ('{"price_min": 20, "currency": "usd"}', 0), ('{"currency": "USD"}', 1), ('{"country": "bg"}', 0),
               ('{"since": "2020-01-01"}', 1), ('{"since": "2020-01-01 10:00:00.123456+02:00"}', 1), ('{"since": "2020-01-01T10:00:00Z"}', 1), ('{"since": "9999-12-31"}', 0),
               ('{"seller": "00000000-0000-4000-8000-000000000000"}', 0), ('{"brands": null, "price_min": null}', 1), ('{"exclude_sold": true}', 1)) AS v (filters, n);
SELECT is((SELECT count(*) FROM search(filters => jsonb_build_object('seller', :'sue'))), 1::bigint, 'a seller');
SELECT is((SELECT count(*) FROM search(NULL, NULL, NULL, NULL, NULL, NULL)), 1::bigint, 'NULL is the default');

-- Hostile texts
CREATE TEMP TABLE hostile AS
SELECT * FROM unnest(ARRAY['', ' ', '''', '\', ':*', '@c1', '@', '!', '&|!()<->', '''; DROP TABLE listings; --', repeat('a', 10000), repeat('lamp ', 1000), repeat('''', 10000), repeat('@z0 ', 500),
                           repeat('!', 100000), (SELECT string_agg(md5(i::text), ' ') FROM generate_series(1, 1000) i), E'\x01\x02\x7f\u200b\ufeff\u202e', 'ламп'' & ''а', U&'\+01F600\+01F600 lamp',
                           repeat(U&'e\0301', 3000), '%s {} {0} $1 \d', (SELECT string_agg(chr(i), '') FROM generate_series(33, 3000) i WHERE i NOT BETWEEN 55296 AND 57343)]) AS v (text);
CREATE FUNCTION pg_temp.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    begun timestamptz := clock_timestamp();
BEGIN
    EXECUTE statement;
    RETURN CASE WHEN clock_timestamp() - begun > interval '2 seconds' THEN 'takes too long' END;
EXCEPTION WHEN OTHERS THEN
    RETURN nullif(SQLSTATE, '22023');
END $$;
SELECT is_empty($$SELECT left(text, 20), o FROM hostile, LATERAL (VALUES
        (pg_temp.outcome(format('SELECT * FROM search(%L)', text))), (pg_temp.outcome(format('SELECT * FROM search(%L, exact => true, sort => ''price_asc'')', text))),
        (pg_temp.outcome(format('SELECT search_summary(%L)', text))), (pg_temp.outcome(format('SELECT * FROM suggest(%L)', text))),
        (pg_temp.outcome(format('SELECT * FROM search(sort => %L)', text))), (pg_temp.outcome(format('SELECT * FROM search(cursor => %L)', text))),
        (pg_temp.outcome(format('SELECT * FROM search(filters => %L)', jsonb_build_object('brands', jsonb_build_array(left(text, 300)), 'colors', jsonb_build_array(left(text, 30)))))),
        (pg_temp.outcome(format('SELECT * FROM search(filters => %L)', jsonb_build_object(left(text, 1000), 1)))),
        (pg_temp.outcome(format('SELECT * FROM search(filters => %L)', jsonb_build_object('category', left(text, 300), 'country', text)))),
        (pg_temp.outcome(format('SELECT * FROM search(filters => %L)', jsonb_build_object('since', text)))),
        (pg_temp.outcome(format('SELECT * FROM search(filters => %L)', jsonb_build_object('seller', text)))),
        (pg_temp.outcome(format('SELECT record_search(%L, 0)', text)))) AS v (o) WHERE o IS NOT NULL$$, 'hostile texts are answered or refused');
SELECT is((SELECT count(*) FROM search('lamp')), 1::bigint, 'and have done nothing');

-- As a new shop is set up: nobody has named a currency, in the listing, in the filter, or in a setting
SELECT tests.log_out() \g /dev/null
SET LOCAL driplo.base_currency TO DEFAULT;
INSERT INTO listings (seller_id, title, description, price, status) VALUES (:'sue', 'Vase', 'Of glass.', 30, 'active');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT results_eq($$SELECT title, price, price_in FROM search(filters => '{"price_min": 25, "price_max": 35}')$$, $$VALUES ('Vase', 30.00, 30.00)$$,
    'a price without a currency is the one that listings have without one');
SELECT is_empty($$SELECT title FROM search(filters => '{"price_min": 25, "price_max": 35, "currency": "EUR"}')$$, 'and is no other currency without a rate');

-- A transaction that may not write
SET TRANSACTION READ ONLY;
SELECT is((SELECT count(*) FROM search('lmap')) + (SELECT count(*) FROM suggest('la')) + (SELECT count(*) FROM similar_listings(:'lamp')), 0::bigint, 'searching writes nothing');
SELECT throws_ok($$SELECT record_search('lamp', 1)$$, '25006', NULL, 'recording does');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
