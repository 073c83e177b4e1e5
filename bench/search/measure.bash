# The search: processor time of queries, what is found in spite of typing errors, what writes and the index take; beside a tsvector column with
# ts_rank, trigrams on the title, and an engine of npm. Listings and queries are made by listings.py and queries.py.
listings=${DRIPLO_BENCH_LISTINGS:-$(size 1000000 2000)}
open_shop search "$(size 2000 60)" "$(size $((listings / 50)) 40)" 0 0
run_sql -d search -f bench/processor_time.sql -f bench/search/load.sql -f bench/search/measure.sql
python3 bench/search/listings.py "$listings" "$(size $((listings / 50)) 40)" 1 "$scripts"
run_sql -d search -c "\\copy bench.new_categories FROM '$scripts/categories.tsv'" -c "DELETE FROM categories" -c "INSERT INTO categories (id, name, slug, parent_id) SELECT id, name, 'bench-' || row_number() OVER (), parent_id FROM bench.new_categories ORDER BY parent_id NULLS FIRST" \
    -c "SET session_replication_role = replica" \
    -c "\\copy listings (id, seller_id, title, slug, description, category_id, subcategory_id, condition, price, currency, quantity, status, brand, size, color, favorite_count, view_count, published_at, location, language) FROM '$scripts/listings.tsv'"
run_sql -d search -c "VACUUM ANALYZE" -c "CALL bench.build_index()" -c "VACUUM ANALYZE" -c "CALL bench.build_dictionary()" -c "VACUUM ANALYZE search_words"
# the first seed is the one that the rules were made with
for seed in 3 40; do
    python3 bench/search/queries.py "$scripts/listings.tsv" $seed "$(size 200 4)" >"$scripts/queries-$seed.tsv"
done
run_sql -d search -c "\\copy bench.asked (kind, query, meant) FROM '$scripts/queries-3.tsv'" -c "\\copy bench.asked_fresh (kind, query, meant) FROM '$scripts/queries-40.tsv'"
run_sql -d search -f bench/search/rivals.sql

as_anon() { PGOPTIONS="-c role=anon" run_sql -d search "$@"; }
plain="ARRAY['one frequent word', 'a brand and a frequent word', 'words of a title', 'a rare word', 'the last word begun', 'finds nothing']"
wrong=$(run_sql -d search -c "SELECT quote_literal(array_agg(DISTINCT kind)) FROM bench.asked WHERE meant <> ''")
call() { # SIDE STATEMENT CALLS FILTER KINDS
    as_anon -c "SET statement_timeout = '10min'" -c "CALL bench.time_calls('$1', \$s\$$2\$s\$, $3, '$4', $5)"
}
search="SELECT count(*) FROM search(\$1, \$2, 'relevance', 24)"
for filter in 'none' 'root category' 'leaf and price' 'size, color, condition' 'brand and category'; do
    call driplo "$search" "$(size 100 2)" "$filter" "$plain"
done
call driplo "$search" "$(size 60 2)" none "$wrong"
for order in newest price_asc; do
    call "driplo, $order" "SELECT count(*) FROM search(\$1, \$2, '$order', 24)" "$(size 60 2)" none "$plain"
done
call 'driplo, filters only' "SELECT count(*) FROM search(NULL, \$2, 'relevance', 24)" "$(size 100 2)" 'size, color, condition' "ARRAY['one frequent word']"
call 'search_summary' "SELECT search_summary(\$1, \$2)" "$(size 60 2)" none "$plain"
call 'suggest' "SELECT count(*) FROM suggest(left(\$1, 1 + length(\$1) % 5))" "$(size 200 2)" none "ARRAY['words of a title']"
call 'tsvector, ts_rank' "SELECT count(*) FROM (SELECT id FROM bench.plain WHERE doc @@ plainto_tsquery('simple', \$1) ORDER BY ts_rank(doc, plainto_tsquery('simple', \$1)) DESC LIMIT 24) f" "$(size 60 2)" none "$plain"
trigram="SELECT id FROM bench.plain WHERE \$1 <% title ORDER BY \$1 <<-> title LIMIT"
call 'trigrams on the title' "SELECT count(*) FROM ($trigram 24) f" "$(size 10 2)" none "$plain"
call 'trigrams on the title' "SELECT count(*) FROM ($trigram 24) f" "$(size 5 2)" none "$wrong"

compare() { # SIDE STATEMENT CALLS TABLE
    as_anon -c "SET statement_timeout = '10min'" -c "CALL bench.compare_results('$1', \$s\$$2\$s\$, $3, '$4')"
}
compare 'driplo, tuned on' "SELECT array_agg(listing_id) FROM search(\$1, '{}', 'relevance', 20)" "$(size 150 3)" bench.asked
compare 'driplo' "SELECT array_agg(listing_id) FROM search(\$1, '{}', 'relevance', 20)" "$(size 150 3)" bench.asked_fresh
compare 'driplo, exact' "SELECT array_agg(listing_id) FROM search(\$1, '{}', 'relevance', 20, NULL, \$1 NOT IN (SELECT meant FROM bench.asked_fresh))" "$(size 60 2)" bench.asked_fresh
compare 'trigrams on the title' "SELECT array_agg(id) FROM ($trigram 20) f" "$(size 10 2)" bench.asked_fresh

as_anon -c "CALL bench.ask_known_words($(size 2000 100))"

