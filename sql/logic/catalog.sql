-- Catalog: categories, listings, variants, favourites.

-- categories

COMMENT ON TABLE @extschema@.categories IS 'Category tree; names are unique below the same parent.';
COMMENT ON COLUMN @extschema@.categories.icon IS 'Emoji shown as icon.';

COMMENT ON COLUMN @extschema@.categories.translations IS
    'JSON object of locales in lower case, such as bg or pt-BR, each an object with name, slug, and description; a slug is '
    'unique in its locale.';
COMMENT ON COLUMN @extschema@.categories.moved_at IS
    'When it moved to another parent; NULL once reindex_search() has made the documents of its listings again.';

CREATE OR REPLACE TRIGGER keep_category_slugs
    AFTER INSERT ON @extschema@.categories
    FOR EACH ROW WHEN (NEW.translations <> '{}') EXECUTE FUNCTION private.keep_category_slugs();

CREATE OR REPLACE TRIGGER keep_changed_category_slugs
    AFTER UPDATE ON @extschema@.categories
    FOR EACH ROW WHEN (OLD.translations IS DISTINCT FROM NEW.translations)
    EXECUTE FUNCTION private.keep_category_slugs();

-- BEFORE, to refuse with more words than the table's own checks have; and AFTER, because a BEFORE trigger of a shop's may
-- change a column that the statement does not name.
CREATE OR REPLACE TRIGGER keep_category_tree
    BEFORE INSERT OR UPDATE OF parent_id ON @extschema@.categories
    FOR EACH ROW EXECUTE FUNCTION private.keep_category_tree();

CREATE OR REPLACE TRIGGER keep_changed_category_tree
    AFTER UPDATE ON @extschema@.categories
    FOR EACH ROW WHEN (OLD.parent_id IS DISTINCT FROM NEW.parent_id) EXECUTE FUNCTION private.keep_category_tree();

CREATE OR REPLACE TRIGGER record_staff_change
    AFTER INSERT OR UPDATE OR DELETE ON @extschema@.categories
    FOR EACH ROW EXECUTE FUNCTION private.record_staff_change('category');

CREATE OR REPLACE TRIGGER update_categories_updated_at
    BEFORE UPDATE ON @extschema@.categories
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Anyone can view categories" ON @extschema@.categories;
CREATE POLICY "Anyone can view categories" ON @extschema@.categories
    FOR SELECT TO anon, authenticated
    USING (true);

-- A policy for each command: FOR ALL would be a second one for SELECT.
DROP POLICY IF EXISTS "Only admins can manage categories" ON @extschema@.categories;
CREATE POLICY "Only admins can manage categories" ON @extschema@.categories
    FOR INSERT TO authenticated
    WITH CHECK ((SELECT private.caller_role()) = 'admin' AND (SELECT private.require_guard('categories')));

DROP POLICY IF EXISTS "Only admins can update categories" ON @extschema@.categories;
CREATE POLICY "Only admins can update categories" ON @extschema@.categories
    FOR UPDATE TO authenticated
    USING ((SELECT private.caller_role()) = 'admin')
    WITH CHECK ((SELECT private.caller_role()) = 'admin' AND (SELECT private.require_guard('categories')));

DROP POLICY IF EXISTS "Only admins can remove categories" ON @extschema@.categories;
CREATE POLICY "Only admins can remove categories" ON @extschema@.categories
    FOR DELETE TO authenticated
    USING ((SELECT private.caller_role()) = 'admin');

-- category_slugs

COMMENT ON TABLE @extschema@.category_slugs IS 'Slugs of the translations of categories, written by the database; public.';

DROP POLICY IF EXISTS "Anyone can view category slugs" ON @extschema@.category_slugs;
CREATE POLICY "Anyone can view category slugs" ON @extschema@.category_slugs
    FOR SELECT TO anon, authenticated
    USING (true);

-- category_counts

COMMENT ON TABLE @extschema@.category_counts IS
    'Number of listings for sale by category, of all, and by virtual type, as of the last refresh_category_counts(); public.';
COMMENT ON COLUMN @extschema@.category_counts.category_id IS
    'Category, counted with all below it; 00000000-0000-0000-0000-000000000000 for all listings.';
