#!/bin/bash
# What the feed and 100,000 saved searches cost beside many listings, in processor time of the server: a page of the feed with 300, 1,000
# and 10,000 follows, and what the worker does for one new listing. Prints the figures of docs/feed.md. DRIPLO_LISTINGS sets the number
# of listings (1,000,000), DRIPLO_SEARCHES that of saved searches.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

listings=${DRIPLO_LISTINGS:-1000000} searches=${DRIPLO_SEARCHES:-100000}
sellers=$((listings / 50 < 12000 ? 12000 : listings / 50))
database=driplo_feed
scratch=$(mktemp -d)
trap 'dropdb --if-exists $database; rm -rf "$scratch"' EXIT
dropdb --if-exists $database 2>/dev/null
createdb -T template0 -E UTF8 $database
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }

python3 bench/search/listings.py "$listings" "$sellers" 1 "$scratch" &&
    sql -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" -c "CREATE SCHEMA bench" -c "GRANT USAGE ON SCHEMA bench TO PUBLIC" -f bench/processor_time.sql \
        -c "CREATE TABLE bench.new_categories (id uuid, name text, parent_id uuid)" -c "\\copy bench.new_categories FROM '$scratch/categories.tsv'" -c "DELETE FROM categories" \
        -c "INSERT INTO categories (id, name, slug, parent_id) SELECT id, name, 'bench-' || row_number() OVER (), parent_id FROM bench.new_categories ORDER BY parent_id NULLS FIRST" \
        -c "SET session_replication_role = replica" \
        -c "\\copy listings (id, seller_id, title, slug, description, category_id, subcategory_id, condition, price, currency, quantity, status, brand, size, color, favorite_count, view_count, published_at, location, language) FROM '$scratch/listings.tsv'" \
        -c "INSERT INTO auth.users (id, email) SELECT DISTINCT seller_id, seller_id || '@example.com' FROM listings" \
        -c "INSERT INTO profiles (id, email, username) SELECT id, email, 'u' || left(md5(id::text), 20) FROM auth.users" \
        -c "RESET session_replication_role" -c "VACUUM ANALYZE" -c "SELECT reindex_search($listings)" -c "VACUUM ANALYZE" -c "SELECT refresh_search_words()" -c "VACUUM ANALYZE" >/dev/null
made=$?
ok $made "a shop with $listings listings of $sellers sellers"

[ $made = 0 ] || { done_testing; exit; }
# Searches as people save them: one or two words of a title, as frequent as they are there, two of three with a filter.
sql -v searches="$searches" <<'SQL' >/dev/null
SET session_replication_role = replica;
INSERT INTO auth.users (id, email) SELECT md5('reader' || n)::uuid, n || '@readers.example' FROM generate_series(1, :searches / 10) n;
INSERT INTO profiles (id, email, username) SELECT md5('reader' || n)::uuid, n || '@readers.example', 'reader' || n FROM generate_series(1, :searches / 10) n;
RESET session_replication_role;
INSERT INTO saved_searches (user_id, name, query, filters, notify, wanted, anchors, categories, seller_id, since, price_currency, price_least, price_most, price_least_own, price_most_own)
SELECT md5('reader' || 1 + n % (:searches / 10))::uuid, 'Search ' || n, a.query, a.filters, CASE WHEN n % 3 = 0 THEN 'instant' ELSE 'daily' END, r.*
  FROM (SELECT row_number() OVER () AS n, l.* FROM (SELECT * FROM listings WHERE status = 'active' ORDER BY md5(id::text) LIMIT :searches) l) l
 CROSS JOIN LATERAL (SELECT array_agg(w) AS words FROM regexp_split_to_table(l.title, '\s+') w WHERE length(w) > 2) t
 CROSS JOIN LATERAL (SELECT concat_ws(' ', t.words[1 + n % cardinality(t.words)], CASE WHEN n % 2 = 0 THEN t.words[1 + (n / 7) % cardinality(t.words)] END) AS query,
                            CASE n % 3 WHEN 0 THEN '{}' WHEN 1 THEN jsonb_build_object('price_max', round(l.price * 1.2)) ELSE jsonb_build_object('category', COALESCE(l.subcategory_id, l.category_id)) END AS filters) a
 CROSS JOIN LATERAL private.read_saved_search(a.query, a.filters) r
 WHERE t.words IS NOT NULL;
