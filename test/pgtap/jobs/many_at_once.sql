-- Jobs that take many rows at once: returns that were not sent, disputes without an answer, carts that have expired. More than one batch, and one that a trigger
-- refuses or keeps keeps no other; but what refuses a cart is an error. Orders have files of their own.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('many.example') \gset
CREATE TABLE tests.rows (n integer PRIMARY KEY, id uuid NOT NULL DEFAULT gen_random_uuid(), line uuid NOT NULL DEFAULT gen_random_uuid(), return uuid NOT NULL DEFAULT gen_random_uuid(), dispute uuid NOT NULL DEFAULT gen_random_uuid());
GRANT SELECT ON tests.rows TO PUBLIC;
INSERT INTO tests.rows SELECT n FROM generate_series(1, 150) n;
SELECT tests.a_listing(:'seller', 10, 1000) AS thing \gset
INSERT INTO orders (id, buyer_id, seller_id, subtotal, total_amount, status, paid_at, delivered_at) SELECT id, :'buyer', :'seller', 10, 10, 'delivered', now(), now() - interval '3 months' FROM tests.rows;
INSERT INTO order_items (id, order_id, listing_id, quantity, unit_price, total_price) SELECT line, id, :'thing', 1, 10, 10 FROM tests.rows;
-- Refuses some rows, keeps some: 20 and 120 are refused, 40 and 140 kept, the others go.
CREATE FUNCTION tests.watch() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    CASE (SELECT r.n FROM tests.rows r WHERE OLD.id IN (r.return, r.dispute, r.id))
        WHEN 20, 120 THEN RAISE EXCEPTION 'not this one';
        WHEN 40, 140 THEN RETURN NULL;
        ELSE IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW;
    END CASE;
END $$;

-- Returns that were not sent

INSERT INTO returns (id, return_number, order_id, order_item_id, requested_by, reason, status, approved_at)
SELECT return, 'R-' || n, id, line, :'buyer', 'other', 'approved', now() - interval '2 months' + make_interval(mins => n) FROM tests.rows;
SELECT is(tests.asked('service', 'expire_returns(110)'), '110', 'as many returns as are wanted are closed');
SELECT is((SELECT max(n) FROM tests.rows JOIN returns r ON r.id = return WHERE r.status = 'closed'), 110, 'the oldest first');
UPDATE returns SET status = 'shipped_back' WHERE id IN (SELECT return FROM tests.rows WHERE n = 111);
UPDATE returns SET approved_at = now() WHERE id IN (SELECT return FROM tests.rows WHERE n = 112);
SELECT is(private.expire_returns(ARRAY(SELECT return FROM tests.rows WHERE n BETWEEN 101 AND 113), 100), 1, 'of a batch in which some are closed, one was sent and one has more time, the rest is closed');
CREATE TRIGGER watch BEFORE UPDATE OF status ON returns FOR EACH ROW EXECUTE FUNCTION tests.watch();
SET LOCAL client_min_messages = error;
SELECT is(tests.asked('service', 'expire_returns()'), '35', 'a return that a trigger refuses or keeps keeps no other');
RESET client_min_messages;
DROP TRIGGER watch ON returns;
SELECT is((SELECT string_agg(n || ' ' || r.status, ', ' ORDER BY n) FROM tests.rows JOIN returns r ON r.id = return WHERE r.status <> 'closed'), '111 shipped_back, 112 approved, 120 approved, 140 approved', 'these stay');
SELECT is(tests.asked('service', 'expire_returns()'), '2', 'and are closed without it');
SELECT is((SELECT string_agg(DISTINCT concat_ws(' ', r.status, r.completed_at = now(), r.refund_amount, r.disputable_until, (SELECT string_agg(concat_ws(' ', h ->> 'from', h ->> 'to', h ->> 'actor', h ->> 'note'), ', ' ORDER BY place) FROM jsonb_array_elements(r.history) WITH ORDINALITY AS s (h, place))), '; ')
             FROM returns r WHERE r.status = 'closed'),
    'closed t approved system, approved closed system item was not sent back in time', 'each has its history, with the reason');
SELECT is((SELECT count(*) FROM outbox_events e JOIN tests.rows ON return = e.subject_id WHERE e.kind = 'return.closed'), 148::bigint, 'and others are told');

-- Disputes without an answer

