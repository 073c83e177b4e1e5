#!/bin/bash
# PgBouncer in transaction mode, with the configuration of docs/poolers.md: many clients over few connections live the demo's
# story; claims that were set without LOCAL are the next client's, unless driplo.require_local_claims is on.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash

pgbouncer=$(PATH=$PATH:/usr/sbin command -v pgbouncer)
if [ -z "$pgbouncer" ]; then
    ok 0 "a pooler # SKIP pgbouncer is not here"
    done_testing
fi
shop=driplo_shop
clients=20 stories=2
[ -z "${DRIPLO_LONG:-}" ] || clients=200

# docs/poolers.md's file, but for the places and how one gets in
pool() { # CLUSTER-LIKE NAME, SED COMMAND
    local place=$clusters/$1
    "${as_server[@]}" mkdir -p "$place"
    awk '/^```ini$/ { inside = 1; next } /^```$/ { inside = 0 } inside' docs/poolers.md |
        sed -E "s#^shop = .*#$shop = host=$clusters/server port=5432 dbname=$shop#; s#^listen_addr .*#listen_addr =\nunix_socket_dir = $place\nlogfile = $place/log\npidfile = $place/pid#
                s/^listen_port .*/listen_port = 5432/; s/^auth_type .*/auth_type = any/; /^auth_file/d; $2" >"$place/pgbouncer.ini"
    sed -i "s#dbname=$shop#dbname=$shop user=authenticator#" "$place/pgbouncer.ini"
    (cd "$place" && "${as_server[@]}" "$pgbouncer" -q -d "$place/pgbouncer.ini")
}
remove_all() {
    local pid
    for pid in "$clusters"/*/pid; do kill "$(cat "$pid" 2>/dev/null)" 2>/dev/null; done
    remove_clusters
}
trap remove_all EXIT
# through POOL COMMAND...: a client of that pool
through() { PGHOST=$clusters/$1 PGPORT=5432 PGUSER=authenticator PGDATABASE=$shop "${@:2}"; }

{
    make_cluster server "fsync = off" "max_connections = 40" "log_min_messages = fatal" && start server &&
        on server createdb -T template0 -E UTF8 $shop &&
        on server sql -d $shop -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" -f test/fixtures/helpers.sql &&
        awk '/^```sql$/ { inside = 1; next } /^```$/ { inside = 0 } inside && !/^ALTER DATABASE/' docs/poolers.md | on server sql -d $shop &&
        on server sql -d $shop -c "SELECT tests.sign_up('ann@example.com')" && pool plain "/^server_reset_query/d" && pool belt ""
} >"$clusters/log" 2>&1
made=$?
ok $made "a shop and two pools are open"
[ $made -eq 0 ] || { sed 's/^/#   /' "$clusters/log"; done_testing; }
ann=$(on server sql -d $shop -c "SELECT id FROM profiles WHERE username = 'ann'")

# Many clients, few connections

started=$SECONDS
through plain pgbench -n -c $clients -j 2 -t $stories -f test/fixtures/story.pgbench >"$clusters/log" 2>&1
ok $? "$clients clients live $((clients * stories)) stories"
grep -vE '^(pgbench|transaction type|scaling|query mode|number of|maximum)' "$clusters/log" | head -n 10 | sed 's/^/#   /'
echo "# $((SECONDS - started)) s"
is "$(on server sql -d $shop -c "SELECT count(*), count(DISTINCT buyer_id), min(total_amount), max(total_amount) FROM orders WHERE status = 'completed'")" \
    "$((clients * stories))|$((clients * stories))|84.80|84.80" "each is a completed order of its own buyer"
is "$(on server sql -d $shop -c "SELECT count(*) BETWEEN 1 AND 10 FROM pg_stat_activity WHERE usename = 'authenticator'")" t "over ten connections at most"
is "$(on server sql -d $shop -c "SELECT * FROM check_integrity()")" "" "and everything adds up"

# What one client leaves for the next

leave() { through "$1" sql -c "SELECT set_config('request.jwt.claims', '{\"sub\": \"$ann\", \"role\": \"authenticated\"}', false)" -c "SET ROLE authenticated" >/dev/null; }
comes_next() { through "$1" sql -c "SELECT current_user, auth.uid()" 2>&1; }
# the same connection is taken again, because the last one used is the first to be given out
leave plain
is "$(comes_next plain)" "authenticated|$ann" "without LOCAL the next client is Ann"
is "$(through plain sql -c "SELECT username FROM my_profile()" 2>&1)" ann "and reads what is hers"
is "$(through plain sql -c "SET ROLE service_role" -c "SELECT level FROM security_advisor() WHERE check_name = 'claims_outlive_transaction'" 2>&1)" WARNING \
    "the advisor, asked through the pool, says so"
leave belt
is "$(through belt sql -c "SELECT current_user, current_setting('request.jwt.claims', true)")" "authenticator|" "DISCARD ALL after each transaction leaves nobody"

on server sql -d $shop -c "ALTER DATABASE $shop SET driplo.require_local_claims = on" -c "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'authenticator'" >/dev/null
through plain sql -c "SELECT 1" >/dev/null 2>&1
leave plain
is "$(comes_next plain)" "authenticated|" "driplo.require_local_claims: the next client is nobody"
is "$(through plain sql -c "SELECT count(*) FROM my_profile()" -c "SELECT count(*) FROM orders" 2>&1)" "0
0" "and reads nothing of anybody"
is "$(through plain sql -c "BEGIN" -c "SET LOCAL ROLE authenticated" -c "SET LOCAL request.jwt.claims = '{\"sub\": \"$ann\"}'" -c "SELECT username FROM my_profile()" -c "COMMIT")" ann \
    "what is LOCAL counts"
is "$(through plain sql -c "RESET ROLE" -c "SELECT current_user, current_setting('request.jwt.claims', true)" | tail -n 1)" "authenticator|{\"sub\": \"$ann\", \"role\": \"authenticated\"}" "and with its transaction what it has left is there again, and counts for nothing"
is "$(through plain psql -X -At -v VERBOSITY=sqlstate -c "RESET ROLE" -c "SET LOCAL ROLE authenticated" -c "SELECT add_to_cart(gen_random_uuid())" 2>&1 | tail -n 1)" "ERROR:  42501" \
    "SET LOCAL outside a transaction is without effect, and what follows refused"
through plain pgbench -n -c 5 -j 1 -t 1 -f test/fixtures/story.pgbench >"$clusters/log" 2>&1
ok $? "stories go on with the setting on"
grep -E 'ERROR|aborted' "$clusters/log" | head -n 5 | sed 's/^/#   /'
done_testing
