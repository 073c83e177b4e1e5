-- Runs first: what must be true before anything is created, the roles, and schema private.
-- From here on every name has to be qualified; what is not is found in pg_catalog or nowhere.
SET LOCAL search_path = pg_catalog, pg_temp;
-- Names and signatures are compared with what the server writes.
SET LOCAL quote_all_identifiers = off;
-- An update, driplo_migrate() and driplo_uninstall() come one after the other: they write the same rows of the catalog.
SELECT pg_advisory_xact_lock(hashtextextended('driplo', 0));

DO $driplo$
BEGIN
    IF getdatabaseencoding() <> 'UTF8' THEN
        RAISE EXCEPTION 'driplo requires a database with encoding UTF8'
            USING ERRCODE = 'feature_not_supported',
                  DETAIL = format('The encoding of database "%s" is %s.', current_database(), getdatabaseencoding()),
                  HINT = 'Use CREATE DATABASE ... TEMPLATE template0 ENCODING ''UTF8''.';
    END IF;
END $driplo$;

DO $driplo$
BEGIN
    IF '@extschema@'::regnamespace::text IN ('private', 'auth', 'storage') OR position('%' IN '@extschema@') > 0 THEN
        RAISE EXCEPTION 'cannot install driplo into schema %', '@extschema@'
            USING ERRCODE = 'invalid_schema_name',
                  HINT = 'Choose a schema other than private, auth, and storage whose name does not contain "%".';
    END IF;
END $driplo$;

-- Roles belong to the cluster, so each is made only when it is missing. A restore makes them too:
-- a dump of one database holds GRANTs to them but not the roles.
DO $driplo$
DECLARE
    name text;
    unsafe text;
    is_worker boolean := false;
BEGIN
    -- where driplo_distribute() has opened the roles for the coordinator
    IF to_regclass('pg_catalog.pg_dist_local_group') IS NOT NULL THEN
        EXECUTE 'SELECT coalesce(max(g.groupid), 0) <> 0 FROM pg_catalog.pg_dist_local_group g' INTO is_worker;
    END IF;
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
    -- What SECURITY DEFINER functions run as, and what row level security has to hold back.
    SELECT string_agg(r.rolname, ', ' ORDER BY r.rolname) INTO unsafe
      FROM pg_roles r
     WHERE r.rolname IN ('anon', 'authenticated') AND (r.rolsuper OR r.rolbypassrls)
        OR r.rolname = 'service_role' AND r.rolsuper
        OR r.rolname = 'driplo_owner' AND (r.rolsuper OR r.rolbypassrls OR r.rolcanlogin AND NOT is_worker);
    IF unsafe IS NOT NULL THEN
        RAISE EXCEPTION 'existing roles have excessive privileges: %', unsafe
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Roles anon and authenticated must not have SUPERUSER or BYPASSRLS, role service_role must not have SUPERUSER, and role driplo_owner must not have SUPERUSER, BYPASSRLS, or LOGIN.';
    END IF;
END $driplo$;

DO $driplo$
DECLARE
    owner record;
BEGIN
    -- The reference schema made one, empty or for functions of the user's.
    IF to_regnamespace('private') IS NOT NULL
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = to_regnamespace('private') AND d.deptype = 'e')
       AND lower(current_setting('driplo.adopt_reference', true) COLLATE "C") IN ('on', 'true', 'yes', '1') THEN
        BEGIN
            DROP SCHEMA private;
        EXCEPTION WHEN dependent_objects_still_exist THEN
            ALTER SCHEMA private OWNER TO CURRENT_USER;
        END;
    END IF;
    SELECT r.rolname, r.rolsuper INTO owner
      FROM pg_namespace n JOIN pg_roles r ON r.oid = n.nspowner WHERE n.nspname = 'private';
    IF NOT FOUND THEN
        CREATE SCHEMA private;
        COMMENT ON SCHEMA private IS 'Internal functions of driplo; not an interface for clients.';
    ELSIF NOT owner.rolsuper THEN
        -- Who owns a schema can replace the functions in it, and superusers call these.
        RAISE EXCEPTION 'schema "private" exists and is owned by "%", which is not a superuser', owner.rolname
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  HINT = 'Use ALTER SCHEMA private OWNER TO to assign it to a superuser, or rename it. Its contents are not affected.';
    END IF;
END $driplo$;
