-- What is charged for a sale beside its price: tax by rates, and what the platform keeps of it by rules.

CREATE TABLE @extschema@.tax_rates (
    id UUID CONSTRAINT tax_rates_pkey PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    country_code VARCHAR(2) NOT NULL CONSTRAINT tax_rates_country_code_check CHECK (country_code ~ '^[A-Z]{2}$'),
    -- shipping_addresses.state_province, without regard to case
    region VARCHAR(100),
    -- with everything below it
    category_id UUID CONSTRAINT tax_rates_category_id_fkey REFERENCES @extschema@.categories (id) ON DELETE CASCADE,
    name VARCHAR(100) NOT NULL,
    percent NUMERIC(7,4) NOT NULL CONSTRAINT tax_rates_percent_check CHECK (percent >= 0 AND percent <= 100),
    taxes_shipping BOOLEAN NOT NULL DEFAULT true,
    valid_from DATE NOT NULL DEFAULT '2000-01-01' CONSTRAINT tax_rates_valid_from_check CHECK (isfinite(valid_from)),
    taxes_fee BOOLEAN NOT NULL DEFAULT true,
    -- of two for the same one would be chosen by chance
    CONSTRAINT tax_rates_once_key UNIQUE NULLS NOT DISTINCT (country_code, region, category_id, valid_from)
);
CREATE INDEX idx_tax_rates_category_id ON @extschema@.tax_rates (category_id) WHERE category_id IS NOT NULL;

CREATE TABLE @extschema@.commission_rules (
    id UUID CONSTRAINT commission_rules_pkey PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    name VARCHAR(100) NOT NULL,
    priority INTEGER NOT NULL DEFAULT 0,
    -- what it is for; NULL for all
    seller_id UUID CONSTRAINT commission_rules_seller_id_fkey REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    category_id UUID CONSTRAINT commission_rules_category_id_fkey REFERENCES @extschema@.categories (id) ON DELETE CASCADE,
    currency VARCHAR(3) CONSTRAINT commission_rules_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    -- the price of one piece: from this on, and below that
    price_from NUMERIC(10,2),
    price_below NUMERIC(10,2),
    -- what it takes
    percent NUMERIC(5,2) NOT NULL DEFAULT 0 CONSTRAINT commission_rules_percent_check CHECK (percent >= 0 AND percent <= 100),
    flat NUMERIC(10,2) NOT NULL DEFAULT 0 CONSTRAINT commission_rules_flat_check CHECK (flat >= 0 AND flat < 'NaN'),
    minimum NUMERIC(10,2) CONSTRAINT commission_rules_minimum_check CHECK (minimum >= 0 AND minimum < 'NaN'),
    maximum NUMERIC(10,2) CONSTRAINT commission_rules_maximum_check CHECK (maximum >= 0 AND maximum < 'NaN'),
    -- NULL: as driplo.fee_on_shipping says
    of_shipping BOOLEAN,
    valid_from TIMESTAMPTZ NOT NULL DEFAULT now(),
    valid_until TIMESTAMPTZ,
    CONSTRAINT commission_rules_minimum_within_maximum_check CHECK (minimum <= maximum),
    CONSTRAINT commission_rules_price_band_check CHECK (price_from < price_below),
    CONSTRAINT commission_rules_valid_time_check CHECK (valid_from < valid_until),
    -- ten dollars are not ten yen
    CONSTRAINT commission_rules_amounts_have_currency_check CHECK (
        currency IS NOT NULL OR (flat = 0 AND num_nonnulls(minimum, maximum, price_from, price_below) = 0)
    )
);
CREATE INDEX idx_commission_rules_seller_id ON @extschema@.commission_rules (seller_id) WHERE seller_id IS NOT NULL;
CREATE INDEX idx_commission_rules_category_id ON @extschema@.commission_rules (category_id) WHERE category_id IS NOT NULL;
