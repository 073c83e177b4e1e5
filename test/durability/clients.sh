#!/bin/bash
# The pages of docs/clients as they stand there, each in a new database that is installed as the README says: their statements
# run as a superuser, then their program over a login role without rights of its own, and it prints what the page says; then
# their webhook, called with and without Stripe's signature.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_clients
work=$(mktemp -d)
server=
stop() { [ -z "$server" ] || kill "$server" 2>/dev/null; server=; }
trap 'stop; dropdb --if-exists $database; psql -X -q -d postgres -c "DROP ROLE IF EXISTS authenticator"; rm -rf "$work"' EXIT
port=$((30000 + ($$ % 20000)))
export DATABASE_URL="postgresql://authenticator:change%20me@/$database?host=${PGHOST//\//%2F}&port=${PGPORT:-5432}"
export STRIPE_WEBHOOK_SECRET=whsec_test PORT=$port
# Debian's, which has the packages; another one may come first in PATH
python=python3
$python -c 'import psycopg' 2>/dev/null || python=/usr/bin/python3

# blocks PAGE WORDS: the text of all blocks that begin with ```WORDS
blocks() { awk -v words="\`\`\`$2" '$0 == words { copying = 1; next } /^```/ { copying = 0 } copying' "$1"; }
installation() { awk '/^## / { inside = $0 == "## Installation" } inside && /^```sql/ { copying = 1; next } copying && /^```/ { exit } copying' README.md; }
fresh() { # PAGE
    dropdb --if-exists $database 2>/dev/null
    psql -X -q -d postgres -c "SET client_min_messages = warning" -c "DROP ROLE IF EXISTS authenticator"
    createdb -T template0 -E UTF8 $database
    { installation; blocks "$1" sql; } | psql -X -q -v ON_ERROR_STOP=1 -d $database >"$work/log" 2>&1
    ok $? "$1: installed, and its statements run"
    sed 's/^/#   /' "$work/log"
    blocks "$1" text >"$work/expected"
}
short() { # PAGE
    is "$(($(awk '/^```sql/ && !first { first = NR } /"status":"paid"|SELECT status FROM orders/ && !last { last = NR } END { print last ? last - first + 1 : 999 }' "$1") <= 100))" 1 \
        "$1: a paid order within a hundred lines"
}
webhook() { # PAGE
    local event='{"id": "evt_hook", "type": "charge.captured", "created": 1700000000, "livemode": true, "data": {"object": {"id": "ch_1", "object": "charge"}}}'
    local wrong='{"id": "evt_bad", "type": "payment_intent.succeeded", "created": 1700000000, "livemode": true, "data": {"object": {"id": "pi_1", "amount": 1, "amount_received": 1, "currency": "usd"}}}'
    post() { $python test/fixtures/stripe_post.py "http://127.0.0.1:$port/" "$@"; }
    is "$(post "$event")" "not from Stripe 400" "$1: the webhook refuses what Stripe has not signed"
    is "$(post "$event" whsec_test)" "ignored 200" "$1: an event without an effect is answered with 200"
    is "$(post "$event" whsec_test)" "duplicate 200" "$1: and so is the same event again"
    is "$(post "$wrong" whsec_test | sed -E 's/.* //')" 500 "$1: one that does not fit is answered with 500"
    is "$(psql -X -q -At -d $database -c "SELECT stripe_event_id, outcome FROM stripe_webhook_events WHERE stripe_event_id <> 'evt_1' ORDER BY stripe_event_id")" \
        "evt_bad|failed
evt_hook|ignored" "$1: both are in the inbox"
    stop
    sed 's/^/#   /' "$work/server" | grep -v '"POST / HTTP' | head -n 20
}

page=docs/clients/python.md
short $page
fresh $page
blocks $page python >"$work/shop.py"
$python "$work/shop.py" >"$work/found" 2>&1
same_file "$work/found" "$work/expected" "$page: the program prints what the page says"
{
    sed '/yield cursor/q' "$work/shop.py"
    blocks $page "python webhook"
    echo 'from wsgiref.simple_server import make_server'
    echo 'make_server("127.0.0.1", int(os.environ["PORT"]), application).serve_forever()'
} >"$work/webhook.py"
$python "$work/webhook.py" >"$work/server" 2>&1 &
server=$!
webhook $page

page=docs/clients/postgrest.md
short $page
fresh $page
ADMIN_URL="postgresql://${PGUSER:-$USER}@/$database?host=${PGHOST//\//%2F}&port=${PGPORT:-5432}" \
    $python test/fixtures/postgrest.py public $page >"$work/answers" 2>&1
# an answer a request; identifiers are what they are
awk '/^```http/ { print "@answer" } /^```json/ { copying = 1; next } /^```/ { copying = 0 } copying' $page >"$work/expected"
sed -E 's/"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"/"<id>"/g; s/("order_id":)"<id>"/\1"<order_id>"/' "$work/answers" >"$work/found"
same_file "$work/found" "$work/expected" "$page: each request has the answer that the page shows"

page=docs/clients/node.md
short $page
mkdir "$work/node"
cp clients/typescript/package*.json "$work/node/"
(cd "$work/node" && npm ci --no-audit --no-fund --loglevel=error) >"$work/log" 2>&1
ok $? "npm installs what clients/typescript/package-lock.json names"
sed 's/^/#   /' "$work/log" | tail -n 20
fresh $page
blocks $page js >"$work/node/shop.mjs"
node "$work/node/shop.mjs" >"$work/found" 2>&1
same_file "$work/found" "$work/expected" "$page: the program prints what the page says"
{
    sed '/^const service = /q' "$work/node/shop.mjs"
    blocks $page "js webhook"
} >"$work/node/webhook.mjs"
node "$work/node/webhook.mjs" >"$work/server" 2>&1 &
server=$!
webhook $page

page=docs/clients/typescript.md
cp -r clients/typescript/*.ts clients/typescript/*.js clients/typescript/test "$work/node/"
(cd "$work/node" && node_modules/.bin/tsc -p test) >"$work/log" 2>&1
ok $? "clients/typescript/test/story.ts compiles with tsc --strict"
sed 's/^/#   /' "$work/log"
fresh $page
psql -X -q -d $database -c "ALTER DATABASE $database SET driplo.return_window = 0"
node "$work/node/out/test/story.js" >"$work/found" 2>&1
same_file "$work/found" clients/typescript/test/story.txt "it sells from the sign-up to the payout"
is "$(cd "$work/node" && npm pack --dry-run --json 2>/dev/null | tr -d ' \n' | grep -oE '"path":"[^"]*"' | sort | xargs)" \
    "path:database.types.d.ts path:index.d.ts path:index.js path:package.json" "npm pack packs the types and the constants"
done_testing
