-- example: reindex_search as service
SELECT reindex_search(max_rows => 5000);
-- example: reindex_search as seller
SELECT reindex_search();
-- example: refresh_search_words as service
SELECT refresh_search_words();
-- example: add_search_synonym as admin
SELECT add_search_synonym('лампа', '{lamp,"table light"}');
-- example: remove_search_synonym as admin
SELECT remove_search_synonym('лампа'), remove_search_synonym('lantern') AS "had none";
-- example: search as anon
SELECT title, highlighted, price, currency, seller_username FROM search('LAMPS', '{"price_max": 50}', 'price_asc', page_size => 2);
-- example: search as buyer
SELECT title FROM search('lamp', '{"colour": "red"}');
-- example: search_summary as anon
SELECT search_summary('lamp') -> 'total' AS total, search_summary('lamp') -> 'corrected_query' AS corrected_query;
-- example: suggest as anon
SELECT kind, value FROM suggest('fash');
-- example: similar_listings as anon
SELECT title, price FROM similar_listings(:'lamp', 3);
-- example: record_search as buyer
SELECT record_search('lamp', 3);
-- example: prune_search_queries as service
SELECT prune_search_queries();
-- example: get_listings_with_favorites as buyer
SELECT listing_data ->> 'title' AS title, is_favorited FROM get_listings_with_favorites(p_user_id => :'buyer', p_search => 'lamp', p_limit => 2);
-- example: get_listings_count as anon
SELECT get_listings_count(p_search => 'lamp', p_max_price => 50);
-- example: get_category_listings as anon
SELECT listing_data ->> 'title' AS title, total_count FROM get_category_listings(p_limit => 2, p_sort_by => 'price', p_sort_order => 'asc');
-- example: search_listings as anon
SELECT listing_data ->> 'title' AS title FROM search_listings('lamp', 2, 0);
-- example: search_products_fast as anon
SELECT title, price, category_name FROM search_products_fast('lamp', 2);
