-- An order that is sent in several parcels: the seller adds and corrects them until it is delivered, the buyer sees what is in
-- which and confirms them one by one, and nothing counts as delivered that was not sent.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('parcels.example') \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
SELECT tests.goods(:'seller', 'lamp', 10) AS lamp, tests.goods(:'seller', 'vase', 7) AS vase, tests.goods(:'other', 'chair', 5) AS chair \gset
SELECT tests.log_in_as_service() \g /dev/null
-- nobody has switched anything off
SELECT tests.log_out() \g /dev/null

-- Three lamps and a vase, bought and paid.
CREATE FUNCTION tests.sell(lamps integer DEFAULT 3, pickup boolean DEFAULT false) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    buyer constant uuid := (SELECT id FROM tests.people WHERE name = 'buyer');
    sold uuid;
BEGIN
    PERFORM tests.put(buyer, (SELECT id FROM listings WHERE title = 'lamp'), lamps), tests.put(buyer, (SELECT id FROM listings WHERE title = 'vase'));
    PERFORM tests.log_in_as('buyer');
    SELECT order_id INTO sold FROM checkout((SELECT id FROM shipping_addresses));
    PERFORM tests.log_in_as_service();
    PERFORM transition_order(sold, 'paid');
    PERFORM tests.log_out();
    UPDATE order_items SET is_picked_up = pickup WHERE order_id = sold AND title = 'vase';
    RETURN sold;
END $$;
-- '2 lamp, vase' as the argument; without a number all that is left.
CREATE FUNCTION tests.things(sold uuid, words text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('order_item_id', i.id, 'quantity', substring(word FROM '\d+')::integer)))
      FROM regexp_split_to_table(words, ', ') AS word JOIN order_items i ON i.order_id = sold AND i.title = substring(word FROM '[a-z]+')
$$;
CREATE FUNCTION tests.adds(who text, sold uuid, number text, words text DEFAULT NULL) RETURNS text LANGUAGE sql AS
    $$SELECT tests.asked(who, format('add_parcel(%L, ''dhl'', %L, items => %L)', sold, number, tests.things(sold, words)))$$;
CREATE FUNCTION tests.packs(who text, sold uuid, parcel integer, words text) RETURNS text LANGUAGE sql AS
    $$SELECT tests.asked(who, format('update_parcel(%L, %s, items => %L)', sold, parcel, tests.things(sold, words)))$$;
CREATE FUNCTION tests.confirms(who text, sold uuid, parcel integer) RETURNS text LANGUAGE sql AS
    $$SELECT tests.asked(who, format('confirm_parcel(%L, %s)', sold, parcel))$$;
-- '1 dhl A picked_up: 2 lamp; 2 ...' as one of them sees it.
CREATE FUNCTION tests.parcels(who text, sold uuid) RETURNS text LANGUAGE sql AS $$
    SELECT tests.asked(who, format($x$SELECT string_agg(format('%%s %%s %%s %%s: %%s', p.parcel_number, p.carrier, p.tracking_number, p.status,
        (SELECT string_agg(concat_ws(' ', i ->> 'quantity', i ->> 'title'), ', ' ORDER BY i ->> 'title') FROM jsonb_array_elements(p.items) i)), '; ' ORDER BY p.parcel_number) FROM order_parcels(%L) p$x$, sold))
