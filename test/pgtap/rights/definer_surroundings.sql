-- Every SECURITY DEFINER function and every trigger function of driplo in hostile surroundings: the caller's search_path
-- leads to objects of the caller's own under every name that one could use without its schema; the caller's settings
-- are as odd as they may be. The outcome is the same as without, and nothing of the caller's runs with the owner's rights.
BEGIN;
SET LOCAL client_min_messages = error;
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();

CREATE TABLE tests.known (name text, id uuid);
INSERT INTO tests.known
SELECT name, tests.sign_up(name || '@surroundings.example') FROM unnest(ARRAY['ann', 'bob', 'root', 'mod', 'sue']) name;
SELECT id AS ann FROM tests.known WHERE name = 'ann' \gset
SELECT id AS bob FROM tests.known WHERE name = 'bob' \gset
SELECT set_user_role(id, CASE name WHEN 'root' THEN 'admin' ELSE 'moderator' END, 'for the test') FROM tests.known WHERE name IN ('root', 'mod') \g /dev/null
SELECT suspend_user(id, 'for the test') FROM tests.known WHERE name = 'sue' \g /dev/null
INSERT INTO tests.known VALUES ('lamp', tests.a_listing(:'bob'));
INSERT INTO tests.known SELECT 'variant', tests.a_variant(tests.a_listing(:'bob'));
INSERT INTO tests.known VALUES ('paid', tests.an_order(:'ann', :'bob', 10, 'paid')), ('done', tests.an_order(:'ann', :'bob', 10, 'completed')),
                               ('sent', tests.an_order(:'ann', :'bob', 10, 'shipped')), ('owed', tests.an_order(:'ann', :'bob', 10)),
                               ('home', tests.an_address(:'ann', true)), ('coupon', tests.a_coupon('LOOK10'));
INSERT INTO order_tracking (order_id, carrier, tracking_number, status) SELECT id, 'ups', '1Z1', 'picked_up' FROM tests.known WHERE name = 'sent';
INSERT INTO order_tracking (order_id, carrier, tracking_number, parcel_number) SELECT id, 'ups', '1Z9', 2 FROM tests.known WHERE name = 'sent';
UPDATE orders SET created_at = now() - interval '1 day' WHERE id = (SELECT id FROM tests.known WHERE name = 'owed');
INSERT INTO store_credits (user_id, amount) VALUES (:'ann', 3);
UPDATE orders SET delivered_at = now() - interval '30 days' WHERE id = (SELECT id FROM tests.known WHERE name = 'done');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT request_payout(2) AS payout \gset
SELECT tests.log_out() \g /dev/null
INSERT INTO tests.known VALUES ('payout', :'payout');
WITH refund AS (INSERT INTO refund_requests (order_id, amount, reason, requested_by) SELECT k.id, 1, 'late', :'ann' FROM tests.known k WHERE k.name = 'paid' RETURNING id)
INSERT INTO tests.known SELECT 'refund', id FROM refund;
WITH refund AS (INSERT INTO refund_requests (order_id, amount, reason, requested_by) SELECT k.id, 2, 'late', :'ann' FROM tests.known k WHERE k.name = 'sent' RETURNING id)
INSERT INTO tests.known SELECT 'granted', id FROM refund;
SELECT decide_refund(id, true) FROM tests.known WHERE name = 'granted' \g /dev/null
INSERT INTO payment_transactions (order_id, amount, currency, processor, processor_transaction_id, status) SELECT id, 10, 'USD', 'stripe', 'pi_0', 'succeeded' FROM tests.known WHERE name IN ('paid', 'sent');
WITH refund AS (INSERT INTO refund_requests (order_id, amount, reason, requested_by) SELECT k.id, 1, 'late', :'ann' FROM tests.known k WHERE k.name = 'sent' RETURNING id)
INSERT INTO tests.known SELECT 'wrong', id FROM refund;
SELECT decide_refund(id, true), settle_refund(id, 'processed', 're_0') FROM tests.known WHERE name = 'wrong' \g /dev/null
INSERT INTO stripe_webhook_events (stripe_event_id, type, data) VALUES ('evt_0', 'customer.created', '{"created": 1, "data": {"object": {"id": "cus_1"}}}');
INSERT INTO tests.known SELECT 'line', tests.an_item((SELECT id FROM tests.known WHERE name = 'done'), (SELECT id FROM tests.known WHERE name = 'lamp'));
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
INSERT INTO cart_items (cart_id, listing_id, quantity) SELECT c.id, k.id, 1 FROM shopping_carts c, tests.known k WHERE c.user_id = :'ann' AND k.name = 'lamp';
WITH thing AS (SELECT tests.a_listing(:'bob') AS id, name FROM unnest(ARRAY['offer', 'agreed']) name),
     made AS (INSERT INTO offers (listing_id, buyer_id, seller_id, amount, currency, made_by, round, expires_at, status, answered_at, checkout_until)
              SELECT id, :'ann', :'bob', 8, 'USD', 'buyer', 1, 'infinity', CASE name WHEN 'offer' THEN 'pending' ELSE 'accepted' END,
                     CASE name WHEN 'agreed' THEN now() END, CASE name WHEN 'agreed' THEN 'infinity'::timestamptz END FROM thing RETURNING id, status)
INSERT INTO tests.known SELECT CASE status WHEN 'pending' THEN 'offer' ELSE 'agreed' END, id FROM made;
INSERT INTO tests.known SELECT 'item', i.id FROM cart_items i JOIN shopping_carts c ON c.id = i.cart_id WHERE c.user_id = :'ann';
SELECT gift_card_id AS card FROM sell_gift_card(5, 'USD', 'stripe', 'pi_known', :'ann') \gset
UPDATE gift_cards SET code_hash = encode(sha256('ACODE'), 'hex'), last4 = 'CODE' WHERE id = :'card';
INSERT INTO tests.known VALUES ('card', :'card');
SELECT gift_card_id AS old_card FROM sell_gift_card(5, 'USD', 'stripe', 'pi_old', :'ann') \gset
UPDATE gift_cards SET expires_at = now() - interval '1 day' WHERE id = :'old_card';
UPDATE shopping_carts SET claim_hash = encode(sha256(uuid_send('00000000-0000-4000-8000-0000000000cc')), 'hex'), claim_expires_at = now() + interval '1 hour' WHERE user_id = :'ann';
UPDATE shopping_carts SET expires_at = now() - interval '1 day' WHERE user_id = :'bob';
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (:'bob', 'Bob''s', 'lamps');
INSERT INTO social_media_accounts (user_id, platform, username, url) VALUES (:'bob', 'instagram', 'bob', 'https://example.com/bob');
WITH talk AS (INSERT INTO conversations (buyer_id, seller_id) VALUES (:'ann', :'bob') RETURNING id) INSERT INTO tests.known SELECT 'talk', id FROM talk;
INSERT INTO messages (conversation_id, sender_id, content) SELECT k.id, :'bob', 'Hello' FROM tests.known k WHERE k.name = 'talk';
INSERT INTO notifications (user_id, type, title, message) VALUES (:'ann', 'new_message', 'A message', 'Bob has written.');
WITH sent AS (INSERT INTO notification_deliveries (notification_id, user_id, channel, next_attempt_at) SELECT id, user_id, 'email', 'infinity' FROM notifications WHERE user_id = :'ann' LIMIT 1 RETURNING id)
INSERT INTO tests.known SELECT 'mail', id FROM sent;
INSERT INTO tests.known VALUES ('arrived', tests.an_order(:'ann', :'bob', 10, 'delivered')), ('returned', tests.an_order(:'ann', :'bob', 10, 'delivered'));
INSERT INTO tests.known VALUES ('door', tests.an_order(:'ann', :'bob', 10));
SET LOCAL driplo.cash_on_delivery = carrier;
SELECT start_payment(ARRAY[id], 'cash_on_delivery', 'D1') FROM tests.known WHERE name = 'door' \g /dev/null
INSERT INTO tests.known VALUES ('waits', tests.an_order(:'ann', :'bob', 10));
INSERT INTO tests.known SELECT 'rate', set_tax_rate('FR', 20, 'TVA');
INSERT INTO tests.known SELECT 'rule', add_commission_rule('of dear things', 3, priority => 9);
INSERT INTO tests.known VALUES ('packed', tests.an_order(:'ann', :'bob', 10, 'paid'));
INSERT INTO tests.known SELECT 'piece', tests.an_item((SELECT id FROM tests.known WHERE name = 'packed'), tests.a_listing(:'bob'));
INSERT INTO tests.known SELECT 'unasked', tests.an_item((SELECT id FROM tests.known WHERE name = 'arrived'), tests.a_listing(:'bob'));
INSERT INTO tests.known SELECT 'back', tests.an_item((SELECT id FROM tests.known WHERE name = 'returned'), tests.a_listing(:'bob'));
SET CONSTRAINTS ALL IMMEDIATE;
SET CONSTRAINTS ALL DEFERRED;
WITH asked AS (INSERT INTO returns (return_number, order_id, order_item_id, requested_by, reason, status)
               SELECT 'R-0', i.order_id, i.id, :'ann', 'defective', 'received' FROM tests.known k JOIN order_items i ON i.id = k.id WHERE k.name = 'back' RETURNING id)
