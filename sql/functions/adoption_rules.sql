-- Moving in, the rows: what driplo's constraints and checks do not allow is repaired by these rules, one after the other, before there
-- are constraints. A rule is data: which rows, and what they become. docs/moving-in.md tells the same in words.

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopted_currency(currency text) RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    -- what most listings are sold in stands for what is no currency
    SELECT CASE WHEN private.smallest_unit(upper(btrim(coalesce(currency, '')))) IS NOT NULL THEN upper(btrim(currency))
                ELSE coalesce((SELECT upper(btrim(l.currency::text)) FROM @extschema@.listings l
                                WHERE private.smallest_unit(upper(btrim(coalesce(l.currency::text, '')))) IS NOT NULL
                                GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1),
                              current_setting('driplo.coupon_currency', true), 'USD') END
$function$;
COMMENT ON FUNCTION private.adopted_currency(text) IS
    'Returns the currency in upper case; for what is not a currency, the one of most listings.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopted_amount(amount numeric, currency text) RETURNS numeric
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT round(round(amount * 100 / private.smallest_unit(currency)) * private.smallest_unit(currency) / 100, 2)
$function$;
COMMENT ON FUNCTION private.adopted_amount(numeric, text) IS
    'Returns the amount rounded to the smallest unit of the currency.';

