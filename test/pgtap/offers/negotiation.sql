-- Negotiating: who may say what to whom when, what is refused without a trace, and what the seller's settings answer.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();

SELECT tests.sign_up('ann@offers.example') AS ann, tests.sign_up('ben@offers.example') AS ben, tests.sign_up('cleo@offers.example') AS cleo,
       tests.sign_up('sue@offers.example') AS sue, tests.sign_up('dora@offers.example') AS dora \gset
UPDATE profiles SET suspended_at = now() WHERE id = :'sue';
SELECT tests.goods(:'ben', 'A lamp', 40, 3) AS lamp, tests.goods(:'ben', 'A shirt', 20, 0) AS shirt, tests.goods(:'ben', 'A fan', 5000, 2, '{}', 'JPY') AS fan,
       tests.goods(:'ben', 'A cup', 8, 9) AS cup, tests.goods(:'dora', 'A vase', 10, 9) AS vase \gset
SELECT tests.kind_of(:'shirt', 'S', 30, 2) AS small \gset
SELECT tests.a_listing(:'ben', 10, status => 'draft') AS draft \gset

-- an offer as people see it: "status made_by amount round"
CREATE FUNCTION tests.seen(offer uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', status, made_by, amount, round, CASE WHEN is_my_turn THEN 'my turn' END) FROM my_offers() WHERE id = offer
$$;
CREATE FUNCTION tests.stored(offer uuid) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    SELECT status FROM offers WHERE id = offer
$$;
CREATE FUNCTION tests.later(offer uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    UPDATE offers SET expires_at = now() - interval '1 second', checkout_until = CASE WHEN checkout_until IS NOT NULL THEN now() - interval '1 second' END WHERE id = offer
$$;

-- make_offer()

SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format('SELECT make_offer(%s)', call)), code, 'refused: ' || what)
  FROM (VALUES (format('%L, 40', :'lamp'), '22023', 'the price'), (format('%L, 41', :'lamp'), '22023', 'more than the price'), (format('%L, 19.99', :'lamp'), '22023', 'less than half'),
               (format('%L, 0', :'lamp'), '22023', 'nothing'), (format('%L, -1', :'lamp'), '22023', 'less than nothing'), (format('%L, ''NaN''', :'lamp'), '22023', 'no number'),
               (format('%L, 30.001', :'lamp'), '22023', 'a part of a cent'), (format('%L, 1e12', :'lamp'), '22003', 'more than any column holds'),
               (format('%L, NULL', :'lamp'), '22004', 'no amount'), ('NULL, 30', '22004', 'no listing'), (format('%L, 30, NULL', :'lamp'), '22004', 'no quantity'),
               (format('%L, 30, 0', :'lamp'), '22023', 'no piece'), (format('%L, 30, 4', :'lamp'), 'MK003', 'more than there are'),
               (format('%L, 30, 1, %L', :'lamp', gen_random_uuid()), 'P0002', 'an unknown variant'), (format('%L, 30', gen_random_uuid()), 'P0002', 'an unknown listing'),
               (format('%L, 9', :'draft'), 'P0002', 'a draft of somebody else''s'), (format('%L, 15', :'shirt'), '22023', 'a listing with variants without one of them'),
               (format('%L, 3000.5', :'fan'), '22023', 'a part of a yen'), (format('%L, 30, 1, NULL, %L', :'lamp', repeat('x', 10001)), '22023', 'a long message')) AS refused (call, code, what);
