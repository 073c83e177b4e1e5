-- Administration: versions, installing and removing the data objects, the two reports.

CREATE OR REPLACE FUNCTION @extschema@.driplo_version() RETURNS text
    LANGUAGE c IMMUTABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'driplo_version';
COMMENT ON FUNCTION @extschema@.driplo_version() IS
    'Version of the driplo library that this session has loaded.';

CREATE OR REPLACE FUNCTION private.is_restoring() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    -- Every pg_dump script and every pg_restore worker sets these three explicitly; no driver or
    -- application does.
    SELECT CASE current_setting('driplo.restoring', true)
               WHEN 'on' THEN true
               WHEN 'off' THEN false
               ELSE (SELECT count(*) = 3 FROM pg_settings
                      WHERE name IN ('row_security', 'xmloption', 'standard_conforming_strings')
                        AND source = 'session')
           END
$function$;
COMMENT ON FUNCTION private.is_restoring() IS
    'Whether a dump is being restored, which brings the tables itself. Only the install script asks this. The setting driplo.restoring (on, off, auto) overrides it.';

CREATE OR REPLACE FUNCTION private.install_mode() RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    elsewhere text := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                        WHERE c.relname = 'driplo_schema_version' AND c.relkind = 'r'
                          AND n.oid <> '@extschema@'::regnamespace LIMIT 1);
    missing text;
BEGIN
    IF private.is_restoring() THEN
        RETURN 'restore';
    END IF;
    IF elsewhere IS NOT NULL THEN
        RAISE EXCEPTION 'the data of driplo is in schema "%"', elsewhere
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = 'It was kept when the extension was dropped.',
                  HINT = format('Take it over with CREATE EXTENSION driplo SCHEMA %I, or drop that schema''s driplo tables.', elsewhere);
    END IF;
    IF to_regnamespace('auth') IS NOT NULL THEN
        SELECT string_agg(what, ', ' ORDER BY position) INTO missing
          FROM (VALUES (1, 'table auth.users', to_regclass('auth.users') IS NOT NULL),
                       (2, 'primary key or unique constraint on auth.users (id), of type uuid',
                        EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                                 WHERE i.indrelid = to_regclass('auth.users') AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1
                                   AND a.attname = 'id' AND a.atttypid = 'uuid'::regtype)),
                       (3, 'column auth.users.email',
                        EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass('auth.users') AND a.attname = 'email' AND NOT a.attisdropped)),
                       (4, 'function auth.uid() returning uuid',
                        EXISTS (SELECT FROM pg_proc p WHERE p.oid = to_regprocedure('auth.uid()') AND p.prorettype = 'uuid'::regtype)),
                       (5, 'function auth.role()', to_regprocedure('auth.role()') IS NOT NULL),
                       (6, 'function auth.jwt()', to_regprocedure('auth.jwt()') IS NOT NULL)) AS needed (position, what, is_there)
         WHERE NOT is_there;
        IF missing IS NOT NULL THEN
            RAISE EXCEPTION 'schema "auth" exists but is not complete'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = format('Missing: %s.', missing),
                      HINT = 'Install the authentication service first, or drop schema auth: driplo then makes one of its own.';
        END IF;
    END IF;
    RETURN CASE WHEN to_regclass('@extschema@.driplo_schema_version') IS NULL THEN 'fresh' ELSE 'adopt' END;
END
$function$;
COMMENT ON FUNCTION private.install_mode() IS
    'What the install script has to do: restore (functions only), adopt (data kept by DROP EXTENSION), fresh. Errors: 55000 for a half-existing schema auth and for kept data in another schema.';

CREATE OR REPLACE FUNCTION private.refuse_names_in_use() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    in_use text := (SELECT string_agg(format('%s %I', o.kind, o.name), ', ' ORDER BY o.kind DESC, o.name)
                      FROM private.shipped_objects() o
                     WHERE o.kind IN ('table', 'sequence', 'index')
                           AND to_regclass(format('@extschema@.%I', o.name)) IS NOT NULL
                        OR o.kind = 'type' AND to_regtype(format('@extschema@.%I', o.name)) IS NOT NULL);
