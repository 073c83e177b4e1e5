-- The steps of an order by functions: who may take which, what goes with it, what a cancellation gives back, and what
-- the timeline tells.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT plan(125);

SELECT tests.sign_up('buyer@steps.example') AS buyer, tests.sign_up('seller@steps.example') AS seller, tests.sign_up('stranger@steps.example') AS stranger,
       tests.sign_up('admin@steps.example') AS admin, tests.sign_up('mod@steps.example') AS mod \gset
SELECT promote_to_admin('admin@steps.example') \g /dev/null
UPDATE profiles SET role = 'moderator' WHERE id = :'mod';
SELECT tests.an_address(:'buyer', true) AS home \gset

-- transition_order(): what the published table says, for each of 11 x 11 steps by each actor

CREATE TEMPORARY TABLE step (from_status text, to_status text, actors text);
INSERT INTO step VALUES
    ('pending_payment', 'payment_processing', 'buyer system'), ('pending_payment', 'paid', 'system'),
    ('pending_payment', 'payment_failed', 'system'), ('pending_payment', 'cancelled', 'buyer seller system'),
    ('payment_processing', 'paid', 'system'), ('payment_processing', 'payment_failed', 'system'),
    ('payment_processing', 'cancelled', 'buyer system'),
    ('payment_failed', 'payment_processing', 'buyer system'), ('payment_failed', 'cancelled', 'buyer seller system'),
    ('paid', 'preparing', 'seller system'), ('paid', 'shipped', 'seller system'), ('paid', 'cancelled', 'seller system'),
    ('paid', 'refunded', 'system'),
    ('preparing', 'shipped', 'seller system'), ('preparing', 'cancelled', 'seller system'), ('preparing', 'refunded', 'system'),
    ('shipped', 'in_transit', 'seller system'), ('shipped', 'delivered', 'buyer system'), ('shipped', 'refunded', 'system'),
    ('in_transit', 'delivered', 'buyer system'), ('in_transit', 'refunded', 'system'),
    ('delivered', 'completed', 'buyer system'), ('delivered', 'refunded', 'system'),
    ('completed', 'refunded', 'system');
CREATE TEMPORARY TABLE tried (actor text, from_status text, to_status text, outcome text, detail text, status_after text, history bigint);
GRANT ALL ON step, tried TO PUBLIC;

