-- One item of an order, or some pieces of it: cancelled before it is sent, refunded, returned, or refunded by the seller
-- unasked. What goes back is what was fixed for it at checkout, once, however often and in which way it is asked for.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('pieces.example') \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
CREATE SCHEMA tax;
GRANT USAGE ON SCHEMA tax TO driplo_owner;
CREATE FUNCTION tax.of_order(lines jsonb, address jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE
    RETURN (SELECT sum(((line ->> 'total_price')::numeric - (line ->> 'discount_amount')::numeric) * 0.19) FROM jsonb_array_elements(lines) AS line);

-- Bought and paid: the order's id. The cart is what was put in before.
CREATE FUNCTION tests.sell(coupon text DEFAULT NULL, credit boolean DEFAULT false, arrived boolean DEFAULT false) RETURNS uuid LANGUAGE plpgsql AS $$
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
    IF arrived THEN
        PERFORM tests.has_arrived(sold);
    END IF;
    RETURN sold;
END $$;
CREATE FUNCTION tests.line(sold uuid, title text DEFAULT 'lamp') RETURNS uuid LANGUAGE sql AS
    $$SELECT id FROM order_items i WHERE i.order_id = sold AND i.title = line.title$$;
CREATE FUNCTION tests.items(line uuid, quantity integer DEFAULT NULL) RETURNS jsonb LANGUAGE sql AS
    $$SELECT jsonb_build_array(jsonb_strip_nulls(jsonb_build_object('order_item_id', line, 'quantity', items.quantity)))$$;
CREATE FUNCTION tests.cancels(who text, sold uuid, items jsonb, reason text DEFAULT 'Out of stock') RETURNS text LANGUAGE sql AS
    $$SELECT tests.asked(who, format('cancel_order_items(%L, %L, %L)', sold, items, reason))$$;
CREATE FUNCTION tests.gives(who text, sold uuid, amount numeric DEFAULT NULL, items jsonb DEFAULT NULL, reason text DEFAULT 'Sorry.') RETURNS text LANGUAGE sql AS
    $$SELECT tests.asked(who, format('SELECT string_agg(concat_ws('' '', quantity, refunded_amount, status), '', '') FROM refund_order(%L, %L, %L, %L)', sold, amount, items, reason))$$;
-- Some pieces are sent back and inspected, by those who do it.
CREATE FUNCTION tests.sent_back(line uuid, quantity integer DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    ret uuid;
BEGIN
    PERFORM tests.log_in_as('buyer');
    ret := open_return(line, 'changed_mind', quantity => sent_back.quantity);
    PERFORM tests.log_in_as('seller');
    PERFORM advance_return(ret, 'approved');
    PERFORM tests.log_in_as('buyer');
    PERFORM advance_return(ret, 'shipped_back');
    PERFORM tests.log_in_as('seller');
    PERFORM advance_return(ret, 'received');
    PERFORM tests.log_out();
    RETURN ret;
END $$;
CREATE FUNCTION tests.comes_back(line uuid, quantity integer DEFAULT NULL, amount numeric DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    ret constant uuid := tests.sent_back(line, quantity);
    told constant text := tests.asked('seller', format('advance_return(%L, ''refunded'', ''A scratch.'', %L)', ret, amount));
BEGIN
    RETURN told || (SELECT format(' %s: %s, %s kept', r.quantity, r.refund_amount, r.deducted_amount) FROM returns r WHERE r.id = ret);
END $$;
CREATE FUNCTION tests.stock(listing uuid) RETURNS text LANGUAGE sql AS $$SELECT quantity || ' ' || status FROM listings WHERE id = listing$$;

SELECT tests.goods(:'seller', 'lamp', 10, quantity => 3, shipping => '{"cost": 6}') AS lamp, tests.goods(:'seller', 'vase', 50) AS vase,
       tests.goods(:'seller', 'cap', 33, currency => 'JPY') AS cap, tests.goods(:'seller', 'shirt', 20) AS shirt \gset
SELECT tests.kind_of(:'shirt', 'red', 20, 5) AS red \gset
INSERT INTO coupons (code, name, discount_type, discount_value, target_type, listing_ids, buy_quantity, get_quantity) VALUES
    ('LAMPGIFT', 'Lamps', 'percentage', 100, 'specific_items', ARRAY[:'lamp']::uuid[], NULL, NULL),
    ('THREE', 'Three for two', 'buy_x_get_y', 0, 'all_items', NULL, 2, 1);
UPDATE coupons SET usage_limit_per_user = 100;
SET driplo.tax_function = 'tax.of_order';

-- Before it is sent

SELECT tests.put(:'buyer', :'lamp', 3), tests.put(:'buyer', :'vase') \g /dev/null
SELECT tests.sell() AS first \gset
SELECT is(tests.accounts(:'first'), 'processor_clearing -101.20, seller_pending 81.70, platform_fees 4.30, taxes 15.20', 'three lamps of 10 and a vase of 50, with 6 for shipping, 19 % tax and 5 % fee');
SELECT is(tests.stock(:'lamp'), '0 sold', 'the lamps are sold');
SELECT is(tests.answers('anon other buyer suspended', format('SELECT cancel_order_items(%L, %L)', :'first', tests.items(tests.line(:'first'), 1))), '42501 for anon buyer; P0002 for other suspended', 'a party but the buyer may not, nor who is none');
SELECT is(tests.cancels('seller', :'first', items), '22023 items must be an array of order items', 'not: ' || items::text)
  FROM unnest(ARRAY['{}', '[]', '[1]', '"x"', 'null', '[{}]', '[{"order_item_id": "x"}]', '[{"order_item_id": null}]', jsonb_build_array(jsonb_build_object('order_item_id', :'first', 'quantity', 0)),
                    jsonb_build_array(jsonb_build_object('order_item_id', :'first', 'quantity', 1.5)), jsonb_build_array(jsonb_build_object('order_item_id', :'first', 'quantity', '1')),
                    jsonb_build_array(jsonb_build_object('order_item_id', :'first', 'quantity', -1)), jsonb_build_array(jsonb_build_object('order_item_id', :'first', 'quantity', 99999999999)),
                    jsonb_build_array(jsonb_build_object('order_item_id', :'first', 'pieces', 1)), tests.items(:'first') || tests.items(:'first')]::jsonb[]) AS items;
SELECT is(tests.asked('seller', format('cancel_order_items(%L, NULL)', :'first')), '22004 items must not be NULL', 'nor nothing');
SELECT is(left(tests.cancels('seller', :'first', tests.items(:'first')), 5), 'P0002', 'of this order');
SELECT is(tests.cancels('seller', :'first', tests.items(tests.line(:'first'), 4)), 'MK009 quantity exceeds what is left of this order item', 'and no more than there is');
DELETE FROM outbox_events;
SELECT is(tests.cancels('seller', :'first', tests.items(tests.line(:'first'), 1)), 'paid', 'one lamp is not there');
SELECT is(tests.refunds_of(:'first'), '11.90 approved (0.00 credit)', 'the buyer gets its price and tax');
SELECT is(tests.accounts(:'first'), 'processor_clearing -101.20, seller_pending 72.20, platform_fees 3.80, taxes 13.30, refunds 11.90', 'of seller, platform and tax, as much as it brought them');
SELECT is(tests.stock(:'lamp'), '1 active', 'and the listing its piece');
SELECT is((SELECT quantity || ' ' || cancelled_quantity || ' ' || total_price FROM order_items WHERE id = tests.line(:'first')), '3 1 30.00', 'what was ordered stays as it was');
SELECT is((SELECT string_agg(concat_ws(' ', from_status, to_status, actor, reason), ', ') FROM (SELECT * FROM order_timeline(:'first') OFFSET 2) t), 'paid paid seller 1 × lamp: Out of stock', 'the history tells of it');
SELECT is((SELECT string_agg(kind, ', ') FROM outbox_events WHERE kind NOT LIKE 'listing.%'), 'order.items_cancelled', 'and an event');
SELECT tests.log_in_as_service(), deliver_events(), tests.log_out() \g /dev/null
SELECT is((SELECT string_agg(n.user_id || ' ' || n.title || ' ' || n.message, ', ') FROM notifications n), :'buyer' || ' Items of order ' || (SELECT order_number FROM orders WHERE id = :'first') || ' were cancelled 1 × lamp: Out of stock', 'of which the buyer is told, not who did it');
SELECT is(tests.cancels('seller', :'first', tests.items(tests.line(:'first'), 3)), 'MK009 quantity exceeds what is left of this order item', 'the one that is cancelled does not count again');
SELECT is(tests.cancels('admin', :'first', tests.items(tests.line(:'first'))), 'paid', 'an admin cancels what is left of the lamps');
SELECT is(tests.accounts(:'first'), 'processor_clearing -101.20, seller_pending 53.20, platform_fees 2.80, taxes 9.50, refunds 35.70', 'the shipping stays with what is sent');
SELECT is((SELECT action || ' ' || target_type FROM admin_audit_log WHERE action = 'cancel_order_items'), 'cancel_order_items order', 'on record');
SELECT is(tests.cancels('service', :'first', tests.items(tests.line(:'first', 'vase'))), 'cancelled', 'with the last item it is the order');
SELECT is(tests.accounts(:'first') || ' ' || tests.stock(:'lamp'), 'processor_clearing -101.20, refunds 101.20 3 active', 'everything went back, the shipping too, and each piece once');
SELECT is(tests.stock(:'vase'), '100 active', 'of every item');
SELECT is(tests.cancels('seller', :'first', tests.items(tests.line(:'first', 'vase'))), 'MK005 cannot change order status from cancelled to cancelled', 'an order that has ended has no items to cancel');

SELECT tests.put(:'buyer', :'shirt', 3, :'red') \g /dev/null
SELECT tests.sell() AS second \gset
SELECT is(tests.cancels('seller', :'second', tests.items(tests.line(:'second', 'shirt'), 2)), 'paid', 'two of three red shirts');
SELECT is((SELECT quantity FROM product_variants WHERE id = :'red'), 4, 'go back to their variant');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'second')), 'cancelled', 'and the order after them');
SELECT is((SELECT quantity FROM product_variants WHERE id = :'red'), 5, 'gives back the last one');
SELECT is(tests.accounts(:'second'), 'processor_clearing -71.40, refunds 71.40', 'each was refunded once');

