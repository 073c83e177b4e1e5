#!/bin/bash
# driplo_distribute() on a coordinator and two workers of Citus: no second shop on the workers, the same answers of all that reads and writes
# the distributed tables, one commit, also when a server dies in the middle of it, reports and driplo_migrate(), a worker that is away, and back.
# CITUS_PG_CONFIG is the pg_config of a PostgreSQL with Citus and this driplo (make install PG_CONFIG=$CITUS_PG_CONFIG); without it nothing is tested.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
if [ -z "${CITUS_PG_CONFIG:-}" ]; then
    ok 0 "tables on several servers # SKIP CITUS_PG_CONFIG is not set, so there is no Citus"
    done_testing
fi
. test/fixtures/cluster.bash
. test/fixtures/restore.bash
bin=$("$CITUS_PG_CONFIG" --bindir)
PATH=$bin:$PATH
extension_settings=
scratch=$(mktemp -d)
trap 'remove_clusters; rm -rf "$scratch"' EXIT
for library in citus driplo; do
    [ -f "$("$CITUS_PG_CONFIG" --pkglibdir)/$library.so" ]
    ok $? "$CITUS_PG_CONFIG has $library"
done

for cluster in shop one two; do
    make_cluster $cluster "shared_preload_libraries = 'citus, driplo'" "max_prepared_transactions = 50" "max_connections = 100" "max_locks_per_transaction = 512" \
        "fsync = off" "citus.enable_statistics_collection = off" "log_statement = none" >"$scratch/log" 2>&1 && start $cluster &&
        on $cluster createdb -T template0 -E UTF8 market && on $cluster sql -d market -c "CREATE EXTENSION citus" >>"$scratch/log" 2>&1
    ok $? "a server with Citus: $cluster"
done
market() { on shop sql -d market "$@"; }
told() { market "$@" 2>&1; }
is "$(told -c "CREATE EXTENSION driplo CASCADE" -c "SELECT * FROM driplo_distribute()" | grep -o 'the Citus cluster has no worker')" "the Citus cluster has no worker" "a coordinator alone has nobody to distribute to"
market -c "DROP EXTENSION driplo CASCADE" >/dev/null 2>&1
on shop dropdb market && on shop createdb -T template0 -E UTF8 market &&
    market -c "CREATE EXTENSION citus" -c "SELECT citus_set_coordinator_host('$clusters/shop', 5432)" -c "SELECT citus_add_node('$clusters/one', 5432)" -c "SELECT citus_add_node('$clusters/two', 5432)" >"$scratch/log" 2>&1
ok $? "a coordinator with two workers"
market -f test/fixtures/required.sql -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" -f test/fixtures/helpers.sql >"$scratch/log" 2>&1
ok $? "there is a shop"
sed 's/^/#   /' "$scratch/log"
for worker in one two; do
    is "$(on $worker sql -d market -c "SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'), to_regclass('auth.users') IS NULL, (SELECT extversion IS NOT NULL FROM pg_extension WHERE extname = 'driplo'), to_regrole('driplo_owner') IS NOT NULL")" \
        "0|t|t|t" "worker $worker has the functions and roles, and is no second shop"
done

{ echo "SET search_path = public, tests;"; cat test/durability/populate.sql; } | market >/dev/null 2>"$scratch/log"
ok $? "with a row in every table"
sed 's/^/#   /' "$scratch/log"
# What the tables hold; the fingerprint of each
held() { market -c "SELECT string_agg(t, ' ' ORDER BY t) FROM (SELECT 'views ' || md5(string_agg(v::text, ',' ORDER BY v::text)) FROM listing_views v UNION ALL SELECT 'log ' || md5(string_agg(q::text, ',' ORDER BY q::text)) FROM query_performance_log q
    UNION ALL SELECT 'slow ' || md5(string_agg(q::text, ',' ORDER BY q::text)) FROM slow_queries q UNION ALL SELECT 'health ' || md5(string_agg(m::text, ',' ORDER BY m::text)) FROM database_health_metrics m) t (t)"; }
