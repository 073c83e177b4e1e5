-- Everything that a block stops, tried by both sides whichever of them has blocked, and again without the block: one row a place.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/cases.sql
SELECT no_plan();
SELECT tests.sign_up('ann@matrix.example', '{"username": "ann.matrix"}') AS ann, tests.sign_up('bob@matrix.example', '{"username": "bob.matrix"}') AS bob, tests.sign_up('eve@matrix.example') AS eve \gset
SELECT tests.a_listing(:'ann') AS of_ann, tests.a_listing(:'bob') AS of_bob, tests.a_listing(:'eve') AS of_eve \gset
SELECT set_config('tests.of_eve', :'of_eve', true) \g /dev/null
UPDATE listings SET category_id = (SELECT id FROM categories WHERE slug = 'fashion'), brand = 'Acme', is_featured = true;
SELECT tests.a_deal(:'ann', :'bob', 'completed') AS bought, tests.a_deal(:'bob', :'ann', 'completed') AS sold \gset
SELECT tests.an_address(:'ann', true), tests.an_address(:'bob', true) \g /dev/null
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'ann', :'bob') RETURNING id AS talk \gset
SELECT tests.a_deal(:'ann', :'bob', 'completed') AS before_it \gset
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (:'before_it', :'ann', :'bob', 2, 'seller'), (:'before_it', :'bob', :'ann', 2, 'buyer');
CREATE TABLE tests.who (me uuid, other uuid, listing uuid, deal uuid, talk uuid);
INSERT INTO tests.who VALUES (:'ann', :'bob', :'of_bob', :'bought', :'talk'), (:'bob', :'ann', :'of_ann', :'sold', :'talk');
DELETE FROM outbox_events;

-- What comes of it when one of them does something with the other: "works", "nothing", or the SQLSTATE. It is undone.
CREATE FUNCTION tests.tries(place text, who tests.who) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint := 1;
BEGIN
    BEGIN
        PERFORM tests.log_in(who.me);
        CASE place
            WHEN 'new conversation' THEN INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (who.listing, who.me, who.other);
            WHEN 'message' THEN INSERT INTO messages (conversation_id, sender_id, content) VALUES (who.talk, who.me, 'Hello');
            WHEN 'cart' THEN PERFORM add_to_cart(who.listing);
            WHEN 'cart line' THEN INSERT INTO cart_items (cart_id, listing_id, quantity) VALUES (get_or_create_cart(who.me), who.listing, 1);
            WHEN 'checkout' THEN
                PERFORM tests.log_out();
                INSERT INTO cart_items (cart_id, listing_id, quantity) VALUES (get_or_create_cart(who.me), who.listing, 1);
                PERFORM tests.log_in(who.me);
                PERFORM checkout((SELECT a.id FROM shipping_addresses a WHERE a.user_id = who.me AND a.is_default LIMIT 1));
            WHEN 'follow' THEN INSERT INTO user_follows (follower_id, following_id) VALUES (who.me, who.other);
            WHEN 'follow by function' THEN PERFORM follow(who.other);
            WHEN 'rating' THEN INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (who.deal, who.me, who.other, 1, 'seller');
            WHEN 'search' THEN SELECT count(*) INTO n FROM search('lamp') s WHERE s.seller_id = who.other;
            WHEN 'search by seller' THEN SELECT count(*) INTO n FROM search(NULL, jsonb_build_object('seller', who.other)) s;
            WHEN 'similar listings' THEN SELECT count(*) INTO n FROM similar_listings(current_setting('tests.of_eve')::uuid) s WHERE s.seller_id = who.other;
            WHEN 'home page' THEN SELECT count(*) INTO n FROM get_homepage_listings('featured', 10) h WHERE to_jsonb(h)::text LIKE '%' || who.listing || '%';
            WHEN 'feed', 'followers', 'saved search told' THEN
                PERFORM tests.log_out();
                -- a follow that a block has missed, such as one of the service
                INSERT INTO user_follows (follower_id, following_id) VALUES (who.me, who.other);
                DELETE FROM outbox_events;
                PERFORM tests.log_in(CASE WHEN place = 'followers' THEN who.other ELSE who.me END);
                IF place = 'feed' THEN
                    SELECT count(*) INTO n FROM feed() f WHERE f.seller_id = who.other;
                ELSIF place = 'followers' THEN
                    SELECT count(*) INTO n FROM followers() f WHERE f.id = who.me;
                ELSE
                    PERFORM save_search('Vases', 'vase', '{}', 'instant');
                    PERFORM tests.log_out();
                    INSERT INTO listings (seller_id, title, slug, description, price, status) VALUES (who.other, 'A vase', 'vase-' || gen_random_uuid(), 'Holds flowers.', 10, 'active');
                    PERFORM tests.log_in_as_service();
                    PERFORM deliver_events(), tell_saved_searches(), deliver_events();
                    PERFORM tests.log_out();
                    SELECT count(*) INTO n FROM notifications t WHERE t.user_id = who.me AND t.type = 'saved_search_match';
                END IF;
            WHEN 'favorite told', 'follow told' THEN
                IF place = 'favorite told' THEN
                    INSERT INTO favorites (user_id, listing_id) VALUES (who.me, who.listing);
                ELSE
                    PERFORM tests.log_out();
                    INSERT INTO user_follows (follower_id, following_id) VALUES (who.me, who.other);
                END IF;
                PERFORM tests.log_in_as_service();
                PERFORM deliver_events();
                PERFORM tests.log_out();
                SELECT count(*) INTO n FROM notifications t WHERE t.user_id = who.other;
            WHEN 'price told' THEN
                INSERT INTO favorites (user_id, listing_id) VALUES (who.me, who.listing);
                PERFORM tests.log_out();
                DELETE FROM outbox_events;
                UPDATE listings SET price = price / 2 WHERE id = who.listing;
                PERFORM tests.log_in_as_service();
                PERFORM deliver_events(), fan_out_notifications();
                PERFORM tests.log_out();
                SELECT count(*) INTO n FROM notifications t WHERE t.user_id = who.me;
            -- what goes on
            WHEN 'profile' THEN SELECT count(*) INTO n FROM public_profile(who.other);
            WHEN 'listing' THEN SELECT count(*) INTO n FROM listings l WHERE l.id = who.listing;
            WHEN 'ratings before' THEN SELECT count(*) INTO n FROM user_ratings r WHERE r.rated_user_id = who.me AND r.rater_user_id = who.other;
            WHEN 'report' THEN PERFORM report('user', who.other, 'scam');
            WHEN 'return' THEN PERFORM open_return(tests.line_of(who.deal), 'defective', 'Does not work');
            WHEN 'dispute' THEN PERFORM open_dispute(who.deal, 'damaged_item', 'Broken', 'In two');
        END CASE;
        RAISE EXCEPTION USING ERRCODE = 'UNDO0', MESSAGE = n;
    EXCEPTION WHEN OTHERS THEN
        RETURN CASE WHEN SQLSTATE <> 'UNDO0' THEN SQLSTATE WHEN SQLERRM = '0' THEN 'nothing' ELSE 'works' END;
    END;
