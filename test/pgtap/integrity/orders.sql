-- What hangs on an order fits it: lines, payments, returns, refunds, the address; and what is only ever appended.
BEGIN;
\ir ../../fixtures/market.sql
SELECT plan(101);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('bob@example.com') AS bob, tests.sign_up('sue@example.com') AS sue, tests.sign_up('tom@example.com') AS tom \gset
SELECT tests.a_listing(:'sue', 10, 100) AS lamp, tests.a_listing(:'sue', 10, 100) AS chair, tests.a_listing(:'tom', 10, 100) AS vase \gset

-- The subtotal and the lines: looked at when the transaction ends, which SET CONSTRAINTS ... IMMEDIATE does here

CREATE FUNCTION tests.at_commit(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN tests.error_of(statement || '; SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED');
END $$;

SELECT tests.an_order(:'ann', :'sue', 30) AS first, tests.an_order(:'bob', :'sue', 20) AS second \gset
SELECT is(tests.at_commit(format('UPDATE orders SET subtotal = 31, total_amount = 31 WHERE id = %L', :'first')), 'no error', 'an order without lines is let alone');
UPDATE orders SET subtotal = 30, total_amount = 30 WHERE id = :'first';
SELECT is(tests.at_commit(format('SELECT tests.an_item(%L, %L, 2)', :'first', :'lamp')), '23514 check_order_subtotal', 'lines that are less than the subtotal are refused');
SELECT is(tests.at_commit(format('SELECT tests.an_item(%L, %L, 4)', :'first', :'lamp')), '23514 check_order_subtotal', 'and lines that are more');
SELECT results_eq(format('SELECT (SELECT count(*) FROM order_items WHERE order_id = %L), quantity FROM listings WHERE id = %L', :'first', :'lamp'),
    'VALUES (0::bigint, 100)', 'no line is there, and nothing was taken from the stock');
SELECT lives_ok(format('SELECT tests.an_item(%L, %L, 2)', :'first', :'lamp'), 'in between they need not add up');
SELECT is(tests.at_commit(format('SELECT tests.an_item(%L, %L, 1)', :'first', :'chair')), 'no error', 'two lines that add up are fine');
SELECT id AS lamps FROM order_items WHERE order_id = :'first' AND quantity = 2 \gset
SELECT id AS chairs FROM order_items WHERE order_id = :'first' AND quantity = 1 \gset
SELECT is(tests.at_commit(format('SELECT tests.an_item(%L, %L, 2)', :'second', :'chair')), 'no error', 'so is one');
SELECT id AS bobs FROM order_items WHERE order_id = :'second' \gset
SELECT is(tests.at_commit(format('UPDATE orders SET subtotal = 29, total_amount = 29 WHERE id = %L', :'first')), '23514 check_order_subtotal', 'after that the subtotal cannot change alone');
SELECT is(tests.at_commit(format('UPDATE orders SET subtotal = 29, shipping_cost = 1 WHERE id = %L', :'first')), '23514 check_order_subtotal', 'nor with a shipping cost that makes up for it');
SELECT is(tests.at_commit(format('UPDATE order_items SET quantity = 3, total_price = 30 WHERE id = %L', :'lamps')), '23514 check_order_subtotal', 'nor can a line');
SELECT is(tests.at_commit(format('DELETE FROM order_items WHERE id = %L', :'chairs')), '23514 check_order_subtotal', 'nor can one be taken away');
SELECT is(tests.at_commit(format('UPDATE order_items SET order_id = %L WHERE id = %L', :'second', :'chairs')), '23514 check_order_subtotal', 'nor put into another order');
SELECT is(tests.at_commit(format('SELECT tests.an_item(%L, %L, 1)', :'first', :'chair')), '23514 check_order_subtotal', 'nor one be added');
SELECT is(tests.at_commit(format('UPDATE order_items SET order_id = %L WHERE id = %L; UPDATE order_items SET order_id = %L WHERE id = %L; UPDATE orders SET subtotal = 40, total_amount = 40 WHERE id = %L; UPDATE orders SET subtotal = 10, total_amount = 10 WHERE id = %L',
    :'second', :'lamps', :'second', :'lamps', :'second', :'first')), 'no error', 'all of it together can, when every order adds up');
SELECT is(tests.at_commit(format('UPDATE order_items SET order_id = %L WHERE id = %L; UPDATE orders SET subtotal = 20, total_amount = 20 WHERE id = %L; UPDATE orders SET subtotal = 30, total_amount = 30 WHERE id = %L',
    :'first', :'lamps', :'second', :'first')), 'no error', '(and back)');
SELECT is(tests.at_commit(format($$UPDATE order_items SET metadata = '{"gift": true}' WHERE id = %L$$, :'lamps')), 'no error', 'what is not about money is let alone');
SELECT results_eq('SELECT o.subtotal, o.total_amount, sum(i.total_price) FROM orders o JOIN order_items i ON i.order_id = o.id GROUP BY o.id ORDER BY 1',
    'VALUES (20.00, 20.00, 20.00), (30.00, 30.00, 30.00)', 'what was refused left no trace');
SELECT tests.an_order(:'bob', :'sue', 10) AS third \gset
SELECT tests.an_item(:'third', :'chair') \g /dev/null
SELECT is(tests.at_commit(format('DELETE FROM orders WHERE id = %L', :'third')), 'no error', 'an order that is deleted takes its lines along');
SELECT is(tests.at_commit('DELETE FROM order_items WHERE false'), 'no error', '(nothing is pending)');
SELECT tests.log_in_as_service();
SELECT is(tests.at_commit(format('INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (%L, %L, 1, 10, 10)', :'first', :'chair')),
    '23514 check_order_subtotal', 'the service is held to it too');
SELECT tests.log_out();

-- The total and the payments

SELECT is(tests.error_of(format($$INSERT INTO payment_transactions (order_id, amount, processor, status) VALUES (%L, 30, 'stripe', 'processing')$$, :'first')), 'no error', 'an order is paid in full');
SELECT is(tests.error_of(format('UPDATE orders SET discount_amount = 5, total_amount = 25 WHERE id = %L', :'first')), '23514 check_payment_total', 'after that its total cannot be less than its payments');
SELECT is(tests.error_of(format('UPDATE orders SET store_credit_amount = 0.01, total_amount = 29.99 WHERE id = %L', :'first')), '23514 check_payment_total', 'not by a cent');
SELECT lives_ok(format('UPDATE orders SET shipping_cost = 5, total_amount = 35 WHERE id = %L', :'first'), 'it can be more');
SELECT lives_ok(format('UPDATE orders SET shipping_cost = 0, total_amount = 30 WHERE id = %L', :'first'), 'and what is paid again');
UPDATE payment_transactions SET status = 'failed' WHERE order_id = :'first';
SELECT lives_ok(format('UPDATE orders SET discount_amount = 5, total_amount = 25 WHERE id = %L', :'first'), 'a payment that failed does not count');
SELECT is(tests.error_of(format($$UPDATE payment_transactions SET status = 'succeeded' WHERE order_id = %L$$, :'first')), '23514 check_payment_total', 'and does not come back');
UPDATE orders SET discount_amount = 0, total_amount = 30 WHERE id = :'first';
SELECT lives_ok(format($$UPDATE payment_transactions SET status = 'succeeded' WHERE order_id = %L$$, :'first'), '(now it does)');
SELECT tests.log_in_as_service();
SELECT is(tests.error_of(format('UPDATE orders SET discount_amount = 5, total_amount = 25 WHERE id = %L', :'first')), '23514 check_payment_total', 'the service is held to it too');
SELECT tests.log_out();
SELECT results_eq(format('SELECT discount_amount, total_amount, (SELECT sum(amount) FROM payment_transactions p WHERE p.order_id = o.id) FROM orders o WHERE id = %L', :'first'),
    'VALUES (0.00, 30.00, 30.00)', 'order and payments are as they were');

-- Returns

CREATE FUNCTION tests.return(order_id uuid, item uuid, by uuid, refund numeric DEFAULT NULL) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    id uuid;
BEGIN
    EXECUTE $q$INSERT INTO returns (return_number, order_id, order_item_id, requested_by, reason, refund_amount)
               VALUES ('R-' || gen_random_uuid(), $1, $2, $3, 'defective', $4) RETURNING id$q$ INTO id USING order_id, item, by, refund;
    RETURN id;
END $$;
SELECT is(tests.error_of(format('SELECT tests.return(%L, %L, %L)', :'first', :'lamps', :'sue')), '23514 check_requested_by_buyer', 'a seller does not return what was sold');
SELECT is(tests.error_of(format('SELECT tests.return(%L, %L, %L)', :'first', :'lamps', :'bob')), '23514 check_requested_by_buyer', 'nor does somebody who bought something else');
SELECT is(tests.error_of(format('SELECT tests.return(%L, %L, %L, 20.01)', :'first', :'lamps', :'ann')), '23514 check_return_refund', 'no more is refunded than the line was');
SELECT is((SELECT count(*) FROM returns), 0::bigint, 'nothing is returned yet');
SELECT tests.return(:'first', :'lamps', :'ann', 15) AS back \gset
SELECT is(tests.error_of(format('SELECT tests.return(%L, %L, %L)', :'first', :'lamps', :'ann')), '23505 idx_returns_open', 'a line has one open return');
SELECT lives_ok(format('SELECT tests.return(%L, %L, %L, 10)', :'first', :'chairs', :'ann'), 'another line has its own');
SELECT is(tests.error_of(format('UPDATE returns SET refund_amount = 20.01 WHERE id = %L', :'back')), '23514 check_return_refund', 'the refund does not grow beyond the line');
SELECT is(tests.error_of(format('UPDATE returns SET requested_by = %L WHERE id = %L', :'bob', :'back')), '23514 check_requested_by_buyer', 'a return does not become somebody else''s');
SELECT is(tests.error_of(format('UPDATE returns SET order_item_id = %L WHERE id = %L', :'chairs', :'back')), '23505 idx_returns_open', 'nor moves to a line that has one');
SELECT throws_ok(format('UPDATE returns SET status = NULL WHERE id = %L', :'back'), '23502', NULL, 'nor is without a status');
SELECT is(tests.error_of(format($$SET LOCAL session_replication_role = replica; UPDATE returns SET status = %L WHERE id = %L; SET LOCAL session_replication_role = origin;
                                    SELECT tests.return(%L, %L, %L)$$, status, :'back', :'first', :'lamps', :'ann')), '23505 idx_returns_open', 'one that is ' || status || ' is open')
  FROM unnest(ARRAY['approved', 'shipped_back', 'received', 'inspecting']) status;
SELECT results_eq(format('SELECT status::text, refund_amount, requested_by FROM returns WHERE id = %L', :'back'), format($$VALUES ('requested', 15.00, %L::uuid)$$, :'ann'), 'it is as it was');
UPDATE returns SET status = 'rejected' WHERE id = :'back';
SELECT lives_ok(format('SELECT tests.return(%L, %L, %L, 20)', :'first', :'lamps', :'ann'), 'after a rejected one it can be asked for again, for all of it');
SELECT is(tests.error_of(format($$UPDATE returns SET status = 'requested' WHERE id = %L$$, :'back')), 'MK010 cannot change return status from rejected to requested', 'and the rejected one does not come back beside it');
UPDATE returns SET status = 'closed', refund_amount = 10 WHERE order_item_id = :'lamps' AND status = 'requested';
SELECT is(tests.error_of(format('SELECT tests.return(%L, %L, %L, 10.01)', :'first', :'lamps', :'ann')), '23514 check_return_refund', 'after a closed one no more than the rest is refunded');
SELECT lives_ok(format('SELECT tests.return(%L, %L, %L, 10)', :'first', :'lamps', :'ann'), 'but that');
SELECT is(tests.error_of(format($$UPDATE returns SET refund_amount = 15 WHERE order_item_id = %L AND status = 'closed'$$, :'lamps')), '23514 check_return_refund', 'and the closed one does not grow');
SELECT is(tests.error_of(format($$UPDATE returns SET status = 'closed' WHERE id = %L$$, :'back')), '23514 check_return_refund', 'nor does a rejected one count again');
SELECT tests.log_in_as_service();
SELECT is(tests.error_of(format('SELECT tests.return(%L, %L, %L)', :'second', :'bobs', :'ann')), '23514 check_requested_by_buyer', 'the service is held to it too');
SELECT tests.log_out();
SELECT results_eq(format('SELECT status::text, refund_amount FROM returns WHERE order_item_id = %L ORDER BY 1, 2', :'lamps'),
    $$VALUES ('closed', 10.00), ('rejected', 15.00), ('requested', 10.00)$$, 'what was refused left no trace');

-- Refund requests

CREATE FUNCTION tests.refund(order_id uuid, by uuid, amount numeric) RETURNS uuid LANGUAGE sql AS
    $$INSERT INTO refund_requests (order_id, requested_by, amount, reason) VALUES (refund.order_id, by, refund.amount, 'late') RETURNING id$$;
SELECT is(tests.error_of(format('SELECT tests.refund(%L, %L, 1)', :'first', :'tom')), '23514 check_requested_by_buyer', 'a stranger requests no refund');
SELECT is(tests.error_of(format('SELECT tests.refund(%L, %L, 1)', :'first', :'sue')), '23514 check_requested_by_buyer', 'nor does the seller');
SELECT is(tests.error_of(format('SELECT tests.refund(%L, %L, 30.01)', :'first', :'ann')), '23514 check_refund_total', 'no more is requested than the order was');
SELECT throws_ok(format($$SELECT tests.refund('00000000-0000-4000-8000-00000000dead', %L, 1)$$, :'ann'), '23503', NULL, 'a request has an order');
SELECT is((SELECT count(*) FROM refund_requests), 0::bigint, 'nothing is requested yet');
SELECT tests.refund(:'first', :'ann', 20) AS refund \gset
SELECT is(tests.error_of(format('SELECT tests.refund(%L, %L, 10.01)', :'first', :'ann')), '23514 check_refund_total', 'not in two requests either');
SELECT lives_ok(format('SELECT tests.refund(%L, %L, 10)', :'first', :'ann'), 'the rest may be');
SELECT is(tests.error_of(format('UPDATE refund_requests SET amount = 20.01 WHERE id = %L', :'refund')), '23514 check_refund_total', 'a request does not grow beyond it');
SELECT is(tests.error_of(format('UPDATE refund_requests SET order_id = %L WHERE id = %L', :'second', :'refund')), '23514 check_requested_by_buyer', 'nor move to an order of somebody else');
SELECT is(tests.error_of(format($$UPDATE refund_requests SET status = %L WHERE id = %L; SELECT tests.refund(%L, %L, 0.01)$$, status, :'refund', :'first', :'ann')), '23514 check_refund_total', 'one that is ' || status || ' counts')
  FROM unnest(ARRAY['pending', 'approved', 'processed']) status;
UPDATE refund_requests SET status = 'rejected' WHERE id = :'refund';
SELECT tests.refund(:'first', :'ann', 20) AS again \gset
SELECT is(tests.error_of(format($$UPDATE refund_requests SET status = 'pending' WHERE id = %L$$, :'refund')), '23514 check_refund_total', 'a rejected one does not come back beside another');
UPDATE refund_requests SET status = 'failed' WHERE id = :'again';
SELECT lives_ok(format($$UPDATE refund_requests SET status = 'pending' WHERE id = %L$$, :'refund'), 'one that failed does not count');
UPDATE payment_transactions SET status = 'cancelled' WHERE order_id = :'first';
SELECT is(tests.error_of(format('UPDATE orders SET discount_amount = 1, total_amount = 29 WHERE id = %L', :'first')), '23514 check_refund_total', 'the total cannot be less than the refunds');
SELECT results_eq(format('SELECT status::text, amount FROM refund_requests WHERE order_id = %L ORDER BY 1, 2', :'first'),
    $$VALUES ('failed', 20.00), ('pending', 10.00), ('pending', 20.00)$$, 'what was refused left no trace');

-- Conversations

SELECT is(tests.error_of(format('INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (%L, %L, %L)', :'vase', :'ann', :'sue')), '23503 conversations_listing_id_fkey', 'nobody is asked about a listing of somebody else');
INSERT INTO conversations (listing_id, buyer_id, seller_id) VALUES (:'vase', :'ann', :'tom');
SELECT is(tests.error_of(format('UPDATE conversations SET seller_id = %L', :'sue')), '23503 conversations_listing_id_fkey', 'nor drawn into a conversation about it');
DELETE FROM listings WHERE id = :'vase';
SELECT results_eq('SELECT listing_id, seller_id, is_direct FROM conversations', format('VALUES (NULL::uuid, %L::uuid, false)', :'tom'), 'a listing can be deleted; its conversation keeps the seller');

-- The address

SELECT tests.an_address(:'ann', true) AS home, tests.an_address(:'bob') AS bobs_home \gset
UPDATE orders SET shipping_address_id = :'home' WHERE id = :'first';
SELECT is((SELECT shipping_address FROM order_addresses WHERE order_id = :'first'),
    '{"name": "Home", "phone": null, "address_line1": "1 Main Street", "address_line2": null, "city": "Springfield", "state_province": "IL", "postal_code": "62701", "country_code": "US"}'::jsonb,
    'an order has a copy of its address');
SELECT tests.log_in_as_service();
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, shipping_address_id, shipping_address) VALUES (:'ann', :'sue', 5, 5, :'home', '{"city": "Elsewhere"}') RETURNING id AS fourth \gset
SELECT tests.log_out();
SELECT is((SELECT shipping_address ->> 'city' FROM order_addresses WHERE order_id = :'fourth'), 'Springfield', 'a new order too, whatever was written into it');
UPDATE shipping_addresses SET city = 'Shelbyville' WHERE id = :'home';
UPDATE orders SET shipping_address_id = :'home', notes = 'ring twice' WHERE id = :'first';
SELECT is((SELECT shipping_address ->> 'city' FROM order_addresses WHERE order_id = :'first'), 'Springfield', 'the copy does not follow the address');
SELECT is(tests.error_of(format('UPDATE orders SET shipping_address_id = %L WHERE id = %L', :'bobs_home', :'first')), '23503 orders_shipping_address_id_fkey', 'somebody else''s address is refused');
DELETE FROM shipping_addresses WHERE id = :'home';
SELECT results_eq(format('SELECT o.shipping_address_id, a.shipping_address ->> ''address_line1'' FROM orders o JOIN order_addresses a ON a.order_id = o.id WHERE o.id IN (%L, %L)', :'first', :'fourth'),
    $$VALUES (NULL::uuid, '1 Main Street'), (NULL, '1 Main Street')$$, 'the copy stays when the address is deleted');
