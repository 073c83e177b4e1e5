-- The contract of the schema, trust: ratings, disputes, returns.
-- An accidental change of a table fails here; a deliberate one is written down here and in COMPATIBILITY.md.
BEGIN;
\ir ../../fixtures/contract.sql
SELECT plan(26);

SELECT is(tests.labels_of('dispute_status'),
    'open, awaiting_seller_response, awaiting_buyer_response, under_review, escalated, resolved, closed, cancelled',
    'dispute_status has its labels in order');
SELECT is(tests.labels_of('dispute_type'),
    'item_not_received, item_not_as_described, damaged_item, counterfeit_item, unauthorized_transaction, seller_not_responding, buyer_not_responding, payment_issue, other',
    'dispute_type has its labels in order');
SELECT is(tests.labels_of('return_status'),
    'requested, approved, rejected, shipped_back, received, inspecting, refunded, replaced, closed',
    'return_status has its labels in order');
SELECT is(tests.labels_of('return_reason'),
    'defective, not_as_described, wrong_item, doesnt_fit, changed_mind, damaged_in_shipping, missing_parts, quality_issue, other',
    'return_reason has its labels in order');
SELECT is(tests.labels_of('rating_type'),
    'seller, buyer',
    'rating_type has its labels in order');
SELECT is(tests.labels_of('resolution_type'),
    'full_refund, partial_refund, replacement, return_and_refund, keep_item_partial_refund, no_action, cancelled_by_buyer, cancelled_by_seller',
    'resolution_type has its labels in order');