CREATE FUNCTION pg_temp.try_all(actor text, user_id uuid, buyer uuid, seller uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a text;
    b text;
    the_order uuid;
    outcome text;
    detail text;
BEGIN
    FOREACH a IN ARRAY enum_range(NULL::order_status)::text[] LOOP
        FOREACH b IN ARRAY enum_range(NULL::order_status)::text[] LOOP
            the_order := tests.an_order(buyer, seller, 10, a);
            detail := NULL;
            BEGIN
                IF user_id IS NULL THEN PERFORM tests.log_in_as_service(); ELSE PERFORM tests.log_in(user_id); END IF;
                outcome := transition_order(the_order, b);
                PERFORM tests.log_out();
            EXCEPTION WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
                outcome := SQLSTATE;
            END;
            INSERT INTO tried SELECT actor, a, b, outcome, detail, o.status::text, (SELECT count(*) FROM order_status_history h WHERE h.order_id = o.id)
              FROM orders o WHERE o.id = the_order;
        END LOOP;
    END LOOP;
END $$;
SELECT pg_temp.try_all('buyer', :'buyer', :'buyer', :'seller'), pg_temp.try_all('seller', :'seller', :'buyer', :'seller'),
       pg_temp.try_all('stranger', :'stranger', :'buyer', :'seller'), pg_temp.try_all('moderator', :'mod', :'buyer', :'seller'),
       pg_temp.try_all('system', NULL, :'buyer', :'seller'), pg_temp.try_all('admin', :'admin', :'buyer', :'seller') \g /dev/null
-- an admin who is a party is no more than that
SELECT pg_temp.try_all('buyer and admin', :'admin', :'admin', :'seller'), pg_temp.try_all('seller and admin', :'admin', :'buyer', :'admin') \g /dev/null

CREATE TEMPORARY VIEW judged AS
SELECT t.*, word.who, EXISTS (SELECT FROM step s WHERE s.from_status = t.from_status AND s.to_status = t.to_status AND word.who = ANY (string_to_array(s.actors, ' '))) AS legal,
       (SELECT coalesce(string_agg(s.to_status, ', ' ORDER BY s.to_status), 'none') FROM step s WHERE s.from_status = t.from_status AND word.who = ANY (string_to_array(s.actors, ' '))) AS possible
  FROM tried t, LATERAL (SELECT CASE t.actor WHEN 'admin' THEN 'system' ELSE split_part(t.actor, ' ', 1) END) word (who);
SELECT is((SELECT count(*) FROM judged), 8 * 121::bigint, 'all 121 steps were tried by eight people');
SELECT is_empty(format('SELECT from_status, to_status, outcome FROM judged WHERE actor = %L AND legal AND NOT (outcome = to_status AND status_after = to_status AND history = 2)', a),
                a || ': each legal step is done, answered with the new status, and in the history')
  FROM unnest('{buyer,seller,system,admin,buyer and admin,seller and admin}'::text[]) a;
SELECT is_empty(format('SELECT from_status, to_status, outcome FROM judged WHERE actor = %L AND NOT legal AND NOT (outcome = ''MK005'' AND status_after = from_status AND history = 1)', a),
                a || ': each other step is refused with MK005 and leaves no trace')
  FROM unnest('{buyer,seller,system,admin,buyer and admin,seller and admin}'::text[]) a;
SELECT is_empty($$SELECT actor, from_status, to_status, detail, possible FROM judged WHERE outcome = 'MK005'
                     AND (SELECT string_agg(state, ', ' ORDER BY state) FROM regexp_split_to_table(rtrim(split_part(detail, ': ', 2), '.'), ', ') state) IS DISTINCT FROM possible$$,
                'each refusal lists the steps that are possible for who asks');
SELECT is_empty(format('SELECT * FROM judged WHERE actor = %L AND NOT (outcome = ''P0002'' AND status_after = from_status AND history = 1)', a), 'for a ' || a || ' there are no orders of others')
  FROM unnest('{stranger,moderator}'::text[]) a;

-- Each function, by who has nothing to do with the order

SELECT tests.an_order(:'buyer', :'seller', 10, 'paid') AS paid \gset
SELECT tests.log_in(:'stranger') \g /dev/null
SELECT is(tests.attempt(call) || ' ' || tests.error_of(call), format('P0002 P0002 order "%s" does not exist', :'paid'), 'as if it were not there: ' || regexp_replace(call, '\(.*', ''))
  FROM unnest(ARRAY[format('SELECT transition_order(%L, ''cancelled'')', :'paid'), format('SELECT cancel_order(%L)', :'paid'), format('SELECT ship_order(%L, ''ups'', ''1Z'')', :'paid'),
                    format('SELECT confirm_delivery(%L)', :'paid'), format('SELECT * FROM order_timeline(%L)', :'paid')]) call;
SELECT is(tests.error_of('SELECT transition_order(''00000000-0000-4000-8000-00000000dead'', ''cancelled'')'), 'P0002 order "00000000-0000-4000-8000-00000000dead" does not exist', 'an order that is not there answers alike');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt(call), '42501', 'anon may not: ' || regexp_replace(call, '\(.*', ''))
  FROM unnest(ARRAY[format('SELECT transition_order(%L, ''cancelled'')', :'paid'), format('SELECT cancel_order(%L)', :'paid'), format('SELECT ship_order(%L, ''ups'', ''1Z'')', :'paid'),
                    format('SELECT confirm_delivery(%L)', :'paid'), format('SELECT * FROM order_timeline(%L)', :'paid'), 'SELECT expire_unpaid_orders()']) call;
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.attempt(format('SELECT %s', call)), code, call)
  FROM (VALUES ('transition_order(NULL, ''cancelled'')', '22004'), (format('transition_order(%L, NULL)', :'paid'), '22004'), (format('transition_order(%L, ''gone'')', :'paid'), '22023'),
               (format('transition_order(%L, ''PAID'')', :'paid'), '22023'), (format('transition_order(%L, '''')', :'paid'), '22023'), ('cancel_order(NULL)', '22004'), ('confirm_delivery(NULL)', '22004'),
               ('order_timeline(NULL)', '22004'), ('ship_order(NULL, ''ups'', ''1'')', '22004'), (format('ship_order(%L, NULL, ''1'')', :'paid'), '22004'), (format('ship_order(%L, ''ups'', NULL)', :'paid'), '22004'),
               (format('ship_order(%L, ''pigeon'', ''1'')', :'paid'), '22023'), (format('ship_order(%L, ''ups'', '''')', :'paid'), '22023'), (format('ship_order(%L, ''ups'', ''   '')', :'paid'), '22023'),
               (format('ship_order(%L, ''ups'', %L)', :'paid', repeat('1', 101)), '22023'), (format('confirm_delivery(%L)', :'paid'), 'MK005')) c (call, code);
