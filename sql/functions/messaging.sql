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
