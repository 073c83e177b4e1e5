-- Stripe's events of a sale, its refunds and its chargeback, in every order in which they could come, once and several times: the end is the same.
-- Each order of events is tried in a subtransaction, which is undone after its end was written down: the odd ones without repeats, the even ones with them, fewer of a
-- single order than of two, and with DRIPLO_LONG all of them both ways.
BEGIN;
\o /dev/null
\ir ../../fixtures/money.sql
\o
\set long ''
\getenv long DRIPLO_LONG
SELECT set_config('tests.long', :'long', true) \g /dev/null
SELECT no_plan();

SELECT tests.sign_up('buyer@example.org') AS buyer, tests.sign_up('one@example.org') AS one, tests.sign_up('two@example.org') AS two \gset
-- buyer and sellers by name, for the functions below
CREATE TEMP TABLE party AS SELECT * FROM (VALUES ('buyer', :'buyer'::uuid), ('one', :'one'), ('two', :'two')) p (name, id);
GRANT SELECT ON party TO PUBLIC;

CREATE FUNCTION tests.party(wanted text) RETURNS uuid LANGUAGE sql AS $$SELECT id FROM pg_temp.party WHERE name = wanted$$;

-- A sale with everything that is divided; what store credit pays is taken from one.
CREATE FUNCTION tests.a_divided_sale(seller text, price numeric, credit numeric) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    placed uuid := tests.a_sale(tests.party('buyer'), tests.party(seller), price, shipping => 4.99, tax => round(price * 0.19, 2), fee => round(price * 0.07, 2), credit => a_divided_sale.credit,
                                by_platform => round(price * 0.1, 2));
    spent uuid;
BEGIN
    IF credit > 0 THEN
        INSERT INTO store_credits (user_id, amount, used_amount) VALUES (tests.party('buyer'), a_divided_sale.credit + 1, a_divided_sale.credit) RETURNING id INTO spent;
        INSERT INTO store_credit_usage (store_credit_id, order_id, amount) VALUES (spent, placed, a_divided_sale.credit);
    END IF;
    RETURN placed;
END $$;

