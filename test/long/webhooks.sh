#!/bin/bash
# The sender of docs/webhooks.md as it stands there: what it sends to a server of this host, is verified by the package
# standardwebhooks from npm; and it goes nowhere else than it should.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/restore.bash

shop=driplo_webhooks
work=$(mktemp -d)
trap 'dropdb --if-exists $shop; rm -rf "$work"' EXIT
export PGDATABASE=$shop

cp test/long/webhooks/* "$work/"
(cd "$work" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error) >"$work/log" 2>&1
ok $? "npm installs what test/long/webhooks/package-lock.json names"
sed 's/^/#   /' "$work/log" | tail -n 20
awk '$0 == "```js sender" { copying = 1; next } /^```/ { copying = 0 } copying' docs/webhooks.md >"$work/sender.mjs"
awk '$0 == "```js receiver" { copying = 1; next } /^```/ { copying = 0 } copying' docs/webhooks.md >"$work/receiver.mjs"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=hooks.example.com -addext subjectAltName=DNS:hooks.example.com \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
ok $? "a certificate"
fresh $shop
sql -d $shop -f test/fixtures/required.sql -c "CREATE EXTENSION driplo"
ok $? "driplo is installed"
cat >"$work/bodies.sql" <<'SQL'
INSERT INTO webhook_deliveries (endpoint_id, event_id, event_type, body)
SELECT :endpoint, 'msg_' || n, 'order.paid', b.body
  FROM generate_series(1, 1000) n
 CROSS JOIN LATERAL (
    SELECT json_build_object('type', 'order.paid', 'text', string_agg(chr(CASE floor(random() * 4)::integer WHEN 0 THEN 1 + floor(random() * 126)::integer WHEN 1 THEN 128 + floor(random() * 1900)::integer
                                                                              WHEN 2 THEN 2048 + floor(random() * 52000)::integer ELSE 65536 + floor(random() * 1000000)::integer END), ''))::text AS body
      FROM generate_series(1, 1 + n * n / 145)) b
SQL
(cd "$work" && NODE_EXTRA_CA_CERTS=cert.pem node receive.mjs) >"$work/found" 2>&1
cat >"$work/expected" <<'TEXT'
two senders send 1000
arrived 1000 events 1000 genuine 1000 by POST application/json
delivered 1000
another secret: No matching signature found
another body: No matching signature found
again after an hour: Message timestamp too old
while a secret is replaced: true,true
asked 7
/broken pending null ECONNRESET in 0 minutes 
/date pending 503 null in 120 minutes 
/gone failed 410 null  disabled
/long delivered 200 null  
/moved pending 302 null in 0 minutes 
/odd pending 500 null in 0 minutes 
/slow pending 429 null in 60 minutes 
another certificate: ERR_TLS_CERT_ALTNAME_INVALID
not public: none is
public: all are
localhost not a public address
127.0.0.1 not a public address
::1 not a public address
2130706433 not a public address
0x7f.1 not a public address
the sender's role: 42501
the sender alone: 1 sent, asked 0
pending: not a public address
TEXT
sed -i 's/ *$//' "$work/expected" "$work/found"
same_file "$work/found" "$work/expected" "everything arrives once and is genuine, and nothing goes elsewhere"
(cd "$work" && WEBHOOK_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw node --input-type=module -e '
    import { Webhook } from "standardwebhooks"
    import { received } from "./receiver.mjs"
    const at = new Date(), id = "msg_1", body = "{\"type\": \"order.paid\"}"
    const headers = { "webhook-id": id, "webhook-timestamp": String(Math.floor(at / 1000)), "webhook-signature": new Webhook(process.env.WEBHOOK_SECRET).sign(id, at, body) }
    console.log(received(body, headers).type)
    try { received(body + " ", headers) } catch (error) { console.log(error.message) }') >"$work/found" 2>&1
is "$(cat "$work/found")" "order.paid
No matching signature found" "the page's receiver verifies"
done_testing
