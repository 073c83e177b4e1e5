-- Messaging: conversations, messages, notifications, follows.

COMMENT ON TYPE @extschema@.notification_type IS 'What a notification is about.';
COMMENT ON TYPE @extschema@.notification_channel IS 'How a notification reaches a user.';

-- conversations

COMMENT ON TABLE @extschema@.conversations IS
    'Conversations between a buyer and a seller, about a listing or direct. mark_conversation_read() marks the '
    'messages as read.';
COMMENT ON COLUMN @extschema@.conversations.last_message_at IS 'Time of the latest message; maintained by a trigger.';
COMMENT ON COLUMN @extschema@.conversations.buyer_unread_count IS
    'Number of messages to the buyer that are unread; maintained by a trigger.';
COMMENT ON COLUMN @extschema@.conversations.seller_unread_count IS
    'Number of messages to the seller that are unread; maintained by a trigger.';
COMMENT ON COLUMN @extschema@.conversations.listing_id IS
    'Listing of the seller; NULL for a direct conversation, or after the listing was deleted.';
COMMENT ON COLUMN @extschema@.conversations.updated_at IS
    'Time of the latest message or change of the conversation; reading it is no change. Maintained by a trigger.';
COMMENT ON COLUMN @extschema@.conversations.is_direct IS
    'Whether the conversation was started without a listing; set by a trigger. At most one direct conversation '
    'exists per buyer and seller.';

CREATE OR REPLACE TRIGGER guard_conversation
    BEFORE UPDATE ON @extschema@.conversations
    FOR EACH ROW EXECUTE FUNCTION private.guard_conversation();

CREATE OR REPLACE TRIGGER set_conversation_is_direct
    BEFORE INSERT ON @extschema@.conversations
    FOR EACH ROW EXECUTE FUNCTION private.set_conversation_is_direct();

CREATE OR REPLACE TRIGGER keep_conversation_is_direct
    BEFORE UPDATE ON @extschema@.conversations
    FOR EACH ROW WHEN (OLD.is_direct IS DISTINCT FROM NEW.is_direct) EXECUTE FUNCTION private.set_conversation_is_direct();

-- Not for the unread counts: whoever reads a conversation changes nothing for the other side.
CREATE OR REPLACE TRIGGER update_conversations_updated_at
    BEFORE UPDATE ON @extschema@.conversations
    FOR EACH ROW
    WHEN (
        OLD.last_message_at IS DISTINCT FROM NEW.last_message_at
        OR OLD.archived_by_buyer IS DISTINCT FROM NEW.archived_by_buyer
        OR OLD.archived_by_seller IS DISTINCT FROM NEW.archived_by_seller
        OR OLD.listing_id IS DISTINCT FROM NEW.listing_id
        OR OLD.updated_at IS DISTINCT FROM NEW.updated_at
    )
    EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view their conversations" ON @extschema@.conversations;
CREATE POLICY "Users can view their conversations" ON @extschema@.conversations
    FOR SELECT TO authenticated
    USING (buyer_id = (SELECT auth.uid()) OR seller_id = (SELECT auth.uid()));

-- About a listing: with its seller. Without one: with somebody whose profile can be seen.
DROP POLICY IF EXISTS "Users can create conversations" ON @extschema@.conversations;
CREATE POLICY "Users can create conversations" ON @extschema@.conversations
    FOR INSERT TO authenticated
    WITH CHECK (
        buyer_id = (SELECT auth.uid())
        AND (SELECT private.require_trader())
        -- LEAST, unlike AND, looks at both: how long it takes must not tell a block from somebody who is not there
        AND LEAST(
            EXISTS (
                SELECT FROM @extschema@.listings AS listing
                WHERE listing.id = conversations.listing_id
                  AND listing.seller_id = conversations.seller_id
            )
            OR (listing_id IS NULL AND EXISTS (
                SELECT FROM @extschema@.profiles AS profile
                WHERE profile.id = conversations.seller_id
            )),
            private.may_contact(seller_id, false)
        )
        AND (SELECT private.require_guard('conversations'))
    );

-- The archive marks only (rights.sql), and guard_conversation() keeps each side to its own.
DROP POLICY IF EXISTS "Users can update their conversations" ON @extschema@.conversations;
CREATE POLICY "Users can update their conversations" ON @extschema@.conversations
    FOR UPDATE TO authenticated
    USING (buyer_id = (SELECT auth.uid()) OR seller_id = (SELECT auth.uid()))
    WITH CHECK ((buyer_id = (SELECT auth.uid()) OR seller_id = (SELECT auth.uid())) AND (SELECT private.require_guard('conversations')));

-- messages

COMMENT ON TABLE @extschema@.messages IS
    'Messages of a conversation. Sent messages cannot be edited; mark_conversation_read() marks them as read.';
COMMENT ON COLUMN @extschema@.messages.attachments IS 'JSON array of objects.';
COMMENT ON COLUMN @extschema@.messages.is_read IS 'Whether the recipient has read the message.';
COMMENT ON COLUMN @extschema@.messages.read_at IS
    'Time when is_read became true; set by a trigger. NULL while the message is unread.';

