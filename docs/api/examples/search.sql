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
