#!/bin/bash
# A populated database is dumped and restored in every usual way, without any step of one's own: the copy has
# the same data and the same catalog, and goes on working. The same for DROP EXTENSION and CREATE EXTENSION.
set -uo pipefail
cd "$(dirname "$0")/../.."
. test/fixtures/tap.bash

original=driplo_dump_original copy=driplo_dump_copy
scratch=$(mktemp -d)
trap 'dropdb --if-exists $original; dropdb --if-exists $copy; rm -rf "$scratch"' EXIT
sql() { psql -X -q -v ON_ERROR_STOP=1 "$@"; }
fresh() { dropdb --if-exists "$1" 2>/dev/null && createdb -T template0 -E UTF8 "$1"; }

# What can be compared: \restrict holds a random word.
text() { pg_dump "$@" | grep -vE '^\\(un)?restrict '; }
data() { text -a "$1" 2>/dev/null; } # pg_dump warns of tables that refer to each other
snapshot() { sql -d "$1" -f test/durability/snapshot.sql; }

# goes_on DATABASE SCHEMA WAY: signing up, ordering and deleting an account work.
goes_on() {
    local new
    new=$(sql -At -d "$1" 2>&1 <<SQL
SET search_path = "$2", tests;
CREATE TEMP TABLE before AS SELECT order_number FROM orders;
CREATE TEMP TABLE signed_up AS SELECT tests.sign_up('after@example.org') AS id;
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount)
SELECT s.id, p.id, 1, 1 FROM signed_up s, profiles p WHERE p.username = 'person1' LIMIT 1;
CREATE TEMP TABLE found (username, carts, orders, history, seen, missing) AS
SELECT (SELECT username FROM profiles JOIN signed_up USING (id)),
       (SELECT count(*) FROM shopping_carts c JOIN signed_up s ON c.user_id = s.id),
       (SELECT count(*) FROM orders WHERE order_number NOT IN (SELECT order_number FROM before)),
       (SELECT count(*) FROM order_status_history h JOIN orders o ON o.id = h.order_id JOIN signed_up s ON s.id = o.buyer_id),
       (SELECT o.metadata ->> 'seen' FROM orders o JOIN signed_up s ON s.id = o.buyer_id),
       (SELECT count(*) FROM installation_report() WHERE NOT ok);
SELECT tests.delete_account(id) FROM signed_up \g /dev/null
SELECT f.*, (SELECT count(*) FROM orders o WHERE o.buyer_id IS NULL AND o.order_number NOT IN (SELECT order_number FROM before)) FROM found f;
SQL
)
    is "$new" "after|1|1|1|true|0|1" "$3: signing up, ordering and deleting an account go on"
}

# check WAY SCHEMA: the copy against the original. A restore that warns is not a clean one.
check() {
    local way=$1 schema=$2 status=$3
    ok "$status" "$way: the restore ends without an error"
    [ "$status" -eq 0 ] || sed 's/^/#   /' "$scratch/log" | head -n 20
    text $copy >"$scratch/copy.sql"
    same_file "$scratch/copy.sql" "$scratch/original.sql" "$way: the copy's dump is the original's"
    snapshot $copy >"$scratch/copy.catalog"
    same_file "$scratch/copy.catalog" "$scratch/original.catalog" "$way: the copy's catalog is the original's"
    goes_on $copy "$schema" "$way"
}

restore() {
    local way=$1 file=$scratch/dump
    rm -rf "$file"
    fresh $copy
    case $way in
        "psql")                  pg_dump -f "$file" $original && sql -d $copy -f "$file" ;;
        "psql -1")               pg_dump -f "$file" $original && sql -1 -d $copy -f "$file" ;;
        "pg_restore -1")         pg_dump -Fc -f "$file" $original && pg_restore -1 -d $copy "$file" ;;
        "pg_restore -j2")        pg_dump -Fc -f "$file" $original && pg_restore -j2 -e -d $copy "$file" ;;
        "directory, -j2 both")   pg_dump -Fd -j2 -f "$file" $original && pg_restore -j2 -e -d $copy "$file" ;;
        "--inserts")             pg_dump --inserts -f "$file" $original && sql -d $copy -f "$file" ;;
        "schema, then data with --disable-triggers")
            pg_dump -s -f "$file" $original && sql -d $copy -f "$file" &&
            pg_dump -a --disable-triggers -f "$file" $original 2>/dev/null && sql -d $copy -f "$file" ;;
        "section by section")
            pg_dump -Fc -f "$file" $original &&
            for section in pre-data data post-data; do pg_restore -e --section=$section -d $copy "$file" || return 1; done ;;
        "--clean over an installed one")
            make_home $copy "$kind" "$schema" && pg_dump --clean --if-exists -f "$file" $original && sql -d $copy -f "$file" ;;
    esac
}