COMMENT ON COLUMN @extschema@.category_counts.virtual_type IS
    'Empty for all listings of the category, or featured, new, free_shipping, or ships_worldwide.';

DROP POLICY IF EXISTS "Anyone can view category counts" ON @extschema@.category_counts;
CREATE POLICY "Anyone can view category counts" ON @extschema@.category_counts
    FOR SELECT TO anon, authenticated
    USING (true);

-- listings

COMMENT ON TABLE @extschema@.listings IS 'Items for sale.';
COMMENT ON COLUMN @extschema@.listings.price IS 'Price per unit, in major units of currency.';
COMMENT ON COLUMN @extschema@.listings.currency IS 'ISO 4217 code in upper case.';
COMMENT ON COLUMN @extschema@.listings.quantity IS
    'Units in stock; a listing with variants has a stock for each variant.';
COMMENT ON COLUMN @extschema@.listings.image_urls IS
    'JSON array of images, each an object of URLs by size: {"thumb", "small", "medium", "large"}.';
COMMENT ON COLUMN @extschema@.listings.status IS
    'draft, active, reserved (out of stock with open orders), sold, archived, removed (by a moderator), or '
    'deleted (by the seller).';
COMMENT ON COLUMN @extschema@.listings.favorite_count IS
    'Number of users who have favorited the listing; maintained by a trigger.';
COMMENT ON COLUMN @extschema@.listings.view_count IS 'Number of views, counted by the service.';
COMMENT ON COLUMN @extschema@.listings.updated_at IS
    'Time of the last change of the listing; views and favorites do not count as changes.';
COMMENT ON COLUMN @extschema@.listings.published_at IS 'Time when the listing first became active.';

COMMENT ON COLUMN @extschema@.listings.condition IS
    'Condition: a code of listing_conditions, or other text.';
COMMENT ON COLUMN @extschema@.listings.subcategory_id IS
    'Category below category_id. Writing it alone sets category_id to its parent; another category_id clears it.';
COMMENT ON COLUMN @extschema@.listings.shipping_cost IS
    'Shipping cost in major units of currency, always equal to "cost" of shipping_info: writing either changes both.';
COMMENT ON COLUMN @extschema@.listings.ships_worldwide IS
    'Whether the seller ships to all countries; cannot be true while shipping_info names countries, which decide.';
COMMENT ON COLUMN @extschema@.listings.location_city IS 'City that is shown with the listing; independent of location.';
COMMENT ON COLUMN @extschema@.listings.image_metadata IS
    'Data of the application about the images; a JSON array or object.';
COMMENT ON COLUMN @extschema@.listings.language IS 'Language of the text, as a tag such as en or pt-BR.';

-- First by its name: the others look at what it makes. What a BEFORE trigger of a shop's does afterwards, a check and a
-- foreign key compare.
CREATE OR REPLACE TRIGGER agree_on_listing
    BEFORE INSERT OR UPDATE OF shipping_cost, shipping_info, category_id, subcategory_id ON @extschema@.listings
    FOR EACH ROW EXECUTE FUNCTION private.agree_on_listing();

-- Twice, as the tree; not where a sale changes the stock.
CREATE OR REPLACE TRIGGER check_listing_terms
    BEFORE INSERT OR UPDATE OF price, currency, shipping_info, shipping_cost, ships_worldwide ON @extschema@.listings
    FOR EACH ROW EXECUTE FUNCTION private.check_listing_terms();

CREATE OR REPLACE TRIGGER check_new_listing_terms
    AFTER INSERT ON @extschema@.listings
    FOR EACH ROW EXECUTE FUNCTION private.check_listing_terms();

CREATE OR REPLACE TRIGGER check_changed_listing_terms
    AFTER UPDATE ON @extschema@.listings
    FOR EACH ROW WHEN (
        OLD.price IS DISTINCT FROM NEW.price
        OR OLD.currency IS DISTINCT FROM NEW.currency
        OR OLD.shipping_info IS DISTINCT FROM NEW.shipping_info
        OR OLD.ships_worldwide IS DISTINCT FROM NEW.ships_worldwide
    ) EXECUTE FUNCTION private.check_listing_terms();

CREATE OR REPLACE TRIGGER guard_listing
    BEFORE INSERT OR UPDATE ON @extschema@.listings
    FOR EACH ROW EXECUTE FUNCTION private.guard_listing();

