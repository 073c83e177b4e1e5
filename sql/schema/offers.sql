-- Offers: a price that a buyer and a seller agree on, for that buyer alone; what sellers allow; cheaper bundles.

CREATE TABLE @extschema@.offers (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    -- NULL only after the listing was deleted: then the offer is void
    listing_id UUID,
    variant_id UUID,
    -- a negotiation is of the two, and goes with either of them: what was bought keeps its price
    buyer_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    seller_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    quantity INTEGER NOT NULL DEFAULT 1 CONSTRAINT offers_quantity_check CHECK (quantity > 0 AND quantity <= 1000000),
    -- for one piece
    amount DECIMAL(10,2) NOT NULL CONSTRAINT offers_amount_check CHECK (amount > 0 AND amount < 'NaN'),
    currency VARCHAR(3) NOT NULL CONSTRAINT offers_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    status TEXT NOT NULL DEFAULT 'pending' CONSTRAINT offers_status_check CHECK (
        status IN ('pending', 'accepted', 'declined', 'countered', 'withdrawn', 'expired', 'void', 'used')
    ),
    made_by TEXT NOT NULL CONSTRAINT offers_made_by_check CHECK (made_by IN ('buyer', 'seller')),
    -- the offer that this one answers
    parent_id UUID REFERENCES @extschema@.offers (id) ON DELETE SET NULL,
    -- how often the buyer has named a price for the listing, with this offer
    round SMALLINT NOT NULL CONSTRAINT offers_round_check CHECK (round BETWEEN 0 AND 3),
    message TEXT CONSTRAINT offers_message_check CHECK (length(message) BETWEEN 1 AND 10000),
    expires_at TIMESTAMPTZ NOT NULL,
    answered_at TIMESTAMPTZ,
    checkout_until TIMESTAMPTZ,
    order_item_id UUID REFERENCES @extschema@.order_items (id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT offers_buyer_is_not_seller_check CHECK (buyer_id <> seller_id),
    CONSTRAINT offers_accepted_has_end_check CHECK (status <> 'accepted' OR checkout_until IS NOT NULL),
    CONSTRAINT offers_answered_check CHECK ((status = 'pending') = (answered_at IS NULL)),
    -- with the seller: nobody can offer for a listing that is not theirs
    CONSTRAINT offers_listing_id_fkey FOREIGN KEY (listing_id, seller_id)
        REFERENCES @extschema@.listings (id, seller_id) ON DELETE SET NULL (listing_id),
    CONSTRAINT offers_variant_id_fkey FOREIGN KEY (variant_id, listing_id)
        REFERENCES @extschema@.product_variants (id, listing_id) ON DELETE SET NULL (variant_id)
);

-- NULLS NOT DISTINCT: most listings have no variant. One that is live at most, so that no price is promised twice.
CREATE UNIQUE INDEX idx_offers_live ON @extschema@.offers (buyer_id, listing_id, variant_id)
    NULLS NOT DISTINCT WHERE status IN ('pending', 'accepted');
CREATE INDEX idx_offers_ends_at ON @extschema@.offers ((COALESCE(checkout_until, expires_at)))
    WHERE status IN ('pending', 'accepted');
CREATE INDEX idx_offers_buyer_id ON @extschema@.offers (buyer_id);
CREATE INDEX idx_offers_seller_id ON @extschema@.offers (seller_id);
CREATE INDEX idx_offers_listing_id ON @extschema@.offers (listing_id) WHERE listing_id IS NOT NULL;
CREATE INDEX idx_offers_buyer_created ON @extschema@.offers (buyer_id, created_at, id);
CREATE INDEX idx_offers_seller_created ON @extschema@.offers (seller_id, created_at, id);
CREATE INDEX idx_offers_listing_buyer ON @extschema@.offers (listing_id, buyer_id) WHERE listing_id IS NOT NULL;
CREATE INDEX idx_offers_variant_id ON @extschema@.offers (variant_id) WHERE variant_id IS NOT NULL;
CREATE INDEX idx_offers_parent_id ON @extschema@.offers (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX idx_offers_order_item_id ON @extschema@.offers (order_item_id) WHERE order_item_id IS NOT NULL;

CREATE TABLE @extschema@.offer_settings (
    seller_id UUID PRIMARY KEY REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    enabled BOOLEAN NOT NULL DEFAULT true,
    -- of the price
    min_percent SMALLINT NOT NULL DEFAULT 50
        CONSTRAINT offer_settings_min_percent_check CHECK (min_percent BETWEEN 50 AND 99),
    auto_accept_percent SMALLINT
        CONSTRAINT offer_settings_auto_accept_percent_check CHECK (auto_accept_percent BETWEEN 50 AND 99),
    auto_decline_percent SMALLINT
        CONSTRAINT offer_settings_auto_decline_percent_check CHECK (auto_decline_percent BETWEEN 50 AND 99),
    -- [{"pieces": 2, "percent": 5}, {"pieces": 3, "percent": 10}]
    bundle_tiers JSONB NOT NULL DEFAULT '[]'
        CONSTRAINT offer_settings_bundle_tiers_check CHECK (jsonb_typeof(bundle_tiers) = 'array'),
    CONSTRAINT offer_settings_answers_check CHECK (auto_decline_percent < auto_accept_percent)
);

-- An offer of a seller's to everybody who likes a listing: a job makes the offers.
CREATE TABLE @extschema@.offer_campaigns (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    listing_id UUID NOT NULL REFERENCES @extschema@.listings (id) ON DELETE CASCADE,
    percent SMALLINT NOT NULL CONSTRAINT offer_campaigns_percent_check CHECK (percent BETWEEN 1 AND 50),
    message TEXT CONSTRAINT offer_campaigns_message_check CHECK (length(message) BETWEEN 1 AND 10000),
    -- for one piece, of the price at that time
    amount DECIMAL(10,2) NOT NULL CONSTRAINT offer_campaigns_amount_check CHECK (amount > 0 AND amount < 'NaN'),
    currency VARCHAR(3) NOT NULL CONSTRAINT offer_campaigns_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    made INTEGER,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_offer_campaigns_listing_id ON @extschema@.offer_campaigns (listing_id);
CREATE INDEX idx_offer_campaigns_due ON @extschema@.offer_campaigns (created_at) WHERE made IS NULL;

-- The price that a line of a cart is bought at. It goes with the offer: never another price without a word.
ALTER TABLE @extschema@.cart_items
    ADD CONSTRAINT cart_items_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES @extschema@.offers (id) ON DELETE CASCADE;
CREATE INDEX idx_cart_items_offer_id ON @extschema@.cart_items (offer_id) WHERE offer_id IS NOT NULL;

-- No foreign keys: what was bought and what was said stays when the offer goes with an account, as it was written, and a row
-- that is changed in the transaction that deletes the account would be checked before its offer is taken out of it.

-- No offer is bought twice.
CREATE UNIQUE INDEX idx_order_items_offer_id ON @extschema@.order_items (offer_id) WHERE offer_id IS NOT NULL;

CREATE INDEX idx_messages_offer_id ON @extschema@.messages (offer_id) WHERE offer_id IS NOT NULL;
