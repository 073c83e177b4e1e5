-- Returns by functions: who may ask, until when and for what; who may take which step; the money that goes back; what the
-- history tells.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();

SELECT tests.sign_up('buyer@returns.example') AS buyer, tests.sign_up('seller@returns.example') AS seller, tests.sign_up('stranger@returns.example') AS stranger,
       tests.sign_up('admin@returns.example') AS admin, tests.sign_up('mod@returns.example') AS mod \gset
SELECT promote_to_admin('admin@returns.example') \g /dev/null
UPDATE profiles SET role = 'moderator' WHERE id = :'mod';

-- advance_return(): what the published table says, for each of 9 x 9 steps by each actor, by function and by hand

CREATE TEMPORARY TABLE step (from_status text, to_status text, actors text);
INSERT INTO step VALUES
    ('requested', 'approved', 'seller system'), ('requested', 'rejected', 'seller system'), ('requested', 'closed', 'buyer system'),
    ('approved', 'shipped_back', 'buyer system'), ('approved', 'closed', 'buyer seller system'),
    ('shipped_back', 'received', 'seller system'), ('shipped_back', 'rejected', 'system'),
    ('received', 'inspecting', 'seller system'), ('received', 'refunded', 'seller system'), ('received', 'replaced', 'seller system'), ('received', 'rejected', 'seller system'),
    ('inspecting', 'refunded', 'seller system'), ('inspecting', 'replaced', 'seller system'), ('inspecting', 'rejected', 'seller system'),
    ('rejected', 'closed', 'buyer seller system'), ('refunded', 'closed', 'buyer seller system'), ('replaced', 'closed', 'buyer seller system');
CREATE TEMPORARY TABLE tried (actor text, from_status text, to_status text, outcome text, detail text, status_after text, steps integer, audited bigint, given_back numeric);
CREATE TEMPORARY TABLE tried_by_hand (from_status text, to_status text, outcome text, steps integer);
GRANT ALL ON step, tried, tried_by_hand TO PUBLIC;