-- A trigger has one event when it has transition tables.
CREATE OR REPLACE TRIGGER count_added_messages
    AFTER INSERT ON @extschema@.messages
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_messages();

CREATE OR REPLACE TRIGGER count_changed_messages
    AFTER UPDATE ON @extschema@.messages
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_messages();

CREATE OR REPLACE TRIGGER count_removed_messages
    AFTER DELETE ON @extschema@.messages
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_messages();

CREATE OR REPLACE TRIGGER guard_message
    BEFORE UPDATE ON @extschema@.messages
    FOR EACH ROW EXECUTE FUNCTION private.guard_message();

DROP POLICY IF EXISTS "Users can view their messages" ON @extschema@.messages;
CREATE POLICY "Users can view their messages" ON @extschema@.messages
    FOR SELECT TO authenticated
    USING (
        private.is_own_conversation(conversation_id)
        OR (private.is_shown_to(conversation_id, 'busy') AND private.sees_conversation(conversation_id))
    );

-- created_at and is_read are not granted, so nothing is back-dated.
DROP POLICY IF EXISTS "Users can send messages" ON @extschema@.messages;
CREATE POLICY "Users can send messages" ON @extschema@.messages
    FOR INSERT TO authenticated
    WITH CHECK (
        sender_id = (SELECT auth.uid())
        AND (SELECT private.require_trader())
        -- of this conversation alone, which EXISTS does not promise: may_contact() raises an error
        AND (
            -- what was ordered may still have to be talked about
            SELECT private.may_contact(
                CASE WHEN conversation.buyer_id = (SELECT auth.uid()) THEN conversation.seller_id ELSE conversation.buyer_id END, true)
            FROM @extschema@.conversations AS conversation
            WHERE conversation.id = messages.conversation_id
              -- not to somebody who has deleted the account
              AND conversation.buyer_id IS NOT NULL AND conversation.seller_id IS NOT NULL
              AND (conversation.buyer_id = (SELECT auth.uid()) OR conversation.seller_id = (SELECT auth.uid()))
        )
        AND (SELECT private.require_guard('messages'))
    );

-- is_read only (rights.sql): what was written may be needed in a dispute. The sender's messages are let in here so that
-- guard_message() refuses them with words.
DROP POLICY IF EXISTS "Recipients can mark messages read" ON @extschema@.messages;
CREATE POLICY "Recipients can mark messages read" ON @extschema@.messages
    FOR UPDATE TO authenticated
    USING (
        conversation_id = ANY ((SELECT private.own_conversations())::uuid[])
        OR (conversation_id >= private.ids_from('busy') AND private.sees_conversation(conversation_id))
    )
    WITH CHECK (EXISTS (
        SELECT FROM @extschema@.conversations AS conversation
        WHERE conversation.id = messages.conversation_id
          AND (conversation.buyer_id = (SELECT auth.uid()) OR conversation.seller_id = (SELECT auth.uid()))
    ) AND (SELECT private.require_guard('messages')));

-- notifications

COMMENT ON TABLE @extschema@.notifications IS 'Notifications of the platform to a user.';
COMMENT ON COLUMN @extschema@.notifications.read_at IS 'Time when is_read became true; set by a trigger.';
COMMENT ON COLUMN @extschema@.notifications.metadata IS
    'Data that the application needs to display the notification; a JSON object.';
COMMENT ON COLUMN @extschema@.notifications.group_key IS
    'Events with the same key are counted into this row while it is unread; NULL if there are no others, or it was read.';
COMMENT ON COLUMN @extschema@.notifications.actor_ids IS 'The newest users, at most 3, of those who did it.';
COMMENT ON COLUMN @extschema@.notifications.count IS 'Number of events in this row.';
COMMENT ON COLUMN @extschema@.notifications.event_id IS
    'Number of the newest event in this row; NULL for a notification that the application''s back end has written.';
COMMENT ON COLUMN @extschema@.notifications.seen_at IS 'Time when the user saw the row in the list, read or not.';
COMMENT ON COLUMN @extschema@.notifications.in_app IS
    'False for a notification that the user wants by e-mail or push only; it is not shown.';

-- After guard_notification, by its name: that judges what the client has sent.
CREATE OR REPLACE TRIGGER notification_was_read
    BEFORE UPDATE ON @extschema@.notifications
    FOR EACH ROW WHEN (NEW.is_read IS TRUE AND OLD.is_read IS NOT TRUE) EXECUTE FUNCTION private.end_notification_group();

CREATE OR REPLACE TRIGGER guard_notification
    BEFORE UPDATE ON @extschema@.notifications
    FOR EACH ROW EXECUTE FUNCTION private.guard_notification();

DROP POLICY IF EXISTS "Users can view their notifications" ON @extschema@.notifications;
CREATE POLICY "Users can view their notifications" ON @extschema@.notifications
    FOR SELECT TO authenticated
    USING (user_id = private.caller_id() AND in_app);

-- The system is service_role and the functions of this extension, which row level security does not stop.
-- WITH CHECK (true) let everybody, anon too, write to anybody.
DROP POLICY IF EXISTS "System can create notifications" ON @extschema@.notifications;
CREATE POLICY "System can create notifications" ON @extschema@.notifications
    FOR INSERT TO anon, authenticated
    WITH CHECK (false);