SELECT is(tests.attempt(format('SELECT make_offer(%L, 30)', :'lamp')), '1 rows, and left a trace', 'what is in between is an offer');
SELECT is((SELECT tests.seen(id) FROM my_offers()), 'pending buyer 30.00 1', 'which waits for the other side');
SELECT id AS first FROM my_offers() \gset
SELECT is(tests.attempt(format('SELECT answer_offer(%L, %s)', :'first', call)), code, 'refused to who made it: ' || what)
  FROM (VALUES ('''accept''', 'MK018', 'accepting'), ('''decline''', 'MK018', 'declining'), ('''counter'', 35', 'MK018', 'a counteroffer'), ('''buy''', '22023', 'an unknown answer'),
               ('NULL', '22004', 'no answer'), ('''accept'', 30', '22023', 'an amount for accept'), ('''counter''', '22004', 'a counteroffer without an amount')) AS refused (call, code, what);
SELECT is(tests.attempt(format('SELECT buy_offer(%L)', :'first')), 'MK018', 'nobody buys what was not accepted');
SELECT make_offer(:'shirt', 15, 2, :'small') AS shirt_offer \gset
SELECT is(tests.seen(:'shirt_offer'), 'pending buyer 15.00 1', 'of a variant its own price counts: half of 30');
SELECT make_offer(:'lamp', 31, message => 'Please') AS second \gset
SELECT is(tests.seen(:'first') || ', ' || tests.seen(:'second'), 'withdrawn buyer 30.00 1, pending buyer 31.00 2', 'another offer replaces the pending one');
SELECT is((SELECT string_agg(content, ', ' ORDER BY ctid) FROM messages WHERE offer_id IS NOT NULL), '30.00 USD, 2 × 15.00 USD, Please', 'each is a message of the conversation');
SELECT is((SELECT count(DISTINCT conversation_id) FROM my_offers()), 2::bigint, 'about its listing');

SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.attempt(format('SELECT make_offer(%L, 30)', :'lamp')), '23514', 'nobody offers for their own listing');
SELECT is(tests.seen(:'second'), 'pending buyer 31.00 2 my turn', 'the seller sees that it is their turn');
SELECT is(tests.attempt(format('SELECT withdraw_offer(%L)', :'second')), 'MK018', 'and cannot withdraw it');
SELECT is(tests.attempt(format('SELECT answer_offer(%L, ''decline'')', :'first')), 'MK018', 'nor answer what was withdrawn');
SELECT is(tests.attempt(format('SELECT answer_offer(%L, ''counter'', %s)', :'second', amount)), '22023', 'no counteroffer of ' || amount)
  FROM unnest(ARRAY['31', '40', '30.99', '41', '0']) amount;
SELECT answer_offer(:'second', 'counter', 36, 'It is new.') AS third \gset
SELECT is(tests.seen(:'second') || ', ' || tests.seen(:'third'), 'countered buyer 31.00 2, pending seller 36.00 2', 'a counteroffer is an offer of its own');
SELECT is(tests.attempt(format('SELECT buy_offer(%L)', :'third')), '42501', 'which the seller does not buy');

SELECT tests.log_in(:'cleo') \g /dev/null
SELECT is(tests.attempt(format('SELECT %s(%L%s)', f, :'third', more)), 'P0002', 'a stranger knows of no offer: ' || f)
  FROM (VALUES ('answer_offer', ', ''accept'''), ('withdraw_offer', ''), ('buy_offer', '')) AS call (f, more);
SELECT is_empty('SELECT * FROM my_offers()', 'and sees none');
SELECT is_empty('SELECT * FROM offers', 'nor in the table');

SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format('SELECT make_offer(%L, 33)', :'lamp')), 'MK018', 'the seller''s offer has to be answered first');
SELECT is(tests.attempt(format('SELECT answer_offer(%L, ''counter'', %s)', :'third', amount)), '22023', 'no counteroffer of ' || amount)
  FROM unnest(ARRAY['31', '36', '30', '37']) amount;
SELECT answer_offer(:'third', 'counter', 33) AS fourth \gset
SELECT is(tests.seen(:'fourth'), 'pending buyer 33.00 3', 'the buyer''s third price');
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.attempt(format('SELECT answer_offer(%L, ''counter'', 36)', :'fourth')), '22023', 'nobody goes back to a price of before');
SELECT answer_offer(:'fourth', 'counter', 34) AS fifth \gset
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format('SELECT answer_offer(%L, ''counter'', 33.5)', :'fifth')), 'MK015', 'there is no fourth');
SELECT is(answer_offer(:'fifth', 'accept'), :'fifth'::uuid, 'but the seller''s last can be accepted');
SELECT is(tests.seen(:'fifth'), 'accepted seller 34.00 3', 'accepted');
SELECT is((SELECT checkout_until - now() BETWEEN interval '23 hours' AND interval '25 hours' FROM offers WHERE id = :'fifth'), true, 'for a day');
SELECT is(tests.attempt(format('SELECT answer_offer(%L, ''decline'')', :'fifth')), 'MK018', 'and that was it');
SELECT is(tests.attempt(format('SELECT withdraw_offer(%L)', :'fifth')), 'MK018', 'no offer of the seller''s is withdrawn by the buyer');
SELECT is(tests.attempt(format('SELECT make_offer(%L, 30)', :'lamp')), 'MK015', 'nor is there another one for the listing');
SELECT make_offer(:'cup', 5) AS cup_offer \gset
SELECT withdraw_offer(:'cup_offer') \g /dev/null
SELECT is(tests.seen(:'cup_offer'), 'withdrawn buyer 5.00 1', 'a pending one can be withdrawn by who made it');
SELECT is(tests.attempt(format('SELECT withdraw_offer(%L)', :'cup_offer')), 'MK018', 'once');