$$;
-- All of it is one transaction, whose now() says nothing of the sequence.
ALTER TABLE shipping_events ADD place bigint GENERATED ALWAYS AS IDENTITY;
CREATE FUNCTION tests.events_of(sold uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', event_type, event_data ->> 'parcel_number', tracking_number), ', ' ORDER BY place) FROM shipping_events WHERE order_id = sold
$$;
CREATE FUNCTION tests.told() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM deliver_events();
    PERFORM tests.log_out();
    SELECT string_agg(format('%s: %s (%s)', p.name, regexp_replace(n.title, '(lamp|vase)( \+ 1)?', 'things'), n.message), ', ' ORDER BY n.title) INTO told FROM notifications n JOIN tests.people p ON p.id = n.user_id;
    DELETE FROM notifications;
    RETURN coalesce(told, 'nobody');
END $$;

-- The way of an order in two parcels
SELECT tests.sell() AS sold, tests.sell() AS untouched \gset
SELECT tests.told() \g /dev/null
SELECT is(tests.answers('anon buyer seller other moderator admin service', format('SELECT * FROM order_parcels(%L)', :'sold')), '0 rows for buyer seller admin service; 42501 for anon; P0002 for other moderator', 'nothing is sent yet');
SELECT is(tests.answers('anon other moderator suspended buyer', format('SELECT add_parcel(%L, ''dhl'', ''A'')', :'sold')), '42501 for anon buyer; P0002 for other moderator suspended', 'who is not the seller sends nothing');
SELECT is(tests.adds('seller', :'sold', 'A', '2 lamp'), '1', 'the seller sends two of three lamps');
SELECT is(tests.status_of(:'sold'), 'shipped', 'with the first parcel the order is shipped');
SELECT results_eq(format('SELECT tracking_number::text, shipping_carrier::text, shipped_at IS NOT NULL FROM orders WHERE id = %L', :'sold'), $$VALUES ('A', 'dhl', true)$$, 'and says so');
SELECT tests.told() \g /dev/null
SELECT is(tests.parcels(who, :'sold'), '1 dhl A picked_up: 2 lamp', who || ' sees what is in it') FROM unnest('{buyer,seller,admin,service}'::text[]) who;
SELECT is(tests.asked('buyer', format('confirm_delivery(%L)', :'sold')), 'MK005 cannot confirm the delivery of an order that is not completely sent', 'the order has not arrived before all of it is sent');
SELECT is(tests.answers('buyer', format('UPDATE orders SET status = ''delivered'' WHERE id = %L', :'sold')), 'MK005 for buyer', 'by no way');
SELECT is(tests.confirms('buyer', :'sold', 1), 'shipped', 'but this parcel has');
SELECT is(tests.parcels('buyer', :'sold'), '1 dhl A delivered: 2 lamp', 'and is done');
SELECT is(tests.confirms('buyer', :'sold', 1), '55000 parcel 1 of the order has already arrived', 'once');
SELECT is(tests.asked('seller', format('update_parcel(%L, 1, tracking_number => ''X'')', :'sold')), '55000 parcel 1 of the order has already arrived', 'what has arrived is not corrected');
SELECT is(tests.asked('seller', format('ship_order(%L, ''dhl'', ''X'')', :'sold')), '55000 parcel 1 of the order has already arrived', 'by no function');
SELECT is(tests.adds('seller', :'sold', 'B', '2 lamp'), '23514 the parcels of an order cannot hold more of an item than is to be sent', 'no more is sent than was bought');
SELECT is(tests.adds('seller', :'sold', 'B', 'lamp, vase'), '2', 'the seller sends the rest');
SELECT is(tests.parcels('buyer', :'sold'), '1 dhl A delivered: 2 lamp; 2 dhl B picked_up: 1 lamp, 1 vase', 'which is what was left');
SELECT is(tests.told(), 'buyer: Parcel 2 of things is on its way (DHL B)', 'the buyer is told of the second parcel');
SELECT is((SELECT tracking_number FROM orders WHERE id = :'sold'), 'A', 'the order names the first');
SELECT is(tests.asked('seller', format('update_parcel(%L, 2, ''ups'', ''1Z'', ''https://example.com/1Z'')', :'sold')), '', 'a number that was typed wrongly is corrected');
SELECT is(tests.told(), 'buyer: Parcel 2 of things has another number (UPS 1Z)', 'and the buyer is told');
SELECT is(tests.asked('seller', format('update_parcel(%L, 2)', :'sold')), '', 'a correction of nothing');
SELECT is(tests.told(), 'nobody', 'is none');
SELECT results_eq(format('SELECT event_data FROM shipping_events WHERE order_id = %L AND event_type = ''tracking_changed''', :'sold'),
    format($$VALUES ('{"parcel_number": 2, "carrier_before": "dhl", "tracking_number_before": "B"}'::jsonb || jsonb_build_object('items_before', (SELECT items FROM order_tracking WHERE order_id = %L AND parcel_number = 2)))$$, :'sold'), 'what was there before is kept');
SELECT is(tests.asked('seller', format('update_parcel(%L, 2, tracking_number => ''2Z'')', :'sold')), '', 'with another number');
SELECT results_eq(format('SELECT carrier::text, tracking_number::text, tracking_url FROM order_tracking WHERE order_id = %L AND parcel_number = 2', :'sold'), $$VALUES ('ups', '2Z', NULL::text)$$, 'the address of the old one is gone');
SELECT is(tests.confirms('seller', :'sold', 2), '42501 only the buyer of an order can confirm that a parcel has arrived', 'the seller does not say that it has arrived');
SELECT is(tests.confirms('buyer', :'sold', 2), 'delivered', 'with the last parcel the order is delivered');
SELECT is(tests.events_of(:'sold'), 'shipped 1 A, delivered 1 A, shipped 2 B, tracking_changed 2 1Z, tracking_changed 2 2Z, delivered 2 2Z', 'each parcel has its events');
SELECT is((SELECT string_agg(concat_ws(' ', to_status, actor, replace(reason, '1 × vase, 1 × lamp', '1 × lamp, 1 × vase')), ', ') FROM order_timeline(:'sold') WHERE to_status NOT IN ('pending_payment', 'paid')),
    'shipped seller, shipped buyer #1: dhl A ✓, shipped seller #2: dhl B: 1 × lamp, 1 × vase, shipped seller #2: dhl B → ups 1Z, shipped seller #2: ups 1Z → ups 2Z, delivered buyer', 'and the timeline its steps');
SELECT is(tests.adds('seller', :'sold', 'C'), 'MK005 cannot change order status from delivered to shipped', 'after that nothing is added');
SELECT is(tests.asked('seller', format('update_parcel(%L, 2, tracking_number => ''X'')', :'sold')), 'MK005 cannot change the parcels of an order that is delivered', 'nor corrected');
SELECT is(tests.asked('seller', format('remove_parcel(%L, 2)', :'sold')), 'MK005 cannot change the parcels of an order that is delivered', 'nor removed');
SELECT is(tests.parcels('buyer', :'untouched'), 'NULL', 'another order of the same two has no parcel');

-- Parcels that do not say what is in them
SELECT tests.sell() AS plain \gset
SELECT tests.log_in(:'seller') \g /dev/null
SELECT ship_order(:'plain', 'dhl', 'WRONG') \g /dev/null
SELECT ship_order(:'plain', 'dhl', 'RIGHT') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.parcels('buyer', :'plain'), '1 dhl RIGHT picked_up: 3 lamp, 1 vase', 'the only parcel holds everything');
SELECT is(tests.adds('seller', :'plain', 'SECOND'), '2', 'a second one');
SELECT is(tests.parcels('buyer', :'plain'), '1 dhl RIGHT picked_up: 3 lamp, 1 vase; 2 dhl SECOND picked_up: 3 lamp, 1 vase', 'that holds a part of it, nobody says which');
SELECT is(tests.packs('seller', :'plain', 2, '3 lamp'), '', 'until the seller does');
SELECT is(tests.parcels('buyer', :'plain'), '1 dhl RIGHT picked_up: 1 vase; 2 dhl SECOND picked_up: 3 lamp', 'then the first has the rest');
SELECT is(tests.asked('seller', format('update_parcel(%L, 2, items => ''[]'')', :'plain')), '', 'or takes it back');
SELECT is(tests.parcels('buyer', :'plain'), '1 dhl RIGHT picked_up: 3 lamp, 1 vase; 2 dhl SECOND picked_up: 3 lamp, 1 vase', 'and it is as before');
SELECT is(tests.confirms('buyer', :'plain', 2), 'shipped', 'the second has arrived');
SELECT is(tests.asked('buyer', format('confirm_delivery(%L)', :'plain')), 'delivered', 'the buyer has it all');
SELECT is(tests.parcels('buyer', :'plain'), '1 dhl RIGHT delivered: 3 lamp, 1 vase; 2 dhl SECOND delivered: 3 lamp, 1 vase', 'then both have arrived');
SELECT is(tests.events_of(:'plain'), 'shipped 1 WRONG, tracking_changed 1 RIGHT, shipped 2 SECOND, parcel_changed 2 SECOND, parcel_changed 2 SECOND, delivered 2 SECOND, delivered 1 RIGHT', 'each once');

