#!/bin/bash
# Money under load: 8 sessions buy, pay by card, bank transfer (also in part) and at the door, cancel items, ship, refund amounts and items, return, dispute, charge back, release,
# pay out, settle, sell and redeem gift cards at random, on the same few people and orders; the events of the processor come late, twice and in any order. Two sessions run under REPEATABLE READ. Whatever they did, the ledger adds up, and nobody saw a deadlock.
# DRIPLO_LONG=1 does it for five minutes.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

seconds=20
[ -z "${DRIPLO_LONG:-}" ] || seconds=300
sessions=8 repeatable=2 people=7
database=driplo_money_load
scratch=$(mktemp -d)
trap 'dropdb --if-exists $database; rm -rf "$scratch"' EXIT
dropdb --if-exists $database 2>/dev/null
createdb -T template0 -E UTF8 $database
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }

sql -v people=$people <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION driplo CASCADE;
-- a buyer here stands for many, who do not pay
SELECT format('ALTER DATABASE %I SET driplo.%s = 0', current_database(), unnest(ARRAY['max_unpaid_orders', 'max_unpaid_pieces', 'rate_limits'])) \gexec
SELECT format('ALTER DATABASE %I SET driplo.cash_on_delivery = seller', current_database()) \gexec
CREATE SCHEMA load;
GRANT USAGE ON SCHEMA load TO PUBLIC;
-- people by number; all of them buy, the first four sell too
CREATE FUNCTION load.person(n integer) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$SELECT ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid$$;
INSERT INTO auth.users (id, email) SELECT load.person(n), 'person' || n || '@example.org' FROM generate_series(1, :people) n;
INSERT INTO auth.users (id, email) VALUES (load.person(99), 'admin@example.org');
SELECT promote_to_admin('admin@example.org');
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
SELECT load.person(n), 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US', true FROM generate_series(1, :people) n;
INSERT INTO listings (seller_id, title, slug, description, price, quantity, currency, shipping_info, status)
SELECT load.person(1 + n % 4), 'Goods ' || n, 'goods-' || n, 'To be sold.', n * 7 + 0.99, CASE WHEN n % 2 = 0 THEN 5000 ELSE 5 END, CASE n WHEN 4 THEN 'EUR' ELSE 'USD' END,
       CASE WHEN n % 3 = 0 THEN '{"cost": 2.5, "cash_on_delivery": true}'::jsonb WHEN n % 3 = 1 THEN '{"cash_on_delivery": true}' ELSE '{}' END, 'active' FROM generate_series(1, 12) n;
INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit_per_user) VALUES ('TEN', 'Ten', 'percentage', 10, NULL);
CREATE FUNCTION load.some(table_name text, condition text) RETURNS SETOF uuid LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    -- mostly a recent one: sessions meet
    RETURN QUERY EXECUTE format('SELECT t.id FROM public.%I t WHERE %s ORDER BY t.created_at + random() * interval ''6 seconds'' DESC LIMIT 1', table_name, condition);
END $$;
-- What the processor says of the payment of a checkout. Of ten payments one is charged back, and two are refunded there without asking here.
CREATE FUNCTION load.event(checkout uuid, kind text, part integer) RETURNS jsonb LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    intent text := 'pi_' || checkout;
    paid_orders uuid[] := (SELECT c.order_ids FROM public.checkouts c WHERE c.id = checkout AND (SELECT count(DISTINCT o.currency) FROM public.orders o WHERE o.id = ANY (c.order_ids)) = 1);
    due bigint := (SELECT sum(o.total_amount) * 100 FROM public.orders o WHERE o.id = ANY (paid_orders));
    currency text := (SELECT lower(min(o.currency)) FROM public.orders o WHERE o.id = ANY (paid_orders));
    class integer := abs(hashtext(checkout::text)::bigint) % 10;
    refund record;
    type text;
    object jsonb;
