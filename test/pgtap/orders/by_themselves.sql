-- What goes on when nobody says anything: orders count as delivered and completed, returns are answered and decided for the
-- buyer, people are reminded before. And what keeps it from going on.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('time.example') \gset
CREATE FUNCTION tests.shipped(intent text, days integer) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    sold constant uuid := tests.a_paid_sale(intent, (SELECT id FROM tests.people WHERE name = 'buyer'), (SELECT id FROM tests.people WHERE name = 'seller'), 100, fee => 5);
BEGIN
    UPDATE orders SET status = 'shipped', shipped_at = now() - make_interval(days => days) WHERE id = sold;
    RETURN sold;
END $$;
CREATE FUNCTION tests.waits(sold uuid, status text, days integer) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    ret uuid;
BEGIN
    UPDATE orders SET status = 'delivered' WHERE id = sold;
    PERFORM tests.log_in_as('buyer');
    ret := open_return(tests.line_of(sold), 'changed_mind');
    IF status <> 'requested' THEN
        PERFORM tests.log_in_as('seller');
        PERFORM advance_return(ret, 'approved');
    END IF;
    IF status IN ('shipped_back', 'inspecting') THEN
        PERFORM tests.log_in_as('buyer');
        PERFORM advance_return(ret, 'shipped_back');
    END IF;
    IF status = 'inspecting' THEN
        PERFORM tests.log_in_as('seller');
        PERFORM advance_return(ret, 'received'), advance_return(ret, 'inspecting');
    END IF;
    PERFORM tests.log_out();
    PERFORM tests.ages(ret, days);
    RETURN ret;
END $$;
-- Some days go by for a return.
CREATE FUNCTION tests.ages(ret uuid, days integer) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    ALTER TABLE returns DISABLE TRIGGER USER;
    UPDATE returns SET created_at = created_at - make_interval(days => days), approved_at = approved_at - make_interval(days => days), reminded_at = reminded_at - make_interval(days => days),
           history = (SELECT jsonb_agg(jsonb_set(h, '{at}', to_jsonb(to_char((h ->> 'at')::timestamptz AT TIME ZONE 'UTC' - make_interval(days => days), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))) ORDER BY n)
                        FROM jsonb_array_elements(history) WITH ORDINALITY AS e (h, n)) WHERE id = ret;
    ALTER TABLE returns ENABLE TRIGGER USER;
END $$;
CREATE FUNCTION tests.told() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM deliver_events();
    PERFORM tests.log_out();
    SELECT string_agg(format('%s: %s', p.name, n.title), ', ' ORDER BY p.name, n.title) INTO told FROM notifications n JOIN tests.people p ON p.id = n.user_id;
    DELETE FROM notifications;
    RETURN coalesce(told, 'nobody');
END $$;

-- Whose they are

SELECT is(tests.answers('anon buyer seller admin moderator', format('SELECT %s()', job)), '42501 for anon buyer seller admin moderator', job || ' is the service''s')
  FROM unnest('{deliver_overdue_orders,complete_overdue_orders,decide_overdue_returns,send_reminders}'::text[]) job;
SELECT is(tests.asked('service', job || '(NULL)'), '22004 max_rows must not be NULL', job || ' wants a number')
  FROM unnest('{deliver_overdue_orders,complete_overdue_orders,decide_overdue_returns,send_reminders}'::text[]) job;
SELECT is(tests.asked('service', job || '(-1)'), '0', job || ' does nothing when there is nothing')
  FROM unnest('{deliver_overdue_orders,complete_overdue_orders,decide_overdue_returns,send_reminders}'::text[]) job;

-- Delivered