SELECT tests.an_address(:'ann') AS other_home \gset
UPDATE shipping_addresses SET city = 'Ogdenville' WHERE id = :'other_home';
UPDATE orders SET shipping_address_id = :'other_home' WHERE id = :'first';
SELECT is((SELECT shipping_address ->> 'city' FROM order_addresses WHERE order_id = :'first'), 'Ogdenville', 'another address is another copy');
SELECT tests.log_in(:'sue');
SELECT is_empty('SELECT FROM orders WHERE shipping_address IS NOT NULL UNION ALL SELECT FROM order_addresses', 'the seller sees no address of what is not paid');
SELECT tests.log_in_as_service();
UPDATE orders SET status = 'paid' WHERE id IN (:'first', :'fourth');
SELECT tests.log_in(:'sue');
SELECT results_eq('SELECT shipping_address ->> ''city'' FROM orders WHERE shipping_address IS NOT NULL ORDER BY 1', $$VALUES ('Ogdenville'), ('Springfield')$$, 'and then where to ship');
SELECT throws_ok($$UPDATE orders SET shipping_address = '{"city": "My place"}'$$, '42501', NULL, 'and cannot change it');
SELECT tests.log_in(:'ann');
SELECT throws_ok($$UPDATE orders SET shipping_address = '{"city": "My place"}'$$, '42501', NULL, 'nor can the buyer');
SELECT throws_ok(format($$INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, shipping_address) VALUES (%L, %L, 1, 1, '{}')$$, :'ann', :'sue'), '42501', NULL, 'nor bring one along');
SELECT tests.log_in(:'tom');
SELECT is((SELECT count(*) FROM orders), 0::bigint, 'others see nothing of it');
SELECT tests.log_out();
UPDATE orders SET billing_address_id = :'other_home' WHERE id = :'first';
UPDATE shipping_addresses SET city = 'Capital City' WHERE id = :'other_home';
UPDATE orders SET billing_address_id = :'other_home', notes = 'ring' WHERE id = :'first';
DELETE FROM shipping_addresses WHERE id = :'other_home';
SELECT tests.log_in(:'ann');
SELECT results_eq('SELECT order_id, billing_address ->> ''city'' FROM order_addresses WHERE billing_address IS NOT NULL', format('VALUES (%L::uuid, ''Ogdenville'')', :'first'), 'whom to bill is copied, and kept when the address is changed and deleted');
SELECT throws_ok($$UPDATE order_addresses SET billing_address = '{}', shipping_address = '{}'$$, '42501', NULL, 'and nobody changes it');
SELECT tests.log_in(:'sue');
SELECT is((SELECT count(*) FROM order_addresses), 0::bigint, 'the seller is not told whom to bill');
SELECT tests.log_out();

