# Growth: the same shop with more and more in it. All sizes are there at once and are measured in turns; the middle one of the rounds counts.
sizes=$(size "10000 100000 1000000" "200 1000")
for n in $sizes; do
    open_shop "growth_$n" $((n / 10)) $((n / 100)) "$n" "$n"
done

cat >"$scripts/growth-checkout.sql" <<'SQL'
\set i :i + 1
\startpipeline
SELECT set_config('request.jwt.claim.sub', md5('buyer' || :i)::uuid::text, false);
SELECT * FROM checkout(md5('address' || :i)::uuid);
\endpipeline
SQL
cat >"$scripts/growth-cart.sql" <<'SQL'
\set buyer random(1, :buyers)
\startpipeline
SELECT set_config('request.jwt.claim.sub', md5('buyer' || :buyer)::uuid::text, false);
SELECT * FROM cart_contents();
\endpipeline
SQL
cat >"$scripts/growth-history.sql" <<'SQL'
\set buyer random(1, :buyers)
\startpipeline
SELECT set_config('request.jwt.claim.sub', md5('buyer' || :buyer)::uuid::text, false);
SELECT id, order_number, status, total_amount, currency, created_at FROM orders WHERE buyer_id = auth.uid() ORDER BY created_at DESC LIMIT 20;
\endpipeline
SQL
cat >"$scripts/growth-signup.sql" <<'SQL'
\set n random(1, 1000000000000)
INSERT INTO auth.users (id, email) VALUES (gen_random_uuid(), 'new' || :n || '@bench.example');
SQL

# what, size, transactions a second, latency
for round in $(seq "$(size 5 1)"); do
    for what in checkout cart history signup; do
        for n in $sizes; do
            each=$(size 800 20) many=$(size 3000 20)
            [ $what = signup ] && role=service_role || role=authenticated
            [ $what = cart ] && buyers=$each || buyers=$((n / 10))
            case $what in checkout | cart) run_sql -d "growth_$n" -c "CALL bench.fill_carts('public', 1, $each, 3)" -c "VACUUM ANALYZE cart_items" ;; esac
            # carts are read where there are any
            printf '%s\t%s\t%s\n' $what "$n" "$(bench "growth_$n" $role 1 "$([ $what = checkout ] && echo "$each" || echo "$many")" "$scripts/growth-$what.sql" -D buyers="$buyers")"
        done
    done
done >"$results/growth-rounds.tsv"
sort -t $'\t' -k1,1 -k2,2n -k4,4g "$results/growth-rounds.tsv" | awk -F '\t' -v middle="$(size 3 1)" '++seen[$1, $2] == middle' >"$results/growth.tsv"
for n in $sizes; do
    run_sql -d "growth_$n" -F $'\t' -c "SELECT $n, pg_database_size(current_database()) / 1048576"
done >"$results/growth-sizes.tsv"

# Order numbers from many sessions; a hundred a statement, so that it is the numbers that are measured.
echo "SELECT count(generate_order_number()) FROM generate_series(1, 100);" >"$scripts/numbers.sql"
for round in $(seq "$(size 2 1)"); do
    for clients in $(size "1 2 4 8 16 32" "1 4"); do
        printf '%s\t%s\n' "$clients" "$(bench "growth_${sizes%% *}" service_role "$clients" $(($(size 16000 40) / clients)) "$scripts/numbers.sql")"
    done
done | sort -t $'\t' -k1,1n -k2,2gr | awk -F '\t' '!seen[$1]++ { print $1 "\t" $2 * 100 }' >"$results/numbers.tsv"
for n in $sizes; do dropdb "growth_$n"; done
