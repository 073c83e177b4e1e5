#!/bin/bash
# People under load: 8 sessions offer, answer, buy, pay, cancel, follow, favor, write, save searches, change prices, block, report and decide, at random and all on the
# same few people and listings, while the jobs run. Two of them under REPEATABLE READ. Whatever they did, check_integrity() finds nothing, nobody saw a deadlock,
# and each event was handled. DRIPLO_LONG=1 does it for five minutes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

seconds=20
[ -z "${DRIPLO_LONG:-}" ] || seconds=300
sessions=8 repeatable=2 people=8
database=driplo_people_load
scratch=$(mktemp -d)
trap 'dropdb --if-exists $database; rm -rf "$scratch"' EXIT
dropdb --if-exists $database 2>/dev/null
createdb -T template0 -E UTF8 $database
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }

sql -v people=$people <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION driplo CASCADE;
-- a person here stands for many
SELECT format('ALTER DATABASE %I SET driplo.%s = 0', current_database(), unnest(ARRAY['max_unpaid_orders', 'max_unpaid_pieces', 'rate_limits'])) \gexec
CREATE SCHEMA load;
GRANT USAGE ON SCHEMA load TO PUBLIC;
CREATE FUNCTION load.person(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid$$;
INSERT INTO auth.users (id, email, created_at) SELECT load.person(n), 'person' || n || '@example.org', now() - interval '30 days' FROM generate_series(1, :people) n;
INSERT INTO auth.users (id, email) SELECT load.person(n), 'staff' || n || '@example.org' FROM generate_series(90, 92) n;
SELECT promote_to_admin('staff90@example.org');
UPDATE profiles SET role = 'moderator' WHERE id IN (load.person(91), load.person(92));
UPDATE profiles SET created_at = now() - interval '30 days';
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
SELECT load.person(n), 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US', true FROM generate_series(1, :people) n;
INSERT INTO listings (seller_id, title, slug, description, price, quantity, brand, status)
SELECT load.person(1 + n % 4), 'Goods ' || n, 'goods-' || n, 'To be sold.', 20 + n, CASE WHEN n % 2 = 0 THEN 5000 ELSE 20 END, 'Lux', 'active' FROM generate_series(1, 12) n;
SELECT refresh_search_words() \g /dev/null
CREATE FUNCTION load.some(table_name text, condition text) RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    -- mostly a recent one: sessions meet
    RETURN QUERY EXECUTE format('SELECT t.id FROM public.%I t WHERE %s ORDER BY t.created_at + random() * interval ''6 seconds'' DESC LIMIT 1', table_name, condition);
END $$;
SQL
ok $? "a shop with $people people, four of whom sell, and three of the staff"

# What a session does, one operation after the other, until the time is over.
operations() {
    local session=$1 end=$((SECONDS + seconds)) person other seller n
    RANDOM=$((session * 7919))
    [ "$session" -le $((sessions - repeatable)) ] || echo "SET default_transaction_isolation = 'repeatable read';"
    as() { echo "RESET ROLE; SELECT set_config('request.jwt.claim.sub', load.person($1)::text, false); SET ROLE authenticated;"; }
    as_service="RESET ROLE; SELECT set_config('request.jwt.claim.sub', '', false); SET ROLE service_role;"
    while [ $SECONDS -lt $end ]; do
        person=$((RANDOM % people + 1)) && other=$(((person + RANDOM % (people - 1)) % people + 1)) seller=$((RANDOM % 4 + 1)) n=$((RANDOM % 12 + 1))
        mine="(t.buyer_id = load.person($person) OR t.seller_id = load.person($person))"
        case $((RANDOM % 44)) in
        [0-3]) echo "$(as $person) SELECT make_offer(id, round((price * (0.6 + random() * 0.35))::numeric, 2), 1 + (random() * 1.2)::integer) FROM listings WHERE slug = 'goods-$n' AND seller_id <> load.person($person);" ;;
        [4-7]) echo "$(as $person) SELECT answer_offer(id, CASE WHEN random() < 0.7 THEN 'accept' ELSE 'decline' END) FROM load.some('offers', 't.status = ''pending'' AND $mine') id;" ;;
        8) echo "$(as $person) SELECT answer_offer(o.id, 'counter', round(o.amount * 1.05, 2)) FROM offers o WHERE o.id IN (SELECT load.some('offers', 't.status = ''pending'' AND $mine'));" ;;
        9) echo "$(as $person) SELECT withdraw_offer(id) FROM load.some('offers', 't.status = ''pending'' AND $mine') id;" ;;
        1[0-2]) echo "$(as $person) SELECT buy_offer(id) FROM load.some('offers', 't.status = ''accepted'' AND t.buyer_id = load.person($person)') id;" ;;
        13|14) echo "$(as $person) SELECT add_to_cart(id, 1 + (random() * 2)::integer) FROM listings WHERE slug = 'goods-$n' AND seller_id <> load.person($person);" ;;
        1[5-8]) echo "$(as $person) SELECT * FROM checkout((SELECT id FROM shipping_addresses LIMIT 1));" ;;
        19) echo "$(as $person) SELECT clear_cart();" ;;
        20|21) echo "$as_service SELECT transition_order(id, 'paid') FROM load.some('orders', 't.status = ''pending_payment''') id;" ;;
        22) echo "$(as $person) SELECT cancel_order(id) FROM load.some('orders', 't.status IN (''pending_payment'', ''paid'') AND $mine') id;" ;;
        23) echo "$(as $seller) UPDATE listings SET price = round((price * (0.9 + random() * 0.2))::numeric, 2) WHERE slug = 'goods-$n' AND price > 10;" ;;
        24) echo "$(as $seller) SELECT set_bundle_discount('[{\"pieces\": 2, \"percent\": $((RANDOM % 20 + 1))}]');" ;;
        25) echo "$(as $person) SELECT follow(load.person($other));" ;;
        26) echo "$(as $person) SELECT unfollow(load.person($other)); SELECT count(*) FROM feed();" ;;
        27|28) echo "$(as $person) INSERT INTO favorites (user_id, listing_id) SELECT load.person($person), id FROM listings WHERE slug = 'goods-$n' ON CONFLICT DO NOTHING;" ;;
        29) echo "$(as $person) DELETE FROM favorites WHERE listing_id IN (SELECT id FROM listings WHERE slug = 'goods-$n');" ;;
        30) echo "$(as $person) SELECT save_search('lamps $n', 'goods $n'); SELECT delete_saved_search(id) FROM my_saved_searches() OFFSET 20;" ;;
        31|32) echo "$(as $person) INSERT INTO messages (conversation_id, sender_id, content) SELECT id, load.person($person), 'Still there?' FROM load.some('conversations', '$mine') id;" ;;
        33) echo "$(as $person) SELECT block_user(load.person($other));" ;;
        34|35) echo "$(as $person) SELECT unblock_user(user_id) FROM my_blocks();" ;;
        36) echo "$(as $person) SELECT report('listing', id, 'counterfeit') FROM listings WHERE slug = 'goods-$n';" ;;
        37) echo "$(as $person) SELECT report('user', load.person($other), 'spam', 'Again.');" ;;
        38) echo "$(as $((RANDOM % 3 + 90))) SELECT claim_report(id) FROM load.some('reports', 't.status IN (''open'', ''claimed'', ''appealed'')') id;" ;;
        39|40) echo "$(as $((RANDOM % 3 + 90))) SELECT decide_report(id, (ARRAY['dismiss', 'dismiss', 'dismiss', 'warn'])[1 + (random() * 3)::integer], 'It is so.') FROM load.some('reports', 't.status IN (''open'', ''claimed'', ''appealed'')') id;" ;;
        41) echo "$(as $person) SELECT appeal_decision(decision_id, 'It is not so.') FROM my_decisions() LIMIT 1;" ;;
        # times that run out
        42) echo "RESET ROLE; UPDATE offers SET expires_at = expires_at - interval '2 days', checkout_until = checkout_until - interval '1 day' WHERE id IN
                  (SELECT id FROM offers WHERE status IN ('pending', 'accepted') AND random() < 0.2 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED); $as_service SELECT expire_offers(5);" ;;
        43) echo "$as_service SELECT deliver_events(50), expire_unpaid_orders(3), tell_saved_searches(5);" ;;
        esac
    done
    echo "\\echo the end"
}

