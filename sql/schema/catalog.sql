-- Catalog: categories, listings, their variants, favorites.

CREATE TABLE @extschema@.categories (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    name VARCHAR(100) NOT NULL,
    slug VARCHAR(100) NOT NULL,
    icon VARCHAR(10) DEFAULT '📦',
    description TEXT,
    -- NO ACTION: deleting a category must not take its whole subtree along (and RESTRICT has another SQLSTATE from 18 on)
    parent_id UUID REFERENCES @extschema@.categories (id),
    is_active BOOLEAN DEFAULT true,
    sort_order INTEGER DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    display_order INTEGER DEFAULT 0,
    meta_title TEXT,
    meta_description TEXT,
    icon_url TEXT,
    -- {"bg": {"name": "Рокли", "slug": "rokli", "description": "..."}}: what has no translation is shown as it is
    translations JSONB NOT NULL DEFAULT '{}' CONSTRAINT categories_translations_check CHECK (
        jsonb_typeof(translations) = 'object'
        AND NOT jsonb_path_exists(translations, '$.keyvalue() ? (!(@.key like_regex "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$") || @.value.type() != "object")', '{}', true)
        AND NOT jsonb_path_exists(translations, '$.*.keyvalue() ? (!(@.key == "name" || @.key == "slug" || @.key == "description") || @.value.type() != "string")', '{}', true)
        AND NOT jsonb_path_exists(translations, '$.*.name ? (!(@ like_regex "^.{1,100}$" && @ like_regex "[^[:space:]]"))', '{}', true)
        AND NOT jsonb_path_exists(translations, '$.*.slug ? (!(@ like_regex "^[^[:space:]/?#]{1,100}$"))', '{}', true)
    ),
    moved_at TIMESTAMPTZ,
    -- unique among siblings only: "Dresses" belongs under Women and under Kids; the roots are siblings too
    CONSTRAINT categories_name_parent_id_key UNIQUE NULLS NOT DISTINCT (name, parent_id),
    CONSTRAINT idx_categories_slug UNIQUE (slug),
    -- lets a listing name its subcategory together with the category above it
    CONSTRAINT categories_id_parent_id_key UNIQUE (id, parent_id),
    CONSTRAINT categories_parent_is_another_check CHECK (parent_id <> id)
);

CREATE INDEX idx_categories_parent_id ON @extschema@.categories (parent_id);
CREATE INDEX idx_categories_is_active ON @extschema@.categories (is_active);

-- The slugs of the translations, by the trigger keep_category_slugs: an index over a JSON object cannot be unique in each
-- of its locales.
CREATE TABLE @extschema@.category_slugs (
    locale VARCHAR(35) NOT NULL,
    slug VARCHAR(100) NOT NULL,
    category_id UUID NOT NULL REFERENCES @extschema@.categories (id) ON DELETE CASCADE,
    CONSTRAINT category_slugs_pkey PRIMARY KEY (locale, slug)
);

CREATE INDEX idx_category_slugs_category_id ON @extschema@.category_slugs (category_id);

-- How many listings there are to browse, by a job: a trigger would lock the row of a category for every sale in it. No foreign
-- key, which would lock the category itself.
CREATE TABLE @extschema@.category_counts (
    category_id UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    virtual_type TEXT NOT NULL DEFAULT '',
    product_count BIGINT NOT NULL CONSTRAINT category_counts_product_count_check CHECK (product_count >= 0),
    counted_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT category_counts_pkey PRIMARY KEY (category_id, virtual_type)
);

