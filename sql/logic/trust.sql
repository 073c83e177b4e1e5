-- Trust: ratings, disputes, returns.

COMMENT ON TYPE @extschema@.dispute_status IS 'Where a dispute is on its way to its resolution.';
COMMENT ON TYPE @extschema@.dispute_type IS 'What a dispute is about.';
COMMENT ON TYPE @extschema@.return_status IS
    'Where a return is on its way from the request to its end.';
COMMENT ON TYPE @extschema@.return_reason IS 'Why an item is returned.';
COMMENT ON TYPE @extschema@.rating_type IS 'Whether a user is rated as seller or as buyer.';
COMMENT ON TYPE @extschema@.resolution_type IS 'How a dispute was resolved.';

-- user_ratings

COMMENT ON TABLE @extschema@.user_ratings IS 'Ratings between the buyer and the seller of a completed order; public.';
COMMENT ON COLUMN @extschema@.user_ratings.rating IS 'Rating, 1 to 5.';
COMMENT ON COLUMN @extschema@.user_ratings.hidden_at IS
    'Time at which moderators hid the rating: it counts no longer, and only its parties and staff see it. NULL else.';
COMMENT ON COLUMN @extschema@.user_ratings.type IS 'Whether the seller or the buyer of the order is rated.';

-- What is checked when rows change is checked AFTER, and not UPDATE OF: a BEFORE trigger of a shop's may change a column that
-- the statement does not name. A new rating is also checked before, or the policy would refuse it without words.
CREATE OR REPLACE TRIGGER check_rating_parties
    BEFORE INSERT ON @extschema@.user_ratings
    FOR EACH ROW EXECUTE FUNCTION private.check_rating_parties();

CREATE OR REPLACE TRIGGER check_new_rating_parties
    AFTER INSERT ON @extschema@.user_ratings
    FOR EACH ROW EXECUTE FUNCTION private.check_rating_parties();

CREATE OR REPLACE TRIGGER check_changed_rating_parties
    AFTER UPDATE ON @extschema@.user_ratings
    FOR EACH ROW WHEN (
        OLD.order_id IS DISTINCT FROM NEW.order_id
        OR OLD.rater_user_id IS DISTINCT FROM NEW.rater_user_id
        OR OLD.rated_user_id IS DISTINCT FROM NEW.rated_user_id
        OR OLD.type IS DISTINCT FROM NEW.type
    ) EXECUTE FUNCTION private.check_rating_parties();

CREATE OR REPLACE TRIGGER count_added_ratings
    AFTER INSERT ON @extschema@.user_ratings
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_ratings();

CREATE OR REPLACE TRIGGER count_changed_ratings
    AFTER UPDATE ON @extschema@.user_ratings
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_ratings();

CREATE OR REPLACE TRIGGER count_removed_ratings
    AFTER DELETE ON @extschema@.user_ratings
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_ratings();

CREATE OR REPLACE TRIGGER record_rating_event
    AFTER INSERT ON @extschema@.user_ratings
    FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('rating.added');

CREATE OR REPLACE TRIGGER update_user_ratings_updated_at
    BEFORE UPDATE ON @extschema@.user_ratings
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Anyone can view ratings" ON @extschema@.user_ratings;
CREATE POLICY "Anyone can view ratings" ON @extschema@.user_ratings
    FOR SELECT TO anon
    USING (hidden_at IS NULL);

DROP POLICY IF EXISTS "Users can view ratings" ON @extschema@.user_ratings;
CREATE POLICY "Users can view ratings" ON @extschema@.user_ratings
    FOR SELECT TO authenticated
    USING (
        hidden_at IS NULL
        OR rater_user_id = (SELECT auth.uid())
        OR rated_user_id = (SELECT auth.uid())
        OR id >= private.ids_from('moderator')
    );

-- Who is rated was not looked at in the reference.
DROP POLICY IF EXISTS "Users can create ratings for orders" ON @extschema@.user_ratings;
CREATE POLICY "Users can create ratings for orders" ON @extschema@.user_ratings
    FOR INSERT TO authenticated
    WITH CHECK (
        rater_user_id = (SELECT auth.uid())
        AND (SELECT private.require_trader())
        -- as for conversations
        AND LEAST(
            EXISTS (
                SELECT FROM @extschema@.orders AS shop_order
                WHERE shop_order.id = user_ratings.order_id
                  AND shop_order.status::text = 'completed'
                  AND (
                      (shop_order.buyer_id = user_ratings.rater_user_id AND shop_order.seller_id = user_ratings.rated_user_id)
                      OR (shop_order.seller_id = user_ratings.rater_user_id AND shop_order.buyer_id = user_ratings.rated_user_id)
                  )
            ),
            private.may_contact(rated_user_id, false)
        )
        AND (SELECT private.require_guard('user_ratings'))
    );

-- disputes, dispute_messages

