-- Filling a cart by functions: what adds up, what is refused, and what is wrong with a line by the time it is looked at.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT plan(97);

SELECT tests.sign_up('buyer@cart.example') AS buyer, tests.sign_up('other@cart.example') AS other, tests.sign_up('seller@cart.example') AS seller,
       tests.sign_up('second@cart.example') AS second \gset
SELECT tests.goods(:'seller', 'A lamp', 10, 5) AS lamp, tests.goods(:'seller', 'A shirt', 20, 0) AS shirt, tests.goods(:'second', 'A vase', 7.50, 3, '{}', 'EUR') AS vase \gset
SELECT tests.kind_of(:'shirt', 'S', 21, 2) AS small, tests.kind_of(:'shirt', 'M', 22, 4) AS medium, tests.kind_of(:'shirt', 'L', 23, 4) AS large \gset
UPDATE product_variants SET is_active = false WHERE id = :'large';

-- add_to_cart

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT add_to_cart(:'lamp') AS line \gset
SELECT results_eq('SELECT id, listing_id, variant_id, quantity FROM cart_items',
    format('VALUES (%L::uuid, %L::uuid, NULL::uuid, 1)', :'line', :'lamp'), 'one piece goes in, and the line''s id comes back');
SELECT is(add_to_cart(listing_id => :'lamp', quantity => 2), :'line'::uuid, 'more of it is the same line');
SELECT is((SELECT quantity FROM cart_items WHERE id = :'line'), 3, 'which adds up');
SELECT isnt(add_to_cart(:'shirt', 1, :'small'), add_to_cart(listing_id => :'shirt', variant_id => :'medium', quantity => 2), 'each variant is a line of its own');
SELECT add_to_cart(:'shirt', 1, :'small') \g /dev/null
SELECT is((SELECT string_agg(quantity::text, ', ' ORDER BY quantity) FROM cart_items WHERE listing_id = :'shirt'), '2, 2', 'that adds up too');
SELECT is(tests.attempt(format('SELECT add_to_cart(%L, 3)', :'lamp')), 'MK003', 'more than there is, together with what is in the cart, is refused');
SELECT is(tests.detail_of(format('SELECT add_to_cart(%L, 3)', :'lamp')), 'MK003 Requested 6, but only 5 available.', 'the refusal counts both');
SELECT is(tests.attempt(format('SELECT add_to_cart(%L, 6)', :'lamp')), 'MK003', 'as is more than there is at once');
SELECT is(tests.attempt(format('SELECT add_to_cart(%L, 1, %L)', :'shirt', :'small')), 'MK003', 'a variant has its own stock');
SELECT is(tests.attempt(format('SELECT add_to_cart(%s)', call)), code, 'refused: ' || what)
  FROM (VALUES (format('%L, 0', :'lamp'), '22023', 'no piece'), (format('%L, -1', :'lamp'), '22023', 'a negative number'),
               (format('%L, 1000001', :'lamp'), '22023', 'more than a line may hold'), (format('%L, 2147483647', :'lamp'), '22023', 'the largest number'),
               (format('%L, NULL', :'lamp'), '22004', 'NULL pieces'), ('NULL', '22004', 'no listing'),
               ('''00000000-0000-4000-8000-00000000dead''', 'P0002', 'an unknown listing'),
               (format('%L, 1, %L', :'lamp', '00000000-0000-4000-8000-00000000dead'), 'P0002', 'an unknown variant'),
               (format('%L, 1, %L', :'lamp', :'small'), 'P0002', 'a variant of another listing'),
               (format('%L, 1, %L', :'shirt', :'large'), '55000', 'an inactive variant'),
               (format('%L', :'shirt'), '22023', 'no variant of a listing that has some')) refused (call, code, what);
SELECT tests.log_out() \g /dev/null
SELECT tests.goods(:'seller', 'In another state', 10) AS other_state \gset
CREATE FUNCTION tests.in_state(buyer uuid, listing uuid, state text, statement text DEFAULT 'SELECT add_to_cart(%L)') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    UPDATE listings l SET status = state WHERE l.id = listing;
    PERFORM tests.log_in(buyer);
    answer := tests.attempt(format(statement, listing));
    PERFORM tests.log_out();
    RETURN answer;
