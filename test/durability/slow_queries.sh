#!/bin/bash
# Slow queries and health in a server that counts statements: what is captured, and that nothing of what users have written is in
# it. The service captures without being a superuser; driplo_owner is a member of pg_monitor.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash

shop() { on first sql -d driplo_shop "$@"; }
as_service() { on first sql -d driplo_shop -c "SET ROLE service_role" "$@"; }
capture() { as_service -c "SELECT capture_slow_queries(${1-})"; }

make_cluster first "shared_preload_libraries = 'pg_stat_statements'" "pg_stat_statements.track = all" "fsync = off" "log_min_messages = fatal" && start first
ok $? "a server starts that counts statements"
{
    on first createdb -T template0 -E UTF8 driplo_shop && shop -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" -c "CREATE SCHEMA \"Odd schema\"" \
        -c "CREATE TABLE secret (name text, n numeric)"
} >"$clusters/log" 2>&1
ok $? "the database is made"

is "$(capture)" 0 "without the extension nothing is captured"
is "$(as_service -c "SELECT ok, value FROM health() WHERE metric = 'captures_queries'")" "f|0" "which health() says"
shop -c "CREATE EXTENSION pg_stat_statements SCHEMA \"Odd schema\"" -c "SELECT count(*) FROM secret" >/dev/null
is "$(capture)" 0 "nor from a schema that driplo_owner may not use"
shop -c "GRANT USAGE ON SCHEMA \"Odd schema\" TO driplo_owner"
capture >/dev/null
is "$(shop -c "SELECT count(*) FROM query_performance_log WHERE query_text LIKE '%FROM secret%'")" 0 "statements of others are not seen by a role that may not"
is "$(as_service -c "SELECT metric, ok FROM health() WHERE metric IN ('captures_queries', 'reads_all_statistics') ORDER BY 1")" "captures_queries|t
reads_all_statistics|f" "which health() says, too"
shop -c "ALTER ROLE driplo_owner INHERIT" -c "GRANT pg_monitor TO driplo_owner"
is "$(as_service -c "SELECT count(*) FROM health() WHERE metric IN ('reads_all_statistics', 'oldest_transaction', 'oldest_idle_transaction', 'replication_lag') AND ok")" 4 "with pg_monitor everything is known"
is "$(shop -c "SELECT rolsuper FROM pg_roles WHERE rolname IN ('service_role', 'driplo_owner')" | sort -u)" f "and nobody who looks is a superuser"

shop -c "TRUNCATE query_performance_log, slow_queries"
# Literals in every kind of statement, and in what pg_stat_statements does not normalize
shop -c "SELECT 'KEY1', pg_sleep(0.3)" -c "SELECT * FROM secret WHERE name = 'joe@KEY2.example' OR n = 471123" -c "INSERT INTO secret VALUES ('KEY3', 471123), (E'\\'KEY4', 1)" \
    -c "UPDATE secret SET name = \$x\$KEY5\$x\$ WHERE name = 'KEY6'" -c "DELETE FROM secret WHERE name LIKE 'KEY7%'" -c "WITH x AS (SELECT 'KEY8' AS k) SELECT * FROM x /* KEY9 */" \
    -c "-- KEY10
SELECT count(*) FROM secret" -c "VALUES ('KEY11')" -c "MERGE INTO secret s USING (SELECT 'KEY12' AS k) x ON s.name = x.k WHEN NOT MATCHED THEN INSERT VALUES ('KEY13', 1)" \
    -c "CREATE ROLE joe LOGIN PASSWORD 'KEY14'" -c "ALTER ROLE joe PASSWORD 'KEY15'" -c "CREATE TABLE copied AS SELECT 'KEY16' AS a" -c "COPY (SELECT 'KEY17') TO STDOUT" \
    -c "DO \$\$ BEGIN PERFORM 'KEY18'; EXECUTE 'SELECT ''KEY19'''; END \$\$" -c "PREPARE p AS SELECT 'KEY20' || \$1" -c "EXECUTE p('KEY21')" -c "EXPLAIN SELECT 'KEY22'" -c "SET application_name = 'KEY23'" \
    -c "BEGIN; DECLARE c CURSOR FOR SELECT 'KEY24'; FETCH c; COMMIT" -c "CREATE VIEW v AS SELECT 'KEY25' AS a" -c "COMMENT ON VIEW v IS 'KEY26'" -c "SELECT set_config('request.jwt.claims', '{\"email\": \"KEY27\"}', false)" \
    -c "CREATE FUNCTION f() RETURNS text LANGUAGE plpgsql AS \$\$ BEGIN RETURN (SELECT 'KEY28' || pg_sleep(0)); END \$\$" -c "SELECT f()" -c "CREATE PROCEDURE p(a text) LANGUAGE sql AS 'SELECT 1'" -c "CALL p('KEY29')" >/dev/null 2>"$clusters/log"
