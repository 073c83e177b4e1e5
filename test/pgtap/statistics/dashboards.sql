-- The numbers of sellers and of the platform are what a plain look at the orders gives, in each currency and in one.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/money.sql
SELECT no_plan();

SELECT * FROM tests.people('dashboards.example') \gset
SELECT (timezone('UTC', now()))::date AS today \gset
SELECT setseed(0.42) \g /dev/null
CREATE TEMP TABLE seller AS SELECT n, tests.sign_up(format('seller%s@dashboards.example', n)) AS id FROM generate_series(1, 12) n;
GRANT SELECT ON seller TO PUBLIC;
CREATE TEMP TABLE goods AS SELECT s.id AS seller_id, i, tests.a_listing(s.id) AS id FROM seller s, generate_series(1, 3) i WHERE s.n <= 4;
INSERT INTO exchange_rates (base, quote, rate, as_of, source) VALUES ('USD', 'EUR', 0.9, :'today', 'test'), ('USD', 'JPY', 155.5, :'today', 'test');

-- 900 orders at random: half of them with a part refunded, some not paid, in three currencies. Past the triggers, because the time goes by.
SET session_replication_role = replica;
INSERT INTO orders (order_number, buyer_id, seller_id, status, subtotal, shipping_cost, total_amount, currency, store_credit_amount, platform_fee_amount, refunded_amount,
                    refunded_fee_amount, created_at, paid_at, delivered_at)
SELECT 'R' || k, CASE WHEN k % 3 = 0 THEN :'buyer'::uuid WHEN k % 3 = 1 THEN :'other' END, s.id,
       (CASE WHEN r.paid THEN (ARRAY['paid', 'shipped', 'delivered', 'completed', 'refunded', 'cancelled'])[1 + floor(random() * 6)::integer] ELSE 'pending_payment' END)::order_status,
       r.subtotal, 3, r.subtotal + 3 - r.credit, (ARRAY['USD', 'EUR', 'JPY'])[1 + floor(random() * 3)::integer], r.credit, round(r.subtotal / 20, 2),
       CASE WHEN k % 2 = 0 THEN round(r.subtotal / 3, 2) ELSE 0 END, CASE WHEN k % 2 = 0 THEN round(r.subtotal / 60, 2) ELSE 0 END,
       now() - interval '1 day' * r.age, CASE WHEN r.paid THEN now() - interval '1 day' * r.age END, CASE WHEN r.paid THEN now() - interval '1 day' * r.age / 2 END
  FROM generate_series(1, 900) k
 CROSS JOIN LATERAL (SELECT k AS same, floor(random() * 9000)::integer AS subtotal, floor(random() * 3)::integer AS credit, random() * 60 AS age, random() < 0.9 AS paid) r
  JOIN seller s ON s.n = 1 + k % 4;
INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price)
SELECT o.id, g.id, q.n, 1, q.n FROM orders o JOIN goods g ON g.seller_id = o.seller_id AND g.i <= 1 + length(o.order_number) % 3 CROSS JOIN LATERAL (SELECT 1 + (hashtext(o.order_number) & 3) AS n) q;
UPDATE listings SET published_at = now() - interval '40 days', created_at = now() - interval '40 days' WHERE id IN (SELECT id FROM goods);
UPDATE listings SET status = 'sold', sold_at = published_at + interval '1 day' * (SELECT 3 * i FROM goods g WHERE g.id = listings.id) WHERE id IN (SELECT id FROM goods WHERE i < 3);
INSERT INTO listing_stats_daily (listing_id, day, views, unique_views) SELECT g.id, :'today'::date - d, 10 + d + g.i, 5 + g.i FROM goods g, generate_series(0, 30) d WHERE (d + g.i) % 4 > 0;
INSERT INTO favorites (user_id, listing_id, created_at) SELECT s.id, g.id, now() - interval '1 day' * (g.i * 5 + s.n) FROM goods g, seller s WHERE s.id <> g.seller_id;
INSERT INTO conversations (buyer_id, seller_id, listing_id, created_at, last_message_at) SELECT s.id, g.seller_id, g.id, now() - interval '1 day' * (g.i + 2 * s.n), now() FROM goods g, seller s WHERE s.id <> g.seller_id;
INSERT INTO offers (listing_id, buyer_id, seller_id, amount, currency, status, made_by, round, expires_at, answered_at, created_at)
SELECT g.id, s.id, g.seller_id, 1, 'USD', 'declined', CASE WHEN s.n % 3 = 0 THEN 'seller' ELSE 'buyer' END, 1, now(), now(), now() - interval '1 day' * (g.i + 3 * s.n) FROM goods g, seller s WHERE s.id <> g.seller_id;
INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description) SELECT 'D' || order_number, id, buyer_id, seller_id, 'other', 'x', 'y' FROM orders WHERE order_number LIKE 'R%7';
INSERT INTO search_queries (day, query, n, n_empty, people) VALUES (:'today'::date - 1, 'lamp', 30, 3, 4), (:'today'::date - 20, 'chair', 10, 10, 1);
SET session_replication_role = origin;
ANALYZE orders; ANALYZE order_items; ANALYZE listings;
SELECT tests.log_in_as_service() \g /dev/null
SELECT recount_statistics(), refresh_user_statistics(100000) \g /dev/null
SELECT tests.log_out() \g /dev/null

