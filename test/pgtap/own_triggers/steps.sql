-- A shop's own triggers take steps, change them, or end an order while it is being placed: whatever the trigger is called, a step is
-- legal, recorded in order and booked once; and what is refused leaves no trace.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT * FROM no_plan();
SELECT * FROM tests.people('steps.example') \gset

CREATE FUNCTION tests.wrong() RETURNS text LANGUAGE sql AS $$SELECT coalesce(string_agg(rule || ' ' || detail, '; '), 'nothing') FROM check_integrity()$$;
CREATE FUNCTION tests.history(sold uuid) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', to_status, '(' || reason || ')'), ', ' ORDER BY created_at, id) FROM order_status_history WHERE order_id = sold
$$;
-- Takes the step that is its argument, and tells what it found booked.
CREATE FUNCTION tests.take_next() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM transition_order(NEW.id, TG_ARGV[0], 'by ' || TG_NAME);
    RETURN NULL;
END $$;
CREATE FUNCTION tests.take_next_directly() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE orders SET status = TG_ARGV[0]::order_status WHERE id = NEW.id;
    RETURN NULL;
END $$;

-- Paid, and cancelled in the same moment: a name before all of driplo's, one between, one after

CREATE FUNCTION tests.paid_and(step text, trigger_name text, how text DEFAULT 'take_next') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    sold uuid;
    told text;
BEGIN
    EXECUTE format('CREATE TRIGGER %I AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.status = ''paid'') EXECUTE FUNCTION tests.%I(%L)', trigger_name, how, step);
    sold := tests.a_paid_sale('pi_' || md5(trigger_name || how || step), (SELECT id FROM tests.people WHERE name = 'buyer'), (SELECT id FROM tests.people WHERE name = 'seller'), 45, 0, 0, 2.25);
    told := concat_ws('; ', tests.history(sold), tests.accounts(sold), tests.refunds_of(sold), nullif(tests.wrong(), 'nothing'));
    EXECUTE format('DROP TRIGGER %I ON orders', trigger_name);
    RETURN told;
END $$;
SELECT is(tests.paid_and('cancelled', own),
    'pending_payment, payment_processing (payment update), paid (payment received), cancelled (by ' || own || '); processor_clearing -45.00, refunds 45.00; 45.00 approved (0.00 credit)',
    'a paid order that "' || own || '" cancels goes back to the buyer')
  FROM unnest('{!first,000,Fraud,_a,_record,_z,audit,fraud_check,on_order_paid,z_fraud_check,~last}'::text[]) own;
SELECT is(tests.paid_and('cancelled', own, 'take_next_directly'),
    'pending_payment, payment_processing (payment update), paid (payment received), cancelled; processor_clearing -45.00, refunds 45.00; 45.00 approved (0.00 credit)',
    'also by an UPDATE, which has a reason of its own or none ("' || own || '")') FROM unnest('{!first,audit,z}'::text[]) own;
SELECT is(tests.paid_and('refunded', own),
    'pending_payment, payment_processing (payment update), paid (payment received), refunded (by ' || own || '); processor_clearing -45.00, refunds 45.00; 45.00 approved (0.00 credit)',
    'and one that "' || own || '" refunds') FROM unnest('{!first,audit,z}'::text[]) own;
SELECT is(tests.paid_and('shipped', own),
    'pending_payment, payment_processing (payment update), paid (payment received), shipped (by ' || own || '); processor_clearing -45.00, seller_pending 42.75, platform_fees 2.25',
    'a digital good is shipped when it is paid, by "' || own || '"') FROM unnest('{!first,audit,z}'::text[]) own;

-- A chain of steps, each by the next trigger

CREATE TRIGGER "!1" AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.status = 'paid') EXECUTE FUNCTION tests.take_next('preparing');
CREATE TRIGGER "!2" AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.status = 'preparing') EXECUTE FUNCTION tests.take_next('shipped');
CREATE TRIGGER "a3" AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.status = 'shipped') EXECUTE FUNCTION tests.take_next('delivered');
CREATE TRIGGER "!4" AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.status = 'delivered') EXECUTE FUNCTION tests.take_next('completed');
SELECT tests.a_paid_sale('pi_chain', :'buyer', :'seller', 45) AS chain \gset
SELECT is(tests.history(:'chain'), 'pending_payment, payment_processing (payment update), paid (payment received), preparing (by !1), shipped (by !2), delivered (by a3), completed (by !4)', 'five steps of one event are in order');
SELECT is(tests.accounts(:'chain'), 'processor_clearing -45.00, seller_pending 45.00', 'the sale is booked once');
SELECT is((SELECT string_agg(event_type, ', ' ORDER BY event_type DESC) FROM shipping_events WHERE order_id = :'chain'), 'shipped, delivered', 'the parcel was followed');
SELECT results_eq(format('SELECT total_sales, total_earned FROM user_stats_summary WHERE user_id = %L', :'seller'), 'VALUES (1, 45.00)', 'and the sale counted');
SELECT is(tests.wrong(), 'nothing', 'everything adds up');
DROP TRIGGER "!1" ON orders; DROP TRIGGER "!2" ON orders; DROP TRIGGER "a3" ON orders; DROP TRIGGER "!4" ON orders;

