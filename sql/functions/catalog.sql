-- Catalog: categories, listings, variants, favourites.

-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_optimized_image_url(base_url text, size text DEFAULT 'medium')
    RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_get_optimized_image_url';
COMMENT ON FUNCTION @extschema@.get_optimized_image_url(text, text) IS
    'Returns the URL of an image size: photo.webp?v=1 becomes photo_medium.webp?v=1. A path that already ends in '
    'a size or does not end in .webp is returned unchanged. Error 22023 unless the size is thumb, small, medium, '
    'or large.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.listing_image(image_urls jsonb, images jsonb)
    RETURNS text
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_listing_image';
COMMENT ON FUNCTION private.listing_image(jsonb, jsonb) IS
    'The image that stands for a listing: the medium size of the first of image_urls, or that itself, else the first of images.';

-- SECURITY INVOKER: inside a function of driplo the guard has less to say, and that is how it knows.
CREATE OR REPLACE FUNCTION private.guard_listing()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_listing';
COMMENT ON FUNCTION private.guard_listing() IS
    'Trigger on listings: creates a slug from the title if none is given, sets published_at when the listing '
    'first becomes active, and reactivates a reserved or sold listing when its quantity is increased. Sellers can '
    'set draft, active, archived, and deleted only (42501) and cannot change removed (42501) or deleted (55000) '
    'listings.';

-- SECURITY DEFINER: it locks the seller's profile.
CREATE OR REPLACE FUNCTION private.check_seller()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_check_seller';
COMMENT ON FUNCTION private.check_seller() IS
    'Trigger on listings: prevents listings of a suspended user from becoming active, for all roles and also with '
    'concurrent suspensions. Error: 42501.';

-- SECURITY DEFINER: moderators have no right to write listings.
-- rights: authenticated, service_role (users: staff)
-- definer: Moderators have no right to write listings, nor anybody to write the log; asks for the role first.
CREATE OR REPLACE FUNCTION @extschema@.moderate_listing(listing_id uuid, action text, reason text)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_moderate_listing';
COMMENT ON FUNCTION @extschema@.moderate_listing(uuid, text, text) IS
    'For moderators, admins, and the service: takes a listing off sale (action remove, status removed) or returns '
    'it to its previous status (action restore), adjusted to current stock and orders, but archived instead of '
    'active while its seller is suspended. Moderators cannot restore listings removed by an admin or the service. '
    'Recorded in admin_approvals and admin_audit_log. Returns the new status. Errors: 42501, 22004, 22023 for '
    'another action or an empty reason, P0002, 55000 for the caller''s own listing or an unsuitable status.';

-- SECURITY DEFINER: a check has to see every category, whatever the caller may see.
CREATE OR REPLACE FUNCTION private.keep_category_tree()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    ancestor uuid := NEW.parent_id;
    visited uuid[] := ARRAY[]::uuid[];
    old_snapshot boolean := current_setting('transaction_isolation') <> 'read committed';
BEGIN
    IF ancestor IS NULL THEN
        RETURN NEW;
    END IF;
    -- The time and not that of the transaction: reindex_search() must not take a second move for the first.
    IF TG_WHEN = 'BEFORE' AND TG_OP = 'UPDATE' THEN
        IF OLD.parent_id IS DISTINCT FROM NEW.parent_id THEN
            NEW.moved_at := clock_timestamp();
        END IF;
    END IF;
    -- Each of two sessions may move a category below the other's: one after the other, or neither sees the cycle.
    -- The key is 'drip' as an integer and the number of this lock.
    PERFORM pg_advisory_xact_lock(1685219696, 1);
    WHILE ancestor IS NOT NULL LOOP
        IF ancestor = NEW.id THEN
            RAISE EXCEPTION 'category tree must not contain a cycle'
                USING ERRCODE = 'check_violation',
                      DETAIL = format('Category %s would become its own ancestor under parent %s.', NEW.id, NEW.parent_id),
                      HINT = 'Choose a parent that is neither the category itself nor one of its descendants.',
                      SCHEMA = TG_TABLE_SCHEMA,
                      TABLE = TG_TABLE_NAME,
                      CONSTRAINT = 'keep_category_tree';
        END IF;
        -- A cycle that was loaded with triggers off is not walked for ever.
        EXIT WHEN ancestor = ANY (visited);
        visited := visited || ancestor;
        IF old_snapshot THEN
            -- The transaction does not see what another one committed meanwhile, but a row lock on it fails with 40001.
            SELECT category.parent_id INTO ancestor
                FROM @extschema@.categories AS category WHERE category.id = ancestor FOR SHARE;
        ELSE
            SELECT category.parent_id INTO ancestor
                FROM @extschema@.categories AS category WHERE category.id = ancestor;
        END IF;
    END LOOP;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.keep_category_tree() IS
    'Trigger on categories: prevents cycles in the category tree, also with concurrent sessions, and marks what moves for the '
    'search. Error: 23514.';

