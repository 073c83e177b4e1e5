-- Runs last, in a restore too: who owns and who may call the functions. pg_dump does not emit what
-- an extension's script granted, so this has to be here and not in install_logic().

-- The schema is no member and its initial privileges stay recorded, so grant only what is missing.
DO $driplo$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['anon', 'authenticated', 'service_role', 'driplo_owner'] LOOP
        IF NOT has_schema_privilege(name, '@extschema@', 'USAGE') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA @extschema@ TO %I', name);
        END IF;
    END LOOP;
END $driplo$;

DO $driplo$
BEGIN
    PERFORM private.install_function_rights();
END $driplo$;
