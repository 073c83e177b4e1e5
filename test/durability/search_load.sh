#!/bin/bash
# Searching under load: 8 sessions publish, change, sell, cancel, withdraw, suspend, block, rename categories, reindex and search, at
# random and all on the same few listings; one of them under REPEATABLE READ. No search shows what the same moment does not sell, none
# fails, and afterwards the index holds exactly what is for sale. DRIPLO_LONG=1 does it for five minutes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

seconds=15
[ -z "${DRIPLO_LONG:-}" ] || seconds=300
sessions=8 repeatable=1 buyers=6 listings=60
database=driplo_search_load
scratch=$(mktemp -d)
trap 'dropdb --if-exists $database; rm -rf "$scratch"' EXIT
dropdb --if-exists $database 2>/dev/null
createdb -T template0 -E UTF8 $database
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }

sql -v buyers=$buyers -v listings=$listings <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION driplo CASCADE;
SELECT format('ALTER DATABASE %I SET driplo.%s = 0', current_database(), unnest(ARRAY['max_unpaid_orders', 'max_unpaid_pieces', 'rate_limits'])) \gexec
CREATE SCHEMA load;
GRANT USAGE ON SCHEMA load TO PUBLIC;
CREATE FUNCTION load.id(kind text, n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(ascii(kind)) || lpad(n::text, 4, '0'), 12, '0'))::uuid$$;
INSERT INTO auth.users (id, email) SELECT load.id('buyer', n), 'buyer' || n || '@example.org' FROM generate_series(1, :buyers) n;
INSERT INTO auth.users (id, email) SELECT load.id('seller', n), 'seller' || n || '@example.org' FROM generate_series(1, 3) n;
INSERT INTO shipping_addresses (id, user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
SELECT load.id('address', n), load.id('buyer', n), 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US', true FROM generate_series(1, :buyers) n;
INSERT INTO categories (id, name, slug, parent_id) SELECT load.id('category', n), 'Kind ' || n, 'kind-' || n, (SELECT id FROM categories WHERE slug = 'fashion') FROM generate_series(1, 4) n;
INSERT INTO listings (id, seller_id, title, description, price, quantity, brand, color, category_id, subcategory_id, status)
SELECT load.id('listing', n), load.id('seller', 1 + n % 3), (ARRAY['Red dress', 'Кожена чанта', 'Зимно яке', 'Blue jeans', 'Leather bag'])[1 + n % 5], 'Number ' || n, n + 0.5, 1 + n % 2,
       (ARRAY['Nike', 'Zara', 'Furla'])[1 + n % 3], (ARRAY['red', 'blue'])[1 + n % 2], (SELECT id FROM categories WHERE slug = 'fashion'), load.id('category', 1 + n % 4), 'active'
  FROM generate_series(1, :listings) n;
SELECT refresh_search_words(), refresh_category_counts() \g /dev/null
-- what a search has shown and should not have
CREATE TABLE load.wrong (query text, listing_id uuid, status text);
GRANT INSERT ON load.wrong TO PUBLIC;
CREATE FUNCTION load.look(query text, filters jsonb, sort text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    found bigint;
BEGIN
    -- one statement, so one moment
    WITH page AS (SELECT s.listing_id FROM search(look.query, look.filters, look.sort, 100) s),
         seen AS (SELECT p.listing_id, l.status::text AS status FROM page p LEFT JOIN listings l ON l.id = p.listing_id),
         twice AS (SELECT p.listing_id, 'twice' AS status FROM page p GROUP BY p.listing_id HAVING count(*) > 1),
         wrong AS (INSERT INTO load.wrong SELECT look.query, w.listing_id, w.status FROM (SELECT * FROM seen WHERE status IS DISTINCT FROM 'active' UNION ALL SELECT * FROM twice) w)
    SELECT count(*) INTO found FROM page;
    RETURN found;
END $$;
CREATE FUNCTION load.some_order(who uuid, states text[]) RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    RETURN QUERY SELECT o.id FROM public.orders o WHERE o.status::text = ANY (states) AND (who IS NULL OR o.buyer_id = who) ORDER BY random() LIMIT 1;
END $$;
SQL
ok $? "a shop with $listings listings"

operations() {
    local session=$1 end=$((SECONDS + seconds)) i=0 buyer seller listing
    RANDOM=$((session * 7919))
    [ "$session" -le $((sessions - repeatable)) ] || echo "SET default_transaction_isolation = 'repeatable read';"
    titles=("Red dress" "Кожена чанта" "Зимно яке" "Blue jeans" "Leather bag" "Summer dress")
    queries=("'dress'" "'чанта'" "'чанти кожени'" "'leahter bag'" "'jakne'" "'zimno yake'" "'nike'" "NULL" "'furla bag'" "'bl'" "'nothing like it'")
    sorts=(relevance newest price_asc price_desc popular)
    filters=("{}" "{}" '{"category": "kind-2"}' '{"category": "fashion"}' '{"brands": ["nike"]}' '{"price_min": 10, "price_max": 40}' '{"colors": ["red"], "category": "fashion"}')
    while [ $SECONDS -lt $end ]; do
        i=$((i + 1)) buyer=$((RANDOM % buyers + 1)) seller=$((RANDOM % 3 + 1)) listing=$((RANDOM % listings + 1))
        as_buyer="SET ROLE authenticated; SELECT set_config('request.jwt.claim.sub', load.id('buyer', $buyer)::text, false);"
        as_seller="SET ROLE authenticated; SELECT set_config('request.jwt.claim.sub', load.id('seller', 1 + $listing % 3)::text, false);"
        as_service="SET ROLE service_role; SELECT set_config('request.jwt.claim.sub', '', false);"
        one="WHERE id = load.id('listing', $listing)"
        case $((RANDOM % 40)) in
        [0-9] | 1[0-4])
            role=("SET ROLE anon; SELECT set_config('request.jwt.claim.sub', '', false);" "$as_buyer")
            echo "${role[RANDOM % 2]} SELECT load.look(${queries[RANDOM % 11]}, '${filters[RANDOM % 7]}', '${sorts[RANDOM % 5]}');" ;;
        15) echo "$as_buyer SELECT search_summary(${queries[RANDOM % 11]}, '${filters[RANDOM % 7]}') IS NULL;" ;;
        16) echo "$as_buyer SELECT count(*) FROM suggest('d'); SELECT count(*) FROM similar_listings(load.id('listing', $listing));" ;;
        17) echo "$as_seller UPDATE listings SET status = 'archived' $one AND status = 'active';" ;;
        18 | 19) echo "$as_seller UPDATE listings SET status = 'active', quantity = 1 + $((RANDOM % 2)) WHERE status = 'archived' AND id IN (SELECT id FROM listings WHERE seller_id = load.id('seller', 1 + $listing % 3) AND status = 'archived' LIMIT 5);" ;;
        20) echo "$as_seller UPDATE listings SET price = $((RANDOM % 90 + 5)).5 $one;" ;;
        21) echo "$as_seller UPDATE listings SET title = '${titles[RANDOM % 6]}', brand = 'Zara' $one;" ;;
        22) echo "$as_seller UPDATE listings SET subcategory_id = load.id('category', $((RANDOM % 4 + 1))) $one;" ;;
        23) echo "$as_seller UPDATE listings SET quantity = quantity + 1 $one AND status = 'active';" ;;
        24) echo "$as_buyer INSERT INTO favorites (user_id, listing_id) VALUES (load.id('buyer', $buyer), load.id('listing', $listing)) ON CONFLICT DO NOTHING;" ;;
        25) echo "$as_buyer DELETE FROM favorites WHERE user_id = load.id('buyer', $buyer) AND listing_id = load.id('listing', $listing);" ;;
        2[6-8]) echo "$as_buyer SELECT clear_cart(); SELECT add_to_cart(load.id('listing', $listing)); SELECT count(*) FROM checkout(load.id('address', $buyer));" ;;
        29 | 30) echo "$as_buyer SELECT cancel_order(o, 'no more') FROM load.some_order(load.id('buyer', $buyer), '{pending_payment}') o;" ;;
        31) echo "$as_service SELECT transition_order(o, 'paid') FROM load.some_order(NULL, '{pending_payment}') o;" ;;
        32) [ $((RANDOM % 12)) -ne 0 ] || echo "$as_service SELECT suspend_user(load.id('seller', $seller), 'for the test');" ;;
        33 | 34) echo "$as_service SELECT reinstate_user(id, 'for the test') FROM profiles WHERE suspended_at IS NOT NULL;" ;;
        35) echo "RESET ROLE; UPDATE categories SET name = 'Kind $i of $session' WHERE id = load.id('category', $((RANDOM % 4 + 1)));" ;;
        36) echo "$as_service SELECT reindex_search($((RANDOM % 20 + 1)));" ;;
        37) echo "$as_service SELECT refresh_search_words(), refresh_category_counts();" ;;
        38) echo "$as_buyer SELECT block_user(load.id('seller', $seller)); SELECT unblock_user(load.id('seller', $((RANDOM % 3 + 1))));" ;;
        39) echo "$as_seller INSERT INTO listings (seller_id, title, description, price, status) VALUES (load.id('seller', 1 + $listing % 3), '${titles[RANDOM % 6]}', 'New.', 9.99, 'active');" ;;
        esac
    done
    echo "\\echo the end"
}

