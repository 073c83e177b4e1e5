-- What recipients read of each step: the reason of whoever took it, the amount, what they have to do and nothing that is over already;
-- and nothing of users who have been suspended since.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/cases.sql
SELECT no_plan();
SELECT * FROM tests.people('recipients.example') \gset
UPDATE profiles SET full_name = 'Ann Buyer' WHERE id = :'buyer';
UPDATE profiles SET full_name = 'Bob Seller' WHERE id = :'seller';
UPDATE profiles SET language_preference = 'bg' WHERE id = :'other';

-- "buyer: title | text", of those who are told by the next run
CREATE TABLE tests.known (name text, id uuid);
INSERT INTO tests.known VALUES ('buyer', :'buyer'), ('seller', :'seller'), ('other', :'other'), ('admin', :'admin');
CREATE FUNCTION tests.news() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM deliver_events(10000), fan_out_notifications();
    PERFORM tests.log_out();
    SELECT string_agg(format('%s: %s | %s', k.name, n.title, n.message), '; ' ORDER BY k.name, n.title) INTO said FROM notifications n JOIN tests.known k ON k.id = n.user_id;
    DELETE FROM notifications;
    RETURN coalesce(regexp_replace(said, '(ORD|RET|DSP)-[0-9A-Z-]+', '\1', 'g'), 'nothing');
END $$;
-- As somebody, or as the service.
CREATE FUNCTION tests.does(who text, statement text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.become(CASE who WHEN 'service' THEN who ELSE (SELECT k.id::text FROM tests.known k WHERE k.name = who) END);
    EXECUTE statement;
    PERFORM tests.log_out();
END $$;
-- A return of a delivered order, that has come so far.
CREATE FUNCTION tests.asked_back(buyer uuid, seller uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    line constant uuid := tests.line_of(tests.a_deal(buyer, seller));
    opened uuid;
BEGIN
    PERFORM tests.log_in(buyer);
    opened := open_return(line, 'defective', 'Does not work');
    PERFORM tests.log_out(), tests.news();
    RETURN opened;
END $$;

-- A return: each side reads why the other one took the step
SELECT tests.asked_back(:'buyer', :'seller') AS back \gset
SELECT tests.does('seller', format($$SELECT advance_return(%L, 'rejected', 'It was used')$$, :'back')) \g /dev/null
SELECT is(tests.news(), 'buyer: The return of A lamp was rejected | It was used', 'who is refused a return reads the reason of the seller, and not the own one');
SELECT tests.asked_back(:'buyer', :'seller') AS back \gset
SELECT tests.does('admin', format($$SELECT advance_return(%L, 'approved', 'Fair')$$, :'back')) \g /dev/null
SELECT is(tests.news(), 'buyer: You can return A lamp | Return RET was approved. Send it back.; seller: The return of A lamp was approved | Return RET', 'when the staff approves one, the buyer is asked to send it, and the seller is not');
SELECT tests.does('buyer', format($$SELECT advance_return(%L, 'shipped_back')$$, :'back')) \g /dev/null
SELECT is(tests.news(), 'seller: A lamp is on its way back | Return RET was sent.', 'the seller is told that it comes');
SELECT tests.does('seller', format($$SELECT advance_return(%L, 'received')$$, :'back')) \g /dev/null
SELECT is(tests.news(), 'buyer: The return of A lamp has arrived | Return RET was received.', 'the buyer, that it is there');
SELECT tests.does('admin', format($$SELECT advance_return(%L, 'inspecting')$$, :'back')) \g /dev/null
SELECT is(tests.news(), 'buyer: The return of A lamp is being inspected | Return RET; seller: The return of A lamp is being inspected | Return RET', 'both, when the staff looks at it');
SELECT tests.does('admin', format($$SELECT advance_return(%L, 'refunded', 'A scratch', 7.5)$$, :'back')) \g /dev/null
SELECT is(tests.news(), E'buyer: The return of A lamp was refunded | Return RET: 7.50 USD\nA scratch; seller: The return of A lamp was refunded | Return RET: 7.50 USD\nA scratch', 'how much went back, and why not all');
-- written down by the service for a buyer who called, whose language is another one
SELECT tests.a_deal(:'other', :'seller') AS deal \gset
DELETE FROM outbox_events;
SELECT tests.a_return(:'deal') AS back \gset
UPDATE returns SET return_number = 'RET-1' WHERE id = :'back';
SELECT is(tests.news(), 'other: Заявено е връщане RET | A lamp; seller: other wants to return A lamp | Defective', 'a return that the service has opened is told to both');

-- What is over before it is told of
SELECT tests.a_listing(:'seller', 10, 5) AS lamp \gset
SELECT tests.news() \g /dev/null
SELECT tests.an_order(:'buyer', :'seller') AS deal \gset
SELECT tests.an_item(:'deal', :'lamp') \g /dev/null
SELECT tests.does('service', format($$SELECT transition_order(%1$L, 'payment_processing'), transition_order(%1$L, 'paid')$$, :'deal')) \g /dev/null
SELECT is((SELECT string_agg(kind, ' ' ORDER BY id) FROM outbox_events), 'order.created order.paid', 'an order that was paid at once');
SELECT is(tests.news(), 'buyer: Paid: order ORD | You paid 10.00 USD to Bob Seller for A lamp.; seller: A lamp is sold | Order ORD: send it to Ann Buyer.', 'its payment is not waited for');
SELECT tests.an_order(:'buyer', :'seller') AS deal \gset
SELECT tests.an_item(:'deal', :'lamp') \g /dev/null
DELETE FROM outbox_events;
SELECT tests.does('service', format($$SELECT transition_order(%1$L, 'payment_processing'), transition_order(%1$L, 'paid')$$, :'deal')), tests.does('seller', format($$SELECT cancel_order(%L, 'Broken')$$, :'deal')) \g /dev/null
SELECT unalike(tests.news(), '%send it to%', 'a seller is not asked to send what was cancelled meanwhile');
SELECT tests.a_deal(:'buyer', :'seller', 'shipped') AS deal \gset
DELETE FROM outbox_events;
SELECT tests.does('service', format($$SELECT transition_order(%L, 'delivered')$$, :'deal')), tests.does('buyer', format($$SELECT transition_order(%L, 'completed')$$, :'deal')) \g /dev/null
SELECT is(tests.news(), 'seller: A lamp has arrived | Order ORD was delivered.', 'a buyer is not asked to confirm what is confirmed');

-- A dispute that was answered before its seller is asked to
SELECT tests.a_deal(:'buyer', :'seller') AS deal \gset
DELETE FROM outbox_events;
SELECT tests.does('buyer', format($$SELECT open_dispute(%L, 'damaged_item', 'Broken', 'In two')$$, :'deal')) \g /dev/null
SELECT tests.does('seller', format($$SELECT reply_dispute(id, 'It was whole') FROM disputes WHERE order_id = %L$$, :'deal')) \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM outbox_events WHERE kind = 'dispute.awaiting_seller_response'), '>=', 1::bigint, 'a seller had to answer');
SELECT unalike(tests.news(), '%seller: Dispute DSP waits for your answer%', 'and has answered');