CREATE FUNCTION pg_temp.try_all(actor text, who text, buyer uuid, seller uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    a text;
    b text;
    the_order uuid;
    the_return uuid;
    outcome text;
    detail text;
BEGIN
    FOREACH a IN ARRAY enum_range(NULL::return_status)::text[] LOOP
        FOREACH b IN ARRAY enum_range(NULL::return_status)::text[] LOOP
            the_order := tests.a_deal(buyer, seller);
            the_return := tests.a_return(the_order, a);
            -- the buyer has had the time to send it
            UPDATE returns SET created_at = now() - interval '15 days' WHERE id = the_return;
            detail := NULL;
            BEGIN
                PERFORM tests.become(who);
                outcome := advance_return(the_return, b, 'because');
                PERFORM tests.log_out();
            EXCEPTION WHEN OTHERS THEN
                GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
                outcome := SQLSTATE;
            END;
            INSERT INTO tried SELECT actor, a, b, outcome, detail, r.status::text, jsonb_array_length(r.history),
                                     (SELECT count(*) FROM admin_audit_log l WHERE l.target_id = r.id AND l.action = 'advance_return'), tests.given_back(the_order)
              FROM returns r WHERE r.id = the_return;
            CONTINUE WHEN actor <> 'system';
            the_return := tests.a_return(tests.a_deal(buyer, seller), a);
            BEGIN
                PERFORM tests.become(who);
                EXECUTE format('UPDATE returns SET status = %L WHERE id = %L', b, the_return);
                PERFORM tests.log_out();
                outcome := 'done';
            EXCEPTION WHEN OTHERS THEN
                outcome := SQLSTATE;
            END;
            INSERT INTO tried_by_hand SELECT a, b, outcome, jsonb_array_length(r.history) FROM returns r WHERE r.id = the_return;
        END LOOP;
    END LOOP;
END $$;
SELECT pg_temp.try_all('buyer', :'buyer', :'buyer', :'seller'), pg_temp.try_all('seller', :'seller', :'buyer', :'seller'),
       pg_temp.try_all('stranger', :'stranger', :'buyer', :'seller'), pg_temp.try_all('moderator', :'mod', :'buyer', :'seller'),
       pg_temp.try_all('system', 'service', :'buyer', :'seller'), pg_temp.try_all('admin', :'admin', :'buyer', :'seller') \g /dev/null
-- an admin who is a party is no more than that
SELECT pg_temp.try_all('buyer and admin', :'admin', :'admin', :'seller'), pg_temp.try_all('seller and admin', :'admin', :'buyer', :'admin') \g /dev/null

CREATE TEMPORARY VIEW judged AS
SELECT t.*, word.who, EXISTS (SELECT FROM step s WHERE s.from_status = t.from_status AND s.to_status = t.to_status AND word.who = ANY (string_to_array(s.actors, ' '))) AS legal,
       (SELECT coalesce(string_agg(s.to_status, ', ' ORDER BY s.to_status), 'none') FROM step s WHERE s.from_status = t.from_status AND word.who = ANY (string_to_array(s.actors, ' '))) AS possible
  FROM tried t, LATERAL (SELECT CASE t.actor WHEN 'admin' THEN 'system' ELSE split_part(t.actor, ' ', 1) END) word (who);
SELECT is((SELECT count(*) FROM judged), 8 * 81::bigint, 'all 81 steps were tried by eight people');
SELECT is_empty(format('SELECT from_status, to_status, outcome FROM judged WHERE actor = %L AND legal AND NOT (outcome = to_status AND status_after = to_status AND steps = 2)', a),
                a || ': each legal step is done, answered with the new status, and in the history')
  FROM unnest('{buyer,seller,system,admin,buyer and admin,seller and admin}'::text[]) a;
SELECT is_empty(format('SELECT from_status, to_status, outcome FROM judged WHERE actor = %L AND NOT legal AND NOT (outcome = ''MK010'' AND status_after = from_status AND steps = 1)', a),
                a || ': each other step is refused with MK010 and leaves no trace')
  FROM unnest('{buyer,seller,system,admin,buyer and admin,seller and admin}'::text[]) a;
SELECT is_empty($$SELECT actor, from_status, to_status, detail, possible FROM judged WHERE outcome = 'MK010'
                     AND (SELECT string_agg(state, ', ' ORDER BY state) FROM regexp_split_to_table(rtrim(split_part(detail, ': ', 2), '.'), ', ') state) IS DISTINCT FROM possible$$,
                'each refusal lists the steps that are possible for who asks');
SELECT is_empty(format('SELECT * FROM judged WHERE actor = %L AND NOT (outcome = ''P0002'' AND status_after = from_status AND steps = 1)', a), 'for a ' || a || ' there are no returns of others')
  FROM unnest('{stranger,moderator}'::text[]) a;
SELECT is_empty($$SELECT actor, from_status, to_status, given_back FROM judged WHERE given_back <> CASE WHEN legal AND to_status = 'refunded' AND outcome = to_status THEN 10 ELSE 0 END$$,
                'money goes back with the step to refunded, and with no other');
SELECT is_empty($$SELECT actor, from_status, to_status, audited FROM judged WHERE audited <> CASE WHEN actor = 'admin' AND legal THEN 1 ELSE 0 END$$, 'what an admin does is on record');
SELECT is_empty($$SELECT t.* FROM tried_by_hand t WHERE t.from_status <> t.to_status AND (t.outcome = 'done')
                   IS DISTINCT FROM EXISTS (SELECT FROM step s WHERE s.from_status = t.from_status AND s.to_status = t.to_status AND s.actors LIKE '%system%')$$,
                'a direct update by the service is judged by the same table');
SELECT is_empty($$SELECT * FROM tried_by_hand WHERE outcome NOT IN ('done', 'MK010') OR steps <> CASE WHEN outcome = 'done' AND from_status <> to_status THEN 2 ELSE 1 END$$,
                'and is in the history');

-- What "open" means
SELECT results_eq('SELECT is_open, string_agg(DISTINCT status::text, '' '' ORDER BY status::text) FROM returns GROUP BY is_open ORDER BY is_open',
    $$VALUES (false, 'closed refunded rejected replaced'), (true, 'approved inspecting received requested shipped_back')$$, 'a return is open until it is decided');

-- Who may ask for what

SELECT tests.a_deal(:'buyer', :'seller') AS sale, tests.a_deal(:'buyer', :'seller', 'shipped') AS underway, tests.a_deal(:'stranger', :'seller') AS foreign \gset
SELECT tests.line_of(:'sale') AS line, tests.line_of(:'underway') AS line_underway, tests.line_of(:'foreign') AS line_foreign \gset
CREATE FUNCTION tests.ask(line uuid, reason text DEFAULT 'defective', description text DEFAULT NULL, photos text DEFAULT '[]') RETURNS text LANGUAGE sql AS
    $$SELECT format('SELECT open_return(%L, %L, %L, %L)', line, reason, description, photos)$$;
SELECT tests.log_in(:'stranger') \g /dev/null
SELECT is(tests.attempt(tests.ask(:'line')) || ' ' || tests.error_of(tests.ask(:'line')), format('P0002 P0002 order item "%s" does not exist', :'line'), 'for a stranger the line is not there');
SELECT is(tests.error_of(tests.ask('00000000-0000-4000-8000-00000000dead')), 'P0002 order item "00000000-0000-4000-8000-00000000dead" does not exist', 'as one that is not there');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is(tests.attempt(tests.ask(:'line')), 'P0002', 'nor for a moderator');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.attempt(tests.ask(:'line')), '42501', 'a seller asks for no return');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt(call), '42501', 'anon may not: ' || call)
  FROM unnest(ARRAY[tests.ask(:'line'), format('SELECT advance_return(%L, ''closed'')', :'line')]) call;
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(tests.ask(:'line_foreign')), 'P0002', 'a buyer sends nothing back that somebody else bought');
SELECT is(tests.attempt(tests.ask(:'line_underway')), '55000', 'nor what has not arrived');
SELECT is(tests.attempt(call), code, call)
  FROM (VALUES ('SELECT open_return(NULL, ''defective'')', '22004'), (format('SELECT open_return(%L, NULL)', :'line'), '22004'), (tests.ask(:'line', 'ugly'), '22023'), (tests.ask(:'line', 'DEFECTIVE'), '22023'),
               (tests.ask(:'line', ''), '22023'), (tests.ask(:'line', 'defective', 'x', '{}'), '22023'), (tests.ask(:'line', 'defective', 'x', '"a.png"'), '22023'), (tests.ask(:'line', 'defective', 'x', 'null'), '22023'),
               (tests.ask(:'line', 'defective', 'x', '[1]'), '22023'), (tests.ask(:'line', 'defective', 'x', '[""]'), '22023'), (tests.ask(:'line', 'defective', 'x', '[null]'), '22023'), (tests.ask(:'line', 'defective', 'x', '[["a"]]'), '22023'),
               ('SELECT advance_return(NULL, ''closed'')', '22004'), (format('SELECT advance_return(%L, NULL)', :'line'), '22004'), (format('SELECT advance_return(%L, ''gone'')', :'line'), '22023'),
               (format('SELECT advance_return(%L, ''closed'')', :'line'), 'P0002')) c (call, code);