-- user_ratings
SELECT is(tests.columns_of('user_ratings'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
order_id uuid NOT NULL
rater_user_id uuid
rated_user_id uuid
rating integer NOT NULL
type rating_type NOT NULL
comment text
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
hidden_at timestamp with time zone
$$, 'user_ratings has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('user_ratings'), $$
user_ratings_not_oneself_check CHECK ((rater_user_id <> rated_user_id))
user_ratings_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
user_ratings_order_id_rater_user_id_type_key UNIQUE (type, order_id, rater_user_id)
user_ratings_pkey PRIMARY KEY (id)
user_ratings_rated_user_id_fkey FOREIGN KEY (rated_user_id) REFERENCES profiles(id) ON DELETE SET NULL
user_ratings_rater_user_id_fkey FOREIGN KEY (rater_user_id) REFERENCES profiles(id) ON DELETE SET NULL
user_ratings_rating_check CHECK (((rating >= 1) AND (rating <= 5)))
$$, 'user_ratings has its constraints');
SELECT is(tests.indexes_of('user_ratings'), $$
idx_user_ratings_order USING btree (order_id)
idx_user_ratings_rated_user USING btree (rated_user_id)
idx_user_ratings_rater_user_id USING btree (rater_user_id)
$$, 'user_ratings has its indexes');
SELECT is(tests.triggers_of('user_ratings'), $$
check_changed_rating_parties AFTER UPDATE ON user_ratings FOR EACH ROW WHEN (old.order_id IS DISTINCT FROM new.order_id OR old.rater_user_id IS DISTINCT FROM new.rater_user_id OR old.rated_user_id IS DISTINCT FROM new.rated_user_id OR old.type IS DISTINCT FROM new.type) EXECUTE FUNCTION private.check_rating_parties()
check_new_rating_parties AFTER INSERT ON user_ratings FOR EACH ROW EXECUTE FUNCTION private.check_rating_parties()
check_rating_parties BEFORE INSERT ON user_ratings FOR EACH ROW EXECUTE FUNCTION private.check_rating_parties()
check_required_columns AFTER INSERT OR UPDATE ON user_ratings FOR EACH ROW WHEN (new.rater_user_id IS NULL OR new.rated_user_id IS NULL) EXECUTE FUNCTION private.require_columns('rater_user_id', 'rated_user_id')
check_sizes BEFORE INSERT OR UPDATE ON user_ratings FOR EACH ROW EXECUTE FUNCTION private.check_sizes('comment', '20000')
count_added_ratings AFTER INSERT ON user_ratings REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_ratings()
count_changed_ratings AFTER UPDATE ON user_ratings REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION private.count_ratings()
count_removed_ratings AFTER DELETE ON user_ratings REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION private.count_ratings()
record_rating_event AFTER INSERT ON user_ratings FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('rating.added')
require_columns BEFORE INSERT OR UPDATE ON user_ratings FOR EACH ROW WHEN (new.rater_user_id IS NULL OR new.rated_user_id IS NULL) EXECUTE FUNCTION private.require_columns('rater_user_id', 'rated_user_id')
update_user_ratings_updated_at BEFORE UPDATE ON user_ratings FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'user_ratings has its triggers');
SELECT is(tests.policies_of('user_ratings'), $$
"Anyone can view ratings" SELECT TO anon
"Users can create ratings for orders" INSERT TO authenticated
"Users can view ratings" SELECT TO authenticated
$$, 'user_ratings has its policies');

-- disputes
SELECT is(tests.columns_of('disputes'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
dispute_number character varying(50) NOT NULL
order_id uuid NOT NULL
initiated_by uuid
respondent_id uuid
type dispute_type NOT NULL
status dispute_status NOT NULL DEFAULT 'open'::dispute_status
title character varying(200) NOT NULL
description text NOT NULL
resolution resolution_type
resolution_notes text
metadata jsonb DEFAULT '{}'::jsonb
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
resolved_at timestamp with time zone
awaiting_since timestamp with time zone
is_open boolean GENERATED DEFAULT (status <> ALL (ARRAY['resolved'::dispute_status, 'closed'::dispute_status, 'cancelled'::dispute_status]))
$$, 'disputes has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('disputes'), $$
disputes_dispute_number_key UNIQUE (dispute_number)
disputes_initiated_by_fkey FOREIGN KEY (initiated_by) REFERENCES profiles(id) ON DELETE SET NULL
disputes_not_with_oneself_check CHECK ((initiated_by <> respondent_id))
disputes_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
disputes_pkey PRIMARY KEY (id)
disputes_respondent_id_fkey FOREIGN KEY (respondent_id) REFERENCES profiles(id) ON DELETE SET NULL
$$, 'disputes has its constraints');
SELECT is(tests.indexes_of('disputes'), $$
idx_disputes_awaiting_since USING btree (awaiting_since) WHERE (awaiting_since IS NOT NULL)
idx_disputes_initiated_by USING btree (initiated_by)
idx_disputes_open UNIQUE USING btree (order_id, initiated_by) WHERE (is_open AND ((metadata ? 'stripe_dispute_id'::text) IS NOT TRUE))
idx_disputes_order_id USING btree (order_id)
idx_disputes_respondent_id USING btree (respondent_id)
idx_disputes_status USING btree (status)
idx_disputes_stripe_dispute_id UNIQUE USING btree (((metadata ->> 'stripe_dispute_id'::text)), order_id) WHERE (metadata ? 'stripe_dispute_id'::text)
$$, 'disputes has its indexes');
SELECT is(tests.triggers_of('disputes'), $$
_check_changed_dispute_parties AFTER UPDATE ON disputes FOR EACH ROW WHEN (old.order_id IS DISTINCT FROM new.order_id OR old.initiated_by IS DISTINCT FROM new.initiated_by OR old.respondent_id IS DISTINCT FROM new.respondent_id) EXECUTE FUNCTION private.check_dispute_parties()
_check_new_dispute_parties AFTER INSERT ON disputes FOR EACH ROW EXECUTE FUNCTION private.check_dispute_parties()
_record_dispute_status AFTER UPDATE ON disputes FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.record_dispute_status()
_record_new_dispute_status AFTER INSERT ON disputes FOR EACH ROW EXECUTE FUNCTION private.record_dispute_status()
check_dispute_parties BEFORE INSERT ON disputes FOR EACH ROW EXECUTE FUNCTION private.check_dispute_parties()
check_required_columns AFTER INSERT OR UPDATE ON disputes FOR EACH ROW WHEN ((new.initiated_by IS NULL OR new.respondent_id IS NULL) AND (new.metadata ? 'stripe_dispute_id'::text) IS NOT TRUE) EXECUTE FUNCTION private.require_columns('initiated_by', 'respondent_id')
guard_dispute_status BEFORE UPDATE ON disputes FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.guard_dispute_status()
guard_new_dispute_status BEFORE INSERT ON disputes FOR EACH ROW EXECUTE FUNCTION private.guard_dispute_status()
record_dispute_event AFTER UPDATE ON disputes FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.record_event_of_row('dispute', 'status')
record_new_dispute_event AFTER INSERT ON disputes FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('dispute', 'status')
require_columns BEFORE INSERT OR UPDATE ON disputes FOR EACH ROW WHEN ((new.initiated_by IS NULL OR new.respondent_id IS NULL) AND (new.metadata ? 'stripe_dispute_id'::text) IS NOT TRUE) EXECUTE FUNCTION private.require_columns('initiated_by', 'respondent_id')
update_disputes_updated_at BEFORE UPDATE ON disputes FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'disputes has its triggers');
SELECT is(tests.policies_of('disputes'), $$
"Parties can view their disputes" SELECT TO authenticated
$$, 'disputes has its policies');

-- dispute_messages
SELECT is(tests.columns_of('dispute_messages'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
dispute_id uuid NOT NULL
sender_id uuid
message text NOT NULL
attachments jsonb DEFAULT '[]'::jsonb
is_system_message boolean DEFAULT false
is_staff_message boolean DEFAULT false
is_private_note boolean DEFAULT false
created_at timestamp with time zone NOT NULL DEFAULT now()
$$, 'dispute_messages has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('dispute_messages'), $$
dispute_messages_dispute_id_fkey FOREIGN KEY (dispute_id) REFERENCES disputes(id) ON DELETE CASCADE
dispute_messages_pkey PRIMARY KEY (id)
dispute_messages_sender_id_fkey FOREIGN KEY (sender_id) REFERENCES profiles(id) ON DELETE SET NULL
$$, 'dispute_messages has its constraints');
SELECT is(tests.indexes_of('dispute_messages'), $$
idx_dispute_messages_dispute_id USING btree (dispute_id)
idx_dispute_messages_sender_id USING btree (sender_id)
$$, 'dispute_messages has its indexes');
SELECT is(tests.triggers_of('dispute_messages'), $$
check_required_columns AFTER INSERT OR UPDATE ON dispute_messages FOR EACH ROW WHEN (new.sender_id IS NULL AND (new.is_system_message OR new.is_staff_message) IS NOT TRUE) EXECUTE FUNCTION private.require_columns('sender_id')
require_columns BEFORE INSERT OR UPDATE ON dispute_messages FOR EACH ROW WHEN (new.sender_id IS NULL AND (new.is_system_message OR new.is_staff_message) IS NOT TRUE) EXECUTE FUNCTION private.require_columns('sender_id')
$$, 'dispute_messages has its triggers');
SELECT is(tests.policies_of('dispute_messages'), $$
"Parties can view the messages of their disputes" SELECT TO authenticated
$$, 'dispute_messages has its policies');

-- returns
SELECT is(tests.columns_of('returns'), $$
id uuid NOT NULL DEFAULT uuid_generate_v4()
return_number character varying(50) NOT NULL
order_id uuid NOT NULL
order_item_id uuid NOT NULL
requested_by uuid
reason return_reason NOT NULL
status return_status NOT NULL DEFAULT 'requested'::return_status
description text
photos jsonb DEFAULT '[]'::jsonb
return_shipping_label text
refund_amount numeric(10,2)
replacement_order_id uuid
created_at timestamp with time zone NOT NULL DEFAULT now()
updated_at timestamp with time zone NOT NULL DEFAULT now()
approved_at timestamp with time zone
completed_at timestamp with time zone
history jsonb NOT NULL DEFAULT '[]'::jsonb
is_open boolean GENERATED DEFAULT (status <> ALL (ARRAY['rejected'::return_status, 'refunded'::return_status, 'replaced'::return_status, 'closed'::return_status]))
deducted_amount numeric(10,2) NOT NULL DEFAULT 0
disputable_until timestamp with time zone
quantity integer
reminded_at timestamp with time zone
$$, 'returns has its columns in order, with type, nullability and default');
SELECT is(tests.constraints_of('returns'), $$
returns_deducted_amount_check CHECK (((deducted_amount >= (0)::numeric) AND (deducted_amount < 'NaN'::numeric)))
returns_order_id_fkey FOREIGN KEY (order_id) REFERENCES orders(id)
returns_order_item_id_fkey FOREIGN KEY (order_item_id, order_id) REFERENCES order_items(id, order_id)
returns_pkey PRIMARY KEY (id)
returns_quantity_check CHECK ((quantity > 0))
returns_refund_amount_check CHECK (((refund_amount >= (0)::numeric) AND (refund_amount < 'NaN'::numeric)))
returns_replacement_order_id_fkey FOREIGN KEY (replacement_order_id) REFERENCES orders(id) ON DELETE SET NULL
returns_requested_by_fkey FOREIGN KEY (requested_by) REFERENCES profiles(id) ON DELETE SET NULL
returns_return_number_key UNIQUE (return_number)
$$, 'returns has its constraints');
SELECT is(tests.indexes_of('returns'), $$
idx_returns_approved USING btree (approved_at) WHERE (status = 'approved'::return_status)
idx_returns_open UNIQUE USING btree (order_item_id) WHERE is_open
idx_returns_order_id USING btree (order_id)
idx_returns_order_item_id USING btree (order_item_id)
idx_returns_replacement_order_id USING btree (replacement_order_id) WHERE (replacement_order_id IS NOT NULL)
idx_returns_requested_by USING btree (requested_by)
idx_returns_status USING btree (status)
$$, 'returns has its indexes');
SELECT is(tests.triggers_of('returns'), $$
_check_changed_requested_by_buyer AFTER UPDATE ON returns FOR EACH ROW WHEN (old.order_id IS DISTINCT FROM new.order_id OR old.requested_by IS DISTINCT FROM new.requested_by) EXECUTE FUNCTION private.check_requested_by_buyer()
_check_requested_by_buyer AFTER INSERT ON returns FOR EACH ROW EXECUTE FUNCTION private.check_requested_by_buyer()
_check_return_status AFTER UPDATE ON returns FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.check_return_status()
check_changed_return_refund AFTER UPDATE ON returns FOR EACH ROW WHEN (new.refund_amount IS NOT NULL AND (old.order_id IS DISTINCT FROM new.order_id OR old.order_item_id IS DISTINCT FROM new.order_item_id OR old.refund_amount IS DISTINCT FROM new.refund_amount OR old.status IS DISTINCT FROM new.status)) EXECUTE FUNCTION private.check_return_refund()
check_required_columns AFTER INSERT OR UPDATE ON returns FOR EACH ROW WHEN (new.requested_by IS NULL) EXECUTE FUNCTION private.require_columns('requested_by')
check_return_refund AFTER INSERT ON returns FOR EACH ROW WHEN (new.refund_amount IS NOT NULL) EXECUTE FUNCTION private.check_return_refund()
clear_with_reference BEFORE UPDATE ON returns FOR EACH ROW WHEN (old.requested_by IS NOT NULL AND new.requested_by IS NULL) EXECUTE FUNCTION private.clear_with_reference('requested_by', 'return_shipping_label')
guard_new_return_status BEFORE INSERT ON returns FOR EACH ROW EXECUTE FUNCTION private.guard_return_status()
guard_return_status BEFORE UPDATE ON returns FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status OR old.history IS DISTINCT FROM new.history) EXECUTE FUNCTION private.guard_return_status()
record_new_return_event AFTER INSERT ON returns FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('return', 'status')
record_return_event AFTER UPDATE ON returns FOR EACH ROW WHEN (old.status IS DISTINCT FROM new.status) EXECUTE FUNCTION private.record_event_of_row('return', 'status')
require_columns BEFORE INSERT OR UPDATE ON returns FOR EACH ROW WHEN (new.requested_by IS NULL) EXECUTE FUNCTION private.require_columns('requested_by')
update_returns_updated_at BEFORE UPDATE ON returns FOR EACH ROW EXECUTE FUNCTION update_updated_at_column()
$$, 'returns has its triggers');
SELECT is(tests.policies_of('returns'), $$
"Parties can view the returns of their orders" SELECT TO authenticated
$$, 'returns has its policies');

SELECT * FROM finish();
ROLLBACK;
