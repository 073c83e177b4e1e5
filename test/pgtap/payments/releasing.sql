-- Takings of many orders become available in one call: of each what is the seller's, in its currency, as a journal of its own; and one that cannot be had keeps no other.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('releasing.example') \gset
SELECT tests.sign_up('gone@releasing.example') AS gone \gset
INSERT INTO tests.people VALUES ('gone', :'gone');
CREATE TABLE tests.sold (n integer PRIMARY KEY, kind integer NOT NULL, id uuid NOT NULL);
GRANT SELECT ON tests.sold TO PUBLIC;
-- Four kinds of orders. The seller has of
-- 0: 10 and 2 for the shipping, less a fee of 0.50, and 1 of tax is nobody's of the two: 11.50 USD
-- 1: 100, less a fee of 10, and of 40 that went back each gave 40 %, the fee 4 and the seller 36: 54.00 EUR
-- 2: 20, 5 of which the platform pays for its coupon, less a fee of 2: 18.00 USD
-- 3: 3000, the fee of 300 being the buyer's: 3000 JPY
CREATE FUNCTION tests.sell(n integer, kind integer, seller uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    buyer constant uuid := (SELECT id FROM tests.people WHERE name = 'buyer');
    sold uuid;
BEGIN
    CASE kind
        WHEN 0 THEN sold := tests.a_sale(buyer, seller, 10, 2, 1, 0.50);
        WHEN 1 THEN sold := tests.a_sale(buyer, seller, 100, fee => 10, currency => 'EUR');
        WHEN 2 THEN sold := tests.a_sale(buyer, seller, 20, fee => 2, by_platform => 5);
        WHEN 3 THEN sold := tests.a_sale(buyer, seller, 3000, fee => 300, buyer_fee => 300, currency => 'JPY');
    END CASE;
    UPDATE orders SET status = 'paid' WHERE id = sold;
    IF kind = 1 THEN
        PERFORM tests.log_in_as_service();
        PERFORM refund_order(sold, 40, reason => 'late');
        PERFORM tests.log_out();
    END IF;
    PERFORM tests.has_arrived(sold, 20 + n);
    INSERT INTO tests.sold VALUES (sell.n, sell.kind, sold);
    RETURN sold;
END $$;
-- The journals of an order's takings, each "number: amount currency from to whom".
CREATE FUNCTION tests.moved(which integer[]) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s: %s', n, moved), '; ' ORDER BY n)
      FROM (SELECT s.n, string_agg(format('%s %s %s of %s', e.account, e.amount, e.currency, p.name), ', ' ORDER BY e.id) AS moved
              FROM tests.sold s JOIN ledger_entries e ON e.order_id = s.id AND e.kind IN ('release', 'hold') LEFT JOIN tests.people p ON p.id = e.party_id
             WHERE s.n = ANY (which) GROUP BY s.n) o
$$;
CREATE FUNCTION tests.count_told() RETURNS bigint LANGUAGE sql AS $$SELECT count(*) FROM outbox_events e JOIN tests.sold s ON s.id = e.subject_id WHERE e.kind = 'takings.released'$$;

-- More than one batch, of two sellers, in three currencies

SELECT tests.sell(n, n % 4, CASE WHEN n % 8 < 4 THEN :'seller'::uuid ELSE :'other'::uuid END) FROM generate_series(1, 240) n \g /dev/null
SELECT is(tests.balance(seller), 'EUR: 1620.00 + 0.00 + 0.00, JPY: 90000.00 + 0.00 + 0.00, USD: 885.00 + 0.00 + 0.00', 'thirty of each kind: 30 x 54, 30 x 3000, 30 x (11.50 + 18)')
  FROM unnest(ARRAY[:'seller', :'other']::uuid[]) seller;
SELECT is(tests.asked('service', 'release_seller_funds(130)'), '130', 'as many as are wanted, also when they are more than one batch');
SELECT is((SELECT format('%s to %s', min(s.n), max(s.n)) FROM tests.sold s JOIN orders o ON o.id = s.id WHERE o.released_at = now()), '111 to 240', 'the oldest first');
SELECT is(tests.count_told(), 130::bigint, 'of each it is told');
SELECT is(tests.asked('service', 'release_seller_funds()'), '110', 'then the others');
SELECT is(tests.balance(seller), 'EUR: 0.00 + 1620.00 + 0.00, JPY: 0.00 + 90000.00 + 0.00, USD: 0.00 + 885.00 + 0.00', 'each seller has all of it, in each currency')
  FROM unnest(ARRAY[:'seller', :'other']::uuid[]) seller;
SELECT is(tests.moved('{8,9,10,11,12}'),
    '8: seller_pending -11.50 USD of seller, seller_available 11.50 USD of seller; 9: seller_pending -54.00 EUR of seller, seller_available 54.00 EUR of seller; '
    '10: seller_pending -18.00 USD of seller, seller_available 18.00 USD of seller; 11: seller_pending -3000.00 JPY of seller, seller_available 3000.00 JPY of seller; '
    '12: seller_pending -11.50 USD of other, seller_available 11.50 USD of other', 'of each order what is its seller''s');
SELECT results_eq($$SELECT s.kind, e.account::text, e.currency::text, e.amount, count(*) FROM tests.sold s JOIN ledger_entries e ON e.order_id = s.id WHERE e.kind = 'release' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2$$,
    $$VALUES (0, 'seller_available', 'USD', 11.50, 60::bigint), (0, 'seller_pending', 'USD', -11.50, 60), (1, 'seller_available', 'EUR', 54.00, 60), (1, 'seller_pending', 'EUR', -54.00, 60),
             (2, 'seller_available', 'USD', 18.00, 60), (2, 'seller_pending', 'USD', -18.00, 60), (3, 'seller_available', 'JPY', 3000.00, 60), (3, 'seller_pending', 'JPY', -3000.00, 60)$$,
    'of all orders of a kind the same, and nothing else');
SELECT results_eq($$SELECT count(*), count(*) FILTER (WHERE e.entries = 2 AND e.orders = 1 AND e.parties = 1 AND e.total = 0 AND e.journal_id = md5('release:' || e.order_id || ':1')::uuid)
    FROM (SELECT journal_id, max(order_id::text) AS order_id, count(*) AS entries, count(DISTINCT order_id) AS orders, count(DISTINCT party_id) AS parties, sum(amount) AS total FROM ledger_entries WHERE kind = 'release' GROUP BY journal_id) e$$,
    'VALUES (240::bigint, 240::bigint)', 'each order has its journal, which balances');
SELECT is((SELECT count(*) FROM tests.sold s JOIN orders o ON o.id = s.id WHERE o.released_at = now()), 240::bigint, 'each order knows when');
SELECT is(tests.count_told(), 240::bigint, 'of each it was told once');
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'nothing is left');
SELECT is((SELECT count(*) FROM ledger_entries WHERE kind = 'release'), 480::bigint, 'and nothing was booked twice');
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
SELECT is_empty('SELECT rule, object FROM check_integrity()', 'check_integrity() finds nothing');

