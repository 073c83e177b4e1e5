-- Orders: addresses, orders and their lines, history, shipping, finished checkouts.

CREATE TYPE @extschema@.order_status AS ENUM (
    'pending_payment', 'payment_processing', 'payment_failed', 'paid',
    'preparing', 'shipped', 'in_transit', 'delivered', 'completed',
    'cancelled', 'refunded'
);

CREATE TYPE @extschema@.shipping_carrier AS ENUM (
    'ups', 'fedex', 'usps', 'dhl', 'local', 'other'
);

CREATE TYPE @extschema@.tracking_status AS ENUM (
    'label_created', 'picked_up', 'in_transit', 'out_for_delivery',
    'delivered', 'delivery_failed', 'returned_to_sender'
);

-- Counts the order numbers given out; from zero, because the permutation behind them starts there.
CREATE SEQUENCE @extschema@.order_number_seq AS BIGINT MINVALUE 0 START 0;

CREATE TABLE @extschema@.shipping_addresses (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    name VARCHAR(100) NOT NULL,
    phone VARCHAR(20),
    address_line1 VARCHAR(255) NOT NULL,
    address_line2 VARCHAR(255),
    city VARCHAR(100) NOT NULL,
    state_province VARCHAR(100) NOT NULL,
    postal_code VARCHAR(20) NOT NULL,
    country_code VARCHAR(2) NOT NULL CHECK (country_code ~ '^[A-Z]{2}$'),
    is_default BOOLEAN DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- lets an order name an address together with whose it is
    CONSTRAINT shipping_addresses_id_user_id_key UNIQUE (id, user_id)
);

CREATE INDEX idx_shipping_addresses_user_id ON @extschema@.shipping_addresses (user_id);
-- An index on the flag itself would find half of the table. Not unique: such an index looks at each row as it is written, and
-- is_default = (id = ...) would work or fail by the order of the rows. keep_one_default() sees to one a person.
CREATE INDEX idx_shipping_addresses_is_default ON @extschema@.shipping_addresses (user_id) WHERE is_default;

