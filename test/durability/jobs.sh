#!/bin/bash
# Jobs run by themselves: by the background worker, which comes again whatever ends it, is quiet on a standby and goes
# on after a promotion; by driplo_work() in a session; and by pg_cron. None of them holds a snapshot while it waits.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash

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
worker="SELECT pid FROM pg_stat_activity WHERE backend_type = 'driplo worker'"
due() { on_shop "$1" -c "UPDATE job_schedules SET next_run = now() WHERE job = 'expire_carts'"; }
carts() { # CLUSTER N: that many have expired
    on_shop "$1" -c "UPDATE shopping_carts SET expires_at = now() - interval '1 day' WHERE id IN (SELECT id FROM shopping_carts WHERE expires_at > now() LIMIT $2)"
}
expired="SELECT count(*) FROM shopping_carts WHERE expires_at < now()"
libraries=$(sh .ci/server library) has_cron=
if [ -e "$("$bin/pg_config" --pkglibdir)/pg_cron.so" ]; then
    libraries="pg_cron,$libraries" has_cron=yes
fi

make_cluster first "shared_preload_libraries = '$libraries'" "driplo.worker_database = '$shop'" "cron.database_name = 'driplo_cron'" "cron.host = '$clusters/first'" \
    "max_wal_senders = 4" "fsync = off" "log_min_messages = warning" && start first
started=$?
ok $started "a server starts whose worker has no database yet"
[ $started -eq 0 ] || { sed 's/^/#   /' "$clusters/first/log"; done_testing; }
{
    on first createdb -T template0 -E UTF8 $shop && on first sql -d postgres -c "ALTER DATABASE $shop SET default_transaction_isolation = 'repeatable read'" && on_shop first -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" -f test/fixtures/helpers.sql \
        -c "SELECT tests.sign_up('person' || n || '@jobs.example') FROM generate_series(1, 20) n"
} >"$clusters/log" 2>&1
ok $? "the database is made"
wait_for first "SELECT bool_and(last_outcome = 'done') AND count(*) > 5 FROM job_status()"
ok $? "and the worker runs every job"
is "$(on_shop first -c "SELECT count(*), bool_and(datname = '$shop') FROM pg_stat_activity WHERE backend_type = 'driplo worker'")" "1|t" "it is seen in pg_stat_activity, connected to that database"

if [ -n "$has_cron" ]; then
    {
        on first createdb -T template0 -E UTF8 driplo_cron && on first sql -d driplo_cron -c "SET client_min_messages = warning" -c "CREATE EXTENSION pg_cron" -c "CREATE SCHEMA \"My shop\"" \
            -c "CREATE EXTENSION driplo SCHEMA \"My shop\" CASCADE"
    } >"$clusters/log" 2>&1
    on_cron() { on first sql -d driplo_cron "$@"; }
    last_partition='SELECT max(oid::regclass::text) FROM pg_class WHERE relispartition AND relkind = '"'r' AND relname LIKE 'job_runs_from_%'"
    on_cron -c 'SELECT "My shop".driplo_partition('"'job_runs')" >"$clusters/log" 2>&1
    next_month=$(on_cron -c "$last_partition")
    on_cron -c "DROP TABLE $next_month" >>"$clusters/log" 2>&1
    [ -n "$next_month" ] && [ "$(on_cron -c "$last_partition")" != "$next_month" ]
    ok $? "a table there is partitioned, and has no partition of the next month"
    is "$(on first sql -d driplo_cron -c 'SELECT "My shop".schedule_with_pg_cron() = "My shop".schedule_with_pg_cron('"'* * * * *')" -c "SELECT jobname, schedule, command FROM cron.job")" \
        't
driplo|* * * * *|CALL "My shop".driplo_work(55)' "pg_cron gets one entry, however often it is asked for"
    # in public by name, its functions in a schema of their own
    is "$(on first sql -d driplo_cron -c 'SELECT object FROM "My shop".security_advisor() WHERE check_name = '"'extension_in_public' ORDER BY 1")" \
        "$(printf '%s\n' pg_trgm pgcrypto uuid-ossp)" "the advisor tells of the extensions whose functions clients can call, and not of it"
    # its name has to be quoted
    is "$(on_cron -c "SELECT count(*) > 100 FROM private.personal_data() WHERE private.personal_statement(part) IS NOT NULL")" t "what an export has is found in a schema of any name"
fi

