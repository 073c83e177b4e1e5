-- What an operator or a developer is told: SQLSTATE, message, detail and hint of each error of driplo's
-- own. After a failed installation nothing is left.
SET client_min_messages = warning;
\set SHOW_CONTEXT never
\pset format unaligned

-- The errors of a statement, in full; versions and generated ids are made unrecognisable.
CREATE FUNCTION error_of(statement text, OUT error text) LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
    hint text;
    constraint_name text;
BEGIN
    EXECUTE statement;
    error := 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, constraint_name = CONSTRAINT_NAME;
    error := regexp_replace(concat_ws(E'\n', SQLSTATE || ' ' || message, '  detail: ' || nullif(detail, ''), '  hint: ' || nullif(hint, ''),
                            '  constraint: ' || nullif(constraint_name, '')), 'version [0-9.]+', 'version N', 'g');
END $$;
CREATE VIEW left_behind AS
    SELECT 'extension ' || extname AS what FROM pg_extension WHERE extname <> 'plpgsql'
    UNION ALL SELECT 'schema ' || nspname FROM pg_namespace WHERE nspname IN ('private', 'auth', 'extensions')
    UNION ALL SELECT 'table ' || oid::regclass FROM pg_class WHERE relkind IN ('r', 'S', 'v') AND oid >= 16384 AND relnamespace = 'public'::regnamespace
    UNION ALL SELECT 'type ' || oid::regtype FROM pg_type WHERE typtype = 'e' AND oid >= 16384
    UNION ALL SELECT 'function ' || oid::regprocedure FROM pg_proc WHERE oid >= 16384;

-- Installing: tables, types and sequences in the way
BEGIN;
CREATE TABLE orders (id integer);
CREATE TYPE user_role AS ENUM ('boss');
CREATE SEQUENCE order_number_seq;
CREATE VIEW listings AS SELECT 1 AS one;
CREATE TABLE mine (id integer);
CREATE INDEX idx_profiles_email ON mine (id);
SELECT error_of('CREATE EXTENSION driplo CASCADE');
SELECT what FROM left_behind WHERE what !~ 'error_of|left_behind' ORDER BY 1;
ROLLBACK;

-- Installing: a schema auth that is not complete
BEGIN;
CREATE SCHEMA auth;
SELECT error_of('CREATE EXTENSION driplo CASCADE');
CREATE TABLE auth.users (id integer PRIMARY KEY, email text);
SELECT error_of('CREATE EXTENSION driplo CASCADE');
DROP TABLE auth.users;
CREATE TABLE auth.users (id uuid, email text);
CREATE FUNCTION auth.uid() RETURNS text LANGUAGE sql AS 'SELECT ''''';
CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql AS 'SELECT ''''';
SELECT error_of('CREATE EXTENSION driplo CASCADE');
SELECT what FROM left_behind WHERE what !~ 'error_of|left_behind' ORDER BY 1;
ROLLBACK;

-- Installing: not as a superuser
BEGIN;
CREATE ROLE regress_driplo_somebody;
SELECT format('GRANT CREATE ON DATABASE %I TO regress_driplo_somebody', current_database()) \gexec
GRANT ALL ON SCHEMA public TO regress_driplo_somebody;
GRANT SELECT ON left_behind TO regress_driplo_somebody;
SET ROLE regress_driplo_somebody;
SELECT error_of('CREATE EXTENSION driplo CASCADE');
SELECT what FROM left_behind WHERE what !~ 'error_of|left_behind' ORDER BY 1;
ROLLBACK;

-- Installing: without the extensions that it needs, and into a database of another encoding
SELECT error_of('CREATE EXTENSION driplo');
SELECT what FROM left_behind WHERE what !~ 'error_of|left_behind' ORDER BY 1;
SELECT current_database() AS regression \gset
CREATE DATABASE regress_driplo_latin1 ENCODING 'LATIN1' TEMPLATE template0 LOCALE_PROVIDER libc LC_COLLATE 'C' LC_CTYPE 'C';
\c regress_driplo_latin1
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION driplo CASCADE;
SELECT extname FROM pg_extension WHERE extname <> 'plpgsql';
SELECT nspname FROM pg_namespace WHERE nspname IN ('private', 'auth');
\c :regression
DROP DATABASE regress_driplo_latin1;
\set SHOW_CONTEXT never
SET client_min_messages = warning;
\pset tuples_only

-- Installed
CREATE EXTENSION driplo CASCADE;
INSERT INTO auth.users (id, email) VALUES ('00000000-0000-4000-8000-000000000001', 'sue@example.com'), ('00000000-0000-4000-8000-000000000002', 'ann@example.com'),
                                          ('00000000-0000-4000-8000-000000000003', 'eve@example.com');