CREATE OR REPLACE TRIGGER check_seller
    AFTER INSERT ON @extschema@.listings
    FOR EACH ROW WHEN (NEW.status::text = 'active') EXECUTE FUNCTION private.check_seller();

CREATE OR REPLACE TRIGGER check_changed_seller
    AFTER UPDATE ON @extschema@.listings
    FOR EACH ROW WHEN (NEW.status::text = 'active' AND OLD.status IS DISTINCT FROM NEW.status)
    EXECUTE FUNCTION private.check_seller();

-- A trigger has one event when it has transition tables.
CREATE OR REPLACE TRIGGER count_added_listings
    AFTER INSERT ON @extschema@.listings
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_listings();

CREATE OR REPLACE TRIGGER count_changed_listings
    AFTER UPDATE ON @extschema@.listings
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_listings();

CREATE OR REPLACE TRIGGER count_removed_listings
    AFTER DELETE ON @extschema@.listings
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_listings();

CREATE OR REPLACE TRIGGER forget_matches
    AFTER DELETE ON @extschema@.listings
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION private.forget_matches('listing_id');

CREATE OR REPLACE TRIGGER index_added_listings
    AFTER INSERT ON @extschema@.listings
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.index_listings();

CREATE OR REPLACE TRIGGER index_changed_listings
    AFTER UPDATE ON @extschema@.listings
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.index_listings();

-- Not for the two counters: whoever sorts or caches by updated_at asks for what the seller changed.
CREATE OR REPLACE TRIGGER update_listings_updated_at
    BEFORE UPDATE ON @extschema@.listings
    FOR EACH ROW
    WHEN (
        NEW.favorite_count IS NOT DISTINCT FROM OLD.favorite_count
        AND NEW.view_count IS NOT DISTINCT FROM OLD.view_count
    )
    EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Listings are viewable by everyone" ON @extschema@.listings;
CREATE POLICY "Listings are viewable by everyone" ON @extschema@.listings
    FOR SELECT TO anon
    USING (status::text IN ('active', 'sold', 'reserved'));

-- Without the seller's own, a draft could be neither seen nor published, and INSERT ... RETURNING failed.
DROP POLICY IF EXISTS "Signed-in users can view listings and their own" ON @extschema@.listings;
CREATE POLICY "Signed-in users can view listings and their own" ON @extschema@.listings
    FOR SELECT TO authenticated
    USING (
        status::text IN ('active', 'sold', 'reserved')
        OR private.is_caller(seller_id)
        OR private.is_shown_to(id, 'moderator')
    );

-- Sold and reserved come from orders, removed from a moderator.
DROP POLICY IF EXISTS "Users can create their own listings" ON @extschema@.listings;
CREATE POLICY "Users can create their own listings" ON @extschema@.listings
    FOR INSERT TO authenticated
    WITH CHECK (
        seller_id = (SELECT auth.uid())
        AND status::text IN ('draft', 'active', 'archived')
        AND (SELECT private.require_trader())
        AND (SELECT private.require_guard('listings'))
    );

-- In every status: guard_listing() says which changes are the seller's, and a refusal has words.
DROP POLICY IF EXISTS "Users can update their own listings" ON @extschema@.listings;
CREATE POLICY "Users can update their own listings" ON @extschema@.listings
    FOR UPDATE TO authenticated
    USING (seller_id = (SELECT auth.uid()))
    WITH CHECK (
        seller_id = (SELECT auth.uid())
        AND status::text <> 'removed'
        AND (SELECT private.require_trader())
        AND (SELECT private.require_guard('listings'))
    );

-- keep_ordered_listing() keeps what was ordered and what a moderator removed, and refuses who is suspended, with words. Here
-- require_trader() would also raise when the statement means no row of the caller's.
DROP POLICY IF EXISTS "Users can delete their own listings" ON @extschema@.listings;
CREATE POLICY "Users can delete their own listings" ON @extschema@.listings
    FOR DELETE TO authenticated
    USING (seller_id = (SELECT auth.uid()));

-- product_variants

COMMENT ON TABLE @extschema@.product_variants IS
    'Variants of a listing, such as sizes, each with its own price and stock.';