SELECT tests.put(:'buyer', :'vase', 2) \g /dev/null
SELECT order_id AS unpaid FROM (SELECT tests.log_in_as('buyer')) l, LATERAL (SELECT * FROM checkout(:'home')) c \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.cancels('seller', :'unpaid', tests.items(tests.line(:'unpaid', 'vase'), 1)), '55000 order has not been paid yet', 'an unpaid order is cancelled as a whole');
SELECT transition_order(:'unpaid', 'paid'), transition_order(:'unpaid', 'shipped') \g /dev/null
SELECT is(tests.cancels('seller', :'unpaid', tests.items(tests.line(:'unpaid', 'vase'), 1)), 'MK005 cannot change order status from shipped to cancelled', 'and what was sent not at all');

-- A part comes back

SELECT tests.put(:'buyer', :'lamp', 3) \g /dev/null
SELECT tests.sell(arrived => true) AS third \gset
SELECT is(tests.asked('buyer', format('open_return(%L, ''other'', quantity => %s)', tests.line(:'third'), n)), '22023 quantity exceeds what can be returned of this item', n || ' of three are not returned') FROM unnest('{4,0,-1}'::integer[]) n;
SELECT is(tests.comes_back(tests.line(:'third'), 1, 6.90), 'refunded 1: 6.90, 5.00 kept', 'one of three lamps comes back with a scratch: five less than the 11.90 that it cost');
SELECT is(tests.accounts(:'third'), 'processor_clearing -41.70, seller_pending 28.69, platform_fees 1.51, taxes 4.60, refunds 6.90', 'from everybody in proportion');
SELECT is(tests.asked('buyer', format('open_return(%L, ''other'', quantity => 3)', tests.line(:'third'))), '22023 quantity exceeds what can be returned of this item', 'two are left');
SELECT is(tests.comes_back(tests.line(:'third')), 'refunded 2: 29.80, 0.00 kept', 'they come back, with the shipping, and without the five');
SELECT is(tests.asked('buyer', format('open_return(%L, ''other'')', tests.line(:'third'))), 'MK010 item has already been refunded', 'then nothing is left');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE order_id = :'third' AND account = 'refunds'), 36.70, 'all but the five has gone back');
SELECT is(tests.asked('admin', format('resolve_dispute(%L, ''partial_refund'', ''No scratch.'', 5)', tests.asked('buyer', format('open_dispute(%L, ''other'', ''No scratch'', ''There was none.'')', :'third')))), 'resolved', 'about which the buyer may dispute');
SELECT is(tests.accounts(:'third'), 'processor_clearing -41.70, refunds 41.70', 'and get it back');

