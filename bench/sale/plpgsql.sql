-- What a database has to beat: the core rules of a sale as PL/pgSQL functions and triggers, in schema plpgsql with driplo's tables, indexes, checks and foreign
-- keys. Whoever writes, an order of this schema has a number, a legal first status and a history, the copy of its address, lines of its seller in its currency, lines
-- that add up to it at the end of the transaction, and takes its stock. Left out are coupons, store credit, tax, idempotency keys, limits, events and offers.
SET client_min_messages = warning;
CREATE SCHEMA plpgsql;
DO $$
DECLARE
    name text;
    key record;
BEGIN
    FOREACH name IN ARRAY ARRAY['profiles', 'shopping_carts', 'shipping_addresses', 'listings', 'product_variants', 'cart_items', 'orders', 'order_items', 'order_status_history'] LOOP
        EXECUTE format('CREATE TABLE plpgsql.%1$I (LIKE public.%1$I INCLUDING ALL EXCLUDING GENERATED)', name);
        EXECUTE format('INSERT INTO plpgsql.%1$I SELECT * FROM public.%1$I', name);
    END LOOP;
    ALTER TABLE plpgsql.listings SET (fillfactor = 90);
    SET LOCAL search_path = plpgsql, public;
    FOR key IN SELECT c.relname, k.conname, replace(pg_get_constraintdef(k.oid), 'public.', '') AS definition FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
                WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace AND to_regclass('plpgsql.' || c.relname) IS NOT NULL
    LOOP
        EXECUTE format('ALTER TABLE plpgsql.%I ADD CONSTRAINT %I %s', key.relname, key.conname, key.definition);
    END LOOP;
END $$;
CREATE SEQUENCE plpgsql.order_number;
SET search_path = plpgsql, public;
ALTER TABLE orders ALTER order_number SET DEFAULT NULL;

CREATE FUNCTION before_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.order_number IS NULL THEN
        NEW.order_number := 'ORD-' || to_char(now(), 'YYYYMMDD') || '-' || lpad(nextval('plpgsql.order_number')::text, 6, '0');
    END IF;
    IF NEW.status NOT IN ('pending_payment', 'paid') THEN
        RAISE EXCEPTION 'an order cannot begin as %', NEW.status;
    ELSIF NEW.buyer_id = NEW.seller_id THEN
        RAISE EXCEPTION 'buyer and seller are the same';
    END IF;
    IF NEW.shipping_address IS NULL THEN
        SELECT jsonb_build_object('name', a.name, 'phone', a.phone, 'address_line1', a.address_line1, 'address_line2', a.address_line2, 'city', a.city,
                                  'state_province', a.state_province, 'postal_code', a.postal_code, 'country_code', a.country_code)
          INTO NEW.shipping_address FROM shipping_addresses a WHERE a.id = NEW.shipping_address_id AND a.user_id = NEW.buyer_id;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'shipping address not found';
        END IF;
    END IF;
    PERFORM FROM profiles p WHERE p.id = NEW.seller_id AND p.suspended_at IS NULL AND p.deleted_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'seller is not available';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER before_order BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION before_order();

CREATE FUNCTION record_status() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO order_status_history (order_id, to_status, changed_by, created_at) VALUES (NEW.id, NEW.status, NEW.buyer_id, clock_timestamp());
    RETURN NULL;
END $$;
CREATE TRIGGER record_status AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION record_status();

CREATE FUNCTION before_line() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    listing record;
BEGIN
    SELECT l.title, l.seller_id, l.currency, o.seller_id AS of_order, o.currency AS order_currency INTO listing
      FROM listings l, orders o WHERE l.id = NEW.listing_id AND o.id = NEW.order_id;
    IF listing.seller_id IS DISTINCT FROM listing.of_order OR listing.currency IS DISTINCT FROM listing.order_currency THEN
        RAISE EXCEPTION 'the listing is not of the order''s seller and currency';
    END IF;
    NEW.title := coalesce(NEW.title, listing.title);
    RETURN NEW;
END $$;
CREATE TRIGGER before_line BEFORE INSERT ON order_items FOR EACH ROW EXECUTE FUNCTION before_line();

CREATE FUNCTION take_stock() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wanted bigint := (SELECT count(DISTINCT listing_id) FROM added WHERE variant_id IS NULL);
    taken bigint;
