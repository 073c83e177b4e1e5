#!/bin/bash
# What accounts must not lose: an export is whole after the server was killed at any time while it was made; and a rate limit is exact
# with 32 sessions of an account at once, and open after a crash.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash

kills=6 rows=60000
[ -z "${DRIPLO_LONG:-}" ] || { kills=40 rows=200000; }
shop=driplo_accounts
on_shop() { on first sql -d $shop "$@"; }
make_cluster first "max_connections = 60" "fsync = off" "log_min_messages = fatal" && start first
ok $? "a server starts"
{
    on first createdb -T template0 -E UTF8 $shop && on_shop -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" -f test/fixtures/helpers.sql -v rows=$rows -f - <<'SQL'
SELECT tests.sign_up('anna@accounts.example') AS anna, tests.sign_up('ben@accounts.example') AS ben \gset
CREATE TABLE tests.person AS SELECT :'anna'::uuid AS anna, :'ben'::uuid AS ben;
INSERT INTO auth_login_history (user_id, user_agent) SELECT :'anna', 'agent ' || n FROM generate_series(1, :rows) n;
INSERT INTO conversations (buyer_id, seller_id) VALUES (:'anna', :'ben');
GRANT SELECT ON tests.person TO PUBLIC;
GRANT USAGE ON SCHEMA tests TO PUBLIC;
SELECT request_data_export(:'anna');
SQL
} >"$clusters/log" 2>&1
ok $? "somebody asks for an export"

# One who makes it, and comes again whenever the server does; and one who kills: a session in the middle of its work, or the whole server.
while [ ! -e "$clusters/made" ]; do
    on first psql -X -q -At -d $shop -c "SET ROLE service_role" -c "SELECT make_data_exports(1)" >/dev/null 2>&1 || sleep 0.1
done &
maker=$!
killed=0
for _ in $(seq $kills); do
    sleep "0.$((RANDOM % 6 + 2))"
    pid=$(on_shop -c "SELECT pid FROM pg_stat_activity WHERE query LIKE '%make_data_exports%' AND pid <> pg_backend_pid() AND state = 'active' LIMIT 1" 2>/dev/null)
    [ -n "$pid" ] && kill -9 "$pid" 2>/dev/null && killed=$((killed + 1))
    for _ in $(seq 100); do on_shop -c "SELECT 1" >/dev/null 2>&1 && break; sleep 0.1; done
done
stop first immediate && start first
ok $? "it was killed $killed times, and the server stopped at once"
for _ in $(seq 1200); do
    [ "$(on_shop -c "SELECT status FROM data_exports" 2>/dev/null)" = ready ] && break
    sleep 0.1
done
touch "$clusters/made"
wait $maker
is "$(on_shop -c "SELECT status FROM data_exports")" ready "the export is ready"
is "$(on_shop -c "SELECT count(*), count(DISTINCT r ->> 'user_agent'), sum(n_rows) FILTER (WHERE o = 1) FROM data_export_parts p, jsonb_array_elements(p.body) WITH ORDINALITY AS r (r, o) WHERE p.part = 'sign_ins'")" \
    "$rows|$rows|$rows" "each row is in it, once"
is "$(on_shop -c "SELECT count(*) FROM (SELECT part, ordinal, row_number() OVER (PARTITION BY part ORDER BY ordinal) - 1 AS place FROM data_export_parts) x WHERE ordinal <> place")" 0 "and no piece is missing"

# 32 sessions of one account, each of which writes ten messages: thirty are there
on_shop -c "SELECT set_rate_limit('messages', 30, 31622400)" -c "TRUNCATE rate_limits" >/dev/null
cat >"$clusters/write.sql" <<'SQL'
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', anna, 'role', 'authenticated')::text, false) FROM tests.person \g /dev/null
SET ROLE authenticated;
SQL
for _ in $(seq 10); do echo "INSERT INTO messages (conversation_id, sender_id, content) SELECT c.id, anna, 'x' FROM conversations c, tests.person;"; done >>"$clusters/write.sql"
for _ in $(seq 32); do
    on first psql -X -q -At -d $shop -v VERBOSITY=sqlstate -f "$clusters/write.sql" >>"$clusters/answers" 2>&1 &
done
wait
is "$(on_shop -c "SELECT count(*) FROM messages")" 30 "32 sessions write as many as are allowed, and not one more"
is "$(grep -c MK015 "$clusters/answers")" 290 "the other 290 are refused"
is "$(grep -vc MK015 "$clusters/answers")" 0 "and nothing else goes wrong"
is "$(on_shop -c "SELECT count(*) FROM rate_limits")" 1 "one row counts them"
stop first immediate && start first
is "$(on_shop -c "SELECT count(*) FROM rate_limits")" 0 "a crash empties it"
is "$(on first psql -X -q -At -d $shop -f "$clusters/write.sql" 2>&1)$(on_shop -c "SELECT count(*) FROM messages")" 40 "and then everything is allowed again"
done_testing
