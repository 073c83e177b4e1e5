#!/bin/bash
# Every event is handled exactly once, and every match of a saved search told once: by the background worker and three sessions at once, one of them in a database whose
# transactions are REPEATABLE READ, while workers and the whole server are killed (kill -9) at random moments, and by
# the standby that takes over. Two rounds, with DRIPLO_LONG=1 ten.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash

rounds=2 seconds=4
[ -z "${DRIPLO_LONG:-}" ] || rounds=10 seconds=8
shop=driplo_shop
on_shop() { on "$1" sql -d $shop "${@:2}"; }
wait_for() { # CLUSTER QUERY: until it gives t, a minute at most
    local i
    for i in $(seq 600); do
        [ "$(on_shop "$1" -c "$2" 2>/dev/null)" = t ] && return 0
        sleep 0.1
    done
    return 1
}

# shellcheck disable=SC2016 # the server's own word
make_cluster first "shared_preload_libraries = '$(sh .ci/server library)'" "driplo.worker_database = '$shop'" "max_wal_senders = 4" "log_min_messages = fatal" && start first
ok $? "a server with fsync and a worker starts"
{
    on first createdb -T template0 -E UTF8 $shop &&
        on_shop first -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" -f test/fixtures/helpers.sql -c "ALTER DATABASE $shop SET search_path = public, tests" &&
        on_shop first <<'SQL'
CREATE TABLE tests.person AS SELECT n, tests.sign_up(format('person%s@outbox.example', n)) AS id FROM generate_series(1, 30) n;
CREATE TABLE tests.talk AS SELECT n, gen_random_uuid() AS id FROM generate_series(1, 10) n;
INSERT INTO conversations (id, buyer_id, seller_id) SELECT t.id, b.id, s.id FROM tests.talk t JOIN tests.person b ON b.n = t.n JOIN tests.person s ON s.n = t.n + 10;
-- some look for what the others sell
INSERT INTO saved_searches (user_id, name, query, filters, notify, wanted, anchors)
SELECT p.id, 'Beacons ' || k, 'beacon', '{}', 'instant', r.wanted, r.anchors FROM tests.person p, generate_series(1, 3) k, private.read_saved_search('beacon', NULL) r WHERE p.n <= 20;
-- what was recorded, and what was handled, in the transactions that did it
CREATE TABLE tests.recorded (id bigint, kind text);
CREATE TABLE tests.handled (id bigint);
CREATE FUNCTION tests.note_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO tests.recorded VALUES (NEW.id, NEW.kind);
    ELSE
        INSERT INTO tests.handled VALUES (OLD.id);
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER note_event AFTER INSERT OR DELETE ON outbox_events FOR EACH ROW EXECUTE FUNCTION tests.note_event();
INSERT INTO tests.recorded SELECT id, kind FROM outbox_events;
SQL
} >"$clusters/log" 2>&1
ok $? "a shop is open"

cat >"$clusters/load.sql" <<'SQL'
\set a random(1, 10)
\set b random(1, 30)
\set c random(1, 10)
\if :c = 1
INSERT INTO listings (seller_id, title, description, price, status) SELECT id, 'A beacon', 'Shines.', 10, 'active' FROM tests.person WHERE n = 21 + :a % 10;
\endif
INSERT INTO messages (conversation_id, sender_id, content) SELECT t.id, p.id, 'Hello' FROM tests.talk t JOIN tests.person p ON p.n = t.n WHERE t.n = :a;
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status) SELECT b.id, s.id, 10, 10, 'paid' FROM tests.person b JOIN tests.person s ON s.n = b.n % 30 + 1 WHERE b.n = :b;
BEGIN;
INSERT INTO messages (conversation_id, sender_id, content) SELECT t.id, p.id, 'Never mind' FROM tests.talk t JOIN tests.person p ON p.n = t.n WHERE t.n = :a;
ROLLBACK;
DELETE FROM user_follows WHERE follower_id = (SELECT id FROM tests.person WHERE n = :b);
INSERT INTO user_follows (follower_id, following_id) SELECT b.id, s.id FROM tests.person b JOIN tests.person s ON s.n = b.n % 30 + 1 WHERE b.n = :b ON CONFLICT DO NOTHING;
SQL
chmod -R go+rX "$clusters"/load.sql
client() { # until the file stop is there; a killed session is followed by another
    until [ -e "$clusters/stop" ]; do
        on first "$bin/pgbench" -n -c 2 -T 5 -f "$clusters/load.sql" $shop >/dev/null 2>&1
        sleep 0.1
    done
}
worker() { # STATEMENT ISOLATION
    until [ -e "$clusters/stop" ]; do
        PGAPPNAME=worker PGOPTIONS="-c default_transaction_isolation=${2/ /\\ }" on first "$bin/psql" -X -q -d $shop -c "$1" >/dev/null 2>&1
        sleep 0.1
    done
}
kill_a_worker() { # the server ends all its backends then, and recovers
    local pid
    pid=$(on_shop first -c "SELECT pid FROM pg_stat_activity WHERE application_name = 'worker' OR backend_type = 'driplo worker' ORDER BY state = 'active' DESC, random() LIMIT 1" 2>/dev/null)
    [ -n "$pid" ] && "${as_server[@]}" kill -9 "$pid"
}
kill_a_teller() { # in the middle of it: it has written something
    local i pid
    for i in $(seq 600); do
        pid=$(on_shop first -c "SELECT pid FROM pg_stat_activity WHERE query LIKE '%tell_saved_searches%' AND backend_xid IS NOT NULL AND pid <> pg_backend_pid() LIMIT 1" 2>/dev/null)
        [ -n "$pid" ] && "${as_server[@]}" kill -9 "$pid" 2>/dev/null && return
        sleep 0.01
    done
    return 1
}
kill_the_server() {
    kill_server "$clusters/first/data" && start first 2>/dev/null
}