market -c "INSERT INTO slow_queries (query_text, execution_time_ms) SELECT 'q' || n, n FROM generate_series(1, 500) n" \
    -c "INSERT INTO listing_views (day, listing_id, viewer, views, counted) SELECT timezone('UTC', now())::date, gen_random_uuid(), n, 2, 2 FROM generate_series(1, 500) n"
before=$(held)
definitions() { market -c "SELECT md5(string_agg(d, ' ' ORDER BY d)) FROM (SELECT concat_ws(' ', c.relname, c.relpersistence, c.relrowsecurity, c.relacl, pg_get_userbyid(c.relowner), obj_description(c.oid)) FROM pg_class c WHERE c.relname IN ('listing_views', 'slow_queries', 'query_performance_log', 'database_health_metrics')
    UNION ALL SELECT concat_ws(' ', p.polrelid::regclass, p.polname, p.polroles, pg_get_expr(p.polqual, p.polrelid)) FROM pg_policy p UNION ALL SELECT pg_get_indexdef(i.indexrelid) FROM pg_index i WHERE i.indrelid = ANY ('{listing_views,slow_queries,query_performance_log,database_health_metrics}'::regclass[])) t (d)"; }
defined=$(definitions)
reports() { market -c "SELECT item, found FROM installation_report() WHERE NOT ok" -c "SELECT check_name, object FROM security_advisor()" -c "SELECT rule, object FROM check_integrity()"; }
reported=$(reports)

is "$(market -c "SELECT object, note FROM driplo_distribute() WHERE step = 'distributed' ORDER BY 1")" "database_health_metrics|by id
listing_views|by listing_id
query_performance_log|by id
slow_queries|by id" "four tables are distributed"
is "$(market -c "SELECT string_agg(logicalrelid::text, ' ' ORDER BY logicalrelid::text) FROM pg_dist_partition")" "database_health_metrics listing_views private.distributed_commits query_performance_log slow_queries" "and no other"
is "$(held)" "$before" "with all their rows"
is "$(market -c "SELECT pg_relation_size('slow_queries')")" 0 "which are on the workers only"
is "$(market -c "SELECT DISTINCT note FROM driplo_distribute() WHERE step = 'distributed'")" "was distributed already" "a second call finds nothing to do"
is "$(market -c "SELECT count(*) FROM driplo_distribute() WHERE step = 'kept' AND note = ''")" 0 "what stays has its reason"

nothing_found() { is "$(reports)" "$reported" "the reports find nothing new $1"; }
nothing_found "afterwards"
is "$(market -c "SELECT driplo_migrate()" 2>&1 | tail -1)" "$(market -c "SELECT max(version) FROM driplo_schema_version")" "driplo_migrate() runs"
nothing_found "after it"
on shop goes_on market public "distributed"

# Views: recorded by visitors, counted once, by whoever comes
market -c "SET ROLE service_role" -c "SELECT count_views()" >/dev/null
market >"$scratch/views" 2>&1 <<'SQL'
SELECT id AS lamp FROM listings WHERE status = 'active' ORDER BY id LIMIT 1 \gset
CREATE TABLE tests.watched AS SELECT :'lamp'::uuid AS id, (SELECT view_count FROM listings WHERE id = :'lamp') AS before;
GRANT USAGE ON SCHEMA tests TO PUBLIC;
SET ROLE anon;
SELECT track_listing_view(:'lamp', p_session_id => 'a'), track_listing_view(:'lamp', p_session_id => 'b'), track_listing_view(:'lamp', p_session_id => 'a') \gset ignored_
RESET ROLE;
UPDATE listing_views SET last_at = now() - interval '31 minutes' WHERE listing_id = :'lamp';
SET ROLE anon;
SELECT track_listing_view(:'lamp', p_session_id => 'a') \gset ignored_
SQL
ok $? "visitors look at a listing"
sed 's/^/#   /' "$scratch/views"
for i in 1 2 3; do market -c "SET ROLE service_role" -c "SELECT count_views()" >"$scratch/count.$i" 2>&1 & done
wait
is "$(market -c "SELECT l.view_count - w.before, s.views, s.unique_views FROM tests.watched w JOIN listings l USING (id) JOIN listing_stats_daily s ON s.listing_id = l.id AND s.day = timezone('UTC', now())::date")" "3|3|2" \
    "three sessions that count at once count each view once"