-- SECURITY DEFINER: nobody else writes the slugs.
CREATE OR REPLACE FUNCTION private.keep_category_slugs()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    DELETE FROM @extschema@.category_slugs AS kept
     WHERE kept.category_id = NEW.id AND kept.slug IS DISTINCT FROM NEW.translations -> kept.locale ->> 'slug';
    INSERT INTO @extschema@.category_slugs (locale, slug, category_id)
    SELECT translation.key, translation.value ->> 'slug', NEW.id FROM jsonb_each(NEW.translations) AS translation
     WHERE translation.value ? 'slug'
       AND NOT EXISTS (SELECT FROM @extschema@.category_slugs AS kept WHERE kept.category_id = NEW.id AND kept.locale = translation.key);
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.keep_category_slugs() IS
    'Trigger on categories: category_slugs has the slugs of the translations. Error: 23505 for a slug that another category '
    'has in the same locale.';

-- SECURITY DEFINER: the seller of a listing that the caller cannot see is needed too, to refuse it for the right reason.
CREATE OR REPLACE FUNCTION private.set_variant_seller()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- NOT NULL reports a missing listing_id better than a search for NULL.
    IF NEW.listing_id IS NULL THEN
        RETURN NEW;
    END IF;
    SELECT listing.seller_id INTO NEW.seller_id
        FROM @extschema@.listings AS listing WHERE listing.id = NEW.listing_id;
    IF NOT FOUND THEN
        -- A client gets the refusal of the policy, as for another seller's listing: the difference would tell
        -- which hidden listings there are.
        IF NOT private.is_service() THEN
            NEW.seller_id := NULL;
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'listing of the variant does not exist'
            USING ERRCODE = 'foreign_key_violation',
                  DETAIL = format('Listing %s does not exist.', NEW.listing_id),
                  HINT = 'Create the listing first, then its variants.',
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  COLUMN = 'listing_id';
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.set_variant_seller() IS
    'Trigger on product_variants: sets seller_id to the seller of the listing. Error for the service: 23503 for '
    'an unknown listing; clients are rejected by the policy (42501), as for a listing of another seller.';

-- What a listing says in money. SECURITY DEFINER: the listing of a variant, and the variants of a listing, are needed too.
CREATE OR REPLACE FUNCTION private.check_listing_terms()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    unit bigint := private.smallest_unit(NEW.currency);
    info jsonb := COALESCE(NEW.shipping_info, '{}');
