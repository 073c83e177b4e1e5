-- Administration: versions, installing and removing the data objects.

-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.driplo_version() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'driplo_version';
COMMENT ON FUNCTION @extschema@.driplo_version() IS
    'Returns the version of the driplo library loaded in this session.';

-- rights: authenticated, service_role (users: admins)
-- definer: As reinstate_user().
CREATE OR REPLACE FUNCTION @extschema@.suspend_user(user_id uuid, reason text) RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_suspend_user';
COMMENT ON FUNCTION @extschema@.suspend_user(uuid, text) IS
    'For admins and the service: suspends a user, who can then only read and use a cart, and archives the user''s '
    'active listings; orders continue. Recorded in admin_approvals (user_ban) and admin_audit_log. Errors: 42501, '
    '22004, 22023 for an empty reason, P0002, 55000 for the caller''s own account.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes columns and logs that no client may write, after asking whether the caller is an admin or the
--     service.
CREATE OR REPLACE FUNCTION @extschema@.reinstate_user(user_id uuid, reason text) RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_reinstate_user';
COMMENT ON FUNCTION @extschema@.reinstate_user(uuid, text) IS
    'For admins and the service: ends a suspension. Archived listings stay archived until the user publishes them '
    'again. Recorded like the suspension. Errors: see suspend_user().';

-- rights: authenticated, service_role (users: admins)
-- definer: As reinstate_user().
CREATE OR REPLACE FUNCTION @extschema@.set_user_role(user_id uuid, new_role text, reason text) RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_set_user_role';
COMMENT ON FUNCTION @extschema@.set_user_role(uuid, text, text) IS
    'For admins and the service: sets the role of a user to user, moderator, or admin. Recorded in '
    'admin_approvals (user_promotion) and admin_audit_log. Errors: 42501, 22004, 22023 for another role or an '
    'empty reason, P0002, 55000 for the caller''s own role.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.is_restoring() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    -- Every pg_dump script and every pg_restore worker sets these three explicitly; no driver or
    -- application does.
    -- driplo.restoring is text until the library is loaded, so all spellings of a boolean count here.
    SELECT CASE
               WHEN lower(current_setting('driplo.restoring', true) COLLATE "C") IN ('on', 'true', 'yes', '1') THEN true
               WHEN lower(current_setting('driplo.restoring', true) COLLATE "C") IN ('off', 'false', 'no', '0') THEN false
               -- what driplo's tables refer to, and a dump makes schemas before extensions: without it this is the dump of something else,
               -- the baseline of migrations that go on in the same session
               WHEN to_regnamespace('auth') IS NULL THEN false
               ELSE (SELECT count(*) = 3 FROM pg_settings
                      WHERE name IN ('row_security', 'xmloption', 'standard_conforming_strings')
                        AND source = 'session')
           END
$function$;
COMMENT ON FUNCTION private.is_restoring() IS
    'Returns whether a dump is being restored that contains the tables. Used by the install script only; the '
    'setting driplo.restoring (on, off, auto) overrides it.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.install_mode() RETURNS text
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    -- Only driplo's own tables count: nobody else can make one that belongs to driplo_owner.
    kept text := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                   WHERE c.relname = 'driplo_schema_version' AND c.relkind = 'r' AND c.relpersistence = 'p'
                     AND c.relowner = 'driplo_owner'::regrole
                   ORDER BY n.oid = '@extschema@'::regnamespace DESC LIMIT 1);
    missing text;
