-- A shop's own BEFORE trigger returns NULL, as one does that was made for AFTER: the functions say that a row was not written, and
-- whose trigger it was, and nothing of what they did is left.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT * FROM no_plan();
SELECT * FROM tests.people('null.example') \gset

CREATE FUNCTION tests.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
-- What somebody gets while a trigger keeps the rows of a table back.
CREATE FUNCTION tests.kept_back(event text, table_name text, who text, expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    EXECUTE format('CREATE TRIGGER forgot_return_new BEFORE %s ON %I FOR EACH ROW EXECUTE FUNCTION tests.keep()', event, table_name);
    told := tests.asked(who, expression);
    EXECUTE format('DROP TRIGGER forgot_return_new ON %I', table_name);
    RETURN told;
END $$;
CREATE FUNCTION tests.refused(event text, table_name text, who text, expression text, name text) RETURNS text LANGUAGE sql AS $$
    SELECT is(tests.kept_back(event, table_name, who, expression), format('55000 row of table "%s" was not written', table_name), name)
$$;

-- Orders

SELECT tests.a_sale(:'buyer', :'seller', 45) AS placed, tests.a_paid_sale('pi_1', :'buyer', :'seller', 45) AS paid, tests.a_paid_sale('pi_2', :'buyer', :'seller', 45) AS sent,
       tests.a_paid_sale('pi_3', :'buyer', :'seller', 45) AS arrived \gset
UPDATE orders SET status = 'shipped' WHERE id = :'sent';
SELECT tests.has_arrived(:'arrived') \g /dev/null
SELECT tests.refused('UPDATE', 'orders', 'buyer', format('cancel_order(%L)', :'placed'), 'cancel_order()');
SELECT tests.refused('UPDATE OF status', 'orders', 'seller', format('cancel_order(%L)', :'paid'), 'by the seller');
SELECT tests.refused('UPDATE', 'orders', 'service', format('transition_order(%L, ''completed'')', :'arrived'), 'transition_order()');
SELECT tests.refused('UPDATE', 'orders', 'buyer', format('confirm_delivery(%L)', :'sent'), 'confirm_delivery()');
SELECT tests.refused('UPDATE', 'orders', 'seller', format('ship_order(%L, ''dhl'', ''1'')', :'paid'), 'ship_order()');
SELECT tests.refused('INSERT', 'order_tracking', 'seller', format('ship_order(%L, ''dhl'', ''1'')', :'paid'), 'with its parcel');
SELECT tests.refused('INSERT', 'shipping_events', 'seller', format('ship_order(%L, ''dhl'', ''1'')', :'paid'), 'and its event');
SELECT tests.refused('INSERT', 'order_status_history', 'seller', format('ship_order(%L, ''dhl'', ''1'')', :'paid'), 'and its history');
SELECT tests.refused('UPDATE', 'listings', 'seller', format('cancel_order(%L)', :'paid'), 'the stock that an order gives back');
SELECT tests.refused('INSERT', 'admin_audit_log', 'admin', format('transition_order(%L, ''cancelled'')', :'placed'), 'what the staff is held to');
UPDATE orders SET created_at = now() - interval '1 day' WHERE id = :'placed';

-- Payments, and the events that tell of them

SELECT tests.refused('INSERT', 'payment_transactions', 'service', format('start_payment(ARRAY[%L]::uuid[], ''stripe'', ''pi_9'')', :'placed'), 'start_payment()');
SELECT tests.refused('UPDATE', 'orders', 'service', format('start_payment(ARRAY[%L]::uuid[], ''stripe'', ''pi_9'')', :'placed'), 'and its step');
SELECT tests.log_in_as_service();
SELECT start_payment(ARRAY[:'placed']::uuid[], 'stripe', 'pi_9') \g /dev/null
SELECT tests.log_out();
CREATE FUNCTION tests.told_while(event text, table_name text, told jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before constant text := (SELECT count(*) || tests.accounts() FROM order_status_history);
    outcome text;
BEGIN
    EXECUTE format('CREATE TRIGGER forgot_return_new BEFORE %s ON %I FOR EACH ROW EXECUTE FUNCTION tests.keep()', event, table_name);
    outcome := tests.deliver(told);
    EXECUTE format('DROP TRIGGER forgot_return_new ON %I', table_name);
    RETURN outcome || CASE WHEN before = (SELECT count(*) || tests.accounts() FROM order_status_history) THEN '' ELSE ', and left a trace' END;
END $$;
SELECT matches(tests.told_while(event, kept_in, tests.event('payment_intent.succeeded', tests.intent('pi_9', 4500))), '^failed: row of table "' || kept_in || '" was not written: .*forgot_return_new\.$', 'an event fails that ' || event || ' of ' || kept_in || ' keeps from its work')
  FROM (VALUES ('UPDATE', 'orders'), ('UPDATE', 'payment_transactions'), ('INSERT', 'ledger_entries'), ('INSERT', 'transactions'), ('INSERT', 'order_status_history')) k (event, kept_in);
SELECT is(tests.status_of(:'placed'), 'payment_processing', 'and the order is not paid');
SELECT is(tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_9', 4500))), 'processed', 'it comes in without the trigger');

-- Refunds and payouts

SELECT tests.refused('INSERT', 'refund_requests', 'buyer', format('request_refund(%L, 5, ''x'')', :'arrived'), 'request_refund()');
SELECT tests.log_in_as('buyer');
SELECT request_refund(:'arrived', 5, 'A scratch.') AS asked \gset
SELECT tests.log_out();
SELECT tests.refused('UPDATE', 'refund_requests', 'seller', format('decide_refund(%L, %s)', :'asked', yes), 'decide_refund()') FROM unnest('{true,false}'::text[]) yes;
SELECT tests.refused('INSERT', 'ledger_entries', 'seller', format('decide_refund(%L, true)', :'asked'), 'and its books');
SELECT tests.refused('UPDATE', 'orders', 'seller', format('decide_refund(%L, true)', :'asked'), 'and its order');
SELECT tests.log_in_as('seller');
SELECT decide_refund(:'asked', true) \g /dev/null
SELECT tests.log_out();
SELECT tests.refused('UPDATE', 'refund_requests', 'service', format('settle_refund(%L, %L)', :'asked', outcome), 'settle_refund()') FROM unnest('{processed,failed,charged_back}'::text[]) outcome;
SELECT tests.refused('UPDATE', 'payment_transactions', 'service', format('settle_refund(%L, %L)', :'asked', 'processed'), 'and what its payment counts');
UPDATE orders SET delivered_at = now() - interval '30 days' WHERE id = :'arrived';
SELECT tests.refused('UPDATE', 'orders', 'seller', 'request_payout()', 'what request_payout() releases');
SET LOCAL client_min_messages = error;
SELECT is(tests.kept_back('UPDATE', 'orders', 'service', 'release_seller_funds()'), '0', 'release_seller_funds() leaves such an order');
RESET client_min_messages;
SELECT is((SELECT concat_ws(' ', released_at, (SELECT sum(e.amount) FROM ledger_entries e WHERE e.order_id = o.id AND e.account IN ('seller_pending', 'seller_available') GROUP BY e.account)) FROM orders o WHERE o.id = :'arrived'), '40.00', 'with its takings where they were');
SELECT tests.log_in_as_service();
SELECT release_seller_funds() \g /dev/null
SELECT tests.log_out();
SELECT tests.refused('INSERT', 'seller_payouts', 'seller', 'request_payout()', 'request_payout()');
SELECT tests.refused('INSERT', 'ledger_entries', 'seller', 'request_payout_in(''USD'', 1)', 'and its books');
SELECT tests.log_in_as('seller');
SELECT request_payout() AS payout \gset
SELECT tests.log_out();
SELECT tests.refused('UPDATE', 'seller_payouts', 'service', format('settle_payout(%L, %L)', :'payout', outcome), 'settle_payout()') FROM unnest('{processing,paid,failed,cancelled}'::text[]) outcome;

-- Store credit that comes back, each of several

SELECT tests.credit(:'buyer', 10) AS one, tests.credit(:'buyer', 10, now() + interval '1 year') AS two, tests.a_sale(:'buyer', :'seller', 45, credit => 20) AS credited \gset
UPDATE store_credits SET used_amount = amount WHERE id IN (:'one', :'two');
INSERT INTO store_credit_usage (store_credit_id, order_id, amount) VALUES (:'one', :'credited', 10), (:'two', :'credited', 10);
SELECT tests.log_in_as_service();
SELECT transition_order(:'credited', 'paid'), transition_order(:'credited', 'shipped'), transition_order(:'credited', 'delivered') \g /dev/null
SELECT tests.log_out();
SELECT tests.log_in_as('buyer');
SELECT request_refund(:'credited', 40, 'It broke.') AS with_credit \gset
SELECT tests.log_out();
SELECT tests.refused('INSERT', 'store_credits', 'seller', format('decide_refund(%L, true)', :'with_credit'), 'decide_refund() with store credit');
CREATE FUNCTION tests.keep_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN NEW.expires_at IS NULL THEN NEW END; END $$;
CREATE TRIGGER forgot_one BEFORE INSERT ON store_credits FOR EACH ROW EXECUTE FUNCTION tests.keep_one();
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'with_credit')), '55000 row of table "store_credits" was not written', 'also when one of two is kept back');
DROP TRIGGER forgot_one ON store_credits;
SELECT is(tests.asked('seller', format('decide_refund(%L, true)', :'with_credit')) || ' ' || (SELECT refunded_amount FROM orders WHERE id = :'credited'), 'approved 0.00', 'it comes back without the triggers');
SELECT is((SELECT string_agg(amount || coalesce(' until ' || (expires_at > now()), ''), ', ' ORDER BY expires_at DESC NULLS FIRST) FROM store_credits WHERE refund_request_id = :'with_credit'), '10.00, 5.00 until true', 'as two credits');

