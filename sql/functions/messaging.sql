-- Messaging: conversations, messages, notifications, follows.

-- Reads no table, so it needs nobody else's rights.
CREATE OR REPLACE FUNCTION private.set_conversation_is_direct()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- Fixed at the start: a listing that is deleted later sets listing_id to NULL, and the conversation about it must not
    -- collide with the direct one of the same two people.
    IF TG_OP = 'INSERT' THEN
        NEW.is_direct := NEW.listing_id IS NULL;
    ELSE
        NEW.is_direct := OLD.is_direct;
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.set_conversation_is_direct() IS
    'Trigger on conversations: sets is_direct to whether the conversation was started without a listing and keeps '
    'it unchanged afterwards.';

-- The guards are SECURITY INVOKER: they let through what runs as the tables' owner, and read no table.

CREATE OR REPLACE FUNCTION private.guard_conversation()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_conversation';
COMMENT ON FUNCTION private.guard_conversation() IS
    'Trigger on conversations: clients can only change the archive column of their own side. Error: 42501.';

CREATE OR REPLACE FUNCTION private.guard_message()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_message';
COMMENT ON FUNCTION private.guard_message() IS
    'Trigger on messages: clients can only change is_read of messages that they received (42501); sets read_at to '
    'the time when it became true, or NULL if it is false.';

CREATE OR REPLACE FUNCTION private.guard_notification()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_notification';
COMMENT ON FUNCTION private.guard_notification() IS
    'Trigger on notifications: clients can only change is_read (42501); sets read_at to the time when it became '
    'true, or NULL if it is false.';

CREATE OR REPLACE FUNCTION private.count_messages()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_count_messages';
COMMENT ON FUNCTION private.count_messages() IS
    'Statement trigger on messages: maintains last_message_at of conversations, which never decreases, and the '
    'unread counts of both sides, also with concurrent sessions.';

CREATE OR REPLACE FUNCTION private.count_follows()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_count_follows';
COMMENT ON FUNCTION private.count_follows() IS
    'Statement trigger on user_follows: maintains follower_count and following_count of profiles and '
    'user_stats_summary.';

-- SECURITY INVOKER: the policies say whose conversations and messages these are.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.mark_conversation_read(conversation_id uuid)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_mark_conversation_read';
COMMENT ON FUNCTION @extschema@.mark_conversation_read(uuid) IS
    'Marks the messages of a conversation that the caller received as read and returns how many were unread. The '
    'service does so for the party in its claims, or for both sides without one. Errors: 22004, P0002 if the '
    'caller is not part of the conversation.';

-- Messages, by the signatures of older applications.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.mark_read_by(conversation_id uuid, reader uuid)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- locked before its messages, as mark_conversation_read() does
    PERFORM FROM @extschema@.conversations AS conversation
      WHERE conversation.id = mark_read_by.conversation_id AND reader IN (conversation.buyer_id, conversation.seller_id)
        FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    UPDATE @extschema@.messages AS message SET is_read = true
     WHERE message.conversation_id = mark_read_by.conversation_id AND message.is_read IS NOT TRUE
       AND message.sender_id IS DISTINCT FROM reader;
    UPDATE @extschema@.notifications AS notification SET is_read = true, read_at = now()
     WHERE notification.group_key = 'conversation:' || mark_read_by.conversation_id AND notification.user_id = reader
       AND notification.is_read IS NOT TRUE;
    RETURN true;
END;
$function$;
COMMENT ON FUNCTION private.mark_read_by(uuid, uuid) IS
    'Marks the messages that a participant has received in a conversation as read; false for any other user.';

-- rights: authenticated, service_role
-- definer: Marks messages that the reader has received, and who the reader is says the session.
CREATE OR REPLACE FUNCTION @extschema@.mark_messages_as_read(p_conversation_id uuid, p_user_id uuid)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT private.mark_read_by(p_conversation_id, private.acting_for(p_user_id, false)) THEN
        RAISE EXCEPTION 'conversation "%" does not exist', p_conversation_id
            USING ERRCODE = 'no_data_found',
                  DETAIL = 'Only participants can access a conversation.';
    END IF;