BEGIN
    IF private.is_citus_worker() THEN
        RETURN 'worker';
    ELSIF private.is_restoring() THEN
        RETURN 'restore';
    END IF;
    IF to_regnamespace(quote_ident(kept)) <> '@extschema@'::regnamespace THEN
        RAISE EXCEPTION 'driplo data already exists in schema "%"', kept
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = 'The data was kept when the extension was dropped.',
                  HINT = format('Use CREATE EXTENSION driplo SCHEMA %I to adopt the data, or drop the driplo tables in that schema.', kept);
    END IF;
    IF to_regnamespace('auth') IS NOT NULL THEN
        SELECT string_agg(what, ', ' ORDER BY position) INTO missing
          FROM (VALUES (1, 'ordinary table auth.users', EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass('auth.users') AND c.relkind = 'r')),
                       (2, 'primary key or unique constraint on auth.users (id), of type uuid',
                        EXISTS (SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                                 WHERE i.indrelid = to_regclass('auth.users') AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1
                                   AND a.attname = 'id' AND a.atttypid = 'uuid'::regtype)),
                       (3, 'column auth.users.email of type varchar or text',
                        EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass('auth.users') AND a.attname = 'email' AND NOT a.attisdropped
                                   AND a.atttypid IN ('text'::regtype, 'varchar'::regtype))),
                       (4, 'function auth.uid() returning uuid',
                        EXISTS (SELECT FROM pg_proc p WHERE p.oid = to_regprocedure('auth.uid()') AND p.prorettype = 'uuid'::regtype)),
                       (5, 'function auth.role()', to_regprocedure('auth.role()') IS NOT NULL),
                       (6, 'function auth.jwt()', to_regprocedure('auth.jwt()') IS NOT NULL)) AS needed (position, what, is_there)
         WHERE NOT is_there;
        IF missing IS NOT NULL THEN
            RAISE EXCEPTION 'schema "auth" is incomplete'
                USING ERRCODE = 'object_not_in_prerequisite_state',
                      DETAIL = format('Missing: %s.', missing),
                      HINT = 'Install the authentication service first, or drop schema auth so that driplo creates its own.';
        END IF;
    END IF;
    IF kept IS NULL THEN
        -- the setting is text until the library is loaded, as driplo.restoring
        IF lower(current_setting('driplo.adopt_reference', true) COLLATE "C") IN ('on', 'true', 'yes', '1')
           AND EXISTS (SELECT FROM private.reference_tables() t WHERE to_regclass(format('@extschema@.%I', t.name)) IS NOT NULL) THEN
            PERFORM private.require_reference();
            RETURN 'reference';
        END IF;
        RETURN 'fresh';
    END IF;
    SELECT string_agg(format('%s %I', o.kind, o.name), ', ' ORDER BY o.kind, o.name) INTO missing
      FROM private.shipped_objects() o
     WHERE o.kind IN ('table', 'sequence')
       AND NOT EXISTS (SELECT FROM pg_class c WHERE c.oid = to_regclass(format('@extschema@.%I', o.name))
                                                AND c.relkind IN ('r', 'p', 'S') AND c.relowner = 'driplo_owner'::regrole)
       -- an older version had fewer; its steps make the others, and fail without the rest
       AND EXISTS (SELECT FROM ONLY @extschema@.driplo_schema_version v WHERE v.version = '@version@');
    PERFORM private.refuse_strangers();
    IF missing IS NOT NULL OR to_regclass('auth.users') IS NULL THEN
        RAISE EXCEPTION 'driplo data in schema "%" is incomplete', kept
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('Missing, or not owned by driplo_owner: %s.', coalesce(missing, 'auth.users')),
                  HINT = 'Restore the missing objects from a backup, or drop the remaining ones.';
    END IF;
    RETURN 'adopt';
END
$function$;
COMMENT ON FUNCTION private.install_mode() IS
    'Returns what the install script has to do: restore (functions only), adopt (use data kept by DROP '
    'EXTENSION), reference (functions only, the tables wait for adopt_reference()), or fresh. Errors: 55000 for an '
    'incomplete schema auth, and for kept data or a reference schema that is in another schema or incomplete.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.refuse_names_in_use() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    in_use text := (SELECT string_agg(concat(o.kind, ' ', quote_ident(o.name), CASE o.kind WHEN 'trigger' THEN ' on ' || o.on_table END), ', ' ORDER BY o.kind DESC, o.name)
                      FROM private.shipped_objects() o
                     WHERE o.kind IN ('table', 'sequence', 'index')
                           AND to_regclass(format('@extschema@.%I', o.name)) IS NOT NULL
                        OR o.kind = 'type' AND to_regtype(format('@extschema@.%I', o.name)) IS NOT NULL
                        -- replaced, it would make no profiles for its application any more
                        OR o.kind = 'trigger' AND o.on_table = 'auth.users'
                           AND EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = to_regclass('auth.users') AND t.tgname = o.name));
BEGIN
    IF in_use IS NOT NULL THEN
        RAISE EXCEPTION 'schema "%" already contains objects with names required by driplo', '@extschema@'
            USING ERRCODE = 'duplicate_object',
                  DETAIL = format('Conflicting objects: %s.', in_use),
                  HINT = 'Rename them, or install driplo into its own schema: CREATE SCHEMA shop; CREATE EXTENSION driplo SCHEMA shop CASCADE';
    END IF;
END
$function$;
COMMENT ON FUNCTION private.refuse_names_in_use() IS
    'Raises error 42710 if tables, types, sequences, indexes, or triggers on auth.users prevent a fresh '
    'installation; it lists all of them.';