-- the clock decides, not the job

SELECT make_offer(:'vase', 6) AS vase_offer \gset
SELECT tests.later(:'vase_offer') \g /dev/null
SELECT is(tests.seen(:'vase_offer') || ', ' || tests.stored(:'vase_offer'), 'expired buyer 6.00 1, pending', 'an offer is over by the clock');
SELECT tests.log_in(:'dora') \g /dev/null
SELECT is(tests.attempt(format('SELECT answer_offer(%L, ''accept'')', :'vase_offer')), 'MK018', 'and cannot be accepted');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format('SELECT withdraw_offer(%L)', :'vase_offer')), 'MK018', 'or withdrawn');
SELECT make_offer(:'vase', 7) AS vase_again \gset
SELECT is(tests.stored(:'vase_offer') || ', ' || tests.seen(:'vase_again'), 'expired, pending buyer 7.00 2', 'and another one takes its place');
SELECT tests.log_in(:'dora') \g /dev/null
SELECT answer_offer(:'vase_again', 'accept') \g /dev/null
SELECT tests.later(:'vase_again') \g /dev/null
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format('SELECT buy_offer(%L)', :'vase_again')), 'MK018', 'what was accepted cannot be bought after its end');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(expire_offers(0), 0, 'the job takes no more than it may');
SELECT is(expire_offers(), 1, 'and writes it down');
SELECT is(expire_offers(), 0, 'once');
SELECT is(tests.stored(:'vase_again'), 'expired', 'so it is in the table');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt('SELECT expire_offers()'), '42501', 'the job is the service''s');
SELECT is(tests.attempt('SELECT send_offers()'), '42501', 'the other too');

-- what voids an offer