SELECT is(tests.attempt(tests.ask(:'line', 'defective', 'x', (SELECT jsonb_agg(n || '.png')::text FROM generate_series(1, 11) n))), '22023', 'eleven photos are too many');
SELECT is(tests.attempt(tests.ask(:'line', 'defective', 'x', jsonb_build_array(repeat('x', 2049))::text)), '22023', 'a URL is not that long');
SELECT is(tests.attempt(tests.ask(:'line', 'defective', repeat('x', 10001))), '22023', 'nor the description');
SELECT is(tests.detail_of(tests.ask(:'line', 'ugly')), '22023 Valid reasons are: defective, not_as_described, wrong_item, doesnt_fit, changed_mind, damaged_in_shipping, missing_parts, quality_issue, other.', 'an unknown reason is told which there are');
SELECT open_return(order_item_id => :'line', reason => 'wrong_item', description => 'I asked for a blue one.', photos => (SELECT jsonb_agg(n || repeat('x', 2040) || '.png') FROM generate_series(1, 10) n)) AS asked \gset
SELECT results_eq(format('SELECT order_id, requested_by, reason::text, status::text, description, jsonb_array_length(photos), is_open, refund_amount FROM returns WHERE id = %L', :'asked'),
    format('VALUES (%L::uuid, %L::uuid, ''wrong_item'', ''requested'', ''I asked for a blue one.'', 10, true, NULL::numeric)', :'sale', :'buyer'), 'the buyer asks');