CREATE TABLE @extschema@.orders (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    order_number VARCHAR(50) NOT NULL,
    -- NULL only after the account was deleted: the other party keeps the order (private.require_columns() demands both)
    buyer_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    seller_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    status @extschema@.order_status NOT NULL DEFAULT 'pending_payment',
    -- < 'NaN' in every money check: NaN counts as greater than every number, so >= 0 alone would let it in
    subtotal DECIMAL(10,2) NOT NULL CHECK (subtotal >= 0 AND subtotal < 'NaN'),
    shipping_cost DECIMAL(10,2) DEFAULT 0 CHECK (shipping_cost >= 0 AND shipping_cost < 'NaN'),
    tax_amount DECIMAL(10,2) DEFAULT 0 CHECK (tax_amount >= 0 AND tax_amount < 'NaN'),
    discount_amount DECIMAL(10,2) DEFAULT 0 CHECK (discount_amount >= 0 AND discount_amount < 'NaN'),
    total_amount DECIMAL(10,2) NOT NULL CHECK (total_amount >= 0 AND total_amount < 'NaN'),
    currency VARCHAR(3) NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    shipping_address_id UUID,
    billing_address_id UUID,
    payment_method_id UUID,
    notes TEXT,
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    paid_at TIMESTAMPTZ,
    shipped_at TIMESTAMPTZ,
    delivered_at TIMESTAMPTZ,
    cancelled_at TIMESTAMPTZ,
    -- apart from discount_amount: the seller is owed what store credit paid, a discount nobody is owed
    store_credit_amount DECIMAL(10,2) DEFAULT 0 CHECK (store_credit_amount >= 0 AND store_credit_amount < 'NaN'),
    -- what the seller sees of order_addresses: from the payment on
    shipping_address JSONB,
    -- what was decided when the order was placed: the sum of the lines' platform_fee,
    platform_fee_amount DECIMAL(10,2) NOT NULL DEFAULT 0 CHECK (platform_fee_amount >= 0 AND platform_fee_amount < 'NaN'),
    -- the part of it that the buyer pays in the total, the rest comes out of the seller's takings,
    buyer_fee_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    -- and what of the discounts and of waived shipping the platform pays to the seller
    platform_discount_amount DECIMAL(10,2) NOT NULL DEFAULT 0 CHECK (platform_discount_amount >= 0 AND platform_discount_amount < 'NaN'),
    -- what of the payment, in cash and in store credit, goes back or was charged back
    refunded_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    -- when the takings became available to the seller; NULL while they are pending
    released_at TIMESTAMPTZ,
    -- the orders of one checkout that met a coupon's condition together; NULL where none depends on another
    promise_id UUID,
    -- what of refunded_amount the buyer does not get, because other orders keep a discount that they do not earn without this one
    withheld_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    -- with refunded_amount: from whom it was taken. The rest is the seller's.
    refunded_fee_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    refunded_tax_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    refunded_discount_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    -- copies of order_tracking and of the history, which check_order_copies() keeps true
    tracking_number VARCHAR(100),
    shipping_carrier @extschema@.shipping_carrier,
    cancellation_reason TEXT,
    -- when the buyer was asked whether it has arrived, because it will count as delivered
    reminded_at TIMESTAMPTZ,
    -- where prices include tax: what of it is in the total, instead of tax_amount on top of it
    included_tax_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    prices_include_tax BOOLEAN NOT NULL DEFAULT false,
    -- the part of either that is of the shipping
    shipping_tax_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    shipping_tax_rate NUMERIC(7,4),
    -- what the buyer still has to pay at the door; the order is paid beside that
    due_on_delivery DECIMAL(10,2) NOT NULL DEFAULT 0
        CONSTRAINT orders_due_within_total_check CHECK (due_on_delivery >= 0 AND due_on_delivery <= total_amount),
    -- the part of tax_amount or included_tax_amount that is of the buyer's fee
    fee_tax_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    fee_tax_rate NUMERIC(7,4),
    -- what has come in of an order that is paid in parts, until all of it has or the order ends
    part_paid_amount DECIMAL(10,2) NOT NULL DEFAULT 0
        CONSTRAINT orders_part_paid_within_total_check CHECK (part_paid_amount >= 0 AND part_paid_amount <= total_amount),
    CONSTRAINT idx_orders_order_number UNIQUE (order_number),
    -- lets a payment name its order together with the currency
    CONSTRAINT orders_id_currency_key UNIQUE (id, currency),
    CONSTRAINT orders_buyer_is_not_seller_check CHECK (buyer_id <> seller_id),
    -- COALESCE: a part that is NULL is none, it must not switch the check off
    CONSTRAINT orders_total_is_sum_check CHECK (
        total_amount = subtotal + COALESCE(shipping_cost, 0) + COALESCE(tax_amount, 0) + buyer_fee_amount
            - COALESCE(discount_amount, 0) - COALESCE(store_credit_amount, 0)
    ),
    CONSTRAINT orders_buyer_fee_within_fee_check CHECK (buyer_fee_amount >= 0 AND buyer_fee_amount <= platform_fee_amount),
    CONSTRAINT orders_refunded_within_payment_check CHECK (
        refunded_amount >= 0 AND refunded_amount <= total_amount + COALESCE(store_credit_amount, 0)
    ),
    CONSTRAINT orders_withheld_within_refunded_check CHECK (withheld_amount >= 0 AND withheld_amount <= refunded_amount),
    CONSTRAINT orders_refunded_parts_check CHECK (
        refunded_fee_amount >= 0 AND refunded_fee_amount <= platform_fee_amount
        AND refunded_tax_amount >= 0 AND refunded_tax_amount <= COALESCE(tax_amount, 0) + included_tax_amount
        AND refunded_discount_amount >= 0 AND refunded_discount_amount <= platform_discount_amount
    ),
    -- with the buyer: nobody's order can carry somebody else's address; a used address can be deleted
    CONSTRAINT orders_shipping_address_id_fkey FOREIGN KEY (shipping_address_id, buyer_id)
        REFERENCES @extschema@.shipping_addresses (id, user_id) ON DELETE SET NULL (shipping_address_id),
    CONSTRAINT orders_billing_address_id_fkey FOREIGN KEY (billing_address_id, buyer_id)
        REFERENCES @extschema@.shipping_addresses (id, user_id) ON DELETE SET NULL (billing_address_id)
);

CREATE INDEX idx_orders_buyer_id ON @extschema@.orders (buyer_id);
CREATE INDEX idx_orders_seller_id ON @extschema@.orders (seller_id);
CREATE INDEX idx_orders_status ON @extschema@.orders (status);
CREATE INDEX idx_orders_created_at ON @extschema@.orders (created_at DESC);
-- what release_seller_funds() looks for
CREATE INDEX idx_orders_pending_takings ON @extschema@.orders (delivered_at)
    WHERE released_at IS NULL AND status IN ('delivered', 'completed');
