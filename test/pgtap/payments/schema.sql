-- The contract of the schema, payments: accounts, methods, transactions, credit, payouts, refunds, the ledger.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(69);

SELECT is(tests.labels_of('payment_status'),
    'pending, processing, requires_action, succeeded, failed, cancelled, refunded, partially_refunded',
    'payment_status has its labels in order');
SELECT is(tests.labels_of('payment_method_type'),
    'card, bank, paypal, stripe_link, apple_pay, google_pay',
    'payment_method_type has its labels in order');
SELECT is(tests.labels_of('ledger_account'),
    'processor_clearing, seller_pending, seller_available, payouts_in_transit, seller_paid_out, platform_fees, store_credit, promotions, taxes, refunds, disputes, gift_cards, breakage, processor_fees, cash_on_delivery, part_payments',
    'ledger_account has its labels in order');

-- payment_accounts
SELECT is(tests.columns_of('payment_accounts'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
user_id uuid NOT NULL
stripe_account_id character varying(255)
account_type character varying(50)
is_verified boolean DEFAULT false
capabilities jsonb DEFAULT '{}'::jsonb
requirements jsonb DEFAULT '{}'::jsonb
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
payout_method character varying(20)
revtag character varying(50)
paypal_email character varying(255)
bank_name character varying(100)
bank_account_name character varying(100)
bank_account_number character varying(50)
bank_routing_number character varying(50)
verified boolean NOT NULL DEFAULT false
bank_numbers jsonb
$$, 'payment_accounts has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('payment_accounts'), $$
payment_accounts_payout_method_check CHECK (((payout_method)::text = ANY (ARRAY['stripe'::text, 'revolut'::text, 'bank_transfer'::text, 'paypal'::text])))
payment_accounts_paypal_email_check CHECK (((paypal_email)::text ~ '^[^@[:space:]]+@[^@[:space:]]+$'::text))
payment_accounts_pkey PRIMARY KEY (id)
payment_accounts_revtag_check CHECK (((revtag)::text ~ '^@[A-Za-z0-9_]+$'::text))
payment_accounts_stripe_account_id_key UNIQUE (stripe_account_id)
payment_accounts_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
payment_accounts_user_id_key UNIQUE (user_id)
$$, 'payment_accounts has its constraints');
SELECT is(tests.indexes_of('payment_accounts'), E'\n', 'payment_accounts has no indexes but its constraints''');
SELECT is(tests.triggers_of('payment_accounts'), $$
check_bank_numbers_hidden AFTER INSERT OR UPDATE ON payment_accounts FOR EACH ROW WHEN (new.bank_account_number::text !~ '^[*]{4}.{0,4}$'::text OR new.bank_routing_number::text !~ '^[*]{4}.{0,4}$'::text) EXECUTE FUNCTION private.hide_bank_numbers()
hide_bank_numbers BEFORE INSERT OR UPDATE ON payment_accounts FOR EACH ROW EXECUTE FUNCTION private.hide_bank_numbers()
update_payment_accounts_updated_at BEFORE UPDATE ON payment_accounts FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'payment_accounts has its triggers');
SELECT is(tests.policies_of('payment_accounts'), $$
"Users can set up own payment account" INSERT TO authenticated
"Users can update own payout details" UPDATE TO authenticated
"Users can view own payment account" SELECT TO authenticated
$$, 'payment_accounts has its policies');

-- payment_methods
SELECT is(tests.columns_of('payment_methods'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
user_id uuid NOT NULL
type payment_method_type NOT NULL
stripe_payment_method_id character varying(255)
last4 character varying(4)
brand character varying(50)
exp_month integer
exp_year integer
is_default boolean DEFAULT false
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'payment_methods has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('payment_methods'), $$
payment_methods_exp_month_check CHECK (((exp_month >= 1) AND (exp_month <= 12)))
payment_methods_exp_year_check CHECK (((exp_year >= 2000) AND (exp_year <= 2100)))
payment_methods_id_user_id_key UNIQUE (id, user_id)
payment_methods_last4_check CHECK (((last4)::text ~ '^[0-9]{4}$'::text))
payment_methods_pkey PRIMARY KEY (id)
payment_methods_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'payment_methods has its constraints');
SELECT is(tests.indexes_of('payment_methods'), $$
idx_payment_methods_is_default USING btree (user_id) WHERE is_default
idx_payment_methods_user_id USING btree (user_id)
$$, 'payment_methods has its indexes');
SELECT is(tests.triggers_of('payment_methods'), $$
keep_one_default_of_added AFTER INSERT ON payment_methods REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.keep_one_default()
keep_one_default_of_changed AFTER UPDATE ON payment_methods REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.keep_one_default()
$$, 'payment_methods has its triggers');
SELECT is(tests.policies_of('payment_methods'), $$
"Users can manage own payment methods" INSERT TO authenticated
"Users can remove own payment methods" DELETE TO authenticated
"Users can update own payment methods" UPDATE TO authenticated
"Users can view own payment methods" SELECT TO authenticated
$$, 'payment_methods has its policies');

-- payment_transactions
SELECT is(tests.columns_of('payment_transactions'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
order_id uuid NOT NULL
amount numeric(10,2) NOT NULL
currency character varying(3) NOT NULL DEFAULT 'USD'::character varying
status payment_status NOT NULL DEFAULT 'pending'::payment_status
processor character varying(50) NOT NULL
processor_transaction_id character varying(255)
processor_response jsonb DEFAULT '{}'::jsonb
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
refunded_amount numeric(10,2) NOT NULL DEFAULT 0
is_surplus boolean NOT NULL DEFAULT false
$$, 'payment_transactions has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('payment_transactions'), $$
idx_payment_transactions_processor_id UNIQUE (processor_transaction_id, processor, order_id)
payment_transactions_amount_check CHECK (((amount > (0)::numeric) AND (amount < 'NaN'::numeric)))
payment_transactions_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
payment_transactions_order_id_fkey FOREIGN KEY (order_id, currency) REFERENCES orders(id, currency)
payment_transactions_pkey PRIMARY KEY (id)
payment_transactions_refunded_within_amount_check CHECK (((refunded_amount >= (0)::numeric) AND (refunded_amount <= amount)))
$$, 'payment_transactions has its constraints');
SELECT is(tests.indexes_of('payment_transactions'), $$
idx_payment_transactions_charge USING btree (((metadata ->> 'charge'::text))) WHERE ((metadata ->> 'charge'::text) IS NOT NULL)
idx_payment_transactions_order_id USING btree (order_id) INCLUDE (currency)
idx_payment_transactions_status USING btree (status)
$$, 'payment_transactions has its indexes');
SELECT is(tests.triggers_of('payment_transactions'), $$
check_changed_payment_total AFTER UPDATE ON payment_transactions FOR EACH ROW WHEN (old.amount IS DISTINCT FROM new.amount OR old.status IS DISTINCT FROM new.status OR old.order_id IS DISTINCT FROM new.order_id OR old.is_surplus IS DISTINCT FROM new.is_surplus) EXECUTE FUNCTION private.check_payment_total('order_id')
check_payment_total AFTER INSERT ON payment_transactions FOR EACH ROW EXECUTE FUNCTION private.check_payment_total('order_id')
update_payment_transactions_updated_at BEFORE UPDATE ON payment_transactions FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'payment_transactions has its triggers');
SELECT is(tests.policies_of('payment_transactions'), $$
"Parties can view the payments of their orders" SELECT TO authenticated
$$, 'payment_transactions has its policies');

-- gift_cards
SELECT is(tests.columns_of('gift_cards'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
code_hash text NOT NULL
last4 character varying(4) NOT NULL
amount numeric(10,2) NOT NULL
currency character varying(3) NOT NULL
status character varying(20) NOT NULL DEFAULT 'active'::character varying
buyer_id uuid
redeemed_by uuid
processor character varying(50) NOT NULL
processor_transaction_id character varying(255) NOT NULL
payment_item integer NOT NULL DEFAULT 1
expires_at timestamp with time zone
created_at timestamp with time zone NOT NULL DEFAULT now()
redeemed_at timestamp with time zone
cancellation_reason text
$$, 'gift_cards has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('gift_cards'), $$
gift_cards_amount_check CHECK (((amount > (0)::numeric) AND (amount < 'NaN'::numeric)))
gift_cards_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES profiles(id) ON DELETE SET NULL
gift_cards_code_hash_key UNIQUE (code_hash)
gift_cards_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
gift_cards_payment_key UNIQUE (processor_transaction_id, processor, payment_item)
gift_cards_pkey PRIMARY KEY (id)
gift_cards_redeemed_by_fkey FOREIGN KEY (redeemed_by) REFERENCES profiles(id) ON DELETE SET NULL
gift_cards_status_check CHECK (((status)::text = ANY (ARRAY['active'::text, 'redeemed'::text, 'expired'::text, 'cancelled'::text])))
$$, 'gift_cards has its constraints');
SELECT is(tests.indexes_of('gift_cards'), $$
idx_gift_cards_buyer_id USING btree (buyer_id) WHERE (buyer_id IS NOT NULL)
idx_gift_cards_expires_at USING btree (expires_at) WHERE (((status)::text = 'active'::text) AND (expires_at IS NOT NULL))
idx_gift_cards_redeemed_by USING btree (redeemed_by) WHERE (redeemed_by IS NOT NULL)
$$, 'gift_cards has its indexes');
SELECT is(tests.triggers_of('gift_cards'), E'\n', 'gift_cards has no triggers');
SELECT is(tests.policies_of('gift_cards'), $$
"Admins can view gift cards" SELECT TO authenticated
$$, 'gift_cards has its policies');

-- store_credits
SELECT is(tests.columns_of('store_credits'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
user_id uuid NOT NULL
amount numeric(10,2) NOT NULL
reason text
expires_at timestamp with time zone
used_amount numeric(10,2) NOT NULL DEFAULT 0
created_at timestamp with time zone NOT NULL DEFAULT now()
created_by uuid
currency character varying(3) NOT NULL DEFAULT 'USD'::character varying
expired_amount numeric(10,2) NOT NULL DEFAULT 0
refund_request_id uuid
returned_from uuid
is_extended boolean NOT NULL DEFAULT false
gift_card_id uuid
$$, 'store_credits has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('store_credits'), $$
store_credits_amount_check CHECK (((amount >= (0)::numeric) AND (amount < 'NaN'::numeric)))
store_credits_created_by_fkey FOREIGN KEY (created_by) REFERENCES profiles(id) ON DELETE SET NULL
store_credits_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
store_credits_expired_amount_check CHECK (((expired_amount >= (0)::numeric) AND (expired_amount < 'NaN'::numeric)))
store_credits_gift_card_id_fkey FOREIGN KEY (gift_card_id) REFERENCES gift_cards(id)
store_credits_pkey PRIMARY KEY (id)
store_credits_refund_request_id_fkey FOREIGN KEY (refund_request_id) REFERENCES refund_requests(id)
store_credits_returned_from_fkey FOREIGN KEY (returned_from) REFERENCES store_credits(id) ON DELETE SET NULL
store_credits_used_amount_check CHECK (((used_amount >= (0)::numeric) AND (used_amount < 'NaN'::numeric)))
store_credits_used_within_amount_check CHECK (((used_amount + expired_amount) <= amount))
store_credits_user_id_fkey FOREIGN KEY (user_id) REFERENCES profiles(id) ON DELETE CASCADE
$$, 'store_credits has its constraints');
SELECT is(tests.indexes_of('store_credits'), $$
idx_store_credits_created_by USING btree (created_by) WHERE (created_by IS NOT NULL)
idx_store_credits_expires_at USING btree (expires_at)
idx_store_credits_gift_card_id USING btree (gift_card_id) WHERE (gift_card_id IS NOT NULL)
idx_store_credits_refund_request_id USING btree (refund_request_id) WHERE (refund_request_id IS NOT NULL)
idx_store_credits_returned_from USING btree (returned_from) WHERE (returned_from IS NOT NULL)
idx_store_credits_user_id USING btree (user_id)
$$, 'store_credits has its indexes');
SELECT is(tests.triggers_of('store_credits'), $$
book_store_credit AFTER INSERT ON store_credits FOR EACH ROW WHEN (new.refund_request_id IS NULL) EXECUTE FUNCTION private.book_store_credit()
book_store_credit_change AFTER UPDATE ON store_credits FOR EACH ROW WHEN (new.amount <> old.amount) EXECUTE FUNCTION private.book_store_credit()
book_store_credit_end BEFORE DELETE ON store_credits FOR EACH ROW EXECUTE FUNCTION private.book_store_credit()
$$, 'store_credits has its triggers');
SELECT is(tests.policies_of('store_credits'), $$
"Users can view own store credits" SELECT TO authenticated
$$, 'store_credits has its policies');

-- stripe_webhook_events
SELECT is(tests.columns_of('stripe_webhook_events'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
stripe_event_id character varying(255) NOT NULL
type character varying(100) NOT NULL
data jsonb NOT NULL
processed boolean DEFAULT false
error text
created_at timestamp with time zone NOT NULL DEFAULT now()
outcome character varying(20)
processed_at timestamp with time zone
$$, 'stripe_webhook_events has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('stripe_webhook_events'), $$
stripe_webhook_events_outcome_check CHECK (((outcome)::text = ANY (ARRAY['processed'::text, 'ignored'::text, 'failed'::text])))
stripe_webhook_events_pkey PRIMARY KEY (id)
stripe_webhook_events_stripe_event_id_key UNIQUE (stripe_event_id)
$$, 'stripe_webhook_events has its constraints');
SELECT is(tests.indexes_of('stripe_webhook_events'), $$
idx_stripe_webhook_events_ignored USING btree ("left"(COALESCE((data #>> '{data,object,payment_intent}'::text[]), (data #>> '{data,object,id}'::text[])), 255)) WHERE ((outcome)::text = 'ignored'::text)
idx_stripe_webhook_events_processed USING btree (processed)
idx_stripe_webhook_events_type USING btree (type)
$$, 'stripe_webhook_events has its indexes');
SELECT is(tests.triggers_of('stripe_webhook_events'), E'\n', 'stripe_webhook_events has no triggers');
SELECT is(tests.policies_of('stripe_webhook_events'), $$
"Service role only" ALL TO anon, authenticated
$$, 'stripe_webhook_events has its policies');

-- transactions
SELECT is(tests.columns_of('transactions'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
buyer_id uuid
seller_id uuid
order_id uuid
amount numeric(10,2) NOT NULL
fee numeric(10,2) DEFAULT 0
net_amount numeric(10,2) NOT NULL
type character varying(50) NOT NULL
status character varying(50) NOT NULL
description text
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
listing_id uuid
stripe_payment_intent_id character varying(255)
$$, 'transactions has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('transactions'), $$
transactions_amount_check CHECK ((amount < 'NaN'::numeric))
transactions_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES profiles(id) ON DELETE SET NULL
transactions_fee_check CHECK ((((fee >= (0)::numeric) OR (amount <= (0)::numeric)) AND (fee < 'NaN'::numeric)))
transactions_listing_id_fkey FOREIGN KEY (listing_id) REFERENCES listings(id) ON DELETE SET NULL
transactions_net_amount_check CHECK ((net_amount < 'NaN'::numeric))
transactions_net_is_difference_check CHECK ((net_amount = (amount - COALESCE(fee, (0)::numeric))))
transactions_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
transactions_pkey PRIMARY KEY (id)
transactions_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES profiles(id) ON DELETE SET NULL
transactions_status_check CHECK (((status)::text = ANY (ARRAY['pending'::text, 'completed'::text, 'failed'::text, 'cancelled'::text, 'refunded'::text])))
$$, 'transactions has its constraints');
SELECT is(tests.indexes_of('transactions'), $$
idx_transactions_buyer_id USING btree (buyer_id)
idx_transactions_listing_id USING btree (listing_id) WHERE (listing_id IS NOT NULL)
idx_transactions_order_id USING btree (order_id)
idx_transactions_seller_id USING btree (seller_id)
$$, 'transactions has its indexes');
SELECT is(tests.triggers_of('transactions'), $$
describe_transaction BEFORE INSERT ON transactions FOR EACH ROW WHEN (new.order_id IS NOT NULL) EXECUTE FUNCTION private.describe_transaction()
$$, 'transactions has its triggers');
SELECT is(tests.policies_of('transactions'), $$
"Parties can view their transactions" SELECT TO authenticated
$$, 'transactions has its policies');

-- seller_payouts
SELECT is(tests.columns_of('seller_payouts'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
seller_id uuid
amount numeric(10,2) NOT NULL
currency character varying(3) NOT NULL DEFAULT 'USD'::character varying
status character varying(50) NOT NULL
stripe_payout_id character varying(255)
stripe_transfer_id character varying(255)
initiated_at timestamp with time zone NOT NULL DEFAULT now()
completed_at timestamp with time zone
failed_at timestamp with time zone
failure_reason text
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'seller_payouts has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('seller_payouts'), $$
seller_payouts_amount_check CHECK (((amount > (0)::numeric) AND (amount < 'NaN'::numeric)))
seller_payouts_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
seller_payouts_pkey PRIMARY KEY (id)
seller_payouts_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES profiles(id) ON DELETE SET NULL
seller_payouts_status_check CHECK (((status)::text = ANY (ARRAY['pending'::text, 'processing'::text, 'paid'::text, 'failed'::text, 'cancelled'::text])))
$$, 'seller_payouts has its constraints');
SELECT is(tests.indexes_of('seller_payouts'), $$
idx_seller_payouts_created_at USING btree (created_at)
idx_seller_payouts_seller_id USING btree (seller_id)
idx_seller_payouts_status USING btree (status)
idx_seller_payouts_stripe_payout_id UNIQUE USING btree (stripe_payout_id) WHERE (stripe_payout_id IS NOT NULL)
idx_seller_payouts_stripe_transfer_id UNIQUE USING btree (stripe_transfer_id) WHERE (stripe_transfer_id IS NOT NULL)
$$, 'seller_payouts has its indexes');
SELECT is(tests.triggers_of('seller_payouts'), $$
check_required_columns AFTER INSERT OR UPDATE ON seller_payouts FOR EACH ROW WHEN (new.seller_id IS NULL AND (new.metadata ? 'party_id'::text) IS NOT TRUE) EXECUTE FUNCTION private.require_columns('seller_id')
record_new_payout_event AFTER INSERT ON seller_payouts FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('payout', 'status')
record_payout_event AFTER UPDATE ON seller_payouts FOR EACH ROW WHEN (old.status::text IS DISTINCT FROM new.status::text) EXECUTE FUNCTION private.record_event_of_row('payout', 'status')
require_columns BEFORE INSERT OR UPDATE ON seller_payouts FOR EACH ROW WHEN (new.seller_id IS NULL AND (new.metadata ? 'party_id'::text) IS NOT TRUE) EXECUTE FUNCTION private.require_columns('seller_id')
$$, 'seller_payouts has its triggers');
SELECT is(tests.policies_of('seller_payouts'), $$
"Sellers can view own payouts" SELECT TO authenticated
$$, 'seller_payouts has its policies');

-- refund_requests
SELECT is(tests.columns_of('refund_requests'), $$
id uuid NOT NULL DEFAULT gen_random_uuid()
order_id uuid NOT NULL
amount numeric(10,2) NOT NULL
reason text NOT NULL
status character varying(50) NOT NULL DEFAULT 'pending'::character varying
requested_by uuid
processed_by uuid
requested_at timestamp with time zone NOT NULL DEFAULT now()
processed_at timestamp with time zone
stripe_refund_id character varying(255)
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
credit_amount numeric(10,2) NOT NULL DEFAULT 0
decision_note text
payment_transaction_id uuid
order_item_id uuid
buyer_id uuid
seller_id uuid
refund_type character varying(20)
seller_response text GENERATED DEFAULT 
CASE
    WHEN (processed_by = seller_id) THEN decision_note
    ELSE NULL::text
END
quantity integer
through_payment_id uuid
$$, 'refund_requests has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('refund_requests'), $$
refund_requests_amount_check CHECK (((amount > (0)::numeric) AND (amount < 'NaN'::numeric)))
refund_requests_buyer_id_fkey FOREIGN KEY (buyer_id) REFERENCES profiles(id) ON DELETE SET NULL
refund_requests_credit_within_amount_check CHECK (((credit_amount >= (0)::numeric) AND (credit_amount <= amount)))
refund_requests_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
refund_requests_order_item_id_fkey FOREIGN KEY (order_item_id, order_id) REFERENCES order_items(id, order_id)
refund_requests_payment_transaction_id_fkey FOREIGN KEY (payment_transaction_id) REFERENCES payment_transactions(id)
refund_requests_pkey PRIMARY KEY (id)
refund_requests_processed_by_fkey FOREIGN KEY (processed_by) REFERENCES profiles(id) ON DELETE SET NULL
refund_requests_quantity_check CHECK (((quantity IS NULL) OR ((quantity > 0) AND (order_item_id IS NOT NULL))))
refund_requests_refund_type_check CHECK (((refund_type)::text = ANY (ARRAY['full'::text, 'partial'::text])))
refund_requests_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES profiles(id) ON DELETE SET NULL
refund_requests_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES profiles(id) ON DELETE SET NULL
refund_requests_status_check CHECK (((status)::text = ANY (ARRAY['pending'::text, 'approved'::text, 'rejected'::text, 'processed'::text, 'failed'::text])))
refund_requests_through_payment_id_fkey FOREIGN KEY (through_payment_id) REFERENCES payment_transactions(id)
$$, 'refund_requests has its constraints');
SELECT is(tests.indexes_of('refund_requests'), $$
idx_refund_requests_buyer_id USING btree (buyer_id)
idx_refund_requests_order_id USING btree (order_id)
idx_refund_requests_order_item_id USING btree (order_item_id) WHERE (order_item_id IS NOT NULL)
idx_refund_requests_payment_transaction_id USING btree (payment_transaction_id) WHERE (payment_transaction_id IS NOT NULL)
idx_refund_requests_processed_by USING btree (processed_by) WHERE (processed_by IS NOT NULL)
idx_refund_requests_requested_by USING btree (requested_by)
idx_refund_requests_seller_id USING btree (seller_id)
idx_refund_requests_status USING btree (status)
idx_refund_requests_surplus UNIQUE USING btree (payment_transaction_id) WHERE ((payment_transaction_id IS NOT NULL) AND ((metadata ? 'part_of'::text) IS NOT TRUE))
idx_refund_requests_through_payment_id USING btree (through_payment_id) WHERE (through_payment_id IS NOT NULL)
$$, 'refund_requests has its indexes');
SELECT is(tests.triggers_of('refund_requests'), $$
_check_changed_requested_by_buyer AFTER UPDATE ON refund_requests FOR EACH ROW WHEN (old.order_id IS DISTINCT FROM new.order_id OR old.requested_by IS DISTINCT FROM new.requested_by) EXECUTE FUNCTION private.check_requested_by_buyer()
_check_requested_by_buyer AFTER INSERT ON refund_requests FOR EACH ROW EXECUTE FUNCTION private.check_requested_by_buyer()
check_changed_refund_total AFTER UPDATE ON refund_requests FOR EACH ROW WHEN (old.order_id IS DISTINCT FROM new.order_id OR old.amount IS DISTINCT FROM new.amount OR old.status::text IS DISTINCT FROM new.status::text) EXECUTE FUNCTION private.check_refund_total('order_id')
check_refund_total AFTER INSERT ON refund_requests FOR EACH ROW EXECUTE FUNCTION private.check_refund_total('order_id')
check_required_columns AFTER UPDATE ON refund_requests FOR EACH ROW WHEN (new.requested_by IS NULL) EXECUTE FUNCTION private.require_columns('requested_by')
describe_refund BEFORE INSERT OR UPDATE ON refund_requests FOR EACH ROW EXECUTE FUNCTION private.describe_refund()
require_columns BEFORE UPDATE ON refund_requests FOR EACH ROW WHEN (new.requested_by IS NULL) EXECUTE FUNCTION private.require_columns('requested_by')
require_columns_of_request BEFORE INSERT ON refund_requests FOR EACH ROW WHEN (new.status::text = 'pending'::text) EXECUTE FUNCTION private.require_columns('requested_by')
$$, 'refund_requests has its triggers');
SELECT is(tests.policies_of('refund_requests'), $$
"Parties can view the refund requests of their orders" SELECT TO authenticated
$$, 'refund_requests has its policies');

-- ledger_entries
SELECT is(tests.columns_of('ledger_entries'), $$
id bigint NOT NULL GENERATED ALWAYS AS IDENTITY
journal_id uuid NOT NULL
account ledger_account NOT NULL
party_id uuid
order_id uuid
amount numeric(14,2) NOT NULL
currency character varying(3) NOT NULL
memo text
created_at timestamp with time zone NOT NULL DEFAULT now()
kind text NOT NULL DEFAULT 'adjustment'::text
$$, 'ledger_entries has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('ledger_entries'), $$
idx_ledger_entries_journal_id UNIQUE NULLS NOT DISTINCT (journal_id, account, party_id, order_id, currency)
ledger_entries_amount_check CHECK (((amount <> (0)::numeric) AND (amount < 'NaN'::numeric)))
ledger_entries_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
ledger_entries_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
ledger_entries_pkey PRIMARY KEY (id)
$$, 'ledger_entries has its constraints');
SELECT is(tests.indexes_of('ledger_entries'), $$
idx_ledger_entries_created_at USING brin (created_at) WITH (autosummarize='on', pages_per_range='32')
idx_ledger_entries_order_id USING btree (order_id) WHERE (order_id IS NOT NULL)
idx_ledger_entries_party_id USING btree (party_id, account, currency) INCLUDE (amount) WHERE (party_id IS NOT NULL)
$$, 'ledger_entries has its indexes');
SELECT is(tests.triggers_of('ledger_entries'), $$
CONSTRAINT check_journal AFTER INSERT ON ledger_entries DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION private.check_journal()
check_ledger_party BEFORE INSERT OR UPDATE ON ledger_entries FOR EACH ROW WHEN (new.party_id IS NOT NULL) EXECUTE FUNCTION private.check_ledger_party()
keep_ledger BEFORE DELETE OR UPDATE ON ledger_entries FOR EACH STATEMENT EXECUTE FUNCTION private.keep_ledger()
$$, 'ledger_entries has its triggers');
SELECT is(tests.policies_of('ledger_entries'), $$
"Users can view own ledger entries" SELECT TO authenticated
$$, 'ledger_entries has its policies');

-- currencies
SELECT is(tests.columns_of('currencies'), $$
code character varying(3) NOT NULL
name character varying(100) NOT NULL
symbol character varying(10) NOT NULL
minor_units smallint NOT NULL
smallest_card_amount numeric(10,2) NOT NULL DEFAULT 0
$$, 'currencies has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('currencies'), $$
currencies_code_check CHECK (((code)::text ~ '^[A-Z]{3}$'::text))
currencies_minor_units_check CHECK ((minor_units = ANY (ARRAY[0, 2])))
currencies_pkey PRIMARY KEY (code)
currencies_smallest_card_amount_check CHECK (((smallest_card_amount >= (0)::numeric) AND (smallest_card_amount < 'NaN'::numeric)))
$$, 'currencies has its constraints');
SELECT is(tests.indexes_of('currencies'), E'\n', 'currencies has no indexes but its constraints''');
SELECT is(tests.policies_of('currencies'), $$
"Anyone can view currencies" SELECT TO anon, authenticated
$$, 'currencies has its policies');

-- tax_rates
SELECT is(tests.columns_of('tax_rates'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
country_code character varying(2) NOT NULL
region character varying(100)
category_id uuid
name character varying(100) NOT NULL
percent numeric(7,4) NOT NULL
taxes_shipping boolean NOT NULL DEFAULT true
valid_from date NOT NULL DEFAULT '2000-01-01'::date
taxes_fee boolean NOT NULL DEFAULT true
$$, 'tax_rates has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('tax_rates'), $$
tax_rates_category_id_fkey FOREIGN KEY (category_id) REFERENCES categories(id) ON DELETE CASCADE
tax_rates_country_code_check CHECK (((country_code)::text ~ '^[A-Z]{2}$'::text))
tax_rates_once_key UNIQUE NULLS NOT DISTINCT (country_code, region, category_id, valid_from)
tax_rates_percent_check CHECK (((percent >= (0)::numeric) AND (percent <= (100)::numeric)))
tax_rates_pkey PRIMARY KEY (id)
tax_rates_valid_from_check CHECK (isfinite(valid_from))
$$, 'tax_rates has its constraints');
SELECT is(tests.indexes_of('tax_rates'), $$
idx_tax_rates_category_id USING btree (category_id) WHERE (category_id IS NOT NULL)
$$, 'tax_rates has its indexes');
SELECT is(tests.policies_of('tax_rates'), $$
"Anyone can view tax rates" SELECT TO anon, authenticated
$$, 'tax_rates has its policies');

-- commission_rules
SELECT is(tests.columns_of('commission_rules'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
name character varying(100) NOT NULL
priority integer NOT NULL DEFAULT 0
seller_id uuid
category_id uuid
currency character varying(3)
price_from numeric(10,2)
price_below numeric(10,2)
percent numeric(5,2) NOT NULL DEFAULT 0
flat numeric(10,2) NOT NULL DEFAULT 0
minimum numeric(10,2)
maximum numeric(10,2)
of_shipping boolean
valid_from timestamp with time zone NOT NULL DEFAULT now()
valid_until timestamp with time zone
$$, 'commission_rules has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('commission_rules'), $$
commission_rules_amounts_have_currency_check CHECK (((currency IS NOT NULL) OR ((flat = (0)::numeric) AND (num_nonnulls(minimum, maximum, price_from, price_below) = 0))))
commission_rules_category_id_fkey FOREIGN KEY (category_id) REFERENCES categories(id) ON DELETE CASCADE
commission_rules_currency_check CHECK (((currency)::text ~ '^[A-Z]{3}$'::text))
commission_rules_flat_check CHECK (((flat >= (0)::numeric) AND (flat < 'NaN'::numeric)))
commission_rules_maximum_check CHECK (((maximum >= (0)::numeric) AND (maximum < 'NaN'::numeric)))
commission_rules_minimum_check CHECK (((minimum >= (0)::numeric) AND (minimum < 'NaN'::numeric)))
commission_rules_minimum_within_maximum_check CHECK ((minimum <= maximum))
commission_rules_percent_check CHECK (((percent >= (0)::numeric) AND (percent <= (100)::numeric)))
commission_rules_pkey PRIMARY KEY (id)
commission_rules_price_band_check CHECK ((price_from < price_below))
commission_rules_seller_id_fkey FOREIGN KEY (seller_id) REFERENCES profiles(id) ON DELETE CASCADE
commission_rules_valid_time_check CHECK ((valid_from < valid_until))
$$, 'commission_rules has its constraints');
SELECT is(tests.indexes_of('commission_rules'), $$
idx_commission_rules_category_id USING btree (category_id) WHERE (category_id IS NOT NULL)
idx_commission_rules_seller_id USING btree (seller_id) WHERE (seller_id IS NOT NULL)
$$, 'commission_rules has its indexes');
SELECT is(tests.policies_of('commission_rules'), $$
"Users can view commission rules" SELECT TO authenticated
$$, 'commission_rules has its policies');

-- exchange_rates
SELECT is(tests.columns_of('exchange_rates'), $$
base character varying(3) NOT NULL
quote character varying(3) NOT NULL
rate numeric(18,8) NOT NULL
as_of date NOT NULL
source text NOT NULL
$$, 'exchange_rates has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('exchange_rates'), $$
exchange_rates_as_of_check CHECK (isfinite(as_of))
exchange_rates_base_check CHECK (((base)::text ~ '^[A-Z]{3}$'::text))
exchange_rates_of_two_currencies_check CHECK (((base)::text <> (quote)::text))
exchange_rates_pkey PRIMARY KEY (base, quote, as_of)
exchange_rates_quote_check CHECK (((quote)::text ~ '^[A-Z]{3}$'::text))
exchange_rates_rate_check CHECK (((rate > (0)::numeric) AND (rate < 'NaN'::numeric)))
$$, 'exchange_rates has its constraints');
SELECT is(tests.indexes_of('exchange_rates'), E'\n', 'exchange_rates has no indexes but its constraints''');
SELECT is(tests.policies_of('exchange_rates'), $$
"Anyone can view exchange rates" SELECT TO anon, authenticated
$$, 'exchange_rates has its policies');

SELECT * FROM finish();
ROLLBACK;