-- With them a balance below zero, the takings of somebody who is gone, an order that cost nothing, and one that a bank had

TRUNCATE tests.sold;
INSERT INTO ledger_entries (journal_id, account, party_id, amount, currency) VALUES (md5('owed')::uuid, 'seller_available', :'other', -900, 'USD'), (md5('owed')::uuid, 'promotions', NULL, 900, 'USD');
SELECT tests.balance(:'other') AS owing, tests.sell(1, 0, :'other'), tests.sell(2, 1, :'gone'), tests.sell(3, 0, :'seller'), tests.sell(4, 2, :'gone') \gset
SELECT tests.delete_account(:'gone') \g /dev/null
SELECT tests.a_sale(:'buyer', :'seller', 0) AS gift, tests.a_paid_sale('pi_bank', :'buyer', :'seller', 10) AS bank \gset
UPDATE orders SET status = 'paid' WHERE id = :'gift';
SELECT tests.has_arrived(:'gift', 50), tests.has_arrived(:'bank', 60) \g /dev/null
INSERT INTO tests.sold VALUES (5, 4, :'gift'), (6, 5, :'bank');
SELECT is(tests.asked('service', 'release_seller_funds(1)') || tests.moved('{6}'), '16: seller_pending -10.00 USD of seller, seller_available 10.00 USD of seller', 'the oldest of them is released');
SELECT tests.deliver(tests.event('charge.dispute.created', tests.stripe_dispute('dp_1', 'pi_bank', 1000))) || tests.deliver(tests.event('charge.dispute.closed', tests.stripe_dispute('dp_1', 'pi_bank', 1000, 'won'))) \g /dev/null
SELECT is(tests.count_told(), 1::bigint, 'it is told');
SELECT is(tests.asked('service', 'release_seller_funds()'), '6', 'and again with the others, after the bank had it');
SELECT is(tests.moved('{1,2,3,4,5,6}'),
    '1: seller_pending -11.50 USD of other, seller_available 11.50 USD of other; 2: seller_pending -54.00 EUR of gone, seller_available 54.00 EUR of gone; '
    '3: seller_pending -11.50 USD of seller, seller_available 11.50 USD of seller; 4: seller_pending -18.00 USD of gone, seller_available 18.00 USD of gone; '
    '6: seller_pending -10.00 USD of seller, seller_available 10.00 USD of seller, seller_available -10.00 USD of seller, seller_pending 10.00 USD of seller, seller_pending -10.00 USD of seller, seller_available 10.00 USD of seller',
    'each has its own, and what cost nothing has none');