VACUUM ANALYZE saved_searches;
INSERT INTO user_follows (follower_id, following_id)
SELECT md5('reader' || f.n)::uuid, s.id FROM (VALUES (1, 300), (2, 1000), (3, 10000)) AS f (n, follows)
 CROSS JOIN LATERAL (SELECT DISTINCT seller_id AS id FROM listings ORDER BY 1) s
 WHERE abs(hashtext(s.id::text || f.n)) % (SELECT count(DISTINCT seller_id) FROM listings) < f.follows;
TRUNCATE outbox_events;
VACUUM ANALYZE user_follows;
CREATE TABLE bench.times (what text, n integer, microseconds double precision);
GRANT INSERT ON bench.times TO PUBLIC;
CREATE PROCEDURE bench.time_it(what text, statement text, calls integer) LANGUAGE plpgsql AS $$
DECLARE
    since double precision;
BEGIN
    FOR i IN -4..calls LOOP
        PERFORM pg_sleep(0.001);
        since := bench.processor_time();
        EXECUTE statement;
        PERFORM pg_sleep(0.001);
        IF i > 0 THEN INSERT INTO bench.times VALUES (what, i, bench.processor_time() - since); END IF;
        COMMIT;
    END LOOP;
END $$;
SQL
ok $? "$searches saved searches, and who follows many"

for reader in 1 2 3; do
    follows=$(sql -c "SELECT count(*) FROM user_follows WHERE follower_id = md5('reader$reader')::uuid")
    sql -c "SELECT set_config('request.jwt.claims', '{\"role\": \"authenticated\", \"sub\": \"' || md5('reader$reader')::uuid || '\"}', false)" -c "SET ROLE authenticated" \
        -c "CALL bench.time_it('feed, first page, $follows follows', 'SELECT count(*) FROM feed()', 200)" \
        -c "CALL bench.time_it('feed, second page, $follows follows', 'SELECT count(*) FROM feed(24, (SELECT min(next_cursor) FROM feed(1)))', 200)" >/dev/null
done
# The events of some hundred listings, one by one, as the worker that gets them as they are published. What it does beside is told by
# the same of events that no search is compared with.
sql >/dev/null <<'SQL'
CREATE TABLE bench.fresh AS SELECT row_number() OVER () AS n, id FROM (SELECT id FROM listings WHERE status = 'active' ORDER BY md5(id::text || 'x') LIMIT 600) l;
CREATE TABLE bench.next AS SELECT 0 AS n;
CREATE FUNCTION bench.one_more() RETURNS bigint[] LANGUAGE sql AS $$
    WITH next AS (UPDATE bench.next SET n = n + 1 RETURNING n), event AS (
        INSERT INTO outbox_events (kind, subject_id) SELECT 'listing.published', f.id FROM next JOIN bench.fresh f USING (n) RETURNING id)
    SELECT array_agg(id) FROM event
$$;
CREATE TABLE bench.event (ids bigint[]);
CREATE PROCEDURE bench.time_matching() LANGUAGE plpgsql AS $$
DECLARE
    since double precision;
    ids bigint[];
BEGIN
    FOR i IN -4..500 LOOP
        ids := bench.one_more();
        COMMIT;
        PERFORM pg_sleep(0.001);
        since := bench.processor_time();
        PERFORM private.match_saved_searches(ids);
        COMMIT;
        PERFORM pg_sleep(0.001);
        IF i > 0 THEN INSERT INTO bench.times VALUES ('a new listing', i, bench.processor_time() - since); END IF;
    END LOOP;
END $$;
CALL bench.time_matching();
SQL
ok $? "measured"
sql -F ' | ' -c "SELECT what, count(*) AS calls, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds) / 1000)::numeric, 2) AS p50_ms,
                        round((percentile_cont(0.95) WITHIN GROUP (ORDER BY microseconds) / 1000)::numeric, 2) AS p95_ms, round((max(microseconds) / 1000)::numeric, 2) AS max_ms
                   FROM bench.times GROUP BY what ORDER BY what" | sed 's/^/# /'
sql -F ' | ' -c "SELECT 'matches of a listing', round(avg(n), 1), percentile_cont(0.95) WITHIN GROUP (ORDER BY n), max(n)
                   FROM (SELECT count(m.search_id) AS n FROM bench.fresh f LEFT JOIN saved_search_matches m ON m.listing_id = f.id WHERE f.n BETWEEN 6 AND 505 GROUP BY f.id) c" | sed 's/^/# /'
sql -F ' | ' -c "SELECT 'searches', count(*), 'anchors', round(avg(cardinality(anchors)), 1), pg_size_pretty(pg_total_relation_size('saved_searches')) FROM saved_searches" | sed 's/^/# /'
is "$(sql -c "SELECT count(*) > 0 FROM saved_search_matches")" t "listings match"
done_testing
