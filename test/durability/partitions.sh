#!/bin/bash
# driplo_partition() while people write: nothing that was acknowledged is lost, and no one gets an error. What it makes is dumped and
# restored, here and in another cluster, kept when the extension goes and comes back, dropped by months, and undone by the words of
# docs/partitions.md. DRIPLO_LONG=1 does it with a million messages and prints what it costs.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash
. test/fixtures/restore.bash

shop=driplo_partitioned copy=driplo_partitioned_copy scratch=$(mktemp -d)
clean() {
    dropdb --if-exists $shop 2>/dev/null
    dropdb --if-exists $copy 2>/dev/null
    rm -rf "$scratch"
    remove_clusters
}
trap clean EXIT
messages=20000 seconds=6
[ -z "${DRIPLO_LONG:-}" ] || messages=1000000 seconds=60
in_shop() { sql -d $shop "$@"; }
took() { # NAME COMMAND...: runs it and says how long that took
    local started=$EPOCHREALTIME name=$1
    "${@:2}"
    echo "$EPOCHREALTIME $started" | awk -v name="$name" '{ printf "# %s: %.2f s\n", name, $1 - $2 }' >&3
}
exec 3>&1

make_shop $shop plain public >"$scratch/log" 2>&1
ok $? "there is a shop with a row in every table"
in_shop >"$scratch/log" 2>&1 <<SQL
SET session_replication_role = replica;
INSERT INTO conversations (id, buyer_id, seller_id, created_at) SELECT md5(n::text)::uuid, (SELECT id FROM profiles WHERE username = 'person1'), (SELECT id FROM profiles WHERE username = 'person2'), now() - interval '3 years' FROM generate_series(1, $messages / 50) n;
INSERT INTO messages (conversation_id, sender_id, content, is_read, created_at)
SELECT md5((1 + n % ($messages / 50))::text)::uuid, (SELECT id FROM profiles WHERE username = 'person1'), repeat('Is it still there? ', 8), true, now() - interval '2 years' * random()
  FROM generate_series(1, $messages) n;
SET session_replication_role = origin;
ANALYZE messages;
SQL
ok $? "with many messages"

# People write, read and mark messages, and orders take steps
cat >"$scratch/write.sql" <<SQL
\set n random(1, $messages / 50)
BEGIN;
UPDATE conversations SET archived_by_buyer = false WHERE id = md5(:n::text)::uuid;
INSERT INTO messages (conversation_id, sender_id, content) SELECT id, seller_id, 'written meanwhile' FROM conversations WHERE id = md5(:n::text)::uuid;
SELECT content FROM messages WHERE conversation_id = md5(:n::text)::uuid ORDER BY created_at DESC LIMIT 50;
UPDATE messages SET is_read = true WHERE conversation_id = md5(:n::text)::uuid AND is_read IS NOT TRUE;
COMMIT;
SQL
cat >"$scratch/step.sql" <<'SQL'
BEGIN;
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) SELECT buyer_id, seller_id, 10, 10 FROM conversations LIMIT 1;
COMMIT;
SQL
before=$(in_shop -c "SELECT count(*) FROM messages") orders=$(in_shop -c "SELECT count(*) FROM orders")
pgbench -n -c 4 -T $seconds --log --log-prefix="$scratch/writes" -f "$scratch/write.sql@8" -f "$scratch/step.sql@2" $shop >"$scratch/pgbench" 2>&1 &
writers=$!
sleep 1
first=$(took "step 1, messages" in_shop -c "SELECT private.partition_by_steps('messages', 'month', 0)")
is "$(sed -E 's/before [0-9-]+/before DAY/' <<<"$first")" \
    "messages: step 1 of 3 is done, new rows are checked. Run CREATE UNIQUE INDEX CONCURRENTLY messages_pkey_by_time ON public.messages (id, created_at), and call driplo_partition() again before DAY." \
    "a large table is partitioned in steps, the first of which says what comes next"
is "$(in_shop -c "SELECT found LIKE 'messages: partitioning was begun' FROM installation_report() WHERE item = 'partitions'")" t "the report says that it was begun"
took "the index, concurrently" in_shop -c "$(sed -E 's/.*Run (CREATE .*), and call.*/\1/' <<<"$first")"
is "$(took "step 2, messages" in_shop -c "SELECT private.partition_by_steps('messages', 'month', 0)" | sed -E 's/before [0-9-]+/before DAY/')" \
    "messages: step 2 of 3 is done, all rows were checked. Call driplo_partition() again before DAY." "the second looks at all rows"
is "$(took "step 3, messages" in_shop -c "SELECT private.partition_by_steps('messages', 'month', 0)" | cut -d: -f1)" "messages is partitioned by month" "the third puts it into its place"
for table in order_status_history shipping_events dispute_messages admin_audit_log auth_login_history query_performance_log slow_queries database_health_metrics job_runs; do
    in_shop -c "SELECT driplo_partition('$table')" >>"$scratch/log" 2>&1 || { cat "$scratch/log"; false; }
    ok $? "$table is partitioned by one call"