END $$;
SELECT is(tests.in_state(:'buyer', :'other_state', state), code, 'somebody else''s ' || state || ' listing is refused with ' || code)
  FROM (VALUES ('draft', 'P0002'), ('archived', 'P0002'), ('removed', 'P0002'), ('deleted', 'P0002'), ('reserved', '55000'), ('sold', '55000')) s (state, code);
SELECT is(tests.in_state(:'seller', :'other_state', state), '23514', 'cannot add your own listing to the cart: ' || state) FROM unnest('{active,draft}'::text[]) state;
-- the policy of cart_items refuses what add_to_cart() refuses
\set put 'INSERT INTO cart_items (cart_id, listing_id) SELECT c.id, %L FROM shopping_carts c WHERE c.user_id = auth.uid()'
SELECT is(tests.in_state(:'buyer', :'other_state', state, :'put'), '42501', 'somebody else''s ' || state || ' listing is not inserted either')
  FROM unnest('{draft,archived,removed,deleted,reserved,sold}'::text[]) state;
SELECT get_or_create_cart(:'seller') \g /dev/null
SELECT is(tests.in_state(:'seller', :'other_state', 'active', :'put'), '42501', 'nor your own');
SELECT is(tests.in_state(:'buyer', :'other_state', 'active', :'put'), '1 rows, and left a trace', 'but an active one is');
DELETE FROM cart_items WHERE listing_id = :'other_state';
UPDATE profiles SET suspended_at = now() WHERE id = :'second';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT add_to_cart(%L)', :'vase')), '55000', 'what a suspended seller has is not for sale');
SELECT tests.log_out() \g /dev/null
UPDATE profiles SET suspended_at = NULL WHERE id = :'second';
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt(call), '42501', 'anon may not: ' || call)
  FROM unnest(ARRAY[format('SELECT add_to_cart(%L)', :'lamp'), format('SELECT set_cart_quantity(%L, 1)', :'line'), 'SELECT clear_cart()', 'SELECT * FROM cart_contents()',
                    'SELECT expire_carts()', 'SELECT quote_checkout()', 'SELECT * FROM validate_coupon(''X'')',
                    format('SELECT * FROM checkout(%L)', :'line')]) call;
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.attempt(call), '42501', 'the service is nobody with a cart: ' || call)
  FROM unnest(ARRAY[format('SELECT add_to_cart(%L)', :'lamp'), format('SELECT set_cart_quantity(%L, 1)', :'line'), 'SELECT clear_cart()', 'SELECT * FROM cart_contents()',
                    'SELECT quote_checkout()', 'SELECT * FROM validate_coupon(''X'')', format('SELECT * FROM checkout(%L)', :'line')]) call;
SELECT tests.log_out() \g /dev/null

-- Anonymous and suspended people keep a cart.
SELECT tests.log_in(:'other', '{"is_anonymous": true}') \g /dev/null
SELECT isnt(add_to_cart(:'lamp'), NULL, 'an anonymous user fills a cart');
SELECT tests.log_out() \g /dev/null
UPDATE profiles SET suspended_at = now() WHERE id = :'other';
SELECT tests.log_in(:'other') \g /dev/null
SELECT is((SELECT quantity FROM cart_contents()), 1, 'a suspended one sees it');
SELECT is(clear_cart(), 1, 'and empties it');
SELECT tests.log_out() \g /dev/null
UPDATE profiles SET suspended_at = NULL WHERE id = :'other';

