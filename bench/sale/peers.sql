-- The same shop for an application and for no rules at all. Schema app has driplo's tables with their indexes, checks and
-- foreign keys, and no trigger: what these would do the application does. Schema bare has the tables and indexes alone.
SET client_min_messages = warning;
CREATE SCHEMA app;
CREATE SCHEMA bare;
DO $$
DECLARE
    name text;
    key record;
BEGIN
    FOREACH name IN ARRAY ARRAY['profiles', 'shopping_carts', 'shipping_addresses', 'listings', 'product_variants', 'cart_items', 'orders', 'order_items', 'order_status_history'] LOOP
        EXECUTE format('CREATE TABLE app.%1$I (LIKE public.%1$I INCLUDING ALL EXCLUDING GENERATED)', name);
        EXECUTE format('CREATE TABLE bare.%1$I (LIKE public.%1$I INCLUDING DEFAULTS INCLUDING INDEXES)', name);
    END LOOP;
    ALTER TABLE app.listings SET (fillfactor = 90);
    ALTER TABLE bare.listings SET (fillfactor = 90);
    FOREACH name IN ARRAY ARRAY['profiles', 'shopping_carts', 'shipping_addresses', 'listings', 'orders', 'order_items', 'order_status_history'] LOOP
        EXECUTE format('INSERT INTO app.%1$I SELECT * FROM public.%1$I', name);
        EXECUTE format('INSERT INTO bare.%1$I SELECT * FROM public.%1$I', name);
    END LOOP;
    SET LOCAL search_path = app, public;
    FOR key IN SELECT c.relname, k.conname, replace(pg_get_constraintdef(k.oid), 'public.', '') AS definition FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
                WHERE k.contype = 'f' AND c.relnamespace = 'public'::regnamespace AND to_regclass('app.' || c.relname) IS NOT NULL
    LOOP
        EXECUTE format('ALTER TABLE app.%I ADD CONSTRAINT %I %s', key.relname, key.conname, key.definition);
    END LOOP;
END $$;
CREATE SEQUENCE app.order_number;
ALTER TABLE app.orders ALTER COLUMN order_number SET DEFAULT 'ORD-' || to_char(now(), 'YYYYMMDD') || '-' || lpad(nextval('app.order_number')::text, 6, '0');
ALTER TABLE bare.orders ALTER COLUMN order_number SET DEFAULT 'ORD-' || to_char(now(), 'YYYYMMDD') || '-' || lpad(nextval('app.order_number')::text, 6, '0');
-- Fills the carts of buyers from to up with that many lines each, all of one seller, and of each thing there is one piece and no other cart has it.
CREATE PROCEDURE bench.fill_last_pieces(home text, first bigint, last bigint, lines integer) LANGUAGE plpgsql AS $$
DECLARE
    sellers bigint := (SELECT setting::bigint FROM bench.setting WHERE name = 'sellers');
BEGIN
    SET LOCAL session_replication_role = replica;
    EXECUTE format('TRUNCATE %I.cart_items', home);
    EXECUTE format($q$INSERT INTO %I.cart_items (cart_id, listing_id, quantity)
        SELECT bench.id('cart', b), bench.id('listing', 1 + (b - $1 + 1) %% $4 + $4 * ((b - $1 + 1) / $4 * $3 + line - 1)), 1
          FROM generate_series($1, $2) b, generate_series(1, $3) line$q$, home) USING first, last, lines, sellers;
    EXECUTE format('UPDATE %1$I.listings SET quantity = 1, status = ''active'' WHERE id IN (SELECT listing_id FROM %1$I.cart_items)', home);
END $$;
VACUUM ANALYZE;
