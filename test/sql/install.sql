-- Installing, dropping, taking over what was kept, and removing without a trace.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\pset format unaligned

-- Everything in the database that is not of PostgreSQL itself, nor of an extension; the last is
-- found out by following what its parts belong to.
CREATE TEMP VIEW left_over AS
    SELECT i.type, i.identity
      FROM (SELECT 'pg_class'::regclass, oid FROM pg_class WHERE relkind IN ('r', 'v', 'S', 'm', 'p', 'f', 'c') AND relpersistence <> 't'
            UNION ALL SELECT 'pg_type'::regclass, t.oid FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
                       WHERE t.typtype <> 'c' AND t.typelem = 0 AND t.typnamespace::regnamespace::text !~ '^pg_temp'
            UNION ALL SELECT 'pg_proc'::regclass, oid FROM pg_proc
            UNION ALL SELECT 'pg_namespace'::regclass, oid FROM pg_namespace WHERE nspname !~ '^pg_(temp|toast)'
            UNION ALL SELECT 'pg_event_trigger'::regclass, oid FROM pg_event_trigger
            UNION ALL SELECT 'pg_default_acl'::regclass, oid FROM pg_default_acl) AS object (classid, objid)
      CROSS JOIN LATERAL pg_identify_object(classid, objid, 0) i
     WHERE objid >= 16384
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = object.classid AND d.objid = object.objid AND d.deptype = 'e');
SELECT * FROM left_over;

-- Into the current schema, with the extensions that it needs
CREATE EXTENSION driplo CASCADE;
SELECT e.extname, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname <> 'plpgsql' ORDER BY 1;
SELECT driplo_version() = extversion AS versions_agree FROM pg_extension WHERE extname = 'driplo';
SELECT item, found FROM installation_report() WHERE NOT ok;
SELECT check_name, object, remedy FROM security_advisor();
SELECT remedy FROM security_advisor() \gexec
SELECT * FROM security_advisor();
SELECT type, count(*) > 0 AS some FROM left_over GROUP BY type ORDER BY 1;

INSERT INTO auth.users (id, email) VALUES ('00000000-0000-4000-8000-000000000001', 'sue@example.com'), ('00000000-0000-4000-8000-000000000002', 'ann@example.com');
INSERT INTO listings (id, seller_id, title, slug, description, price, status)
    VALUES ('00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001', 'Lamp', 'lamp', 'Gives light.', 20, 'active');
INSERT INTO orders (id, buyer_id, seller_id, subtotal, total_amount)
    VALUES ('00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 20, 20);
INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price)
    VALUES ('00000000-0000-4000-8000-000000000004', '00000000-0000-4000-8000-000000000003', 1, 20, 20);
ALTER TABLE listings ADD COLUMN colour text DEFAULT 'red';
CREATE TEMP VIEW shop AS
    SELECT (SELECT string_agg(username, ', ' ORDER BY username) FROM profiles) AS people, l.title, l.colour, l.status AS listing, o.status AS shop_order, i.quantity,
           (SELECT count(*) FROM order_status_history h WHERE h.order_id = o.id) AS history
      FROM orders o JOIN order_items i ON i.order_id = o.id JOIN listings l ON l.id = i.listing_id;
SELECT * FROM shop;

-- Dropping takes functions, triggers and some policies; data and row level security stay
\set VERBOSITY terse
DROP EXTENSION driplo;
\set VERBOSITY default
DROP EXTENSION driplo CASCADE;
SELECT * FROM shop;
SELECT count(*) FILTER (WHERE relrowsecurity) AS protected, count(*) AS tables FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r';
SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
   AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e');
SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE NOT tgisinternal;
SELECT to_regnamespace('private') AS private;
INSERT INTO auth.users (id, email) VALUES ('00000000-0000-4000-8000-000000000005', 'later@example.com');
SET ROLE authenticated;
SELECT count(*) FROM orders;
RESET ROLE;

-- Elsewhere it is not installed beside them
CREATE SCHEMA elsewhere;
CREATE EXTENSION driplo SCHEMA elsewhere;
DROP SCHEMA elsewhere;

-- Creating it again takes them over, and whoever signed up meanwhile
CREATE EXTENSION driplo;
SELECT * FROM shop;
SELECT item, found FROM installation_report() WHERE NOT ok;
SELECT * FROM security_advisor();
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount)
    VALUES ('00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 5, 5);
SELECT count(DISTINCT order_number) FROM orders;

-- Removing: without the data, with it, and not what depends on it
SELECT driplo_uninstall();
SELECT count(*) FROM orders;
CREATE EXTENSION driplo;
DROP VIEW shop;
CREATE TABLE own (order_id uuid REFERENCES orders (id));
SELECT driplo_uninstall(true);
DROP TABLE own;
SELECT driplo_uninstall(drop_data => true);
SELECT * FROM left_over;
SELECT extname FROM pg_extension WHERE extname = 'driplo';

-- Again, into a schema whose name needs quotes
CREATE SCHEMA "My Shop";
CREATE EXTENSION driplo SCHEMA "My Shop";
SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'driplo';
SET search_path = "My Shop", public;
SELECT item, found FROM installation_report() WHERE NOT ok;
SELECT * FROM security_advisor();
INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES ('00000000-0000-4000-8000-000000000001', 'sue@example.com', '{"username": "sue"}');
SELECT username FROM "My Shop".profiles;
SELECT get_or_create_cart('00000000-0000-4000-8000-000000000001') = (SELECT id FROM shopping_carts) AS cart_is_found;
INSERT INTO profile_setup_progress (user_id, step_name, completed)
    VALUES ('00000000-0000-4000-8000-000000000001', 'avatar_selected', true), ('00000000-0000-4000-8000-000000000001', 'profile_info_completed', true);
SELECT is_profile_setup_complete('00000000-0000-4000-8000-000000000001');
SELECT promote_to_admin('sue@example.com');
SELECT is_admin('00000000-0000-4000-8000-000000000001');
SELECT generate_order_number() ~ '^ORD-[0-9]{8}-[0-9]{6}$' AS order_number;
SELECT driplo_migrate() IS NOT NULL AS migrated;
DROP EXTENSION driplo CASCADE;
CREATE EXTENSION driplo SCHEMA "My Shop";
SELECT username, role FROM profiles;
SELECT is_admin('00000000-0000-4000-8000-000000000001');
SELECT driplo_uninstall(true);
RESET search_path;
SELECT * FROM left_over;
DROP SCHEMA "My Shop";

-- In one transaction that fails nothing of it is left
BEGIN;
CREATE EXTENSION driplo;
SELECT count(*) FROM categories;
ROLLBACK;
SELECT * FROM left_over;
DROP EXTENSION "uuid-ossp", pg_trgm, pgcrypto;