END $$;
CREATE FUNCTION tests.each_tries(place text, me text) RETURNS text LANGUAGE sql AS $$
    SELECT tests.tries(each_tries.place, w) FROM tests.who w JOIN profiles p ON p.id = w.me WHERE p.username = each_tries.me
$$;

-- place | who has blocked | the other
CREATE TABLE tests.place (place text, blocker text, blocked text);
INSERT INTO tests.place VALUES
    ('new conversation', 'MK016', '42501'), ('message', 'MK016', '42501'), ('cart', 'MK016', 'P0002'), ('cart line', 'MK016', '42501'), ('checkout', 'MK006', 'MK006'),
    ('follow', 'MK016', '42501'), ('follow by function', 'MK016', 'P0002'), ('feed', 'nothing', 'nothing'), ('followers', 'nothing', 'nothing'), ('saved search told', 'nothing', 'nothing'), ('rating', 'MK016', '42501'),
    ('search', 'nothing', 'nothing'), ('search by seller', 'nothing', 'nothing'), ('similar listings', 'nothing', 'nothing'), ('home page', 'nothing', 'nothing'),
    ('favorite told', 'nothing', 'nothing'), ('follow told', 'nothing', 'nothing'), ('price told', 'nothing', 'nothing'),
    ('profile', 'works', 'works'), ('listing', 'works', 'works'), ('ratings before', 'works', 'works'), ('report', 'works', 'works'), ('return', 'works', 'works'), ('dispute', 'works', 'works');

SELECT is(tests.each_tries(place, me), 'works', format('before a block, %s: %s', me, place)) FROM tests.place, unnest('{ann.matrix,bob.matrix}'::text[]) me;
-- each of the two blocks the other one
SELECT tests.log_in(:'ann') \g /dev/null
SELECT block_user(:'bob') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.each_tries(place, 'ann.matrix') || ' ' || tests.each_tries(place, 'bob.matrix'), blocker || ' ' || blocked, 'Ann has blocked Bob: ' || place) FROM tests.place;
SELECT tests.log_in(:'ann') \g /dev/null
SELECT unblock_user(:'bob') \g /dev/null
SELECT tests.log_in(:'bob') \g /dev/null
SELECT block_user(:'ann') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.each_tries(place, 'bob.matrix') || ' ' || tests.each_tries(place, 'ann.matrix'), blocker || ' ' || blocked, 'Bob has blocked Ann: ' || place) FROM tests.place;

-- The blocked one gets what one gets of things that are not there, to the letter.
CREATE FUNCTION tests.words_of(me uuid, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    code text;
    words text;
    more text;
    hint text;
BEGIN
    PERFORM tests.log_in(me);
    BEGIN
        EXECUTE statement;
        RAISE EXCEPTION 'nothing was refused';
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, words = MESSAGE_TEXT, more = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    END;
    PERFORM tests.log_out();
    RETURN concat_ws('|', code, words, more, hint);
END $$;
SELECT is(replace(tests.words_of(:'ann', format(statement, :'ann', :'bob', :'of_bob', :'talk')), :'of_bob', 'X'), replace(tests.words_of(:'ann', format(statement, :'ann', '00000000-0000-4000-8000-00000000dead', '00000000-0000-4000-8000-00000000dead', '00000000-0000-4000-8000-00000000dead')),
          '00000000-0000-4000-8000-00000000dead', 'X'), title)
  FROM (VALUES ('INSERT INTO conversations (buyer_id, seller_id) VALUES (%1$L, %2$L)', 'a conversation is refused as with nobody'),
               ('INSERT INTO messages (conversation_id, sender_id, content) VALUES (%4$L, %1$L, ''Hello'')', 'a message as in no conversation'),
               ('SELECT add_to_cart(%3$L)', 'a listing is as if it were not there'),
               ('INSERT INTO user_follows (follower_id, following_id) VALUES (%1$L, %2$L)', 'a follow is refused as of nobody')) AS refused (statement, title);
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is_empty('SELECT * FROM my_blocks()', 'and she has no list of who has blocked her');
SELECT tests.log_out() \g /dev/null
SELECT is_empty('SELECT * FROM check_integrity()', 'the data are consistent');

SELECT * FROM finish();
ROLLBACK;
