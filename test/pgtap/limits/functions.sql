-- What people pass to functions has a bound, and an amount that goes back is one that can be paid: refused before anything is written.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('words.example') \gset
SELECT tests.an_address(:'buyer', true) AS home, tests.goods(:'seller', 'A lamp', 100, 10) AS lamp, tests.goods(:'seller', 'A vase', 10, 10) AS vase \gset
CREATE FUNCTION tests.placed(address uuid, listing uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    placed uuid;
BEGIN
    PERFORM tests.log_in_as('buyer'), add_to_cart(listing);
    SELECT c.order_id INTO placed FROM checkout(address) c;
    PERFORM tests.log_out();
    RETURN placed;
END $$;
SELECT tests.placed(:'home', :'lamp') AS unpaid, tests.a_paid_sale('pi_w', :'buyer', :'seller', 100) AS sold \gset
SELECT tests.asked('buyer', format('request_refund(%L, 1, repeat(''ö'', 10000))', :'sold')) AS refund, tests.asked('buyer', format('add_to_cart(%L)', :'vase')) \gset

-- Words: 10,000 characters, however many bytes they have; and nothing is there afterwards

CREATE TEMP TABLE call (who text, named text, statement text);
INSERT INTO call VALUES
    ('buyer', 'reason', format($$SELECT cancel_order(%L, %%s)$$, :'unpaid')),
    ('buyer', 'reason', format($$SELECT transition_order(%L, 'cancelled', %%s)$$, :'unpaid')),
    ('service', 'reason', format($$SELECT transition_order(%L, 'cancelled', %%s)$$, :'unpaid')),
    ('buyer', 'notes', format($$SELECT * FROM checkout(%L, notes => %%s)$$, :'home')),
    ('buyer', 'reason', format($$SELECT request_refund(%L, 1, %%s)$$, :'sold')),
    ('seller', 'note', format($$SELECT decide_refund(%L, false, %%s)$$, :'refund')),
    ('admin', 'note', format($$SELECT decide_refund(%L, true, %%s)$$, :'refund')),
    ('admin', 'reason', format($$SELECT suspend_user(%L, %%s)$$, :'other')),
    ('admin', 'reason', format($$SELECT reinstate_user(%L, %%s)$$, :'suspended')),
    ('admin', 'reason', format($$SELECT set_user_role(%L, 'moderator', %%s)$$, :'other')),
    ('moderator', 'reason', format($$SELECT moderate_listing(%L, 'remove', %%s)$$, :'lamp')),
    ('admin', 'reason', format($$SELECT grant_store_credit(%L, 1, %%s)$$, :'buyer')),
    ('admin', 'reason', format($$SELECT grant_store_credit_in(%L, 'EUR', 1, %%s)$$, :'buyer'));
CREATE FUNCTION tests.said(who text, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before constant text := tests.state_of_shop();
    said text := 'done';
BEGIN
    PERFORM tests.log_in_as(who);
    BEGIN
        EXECUTE statement;
        RAISE EXCEPTION USING ERRCODE = 'MKXXX'; -- and is undone
    EXCEPTION WHEN SQLSTATE 'MKXXX' THEN NULL;
              WHEN OTHERS THEN said := SQLSTATE || ' ' || SQLERRM;
    END;
    PERFORM tests.log_out();
    RETURN said || CASE WHEN tests.state_of_shop() = before THEN '' ELSE ', and left a trace' END;
END $$;
SELECT is(tests.said(who, format(statement, $$repeat('ö', 10001)$$)), format('22023 %s must have 1 to 10000 characters', named), format('%s: %s', who, left(statement, 60))) FROM call;
SELECT is(tests.said(who, format(statement, $$repeat('😀', 10000)$$)), 'done', format('%s, as long as it may be: %s', who, left(statement, 60))) FROM call;
SELECT is(tests.said(who, format('SELECT transition_order(%L, ''cancelled'', NULL, jsonb_build_object(''note'', repeat(''x'', 65600)))', :'unpaid')), '22023 metadata must not be longer than 65536 bytes', 'nor does the ' || who || ' write much beside a step')
  FROM unnest('{buyer,service}'::text[]) who;
SELECT is(tests.said('buyer', format('SELECT transition_order(%L, ''cancelled'', NULL, jsonb_build_object(''note'', repeat(''x'', 65000)))', :'unpaid')), 'done', 'but what fits');
SELECT is(tests.said('seller', format('SELECT ship_order(%L, ''ups'', ''1Z'', ''https://example.org/'' || repeat(''x'', 2048))', :'sold')), '22023 tracking URL must begin with https:// or http://', 'a URL is one that a browser takes');
SELECT is(tests.asked('buyer', format('cancel_order(%L, '' '')', :'unpaid')), 'cancelled', 'a blank reason is none');
SELECT is((SELECT reason FROM order_status_history WHERE order_id = :'unpaid' AND to_status = 'cancelled'), NULL, 'in the history too');

-- Amounts that go back: whole yen, whoever asks or decides

CREATE FUNCTION tests.in_yen(intent text, buyer uuid, seller uuid) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    sold constant uuid := tests.a_sale(buyer, seller, 1500, currency => 'JPY');
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM start_payment(ARRAY[sold], 'stripe', intent);
    PERFORM tests.log_out();
    PERFORM tests.deliver(tests.event('payment_intent.succeeded', tests.intent(intent, 1500, currency => 'jpy')));
    PERFORM tests.has_arrived(sold);
    RETURN sold;
END $$;
SELECT tests.in_yen('pi_y1', :'buyer', :'seller') AS bag, tests.in_yen('pi_y2', :'buyer', :'seller') AS cap, tests.in_yen('pi_y3', :'buyer', :'seller') AS hat \gset
SELECT is((SELECT array_agg(DISTINCT status::text) FROM orders WHERE currency = 'JPY'), '{delivered}', 'sales in yen');
SELECT id AS line FROM order_items WHERE order_id = :'bag' \gset
SELECT is(tests.answers('buyer service', format($$SELECT request_refund(%L, 0.50, 'x')$$, :'bag')), '22023 for buyer service', 'half a yen is not asked for');
SELECT is(tests.answers('buyer service', format($$SELECT request_refund(%L, 100.01, 'x', %L)$$, :'bag', :'line')), '22023 for buyer service', 'nor of a line');
SELECT is(tests.asked('buyer', format($$request_refund(%L, 100.5, 'x')$$, :'bag')), '22023 amount must be a whole number of JPY', 'with the reason');
SELECT isnt(tests.asked('buyer', format($$request_refund(%L, 100, 'x')$$, :'bag')), NULL, 'a hundred are');
SELECT tests.asked('buyer', format('open_return((SELECT id FROM order_items WHERE order_id = %L), ''changed_mind'')', :'cap')) AS ret \gset
SELECT tests.asked('seller', format('advance_return(%L, ''approved'')', :'ret')), tests.asked('buyer', format('advance_return(%L, ''shipped_back'')', :'ret')), tests.asked('seller', format('advance_return(%L, ''received'')', :'ret')),
       tests.asked('seller', format('advance_return(%L, ''inspecting'')', :'ret')) \g /dev/null
SELECT is(tests.answers('seller admin service', format($$SELECT advance_return(%L, 'refunded', 'It is scratched.', 1400.50)$$, :'ret')), '22023 for seller admin service', 'no return gives half a yen back');
SELECT is(tests.asked('seller', format($$advance_return(%L, 'refunded', 'It is scratched.', 1400)$$, :'ret')), 'refunded', 'but whole ones');
SELECT tests.asked('buyer', format('open_dispute(%L, ''other'', ''A brick'', ''A brick'')', :'hat')) AS quarrel \gset
SELECT is(tests.answers('admin service', format($$SELECT resolve_dispute(%L, 'partial_refund', 'x', 700.5)$$, :'quarrel')), '22023 for admin service', 'nor does a dispute');
SELECT is(tests.asked('admin', format($$resolve_dispute(%L, 'partial_refund', 'x', 700)$$, :'quarrel')), 'resolved', 'but whole ones');
SELECT results_eq('SELECT amount FROM refund_requests JOIN orders o ON o.id = order_id WHERE o.currency = ''JPY'' ORDER BY 1', 'VALUES (100.00), (700.00), (1400.00)', 'what goes back');
SELECT is_empty('SELECT * FROM check_integrity()', 'and the books agree');

-- What only reads is not counted, and what counts does not answer as if it had
SELECT tests.log_in_as_service() \g /dev/null
SAVEPOINT reading;
SELECT set_config('transaction_read_only', 'on', true) \g /dev/null
SELECT count(*) FROM search('lamp') \g /dev/null
SELECT throws_ok($$SELECT * FROM check_rate_limit('somebody', 'read_only', 1, 1)$$, '25006', NULL, 'a read-only transaction counts nothing');
ROLLBACK TO reading;
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM rate_limits WHERE key ~ 'read_only'), 0::bigint, 'and has not');

SELECT * FROM finish();
ROLLBACK;
