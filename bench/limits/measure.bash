# Rate limits: what counting adds to what is counted. The same statements with the limits on and off, in turns, in one backend that is warm.
open_shop limits "$(size 4800 480)" "$(size 500 60)" "$(size 5000 600)" 100
run_sql -d limits -c "INSERT INTO bench.setting VALUES ('orders', '100')" -f bench/processor_time.sql -f bench/limits/measure.sql
last=$(size 2000 400)
run_sql -d limits -c "GRANT USAGE ON SCHEMA bench TO PUBLIC" -c "CALL bench.fill_carts('public', 1, $last, 3)" \
    -c "INSERT INTO conversations (id, buyer_id, seller_id) SELECT bench.id('talk', i), bench.id('buyer', i), bench.id('seller', 1) FROM generate_series(1, $last) i"
for what in "checkout of 3 lines|SELECT count(*) FROM checkout(bench.id(''address'', \$1))" \
    "message|INSERT INTO messages (conversation_id, sender_id, content) VALUES (bench.id(''talk'', \$1), bench.id(''buyer'', \$1), ''Is it still there?'')" \
    "favorite|INSERT INTO favorites (user_id, listing_id) VALUES (bench.id(''buyer'', \$1), bench.id(''listing'', 1 + \$1 % $(size 5000 600)))" \
    "follow|INSERT INTO user_follows (follower_id, following_id) VALUES (bench.id(''buyer'', \$1), bench.id(''seller'', 1))"; do
    IFS='|' read -r name statement <<<"$what"
    run_sql -d limits -c "CALL bench.time_limits('$name', '$statement', 1, $last)"
done
run_sql -d limits -F $'\t' -c "SELECT what, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds) FILTER (WHERE NOT limited))::numeric, 1),
    round((percentile_cont(0.5) WITHIN GROUP (ORDER BY microseconds) FILTER (WHERE limited))::numeric, 1) FROM bench.limit_costs GROUP BY what ORDER BY min(ctid)" >"$results/limits.tsv"
dropdb limits
