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
--
UPDATE categories SET translations = '{"bg": {"name": "Други", "slug": "drugi"}}' WHERE slug = 'other';
UPDATE listings SET category_id = (SELECT id FROM categories WHERE slug = 'other') WHERE slug = 'lamp';
-- example: refresh_category_counts as service
SELECT refresh_category_counts();
--
SELECT refresh_category_counts() \g /dev/null
DELETE FROM categories c WHERE c.slug NOT IN ('other', 'electronics') AND NOT EXISTS (SELECT FROM listings l WHERE l.category_id = c.id);
-- example: category_tree as anon
SELECT node ->> 'name' AS name, node ->> 'slug' AS slug, node -> 'product_count' AS products, node -> 'children' AS children
  FROM jsonb_array_elements(category_tree('bg')) AS node;
-- example: get_categories_with_counts as anon
SELECT category_data ->> 'name' AS name, product_count FROM get_categories_with_counts();
-- example: get_virtual_category_counts as anon
SELECT * FROM get_virtual_category_counts();
--
UPDATE listings SET is_featured = true WHERE slug = 'lamp';
-- example: get_homepage_listings as anon
SELECT listing_data ->> 'title' AS title, listing_data -> 'seller' ->> 'username' AS seller FROM get_homepage_listings('featured', 3);
-- example: get_homepage_data as anon
SELECT jsonb_pretty(get_homepage_data(1, 0, 0) -> 'promoted_products' -> 0 -> 'seller') AS "a seller";