SELECT is(tests.detail_of(format('SELECT ship_order(%L, ''pigeon'', ''1'')', :'paid')), '22023 Valid carriers are ups, fedex, usps, dhl, local, other.', 'an unknown carrier is told which there are');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT ship_order(%L, ''ups'', ''1Z'')', :'paid')), 'MK005', 'a buyer does not ship');
SELECT is(tests.attempt(format('SELECT cancel_order(%L)', :'paid')), 'MK005', 'nor cancel what is paid');
SELECT is(tests.detail_of(format('SELECT cancel_order(%L)', :'paid')), 'MK005 Allowed next statuses: none.', 'and is told what is left');

-- The way of an order, with what goes with each step


SELECT tests.log_out() \g /dev/null
CREATE FUNCTION tests.totals(buyer uuid, seller uuid) RETURNS text LANGUAGE sql AS
    $$SELECT (SELECT total_purchases FROM user_stats_summary WHERE user_id = buyer) || ' ' || (SELECT total_sales FROM profiles WHERE id = seller)$$;
SELECT tests.goods(:'seller', 'A lamp', 10, 2) AS lamp \gset
SELECT tests.put(:'buyer', :'lamp', 2) \g /dev/null
SELECT tests.buy(:'buyer', :'home') \g /dev/null
SELECT tests.last_bought() AS ord \gset
SELECT is((SELECT status::text FROM listings WHERE id = :'lamp'), 'reserved', 'the last pieces are reserved until they are paid');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(transition_order(order_id => :'ord', to_status => 'payment_processing', reason => 'by card', metadata => '{"card": "4242"}'), 'payment_processing', 'the buyer begins to pay');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(transition_order(:'ord', 'payment_failed', 'card declined'), 'payment_failed', 'the payment fails');
SELECT is(transition_order(:'ord', 'payment_processing'), 'payment_processing', 'is tried again');
SELECT is(transition_order(:'ord', 'paid', NULL, NULL), 'paid', 'and arrives');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT status::text, quantity, sold_at FROM listings WHERE id = %L', :'lamp'), 'VALUES (''sold'', 0, now())', 'then the listing is sold');
SELECT ok((SELECT paid_at = now() FROM orders WHERE id = :'ord'), 'and paid_at is set');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT transition_order(:'ord', 'preparing', 'on the bench') \g /dev/null
SELECT ship_order(order_id => :'ord', carrier => 'dhl', tracking_number => ' JD 1 ', tracking_url => 'https://example.com/JD1') AS tracking \gset
SAVEPOINT mistyped;
SELECT is(ship_order(:'ord', 'ups', '2'), :'tracking'::uuid, 'a number that was typed wrongly is replaced');
SELECT ship_order(:'ord', 'ups', '2') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT results_eq(format('SELECT carrier::text, tracking_number::text, tracking_url, status::text FROM order_tracking WHERE order_id = %L', :'ord'), $$VALUES ('ups', '2', NULL::text, 'picked_up')$$, 'and the buyer follows the new one');
SELECT results_eq(format('SELECT carrier::text, tracking_number::text, event_data ->> ''carrier_before'', event_data ->> ''tracking_number_before'' FROM shipping_events WHERE order_id = %L AND event_type = ''tracking_changed''', :'ord'),
    $$VALUES ('ups', '2', 'dhl', ' JD 1 ')$$, 'and sees what was there before, once');