-- What the staff moves

SELECT tests.a_sale(:'buyer', :'seller', 30) AS one, tests.a_sale(:'buyer', :'other', 30) AS two \gset
SELECT tests.asked('service', format('start_payment(ARRAY[%L, %L]::uuid[], ''stripe'', ''pi_two'')', :'one', :'two')), tests.deliver(tests.event('payment_intent.succeeded', tests.intent('pi_two', 6000))),
       tests.has_arrived(:'one'), tests.has_arrived(:'two') \g /dev/null
SELECT tests.deliver(tests.event('refund.created', jsonb_build_object('id', 're_two', 'amount', 3000, 'currency', 'usd', 'charge', 'ch_two', 'payment_intent', 'pi_two', 'metadata', jsonb_build_object('order_id', :'one'), 'status', 'succeeded'))) \g /dev/null
SELECT id AS wrong FROM refund_requests WHERE stripe_refund_id = 're_two' \gset
SELECT tests.refused(event, kept_in, 'admin', format('move_refund(%L, %L, ''x'')', :'wrong', :'two'), 'move_refund(): ' || event || ' of ' || kept_in)
  FROM (VALUES ('UPDATE', 'refund_requests'), ('INSERT', 'refund_requests'), ('INSERT', 'ledger_entries'), ('INSERT', 'transactions'), ('UPDATE', 'orders'), ('UPDATE OF status', 'orders'), ('UPDATE', 'payment_transactions'),
               ('INSERT', 'order_status_history'), ('INSERT', 'admin_audit_log')) k (event, kept_in);
