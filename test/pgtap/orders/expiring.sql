-- Orders that nobody pays for end many at once: each gives back what it had taken, has its own history and event, and one that cannot end keeps no other.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('expiring.example') \gset
CREATE TABLE tests.unpaid (n integer PRIMARY KEY, id uuid NOT NULL, listing uuid NOT NULL, credit uuid);
GRANT SELECT ON tests.unpaid TO PUBLIC;
-- Orders of one piece of two: of what is asked for an amount with credit, and a coupon that gives 1.
CREATE FUNCTION tests.leave(n integer, quantity integer DEFAULT 1, credit numeric DEFAULT 0, coupon uuid DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    buyer constant uuid := (SELECT id FROM tests.people WHERE name = 'buyer');
    off constant numeric := CASE WHEN coupon IS NULL THEN 0 ELSE 1 END;
    thing uuid;
    placed uuid;
    given uuid;
BEGIN
    SELECT listing INTO thing FROM tests.unpaid u WHERE u.n = leave.n - 1 AND leave.n % 10 = 1;
    IF thing IS NULL THEN
        thing := tests.a_listing((SELECT id FROM tests.people WHERE name = 'seller'), 10, leave.quantity);
    END IF;
    INSERT INTO orders (buyer_id, seller_id, subtotal, discount_amount, store_credit_amount, total_amount, created_at)
    VALUES (buyer, (SELECT id FROM tests.people WHERE name = 'seller'), 10, off, leave.credit, 10 - off - leave.credit, now() - make_interval(mins => 60 - leave.n / 10)) RETURNING id INTO placed;
    INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price, discount_amount) VALUES (placed, thing, 1, 10, 10, off);
    IF credit > 0 THEN
        INSERT INTO store_credits (user_id, amount) VALUES (buyer, 20) RETURNING id INTO given;
        INSERT INTO store_credit_usage (store_credit_id, order_id, amount) VALUES (given, placed, leave.credit);
        UPDATE store_credits SET used_amount = leave.credit WHERE id = given;
    END IF;
    IF coupon IS NOT NULL THEN
        INSERT INTO coupon_usage (coupon_id, user_id, order_id, discount_amount, order_amount) VALUES (coupon, buyer, placed, 1, 10);
    END IF;
    INSERT INTO tests.unpaid VALUES (leave.n, placed, thing, given);