-- What is only ever appended

INSERT INTO ledger_entries (journal_id, account, party_id, order_id, amount, currency)
    VALUES (:'first', 'seller_pending', :'sue', :'first', 30, 'USD'), (:'first', 'processor_clearing', NULL, :'first', -30, 'USD');
INSERT INTO admin_audit_log (admin_id, action) VALUES (:'tom', 'looked');
CREATE TEMP TABLE kept AS SELECT to_jsonb(l) AS row FROM ledger_entries l UNION ALL SELECT to_jsonb(a) FROM admin_audit_log a
    UNION ALL SELECT to_jsonb(h) FROM order_status_history h UNION ALL SELECT to_jsonb(i) FROM order_items i;
SELECT tests.log_in_as_service();
SELECT throws_ok(statement, '42501', NULL, 'not even the service may: ' || statement)
  FROM unnest(ARRAY['UPDATE ledger_entries SET amount = amount * 2', 'DELETE FROM ledger_entries', 'TRUNCATE ledger_entries',
                    $$UPDATE order_status_history SET to_status = 'paid'$$, 'DELETE FROM order_status_history',
                    'UPDATE admin_audit_log SET admin_id = NULL', 'DELETE FROM admin_audit_log',
                    'UPDATE order_items SET quantity = 1, total_price = unit_price', $$UPDATE order_items SET metadata = '{}'$$]) statement;