ok $? "statements of every kind run"
cat "$clusters/log"
is "$(capture 200)" "$(shop -c "SELECT count(*) FROM slow_queries")" "those that were slow are told"
is "$(shop -c "SELECT execution_time_ms BETWEEN 300 AND 5000, query_plan IS NULL, user_id IS NULL FROM slow_queries WHERE query_text LIKE 'SELECT %, pg_sleep(%)'")" "t|t|t" "one is known by its time and its text"
is "$(shop -c "SELECT count(*) > 10, bool_or(query_text LIKE 'INSERT INTO secret VALUES%'), bool_or(query_text LIKE 'MERGE INTO secret%') FROM query_performance_log")" "t|t|t" "all that took time is logged"
is "$(shop -c "SELECT query_text FROM query_performance_log WHERE query_text ~ 'KEY[0-9]|471123|/\\*|--' UNION ALL SELECT query_text FROM slow_queries WHERE query_text ~ 'KEY[0-9]|471123'")" "" "no literal, address, or password is in any text"
is "$(shop -c "SELECT query_text FROM query_performance_log WHERE query_text !~* '^[( ]*(select|insert|update|delete|merge|with|values|table)'")" "" "nor any statement that may hold one"
is "$(shop -c "SELECT count(*) FROM \"Odd schema\".pg_stat_statements WHERE query ~ 'KEY1[0-9]'" | sed 's/^[1-9][0-9]*$/some/')" some "which pg_stat_statements has"

# Only what came since
shop -c "TRUNCATE query_performance_log, slow_queries"
capture 200 >/dev/null
is "$(shop -c "SELECT count(*) FROM query_performance_log WHERE query_text LIKE '%secret%'")" 0 "what did not run again is not logged again"
shop -c "SELECT 'again', pg_sleep(0.1)" >/dev/null
capture 50 >/dev/null
is "$(shop -c "SELECT execution_time_ms BETWEEN 100 AND 250 FROM slow_queries WHERE query_text LIKE '%pg_sleep%'")" t "the time is that of the calls since, not of all"
shop -c "TRUNCATE query_performance_log, slow_queries" -c "SELECT \"Odd schema\".pg_stat_statements_reset()" -c "SELECT 'anew', pg_sleep(0.1)" >/dev/null
capture 50 >/dev/null
is "$(shop -c "SELECT execution_time_ms BETWEEN 100 AND 250 FROM slow_queries WHERE query_text LIKE '%pg_sleep%'")" t "after a reset counting begins anew"
is "$(shop -c "SELECT count(*) FROM query_snapshots s WHERE NOT EXISTS (SELECT FROM \"Odd schema\".pg_stat_statements p WHERE p.queryid::text = s.query_hash)")" 0 "and what is forgotten there is forgotten here"
is "$(shop -c "SELECT item FROM installation_report() WHERE NOT ok" -c "SELECT * FROM check_integrity()")" "" "the reports have nothing to say of it"

# Unlogged tables after a crash
shop -c "INSERT INTO auth.users (id, email) VALUES ('00000000-0000-4000-8000-000000000001', 'sue@example.org')" \
    -c "INSERT INTO listings (id, seller_id, title, description, price, status) VALUES ('00000000-0000-4000-8000-0000000000a1', '00000000-0000-4000-8000-000000000001', 'A lamp', 'Bright.', 10, 'active')" \
    -c "SELECT track_listing_view('00000000-0000-4000-8000-0000000000a1', p_session_id => 's' || n) FROM generate_series(1, 3) n" -c "SELECT count_views()" \
    -c "SELECT track_listing_view('00000000-0000-4000-8000-0000000000a1', p_session_id => 's4')" >/dev/null
stop first immediate && start first
ok $? "the server crashes"
is "$(shop -c "SELECT count(*) FROM listing_views" -c "SELECT view_count FROM listings" -c "SELECT views, unique_views FROM listing_stats_daily")" "0
3
3|3" "views that were counted are there, those of the last minute are lost"
as_service -c "SELECT track_listing_view('00000000-0000-4000-8000-0000000000a1', p_session_id => 's5')" -c "SELECT count_views()" >/dev/null
is "$(shop -c "SELECT view_count FROM listings")" 4 "and counting goes on"

# On a standby
program pg_ctl first reload >/dev/null
"${as_server[@]}" mkdir "$clusters/second" && (cd "$clusters" && "${as_server[@]}" "$bin/pg_basebackup" -h "$clusters/first" -p 5432 -U "$superuser" -D "$clusters/second/data" -R -X stream -c fast) >"$clusters/log" 2>&1 &&
    settings_of second "shared_preload_libraries = 'pg_stat_statements'" "hot_standby = on" >>"$clusters/second/data/postgresql.conf" && start second
ok $? "a standby starts"
standby() { on second sql -d driplo_shop -c "SET ROLE service_role" "$@" 2>&1; }
is "$(standby -c "SELECT count(*) > 5 FROM health()" -c "SELECT get_listing_analytics('00000000-0000-4000-8000-0000000000a1') -> 'total_views'")" "t
4" "health and numbers are read there"
is "$(standby -c "SELECT count(*) FROM check_integrity()" -c "SELECT count(*) FROM job_status() WHERE job = 'count_views'" -c "SELECT count(*) FROM webhook_status()")" "0
1
0" "so are the reports, which look at no unlogged table"
is "$(standby -c "SELECT track_listing_view('00000000-0000-4000-8000-0000000000a1')" | sed -n 's/^ERROR: *//p')" "cannot execute INSERT in a read-only transaction" "views are not recorded there"

done_testing