is "$(market -c "SET ROLE service_role" -c "SELECT count_views()")" 0 "and leave nothing"

# What the service writes and forgets
is "$(market -c "SET ROLE service_role" -c "INSERT INTO slow_queries (query_text, execution_time_ms, created_at) SELECT 'old', 1, now() - interval '40 days' FROM generate_series(1, 30)" -c "SELECT prune_monitoring(20), prune_monitoring()" -c "SELECT count(*) FROM slow_queries WHERE query_text = 'old'")" \
    "20|10
0" "old rows go, no more at once than asked for"
is "$(market -c "SET ROLE service_role" -c "SELECT collect_health() > 5")" t "measurements are kept"
is "$(market -c "UPDATE slow_queries SET user_id = (SELECT id FROM profiles WHERE username = 'person1') WHERE query_text IN ('q1', 'q2')" -c "SET ROLE service_role" \
    -c "SELECT jsonb_array_length(export_user_data(id) -> 'slow_queries') FROM profiles WHERE username = 'person1'")" 2 "and are in the export of whom they are about"
is "$(told -c "SET ROLE authenticated" -c "SELECT * FROM slow_queries" | grep -c 'permission denied')" 1 "which clients do not see"
is "$(told -c "SET ROLE service_role" -c "SELECT string_agg(j.job || ' ' || j.outcome, ' ' ORDER BY j.job) FILTER (WHERE j.outcome <> 'done') FROM run_jobs(20) j")" "" "all jobs run"

# Checkouts and cancellations of one listing at once, each in a transaction with a view of it, which is on a worker
market -c "INSERT INTO listings (seller_id, title, slug, description, price, quantity, status) SELECT id, 'Wanted', 'wanted', 'Of many.', 10, 30, 'active' FROM profiles WHERE username = 'person1'"
shopper() { # NUMBER
    cat <<SQL
SET search_path = public, tests;
SELECT tests.sign_up('shopper$1@example.org') AS buyer \gset
SELECT id AS lamp FROM listings WHERE title = 'Wanted' \gset
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code)
VALUES (:'buyer', 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US') RETURNING id AS address \gset
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', :'buyer', 'role', 'authenticated')::text, false) \gset ignored_
SET ROLE authenticated;
SQL
    for _ in 1 2 3 4 5; do
        cat <<'SQL'
BEGIN;
SELECT track_listing_view(:'lamp'), add_to_cart(:'lamp', 1) \gset ignored_
SELECT order_id AS bought FROM checkout(:'address') \gset
COMMIT;
BEGIN;
SELECT cancel_order(:'bought'), track_listing_view(:'lamp') \gset ignored_
COMMIT;
SQL
    done
    # what the policies show, to whom: each order is there with its line, and nobody else's
    cat <<'SQL'
SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM order_items) AS items, (SELECT count(*) FROM profiles WHERE id = :'buyer') AS me,
       (SELECT count(*) FROM shopping_carts) AS carts, (SELECT count(*) FROM messages) AS messages \gset
\echo :orders :items :me :carts :messages
SQL
}
for i in 1 2 3 4; do shopper $i | market >"$scratch/shopper.$i" 2>&1 & done
wait
is "$(sort -u "$scratch"/shopper.?)" "5 5 1 1 0" "four people buy and cancel the same at once, and see what is theirs"
is "$(market -c "SELECT quantity, status FROM listings WHERE title = 'Wanted'" -c "SELECT count(*) FROM listing_views WHERE listing_id = (SELECT id FROM listings WHERE title = 'Wanted')")" "30|active
4" "it is all there again, and their views are on the worker"
found=$(market -c "SET ROLE authenticated" -c "SET enable_seqscan = off" -c "EXPLAIN (COSTS off) SELECT * FROM orders" -c "EXPLAIN (COSTS off) SELECT * FROM order_items")
is "$(grep -oE 'Index Cond: .*(caller_id|own_orders)' <<<"$found" | grep -oE 'caller_id|own_orders' | sort -u | xargs)" "caller_id own_orders" "Citus plans their reads by an index, too"
nothing_found "after that"

