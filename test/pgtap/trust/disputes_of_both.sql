-- Both parties of an order have something to say: neither's dispute stands in the other's way, runs out the other's time, or is taken back once
-- the other has answered; and nothing is paid out at the moment in which one is.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('both.example') \gset

-- As the answer of open_dispute(), or its error.
CREATE FUNCTION tests.opened(who text, sold uuid) RETURNS text LANGUAGE sql AS $$
    SELECT tests.asked(who, format('open_dispute(%L, ''other'', ''A brick'', ''There is a brick in the box.'')', sold))
$$;
CREATE FUNCTION tests.is_opened(who text, sold uuid) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN answer ~ '^[0-9a-f-]{36}$' THEN 'opened' ELSE answer END FROM tests.opened(who, sold) answer
$$;
CREATE FUNCTION tests.delivered(intent text, days integer DEFAULT 0) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    sold uuid := tests.a_paid_sale(intent, (SELECT id FROM tests.people WHERE name = 'buyer'), (SELECT id FROM tests.people WHERE name = 'seller'), 100);
BEGIN
    PERFORM tests.has_arrived(sold, days);
    RETURN sold;
END $$;
CREATE FUNCTION tests.later(sold uuid, days integer) RETURNS void LANGUAGE sql AS $$
    UPDATE orders SET delivered_at = now() - make_interval(days => days) WHERE id = sold
$$;

-- Side by side

SELECT tests.delivered('pi_1') AS sale \gset
SELECT tests.opened('seller', :'sale') AS sellers \gset
SELECT tests.opened('buyer', :'sale') AS buyers \gset
SELECT results_eq(format('SELECT initiated_by, status::text FROM disputes WHERE order_id = %L ORDER BY status::text', :'sale'),
    format($$VALUES (%L::uuid, 'awaiting_buyer_response'), (%L, 'awaiting_seller_response')$$, :'seller', :'buyer'), 'the seller''s dispute does not stop the buyer''s own');
SELECT is(tests.opened(who, :'sale'), 'MK011 order already has an open dispute', 'the ' || who || ' has one at a time') FROM unnest('{buyer,seller}'::text[]) who;
SELECT is(tests.asked('seller', format('cancel_dispute(%L)', :'sellers')), 'cancelled', 'one is taken back');
SELECT is((SELECT status::text FROM disputes WHERE id = :'buyers'), 'awaiting_seller_response', 'the other goes on');
SELECT tests.later(:'sale', 30) \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'and holds the takings');
SELECT is(tests.asked('admin', format('resolve_dispute(%L, ''full_refund'', ''A brick.'')', :'buyers')), 'resolved', 'it is decided by itself');
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'and the buyer, who was heard, has no time to wait for');

-- What was answered

SELECT tests.delivered('pi_2') AS sale \gset
SELECT tests.opened('seller', :'sale') AS sellers \gset
SELECT tests.asked('buyer', format('reply_dispute(%L, ''There is a brick in the box!'')', :'sellers')) \g /dev/null
SELECT tests.later(:'sale', 15) \g /dev/null
SELECT is(tests.asked('seller', format('cancel_dispute(%L, ''settled'')', :'sellers')), 'MK011 cannot withdraw a dispute that the other party has answered', 'what the buyer has answered is not the seller''s to end');
SELECT tests.asked('admin', format('advance_dispute(%L, ''awaiting_seller_response'')', :'sellers')) \g /dev/null
SELECT is(tests.asked('seller', format('cancel_dispute(%L)', :'sellers')), 'MK011 cannot withdraw a dispute that the other party has answered', 'not when the seller is asked again either');
SELECT is(tests.asked('seller', 'request_payout()'), 'MK012 payout exceeds the available balance', 'nothing is paid out');
SELECT is(tests.asked('service', format('cancel_dispute(%L)', :'sellers')), 'cancelled', 'the staff ends it');
SELECT tests.delivered('pi_3') AS sale \gset
SELECT tests.opened('buyer', :'sale') AS buyers \gset
SELECT tests.asked('seller', format('reply_dispute(%L, ''It was a lamp.'')', :'buyers')) \g /dev/null
SELECT is(tests.asked('buyer', format('cancel_dispute(%L)', :'buyers')), 'MK011 cannot withdraw a dispute that the other party has answered', 'the other way round too');
SELECT is(tests.asked('admin', format('resolve_dispute(%L, ''no_action'', ''settled'')', :'buyers')), 'resolved', 'there the staff decides');
SELECT tests.delivered('pi_4') AS sale \gset
SELECT tests.opened('buyer', :'sale') AS buyers \gset
UPDATE disputes SET awaiting_since = now() - interval '1 year' WHERE id = :'buyers';
SELECT tests.asked('service', 'escalate_overdue_disputes()'), tests.asked('seller', format('reply_dispute(%L, ''I was away.'')', :'buyers')) \g /dev/null
SELECT is(tests.asked('buyer', format('cancel_dispute(%L)', :'buyers')), 'MK011 cannot withdraw a dispute that the other party has answered', 'a late answer is one');
SELECT tests.asked('moderator', format('reply_dispute(%L, ''Be kind.'')', tests.opened('seller', :'sale'))) \g /dev/null
SELECT is(tests.asked('seller', format('cancel_dispute(%L)', id)), 'cancelled', 'the staff''s word is none') FROM disputes WHERE order_id = :'sale' AND initiated_by = :'seller';

-- The other one's time