INSERT INTO listings (id, seller_id, title, slug, description, price, quantity, status)
    VALUES ('00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-000000000001', 'Lamp', 'lamp', 'Gives light.', 20, 2, 'active');
INSERT INTO orders (id, order_number, buyer_id, seller_id, subtotal, total_amount)
    VALUES ('00000000-0000-4000-8000-00000000000b', 'ORD-1', '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001', 20, 20);

-- As another user
GRANT USAGE ON SCHEMA public TO authenticated;
SET ROLE authenticated;
SET request.jwt.claims = '{"sub": "00000000-0000-4000-8000-000000000003", "role": "authenticated"}';
SELECT error_of($$SELECT get_or_create_cart('00000000-0000-4000-8000-000000000001')$$);
SELECT error_of($$SELECT promote_to_admin('sue@example.com')$$);
SELECT error_of($$SELECT promote_to_admin('nobody@example.com')$$);
SELECT error_of($$SET driplo.platform_fee_percent = 0$$);
SET request.jwt.claims = '{"sub": "eve"}';
SELECT error_of('SELECT auth.uid()');
SET request.jwt.claims = '{"sub": ';
SELECT error_of('SELECT auth.uid()');
RESET request.jwt.claims;
RESET ROLE;

-- Functions
SELECT error_of($$SELECT get_or_create_cart(NULL)$$);
SELECT error_of($$SELECT get_or_create_cart('00000000-0000-4000-8000-00000000dead')$$);
SELECT error_of($$SELECT promote_to_admin(NULL)$$);
SELECT error_of($$SELECT promote_to_admin('nobody@example.com')$$);
SELECT error_of($$SELECT get_optimized_image_url('a.webp', 'huge')$$);
SELECT error_of($$SET driplo.platform_fee_percent = 101$$);
SELECT error_of($$SET driplo.restoring = maybe$$);
SELECT error_of($$SELECT set_config('driplo.platform_fee', '5', false)$$);
BEGIN;
UPDATE profiles SET email = 'sue@example.com';
SELECT error_of($$SELECT promote_to_admin('sue@example.com')$$);
ALTER SEQUENCE order_number_seq RESTART WITH 9223372036854775807;
SELECT error_of('SELECT generate_order_number()');
ROLLBACK;

-- Triggers
SELECT error_of('SELECT handle_new_user()');
BEGIN;
CREATE TABLE other (i integer);
CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON other FOR EACH ROW EXECUTE FUNCTION update_updated_at_column();
SELECT error_of('INSERT INTO other VALUES (1)');
ALTER TABLE other DISABLE TRIGGER stamp;
INSERT INTO other VALUES (1);
ALTER TABLE other ENABLE TRIGGER stamp;
SELECT error_of('UPDATE other SET i = 2');
ALTER TABLE other ADD COLUMN updated_at date;
SELECT error_of('UPDATE other SET i = 2');
ROLLBACK;
SELECT error_of($$INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price)
                  VALUES ('00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-00000000000a', 3, 20, 60)$$);
SELECT error_of($$INSERT INTO payment_transactions (order_id, amount, processor) VALUES ('00000000-0000-4000-8000-00000000000b', 20.01, 'stripe')$$);
INSERT INTO coupons (id, code, name, discount_type, discount_value, usage_limit, usage_limit_per_user)
    VALUES ('00000000-0000-4000-8000-00000000000c', 'ONCE', 'x', 'percentage', 10, 1, 5), ('00000000-0000-4000-8000-00000000000d', 'EACH', 'x', 'percentage', 10, NULL, 1);
INSERT INTO coupon_usage (coupon_id, user_id, discount_amount) SELECT id, '00000000-0000-4000-8000-000000000002', 1 FROM coupons;
SELECT error_of(format('INSERT INTO coupon_usage (coupon_id, user_id, discount_amount) VALUES (%L, %L, 1)', id, '00000000-0000-4000-8000-000000000002')) FROM coupons ORDER BY id;
INSERT INTO categories (id, name, slug, parent_id)
    VALUES ('00000000-0000-4000-8000-0000000000a1', 'A', 'a', NULL), ('00000000-0000-4000-8000-0000000000a2', 'B', 'b', '00000000-0000-4000-8000-0000000000a1');
SELECT error_of($$UPDATE categories SET parent_id = '00000000-0000-4000-8000-0000000000a2' WHERE slug = 'a'$$);
SELECT error_of($$INSERT INTO product_variants (listing_id, name, price) VALUES ('00000000-0000-4000-8000-00000000dead', 'x', 1)$$);
SELECT error_of($$INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type)
                  VALUES ('00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001', 5, 'seller')$$);
