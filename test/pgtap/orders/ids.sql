-- The ids of what every sale writes begin with the time (version 7 of RFC 9562), so that new rows are neighbors in the indexes: orders, their
-- lines and their history, with and without statements. What is somebody's secret does not, and a row that the application names keeps its id.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
SELECT plan(14);
SELECT tests.sign_up('buyer@ids.example') AS buyer, tests.sign_up('seller@ids.example') AS seller, tests.sign_up('second@ids.example') AS second \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
SELECT tests.goods(:'seller', 'A lamp', 10) AS lamp, tests.goods(:'seller', 'A shirt', 20) AS shirt, tests.goods(:'second', 'A vase', 7.50) AS vase \gset

CREATE FUNCTION tests.time_of(id uuid) RETURNS timestamptz IMMUTABLE LANGUAGE sql RETURN to_timestamp(('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint / 1000.0);
CREATE FUNCTION tests.version_of(id uuid) RETURNS text IMMUTABLE LANGUAGE sql RETURN substr(id::text, 15, 1) || ' ' || CASE WHEN substr(id::text, 20, 1) IN ('8', '9', 'a', 'b') THEN 'RFC' END;
-- A second is left for a clock that is read twice.
CREATE FUNCTION tests.is_of_now(id uuid) RETURNS boolean LANGUAGE sql RETURN tests.version_of(id) = '7 RFC' AND tests.time_of(id) BETWEEN now() - interval '1 second' AND clock_timestamp() + interval '1 second';

CREATE TEMP TABLE placed (place serial, way text, id uuid);
GRANT ALL ON placed, placed_place_seq TO PUBLIC;
CREATE FUNCTION tests.buy_all(way text, buyer uuid, home uuid, VARIADIC listings uuid[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('driplo.direct_writes', way, true);
    PERFORM tests.put(buyer, listing) FROM unnest(listings) listing;
    PERFORM tests.log_in(buyer);
    INSERT INTO placed (way, id) SELECT buy_all.way, c.order_id FROM checkout(home) c;
    PERFORM tests.log_out();
END $$;
SELECT tests.buy_all(way, :'buyer', :'home', :'lamp', :'vase', :'shirt') FROM unnest('{on,off,on}'::text[]) way \g /dev/null

SELECT is((SELECT count(*) FROM placed), 6::bigint, 'three times two orders');
SELECT is((SELECT count(*) FROM order_items i JOIN placed p ON p.id = i.order_id), 9::bigint, 'of nine lines');
SELECT results_eq(format('SELECT way, bool_and(tests.is_of_now(%s)) FROM placed p %s GROUP BY way ORDER BY way', ids, source), $$VALUES ('off', true), ('on', true)$$, what || ' begin with the time')
  FROM (VALUES ('ids of orders', 'p.id', ''), ('those of their lines', 'i.id', 'JOIN order_items i ON i.order_id = p.id'),
               ('those of their history', 'h.id', 'JOIN order_status_history h ON h.order_id = p.id')) AS t (what, ids, source);
SELECT is((SELECT array_agg(place ORDER BY id) FROM placed), ARRAY[1, 2, 3, 4, 5, 6], 'each order comes after those before it');
SELECT is((SELECT array_agg(p.place ORDER BY i.id) FROM order_items i JOIN placed p ON p.id = i.order_id), ARRAY[1, 1, 2, 3, 3, 4, 5, 5, 6], 'and so do the lines');
SELECT is((SELECT string_agg(l.title, ', ' ORDER BY i.id) FROM order_items i JOIN placed p ON p.id = i.order_id JOIN listings l ON l.id = i.listing_id WHERE p.place < 3), 'A lamp, A shirt, A vase',
    'which are in the order of the cart');

SELECT id AS first FROM placed WHERE place = 1 \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT transition_order(:'first', 'paid') \g /dev/null
SELECT transition_order(:'first', 'preparing') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT string_agg(to_status::text, ', ' ORDER BY id) FROM order_status_history WHERE order_id = :'first'), 'pending_payment, paid, preparing', 'the history by its ids is the history');

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT create_cart_claim() AS claim \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.version_of(:'claim'), '4 RFC', 'the code of a cart, which is a secret, is random');
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (:'buyer', :'seller', 10, 10) RETURNING id AS own \gset
INSERT INTO order_items (id, order_id, listing_id, quantity, unit_price, total_price) VALUES ('00000000-0000-0000-0000-0000000001d5', :'own', :'lamp', 1, 10, 10);
SELECT is(tests.version_of(:'own'), '4 RFC', 'an order that somebody inserts has the default of its column');
SELECT ok(EXISTS (SELECT FROM order_items WHERE id = '00000000-0000-0000-0000-0000000001d5' AND order_id = :'own'), 'and a line that is given its id has that');
SELECT is((SELECT count(*) FROM order_status_history WHERE order_id = :'own' AND tests.is_of_now(id)), 1::bigint, 'its history is written by driplo');

SELECT is((SELECT count(DISTINCT right(i.id::text, 15)) FROM order_items i JOIN placed p ON p.id = i.order_id), 9::bigint, 'what follows the time is another number for each');
SELECT * FROM finish();
ROLLBACK;