-- Added by mistake
SELECT tests.sell() AS mistaken \gset
SELECT tests.adds('seller', :'mistaken', 'A', '3 lamp, vase'), tests.adds('seller', :'mistaken', 'ELSEWHERE') \g /dev/null
SELECT is(tests.confirms('buyer', :'mistaken', 1), 'shipped', 'a parcel that never comes keeps the order open');
SELECT is(tests.answers('anon other moderator buyer', format('SELECT remove_parcel(%L, 2)', :'mistaken')), '42501 for anon buyer; P0002 for other moderator', 'who is not the seller removes none');
SELECT is(tests.answers('anon other moderator buyer', format('SELECT update_parcel(%L, 2, ''ups'')', :'mistaken')), '42501 for anon buyer; P0002 for other moderator', 'nor corrects one');
SELECT is(tests.answers('anon other moderator', format('SELECT confirm_parcel(%L, 2)', :'mistaken')), '42501 for anon; P0002 for other moderator', 'nor confirms one who has not bought');
SELECT is(tests.asked('seller', format('remove_parcel(%L, 2)', :'mistaken')), '', 'so the seller removes it');
SELECT is(tests.asked('seller', format('remove_parcel(%L, 2)', :'mistaken')), 'P0002 parcel 2 of the order does not exist', 'once');
SELECT is(tests.parcels('seller', :'mistaken'), '1 dhl A delivered: 3 lamp, 1 vase', 'and it is gone');
SELECT is(tests.events_of(:'mistaken'), 'shipped 1 A, shipped 2 ELSEWHERE, delivered 1 A, parcel_removed 2 ELSEWHERE', 'but not from the events');
SELECT is(tests.asked('buyer', format('confirm_delivery(%L)', :'mistaken')), 'delivered', 'the order has arrived');
SELECT tests.sell() AS first_only \gset
SELECT tests.adds('seller', :'first_only', 'A') \g /dev/null
SELECT is(tests.asked('seller', format('remove_parcel(%L, 1)', :'first_only')), '55000 cannot remove the first parcel of an order', 'the first parcel is corrected instead');