SELECT error_of($$INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description)
                  VALUES ('D', '00000000-0000-4000-8000-00000000000b', '00000000-0000-4000-8000-000000000003', '00000000-0000-4000-8000-000000000001', 'other', 'x', 'x')$$);
SELECT error_of($$INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type)
                  SELECT id, buyer_id, seller_id, 5, 'seller' FROM orders WHERE id = '00000000-0000-4000-8000-00000000000b'$$);

-- Marks: somebody else's, and what was granted by mistake
BEGIN;
INSERT INTO conversations (id, buyer_id, seller_id)
    VALUES ('00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-000000000002', '00000000-0000-4000-8000-000000000001');
INSERT INTO messages (conversation_id, sender_id, content) VALUES ('00000000-0000-4000-8000-0000000000c1', '00000000-0000-4000-8000-000000000002', 'Hello');
INSERT INTO notifications (user_id, type, title, message) VALUES ('00000000-0000-4000-8000-000000000002', 'new_message', 'x', 'y');
GRANT UPDATE (seller_unread_count) ON conversations TO authenticated;
GRANT UPDATE (content) ON messages TO authenticated;
GRANT UPDATE (message) ON notifications TO authenticated;
SET LOCAL ROLE authenticated;
SET LOCAL request.jwt.claims = '{"sub": "00000000-0000-4000-8000-000000000002", "role": "authenticated"}';
SELECT error_of('UPDATE conversations SET archived_by_seller = true');
SELECT error_of('UPDATE conversations SET seller_unread_count = 0');
SELECT error_of('UPDATE messages SET is_read = true');
SELECT error_of($$UPDATE messages SET content = 'Goodbye'$$);
SELECT error_of($$UPDATE notifications SET message = 'z'$$);
SELECT error_of($$SELECT mark_conversation_read('00000000-0000-4000-8000-00000000dead')$$);
ROLLBACK;

-- Versions that do not fit, and a key that is gone
\c
\set SHOW_CONTEXT never
UPDATE driplo_schema_version SET version = '0.1';
SELECT error_of($$SELECT get_or_create_cart('00000000-0000-4000-8000-000000000001')$$);
SELECT error_of($$INSERT INTO auth.users (id, email) VALUES ('00000000-0000-4000-8000-000000000009', 'late@example.com')$$);
SELECT error_of('SELECT driplo_migrate()');
UPDATE driplo_schema_version SET version = (SELECT extversion FROM pg_extension WHERE extname = 'driplo');
\c
\set SHOW_CONTEXT never
BEGIN;
DELETE FROM driplo_secrets;
SELECT error_of('SELECT generate_order_number()');
ROLLBACK;
SET allow_system_table_mods = on;
UPDATE pg_extension SET extversion = '0.1' WHERE extname = 'driplo';
\c
\set SHOW_CONTEXT never
SELECT error_of($$SELECT get_or_create_cart('00000000-0000-4000-8000-000000000001')$$);
SELECT driplo_version() = '0.1' AS library_agrees;
SET allow_system_table_mods = on;
UPDATE pg_extension SET extversion = driplo_version() WHERE extname = 'driplo';
SELECT get_or_create_cart('00000000-0000-4000-8000-000000000001') IS NOT NULL AS works_again;

-- The rate of the fee, set while the library is not loaded yet
\c
\set SHOW_CONTEXT never
SET ROLE authenticated;
SET driplo.platform_fee_percent = 0;
SELECT calculate_platform_fee(100);
SELECT error_of('SET driplo.platform_fee_percent = 0');
RESET ROLE;

-- Bytes that are not UTF-8 reach a setting when a session starts with them
SELECT current_database() AS database \gset
\setenv DATABASE :database
\! PGOPTIONS="$(printf -- '-c request.jwt.claim.sub=\377')" psql -X -At -d "$DATABASE" -c 'SELECT auth.uid()' 2>&1
\! PGOPTIONS="$(printf -- '-c request.jwt.claim.role=\377')" psql -X -At -d "$DATABASE" -c 'SELECT auth.role()' 2>&1
\! PGOPTIONS="$(printf -- '-c request.jwt.claims={"role":"\342"}')" psql -X -At -d "$DATABASE" -c 'SELECT auth.jwt()' 2>&1

SET client_min_messages = warning;
SELECT driplo_uninstall(true);
DROP EXTENSION "uuid-ossp", pg_trgm, pgcrypto;
SELECT what FROM left_behind WHERE what !~ 'error_of|left_behind' ORDER BY 1;
DROP VIEW left_behind;
DROP FUNCTION error_of(text);
