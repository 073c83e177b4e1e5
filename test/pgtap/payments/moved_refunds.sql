-- A refund at the processor was taken for one of the wrong order of its payment: the staff moves it. The one order is as if it had never
-- been refunded, the other as if the refund had named it, and what is told of the refund afterwards is about that one.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('moved.example') \gset

CREATE FUNCTION tests.refunded(id text, intent text, amount bigint, metadata jsonb DEFAULT '{}', status text DEFAULT 'succeeded', type text DEFAULT 'refund.created') RETURNS text LANGUAGE sql AS $$
    SELECT tests.deliver(tests.event(type, jsonb_build_object('id', id, 'object', 'refund', 'amount', refunded.amount, 'currency', 'usd', 'charge', 'ch_' || substr(intent, 4), 'payment_intent', intent, 'metadata', metadata, 'status', status)))
$$;
CREATE FUNCTION tests.sum_of(intent text, amount bigint, refunded bigint) RETURNS text LANGUAGE sql AS $$SELECT tests.deliver(tests.event('charge.refunded', tests.charge(intent, amount, refunded)))$$;
CREATE FUNCTION tests.for_order(id uuid) RETURNS jsonb LANGUAGE sql AS $$SELECT jsonb_build_object('order_id', id)$$;
CREATE FUNCTION tests.approved(sold uuid, amount numeric) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    id text := tests.asked('service', format('request_refund(%L, %s, ''x'')', sold, amount));
BEGIN
    PERFORM tests.asked('admin', format('decide_refund(%L, true)', id));
    RETURN id;
