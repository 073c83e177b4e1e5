# The whole way of an order with three lines, from the cart to paid, by the application's back end: what it sends, what that
# causes, what is written. Who the buyer is, is said once.
[ -n "$(run_sql -d postgres -c "SELECT FROM pg_database WHERE datname = 'sale'")" ] || open_shop sale 480 60 600 100
cat >"$scripts/flow.sql" <<'SQL'
\set i :i + 1
\set first 1 + :i * 31 % 50
\set second :first + :sellers
\set third :second + :sellers
SELECT set_config('request.jwt.claim.sub', md5('buyer' || :i)::uuid::text, false);
SELECT add_to_cart(md5('listing' || :first)::uuid);
SELECT add_to_cart(md5('listing' || :second)::uuid);
SELECT add_to_cart(md5('listing' || :third)::uuid);
SELECT order_id AS placed FROM checkout(md5('address' || :i)::uuid) \gset
SELECT transition_order(:placed, 'paid');
SQL
run_sql -d sale -c "TRUNCATE cart_items" -c "UPDATE listings SET quantity = 1000000" -c "VACUUM listings"
sellers=$(run_sql -d sale -c "SELECT setting FROM bench.setting WHERE name = 'sellers'")
counted=20
flow() { PGOPTIONS="-c role=service_role $2" "$bin/pgbench" -n -M prepared -c 1 -t $counted -D i="$1" -D sellers="$sellers" -f "$scripts/flow.sql" sale >"$scripts/log" 2>&1 || { cat "$scripts/log" >&2; return 1; }; }
flow 0 ""
before=$(run_sql -d sale -c "SELECT pg_stat_statements_reset()" -c "SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) || ' ' || pg_current_wal_insert_lsn() FROM pg_stat_user_tables" | tail -n 1)
flow $counted "-c pg_stat_statements.track=all"
sent=$(grep -c '^SELECT' "$scripts/flow.sql")
run_sql -d sale -F $'\t' -c "SELECT $sent, $sent, round(sum(calls) / $counted::numeric - $sent, 1), round((pg_current_wal_insert_lsn() - '${before#* }'::pg_lsn) / $counted),
    round(((SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables) - ${before% *}) / $counted::numeric, 1)
    FROM pg_stat_statements WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'sale') AND query !~ 'pg_stat'" >"$results/flow.tsv"
