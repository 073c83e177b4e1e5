#!/bin/bash
# A database that has settings of its own, which change how the server reads and writes names, texts and times: what is installed
# there is what is installed elsewhere, is restored, and stays when the extension goes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/restore.bash

usual=driplo_settings_usual odd=driplo_settings_odd
scratch=$(mktemp -d)
trap 'dropdb --if-exists $usual; dropdb --if-exists $odd; rm -rf "$scratch"' EXIT
# Function bodies hold the name of the schema as it was written then; their owners and rights are compared.
catalog() { PGOPTIONS="-c quote_all_identifiers=off -c standard_conforming_strings=on -c DateStyle=ISO -c IntervalStyle=postgres" snapshot "$1" | sed -E '/^function\|/s/ \| [0-9a-f]{32}$//'; }
set_all() {
    sql -d $odd -c "ALTER DATABASE $odd SET $1"
}
make_odd() {
    fresh $odd
    for setting in "quote_all_identifiers = on" "standard_conforming_strings = off" "backslash_quote = on" "bytea_output = escape" "DateStyle = 'German, DMY'" \
        "IntervalStyle = sql_standard" "TimeZone = 'Pacific/Apia'" "array_nulls = off" "transform_null_equals = on" "default_transaction_isolation = serializable"; do
        set_all "$setting"
    done
}
same_catalog() {
    catalog $odd >"$scratch/odd"
    same_file "$scratch/odd" "$scratch/usual" "$1: the catalog is what it is elsewhere"
    is "$(sql -d $odd -c "SET search_path = $schema" -c "SELECT item, found FROM installation_report() WHERE NOT ok" -c "SELECT * FROM security_advisor()")" "" "$1: nothing is missing or open"
}

for schema in public shop; do
    {
        make_home $usual plain $schema && make_odd && { [ $schema = public ] || sql -d $odd -c "CREATE SCHEMA $schema"; } &&
            sql -d $odd -f test/fixtures/required.sql -c "CREATE EXTENSION driplo SCHEMA $schema" -f test/fixtures/helpers.sql
    } >"$scratch/log" 2>&1
    ok $? "$schema: driplo is installed"
    [ ! -s "$scratch/log" ] || sed 's/^/#   /' "$scratch/log"
    catalog $usual >"$scratch/usual"
    same_catalog "$schema, installed"
    is "$(sql -d $odd -c "SET search_path = $schema" -c "SELECT driplo_migrate() = driplo_version()")" t "$schema: driplo_migrate() runs"
    same_catalog "$schema, repaired"
    goes_on_here() {
        is "$(
            sql -d $odd 2>&1 <<SQL
SET search_path = $schema, tests;
SELECT tests.sign_up('person1@example.org') AS ignored_ \gset
$(sale "$1@example.org")
SELECT status, total_amount FROM orders WHERE id = :'bought';
SELECT tests.delete_account(id) AS ignored_ FROM profiles WHERE username = 'person1' \gset
SELECT * FROM check_integrity();
SQL
        )" "pending_payment|20.00" "$schema, $1: people sign up and buy"
    }
    goes_on_here installed
    # a rule that is always true, in more words
    is "$(sql -d $odd -c "BEGIN" -c "CREATE POLICY wide ON $schema.categories FOR UPDATE TO authenticated USING ((1 = 1))" \
        -c "SELECT check_name FROM $schema.security_advisor() WHERE level = 'ERROR'" -c "ROLLBACK")" policy_always_true "$schema: the advisor finds what is open"

    {
        pg_dump -f "$scratch/dump.sql" $odd && make_odd && sql -d $odd -f "$scratch/dump.sql"
    } >"$scratch/log" 2>&1
    ok $? "$schema: a dump is restored"
    same_catalog "$schema, restored"
    goes_on_here restored

    sql -d $odd -c "SET client_min_messages = warning" -c "DROP EXTENSION driplo CASCADE" >"$scratch/log" 2>&1
    is "$(sql -d $odd -c "SELECT (SELECT count(*) > 0 FROM auth.users), (SELECT count(*) FROM $schema.orders), auth.uid() IS NULL")" "t|2|t" \
        "$schema: data and schema auth stay when the extension goes"
done

done_testing