-- Payment of a refund: what goes back
SELECT tests.a_deal(:'buyer', :'seller', 'paid', 3) AS deal \gset
DELETE FROM outbox_events;
SELECT tests.does('service', format($$SELECT transition_order(%L, 'refunded', 'Lost')$$, :'deal')) \g /dev/null
SELECT is(tests.news(), E'buyer: Order ORD was refunded | A lamp: 30.00 USD\nLost; seller: Order ORD was refunded | A lamp: 30.00 USD\nLost', 'both read what was refunded');

-- Who is reading a conversation sees a message there; who has read it some time ago does not, nor who has only been read
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'buyer', :'seller') RETURNING id AS talk \gset
SELECT tests.does('buyer', format($$INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, auth.uid(), 'Hello')$$, :'talk')) \g /dev/null
SELECT is(tests.news(), 'seller: Ann Buyer | Hello', 'a message');
SELECT tests.does('seller', format('SELECT mark_conversation_read(%L)', :'talk')), tests.does('seller', format($$INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, auth.uid(), 'Yes?')$$, :'talk')) \g /dev/null
SELECT is(tests.news(), 'buyer: Bob Seller | Yes?', 'its answer, though the other side is reading');
UPDATE messages SET read_at = now() - interval '29 seconds' WHERE content = 'Hello';
SELECT tests.does('buyer', format($$INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, auth.uid(), 'Is it red?')$$, :'talk')) \g /dev/null
SELECT is(tests.news(), 'nothing', 'who has just read is there');
UPDATE messages SET read_at = now() - interval '31 seconds' WHERE content = 'Hello';
SELECT tests.does('buyer', format($$INSERT INTO messages (conversation_id, sender_id, content) VALUES (%L, auth.uid(), 'Or blue?')$$, :'talk')) \g /dev/null
SELECT is(tests.news(), 'seller: Ann Buyer | Or blue?', 'half a minute later not any more');