-- A request for some pieces, beside a return of the others

SELECT tests.put(:'buyer', :'lamp', 3) \g /dev/null
UPDATE listings SET quantity = 3, status = 'active' WHERE id = :'lamp';
SELECT tests.sell(arrived => true) AS fourth \gset
SELECT is(tests.asked('buyer', format('request_refund(%L, 5, ''x'', quantity => 1)', :'fourth')), '22023 quantity requires order_item_id', 'pieces are of an item');
SELECT is(tests.asked('buyer', format('request_refund(%L, NULL, ''x'')', :'fourth')), '22004 amount must not be NULL', 'an amount is of the order');
SELECT is(tests.asked('buyer', format('request_refund(%L, NULL, ''x'', %L, 0)', :'fourth', tests.line(:'fourth'))), '22023 quantity must be greater than zero', 'none is none');
SELECT is(tests.asked('buyer', format('request_refund(%L, 11.91, ''x'', %L, 1)', :'fourth', tests.line(:'fourth'))), 'MK009 refund exceeds the amount paid for this order item', 'one piece is no more than it cost');
SELECT tests.asked('buyer', format('request_refund(%L, NULL, ''One is broken.'', %L, 1)', :'fourth', tests.line(:'fourth'))) AS asked \gset
SELECT is((SELECT amount || ' ' || quantity || ' ' || status FROM refund_requests WHERE id::text = :'asked'), '11.90 1 pending', 'and nobody has to calculate it');
SELECT is(tests.asked('buyer', format('request_refund(%L, NULL, ''x'', %L, 3)', :'fourth', tests.line(:'fourth'))), 'MK009 quantity exceeds what is left of this order item', 'what is asked for is not asked for again');
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'asked')), 'approved', 'the seller agrees');
SELECT is(tests.gives('seller', :'fourth', 5), '5.00 approved', 'gives five for the trouble');
SELECT is(tests.comes_back(tests.line(:'fourth')), 'refunded 2: 24.80, 0.00 kept', 'and of the other two, which come back, the rest: what went back for nothing in particular counts against it');
SELECT is(tests.accounts(:'fourth'), 'processor_clearing -41.70, refunds 41.70', 'so that all is all');

