-- Promotions: coupons and who used them.

CREATE TYPE @extschema@.discount_type AS ENUM (
    'percentage', 'fixed_amount', 'free_shipping', 'buy_x_get_y'
);

CREATE TYPE @extschema@.promotion_target AS ENUM (
    'all_items', 'category', 'seller', 'specific_items'
);

CREATE TABLE @extschema@.coupons (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    -- as buyers type it: several codes are one text, separated by commas, and spaces around each do not matter
    code VARCHAR(50) NOT NULL CHECK (btrim(code) <> '' AND btrim(code) = code AND strpos(code, ',') = 0),
    name VARCHAR(100) NOT NULL,
    description TEXT,
    discount_type @extschema@.discount_type NOT NULL,
    -- < 'NaN' in every money check: NaN counts as greater than every number, so >= 0 alone would let it in
    discount_value DECIMAL(10,2) NOT NULL CHECK (discount_value >= 0 AND discount_value < 'NaN'),
    minimum_purchase DECIMAL(10,2) DEFAULT 0 CHECK (minimum_purchase >= 0 AND minimum_purchase < 'NaN'),
    maximum_discount DECIMAL(10,2) CHECK (maximum_discount >= 0 AND maximum_discount < 'NaN'),
    buy_quantity INTEGER CHECK (buy_quantity > 0),
    get_quantity INTEGER CHECK (get_quantity > 0),
    usage_limit INTEGER CHECK (usage_limit > 0),
    -- a NULL would stay NULL with every use: a coupon without a limit
    usage_count INTEGER NOT NULL DEFAULT 0 CHECK (usage_count >= 0),
    usage_limit_per_user INTEGER DEFAULT 1 CHECK (usage_limit_per_user > 0),
    valid_from TIMESTAMPTZ DEFAULT now(),
    valid_until TIMESTAMPTZ,
    is_active BOOLEAN DEFAULT true,
    target_type @extschema@.promotion_target DEFAULT 'all_items',
    -- CASCADE, not SET NULL: without a seller it would become a coupon of the whole platform
    seller_id UUID REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    category_ids UUID[] DEFAULT '{}',
    listing_ids UUID[] DEFAULT '{}',
    excluded_listing_ids UUID[] DEFAULT '{}',
    new_users_only BOOLEAN DEFAULT false,
    user_ids UUID[] DEFAULT '{}',
    minimum_account_age_days INTEGER CHECK (minimum_account_age_days >= 0),
    can_stack BOOLEAN DEFAULT false,
    total_discount_given DECIMAL(14,2) NOT NULL DEFAULT 0 CHECK (total_discount_given >= 0 AND total_discount_given < 'NaN'),
    created_by UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- of discount_value, minimum_purchase and maximum_discount: only what is sold in it matches; NULL where no amount counts
    currency VARCHAR(3) CHECK (currency ~ '^[A-Z]{3}$'),
    -- of total_discount_given, which adds up no other: that of the first use
    total_discount_currency VARCHAR(3) CHECK (total_discount_currency ~ '^[A-Z]{3}$'),
    -- on offer to everybody; else the code is for those who were given it
    is_public BOOLEAN NOT NULL DEFAULT false,
    -- for buy_x_get_y: what is free, where that is something else than what is to be bought
    get_category_ids UUID[] NOT NULL DEFAULT '{}',
    get_listing_ids UUID[] NOT NULL DEFAULT '{}',
    CONSTRAINT idx_coupons_code UNIQUE (code),
    -- each use of it in a cart reads them
    CONSTRAINT coupons_sizes_check CHECK (
        cardinality(category_ids) <= 1000
        AND cardinality(listing_ids) <= 1000
        AND cardinality(excluded_listing_ids) <= 1000
        AND cardinality(get_category_ids) <= 1000
        AND cardinality(get_listing_ids) <= 1000
        AND cardinality(user_ids) <= 10000
        AND octet_length(description) <= 10000
    ),
    CONSTRAINT coupons_amounts_have_currency_check CHECK (
        currency IS NOT NULL
        OR (discount_type <> 'fixed_amount' AND coalesce(minimum_purchase, 0) = 0 AND maximum_discount IS NULL)
    ),
    CONSTRAINT coupons_percentage_within_hundred_check CHECK (discount_type <> 'percentage' OR discount_value <= 100),
    -- the last line of defence against two buyers who take the last use at once
    CONSTRAINT coupons_usage_within_limit_check CHECK (usage_count <= usage_limit),
    CONSTRAINT coupons_buy_x_get_y_complete_check CHECK (
        discount_type <> 'buy_x_get_y' OR (buy_quantity IS NOT NULL AND get_quantity IS NOT NULL)
    ),
    CONSTRAINT coupons_get_lists_check CHECK (
        discount_type = 'buy_x_get_y' OR cardinality(get_category_ids) + cardinality(get_listing_ids) = 0
    ),
    CONSTRAINT coupons_valid_dates_ordered_check CHECK (valid_until > valid_from)
);

-- the same code in upper and in lower case is one; private.coupon_code() writes it this way
CREATE UNIQUE INDEX idx_coupons_code_any_case ON @extschema@.coupons (upper(code::text COLLATE "C"));
CREATE INDEX idx_coupons_is_active ON @extschema@.coupons (is_active);
CREATE INDEX idx_coupons_valid_dates ON @extschema@.coupons (valid_from, valid_until);
CREATE INDEX idx_coupons_seller_id ON @extschema@.coupons (seller_id) WHERE seller_id IS NOT NULL;
CREATE INDEX idx_coupons_created_by ON @extschema@.coupons (created_by) WHERE created_by IS NOT NULL;

CREATE TABLE @extschema@.coupon_usage (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    -- NULL only after an account was deleted: the seller's with the coupons, or the user's
    coupon_id UUID REFERENCES @extschema@.coupons (id) ON DELETE SET NULL,
    user_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    order_id UUID REFERENCES @extschema@.orders (id) ON DELETE SET NULL,
    discount_amount DECIMAL(10,2) NOT NULL CHECK (discount_amount >= 0 AND discount_amount < 'NaN'),
    order_amount DECIMAL(10,2) CHECK (order_amount >= 0 AND order_amount < 'NaN'),
    is_successful BOOLEAN DEFAULT true,
    failure_reason TEXT,
    used_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- the rows of one coupon and checkout are one use: a coupon of the platform takes something off several orders
    checkout_id UUID,
    -- whether this is the one of them that counts
    counts BOOLEAN NOT NULL DEFAULT true,
    -- what the orders of the checkout have to have together for the discount, as it was then; NULL where none depends on another
    condition JSONB
);

CREATE INDEX idx_coupon_usage_coupon_id ON @extschema@.coupon_usage (coupon_id);
CREATE INDEX idx_coupon_usage_user_id ON @extschema@.coupon_usage (user_id);
CREATE INDEX idx_coupon_usage_order_id ON @extschema@.coupon_usage (order_id);