SELECT is(tests.asked('admin', format('move_refund(%L, %L, ''x'') IS NOT NULL', :'wrong', :'two')) , 'true', 'it is moved without the trigger');

-- Returns and disputes

SELECT tests.a_deal(:'buyer', :'seller', 'delivered') AS deal \gset
SELECT tests.refused('INSERT', 'returns', 'buyer', format('open_return(%L, ''changed_mind'')', tests.line_of(:'deal')), 'open_return()');
SELECT tests.a_return(:'deal') AS returned \gset
SELECT tests.refused('UPDATE', 'returns', 'seller', format('advance_return(%L, ''approved'')', :'returned'), 'advance_return()');
UPDATE returns SET status = 'rejected' WHERE id = :'returned';
SELECT tests.refused('INSERT', 'disputes', 'buyer', format('open_dispute(%L, ''item_not_received'', ''Broken'', ''It broke.'')', :'deal'), 'open_dispute()');
SELECT tests.refused('INSERT', 'dispute_messages', 'buyer', format('open_dispute(%L, ''item_not_received'', ''Broken'', ''It broke.'')', :'deal'), 'and its first message');
SELECT tests.a_dispute(:'deal') AS dispute \gset
SELECT tests.refused('INSERT', 'dispute_messages', 'seller', format('reply_dispute(%L, ''No.'')', :'dispute'), 'reply_dispute()');
SELECT tests.refused('UPDATE', 'disputes', 'seller', format('reply_dispute(%L, ''No.'')', :'dispute'), 'and its step');
SELECT tests.refused('UPDATE', 'disputes', 'buyer', format('cancel_dispute(%L)', :'dispute'), 'cancel_dispute()');
SELECT tests.refused('UPDATE', 'disputes', 'admin', format('resolve_dispute(%L, ''no_action'', ''Nothing.'')', :'dispute'), 'resolve_dispute()');

-- Checkout

SELECT tests.goods(:'seller', 'Jacket', 45, 5) AS jacket, tests.an_address(:'buyer', true), tests.credit(:'buyer', 10) \gset
INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('TEN', 'Ten percent', 'percentage', 10, :'seller');
SELECT tests.put(:'buyer', :'jacket', 2) \g /dev/null
SELECT tests.refused(event, kept_in, 'buyer', '(SELECT count(*) FROM checkout((SELECT id FROM shipping_addresses WHERE is_default AND user_id = auth.uid()), ''k'', coupon_code => ''TEN'', use_store_credit => true))', 'checkout(): ' || event || ' of ' || kept_in)
  FROM (VALUES ('INSERT', 'orders'), ('INSERT', 'order_items'), ('UPDATE', 'listings'), ('INSERT', 'coupon_usage'), ('UPDATE', 'store_credits'), ('INSERT', 'checkouts'), ('INSERT', 'order_status_history')) k (event, kept_in);

-- Whose trigger it was

CREATE TRIGGER one BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION tests.keep();
CREATE TRIGGER "Two" BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION tests.keep();
CREATE TRIGGER off BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION tests.keep();
ALTER TABLE orders DISABLE TRIGGER off;
SELECT is(tests.detail_of(format('SELECT cancel_order(%L)', :'paid')), '55000 User-defined BEFORE triggers on the table: "Two", one.', 'the detail names them');
DROP TRIGGER one ON orders; DROP TRIGGER "Two" ON orders;
CREATE RULE nothing AS ON UPDATE TO orders DO INSTEAD NOTHING;
SELECT is(tests.detail_of(format('SELECT cancel_order(%L)', :'paid')), '55000 The table has no user-defined BEFORE triggers; check its rules.', 'or says that there is none');
DROP RULE nothing ON orders;
SELECT is((SELECT count(*) FROM check_integrity()), 0::bigint, 'everything adds up');

SELECT * FROM finish();
ROLLBACK;
