#!/bin/bash
# The story from a sign-up to a paid order through the clients of docs/clients that npm and Debian have, over a login role
# without rights of its own: docs/clients/drizzle.md as it stands, and for each other client its snippet of orms.md with a
# program of test/long/clients. All of them print the same.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_npm_clients
work=$(mktemp -d)
trap 'dropdb --if-exists $database; psql -X -q -d postgres -c "DROP ROLE IF EXISTS authenticator"; rm -rf "$work"' EXIT
export DATABASE_URL=postgresql:///$database
# npm's Node.js, since some clients need a newer one than Debian's
PATH=$work/node_modules/.bin:$PATH
# Debian's, which has the packages; another one may come first in PATH
python=python3
$python -c 'import sqlalchemy, psycopg2' 2>/dev/null || python=/usr/bin/python3

# blocks PAGE WORDS: the text of all blocks that begin with ```WORDS
blocks() { awk -v words="\`\`\`$2" '$0 == words { copying = 1; next } /^```/ { copying = 0 } copying' "docs/clients/$1"; }
installation() { awk '/^## / { inside = $0 == "## Installation" } inside && /^```sql/ { copying = 1; next } copying && /^```/ { exit } copying' README.md; }
as_application() { (cd "$work" && PGUSER=authenticator PGPASSWORD='change me' "$@"); }
# tell FOUND: what a command said, when it has failed
tell() { sed 's/^/#   /' "$1" | cut -c -300 | head -n 40; }

cp test/long/clients/* "$work/"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$work/log" 2>&1
ok $? "npm installs what test/long/clients/package-lock.json names" || true
tell "$work/log"
dropdb --if-exists $database 2>/dev/null
psql -X -q -d postgres -c "SET client_min_messages = warning" -c "DROP ROLE IF EXISTS authenticator"
createdb -T template0 -E UTF8 $database
{ installation; blocks drizzle.md sql; } | psql -X -q -v ON_ERROR_STOP=1 -d $database >"$work/log" 2>&1
ok $? "driplo is installed, with a role for applications"
tell "$work/log"

# The page, with this database in place of its own.
is "$(($(wc -l <docs/clients/drizzle.md) <= 110))" 1 "drizzle.md: it is short"
blocks drizzle.md json | sed "s:///shop:///$database:" >"$work/drizzle.config.json"
blocks drizzle.md sh | grep -v '^npm install' >"$work/pull.sh"
(cd "$work" && bash -e pull.sh) >"$work/log" 2>&1
ok $? "drizzle.md: its commands pull the tables" || true
grep -i error "$work/log" | sed 's/^/#   /'
blocks drizzle.md ts >"$work/shop.ts"
as_application node shop.ts >"$work/found" 2>&1
blocks drizzle.md text >"$work/expected"
same_file "$work/found" "$work/expected" "drizzle.md: the program prints what the page says"

cat >"$work/expected" <<'TEXT'
inserted Denim jacket 45.00 USD 0
updated Denim jacket, size M
upserted Denim jacket, size L
processed
paid 45.00 1 Denim jacket, size L 1
42501 permission denied for column "view_count" of table "listings" The database and the application's back end maintain this column.
TEXT
# story NAME COMMAND...: "saved" is a mapper's own way to send changes, which not all have.
story() {
    local name=$1
    shift
    CLIENT=$name as_application "$@" >"$work/found" 2>&1
    sed -i '/^saved Denim jacket, size S$/d' "$work/found"
    same_file "$work/found" "$work/expected" "$name: the story"
}
{ sed "/^const service = /q" "$work/shop.ts"; cat "$work/drizzle.ts"; } >"$work/story_drizzle.ts"
(cd "$work" && tsc --noEmit --strict --skipLibCheck --module nodenext --target es2022 --allowImportingTsExtensions shop.ts story_drizzle.ts) >"$work/log" 2>&1
ok $? "drizzle.md: the program and the pulled tables compile"
tell "$work/log"
story drizzle node story_drizzle.ts
for client in kysely postgres typeorm mikro-orm; do
    { blocks orms.md "js $client"; cat "$work/$client.mjs"; } >"$work/story_$client.mjs"
    story $client node "story_$client.mjs"
done
sed "s/from 'typeorm'/from 'typeorm-0.3'/" "$work/story_typeorm.mjs" >"$work/story_typeorm_0.3.mjs"
story typeorm-0.3 node story_typeorm_0.3.mjs

{ blocks orms.md prisma; cat "$work/models.prisma"; } >"$work/schema.prisma"
# Only its engine for migrations is a binary of its own, which is not used here.
(cd "$work" && PRISMA_SCHEMA_ENGINE_BINARY=/bin/true prisma generate --schema schema.prisma) >"$work/log" 2>&1
ok $? "Prisma generates its client"
grep -i -A 10 error "$work/log" | sed 's/^/#   /'
{ blocks orms.md "ts prisma"; cat "$work/prisma.ts"; } >"$work/story_prisma.ts"
story prisma node story_prisma.ts

{ blocks orms.md "python sqlalchemy"; cat "$work/sqlalchemy.py"; } >"$work/story_sqlalchemy.py"
mv "$work/sqlalchemy.py" "$work/sqlalchemy_story.py"
story sqlalchemy $python story_sqlalchemy.py

# What makes types and entities of the database, as a superuser
(cd "$work" && kysely-codegen --dialect postgres --url "$DATABASE_URL" --out-file types.ts) >"$work/log" 2>&1
is "$(grep -cE '^  (listings|orders|profiles): ' "$work/types.ts")" 3 "kysely-codegen makes types of the tables"
(cd "$work" && node generate-mikro-orm.mjs) >"$work/log" 2>&1
is "$(grep -c 'tableName: \|class Listings ' "$work/entities/Listings.ts" 2>/dev/null)" 1 "MikroORM's generator makes entities of the tables"

is "$(psql -X -q -At -d $database -c "SELECT count(*) FROM orders WHERE status = 'paid'")" 9 "each of them sold a jacket"
is "$(psql -X -q -At -d $database -c "SELECT * FROM check_integrity()")" "" "and the books are in order"
done_testing