# One commit: write skew under SERIALIZABLE makes the commit here fail after the row was written on a worker
market -c "CREATE TABLE tests.skew (id integer PRIMARY KEY, v integer); INSERT INTO tests.skew SELECT n, 0 FROM generate_series(1, 200) n"
skewed() { # NAME: what the second transaction was told, and what it has left
    local one two
    exec {one}> >(market >"$scratch/one" 2>&1) {two}> >(market >"$scratch/two" 2>&1)
    say() { echo "$2" >&"$1"; sleep 0.5; }
    for session in $one $two; do say "$session" "BEGIN ISOLATION LEVEL SERIALIZABLE; SELECT sum(v) FROM tests.skew WHERE id <= 100;"; done
    say "$one" "UPDATE tests.skew SET v = v + 1 WHERE id = 1;"
    say "$two" "UPDATE tests.skew SET v = v + 1 WHERE id = 2; INSERT INTO slow_queries (query_text, execution_time_ms) VALUES ('$1', 1);"
    say "$one" "COMMIT;"
    say "$two" "COMMIT;"
    exec {one}>&- {two}>&-
    wait
    echo "$(grep -c 'could not serialize' "$scratch/two") $(market -c "SELECT count(*) FROM slow_queries WHERE query_text = '$1'")"
}
is "$(skewed together)" "1 0" "a transaction that fails at its commit leaves nothing on the worker"
market -c "ALTER TABLE private.distributed_commits RENAME TO distributed_commits_away"
is "$(skewed apart)" "1 1" "without the table of commits it would"
is "$(market -c "SELECT ok FROM installation_report() WHERE item = 'distribution'")" f "which the report would tell"
market -c "ALTER TABLE private.distributed_commits_away RENAME TO distributed_commits"
is "$(told -c "SET citus.log_remote_commands = on" -c "BEGIN" -c "UPDATE tests.skew SET v = 9 WHERE id = 3" -c "INSERT INTO slow_queries (query_text, execution_time_ms) VALUES ('both', 1)" -c "COMMIT" | grep -c 'PREPARE TRANSACTION\|COMMIT PREPARED')" 2 "a commit on two servers has two phases"
is "$(told -c "SET citus.log_remote_commands = on" -c "INSERT INTO slow_queries (query_text, execution_time_ms) VALUES ('there', 1)" | grep -c 'PREPARE TRANSACTION')" 0 "one on a worker alone has one"
is "$(market -c "BEGIN" -c "UPDATE tests.skew SET v = 7 WHERE id = 4" -c "INSERT INTO slow_queries (query_text, execution_time_ms) VALUES ('late', 1)" -c "SET TRANSACTION READ ONLY" -c "COMMIT" -c "SELECT count(*) FROM slow_queries WHERE query_text = 'late'")" 1 "also one that became read-only"

# In a database of Citus that is no shop, a table of that name is somebody's own, whose trigger must not run as the superuser who takes part in commits
for cluster in shop one; do on $cluster createdb -T template0 -E UTF8 other && on $cluster sql -d other -c "CREATE EXTENSION citus"; done >"$scratch/log" 2>&1
other() { on shop sql -d other "$@"; }
other >>"$scratch/log" 2>&1 <<SQL
SELECT citus_set_coordinator_host('$clusters/shop', 5432), citus_add_node('$clusters/one', 5432);
CREATE ROLE somebody LOGIN;
GRANT CREATE ON DATABASE other TO somebody;
SET ROLE somebody;
CREATE SCHEMA private;
CREATE TABLE private.distributed_commits (id integer PRIMARY KEY);
CREATE TABLE private.ran (who text DEFAULT current_user);
CREATE TABLE private.spread (id integer);
SELECT create_distributed_table('private.spread', 'id');
CREATE FUNCTION private.run() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO private.ran DEFAULT VALUES; RETURN NULL; END';
CREATE TRIGGER run AFTER DELETE ON private.distributed_commits FOR EACH STATEMENT EXECUTE FUNCTION private.run();
BEGIN;
DELETE FROM private.distributed_commits;
INSERT INTO private.spread VALUES (1);
COMMIT;
SQL
ok $? "there is another database of Citus"
sed -n '/ERROR/s/^/#   /p' "$scratch/log"
is "$(other -c "SELECT who FROM private.ran" -c "SELECT count(*) FROM private.spread")" "somebody
1" "where a table of that name is left alone at a commit"

