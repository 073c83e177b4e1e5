#!/bin/bash
# A dump comes into another cluster, which has none of driplo's roles, and into a Supabase-like database that has
# its services already. The other cluster is made here, with the running server's programs and its superuser's name.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/cluster.bash
. test/fixtures/restore.bash

original=driplo_other_original copy=driplo_other_copy
version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" driplo.control)
trap 'remove_clusters; dropdb --if-exists $original' EXIT
there() { on other "$@"; }
make_cluster other "fsync = off" >"$clusters/log" 2>&1 && start other >>"$clusters/log" 2>&1
started=$?
ok $started "another cluster starts"
[ $started -eq 0 ] || { sed 's/^/#   /' "$clusters/log"; done_testing; }

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

# populate KIND SCHEMA: the original, and what it has to be compared by.
populate() {
    make_shop $original "$1" "$2" && add_dead_event $original "$2"
    ok $? "$1 $2: the original is populated"
    snapshot $original >"$clusters/original.catalog"
    data $original >"$clusters/original.data"
    sql -d $original -c "SELECT * FROM $2.security_advisor()" >"$clusters/original.advice"
    pg_dump -Fc -f "$clusters/dump" $original
}

same_data() {
    there data $copy >"$clusters/copy.data"
    same_file "$clusters/copy.data" "$clusters/original.data" "$1: the copy's data is the original's"
}

# works WAY SCHEMA: the copy is what the original was, and what goes on in it works.
works() {
    local way=$1 schema=$2
    there snapshot $copy >"$clusters/copy.catalog"
    same_file "$clusters/copy.catalog" "$clusters/original.catalog" "$way: the copy's catalog is the original's"
    there sql -d $copy -c "SELECT * FROM $schema.security_advisor()" >"$clusters/copy.advice"
    same_file "$clusters/copy.advice" "$clusters/original.advice" "$way: security_advisor() says of the copy what it says of the original"
    there goes_on $copy "$schema" "$way"
}

# An installation that fails leaves nothing behind. First of all, while there is no role at all.
refused() {
    local obstacle=$1 state=$2 before_roles
    shift 2
    before_roles=$(there roles)
    there snapshot $copy >"$clusters/before.catalog"
    is "$(there psql -X -q -d $copy -v VERBOSITY=sqlstate -c "SET client_min_messages = warning" "$@" -c "CREATE EXTENSION driplo CASCADE" 2>&1)" \
        "ERROR:  $state" "$obstacle: the installation is refused"
    is "$(there roles)" "$before_roles" "$obstacle: no role is left"
    there snapshot $copy >"$clusters/after.catalog"
    same_file "$clusters/after.catalog" "$clusters/before.catalog" "$obstacle: no schema, extension or anything else is left"
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
    pg_dump $original | there sql -1 -d $copy >"$clusters/log" 2>&1
    ok $? "$way: the restore ends without an error"
    is "$(there roles)" "anon|f|f|f|f
authenticated|f|f|f|f
driplo_owner|f|f|f|f
service_role|f|t|f|f" "$way: driplo's roles are made as an installation makes them"
    same_data "$way"
    works "$way" $schema

    way="plain $schema, pg_restore -1"
    wipe
    there pg_restore -1 --exit-on-error -d $copy "$clusters/dump" >"$clusters/log" 2>&1
    ok $? "$way: the restore ends without an error"
    same_data "$way"
    works "$way" $schema

    way="plain $schema, pg_restore --no-owner"
    wipe
    there pg_restore --no-owner --exit-on-error -d $copy "$clusters/dump" >"$clusters/log" 2>&1
    ok $? "$way: the restore ends without an error"
    is "$(there psql -X -q -d $copy -v VERBOSITY=sqlstate -c "SELECT tests.sign_up('early@example.org')" 2>&1)" "ERROR:  55000" \
        "$way: a sign-up before driplo_migrate() is refused, not half done"
    is "$(there sql -d $copy -c "SELECT $schema.driplo_migrate()" 2>&1)" "$version" "$way: driplo_migrate() runs"
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
    pg_dumpall "${others[@]}" | there psql -X -q -d postgres >"$clusters/log" 2>&1
    is "$(grep -E 'ERROR|FATAL|WARNING' "$clusters/log" | cut -d: -f2-)" "  role \"$superuser\" already exists" "$way: the only error is the superuser's"
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
    pg_dump -Fc -f "$clusters/dump" $original
    data -T storage.buckets $original >"$clusters/original.data" # the buckets are as old as their database

    for options in "" "-j2" "--no-owner" "-j2 --no-owner"; do
        way="supabase $schema, pg_restore${options:+ $options} into an existing project"
        wipe
        there sql -d $copy -f test/fixtures/supabase.sql
        # shellcheck disable=SC2086
        there pg_restore $options -d $copy "$clusters/dump" >"$clusters/log" 2>&1
        is "$(grep -E 'ERROR:|FATAL:' "$clusters/log" | grep -vE ' already exists( with same argument types)?$|multiple primary keys for table "(users|buckets|objects)"|COPY failed for table "buckets"')" "" \
            "$way: nothing is refused but what exists"
        is "$(there sql -d $copy -c "SELECT (SELECT count(*) FROM auth.users), (SELECT count(*) FROM auth.users JOIN $schema.profiles USING (id)), count(*)
            FROM pg_constraint WHERE conname = 'profiles_id_fkey' AND convalidated")" "$users|$users|1" "$way: users, their profiles and the foreign key arrive"
        is "$(there sql -d $copy -c "SELECT $schema.driplo_migrate()" 2>&1)" "$version" "$way: driplo_migrate() runs"
        there data -T storage.buckets $copy >"$clusters/copy.data"
        same_file "$clusters/copy.data" "$clusters/original.data" "$way: the copy's data is the original's"
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
    there snapshot $copy >"$clusters/original.catalog"
    there sql -d postgres -c "ALTER DATABASE $copy RENAME TO $original"
    for step in "pg_restore -1" "driplo_migrate()" "DROP EXTENSION and CREATE EXTENSION"; do
        case $step in
            pg_restore*)
                { there pg_dump -Fc -f "$clusters/dump" $original && fresh_copy && there pg_restore -1 -d $copy "$clusters/dump"; } >"$clusters/log" 2>&1 ;;
            driplo_migrate*) there sql -d $copy -c "SELECT $schema.driplo_migrate()" >"$clusters/log" 2>&1 ;;
            DROP*)
                there sql -d $copy -c "SET client_min_messages = warning" -c "DROP EXTENSION driplo CASCADE" \
                    -c "CREATE EXTENSION driplo SCHEMA $schema" >"$clusters/log" 2>&1 ;;
        esac
        ok $? "$way: $step ends without an error"
        is "$(there sql -d $copy -c "SELECT r, has_schema_privilege(r, 'private', 'USAGE'), has_schema_privilege(r, '$schema', 'CREATE'),
                has_schema_privilege(r, '$schema', 'CREATE WITH GRANT OPTION') FROM unnest(ARRAY['early_reader', 'late_reader']) r")" \
"early_reader|t|t|f
late_reader|t|t|t" "$way: they survive $step"
        there snapshot $copy >"$clusters/copy.catalog"
        same_file "$clusters/copy.catalog" "$clusters/original.catalog" "$way: the catalog is the original's after $step"
    done
done

done_testing
