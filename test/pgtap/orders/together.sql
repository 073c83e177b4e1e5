-- Orders that are delivered and completed by themselves go many at once: each has what it would have alone, and one that cannot go keeps no other.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('together.example') \gset
CREATE TABLE tests.waiting (n integer PRIMARY KEY, id uuid NOT NULL DEFAULT gen_random_uuid());
GRANT SELECT ON tests.waiting TO PUBLIC;
SELECT tests.sign_up('buyer' || n || '@together.example') FROM generate_series(1, 5) n \g /dev/null
CREATE TABLE tests.buyers AS SELECT row_number() OVER (ORDER BY email) - 1 AS n, id FROM auth.users WHERE email ~ '^buyer[0-9]';
-- Paid orders of two lines, each by a buyer of five, that were sent in one parcel so many days ago, the lowest number first.
CREATE FUNCTION tests.send(first integer, last integer, days integer DEFAULT 40) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    seller constant uuid := (SELECT id FROM tests.people WHERE name = 'seller');
    thing constant uuid := tests.a_listing(seller, 10, 2000);
BEGIN
    INSERT INTO tests.waiting SELECT n FROM generate_series(first, last) n;
    INSERT INTO orders (id, buyer_id, seller_id, subtotal, total_amount)
    SELECT w.id, b.id, seller, 20, 20 FROM tests.waiting w JOIN tests.buyers b ON b.n = w.n % 5 WHERE w.n BETWEEN first AND last;
    INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price)
    SELECT w.id, thing, 1, 10, 10 FROM tests.waiting w, generate_series(1, 2) WHERE w.n BETWEEN first AND last;
    UPDATE orders o SET status = 'paid' FROM tests.waiting w WHERE o.id = w.id AND w.n BETWEEN first AND last;
    UPDATE orders o SET status = 'shipped', shipped_at = now() - make_interval(days => days, mins => 1000 - w.n) FROM tests.waiting w WHERE o.id = w.id AND w.n BETWEEN first AND last;
    INSERT INTO order_tracking (order_id, parcel_number, carrier, tracking_number, status)
    SELECT w.id, 1, 'ups', '1Z' || w.n, 'in_transit' FROM tests.waiting w WHERE w.n BETWEEN first AND last;
END $$;
-- On to the next clock.
CREATE FUNCTION tests.age() RETURNS void LANGUAGE sql AS $$
    UPDATE orders o SET delivered_at = o.delivered_at - make_interval(days => 20, mins => 1000 - w.n) FROM tests.waiting w WHERE o.id = w.id AND o.status = 'delivered'
$$;
-- What a step has left behind: in the order, its history, its parcel, the events and what people are told, without what names the order.
CREATE FUNCTION tests.trace(n integer) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(E'\n',
        (SELECT concat_ws(' ', o.status, o.delivered_at = now(), o.updated_at = now(), o.released_at, o.cancellation_reason, o.tracking_number = '1Z' || w.n) FROM orders o WHERE o.id = w.id),
        (SELECT string_agg(concat_ws(' ', h.from_status, h.to_status, coalesce(h.changed_by::text, 'nobody'), h.reason, h.metadata, (SELECT e.kind FROM outbox_events e WHERE e.id = h.event_id AND e.subject_id = h.order_id)), ', ' ORDER BY h.created_at, h.id)
           FROM order_status_history h WHERE h.order_id = w.id),
        (SELECT string_agg(concat_ws(' ', t.status, t.last_update = now()), ', ' ORDER BY t.parcel_number) FROM order_tracking t WHERE t.order_id = w.id),
        (SELECT string_agg(concat_ws(' ', s.event_type, s.event_data, s.carrier, s.tracking_number = '1Z' || w.n), ', ' ORDER BY s.event_type, s.tracking_number) FROM shipping_events s WHERE s.order_id = w.id),
        (SELECT string_agg(concat_ws(' ', e.kind, e.actor_id), ', ' ORDER BY e.kind) FROM outbox_events e WHERE e.subject_id = w.id),
        (SELECT string_agg(concat_ws(' ', e.kind, e.account, e.amount), ', ' ORDER BY e.kind, e.account) FROM ledger_entries e WHERE e.order_id = w.id))
      FROM tests.waiting w WHERE w.n = trace.n
$$;
-- In which states some are: "shipped 3, delivered 2".
CREATE FUNCTION tests.states(VARIADIC which integer[] DEFAULT NULL) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s', s.status, s.n), ', ' ORDER BY s.status)
      FROM (SELECT o.status, count(*) AS n FROM tests.waiting w JOIN orders o ON o.id = w.id WHERE which IS NULL OR w.n = ANY (which) GROUP BY o.status) s