SELECT is((SELECT string_agg(format('%s %s', s.n, k.name), ', ' ORDER BY s.n, k.name) FROM tests.sold s, unnest('{release:%s:1,hold:%s:1,release:%s:2}'::text[]) AS k (name)
            WHERE (SELECT (count(*), sum(e.amount)) FROM ledger_entries e WHERE e.journal_id = md5(format(k.name, s.id))::uuid) = (2::bigint, 0::numeric)),
    '1 release:%s:1, 2 release:%s:1, 3 release:%s:1, 4 release:%s:1, 6 hold:%s:1, 6 release:%s:1, 6 release:%s:2', 'in journals of two entries that balance, the second release of one having the number two');
SELECT is(tests.count_told(), 6::bigint, 'and is no news');
SELECT is((SELECT count(*) FROM tests.sold s JOIN orders o ON o.id = s.id WHERE o.released_at IS NULL), 0::bigint, 'all are done with');
SELECT is(tests.balance(:'other'), 'EUR: 0.00 + 1620.00 + 0.00, JPY: 0.00 + 90000.00 + 0.00, USD: 0.00 + -3.50 + 0.00', 'what was owed has become less: 885 - 900 + 11.50');
SELECT is(:'owing'::text, 'EUR: 0.00 + 1620.00 + 0.00, JPY: 0.00 + 90000.00 + 0.00, USD: 0.00 + -15.00 + 0.00', 'it was 885 - 900');

-- Who asks for a payout has all that is due released before, and nobody else's

TRUNCATE tests.sold;
SELECT tests.sell(n, 0, CASE WHEN n > 120 THEN :'other'::uuid ELSE :'seller'::uuid END) FROM generate_series(1, 122) n \g /dev/null
SELECT is(tests.asked('seller', format('request_payout_in(''USD'', %s)', 885 + 11.50 + 10 + 120 * 11.50)) IS NOT NULL AND tests.balance(:'seller') = 'EUR: 0.00 + 1620.00 + 0.00, JPY: 0.00 + 90000.00 + 0.00, USD: 0.00 + 0.00 + 0.00', true,
    'a seller has the takings of 120 orders more, and no cent after them');
SELECT is((SELECT format('%s to %s', min(s.n), max(s.n)) FROM tests.sold s JOIN orders o ON o.id = s.id WHERE o.released_at IS NULL), '121 to 122', 'those of others wait');
SELECT is(tests.asked('service', 'release_seller_funds()'), '2', 'for the job');

-- What has happened to one of a batch between the look for it and its release

