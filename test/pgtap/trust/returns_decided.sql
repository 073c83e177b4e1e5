-- How a return ends that is not simply paid back: nothing is sent, less is given back, or nothing; what the buyer can do
-- then, and what the seller's takings wait for. And who may promise money that was paid out already.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('decided.example') \gset
CREATE FUNCTION tests.sale(intent text, price numeric DEFAULT 100, days integer DEFAULT 0) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    sold constant uuid := tests.a_paid_sale(intent, (SELECT id FROM tests.people WHERE name = 'buyer'), (SELECT id FROM tests.people WHERE name = 'seller'), price, fee => price / 20);
BEGIN
    PERFORM tests.has_arrived(sold, days);
    RETURN sold;
END $$;
CREATE FUNCTION tests.approved(sold uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    ret uuid;
BEGIN
    PERFORM tests.log_in_as('buyer');
    ret := open_return(tests.line_of(sold), 'changed_mind');
    PERFORM tests.log_in_as('seller');
    PERFORM advance_return(ret, 'approved');
    PERFORM tests.log_out();
    RETURN ret;
END $$;
CREATE FUNCTION tests.inspected(sold uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    ret constant uuid := tests.approved(sold);
BEGIN
    PERFORM tests.log_in_as('buyer');
    PERFORM advance_return(ret, 'shipped_back');
    PERFORM tests.log_in_as('seller');
    PERFORM advance_return(ret, 'received'), advance_return(ret, 'inspecting');
    PERFORM tests.log_out();
    RETURN ret;
END $$;
-- Some days go by for an order and what hangs on it.
CREATE FUNCTION tests.days_go_by(sold uuid, days integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE orders SET delivered_at = delivered_at - make_interval(days => days), created_at = created_at - make_interval(days => days) WHERE id = sold;
    UPDATE returns SET created_at = created_at - make_interval(days => days), approved_at = approved_at - make_interval(days => days),
                       disputable_until = disputable_until - make_interval(days => days) WHERE order_id = sold;
    UPDATE refund_requests SET requested_at = requested_at - make_interval(days => days) WHERE order_id = sold;
END $$;

-- Approved, and nothing is sent

SELECT tests.sale('pi_1') AS first, tests.sale('pi_2') AS second \gset
SELECT tests.approved(:'first') AS ret, tests.approved(:'second') AS other_ret \gset
SELECT is(tests.asked('seller', format('advance_return(%L, ''closed'')', :'ret')), '55000 buyer still has time to send the item back', 'the seller waits for a while');
SELECT is(tests.asked('service', 'expire_returns()'), '0', 'and so does the job');
SELECT tests.days_go_by(:'first', 300), tests.days_go_by(:'second', 300) \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'meanwhile the takings are held');
SELECT is(tests.asked('seller', format('advance_return(%L, ''closed'', ''never sent'')', :'ret')), 'closed', 'then the seller ends it');
SELECT is(tests.answers('anon buyer seller admin moderator', 'SELECT expire_returns()'), '42501 for anon buyer seller admin moderator', 'the job is the service''s');
SELECT is(tests.asked('service', 'expire_returns(NULL)'), '22004 max_rows must not be NULL', 'of so many');
SELECT is(tests.asked('service', 'expire_returns(0) + expire_returns(-1)'), '0', 'none is none');
SELECT is(tests.asked('service', 'expire_returns()'), '1', 'or the job does');
SELECT is((SELECT status || ' ' || (history -> -1 ->> 'note') || ' ' || (history -> -1 ->> 'actor') FROM returns WHERE id = :'other_ret'), 'closed item was not sent back in time system', 'and says why');
SELECT is(tests.asked('service', 'release_seller_funds()'), '2', 'and the takings become available');
SELECT is(tests.asked('seller', format('advance_return(%L, ''closed'')', tests.approved(tests.sale('pi_3')))), '55000 buyer still has time to send the item back', 'which is each time a matter of its own approval');

-- Less than everything

SELECT tests.sale('pi_4') AS third \gset
SELECT tests.inspected(:'third') AS ret \gset
SELECT is(tests.asked('seller', format('advance_return(%L, ''refunded'', NULL, 60)', :'ret')), '22023 refund_amount requires a reason', 'who gives back less says why');
SELECT is(tests.asked('seller', format('advance_return(%L, ''replaced'', ''x'', 60)', :'ret')), '22023 refund_amount is only accepted with status "refunded"', 'of money only');
SELECT is(tests.asked('seller', format('advance_return(%L, ''refunded'', ''x'', 100.01)', :'ret')), 'MK009 refund exceeds the amount paid for this order item', 'and never more than was paid');
SELECT is((SELECT string_agg(DISTINCT left(tests.asked('seller', format('advance_return(%L, ''refunded'', ''x'', %L)', :'ret', amount)), 5), ' ') FROM unnest('{0,-1,0.001,NaN,1e400}'::numeric[]) AS amount), '22003 22023', 'an amount that is one');
SELECT is(tests.asked('buyer', format('advance_return(%L, ''refunded'', ''x'', 100)', :'ret')), 'MK010 cannot change return status from inspecting to refunded', 'the buyer decides nothing');
SELECT is(tests.asked('seller', format('advance_return(%L, ''refunded'', ''It has a scratch.'', 60)', :'ret')), 'refunded', 'sixty of a hundred');
SELECT is(tests.accounts(:'third'), 'processor_clearing -100.00, seller_pending 38.00, platform_fees 2.00, refunds 60.00', 'and the platform keeps its fee of what was not given back');
SELECT is((SELECT format('%s %s %s', refund_amount, deducted_amount, disputable_until = now() + interval '3 days') FROM returns WHERE id = :'ret'), '60.00 40.00 t', 'the return tells both, and until when the buyer may dispute it');
SELECT tests.days_go_by(:'third', 16) \g /dev/null
UPDATE returns SET disputable_until = now() + interval '1 hour' WHERE id = :'ret';
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'until then the takings wait');
SELECT is(left(tests.asked('seller', format('open_dispute(%L, ''other'', ''x'', ''x'')', :'third')), 5), '55000', 'the seller has no dispute of it');
SELECT tests.asked('buyer', format('open_dispute(%L, ''other'', ''No scratch'', ''There was none.'')', :'third')) AS dispute \gset
SELECT is(tests.asked('admin', format('resolve_dispute(%L, ''partial_refund'', ''There was none.'', 40)', :'dispute')), 'resolved', 'the buyer has, also after the window, and the staff gives the rest');
SELECT is(tests.status_of(:'third') || ' ' || tests.accounts(:'third'), 'delivered processor_clearing -100.00, refunds 100.00', 'all of it');
SELECT tests.sale('pi_5') AS fourth \gset
SELECT tests.inspected(:'fourth') AS ret \gset
SELECT is(tests.asked('seller', format('advance_return(%L, ''refunded'', ''as new'', 100)', :'ret')) || (SELECT deducted_amount || coalesce(disputable_until::text, '') FROM returns WHERE id = :'ret'), 'refunded0.00', 'everything, by its amount, is no deduction');

-- Nothing

SELECT tests.sale('pi_6') AS fifth \gset
SELECT tests.inspected(:'fifth') AS ret \gset
SELECT is(tests.asked('seller', format('advance_return(%L, ''rejected'')', :'ret')), '22023 rejecting a return requires a reason', 'who refuses says why');
SELECT is(tests.asked('seller', format('advance_return(%L, ''rejected'', ''It comes back in pieces.'')', :'ret')), 'rejected', 'the seller who inspects may refuse');
SELECT is(tests.asked('seller', format('advance_return(%L, ''closed'')', :'ret')), 'closed', 'and put it away');
SELECT tests.days_go_by(:'fifth', 16) \g /dev/null
UPDATE returns SET disputable_until = now() + interval '1 hour' WHERE id = :'ret';
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'which does not shorten the buyer''s time');
SELECT tests.days_go_by(:'fifth', 1) \g /dev/null
SELECT is(left(tests.asked('buyer', format('open_dispute(%L, ''other'', ''x'', ''x'')', :'fifth')), 5), '55000', 'when it is over there is no dispute');
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'and the takings are the seller''s');

