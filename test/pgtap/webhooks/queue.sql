-- What happens in the market is queued for the endpoints that want it: once, thin, whatever the sequence of events.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/cases.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('webhooks.example') \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
DELETE FROM outbox_events;

SELECT tests.log_in_as('admin') \g /dev/null
SELECT id AS every FROM create_webhook_endpoint('https://all.example.com/', '{*}', 'all') \gset
SELECT id AS paid FROM create_webhook_endpoint('https://paid.example.com/', '{order.paid,listing.sold,order.paid}', 'paid') \gset
SELECT id AS off FROM create_webhook_endpoint('https://off.example.com/', '{*}', 'off') \gset
SELECT set_webhook_endpoint(:'off', is_active => false) \g /dev/null
SELECT tests.log_out() \g /dev/null

CREATE FUNCTION tests.delivered() RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    n integer;
BEGIN
    PERFORM tests.log_in_as_service();
    n := deliver_events();
    PERFORM tests.log_out();
    RETURN n;
END $$;
-- What is queued for an endpoint, and is not any more.
CREATE FUNCTION tests.queued(endpoint uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    types text;
BEGIN
    PERFORM tests.delivered();
    WITH gone AS (DELETE FROM webhook_deliveries d WHERE d.endpoint_id = endpoint RETURNING d.event_type)
    SELECT string_agg(g.event_type, ' ' ORDER BY g.event_type) INTO types FROM gone g;
    RETURN coalesce(types, 'nothing');
END $$;

-- A sale, from the listing to the end
SELECT tests.log_in(:'seller') \g /dev/null
INSERT INTO listings (seller_id, title, description, category_id, condition, price, quantity, status, location)
SELECT :'seller', 'Secret lamp', 'Bright and secret', id, 'good', 20, 3, 'active', '{}' FROM categories LIMIT 1 RETURNING id AS lamp \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.delivered(), 1, 'a listing is published');
SELECT results_eq('SELECT e.description, d.status, d.event_type FROM webhook_deliveries d JOIN webhook_endpoints e ON e.id = d.endpoint_id ORDER BY 1',
    $$VALUES ('all', 'pending', 'listing.published'), ('off', 'pending', 'listing.published')$$, 'for those who want to know');
SELECT is((SELECT count(DISTINCT event_id) FROM webhook_deliveries), 1::bigint, 'under one name');
SELECT ok((SELECT event_id ~ '^msg_[0-9a-f]{32}$' FROM webhook_deliveries LIMIT 1), 'which says nothing');
SELECT is((SELECT body::jsonb - 'timestamp' #- '{data,created_at}' #- '{data,published_at}' FROM webhook_deliveries LIMIT 1),
    jsonb_build_object('type', 'listing.published', 'data', jsonb_build_object('id', :'lamp', 'seller_id', :'seller', 'status', 'active', 'price', 20.00, 'currency', 'USD', 'quantity', 3)), 'with its state');
SELECT is((SELECT body::jsonb ->> 'timestamp' FROM webhook_deliveries LIMIT 1), to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'and its time');
SELECT tests.log_in_as_service() \g /dev/null
SELECT results_eq('SELECT url FROM claim_webhooks()', $$VALUES ('https://all.example.com/')$$, 'a disabled endpoint gets nothing');
SELECT tests.log_out() \g /dev/null
SELECT tests.queued(:'every'), tests.queued(:'off') \g /dev/null

SELECT tests.log_in(:'buyer') \g /dev/null
SELECT add_to_cart(:'lamp', 2) \g /dev/null
SELECT (checkout(:'home')).order_id AS bought \gset
SELECT tests.log_out() \g /dev/null
SELECT is(tests.queued(:'every'), 'order.created', 'an order');
SELECT is(tests.queued(:'paid'), 'nothing', 'which not all want to know');
SELECT tests.log_in_as_service() \g /dev/null
SELECT transition_order(:'bought', 'payment_processing'), transition_order(:'bought', 'paid') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.delivered(), 1, 'a payment is one event');
SELECT is((SELECT string_agg(event_type, ' ' ORDER BY event_type) FROM webhook_deliveries WHERE endpoint_id = :'paid'), 'listing.sold order.paid', 'that tells two things');
SELECT is((SELECT body::jsonb -> 'data' FROM webhook_deliveries WHERE endpoint_id = :'paid' AND event_type = 'listing.sold'),
    jsonb_build_object('id', :'lamp', 'order_id', :'bought', 'seller_id', :'seller', 'quantity', 2, 'amount', 40.00, 'currency', 'USD'), 'of the listing');
