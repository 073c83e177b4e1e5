#!/bin/bash
# Every block of commands in docs/operations.md and UPGRADING.md is run as it stands there, one after the other, by a superuser on
# a server of its own with a populated database called shop; and then the rest of what the pages say of the blocks' results.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash
. test/fixtures/restore.bash

version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" driplo.control)
work=$clusters/work
mkdir "$work"
{
    make_cluster here "fsync = off" "max_connections = 60" && start here && on here make_home shop plain public &&
        { echo "SET search_path = public, tests;"; sed "/^-- The owner's own/,\$d" test/durability/populate.sql; echo "SELECT run_jobs() \g /dev/null"; } | on here sql -d shop
} >"$clusters/log" 2>&1 && on here sql -d shop -c "ALTER DATABASE shop SET driplo.platform_fee_percent = 12" -c "ALTER DATABASE shop SET driplo.fee_payer = 'seller'"
started=$?
ok $started "a server with a shop starts"
[ $started -eq 0 ] || { sed 's/^/#   /' "$clusters/log"; done_testing; }

# Block N of a page is in PAGE.N.sh or PAGE.N.sql.
for page in docs/operations.md UPGRADING.md; do
    awk -v place="$work/$(basename "$page" .md)" '
        /^```(sh|sql)$/ { file = place "." sprintf("%02d", ++n) "." substr($0, 4); next }
        /^```/ { file = ""; next }
        file { print > file }' "$page"
done
run() { # FILE: what it prints is kept
    case $1 in
        *.sh) (cd "$work" && on here env PATH="$bin:$PATH" bash -euo pipefail "$1") ;;
        *) on here psql -X -q -At -v ON_ERROR_STOP=1 -d shop -f "$1" ;;
    esac >"$1.out" 2>&1 </dev/null
}
blocks=0
for page in operations UPGRADING; do
    for file in "$work/$page".[0-9]*.s*; do
        blocks=$((blocks + 1))
        run "$file"
        ok $? "$page: $(grep -m 1 -v '^--' "$file")"
        is "$(grep -E 'ERROR|FATAL|WARNING|warning|failed' "$file.out" | grep -v 'circular foreign-key')" "" "and says nothing that worries"
    done
done
[ $blocks -ge 11 ]
ok $? "$blocks blocks were found"

# Somebody signs up and buys.
sells() { # CLUSTER DATABASE NAME
    is "$(
        {
            echo "SET search_path = public, tests;"
            sale after@example.org
            echo "SELECT status, total_amount, (SELECT count(*) FROM orders o WHERE o.order_number = bought.order_number) FROM orders bought WHERE id = :'bought';"
        } | on "$1" sql -d "$2" 2>&1
    )" "pending_payment|20.00|1" "$3 goes on selling"
}
data_of() { on here data "$1" | LC_ALL=C sort; }
# The shop has been altered by a block that makes a role only; copies are of before it.
for copy in shop_copy shop_fresh shop_trial; do
    data_of shop | grep -v 'pg_catalog.setval' >"$clusters/expected"
    data_of $copy | grep -v 'pg_catalog.setval' >"$clusters/found"
    same_file "$clusters/found" "$clusters/expected" "$copy has the data of the shop"
    # one of the blocks has installed amcheck into the shop
    on here snapshot $copy | grep -vE 'amcheck|bt_index_|gin_index_|verify_heapam' >"$clusters/found"
    on here snapshot shop | grep -vE 'amcheck|bt_index_|gin_index_|verify_heapam' >"$clusters/expected"
    if [ $copy = shop_fresh ]; then # it lacks the helpers
        is "$(on here sql -d $copy -c "SELECT * FROM check_integrity()" -c "SELECT item FROM installation_report() WHERE NOT ok")" "" "$copy is whole"
    else
        same_file "$clusters/found" "$clusters/expected" "$copy has the catalog of the shop"
    fi