CREATE TEMP TABLE span AS
SELECT k AS n, s.n AS seller, s.id AS seller_id, d.from_date, d.from_date + floor(random() * 30)::integer AS to_date, (ARRAY['USD', 'EUR', 'JPY', NULL])[1 + k % 4] AS currency
  FROM generate_series(1, 40) k CROSS JOIN LATERAL (SELECT k AS same, timezone('UTC', now())::date - floor(random() * 60)::integer AS from_date) d JOIN seller s ON s.n = 1 + k % 5;
CREATE FUNCTION tests.in_one(amounts jsonb, target text) RETURNS numeric LANGUAGE sql AS $$
    SELECT COALESCE(sum(CASE WHEN key = target THEN value::numeric ELSE convert(value::numeric, key, target) END), 0) FROM jsonb_each_text(amounts)
$$;
-- the slow way: everything that the seller sold, looked at order by order
CREATE FUNCTION tests.slow(s span, in_currency text) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
    sold record;
    n integer := 0;
    pieces bigint := 0;
    revenue jsonb := '{}';
    fees jsonb := '{}';
    refunds jsonb := '{}';
    net jsonb := '{}';
    worth numeric;
    fee numeric;
BEGIN
    FOR sold IN SELECT * FROM orders WHERE seller_id = s.seller_id LOOP
        IF (sold.paid_at AT TIME ZONE 'UTC')::date BETWEEN s.from_date AND s.to_date THEN
            n := n + 1;
            pieces := pieces + (SELECT COALESCE(sum(quantity), 0) FROM order_items WHERE order_id = sold.id);
            worth := sold.total_amount + sold.store_credit_amount;
            fee := sold.platform_fee_amount - sold.refunded_fee_amount;
            revenue := revenue || jsonb_build_object(sold.currency, COALESCE((revenue ->> sold.currency)::numeric, 0) + worth);
            fees := fees || jsonb_build_object(sold.currency, COALESCE((fees ->> sold.currency)::numeric, 0) + fee);
            refunds := refunds || jsonb_build_object(sold.currency, COALESCE((refunds ->> sold.currency)::numeric, 0) + sold.refunded_amount);
            net := net || jsonb_build_object(sold.currency, COALESCE((net ->> sold.currency)::numeric, 0) + worth - fee - sold.refunded_amount);
        END IF;
    END LOOP;
    RETURN jsonb_build_object('orders', n, 'items', pieces, 'revenue', tests.in_one(revenue, in_currency), 'fees', tests.in_one(fees, in_currency),
                              'refunds', tests.in_one(refunds, in_currency), 'net', tests.in_one(net, in_currency));
END $$;
CREATE TEMP TABLE board AS
SELECT s.n, seller_dashboard(s.from_date, s.to_date, s.currency, s.seller_id) AS body FROM span s ORDER BY s.n;
SELECT tests.log_out() \g /dev/null
SELECT is_empty($$
    SELECT s.n, b.body -> 'totals', tests.slow(s, b.body ->> 'currency') FROM span s JOIN board b USING (n)
     WHERE (b.body -> 'totals') - 'by_currency' IS DISTINCT FROM tests.slow(s, b.body ->> 'currency')$$, 'totals are the sums of the orders paid on these days, in one currency');
