#!/bin/bash
# A dump comes into another cluster, which has none of driplo's roles, and into a Supabase-like database that has
# its services already. The other cluster is made here, with the running server's programs and its superuser's name.
set -uo pipefail
cd "$(dirname "$0")/../.."
. test/fixtures/tap.bash

original=driplo_other_original copy=driplo_other_copy
sql() { psql -X -q -At -v ON_ERROR_STOP=1 "$@"; }
bin=$(sql -d postgres -c "SELECT setting FROM pg_config WHERE name = 'BINDIR'")
superuser=$(sql -d postgres -c "SELECT current_user")

# Short, because a socket's path may have 107 characters only.
other=$(mktemp -d /tmp/driplo-other.XXXXXX)
as_server=()
if [ "$(id -u)" -eq 0 ]; then
    as_server=(runuser -u postgres --)
    chown postgres "$other"
fi
server() { (cd "$other" && "${as_server[@]}" "$bin/$1" -D "$other/data" "${@:2}"); }
there() { local -x PGHOST=$other PGPORT=5432 PGUSER=$superuser; "$@"; }
trap 'server pg_ctl stop -m immediate >/dev/null 2>&1; dropdb --if-exists $original; rm -rf "$other"' EXIT

{
    server initdb -U "$superuser" -A trust -N --locale=C.UTF-8 --encoding=UTF8 &&
        { # where the running server finds extensions, if not where they are installed
            sql -d postgres -c "SELECT format('%s = ''%s''', name, replace(setting, '''', '''''')) FROM pg_settings
                WHERE name IN ('extension_destdir', 'extension_control_path', 'dynamic_library_path') AND setting <> boot_val"
            echo "port = 5432"
            echo "listen_addresses = ''"
            echo "unix_socket_directories = '$other'"
            echo "fsync = off"
        } >>"$other/data/postgresql.conf" &&
        server pg_ctl start -w -l "$other/data/log"
} >"$other/start.log" 2>&1
started=$?
ok $started "another cluster starts"
[ $started -eq 0 ] || { sed 's/^/#   /' "$other/start.log"; done_testing; }

fresh() { dropdb --if-exists "$1" 2>/dev/null && createdb -T template0 -E UTF8 "$1"; }
snapshot() { psql -X -q -v ON_ERROR_STOP=1 -d "$1" -f test/durability/snapshot.sql; }
data() { pg_dump -a "$@" 2>/dev/null | grep -vE '^\\(un)?restrict '; }
roles() { sql -d postgres -c "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin, rolinherit FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user ORDER BY 1"; }
# The other cluster as initdb left it.
wipe() {
    there sql -d postgres <<'SQL'
SELECT format('DROP DATABASE %I', datname) FROM pg_database WHERE datname <> 'postgres' AND NOT datistemplate \gexec
SELECT format('DROP ROLE %I', rolname) FROM pg_roles WHERE rolname !~ '^pg_' AND rolname <> current_user \gexec
SQL
    fresh_copy
}
fresh_copy() { there fresh $copy; }

# make_home DATABASE KIND SCHEMA: driplo, and the helpers for signing up.
make_home() {
    fresh "$1"
    [ "$2" = plain ] || sql -d "$1" -f test/fixtures/supabase.sql
    [ "$3" = public ] || sql -d "$1" -c "CREATE SCHEMA $3"
    sql -d "$1" -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo SCHEMA $3 CASCADE" -f test/fixtures/helpers.sql
}

# populate KIND SCHEMA: the original, and what it has to be compared by.
populate() {
    make_home $original "$1" "$2" && {
        echo "SET search_path = $2, tests;"
        cat test/durability/populate.sql
    } | sql -d $original >/dev/null
    ok $? "$1 $2: the original is populated"
    snapshot $original >"$other/original.catalog"
    data $original >"$other/original.data"
    sql -d $original -c "SELECT * FROM $2.security_advisor()" >"$other/original.advice"
    pg_dump -Fc -f "$other/dump" $original
}

same_data() {
    there data $copy >"$other/copy.data"
    same_file "$other/copy.data" "$other/original.data" "$1: the copy's data is the original's"
}

# works WAY SCHEMA: the copy is what the original was, and a sign-up and an order give what they should.
works() {
    local way=$1 schema=$2
    there snapshot $copy >"$other/copy.catalog"
    same_file "$other/copy.catalog" "$other/original.catalog" "$way: the copy's catalog is the original's"
    there sql -d $copy -c "SELECT * FROM $schema.security_advisor()" >"$other/copy.advice"
    same_file "$other/copy.advice" "$other/original.advice" "$way: security_advisor() says of the copy what it says of the original"
    is "$(there sql -d $copy -c "SELECT item FROM $schema.installation_report() WHERE NOT ok")" "" "$way: installation_report() misses nothing"
    is "$(
        there sql -d $copy 2>&1 <<SQL
SET search_path = $schema, tests;
CREATE TEMP TABLE before AS SELECT order_number FROM orders;
CREATE TEMP TABLE signed_up AS SELECT tests.sign_up('after@example.org') AS id;
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount)
SELECT s.id, p.id, 1, 1 FROM signed_up s, profiles p WHERE p.username = 'person1';
SELECT (SELECT username FROM profiles JOIN signed_up USING (id)),
       (SELECT count(*) FROM shopping_carts c JOIN signed_up s ON c.user_id = s.id),
       (SELECT count(*) FROM user_stats_summary u JOIN signed_up s ON u.user_id = s.id),
       (SELECT count(*) FROM before) || ' + ' || (SELECT count(*) FROM orders WHERE order_number NOT IN (SELECT order_number FROM before));