BEGIN
    -- the table's own checks have a word for these
    IF NEW.currency IS NULL OR NEW.price = 'NaN' THEN
        RETURN NEW;
    END IF;
    IF unit IS NULL THEN
        -- no word about one that was there before this rule, as long as it stays
        IF TG_OP = 'UPDATE' AND NEW.currency = OLD.currency THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'invalid currency code: "%"', left(NEW.currency, 20)
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Currency codes are those of ISO 4217, in upper case.';
    END IF;
    IF private.minor_units(NEW.currency) = 3 AND (TG_OP = 'INSERT' OR NEW.currency IS DISTINCT FROM OLD.currency) THEN
        RAISE EXCEPTION 'listings cannot be in %', NEW.currency
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Its amounts have three decimal places; at most two are supported.',
                  HINT = 'Use a currency of the table "currencies".';
    END IF;
    IF NEW.price * 100 % unit <> 0 OR (TG_OP = 'UPDATE' AND NEW.currency <> OLD.currency AND EXISTS (
        SELECT FROM @extschema@.product_variants AS variant WHERE variant.listing_id = NEW.id AND variant.price * 100 % unit <> 0
    )) THEN
        RAISE EXCEPTION 'price in % must be a whole number', NEW.currency
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'This currency has no minor unit.';
    END IF;
    -- An object, or what is in it cannot be meant. Whoever did not write it is not asked about it.
    IF TG_OP = 'UPDATE' AND NEW.currency = OLD.currency
       AND (NEW.shipping_info, NEW.ships_worldwide) IS NOT DISTINCT FROM (OLD.shipping_info, OLD.ships_worldwide) THEN
        RETURN NEW;
    END IF;
    IF jsonb_typeof(info) NOT IN ('object', 'null') THEN
        RAISE EXCEPTION 'shipping_info must be a JSON object'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Example: {"cost": 4.90, "free_over": 50, "countries": ["DE", "AT"]}.';
    END IF;
    PERFORM private.check_shipping_info(info, NEW.currency, unit);
    IF TG_WHEN = 'AFTER' AND NEW.shipping_cost IS DISTINCT FROM (CASE WHEN jsonb_typeof(info -> 'cost') = 'number' THEN (info ->> 'cost')::numeric END) THEN
        RAISE EXCEPTION 'shipping_cost and "cost" of shipping_info must be equal'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Check for user-defined triggers on listings.';
    END IF;
    IF NEW.ships_worldwide AND jsonb_typeof(info -> 'countries') = 'array' THEN
        RAISE EXCEPTION 'listing that ships worldwide must not name countries'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Set ships_worldwide to false, or omit "countries" of shipping_info.';
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.check_listing_terms() IS
    'Trigger on listings: the currency must be an ISO 4217 code with two decimal places or none, price and the amounts in shipping_info must be '
    'multiples of its smallest unit, and what shipping_info says has to be what checkout() reads, without countries if '
    'ships_worldwide is true. Error: 22023.';

-- What a listing says twice. SECURITY DEFINER: the tree is looked at whoever writes.
CREATE OR REPLACE FUNCTION private.agree_on_listing()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    told jsonb := COALESCE(NEW.shipping_info, '{}') -> 'cost';
    told_before jsonb;
    cost_before numeric;
    amount numeric;
    parent uuid;
    is_named boolean;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        told_before := OLD.shipping_info -> 'cost';
        cost_before := OLD.shipping_cost;
    END IF;
    IF jsonb_typeof(told) = 'number' THEN
        amount := told::numeric;
    END IF;
    IF NEW.shipping_cost IS DISTINCT FROM cost_before AND NEW.shipping_cost IS DISTINCT FROM amount THEN
        IF NULLIF(told, 'null') IS DISTINCT FROM NULLIF(told_before, 'null') THEN
            RAISE EXCEPTION 'shipping_cost and "cost" of shipping_info must be equal'
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = 'They are the same amount; this statement writes two.',
                      HINT = 'Write one of them.';
        ELSIF NEW.shipping_cost IS NULL THEN
            NEW.shipping_info := NEW.shipping_info - 'cost';
        ELSIF COALESCE(jsonb_typeof(NEW.shipping_info), 'null') IN ('object', 'null') THEN
            NEW.shipping_info := COALESCE(NULLIF(NEW.shipping_info, 'null'), '{}') || jsonb_build_object('cost', NEW.shipping_cost);
        END IF;
    ELSE
        -- check_listing_terms() has a word for any other
        NEW.shipping_cost := CASE WHEN amount BETWEEN 0 AND 99999999.99 THEN amount END;
    END IF;
    IF NEW.subcategory_id IS NULL THEN
        RETURN NEW;
    END IF;
    is_named := TG_OP = 'INSERT' OR NEW.subcategory_id IS DISTINCT FROM OLD.subcategory_id;
    SELECT category.parent_id INTO parent FROM @extschema@.categories AS category WHERE category.id = NEW.subcategory_id;
    IF NOT FOUND AND is_named THEN
        RAISE EXCEPTION 'subcategory does not exist'
            USING ERRCODE = 'foreign_key_violation',
                  DETAIL = format('Category %s does not exist.', NEW.subcategory_id),
                  SCHEMA = TG_TABLE_SCHEMA,
                  TABLE = TG_TABLE_NAME,
                  COLUMN = 'subcategory_id';
    ELSIF parent IS NULL AND is_named THEN
        RAISE EXCEPTION 'subcategory_id must be a category below another'
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Write a category without a parent into category_id.';
    ELSIF is_named AND NEW.category_id IS DISTINCT FROM parent THEN
        IF NEW.category_id IS NOT NULL AND (TG_OP = 'INSERT' OR NEW.category_id IS DISTINCT FROM OLD.category_id) THEN
            RAISE EXCEPTION 'category_id must be the parent of subcategory_id'
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('The parent of subcategory %s is category %s.', NEW.subcategory_id, parent),
                      HINT = 'Write subcategory_id alone.';
        END IF;
        NEW.category_id := parent;
    ELSIF NEW.category_id IS DISTINCT FROM parent THEN
        NEW.subcategory_id := NULL;
    -- one that was moved to the top of the tree
    ELSIF parent IS NULL THEN
        SELECT category.id INTO NEW.category_id FROM @extschema@.categories AS category WHERE category.id = NEW.subcategory_id;
        NEW.subcategory_id := NULL;
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.agree_on_listing() IS
    'Trigger on listings: shipping_cost and "cost" of shipping_info are the same amount, and category_id is the '
    'parent of subcategory_id; writing one sets the other. Errors: 22023 for a statement that writes both and makes '
    'them differ, 23503 for an unknown subcategory.';

