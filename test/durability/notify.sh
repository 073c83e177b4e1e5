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
is "$(heard ann "UPDATE notifications SET is_read = true" "$order" | sed -n 's/.*order_paid", //p')" '"n" : 1}' "what was read is not counted"
is "$(channel_of ann | grep -cE '^driplo_u_[0-9a-f]{32}$')" 1 "a channel cannot be guessed"

# What notifies takes a lock that all commits of the server share. So the job alone does: a transaction that has notified, on whatever
# channel, cannot be prepared.
# notifies STATEMENT...: whether a transaction of these statements has, or why it failed
notifies() {
    local said
    said=$(printf '%s;\n' BEGIN "$@" "PREPARE TRANSACTION 'notify'" | sql -f - 2>&1 >/dev/null | sed -n 's/.*ERROR: *//p')
    case $said in
    "") sql -c "ROLLBACK PREPARED 'notify'" >/dev/null && echo no ;;
    *"executed LISTEN, UNLISTEN, or NOTIFY"*) echo yes ;;
    *) echo "$said" ;;
    esac
}
as() { echo "SELECT set_config('role', 'authenticated', true), set_config('request.jwt.claims', json_build_object('sub', '$(sql -c "SELECT $1")', 'role', 'authenticated')::text, true)"; }
service="SELECT set_config('request.jwt.claims', '{\"role\": \"service_role\"}', true), set_config('role', 'service_role', true)"
owner="SELECT set_config('role', 'none', true), set_config('request.jwt.claims', '', true)"
lamp="(SELECT id FROM listings LIMIT 1)" latest="(SELECT id FROM orders ORDER BY created_at DESC LIMIT 1)"
sql -c "INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code) SELECT $ann, 'Ann', '1 High Street', 'Bonn', 'NW', '53111', 'DE'" >/dev/null
as_ann=$(as "$ann") as_bob=$(as "$bob")
is "$(notifies "INSERT INTO auth.users (email) VALUES ('eve@x.example')" "$as_ann" "INSERT INTO favorites (user_id, listing_id) SELECT auth.uid(), id FROM listings" \
    "INSERT INTO user_follows (follower_id, following_id) SELECT auth.uid(), seller_id FROM listings LIMIT 1" \
    "INSERT INTO messages (conversation_id, sender_id, content) SELECT id, auth.uid(), 'x' FROM conversations LIMIT 1" "SELECT mark_notifications_read(), mark_notifications_seen()" \
    "SELECT set_notification_preference('new_rating', 'email', false), set_notification_settings(locale => 'bg'), register_push_token('x', 'ios'), touch_activity()" \
    "SELECT track_listing_view($lamp)" "SELECT add_to_cart($lamp)" "SELECT count(*) FROM checkout((SELECT id FROM shipping_addresses LIMIT 1))" \
    "$service" "SELECT transition_order($latest, 'payment_processing'), transition_order($latest, 'paid')" "$owner" "$as_bob" "SELECT ship_order($latest, 'dhl', 'JD1')" \
    "UPDATE listings SET price = 5" "$owner" "$as_ann" "SELECT confirm_delivery($latest)" "SELECT open_return((SELECT id FROM order_items WHERE order_id = $latest LIMIT 1), 'defective', 'x')" \
    "$service" "SELECT claim_deliveries('email'), count_views()" "SELECT refresh_user_statistics(), refresh_achievements()")" no "no statement of a client notifies"
is "$(notifies "$order" "$service" "SELECT deliver_events()")" yes "the job does"
is "$(grep -rlE 'pg_notify|Async_Notify|^ *NOTIFY ' src sql | sort)" sql/functions/notifications_tell.sql "no other source does"
done_testing