INSERT INTO tests.known SELECT 'ret', id FROM asked;
WITH quarrel AS (INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, status, title, description, awaiting_since)
                 SELECT 'D-0', id, :'ann', :'bob', 'other', 'awaiting_seller_response', 'Broken', 'In two.', now() - interval '1 year' FROM tests.known WHERE name = 'sent' RETURNING id)
INSERT INTO tests.known SELECT 'dis', id FROM quarrel;
INSERT INTO tests.known SELECT 'endpoint', id FROM create_webhook_endpoint('https://a.example.com/', '{*}');
INSERT INTO tests.known SELECT 'delivery', test_webhook_endpoint(id) FROM tests.known WHERE name = 'endpoint';
UPDATE webhook_deliveries SET claimed_at = now(), attempts = 1;
INSERT INTO tests.known SELECT 'waiting', test_webhook_endpoint(id) FROM tests.known WHERE name = 'endpoint';
WITH told AS (INSERT INTO reports (report_number, reporter_id, target_type, target_id, target_owner, category, snapshot) VALUES ('REP-1', :'ann', 'user', :'bob', :'bob', 'scam', '{"bio": "x"}') RETURNING id)
INSERT INTO tests.known SELECT 'rep', id FROM told;
WITH told AS (INSERT INTO reports (report_number, reporter_id, target_type, target_id, target_owner, category, snapshot, status, decision, decided_at)
              SELECT 'REP-2', :'ann', 'listing', k.id, :'bob', 'scam', '{"title": "x"}', 'decided', 'warn', now() FROM tests.known k WHERE k.name = 'lamp' RETURNING id)
INSERT INTO tests.known SELECT 'rep_decided', id FROM told;
WITH made AS (INSERT INTO report_decisions (report_id, decision, reasons) SELECT id, 'warn', 'x' FROM tests.known WHERE name = 'rep_decided' RETURNING id)
INSERT INTO tests.known SELECT 'decided', id FROM made;
WITH asked AS (SELECT id FROM brand_verification_requests WHERE user_id = :'bob') INSERT INTO tests.known SELECT 'brand', id FROM asked;
SELECT tests.log_in(:'ann') \g /dev/null
SELECT save_search('Vases', 'vase', notify => 'instant') AS vases \gset
SELECT tests.log_in(:'bob') \g /dev/null
SELECT save_search('Lamps', 'lamp') AS saved \gset
SELECT tests.log_out() \g /dev/null
INSERT INTO tests.known VALUES ('saved', :'saved');
UPDATE saved_searches SET read_at = '2020-01-01';
INSERT INTO saved_search_matches (search_id, listing_id, due_at) SELECT :'vases', k.id, '2020-01-01' FROM tests.known k WHERE k.name = 'lamp';
INSERT INTO saved_search_matches (search_id, listing_id, due_at, told_at) SELECT :'saved', k.id, '2020-01-01', '2020-01-01' FROM tests.known k WHERE k.name = 'lamp';
INSERT INTO tests.known SELECT 'export', request_data_export(:'ann');
SELECT make_data_exports() \g /dev/null
UPDATE data_exports SET requested_at = now() - interval '2 days';
INSERT INTO tests.known VALUES ('early', gen_random_uuid()), ('new', gen_random_uuid()), ('gone', gen_random_uuid());
-- somebody who signed up before driplo came
SET LOCAL session_replication_role = replica;
INSERT INTO auth.users (id, email) SELECT id, 'early@surroundings.example' FROM tests.known WHERE name = 'early';
-- and who sold something before deleting the account
INSERT INTO ledger_entries (journal_id, account, party_id, amount, currency, kind)
SELECT md5('gone')::uuid, e.account::ledger_account, CASE WHEN e.amount > 0 THEN k.id END, e.amount, 'USD', 'adjustment'
  FROM tests.known k, (VALUES ('seller_available', 5.00), ('processor_clearing', -5.00)) e (account, amount) WHERE k.name = 'gone';
RESET session_replication_role;

\ir ../../fixtures/attack.sql

-- What a statement of somebody's leads to: its result or its error, and what all tables hold afterwards. Then it is undone.
-- Without what is made up anew each time: of an id that was not there before it is told that it is new.
CREATE FUNCTION tests.rows() RETURNS TABLE (shipped text, line text) LANGUAGE plpgsql AS $$
BEGIN
    FOR shipped IN SELECT o.name FROM private.shipped_objects() o WHERE o.kind = 'table' LOOP
        RETURN QUERY EXECUTE format('SELECT %1$L, (to_jsonb(t) - ''{id,slug,order_number,return_number,dispute_number}''::text[] - %3$L::text[])::text FROM %2$I.%1$I t', shipped, tests.home(),
                                    -- these go by the clock
                                    CASE WHEN shipped = 'order_status_history' THEN '{created_at,event_id}'
                                         WHEN shipped = 'data_exports' THEN '{finished_at,expires_at,next_try}'
                                         WHEN shipped = 'data_export_parts' THEN '{body,n_bytes}'
                                         WHEN shipped = 'notification_fanouts' THEN '{event_id}'
                                         WHEN shipped = 'dispute_messages' THEN '{created_at}'
                                         WHEN shipped = 'outbox_dead' THEN '{died_at}'
                                         WHEN shipped = 'listing_prices' THEN '{valid_until}'
                                         WHEN shipped = 'rate_limits' THEN '{tat,blocked_until}'
                                         WHEN shipped = 'job_schedules' THEN '{last_run,next_run}'
                                         WHEN shipped = 'statistics_progress' THEN '{known_until}'
                                         WHEN shipped = 'database_health_metrics' THEN '{metric_value,metadata}'
                                         WHEN shipped = 'job_runs' THEN '{started_at,ms}'
                                         WHEN shipped = 'reports' THEN '{report_number,claimed_until,decided_at}'
                                         WHEN shipped = 'report_decisions' THEN '{decided_at,suspended_until}'
                                         WHEN shipped = 'report_appeals' THEN '{answered_by}'
                                         WHEN shipped = 'gift_cards' THEN '{code_hash,last4}'
                                         WHEN shipped = 'shopping_carts' THEN '{claim_hash}'
                                         WHEN shipped = 'social_media_accounts' THEN '{verification_data}'
                                         WHEN shipped = 'webhook_endpoints' THEN '{secret,previous_secret,previous_until,updated_at,failing_since,paused_until}'
                                         WHEN shipped = 'webhook_deliveries' THEN '{event_id,next_attempt_at,claimed_at,last_attempt_at}' ELSE '{}' END);
    END LOOP;