BEGIN
    IF coalesce(due, 0) = 0 OR kind IN ('disputed', 'closed') AND class <> 0 OR kind = 'refunded' AND class NOT IN (1, 2) THEN
        RETURN NULL;
    END IF;
    object := jsonb_build_object('id', 'ch_' || checkout, 'payment_intent', intent, 'charge', 'ch_' || checkout, 'amount', due, 'currency', currency);
    CASE kind
        WHEN 'refunded' THEN
            type := 'charge.refunded';
            object := object || jsonb_build_object('amount_refunded', due * part / 4);
        WHEN 'approved' THEN
            type := 'charge.refunded';
            SELECT r.id, ((r.amount - r.credit_amount) * 100)::bigint AS cash INTO refund FROM public.refund_requests r
             WHERE r.status = 'approved' AND r.order_id = ANY (paid_orders) AND r.payment_transaction_id IS NULL AND r.through_payment_id IS NULL
               -- and not what was paid another way
               AND EXISTS (SELECT FROM public.payment_transactions t WHERE t.order_id = r.order_id AND t.processor_transaction_id = intent AND NOT t.is_surplus AND t.status IN ('succeeded', 'partially_refunded', 'refunded'))
             ORDER BY random() LIMIT 1;
            IF NOT FOUND OR class = 0 THEN
                RETURN NULL;
            END IF;
            object := object || (SELECT jsonb_build_object('amount_refunded', least(due, greatest(sum(p.refunded_amount) * 100, max((p.metadata ->> 'refunded_so_far')::bigint)) + refund.cash)::bigint)
                                   FROM public.payment_transactions p WHERE p.processor_transaction_id = intent);
            IF part < 3 THEN
                object := object || jsonb_build_object('refunds', jsonb_build_object('data', jsonb_build_array(jsonb_build_object('id', 're_' || refund.id, 'amount', refund.cash, 'metadata', jsonb_build_object('refund_request_id', refund.id)))));
            END IF;
        WHEN 'disputed' THEN
            type := 'charge.dispute.created';
            object := object || jsonb_build_object('id', 'dp_' || checkout, 'status', 'needs_response', 'reason', 'fraudulent');
        WHEN 'closed' THEN
            type := 'charge.dispute.closed';
            object := object || jsonb_build_object('id', 'dp_' || checkout, 'reason', 'fraudulent', 'status', CASE WHEN hashtext('lost' || checkout) % 2 = 0 THEN 'lost' ELSE 'won' END);
        ELSE
            type := 'payment_intent.' || kind;
            object := object || jsonb_build_object('id', intent, 'metadata', CASE WHEN part > 1 THEN jsonb_build_object('order_ids', array_to_string(paid_orders, ',')) ELSE '{}' END);
    END CASE;
    -- some come with the same id again, some with another
    RETURN jsonb_build_object('id', concat_ws('_', 'evt', kind, checkout, object ->> 'amount_refunded', part % 2), 'type', type, 'created', 1700000000 + part, 'data', jsonb_build_object('object', object));
END $$;
-- What is said of a transfer to the bank, and of a parcel that is paid at the door: mostly what fits.
CREATE FUNCTION load.fact(paid_order uuid, kind text, part integer) RETURNS jsonb LANGUAGE sql SECURITY DEFINER AS $$
    SELECT jsonb_build_object('processor', p.processor, 'event', jsonb_build_object('id', concat_ws('_', kind, p.processor_transaction_id, part, o.due_on_delivery), 'type', kind, 'payment_id', p.processor_transaction_id, 'currency', o.currency,
                              'partial', part = 2, 'amount', CASE WHEN part = 2 AND p.processor = 'bank_transfer' THEN greatest(0.01, round(p.amount / 2, 2)) WHEN part = 4 THEN p.amount WHEN o.due_on_delivery > 0 THEN o.due_on_delivery ELSE p.amount END))
      FROM public.payment_transactions p JOIN public.orders o ON o.id = p.order_id
     WHERE p.order_id = paid_order AND p.processor IN ('bank_transfer', 'cash_on_delivery') ORDER BY random() LIMIT 1