running=()
for session in $(seq $sessions); do
    { echo '\set VERBOSITY sqlstate'; operations "$session"; } | psql -X -q -At -d $database >"$scratch/$session.out" 2>"$scratch/$session.err" &
    running+=($!)
done
for session in "${running[@]}"; do wait "$session"; done
is "$(tail -q -n 1 "$scratch"/*.out | grep -c '^the end$')" $sessions "all $sessions sessions came to their end"

answered() { sed -n 's/^.*ERROR: *\([0-9A-Z]\{5\}\).*$/\1/p' "$@" | sort | uniq -c; }
answered "$scratch"/*.err | sed 's/^/# answered: /'
# What tells somebody that it cannot be, or that another session was faster: own listings and users (22023), a report of the same thing (23505), and who is not allowed to.
expected='MK00[3-8]|MK01[0-9]|55000|P0002|22023|23505|42501'
is "$(answered $(seq -f "$scratch/%g.err" $((sessions - repeatable))) | grep -vE " ($expected)\$")" "" "nobody saw another error than those that tell what is the matter: no deadlock, nothing broken"
is "$(answered $(seq -f "$scratch/%g.err" $((sessions - repeatable + 1)) $sessions) | grep -vE " ($expected|40001)\$")" "" "under REPEATABLE READ neither, except that something changed meanwhile"
is "$(grep -hvE 'ERROR: *[0-9A-Z]{5}$' "$scratch"/*.err | head -n 3)" "" "and nothing else was said"

sql -c "SELECT '# ' || count(*) || ' offers ' || status FROM offers GROUP BY status ORDER BY status" -c "SELECT '# ' || count(*) || ' reports ' || status FROM reports GROUP BY status ORDER BY status" \
    -c "SELECT format('# %s orders, %s of them with an offer', count(DISTINCT o.id), count(DISTINCT o.id) FILTER (WHERE i.offer_id IS NOT NULL)) FROM orders o JOIN order_items i ON i.order_id = o.id"
is "$(sql -c "SELECT (SELECT count(DISTINCT status) >= 5 FROM offers), (SELECT count(*) > 0 FROM order_items WHERE offer_id IS NOT NULL), (SELECT count(DISTINCT decision) >= 2 FROM report_decisions)")" "t|t|t" \
    "offers went most of their ways, some were bought, reports were decided"

# What waits is done.
sql -c "SET ROLE service_role" -c "DO \$\$ BEGIN FOR i IN 1..1000 LOOP EXIT WHEN deliver_events(500) = 0; END LOOP; PERFORM expire_offers(), tell_saved_searches(10000), expire_unpaid_orders(10000); FOR i IN 1..1000 LOOP EXIT WHEN deliver_events(500) = 0; END LOOP; END \$\$"
ok $? "the jobs do what waits"
none() { is "$(sql -c "SELECT * FROM ($2) found LIMIT 5" 2>&1)" "" "$1"; }
none "check_integrity() finds nothing" "SELECT * FROM check_integrity()"
none "no event waits or has failed" "SELECT id::text FROM outbox_events UNION ALL SELECT id::text || error FROM outbox_dead"
none "nobody has two live offers for one thing" "SELECT buyer_id, listing_id, count(*) FROM offers WHERE status IN ('pending', 'accepted') GROUP BY buyer_id, listing_id, variant_id HAVING count(*) > 1"
none "an offer was used once, by its buyer, at its price or a lower one" "
SELECT i.id FROM order_items i JOIN orders o ON o.id = i.order_id JOIN offers f ON f.id = i.offer_id
 WHERE f.status <> 'used' OR f.buyer_id <> o.buyer_id OR i.unit_price > f.amount OR (SELECT count(*) FROM order_items again WHERE again.offer_id = f.id) > 1"
none "no live offer or follow is between people one of whom has blocked the other" "
SELECT 'offer', f.id FROM offers f JOIN user_blocks b ON (b.blocker_id, b.blocked_id) IN ((f.buyer_id, f.seller_id), (f.seller_id, f.buyer_id)) WHERE f.status IN ('pending', 'accepted')
UNION ALL SELECT 'follow', f.id FROM user_follows f JOIN user_blocks b ON (b.blocker_id, b.blocked_id) IN ((f.follower_id, f.following_id), (f.following_id, f.follower_id))"

done_testing