END;
$function$;
COMMENT ON FUNCTION @extschema@.mark_messages_as_read(uuid, uuid) IS
    'Marks the messages of a conversation that a user received as read, as mark_conversation_read() does for the '
    'caller. Errors: 42501 for a user other than the caller, P0002 if the user is not part of the conversation.';

-- rights: authenticated, service_role
-- definer: Marks messages that the caller has received.
CREATE OR REPLACE FUNCTION @extschema@.mark_conversation_read_secure(other_user_id uuid)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    reader constant uuid := private.acting_for(NULL, false);
    conversation record;
    is_any boolean := false;
BEGIN
    FOR conversation IN
        SELECT c.id FROM @extschema@.conversations c
         WHERE (c.buyer_id = reader AND c.seller_id = other_user_id) OR (c.seller_id = reader AND c.buyer_id = other_user_id)
         ORDER BY c.id
    LOOP
        is_any := private.mark_read_by(conversation.id, reader) OR is_any;
    END LOOP;
    RETURN is_any;
END;
$function$;
COMMENT ON FUNCTION @extschema@.mark_conversation_read_secure(uuid) IS
    'Marks the messages that the caller received from another user as read, in all of their conversations, and '
    'returns whether they have any. Error: 42501 without a user.';

-- SECURITY INVOKER: the policies say whose conversations and which profiles these are.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_user_conversations_secure(conv_limit integer DEFAULT 50)
    RETURNS TABLE (
        id uuid,
        participant_one_id uuid,
        participant_two_id uuid,
        other_participant json,
        last_message_content text,
        last_message_at timestamptz,
        unread_count_p1 integer,
        unread_count_p2 integer,
        status text,
        updated_at timestamptz
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT c.id, c.buyer_id, c.seller_id,
           json_build_object('id', other.id, 'username', other.username, 'avatar_url', other.avatar_url, 'last_active_at', NULL),
           latest.content, c.last_message_at, c.buyer_unread_count, c.seller_unread_count,
           CASE WHEN CASE WHEN c.buyer_id = me.id THEN c.archived_by_buyer ELSE c.archived_by_seller END THEN 'archived' ELSE 'active' END,
           c.updated_at
      FROM (SELECT auth.uid() AS id) me
      JOIN @extschema@.conversations c ON c.buyer_id = me.id OR c.seller_id = me.id
      LEFT JOIN @extschema@.profiles other ON other.id = CASE WHEN c.buyer_id = me.id THEN c.seller_id ELSE c.buyer_id END
      LEFT JOIN LATERAL (SELECT m.content FROM @extschema@.messages m WHERE m.conversation_id = c.id
                          ORDER BY m.created_at DESC, m.id LIMIT 1) latest ON true
     ORDER BY c.last_message_at DESC NULLS LAST, c.id
     LIMIT greatest(COALESCE(conv_limit, 50), 0)
$function$;
COMMENT ON FUNCTION @extschema@.get_user_conversations_secure(integer) IS
    'Returns the caller''s conversations, the latest first: participant one is the buyer, two the seller; status is '
    'archived or active for the caller. last_active_at of other_participant is always null, because activity is '
    'private; other_participant has no username if the profile was deleted.';

-- SECURITY INVOKER: the policies say whose messages these are.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.get_conversation_messages_secure(other_user_id uuid, limit_count integer DEFAULT 50)
    RETURNS TABLE (
        id uuid,
        conversation_id uuid,
        sender_id uuid,
        receiver_id uuid,
        content text,
        read boolean,
        created_at timestamptz,
        sender_profile json
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT latest.id, latest.conversation_id, latest.sender_id, latest.receiver_id, latest.content, latest.is_read, latest.created_at,
           json_build_object('id', p.id, 'username', p.username, 'avatar_url', p.avatar_url)
      FROM (SELECT m.id, m.conversation_id, m.sender_id, CASE WHEN m.sender_id = c.buyer_id THEN c.seller_id ELSE c.buyer_id END AS receiver_id,
                   m.content, m.is_read, m.created_at
              FROM (SELECT auth.uid() AS id) me
              JOIN @extschema@.conversations c
                ON (c.buyer_id = me.id AND c.seller_id = other_user_id) OR (c.seller_id = me.id AND c.buyer_id = other_user_id)
             CROSS JOIN LATERAL (SELECT * FROM @extschema@.messages m WHERE m.conversation_id = c.id
                                  ORDER BY m.created_at DESC, m.id LIMIT greatest(COALESCE(limit_count, 50), 0)) m
             ORDER BY m.created_at DESC, m.id
             LIMIT greatest(COALESCE(limit_count, 50), 0)) latest
      LEFT JOIN @extschema@.profiles p ON p.id = latest.sender_id
     ORDER BY latest.created_at, latest.id
$function$;
COMMENT ON FUNCTION @extschema@.get_conversation_messages_secure(uuid, integer) IS
    'Returns the latest messages between the caller and another user, in all of their conversations, the oldest of '
    'them first.';

-- Blocks. Whoever was blocked is told what is told of a row that does not exist.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.is_blocked(one uuid, another uuid)
    RETURNS boolean
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT EXISTS (
        SELECT FROM @extschema@.user_blocks AS block
        WHERE (block.blocker_id = one AND block.blocked_id = another) OR (block.blocker_id = another AND block.blocked_id = one)
    )
$function$;
COMMENT ON FUNCTION private.is_blocked(uuid, uuid) IS 'Returns whether either of two users has blocked the other.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.have_open_order(one uuid, another uuid)
    RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL SAFE SECURITY INVOKER COST 100
    AS 'MODULE_PATHNAME', 'driplo_have_open_order';
COMMENT ON FUNCTION private.have_open_order(uuid, uuid) IS
    'Returns whether two users have an open order, return, or dispute with each other.';

-- Policies call this. It answers about the caller only.
-- rights: authenticated, driplo_owner
CREATE OR REPLACE FUNCTION private.may_contact(user_id uuid, about_order boolean)
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER COST 100
    AS 'MODULE_PATHNAME', 'driplo_may_contact';
COMMENT ON FUNCTION private.may_contact(uuid, boolean) IS
    'Returns false if the user has blocked the caller, unless about_order is true and the two have an open order, return, or '
    'dispute. Error MK016 if the caller has blocked the user. Used by policies; bypasses row level security.';

-- SECURITY DEFINER: what the other one has blocked is not the caller's to see.
CREATE OR REPLACE FUNCTION private.refuse_blocked_follows()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF private.is_service() THEN
        RETURN NULL;
    END IF;
    IF NOT COALESCE((SELECT bool_and(private.may_contact(added.following_id, false)) FROM added), true) THEN
        -- the words of a policy
        RAISE EXCEPTION 'new row violates row-level security policy for table "%"', 'user_follows'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.refuse_blocked_follows() IS
    'Trigger on user_follows: nobody follows a user whom they have blocked (MK016) or who has blocked them (42501, as for an '
    'unknown user), also with concurrent sessions.';

-- rights: authenticated, service_role
-- definer: Writes whom the caller has blocked, ends follows of the two, and sets the caller's own archive marks.
CREATE OR REPLACE FUNCTION @extschema@.block_user(user_id uuid)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    blocker constant uuid := private.acting_for(NULL, false);
    pair constant uuid[] := ARRAY[blocker, block_user.user_id];
    is_new boolean;
BEGIN
    PERFORM private.require_trader();
    IF block_user.user_id IS NULL THEN
        RAISE EXCEPTION 'user_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF block_user.user_id = blocker THEN
        RAISE EXCEPTION 'users cannot block themselves' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Offers are locked before users. One that is made at this moment is void when it is read.
    PERFORM private.void_offers_between(blocker, block_user.user_id);
    -- And follows before the users in whom they are counted.
    PERFORM FROM @extschema@.user_follows AS follow
      WHERE follow.follower_id = ANY (pair) AND follow.following_id = ANY (pair)
      ORDER BY follow.follower_id FOR UPDATE;
    -- A follow of the two that is being written is counted in these rows: it is seen below, or sees the block. Locked and
    -- written, or a REPEATABLE READ transaction would not notice.
    PERFORM FROM @extschema@.profiles AS profile WHERE profile.id = ANY (pair) ORDER BY profile.id FOR NO KEY UPDATE;
    UPDATE @extschema@.profiles AS profile SET follower_count = profile.follower_count
     WHERE profile.id = ANY (pair) AND EXISTS (
        SELECT FROM @extschema@.profiles AS blocked WHERE blocked.id = block_user.user_id AND blocked.deleted_at IS NULL
    );
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user "%" does not exist', block_user.user_id USING ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO @extschema@.user_blocks (blocker_id, blocked_id) VALUES (blocker, block_user.user_id) ON CONFLICT DO NOTHING;
    is_new := FOUND;
    DELETE FROM @extschema@.user_follows AS follow
     WHERE follow.follower_id = ANY (pair) AND follow.following_id = ANY (pair);
    UPDATE @extschema@.conversations AS conversation
       SET archived_by_buyer = archived_by_buyer IS TRUE OR conversation.buyer_id = blocker,
           archived_by_seller = archived_by_seller IS TRUE OR conversation.seller_id = blocker
     WHERE is_new AND conversation.id IN (
        SELECT shared.id FROM @extschema@.conversations AS shared
         WHERE shared.buyer_id = ANY (pair) AND shared.seller_id = ANY (pair)
         ORDER BY shared.id FOR NO KEY UPDATE
    );
    RETURN is_new;
END;
$function$;
COMMENT ON FUNCTION @extschema@.block_user(uuid) IS
    'Blocks a user, who is not told: ends follows in both directions, voids their offers, archives their conversations for the caller, and stops '
    'new conversations, messages, cart items, purchases, follows, and ratings in both directions. Open orders, their '
    'messages, returns, and disputes go on. Returns whether the block is new. Errors: 42501 without a user or for an '
    'anonymous or suspended one, 22004, 22023 for the caller, P0002 for an unknown or deleted user.';

-- rights: authenticated, service_role
-- definer: Removes blocks of the caller only.
CREATE OR REPLACE FUNCTION @extschema@.unblock_user(user_id uuid)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    blocker constant uuid := private.acting_for(NULL, false);
BEGIN
    IF unblock_user.user_id IS NULL THEN
        RAISE EXCEPTION 'user_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM @extschema@.user_blocks AS block WHERE block.blocker_id = blocker AND block.blocked_id = unblock_user.user_id;
    RETURN FOUND;
END;
$function$;
COMMENT ON FUNCTION @extschema@.unblock_user(uuid) IS
    'Removes the caller''s block of a user and returns whether there was one. Follows and archived conversations stay as they '
    'are. Errors: 42501 without a user, 22004.';

-- SECURITY INVOKER: the policies say whose blocks and which profiles these are.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.my_blocks()
    RETURNS TABLE (user_id uuid, username text, full_name text, avatar_url text, created_at timestamptz)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT block.blocked_id, profile.username::text, profile.full_name::text, profile.avatar_url, block.created_at
      FROM @extschema@.user_blocks block
      LEFT JOIN @extschema@.profiles profile ON profile.id = block.blocked_id
     WHERE block.blocker_id = (SELECT auth.uid())
     ORDER BY block.created_at DESC, block.blocked_id
$function$;
COMMENT ON FUNCTION @extschema@.my_blocks() IS
    'Returns the users whom the caller has blocked, the latest first, with public columns of their profiles, which are NULL '
    'for a deleted user.';
