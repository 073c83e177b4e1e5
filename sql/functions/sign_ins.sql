-- Sign-ins: how often somebody tries, what came of it, and which devices are signed in. By the signatures of applications.
--
-- Whoever counts against a name can lock out who has it. So only the service names whom it counts; a user counts against their own account, and anon, whom
-- nothing tells apart from a stranger that gives somebody else's address, counts nothing.

-- Request headers say where somebody comes from, and an attacker may write them: what is no address must not keep an attempt from being recorded.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.ip_address(address text)
    RETURNS inet
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN NULLIF(NULLIF(NULLIF(btrim(address), ''), 'unknown'), 'server')::inet;
EXCEPTION
    WHEN invalid_text_representation THEN
        RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.ip_address(text) IS
    'Returns the address that a text holds; NULL for anything else, such as unknown or server.';

-- The generic cell rate algorithm: all that is kept is the time at which the attempts are forgotten. One statement, so that sessions that meet count
-- one after the other. Who is refused writes nothing, or once that the attempts are blocked. Whole microseconds, rounded down: the last of the attempts
-- that are allowed has to fit into the window.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.count_attempt(identifier text, action text, most integer, window_minutes integer, block_minutes integer DEFAULT 0)
    RETURNS TABLE (allowed boolean, attempts integer, free_at timestamptz, retry_after integer, is_blocked boolean)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    max_minutes constant integer := 527040;
    at constant timestamptz := statement_timestamp();
    -- of a to z whatever the locale says of them, or IVAN and ivan were two in Turkey
    the_key constant text := lower(lower((action || ':' || btrim(identifier)) COLLATE "C") COLLATE "default");
    full_window interval;
    each interval;
    known record;
BEGIN
    IF num_nulls(identifier, action, most, window_minutes, block_minutes) > 0 THEN
        RAISE EXCEPTION 'arguments of a rate limit must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF length(identifier) > 320 OR btrim(identifier) = '' THEN
        RAISE EXCEPTION 'identifier must have 1 to 320 characters' USING ERRCODE = 'invalid_parameter_value';
    ELSIF action !~ '^[A-Za-z0-9_./-]{1,50}$' THEN
        RAISE EXCEPTION 'action must have 1 to 50 letters, digits, or the characters _ . / -' USING ERRCODE = 'invalid_parameter_value';
    ELSIF most NOT BETWEEN 1 AND 1000000 THEN
        RAISE EXCEPTION 'number of attempts must be between 1 and 1000000' USING ERRCODE = 'invalid_parameter_value';
    ELSIF window_minutes NOT BETWEEN 1 AND max_minutes OR block_minutes NOT BETWEEN 0 AND max_minutes THEN
        RAISE EXCEPTION 'window must be between 1 and % minutes, and block between 0 and %', max_minutes, max_minutes USING ERRCODE = 'invalid_parameter_value';
    END IF;
    full_window := window_minutes * interval '1 minute';
    each := (window_minutes::bigint * 60000000 / most) * interval '1 microsecond';

    INSERT INTO @extschema@.rate_limits AS r (key, tat) VALUES (the_key, at + each)
    ON CONFLICT ON CONSTRAINT rate_limits_pkey DO UPDATE
        SET tat = CASE WHEN greatest(r.tat, at) <= at + full_window - each THEN greatest(r.tat, at) + each ELSE r.tat END,
            blocked_until = CASE WHEN greatest(r.tat, at) > at + full_window - each THEN at + block_minutes * interval '1 minute' END
        WHERE (r.blocked_until IS NULL OR r.blocked_until <= at)
          AND (greatest(r.tat, at) <= at + full_window - each OR block_minutes > 0)
    RETURNING r.tat, r.blocked_until INTO known;
    allowed := FOUND AND known.blocked_until IS NULL;
    IF NOT FOUND THEN
        SELECT r.tat, r.blocked_until INTO known FROM @extschema@.rate_limits AS r WHERE r.key = the_key;
    END IF;
    is_blocked := COALESCE(known.blocked_until > at, false);
    attempts := CASE WHEN is_blocked THEN most
                     ELSE least(most, ceil(extract(epoch FROM greatest(known.tat, at) - at) / extract(epoch FROM each))) END;
    free_at := greatest(known.tat, known.blocked_until, at);
    retry_after := CASE WHEN allowed THEN 0
                        ELSE greatest(1, ceil(extract(epoch FROM greatest(known.tat - full_window + each, known.blocked_until) - at))) END;
    RETURN NEXT;
