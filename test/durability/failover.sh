#!/bin/bash
# The first server dies while buyers check out, with a quorum of synchronous standbys: whatever was acknowledged is there on
# the one that is promoted, no key has two orders however often it was asked for, the other standby follows it, the worker goes on. Before it, what
# remote_apply promises to those who read on a standby what they have written.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash

shop=driplo_shop
buyers=4 seconds=14
[ -z "${DRIPLO_LONG:-}" ] || { buyers=12 && seconds=40; }
on_shop() { on "$1" sql -d $shop "${@:2}"; }
add_standby() { # CLUSTER
    (cd "$clusters" && "${as_server[@]}" mkdir "$1" && on first "${as_server[@]}" "$bin/pg_basebackup" -d "host=$clusters/first port=5432 user=$superuser application_name=$1" -D "$clusters/$1/data" -R -c fast) &&
        sed -i "s#unix_socket_directories = '$clusters/first'#unix_socket_directories = '$clusters/$1'#" "$clusters/$1/data/postgresql.conf" &&
        program pg_ctl "$1" start -w -t 120 -l "$clusters/$1/log" >/dev/null
}
wait_for() { # CLUSTER QUERY
    for _ in $(seq 300); do
        [ "$(on_shop "$1" -c "$2" 2>/dev/null)" = t ] && return 0
        sleep 0.1
    done
    return 1
}

{
    make_cluster first "shared_preload_libraries = '$(sh .ci/server library)'" "driplo.worker_database = '$shop'" "max_wal_senders = 8" "max_connections = 60" "wal_keep_size = '256MB'" \
        "wal_receiver_timeout = '5s'" "wal_retrieve_retry_interval = '200ms'" "log_min_messages = fatal" && start first &&
        on first createdb -T template0 -E UTF8 $shop &&
        on_shop first -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" -f test/fixtures/helpers.sql &&
        on_shop first >/dev/null <<SQL
ALTER DATABASE $shop SET driplo.rate_limits = off;
ALTER DATABASE $shop SET driplo.max_unpaid_orders = 0;
ALTER DATABASE $shop SET driplo.max_unpaid_pieces = 0;
CREATE TABLE counter AS SELECT 0 AS value;
SELECT tests.sign_up('seller@example.org') AS seller \gset
INSERT INTO listings (id, seller_id, title, description, price, quantity, status)
VALUES ('00000000-0000-4000-8000-00000000000a', :'seller', 'A lamp', 'Gives light.', 10, 100000, 'active');
SELECT tests.sign_up(format('buyer%s@example.org', i)) FROM generate_series(0, $buyers - 1) i;
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
SELECT id, 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US', true FROM profiles WHERE username LIKE 'buyer%';
SQL
} >"$clusters/log" 2>&1 && add_standby second >>"$clusters/log" 2>&1 && add_standby third >>"$clusters/log" 2>&1
made=$?
ok $made "a shop, a server and two standbys"
[ $made -eq 0 ] || { sed 's/^/#   /' "$clusters/log"; done_testing; }

# Read your writes

# Debian's, which has psycopg; another one may come first in PATH
python=python3
$python -c 'import psycopg' 2>/dev/null || python=/usr/bin/python3

quorum() { on first sql -d postgres -c "ALTER SYSTEM SET synchronous_standby_names = '$1'" -c "SELECT pg_reload_conf()" >/dev/null; }
quorum "ANY 2 (second, third)"
wait_for first "SELECT count(*) = 2 FROM pg_stat_replication WHERE sync_state = 'quorum'"
ok $? "both standbys are waited for"
read=$(PGUSER=$superuser $python test/durability/failover.py read "$clusters/first" "$clusters/second" "$clusters/third" 2>&1)
sed 's/^/# synchronous_commit, stale reads of 100, commit ms: /' <<<"$read"
is "$(awk '$1 == "remote_apply" { print $2 }' <<<"$read")" 0 "remote_apply: what was committed is read on both standbys at once"

# The first server dies

