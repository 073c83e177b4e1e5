-- An order is the sum of its parts: what a line that goes back takes from the seller, the platform and the tax is what the line
-- brought them, whatever else of the order went back before. Bought by checkout(), acted by the real roles.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('lines.example') \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
CREATE SCHEMA tax;
GRANT USAGE ON SCHEMA tax TO driplo_owner;
CREATE FUNCTION tax.of_order(lines jsonb, address jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE
    RETURN (SELECT sum(((line ->> 'total_price')::numeric - (line ->> 'discount_amount')::numeric) * 0.19) FROM jsonb_array_elements(lines) AS line);

-- Bought, paid and delivered: the order's id. The cart is what was put in before.
CREATE FUNCTION tests.sell(coupon text DEFAULT NULL, credit boolean DEFAULT false) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    sold uuid;
BEGIN
    PERFORM tests.log_in_as('buyer');
    SELECT order_id INTO sold FROM checkout((SELECT id FROM shipping_addresses), coupon_code => coupon, use_store_credit => credit);
    PERFORM tests.log_in_as_service();
    IF (SELECT status::text FROM orders WHERE id = sold) <> 'paid' THEN
        PERFORM transition_order(sold, 'paid');
    END IF;
    PERFORM tests.log_out();
    PERFORM tests.has_arrived(sold);
    RETURN sold;
END $$;
CREATE FUNCTION tests.line(sold uuid, title text) RETURNS uuid LANGUAGE sql AS
    $$SELECT id FROM order_items i WHERE i.order_id = sold AND i.title = line.title$$;
-- Sent back and inspected, by those who do it.
CREATE FUNCTION tests.sent_back(line uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    ret uuid;
BEGIN
    PERFORM tests.log_in_as('buyer');
    ret := open_return(line, 'defective');
    PERFORM tests.log_in_as('seller');
    PERFORM advance_return(ret, 'approved');
    PERFORM tests.log_in_as('buyer');
    PERFORM advance_return(ret, 'shipped_back');
    PERFORM tests.log_in_as('seller');
    PERFORM advance_return(ret, 'received');
    PERFORM tests.log_out();
    RETURN ret;
END $$;
CREATE FUNCTION tests.comes_back(line uuid) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    ret constant uuid := tests.sent_back(line);
BEGIN
    PERFORM tests.log_in_as('seller');
    PERFORM advance_return(ret, 'refunded');
    PERFORM tests.log_out();
    RETURN (SELECT refund_amount FROM returns WHERE id = ret);
END $$;
CREATE FUNCTION tests.refunded(sold uuid, amount numeric, line uuid DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    asked text := tests.asked('buyer', format('request_refund(%L, %s, ''It is not as it should be.'', %L)', sold, amount, line));
BEGIN
    RETURN CASE WHEN asked ~ '^[0-9a-f-]{36}$' THEN tests.asked('seller', format('decide_refund(%L, true)', asked)) ELSE asked END;
END $$;

SELECT tests.goods(:'seller', 'lamp', 100, shipping => '{"cost": 10}') AS lamp, tests.goods(:'seller', 'shoes', 100) AS shoes, tests.goods(:'seller', 'vase', 900) AS vase,
       tests.goods(:'seller', 'stool', 50) AS stool, tests.goods(:'seller', 'bag', 300, currency => 'JPY') AS bag, tests.goods(:'seller', 'cap', 33, currency => 'JPY') AS cap \gset
INSERT INTO coupons (code, name, discount_type, discount_value, target_type, listing_ids) VALUES
    ('LAMP90', 'Lamps', 'percentage', 90, 'specific_items', ARRAY[:'lamp']::uuid[]), ('LAMPGIFT', 'A lamp', 'percentage', 100, 'specific_items', ARRAY[:'lamp']::uuid[]),
    ('ALL10', 'All', 'percentage', 10, 'all_items', NULL), ('GIFT', 'All of it', 'percentage', 100, 'all_items', NULL);
UPDATE coupons SET usage_limit_per_user = 100;

-- What belongs to which line is fixed at checkout

SET driplo.tax_function = 'tax.of_order';
SELECT tests.put(:'buyer', :'lamp', 3) \g /dev/null
SELECT tests.sell() AS first \gset
SELECT is((SELECT format('%s + %s tax, %s fee', total_price, tax_amount, platform_fee) FROM order_items WHERE order_id = :'first'), '300.00 + 57.00 tax, 15.00 fee', 'the only line has all of the tax');
SELECT is(tests.comes_back(tests.line(:'first', 'lamp')), 367.00, 'all of an order comes back: the buyer gets price, tax and shipping');
SELECT is(tests.accounts(:'first'), 'processor_clearing -367.00, refunds 367.00', 'and seller, platform and tax office keep nothing of it');
SELECT is((SELECT refunded_amount || ' ' || refunded_fee_amount || ' ' || refunded_tax_amount FROM orders WHERE id = :'first'), '367.00 15.50 57.00', 'as the order counts');

SELECT tests.put(:'buyer', :'lamp'), tests.put(:'buyer', :'shoes'), tests.put(:'buyer', :'stool') \g /dev/null
SELECT tests.sell('LAMP90') AS second \gset
SELECT results_eq(format('SELECT title::text, discount_amount, platform_discount_amount, tax_amount, platform_fee, buyer_fee_amount FROM order_items WHERE order_id = %L ORDER BY title', :'second'),
    $$VALUES ('lamp', 90.00, 90.00, 1.90, 5.00, 0.00), ('shoes', 0.00, 0.00, 19.00, 5.00, 0.00), ('stool', 0.00, 0.00, 9.50, 2.50, 0.00)$$, 'each line has its own tax, fee, and discount of the platform');
SELECT is(tests.accounts(:'second'), 'processor_clearing -200.40, seller_pending 247.00, platform_fees 13.00, promotions -90.00, taxes 30.40', 'which are parts of the sale');
SELECT is(tests.comes_back(tests.line(:'second', 'shoes')), 119.00, 'the shoes come back: price and tax');
SELECT is(tests.accounts(:'second'), 'processor_clearing -200.40, seller_pending 152.00, platform_fees 8.00, promotions -90.00, taxes 11.40, refunds 119.00', 'and take nothing of what was paid for the lamp');
SELECT is(tests.comes_back(tests.line(:'second', 'lamp')), 11.90, 'the lamp comes back');
SELECT is(tests.accounts(:'second'), 'processor_clearing -200.40, seller_pending 57.00, platform_fees 3.00, taxes 9.50, refunds 130.90', 'with all that the platform''s coupon had paid for it; the shipping stays');
SELECT is(tests.comes_back(tests.line(:'second', 'stool')), 69.50, 'with the last line the shipping goes back too');
SELECT is(tests.accounts(:'second'), 'processor_clearing -200.40, refunds 200.40', 'and nothing is left to anybody');
SET driplo.tax_function = '';

-- The other way round, and after money of the order as a whole

SELECT tests.put(:'buyer', :'lamp'), tests.put(:'buyer', :'shoes') \g /dev/null
SELECT tests.sell('LAMP90') AS third \gset
SELECT is(tests.refunded(:'third', 20), 'approved', 'ten of price and ten of shipping go back for nothing in particular');
SELECT is(tests.comes_back(tests.line(:'third', 'lamp')), 0.00, 'then the lamp for which ten were paid comes back: it counts against it');
SELECT is(tests.accounts(:'third'), 'processor_clearing -120.00, seller_pending 94.50, platform_fees 5.50, refunds 20.00', 'a hundred is left to seller and platform, with the fee of shoes and shipping, and nothing of the coupon');
SELECT is((SELECT count(*) FROM transactions WHERE order_id = :'third'), 3::bigint, 'each of it in the list');

-- The fee on top of the price

SET driplo.fee_payer = 'buyer';
SELECT tests.put(:'buyer', :'lamp'), tests.put(:'buyer', :'shoes') \g /dev/null
SELECT tests.sell() AS fourth \gset
SELECT is((SELECT string_agg(title || ' ' || buyer_fee_amount, ', ' ORDER BY title) FROM order_items WHERE order_id = :'fourth'), 'lamp 5.00, shoes 5.00', 'the fee on top is each line''s');
SELECT is(tests.comes_back(tests.line(:'fourth', 'lamp')), 105.00, 'and goes back with it');
SELECT is(tests.accounts(:'fourth'), 'processor_clearing -220.50, seller_pending 110.00, platform_fees 5.50, refunds 105.00', 'the seller has the shoes and the shipping, the platform the fee of both');
SET driplo.fee_payer = 'seller';

-- What the platform paid altogether

SELECT tests.put(:'buyer', :'lamp'), tests.put(:'buyer', :'shoes') \g /dev/null
SELECT tests.sell('LAMPGIFT') AS fifth \gset
SELECT is(tests.comes_back(tests.line(:'fifth', 'lamp')), 0.00, 'a lamp that cost the buyer nothing comes back');
SELECT is(tests.accounts(:'fifth'), 'processor_clearing -110.00, seller_pending 104.50, platform_fees 5.50', 'and the platform has its hundred back');
SELECT is(tests.asked('buyer', format('open_return(%L, ''other'')', tests.line(:'fifth', 'lamp'))), 'MK010 item has already been refunded', 'once');
SELECT tests.put(:'buyer', :'shoes') \g /dev/null
SELECT tests.sell('GIFT') AS sixth \gset
SELECT is(tests.accounts(:'sixth'), 'seller_pending 95.00, platform_fees 5.00, promotions -100.00', 'an order that a coupon paid altogether');
SELECT is(tests.comes_back(tests.line(:'sixth', 'shoes')) || ' ' || tests.status_of(:'sixth') || coalesce(tests.accounts(:'sixth'), ''), '0.00 refunded', 'comes back: the platform has everything, the order is refunded');
SELECT tests.put(:'buyer', :'shoes'), tests.put(:'buyer', :'stool') \g /dev/null
SELECT tests.sell('GIFT') AS seventh \gset
SELECT tests.asked('buyer', format('open_dispute(%L, ''item_not_received'', ''An empty box'', ''There was nothing in it.'')', :'seventh')) AS dispute \gset
SELECT is(tests.asked('admin', format('resolve_dispute(%L, ''full_refund'', ''It was empty.'')', :'dispute')), 'resolved', 'the staff decides that everything goes back');
SELECT is(tests.status_of(:'seventh') || coalesce(tests.accounts(:'seventh'), ''), 'refunded', 'then the seller of the empty box keeps nothing');
-- a line that the platform paid for stays with the buyer: what was paid for the others goes back, and the order is not over
SELECT tests.put(:'buyer', :'stool'), tests.put(:'buyer', :'lamp') \g /dev/null
UPDATE listings SET shipping_info = '{}' WHERE id = :'lamp';
SELECT tests.sell('LAMPGIFT') AS eighth \gset
UPDATE listings SET shipping_info = '{"cost": 10}' WHERE id = :'lamp';
SELECT is(tests.comes_back(tests.line(:'eighth', 'stool')), 50.00, 'all that the buyer has paid goes back');
SELECT is(tests.status_of(:'eighth') || ' ' || tests.accounts(:'eighth'), 'delivered processor_clearing -50.00, seller_pending 95.00, platform_fees 5.00, promotions -100.00, refunds 50.00', 'the seller keeps what the platform paid for the lamp');

-- A line is paid back once

SELECT tests.put(:'buyer', :'stool'), tests.put(:'buyer', :'vase') \g /dev/null
SELECT tests.sell() AS ninth \gset
SELECT is(tests.refunded(:'ninth', 30), 'approved', 'thirty for a scratch, of no line by name');
SELECT is(tests.comes_back(tests.line(:'ninth', 'stool')), 20.00, 'then the stool of fifty comes back: twenty more');
SELECT is(tests.refunded(:'ninth', 0.01, tests.line(:'ninth', 'stool')), 'MK009 refund exceeds the amount paid for this order item', 'and no cent more for it');
SELECT is(tests.comes_back(tests.line(:'ninth', 'vase')), 900.00, 'for the vase everything that was paid for it');
SELECT is(tests.accounts(:'ninth'), 'processor_clearing -950.00, refunds 950.00', 'which is all');
SELECT tests.put(:'buyer', :'stool'), tests.put(:'buyer', :'vase') \g /dev/null
SELECT tests.sell() AS tenth \gset
SELECT is(tests.refunded(:'tenth', 30, tests.line(:'tenth', 'stool')), 'approved', 'thirty for the stool by name');
SELECT is(tests.accounts(:'tenth'), 'processor_clearing -950.00, seller_pending 874.00, platform_fees 46.00, refunds 30.00', 'come from what it brought');
SELECT is(tests.refunded(:'tenth', 21, tests.line(:'tenth', 'stool')), 'MK009 refund exceeds the amount paid for this order item', 'more than its price does not');
SELECT is(tests.asked('buyer', format('request_refund(%L, 1, ''x'', %L)', :'tenth', tests.line(:'ninth', 'stool'))), format('P0002 order item "%s" does not exist', tests.line(:'ninth', 'stool')), 'nor anything for another order''s line');
SELECT tests.asked('buyer', format('request_refund(%L, 15, ''x'', %L)', :'tenth', tests.line(:'tenth', 'stool'))) AS waiting \gset
SELECT is(tests.asked('buyer', format('request_refund(%L, 6, ''x'', %L)', :'tenth', tests.line(:'tenth', 'stool'))), 'MK009 refund exceeds the amount paid for this order item', 'what is asked for already counts');
SELECT is(tests.comes_back(tests.line(:'tenth', 'stool')), 20.00, 'then it comes back');
SELECT is((SELECT status || ' ' || decision_note FROM refund_requests WHERE id = :'waiting'), 'rejected another refund left too little for this request', 'and what was asked for it is rejected');
SELECT is(tests.comes_back(tests.line(:'tenth', 'vase')), 900.00, 'the vase is worth what was paid for it');

-- A refund that failed gives back to everybody what it took, whatever went back since

SELECT tests.put(:'buyer', :'lamp'), tests.put(:'buyer', :'shoes') \g /dev/null
SELECT tests.sell('LAMP90') AS eleventh \gset
SELECT is(tests.refunded(:'eleventh', 5, tests.line(:'eleventh', 'lamp')) || ' ' || tests.accounts(:'eleventh'),
    'approved processor_clearing -120.00, seller_pending 152.00, platform_fees 8.00, promotions -45.00, refunds 5.00', 'half of what was paid for the lamp, with half of the coupon');
SELECT id AS failing FROM refund_requests WHERE order_id = :'eleventh' \gset
SELECT is(tests.refunded(:'eleventh', 10) IS NOT NULL, true, 'then ten of no line');
SELECT tests.accounts(:'eleventh') AS between \gset
SELECT is(tests.asked('service', format('settle_refund(%L, ''failed'')', :'failing')), 'failed', 'the first one fails');
SELECT is((SELECT string_agg(account || ' ' || amount, ', ' ORDER BY account) FROM (SELECT e.account, sum(e.amount) AS amount FROM ledger_entries e WHERE e.kind IN ('refund', 'refund_failed')
     AND e.journal_id IN (md5('refund:' || :'failing')::uuid, md5('refund_failed:' || :'failing')::uuid) GROUP BY e.account HAVING sum(e.amount) <> 0) e), NULL, 'of it nothing is left');
SELECT is(tests.comes_back(tests.line(:'eleventh', 'lamp')), 0.00, 'the ten count against the lamp');
SELECT is(tests.comes_back(tests.line(:'eleventh', 'shoes')) || ' ' || tests.accounts(:'eleventh'), '110.00 processor_clearing -120.00, refunds 120.00', 'and in the end nobody keeps anything');

-- Whole yen

SELECT tests.put(:'buyer', :'bag'), tests.put(:'buyer', :'cap') \g /dev/null
SELECT tests.sell() AS twelfth \gset
SELECT tests.refunded(:'twelfth', 100) \g /dev/null
SELECT ok((SELECT bool_and(amount = trunc(amount)) FROM ledger_entries WHERE order_id = :'twelfth' AND kind = 'refund'), 'shares of a refund in yen are whole yen');

-- The lines' parts are within the order's

CREATE FUNCTION tests.at_commit(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT is(tests.at_commit(format('UPDATE order_items SET tax_amount = 1 WHERE order_id = %L', :'twelfth')), '23514 amounts of order items must not exceed those of the order', 'no line has tax that the order has not');
SELECT is(tests.at_commit(format('UPDATE order_items SET platform_discount_amount = 1, discount_amount = 1 WHERE order_id = %L', :'twelfth')), '23514 amounts of order items must not exceed those of the order', 'nor the platform''s discount');

SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');
SELECT * FROM finish();
ROLLBACK;
