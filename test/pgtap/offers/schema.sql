-- The contract of the schema, offers: offers, what sellers want of them, offers to all who like a listing.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(12);

-- offers
SELECT is(tests.columns_of('offers'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
listing_id uuid
variant_id uuid
buyer_id uuid NOT NULL
seller_id uuid NOT NULL
quantity integer NOT NULL DEFAULT 1
amount numeric(10,2) NOT NULL
currency character varying(3) NOT NULL
status text NOT NULL DEFAULT 'pending'::text
made_by text NOT NULL
parent_id uuid
round smallint NOT NULL
message text
expires_at timestamp with time zone NOT NULL
answered_at timestamp with time zone
checkout_until timestamp with time zone
order_item_id uuid
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'offers has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('offers'), $$
offers_accepted_has_end_check CHECK (((status <> 'accepted'::text) OR (checkout_until IS NOT NULL)))
offers_amount_check CHECK (((amount > (0)::numeric) AND (amount < 'NaN'::numeric)))
offers_answered_check CHECK (((status = 'pending'::text) = (answered_at IS NULL)))
offers_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES profiles(id) ON DELETE CASCADE
offers_buyer_is_not_seller_check CHECK ((buyer_id <> seller_id))
offers_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
offers_listing_id_fkey FOREIGN KEY (listing_id, seller_id) REFERENCES listings(id, seller_id) ON DELETE SET NULL (listing_id)
offers_made_by_check CHECK ((made_by = ANY (ARRAY['buyer'::text, 'seller'::text])))
offers_message_check CHECK (((length(message) >= 1) AND (length(message) <= 10000)))
offers_order_item_id_fkey FOREIGN KEY (order_item_id) REFERENCES order_items(id) ON DELETE SET NULL
offers_parent_id_fkey FOREIGN KEY (parent_id) REFERENCES offers(id) ON DELETE SET NULL
offers_pkey PRIMARY KEY (id)
offers_quantity_check CHECK (((quantity > 0) AND (quantity <= 1000000)))
offers_round_check CHECK (((round >= 0) AND (round <= 3)))
offers_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES profiles(id) ON DELETE CASCADE
offers_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'accepted'::text, 'declined'::text, 'countered'::text, 'withdrawn'::text, 'expired'::text, 'void'::text, 'used'::text])))
offers_variant_id_fkey FOREIGN KEY (variant_id, listing_id) REFERENCES product_variants(id, listing_id) ON DELETE SET NULL (variant_id)
$$, 'offers has its constraints');
SELECT is(tests.indexes_of('offers'), $$
idx_offers_buyer_created USING btree (buyer_id, created_at, id)
idx_offers_buyer_id USING btree (buyer_id)
idx_offers_ends_at USING btree (COALESCE(checkout_until, expires_at)) WHERE (status = ANY (ARRAY['pending'::text, 'accepted'::text]))
idx_offers_listing_buyer USING btree (listing_id, buyer_id) WHERE (listing_id IS NOT NULL)
idx_offers_listing_id USING btree (listing_id) WHERE (listing_id IS NOT NULL)
idx_offers_live UNIQUE USING btree (buyer_id, listing_id, variant_id) NULLS NOT DISTINCT WHERE (status = ANY (ARRAY['pending'::text, 'accepted'::text]))
idx_offers_order_item_id USING btree (order_item_id) WHERE (order_item_id IS NOT NULL)
idx_offers_parent_id USING btree (parent_id) WHERE (parent_id IS NOT NULL)
idx_offers_seller_created USING btree (seller_id, created_at, id)
idx_offers_seller_id USING btree (seller_id)
idx_offers_variant_id USING btree (variant_id) WHERE (variant_id IS NOT NULL)
$$, 'offers has its indexes');
SELECT is(tests.triggers_of('offers'), $$
clear_with_reference BEFORE UPDATE ON offers FOR EACH ROW WHEN (old.listing_id IS NOT NULL AND new.listing_id IS NULL) EXECUTE FUNCTION private.clear_with_reference('listing_id', 'variant_id')
guard_offer BEFORE UPDATE ON offers FOR EACH ROW EXECUTE FUNCTION private.guard_offer()
record_new_offer_event AFTER INSERT ON offers FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('offer', 'status')
record_offer_event AFTER UPDATE ON offers FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.record_event_of_row('offer', 'status')
$$, 'offers has its triggers');
SELECT is(tests.policies_of('offers'), $$
"Users can view their offers" SELECT TO authenticated
$$, 'offers has its policies');

-- offer_settings
SELECT is(tests.columns_of('offer_settings'), $$
seller_id uuid NOT NULL
enabled boolean NOT NULL DEFAULT true
min_percent smallint NOT NULL DEFAULT 50
auto_accept_percent smallint
auto_decline_percent smallint
bundle_tiers jsonb NOT NULL DEFAULT '[]'::jsonb
$$, 'offer_settings has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('offer_settings'), $$
offer_settings_answers_check CHECK ((auto_decline_percent < auto_accept_percent))
offer_settings_auto_accept_percent_check CHECK (((auto_accept_percent >= 50) AND (auto_accept_percent <= 99)))
offer_settings_auto_decline_percent_check CHECK (((auto_decline_percent >= 50) AND (auto_decline_percent <= 99)))
offer_settings_bundle_tiers_check CHECK ((jsonb_typeof(bundle_tiers) = 'array'::text))
offer_settings_min_percent_check CHECK (((min_percent >= 50) AND (min_percent <= 99)))
offer_settings_pkey PRIMARY KEY (seller_id)
offer_settings_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'offer_settings has its constraints');
SELECT is(tests.policies_of('offer_settings'), $$
"Sellers can view their offer settings" SELECT TO authenticated
$$, 'offer_settings has its policies');

-- offer_campaigns
SELECT is(tests.columns_of('offer_campaigns'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
listing_id uuid NOT NULL
percent smallint NOT NULL
message text
amount numeric(10,2) NOT NULL
currency character varying(3) NOT NULL
made integer
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'offer_campaigns has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('offer_campaigns'), $$
offer_campaigns_amount_check CHECK (((amount > (0)::numeric) AND (amount < 'NaN'::numeric)))
offer_campaigns_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
offer_campaigns_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE CASCADE
offer_campaigns_message_check CHECK (((length(message) >= 1) AND (length(message) <= 10000)))
offer_campaigns_percent_check CHECK (((percent >= 1) AND (percent <= 50)))
offer_campaigns_pkey PRIMARY KEY (id)
$$, 'offer_campaigns has its constraints');
SELECT is(tests.indexes_of('offer_campaigns'), $$
idx_offer_campaigns_due USING btree (created_at) WHERE (made IS NULL)
idx_offer_campaigns_listing_id USING btree (listing_id)
$$, 'offer_campaigns has its indexes');
SELECT is(tests.policies_of('offer_campaigns'), $$
"Service role only" ALL TO anon, authenticated
$$, 'offer_campaigns has its policies');

SELECT * FROM finish();
ROLLBACK;