SELECT tests.shipped('pi_1', 26) AS early, tests.shipped('pi_2', 28) AS near, tests.shipped('pi_3', 31) AS late, tests.shipped('pi_4', 32) AS disputed, tests.shipped('pi_5', 33) AS asked \gset
UPDATE orders SET status = 'in_transit' WHERE id = :'late';
SELECT tests.asked('buyer', format('open_dispute(%L, ''item_not_received'', ''Nothing came'', ''Where is it?'')', :'disputed')) AS dispute, tests.asked('buyer', format('request_refund(%L, 100, ''Nothing came.'')', :'asked')) AS refund \gset
DELETE FROM outbox_events;
SELECT is(tests.asked('service', 'send_reminders()'), '2', 'the buyers of two orders are asked whether they have arrived, near the time and after it');
SELECT is(tests.told(), 'buyer: Has A chair arrived?, buyer: Has A chair arrived?', 'they and nobody else');
SELECT is(tests.asked('service', 'send_reminders()') || tests.told(), '0nobody', 'once');
SELECT is(tests.asked('service', 'deliver_overdue_orders(0)'), '0', 'as many as are wanted');
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '1', 'one of them counts as delivered');
SELECT is((SELECT string_agg(status::text, ' ' ORDER BY shipped_at DESC) FROM orders WHERE status IN ('shipped', 'in_transit', 'delivered')), 'shipped shipped delivered shipped shipped', 'the one whose time is over and to which nobody objects');
SELECT is((SELECT concat_ws(' ', from_status, to_status, actor, reason) FROM order_timeline(:'late') ORDER BY at DESC LIMIT 1), 'in_transit delivered system nobody has said that it did not arrive', 'by the system');
SELECT is((SELECT delivered_at FROM orders WHERE id = :'late'), now(), 'from now on it can be returned');
SELECT is(tests.told(), 'buyer: Has A chair arrived?, seller: A chair has arrived', 'both are told');
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '0', 'and the others wait');
SELECT tests.asked('seller', format('decide_refund(%L, false)', :'refund')), tests.asked('admin', format('resolve_dispute(%L, ''no_action'', ''It was handed over.'')', :'dispute')) \g /dev/null
SET LOCAL driplo.auto_delivery = -1;
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '0', 'for ever, when it is turned off');
SET LOCAL driplo.auto_delivery = 0;
SELECT is(tests.asked('service', 'deliver_overdue_orders() + send_reminders()'), '0', 'by zero too');
SET LOCAL driplo.auto_delivery = '30d';
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '2', 'until it is decided');

-- Completed

SELECT is(tests.asked('service', 'complete_overdue_orders()'), '0', 'what has just arrived is not done');
UPDATE orders SET delivered_at = now() - interval '15 days' WHERE status = 'delivered';
SELECT tests.a_return(:'late', 'approved') AS ret \gset
SELECT is(tests.asked('service', 'complete_overdue_orders(1)'), '1', 'two weeks later it is');
SELECT is(tests.asked('service', 'complete_overdue_orders()'), '1', 'each of them');
SELECT is(tests.status_of(:'late') || ' ' || tests.status_of(:'disputed') || ' ' || tests.status_of(:'asked'), 'delivered completed completed', 'but not the one that is on its way back');
SELECT is((SELECT total_sales FROM profiles WHERE id = :'seller'), 2, 'and the seller has sold two');
UPDATE returns SET status = 'closed' WHERE id = :'ret';
SET LOCAL driplo.auto_completion = -1;
SELECT is(tests.asked('service', 'complete_overdue_orders()'), '0', 'none when it is turned off');
SET LOCAL driplo.auto_completion = '14d';
SELECT is(tests.asked('service', 'complete_overdue_orders()'), '1', 'then that one as well');
SELECT is(tests.asked('service', 'release_seller_funds()'), '3', 'what is the seller''s is available');

-- Returns

SELECT tests.waits(tests.shipped('pi_6', 1), 'requested', 12) AS requested, tests.waits(tests.shipped('pi_7', 1), 'approved', 12) AS approved,
       tests.waits(tests.shipped('pi_8', 1), 'shipped_back', 12) AS sent, tests.waits(tests.shipped('pi_9', 1), 'inspecting', 12) AS inspected,
       tests.waits(tests.shipped('pi_10', 1), 'shipped_back', 1) AS fresh, tests.waits(tests.shipped('pi_11', 1), 'shipped_back', 12) AS lost \gset
