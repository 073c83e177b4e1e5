-- example: reindex_search as service
SELECT reindex_search(max_rows => 5000);
-- example: reindex_search as seller
SELECT reindex_search();
