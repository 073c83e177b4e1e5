-- Code of other people's that runs around ours: index expressions, triggers of the shop's own, odd claims.
BEGIN;
SELECT plan(15);

SELECT tests.sign_up('mallory@attack.example') AS mallory \gset
SELECT tests.sign_up('seller@attack.example') AS seller \gset

-- An index expression that tries to become admin, run by ANALYZE with the table owner's rights.
CREATE ROLE mallory_attacks NOLOGIN;
GRANT authenticated TO mallory_attacks;
CREATE SCHEMA attack AUTHORIZATION mallory_attacks;
SET LOCAL ROLE mallory_attacks;
CREATE SEQUENCE attack.refused;
CREATE FUNCTION attack.promote(i int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
    IF current_setting('attack.armed', true) = 'on' THEN
        EXECUTE format('SELECT %I.promote_to_admin(''mallory@attack.example'')', tests.home());
    END IF;
    RETURN i;
EXCEPTION WHEN OTHERS THEN
    IF SQLSTATE = '42501' THEN
        PERFORM nextval('attack.refused');
    END IF;
    RETURN i;
END $$;
CREATE TABLE attack.bait (i int);
CREATE INDEX ON attack.bait (attack.promote(i));
INSERT INTO attack.bait SELECT generate_series(1, 100);
RESET ROLE;
SELECT set_config('attack.armed', 'on', true) \gset ignored_
ANALYZE attack.bait;
SELECT is((SELECT is_called FROM attack.refused), true, 'an index expression under ANALYZE is refused the service''s rights');
SELECT is((SELECT role::text FROM profiles WHERE id = :'mallory'), 'user', 'and its owner has not become an admin');
SELECT is((SELECT count(*) FROM admin_approvals WHERE request_id = :'mallory'), 0::bigint, 'and no approval was written');

-- A trigger of the shop's own that leads back into the statement that fired it, and makes it stale meanwhile.
CREATE FUNCTION attack.advance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.to_status::text = 'paid' THEN
        CREATE OR REPLACE FUNCTION pg_temp.touch() RETURNS int LANGUAGE sql AS 'SELECT 1';
        EXECUTE format('UPDATE %I.orders SET status = ''preparing'' WHERE id = $1', tests.home()) USING NEW.order_id;
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER advance AFTER INSERT ON order_status_history FOR EACH ROW EXECUTE FUNCTION attack.advance();
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount)
SELECT :'mallory', :'seller', 1, 1 FROM generate_series(1, 20);
SELECT lives_ok($$ UPDATE orders SET status = 'paid' $$, 'a trigger on the history may change the order again');
SELECT is((SELECT count(*) FROM orders WHERE status::text = 'preparing'), 20::bigint, 'and the change holds for each order');
SELECT is((SELECT count(*) FROM order_status_history WHERE to_status::text = 'preparing'), 20::bigint, 'and has a line in the history');
DROP TRIGGER advance ON order_status_history;

-- A service's token may name no user.
SELECT set_config('request.jwt.claims', '{"role": "service_role", "sub": "billing-service"}', true) \gset ignored_
SET LOCAL ROLE service_role;
SELECT lives_ok(format('SELECT get_or_create_cart(%L)', :'mallory'), 'a service whose sub is no uuid asks for a cart');
SELECT lives_ok(format('SELECT is_admin(%L)', :'mallory'), 'and who is an admin');
SELECT lives_ok($$ UPDATE orders SET status = 'shipped' WHERE status::text = 'preparing' $$, 'and moves orders on');
SELECT is((SELECT count(*) FROM order_status_history WHERE to_status::text = 'shipped' AND changed_by IS NULL), 20::bigint,
          'and the history names nobody');
RESET ROLE;
SELECT set_config('request.jwt.claims', '', true) \gset ignored_

-- The key of the order numbers is read, not remembered.
SAVEPOINT other_key;
UPDATE driplo_secrets SET secret = decode(repeat('00', 32), 'hex') WHERE name = 'order_number';
ALTER SEQUENCE order_number_seq RESTART 500000;
SELECT generate_order_number() AS with_other_key \gset
ROLLBACK TO other_key;
ALTER SEQUENCE order_number_seq RESTART 500000;
SELECT isnt(generate_order_number()::text, :'with_other_key', 'a key that was rolled back makes no more numbers');

-- A unique index of the operator's own.
CREATE UNIQUE INDEX attack_one_email ON profiles (lower(email));
SELECT throws_ok($$ INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'MALLORY@attack.example') $$, '23505', NULL,
                 'a sign-up against an index of the operator''s own ends with its error, not in a loop');
-- An altered column.
ALTER TABLE driplo_secrets ALTER secret TYPE int USING 1;
SELECT throws_ok($$ SELECT generate_order_number() $$, '42804', NULL, 'a column of an unexpected type is reported, not read');
INSERT INTO listings (seller_id, title, slug, description, price, quantity, status) VALUES (:'seller', 'A lamp', 'attack-lamp', 'Bright.', 10, 5, 'active') RETURNING id AS lamp \gset
INSERT INTO cart_items (cart_id, listing_id) SELECT id, :'lamp' FROM shopping_carts WHERE user_id = :'mallory';
SELECT tests.log_in(:'mallory') \gset ignored_
SELECT is((SELECT line_total FROM cart_contents()), 10.00, 'a cart');
RESET ROLE;
-- the server keeps the column's type for the sake of these triggers, as long as they are there
DROP TRIGGER check_listing_terms ON listings;
DROP TRIGGER check_changed_listing_terms ON listings;
ALTER TABLE listings ALTER price TYPE double precision;
SELECT tests.log_in(:'mallory') \gset ignored_
SELECT throws_ok('SELECT * FROM cart_contents()', '42804', NULL, 'nor is it handed on as what the function declares');
RESET ROLE;

SELECT * FROM finish();
ROLLBACK;
