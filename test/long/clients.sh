#!/bin/bash
# The story from a sign-up to a paid order through the clients of docs/clients that npm and Debian have, over a login role
# without rights of its own: drizzle.md and postgraphile.md as they stand, and for each other client its snippet of orms.md
# with a program of test/long/clients. All of these print the same.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_npm_clients
work=$(mktemp -d)
server=
stop() { [ -z "$server" ] || { kill "$server"; wait "$server"; } 2>/dev/null; server=; }
trap 'stop; dropdb --if-exists $database; psql -X -q -d postgres -c "DROP ROLE IF EXISTS authenticator"; rm -rf "$work"' EXIT
export DATABASE_URL=postgresql:///$database JWT_SECRET=secret PORT=$((30000 + ($$ % 20000))) GRAPHILE_ENV=production
# npm's Node.js, since some clients need a newer one than Debian's
PATH=$work/node_modules/.bin:$PATH
# Debian's, which has the packages; another one may come first in PATH
python=python3
$python -c 'import sqlalchemy, psycopg2' 2>/dev/null || python=/usr/bin/python3

# blocks PAGE WORDS: the text of all blocks that begin with ```WORDS
blocks() { awk -v words="\`\`\`$2" '$0 == words { copying = 1; next } /^```/ { copying = 0 } copying' "docs/clients/$1"; }
installation() { awk '/^## / { inside = $0 == "## Installation" } inside && /^```sql/ { copying = 1; next } copying && /^```/ { exit } copying' README.md; }
as_application() { (cd "$work" && PGUSER=authenticator PGPASSWORD='change me' "$@"); }
short() { # PAGE
    is "$(($(sed -n '/^```sql/,/order.*\.status/p' "docs/clients/$1" | wc -l) <= 100))" 1 "$1: a paid order within a hundred lines"
}
fresh() { # PAGE
    dropdb --if-exists $database 2>/dev/null
    psql -X -q -d postgres -c "SET client_min_messages = warning" -c "DROP ROLE IF EXISTS authenticator"
    createdb -T template0 -E UTF8 $database
    { installation; blocks "$1" sql; } | psql -X -q -v ON_ERROR_STOP=1 -d $database >"$work/log" 2>&1
    ok $? "$1: driplo is installed, and its statements run"
    tell "$work/log"
}
# tell FILE: what a command said, once something has failed
tell() { [ "$tap_failures" -eq 0 ] || sed 's/^/#   /' "$1" | cut -c -300 | head -n 40; }

cp -r test/long/clients/* "$work/"
for folder in clients clients/postgraphile-4; do
    (cd "$work/${folder#clients}" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$work/log" 2>&1
    ok $? "npm installs what test/long/$folder/package-lock.json names"
    tell "$work/log"
done
fresh drizzle.md

# The page, with this database in place of its own.
short drizzle.md
blocks drizzle.md json | sed "s:///shop:///$database:" >"$work/drizzle.config.json"
blocks drizzle.md sh | grep -v '^npm install' >"$work/pull.sh"
(cd "$work" && bash -e pull.sh) >"$work/log" 2>&1
ok $? "drizzle.md: its commands pull the tables"
tell "$work/log"
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
tell "$work/log"
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

# PostGraphile: a server in FOLDER, and the page's requests against it
requests() { # FOLDER
    (cd "$work/$1" && PGUSER=authenticator PGPASSWORD='change me' exec node server.mjs) >"$work/server" 2>&1 &
    server=$!
    for _ in $(seq 300); do
        if { : >"/dev/tcp/127.0.0.1/$PORT"; } 2>/dev/null || ! kill -0 $server 2>/dev/null; then break; fi
        sleep 0.2
    done
    (cd "$work/$1" && PGUSER=authenticator PGPASSWORD='change me' exec node shop.mjs) >"$work/found" 2>&1
    stop
}
fresh postgraphile.md
short postgraphile.md
blocks postgraphile.md "js server" >"$work/server.mjs"
blocks node.md js | sed '/^const service = /q' | sed -E 's/^(async function as|const service)/export \1/' >"$work/as.mjs"
{ blocks postgraphile.md js; echo 'process.exit()'; } >"$work/shop.mjs"
blocks postgraphile.md text >"$work/expected"
requests .
same_file "$work/found" "$work/expected" "postgraphile.md: the program prints what the page says"
tell "$work/server"

fresh postgraphile.md
blocks postgraphile.md "js server-4" >"$work/postgraphile-4/server.mjs"
cp "$work/as.mjs" "$work/postgraphile-4/"
sed -E 's/rowId/id/g; s/orderByRowId/orderById/g; s/result(:? [[{]) ?(orderId|placed)/placedOrders\1 \2/; s/toStatus: delivered/toStatus: DELIVERED/
    s/message, extensions }/message, errcode }/; s/extensions\.code/errcode/' "$work/shop.mjs" >"$work/postgraphile-4/shop.mjs"
sed -i 's/^paid/PAID/' "$work/expected"
requests postgraphile-4
same_file "$work/found" "$work/expected" "version 4: the same requests, by its names"
tell "$work/server"
done_testing
