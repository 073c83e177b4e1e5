#!/bin/bash
# Who listens on their channel hears what concerns them: once for each kind and batch, IDs and counts only; nobody else's channel has it.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

database=driplo_notify
trap 'dropdb --if-exists $database' EXIT
dropdb --if-exists $database 2>/dev/null
createdb -T template0 -E UTF8 $database
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }
sql -c "SET client_min_messages = warning" -c "CREATE EXTENSION driplo CASCADE" \
    -c "INSERT INTO auth.users (email) VALUES ('ann@x.example'), ('bob@x.example')" \
    -c "INSERT INTO listings (seller_id, title, description, price, quantity, status) SELECT id, 'A secret lamp', 'Warm.', 10, 9, 'active' FROM profiles WHERE username = 'bob'" \
    -c "SET ROLE service_role" -c "SELECT deliver_events()" >/dev/null
channel_of() { sql -c "SET ROLE authenticated" -c "SELECT set_config('request.jwt.claims', json_build_object('sub', (SELECT id FROM profiles WHERE username = '$1'), 'role', 'authenticated')::text, false)" -c "SELECT my_channel()" | tail -n 1; }

# heard PERSON STATEMENT...: what arrives on the channel of a person when the jobs run after the statements
heard() {
    local channel statements=()
    channel=$(channel_of "$1")
    shift
    for statement in "$@"; do statements+=(-c "$statement"); done
    sql -c "LISTEN $channel" "${statements[@]}" -c "SET ROLE service_role" -c "SELECT deliver_events()" -c "SELECT 1" |
        sed -nE 's/^Asynchronous notification "[^"]*" with payload "(.*)" received from .*/\1/p' | sed -E 's/[0-9a-f-]{36}/ID/' | sort
}
ann="(SELECT id FROM profiles WHERE username = 'ann')" bob="(SELECT id FROM profiles WHERE username = 'bob')"
order="INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status) SELECT $ann, $bob, 10, 10, 'paid'"
is "$(heard ann "$order")" '{"v" : 1, "t" : "notification", "id" : "ID", "type" : "order_paid", "n" : 1}
{"v" : 1, "t" : "order", "id" : "ID", "type" : "order.paid", "n" : 1}' "a buyer hears that an order was paid"
is "$(heard bob "$order" "$order")" '{"v" : 1, "t" : "notification", "id" : "ID", "type" : "listing_sold", "n" : 3}
{"v" : 1, "t" : "order", "id" : "ID", "type" : "order.paid", "n" : 3}' "of two in one batch its seller hears once, with how many are unread"
talk="INSERT INTO conversations (buyer_id, seller_id) SELECT $ann, $bob"
message="INSERT INTO messages (conversation_id, sender_id, content) SELECT c.id, c.buyer_id, 'Something private' FROM conversations c"
is "$(heard bob "$talk" "$message" "$message" "$message")" '{"v" : 1, "t" : "message", "id" : "ID", "type" : null, "n" : 3}
{"v" : 1, "t" : "notification", "id" : "ID", "type" : "new_message", "n" : 4}' "messages are heard of, not heard"
is "$(heard ann "$message")" "" "nobody hears of what they have done"
is "$(heard ann "UPDATE profiles SET bio = 'x'")" "" "nor of what concerns nobody"
is "$(channel_of ann | grep -cE '^driplo_u_[0-9a-f]{32}$')" 1 "a channel cannot be guessed"
done_testing
