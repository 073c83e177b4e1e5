# Contention: 16 sessions that all want the same. For each case orders a second beside the same without contention, and what the sessions wait for.
sellers=$(size 500 60) buyers=$(size 4800 480) clients=$(size 16 4)
open_shop contention "$buyers" "$sellers" $((sellers * 10)) 100
run_sql -d contention <<'SQL'
CREATE TABLE bench.waits (state text, wait text);
-- Looks every hundredth of a second at what the sessions of the run wait for, until nobody runs any more.
CREATE PROCEDURE bench.watch() LANGUAGE plpgsql AS $$
DECLARE
    idle integer := 0;
BEGIN
    WHILE idle < 50 LOOP
        PERFORM pg_stat_clear_snapshot();
        INSERT INTO bench.waits SELECT state, coalesce(wait_event_type || ': ' || wait_event, 'running')
          FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'pgbench' AND state <> 'idle';
        idle := CASE WHEN FOUND THEN 0 ELSE idle + 1 END;
        COMMIT;
        PERFORM pg_sleep(0.01);
    END LOOP;
END $$;
INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit, usage_limit_per_user) VALUES ('EVERYBODY', 'For everybody', 'percentage', 10, NULL, NULL);
SQL
checkout_script() { # the arguments of checkout() after the address
    cat <<SQL
\set i :i + 1
\set buyer :client_id * :each + :i
\startpipeline
SELECT set_config('request.jwt.claim.sub', md5('buyer' || :buyer)::uuid::text, false);
SELECT * FROM checkout(md5('address' || :buyer)::uuid$1);
\endpipeline
SQL
}
# What is in the carts of the case: one listing that each of them has in its cart for the first time.
contend() { # CASE LISTING-OF-BUYER-b [ARGUMENT]
    checkout_script "${3:-}" >"$scripts/contention.sql"
    run_sql -d contention -c "TRUNCATE cart_items, bench.waits" -c "UPDATE listings SET quantity = 10000, status = 'active'" -c "VACUUM listings" \
        -c "SET session_replication_role = replica" -c "INSERT INTO cart_items (cart_id, listing_id, quantity) SELECT bench.id('cart', b), bench.id('listing', $2), 1 FROM generate_series(1, $buyers) b" \
        -c "RESET session_replication_role" -c "VACUUM ANALYZE cart_items"
    run_sql -d contention -c "CALL bench.watch()" &
    local watcher=$! figures
    figures=$(PGAPPNAME=pgbench bench contention authenticated "$clients" $((buyers / clients)) "$scripts/contention.sql")
    wait $watcher
    printf '%s\t%s\t%s\n' "$1" "$figures" "$(run_sql -d contention -c "SELECT string_agg(wait || ' ' || share || ' %', ', ' ORDER BY share DESC) FROM (SELECT wait, round(100.0 * count(*) / sum(count(*)) OVER ()) AS share FROM bench.waits GROUP BY wait) w WHERE share >= 3")"
}
for round in $(seq "$(size 2 1)"); do
    contend "everybody something else" "1 + b % ($sellers * 10)"
    contend "one seller, ten listings" "$sellers * (b % 10) + 1"
    contend "one coupon" "1 + b % ($sellers * 10)" ", coupon_code => 'EVERYBODY'"
    contend "one listing" "1"
done >"$results/contention-rounds.tsv"
for case in "everybody something else" "one seller, ten listings" "one coupon" "one listing"; do
    grep "^$case" "$results/contention-rounds.tsv" | sort -t $'\t' -k2,2gr | head -n 1
done >"$results/contention.tsv"
left=$(run_sql -d contention -c "SELECT quantity FROM listings WHERE id = bench.id('listing', 1)")
[ "$left" -eq $((10000 - buyers / clients * clients)) ] || { echo "the listing has $left pieces left" >&2; exit 1; }
dropdb contention
