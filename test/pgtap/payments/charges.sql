-- Tax rates and commission rules as admins change them: who may, what is refused, what is on record, and that orders keep what they have.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT plan(28);
SELECT * FROM tests.people('charges.example') \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
UPDATE shipping_addresses SET country_code = 'DE', state_province = 'Berlin';
INSERT INTO categories (name, slug) VALUES ('Charged', 'charged') RETURNING id AS top \gset
SELECT tests.goods(:'seller', 'Lamp', 100, 99, '{}', 'EUR', :'top') AS lamp \gset
SET LOCAL driplo.platform_fee_percent = 5;
SELECT (now() AT TIME ZONE 'UTC')::date AS today \gset
CREATE TABLE tests.who AS SELECT :'buyer'::uuid AS buyer, :'home'::uuid AS home, :'lamp'::uuid AS lamp;
-- what a lamp costs now: tax and fee, and the order
CREATE FUNCTION tests.bought() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    placed uuid;
    w tests.who := (SELECT w FROM tests.who w);
BEGIN
    PERFORM tests.put(w.buyer, w.lamp);
    PERFORM tests.log_in(w.buyer);
    SELECT c.order_id INTO placed FROM checkout(w.home) c;
    PERFORM tests.log_out();
    RETURN (SELECT format('tax %s fee %s', o.tax_amount, o.platform_fee_amount) FROM orders o WHERE o.id = placed);
END $$;
CREATE FUNCTION tests.kept() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('tax %s fee %s', o.tax_amount, o.platform_fee_amount), ', ' ORDER BY o.tax_amount) FROM orders o
$$;
CREATE FUNCTION tests.on_record() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s>%s', a.action, coalesce(a.old_values ->> 'percent', '-'), coalesce(a.new_values ->> 'percent', '-')), ', ' ORDER BY a.action, a.old_values ->> 'percent', a.new_values ->> 'percent')
      FROM admin_audit_log a WHERE a.target_type IN ('tax_rate', 'commission_rule')
$$;

-- Tax rates

SELECT is(tests.bought(), 'tax 0.00 fee 5.00', 'without rates and rules');
SELECT is(tests.answers('anon buyer seller moderator suspended', $$SELECT set_tax_rate('DE', 19, 'VAT')$$), '42501 for anon buyer seller moderator suspended', 'admins set tax rates');
SELECT is(tests.answers('anon buyer seller moderator suspended', $$SELECT remove_tax_rate(gen_random_uuid())$$), '42501 for anon buyer seller moderator suspended', 'and remove them');
SELECT is((SELECT string_agg(tests.asked('admin', format('set_tax_rate(%s)', a)), '; ' ORDER BY n) FROM unnest(ARRAY[
        $$NULL, 19, 'VAT'$$, $$'DE', NULL, 'VAT'$$, $$'DE', 19, NULL$$, $$'DE', 19, ' '$$, $$'de', 19, 'VAT'$$, $$'DE', 19, 'VAT', region => ''$$,
        $$'DE', 19, 'VAT', valid_from => (now() AT TIME ZONE 'UTC')::date - 1$$, $$'DE', 19, 'VAT', taxes_shipping => NULL$$]) WITH ORDINALITY AS t (a, n)),
    '22004 country_code must not be NULL; 22004 percent must not be NULL; 22004 name must not be NULL; 22023 name must have 1 to 100 characters; 22023 country_code must be two capital letters; '
    '22023 region must have 1 to 100 characters; 22023 valid_from must not be in the past; 22004 taxes_shipping must not be NULL', 'what is wrong is said');
SELECT is((SELECT string_agg(DISTINCT tests.asked('admin', format('set_tax_rate(''DE'', %L::numeric, ''VAT'')', p)), ';') FROM unnest(ARRAY['-1', '100.5', 'NaN', 'Infinity', '-Infinity', '7.00001']) p),
    '22023 percent must be between 0 and 100 with at most 4 decimal places', 'a percentage that is none');
