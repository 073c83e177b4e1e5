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
