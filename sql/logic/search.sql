-- Search: comments and policies.

-- listing_search

COMMENT ON TABLE @extschema@.listing_search IS 'What search() looks through: a row for each active listing, maintained by triggers.';
COMMENT ON COLUMN @extschema@.listing_search.category_id IS 'Subcategory of the listing, or its category if it has none.';
COMMENT ON COLUMN @extschema@.listing_search.price_norm IS
    'Price in driplo.base_currency; NULL if there is no exchange rate.';
COMMENT ON COLUMN @extschema@.listing_search.country IS 'ISO 3166 code from the location of the listing.';
COMMENT ON COLUMN @extschema@.listing_search.hot IS
    'Order of what is popular and new: log2(1 + favorites) + weeks from 1970 to published_at. It never ages.';
COMMENT ON COLUMN @extschema@.listing_search.version IS
    'Version of the rules by which doc was made; reindex_search() makes rows of another version again.';
COMMENT ON COLUMN @extschema@.listing_search.category_version IS
    'Hash of the names of the categories in doc; reindex_search() makes the row again when they have changed.';
COMMENT ON COLUMN @extschema@.listing_search.doc IS
    'Words of title (A), brand (B), categories, color, size, materials (C), and description (D), and terms for filters, which begin with "@".';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.listing_search;
CREATE POLICY "Service role only" ON @extschema@.listing_search
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

-- search_words

COMMENT ON TABLE @extschema@.search_words IS
    'Words of titles that misspelled words are compared with, written by refresh_search_words().';
COMMENT ON COLUMN @extschema@.search_words.word IS 'The word as written, in lower case.';
COMMENT ON COLUMN @extschema@.search_words.lexeme IS 'The word as documents have it.';
COMMENT ON COLUMN @extschema@.search_words.df IS 'Number of listings with the word in the title.';
COMMENT ON COLUMN @extschema@.search_words.canonical IS
    'The word that this one is a rare misspelling of; NULL for other words.';
COMMENT ON COLUMN @extschema@.search_words.keys IS
    'Hashes of the word and of what is left of it without one or two letters.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.search_words;
CREATE POLICY "Service role only" ON @extschema@.search_words
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

-- search_brands

COMMENT ON TABLE @extschema@.search_brands IS 'Brands of the listings in listing_search, written by refresh_search_words().';
COMMENT ON COLUMN @extschema@.search_brands.key IS 'The brand without regard to case, accents, and punctuation.';
COMMENT ON COLUMN @extschema@.search_brands.brand IS 'The most frequent spelling.';
COMMENT ON COLUMN @extschema@.search_brands.n IS 'Number of listings.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.search_brands;
CREATE POLICY "Service role only" ON @extschema@.search_brands
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

-- search_synonyms

COMMENT ON TABLE @extschema@.search_synonyms IS 'Words that are searched as others as well, such as brands in another script.';
COMMENT ON COLUMN @extschema@.search_synonyms.word IS 'Lexeme of the word that is searched.';
COMMENT ON COLUMN @extschema@.search_synonyms.means IS 'Texts that are found as well.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.search_synonyms;
CREATE POLICY "Service role only" ON @extschema@.search_synonyms
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

-- search_queries

COMMENT ON TABLE @extschema@.search_queries IS 'What was searched on which day of the last 90, and how often.';
COMMENT ON COLUMN @extschema@.search_queries.n_empty IS 'How often nothing was found.';
COMMENT ON COLUMN @extschema@.search_queries.people IS 'By how many people.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.search_queries;
CREATE POLICY "Service role only" ON @extschema@.search_queries
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);

-- search_query_people

COMMENT ON TABLE @extschema@.search_query_people IS
    'Hashes of who searched for what, so that people are counted once a day; deleted after the day by prune_search_queries().';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.search_query_people;
CREATE POLICY "Service role only" ON @extschema@.search_query_people
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
