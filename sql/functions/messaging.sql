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
    'Trigger on conversations: is_direct tells whether the conversation began without a listing; it never changes afterwards.';

-- The guards are SECURITY INVOKER: they let through what runs as the tables' owner, and read no table.

CREATE OR REPLACE FUNCTION private.guard_conversation()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_conversation';
COMMENT ON FUNCTION private.guard_conversation() IS
    'Trigger on conversations: a client sets the archive mark of the own side and nothing else. Error: 42501.';

CREATE OR REPLACE FUNCTION private.guard_message()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_message';
COMMENT ON FUNCTION private.guard_message() IS
    'Trigger on messages: a client sets is_read of messages that others sent and nothing else. Error: 42501.';

CREATE OR REPLACE FUNCTION private.guard_notification()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_guard_notification';
COMMENT ON FUNCTION private.guard_notification() IS
    'Trigger on notifications: of a client''s update only is_read counts; read_at is the time when it became true, NULL when it is not. '
    'Error: 42501 for any other column.';

CREATE OR REPLACE FUNCTION private.count_messages()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_count_messages';
COMMENT ON FUNCTION private.count_messages() IS
    'Trigger on messages, once a statement: a conversation''s last_message_at is the time of its newest message and never goes back; '
    'each side''s unread count is the number of messages that others sent and that are not read, also when several sessions write at once.';

CREATE OR REPLACE FUNCTION private.count_follows()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_count_follows';
COMMENT ON FUNCTION private.count_follows() IS
    'Trigger on user_follows, once a statement: keeps follower_count and following_count of user_stats_summary.';

-- SECURITY INVOKER: the policies say whose conversations and messages these are.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.mark_conversation_read(conversation_id uuid)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_mark_conversation_read';
COMMENT ON FUNCTION @extschema@.mark_conversation_read(uuid) IS
    'Marks all messages of a conversation as read that others sent to the caller, and returns how many were not yet. The service does it '
    'for the party that its claims name, or else for both sides. Errors: 22004; P0002 for a conversation that the caller does not take part in.';
