-- What is charged beside the price: tax by rates and by the shop's function, on top and included; what the platform keeps by rules; what of it
-- goes back.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT * FROM no_plan();
SELECT * FROM tests.people('charges.example') \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
UPDATE shipping_addresses SET country_code = 'DE', state_province = 'Berlin';
INSERT INTO categories (name, slug) VALUES ('Charged', 'charged') RETURNING id AS top \gset
INSERT INTO categories (name, slug, parent_id) VALUES ('Read', 'charged-read', :'top') RETURNING id AS books \gset
SELECT tests.goods(:'seller', 'Book', 10.70, 99, '{"cost": 1.07}', 'USD', :'top') AS book, tests.goods(:'seller', 'Lamp', 119, 99, '{"cost": 11.90}') AS lamp, tests.goods(:'other', 'Vase', 50, 99) AS vase,
       tests.goods(:'seller', 'Print', 1000, 99, '{"cost": 100}', 'JPY') AS print \gset
UPDATE listings SET subcategory_id = :'books' WHERE id = :'book';
CREATE TABLE tests.who AS SELECT :'buyer'::uuid AS buyer, :'home'::uuid AS home;

-- What is bought now: the quote of each order, by seller, and then the same as it was written
CREATE FUNCTION tests.charged(VARIADIC titles text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    quoted text; written text; placed uuid[];
    buyer uuid := (SELECT w.buyer FROM tests.who w);
    home uuid := (SELECT w.home FROM tests.who w);
BEGIN
    DELETE FROM cart_items;
    PERFORM tests.put(buyer, l.id) FROM unnest(titles) t JOIN listings l ON l.title = t;
    PERFORM tests.log_in(buyer);
    SELECT string_agg(q.text, '; ' ORDER BY q.text) INTO quoted FROM (
        SELECT format('%s: %s + %s shipping (%s), fee %s', o ->> 'total_amount',
                   (SELECT string_agg(format('%s %s at %s fee %s', l ->> 'title', l ->> 'tax_amount', coalesce(l ->> 'tax_rate', '-'), l ->> 'platform_fee'), ', ' ORDER BY l ->> 'title') FROM jsonb_array_elements(o -> 'lines') l),
                   o ->> 'shipping_tax_amount', CASE WHEN (o ->> 'prices_include_tax')::boolean THEN 'in ' || (o ->> 'included_tax_amount') ELSE 'on top ' || (o ->> 'tax_amount') END, o ->> 'buyer_fee_amount') AS text
          FROM jsonb_array_elements(quote_checkout() -> 'orders') o) q;
    SELECT array_agg(c.order_id) INTO placed FROM checkout(home) c;
    PERFORM tests.log_out();
    SELECT string_agg(q.text, '; ' ORDER BY q.text) INTO written FROM (
        SELECT format('%s: %s + %s shipping (%s), fee %s', o.total_amount,
                   (SELECT string_agg(format('%s %s at %s fee %s', i.title, i.tax_amount + i.included_tax_amount, coalesce(i.tax_rate::text, '-'), i.platform_fee), ', ' ORDER BY i.title) FROM order_items i WHERE i.order_id = o.id),
                   o.shipping_tax_amount, CASE WHEN o.prices_include_tax THEN 'in ' || o.included_tax_amount ELSE 'on top ' || o.tax_amount END, o.buyer_fee_amount) AS text
          FROM orders o WHERE o.id = ANY (placed)) q;
    PERFORM set_config('tests.placed', placed[1]::text, true);
    RETURN CASE WHEN quoted = written THEN quoted ELSE format('quoted %s but wrote %s', quoted, written) END;
END $$;
-- the books of the last of them, as it is paid and as all of it or one item goes back
CREATE FUNCTION tests.booked() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    placed uuid := current_setting('tests.placed');
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM transition_order(placed, 'paid');
    PERFORM tests.log_out();
    RETURN tests.accounts(placed);
END $$;
SET LOCAL driplo.platform_fee_percent = 0;

-- Rates: what most shops have none of

SELECT is(tests.charged('Lamp', 'Book'), '142.67: Book 0.00 at - fee 0.00, Lamp 0.00 at - fee 0.00 + 0.00 shipping (on top 0.00), fee 0.00', 'without rates there is no tax');
SELECT is(tests.answers('anon buyer', 'INSERT INTO tax_rates (country_code, name, percent) VALUES (''DE'', ''x'', 0)'), '42501 for anon buyer', 'the service writes them');
INSERT INTO tax_rates (country_code, name, percent, valid_from) VALUES ('DE', 'old', 16, '2020-07-01'), ('DE', 'VAT', 19, '2021-01-01'), ('DE', 'to come', 25, current_date + 2), ('FR', 'TVA', 20, '2014-01-01');
INSERT INTO tax_rates (country_code, category_id, name, percent) VALUES ('DE', :'top', 'reduced', 7);
SELECT is(tests.answers('anon buyer', 'SELECT FROM tax_rates LIMIT 1'), '1 rows for anon buyer', 'everybody reads them');
SELECT is(tests.charged('Lamp', 'Book'), '168.36: Book 0.75 at 7.0000 fee 0.00, Lamp 22.61 at 19.0000 fee 0.00 + 2.33 shipping (on top 25.69), fee 0.00', 'each line has the rate of its category that is in force, and shipping that of what is shipped');
SELECT is((SELECT shipping_tax_rate FROM orders WHERE id = current_setting('tests.placed')::uuid), NULL, 'shipping of two rates has no rate');
SELECT is(tests.charged('Lamp'), '155.77: Lamp 22.61 at 19.0000 fee 0.00 + 2.26 shipping (on top 24.87), fee 0.00', 'a lamp');
SELECT is((SELECT shipping_tax_rate FROM orders WHERE id = current_setting('tests.placed')::uuid), 19.0000, 'shipping of one rate has that');
SELECT is(tests.booked(), 'processor_clearing -155.77, seller_pending 130.90, taxes 24.87', 'the seller has the price and the shipping, the tax office the tax');
SELECT is(tests.charged('Print'), '1309.00: Print 190.00 at 19.0000 fee 0.00 + 19.00 shipping (on top 209.00), fee 0.00', 'yen');
INSERT INTO tax_rates (country_code, region, name, percent, taxes_shipping) VALUES ('DE', 'BERLIN', 'of the region', 10, false);
SELECT is(tests.charged('Lamp', 'Book'), '155.64: Book 1.07 at 10.0000 fee 0.00, Lamp 11.90 at 10.0000 fee 0.00 + 0.00 shipping (on top 12.97), fee 0.00', 'the region comes before the category, and may not tax shipping');
DELETE FROM tax_rates WHERE region IS NOT NULL;
UPDATE shipping_addresses SET country_code = 'FR';
SELECT is(tests.charged('Book', 'Vase'), '14.12: Book 2.14 at 20.0000 fee 0.00 + 0.21 shipping (on top 2.35), fee 0.00; 60.00: Vase 10.00 at 20.0000 fee 0.00 + 0.00 shipping (on top 10.00), fee 0.00', 'another country, two sellers');
UPDATE shipping_addresses SET country_code = 'AT';
SELECT is(tests.charged('Book'), '11.77: Book 0.00 at - fee 0.00 + 0.00 shipping (on top 0.00), fee 0.00', 'where no rate is there is no tax');
UPDATE shipping_addresses SET country_code = 'DE';

-- Included

SET LOCAL driplo.prices_include_tax = on;
SELECT is(tests.charged('Lamp', 'Book'), '142.67: Book 0.70 at 7.0000 fee 0.00, Lamp 19.00 at 19.0000 fee 0.00 + 1.97 shipping (in 21.67), fee 0.00', 'the buyer pays the prices that were shown');
SELECT is(tests.booked(), 'processor_clearing -142.67, seller_pending 121.00, taxes 21.67', 'what is in them is the tax office''s');
SELECT set_config('tests.both', current_setting('tests.placed'), true) \g /dev/null
SELECT is((SELECT o.tax_amount || ' ' || o.included_tax_amount || ' ' || sum(i.tax_amount) || ' ' || sum(i.included_tax_amount) FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.id = current_setting('tests.both')::uuid GROUP BY o.id),
    '0.00 21.67 0.00 19.70', 'nothing of it is added');
SELECT tests.log_in_as_service() \g /dev/null
SELECT transition_order(current_setting('tests.both')::uuid, 'preparing'), transition_order(current_setting('tests.both')::uuid, 'shipped') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.has_arrived(current_setting('tests.both')::uuid) \g /dev/null
SELECT id AS lamp_line FROM order_items WHERE order_id = current_setting('tests.both')::uuid AND title = 'Lamp' \gset
SELECT id AS book_line FROM order_items WHERE order_id = current_setting('tests.both')::uuid AND title = 'Book' \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT request_refund(current_setting('tests.both')::uuid, 119, 'broken', order_item_id => :'lamp_line') AS refund \gset
SELECT tests.log_in(:'seller') \g /dev/null
SELECT decide_refund(:'refund', true, 'so it is') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.accounts(current_setting('tests.both')::uuid), 'processor_clearing -142.67, seller_pending 21.00, taxes 2.67, refunds 119.00', 'the lamp gives back its price, of which 19.00 were tax');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT request_refund(current_setting('tests.both')::uuid, 23.67, 'also', order_item_id => :'book_line') AS refund \gset
SELECT tests.log_in(:'seller') \g /dev/null
SELECT decide_refund(:'refund', true, 'that too') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.accounts(current_setting('tests.both')::uuid), 'processor_clearing -142.67, refunds 142.67', 'the last one takes the shipping along, and nobody has anything of it');
SELECT is(tests.charged('Print'), '1100.00: Print 160.00 at 19.0000 fee 0.00 + 16.00 shipping (in 176.00), fee 0.00', 'yen: 1100 contain 175.63');
SET LOCAL driplo.platform_fee_percent = 5;
SELECT is(tests.charged('Lamp'), '130.90: Lamp 19.00 at 19.0000 fee 5.95 + 1.90 shipping (in 20.90), fee 0.00', 'the fee is of the price that is shown');
SELECT is(tests.booked(), 'processor_clearing -130.90, seller_pending 103.45, platform_fees 6.55, taxes 20.90', 'price and shipping, less tax and fee');
SELECT is((SELECT count(*) FROM check_integrity()), 0::bigint, 'nothing to find');
SET LOCAL driplo.prices_include_tax = off;
SELECT is((SELECT prices_include_tax FROM orders WHERE id = current_setting('tests.placed')::uuid), true, 'what was placed stays as it was');
SET LOCAL driplo.platform_fee_percent = 0;

