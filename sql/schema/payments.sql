-- Payments: accounts, methods, transactions, store credit, payouts, refunds, the ledger.

CREATE TYPE @extschema@.payment_status AS ENUM (
    'pending', 'processing', 'requires_action', 'succeeded',
    'failed', 'cancelled', 'refunded', 'partially_refunded'
);

CREATE TYPE @extschema@.payment_method_type AS ENUM (
    'card', 'bank', 'paypal', 'stripe_link', 'apple_pay', 'google_pay'
);

CREATE TYPE @extschema@.ledger_account AS ENUM (
    'processor_clearing', 'seller_pending', 'seller_available', 'payouts_in_transit',
    'seller_paid_out', 'platform_fees', 'store_credit', 'promotions', 'taxes', 'refunds', 'disputes',
    'gift_cards', 'breakage', 'processor_fees', 'cash_on_delivery', 'part_payments'
);

CREATE TABLE @extschema@.payment_accounts (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    stripe_account_id VARCHAR(255) UNIQUE,
    account_type VARCHAR(50),
    is_verified BOOLEAN DEFAULT false,
    capabilities JSONB DEFAULT '{}',
    requirements JSONB DEFAULT '{}',
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- how the seller wants to be paid out where not by the processor
    payout_method VARCHAR(20) CHECK (payout_method::text IN ('stripe', 'revolut', 'bank_transfer', 'paypal')),
    revtag VARCHAR(50) CHECK (revtag ~ '^@[A-Za-z0-9_]+$'),
    paypal_email VARCHAR(255) CHECK (paypal_email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    bank_name VARCHAR(100),
    bank_account_name VARCHAR(100),
    -- these two are masked: hide_bank_numbers() has moved the numbers into the last column, which no client reads
    bank_account_number VARCHAR(50),
    bank_routing_number VARCHAR(50),
    -- of the payout details by the staff; is_verified is the processor's word
    verified BOOLEAN NOT NULL DEFAULT false,
    bank_numbers JSONB,
    CONSTRAINT payment_accounts_user_id_key UNIQUE (user_id)
);

CREATE TABLE @extschema@.payment_methods (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    type @extschema@.payment_method_type NOT NULL,
    stripe_payment_method_id VARCHAR(255),
    -- exactly the last four digits: the column must not become a place for a whole card number
    last4 VARCHAR(4) CHECK (last4 ~ '^[0-9]{4}$'),
    brand VARCHAR(50),
    exp_month INTEGER CHECK (exp_month BETWEEN 1 AND 12),
    exp_year INTEGER CHECK (exp_year BETWEEN 2000 AND 2100),
    is_default BOOLEAN DEFAULT false,
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- lets an order name a method together with whose it is
    CONSTRAINT payment_methods_id_user_id_key UNIQUE (id, user_id)
);

CREATE INDEX idx_payment_methods_user_id ON @extschema@.payment_methods (user_id);
-- as the addresses' one
CREATE INDEX idx_payment_methods_is_default ON @extschema@.payment_methods (user_id) WHERE is_default;

-- with the buyer: nobody's order can be paid with somebody else's card; a used card can be removed
ALTER TABLE @extschema@.orders
    ADD CONSTRAINT fk_orders_payment_method FOREIGN KEY (payment_method_id, buyer_id)
        REFERENCES @extschema@.payment_methods (id, user_id) ON DELETE SET NULL (payment_method_id);

CREATE TABLE @extschema@.payment_transactions (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    order_id UUID NOT NULL,
    -- < 'NaN' in every money check: NaN counts as greater than every number, so > 0 alone would let it in
    amount DECIMAL(10,2) NOT NULL CHECK (amount > 0 AND amount < 'NaN'),
    currency VARCHAR(3) NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    status @extschema@.payment_status NOT NULL DEFAULT 'pending',
    processor VARCHAR(50) NOT NULL,
    processor_transaction_id VARCHAR(255),
    processor_response JSONB DEFAULT '{}',
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- what the processor has sent back of it
    refunded_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    -- the money came for an order that was cancelled or paid already: it pays for nothing and goes back
    is_surplus BOOLEAN NOT NULL DEFAULT false,
    CONSTRAINT payment_transactions_refunded_within_amount_check CHECK (refunded_amount >= 0 AND refunded_amount <= amount),
    -- with the currency: an order is paid in its own
    CONSTRAINT payment_transactions_order_id_fkey FOREIGN KEY (order_id, currency)
        REFERENCES @extschema@.orders (id, currency),
    -- one payment may pay for several orders, but for each of them once
    CONSTRAINT idx_payment_transactions_processor_id UNIQUE (processor_transaction_id, processor, order_id)
);

-- INCLUDE: the foreign key has two columns; an index on the currency alone would tell nothing apart
CREATE INDEX idx_payment_transactions_order_id ON @extschema@.payment_transactions (order_id) INCLUDE (currency);
-- disputes of old versions of the processor's API name the charge only
CREATE INDEX idx_payment_transactions_charge ON @extschema@.payment_transactions ((metadata ->> 'charge'))
    WHERE metadata ->> 'charge' IS NOT NULL;
CREATE INDEX idx_payment_transactions_status ON @extschema@.payment_transactions (status);

-- Sold for money, and owed until somebody redeems them into store credit. The code is the holder's: here is its hash.
CREATE TABLE @extschema@.gift_cards (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    code_hash TEXT NOT NULL CONSTRAINT gift_cards_code_hash_key UNIQUE,
    last4 VARCHAR(4) NOT NULL,
    amount DECIMAL(10,2) NOT NULL CONSTRAINT gift_cards_amount_check CHECK (amount > 0 AND amount < 'NaN'),
    currency VARCHAR(3) NOT NULL CONSTRAINT gift_cards_currency_check CHECK (currency ~ '^[A-Z]{3}$'),
    status VARCHAR(20) NOT NULL DEFAULT 'active'
        CONSTRAINT gift_cards_status_check CHECK (status::text IN ('active', 'redeemed', 'expired', 'cancelled')),
    -- the books outlive the accounts
    buyer_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    redeemed_by UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    -- the payment that it was sold for; of several cards of one payment each has a number
    processor VARCHAR(50) NOT NULL,
    processor_transaction_id VARCHAR(255) NOT NULL,
    payment_item INTEGER NOT NULL DEFAULT 1,
    expires_at TIMESTAMPTZ,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    redeemed_at TIMESTAMPTZ,
    cancellation_reason TEXT,
    CONSTRAINT gift_cards_payment_key UNIQUE (processor_transaction_id, processor, payment_item)
);

CREATE INDEX idx_gift_cards_buyer_id ON @extschema@.gift_cards (buyer_id) WHERE buyer_id IS NOT NULL;
CREATE INDEX idx_gift_cards_redeemed_by ON @extschema@.gift_cards (redeemed_by) WHERE redeemed_by IS NOT NULL;
-- what expire_gift_cards() looks for
CREATE INDEX idx_gift_cards_expires_at ON @extschema@.gift_cards (expires_at) WHERE status::text = 'active' AND expires_at IS NOT NULL;

CREATE TABLE @extschema@.store_credits (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    user_id UUID NOT NULL REFERENCES @extschema@.profiles (id) ON DELETE CASCADE,
    amount DECIMAL(10,2) NOT NULL CHECK (amount >= 0 AND amount < 'NaN'),
    reason TEXT,
    expires_at TIMESTAMPTZ,
    -- a NULL would stay NULL whatever is added to it: credit without end
    used_amount DECIMAL(10,2) NOT NULL DEFAULT 0 CHECK (used_amount >= 0 AND used_amount < 'NaN'),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    created_by UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    -- credit pays for orders in its own currency only
    currency VARCHAR(3) NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    -- what of it nobody had used when it expired
    expired_amount DECIMAL(10,2) NOT NULL DEFAULT 0 CHECK (expired_amount >= 0 AND expired_amount < 'NaN'),
    -- the refund that it is a part of; without one the platform gives it
    refund_request_id UUID,
    -- the credit that it was before an order was paid with it and refunded,
    returned_from UUID REFERENCES @extschema@.store_credits (id) ON DELETE SET NULL,
    -- and whether it was given time because that had expired meanwhile: once
    is_extended BOOLEAN NOT NULL DEFAULT false,
    -- the card that was redeemed into it, or into the credit that it was before a refund; then it was paid for
    gift_card_id UUID REFERENCES @extschema@.gift_cards (id),
    CONSTRAINT store_credits_used_within_amount_check CHECK (used_amount + expired_amount <= amount)
);

CREATE INDEX idx_store_credits_user_id ON @extschema@.store_credits (user_id);
CREATE INDEX idx_store_credits_expires_at ON @extschema@.store_credits (expires_at);
CREATE INDEX idx_store_credits_returned_from ON @extschema@.store_credits (returned_from) WHERE returned_from IS NOT NULL;
CREATE INDEX idx_store_credits_gift_card_id ON @extschema@.store_credits (gift_card_id) WHERE gift_card_id IS NOT NULL;
CREATE INDEX idx_store_credits_created_by ON @extschema@.store_credits (created_by) WHERE created_by IS NOT NULL;

-- Which credit paid how much of which order, so that a cancelled order can give it back.
CREATE TABLE @extschema@.store_credit_usage (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    store_credit_id UUID NOT NULL REFERENCES @extschema@.store_credits (id) ON DELETE CASCADE,
    order_id UUID NOT NULL REFERENCES @extschema@.orders (id) ON DELETE CASCADE,
    amount DECIMAL(10,2) NOT NULL CHECK (amount > 0 AND amount < 'NaN'),
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- set once, when the order gave it back
    returned_at TIMESTAMPTZ
);

CREATE INDEX idx_store_credit_usage_order_id ON @extschema@.store_credit_usage (order_id);
CREATE INDEX idx_store_credit_usage_store_credit_id ON @extschema@.store_credit_usage (store_credit_id);

CREATE TABLE @extschema@.stripe_webhook_events (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    stripe_event_id VARCHAR(255) UNIQUE NOT NULL,
    type VARCHAR(100) NOT NULL,
    data JSONB NOT NULL,
    processed BOOLEAN DEFAULT false,
    error TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    outcome VARCHAR(20) CHECK (outcome::text IN ('processed', 'ignored', 'failed')),
    processed_at TIMESTAMPTZ
);

CREATE INDEX idx_stripe_webhook_events_type ON @extschema@.stripe_webhook_events (type);
CREATE INDEX idx_stripe_webhook_events_processed ON @extschema@.stripe_webhook_events (processed);
-- what was told of a payment before it was started here
CREATE INDEX idx_stripe_webhook_events_ignored ON @extschema@.stripe_webhook_events
    ("left"(COALESCE(data #>> '{data,object,payment_intent}', data #>> '{data,object,id}'), 255))
    WHERE outcome::text = 'ignored';

CREATE TABLE @extschema@.transactions (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    -- the money's record outlives the accounts; it keeps its order from being deleted
    buyer_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    seller_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    order_id UUID REFERENCES @extschema@.orders (id),
    amount DECIMAL(10,2) NOT NULL CHECK (amount < 'NaN'),
    -- negative where it goes back, as the amount is
    fee DECIMAL(10,2) DEFAULT 0,
    net_amount DECIMAL(10,2) NOT NULL CHECK (net_amount < 'NaN'),
    type VARCHAR(50) NOT NULL,
    status VARCHAR(50) NOT NULL CHECK (
        status::text IN ('pending', 'completed', 'failed', 'cancelled', 'refunded')
    ),
    description TEXT,
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- of an order for one listing only
    listing_id UUID REFERENCES @extschema@.listings (id) ON DELETE SET NULL,
    stripe_payment_intent_id VARCHAR(255),
    CONSTRAINT transactions_fee_check CHECK ((fee >= 0 OR amount <= 0) AND fee < 'NaN'),
    CONSTRAINT transactions_net_is_difference_check CHECK (net_amount = amount - COALESCE(fee, 0))
);

CREATE INDEX idx_transactions_buyer_id ON @extschema@.transactions (buyer_id);
CREATE INDEX idx_transactions_seller_id ON @extschema@.transactions (seller_id);
CREATE INDEX idx_transactions_order_id ON @extschema@.transactions (order_id);
CREATE INDEX idx_transactions_listing_id ON @extschema@.transactions (listing_id) WHERE listing_id IS NOT NULL;

CREATE TABLE @extschema@.seller_payouts (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    seller_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    amount DECIMAL(10,2) NOT NULL CHECK (amount > 0 AND amount < 'NaN'),
    currency VARCHAR(3) NOT NULL DEFAULT 'USD' CHECK (currency ~ '^[A-Z]{3}$'),
    status VARCHAR(50) NOT NULL CHECK (
        status::text IN ('pending', 'processing', 'paid', 'failed', 'cancelled')
    ),
    stripe_payout_id VARCHAR(255),
    stripe_transfer_id VARCHAR(255),
    initiated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    completed_at TIMESTAMPTZ,
    failed_at TIMESTAMPTZ,
    failure_reason TEXT,
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_seller_payouts_seller_id ON @extschema@.seller_payouts (seller_id);
CREATE INDEX idx_seller_payouts_created_at ON @extschema@.seller_payouts (created_at);
CREATE INDEX idx_seller_payouts_status ON @extschema@.seller_payouts (status);
CREATE UNIQUE INDEX idx_seller_payouts_stripe_payout_id ON @extschema@.seller_payouts (stripe_payout_id)
    WHERE stripe_payout_id IS NOT NULL;
CREATE UNIQUE INDEX idx_seller_payouts_stripe_transfer_id ON @extschema@.seller_payouts (stripe_transfer_id)
    WHERE stripe_transfer_id IS NOT NULL;

CREATE TABLE @extschema@.refund_requests (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    order_id UUID NOT NULL REFERENCES @extschema@.orders (id),
    amount DECIMAL(10,2) NOT NULL CHECK (amount > 0 AND amount < 'NaN'),
    reason TEXT NOT NULL,
    status VARCHAR(50) NOT NULL DEFAULT 'pending' CHECK (
        status::text IN ('pending', 'approved', 'rejected', 'processed', 'failed')
    ),
    requested_by UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    processed_by UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    requested_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    processed_at TIMESTAMPTZ,
    stripe_refund_id VARCHAR(255),
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    -- what of the amount goes back as store credit, decided with the request
    credit_amount DECIMAL(10,2) NOT NULL DEFAULT 0,
    decision_note TEXT,
    -- a surplus payment that goes back as it came; NULL for money of the order itself
    payment_transaction_id UUID REFERENCES @extschema@.payment_transactions (id),
    -- the line that it goes back for; NULL for money of the order as a whole
    order_item_id UUID,
    -- copies: the parties of the order,
    buyer_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    seller_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    -- and whether all that was paid goes back
    refund_type VARCHAR(20) CHECK (refund_type::text IN ('full', 'partial')),
    seller_response TEXT GENERATED ALWAYS AS (CASE WHEN processed_by = seller_id THEN decision_note END) STORED,
    -- of how many pieces of the line, where neither a return nor a cancellation says so
    quantity INTEGER
        CONSTRAINT refund_requests_quantity_check CHECK (quantity IS NULL OR quantity > 0 AND order_item_id IS NOT NULL),
    -- of an order that several payments have paid: the one that it goes back through
    through_payment_id UUID REFERENCES @extschema@.payment_transactions (id),
    -- with the order: a refund is for a line of its own order
    CONSTRAINT refund_requests_order_item_id_fkey FOREIGN KEY (order_item_id, order_id)
        REFERENCES @extschema@.order_items (id, order_id),
    CONSTRAINT refund_requests_credit_within_amount_check CHECK (credit_amount >= 0 AND credit_amount <= amount)
);

CREATE INDEX idx_refund_requests_payment_transaction_id ON @extschema@.refund_requests (payment_transaction_id)
    WHERE payment_transaction_id IS NOT NULL;
-- a payment that came too much goes back once, or in parts that were taken off that request
CREATE UNIQUE INDEX idx_refund_requests_surplus ON @extschema@.refund_requests (payment_transaction_id)
    WHERE payment_transaction_id IS NOT NULL AND (metadata ? 'part_of') IS NOT TRUE;
CREATE INDEX idx_refund_requests_through_payment_id ON @extschema@.refund_requests (through_payment_id)
    WHERE through_payment_id IS NOT NULL;
CREATE INDEX idx_refund_requests_order_item_id ON @extschema@.refund_requests (order_item_id)
    WHERE order_item_id IS NOT NULL;
CREATE INDEX idx_refund_requests_order_id ON @extschema@.refund_requests (order_id);
CREATE INDEX idx_refund_requests_buyer_id ON @extschema@.refund_requests (buyer_id);
CREATE INDEX idx_refund_requests_seller_id ON @extschema@.refund_requests (seller_id);
CREATE INDEX idx_refund_requests_status ON @extschema@.refund_requests (status);
CREATE INDEX idx_refund_requests_requested_by ON @extschema@.refund_requests (requested_by);
CREATE INDEX idx_refund_requests_processed_by ON @extschema@.refund_requests (processed_by)
    WHERE processed_by IS NOT NULL;

ALTER TABLE @extschema@.store_credits
    ADD CONSTRAINT store_credits_refund_request_id_fkey FOREIGN KEY (refund_request_id)
        REFERENCES @extschema@.refund_requests (id);
CREATE INDEX idx_store_credits_refund_request_id ON @extschema@.store_credits (refund_request_id)
    WHERE refund_request_id IS NOT NULL;

-- Double entry: the amounts of a journal sum to zero per currency; balances are read from here and nowhere else.
CREATE TABLE @extschema@.ledger_entries (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journal_id UUID NOT NULL,
    account @extschema@.ledger_account NOT NULL,
    -- no foreign key: what is booked is never changed, not even when its party deletes the account, and the
    -- balance of a party stays one. The id of a profile that is gone names nobody. check_ledger_party() looks at it.
    party_id UUID,
    order_id UUID REFERENCES @extschema@.orders (id),
    amount NUMERIC(14,2) NOT NULL CHECK (amount <> 0 AND amount < 'NaN'),
    currency VARCHAR(3) NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    memo TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    kind TEXT NOT NULL DEFAULT 'adjustment',
    -- The id of a journal of driplo's is made of what it is about: the same event cannot be booked twice.
    CONSTRAINT idx_ledger_entries_journal_id UNIQUE NULLS NOT DISTINCT (journal_id, account, party_id, order_id, currency)
);

-- the balance of a party without a look at the table
CREATE INDEX idx_ledger_entries_party_id ON @extschema@.ledger_entries (party_id, account, currency) INCLUDE (amount)
    WHERE party_id IS NOT NULL;
CREATE INDEX idx_ledger_entries_order_id ON @extschema@.ledger_entries (order_id) WHERE order_id IS NOT NULL;

-- What shops load daily, for showing and comparing prices. Nothing is charged by it.
CREATE TABLE @extschema@.exchange_rates (
    base VARCHAR(3) NOT NULL CONSTRAINT exchange_rates_base_check CHECK (base ~ '^[A-Z]{3}$'),
    quote VARCHAR(3) NOT NULL CONSTRAINT exchange_rates_quote_check CHECK (quote ~ '^[A-Z]{3}$'),
    rate NUMERIC(18,8) NOT NULL CONSTRAINT exchange_rates_rate_check CHECK (rate > 0 AND rate < 'NaN'),
    as_of DATE NOT NULL CONSTRAINT exchange_rates_as_of_check CHECK (isfinite(as_of)),
    source TEXT NOT NULL,
    CONSTRAINT exchange_rates_pkey PRIMARY KEY (base, quote, as_of),
    CONSTRAINT exchange_rates_of_two_currencies_check CHECK (base <> quote)
);