CREATE FUNCTION tests.is_divided(account text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$SELECT account IN ('seller_pending', 'seller_available', 'platform_fees', 'taxes', 'promotions')$$;

-- What there is to compare, a line each; what is compared to the cent begins with share. Requests are summed: how many of them the processor's sums became hangs on which sums were seen.
CREATE FUNCTION tests.end_of(sold uuid[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (WITH booked AS MATERIALIZED (
        SELECT e.order_id, e.account::text AS account, coalesce(p.name, 'nobody') AS name, sum(e.amount) AS amount, tests.is_divided(e.account::text) AS is_divided
          FROM ledger_entries e LEFT JOIN pg_temp.party p ON p.id = e.party_id GROUP BY e.order_id, e.account, p.name
    ) SELECT concat_ws(E'\n', (SELECT string_agg(line, E'\n' ORDER BY place, line) FROM (
        SELECT 1 AS place, format('order %s is %s, %s went back', array_position(sold, o.id), o.status, o.refunded_amount) AS line FROM orders o WHERE o.id = ANY (sold)
        UNION ALL
        SELECT 2, format('payment of %s is %s, %s sent back%s', array_position(sold, p.order_id), p.status, p.refunded_amount, CASE WHEN p.is_surplus THEN ', too much' END)
          FROM payment_transactions p WHERE p.order_id = ANY (sold)
        UNION ALL
        SELECT 3, format('refunds of %s: %s %s, %s of it credit', array_position(sold, r.order_id), r.status, sum(r.amount), sum(r.credit_amount))
          -- what was taken for a share of a sum, and was not, is kept on record
          FROM refund_requests r WHERE r.order_id = ANY (sold) AND r.decision_note IS DISTINCT FROM 'a different refund at the processor was meant' GROUP BY r.order_id, r.status
        UNION ALL
        SELECT 4, format('dispute of %s is %s: %s', array_position(sold, d.order_id), d.status, d.resolution) FROM disputes d WHERE d.order_id = ANY (sold)
        UNION ALL
        SELECT 5, format('%s of %s for %s: %s', CASE WHEN is_divided THEN 'all shares' ELSE account END, coalesce(array_position(sold, b.order_id)::text, 'none'),
                         CASE WHEN is_divided THEN 'everybody' ELSE name END, sum(amount))
          FROM booked b GROUP BY CASE WHEN is_divided THEN 'all shares' ELSE account END, b.order_id, CASE WHEN is_divided THEN 'everybody' ELSE name END HAVING sum(amount) <> 0
        UNION ALL
        SELECT 6, format('listing of %s is %s, %s left', array_position(sold, i.order_id), l.status, l.quantity) FROM order_items i JOIN listings l ON l.id = i.listing_id WHERE i.order_id = ANY (sold)
    ) found),
    -- Refunds take from everybody in proportion to what each has left: whose cent it is hangs on which of them came first, and check_integrity() allows one.
    (SELECT string_agg(format('share: %s of %s for %s: %s', account, array_position(sold, b.order_id), name, amount), E'\n' ORDER BY account, b.order_id, name) FROM booked b WHERE is_divided AND b.order_id = ANY (sold)),
    (SELECT string_agg(format('share: what %s has %s: %s', p.name, n, m[n]), E'\n' ORDER BY p.name, n)
       FROM pg_temp.party p, tests.balance(p.id) b, regexp_match(b, '^USD: (.*) \+ (.*) \+ (.*)$') m, generate_series(1, 3) n WHERE m IS NOT NULL)));
END $$;

-- As the service does with what failed: until nothing more succeeds.
CREATE FUNCTION tests.replay_all() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    done boolean := true;
BEGIN
    PERFORM tests.log_in_as_service();
    WHILE done LOOP
        SELECT coalesce(bool_or(replay_stripe_event(stripe_event_id) = 'processed'), false) INTO done FROM stripe_webhook_events WHERE NOT processed;
    END LOOP;
    PERFORM tests.log_out();
END $$;

-- The end after these events; NULL and the way there when an event stays failed. Again: each of them comes in another delivery as well, some at once, some when
-- all is over.
CREATE FUNCTION tests.end_after(sold uuid[], events jsonb[], again boolean, is_checked boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    each jsonb;
    told text;
BEGIN
    BEGIN
        FOREACH each IN ARRAY events LOOP
            PERFORM tests.deliver(each);
            IF again THEN
                PERFORM tests.deliver(each);
                PERFORM tests.deliver(each || jsonb_build_object('id', each ->> 'id' || '_at_once'));
            END IF;
        END LOOP;
        PERFORM tests.replay_all();
        IF again THEN
            FOREACH each IN ARRAY events LOOP
                PERFORM tests.deliver(each || jsonb_build_object('id', each ->> 'id' || '_late'));
            END LOOP;
            PERFORM tests.replay_all();
        END IF;
        SELECT string_agg(concat_ws(': ', type, error), E'\n') INTO told FROM stripe_webhook_events WHERE NOT processed;
        IF told IS NULL THEN
            told := tests.end_of(sold);
            IF is_checked THEN
                SET CONSTRAINTS ALL IMMEDIATE;
                told := concat_ws(E'\n', told, (SELECT string_agg(c::text, E'\n') FROM check_integrity() c));
            END IF;
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'MKXXX', MESSAGE = told;
    EXCEPTION WHEN SQLSTATE 'MKXXX' THEN
        RETURN told;
    END;
END $$;

CREATE FUNCTION tests.permutations(n integer) RETURNS SETOF integer[] LANGUAGE sql AS $$
    WITH RECURSIVE begun AS (
        SELECT ARRAY[]::integer[] AS taken
        UNION ALL
        SELECT taken || i FROM begun, generate_series(1, n) i WHERE i <> ALL (taken)
    )
    SELECT taken FROM begun WHERE cardinality(taken) = n
$$;

-- The ends of all orders, with how many of them end there and the first of them. One end is what there should be.
CREATE FUNCTION tests.ends(sold uuid[], events jsonb[]) RETURNS TABLE (n bigint, first integer[], is_again boolean, ending text) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
        SELECT count(*), (min(ARRAY[again::integer] || p))[2:], bool_and(again), e
          FROM tests.permutations(cardinality(events)) WITH ORDINALITY AS all_ways (p, number), unnest(ARRAY[false, true]) again,
               tests.end_after(sold, ARRAY(SELECT events[i] FROM unnest(p) WITH ORDINALITY AS i (i, place) ORDER BY place), again, false) e
         WHERE again = (number % 2 = 0) AND (cardinality(sold) > 1 OR number % 5 < 2) OR current_setting('tests.long') <> ''
         GROUP BY e ORDER BY 1 DESC;
END $$;

CREATE FUNCTION tests.without_shares(ending text) RETURNS text LANGUAGE sql IMMUTABLE AS $$SELECT string_agg(l, E'\n' ORDER BY n) FROM string_to_table(ending, E'\n') WITH ORDINALITY AS t (l, n) WHERE l !~ '^share: '$$;

-- The shares that are not the same, but for a cent, whichever the order was.
CREATE FUNCTION tests.apart(endings text[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s from %s to %s', name, least, greatest), '; ' ORDER BY name) FROM (
        SELECT m[1] AS name, least(min(m[2]::numeric), CASE WHEN count(*) < cardinality(endings) THEN 0 END), greatest(max(m[2]::numeric), CASE WHEN count(*) < cardinality(endings) THEN 0 END)
          FROM unnest(endings) e, string_to_table(e, E'\n') l, regexp_match(l, '^(share: .*): (.*)$') m WHERE m IS NOT NULL GROUP BY m[1]
    ) share WHERE greatest - least > 0.01
$$;

CREATE FUNCTION tests.same_end(sold uuid[], events jsonb[], what text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    found record;
    ends bigint := 0;
    usual text;
    endings text[] := '{}';
BEGIN
    FOR found IN SELECT sum(n) AS n, min(first) AS first, bool_and(is_again) AS is_again, tests.without_shares(e.ending) AS ending, array_agg(e.ending) AS endings
                   FROM tests.ends(sold, events) e GROUP BY tests.without_shares(e.ending) ORDER BY 1 DESC LOOP
        endings := endings || found.endings;
        ends := ends + 1;
        IF ends = 1 THEN
            RETURN NEXT is(tests.end_after(sold, events, false, true), tests.end_after(sold, events, false, false), what || ': check_integrity() finds nothing');
            usual := found.ending;
        ELSIF ends < 4 THEN
            RETURN NEXT diag(format(E'%s ways, the first %s%s, end with\n%s\ninstead of\n%s', found.n, found.first, CASE WHEN found.is_again THEN ' with repeats' END,
                (SELECT string_agg(l, E'\n') FROM string_to_table(found.ending, E'\n') l WHERE l NOT IN (SELECT string_to_table(usual, E'\n'))),
                (SELECT string_agg(l, E'\n') FROM string_to_table(usual, E'\n') l WHERE l NOT IN (SELECT string_to_table(found.ending, E'\n')))));
        END IF;
    END LOOP;
    RETURN NEXT is(ends, 1::bigint, what || ': one end');
    RETURN NEXT is(tests.apart(endings), NULL, what || ': and everybody has the same, but for a cent');
END $$;

-- The orders that the payment intent's metadata names
CREATE TEMP TABLE metadata (order_id uuid);

-- Refunds that were approved here, by payment and amount
CREATE TEMP TABLE asked (intent text, amount bigint, refund_request_id uuid);
CREATE FUNCTION tests.refund(intent text, what text, cents bigint, metadata jsonb DEFAULT '{}', status text DEFAULT 'succeeded') RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object('id', format('re_%s_%s_%s', intent, what, cents), 'object', 'refund', 'amount', cents, 'currency', 'usd', 'charge', 'ch_' || substr(intent, 4), 'payment_intent', intent,
                              'metadata', coalesce(metadata, '{}'), 'status', status)
$$;

-- The events of a payment by name, in the order in which they happened. Amounts are cents.
CREATE FUNCTION tests.happened(intent text, amount bigint, disputed bigint, VARIADIC what text[]) RETURNS jsonb[] LANGUAGE sql AS $$
    SELECT array_agg(CASE regexp_replace(name, ' [0-9]+$', '')
        WHEN 'processing' THEN tests.event('payment_intent.processing', tests.intent(intent, amount, 'processing', metadata => m), 1700000001)
        WHEN 'failed' THEN tests.event('payment_intent.payment_failed', tests.intent(intent, amount, 'requires_payment_method', metadata => m), 1700000002)
        WHEN 'processing again' THEN tests.event('payment_intent.processing', tests.intent(intent, amount, 'processing', metadata => m), 1700000003)
        WHEN 'succeeded' THEN tests.event('payment_intent.succeeded', tests.intent(intent, amount, metadata => m), 1700000004)
        WHEN 'canceled' THEN tests.event('payment_intent.canceled', tests.intent(intent, amount, 'canceled', metadata => m), 1700000004)
        WHEN 'disputed' THEN tests.event('charge.dispute.created', tests.stripe_dispute('dp_' || intent, intent, disputed), 1700000007)
        WHEN 'lost' THEN tests.event('charge.dispute.closed', tests.stripe_dispute('dp_' || intent, intent, disputed, 'lost'), 1700000008)
        WHEN 'won' THEN tests.event('charge.dispute.closed', tests.stripe_dispute('dp_' || intent, intent, disputed, 'won'), 1700000008)
        -- sent 900: by the request of 9.00, whose id the refund has; unasked 900: by nobody's; failed 900: either of them came back
        WHEN 'sent' THEN tests.event('refund.created', tests.refund(intent, 'sent', cents, (SELECT to_jsonb(a) FROM pg_temp.asked a WHERE a.amount = cents AND a.intent = happened.intent)), 1700000005)
        WHEN 'came back' THEN tests.event('refund.failed', tests.refund(intent, 'sent', cents, (SELECT to_jsonb(a) FROM pg_temp.asked a WHERE a.amount = cents AND a.intent = happened.intent), 'failed'), 1700000009)
        WHEN 'unasked' THEN tests.event('refund.created', tests.refund(intent, 'unasked', cents), 1700000005)
        ELSE tests.event('charge.refunded', tests.charge(intent, amount, cents), 1700000005) END ORDER BY place)
      FROM unnest(what) WITH ORDINALITY AS w (name, place), LATERAL (SELECT substring(name FROM '[0-9]+$')::bigint) AS c (cents),
           (SELECT jsonb_build_object('order_ids', (SELECT string_agg(t.order_id::text, ',') FROM pg_temp.metadata t))) AS meta (m)
$$;

CREATE FUNCTION tests.to_pay(sold uuid[]) RETURNS bigint LANGUAGE sql AS $$SELECT (sum(total_amount) * 100)::bigint FROM orders WHERE id = ANY (sold)$$;

SELECT ARRAY[tests.a_divided_sale('one', 33.33, 7.77)] AS single, ARRAY[tests.a_divided_sale('one', 33.33, 0), tests.a_divided_sale('two', 18.49, 5)] AS pair \gset
CREATE TEMP TABLE sold AS SELECT 'one order' AS what, :'single'::uuid[] AS ids, 'pi_single' AS intent UNION ALL SELECT 'two orders', :'pair', 'pi_pair';
SELECT tests.log_in_as_service();
SELECT count(start_payment(:'single', 'stripe', 'pi_single')) + count(start_payment(:'pair', 'stripe', 'pi_pair')) AS started \g /dev/null
SELECT tests.log_out();

SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), 0, 'processing', 'failed', 'processing again', 'succeeded', 'refund 600'), what || ', a payment and a refund') FROM sold;
SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), 0, 'processing', 'failed', 'processing again'), what || ', no end yet') FROM sold;
SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), 0, 'processing', 'failed', 'processing again', 'canceled'), what || ', given up') FROM sold;
SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), 0, 'succeeded', 'refund 600', 'refund 2001', 'refund ' || tests.to_pay(ids)), what || ', all goes back in three parts') FROM sold;
SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), 1000, 'succeeded', 'refund 600', 'refund 1001', 'disputed', 'lost'), what || ', part of a refunded payment is charged back') FROM sold;
SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), tests.to_pay(ids), 'succeeded', 'refund 600', 'refund 2001', 'disputed', 'lost'), what || ', all of a refunded payment is charged back') FROM sold;
SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), tests.to_pay(ids), 'succeeded', 'refund 600', 'refund 2001', 'disputed', 'won'), what || ', a chargeback is won') FROM sold;

