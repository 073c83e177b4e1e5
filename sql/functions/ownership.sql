-- Whose the objects are. Who owns the schema that driplo is in, since PostgreSQL 15 the database's owner for public, may drop any table in
-- it and put another in its place, whose code (a trigger, a view's function) would run with the rights of whoever reads it: driplo_owner, or
-- the superuser who asks for a report. The event trigger keeps the objects; what was replaced all the same is not touched.

CREATE OR REPLACE FUNCTION private.keep_objects() RETURNS event_trigger
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    dropped text;
BEGIN
    IF (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user)
       -- Who owns neither the schema nor the tables drops things of their own, and need not be able to look into private.
       OR NOT EXISTS (SELECT FROM pg_event_trigger_dropped_objects() d JOIN pg_namespace n ON n.oid = '@extschema@'::regnamespace AND n.nspname = d.schema_name
                       WHERE NOT d.is_temporary AND (pg_has_role(current_user, n.nspowner, 'USAGE') OR pg_has_role(current_user, 'driplo_owner', 'USAGE'))) THEN
        RETURN;
    END IF;
    SELECT string_agg(format('%s %s', d.object_type, d.object_identity), ', ' ORDER BY d.object_type, d.object_identity) INTO dropped
      FROM pg_event_trigger_dropped_objects() d
     WHERE d.schema_name = (SELECT n.nspname FROM pg_namespace n WHERE n.oid = '@extschema@'::regnamespace)
       AND d.object_type IN ('table', 'type', 'sequence', 'index') AND NOT d.is_temporary
       -- a partition's name begins with its table's
       AND (d.object_type, CASE d.object_type WHEN 'table' THEN regexp_replace(d.object_name, '_(default|(from|until)_[0-9]+)$', '') ELSE d.object_name END)
           IN (SELECT o.kind, o.name FROM private.shipped_objects() o);
    IF dropped IS NOT NULL THEN
        RAISE EXCEPTION 'must be superuser to drop objects of driplo'
            USING ERRCODE = 'insufficient_privilege',
                  DETAIL = format('Protected objects: %s.', dropped),
                  HINT = 'As a superuser, run SELECT driplo_uninstall(true) to remove all of them.';
    END IF;
END
$function$;
COMMENT ON FUNCTION private.keep_objects() IS
    'Event trigger on sql_drop: prevents users other than superusers, including the owner of the schema, from '
    'dropping tables, types, sequences, and indexes of driplo. Error: 42501.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.refuse_strangers() RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    strangers text;
BEGIN
    -- the list of what is shipped is looked at only where somebody else owns something here
    WITH others AS MATERIALIZED (
        SELECT s.name, s.kinds, r.rolname
          FROM (SELECT c.relname AS name, c.relowner AS owner, ARRAY['table', 'sequence'] AS kinds FROM pg_class c
                 WHERE c.relnamespace = '@extschema@'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
                UNION ALL
                SELECT t.typname, t.typowner, ARRAY['type'] FROM pg_type t
                 WHERE t.typnamespace = '@extschema@'::regnamespace AND t.typtype <> 'c') s
          JOIN pg_roles r ON r.oid = s.owner
         WHERE NOT r.rolsuper AND r.rolname <> 'driplo_owner')
    SELECT string_agg(format('%s of "%s"', s.name, s.rolname), ', ' ORDER BY s.name) INTO strangers
      FROM others s
     WHERE s.name IN (SELECT o.name FROM private.shipped_objects() o WHERE o.kind = ANY (s.kinds));
    IF strangers IS NOT NULL THEN
        RAISE EXCEPTION 'tables, sequences, or types of driplo have unexpected owners'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('Objects in schema @extschema@: %s.', strangers),
                  HINT = 'Do not access them as a superuser, because they can execute code of their owner. Drop and restore replaced objects from a backup; if only the owner was changed, use ALTER TABLE ... OWNER TO driplo_owner.';
    END IF;
END
$function$;
COMMENT ON FUNCTION private.refuse_strangers() IS
    'Raises error 55000 if a table, sequence, or type with the name of one of driplo''s belongs to neither '
    'driplo_owner nor a superuser. Reads the catalog only.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.require_own_tables() RETURNS void
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'driplo_require_own_tables';
COMMENT ON FUNCTION private.require_own_tables() IS
    'Check that functions in C++ make before their first statement, for functions in other languages: matching '
    'versions, and tables that belong to driplo. Errors: 55000, MK002.';
