-- The outbox: triggers write down what happens, in its transaction; a job tells users and programs of it afterwards.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.record_event(kind text, subject_id uuid, actor_id uuid, data jsonb DEFAULT '{}')
    RETURNS bigint
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_record_event';
COMMENT ON FUNCTION private.record_event(text, uuid, uuid, jsonb) IS
    'Records an event that no trigger records, and returns its number. Errors: 22004.';

CREATE OR REPLACE FUNCTION private.record_event_of_row()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_record_event_of_row';
COMMENT ON FUNCTION private.record_event_of_row() IS
    'Trigger: records an event of the row. The first argument is its kind; with a second one, the name of a column, the '
    'kind continues with a dot and the value of that column.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.claim_events(max_rows integer)
    RETURNS TABLE (id bigint)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    ROWS 500
    AS 'MODULE_PATHNAME', 'driplo_claim_events';
COMMENT ON FUNCTION private.claim_events(integer) IS
    'Locks up to max_rows events that no other session has locked, and returns their numbers in ascending order. An event '
    'that commits late can be found up to 10 seconds later. Errors: 22004.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.handle_events(ids bigint[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.match_saved_searches(ids);
    PERFORM private.tell_people(ids);
    PERFORM private.mail_reporters(ids);
    PERFORM private.queue_webhooks(ids);
END;
$function$;
COMMENT ON FUNCTION private.handle_events(bigint[]) IS
    'Tells the users and programs that these events concern. The caller has locked the events and deletes them afterwards.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.deliver_events(max_rows integer DEFAULT 500)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    -- attempts after which an event is given up
    most_attempts constant integer := 3;
    ids bigint[];
    handled bigint[];
    event bigint;
    code text;
    problem text;
BEGIN
    PERFORM private.require_service('deliver events');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    ids := ARRAY(SELECT c.id FROM private.claim_events(max_rows) AS c);
    IF ids = '{}' THEN
        RETURN 0;
    END IF;

    BEGIN
        PERFORM private.handle_events(ids);
        -- What is checked at the end of the transaction is found while it can be told whose it is.
        SET CONSTRAINTS ALL IMMEDIATE;
        handled := ids;
    EXCEPTION WHEN OTHERS THEN
        NULL;
    END;
    IF handled IS NULL THEN
        -- One of them is to blame: each on its own, so that the others get through.
        FOREACH event IN ARRAY ids LOOP
            BEGIN
                PERFORM private.handle_events(ARRAY[event]);
                SET CONSTRAINTS ALL IMMEDIATE;
                handled := handled || event;
            EXCEPTION
                -- another session's doing: the event stays, and the attempt does not count
                WHEN serialization_failure OR deadlock_detected OR lock_not_available THEN
                    NULL;
                WHEN OTHERS THEN
                    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, problem = MESSAGE_TEXT;
                    WITH given_up AS (
                        DELETE FROM @extschema@.outbox_events e
                        WHERE e.id = event AND e.attempts + 1 >= most_attempts
                        RETURNING e.*
                    ), dead AS (
                        INSERT INTO @extschema@.outbox_dead (id, kind, subject_id, actor_id, data, attempts, created_at, sqlstate, error)
                        SELECT g.id, g.kind, g.subject_id, g.actor_id, g.data, g.attempts + 1, g.created_at, code, left(problem, 1000)
                        FROM given_up g
                    )
                    UPDATE @extschema@.outbox_events e
                    SET attempts = e.attempts + 1
                    WHERE e.id = event AND e.attempts + 1 < most_attempts;
            END;
        END LOOP;
    END IF;
    SET CONSTRAINTS ALL DEFERRED;
    DELETE FROM @extschema@.outbox_events e WHERE e.id = ANY (handled);
    RETURN cardinality(ids);
END;
$function$;
COMMENT ON FUNCTION @extschema@.deliver_events(integer) IS
    'For the service: takes up to max_rows events from the outbox, notifies the users concerned, queues the webhooks, and '
    'deletes the events, in one transaction. Returns the number of events taken. Sessions can call it concurrently; each '
    'event is handled once. An event that raises an error three times moves to outbox_dead. Errors: 42501, 22004.';

-- The name of the schema is not known to the background worker.
-- rights: service_role
CREATE OR REPLACE FUNCTION private.deliver_waiting_events()
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN @extschema@.deliver_events();
EXCEPTION WHEN OTHERS THEN
    -- The worker must not end with it. The job that runs by the clock meets the same error and puts it on record.
    RETURN 0;
END;
$function$;
COMMENT ON FUNCTION private.deliver_waiting_events() IS
    'deliver_events() for the background worker; an error counts as no event.';

-- rights: authenticated, service_role (users: admins)
-- definer: Moves rows between two tables that no user may write.
CREATE OR REPLACE FUNCTION @extschema@.retry_dead_events(event_ids bigint[] DEFAULT NULL)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    moved integer;
BEGIN
    PERFORM private.require_admin('retry events');
    -- With their numbers: whoever was told already is not told twice.
    WITH revived AS (
        DELETE FROM @extschema@.outbox_dead d
        WHERE event_ids IS NULL OR d.id = ANY (event_ids)
        RETURNING d.*
    )
    INSERT INTO @extschema@.outbox_events (id, kind, subject_id, actor_id, data, created_at)
    OVERRIDING SYSTEM VALUE
    SELECT r.id, r.kind, r.subject_id, r.actor_id, r.data, r.created_at
    FROM revived r;
    GET DIAGNOSTICS moved = ROW_COUNT;
    IF moved > 0 THEN
        INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, new_values)
        VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller()), 'retry_dead_events', 'event',
                pg_catalog.jsonb_build_object('n', moved));
    END IF;
    RETURN moved;
END;
$function$;
COMMENT ON FUNCTION @extschema@.retry_dead_events(bigint[]) IS
    'For admins and the service: returns the events with these numbers, or all, from outbox_dead to the outbox, where '
    'they have three more attempts, and returns their number. On record in admin_audit_log. Errors: 42501.';
