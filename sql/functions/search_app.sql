-- Search by the names and arguments that applications call, over search(). Invoker: as search().

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_listings_with_favorites(
    p_user_id uuid DEFAULT NULL,
    p_limit integer DEFAULT 20,
    p_offset integer DEFAULT 0,
    p_status text DEFAULT 'active',
    p_category_id uuid DEFAULT NULL,
    p_subcategory_id uuid DEFAULT NULL,
    p_min_price numeric DEFAULT NULL,
    p_max_price numeric DEFAULT NULL,
    p_brands text[] DEFAULT NULL,
    p_sizes text[] DEFAULT NULL,
    p_conditions text[] DEFAULT NULL,
    p_sort_by text DEFAULT NULL,
    p_sort_order text DEFAULT NULL,
    p_search text DEFAULT NULL
)
    RETURNS TABLE (listing_data jsonb, is_favorited boolean)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 20
    AS 'MODULE_PATHNAME', 'driplo_get_listings_with_favorites';
COMMENT ON FUNCTION @extschema@.get_listings_with_favorites(uuid, integer, integer, text, uuid, uuid, numeric, numeric, text[], text[], text[], text, text, text) IS
    'Returns active listings that fit, as listing_data() does, and whether p_user_id has them among the favorites: at most 100 '
    'after at most 1000, found as by search(). p_sort_by is price, created_at, favorite_count or relevance; the default is '
    'relevance with p_search, else the newest first. Errors: 42501 for a user other than the caller, 0A000 for another p_status, '
    '22023 for another order or a larger offset.';

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_listings_count(
    p_user_id uuid DEFAULT NULL,
    p_status text DEFAULT 'active',
    p_category_id uuid DEFAULT NULL,
    p_subcategory_id uuid DEFAULT NULL,
    p_min_price numeric DEFAULT NULL,
    p_max_price numeric DEFAULT NULL,
    p_brands text[] DEFAULT NULL,
    p_sizes text[] DEFAULT NULL,
    p_conditions text[] DEFAULT NULL,
    p_search text DEFAULT NULL
)
    RETURNS bigint
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_get_listings_count';
COMMENT ON FUNCTION @extschema@.get_listings_count(uuid, text, uuid, uuid, numeric, numeric, text[], text[], text[], text) IS
    'Returns how many listings get_listings_with_favorites() finds, as search_summary() counts: estimated above 4,000. p_user_id '
    'is ignored. Errors: 0A000 for a p_status other than active, 22023.';

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_category_listings(
    p_category_id uuid DEFAULT NULL,
    p_subcategory_id uuid DEFAULT NULL,
    p_limit integer DEFAULT 20,
    p_offset integer DEFAULT 0,
    p_sort_by text DEFAULT NULL,
    p_sort_order text DEFAULT NULL,
    p_min_price numeric DEFAULT NULL,
    p_max_price numeric DEFAULT NULL,
    p_brands text[] DEFAULT NULL,
    p_sizes text[] DEFAULT NULL,
    p_conditions text[] DEFAULT NULL,
    p_colors text[] DEFAULT NULL
)
    RETURNS TABLE (listing_data jsonb, total_count bigint)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 20
    AS 'MODULE_PATHNAME', 'driplo_get_category_listings';
COMMENT ON FUNCTION @extschema@.get_category_listings(uuid, uuid, integer, integer, text, text, numeric, numeric, text[], text[], text[], text[]) IS
    'Returns active listings of a category and those below it, as listing_data() does, with the number of all that fit, which is '
    'estimated above 4,000: at most 100 after at most 1000. Order and errors: as get_listings_with_favorites().';

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.search_listings(search_query text, limit_count integer DEFAULT 20, offset_count integer DEFAULT 0)
    RETURNS TABLE (listing_data jsonb)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT g.listing_data
      FROM @extschema@.get_listings_with_favorites(p_limit => limit_count, p_offset => offset_count, p_sort_by => 'relevance', p_search => search_query) g
$function$;
COMMENT ON FUNCTION @extschema@.search_listings(text, integer, integer) IS
    'Returns listings found by search(), as listing_data() does, the most relevant first: at most 100 after at most 1000. Error: '
    '22023 for a larger offset.';

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.search_products_fast(query_text text, result_limit integer DEFAULT 20)
    RETURNS TABLE (id uuid, title text, price numeric, brand text, condition text, size text, category_name text, seller_id uuid, first_image_url text, relevance_rank real)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT s.listing_id, s.title, s.price, s.brand, s.condition, s.size, c.name::text, s.seller_id, s.image_url, s.score
      FROM (SELECT row_number() OVER () AS place, h.*
              FROM @extschema@.search(query_text, page_size => least(greatest(coalesce(result_limit, 20), 1), 100)) h
             LIMIT greatest(result_limit, 0)) s
      JOIN @extschema@.listings l ON l.id = s.listing_id
      LEFT JOIN @extschema@.categories c ON c.id = COALESCE(l.subcategory_id, l.category_id)
     ORDER BY s.place
$function$;
COMMENT ON FUNCTION @extschema@.search_products_fast(text, integer) IS
    'Returns listings found by search(), the most relevant first and at most 100, with the columns that a list of results shows.';
