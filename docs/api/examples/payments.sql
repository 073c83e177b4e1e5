-- example: calculate_platform_fee as seller
SELECT calculate_platform_fee(45.00);
--
SELECT pg_temp.buy() AS "order" \gset
-- example: start_payment as service
SELECT start_payment(ARRAY[:'order']::uuid[], 'stripe', 'pi_1');
SELECT status FROM orders WHERE id = :'order';
-- example: record_stripe_event as service
SELECT * FROM record_stripe_event('{"id": "evt_1", "type": "payment_intent.succeeded", "created": 1700000000,
    "data": {"object": {"id": "pi_1", "amount": 4500, "currency": "usd", "latest_charge": "ch_1"}}}');
SELECT status FROM orders WHERE id = :'order';
SELECT account, amount FROM ledger_entries ORDER BY id;
-- example: record_stripe_event as service
SELECT * FROM record_stripe_event('{"id": "evt_2", "type": "customer.created", "created": 1700000000,
    "data": {"object": {"id": "cus_1"}}}');
-- example: replay_stripe_event as service
SELECT replay_stripe_event('evt_2');
--
SELECT extract(epoch FROM now())::bigint AS at \gset
SELECT format('t=%s,v1=%s', :'at', encode(extensions.hmac(:'at' || '.{"id": "evt_1"}', 'whsec_1', 'sha256'), 'hex')) AS header \gset
-- example: verify_stripe_signature as service
SELECT verify_stripe_signature('{"id": "evt_1"}', :'header', 'whsec_1'),
       verify_stripe_signature('{"id": "evt_2"}', :'header', 'whsec_1') AS "another body";
-- example: request_refund as buyer
SELECT request_refund(:'order', 5.00, 'The shade has a scratch.') AS refund;
--
SELECT id AS refund FROM refund_requests \gset
-- example: decide_refund as seller
SELECT decide_refund(:'refund', approve => true, note => 'You are right.');
-- example: settle_refund as service
SELECT settle_refund(:'refund', 'processed', 're_1');
SELECT refunded_amount FROM payment_transactions WHERE order_id = :'order';
--
SELECT pg_temp.buy(2) AS two \gset
SELECT pg_temp.paid(ARRAY[:'two']::uuid[], 'pi_two_lamps') \g /dev/null
SELECT id AS item FROM order_items WHERE order_id = :'two' \gset
-- example: refund_order as seller
SELECT quantity, refunded_amount, status FROM refund_order(:'two', 2.00, reason => 'It came late.');
SELECT quantity, refunded_amount, status
  FROM refund_order(:'two', reason => 'One never worked.', items => jsonb_build_array(jsonb_build_object('order_item_id', :'item', 'quantity', 1)));
--
SELECT pg_temp.buy() AS one \gset
SELECT pg_temp.buy() AS other \gset
SELECT pg_temp.paid(ARRAY[:'one', :'other']::uuid[], 'pi_2') \g /dev/null
INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (:'one', 10, 'late', :'buyer') RETURNING id AS refund \gset
SELECT decide_refund(:'refund', true), settle_refund(:'refund', 'processed', 're_2') \g /dev/null
-- example: move_refund as admin
SELECT move_refund(:'refund', :'other', 'it was for the other order of this payment');
SELECT order_id = :'other' AS "of the other order", amount, status
  FROM refund_requests WHERE order_id IN (:'one', :'other') ORDER BY 1;
--
SELECT transition_order(:'order', 'shipped'), transition_order(:'order', 'delivered') \g /dev/null
UPDATE orders SET delivered_at = now() - interval '15 days' WHERE id = :'order';
-- example: release_seller_funds as service
SELECT release_seller_funds(max_rows => 1000);
-- example: seller_balance as seller
SELECT * FROM seller_balance();
-- example: request_payout as seller
SELECT request_payout(30.00) AS payout;
--
SELECT id AS payout FROM seller_payouts \gset
-- example: request_payout as seller
SELECT request_payout(30.00);
-- example: request_payout_in as seller
SELECT request_payout_in('USD', 2.50);
-- example: record_processor_fee as service
SELECT record_processor_fee('stripe', 'pi_1', 'txn_1', 1.60, 'USD');
SELECT record_processor_fee('stripe', 'pi_1', 'txn_1', 1.60, 'USD') AS again;
SELECT account, amount FROM ledger_entries WHERE kind = 'processor_fee' ORDER BY id;
-- example: settle_payout as service
SELECT settle_payout(:'payout', 'paid', 'tr_1');
SELECT available, paid_out FROM seller_balance(:'seller');
-- example: grant_store_credit as admin
SELECT grant_store_credit(:'buyer', 10.00, 'for the trouble', expires_at => now() + interval '1 year');
-- example: set_smallest_card_amount as admin
SELECT set_smallest_card_amount('EUR', 1.00);
SELECT code, symbol, minor_units, smallest_card_amount FROM currencies WHERE code IN ('EUR', 'JPY') ORDER BY code;
-- example: set_tax_rate as admin
SELECT set_tax_rate('DE', 19, 'VAT') AS rate;
-- example: remove_tax_rate as admin
SELECT remove_tax_rate((SELECT id FROM tax_rates WHERE name = 'VAT'));
-- example: add_commission_rule as admin
SELECT add_commission_rule('of dear things', 3, currency => 'EUR', price_from => 500, maximum => 50) AS rule;
-- example: end_commission_rule as admin
SELECT end_commission_rule((SELECT id FROM commission_rules WHERE name = 'of dear things'));
-- example: grant_store_credit_in as admin
SELECT grant_store_credit_in(:'buyer', 'EUR', 10.00, 'for the trouble');
--
UPDATE store_credits SET expires_at = now() - interval '1 day' WHERE expires_at IS NOT NULL;
-- example: expire_store_credits as service
SELECT expire_store_credits();
SELECT currency, amount, expired_amount FROM store_credits ORDER BY currency;
--
INSERT INTO ledger_entries (journal_id, account, party_id, amount, currency, kind) VALUES
    (md5('debt')::uuid, 'seller_available', :'seller', -50.00, 'USD', 'adjustment'), (md5('debt')::uuid, 'processor_clearing', NULL, 50.00, 'USD', 'adjustment');