SELECT cmp_ok((SELECT sum((body #>> '{totals,orders}')::integer) FROM board), '>', 500::bigint, 'which are many');
SELECT is_empty($$SELECT * FROM span JOIN board USING (n) WHERE currency IS NOT NULL AND body ->> 'currency' <> currency$$, 'in that which was asked for');
SELECT is_empty($$
    SELECT s.n FROM span s JOIN board b USING (n)
     WHERE s.currency IS NULL AND b.body ->> 'currency' IS DISTINCT FROM COALESCE(
        (SELECT o.currency FROM orders o WHERE o.seller_id = s.seller_id AND (o.paid_at AT TIME ZONE 'UTC')::date BETWEEN s.from_date AND s.to_date
          GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1), 'USD')$$, 'or else in that of most orders');
SELECT is_empty($$SELECT n FROM span JOIN board USING (n) WHERE jsonb_array_length(body -> 'series') <> to_date - from_date + 1$$, 'each day is there');
SELECT is_empty($$
    SELECT b.n, what FROM board b, unnest('{orders,items}'::text[]) what
     WHERE (b.body -> 'totals' ->> what)::numeric <> (SELECT sum((d ->> what)::numeric) FROM jsonb_array_elements(b.body -> 'series') d)$$, 'the days add up to the totals');
SELECT is_empty($$
    SELECT s.n, d FROM span s JOIN board b USING (n), jsonb_array_elements(b.body -> 'series') d
     WHERE ((d ->> 'views')::bigint, (d ->> 'unique_views')::bigint, (d ->> 'favorites')::bigint, (d ->> 'conversations')::bigint, (d ->> 'offers')::bigint) IS DISTINCT FROM (
        (SELECT COALESCE(sum(v.views), 0)::bigint FROM listing_stats_daily v JOIN listings l ON l.id = v.listing_id WHERE l.seller_id = s.seller_id AND v.day = (d ->> 'day')::date),
        (SELECT COALESCE(sum(v.unique_views), 0)::bigint FROM listing_stats_daily v JOIN listings l ON l.id = v.listing_id WHERE l.seller_id = s.seller_id AND v.day = (d ->> 'day')::date),
        (SELECT count(*) FROM favorites f JOIN listings l ON l.id = f.listing_id WHERE l.seller_id = s.seller_id AND (f.created_at AT TIME ZONE 'UTC')::date = (d ->> 'day')::date),
        (SELECT count(*) FROM conversations c WHERE c.seller_id = s.seller_id AND (c.created_at AT TIME ZONE 'UTC')::date = (d ->> 'day')::date),
        (SELECT count(*) FROM offers o WHERE o.seller_id = s.seller_id AND o.made_by = 'buyer' AND (o.created_at AT TIME ZONE 'UTC')::date = (d ->> 'day')::date))$$, 'views, favorites, conversations and offers are those of the day');
SELECT is_empty($$
    SELECT s.n, l FROM span s JOIN board b USING (n), jsonb_array_elements(b.body -> 'best_listings') l
     WHERE (l ->> 'sold')::bigint IS DISTINCT FROM (SELECT COALESCE(sum(i.quantity), 0) FROM order_items i JOIN orders o ON o.id = i.order_id
                                                    WHERE i.listing_id = (l ->> 'listing_id')::uuid AND (o.paid_at AT TIME ZONE 'UTC')::date BETWEEN s.from_date AND s.to_date)$$, 'the best listings sold as much');
SELECT is((SELECT count(*) FROM board, jsonb_array_elements(body -> 'best_listings')) > 30, true, 'there are some');

-- Money in several currencies is never one sum, and never 1:1.
SELECT tests.log_in(id) FROM seller WHERE n = 1 \g /dev/null
SELECT is(seller_dashboard(:'today'::date - 60, :'today', 'CHF') #> '{totals,revenue}', 'null', 'without a rate there is no sum');
SELECT set_eq($$SELECT jsonb_object_keys(seller_dashboard(timezone('UTC', now())::date - 60, timezone('UTC', now())::date, 'CHF') #> '{totals,by_currency}')$$, '{EUR,JPY,USD}'::text[], 'but the sums of each currency');
SELECT is((SELECT count(*) FROM jsonb_array_elements(seller_dashboard(:'today'::date - 60, :'today', 'CHF') -> 'series') d WHERE d -> 'revenue' = 'null' AND (d ->> 'orders')::integer = 0), 0::bigint, 'a day without sales has zero');
SELECT is((SELECT (seller_dashboard(:'today'::date - 60, :'today', 'EUR') #>> '{totals,revenue}')::numeric), (SELECT sum(CASE currency WHEN 'EUR' THEN worth ELSE convert(worth, currency, 'EUR') END)
    FROM (SELECT currency::text, sum(total_amount + store_credit_amount) AS worth FROM orders WHERE seller_id = auth.uid() AND (paid_at AT TIME ZONE 'UTC')::date >= :'today'::date - 60 GROUP BY 1) x), 'with rates it is converted');
SELECT tests.log_out() \g /dev/null

-- Beside others of the size, if they are enough
SET session_replication_role = replica;
UPDATE profiles SET total_sales = 20 + (SELECT n FROM seller s WHERE s.id = profiles.id) WHERE id IN (SELECT id FROM seller WHERE n BETWEEN 1 AND 6);
UPDATE profiles SET total_sales = 200 WHERE id IN (SELECT id FROM seller WHERE n > 6);
UPDATE user_stats_summary u SET response_rate = 8 * s.n, ship_time_hours = s.n, response_time_hours = CASE WHEN s.n < 4 THEN s.n END FROM seller s WHERE s.id = u.user_id;
SET session_replication_role = origin;
SELECT tests.log_in(id) FROM seller WHERE n = 1 \g /dev/null
SELECT is(seller_dashboard(:'today', :'today') -> 'service', '{"response_rate": 8.00, "ship_time_hours": 1.00, "sellers_of_the_size": 5, "response_time_hours": 1.00, "median_response_rate": 32.00, "median_ship_time_hours": 4.00, "median_response_time_hours": null}',
    'the own numbers beside the medians of five others; of two there is none');
SELECT tests.log_in(id) FROM seller WHERE n = 12 \g /dev/null
SELECT is(seller_dashboard(:'today', :'today') #>> '{service,sellers_of_the_size}', '5', 'the size is what one has sold');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((seller_dashboard(:'today', :'today') -> 'service') - 'response_rate'::text, '{"ship_time_hours": null, "sellers_of_the_size": 0, "response_time_hours": null, "median_response_rate": null, "median_ship_time_hours": null, "median_response_time_hours": null}', 'who has sold nothing is compared with nobody');
SELECT is(seller_dashboard(:'today', :'today') -> 'totals', '{"fees": 0, "net": 0, "items": 0, "orders": 0, "refunds": 0, "revenue": 0, "by_currency": {}}', 'and has zeros');
SELECT tests.log_out() \g /dev/null

-- Whose
SELECT id AS one FROM seller WHERE n = 1 \gset
SELECT is(tests.answers('anon', format('SELECT seller_dashboard(%L, %L)', :'today', :'today')), '42501 for anon', 'a visitor has none');
SELECT is(tests.answers('buyer seller suspended', format('SELECT seller_dashboard(%L, %L, seller_id => %L)', :'today', :'today', :'one')), '42501 for buyer seller suspended', 'nobody sees another''s');
SELECT is(tests.asked('admin', format('seller_dashboard(%L, %L, seller_id => %L) ->> ''to''', :'today', :'today', :'one')), :'today', 'but the staff');
SELECT is(tests.asked('service', format('seller_dashboard(%L, %L)', :'today', :'today')), '42501 must be signed in', 'the service names the seller');
SELECT is(tests.asked('buyer', format('seller_dashboard(%s)', arguments)), error, arguments) FROM (VALUES
    ('NULL, ''2026-01-01''', '22004 from_date must not be NULL'), ('''2026-01-01'', NULL', '22004 to_date must not be NULL'), ('''2026-01-02'', ''2026-01-01''', '22023 days must be in order and at most 400'),
    ('''2025-01-01'', ''2026-02-05''', '22023 days must be in order and at most 400'), ('''-infinity'', ''2026-01-01''', '22023 days must be in order and at most 400'),
    ('''2026-01-01'', ''infinity''', '22023 days must be in order and at most 400'), ('''2026-01-01'', ''2026-01-01'', ''euro''', '22023 unrecognized currency: "euro"')) t (arguments, error);
SELECT is(tests.asked('buyer', 'jsonb_array_length(seller_dashboard(''2025-01-01'', ''2026-02-04'') -> ''series'')'), '400', '400 days can be seen');

-- The platform, against the same slow look
SELECT is(tests.answers('anon buyer seller moderator suspended', format('SELECT platform_stats(%L, %L)', :'today', :'today')), '42501 for anon buyer seller moderator suspended', 'the platform''s numbers are for admins');
SELECT is(tests.asked('admin', 'platform_stats(NULL, ''2026-01-01'')'), '22004 from_date must not be NULL', 'of some days');
CREATE TEMP TABLE platform AS SELECT n, platform_stats(from_date, to_date) AS body FROM span;
SELECT is_empty($$
    SELECT s.n, p.body, slow FROM span s JOIN platform p USING (n) CROSS JOIN LATERAL (
        SELECT jsonb_build_object('orders', count(*), 'buyers', count(DISTINCT o.buyer_id), 'sellers', count(DISTINCT o.seller_id),
                                  'items', COALESCE(sum((SELECT sum(quantity) FROM order_items i WHERE i.order_id = o.id)), 0),
                                  'disputed_orders', count(*) FILTER (WHERE EXISTS (SELECT FROM disputes d WHERE d.order_id = o.id)),
                                  'gmv', (SELECT tests.in_one(COALESCE(jsonb_object_agg(c.currency, c.worth), '{}'), 'USD') FROM (SELECT a.currency, sum(a.total_amount + a.store_credit_amount) AS worth FROM orders a
                                            WHERE (a.paid_at AT TIME ZONE 'UTC')::date BETWEEN s.from_date AND s.to_date GROUP BY 1) c),
                                  'take', (SELECT tests.in_one(COALESCE(jsonb_object_agg(c.currency, c.fee), '{}'), 'USD') FROM (SELECT a.currency, sum(a.platform_fee_amount - a.refunded_fee_amount) AS fee FROM orders a
                                            WHERE (a.paid_at AT TIME ZONE 'UTC')::date BETWEEN s.from_date AND s.to_date GROUP BY 1) c),
                                  'listings_published', (SELECT count(*) FROM listings l WHERE (l.published_at AT TIME ZONE 'UTC')::date BETWEEN s.from_date AND s.to_date),
                                  'searches', (SELECT COALESCE(sum(q.n), 0) FROM search_queries q WHERE q.day BETWEEN s.from_date AND s.to_date)) AS slow
          FROM orders o WHERE (o.paid_at AT TIME ZONE 'UTC')::date BETWEEN s.from_date AND s.to_date) x
     WHERE NOT p.body @> slow$$, 'each number is that of a plain look');
SELECT tests.log_in_as('admin') \g /dev/null
SELECT is((platform_stats(:'today'::date - 41, :'today'::date - 20) ->> 'median_days_to_sell')::numeric, 4.50, 'half were sold after three days, half after six');
SELECT is(platform_stats(:'today'::date - 20, :'today'::date - 1) ->> 'empty_searches', '32.50', '13 of 40 searches found nothing');
SELECT is(platform_stats(:'today'::date - 350, :'today'::date - 300) - '{from,to,currency,listings_active}'::text[], '{"gmv": 0, "take": 0, "items": 0, "buyers": 0, "orders": 0, "refunds": 0, "sellers": 0, "searches": 0, "new_users": 0,
    "sell_through": null, "empty_searches": null, "gmv_by_currency": {}, "take_by_currency": {}, "disputed_orders": 0, "refunds_by_currency": {}, "listings_published": 0, "median_days_to_sell": null, "disputes_per_1000_orders": null}', 'nothing of nothing');
SELECT tests.log_out() \g /dev/null
DELETE FROM exchange_rates;
SELECT is(tests.asked('admin', format('platform_stats(%L, %L) -> ''gmv''', :'today'::date - 60, :'today')), 'null', 'without rates there is no sum');
SELECT is(tests.asked('admin', format('platform_stats(%L, %L) -> ''gmv_by_currency'' ? ''JPY''', :'today'::date - 60, :'today')), 'true', 'but each currency''s');

-- What a deleted user did is counted, and what was refunded later changes the day of its order.
SELECT platform_stats(:'today'::date - 60, :'today') ->> 'orders' AS before \gset
SELECT tests.delete_account(:'buyer') \g /dev/null
SELECT is(platform_stats(:'today'::date - 60, :'today') ->> 'orders', :'before', 'the orders of a deleted buyer count');

SELECT * FROM finish();
ROLLBACK;
