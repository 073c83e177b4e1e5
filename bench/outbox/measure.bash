# The outbox: what an event adds to a checkout, a message, a favorite and a follow; how fast events are delivered alone, beside sales, and while an
# old snapshot keeps the rows that are gone. Webhooks for one endpoint that wants everything are queued too.
. bench/sale/scripts.bash
sellers=$(size 500 60) orders=$(size 10000 100)
open_shop outbox "$(size 4800 480)" "$sellers" $((sellers * 10)) "$orders"
run_sql -d outbox -c "INSERT INTO bench.setting VALUES ('orders', '$orders')" -f bench/processor_time.sql -f bench/outbox/measure.sql
run_sql -d outbox -c "SELECT create_webhook_endpoint('https://hooks.example.com/', '{*}')" -c "TRUNCATE outbox_events" >/dev/null

last=$(size 300 20)
run_sql -d outbox -c "CALL bench.fill_carts('public', 1, $last, 3)" \
    -c "INSERT INTO conversations (id, buyer_id, seller_id) SELECT bench.id('talk', i), bench.id('buyer', i), bench.id('seller', 1) FROM generate_series(1, $last) i"
for what in "checkout of 3 lines|authenticated|SELECT count(*) FROM checkout(bench.id(''address'', \$1))" \
    "message|authenticated|INSERT INTO messages (conversation_id, sender_id, content) VALUES (bench.id(''talk'', \$1), bench.id(''buyer'', \$1), ''Is it still there?'')" \
    "favorite|authenticated|INSERT INTO favorites (user_id, listing_id) VALUES (bench.id(''buyer'', \$1), bench.id(''listing'', \$1))" \
    "follow|authenticated|INSERT INTO user_follows (follower_id, following_id) VALUES (bench.id(''buyer'', \$1), bench.id(''seller'', 1))"; do
    IFS='|' read -r name role statement <<<"$what"
    run_sql -d outbox -c "GRANT USAGE ON SCHEMA bench TO PUBLIC" -c "CALL bench.time_events('$name', '$statement', '$role', 1, $last)"
done
run_sql -d outbox -c "CALL bench.time_kept_statement($(size 100 10))"
run_sql -d outbox -F $'\t' -c "SELECT what, round(percentile_cont(0.5) WITHIN GROUP (ORDER BY bytes)), round(percentile_cont(0.5) WITHIN GROUP (ORDER BY of_outbox)),
    round(percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds)::numeric, 1) FROM bench.costs GROUP BY what ORDER BY min(ctid)" >"$results/outbox-costs.tsv"

# Waiting events: delivered by one session, alone and beside four clients that buy
waiting=$(size 100000 1000) few=$(size 20000 1000)
run_sql -d outbox -c "TRUNCATE outbox_events" -c "CALL bench.add_events($few)" -c "VACUUM ANALYZE" -c "CALL bench.deliver('alone')"
run_sql -d outbox -c "CALL bench.add_events($waiting)" -c "VACUUM ANALYZE outbox_events"
script driplo 3 >"$scripts/sale.sql"
each=$(size 1000 50)
sell() { bench outbox authenticated 4 "$each" "$scripts/sale.sql" -D sellers="$sellers"; }
run_sql -d outbox -c "CALL bench.fill_carts('public', 1, $((4 * each)), 3)" -c "VACUUM listings" -c "VACUUM ANALYZE cart_items"
sell >"$scripts/sales-alone"
run_sql -d outbox -c "CALL bench.fill_carts('public', 1, $((4 * each)), 3)" -c "VACUUM listings" -c "VACUUM ANALYZE cart_items" -c "VACUUM outbox_events"
run_sql -d outbox -c "CALL bench.deliver('beside sales')" &
worker=$!
sell >"$scripts/sales-beside"
wait $worker
{
    run_sql -d outbox -F $'\t' -c "SELECT what, events, round(seconds::numeric, 2), round((events / seconds)::numeric), round((events / processor_seconds)::numeric) FROM bench.delivered"
    printf 'orders a second alone\t\t\t%s\norders a second beside them\t\t\t%s\n' "$(cut -f 1 "$scripts/sales-alone")" "$(cut -f 1 "$scripts/sales-beside")"
} >"$results/outbox-rates.tsv"

# While somebody's transaction keeps all that is gone: as many as come in two minutes, at 500 a second
batches=$(size 120 6)
run_sql -d outbox -c "VACUUM outbox_events" -c "CALL bench.come_and_go($((batches / 6)))"
mkfifo "$scripts/old"
PGOPTIONS='' psql -X -q -At -d outbox <"$scripts/old" >/dev/null &
exec 9>"$scripts/old"
echo "BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM outbox_events;" >&9
until [ "$(run_sql -d outbox -c "SELECT count(*) FROM pg_stat_activity WHERE datname = 'outbox' AND backend_xmin IS NOT NULL AND state = 'idle in transaction'")" = 1 ]; do sleep 0.1; done
run_sql -d outbox -c "TRUNCATE bench.batches RESTART IDENTITY" -c "CALL bench.come_and_go($batches)" -c "CREATE EXTENSION pgstattuple"
run_sql -d outbox -F $'\t' -c "VACUUM outbox_events" -c "SELECT (SELECT dead_tuple_count FROM pgstattuple('outbox_events')), round(avg(ms) FILTER (WHERE n <= $batches / 6)), round(avg(ms) FILTER (WHERE n > $batches - $batches / 6)), round(max(ms)) FROM bench.batches" >"$results/outbox-snapshot.tsv"
echo "COMMIT;" >&9
exec 9>&-
wait
dropdb outbox
