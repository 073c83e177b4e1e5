-- Catalog, browsing: the tree of categories, how much there is, and the home page.

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.refresh_category_counts()
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    everything constant uuid := '00000000-0000-0000-0000-000000000000'::uuid;
    changed integer;
BEGIN
    PERFORM private.require_service('count listings');
    -- the second one of two would write what the first has read
    IF NOT pg_try_advisory_xact_lock(1685219696, 2) THEN
        RETURN 0;
    END IF;
    WITH RECURSIVE for_sale AS (
        SELECT COALESCE(l.subcategory_id, l.category_id) AS leaf, count(*) AS n,
               count(*) FILTER (WHERE l.is_featured) AS featured,
               count(*) FILTER (WHERE l.published_at >= now() - interval '7 days') AS new,
               count(*) FILTER (WHERE l.shipping_cost = 0) AS free_shipping,
               count(*) FILTER (WHERE l.ships_worldwide) AS ships_worldwide
          FROM @extschema@.listings l
          JOIN @extschema@.profiles s ON s.id = l.seller_id AND s.suspended_at IS NULL AND s.deleted_at IS NULL
         WHERE l.status::text = 'active'
         GROUP BY 1
    -- UNION, because a cycle that was loaded with triggers off has to end
    ), path AS (
        SELECT f.leaf, f.leaf AS id FROM for_sale f WHERE f.leaf IS NOT NULL
        UNION
        SELECT p.leaf, c.parent_id FROM path p JOIN @extschema@.categories c ON c.id = p.id WHERE c.parent_id IS NOT NULL
    ), counted AS (
        SELECT c.id AS category_id, '' AS virtual_type, COALESCE(sum(f.n), 0)::bigint AS n
          FROM @extschema@.categories c LEFT JOIN path p ON p.id = c.id LEFT JOIN for_sale f ON f.leaf = p.leaf
         GROUP BY c.id
        UNION ALL
        SELECT everything, total.virtual_type, total.n
          FROM (SELECT COALESCE(sum(f.n), 0)::bigint AS n, COALESCE(sum(f.featured), 0)::bigint AS featured, COALESCE(sum(f.new), 0)::bigint AS new,
                       COALESCE(sum(f.free_shipping), 0)::bigint AS free_shipping, COALESCE(sum(f.ships_worldwide), 0)::bigint AS ships_worldwide
                  FROM for_sale f) f
         CROSS JOIN LATERAL (VALUES ('', f.n), ('featured', f.featured), ('new', f.new), ('free_shipping', f.free_shipping),
                                    ('ships_worldwide', f.ships_worldwide)) AS total (virtual_type, n)
    ), gone AS (
        DELETE FROM @extschema@.category_counts old
         WHERE NOT EXISTS (SELECT FROM counted c WHERE c.category_id = old.category_id AND c.virtual_type = old.virtual_type)
        RETURNING 1
    ), written AS (
        INSERT INTO @extschema@.category_counts AS old (category_id, virtual_type, product_count)
        SELECT c.category_id, c.virtual_type, c.n FROM counted c
        ON CONFLICT ON CONSTRAINT category_counts_pkey DO UPDATE SET product_count = excluded.product_count, counted_at = excluded.counted_at
         WHERE old.product_count <> excluded.product_count OR (old.category_id = everything AND old.virtual_type = '')
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) + (SELECT count(*) FROM written) INTO changed;
    RETURN changed;
END;
$function$;
COMMENT ON FUNCTION @extschema@.refresh_category_counts() IS
    'A job: counts the listings that are for sale, by category with all below it, and by virtual type, exactly and without '
    'locking categories or listings; writes category_counts where a number has changed, and returns how many rows that were. '
    'Returns 0 while another session counts. Error: 42501.';