$$;
CREATE TABLE load.codes (code text, is_used boolean NOT NULL DEFAULT false);
GRANT ALL ON load.codes TO PUBLIC;
-- one piece of a line of an order
CREATE FUNCTION load.a_piece(of_order uuid) RETURNS jsonb LANGUAGE sql SECURITY DEFINER AS $$
    SELECT jsonb_build_array(jsonb_build_object('order_item_id', i.id, 'quantity', 1)) FROM public.order_items i WHERE i.order_id = of_order ORDER BY random() LIMIT 1
$$;
CREATE FUNCTION load.payout_event(payout uuid, part integer) RETURNS jsonb LANGUAGE sql SECURITY DEFINER AS $$
    SELECT jsonb_build_object('id', concat_ws('_', 'evt', payout, part), 'type', CASE WHEN part < 3 THEN 'transfer.created' ELSE 'transfer.reversed' END, 'created', 1700000000,
                              'data', jsonb_build_object('object', jsonb_build_object('id', 'tr_' || p.id, 'amount', (p.amount * 100)::bigint, 'amount_reversed', (p.amount * 25 * (part % 4 + 1))::bigint,
                                                                                     'currency', lower(p.currency), 'metadata', jsonb_build_object('payout_id', p.id))))
      FROM public.seller_payouts p WHERE p.id = payout
$$;
SQL
ok $? "a shop with $people people, four of whom sell"

