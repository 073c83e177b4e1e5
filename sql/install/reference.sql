-- The reference schema's functions have the names and arguments of driplo's. Where it is to be adopted they become
-- members, and what is created next replaces them in place: what calls them (triggers, policies, views, the user's own
-- too) goes on calling them.
DO $driplo$
DECLARE
    adopts boolean := coalesce(lower(nullif(current_setting('driplo.adopt_reference', true), '') COLLATE "C") IN ('on', 'true', 'yes', '1'), false);
    found text;
    found_ids oid[];
    routine record;
BEGIN
    SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.proname), array_agg(p.oid) INTO found, found_ids
      FROM pg_proc p
     WHERE p.oid IN (SELECT to_regprocedure('@extschema@.' || f.signature)
                       FROM unnest(ARRAY['calculate_platform_fee(numeric)', 'generate_order_number()', 'get_optimized_image_url(text,text)',
                                         'get_or_create_cart(uuid)', 'handle_new_user()', 'is_admin(uuid)', 'is_profile_setup_complete(uuid)',
                                         'promote_to_admin(text)', 'update_setup_completion()', 'update_updated_at_column()']) AS f (signature))
       -- in an update they are members
       AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e');
    IF found IS NULL THEN
        RETURN;
    ELSIF NOT adopts THEN
        RAISE EXCEPTION 'schema "%" already contains the reference schema of driplo', '@extschema@'
            USING ERRCODE = 'duplicate_object',
                  DETAIL = format('Existing functions: %s.', found),
                  HINT = 'To adopt its tables with all rows, run SET driplo.adopt_reference = on, then CREATE EXTENSION driplo CASCADE and SELECT * FROM adopt_reference(). To leave it alone, install driplo into its own schema: CREATE SCHEMA shop; CREATE EXTENSION driplo SCHEMA shop CASCADE';
    END IF;
    FOR routine IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.oid = ANY (found_ids) LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO CURRENT_USER', routine.name);
        EXECUTE format('ALTER EXTENSION driplo ADD FUNCTION %s', routine.name);
    END LOOP;
    -- A hand-made schema auth has what the reference needs of it, and no more.
    IF to_regclass('auth.users') IS NOT NULL THEN
        FOR routine IN
            SELECT f.name, f.result FROM (VALUES ('role', 'text'), ('email', 'text'), ('jwt', 'jsonb')) AS f (name, result)
             WHERE to_regprocedure(format('auth.%I()', f.name)) IS NULL
        LOOP
            EXECUTE format('CREATE FUNCTION auth.%I() RETURNS %s LANGUAGE c STABLE PARALLEL SAFE AS ''MODULE_PATHNAME'', ''driplo_auth_%s''',
                           routine.name, routine.result, routine.name);
            EXECUTE format('GRANT EXECUTE ON FUNCTION auth.%I() TO anon, authenticated, service_role, driplo_owner', routine.name);
        END LOOP;
    END IF;
END $driplo$;
