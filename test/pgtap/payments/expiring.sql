-- Store credit and gift cards that expire many at once: each is a journal of its own, with what is left of it, in its currency, and once.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('ending.example') \gset
CREATE FUNCTION tests.booked(kinds text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s %s %s %s', account, party, amount, currency), ', ' ORDER BY account, party, currency)
      FROM (SELECT e.account, coalesce(p.name, '-') AS party, sum(e.amount) AS amount, e.currency FROM ledger_entries e LEFT JOIN tests.people p ON p.id = e.party_id WHERE e.kind = kinds GROUP BY 1, 2, 4) a
$$;
-- "journals, of them with two entries that balance"
CREATE FUNCTION tests.journals(kinds text) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(', ', count(*), count(*) FILTER (WHERE n = 2 AND total = 0 AND currencies = 1))
      FROM (SELECT count(*) AS n, sum(amount) AS total, count(DISTINCT currency) AS currencies FROM ledger_entries WHERE kind = kinds GROUP BY journal_id) j
$$;

-- Credit: of 240, each third is the other's, each fourth in EUR, each fifth was a gift card's, and of each tenth 2 of the 5 are spent

INSERT INTO gift_cards (code_hash, last4, amount, currency, processor, processor_transaction_id, status, redeemed_by, redeemed_at)
SELECT 'old ' || n, 'AAAA', 5, CASE WHEN n % 4 = 0 THEN 'EUR' ELSE 'USD' END, 'stripe', 'pi_old_' || n, 'redeemed', CASE WHEN n % 3 = 0 THEN :'other'::uuid ELSE :'buyer'::uuid END, now() FROM generate_series(5, 240, 5) n;
INSERT INTO store_credits (user_id, amount, currency, reason, expires_at, gift_card_id)
SELECT CASE WHEN n % 3 = 0 THEN :'other'::uuid ELSE :'buyer'::uuid END, 5, CASE WHEN n % 4 = 0 THEN 'EUR' ELSE 'USD' END, n, now() - interval '1 second', (SELECT id FROM gift_cards WHERE code_hash = 'old ' || n) FROM generate_series(1, 240) n;
UPDATE store_credits SET used_amount = 2 WHERE reason::integer % 10 = 0;
INSERT INTO store_credits (user_id, amount, reason, expires_at) VALUES (:'buyer', 7, 'later', now() + interval '1 second'), (:'buyer', 7, 'never', NULL);
SELECT is(tests.asked('service', 'expire_store_credits(130)') || ' ' || tests.journals('credit_expired'), '130 130, 130', 'as many as are wanted');
SELECT is(tests.asked('service', 'expire_store_credits()') || ' ' || tests.journals('credit_expired'), '110 240, 240', 'then the others, each with its journal');
SELECT is(tests.asked('service', 'expire_store_credits()') || ' ' || tests.journals('credit_expired'), '0 240, 240', 'once');
-- EUR: 60, 20 of them the other's; 12 of cards (20, 40, ...), all of which are spent in part, 4 of them the other's
-- USD: 180, 60 of them the other's; 36 of cards, 12 of which are spent in part (10, 30, ...), 4 of them the other's
SELECT is(tests.booked('credit_expired'),
    'store_credit buyer -184.00 EUR, store_credit buyer -584.00 USD, store_credit other -92.00 EUR, store_credit other -292.00 USD, promotions - 240.00 EUR, promotions - 720.00 USD, breakage - 36.00 EUR, breakage - 156.00 USD',
    'what is left of each, from whose it was to the platform: what was given to its promotions, what was bought to its income');
SELECT results_eq($$SELECT amount, used_amount, expired_amount, count(*) FROM store_credits GROUP BY 1, 2, 3 ORDER BY 1, 2, 3$$,
    'VALUES (5.00, 0.00, 5.00, 216::bigint), (5.00, 2.00, 3.00, 24), (7.00, 0.00, 0.00, 2)', 'each row says it, and what has not expired is as it was');
UPDATE store_credits SET used_amount = 1 WHERE reason = '10';
SELECT is(tests.asked('service', 'expire_store_credits()'), '1', 'what an order gives back of one expires again');
SELECT is((SELECT concat(used_amount, ' ', expired_amount) FROM store_credits WHERE reason = '10'), '1.00 4.00', 'with what expired before');
SELECT is((SELECT string_agg(format('%s %s', e.account, e.amount), ', ' ORDER BY e.id) FROM store_credits c JOIN ledger_entries e ON e.journal_id IN (md5('credit_expired:' || c.id || ':300')::uuid, md5('credit_expired:' || c.id || ':400')::uuid) WHERE c.reason = '10'),
    'store_credit -3.00, breakage 3.00, store_credit -1.00, breakage 1.00', 'as a journal of its own');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE party_id = :'other'), 8 * 2.00, 'the other has what is spent of eight, which no order has booked here');

