#!/bin/bash
# test/long/instructions.sh [--write]: how many instructions of the processor an order takes, and an order that a job ends, counted by
# callgrind in a server of one process. They do not depend on how busy the machine is, so one in twenty more than test/long/instructions.tsv says fails. They do
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

# What such a server takes for the statements of its input; fails unless it answers so many times with this.
count() { # TIMES ANSWER
    (cd "$clusters" && "${as_server[@]}" valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin/postgres" --single -D "$clusters/counted/data" shop <"$clusters/input" >"$clusters/output" 2>&1)
    [ "$(grep -c "$2" "$clusters/output")" = "$1" ] || { cat "$clusters/output" >&2; return 1; }
    sed -n 's/.*Collected : //p' "$clusters/output"
}
few=15 many=45
# of ORDERS orders, after those of the buyers before FROM
buy() { # FROM ORDERS
    echo "SET ROLE authenticated"
    for ((i = $1; i < $1 + $2; i++)); do
        echo "SELECT set_config('request.jwt.claim.sub', md5('buyer' || $i)::uuid::text, false)"
        echo "SELECT * FROM checkout(md5('address' || $i)::uuid)"
    done
}
an_order() { # LINES, last=yes: of pieces that are the last
    local of_few of_many
    on_shop -c "$(fill driplo 1 200 "$1")" -c "VACUUM ANALYZE cart_items" && stop counted || return
    buy 1 $few >"$clusters/input" && of_few=$(count $few 'order_number = ') &&
        buy $((1 + few)) $many >"$clusters/input" && of_many=$(count $many 'order_number = ') || return
    start counted
    echo $(((of_many - of_few) / (many - few)))
}
# an order of a job that has done SOME, and then a HUNDRED more
some=20 hundred=120
an_end() { # FUNCTION
    local of_few of_many
    stop counted
    printf 'SET ROLE service_role\nSELECT %s(%d)\n' "$1" $some >"$clusters/input" && of_few=$(count 1 "$1 = \"$some\"") &&
        printf 'SET ROLE service_role\nSELECT %s(%d)\n' "$1" $hundred >"$clusters/input" && of_many=$(count 1 "$1 = \"$hundred\"") || return
    start counted
    echo $(((of_many - of_few) / (hundred - some)))
}
# 300 orders of one line that are paid for, and as many that are not
open_orders() {
    on_shop -c "$(fill driplo 201 800 1)" -c "SET ROLE authenticated" -f - <<'SQL'
DO $$
BEGIN
    FOR i IN 201..800 LOOP
        PERFORM set_config('request.jwt.claim.sub', md5('buyer' || i)::uuid::text, true);
        PERFORM checkout(md5('address' || i)::uuid);
    END LOOP;
END $$;
RESET ROLE;
UPDATE orders SET status = 'paid' WHERE buyer_id IN (SELECT md5('buyer' || i)::uuid FROM generate_series(201, 500) i) AND status = 'pending_payment';
UPDATE orders SET status = 'shipped', shipped_at = now() - interval '40 days' WHERE status = 'paid';
UPDATE orders SET created_at = now() - interval '40 days' WHERE status IN ('pending_payment', 'shipped');
VACUUM ANALYZE;
SQL
}
# the clock goes on to the next step of what was delivered
later() { on_shop -c "UPDATE orders SET delivered_at = delivered_at - interval '15 days' WHERE status IN ('delivered', 'completed') AND shipped_at IS NOT NULL" -c "VACUUM ANALYZE"; }
found=$(
    for what in "1 no" "3 no" "3 yes"; do
        read -r lines last <<<"$what"
        [ "$last" = yes ] || last=
        printf 'an order of %s%s\t%s\n' "$lines line$([ "$lines" = 1 ] || echo s)" "${last:+, each the last piece}" "$(an_order "$lines")"
    done
    open_orders >&2 || exit
    printf 'expire_unpaid_orders(), an order\t%s\n' "$(an_end expire_unpaid_orders)"
    printf 'deliver_overdue_orders(), an order\t%s\n' "$(an_end deliver_overdue_orders)"
    later >&2
    printf 'complete_overdue_orders(), an order\t%s\n' "$(an_end complete_overdue_orders)"
    printf 'release_seller_funds(), an order\t%s\n' "$(an_end release_seller_funds)"
)
here="$(on counted sql -d postgres -c "SHOW server_version"), $(g++ -dumpfullversion)"
if [ "${1:-}" = --write ]; then
    printf '%s\n%s\n' "$here" "$found" >$written
    cat $written
fi
if [ "$(head -n 1 $written)" = "$here" ]; then
    while IFS=$'\t' read -r what instructions; do
        was=$(awk -F '\t' -v what="$what" '$1 == what { print $2 }' $written)
        echo "# $what: ${instructions:-not counted}, written ${was:=0}"
        [ "${instructions:-0}" -gt 0 ] && [ $((instructions * 100)) -le $((was * 105)) ]
        ok $? "$what: at most a twentieth more than was written"
    done <<<"$found"
else
    echo "# $(head -n 1 $written) is what the file is of, and here is $here"
    printf '# %s\n' "$found"
fi
done_testing