COMMENT ON TABLE @extschema@.disputes IS
    'Disputes between the buyer and the seller of an order, decided by an admin.';
COMMENT ON COLUMN @extschema@.disputes.dispute_number IS
    'Dispute number for people, DSP-YYYYMMDD-N; never assigned twice.';
COMMENT ON COLUMN @extschema@.disputes.resolution_notes IS 'Reason for the decision, shown to both parties.';
COMMENT ON COLUMN @extschema@.disputes.metadata IS
    'Data of the service. A dispute with stripe_dispute_id is a chargeback, which the payment processor decides.';
COMMENT ON COLUMN @extschema@.disputes.awaiting_since IS
    'Time since which the party named by the status has owed a response; NULL if no response is awaited. Set by a '
    'trigger.';
COMMENT ON COLUMN @extschema@.disputes.is_open IS
    'Whether the dispute is undecided, that is, its status is not resolved, closed, or cancelled.';

CREATE OR REPLACE TRIGGER check_dispute_parties
    BEFORE INSERT ON @extschema@.disputes
    FOR EACH ROW EXECUTE FUNCTION private.check_dispute_parties();

CREATE OR REPLACE TRIGGER _check_new_dispute_parties
    AFTER INSERT ON @extschema@.disputes
    FOR EACH ROW EXECUTE FUNCTION private.check_dispute_parties();

CREATE OR REPLACE TRIGGER _check_changed_dispute_parties
    AFTER UPDATE ON @extschema@.disputes
    FOR EACH ROW WHEN (
        OLD.order_id IS DISTINCT FROM NEW.order_id
        OR OLD.initiated_by IS DISTINCT FROM NEW.initiated_by
        OR OLD.respondent_id IS DISTINCT FROM NEW.respondent_id
    ) EXECUTE FUNCTION private.check_dispute_parties();

-- Not UPDATE OF status, as on orders.
CREATE OR REPLACE TRIGGER guard_new_dispute_status
    BEFORE INSERT ON @extschema@.disputes
    FOR EACH ROW EXECUTE FUNCTION private.guard_dispute_status();

CREATE OR REPLACE TRIGGER guard_dispute_status
    BEFORE UPDATE ON @extschema@.disputes
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION private.guard_dispute_status();

CREATE OR REPLACE TRIGGER _record_new_dispute_status
    AFTER INSERT ON @extschema@.disputes
    FOR EACH ROW EXECUTE FUNCTION private.record_dispute_status();

CREATE OR REPLACE TRIGGER _record_dispute_status
    AFTER UPDATE ON @extschema@.disputes
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION private.record_dispute_status();

CREATE OR REPLACE TRIGGER record_new_dispute_event
    AFTER INSERT ON @extschema@.disputes
    FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('dispute', 'status');

CREATE OR REPLACE TRIGGER record_dispute_event
    AFTER UPDATE ON @extschema@.disputes
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION private.record_event_of_row('dispute', 'status');

CREATE OR REPLACE TRIGGER update_disputes_updated_at
    BEFORE UPDATE ON @extschema@.disputes
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Parties can view their disputes" ON @extschema@.disputes;
CREATE POLICY "Parties can view their disputes" ON @extschema@.disputes
    FOR SELECT TO authenticated
    USING (
        initiated_by = (SELECT auth.uid())
        OR respondent_id = (SELECT auth.uid())
        OR id >= private.ids_from('moderator')
    );

COMMENT ON TABLE @extschema@.dispute_messages IS
    'Messages of the parties and of staff in a dispute, and its status changes.';
COMMENT ON COLUMN @extschema@.dispute_messages.attachments IS 'JSON array of URLs or paths.';
COMMENT ON COLUMN @extschema@.dispute_messages.is_system_message IS
    'Whether the message reports a status change; written by a trigger, without a sender.';
COMMENT ON COLUMN @extschema@.dispute_messages.is_staff_message IS
    'Whether the message was written by staff who are not a party of the dispute.';
COMMENT ON COLUMN @extschema@.dispute_messages.is_private_note IS
    'Whether the message is visible to staff only and never to the parties.';

-- A member of the staff who is a party is only that: the notes about a party are not for the party.
DROP POLICY IF EXISTS "Parties can view the messages of their disputes" ON @extschema@.dispute_messages;
CREATE POLICY "Parties can view the messages of their disputes" ON @extschema@.dispute_messages
    FOR SELECT TO authenticated
    USING (
        (is_private_note IS NOT TRUE AND dispute_id = ANY (ARRAY(
            SELECT dispute.id
            FROM @extschema@.disputes AS dispute
            WHERE dispute.initiated_by = (SELECT auth.uid()) OR dispute.respondent_id = (SELECT auth.uid())
        )))
        OR (
            dispute_id >= private.ids_from('moderator')
            AND EXISTS (
                SELECT FROM @extschema@.disputes AS dispute
                WHERE dispute.id = dispute_messages.dispute_id
                  AND (
                      dispute_messages.is_private_note IS NOT TRUE
                      OR (
                          dispute.initiated_by IS DISTINCT FROM (SELECT auth.uid())
                          AND dispute.respondent_id IS DISTINCT FROM (SELECT auth.uid())
                      )
                  )
            )
        )
    );