SELECT is(tests.attempt(format('SELECT ship_order(%L, ''ups'', ''3'')', :'ord')), 'MK005', 'a buyer does not change it');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is((SELECT count(*) FROM order_status_history WHERE order_id = :'ord' AND to_status = 'shipped' AND from_status <> 'shipped'), 1::bigint, 'nothing is shipped twice');
SELECT transition_order(:'ord', 'in_transit') \g /dev/null
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(ship_order(:'ord', 'ups', '3'), :'tracking'::uuid, 'also while it is under way');
SELECT is((SELECT status::text FROM order_tracking WHERE order_id = :'ord'), 'in_transit', 'where it then still is');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT confirm_delivery(:'ord') \g /dev/null
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.attempt(format('SELECT ship_order(%L, ''ups'', ''4'')', :'ord')), 'MK005', 'but not after it has arrived');
ROLLBACK TO mistyped;
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(transition_order(:'ord', 'in_transit'), 'in_transit', 'an admin may do what the system may');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT id, carrier::text, tracking_url, status::text FROM order_tracking WHERE order_id = %L', :'ord'), format('VALUES (%L::uuid, ''dhl'', ''https://example.com/JD1'', ''in_transit'')', :'tracking'),
    'the parcel can be followed');
SELECT ok((SELECT shipped_at = now() AND delivered_at IS NULL FROM orders WHERE id = :'ord'), 'shipped_at is set');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(confirm_delivery(:'ord'), 'delivered', 'the buyer has it');
SELECT is(tests.attempt(format('SELECT confirm_delivery(%L)', :'ord')), 'MK005', 'once');
SELECT tests.log_out() \g /dev/null
SELECT split_part(totals, ' ', 1) AS purchases, split_part(totals, ' ', 2) AS sales FROM tests.totals(:'buyer', :'seller') totals \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(transition_order(:'ord', 'completed'), 'completed', 'and is content');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT event_type::text, carrier::text FROM shipping_events WHERE order_id = %L ORDER BY event_type', :'ord'), 'VALUES (''delivered'', ''dhl''), (''in_transit'', ''dhl''), (''shipped'', ''dhl'')', 'the way is in the shipping events');
SELECT is((SELECT status::text FROM order_tracking WHERE order_id = :'ord'), 'delivered', 'the tracking has come to its end');
SELECT ok((SELECT delivered_at = now() AND cancelled_at IS NULL FROM orders WHERE id = :'ord'), 'delivered_at is set');
SELECT is(tests.totals(:'buyer', :'seller'), format('%s %s', :purchases + 1, :sales + 1), 'the statistics of both have one more');
SELECT results_eq(format('SELECT reason, metadata FROM order_status_history WHERE order_id = %L AND to_status::text = ''payment_processing'' ORDER BY created_at', :'ord'),
    $$VALUES ('by card', '{"card": "4242"}'::jsonb), (NULL, '{}')$$, 'reason and metadata are kept');

-- An admin's step in the order of others is an act of the staff.
SELECT results_eq(format('SELECT admin_id, action::text, target_type::text, old_values, new_values FROM admin_audit_log WHERE target_id = %L', :'ord'),
    format($$VALUES (%L::uuid, 'transition_order', 'order', '{"status": "shipped"}'::jsonb, '{"status": "in_transit", "reason": null}'::jsonb)$$, :'admin'), 'what an admin did is in the audit log, and nobody else''s steps are');
SELECT tests.an_order(:'admin', :'seller', 10) AS own, tests.an_order(:'buyer', :'seller', 10) AS of_others \gset
SELECT tests.log_in(:'admin') \g /dev/null
SELECT cancel_order(:'own') \g /dev/null
UPDATE orders SET status = 'paid' WHERE id = :'of_others';
SELECT cancel_order(:'of_others', 'a fake') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM admin_audit_log WHERE target_id = :'own'), 0::bigint, 'an admin''s own purchase is the admin''s own business');
SELECT is((SELECT string_agg(concat_ws(' ', old_values ->> 'status', new_values ->> 'status', new_values ->> 'reason'), ', ' ORDER BY created_at, new_values ->> 'status' = 'cancelled') FROM admin_audit_log WHERE target_id = :'of_others'),
    'pending_payment paid, paid cancelled a fake', 'a direct UPDATE is logged like a call, with the reason where there is one');

