-- The contract of the schema, orders: addresses, orders and their lines, history, shipping, finished checkouts.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(48);

SELECT is(tests.labels_of('order_status'),
    'pending_payment, payment_processing, payment_failed, paid, preparing, shipped, in_transit, delivered, completed, cancelled, refunded',
    'order_status has its labels in order');
SELECT is(tests.labels_of('shipping_carrier'),
    'ups, fedex, usps, dhl, local, other',
    'shipping_carrier has its labels in order');
SELECT is(tests.labels_of('tracking_status'),
    'label_created, picked_up, in_transit, out_for_delivery, delivered, delivery_failed, returned_to_sender',
    'tracking_status has its labels in order');

-- shipping_addresses
SELECT is(tests.columns_of('shipping_addresses'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
user_id uuid NOT NULL
name character varying(100) NOT NULL
phone character varying(20)
address_line1 character varying(255) NOT NULL
address_line2 character varying(255)
city character varying(100) NOT NULL
state_province character varying(100) NOT NULL
postal_code character varying(20) NOT NULL
country_code character varying(2) NOT NULL
is_default boolean DEFAULT false
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'shipping_addresses has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('shipping_addresses'), $$
shipping_addresses_country_code_check CHECK (((country_code)::text ~ '^[A-Z]{2}$'::text))
shipping_addresses_id_user_id_key UNIQUE (id, user_id)
shipping_addresses_pkey PRIMARY KEY (id)
shipping_addresses_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'shipping_addresses has its constraints');
SELECT is(tests.indexes_of('shipping_addresses'), $$
idx_shipping_addresses_is_default USING btree (user_id) WHERE is_default
idx_shipping_addresses_user_id USING btree (user_id)
$$, 'shipping_addresses has its indexes');
SELECT is(tests.triggers_of('shipping_addresses'), $$
keep_one_default_of_added AFTER INSERT ON shipping_addresses REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.keep_one_default()
keep_one_default_of_changed AFTER UPDATE ON shipping_addresses REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.keep_one_default()
update_shipping_addresses_updated_at BEFORE UPDATE ON shipping_addresses FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'shipping_addresses has its triggers');
SELECT is(tests.policies_of('shipping_addresses'), $$
"Users can manage own addresses" INSERT TO authenticated
"Users can remove own addresses" DELETE TO authenticated
"Users can update own addresses" UPDATE TO authenticated
"Users can view own addresses" SELECT TO authenticated
$$, 'shipping_addresses has its policies');

-- orders
SELECT is(tests.columns_of('orders'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
order_number character varying(50) NOT NULL DEFAULT generate_order_number()
buyer_id uuid
seller_id uuid
status order_status NOT NULL DEFAULT 'pending_payment'::order_status
subtotal numeric(10,2) NOT NULL
shipping_cost numeric(10,2) DEFAULT 0
tax_amount numeric(10,2) DEFAULT 0
discount_amount numeric(10,2) DEFAULT 0
total_amount numeric(10,2) NOT NULL
currency character varying(3) NOT NULL DEFAULT 'USD'::character varying
shipping_address_id uuid
billing_address_id uuid
payment_method_id uuid
notes text
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
paid_at timestamp with time zone
shipped_at timestamp with time zone
delivered_at timestamp with time zone
cancelled_at timestamp with time zone
store_credit_amount numeric(10,2) DEFAULT 0
shipping_address jsonb
platform_fee_amount numeric(10,2) NOT NULL DEFAULT 0
buyer_fee_amount numeric(10,2) NOT NULL DEFAULT 0
platform_discount_amount numeric(10,2) NOT NULL DEFAULT 0
refunded_amount numeric(10,2) NOT NULL DEFAULT 0
released_at timestamp with time zone
promise_id uuid
withheld_amount numeric(10,2) NOT NULL DEFAULT 0
refunded_fee_amount numeric(10,2) NOT NULL DEFAULT 0
refunded_tax_amount numeric(10,2) NOT NULL DEFAULT 0
refunded_discount_amount numeric(10,2) NOT NULL DEFAULT 0
tracking_number character varying(100)
shipping_carrier shipping_carrier
cancellation_reason text
reminded_at timestamp with time zone
included_tax_amount numeric(10,2) NOT NULL DEFAULT 0
prices_include_tax boolean NOT NULL DEFAULT false
shipping_tax_amount numeric(10,2) NOT NULL DEFAULT 0
shipping_tax_rate numeric(7,4)
due_on_delivery numeric(10,2) NOT NULL DEFAULT 0
fee_tax_amount numeric(10,2) NOT NULL DEFAULT 0
fee_tax_rate numeric(7,4)
part_paid_amount numeric(10,2) NOT NULL DEFAULT 0
$$, 'orders has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('orders'), $$
fk_orders_payment_method FOREIGN KEY (payment_method_id, buyer_id) REFERENCES payment_methods(id, user_id) ON DELETE SET NULL (payment_method_id)
idx_orders_order_number UNIQUE (order_number)
orders_billing_address_id_fkey FOREIGN KEY (billing_address_id, buyer_id) REFERENCES shipping_addresses(id, user_id) ON DELETE SET NULL (billing_address_id)
orders_buyer_fee_within_fee_check CHECK (((buyer_fee_amount >= (0)::numeric) AND (buyer_fee_amount <= platform_fee_amount)))
orders_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES profiles(id) ON DELETE SET NULL
orders_buyer_is_not_seller_check CHECK ((buyer_id <> seller_id))
orders_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
orders_discount_amount_check CHECK (((discount_amount >= (0)::numeric) AND (discount_amount < 'NaN'::numeric)))
orders_due_within_total_check CHECK (((due_on_delivery >= (0)::numeric) AND (due_on_delivery <= total_amount)))
orders_id_currency_key UNIQUE (id, currency)
orders_part_paid_within_total_check CHECK (((part_paid_amount >= (0)::numeric) AND (part_paid_amount <= total_amount)))
orders_pkey PRIMARY KEY (id)
orders_platform_discount_amount_check CHECK (((platform_discount_amount >= (0)::numeric) AND (platform_discount_amount < 'NaN'::numeric)))
orders_platform_fee_amount_check CHECK (((platform_fee_amount >= (0)::numeric) AND (platform_fee_amount < 'NaN'::numeric)))
orders_refunded_parts_check CHECK (((refunded_fee_amount >= (0)::numeric) AND (refunded_fee_amount <= platform_fee_amount) AND (refunded_tax_amount >= (0)::numeric) AND (refunded_tax_amount <= (COALESCE(tax_amount, (0)::numeric) + included_tax_amount)) AND (refunded_discount_amount >= (0)::numeric) AND (refunded_discount_amount <= platform_discount_amount)))
orders_refunded_within_payment_check CHECK (((refunded_amount >= (0)::numeric) AND (refunded_amount <= (total_amount + COALESCE(store_credit_amount, (0)::numeric)))))
orders_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES profiles(id) ON DELETE SET NULL
orders_shipping_address_id_fkey FOREIGN KEY (shipping_address_id, buyer_id) REFERENCES shipping_addresses(id, user_id) ON DELETE SET NULL (shipping_address_id)
orders_shipping_cost_check CHECK (((shipping_cost >= (0)::numeric) AND (shipping_cost < 'NaN'::numeric)))
orders_store_credit_amount_check CHECK (((store_credit_amount >= (0)::numeric) AND (store_credit_amount < 'NaN'::numeric)))
orders_subtotal_check CHECK (((subtotal >= (0)::numeric) AND (subtotal < 'NaN'::numeric)))
orders_tax_amount_check CHECK (((tax_amount >= (0)::numeric) AND (tax_amount < 'NaN'::numeric)))
orders_total_amount_check CHECK (((total_amount >= (0)::numeric) AND (total_amount < 'NaN'::numeric)))
orders_total_is_sum_check CHECK ((total_amount = (((((subtotal + COALESCE(shipping_cost, (0)::numeric)) + COALESCE(tax_amount, (0)::numeric)) + buyer_fee_amount) - COALESCE(discount_amount, (0)::numeric)) - COALESCE(store_credit_amount, (0)::numeric))))
orders_withheld_within_refunded_check CHECK (((withheld_amount >= (0)::numeric) AND (withheld_amount <= refunded_amount)))
$$, 'orders has its constraints');
SELECT is(tests.indexes_of('orders'), $$
idx_orders_billing_address_id USING btree (billing_address_id) WHERE (billing_address_id IS NOT NULL)
idx_orders_buyer_id USING btree (buyer_id)
idx_orders_created_at USING btree (created_at DESC)
idx_orders_never_paid USING btree (id) WHERE ((status = 'cancelled'::order_status) AND (paid_at IS NULL))
idx_orders_payment_method_id USING btree (payment_method_id) WHERE (payment_method_id IS NOT NULL)
idx_orders_pending_takings USING btree (delivered_at) WHERE ((released_at IS NULL) AND (status = ANY (ARRAY['delivered'::order_status, 'completed'::order_status])))
idx_orders_promise_id USING btree (promise_id) WHERE (promise_id IS NOT NULL)
idx_orders_seller_id USING btree (seller_id)
idx_orders_shipping_address_id USING btree (shipping_address_id)
idx_orders_status USING btree (status)
idx_orders_unpaid USING btree (buyer_id) WHERE (status = ANY (ARRAY['pending_payment'::order_status, 'payment_processing'::order_status, 'payment_failed'::order_status]))
$$, 'orders has its indexes');
SELECT is(tests.triggers_of('orders'), $$
_hold_addresses AFTER UPDATE ON orders FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status OR old.shipping_address_id IS DISTINCT FROM new.shipping_address_id OR old.billing_address_id IS DISTINCT FROM new.billing_address_id OR old.shipping_address IS DISTINCT FROM new.shipping_address) EXECUTE FUNCTION private.hold_addresses()
_hold_new_addresses AFTER INSERT ON orders FOR EACH ROW WHEN (num_nonnulls(new.shipping_address_id, new.billing_address_id) > 0 OR new.shipping_address IS NOT NULL) EXECUTE FUNCTION private.hold_addresses()
_keep_order_terms AFTER UPDATE ON orders FOR EACH ROW WHEN (old.buyer_id IS DISTINCT FROM new.buyer_id OR old.seller_id IS DISTINCT FROM new.seller_id OR old.currency::text IS DISTINCT FROM new.currency::text OR old.order_number::text IS DISTINCT FROM new.order_number::text OR old.total_amount IS DISTINCT FROM new.total_amount OR old.store_credit_amount IS DISTINCT FROM new.store_credit_amount OR old.tax_amount IS DISTINCT FROM new.tax_amount OR old.included_tax_amount IS DISTINCT FROM new.included_tax_amount OR old.fee_tax_amount IS DISTINCT FROM new.fee_tax_amount OR old.platform_fee_amount IS DISTINCT FROM new.platform_fee_amount OR old.platform_discount_amount IS DISTINCT FROM new.platform_discount_amount) EXECUTE FUNCTION private.keep_order_terms()
_record_new_order_status AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION private.record_order_status()
_record_order_status AFTER UPDATE ON orders FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.record_order_status()
check_new_order_copies AFTER INSERT ON orders FOR EACH ROW WHEN (num_nonnulls(new.tracking_number, new.shipping_carrier, new.cancellation_reason) > 0) EXECUTE FUNCTION private.check_order_copies()
check_order_copies AFTER UPDATE ON orders FOR EACH ROW WHEN (old.tracking_number::text IS DISTINCT FROM new.tracking_number::text OR old.shipping_carrier IS DISTINCT FROM new.shipping_carrier OR old.cancellation_reason IS DISTINCT FROM new.cancellation_reason) EXECUTE FUNCTION private.check_order_copies()
CONSTRAINT check_order_subtotal AFTER UPDATE ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (old.subtotal <> new.subtotal OR old.tax_amount IS DISTINCT FROM new.tax_amount OR old.buyer_fee_amount <> new.buyer_fee_amount OR old.platform_discount_amount <> new.platform_discount_amount) EXECUTE FUNCTION private.check_order_subtotal('id')
check_payment_total AFTER UPDATE ON orders FOR EACH ROW WHEN (new.total_amount < old.total_amount) EXECUTE FUNCTION private.check_payment_total('id')
check_refund_total AFTER UPDATE ON orders FOR EACH ROW WHEN (new.total_amount < old.total_amount) EXECUTE FUNCTION private.check_refund_total('id')
check_required_columns AFTER INSERT OR UPDATE ON orders FOR EACH ROW WHEN (new.buyer_id IS NULL OR new.seller_id IS NULL) EXECUTE FUNCTION private.require_columns('buyer_id', 'seller_id')
clear_with_reference BEFORE UPDATE ON orders FOR EACH ROW WHEN (old.buyer_id IS NOT NULL AND new.buyer_id IS NULL) EXECUTE FUNCTION private.clear_with_reference('buyer_id', 'shipping_address_id', 'billing_address_id', 'payment_method_id')
count_added_sales AFTER INSERT ON orders REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_sales()
count_changed_sales AFTER UPDATE ON orders REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_sales()
end_sale AFTER UPDATE ON orders FOR EACH ROW WHEN (new.seller_id IS NULL AND old.seller_id IS NOT NULL) EXECUTE FUNCTION private.end_sale()
forget_buyer BEFORE UPDATE ON orders FOR EACH ROW WHEN (new.buyer_id IS NULL AND (old.buyer_id IS NOT NULL OR old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION private.forget_buyer()
forget_parcel AFTER UPDATE ON orders FOR EACH ROW WHEN (new.buyer_id IS NULL AND (old.buyer_id IS NOT NULL OR old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION private.forget_parcel()
guard_new_order_status BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION private.guard_order_status()
guard_order_status BEFORE UPDATE ON orders FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.guard_order_status()
keep_order_terms BEFORE UPDATE ON orders FOR EACH ROW WHEN (old.buyer_id IS DISTINCT FROM new.buyer_id OR old.seller_id IS DISTINCT FROM new.seller_id OR old.currency::text IS DISTINCT FROM new.currency::text OR old.order_number::text IS DISTINCT FROM new.order_number::text OR old.total_amount IS DISTINCT FROM new.total_amount OR old.store_credit_amount IS DISTINCT FROM new.store_credit_amount OR old.tax_amount IS DISTINCT FROM new.tax_amount OR old.included_tax_amount IS DISTINCT FROM new.included_tax_amount OR old.fee_tax_amount IS DISTINCT FROM new.fee_tax_amount OR old.platform_fee_amount IS DISTINCT FROM new.platform_fee_amount OR old.platform_discount_amount IS DISTINCT FROM new.platform_discount_amount) EXECUTE FUNCTION private.keep_order_terms()
require_columns BEFORE INSERT OR UPDATE ON orders FOR EACH ROW WHEN (new.buyer_id IS NULL OR new.seller_id IS NULL) EXECUTE FUNCTION private.require_columns('buyer_id', 'seller_id')
show_address BEFORE UPDATE ON orders FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status OR old.shipping_address_id IS DISTINCT FROM new.shipping_address_id) EXECUTE FUNCTION private.show_address()
show_new_address BEFORE INSERT ON orders FOR EACH ROW WHEN (new.shipping_address_id IS NOT NULL) EXECUTE FUNCTION private.show_address()
update_orders_updated_at BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'orders has its triggers');
SELECT is(tests.policies_of('orders'), $$
"Buyers can cancel pending orders" UPDATE TO authenticated (restrictive)
"Buyers can create orders" INSERT TO authenticated
"Parties can change their orders" UPDATE TO authenticated
"Sellers can update order status" UPDATE TO authenticated (restrictive)
"Users can view their orders" SELECT TO authenticated
$$, 'orders has its policies');

-- order_items
SELECT is(tests.columns_of('order_items'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
order_id uuid NOT NULL
listing_id uuid
variant_id uuid
quantity integer NOT NULL
unit_price numeric(10,2) NOT NULL
total_price numeric(10,2) NOT NULL
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
title character varying(200)
variant_name character varying(100)
image_url text
discount_amount numeric(10,2) NOT NULL DEFAULT 0
platform_fee numeric(10,2) NOT NULL DEFAULT 0
tax_amount numeric(10,2) NOT NULL DEFAULT 0
buyer_fee_amount numeric(10,2) NOT NULL DEFAULT 0
platform_discount_amount numeric(10,2) NOT NULL DEFAULT 0
stock_returned_at timestamp with time zone
description text
condition character varying(20)
brand character varying(100)
size character varying(50)
color character varying(50)
offer_id uuid
cancelled_quantity integer NOT NULL DEFAULT 0
shipping_cost numeric(10,2) NOT NULL DEFAULT 0
is_picked_up boolean NOT NULL DEFAULT false
delivery_days_min integer
delivery_days_max integer
included_tax_amount numeric(10,2) NOT NULL DEFAULT 0
tax_rate numeric(7,4)
commission_rule_id uuid
fee_tax_amount numeric(10,2) NOT NULL DEFAULT 0
$$, 'order_items has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('order_items'), $$
order_items_buyer_fee_within_fee_check CHECK (((buyer_fee_amount >= (0)::numeric) AND (buyer_fee_amount <= platform_fee)))
order_items_cancelled_within_quantity_check CHECK (((cancelled_quantity >= 0) AND (cancelled_quantity <= quantity)))
order_items_discount_within_total_check CHECK (((discount_amount >= (0)::numeric) AND (discount_amount <= total_price)))
order_items_id_order_id_key UNIQUE (id, order_id)
order_items_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE SET NULL
order_items_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE
order_items_pkey PRIMARY KEY (id)
order_items_platform_discount_within_discount_check CHECK (((platform_discount_amount >= (0)::numeric) AND (platform_discount_amount <= discount_amount)))
order_items_platform_fee_check CHECK (((platform_fee >= (0)::numeric) AND (platform_fee < 'NaN'::numeric)))
order_items_quantity_check CHECK ((quantity > 0))
order_items_tax_amount_check CHECK (((tax_amount >= (0)::numeric) AND (tax_amount < 'NaN'::numeric)))
order_items_total_is_product_check CHECK ((total_price = (unit_price * (quantity)::numeric)))
order_items_total_price_check CHECK (((total_price >= (0)::numeric) AND (total_price < 'NaN'::numeric)))
order_items_unit_price_check CHECK (((unit_price >= (0)::numeric) AND (unit_price < 'NaN'::numeric)))
order_items_variant_id_fkey FOREIGN KEY (variant_id, listing_id) REFERENCES product_variants(id, listing_id) ON DELETE SET NULL (variant_id)
$$, 'order_items has its constraints');
SELECT is(tests.indexes_of('order_items'), $$
idx_order_items_listing_id USING btree (listing_id)
idx_order_items_offer_id UNIQUE USING btree (offer_id) WHERE (offer_id IS NOT NULL)
idx_order_items_order_id USING btree (order_id)
idx_order_items_variant_id USING btree (variant_id) WHERE (variant_id IS NOT NULL)
$$, 'order_items has its indexes');
SELECT is(tests.triggers_of('order_items'), $$
CONSTRAINT check_changed_order_subtotal AFTER UPDATE ON order_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (old.order_id IS DISTINCT FROM new.order_id OR old.total_price IS DISTINCT FROM new.total_price OR old.tax_amount IS DISTINCT FROM new.tax_amount OR old.buyer_fee_amount IS DISTINCT FROM new.buyer_fee_amount OR old.platform_discount_amount IS DISTINCT FROM new.platform_discount_amount) EXECUTE FUNCTION private.check_order_subtotal('order_id')
CONSTRAINT check_order_subtotal AFTER INSERT OR DELETE ON order_items DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION private.check_order_subtotal('order_id')
check_required_columns AFTER INSERT OR UPDATE ON order_items FOR EACH ROW WHEN (new.listing_id IS NULL) EXECUTE FUNCTION private.require_columns('listing_id')
clear_with_reference BEFORE UPDATE ON order_items FOR EACH ROW WHEN (old.listing_id IS NOT NULL AND new.listing_id IS NULL) EXECUTE FUNCTION private.clear_with_reference('listing_id', 'variant_id')
describe_line BEFORE INSERT ON order_items FOR EACH ROW WHEN (new.title IS NULL) EXECUTE FUNCTION private.describe_line()
require_columns BEFORE INSERT OR UPDATE ON order_items FOR EACH ROW WHEN (new.listing_id IS NULL) EXECUTE FUNCTION private.require_columns('listing_id')
take_stock AFTER INSERT ON order_items REFERENCING NEW TABLE AS lines FOR EACH STATEMENT EXECUTE FUNCTION private.take_stock()
$$, 'order_items has its triggers');
SELECT is(tests.policies_of('order_items'), $$
"Users can view order items" SELECT TO authenticated
$$, 'order_items has its policies');

-- order_status_history
SELECT is(tests.columns_of('order_status_history'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
order_id uuid NOT NULL
from_status order_status
to_status order_status NOT NULL
changed_by uuid
reason text
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
event_id bigint
$$, 'order_status_history has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('order_status_history'), $$
order_status_history_changed_by_fkey FOREIGN KEY (changed_by) REFERENCES profiles(id) ON DELETE SET NULL
order_status_history_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE
order_status_history_pkey PRIMARY KEY (id)
$$, 'order_status_history has its constraints');
SELECT is(tests.indexes_of('order_status_history'), $$
idx_order_status_history_changed_by USING btree (changed_by)
idx_order_status_history_created_at USING brin (created_at) WITH (autosummarize='on', pages_per_range='32')
idx_order_status_history_order_id USING btree (order_id)
$$, 'order_status_history has its indexes');
SELECT is(tests.triggers_of('order_status_history'), $$
copy_to_order AFTER INSERT ON order_status_history FOR EACH ROW WHEN (new.to_status::text = 'cancelled'::text AND new.reason IS NOT NULL) EXECUTE FUNCTION private.copy_reason_to_order()
$$, 'order_status_history has its triggers');
SELECT is(tests.policies_of('order_status_history'), $$
"Parties can view the history of their orders" SELECT TO authenticated
$$, 'order_status_history has its policies');

-- order_addresses
SELECT is(tests.columns_of('order_addresses'), $$
order_id uuid NOT NULL
billing_address jsonb
shipping_address jsonb
$$, 'order_addresses has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('order_addresses'), $$
order_addresses_not_empty_check CHECK ((num_nonnulls(billing_address, shipping_address) > 0))
order_addresses_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE
order_addresses_pkey PRIMARY KEY (order_id)
$$, 'order_addresses has its constraints');
SELECT is(tests.indexes_of('order_addresses'), E'\n', 'order_addresses has no indexes but its key');
SELECT is(tests.triggers_of('order_addresses'), E'\n', 'order_addresses has no triggers');
SELECT is(tests.policies_of('order_addresses'), $$
"Buyers can view the addresses of their orders" SELECT TO authenticated
$$, 'order_addresses has its policies');

-- order_tracking
SELECT is(tests.columns_of('order_tracking'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
order_id uuid NOT NULL
carrier shipping_carrier NOT NULL
tracking_number character varying(100) NOT NULL
tracking_url text
status tracking_status DEFAULT 'label_created'::tracking_status
last_update timestamp with time zone NOT NULL DEFAULT now()
events jsonb DEFAULT '[]'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
parcel_number integer NOT NULL DEFAULT 1
items jsonb
$$, 'order_tracking has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('order_tracking'), $$
order_tracking_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE
order_tracking_order_id_parcel_number_key UNIQUE (order_id, parcel_number)
order_tracking_parcel_number_check CHECK ((parcel_number > 0))
order_tracking_pkey PRIMARY KEY (id)
$$, 'order_tracking has its constraints');
SELECT is(tests.indexes_of('order_tracking'), $$
idx_order_tracking_order_id USING btree (order_id)
idx_order_tracking_tracking_number USING btree (tracking_number)
$$, 'order_tracking has its indexes');
SELECT is(tests.triggers_of('order_tracking'), $$
check_parcel_items AFTER INSERT OR UPDATE ON order_tracking FOR EACH ROW WHEN (new.items IS NOT NULL) EXECUTE FUNCTION private.check_parcel_items()
copy_to_order AFTER INSERT OR DELETE OR UPDATE ON order_tracking FOR EACH ROW EXECUTE FUNCTION private.copy_tracking_to_order()
$$, 'order_tracking has its triggers');
SELECT is(tests.policies_of('order_tracking'), $$
"Parties can view the tracking of their orders" SELECT TO authenticated
$$, 'order_tracking has its policies');

-- shipping_labels
SELECT is(tests.columns_of('shipping_labels'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
order_id uuid NOT NULL
carrier shipping_carrier NOT NULL
tracking_number character varying(100) NOT NULL
label_url text
cost numeric(10,2)
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'shipping_labels has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('shipping_labels'), $$
shipping_labels_cost_check CHECK (((cost >= (0)::numeric) AND (cost < 'NaN'::numeric)))
shipping_labels_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id) ON DELETE CASCADE
shipping_labels_order_id_key UNIQUE (order_id)
shipping_labels_pkey PRIMARY KEY (id)
$$, 'shipping_labels has its constraints');
SELECT is(tests.indexes_of('shipping_labels'), E'\n', 'shipping_labels has no indexes but its constraints''');
SELECT is(tests.triggers_of('shipping_labels'), E'\n', 'shipping_labels has no triggers');
SELECT is(tests.policies_of('shipping_labels'), $$
"Sellers can view their shipping labels" SELECT TO authenticated
$$, 'shipping_labels has its policies');

-- shipping_events
SELECT is(tests.columns_of('shipping_events'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
order_id uuid NOT NULL
event_type character varying(50) NOT NULL
event_data jsonb DEFAULT '{}'::jsonb
carrier character varying(50)
tracking_number character varying(100)
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'shipping_events has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('shipping_events'), $$
shipping_events_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
shipping_events_pkey PRIMARY KEY (id)
$$, 'shipping_events has its constraints');
SELECT is(tests.indexes_of('shipping_events'), $$
idx_shipping_events_order_id USING btree (order_id)
$$, 'shipping_events has its indexes');
SELECT is(tests.triggers_of('shipping_events'), E'\n', 'shipping_events has no triggers');
SELECT is(tests.policies_of('shipping_events'), $$
"Parties can view the shipping events of their orders" SELECT TO authenticated
$$, 'shipping_events has its policies');

-- checkouts
SELECT is(tests.columns_of('checkouts'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
buyer_id uuid NOT NULL
idempotency_key text NOT NULL
request jsonb NOT NULL
order_ids uuid[] NOT NULL
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'checkouts has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('checkouts'), $$
checkouts_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES profiles(id) ON DELETE CASCADE
checkouts_idempotency_key_buyer_id_key UNIQUE (idempotency_key, buyer_id)
checkouts_idempotency_key_check CHECK (((length(idempotency_key) >= 1) AND (length(idempotency_key) <= 255)))
checkouts_pkey PRIMARY KEY (id)
$$, 'checkouts has its constraints');
SELECT is(tests.indexes_of('checkouts'), $$
idx_checkouts_buyer_id USING btree (buyer_id)
$$, 'checkouts has its indexes');
SELECT is(tests.triggers_of('checkouts'), E'\n', 'checkouts has no triggers');
SELECT is(tests.policies_of('checkouts'), $$
"Users can view own checkouts" SELECT TO authenticated
$$, 'checkouts has its policies');

SELECT * FROM finish();
ROLLBACK;
