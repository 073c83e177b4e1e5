#!/bin/bash
# Databases that were hardened before driplo came, and that hold driplo's functions in columns, constraints and indexes of the
# shop's own, and copies of their schema without a row: people sign up and buy, and a dump can be restored.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/restore.bash

shop=driplo_hardened copy=driplo_hardened_copy
work=$(mktemp -d)
trap 'dropdb --if-exists $copy; dropdb --if-exists $shop; rm -rf "$work"' EXIT

fresh $shop
sql -d $shop -c "ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC" -c "REVOKE ALL ON SCHEMA public FROM PUBLIC" \
    -f test/fixtures/required.sql -c "CREATE EXTENSION driplo SCHEMA public" &&
    { echo "SET search_path = public, tests;"; sed "/^-- The owner's own/,\$d" test/durability/populate.sql; } >"$work/populate.sql" &&
    sql -d $shop -f test/fixtures/helpers.sql -c "GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA tests TO PUBLIC" -f "$work/populate.sql" >/dev/null
ok $? "where PUBLIC may call nothing, driplo is installed and a shop is filled"
sql -d $shop -c "ALTER TABLE listings ADD thumb text GENERATED ALWAYS AS (get_optimized_image_url(video_url, 'thumb')) STORED,
                                      ADD CONSTRAINT fee_is_small CHECK (calculate_platform_fee(price) < 100000)" \
    -c "CREATE INDEX own_thumbs ON listings (get_optimized_image_url(video_url, 'small'))" -c "ANALYZE"
ok $? "functions of driplo stand in a column, a constraint and an index"
whole() { # DATABASE
    sql -d "$1" -c "SELECT item, found FROM installation_report() WHERE NOT ok" -c "SELECT check_name, object FROM security_advisor()" -c "SELECT * FROM check_integrity()"
}
bought() { # DATABASE E-MAIL
    { echo "SET search_path = public, tests;"; sale "$2"; echo "SELECT status, total_amount FROM orders WHERE id = :'bought';"; } | sql -d "$1" 2>&1
}
is "$(whole $shop)" "" "nothing is missing, open or wrong"
is "$(bought $shop first@example.org)" "pending_payment|20.00" "people sign up and buy"

pg_dump -Fc -f "$work/dump" $shop
for way in "-j 2" "--no-privileges"; do
    fresh $copy
    pg_restore $way --exit-on-error -d $copy "$work/dump" 2>"$work/errors"
    ok $? "pg_restore $way: it is restored"
    [ "$way" = "-j 2" ] || sql -d $copy -c "SELECT driplo_migrate()" -c "GRANT USAGE ON SCHEMA tests TO PUBLIC" >/dev/null
    is "$(whole $copy)" "" "and whole"
    is "$(bought $copy second@example.org)" "pending_payment|20.00" "and sells"
done

# A copy of the schema without a row: a migration tool's structure file, a staging database.
for way in "" "--no-owner --no-privileges"; do
    fresh $copy
    pg_dump -s $way $shop 2>/dev/null | sed 's/^\\\(un\)\?restrict .*//' | sql -d $copy >/dev/null 2>"$work/errors"
    ok $? "pg_dump -s $way: the schema alone is restored"
    case $(sql -d $copy -c "INSERT INTO auth.users (email) VALUES ('early@example.org')" 2>&1) in
        *"SELECT driplo_migrate()"*) ok 0 "a sign-up says what to do" ;;
        *) ok 1 "a sign-up says what to do" ;;
    esac
    is "$(sql -d $copy -c "SELECT driplo_migrate() = driplo_version()" -c "SELECT count(*) FROM auth.users" -c "GRANT USAGE ON SCHEMA tests TO PUBLIC" && whole $copy)" "t
0" "driplo_migrate() makes it a shop"
    is "$(
        sql -d $copy 2>&1 <<SQL
SET search_path = public, tests;
SELECT tests.sign_up('person1@example.org') \\gset ignored_
$(sale third@example.org)
SELECT status, total_amount FROM orders WHERE id = :'bought';
SQL
    )" "pending_payment|20.00" "and people sign up and sell"
done

done_testing