SELECT tests.log_out() \g /dev/null
CREATE FUNCTION tests.after(change text, accepted boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    buyer uuid := tests.sign_up(gen_random_uuid() || '@void.example');
    seller uuid := tests.sign_up(gen_random_uuid() || '@void.example');
    listing uuid := tests.goods(seller, 'A thing', 20, 2);
    variant uuid;
    offer uuid;
    found text;
BEGIN
    IF change LIKE '%variant%' AND change NOT LIKE '%new variant%' THEN
        variant := tests.kind_of(listing, 'Blue', 20, 2);
    END IF;
    PERFORM tests.log_in(buyer);
    offer := make_offer(listing, 15, 1, variant);
    IF accepted THEN
        PERFORM tests.log_in(seller), answer_offer(offer, 'accept');
    END IF;
    PERFORM tests.log_out();
    CASE change
        WHEN 'sold' THEN UPDATE listings SET status = 'sold', quantity = 0 WHERE id = listing;
        WHEN 'reserved' THEN UPDATE listings SET status = 'reserved', quantity = 0 WHERE id = listing;
        WHEN 'archived' THEN UPDATE listings SET status = 'archived' WHERE id = listing;
        WHEN 'removed' THEN UPDATE listings SET status = 'removed' WHERE id = listing;
        WHEN 'cheaper' THEN UPDATE listings SET price = 15 WHERE id = listing;
        WHEN 'a bit cheaper' THEN UPDATE listings SET price = 15.01 WHERE id = listing;
        WHEN 'dearer' THEN UPDATE listings SET price = 99 WHERE id = listing;
        WHEN 'currency' THEN UPDATE listings SET currency = 'EUR' WHERE id = listing;
        WHEN 'seller suspended' THEN UPDATE profiles SET suspended_at = now() WHERE id = seller;
        WHEN 'buyer suspended' THEN UPDATE profiles SET suspended_at = now() WHERE id = buyer;
        WHEN 'buyer blocks' THEN INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (buyer, seller);
        WHEN 'seller blocks' THEN INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (seller, buyer);
        WHEN 'variant inactive' THEN UPDATE product_variants SET is_active = false WHERE id = variant;
        WHEN 'variant cheaper' THEN UPDATE product_variants SET price = 10 WHERE id = variant;
        WHEN 'new variant' THEN PERFORM tests.kind_of(listing, 'Red', 20, 2);
        WHEN 'variant deleted' THEN DELETE FROM product_variants WHERE id = variant;
        WHEN 'deleted' THEN DELETE FROM listings WHERE id = listing;
        WHEN 'buyer gone' THEN PERFORM tests.delete_account(buyer);
        WHEN 'seller gone' THEN PERFORM tests.delete_account(seller);
    END CASE;
    PERFORM tests.log_in(CASE WHEN change = 'buyer gone' THEN seller ELSE buyer END);
    found := (SELECT status FROM my_offers());
    PERFORM tests.log_in_as_service();
    PERFORM expire_offers();
    PERFORM tests.log_out();
    RETURN coalesce(found, 'gone') || CASE WHEN found <> (SELECT status FROM offers WHERE id = offer) THEN ', but stored otherwise' ELSE '' END;
END $$;
SELECT is(tests.after(what), result, what || ' makes a pending offer ' || result)
  FROM (VALUES ('sold', 'void'), ('reserved', 'pending'), ('archived', 'void'), ('removed', 'void'), ('cheaper', 'void'), ('a bit cheaper', 'pending'), ('dearer', 'pending'), ('currency', 'void'),
               ('seller suspended', 'void'), ('buyer suspended', 'void'), ('buyer blocks', 'void'), ('seller blocks', 'void'), ('variant inactive', 'void'), ('variant cheaper', 'void'), ('new variant', 'void'),
               ('variant deleted', 'void'), ('deleted', 'void'), ('buyer gone', 'gone'), ('seller gone', 'gone')) AS changed (what, result);
SELECT is(tests.after(what, true), result, what || ' makes an accepted offer ' || result)
  FROM (VALUES ('sold', 'void'), ('reserved', 'accepted'), ('archived', 'void'), ('cheaper', 'accepted'), ('dearer', 'accepted'), ('currency', 'void'), ('seller suspended', 'void'), ('buyer blocks', 'void'),
               ('variant deleted', 'void'), ('variant cheaper', 'accepted'), ('deleted', 'void'), ('buyer gone', 'gone')) AS changed (what, result);

-- who may not

SELECT tests.sign_up('eve@offers.example') AS eve, tests.sign_up('fay@offers.example') AS fay \gset
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.attempt(format('SELECT make_offer(%L, 30)', :'lamp')), '42501', 'a suspended user makes no offers');
SELECT tests.log_in(:'eve', '{"is_anonymous": true}') \g /dev/null
SELECT is(tests.attempt(format('SELECT make_offer(%L, 30)', :'lamp')), '42501', 'nor does an anonymous one');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt(format('SELECT make_offer(%L, 30)', :'lamp')), '42501', 'nor a visitor');
SELECT is(tests.attempt('SELECT * FROM offers'), '42501', 'who sees none either');
SELECT tests.log_in(:'fay') \g /dev/null
SELECT is((SELECT enabled || ' ' || min_percent || ' ' || bundle_tiers FROM offer_terms(:'ben')), 'true 50 []', 'users know what a seller accepts');
SELECT is_empty(format('SELECT * FROM offer_terms(%L)', gen_random_uuid()), 'of an unknown user nothing is known');
SELECT block_user(:'ben') \g /dev/null
SELECT is(tests.attempt(format('SELECT make_offer(%L, 30)', :'lamp')), 'MK016', 'who has blocked the seller is told why');
SELECT tests.log_in(:'ben') \g /dev/null
SELECT block_user(:'eve') \g /dev/null
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format('SELECT make_offer(%L, 30)', :'lamp')), 'P0002', 'who was blocked is told of no listing');
SELECT is(tests.attempt(format('INSERT INTO offers (listing_id, buyer_id, seller_id, amount, currency, made_by, round, expires_at) VALUES (%L, %L, %L, 1, ''USD'', ''buyer'', 1, now())', :'lamp', :'eve', :'ben')),
    '42501', 'nobody writes an offer past the functions');