-- SECURITY INVOKER: public columns.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.category_tree(locale text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    WITH RECURSIVE shown AS (
        SELECT c.id, c.parent_id, c.icon, c.icon_url, COALESCE(n.product_count, 0) AS product_count,
               COALESCE(t.exact ->> 'name', t.general ->> 'name', c.name) AS name,
               COALESCE(t.exact ->> 'slug', t.general ->> 'slug', c.slug) AS slug,
               COALESCE(t.exact ->> 'description', t.general ->> 'description', c.description) AS description,
               row_number() OVER (PARTITION BY c.parent_id ORDER BY c.sort_order, c.display_order, c.name, c.id) AS place
          FROM @extschema@.categories c
          LEFT JOIN @extschema@.category_counts n ON n.category_id = c.id AND n.virtual_type = ''
         CROSS JOIN LATERAL (SELECT c.translations -> category_tree.locale AS exact,
                                    c.translations -> lower(split_part(replace(category_tree.locale, '_', '-'), '-', 1)) AS general) t
         WHERE c.is_active IS NOT FALSE
    ), tree AS (
        SELECT s.*, 1 AS depth, ARRAY[s.place] AS places FROM shown s WHERE s.parent_id IS NULL
        UNION ALL
        SELECT s.*, t.depth + 1, t.places || s.place FROM tree t JOIN shown s ON s.parent_id = t.id
    -- from top to bottom, each with how deep the next one is: how many brackets end before it
    ), listed AS (
        SELECT t.*, lead(t.depth) OVER (ORDER BY t.places) AS next_depth FROM tree t
    )
    SELECT ('[' || COALESCE(string_agg(
               left(jsonb_build_object('id', l.id, 'name', l.name, 'slug', l.slug, 'description', l.description, 'icon', l.icon, 'icon_url', l.icon_url,
                                        'product_count', l.product_count)::text, -1) || ', "children": ['
               || CASE WHEN l.next_depth > l.depth THEN '' ELSE repeat(']}', l.depth - COALESCE(l.next_depth, 1) + 1) || CASE WHEN l.next_depth IS NULL THEN '' ELSE ', ' END END,
               '' ORDER BY l.places), '') || ']')::jsonb
      FROM listed l
$function$;
COMMENT ON FUNCTION @extschema@.category_tree(text) IS
    'Returns the active categories as a JSON array of trees, each with id, name, slug, description, icon, icon_url, '
    'product_count, and children, in their order. Name, slug, and description are those of the locale, such as pt-BR, or of its '
    'language, or else the untranslated ones. product_count includes the categories below, as of the last '
    'refresh_category_counts().';

-- SECURITY INVOKER: public columns.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_categories_with_counts()
    RETURNS TABLE (category_data jsonb, product_count bigint)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT to_jsonb(c), COALESCE(n.product_count, 0)
      FROM @extschema@.categories c
      LEFT JOIN @extschema@.category_counts n ON n.category_id = c.id AND n.virtual_type = ''
     WHERE c.is_active IS NOT FALSE
     ORDER BY c.sort_order, c.display_order, c.name, c.id
$function$;
COMMENT ON FUNCTION @extschema@.get_categories_with_counts() IS
    'Returns the active categories as JSON objects of their columns, in their order, with the number of listings for sale in '
    'each and below it, as of the last refresh_category_counts(); 0 before the first.';

-- SECURITY INVOKER: public columns.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_virtual_category_counts()
    RETURNS TABLE (virtual_type text, product_count bigint)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER ROWS 5
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT virtual.type, COALESCE(n.product_count, 0)
      FROM unnest(ARRAY['all', 'featured', 'new', 'free_shipping', 'ships_worldwide']) WITH ORDINALITY AS virtual (type, position)
      LEFT JOIN @extschema@.category_counts n
        ON n.category_id = '00000000-0000-0000-0000-000000000000' AND n.virtual_type = CASE virtual.type WHEN 'all' THEN '' ELSE virtual.type END
     ORDER BY virtual.position
$function$;
COMMENT ON FUNCTION @extschema@.get_virtual_category_counts() IS
    'Returns how many listings are for sale: all, featured ones, new ones (first published in the last seven days), and those '
    'with free or worldwide shipping; as of the last refresh_category_counts(), 0 before the first.';

-- SECURITY INVOKER, as convert(): anon may call them too, and the owner's rights are taken to see which sellers may sell.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_homepage_listings(p_type text DEFAULT 'featured', p_limit integer DEFAULT 20)
    RETURNS TABLE (listing_data jsonb)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 20
    AS 'MODULE_PATHNAME', 'driplo_get_homepage_listings';
COMMENT ON FUNCTION @extschema@.get_homepage_listings(text, integer) IS
    'Returns at most 100 listings that are for sale, as listing_data() does: featured ones, the newest first, or popular ones, '
    'by favorites and age. Not those of suspended sellers, nor of sellers who have blocked the caller or whom the caller has '
    'blocked. Error: 22023 for another type.';

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_homepage_data(promoted_limit integer DEFAULT 10, featured_limit integer DEFAULT 20, top_sellers_limit integer DEFAULT 10)
    RETURNS jsonb
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_get_homepage_data';
COMMENT ON FUNCTION @extschema@.get_homepage_data(integer, integer, integer) IS
    'Returns a JSON object for a home page: promoted_products (featured listings, as get_homepage_listings() has them), '
    'featured_products (popular listings that are not among these), categories (as category_tree() has them), and top_sellers '
    '(sellers with most completed sales, public columns). Each limit is at most 100.';
