#!/bin/bash
# Shops made by CREATE DATABASE ... TEMPLATE: each gives out numbers of its own, also when its first transactions meet; a dump
# that is restored, and a copy that has orders, go on with the numbers of the original. What a small shop takes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/restore.bash

template=driplo_template scratch=$(mktemp -d)
copies="driplo_copy_a driplo_copy_b driplo_copy_c driplo_copy_d"
shops=3
[ -z "${DRIPLO_LONG:-}" ] || shops=100
drop_all() {
    for database in $template $copies $(seq -f "driplo_small_%g" $shops); do dropdb --if-exists "$database" 2>/dev/null; done
    rm -rf "$scratch"
}
trap drop_all EXIT
sql() { psql -X -q -At -v ON_ERROR_STOP=1 "$@"; }
numbers() { sql -d "$1" -c "SELECT string_agg(substr(generate_order_number(), 14), ' ') FROM generate_series(1, ${2:-5})"; }
keys() { sql -d "$1" -c "SELECT string_agg(name, ' ' ORDER BY name) FROM driplo_secrets"; }

dropdb --if-exists $template 2>/dev/null
{ make_home $template plain public; } >"$scratch/log" 2>&1
ok $? "there is a shop without orders"
[ ! -s "$scratch/log" ] || sed 's/^/#   /' "$scratch/log"
sql -d $template -c "SELECT tests.sign_up('staff@example.org')" >/dev/null
token="SELECT private.sealed('test', 'value')"
sealed=$(sql -d $template -c "$token")
createdb -T $template driplo_copy_a && createdb -T $template driplo_copy_b
ok $? "two are copied from it"

# at once, as the first requests of a new shop come
for i in 1 2 3 4; do numbers driplo_copy_a 20 >"$scratch/a.$i" & done
wait
numbers driplo_copy_b 80 >"$scratch/b"
a=$(cat "$scratch"/a.* | tr ' ' '\n' | sort) b=$(tr ' ' '\n' <"$scratch/b" | sort)
is "$(wc -l <<<"$a") $(uniq <<<"$a" | wc -l)" "80 80" "sessions that come at once draw different numbers"
[ "$(comm -12 <(echo "$a") <(echo "$b") | wc -l)" -lt 5 ]
ok $? "which are not those of the other copy"
is "$(keys driplo_copy_a), $(keys driplo_copy_b), $(keys $template)" "copy_order_number order_number, copy_order_number order_number, order_number" \
    "each has a key of its own, made at the first number"
is "$(sql -d driplo_copy_a -c "$token")" "$sealed" "what the shop has signed before stays valid"
first=$(numbers $template 80 | tr ' ' '\n' | sort)
[ "$(comm -12 <(echo "$a") <(echo "$first") | wc -l)" -lt 5 ] && [ "$(comm -12 <(echo "$b") <(echo "$first") | wc -l)" -lt 5 ]
ok $? "nor those of the template"
is "$(keys $template)" order_number "which keeps its key"

# A transaction that is rolled back takes the key along; the next one makes another.
createdb -T $template driplo_copy_c
sql -d driplo_copy_c -c "BEGIN" -c "SELECT generate_order_number()" -c "ROLLBACK" >/dev/null
is "$(keys driplo_copy_c)" order_number "a first order that fails leaves no key"
numbers driplo_copy_c 1 >/dev/null
is "$(keys driplo_copy_c)" "copy_order_number order_number" "and the next one makes it"
dropdb driplo_copy_c

# With orders
sale() { sql -d "$1" <<'SQL'
SET search_path = public, tests;
SELECT tests.sign_up('ann@example.org') AS ann, tests.sign_up('ben@example.org') AS ben \gset
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (:'ann', :'ben', 10, 10);
SQL
}
sale driplo_copy_a
ok $? "one sells something"
createdb -T driplo_copy_a driplo_copy_c
expected=$(sql -d driplo_copy_a -c "BEGIN" -c "SELECT generate_order_number()" -c "ROLLBACK")
is "$(numbers driplo_copy_c 1)" "${expected:13}" "a copy of it goes on with its numbers"
pg_dump -Fc -f "$scratch/dump" driplo_copy_b && createdb driplo_copy_d -T template0 && pg_restore --exit-on-error -d driplo_copy_d "$scratch/dump"
ok $? "a shop that has given out numbers is dumped and restored"
sale driplo_copy_b
pg_dump -Fc -f "$scratch/dump" driplo_copy_b && dropdb driplo_copy_d && createdb driplo_copy_d -T template0 && pg_restore --exit-on-error -d driplo_copy_d "$scratch/dump"
ok $? "and one with orders"
expected=$(sql -d driplo_copy_b -c "SELECT generate_order_number()")
is "$(numbers driplo_copy_d 1)" "${expected:13}" "which goes on with its numbers too"
is "$(sql -d driplo_copy_d -c "SELECT item FROM installation_report() WHERE NOT ok" -c "SELECT * FROM check_integrity()")" "" "and its reports find nothing"

# Small shops beside each other
started=$EPOCHREALTIME
for i in $(seq $shops); do createdb -T $template "driplo_small_$i"; done
ok $? "$shops small shops"
awk -v seconds="$(echo "$EPOCHREALTIME $started" | awk '{ print $1 - $2 }')" -v shops=$shops -v bytes="$(sql -d postgres -c "SELECT sum(pg_database_size(datname)) FROM pg_database WHERE datname LIKE 'driplo_small_%'")" \
    'BEGIN { printf "# %d databases, %.1f s and %.1f MB each\n", shops, seconds / shops, bytes / shops / 1048576 }'
done_testing