SELECT is(tests.attempt(format('UPDATE offers SET amount = 1 WHERE id = %L', :'fifth')), '42501', 'or changes one');

-- a block that comes between the offer and the answer
SELECT tests.log_in(:'cleo') \g /dev/null
SELECT make_offer(:'cup', 5) AS blocked_offer \gset
SELECT tests.log_in(:'ben') \g /dev/null
SELECT block_user(:'cleo') \g /dev/null
SELECT is(tests.attempt(format('SELECT answer_offer(%L, ''accept'')', :'blocked_offer')), 'MK016', 'whoever blocks accepts nothing more');
SELECT tests.log_in(:'cleo') \g /dev/null
SELECT is(tests.attempt(format('SELECT withdraw_offer(%L)', :'blocked_offer')), 'MK018', 'for the other side it is void');
SELECT tests.log_in(:'ben') \g /dev/null
SELECT unblock_user(:'cleo') \g /dev/null
SELECT is(tests.attempt(format('SELECT answer_offer(%L, ''accept'')', :'blocked_offer')), 'MK018', 'and stays void when the block is gone');
SELECT block_user(:'cleo') \g /dev/null
SELECT tests.log_in(:'cleo') \g /dev/null

-- what the seller has decided beforehand

SELECT tests.log_in(:'dora') \g /dev/null
SELECT is(tests.attempt(format('SELECT set_offer_settings(%s)', call)), code, 'refused settings: ' || call)
  FROM (VALUES ('NULL', '22004'), ('true, NULL', '22004'), ('true, 49', '22023'), ('true, 100', '22023'), ('true, 60, 100', '22023'), ('true, 60, 90, 90', '22023'), ('true, 60, NULL, 49', '22023')) AS refused (call, code);
SELECT lives_ok('SELECT set_offer_settings(true, 60, 90, 70)', 'a seller says what is answered by itself');
SELECT is((SELECT concat_ws(' ', enabled, min_percent, auto_accept_percent, auto_decline_percent) FROM offer_settings), 't 60 90 70', 'and sees it');
SELECT tests.log_in(:'cleo') \g /dev/null
SELECT is_empty('SELECT * FROM offer_settings', 'nobody else does');
SELECT is(tests.attempt(format('SELECT make_offer(%L, 5.99)', :'vase')), '22023', 'below the least is refused');
SELECT make_offer(:'vase', 6.99) AS low \gset
SELECT is(tests.seen(:'low'), 'declined buyer 6.99 1', 'below the one border it is declined');
SELECT make_offer(:'vase', 8.99) AS between \gset
SELECT is(tests.seen(:'between'), 'pending buyer 8.99 2', 'between them it waits');
SELECT make_offer(:'vase', 9) AS high \gset
SELECT is(tests.seen(:'high'), 'accepted buyer 9.00 3', 'from the other on it is accepted');
SELECT is((SELECT string_agg(CASE m.sender_id WHEN :'dora' THEN 'seller' ELSE 'buyer' END || ' ' || m.content, ', ' ORDER BY m.ctid) FROM messages m WHERE m.offer_id IN (:'low', :'high')),
    'buyer 6.99 USD, seller 6.99 USD, buyer 9.00 USD, seller 9.00 USD', 'the seller has answered');
SELECT tests.log_in(:'dora') \g /dev/null
SELECT set_offer_settings(false) \g /dev/null
SELECT tests.log_in(:'fay') \g /dev/null
SELECT is(tests.attempt(format('SELECT make_offer(%L, 9)', :'vase')), '55000', 'a seller who wants no offers gets none');
SELECT is((SELECT enabled FROM offer_terms(:'dora')), false, 'which everybody can know before');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is(tests.attempt('SELECT set_offer_settings(true)'), '42501', 'a suspended user sets nothing');