SELECT matches((SELECT return_number::text FROM returns WHERE id = :'asked'), '^RET-' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD') || '-[0-9]{6,}$', 'and gets a number');
SELECT is(tests.attempt(tests.ask(:'line')) || ' ' || tests.error_of(tests.ask(:'line')), 'MK010 MK010 item already has an open return', 'once at a time');
SELECT tests.log_in(:'stranger') \g /dev/null
SELECT is((SELECT count(*) FROM returns WHERE id = :'asked'), 0::bigint, 'strangers do not see it');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is((SELECT count(*) FROM returns WHERE id = :'asked'), 1::bigint, 'the seller does');
SELECT is(tests.attempt(format('UPDATE returns SET status = ''closed'' WHERE id = %L', :'asked')), '42501', 'and writes nothing by hand');
SELECT is(tests.attempt(format('SELECT advance_return(%L, ''rejected'')', :'asked')), '22023', 'nothing is rejected without a reason');
SELECT is(tests.attempt(format('SELECT advance_return(%L, ''rejected'', ''  '')', :'asked')), '22023', 'nor with a blank one');
SELECT is(advance_return(return_id => :'asked', to_status => 'rejected', note => 'It is blue.'), 'rejected', 'but with one');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((SELECT (history -> -1) - 'at'::text FROM returns WHERE id = :'asked'), '{"from": "requested", "to": "rejected", "actor": "seller", "note": "It is blue."}'::jsonb, 'which the buyer reads');
SELECT is(tests.deed(tests.ask(:'line')), 'done', 'and may ask again');
SELECT id AS again FROM returns WHERE order_id = :'sale' AND is_open \gset
SELECT is(advance_return(:'again', 'closed', 'It is blue indeed.'), 'closed', 'or withdraw');
SELECT ok((SELECT completed_at = now() AND approved_at IS NULL FROM returns WHERE id = :'again'), 'which is its end');

-- The time

SELECT tests.log_out() \g /dev/null
UPDATE orders SET delivered_at = now() - interval '14 days' WHERE id = :'sale';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(tests.ask(:'line')) || ' ' || tests.error_of(tests.ask(:'line')), '55000 55000 return window for this item has closed', 'after 14 days nothing goes back');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.attempt(tests.ask(:'line')), '55000', 'not for the service either');
SELECT tests.log_out() \g /dev/null
UPDATE orders SET delivered_at = now() - interval '14 days' + interval '1 second' WHERE id = :'sale';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.deed(tests.ask(:'line')), 'done', 'a second before that it does');
SELECT tests.log_out() \g /dev/null
UPDATE returns SET status = 'closed' WHERE order_id = :'sale' AND is_open;
SET LOCAL driplo.return_window = '2h';
UPDATE orders SET delivered_at = now() - interval '2 hours' WHERE id = :'sale';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(tests.ask(:'line')), '55000', 'the setting says how long');
SELECT tests.log_out() \g /dev/null
SET LOCAL driplo.return_window = 0;
UPDATE orders SET delivered_at = now() WHERE id = :'sale';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(tests.ask(:'line')), '55000', 'with 0 there are no returns');
SELECT tests.log_out() \g /dev/null
RESET driplo.return_window;
UPDATE orders SET delivered_at = NULL, created_at = now() - interval '15 days' WHERE id = :'sale';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(tests.ask(:'line')), '55000', 'without a time of the delivery the order''s own counts');
SELECT tests.log_out() \g /dev/null
UPDATE orders SET created_at = now() - interval '13 days' WHERE id = :'sale';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.deed(tests.ask(:'line')), 'done', 'as long as it lasts');

-- For the buyer: the service, and an admin on record. Completed orders too.

SELECT tests.log_out() \g /dev/null
SELECT tests.a_deal(:'buyer', :'seller', 'completed') AS first, tests.a_deal(:'buyer', :'seller', 'completed') AS second, tests.a_deal(:'admin', :'seller') AS own \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT open_return(tests.line_of(:'first'), 'other') AS by_service \gset
SELECT tests.log_in(:'admin') \g /dev/null
SELECT open_return(tests.line_of(:'second'), 'other', NULL, NULL) AS by_admin \gset
SELECT open_return(tests.line_of(:'own'), 'other') AS by_party \gset
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT requested_by, history #>> ''{0,actor}'' FROM returns WHERE id IN (%L, %L) ORDER BY 2', :'by_service', :'by_admin'),
    format('VALUES (%L::uuid, ''admin''), (%L::uuid, ''system'')', :'buyer', :'buyer'), 'others ask in the buyer''s name, and the history knows');
SELECT results_eq('SELECT admin_id, target_id, new_values FROM admin_audit_log WHERE action = ''open_return''',
    format('VALUES (%L::uuid, %L::uuid, ''{"status": "requested", "reason": "other"}''::jsonb)', :'admin', :'by_admin'), 'an admin''s request is on record, an own one is not');
SELECT is((SELECT photos FROM returns WHERE id = :'by_admin'), '[]'::jsonb, 'no photos are none');

-- The way of a return