# What a session does, one operation after the other, until the time is over.
operations() {
    local session=$1 end=$((SECONDS + seconds)) person seller part
    # a text, and a condition that is asked before the cast
    local record="SELECT r.outcome FROM (SELECT :'event' AS event OFFSET 0) e CROSS JOIN LATERAL record_stripe_event(e.event::jsonb) r WHERE e.event <> '';"
    RANDOM=$((session * 7919))
    [ "$session" -le $((sessions - repeatable)) ] || echo "SET default_transaction_isolation = 'repeatable read';"
    while [ $SECONDS -lt $end ]; do
        person=$((RANDOM % people + 1)) seller=$((RANDOM % 4 + 1)) part=$((RANDOM % 4 + 1))
        as() { echo "RESET ROLE; SELECT set_config('request.jwt.claim.sub', load.person($1)::text, false); SET ROLE authenticated;"; }
        as_service="RESET ROLE; SELECT set_config('request.jwt.claim.sub', '', false); SET ROLE service_role;"
        event() { echo "$as_service SELECT coalesce((SELECT load.event(id, '$1', $part)::text FROM load.some('checkouts', 'true') id), '') AS event \\gset
$record"; }
        case $((RANDOM % 60)) in
        [0-6]) echo "$(as $person) SELECT add_to_cart(id, 1 + (random() * 2)::integer) FROM listings WHERE status = 'active' AND seller_id <> load.person($person) ORDER BY random() LIMIT $((RANDOM % 3 + 1));
                     SELECT * FROM checkout((SELECT id FROM shipping_addresses LIMIT 1), gen_random_uuid()::text, coupon_code => CASE WHEN random() < 0.3 THEN 'TEN' END, use_store_credit => random() < 0.4);" ;;
        7|8) echo "$as_service SELECT start_payment(order_ids, 'stripe', 'pi_' || id) FROM checkouts WHERE id IN (SELECT load.some('checkouts', 'true'));" ;;
        9) event processing ;;
        10) event payment_failed ;;
        1[1-6]) event succeeded ;;
        17) event canceled ;;
        18|19) event refunded ;;
        20|21) event disputed ;;
        22|23) event closed ;;
        24|25) event approved ;;
        26) echo "$as_service SELECT transition_order(id, 'paid') FROM load.some('orders', 't.status = ''pending_payment'' AND t.total_amount = 0') id;" ;;
        27) echo "$(as $seller) SELECT ship_order(id, 'ups', '1Z') FROM load.some('orders', 't.status = ''paid'' AND t.seller_id = load.person($seller)') id;" ;;
        28|29) echo "$as_service UPDATE orders SET status = 'shipped' WHERE id IN (SELECT load.some('orders', 't.status = ''paid'''));" ;;
        3[0-1]) echo "$as_service SELECT transition_order(id, 'delivered') FROM load.some('orders', 't.status = ''shipped''') id;" ;;
        32) echo "$(as $person) SELECT transition_order(id, 'completed') FROM load.some('orders', 't.status = ''delivered'' AND t.buyer_id = load.person($person)') id;" ;;
        33) echo "$(as $person) SELECT request_refund(o.id, greatest(0.01, round(o.total_amount * $part / 7, 2)), 'late') FROM orders o WHERE o.id IN (SELECT load.some('orders', 't.paid_at IS NOT NULL AND t.buyer_id = load.person($person)'));" ;;
        34) echo "$(as $seller) SELECT decide_refund(r.id, random() < 0.8) FROM load.some('refund_requests', 't.status = ''pending'' AND t.order_id IN (SELECT id FROM orders WHERE seller_id = load.person($seller))') AS r (id);" ;;
        35) echo "$as_service SELECT decide_refund(r.id, true) FROM load.some('refund_requests', 't.status = ''pending''') AS r (id);" ;;
        36) echo "$as_service SELECT settle_refund(r.id, CASE WHEN random() < 0.3 THEN 'failed' ELSE 'processed' END) FROM load.some('refund_requests', 't.status = ''approved''') AS r (id);" ;;
        37) echo "$(as $person) SELECT open_return(i.id, 'defective') FROM order_items i WHERE i.order_id IN (SELECT load.some('orders', 't.status = ''delivered'' AND t.buyer_id = load.person($person)')) LIMIT 1;" ;;
        38) echo "$as_service SELECT advance_return(r.id, (ARRAY['approved', 'approved', 'received', 'received', 'refunded'])[$part + (random())::integer], 'so it is') FROM load.some('returns', 't.is_open') AS r (id);" ;;
        39) echo "$(as $person) SELECT open_dispute(id, 'damaged_item', 'Broken', 'In two.') FROM load.some('orders', 't.status = ''delivered'' AND t.buyer_id = load.person($person)') id;" ;;
        40) echo "$(as 99) SELECT resolve_dispute(d.id, CASE $part WHEN 1 THEN 'partial_refund' WHEN 2 THEN 'full_refund' ELSE 'no_action' END, 'decided', CASE $part WHEN 1 THEN 1.5 END) FROM load.some('disputes', 't.is_open') AS d (id);" ;;
        41|42) echo "$(as $seller) SELECT request_payout_in(currency, CASE WHEN random() < 0.5 THEN round(available / 2, 2) END) FROM seller_balance() WHERE available > 0.02;" ;;
        43) echo "$as_service SELECT settle_payout(p.id, (ARRAY['processing', 'paid', 'paid', 'failed', 'cancelled'])[$part + (random())::integer]) FROM load.some('seller_payouts', 't.status IN (''pending'', ''processing'', ''paid'')') AS p (id);" ;;
        44) echo "$as_service SELECT coalesce((SELECT load.payout_event(id, $part)::text FROM load.some('seller_payouts', 'true') id), '') AS event \\gset
$record" ;;
        # the clock is turned back for some of what has arrived, of what waits, and of the credits
        45) echo "RESET ROLE; UPDATE orders SET delivered_at = delivered_at - interval '15 days' WHERE id IN (SELECT id FROM orders WHERE status IN ('delivered', 'completed') AND released_at IS NULL AND random() < 0.5 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
                  $as_service SELECT release_seller_funds(3);" ;;
        46) echo "RESET ROLE; UPDATE store_credits SET expires_at = now() - interval '1 minute' WHERE id IN (SELECT id FROM store_credits WHERE random() < 0.1 ORDER BY id FOR NO KEY UPDATE SKIP LOCKED);
                  $as_service SELECT expire_store_credits(3); SELECT grant_store_credit(load.person($person), 3 + $part, 'for the load');" ;;
        4[89]) echo "$as_service SELECT start_payment(ARRAY[id], 'cash_on_delivery', 'door_' || id) FROM load.some('orders', 't.status = ''pending_payment'' AND t.total_amount > 0') id;" ;;
        50) [ $part -lt 3 ] || { for _ in 1 2; do # often the same order
                echo "$as_service SELECT start_part_payment(ARRAY[id], CASE WHEN random() < 0.6 THEN $part END, 'bank_transfer', concat_ws('_', 'PART', (random() * 3)::integer, id)) FROM load.some('orders', 't.status IN (''pending_payment'', ''payment_processing'', ''payment_failed'') AND t.total_amount > 0') id;"
                done; continue; }
            echo "$as_service SELECT start_payment(ARRAY[id], 'bank_transfer', 'RF_' || id) FROM load.some('orders', 't.status IN (''pending_payment'', ''payment_failed'') AND t.total_amount > 0') id;" ;;
        5[1-3]) kind=$([ $part -eq 1 ] && echo payment.cancelled || echo payment.succeeded)
                echo "$as_service SELECT coalesce(f.fact ->> 'processor', '') AS processor, coalesce((f.fact -> 'event')::text, '') AS event
