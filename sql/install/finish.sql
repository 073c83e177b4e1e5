-- Runs last, in a restore too: who owns and who may call the functions. pg_dump does not emit what
-- an extension's script granted, so this has to be here and not in install_logic().
DO $driplo$
BEGIN
    PERFORM private.install_function_rights();
    PERFORM private.forget_initial_privileges();
END $driplo$;
