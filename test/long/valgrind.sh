#!/bin/bash
# The library as it is shipped, in a server under valgrind: the regression tests, the pgTAP tests but those that only
# read the catalog or repeat the same calls thousands of times, and calls at random. Each function in C++ is called.
# Prints what they print; the plan at the end counts this script's own lines only.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash
. test/fixtures/tree.bash

if ! command -v valgrind >/dev/null; then
    ok 1 "valgrind is installed"
    done_testing
fi
cp test/long/valgrind.supp "$clusters/" && chmod 755 "$clusters" "$clusters/valgrind.supp"
cat >"$clusters/server" <<SH
#!/bin/sh
exec valgrind --quiet --trace-children=yes --leak-check=no --error-limit=no --num-callers=30 --suppressions=$clusters/valgrind.supp \
    --log-file=$clusters/valgrind.%p.log $bin/postgres "\$@"
SH
chmod 755 "$clusters/server"
# autovacuum would run index expressions and what they call in processes of its own, and compete for the time; loading the
# server's JIT makes the C library's loader read beyond a string, and there is nothing of ours in it
make_cluster slow "max_connections = 60" "max_prepared_transactions = 4" "fsync = off" "autovacuum = off" "jit = off" "track_functions = all" &&
    program pg_ctl slow start -p "$clusters/server" -w -t 300 -l "$clusters/slow/log" >/dev/null
ok $? "a server starts under valgrind"
started=$(on slow sql -d postgres -c "SELECT pg_postmaster_start_time()")

all() {
    local name=$1
    shift
    "$@" 2>&1 </dev/null
    ok $? "$name"
}
# in a copy, because it writes what it found beside the tests
copy_tree "$clusters/tree" && (cd "$clusters/tree" && all "pg_regress" on slow make -s installcheck ISOLATION=)

files=$(find test/pgtap -name '*.sql' | LC_ALL=C sort | grep -vE '/(.*/schema|schema/(whole|functions)|rights/(matrix|definer_.*)|reports/advisor|hostile/(input|surroundings)|defects/.*|payments/permutations)\.sql')
on slow test/make-home plain_public plain public >"$clusters/log" 2>&1
ok $? "driplo is installed"
# shellcheck disable=SC2086
all "pgTAP tests" on slow pg_prove --verbose --dbname plain_public $files
all "calls at random" on slow env DRIPLO_LONG= bash test/durability/random_calls.sh

# Each function in C++ that the extension has, by the statistics of this database.
never=$(
    for _ in $(seq 20); do
        left=$(on slow sql -d plain_public -c "
            SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
              JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo' JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'c'
              LEFT JOIN pg_stat_user_functions s ON s.funcid = p.oid WHERE coalesce(s.calls, 0) = 0 ORDER BY 1")
        [ -z "$left" ] && break
        sleep 1 # a session's counters arrive a little after its end
    done
    echo "$left"
)
is "$never" "" "each function in C++ was called"
is "$(on slow sql -d postgres -c "SELECT pg_postmaster_start_time()")" "$started" "no process of the server has crashed"
stop slow
ok $? "the server ends"

cat "$clusters"/valgrind.*.log | sed 's/^==[0-9]*== \{0,1\}//' >"$clusters/reports"
is "$(grep -c '^   at ' "$clusters/reports")" 0 "valgrind reports nothing"
head -n 100 "$clusters/reports" | sed 's/^/#   /'
done_testing