TRUNCATE tests.sold;
SELECT tests.sell(n, 2, :'seller') FROM generate_series(1, 6) n \g /dev/null
SELECT array_agg(order_id) AS looked_for FROM private.orders_to_release() \gset
SELECT tests.a_dispute(id) FROM tests.sold WHERE n = 1 \g /dev/null
SELECT tests.a_return(id) FROM tests.sold WHERE n = 2 \g /dev/null
SELECT private.release_orders(ARRAY[id], 1) FROM tests.sold WHERE n = 3 \g /dev/null
INSERT INTO refund_requests (order_id, amount, reason, requested_by, requested_at) SELECT id, 1, 'late', :'buyer', now() - interval '11 days' FROM tests.sold WHERE n = 4;
SELECT is(private.release_orders(:'looked_for', 100), 2, 'of a batch in which one is disputed, returned, released, and asked back, the rest is released');
SELECT is((SELECT string_agg(n::text, ' ' ORDER BY n) FROM tests.sold s JOIN orders o ON o.id = s.id WHERE o.released_at IS NULL), '1 2 4', 'those three wait');
SELECT is(tests.moved('{1,2,3,4}'), '3: seller_pending -18.00 USD of seller, seller_available 18.00 USD of seller', 'with nothing booked, and the one that was released once');
SELECT is(private.release_orders('{}', 100), 0, 'of none, none is released');
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'nor do they later, while that lasts');

-- A trigger of the shop's own that refuses one, or keeps it

TRUNCATE tests.sold;
SELECT tests.sell(n, n % 4, :'seller') FROM generate_series(1, 8) n \g /dev/null
CREATE FUNCTION tests.watch() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    CASE (SELECT s.n FROM tests.sold s WHERE s.id = NEW.id)
        WHEN 2 THEN RAISE EXCEPTION 'not this one';
        WHEN 5 THEN RETURN NULL;
        ELSE RETURN NEW;
    END CASE;
END $$;
CREATE TRIGGER watch BEFORE UPDATE OF released_at ON orders FOR EACH ROW EXECUTE FUNCTION tests.watch();
SET LOCAL client_min_messages = error;
SELECT is(tests.asked('service', 'release_seller_funds()'), '6', 'one that a trigger refuses and one that a trigger keeps keep no other');
SELECT is((SELECT string_agg(n::text, ' ' ORDER BY n) FROM tests.sold s JOIN orders o ON o.id = s.id WHERE o.released_at IS NULL), '2 5', 'both wait');
SELECT is(tests.moved('{2,5,6}'), '6: seller_pending -18.00 USD of seller, seller_available 18.00 USD of seller', 'with nothing booked, as another of their kind has');
SELECT is(tests.count_told(), 6::bigint, 'and nothing told');
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'and again');
SELECT tests.sell(0, 2, :'seller') \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds(1)'), '1', 'and those behind them, who are younger, do not wait for them');
SELECT is(left(tests.asked('seller', 'request_payout_in(''USD'', 1)'), 18), 'P0001 not this one', 'the payout of a seller fails as a whole, without a trace');
RESET client_min_messages;
DROP TRIGGER watch ON orders;
SELECT is(tests.asked('service', 'release_seller_funds()'), '2', 'without the trigger they are released');
SELECT is(tests.moved('{2,5}'), '2: seller_pending -18.00 USD of seller, seller_available 18.00 USD of seller; 5: seller_pending -54.00 EUR of seller, seller_available 54.00 EUR of seller', 'once each');

-- By statements, some of which have written one row before

TRUNCATE tests.sold;
SET LOCAL driplo.direct_writes = off;
SELECT tests.sell(n, n % 4, :'seller') FROM generate_series(1, 4) n \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds()'), '4', 'it is the same where all rows are written by statements');
SELECT is(tests.count_told(), 4::bigint, 'of each it is told');
SELECT is(tests.moved('{2,4}'), '2: seller_pending -18.00 USD of seller, seller_available 18.00 USD of seller; 4: seller_pending -11.50 USD of seller, seller_available 11.50 USD of seller', 'and booked');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');

SELECT * FROM finish();
ROLLBACK;
