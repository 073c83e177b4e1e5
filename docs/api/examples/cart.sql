-- example: get_or_create_cart as buyer
SELECT get_or_create_cart(auth.uid());
-- example: add_to_cart as buyer
SELECT add_to_cart(:'lamp', 2);
-- example: add_to_cart as buyer
SELECT add_to_cart(:'lamp', 8);
-- example: cart_contents as buyer
SELECT title, unit_price, quantity, line_total, currency, available, problem FROM cart_contents();
--
SELECT id AS line FROM cart_items \gset
-- example: set_cart_quantity as buyer
SELECT set_cart_quantity(:'line', 1);
SELECT title, quantity, line_total FROM cart_contents();
-- example: quote_checkout as buyer
SELECT o ->> 'subtotal' AS subtotal, o ->> 'shipping_cost' AS shipping, o ->> 'total_amount' AS total,
       q -> 'problems' AS problems
  FROM quote_checkout() AS q, jsonb_array_elements(q -> 'orders') AS o;
-- example: checkout as buyer
SELECT order_number, total_amount, currency
  FROM checkout(:'address', 'key-1', expected_total => 45.00, expected_currency => 'USD');
-- a repeated request gives the same orders again
SELECT order_number, total_amount, currency
  FROM checkout(:'address', 'key-1', expected_total => 45.00, expected_currency => 'USD');
-- example: checkout as buyer
SELECT * FROM checkout(:'address');
-- example: checkout as buyer
SELECT add_to_cart(:'lamp') AS chosen, add_to_cart(:'lamp', 2) AS same \gset
SELECT total_amount, currency FROM checkout(:'address', cart_item_ids => ARRAY[:'chosen']::uuid[]);
--
INSERT INTO cart_items (cart_id, listing_id, quantity) SELECT id, :'lamp', 2 FROM shopping_carts WHERE user_id = :'moderator';
-- example: create_cart_claim as moderator
SELECT create_cart_claim() AS code \gset
-- example: merge_cart as buyer
SELECT requested, quantity, problem FROM merge_cart(:'code');
-- example: create_order_with_payment as buyer
SELECT create_order_with_payment(p_listing_id => :'lamp', p_buyer_id => :'buyer', p_payment_method_id => NULL,
                                 p_shipping_address => NULL, p_metadata => '{"gift": true}') AS placed \gset
SELECT status, total_amount, currency, metadata FROM orders WHERE id = :'placed';
-- example: create_order_from_payment as service
SELECT create_order_from_payment(p_payment_intent_id => 'pi_1', p_amount_total => 4500, p_currency => 'usd',
                                 p_buyer_id => :'buyer', p_seller_id => :'seller',
                                 p_metadata => jsonb_build_object('listing_id', :'lamp'), p_country_code => 'DE') AS made \gset
SELECT :'made'::jsonb ->> 'status' AS status;
SELECT create_order_from_payment('pi_1', 4500, 'usd', :'buyer', :'seller', NULL) ->> 'status' AS again;
SELECT create_order_from_payment('pi_2', 4000, 'usd', :'buyer', :'seller', jsonb_build_object('listing_id', :'lamp'));
--
INSERT INTO cart_items (cart_id, listing_id) SELECT id, :'lamp' FROM shopping_carts WHERE user_id = :'buyer';
UPDATE listings SET shipping_info = '{"cost": 5, "pickup": true}' WHERE id = :'lamp';
-- example: set_cart_pickup as buyer
SELECT set_cart_pickup(id, true) FROM cart_items;
SELECT quote_checkout() #>> '{orders,0,shipping_cost}' AS shipping;
-- example: clear_cart as buyer
SELECT clear_cart();
--
UPDATE shopping_carts SET expires_at = now() - interval '1 day' WHERE user_id = :'seller';
-- example: expire_carts as service
SELECT expire_carts(max_rows => 1000);
