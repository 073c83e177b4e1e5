-- pg_temp.live(number, seller): what happens to one customer from the sign-up to the deletion of the account, with one call at
-- least of each function in C++ that soak.sh does not call by itself, triggers included. Run as a superuser.
CREATE FUNCTION pg_temp.become(person uuid) RETURNS void LANGUAGE sql AS $$
    SELECT set_config('request.jwt.claims', CASE WHEN person IS NULL THEN '' ELSE jsonb_build_object('sub', person, 'role', 'authenticated')::text END, false)
$$;

CREATE PROCEDURE pg_temp.live(number bigint, seller uuid) LANGUAGE plpgsql AS $$
DECLARE
    buyer uuid;
    staff uuid;
    lamp uuid;
    piece uuid;
    address uuid;
    bought uuid;
    other uuid;
    leaver uuid;
    talk uuid;
    refund uuid;
    payout uuid;
    payout_too uuid;
    sent_back uuid;
    quarrel uuid;
    refused text;
    card text;
BEGIN
    PERFORM pg_temp.become(NULL);
    buyer := tests.sign_up(format('soak%s@example.org', number));
    staff := tests.sign_up(format('staff%s@example.org', number));
    UPDATE auth.users SET email = format('moved%s@example.org', number) WHERE id = buyer;
    PERFORM promote_to_admin(format('staff%s@example.org', number));
    INSERT INTO listings (seller_id, title, description, price, quantity, status) VALUES (seller, 'A lamp', 'Gives light.', 10, 9, 'active') RETURNING id INTO lamp;
    INSERT INTO product_variants (listing_id, name, price, quantity) VALUES (lamp, 'Tall', 12, 9) RETURNING id INTO piece;
    INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('SOAK' || number, 'Ten', 'percentage', 10, seller);
    INSERT INTO store_credits (user_id, amount) VALUES (buyer, 1);

    PERFORM pg_temp.become(buyer), private.require_trader();
    INSERT INTO profile_setup_progress (user_id, step_name, completed) VALUES (buyer, 'avatar_selected', true), (buyer, 'profile_info_completed', true);
    INSERT INTO social_media_accounts (user_id, platform, username) VALUES (buyer, 'instagram', 'soak' || number);
    UPDATE social_media_accounts SET username = 'moved' || number WHERE user_id = buyer;
    INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (buyer, 'Soak ' || number, 'lamps');
    INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
    VALUES (buyer, 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US', true) RETURNING id INTO address;
    INSERT INTO favorites (user_id, listing_id) VALUES (buyer, lamp);
    INSERT INTO user_follows (follower_id, following_id) VALUES (buyer, seller);
    PERFORM lowest_price_30d(lamp), message_text('MK016', 'bg'), all_message_texts(),
            (SELECT count(*) FROM feed(5)), (SELECT count(*) FROM followers(seller)), delete_saved_search(save_search('Lamps', 'lampp', '{"price_max": 50}'));
    PERFORM get_homepage_listings('popular', 3), get_homepage_data(3, 3, 3), category_tree('bg');
    PERFORM my_channel(), unsubscribe('no token'), set_notification_settings(locale => 'bg'), (SELECT count(*) FROM my_notifications());
    PERFORM report_status(report('listing', lamp, 'illegal', 'Stolen', '["a.jpg"]', 'a@example.org'));
    PERFORM block_user(seller), unblock_user(seller), convert(10, 'USD', 'BGN', '2026-01-02');
    INSERT INTO user_follows (follower_id, following_id) VALUES (buyer, seller);
    INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (lamp, buyer, seller) RETURNING id INTO talk;
    INSERT INTO messages (conversation_id, sender_id, content) VALUES (talk, buyer, 'Is it still there?');

    -- a negotiation that ends in a refusal, one that is bought at, and an offer to everybody
    refund := make_offer(lamp, 8, 1, piece, 'Please');
    PERFORM pg_temp.become(seller), set_offer_settings(true, 60), set_bundle_discount('[{"pieces": 2, "percent": 5}]');
    refund := answer_offer(refund, 'counter', 9.5);
    PERFORM pg_temp.become(buyer), answer_offer(refund, 'decline');
    refund := make_offer(lamp, 9, 1, piece);
    PERFORM withdraw_offer(refund), count(*) FROM my_offers();
    refund := make_offer(lamp, 9.1, 1, piece);
    PERFORM pg_temp.become(seller), answer_offer(refund, 'accept');
    PERFORM pg_temp.become(buyer), buy_offer(refund), quote_checkout();
    SELECT order_id INTO bought FROM checkout(address, format('offer%s', number));
    PERFORM cancel_order(bought);
    PERFORM pg_temp.become(NULL), set_config('driplo.cash_on_delivery', 'seller', true);
    UPDATE listings SET shipping_info = '{"cash_on_delivery": true}' WHERE id = lamp;
    PERFORM pg_temp.become(buyer), add_to_cart(lamp, 1, piece);
    SELECT order_id INTO bought FROM checkout(address, format('door%s', number));
    PERFORM pg_temp.become(NULL), start_payment(ARRAY[bought], 'cash_on_delivery', format('door%s', number));
    PERFORM pg_temp.become(seller), settle_cash_on_delivery(bought, 'refused');
    PERFORM pg_temp.become(buyer), add_to_cart(lamp, 1, piece);
    SELECT order_id INTO bought FROM checkout(address, format('parts%s', number));
    PERFORM pg_temp.become(NULL), start_part_payment(ARRAY[bought], 1, 'soak', format('part%s', number));
    PERFORM r.outcome FROM record_payment_event('soak', jsonb_build_object('id', format('part%s', number), 'type', 'payment.succeeded', 'payment_id', format('part%s', number), 'amount', 1, 'currency', 'USD')) r;
    PERFORM cancel_order(bought);
    PERFORM pg_temp.become(NULL), expire_offers(), send_offers();
    PERFORM pg_temp.become(buyer);
    PERFORM add_to_cart(lamp, 1, piece);
    PERFORM set_cart_pickup(i.id, false) FROM cart_items i JOIN shopping_carts c ON c.id = i.cart_id WHERE c.user_id = buyer;
    PERFORM private.minor_units('JPY');
    PERFORM set_cart_quantity(i.id, 2) FROM cart_items i JOIN shopping_carts c ON c.id = i.cart_id WHERE c.user_id = buyer;
    PERFORM pg_temp.become(NULL);
    PERFORM r.outcome FROM record_payment_event('soak', jsonb_build_object('id', number::text, 'type', 'payment.failed', 'payment_id', 'nobody''s')) r;
    SELECT s.code INTO card FROM sell_gift_card(5, 'USD', 'stripe', format('pi_card%s', number), buyer) s;
    PERFORM pg_temp.become(buyer), redeem_gift_card(card), count(*) FROM my_gift_cards();
    PERFORM count(*) FROM merge_cart(create_cart_claim());
    PERFORM quote_checkout(cart_item_ids => (SELECT array_agg(i.item_id) FROM cart_contents() i));
    SELECT order_id INTO bought FROM checkout(address, format('first%s', number), coupon_code => 'SOAK' || number, use_store_credit => true);
    PERFORM pg_temp.become(NULL), transition_order(bought, 'paid');
    PERFORM cancel_gift_card(g.id, 'The payment went back.') FROM gift_cards g WHERE g.processor_transaction_id = format('pi_card%s', number);
    INSERT INTO ledger_entries (journal_id, account, party_id, order_id, amount, currency)
    SELECT bought, account::ledger_account, party, bought, amount, 'USD' FROM (VALUES ('seller_pending', seller, 5), ('processor_clearing', NULL, -5)) e (account, party, amount);
    PERFORM pg_temp.become(seller), ship_order(bought, 'ups', format('1Z%s', number)), mark_conversation_read(talk);
    PERFORM update_parcel(bought, add_parcel(bought, 'dhl', format('JD%s', number)), 'ups');
    PERFORM update_parcel(bought, 1, items => (SELECT jsonb_agg(jsonb_build_object('order_item_id', i.id, 'quantity', 1)) FROM order_items i WHERE i.order_id = bought));
    PERFORM remove_parcel(bought, add_parcel(bought, 'dhl', 'none'));
    PERFORM pg_temp.become(buyer), confirm_parcel(bought, 1);
    PERFORM private.is_all_sent(bought);
    PERFORM count(*) FROM order_parcels(bought);
    PERFORM confirm_delivery(bought);
    PERFORM pg_temp.become(NULL), transition_order(bought, 'completed');
    PERFORM decide_report(r.id, 'dismiss', 'It was not') FROM reports r WHERE r.target_id = lamp;
    PERFORM pg_temp.become(buyer);
    INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (bought, buyer, seller, 5, 'seller');
    PERFORM add_to_cart(lamp, 1, piece);
    PERFORM cancel_order(order_id, 'changed my mind') FROM checkout(address, format('second%s', number));
    PERFORM pg_temp.become(buyer), add_to_cart(lamp, 2, piece);
    SELECT order_id INTO bought FROM checkout(address, format('items%s', number));
    PERFORM pg_temp.become(NULL), transition_order(bought, 'paid');
    PERFORM cancel_order_items(bought, (SELECT jsonb_agg(jsonb_build_object('order_item_id', i.id, 'quantity', 1)) FROM order_items i WHERE i.order_id = bought), 'soak');
    PERFORM cancel_order(bought), pg_temp.become(buyer);
    PERFORM cancel_order(create_order_with_payment(lamp, buyer, NULL, jsonb_build_object('id', address), jsonb_build_object('variant_id', piece)), 'changed my mind');
    PERFORM pg_temp.become(NULL);
    PERFORM transition_order((create_order_from_payment(format('pi_one%s', number), 1200, 'usd', buyer, seller, jsonb_build_object('listing_id', lamp, 'variant_id', piece)) ->> 'id')::uuid, 'cancelled');

    -- paid through the processor, a part refunded, the takings paid out
    PERFORM pg_temp.become(buyer), add_to_cart(lamp, 1, piece);
    SELECT order_id INTO bought FROM checkout(address, format('third%s', number));
    PERFORM pg_temp.become(NULL), start_payment(ARRAY[bought], 'stripe', format('pi_soak%s', number));
    PERFORM verify_stripe_signature('{}', 't=1,v1=00', 'secret', '5 minutes');
    PERFORM record_stripe_event(jsonb_build_object('id', format('evt_soak%s', number), 'type', 'payment_intent.succeeded', 'created', 1, 'data', jsonb_build_object(
        'object', jsonb_build_object('id', format('pi_soak%s', number), 'amount', 1200, 'currency', 'usd', 'metadata', jsonb_build_object('order_id', bought)))));
    PERFORM pg_temp.become(buyer);
    refund := request_refund(bought, 1, 'scratched');
    PERFORM pg_temp.become(seller), decide_refund(refund, true, 'So it is.');
    PERFORM pg_temp.become(NULL), settle_refund(refund, 'processed', format('re_soak%s', number));
    PERFORM refund_order(bought, 1, NULL, 'for the trouble');
    PERFORM transition_order(bought, 'shipped'), transition_order(bought, 'delivered');
    UPDATE orders SET delivered_at = now() - interval '30 days' WHERE id = bought;
    PERFORM complete_overdue_orders();
    IF (SELECT status::text FROM orders WHERE id = bought) <> 'completed' THEN
        RAISE EXCEPTION 'the order was not completed';
    END IF;
    PERFORM release_seller_funds();
    PERFORM pg_temp.become(seller), seller_balance(NULL);
    payout := request_payout_in('USD', 1);
    payout_too := request_payout(1);
    PERFORM pg_temp.become(NULL), record_processor_fee('stripe', format('pi_soak%s', number), format('txn%s', number), 0.59, 'USD');
    PERFORM pg_temp.become(NULL), settle_payout(payout, 'paid', format('tr_soak%s', number)), settle_payout(payout_too, 'failed');
    PERFORM grant_store_credit(buyer, 1, 'soak', now() + interval '1 hour'), grant_store_credit_in(buyer, 'EUR', 1, 'soak'), expire_store_credits();

    -- a return that is refunded, a dispute that is taken back and one that is decided
    PERFORM set_config('driplo.return_window', '14d', true);
    PERFORM pg_temp.become(buyer), add_to_cart(lamp, 1, piece);
    SELECT order_id INTO bought FROM checkout(address, format('fourth%s', number));
    PERFORM pg_temp.become(NULL), transition_order(bought, 'paid'), transition_order(bought, 'shipped'), transition_order(bought, 'delivered');
    PERFORM pg_temp.become(buyer);
    sent_back := open_return((SELECT id FROM order_items WHERE order_id = bought), 'defective', 'It flickers.');
    PERFORM pg_temp.become(seller), advance_return(sent_back, 'approved');
    PERFORM pg_temp.become(NULL);
    UPDATE returns SET approved_at = now() - interval '1 year' WHERE id = sent_back;
    PERFORM expire_returns(), pg_temp.become(buyer);
    sent_back := open_return((SELECT id FROM order_items WHERE order_id = bought), 'defective', 'It still flickers.');
    PERFORM pg_temp.become(seller), advance_return(sent_back, 'approved');
    PERFORM pg_temp.become(buyer), advance_return(sent_back, 'shipped_back');
    quarrel := open_dispute(bought, 'damaged_item', 'Broken', 'In two.');
    PERFORM pg_temp.become(NULL);
    UPDATE disputes SET awaiting_since = now() - interval '1 year' WHERE id = quarrel;
    PERFORM escalate_overdue_disputes(), pg_temp.become(buyer), cancel_dispute(quarrel);
    PERFORM pg_temp.become(seller), advance_return(sent_back, 'received'), advance_return(sent_back, 'refunded');
    PERFORM pg_temp.become(buyer), add_to_cart(lamp, 1, piece);
    SELECT order_id INTO bought FROM checkout(address, format('fifth%s', number));
    PERFORM pg_temp.become(NULL), transition_order(bought, 'paid'), transition_order(bought, 'shipped'), transition_order(bought, 'delivered');
    PERFORM pg_temp.become(buyer);
    quarrel := open_dispute(bought, 'damaged_item', 'Broken', 'In two.');
    PERFORM pg_temp.become(seller), reply_dispute(quarrel, 'It was whole.');
    PERFORM pg_temp.become(staff), add_dispute_note(quarrel, 'Look at the photo.'), advance_dispute(quarrel, 'awaiting_buyer_response'), resolve_dispute(quarrel, 'partial_refund', 'So it seems.', 1);
    PERFORM pg_temp.become(NULL), escalate_overdue_disputes(), expire_returns(), decide_overdue_returns(), deliver_overdue_orders(), complete_overdue_orders(), send_reminders(), replay_stripe_event(format('evt_soak%s', number));
    PERFORM count(*) FROM seller_debts();
    PERFORM count(*) FROM suspicious_sales();
    PERFORM set_config('driplo.return_window', '0', true);

    PERFORM pg_temp.become(staff), private.may_contact(buyer, false);
    UPDATE brand_verification_requests SET verification_status = 'rejected' WHERE user_id = buyer;
    PERFORM moderate_listing(lamp, 'remove', 'soak'), suspend_user(buyer, 'soak'), reinstate_user(buyer, 'soak'), set_user_role(buyer, 'moderator', 'soak');
    INSERT INTO notifications (user_id, type, title, message) VALUES (buyer, 'new_message', 'A message', 'Somebody wrote.');
    INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, created_at) VALUES (buyer, seller, 10, 10, now() - interval '1 day') RETURNING id INTO other;
    PERFORM pg_temp.become(NULL), private.expire_order(other);
    INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, created_at) VALUES (buyer, seller, 10, 10, now() - interval '1 day');
    PERFORM expire_carts(), expire_unpaid_orders(), reindex_search(), refresh_search_words(),
        add_search_synonym('lantern', '{lamp}'), remove_search_synonym('lantern'), private.stale_search_rows();
    UPDATE driplo_secrets SET created_at = created_at;
    -- what check_integrity(), installation_report() and policies call
    PERFORM private.require_own_tables(), private.is_distributed('orders'::regclass), private.is_loaded_after_citus(), private.ids_from('admin'), private.own_orders(), private.own_sales(), private.own_conversations(), private.own_carts(),
        private.caller_id(), private.is_caller(buyer), private.is_shown_to(buyer, 'admin'), private.is_own_order(gen_random_uuid()), private.is_own_conversation(gen_random_uuid()), private.is_own_cart(gen_random_uuid()),
        private.sees_order(gen_random_uuid()), private.sees_sale(gen_random_uuid()), private.sees_conversation(gen_random_uuid()), private.printed_expression('orders'::regclass, 'total_amount + 1', 'total_amount'),
        private.printed_condition('orders'::regclass, 'OLD.status IS DISTINCT FROM NEW.status');
    PERFORM count(*) FROM private.broken_promises();
    UPDATE notifications SET is_read = true WHERE user_id = buyer;
    FOREACH refused IN ARRAY ARRAY['DELETE FROM listings WHERE id = $1', 'DELETE FROM product_variants WHERE listing_id = $1', 'DELETE FROM coupons WHERE code = $2'] LOOP
        BEGIN
            EXECUTE refused USING lamp, 'SOAK' || number;
        EXCEPTION WHEN foreign_key_violation OR restrict_violation THEN
            NULL;
        END;
    END LOOP;
    -- what nobody has ordered may be deleted
    INSERT INTO listings (seller_id, title, description, price, status) VALUES (seller, 'A lamp', 'Gives light.', 10, 'active') RETURNING id INTO lamp;
    PERFORM pg_temp.become(seller), offer_to_likers(lamp, 10, 'soak'), pg_temp.become(NULL), send_offers();
    INSERT INTO product_variants (listing_id, name, price, quantity) VALUES (lamp, 'Tall', 12, 9);
    INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('NEVER' || number, 'Ten', 'percentage', 10, seller);
    DELETE FROM product_variants WHERE listing_id = lamp;
    DELETE FROM listings WHERE id = lamp;
    DELETE FROM coupons WHERE code = 'NEVER' || number;
    -- a sale that was made elsewhere, and a conversation of two who go
    INSERT INTO listings (seller_id, title, description, price, quantity, status) VALUES (seller, 'A lamp', 'Gives light.', 10, 9, 'active') RETURNING id INTO lamp;
    INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (buyer, seller, 10, 10) RETURNING id INTO bought;
    INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (bought, lamp, 1, 10, 10);
    INSERT INTO conversations (buyer_id, seller_id, is_direct) VALUES (buyer, staff, true);
    -- two sales of one payment, of which a refund was taken for the wrong one, and a seller who is paid out after leaving
    leaver := tests.sign_up(format('leaver%s@example.org', number));
    INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (buyer, leaver, 10, 10) RETURNING id INTO bought;
    INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (buyer, leaver, 20, 20) RETURNING id INTO other;
    PERFORM start_payment(ARRAY[bought, other], 'stripe', format('pi_both%s', number));
    PERFORM record_stripe_event(jsonb_build_object('id', format('evt_both%s', number), 'type', 'payment_intent.succeeded', 'created', 1, 'data', jsonb_build_object(
        'object', jsonb_build_object('id', format('pi_both%s', number), 'amount', 3000, 'currency', 'usd'))));
    PERFORM record_stripe_event(jsonb_build_object('id', format('evt_back%s', number), 'type', 'refund.created', 'created', 2, 'data', jsonb_build_object('object', jsonb_build_object('id', format('re_both%s', number),
        'object', 'refund', 'amount', 100, 'currency', 'usd', 'status', 'succeeded', 'payment_intent', format('pi_both%s', number), 'metadata', jsonb_build_object('order_id', bought)))));
    PERFORM move_refund(id, other, 'the other one was meant') FROM refund_requests WHERE order_id = bought;
    PERFORM transition_order(o, 'shipped'), transition_order(o, 'delivered') FROM unnest(ARRAY[bought, other]) o;
    PERFORM release_seller_funds(), tests.delete_account(leaver);
    PERFORM settle_payout(pay_out_deleted_seller(leaver, 'USD'), 'paid');
    PERFORM search('lmap', '{"price_max": 90}'), search(NULL, '{}', 'newest', 3), search_summary('lamp'), suggest('la'), similar_listings(lamp), record_search('lamp', 1), track_listing_view(lamp, p_session_id => 'soak'), get_listings_with_favorites(p_search => 'lamp'), get_listings_count(p_search => 'lamp'), get_category_listings();
    PERFORM private.record_event('test', buyer, seller), deliver_events(), private.have_open_order(buyer, seller), private.query_shape('SELECT ''' || number || '''');
    PERFORM set_webhook_endpoint(w.id, 'https://hooks.example.com/', is_active => true) FROM webhook_status() w;
    PERFORM settle_webhook(c.delivery_id, 200) FROM claim_webhooks(1000) c;
    PERFORM private.adopt_user(buyer, format('moved%s@example.org', number), NULL);
    PERFORM tests.delete_account(buyer), tests.delete_account(staff);
    COMMIT;
END $$;
