-- Promotions: coupons and their uses.

COMMENT ON TYPE @extschema@.discount_type IS 'How a coupon reduces the price.';
COMMENT ON TYPE @extschema@.promotion_target IS 'What a coupon is for.';

-- coupons

COMMENT ON TABLE @extschema@.coupons IS 'Coupons of sellers, and coupons of the platform, whose seller_id is NULL.';
COMMENT ON COLUMN @extschema@.coupons.discount_value IS
    'Percentage for type percentage, or amount in major units of currency for fixed_amount.';
COMMENT ON COLUMN @extschema@.coupons.minimum_purchase IS
    'Minimum total price of the matching items of a checkout before any discount, in major units of currency.';
COMMENT ON COLUMN @extschema@.coupons.maximum_discount IS 'Maximum discount per use, in major units of currency.';
COMMENT ON COLUMN @extschema@.coupons.currency IS
    'Currency of the amounts, driplo.coupon_currency by default; the coupon applies only to items in this '
    'currency. NULL if the coupon has no amounts; it then applies to items in any currency, each currency '
    'separately.';
COMMENT ON COLUMN @extschema@.coupons.total_discount_currency IS
    'Currency of total_discount_given: that of the first use. Uses in other currencies are only in coupon_usage.';
COMMENT ON COLUMN @extschema@.coupons.usage_count IS
    'Number of successful uses, maintained by a trigger on coupon_usage.';
COMMENT ON COLUMN @extschema@.coupons.total_discount_given IS
    'Total discount of the successful uses in total_discount_currency, in major units; maintained by a trigger on '
    'coupon_usage.';
COMMENT ON COLUMN @extschema@.coupons.user_ids IS
    'Users who may use the coupon, at most 10000; empty if all users may.';
COMMENT ON COLUMN @extschema@.coupons.is_public IS
    'Whether everyone can see the coupon while it is valid. Otherwise only its seller and staff can see it, and '
    'users who know the code can use it.';
COMMENT ON COLUMN @extschema@.coupons.get_category_ids IS
    'For type buy_x_get_y: categories, with their subcategories, of the items that are free. If neither this nor '
    'get_listing_ids is set, the free items are among those that are bought.';
COMMENT ON COLUMN @extschema@.coupons.get_listing_ids IS
    'For type buy_x_get_y: listings of the items that are free.';
COMMENT ON COLUMN @extschema@.coupons.created_by IS
    'User who created the coupon, set by the database. Staff cannot use platform coupons that they have created '
    'or changed.';

CREATE OR REPLACE TRIGGER update_coupons_updated_at
    BEFORE UPDATE ON @extschema@.coupons
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

-- Not for the counters, which each use writes.
CREATE OR REPLACE TRIGGER complete_coupon
    BEFORE INSERT ON @extschema@.coupons
    FOR EACH ROW EXECUTE FUNCTION private.complete_coupon();

-- Column by column: the server keeps a comparison of rows as nested ORs, and what a dump restores of those is another text.
CREATE OR REPLACE TRIGGER complete_changed_coupon
    BEFORE UPDATE ON @extschema@.coupons
    FOR EACH ROW WHEN (
        OLD.code IS DISTINCT FROM NEW.code
        OR OLD.name IS DISTINCT FROM NEW.name
        OR OLD.description IS DISTINCT FROM NEW.description
        OR OLD.discount_type IS DISTINCT FROM NEW.discount_type
        OR OLD.discount_value IS DISTINCT FROM NEW.discount_value
        OR OLD.minimum_purchase IS DISTINCT FROM NEW.minimum_purchase
        OR OLD.maximum_discount IS DISTINCT FROM NEW.maximum_discount
        OR OLD.buy_quantity IS DISTINCT FROM NEW.buy_quantity
        OR OLD.get_quantity IS DISTINCT FROM NEW.get_quantity
        OR OLD.usage_limit IS DISTINCT FROM NEW.usage_limit
        OR OLD.usage_limit_per_user IS DISTINCT FROM NEW.usage_limit_per_user
        OR OLD.valid_from IS DISTINCT FROM NEW.valid_from
        OR OLD.valid_until IS DISTINCT FROM NEW.valid_until
        OR OLD.is_active IS DISTINCT FROM NEW.is_active
        OR OLD.target_type IS DISTINCT FROM NEW.target_type
        OR OLD.category_ids IS DISTINCT FROM NEW.category_ids
        OR OLD.listing_ids IS DISTINCT FROM NEW.listing_ids
        OR OLD.excluded_listing_ids IS DISTINCT FROM NEW.excluded_listing_ids
        OR OLD.new_users_only IS DISTINCT FROM NEW.new_users_only
        OR OLD.user_ids IS DISTINCT FROM NEW.user_ids
        OR OLD.minimum_account_age_days IS DISTINCT FROM NEW.minimum_account_age_days
        OR OLD.can_stack IS DISTINCT FROM NEW.can_stack
        OR OLD.currency IS DISTINCT FROM NEW.currency
        OR OLD.is_public IS DISTINCT FROM NEW.is_public
        OR OLD.get_category_ids IS DISTINCT FROM NEW.get_category_ids
        OR OLD.get_listing_ids IS DISTINCT FROM NEW.get_listing_ids
    ) EXECUTE FUNCTION private.complete_coupon();