END;
$function$;
COMMENT ON FUNCTION private.count_attempt(text, text, integer, integer, integer) IS
    'Counts an attempt unless there were too many within the window, which is exact also with concurrent sessions. '
    'attempts still count, retry_after is in seconds. With block_minutes, the first attempt too many starts a block, '
    'during which nothing is counted. Errors: 22004, 22023.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.check_rate_limit(p_identifier text, p_action text, p_max_requests integer, p_window_minutes integer)
    RETURNS TABLE (allowed boolean, current_count integer, reset_at timestamptz, retry_after_seconds integer)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('check rate limits');
    RETURN QUERY
        SELECT c.allowed, c.attempts, c.free_at, c.retry_after
          FROM private.count_attempt(p_identifier, p_action, p_max_requests, p_window_minutes) AS c;
END;
$function$;
COMMENT ON FUNCTION @extschema@.check_rate_limit(text, text, integer, integer) IS
    'For the service: counts a request of an identifier for an action and returns whether it is allowed. At most '
    'p_max_requests can be made at once; each of them is forgotten after its share of the window. A refused request '
    'is not counted. current_count of the requests are not forgotten yet, all will be at reset_at. The identifier is '
    'compared without regard to case. Call it in a transaction of its own: one that fails takes its count back. '
    'Errors: 42501, 22004, 22023.';

-- Both ways in which applications call it are one function: what tells them apart are the names of the arguments.
-- rights: authenticated, service_role
-- definer: Counts in a table of the service's; of users only attempts of their own account, and of a few actions.
CREATE OR REPLACE FUNCTION @extschema@.check_auth_rate_limit(
    p_identifier text DEFAULT NULL,
    p_action text DEFAULT NULL,
    p_max_attempts integer DEFAULT 5,
    p_window_minutes integer DEFAULT 15,
    p_block_minutes integer DEFAULT 30,
    p_ip_address text DEFAULT NULL,
    p_user_id uuid DEFAULT NULL
)
    RETURNS json
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    is_service constant boolean := private.is_service();
    of_users constant text[] := '{login,signup,register,password_reset,reset_password,password_change,email_change,email_verification,2fa}'::pg_catalog.text[];
    -- by address before by user: the account of somebody is not locked by who tries it from elsewhere
    identifier text := COALESCE(p_identifier, host(private.ip_address(p_ip_address)), p_user_id::text);
    counted record;
BEGIN
    IF NOT is_service THEN
        identifier := private.acting_for(p_user_id, false);
        IF lower(btrim(p_identifier) COLLATE "C") <> identifier THEN
            RAISE EXCEPTION 'permission denied for rate limits of others'
                USING ERRCODE = 'insufficient_privilege',
                      DETAIL = 'Users can count attempts of their own account only.',
                      HINT = 'Pass the ID of the current user, or call the function as the service.';
        -- each action is a row
        ELSIF lower(p_action COLLATE "C") <> ALL (of_users) THEN
            RAISE EXCEPTION 'unrecognized action: "%"', left(p_action, 50)
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = format('Valid actions for users are %s.', array_to_string(of_users, ', '));
        END IF;
    ELSIF identifier IS NULL THEN
        RAISE EXCEPTION 'p_identifier, p_ip_address, or p_user_id must be specified'
            USING ERRCODE = 'null_value_not_allowed',
                  DETAIL = 'An address that is no IP address counts as NULL.';
    END IF;
    SELECT * INTO counted FROM private.count_attempt(identifier, p_action, p_max_attempts, p_window_minutes, p_block_minutes);
    RETURN json_build_object('allowed', counted.allowed,
                             'reason', CASE WHEN counted.is_blocked THEN 'blocked' WHEN NOT counted.allowed THEN 'too_many_attempts' END,
                             'retry_after', counted.retry_after);