-- A payment that nobody started: until it is known by its metadata, the others fail.
SAVEPOINT not_started;
DELETE FROM payment_transactions;
INSERT INTO metadata SELECT unnest(ids) FROM sold WHERE what = 'two orders';
SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), 1000, 'processing', 'refund 600', 'disputed', 'lost'), what || ' that nobody started, without the payment''s own news') FROM sold WHERE what = 'two orders';
SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), 1000, 'failed', 'succeeded', 'disputed', 'won'), what || ' that nobody started') FROM sold WHERE what = 'two orders';
ROLLBACK TO not_started;

-- Refunds that were approved here, of 5.00, 9.00 and 10.00, are sent in another order, after one that nobody asked for.
SELECT tests.deliver(e) FROM sold, unnest(tests.happened(intent, tests.to_pay(ids), 0, 'succeeded')) e \g /dev/null
CREATE FUNCTION tests.approve(intent text, sold uuid, amount numeric) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    asked uuid;
BEGIN
    PERFORM tests.log_in(tests.party('buyer'));
    asked := request_refund(sold, amount, 'late');
    PERFORM tests.log_in_as_service();
    PERFORM decide_refund(asked, true);
    PERFORM tests.log_out();
    INSERT INTO pg_temp.asked VALUES (intent, amount * 100, asked);
