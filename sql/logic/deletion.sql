-- Deletion of accounts. Deleting a row of auth.users takes the person's own rows along and leaves what the other side
-- and the books need, without the person: foreign keys do that (ON DELETE CASCADE and SET NULL), these triggers the rest.
-- BEFORE triggers fire in the order of their names; none of these depends on another one's turn.

-- Columns that only a deleted account may leave empty. They have no NOT NULL for its sake. Not UPDATE OF, and a second look
-- AFTER: a BEFORE trigger of a shop's may empty a column that the statement does not name.

CREATE OR REPLACE TRIGGER require_columns
    BEFORE INSERT OR UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (NEW.buyer_id IS NULL OR NEW.seller_id IS NULL) EXECUTE FUNCTION private.require_columns('buyer_id', 'seller_id');

CREATE OR REPLACE TRIGGER check_required_columns
    AFTER INSERT OR UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (NEW.buyer_id IS NULL OR NEW.seller_id IS NULL) EXECUTE FUNCTION private.require_columns('buyer_id', 'seller_id');

CREATE OR REPLACE TRIGGER require_columns
    BEFORE INSERT OR UPDATE ON @extschema@.order_items
    FOR EACH ROW WHEN (NEW.listing_id IS NULL) EXECUTE FUNCTION private.require_columns('listing_id');

CREATE OR REPLACE TRIGGER check_required_columns
    AFTER INSERT OR UPDATE ON @extschema@.order_items
    FOR EACH ROW WHEN (NEW.listing_id IS NULL) EXECUTE FUNCTION private.require_columns('listing_id');

-- what a deleted seller is owed is paid out too: pay_out_deleted_seller()
CREATE OR REPLACE TRIGGER require_columns
    BEFORE INSERT OR UPDATE ON @extschema@.seller_payouts
    FOR EACH ROW WHEN (NEW.seller_id IS NULL AND (NEW.metadata ? 'party_id') IS NOT TRUE) EXECUTE FUNCTION private.require_columns('seller_id');

CREATE OR REPLACE TRIGGER check_required_columns
    AFTER INSERT OR UPDATE ON @extschema@.seller_payouts
    FOR EACH ROW WHEN (NEW.seller_id IS NULL AND (NEW.metadata ? 'party_id') IS NOT TRUE) EXECUTE FUNCTION private.require_columns('seller_id');

CREATE OR REPLACE TRIGGER require_columns
    BEFORE UPDATE ON @extschema@.refund_requests
    FOR EACH ROW WHEN (NEW.requested_by IS NULL) EXECUTE FUNCTION private.require_columns('requested_by');

CREATE OR REPLACE TRIGGER check_required_columns
    AFTER UPDATE ON @extschema@.refund_requests
    FOR EACH ROW WHEN (NEW.requested_by IS NULL) EXECUTE FUNCTION private.require_columns('requested_by');

-- What a deleted buyer's order gives back when it is cancelled was asked for by nobody.
CREATE OR REPLACE TRIGGER require_columns_of_request
    BEFORE INSERT ON @extschema@.refund_requests
    FOR EACH ROW WHEN (NEW.status::text = 'pending') EXECUTE FUNCTION private.require_columns('requested_by');

CREATE OR REPLACE TRIGGER require_columns
    BEFORE INSERT OR UPDATE ON @extschema@.coupon_usage
    FOR EACH ROW WHEN (NEW.coupon_id IS NULL OR NEW.user_id IS NULL) EXECUTE FUNCTION private.require_columns('coupon_id', 'user_id');

CREATE OR REPLACE TRIGGER check_required_columns
    AFTER INSERT OR UPDATE ON @extschema@.coupon_usage
    FOR EACH ROW WHEN (NEW.coupon_id IS NULL OR NEW.user_id IS NULL) EXECUTE FUNCTION private.require_columns('coupon_id', 'user_id');

CREATE OR REPLACE TRIGGER require_columns
    BEFORE INSERT OR UPDATE ON @extschema@.conversations
    FOR EACH ROW WHEN (NEW.buyer_id IS NULL OR NEW.seller_id IS NULL) EXECUTE FUNCTION private.require_columns('buyer_id', 'seller_id');

CREATE OR REPLACE TRIGGER check_required_columns
    AFTER INSERT OR UPDATE ON @extschema@.conversations
    FOR EACH ROW WHEN (NEW.buyer_id IS NULL OR NEW.seller_id IS NULL) EXECUTE FUNCTION private.require_columns('buyer_id', 'seller_id');

