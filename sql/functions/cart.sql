-- Cart: one per user, with an expiry.

-- SECURITY INVOKER, as is_admin: an existing cart is read through its index, and the owner's rights are taken to make one.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_or_create_cart(user_uuid uuid)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_get_or_create_cart';
COMMENT ON FUNCTION @extschema@.get_or_create_cart(uuid) IS
    'Returns the ID of the user''s cart, which is created if necessary, also with concurrent calls. An expired '
    'cart is replaced by an empty one with a new ID. Users can get their own cart, the service any cart. Errors: '
    '22004 for NULL, 42501 for another user''s ID, P0002 for an unknown user.';

-- rights: authenticated, service_role
-- definer: Locks what is for sale and counts on what row level security hides, to tell why something cannot be had;
--     writes the caller's own cart only.
CREATE OR REPLACE FUNCTION @extschema@.add_to_cart(listing_id uuid, quantity integer DEFAULT 1, variant_id uuid DEFAULT NULL)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_add_to_cart';
COMMENT ON FUNCTION @extschema@.add_to_cart(uuid, integer, uuid) IS
    'Adds units of a listing to the caller''s cart and returns the cart item; the same listing and variant are '
    'added up in one cart item, also with concurrent calls. Renews the expiration of the cart. Errors: 42501 '
    'without a user, 22004, 22023 for a quantity below 1 or a missing variant, P0002 for an unknown listing or '
    'variant, 55000 if it is not for sale, 23514 for the caller''s own listing, MK003 if stock is insufficient, '
    'MK015 for more items than driplo.max_cart_lines.';

-- rights: authenticated, service_role
-- definer: As add_to_cart().
CREATE OR REPLACE FUNCTION @extschema@.set_cart_quantity(item_id uuid, quantity integer)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_set_cart_quantity';
COMMENT ON FUNCTION @extschema@.set_cart_quantity(uuid, integer) IS
    'Sets the quantity of an item in the caller''s cart; 0 removes it. Errors: 42501 without a user, 22004, 22023 '
    'for a negative number, P0002 if the item is not in the caller''s cart, MK003 if stock is insufficient.';

-- rights: authenticated, service_role
-- definer: As add_to_cart().
CREATE OR REPLACE FUNCTION @extschema@.set_cart_pickup(item_id uuid, is_picked_up boolean)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_set_cart_pickup';
COMMENT ON FUNCTION @extschema@.set_cart_pickup(uuid, boolean) IS
    'Says whether an item in the caller''s cart is picked up instead of shipped, for nothing and from any country. Errors: '
    '42501 without a user, 22004, P0002 if the item is not in the caller''s cart, 55000 if its seller does not offer it.';

-- rights: authenticated, service_role
-- definer: As add_to_cart().
CREATE OR REPLACE FUNCTION @extschema@.clear_cart()
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_clear_cart';
COMMENT ON FUNCTION @extschema@.clear_cart() IS
    'Removes all items from the caller''s cart and returns their number. Error: 42501 without a user.';

-- rights: authenticated, service_role
-- definer: Writes the hash of a code into the caller's own cart, which no client may write.
CREATE OR REPLACE FUNCTION @extschema@.create_cart_claim()
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_create_cart_claim';
COMMENT ON FUNCTION @extschema@.create_cart_claim() IS
    'Returns a code with which another account can take over the caller''s cart by merge_cart(): called as the '
    'guest before signing in. The code is valid for one hour and once, and replaces an earlier code. Error: 42501 without '
    'a user.';

-- rights: authenticated, service_role
-- definer: Reads and empties the cart of somebody else, whose code proves that the caller may; writes the caller's own.
CREATE OR REPLACE FUNCTION @extschema@.merge_cart(claim_code uuid)
    RETURNS TABLE (item_id uuid, listing_id uuid, variant_id uuid, requested integer, quantity integer, problem text)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 5
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_merge_cart';
COMMENT ON FUNCTION @extschema@.merge_cart(uuid) IS
    'Moves the items of the cart whose code create_cart_claim() returned into the caller''s cart, and empties that cart. '
    'Quantities of the same listing and variant are added up, as far as they are in stock. Returns a row for each item: the '
    'cart item in the caller''s cart and its quantity, or NULL and 0, and problem if less was added than requested: a code '
    'of cart_contents(), has_offer for an item that is in the cart at the price of an offer, or cart_full. Offers are not '
    'moved. Errors: 42501 without a user, 22004, P0002 for a code that is unknown, used, or expired.';

