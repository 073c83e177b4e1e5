-- How long a refusal takes does not tell who has blocked somebody either: the same tables are asked as often as for what is not there.
-- What is refused about a listing is not here: who can read that it is on sale knows more than the time would tell.
BEGIN;
\ir ../../fixtures/market.sql
SELECT no_plan();
SELECT tests.sign_up('ann@silence.example') AS ann, tests.sign_up('bea@silence.example') AS bea, tests.sign_up('foe@silence.example') AS foe, tests.sign_up('away@silence.example') AS away,
       tests.sign_up('gone@silence.example') AS gone \gset
SELECT tests.a_listing(:'foe') AS of_foe, tests.a_listing(:'away') AS of_away \gset
SELECT tests.an_order(:'ann', :'foe', 10, 'completed') AS deal \gset
SELECT tests.log_in(:'ann') \g /dev/null
SELECT add_to_cart(:'of_foe') \g /dev/null
SELECT tests.log_in(:'bea') \g /dev/null
SELECT add_to_cart(:'of_away') \g /dev/null
SELECT tests.log_out() \g /dev/null
UPDATE profiles SET suspended_at = now() WHERE id = :'away';
UPDATE profiles SET deleted_at = now() WHERE id = :'gone';
SELECT tests.log_in(:'foe') \g /dev/null
SELECT block_user(:'ann') \g /dev/null
SELECT tests.log_out() \g /dev/null

CREATE FUNCTION tests.answer(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    EXECUTE statement INTO said;
    RAISE EXCEPTION USING ERRCODE = 'UNDO0', MESSAGE = 'said ' || said;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || regexp_replace(SQLERRM, '"[-0-9a-f]{36}"', 'X');
END $$;
CREATE FUNCTION tests.scans() RETURNS TABLE (name text, n bigint) LANGUAGE sql AS $$
    SELECT relname::text, coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_xact_user_tables WHERE schemaname NOT IN ('tests', 'pg_toast')
$$;
-- What a statement is answered, and how often it has asked which tables, when it is not the first of its kind.
CREATE FUNCTION tests.work(me uuid, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before jsonb;
    said text;
BEGIN
    PERFORM tests.log_in(me);
    FOR i IN 1..7 LOOP
        PERFORM tests.answer(statement);
    END LOOP;
    PERFORM tests.log_out();
    SELECT jsonb_object_agg(s.name, s.n) INTO before FROM tests.scans() s;
    PERFORM tests.log_in(me);
    said := tests.answer(statement);
    PERFORM tests.log_out();
    RETURN (SELECT said || ': ' || string_agg(format('%s %s', s.name, s.n - coalesce((before ->> s.name)::bigint, 0)), ', ' ORDER BY s.name)
              FROM tests.scans() s WHERE s.n > coalesce((before ->> s.name)::bigint, 0));
END $$;
CREATE TABLE tests.kind (kind text, statement text);
INSERT INTO tests.kind VALUES
    ('follow()', 'SELECT follow(%2$L)'), ('a follow', 'INSERT INTO user_follows (follower_id, following_id) VALUES (%1$L, %2$L)'),
    ('a conversation', 'INSERT INTO conversations (buyer_id, seller_id) VALUES (%1$L, %2$L)'),
    ('one about a listing', 'INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (%3$L, %1$L, %2$L)'),
    ('a rating', 'INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (%4$L, %1$L, %2$L, 5, ''seller'')');

\set nobody 00000000-0000-4000-8000-00000000dead
SELECT is(tests.work(:'ann', format(statement, :'ann', :'foe', :'of_foe', :'deal')), tests.work(:'ann', format(statement, :'ann', :'nobody', :'nobody', :'nobody')), kind || ' is refused by who has blocked as by nobody')
  FROM tests.kind;
SELECT is(tests.work(:'ann', format('SELECT follow(%L)', :'foe')), tests.work(:'ann', format('SELECT follow(%L)', other)), format('follow() asks no more of who is %s', who))
  FROM (VALUES (:'away', 'suspended'), (:'gone', 'gone')) AS known (other, who);
SELECT is(tests.work(:'ann', 'SELECT problem FROM cart_contents()'), tests.work(:'bea', 'SELECT problem FROM cart_contents()'), 'a cart looks the same whether the seller has blocked or is suspended');
SELECT is(tests.answer('SELECT 1'), 'UNDO0 said 1', 'what is measured is undone');
-- and it is measured: the one who has blocked asks no more and is told why
SELECT alike(tests.work(:'ann', format('SELECT follow(%L)', :'foe')), 'P0002 user X does not exist: profiles %, user_blocks %', 'a block is looked for');
SELECT isnt(tests.work(:'ann', format('SELECT follow(%L)', :'away')), tests.work(:'ann', format('SELECT unfollow(%L)', :'away')), 'other work is seen to be other work');

SELECT * FROM finish();
ROLLBACK;