-- And AFTER: a BEFORE trigger of a shop's may still have changed what the coupon is worth, and for whom.
CREATE OR REPLACE TRIGGER check_coupon
    AFTER INSERT ON @extschema@.coupons
    FOR EACH ROW EXECUTE FUNCTION private.complete_coupon();

CREATE OR REPLACE TRIGGER check_changed_coupon
    AFTER UPDATE ON @extschema@.coupons
    FOR EACH ROW WHEN (
        OLD.discount_type IS DISTINCT FROM NEW.discount_type
        OR OLD.discount_value IS DISTINCT FROM NEW.discount_value
        OR OLD.minimum_purchase IS DISTINCT FROM NEW.minimum_purchase
        OR OLD.maximum_discount IS DISTINCT FROM NEW.maximum_discount
        OR OLD.currency IS DISTINCT FROM NEW.currency
        OR OLD.user_ids IS DISTINCT FROM NEW.user_ids
    ) EXECUTE FUNCTION private.complete_coupon();

CREATE OR REPLACE TRIGGER record_staff_change
    AFTER INSERT OR DELETE ON @extschema@.coupons
    FOR EACH ROW EXECUTE FUNCTION private.record_staff_change('coupon');

CREATE OR REPLACE TRIGGER record_staff_change_of_terms
    AFTER UPDATE ON @extschema@.coupons
    FOR EACH ROW WHEN (
        OLD.code IS DISTINCT FROM NEW.code
        OR OLD.name IS DISTINCT FROM NEW.name
        OR OLD.description IS DISTINCT FROM NEW.description
        OR OLD.discount_type IS DISTINCT FROM NEW.discount_type
        OR OLD.discount_value IS DISTINCT FROM NEW.discount_value
        OR OLD.minimum_purchase IS DISTINCT FROM NEW.minimum_purchase
        OR OLD.maximum_discount IS DISTINCT FROM NEW.maximum_discount
        OR OLD.buy_quantity IS DISTINCT FROM NEW.buy_quantity
        OR OLD.get_quantity IS DISTINCT FROM NEW.get_quantity
        OR OLD.usage_limit IS DISTINCT FROM NEW.usage_limit
        OR OLD.usage_limit_per_user IS DISTINCT FROM NEW.usage_limit_per_user
        OR OLD.valid_from IS DISTINCT FROM NEW.valid_from
        OR OLD.valid_until IS DISTINCT FROM NEW.valid_until
        OR OLD.is_active IS DISTINCT FROM NEW.is_active
        OR OLD.target_type IS DISTINCT FROM NEW.target_type
        OR OLD.category_ids IS DISTINCT FROM NEW.category_ids
        OR OLD.listing_ids IS DISTINCT FROM NEW.listing_ids
        OR OLD.excluded_listing_ids IS DISTINCT FROM NEW.excluded_listing_ids
        OR OLD.new_users_only IS DISTINCT FROM NEW.new_users_only
        OR OLD.user_ids IS DISTINCT FROM NEW.user_ids
        OR OLD.minimum_account_age_days IS DISTINCT FROM NEW.minimum_account_age_days
        OR OLD.can_stack IS DISTINCT FROM NEW.can_stack
        OR OLD.currency IS DISTINCT FROM NEW.currency
        OR OLD.is_public IS DISTINCT FROM NEW.is_public
        OR OLD.get_category_ids IS DISTINCT FROM NEW.get_category_ids
        OR OLD.get_listing_ids IS DISTINCT FROM NEW.get_listing_ids
    ) EXECUTE FUNCTION private.record_staff_change('coupon');