background=()
stop_load() {
    touch "$clusters/stop"
    on_shop first -c "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '$shop' AND application_name IN ('pgbench', 'worker')" >/dev/null
    wait "${background[@]}"
    background=()
    rm -f "$clusters/stop"
}
all_handled() { # CLUSTER WHEN
    wait_for "$1" "SELECT NOT EXISTS (SELECT FROM outbox_events)"
    ok $? "$2: the outbox becomes empty"
    is "$(on_shop "$1" -c "SELECT 'lost ' || r.id || ' ' || r.kind FROM tests.recorded r WHERE NOT EXISTS (SELECT FROM tests.handled h WHERE h.id = r.id)
                           UNION ALL SELECT 'handled without having happened ' || h.id FROM tests.handled h WHERE NOT EXISTS (SELECT FROM tests.recorded r WHERE r.id = h.id)
                           UNION ALL SELECT 'handled twice ' || id FROM tests.handled GROUP BY id HAVING count(*) > 1 LIMIT 5")" "" "$2: each event was handled once"
    is "$(on_shop "$1" -c "SELECT (SELECT count(*) FROM outbox_dead), (SELECT count(*) FROM tests.recorded WHERE kind = 'order.paid') - (SELECT count(*) FROM orders), (SELECT count(*) FROM tests.recorded WHERE kind = 'message.sent') - (SELECT count(*) FROM messages)")" "0|0|0" \
        "$2: there is one for each order and message, and none was given up"
    is "$(on_shop "$1" -c "SELECT o.id, count(n.id) FROM orders o LEFT JOIN notifications n ON n.related_order_id = o.id AND n.type = 'order_paid' AND n.user_id = o.buyer_id GROUP BY o.id HAVING count(n.id) <> 1 LIMIT 5")" "" \
        "$2: each buyer was told of each order once"
    is "$(on_shop "$1" -c "SELECT (SELECT coalesce(sum(count), 0) FROM notifications WHERE type = 'new_message') - (SELECT count(*) FROM messages)")" 0 "$2: and of each message one was told"
    on_shop "$1" -c "SET ROLE service_role" -c "SELECT tell_saved_searches(1000000)" >/dev/null
    is "$(on_shop "$1" -c "SELECT count(*) - (SELECT count(*) FROM listings WHERE title = 'A beacon') * 60, count(*) FILTER (WHERE told_at IS NULL) FROM saved_search_matches")" "0|0" "$2: each beacon was found for each search, and nothing waits"
    is "$(on_shop "$1" -c "SELECT s.id, n.count FROM saved_searches s LEFT JOIN notifications n ON n.group_key = 'search:' || s.id
                           WHERE n.count IS DISTINCT FROM (SELECT count(*) FROM listings WHERE title = 'A beacon') LIMIT 5")" "" "$2: and told once"
    is "$(on_shop "$1" -c "SELECT * FROM check_integrity()")" "" "$2: check_integrity() finds nothing"
}

for round in $(seq "$rounds"); do
    for _ in 1 2; do client & background+=($!); done
    worker "CALL driplo_work(5, 20)" "read committed" & background+=($!)
    worker "CALL driplo_work(5, 20)" "read committed" & background+=($!)
    worker "CALL driplo_work(5, 20)" "repeatable read" & background+=($!)
    for _ in 1 2; do worker "SET ROLE service_role; SELECT tell_saved_searches(100)" "read committed" & background+=($!); done
    before=$(on_shop first -c "SELECT count(*) FROM tests.handled")
    for _ in 1 2; do
        wait_for first "SELECT count(*) > $before + 20 FROM tests.handled"
        sleep "$((RANDOM % (seconds * 10) / 10)).$((RANDOM % 10))"
        if [ $((round % 2)) -eq 1 ]; then kill_a_worker; else kill_the_server; fi
    done
    ok $? "round $round: $([ $((round % 2)) -eq 1 ] && echo "workers are" || echo "the server is") killed twice"
    wait_for first "SELECT true"
    kill_a_teller
    ok $? "round $round: so is one who tells of matches, in the middle of it"
    wait_for first "SELECT true"
    wait_for first "SELECT count(*) > $before + 60 FROM tests.handled"
    stop_load
    all_handled first "round $round"
done

# Another server takes over while events wait

{
    (cd "$clusters" && "${as_server[@]}" mkdir second && on first "${as_server[@]}" "$bin/pg_basebackup" -h "$clusters/first" -p 5432 -U "$superuser" -D "$clusters/second/data" -R -c fast) &&
        sed -i "s#$clusters/first'#$clusters/second'#" "$clusters/second/data/postgresql.conf" && start second
} >"$clusters/log" 2>&1
ok $? "a standby follows"
on_shop first -c "CREATE FUNCTION tests.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''not now''; END'" -c "CREATE TRIGGER refuse BEFORE DELETE ON outbox_events FOR EACH ROW EXECUTE FUNCTION tests.refuse()"
client & background+=($!)
wait_for first "SELECT count(*) > 100 FROM outbox_events"
stop first
touch "$clusters/stop"
wait "${background[@]}"
program pg_ctl second promote -w >/dev/null
is "$(on_shop second -c "DROP TRIGGER refuse ON outbox_events" -c "SELECT count(*) > 100 FROM outbox_events")" t "all that waited is there when it has been promoted"
all_handled second "after the promotion"
done_testing
