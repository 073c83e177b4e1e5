-- The reference schema's functions have the names and arguments of driplo's. Where it is to be adopted they become
-- members, and what is created next replaces them in place: what calls them (triggers, policies, views, the user's own
-- too) goes on calling them.
DO $driplo$
DECLARE
    adopts boolean := coalesce(lower(nullif(current_setting('driplo.adopt_reference', true), '') COLLATE "C") IN ('on', 'true', 'yes', '1'), false);
    found text;
    routine record;
    -- in an update driplo's are members
    others oid[] := ARRAY(SELECT p.oid FROM pg_proc p WHERE NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'));
    replaced oid[] := ARRAY(
        SELECT p.oid
          FROM (VALUES ('calculate_platform_fee(numeric)', '{amount}'::text[], 'numeric'), ('generate_order_number()', NULL, 'character varying'),
                       ('get_optimized_image_url(text,text)', '{base_url,size}', 'text'), ('get_or_create_cart(uuid)', '{user_uuid}', 'uuid'),
                       ('handle_new_user()', NULL, 'trigger'), ('is_admin(uuid)', '{user_id}', 'boolean'), ('is_profile_setup_complete(uuid)', '{user_id}', 'boolean'),
                       ('promote_to_admin(text)', '{user_email}', 'void'), ('update_setup_completion()', NULL, 'trigger'),
                       ('update_updated_at_column()', NULL, 'trigger')) AS f (signature, arguments, result)
          JOIN pg_proc p ON p.oid = to_regprocedure('@extschema@.' || f.signature)
         WHERE p.proargnames IS NOT DISTINCT FROM f.arguments AND p.prorettype::regtype::text = f.result AND NOT p.proretset AND p.oid = ANY (others));
BEGIN
    IF replaced = '{}' THEN
        RETURN;
    ELSIF NOT adopts THEN
        SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.proname) INTO found FROM pg_proc p WHERE p.oid = ANY (replaced);
        RAISE EXCEPTION 'schema "%" already contains the reference schema of driplo', '@extschema@'
            USING ERRCODE = 'duplicate_object',
                  DETAIL = format('Existing functions: %s.', found),
                  HINT = 'To adopt its tables with all rows, run SET driplo.adopt_reference = on, then CREATE EXTENSION driplo CASCADE and SELECT * FROM adopt_reference(). To leave it alone, rename its trigger on auth.users and install driplo into its own schema: CREATE SCHEMA shop; CREATE EXTENSION driplo SCHEMA shop CASCADE';
    END IF;
    FOR routine IN SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.oid = ANY (replaced) LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO CURRENT_USER', routine.name);
        EXECUTE format('ALTER EXTENSION driplo ADD FUNCTION %s', routine.name);
    END LOOP;
    -- Other functions that stand where one of driplo's is to be make room; what calls them goes on calling them.
    FOR routine IN
        SELECT p.oid::regprocedure AS name
          FROM (VALUES
@function_signatures@
               ) AS s (signature)
          JOIN pg_proc p ON p.oid = to_regprocedure(CASE WHEN s.signature LIKE 'private.%' THEN s.signature ELSE '@extschema@.' || s.signature END)
         WHERE p.oid = ANY (others) AND p.oid <> ALL (replaced)
    LOOP
        IF to_regnamespace('before_driplo') IS NULL THEN
            CREATE SCHEMA before_driplo;
            ALTER EXTENSION driplo DROP SCHEMA before_driplo;
        END IF;
        EXECUTE format('ALTER ROUTINE %s SET SCHEMA before_driplo', routine.name);
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