INSERT INTO disputes (id, dispute_number, order_id, initiated_by, respondent_id, type, status, title, description, awaiting_since)
SELECT dispute, 'D-' || n, id, :'buyer', :'seller', 'other', 'awaiting_seller_response', 'x', 'y', now() - interval '1 month' + make_interval(mins => n) FROM tests.rows;
DELETE FROM dispute_messages;
SELECT is(tests.asked('service', 'escalate_overdue_disputes(110)'), '110', 'as many disputes as are wanted are escalated');
SELECT is((SELECT max(n) FROM tests.rows JOIN disputes d ON d.id = dispute WHERE d.status = 'escalated'), 110, 'the oldest first');
UPDATE disputes SET status = 'under_review' WHERE id IN (SELECT dispute FROM tests.rows WHERE n = 111);
UPDATE disputes SET awaiting_since = now() WHERE id IN (SELECT dispute FROM tests.rows WHERE n = 112);
DELETE FROM dispute_messages m USING tests.rows WHERE m.dispute_id = dispute AND n = 111;
SELECT is(private.escalate_disputes(ARRAY(SELECT dispute FROM tests.rows WHERE n BETWEEN 101 AND 113), 100), 1, 'of a batch in which some are escalated, one is answered and one has more time, the rest is escalated');
CREATE TRIGGER watch BEFORE UPDATE OF status ON disputes FOR EACH ROW EXECUTE FUNCTION tests.watch();
SET LOCAL client_min_messages = error;
SELECT is(tests.asked('service', 'escalate_overdue_disputes()'), '35', 'a dispute that a trigger refuses or keeps keeps no other');
RESET client_min_messages;
DROP TRIGGER watch ON disputes;
SELECT is((SELECT string_agg(n || ' ' || d.status, ', ' ORDER BY n) FROM tests.rows JOIN disputes d ON d.id = dispute WHERE d.status <> 'escalated'), '111 under_review, 112 awaiting_seller_response, 120 awaiting_seller_response, 140 awaiting_seller_response', 'these stay');
SELECT is(tests.asked('service', 'escalate_overdue_disputes()'), '2', 'and are escalated without it');
SELECT results_eq($$SELECT count(*), count(DISTINCT m.dispute_id), count(DISTINCT m.message), bool_and(d.status = 'escalated' AND d.awaiting_since IS NULL) FROM dispute_messages m JOIN disputes d ON d.id = m.dispute_id$$, $$VALUES (148::bigint, 148::bigint, 1::bigint, true)$$, 'each has its message');

-- Carts that have expired

SELECT tests.sign_up('c' || n || '@many.example') FROM tests.rows \g /dev/null
UPDATE tests.rows SET id = c.id FROM shopping_carts c JOIN auth.users u ON u.id = c.user_id WHERE u.email = 'c' || n || '@many.example';
INSERT INTO cart_items (cart_id, listing_id, quantity) SELECT id, :'thing', 1 FROM tests.rows;
UPDATE shopping_carts c SET expires_at = now() - interval '1 month' + make_interval(mins => n) FROM tests.rows r WHERE c.id = r.id;
SELECT is(tests.asked('service', 'expire_carts(NULL)'), '22004 max_rows must not be NULL', 'how many has to be said');
SELECT is(tests.asked('service', 'expire_carts(0) + expire_carts(-1)'), '0', 'none is none');
SELECT is(tests.asked('service', 'expire_carts(110)'), '110', 'as many carts as are wanted are deleted');
SELECT is((SELECT min(n) FROM tests.rows r JOIN shopping_carts c ON c.id = r.id), 111, 'the oldest first');
UPDATE shopping_carts SET expires_at = now() + interval '1 second' WHERE id IN (SELECT id FROM tests.rows WHERE n = 112);
SELECT is(private.expire_carts(ARRAY(SELECT id FROM tests.rows WHERE n BETWEEN 101 AND 113), 100), 2, 'of a batch in which some are gone and one was renewed the rest is deleted');
CREATE TRIGGER watch BEFORE DELETE ON shopping_carts FOR EACH ROW EXECUTE FUNCTION tests.watch();
SELECT is(tests.asked('service', 'expire_carts()'), 'P0001 not this one', 'a cart that a trigger refuses is an error of the job');
UPDATE shopping_carts SET expires_at = now() + interval '1 second' WHERE id IN (SELECT id FROM tests.rows WHERE n = 120);
SELECT is(tests.asked('service', 'expire_carts()'), '35', 'one that a trigger keeps keeps no other');
DROP TRIGGER watch ON shopping_carts;
SELECT is((SELECT string_agg(n || ' ' || i.quantity, ', ' ORDER BY n) FROM tests.rows r JOIN shopping_carts c ON c.id = r.id JOIN cart_items i ON i.cart_id = c.id), '112 1, 120 1, 140 1', 'these stay, with their lines');
SELECT is((SELECT count(*) FROM cart_items), 3::bigint, 'and the lines of the others are gone');
SELECT is(tests.asked('service', 'expire_carts()'), '1', 'without it the kept one goes, too');
SELECT is_empty($$SELECT rule, object FROM check_integrity()$$, 'check_integrity() finds nothing');
SELECT * FROM finish();
ROLLBACK;
