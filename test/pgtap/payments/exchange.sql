-- What an amount is worth in another currency: exact, rounded once, and never a guess.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
SELECT plan(59);
SELECT tests.sign_up('ann@exchange.example') AS ann \gset

SELECT tests.log_in_as_service() \g /dev/null
INSERT INTO exchange_rates (base, quote, rate, as_of, source) VALUES
    ('EUR', 'USD', 1.0821, '2026-01-02', 'ECB'), ('EUR', 'JPY', 168.15, '2026-01-02', 'ECB'), ('EUR', 'RON', 5, '2026-01-02', 'ECB'),
    ('EUR', 'USD', 1.10, '2026-01-05', 'ECB'), ('GBP', 'EUR', 1.25, '2026-01-02', 'bank'), ('USD', 'CHF', 0.9, '2026-01-02', 'bank'),
    ('EUR', 'HUF', 400, (now() AT TIME ZONE 'UTC')::date - 8, 'ECB'), ('EUR', 'SEK', 11, (now() AT TIME ZONE 'UTC')::date - 7, 'ECB'),
    ('EUR', 'NOK', 12, (now() AT TIME ZONE 'UTC')::date + 1, 'ECB');
SELECT tests.log_out() \g /dev/null
CREATE FUNCTION pg_temp.worth(amount numeric, from_currency text, to_currency text, day date DEFAULT '2026-01-02') RETURNS text LANGUAGE sql AS $$
    SELECT convert(amount, from_currency, to_currency, day)::text
$$;
SELECT tests.log_in_as_anon() \g /dev/null

-- By hand: 10 / 1.0821 * 168.15 = 1553.92; 100 * 1.0821 = 108.21; 9.24 / 1.0821 = 8.538...
SELECT is(pg_temp.worth(10, 'USD', 'JPY'), '1554', 'of two other currencies: through the base, in whole yen');
SELECT is(pg_temp.worth(100, 'EUR', 'USD'), '108.21', 'from the base currency');
SELECT is(pg_temp.worth(9.24, 'USD', 'EUR'), '8.54', 'to the base currency');
SELECT is(pg_temp.worth(1554, 'JPY', 'USD'), '10.00', 'back again, with two decimals');
SELECT is(pg_temp.worth(8, 'GBP', 'EUR'), '10.00', 'a rate the other way round');
SELECT is(pg_temp.worth(8, 'GBP', 'USD'), '10.82', 'and beyond: 10 euros are 10.821');
SELECT is(pg_temp.worth(10, 'EUR', 'GBP'), '8.00', 'and back');
SELECT is(pg_temp.worth(12.345, 'EUR', 'EUR'), '12.35', 'the same currency needs no rate, and is rounded');
SELECT is(pg_temp.worth(12.5, 'JPY', 'JPY'), '13', 'to its smallest unit');
SELECT is(pg_temp.worth(7, 'CHF', 'CHF'), '7.00', 'also one without a rate');

-- Half away from zero, at the border and as little as possible beside it

SELECT is(pg_temp.worth(0.025, 'EUR', 'RON'), '0.13', '0.125 is rounded up');
SELECT is(pg_temp.worth(-0.025, 'EUR', 'RON'), '-0.13', 'and down below zero');
SELECT is(pg_temp.worth(0.02499999999999999999999999999999, 'EUR', 'RON'), '0.12', 'not what is less by the least');
SELECT is(pg_temp.worth(0.0001, 'EUR', 'RON'), '0.00', 'what is less than half a unit is nothing');
SELECT is(pg_temp.worth(0.0010, 'EUR', 'RON'), '0.01', 'half a unit is one');
-- a quotient: 1.0821 * 0.005 = 0.0054105
SELECT is(pg_temp.worth(0.0054105, 'USD', 'EUR'), '0.01', 'a quotient at the border');
SELECT is(pg_temp.worth(0.00541049999999999999999999999999999999999, 'USD', 'EUR'), '0.00', 'and below it by less than a division keeps');
-- 1.0821 * 16815 = 18195.5115 dollars are 16815 euros; an eighth of a yen more or less is not half of one
SELECT is(pg_temp.worth(541.05, 'USD', 'JPY'), '84075', 'through the base, where neither division ends: 500 euros');
SELECT is(pg_temp.worth(0, 'USD', 'JPY'), '0', 'nothing is nothing');
SELECT is(pg_temp.worth(99999999.99, 'JPY', 'USD'), '643532.56', 'the largest price');

-- The same by another way: in whole numbers, with rates as fractions
SELECT is_empty($$
    WITH amounts AS (
        SELECT n, (random() * 10000000000)::bigint AS hundredths, (ARRAY['EUR', 'USD', 'RON', 'JPY'])[1 + n % 4] AS f, (ARRAY['EUR', 'USD', 'RON', 'JPY'])[1 + n / 4 % 4] AS t
          FROM generate_series(1, 800) n
    ), rate (code, per_euro) AS (VALUES ('EUR', 10000::numeric), ('USD', 10821), ('RON', 50000), ('JPY', 1681500))
    SELECT a.* FROM amounts a JOIN rate f ON f.code = a.f JOIN rate t ON t.code = a.t
     CROSS JOIN LATERAL (SELECT CASE a.t WHEN 'JPY' THEN 100 ELSE 1 END AS unit) u
     WHERE convert(a.hundredths * 0.01, a.f, a.t, '2026-01-02') IS DISTINCT FROM
           div(2 * a.hundredths * t.per_euro + f.per_euro * u.unit, 2 * f.per_euro * u.unit) * u.unit * 0.01
$$, 'what whole numbers say, of 800 amounts');

