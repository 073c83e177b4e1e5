-- Limits: what is too much, and what is too small to be paid, wherever it is written.

-- SECURITY INVOKER: it looks at nothing but the row.
CREATE OR REPLACE FUNCTION private.check_sizes()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_check_sizes';
COMMENT ON FUNCTION private.check_sizes() IS
    'Trigger on tables that clients write: limits the uncompressed size of the columns named by its arguments to '
    'the number of bytes after each name. Values that were larger before may stay or become smaller. Error: '
    '54000.';

-- rights: service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.smallest_unit(currency text)
    RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_smallest_unit';
COMMENT ON FUNCTION private.smallest_unit(text) IS
    'Returns the smallest payable amount of a currency in hundredths: 100 for currencies without a minor unit, '
    'such as JPY, else 1; NULL if it is not an ISO 4217 currency in use.';

-- rights: service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.minor_units(currency text)
    RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_minor_units';
COMMENT ON FUNCTION private.minor_units(text) IS
    'Returns how many digits amounts in a currency have after the point: 0, 2 or 3; NULL if it is not an ISO 4217 currency in use.';

-- How often an account may do what floods others. Who calls it is the caller: SECURITY INVOKER, and the owner's rights for the count only.
CREATE OR REPLACE FUNCTION private.limit_rate()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_limit_rate';
COMMENT ON FUNCTION private.limit_rate() IS
    'Trigger after an INSERT statement: counts its rows against the caller''s rate limit for the action that its argument names. The '
    'service is not limited. Error: MK015.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.count_against_limit(action text)
    RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_count_against_limit';
COMMENT ON FUNCTION private.count_against_limit(text) IS
    'Counts one time of an action of list_rate_limits() for the caller, unless that is the service. Errors: 22004, 22023, MK015.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.built_in_rate_limits()
    RETURNS TABLE (action text, most integer, window_seconds integer)
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER ROWS 10
    AS 'MODULE_PATHNAME', 'driplo_built_in_rate_limits';
COMMENT ON FUNCTION private.built_in_rate_limits() IS 'The rate limits that apply unless set_rate_limit() has changed them.';

-- rights: authenticated, service_role
-- definer: Shows which limits there are, which is nobody's data; the table is the service's.
CREATE OR REPLACE FUNCTION @extschema@.list_rate_limits()
    RETURNS TABLE (action text, most integer, window_seconds integer, enabled boolean, is_changed boolean)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY DEFINER ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT b.action, COALESCE(c.most, b.most), COALESCE(c.window_seconds, b.window_seconds), COALESCE(c.enabled, true), c.action IS NOT NULL
      FROM private.built_in_rate_limits() AS b
      LEFT JOIN @extschema@.rate_limit_rules c ON c.action = b.action
     ORDER BY b.action
$function$;
COMMENT ON FUNCTION @extschema@.list_rate_limits() IS
    'Returns how often an account can do something: most at once, each of which is forgotten after its share of window_seconds. '
    'is_changed says whether set_rate_limit() has changed it. They apply to users, not to the service, unless driplo.rate_limits is off.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes what no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.set_rate_limit(action text, most integer DEFAULT NULL, window_seconds integer DEFAULT NULL, enabled boolean DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    before record;
BEGIN
    PERFORM private.require_admin('change rate limits');
    IF set_rate_limit.action IS NULL THEN
        RAISE EXCEPTION 'action must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF set_rate_limit.most NOT BETWEEN 1 AND 1000000 THEN
        RAISE EXCEPTION 'number of attempts must be between 1 and 1000000' USING ERRCODE = 'invalid_parameter_value';
    ELSIF set_rate_limit.window_seconds NOT BETWEEN 1 AND 31622400 THEN
        RAISE EXCEPTION 'window_seconds must be between 1 and 31622400' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT l.most, l.window_seconds, l.enabled INTO before FROM @extschema@.list_rate_limits() AS l WHERE l.action = set_rate_limit.action;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unrecognized action: "%"', left(set_rate_limit.action, 50)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use list_rate_limits() to list the actions.';
    END IF;
    INSERT INTO @extschema@.rate_limit_rules AS c (action, most, window_seconds, enabled)
    VALUES (set_rate_limit.action, set_rate_limit.most, set_rate_limit.window_seconds, COALESCE(set_rate_limit.enabled, true))
    ON CONFLICT ON CONSTRAINT rate_limit_rules_pkey DO UPDATE
       SET most = COALESCE(EXCLUDED.most, c.most), window_seconds = COALESCE(EXCLUDED.window_seconds, c.window_seconds),
           enabled = COALESCE(set_rate_limit.enabled, c.enabled);
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, old_values, new_values)
    VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller()), 'set_rate_limit', 'rate_limit',
            pg_catalog.jsonb_build_object('action', set_rate_limit.action) || pg_catalog.to_jsonb(before),
            (SELECT pg_catalog.jsonb_build_object('action', l.action, 'most', l.most, 'window_seconds', l.window_seconds, 'enabled', l.enabled)
               FROM @extschema@.list_rate_limits() AS l WHERE l.action = set_rate_limit.action));
END;
$function$;
COMMENT ON FUNCTION @extschema@.set_rate_limit(text, integer, integer, boolean) IS
    'For admins and the service: changes a limit of list_rate_limits() for all accounts, from their next action on; NULL changes '
    'nothing. enabled false turns it off. On record in admin_audit_log. Errors: 42501, 22004, 22023.';
