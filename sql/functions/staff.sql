-- Administration, by the signatures of older applications.

-- rights: authenticated, service_role (users: staff)
-- definer: Clients have no right to write the log; asks for the role first, and writes what the caller says below details.
CREATE OR REPLACE FUNCTION @extschema@.log_admin_action(p_action text, p_resource_type text DEFAULT NULL, p_resource_id text DEFAULT NULL, p_details jsonb DEFAULT NULL)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    is_id constant boolean := p_resource_id ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$';
    entry uuid;
BEGIN
    IF NOT (private.is_service() OR COALESCE(private.caller_role(), '') IN ('moderator', 'admin')) THEN
        RAISE EXCEPTION 'only a moderator, an admin, or the service can write to the audit log' USING ERRCODE = 'insufficient_privilege';
    ELSIF COALESCE(btrim(p_action), '') = '' OR length(p_action) > 100 OR length(p_resource_type) > 50
          OR octet_length(p_resource_id) > 1000 OR octet_length(p_details::text) > 65536 THEN
        RAISE EXCEPTION 'invalid entry for the audit log'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'An action has 1 to 100 characters, a resource type at most 50, its ID at most 1000 bytes, and details at most 65536 bytes.';
    END IF;
    -- Below a key of their own: what driplo itself logs is read again, such as who removed a listing.
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, target_id, new_values)
    VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller()), p_action, p_resource_type, CASE WHEN is_id THEN p_resource_id::uuid END,
            jsonb_strip_nulls(jsonb_build_object('details', p_details, 'resource_id', CASE WHEN NOT is_id THEN p_resource_id END, 'logged_by', 'log_admin_action')))
    RETURNING id INTO entry;
    RETURN entry;
END;
$function$;
COMMENT ON FUNCTION @extschema@.log_admin_action(text, text, text, jsonb) IS
    'For moderators, admins, and the service: writes an entry of the application to admin_audit_log, signed by the '
    'caller, and returns its ID. Details are stored under the key details of new_values, as is a resource ID that is '
    'not a UUID. Errors: 42501, 22023.';

-- rights: authenticated, service_role (users: admins)
-- definer: E-mail addresses are shown to admins only; asks for the role first.
CREATE OR REPLACE FUNCTION @extschema@.get_unverified_users_for_admin()
    RETURNS TABLE (id uuid, username text, full_name text, email text, created_at timestamptz)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT (private.is_service() OR COALESCE(private.caller_role(), '') = 'admin') THEN
        RAISE EXCEPTION 'only an admin or the service can see unverified users' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN QUERY
    SELECT p.id, p.username::text, p.full_name::text, p.email::text, p.created_at FROM @extschema@.profiles p
     WHERE NOT p.email_verified AND p.email IS NOT NULL AND p.deleted_at IS NULL
     ORDER BY p.created_at DESC, p.id LIMIT 1000;
END;
$function$;
COMMENT ON FUNCTION @extschema@.get_unverified_users_for_admin() IS
    'For admins and the service: returns the newest 1000 users whose e-mail address is not verified. Error: 42501.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes what no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.admin_verify_user_email(target_user_id uuid)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    is_ours boolean;
    was_marked boolean := false;
BEGIN
    IF NOT (private.is_service() OR COALESCE(private.caller_role(), '') = 'admin') THEN
        RAISE EXCEPTION 'only an admin or the service can verify e-mail addresses' USING ERRCODE = 'insufficient_privilege';
    END IF;
    -- The profile repeats what the account says. Only an auth.users of the shop's own may have no such column.
    SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND has_column_privilege(c.oid, a.attnum, 'UPDATE')
           AND NOT row_security_active(c.oid) INTO is_ours
      FROM pg_namespace n
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'users'
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'email_confirmed_at' AND NOT a.attisdropped
     WHERE n.nspname = 'auth';
    IF FOUND THEN
        IF NOT is_ours THEN
            RAISE EXCEPTION 'cannot verify an e-mail address of the authentication service'
                USING ERRCODE = 'feature_not_supported',
                      DETAIL = 'In this database, driplo cannot write to auth.users.',
                      HINT = 'Use the admin API of the authentication service, such as auth.admin.updateUserById(id, { email_confirm: true }) of supabase-js. The profile follows.';
        END IF;
        UPDATE auth.users u SET email_confirmed_at = now()
         WHERE u.id = target_user_id AND u.email_confirmed_at IS NULL
           AND EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = u.id AND p.email IS NOT NULL AND p.deleted_at IS NULL);
        was_marked := FOUND;
    END IF;
    UPDATE @extschema@.profiles SET email_verified = true
     WHERE id = target_user_id AND email IS NOT NULL AND deleted_at IS NULL AND NOT email_verified;
    IF NOT (FOUND OR was_marked) THEN
        RETURN false;
    END IF;
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, target_id, old_values, new_values)
    VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller()), 'admin_verify_user_email', 'profile', target_user_id,
            '{"email_verified": false}', '{"email_verified": true}');
    RETURN true;
END;
$function$;
COMMENT ON FUNCTION @extschema@.admin_verify_user_email(uuid) IS
    'For admins and the service: marks the e-mail address of a user as verified, in auth.users and in the profile, '
    'until it changes, and records it in admin_audit_log. Returns false if there was nothing to verify. Errors: '
    '42501, 0A000 where an authentication service keeps auth.users, as on Supabase.';