-- SECURITY DEFINER: the currency is that of a listing that the caller may not see.
CREATE OR REPLACE FUNCTION private.check_variant_terms()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    currency text := (SELECT listing.currency FROM @extschema@.listings AS listing WHERE listing.id = NEW.listing_id);
BEGIN
    IF NEW.price <> 'NaN' AND NEW.price * 100 % private.smallest_unit(currency) <> 0 THEN
        RAISE EXCEPTION 'price in % must be a whole number', currency
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'This currency has no minor unit.';
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.check_variant_terms() IS
    'Trigger on product_variants: the price must be a multiple of the smallest unit of the listing''s currency. '
    'Error: 22023.';

-- SECURITY DEFINER: sold and reserved are not the seller's to change by hand.
CREATE OR REPLACE FUNCTION private.restock_listing()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    UPDATE @extschema@.listings AS listing
        SET status = CASE WHEN EXISTS (
                SELECT FROM @extschema@.profiles AS seller
                WHERE seller.id = listing.seller_id AND (seller.suspended_at IS NOT NULL OR seller.deleted_at IS NOT NULL)
            ) THEN 'archived' ELSE 'active' END
        WHERE listing.id = NEW.listing_id AND listing.status::text IN ('reserved', 'sold');
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.restock_listing() IS
    'Trigger on product_variants: puts a reserved or sold listing back on sale when one of its variants is '
    'restocked, added, or reactivated; the listing is archived instead if its seller is suspended or has left.';

CREATE OR REPLACE FUNCTION private.count_favorites()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_count_favorites';
COMMENT ON FUNCTION private.count_favorites() IS
    'Statement trigger on favorites: maintains favorite_count of listings.';

CREATE OR REPLACE FUNCTION private.count_listings()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_count_listings';
COMMENT ON FUNCTION private.count_listings() IS
    'Statement trigger on listings: maintains listings_count of profiles, the number of active, reserved, and sold '
    'listings.';

-- Listings as older applications read them, with what they show beside one.
-- SECURITY INVOKER: row level security says which listings there are, and these columns of profiles are public.
-- rights: anon, authenticated, service_role, driplo_owner
CREATE OR REPLACE FUNCTION @extschema@.listing_data(listing_id uuid)
    RETURNS jsonb
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT to_jsonb(l) - 'metadata' || jsonb_build_object('like_count', l.favorite_count, 'lowest_price_30d', @extschema@.lowest_price_30d(l.id), 'seller', seller.data, 'profiles', seller.data,
               'categories', (SELECT jsonb_build_object('id', c.id, 'name', c.name, 'slug', c.slug) FROM @extschema@.categories c WHERE c.id = l.category_id))
      FROM @extschema@.listings l
     CROSS JOIN LATERAL (SELECT jsonb_build_object('id', p.id, 'username', p.username, 'full_name', p.full_name, 'avatar_url', p.avatar_url, 'is_verified', p.is_verified,
                                                   'account_type', p.account_type, 'seller_rating', p.seller_rating, 'seller_rating_count', p.seller_rating_count) AS data
                           FROM @extschema@.profiles p WHERE p.id = l.seller_id) seller
     WHERE l.id = listing_data.listing_id
