-- example: get_optimized_image_url as buyer
SELECT get_optimized_image_url('https://img.example.com/lamp.webp?v=1', 'thumb'),
       get_optimized_image_url('https://img.example.com/lamp.jpg', 'thumb') AS "no WebP";
-- example: moderate_listing as moderator
SELECT moderate_listing(:'lamp', 'remove', 'a copy of a protected design');
SELECT moderate_listing(:'lamp', 'restore', 'the seller has shown the licence');
-- example: moderate_listing as seller
SELECT moderate_listing(:'lamp', 'restore', 'I would like to');
--
INSERT INTO favorites (user_id, listing_id) VALUES (:'buyer', :'lamp') ON CONFLICT DO NOTHING;
-- example: get_user_favorites_with_listings as buyer
SELECT listing_data ->> 'title' AS title, listing_data -> 'seller' ->> 'username' AS seller FROM get_user_favorites_with_listings(:'buyer', 10, 0);
-- example: get_profile_listings_with_stats as anon
SELECT array_length(listings, 1) AS shown, total_listings, total_likes, total_sales FROM get_profile_listings_with_stats(:'seller');
-- example: listing_data as anon
SELECT listing_data(:'lamp') ->> 'title' AS title, listing_data(:'lamp') -> 'seller' ->> 'username' AS seller;