SQL
    )" "after|1|1|10 + 1" "$way: a sign-up brings a profile, a cart and statistics, the next order a number of its own"
}

# An installation that fails leaves nothing behind. First of all, while there is no role at all.
refused() {
    local obstacle=$1 state=$2 before_roles
    shift 2
    before_roles=$(there roles)
    there snapshot $copy >"$other/before.catalog"
    is "$(there psql -X -q -d $copy -v VERBOSITY=sqlstate -c "SET client_min_messages = warning" "$@" -c "CREATE EXTENSION driplo CASCADE" 2>&1)" \
        "ERROR:  $state" "$obstacle: the installation is refused"
    is "$(there roles)" "$before_roles" "$obstacle: no role is left"
    there snapshot $copy >"$other/after.catalog"
    same_file "$other/after.catalog" "$other/before.catalog" "$obstacle: no schema, extension or anything else is left"
}

wipe
there sql -d $copy -c "CREATE TABLE orders (id integer)" -c "CREATE TYPE order_status AS ENUM ('mine')"
refused "names in the way" 42710
is "$(there roles)" "" "the cluster has no role but its superuser"
there sql -d $copy -c "DROP TABLE orders" -c "DROP TYPE order_status" -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE"
ok $? "names in the way: without them it is installed"

wipe
there sql -d $copy -c "CREATE SCHEMA auth" -c "CREATE TABLE auth.users (id integer PRIMARY KEY)"
refused "half a schema auth" 55000

wipe
there sql -d $copy -c "CREATE ROLE somebody" -c "CREATE SCHEMA private AUTHORIZATION somebody"
refused "a schema private of somebody who is no superuser" 55000
refused "a missing right" 42501 -c "SET ROLE somebody"

wipe
there sql -d $copy <<'SQL'
CREATE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no policies here'; END $$;
CREATE EVENT TRIGGER refuse ON ddl_command_end WHEN TAG IN ('CREATE POLICY') EXECUTE FUNCTION refuse();
SQL
refused "an error in the middle of the script" P0001

there dropdb $copy && there createdb -T template0 -E SQL_ASCII --locale=C $copy
refused "another encoding" 0A000
is "$(there roles)" "" "after all of them the cluster has no role but its superuser"

# A dump of one database has grants to driplo's roles, but not the roles.
for schema in public shop; do
    populate plain $schema

    way="plain $schema, pg_dump | psql -1"
    wipe
    pg_dump $original | there sql -1 -d $copy >"$other/log" 2>&1
    ok $? "$way: the restore ends without an error"
    is "$(there roles)" "anon|f|f|f|f
authenticated|f|f|f|f
driplo_owner|f|f|f|f
service_role|f|t|f|f" "$way: driplo's roles are made as an installation makes them"
    same_data "$way"
    works "$way" $schema

    way="plain $schema, pg_restore -1"
    wipe
    there pg_restore -1 --exit-on-error -d $copy "$other/dump" >"$other/log" 2>&1
    ok $? "$way: the restore ends without an error"
    same_data "$way"
    works "$way" $schema

    way="plain $schema, pg_restore --no-owner"
    wipe
    there pg_restore --no-owner --exit-on-error -d $copy "$other/dump" >"$other/log" 2>&1
    ok $? "$way: the restore ends without an error"
    is "$(there psql -X -q -d $copy -v VERBOSITY=sqlstate -c "SELECT tests.sign_up('early@example.org')" 2>&1)" "ERROR:  55000" \
        "$way: a sign-up before driplo_migrate() is refused, not half done"
    is "$(there sql -d $copy -c "SELECT $schema.driplo_migrate()" 2>&1)" "1.0" "$way: driplo_migrate() runs"
    same_data "$way"
    works "$way" $schema

    # The whole cluster, but of its databases only ours
    way="plain $schema, pg_dumpall"
    wipe
    there dropdb $copy
    sql -d $original -c "ALTER DATABASE $original SET driplo.platform_fee_percent = 7"
    others=()
    while IFS= read -r name; do others+=("--exclude-database=\"${name//\"/\"\"}\""); done < <(
        sql -d postgres -c "SELECT datname FROM pg_database WHERE datname NOT IN ('$original', 'postgres', 'template1')")
    pg_dumpall "${others[@]}" | there psql -X -q -d postgres >"$other/log" 2>&1
    is "$(grep -E 'ERROR|FATAL|WARNING' "$other/log" | cut -d: -f2-)" "  role \"$superuser\" already exists" "$way: the only error is the superuser's"
    there sql -d postgres -c "ALTER DATABASE $original RENAME TO $copy"
    is "$(there sql -d $copy -c "SELECT $schema.calculate_platform_fee(100)")" 7.00 "$way: a setting of the database comes along"
    same_data "$way"
    works "$way" $schema