-- rights: authenticated, service_role
-- definer: Tells the owner of a cart what became of things that are no longer visible: of the lines of that cart
--     only.
CREATE OR REPLACE FUNCTION @extschema@.cart_contents()
    RETURNS TABLE (
        item_id uuid,
        listing_id uuid,
        variant_id uuid,
        seller_id uuid,
        title text,
        unit_price numeric,
        quantity integer,
        line_total numeric,
        currency text,
        available integer,
        problem text,
        offer_id uuid,
        list_price numeric,
        offer_ends_at timestamptz
    )
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY DEFINER ROWS 5
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_cart_contents';
COMMENT ON FUNCTION @extschema@.cart_contents() IS
    'Returns the items of the caller''s cart at current prices (major units of currency), in the order in which '
    'they were added. problem is NULL or the reason why the item cannot be bought: listing_unavailable, '
    'variant_unavailable, not_enough_stock, own_listing, seller_unavailable, offer_expired. title, prices, and available '
    'are NULL for a listing that the caller can no longer see. An item with an offer costs the lower of its price and '
    'list_price until offer_ends_at; then, or for more units than the offer is for, its problem is offer_expired. No rows '
    'for an expired cart. Error: 42501 without a user.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.expire_carts(cart_ids uuid[], max_rows integer)
    RETURNS integer
    LANGUAGE sql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    SET lock_timeout = '10ms'
AS $function$
    WITH ended AS (
        DELETE FROM @extschema@.shopping_carts AS cart
        WHERE cart.id = ANY (ARRAY(
            SELECT old.id
            FROM @extschema@.shopping_carts AS old
            WHERE old.id = ANY (expire_carts.cart_ids) AND old.expires_at <= now()
            ORDER BY old.expires_at
            LIMIT expire_carts.max_rows
            FOR UPDATE SKIP LOCKED
        ))
        RETURNING cart.id
    )
    SELECT count(*)::integer FROM ended;
$function$;
COMMENT ON FUNCTION private.expire_carts(uuid[], integer) IS
    'Deletes up to max_rows of these carts that have expired, the oldest first, by one statement and returns their number. '
    'Carts that another session has locked are left out. Error: 55P03 if one of their items is locked.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.expire_carts(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('expire carts');
    RETURN private.end_overdue('cart expiry', max_rows);
END;
$function$;
COMMENT ON FUNCTION @extschema@.expire_carts(integer) IS
    'For the service: deletes up to max_rows expired carts, the oldest first, and returns their number. Sessions '
    'can call it concurrently; locked carts are skipped. Stops at half of statement_timeout. Errors: 42501, '
    '22004.';

-- rights: authenticated, service_role
-- definer: As checkout(), reading only: coupons that are not shown around, and listings that are gone.
CREATE OR REPLACE FUNCTION @extschema@.quote_checkout(
    coupon_code text DEFAULT NULL,
    use_store_credit boolean DEFAULT false,
    cart_item_ids uuid[] DEFAULT NULL
)
    RETURNS jsonb
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_quote_checkout';
COMMENT ON FUNCTION @extschema@.quote_checkout(text, boolean, uuid[]) IS
    'Returns what checkout() would do with the caller''s cart, or with the items in cart_item_ids: orders with their '
    'items and amounts in major '
    'units, total_amount and currency of all orders (null for several currencies; totals has each), coupon '
    '(several codes separated by commas), and problems. Shipping and tax are calculated for the default address. '
    'Errors: 42501 without a user, P0002 for an ID that is not in the caller''s cart, 22003 for amounts that are '
    'too large.';