SELECT is((SELECT string_agg(DISTINCT left(tests.asked('admin', format('set_tax_rate(''DE'', 19, ''VAT'', %s)', a)), 5), ' ') FROM unnest(ARRAY['valid_from => ''infinity''', 'region => repeat(''x'', 101)', 'valid_from => ''-infinity''']) a),
    '22023', 'hostile values');
SELECT is(left(tests.asked('admin', $$set_tax_rate('DE', 19, 'VAT', category_id => '00000000-0000-4000-8000-000000000000')$$), 5), 'P0002', 'a category that is not there');
SELECT is((SELECT count(*) FROM tax_rates) || coalesce(tests.on_record(), ''), '0', 'nothing of that was done or is on record');
SELECT isnt(tests.asked('admin', $$set_tax_rate('DE', 19, 'VAT')$$), NULL, 'an admin sets one');
SELECT is(tests.bought(), 'tax 19.00 fee 5.00', 'it is for the checkouts from now on');
SELECT is((SELECT count(DISTINCT id) FROM unnest(ARRAY[tests.asked('admin', $$set_tax_rate('DE', 20, 'VAT', region => 'BERLIN')$$), tests.asked('admin', $$set_tax_rate('DE', 21, 'VAT', region => 'berlin')$$)]) id),
    1::bigint, 'of the same day it is a correction, whatever the case of the region');
SELECT is(tests.bought(), 'tax 21.00 fee 5.00', 'which counts');
SELECT isnt(tests.asked('admin', format('set_tax_rate(''DE'', 50, ''more'', region => ''Berlin'', valid_from => %L)', :'today'::date + 1)), NULL, 'one for tomorrow');
SELECT is(tests.bought(), 'tax 21.00 fee 5.00', 'is not for today');
SELECT is(tests.asked('admin', format('remove_tax_rate(%L)', (SELECT id FROM tax_rates WHERE percent = 21))), '', 'one is removed');
SELECT is(tests.bought() || '; ' || tests.kept(), 'tax 19.00 fee 5.00; tax 0.00 fee 5.00, tax 19.00 fee 5.00, tax 19.00 fee 5.00, tax 21.00 fee 5.00, tax 21.00 fee 5.00', 'the country''s counts again, and orders keep theirs');
SELECT is(left(tests.asked('admin', 'remove_tax_rate(gen_random_uuid())'), 5) || left(tests.asked('admin', 'remove_tax_rate(NULL)'), 5), 'P000222004', 'one that is not there');
DELETE FROM tax_rates;

-- Commission rules

SELECT is(tests.answers('anon buyer seller moderator suspended', $$SELECT add_commission_rule('all', 8)$$) || tests.answers('anon buyer seller moderator suspended', $$SELECT end_commission_rule(gen_random_uuid())$$),
    '42501 for anon buyer seller moderator suspended42501 for anon buyer seller moderator suspended', 'admins add and end rules');
SELECT is((SELECT string_agg(tests.asked('admin', format('add_commission_rule(%s)', a)), '; ' ORDER BY n) FROM unnest(ARRAY[
        $$NULL, 8$$, $$'x', NULL$$, $$'x', 8, flat => NULL$$, $$'x', 8, priority => NULL$$, $$'x', 8.005$$, $$'x', 'NaN'$$, $$'x', 8, flat => 1$$, $$'x', 8, currency => 'eur'$$, $$'x', 8, currency => 'EUR', flat => 0.005$$,
        $$'x', 8, currency => 'EUR', minimum => 2, maximum => 1$$, $$'x', 8, currency => 'EUR', price_from => 2, price_below => 2$$, $$'x', 8, currency => 'JPY', maximum => 'NaN'$$, $$'x', 8, currency => 'JPY', price_from => -1$$,
        $$'x', 8, valid_from => now() - interval '1 second'$$, $$'x', 8, valid_until => now()$$]) WITH ORDINALITY AS t (a, n)),
    '22004 name must not be NULL; 22004 percent must not be NULL; 22004 flat must not be NULL; 22004 priority must not be NULL; 22023 percent must be between 0 and 100 with at most 2 decimal places; '
    '22023 percent must be between 0 and 100 with at most 2 decimal places; 22023 commission rule with amounts must have a currency; 22023 invalid currency code: "eur"; '
    '22023 flat must be a multiple of the smallest unit of the currency, from 0 to 99999999.99; 22023 minimum must be below maximum; 22023 price_from must be below price_below; '
    '22023 maximum must be a multiple of the smallest unit of the currency, from 0 to 99999999.99; 22023 price_from must be a multiple of the smallest unit of the currency, from 0 to 99999999.99; '
    '22023 valid_from must not be in the past; 22023 valid_until must be after valid_from', 'what is wrong is said');
