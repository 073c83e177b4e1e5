#!/bin/bash
# Every function of the extension is called at random, by everybody and with anything: no crash, no internal error.
# DRIPLO_LONG=1 does it for minutes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_random_calls
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }
trap 'dropdb --if-exists $database' EXIT
rounds=40
[ -z "${DRIPLO_LONG:-}" ] || rounds=4000
seed=${DRIPLO_SEED:-0.$((RANDOM % 1000))}
echo "# seed $seed: DRIPLO_SEED=$seed repeats it"

{
    test/make-home $database plain public && { echo "SET search_path = public, tests;"; cat test/durability/populate.sql; } | sql
} >/dev/null 2>&1
ok $? "a shop is open"
postmaster=$(sql -c "SELECT pg_postmaster_start_time()")
found=$(sql -v rounds=$rounds -v seed="$seed" -f test/durability/random_calls.sql -c "
    SELECT 'calls ' || count(*) || ', functions ' || count(DISTINCT signature) || ' of ' || (SELECT count(*) FROM target) FROM outcome;
    SELECT '# ' || sqlstate || ' ' || count(*) FROM outcome GROUP BY sqlstate ORDER BY 1;
    SELECT 'internal error: ' || signature || ' ' || sqlstate || ' ' || message || ' by ' || max(call) FROM outcome
     WHERE sqlstate ~ '^XX' OR sqlstate IN ('P0004', '0A000') AND message ~ 'unrecognized|unexpected' GROUP BY signature, sqlstate, message" 2>&1)
ok $? "calls at random"
echo "$found" | sed 's/^\([^#]\)/# \1/'
is "$(grep -c '^calls' <<<"$found")" 1 "come to their end"
is "$(grep '^internal error' <<<"$found")" "" "no call ends in an internal error"
is "$(psql -X -At -d $database -c "SELECT pg_postmaster_start_time()")" "$postmaster" "no backend has crashed"
is "$(sql -c "SELECT item FROM installation_report() WHERE NOT ok")" "" "and everything is still there"
done_testing
