-- Cart: one for each user.

-- shopping_carts

COMMENT ON TABLE @extschema@.shopping_carts IS 'Carts of users; get_or_create_cart() replaces an expired cart.';
COMMENT ON COLUMN @extschema@.shopping_carts.claim_hash IS
    'SHA-256 of the code of create_cart_claim(), with which merge_cart() takes the cart over once; valid until claim_expires_at.';

CREATE OR REPLACE TRIGGER update_shopping_carts_updated_at
    BEFORE UPDATE ON @extschema@.shopping_carts
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view their own cart" ON @extschema@.shopping_carts;
CREATE POLICY "Users can view their own cart" ON @extschema@.shopping_carts
    FOR SELECT TO authenticated
    USING (user_id = private.caller_id());

DROP POLICY IF EXISTS "Users can create their own cart" ON @extschema@.shopping_carts;
CREATE POLICY "Users can create their own cart" ON @extschema@.shopping_carts
    FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('shopping_carts')));

-- No column is granted: the only one to change is the expiry, which a user would never let come.
DROP POLICY IF EXISTS "Users can update their own cart" ON @extschema@.shopping_carts;
CREATE POLICY "Users can update their own cart" ON @extschema@.shopping_carts
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('shopping_carts')));

-- cart_items

COMMENT ON COLUMN @extschema@.cart_items.is_picked_up IS
    'Whether the buyer wants to pick the item up: set_cart_pickup().';
COMMENT ON TABLE @extschema@.cart_items IS 'Cart items; at most one per listing and variant.';

-- The functions of driplo refuse one more themselves.
CREATE OR REPLACE TRIGGER guard_cart_line
    BEFORE INSERT ON @extschema@.cart_items
    FOR EACH ROW EXECUTE FUNCTION private.guard_cart_line();

DROP POLICY IF EXISTS "Users can view their cart items" ON @extschema@.cart_items;
CREATE POLICY "Users can view their cart items" ON @extschema@.cart_items
    FOR SELECT TO authenticated
    USING (private.is_own_cart(cart_id));

-- What can be bought: in the reference drafts, inactive variants and one's own things could be put in. Into a cart
-- whose time is over, where it would go unseen: get_or_create_cart() replaces it, add_to_cart() does so itself.
-- It looks at what the user can see of {buying_problem} (src/api/catalog/sellable.hpp); what else is in the way of a
-- line, cart_contents() says and checkout() refuses.
DROP POLICY IF EXISTS "Users can manage their cart items" ON @extschema@.cart_items;
CREATE POLICY "Users can manage their cart items" ON @extschema@.cart_items
    FOR INSERT TO authenticated
    WITH CHECK (
        EXISTS (
            SELECT FROM @extschema@.shopping_carts AS cart
            WHERE cart.id = cart_items.cart_id
              AND cart.user_id = (SELECT auth.uid())
              AND (cart.expires_at IS NULL OR cart.expires_at > now())
        )
        -- no EXISTS: the server could ask about the sellers of all listings at once, and of one that the user has blocked
        -- may_contact() raises an error
        AND COALESCE((
            SELECT private.may_contact(listing.seller_id, false)
            FROM @extschema@.listings AS listing
            WHERE listing.id = cart_items.listing_id
              AND listing.status::text = 'active'
              AND listing.seller_id <> (SELECT auth.uid())
        ), false)
        AND (
            variant_id IS NULL
            OR EXISTS (
                SELECT FROM @extschema@.product_variants AS variant
                WHERE variant.id = cart_items.variant_id
                  AND variant.is_active
            )
        )
        AND (SELECT private.require_guard('cart_items'))
    );

-- Only the quantity (rights.sql), also of a line whose listing is no longer for sale.
DROP POLICY IF EXISTS "Users can update their cart items" ON @extschema@.cart_items;
CREATE POLICY "Users can update their cart items" ON @extschema@.cart_items
    FOR UPDATE TO authenticated
    USING (cart_id = ANY ((SELECT private.own_carts())::uuid[]))
    WITH CHECK (EXISTS (
        SELECT FROM @extschema@.shopping_carts AS cart
        WHERE cart.id = cart_items.cart_id
          AND cart.user_id = (SELECT auth.uid())
    ) AND (SELECT private.require_guard('cart_items')));

DROP POLICY IF EXISTS "Users can remove their cart items" ON @extschema@.cart_items;
CREATE POLICY "Users can remove their cart items" ON @extschema@.cart_items
    FOR DELETE TO authenticated
    USING (cart_id = ANY ((SELECT private.own_carts())::uuid[]));
