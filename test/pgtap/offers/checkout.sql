-- Buying at the price of an offer: what the cart shows, what is charged, and what is refused instead of another price.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();

SELECT tests.sign_up('ann@offered.example') AS ann, tests.sign_up('ben@offered.example') AS ben, tests.sign_up('cleo@offered.example') AS cleo \gset
SELECT tests.an_address(:'ann', true) AS home, tests.an_address(:'cleo', true) AS other_home \gset
SELECT tests.goods(:'ben', 'A lamp', 40, 3, '{"cost": 5, "free_over": 35}') AS lamp, tests.goods(:'ben', 'A shirt', 20, 0) AS shirt, tests.goods(:'ben', 'A vase', 10, 9) AS vase \gset
SELECT tests.kind_of(:'shirt', 'S', 30, 2) AS small \gset

-- An accepted offer of the buyer's, past negotiation.
CREATE FUNCTION tests.agreed(buyer uuid, listing uuid, amount numeric, quantity integer DEFAULT 1, variant uuid DEFAULT NULL) RETURNS uuid LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    INSERT INTO offers (listing_id, variant_id, buyer_id, seller_id, quantity, amount, currency, made_by, round, expires_at, status, answered_at, checkout_until)
    SELECT l.id, variant, buyer, l.seller_id, agreed.quantity, agreed.amount, l.currency, 'buyer', 1, now() + interval '1 day', 'accepted', now(), now() + interval '1 day'
    FROM listings l WHERE l.id = listing
    RETURNING id
$$;
CREATE FUNCTION tests.change(statement text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN EXECUTE statement; END $$;
CREATE FUNCTION tests.cart() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws(' ', title, unit_price, 'x', quantity, '=', line_total, 'of', list_price, problem, CASE WHEN offer_ends_at > now() THEN 'promised' END), ', ' ORDER BY title) FROM cart_contents()
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tests TO PUBLIC;

