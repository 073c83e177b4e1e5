-- A listing is on sale again when there is something to sell: by a variant as by itself, and after a moderator has put it back. What an admin
-- removed a moderator does not put back.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('restock.example') \gset

CREATE FUNCTION tests.listed_as(listing uuid) RETURNS text LANGUAGE sql AS $$SELECT status::text FROM listings WHERE id = listing$$;
CREATE FUNCTION tests.done(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    PERFORM tests.log_in_as(who);
    answer := tests.deed(statement);
    PERFORM tests.log_out();
    RETURN answer;
END $$;
SELECT tests.a_listing(:'seller', 10, 0) AS shirt \gset
SELECT tests.a_variant(:'shirt', 1) AS small, tests.a_variant(:'shirt', 1) AS large \gset

-- Variants

CREATE FUNCTION tests.sell_out(listing uuid, status text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    UPDATE product_variants SET quantity = 0 WHERE listing_id = listing;
    UPDATE listings SET status = sell_out.status WHERE id = listing;
    RETURN tests.listed_as(listing);
END $$;
SELECT is(tests.sell_out(:'shirt', s) || ' ' || tests.done('seller', format('UPDATE product_variants SET quantity = 3 WHERE id = %L', :'small')) || ' ' || tests.listed_as(:'shirt'), s || ' done active', s || ': a variant with more pieces brings it back')
  FROM unnest('{reserved,sold}'::text[]) s;
SELECT is(tests.sell_out(:'shirt', s) || ' ' || tests.done('seller', format('INSERT INTO product_variants (listing_id, name, price, quantity) VALUES (%L, %L, 10, 2)', :'shirt', s)) || ' ' || tests.listed_as(:'shirt'), s || ' done active', s || ': so does a new one')
  FROM unnest('{reserved,sold}'::text[]) s;
UPDATE product_variants SET is_active = false WHERE id = :'large';
SELECT is(tests.sell_out(:'shirt', 'sold') || ' ' || tests.done('seller', format('UPDATE product_variants SET quantity = 3 WHERE id = %L', :'large')) || ' ' || tests.listed_as(:'shirt'), 'sold done sold', 'one that is not active does not');
SELECT is(tests.done('seller', format('UPDATE product_variants SET is_active = true WHERE id = %L', :'large')) || ' ' || tests.listed_as(:'shirt'), 'done active', 'until it is');
SELECT is(tests.sell_out(:'shirt', 'sold') || ' ' || tests.done('seller', format('UPDATE product_variants SET name = ''L'' WHERE id = %L', :'large')) || ' ' || tests.listed_as(:'shirt'), 'sold done sold', 'nor does another name');
SELECT is(tests.sell_out(:'shirt', 'sold') || ' ' || tests.done('service', format('UPDATE product_variants SET quantity = 1 WHERE id = %L', :'large')) || ' ' || tests.listed_as(:'shirt'), 'sold done active', 'the service restocks as sellers do');
SELECT is(tests.sell_out(:'shirt', s) || ' ' || tests.done('seller', format('UPDATE product_variants SET quantity = 1 WHERE id = %L', :'large')) || ' ' || tests.listed_as(:'shirt'), s || ' done ' || s, 'what is ' || s || ' stays so')
  FROM unnest('{draft,archived}'::text[]) s;
UPDATE profiles SET suspended_at = now() WHERE id = :'seller';
SELECT is(tests.sell_out(:'shirt', 'sold') || ' ' || tests.done('service', format('UPDATE product_variants SET quantity = 1 WHERE id = %L', :'large')) || ' ' || tests.listed_as(:'shirt'), 'sold done archived', 'of a suspended seller nothing comes on sale');
UPDATE profiles SET suspended_at = NULL WHERE id = :'seller';

-- Removed while it was reserved

CREATE FUNCTION tests.reserved_and_removed(seller uuid, buyer uuid, with_variant boolean) RETURNS TABLE (thing uuid, sold uuid) LANGUAGE plpgsql AS $$
DECLARE
    variant uuid;
BEGIN
    thing := tests.a_listing(seller, 10, 1);
    variant := CASE WHEN with_variant THEN tests.a_variant(thing, 1) END;
    sold := tests.an_order(buyer, seller);
    PERFORM tests.an_item(sold, thing, 1, variant);
    PERFORM tests.asked('moderator', format('moderate_listing(%L, ''remove'', ''looks odd'')', thing));
    RETURN NEXT;
END $$;
CREATE TEMP TABLE removed AS SELECT v.with_variant, r.* FROM (VALUES (false), (true)) v (with_variant), LATERAL tests.reserved_and_removed(:'seller', :'buyer', v.with_variant) r;
GRANT SELECT ON removed TO PUBLIC;
SELECT is(tests.asked('moderator', format('moderate_listing(%L, ''restore'', ''genuine'')', thing)), 'reserved', 'while the order waits it is reserved again') FROM removed;
SELECT tests.asked('moderator', format('moderate_listing(%L, ''remove'', ''still odd'')', thing)), tests.asked('buyer', format('cancel_order(%L)', sold)) FROM removed \g /dev/null
SELECT is(tests.listed_as(thing), 'removed', 'an order that ends does not bring it back') FROM removed;
SELECT is(tests.asked('moderator', format('moderate_listing(%L, ''restore'', ''genuine'')', thing)), 'active', 'but with its pieces back it is on sale when it is restored') FROM removed;
CREATE TEMP TABLE paid AS SELECT v.with_variant, r.* FROM (VALUES (false), (true)) v (with_variant), LATERAL tests.reserved_and_removed(:'seller', :'buyer', v.with_variant) r;
UPDATE orders SET status = 'paid' WHERE id IN (SELECT sold FROM paid);
SELECT is(tests.asked('moderator', format('moderate_listing(%L, ''restore'', ''genuine'')', thing)), 'sold', 'paid meanwhile it is sold') FROM paid;

-- Who restores what

SELECT tests.a_listing(:'seller') AS fake, tests.a_listing(:'seller') AS gone \gset
SELECT tests.asked('admin', format('moderate_listing(%L, ''remove'', ''by court order'')', :'fake')), tests.asked('service', format('moderate_listing(%L, ''remove'', ''by a filter'')', :'gone')) \g /dev/null
SELECT is(tests.asked('moderator', format('moderate_listing(%L, ''restore'', ''a friend'')', l)), '42501 moderators cannot restore listings removed by an admin', 'a moderator does not undo what an admin or the service decided') FROM unnest(ARRAY[:'fake', :'gone']::uuid[]) l;
SELECT is(tests.asked('admin', format('moderate_listing(%L, ''restore'', ''appeal'')', :'fake')), 'active', 'an admin does');
SELECT is(tests.asked('service', format('moderate_listing(%L, ''restore'', ''appeal'')', :'gone')), 'active', 'and the service');
SELECT is_empty('SELECT * FROM check_integrity()', 'nothing is out of joint');

SELECT * FROM finish();
ROLLBACK;