-- A condition and assignments are SQL over the row, r. Without assignments the row is removed. What is counted from other rows
-- (is_derived) is not recorded. Without a condition it is a place in the sequence, for what is more than a rule.
-- rights: owner
CREATE OR REPLACE FUNCTION private.adoption_rules()
    RETURNS TABLE (number integer, on_table text, condition text, assignments text, note text, is_derived boolean)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    VALUES
        -- of what nobody counted nothing is for sale
        (10, 'listings', $$r.quantity IS NULL$$, $$quantity = 0$$, 'Missing quantity set to zero.', false),
        (20, 'product_variants', $$r.quantity IS NULL$$, $$quantity = 0$$, 'Missing quantity set to zero.', false),
        (90, 'defaults', NULL, NULL, NULL, true),
        -- accounts
        (100, 'profiles', $$EXISTS (SELECT FROM auth.users u WHERE u.id = r.id AND r.email::text IS DISTINCT FROM CASE WHEN length(u.email::text) BETWEEN 1 AND 255 THEN u.email::text END)$$,
            $$email = (SELECT CASE WHEN length(u.email::text) BETWEEN 1 AND 255 THEN u.email::text END FROM auth.users u WHERE u.id = r.id)$$,
            'E-mail address taken from auth.users.', true),
        (110, 'profiles', $$r.role IS NULL$$, $$role = 'user'$$, 'Role set to user.', false),
        (120, 'profiles', $$(r.is_admin IS TRUE) <> (r.role = 'admin')$$, $$is_admin = (r.role = 'admin')$$, 'is_admin set by the role.', false),
        (130, 'profiles', $$(r.setup_completed IS NOT TRUE OR r.setup_completed_at IS NULL)
            AND r.id IN (SELECT s.user_id FROM @extschema@.profile_setup_progress s WHERE s.completed AND s.step_name IN ('avatar_selected', 'profile_info_completed')
                          GROUP BY s.user_id HAVING count(*) = 2)$$,
            $$setup_completed = true, setup_completed_at = coalesce(r.setup_completed_at, (SELECT max(s.completed_at) FROM @extschema@.profile_setup_progress s WHERE s.user_id = r.id), now())$$,
            'Setup completed, as both required steps are.', false),
        (140, 'active_user_sessions', $$r.id IS NULL OR EXISTS (SELECT FROM @extschema@.active_user_sessions o WHERE o.id = r.id AND o.ctid < r.ctid)$$,
            $$id = gen_random_uuid()$$, 'New ID for a session without one, or with the ID of another.', true),
        (150, 'active_user_sessions', $$r.user_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = r.user_id)$$,
            $$user_id = NULL, username = NULL$$, 'User removed from sessions of deleted users.', false),
        (160, 'shipping_addresses', $$r.country_code::text !~ '^[A-Z]{2}$'$$,
            $$country_code = CASE WHEN upper(btrim(r.country_code::text)) ~ '^[A-Z]{2}$' THEN upper(btrim(r.country_code::text)) ELSE 'ZZ' END$$,
            'Country code in upper case; ZZ for what is not a code.', false),
        (170, 'shipping_addresses', $$r.is_default AND EXISTS (SELECT FROM @extschema@.shipping_addresses o WHERE o.user_id = r.user_id AND o.is_default
            AND (coalesce(o.updated_at, o.created_at, '-infinity'), o.id) > (coalesce(r.updated_at, r.created_at, '-infinity'), r.id))$$,
            $$is_default = false$$, 'Of several default addresses, the one changed last stays the default.', false),
        (180, 'payment_methods', $$r.is_default AND EXISTS (SELECT FROM @extschema@.payment_methods o WHERE o.user_id = r.user_id AND o.is_default
            AND (coalesce(o.created_at, '-infinity'), o.id) > (coalesce(r.created_at, '-infinity'), r.id))$$,
            $$is_default = false$$, 'Of several default payment methods, the newest stays the default.', false),
        (190, 'payment_methods', $$r.last4::text !~ '^[0-9]{4}$' OR r.exp_month NOT BETWEEN 1 AND 12 OR r.exp_year NOT BETWEEN 2000 AND 2100$$,
            $$last4 = substring(r.last4::text FROM '^[0-9]{4}$'), exp_month = CASE WHEN r.exp_month BETWEEN 1 AND 12 THEN r.exp_month END,
              exp_year = CASE WHEN r.exp_year BETWEEN 2000 AND 2100 THEN r.exp_year WHEN r.exp_year BETWEEN 0 AND 99 THEN r.exp_year + 2000 END$$,
            'Digits, months, and years that a card cannot have removed; years of two digits completed.', false),
        (200, 'brand_verification_requests', $$btrim(r.brand_name) = '' OR r.verification_status IS NULL$$,
            $$brand_name = CASE WHEN btrim(r.brand_name) = '' THEN 'Unnamed' ELSE r.brand_name END, verification_status = coalesce(r.verification_status, 'pending')$$,
            'Brand without a name named Unnamed; missing status set to pending.', false),
        (210, 'social_media_accounts', $$r.followers_count < 0$$, $$followers_count = 0$$, 'Counts below zero set to zero.', false),
        (220, 'user_stats_summary', $$r.response_rate NOT BETWEEN 0 AND 100 OR r.response_time_hours < 0 OR r.ship_time_hours < 0$$,
            $$response_rate = CASE WHEN r.response_rate BETWEEN 0 AND 100 THEN r.response_rate END,
              response_time_hours = CASE WHEN r.response_time_hours >= 0 THEN r.response_time_hours END, ship_time_hours = CASE WHEN r.ship_time_hours >= 0 THEN r.ship_time_hours END$$,
            'Rates and hours outside of their range removed.', false),
        -- columns that the application has added, and this version has too
        (230, 'profiles', $$r.account_status IN ('suspended', 'banned', 'blocked') AND r.suspended_at IS NULL OR r.account_status = 'deleted' AND r.deleted_at IS NULL$$,
            $$suspended_at = CASE WHEN r.account_status IN ('suspended', 'banned', 'blocked') THEN coalesce(r.suspended_at, r.updated_at, now()) ELSE r.suspended_at END,
              deleted_at = CASE WHEN r.account_status = 'deleted' THEN coalesce(r.deleted_at, r.updated_at, now()) ELSE r.deleted_at END$$,
            'Suspended or deleted, as account_status said.', false),
        (240, 'profiles', $$r.website !~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$' OR jsonb_typeof(r.social_links) <> 'object' OR jsonb_typeof(r.privacy_settings) <> 'object'
            OR r.language_preference !~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$'$$,
            $$website = CASE WHEN r.website ~* '^((https?://)?[^[:space:]:/?#]+(:[0-9]{1,5})?([/?#][^[:space:]]*)?)?$' THEN r.website END,
              social_links = CASE WHEN jsonb_typeof(r.social_links) = 'object' THEN r.social_links END, privacy_settings = CASE WHEN jsonb_typeof(r.privacy_settings) = 'object' THEN r.privacy_settings END,
              language_preference = CASE WHEN r.language_preference ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$' THEN r.language_preference END$$,
            'Websites, languages, and settings that are none removed.', false),
        -- catalog
        (300, 'categories', $$r.id IN (
            WITH RECURSIVE walk (start, id, path) AS (
                SELECT c.id, c.parent_id, ARRAY[c.id] FROM @extschema@.categories c WHERE c.parent_id IS NOT NULL
                UNION ALL
                SELECT w.start, c.parent_id, w.path || c.id FROM walk w JOIN @extschema@.categories c ON c.id = w.id
                 WHERE c.parent_id IS NOT NULL AND NOT c.id = ANY (w.path))
            SELECT w.start FROM walk w WHERE w.id = w.start AND w.start <= ALL (w.path))$$,
            $$parent_id = NULL$$, 'A category that was below itself is now a root.', false),
        (310, 'listings', $$private.smallest_unit(coalesce(r.currency::text, '')) IS NULL$$,
            $$currency = private.adopted_currency(r.currency::text),
              status = CASE WHEN r.status::text = 'active' AND r.currency IS NOT NULL AND private.smallest_unit(upper(btrim(r.currency::text))) IS NULL THEN 'archived' ELSE r.status END$$,
            'Currency in upper case. What is not a currency became that of most listings, and the listing is archived until its seller looks at the price.', false),
        (320, 'listings', $$r.price < 0 OR r.price * 100 % private.smallest_unit(r.currency::text) <> 0$$,
            $$price = greatest(private.adopted_amount(r.price, r.currency::text), 0)$$, 'Price rounded to the smallest unit of the currency.', false),
        (330, 'product_variants', $$EXISTS (SELECT FROM @extschema@.listings l WHERE l.id = r.listing_id AND r.price * 100 % private.smallest_unit(l.currency::text) <> 0)$$,
            $$price = private.adopted_amount(r.price, (SELECT l.currency::text FROM @extschema@.listings l WHERE l.id = r.listing_id))$$,
            'Price rounded to the smallest unit of the currency.', false),
        (340, 'product_variants', $$r.seller_id IS DISTINCT FROM (SELECT l.seller_id FROM @extschema@.listings l WHERE l.id = r.listing_id)$$, $$seller_id = (SELECT l.seller_id FROM @extschema@.listings l WHERE l.id = r.listing_id)$$, 'Seller taken from the listing.', true),
        (350, 'listings', $$r.view_count < 0$$, $$view_count = 0$$, 'Counts below zero set to zero.', false),
        (370, 'listings', $$coalesce(r.status::text, '') NOT IN ('draft', 'active', 'reserved', 'sold', 'archived', 'removed', 'deleted')$$,
            $$status = CASE WHEN r.status IS NULL THEN 'draft'
                            WHEN lower(btrim(r.status::text)) IN ('draft', 'active', 'reserved', 'sold', 'archived', 'removed', 'deleted') THEN lower(btrim(r.status::text))
                            ELSE 'archived' END$$,
            'Status that is not one of the set: archived, or draft if there was none.', false),
        (380, 'listings', $$r.status::text = 'reserved' AND NOT EXISTS (SELECT FROM @extschema@.order_items i JOIN @extschema@.orders o ON o.id = i.order_id
            WHERE i.listing_id = r.id AND o.status NOT IN ('cancelled', 'refunded'))$$,
            $$status = 'archived'$$, 'Reserved without an order: archived until the seller publishes it again.', false),
        (390, 'listings', $$r.status::text = 'sold' AND EXISTS (SELECT FROM @extschema@.order_items i JOIN @extschema@.orders o ON o.id = i.order_id
            WHERE i.listing_id = r.id AND private.is_unpaid(o.status::text))$$,
            $$status = 'reserved'$$, 'Sold, but an order has not been paid: reserved.', false),
        (400, 'listings', $$r.status::text IN ('reserved', 'sold') AND r.quantity > 0 AND NOT EXISTS (SELECT FROM @extschema@.product_variants v WHERE v.listing_id = r.id)$$,
            $$quantity = 0$$, 'Quantity of reserved and sold listings set to zero.', false),
        (410, 'listings', $$r.status::text = 'active' AND r.published_at IS NULL$$, $$published_at = coalesce(r.created_at, now())$$,
            'Active listings are published since they were created.', true),
        (420, 'listings', $$r.shipping_cost IS NOT NULL AND jsonb_typeof(r.shipping_info -> 'cost') IS DISTINCT FROM 'number'$$,
            $$shipping_info = CASE WHEN r.shipping_cost >= 0 THEN CASE WHEN jsonb_typeof(r.shipping_info) = 'object' THEN r.shipping_info ELSE '{}' END
                  || jsonb_build_object('cost', private.adopted_amount(r.shipping_cost, r.currency::text)) ELSE r.shipping_info END,
              shipping_cost = CASE WHEN r.shipping_cost >= 0 THEN private.adopted_amount(r.shipping_cost, r.currency::text) END$$,
            'Shipping cost written to shipping_info too; one below zero removed.', false),
        (430, 'listings', $$r.subcategory_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.categories c WHERE c.id = r.subcategory_id AND c.parent_id = r.category_id)$$,
            $$category_id = coalesce((SELECT c.parent_id FROM @extschema@.categories c WHERE c.id = r.subcategory_id), r.category_id),
              subcategory_id = (SELECT c.id FROM @extschema@.categories c WHERE c.id = r.subcategory_id AND c.parent_id IS NOT NULL)$$,
            'The category is the one above the subcategory; a subcategory that is below none removed.', false),
        -- cart
        (500, 'cart_items', $$r.variant_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.product_variants v WHERE v.id = r.variant_id AND v.listing_id = r.listing_id)$$,
            NULL, 'Removed: the variant belongs to another listing.', false),
        (510, 'cart_items', $$r.variant_id IS NULL AND EXISTS (SELECT FROM @extschema@.cart_items o WHERE o.cart_id = r.cart_id AND o.listing_id = r.listing_id AND o.variant_id IS NULL AND o.id <> r.id)
            AND NOT EXISTS (SELECT FROM @extschema@.cart_items o WHERE o.cart_id = r.cart_id AND o.listing_id = r.listing_id AND o.variant_id IS NULL
                             AND (coalesce(o.added_at, '-infinity'), o.id) < (coalesce(r.added_at, '-infinity'), r.id))$$,
            $$quantity = least((SELECT sum(o.quantity) FROM @extschema@.cart_items o WHERE o.cart_id = r.cart_id AND o.listing_id = r.listing_id AND o.variant_id IS NULL), 1000000)$$,
            'Of several items for the same listing, the oldest has the quantity of all.', false),
        (520, 'cart_items', $$r.variant_id IS NULL AND EXISTS (SELECT FROM @extschema@.cart_items o WHERE o.cart_id = r.cart_id AND o.listing_id = r.listing_id AND o.variant_id IS NULL
            AND (coalesce(o.added_at, '-infinity'), o.id) < (coalesce(r.added_at, '-infinity'), r.id))$$,
            NULL, 'Removed: counted in the oldest item for the same listing.', false),
        (530, 'cart_items', $$r.quantity > 1000000$$, $$quantity = 1000000$$, 'Quantity reduced to a million.', false),
        -- promotions
        (600, 'coupons', $$least(r.discount_value, r.minimum_purchase, r.maximum_discount, r.minimum_account_age_days) < 0 OR r.discount_type = 'percentage' AND r.discount_value > 100
            OR least(r.buy_quantity, r.get_quantity, r.usage_limit, r.usage_limit_per_user) <= 0 OR r.discount_type = 'buy_x_get_y' AND num_nulls(r.buy_quantity, r.get_quantity) > 0
            OR r.valid_until <= r.valid_from$$,
            $$is_active = false, discount_value = greatest(CASE WHEN r.discount_type = 'percentage' THEN least(r.discount_value, 100) ELSE r.discount_value END, 0),
              minimum_purchase = CASE WHEN r.minimum_purchase < 0 THEN 0 ELSE r.minimum_purchase END, maximum_discount = CASE WHEN r.maximum_discount >= 0 THEN r.maximum_discount END,
              minimum_account_age_days = CASE WHEN r.minimum_account_age_days >= 0 THEN r.minimum_account_age_days END,
              buy_quantity = CASE WHEN r.buy_quantity > 0 THEN r.buy_quantity WHEN r.discount_type = 'buy_x_get_y' THEN 1 END,
              get_quantity = CASE WHEN r.get_quantity > 0 THEN r.get_quantity WHEN r.discount_type = 'buy_x_get_y' THEN 1 END,
              usage_limit = CASE WHEN r.usage_limit <= 0 THEN 1 ELSE r.usage_limit END, usage_limit_per_user = CASE WHEN r.usage_limit_per_user <= 0 THEN 1 ELSE r.usage_limit_per_user END,
              valid_from = CASE WHEN r.valid_until <= r.valid_from THEN NULL ELSE r.valid_from END$$,
            'Values that a coupon cannot have brought into their range, and the coupon deactivated.', false),
        (610, 'coupons', $$btrim(r.code::text) = '' OR btrim(r.code::text) <> r.code::text OR strpos(r.code::text, ',') > 0$$,
            $$code = CASE WHEN btrim(translate(r.code::text, ',', '')) = '' THEN 'COUPON-' || left(r.id::text, 8) ELSE btrim(translate(r.code::text, ',', '-')) END$$,
            'Code without blanks at its ends and without commas; COUPON and a part of the ID for a blank one.', false),
        (620, 'coupons', $$EXISTS (SELECT FROM @extschema@.coupons o WHERE upper(o.code::text COLLATE "C") = upper(r.code::text COLLATE "C")
            AND (coalesce(o.created_at, '-infinity'), o.id) < (coalesce(r.created_at, '-infinity'), r.id))$$,
            $$code = left(r.code::text, 41) || '-' || left(r.id::text, 8)$$, 'Of codes that differ by case alone, the oldest stays; others end with a part of the ID.', false),
        (630, 'coupons', $$r.currency IS NULL AND (r.discount_type = 'fixed_amount' OR coalesce(r.minimum_purchase, 0) <> 0 OR r.maximum_discount IS NOT NULL)$$,
            $$currency = private.adopted_currency(NULL)$$, 'Amounts are in the currency of most listings.', false),
        (640, 'coupons', $$r.seller_id IS NULL AND r.created_by = ANY (r.user_ids)$$,
            $$user_ids = array_remove(r.user_ids, r.created_by), is_active = r.is_active AND cardinality(array_remove(r.user_ids, r.created_by)) > 0$$,
            'Removed from a platform coupon: the user who created it. A coupon for nobody else is deactivated.', false),
        (650, 'coupon_usage', $$least(r.discount_amount, r.order_amount) < 0$$, $$discount_amount = greatest(r.discount_amount, 0), order_amount = CASE WHEN r.order_amount >= 0 THEN r.order_amount END$$,
            'Discounts below zero set to zero, other amounts removed.', false),
        (660, 'coupon_usage', $$r.is_successful AND EXISTS (SELECT FROM @extschema@.orders o WHERE o.id = r.order_id AND o.status = 'cancelled')$$,
            $$is_successful = false$$, 'Uses for cancelled orders do not count.', false),
        (670, 'coupons', $$r.total_discount_currency IS NULL AND EXISTS (SELECT FROM @extschema@.coupon_usage u JOIN @extschema@.orders o ON o.id = u.order_id WHERE u.coupon_id = r.id AND u.is_successful)$$,
            $$total_discount_currency = (SELECT private.adopted_currency(o.currency::text) FROM @extschema@.coupon_usage u JOIN @extschema@.orders o ON o.id = u.order_id
                                          WHERE u.coupon_id = r.id AND u.is_successful ORDER BY u.used_at, u.id LIMIT 1)$$, 'Currency of the first use.', true),
        -- messaging
        (700, 'conversations', $$r.buyer_id = r.seller_id$$, $$seller_id = NULL, listing_id = NULL$$, 'A conversation with oneself has no seller.', false),
        (710, 'conversations', $$r.listing_id IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.listings l WHERE l.id = r.listing_id AND l.seller_id = r.seller_id)$$,
            $$listing_id = NULL$$, 'The listing belongs to another seller: removed from the conversation.', false),
        (720, 'conversations', $$r.listing_id IS NULL AND NOT r.is_direct AND num_nulls(r.buyer_id, r.seller_id) = 0
            AND NOT EXISTS (SELECT FROM @extschema@.conversations o WHERE o.listing_id IS NULL AND o.buyer_id = r.buyer_id AND o.seller_id = r.seller_id
                             AND (coalesce(o.created_at, '-infinity'), o.id) < (coalesce(r.created_at, '-infinity'), r.id))$$,
            $$is_direct = true$$, 'The oldest conversation of two users without a listing is their direct one.', true),
        (730, 'conversations', $$NOT EXISTS (SELECT FROM @extschema@.messages m WHERE m.conversation_id = r.id AND m.is_read IS NOT TRUE
                HAVING count(*) FILTER (WHERE m.sender_id IS DISTINCT FROM r.buyer_id) = coalesce(r.buyer_unread_count, 0)
                   AND count(*) FILTER (WHERE m.sender_id IS DISTINCT FROM r.seller_id) = coalesce(r.seller_unread_count, 0))
            OR r.last_message_at IS NULL OR r.last_message_at < (SELECT max(m.created_at) FROM @extschema@.messages m WHERE m.conversation_id = r.id)$$,
            $$(buyer_unread_count, seller_unread_count) = (
                SELECT count(*) FILTER (WHERE m.sender_id IS DISTINCT FROM r.buyer_id), count(*) FILTER (WHERE m.sender_id IS DISTINCT FROM r.seller_id)
                  FROM @extschema@.messages m WHERE m.conversation_id = r.id AND m.is_read IS NOT TRUE),
              last_message_at = greatest(r.last_message_at, (SELECT max(m.created_at) FROM @extschema@.messages m WHERE m.conversation_id = r.id))$$,
            'Unread messages counted, and the time of the last one.', true),
        -- a column that has just been added
        (740, 'conversations', $$r.updated_at = now()$$, $$updated_at = coalesce(r.last_message_at, r.created_at, r.updated_at)$$, 'Changed when the last message was written.', true)
