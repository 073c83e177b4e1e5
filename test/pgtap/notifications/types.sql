-- Each type of notification is made to happen as it does in a shop, by the people and programs whose doing it is; and then it is
-- asked who is told: as usual, over a block, with the type turned off, to a suspended user, and when the account is gone.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/cases.sql
SELECT no_plan();
SELECT * FROM tests.people('types.example') \gset
SELECT set_config('tests.admin', :'admin', true) \g /dev/null
SELECT tests.sign_up('reliable1@types.example'), tests.sign_up('reliable2@types.example') \g /dev/null

-- Does it, and answers with the two it concerns: who acts and who is told.
CREATE FUNCTION tests.happens(what text, OUT buyer uuid, OUT seller uuid) LANGUAGE plpgsql AS $$
DECLARE
    n constant text := md5(what || clock_timestamp());
    listing uuid;
    deal uuid;
    talk uuid;
    thing uuid;
BEGIN
    buyer := tests.sign_up('b' || n || '@types.example', '{"full_name": "Ann Buyer"}');
    seller := tests.sign_up('s' || n || '@types.example', '{"full_name": "Bob Seller"}');
    listing := tests.a_listing(seller, 10, 2);
    DELETE FROM outbox_events;
    CASE what
        WHEN 'order.created' THEN
            PERFORM tests.an_address(buyer, true), tests.log_in(buyer), add_to_cart(listing);
            PERFORM checkout((SELECT id FROM shipping_addresses WHERE user_id = buyer));
        WHEN 'order.paid', 'order.cancelled' THEN
            deal := tests.an_order(buyer, seller);
            PERFORM tests.an_item(deal, listing);
            DELETE FROM outbox_events;
            IF what = 'order.paid' THEN
                PERFORM tests.log_in_as_service();
                PERFORM transition_order(deal, 'payment_processing'), transition_order(deal, 'paid');
            ELSE
                PERFORM tests.log_in(buyer);
                PERFORM cancel_order(deal, 'Too late');
            END IF;
        WHEN 'order.shipped', 'order.delivered by the buyer', 'order.delivered by the carrier', 'order.refunded' THEN
            deal := tests.a_deal(buyer, seller, CASE what WHEN 'order.shipped' THEN 'paid' WHEN 'order.refunded' THEN 'paid' ELSE 'shipped' END);
            DELETE FROM outbox_events;
            IF what = 'order.shipped' THEN
                PERFORM tests.log_in(seller);
                PERFORM ship_order(deal, 'dhl', 'JD1');
            ELSIF what = 'order.delivered by the buyer' THEN
                PERFORM tests.log_in(buyer);
                PERFORM confirm_delivery(deal);
            ELSIF what = 'order.refunded' THEN
                PERFORM tests.log_in_as_service();
                PERFORM transition_order(deal, 'refunded', 'Lost');
            ELSE
                PERFORM tests.log_in_as_service();
                PERFORM transition_order(deal, 'delivered');
            END IF;
        WHEN 'takings.released', 'payout.paid', 'payout.failed' THEN
            deal := tests.a_deal(buyer, seller, 'completed');
            UPDATE orders SET delivered_at = now() - interval '60 days' WHERE id = deal;
            IF what = 'takings.released' THEN
                DELETE FROM outbox_events;
                PERFORM tests.log_in_as_service();
                PERFORM release_seller_funds();
            ELSE
                PERFORM release_seller_funds();
                PERFORM tests.log_in(seller);
                thing := request_payout(5);
                PERFORM tests.log_out();
                DELETE FROM outbox_events;
                PERFORM tests.log_in_as_service();
                IF what = 'payout.paid' THEN
                    PERFORM settle_payout(thing, 'paid');
                ELSE
                    PERFORM settle_payout(thing, 'failed');
                END IF;
            END IF;
        WHEN 'return.requested', 'return.approved', 'dispute' THEN
            deal := tests.a_deal(buyer, seller);
            DELETE FROM outbox_events;
            PERFORM tests.log_in(buyer);
            IF what = 'dispute' THEN
                PERFORM open_dispute(deal, 'damaged_item', 'Broken', 'In two');
            ELSE
                thing := open_return(tests.line_of(deal), 'defective', 'Does not work');
            END IF;
            IF what = 'return.approved' THEN
                PERFORM tests.log_out();
                DELETE FROM outbox_events;
                PERFORM tests.log_in(seller);
                PERFORM advance_return(thing, 'approved');
            END IF;
        WHEN 'message.sent' THEN
            PERFORM tests.log_in(buyer);
            INSERT INTO conversations (buyer_id, seller_id) SELECT auth.uid(), happens.seller RETURNING id INTO talk;
            INSERT INTO messages (conversation_id, sender_id, content) SELECT talk, auth.uid(), 'Is it still there?';
        WHEN 'rating.added' THEN
            deal := tests.a_deal(buyer, seller, 'completed');
            DELETE FROM outbox_events;
            PERFORM tests.log_in(buyer);
            INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating, comment) VALUES (deal, buyer, seller, 'seller', 4, 'Good');
        WHEN 'follow.added' THEN
            PERFORM tests.log_in(buyer);
            INSERT INTO user_follows (follower_id, following_id) VALUES (buyer, seller);
        WHEN 'favorite.added' THEN
            PERFORM tests.log_in(buyer);
            INSERT INTO favorites (user_id, listing_id) VALUES (buyer, listing);
        WHEN 'listing.price_lowered' THEN
            INSERT INTO favorites (user_id, listing_id) VALUES (buyer, listing);
            DELETE FROM outbox_events;
            PERFORM tests.log_in(seller);
            UPDATE listings SET price = 7.5 WHERE id = listing;
        WHEN 'offer.pending', 'offer.accepted', 'offer.declined', 'offer.countered', 'offer.pending of the seller', 'offer.expired', 'offer.void' THEN
            IF what = 'offer.pending of the seller' THEN
                INSERT INTO offers (listing_id, buyer_id, seller_id, amount, currency, made_by, round, expires_at)
                VALUES (listing, buyer, seller, 9, 'USD', 'seller', 0, now() + interval '2 days');
                RETURN;
            END IF;
            PERFORM tests.log_in(buyer);
            thing := make_offer(listing, 7, message => 'Please');
            IF what IN ('offer.accepted', 'offer.declined', 'offer.countered') THEN
                PERFORM tests.log_out();
                DELETE FROM outbox_events;
                PERFORM tests.log_in(seller);
                PERFORM answer_offer(thing, CASE what WHEN 'offer.accepted' THEN 'accept' WHEN 'offer.declined' THEN 'decline' ELSE 'counter' END,
                                     CASE what WHEN 'offer.countered' THEN 8 END, CASE what WHEN 'offer.declined' THEN 'Too little' END);
            ELSIF what <> 'offer.pending' THEN
                PERFORM tests.log_out();
                UPDATE offers SET expires_at = now() - interval '1 second' WHERE id = thing AND what = 'offer.expired';
                UPDATE listings SET price = 7 WHERE id = listing AND what = 'offer.void';
                DELETE FROM offers WHERE id <> thing;
                DELETE FROM outbox_events;
                PERFORM tests.log_in_as_service();
                PERFORM expire_offers();
            END IF;
            -- messages of offers tell of themselves
            PERFORM tests.log_out();
        WHEN 'achievement.earned' THEN
            PERFORM tests.log_in_as_service();
            INSERT INTO user_achievements (user_id, achievement) VALUES (seller, 'first_sale') RETURNING id INTO thing;
            PERFORM tests.log_out();
            DELETE FROM outbox_events;
            PERFORM private.record_event('achievement.earned', thing, NULL);
        WHEN 'brand.approved' THEN
            PERFORM tests.log_in(seller);
            INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (seller, 'Bob''s ' || n, 'lamps') RETURNING id INTO thing;
            PERFORM tests.log_in(current_setting('tests.admin')::uuid);
            UPDATE brand_verification_requests SET verification_status = 'approved', admin_notes = 'Welcome', reviewed_revision = 1 WHERE id = thing;
        -- the buyer reports what is the seller's, or the seller, and a moderator decides
        WHEN 'report dismissed', 'warning', 'listing removed', 'rating hidden', 'suspension', 'suspension without end', 'appeal granted', 'listing hidden' THEN
            thing := listing;
            IF what = 'rating hidden' THEN
                deal := tests.a_deal(buyer, seller, 'completed');
                INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (deal, seller, buyer, 'buyer', 1) RETURNING id INTO thing;
            ELSIF what IN ('suspension', 'suspension without end') THEN
                thing := seller;
            END IF;
            PERFORM tests.log_in(buyer);
            thing := report(CASE WHEN what = 'rating hidden' THEN 'rating' WHEN thing = seller THEN 'user' ELSE 'listing' END, thing, 'counterfeit');
            IF what = 'listing hidden' THEN
                PERFORM tests.log_out();
                -- two others
                INSERT INTO reports (report_number, reporter_id, target_type, target_id, target_owner, category, snapshot)
                SELECT 'REP-' || gen_random_uuid(), p.id, 'listing', listing, seller, 'spam', '{}' FROM profiles p WHERE p.email LIKE 'reliable_@types.example';
                INSERT INTO reports (report_number, reporter_id, target_type, target_id, category, snapshot, status, decision, decided_at)
                SELECT 'REP-' || gen_random_uuid(), p.id, 'listing', gen_random_uuid(), 'spam', '{}', 'decided', 'warn', now()
                FROM profiles p WHERE p.email LIKE 'reliable_@types.example' OR p.id = buyer ON CONFLICT DO NOTHING;
                UPDATE profiles SET created_at = now() - interval '30 days' WHERE email LIKE 'reliable_@types.example' OR id = buyer;
                DELETE FROM outbox_events;
                PERFORM private.hide_reported_listing(thing);
            ELSE
                PERFORM tests.log_in(current_setting('tests.admin')::uuid);
                PERFORM decide_report(thing, CASE what WHEN 'report dismissed' THEN 'dismiss' WHEN 'listing removed' THEN 'remove_listing' WHEN 'rating hidden' THEN 'hide_rating'
                                                       WHEN 'suspension' THEN 'suspend_30d' WHEN 'suspension without end' THEN 'suspend_forever' ELSE 'warn' END, 'A copy');
                PERFORM tests.log_out();
                IF what = 'appeal granted' THEN
                    PERFORM tests.log_in(seller);
                    PERFORM appeal_decision(d.decision_id, 'It is real') FROM my_decisions() d;
                    PERFORM tests.log_out();
                    DELETE FROM outbox_events;
                    PERFORM tests.log_in_as_service();
                    PERFORM decide_report(thing, 'dismiss', 'It is real');
                END IF;
            END IF;
            PERFORM tests.log_out();
            DELETE FROM outbox_events WHERE kind <> 'report.decided';
        WHEN 'send_promotion()' THEN
            PERFORM tests.log_in(buyer);
            PERFORM set_notification_settings(marketing => true);
            PERFORM tests.log_in(current_setting('tests.admin')::uuid);
            PERFORM send_promotion('{"en": "Sale", "bg": "Разпродажба"}', '{"en": "All week."}', '/sale');
    END CASE;
    PERFORM tests.log_out();
