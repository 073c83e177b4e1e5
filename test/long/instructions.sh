#!/bin/bash
# test/long/instructions.sh [--write]: how many instructions of the processor an order takes, counted by callgrind in a server of one
# process. They do not depend on how busy the machine is, so one in twenty more than test/long/instructions.tsv says fails. They do
# depend on the server and the compiler: with others than those of the file nothing is compared. --write writes the file.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash

written=test/long/instructions.tsv
if ! command -v valgrind >/dev/null; then
    ok 1 "valgrind is installed"
    done_testing
fi
chmod 755 "$clusters"
make_cluster counted "fsync = off" "autovacuum = off" "max_wal_size = 4GB" && start counted
ok $? "a server starts"
on_shop() { on counted sql -d shop "$@"; }
{ on counted createdb shop && on_shop -v buyers=2000 -v sellers=200 -v listings=4000 -v orders=5000 -f bench/shop.sql -f bench/sale/peers.sql -c "VACUUM ANALYZE"; } >"$clusters/log" 2>&1
ok $? "a shop is open" || cat "$clusters/log"
. bench/sale/scripts.bash

few=15 many=45
# of ORDERS orders, after those of the buyers before FROM
count() { # FROM ORDERS
    {
        echo "SET ROLE authenticated"
        for ((i = $1; i < $1 + $2; i++)); do
            echo "SELECT set_config('request.jwt.claim.sub', md5('buyer' || $i)::uuid::text, false)"
            echo "SELECT * FROM checkout(md5('address' || $i)::uuid)"
        done
    } >"$clusters/input"
    (cd "$clusters" && "${as_server[@]}" valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin/postgres" --single -D "$clusters/counted/data" shop <"$clusters/input" >"$clusters/output" 2>&1)
    [ "$(grep -c 'order_number = ' "$clusters/output")" = "$2" ] || { cat "$clusters/output" >&2; return 1; }
    sed -n 's/.*Collected : //p' "$clusters/output"
}
an_order() { # LINES, last=yes: of pieces that are the last
    local of_few of_many
    on_shop -c "$(fill driplo 1 200 "$1")" -c "VACUUM ANALYZE cart_items" && stop counted || return
    of_few=$(count 1 $few) && of_many=$(count $((1 + few)) $many) || return
    start counted
    echo $(((of_many - of_few) / (many - few)))
}
found=$(
    for what in "1 no" "3 no" "3 yes"; do
        read -r lines last <<<"$what"
        [ "$last" = yes ] || last=
        printf 'an order of %s%s\t%s\n' "$lines line$([ "$lines" = 1 ] || echo s)" "${last:+, each the last piece}" "$(an_order "$lines")"
    done
)
here="$(on counted sql -d postgres -c "SHOW server_version"), $(g++ -dumpfullversion)"
if [ "${1:-}" = --write ]; then
    printf '%s\n%s\n' "$here" "$found" >$written
    cat $written
fi
if [ "$(head -n 1 $written)" = "$here" ]; then
    while IFS=$'\t' read -r what instructions; do
        was=$(awk -F '\t' -v what="$what" '$1 == what { print $2 }' $written)
        echo "# $what: $instructions, written $was"
        [ "${instructions:-0}" -gt 0 ] && [ $((instructions * 100)) -le $((was * 105)) ]
        ok $? "$what: at most a twentieth more than was written"
    done <<<"$found"
else
    echo "# $(head -n 1 $written) is what the file is of, and here is $here"
    printf '# %s\n' "$found"
fi
done_testing