$$;
CREATE FUNCTION tests.counted(which integer) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', p.total_purchases, s.total_purchases, s.total_spent) FROM tests.buyers b JOIN profiles p ON p.id = b.id JOIN user_stats_summary s ON s.user_id = b.id WHERE b.n = which
$$;

-- More than one batch, and beside each other an order by the job and one by hand

SELECT tests.send(1, 230) \g /dev/null
DELETE FROM outbox_events;
DELETE FROM notifications;
SELECT tests.log_in_as_service() \g /dev/null
SELECT transition_order(id, 'delivered', 'nobody has said that it did not arrive') FROM tests.waiting WHERE n = 230 \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.asked('service', 'deliver_overdue_orders(150)'), '150', 'as many as are wanted are delivered, also when they are more than one batch');
SELECT is((SELECT max(w.n) FROM tests.waiting w JOIN orders o ON o.id = w.id WHERE o.status = 'delivered' AND w.n < 230), 150, 'those that have waited longest');
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '79', 'then the others');
SELECT is(tests.states(), 'delivered 230', 'all of them');
SELECT is(tests.trace(1), tests.trace(230), 'the first leaves behind what one leaves that goes by hand, with the reason');
SELECT is((SELECT count(DISTINCT tests.trace(n)) FROM tests.waiting), 1::bigint, 'so does each');
SELECT is(tests.trace(1),
    E'delivered t t t\npending_payment nobody {}, pending_payment paid nobody {}, paid shipped nobody {}, shipped delivered nobody nobody has said that it did not arrive {} order.delivered\ndelivered t\ndelivered {"parcel_number": 1} ups t, shipped {}\norder.delivered\n'
    'sale processor_clearing -20.00, sale seller_pending 20.00',
    'namely this');
SELECT tests.log_in_as_service() \g /dev/null
DO $$BEGIN LOOP EXIT WHEN deliver_events(1000) = 0; END LOOP; END$$;
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT string_agg(format('%s %s', n.title, n.count), ', ' ORDER BY n.title) FROM (SELECT title, count(*) FROM notifications WHERE user_id = :'seller' GROUP BY title) n), 'A lamp + 1 has arrived 230', 'the seller is told of each');
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '0', 'once');
SELECT is(tests.asked('service', 'complete_overdue_orders()'), '0', 'none is completed before its time');
SELECT tests.age() \g /dev/null
DELETE FROM outbox_events;
SELECT tests.log_in_as_service() \g /dev/null
SELECT transition_order(id, 'completed', 'nothing was left to do') FROM tests.waiting WHERE n = 230 \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.counted(0), '1 1 20.00', 'which counts as a purchase');
SELECT is(tests.asked('service', 'complete_overdue_orders(101)'), '101', 'as many as are wanted are completed');
SELECT is((SELECT max(w.n) FROM tests.waiting w JOIN orders o ON o.id = w.id WHERE o.status = 'completed' AND w.n < 230), 101, 'those that have waited longest');
SELECT is(tests.asked('service', 'complete_overdue_orders()'), '128', 'then the others');
SELECT is((SELECT string_agg(DISTINCT tests.trace(n), E'\n') FROM tests.waiting), tests.trace(230), 'each leaves behind what one leaves that goes by hand');
SELECT is((SELECT concat_ws(' ', h.from_status, h.to_status, h.reason) FROM order_status_history h WHERE h.order_id = (SELECT id FROM tests.waiting WHERE n = 1) ORDER BY h.created_at DESC LIMIT 1), 'delivered completed nothing was left to do', 'with the reason');
SELECT is(tests.counted(n), '46 46 920.00', 'buyer ' || n || ' has bought all that was completed') FROM generate_series(0, 4) n;
SELECT is((SELECT concat_ws(' ', p.total_sales, s.total_sales, s.total_earned) FROM profiles p JOIN user_stats_summary s ON s.user_id = p.id WHERE p.id = :'seller'), '230 230 4600.00', 'and the seller has sold it');
SELECT is_empty($$SELECT rule, object FROM check_integrity()$$, 'check_integrity() finds nothing');

-- A trigger of the shop's own that refuses some, keeps some, or has others go on

TRUNCATE tests.waiting;
SELECT tests.send(1, 120) \g /dev/null
CREATE FUNCTION tests.watch() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    CASE (SELECT w.n FROM tests.waiting w WHERE w.id = NEW.id)
        WHEN 20, 110 THEN RAISE EXCEPTION 'not this one';
        WHEN 40, 115 THEN RETURN NULL;
        WHEN 60 THEN NEW.status := OLD.status;
        ELSE
    END CASE;
    RETURN NEW;