SELECT tests.log_out();
SELECT results_eq($$SELECT row::text FROM kept ORDER BY 1$$, $$SELECT to_jsonb(l)::text AS row FROM ledger_entries l UNION ALL SELECT to_jsonb(a)::text FROM admin_audit_log a
    UNION ALL SELECT to_jsonb(h)::text FROM order_status_history h UNION ALL SELECT to_jsonb(i)::text FROM order_items i ORDER BY 1$$, 'nothing of it has changed');
SELECT tests.log_in_as_service();
SELECT lives_ok(format($$INSERT INTO ledger_entries (journal_id, account, party_id, order_id, amount, currency) VALUES (%L, 'refunds', %L, %L, 1, 'USD')$$, :'second', :'bob', :'second'), 'the service appends to the ledger');
SELECT lives_ok(format($$INSERT INTO order_status_history (order_id, to_status, reason) VALUES (%L, 'pending_payment', 'A note.')$$, :'second'), 'and to the history of an order');
SELECT lives_ok(format($$INSERT INTO admin_audit_log (admin_id, action) VALUES (%L, 'looked again')$$, :'tom'), 'and to the log');
SELECT throws_ok(format('DELETE FROM orders WHERE id = %L', :'fourth'), '42501', NULL, 'an order is not deleted, nor its history with it');
SELECT tests.log_out();

SELECT * FROM finish();
ROLLBACK;