-- What was cancelled or refunded needs no parcel, and is not sent
SELECT tests.sell() AS less \gset
SELECT tests.asked('seller', format('cancel_order_items(%L, %L)', :'less', tests.things(:'less', '1 lamp'))) \g /dev/null
SELECT is(tests.adds('seller', :'less', 'A', '3 lamp'), '23514 the parcels of an order cannot hold more of an item than is to be sent', 'a lamp that was cancelled is not sent');
SELECT is(tests.detail_of(format('INSERT INTO order_tracking (order_id, carrier, tracking_number, items) VALUES (%L, ''dhl'', ''A'', %L)', :'less', tests.things(:'less', '3 lamp'))), '23514 This parcel can hold 2 of it.', 'and how many are is told');
SELECT is(tests.adds('seller', :'less', 'A', '1 lamp'), '1', 'one of the two is sent');
SELECT is(tests.confirms('buyer', :'less', 1), 'shipped', 'and arrives');
SELECT is(tests.asked('seller', format('(SELECT string_agg(DISTINCT status, '', '') FROM refund_order(%L, items => %L, reason => ''broken''))', :'less', tests.things(:'less', '1 lamp, vase'))), 'approved', 'the seller gives back the rest');
SELECT is(tests.adds('seller', :'less', 'B', 'vase'), '23514 the parcels of an order cannot hold more of an item than is to be sent', 'the vase that was paid back is not sent');
SELECT is(tests.asked('buyer', format('confirm_delivery(%L)', :'less')), 'delivered', 'nothing is missing any more');
SELECT tests.sell(lamps => 2) AS after_it \gset
SELECT tests.adds('seller', :'after_it', 'A', '1 lamp') \g /dev/null
SELECT is(tests.asked('seller', format('(SELECT string_agg(DISTINCT status, '', '') FROM refund_order(%L, items => %L, reason => ''broken''))', :'after_it', tests.things(:'after_it', '1 lamp'))), 'approved', 'a lamp that was sent is paid back');
SELECT is(tests.adds('seller', :'after_it', 'B', '1 lamp, vase'), '2', 'the other one is still sent');
SELECT is(tests.packs('seller', :'after_it', 2, 'vase, 1 lamp'), '', 'what is in a parcel may stay there');
SELECT is(tests.packs('seller', :'after_it', 2, 'vase'), '', 'or not');
SELECT tests.sell(pickup => true) AS fetched \gset
SELECT tests.adds('seller', :'fetched', 'A', '3 lamp') \g /dev/null
SELECT is(tests.confirms('buyer', :'fetched', 1), 'delivered', 'what the buyer picks up needs no parcel');