-- is_read and read_at only (rights.sql): the text is the platform's. guard_notification() sets read_at.
DROP POLICY IF EXISTS "Users can update their notifications" ON @extschema@.notifications;
CREATE POLICY "Users can update their notifications" ON @extschema@.notifications
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('notifications')));

DROP POLICY IF EXISTS "Users can remove their notifications" ON @extschema@.notifications;
CREATE POLICY "Users can remove their notifications" ON @extschema@.notifications
    FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- notification_preferences

COMMENT ON TABLE @extschema@.notification_preferences IS
    'Channels through which a user receives each kind of notification; the default applies if there is no row.';

CREATE OR REPLACE TRIGGER update_notification_preferences_updated_at
    BEFORE UPDATE ON @extschema@.notification_preferences
    FOR EACH ROW EXECUTE FUNCTION @extschema@.update_updated_at_column();

DROP POLICY IF EXISTS "Users can view own notification preferences" ON @extschema@.notification_preferences;
CREATE POLICY "Users can view own notification preferences" ON @extschema@.notification_preferences
    FOR SELECT TO authenticated
    USING (user_id = (SELECT auth.uid()));

DROP POLICY IF EXISTS "Users can add own notification preferences" ON @extschema@.notification_preferences;
CREATE POLICY "Users can add own notification preferences" ON @extschema@.notification_preferences
    FOR INSERT TO authenticated
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('notification_preferences')));

DROP POLICY IF EXISTS "Users can update own notification preferences" ON @extschema@.notification_preferences;
CREATE POLICY "Users can update own notification preferences" ON @extschema@.notification_preferences
    FOR UPDATE TO authenticated
    USING (user_id = (SELECT auth.uid()))
    WITH CHECK (user_id = (SELECT auth.uid()) AND (SELECT private.require_guard('notification_preferences')));

DROP POLICY IF EXISTS "Users can remove own notification preferences" ON @extschema@.notification_preferences;
CREATE POLICY "Users can remove own notification preferences" ON @extschema@.notification_preferences
    FOR DELETE TO authenticated
    USING (user_id = (SELECT auth.uid()));

-- user_follows

COMMENT ON TABLE @extschema@.user_follows IS 'Followers of users; public.';

CREATE OR REPLACE TRIGGER count_added_follows
    AFTER INSERT ON @extschema@.user_follows
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_follows();

CREATE OR REPLACE TRIGGER count_changed_follows
    AFTER UPDATE ON @extschema@.user_follows
    REFERENCING OLD TABLE AS removed NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_follows();

CREATE OR REPLACE TRIGGER count_removed_follows
    AFTER DELETE ON @extschema@.user_follows
    REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION private.count_follows();

-- After count_added_follows, by its name: that waits for a block of the same two people, and this sees it.
CREATE OR REPLACE TRIGGER refuse_blocked_follows
    AFTER INSERT ON @extschema@.user_follows
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION private.refuse_blocked_follows();

DROP POLICY IF EXISTS "Anyone can view follows" ON @extschema@.user_follows;
CREATE POLICY "Anyone can view follows" ON @extschema@.user_follows
    FOR SELECT TO anon, authenticated
    USING (true);

DROP POLICY IF EXISTS "Users can manage their follows" ON @extschema@.user_follows;
CREATE POLICY "Users can manage their follows" ON @extschema@.user_follows
    FOR INSERT TO authenticated
    WITH CHECK (
        follower_id = (SELECT auth.uid())
        AND (SELECT private.require_trader())
        -- as for conversations; refuse_blocked_follows() looks again when nobody can block meanwhile
        AND LEAST(
            EXISTS (
                SELECT FROM @extschema@.profiles AS profile
                WHERE profile.id = user_follows.following_id
            ),
            private.may_contact(following_id, false)
        )
        AND (SELECT private.require_guard('user_follows'))
    );

-- As for favorites: no column is granted.
DROP POLICY IF EXISTS "Users can upsert their follows" ON @extschema@.user_follows;
CREATE POLICY "Users can upsert their follows" ON @extschema@.user_follows
    FOR UPDATE TO authenticated
    USING (follower_id = (SELECT auth.uid()))
    WITH CHECK (follower_id = (SELECT auth.uid()) AND (SELECT private.require_guard('user_follows')));

DROP POLICY IF EXISTS "Users can remove their follows" ON @extschema@.user_follows;
CREATE POLICY "Users can remove their follows" ON @extschema@.user_follows
    FOR DELETE TO authenticated
    USING (follower_id = (SELECT auth.uid()));

-- user_blocks

COMMENT ON TABLE @extschema@.user_blocks IS
    'Users whom a user has blocked, visible to the one who blocked only. block_user() and unblock_user() write it.';

DROP POLICY IF EXISTS "Users can view whom they have blocked" ON @extschema@.user_blocks;
CREATE POLICY "Users can view whom they have blocked" ON @extschema@.user_blocks
    FOR SELECT TO authenticated
    USING (blocker_id = (SELECT auth.uid()));