SELECT tests.agreed(:'ann', :'lamp', 32, 2) AS offer, tests.agreed(:'ann', :'shirt', 25, 1, :'small') AS shirt_offer, tests.agreed(:'cleo', :'vase', 8) AS others \gset
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format('SELECT buy_offer(%L)', :'others')), 'P0002', 'nobody buys at the price of somebody else''s offer');
SELECT buy_offer(:'offer') AS line \gset
SELECT is(tests.cart(), 'A lamp 32.00 x 2 = 64.00 of 40.00 promised', 'the cart shows the promise, and what it would cost else');
SELECT is(buy_offer(:'offer'), :'line'::uuid, 'once more is the same line');
SELECT set_cart_quantity(:'line', 1) \g /dev/null
SELECT is(tests.cart(), 'A lamp 32.00 x 1 = 32.00 of 40.00 promised', 'fewer pieces have the same price');
SELECT add_to_cart(:'lamp', 2) \g /dev/null
SELECT is(tests.cart(), 'A lamp 40.00 x 3 = 120.00 of 40.00 offer_expired', 'more pieces than were agreed on have none');
SELECT is(tests.attempt(format('SELECT checkout(%L)', :'home')), 'MK006', 'and are not sold at another price without a word');
SELECT is(quote_checkout() #>> '{problems,0,code}', 'offer_expired', 'the quote says so');
SELECT set_cart_quantity(:'line', 2) \g /dev/null
SELECT buy_offer(:'shirt_offer') \g /dev/null
SELECT is(tests.cart(), 'A lamp 32.00 x 2 = 64.00 of 40.00 promised, A shirt 25.00 x 1 = 25.00 of 30.00 promised', 'of a variant its own price is compared');
SELECT is((SELECT array_agg(l ->> 'unit_price' ORDER BY l ->> 'title') FROM jsonb_array_elements(quote_checkout() #> '{orders,0,lines}') l), '{32.00,25.00}', 'the quote has the prices of the offers');
SELECT is(quote_checkout() #>> '{orders,0,shipping_cost}', '0.00', 'the limit for free shipping counts them');

-- the lower of the two prices; a dearer listing keeps the promise
SELECT tests.change(format('UPDATE listings SET price = 99 WHERE id = %L', :'lamp')) \g /dev/null
SELECT is((SELECT unit_price FROM cart_contents() WHERE title = 'A lamp'), 32.00, 'a price that rises changes nothing');
SELECT tests.change(format('UPDATE listings SET price = 30 WHERE id = %L', :'lamp')) \g /dev/null
SELECT is((SELECT unit_price FROM cart_contents() WHERE title = 'A lamp'), 30.00, 'one that falls below the offer is the better one');
SELECT tests.change(format('UPDATE listings SET price = 40 WHERE id = %L', :'lamp')) \g /dev/null

-- what does not hold
SELECT tests.change(format('UPDATE offers SET checkout_until = clock_timestamp() WHERE id = %L', :'offer')) \g /dev/null
SELECT is((SELECT problem FROM cart_contents() WHERE title = 'A lamp'), 'offer_expired', 'after its end it does not hold');
SELECT is(tests.attempt(format('SELECT checkout(%L)', :'home')), 'MK006', 'nor at the checkout, in the same transaction');
SELECT is(tests.detail_of(format('SELECT checkout(%L)', :'home')), 'MK006 "A lamp": offer_expired (requested 2, available 3).', 'which says of what');
SELECT tests.change(format('UPDATE offers SET checkout_until = now() + interval ''1 day'' WHERE id = %L', :'offer')) \g /dev/null
SELECT tests.change(format('UPDATE listings SET currency = ''EUR'' WHERE id = %L', :'lamp')) \g /dev/null
SELECT is((SELECT problem FROM cart_contents() WHERE title = 'A lamp'), 'offer_expired', 'nor in another currency');
SELECT is(tests.attempt(format('SELECT buy_offer(%L)', :'offer')), 'MK018', 'where it is void');
SELECT tests.change(format('UPDATE listings SET currency = ''USD'' WHERE id = %L', :'lamp')) \g /dev/null
SELECT tests.change(format('UPDATE listings SET quantity = 1 WHERE id = %L', :'lamp')) \g /dev/null
SELECT is((SELECT problem FROM cart_contents() WHERE title = 'A lamp'), 'not_enough_stock', 'two pieces were agreed on, one is left');
SELECT buy_offer(:'offer') \g /dev/null
SELECT is((SELECT quantity || ' ' || coalesce(problem, 'fine') FROM cart_contents() WHERE title = 'A lamp'), '1 fine', 'which can be bought at the price');
SELECT tests.change(format('UPDATE listings SET quantity = 3 WHERE id = %L', :'lamp')) \g /dev/null
SELECT buy_offer(:'offer') \g /dev/null

-- the cart expires, the offer does not
SELECT tests.change(format('UPDATE shopping_carts SET expires_at = now() - interval ''1 second'' WHERE user_id = %L', :'ann')) \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT expire_carts() \g /dev/null
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.cart(), NULL, 'an expired cart takes its lines along');
SELECT buy_offer(:'offer'), buy_offer(:'shirt_offer') \g /dev/null
SELECT is((SELECT count(*) FROM cart_contents() WHERE problem IS NULL), 2::bigint, 'the offers can be put into the next one');

-- a coupon's minimum counts what is paid, and its percentage is of that
SELECT tests.change($$INSERT INTO coupons (code, name, discount_type, discount_value, minimum_purchase) VALUES ('FROM90', 'x', 'percentage', 10, 90), ('FROM89', 'x', 'percentage', 10, 89)$$) \g /dev/null
SELECT is((SELECT reason FROM validate_coupon('FROM90')), 'minimum_not_met', 'a minimum above the agreed prices is not met');
SELECT is((SELECT valid || ' ' || discount_amount FROM validate_coupon('FROM89')), 'true 8.90', 'one that they reach is');

-- bought
SELECT is(tests.attempt(format('SELECT order_id FROM checkout(%L, ''a key'', coupon_code => ''FROM89'')', :'home')), '1 rows, and left a trace', 'bought at the prices of the offers');
SELECT is((SELECT string_agg(concat_ws(' ', i.title, i.unit_price, 'x', i.quantity, '-', i.discount_amount), ', ' ORDER BY i.title) FROM order_items i), 'A lamp 32.00 x 2 - 6.40, A shirt 25.00 x 1 - 2.50', 'as the order items say');
SELECT is((SELECT subtotal || ' - ' || discount_amount || ' = ' || total_amount FROM orders), '89.00 - 8.90 = 80.10', 'and the order');
SELECT is((SELECT array_agg(status || ' ' || (order_item_id IS NOT NULL) ORDER BY amount) FROM my_offers()), '{"used true","used true"}', 'the offers are used');
SELECT is(tests.attempt(format('SELECT buy_offer(%L)', :'offer')), 'MK018', 'once');
SELECT order_id, order_number FROM checkout(:'home', 'a key', coupon_code => 'FROM89') \gset again_
SELECT is(:'again_order_id'::uuid, (SELECT id FROM orders), 'the same key gives the same order, although the offers are used');
SELECT cancel_order(:'again_order_id') \g /dev/null
SELECT is((SELECT array_agg(DISTINCT status) FROM my_offers()), '{used}', 'a cancelled order revives no offer');
SELECT is(tests.attempt(format('SELECT buy_offer(%L)', :'shirt_offer')), 'MK018', 'which cannot be bought again');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT price FROM listings WHERE id = :'lamp'), 40.00, 'the listing has kept its price');
SELECT is((SELECT count(*) FROM outbox_events WHERE kind = 'listing.price_lowered' AND subject_id = :'shirt'), 0::bigint, 'nobody is told of a lower one');
SELECT is((SELECT string_agg(kind, ', ' ORDER BY id) FROM outbox_events WHERE kind = 'offer.used'), 'offer.used, offer.used', 'but of the offers');

-- ordered past the cart, by functions of applications: what the cart has of it counts
SELECT tests.agreed(:'cleo', :'lamp', 31, 2) AS past \gset
SELECT tests.log_in(:'cleo') \g /dev/null
SELECT buy_offer(:'past') \g /dev/null
SELECT create_order_with_payment(:'lamp', :'cleo') AS past_order \gset
SELECT is((SELECT unit_price || ' x ' || quantity FROM order_items WHERE order_id = :'past_order'), '31.00 x 1', 'one piece was bought at the price');
SELECT is(tests.cart(), 'A lamp 40.00 x 1 = 40.00 of 40.00 offer_expired', 'and what is left in the cart does not change its price in silence');
SELECT tests.log_out() \g /dev/null

-- an offer that is deleted takes the line along
DELETE FROM cart_items;
SELECT tests.agreed(:'ann', :'vase', 9) AS deleted \gset
SELECT tests.log_in(:'ann') \g /dev/null
SELECT buy_offer(:'deleted') \g /dev/null
SELECT tests.change(format('DELETE FROM offers WHERE id = %L', :'deleted')) \g /dev/null
SELECT is(tests.cart(), NULL, 'no line without its offer');
SELECT is(tests.attempt(format('INSERT INTO cart_items (cart_id, listing_id, offer_id) SELECT id, %L, %L FROM shopping_carts', :'vase', :'others')), '42501', 'and nobody writes one with an offer');
SELECT tests.log_out() \g /dev/null
SELECT is_empty('SELECT * FROM check_integrity() WHERE rule LIKE ''offer%''', 'nothing is wrong with any of it');
SELECT * FROM finish();
ROLLBACK;