-- a counteroffer of the buyer's is answered by itself too
SELECT tests.log_out() \g /dev/null
SELECT tests.sign_up('gil@offers.example') AS gil, tests.sign_up('hal@offers.example') AS hal \gset
SELECT tests.goods(:'hal', 'A desk', 100, 1) AS desk \gset
SELECT tests.log_in(:'gil') \g /dev/null
SELECT make_offer(:'desk', 60) AS desk_offer \gset
SELECT tests.log_in(:'hal') \g /dev/null
SELECT answer_offer(:'desk_offer', 'counter', 95) AS desk_counter \gset
SELECT set_offer_settings(true, 50, 90) \g /dev/null
SELECT tests.log_in(:'gil') \g /dev/null
SELECT answer_offer(:'desk_counter', 'counter', 91) AS desk_last \gset
SELECT is(tests.seen(:'desk_last'), 'accepted buyer 91.00 2', 'the buyer''s counteroffer is accepted by the settings');
SELECT tests.log_out() \g /dev/null

-- the service does so for the side that its claims name
SELECT tests.sign_up('jim@offers.example') AS jim, tests.goods(:'hal', 'A bed', 100, 1) AS bed \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT set_config('request.jwt.claims', format('{"sub": "%s", "role": "service_role"}', :'jim'), true) \g /dev/null
SELECT make_offer(:'bed', 60) AS bed_offer \gset
SELECT withdraw_offer(:'bed_offer') \g /dev/null
SELECT make_offer(:'bed', 61) AS bed_offer \gset
SELECT set_config('request.jwt.claims', format('{"sub": "%s", "role": "service_role"}', :'hal'), true) \g /dev/null
SELECT is(tests.attempt(format('SELECT withdraw_offer(%L)', :'bed_offer')), 'MK018', 'the service withdraws no offer for the other side');
SELECT answer_offer(:'bed_offer', 'counter', 80) AS bed_counter \gset
SELECT is(tests.seen(:'bed_counter'), 'pending seller 80.00 2', 'but answers it');
SELECT tests.log_out() \g /dev/null

-- 25 in a day
SELECT tests.sign_up('ian@offers.example') AS ian \gset
CREATE TEMP TABLE many_things AS SELECT tests.goods(:'hal', 'Thing ' || n, 10, 1) AS id FROM generate_series(1, 26) n;
GRANT SELECT ON many_things TO PUBLIC;
SELECT tests.log_in(:'ian') \g /dev/null
SELECT count(make_offer(id, 6)) FROM (SELECT id FROM many_things ORDER BY id LIMIT 25) t \g /dev/null
SELECT is(tests.attempt(format('SELECT make_offer(%L, 6)', (SELECT max(id::text) FROM many_things))), 'MK015', 'nobody makes more than 25 offers a day');

-- my_offers()
SELECT is((SELECT count(*) FROM my_offers()), 20::bigint, 'a page');
SELECT is((SELECT count(*) FROM my_offers(page_size => 1000)), 25::bigint, 'as long as is wanted');
SELECT created_at AS last_at, id AS last_id FROM my_offers() ORDER BY created_at, id LIMIT 1 \gset
SELECT is((SELECT count(*) FROM my_offers(before => :'last_at', before_id => :'last_id')), 5::bigint, 'and the next one');
SELECT is((SELECT count(*) FROM my_offers('seller')), 0::bigint, 'of the role');
SELECT is((SELECT count(*) FROM my_offers('buyer', 'pending', 100)), 25::bigint, 'and the status');
SELECT is((SELECT count(*) FROM my_offers('buyer', 'used', 100)), 0::bigint, 'no other');
SELECT is(tests.attempt('SELECT * FROM my_offers(''owner'')'), '22023', 'an unknown role is refused');
SELECT is(tests.attempt('SELECT * FROM my_offers(NULL, ''open'')'), '22023', 'and an unknown status');
SELECT tests.log_in(:'hal') \g /dev/null
SELECT is((SELECT count(*) FROM my_offers('seller', 'pending', 100) WHERE is_my_turn), 25::bigint, 'the seller has as many to answer');
SELECT tests.log_out() \g /dev/null

SELECT is_empty('SELECT * FROM check_integrity() WHERE rule LIKE ''offer%''', 'and nothing is wrong with any of it');
SELECT * FROM finish();
ROLLBACK;