COMMENT ON COLUMN @extschema@.product_variants.price IS 'Price per unit, in major units of the listing''s currency.';
COMMENT ON COLUMN @extschema@.product_variants.quantity IS 'Units in stock.';
COMMENT ON COLUMN @extschema@.product_variants.seller_id IS
    'Seller of the listing, set by a trigger; SKUs are unique per seller.';

CREATE OR REPLACE TRIGGER check_variant_terms
    AFTER INSERT ON @extschema@.product_variants
    FOR EACH ROW EXECUTE FUNCTION private.check_variant_terms();

CREATE OR REPLACE TRIGGER check_changed_variant_terms
    AFTER UPDATE ON @extschema@.product_variants
    FOR EACH ROW WHEN (
        OLD.price IS DISTINCT FROM NEW.price
        OR OLD.listing_id IS DISTINCT FROM NEW.listing_id
    ) EXECUTE FUNCTION private.check_variant_terms();

CREATE OR REPLACE TRIGGER set_variant_seller
    BEFORE INSERT ON @extschema@.product_variants
    FOR EACH ROW EXECUTE FUNCTION private.set_variant_seller();

CREATE OR REPLACE TRIGGER set_changed_variant_seller
    BEFORE UPDATE ON @extschema@.product_variants
    FOR EACH ROW WHEN (
        OLD.listing_id IS DISTINCT FROM NEW.listing_id
        OR OLD.seller_id IS DISTINCT FROM NEW.seller_id
    ) EXECUTE FUNCTION private.set_variant_seller();

-- For a listing without variants guard_listing() does it.
CREATE OR REPLACE TRIGGER restock_listing_by_new
    AFTER INSERT ON @extschema@.product_variants
    FOR EACH ROW WHEN (NEW.is_active AND NEW.quantity > 0) EXECUTE FUNCTION private.restock_listing();

CREATE OR REPLACE TRIGGER restock_listing_by_more
    AFTER UPDATE ON @extschema@.product_variants
    FOR EACH ROW WHEN (NEW.is_active AND NEW.quantity > 0 AND (NEW.quantity > OLD.quantity OR OLD.is_active IS NOT TRUE))
    EXECUTE FUNCTION private.restock_listing();

-- Active ones only, as the name says: the reference showed the others too.
DROP POLICY IF EXISTS "Anyone can view active variants" ON @extschema@.product_variants;
CREATE POLICY "Anyone can view active variants" ON @extschema@.product_variants
    FOR SELECT TO anon
    USING (
        is_active
        AND EXISTS (
            SELECT FROM @extschema@.listings AS listing
            WHERE listing.id = product_variants.listing_id
              AND listing.status::text IN ('active', 'sold', 'reserved')
        )
    );

DROP POLICY IF EXISTS "Signed-in users can view active variants and their own" ON @extschema@.product_variants;
CREATE POLICY "Signed-in users can view active variants and their own" ON @extschema@.product_variants
    FOR SELECT TO authenticated
    USING (
        seller_id = (SELECT auth.uid())
        OR (is_active AND EXISTS (
            SELECT FROM @extschema@.listings AS listing
            WHERE listing.id = product_variants.listing_id
              AND listing.status::text IN ('active', 'sold', 'reserved')
        ))
        OR id >= private.ids_from('moderator')
    );

-- seller_id is the listing's seller, by trigger and foreign key: no look at the listing is needed.
DROP POLICY IF EXISTS "Sellers can manage their variants" ON @extschema@.product_variants;
CREATE POLICY "Sellers can manage their variants" ON @extschema@.product_variants
    FOR INSERT TO authenticated
    WITH CHECK (seller_id = (SELECT auth.uid()) AND (SELECT private.require_trader()) AND (SELECT private.require_guard('product_variants')));

DROP POLICY IF EXISTS "Sellers can update their variants" ON @extschema@.product_variants;
CREATE POLICY "Sellers can update their variants" ON @extschema@.product_variants
    FOR UPDATE TO authenticated
    USING (seller_id = (SELECT auth.uid()))
    WITH CHECK (seller_id = (SELECT auth.uid()) AND (SELECT private.require_trader()) AND (SELECT private.require_guard('product_variants')));