END $$;
SELECT tests.approve(intent, ids[1], 5), tests.approve(intent, ids[cardinality(ids)], 9), tests.approve(intent, ids[1], 10) FROM sold \g /dev/null
SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), 400, 'sent 1000', 'sent 900', 'sent 500', 'unasked 150', 'refund 2550'), what || ', approved refunds') FROM sold;
SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), 400, 'unasked 100', 'sent 1000', 'refund 1100', 'disputed', 'lost'), what || ', approved refunds and a lost chargeback') FROM sold;

SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), 400, 'sent 1000', 'refund 1000', 'came back 1000', 'unasked 150', 'refund 1150'), what || ', an approved refund that comes back') FROM sold WHERE what = 'one order';
SELECT tests.same_end(ids, tests.happened(intent, tests.to_pay(ids), 400, 'sent 500', 'refund 500', 'sent 900', 'refund 1400'), what || ', sums and refunds') FROM sold;

-- Money that came twice goes back in two parts, which counts when all of it did.
INSERT INTO metadata SELECT unnest(ids) FROM sold WHERE what = 'one order';
SELECT tests.same_end(ids, tests.happened('pi_again', tests.to_pay(ids), tests.to_pay(ids), 'processing', 'succeeded', 'refund 600', 'refund ' || tests.to_pay(ids)), what || ', paid twice') FROM sold WHERE what = 'one order';