$function$;
COMMENT ON FUNCTION @extschema@.listing_data(uuid) IS
    'Returns a listing as a JSON object with its columns, like_count, lowest_price_30d, public columns of its seller (seller, and '
    'again as profiles), and its category (categories); NULL for a listing that the caller cannot see.';

-- rights: authenticated, service_role
-- definer: Favorites are shown to whose they are, and whose they are says the session.
CREATE OR REPLACE FUNCTION @extschema@.get_user_favorites_with_listings(p_user_id uuid, p_limit integer DEFAULT 20, p_offset integer DEFAULT 0)
    RETURNS TABLE (favorite_id uuid, created_at timestamptz, listing_data jsonb)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    -- in a query it would be asked only if there is a row to compare
    reader constant uuid := private.acting_for(p_user_id, false);
BEGIN
    RETURN QUERY
    SELECT shown.id, shown.created_at, @extschema@.listing_data(shown.listing_id)
      FROM (SELECT f.id, f.created_at, f.listing_id
              FROM @extschema@.favorites f
              JOIN @extschema@.listings l ON l.id = f.listing_id
             WHERE f.user_id = reader AND (l.status::text IN ('active', 'reserved', 'sold') OR l.seller_id = reader)
             ORDER BY f.created_at DESC, f.id
             LIMIT greatest(COALESCE(p_limit, 20), 0) OFFSET greatest(COALESCE(p_offset, 0), 0)) shown;
END;
$function$;
COMMENT ON FUNCTION @extschema@.get_user_favorites_with_listings(uuid, integer, integer) IS
    'Returns the favorites of the caller whose listings can be seen, the latest first, each with its listing as a '
    'JSON object. Error: 42501 for a user other than the caller.';

-- SECURITY INVOKER: anon may call it, and it shows nothing that row level security hides.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_profile_listings_with_stats(p_seller_id uuid, p_viewer_id uuid DEFAULT NULL, p_limit integer DEFAULT 20)
    RETURNS TABLE (listings jsonb[], total_listings bigint, total_likes bigint, total_sales bigint)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    liked uuid[] := ARRAY[]::uuid[];
BEGIN
    -- row level security is off for the service only
    IF p_viewer_id IS DISTINCT FROM auth.uid() AND p_viewer_id IS NOT NULL AND row_security_active('@extschema@.favorites') THEN
        RAISE EXCEPTION 'permission denied for data of another user'
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'Pass the ID of the current user, or NULL.';
    END IF;
    -- anon has no right to read favorites, nor a viewer to name
    IF p_viewer_id IS NOT NULL THEN
        liked := ARRAY(SELECT f.listing_id FROM @extschema@.favorites f JOIN @extschema@.listings l ON l.id = f.listing_id
                        WHERE f.user_id = p_viewer_id AND l.seller_id = p_seller_id);
    END IF;
    RETURN QUERY
    SELECT ARRAY(SELECT @extschema@.listing_data(l.id) || jsonb_build_object('is_favorited', l.id = ANY (liked))
                   FROM @extschema@.listings l
                  WHERE l.seller_id = p.id AND l.status::text IN ('active', 'reserved', 'sold')
                  ORDER BY l.created_at DESC, l.id LIMIT greatest(COALESCE(p_limit, 20), 0)),
           p.listings_count::bigint,
           (SELECT COALESCE(sum(l.favorite_count), 0) FROM @extschema@.listings l
             WHERE l.seller_id = p.id AND l.status::text IN ('active', 'reserved', 'sold')),
           p.total_sales::bigint
      FROM @extschema@.profiles p
     WHERE p.id = p_seller_id;
END;
$function$;
COMMENT ON FUNCTION @extschema@.get_profile_listings_with_stats(uuid, uuid, integer) IS
    'Returns the listings of a seller that others can see, the latest first, with the number of all of them, their '
    'favorites, and the seller''s completed sales; no row for a user whose profile cannot be seen. is_favorited of a listing '
    'is about the viewer. Error: 42501 for a viewer other than the caller.';