on_shop first -c "DELETE FROM job_runs"
# by nothing but the call of who has committed it: the job is not due
on_shop first -c "SELECT set_job('deliver_events', interval '1 day')" -c "UPDATE job_schedules SET next_run = now() + interval '1 day' WHERE job = 'deliver_events'" >/dev/null
wait_for first "SELECT NOT EXISTS (SELECT FROM outbox_events)"
on_shop first -c "SELECT private.record_event('test.called', NULL, NULL)" >/dev/null
wait_for first "SELECT NOT EXISTS (SELECT FROM outbox_events)"
ok $? "an event is delivered because its commit wakes the worker"
on_shop first -c "BEGIN" -c "SELECT private.record_event('test.not', NULL, NULL)" -c "ROLLBACK" -c "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END'" \
    -c "CREATE TRIGGER refuse BEFORE DELETE ON outbox_events FOR EACH ROW EXECUTE FUNCTION refuse()" -c "SELECT private.record_event('test.refused', NULL, NULL)" >/dev/null
carts first 3 && due first
wait_for first "SELECT NOT EXISTS (SELECT FROM shopping_carts WHERE expires_at < now())"
ok $? "one that cannot be delivered does not keep the worker from its jobs"
on_shop first -c "DROP TRIGGER refuse ON outbox_events" -c "SELECT set_job('deliver_events', interval '1 second')" -c "DELETE FROM job_runs" >/dev/null
wait_for first "SELECT NOT EXISTS (SELECT FROM outbox_events)"
ok $? "and is delivered when that is over"
carts first 3 && due first
wait_for first "SELECT NOT EXISTS (SELECT FROM shopping_carts WHERE expires_at < now())"
ok $? "what is due is done within moments"
is "$(on_shop first -c "SELECT string_agg(concat_ws(' ', job, outcome, n), ', ') FROM job_runs")" "expire_carts done 3" "and is on record"

sleeping=0 holding=0
for _ in $(seq 30); do
    state=$(on_shop first -c "SELECT state = 'idle', backend_xmin IS NOT NULL OR backend_xid IS NOT NULL FROM pg_stat_activity WHERE backend_type = 'driplo worker'")
    [ "${state%|*}" = t ] && sleeping=$((sleeping + 1))
    [ "$state" = "t|t" ] && holding=$((holding + 1))
    sleep 0.05
done
ok $((sleeping < 10)) "the worker waits most of the time"
# the two are not read at one moment
ok $((holding > 3)) "and holds no snapshot and no transaction meanwhile"

# What a shop's trigger may do in a job

on_shop first <<'SQL'
CREATE TABLE seen (who text, of_session text);
GRANT ALL ON seen TO PUBLIC;
CREATE FUNCTION looks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE 'RESET ROLE';
    RETURN OLD;
EXCEPTION WHEN OTHERS THEN
    INSERT INTO public.seen VALUES (current_user, SQLERRM);
    RETURN OLD;
END $$;
CREATE TRIGGER looks BEFORE DELETE ON shopping_carts FOR EACH ROW EXECUTE FUNCTION looks();
SQL
carts first 1 && due first
wait_for first "SELECT NOT EXISTS (SELECT FROM shopping_carts WHERE expires_at < now())"
is "$(on_shop first -c "SELECT * FROM seen" -c "DROP TRIGGER looks ON shopping_carts" -c "SELECT rolsuper FROM pg_roles WHERE rolname = (SELECT who FROM seen)")" \
    'driplo_owner|cannot set parameter "role" within security-definer function
f' "a shop's trigger does not become the superuser that the worker connects as"

# Whatever ends it

first_worker=$(on_shop first -c "$worker")
on_shop first -c "SELECT pg_terminate_backend($first_worker)" >/dev/null
wait_for first "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'driplo worker' AND pid <> $first_worker)"
ok $? "a worker that is terminated comes again"

# only in this process, so that the next one is quick
slow_worker=$(on_shop first -c "$worker")
on_shop first <<SQL
CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM pg_sleep(60) WHERE pg_backend_pid() = $slow_worker; RETURN OLD; END \$\$;
CREATE TRIGGER slow BEFORE DELETE ON shopping_carts FOR EACH ROW EXECUTE FUNCTION slow();
DELETE FROM job_runs;
SQL
carts first 2 && due first
wait_for first "SELECT wait_event = 'PgSleep' FROM pg_stat_activity WHERE backend_type = 'driplo worker'"
ok $? "a job takes long"
kill -9 "$slow_worker"
wait_for first "SELECT NOT EXISTS (SELECT FROM shopping_carts WHERE expires_at < now())"
is "$?|$(on_shop first -c "SELECT string_agg(concat_ws(' ', job, outcome, n), ', ') FROM job_runs WHERE job = 'expire_carts'")" "0|expire_carts done 2" \
    "the worker is killed in it: it comes again, and does once what it had begun"
on_shop first -c "DROP TRIGGER slow ON shopping_carts"

# While rows come in that have no triggers yet

PGAPPNAME=pg_restore on first "$bin/psql" -X -q -d $shop -c "SELECT pg_sleep(4)" >/dev/null &
restoring=$!
wait_for first "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = 'pg_restore')"
carts first 1 && due first
sleep 2.5
is "$(on_shop first -c "$expired")" 1 "while pg_restore is connected, the worker lets everything be"
wait $restoring
wait_for first "SELECT NOT EXISTS (SELECT FROM shopping_carts WHERE expires_at < now())"
ok $? "and goes on afterwards"