END $$;
CREATE FUNCTION tests.sent(VARIADIC orders uuid[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', amount, status, stripe_refund_id), ', ' ORDER BY array_position(orders, order_id), amount, status) FROM refund_requests WHERE order_id = ANY (orders)
$$;
-- One payment for an order of each of two sellers, delivered unless they are not to be.
CREATE FUNCTION tests.a_pair(intent text, one numeric, two numeric, arrived boolean DEFAULT true, OUT first uuid, OUT second uuid) LANGUAGE plpgsql AS $$
DECLARE
    buyer uuid := (SELECT p.id FROM tests.people p WHERE p.name = 'buyer');
BEGIN
    first := tests.a_sale(buyer, (SELECT p.id FROM tests.people p WHERE p.name = 'seller'), one, fee => round(one * 0.05, 2));
    second := tests.a_sale(buyer, (SELECT p.id FROM tests.people p WHERE p.name = 'other'), two, fee => round(two * 0.05, 2));
    PERFORM tests.paid_together(intent, first, second);
    IF arrived THEN
        PERFORM tests.has_arrived(first), tests.has_arrived(second);
    END IF;
END $$;
CREATE FUNCTION tests.paid_together(intent text, first uuid, second uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''stripe'', %L)', first, second, intent));
    RETURN tests.deliver(tests.event('payment_intent.succeeded', tests.intent(intent, (SELECT sum(total_amount * 100)::bigint FROM orders WHERE id IN (first, second)))));
END $$;
-- The refund of an order that has this state.
CREATE FUNCTION tests.refund_of(sold uuid, state text DEFAULT 'processed') RETURNS uuid LANGUAGE sql AS $$SELECT id FROM refund_requests WHERE order_id = sold AND status::text = state$$;
CREATE FUNCTION tests.moved(who text, refund text, sold uuid, reason text DEFAULT 'It was the other one.') RETURNS text LANGUAGE sql AS $$SELECT tests.asked(who, format('move_refund(%L, %L, %L)', refund, sold, reason))$$;
-- Whether the answer is the refund of that order.
CREATE FUNCTION tests.moved_well(who text, refund text, sold uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text := tests.moved(who, refund, sold);
BEGIN
    RETURN CASE WHEN answer = (SELECT r.id::text FROM refund_requests r WHERE r.id::text = answer AND r.order_id = sold AND r.status = 'processed') THEN 'moved' ELSE answer END;
END $$;
CREATE FUNCTION tests.sums(intent text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(amount || ' ' || refunded_amount || ' ' || status, ', ' ORDER BY amount DESC) FROM payment_transactions WHERE processor_transaction_id = intent
$$;
CREATE FUNCTION tests.has_moved() RETURNS bigint LANGUAGE sql AS $$SELECT count(*) FROM admin_audit_log WHERE action = 'move_refund'$$;

-- What ended the one order was a part of the other

SELECT * FROM tests.a_pair('pi_1', 100, 40) \gset
SELECT is(tests.refunded('re_1', 'pi_1', 4000) || ' ' || tests.status_of(:'second'), 'processed refunded', 'what is exactly one order''s is taken for that one''s');
SELECT tests.refund_of(:'second') AS wrong \gset
SELECT tests.moved('admin', :'wrong', :'first', 'The chair was broken, not the table.') AS right \gset
SELECT is((SELECT order_id || ' ' || amount || ' ' || status || ' ' || stripe_refund_id || ' ' || reason FROM refund_requests WHERE id = :'right'), :'first' || ' 40.00 processed re_1 The chair was broken, not the table.', 'the staff says whose it is');
SELECT is(tests.status_of(:'second') || ' ' || tests.accounts(:'second'), 'delivered processor_clearing -40.00, seller_pending 38.00, platform_fees 2.00', 'the one has its money and its state again');
SELECT is((SELECT refunded_amount || ' ' || refunded_fee_amount FROM orders WHERE id = :'second'), '0.00 0.00', 'and counts nothing as refunded');
SELECT is(tests.status_of(:'first') || ' ' || tests.accounts(:'first'), 'delivered processor_clearing -60.00, seller_pending 57.00, platform_fees 3.00', 'the other gives its part');
SELECT is(tests.balance(:'seller') || '; ' || tests.balance(:'other'), 'USD: 57.00 + 0.00 + 0.00; USD: 38.00 + 0.00 + 0.00', 'as do their sellers');
SELECT is(tests.sums('pi_1'), '100.00 40.00 partially_refunded, 40.00 0.00 succeeded', 'of the payment the same has gone back');
SELECT is((SELECT status || ' ' || coalesce(stripe_refund_id, 'none') || ' ' || decision_note FROM refund_requests WHERE id = :'wrong'), 'failed none The chair was broken, not the table.', 'the refund at the processor has one request');
SELECT is((SELECT to_status || ' ' || reason FROM order_status_history WHERE order_id = :'second' ORDER BY created_at DESC, id DESC LIMIT 1), 'delivered The chair was broken, not the table.', 'the history says why');
SELECT is((SELECT jsonb_build_array(admin_id, target_type, target_id, old_values, new_values) FROM admin_audit_log WHERE action = 'move_refund'),
    jsonb_build_array(:'admin', 'refund_request', :'wrong', jsonb_build_object('order_id', :'second'), jsonb_build_object('order_id', :'first', 'reason', 'The chair was broken, not the table.')), 'it is on record');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT is(tests.moved('admin', :'wrong', :'first', 'Once more.') || ' ' || tests.has_moved(), :'right' || ' 1', 'repeating it changes nothing');
SELECT is(tests.refunded('re_1', 'pi_1', 4000, type => 'refund.updated') || tests.refunded('re_1', 'pi_1', 4000, tests.for_order(:'second'), type => 'refund.updated') || tests.sum_of('pi_1', 14000, 4000) || ' ' || tests.sent(:'first', :'second'),
    'processedprocessedprocessed 40.00 processed re_1, 40.00 failed', 'nor does what the processor says of the refund, also when it names the order');
SELECT is(tests.asked('service', format('settle_refund(%L, ''processed'', ''re_1'')', tests.approved(:'second', 10))), 'MK013 processor refund has already settled another refund request', 'nor the service');
SELECT is(tests.refunded('re_1', 'pi_1', 4000, '{}', 'failed', 'refund.failed') || ' ' || tests.sent(:'first') || ' ' || tests.accounts(:'first'), 'processed 40.00 approved processor_clearing -100.00, seller_pending 57.00, platform_fees 3.00, refunds 40.00', 'when it comes back, it is due of that order');
SELECT is(tests.moved('admin', :'right', :'second'), 'MK013 cannot move a refund that is approved', 'what was not sent is nobody else''s');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- There and back, and on record each time

SELECT * FROM tests.a_pair('pi_2', 80, 40) \gset
SELECT tests.refunded('re_2', 'pi_2', 4000) || tests.accounts(:'first') || tests.status_of(:'second') AS before, tests.refund_of(:'second') AS wrong, tests.has_moved() AS moves \gset
SELECT is(tests.moved_well('service', :'wrong', :'first'), 'moved', 'the service may say so too');
SELECT is(tests.moved_well('admin', tests.refund_of(:'first')::text, :'second'), 'moved', 'and somebody else that it was right before');
SELECT is(tests.accounts(:'first') || ' ' || tests.status_of(:'second') || coalesce(tests.accounts(:'second'), '') || ' ' || tests.sums('pi_2'), 'processor_clearing -80.00, seller_pending 76.00, platform_fees 4.00 refunded 80.00 0.00 succeeded, 40.00 40.00 refunded', 'all is as it was');
SELECT is((SELECT string_agg(coalesce(p.username, 'nobody'), ' ' ORDER BY p.username NULLS FIRST) FROM admin_audit_log l LEFT JOIN profiles p ON p.id = l.admin_id WHERE action = 'move_refund' AND l.old_values ->> 'order_id' IN (:'first', :'second')),
    'nobody ' || (SELECT username FROM profiles WHERE id = :'admin'), 'both are on record');
SELECT is(tests.moved('admin', :'wrong', :'first'), 'MK013 cannot move a refund that is failed', 'a call of before is too late then');
SELECT is(tests.refunded('re_2', 'pi_2', 4000, '{}', 'failed', 'refund.failed') || ' ' || tests.sent(:'first', :'second'), 'processed 40.00 failed, 40.00 approved, 40.00 failed', 'the news is of the last of them');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- A share of a refund that was divided

SELECT * FROM tests.a_pair('pi_3', 100, 50) \gset
SELECT is(tests.refunded('re_3', 'pi_3', 3000) || ' ' || tests.sent(:'first', :'second'), 'processed 20.00 processed re_3, 10.00 processed re_3', 'each order gives its share');
SELECT is(tests.moved_well('admin', tests.refund_of(:'first')::text, :'second') || ' ' || tests.sent(:'first', :'second'), 'moved 20.00 failed, 10.00 processed re_3, 20.00 processed re_3', 'all of it was one order''s');
SELECT is(tests.accounts(:'first') || '; ' || tests.accounts(:'second'), 'processor_clearing -100.00, seller_pending 95.00, platform_fees 5.00; processor_clearing -20.00, seller_pending 19.00, platform_fees 1.00', 'the other gives nothing');
SELECT is(tests.sum_of('pi_3', 15000, 3000) || tests.refunded('re_3', 'pi_3', 3000, type => 'refund.updated') || ' ' || tests.sums('pi_3'), 'processedprocessed 100.00 0.00 succeeded, 50.00 30.00 partially_refunded', 'whatever is told of it then');
SELECT is(tests.refunded('re_4', 'pi_3', 3000) || ' ' || tests.sums('pi_3'), 'processed 100.00 25.00 partially_refunded, 50.00 35.00 partially_refunded', 'the next one is divided by what they have left');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');
SELECT is(tests.refunded('re_3', 'pi_3', 3000, '{}', 'failed', 'refund.failed') || ' ' || tests.sent(:'second'), 'processed 5.00 processed re_4, 10.00 approved, 20.00 approved', 'both parts come back when it fails');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- What somebody had asked for is due again; what waits on the other side is settled

SELECT * FROM tests.a_pair('pi_5', 100, 100) \gset
SELECT tests.approved(:'first', 30) AS a \gset
SELECT is(tests.refunded('re_5', 'pi_5', 3000) || ' ' || tests.sent(:'first'), 'processed 30.00 processed re_5', 'a refund is taken for a request of its amount');
SELECT is(tests.moved_well('admin', :'a', :'second') || ' ' || tests.sent(:'first', :'second') || ' ' || tests.accounts(:'first'), 'moved 30.00 approved, 30.00 processed re_5 processor_clearing -100.00, seller_pending 66.50, platform_fees 3.50, refunds 30.00', 'the request is to be sent still');
SELECT is(tests.moved('admin', :'a', :'second') || ' ' || tests.has_moved(), tests.refund_of(:'second') || ' 5', 'repeating it changes nothing');
SELECT is(tests.refunded('re_6', 'pi_5', 3000, jsonb_build_object('refund_request_id', :'a')) || ' ' || tests.sent(:'first', :'second') || ' ' || tests.sums('pi_5'), 'processed 30.00 processed re_6, 30.00 processed re_5 100.00 30.00 partially_refunded, 100.00 30.00 partially_refunded', 'and is');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM tests.a_pair('pi_7', 100, 100) \gset
SELECT tests.approved(:'second', 30) AS b \gset
SELECT is(tests.refunded('re_7', 'pi_7', 3000, tests.for_order(:'first')) || ' ' || tests.sent(:'first', :'second'), 'processed 30.00 processed re_7, 30.00 approved', 'a refund names the wrong order');
SELECT is(tests.moved('admin', tests.refund_of(:'first')::text, :'second') || ' ' || tests.sent(:'first', :'second'), :'b' || ' 30.00 failed, 30.00 processed re_7', 'it was the request of the other one');
SELECT is(tests.accounts(:'first') || '; ' || tests.accounts(:'second'), 'processor_clearing -100.00, seller_pending 95.00, platform_fees 5.00; processor_clearing -70.00, seller_pending 66.50, platform_fees 3.50', 'which has gone back once');
SELECT is(tests.moved_well('admin', :'b', :'first') || ' ' || tests.sent(:'second'), 'moved 30.00 approved', 'and is due when it was not');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- Before anybody knows the refund's id

SELECT * FROM tests.a_pair('pi_8', 100, 40) \gset
SELECT is(tests.sum_of('pi_8', 14000, 4000) || ' ' || tests.sent(:'second') || ' ' || tests.moved_well('admin', tests.refund_of(:'second')::text, :'first'), 'processed 40.00 processed moved', 'what a sum was taken for is moved');
SELECT is(tests.sum_of('pi_8', 14000, 4000) || tests.refunded('re_8', 'pi_8', 4000) || ' ' || tests.sent(:'first', :'second'), 'processedprocessed 40.00 processed re_8, 40.00 failed', 'the refund itself, when it comes, is that one');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');
SELECT * FROM tests.a_pair('pi_9', 100, 40) \gset
SELECT is(tests.sum_of('pi_9', 14000, 4000) || ' ' || tests.moved_well('admin', tests.refund_of(:'second')::text, :'first') || ' ' || tests.refunded('re_9', 'pi_9', 4000, tests.for_order(:'second')) || ' ' || tests.sums('pi_9'), 'processed moved processed 100.00 0.00 succeeded, 40.00 40.00 refunded',
    'unless it names an order');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- Coupon of the platform, tax and shipping, in both directions

SELECT tests.a_sale(:'buyer', :'seller', 100, shipping => 10, tax => 8, fee => 5, by_platform => 20) AS first, tests.a_sale(:'buyer', :'other', 60, fee => 3) AS second \gset
SELECT is(tests.paid_together('pi_10', :'first', :'second') || ' ' || tests.accounts(:'first'), 'processed processor_clearing -98.00, seller_pending 105.00, platform_fees 5.00, promotions -20.00, taxes 8.00', 'an order with all that there is');
SELECT tests.has_arrived(:'first'), tests.has_arrived(:'second') \g /dev/null
SELECT is(tests.refunded('re_10', 'pi_10', 4900, tests.for_order(:'first')) || ' ' || tests.accounts(:'first'), 'processed processor_clearing -49.00, seller_pending 52.50, platform_fees 2.50, promotions -10.00, taxes 4.00', 'half of it goes back');
SELECT is(tests.moved_well('admin', tests.refund_of(:'first')::text, :'second') || ' ' || tests.accounts(:'first') || '; ' || tests.accounts(:'second'), 'moved processor_clearing -98.00, seller_pending 105.00, platform_fees 5.00, promotions -20.00, taxes 8.00; processor_clearing -11.00, seller_pending 10.45, platform_fees 0.55', 'and comes again to everybody');
SELECT is(tests.moved_well('admin', tests.refund_of(:'second')::text, :'first') || ' ' || tests.accounts(:'first') || '; ' || tests.accounts(:'second'), 'moved processor_clearing -49.00, seller_pending 52.50, platform_fees 2.50, promotions -10.00, taxes 4.00; processor_clearing -60.00, seller_pending 57.00, platform_fees 3.00', 'as from everybody');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- Sellers who were paid out

SELECT tests.a_sale(:'buyer', :'seller', 100, fee => 5) AS first, tests.sign_up('third@moved.example') AS third \gset
SELECT tests.a_sale(:'buyer', :'third', 100, fee => 5) AS second \gset
SELECT tests.paid_together('pi_11', :'first', :'second'), tests.has_arrived(:'first', 30), tests.has_arrived(:'second', 30) \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds()') || ' ' || tests.balance(:'third'), '2 USD: 0.00 + 95.00 + 0.00', 'takings are available');
SELECT tests.log_in(:'third') \g /dev/null
SELECT request_payout() AS payout \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.asked('service', format('settle_payout(%L, ''paid'', ''tr_1'')', :'payout')) || ' ' || tests.refunded('re_11', 'pi_11', 4000, tests.for_order(:'first')) || ' ' || tests.moved_well('admin', tests.refund_of(:'first')::text, :'second') || ' ' || tests.balance(:'third'),
    'paid processed moved USD: 0.00 + -38.00 + 95.00', 'the seller who was paid out owes it');
SELECT is((SELECT owed FROM seller_debts() WHERE seller_id = :'third'), 38.00, 'as with any refund that the staff decides');
SELECT is(tests.accounts(:'first') || '; ' || tests.moved_well('admin', tests.refund_of(:'second')::text, :'first') || ' ' || tests.balance(:'third'), 'processor_clearing -100.00, seller_available 95.00, platform_fees 5.00; moved USD: 0.00 + 0.00 + 95.00', 'and not when it was another''s');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- An order that has ended

SELECT * FROM tests.a_pair('pi_12', 100, 40, false) \gset
SELECT is(tests.refunded('re_12', 'pi_12', 4000) || ' ' || tests.moved('admin', tests.refund_of(:'second')::text, :'first') || ' ' || tests.status_of(:'second'), 'processed MK013 cannot resume the order that was ended by this refund refunded', 'what was not sent is for sale again, and stays refunded');
SELECT is(tests.approved(:'first', 40) IS NOT NULL, true, 'the other one is refunded for itself');
SELECT * FROM tests.a_pair('pi_13', 100, 50, false) \gset
SELECT is(tests.refunded('re_13', 'pi_13', 3000) || ' ' || tests.asked('seller', format('cancel_order(%L)', :'first')) || ' ' || tests.moved_well('admin', tests.refund_of(:'first')::text, :'second') || ' ' || tests.sent(:'first', :'second'),
    'processed cancelled moved 20.00 approved, 20.00 failed, 80.00 approved, 10.00 processed re_13, 20.00 processed re_13', 'all of a cancelled order is the buyer''s: what was another''s is owed');
SELECT is(tests.accounts(:'first') || '; ' || tests.accounts(:'second'), 'processor_clearing -100.00, refunds 100.00; processor_clearing -20.00, seller_pending 19.00, platform_fees 1.00', 'and nothing is the seller''s');
SELECT * FROM tests.a_pair('pi_14', 100, 40, false) \gset
SELECT is(tests.refunded('re_14', 'pi_14', 4000, tests.for_order(:'first')) || ' ' || tests.moved_well('admin', tests.refund_of(:'first')::text, :'second') || ' ' || tests.status_of(:'second'), 'processed moved refunded', 'the right one ends when all of it has gone back');
SELECT is((SELECT status || ' ' || quantity FROM listings WHERE id = (SELECT listing_id FROM order_items WHERE order_id = :'second')), 'active 2', 'and its goods are for sale');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- A surplus is taken for a refund of its amount

SELECT tests.a_sale(:'buyer', :'seller', 100) AS first, tests.a_sale(:'buyer', :'other', 30) AS second \gset
SELECT tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''stripe'', ''pi_15'')', :'first', :'second')), tests.asked('service', format('cancel_order(%L)', :'second')) \g /dev/null
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_15', 13000))) || ' ' || tests.refunded('re_15', 'pi_15', 3000) || ' ' || tests.refunds_of(:'second'), 'processed processed 30.00 processed (0.00 credit) surplus', 'a surplus goes back');
SELECT is(tests.moved('admin', tests.refund_of(:'second')::text, :'second') || '; ' || tests.moved_well('admin', tests.refund_of(:'second')::text, :'first') || ' ' || tests.refunds_of(:'second') || ' ' || tests.sent(:'first'), '22023 refund already belongs to this order; moved 30.00 approved (0.00 credit) surplus 30.00 processed re_15',
    'until it is to be sent still');
SELECT is(tests.sums('pi_15') || ' ' || tests.moved('admin', tests.refund_of(:'first')::text, :'second'), '100.00 30.00 partially_refunded, 30.00 0.00 succeeded MK013 refunded payment does not pay for this order', 'to what is no order''s nothing is moved');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- Banks

SELECT * FROM tests.a_pair('pi_16', 100, 100) \gset
SELECT tests.refunded('re_16', 'pi_16', 3000, tests.for_order(:'first')) AS told, tests.refund_of(:'first') AS wrong \gset
CREATE FUNCTION tests.disputed(id text, intent text, amount bigint, status text, sold uuid, type text) RETURNS text LANGUAGE sql AS $$
    SELECT tests.deliver(tests.event('charge.dispute.' || type, tests.stripe_dispute(id, intent, amount, status) || jsonb_build_object('metadata', tests.for_order(sold))))
$$;
SELECT is(tests.disputed('dp_1', 'pi_16', 10000, 'needs_response', :'second', 'created') || ' ' || tests.moved('admin', :'wrong', :'second'), 'processed MK013 payment of this order is disputed by the buyer''s bank', 'while a bank has the money nothing else takes it');
SELECT is(tests.disputed('dp_1', 'pi_16', 10000, 'lost', :'second', 'closed') || ' ' || tests.moved('admin', :'wrong', :'second'), 'processed MK009 refund exceeds the amount paid', 'nor when it has it for good');
SELECT is(tests.disputed('dp_2', 'pi_16', 7000, 'needs_response', :'first', 'created') || ' ' || tests.moved('admin', :'wrong', :'second'), 'processed MK013 payment of this order is disputed by the buyer''s bank', 'of either order');
SELECT is(tests.disputed('dp_2', 'pi_16', 7000, 'lost', :'first', 'closed') || ' ' || tests.moved('admin', :'wrong', :'second'), 'processed MK013 cannot move a refund that was counted in a lost chargeback', 'what the bank took counted the refund');
SELECT * FROM tests.a_pair('pi_17', 100, 100) \gset
SELECT tests.approved(:'first', 30) AS a \gset
SELECT is(tests.asked('service', format('settle_refund(%L, ''charged_back'')', :'a')) || ' ' || tests.moved('admin', :'a', :'second'), 'charged_back MK013 cannot move money that was taken by a chargeback', 'a bank has paid it');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

-- What is refused leaves no trace

SELECT * FROM tests.a_pair('pi_18', 100, 30) \gset
SELECT tests.a_paid_sale('pi_19', :'buyer', :'seller', 100) AS elsewhere, tests.refunded('re_18', 'pi_18', 4000, tests.for_order(:'first')) AS told, tests.refund_of(:'first') AS wrong \gset
SELECT is(tests.answers('anon buyer seller other moderator suspended guest', format('SELECT move_refund(%L, %L, ''x'')', :'wrong', :'second')), '42501 for anon buyer seller other moderator suspended guest', 'only admins and the service move money');
SELECT is(tests.answers('anon buyer seller other moderator suspended guest', format('SELECT move_refund(%L, %L, ''x'')', gen_random_uuid(), :'second')), '42501 for anon buyer seller other moderator suspended guest', 'others are not told whether a refund exists');
SELECT is(tests.moved('admin', :'wrong', :'second'), 'MK009 refund exceeds the amount paid', 'more than is left of the order');
SELECT is(tests.detail_of(format('SELECT move_refund(%L, %L, ''x'')', :'wrong', :'second')), 'MK009 30.00 USD of the 30.00 USD paid can still be refunded.', 'namely');
SELECT is(tests.moved('admin', :'wrong', :'elsewhere'), 'MK013 refunded payment does not pay for this order', 'another payment''s order');
SELECT is(tests.moved('admin', :'wrong', '00000000-0000-4000-8000-00000000dead'), 'P0002 order "00000000-0000-4000-8000-00000000dead" does not exist', 'no order');
SELECT is(tests.moved('admin', '00000000-0000-4000-8000-00000000dead', :'second'), 'P0002 refund request "00000000-0000-4000-8000-00000000dead" does not exist', 'no refund');
SELECT is(tests.moved('admin', :'wrong', :'first'), '22023 refund already belongs to this order', 'its own order');
SELECT is(tests.moved('admin', :'wrong', :'second', '  ') || '; ' || tests.moved('admin', NULL, :'second') || '; ' || tests.moved('admin', :'wrong', NULL) || '; ' || tests.moved('admin', :'wrong', :'second', NULL),
    '22023 reason must not be empty; 22004 refund_id must not be NULL; 22004 to_order_id must not be NULL; 22004 reason must not be NULL', 'nothing said');
SELECT is(tests.moved('admin', tests.asked('service', format('request_refund(%L, 5, ''x'')', :'first')), :'second'), 'MK013 cannot move a refund that is pending', 'what nobody has decided');
SELECT is(tests.sent(:'first', :'second'), '5.00 pending, 40.00 processed re_18', 'all is as it was');
-- an admin sells, too
SELECT tests.a_sale(:'buyer', :'admin', 100) AS first, tests.a_sale(:'buyer', :'other', 100) AS second \gset
SELECT tests.paid_together('pi_20', :'first', :'second'), tests.refunded('re_20', 'pi_20', 3000, tests.for_order(:'first')) \g /dev/null
SELECT is(tests.moved('admin', tests.refund_of(:'first')::text, :'second'), '42501 cannot move a refund of your own order', 'admins decide nothing of their own');
SELECT is(tests.moved_well('service', tests.refund_of(:'first')::text, :'second') || ' ' || tests.moved('admin', tests.refund_of(:'second')::text, :'first'), 'moved 42501 cannot move a refund of your own order', 'in neither direction');

-- Somebody is gone

SELECT * FROM tests.a_pair('pi_21', 100, 100) \gset
SELECT tests.refunded('re_21', 'pi_21', 3000, tests.for_order(:'first')) AS told \gset
DELETE FROM auth.users WHERE id IN (:'buyer', :'other');
SELECT is(tests.moved_well('admin', tests.refund_of(:'first')::text, :'second') || ' ' || tests.accounts(:'first') || '; ' || tests.accounts(:'second'), 'moved processor_clearing -100.00, seller_pending 95.00, platform_fees 5.00; processor_clearing -70.00, seller_pending 66.50, platform_fees 3.50', 'the money stays what it was');
SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