BEGIN
    PERFORM FROM listings l WHERE l.id IN (SELECT listing_id FROM added) ORDER BY l.id FOR NO KEY UPDATE;
    UPDATE listings l SET quantity = l.quantity - a.quantity, status = CASE WHEN l.quantity = a.quantity THEN 'reserved' ELSE l.status END, updated_at = now()
      FROM (SELECT listing_id, sum(quantity) AS quantity FROM added WHERE variant_id IS NULL GROUP BY listing_id) a
     WHERE l.id = a.listing_id AND l.status = 'active' AND l.quantity >= a.quantity;
    GET DIAGNOSTICS taken = ROW_COUNT;
    IF taken < wanted THEN
        RAISE EXCEPTION 'not enough stock';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER take_stock AFTER INSERT ON order_items REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION take_stock();

CREATE FUNCTION check_sums() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT o.subtotal FROM orders o WHERE o.id = NEW.order_id) IS DISTINCT FROM (SELECT sum(i.total_price) FROM order_items i WHERE i.order_id = NEW.order_id) THEN
        RAISE EXCEPTION 'the lines do not add up to the order';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER check_sums AFTER INSERT ON order_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_sums();

CREATE FUNCTION checkout(address uuid) RETURNS TABLE (order_id uuid, order_number text, seller_id uuid, total_amount numeric, currency text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = plpgsql, public AS $$
#variable_conflict use_column
DECLARE
    buyer uuid := auth.uid();
    cart uuid;
    placed uuid[];
    problem record;
BEGIN
    PERFORM FROM profiles p WHERE p.id = buyer AND p.suspended_at IS NULL AND p.deleted_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the buyer may not buy';
    END IF;
    SELECT c.id INTO cart FROM shopping_carts c WHERE c.user_id = buyer AND (c.expires_at IS NULL OR c.expires_at > now()) FOR UPDATE;
    PERFORM FROM shipping_addresses a WHERE a.id = address AND a.user_id = buyer FOR KEY SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'shipping address not found';
    END IF;
    PERFORM FROM listings l WHERE l.id IN (SELECT listing_id FROM cart_items WHERE cart_id = cart) ORDER BY l.id FOR NO KEY UPDATE;
    SELECT l.title INTO problem FROM cart_items i JOIN listings l ON l.id = i.listing_id WHERE i.cart_id = cart AND (l.status <> 'active' OR l.quantity < i.quantity OR l.seller_id = buyer) LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'cannot be bought: %', problem.title;
    END IF;
    WITH made AS (
        INSERT INTO orders (id, buyer_id, seller_id, subtotal, shipping_cost, total_amount, platform_fee_amount, currency, shipping_address_id)
        SELECT gen_random_uuid(), buyer, t.seller_id, t.subtotal, t.shipping, t.subtotal + t.shipping, round((t.subtotal + t.shipping) * 0.05, 2), t.currency, address
          FROM (SELECT l.seller_id, l.currency, sum(l.price * i.quantity) AS subtotal, sum(coalesce((l.shipping_info ->> 'cost')::numeric, 0)) AS shipping
                  FROM cart_items i JOIN listings l ON l.id = i.listing_id WHERE i.cart_id = cart GROUP BY l.seller_id, l.currency) t
        RETURNING id
    )
    SELECT array_agg(id) INTO placed FROM made;
    IF placed IS NULL THEN
        RAISE EXCEPTION 'cart is empty';
    END IF;
    INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price, title, description, platform_fee)
    SELECT o.id, l.id, i.quantity, l.price, l.price * i.quantity, l.title, l.description, round(l.price * i.quantity * 0.05, 2)
      FROM cart_items i JOIN listings l ON l.id = i.listing_id JOIN orders o ON o.id = ANY (placed) AND o.seller_id = l.seller_id AND o.currency = l.currency
     WHERE i.cart_id = cart;
    DELETE FROM cart_items i WHERE i.cart_id = cart;
    RETURN QUERY SELECT o.id, o.order_number::text, o.seller_id, o.total_amount, o.currency::text FROM orders o WHERE o.id = ANY (placed);
END $$;
GRANT USAGE ON SCHEMA plpgsql TO authenticated;
VACUUM ANALYZE;