-- example: seller_debts as admin
SELECT currency, owed, pending FROM seller_debts();
--
INSERT INTO ledger_entries (journal_id, account, party_id, amount, currency, kind) VALUES
    (md5('rest')::uuid, 'seller_available', :'moderator', 20.00, 'USD', 'adjustment'), (md5('rest')::uuid, 'processor_clearing', NULL, -20.00, 'USD', 'adjustment');
DELETE FROM auth.users WHERE id = :'moderator';
\set seller :moderator
-- example: pay_out_deleted_seller as admin
SELECT pay_out_deleted_seller(:'seller', 'USD');
SELECT seller_id, amount, status FROM seller_payouts ORDER BY created_at DESC LIMIT 1;
--
-- example: get_payout_statistics as admin
SELECT total_payouts, total_amount, completed_count FROM get_payout_statistics();
--
INSERT INTO exchange_rates (base, quote, rate, as_of, source) VALUES ('EUR', 'USD', 1.0821, '2026-01-02', 'ECB'), ('EUR', 'JPY', 168.15, '2026-01-02', 'ECB');
-- example: convert as anon
SELECT convert(10, 'USD', 'JPY', '2026-01-02'), convert(10, 'USD', 'GBP', '2026-01-02') AS "no rate";
-- example: sell_gift_card as service
SELECT gift_card_id AS card, code FROM sell_gift_card(50, 'USD', 'stripe', 'pi_card', buyer_id => :'admin') \gset
SELECT length(:'code'), last4 = right(:'code', 4) AS "its end is kept" FROM gift_cards WHERE id = :'card';
-- example: renew_gift_card_code as service
SELECT renew_gift_card_code(:'card') AS code \gset
-- example: redeem_gift_card as buyer
SELECT amount, currency, problem FROM redeem_gift_card(:'code');
SELECT amount, currency, problem FROM redeem_gift_card('AAAA-BBBB-CCCC-DDDD');
-- example: my_gift_cards as admin
SELECT amount, currency, status FROM my_gift_cards();
-- example: cancel_gift_card as admin
SELECT cancel_gift_card(:'card', 'charged back');
-- example: expire_gift_cards as service
SELECT expire_gift_cards();
--
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (:'buyer', :'admin', 20, 20) RETURNING id AS transfer \gset
SELECT start_payment(ARRAY[:'transfer']::uuid[], 'bank_transfer', 'RF-1') \g /dev/null
-- example: record_payment_event as service
SELECT * FROM record_payment_event('bank_transfer', '{"id": "1", "type": "payment.succeeded", "payment_id": "RF-1", "amount": 19, "currency": "USD"}');
SELECT * FROM record_payment_event('bank_transfer', '{"id": "2", "type": "payment.succeeded", "payment_id": "RF-1", "amount": 20, "currency": "USD"}');
--
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (:'buyer', :'admin', 20, 20) RETURNING id AS parts \gset
-- example: start_part_payment as service
SELECT cardinality(start_part_payment(ARRAY[:'parts']::uuid[], 12, 'paystone', 'P-12')) AS orders;
SELECT outcome FROM record_payment_event('paystone', '{"id": "3", "type": "payment.succeeded", "payment_id": "P-12", "amount": 12, "currency": "USD"}');
SELECT status, total_amount - part_paid_amount AS due FROM orders WHERE id = :'parts';
--
SET driplo.cash_on_delivery = seller;
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (:'buyer', :'admin', 20, 20) RETURNING id AS door \gset
SELECT start_payment(ARRAY[:'door']::uuid[], 'cash_on_delivery', 'D-1') \g /dev/null
-- example: settle_cash_on_delivery as admin
SELECT settle_cash_on_delivery(:'door', 'collected');
SELECT status, due_on_delivery FROM orders WHERE id = :'door';
