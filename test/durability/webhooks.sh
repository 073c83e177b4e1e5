#!/bin/bash
# docs/webhooks.md: its Python verifies what claim_webhooks() signs, and its tables are those of the catalog; and the endpoints of a
# database are not confirmed in its copies.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash
. test/fixtures/restore.bash

shop=driplo_webhooks copy=driplo_webhooks_copy page=docs/webhooks.md
work=$(mktemp -d)
trap 'dropdb --if-exists $copy; dropdb --if-exists $shop; rm -rf "$work"' EXIT

fresh $shop
sql -d $shop -f test/fixtures/required.sql -c "CREATE EXTENSION driplo"
ok $? "driplo is installed"

# What the page says of the events
sql -d $shop -c "SELECT format('| \`%s\` | %s |', event_type, lower(left(description, 1)) || rtrim(substr(description, 2), '.')) FROM webhook_event_types()" >"$work/expected"
awk '/^## / { inside = $0 == "## Event types" } inside && /^\| `/' $page >"$work/found"
same_file "$work/found" "$work/expected" "the page has the event types"

# A thousand bodies of any characters, up to 20 kB
cat >"$work/bodies.sql" <<'SQL'
SELECT setseed(0.5) \g /dev/null
SELECT id AS endpoint, secret FROM create_webhook_endpoint('https://hooks.example.com/', '{*}') \gset
INSERT INTO webhook_deliveries (endpoint_id, event_id, event_type, body)
SELECT :'endpoint', 'msg_' || n, 'order.paid', b.body
  FROM generate_series(1, 1000) n
 CROSS JOIN LATERAL (
    -- from one character to 20 kB, of one to four bytes each
    SELECT json_build_object('type', 'order.paid', 'text', string_agg(chr(CASE floor(random() * 4)::integer WHEN 0 THEN 1 + floor(random() * 126)::integer WHEN 1 THEN 128 + floor(random() * 1900)::integer
                                                                              WHEN 2 THEN 2048 + floor(random() * 52000)::integer ELSE 65536 + floor(random() * 1000000)::integer END), ''))::text AS body
      FROM generate_series(1, 1 + n * n / 145)) b;
\pset format unaligned
\pset tuples_only on
-- in hexadecimal: psql leaves out characters that are none, such as U+FFFE
SELECT encode(convert_to(json_build_object('secret', :'secret', 'headers', c.headers, 'body', c.body)::text, 'UTF8'), 'hex') FROM claim_webhooks(1000) c;
SQL
sql -d $shop -f "$work/bodies.sql" >"$work/signed" 2>"$work/said"
ok $? "they are signed"
sed 's/^/#   /' "$work/said"
awk '/^```python$/ { copying = 1; next } /^```/ { copying = 0 } copying' $page >"$work/verify.py"
cat >>"$work/verify.py" <<'PYTHON'


def check(path):
    genuine = forged = late = other = 0
    lines = [json.loads(bytes.fromhex(line)) for line in open(path)]
    for line in lines:
        secret, headers, body = line["secret"], line["headers"], line["body"].encode()
        signatures = headers["webhook-signature"]
        genuine += is_genuine(secret, headers, body, 3600)
        forged += is_genuine(secret, headers, body[:-1] + b" ", 3600)
        forged += is_genuine(secret, {**headers, "webhook-id": "msg_x"}, body, 3600)
        forged += is_genuine(secret, {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) + 1)}, body, 3600)
        for signature in ("", "v1", "v1,", signatures.replace("v1,", "v2,"), signatures.replace("=", ""), "v1,\u0431\u0433"):
            forged += is_genuine(secret, {**headers, "webhook-signature": signature}, body, 3600)
        late += is_genuine(secret, headers, body, -1)
        late += is_genuine(secret, {**headers, "webhook-timestamp": "-" + headers["webhook-timestamp"]}, body, 3600)
        other += is_genuine("whsec_" + "A" * 43 + "=", headers, body, 3600)
    print(len(lines), max(len(line["body"].encode()) for line in lines) > 18000, genuine, forged, late, other)


if __name__ == "__main__":
    import json
    import sys

    check(sys.argv[1])
PYTHON
is "$(python3 "$work/verify.py" "$work/signed" 2>&1)" "1000 True 1000 0 0 0" \
    "the page's Python takes all of them for genuine, and none with another body, name, time or secret"

# While a secret is replaced, both are good
cat >"$work/rotated.sql" <<'SQL'
SELECT id AS endpoint, secret AS old FROM create_webhook_endpoint('https://rotated.example.com/', '{*}') \gset
SELECT rotate_webhook_secret(:'endpoint') AS new \gset
SELECT test_webhook_endpoint(:'endpoint') \g /dev/null
SELECT encode(convert_to(json_build_object('secret', s.secret, 'headers', c.headers, 'body', c.body)::text, 'UTF8'), 'hex') FROM claim_webhooks(1) c, unnest(ARRAY[:'old', :'new']) s (secret);
SQL
sql -d $shop -f "$work/rotated.sql" >"$work/rotated"
is "$(python3 "$work/verify.py" "$work/rotated" 2>&1)" "2 False 2 0 0 0" "both secrets verify after a rotation"

# Copies
state() { # DATABASE: endpoints of which it is the database, and what it may send
    sql -d "$1" -c "SELECT count(*) FILTER (WHERE is_confirmed) || ' of ' || count(*) FROM webhook_status()" \
        -c "UPDATE webhook_deliveries SET status = 'pending', claimed_at = NULL, next_attempt_at = now(), attempts = 0" -c "SELECT count(*) FROM claim_webhooks(2000)" | xargs
}
is "$(state $shop)" "2 of 2 1001" "the shop sends"
createdb -T $shop $copy
is "$(state $copy)" "0 of 2 0" "its copy by CREATE DATABASE does not"
sql -d $copy -c "SELECT set_webhook_endpoint(id, is_active => true) FROM webhook_status() WHERE is_active" >/dev/null
is "$(state $copy)" "2 of 2 1001" "until an admin confirms it"
is "$(state $shop)" "2 of 2 1001" "which changes nothing in the shop"
dropdb $copy
pg_dump $shop | { createdb -T template0 -E UTF8 $copy && psql -X -q -d $copy >"$work/said" 2>&1; }
is "$(state $copy)" "0 of 2 0" "a restored dump does not"
dropdb $copy
psql -X -q -d postgres -c "ALTER DATABASE $shop RENAME TO $copy"
is "$(state $copy)" "0 of 2 0" "nor does the database under another name"
psql -X -q -d postgres -c "ALTER DATABASE $copy RENAME TO $shop"
is "$(state $shop)" "2 of 2 1001" "and under its own it does again"
pg_dump $shop >"$work/dump.sql"
dropdb $shop
createdb -T template0 -E UTF8 $shop && psql -X -q -d $shop -f "$work/dump.sql" >"$work/said" 2>&1
is "$(state $shop)" "0 of 2 0" "a dump that is restored under the same name has to be confirmed"
is "$(sql -d $shop -c "SELECT * FROM check_integrity()" -c "SELECT item FROM installation_report() WHERE NOT ok")" "" "and is whole"
done_testing