-- rights: authenticated, service_role
-- definer: Writes orders, stock, coupons and store credit, which no client may write, from the caller's own cart at the
--     prices in the tables.
CREATE OR REPLACE FUNCTION @extschema@.checkout(
    shipping_address_id uuid,
    idempotency_key text DEFAULT NULL,
    billing_address_id uuid DEFAULT NULL,
    payment_method_id uuid DEFAULT NULL,
    coupon_code text DEFAULT NULL,
    use_store_credit boolean DEFAULT false,
    notes text DEFAULT NULL,
    expected_total numeric DEFAULT NULL,
    expected_currency text DEFAULT NULL,
    cart_item_ids uuid[] DEFAULT NULL
)
    RETURNS TABLE (order_id uuid, order_number text, seller_id uuid, total_amount numeric, currency text)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 2
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_checkout';
COMMENT ON FUNCTION @extschema@.checkout(uuid, text, uuid, uuid, text, boolean, text, numeric, text, uuid[]) IS
    'Places orders for the caller''s cart, or for its items in cart_item_ids, one for each seller and currency, in one transaction: reads '
    'current prices, takes stock, stores discounts, fees, and titles with the order items, and removes the items from the cart. '
    'Orders with nothing left to pay become paid, unless a coupon ties them to unpaid orders. Repeating a request '
    'with the same key returns the same orders, also concurrently. If it fails, nothing is changed. Errors: 42501 '
    'if the caller may not buy, 22004, 22023 for an invalid key, P0002 for an address, payment method, or cart item '
    'that is not the caller''s, MK003 if stock is insufficient, MK004 for a coupon that is used up and MK008 for one that '
    'does not apply, MK006 for an empty cart or an item that cannot be bought, MK007 for a key that was used for '
    'another request, MK014 if the total differs from expected_total in expected_currency (total_amount and '
    'currency of quote_checkout()), MK015 for more unpaid orders or units than driplo.max_unpaid_orders and '
    'driplo.max_unpaid_pieces allow, or more items than driplo.max_cart_lines.';

-- Of one listing, whatever is in the cart: by the signatures of applications. Where their tests and their database expect another result, it is the database's.
-- rights: authenticated, service_role
-- definer: As checkout(), whose rules hold; also writes an address of the caller's, and sets the rest of the caller's cart aside.
CREATE OR REPLACE FUNCTION @extschema@.create_order_with_payment(
    p_listing_id uuid,
    p_buyer_id uuid DEFAULT NULL,
    p_payment_method_id uuid DEFAULT NULL,
    p_shipping_address jsonb DEFAULT NULL,
    p_metadata jsonb DEFAULT NULL
)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_create_order_with_payment';
COMMENT ON FUNCTION @extschema@.create_order_with_payment(uuid, uuid, uuid, jsonb, jsonb) IS
    'Places an order for one listing as checkout() does, and returns the ID of the order: a uuid, not an object with '
    'payment_intent_id and client_secret, which only the payment processor knows. The application''s back end creates '
    'the payment intent for total_amount and calls start_payment(). The rest of the buyer''s cart is not changed; '
    'units of the listing in it count as ordered. p_buyer_id is compared with the caller, unless the service calls. '
    'p_shipping_address is a JSON object with the columns of shipping_addresses, which is added to the buyer''s '
    'addresses unless it is there, or with the id of one; NULL is the default address. quantity and variant_id are read '
    'from p_metadata, which becomes metadata of the order, visible to both parties. Errors: those of add_to_cart() and '
    'checkout(); 42501 for another user''s ID, 22023 for an incomplete address or malformed metadata.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.create_order_from_payment(
    p_payment_intent_id text,
    p_amount_total integer,
    p_currency text,
    p_buyer_id uuid,
    p_seller_id uuid,
    p_metadata jsonb,
    p_country_code text DEFAULT NULL
)
    RETURNS jsonb
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_create_order_from_payment';
COMMENT ON FUNCTION @extschema@.create_order_from_payment(text, integer, text, uuid, uuid, jsonb, text) IS
    'For the service: places the order that a Stripe payment intent pays for, as the buyer would with checkout(), and '
    'starts its payment as start_payment() does; record_stripe_event() marks it as paid, also by an event that came '
    'before. Returns {id, status}: status is created, or already_exists if the payment intent has an order, also with '
    'concurrent calls. p_metadata has listing_id and, if they apply, variant_id, quantity, and shipping_address or '
    'shipping_address_id; else the default address is used. The rest becomes metadata of the order, visible to both '
    'parties. p_amount_total is in the smallest unit of the currency. Amount, currency, seller, and country are '
    'compared with what checkout() computes: if they differ, no order is created. Errors: those of add_to_cart() and '
    'checkout(); 42501, 22004, 22023 for another seller or country and malformed metadata, MK013 if the payment intent '
    'belongs to another order, MK014 for another amount or currency, P0002 for an unknown buyer.';

-- SECURITY INVOKER: who inserts decides whether it looks.
CREATE OR REPLACE FUNCTION private.guard_cart_line()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_cart_line';
COMMENT ON FUNCTION private.guard_cart_line() IS
    'Trigger on cart_items: limits the items that a client can add to a cart to driplo.max_cart_lines. Error: '
    'MK015.';