END;
$function$;
COMMENT ON FUNCTION @extschema@.check_auth_rate_limit(text, text, integer, integer, integer, text, uuid) IS
    'Counts an attempt to sign in or similar and returns {allowed, reason, retry_after}: reason is null, '
    'too_many_attempts, or blocked, and retry_after is in seconds. After p_max_attempts at once, each of which is '
    'forgotten after its share of the window, the next one starts a block of p_block_minutes. The service counts by '
    'p_identifier, else by p_ip_address if it is one, else by p_user_id; users count their own account only, in the '
    'actions that the error names. Not for anon: a visitor who can count against the IP address or the e-mail '
    'address of another user can lock that user out, so the application''s back end calls it as the service, before '
    'the attempt and in a transaction of its own. Errors: 42501, 22004, 22023.';

-- Rows that are being counted are skipped: they are needed.
-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.cleanup_expired_rate_limits()
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    removed integer;
BEGIN
    PERFORM private.require_service('clean up rate limits');
    DELETE FROM @extschema@.rate_limits AS r
     WHERE r.key IN (SELECT old.key FROM @extschema@.rate_limits AS old
                      WHERE old.tat <= statement_timestamp() AND (old.blocked_until IS NULL OR old.blocked_until <= statement_timestamp())
                        FOR UPDATE SKIP LOCKED);
    GET DIAGNOSTICS removed = ROW_COUNT;
    RETURN removed;
END;
$function$;
COMMENT ON FUNCTION @extschema@.cleanup_expired_rate_limits() IS
    'For the service: deletes rate limits that neither count attempts nor block requests any longer, and returns their '
    'number. Sessions can call it concurrently. Error: 42501.';

-- The sign-in log and sessions.

-- What a user has logged is bounded, and the table with it.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.logged_for(user_id uuid)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    most constant integer := 60;
    person uuid := user_id;
BEGIN
    IF NOT private.is_service() THEN
        person := private.acting_for(user_id, false);
        IF NOT (SELECT c.allowed FROM private.count_attempt(person::text, 'sign_in_log', most, 60) AS c) THEN
            RAISE EXCEPTION 'limit for sign-in events exceeded'
                USING ERRCODE = 'MK015',
                      DETAIL = format('Users can log %s events an hour.', most);
        END IF;
    END IF;
    IF person IS NOT NULL AND NOT EXISTS (SELECT FROM @extschema@.profiles AS p WHERE p.id = person) THEN
        RAISE EXCEPTION 'user "%" does not exist', person USING ERRCODE = 'no_data_found';
    END IF;
    RETURN person;
END;
$function$;
COMMENT ON FUNCTION private.logged_for(uuid) IS
    'Returns the user that a row of the sign-in log or of the sessions is for: for users the caller, at most 60 times '
    'an hour; for the service the user that is named, or NULL. Errors: 42501, MK015, P0002.';

-- rights: authenticated, service_role
-- definer: Writes the sign-in log, which no client may write: users events of their own account, marked as theirs.
CREATE OR REPLACE FUNCTION @extschema@.log_auth_event(
    p_user_id uuid DEFAULT NULL,
    p_action text DEFAULT NULL,
    p_ip_address text DEFAULT NULL,
    p_user_agent text DEFAULT NULL,
    p_success boolean DEFAULT true,
    p_error_message text DEFAULT NULL,
    p_metadata jsonb DEFAULT NULL,
    event_type text DEFAULT NULL,
    user_id uuid DEFAULT NULL,
    metadata jsonb DEFAULT NULL
)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    event constant text := COALESCE(p_action, event_type);
    details constant jsonb := COALESCE(NULLIF(COALESCE(p_metadata, metadata), 'null'), '{}');
    logged uuid;