-- What nobody should hand in
SELECT tests.sell() AS ord, tests.sell() AS other_order \gset
SELECT tests.adds('seller', :'ord', 'A', '1 lamp') \g /dev/null
SELECT is(tests.answers('seller', format('SELECT %s', call)), code || ' for seller', call)
  FROM (VALUES ('add_parcel(NULL, ''dhl'', ''A'')', '22004'), (format('add_parcel(%L, NULL, ''A'')', :'ord'), '22004'), (format('add_parcel(%L, ''dhl'', NULL)', :'ord'), '22004'), (format('add_parcel(%L, ''pigeon'', ''A'')', :'ord'), '22023'),
               (format('add_parcel(%L, ''dhl'', '' '')', :'ord'), '22023'), (format('add_parcel(%L, ''dhl'', ''A'', ''javascript:alert(1)'')', :'ord'), '22023'),
               (format('add_parcel(%L, ''dhl'', ''A'', items => ''{}'')', :'ord'), '22023'), (format('add_parcel(%L, ''dhl'', ''A'', items => ''"x"'')', :'ord'), '22023'), (format('add_parcel(%L, ''dhl'', ''A'', items => ''null'')', :'ord'), '22023'),
               (format('add_parcel(%L, ''dhl'', ''A'', items => ''[1]'')', :'ord'), '22023'), (format('add_parcel(%L, ''dhl'', ''A'', items => %L)', :'ord', tests.things(:'ord', '0 lamp')), '22023'),
               (format('add_parcel(%L, ''dhl'', ''A'', items => %L)', :'ord', tests.things(:'ord', '1 lamp, 1 lamp')), '22023'), (format('add_parcel(%L, ''dhl'', ''A'', items => %L)', :'ord', tests.things(:'ord', '999999999 lamp')), '23514'),
               (format('add_parcel(%L, ''dhl'', ''A'', items => %L)', :'ord', tests.things(:'other_order', 'lamp')), 'P0002'), (format('add_parcel(%L, ''dhl'', ''A'')', gen_random_uuid()), 'P0002'),
               (format('update_parcel(%L, NULL)', :'ord'), '22004'), (format('update_parcel(%L, 0)', :'ord'), 'P0002'), (format('update_parcel(%L, 2, ''ups'')', :'ord'), 'P0002'), (format('update_parcel(%L, 1, ''pigeon'')', :'ord'), '22023'),
               (format('update_parcel(%L, 1, tracking_number => %L)', :'ord', repeat('1', 101)), '22023'), (format('update_parcel(%L, 1, tracking_url => ''x'')', :'ord'), '22023'),
               (format('update_parcel(%L, 1, items => %L)', :'ord', tests.things(:'ord', '4 lamp')), '23514'), (format('update_parcel(%L, 1, items => %L)', :'ord', tests.things(:'other_order', 'lamp')), 'P0002'),
               (format('remove_parcel(%L, NULL)', :'ord'), '22004'), (format('remove_parcel(%L, -1)', :'ord'), 'P0002'), ('order_parcels(NULL)', '22004'), (format('confirm_parcel(%L, 1)', :'ord'), '42501')) c (call, code);
SELECT is(tests.answers('buyer', format('SELECT %s', call)), code || ' for buyer', call)
  FROM (VALUES (format('confirm_parcel(%L, 7)', :'ord'), 'P0002'), (format('confirm_parcel(%L, NULL)', :'ord'), '22004'), ('confirm_parcel(NULL, 1)', '22004'), (format('confirm_parcel(%L, 1)', :'other_order'), 'MK005')) c (call, code);
SELECT is(tests.answers('anon buyer seller other moderator admin', statement), answer, regexp_replace(statement, '\(.*', ''))
  FROM (VALUES (format('INSERT INTO order_tracking (order_id, carrier, tracking_number, parcel_number) VALUES (%L, ''dhl'', ''X'', 9)', :'ord'), '42501 for anon buyer seller other moderator admin'),
               (format('UPDATE order_tracking SET items = NULL WHERE order_id = %L', :'ord'), '42501 for anon buyer seller other moderator admin'),
               (format('DELETE FROM order_tracking WHERE order_id = %L', :'ord'), '42501 for anon buyer seller other moderator admin')) c (statement, answer);
-- the service writes parcels itself, by the same rules
SELECT is(tests.answers('service', format('INSERT INTO order_tracking (order_id, carrier, tracking_number, parcel_number, items) VALUES (%L, ''dhl'', ''X'', 9, %L)', :'ord', items)), '23514 for service', 'no parcel holds ' || items)
  FROM unnest(ARRAY['[]', '[{}]', '[{"quantity": 1}]', tests.things(:'other_order', '1 lamp')::text, tests.things(:'ord', 'lamp')::text, (tests.things(:'ord', '1 lamp') || tests.things(:'ord', '1 lamp'))::text, tests.things(:'ord', '3 lamp')::text]) items;
