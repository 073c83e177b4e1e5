-- The same job in PL/pgSQL, as somebody writes it who knows that one statement can change many rows: one lock that somebody holds keeps all of them, and one
-- trigger that refuses undoes all.
CREATE FUNCTION plpgsql.expire_unpaid_orders(most integer) RETURNS integer LANGUAGE plpgsql SET search_path = plpgsql, public AS $$
DECLARE
    ended integer;
BEGIN
    WITH unpaid AS (
        SELECT id FROM orders WHERE status = 'pending_payment' AND created_at < now() - interval '30 minutes' ORDER BY created_at LIMIT most FOR UPDATE SKIP LOCKED
    ), cancelled AS (
        UPDATE orders o SET status = 'cancelled', cancelled_at = now() FROM unpaid WHERE o.id = unpaid.id RETURNING o.id
    ), recorded AS (
        INSERT INTO order_status_history (order_id, from_status, to_status) SELECT id, 'pending_payment', 'cancelled' FROM cancelled
    ), given_back AS (
        UPDATE listings l SET quantity = l.quantity + i.quantity, status = CASE l.status WHEN 'reserved' THEN 'active' ELSE l.status END, updated_at = now()
          FROM (SELECT listing_id, sum(quantity) AS quantity FROM order_items WHERE order_id IN (SELECT id FROM cancelled) GROUP BY listing_id) i WHERE l.id = i.listing_id
    )
    SELECT count(*) INTO ended FROM cancelled;
    RETURN ended;
END $$;

CREATE PROCEDURE bench.grow_old(home text) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    EXECUTE format('UPDATE %I.orders SET created_at = created_at - interval ''1 day'' WHERE status = ''pending_payment''', home);
END $$;
CREATE FUNCTION bench.time_expiry(job text, orders integer) RETURNS TABLE (ended integer, milliseconds numeric) LANGUAGE plpgsql AS $$
DECLARE
    since timestamptz := clock_timestamp();
BEGIN
    EXECUTE format('SELECT %s($1)', job) INTO ended USING orders;
    milliseconds := round(1000 * extract(epoch FROM clock_timestamp() - since), 1);
    RETURN NEXT;
END $$;