-- An order that the service lets be paid in two parts: a refund is counted in the payment that it is of, and what is more in the other.
SELECT tests.a_sale(:'buyer', :'two', 100) AS parted \gset
INSERT INTO payment_transactions (order_id, amount, processor, processor_transaction_id, status) VALUES (:'parted', 60, 'stripe', 'pi_a', 'succeeded'), (:'parted', 40, 'stripe', 'pi_b', 'succeeded');
UPDATE orders SET status = 'paid' WHERE id = :'parted';
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_b', 4000, 1000))), 'processed', 'a part of one of two payments goes back');
SELECT results_eq(format('SELECT processor_transaction_id::text, status::text, refunded_amount FROM payment_transactions WHERE order_id = %L ORDER BY 1', :'parted'),
    $$VALUES ('pi_a', 'succeeded', 0.00), ('pi_b', 'partially_refunded', 10.00)$$, 'and is counted in that one');
SELECT tests.deliver(tests.event('charge.refunded', tests.charge('pi_a', 6000, 6000))), tests.deliver(tests.event('charge.refunded', tests.charge('pi_b', 4000, 4000))) \g /dev/null
SELECT results_eq(format('SELECT processor_transaction_id::text, status::text, refunded_amount FROM payment_transactions WHERE order_id = %L ORDER BY 1', :'parted'),
    $$VALUES ('pi_a', 'refunded', 60.00), ('pi_b', 'refunded', 40.00)$$, 'all of both goes back');
SELECT is(tests.status_of(:'parted'), 'refunded', 'which ends the order');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