END $$;
CREATE FUNCTION tests.ids(line text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT DISTINCT m[1] FROM regexp_matches(line, '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}', 'g') m
$$;
CREATE TABLE tests.old_id AS SELECT DISTINCT id FROM tests.rows() r, tests.ids(r.line) id UNION SELECT id::text FROM tests.known;
CREATE FUNCTION tests.without_new_ids(line text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    id text;
BEGIN
    FOR id IN SELECT i FROM tests.ids(line) i EXCEPT SELECT o.id FROM tests.old_id o LOOP
        line := replace(line, id, 'new');
    END LOOP;
    -- the sample that an indexed listing is in, by its id
    RETURN regexp_replace(line, '@z[0-9]+', '@z');
END $$;
CREATE FUNCTION tests.state() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(r.shipped || ': ' || r.line, E'\n' ORDER BY r.shipped, r.line)
      FROM (SELECT shipped, tests.without_new_ids(line) AS line FROM tests.rows()) r
$$;

CREATE FUNCTION tests.outcome(actor text, statement text, hostile_path text, settings text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    path text := current_setting('search_path');
    result text;
BEGIN
    BEGIN
        CASE actor
            WHEN 'console' THEN NULL;
            WHEN 'service' THEN PERFORM tests.log_in_as_service();
            WHEN 'sign-up' THEN
                PERFORM tests.log_in_as_service();
                IF to_regrole('supabase_auth_admin') IS NOT NULL AND has_table_privilege('supabase_auth_admin', 'auth.users', 'INSERT') THEN
                    SET LOCAL ROLE supabase_auth_admin;
                END IF;
            ELSE PERFORM tests.log_in((SELECT k.id FROM tests.known k WHERE k.name = actor));
        END CASE;
        EXECUTE settings;
        PERFORM pg_catalog.set_config('search_path', hostile_path, true);
        EXECUTE statement INTO result;
        SET CONSTRAINTS ALL IMMEDIATE;
        PERFORM pg_catalog.set_config('search_path', path, true);
        RESET ROLE;
        EXECUTE pg_catalog.regexp_replace(settings, 'SET LOCAL ([a-z_.]+)[^;]*', 'RESET \1', 'g');
        RAISE EXCEPTION USING ERRCODE = 'TT003', MESSAGE = pg_catalog.concat(result, E'\n', tests.state());
    EXCEPTION WHEN SQLSTATE 'TT003' THEN
        GET STACKED DIAGNOSTICS result = MESSAGE_TEXT;
    WHEN OTHERS THEN
        result := pg_catalog.concat(SQLSTATE, ' ', SQLERRM);
    END;
    RETURN result;
END $$;

-- The names in @ become ids; @home@ is the schema. Conditions name the server's operator: the statement is the caller's own,
-- and the caller's own operators may run in it.
CREATE TABLE tests.attempt (n serial, actor text, statement text);
INSERT INTO tests.attempt (actor, statement) VALUES
    ('ann', $$SELECT @home@.is_admin('@ann@')$$),
    ('console', $$UPDATE @home@.driplo_secrets SET created_at = created_at RETURNING name$$),
    ('root', $$SELECT @home@.is_admin('@root@')$$),
    ('ann', $$SELECT @home@.is_profile_setup_complete('@ann@')$$),
    ('ann', $$SELECT m.email FROM @home@.my_profile() m$$),
    ('ann', $$SELECT @home@.promote_to_admin('ann@surroundings.example')$$),
    ('root', $$SELECT @home@.promote_to_admin('ann@surroundings.example')$$),
    ('ann', $$SELECT @home@.get_or_create_cart('@ann@')$$),
    ('ann', $$SELECT @home@.get_or_create_cart('@bob@')$$),
    ('ann', $$SELECT @home@.add_to_cart('@lamp@', 2) IS NOT NULL$$),
    ('ann', $$SELECT @home@.add_to_cart('@lamp@', 20) IS NOT NULL$$),
    ('ann', $$SELECT @home@.set_cart_quantity('@item@', 3)$$),
    ('bob', $$SELECT @home@.set_cart_quantity('@item@', 3)$$),
    ('ann', $$SELECT @home@.set_cart_pickup('@item@', false)$$),
    ('bob', $$SELECT @home@.set_cart_pickup('@item@', false)$$),
    ('ann', $$SELECT c.problem IS NULL FROM @home@.cart_contents() c$$),
    ('bob', $$SELECT m.quantity FROM @home@.merge_cart('00000000-0000-4000-8000-0000000000cc') m$$),
    ('service', $$SELECT r.outcome FROM @home@.record_payment_event('stripestone', '{"id": "1", "type": "payment.failed", "payment_id": "P", "created": 1}') r$$),
    ('ann', $$SELECT r.outcome FROM @home@.record_payment_event('stripestone', '{"id": "1", "type": "payment.failed", "payment_id": "P"}') r$$),
    ('service', $$SELECT s.code IS NOT NULL FROM @home@.sell_gift_card(5, 'USD', 'stripe', 'pi_card') s$$),
    ('service', $$SELECT s.code IS NOT NULL FROM @home@.sell_gift_card(5, 'EUR', 'stripe', 'pi_known') s$$),
    ('service', $$SELECT @home@.renew_gift_card_code('@card@') IS NOT NULL$$),
    ('ann', $$SELECT r.amount, r.problem FROM @home@.redeem_gift_card('a-code') r$$),
    ('bob', $$SELECT r.amount, r.problem FROM @home@.redeem_gift_card('another') r$$),
    ('root', $$SELECT @home@.cancel_gift_card('@card@', 'for the test')$$),
    ('bob', $$SELECT @home@.cancel_gift_card('@card@', 'for the test')$$),
    ('service', $$SELECT @home@.expire_gift_cards()$$),
    ('ann', $$SELECT g.status FROM @home@.my_gift_cards() g$$),
    ('ann', $$SELECT @home@.create_cart_claim() IS NOT NULL$$),
    ('ann', $$SELECT m.quantity FROM @home@.merge_cart('00000000-0000-4000-8000-0000000000cc') m$$),
    ('ann', $$SELECT @home@.clear_cart()$$),
    ('ann', $$SELECT o.enabled FROM @home@.offer_terms('@bob@') o$$),
    ('ann', $$SELECT @home@.make_offer('@lamp@', 8) IS NOT NULL$$),
    ('ann', $$SELECT @home@.withdraw_offer('@offer@')$$),
    ('bob', $$SELECT @home@.answer_offer('@offer@', 'counter', 9) IS NOT NULL$$),
    ('ann', $$SELECT @home@.buy_offer('@agreed@') IS NOT NULL$$),
    ('ann', $$SELECT o.status FROM @home@.my_offers() o$$),
    ('bob', $$SELECT @home@.offer_to_likers('@lamp@', 10)$$),
    ('bob', $$SELECT @home@.set_offer_settings(true, 60, 90)$$),
    ('bob', $$SELECT @home@.set_bundle_discount('[{"pieces": 2, "percent": 5}]')$$),
    ('service', $$SELECT @home@.expire_offers(10)$$),
    ('service', $$SELECT @home@.send_offers(10)$$),
    ('service', $$SELECT @home@.expire_carts(100000)$$),
    ('service', $$SELECT c.allowed FROM @home@.check_rate_limit('192.0.2.1', 'api', 1, 5) c$$),
    ('service', $$SELECT c.allowed FROM @home@.check_rate_limit('192.0.2.1', 'api', 1, 5) c$$),
    ('service', $$SELECT @home@.check_auth_rate_limit('192.0.2.1', 'login', 1, 5, 5)$$),
    ('ann', $$SELECT @home@.check_auth_rate_limit('@ann@', 'login', 2, 5, 5)$$),
    ('ann', $$SELECT @home@.check_auth_rate_limit('@bob@', 'login', 2, 5, 5)$$),
    ('ann', $$SELECT @home@.check_auth_rate_limit(p_ip_address => '192.0.2.1', p_action => 'login')$$),
    ('service', $$SELECT @home@.cleanup_expired_rate_limits()$$),
    ('ann', $$SELECT @home@.track_listing_view('@lamp')$$),
    ('service', $$SELECT @home@.count_views()$$),
    ('service', $$SELECT @home@.recount_statistics('@bob@')$$),
    ('service', $$SELECT @home@.refresh_user_statistics()$$),
    ('service', $$SELECT @home@.recount_achievements('@bob@')$$),
    ('service', $$SELECT @home@.refresh_achievements()$$),
    ('root', $$SELECT @home@.set_achievement_rule('first_sale', '{"sales": 2}')$$),
    ('service', $$INSERT INTO @home@.user_achievements (user_id, achievement) VALUES ('@bob@', 'first_sale') RETURNING true$$),
    ('ann', $$SELECT @home@.touch_activity()$$),
    ('service', $$SELECT @home@.capture_slow_queries()$$),
    ('service', $$SELECT @home@.collect_health()$$),
    ('service', $$SELECT pg_catalog.count(h.metric) FROM @home@.health() h$$),
    ('service', $$SELECT @home@.prune_monitoring()$$),
    ('service', $$SELECT @home@.prune_sign_ins()$$),
    ('ann', $$SELECT @home@.end_auth_session('@new@')$$),
    ('ann', $$SELECT @home@.end_other_sessions()$$),
    ('service', $$SELECT @home@.prune_statistics()$$),
    ('bob', $$SELECT @home@.seller_dashboard('2026-01-01', '2026-01-03') OPERATOR(pg_catalog.->) 'totals'$$),
    ('ann', $$SELECT @home@.seller_dashboard('2026-01-01', '2026-01-03', seller_id => '@bob@')$$),
    ('root', $$SELECT @home@.platform_stats('2026-01-01', '2026-01-03') OPERATOR(pg_catalog.->) 'gmv'$$),
    ('ann', $$SELECT @home@.platform_stats('2026-01-01', '2026-01-03')$$),
    ('ann', $$SELECT l.most FROM @home@.list_rate_limits() l$$),
    ('root', $$SELECT @home@.set_rate_limit('messages', 40)$$),
    ('ann', $$SELECT @home@.set_rate_limit('messages', 40)$$),
    ('root', $$SELECT @home@.set_smallest_card_amount('EUR', 1)$$),
    ('ann', $$SELECT @home@.set_smallest_card_amount('EUR', 1)$$),
    ('service', $$SELECT @home@.settle_cash_on_delivery('@door@', 'refused')$$),
    ('bob', $$SELECT @home@.settle_cash_on_delivery('@door@', 'collected')$$),
    ('root', $$SELECT @home@.set_tax_rate('DE', 19, 'VAT') IS NOT NULL$$),
    ('ann', $$SELECT @home@.set_tax_rate('DE', 19, 'VAT') IS NOT NULL$$),
    ('root', $$SELECT @home@.remove_tax_rate('@rate@')$$),
    ('ann', $$SELECT @home@.remove_tax_rate('@new@')$$),
    ('root', $$SELECT @home@.add_commission_rule('all', 8, currency => 'EUR', flat => 0.35) IS NOT NULL$$),
    ('ann', $$SELECT @home@.add_commission_rule('all', 8) IS NOT NULL$$),
    ('root', $$SELECT @home@.end_commission_rule('@rule@')$$),
    ('ann', $$SELECT @home@.end_commission_rule('@new@')$$),
    ('ann', $$SELECT @home@.request_data_export() IS NOT NULL$$),
    ('ann', $$SELECT @home@.request_data_export('@bob@') IS NOT NULL$$),
    ('service', $$SELECT @home@.request_data_export('@bob@') IS NOT NULL$$),
    ('service', $$SELECT @home@.make_data_exports()$$),
    ('service', $$SELECT @home@.prune_data_exports()$$),
    ('service', $$SELECT @home@.make_partitions()$$),
    ('ann', $$SELECT e.status FROM @home@.my_data_exports() e$$),
    ('bob', $$SELECT @home@.my_data_export('@export@')$$),
    ('ann', $$SELECT e.part FROM @home@.my_data_export('@export@') e LIMIT 1$$),
    ('ann', $$SELECT @home@.my_data_export_part('@export@', 'profile') OPERATOR(pg_catalog.->) 0 OPERATOR(pg_catalog.->) 'username'$$),
    ('service', $$SELECT @home@.export_user_data('@ann@') OPERATOR(pg_catalog.->) 'favorites'$$),
    ('ann', $$SELECT @home@.export_user_data('@ann@')$$),
    ('ann', $$SELECT @home@.request_account_deletion() IS NOT NULL$$),
    ('sue', $$SELECT @home@.request_account_deletion() IS NOT NULL$$),
    ('ann', $$SELECT @home@.cancel_account_deletion()$$),
    ('ann', $$SELECT @home@.my_account_deletion() OPERATOR(pg_catalog.->) 'due_at'$$),
    ('service', $$SELECT @home@.delete_user_account('@sue@', true)$$),
    ('ann', $$SELECT @home@.delete_user_account('@ann@')$$),
    ('service', $$SELECT d.user_id FROM @home@.due_account_deletions() d$$),
    ('service', $$SELECT @home@.delete_due_accounts()$$),
    ('bob', $$SELECT @home@.get_listing_analytics('@lamp@')$$),
    ('ann', $$SELECT @home@.log_auth_event(NULL, 'login', '192.0.2.1', 'curl', true, NULL, '{"x": 1}') IS NOT NULL$$),
    ('ann', $$SELECT @home@.log_auth_event('@bob@', 'login', 'unknown', 'curl')$$),
    ('service', $$SELECT @home@.log_auth_event(event_type => 'login', user_id => '@bob@', metadata => '{"x": 1}') IS NOT NULL$$),
    ('ann', $$SELECT @home@.create_auth_session('@ann@', 'token', true, 'curl', 'server')$$),
    ('service', $$SELECT job, outcome, n FROM private.run_next_job()$$),
    ('service', $$SELECT @home@.prune_job_runs()$$),
    ('service', $$SELECT @home@.prune_search_queries()$$),
    ('service', $$SELECT @home@.deliver_events(10)$$),
    ('root', $$SELECT @home@.retry_dead_events()$$),
    ('service', $$SELECT @home@.enqueue_job('expire_carts') IS NULL$$),
    ('service', $$SELECT @home@.prune_webhooks()$$),
    ('service', $$SELECT rule, detail FROM private.integrity_of_webhooks()$$),
    ('service', $$SELECT delivery_id, url, body FROM @home@.claim_webhooks() ORDER BY 1$$),
    ('service', $$SELECT @home@.settle_webhook('@delivery@', 410, 'x', '1 hour')$$),
    ('root', $$SELECT id IS NULL, secret IS NULL FROM @home@.create_webhook_endpoint('https://c.example.com/', '{*}', 'x')$$),
    ('root', $$SELECT @home@.rotate_webhook_secret('@endpoint@') IS NULL$$),
    ('root', $$SELECT @home@.set_webhook_endpoint('@endpoint@', 'https://b.example.com/', '{order.paid}', 'x', true)$$),
    ('root', $$SELECT @home@.test_webhook_endpoint('@endpoint@') IS NULL$$),
    ('root', $$SELECT @home@.replay_webhooks('@endpoint@', '2026-01-01 00:00+00', true)$$),
    ('root', $$SELECT id, url, event_types, is_confirmed, waiting FROM @home@.webhook_status()$$),
    ('root', $$SELECT @home@.delete_webhook_endpoint('@endpoint@')$$),
    ('root', $$SELECT job, every, enabled FROM @home@.job_status()$$),
    ('root', $$SELECT @home@.set_job('expire_carts', '1 hour') IS NULL$$),
    ('ann', $$SELECT c.reason FROM @home@.validate_coupon('LOOK10') c$$),
    ('ann', $$SELECT c.reason FROM @home@.validate_coupon('LOOK11') c$$),
    ('ann', $$SELECT @home@.quote_checkout('LOOK10', true)$$),
    ('ann', $$SELECT c.total_amount FROM @home@.checkout('@home_address@', 'a key', NULL, NULL, 'LOOK10', true, 'Ring twice.') c$$),
    ('ann', $$SELECT c.total_amount FROM @home@.checkout('@home_address@', coupon_code => 'LOOK11') c$$),
    ('ann', $$SELECT c.total_amount FROM @home@.checkout('@lamp@') c$$),
    ('sue', $$SELECT c.total_amount FROM @home@.checkout('@home_address@') c$$),
    ('ann', $$SELECT @home@.create_order_with_payment('@lamp@', '@ann@', NULL, '{"name": "Ann", "address_line1": "2 High Street", "city": "Bonn", "postal_code": "53111", "country_code": "DE"}', '{"x": 1}') IS NOT NULL$$),
    ('ann', $$SELECT @home@.create_order_with_payment('@lamp@', '@bob@')$$),
    ('service', $$SELECT @home@.create_order_from_payment('pi_2', 1000, 'usd', '@ann@', '@bob@', '{"listing_id": "@lamp@"}') IS NOT NULL$$),
    ('service', $$SELECT @home@.create_order_from_payment('pi_2', 1001, 'usd', '@ann@', '@bob@', '{"listing_id": "@lamp@"}') IS NOT NULL$$),
    ('bob', $$SELECT @home@.transition_order('@paid@', 'preparing', 'begun', '{"by": "hand"}')$$),
    ('sue', $$SELECT @home@.transition_order('@paid@', 'preparing')$$),
    ('ann', $$SELECT @home@.cancel_order('@owed@', 'changed my mind')$$),
    ('ann', $$SELECT @home@.cancel_order('@done@', 'changed my mind')$$),
    ('bob', $$SELECT @home@.cancel_order_items('@packed@', '[{"order_item_id": "@piece@", "quantity": 1}]', 'gone')$$),
    ('ann', $$SELECT @home@.cancel_order_items('@done@', '[{"order_item_id": "@line@"}]')$$),
    ('bob', $$SELECT @home@.ship_order('@paid@', 'ups', '1Z2', 'https://example.com/1Z2') IS NOT NULL$$),
    ('ann', $$SELECT @home@.ship_order('@paid@', 'ups', '1Z2') IS NOT NULL$$),
    ('bob', $$SELECT @home@.add_parcel('@packed@', 'ups', '1Z2', items => '[{"order_item_id": "@piece@", "quantity": 1}]')$$),
    ('bob', $$SELECT @home@.add_parcel('@sent@', 'ups', '1Z2')$$),
    ('ann', $$SELECT @home@.add_parcel('@sent@', 'ups', '1Z2')$$),
    ('bob', $$SELECT @home@.update_parcel('@sent@', 1, 'dhl', '1Z2')$$),
    ('ann', $$SELECT @home@.update_parcel('@sent@', 1, 'dhl')$$),
    ('bob', $$SELECT @home@.remove_parcel('@sent@', 1)$$),
    ('bob', $$SELECT @home@.remove_parcel('@sent@', 2)$$),
    ('ann', $$SELECT @home@.confirm_parcel('@sent@', 1)$$),
    ('ann', $$SELECT p.items FROM @home@.order_parcels('@sent@') p$$),
    ('sue', $$SELECT p.items FROM @home@.order_parcels('@sent@') p$$),
    ('ann', $$SELECT @home@.confirm_delivery('@sent@')$$),
    ('ann', $$SELECT t.actor FROM @home@.order_timeline('@sent@') t$$),
    ('sue', $$SELECT t.actor FROM @home@.order_timeline('@sent@') t$$),
    ('service', $$SELECT private.has_order_key()$$),
    ('service', $$SELECT @home@.expire_unpaid_orders(10)$$),
    ('ann', $$SELECT @home@.expire_unpaid_orders(10)$$),
    ('service', $$SELECT pg_catalog.array_length(@home@.start_payment('{@owed@}', 'stripe', 'pi_1'), 1)$$),
    ('ann', $$SELECT @home@.start_payment('{@owed@}', 'stripe', 'pi_1')$$),
    ('service', $$SELECT pg_catalog.array_length(@home@.start_part_payment('{@waits@}', 1, 'stripe', 'pi_part'), 1)$$),
    ('ann', $$SELECT @home@.start_part_payment('{@waits@}', 1, 'stripe', 'pi_part')$$),
    ('service', $$SELECT e.outcome FROM @home@.record_stripe_event('{"id": "evt_1", "type": "payment_intent.succeeded", "created": 1, "data": {"object": {"id": "pi_1", "amount": 1000, "currency": "usd", "metadata": {"order_id": "@owed@"}}}}') e$$),
    ('service', $$SELECT e.detail FROM @home@.record_stripe_event('{"id": "evt_1", "type": "payment_intent.succeeded", "created": 1, "data": {"object": {"id": "pi_1", "amount": 1000, "currency": "usd"}}}') e$$),
    ('ann', $$SELECT e.outcome FROM @home@.record_stripe_event('{"id": "evt_1", "type": "x", "data": {"object": {}}}') e$$),
    ('service', $$SELECT @home@.replay_stripe_event('evt_0')$$),
    ('ann', $$SELECT @home@.request_refund('@done@', 1, 'late') IS NOT NULL$$),
    ('bob', $$SELECT @home@.request_refund('@done@', 1, 'late') IS NOT NULL$$),
    ('bob', $$SELECT r.status FROM @home@.refund_order('@arrived@', 1, NULL, 'sorry') r$$),
    ('ann', $$SELECT r.status FROM @home@.refund_order('@arrived@', 1, NULL, 'sorry') r$$),
    ('bob', $$SELECT @home@.decide_refund('@refund@', true, 'sorry')$$),
    ('ann', $$SELECT @home@.decide_refund('@refund@', true)$$),
    ('service', $$SELECT @home@.settle_refund('@granted@', 'processed', 're_1')$$),
    ('root', $$SELECT @home@.move_refund('@wrong@', '@paid@', 'It was the other one.') IS NOT NULL$$),
    ('ann', $$SELECT @home@.move_refund('@wrong@', '@paid@', 'It was the other one.') IS NOT NULL$$),
    ('bob', $$SELECT b.pending FROM @home@.seller_balance() b$$),
    ('ann', $$SELECT b.pending FROM @home@.seller_balance('@bob@') b$$),
    ('bob', $$SELECT @home@.request_payout(1) IS NOT NULL$$),
    ('bob', $$SELECT @home@.request_payout_in('USD', 1) IS NOT NULL$$),
    ('root', $$SELECT @home@.pay_out_deleted_seller('@gone@', 'USD', 1) IS NOT NULL$$),
    ('service', $$SELECT @home@.record_processor_fee('stripe', 'pi_0', 'txn_1', 1, 'USD')$$),
    ('ann', $$SELECT @home@.record_processor_fee('stripe', 'pi_0', 'txn_1', 1, 'USD')$$),
    ('service', $$SELECT @home@.settle_payout('@payout@', 'paid', 'tr_1')$$),
    ('ann', $$SELECT @home@.settle_payout('@payout@', 'paid', 'tr_1')$$),
    ('service', $$SELECT @home@.release_seller_funds()$$),
    ('service', $$SELECT @home@.reindex_search()$$),
    ('service', $$SELECT @home@.refresh_search_words()$$),
    ('root', $$SELECT @home@.add_search_synonym('lantern', '{lamp,"old light"}')$$),
    ('bob', $$SELECT @home@.add_search_synonym('lantern', '{lamp}')$$),
    ('root', $$SELECT @home@.remove_search_synonym('lantern')$$),
    ('root', $$SELECT @home@.grant_store_credit('@ann@', 5, 'sorry') IS NOT NULL$$),
    ('root', $$SELECT @home@.grant_store_credit_in('@ann@', 'EUR', 5, 'sorry') IS NOT NULL$$),
    ('ann', $$SELECT @home@.grant_store_credit_in('@ann@', 'EUR', 5, 'sorry') IS NOT NULL$$),
    ('service', $$SELECT @home@.expire_store_credits()$$),
    ('service', $$UPDATE @home@.store_credits SET amount = 9 RETURNING amount$$),
    ('service', $$DELETE FROM @home@.store_credits RETURNING amount$$),
    ('console', $$DELETE FROM @home@.ledger_entries RETURNING amount$$),
    ('ann', $$SELECT @home@.open_return('@unasked@', 'defective', 'It is broken.', '["a.png"]') IS NOT NULL$$),
    ('sue', $$SELECT @home@.open_return('@unasked@', 'defective') IS NOT NULL$$),
    ('bob', $$SELECT @home@.advance_return('@ret@', 'refunded', 'Sorry.')$$),
    ('ann', $$SELECT @home@.advance_return('@ret@', 'refunded')$$),
    ('root', $$SELECT @home@.advance_return('@ret@', 'rejected', 'Worn.')$$),
    ('ann', $$SELECT @home@.open_dispute('@paid@', 'item_not_received', 'Where is it?', 'It does not come.') IS NOT NULL$$),
    ('sue', $$SELECT @home@.open_dispute('@paid@', 'other', 'x', 'y') IS NOT NULL$$),
    ('bob', $$SELECT @home@.reply_dispute('@dis@', 'It was whole.', '["a.png"]') IS NOT NULL$$),
    ('mod', $$SELECT @home@.reply_dispute('@dis@', 'Be kind.') IS NOT NULL$$),
    ('mod', $$SELECT @home@.add_dispute_note('@dis@', 'Both lie.') IS NOT NULL$$),
    ('ann', $$SELECT @home@.add_dispute_note('@dis@', 'x') IS NOT NULL$$),
    ('ann', $$SELECT @home@.cancel_dispute('@dis@', 'It was my fault.')$$),
    ('root', $$SELECT @home@.advance_dispute('@dis@', 'under_review', 'Let us see.')$$),
    ('root', $$SELECT @home@.resolve_dispute('@dis@', 'partial_refund', 'Half of it.', 5)$$),
    ('ann', $$SELECT @home@.resolve_dispute('@dis@', 'full_refund')$$),
    ('service', $$SELECT @home@.refresh_category_counts() OPERATOR(pg_catalog.>) 0$$),
    ('service', $$UPDATE @home@.categories SET translations = '{"bg": {"slug": "look"}}' WHERE slug OPERATOR(pg_catalog.=) 'other' RETURNING slug$$),
    ('service', $$SELECT @home@.forget_unpaid_addresses(10)$$),
    ('ann', $$SELECT @home@.forget_unpaid_addresses(10)$$),
    ('service', $$SELECT @home@.expire_returns(10)$$),
    ('ann', $$SELECT @home@.expire_returns(10)$$),
    ('service', $$SELECT @home@.decide_overdue_returns(10)$$),
    ('service', $$SELECT @home@.deliver_overdue_orders(10)$$),
    ('service', $$SELECT @home@.complete_overdue_orders(10)$$),
    ('service', $$SELECT @home@.send_reminders(10)$$),
    ('ann', $$SELECT @home@.send_reminders(10)$$),
    ('service', $$SELECT @home@.escalate_overdue_disputes(10)$$),
    ('ann', $$SELECT @home@.escalate_overdue_disputes(10)$$),
    ('service', $$UPDATE @home@.returns SET status = 'closed' WHERE id OPERATOR(pg_catalog.=) '@ret@' RETURNING status$$),
    ('ann', $$SELECT c.discount_value FROM @home@.find_coupon(' LOOK10') c$$),
    ('ann', $$SELECT c.discount_value FROM @home@.find_coupon('LOOK11') c$$),
    ('mod', $$SELECT @home@.moderate_listing('@lamp@', 'remove', 'broken')$$),
    ('bob', $$SELECT @home@.moderate_listing('@lamp@', 'remove', 'broken')$$),
    ('root', $$SELECT s.worth FROM @home@.suspicious_sales() s$$),
    ('bob', $$SELECT s.worth FROM @home@.suspicious_sales() s$$),
    ('root', $$SELECT @home@.suspend_user('@bob@', 'rude')$$),
    ('mod', $$SELECT @home@.suspend_user('@bob@', 'rude')$$),
    ('root', $$SELECT @home@.reinstate_user('@sue@', 'forgiven')$$),
    ('root', $$SELECT @home@.set_user_role('@ann@', 'moderator', 'able')$$),
    ('ann', $$SELECT @home@.set_user_role('@ann@', 'admin', 'able')$$),
    -- by the signatures of older applications
    ('ann', $$SELECT @home@.mark_messages_as_read('@talk@', '@ann@')$$),
    ('sue', $$SELECT @home@.mark_messages_as_read('@talk@', '@ann@')$$),
    ('ann', $$SELECT @home@.mark_conversation_read_secure('@bob@')$$),
    ('ann', $$SELECT @home@.block_user('@bob@')$$),
    ('ann', $$SELECT @home@.set_notification_preference('new_rating', 'push', true)$$),
    ('ann', $$SELECT pg_catalog.count(*) FROM @home@.my_notification_preferences()$$),
    ('ann', $$SELECT @home@.set_notification_settings('bg', 'Europe/Sofia', '22:00', '07:00', 'daily', true)$$),
    ('ann', $$SELECT n.title, n.message FROM @home@.my_notifications() n$$),
    ('ann', $$SELECT @home@.unread_counts()$$),
    ('ann', $$SELECT @home@.mark_notifications_seen()$$),
    ('ann', $$SELECT @home@.mark_notifications_read()$$),
    ('ann', $$SELECT pg_catalog.length(@home@.my_channel())$$),
    ('ann', $$SELECT @home@.register_push_token('a token', 'ios')$$),
    ('ann', $$SELECT @home@.unregister_push_token('a token')$$),
    ('ann', $$SELECT @home@.unsubscribe('a token')$$),
    ('ann', $$SELECT @home@.send_promotion('{"en": "Sale"}', '{"en": "Today"}') IS NOT NULL$$),
    ('root', $$SELECT @home@.send_promotion('{"en": "Sale"}', '{"en": "Today"}', '/sale', '{"locale": "en", "is_seller": true}') IS NOT NULL$$),
    ('service', $$SELECT @home@.fan_out_notifications(10)$$),
    ('service', $$SELECT c.title FROM @home@.claim_deliveries('email') c$$),
    ('service', $$SELECT @home@.settle_delivery('@new@', 'sent')$$),
    ('service', $$SELECT @home@.settle_delivery('@mail@', 'sent')$$),
    ('service', $$SELECT @home@.prune_deliveries()$$),
    ('service', $$SELECT @home@.tell_saved_searches()$$),
    ('service', $$SELECT @home@.refresh_saved_searches()$$),
    ('service', $$SELECT @home@.prune_matches_and_prices()$$),
    ('service', $$UPDATE @home@.listings SET price = 3 WHERE id OPERATOR(pg_catalog.=) '@lamp@' RETURNING true$$),
    ('ann', $$SELECT @home@.follow('@bob@')$$),
    ('ann', $$SELECT @home@.unfollow('@bob@')$$),
    ('ann', $$SELECT * FROM @home@.followers('@bob@')$$),
    ('ann', $$SELECT * FROM @home@.following()$$),
    ('ann', $$SELECT f.title FROM @home@.feed() f$$),
    ('ann', $$SELECT @home@.save_search('Lamps', 'lamp', '{"price_max": 50}') IS NOT NULL$$),
    ('bob', $$SELECT @home@.change_saved_search('@saved@', 'Lights', 'instant')$$),
    ('bob', $$SELECT @home@.delete_saved_search('@saved@')$$),
    ('bob', $$SELECT name, query, waiting FROM @home@.my_saved_searches()$$),
    ('anon', $$SELECT @home@.lowest_price_30d('@lamp@')$$),
    ('ann', $$SELECT @home@.message_text('order_status.paid')$$),
    ('ann', $$SELECT @home@.all_message_texts('bg') OPERATOR(pg_catalog.->>) 'MK016'$$),
    ('ann', $$SELECT @home@.unblock_user('@bob@')$$),
    ('ann', $$SELECT pg_catalog.count(*) FROM @home@.get_user_favorites_with_listings('@ann@')$$),
    ('sue', $$SELECT pg_catalog.count(*) FROM @home@.get_user_favorites_with_listings('@ann@')$$),
    ('ann', $$SELECT @home@.complete_user_onboarding('@ann@')$$),
    ('sue', $$SELECT @home@.complete_user_onboarding('@ann@')$$),
    ('bob', $$SELECT s.total_revenue FROM @home@.get_brand_sales_stats('@bob@') s$$),
    ('ann', $$SELECT s.total_revenue FROM @home@.get_brand_sales_stats('@bob@') s$$),
    ('ann', $$SELECT pg_catalog.count(*) FROM @home@.get_top_sellers('all', 3)$$),
    ('ann', $$SELECT pg_catalog.count(*) FROM @home@.get_top_category_sellers('@lamp@')$$),
    ('root', $$SELECT s.total_payouts FROM @home@.get_payout_statistics() s$$),
    ('ann', $$SELECT s.total_payouts FROM @home@.get_payout_statistics() s$$),
    ('mod', $$SELECT @home@.log_admin_action('exported', 'report', 'x', '{"a": 1}') IS NOT NULL$$),
    ('ann', $$SELECT @home@.log_admin_action('exported', 'report', 'x') IS NOT NULL$$),
    -- reports and decisions, brands
    ('ann', $$SELECT @home@.report('listing', '@lamp@', 'spam', 'x', '["a"]') IS NOT NULL$$),
    ('anon', $$SELECT @home@.report('listing', '@lamp@', 'illegal', 'x', email => 'a@b.c') IS NOT NULL$$),
    ('ann', $$SELECT r.status FROM @home@.my_reports() r$$),
    ('ann', $$SELECT r.status FROM @home@.report_status('@rep@') r$$),
    ('bob', $$SELECT d.decision FROM @home@.my_decisions() d$$),
    ('bob', $$SELECT @home@.appeal_decision('@decided@', 'x') IS NOT NULL$$),
    ('ann', $$SELECT @home@.appeal_decision('@decided@', 'x') IS NOT NULL$$),
    ('mod', $$SELECT r.report_number FROM @home@.review_queue() r$$),
    ('root', $$SELECT @home@.claim_report('@rep@') IS NOT NULL$$),
    ('root', $$SELECT @home@.decide_report('@rep@', 'suspend_forever', 'x', 'y') IS NOT NULL$$),
    ('mod', $$SELECT @home@.decide_report('@rep@', 'dismiss', 'x') IS NOT NULL$$),
    ('sue', $$SELECT @home@.decide_report('@rep@', 'dismiss', 'x') IS NOT NULL$$),
    ('service', $$SELECT @home@.end_suspensions()$$),
    ('service', $$SELECT @home@.prune_reports()$$),
    ('ann', $$SELECT @home@.request_brand_verification('Anns', 'lamps') IS NOT NULL$$),
    ('root', $$SELECT @home@.review_brand('@brand@', 'request_info', 'x')$$),
    ('bob', $$SELECT v.valid_until IS NOT NULL FROM @home@.verify_social_account('instagram') v$$),
    ('service', $$SELECT @home@.confirm_social_account('@bob@', 'instagram', 'x')$$),
    ('root', $$SELECT u.email FROM @home@.get_unverified_users_for_admin() u ORDER BY u.email USING OPERATOR(pg_catalog.<) LIMIT 1$$),
    ('ann', $$SELECT u.email FROM @home@.get_unverified_users_for_admin() u$$),
    ('root', $$SELECT @home@.admin_verify_user_email('@ann@')$$),
    ('ann', $$SELECT @home@.admin_verify_user_email('@ann@')$$),
    -- private.caller_role() and private.require_trader(), through policies
    ('root', $$SELECT o.status FROM @home@.orders o WHERE o.id OPERATOR(pg_catalog.=) '@paid@'$$),
    ('ann', $$SELECT pg_catalog.count(*) FROM @home@.search('lamp', '{"price_max": 90}', 'newest')$$),
    ('ann', $$SELECT @home@.search_summary('lamp', '{"price_max": 90}')$$),
    ('ann', $$SELECT pg_catalog.string_agg(value, ',') FROM @home@.suggest('fa')$$),
    ('ann', $$SELECT pg_catalog.count(*) FROM @home@.similar_listings('@lamp@')$$),
    ('ann', $$SELECT @home@.record_search('lamp', 3)$$),
    ('ann', $$INSERT INTO @home@.user_follows (follower_id, following_id) VALUES ('@ann@', '@bob@') RETURNING following_id$$),
    ('sue', $$INSERT INTO @home@.user_follows (follower_id, following_id) VALUES ('@sue@', '@bob@') RETURNING following_id$$),
    -- what no client calls
    ('console', $$SELECT l.total_amount FROM private.lock_order('@paid@') l$$),
    ('console', $$SELECT private.adopt_user('@early@', 'early@surroundings.example', '{"username": "earlybird"}')$$),
    -- triggers
    ('sign-up', $$INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES ('@new@', 'new@surroundings.example', '{"full_name": "New"}') RETURNING email$$),
    ('sign-up', $$UPDATE auth.users SET email = 'ann@elsewhere.example' WHERE id OPERATOR(pg_catalog.=) '@ann@' RETURNING email$$),
    ('ann', $$INSERT INTO @home@.profile_setup_progress (user_id, step_name, completed) VALUES ('@ann@', 'avatar_selected', true), ('@ann@', 'profile_info_completed', true) RETURNING step_name$$),
    ('ann', $$UPDATE @home@.profiles SET bio = 'Hello' WHERE id OPERATOR(pg_catalog.=) '@ann@' RETURNING bio$$),
    ('sue', $$UPDATE @home@.profiles SET bio = 'Hello' WHERE id OPERATOR(pg_catalog.=) '@sue@' RETURNING bio$$),
    ('bob', $$INSERT INTO @home@.brand_profiles (user_id, brand_name, brand_slug) VALUES ('@bob@', 'Bobs', 'bobs') RETURNING brand_name$$),
    ('bob', $$UPDATE @home@.social_media_accounts SET username = 'bobby' WHERE user_id OPERATOR(pg_catalog.=) '@bob@' RETURNING username$$),
    ('bob', $$UPDATE @home@.brand_verification_requests SET brand_name = 'Bobby' WHERE user_id OPERATOR(pg_catalog.=) '@bob@' RETURNING brand_name$$),
    ('root', $$UPDATE @home@.brand_verification_requests SET verification_status = 'approved', reviewed_by = '@root@' WHERE user_id OPERATOR(pg_catalog.=) '@bob@' RETURNING brand_name$$),
    ('root', $$INSERT INTO @home@.coupons (code, name, discount_type, discount_value) VALUES ('ROOT10', 'x', 'percentage', 10) RETURNING code$$),
    ('sign-up', $$DELETE FROM auth.users WHERE id OPERATOR(pg_catalog.=) '@ann@' RETURNING email$$),
    ('sign-up', $$DELETE FROM auth.users WHERE id OPERATOR(pg_catalog.=) ANY ('{@ann@,@bob@}') RETURNING true$$),
    ('bob', $$DELETE FROM @home@.listings WHERE id OPERATOR(pg_catalog.=) '@lamp@' RETURNING title$$),
    ('bob', $$DELETE FROM @home@.product_variants WHERE id OPERATOR(pg_catalog.=) '@variant@' RETURNING name$$),
    ('root', $$UPDATE @home@.coupons SET code = 'look10', minimum_purchase = 1 WHERE id OPERATOR(pg_catalog.=) '@coupon@' RETURNING code, currency$$),
    ('root', $$DELETE FROM @home@.coupons WHERE id OPERATOR(pg_catalog.=) '@coupon@' RETURNING code$$),
    ('service', $$INSERT INTO @home@.messages (conversation_id, content) VALUES ('@talk@', 'From nobody') RETURNING content$$),
    ('service', $$INSERT INTO @home@.ledger_entries (journal_id, account, party_id, amount, currency) VALUES ('@new@', 'seller_pending', '@bob@', 1, 'USD') RETURNING amount$$),
    ('ann', $$INSERT INTO @home@.shipping_addresses (user_id, name, address_line1, city, state_province, postal_code, country_code, is_default)
              VALUES ('@ann@', 'Work', '2 Main Street', 'Springfield', 'IL', '62701', 'US', true) RETURNING name$$),
    ('bob', $$INSERT INTO @home@.listings (seller_id, title, slug, description, price, quantity, status) VALUES ('@bob@', 'A Chair', '', 'To sit.', 5, 1, 'active') RETURNING status$$),
    ('bob', $$UPDATE @home@.listings SET status = 'sold' WHERE id OPERATOR(pg_catalog.=) '@lamp@' RETURNING status$$),
    ('bob', $$INSERT INTO @home@.product_variants (listing_id, name, price, quantity) VALUES ('@lamp@', 'red', 5, 1) RETURNING name$$),
    ('root', $$UPDATE @home@.categories SET parent_id = id WHERE slug::pg_catalog.text OPERATOR(pg_catalog.=) 'other' RETURNING name$$),
    ('root', $$UPDATE @home@.categories SET parent_id = NULL WHERE slug::pg_catalog.text OPERATOR(pg_catalog.=) 'other' RETURNING name$$),
    ('ann', $$INSERT INTO @home@.conversations (buyer_id, seller_id) VALUES ('@ann@', '@bob@') RETURNING is_direct$$),
    ('ann', $$INSERT INTO @home@.messages (conversation_id, sender_id, content) VALUES ('@talk@', '@ann@', 'Hi') RETURNING content$$),
    ('ann', $$UPDATE @home@.messages SET is_read = true WHERE conversation_id OPERATOR(pg_catalog.=) '@talk@' RETURNING content$$),
    ('bob', $$UPDATE @home@.messages SET is_read = true WHERE conversation_id OPERATOR(pg_catalog.=) '@talk@' RETURNING content$$),
    ('ann', $$SELECT @home@.mark_conversation_read('@talk@')$$),
    ('service', $$DELETE FROM @home@.messages WHERE conversation_id OPERATOR(pg_catalog.=) '@talk@' RETURNING content$$),
    ('ann', $$UPDATE @home@.conversations SET archived_by_buyer = true RETURNING archived_by_buyer$$),
    ('bob', $$UPDATE @home@.conversations SET archived_by_buyer = true RETURNING archived_by_buyer$$),
    ('ann', $$UPDATE @home@.notifications SET is_read = true, read_at = '2000-01-01' RETURNING is_read$$),
    ('ann', $$INSERT INTO @home@.favorites (user_id, listing_id) VALUES ('@ann@', '@lamp@') RETURNING 1$$),
    ('bob', $$INSERT INTO @home@.payment_accounts (user_id, bank_account_number) VALUES ('@bob@', '1234567890') RETURNING bank_account_number$$),
    ('bob', $$UPDATE @home@.orders SET status = 'preparing' WHERE id OPERATOR(pg_catalog.=) '@paid@' RETURNING status$$),
    ('ann', $$UPDATE @home@.orders SET status = 'delivered' WHERE id OPERATOR(pg_catalog.=) '@paid@' RETURNING status$$),
    ('bob', $$UPDATE @home@.orders SET status = 'cancelled' WHERE id OPERATOR(pg_catalog.=) '@paid@' RETURNING status$$),
    ('service', $$INSERT INTO @home@.orders (id, buyer_id, seller_id, subtotal, total_amount, shipping_address_id, billing_address_id) VALUES ('@new@', '@ann@', '@bob@', 10, 10, '@home_address@', '@home_address@');
                  INSERT INTO @home@.order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES ('@new@', '@lamp@', 1, 10, 10) RETURNING quantity$$),
    ('service', $$INSERT INTO @home@.order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES ('@paid@', '@lamp@', 1, 7, 7) RETURNING quantity$$),
    ('service', $$INSERT INTO @home@.order_items (order_id, listing_id, quantity, unit_price, total_price) VALUES ('@paid@', '@lamp@', 9, 10, 90) RETURNING quantity$$),
    ('service', $$INSERT INTO @home@.payment_transactions (order_id, amount, currency, status, processor) VALUES ('@paid@', 10, 'USD', 'succeeded', 'stripe') RETURNING amount$$),
    ('service', $$INSERT INTO @home@.payment_transactions (order_id, amount, currency, status, processor) VALUES ('@paid@', 11, 'USD', 'succeeded', 'stripe') RETURNING amount$$),
    ('service', $$INSERT INTO @home@.refund_requests (order_id, amount, reason, requested_by) VALUES ('@done@', 11, 'x', '@ann@') RETURNING amount$$),
    ('service', $$INSERT INTO @home@.refund_requests (order_id, amount, reason, requested_by) VALUES ('@done@', 1, 'x', '@ann@') RETURNING amount$$),
    ('service', $$INSERT INTO @home@.refund_requests (order_id, amount, reason, requested_by) VALUES ('@done@', 1, 'x', '@bob@') RETURNING amount$$),
    ('service', $$INSERT INTO @home@.returns (return_number, order_id, order_item_id, requested_by, reason, refund_amount) VALUES ('R-1', '@done@', '@line@', '@ann@', 'defective', 11) RETURNING reason$$),
    ('service', $$INSERT INTO @home@.returns (return_number, order_id, order_item_id, requested_by, reason, refund_amount) VALUES ('R-1', '@done@', '@line@', '@ann@', 'defective', 10) RETURNING reason$$),
    ('service', $$INSERT INTO @home@.disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description) VALUES ('D-1', '@done@', '@ann@', '@root@', 'other', 'x', 'y') RETURNING title$$),
    ('service', $$INSERT INTO @home@.disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description) VALUES ('D-1', '@done@', '@ann@', '@bob@', 'other', 'x', 'y') RETURNING title$$),
    ('ann', $$INSERT INTO @home@.user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES ('@done@', '@ann@', '@bob@', 'seller', 4) RETURNING rating$$),
    ('service', $$UPDATE @home@.orders SET status = 'refunded' WHERE id OPERATOR(pg_catalog.=) '@done@' RETURNING status$$),
    ('service', $$INSERT INTO @home@.user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES ('@done@', '@ann@', '@root@', 'seller', 4) RETURNING rating$$),
    ('service', $$INSERT INTO @home@.coupon_usage (coupon_id, user_id, discount_amount) VALUES ('@coupon@', '@ann@', 1) RETURNING discount_amount$$),
    ('service', $$INSERT INTO @home@.coupon_usage (coupon_id, user_id, discount_amount) VALUES ('@coupon@', '@ann@', 1), ('@coupon@', '@ann@', 1) RETURNING discount_amount$$);
UPDATE tests.known SET name = 'home_address' WHERE name = 'home';
UPDATE tests.attempt SET statement = replace(statement, '@home@', quote_ident(tests.home()));
DO $$
DECLARE
    known record;
BEGIN
    FOR known IN SELECT * FROM tests.known LOOP
        UPDATE tests.attempt SET statement = replace(statement, '@' || known.name || '@', known.id::text);
    END LOOP;
END $$;
-- The tempting rows: everybody an admin, every coupon free.
INSERT INTO attack.profiles (id, role, is_admin, email) SELECT k.id, 'admin', true, 'stolen@surroundings.example' FROM tests.known k;
INSERT INTO pg_temp.profiles (id, role, is_admin, email) SELECT k.id, 'admin', true, 'stolen@surroundings.example' FROM tests.known k;
INSERT INTO attack.coupons (code, discount_value, is_active) VALUES ('LOOK11', 100, true);
INSERT INTO pg_temp.coupons (code, discount_value, is_active) VALUES ('LOOK11', 100, true);

-- The surroundings are what they should be: a careless function is caught, by each kind of object.

CREATE FUNCTION tests.is_caught(body text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    ALTER SEQUENCE attack.used_as_owner RESTART;
    EXECUTE format('CREATE FUNCTION tests.careless() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS %L', body);
    ALTER FUNCTION tests.careless() OWNER TO driplo_owner;
    PERFORM tests.outcome('ann', 'SELECT tests.careless()', 'attack, pg_catalog, pg_temp', '');
    DROP FUNCTION tests.careless();
    RETURN (SELECT is_called FROM attack.used_as_owner);
END $$;
GRANT CREATE ON SCHEMA tests TO driplo_owner;
SELECT ok(tests.is_caught('BEGIN PERFORM p.id FROM profiles p; END'), 'a table that is named without its schema is caught');
SELECT ok(tests.is_caught('BEGIN PERFORM p.id FROM pg_temp.profiles p; END'), 'and a temporary one');
SELECT ok(tests.is_caught('BEGIN INSERT INTO admin_approvals DEFAULT VALUES; END'), 'and a table that is written');
SELECT ok(tests.is_caught('BEGIN PERFORM lower(''X''); END'), 'and a function');
SELECT ok(tests.is_caught('BEGIN PERFORM jsonb_build_object(''x'', 1); END'), 'and one of any arguments');
SELECT ok(tests.is_caught('BEGIN PERFORM 1 = 2; END'), 'and an operator');
SELECT ok(tests.is_caught('BEGIN PERFORM ''{}''::pg_catalog.jsonb ->> ''x''::pg_catalog.text; END'), 'and another one');
SELECT ok(tests.is_caught('BEGIN PERFORM ''x''::text; END'), 'and a type');
SELECT ok(tests.is_caught('BEGIN PERFORM ''admin''::user_role; END'), 'and a type of driplo''s');
SELECT ok(NOT tests.is_caught('BEGIN PERFORM pg_catalog.lower(''X''); END'), '(what is named in full is not)');
ALTER SEQUENCE attack.used RESTART;
ALTER SEQUENCE attack.used_as_owner RESTART;

-- The functions

SET LOCAL track_functions = 'all';
CREATE TABLE tests.calm AS SELECT a.*, tests.outcome(a.actor, a.statement, current_setting('search_path'), '') AS outcome FROM tests.attempt a ORDER BY a.n;
SELECT ok(outcome !~ '^(42601|42883|42P01|3F000|42703)', format('attempt %s means something: %s', n, split_part(outcome, E'\n', 1))) FROM tests.calm ORDER BY n;

SELECT is(tests.outcome(actor, statement, 'attack, pg_temp, pg_catalog, ' || quote_ident(tests.home()), ''), outcome,
          format('as %s, objects of the caller''s in front: %s', actor, split_part(statement, E'\n', 1)))
  FROM tests.calm ORDER BY n;
SELECT is(tests.outcome(actor, statement, 'pg_temp, attack', ''), outcome, format('as %s, nothing else: %s', actor, split_part(statement, E'\n', 1)))
  FROM tests.calm ORDER BY n;
SELECT is((SELECT is_called FROM attack.used_as_owner), false, 'nothing of the caller''s ran with the owner''s rights');
-- On Supabase auth.uid() is written in SQL and takes its caller's search_path; what it finds there runs as that caller.
SELECT is((SELECT u.is_called FROM attack.used u), false, 'nor, in a function of driplo''s, at all')
  FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.oid = to_regprocedure('auth.uid()') AND l.lanname = 'c';

-- Settings that change what SQL means

CREATE TABLE tests.setting (line text);
INSERT INTO tests.setting VALUES
    ('SET LOCAL transform_null_equals = on'), ('SET LOCAL standard_conforming_strings = off'), ('SET LOCAL backslash_quote = on'),
    ('SET LOCAL array_nulls = off'), ('SET LOCAL bytea_output = escape'), ('SET LOCAL datestyle = "sql, dmy"'), ('SET LOCAL intervalstyle = sql_standard'),
    ('SET LOCAL timezone = "Pacific/Kiritimati"'), ('SET LOCAL extra_float_digits = -15'), ('SET LOCAL quote_all_identifiers = on'),
    ('SET LOCAL xmloption = document'), ('SET LOCAL default_text_search_config = simple'), ('SET LOCAL plan_cache_mode = force_generic_plan'),
    ('SET LOCAL enable_indexscan = off'), ('SET LOCAL enable_seqscan = off'), ('SET LOCAL constraint_exclusion = on'), ('SET LOCAL statement_timeout = 600000'),
    ('SET LOCAL driplo.restoring = on'), ('SET LOCAL check_function_bodies = off');
SELECT is(tests.outcome(actor, statement, 'attack, pg_temp, pg_catalog', (SELECT string_agg(line, '; ') FROM tests.setting)), outcome,
          format('as %s, odd settings: %s', actor, split_part(statement, E'\n', 1)))
  FROM tests.calm ORDER BY n;
-- What row level security would hide is an error then, for the caller and for mark_conversation_read(), which has the caller's
-- rights; the other functions belong to the tables' owner.
SELECT is(tests.outcome(actor, statement, 'attack, pg_temp, pg_catalog', 'SET LOCAL row_security = off'), outcome, format('as %s, row_security off: %s', actor, statement))
  FROM tests.calm WHERE statement LIKE 'SELECT%(%' AND statement NOT LIKE '%.orders o %' AND statement NOT LIKE '%mark_conversation_read(%' ORDER BY n;
SELECT is((SELECT is_called FROM attack.used_as_owner), false, 'nothing of the caller''s ran with the owner''s rights then either');

-- Arguments of a type of the attacker's, whose cast runs before the function and with its caller's rights

SELECT is(tests.outcome('ann', replace(replace(statement, '''' || :'bob' || '''', format('ROW(%L)::attack.lure', :'bob')), '''' || :'ann' || '''', format('ROW(%L)::attack.lure', :'ann')),
                        'attack, pg_temp, pg_catalog', ''),
          tests.outcome('ann', statement, current_setting('search_path'), ''), 'an argument with a cast: ' || statement)
  FROM tests.calm WHERE statement ~ '^SELECT [a-z_."]+\(''[0-9a-f-]{36}''[,)]' AND actor <> 'console' ORDER BY n;
SELECT is((SELECT is_called FROM attack.used), true, 'casts did run');
SELECT is((SELECT is_called FROM attack.used_as_owner), false, 'but with their owner''s own rights');

-- All of them were tried, but those that do nothing but refuse

SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p
                    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
                    JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
                    LEFT JOIN pg_stat_xact_user_functions s ON s.funcid = p.oid AND s.calls >= 4
                   WHERE (p.prosecdef OR p.prorettype = 'trigger'::regtype) AND p.oid <> 'private.keep_ledger'::regproc AND s.funcid IS NULL
                     -- calls that end in an error are not counted, and on Supabase this one refuses everybody
                     AND NOT (p.proname IN ('admin_verify_user_email', 'delete_user_account') AND (SELECT count(*) = 2 FROM tests.calm c WHERE c.statement LIKE '%' || p.proname || '(%' AND c.outcome ~ '^(0A000|42501) '))$$,
    'each SECURITY DEFINER and each trigger function was called by one of these statements, without and with the surroundings');

-- Nobody gets at what they may not call by making a trigger of it

SELECT tests.log_in(:'ann');
SELECT is_empty(format($$SELECT p.oid::regprocedure FROM pg_catalog.pg_proc p
                    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid = p.oid AND d.deptype = 'e'
                    JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo'
                   WHERE p.prorettype = 'pg_catalog.trigger'::pg_catalog.regtype
                     AND tests.error_of(pg_catalog.format('CREATE TRIGGER mine BEFORE INSERT ON attack.profiles FOR EACH ROW EXECUTE FUNCTION %%I.%%I()',
                                                          p.pronamespace::pg_catalog.regnamespace, p.proname)) NOT LIKE '42501 %%'$$),
    'no trigger function can be put on a table of one''s own');
SELECT tests.log_out();

SELECT * FROM finish();
ROLLBACK;
