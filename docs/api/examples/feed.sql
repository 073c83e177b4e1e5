-- example: follow as buyer
SELECT follow(:'seller') AS is_new, follow(:'seller') AS again;
-- example: followers as seller
SELECT username, is_followed FROM followers();
-- example: following as buyer
SELECT username, is_verified, is_followed FROM following();
-- example: feed as buyer
SELECT title, price, currency, seller_username FROM feed(page_size => 2);
-- example: unfollow as buyer
SELECT unfollow(:'seller') AS ended, unfollow(:'seller') AS again;
-- example: lowest_price_30d as anon
SELECT lowest_price_30d(:'lamp');
--
SELECT set_config('request.jwt.claims', json_build_object('role', 'authenticated', 'sub', :'buyer')::text, false) \g /dev/null
SET ROLE authenticated;
SELECT save_search('Cheap lamps', 'lamp', '{"price_max": 50}') AS saved \gset
RESET ROLE;
-- example: save_search as buyer
SELECT save_search('Lamps of a brand', 'lamp', '{"brands": ["Nike"]}', 'instant') IS NOT NULL AS saved;
-- example: save_search as buyer
SELECT save_search('Anything', NULL, '{"price_max": 50}');
-- example: my_saved_searches as buyer
SELECT name, query, filters, notify, waiting FROM my_saved_searches() ORDER BY name;
-- example: change_saved_search as buyer
SELECT change_saved_search(:'saved', notify => 'off');
-- example: delete_saved_search as buyer
SELECT delete_saved_search(:'saved');
-- example: tell_saved_searches as service
SELECT tell_saved_searches();
-- example: refresh_saved_searches as service
SELECT refresh_saved_searches();
-- example: prune_matches_and_prices as service
SELECT prune_matches_and_prices();