SELECT tests.a_deal(:'buyer', :'seller', 'delivered', 3, 5) AS sale \gset
SELECT tests.line_of(:'sale') AS line \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT open_return(:'line', 'defective') AS ret \gset
SELECT tests.log_in(:'seller') \g /dev/null
SELECT advance_return(:'ret', 'approved', 'Send it to 1 Main Street.') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.error_of(format('SELECT advance_return(%L, ''refunded'')', :'ret')), 'MK010 cannot change return status from approved to refunded', 'nobody pays oneself');
SELECT advance_return(:'ret', 'shipped_back', 'DHL 123') \g /dev/null
SELECT tests.log_in(:'seller') \g /dev/null
SELECT advance_return(:'ret', 'received') \g /dev/null
SELECT advance_return(:'ret', 'inspecting') \g /dev/null
SELECT is(tests.attempt(format('SELECT advance_return(%L, ''rejected'')', :'ret')), '22023', 'a seller who has looked at it keeps the money for a reason only');
SELECT is(advance_return(:'ret', 'refunded'), 'refunded', 'or gives it back');
SELECT is(tests.attempt(format('SELECT advance_return(%L, ''refunded'')', :'ret')), 'MK010', 'once');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.given_back(:'sale'), 25.00, 'what was paid for the line: its price less its discount');
SELECT results_eq(format('SELECT refund_amount, is_open, approved_at = now(), completed_at = now() FROM returns WHERE id = %L', :'ret'), 'VALUES (25.00, false, true, true)', 'the return tells the same');
SELECT is((SELECT string_agg(concat_ws(' ', e ->> 'from', e ->> 'to', e ->> 'actor', e ->> 'note'), ', ' ORDER BY n) FROM returns r, jsonb_array_elements(r.history) WITH ORDINALITY h (e, n) WHERE r.id = :'ret'),
    'requested buyer, requested approved seller Send it to 1 Main Street., approved shipped_back buyer DHL 123, shipped_back received seller, received inspecting seller, inspecting refunded seller', 'the history tells who did what');
SELECT matches((SELECT history #>> '{0,at}' FROM returns WHERE id = :'ret'), '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$', 'and when, in UTC');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is(tests.attempt(tests.ask(:'line')), (SELECT CASE status::text WHEN 'refunded' THEN '55000' ELSE 'MK010' END FROM orders WHERE id = :'sale'), 'what was given back does not come back again');
SELECT is(advance_return(:'ret', 'closed'), 'closed', 'a return that has ended is put away');
SELECT ok((SELECT completed_at = now() AND refund_amount = 25 FROM returns WHERE id = :'ret'), 'and tells still how it ended');
SELECT is(tests.attempt(tests.ask(:'line')), (SELECT CASE status::text WHEN 'refunded' THEN '55000' ELSE 'MK010' END FROM orders WHERE id = :'sale'), 'which makes no room for another one');

-- Of two lines one comes back; of the other's money nothing is taken.
SELECT tests.log_out() \g /dev/null
SELECT tests.a_listing(:'seller', 10, 1000) AS vase \gset
INSERT INTO orders (buyer_id, seller_id, subtotal, shipping_cost, total_amount, status, paid_at, delivered_at) VALUES (:'buyer', :'seller', 30, 5, 35, 'delivered', now(), now()) RETURNING id AS pair \gset
INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (:'pair', :'vase', 1, 10, 10) RETURNING id AS cheap \gset
INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES (:'pair', :'vase', 1, 20, 20) RETURNING id AS dear \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT open_return(:'cheap', 'changed_mind') AS cheap_return, open_return(:'dear', 'changed_mind') AS dear_return \gset
SELECT tests.log_in_as_service() \g /dev/null
UPDATE returns SET status = 'approved' WHERE id = :'cheap_return';
SELECT advance_return(:'cheap_return', 'shipped_back'), advance_return(:'cheap_return', 'received'), advance_return(:'cheap_return', 'refunded') \g /dev/null
SELECT is(tests.given_back(:'pair'), 10.00, 'one line of two goes back alone, without the shipping');
SELECT is(tests.error_of(tests.ask(:'cheap')), 'MK010 item has already been refunded', 'and once');
SELECT is((SELECT is_open FROM returns WHERE id = :'dear_return'), true, 'the other goes its own way');

-- What has gone back in another way is not there any more.
SELECT tests.log_out() \g /dev/null
SELECT tests.a_deal(:'buyer', :'seller', 'delivered', 2) AS sale \gset
SELECT tests.a_return(:'sale', 'received') AS ret \gset
SELECT tests.a_dispute(:'sale', 'under_review') AS dis \gset
SELECT tests.log_in(:'admin') \g /dev/null
SELECT resolve_dispute(:'dis', 'partial_refund', 'Half of it', 15) \g /dev/null
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(advance_return(:'ret', 'refunded'), 'refunded', 'a return of an order that was refunded in part');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT refund_amount FROM returns WHERE id = :'ret'), 5.00, 'gives back what is left');
SELECT is(tests.given_back(:'sale'), 20.00, 'so that it is never more than was paid');
SELECT tests.a_deal(:'buyer', :'seller', 'delivered', 2) AS sale \gset
SELECT tests.a_return(:'sale', 'received') AS ret \gset
SELECT tests.a_dispute(:'sale', 'under_review') AS dis \gset
SELECT tests.log_in(:'admin') \g /dev/null
SELECT resolve_dispute(:'dis', 'full_refund') \g /dev/null
SELECT is(advance_return(:'ret', 'refunded'), 'refunded', 'a return of an order that was refunded altogether ends too');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT refund_amount FROM returns WHERE id = :'ret'), 0.00, 'and gives back nothing');
SELECT is(tests.given_back(:'sale'), 20.00, 'for it has gone back');