FROM (SELECT (SELECT load.fact(id, '$kind', $part) FROM load.some('orders', 't.id IN (SELECT order_id FROM payment_transactions WHERE processor <> ''stripe'')') id) AS fact) f \\gset
SELECT r.outcome FROM (SELECT :'event' AS event, :'processor' AS processor OFFSET 0) e CROSS JOIN LATERAL record_payment_event(e.processor, e.event::jsonb) r WHERE e.event <> '';" ;;
        54) echo "$(as $seller) SELECT settle_cash_on_delivery(id, CASE WHEN random() < 0.7 THEN 'collected' ELSE 'refused' END) FROM load.some('orders', 't.due_on_delivery > 0 AND t.status <> ''paid'' AND t.seller_id = load.person($seller)') id;" ;;
        55) echo "$(as $seller) SELECT cancel_order_items(id, load.a_piece(id), 'It is broken.') FROM load.some('orders', 't.status = ''paid'' AND t.seller_id = load.person($seller)') id;" ;;
        56) echo "$(as $seller) SELECT * FROM load.some('orders', 't.paid_at IS NOT NULL AND t.seller_id = load.person($seller)') id CROSS JOIN LATERAL refund_order(id, items => load.a_piece(id), reason => 'For you.');" ;;
        57) echo "$(as $seller) SELECT * FROM load.some('orders', 't.paid_at IS NOT NULL AND t.seller_id = load.person($seller)') id CROSS JOIN LATERAL refund_order(id, 0.$part, reason => 'For the trouble.');" ;;
        58) echo "$(as $person) SELECT request_refund(o.id, NULL, 'too small', (load.a_piece(o.id) #>> '{0,order_item_id}')::uuid, 1) FROM orders o WHERE o.id IN (SELECT load.some('orders', 't.paid_at IS NOT NULL AND t.buyer_id = load.person($person)'));" ;;
        59) case $part in
            [12]) echo "$as_service INSERT INTO load.codes (code) SELECT g.code FROM sell_gift_card(5 + $part, 'USD', 'stripe', 'gift_' || gen_random_uuid(), load.person($person)) g;" ;;
            3) echo "$(as $person) UPDATE load.codes c SET is_used = true FROM (SELECT code FROM load.codes WHERE NOT is_used LIMIT 1) f WHERE c.code = f.code AND (SELECT problem FROM redeem_gift_card(f.code)) IS NULL;" ;;
            4) echo "$as_service SELECT cancel_gift_card(g.id, 'charged back') FROM load.some('gift_cards', 't.status IN (''active'', ''redeemed'')') AS g (id);" ;;
            esac ;;
        47) case $part in
            1) echo "$(as $person) SELECT cancel_order(id) FROM load.some('orders', 't.status IN (''pending_payment'', ''payment_processing'', ''payment_failed'') AND t.buyer_id = load.person($person)') id;" ;;
            2) echo "$(as $seller) SELECT cancel_order(id) FROM load.some('orders', 't.status IN (''paid'', ''pending_payment'') AND t.seller_id = load.person($seller)') id;" ;;
            3) echo "$as_service SELECT transition_order(id, 'refunded') FROM load.some('orders', 't.status IN (''paid'', ''shipped'', ''delivered'', ''completed'')') id;" ;;
            4) echo "$as_service SELECT count(replay_stripe_event(stripe_event_id)) FROM (SELECT stripe_event_id FROM stripe_webhook_events WHERE NOT processed ORDER BY random() LIMIT 1) e;" ;;
            esac ;;
        esac
    done
    echo "\\echo the end"
}