-- rights: owner
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
           AND (i.type IN ('table', 'sequence', 'view', 'type')
                AND (i.schema = 'auth' OR to_regnamespace(quote_ident(i.schema)) = '@extschema@'::regnamespace)
                OR i.type IN ('view', 'function') AND i.schema = private.api_schema() OR i.type = 'schema' AND i.identity = quote_ident(private.api_schema()))
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
                OR i.type = 'schema' AND i.identity IN ('auth', quote_ident(private.api_schema()))
                OR i.type = 'function' AND i.schema IN ('auth', private.api_schema()))
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
    'Removes all members of the extension that are not code, so that dumps include them like other objects and '
    'DROP EXTENSION keeps them. The last step of a script.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.adopt_users() RETURNS bigint
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    adopted bigint;
BEGIN
    EXECUTE format('SELECT count(*) FROM (SELECT private.adopt_user(u.id, u.email::text, %s, to_jsonb(u) ->> ''email_confirmed_at'' IS NOT NULL) FROM ONLY auth.users u
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
    'Creates the profile, cart, and statistics of users who signed up before driplo was installed, and returns '
    'their number.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.require_superuser(what text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        RAISE EXCEPTION 'must be superuser to call %', what
            USING ERRCODE = 'insufficient_privilege',
                  HINT = 'The function changes tables, policies, and privileges of the whole installation.';
    END IF;
END
$function$;
COMMENT ON FUNCTION private.require_superuser(text) IS 'Raises error 42501 unless the current user is a superuser.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.take_ownership() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    relation record;
BEGIN
    -- Only what belongs to the superuser who calls: a table that somebody else put there is not made ours.
    FOR relation IN
        SELECT c.oid::regclass AS name, c.relkind
          FROM private.shipped_objects() o
          JOIN pg_class c ON c.oid = to_regclass(format('@extschema@.%I', o.name))
         WHERE o.kind IN ('table', 'sequence') AND c.relkind IN ('r', 'p', 'S') AND c.relowner = current_user::regrole
           AND current_user <> 'driplo_owner'
        UNION ALL
        -- and auth.users where schema auth is of our making
        SELECT c.oid::regclass, c.relkind
          FROM pg_class c JOIN pg_proc p ON p.oid = to_regprocedure('auth.uid()') AND p.prosrc = 'driplo_auth_uid'
         WHERE c.oid = to_regclass('auth.users') AND c.relkind = 'r' AND c.relowner = current_user::regrole
           AND current_user <> 'driplo_owner'
    LOOP
        EXECUTE format('ALTER %s %s OWNER TO driplo_owner',
                       CASE relation.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END, relation.name);
    END LOOP;
END
$function$;
COMMENT ON FUNCTION private.take_ownership() IS
    'Changes the owner of tables and sequences that were restored without their owners to driplo_owner.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.lost_version() RETURNS text
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT substring(col_description(a.attrelid, a.attnum) FROM '^of these tables: ([0-9.]+)$')
      FROM pg_attribute a
     WHERE a.attrelid = to_regclass('@extschema@.driplo_schema_version') AND a.attname = 'version'
$function$;
COMMENT ON FUNCTION private.lost_version() IS
    'Returns the version of the tables for which policies and triggers were last created, for use when '
    'driplo_schema_version is empty; NULL if the comment that contains it is missing.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.run_migrations() RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    -- A step that fills a column is no act of anybody: it must not touch updated_at, nor meet a guard that finds the
    -- tables not up to date yet.
    SET session_replication_role = replica
    AS $function$
DECLARE
    version text;
    owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c
                    WHERE c.oid = to_regclass('@extschema@.driplo_schema_version') AND c.relkind = 'r');
