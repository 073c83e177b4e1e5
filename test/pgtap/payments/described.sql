-- What refund requests and transactions say about their order: whose it is, what was sold, with which payment, and whether all goes back.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('described.example') \gset
CREATE FUNCTION tests.said(request uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(', ', (SELECT name FROM tests.people WHERE id = r.buyer_id), (SELECT name FROM tests.people WHERE id = r.seller_id), r.refund_type, r.seller_response)
      FROM refund_requests r WHERE r.id = request
$$;

SELECT tests.a_paid_sale('pi_described', :'buyer', :'seller', 10, 2, fee => 1) AS sold \gset
SELECT listing_id AS listing FROM order_items WHERE order_id = :'sold' \gset
SELECT results_eq(format('SELECT listing_id, stripe_payment_intent_id::text FROM transactions WHERE order_id = %L', :'sold'), format('VALUES (%L::uuid, ''pi_described'')', :'listing'),
    'a sale names its listing and its payment');
SELECT is(tests.asked('seller', format('SELECT listing_id FROM transactions WHERE order_id = %L', :'sold')), :'listing', 'its parties see the listing');
SELECT is(tests.asked('seller', format('SELECT stripe_payment_intent_id FROM transactions WHERE order_id = %L', :'sold')), '42501 permission denied for table transactions', 'and not the payment');

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT request_refund(:'sold', 3, 'late') AS part \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.said(:'part'), 'buyer, seller, partial', 'a request for a part names the parties');
SELECT is(tests.asked('seller', format('SELECT seller_response FROM refund_requests WHERE id = %L', :'part')), 'NULL', 'nobody has answered yet');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT decide_refund(:'part', true, 'Sorry') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((SELECT seller_response FROM refund_requests WHERE id = :'part'), 'Sorry', 'the buyer reads the answer of the seller');
SELECT tests.log_out() \g /dev/null

SELECT tests.a_paid_sale('pi_whole', :'buyer', :'seller', 10, 2, fee => 1) AS whole \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT request_refund(:'whole', 12, 'broken') AS all \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.said(:'all'), 'buyer, seller, full', 'one for everything is full');
SELECT tests.log_in(:'admin') \g /dev/null
SELECT decide_refund(:'all', false, 'No') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.said(:'all'), 'buyer, seller, full', 'what an admin says is no response of the seller');
SELECT tests.log_in_as_service() \g /dev/null
UPDATE refund_requests SET buyer_id = :'other', seller_id = :'other', refund_type = 'partial' WHERE id = :'all';
SELECT tests.log_out() \g /dev/null
SELECT is(tests.said(:'all'), 'buyer, seller, full', 'nobody makes them another''s, or less than they are');
SELECT is(tests.answers('anon buyer seller admin', format('UPDATE refund_requests SET seller_id = NULL WHERE id = %L', :'all')), '42501 for anon buyer seller admin', 'and clients nothing at all');

-- an order of two listings
SELECT tests.a_listing(:'seller', 5) AS one, tests.a_listing(:'seller', 5) AS two, tests.an_order(:'buyer', :'seller', 10) AS both \gset
INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (:'both', :'one', 1, 5, 5), (:'both', :'two', 1, 5, 5);
UPDATE orders SET status = 'paid' WHERE id = :'both';
SELECT results_eq(format('SELECT listing_id, stripe_payment_intent_id::text FROM transactions WHERE order_id = %L', :'both'), 'VALUES (NULL::uuid, NULL::text)', 'a sale of several listings names none, nor a payment that there was not');

SELECT tests.delete_account(:'seller') \g /dev/null
SELECT is(tests.said(:'all'), 'buyer, full', 'a deleted seller is nobody');
SELECT is((SELECT seller_response FROM refund_requests WHERE id = :'part'), NULL, 'whose response is not told as such');
SELECT tests.delete_account(:'buyer') \g /dev/null
SELECT is(tests.said(:'all'), 'full', 'as is a deleted buyer');
SELECT is((SELECT max(listing_id::text) FROM transactions WHERE order_id = :'sold'), NULL, 'the listing is gone with its seller');
SELECT is_empty($$SELECT * FROM check_integrity() WHERE rule = 'refund_party'$$, 'and nothing is amiss');
SET LOCAL session_replication_role = replica;
UPDATE refund_requests SET seller_id = :'other' WHERE id = :'all';
SET LOCAL session_replication_role = origin;
SELECT results_eq($$SELECT object FROM check_integrity() WHERE rule = 'refund_party'$$, format('VALUES (%L)', 'refund_requests ' || :'all'), 'until somebody changes it with the triggers off');

SELECT * FROM finish();
ROLLBACK;
