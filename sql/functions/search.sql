-- Search: what clients ask the index for.
--
-- SECURITY INVOKER, as convert(): anon may call them too, and the owner's rights are taken to read the index, on which
-- nobody has a right. Each row of a page is checked against the listing, its seller and blocks.

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.search(
    query text DEFAULT NULL,
    filters jsonb DEFAULT '{}',
    sort text DEFAULT 'relevance',
    page_size integer DEFAULT 24,
    cursor text DEFAULT NULL,
    exact boolean DEFAULT false
)
    RETURNS TABLE (
        listing_id uuid,
        title text,
        highlighted text,
        price numeric,
        currency text,
        price_in numeric,
        brand text,
        size text,
        color text,
        condition text,
        image_url text,
        seller_id uuid,
        seller_username text,
        favorite_count integer,
        is_favorite boolean,
        published_at timestamptz,
        score real,
        next_cursor text
    )
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 24
    AS 'MODULE_PATHNAME', 'driplo_search';
COMMENT ON FUNCTION @extschema@.search(text, jsonb, text, integer, text, boolean) IS
    'Returns a page of the listings on sale that fit: all words of query, of which misspelled ones are corrected, other scripts '
    'and synonyms found, and the last one is also a beginning (exact: words as typed only), and filters, an object with any of '
    'category (slug or ID, with what is below it), brands, sizes, colors, conditions (arrays), price_min, price_max (in currency), '
    'currency (of these and of price_in, default driplo.base_currency), country, seller (ID), since, exclude_sold (true). '
    'sort is relevance, newest, price_asc, price_desc or popular. next_cursor, the same on each row and NULL on the last page, is '
    'passed as cursor to get the next page. highlighted is the title with <mark> around found words, not escaped. Prices are in '
    'major units. Errors: 22023 for unknown filters, values of a wrong type, and a cursor of another search; 0A000 for '
    'exclude_sold false.';

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.search_summary(query text DEFAULT NULL, filters jsonb DEFAULT '{}', exact boolean DEFAULT false)
    RETURNS jsonb
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_search_summary';
COMMENT ON FUNCTION @extschema@.search_summary(text, jsonb, boolean) IS
    'Returns for the arguments of search(): total, an object of n and exact; corrected_query, the query as it was understood when '
    'words were corrected, else null; and facets, an object of brand, size, color, condition, category and price. Each is an array '
    'of at most ten objects of value and n, for price of from, to and n; it is counted without its own filter. Above 4,000 '
    'matches numbers are counted in a sample and rounded: exact is false. Errors: as search().';

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.suggest(prefix text, max_rows integer DEFAULT 8)
    RETURNS TABLE (kind text, value text, n integer)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 8
    AS 'MODULE_PATHNAME', 'driplo_suggest';
COMMENT ON FUNCTION @extschema@.suggest(text, integer) IS
    'Returns at most max_rows (0 to 50) suggestions for what a user is typing: kind is word, brand, category or query, n about how '
    'many listings there are or how often it was asked. Queries are those that at least five people have asked in one of the last 30 days, '
    'in words of the listings. Below two letters brands and categories only. Errors: 22004, 22023.';

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.similar_listings(listing_id uuid, max_rows integer DEFAULT 12)
    RETURNS TABLE (
        id uuid,
        title text,
        price numeric,
        currency text,
        price_in numeric,
        brand text,
        size text,
        color text,
        condition text,
        image_url text,
        seller_id uuid,
        seller_username text,
        favorite_count integer,
        is_favorite boolean,
        published_at timestamptz,
        score real
    )
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 12
    AS 'MODULE_PATHNAME', 'driplo_similar_listings';
COMMENT ON FUNCTION @extschema@.similar_listings(uuid, integer) IS
    'Returns at most max_rows (0 to 50) other listings on sale, the most similar first: of the same category and brand or color '
    'and size at half to twice the price, then of the category, then of the brand. The listing itself may be sold. price_in is '
    'in its currency. Errors: 22004, 22023, P0002 for a listing that the caller cannot see.';

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.record_search(query text, results integer)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_record_search';
COMMENT ON FUNCTION @extschema@.record_search(text, integer) IS
    'Counts a search in search_queries, with the number of results that the client was shown. Call it after search(), which writes '
    'nothing. Queries of more than eight words or 100 characters are not counted, nor more than 200 of one person a day; of callers '
    'without a user only what a user has searched for that day. It writes, so clients send a POST. Errors: 22004, 22023, 25006 in a '
    'read-only transaction.';
