-- What a buyer has asked back is not paid out while nobody has decided, whenever the takings became available: the seller's share of it, and no more than is there.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('asked-back.example') \gset
CREATE FUNCTION tests.released(intent text, price numeric, fee numeric DEFAULT 0) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    sold uuid := tests.a_paid_sale(intent, (SELECT id FROM tests.people WHERE name = 'buyer'), (SELECT id FROM tests.people WHERE name = 'seller'), price, fee => fee);
BEGIN
    PERFORM tests.has_arrived(sold, 15), tests.asked('service', 'release_seller_funds()');
    RETURN sold;
END $$;
CREATE FUNCTION tests.asked_back(sold uuid, amount numeric) RETURNS uuid LANGUAGE sql AS $$SELECT tests.asked('buyer', format('request_refund(%L, %s, ''late'')', sold, amount))::uuid$$;
CREATE FUNCTION tests.decided(refund uuid, approve boolean, who text DEFAULT 'seller') RETURNS text LANGUAGE sql AS $$SELECT tests.asked(who, format('decide_refund(%L, %L)', refund, approve))$$;
CREATE FUNCTION tests.detail(who text, expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM tests.log_in_as(who);
    BEGIN
        EXECUTE 'SELECT ' || expression;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS told = PG_EXCEPTION_DETAIL;
    END;
    PERFORM tests.log_out();
    RETURN told;
END $$;

-- After the release

SELECT tests.released('pi_1', 100, 5) AS first \gset
SELECT is(tests.balance(:'seller'), 'USD: 0.00 + 95.00 + 0.00', 'takings are available');
SELECT tests.asked_back(:'first', 40) AS asked \gset
SELECT is(tests.balance(:'seller'), 'USD: 38.00 + 57.00 + 0.00', 'but for the seller''s share of what is asked back then');
SELECT is(tests.accounts(:'first'), 'processor_clearing -100.00, seller_available 95.00, platform_fees 5.00', 'of which nothing is booked');
SELECT is(tests.asked('seller', 'request_payout(57.01)'), 'MK012 payout exceeds the available balance', 'nothing of it is paid out');
SELECT is(tests.detail('seller', 'request_payout(57.01)'), '57.00 USD is available.', 'and the seller reads how much is');
SELECT tests.asked('seller', 'request_payout()') AS payout \gset
SELECT is((SELECT amount FROM seller_payouts WHERE id = :'payout'), 57.00, 'everything is all but that');
SELECT is(left(tests.asked('seller', 'request_payout()'), 5) || ' ' || tests.balance(:'seller'), 'MK012 USD: 38.00 + 0.00 + 0.00', 'nothing is left');
SELECT is(tests.decided(:'asked', true) || ' ' || tests.balance(:'seller') || ' ' || tests.accounts(:'first'),
    'approved USD: 0.00 + 0.00 + 0.00 processor_clearing -100.00, seller_available 57.00, platform_fees 3.00, refunds 40.00', 'so that the seller can approve it');
SELECT is_empty('SELECT * FROM seller_debts()', 'and owes nobody');
SELECT tests.asked_back(:'first', 20) AS asked \gset
SELECT is(tests.balance(:'seller'), 'USD: 0.00 + 0.00 + 0.00', 'of takings that were paid out nothing is left to hold');

-- Several requests, and other sales

SELECT tests.released('pi_2', 30) AS second \gset
SELECT is(tests.balance(:'seller'), 'USD: 19.00 + 11.00 + 0.00', 'what comes in later pays for it');
SELECT tests.asked_back(:'second', 10) AS another \gset
SELECT is(tests.balance(:'seller'), 'USD: 29.00 + 1.00 + 0.00', 'each request holds its share');
SELECT tests.asked_back(:'second', 10) AS third \gset
SELECT is(tests.balance(:'seller'), 'USD: 30.00 + 0.00 + 0.00', 'of no more than there is');
SELECT is(left(tests.asked('seller', 'request_payout()'), 5) || ' ' || coalesce(tests.detail('seller', 'request_payout(1)'), ''), 'MK012 Nothing is available.', 'so that nothing is left');
SELECT is(tests.decided(:'third', false) || ' ' || tests.decided(:'another', false) || ' ' || tests.balance(:'seller'), 'rejected rejected USD: 19.00 + 11.00 + 0.00', 'what is rejected is available again');
SELECT is(tests.decided(:'asked', true) || ' ' || tests.balance(:'seller'), 'approved USD: 0.00 + 11.00 + 0.00', 'what is approved is gone');
SELECT tests.asked('seller', 'request_payout()') AS payout \gset
SELECT is((SELECT amount FROM seller_payouts WHERE id = :'payout'), 11.00, 'and the rest is the seller''s');

-- A request that was made in time keeps all takings, for a while, and its share after that

SELECT tests.a_paid_sale('pi_3', :'buyer', :'seller', 100, fee => 5) AS in_time \gset
SELECT tests.has_arrived(:'in_time', 13) \g /dev/null
SELECT tests.asked_back(:'in_time', 40) AS asked \gset
UPDATE orders SET delivered_at = delivered_at - interval '10 days' WHERE id = :'in_time';
UPDATE refund_requests SET requested_at = requested_at - interval '10 days' WHERE id = :'asked';
SELECT is(tests.asked('service', 'release_seller_funds()') || ' ' || tests.balance(:'seller'), '0 USD: 95.00 + 0.00 + 0.00', 'a request in time keeps all of it pending');
UPDATE refund_requests SET requested_at = requested_at - interval '10 days' WHERE id = :'asked';
SELECT is(tests.asked('service', 'release_seller_funds()') || ' ' || tests.balance(:'seller'), '1 USD: 38.00 + 57.00 + 0.00', 'and what it is about until it is decided');

-- A seller who is gone

SELECT tests.delete_account(:'seller') \g /dev/null
SELECT is(tests.asked('admin', format('pay_out_deleted_seller(%L, ''USD'', 57.01)', :'seller')), 'MK012 payout exceeds the available balance', 'the staff pays out no more either');
SELECT tests.asked('admin', format('pay_out_deleted_seller(%L, ''USD'')', :'seller')) AS payout \gset
SELECT is((SELECT amount FROM seller_payouts WHERE id = :'payout'), 57.00, 'to who is gone');
SELECT is(tests.decided(:'asked', false, 'admin') || ' ' || tests.balance(:'seller'), 'rejected USD: 0.00 + 38.00 + 0.00', 'until it has decided');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