-- A direct UPDATE moves the parcel as the functions do.
SELECT tests.an_order(:'buyer', :'seller', 10, 'paid') AS direct, tests.an_order(:'buyer', :'seller', 10, 'paid') AS by_hand \gset
SELECT tests.log_in(:'seller') \g /dev/null
SELECT ship_order(:'direct', 'ups', '1Z') \g /dev/null
UPDATE orders SET status = 'shipped' WHERE id = :'by_hand';
SELECT tests.log_in(:'buyer') \g /dev/null
UPDATE orders SET status = 'delivered' WHERE id IN (:'direct', :'by_hand');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT string_agg(order_id || ' ' || status, ', ') FROM order_tracking WHERE order_id IN (:'direct', :'by_hand')), :'direct' || ' delivered', 'who updates the status finishes the tracking too, where there is one');
SELECT is((SELECT string_agg(concat_ws(' ', event_type, carrier, tracking_number), ', ' ORDER BY carrier, event_type) FROM shipping_events WHERE order_id IN (:'direct', :'by_hand')),
    'delivered ups 1Z, shipped ups 1Z, delivered, shipped', 'and the events are written either way');

-- The timeline is the same for whoever may see it.
SELECT is((SELECT string_agg(from_status || '>' || to_status || ' ' || actor || coalesce(' (' || reason || ')', ''), ', ') FROM (SELECT coalesce(from_status, '') AS from_status, to_status, actor, reason FROM order_timeline(:'ord')) t),
    '>pending_payment buyer, pending_payment>payment_processing buyer (by card), payment_processing>payment_failed system (card declined), payment_failed>payment_processing system, '
    'payment_processing>paid system, paid>preparing seller (on the bench), preparing>shipped seller, shipped>in_transit admin, in_transit>delivered buyer, delivered>completed buyer', 'the timeline tells who did what');
CREATE TEMPORARY TABLE seen (who text, timeline text);
GRANT ALL ON seen TO PUBLIC;
CREATE FUNCTION pg_temp.look(who text, order_id uuid) RETURNS void LANGUAGE sql AS 'INSERT INTO pg_temp.seen SELECT who, string_agg(t::text, '';'') FROM order_timeline(order_id) t';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT pg_temp.look('buyer', :'ord') \g /dev/null
SELECT tests.log_in(:'seller') \g /dev/null
SELECT pg_temp.look('seller', :'ord') \g /dev/null
SELECT tests.log_in(:'admin') \g /dev/null
SELECT pg_temp.look('admin', :'ord') \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT pg_temp.look('service', :'ord') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(DISTINCT timeline) || ' of ' || count(*) FROM seen), '1 of 4', 'the same for the parties, an admin and the service');
SELECT is((SELECT string_agg(to_status, ' ' ORDER BY at) FROM order_timeline(:'ord')), (SELECT string_agg(to_status, ' ') FROM order_timeline(:'ord')), 'in order of time');
-- A note is for one step.
SELECT is((SELECT count(*) FROM order_status_history WHERE order_id = :'ord' AND reason IS NOT NULL), 3::bigint, 'a reason stands at its own step only');
SELECT tests.an_order(:'buyer', :'seller', 10, 'pending_payment') AS refused \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT transition_order(%L, ''paid'', ''forged'', ''{"a": 1}'')', :'refused')), 'MK005', 'a refused step');
SELECT is(tests.deed(format('UPDATE orders SET status = ''cancelled'' WHERE id = %L', :'refused')), 'done', 'and then one without a word');
SELECT is((SELECT string_agg(concat_ws(' ', to_status, reason), ', ') FROM order_timeline(:'refused')), 'pending_payment, cancelled', 'has not the words of the refused one');
SELECT tests.log_out() \g /dev/null

-- What a cancellation gives back, by each who may

INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit_per_user) VALUES ('STEPS', 'a', 'fixed_amount', 1, 1) RETURNING id AS coupon \gset
SELECT tests.credit(:'buyer', 3) AS credit, tests.goods(:'seller', 'A shirt', 20, 0) AS shirt \gset
SELECT tests.kind_of(:'shirt', 'S', 20, 1) AS small \gset
UPDATE listings SET quantity = 1, status = 'active' WHERE id = :'lamp';
CREATE FUNCTION tests.taken(lamp uuid, shirt uuid, coupon uuid, credit uuid) RETURNS text LANGUAGE sql AS $$
    SELECT format('lamp %s %s, shirt %s %s, coupon %s, credit %s', l.quantity, l.status, v.quantity, s.status, c.usage_count, k.used_amount)
      FROM listings l, listings s, product_variants v, coupons c, store_credits k
     WHERE l.id = lamp AND s.id = shirt AND v.listing_id = shirt AND c.id = coupon AND k.id = credit
$$;
CREATE FUNCTION tests.bought_then(buyer uuid, home uuid, lamp uuid, shirt uuid, small uuid, state text) RETURNS uuid LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.put(buyer, lamp), tests.put(buyer, shirt, 1, small);
    ASSERT tests.buy(buyer, home, 'STEPS', true) = 'as quoted';
    IF state <> 'pending_payment' THEN
        UPDATE orders SET status = 'paid' WHERE id = tests.last_bought();
    END IF;
    RETURN tests.last_bought();
END $$;
SELECT tests.bought_then(:'buyer', :'home', :'lamp', :'shirt', :'small', 'pending_payment') AS ord \gset
SELECT is(tests.taken(:'lamp', :'shirt', :'coupon', :'credit'), 'lamp 0 reserved, shirt 0 reserved, coupon 1, credit 3.00', 'an order has taken');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(cancel_order(order_id => :'ord', reason => 'too dear'), 'cancelled', 'the buyer cancels');
SELECT is(tests.attempt(format('SELECT cancel_order(%L)', :'ord')), 'MK005', 'once');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.taken(:'lamp', :'shirt', :'coupon', :'credit'), 'lamp 1 active, shirt 1 active, coupon 0, credit 0.00', 'all of it is given back, once');
SELECT ok((SELECT cancelled_at = now() AND store_credit_amount = 3 AND discount_amount = 1 FROM orders WHERE id = :'ord'), 'the order still tells what it was');
SELECT ok((SELECT returned_at = now() FROM store_credit_usage WHERE order_id = :'ord'), 'and which credit came back when');
SELECT is((SELECT reason FROM order_timeline(:'ord') WHERE to_status = 'cancelled'), 'too dear', 'and why');
SELECT tests.bought_then(:'buyer', :'home', :'lamp', :'shirt', :'small', 'paid') AS ord \gset
SELECT is(tests.taken(:'lamp', :'shirt', :'coupon', :'credit'), 'lamp 0 sold, shirt 0 sold, coupon 1, credit 3.00', 'the same again, paid');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(cancel_order(:'ord'), 'cancelled', 'the seller cancels what is paid');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.taken(:'lamp', :'shirt', :'coupon', :'credit') || coalesce((SELECT sold_at::text FROM listings WHERE id = :'lamp'), ''), 'lamp 1 active, shirt 1 active, coupon 0, credit 0.00', 'what was sold is for sale again');
SELECT tests.bought_then(:'buyer', :'home', :'lamp', :'shirt', :'small', 'paid') AS ord \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(transition_order(:'ord', 'refunded'), 'refunded', 'a refund before shipping');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.taken(:'lamp', :'shirt', :'coupon', :'credit'), 'lamp 1 active, shirt 1 active, coupon 0, credit 0.00', 'gives back too');
SELECT tests.bought_then(:'buyer', :'home', :'lamp', :'shirt', :'small', 'pending_payment') AS ord \gset
UPDATE listings SET status = 'archived' WHERE id = :'shirt';
UPDATE profiles SET suspended_at = now() WHERE id = :'seller';
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(cancel_order(:'ord', 'seller suspended'), 'cancelled', 'an admin cancels the order of a suspended seller');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.taken(:'lamp', :'shirt', :'coupon', :'credit'), 'lamp 1 archived, shirt 1 archived, coupon 0, credit 0.00', 'whose things do not come back on sale');
UPDATE profiles SET suspended_at = NULL WHERE id = :'seller';
UPDATE listings SET status = 'active' WHERE id IN (:'lamp', :'shirt');
SELECT tests.bought_then(:'buyer', :'home', :'lamp', :'shirt', :'small', 'paid') AS ord \gset
UPDATE profiles SET deleted_at = now() WHERE id = :'seller';
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(cancel_order(:'ord', 'seller gone'), 'cancelled', 'and that of one who has left');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.taken(:'lamp', :'shirt', :'coupon', :'credit'), 'lamp 1 archived, shirt 1 archived, coupon 0, credit 0.00', 'likewise');
UPDATE profiles SET deleted_at = NULL WHERE id = :'seller';
UPDATE listings SET status = 'active' WHERE id IN (:'lamp', :'shirt');