-- Offers to everybody. Any other coupon is not shown around: the code is the key to it, for whom it was given to.
DROP POLICY IF EXISTS "Anyone can view active coupons" ON @extschema@.coupons;
CREATE POLICY "Anyone can view active coupons" ON @extschema@.coupons
    FOR SELECT TO anon
    USING (
        is_public
        AND is_active
        AND (valid_from IS NULL OR valid_from <= now())
        AND (valid_until IS NULL OR valid_until >= now())
        AND coalesce(user_ids, '{}') = '{}'
        AND new_users_only IS NOT TRUE
    );

DROP POLICY IF EXISTS "Signed-in users can view active coupons and their own" ON @extschema@.coupons;
CREATE POLICY "Signed-in users can view active coupons and their own" ON @extschema@.coupons
    FOR SELECT TO authenticated
    USING (
        seller_id = (SELECT auth.uid())
        OR created_by = (SELECT auth.uid())
        OR (
            is_public
            AND is_active
            AND (valid_from IS NULL OR valid_from <= now())
            AND (valid_until IS NULL OR valid_until >= now())
            AND coalesce(user_ids, '{}') = '{}'
            AND new_users_only IS NOT TRUE
        )
        OR (SELECT private.caller_role()) = 'admin'
    );

-- One's own as the seller; the platform's, without a seller, are the admins'. In the reference created_by alone
-- was enough, which made every user the author of coupons in anybody's name.
DROP POLICY IF EXISTS "Sellers can manage their coupons" ON @extschema@.coupons;
CREATE POLICY "Sellers can manage their coupons" ON @extschema@.coupons
    FOR INSERT TO authenticated
    WITH CHECK (
        (created_by IS NULL OR created_by = (SELECT auth.uid()))
        AND (
            (seller_id = (SELECT auth.uid()) AND (SELECT private.require_trader()))
            OR (seller_id IS NULL AND (SELECT private.caller_role()) = 'admin')
        )
        AND (SELECT private.require_guard('coupons'))
    );

DROP POLICY IF EXISTS "Sellers can update their coupons" ON @extschema@.coupons;
CREATE POLICY "Sellers can update their coupons" ON @extschema@.coupons
    FOR UPDATE TO authenticated
    USING (
        seller_id = (SELECT auth.uid())
        OR (seller_id IS NULL AND (SELECT private.caller_role()) = 'admin')
    )
    WITH CHECK (
        (
            (seller_id = (SELECT auth.uid()) AND (SELECT private.require_trader()))
            OR (seller_id IS NULL AND (SELECT private.caller_role()) = 'admin')
        )
        AND (SELECT private.require_guard('coupons'))
    );

-- keep_used_coupon() keeps what was used, and refuses who is suspended, with words.
DROP POLICY IF EXISTS "Sellers can remove their coupons" ON @extschema@.coupons;
CREATE POLICY "Sellers can remove their coupons" ON @extschema@.coupons
    FOR DELETE TO authenticated
    USING (
        seller_id = (SELECT auth.uid())
        OR (seller_id IS NULL AND (SELECT private.caller_role()) = 'admin')
    );

-- coupon_usage

COMMENT ON TABLE @extschema@.coupon_usage IS 'Uses of coupons by users and orders; unsuccessful uses do not count.';
COMMENT ON COLUMN @extschema@.coupon_usage.checkout_id IS
    'Checkout. All rows of the same coupon and checkout are one use.';
COMMENT ON COLUMN @extschema@.coupon_usage.counts IS
    'Whether this row is the one that counts as the use of its checkout.';
COMMENT ON COLUMN @extschema@.coupon_usage.discount_amount IS 'Discount, in major units of the order''s currency.';

-- Every column that changes what is counted where, not is_successful alone.
CREATE OR REPLACE TRIGGER count_coupon_use
    AFTER INSERT OR DELETE ON @extschema@.coupon_usage
    FOR EACH ROW EXECUTE FUNCTION private.count_coupon_use();

CREATE OR REPLACE TRIGGER count_changed_coupon_use
    AFTER UPDATE ON @extschema@.coupon_usage
    FOR EACH ROW WHEN (
        OLD.is_successful IS DISTINCT FROM NEW.is_successful
        OR OLD.coupon_id IS DISTINCT FROM NEW.coupon_id
        OR OLD.user_id IS DISTINCT FROM NEW.user_id
        OR OLD.discount_amount IS DISTINCT FROM NEW.discount_amount
    ) EXECUTE FUNCTION private.count_coupon_use();

DROP POLICY IF EXISTS "Users can view own coupon usage" ON @extschema@.coupon_usage;
CREATE POLICY "Users can view own coupon usage" ON @extschema@.coupon_usage
    FOR SELECT TO authenticated
    USING (
        user_id = (SELECT auth.uid())
        OR id >= private.ids_from('admin')
    );