BEGIN
    IF event IS NULL THEN
        RAISE EXCEPTION 'p_action must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF length(event) > 50 OR btrim(event) = '' THEN
        RAISE EXCEPTION 'p_action must have 1 to 50 characters' USING ERRCODE = 'invalid_parameter_value';
    ELSIF jsonb_typeof(details) <> 'object' OR octet_length(details::text) > 65536 THEN
        RAISE EXCEPTION 'p_metadata must be a JSON object of at most 65536 bytes' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- what the client or its browser has sent is cut, not refused: nobody keeps an attempt out of the log with it
    INSERT INTO @extschema@.auth_login_history (user_id, action, ip_address, user_agent, success, failure_reason, metadata, is_self_reported)
    VALUES (private.logged_for(COALESCE(p_user_id, log_auth_event.user_id)), event, private.ip_address(p_ip_address), left(p_user_agent, 1000),
            COALESCE(p_success, true), left(p_error_message, 1000), details, NOT private.is_service())
    RETURNING event_id INTO logged;
    RETURN logged;
END;
$function$;
COMMENT ON FUNCTION @extschema@.log_auth_event(uuid, text, text, text, boolean, text, jsonb, text, uuid, jsonb) IS
    'Adds an event to auth_login_history and returns its event_id. The service logs events of any user, or without one '
    '(NULL), such as a failed attempt; users log those of their own account, at most 60 an hour, marked with '
    'is_self_reported. A p_ip_address that is no IP address, such as unknown or server, counts as NULL; p_user_agent '
    'and p_error_message are cut to 1000 characters. event_type, user_id, and metadata are other names of p_action, '
    'p_user_id, and p_metadata, for applications that use them. Errors: 42501 for a user other than the caller, 22004, 22023, '
    'P0002 for an unknown user, MK015.';

-- rights: authenticated, service_role
-- definer: Writes sessions, which no client may write: users their own, and of the token its hash only.
CREATE OR REPLACE FUNCTION @extschema@.create_auth_session(
    p_user_id uuid,
    p_refresh_token text,
    p_remember_me boolean DEFAULT false,
    p_user_agent text DEFAULT NULL,
    p_ip_address text DEFAULT NULL
)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    person uuid;
BEGIN
    IF p_refresh_token IS NULL THEN
        RAISE EXCEPTION 'p_refresh_token must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF p_refresh_token = '' OR octet_length(p_refresh_token) > 8192 THEN
        RAISE EXCEPTION 'p_refresh_token must have 1 to 8192 bytes' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    person := private.logged_for(p_user_id);
    IF person IS NULL THEN
        RAISE EXCEPTION 'p_user_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    INSERT INTO @extschema@.auth_sessions (user_id, refresh_token_hash, remember_me, user_agent, ip_address, expires_at)
    VALUES (person, encode(sha256(convert_to(p_refresh_token, 'UTF8')), 'hex'), COALESCE(p_remember_me, false), left(p_user_agent, 1000),
            private.ip_address(p_ip_address), now() + CASE WHEN p_remember_me THEN interval '30 days' ELSE interval '1 day' END);
END;
$function$;
COMMENT ON FUNCTION @extschema@.create_auth_session(uuid, text, boolean, text, text) IS
    'Adds a session to auth_sessions, with the SHA-256 of the refresh token in hexadecimal digits, never the token. It '
    'expires after 30 days with p_remember_me, else after one day. The service adds sessions of any user, users their '
    'own, at most 60 an hour together with logged events. p_ip_address and p_user_agent as in log_auth_event(). '
    'Errors: 42501 for a user other than the caller, 22004, 22023, P0002 for an unknown user, MK015.';