-- What is given back to a stock that the seller has written full, which would hold up everybody's orders that expire

SELECT tests.goods(:'seller', 'Sand', 1, 5) AS sand, tests.goods(:'seller', 'Gravel', 1, 0) AS gravel \gset
SELECT tests.kind_of(:'gravel', 'fine', 1, 5) AS fine \gset
SELECT tests.put(:'buyer', :'sand', 2), tests.put(:'buyer', :'gravel', 2, :'fine') \g /dev/null
SELECT tests.buy(:'buyer', :'home') \g /dev/null
SELECT tests.last_bought() AS ord \gset
SELECT tests.log_in(:'seller') \g /dev/null
UPDATE listings SET quantity = 2147483647 WHERE id = :'sand';
UPDATE product_variants SET quantity = 2147483646 WHERE id = :'fine';
SELECT is(cancel_order(:'ord'), 'cancelled', 'an order is cancelled whatever the stock says');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT l.quantity, v.quantity FROM listings l, product_variants v WHERE l.id = %L AND v.id = %L', :'sand', :'fine'), 'VALUES (2147483647, 2147483647)', 'a full stock stays full');

-- Sold when the last open order is paid, not before

UPDATE listings SET quantity = 2 WHERE id = :'lamp';
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT tests.buy(:'buyer', :'home') \g /dev/null
SELECT tests.last_bought() AS one \gset
SELECT is((SELECT status::text FROM listings WHERE id = :'lamp'), 'active', 'a piece is left: active');
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT tests.buy(:'buyer', :'home') \g /dev/null
SELECT tests.last_bought() AS two \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT transition_order(:'one', 'paid') \g /dev/null
SELECT is((SELECT status::text FROM listings WHERE id = :'lamp'), 'reserved', 'one of two orders paid: reserved');
SELECT transition_order(:'two', 'payment_failed') \g /dev/null
SELECT is((SELECT status::text FROM listings WHERE id = :'lamp'), 'reserved', 'a failed payment may still come');
SELECT transition_order(:'two', 'payment_processing'), transition_order(:'two', 'paid') \g /dev/null
SELECT is((SELECT status::text FROM listings WHERE id = :'lamp'), 'sold', 'both paid: sold');
SELECT transition_order(:'one', 'cancelled') \g /dev/null
SELECT is((SELECT status || ' ' || quantity FROM listings WHERE id = :'lamp'), 'active 1', 'one cancelled: on sale again');
SELECT tests.log_out() \g /dev/null

-- expire_unpaid_orders()

SELECT tests.bought_then(:'buyer', :'home', :'lamp', :'shirt', :'small', 'pending_payment') AS late \gset
SELECT tests.an_order(:'buyer', :'seller', 10, 'payment_failed') AS failed, tests.an_order(:'buyer', :'seller', 10, 'payment_processing') AS under_way,
       tests.an_order(:'buyer', :'seller', 10, 'paid') AS paid_late, tests.an_order(:'buyer', :'seller', 10, 'pending_payment') AS young \gset