-- Cards, of two amounts in two currencies

INSERT INTO gift_cards (code_hash, last4, amount, currency, processor, processor_transaction_id, expires_at)
SELECT 'card ' || n, 'AAAA', CASE WHEN n % 3 = 0 THEN 1000 ELSE 12.34 END, CASE WHEN n % 3 = 0 THEN 'JPY' ELSE 'USD' END, 'stripe', 'pi_' || n, now() - interval '1 second' FROM generate_series(1, 240) n;
INSERT INTO gift_cards (code_hash, last4, amount, currency, processor, processor_transaction_id, expires_at) VALUES ('later', 'AAAA', 5, 'USD', 'stripe', 'later', now() + interval '1 second'), ('never', 'AAAA', 5, 'USD', 'stripe', 'never', NULL);
SELECT is(tests.asked('service', 'expire_gift_cards(130)') || ' ' || tests.journals('gift_card_expired'), '130 130, 130', 'as many as are wanted');
-- one that a trigger of the shop's own keeps
CREATE FUNCTION tests.keep() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$BEGIN RETURN CASE WHEN NEW.id = current_setting('tests.kept')::uuid THEN NULL ELSE NEW END; END$$;
CREATE TRIGGER keep BEFORE UPDATE ON gift_cards FOR EACH ROW EXECUTE FUNCTION tests.keep();
SELECT set_config('tests.kept', id::text, true) FROM gift_cards WHERE status = 'active' AND expires_at < now() ORDER BY id LIMIT 1 \g /dev/null
SELECT is(tests.asked('service', 'expire_gift_cards()') || ' ' || tests.journals('gift_card_expired'), '109 239, 239', 'then the others, but one that a trigger keeps');
SELECT is(tests.asked('service', 'expire_gift_cards()') || ' ' || tests.journals('gift_card_expired'), '0 239, 239', 'which is not booked');
DROP TRIGGER keep ON gift_cards;
SELECT is(tests.asked('service', 'expire_gift_cards()') || ' ' || tests.journals('gift_card_expired'), '1 240, 240', 'before it has ended');
SELECT is(tests.booked('gift_card_expired'), 'gift_cards - -80000.00 JPY, gift_cards - -1974.40 USD, breakage - 80000.00 JPY, breakage - 1974.40 USD', '80 x 1000 and 160 x 12.34 become the platform''s');
SELECT results_eq($$SELECT count(*) FROM gift_cards g JOIN ledger_entries e ON e.journal_id = md5('gift_card_expired:' || g.id)::uuid AND e.account = 'breakage' AND e.amount = g.amount AND e.currency = g.currency WHERE g.status = 'expired'$$,
    'VALUES (240::bigint)', 'each card by its own journal');
SELECT is((SELECT string_agg(code_hash, ', ' ORDER BY code_hash) FROM gift_cards WHERE status = 'active'), 'later, never', 'what has not expired is as it was');
SET CONSTRAINTS ALL IMMEDIATE;
SELECT is((SELECT sum(amount) FROM ledger_entries), 0.00, 'all of it sums to nothing');

SELECT * FROM finish();
ROLLBACK;