# A session

on first "$bin/psql" -X -q -v ON_ERROR_STOP=1 -d $shop -c "SELECT set_job(job, enabled => job = 'expire_carts') FROM job_status()" -c "SELECT pg_reload_conf()" >/dev/null
on_shop first -c "UPDATE job_schedules SET next_run = now() + interval '1 hour'"
PGAPPNAME=session on first "$bin/psql" -X -q -v ON_ERROR_STOP=1 -d $shop -c "SET ROLE service_role" -c "CALL driplo_work(6, 100)" >"$clusters/session" 2>&1 &
session=$!
wait_for first "SELECT wait_event = 'Extension' FROM pg_stat_activity WHERE application_name = 'session'"
is "$(on_shop first -c "SELECT backend_xmin IS NULL AND backend_xid IS NULL FROM pg_stat_activity WHERE application_name = 'session'")" t "driplo_work() waits without a snapshot"
on_shop first -c "DELETE FROM job_runs" && carts first 2 && on_shop first -c "SELECT enqueue_job('expire_carts')" >/dev/null
wait_for first "SELECT count(*) = 1 FROM job_runs"
is "$?|$(on_shop first -c "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'session'")" "0|1" "what it has done is committed while it goes on"
wait $session
is "$?|$(cat "$clusters/session")" "0|" "and it ends by itself"
is "$(on first "$bin/psql" -X -q -At -d $shop -c "BEGIN; CALL driplo_work(0); COMMIT" 2>&1 | head -n 1)" "ERROR:  driplo_work() cannot run inside a transaction block" "a transaction block is no place for it"
on_shop first -c "DO 'BEGIN CALL driplo_work(0); END'"
ok $? "a DO block that may commit is"

# A standby

on_shop first -c "SELECT set_job(job, enabled => true) FROM job_status()" >/dev/null
{
    (cd "$clusters" && "${as_server[@]}" mkdir second && on first "${as_server[@]}" "$bin/pg_basebackup" -h "$clusters/first" -p 5432 -U "$superuser" -D "$clusters/second/data" -R -c fast) &&
        sed -i "s#$clusters/first'#$clusters/second'#" "$clusters/second/data/postgresql.conf" && start second
} >"$clusters/log" 2>&1
ok $? "a standby follows"
on_shop first -c "UPDATE job_schedules SET next_run = now() + interval '1 hour'" && carts first 2
lsn=$(on_shop first -c "SELECT pg_current_wal_lsn()")
wait_for second "SELECT pg_last_wal_replay_lsn() >= '$lsn'"
is "$(on_shop second -c "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'driplo worker'" -c "$expired")" "0
2" "it has no worker"
is "$(on_shop second -c "SELECT count(*) > 5 FROM job_status()")" t "but shows how the jobs stand"
if [ -n "$has_cron" ]; then
    wait_for_cron() {
        local i
        for i in $(seq 900); do
            [ "$(on first sql -d driplo_cron -c 'SELECT count(*) > 5 AND bool_and(last_outcome IS NOT DISTINCT FROM '"'done') FROM \"My shop\".job_status()")" = t ] && return 0
            sleep 0.1
        done
        return 1
    }
    wait_for_cron
    ok $? "pg_cron has run every job by now"
    is "$(on_cron -c "$last_partition")" "$next_month" "and made the partition of the next month"
fi
stop first
ok $? "the server stops although its worker runs"
program pg_ctl second promote -w >/dev/null
on_shop second -c "UPDATE job_schedules SET next_run = now() WHERE job = 'expire_carts'"
wait_for second "SELECT NOT EXISTS (SELECT FROM shopping_carts WHERE expires_at < now())"
ok $? "after the promotion its worker goes on"
is "$(on_shop second -c "SELECT n FROM job_runs WHERE job = 'expire_carts' ORDER BY started_at DESC LIMIT 1" -c "SELECT * FROM check_integrity()" -c "SELECT item FROM installation_report() WHERE NOT ok")" 2 "and all is well"

# The database is dropped under its worker, and made anew
on second sql -d postgres -c "DROP DATABASE $shop WITH (FORCE)" 2>"$clusters/log"
ok $? "DROP DATABASE WITH (FORCE) ends the worker"
is "$(on second sql -d postgres -c "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'driplo worker' AND datname IS NOT NULL")" 0 "which is connected to no database then"
on second createdb -T template0 -E UTF8 $shop && on_shop second -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" >"$clusters/log" 2>&1
wait_for second "SELECT bool_and(last_outcome = 'done') AND count(*) > 5 FROM job_status()"
ok $? "in a new one of the name it goes on, without a restart"
is "$(grep -c 'PANIC\|terminated by signal' "$clusters/second/log")" 0 "the server was not harmed"

done_testing