UPDATE orders SET created_at = now() - interval '1 year' WHERE status IN ('pending_payment', 'payment_failed') AND id NOT IN (:'late', :'failed', :'young');
UPDATE orders SET status = 'cancelled' WHERE status IN ('pending_payment', 'payment_failed') AND id NOT IN (:'late', :'failed', :'young');
UPDATE orders SET created_at = now() - interval '30 minutes' WHERE id IN (:'failed', :'under_way', :'paid_late');
UPDATE orders SET created_at = now() - interval '31 minutes' WHERE id = :'late';
UPDATE orders SET created_at = now() - interval '29 minutes 59 seconds' WHERE id = :'young';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt('SELECT expire_unpaid_orders()'), '42501', 'users expire no orders');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT is(tests.attempt('SELECT expire_unpaid_orders()'), '42501', 'nor do admins');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.attempt('SELECT expire_unpaid_orders(NULL)'), '22004', 'NULL is no number');
SELECT is(expire_unpaid_orders(0) + expire_unpaid_orders(-1), 0, 'none is none');
SELECT is(expire_unpaid_orders(max_rows => 1), 1, 'as many as were asked for');
SELECT is((SELECT status::text FROM orders WHERE id = :'late'), 'cancelled', 'the oldest first');
SELECT is(expire_unpaid_orders(), 1, 'and the rest');
SELECT is(expire_unpaid_orders(), 0, 'once');
SELECT is((SELECT string_agg(status::text, ' ' ORDER BY array_position(ARRAY[:'late', :'failed', :'under_way', :'paid_late', :'young']::uuid[], id)) FROM orders WHERE id IN (:'late', :'failed', :'under_way', :'paid_late', :'young')),
    'cancelled cancelled payment_processing paid pending_payment', 'not what is being paid, is paid or has time left');
SELECT is((SELECT actor || ': ' || reason FROM order_timeline(:'late') WHERE to_status = 'cancelled'), 'system: the payment window is over', 'the timeline says why');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.taken(:'lamp', :'shirt', :'coupon', :'credit'), 'lamp 1 active, shirt 1 active, coupon 0, credit 0.00', 'what it had taken is given back');
SET LOCAL driplo.payment_window = 29;
SELECT is(expire_unpaid_orders(), 1, 'the window is a setting');

-- Who only says that the payment is under way holds the last piece for no longer than others.
SELECT tests.an_order(:'buyer', :'seller', 10) AS said, tests.an_order(:'buyer', :'seller', 10) AS retried, tests.an_order(:'buyer', :'seller', 10) AS begun, tests.an_order(:'buyer', :'seller', 10) AS by_service,
       tests.an_order(:'buyer', :'seller', 10) AS just_said \gset
SELECT tests.log_in(:'buyer') \g /dev/null
UPDATE orders SET status = 'payment_processing' WHERE id IN (:'said', :'begun', :'just_said');
SELECT tests.log_in_as_service() \g /dev/null
INSERT INTO payment_transactions (order_id, amount, currency, status, processor, processor_transaction_id) VALUES (:'begun', 10, 'USD', 'pending', 'stripe', 'pi_begun');
UPDATE orders SET status = 'payment_processing' WHERE id = :'by_service';
UPDATE orders SET status = 'payment_failed' WHERE id = :'retried';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT transition_order(:'retried', 'payment_processing') \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
UPDATE orders SET created_at = now() - interval '1 hour' WHERE id IN (:'said', :'retried', :'begun', :'by_service');
SELECT is(expire_unpaid_orders(), 2, 'a payment that nobody but the buyer knows of expires');
SELECT is((SELECT string_agg(status::text, ' ' ORDER BY array_position(ARRAY[:'said', :'retried', :'begun', :'by_service', :'just_said']::uuid[], id)) FROM orders WHERE id IN (:'said', :'retried', :'begun', :'by_service', :'just_said')),
    'cancelled cancelled payment_processing payment_processing payment_processing', 'one that the service knows of may still come');
-- A payment that has failed is not under way, whatever the buyer says afterwards.
UPDATE payment_transactions SET status = 'failed' WHERE order_id = :'begun';
SELECT is(expire_unpaid_orders(), 1, 'one that was declined holds nothing either');
SELECT is((SELECT status::text FROM orders WHERE id = :'begun'), 'cancelled', 'once the window is over');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
