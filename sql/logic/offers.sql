-- Offers: a price that a buyer and a seller agree on.

-- offers

COMMENT ON TABLE @extschema@.offers IS
    'Prices that buyers and sellers have offered each other; visible to the two. make_offer() and answer_offer() write it.';
COMMENT ON COLUMN @extschema@.offers.listing_id IS 'Listing; NULL only after it was deleted.';
COMMENT ON COLUMN @extschema@.offers.amount IS 'Price of one unit, in major units of currency.';
COMMENT ON COLUMN @extschema@.offers.status IS
    'As last written: an offer can be over before a job writes so. my_offers() returns the current status.';
COMMENT ON COLUMN @extschema@.offers.made_by IS 'buyer or seller; the other one answers.';
COMMENT ON COLUMN @extschema@.offers.parent_id IS 'Offer to which this one is the counteroffer.';
COMMENT ON COLUMN @extschema@.offers.round IS
    'How many prices the buyer had offered for the listing, with this one; at most 3.';
COMMENT ON COLUMN @extschema@.offers.expires_at IS 'Time until which a pending offer can be answered.';
COMMENT ON COLUMN @extschema@.offers.answered_at IS 'Time when the offer ceased to be pending.';
COMMENT ON COLUMN @extschema@.offers.checkout_until IS 'Time until which an accepted offer can be bought.';
COMMENT ON COLUMN @extschema@.offers.order_item_id IS 'Order item that was bought at this price.';
COMMENT ON COLUMN @extschema@.cart_items.offer_id IS
    'Offer at whose price the item is bought; if it no longer applies, the item cannot be bought.';
COMMENT ON COLUMN @extschema@.order_items.offer_id IS 'Offer at whose price the item was bought; it can be deleted since, with an account.';
COMMENT ON COLUMN @extschema@.messages.offer_id IS
    'Offer that the message makes or answers, NULL for other messages; it can be deleted since, with an account.';

CREATE OR REPLACE TRIGGER guard_offer
    BEFORE UPDATE ON @extschema@.offers
    FOR EACH ROW EXECUTE FUNCTION private.guard_offer();

CREATE OR REPLACE TRIGGER record_new_offer_event
    AFTER INSERT ON @extschema@.offers
    FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('offer', 'status');

CREATE OR REPLACE TRIGGER record_offer_event
    AFTER UPDATE ON @extschema@.offers
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION private.record_event_of_row('offer', 'status');

-- A variant of a listing that is gone is a variant of nothing.
CREATE OR REPLACE TRIGGER clear_with_reference
    BEFORE UPDATE ON @extschema@.offers
    FOR EACH ROW WHEN (OLD.listing_id IS NOT NULL AND NEW.listing_id IS NULL) EXECUTE FUNCTION private.clear_with_reference('listing_id', 'variant_id');

DROP POLICY IF EXISTS "Users can view their offers" ON @extschema@.offers;
CREATE POLICY "Users can view their offers" ON @extschema@.offers
    FOR SELECT TO authenticated
    USING (buyer_id = (SELECT auth.uid()) OR seller_id = (SELECT auth.uid()));

-- offer_settings

COMMENT ON TABLE @extschema@.offer_settings IS
    'What offers a seller wants and how they are answered automatically; visible to the seller. offer_terms() tells buyers what they have to know.';
COMMENT ON COLUMN @extschema@.offer_settings.min_percent IS 'Percentage of the price that an offer must be at least.';
COMMENT ON COLUMN @extschema@.offer_settings.auto_accept_percent IS
    'Percentage of the price from which offers are accepted automatically; NULL for none.';
COMMENT ON COLUMN @extschema@.offer_settings.auto_decline_percent IS
    'Percentage of the price below which offers are declined automatically; NULL for none.';
COMMENT ON COLUMN @extschema@.offer_settings.bundle_tiers IS
    'Discounts for several units, as [{"pieces": 2, "percent": 5}]; set_bundle_discount() writes it.';

DROP POLICY IF EXISTS "Sellers can view their offer settings" ON @extschema@.offer_settings;
CREATE POLICY "Sellers can view their offer settings" ON @extschema@.offer_settings
    FOR SELECT TO authenticated
    USING (seller_id = (SELECT auth.uid()));

-- offer_campaigns

COMMENT ON TABLE @extschema@.offer_campaigns IS
    'Offers of sellers to all who like a listing, made by a job; offer_to_likers() writes it.';
COMMENT ON COLUMN @extschema@.offer_campaigns.made IS 'Number of offers that were made; NULL until the job has run.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.offer_campaigns;
CREATE POLICY "Service role only" ON @extschema@.offer_campaigns
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
