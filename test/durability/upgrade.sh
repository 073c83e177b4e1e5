#!/bin/bash
# The chain of versions. test/fixtures/upgrade makes the next version of this tree and the one after it; databases of this
# version, populated and altered by their owner, come to them in every way that there is: ALTER EXTENSION UPDATE in one step
# and in two, an old dump and driplo_migrate(), DROP EXTENSION before and CREATE EXTENSION after. All end with the catalog
# of a new installation, no row is another, and the tests pass in what was updated. The server is one of its own.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/tree.bash
. test/fixtures/cluster.bash
. test/fixtures/restore.bash

version=$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" driplo.control)
next=${version%.*}.$((${version##*.} + 1)) after=${version%.*}.$((${version##*.} + 2))
checkout=$PWD log=$clusters/log
up() {
    local -x PGOPTIONS="-c client_min_messages=warning"
    on up "$@"
}
failed() { sed 's/^/#   /' "$log" | tail -n 20; }

# build VERSION TREE: with what make has compiled of the checkout already, but for what has the version in it
build() {
    (
        cd "$2" && (cd "$checkout" && make -s && find src -name '*.[od]' | tar cf - -T -) | tar xf - && find src -name '*.o' -exec touch {} + &&
            grep -rl DRIPLO_VERSION src --include='*.cpp' | sed 's/cpp$/o/' | xargs rm -f && make -s && make -s install DESTDIR="$clusters/stage.$1"
    ) >"$log" 2>&1
    ok $? "version $1 is built"
}
copy_tree "$clusters/$next" && copy_tree "$clusters/$after" && test/fixtures/upgrade/make-next "$clusters/$next" "$next" &&
    test/fixtures/upgrade/make-next "$clusters/$after" "$next" "$after"
ok $? "$next and $after are made of $version"
{ make -s && make -s install DESTDIR="$clusters/stage.$version"; } >"$log" 2>&1
ok $? "version $version is built"
build "$next" "$clusters/$next"
build "$after" "$clusters/$after"
older="$(sh sql/assemble --updates) $version $next"
is "$(cd "$clusters/stage.$after" && find . -name 'driplo--*.sql' -printf '%f\n' | LC_ALL=C sort)" \
    "$(printf "driplo--%s--$after.sql\n" $older "" | sed 's/----/--/' | LC_ALL=C sort)" "a version brings its own script and one from each older version"
is "$(cd "$clusters/$after" && sh sql/assemble 9.9 2>&1 >/dev/null; sh sql/assemble --update 0.9 "$after" 2>&1 >/dev/null)" \
    "the last step in sql/manifest leads to version $after, not to 9.9
sql/manifest has no step from version 0.9" "a script is not written without its steps"

# the files of a version, as a package manager puts them into the place of others
install_files() { ln -sfn "$clusters/stage.$1" "$clusters/stage.new" && mv -T "$clusters/stage.new" "$clusters/stage"; }
# the old library beside new scripts
cp -a "$clusters/stage.$next" "$clusters/stage.mixed"
(cd "$clusters/stage.$version" && find . -name driplo.so -exec cp {} "$clusters/stage.mixed/{}" \;)

install_files "$version"
mapfile -t extension_settings < <(stage_settings "$clusters/stage")
make_cluster up "${extension_settings[@]}" "fsync = off" "max_connections = 60" "max_prepared_transactions = 4" >"$log" 2>&1 && start up >>"$log" 2>&1
started=$?
ok $started "a server with version $version starts"
[ $started -eq 0 ] || { failed; done_testing; }

# Every row of a database, with the transaction that wrote it: a row that an update did not touch has the same.
# The columns that the next version adds are left out, and so is the row that says which version it is.
rows() {
    sql -d "$1" <<'SQL'
SELECT format('SELECT %L, x.xmin, to_jsonb(x) - ''provenance'' FROM ONLY %s x ORDER BY to_jsonb(x)::text COLLATE "C";', c.oid::regclass, c.oid::regclass)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname !~ '^pg_|^information_schema|^tests$' AND c.relname NOT IN ('driplo_schema_version', 'wishes')
 ORDER BY c.oid::regclass::text COLLATE "C" \gexec
SQL
}
# The same for databases that have been written at different times: the lines of a dump in any order
contents() { data "$1" | LC_ALL=C sort; }
# Without that of the listings that the step writes to.
untouched_rows() { rows "$1" | sed -E 's/^([^|]*listings\|)[0-9]+/\1/'; }
error_of() { "$@" 2>&1 | grep -E '^(psql:.*)?ERROR' | sed -E 's/^.*ERROR: +//'; }
same_catalog() { # DATABASE EXPECTED NAME
    up snapshot "$1" >"$clusters/found.catalog"
    up snapshot "$2" >"$clusters/expected.catalog"
    same_file "$clusters/found.catalog" "$clusters/expected.catalog" "$3"
}
whole() { # DATABASE SCHEMA NAME: nothing is missing, open or contradictory
    is "$(up sql -d "$1" -c "SELECT 'missing', item, found FROM $2.installation_report() WHERE NOT ok UNION ALL
        SELECT check_name, object, detail FROM $2.security_advisor() WHERE detail NOT LIKE '%My policy%' UNION ALL SELECT * FROM $2.check_integrity()" 2>&1)" "" \
        "$3: the reports, the advisor and check_integrity() find nothing"
}
update() { # DATABASE TO WAY
    up sql -d "$1" -c "ALTER EXTENSION driplo UPDATE" >"$log" 2>&1
    ok $? "$3: ALTER EXTENSION UPDATE"
    failed
    is "$(up sql -d "$1" -c "SELECT extversion FROM pg_extension WHERE extname = 'driplo'")" "$2" "$3: to $2"
}
restore() { # DATABASE SCHEMA WAY: the dump of the old version
    { up fresh "$1" && up pg_restore -j2 -e -d "$1" "$clusters/$home.dump"; } >"$log" 2>&1
    ok $? "$3: an old dump is restored"
    failed
    is "$(up error_of sql -v VERBOSITY=verbose -d "$1" -c "SELECT tests.sign_up('early@example.org')")" \
        "MK002: driplo extension version $now does not match table version $old" "$3: until driplo_migrate() a sign-up is refused"
    is "$(up sql -d "$1" -c "SELECT $2.driplo_migrate()" 2>&1)" "$now" "$3: driplo_migrate() makes it $now"
    is "$(up sql -d "$1" -c "SELECT $2.driplo_migrate()" 2>&1)" "$now" "$3: and does no harm a second time"
}

homes=("plain public" "supabase shop")
for words in "${homes[@]}"; do
    read -r kind schema <<<"$words"
    home=${kind}_$schema
    up make_shop "$home" "$kind" "$schema" && up sql -d "$home" -c "SELECT $schema.expose_api()" >/dev/null && up pg_dump -Fc -f "$clusters/$home.dump" "$home" &&
        up createdb -T "$home" "${home}_direct" && up createdb -T "$home" "${home}_kept" &&
        up sql -d "${home}_kept" -c "SET client_min_messages = warning" -c "DROP EXTENSION driplo CASCADE" &&
        up test/make-home "${home}_clean" "$kind" "$schema" >"$log" 2>&1
    ok $? "$words: there are databases of version $version"
    failed
done

up createdb -T plain_public plain_cut &&
    up sql -d plain_cut -c "SELECT driplo_partition(name) FROM unnest(ARRAY['messages', 'order_status_history', 'job_runs', 'auth_login_history']) name" >"$log" 2>&1 &&
    up pg_dump -Fc -f "$clusters/plain_cut.dump" plain_cut
ok $? "and one whose tables are partitioned"
failed

# A session that was there before the files of the next version were
mkfifo "$clusters/ask" "$clusters/answer"
(
    export PGHOST=$clusters/up PGPORT=5432 PGUSER=$superuser PGOPTIONS="-c search_path=public,tests"
    exec psql -X -q -At -v VERBOSITY=verbose -d plain_public <"$clusters/ask" >"$clusters/answer" 2>&1
) &
exec 8>"$clusters/ask" 9<"$clusters/answer"
open_session() { # STATEMENT: the first line of what an open session answers
    local line
    echo "$1" >&8
    read -r -t 60 line <&9
    echo "${line#ERROR:  }"
}
cart="SELECT get_or_create_cart(id) = (SELECT c.id FROM shopping_carts c WHERE c.user_id = p.id) FROM profiles p WHERE username = 'person1';"
is "$(open_session "$cart")" t "a session is open and has plans"

# Between the files and ALTER EXTENSION UPDATE

now=$next old=$version
install_files "$next"
up rows plain_public >"$clusters/before.rows"
is "$(up error_of sql -v VERBOSITY=verbose -d plain_public -c "SELECT tests.sign_up('early@example.org')")" \
    "MK002: driplo library version $next does not match extension version $version" "a new library refuses the old functions' calls"
is "$(up sql -d plain_public -c "SET ROLE anon" -c "SELECT count(*) > 0 FROM listings")" t "anon goes on reading"
is "$(up psql -X -q -At -v VERBOSITY=sqlstate -d plain_public -c "SET ROLE authenticated" -c "SELECT count(*) FROM admin_audit_log" 2>&1)" "ERROR:  MK002" \
    "where a policy calls functions nobody does"
is "$(up sql -d plain_public -c "SELECT driplo_version()")" "$next" "driplo_version() tells what is installed"
is "$(open_session "$cart")" t "the open session goes on with the old one"
# who deploys without being the superuser
up sql -d plain_public -c "CREATE ROLE deployer LOGIN"
is "$(up error_of sql -d plain_public -c "SET ROLE deployer" -c "ALTER EXTENSION driplo UPDATE")" "must be owner of extension driplo" "not everybody may update"

# What the update cannot do is refused as a whole.
refused() { # NAME SQLSTATE OBSTACLE REMOVAL
    up sql -d plain_public -c "$3"
    up snapshot plain_public >"$clusters/before.catalog"
    is "$(up psql -X -q -At -v VERBOSITY=sqlstate -d plain_public -c "SET lock_timeout = '200ms'" -c "ALTER EXTENSION driplo UPDATE" 2>&1)" "ERROR:  $2" "$1: the update is refused"
    up snapshot plain_public >"$clusters/after.catalog"
    same_file "$clusters/after.catalog" "$clusters/before.catalog" "$1: nothing has changed"
    up sql -d plain_public -c "$4"
}
refused "a table of the user's own with a new one's name" 42P07 "CREATE TABLE wishes (mine text)" "DROP TABLE wishes"
refused "a function of the user's own with a new one's name" 55000 "CREATE FUNCTION wish_count(uuid) RETURNS bigint LANGUAGE sql RETURN 1" "DROP FUNCTION wish_count(uuid)"
refused "a view of the user's own on a function that goes" 2BP01 "CREATE VIEW mine.users AS SELECT private.adopt_users()" "DROP VIEW mine.users"
open_session "BEGIN; LOCK TABLE orders IN ROW EXCLUSIVE MODE; SELECT 'locked';" >/dev/null
refused "somebody at work for longer than lock_timeout" 55P03 "" ""
open_session "COMMIT; SELECT 'free';" >/dev/null
up rows plain_public >"$clusters/after.rows"
same_file "$clusters/after.rows" "$clusters/before.rows" "and after all that every row is what it was"

# To the next version

for words in "${homes[@]}"; do
    read -r kind schema <<<"$words"
    home=${kind}_$schema
    way="$words, $version to $next"
    up untouched_rows "$home" >"$clusters/before.rows"
    update "$home" "$next" "$way"
    up untouched_rows "$home" >"$clusters/after.rows"
    same_file "$clusters/after.rows" "$clusters/before.rows" "$way: no row is another, nor written again"
    is "$(up sql -d "$home" -c "SELECT string_agg(DISTINCT provenance || (price > 2), ' ' ORDER BY provenance || (price > 2)) FROM $schema.listings")" \
        "second handtrue unknownfalse" "$way: the new column is filled"
    whole "$home" "$schema" "$way"

    restore "${home}_restored" "$schema" "$words, $next"
    same_catalog "${home}_restored" "$home" "$words: restored and migrated it is what the update makes it"
    up contents "$home" >"$clusters/expected.data"
    up contents "${home}_restored" >"$clusters/found.data"
    same_file "$clusters/found.data" "$clusters/expected.data" "$words: with the same data"
    whole "${home}_restored" "$schema" "$words, restored"
    up sql -d "${home}_kept" -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo SCHEMA $schema" >"$log" 2>&1
    ok $? "$words: $next takes over data that $version left behind"
    failed
    same_catalog "${home}_kept" "$home" "$words: and makes it what the update makes it"

    update "${home}_clean" "$next" "$words, without the user's own"
    up test/make-home "${home}_new" "$kind" "$schema" >"$log" 2>&1
    same_catalog "${home}_clean" "${home}_new" "$words: the updated catalog is a new installation's"
    up text -s "${home}_new" >"$clusters/expected.sql"
    up text -s "${home}_clean" >"$clusters/found.sql"
    same_file "$clusters/found.sql" "$clusters/expected.sql" "$words: and so is its dump, columns in order"

    is "$(
        up sql -1 -d "$home" 2>&1 <<SQL
SET search_path = "$schema", tests;
SELECT id AS lamp FROM listings WHERE slug = 'lamp-3-2' \gset
SELECT id AS person FROM profiles WHERE username = 'person2' \gset
INSERT INTO notifications (user_id, type, title, message) VALUES (:'person', 'wish_available', 'A lamp', 'It is there.');
SELECT tests.log_in(:'person') \gset ignored_
INSERT INTO wishes (user_id, listing_id, kind) VALUES (:'person', :'lamp', 'gift');
SELECT wish_count(:'lamp'), (SELECT count(*) FROM categories) > 0;
SAVEPOINT before;
\set ON_ERROR_STOP off
\set VERBOSITY sqlstate
INSERT INTO wishes (user_id, listing_id) SELECT id, :'lamp' FROM profiles WHERE username = 'person3';
ROLLBACK TO before;
SQL
    )" "1|t
ERROR:  42501" "$words: what the next version brings works and is guarded"
    up goes_on "$home" "$schema" "$way"
done

# A shop that is partitioned

way="partitioned, $version to $next" home=plain_cut
update plain_cut "$next" "$way"
whole plain_cut public "$way"
is "$(up sql -d plain_cut -c "SELECT relkind FROM pg_class WHERE oid = 'messages'::regclass" -c "SET ROLE service_role" -c "SELECT make_partitions()" | paste -sd' ')" "p 0" \
    "$way: they stay so, and the job finds them"
restore plain_cut_restored public "$way"
same_catalog plain_cut_restored plain_cut "$way: restored and migrated it is what the update makes it"
up sql -d plain_cut -c "SELECT driplo_partition('admin_audit_log')" >"$log" 2>&1
ok $? "$way: another table is partitioned"
failed
whole plain_cut public "$way, with another"

is "$(open_session "$cart")" "MK002: driplo library version $version does not match extension version $next" \
    "the session that was open is told to reconnect"
exec 8>&- 9<&-
wait $! 2>/dev/null
is "$(up sql -d plain_public -c "SET search_path = public" -c "$cart")" t "and then all is well"
install_files mixed
is "$(up error_of sql -v VERBOSITY=verbose -d plain_public -c "SELECT tests.sign_up('early@example.org')")" \
    "MK002: driplo library version $version does not match extension version $next" "an old library refuses the new functions' calls"
is "$(up sql -d plain_public -c "SELECT count(*) FROM auth.users WHERE email = 'early@example.org'")" 0 "and nobody is half signed up"

# To the version after it, in two steps and in one

now=$after
install_files "$after"
for words in "${homes[@]}"; do
    read -r kind schema <<<"$words"
    home=${kind}_$schema
    up untouched_rows "${home}_direct" >"$clusters/before.rows"
    update "${home}_direct" "$after" "$words, $version to $after"
    up untouched_rows "${home}_direct" >"$clusters/after.rows"
    same_file "$clusters/after.rows" "$clusters/before.rows" "$words, $version to $after: no row is another, nor written again"
    update "${home}" "$after" "$words, $next to $after"
    same_catalog "$home" "${home}_direct" "$words: step by step it becomes the same"
    whole "$home" "$schema" "$words, $next to $after"
    restore "${home}_restored" "$schema" "$words, $after"
    same_catalog "${home}_restored" "${home}_direct" "$words: and from an old dump"
    update "${home}_clean" "$after" "$words, without the user's own, $next to $after"
    up test/make-home "${home}_new" "$kind" "$schema" >"$log" 2>&1
    same_catalog "${home}_clean" "${home}_new" "$words, $after: the updated catalog is a new installation's"
    up goes_on "$home" "$schema" "$words, $next to $after"
    up goes_on "${home}_restored" "$schema" "$words, restored in $after"
done

# The old files come back over a database that is further.
install_files "$version"
is "$(up error_of sql -v VERBOSITY=verbose -d plain_public -c "SELECT tests.sign_up('early@example.org')")" \
    "MK002: driplo library version $version does not match extension version $after" "older files are refused by a newer database"
{ up pg_dump -Fc -f "$clusters/new.dump" plain_public && up fresh back && up pg_restore -d back "$clusters/new.dump"; } >"$log" 2>&1
is "$(up error_of sql -v VERBOSITY=verbose -d back -c "SELECT driplo_migrate()")" \
    "MK002: cannot upgrade driplo tables from version $after to version $version" "and a dump of a newer one by older files"

# The tests of the last version, in a database that has come to it by updates: its catalog is that of a new one, so that the
# short form runs those that look at the schema and at the rights.
install_files "$after"
suite() { # DATABASE TREE NAME
    local files=("$2"/test/pgtap/*/*.sql)
    [ -n "${DRIPLO_LONG:-}" ] || files=("$2"/test/pgtap/*/schema.sql "$2"/test/pgtap/schema/*.sql "$2"/test/pgtap/rights/matrix.sql)
    (cd "$2" && on up pg_prove --verbose --dbname "$1" "${files[@]}") >"$log" 2>&1 </dev/null
    ok $? "$3: the pgTAP tests pass in the updated database"
    grep -E '^not ok|^#|ERROR|Parse errors|Wstat|Result: FAIL' "$log" | head -n 40 | sed 's/^#* */#   /'
}
suite plain_public_clean "$clusters/$after" "plain public"
[ -z "${DRIPLO_LONG:-}" ] || suite supabase_shop_clean "$clusters/$after" "supabase shop"

# From each released version to this one. Its sources come from the tag that CONTRIBUTING.md says to set.
released() { # VERSION
    local from=$1 kind=plain schema=public words="plain public" way="$1 to $version"
    if ! git rev-parse -q --verify "v$from^{commit}" >/dev/null 2>&1; then
        ok 0 "$way # SKIP there is no tag v$from here"
        return
    fi
    {
        mkdir "$clusters/$from" && git archive "v$from" | tar xf - -C "$clusters/$from" &&
            (cd "$clusters/$from" && make -s -j"$(nproc)" && make -s install DESTDIR="$clusters/stage.$from")
    } >"$log" 2>&1
    ok $? "$from is built from its tag"
    install_files "$from"
    home=released
    (cd "$clusters/$from" && up make_shop released $kind $schema && up test/make-home released_clean $kind $schema) >"$log" 2>&1 &&
        up pg_dump -Fc -f "$clusters/released.dump" released && up createdb -T released released_kept &&
        up sql -d released_kept -c "SET client_min_messages = warning" -c "DROP EXTENSION driplo CASCADE"
    ok $? "$way: there are databases of version $from"
    failed
    # the columns that there were; what a step is meant to change has to be left out here
    up sql -d released >"$clusters/rows.sql" <<'SQL'
SELECT format('SELECT %L, to_jsonb(x) FROM (SELECT %s FROM ONLY %s) x ORDER BY to_jsonb(x)::text COLLATE "C";', c.oid::regclass,
              (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), c.oid::regclass)
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind = 'r' AND n.nspname !~ '^pg_|^information_schema|^tests$' AND c.relname <> 'driplo_schema_version'
 ORDER BY c.oid::regclass::text COLLATE "C"
SQL
    now=$version old=$from
    install_files "$version"
    up sql -d released -f "$clusters/rows.sql" >"$clusters/before.rows"
    update released "$version" "$way"
    up sql -d released -f "$clusters/rows.sql" >"$clusters/after.rows"
    same_file "$clusters/after.rows" "$clusters/before.rows" "$way: no row is another"
    whole released $schema "$way"
    restore released_restored $schema "$way"
    same_catalog released_restored released "$way: restored and migrated it is what the update makes it"
    up sql -d released_kept -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo" >"$log" 2>&1
    ok $? "$way: it takes over data that was left behind"
    same_catalog released_kept released "$way: and makes it what the update makes it"
    update released_clean "$version" "$way, without the user's own"
    up test/make-home released_new $kind $schema >"$log" 2>&1
    same_catalog released_clean released_new "$way: the updated catalog is a new installation's"
    up goes_on released $schema "$way"
    up goes_on released_restored $schema "$way, restored"
    suite released_clean "$PWD" "$way"
}
for from in $(sh sql/assemble --updates); do released "$from"; done

done_testing
