-- A database that somebody has hardened: what PUBLIC may is revoked, row level security is forced, driplo's functions stand in
-- generated columns, constraints and indexes. The shop goes on, and nothing is lost without a word.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/market.sql
SELECT plan(34);

-- A whole sale as those who take part in it, and one that is given back: in one line what became of it.
CREATE FUNCTION tests.a_sale(mark text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    seller uuid := tests.sign_up('seller.' || mark || '@example.org');
    buyer uuid := tests.sign_up('buyer.' || mark || '@example.org');
    lamp uuid;
    address uuid;
    bought uuid;
    given_back uuid;
BEGIN
    PERFORM tests.log_in(seller);
    INSERT INTO listings (seller_id, title, slug, description, price, quantity, status, category_id, video_url)
    SELECT seller, 'Lamp', 'lamp-' || mark, 'Gives light.', 10, 5, 'active', c.id, 'https://example.org/v.mp4' FROM categories c WHERE c.slug = 'fashion' RETURNING id INTO lamp;
    PERFORM tests.log_in(buyer);
    INSERT INTO favorites (user_id, listing_id) VALUES (buyer, lamp);
    INSERT INTO user_follows (follower_id, following_id) VALUES (buyer, seller);
    INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code)
    VALUES (buyer, 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US') RETURNING id INTO address;
    PERFORM add_to_cart(lamp, 2);
    SELECT order_id INTO bought FROM checkout(address);
    PERFORM add_to_cart(lamp, 1);
    SELECT order_id INTO given_back FROM checkout(address);
    PERFORM cancel_order(given_back, 'changed my mind');
    PERFORM tests.log_in_as_service();
    PERFORM transition_order(bought, 'paid');
    PERFORM tests.log_in(seller);
    PERFORM ship_order(bought, 'ups', '1Z1');
    PERFORM tests.log_in(buyer);
    PERFORM confirm_delivery(bought);
    PERFORM tests.log_out();
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN (SELECT format('%s %s, %s left, %s favourite, %s follower, %s steps', o.status, o.total_amount, l.quantity, l.favorite_count, s.follower_count,
                          (SELECT count(*) FROM order_status_history h WHERE h.order_id = o.id))
              FROM orders o JOIN listings l ON l.id = lamp JOIN user_stats_summary s ON s.user_id = seller WHERE o.id = bought)
        || (SELECT ', ' || o.status FROM orders o WHERE o.id = given_back);
END $$;
\set as_ever 'delivered 20.00, 3 left, 1 favourite, 1 follower, 4 steps, cancelled'
SELECT is(tests.a_sale('before'), :'as_ever', 'a sale, before anything is hardened');

-- What PUBLIC may, as the guides say

SELECT n.nspname AS ids_schema, p.oid::regprocedure AS id_function
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE p.proname = 'uuid_generate_v4' \gset
-- what is in Supabase's schema auth is the authentication service's
SELECT prosrc = 'driplo_auth_uid' AS own_auth FROM pg_proc WHERE oid = 'auth.uid()'::regprocedure \gset
SELECT format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', name) FROM unnest(ARRAY[tests.home()::text, :'ids_schema', 'auth']) name WHERE name <> 'auth' OR :'own_auth' \gexec
SELECT format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA %I FROM PUBLIC', name) FROM unnest(ARRAY[tests.home()::text, :'ids_schema', 'auth', 'private']) name WHERE name <> 'auth' OR :'own_auth' \gexec
SELECT ok(NOT EXISTS (SELECT FROM pg_proc p CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE p.oid = :'id_function'::regprocedure AND a.grantee = 0),
    'PUBLIC may not make ids any more');
SELECT is(tests.a_sale('revoked'), :'as_ever', 'a sale where PUBLIC has nothing');
SELECT is_empty('SELECT item, found FROM installation_report() WHERE NOT ok', 'and the report is complete');

-- and what is revoked from driplo's own roles is reported and given back
SAVEPOINT own_roles;
SELECT format('REVOKE USAGE ON SCHEMA %I FROM driplo_owner, authenticated', tests.home()) \gexec
SELECT format('REVOKE EXECUTE ON FUNCTION %s FROM driplo_owner', :'id_function') \gexec
SELECT matches((SELECT found FROM installation_report() WHERE item = 'rights of the roles'), '^missing: .*EXECUTE on .*uuid_generate_v4\(\) for driplo_owner', 'the report says who may not make ids');
SELECT matches((SELECT found FROM installation_report() WHERE item = 'rights of the roles'), format('USAGE on %s for authenticated', tests.home()), 'and who may not use the schema');
SELECT lives_ok('SELECT driplo_migrate()', 'driplo_migrate() mends it');
SELECT is_empty('SELECT item, found FROM installation_report() WHERE NOT ok', 'all of it');
SELECT is(tests.a_sale('repaired'), :'as_ever', 'and people buy again');
ROLLBACK TO own_roles;

SELECT is_empty($$
    SELECT i.classoid::regclass, i.objoid FROM pg_init_privs i CROSS JOIN LATERAL aclexplode(i.initprivs) a
      JOIN pg_depend d ON d.classid = i.classoid AND d.objid = i.objoid AND d.deptype = 'e'
      JOIN pg_extension e ON e.oid = d.refobjid AND e.extname <> 'driplo'
     WHERE a.grantee IN ('anon'::regrole, 'authenticated'::regrole, 'driplo_owner'::regrole)
$$, 'what is granted on other extensions'' functions counts as granted, not as what they came with: a dump holds it');

-- FORCE ROW LEVEL SECURITY on every table

SELECT format('ALTER TABLE %I.%I FORCE ROW LEVEL SECURITY', n.nspname, c.relname)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relowner = 'driplo_owner'::regrole AND c.relkind = 'r' \gexec
SELECT is(tests.a_sale('forced'), :'as_ever', 'a sale where row level security is forced on every table');
SELECT is_empty('SELECT * FROM check_integrity()', 'nothing is lost');
SELECT is((SELECT found FROM installation_report() WHERE item = 'tables with forced row level security'), (SELECT expected FROM installation_report() WHERE item = 'tables'), 'the report tells');
SELECT tests.log_in(id) FROM profiles WHERE username = 'buyer.forced' \g /dev/null
SELECT is((SELECT count(*) FROM orders), 2::bigint, 'a buyer sees the own orders');
SELECT is((SELECT count(*) FROM shopping_carts), 1::bigint, 'and one cart');
SELECT tests.log_out() \g /dev/null
SELECT is(driplo_migrate(), driplo_version(), 'driplo_migrate() makes it as shipped');
SELECT is_empty('SELECT item, found FROM installation_report() WHERE NOT ok', 'and the report is complete');

-- driplo's functions in the shop's own columns, constraints and indexes

SAVEPOINT own_columns;
ALTER TABLE listings ADD COLUMN thumb text GENERATED ALWAYS AS (get_optimized_image_url(video_url, 'thumb')) STORED,
                     ADD CONSTRAINT fee_is_small CHECK (calculate_platform_fee(price) < 1000);
CREATE INDEX own_thumbs ON listings (get_optimized_image_url(video_url, 'medium'));
SELECT is(tests.a_sale('computed'), :'as_ever', 'a sale of listings with a generated column, a check and an index of ours');
SELECT lives_ok('ANALYZE listings', 'the table is analyzed');
SELECT lives_ok('REINDEX INDEX own_thumbs', 'and the index made anew, with the rights of the owner of the table');
SELECT is_empty('SELECT item, found FROM installation_report() WHERE NOT ok', 'nothing is reported');
ROLLBACK TO own_columns;

SELECT is_empty($$
    SELECT f.signature FROM private.function_rights() f
     WHERE NOT has_function_privilege('driplo_owner', to_regprocedure(CASE WHEN f.signature LIKE 'private.%' THEN f.signature ELSE format('%I.%s', tests.home(), f.signature) END), 'EXECUTE')
$$, 'whatever somebody may call, the owner of the tables may call');
SELECT is_empty('SELECT * FROM security_advisor()', 'and nothing is open');
SELECT is_empty('SELECT * FROM check_integrity()', 'and everything adds up');

-- A role for jobs, with the service's rights and no more; and what is not one

CREATE ROLE tests_jobs IN ROLE service_role;
CREATE ROLE tests_connects NOINHERIT IN ROLE service_role;
SELECT format('GRANT USAGE ON SCHEMA %I TO tests_jobs, tests_connects', tests.home()) \gexec
SET LOCAL ROLE tests_jobs;
SELECT lives_ok('SELECT expire_unpaid_orders()', 'a member of service_role that has its rights runs a job');
SELECT lives_ok('SELECT expire_carts()', 'and another');
SELECT throws_ok('SELECT driplo_migrate()', '42501', NULL, 'but repairs nothing');
SELECT throws_ok('SELECT * FROM driplo_secrets', '42501', NULL, 'and reads no key');
SET LOCAL ROLE tests_connects;
SELECT throws_ok('SELECT expire_unpaid_orders()', '42501', NULL, 'one that may only become the service is not it');
RESET ROLE;
-- whoever has granted that; from 16 on a membership inherits as the member did when it was granted
ALTER ROLE authenticated INHERIT;
GRANT service_role TO authenticated;
SELECT id AS somebody FROM profiles WHERE username = 'buyer.forced' \gset
SELECT id AS stranger FROM profiles WHERE username = 'seller.forced' \gset
SELECT tests.log_in(:'somebody') \g /dev/null
SELECT ok(NOT private.is_service(), 'a user is not the service, whatever was granted');
SELECT throws_ok('SELECT expire_unpaid_orders()', '42501', NULL, 'and runs no job');
SELECT throws_ok(format('SELECT promote_to_admin(email) FROM profiles WHERE id = %L', :'somebody'), '42501', NULL, 'nor becomes an admin');
SELECT tests.log_out() \g /dev/null

-- Uninstalling while the server explains what takes long

LOAD 'auto_explain';
SET LOCAL auto_explain.log_min_duration = 0;
SET LOCAL auto_explain.log_verbose = on;
SET LOCAL auto_explain.log_nested_statements = on;
SELECT lives_ok('SELECT driplo_uninstall()', 'driplo_uninstall() drops itself, and nobody asks for its name afterwards');
SELECT is(current_setting('auto_explain.log_min_duration'), '-1', 'until the transaction ends nothing more is explained');

SELECT * FROM finish();
ROLLBACK;