-- Never without a rate

SELECT is(pg_temp.worth(10, 'EUR', 'CHF'), NULL, 'no rate is known');
SELECT is(pg_temp.worth(10, 'USD', 'CHF'), NULL, 'nor of what is not written in the base currency');
SELECT is(pg_temp.worth(10, 'EUR', 'XXX'), NULL, 'there is no such currency');
SELECT is(pg_temp.worth(10, 'XXX', 'XXX'), NULL, 'also not as itself');
SELECT is(pg_temp.worth(10, 'eur', 'USD'), NULL, 'codes are in upper case');
SELECT is(pg_temp.worth(10, 'EUR', 'USD', '2026-01-01'), NULL, 'none before the first rate');
SELECT is(pg_temp.worth(10, 'EUR', 'USD', '2026-01-04'), '10.82', 'a rate is used on later days');
SELECT is(pg_temp.worth(10, 'EUR', 'USD', '2026-01-05'), '11.00', 'until there is a newer one');
SELECT is(pg_temp.worth(10, 'EUR', 'USD', '2026-01-12'), '11.00', 'for seven days');
SELECT is(pg_temp.worth(10, 'EUR', 'USD', '2026-01-13'), NULL, 'and not for eight');
SELECT is(convert(10, 'EUR', 'HUF'), NULL, 'today: the rate of eight days ago is too old');
SELECT is(convert(10, 'EUR', 'SEK'), 110.00, 'that of seven days ago is not');
SELECT is(convert(10, 'EUR', 'NOK'), NULL, 'and that of tomorrow is none yet');
SELECT is(pg_temp.worth(10, 'EUR', 'USD', day), NULL, 'nor is one of ' || day) FROM unnest(ARRAY['infinity', '-infinity', '4713-01-01 BC', '5874897-12-31']::date[]) day;
SELECT results_eq($$SELECT convert(NULL::numeric, 'EUR', 'USD'), convert(1, NULL, 'USD'), convert(1, 'EUR', NULL)$$, 'VALUES (NULL::numeric, NULL::numeric, NULL::numeric)', 'NULL is worth NULL');
SELECT is(tests.error_of(format('SELECT convert(%L, ''EUR'', ''USD'', ''2026-01-02'')', amount)), '22003 amount out of range', amount || ' is no amount')
  FROM unnest(ARRAY['NaN', 'Infinity', '-Infinity', '1e15', '1e100000']) amount;
SELECT is(length(pg_temp.worth(10, repeat('E', 1000000), 'USD')), NULL, 'a long code is no currency');

-- What was exchanged for the euro

SELECT is(convert(100, 'BGN', 'EUR'), 51.13, 'the lev has its final rate: 100 / 1.95583 = 51.1292');
SELECT is(pg_temp.worth(51.13, 'EUR', 'BGN'), '100.00', 'either way');
SELECT is(pg_temp.worth(100, 'BGN', 'USD'), '55.33', 'and through the euro: 51.12918 * 1.0821 = 55.32689');

-- Who may write rates, and which

SELECT throws_ok($$INSERT INTO exchange_rates VALUES ('EUR', 'CHF', 1, current_date, 'anon')$$, '42501', NULL, 'anon writes no rates');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok($$UPDATE exchange_rates SET rate = 1000$$, '42501', NULL, 'nor do users');
SELECT is(convert(8, 'GBP', 'EUR', '2026-01-02'), 10.00, 'who convert as anybody');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.error_of(format('INSERT INTO exchange_rates VALUES (%s, ''ECB'')', rate)), error, rate)
  FROM (VALUES ($$'EUR', 'CHF', 0, '2026-01-02'$$, '23514 exchange_rates_rate_check'), ($$'EUR', 'CHF', 'NaN', '2026-01-02'$$, '23514 exchange_rates_rate_check'),
               ($$'EUR', 'EUR', 1, '2026-01-02'$$, '23514 exchange_rates_of_two_currencies_check'), ($$'EUR', 'chf', 1, '2026-01-02'$$, '23514 exchange_rates_quote_check'),
               ($$'EUR', 'CHF', 1, 'infinity'$$, '23514 exchange_rates_as_of_check'), ($$'EUR', 'USD', 1, '2026-01-02'$$, '23505 exchange_rates_pkey')) v (rate, error);
SELECT tests.log_out() \g /dev/null

-- Another base currency

SET LOCAL driplo.base_currency = 'USD';
SELECT is(pg_temp.worth(9, 'CHF', 'EUR'), '9.24', 'rates of another base: 9 / 0.9 = 10 dollars, 10 / 1.0821 = 9.2413 euros');
SELECT is(pg_temp.worth(10, 'EUR', 'JPY'), NULL, 'those of the old one are not used');

SELECT * FROM finish();
ROLLBACK;