CREATE TABLE @extschema@.listings (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    seller_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    title VARCHAR(200) NOT NULL,
    slug VARCHAR(255) UNIQUE NOT NULL DEFAULT '',
    description TEXT NOT NULL,
    category_id UUID REFERENCES @extschema@.categories (id) ON DELETE SET NULL,
    condition VARCHAR(20) DEFAULT 'new',
    -- < 'NaN' in every money check: NaN counts as greater than every number, so >= 0 alone would let it in
    price DECIMAL(10,2) NOT NULL CHECK (price >= 0 AND price < 'NaN'),
    -- currency, quantity and status stay nullable as columns, but a NULL would slip through checks and arithmetic
    currency VARCHAR(3) NOT NULL DEFAULT COALESCE(current_setting('driplo.default_currency', true), 'USD')
        CHECK (currency ~ '^[A-Z]{3}$'),
    quantity INTEGER NOT NULL DEFAULT 1 CHECK (quantity >= 0),
    images JSONB DEFAULT '[]',
    image_urls JSONB DEFAULT '[]',
    video_url TEXT,
    location JSONB DEFAULT '{}',
    shipping_info JSONB DEFAULT '{}',
    tags TEXT[] DEFAULT '{}',
    status VARCHAR(20) NOT NULL DEFAULT 'draft' CHECK (
        status::text IN ('draft', 'active', 'reserved', 'sold', 'archived', 'removed', 'deleted')
    ),
    is_featured BOOLEAN DEFAULT false,
    view_count INTEGER NOT NULL DEFAULT 0 CHECK (view_count >= 0),
    -- below zero inside a statement, while a trigger of somebody's is counted before it
    favorite_count INTEGER NOT NULL DEFAULT 0,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    published_at TIMESTAMPTZ,
    sold_at TIMESTAMPTZ,
    metadata JSONB DEFAULT '{}',
    brand VARCHAR(100),
    size VARCHAR(50),
    color VARCHAR(50),
    materials TEXT[] DEFAULT '{}',
    subcategory_id UUID,
    location_city VARCHAR(100),
    -- "cost" of shipping_info: agree_on_listing() lets either be written
    shipping_cost DECIMAL(10,2),
    shipping_type VARCHAR(50),
    ships_worldwide BOOLEAN,
    image_metadata JSONB DEFAULT '[]' CHECK (jsonb_typeof(image_metadata) IN ('array', 'object')),
    language VARCHAR(35) CHECK (language ~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$'),
    -- never another; NULL is what was loaded without triggers
    CONSTRAINT listings_shipping_cost_agrees_check CHECK (
        shipping_cost IS NULL
        OR CASE WHEN jsonb_typeof(shipping_info -> 'cost') = 'number' THEN shipping_cost = round((shipping_info ->> 'cost')::numeric, 2) ELSE false END
    ),
    -- with the category: a subcategory is below it, also after it was moved in the tree
    CONSTRAINT listings_subcategory_id_fkey FOREIGN KEY (subcategory_id, category_id)
        REFERENCES @extschema@.categories (id, parent_id) ON UPDATE CASCADE ON DELETE SET NULL (subcategory_id),
    CONSTRAINT listings_subcategory_has_category_check CHECK (subcategory_id IS NULL OR category_id IS NOT NULL),
    -- lets a variant or a conversation name its listing together with the seller, so that the two cannot disagree
    CONSTRAINT listings_id_seller_id_key UNIQUE (id, seller_id)
);

CREATE INDEX idx_listings_seller_id ON @extschema@.listings (seller_id);
CREATE INDEX idx_listings_category_id ON @extschema@.listings (category_id);
CREATE INDEX idx_listings_subcategory_id ON @extschema@.listings (subcategory_id) WHERE subcategory_id IS NOT NULL;
-- By when it was first for sale, and not by status: that changes with each last piece, and with it in an index such a sale
-- writes all indexes.
CREATE INDEX idx_listings_status ON @extschema@.listings (published_at DESC);
CREATE INDEX idx_listings_created_at ON @extschema@.listings (created_at DESC);
CREATE INDEX idx_listings_price ON @extschema@.listings (price);
CREATE INDEX idx_listings_title_search ON @extschema@.listings USING gin (to_tsvector('english', title));
-- For clients that filter by them. Of what is frequent the newest are found without.
CREATE INDEX idx_listings_category_newest ON @extschema@.listings (category_id, created_at DESC);
CREATE INDEX idx_listings_subcategory_newest ON @extschema@.listings (subcategory_id, created_at DESC) WHERE subcategory_id IS NOT NULL;
CREATE INDEX idx_listings_featured ON @extschema@.listings (created_at DESC) WHERE is_featured;
CREATE INDEX idx_listings_brand ON @extschema@.listings (brand);
CREATE INDEX idx_listings_size ON @extschema@.listings (size);
CREATE INDEX idx_listings_color ON @extschema@.listings (color);
CREATE INDEX idx_listings_condition ON @extschema@.listings (condition);
CREATE INDEX idx_listings_image_urls ON @extschema@.listings USING gin (image_urls);

CREATE TABLE @extschema@.product_variants (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    listing_id UUID NOT NULL,
    name VARCHAR(100) NOT NULL,
    sku VARCHAR(100),
    price DECIMAL(10,2) NOT NULL CHECK (price >= 0 AND price < 'NaN'),
    quantity INTEGER NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    attributes JSONB DEFAULT '{}',
    is_active BOOLEAN DEFAULT true,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- the listing's seller, repeated here because a unique index cannot look into another table
    seller_id UUID NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    CONSTRAINT product_variants_listing_id_fkey FOREIGN KEY (listing_id, seller_id)
        REFERENCES @extschema@.listings (id, seller_id) ON DELETE CASCADE,
    -- lets cart and order lines name a variant together with its listing
    CONSTRAINT product_variants_id_listing_id_key UNIQUE (id, listing_id)
);

CREATE INDEX idx_product_variants_listing_id ON @extschema@.product_variants (listing_id);
CREATE INDEX idx_product_variants_seller_id ON @extschema@.product_variants (seller_id);
-- a sku is the seller's own: another seller may use the same
CREATE UNIQUE INDEX idx_product_variants_sku ON @extschema@.product_variants (sku, seller_id) WHERE sku IS NOT NULL;

CREATE TABLE @extschema@.favorites (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    listing_id UUID NOT NULL REFERENCES @extschema@.listings (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- the lowest price that the user knows of: when it was marked, or told since; NULL of what was loaded without triggers
    price_seen DECIMAL(10,2),
    currency_seen VARCHAR(3),
    CONSTRAINT favorites_user_id_listing_id_key UNIQUE (user_id, listing_id)
);

CREATE INDEX idx_favorites_user_id ON @extschema@.favorites (user_id);
CREATE INDEX idx_favorites_listing_id ON @extschema@.favorites (listing_id);

-- Conditions to offer. A listing may have any other.
CREATE TABLE @extschema@.listing_conditions (
    code VARCHAR(20) PRIMARY KEY CHECK (code ~ '^[a-z0-9_]+$'),
    label VARCHAR(100) NOT NULL,
    description TEXT,
    sort_order INTEGER NOT NULL DEFAULT 0
);

-- The form of a listing that its seller has not finished; one for each user.
CREATE TABLE @extschema@.listing_drafts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    form_data JSONB NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(form_data) = 'object'),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    CONSTRAINT listing_drafts_user_id_key UNIQUE (user_id)
);