SELECT is((SELECT (body::jsonb -> 'data') - '{paid_at,created_at,number}'::text[] FROM webhook_deliveries WHERE endpoint_id = :'paid' AND event_type = 'order.paid'),
    jsonb_build_object('id', :'bought', 'status', 'paid', 'total', o.total_amount, 'refunded', 0.00, 'currency', 'USD', 'buyer_id', :'buyer', 'seller_id', :'seller', 'shipped_at', NULL, 'delivered_at', NULL, 'cancelled_at', NULL, 'parcels', '[]'::jsonb), 'and of the order')
  FROM orders o WHERE o.id = :'bought';
SELECT is((SELECT body::jsonb #>> '{data,number}' FROM webhook_deliveries WHERE endpoint_id = :'paid' AND event_type = 'order.paid'), (SELECT order_number::text FROM orders WHERE id = :'bought'), 'with its number');
SELECT ok((SELECT (body::jsonb #>> '{data,paid_at}')::timestamptz = date_trunc('milliseconds', (SELECT paid_at FROM orders WHERE id = :'bought')) FROM webhook_deliveries WHERE endpoint_id = :'paid' AND event_type = 'order.paid'), 'and times that are one whatever the zone');
SELECT tests.queued(:'every'), tests.queued(:'paid'), tests.queued(:'off') \g /dev/null
SELECT tests.log_in(:'seller') \g /dev/null
SELECT transition_order(:'bought', 'preparing'), transition_order(:'bought', 'shipped') \g /dev/null
SELECT tests.log_in_as_service() \g /dev/null
SELECT transition_order(:'bought', 'in_transit'), transition_order(:'bought', 'delivered') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(tests.queued(:'every'), 'order.delivered order.shipped', 'a parcel that leaves and arrives');
SELECT is((SELECT string_agg(DISTINCT body::jsonb #>> '{data,status}', ' ') FROM webhook_deliveries WHERE event_type LIKE 'order.%' AND event_type <> 'order.paid' AND event_type <> 'order.created'), 'delivered', 'of both is told what is true now');

UPDATE profiles SET username = 'canary.' || substr(md5(id::text), 1, 8), full_name = 'Canary ' || substr(md5(id::text), 1, 8);
-- Each type that is promised is told, and no other kind of event
DELETE FROM webhook_deliveries;
SELECT tests.a_deal(:'buyer', :'seller') AS deal \gset
SELECT tests.line_of(:'deal') AS line \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT open_return(:'line', 'defective', 'A secret reason') AS back \gset
SELECT tests.log_out() \g /dev/null
SELECT tests.a_deal(:'buyer', :'seller') AS other_deal \gset
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT open_dispute(:'other_deal', 'item_not_as_described', 'Secret title', 'A secret story') AS quarrel \gset
SELECT tests.log_out() \g /dev/null
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT report('listing', :'lamp', 'illegal', 'A secret complaint') AS told \gset
SELECT tests.log_out() \g /dev/null
SELECT decide_report(:'told', 'warn', 'A secret reason') AS answer \gset
INSERT INTO seller_payouts (seller_id, amount, currency, status) VALUES (:'seller', 10, 'USD', 'pending') RETURNING id AS payout \gset
INSERT INTO offers (listing_id, buyer_id, seller_id, amount, currency, made_by, round, message, expires_at)
VALUES (:'lamp', :'buyer', :'seller', 5, 'USD', 'buyer', 1, 'A secret message', now() + interval '1 day') RETURNING id AS offer \gset
INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (:'deal', 1, 'A secret reason', :'buyer') RETURNING id AS refund \gset
DELETE FROM outbox_events;
SELECT private.record_event(t.event_type, CASE split_part(t.event_type, '.', 1) WHEN 'order' THEN :'bought'::uuid WHEN 'return' THEN :'back' WHEN 'refund' THEN :'refund' WHEN 'dispute' THEN :'quarrel' WHEN 'payout' THEN :'payout' WHEN 'offer' THEN :'offer' WHEN 'listing' THEN :'lamp' WHEN 'report' THEN CASE t.event_type WHEN 'report.opened' THEN :'told'::uuid ELSE :'answer' END ELSE :'buyer' END, NULL)
  FROM webhook_event_types() t WHERE t.event_type <> 'listing.sold' \g /dev/null
SELECT private.record_event(kind, :'buyer', :'other') FROM unnest('{message.sent,rating.added,follow.added,favorite.added,takings.released,listing.price_lowered,brand.approved,order.eaten,a,order.}'::text[]) kind \g /dev/null
SELECT private.record_event('order.paid', NULL, NULL), private.record_event('order.paid', gen_random_uuid(), NULL), private.record_event('listing.sold', :'lamp', NULL) \g /dev/null
SELECT is(tests.delivered(), (SELECT count(*)::integer - 1 + 13 FROM webhook_event_types()), 'all events are handled');
SELECT results_eq('SELECT event_type COLLATE "C" FROM webhook_deliveries WHERE endpoint_id = ' || quote_literal(:'every') || ' ORDER BY 1', 'SELECT event_type COLLATE "C" FROM webhook_event_types() UNION ALL SELECT ''listing.sold'' WHERE false ORDER BY 1',
    'each type is told once, and what is private or unknown is not');
SELECT is((SELECT count(*) FROM outbox_dead), 0::bigint, 'none has failed');
-- what was offered, returned, disputed and paid out
SELECT is((SELECT (body::jsonb -> 'data') - '{created_at,expires_at}'::text[] FROM webhook_deliveries WHERE endpoint_id = :'every' AND event_type = 'offer.pending'),
    jsonb_build_object('id', :'offer', 'listing_id', :'lamp', 'variant_id', NULL, 'buyer_id', :'buyer', 'seller_id', :'seller', 'status', 'pending', 'made_by', 'buyer', 'parent_id', NULL, 'quantity', 1,
        'amount', 5.00, 'currency', 'USD', 'checkout_until', NULL), 'an offer');
SELECT is((SELECT (body::jsonb -> 'data') - '{requested_at}'::text[] FROM webhook_deliveries WHERE endpoint_id = :'every' AND event_type = 'refund.approved'),
    jsonb_build_object('id', :'refund', 'order_id', :'deal', 'order_item_id', NULL, 'quantity', NULL, 'status', 'pending', 'amount', 1.00, 'credit_amount', 0.00, 'currency', 'USD', 'processed_at', NULL), 'a refund');
SELECT is((SELECT (body::jsonb -> 'data') - '{created_at}'::text[] FROM webhook_deliveries WHERE endpoint_id = :'every' AND event_type = 'return.requested'),
    jsonb_build_object('id', r.id, 'number', r.return_number, 'order_id', r.order_id, 'order_item_id', :'line', 'quantity', 1, 'status', 'requested', 'amount', r.refund_amount, 'currency', 'USD', 'approved_at', NULL, 'completed_at', NULL), 'a return')
  FROM returns r WHERE r.id = :'back';
SELECT is((SELECT (body::jsonb -> 'data') - '{created_at}'::text[] FROM webhook_deliveries WHERE endpoint_id = :'every' AND event_type = 'dispute.open'),
    jsonb_build_object('id', d.id, 'number', d.dispute_number, 'order_id', d.order_id, 'type', 'item_not_as_described', 'status', d.status::text, 'resolution', NULL, 'resolved_at', NULL), 'a dispute')
  FROM disputes d WHERE d.id = :'quarrel';
SELECT is((SELECT (body::jsonb -> 'data') - '{initiated_at}'::text[] FROM webhook_deliveries WHERE endpoint_id = :'every' AND event_type = 'payout.paid'),
    jsonb_build_object('id', :'payout', 'seller_id', :'seller', 'amount', 10.00, 'currency', 'USD', 'status', 'pending', 'completed_at', NULL, 'failed_at', NULL), 'a payout');
SELECT is((SELECT (body::jsonb -> 'data') - '{created_at}'::text[] FROM webhook_deliveries WHERE endpoint_id = :'every' AND event_type = 'user.suspended'), jsonb_build_object('id', :'buyer'), 'of a user the ID alone');
SELECT is((SELECT (body::jsonb -> 'data') - '{created_at,decided_at}'::text[] FROM webhook_deliveries WHERE endpoint_id = :'every' AND event_type = 'report.decided'),
    jsonb_build_object('id', :'told', 'number', r.report_number, 'type', 'listing'::text, 'category', 'illegal', 'status', 'decided', 'decision', 'warn'), 'a report')
  FROM reports r WHERE r.id = :'told';
-- nothing that people wrote, and nothing that leads to them
SELECT is_empty($$SELECT body FROM webhook_deliveries WHERE body ~* '(secret|@|example|main street|springfield|lamp"|bright)'$$, 'no body has a text of people');
SELECT is_empty($$SELECT d.body FROM webhook_deliveries d, profiles p WHERE strpos(d.body, p.username) > 0 OR strpos(d.body, p.full_name) > 0 OR strpos(d.body, p.email) > 0$$, 'a name, or an e-mail address');
SELECT is((SELECT string_agg(DISTINCT key, ' ' ORDER BY key) FROM webhook_deliveries d, jsonb_object_keys(d.body::jsonb -> 'data') key),
    'amount approved_at buyer_id cancelled_at category checkout_until completed_at created_at credit_amount currency decided_at decision delivered_at expires_at failed_at id initiated_at listing_id made_by number order_id order_item_id paid_at parcels parent_id price processed_at published_at quantity refunded requested_at resolution resolved_at seller_id shipped_at status total type variant_id',
    'no field has come unnoticed');
SELECT ok((SELECT max(octet_length(body)) < 1000 FROM webhook_deliveries), 'a body is short');

-- Exactly once, whatever the sequence
DELETE FROM webhook_deliveries;
SELECT array_agg(private.record_event('order.paid', o.id, NULL)) AS ids FROM orders o \gset
SELECT private.queue_webhooks(:'ids') AS first_time \gset
SELECT is(private.queue_webhooks(:'ids'), 0, 'an event that is handled again queues nothing');
SELECT is((SELECT count(*)::integer FROM webhook_deliveries), :first_time, 'each is there once');
SELECT string_agg(md5(d.endpoint_id || d.event_id || d.body), ',' ORDER BY d.endpoint_id, d.event_id) AS together FROM webhook_deliveries d \gset
DELETE FROM webhook_deliveries;
SELECT private.queue_webhooks(ARRAY[id]) FROM unnest(:'ids'::bigint[]) WITH ORDINALITY AS each (id, place) ORDER BY place DESC \g /dev/null
SELECT is((SELECT string_agg(md5(d.endpoint_id || d.event_id || d.body), ',' ORDER BY d.endpoint_id, d.event_id) FROM webhook_deliveries d), :'together', 'one by one and backwards the same are queued, under the same names');
UPDATE outbox_events SET created_at = created_at + interval '1 second';
SELECT is(private.queue_webhooks(:'ids'), :first_time, 'another event that has the number of an old one, after a restore, has another name');
SELECT is(private.queue_webhooks('{}'), 0, 'no events are none');
DELETE FROM outbox_events;
DELETE FROM webhook_deliveries;

-- A listing that is twice in an order, by its variants
SELECT tests.a_variant(:'lamp', 5, 'red') AS red \gset
SELECT tests.a_variant(:'lamp', 5, 'blue') AS blue \gset
SELECT tests.an_order(:'buyer', :'seller', 30) AS double \gset
SELECT tests.an_item(:'double', :'lamp', 1, :'red'), tests.an_item(:'double', :'lamp', 2, :'blue') \g /dev/null
DELETE FROM outbox_events;
SELECT private.record_event('order.paid', :'double', NULL) \g /dev/null
SELECT is(tests.delivered(), 1, 'an order of two variants');
SELECT results_eq('SELECT body::jsonb #>> ''{data,quantity}'' FROM webhook_deliveries WHERE event_type = ''listing.sold'' AND endpoint_id = ' || quote_literal(:'paid'), $$VALUES ('3')$$, 'is one sale of the listing');

-- A listing that has gone with its seller's account
DELETE FROM webhook_deliveries;
SELECT tests.a_deal(:'buyer', :'seller', 'paid') AS deal \gset
SET LOCAL session_replication_role = replica;
UPDATE order_items SET listing_id = NULL WHERE order_id = :'deal';
RESET session_replication_role;
DELETE FROM outbox_events;
SELECT private.record_event('order.paid', :'deal', NULL) \g /dev/null
SELECT is(tests.queued(:'paid'), 'order.paid', 'is told of with the order alone');
-- and one that is on sale again before its removal is told of
DELETE FROM webhook_deliveries;
SELECT private.record_event('listing.removed', :'lamp', NULL, '{"status": "removed"}') \g /dev/null
SELECT is(tests.delivered(), 1, 'a removal');
SELECT is((SELECT body::jsonb #>> '{data,status}' FROM webhook_deliveries WHERE endpoint_id = :'every' AND event_type = 'listing.removed'), (SELECT status::text FROM listings WHERE id = :'lamp'), 'is told with the status of now');

-- Who comes late, and who is off
DELETE FROM webhook_deliveries;
SELECT private.record_event('user.created', :'other', NULL) \g /dev/null
UPDATE webhook_endpoints SET created_at = now() + interval '1 second' WHERE id = :'every';
SELECT is(tests.delivered(), 1, 'an event that is older than an endpoint');
SELECT results_eq('SELECT endpoint_id FROM webhook_deliveries', format('VALUES (%L::uuid)', :'off'), 'is not told to it');
SELECT is(tests.asked('admin', format('set_webhook_endpoint(%L, is_active => true)', :'off')), 'true', 'an endpoint that is enabled again');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is_empty('SELECT * FROM claim_webhooks()', 'does not get what came up meanwhile');
SELECT is(replay_webhooks(:'off', now() - interval '1 minute'), 1, 'unless somebody wants it');
SELECT results_eq('SELECT url FROM claim_webhooks()', $$VALUES ('https://off.example.com/')$$, 'then it does');
SELECT tests.log_out() \g /dev/null

-- What is gone is told of where its going is the news
DELETE FROM webhook_deliveries;
UPDATE webhook_endpoints SET created_at = now();
SELECT private.record_event('user.deleted', gen_random_uuid(), NULL), private.record_event('listing.removed', gen_random_uuid(), NULL, '{"status": "deleted"}'), private.record_event('listing.published', gen_random_uuid(), NULL),
       private.record_event('user.created', gen_random_uuid(), NULL), private.record_event('payout.paid', gen_random_uuid(), NULL), private.record_event('return.closed', gen_random_uuid(), NULL), private.record_event('dispute.closed', gen_random_uuid(), NULL) \g /dev/null
SELECT is(tests.queued(:'every'), 'listing.removed user.deleted', 'an account and a listing that are gone, and nothing else that is');
SELECT is((SELECT body::jsonb #>> '{data,status}' FROM webhook_deliveries WHERE event_type = 'listing.removed'), 'deleted', 'with what is known of them');
DELETE FROM webhook_deliveries;
SELECT tests.delete_account(:'seller') \g /dev/null
SELECT matches(tests.queued(:'every'), 'user\.deleted', 'an account that is deleted');

-- Nobody is told where nobody asked
DELETE FROM webhook_endpoints;
SELECT private.record_event('user.created', :'other', NULL) AS one \gset
SELECT is(private.queue_webhooks(ARRAY[:one]::bigint[]), 0, 'without endpoints nothing is queued');
SELECT is((SELECT count(*) FROM webhook_deliveries), 0::bigint, 'at all');

SELECT * FROM finish();
ROLLBACK;
