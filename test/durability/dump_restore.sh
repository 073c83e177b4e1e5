#!/bin/bash
# A populated database is dumped and restored in every usual way, but for one without any step of one's own: the copy has
# the same data and the same catalog, and goes on working. The same for DROP EXTENSION and CREATE EXTENSION.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/restore.bash

original=driplo_dump_original copy=driplo_dump_copy reader=driplo_dump_reader
scratch=$(mktemp -d)
trap 'dropdb --if-exists $original; dropdb --if-exists $copy; dropuser --if-exists $reader; rm -rf "$scratch"' EXIT
# Who makes the backups need not be a superuser.
dropuser --if-exists $reader 2>/dev/null
sql -d postgres -c "CREATE ROLE $reader BYPASSRLS IN ROLE pg_read_all_data"

# check WAY SCHEMA: the copy against the original. A restore that warns is not a clean one.
check() {
    local way=$1 schema=$2 status=$3
    ok "$status" "$way: the restore ends without an error"
    [ "$status" -eq 0 ] || sed 's/^/#   /' "$scratch/log" | head -n 20
    text $copy >"$scratch/copy.sql"
    if [ "$way" = "supabase public, --clean over an installed one" ]; then # grants made again stand in another order
        sort "$scratch/copy.sql" >"$scratch/copy.sorted"
        sort "$scratch/original.sql" >"$scratch/original.sorted"
        same_file "$scratch/copy.sorted" "$scratch/original.sorted" "$way: the copy's dump is the original's"
    else
        same_file "$scratch/copy.sql" "$scratch/original.sql" "$way: the copy's dump is the original's"
    fi
    snapshot $copy >"$scratch/copy.catalog"
    same_file "$scratch/copy.catalog" "$scratch/original.catalog" "$way: the copy's catalog is the original's"
    goes_on $copy "$schema" "$way" rights # set_rights() has revoked some
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
        "directory, -j4 both")   pg_dump -Fd -j4 -f "$file" $original && pg_restore -j4 -e -d $copy "$file" ;;
        "createdb -T")           dropdb $copy && createdb -T $original $copy ;;
        "--enable-row-security") pg_dump --enable-row-security -f "$file" $original && sql -d $copy -f "$file" ;;
        "--enable-row-security, by a role that may read all")
            pg_dump --role=$reader --enable-row-security -Fc -f "$file" $original && pg_restore --enable-row-security -1 -d $copy "$file" ;;
        "--inserts")             pg_dump --inserts -f "$file" $original && sql -d $copy -f "$file" ;;
        "schema, then data with --disable-triggers")
            pg_dump -s -f "$file" $original && sql -d $copy -f "$file" &&
            pg_dump -a --disable-triggers -f "$file" $original 2>/dev/null && sql -d $copy -f "$file" ;;
        "section by section")
            pg_dump -Fc -f "$file" $original &&
            for section in pre-data data post-data; do pg_restore -e --section=$section -d $copy "$file" || return 1; done ;;
        "--clean over an installed one")
            make_home $copy "$kind" "$schema" && pg_dump --clean --if-exists -f "$file" $original && sql -d $copy -f "$file" &&
                # The one way with a step of one's own, where the database that is restored into has default privileges:
                # they widen the rights on each table that the dump makes.
                if [ "$kind $schema" = "supabase public" ]; then sql -d $copy -c "SELECT driplo_migrate()" && set_rights $copy yes "$schema"; fi ;;
    esac
}

# What the owner has granted and revoked. driplo_migrate() and CREATE EXTENSION make rights as shipped, and only those.
set_rights() { # DATABASE yes|no SCHEMA
    local database=$1
    shift
    local give=GRANT take=REVOKE to=TO from=FROM option=" WITH GRANT OPTION"
    [ "$1" = yes ] || give=REVOKE take=GRANT to=FROM from=TO option=
    sql -d "$database" <<SQL
SET search_path = "$2";
$take SELECT ON categories $from anon;
$take UPDATE (bio) ON profiles $from authenticated;
$take EXECUTE ON FUNCTION find_coupon(text) $from authenticated;
$give SELECT ON notifications $to pg_monitor$option;
$give EXECUTE ON FUNCTION check_integrity() $to pg_monitor;
SQL
}

