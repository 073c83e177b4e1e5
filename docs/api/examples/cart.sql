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
--
INSERT INTO cart_items (cart_id, listing_id) SELECT id, :'lamp' FROM shopping_carts WHERE user_id = :'buyer';
-- example: clear_cart as buyer
SELECT clear_cart();
--
UPDATE shopping_carts SET expires_at = now() - interval '1 day' WHERE user_id = :'seller';
-- example: expire_carts as service
SELECT expire_carts(max_rows => 1000);