# make_home DATABASE KIND SCHEMA: driplo, and the helpers for signing up.
make_home() {
    fresh "$1"
    [ "$2" = plain ] || sql -d "$1" -f test/fixtures/supabase.sql
    [ "$3" = public ] || sql -d "$1" -c "CREATE SCHEMA $3"
    sql -d "$1" -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo SCHEMA $3 CASCADE" -f test/fixtures/helpers.sql
}

few=("psql" "pg_restore -1" "pg_restore -j2" "--inserts" "schema, then data with --disable-triggers")
all=("${few[@]}" "psql -1" "directory, -j2 both" "section by section" "--clean over an installed one")
for home in "plain public" "plain shop" "supabase public" "supabase shop"; do
    read -r kind schema <<<"$home"
    make_home $original "$kind" "$schema" && {
        echo "SET search_path = $schema, tests;"
        cat test/durability/populate.sql
    } | sql -d $original >/dev/null
    ok $? "$home: the original is populated"
    text $original >"$scratch/original.sql"
    snapshot $original >"$scratch/original.catalog"

    ways=("${few[@]}")
    [ "$home" = "plain public" ] && ways=("${all[@]}")
    for way in "${ways[@]}"; do
        restore "$way" >"$scratch/log" 2>&1
        check "$home, $way" "$schema" $?
    done

    # Into another project of Supabase, whose services and users are there already
    if [ "$kind" = supabase ]; then
        way="$home, its schema alone into another project"
        mine=(-n "$schema" -n mine -n tests)
        {
            fresh $copy && sql -d $copy -f test/fixtures/supabase.sql &&
                pg_dump -a -t auth.users $original | sql -d $copy &&
                pg_dump "${mine[@]}" -e driplo $original | grep -v '^CREATE SCHEMA public;' >"$scratch/dump.sql" && sql -d $copy -f "$scratch/dump.sql"
        } >"$scratch/log" 2>&1
        ok $? "$way: the restore ends without an error"
        # A dump takes nothing back that the new project's default privileges give away. The advisor tells,
        # and driplo_migrate() is what the manual says to run.
        if [ "$schema" = public ]; then
            is "$(sql -At -d $copy -c "SELECT count(*) > 0 FROM $schema.security_advisor() WHERE check_name = 'grant_wider_than_shipped'")" t \
                "$way: the advisor reports what the project's default privileges opened"
        fi
        sql -At -d $copy -c "SELECT $schema.driplo_migrate()" >"$scratch/log" 2>&1
        ok $? "$way: driplo_migrate() runs"
        text -a "${mine[@]}" $copy >"$scratch/copy.part" 2>/dev/null
        text -a "${mine[@]}" $original >"$scratch/original.part" 2>/dev/null
        same_file "$scratch/copy.part" "$scratch/original.part" "$way: the copy's data is the original's"
        snapshot $copy >"$scratch/copy.catalog"
        same_file "$scratch/copy.catalog" "$scratch/original.catalog" "$way: the copy's catalog is the original's"
        goes_on $copy "$schema" "$way"
    fi

    # Data stays when the extension goes, and the extension takes it over when it comes back.
    data $original >"$scratch/before"
    sql -d $original -c "SET client_min_messages = warning" -c "DROP EXTENSION driplo CASCADE" >"$scratch/log" 2>&1
    ok $? "$home: the extension is dropped"
    data $original >"$scratch/after"
    same_file "$scratch/after" "$scratch/before" "$home: without the extension the data is the same"
    is "$(sql -At -d $original -c "SELECT count(*) FROM pg_class c WHERE c.relnamespace = '$schema'::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity")" 0 \
        "$home: without the extension row level security stays on"
    sql -d $original -c "CREATE EXTENSION driplo SCHEMA $schema" >"$scratch/log" 2>&1
    ok $? "$home: the extension is created again over its data"
    data $original >"$scratch/after"
    same_file "$scratch/after" "$scratch/before" "$home: created again, the data is the same"
    snapshot $original >"$scratch/after.catalog"
    same_file "$scratch/after.catalog" "$scratch/original.catalog" "$home: the catalog is what it was"
    goes_on $original "$schema" "$home, created again"
done

done_testing