running=()
for session in $(seq $sessions); do
    { echo '\set VERBOSITY sqlstate'; echo "\\set event ''"; operations "$session"; } | psql -X -q -At -d $database >"$scratch/$session.out" 2>"$scratch/$session.err" &
    running+=($!)
done
for session in "${running[@]}"; do wait "$session"; done
is "$(tail -q -n 1 "$scratch"/*.out | grep -c '^the end$')" $sessions "all $sessions sessions came to their end"

# How often which error was answered.
answered() { sed -n 's/^.*ERROR: *\([0-9A-Z]\{5\}\).*$/\1/p' "$@" | sort | uniq -c; }
answered "$scratch"/*.err | sed 's/^/# answered: /'
# What tells somebody that it cannot be, or that another session was faster; 22023 is a payout of nothing.
expected='MK00[3-9]|MK01[0-3]|55000|P0002|22023'
is "$(answered $(seq -f "$scratch/%g.err" $((sessions - repeatable))) | grep -vE " ($expected)\$")" "" "nobody saw another error than those that tell what is the matter: no deadlock, nothing broken"
is "$(answered $(seq -f "$scratch/%g.err" $((sessions - repeatable + 1)) $sessions) | grep -vE " ($expected|40001)\$")" "" "under REPEATABLE READ neither, except that something changed meanwhile"
is "$(grep -hvE 'ERROR: *[0-9A-Z]{5}$' "$scratch"/*.err | head -n 3)" "" "and nothing else was said"

sql <<'SQL' >/dev/null
-- As the service does: until nothing more succeeds.
CREATE FUNCTION load.replay_all() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
    WHILE (SELECT bool_or(replay_stripe_event(stripe_event_id) = 'processed') FROM stripe_webhook_events WHERE NOT processed) LOOP END LOOP;
END $$;
-- The processor tells each sum once more: what some requests could have been meant by may be certain now.
CREATE FUNCTION load.tell_sums(round integer) RETURNS bigint LANGUAGE sql AS $$
SELECT count(*) FROM (
    SELECT t.processor_transaction_id AS intent, jsonb_build_object('id', max(t.metadata ->> 'charge'), 'payment_intent', t.processor_transaction_id, 'amount', sum(t.amount * 100)::bigint,
               'currency', lower(min(t.currency)), 'amount_refunded', max((t.metadata ->> 'refunded_so_far')::bigint)) AS object
      FROM payment_transactions t WHERE t.metadata ? 'refunded_so_far' GROUP BY t.processor_transaction_id ORDER BY t.processor_transaction_id) told
  CROSS JOIN LATERAL record_stripe_event(jsonb_build_object('id', format('evt_last_%s_%s', round, intent), 'type', 'charge.refunded', 'created', 1700000009, 'data', jsonb_build_object('object', object))) recorded
$$;
SELECT load.replay_all();
SELECT load.tell_sums(1);
SQL
ok $? "events that failed are replayed"
# A sum that could mean approved requests in several ways waits for word of them.
is "$(sql -c "
SELECT * FROM check_integrity() c
 WHERE c.rule <> 'refund_unknown' OR NOT EXISTS (SELECT FROM payment_transactions t JOIN refund_requests r ON r.order_id = t.order_id AND r.status = 'approved'
                                                  WHERE c.object = 'payment ' || t.processor_transaction_id) LIMIT 5" 2>&1)" "" "check_integrity() finds nothing but sums that wait for approved requests"
sql -c "SELECT format('# %s requests approved, %s sums that could mean several', (SELECT count(*) FROM refund_requests WHERE status = 'approved'), (SELECT count(*) FROM check_integrity()))"
# The word comes. A refund that was taken for another one may be due again by that.
sql <<'SQL' >/dev/null
DO $$ BEGIN
    FOR round IN 2..9 LOOP
        PERFORM settle_refund(id, 'processed', 're_' || id) FROM (SELECT id FROM refund_requests WHERE status = 'approved' ORDER BY requested_at, id) waiting;
        PERFORM load.tell_sums(round), load.replay_all();
        EXIT WHEN NOT EXISTS (SELECT FROM refund_requests WHERE status = 'approved');
    END LOOP;
END $$;
SQL
ok $? "what is approved is sent"
sql -c "SELECT '# ' || count(*) || ' orders ' || status FROM orders GROUP BY status ORDER BY status" \
    -c "SELECT format('# %s journals %s', count(DISTINCT journal_id), kind) FROM ledger_entries GROUP BY kind ORDER BY kind" \
    -c "SELECT format('# %s events %s', count(*), outcome) FROM stripe_webhook_events GROUP BY outcome ORDER BY outcome" \
    -c "SELECT format('# %s failed: %s', count(*), regexp_replace(error, '[\"0-9].*', '')) FROM stripe_webhook_events WHERE NOT processed GROUP BY regexp_replace(error, '[\"0-9].*', '') LIMIT 10" | sort -u
is "$(sql -c "SELECT (SELECT count(*) > 40 FROM ledger_entries WHERE kind = 'sale'),
                     (SELECT array_agg(DISTINCT kind) @> '{sale,release,refund,refund_sent,chargeback,payout,payout_paid,credit_granted,cash_collected,gift_card_sold,part_paid}' FROM ledger_entries)")" "t|t" "much was sold, and money went most of its ways"

# none NAME QUERY: it has no row.
none() { is "$(sql -c "SELECT * FROM ($2) found LIMIT 5" 2>&1)" "" "$1"; }
none "check_integrity() finds nothing" "SELECT * FROM check_integrity()"
none "and no request is waiting to be sent" "SELECT id, amount FROM refund_requests WHERE status = 'approved'"
none "the ledger adds up in every currency" "SELECT currency, sum(amount) FROM ledger_entries GROUP BY currency HAVING sum(amount) <> 0"
none "what stays failed are events of payments that nobody started, of parcels that were delivered or paid with another amount, of transfers that came in part meanwhile, and of payouts that were cancelled" "
SELECT type, error FROM stripe_webhook_events WHERE NOT processed AND error NOT LIKE 'no payment with this ID was started%' AND error NOT LIKE 'cannot change payout status from cancelled to %'
   AND NOT (stripe_event_id LIKE 'cash_on_delivery:%' AND (error LIKE 'cannot refuse a parcel%' OR error LIKE 'amount of the payment event%'))
   AND NOT (stripe_event_id LIKE 'bank_transfer:%' AND error LIKE 'amount of the payment event%')"
none "no payout took more than was available then" "
SELECT * FROM (SELECT kind, party_id, amount, sum(amount) OVER (PARTITION BY party_id, currency ORDER BY id) AS available FROM ledger_entries WHERE account = 'seller_available') e
 WHERE kind = 'payout' AND available < 0"
none "what a seller owes was taken back after it was released, by refunds and chargebacks, or is in hand" "
SELECT party_id, currency, sum(amount) FROM ledger_entries WHERE account = 'seller_available' GROUP BY party_id, currency
HAVING sum(amount) < 0 AND -sum(amount) > -coalesce(sum(amount) FILTER (WHERE kind IN ('refund', 'chargeback_lost', 'hold', 'cash_collected')), 0)"
none "no refund is owed less than nothing, and no credit is negative" "
SELECT account, party_id, sum(amount) FROM ledger_entries WHERE account IN ('refunds', 'store_credit', 'payouts_in_transit', 'seller_paid_out') GROUP BY account, party_id, currency HAVING sum(amount) < 0"
sql -c "SELECT format('# seller %s: %s %s available', right(party_id::text, 1), sum(amount), currency) FROM ledger_entries WHERE account = 'seller_available' GROUP BY party_id, currency ORDER BY 1"

done_testing
