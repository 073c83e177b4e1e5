#!/bin/bash
# One backend that calls everything again and again, each function in C++ at least once, does not grow. The short form calls 60,000 times,
# DRIPLO_LONG=1 two million times.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_soak
trap 'dropdb --if-exists $database' EXIT
# What leaks grows in each of the four quarters. The allocator and the caches grow too, by steps: up to 0.9 MB when another session's vacuum
# or DDL has thrown the caches away. So the quarter that grew least decides. limit: in kB a quarter, 64 bytes a call of one function, 15 in the long form.
rounds=1000 lives=40 limit=16
[ -z "${DRIPLO_LONG:-}" ] || rounds=70000 lives=3000 limit=256

{
    test/make-home $database plain public && { echo "SET search_path = public, tests;"; cat test/durability/populate.sql; } | psql -X -q -v ON_ERROR_STOP=1 -d $database
} >/dev/null 2>&1
ok $? "a shop is open"

found=$(psql -X -q -At -v ON_ERROR_STOP=1 -v rounds=$rounds -v lives=$lives -d $database 2>&1 <<'SQL'
SET search_path = public, tests;
SET client_min_messages = error;
SET track_functions = 'all';
SET driplo.return_window = 0;
SET driplo.max_unpaid_orders = 0;
SET driplo.max_unpaid_pieces = 0;
SELECT set_rate_limit(action, most => 1000000) FROM list_rate_limits() \g /dev/null
\i test/durability/soak_life.sql
SELECT id AS seller FROM profiles WHERE username = 'person2' \gset
SELECT id AS person FROM profiles WHERE username = 'person3' \gset
SELECT id AS listing FROM listings WHERE status = 'active' AND quantity > 0 AND seller_id <> :'person' AND NOT EXISTS (SELECT FROM product_variants v WHERE v.listing_id = listings.id) LIMIT 1 \gset
SELECT id AS shop_order FROM orders LIMIT 1 \gset
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', :'person', 'role', 'authenticated')::text, false) \gset ignored_
CREATE EXTENSION driplo_boundary ;
CREATE TEMP TABLE measured (id integer GENERATED ALWAYS AS IDENTITY, allocated bigint, contexts bigint);
CREATE PROCEDURE pg_temp.call_all(rounds integer, person uuid, listing uuid, shop_order uuid) LANGUAGE plpgsql AS $$
DECLARE
    statements text[] := ARRAY[
        'SELECT calculate_platform_fee(12.34)', 'SELECT generate_order_number()', $q$SELECT get_optimized_image_url('https://x.example/a.webp?v=1', 'thumb')$q$,
        'SELECT get_or_create_cart($1)', 'SELECT is_admin($1)', 'SELECT is_profile_setup_complete($1)', 'SELECT count(*) FROM my_profile()', 'SELECT count(*) FROM public_profile($1)',
        $q$SELECT count(*) FROM find_coupon('SAVE10')$q$, 'SELECT add_to_cart($2)', 'SELECT count(*) FROM cart_contents()', $q$SELECT quote_checkout('SAVE10', true)$q$,
        $q$SELECT count(*) FROM validate_coupon('X')$q$, 'SELECT clear_cart()', 'SELECT auth.uid()', 'SELECT auth.jwt()', 'SELECT private.caller_role()', 'SELECT private.is_service()', 'SELECT private.trusts_session_claims()', $q$SELECT private.require_guard('listings')$q$, $q$SELECT private.username_candidate('ann', 'x', 1, 7)$q$, $q$SELECT private.is_unpaid('paid')$q$,
        'UPDATE profiles SET bio = ''x'' WHERE id = $1', 'UPDATE listings SET title = title WHERE id = $2', 'SELECT count(*) FROM order_timeline($3)', 'SELECT driplo_version()'];
    -- and those that end in an error, which is where exceptions are made
    failures text[] := ARRAY[
        $q$SELECT get_optimized_image_url('x', 'huge')$q$, 'SELECT get_or_create_cart(NULL)', 'SELECT add_to_cart(gen_random_uuid())', 'SELECT add_to_cart($2, 1000000)',
        $q$SELECT transition_order($3, 'nonsense')$q$, $q$SELECT checkout(gen_random_uuid())$q$, $q$SELECT promote_to_admin('nobody@example.org')$q$, $q$UPDATE orders SET status = 'refunded' WHERE id = $3 AND status = 'pending_payment'$q$];
    statement text;
    round integer;
BEGIN
    FOR round IN 1..rounds LOOP
        FOREACH statement IN ARRAY statements LOOP
            EXECUTE statement USING person, listing, shop_order;
        END LOOP;
        FOREACH statement IN ARRAY failures LOOP
            BEGIN
                EXECUTE statement USING person, listing, shop_order;
            EXCEPTION WHEN OTHERS THEN
                NULL;
            END;
        END LOOP;
        COMMIT;
    END LOOP;
END $$;
CREATE TEMP SEQUENCE life;
CREATE PROCEDURE pg_temp.go_on(lives integer, rounds integer, seller uuid, person uuid, listing uuid, shop_order uuid) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..lives LOOP
        CALL pg_temp.live(nextval('life'), seller);
    END LOOP;
    -- each job every time: the plans of one that runs for the first time are kept, and would look like a leak
    UPDATE job_schedules SET next_run = now();
    PERFORM run_jobs(600);
    CALL driplo_work(0);
    PERFORM pg_temp.become(person);
    CALL pg_temp.call_all(rounds, person, listing, shop_order);
    INSERT INTO measured (allocated, contexts) SELECT boundary_allocated(), sum(total_bytes) FROM pg_backend_memory_contexts;
END $$;
CALL pg_temp.go_on(60, 400, :'seller', :'person', :'listing', :'shop_order');
\set quarter 'CALL pg_temp.go_on(:lives / 4, :rounds / 4, :\'seller\', :\'person\', :\'listing\', :\'shop_order\');'
:quarter
:quarter
:quarter
:quarter
WITH grown AS (
    SELECT id, (allocated - contexts - lag(allocated - contexts) OVER ordered) / 1024 AS beside, (contexts - lag(contexts) OVER ordered) / 1024 AS contexts
    FROM measured WINDOW ordered AS (ORDER BY id))
SELECT format(E'# kB in each quarter: beside memory contexts %s, in them %s\nleast|%s|%s',
              string_agg(beside::text, ' ' ORDER BY id), string_agg(contexts::text, ' ' ORDER BY id), min(beside), min(contexts))
FROM grown WHERE id > 1;
SELECT pg_stat_force_next_flush() \gset ignored_
SELECT 'not called: ' || p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo' JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'c'
  LEFT JOIN pg_stat_user_functions s ON s.funcid = p.oid
  -- but what moves another database in, once, and what the planner calls, which counts no calls
  WHERE coalesce(s.calls, 0) = 0 AND p.proname NOT LIKE 'adopt\_%'
    AND NOT EXISTS (SELECT FROM pg_proc planned WHERE planned.prosupport = p.oid) ORDER BY 1;
SQL
)
status=$?
ok $status "one backend calls everything $rounds times over"
[ $status -eq 0 ] || sed 's/^/#   /' <<<"$found"
grep '^# kB' <<<"$found"
IFS='|' read -r _ beside contexts < <(grep '^least' <<<"$found")
[ "${beside:-$limit}" -lt $limit ]
ok $? "and does not hold more memory after each quarter of them"
[ "${contexts:-$limit}" -lt $limit ]
ok $? "nor do its memory contexts"
is "$(grep '^not called' <<<"$found")" "" "each function in C++ was called"
is "$(psql -X -q -At -d $database -c "SELECT * FROM check_integrity()")" "" "and afterwards everything adds up"
done_testing
