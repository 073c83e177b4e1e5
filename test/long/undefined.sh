#!/bin/bash
# The library is built so that undefined behaviour ends the server, and all tests run that a server can run.
# Prints what they print; the plan at the end counts this script's own lines only.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash
. test/fixtures/tree.bash

tree=$clusters/tree stage=$clusters/stage
with_checks=(CC="gcc -fsanitize=undefined" CXX="g++ -fsanitize=undefined -fno-sanitize-recover=undefined")
{
    copy_tree "$tree" && mkdir -p "$tree/build/isolation" && cd "$tree" && make -s -j"$(nproc)" "${with_checks[@]}" && make -s install DESTDIR="$stage" "${with_checks[@]}" &&
        make -s -C test/boundary install DESTDIR="$stage" "${with_checks[@]}"
} >"$clusters/log" 2>&1
built=$?
ok $built "the library is built with UBSan"
[ $built -eq 0 ] || { tail -n 20 "$clusters/log" | sed 's/^/#   /'; done_testing; }
nm -D driplo.so | grep -oE '__ubsan_handle_.*' | grep -v builtin_unreachable >"$clusters/checks"
[ -s "$clusters/checks" ] && ! grep -v '_abort$' "$clusters/checks"
ok $? "and each of its checks ends the server"

mapfile -t extension_settings < <(stage_settings "$stage")
make_cluster checked "${extension_settings[@]}" "max_connections = 60" "max_prepared_transactions = 4" "fsync = off" && start checked
ok $? "a server with it starts"
started=$(on checked sql -d postgres -c "SELECT pg_postmaster_start_time()")
crashes() { grep -cE 'runtime error:|was terminated by signal' "$clusters/checked/log"; }

# The commands' own lines are counted by whoever counts ours.
all() {
    local name=$1
    shift
    "$@" 2>&1 </dev/null
    ok $? "$name"
}
all "pg_regress" on checked make -s installcheck ISOLATION=
all "isolation tests" on checked make -s installcheck REGRESS=
for home in "plain public" "supabase shop"; do
    read -r kind schema <<<"$home"
    on checked test/make-home "${kind}_$schema" "$kind" "$schema" >"$clusters/log" 2>&1
    ok $? "driplo is installed: $home"
    all "pgTAP tests, $home" on checked pg_prove --verbose --dbname "${kind}_$schema" test/pgtap/*/*.sql
done
all "the border between C++ and the server" on checked bash test/durability/boundary.sh
all "calls at random" on checked bash test/durability/random_calls.sh

is "$(crashes)" 0 "nothing has ended the server, or a part of it"
grep -E -A 3 'runtime error:|was terminated by signal' "$clusters/checked/log" | head -n 40 | sed 's/^/#   /'
is "$(on checked sql -d postgres -c "SELECT pg_postmaster_start_time()")" "$started" "it runs since the beginning"
done_testing
