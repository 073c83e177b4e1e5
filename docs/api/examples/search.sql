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
