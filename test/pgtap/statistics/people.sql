-- Statistics of people: each formula compared with a slow definition on random histories, its borders by hand, and who is counted again.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\set histories 300
\getenv long DRIPLO_LONG
\if :{?long}
    \set histories 2000
\endif
SELECT no_plan();
SELECT * FROM tests.people('statistics.example') \gset
SELECT setseed(0.42) \g /dev/null

-- The formulas in words, row by row
CREATE FUNCTION tests.median(numbers double precision[]) RETURNS numeric LANGUAGE plpgsql AS $$
DECLARE
    sorted double precision[] := ARRAY(SELECT n FROM unnest(numbers) n ORDER BY n);
    many integer := cardinality(numbers);
BEGIN
    IF many < 3 THEN RETURN NULL; END IF;
    RETURN least(999.99, round(CASE many % 2 WHEN 1 THEN sorted[many / 2 + 1] ELSE (sorted[many / 2] + sorted[many / 2 + 1]) / 2 END::numeric, 2));
END $$;
CREATE FUNCTION tests.responses(person uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    c record; m record; first messages; answered timestamptz; other uuid;
    many integer := 0; in_time integer := 0; hours double precision[] := '{}';
BEGIN
    FOR c IN SELECT * FROM conversations WHERE person IN (buyer_id, seller_id) LOOP
        other := CASE person WHEN c.buyer_id THEN c.seller_id ELSE c.buyer_id END;
        first := NULL; answered := NULL;
        FOR m IN SELECT * FROM messages WHERE conversation_id = c.id ORDER BY created_at, id LOOP
            IF first IS NULL THEN first := m; END IF;
            IF m.sender_id = person AND answered IS NULL THEN answered := m.created_at; END IF;
        END LOOP;
        CONTINUE WHEN first IS NULL OR first.sender_id = person OR first.created_at < now() - interval '90 days';
        CONTINUE WHEN answered IS NULL AND first.created_at >= now() - interval '24 hours';
        CONTINUE WHEN (SELECT count(*) FROM user_blocks WHERE blocker_id = person AND blocked_id = other) > 0;
        CONTINUE WHEN (SELECT suspended_at FROM profiles WHERE id = other) IS NOT NULL;
        CONTINUE WHEN (SELECT count(*) FROM orders WHERE person IN (buyer_id, seller_id) AND other IN (buyer_id, seller_id) AND created_at <= first.created_at) > 0;
        many := many + 1;
        IF answered IS NOT NULL THEN hours := hours || extract(epoch FROM answered - first.created_at)::double precision / 3600; END IF;
        IF answered - first.created_at <= interval '1 day' THEN in_time := in_time + 1; END IF;
    END LOOP;
    RETURN concat_ws(' ', coalesce(CASE WHEN many >= 3 THEN round(100 * in_time::numeric / many, 2) END::text, '-'), coalesce(tests.median(hours)::text, '-'));
END $$;
CREATE FUNCTION tests.shipping(person uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    o record; hours double precision[] := '{}';
BEGIN
    FOR o IN SELECT * FROM orders WHERE seller_id = person AND paid_at >= now() - interval '90 days' LOOP
        IF o.shipped_at IS NOT NULL THEN
            hours := hours || greatest(0, extract(epoch FROM o.shipped_at - o.paid_at)::double precision / 3600);
        ELSIF o.status IN ('cancelled', 'refunded') AND (SELECT count(*) FROM order_status_history h WHERE h.order_id = o.id AND h.to_status IN ('cancelled', 'refunded') AND h.changed_by = person) > 0 THEN
            hours := hours || 999.99;
        END IF;
    END LOOP;
    RETURN coalesce(tests.median(hours)::text, '-');
END $$;
CREATE FUNCTION tests.sales(person uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    o record; at date; told jsonb := '{}'; key text; pieces bigint;
    today date := timezone('UTC', now())::date;
BEGIN
    FOR o IN SELECT * FROM orders WHERE seller_id = person LOOP
        pieces := (SELECT coalesce(sum(quantity), 0) FROM order_items WHERE order_id = o.id);
        FOREACH at IN ARRAY ARRAY[timezone('UTC', o.paid_at)::date, CASE o.status WHEN 'completed' THEN timezone('UTC', o.delivered_at)::date END] LOOP
            CONTINUE WHEN at IS NULL OR at < today - 400;
            key := at || ' ' || o.currency;
            told := jsonb_build_object(key, '[0, 0, 0, 0, 0, 0, 0, 0]'::jsonb) || told;
        END LOOP;
        at := timezone('UTC', o.paid_at)::date;
        IF at >= today - 400 THEN
            key := at || ' ' || o.currency;
            told := told || jsonb_build_object(key, jsonb_build_array((told #>> ARRAY[key, '0'])::numeric + 1, (told #>> ARRAY[key, '1'])::numeric + pieces,
                (told #>> ARRAY[key, '2'])::numeric + o.total_amount + o.store_credit_amount, (told #>> ARRAY[key, '3'])::numeric + o.platform_fee_amount - o.refunded_fee_amount,
                (told #>> ARRAY[key, '4'])::numeric + o.refunded_amount, told #> ARRAY[key, '5'], told #> ARRAY[key, '6'], told #> ARRAY[key, '7']));
        END IF;
        at := CASE o.status WHEN 'completed' THEN timezone('UTC', o.delivered_at)::date END;
        IF at >= today - 400 THEN
            key := at || ' ' || o.currency;
            told := told || jsonb_build_object(key, jsonb_build_array(told #> ARRAY[key, '0'], told #> ARRAY[key, '1'], told #> ARRAY[key, '2'], told #> ARRAY[key, '3'], told #> ARRAY[key, '4'],
                (told #>> ARRAY[key, '5'])::numeric + 1, (told #>> ARRAY[key, '6'])::numeric + pieces, (told #>> ARRAY[key, '7'])::numeric + o.total_amount + o.store_credit_amount - o.refunded_amount));
        END IF;
    END LOOP;
    RETURN (SELECT string_agg(concat_ws(' ', k, v), '; ' ORDER BY k) FROM jsonb_each(told) AS e (k, v));
END $$;
-- What the jobs have made of them
CREATE VIEW tests.known AS
    SELECT p.id, concat_ws(' ', coalesce(s.response_rate::text, '-'), coalesce(s.response_time_hours::text, '-')) AS responses, coalesce(s.ship_time_hours::text, '-') AS shipping,
           (SELECT string_agg(concat_ws(' ', d.day, d.currency, jsonb_build_array(d.orders, d.items, d.revenue, d.fees, d.refunds, d.completed_orders, d.completed_items, d.completed_revenue)), '; '
                   ORDER BY d.day || ' ' || d.currency)
              FROM seller_stats_daily d WHERE d.seller_id = p.id) AS sales
      FROM profiles p JOIN user_stats_summary s ON s.user_id = p.id;
CREATE VIEW tests.wrong AS
    SELECT k.*, tests.responses(k.id) AS slow_responses, tests.shipping(k.id) AS slow_shipping, tests.sales(k.id) AS slow_sales FROM tests.known k
     WHERE (k.responses, k.shipping, k.sales) IS DISTINCT FROM (tests.responses(k.id), tests.shipping(k.id), tests.sales(k.id));
-- As many runs as there are people, and the next events are looked for at once.
CREATE FUNCTION tests.refreshed(max_rows integer DEFAULT 1000) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    n integer; total integer := 0;
BEGIN
    UPDATE statistics_progress SET known_until = known_until - interval '5 minutes' WHERE name = 'events';
    PERFORM tests.log_in_as_service();
    LOOP
        n := refresh_user_statistics(max_rows);
        total := total + n;
        EXIT WHEN n = 0;
    END LOOP;
    PERFORM tests.log_out();
    RETURN total;
END $$;

-- Random histories: some people write, order, cancel, block, are suspended, and delete their accounts; what is near a border is frequent.
CREATE TABLE tests.person AS SELECT n, tests.sign_up('person' || n || '@statistics.example') AS id FROM generate_series(1, :histories) n;
CREATE FUNCTION tests.anyone(but uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    found uuid;
BEGIN
    LOOP
        SELECT id INTO found FROM tests.person WHERE n = 1 + floor(random() * least(40, (SELECT count(*) FROM tests.person)))::integer;
        EXIT WHEN found <> but;
    END LOOP;
    RETURN found;
END $$;
CREATE FUNCTION tests.some_time() RETURNS timestamptz LANGUAGE sql AS $$
    SELECT now() - (ARRAY['90 days', '90 days 1 microsecond', '24 hours', '24 hours 1 microsecond', '0 seconds', '400 days', '401 days'])[1 + floor(random() * 7)::integer]::interval WHERE random() < 0.2
     UNION ALL SELECT now() - random() * interval '100 days' LIMIT 1
$$;
CREATE FUNCTION tests.one_history(person uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    other uuid; made uuid; at timestamptz; next_at timestamptz;
BEGIN
    FOR i IN 1 .. floor(random() * 8) LOOP
        other := tests.anyone(person);
        at := tests.some_time();
        INSERT INTO conversations (listing_id, buyer_id, seller_id, created_at, last_message_at)
        VALUES (NULL, CASE WHEN i % 2 = 0 THEN other ELSE person END, CASE WHEN i % 2 = 0 THEN person ELSE other END, at, at) RETURNING id INTO made;
        next_at := at;
        FOR j IN 1 .. floor(random() * 4) LOOP
            INSERT INTO messages (conversation_id, sender_id, content, created_at)
            VALUES (made, CASE WHEN random() < 0.05 THEN NULL WHEN random() < 0.5 THEN person ELSE other END, 'Hello', least(now(), next_at));
            UPDATE conversations SET last_message_at = least(now(), next_at) WHERE id = made;
            next_at := next_at + CASE WHEN random() < 0.3 THEN interval '24 hours' ELSE random() * interval '40 hours' END;
        END LOOP;
    END LOOP;
    FOR i IN 1 .. floor(random() * 8) LOOP
        at := tests.some_time();
        INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, store_credit_amount, refunded_amount, platform_fee_amount, refunded_fee_amount, currency, status, created_at, paid_at, shipped_at, delivered_at)
        SELECT CASE WHEN random() < 0.1 THEN NULL ELSE tests.anyone(person) END, person, s.total + 5, s.total, 5, CASE WHEN random() < 0.3 THEN 5 ELSE 0 END, 2, CASE WHEN random() < 0.3 THEN 1 ELSE 0 END,
               (ARRAY['USD', 'EUR', 'JPY'])[1 + floor(random() * 3)::integer], s.status::order_status, at - interval '1 hour',
               CASE WHEN s.status <> 'pending_payment' THEN at END,
               CASE WHEN s.status IN ('shipped', 'completed') THEN at + (random() * 60 - 5) * interval '1 hour' WHEN random() < 0.1 THEN at END,
               CASE WHEN s.status = 'completed' THEN at + interval '3 days' END
          FROM (SELECT floor(random() * 100) AS total, (ARRAY['pending_payment', 'paid', 'shipped', 'completed', 'completed', 'cancelled', 'refunded'])[1 + floor(random() * 7)::integer] AS status) s
        RETURNING id INTO made;
        INSERT INTO order_items (order_id, quantity, unit_price, total_price) SELECT made, n, 1, n FROM generate_series(1, floor(random() * 3)::integer) n;
        INSERT INTO order_status_history (order_id, to_status, changed_by, created_at)
        SELECT made, o.status, CASE WHEN random() < 0.6 THEN person END, at FROM orders o WHERE o.id = made;
    END LOOP;
    IF random() < 0.3 THEN INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (person, tests.anyone(person)) ON CONFLICT DO NOTHING; END IF;
    IF random() < 0.05 THEN UPDATE profiles SET suspended_at = now() WHERE id = person; END IF;
END $$;
SET LOCAL session_replication_role = replica;
SELECT tests.one_history(id) FROM tests.person \g /dev/null
SET LOCAL session_replication_role = origin;

SELECT cmp_ok(tests.refreshed(50), '>=', :histories / 2, 'people with events are counted, in batches');
SELECT is_empty('SELECT * FROM tests.wrong', 'each number is that of the slow definition');
SELECT cmp_ok((SELECT count(*) FROM tests.known WHERE responses !~ '-'), '>', :histories / 20::bigint, 'many have answered');
SELECT cmp_ok((SELECT count(DISTINCT responses) FROM tests.known), '>', 20::bigint, 'in many ways');
SELECT cmp_ok((SELECT count(DISTINCT shipping) FROM tests.known), '>', 20::bigint, 'and shipped');
SELECT is((SELECT count(*) FROM statistics_due), 0::bigint, 'nobody waits');
CREATE TABLE tests.before AS SELECT * FROM tests.known;
UPDATE user_stats_summary SET response_rate = 1, response_time_hours = 1, ship_time_hours = 1;
UPDATE seller_stats_daily SET revenue = -1, orders = 9;
INSERT INTO seller_stats_daily (seller_id, day, currency, orders) SELECT id, timezone('UTC', now())::date - 3, 'XXX', 1 FROM tests.person;
SELECT is(tests.asked('service', 'recount_statistics()')::bigint, (SELECT count(*) FROM profiles), 'all are counted from nothing');
SELECT is(tests.refreshed()::bigint, (SELECT count(*) FROM profiles), 'everybody once');
SELECT is_empty('SELECT * FROM tests.before EXCEPT SELECT * FROM tests.known', 'with the same result');
SELECT is_empty('SELECT * FROM tests.known EXCEPT SELECT * FROM tests.before', 'and no other');
UPDATE user_stats_summary SET updated_at = '2020-01-01';
SELECT is(tests.asked('service', format('recount_statistics(%L)', (SELECT id FROM tests.person WHERE n = 7))), '1', 'one alone');
SELECT is(tests.asked('service', format('recount_statistics(%L)', (SELECT id FROM tests.person WHERE n = 7))), '0', 'waits once');
SELECT cmp_ok(tests.refreshed(1), '>', 0, 'and is counted');
SELECT is((SELECT count(*) FROM user_stats_summary WHERE updated_at > '2020-01-01'), 0::bigint, 'but what is the same is not written');
SELECT matches(tests.asked('service', 'recount_statistics(gen_random_uuid())'), '^P0002 user ".*" does not exist$', 'nobody has no statistics');

-- Events are found, and only those
SET LOCAL session_replication_role = replica;
DELETE FROM messages;
DELETE FROM conversations;
DELETE FROM user_ratings;
DELETE FROM order_status_history;
DELETE FROM order_items;
DELETE FROM orders;
UPDATE statistics_progress SET known_until = now();
UPDATE user_stats_summary SET response_rate = NULL, response_time_hours = NULL, ship_time_hours = NULL, last_active_at = NULL, updated_at = '2020-01-01';
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status, created_at, paid_at, platform_fee_amount) VALUES (:'buyer', :'seller', 50, 50, 'paid', now() - interval '3 days', now() - interval '3 days', 4) RETURNING id AS sold \gset
INSERT INTO order_status_history (order_id, to_status, created_at) VALUES (:'sold', 'paid', now() - interval '1 second');
SET LOCAL session_replication_role = origin;
SELECT is(tests.refreshed(), 1, 'a paid order is an event of its seller');
SELECT is((SELECT sales FROM tests.known WHERE id = :'seller'), timezone('UTC', now() - interval '3 days')::date || ' USD [1, 0, 50.00, 4.00, 0.00, 0, 0, 0]', 'on the day on which it was paid');
SET LOCAL session_replication_role = replica;
UPDATE orders SET refunded_amount = 20, refunded_fee_amount = 1 WHERE id = :'sold';
DELETE FROM order_status_history;
INSERT INTO ledger_entries (journal_id, account, amount, currency, kind, order_id) VALUES (gen_random_uuid(), 'refunds', 20, 'USD', 'refund', :'sold');
SET LOCAL session_replication_role = origin;
SELECT is(tests.refreshed(), 1, 'so is a refund');
SELECT is((SELECT sales FROM tests.known WHERE id = :'seller'), timezone('UTC', now() - interval '3 days')::date || ' USD [1, 0, 50.00, 3.00, 20.00, 0, 0, 0]', 'which changes the day of its order');
SET LOCAL session_replication_role = replica;
DELETE FROM ledger_entries;
SET LOCAL session_replication_role = origin;
SELECT is(tests.refreshed(), 0, 'nothing has happened');
INSERT INTO auth_login_history (user_id, login_at, success) VALUES (:'other', now(), true), (:'suspended', now(), false);
SELECT is(tests.refreshed(), 1, 'a sign-in is an event, a failed one is none');
SELECT is((SELECT last_active_at FROM user_stats_summary WHERE user_id = :'other'), now(), 'and tells when somebody was active');
SELECT is((SELECT count(*) FROM user_stats_summary WHERE updated_at = now()), 1::bigint, 'updated_at of that one moves');
DELETE FROM auth_login_history;
INSERT INTO conversations (buyer_id, seller_id, is_direct) VALUES (:'buyer', :'seller', true) RETURNING id AS talk \gset
INSERT INTO messages (conversation_id, sender_id, content) VALUES (:'talk', :'buyer', 'Is it there?');
SELECT is(tests.refreshed(), 2, 'a message is one of both');
SET LOCAL session_replication_role = replica;
UPDATE messages SET created_at = now() - interval '24 hours 1 minute';
SET LOCAL session_replication_role = origin;
SELECT is(tests.refreshed(), 2, 'and again when it has waited for a day');
SET LOCAL session_replication_role = replica;
UPDATE messages SET created_at = now() - interval '25 hours';
SET LOCAL session_replication_role = origin;
SELECT is(tests.refreshed(), 0, 'then no more');
UPDATE user_stats_summary SET ship_time_hours = 3 WHERE user_id = :'seller';
UPDATE statistics_progress SET known_until = now() - interval '1 day' WHERE name = 'day';
SELECT is(tests.refreshed(), 1, 'once a day all who have numbers are counted: what counts grows old');
SELECT is((SELECT ship_time_hours FROM user_stats_summary WHERE user_id = :'seller'), NULL, 'and is forgotten');
SELECT is(tests.asked('service', 'refresh_user_statistics()'), '0', 'a call soon afterwards does not look for events again');

-- Borders, by hand: hours from question to answer, NULL is none; asked so many hours ago
CREATE FUNCTION tests.asks(seller uuid, hours_ago numeric, answered_after numeric DEFAULT NULL, by_whom uuid DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    who uuid := coalesce(by_whom, tests.sign_up(gen_random_uuid() || '@statistics.example')); made uuid;
BEGIN
    SET LOCAL session_replication_role = replica;
    INSERT INTO conversations (buyer_id, seller_id, created_at, last_message_at) VALUES (who, seller, now() - hours_ago * interval '1 hour', now()) RETURNING id INTO made;
    INSERT INTO messages (conversation_id, sender_id, content, created_at) VALUES (made, who, '?', now() - hours_ago * interval '1 hour');
    IF answered_after IS NOT NULL THEN
        INSERT INTO messages (conversation_id, sender_id, content, created_at) VALUES (made, seller, '!', now() - (hours_ago - answered_after) * interval '1 hour');
    END IF;
    SET LOCAL session_replication_role = origin;
END $$;
CREATE FUNCTION tests.numbers(person uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM recount_statistics(person);
    PERFORM refresh_user_statistics(10);
    RETURN (SELECT concat_ws(' ', responses, shipping) FROM tests.known WHERE id = person);
END $$;
SELECT tests.sign_up('border@statistics.example') AS border \gset
SELECT is(tests.numbers(:'border'), '- - -', 'who has done nothing has no numbers');
SELECT tests.asks(:'border', 100, 24), tests.asks(:'border', 100, 25) \g /dev/null
SELECT is(tests.numbers(:'border'), '- - -', 'two say nothing');
SELECT tests.asks(:'border', 23) \g /dev/null
SELECT is(tests.numbers(:'border'), '- - -', 'one who waits for less than a day does not count yet');
SELECT tests.asks(:'border', 24) \g /dev/null
SELECT is(tests.numbers(:'border'), '- - -', 'at the border neither');
SELECT tests.asks(:'border', 24.001) \g /dev/null
SELECT is(tests.numbers(:'border'), '33.33 - -', 'behind it there are three, of which one was answered within a day; two answers have no median');
SELECT tests.asks(:'border', 100, 1) \g /dev/null
SELECT is(tests.numbers(:'border'), '50.00 24.00 -', 'the median of 1, 24, and 25');
SELECT tests.asks(:'border', 100, 2) \g /dev/null
SELECT is(tests.numbers(:'border'), '60.00 13.00 -', 'of four it is between the two in the middle: 2 and 24');
SELECT tests.asks(:'border', 90 * 24, 5), tests.asks(:'border', 90 * 24 + 0.001, 5) \g /dev/null
SELECT is(tests.numbers(:'border'), '66.67 5.00 -', 'after 90 days a conversation is forgotten');
-- who does not count
SELECT tests.asks(:'border', 50, NULL, :'suspended'), tests.asks(:'border', 50, NULL, :'other'), tests.asks(:'border', 50, NULL, :'buyer') \g /dev/null
SET LOCAL session_replication_role = replica;
INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (:'border', :'other');
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, created_at) VALUES (:'buyer', :'border', 1, 1, now() - interval '51 hours');
SET LOCAL session_replication_role = origin;
SELECT is(tests.numbers(:'border'), '66.67 5.00 -', 'neither who is suspended, or blocked, nor who has ordered already');
UPDATE orders SET created_at = now() - interval '49 hours' WHERE seller_id = :'border';
SELECT is(tests.numbers(:'border'), '57.14 5.00 -', 'an order afterwards changes nothing: 4 of 7');
DELETE FROM user_blocks WHERE blocker_id = :'border';
SELECT is(tests.numbers(:'border'), '50.00 5.00 -', 'nor does who is not blocked any more: 4 of 8');
-- deleted people, and what is too much for the column
SELECT tests.asks(:'border', 1500, 1200, :'admin'), tests.asks(:'border', 1500, 1400), tests.asks(:'border', 1500, 1300), tests.asks(:'border', 1500, 1300), tests.asks(:'border', 1500, 1300), tests.asks(:'border', 1500, 1300) \g /dev/null
SELECT is(tests.numbers(:'border'), '28.57 999.99 -', 'many hours are 999.99');
SET LOCAL session_replication_role = replica;
UPDATE conversations SET buyer_id = NULL WHERE buyer_id = :'admin';
UPDATE messages SET sender_id = NULL WHERE sender_id = :'admin';
SET LOCAL session_replication_role = origin;
SELECT is(tests.numbers(:'border'), '28.57 999.99 -', 'who has deleted the account since has asked all the same');

-- An offer asks, and who accepts or declines it has answered, without a word.
SELECT tests.sign_up('dealer@statistics.example') AS dealer \gset
SELECT tests.a_listing(:'dealer', 40, quantity => 9) AS ware \gset
CREATE FUNCTION tests.offers(listing uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM tests.log_in(tests.sign_up(gen_random_uuid() || '@statistics.example'));
    made := make_offer(listing, 30);
    PERFORM tests.log_out();
    RETURN made;
END $$;
SELECT tests.offers(:'ware') AS first, tests.offers(:'ware') AS second, tests.offers(:'ware') AS third, tests.offers(:'ware') AS fourth \gset
SELECT tests.log_in(:'dealer') \g /dev/null
SELECT answer_offer(:'first', 'accept'), answer_offer(:'second', 'decline'), answer_offer(:'third', 'counter', 35) \g /dev/null
SELECT tests.log_out() \g /dev/null
SET LOCAL session_replication_role = replica;
UPDATE messages SET created_at = created_at - CASE sender_id WHEN :'dealer' THEN interval '29 hours' ELSE interval '30 hours' END WHERE conversation_id IN (SELECT id FROM conversations WHERE seller_id = :'dealer');
UPDATE conversations SET created_at = created_at - interval '30 hours' WHERE seller_id = :'dealer';
SET LOCAL session_replication_role = origin;
SELECT is(tests.numbers(:'dealer'), '75.00 1.00 -', 'three of four offers were answered, within an hour');

CREATE FUNCTION tests.ships(seller uuid, paid_hours_ago numeric, shipped_after numeric, status text DEFAULT 'shipped', cancelled_by uuid DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    made uuid;
BEGIN
    SET LOCAL session_replication_role = replica;
    INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status, paid_at, shipped_at)
    VALUES (NULL, seller, 1, 1, ships.status::order_status, now() - paid_hours_ago * interval '1 hour', now() - (paid_hours_ago - shipped_after) * interval '1 hour') RETURNING id INTO made;
    INSERT INTO order_status_history (order_id, to_status, changed_by) VALUES (made, ships.status::order_status, cancelled_by);
    SET LOCAL session_replication_role = origin;
END $$;
SELECT tests.sign_up('shipper@statistics.example') AS shipper \gset
SELECT tests.ships(:'shipper', 100, 4), tests.ships(:'shipper', 100, 8), tests.ships(:'shipper', 90 * 24 + 0.001, 1), tests.ships(:'shipper', 10, NULL, 'paid'),
       tests.ships(:'shipper', 10, NULL, 'cancelled'), tests.ships(:'shipper', 10, NULL, 'cancelled', :'buyer') \g /dev/null
SELECT is(tests.numbers(:'shipper'), '- - -', 'two are too few; not shipped, cancelled by others, and too long ago are none');
SELECT tests.ships(:'shipper', 10, NULL, 'cancelled', :'shipper') \g /dev/null
SELECT is(tests.numbers(:'shipper'), '- - 8.00', 'cancelled by the seller is the longest of three');
SELECT tests.ships(:'shipper', 10, NULL, 'refunded', :'shipper') \g /dev/null
SELECT is(tests.numbers(:'shipper'), '- - 504.00', 'of four: 8 and 999.99 are around the middle');
SELECT tests.ships(:'shipper', 3000, 2500), tests.ships(:'shipper', 1500, 1400), tests.ships(:'shipper', 1500, 1400), tests.ships(:'shipper', 1500, 1400) \g /dev/null
SELECT is(tests.numbers(:'shipper'), '- - 999.99', 'no number is too large');
SELECT tests.ships(:'shipper', 90 * 24, 2), tests.ships(:'shipper', 50, -3), tests.ships(:'shipper', 50, 0), tests.ships(:'shipper', 50, 0), tests.ships(:'shipper', 50, 0) \g /dev/null
SELECT is(tests.numbers(:'shipper'), '- - 6.00', 'nor below zero: 0 0 0 0 2 4, 8 999.99 999.99 1400 1400 1400');

-- Days are those of UTC, several currencies several rows
SELECT tests.sign_up('days@statistics.example') AS days \gset
SET LOCAL timezone = 'America/New_York';
SET LOCAL session_replication_role = replica;
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, currency, status, paid_at) VALUES
    (NULL, :'days', 10, 10, 'USD', 'paid', timezone('UTC', timezone('UTC', now())::date - interval '1 microsecond')), (NULL, :'days', 20, 20, 'USD', 'paid', timezone('UTC', timezone('UTC', now())::date::timestamp)),
    (NULL, :'days', 30, 30, 'EUR', 'paid', timezone('UTC', timezone('UTC', now())::date::timestamp)), (NULL, :'days', 7, 7, 'EUR', 'paid', timezone('UTC', timezone('UTC', now())::date - interval '400 days')),
    (NULL, :'days', 9, 9, 'EUR', 'paid', timezone('UTC', timezone('UTC', now())::date - interval '400 days 1 microsecond'));
SET LOCAL session_replication_role = origin;
SELECT tests.numbers(:'days') \g /dev/null
SELECT results_eq(format('SELECT timezone(''UTC'', now())::date - day, currency::text, revenue FROM seller_stats_daily WHERE seller_id = %L ORDER BY day, currency', :'days'),
    $$VALUES (400, 'EUR', 7.00), (1, 'USD', 10.00), (0, 'EUR', 30.00), (0, 'USD', 20.00)$$, 'midnight in UTC divides them, and what is older than 400 days is not counted');
RESET timezone;
SET LOCAL session_replication_role = replica;
DELETE FROM orders WHERE seller_id = :'days' AND currency = 'EUR';
SET LOCAL session_replication_role = origin;
SELECT tests.numbers(:'days') \g /dev/null
SELECT is((SELECT string_agg(currency, ' ') FROM seller_stats_daily WHERE seller_id = :'days'), 'USD USD', 'a day without orders has no row');
-- what is older than they are counted is kept for prune_statistics(), which keeps 400 days
INSERT INTO seller_stats_daily (seller_id, day, currency, orders) SELECT :'days', timezone('UTC', now())::date - n, 'USD', 1 FROM unnest('{400,401}'::integer[]) n;
SELECT tests.numbers(:'days') \g /dev/null
SELECT is((SELECT string_agg((timezone('UTC', now())::date - day)::text, ' ' ORDER BY day) FROM seller_stats_daily WHERE seller_id = :'days'), '401 1 0', 'a day that is too old to be counted again is not touched');
INSERT INTO seller_stats_daily (seller_id, day, currency, orders) SELECT :'days', timezone('UTC', now())::date - 400, 'USD', 1;
SELECT tests.asked('service', 'prune_statistics()') \g /dev/null
SELECT is((SELECT string_agg((timezone('UTC', now())::date - day)::text, ' ' ORDER BY day) FROM seller_stats_daily WHERE seller_id = :'days'), '400 1 0', 'until it is deleted');
SELECT tests.delete_account(:'days') \g /dev/null
SELECT is((SELECT count(*) FROM seller_stats_daily WHERE seller_id = :'days'), 0::bigint, 'the days of a seller go with the account');

-- Being active: the latest of what a user does
CREATE FUNCTION tests.active(person uuid) RETURNS interval LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.numbers(person);
    RETURN (SELECT now() - last_active_at FROM user_stats_summary WHERE user_id = person);
END $$;
SELECT tests.sign_up('active@statistics.example') AS active \gset
SELECT is(tests.active(:'active'), NULL, 'who has done nothing');
SELECT tests.a_listing(:'active') AS lamp \gset
UPDATE listings SET published_at = now() - interval '5 days' WHERE id = :'lamp';
SELECT is(tests.active(:'active'), interval '5 days', 'publishes a listing');
INSERT INTO auth_sessions (user_id, refresh_token_hash, expires_at, last_used_at) VALUES (:'active', 'active', now() + interval '1 day', now() - interval '4 days');
SELECT is(tests.active(:'active'), interval '4 days', 'uses a session');
INSERT INTO auth_login_history (user_id, login_at, success) VALUES (:'active', now() - interval '3 days', true), (:'active', now() - interval '1 day', false);
SELECT is(tests.active(:'active'), interval '3 days', 'signs in; an attempt that failed may be another person''s');
SET LOCAL session_replication_role = replica;
INSERT INTO messages (conversation_id, sender_id, content, created_at) SELECT id, :'active', '!', now() - interval '2 days' FROM conversations LIMIT 1;
SET LOCAL session_replication_role = origin;
SELECT is(tests.active(:'active'), interval '2 days', 'writes a message');
UPDATE user_stats_summary SET last_active_at = now() - interval '1 day' WHERE user_id = :'active';
SELECT is(tests.active(:'active'), interval '1 day', 'what touch_activity() knows is not taken back');
SELECT is(tests.answers('anon service', 'SELECT touch_activity()'), '42501 for anon service', 'one has to be somebody');
UPDATE user_stats_summary SET last_active_at = NULL WHERE user_id = :'buyer';
SELECT is(tests.asked('buyer', 'touch_activity()'), '', 'a user is active');
SELECT is((SELECT last_active_at FROM user_stats_summary WHERE user_id = :'buyer'), now(), 'now');
UPDATE user_stats_summary SET last_active_at = now() - interval '4 minutes 59 seconds' WHERE user_id = :'buyer';
SELECT is(tests.asked('buyer', 'touch_activity()'), '', 'a little later');
SELECT is((SELECT last_active_at FROM user_stats_summary WHERE user_id = :'buyer'), now() - interval '4 minutes 59 seconds', 'nothing is written');
UPDATE user_stats_summary SET last_active_at = now() - interval '5 minutes' WHERE user_id = :'buyer';
SELECT is(tests.asked('buyer', 'touch_activity()'), '', 'after five minutes');
SELECT is((SELECT last_active_at FROM user_stats_summary WHERE user_id = :'buyer'), now(), 'it is');
SELECT is(tests.answers('anon buyer seller admin', statement), '42501 for anon buyer seller admin', statement)
  FROM unnest(ARRAY['SELECT refresh_user_statistics()', 'SELECT recount_statistics()', 'SELECT * FROM seller_stats_daily', 'SELECT * FROM statistics_due']) AS statement;
SELECT is(tests.asked('service', 'refresh_user_statistics(NULL)'), '22004 max_rows must not be NULL', 'how many has to be said');
SET LOCAL transaction_read_only = on;
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT lives_ok('SELECT touch_activity()', 'in a read-only transaction nothing is written when there is nothing to write');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