-- returns

COMMENT ON TABLE @extschema@.returns IS
    'Returns of order items to the seller; at most one open return per order item.';
COMMENT ON COLUMN @extschema@.returns.refund_amount IS
    'Refunded amount, in major units of the order''s currency: the amount paid for the item, or less. The last '
    'returned item includes the shipping.';
COMMENT ON COLUMN @extschema@.returns.deducted_amount IS
    'Part of that amount that the seller kept when the return was refunded; history contains the reason.';
COMMENT ON COLUMN @extschema@.returns.disputable_until IS
    'Time until which the buyer can open a dispute because the return was rejected or partially refunded: '
    'driplo.dispute_grace after that step. The seller''s earnings stay pending until then.';
COMMENT ON COLUMN @extschema@.returns.quantity IS 'How many units of the order item are returned; NULL for all.';
COMMENT ON COLUMN @extschema@.returns.reminded_at IS
    'Time of the last reminder of the step that the return waits for.';
COMMENT ON COLUMN @extschema@.returns.return_number IS
    'Return number for people, RET-YYYYMMDD-N; never assigned twice.';
COMMENT ON COLUMN @extschema@.returns.photos IS 'JSON array of URLs or paths.';
COMMENT ON COLUMN @extschema@.returns.history IS
    'JSON array of objects with at (UTC), from, to, actor (buyer, seller, admin, or system), and note; maintained '
    'by a trigger.';
COMMENT ON COLUMN @extschema@.returns.is_open IS
    'Whether the return is undecided, that is, its status is not rejected, refunded, replaced, or closed.';

CREATE OR REPLACE TRIGGER _check_requested_by_buyer
    AFTER INSERT ON @extschema@.returns
    FOR EACH ROW EXECUTE FUNCTION private.check_requested_by_buyer();

CREATE OR REPLACE TRIGGER _check_changed_requested_by_buyer
    AFTER UPDATE ON @extschema@.returns
    FOR EACH ROW WHEN (
        OLD.order_id IS DISTINCT FROM NEW.order_id
        OR OLD.requested_by IS DISTINCT FROM NEW.requested_by
    ) EXECUTE FUNCTION private.check_requested_by_buyer();

CREATE OR REPLACE TRIGGER check_return_refund
    AFTER INSERT ON @extschema@.returns
    FOR EACH ROW WHEN (NEW.refund_amount IS NOT NULL) EXECUTE FUNCTION private.check_return_refund();

CREATE OR REPLACE TRIGGER check_changed_return_refund
    AFTER UPDATE ON @extschema@.returns
    FOR EACH ROW WHEN (
        NEW.refund_amount IS NOT NULL AND (
            OLD.order_id IS DISTINCT FROM NEW.order_id
            OR OLD.order_item_id IS DISTINCT FROM NEW.order_item_id
            OR OLD.refund_amount IS DISTINCT FROM NEW.refund_amount
            OR OLD.status IS DISTINCT FROM NEW.status
        )
    ) EXECUTE FUNCTION private.check_return_refund();

CREATE OR REPLACE TRIGGER guard_new_return_status
    BEFORE INSERT ON @extschema@.returns
    FOR EACH ROW EXECUTE FUNCTION private.guard_return_status();

CREATE OR REPLACE TRIGGER _check_return_status
    AFTER UPDATE ON @extschema@.returns
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION private.check_return_status();

CREATE OR REPLACE TRIGGER guard_return_status
    BEFORE UPDATE ON @extschema@.returns
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status OR OLD.history IS DISTINCT FROM NEW.history) EXECUTE FUNCTION private.guard_return_status();

CREATE OR REPLACE TRIGGER record_new_return_event
    AFTER INSERT ON @extschema@.returns
    FOR EACH ROW EXECUTE FUNCTION private.record_event_of_row('return', 'status');

CREATE OR REPLACE TRIGGER record_return_event
    AFTER UPDATE ON @extschema@.returns
    FOR EACH ROW WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION private.record_event_of_row('return', 'status');

CREATE OR REPLACE TRIGGER update_returns_updated_at
    BEFORE UPDATE ON @extschema@.returns
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Parties can view the returns of their orders" ON @extschema@.returns;
CREATE POLICY "Parties can view the returns of their orders" ON @extschema@.returns
    FOR SELECT TO authenticated
    USING (
        requested_by = (SELECT auth.uid())
        OR order_id = ANY ((SELECT private.own_orders())::uuid[])
        OR (order_id >= private.ids_from('busy') AND private.sees_order(order_id))
    );
