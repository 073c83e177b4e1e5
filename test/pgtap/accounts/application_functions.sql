-- Onboarding and statistics as older applications call them: right numbers, and nobody learns what another has earned.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('stats.example') \gset

-- onboarding
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT update_onboarding_step('welcome'), update_onboarding_step('avatar_selected'), update_onboarding_step('welcome') \g /dev/null
SELECT results_eq('SELECT onboarding_step, onboarding_completed, setup_completed FROM my_profile()', 'VALUES (2, false, false)', 'two steps are done');
SELECT results_eq('SELECT step_name, completed, completed_at IS NOT NULL FROM profile_setup_progress ORDER BY 1', $$VALUES ('avatar_selected', true, true), ('welcome', true, true)$$, 'and written down');
SELECT update_onboarding_step('profile_info_completed') \g /dev/null
SELECT is((SELECT setup_completed FROM my_profile()), true, 'the required ones complete the setup');
SELECT throws_ok('SELECT update_onboarding_step(NULL)', '23502', NULL, 'a step has a name');
SELECT throws_ok('SELECT update_onboarding_step(repeat(''x'', 101))', '54000', NULL, 'not too long a one');
SELECT complete_user_onboarding(:'buyer') \g /dev/null
SELECT results_eq('SELECT onboarding_step, onboarding_completed, needs_username_setup FROM my_profile()', 'VALUES (NULL::integer, true, false)', 'it is completed');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('anon seller moderator admin', format('SELECT complete_user_onboarding(%L)', :'buyer')), '42501 for anon seller moderator admin', 'nobody completes another''s');
SELECT is(tests.asked('service', format('SELECT complete_user_onboarding(%L)', :'seller')), '', 'but the service');
SELECT is(tests.asked('service', 'SELECT complete_user_onboarding(''00000000-0000-4000-8000-00000000dead'')'), 'P0002 user "00000000-0000-4000-8000-00000000dead" does not exist', 'of somebody who is there');
SELECT is(tests.answers('anon service', 'SELECT update_onboarding_step(''x'')'), '42501 for anon service', 'a step is somebody''s');

-- sales: two orders of the seller, one of them old, and one of the other that was refunded
SELECT tests.a_paid_sale('pi_1', :'buyer', :'seller', 10, 2, fee => 1) AS one, tests.a_paid_sale('pi_2', :'buyer', :'seller', 30, fee => 1) AS two, tests.a_paid_sale('pi_3', :'buyer', :'other', 5, fee => 1) AS three \gset
SELECT tests.has_arrived(:'one'), tests.has_arrived(:'two', 20), tests.has_arrived(:'three') \g /dev/null
UPDATE orders SET status = 'completed' WHERE id IN (:'one', :'two', :'three');
UPDATE orders SET paid_at = now() - interval '60 days' WHERE id = :'two';
UPDATE orders SET status = 'refunded' WHERE id = :'three';
INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, type, rating) VALUES (:'one', :'buyer', :'seller', 'seller', 4), (:'two', :'buyer', :'seller', 'seller', 5);
UPDATE profiles SET account_type = 'brand', brand_name = 'Lux', is_seller = true WHERE id = :'seller';

SELECT results_eq(format('SELECT * FROM get_user_stats(%L)', :'seller'), 'VALUES (2, 2, 4.50, 2)', 'sales, listings, rating');
SELECT is(tests.asked('anon', format('SELECT total_sales FROM get_user_stats(%L)', :'other')), '0', 'a refunded sale is none');
SELECT is(tests.asked('anon', 'SELECT count(*) FROM get_user_stats(gen_random_uuid())'), '0', 'nobody has no numbers');

SELECT is(tests.asked('seller', format('SELECT row(s.*) FROM get_brand_sales_stats(%L, now() - interval ''30 days'') s', :'seller')), '(1,12.00,12.00,1)', 'what the seller sold lately');
SELECT is(tests.asked('seller', format('SELECT row(s.*) FROM get_brand_sales_stats(%L, NULL) s', :'seller')), '(2,42.00,21.00,2)', 'and ever');
SELECT is(tests.answers('anon buyer other suspended', format('SELECT * FROM get_brand_sales_stats(%L, NULL)', :'seller')), '42501 for anon buyer other suspended', 'nobody learns what another has earned');
SELECT is(tests.answers('other suspended', format('SELECT * FROM get_brand_sales_stats(%L, NULL)', :'buyer')), '42501 for other suspended', 'nor of one who has sold nothing');
SELECT is(tests.answers('moderator admin service', format('SELECT * FROM get_brand_sales_stats(%L, NULL)', :'seller')), '1 rows for moderator admin service', 'but the staff');