$function$;
COMMENT ON FUNCTION private.adoption_rules() IS
    'Rules by which adopt_reference() repairs rows of accounts, catalog, carts, promotions, and messages.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_rule(on_table text, condition text, assignments text, is_derived boolean) RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    changed bigint;
    caller text := current_setting('role');
BEGIN
    -- What is removed goes with what refers to it, as in any other deletion: keys and triggers of others are asked, and not with the
    -- rights of a superuser.
    IF assignments IS NULL THEN
        PERFORM set_config('session_replication_role', 'origin', true), set_config('role', 'driplo_owner', true);
    END IF;
    EXECUTE format('WITH chosen AS MATERIALIZED (SELECT r.ctid AS place, to_jsonb(r) AS row FROM ONLY @extschema@.%1$I r WHERE %2$s),
                         changed AS (%3$s),
                         recorded AS (INSERT INTO @extschema@.admin_audit_log (action, target_type, target_id, old_values, new_values)
                                      SELECT ''adopt_reference'', %4$L, coalesce(c.before ->> ''id'', c.before ->> ''user_id'')::uuid, d.old_values, d.new_values
                                        FROM changed c
                                       CROSS JOIN LATERAL (SELECT jsonb_object_agg(b.key, b.value) AS old_values, jsonb_object_agg(b.key, c.after -> b.key) FILTER (WHERE c.after IS NOT NULL) AS new_values
                                                             FROM jsonb_each(c.before) b WHERE c.after -> b.key IS DISTINCT FROM b.value) d
                                       WHERE %5$L)
                    SELECT count(*) FROM changed',
                   on_table, condition,
                   format(CASE WHEN assignments IS NULL THEN 'DELETE FROM ONLY @extschema@.%1$I r USING chosen c WHERE r.ctid = c.place RETURNING c.row AS before, NULL::jsonb AS after'
                               ELSE 'UPDATE ONLY @extschema@.%1$I r SET %2$s FROM chosen c WHERE r.ctid = c.place RETURNING c.row AS before, to_jsonb(r) AS after' END,
                          on_table, assignments),
                   on_table, NOT is_derived)
       INTO changed;
    IF assignments IS NULL THEN
        PERFORM set_config('role', caller, true), set_config('session_replication_role', 'replica', true);
    END IF;
    RETURN changed;