CREATE OR REPLACE TRIGGER require_columns
    BEFORE INSERT OR UPDATE ON @extschema@.messages
    FOR EACH ROW WHEN (NEW.sender_id IS NULL) EXECUTE FUNCTION private.require_columns('sender_id');

CREATE OR REPLACE TRIGGER check_required_columns
    AFTER INSERT OR UPDATE ON @extschema@.messages
    FOR EACH ROW WHEN (NEW.sender_id IS NULL) EXECUTE FUNCTION private.require_columns('sender_id');

CREATE OR REPLACE TRIGGER require_columns
    BEFORE INSERT OR UPDATE ON @extschema@.user_ratings
    FOR EACH ROW WHEN (NEW.rater_user_id IS NULL OR NEW.rated_user_id IS NULL) EXECUTE FUNCTION private.require_columns('rater_user_id', 'rated_user_id');

CREATE OR REPLACE TRIGGER check_required_columns
    AFTER INSERT OR UPDATE ON @extschema@.user_ratings
    FOR EACH ROW WHEN (NEW.rater_user_id IS NULL OR NEW.rated_user_id IS NULL) EXECUTE FUNCTION private.require_columns('rater_user_id', 'rated_user_id');

-- the bank disputes a payment also when the buyer's or the seller's account was deleted before
CREATE OR REPLACE TRIGGER require_columns
    BEFORE INSERT OR UPDATE ON @extschema@.disputes
    FOR EACH ROW WHEN ((NEW.initiated_by IS NULL OR NEW.respondent_id IS NULL) AND (NEW.metadata ? 'stripe_dispute_id') IS NOT TRUE) EXECUTE FUNCTION private.require_columns('initiated_by', 'respondent_id');

CREATE OR REPLACE TRIGGER check_required_columns
    AFTER INSERT OR UPDATE ON @extschema@.disputes
    FOR EACH ROW WHEN ((NEW.initiated_by IS NULL OR NEW.respondent_id IS NULL) AND (NEW.metadata ? 'stripe_dispute_id') IS NOT TRUE) EXECUTE FUNCTION private.require_columns('initiated_by', 'respondent_id');

-- of the staff nobody need sign: the service may have no user
CREATE OR REPLACE TRIGGER require_columns
    BEFORE INSERT OR UPDATE ON @extschema@.dispute_messages
    FOR EACH ROW WHEN (NEW.sender_id IS NULL AND (NEW.is_system_message OR NEW.is_staff_message) IS NOT TRUE) EXECUTE FUNCTION private.require_columns('sender_id');

CREATE OR REPLACE TRIGGER check_required_columns
    AFTER INSERT OR UPDATE ON @extschema@.dispute_messages
    FOR EACH ROW WHEN (NEW.sender_id IS NULL AND (NEW.is_system_message OR NEW.is_staff_message) IS NOT TRUE) EXECUTE FUNCTION private.require_columns('sender_id');

CREATE OR REPLACE TRIGGER require_columns
    BEFORE INSERT OR UPDATE ON @extschema@.returns
    FOR EACH ROW WHEN (NEW.requested_by IS NULL) EXECUTE FUNCTION private.require_columns('requested_by');

CREATE OR REPLACE TRIGGER check_required_columns
    AFTER INSERT OR UPDATE ON @extschema@.returns
    FOR EACH ROW WHEN (NEW.requested_by IS NULL) EXECUTE FUNCTION private.require_columns('requested_by');

COMMENT ON COLUMN @extschema@.orders.buyer_id IS 'Buyer; NULL only after the buyer''s account was deleted.';
COMMENT ON COLUMN @extschema@.orders.seller_id IS 'Seller; NULL only after the seller''s account was deleted.';
COMMENT ON COLUMN @extschema@.messages.sender_id IS 'Sender; NULL only after the sender''s account was deleted.';
COMMENT ON COLUMN @extschema@.order_items.listing_id IS
    'Listing; NULL only after the seller''s account was deleted. Columns title, description, condition, brand, '
    'size, color, variant_name, and image_url are kept.';
COMMENT ON COLUMN @extschema@.order_items.title IS 'Copy of the listing''s title at the time of purchase.';
COMMENT ON COLUMN @extschema@.order_items.description IS
    'Copy of the listing''s description at the time of purchase.';