-- What hangs with the buyer or the seller is for a dispute, however late

SELECT tests.sale('pi_7') AS sixth \gset
SELECT tests.approved(:'sixth') AS ret \gset
SELECT tests.asked('buyer', format('advance_return(%L, ''shipped_back'')', :'ret')) \g /dev/null
SELECT tests.days_go_by(:'sixth', 100) \g /dev/null
SELECT is(tests.asked('seller', format('advance_return(%L, ''rejected'', ''Nothing came.'')', :'ret')), 'MK010 cannot change return status from shipped_back to rejected', 'of a parcel that does not arrive the seller does not decide alone');
SELECT ok(tests.asked('seller', format('open_dispute(%L, ''buyer_not_responding'', ''x'', ''x'')', :'sixth')) ~ '^[0-9a-f-]{36}$', 'but may dispute it');
SELECT is(tests.asked('admin', format('advance_return(%L, ''rejected'', ''It was never handed in.'')', :'ret')), 'rejected', 'and the staff ends it');

-- A suspended seller decides nothing about money

SELECT tests.sale('pi_8') AS seventh \gset
SELECT tests.inspected(:'seventh') AS ret, tests.asked('buyer', format('request_refund(%L, 5, ''x'')', :'seventh')) AS refund \gset
SELECT tests.asked('admin', format('suspend_user(%L, ''fraud'')', :'seller')) \g /dev/null
SELECT is(tests.answers('seller', call), '42501 for seller', 'not: ' || call)
  FROM unnest(ARRAY[format('SELECT advance_return(%L, ''refunded'')', :'ret'), format('SELECT advance_return(%L, ''rejected'', ''x'')', :'ret'), format('SELECT advance_return(%L, ''replaced'')', :'ret'),
                    format('SELECT decide_refund(%L, true)', :'refund'), format('SELECT decide_refund(%L, false)', :'refund')]) call;