SELECT tests.delivered('pi_5') AS sale \gset
SELECT tests.opened('seller', :'sale') AS sellers \gset
SELECT tests.later(:'sale', 15) \g /dev/null
SELECT is(tests.opened('buyer', :'sale'), '55000 dispute window for this order has closed', 'the window is over');
SELECT is(tests.asked('seller', format('cancel_dispute(%L, ''settled'')', :'sellers')), 'cancelled', 'the seller takes the dispute back on the last day');
SELECT is(tests.asked('seller', 'request_payout()'), 'MK012 payout exceeds the available balance', 'is not paid out in the same moment');
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'nor by the job');
SELECT is(tests.opened('seller', :'sale'), '55000 dispute window for this order has closed', 'and opens no other one');
UPDATE disputes SET resolved_at = now() - interval '3 days' + interval '1 minute' WHERE id = :'sellers';
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'three days long');
SELECT tests.opened('buyer', :'sale') AS buyers \gset
SELECT is((SELECT respondent_id FROM disputes WHERE id = :'buyers'), :'seller'::uuid, 'in which the buyer opens an own one');
SELECT is(tests.asked('buyer', format('cancel_dispute(%L)', :'buyers')), 'cancelled', 'that is taken back');
SELECT is(tests.is_opened('seller', :'sale'), 'opened', 'then the seller has as much time');
SELECT tests.asked('service', format('cancel_dispute(%L)', id)) FROM disputes WHERE order_id = :'sale' AND is_open \g /dev/null
UPDATE disputes SET resolved_at = now() - interval '3 days' WHERE order_id = :'sale';
SELECT is(tests.is_opened('buyer', :'sale'), '55000 dispute window for this order has closed', 'once');
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'after that the takings are the seller''s');

SELECT tests.delivered('pi_6') AS sale \gset
SELECT tests.opened('buyer', :'sale') AS buyers \gset
SELECT tests.later(:'sale', 15) \g /dev/null
SELECT tests.asked('buyer', format('cancel_dispute(%L)', :'buyers')) \g /dev/null
SELECT is(tests.is_opened('buyer', :'sale'), '55000 dispute window for this order has closed', 'who takes an own one back has no more time for it');
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'nor does it hold anything');

SELECT tests.delivered('pi_7') AS sale \gset
SELECT tests.opened('seller', :'sale') AS sellers \gset
SELECT tests.later(:'sale', 15) \g /dev/null
SELECT tests.asked('seller', format('cancel_dispute(%L)', :'sellers')), tests.asked('admin', format('advance_dispute(%L, ''closed'')', :'sellers')) \g /dev/null
SELECT is(tests.asked('service', 'release_seller_funds()'), '0', 'put away it counts as taken back');
SET LOCAL driplo.dispute_grace = 0;
SELECT tests.asked('service', 'release_seller_funds()') \g /dev/null
SELECT isnt((SELECT released_at FROM orders WHERE id = :'sale'), NULL, 'the setting says how long');
RESET driplo.dispute_grace;

-- Who was heard

CREATE FUNCTION tests.decided(whose text, intent text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    sold uuid := tests.delivered(intent);
    sellers text := tests.opened('seller', sold);
    buyers text := tests.opened('buyer', sold);
BEGIN
    PERFORM tests.later(sold, 15);
    PERFORM tests.asked('admin', format('resolve_dispute(%L, ''no_action'', ''It is a lamp.'')', CASE whose WHEN 'buyer' THEN buyers ELSE sellers END));
    PERFORM tests.asked(CASE whose WHEN 'buyer' THEN 'seller' ELSE 'buyer' END, format('cancel_dispute(%L)', CASE whose WHEN 'buyer' THEN sellers ELSE buyers END));
    RETURN sold;
END $$;
SELECT tests.decided('buyer', 'pi_8') AS sale \gset
SELECT results_eq(format('SELECT status::text FROM disputes WHERE order_id = %L ORDER BY 1', :'sale'), $$VALUES ('cancelled'), ('resolved')$$, 'the staff has decided the buyer''s dispute, the seller takes the other one back');
SELECT is(tests.opened('buyer', :'sale'), '55000 dispute window for this order has closed', 'who was heard has no time for another one');
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'for which the takings would wait');
SELECT tests.decided('buyer', 'pi_9') AS sale \gset
SELECT tests.asked('admin', format('advance_dispute(%L, ''closed'')', id)) FROM disputes WHERE order_id = :'sale' AND status = 'resolved' \g /dev/null
SELECT is(tests.opened('buyer', :'sale'), '55000 dispute window for this order has closed', 'nor when it is put away');
SELECT is(tests.asked('service', 'release_seller_funds()'), '1', 'which holds nothing');
SELECT tests.decided('seller', 'pi_10') AS sale \gset
SELECT is(tests.opened('seller', :'sale'), '55000 dispute window for this order has closed', 'the seller neither');
SELECT tests.delivered('pi_11') AS sale \gset
SELECT tests.opened('seller', :'sale') AS decided \gset
SELECT tests.asked('admin', format('resolve_dispute(%L, ''no_action'', ''It is a lamp.'')', :'decided')), tests.opened('seller', :'sale') AS sellers \gset
SELECT tests.later(:'sale', 15) \g /dev/null
SELECT is(tests.asked('seller', format('cancel_dispute(%L)', :'sellers')), 'cancelled', 'a second one of the seller''s');
SELECT is(tests.is_opened('buyer', :'sale'), 'opened', 'leaves the buyer the time for a first one');

SELECT is_empty('SELECT * FROM check_integrity()', 'the books add up');
SELECT * FROM finish();
ROLLBACK;