SELECT is(tests.answers('service', format('INSERT INTO order_tracking (order_id, carrier, tracking_number, parcel_number) VALUES (%L, ''dhl'', ''X'', %s)', :'ord', n)), answer || ' for service', 'number ' || n) FROM (VALUES (0, '23514'), (1, '23505')) c (n, answer);
SELECT tests.log_in_as_service() \g /dev/null
INSERT INTO order_tracking (order_id, carrier, tracking_number, parcel_number, items) VALUES (:'ord', 'dhl', 'X', 2, tests.things(:'ord', '1 lamp'));
UPDATE order_tracking SET tracking_number = 'Y' WHERE order_id = :'ord' AND parcel_number = 2;
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT tracking_number FROM orders WHERE id = :'ord'), 'A', 'the second parcel is not the order''s');
SELECT is(tests.confirms('service', :'ord', 2), 'shipped', 'what the carrier reports the service confirms');
SELECT is(tests.asked('admin', format('add_parcel(%L, ''dhl'', ''Z'')', :'ord')), '3', 'an admin may do what the seller may');
SELECT is(tests.asked('admin', format('update_parcel(%L, 3, ''ups'')', :'ord')), '', 'correct it');
SELECT is(tests.confirms('admin', :'ord', 3), 'shipped', 'and what the buyer may');
SELECT is((SELECT string_agg(concat_ws(' ', action, new_values ->> 'reason'), ', ' ORDER BY created_at, ctid) FROM admin_audit_log WHERE target_id = :'ord' AND admin_id = :'admin'), 'add_parcel #3: dhl Z, update_parcel #3: dhl Z → ups Z, confirm_parcel #3: ups Z ✓', 'which is in the audit log');
SELECT tests.log_in_as_service() \g /dev/null
INSERT INTO order_tracking (order_id, carrier, tracking_number, parcel_number) SELECT :'ord', 'dhl', 'X', n FROM generate_series(4, 100) n;
SELECT tests.log_out() \g /dev/null
SELECT is(tests.adds('seller', :'ord', 'B'), '54000 an order can have at most 100 parcels', 'there is an end to it');

-- The service knows better than the parcels do
SELECT tests.sell() AS found \gset
SELECT tests.adds('seller', :'found', 'A', '1 lamp') \g /dev/null
SELECT is(tests.asked('service', format('transition_order(%L, ''delivered'')', :'found')), 'delivered', 'the system may say that an order is delivered');

-- The clock begins with the last parcel, and not before all is sent
SELECT tests.sell() AS slow \gset
SELECT tests.adds('seller', :'slow', 'A', '3 lamp') \g /dev/null
UPDATE orders SET shipped_at = now() - interval '40 days' WHERE id = :'slow';
UPDATE order_tracking SET created_at = now() - interval '40 days' WHERE order_id = :'slow';
SELECT is(tests.asked('service', 'deliver_overdue_orders()') || tests.asked('service', 'send_reminders()'), '00', 'what is not sent does not count as delivered');
SELECT tests.adds('seller', :'slow', 'B', 'vase') \g /dev/null
UPDATE order_tracking SET created_at = now() - interval '20 days' WHERE order_id = :'slow' AND parcel_number = 2;
SELECT is(tests.asked('service', 'deliver_overdue_orders()') || tests.asked('service', 'send_reminders()'), '00', 'nor before the last parcel had its time');
UPDATE order_tracking SET created_at = now() - interval '28 days' WHERE order_id = :'slow' AND parcel_number = 2;
SELECT is(tests.asked('service', 'deliver_overdue_orders()') || tests.asked('service', 'send_reminders()'), '01', 'of which the buyer is reminded');
SELECT is(tests.asked('service', 'send_reminders()'), '0', 'once');
UPDATE orders SET reminded_at = now() - interval '29 days' WHERE id = :'slow';
SELECT is(tests.asked('service', 'send_reminders()'), '1', 'and again, if a parcel came after that');
UPDATE order_tracking SET created_at = now() - interval '31 days' WHERE order_id = :'slow' AND parcel_number = 2;
SELECT is(tests.asked('service', 'deliver_overdue_orders()'), '1', 'then it counts as delivered');
SELECT is(tests.parcels('buyer', :'slow'), '1 dhl A delivered: 3 lamp; 2 dhl B delivered: 1 vase', 'with all its parcels');

SELECT is_empty('SELECT * FROM check_integrity()', 'all of it adds up');
SELECT * FROM finish();
ROLLBACK;