quorum "ANY 1 (second, third)"
sleep 1
DRIPLO_SERVERS=$clusters/first,$clusters/second,$clusters/third PGUSER=$superuser $python test/durability/failover.py buy $buyers $seconds "$clusters/ack" >"$clusters/said" 2>&1 &
buying=$!
sleep $((seconds / 2))
died=$(date +%s.%N)
kill_server "$clusters/first/data"
sleep 0.5
received() { on_shop "$1" -c "SELECT pg_last_wal_receive_lsn() - '0/0'"; }
new=second other=third
[ "$(echo "$(received second) >= $(received third)" | tr -d '\n' | awk '{ print ($1 >= $3) }')" = 1 ] || { new=third && other=second; }
program pg_ctl $new promote -w >/dev/null
ok $? "the standby that has received more is promoted"
promoted=$(date +%s.%N)
on $other sql -d postgres -c "ALTER SYSTEM SET primary_conninfo = 'host=$clusters/$new port=5432 user=$superuser application_name=$other'" -c "SELECT pg_reload_conf()" >/dev/null
wait_for $new "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'"
ok $? "and the other follows it"
wait $buying
cat "$clusters"/ack.* >"$clusters/answers"
is "$(cat "$clusters/said"; grep REFUSED "$clusters/answers" | head -n 3)" "" "nobody was refused"
cut -f2 "$clusters/answers" | LC_ALL=C sort >"$clusters/acknowledged"
on_shop $new -c "SELECT order_number FROM orders" | LC_ALL=C sort >"$clusters/present"
before=$(awk -F'\t' -v died="$died" '$1 < died' "$clusters/answers" | wc -l)
after=$(awk -F'\t' -v died="$died" '$1 >= died' "$clusters/answers" | wc -l)
awk -F'\t' -v before="$before" -v after="$after" -v seconds="$(echo "$died $promoted" | awk '{ printf "%.1f", $2 - $1 }')" '
    $4 > 1 { again++ }
    $5 > longest { longest = $5 }
    END { printf "# %d acknowledged before, %d after; asked again: %d; promotion %s s, longest wait %.1f s\n", before, after, again, seconds, longest }' "$clusters/answers"
[ "$before" -gt 0 ] && [ "$after" -gt 0 ]
ok $? "orders were placed before and after"
is "$(LC_ALL=C comm -23 "$clusters/acknowledged" "$clusters/present")" "" "whatever was acknowledged is there"
is "$(uniq -d "$clusters/acknowledged")" "" "no two buyers have one order"
cat "$clusters"/ack-again.* >"$clusters/again"
awk -F'\t' 'FILENAME ~ /answers/ { if ($1 < died) early[$3] = 1; if ($4 > 1) thrown++; next } { all++; if ($1 in early) across++ }
    END { printf "# asked more than once before the answer was kept: %d; once more at the end: %d, of which %d had their answer from the server that died\n", thrown, all, across }' \
    died="$died" "$clusters/answers" "$clusters/again" | tee "$clusters/repeats"
is "$(grep -cE ': [1-9][0-9]*; .*: [1-9][0-9]*, of which [1-9]' "$clusters/repeats") $(wc -l <"$clusters/again")" "1 $(wc -l <"$clusters/answers")" "keys were asked for again, on the same server and on the next"
is "$(awk -F'\t' '$2 != $3' "$clusters/again" | head -n 3)" "" "and had the same order"
keys=$(cut -f3 "$clusters/answers" | LC_ALL=C sort -u | wc -l)
is "$(on_shop $new -c "SELECT count(*), count(DISTINCT idempotency_key), sum(cardinality(order_ids)) FROM checkouts")" "$keys|$keys|$keys" "each key has one checkout, of one order"
is "$(wc -l <"$clusters/present")" "$keys" "and there are no orders beside these"
is "$(on_shop $new -c "SELECT quantity + (SELECT sum(quantity) FROM order_items) FROM listings")" 100000 "what is sold is gone from the stock"
is "$(on_shop $new -c "SELECT * FROM check_integrity()")" "" "and everything adds up"
wait_for $new "SELECT count(*) > 0 FROM pg_stat_activity WHERE backend_type ~ 'driplo'"
ok $? "the worker has started on the new first server"
on_shop $new -c "UPDATE job_schedules SET next_run = now() WHERE job = 'expire_carts'" >/dev/null
wait_for $new "SELECT next_run > now() FROM job_schedules WHERE job = 'expire_carts'"
ok $? "and runs its jobs"
done_testing