END $$;

-- Who is told: "type buyer|seller", with the text.
CREATE FUNCTION tests.told(what text, meanwhile text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    who record;
    answer text;
    reader record;
BEGIN
    who := tests.happens(what);
    -- what comes between the event and the worker
    FOR reader IN SELECT unnest(ARRAY[who.buyer, who.seller]) AS id LOOP
        CASE meanwhile
            WHEN 'off' THEN
                INSERT INTO notification_preferences (user_id, type, channel, enabled)
                SELECT reader.id, t, c, false FROM unnest(enum_range(NULL::notification_type)) t, unnest(enum_range(NULL::notification_channel)) c;
            WHEN 'suspended' THEN UPDATE profiles SET suspended_at = now() WHERE id = reader.id;
            WHEN 'deleted' THEN UPDATE profiles SET deleted_at = now() WHERE id = reader.id;
            WHEN 'gone' THEN PERFORM tests.delete_account(reader.id);
            ELSE NULL;
        END CASE;
    END LOOP;
    IF meanwhile = 'blocked by the buyer' THEN
        INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (who.buyer, who.seller);
    ELSIF meanwhile = 'blocked by the seller' THEN
        INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (who.seller, who.buyer);
    END IF;
    DELETE FROM outbox_events WHERE kind IN ('user.suspended', 'user.deleted') OR meanwhile = 'gone' AND kind IN ('order.cancelled', 'order.refunded');
    DELETE FROM notifications;
    PERFORM tests.log_in_as_service();
    PERFORM deliver_events(), fan_out_notifications();
    PERFORM tests.log_out();
    IF EXISTS (SELECT FROM outbox_events) THEN
        RETURN 'the event is still there';
    END IF;
    SELECT string_agg(concat_ws(' ', n.type, CASE n.user_id WHEN who.buyer THEN 'buyer' WHEN who.seller THEN 'seller' ELSE 'somebody' END,
                                CASE WHEN meanwhile IS NULL THEN format('(%s | %s)', n.title, n.message) END), ', ' ORDER BY n.type::text, n.user_id = who.seller) INTO answer
      FROM notifications n;
    DELETE FROM notification_settings;
    RETURN coalesce(regexp_replace(answer, '(ORD|RET|DSP|REP)-[0-9A-Z-]+', '\1', 'g'), 'nobody');
END $$;

-- what happens | who is told, and what | to a suspended user | to a deleted one | over a block | turned off
CREATE TEMP TABLE expected (what text, told text, suspended text, deleted text, blocked text, off text);
INSERT INTO expected VALUES
    ('order.created', 'order_placed buyer (Order ORD | We are waiting for your payment of 10.00 USD.)', 'order_placed buyer', 'nobody', 'order_placed buyer', 'nobody'),
    ('order.paid', 'listing_sold seller (A lamp is sold | Order ORD: send it to Ann Buyer.), order_paid buyer (Paid: order ORD | You paid 10.00 USD to Bob Seller for A lamp.)',
        'listing_sold seller, order_paid buyer', 'order_paid buyer', 'listing_sold seller, order_paid buyer', 'order_paid buyer'),
    ('order.cancelled', E'order_cancelled seller (Order ORD was cancelled | A lamp\nToo late)', 'order_cancelled seller', 'order_cancelled seller', 'order_cancelled seller', 'order_cancelled seller'),
    ('order.refunded', E'order_cancelled buyer (Order ORD was refunded | A lamp: 10.00 USD\nLost), order_cancelled seller (Order ORD was refunded | A lamp: 10.00 USD\nLost)', 'order_cancelled buyer, order_cancelled seller',
        'order_cancelled buyer, order_cancelled seller', 'order_cancelled buyer, order_cancelled seller', 'order_cancelled buyer, order_cancelled seller'),
    ('order.shipped', 'order_shipped buyer (A lamp is on its way | DHL JD1)', 'order_shipped buyer', 'nobody', 'order_shipped buyer', 'nobody'),
    ('order.delivered by the buyer', 'order_delivered seller (A lamp has arrived | Order ORD was delivered.)', 'order_delivered seller', 'nobody', 'order_delivered seller', 'nobody'),
    ('order.delivered by the carrier', 'order_delivered buyer (Has A lamp arrived? | Confirm it or report a problem by ' || to_char(now() AT TIME ZONE 'UTC' + interval '14 days', 'FMDD FMMonth YYYY')
        || '.), order_delivered seller (A lamp has arrived | Order ORD was delivered.)', 'order_delivered buyer, order_delivered seller', 'nobody', 'order_delivered buyer, order_delivered seller', 'nobody'),
    ('takings.released', 'payment_received seller (10.00 USD is available | You can have it paid out.)', 'payment_received seller', 'payment_received seller', 'payment_received seller', 'payment_received seller'),
    ('payout.paid', 'payout_sent seller (5.00 USD is on its way to you | Your payout was sent.)', 'payout_sent seller', 'payout_sent seller', 'payout_sent seller', 'payout_sent seller'),
    ('payout.failed', 'payout_sent seller (Your payout of 5.00 USD failed | )', 'payout_sent seller', 'payout_sent seller', 'payout_sent seller', 'payout_sent seller'),
    ('return.requested', 'return_requested seller (Ann Buyer wants to return A lamp | Does not work)', 'return_requested seller', 'nobody', 'return_requested seller', 'nobody'),
    ('return.approved', 'return_requested buyer (You can return A lamp | Return RET was approved. Send it back.)', 'return_requested buyer', 'nobody', 'return_requested buyer', 'nobody'),
    ('dispute', 'dispute_updated seller (Dispute DSP waits for your answer | Answer by ' || to_char(now() AT TIME ZONE 'UTC' + interval '7 days', 'FMDD FMMonth YYYY') || ': Broken)', 'dispute_updated seller', 'nobody',
        'dispute_updated seller', 'nobody'),
    ('message.sent', 'new_message seller (Ann Buyer | Is it still there?)', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('offer.pending', 'offer_received seller (Ann Buyer offers 7.00 USD for A lamp | Answer by ' || to_char(now() AT TIME ZONE 'UTC' + interval '2 days', 'FMDD FMMonth YYYY') || '.)', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('offer.pending of the seller', 'offer_received buyer (Bob Seller offers 9.00 USD for A lamp | Answer by ' || to_char(now() AT TIME ZONE 'UTC' + interval '2 days', 'FMDD FMMonth YYYY') || '.)', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('offer.accepted', 'offer_answered buyer (Bob Seller has accepted 7.00 USD for A lamp | The price holds until ' || to_char(now() AT TIME ZONE 'UTC' + interval '1 day', 'FMDD FMMonth YYYY') || '.)', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('offer.declined', 'offer_answered buyer (Bob Seller has declined 7.00 USD for A lamp | Too little)', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('offer.countered', 'offer_answered buyer (Bob Seller asks 8.00 USD for A lamp | Answer by ' || to_char(now() AT TIME ZONE 'UTC' + interval '2 days', 'FMDD FMMonth YYYY') || '.)', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('offer.expired', 'offer_answered buyer (Your offer of 7.00 USD for A lamp has expired | )', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('offer.void', 'offer_answered buyer (Your offer of 7.00 USD for A lamp is void | It is no longer for sale at that price.)', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('rating.added', 'new_rating seller (Ann Buyer rated you 4 out of 5 | Good)', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('follow.added', 'new_follower seller (Ann Buyer follows you | )', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('favorite.added', 'listing_favorited seller (Ann Buyer likes A lamp | )', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('listing.price_lowered', 'price_drop buyer (A lamp: 10.00 USD → 7.50 USD | 25 % less)', 'nobody', 'nobody', 'nobody', 'nobody'),
    ('achievement.earned', 'achievement_earned seller (New badge: first sale | )', 'nobody', 'nobody', 'achievement_earned seller', 'nobody'),
    ('brand.approved', 'brand_decided seller (Bob''s is verified | Welcome)', 'brand_decided seller', 'brand_decided seller', 'brand_decided seller', 'nobody'),
    ('report dismissed', 'report_decided buyer (Your report REP was decided | A copy)', 'report_decided buyer', 'report_decided buyer', 'report_decided buyer', 'nobody'),
    ('warning', 'report_decided buyer (Your report REP was decided | A copy), report_decided seller (You have received a warning | A copy)', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'nobody'),
    ('listing removed', 'report_decided buyer (Your report REP was decided | A copy), report_decided seller (A lamp was removed | A copy)', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'nobody'),
    ('rating hidden', 'report_decided buyer (Your report REP was decided | A copy), report_decided seller (Your rating was hidden | A copy)', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'nobody'),
    ('suspension', 'report_decided buyer (Your report REP was decided | A copy), report_decided seller (Your account is suspended until ' || to_char(now() AT TIME ZONE 'UTC' + interval '30 days', 'FMDD FMMonth YYYY') || ' | A copy)', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'nobody'),
    ('suspension without end', 'report_decided buyer (Your report REP was decided | A copy), report_decided seller (Your account is suspended | A copy)', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'nobody'),
    ('appeal granted', 'report_decided buyer (Your report REP was decided | It is real), report_decided seller (A decision about you was withdrawn | It is real)', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'report_decided buyer, report_decided seller', 'nobody'),
    ('listing hidden', 'report_decided seller (A lamp is hidden while we review it | Several users have reported this listing. It is hidden until a moderator decides.)', 'report_decided seller', 'report_decided seller', 'report_decided seller', 'nobody'),
    ('send_promotion()', 'promotion_alert buyer (Sale | All week.)', 'nobody', 'nobody', 'promotion_alert buyer', 'nobody');
SELECT is(regexp_replace(tests.told(what), '''s [0-9a-f]{32}', '''s', 'g'), told, what) FROM expected;
SELECT is(tests.told(what, 'suspended'), suspended, what || ', meanwhile suspended') FROM expected;
SELECT is(tests.told(what, 'deleted'), deleted, what || ', meanwhile deleted') FROM expected;
SELECT is(tests.told(what, 'gone'), 'nobody', what || ', the accounts are gone') FROM expected;
SELECT is(tests.told(what, 'blocked by the buyer'), blocked, what || ', blocked by the buyer') FROM expected;
SELECT is(tests.told(what, 'blocked by the seller'), blocked, what || ', blocked by the seller') FROM expected;
SELECT is(tests.told(what, 'off'), off, what || ', turned off') FROM expected;
SELECT set_eq($$SELECT m[1] FROM expected, regexp_matches(told, '(?:^|, )([a-z_]+) (?:buyer|seller) \(', 'g') m$$,
    $$SELECT type FROM private.notification_map() WHERE type NOT IN ('saved_search_match', 'webhook_disabled', 'data_export_ready')$$,
    'each type that has a source has happened, but those of webhooks and exports');
-- Earnings that the bank takes back and that come again are the same earnings, unread or not
SELECT tests.a_paid_sale('pi_again', :'buyer', :'seller', 12) AS again \gset
SELECT tests.has_arrived(:'again', 60) \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT release_seller_funds(), deliver_events(10000), tests.log_out() \g /dev/null
SELECT tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_again', 'pi_again', 1200), 1700000100)),
       tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_again', 'pi_again', 1200, 'won'), 1700000200)) \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT release_seller_funds(), deliver_events(10000), tests.log_out() \g /dev/null
SELECT results_eq(format($$SELECT l.kind, l.amount FROM ledger_entries l WHERE l.order_id = %L AND l.account = 'seller_available' ORDER BY l.id$$, :'again'),
    $$VALUES ('release', 12.00), ('hold', -12.00), ('release', 12.00)$$, 'earnings are released, taken back, and released again');
SELECT results_eq(format($$SELECT n.title FROM notifications n WHERE n.type = 'payment_received' AND n.user_id = %L$$, :'seller'),
    $$VALUES ('12.00 USD is available')$$, 'of which the seller is told once, with what it is');

SELECT is((SELECT count(*) FROM outbox_dead), 0::bigint, 'no event has failed');

SELECT * FROM finish();
ROLLBACK;
