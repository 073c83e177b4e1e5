-- Trust: ratings, disputes, returns. A person in them is NULL only after the account was deleted:
-- private.require_columns() demands them when a row is written.

CREATE TYPE @extschema@.dispute_status AS ENUM (
    'open', 'awaiting_seller_response', 'awaiting_buyer_response',
    'under_review', 'escalated', 'resolved', 'closed', 'cancelled'
);

CREATE TYPE @extschema@.dispute_type AS ENUM (
    'item_not_received', 'item_not_as_described', 'damaged_item',
    'counterfeit_item', 'unauthorized_transaction', 'seller_not_responding',
    'buyer_not_responding', 'payment_issue', 'other'
);

CREATE TYPE @extschema@.return_status AS ENUM (
    'requested', 'approved', 'rejected', 'shipped_back',
    'received', 'inspecting', 'refunded', 'replaced', 'closed'
);

CREATE TYPE @extschema@.return_reason AS ENUM (
    'defective', 'not_as_described', 'wrong_item', 'doesnt_fit',
    'changed_mind', 'damaged_in_shipping', 'missing_parts',
    'quality_issue', 'other'
);

CREATE TYPE @extschema@.rating_type AS ENUM ('seller', 'buyer');

CREATE TYPE @extschema@.resolution_type AS ENUM (
    'full_refund', 'partial_refund', 'replacement', 'return_and_refund',
    'keep_item_partial_refund', 'no_action', 'cancelled_by_buyer',
    'cancelled_by_seller'
);

CREATE TABLE @extschema@.user_ratings (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    order_id UUID NOT NULL REFERENCES @extschema@.orders (id),
    rater_user_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    rated_user_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    rating INTEGER NOT NULL CHECK (rating >= 1 AND rating <= 5),
    type @extschema@.rating_type NOT NULL,
    comment TEXT,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    hidden_at TIMESTAMPTZ,
    -- type first: with the order first it would repeat the index on order_id
    CONSTRAINT user_ratings_order_id_rater_user_id_type_key UNIQUE (type, order_id, rater_user_id),
    CONSTRAINT user_ratings_not_oneself_check CHECK (rater_user_id <> rated_user_id)
);

CREATE INDEX idx_user_ratings_rated_user ON @extschema@.user_ratings (rated_user_id);
CREATE INDEX idx_user_ratings_order ON @extschema@.user_ratings (order_id);
CREATE INDEX idx_user_ratings_rater_user_id ON @extschema@.user_ratings (rater_user_id);

CREATE TABLE @extschema@.disputes (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    dispute_number VARCHAR(50) UNIQUE NOT NULL,
    order_id UUID NOT NULL REFERENCES @extschema@.orders (id),
    initiated_by UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    respondent_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    type @extschema@.dispute_type NOT NULL,
    -- not NULL: it would be neither open nor finished
    status @extschema@.dispute_status NOT NULL DEFAULT 'open',
    title VARCHAR(200) NOT NULL,
    description TEXT NOT NULL,
    resolution @extschema@.resolution_type,
    resolution_notes TEXT,
    metadata JSONB DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    resolved_at TIMESTAMPTZ,
    -- since when an answer is awaited
    awaiting_since TIMESTAMPTZ,
    -- what "open" means is said here, and by core::is_open() of a state that was read
    is_open BOOLEAN GENERATED ALWAYS AS (status NOT IN ('resolved', 'closed', 'cancelled')) STORED,
    CONSTRAINT disputes_not_with_oneself_check CHECK (initiated_by <> respondent_id)
);

CREATE INDEX idx_disputes_order_id ON @extschema@.disputes (order_id);
CREATE INDEX idx_disputes_status ON @extschema@.disputes (status);
CREATE INDEX idx_disputes_initiated_by ON @extschema@.disputes (initiated_by);
CREATE INDEX idx_disputes_respondent_id ON @extschema@.disputes (respondent_id);
CREATE INDEX idx_disputes_awaiting_since ON @extschema@.disputes (awaiting_since) WHERE awaiting_since IS NOT NULL;
-- One open dispute of each party: the other one's must not stand in the way of the own. Beside them the bank may dispute the payment,
-- which nobody here can prevent.
CREATE UNIQUE INDEX idx_disputes_open ON @extschema@.disputes (order_id, initiated_by)
    WHERE is_open AND (metadata ? 'stripe_dispute_id') IS NOT TRUE;