few=("psql" "pg_restore -1" "pg_restore -j2" "--inserts" "schema, then data with --disable-triggers")
all=("${few[@]}" "psql -1" "directory, -j4 both" "section by section" "--clean over an installed one" "createdb -T"
    "--enable-row-security" "--enable-row-security, by a role that may read all")
[ -z "${DRIPLO_LONG:-}" ] || few=("${all[@]}")
for home in "plain public" "plain shop" "supabase public" "supabase shop"; do
    read -r kind schema <<<"$home"
    make_shop $original "$kind" "$schema" && add_dead_event $original "$schema" && sql -d $original -c "SELECT $schema.expose_api()" >/dev/null
    ok $? "$home: the original is populated"
    is "$(sql -d $original <<'SQL'
SELECT format('SELECT %L WHERE NOT EXISTS (SELECT FROM %s);', c.oid::regclass, c.oid::regclass)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND c.relowner = 'driplo_owner'::regrole \gexec
SQL
    )" "" "$home: with a row in every table of driplo"
    set_rights $original yes "$schema"
    text $original >"$scratch/original.sql"
    snapshot $original >"$scratch/original.catalog"

    ways=("${few[@]}")
    [ "$home" = "plain public" ] && ways=("${all[@]}")
    for way in "${ways[@]}"; do
        restore "$way" >"$scratch/log" 2>&1
        check "$home, $way" "$schema" $?
    done

    set_rights $original no "$schema"
    sql -d $original -c "SELECT $schema.unexpose_api()" >/dev/null
    snapshot $original >"$scratch/original.catalog"

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
            is "$(sql -d $copy -c "SELECT count(*) > 0 FROM $schema.security_advisor() WHERE check_name = 'grant_wider_than_shipped'")" t \
                "$way: the advisor reports what the project's default privileges opened"
        fi
        sql -d $copy -c "SELECT $schema.driplo_migrate()" >"$scratch/log" 2>&1
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
    is "$(sql -d $original -c "SELECT count(*) FROM pg_class c WHERE c.relnamespace = '$schema'::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity")" 0 \
        "$home: without the extension row level security stays on"
    sql -d $original -c "CREATE EXTENSION driplo SCHEMA $schema" >"$scratch/log" 2>&1
    ok $? "$home: the extension is created again over its data"
    data $original >"$scratch/after"
    same_file "$scratch/after" "$scratch/before" "$home: created again, the data is the same"
    snapshot $original >"$scratch/after.catalog"
    same_file "$scratch/after.catalog" "$scratch/original.catalog" "$home: the catalog is what it was"
    goes_on $original "$schema" "$home, created again"

    # A session that has used it, so that plans are cached, and that drops it and makes it again
    again="SET client_min_messages = error; DROP EXTENSION driplo CASCADE; CREATE EXTENSION driplo SCHEMA $schema; RESET client_min_messages;"
    is "$(
        sql -d $original 2>&1 <<SQL
SET search_path = "$schema", tests;
PREPARE fee AS SELECT calculate_platform_fee(\$1);
CREATE FUNCTION pg_temp.number() RETURNS text LANGUAGE plpgsql AS 'BEGIN RETURN generate_order_number(); END';
CREATE TEMP TABLE drawn AS SELECT order_number AS number FROM orders;
$(for round in 1 2 3; do
    [ $round -eq 1 ] || echo "$again"
    sale "round$round@example.org"
    echo "EXECUTE fee(100);"
    echo "INSERT INTO drawn SELECT order_number FROM orders WHERE id = :'bought' UNION ALL SELECT pg_temp.number() FROM generate_series(1, 3);"
    echo "SELECT count(*) - count(DISTINCT number), (SELECT count(*) FROM order_status_history WHERE order_id = :'bought'), (SELECT quantity FROM listings WHERE id = :'lamp') FROM drawn;"
done)
SQL
    )" "$(printf '5.00\n0|1|1\n%.0s' 1 2 3)" "$home: a session drops it and makes it again twice, and each time sells with new numbers"
    snapshot $original >"$scratch/after.catalog"
    same_file "$scratch/after.catalog" "$scratch/original.catalog" "$home: and the catalog is what it was"
done

done_testing