-- Decisions and endpoints that have changed again before they are told of
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (:'seller', 'Bob''s', 'lamps') RETURNING id AS brand \gset
UPDATE brand_verification_requests SET verification_status = 'rejected', admin_notes = 'No' WHERE id = :'brand';
DELETE FROM outbox_events;
SELECT private.record_event('brand.approved', :'brand', NULL) \g /dev/null
SELECT is(tests.news(), 'nothing', 'an approval that does not hold any more');
SELECT private.record_event('brand.rejected', :'brand', NULL) \g /dev/null
SELECT is(tests.news(), 'seller: Bob''s was not verified | No', 'and the decision that does');
INSERT INTO webhook_endpoints (url, event_types, secret, confirmed_for, last_failure) VALUES ('https://a.example.com/', '{*}', 'whsec_', '', '500') RETURNING id AS endpoint \gset
SELECT private.record_event('webhook.disabled', :'endpoint', NULL) \g /dev/null
SELECT is(tests.news(), 'nothing', 'an endpoint that is enabled again');
UPDATE webhook_endpoints SET is_active = false, disabled_reason = 'failing';
SELECT private.record_event('webhook.disabled', :'endpoint', NULL) \g /dev/null
SELECT is(tests.news(), 'admin: Webhooks are no longer sent to https://a.example.com/ | 500', 'and one that is not');
INSERT INTO data_exports (user_id, status, finished_at, expires_at) VALUES (:'buyer', 'ready', now(), '2030-05-17 12:00+00') RETURNING id AS export \gset
SELECT private.record_event('export.ready', :'export', NULL) \g /dev/null
SELECT is(tests.news(), 'buyer: Your data is ready to download | You can download it until 17 May 2030.', 'an export that can be read');
DELETE FROM data_exports;
SELECT private.record_event('export.ready', :'export', NULL) \g /dev/null
SELECT is(tests.news(), 'nothing', 'and one that is gone');

-- Users who have been suspended, or have deleted the account, since they did it
CREATE FUNCTION tests.after(what text, buyer uuid, seller uuid, lamp uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    deal uuid;
    talk uuid;
BEGIN
    CASE what
        WHEN 'a message' THEN
            INSERT INTO conversations (buyer_id, seller_id) VALUES (buyer, seller) RETURNING id INTO talk;
            INSERT INTO messages (conversation_id, sender_id, content) VALUES (talk, buyer, 'Buy my pills');
        WHEN 'a rating' THEN
            deal := tests.a_deal(buyer, seller, 'completed');
            DELETE FROM outbox_events;
            INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (deal, buyer, seller, 'seller', 1);
        WHEN 'a follow' THEN
            INSERT INTO user_follows (follower_id, following_id) VALUES (buyer, seller);
        WHEN 'a favorite' THEN
            INSERT INTO favorites (user_id, listing_id) VALUES (buyer, lamp);
        WHEN 'a lower price' THEN
            INSERT INTO favorites (user_id, listing_id) VALUES (seller, tests.a_listing(buyer, 20));
            DELETE FROM outbox_events;
            UPDATE listings SET price = 10 WHERE seller_id = buyer;
    END CASE;
END $$;
CREATE FUNCTION tests.told_after(what text, change text, seller uuid, lamp uuid, with_an_order boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    person constant uuid := tests.sign_up(md5(random()::text) || '@recipients.example', '{"full_name": "Carl"}');
    said text;
BEGIN
    IF with_an_order THEN
        PERFORM tests.a_deal(person, seller, 'paid');
    END IF;
    DELETE FROM outbox_events;
    PERFORM tests.after(what, person, seller, lamp);
    EXECUTE format('UPDATE profiles SET %s WHERE id = %L', change, person);
    said := tests.news();
    DELETE FROM favorites;
    DELETE FROM user_follows;
    RETURN said;
END $$;
SELECT isnt(tests.told_after(what, 'bio = ''x''', :'seller', :'lamp'), 'nothing', what || ' is told of') FROM unnest('{a message,a rating,a follow,a favorite,a lower price}'::text[]) what;
SELECT is(tests.told_after(what, 'suspended_at = now()', :'seller', :'lamp'), 'nothing', what || ' of a user who is suspended') FROM unnest('{a message,a rating,a follow,a favorite,a lower price}'::text[]) what;
SELECT is(tests.told_after(what, 'deleted_at = now()', :'seller', :'lamp'), 'nothing', what || ' of a user who has deleted the account') FROM unnest('{a message,a rating,a follow,a favorite,a lower price}'::text[]) what;
SELECT is(tests.told_after('a message', 'suspended_at = now()', :'seller', :'lamp', true), 'seller: Carl | Buy my pills', 'but messages about an order that stands arrive');
SELECT is((SELECT count(*) FROM outbox_dead), 0::bigint, 'no event has failed');

SELECT * FROM finish();
ROLLBACK;