-- One dispute of the bank's may be about a payment for several orders; each of them has it once.
CREATE UNIQUE INDEX idx_disputes_stripe_dispute_id ON @extschema@.disputes ((metadata ->> 'stripe_dispute_id'), order_id)
    WHERE metadata ? 'stripe_dispute_id';

CREATE TABLE @extschema@.dispute_messages (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    dispute_id UUID NOT NULL REFERENCES @extschema@.disputes (id) ON DELETE CASCADE,
    sender_id UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    message TEXT NOT NULL,
    attachments JSONB DEFAULT '[]',
    is_system_message BOOLEAN DEFAULT false,
    is_staff_message BOOLEAN DEFAULT false,
    is_private_note BOOLEAN DEFAULT false,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now()
);

CREATE INDEX idx_dispute_messages_dispute_id ON @extschema@.dispute_messages (dispute_id);
CREATE INDEX idx_dispute_messages_sender_id ON @extschema@.dispute_messages (sender_id);

CREATE TABLE @extschema@.returns (
    id UUID PRIMARY KEY DEFAULT @uuid_ossp@.uuid_generate_v4(),
    return_number VARCHAR(50) UNIQUE NOT NULL,
    order_id UUID NOT NULL REFERENCES @extschema@.orders (id),
    order_item_id UUID NOT NULL,
    requested_by UUID REFERENCES @extschema@.profiles (id) ON DELETE SET NULL,
    reason @extschema@.return_reason NOT NULL,
    -- not NULL: it would be neither open nor finished
    status @extschema@.return_status NOT NULL DEFAULT 'requested',
    description TEXT,
    photos JSONB DEFAULT '[]',
    return_shipping_label TEXT,
    -- < 'NaN': NaN counts as greater than every number, so >= 0 alone would let it in
    refund_amount DECIMAL(10,2) CHECK (refund_amount >= 0 AND refund_amount < 'NaN'),
    replacement_order_id UUID REFERENCES @extschema@.orders (id) ON DELETE SET NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    updated_at TIMESTAMPTZ NOT NULL DEFAULT now(),
    approved_at TIMESTAMPTZ,
    completed_at TIMESTAMPTZ,
    -- each step with who took it and why; kept by a trigger
    history JSONB NOT NULL DEFAULT '[]',
    -- what "open" means is said here and nowhere else
    is_open BOOLEAN GENERATED ALWAYS AS (status NOT IN ('rejected', 'refunded', 'replaced', 'closed')) STORED,
    -- what of the line's worth the seller kept when the money went back
    deducted_amount DECIMAL(10,2) NOT NULL DEFAULT 0 CHECK (deducted_amount >= 0 AND deducted_amount < 'NaN'),
    -- until when the buyer may dispute that it was refused, or that less than everything went back
    disputable_until TIMESTAMPTZ,
    -- of how many pieces of the line; NULL: of all
    quantity INTEGER CONSTRAINT returns_quantity_check CHECK (quantity > 0),
    -- when the party that it waits for was last told that time is running out
    reminded_at TIMESTAMPTZ,
    -- with the order: only what was in the order can come back from it
    CONSTRAINT returns_order_item_id_fkey FOREIGN KEY (order_item_id, order_id)
        REFERENCES @extschema@.order_items (id, order_id)
);

CREATE INDEX idx_returns_order_id ON @extschema@.returns (order_id);
CREATE INDEX idx_returns_status ON @extschema@.returns (status);
CREATE INDEX idx_returns_order_item_id ON @extschema@.returns (order_item_id);
-- One open return for each line; after one that came to nothing it can be asked for again.
CREATE UNIQUE INDEX idx_returns_open ON @extschema@.returns (order_item_id) WHERE is_open;
-- what expire_returns() looks for
CREATE INDEX idx_returns_approved ON @extschema@.returns (approved_at) WHERE status = 'approved';
CREATE INDEX idx_returns_requested_by ON @extschema@.returns (requested_by);
CREATE INDEX idx_returns_replacement_order_id ON @extschema@.returns (replacement_order_id)
    WHERE replacement_order_id IS NOT NULL;