-- While the buyer's bank has the money nothing of it goes back in another way.
SELECT tests.a_deal(:'buyer', :'seller') AS sale \gset
SELECT tests.a_return(:'sale', 'received') AS ret, tests.a_dispute(:'sale', 'under_review', false, '{"stripe_dispute_id": "dp_1"}') AS chargeback \gset
INSERT INTO ledger_entries (journal_id, account, order_id, amount, currency, kind) SELECT md5('chargeback:dp_1')::uuid, account::ledger_account, :'sale', amount, 'USD', 'chargeback' FROM (VALUES ('processor_clearing', 20.00), ('disputes', -20.00)) e (account, amount);
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(tests.attempt(format('SELECT advance_return(%L, ''refunded'')', :'ret')), 'MK013', 'not while the buyer''s bank disputes the payment');
SELECT is(advance_return(:'ret', 'inspecting'), 'inspecting', 'other steps are taken');

-- The service writes returns by hand, within the rules

SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.deed(format($$UPDATE returns SET history = '[]', description = 'Looked at' WHERE id = %L$$, :'ret')), 'done', 'the service may change what was written');
SELECT is((SELECT jsonb_array_length(history) FROM returns WHERE id = :'ret'), 2, 'but not the history');
SELECT is(tests.attempt(format($$UPDATE returns SET is_open = true WHERE id = %L$$, :'ret')), '428C9', 'nor what open means');
SELECT is(tests.attempt(format($$UPDATE returns SET status = NULL WHERE id = %L$$, :'ret')), '23502', 'a return has a state');
SELECT is(tests.attempt(format($$INSERT INTO returns (return_number, order_id, order_item_id, requested_by, reason) VALUES ('R', %L, %L, %L, 'other')$$, :'sale', tests.line_of(:'sale'), :'buyer')), '23505', 'nor two open ones');
SELECT tests.log_out() \g /dev/null

-- Whoever is suspended sees the own things through; whose account is gone is missed by nobody.

SELECT tests.a_deal(:'buyer', :'seller') AS sale \gset
SELECT suspend_user(:'buyer', 'rude') \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT open_return(tests.line_of(:'sale'), 'other') AS ret \gset
SELECT tests.log_out() \g /dev/null
SELECT reinstate_user(:'buyer', 'kind again') \g /dev/null
SELECT tests.a_deal(:'buyer', :'seller') AS unasked \gset
SELECT tests.log_in(:'seller') \g /dev/null
SELECT advance_return(:'ret', 'approved') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.delete_account(:'buyer') \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.error_of(tests.ask(tests.line_of(:'unasked'))), '55000 account of the buyer has been deleted', 'for a buyer who is gone nobody asks');
SELECT is(advance_return(:'ret', 'shipped_back'), 'shipped_back', 'but what is under way goes on');
SELECT is((SELECT history #>> '{0,actor}' FROM returns WHERE id = :'ret'), 'buyer', 'and its history names no person');
SELECT tests.log_out() \g /dev/null

SELECT is_empty('SELECT * FROM check_integrity() WHERE rule LIKE ''return%'' OR rule IN (''several_open'', ''dispute_times'', ''requested_by_buyer'')', 'nothing of it is out of joint');
SELECT * FROM finish();
ROLLBACK;
