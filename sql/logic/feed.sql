-- Prices of listings before, saved searches: comments and policies.

-- listing_prices

COMMENT ON TABLE @extschema@.listing_prices IS
    'Earlier prices of listings that have been on sale, of the last 60 days; lowest_price_30d() reads them.';
COMMENT ON COLUMN @extschema@.listing_prices.valid_until IS 'When the price was changed to the next one.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.listing_prices;
CREATE POLICY "Service role only" ON @extschema@.listing_prices
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

-- saved_searches

COMMENT ON TABLE @extschema@.saved_searches IS
    'Searches that users are told of new matches of; save_search() and others write it, and my_saved_searches() shows a user''s own.';
COMMENT ON COLUMN @extschema@.saved_searches.notify IS 'instant, daily, or off.';
COMMENT ON COLUMN @extschema@.saved_searches.anchors IS
    'Lexemes and terms of listing_search of which a matching document has at least one: the rarest that the search requires.';
COMMENT ON COLUMN @extschema@.saved_searches.wanted IS 'Words and filters as a query on documents of listing_search.';
COMMENT ON COLUMN @extschema@.saved_searches.price_least IS 'In driplo.base_currency, as price_most is.';
COMMENT ON COLUMN @extschema@.saved_searches.price_least_own IS
    'In price_currency, as price_most_own is: for listings whose currency has no exchange rate.';
COMMENT ON COLUMN @extschema@.saved_searches.read_at IS
    'When query and filters were last read; refresh_saved_searches() does so daily.';
COMMENT ON COLUMN @extschema@.saved_searches.problem IS 'Why the search no longer matches anything, such as a deleted category.';
COMMENT ON COLUMN @extschema@.saved_searches.told_at IS 'When the user was last told of matches.';

CREATE OR REPLACE TRIGGER forget_matches
    AFTER DELETE ON @extschema@.saved_searches
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION private.forget_matches('search_id');

DROP POLICY IF EXISTS "Service role only" ON @extschema@.saved_searches;
CREATE POLICY "Service role only" ON @extschema@.saved_searches
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

-- saved_search_matches

COMMENT ON TABLE @extschema@.saved_search_matches IS
    'Listings that matched a saved search when they were published or became cheaper, each once; tell_saved_searches() tells of them.';
COMMENT ON COLUMN @extschema@.saved_search_matches.due_at IS 'From when on the user is to be told.';
COMMENT ON COLUMN @extschema@.saved_search_matches.told_at IS 'When it was told, or passed over; NULL while it waits.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.saved_search_matches;
CREATE POLICY "Service role only" ON @extschema@.saved_search_matches
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