-- The seller refunds unasked

UPDATE listings SET quantity = 3, status = 'active' WHERE id = :'lamp';
SELECT tests.put(:'buyer', :'lamp', 3), tests.put(:'buyer', :'vase') \g /dev/null
SELECT tests.sell(arrived => true) AS fifth \gset
SELECT is(tests.answers('anon buyer other suspended', format('SELECT * FROM refund_order(%L, 1, NULL, ''x'')', :'fifth')), '42501 for anon buyer; P0002 for other suspended', 'only who has the money gives it back');
SELECT is(tests.gives('seller', :'fifth', 1, tests.items(tests.line(:'fifth'))), '22023 exactly one of amount and items is required', 'an amount or items');
SELECT is(tests.gives('seller', :'fifth'), '22023 exactly one of amount and items is required', 'one of them');
SELECT is(tests.gives('seller', :'fifth', 1, reason => ''), '22023 reason must not be empty', 'with a reason');
SELECT is(left(tests.gives('seller', :'fifth', n::numeric), 5), '22023', 'not ' || n) FROM unnest('{0,-1,0.001,NaN}'::text[]) n;
SELECT is(tests.gives('seller', :'fifth', 101.21), 'MK009 refund exceeds the amount paid', 'no more than was paid');
DELETE FROM outbox_events;
SELECT is(tests.gives('seller', :'fifth', NULL, tests.items(tests.line(:'fifth'), 1) || tests.items(tests.line(:'fifth', 'vase'))) IN ('1 11.90 approved, 1 59.50 approved', '1 59.50 approved, 1 11.90 approved'), true, 'a lamp and the vase');
SELECT is(tests.accounts(:'fifth'), 'processor_clearing -101.20, seller_pending 24.70, platform_fees 1.30, taxes 3.80, refunds 71.40', 'at what they brought');
SELECT is((SELECT string_agg(kind, ', ') FROM outbox_events), 'refund.approved, refund.approved', 'the buyer hears of both');
SELECT is(tests.gives('seller', :'fifth', NULL, tests.items(tests.line(:'fifth', 'vase'))), 'MK009 quantity exceeds what is left of this order item', 'once');
SELECT is(tests.asked('buyer', format('open_return(%L, ''other'')', tests.line(:'fifth', 'vase'))), 'MK010 item has already been refunded', 'and it is not returned for its price again');
SELECT is(tests.gives('seller', :'fifth', 10), '10.00 approved', 'and ten of the rest');
UPDATE orders SET delivered_at = delivered_at - interval '20 days' WHERE id = :'fifth';
SELECT tests.asked('service', 'release_seller_funds()') \g /dev/null
SELECT tests.asked('seller', 'request_payout()') \g /dev/null
SELECT is(tests.gives('seller', :'fifth', 10), 'MK012 available balance is too low for this refund', 'after the payout the seller has nothing to give');
SELECT is(tests.asked('seller', 'set_config(''driplo.refund_from_negative_balance'', ''seller'', true)'), '42501 permission denied to set parameter "driplo.refund_from_negative_balance"', 'which no seller may change');
SET LOCAL driplo.refund_from_negative_balance = seller;
SELECT is(tests.gives('seller', :'fifth', 10), '10.00 approved', 'unless sellers may owe it');
SET LOCAL driplo.refund_from_negative_balance = staff;
SELECT is(tests.gives('admin', :'fifth', 9.80), '9.80 approved', 'the staff may anyway, and gives the rest');
SELECT is((SELECT refunded_amount || ' ' || status FROM orders WHERE id = :'fifth'), '101.20 delivered', 'until it is sent');
SELECT is(tests.gives('admin', :'fifth', 0.01), 'MK009 refund exceeds the amount paid', 'then there is no more');
SELECT is(left(tests.gives('seller', tests.a_sale(:'buyer', :'seller', 10), 1), 5), 'MK013', 'nor is there anything of an order that was not paid');
SELECT tests.a_paid_sale('pi_bank', :'buyer', :'seller', 100) AS disputed \gset
SELECT tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_1', 'pi_bank', 10000))) \g /dev/null
SELECT is(left(tests.gives('seller', :'disputed', 1), 5) || left(tests.cancels('seller', :'disputed', tests.items(tests.line_of(:'disputed'))), 5), 'MK013MK013', 'or whose payment a bank disputes');