SELECT recount_statistics(), refresh_user_statistics() \g /dev/null
SELECT is(tests.asked('other', 'SELECT jsonb_agg(to_jsonb(s) - ''{id,avatar_url,full_name,account_type,is_verified,username}''::text[]) FROM get_top_sellers(''week'') s')::jsonb,
    '[{"total_sales": 1, "total_revenue": null, "items_sold": null, "average_rating": 4.50, "rating_count": 2}]'::jsonb, 'of the last week one sale, and no revenue');
SELECT is(tests.asked('buyer', 'SELECT row(total_sales, total_revenue, items_sold) FROM get_top_sellers(''month'', 5)'), '(2,,)', 'of the last month two');
SELECT is(tests.asked('seller', 'SELECT row(total_sales, total_revenue, items_sold) FROM get_top_sellers(''month'', 5)'), '(2,42.00,2)', 'the seller sees the own revenue');
SELECT is(tests.asked('admin', 'SELECT row(total_sales, total_revenue, items_sold) FROM get_top_sellers(''all'', 5)'), '(2,42.00,2)', 'and the staff all');
SELECT is(tests.answers('anon', 'SELECT * FROM get_top_sellers(''all'')'), '42501 for anon', 'one signs in for that');
SELECT is(tests.asked('buyer', 'SELECT count(*) FROM get_top_sellers(''all'', 0)'), '0', 'at most that many');
SELECT is(tests.asked('buyer', 'SELECT count(*) FROM get_top_sellers(''day'')'), '22023 unrecognized time period: "day"', 'of a period that there is');

INSERT INTO categories (id, name, slug) VALUES ('00000000-0000-4000-8000-0000000000a1', 'Seats', 'seats');
INSERT INTO categories (id, name, slug, parent_id) VALUES ('00000000-0000-4000-8000-0000000000a2', 'Chairs', 'chairs', '00000000-0000-4000-8000-0000000000a1');
UPDATE listings SET category_id = '00000000-0000-4000-8000-0000000000a2' WHERE id IN (SELECT listing_id FROM order_items WHERE order_id = :'one');
SELECT is(tests.asked('buyer', 'SELECT row(id, category_sales, category_rating, category_reviews) FROM get_top_category_sellers(''00000000-0000-4000-8000-0000000000a1'')'), format('(%s,1,4.00,1)', :'seller'), 'the best of a category and below');
SELECT is(tests.asked('buyer', format('SELECT count(*) FROM get_top_category_sellers((SELECT id FROM categories WHERE slug = ''other''))')), '0', 'of another there is none');
SELECT is(tests.asked('anon', 'SELECT row(id, brand_name, total_sales, followers_count, listings_count) FROM get_top_brands(5)'), format('(%s,Lux,2,0,2)', :'seller'), 'the best brands');
SELECT is(tests.asked('anon', 'SELECT row(s.*) FROM get_seller_stats() s'), '(1,1,0,2,4.50)', 'and all sellers in numbers');
UPDATE profiles SET suspended_at = now() WHERE id = :'seller';
SELECT is(tests.asked('buyer', 'SELECT count(*) FROM get_top_sellers(''all'', 5)'), '0', 'who is suspended is no top seller');
UPDATE profiles SET suspended_at = NULL WHERE id = :'seller';

-- payouts
INSERT INTO seller_payouts (seller_id, amount, status) VALUES (:'seller', 5, 'pending'), (:'seller', 7, 'paid'), (:'other', 8, 'paid'), (:'other', 1, 'failed'), (:'other', 2, 'cancelled');
INSERT INTO seller_payouts (seller_id, amount, status, created_at) VALUES (:'seller', 100, 'processing', now() - interval '1 year');
SELECT is(tests.asked('admin', 'SELECT row(s.*) FROM get_payout_statistics(now() - interval ''1 day'', now() + interval ''1 day'') s'), '(5,23.00,1,5.00,0,0,2,15.00,1,1.00)', 'payouts of a time');
SELECT is(tests.asked('service', 'SELECT total_amount FROM get_payout_statistics()'), '123.00', 'and of all');
SELECT is(tests.answers('anon buyer seller moderator suspended', 'SELECT * FROM get_payout_statistics()'), '42501 for anon buyer seller moderator suspended', 'for admins only');