# A worker is away
stop two
on shop goes_on market public "without a worker"
is "$(told -c "SET ROLE anon" -c "SELECT track_listing_view(l.id, p_session_id => 'z') FROM listings l WHERE status = 'active'" | grep -c 'failed with the following error')" 1 "views of some listings cannot be recorded"
start two
is "$(told -c "SET ROLE anon" -c "SELECT count(track_listing_view(l.id, p_session_id => 'z')) >= 0 FROM listings l WHERE status = 'active'" | tail -1)" t "and can when it is back"

# A server dies between PREPARE TRANSACTION and COMMIT PREPARED of what writes here and there. It stands still in between because a commit, and a
# PREPARE TRANSACTION, waits for a standby that is not there, with its record on disk already: here both halves are certain, on the worker none is.
wait_for() { # CLUSTER QUERY: until it gives t, a minute at most
    for _ in $(seq 600); do
        [ "$(on "$1" sql -d market -c "$2" 2>/dev/null)" = t ] && return
        sleep 0.1
    done
    return 1
}
set_system() { on "$1" sql -d market -c "ALTER SYSTEM SET $2" -c "SELECT pg_reload_conf()" >/dev/null; }
stand_still() {
    set_system "$1" "synchronous_standby_names = 'nobody'"
    for _ in $(seq 60); do # until the server has read it
        on "$1" timeout 2 psql -X -q -At -d market -c "SELECT pg_logical_emit_message(true, 'test', '')" >/dev/null 2>&1
        [ $? -eq 124 ] && return
    done
    return 1
}
die() {
    kill_server "$clusters/$1/data"
    sed -i '/synchronous_standby_names/d' "$clusters/$1/data/postgresql.auto.conf"
}
mapfile -t there < <(market -c "WITH ids AS MATERIALIZED (SELECT gen_random_uuid() AS id FROM generate_series(1, 200)) SELECT i.id FROM ids i
    JOIN pg_dist_placement p ON p.shardid = get_shard_id_for_distribution_column('slow_queries', i.id) JOIN pg_dist_node n USING (groupid) WHERE n.nodename = '$clusters/two' LIMIT 4")
session=
begin() { # NAME CLUSTER COMMAND: the transaction NAME stands still there in COMMAND
    local id=${there[0]}
    there=("${there[@]:1}")
    stand_still "$2"
    market -c "BEGIN" -c "INSERT INTO listings (seller_id, title, slug, description, price, status) SELECT id, '$1', '$1', 'Of two halves.', 10, 'active' FROM profiles WHERE username = 'person1'" \
        -c "INSERT INTO slow_queries (id, query_text, execution_time_ms) VALUES ('$id', '$1', 1)" -c "COMMIT" >"$scratch/$1" 2>&1 &
    session=$!
    wait_for "$2" "SELECT count(*) = 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND query ~ '^$3'"
    is "$? $(prepared)" "0 1" "$1: it is prepared on the worker, and waits $4"
}
prepared() { on two sql -d market -c "SELECT count(*) FROM pg_prepared_xacts"; }
halves() { echo "$(market -c "SELECT count(*) FROM listings WHERE title = '$1'") $(market -c "SELECT count(*) FROM slow_queries WHERE query_text = '$1'")"; }
kill_session() {
    local pid
    pid=$(market -c "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND query = 'COMMIT' AND state = 'active'")
    [ -n "$pid" ] && kill -9 "$pid" || return
    wait "$session"
    wait_for shop "SELECT true"
}
set_system shop "citus.recover_2pc_interval = -1"

begin worker-after shop COMMIT "for the answer here"
die two
set_system shop "synchronous_standby_names = ''"
wait "$session"
is "$? $(grep -cE '^WARNING: .*failed' "$scratch/worker-after")" "0 1" "the worker dies, and the client is told of the commit, with a warning"
start two
is "$(halves worker-after), $(prepared)" "1 0, 1" "the half of the worker is still prepared when it is back"
is "$(market -c "SELECT recover_prepared_transactions()" 2>&1)" 1 "Citus finishes it"
is "$(halves worker-after), $(prepared)" "1 1, 0" "so both halves are there"

begin worker-before two "PREPARE TRANSACTION" "for the answer there"
die two
wait "$session"
is "$? $(grep -c '^ERROR' "$scratch/worker-before")" "1 1" "the worker dies before it has answered, and the commit fails"
start two
is "$(halves worker-before), $(prepared)" "0 0, 1" "its half is still prepared when it is back"
is "$(market -c "SELECT recover_prepared_transactions()" 2>&1)" 1 "Citus takes it back"
is "$(halves worker-before), $(prepared)" "0 0, 0" "so no half is there"

begin session-after shop COMMIT "for the answer here"
kill_session
ok $? "the session here is killed after its commit, and the server starts again"
set_system shop "synchronous_standby_names = ''"
is "$(halves session-after), $(prepared)" "1 0, 1" "the half of the worker is still prepared"
set_system shop "citus.recover_2pc_interval = 1000"
wait_for two "SELECT count(*) = 0 FROM pg_prepared_xacts"
is "$? $(halves session-after)" "0 1 1" "by itself Citus finishes it: both halves are there"
set_system shop "citus.recover_2pc_interval = -1"

begin session-before two "PREPARE TRANSACTION" "for the answer there"
kill_session
ok $? "the session here is killed before its commit, and the server starts again"
set_system two "synchronous_standby_names = ''"
is "$(halves session-before), $(prepared)" "0 0, 1" "the half of the worker is still prepared"
set_system shop "citus.recover_2pc_interval = 1000"
wait_for two "SELECT count(*) = 0 FROM pg_prepared_xacts"
is "$? $(halves session-before)" "0 0 0" "by itself Citus takes it back: no half is there"
on shop goes_on market public "after these crashes"
nothing_found "after these crashes"

# A dump is a shop of plain tables
on shop pg_dump -d market -f "$scratch/dump.sql" 2>"$scratch/log" &&
    on shop createdb -T template0 -E UTF8 copy && on shop sql -d copy -f "$scratch/dump.sql" >/dev/null 2>>"$scratch/log"
ok $? "it is dumped and restored"
sed 's/^/#   /' "$scratch/log"
is "$(on shop sql -d copy -c "SELECT count(*) FROM slow_queries" -c "SELECT item FROM installation_report() WHERE NOT ok")" "$(market -c "SELECT count(*) FROM slow_queries")" "with the rows of the workers"

# Back
before=$(held)
is "$(told -c "DROP EXTENSION driplo" | grep -c 'cannot drop extension driplo')" 1 "the extension cannot go and leave rows on workers"
is "$(market -c "SELECT step, object FROM driplo_undistribute() ORDER BY 2")" "brought back|database_health_metrics
brought back|listing_views
dropped|private.distributed_commits
brought back|query_performance_log
brought back|slow_queries" "the tables are brought back"
is "$(held)" "$before" "with all their rows"
is "$(definitions)" "$defined" "as they were"
nothing_found "when they are back"
market -c "SELECT count(*) FROM driplo_distribute()" -c "SELECT driplo_uninstall()" -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo" >"$scratch/log" 2>&1
ok $? "the extension goes, and comes back"
sed 's/^/#   /' "$scratch/log" | grep -v '^#   [0-9]*$'
is "$(market -c "SELECT count(*) FROM pg_dist_partition")$(held)" "0$before" "with the rows of tables that were distributed"
nothing_found "in the end"
on shop goes_on market public "in the end"

done_testing