END
$function$;
COMMENT ON FUNCTION private.adopt_rule(text, text, text, boolean) IS
    'Applies a rule of adopt_reference() and returns the number of rows; old and new values are recorded in '
    'admin_audit_log unless they are derived from other rows.';

-- Who has a name that is valid keeps it; the others get theirs in the order in which they came.
-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_usernames() RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    report jsonb := jsonb '[]';
    person record;
    name text;
    attempt integer;
BEGIN
    FOR person IN
        SELECT p.id, p.username, p.email FROM @extschema@.profiles p
         WHERE p.username::text !~ '^[a-z0-9._]{3,30}$' OR btrim(p.username::text, '.') <> private.username_candidate(p.username::text, NULL, 0, 0)
         ORDER BY p.created_at, p.id
    LOOP
        attempt := 0;
        LOOP
            name := private.username_candidate(person.username, person.email, attempt, hashtextextended(person.id::text, attempt));
            EXIT WHEN NOT EXISTS (SELECT FROM @extschema@.profiles p WHERE p.username::text = name);
            attempt := attempt + 1;
        END LOOP;
        PERFORM private.adopt_rule('profiles', format('r.id = %L', person.id), format('username = %L', name), false);
        report := report || private.adoption_line('row', format('profiles %s', person.id), 1, format('Username "%s" became "%s".', person.username, name));
    END LOOP;
    RETURN report;
