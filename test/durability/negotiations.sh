#!/bin/bash
# Random negotiations: sessions make, answer, withdraw and buy offers for a few things, while prices change, times run out, pieces are
# sold to others and the job writes down what is over. A record of each step, made by a trigger, is judged afterwards. DRIPLO_LONG=1
# makes 20,000 offers, DRIPLO_OFFERS as many as it says.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit
. test/fixtures/tap.bash

sessions=4 people=6 offers=400
[ -z "${DRIPLO_LONG:-}" ] || people=12 offers=20000
offers=${DRIPLO_OFFERS:-$offers}
database=driplo_negotiations
scratch=$(mktemp -d)
trap 'dropdb --if-exists $database; rm -rf "$scratch"' EXIT
dropdb --if-exists $database 2>/dev/null
createdb -T template0 -E UTF8 $database
sql() { psql -X -q -At -v ON_ERROR_STOP=1 -d $database "$@"; }

sql -v people=$people <<'SQL'
SET client_min_messages = warning;
CREATE EXTENSION driplo CASCADE;
SELECT format('ALTER DATABASE %I SET driplo.%s = 0', current_database(), unnest(ARRAY['max_unpaid_orders', 'max_unpaid_pieces', 'rate_limits'])) \gexec
CREATE SCHEMA load;
GRANT USAGE ON SCHEMA load TO PUBLIC;
INSERT INTO auth.users (id, email) SELECT gen_random_uuid(), format('%s%s@example.org', kind, n) FROM unnest(ARRAY['buyer', 'seller']) kind, generate_series(1, :people) n;
CREATE TABLE load.person AS SELECT p.id, split_part(p.email, '@', 1) AS name, p.email LIKE 'buyer%' AS is_buyer FROM profiles p;
INSERT INTO shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
SELECT id, 'Home', '1 Main Street', 'Springfield', 'IL', '62701', 'US', true FROM load.person WHERE is_buyer;
-- A step looks among the latest listings and offers only: it takes no longer when there are many.
CREATE TABLE load.thing (n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, id uuid, seller_id uuid);
GRANT SELECT ON load.thing TO PUBLIC;
CREATE FUNCTION load.another_listing() RETURNS void LANGUAGE sql AS $$
    WITH made AS (
        INSERT INTO listings (seller_id, title, description, price, quantity, status)
        SELECT id, 'A thing', 'To be sold.', 20 + floor(random() * 80), 1 + floor(random() * 3), 'active' FROM load.person WHERE NOT is_buyer ORDER BY random() LIMIT 1
        RETURNING id, seller_id)
    INSERT INTO load.thing (id, seller_id) SELECT * FROM made
$$;
CREATE FUNCTION load.recent_things() RETURNS SETOF uuid LANGUAGE sql STABLE ROWS 40 AS $$SELECT id FROM load.thing ORDER BY n DESC LIMIT 40$$;
SELECT load.another_listing() FROM generate_series(1, 12) \g /dev/null
INSERT INTO offer_settings (seller_id, min_percent, auto_accept_percent, auto_decline_percent) SELECT id, 60, 95, 65 FROM load.person WHERE NOT is_buyer ORDER BY name LIMIT 2;

-- what happened to each offer, with what was true at that moment
CREATE TABLE load.record (
    n bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, offer_id uuid, was text, is_now text, amount numeric, price numeric, over boolean, live bigint, at timestamptz);
CREATE FUNCTION load.recent_offers() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER ROWS 100 AS $$
    SELECT DISTINCT offer_id FROM (SELECT offer_id FROM load.record ORDER BY n DESC LIMIT 200) latest
$$;
CREATE FUNCTION load.write_down() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
BEGIN
    PERFORM nextval('load.made') WHERE TG_OP = 'INSERT';
    INSERT INTO load.record (offer_id, was, is_now, amount, price, over, live, at)
    SELECT NEW.id, CASE TG_OP WHEN 'UPDATE' THEN OLD.status END, NEW.status, NEW.amount, l.price,
           -- a tenth of a second between the decision and this trigger is nobody's fault
           CASE TG_OP WHEN 'UPDATE' THEN COALESCE(OLD.checkout_until, OLD.expires_at) < clock_timestamp() - interval '100 milliseconds' END,
           (SELECT count(*) FROM offers o WHERE o.buyer_id = NEW.buyer_id AND o.listing_id = NEW.listing_id AND o.status IN ('pending', 'accepted')), clock_timestamp()
    FROM listings l WHERE l.id = NEW.listing_id;
    RETURN NULL;