DELETE FROM outbox_events;
SELECT tests.asked('seller', format('open_dispute(%L, ''other'', ''x'', ''Nothing came.'')', (SELECT order_id FROM returns WHERE id = :'lost'))) \g /dev/null
DELETE FROM outbox_events;
SELECT is(tests.asked('service', 'send_reminders()'), '4', 'whoever has to do something within three days is told');
SELECT is(regexp_replace(tests.told(), 'A chair (back )?by [^,]*', 'it', 'g'), 'buyer: Send it, seller: Answer the return of it, seller: Decide the return of it, seller: Decide the return of it', 'the buyer to send, the seller to answer and to decide');
SELECT is(tests.asked('service', 'send_reminders()'), '0', 'once');
SELECT is(tests.asked('service', 'decide_overdue_returns()'), '0', 'before the time nothing is decided');
SELECT tests.ages(id, 3) FROM unnest(ARRAY[:'requested', :'approved', :'sent', :'inspected', :'lost']::uuid[]) id \g /dev/null
SET LOCAL driplo.return_decision_window = -1;
SELECT is(tests.asked('service', 'decide_overdue_returns()'), '0', 'nor when it is turned off');
SET LOCAL driplo.return_decision_window = '14d';
SELECT is(tests.asked('service', 'decide_overdue_returns()'), '3', 'then for the buyer');
SELECT is(tests.asked('service', 'expire_returns()'), '1', 'and what the buyer has not sent is closed');
SELECT is((SELECT string_agg(status || coalesce(' ' || refund_amount, ''), ', ' ORDER BY array_position(ARRAY[:'requested', :'approved', :'sent', :'inspected', :'fresh', :'lost']::uuid[], id)) FROM returns WHERE id <> :'ret'),
    'approved, closed, refunded 100.00, refunded 100.00, shipped_back, shipped_back', 'a request is approved, what was sent back is refunded; not what is disputed');
SELECT is((SELECT string_agg(concat_ws(' ', h ->> 'to', h ->> 'actor', h ->> 'note'), ', ' ORDER BY n) FROM returns, jsonb_array_elements(history) WITH ORDINALITY AS e (h, n) WHERE id = :'sent' AND n > 3),
    'received system the seller has not answered in time, refunded system the seller has not decided in time', 'the history says why');
SELECT is(tests.accounts((SELECT order_id FROM returns WHERE id = :'sent')), 'processor_clearing -100.00, refunds 100.00', 'all that was paid goes back');
SELECT is(tests.asked('service', 'decide_overdue_returns()'), '0', 'once');
-- a trigger of the shop's own that refuses one of them keeps no other
SELECT tests.shipped('pi_refused', 40) AS refused, tests.shipped('pi_after', 39) AS after_it \gset
CREATE FUNCTION tests.refuse() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE EXCEPTION 'not this one' USING ERRCODE = 'P0099'; END$$;
SELECT format('CREATE TRIGGER refuse BEFORE UPDATE ON orders FOR EACH ROW WHEN (OLD.id = %L AND NEW.status IN (''delivered'', ''completed'')) EXECUTE FUNCTION tests.refuse()', :'refused') \gexec
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '1', 'an order that cannot be delivered is left out');
SELECT is((SELECT string_agg(status::text, ', ' ORDER BY status) FROM orders WHERE id IN (:'refused', :'after_it')), 'shipped, delivered', 'and the one after it is delivered');
DROP TRIGGER refuse ON orders;
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '1', 'later that one too');
SELECT format('CREATE TRIGGER refuse BEFORE UPDATE ON orders FOR EACH ROW WHEN (OLD.id = %L AND NEW.status = ''completed'') EXECUTE FUNCTION tests.refuse()', :'refused') \gexec
UPDATE orders SET delivered_at = now() - interval '50 days' WHERE id IN (:'refused', :'after_it');
SELECT is(tests.asked('service', 'complete_overdue_orders()'), '1', 'so it is with the completion');
SELECT is((SELECT string_agg(status::text, ', ' ORDER BY status) FROM orders WHERE id IN (:'refused', :'after_it')), 'delivered, completed', 'of the other');
DROP TRIGGER refuse ON orders;
SELECT is_empty('SELECT * FROM check_integrity()', 'all of it adds up');
SELECT * FROM finish();
ROLLBACK;