running=()
for session in $(seq $sessions); do
    { echo '\set VERBOSITY sqlstate'; echo 'SET client_min_messages = warning;'; operations "$session"; } | psql -X -q -At -d $database >"$scratch/$session.out" 2>"$scratch/$session.err" &
    running+=($!)
done
for session in "${running[@]}"; do wait "$session"; done
is "$(tail -q -n 1 "$scratch"/*.out | grep -c '^the end$')" $sessions "all $sessions sessions came to their end"

answered() { sed -n 's/^.*ERROR: *\([0-9A-Z]\{5\}\).*$/\1/p' "$@" | sort | uniq -c; }
answered "$scratch"/*.err | sed 's/^/# answered: /'
# What is not for sale any more, a seller who is suspended or blocked, a step that came too late, somebody who is blocked already.
expected='MK00[3-8]|MK016|55000|P0002|42501'
is "$(answered $(seq -f "$scratch/%g.err" $((sessions - repeatable))) | grep -vE " ($expected)\$")" "" "nobody saw another error than those that tell what is the matter"
is "$(answered $(seq -f "$scratch/%g.err" $((sessions - repeatable + 1)) $sessions) | grep -vE " ($expected|40001)\$")" "" "under REPEATABLE READ neither, except that something changed meanwhile"
is "$(grep -hvE 'ERROR: *[0-9A-Z]{5}$' "$scratch"/*.err | head -n 3)" "" "and nothing else was said"
is "$(sql -c "SELECT query, status, count(*) FROM load.wrong GROUP BY 1, 2")" "" "no search has shown what was not for sale at that moment, or a listing twice"
sql -c "SELECT '# ' || count(*) || ' listings ' || status FROM listings GROUP BY status ORDER BY status" -c "SELECT '# ' || count(*) || ' orders ' || status FROM orders GROUP BY status ORDER BY status"
is "$(sql -c "SELECT count(*) > 20 FROM orders" -c "SELECT count(*) > 20 FROM listings WHERE status = 'active'" -c "SELECT count(DISTINCT status) > 1 FROM listings")" "t
t
t" "much was bought, published and withdrawn"

is "$(sql -c "SELECT l.status, l.id IS NULL, s.listing_id IS NULL, count(*)
  FROM (SELECT l.id, l.status FROM listings l JOIN profiles p ON p.id = l.seller_id WHERE l.status = 'active' AND p.suspended_at IS NULL) l
  FULL JOIN listing_search s ON s.listing_id = l.id WHERE l.id IS NULL OR s.listing_id IS NULL GROUP BY 1, 2, 3" 2>&1)" "" "the index holds what is for sale, and nothing else, before any job"
sql -c "SELECT reinstate_user(id, 'for the test') FROM profiles WHERE suspended_at IS NOT NULL" -c "DO \$\$ BEGIN WHILE reindex_search() > 0 LOOP END LOOP; END \$\$" >/dev/null
is "$(sql -c "SELECT * FROM check_integrity()")" "" "and everything adds up"
for word in dress чанта яке jeans bag; do
    is "$(sql -c "SELECT count(DISTINCT listing_id) FROM search('$word', page_size => 100, sort => 'newest')")" \
        "$(sql -c "SELECT least(count(*), 100) FROM listings WHERE status = 'active' AND title ~* '\\m$word\\M'")" "a search for $word finds as many as there are"
done
done_testing
