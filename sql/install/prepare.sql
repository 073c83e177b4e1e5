-- Runs first: what must be true before anything is created, the roles, and schema private.
-- From here on every name has to be qualified; what is not is found in pg_catalog or nowhere.
SET LOCAL search_path = pg_catalog, pg_temp;

DO $driplo$
BEGIN
    IF getdatabaseencoding() <> 'UTF8' THEN
        RAISE EXCEPTION 'driplo needs a database whose encoding is UTF8'
            USING ERRCODE = 'feature_not_supported',
                  DETAIL = format('The encoding of database "%s" is %s.', current_database(), getdatabaseencoding()),
                  HINT = 'Create one with: CREATE DATABASE ... TEMPLATE template0 ENCODING ''UTF8''';
    END IF;
END $driplo$;

-- Roles belong to the cluster, so each is made only when it is missing. A restore makes them too:
-- a dump of one database holds GRANTs to them but not the roles.
DO $driplo$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['anon', 'authenticated', 'service_role', 'driplo_owner'] LOOP
        IF to_regrole(name) IS NULL THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN NOINHERIT %s', name,
                               CASE name WHEN 'service_role' THEN 'BYPASSRLS' END);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another database of this cluster was being installed at the same moment
            END;
        END IF;
    END LOOP;
END $driplo$;

-- The schema is no member and its initial privileges stay recorded, so grant only what is missing. Here and not with the
-- functions' rights, because adopting users who exist already is the first work of driplo_owner in it.
DO $driplo$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['anon', 'authenticated', 'service_role', 'driplo_owner', 'pg_database_owner'] LOOP
        IF NOT has_schema_privilege(name, '@extschema@'::regnamespace, 'USAGE') THEN
            EXECUTE format('GRANT USAGE ON SCHEMA @extschema@ TO %I', name);
        END IF;
    END LOOP;
END $driplo$;

DO $driplo$
BEGIN
    -- A schema private of the user's own is used as it is and stays the user's.
    IF to_regnamespace('private') IS NULL THEN
        CREATE SCHEMA private;
        COMMENT ON SCHEMA private IS 'functions of driplo that are no interface for clients';
    END IF;
END $driplo$;
