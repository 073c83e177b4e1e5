#!/bin/bash
# The two programs of docs/clients/mailer.md as they stand there, with a mail server and a push service that keep what they get:
# each e-mail and push message arrives once, in the reader's language, with a link that ends them; what is refused is tried again or
# given up.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_mailer
work=$(mktemp -d)
sinks=
trap '[ -z "$sinks" ] || kill "$sinks"; dropdb --if-exists $database; psql -X -q -d postgres -c "DROP ROLE IF EXISTS authenticator"; rm -rf "$work"' EXIT
smtp=$((20000 + ($$ % 10000))) http=$((30000 + ($$ % 10000)))
blocks() { awk -v words="\`\`\`$1" '$0 == words { copying = 1; next } /^```/ { copying = 0 } copying' docs/clients/mailer.md; }
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }
tell() { [ "$tap_failures" -eq 0 ] || sed 's/^/#   /' "$1" | cut -c -300 | head -n 40; }

cp test/long/mailer/* "$work/"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$work/log" 2>&1
ok $? "npm installs what test/long/mailer/package-lock.json names"
tell "$work/log"
blocks "js mailer" >"$work/mailer.mjs"
blocks "js pusher" >"$work/pusher.mjs"

dropdb --if-exists $database 2>/dev/null
psql -X -q -d postgres -c "SET client_min_messages = warning" -c "DROP ROLE IF EXISTS authenticator"
createdb -T template0 -E UTF8 $database
sql >"$work/log" 2>&1 <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION driplo CASCADE;
CREATE ROLE authenticator LOGIN NOINHERIT;
GRANT anon, authenticated, service_role TO authenticator;
INSERT INTO auth.users (email, raw_user_meta_data) VALUES ('ann@shop.example', '{"full_name": "Ann"}'), ('bob@shop.example', '{"full_name": "Bob"}'), ('nobody@shop.example', NULL), ('full@shop.example', NULL);
UPDATE profiles SET language_preference = 'bg' WHERE email = 'bob@shop.example';
INSERT INTO push_tokens (user_id, token, platform) SELECT p.id, t.token, 'ios' FROM profiles p, unnest(ARRAY['phone', 'gone', 'busy']) t (token) WHERE p.email = 'ann@shop.example';
INSERT INTO listings (seller_id, title, description, price, quantity, status) SELECT id, 'Палто <b>', 'Warm.', 10, 9, 'active' FROM profiles WHERE email = 'bob@shop.example';
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) SELECT b.id, s.id, 10, 10 FROM profiles b, profiles s WHERE b.email <> 'bob@shop.example' AND s.email = 'bob@shop.example';
INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) SELECT o.id, l.id, 1, 10, 10 FROM orders o, listings l;
UPDATE orders SET status = 'payment_processing';
UPDATE orders SET status = 'paid';
SET ROLE service_role;
SELECT deliver_events();
RESET ROLE;
UPDATE orders SET status = 'shipped' WHERE buyer_id = (SELECT id FROM profiles WHERE email = 'ann@shop.example');
-- and somebody without an account has reported something
SET ROLE anon;
SELECT report('listing', id, 'illegal', 'Stolen', email => 'reader@elsewhere.example', locale => 'bg') FROM listings;
RESET ROLE;
SET ROLE service_role;
SELECT deliver_events();
SQL
ok $? "a shop in which something has happened"
tell "$work/log"

node "$work/sinks.mjs" $smtp $http "$work/kept" >"$work/sinks" 2>&1 &
sinks=$!
for _ in $(seq 50); do (exec 3<>/dev/tcp/127.0.0.1/$smtp) 2>/dev/null && break; sleep 0.2; done
export DATABASE_URL="postgresql://authenticator@/$database?host=${PGHOST//\//%2F}&port=${PGPORT:-5432}"
export SMTP_URL="smtp://127.0.0.1:$smtp?ignoreTLS=true" MAIL_FROM=shop@shop.example SHOP_URL=https://shop.example UNSUBSCRIBE_URL=https://shop.example/unsubscribe
export PUSH_URL=http://127.0.0.1:$http/ PUSH_KEY=secret
touch "$work/kept"

# two at once
(cd "$work" && node mailer.mjs >one 2>&1) &
one=$!
(cd "$work" && node mailer.mjs >two 2>&1)
ok $? "a mailer ends when nothing is left"
tell "$work/two"
wait $one
ok $? "so does another one beside it"
tell "$work/one"
(cd "$work" && node pusher.mjs >log 2>&1)
ok $? "and a pusher"
tell "$work/log"

kept() { node -e "
    const lines = require('fs').readFileSync('$work/kept', 'utf8').trim().split('\n').map(JSON.parse)
    const decode = text => text.replace(/\r\n /g, '').replace(/=\?UTF-8\?Q\?(.*?)\?=/g, (_, word) => decodeURIComponent(word.replace(/_/g, ' ').replace(/=/g, '%'))).replace(/=\?UTF-8\?B\?(.*?)\?=/g, (_, word) => Buffer.from(word, 'base64').toString())
    for (const line of lines.map($1).filter(Boolean).sort()) console.log(line)"; }
is "$(kept 'l => l.mail && l.mail + ": " + decode(/^Subject: .*(\r\n .*)*/m.exec(l.text)[0]).slice(9).replace(/(ORD|REP)-.*/, number => number.slice(0, 3))')" "ann@shop.example: Paid: order ORD
ann@shop.example: Палто <b> is on its way
bob@shop.example: Палто <b>: продадено
bob@shop.example: Палто <b>: продадено
bob@shop.example: Палто <b>: продадено
reader@elsewhere.example: Получихме вашия сигнал REP" "each e-mail arrives once, in the language of its reader"
is "$(kept 'l => l.mail === "reader@elsewhere.example" && String(/^List-Unsubscribe/m.test(l.text))')" false "who has no account has nothing to unsubscribe from"
is "$(kept 'l => l.mail && /^List-Unsubscribe-Post: List-Unsubscribe=One-Click/m.test(l.text) && /^Message-ID: <[0-9a-f-]{36}@shop.example>/m.test(l.text) && "all headers"' | sort -u)" "all headers" \
    "with a number of its own and the headers of RFC 8058"
token=$(kept 'l => l.mail === "bob@shop.example" && decodeURIComponent(/token=([^>]+)>/.exec(l.text.replace(/\r\n /g, ""))[1].trim())' | head -n 1)
is "$(sql -c "SET ROLE anon" -c "SELECT unsubscribe('$token')")" listing_sold "whose link ends e-mails of that type"
is "$(sql -c "SELECT string_agg(p.email || ' ' || d.status || ' ' || d.attempts, ', ' ORDER BY p.email) FROM notification_deliveries d JOIN profiles p ON p.id = d.user_id WHERE d.channel = 'email' AND p.email ~ '^(nobody|full)'")" \
    "full@shop.example failed 1, nobody@shop.example dead 1" "a full mailbox is tried again later, one that does not exist is given up"
is "$(kept 'l => l.push && l.push + ": " + l.title + ", " + l.key')" "busy: Палто <b> is on its way, Bearer secret
gone: Палто <b> is on its way, Bearer secret
phone: Палто <b> is on its way, Bearer secret" "each device is asked once"
is "$(sql -c "SELECT string_agg(t.token || ' ' || d.status, ', ' ORDER BY t.token) FROM notification_deliveries d JOIN push_tokens t ON t.id = d.push_token_id")" \
    "busy failed, phone sent" "one that is gone is forgotten"
done_testing
