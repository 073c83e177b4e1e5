-- An order whose payment goes back as a whole is not sent any more: whoever decided it, in whatever parts, whoever takes the step.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('given-back.example') \gset

CREATE FUNCTION tests.refund(sold uuid, amount numeric, approve boolean DEFAULT true) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    request uuid := tests.asked('buyer', format('request_refund(%L, %s, ''no longer needed'')', sold, amount))::uuid;
BEGIN
    IF approve THEN
        PERFORM tests.asked('seller', format('decide_refund(%L, true)', request));
    END IF;
    RETURN request;
END $$;
CREATE FUNCTION tests.sending(sold uuid) RETURNS TABLE (expression text) LANGUAGE sql AS $$
    VALUES (format('ship_order(%L, ''dhl'', ''JD1'')', sold)), (format('transition_order(%L, ''shipped'')', sold)), (format('transition_order(%L, ''preparing'')', sold))
$$;
CREATE FUNCTION tests.all_answers(sold uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(DISTINCT tests.asked(who, expression), ' / ') FROM tests.sending(sold), unnest('{seller,admin,service}'::text[]) AS who
$$;

-- A refund of everything

SELECT tests.a_paid_sale('pi_1', :'buyer', :'seller', 100, 5, 8, 5) AS whole \gset
SELECT tests.refund(:'whole', 113) AS whole_refund \gset
SELECT is(tests.status_of(:'whole'), 'paid', 'between the decision and the processor''s word an order stays paid');
SELECT is(tests.all_answers(:'whole'), 'MK005 cannot ship an order that is being fully refunded', 'it is neither prepared nor shipped, by the seller, an admin or the service');
SELECT is(tests.answers('seller service', format('UPDATE orders SET status = ''shipped'' WHERE id = %L', :'whole')), 'MK005 for seller service', 'nor by hand');
SELECT is((SELECT count(*) FROM order_tracking WHERE order_id = :'whole'), 0::bigint, 'no parcel is on record');
SELECT is(tests.asked('service', format('settle_refund(%L, ''processed'')', :'whole_refund')), 'processed', 'the money is sent');
SELECT is(tests.status_of(:'whole'), 'refunded', 'and the order is refunded');
SELECT is((SELECT l.quantity FROM order_items i JOIN listings l ON l.id = i.listing_id WHERE i.order_id = :'whole'), 2, 'and the stock is back');

-- In parts, and of an order that is prepared

SELECT tests.a_paid_sale('pi_2', :'buyer', :'seller', 100) AS parts \gset
SELECT tests.refund(:'parts', 40) AS first_part \gset
SELECT is(tests.asked('seller', format('transition_order(%L, ''preparing'')', :'parts')), 'preparing', 'a part that goes back stops nothing');
SELECT tests.refund(:'parts', 60) AS second_part \gset
SELECT is(tests.asked('seller', format('ship_order(%L, ''dhl'', ''JD1'')', :'parts')), 'MK005 cannot ship an order that is being fully refunded', 'parts that add up to everything do');
SELECT is(tests.asked('service', format('settle_refund(%L, ''failed'')', :'second_part')), 'failed', 'a refund that the processor could not make');
SELECT is(tests.asked('seller', format('transition_order(%L, ''shipped'')', :'parts')), 'shipped', 'is the seller''s again, and the goods can go');

-- Cancelling is the way out

SELECT tests.a_paid_sale('pi_3', :'buyer', :'seller', 100) AS ended \gset
SELECT tests.refund(:'ended', 100) AS ended_refund \gset
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'ended')), 'cancelled', 'the seller can end it now');
SELECT is(tests.refunds_of(:'ended'), '100.00 approved (0.00 credit)', 'nothing goes back twice');
SELECT is((SELECT l.quantity FROM order_items i JOIN listings l ON l.id = i.listing_id WHERE i.order_id = :'ended'), 2, 'the stock is back at once');

-- A dispute

SELECT tests.a_paid_sale('pi_4', :'buyer', :'seller', 100) AS disputed, tests.a_paid_sale('pi_5', :'buyer', :'seller', 100) AS half \gset
SELECT tests.asked('buyer', format('open_dispute(%L, ''seller_not_responding'', ''Where is it'', ''x'')', :'disputed')) AS dispute,
       tests.asked('buyer', format('open_dispute(%L, ''seller_not_responding'', ''Where is it'', ''x'')', :'half')) AS half_dispute \gset
SELECT is(tests.asked('admin', format('resolve_dispute(%L, ''full_refund'', ''no answer'')', :'dispute')), 'resolved', 'a dispute is decided for the buyer');
SELECT is(tests.all_answers(:'disputed'), 'MK005 cannot ship an order that is being fully refunded', 'and nothing is sent');
SELECT is(tests.asked('admin', format('resolve_dispute(%L, ''partial_refund'', ''late'', 50)', :'half_dispute')), 'resolved', 'half of it');
SELECT is(tests.asked('seller', format('ship_order(%L, ''dhl'', ''JD1'')', :'half')) ~ '^[0-9a-f-]{36}$', true, 'is no reason not to send it');

-- What does not stand in the way

SELECT tests.a_paid_sale('pi_6', :'buyer', :'seller', 100) AS asked, tests.a_paid_sale('pi_7', :'buyer', :'seller', 100) AS sent, tests.a_sale(:'buyer', :'seller', 100, by_platform => 100) AS free \gset
SELECT tests.refund(:'asked', 100, false) AS undecided \gset
SELECT is(tests.asked('seller', format('transition_order(%L, ''shipped'')', :'asked')), 'shipped', 'a request that nobody has decided');
UPDATE orders SET status = 'shipped' WHERE id = :'sent';
SELECT tests.refund(:'sent', 100) AS late \gset
SELECT is(tests.asked('seller', format('transition_order(%L, ''in_transit'')', :'sent')), 'in_transit', 'a parcel that is on its way arrives');
SELECT is(tests.asked('service', format('transition_order(%L, ''paid'')', :'free')), 'paid', 'what costs nothing');
SELECT is(tests.asked('seller', format('transition_order(%L, ''preparing'')', :'free')), 'preparing', 'is sent');
SELECT is_empty('SELECT * FROM check_integrity()', 'the books add up');

SELECT * FROM finish();
ROLLBACK;