END
$function$;
COMMENT ON FUNCTION private.adopt_usernames() IS
    'Part of adopt_reference(): usernames that are invalid, reserved, or differ from others by case alone.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.username_candidate(wanted text, email text, attempt integer, random bigint) RETURNS text
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'driplo_username_candidate';
COMMENT ON FUNCTION private.username_candidate(text, text, integer, bigint) IS
    'Returns a name for an account, as a sign-up would try it at that attempt; the first is the wanted name where '
    'possible, others end with digits of the random number.';

-- What may not be NULL and has a default.
-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_defaults() RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    report jsonb := jsonb '[]';
    item record;
    changed bigint;
BEGIN
    FOR item IN
        SELECT d.on_table AS name, string_agg(format('r.%I IS NULL', d.name), ' OR ' ORDER BY d.name) AS condition,
               string_agg(format('%1$I = coalesce(r.%1$I, %2$s)', d.name, f.definition), ', ' ORDER BY d.name) AS assignments, string_agg(d.name, ', ' ORDER BY d.name) AS names
          FROM private.shipped_with_oids() d
          JOIN private.shipped_with_oids() f ON f.kind = 'default' AND f.name = d.name AND f.on_table = d.on_table
          JOIN pg_attribute a ON a.attrelid = d.relation AND a.attname = d.name AND NOT a.attnotnull AND a.attgenerated = ''
         WHERE d.kind = 'column' AND d.definition LIKE '% NOT NULL%' AND d.definition !~ ' GENERATED'
         GROUP BY d.on_table ORDER BY d.on_table
    LOOP
        changed := private.adopt_rule(item.name, item.condition, item.assignments, true);
        IF changed > 0 THEN
            report := report || private.adoption_line('row', item.name, changed, format('Missing values set to the default of their columns: %s.', item.names));
        END IF;
    END LOOP;
    RETURN report;
