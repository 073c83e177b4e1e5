-- Currencies: those of ISO 4217 with two digits or none, in which listings can be priced.

-- The digits are also those of core/currency.cpp, which calculates with them; a test compares them, and check_integrity() does.
CREATE TABLE @extschema@.currencies (
    code VARCHAR(3) CONSTRAINT currencies_pkey PRIMARY KEY CONSTRAINT currencies_code_check CHECK (code ~ '^[A-Z]{3}$'),
    name VARCHAR(100) NOT NULL,
    symbol VARCHAR(10) NOT NULL,
    minor_units SMALLINT NOT NULL CONSTRAINT currencies_minor_units_check CHECK (minor_units IN (0, 2)),
    -- where there is no published minimum: 0
    smallest_card_amount NUMERIC(10,2) NOT NULL DEFAULT 0
        CONSTRAINT currencies_smallest_card_amount_check CHECK (smallest_card_amount >= 0 AND smallest_card_amount < 'NaN')
);
