-- The contract of the schema, promotions: coupons and their uses.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(12);

SELECT is(tests.labels_of('discount_type'),
    'percentage, fixed_amount, free_shipping, buy_x_get_y',
    'discount_type has its labels in order');
SELECT is(tests.labels_of('promotion_target'),
    'all_items, category, seller, specific_items',
    'promotion_target has its labels in order');

-- coupons
SELECT is(tests.columns_of('coupons'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
code character varying(50) NOT NULL
name character varying(100) NOT NULL
description text
discount_type discount_type NOT NULL
discount_value numeric(10,2) NOT NULL
minimum_purchase numeric(10,2) DEFAULT 0
maximum_discount numeric(10,2)
buy_quantity integer
get_quantity integer
usage_limit integer
usage_count integer NOT NULL DEFAULT 0
usage_limit_per_user integer DEFAULT 1
valid_from timestamp with time zone DEFAULT now()
valid_until timestamp with time zone
is_active boolean DEFAULT true
target_type promotion_target DEFAULT 'all_items'::promotion_target
seller_id uuid
category_ids uuid[] DEFAULT '{}'::uuid[]
listing_ids uuid[] DEFAULT '{}'::uuid[]
excluded_listing_ids uuid[] DEFAULT '{}'::uuid[]
new_users_only boolean DEFAULT false
user_ids uuid[] DEFAULT '{}'::uuid[]
minimum_account_age_days integer
can_stack boolean DEFAULT false
total_discount_given numeric(14,2) NOT NULL DEFAULT 0
created_by uuid
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
currency character varying(3)
total_discount_currency character varying(3)
is_public boolean NOT NULL DEFAULT false
get_category_ids uuid[] NOT NULL DEFAULT '{}'::uuid[]
get_listing_ids uuid[] NOT NULL DEFAULT '{}'::uuid[]
$$, 'coupons has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('coupons'), $$
coupons_amounts_have_currency_check CHECK (((currency IS NOT NULL) OR ((discount_type <> 'fixed_amount'::discount_type) AND (COALESCE(minimum_purchase, (0)::numeric) = (0)::numeric) AND (maximum_discount IS NULL))))
coupons_buy_quantity_check CHECK ((buy_quantity > 0))
coupons_buy_x_get_y_complete_check CHECK (((discount_type <> 'buy_x_get_y'::discount_type) OR ((buy_quantity IS NOT NULL) AND (get_quantity IS NOT NULL))))
coupons_code_check CHECK (((btrim((code)::text) <> ''::text) AND (btrim((code)::text) = (code)::text) AND (strpos((code)::text, ','::text) = 0)))
coupons_created_by_fkey FOREIGN KEY (created_by) REFERENCES profiles(id) ON DELETE SET NULL
coupons_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
coupons_discount_value_check CHECK (((discount_value >= (0)::numeric) AND (discount_value < 'NaN'::numeric)))
coupons_get_lists_check CHECK (((discount_type = 'buy_x_get_y'::discount_type) OR ((cardinality(get_category_ids) + cardinality(get_listing_ids)) = 0)))
coupons_get_quantity_check CHECK ((get_quantity > 0))
coupons_maximum_discount_check CHECK (((maximum_discount >= (0)::numeric) AND (maximum_discount < 'NaN'::numeric)))
coupons_minimum_account_age_days_check CHECK ((minimum_account_age_days >= 0))
coupons_minimum_purchase_check CHECK (((minimum_purchase >= (0)::numeric) AND (minimum_purchase < 'NaN'::numeric)))
coupons_percentage_within_hundred_check CHECK (((discount_type <> 'percentage'::discount_type) OR (discount_value <= (100)::numeric)))
coupons_pkey PRIMARY KEY (id)
coupons_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES profiles(id) ON DELETE CASCADE
coupons_sizes_check CHECK (((cardinality(category_ids) <= 1000) AND (cardinality(listing_ids) <= 1000) AND (cardinality(excluded_listing_ids) <= 1000) AND (cardinality(get_category_ids) <= 1000) AND (cardinality(get_listing_ids) <= 1000) AND (cardinality(user_ids) <= 10000) AND (octet_length(description) <= 10000)))
coupons_total_discount_currency_check CHECK (((total_discount_currency)::text ~ '^[A-Z]{3}$'::text))
coupons_total_discount_given_check CHECK (((total_discount_given >= (0)::numeric) AND (total_discount_given < 'NaN'::numeric)))
coupons_usage_count_check CHECK ((usage_count >= 0))
coupons_usage_limit_check CHECK ((usage_limit > 0))
coupons_usage_limit_per_user_check CHECK ((usage_limit_per_user > 0))
coupons_usage_within_limit_check CHECK ((usage_count <= usage_limit))
coupons_valid_dates_ordered_check CHECK ((valid_until > valid_from))
idx_coupons_code UNIQUE (code)
$$, 'coupons has its constraints');
SELECT is(tests.indexes_of('coupons'), $$
idx_coupons_code_any_case UNIQUE USING btree (upper(((code)::text COLLATE "C")))
idx_coupons_created_by USING btree (created_by) WHERE (created_by IS NOT NULL)
idx_coupons_is_active USING btree (is_active)
idx_coupons_seller_id USING btree (seller_id) WHERE (seller_id IS NOT NULL)
idx_coupons_valid_dates USING btree (valid_from, valid_until)
$$, 'coupons has its indexes');
SELECT is(tests.triggers_of('coupons'), $$
check_changed_coupon AFTER UPDATE ON coupons FOR EACH ROW WHEN (old.discount_type IS DISTINCT FROM new.discount_type OR old.discount_value IS DISTINCT FROM new.discount_value OR old.minimum_purchase IS DISTINCT FROM new.minimum_purchase OR old.maximum_discount IS DISTINCT FROM new.maximum_discount OR old.currency::text IS DISTINCT FROM new.currency::text OR old.user_ids IS DISTINCT FROM new.user_ids) EXECUTE FUNCTION private.complete_coupon()
check_coupon AFTER INSERT ON coupons FOR EACH ROW EXECUTE FUNCTION private.complete_coupon()
check_sizes BEFORE INSERT OR UPDATE ON coupons FOR EACH ROW EXECUTE FUNCTION private.check_sizes('description', '20000')
complete_changed_coupon BEFORE UPDATE ON coupons FOR EACH ROW WHEN (old.code::text IS DISTINCT FROM new.code::text OR old.name::text IS DISTINCT FROM new.name::text OR old.description IS DISTINCT FROM new.description OR old.discount_type IS DISTINCT FROM new.discount_type OR old.discount_value IS DISTINCT FROM new.discount_value OR old.minimum_purchase IS DISTINCT FROM new.minimum_purchase OR old.maximum_discount IS DISTINCT FROM new.maximum_discount OR old.buy_quantity IS DISTINCT FROM new.buy_quantity OR old.get_quantity IS DISTINCT FROM new.get_quantity OR old.usage_limit IS DISTINCT FROM new.usage_limit OR old.usage_limit_per_user IS DISTINCT FROM new.usage_limit_per_user OR old.valid_from IS DISTINCT FROM new.valid_from OR old.valid_until IS DISTINCT FROM new.valid_until OR old.is_active IS DISTINCT FROM new.is_active OR old.target_type IS DISTINCT FROM new.target_type OR old.category_ids IS DISTINCT FROM new.category_ids OR old.listing_ids IS DISTINCT FROM new.listing_ids OR old.excluded_listing_ids IS DISTINCT FROM new.excluded_listing_ids OR old.new_users_only IS DISTINCT FROM new.new_users_only OR old.user_ids IS DISTINCT FROM new.user_ids OR old.minimum_account_age_days IS DISTINCT FROM new.minimum_account_age_days OR old.can_stack IS DISTINCT FROM new.can_stack OR old.currency::text IS DISTINCT FROM new.currency::text OR old.is_public IS DISTINCT FROM new.is_public OR old.get_category_ids IS DISTINCT FROM new.get_category_ids OR old.get_listing_ids IS DISTINCT FROM new.get_listing_ids) EXECUTE FUNCTION private.complete_coupon()
complete_coupon BEFORE INSERT ON coupons FOR EACH ROW EXECUTE FUNCTION private.complete_coupon()
keep_used_coupon BEFORE DELETE ON coupons FOR EACH ROW EXECUTE FUNCTION private.keep_used_coupon()
record_staff_change AFTER INSERT OR DELETE ON coupons FOR EACH ROW EXECUTE FUNCTION private.record_staff_change('coupon')
record_staff_change_of_terms AFTER UPDATE ON coupons FOR EACH ROW WHEN (old.code::text IS DISTINCT FROM new.code::text OR old.name::text IS DISTINCT FROM new.name::text OR old.description IS DISTINCT FROM new.description OR old.discount_type IS DISTINCT FROM new.discount_type OR old.discount_value IS DISTINCT FROM new.discount_value OR old.minimum_purchase IS DISTINCT FROM new.minimum_purchase OR old.maximum_discount IS DISTINCT FROM new.maximum_discount OR old.buy_quantity IS DISTINCT FROM new.buy_quantity OR old.get_quantity IS DISTINCT FROM new.get_quantity OR old.usage_limit IS DISTINCT FROM new.usage_limit OR old.usage_limit_per_user IS DISTINCT FROM new.usage_limit_per_user OR old.valid_from IS DISTINCT FROM new.valid_from OR old.valid_until IS DISTINCT FROM new.valid_until OR old.is_active IS DISTINCT FROM new.is_active OR old.target_type IS DISTINCT FROM new.target_type OR old.category_ids IS DISTINCT FROM new.category_ids OR old.listing_ids IS DISTINCT FROM new.listing_ids OR old.excluded_listing_ids IS DISTINCT FROM new.excluded_listing_ids OR old.new_users_only IS DISTINCT FROM new.new_users_only OR old.user_ids IS DISTINCT FROM new.user_ids OR old.minimum_account_age_days IS DISTINCT FROM new.minimum_account_age_days OR old.can_stack IS DISTINCT FROM new.can_stack OR old.currency::text IS DISTINCT FROM new.currency::text OR old.is_public IS DISTINCT FROM new.is_public OR old.get_category_ids IS DISTINCT FROM new.get_category_ids OR old.get_listing_ids IS DISTINCT FROM new.get_listing_ids) EXECUTE FUNCTION private.record_staff_change('coupon')
update_coupons_updated_at BEFORE UPDATE ON coupons FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'coupons has its triggers');
SELECT is(tests.policies_of('coupons'), $$
"Anyone can view active coupons" SELECT TO anon
"Sellers can manage their coupons" INSERT TO authenticated
"Sellers can remove their coupons" DELETE TO authenticated
"Sellers can update their coupons" UPDATE TO authenticated
"Signed-in users can view active coupons and their own" SELECT TO authenticated
$$, 'coupons has its policies');

-- coupon_usage
SELECT is(tests.columns_of('coupon_usage'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
coupon_id uuid
user_id uuid
order_id uuid
discount_amount numeric(10,2) NOT NULL
order_amount numeric(10,2)
is_successful boolean DEFAULT true
failure_reason text
used_at timestamp with time zone NOT NULL DEFAULT now()
checkout_id uuid
counts boolean NOT NULL DEFAULT true
condition jsonb
$$, 'coupon_usage has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('coupon_usage'), $$
coupon_usage_coupon_id_fkey FOREIGN KEY (coupon_id) REFERENCES coupons(id) ON DELETE SET NULL
coupon_usage_discount_amount_check CHECK (((discount_amount >= (0)::numeric) AND (discount_amount < 'NaN'::numeric)))
coupon_usage_order_amount_check CHECK (((order_amount >= (0)::numeric) AND (order_amount < 'NaN'::numeric)))
coupon_usage_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE SET NULL
coupon_usage_pkey PRIMARY KEY (id)
coupon_usage_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE SET NULL
$$, 'coupon_usage has its constraints');
SELECT is(tests.indexes_of('coupon_usage'), $$
idx_coupon_usage_coupon_id USING btree (coupon_id)
idx_coupon_usage_order_id USING btree (order_id)
idx_coupon_usage_user_id USING btree (user_id)
$$, 'coupon_usage has its indexes');
SELECT is(tests.triggers_of('coupon_usage'), $$
check_required_columns AFTER INSERT OR UPDATE ON coupon_usage FOR EACH ROW WHEN (new.coupon_id IS NULL OR new.user_id IS NULL) EXECUTE FUNCTION private.require_columns('coupon_id', 'user_id')
count_changed_coupon_use AFTER UPDATE ON coupon_usage FOR EACH ROW WHEN (old.is_successful IS DISTINCT FROM new.is_successful OR old.coupon_id IS DISTINCT FROM new.coupon_id OR old.user_id IS DISTINCT FROM new.user_id OR old.discount_amount IS DISTINCT FROM new.discount_amount) EXECUTE FUNCTION private.count_coupon_use()
count_coupon_use AFTER INSERT OR DELETE ON coupon_usage FOR EACH ROW EXECUTE FUNCTION private.count_coupon_use()
require_columns BEFORE INSERT OR UPDATE ON coupon_usage FOR EACH ROW WHEN (new.coupon_id IS NULL OR new.user_id IS NULL) EXECUTE FUNCTION private.require_columns('coupon_id', 'user_id')
$$, 'coupon_usage has its triggers');
SELECT is(tests.policies_of('coupon_usage'), $$
"Users can view own coupon usage" SELECT TO authenticated
$$, 'coupon_usage has its policies');

SELECT * FROM finish();
ROLLBACK;
