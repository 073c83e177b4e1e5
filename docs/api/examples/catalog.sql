-- example: get_optimized_image_url as buyer
SELECT get_optimized_image_url('https://img.example.com/lamp.webp?v=1', 'thumb'),
       get_optimized_image_url('https://img.example.com/lamp.jpg', 'thumb') AS "no WebP";
-- example: moderate_listing as moderator
SELECT moderate_listing(:'lamp', 'remove', 'a copy of a protected design');
SELECT moderate_listing(:'lamp', 'restore', 'the seller has shown the licence');
-- example: moderate_listing as seller
SELECT moderate_listing(:'lamp', 'restore', 'I would like to');
