-- example: track_listing_view as anon
SELECT track_listing_view(:'lamp', p_session_id => 'a7f3');
-- example: count_views as service
SELECT count_views();
-- example: get_listing_analytics as seller
SELECT get_listing_analytics(:'lamp') - 'by_day'::text AS numbers, (get_listing_analytics(:'lamp') #> '{by_day,-1}') - 'day'::text AS today;
-- example: recount_statistics as service
SELECT recount_statistics(:'seller');
-- example: refresh_user_statistics as service
SELECT refresh_user_statistics() > 0 AS counted;
-- example: touch_activity as buyer
SELECT touch_activity();
-- example: recount_achievements as service
SELECT recount_achievements(:'seller');
-- example: refresh_achievements as service
SELECT refresh_achievements() > 0 AS looked_at;
-- example: set_achievement_rule as admin
SELECT set_achievement_rule('top_rated', '{"average": 4.75}');
-- example: seller_dashboard as seller
SELECT seller_dashboard('2030-01-01', '2030-01-07') -> 'totals' AS totals;
-- example: platform_stats as admin
SELECT jsonb_pretty(platform_stats('2030-01-01', '2030-01-07') - 'listings_active'::text) AS numbers;
-- example: prune_statistics as service
SELECT prune_statistics();
