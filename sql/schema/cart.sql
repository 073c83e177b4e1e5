-- Cart: one cart per person, one line per listing and variant.

CREATE TABLE @extschema@.shopping_carts (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    expires_at TIMESTAMPTZ DEFAULT now() + INTERVAL '30 days',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- of the code with which another account of the same person may take the cart over, once
    claim_hash TEXT,
    claim_expires_at TIMESTAMPTZ,
    CONSTRAINT shopping_carts_user_id_key UNIQUE (user_id)
);

CREATE UNIQUE INDEX idx_shopping_carts_claim_hash ON @extschema@.shopping_carts (claim_hash) WHERE claim_hash IS NOT NULL;

CREATE TABLE @extschema@.cart_items (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    cart_id UUID NOT NULL REFERENCES @extschema@.shopping_carts (id) ON DELETE CASCADE,
    listing_id UUID NOT NULL REFERENCES @extschema@.listings (id) ON DELETE CASCADE,
    -- the upper bound keeps quantity * price inside the money type and a typing error out of the cart
    quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity > 0 AND quantity <= 1000000),
    added_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    variant_id UUID,
    -- whose price it is bought at
    offer_id UUID,
    is_picked_up BOOLEAN NOT NULL DEFAULT false,
    -- with the listing: a variant of another listing is no variant of this one
    CONSTRAINT cart_items_variant_id_fkey FOREIGN KEY (variant_id, listing_id)
        REFERENCES @extschema@.product_variants (id, listing_id) ON DELETE CASCADE
);

CREATE INDEX idx_cart_items_cart_id ON @extschema@.cart_items (cart_id);
CREATE INDEX idx_cart_items_listing_id ON @extschema@.cart_items (listing_id);
CREATE INDEX idx_cart_items_variant_id ON @extschema@.cart_items (variant_id) WHERE variant_id IS NOT NULL;
-- NULLS NOT DISTINCT: most listings have no variant, and two lines without one are the same line
CREATE UNIQUE INDEX idx_cart_items_unique ON @extschema@.cart_items (cart_id, listing_id, variant_id)
    NULLS NOT DISTINCT;