END
$function$;
COMMENT ON FUNCTION private.adopt_defaults() IS
    'Part of adopt_reference(): missing values of columns that must not be NULL.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_rows() RETURNS jsonb
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    report jsonb := jsonb '[]';
    item record;
    changed bigint;
BEGIN
    FOR item IN
        SELECT c.relname AS name, string_agg(format('r.%I = ''NaN''', a.attname), ' OR ') AS condition,
               string_agg(format('%1$I = CASE WHEN r.%1$I <> ''NaN'' THEN r.%1$I WHEN r.%1$I = ''NaN'' THEN 0 END', a.attname), ', ') AS assignments
          FROM private.reference_tables() t JOIN pg_class c ON c.oid = to_regclass(format('@extschema@.%I', t.name))
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'numeric'::regtype
         GROUP BY c.relname ORDER BY c.relname
    LOOP
        changed := private.adopt_rule(item.name, item.condition, item.assignments, false);
        IF changed > 0 THEN
            report := report || private.adoption_line('row', item.name, changed, 'Amounts that were NaN set to zero.');
        END IF;
    END LOOP;
    report := report || private.adopt_usernames();
    INSERT INTO @extschema@.user_stats_summary (user_id)
    SELECT p.id FROM @extschema@.profiles p WHERE NOT EXISTS (SELECT FROM @extschema@.user_stats_summary s WHERE s.user_id = p.id);
    GET DIAGNOSTICS changed = ROW_COUNT;
    IF changed > 0 THEN
        report := report || private.adoption_line('row', 'user_stats_summary', changed, 'Created for profiles that had none.');
    END IF;
    FOR item IN
        SELECT * FROM private.adoption_rules() UNION ALL SELECT * FROM private.adoption_rules_of_orders() ORDER BY number
    LOOP
        IF item.condition IS NULL THEN
            report := report || CASE item.on_table WHEN 'defaults' THEN private.adopt_defaults() ELSE private.adopt_history() END;
            CONTINUE;
        END IF;
        changed := private.adopt_rule(item.on_table, item.condition, item.assignments, item.is_derived);
        IF changed > 0 THEN
            report := report || private.adoption_line('row', item.on_table, changed, item.note);
        END IF;
    END LOOP;
    FOR item IN SELECT p.username, p.role::text AS role FROM @extschema@.profiles p WHERE p.role <> 'user' ORDER BY p.username LOOP
        report := report || private.adoption_line('staff', item.username, 1, format('The role is %s. In the reference schema, users could set their own role: make sure that this one is right.', item.role));
    END LOOP;
    RETURN report;
END
$function$;
COMMENT ON FUNCTION private.adopt_rows() IS
    'Part of adopt_reference(): applies the rules for rows, in the sequence of their numbers.';