SELECT is(tests.asked('admin', format('decide_refund(%L, true)', :'refund')), 'approved', 'the staff does');
SELECT tests.asked('admin', format('reinstate_user(%L, ''no fraud'')', :'seller')) \g /dev/null

-- Money that was paid out already

SELECT tests.sale('pi_9', 1000, 15) AS eighth \gset
SELECT tests.asked('seller', 'request_payout()') AS payout \gset
SELECT is(tests.asked('service', format('settle_payout(%L, ''paid'')', :'payout')), 'paid', 'a seller is paid out');
SELECT tests.asked('buyer', format('request_refund(%L, 1000, ''please'')', :'eighth')) AS refund \gset
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'refund')), 'MK012 available balance is too low for this refund', 'and promises nothing of it');
SELECT is(tests.asked('seller', format('decide_refund(%L, false)', :'refund')), 'rejected', 'but may say no');
SELECT tests.asked('buyer', format('request_refund(%L, 1000, ''please'')', :'eighth')) AS refund, tests.a_return(:'eighth', 'received') AS ret \gset
SELECT is(tests.asked('seller', format('advance_return(%L, ''refunded'')', :'ret')), 'MK012 available balance is too low for this refund', 'nor does a return');
SET driplo.refund_from_negative_balance = seller;
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'refund')), 'approved', 'where the platform allows it the seller may owe it');
RESET driplo.refund_from_negative_balance;
SELECT is((SELECT owed || ' ' || currency FROM seller_debts() WHERE seller_id = :'seller'), '950.00 USD', 'which the report of debts shows');
SELECT is(tests.asked('admin', '(SELECT sum(owed) FROM seller_debts())') || ' ' || tests.asked('seller', '(SELECT sum(owed) FROM seller_debts())') || ' ' || tests.asked('buyer', '(SELECT count(*) FROM seller_debts())'),
    '950.00 950.00 0', 'to the staff, to the seller, and to nobody else');
SELECT is(tests.answers('anon', 'SELECT * FROM seller_debts()'), '42501 for anon', 'least of all to anon');
SELECT is(left(tests.asked('seller', 'request_payout()'), 5), 'MK012', 'and of which nothing is paid out');
SELECT tests.sale('pi_10', 100, 15) AS ninth \gset
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'the takings of the next sale');
SELECT is((SELECT owed FROM seller_debts()), 855.00, 'are set off');
SELECT tests.asked('buyer', format('request_refund(%L, 100, ''please'')', :'ninth')) AS refund \gset
SELECT is(tests.asked('admin', format('decide_refund(%L, true)', :'refund')), 'approved', 'the staff may decide what the seller has not got');

-- A request that waits holds the takings, for a while

SELECT tests.sale('pi_11', 100, 10) AS tenth \gset
SELECT tests.asked('buyer', format('request_refund(%L, 1, ''broken'')', :'tenth')) AS refund \gset
SELECT tests.days_go_by(:'tenth', 6) \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'the takings wait for the decision');
SELECT tests.days_go_by(:'tenth', 9) \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'but not for ever');
SELECT tests.sale('pi_12', 100, 10) AS eleventh \gset
SELECT tests.asked('buyer', format('request_refund(%L, 1, ''broken'')', :'eleventh')) AS refund \gset
SELECT tests.days_go_by(:'eleventh', 6) \g /dev/null
SELECT is(tests.asked('seller', format('decide_refund(%L, false)', :'refund')) || tests.asked('service', 'release_seller_funds()'), 'rejected1', 'nor longer than until it is decided');
SELECT tests.sale('pi_13', 100, 15) AS twelfth \gset
SELECT is(left(tests.asked('buyer', format('request_refund(%L, 1, ''broken'')', :'twelfth')), 8) ~ '^[0-9a-f]{8}$', true, 'one that comes after the window');
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'does not stand in the way of the release');

-- And a buyer does not ask for ever

SELECT tests.days_go_by(:'twelfth', 200) \g /dev/null
SELECT is(tests.asked('buyer', format('request_refund(%L, 1, ''late'')', :'twelfth')), '55000 refund request window for this order has closed', 'half a year is enough');
SELECT ok(tests.asked('admin', format('request_refund(%L, 1, ''late'')', :'twelfth')) ~ '^[0-9a-f-]{36}$', 'the staff may ask for the buyer');
SET driplo.refund_request_window = 0;
SELECT ok(tests.asked('buyer', format('request_refund(%L, 1, ''late'')', :'twelfth')) ~ '^[0-9a-f-]{36}$', 'where there is no window buyers may');
RESET driplo.refund_request_window;

SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');
SELECT * FROM finish();
ROLLBACK;