END $$;
CREATE SEQUENCE load.made;
CREATE TRIGGER write_down AFTER INSERT OR UPDATE OF status ON offers FOR EACH ROW EXECUTE FUNCTION load.write_down();
CREATE TABLE load.answered (code text, what text, n bigint DEFAULT 1, UNIQUE (code, what));

-- one step of somebody's, with the error it ends in
CREATE FUNCTION load.step(what text, who uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    offer uuid;
    thing uuid;
    money numeric;
BEGIN
    SELECT l.id, round((l.price * (0.55 + random() * 0.5))::numeric, 2) INTO thing, money FROM load.recent_things() r (id) JOIN public.listings l USING (id) WHERE l.status = 'active' ORDER BY random() LIMIT 1;
    PERFORM set_config('request.jwt.claim.sub', who::text, true);
    SET LOCAL ROLE authenticated;
    SELECT o.id, round((o.amount * (0.9 + random() * 0.3))::numeric, 2) INTO offer, money
    FROM load.recent_offers() r (id) JOIN public.offers o USING (id) WHERE what <> 'offer' AND (what <> 'buy' OR o.status = 'accepted') ORDER BY o.created_at + random() * interval '3 seconds' DESC LIMIT 1;
    CASE what
        WHEN 'offer' THEN
            SELECT round((l.price * (0.55 + random() * 0.5))::numeric, 2) INTO money FROM public.listings l WHERE l.id = thing;
            PERFORM public.make_offer(thing, money);
        WHEN 'accept', 'decline' THEN PERFORM public.answer_offer(offer, what);
        WHEN 'counter' THEN PERFORM public.answer_offer(offer, what, money);
        WHEN 'withdraw' THEN PERFORM public.withdraw_offer(offer);
        WHEN 'buy' THEN PERFORM public.buy_offer(offer);
        WHEN 'add' THEN PERFORM public.add_to_cart(thing);
        WHEN 'checkout' THEN PERFORM public.checkout((SELECT a.id FROM public.shipping_addresses a));
        WHEN 'clear' THEN PERFORM public.clear_cart();
        WHEN 'price' THEN UPDATE public.listings SET price = 20 + floor(random() * 80) WHERE id = (SELECT l.id FROM load.recent_things() r (id) JOIN public.listings l USING (id) WHERE l.seller_id = who AND l.status = 'active' ORDER BY random() LIMIT 1);
    END CASE;
    RESET ROLE;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END $$;

CREATE PROCEDURE load.play(steps integer, offers bigint, latest timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    act text;
    who uuid;
    result text;
BEGIN
    FOR step IN 1..steps LOOP
        EXIT WHEN (SELECT last_value FROM load.made) >= offers OR clock_timestamp() > latest;
        act := (ARRAY['offer', 'offer', 'offer', 'offer', 'accept', 'accept', 'counter', 'counter', 'decline', 'withdraw', 'buy', 'buy', 'checkout', 'checkout', 'add', 'clear', 'price', 'time', 'job', 'more'])[1 + floor(random() * 20)];
        who := (SELECT p.id FROM load.person p WHERE CASE WHEN act IN ('offer', 'buy', 'checkout', 'add', 'clear') THEN p.is_buyer WHEN act = 'price' THEN NOT p.is_buyer ELSE true END ORDER BY random() LIMIT 1);
        IF act = 'time' THEN
            -- some are over at once, some in a moment; and nobody is out of rounds for ever
            UPDATE public.offers SET expires_at = clock_timestamp() + (random() - 0.5) * interval '1 second', created_at = created_at - interval '1 day',
                   checkout_until = CASE WHEN checkout_until IS NOT NULL THEN clock_timestamp() + (random() - 0.5) * interval '1 second' END
             WHERE id IN (SELECT o.id FROM load.recent_offers() r (id) JOIN public.offers o USING (id) WHERE o.status IN ('pending', 'accepted') AND random() < 0.2 ORDER BY o.id FOR NO KEY UPDATE OF o SKIP LOCKED);
            -- and what all have left is over one day
            UPDATE public.offers SET expires_at = created_at + interval '1 second', checkout_until = CASE WHEN checkout_until IS NOT NULL THEN created_at + interval '1 second' END
             WHERE id IN (SELECT o.id FROM load.record r JOIN public.offers o ON o.id = r.offer_id
                           WHERE r.n BETWEEN (SELECT max(n) FROM load.record) - 1100 AND (SELECT max(n) FROM load.record) - 1000 AND o.status IN ('pending', 'accepted') ORDER BY o.id FOR NO KEY UPDATE OF o SKIP LOCKED);
            -- a buyer makes 25 offers a day, and three of one thing
            UPDATE public.offers SET created_at = created_at - interval '2 days'
             WHERE id IN (SELECT o.id FROM load.recent_offers() r (id) JOIN public.offers o USING (id) WHERE o.status NOT IN ('pending', 'accepted') AND o.created_at > now() - interval '2 days' ORDER BY o.id FOR NO KEY UPDATE OF o SKIP LOCKED);
        ELSIF act = 'job' THEN
            PERFORM set_config('request.jwt.claim.sub', '', true);
            PERFORM public.expire_offers();
        ELSIF act = 'more' THEN
            PERFORM load.another_listing();
            UPDATE public.orders SET status = 'paid' WHERE id IN (SELECT o.id FROM public.orders o WHERE o.status = 'pending_payment' LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED);
        ELSE
            result := load.step(act, who);
            IF result IS NOT NULL THEN
                INSERT INTO load.answered AS a (code, what) VALUES (result, act) ON CONFLICT ON CONSTRAINT answered_code_what_key DO UPDATE SET n = a.n + 1;
            END IF;
        END IF;
        COMMIT;
    END LOOP;
END $$;
SQL
ok $? "a shop with $people buyers, as many sellers and twelve things"

latest=$(date -u -d "+$((offers / 20 + 300)) seconds" -Is)
running=()
for n in $(seq $sessions); do
    # again and again, because only a statement that ends tells autovacuum what it has written
    seq -f "CALL load.play(200, $offers, '$latest'); -- %.0f" $((offers / 10 + 10)) | psql -X -q -v ON_ERROR_STOP=1 -d $database 2>"$scratch/$n.err" &
    running+=($!)
done
failed=0
for pid in "${running[@]}"; do wait "$pid" || failed=1; done
cat "$scratch"/*.err | head -n 5
is "$failed" 0 "all sessions came to their end"
is "$(sql -c "SELECT count(*) >= $offers FROM offers")" t "by making $offers offers"

sql -c "SELECT format('# answered %s to %s: %s', code, what, n) FROM load.answered ORDER BY 1"
# Out of range, not for sale, too few pieces, an empty cart or one with problems, too many rounds, not the state or the turn.
is "$(sql -c "SELECT string_agg(DISTINCT code, ', ') FROM load.answered WHERE code !~ '^(22004|22023|55000|P0002|MK003|MK006|MK015|MK018)\$' AND NOT (code = '42501' AND what = 'buy')")" "" \
    "nobody was told anything but what was the matter"
is "$(sql -c "SELECT count(DISTINCT is_now) FROM load.record")" 8 "every state was reached"
is "$(sql -c "SELECT string_agg(DISTINCT was || ' -> ' || is_now, ', ') FROM load.record WHERE was IS NOT NULL AND (was, is_now) NOT IN (('pending', 'accepted'), ('pending', 'declined'), ('pending', 'countered'),
    ('pending', 'withdrawn'), ('pending', 'expired'), ('pending', 'void'), ('accepted', 'used'), ('accepted', 'expired'), ('accepted', 'void'))")" "" "and by steps of the table only"
is "$(sql -c "SELECT count(*) FROM load.record WHERE is_now IN ('accepted', 'used', 'countered', 'declined', 'withdrawn') AND over")" 0 "nothing was accepted, answered or bought after its end"
is "$(sql -c "SELECT count(*) FROM load.record WHERE was IS NULL AND amount >= price")" 0 "no offer was as high as the price"
is "$(sql -c "SELECT count(*) FROM load.record WHERE was = 'pending' AND is_now = 'accepted' AND amount > price")" 0 "nor was one accepted above it"
is "$(sql -c "SELECT count(*) FROM load.record WHERE live > 1")" 0 "of a buyer and a thing at most one was live"
is "$(sql -c "SELECT count(*) FROM order_items i JOIN offers o ON o.id = i.offer_id WHERE i.unit_price > o.amount")" 0 "nobody paid more than was agreed on"
is "$(sql -c "SELECT count(*) FROM (SELECT offer_id FROM order_items WHERE offer_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1) twice")" 0 "no offer was bought twice"
is "$(sql -c "SELECT string_agg(rule || ' ' || object, ', ') FROM check_integrity()")" "" "check_integrity() finds nothing"
is "$(sql -c "SELECT count(*) > 0 FROM order_items WHERE offer_id IS NOT NULL")" t "and offers were bought"
sql -c "SELECT format('# %s offers, %s bought', (SELECT count(*) FROM offers), (SELECT count(*) FROM order_items WHERE offer_id IS NOT NULL))"
done_testing