-- what a buyer holds without having paid for it
CREATE INDEX idx_orders_unpaid ON @extschema@.orders (buyer_id)
    WHERE status IN ('pending_payment', 'payment_processing', 'payment_failed');
-- what forget_unpaid_addresses() looks through
CREATE INDEX idx_orders_never_paid ON @extschema@.orders (id) WHERE status = 'cancelled' AND paid_at IS NULL;
CREATE INDEX idx_orders_promise_id ON @extschema@.orders (promise_id) WHERE promise_id IS NOT NULL;
CREATE INDEX idx_orders_shipping_address_id ON @extschema@.orders (shipping_address_id);
CREATE INDEX idx_orders_billing_address_id ON @extschema@.orders (billing_address_id)
    WHERE billing_address_id IS NOT NULL;
CREATE INDEX idx_orders_payment_method_id ON @extschema@.orders (payment_method_id)
    WHERE payment_method_id IS NOT NULL;

CREATE TABLE @extschema@.order_items (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    order_id UUID NOT NULL REFERENCES @extschema@.orders (id) ON DELETE CASCADE,
    -- NULL only after the seller's account was deleted, and the listings with it
    listing_id UUID REFERENCES @extschema@.listings (id) ON DELETE SET NULL,
    variant_id UUID,
    quantity INTEGER NOT NULL CHECK (quantity > 0),
    unit_price DECIMAL(10,2) NOT NULL CHECK (unit_price >= 0 AND unit_price < 'NaN'),
    total_price DECIMAL(10,2) NOT NULL CHECK (total_price >= 0 AND total_price < 'NaN'),
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- copies: what was bought can be read when the listing is changed or gone
    title VARCHAR(200),
    variant_name VARCHAR(100),
    image_url TEXT,
    -- what was decided when the order was placed
    discount_amount DECIMAL(10,2) NOT NULL DEFAULT 0
        CONSTRAINT order_items_discount_within_total_check CHECK (discount_amount >= 0 AND discount_amount <= total_price),
    platform_fee DECIMAL(10,2) NOT NULL DEFAULT 0 CHECK (platform_fee >= 0 AND platform_fee < 'NaN'),
    -- and what else of the order belongs to the line: it goes back with it. What no line has belongs to the shipping.
    tax_amount DECIMAL(10,2) NOT NULL DEFAULT 0 CHECK (tax_amount >= 0 AND tax_amount < 'NaN'),
    buyer_fee_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    platform_discount_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    -- when its pieces were given back, because the order ended before it was sent
    stock_returned_at TIMESTAMPTZ,
    -- copies too: what the seller had promised, whatever the listing says since
    description TEXT,
    condition VARCHAR(20),
    brand VARCHAR(100),
    size VARCHAR(50),
    color VARCHAR(50),
    -- at whose price it was bought
    offer_id UUID,
    -- of the quantity: what was cancelled after the payment and before it was sent
    cancelled_quantity INTEGER NOT NULL DEFAULT 0
        CONSTRAINT order_items_cancelled_within_quantity_check CHECK (cancelled_quantity BETWEEN 0 AND quantity),
    -- the part of the order's shipping_cost, how it goes, and in how many days it was to come. No CHECK: only who places orders writes it.
    shipping_cost DECIMAL(10,2) NOT NULL DEFAULT 0,
    is_picked_up BOOLEAN NOT NULL DEFAULT false,
    delivery_days_min INTEGER,
    delivery_days_max INTEGER,
    -- the tax that its price includes, instead of tax_amount on top; and the rate of either, where it is known
    included_tax_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    tax_rate NUMERIC(7,4),
    -- of commission_rules, which may be gone
    commission_rule_id UUID,
    -- the part of tax_amount or included_tax_amount that is of buyer_fee_amount
    fee_tax_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    CONSTRAINT order_items_buyer_fee_within_fee_check CHECK (buyer_fee_amount >= 0 AND buyer_fee_amount <= platform_fee),
    CONSTRAINT order_items_platform_discount_within_discount_check
        CHECK (platform_discount_amount >= 0 AND platform_discount_amount <= discount_amount),
    CONSTRAINT order_items_total_is_product_check CHECK (total_price = unit_price * quantity),
    CONSTRAINT order_items_variant_id_fkey FOREIGN KEY (variant_id, listing_id)
        REFERENCES @extschema@.product_variants (id, listing_id) ON DELETE SET NULL (variant_id),
    -- lets a return name a line together with its order
    CONSTRAINT order_items_id_order_id_key UNIQUE (id, order_id)
);