COMMENT ON COLUMN @extschema@.order_items.condition IS 'Copy of the listing''s condition at the time of purchase.';
COMMENT ON COLUMN @extschema@.order_items.brand IS 'Copy of the listing''s brand at the time of purchase.';
COMMENT ON COLUMN @extschema@.order_items.size IS 'Copy of the listing''s size at the time of purchase.';
COMMENT ON COLUMN @extschema@.order_items.color IS 'Copy of the listing''s color at the time of purchase.';
COMMENT ON COLUMN @extschema@.ledger_entries.party_id IS
    'User to whom the account belongs, or NULL for accounts of the platform. The ID is kept when the user''s '
    'profile is deleted.';

-- What belongs to a reference goes with it.

CREATE OR REPLACE TRIGGER clear_with_reference
    BEFORE UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (OLD.buyer_id IS NOT NULL AND NEW.buyer_id IS NULL) EXECUTE FUNCTION private.clear_with_reference('buyer_id', 'shipping_address_id', 'billing_address_id', 'payment_method_id');

CREATE OR REPLACE TRIGGER clear_with_reference
    BEFORE UPDATE ON @extschema@.order_items
    FOR EACH ROW WHEN (OLD.listing_id IS NOT NULL AND NEW.listing_id IS NULL) EXECUTE FUNCTION private.clear_with_reference('listing_id', 'variant_id');

CREATE OR REPLACE TRIGGER clear_with_reference
    BEFORE UPDATE ON @extschema@.conversations
    FOR EACH ROW WHEN (OLD.seller_id IS NOT NULL AND NEW.seller_id IS NULL) EXECUTE FUNCTION private.clear_with_reference('seller_id', 'listing_id');

-- The label carries the sender's address.
CREATE OR REPLACE TRIGGER clear_with_reference
    BEFORE UPDATE ON @extschema@.returns
    FOR EACH ROW WHEN (OLD.requested_by IS NOT NULL AND NEW.requested_by IS NULL) EXECUTE FUNCTION private.clear_with_reference('requested_by', 'return_shipping_label');

-- Where somebody worked from is nobody's business any more.
CREATE OR REPLACE TRIGGER clear_with_reference
    BEFORE UPDATE ON @extschema@.admin_audit_log
    FOR EACH ROW WHEN (OLD.admin_id IS NOT NULL AND NEW.admin_id IS NULL) EXECUTE FUNCTION private.clear_with_reference('admin_id', 'ip_address', 'user_agent');

-- An order under way keeps the address: the parcel has to arrive.
CREATE OR REPLACE TRIGGER forget_buyer
    BEFORE UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (NEW.buyer_id IS NULL AND (OLD.buyer_id IS NOT NULL OR OLD.status IS DISTINCT FROM NEW.status)) EXECUTE FUNCTION private.forget_buyer();

CREATE OR REPLACE TRIGGER forget_parcel
    AFTER UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (NEW.buyer_id IS NULL AND (OLD.buyer_id IS NOT NULL OR OLD.status IS DISTINCT FROM NEW.status)) EXECUTE FUNCTION private.forget_parcel();

-- Nobody is there who could send anything. AFTER: by then all that goes in one statement is gone, the buyer too.
CREATE OR REPLACE TRIGGER end_sale
    AFTER UPDATE ON @extschema@.orders
    FOR EACH ROW WHEN (NEW.seller_id IS NULL AND OLD.seller_id IS NOT NULL) EXECUTE FUNCTION private.end_sale();

CREATE OR REPLACE TRIGGER end_conversation
    AFTER UPDATE ON @extschema@.conversations
    FOR EACH ROW WHEN (NEW.buyer_id IS NULL AND NEW.seller_id IS NULL AND (OLD.buyer_id IS NOT NULL OR OLD.seller_id IS NOT NULL)) EXECUTE FUNCTION private.end_conversation();

CREATE OR REPLACE TRIGGER forget_person
    AFTER DELETE ON @extschema@.profiles
    FOR EACH ROW EXECUTE FUNCTION private.forget_person();

-- What was bought stays, unless its seller goes: these had foreign keys without an action, whose error named no way out.

CREATE OR REPLACE TRIGGER keep_ordered_listing
    BEFORE DELETE ON @extschema@.listings
    FOR EACH ROW EXECUTE FUNCTION private.keep_ordered_listing();

CREATE OR REPLACE TRIGGER keep_ordered_variant
    BEFORE DELETE ON @extschema@.product_variants
    FOR EACH ROW EXECUTE FUNCTION private.keep_ordered_variant();

CREATE OR REPLACE TRIGGER keep_used_coupon
    BEFORE DELETE ON @extschema@.coupons
    FOR EACH ROW EXECUTE FUNCTION private.keep_used_coupon();