BEGIN
    IF in_use IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" already has objects with names that driplo needs', '@extschema@'
            USING ERRCODE = 'duplicate_object',
                  DETAIL = format('In the way: %s.', in_use),
                  HINT = 'Rename them, or install into a schema of its own: CREATE SCHEMA shop; CREATE EXTENSION driplo SCHEMA shop CASCADE';
    END IF;
END
$function$;
COMMENT ON FUNCTION private.refuse_names_in_use() IS
    'Error 42710 that names every table, type, sequence and index in the way of a fresh installation.';

CREATE OR REPLACE FUNCTION private.release_data_objects() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    extension oid := (SELECT e.oid FROM pg_extension e WHERE e.extname = 'driplo');
    object record;
BEGIN
    -- A GRANT or REVOKE in an extension's script records the whole ACL as initial privileges, and
    -- pg_dump then never emits it. Leaving the extension removes the record, so what was granted on
    -- again without being a member joins and leaves once more.
    FOR object IN
        SELECT DISTINCT i.type, i.identity
          FROM pg_init_privs p CROSS JOIN LATERAL pg_identify_object(p.classoid, p.objoid, 0) i
         WHERE p.privtype = 'e'
           AND i.type IN ('table', 'sequence', 'view', 'type')
           AND (i.schema = 'auth' OR to_regnamespace(quote_ident(i.schema)) = '@extschema@'::regnamespace)
           AND NOT EXISTS (SELECT FROM pg_depend d
                            WHERE d.classid = p.classoid AND d.objid = p.objoid AND d.deptype = 'e')
    LOOP
        EXECUTE format('ALTER EXTENSION driplo ADD %s %s', object.type, object.identity);
    END LOOP;
    -- Tables, then types, then array types: from 17 on a table takes its row type along and a type
    -- its array type, so each is asked again whether it still is a member.
    FOR object IN
        SELECT i.type, i.identity, d.classid, d.objid
          FROM pg_depend d CROSS JOIN LATERAL pg_identify_object(d.classid, d.objid, 0) i
         WHERE d.refclassid = 'pg_extension'::regclass AND d.refobjid = extension AND d.deptype = 'e'
           AND (d.classid IN ('pg_class'::regclass, 'pg_type'::regclass)
                OR i.type = 'schema' AND i.identity = 'auth'
                OR i.type = 'function' AND i.schema = 'auth')
         ORDER BY d.classid = 'pg_class'::regclass DESC, i.identity LIKE '%[]'
    LOOP
        CONTINUE WHEN NOT EXISTS (SELECT FROM pg_depend d
                                   WHERE d.classid = object.classid AND d.objid = object.objid
                                     AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e');
        EXECUTE format('ALTER EXTENSION driplo DROP %s %s', object.type, object.identity);
    END LOOP;
END
$function$;
COMMENT ON FUNCTION private.release_data_objects() IS
    'Hands every member that is not code over to the database, so that a dump holds it like any other table and DROP EXTENSION leaves it alone. The last step of a script.';

CREATE OR REPLACE FUNCTION private.adopt_users() RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    adopted bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM (SELECT private.adopt_user(u.id, u.email::text, %s) FROM auth.users u
                      WHERE NOT EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = u.id) ORDER BY u.id OFFSET 0) adopted',
                   CASE WHEN EXISTS (SELECT FROM pg_attribute a
                                      WHERE a.attrelid = to_regclass('auth.users') AND a.attname = 'raw_user_meta_data'
                                        AND a.atttypid = 'jsonb'::regtype AND NOT a.attisdropped)
                        THEN 'u.raw_user_meta_data' ELSE 'NULL' END)
       INTO adopted;
    RETURN adopted;
END
$function$;
COMMENT ON FUNCTION private.adopt_users() IS
    'Gives every row of auth.users that has none a profile, a cart and statistics: users who signed up before driplo was installed. Returns how many.';

