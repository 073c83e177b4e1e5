-- What is charged for a sale beside its price.

-- tax_rates

COMMENT ON TABLE @extschema@.tax_rates IS
    'Tax rates by the country of the shipping address, its region and the category, for shops without driplo.tax_function; public.';
COMMENT ON COLUMN @extschema@.tax_rates.region IS
    'state_province of the address, whatever the case; NULL for the whole country. A rate of the region comes before one of the country.';
COMMENT ON COLUMN @extschema@.tax_rates.category_id IS
    'For listings of this category and everything below it; NULL for all. The nearest category counts.';
COMMENT ON COLUMN @extschema@.tax_rates.taxes_shipping IS 'Whether shipping what has this rate has it too.';
COMMENT ON COLUMN @extschema@.tax_rates.taxes_fee IS
    'Whether the fee that buyers pay has this rate, if it is that of no category: the fee is taxed as what has none.';
COMMENT ON COLUMN @extschema@.tax_rates.valid_from IS
    'The first day (UTC). Of the same country, region and category the latest that has begun counts; 0 percent ends one.';

DROP POLICY IF EXISTS "Anyone can view tax rates" ON @extschema@.tax_rates;
CREATE POLICY "Anyone can view tax rates" ON @extschema@.tax_rates
    FOR SELECT TO anon, authenticated
    USING (true);

-- commission_rules

COMMENT ON TABLE @extschema@.commission_rules IS
    'What the platform keeps of an order item instead of driplo.platform_fee_percent. Sellers see their own rules and those for all.';
COMMENT ON COLUMN @extschema@.commission_rules.priority IS
    'Of the rules that fit the one with the highest priority counts; of equal ones that of the seller, then of the nearest category, '
    'then the latest.';
COMMENT ON COLUMN @extschema@.commission_rules.flat IS 'Added to the percentage, once for an order item whatever its quantity.';
COMMENT ON COLUMN @extschema@.commission_rules.minimum IS 'The least for an order item, as far as it costs so much.';
COMMENT ON COLUMN @extschema@.commission_rules.maximum IS 'The most for an order item and its shipping.';
COMMENT ON COLUMN @extschema@.commission_rules.of_shipping IS
    'Whether the percentage is of the shipping too; NULL: as driplo.fee_on_shipping says.';

DROP POLICY IF EXISTS "Users can view commission rules" ON @extschema@.commission_rules;
CREATE POLICY "Users can view commission rules" ON @extschema@.commission_rules
    FOR SELECT TO authenticated
    USING (
        seller_id IS NULL
        OR seller_id = (SELECT auth.uid())
        OR id >= private.ids_from('admin')
    );
