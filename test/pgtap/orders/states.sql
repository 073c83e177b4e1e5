-- The life of an order by direct updates: who may take which step, that a refusal says what is possible and
-- leaves no trace, and what a step brings along.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(33);

SELECT tests.sign_up('buyer@states.example') AS buyer \gset
SELECT tests.sign_up('seller@states.example') AS seller \gset
SELECT tests.sign_up('stranger@states.example') AS stranger \gset
SELECT tests.sign_up('admin@states.example') AS admin \gset
SELECT promote_to_admin('admin@states.example') \gset ignored_

-- What the published table says, as data; system is the service and an admin.
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
CREATE TEMPORARY TABLE tried (actor text, from_status text, to_status text, outcome text, status_after text, history bigint);
GRANT ALL ON step, tried TO PUBLIC;

-- Each of the 11 x 10 steps by each actor, each on an order of its own in a subtransaction of its own.
CREATE FUNCTION pg_temp.try_all(actor text, user_id uuid, buyer uuid, seller uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a text;
    b text;
    order_id uuid;
    outcome text;
BEGIN
    FOREACH a IN ARRAY enum_range(NULL::order_status)::text[] LOOP
        FOREACH b IN ARRAY enum_range(NULL::order_status)::text[] LOOP
            CONTINUE WHEN a = b;
            order_id := tests.an_order(buyer, seller, 10, a);
            outcome := 'done';
            BEGIN
                IF user_id IS NULL THEN PERFORM tests.log_in_as_service(); ELSE PERFORM tests.log_in(user_id); END IF;
                EXECUTE 'UPDATE orders SET status = $1::order_status WHERE id = $2' USING b, order_id;
                PERFORM tests.log_out();
            EXCEPTION WHEN OTHERS THEN
                outcome := SQLSTATE;
            END;
            INSERT INTO tried SELECT actor, a, b, outcome, o.status::text, (SELECT count(*) FROM order_status_history h WHERE h.order_id = o.id)
              FROM orders o WHERE o.id = order_id;
        END LOOP;
    END LOOP;
END $$;
SELECT pg_temp.try_all('buyer', :'buyer', :'buyer', :'seller'), pg_temp.try_all('seller', :'seller', :'buyer', :'seller'),
       pg_temp.try_all('stranger', :'stranger', :'buyer', :'seller'),
       pg_temp.try_all('system', NULL, :'buyer', :'seller'), pg_temp.try_all('admin', :'admin', :'buyer', :'seller') \gset ignored_

CREATE TEMPORARY VIEW judged AS
SELECT t.*, EXISTS (SELECT FROM step s WHERE s.from_status = t.from_status AND s.to_status = t.to_status
                       AND CASE t.actor WHEN 'admin' THEN 'system' ELSE t.actor END = ANY (string_to_array(s.actors, ' '))) AS legal
  FROM tried t;
SELECT is((SELECT count(*) FROM judged WHERE actor = a), 110::bigint, a || ': all 110 steps were tried')
  FROM unnest('{buyer,seller,stranger,system,admin}'::text[]) a;
SELECT is_empty(format('SELECT from_status, to_status, outcome FROM judged WHERE actor = %L AND legal AND NOT (outcome = ''done'' AND status_after = to_status AND history = 2)', a),
                a || ': each legal step is done and writes history')
  FROM unnest('{buyer,seller,system,admin}'::text[]) a;
SELECT is_empty(format('SELECT from_status, to_status, outcome FROM judged WHERE actor = %L AND NOT legal AND NOT (outcome = ''MK005'' AND status_after = from_status AND history = 1)', a),
                a || ': each other step is refused with MK005 and leaves no trace')
  FROM unnest('{buyer,seller,system,admin}'::text[]) a;
SELECT is_empty('SELECT * FROM judged WHERE actor = ''stranger'' AND NOT (status_after = from_status AND history = 1)', 'a stranger reaches no order');

-- What else a party may not change, whatever the state.
-- In a state that the policies let a seller write, so that it is the grant and the trigger that refuse.
SELECT tests.an_order(:'buyer', :'seller', 10, 'preparing') AS sold \gset
SELECT tests.log_in(:'seller') \gset ignored_
SELECT throws_ok(format('UPDATE orders SET %s WHERE id = %L', change, :'sold'), '42501', NULL, 'a seller cannot: ' || change)
  FROM unnest(ARRAY['total_amount = 0', 'buyer_id = seller_id', 'order_number = ''ORD-1''', 'paid_at = now()', 'currency = ''EUR''',
                    'status = ''shipped'', shipped_at = ''2000-01-01''']) change;
SELECT results_eq(format('SELECT total_amount, buyer_id, currency::text, status::text, paid_at, shipped_at FROM orders WHERE id = %L', :'sold'),
                  format('VALUES (10.00, %L::uuid, ''USD'', ''preparing'', NULL::timestamptz, NULL::timestamptz)', :'buyer'), 'and none of it left a trace');
SELECT throws_ok(format('UPDATE orders SET status = ''delivered'' WHERE id = %L', :'sold'), 'MK005', 'cannot change order status from preparing to delivered',
                 'a refusal names the step');
SELECT lives_ok(format('UPDATE orders SET status = ''shipped'' WHERE id = %L', :'sold'), 'a seller ships an order');
SELECT tests.log_out() \gset ignored_
SELECT ok((SELECT shipped_at = now() FROM orders WHERE id = :'sold'), 'which sets shipped_at');
SELECT is((SELECT changed_by FROM order_status_history WHERE order_id = :'sold' AND to_status::text = 'shipped'), :'seller'::uuid,
          'and the history names the seller');

-- A cancelled order gives back what it took.
SELECT tests.a_listing(:'seller', 10, 2) AS lamp \gset
SELECT tests.a_listing(:'seller', 10, 1) AS shade \gset
SELECT tests.a_variant(:'shade', 1) AS blue \gset
SELECT tests.an_order(:'buyer', :'seller', 30, 'pending_payment') AS bought \gset
INSERT INTO order_items (order_id, listing_id, variant_id, quantity, unit_price, total_price)
VALUES (:'bought', :'lamp', NULL, 2, 10, 20), (:'bought', :'shade', :'blue', 1, 10, 10);
SELECT results_eq(format('SELECT quantity, status::text FROM listings WHERE id IN (%L, %L) ORDER BY quantity', :'lamp', :'shade'),
                  $$ VALUES (0, 'reserved'), (1, 'reserved') $$, 'sold out, both listings are reserved');
SELECT tests.log_in(:'buyer') \gset ignored_
SELECT lives_ok(format('UPDATE orders SET status = ''cancelled'' WHERE id = %L', :'bought'), 'the buyer cancels');
SELECT tests.log_out() \gset ignored_
SELECT results_eq(format('SELECT quantity, status::text FROM listings WHERE id IN (%L, %L) ORDER BY quantity', :'lamp', :'shade'),
                  $$ VALUES (1, 'active'), (2, 'active') $$, 'both listings are active again, the one with its pieces');
SELECT is((SELECT quantity FROM product_variants WHERE id = :'blue'), 1, 'and the variant has its piece');
SELECT throws_ok(format('UPDATE orders SET status = ''cancelled'' WHERE id = %L', :'sold'), 'MK005', NULL, 'a shipped order is not cancelled any more');
SELECT is((SELECT count(*) FROM order_status_history WHERE order_id = :'bought' AND to_status::text = 'cancelled'), 1::bigint, 'the cancellation is in the history once');
UPDATE orders SET status = 'cancelled' WHERE id = :'bought';
SELECT is((SELECT quantity FROM listings WHERE id = :'lamp'), 2, 'cancelling twice gives back once');
-- A refund after shipping gives nothing back.
SELECT tests.an_order(:'buyer', :'seller', 10, 'paid') AS gone \gset
INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (:'gone', :'lamp', 1, 10, 10);
UPDATE orders SET status = 'shipped' WHERE id = :'gone';
UPDATE orders SET status = 'refunded' WHERE id = :'gone';
SELECT is((SELECT quantity FROM listings WHERE id = :'lamp'), 1, 'what was shipped does not come back with a refund');

SELECT * FROM finish();
ROLLBACK;
