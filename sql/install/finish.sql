-- Runs last, in a restore too: who owns and who may call the functions. pg_dump does not emit what
-- an extension's script granted, so this has to be here and not in install_logic().
DO $driplo$
BEGIN
    PERFORM private.record_functions();
    PERFORM private.install_function_rights();
    PERFORM private.forget_initial_privileges();
    IF NOT EXISTS (SELECT FROM pg_event_trigger e JOIN pg_depend d ON d.classid = 'pg_event_trigger'::regclass AND d.objid = e.oid AND d.deptype = 'e'
                     JOIN pg_extension x ON x.oid = d.refobjid AND x.extname = 'driplo'
                    WHERE e.evtname = 'driplo_keep_objects') THEN
        CREATE EVENT TRIGGER driplo_keep_objects ON sql_drop EXECUTE FUNCTION private.keep_objects();
        COMMENT ON EVENT TRIGGER driplo_keep_objects IS
    'Prevents users other than superusers from dropping tables, types, sequences, and indexes of driplo.';
    END IF;
END $driplo$;