END $$;
CREATE TRIGGER a_watch BEFORE UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.status IN ('delivered', 'completed')) EXECUTE FUNCTION tests.watch();
DELETE FROM outbox_events;
SET LOCAL client_min_messages = error;
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '115', 'those that a trigger refuses or keeps keep no other, in both batches');
SELECT is(tests.states(20, 40, 60, 110, 115), 'shipped 5', 'and stay as they are');
SELECT is((SELECT count(DISTINCT tests.trace(n)) FROM tests.waiting WHERE n NOT IN (20, 40, 60, 110, 115)), 1::bigint, 'the others have all that goes with it');
SELECT is(tests.trace(n), E'shipped t t\npending_payment nobody {}, pending_payment paid nobody {}, paid shipped nobody {}\nin_transit t\nshipped {}\nsale processor_clearing -20.00, sale seller_pending 20.00', format('%s has nothing of it', n))
  FROM unnest('{20,40,60,110,115}'::integer[]) n;
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '0', 'nor the next time');
RESET client_min_messages;
DELETE FROM tests.waiting WHERE n IN (20, 110);
UPDATE orders SET shipped_at = now() WHERE status = 'shipped' AND id NOT IN (SELECT id FROM tests.waiting);
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '0', 'kept ones alone are kept without an error');
SELECT tests.send(201, 202) \g /dev/null
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '2', 'and keep no other');
SELECT is(tests.states(40, 60, 115), 'shipped 3', 'nor do they go with those');
DROP TRIGGER a_watch ON orders;
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '3', 'without the trigger they are delivered');
CREATE FUNCTION tests.goes_on() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF (SELECT w.n FROM tests.waiting w WHERE w.id = NEW.id) = 301 THEN
        PERFORM transition_order((SELECT w.id FROM tests.waiting w WHERE w.n = 303), 'completed', 'with the first');
    END IF;
    IF (SELECT w.n FROM tests.waiting w WHERE w.id = NEW.id) = 302 AND NEW.status = 'delivered' THEN
        UPDATE orders SET status = 'completed' WHERE id = NEW.id;
    END IF;
    RETURN NULL;
END $$;
SELECT tests.send(301, 304) \g /dev/null
DELETE FROM outbox_events;
CREATE TRIGGER zz_goes_on AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.status = 'delivered') EXECUTE FUNCTION tests.goes_on();
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '4', 'a trigger that takes the next step of one and of another one at once');
DROP TRIGGER zz_goes_on ON orders;
SELECT is(tests.states(301, 304), 'delivered 2', 'the others are where the job left them');
SELECT is((SELECT string_agg(concat_ws(' ', w.n, h.from_status, h.to_status, h.reason), ', ' ORDER BY w.n, h.created_at) FROM order_status_history h JOIN tests.waiting w ON w.id = h.order_id WHERE w.n IN (302, 303) AND h.to_status IN ('delivered', 'completed')),
    '302 shipped delivered nobody has said that it did not arrive, 302 delivered completed, 303 shipped delivered nobody has said that it did not arrive, 303 delivered completed with the first',
    'of both steps one after the other, each with its own reason');
SELECT is((SELECT string_agg(concat_ws(' ', w.n, t.status), ', ' ORDER BY w.n) FROM order_tracking t JOIN tests.waiting w ON w.id = t.order_id WHERE w.n IN (302, 303)), '302 delivered, 303 delivered', 'their parcels have arrived');
SELECT is((SELECT string_agg(concat_ws(' ', w.n, e.kind), ', ' ORDER BY w.n, e.id) FROM outbox_events e JOIN tests.waiting w ON w.id = e.subject_id WHERE w.n IN (302, 303)), '302 order.delivered, 302 order.completed, 303 order.delivered, 303 order.completed', 'and others are told of both');
SELECT is_empty($$SELECT rule, object FROM check_integrity()$$, 'check_integrity() finds nothing');

-- What has happened to one between the look for it and its lock