CREATE INDEX idx_order_items_order_id ON @extschema@.order_items (order_id);
CREATE INDEX idx_order_items_listing_id ON @extschema@.order_items (listing_id);
CREATE INDEX idx_order_items_variant_id ON @extschema@.order_items (variant_id) WHERE variant_id IS NOT NULL;

-- What of an order is not the seller's to read, or not yet. Beside the order and not in it: a column that some may not read would
-- make every SELECT * of orders fail for them.
CREATE TABLE @extschema@.order_addresses (
    order_id UUID PRIMARY KEY REFERENCES @extschema@.orders (id) ON DELETE CASCADE,
    billing_address JSONB,
    -- orders.shipping_address is the seller's copy of it, while that one needs it
    shipping_address JSONB,
    CONSTRAINT order_addresses_not_empty_check CHECK (num_nonnulls(billing_address, shipping_address) > 0)
);

CREATE TABLE @extschema@.order_status_history (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    order_id UUID NOT NULL REFERENCES @extschema@.orders (id) ON DELETE CASCADE,
    from_status @extschema@.order_status,
    to_status @extschema@.order_status NOT NULL,
    -- the history outlives the account of who made it
    changed_by UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    reason TEXT,
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- the event by which others are told of the step; no key, because the event is deleted when they have been
    event_id BIGINT
);

CREATE INDEX idx_order_status_history_order_id ON @extschema@.order_status_history (order_id);
CREATE INDEX idx_order_status_history_changed_by ON @extschema@.order_status_history (changed_by);

CREATE TABLE @extschema@.order_tracking (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    order_id UUID NOT NULL REFERENCES @extschema@.orders (id) ON DELETE CASCADE,
    carrier @extschema@.shipping_carrier NOT NULL,
    tracking_number VARCHAR(100) NOT NULL,
    tracking_url TEXT,
    status @extschema@.tracking_status DEFAULT 'label_created',
    last_update TIMESTAMPTZ NOT NULL DEFAULT now(),
    events JSONB DEFAULT '[]',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    parcel_number INTEGER NOT NULL DEFAULT 1 CHECK (parcel_number > 0),
    -- [{"order_item_id": ..., "quantity": ...}]; not a table: they are read with the parcel, written with it as a whole, and an
    -- order's lines are never removed
    items JSONB,
    CONSTRAINT order_tracking_order_id_parcel_number_key UNIQUE (order_id, parcel_number)
);

CREATE INDEX idx_order_tracking_order_id ON @extschema@.order_tracking (order_id);
CREATE INDEX idx_order_tracking_tracking_number ON @extschema@.order_tracking (tracking_number);

CREATE TABLE @extschema@.shipping_labels (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    order_id UUID NOT NULL REFERENCES @extschema@.orders (id) ON DELETE CASCADE,
    carrier @extschema@.shipping_carrier NOT NULL,
    tracking_number VARCHAR(100) NOT NULL,
    label_url TEXT,
    cost DECIMAL(10,2) CHECK (cost >= 0 AND cost < 'NaN'),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT shipping_labels_order_id_key UNIQUE (order_id)
);

CREATE TABLE @extschema@.shipping_events (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id UUID NOT NULL REFERENCES @extschema@.orders (id),
    event_type VARCHAR(50) NOT NULL,
    event_data JSONB DEFAULT '{}',
    carrier VARCHAR(50),
    tracking_number VARCHAR(100),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_shipping_events_order_id ON @extschema@.shipping_events (order_id);

-- One row per finished checkout request: who repeats a request with its key gets the same orders again.
CREATE TABLE @extschema@.checkouts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    buyer_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    -- bounded, because a longer key would fail in the index below with an error that names no cause
    idempotency_key TEXT NOT NULL CHECK (length(idempotency_key) BETWEEN 1 AND 255),
    request JSONB NOT NULL,
    order_ids UUID[] NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- keys are the buyer's own: two buyers may use the same
    CONSTRAINT checkouts_idempotency_key_buyer_id_key UNIQUE (idempotency_key, buyer_id)
);

CREATE INDEX idx_checkouts_buyer_id ON @extschema@.checkouts (buyer_id);