done
is "$(on here sql -d shop_copy -c "SELECT last_value > 1000 FROM order_number_seq")" t "shop_copy's order numbers are beyond the shop's"
is "$(on here sql -d shop_copy -c "SELECT driplo_version() IS NOT NULL" -c "SHOW driplo.platform_fee_percent" -c "SELECT source FROM pg_settings WHERE name = 'driplo.fee_payer'")" "t
12
database" "shop_copy has the settings"
sells here shop_copy "shop_copy"
is "$(grep -lE '^[^0]' "$work"/operations.*.sql.out | xargs -r cat | grep -vE "^(0|$version)$")" "" "what to watch returns nothing in a shop that is well"

# who makes the dumps
on here pg_dump -U shop_backup -Fc -f "$clusters/by_backup" shop
ok $? "the role for backups can make one"
on here sql -d postgres -c "DROP DATABASE IF EXISTS shop_copy" -c "CREATE DATABASE shop_copy TEMPLATE template0" && on here pg_restore --exit-on-error -d shop_copy "$clusters/by_backup"
ok $? "which can be restored"
data_of shop >"$clusters/expected"
data_of shop_copy >"$clusters/found"
same_file "$clusters/found" "$clusters/expected" "with every row"

# a dump restored without rights
on here sql -d postgres -c "CREATE DATABASE shop_bare TEMPLATE template0" && on here pg_restore --no-privileges --no-owner --exit-on-error -d shop_bare "$work/shop.dump"
ok $? "the dump is restored without rights and owners"
is "$(on here sql -d shop_bare -c "SELECT driplo_migrate() = driplo_version()" -c "SELECT item FROM installation_report() WHERE NOT ok" -c "SELECT * FROM security_advisor()" -c "SELECT * FROM check_integrity()")" t \
    "after driplo_migrate() it is whole and closed"
sells here shop_bare "it"

# a schema that was renamed
on here sql -d shop_bare -c "ALTER SCHEMA public RENAME TO market" -c "SET client_min_messages = warning" -c "DROP EXTENSION driplo CASCADE" -c "CREATE EXTENSION driplo SCHEMA market"
ok $? "where the schema was renamed, driplo is dropped and made again"
is "$(
    on here sql -d shop_bare <<'SQL'
SET search_path = market;
SELECT item FROM installation_report() WHERE NOT ok;
SELECT * FROM security_advisor();
SELECT * FROM check_integrity();
INSERT INTO auth.users (email) VALUES ('renamed@example.org');
SELECT p.username, p.id = u.id FROM profiles p JOIN auth.users u USING (email) WHERE email = 'renamed@example.org';
SQL
)" "renamed|t" "and is whole, and people sign up"

# a check that takes long says how far it is
is "$(
    on here sql -d shop_bare 2>&1 <<'SQL'
SET search_path = market;
BEGIN;
CREATE OR REPLACE FUNCTION private.integrity_of_catalog() RETURNS TABLE (rule text, object text, detail text) LANGUAGE sql STABLE
    AS $$ SELECT 'slow', 'rows', 'of it' FROM pg_sleep(10) $$;
SET LOCAL client_min_messages = notice;
SELECT * FROM check_integrity();
ROLLBACK;
SQL
)" 'NOTICE:  checked 4 of 21 parts, the last one "catalog"
slow|rows|of it' "and a long check says how far it is"

# the copy of the whole server, which pg_basebackup made
chown -R --reference="$clusters/here/data" "$work/base" && mkdir "$clusters/second" && mv "$work/base" "$clusters/second/data" && chown --reference="$clusters/here/data" "$clusters/second" &&
    sed -i "s#$clusters/here'#$clusters/second'#" "$clusters/second/data/postgresql.conf" && start second
ok $? "the base backup starts"
is "$(on second sql -d shop -c "SELECT * FROM check_integrity()")" "" "and everything adds up in it"
sells second shop "the base backup"

done_testing
