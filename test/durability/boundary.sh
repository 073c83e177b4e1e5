#!/bin/bash
# The border between C++ and the server, with the extension of test/boundary in a database of its own.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_boundary_test
scratch=$(mktemp -d)
trap 'dropdb --if-exists $database; rm -rf "$scratch"' EXIT
dropdb --if-exists $database 2>/dev/null
createdb -T template0 -E UTF8 $database
run() { psql -X -q -At -d $database "$@"; }

run -v ON_ERROR_STOP=1 -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" \
    -c "CREATE EXTENSION pgtap" -c "CREATE EXTENSION driplo_boundary" || { ok 1 "the extension of test/boundary can be created"; done_testing; }

for part in errors memory; do
    run -v ON_ERROR_STOP=1 -f test/boundary/$part.sql >"$scratch/$part" 2>"$scratch/$part.err"
    ok $? "test/boundary/$part.sql runs to its end"
    # the same lines with this script's numbers
    while IFS= read -r line; do
        case $line in
            "ok "*) ok 0 "$part: ${line#* - }" ;;
            "not ok "*) ok 1 "$part: ${line#* - }" ;;
            "1.."*) ;;
            "# Looks like"*) ok 1 "$part: ${line#\# }" ;;
            *) echo "${line:+#   ${line#\# }}" ;;
        esac
    done <"$scratch/$part"
    is "$(grep -v '^$' "$scratch/$part.err" | grep -vE 'NOTICE:|^DETAIL:|^drop cascades' | head -n 5)" "" "test/boundary/$part.sql runs without a warning"
done

# Errors that nobody catches end the statement, or the transaction up to its savepoint
{
    for i in $(seq 500); do echo "SELECT boundary_throw('core'); SELECT boundary_run('SELECT 1/0');"; done
    echo "SELECT boundary_allocated() AS before \\gset"
    for i in $(seq 5000); do echo "SELECT boundary_throw('core'); SELECT boundary_run('SELECT 1/0');"; done
    echo "SELECT boundary_allocated() - :before < 1000000, boundary_live_objects();"
} >"$scratch/uncaught.sql"
is "$(run -f "$scratch/uncaught.sql" 2>"$scratch/uncaught.err")" "t|0" "5,000 errors of each kind outside of any block leave nothing behind"
is "$(grep -c 'ERROR:' "$scratch/uncaught.err")" 11000 "and each of them was an error"
is "$(grep -c 'WARNING' "$scratch/uncaught.err")" 0 "and none of them came with a warning"

is "$(run 2>/dev/null <<'SQL'
CREATE TABLE kept (id integer PRIMARY KEY);
BEGIN;
SELECT boundary_run('INSERT INTO kept VALUES (1)');
SAVEPOINT here;
SELECT boundary_run('INSERT INTO kept VALUES (2)'), boundary_throw('core');
ROLLBACK TO here;
SELECT boundary_run('INSERT INTO kept VALUES (3)');
SELECT boundary_run('INSERT INTO kept VALUES (1)');
ROLLBACK TO here;
SELECT boundary_run('INSERT INTO kept VALUES (4)'), boundary_live_objects();
COMMIT;
SELECT string_agg(id::text, ' ' ORDER BY id) FROM kept;
SQL
)" "1
1
1|0
1 4" "a savepoint takes back what C++ did after it, and nothing else"

done_testing
