-- The contract of the schema, cart: carts and their lines.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(10);


-- shopping_carts
SELECT is(tests.columns_of('shopping_carts'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
user_id uuid NOT NULL
expires_at timestamp with time zone DEFAULT (now() + '30 days'::interval)
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
claim_hash text
claim_expires_at timestamp with time zone
$$, 'shopping_carts has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('shopping_carts'), $$
shopping_carts_pkey PRIMARY KEY (id)
shopping_carts_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
shopping_carts_user_id_key UNIQUE (user_id)
$$, 'shopping_carts has its constraints');
SELECT is(tests.indexes_of('shopping_carts'), $$
idx_shopping_carts_claim_hash UNIQUE USING btree (claim_hash) WHERE (claim_hash IS NOT NULL)
$$, 'shopping_carts has its indexes');
SELECT is(tests.triggers_of('shopping_carts'), $$
update_shopping_carts_updated_at BEFORE UPDATE ON shopping_carts FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'shopping_carts has its triggers');
SELECT is(tests.policies_of('shopping_carts'), $$
"Users can create their own cart" INSERT TO authenticated
"Users can update their own cart" UPDATE TO authenticated
"Users can view their own cart" SELECT TO authenticated
$$, 'shopping_carts has its policies');

-- cart_items
SELECT is(tests.columns_of('cart_items'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
cart_id uuid NOT NULL
listing_id uuid NOT NULL
quantity integer NOT NULL DEFAULT 1
added_at timestamp with time zone NOT NULL DEFAULT now()
variant_id uuid
offer_id uuid
is_picked_up boolean NOT NULL DEFAULT false
$$, 'cart_items has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('cart_items'), $$
cart_items_cart_id_fkey FOREIGN KEY (cart_id) REFERENCES shopping_carts(id) ON DELETE CASCADE
cart_items_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE CASCADE
cart_items_offer_id_fkey FOREIGN KEY (offer_id) REFERENCES offers(id) ON DELETE CASCADE
cart_items_pkey PRIMARY KEY (id)
cart_items_quantity_check CHECK (((quantity > 0) AND (quantity <= 1000000)))
cart_items_variant_id_fkey FOREIGN KEY (variant_id, listing_id) REFERENCES product_variants(id, listing_id) ON DELETE CASCADE
$$, 'cart_items has its constraints');
SELECT is(tests.indexes_of('cart_items'), $$
idx_cart_items_cart_id USING btree (cart_id)
idx_cart_items_listing_id USING btree (listing_id)
idx_cart_items_offer_id USING btree (offer_id) WHERE (offer_id IS NOT NULL)
idx_cart_items_unique UNIQUE USING btree (cart_id, listing_id, variant_id) NULLS NOT DISTINCT
idx_cart_items_variant_id USING btree (variant_id) WHERE (variant_id IS NOT NULL)
$$, 'cart_items has its indexes');
SELECT is(tests.triggers_of('cart_items'), $$
guard_cart_line BEFORE INSERT ON cart_items FOR EACH ROW EXECUTE FUNCTION private.guard_cart_line()
$$, 'cart_items has its triggers');
SELECT is(tests.policies_of('cart_items'), $$
"Users can manage their cart items" INSERT TO authenticated
"Users can remove their cart items" DELETE TO authenticated
"Users can update their cart items" UPDATE TO authenticated
"Users can view their cart items" SELECT TO authenticated
$$, 'cart_items has its policies');

SELECT * FROM finish();
ROLLBACK;