-- Of a subcategory too
UPDATE listings SET category_id = NULL, subcategory_id = '00000000-0000-4000-8000-0000000000a2' WHERE id IN (SELECT listing_id FROM order_items WHERE order_id = :'one');
SELECT is(tests.asked('buyer', format('SELECT count(*) FROM get_top_category_sellers(%L)', category)), '1', 'the best ' || what)
  FROM (VALUES ('00000000-0000-4000-8000-0000000000a1', 'of a category'), ('00000000-0000-4000-8000-0000000000a2', 'of a subcategory')) c (category, what);

-- Several currencies. By hand: 42 dollars of before, 20 euros of which 5 were given back, and 900 that were cancelled or refunded
SET LOCAL session_replication_role = replica;
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, refunded_amount, currency, status, paid_at, delivered_at) VALUES
    (:'buyer', :'seller', 20, 20, 5, 'EUR', 'completed', now(), now()), (:'buyer', :'seller', 300, 300, 0, 'EUR', 'cancelled', now(), now()),
    (:'buyer', :'seller', 300, 300, 300, 'EUR', 'refunded', now(), now()), (:'buyer', :'seller', 300, 300, 0, 'EUR', 'pending_payment', NULL, NULL);
INSERT INTO seller_payouts (seller_id, amount, currency, status) VALUES (:'other', 10, 'EUR', 'paid'), (:'other', 3, 'JPY', 'cancelled');
SET LOCAL session_replication_role = origin;
SELECT recount_statistics(), refresh_user_statistics() \g /dev/null
SELECT is(tests.asked('seller', format('SELECT row(s.*) FROM get_brand_sales_stats(%L) s', :'seller')), '(2,,,3)', 'without a rate there is no sum');
SELECT is(tests.asked('seller', 'SELECT row(total_sales, total_revenue, items_sold) FROM get_top_sellers(''month'', 5)'), '(3,,2)', 'in no list');
SELECT is(tests.asked('service', 'SELECT row(s.*) FROM get_payout_statistics() s'), '(8,,1,,1,,3,,1,)', 'nor of payouts');
-- 42 / 1.05 = 40
INSERT INTO exchange_rates (base, quote, rate, as_of, source) VALUES ('EUR', 'USD', 1.05, now(), 'x'), ('EUR', 'JPY', 150, now(), 'x');
SELECT is(tests.asked('seller', format('SELECT row(s.*) FROM get_brand_sales_stats(%L) s', :'seller')), '(2,55.00,18.33,3)', 'with one, in the base currency: 15 + 40');
SELECT is(tests.asked('seller', format('SELECT row(s.*) FROM get_brand_sales_stats(%L, now() - interval ''30 days'') s', :'seller')), '(1,26.43,13.22,2)', 'of a time: 15 + 12 / 1.05');
SELECT is(tests.asked('admin', 'SELECT row(total_sales, total_revenue, items_sold) FROM get_top_sellers(''month'', 5)'), '(3,55.00,2)', 'in the list too');
-- pending 5, processing 100, paid 15, failed 1, cancelled 2 dollars; paid 10 euros; cancelled 3 yen: 123 / 1.05 + 10 + 0.02
SELECT is(tests.asked('service', 'SELECT row(s.*) FROM get_payout_statistics() s'), '(8,127.16,1,4.76,1,95.24,3,24.29,1,0.95)', 'all payouts in the base currency');
SET LOCAL driplo.base_currency = 'USD';
DELETE FROM exchange_rates WHERE quote = 'JPY';
SELECT is(tests.asked('seller', format('SELECT total_revenue FROM get_brand_sales_stats(%L) s', :'seller')), '57.75', 'whichever that is: 42 + 15 * 1.05');
SELECT is(tests.asked('service', 'SELECT row(total_amount, completed_amount) FROM get_payout_statistics() s'), '(,25.50)', 'what has no rate is missing where it counts');
SET LOCAL driplo.base_currency = 'EUR';

-- Who asks is judged also where the plan has no row to compare
SET LOCAL session_replication_role = replica;
DELETE FROM orders;
UPDATE profiles SET deleted_at = now();
SET LOCAL session_replication_role = origin;
SET LOCAL enable_indexscan = off;
SET LOCAL enable_bitmapscan = off;
SET LOCAL plan_cache_mode = force_generic_plan;
SELECT is(tests.answers('buyer other', format('SELECT * FROM get_brand_sales_stats(%L)', :'seller')), '42501 for buyer other', 'without orders, sales are still the seller''s');
SELECT is(tests.answers('buyer other', format('SELECT complete_user_onboarding(%L)', :'seller')), '42501 for buyer other', 'without a profile to look at, nobody else''s onboarding is judged');

SELECT * FROM finish();
ROLLBACK;
