#!/bin/bash
# A Supabase project whose users signed up before driplo came: they get what a signup gives.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_existing_users
trap 'dropdb --if-exists $database' EXIT
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }

for schema in public shop; do
    dropdb --if-exists $database 2>/dev/null
    createdb -T template0 -E UTF8 $database
    sql -f test/fixtures/supabase.sql
    [ $schema = public ] || sql -c "CREATE SCHEMA $schema"
    sql <<'SQL'
SET ROLE supabase_auth_admin;
INSERT INTO auth.users (id, email, raw_user_meta_data, is_sso_user, is_anonymous, deleted_at) VALUES
    ('00000000-0000-0000-0000-000000000001', 'ann@example.org', '{"full_name": "Ann", "avatar_url": "https://example.org/a.png"}', false, false, NULL),
    ('00000000-0000-0000-0000-000000000002', 'ann@elsewhere.example', '{"username": "Ann"}', false, false, NULL),
    ('00000000-0000-0000-0000-000000000003', NULL, NULL, false, true, NULL),
    ('00000000-0000-0000-0000-000000000004', 'same@example.org', '[1, 2]', true, false, NULL),
    ('00000000-0000-0000-0000-000000000005', 'same@example.org', 'null', true, false, NULL),
    ('00000000-0000-0000-0000-000000000006', 'admin@example.org', '{"account_type": "brand"}', false, false, NULL);
SQL
    sql -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo SCHEMA $schema"
    ok $? "$schema: driplo is installed over users that exist"
    is "$(sql -c "SET search_path = $schema" -c "
        SELECT right(p.id::text, 1), p.email, regexp_replace(p.username, '[0-9]+$', '#'), p.full_name, p.account_type, c.id IS NOT NULL, s.user_id IS NOT NULL
          FROM profiles p LEFT JOIN shopping_carts c ON c.user_id = p.id LEFT JOIN user_stats_summary s ON s.user_id = p.id ORDER BY p.id")" \
"1|ann@example.org|ann|Ann|personal|t|t
2|ann@elsewhere.example|ann#||personal|t|t
3||user_#||personal|t|t
4|same@example.org|same||personal|t|t
5|same@example.org|same#||personal|t|t
6|admin@example.org|admin#||brand|t|t" "$schema: each has a profile, a cart and statistics"

    sql -c "SET ROLE supabase_auth_admin" -c "SET search_path = auth" -c "
        INSERT INTO users (id, email) VALUES ('00000000-0000-0000-0000-000000000007', 'Ann@third.example');
        UPDATE users SET email = 'moved@example.org' WHERE id = '00000000-0000-0000-0000-000000000001'"
    ok $? "$schema: the authentication service signs up and changes an e-mail"
    is "$(sql -c "SELECT right(id::text, 1), email, regexp_replace(username, '[0-9]+$', '#') FROM $schema.profiles WHERE id::text ~ '[17]$' ORDER BY id")" \
"1|moved@example.org|ann
7|Ann@third.example|ann#" "$schema: and the profiles follow"

    # A user who signs up while the extension is away is taken over when it comes back, the others stay.
    sql -c "SELECT id, username FROM $schema.profiles ORDER BY id" >/dev/null
    before=$(sql -c "SELECT id, username, created_at FROM $schema.profiles ORDER BY id")
    sql -c "SET client_min_messages = error" -c "DROP EXTENSION driplo CASCADE" \
        -c "INSERT INTO auth.users (id, email) VALUES ('00000000-0000-0000-0000-000000000008', 'late@example.org')" \
        -c "CREATE EXTENSION driplo SCHEMA $schema"
    ok $? "$schema: a user signs up while the extension is away"
    is "$(sql -c "SELECT username FROM $schema.profiles WHERE id = '00000000-0000-0000-0000-000000000008'")" late "$schema: and has a profile when it is back"
    is "$(sql -c "SELECT id, username, created_at FROM $schema.profiles WHERE id <> '00000000-0000-0000-0000-000000000008' ORDER BY id")" "$before" \
        "$schema: the others' profiles are untouched"

    sql -c "SET ROLE supabase_auth_admin" -c "SET search_path = auth" -c "DELETE FROM users WHERE id = '00000000-0000-0000-0000-000000000002'"
    ok $? "$schema: the authentication service deletes a user"
    is "$(sql -c "SELECT count(*) FROM $schema.profiles WHERE id = '00000000-0000-0000-0000-000000000002'")" 0 "$schema: whose profile is gone"
done

done_testing