BEGIN
    IF owner IS NULL THEN
        RAISE EXCEPTION 'driplo tables are missing in this database'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = 'Table @extschema@.driplo_schema_version does not exist.',
                  HINT = 'Finish restoring the dump, run SELECT * FROM adopt_reference() if the tables have the reference schema, or drop and re-create the extension.';
    ELSIF owner <> 'driplo_owner' THEN
        RAISE EXCEPTION 'driplo tables are not owned by driplo_owner'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('The owner of @extschema@.driplo_schema_version is %s.', owner),
                  HINT = CASE WHEN (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = owner)
                              THEN format('If a dump was restored with --no-owner, run SET ROLE %I and SELECT driplo_migrate() as that superuser.', owner)
                              ELSE format('If ownership was changed by REASSIGN OWNED or ALTER TABLE ... OWNER TO, run REASSIGN OWNED BY %1$I TO driplo_owner as a superuser, which transfers everything that %1$I owns, then run SELECT driplo_migrate().', owner) END;
    END IF;
    PERFORM private.refuse_strangers();
    SELECT v.version INTO version FROM ONLY @extschema@.driplo_schema_version v;
    IF NOT FOUND THEN
        version := private.lost_version();
        INSERT INTO @extschema@.driplo_schema_version (version) SELECT lost.version FROM (VALUES (version)) AS lost (version) WHERE lost.version IS NOT NULL;
    END IF;
    IF version IS DISTINCT FROM '@version@' THEN
        PERFORM private.clear_api();
    END IF;
    -- @steps@
    IF version IS DISTINCT FROM '@version@' THEN
        RAISE EXCEPTION 'cannot upgrade driplo tables from version % to version @version@', coalesce(version, 'unknown')
            USING ERRCODE = 'MK002',
                  HINT = CASE WHEN version IS NULL
                              THEN 'As a superuser, run INSERT INTO @extschema@.driplo_schema_version (version) VALUES (...) with the version of the tables.'
                              ELSE 'Install a driplo version at least as new as the data.' END;
    END IF;
    PERFORM private.install_rows();
    RETURN version;
END
$function$;
COMMENT ON FUNCTION private.run_migrations() IS
    'Updates the tables from the version in driplo_schema_version to the version of the extension and restores '
    'the rows of a new installation. Error MK002 if there is no update path.';

-- rights: owner
CREATE OR REPLACE FUNCTION @extschema@.driplo_migrate() RETURNS text
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $function$
DECLARE
    version text;
BEGIN
    PERFORM private.require_superuser('driplo_migrate()');
    PERFORM pg_advisory_xact_lock(hashtextextended('driplo', 0)); -- one at a time, as in prepare.sql
    PERFORM private.take_ownership();
    -- What the installation granted outside of driplo's tables and functions: a dump that was restored without
    -- privileges has not brought it. Not in install_logic(), or it would be recorded as initial privileges.
    PERFORM private.install_surrounding_rights();
    IF EXISTS (SELECT FROM pg_proc p WHERE p.oid = to_regprocedure('auth.uid()') AND p.prosrc = 'driplo_auth_uid') THEN
        REVOKE ALL ON auth.users FROM PUBLIC, anon, authenticated, service_role;
        GRANT SELECT, INSERT, UPDATE, DELETE ON auth.users TO service_role;
        ALTER TABLE auth.users ENABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
    END IF;
    version := private.run_migrations();
    IF EXISTS (SELECT FROM pg_event_trigger e WHERE e.evtname = 'driplo_keep_objects' AND e.evtenabled NOT IN ('O', 'A')) THEN
        ALTER EVENT TRIGGER driplo_keep_objects ENABLE;
    ELSIF NOT EXISTS (SELECT FROM pg_event_trigger e WHERE e.evtname = 'driplo_keep_objects') THEN
        CREATE EVENT TRIGGER driplo_keep_objects ON sql_drop EXECUTE FUNCTION private.keep_objects();
        ALTER EXTENSION driplo ADD EVENT TRIGGER driplo_keep_objects;
    END IF;
    PERFORM private.mend_tables();
    PERFORM private.install_logic();
    PERFORM private.install_function_rights();
    PERFORM private.adopt_users();
    PERFORM private.update_api();
    RETURN version;
END
$function$;
COMMENT ON FUNCTION @extschema@.driplo_migrate() IS
    'Updates tables, policies, triggers, and privileges to the installed version of the extension after an older '
    'dump was restored; at any time, repairs policies, triggers, disabled foreign keys, and privileges. Returns '
    'the version of the tables. Superuser only (42501).';