-- The shop's function, by line

CREATE SCHEMA taxed;
GRANT USAGE ON SCHEMA taxed TO driplo_owner;
CREATE TABLE taxed.asked (sale jsonb);
CREATE FUNCTION taxed.told(sale jsonb) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO taxed.asked VALUES (sale);
    RETURN current_setting('taxed.answer', true)::jsonb;
END $$;
SET LOCAL driplo.tax_function = 'taxed.told';
SET LOCAL taxed.answer = '{"lines": [{"rate": 8.875, "amount": 10.561}], "shipping": {"rate": 0, "amount": 0.5}}';
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default) VALUES (:'seller', 'Ada', 'x', 'Rome', 'RM', '1', 'IT', true);
SELECT is(tests.charged('Lamp'), '141.96: Lamp 10.56 at 8.8750 fee 0.00 + 0.50 shipping (on top 11.06), fee 0.00', 'the function says the tax of each line and of the shipping');
SELECT is((SELECT concat_ws(' ', sale ->> 'currency', sale ->> 'shipping_cost', sale ->> 'buyer_fee_amount', sale ->> 'prices_include_tax', (sale ->> 'seller_id')::uuid = :'seller', (sale ->> 'buyer_id')::uuid = :'buyer',
               sale #>> '{shipping_address,country_code}', sale #>> '{seller_address,country_code}', sale #>> '{lines,0,title}', sale #>> '{lines,0,shipping_cost}', sale -> 'seller_address' ? 'user_id') FROM taxed.asked LIMIT 1),
    'USD 11.90 0.00 false t t DE IT Lamp 11.90 f', 'it is told of the sale');
SET LOCAL taxed.answer = '{"lines": [{"amount": 1}]}';
SELECT is(tests.charged('Lamp'), '131.90: Lamp 1.00 at - fee 0.00 + 0.00 shipping (on top 1.00), fee 0.00', 'rates and shipping may be missing');
CREATE FUNCTION tests.refused(answer text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('taxed.answer', answer, true);
    RETURN tests.charged('Lamp');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT is(tests.refused(answer), '22023 ' || said, answer) FROM (VALUES
    ('{"lines": []}', 'tax function did not return an element for each line'),
    ('{"lines": [{"amount": 1}, {"amount": 1}]}', 'tax function did not return an element for each line'),
    ('{}', 'tax function did not return an element for each line'),
    ('{"lines": {"amount": 1}}', 'tax function did not return an element for each line'),
    ('{"lines": [{"amount": "1"}]}', 'tax function returned a line without an amount'),
    ('{"lines": [{"rate": 5}]}', 'tax function returned a line without an amount'),
    ('{"lines": [7]}', 'tax function returned a line without an amount'),
    ('{"lines": [{"amount": 1}], "shipping": {}}', 'tax function returned a line without an amount'),
    ('{"lines": [{"amount": -1}]}', 'tax function returned a negative amount')) AS bad (answer, said);
SET LOCAL driplo.prices_include_tax = on;
SELECT is(tests.refused('{"lines": [{"amount": 119.01}]}'), '22023 tax function returned more tax than the prices include', 'an included tax is a part of the price');
SELECT is(tests.refused('{"lines": [{"amount": 1}], "shipping": {"amount": 12}}'), '22023 tax function returned more tax than the prices include', 'and of the shipping');
SELECT is(tests.refused('{"lines": [{"rate": 19, "amount": 19}], "shipping": {"rate": 19, "amount": 1.9}}'), '130.90: Lamp 19.00 at 19.0000 fee 0.00 + 1.90 shipping (in 20.90), fee 0.00', 'as by the rates');
SET LOCAL driplo.prices_include_tax = off;
SET LOCAL driplo.tax_function = 'taxed.nothing';
SELECT is(tests.refused('{}'), '22023 tax function does not exist', 'a function that is not there');
CREATE FUNCTION taxed.of_order(lines jsonb, address jsonb) RETURNS numeric LANGUAGE sql RETURN (SELECT sum((l ->> 'total_price')::numeric) * 0.1 FROM jsonb_array_elements(lines) l);
SET LOCAL driplo.tax_function = 'taxed.of_order';
SELECT is(tests.charged('Lamp', 'Book'), '155.64: Book 1.07 at - fee 0.00, Lamp 11.90 at - fee 0.00 + 0.00 shipping (on top 12.97), fee 0.00', 'a function of lines and address goes on as before');
SET LOCAL driplo.prices_include_tax = on;
SELECT is(tests.charged('Lamp', 'Book'), '142.67: Book 1.07 at - fee 0.00, Lamp 11.90 at - fee 0.00 + 0.00 shipping (in 12.97), fee 0.00', 'also included');
SET LOCAL driplo.prices_include_tax = off;
SET LOCAL driplo.tax_function = '';
DELETE FROM tax_rates;

-- Commission

SET LOCAL driplo.platform_fee_percent = 10;
SELECT is(tests.charged('Lamp', 'Book'), '142.67: Book 0.00 at - fee 1.07, Lamp 0.00 at - fee 11.90 + 0.00 shipping (on top 0.00), fee 0.00', 'without rules each pays the percentage');
SELECT is(tests.booked(), 'processor_clearing -142.67, seller_pending 128.40, platform_fees 14.27', 'with the shipping');
SELECT is(tests.answers('anon buyer admin', 'INSERT INTO commission_rules (name, percent) VALUES (''x'', 1)'), '42501 for anon buyer admin', 'the service writes the rules');
INSERT INTO commission_rules (name, category_id, percent, of_shipping) VALUES ('books', :'top', 4, false);
SELECT is(tests.charged('Lamp', 'Book'), '142.67: Book 0.00 at - fee 0.43, Lamp 0.00 at - fee 11.90 + 0.00 shipping (on top 0.00), fee 0.00', 'a rule for a category, and all below it');
SELECT is(tests.booked(), 'processor_clearing -142.67, seller_pending 129.15, platform_fees 13.52', 'which takes nothing of the shipping of the book');
SELECT is((SELECT string_agg(i.title || ' ' || coalesce(r.name, '-'), ', ' ORDER BY i.title) FROM order_items i LEFT JOIN commission_rules r ON r.id = i.commission_rule_id WHERE i.order_id = current_setting('tests.placed')::uuid), 'Book books, Lamp -', 'the order says which rule it was');
INSERT INTO commission_rules (name, seller_id, currency, percent, flat, minimum, maximum) VALUES ('of the seller', :'seller', 'USD', 2, 0.30, 1, 2.50);
SELECT is(tests.charged('Lamp', 'Book', 'Vase'), '142.67: Book 0.00 at - fee 1.00, Lamp 0.00 at - fee 2.50 + 0.00 shipping (on top 0.00), fee 0.00; 50.00: Vase 0.00 at - fee 5.00 + 0.00 shipping (on top 0.00), fee 0.00', 'a rule of the seller comes first: at least 1, at most 2.50; others are as before');
SELECT is(tests.charged('Print'), '1100.00: Print 0.00 at - fee 100.00 + 0.00 shipping (on top 0.00), fee 0.00', 'in its currency only');
INSERT INTO commission_rules (name, priority, currency, price_from, price_below, percent) VALUES ('cheap', 1, 'USD', 10, 10.71, 50), ('gone', 9, NULL, NULL, NULL, 99), ('to come', 9, NULL, NULL, NULL, 99);
UPDATE commission_rules SET valid_from = now() - interval '2 days', valid_until = now() WHERE name = 'gone';
UPDATE commission_rules SET valid_from = now() + interval '1 day' WHERE name = 'to come';
SELECT is(tests.charged('Book', 'Lamp'), '142.67: Book 0.00 at - fee 5.35, Lamp 0.00 at - fee 2.50 + 0.00 shipping (on top 0.00), fee 0.00', 'priority comes before all, within a band of prices and its time');
UPDATE commission_rules SET price_below = 10.70 WHERE name = 'cheap';
SELECT is(tests.charged('Book'), '11.77: Book 0.00 at - fee 1.00 + 0.00 shipping (on top 0.00), fee 0.00', 'below a price is below it');
SET LOCAL driplo.fee_payer = 'buyer';
SELECT is(tests.charged('Book'), '12.79: Book 0.00 at - fee 1.00 + 0.00 shipping (on top 0.00), fee 1.02', 'the buyer may pay it');
SELECT is(tests.booked(), 'processor_clearing -12.79, seller_pending 11.77, platform_fees 1.02', 'and the seller has the price');
SET LOCAL driplo.fee_payer = 'seller';
SELECT is(tests.error_of('INSERT INTO commission_rules (name, ' || columns || ') VALUES (''x'', ' || given || ')'), '23514 commission_rules_' || said || '_check', said)
  FROM (VALUES ('flat', '1', 'amounts_have_currency'), ('price_from', '1', 'amounts_have_currency'), ('percent', '100.01', 'percent'), ('currency, minimum, maximum', '''USD'', 2, 1', 'minimum_within_maximum'),
               ('currency, price_from, price_below', '''USD'', 2, 2', 'price_band'), ('valid_until', 'now()', 'valid_time'), ('currency, flat', '''USD'', -1', 'flat')) AS bad (columns, given, said);
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is((SELECT string_agg(name, ', ' ORDER BY name) FROM commission_rules), 'books, cheap, gone, of the seller, to come', 'a seller sees the rules for all and the own ones');
SELECT tests.log_in(:'other') \g /dev/null
SELECT is((SELECT string_agg(name, ', ' ORDER BY name) FROM commission_rules), 'books, cheap, gone, to come', 'and no other''s');
SELECT tests.log_out() \g /dev/null
DELETE FROM commission_rules;
SELECT is((SELECT count(*) FROM check_integrity()), 0::bigint, 'nothing to find');

-- The tax of the fee that the buyer pays

SELECT tests.goods(:'seller', 'Chair', 100, 99) AS chair, tests.goods(:'seller', 'Novel', 20, 99, NULL, 'USD', :'top') AS novel, tests.goods(:'seller', 'Table', 119, 99) AS "table" \gset
INSERT INTO tax_rates (country_code, name, percent) VALUES ('DE', 'VAT', 19);
INSERT INTO tax_rates (country_code, category_id, name, percent) VALUES ('DE', :'top', 'reduced', 7);
SET LOCAL driplo.platform_fee_percent = 5;
SELECT is(tests.charged('Chair'), '119.00: Chair 19.00 at 19.0000 fee 5.00 + 0.00 shipping (on top 19.00), fee 0.00', 'a fee that the seller pays is not taxed');
SET LOCAL driplo.fee_payer = 'buyer';
SELECT is(tests.charged('Chair'), '124.95: Chair 19.95 at 19.0000 fee 5.00 + 0.00 shipping (on top 19.95), fee 5.00', 'one that the buyer pays is, as what has no category');
SELECT is((SELECT format('%s at %s, %s of the item', o.fee_tax_amount, o.fee_tax_rate, i.fee_tax_amount) FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.id = current_setting('tests.placed')::uuid), '0.95 at 19.0000, 0.95 of the item', 'the order and the item keep how much');
SELECT is(tests.booked(), 'processor_clearing -124.95, seller_pending 100.00, platform_fees 5.00, taxes 19.95', 'the tax office has it');
SELECT is(tests.asked('service', format('(SELECT count(*) FROM refund_order(%L, items => jsonb_build_array(jsonb_build_object(''order_item_id'', (SELECT id FROM order_items WHERE order_id = %1$L))), reason => ''x''))', current_setting('tests.placed')))
          || ' ' || tests.accounts(current_setting('tests.placed')::uuid), '1 processor_clearing -124.95, refunds 124.95', 'and gives it back with the item');
SELECT is(tests.charged('Chair', 'Novel'), '147.54: Chair 19.95 at 19.0000 fee 5.00, Novel 1.59 at 7.0000 fee 1.00 + 0.00 shipping (on top 21.54), fee 6.00', 'the fee of a book has the rate of no book');
SELECT is(tests.booked(), 'processor_clearing -147.54, seller_pending 120.00, platform_fees 6.00, taxes 21.54', 'booked');
SELECT is(tests.asked('service', format('(SELECT count(*) FROM refund_order(%L, items => jsonb_build_array(jsonb_build_object(''order_item_id'', (SELECT id FROM order_items WHERE order_id = %1$L AND title = ''Novel''))), reason => ''x''))', current_setting('tests.placed')))
          || ' ' || tests.accounts(current_setting('tests.placed')::uuid), '1 processor_clearing -147.54, seller_pending 100.00, platform_fees 5.00, taxes 19.95, refunds 22.59', 'the book takes its tax, its fee and the tax of that along');
SELECT is(tests.error_of(format('UPDATE orders SET fee_tax_amount = 0 WHERE id = %L', current_setting('tests.placed'))), '23514 cannot change column "fee_tax_amount" of a paid order', 'a paid order keeps it');
SELECT is(tests.error_of(format('UPDATE orders SET included_tax_amount = 1 WHERE id = %L', current_setting('tests.placed'))), '23514 cannot change column "included_tax_amount" of a paid order', 'as all tax');
SELECT is(tests.charged('Lamp'), '171.35: Lamp 24.87 at 19.0000 fee 11.90 + 2.26 shipping (on top 27.36), fee 13.09', 'the fee of the shipping is taxed too') FROM set_config('driplo.platform_fee_percent', '10', true);
SELECT is((SELECT format('%s, %s of the item', o.fee_tax_amount, i.fee_tax_amount) FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.id = current_setting('tests.placed')::uuid), '2.49, 2.26 of the item', 'and is of no item');
SET LOCAL driplo.platform_fee_percent = 5;
SELECT is(tests.charged('Print'), '1374.00: Print 199.00 at 19.0000 fee 50.00 + 19.00 shipping (on top 219.00), fee 55.00', 'whole yen');
SET LOCAL driplo.prices_include_tax = on;
SELECT is(tests.charged('Table'), '124.95: Table 19.95 at 19.0000 fee 5.95 + 0.00 shipping (in 19.95), fee 5.95', 'where prices include tax the fee does too');
SELECT is(tests.booked(), 'processor_clearing -124.95, seller_pending 100.00, platform_fees 5.00, taxes 19.95', 'and the platform has it less the tax');
SELECT is(tests.asked('service', format('(SELECT count(*) FROM refund_order(%L, 60, reason => ''x''))', current_setting('tests.placed'))) || ' ' || tests.accounts(current_setting('tests.placed')::uuid),
          '1 processor_clearing -124.95, seller_pending 51.98, platform_fees 2.60, taxes 10.37, refunds 60.00', 'an amount is of everybody in proportion');
SELECT is(tests.asked('service', format('(SELECT count(*) FROM refund_order(%L, items => jsonb_build_array(jsonb_build_object(''order_item_id'', (SELECT id FROM order_items WHERE order_id = %1$L))), reason => ''x''))', current_setting('tests.placed')))
          || ' ' || tests.accounts(current_setting('tests.placed')::uuid), '1 processor_clearing -124.95, refunds 124.95', 'and the item is the rest');
SELECT is(tests.charged('Chair', 'Novel', 'Table'), '250.95: Chair 16.76 at 19.0000 fee 5.00, Novel 1.47 at 7.0000 fee 1.00, Table 19.95 at 19.0000 fee 5.95 + 0.00 shipping (in 38.18), fee 11.95', 'of several rates');
SET LOCAL driplo.prices_include_tax = off;
SELECT tests.log_in(:'admin') \g /dev/null
SELECT set_tax_rate('DE', 19, 'VAT', taxes_fee => false) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.charged('Chair'), '124.00: Chair 19.00 at 19.0000 fee 5.00 + 0.00 shipping (on top 19.00), fee 5.00', 'an admin says that fees are not taxed');
SELECT is((SELECT fee_tax_rate FROM orders WHERE id = current_setting('tests.placed')::uuid), NULL, 'then they have no rate');
DELETE FROM tax_rates WHERE category_id IS NULL;
SELECT is(tests.charged('Novel'), '22.40: Novel 1.40 at 7.0000 fee 1.00 + 0.00 shipping (on top 1.40), fee 1.00', 'nor where there is none but for a category');
DELETE FROM tax_rates;
SET LOCAL driplo.tax_function = 'taxed.told';
SELECT is(tests.refused('{"lines": [{"amount": 1}], "fee": {"rate": 19, "amount": 0.95}}'), '139.40: Lamp 1.86 at - fee 5.95 + 0.00 shipping (on top 1.95), fee 6.55', 'a function says the tax of the fee, which items and shipping share');
SELECT is((SELECT format('%s at %s', fee_tax_amount, fee_tax_rate) FROM orders WHERE id = current_setting('tests.placed')::uuid), '0.95 at 19.0000', 'as the order keeps');
SELECT is(tests.refused('{"lines": [{"amount": 1}], "fee": {"rate": 19}}'), '22023 tax function returned a line without an amount', 'with an amount');
SET LOCAL driplo.prices_include_tax = on;
SELECT is(tests.refused('{"lines": [{"amount": 1}], "fee": {"amount": 6.56}}'), '22023 tax function returned more tax than the prices include', 'no more than the fee includes');
SET LOCAL driplo.prices_include_tax = off;
SET LOCAL driplo.fee_payer = 'seller';
SELECT is(tests.refused('{"lines": [{"amount": 1}], "fee": {"amount": 0.01}}'), '22023 tax function returned tax on a fee that the buyer does not pay', 'and of a fee that is there');
SELECT is((SELECT count(*) FROM check_integrity()), 0::bigint, 'nothing to find');

SELECT * FROM finish();
ROLLBACK;