TRUNCATE tests.waiting;
SELECT tests.send(1, 8) \g /dev/null
INSERT INTO tests.people SELECT 'buyer of ' || b.n, b.id FROM tests.buyers b;
SELECT tests.asked('buyer of ' || n % 5, format('open_dispute(%L, ''item_not_received'', ''Nothing came'', ''Where is it?'')', id)) FROM tests.waiting WHERE n = 1 \g /dev/null
SELECT tests.asked('buyer of ' || n % 5, format('request_refund(%L, 20, ''Nothing came.'')', id)) FROM tests.waiting WHERE n = 2 \g /dev/null
SELECT tests.asked('buyer of ' || n % 5, format('confirm_delivery(%L)', id)) FROM tests.waiting WHERE n = 3 \g /dev/null
UPDATE orders SET shipped_at = now() WHERE id = (SELECT id FROM tests.waiting WHERE n = 4);
UPDATE orders SET due_on_delivery = 20, part_paid_amount = 0 WHERE id = (SELECT id FROM tests.waiting WHERE n = 5);
SELECT is(private.take_overdue_steps('delivery', ARRAY(SELECT id FROM tests.waiting), 'x', 100), 3, 'of a batch in which one is disputed, one asked back, one confirmed, one sent again and one to be paid at the door, the rest is delivered');
SELECT is(tests.states(1, 2, 4, 5) || ', ' || tests.states(3, 6, 7, 8), 'shipped 4, delivered 4', 'and the others are as they were');
SELECT is((SELECT count(*) FROM order_status_history WHERE order_id = (SELECT id FROM tests.waiting WHERE n = 3) AND to_status = 'delivered'), 1::bigint, 'the confirmed one is delivered once');
SELECT is(private.take_overdue_steps('completion', ARRAY(SELECT id FROM tests.waiting), 'x', 100), 0, 'so it is with the completion, for which the time has not come');
SELECT matches(tests.asked('buyer of ' || n % 5, format('open_dispute(%L, ''item_not_as_described'', ''It is broken'', ''Look.'')', id)), '^[0-9a-f-]{36}$', 'one is disputed') FROM tests.waiting WHERE n = 6;
SELECT tests.age() \g /dev/null
SELECT is(private.take_overdue_steps('completion', ARRAY(SELECT id FROM tests.waiting WHERE n IN (3, 7, 8)), 'x', 2), 2, 'as many as are wanted of a batch');
SELECT is(private.take_overdue_steps('completion', ARRAY(SELECT id FROM tests.waiting WHERE n = 6), 'x', 1), 0, 'none that is disputed meanwhile');
SELECT tests.asked('service', 'complete_overdue_orders()') \g /dev/null
SELECT is(tests.states(3, 7, 8), 'completed 3', 'then each whose time is over');
UPDATE orders SET due_on_delivery = 0, shipped_at = now() WHERE due_on_delivery > 0;

-- Who objects while the job is at work: by a trigger, of an order in the batch behind

TRUNCATE tests.waiting;
SELECT tests.send(1, 130) \g /dev/null
CREATE FUNCTION tests.objects() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description)
    SELECT 'D-' || w.n, o.id, o.buyer_id, o.seller_id, 'item_not_received', 'Nothing came', 'Where is it?' FROM tests.waiting w JOIN orders o ON o.id = w.id WHERE w.n IN (125, 126);
    RETURN NULL;
END $$;
SELECT format('CREATE TRIGGER objects AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.id = %L AND NEW.status = ''delivered'') EXECUTE FUNCTION tests.objects()', id) FROM tests.waiting WHERE n = 1 \gexec
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '128', 'what is disputed while the job is at work is not delivered');
DROP TRIGGER objects ON orders;
SELECT is(tests.states(125, 126), 'shipped 2', 'though it was overdue when the job began');
SELECT is_empty($$SELECT rule, object FROM check_integrity()$$, 'check_integrity() finds nothing');

-- Orders that a coupon ties to others go as any

TRUNCATE tests.waiting;
SELECT tests.send(1, 3) \g /dev/null
UPDATE orders SET promise_id = '00000000-0000-0000-0000-0000000000f0' WHERE id IN (SELECT id FROM tests.waiting WHERE n < 3);
UPDATE orders SET shipped_at = now() WHERE id = (SELECT id FROM tests.waiting WHERE n = 2);
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '2', 'one that is tied to another is delivered');
SELECT is(tests.states(1, 3) || ', ' || tests.states(2), 'delivered 2, shipped 1', 'and that one at its own time');

-- With no time for returns the seller balance becomes available with the step

SET LOCAL driplo.return_window = 0;
TRUNCATE tests.waiting;
SELECT tests.send(1, 3) \g /dev/null
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '3', 'without a window of returns');
SELECT is((SELECT string_agg(concat_ws(' ', w.n, e.account, e.amount), ', ' ORDER BY w.n, e.account) FROM ledger_entries e JOIN tests.waiting w ON w.id = e.order_id WHERE e.kind = 'release'),
    '1 seller_pending -20.00, 1 seller_available 20.00, 2 seller_pending -20.00, 2 seller_available 20.00, 3 seller_pending -20.00, 3 seller_available 20.00', 'the takings of each are released');
SELECT is_empty($$SELECT rule, object FROM check_integrity()$$, 'check_integrity() finds nothing');
SELECT * FROM finish();
ROLLBACK;