done

# A full dump of a Supabase-like database into a project that has the services already, and no users: what
# exists is reported and stays. Many users, so that auth.users is not the first table that is filled.
for schema in public shop; do
    populate supabase $schema
    sql -d $original -c "INSERT INTO auth.users (id, email) SELECT gen_random_uuid(), format('user%s@example.org', n) FROM generate_series(1, 3000) n"
    users=$(sql -d $original -c "SELECT count(*) FROM auth.users")
    pg_dump -Fc -f "$other/dump" $original
    data -T storage.buckets $original >"$other/original.data" # the buckets are as old as their database

    for options in "" "-j2" "--no-owner" "-j2 --no-owner"; do
        way="supabase $schema, pg_restore${options:+ $options} into an existing project"
        wipe
        there sql -d $copy -f test/fixtures/supabase.sql
        # shellcheck disable=SC2086
        there pg_restore $options -d $copy "$other/dump" >"$other/log" 2>&1
        is "$(grep -E 'ERROR:|FATAL:' "$other/log" | grep -vE ' already exists( with same argument types)?$|multiple primary keys for table "(users|buckets|objects)"|COPY failed for table "buckets"')" "" \
            "$way: nothing is refused but what exists"
        is "$(there sql -d $copy -c "SELECT (SELECT count(*) FROM auth.users), (SELECT count(*) FROM auth.users JOIN $schema.profiles USING (id)), count(*)
            FROM pg_constraint WHERE conname = 'profiles_id_fkey' AND convalidated")" "$users|$users|1" "$way: users, their profiles and the foreign key arrive"
        is "$(there sql -d $copy -c "SELECT $schema.driplo_migrate()" 2>&1)" "1.0" "$way: driplo_migrate() runs"
        there data -T storage.buckets $copy >"$other/copy.data"
        same_file "$other/copy.data" "$other/original.data" "$way: the copy's data is the original's"
        works "$way" $schema
    done
done

# What the user grants on schemas that driplo shares, before and after the installation
for schema in public shop; do
    wipe
    way="grants of the user's own beside driplo in $schema"
    [ $schema = public ] || there sql -d $copy -c "CREATE SCHEMA $schema"
    there sql -d $copy <<SQL
SET client_min_messages = warning;
CREATE ROLE early_reader;
CREATE ROLE late_reader;
CREATE SCHEMA private;
CREATE TABLE private.notes (note text);
GRANT SELECT ON private.notes TO early_reader, late_reader;
GRANT USAGE ON SCHEMA private TO early_reader;
GRANT CREATE ON SCHEMA $schema TO early_reader;
CREATE EXTENSION driplo SCHEMA $schema CASCADE;
GRANT USAGE ON SCHEMA private TO late_reader;
GRANT CREATE ON SCHEMA $schema TO late_reader WITH GRANT OPTION;
SQL
    ok $? "$way: driplo is installed where a schema private is the user's"
    there snapshot $copy >"$other/original.catalog"
    there sql -d postgres -c "ALTER DATABASE $copy RENAME TO $original"
    for step in "pg_restore -1" "driplo_migrate()" "DROP EXTENSION and CREATE EXTENSION"; do
        case $step in
            pg_restore*)
                { there pg_dump -Fc -f "$other/dump" $original && fresh_copy && there pg_restore -1 -d $copy "$other/dump"; } >"$other/log" 2>&1 ;;
            driplo_migrate*) there sql -d $copy -c "SELECT $schema.driplo_migrate()" >"$other/log" 2>&1 ;;
            DROP*)
                there sql -d $copy -c "SET client_min_messages = warning" -c "DROP EXTENSION driplo CASCADE" \
                    -c "CREATE EXTENSION driplo SCHEMA $schema" >"$other/log" 2>&1 ;;
        esac
        ok $? "$way: $step ends without an error"
        is "$(there sql -d $copy -c "SELECT r, has_schema_privilege(r, 'private', 'USAGE'), has_schema_privilege(r, '$schema', 'CREATE'),
                has_schema_privilege(r, '$schema', 'CREATE WITH GRANT OPTION') FROM unnest(ARRAY['early_reader', 'late_reader']) r")" \
"early_reader|t|t|f
late_reader|t|t|t" "$way: they survive $step"
        there snapshot $copy >"$other/copy.catalog"
        same_file "$other/copy.catalog" "$other/original.catalog" "$way: the catalog is the original's after $step"
    done
done

done_testing