-- What the platform has paid for, credit, and other units

UPDATE listings SET quantity = 3, status = 'active' WHERE id = :'lamp';
SELECT tests.put(:'buyer', :'lamp', 2), tests.put(:'buyer', :'vase') \g /dev/null
SELECT tests.sell('LAMPGIFT') AS sixth \gset
SELECT is(tests.accounts(:'sixth'), 'processor_clearing -65.50, seller_pending 72.20, platform_fees 3.80, promotions -20.00, taxes 9.50', 'two lamps that the platform gives away, and a vase');
SELECT is(tests.cancels('seller', :'sixth', tests.items(tests.line(:'sixth'), 1)), 'paid', 'one of them is not sent');
SELECT is(tests.accounts(:'sixth'), 'processor_clearing -65.50, seller_pending 62.70, platform_fees 3.30, promotions -10.00, taxes 9.50', 'the platform has its share back, the seller is not paid for it, and the buyer gets nothing');
SELECT is(tests.cancels('seller', :'sixth', tests.items(tests.line(:'sixth'))), 'paid', 'nor the other');
SELECT is(tests.accounts(:'sixth'), 'processor_clearing -65.50, seller_pending 53.20, platform_fees 2.80, taxes 9.50', 'and all of it');

UPDATE listings SET quantity = 3, status = 'active' WHERE id = :'lamp';
SELECT tests.put(:'buyer', :'lamp', 3) \g /dev/null
SELECT tests.sell('THREE', arrived => true) AS threefold \gset
SELECT is(tests.comes_back(tests.line(:'threefold'), 2), 'refunded 2: 15.87, 0.00 kept', 'of three for two each costs a third of what two cost: who keeps one has paid for it');

SELECT tests.credit(:'buyer', 30) AS credit \gset
UPDATE listings SET quantity = 3, status = 'active' WHERE id = :'lamp';
SELECT tests.put(:'buyer', :'lamp', 3) \g /dev/null
SELECT tests.sell(credit => true) AS credited \gset
SELECT is(tests.cancels('seller', :'credited', tests.items(tests.line(:'credited'), 1)) || ' ' || tests.refunds_of(:'credited'), 'paid 11.90 approved (0.20 credit)', 'of 11.70 in cash and 30 of credit, cash goes back first');

SELECT tests.put(:'buyer', :'cap', 3) \g /dev/null
SELECT tests.sell() AS yen \gset
SELECT is(tests.cancels('seller', :'yen', tests.items(tests.line(:'yen', 'cap'), 1)) || ' ' || tests.refunds_of(:'yen'), 'paid 39.00 approved (0.00 credit)', 'a third of 118 yen is 39');
SELECT is(tests.cancels('seller', :'yen', tests.items(tests.line(:'yen', 'cap'), 1)) || ' ' || tests.refunds_of(:'yen'), 'paid 39.00 approved (0.00 credit), 40.00 approved (0.00 credit)', 'the second 40');
SELECT is((SELECT count(*) FROM ledger_entries WHERE order_id = :'yen' AND amount % 1 <> 0), 0::bigint, 'in whole yen of everybody');

SELECT is_empty('SELECT * FROM check_integrity()', 'all of it adds up');
SELECT * FROM finish();
ROLLBACK;