-- SECURITY INVOKER: row level security shows users their own.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.my_sessions()
    RETURNS TABLE (id uuid, created_at timestamptz, last_used_at timestamptz, expires_at timestamptz, remember_me boolean, user_agent text, ip_address inet)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER ROWS 5
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT s.id, s.created_at, s.last_used_at, s.expires_at, s.remember_me, s.user_agent, s.ip_address
      FROM @extschema@.auth_sessions s
     WHERE s.user_id = auth.uid() AND s.expires_at > now()
     ORDER BY s.last_used_at DESC, s.id
$function$;
COMMENT ON FUNCTION @extschema@.my_sessions() IS
    'Returns the caller''s sessions of create_auth_session() that have not expired, the last used first; no row without a user.';

-- rights: authenticated, service_role
-- definer: Deletes sessions, which no client may write: users their own.
CREATE OR REPLACE FUNCTION @extschema@.end_auth_session(session_id uuid)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    is_service constant boolean := private.is_service();
    person constant uuid := CASE WHEN NOT is_service THEN private.acting_for(NULL, false) END;
BEGIN
    IF session_id IS NULL THEN
        RAISE EXCEPTION 'session_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM @extschema@.auth_sessions s WHERE s.id = session_id AND (is_service OR s.user_id = person);
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM @extschema@.active_user_sessions a WHERE a.id = session_id;
    RETURN true;
END;
$function$;
COMMENT ON FUNCTION @extschema@.end_auth_session(uuid) IS
    'Deletes a session, so that its refresh token is not accepted any longer by an application that looks it up. Users end their own '
    'sessions, the service any. Returns false for an unknown session. Errors: 42501 without a user, 22004.';

-- rights: authenticated, service_role
-- definer: Deletes sessions of the caller, which no client may write.
CREATE OR REPLACE FUNCTION @extschema@.end_other_sessions(keep_session uuid DEFAULT NULL)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    person constant uuid := private.acting_for(NULL, false);
    ended uuid[];
BEGIN
    WITH gone AS (
        DELETE FROM @extschema@.auth_sessions s WHERE s.user_id = person AND s.id IS DISTINCT FROM keep_session RETURNING s.id
    )
    SELECT array_agg(g.id) INTO ended FROM gone g;
    DELETE FROM @extschema@.active_user_sessions a WHERE a.id = ANY (ended);
    RETURN COALESCE(cardinality(ended), 0);
END;
$function$;
COMMENT ON FUNCTION @extschema@.end_other_sessions(uuid) IS
    'Deletes all sessions of the caller but keep_session, or all for NULL, and returns their number. Error: 42501 without a user.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.prune_sign_ins(max_rows integer DEFAULT 10000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    old_events integer;
    old_sessions integer;
BEGIN
    PERFORM private.require_service('delete old sign-ins');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    WITH old AS MATERIALIZED (
        SELECT l.id FROM @extschema@.auth_login_history l
         WHERE l.login_at < now() - interval '180 days'
         ORDER BY l.login_at LIMIT GREATEST(max_rows, 0)
           FOR UPDATE SKIP LOCKED
    )
    DELETE FROM @extschema@.auth_login_history l USING old WHERE l.id = old.id;
    GET DIAGNOSTICS old_events = ROW_COUNT;
    WITH old AS MATERIALIZED (
        SELECT s.id FROM @extschema@.auth_sessions s
         WHERE s.expires_at < now()
         ORDER BY s.expires_at LIMIT GREATEST(max_rows - old_events, 0)
           FOR UPDATE SKIP LOCKED
    )
    DELETE FROM @extschema@.auth_sessions s USING old WHERE s.id = old.id;
    GET DIAGNOSTICS old_sessions = ROW_COUNT;
    RETURN old_events + old_sessions;
END;
$function$;
COMMENT ON FUNCTION @extschema@.prune_sign_ins(integer) IS
    'For the service: deletes up to max_rows rows of auth_login_history that are older than 180 days, and of auth_sessions that have '
    'expired, the oldest first, and returns their number. Errors: 42501, 22004.';