# An engine of npm holds its index in the program's memory. The short form does without: it would have to be downloaded.
if [ -z "$short" ]; then
    cp bench/search/package.json bench/search/minisearch.mjs "$scripts"
    (cd "$scripts" && npm install --no-audit --no-fund --loglevel=error >&2 && node minisearch.mjs listings.tsv queries-40.tsv "$((listings < 200000 ? listings : 200000))" 100) >"$scripts/minisearch.tsv"
    awk -F '\t' -v OFS='\t' '$1 == "time" { print "MiniSearch", $2, "none", $3 }' "$scripts/minisearch.tsv" | run_sql -d search -c "\\copy bench.times FROM STDIN"
    awk -F '\t' -v OFS='\t' '$1 == "recall" { print "MiniSearch", $2, 1, $3, $4 }' "$scripts/minisearch.tsv" | run_sql -d search -c "\\copy bench.found FROM STDIN"
    awk -F '\t' -v OFS='\t' '$1 == "fact" { print "MiniSearch: " $2, $3 }' "$scripts/minisearch.tsv" | run_sql -d search -c "\\copy bench.facts FROM STDIN"
fi

# In turns with the triggers of the index and without, each block in a session of its own.
block=$(size 60 6)
first=1
run_sql -d search -c "UPDATE listings SET quantity = 1000 WHERE id IN (SELECT bench.id('listing', i) FROM generate_series(1, $((6 * block))) i)"
for round in 1 2 3; do
    for indexed in false true; do
        last=$((first + block - 1))
        for write in "stock, pieces left|service_role|UPDATE listings SET quantity = quantity - 1 WHERE id = \$1 AND \$2 > 0" \
            "favorite|service_role|UPDATE listings SET favorite_count = favorite_count + 1 WHERE id = \$1 AND \$2 > 0" \
            "price|service_role|UPDATE listings SET price = price + 1 WHERE id = \$1 AND \$2 > 0" \
            "taken off sale|service_role|UPDATE listings SET status = ''archived'' WHERE id = \$1 AND \$2 > 0" \
            "published|service_role|UPDATE listings SET status = ''active'' WHERE id = \$1 AND \$2 > 0"; do
            IFS='|' read -r what role statement <<<"$write"
            run_sql -d search -c "CALL bench.index_writes($indexed)" -c "CALL bench.time_writes('$what', '$statement', '$role', $first, $last)"
        done
        run_sql -d search -c "UPDATE listings SET quantity = 1 WHERE id IN (SELECT bench.id('listing', i) FROM generate_series($first, $last) i)" \
            -c "SET session_replication_role = replica" -c "TRUNCATE cart_items" \
            -c "INSERT INTO cart_items (cart_id, listing_id, quantity) SELECT bench.id('cart', i), bench.id('listing', i), 1 FROM generate_series($first, $last) i"
        run_sql -d search -c "CALL bench.index_writes($indexed)" -c "CALL bench.time_writes('checkout of the last piece', 'SELECT count(*) FROM checkout(bench.id(''address'', \$2)) WHERE \$1 IS NOT NULL', 'authenticated', $first, $last)"
        first=$((last + 1))
    done
done
run_sql -d search -c "CALL bench.index_writes(true)"

run_sql -d search -F $'\t' -c "SELECT side, kind, filter, count(*), round((percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds) / 1000)::numeric, 2), round((percentile_cont(0.95) WITHIN GROUP (ORDER BY microseconds) / 1000)::numeric, 2), round((max(microseconds) / 1000)::numeric, 2) FROM bench.times GROUP BY side, kind, filter ORDER BY side, kind, filter" >"$results/search.tsv"
run_sql -d search -F $'\t' -c "SELECT side, filter, count(*), round((percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds) / 1000)::numeric, 2), round((percentile_cont(0.95) WITHIN GROUP (ORDER BY microseconds) / 1000)::numeric, 2), round((max(microseconds) / 1000)::numeric, 2) FROM bench.times WHERE kind IN (SELECT kind FROM bench.asked WHERE meant = '') GROUP BY side, filter ORDER BY side, filter" >"$results/search-all.tsv"
run_sql -d search -F $'\t' -c "SELECT side, kind, sum(n), round(avg(recall)::numeric, 3), round(avg(nothing)::numeric, 3) FROM bench.found GROUP BY side, kind ORDER BY side, kind" >"$results/search-recall.tsv"
run_sql -d search -F $'\t' -c "SELECT what, indexed, count(*), round(percentile_cont(0.5) WITHIN GROUP (ORDER BY bytes)::numeric), round(percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds)::numeric, 1) FROM bench.writes GROUP BY what, indexed ORDER BY what, indexed" >"$results/search-writes.tsv"
run_sql -d search -F $'\t' -c "
SELECT 'listings', count(*)::text FROM listings
UNION ALL SELECT * FROM bench.facts
UNION ALL SELECT 'words of the dictionary', count(*)::text FROM search_words
UNION ALL SELECT 'size of ' || c.relname || ', MB', round(pg_relation_size(c.oid) / 1048576.0, 1)::text FROM pg_class c WHERE c.oid IN ('listing_search'::regclass, 'search_words'::regclass)
   OR c.oid IN (SELECT indexrelid FROM pg_index WHERE indrelid IN ('listing_search'::regclass, 'search_words'::regclass, 'bench.plain'::regclass))" >"$results/search-facts.tsv"
dropdb search