SELECT is(left(tests.asked('admin', $$add_commission_rule('x', 8, seller_id => '00000000-0000-4000-8000-000000000000')$$), 5) || left(tests.asked('admin', $$add_commission_rule('x', 8, category_id => '00000000-0000-4000-8000-000000000000')$$), 5), 'P0002P0002', 'of nobody and nothing');
SELECT is((SELECT count(*) FROM commission_rules), 0::bigint, 'nothing of that was done');
SELECT isnt(tests.asked('admin', format('add_commission_rule(''of dear things'', 8, category_id => %L, currency => ''EUR'', price_from => 50, flat => 0.35, valid_until => now() + interval ''2 days'')', :'top')), NULL, 'an admin adds one');
SELECT is(tests.bought(), 'tax 0.00 fee 8.35', 'it is for the checkouts from now on');
SELECT is((SELECT string_agg(left(tests.asked('admin', format('add_commission_rule(''x'', 9, category_id => %L, %s)', :'top', a)), 5), ' ' ORDER BY n)
             FROM unnest(ARRAY['valid_from => now() + interval ''1 day''', 'currency => ''EUR'', price_below => 60', 'currency => ''EUR'', price_from => 20, price_below => 60, valid_until => now() + interval ''1 minute''']) WITH ORDINALITY AS t (a, n)),
    '23505 23505 23505', 'two of the same priority for the same sale are refused');
SELECT is((SELECT count(*) FROM (VALUES ('currency => ''EUR'', price_below => 50'), ('currency => ''JPY'''), ('currency => ''EUR'', price_from => 50, valid_from => now() + interval ''2 days'''), ('priority => 1, valid_from => now() + interval ''1 day''')) t (a)
            WHERE length(tests.asked('admin', format('add_commission_rule(''x'', 9, category_id => %L, %s)', :'top', a))) = 36), 4::bigint, 'but not of other prices, another currency, time or priority');
SELECT is(tests.asked('admin', format('end_commission_rule(%L, now() + interval ''1 day'')', (SELECT id FROM commission_rules WHERE name = 'of dear things')))
       || left(tests.asked('admin', format('end_commission_rule(%L, now() + interval ''1 day'')', (SELECT id FROM commission_rules WHERE name = 'of dear things'))), 5)
       || left(tests.asked('admin', format('end_commission_rule(%L, now() - interval ''1 day'')', (SELECT id FROM commission_rules WHERE name = 'of dear things'))), 5)
       || tests.asked('admin', format('end_commission_rule(%L)', (SELECT id FROM commission_rules WHERE priority = 1))), '2202322023', 'it ends sooner, not later or before now');
SELECT is((SELECT string_agg(format('%s %s', name, valid_until - now()), ', ') FROM commission_rules WHERE priority = 1 OR valid_until IS NOT NULL), 'of dear things 1 day', 'one that has not begun is gone');
SELECT is(tests.on_record() || ' by ' || (SELECT count(*) FILTER (WHERE admin_id = :'admin') FROM admin_audit_log WHERE target_type IN ('tax_rate', 'commission_rule')),
    'add_commission_rule ->8.00, add_commission_rule ->9.00, add_commission_rule ->9.00, add_commission_rule ->9.00, add_commission_rule ->9.00, end_commission_rule 8.00>8.00, end_commission_rule 9.00>-, '
    'remove_tax_rate 21.0000>-, set_tax_rate 20.0000>21.0000, set_tax_rate ->19.0000, set_tax_rate ->20.0000, set_tax_rate ->50.0000 by 12', 'all of it is on record');

SELECT * FROM finish();
ROLLBACK;