-- set_cart_quantity

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT lives_ok(format('SELECT set_cart_quantity(%L, 5)', :'line'), 'a line takes all that there is');
SELECT is((SELECT quantity FROM cart_items WHERE id = :'line'), 5, 'and has it');
SELECT is(tests.attempt(format('SELECT set_cart_quantity(%s)', call)), code, 'refused: ' || what)
  FROM (VALUES (format('%L, 6', :'line'), 'MK003', 'more than there is'), (format('%L, -1', :'line'), '22023', 'a negative number'),
               (format('%L, 1000001', :'line'), '22023', 'more than a line may hold'),
               (format('%L, NULL', :'line'), '22004', 'NULL pieces'), ('NULL, 1', '22004', 'no line'),
               ('''00000000-0000-4000-8000-00000000dead'', 1', 'P0002', 'an unknown line'), ('''00000000-0000-4000-8000-00000000dead'', 0', 'P0002', 'removing an unknown line')) refused (call, code, what);
SELECT tests.log_in(:'other') \g /dev/null
SELECT is(tests.attempt(format('SELECT set_cart_quantity(%L, %s)', :'line', n)), 'P0002', 'a line of another''s cart is as if it were not there: ' || n) FROM unnest('{0,1}'::integer[]) n;
SELECT is(clear_cart(), 0, 'an empty cart has nothing to clear');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT set_cart_quantity(:'line', 0) \g /dev/null
SELECT is((SELECT count(*) FROM cart_items WHERE id = :'line'), 0::bigint, '0 removes the line');
SELECT is(tests.attempt(format('SELECT set_cart_quantity(%L, 1)', :'line')), 'P0002', 'which is gone then');
SELECT is(clear_cart(), 2, 'clear_cart() tells how many lines it removed');
SELECT is((SELECT count(*) FROM cart_items), 0::bigint, 'and nothing is left');
SELECT tests.log_out() \g /dev/null

-- Renewal

UPDATE shopping_carts SET expires_at = now() + interval '28 days 23 hours' WHERE user_id = :'buyer';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT add_to_cart(:'lamp', 2) AS line \gset
SELECT is((SELECT expires_at FROM shopping_carts), now() + interval '30 days', 'a cart that something is put into lives for thirty more days');
SELECT tests.log_out() \g /dev/null
UPDATE shopping_carts SET expires_at = now() + interval '29 days 1 hour' WHERE user_id = :'buyer';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT add_to_cart(:'lamp') \g /dev/null
SELECT is((SELECT expires_at FROM shopping_carts), now() + interval '29 days 1 hour', 'but is written once a day at most');
SELECT tests.log_out() \g /dev/null
UPDATE shopping_carts SET expires_at = now() - interval '1 second' WHERE user_id = :'buyer';
SELECT id AS expired FROM shopping_carts WHERE user_id = :'buyer' \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is_empty('SELECT * FROM cart_contents()', 'an expired cart has nothing in it');
SELECT is(tests.attempt(format('SELECT set_cart_quantity(id, 1) FROM cart_items WHERE cart_id = %L', :'expired')), 'P0002', 'no line of it is there to be changed');
SELECT is(tests.attempt(format('INSERT INTO cart_items (cart_id, listing_id) VALUES (%L, %L)', :'expired', :'vase')), '42501', 'and nothing is put where it would go unseen');
SELECT add_to_cart(:'lamp', 1) \g /dev/null
SELECT is((SELECT quantity FROM cart_contents()), 1, 'what is put in next is alone in a new one');
SELECT isnt((SELECT id FROM shopping_carts), :'expired'::uuid, 'with a new id');
SELECT clear_cart() \g /dev/null
SELECT tests.log_out() \g /dev/null

-- cart_contents

SELECT tests.put(:'buyer', :'lamp', 2) AS lamp_line, tests.put(:'buyer', :'shirt', 1, :'small') AS small_line, tests.put(:'buyer', :'vase', 3) AS vase_line \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT results_eq('SELECT item_id, listing_id, variant_id, seller_id, title, unit_price, quantity, line_total, currency, available, problem FROM cart_contents()',
    format($$VALUES (%L::uuid, %L::uuid, NULL::uuid, %L::uuid, 'A lamp', 10.00, 2, 20.00, 'USD', 5, NULL::text),
                    (%L, %L, %L, %L, 'A shirt', 21.00, 1, 21.00, 'USD', 2, NULL), (%L, %L, NULL, %L, 'A vase', 7.50, 3, 22.50, 'EUR', 3, NULL)$$,
           :'lamp_line', :'lamp', :'seller', :'small_line', :'shirt', :'small', :'seller', :'vase_line', :'vase', :'second'),
    'the lines stand in the order in which they were put in, at today''s prices, with what is left');
SELECT tests.log_in(:'other') \g /dev/null
SELECT is_empty('SELECT * FROM cart_contents()', 'nobody sees another''s');
SELECT tests.log_out() \g /dev/null

-- What may have happened since, and what is said about it: in the cart, in the quote, and by checkout().
SELECT tests.an_address(:'buyer', true) AS home \gset
CREATE TEMPORARY TABLE problem_found (what text, line text, in_cart text, in_quote text, available text, at_checkout text);
CREATE FUNCTION tests.problem_after(what text, line uuid, change text, buyer uuid, home uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found pg_temp.problem_found;
BEGIN
    found.what := what;
    BEGIN
        EXECUTE change;
        PERFORM tests.log_in(buyer);
        SELECT string_agg(c.problem, ',') FILTER (WHERE c.item_id = line), count(c.problem)::text INTO found.in_cart, found.line FROM cart_contents() c;
        SELECT string_agg(p ->> 'code', ','), string_agg(p ->> 'available', ',') INTO found.in_quote, found.available
          FROM jsonb_array_elements(quote_checkout() -> 'problems') p
         WHERE (p ->> 'message') ~ '^[A-Z].*[.]$' AND (p ->> 'listing_id')::uuid = (SELECT i.listing_id FROM cart_items i WHERE i.id = line);
        found.at_checkout := tests.attempt(format('SELECT * FROM checkout(%L)', home)) || ' ' || tests.detail_of(format('SELECT * FROM checkout(%L)', home));
        PERFORM tests.log_out();
        RAISE EXCEPTION USING ERRCODE = 'TT000';
    EXCEPTION WHEN SQLSTATE 'TT000' THEN
        INSERT INTO pg_temp.problem_found SELECT found.*;
    END;
END $$;
SELECT tests.problem_after(what, line::uuid, change, :'buyer', :'home')
  FROM (VALUES ('archived', :'lamp_line', format($$UPDATE listings SET status = 'archived' WHERE id = %L$$, :'lamp')),
               ('removed', :'lamp_line', format($$UPDATE listings SET status = 'removed' WHERE id = %L$$, :'lamp')),
               ('sold', :'lamp_line', format($$UPDATE listings SET status = 'sold' WHERE id = %L$$, :'lamp')),
               ('reserved', :'lamp_line', format($$UPDATE listings SET status = 'reserved', quantity = 0 WHERE id = %L$$, :'lamp')),
               ('fewer', :'lamp_line', format('UPDATE listings SET quantity = 1 WHERE id = %L', :'lamp')),
               ('fewer of the variant', :'small_line', format('UPDATE product_variants SET quantity = 0 WHERE id = %L', :'small')),
               ('variant off', :'small_line', format('UPDATE product_variants SET is_active = false WHERE id = %L', :'small')),
               ('got a variant that is off', :'lamp_line', format($$INSERT INTO product_variants (listing_id, name, price, quantity, is_active) VALUES (%L, 'red', 10, 3, false)$$, :'lamp')),
               ('got variants', :'lamp_line', format($$SELECT tests.kind_of(%L, 'red', 10)$$, :'lamp')),
               ('own', :'vase_line', format('SELECT set_config(''session_replication_role'', ''replica'', true); UPDATE listings SET seller_id = %L WHERE id = %L; SELECT set_config(''session_replication_role'', ''origin'', true)', :'buyer', :'vase')),
               ('suspended', :'vase_line', format('UPDATE profiles SET suspended_at = now() WHERE id = %L', :'second')),
               ('deleted', :'vase_line', format('UPDATE profiles SET deleted_at = now() WHERE id = %L', :'second'))) c (what, line, change) \g /dev/null
SELECT results_eq('SELECT what, line, in_cart, in_quote, available, split_part(at_checkout, '' '', 1) FROM problem_found ORDER BY what',
    $$VALUES ('archived', '1', 'listing_unavailable', 'listing_unavailable', '0', 'MK006'),
             ('deleted', '1', 'seller_unavailable', 'seller_unavailable', '3', 'MK006'),
             ('fewer', '1', 'not_enough_stock', 'not_enough_stock', '1', 'MK003'),
             ('fewer of the variant', '1', 'not_enough_stock', 'not_enough_stock', '0', 'MK003'),
             ('got a variant that is off', '1', 'variant_unavailable', 'variant_unavailable', '5', 'MK006'),
             ('got variants', '1', 'variant_unavailable', 'variant_unavailable', '5', 'MK006'),
             ('own', '1', 'own_listing', 'own_listing', '3', 'MK006'),
             ('removed', '1', 'listing_unavailable', 'listing_unavailable', '0', 'MK006'),
             ('reserved', '1', 'listing_unavailable', 'listing_unavailable', '0', 'MK006'),
             ('sold', '1', 'listing_unavailable', 'listing_unavailable', '5', 'MK006'),
             ('suspended', '1', 'seller_unavailable', 'seller_unavailable', '3', 'MK006'),
             ('variant off', '1', 'variant_unavailable', 'variant_unavailable', '2', 'MK006')$$,
    'each problem has its code, in the cart as in the quote, and stops checkout() without a trace');
SELECT is((SELECT at_checkout FROM problem_found WHERE what = 'fewer'), 'MK003 MK003 "A lamp": not_enough_stock (requested 2, available 1).', 'the detail names the line');
SELECT is((SELECT at_checkout FROM problem_found WHERE what = 'removed'), 'MK006 MK006 "no longer available": listing_unavailable (requested 2, available 0).', 'but not a listing that is no longer available');
SAVEPOINT unpublished;
UPDATE listings SET status = 'draft', title = 'Secret', price = 999 WHERE id = :'lamp';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT results_eq(format('SELECT title, unit_price, line_total, available, quantity, problem FROM cart_contents() WHERE listing_id = %L', :'lamp'),
    $$VALUES (NULL::text, NULL::numeric, NULL::numeric, NULL::integer, 2, 'listing_unavailable')$$, 'a cart does not follow a listing into its draft');
SELECT unalike(quote_checkout()::text, '%Secret%', 'nor does a quote');
SELECT tests.log_out() \g /dev/null
ROLLBACK TO unpublished;
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((quote_checkout() -> 'problems')::text, '[]', 'without a problem there is none');
SELECT tests.log_out() \g /dev/null

SELECT tests.goods(:'seller', 'A hat', 10, 5) AS hat \gset
SELECT tests.kind_of(:'hat', 'red', 10, 3) AS red \gset
UPDATE product_variants SET is_active = false WHERE id = :'red';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(format('SELECT add_to_cart(%L)', :'hat')), '22023', 'whose variants are all off is not sold without one: there is nothing to sell');
SELECT tests.log_out() \g /dev/null

-- expire_carts

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt('SELECT expire_carts()'), '42501', 'users expire no carts');
SELECT tests.log_out() \g /dev/null
UPDATE shopping_carts SET expires_at = now() + interval '1 day' WHERE user_id NOT IN (:'buyer', :'seller', :'second');
UPDATE shopping_carts SET expires_at = now() - interval '1 day' WHERE user_id IN (:'buyer', :'seller', :'second');
UPDATE shopping_carts SET expires_at = NULL WHERE user_id = :'other';
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(expire_carts(0), 0, 'none is none');
SELECT is(expire_carts(-5), 0, 'and fewer than none too');
SELECT is(expire_carts(max_rows => 2), 2, 'as many as were asked for');
SELECT is(expire_carts(), 1, 'and the rest');
SELECT is(expire_carts(), 0, 'once');
SELECT is(tests.attempt('SELECT expire_carts(NULL)'), '22004', 'NULL is no number');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM shopping_carts WHERE user_id IN (:'buyer', :'seller', :'second')), 0::bigint, 'the expired carts are gone');
SELECT is((SELECT count(*) FROM cart_items WHERE id IN (:'lamp_line', :'small_line', :'vase_line')), 0::bigint, 'with what was in them');
SELECT is((SELECT count(*) FROM shopping_carts WHERE user_id = :'other'), 1::bigint, 'one without a date stays');

SELECT * FROM finish();
ROLLBACK;