-- rights: owner
CREATE OR REPLACE FUNCTION private.forget_initial_privileges() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    -- The schema that contains the extension cannot be a member of it, and a private of the user's own is none,
    -- so ALTER EXTENSION ... DROP cannot clear the record of what the script granted on them. Left there,
    -- pg_dump would never emit a grant on these schemas again, the user's own included.
    schemas oid[] := ARRAY['@extschema@'::regnamespace::oid]
        || ARRAY(SELECT n.oid FROM pg_namespace n WHERE n.nspname = 'private'
                    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e'));
BEGIN
    -- public has a record of its own, from initdb
    DELETE FROM pg_init_privs WHERE classoid = 'pg_namespace'::regclass AND objoid = ANY (schemas) AND privtype = 'e';
    IF FOUND THEN
        -- from 17 on the roles in such a record are held by dependencies of this kind
        DELETE FROM pg_shdepend
         WHERE dbid = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
           AND classid = 'pg_namespace'::regclass AND objid = ANY (schemas) AND deptype = 'i';
    END IF;
END
$function$;
COMMENT ON FUNCTION private.forget_initial_privileges() IS
    'Makes pg_dump include the privileges on the extension''s schema, and on a schema private that the user '
    'created, as for any other schema.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.remove_logic() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    object record;
BEGIN
    FOR object IN
        SELECT o.kind, o.name, r.relation
          FROM private.shipped_objects() o
         CROSS JOIN LATERAL (SELECT to_regclass(CASE WHEN o.on_table LIKE '%.%' THEN o.on_table ELSE format('@extschema@.%I', o.on_table) END) AS relation) r
         WHERE o.kind IN ('policy', 'trigger') AND r.relation IS NOT NULL
    LOOP
        EXECUTE format('DROP %s IF EXISTS %I ON %s', object.kind, object.name, object.relation);
    END LOOP;
    FOR object IN
        SELECT g.trigger_name AS name, to_regclass(format('@extschema@.%I', g.table_name)) AS relation FROM private.guards() g
    LOOP
        IF object.relation IS NOT NULL THEN
            EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', object.name, object.relation);
        END IF;
    END LOOP;
    ALTER TABLE IF EXISTS @extschema@.orders ALTER COLUMN order_number DROP DEFAULT;
    PERFORM private.remove_storage();
END
$function$;
COMMENT ON FUNCTION private.remove_logic() IS
    'Drops the objects created by install_logic() and objects that reference functions of the extension: '
    'policies, triggers, and the default of orders.order_number. Row level security stays enabled, so that no '
    'access is gained.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.remove_data() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    object record;
    own_auth boolean := EXISTS (SELECT FROM pg_proc p WHERE p.oid = to_regprocedure('auth.uid()') AND p.prosrc = 'driplo_auth_uid');
    tables text := (SELECT string_agg(format('@extschema@.%I', o.name), ', ')
                      FROM private.shipped_objects() o
                     WHERE o.kind = 'table' AND to_regclass(format('@extschema@.%I', o.name)) IS NOT NULL);
BEGIN
    IF own_auth AND to_regclass('auth.users') IS NOT NULL THEN
        tables := concat_ws(', ', tables, 'auth.users');
    END IF;
    -- All in one statement and without CASCADE: what of the user's own depends on ours is reported, never touched.
    IF tables IS NOT NULL THEN
        EXECUTE 'DROP TABLE ' || tables;
    END IF;
    FOR object IN SELECT o.kind, o.name FROM private.shipped_objects() o WHERE o.kind IN ('sequence', 'type') LOOP
        EXECUTE format('DROP %s IF EXISTS @extschema@.%I', object.kind, object.name);
    END LOOP;
    IF own_auth THEN
        DROP FUNCTION auth.uid(), auth.role(), auth.email(), auth.jwt();
        DROP SCHEMA auth;
    END IF;
END
$function$;
COMMENT ON FUNCTION private.remove_data() IS
    'Drops all tables, types, and sequences of driplo, and schema auth if driplo created it. Error 2BP01 while '
    'objects of the user depend on them.';

-- rights: owner
CREATE OR REPLACE FUNCTION @extschema@.driplo_uninstall(drop_data boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    PERFORM private.require_superuser('driplo_uninstall()');
    PERFORM pg_advisory_xact_lock(hashtextextended('driplo', 0)); -- one at a time, as in prepare.sql
    IF to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL THEN
        PERFORM private.bring_tables_back();
    END IF;
    -- until the transaction ends: a statement whose function is gone when it ends cannot be explained
    IF current_setting('auto_explain.log_min_duration', true) IS NOT NULL THEN
        SET LOCAL auto_explain.log_min_duration = -1;
    END IF;
    PERFORM private.remove_logic();
    IF drop_data THEN
        PERFORM @extschema@.unexpose_api();
        PERFORM private.remove_data();
    END IF;
    DROP EXTENSION driplo;
END
$function$;
COMMENT ON FUNCTION @extschema@.driplo_uninstall(boolean) IS
    'Drops the extension with its policies and triggers; tables and rows are kept, and CREATE EXTENSION uses them '
    'again. With drop_data, also drops all tables, types, and sequences of driplo, and schema auth if driplo '
    'created it; only the roles are kept. Error 2BP01, with the names, while your own objects depend on them. '
    'Superuser only (42501).';