CREATE OR REPLACE FUNCTION private.require_superuser(what text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RAISE EXCEPTION 'only a superuser may call %', what
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'It changes tables, policies and rights of the whole installation.';
    END IF;
END
$function$;
COMMENT ON FUNCTION private.require_superuser(text) IS 'Error 42501 unless the current user is a superuser.';

CREATE OR REPLACE FUNCTION private.run_migrations() RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    version text := (SELECT v.version FROM @extschema@.driplo_schema_version v);
BEGIN
    -- Released steps follow here, each from one version of the tables to the next.
    IF version IS DISTINCT FROM '@version@' THEN
        RAISE EXCEPTION 'the tables are of driplo version %, which version @version@ cannot bring up to date', coalesce(version, 'unknown')
            USING ERRCODE = 'MK002',
                  HINT = 'Install a driplo that is at least as new as the data.';
    END IF;
    RETURN version;
END
$function$;
COMMENT ON FUNCTION private.run_migrations() IS
    'Brings the tables from the version in driplo_schema_version to this extension''s. Error MK002 when there is no way.';

CREATE OR REPLACE FUNCTION @extschema@.driplo_migrate() RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    version text;
BEGIN
    PERFORM private.require_superuser('driplo_migrate()');
    version := private.run_migrations();
    PERFORM private.install_logic();
    PERFORM private.install_auth_triggers();
    PERFORM private.install_storage();
    PERFORM private.install_function_rights();
    RETURN version;
END
$function$;
COMMENT ON FUNCTION @extschema@.driplo_migrate() IS
    'Brings tables, policies, triggers and grants up to date with the installed extension, after an older dump was restored; repairs policies, triggers and grants at any time. Returns the version of the tables. Superuser only (42501).';

CREATE OR REPLACE FUNCTION @extschema@.driplo_uninstall(drop_data boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    object record;
    tables text;
    own_auth boolean := EXISTS (SELECT FROM pg_proc p WHERE p.oid = to_regprocedure('auth.uid()') AND p.prosrc = 'driplo_auth_uid');
BEGIN
    PERFORM private.require_superuser('driplo_uninstall()');
    IF drop_data THEN
        PERFORM private.remove_storage();
        FOR object IN SELECT o.name, o.on_table FROM private.shipped_objects() o WHERE o.kind = 'trigger' AND o.on_table = 'auth.users' LOOP
            EXECUTE format('DROP TRIGGER IF EXISTS %I ON auth.users', object.name);
        END LOOP;
        -- The default of orders.order_number and the policies go with their tables.
        SELECT string_agg(format('@extschema@.%I', o.name), ', ') INTO tables
          FROM private.shipped_objects() o
         WHERE o.kind = 'table' AND to_regclass(format('@extschema@.%I', o.name)) IS NOT NULL;
        IF own_auth THEN
            tables := concat_ws(', ', tables, 'auth.users');
        END IF;
        -- All in one statement and without CASCADE: tables of the user's own that refer to ours are
        -- reported, never touched.
        EXECUTE 'DROP TABLE ' || tables;
        FOR object IN SELECT o.kind, o.name FROM private.shipped_objects() o
                       WHERE o.kind IN ('sequence', 'type') ORDER BY o.kind LOOP
            EXECUTE format('DROP %s IF EXISTS @extschema@.%I', object.kind, object.name);
        END LOOP;
        IF own_auth THEN
            DROP FUNCTION auth.uid(), auth.role(), auth.email(), auth.jwt();
            DROP SCHEMA auth;
        END IF;
    END IF;
    -- Policies and a column default call members: CASCADE takes those, no column and no row.
    DROP EXTENSION driplo CASCADE;
END
$function$;
COMMENT ON FUNCTION @extschema@.driplo_uninstall(boolean) IS
    'Drops the extension. With drop_data also every table, type and sequence of driplo, its schema auth where driplo made it, and its storage buckets'' policies; only the roles stay. Refuses (2BP01) while objects of your own depend on its tables. Superuser only (42501).';
