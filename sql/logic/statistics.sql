-- Statistics: sellers see theirs by functions, and nobody but the service sees the tables.

COMMENT ON TABLE @extschema@.listing_views IS
    'Who looked at which listing today, as hashes with a key of the day. Unlogged: empty after a crash.';
COMMENT ON COLUMN @extschema@.listing_views.viewer IS 'Keyed hash of user, session, or address and browser, different each day.';
COMMENT ON COLUMN @extschema@.listing_views.views IS 'Views that are at least 30 minutes apart.';
COMMENT ON COLUMN @extschema@.listing_views.counted IS 'How many of the views count_views() has counted.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.listing_views;
CREATE POLICY "Service role only" ON @extschema@.listing_views
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.listing_stats_daily IS 'Views of a listing by day (UTC), kept for 400 days.';
COMMENT ON COLUMN @extschema@.listing_stats_daily.unique_views IS 'Number of viewers of that day.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.listing_stats_daily;
CREATE POLICY "Service role only" ON @extschema@.listing_stats_daily
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.seller_stats_daily IS
    'Sales of a seller by day (UTC) and currency, kept for 400 days. Orders count on the day on which they were paid; completed_ is '
    'of completed orders, on the day on which they were delivered.';
COMMENT ON COLUMN @extschema@.seller_stats_daily.revenue IS 'What the buyers paid, with store credit, shipping, taxes, and fees, in major units.';
COMMENT ON COLUMN @extschema@.seller_stats_daily.fees IS 'Fees of the platform less those refunded, in major units.';
COMMENT ON COLUMN @extschema@.seller_stats_daily.refunds IS 'What of the revenue was refunded since, in major units.';
COMMENT ON COLUMN @extschema@.seller_stats_daily.completed_revenue IS 'What the buyers of completed orders paid, less refunds, in major units.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.seller_stats_daily;
CREATE POLICY "Service role only" ON @extschema@.seller_stats_daily
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.statistics_due IS 'Users whose statistics or achievements are to be counted again, by jobs.';
COMMENT ON COLUMN @extschema@.statistics_due.task IS 'What is to be counted: statistics or achievements.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.statistics_due;
CREATE POLICY "Service role only" ON @extschema@.statistics_due
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.statistics_progress IS 'Up to which time a job of statistics has looked for events.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.statistics_progress;
CREATE POLICY "Service role only" ON @extschema@.statistics_progress
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

COMMENT ON TABLE @extschema@.achievement_rules IS 'Thresholds of achievements that were changed; set_achievement_rule() writes them.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.achievement_rules;
CREATE POLICY "Service role only" ON @extschema@.achievement_rules
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