done
wait $writers
ok $? "and meanwhile all have gone on writing"
is "$(grep -c ERROR "$scratch/pgbench")" 0 "without an error"
wrote=$(sed -nE 's/^ - ([0-9]+) transactions.*/\1/p' "$scratch/pgbench" | tr '\n' ' ')
[ "$(wc -w <<<"$wrote")" -eq 2 ] || cat "$scratch/pgbench"
is "$(in_shop -c "SELECT (SELECT count(*) FROM messages WHERE content = 'written meanwhile') || ' ' || (SELECT count(*) FROM orders) - $orders || ' '") " "$wrote " "what was acknowledged is there"
is "$(in_shop -c "SELECT count(*) - $before FROM messages")" "$(cut -d' ' -f1 <<<"$wrote")" "beside all that was there before"
sort -n -k3 "$scratch"/writes.* | awk '{ waited = $3 } END { printf "# the longest of %d transactions took %.2f s\n", NR, waited / 1e6 }'

clean_reports() { sql -d "$1" -c "SELECT item FROM installation_report() WHERE NOT ok" -c "SELECT check_name, object FROM security_advisor() WHERE object LIKE '%\_default' OR object LIKE '%\_until\_%' OR object LIKE '%\_from\_%'" -c "SELECT rule, object FROM check_integrity()"; }
is "$(clean_reports $shop)" "" "the reports find nothing"
goes_on $shop public "partitioned"

# Dumped and restored
text $shop >"$scratch/shop.sql"
snapshot $shop >"$scratch/shop.catalog"
{ fresh $copy && pg_dump -Fc -f "$scratch/dump" $shop && pg_restore -e -j2 -d $copy "$scratch/dump"; } >"$scratch/log" 2>&1
ok $? "the shop is dumped and restored"
sed 's/^/#   /' "$scratch/log" | head
text $copy >"$scratch/copy.sql"
same_file "$scratch/copy.sql" "$scratch/shop.sql" "the copy's dump is the shop's"
snapshot $copy >"$scratch/copy.catalog"
same_file "$scratch/copy.catalog" "$scratch/shop.catalog" "and so is its catalog"
is "$(clean_reports $copy)" "" "the reports find nothing there"
sql -d $copy -c "SELECT driplo_migrate()" >/dev/null
ok $? "driplo_migrate() runs there"
snapshot $copy >"$scratch/copy.catalog"
same_file "$scratch/copy.catalog" "$scratch/shop.catalog" "and changes nothing"
{ fresh $copy && pg_restore -O -x -d $copy "$scratch/dump" && sql -d $copy -c "SELECT driplo_migrate()"; } >"$scratch/log" 2>&1
is "$(clean_reports $copy)" "" "nor after a restore without owners and privileges"

make_cluster other "fsync = off" >/dev/null 2>&1 && start other && { sql -d postgres -c "ALTER SYSTEM RESET ALL" -c "SELECT 1" >/dev/null; on other createdb -T template0 -E UTF8 $copy; } && on other pg_restore -e -d $copy "$scratch/dump" >"$scratch/log" 2>&1
ok $? "it is restored into another cluster"
is "$(on other psql -X -q -At -d $copy -c "SELECT item FROM installation_report() WHERE NOT ok" -c "SELECT rule FROM check_integrity()" -c "SET ROLE service_role" -c "SELECT make_partitions()")" 0 "where the reports find nothing and the job runs"
stop other immediate

# The extension goes and comes back
in_shop -c "SET client_min_messages = warning" -c "SELECT driplo_uninstall()" -c "CREATE EXTENSION driplo" >"$scratch/log" 2>&1
ok $? "the extension is removed and created again over its data"
snapshot $shop >"$scratch/again.catalog"
same_file "$scratch/again.catalog" "$scratch/shop.catalog" "and the catalog is what it was"
in_shop -c "SET client_min_messages = warning" -c "DROP EXTENSION driplo CASCADE" -c "CREATE EXTENSION driplo" >"$scratch/log" 2>&1
ok $? "the same by DROP EXTENSION"
snapshot $shop >"$scratch/again.catalog"
same_file "$scratch/again.catalog" "$scratch/shop.catalog" "and the catalog is what it was again"

# Dropped by months
is "$(in_shop -c "SELECT driplo_drop_before('slow_queries', '2020-01-01')")" "slow_queries: no partition ends at 2020-01-01 or before." "no partition is old"

# Undone, by the words of the page
awk '/^```sql$/ { inside = 1; next } /^```$/ { inside = 0 } inside' docs/partitions.md >"$scratch/undo.sql"
count=$(in_shop -c "SELECT count(*) FROM messages")
took "undoing it" env PGOPTIONS='-c client_min_messages=warning' psql -X -q -At -v ON_ERROR_STOP=1 -d $shop -f "$scratch/undo.sql" >"$scratch/log" 2>&1
ok $? "the page undoes it"
is "$(grep -v '^1\.0$' "$scratch/log")" "" "and the report misses nothing"
is "$(in_shop -c "SELECT relkind::text || ' ' || (SELECT count(*) FROM messages) FROM pg_class WHERE oid = 'messages'::regclass")" "r $count" "the messages are in a table"
is "$(clean_reports $shop)" "" "the reports find nothing"
in_shop -c "SET client_min_messages = warning" -c "DROP SCHEMA mine CASCADE" -c "SELECT driplo_uninstall(true)" >"$scratch/log" 2>&1
ok $? "the extension is removed with its data"
sed 's/^/#   /' "$scratch/log" | head
is "$(in_shop -c "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')")" 0 "removed with its data, nothing is left"
done_testing