-- Many orders of one statement

CREATE TRIGGER "!all" AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.status = 'paid') EXECUTE FUNCTION tests.take_next('cancelled');
SELECT tests.a_sale(:'buyer', :'seller', 10) AS one, tests.a_sale(:'buyer', :'seller', 20) AS two \gset
UPDATE orders SET status = 'paid' WHERE id IN (:'one', :'two');
SELECT is(concat_ws('; ', tests.history(id), tests.accounts(id)), format('pending_payment, paid, cancelled (by !all); processor_clearing %s, refunds %s', -total_amount, total_amount), 'each is cancelled after it was paid')
  FROM orders WHERE id IN (:'one', :'two');
DROP TRIGGER "!all" ON orders;

-- The trigger's step fails, and the trigger goes on: what was recorded ahead is recorded after all

CREATE FUNCTION tests.try_next() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    BEGIN
        PERFORM transition_order(NEW.id, 'cancelled', 'in vain');
        RAISE EXCEPTION 'not now';
    EXCEPTION WHEN raise_exception THEN
        NULL;
    END;
    RETURN NULL;
END $$;
CREATE TRIGGER "!try" AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.status = 'paid') EXECUTE FUNCTION tests.try_next();
SELECT tests.a_paid_sale('pi_try', :'buyer', :'seller', 45) AS tried \gset
SELECT is(concat_ws('; ', tests.status_of(:'tried'), tests.history(:'tried'), tests.accounts(:'tried')),
    'paid; pending_payment, payment_processing (payment update), paid (payment received); processor_clearing -45.00, seller_pending 45.00', 'a step that was undone leaves the first one recorded, once');
DROP TRIGGER "!try" ON orders;

-- A function that needs the books, from a trigger that comes first

CREATE FUNCTION tests.thank() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM request_refund(NEW.id, 5, 'a gift');
    RETURN NULL;
END $$;
CREATE TRIGGER "!thank" AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.status = 'paid') EXECUTE FUNCTION tests.thank();
SELECT tests.a_paid_sale('pi_thank', :'buyer', :'seller', 45) AS thanked \gset
SELECT is(concat_ws('; ', tests.history(:'thanked'), tests.refunds_of(:'thanked'), tests.wrong()),
    'pending_payment, payment_processing (payment update), paid (payment received); 5.00 pending (0.00 credit); nothing', 'the sale is booked before its money is asked for');
DROP TRIGGER "!thank" ON orders;

-- BEFORE triggers that change the status: after the guard, before it, without naming the column; and of each who may

CREATE FUNCTION tests.set_status() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$ BEGIN NEW.status := TG_ARGV[0]::order_status; RETURN NEW; END $$;
SELECT tests.a_sale(:'buyer', :'seller', 45) AS placed \gset
SAVEPOINT before_triggers;
CREATE FUNCTION tests.with_trigger(trigger_name text, to_status text, who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION tests.set_status(%L)', trigger_name, to_status);
    PERFORM tests.log_in_as(who);
    told := tests.attempt(statement);
    PERFORM tests.log_out();
    EXECUTE format('DROP TRIGGER %I ON orders', trigger_name);
    RETURN told;
END $$;
SELECT is(tests.with_trigger(own, 'delivered', 'service', format('UPDATE orders SET delivered_at = now() WHERE id = %L', :'placed')), 'MK005', '"' || own || '" derives an illegal status from another column')
  FROM unnest('{a,guard_z,set_status,~}'::text[]) own;
SELECT is(tests.with_trigger(own, 'preparing', 'service', format($$UPDATE orders SET status = 'paid' WHERE id = %L$$, :'placed')), 'MK005', '"' || own || '" makes another step of a legal one')
  FROM unnest('{a,guard_z,set_status,~}'::text[]) own;
SELECT is(tests.with_trigger(own, 'completed', 'buyer', format($$UPDATE orders SET status = 'cancelled' WHERE id = %L$$, :'placed')), 'MK005', 'a buyer completes nothing by "' || own || '"')
  FROM unnest('{a,guard_z,set_status,~}'::text[]) own;
SELECT is(concat_ws(' ', tests.status_of(:'placed'), tests.history(:'placed'), tests.accounts(:'placed')), 'pending_payment pending_payment', 'nothing of it is left');
SELECT is(tests.with_trigger(own, 'paid', 'service', format($$UPDATE orders SET notes = 'x' WHERE id = %L$$, :'placed')), '1 rows, and left a trace', 'a legal one is a step as any other, by "' || own || '"')
  FROM unnest('{~}'::text[]) own;
SELECT is(concat_ws('; ', tests.history(:'placed'), tests.accounts(:'placed'), (SELECT paid_at = now() FROM orders WHERE id = :'placed'), tests.wrong()),
    'pending_payment, paid; processor_clearing -45.00, seller_pending 45.00; t; nothing', 'with its time, its history and its books');
ROLLBACK TO before_triggers;
CREATE FUNCTION tests.cheaper() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.total_amount := NEW.total_amount - 1; NEW.subtotal := NEW.subtotal - 1; RETURN NEW; END $$;
CREATE TRIGGER cheaper BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION tests.cheaper();
SELECT throws_ok(format($$UPDATE orders SET notes = 'x' WHERE id = %L$$, :'thanked'), '23514', 'cannot change column "total_amount" of a paid order', 'nor does a paid order become cheaper by a statement that does not name the amount');
ROLLBACK TO before_triggers;

-- What a function answers is what the order is

CREATE TRIGGER prepare AFTER UPDATE OF status ON orders FOR EACH ROW WHEN (NEW.status = 'paid') EXECUTE FUNCTION tests.take_next('preparing');
SELECT is(tests.asked('service', format('transition_order(%L, ''paid'')', :'placed')), 'preparing', 'transition_order() returns the status that the order has');
ROLLBACK TO before_triggers;

-- An order that ends while checkout() places it

SELECT tests.goods(:'seller', 'Jacket', 45, 5) AS jacket, tests.credit(:'buyer', 10), tests.an_address(:'buyer') AS home \gset
INSERT INTO coupons (code, name, discount_type, discount_value, seller_id, usage_limit) VALUES ('TEN', 'Ten percent', 'percentage', 10, :'seller', 1);
SELECT tests.put(:'buyer', :'jacket', 2) \g /dev/null
CREATE FUNCTION tests.left_over() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', (SELECT quantity || ' ' || status FROM listings WHERE title = 'Jacket'), (SELECT used_amount FROM store_credits), (SELECT usage_count FROM coupons), (SELECT count(*) FROM cart_items),
                     (SELECT count(*) FROM orders), tests.wrong())
