-- Messaging: conversations.

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