END $$;
-- What has become of some: "n: status reason, stock of the listing, credit".
CREATE FUNCTION tests.found(VARIADIC which integer[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(', ', format('%s: %s', u.n, concat_ws(' ', o.status, o.cancellation_reason)), format('%s %s', l.quantity, l.status), c.used_amount), '; ' ORDER BY u.n)
      FROM tests.unpaid u JOIN orders o ON o.id = u.id JOIN listings l ON l.id = u.listing LEFT JOIN store_credits c ON c.id = u.credit WHERE u.n = ANY (which)
$$;
CREATE FUNCTION tests.count_ends(what text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN CASE what
        WHEN 'history' THEN (SELECT count(*) FROM order_status_history h JOIN tests.unpaid u ON u.id = h.order_id
                              WHERE h.from_status = 'pending_payment' AND h.to_status = 'cancelled' AND h.changed_by IS NULL AND h.reason = 'the payment window is over')
        WHEN 'events' THEN (SELECT count(*) FROM outbox_events e JOIN tests.unpaid u ON u.id = e.subject_id WHERE e.kind = 'order.cancelled')
        WHEN 'marked' THEN (SELECT count(*) FROM order_items i JOIN tests.unpaid u ON u.id = i.order_id WHERE i.stock_returned_at IS NOT NULL)
    END;
END $$;

-- More than one batch

INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit_per_user) VALUES ('ONE', 'One off', 'fixed_amount', 1, 9) RETURNING id AS coupon \gset
SELECT tests.leave(n, CASE WHEN n % 20 = 0 THEN 2 ELSE 1 END) FROM generate_series(10, 2200, 10) n \g /dev/null
SELECT tests.leave(21), tests.leave(3000, credit => 4), tests.leave(3010, coupon => :'coupon'), tests.leave(3020, credit => 9, coupon => :'coupon') \g /dev/null
UPDATE orders SET created_at = now() - interval '1 hour' WHERE id IN (SELECT id FROM tests.unpaid WHERE n > 290);
SELECT is(tests.found(10, 20, 21, 3000, 3010, 3020),
    '10: pending_payment, 0 reserved; 20: pending_payment, 0 reserved; 21: pending_payment, 0 reserved; 3000: pending_payment, 0 reserved, 4.00; 3010: pending_payment, 0 reserved; 3020: pending_payment, 0 reserved, 9.00',
    'they have taken the last pieces, credit and the coupon');
SELECT is((SELECT usage_count FROM coupons WHERE id = :'coupon'), 2, 'which was used twice');
SELECT is(tests.asked('service', 'expire_unpaid_orders(150)'), '150', 'as many as are wanted end, also when they are more than one batch');
SELECT is(tests.count_ends('history'), 150::bigint, 'each with its history');
SELECT is(tests.asked('service', 'expire_unpaid_orders()'), '74', 'then the others');
SELECT is(tests.found(10, 20, 21, 30, 3000, 3010, 3020),
    '10: cancelled the payment window is over, 1 active; 20: cancelled the payment window is over, 2 active; 21: cancelled the payment window is over, 2 active; 30: cancelled the payment window is over, 1 active; '
    '3000: cancelled the payment window is over, 1 active, 0.00; 3010: cancelled the payment window is over, 1 active; 3020: cancelled the payment window is over, 1 active, 0.00',
    'what each had taken came back, two pieces of one listing by two orders, and the credit');
SELECT is((SELECT usage_count FROM coupons WHERE id = :'coupon'), 0, 'and both uses of the coupon');
SELECT results_eq('SELECT sum(quantity), count(*) FROM listings WHERE status = ''active''', 'VALUES (333::bigint, 223::bigint)', 'all pieces are there again, and all listings on sale');
SELECT is(tests.count_ends(what), 224::bigint, 'each has its ' || what) FROM unnest('{history,events,marked}'::text[]) what;
SELECT is(tests.asked('service', 'expire_unpaid_orders()'), '0', 'once');
SELECT is_empty($$SELECT rule, object FROM check_integrity()$$, 'check_integrity() finds nothing');

-- A trigger of the shop's own that refuses one, or keeps it

TRUNCATE tests.unpaid;
SELECT tests.leave(n) FROM generate_series(10, 50, 10) n \g /dev/null
CREATE FUNCTION tests.watch() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    CASE (SELECT u.n FROM tests.unpaid u WHERE u.id = NEW.id)
        WHEN 20 THEN RAISE EXCEPTION 'not this one';
        WHEN 40 THEN RETURN NULL;
        ELSE RETURN NEW;
    END CASE;
END $$;
CREATE TRIGGER watch BEFORE UPDATE OF status ON orders FOR EACH ROW EXECUTE FUNCTION tests.watch();
SET LOCAL client_min_messages = error;
SELECT is(tests.asked('service', 'expire_unpaid_orders()'), '3', 'one that a trigger refuses and one that a trigger keeps keep no other');
RESET client_min_messages;
SELECT is(tests.found(10, 20, 30, 40, 50),
    '10: cancelled the payment window is over, 1 active; 20: pending_payment, 0 reserved; 30: cancelled the payment window is over, 1 active; 40: pending_payment, 0 reserved; 50: cancelled the payment window is over, 1 active',
    'both are as they were, with what they have taken');
SELECT is(tests.count_ends(what), 3::bigint, 'of the refused and the kept there is no trace: ' || what) FROM unnest('{history,events,marked}'::text[]) what;
DELETE FROM tests.unpaid WHERE n = 20;
UPDATE orders SET created_at = now() WHERE id NOT IN (SELECT id FROM tests.unpaid) AND status = 'pending_payment';
SELECT is(tests.asked('service', 'expire_unpaid_orders()'), '0', 'with nothing else to end the kept one is kept again');
SELECT is(tests.found(40), '40: pending_payment, 0 reserved', 'and nothing of it given back');
SELECT tests.leave(60), tests.leave(70) \g /dev/null
SELECT is(tests.asked('service', 'expire_unpaid_orders()'), '2', 'with others it is kept, and they end');
SELECT is(tests.found(40, 60, 70), '40: pending_payment, 0 reserved; 60: cancelled the payment window is over, 1 active; 70: cancelled the payment window is over, 1 active', 'what it has taken is not given back with theirs');
DROP TRIGGER watch ON orders;
SELECT is(tests.asked('service', 'expire_unpaid_orders()'), '1', 'without the trigger it ends');

-- What has happened to one of a batch between the look for it and its lock

TRUNCATE tests.unpaid;
SELECT tests.leave(n) FROM generate_series(10, 40, 10) n \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT start_payment(ARRAY[(SELECT id FROM tests.unpaid WHERE n = 10)], 'stripe', 'pi_meanwhile') \g /dev/null
SELECT transition_order(id, 'cancelled', 'By hand') FROM tests.unpaid WHERE n = 20 \g /dev/null
SELECT tests.log_out() \g /dev/null
UPDATE orders SET status = 'paid' WHERE id = (SELECT id FROM tests.unpaid WHERE n = 30);
SELECT is(private.expire_orders(ARRAY(SELECT id FROM tests.unpaid), 100), 1, 'of a batch that is being paid, ended and paid in part, the rest ends');
SELECT is(tests.found(10, 20, 30, 40), '10: payment_processing, 0 reserved; 20: cancelled By hand, 1 active; 30: paid, 0 sold; 40: cancelled the payment window is over, 1 active', 'and the others are as they were');

-- A trigger that ends another order of the batch by itself, for its own reason

TRUNCATE tests.unpaid;
SELECT tests.leave(n) FROM generate_series(10, 30, 10) n \g /dev/null
CREATE FUNCTION tests.ends_another() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    IF (SELECT u.n FROM tests.unpaid u WHERE u.id = NEW.id) = 10 THEN
        PERFORM cancel_order((SELECT u.id FROM tests.unpaid u WHERE u.n = 30), 'with the first');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER zz_ends_another AFTER UPDATE OF status ON orders FOR EACH ROW EXECUTE FUNCTION tests.ends_another();
SELECT is(tests.asked('service', 'expire_unpaid_orders()'), '2', 'a trigger that ends another one, which is not counted');
SELECT is((SELECT string_agg(format('%s %s %s', o.status, l.quantity, l.status), ', ' ORDER BY u.n) FROM tests.unpaid u JOIN orders o ON o.id = u.id JOIN listings l ON l.id = u.listing),
    'cancelled 1 active, cancelled 1 active, cancelled 1 active', 'each has given back its piece once');
SELECT is((SELECT count(*) FROM order_status_history h JOIN tests.unpaid u ON u.id = h.order_id WHERE h.to_status = 'cancelled'), 3::bigint, 'and ended once');
DROP TRIGGER zz_ends_another ON orders;
SELECT is_empty($$SELECT rule, object FROM check_integrity()$$, 'check_integrity() finds nothing');

SELECT * FROM finish();
ROLLBACK;