$$;
CREATE FUNCTION tests.end_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM cancel_order(id, 'embargo') FROM orders WHERE buyer_id = auth.uid() AND status = 'pending_payment' AND created_at = now() AND subtotal = 90;
    RETURN NULL;
END $$;
SELECT tests.left_over() AS before \gset
SELECT is(:'before', '5 active 0.00 0 1 ' || (SELECT count(*) FROM orders) || ' nothing', '(five jackets, a credit, a coupon)');
SAVEPOINT being_placed;
CREATE FUNCTION tests.placing_with(definition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    EXECUTE 'CREATE TRIGGER ' || definition;
    PERFORM tests.log_in_as('buyer');
    told := tests.attempt($x$SELECT * FROM checkout((SELECT id FROM shipping_addresses WHERE user_id = auth.uid() ORDER BY is_default DESC, created_at DESC LIMIT 1), coupon_code => 'TEN', use_store_credit => true)$x$);
    PERFORM tests.log_out();
    EXECUTE 'DROP TRIGGER ' || split_part(definition, ' ', 1) || ' ON ' || split_part(split_part(definition, ' ON ', 2), ' ', 1);
    RETURN told;
END $$;
SELECT is(tests.placing_with(definition), 'MK005', 'refused: ' || definition) FROM unnest(ARRAY[
    'a AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.end_order()', '"!" AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.end_order()',
    'z AFTER INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION tests.end_order()', 'a BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.set_status(cancelled)',
    'z BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.set_status(refunded)', 'a AFTER INSERT ON order_items FOR EACH ROW EXECUTE FUNCTION tests.end_order()',
    'z AFTER INSERT ON order_items FOR EACH STATEMENT EXECUTE FUNCTION tests.end_order()', 'a AFTER INSERT ON coupon_usage FOR EACH ROW EXECUTE FUNCTION tests.end_order()',
    'a AFTER INSERT ON store_credit_usage FOR EACH ROW EXECUTE FUNCTION tests.end_order()', 'a AFTER UPDATE ON store_credits FOR EACH ROW EXECUTE FUNCTION tests.end_order()']) definition;
SELECT is(tests.left_over(), :'before', 'and five jackets, the credit, the coupon and the cart are as they were');

-- What else a trigger makes of a new order is what checkout() goes on with, and answers

CREATE FUNCTION tests.renumber() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE orders SET shipping_cost = 4.90, total_amount = total_amount + 4.90 WHERE id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER renumber AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.renumber();
SELECT tests.log_in_as('buyer');
SELECT order_id AS answered, total_amount AS answer FROM checkout((SELECT id FROM shipping_addresses ORDER BY is_default DESC, created_at DESC LIMIT 1)) \gset
SELECT tests.log_out();
SELECT is(:'answer', (SELECT total_amount::text FROM orders WHERE id = :'answered'), 'the total is the one in the table');
ROLLBACK TO being_placed;
CREATE TRIGGER invoice BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.set_status(paid);
UPDATE cart_items SET quantity = 5;
SELECT tests.log_in_as('buyer');
SELECT order_id AS invoiced FROM checkout((SELECT id FROM shipping_addresses ORDER BY is_default DESC, created_at DESC LIMIT 1)) \gset
SELECT tests.log_out();
SELECT is(concat_ws(' ', tests.status_of(:'invoiced'), (SELECT status FROM listings WHERE id = :'jacket'), tests.wrong()), 'paid sold nothing', 'an order that a trigger makes paid sells its last piece');

SELECT * FROM finish();
ROLLBACK;
