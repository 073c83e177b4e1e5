-- A shop of a size: :buyers people who buy and :sellers who sell, :listings things on sale and :orders orders of the past, set by
-- set and with triggers off, which is how a million of each is there within minutes.
SET client_min_messages = warning;
SET synchronous_commit = off;
CREATE EXTENSION driplo CASCADE;
CREATE EXTENSION pg_stat_statements;
CREATE SCHEMA bench;
CREATE FUNCTION bench.id(kind text, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$ SELECT md5(kind || n)::uuid $$;

\if :{?indexes_last}
-- Indexes are filled when all rows are there: ten million would else look for the place of each.
CREATE TABLE bench.filled (name regclass);
INSERT INTO bench.filled
SELECT unnest('{auth.users,profiles,user_stats_summary,shopping_carts,shipping_addresses,listings,orders,order_items,order_status_history}'::regclass[]);
UPDATE pg_index SET indisready = false WHERE indrelid IN (SELECT name FROM bench.filled);
\endif
SET session_replication_role = replica;
INSERT INTO auth.users (id, email) SELECT bench.id('buyer', i), 'buyer' || i || '@bench.example' FROM generate_series(1, :buyers) i;
INSERT INTO auth.users (id, email) SELECT bench.id('seller', i), 'seller' || i || '@bench.example' FROM generate_series(1, :sellers) i;
INSERT INTO profiles (id, email, username) SELECT id, email, split_part(email, '@', 1) FROM auth.users;
INSERT INTO user_stats_summary (user_id) SELECT id FROM profiles;
INSERT INTO shopping_carts (id, user_id) SELECT bench.id('cart', i), bench.id('buyer', i) FROM generate_series(1, :buyers) i;
INSERT INTO shipping_addresses (id, user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
SELECT bench.id('address', i), bench.id('buyer', i), 'A Buyer', i || ' Main Street', 'Springfield', 'IL', '62701', 'US', true FROM generate_series(1, :buyers) i;
INSERT INTO listings (id, seller_id, title, slug, description, category_id, price, quantity, status, published_at, created_at, shipping_info)
SELECT bench.id('listing', i), bench.id('seller', 1 + i % :sellers), 'A thing number ' || i, 'thing-' || i, 'Hardly used, as good as new. ' || repeat('Word of it. ', 10),
       (ARRAY(SELECT id FROM categories ORDER BY id))[1 + i % 10], 1 + (i % 5000) / 100.0, 1000000, 'active', now(), now() - i * interval '1 second', '{"cost": 2.5}'
  FROM generate_series(1, :listings) i;
-- one line each
INSERT INTO orders (id, order_number, buyer_id, seller_id, status, subtotal, shipping_cost, total_amount, shipping_address_id, created_at, paid_at)
SELECT bench.id('order', i), 'OLD-' || i, bench.id('buyer', 1 + (i * 7919::bigint) % :buyers), bench.id('seller', 1 + i % :sellers), 'completed', 10, 2.5, 12.5,
       bench.id('address', 1 + (i * 7919::bigint) % :buyers), now() - i * interval '1 minute', now()
  FROM generate_series(1, :orders) i;
INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price, title)
SELECT bench.id('order', i), bench.id('listing', 1 + i % :listings), 1, 10, 10, 'A thing' FROM generate_series(1, :orders) i;
INSERT INTO order_status_history (order_id, to_status) SELECT bench.id('order', i), 'completed' FROM generate_series(1, :orders) i;
RESET session_replication_role;
\if :{?indexes_last}
SET maintenance_work_mem = '1GB';
SELECT format('REINDEX TABLE %s', name) FROM bench.filled \gexec
RESET maintenance_work_mem;
\endif

-- Fills the carts of buyers from to up with that many lines each, in whichever schema the tables are; all of one seller, as
-- one order each.
CREATE PROCEDURE bench.fill_carts(home text, first bigint, last bigint, lines integer) LANGUAGE plpgsql AS $$
BEGIN
    SET LOCAL session_replication_role = replica;
    EXECUTE format('TRUNCATE %I.cart_items', home);
    EXECUTE format($q$INSERT INTO %I.cart_items (cart_id, listing_id, quantity)
        SELECT bench.id('cart', b), bench.id('listing', 1 + (b * 31 %% $4) + $5 * (line - 1)), 1
          FROM generate_series($1, $2) b, generate_series(1, $3) line$q$, home)
    USING first, last, lines, (SELECT setting::bigint FROM bench.setting WHERE name = 'sellers'), (SELECT setting::bigint FROM bench.setting WHERE name = 'sellers');
END $$;
CREATE TABLE bench.setting (name text PRIMARY KEY, setting text);
INSERT INTO bench.setting VALUES ('sellers', :'sellers'), ('buyers', :'buyers'), ('listings', :'listings');
-- counted as everywhere, and never too many
SELECT set_rate_limit(action, most => 1000000) FROM list_rate_limits() \g /dev/null