DROP POLICY IF EXISTS "Sellers can remove their variants" ON @extschema@.product_variants;
CREATE POLICY "Sellers can remove their variants" ON @extschema@.product_variants
    FOR DELETE TO authenticated
    USING (seller_id = (SELECT auth.uid()));

-- favorites

COMMENT ON TABLE @extschema@.favorites IS 'Listings that a user has favorited, visible to that user only.';
COMMENT ON COLUMN @extschema@.favorites.price_seen IS
    'Price of the listing when it was favorited, or a lower one of which the user was told since. It is told of prices at '
    'least 5 percent below.';
COMMENT ON COLUMN @extschema@.favorites.currency_seen IS 'Currency of price_seen.';

CREATE OR REPLACE TRIGGER note_price_seen
    BEFORE INSERT ON @extschema@.favorites
    FOR EACH ROW EXECUTE FUNCTION private.note_price_seen();

CREATE OR REPLACE TRIGGER count_added_favorites
    AFTER INSERT ON @extschema@.favorites
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_favorites();

CREATE OR REPLACE TRIGGER count_changed_favorites
    AFTER UPDATE ON @extschema@.favorites
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_favorites();

CREATE OR REPLACE TRIGGER count_removed_favorites
    AFTER DELETE ON @extschema@.favorites
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_favorites();

DROP POLICY IF EXISTS "Users can view their favorites" ON @extschema@.favorites;
CREATE POLICY "Users can view their favorites" ON @extschema@.favorites
    FOR SELECT TO authenticated
    USING (user_id = private.caller_id());

-- Of listings that the user can see.
DROP POLICY IF EXISTS "Users can manage their favorites" ON @extschema@.favorites;
CREATE POLICY "Users can manage their favorites" ON @extschema@.favorites
    FOR INSERT TO authenticated
    WITH CHECK (
        user_id = (SELECT auth.uid())
        AND EXISTS (
            SELECT FROM @extschema@.listings AS listing
            WHERE listing.id = favorites.listing_id
        )
        AND (SELECT private.require_guard('favorites'))
    );

-- No column is granted (rights.sql): what PostgREST makes of an upsert updates the row that is there, to what it is.
DROP POLICY IF EXISTS "Users can upsert their favorites" ON @extschema@.favorites;
CREATE POLICY "Users can upsert their favorites" ON @extschema@.favorites
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('favorites')));

DROP POLICY IF EXISTS "Users can remove their favorites" ON @extschema@.favorites;
CREATE POLICY "Users can remove their favorites" ON @extschema@.favorites
    FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- listing_conditions

COMMENT ON TABLE @extschema@.listing_conditions IS
    'Conditions that applications offer for listings; a listing can have other text.';
COMMENT ON COLUMN @extschema@.listing_conditions.code IS 'Value of listings.condition.';

DROP POLICY IF EXISTS "Anyone can view conditions" ON @extschema@.listing_conditions;
CREATE POLICY "Anyone can view conditions" ON @extschema@.listing_conditions
    FOR SELECT TO anon, authenticated
    USING (true);

-- listing_drafts

COMMENT ON TABLE @extschema@.listing_drafts IS
    'Unfinished forms of new listings, one for each user, visible to that user only.';
COMMENT ON COLUMN @extschema@.listing_drafts.form_data IS 'What the form holds, as the application keeps it; a JSON object.';

CREATE OR REPLACE TRIGGER update_listing_drafts_updated_at
    BEFORE UPDATE ON @extschema@.listing_drafts
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view own draft" ON @extschema@.listing_drafts;
CREATE POLICY "Users can view own draft" ON @extschema@.listing_drafts
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

DROP POLICY IF EXISTS "Users can save own draft" ON @extschema@.listing_drafts;
CREATE POLICY "Users can save own draft" ON @extschema@.listing_drafts
    FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('listing_drafts')));

DROP POLICY IF EXISTS "Users can update own draft" ON @extschema@.listing_drafts;
CREATE POLICY "Users can update own draft" ON @extschema@.listing_drafts
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('listing_drafts')));

DROP POLICY IF EXISTS "Users can remove own draft" ON @extschema@.listing_drafts;
CREATE POLICY "Users can remove own draft" ON @extschema@.listing_drafts
    FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));
