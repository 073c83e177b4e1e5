INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('LAMP10', 'Ten percent', 'percentage', 10, :'seller');
INSERT INTO cart_items (cart_id, listing_id) SELECT id, :'lamp' FROM shopping_carts WHERE user_id = :'buyer';
-- example: find_coupon as buyer
SELECT code, discount_type, discount_value, target_type FROM find_coupon('lamp10');
-- example: validate_coupon as buyer
SELECT * FROM validate_coupon('LAMP10');
SELECT * FROM validate_coupon('LAMP99');
