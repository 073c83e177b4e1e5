-- Privacy: what is kept about a person can be had, and an account can be left.

-- Of what the marketplace itself decides. The copies in the books stay, and so do the other side's.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.export_readme(user_id uuid)
    RETURNS jsonb
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT jsonb_build_object(
        'controller', NULLIF(current_setting('driplo.data_controller'), ''),
        'user', p.username,
        'user_id', p.id,
        'made_at', now(),
        'parts', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                             'part', d.part, 'table', d.table_name,
                             'only', CASE WHEN d.treatment = 'export_redacted' THEN to_jsonb(d.columns) END,
                             'left_out', CASE WHEN d.treatment = 'export' AND d.columns <> '{}' THEN to_jsonb(d.columns) END,
                             'reason', d.note)) ORDER BY d.part)
                    FROM private.personal_data() AS d WHERE d.part IS NOT NULL),
        'left_out', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('table', d.table_name, 'column', d.column_name, 'reason', d.note)) ORDER BY d.table_name, d.column_name)
                       FROM private.personal_data() AS d WHERE d.part IS NULL),
        'notes', jsonb_build_array(
            'A part without rows is not there.',
            'Rows that other users share in have the columns named by "only"; what others wrote has its date and length. Other users are named by their usernames.',
            'Rows that were added or changed while the export was made are in it or not.',
            'The password and the sign-in data of the authentication service are exported by that service; files are in the file store, and their addresses in the parts.'))
      FROM @extschema@.profiles p
     WHERE p.id = export_readme.user_id
$function$;
COMMENT ON FUNCTION private.export_readme(uuid) IS 'What an export contains, what it leaves out, and why; NULL for an unknown user.';

-- rights: authenticated, service_role
-- definer: Adds an export of the caller, or of the user whom the service names, after asking who calls.
CREATE OR REPLACE FUNCTION @extschema@.request_data_export(user_id uuid DEFAULT NULL)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    person constant uuid := private.acting_for(user_id, false);
    last record;
    made uuid;
BEGIN
    -- One after the other, or two of them would find none.
    PERFORM FROM @extschema@.profiles p WHERE p.id = person FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user "%" does not exist', person USING ERRCODE = 'no_data_found';
    END IF;
    SELECT e.id, e.status, e.requested_at INTO last
      FROM @extschema@.data_exports e
     WHERE e.user_id = person AND e.status <> 'failed'
     ORDER BY e.requested_at DESC LIMIT 1;
    IF last.status = 'waiting' THEN
        RETURN last.id;
    ELSIF last.requested_at > now() - interval '1 day' THEN
        RAISE EXCEPTION 'limit for data exports exceeded'
            USING ERRCODE = 'MK015',
                  DETAIL = 'An account can be exported once a day.',
                  HINT = format('Read export %s, or try again in %s hours.', last.id, ceil(EXTRACT(EPOCH FROM last.requested_at + interval '1 day' - now()) / 3600));
    END IF;
    INSERT INTO @extschema@.data_exports (user_id) VALUES (person) RETURNING data_exports.id INTO made;
    INSERT INTO @extschema@.data_export_parts (export_id, part, ordinal, n_rows, n_bytes, body)
    SELECT made, 'readme', 0, 1, octet_length(r.body::text), r.body FROM private.export_readme(person) AS r (body);
    RETURN made;
END;
$function$;
COMMENT ON FUNCTION @extschema@.request_data_export(uuid) IS
    'Asks for an export of what is kept about the caller, or about the user whom the service names, and returns its ID. '
    'make_data_exports() makes it; my_data_exports() shows when it is ready. While an export is being made, returns the same ID; the '
    'next one can be asked for a day after the last. Errors: 42501 without a user or for another user, P0002, MK015.';

-- A part at a time, with where it is in the row: whoever is interrupted goes on from the last part that was committed.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.make_next_part(export_id uuid)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    most_rows constant integer := 5000;
    most_bytes constant bigint := 8000000;
    export @extschema@.data_exports;
    parts text[];
    place integer;
    page record;
    finished timestamptz;
BEGIN
    SELECT e.* INTO export FROM @extschema@.data_exports e WHERE e.id = make_next_part.export_id;
    SELECT array_agg(d.part ORDER BY d.place) INTO parts
      FROM private.personal_data() WITH ORDINALITY AS d (table_name, column_name, treatment, part, columns, rows, note, place)
     WHERE d.part IS NOT NULL;
    place := COALESCE(array_position(parts, export.part), 1);
    WHILE place <= cardinality(parts) LOOP
        IF parts[place] IS DISTINCT FROM export.part THEN
            export.part := parts[place];
            export.ordinal := 0;
            export.last_key := NULL;
        END IF;
        SELECT r.body, r.n, r.bytes, r.last_key INTO page
          FROM private.personal_rows(export.part, export.user_id, export.last_key, most_rows, most_bytes) AS r;
        IF page.n > 0 THEN
            INSERT INTO @extschema@.data_export_parts (export_id, part, ordinal, n_rows, n_bytes, body)
            VALUES (export.id, export.part, export.ordinal, page.n, page.bytes, page.body);
            UPDATE @extschema@.data_exports e
               SET part = export.part, ordinal = export.ordinal + 1, last_key = page.last_key, attempts = 0
             WHERE e.id = export.id;
            RETURN page.n;
        END IF;
        place := place + 1;
    END LOOP;
    finished := clock_timestamp();
    UPDATE @extschema@.data_exports e
       SET status = 'ready', finished_at = finished, expires_at = finished + interval '7 days', part = NULL, ordinal = 0, last_key = NULL
     WHERE e.id = export.id;
    PERFORM private.record_event('export.ready', export.id, NULL);
    RETURN 0;
END;
$function$;
COMMENT ON FUNCTION private.make_next_part(uuid) IS
    'Makes the next part of an export, of at most 5,000 rows and about 8 MB, and returns the number of rows; 0 when it is ready.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.make_data_exports(max_rows integer DEFAULT 20000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    stop constant timestamptz := private.time_to_stop();
    export record;
    total integer := 0;
BEGIN
    PERFORM private.require_service('make data exports');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    WHILE total < max_rows AND (stop IS NULL OR clock_timestamp() < stop) LOOP
        SELECT e.id, e.attempts INTO export
          FROM @extschema@.data_exports e
         WHERE e.status = 'waiting' AND e.next_try <= clock_timestamp()
         ORDER BY e.next_try, e.id
         LIMIT 1
           FOR UPDATE SKIP LOCKED;
        EXIT WHEN NOT FOUND;
        BEGIN
            total := total + GREATEST(private.make_next_part(export.id), 1);
        EXCEPTION WHEN OTHERS THEN
            -- One that cannot be made keeps nobody else's from being made, nor the user from asking again.
            RAISE WARNING 'data export % could not be made: % (%)', export.id, SQLERRM, SQLSTATE;
            total := total + 1;
            UPDATE @extschema@.data_exports e
               SET attempts = e.attempts + 1,
                   status = CASE WHEN e.attempts < 4 THEN 'waiting' ELSE 'failed' END,
                   finished_at = CASE WHEN e.attempts >= 4 THEN clock_timestamp() END,
                   expires_at = CASE WHEN e.attempts >= 4 THEN clock_timestamp() + interval '7 days' END,
                   next_try = clock_timestamp() + interval '1 minute' * 4 ^ e.attempts
             WHERE e.id = export.id;
        END;
    END LOOP;
    RETURN total;
END;
$function$;
COMMENT ON FUNCTION @extschema@.make_data_exports(integer) IS
    'For the service: makes the exports that were asked for, part by part, until max_rows rows are exported, and returns their number, '
    'a finished export counting as one. Goes on where it was interrupted; sessions can call it concurrently. An export that cannot be '
    'made is tried five times within two hours, then failed. Errors: 42501, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.prune_data_exports(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    gone integer;
BEGIN
    PERFORM private.require_service('delete old data exports');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM @extschema@.data_exports
     WHERE id = ANY (ARRAY(
        SELECT e.id FROM @extschema@.data_exports e
         WHERE e.expires_at <= now()
         ORDER BY e.expires_at
         LIMIT GREATEST(max_rows, 0)
           FOR UPDATE SKIP LOCKED));
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END;
$function$;
COMMENT ON FUNCTION @extschema@.prune_data_exports(integer) IS
    'For the service: deletes up to max_rows exports with their parts, seven days after they were finished, and returns their number. '
    'Errors: 42501, 22004.';

-- rights: authenticated, service_role
-- definer: Shows exports of the caller, which no client may read otherwise.
CREATE OR REPLACE FUNCTION @extschema@.my_data_exports()
    RETURNS TABLE (id uuid, status text, requested_at timestamptz, finished_at timestamptz, expires_at timestamptz)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 2
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    person constant uuid := private.acting_for(NULL, false);
BEGIN
    RETURN QUERY
    SELECT e.id, e.status, e.requested_at, e.finished_at, e.expires_at
      FROM @extschema@.data_exports e
     WHERE e.user_id = person AND (e.expires_at > now()) IS NOT FALSE
     ORDER BY e.requested_at DESC, e.id;
END;
$function$;
COMMENT ON FUNCTION @extschema@.my_data_exports() IS
    'Returns the caller''s exports that have not expired, the latest first: status is waiting, ready, or failed. Error: 42501 without a user.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_export(id uuid)
    RETURNS void
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    found_status text;
BEGIN
    IF id IS NULL THEN
        RAISE EXCEPTION 'id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT e.status INTO found_status
      FROM @extschema@.data_exports e
     WHERE e.id = require_export.id AND (e.expires_at > now()) IS NOT FALSE AND (e.user_id = private.caller() OR private.is_service());
    IF NOT FOUND THEN
        RAISE EXCEPTION 'data export "%" does not exist', id
            USING ERRCODE = 'no_data_found', HINT = 'Exports are deleted seven days after they are finished.';
    ELSIF found_status <> 'ready' THEN
        RAISE EXCEPTION 'data export "%" is not ready', id
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Its status is %s.', found_status);
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.require_export(uuid) IS
    'Fails unless this is a finished export of the caller, or of anybody for the service. Errors: 22004, P0002, 55000.';

-- rights: authenticated, service_role
-- definer: Shows what is in an export of the caller, after asking whose it is.
CREATE OR REPLACE FUNCTION @extschema@.my_data_export(id uuid)
    RETURNS TABLE (part text, ordinal integer, rows integer, bytes bigint)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_export(my_data_export.id);
    RETURN QUERY
    SELECT p.part, p.ordinal, p.n_rows, p.n_bytes
      FROM @extschema@.data_export_parts p
     WHERE p.export_id = my_data_export.id
     ORDER BY p.part <> 'readme', p.part, p.ordinal;
END;
$function$;
COMMENT ON FUNCTION @extschema@.my_data_export(uuid) IS
    'Returns the parts of a finished export of the caller, the readme first, with their numbers of rows and bytes. A part with many rows '
    'is divided, by ordinal from 0. Errors: 22004, P0002, 55000 for one that is not ready.';

-- rights: authenticated, service_role
-- definer: Shows a part of an export of the caller, after asking whose it is.
CREATE OR REPLACE FUNCTION @extschema@.my_data_export_part(id uuid, part text, ordinal integer DEFAULT 0)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    found_body jsonb;
BEGIN
    PERFORM private.require_export(my_data_export_part.id);
    IF part IS NULL OR ordinal IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN part IS NULL THEN 'part' ELSE 'ordinal' END USING ERRCODE = 'null_value_not_allowed';
    END IF;
    SELECT p.body INTO found_body
      FROM @extschema@.data_export_parts p
     WHERE p.export_id = my_data_export_part.id AND p.part = my_data_export_part.part AND p.ordinal = my_data_export_part.ordinal;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'part "%" % of the data export does not exist', left(part, 50), ordinal
            USING ERRCODE = 'no_data_found', HINT = 'Use my_data_export() to list the parts.';
    END IF;
    RETURN found_body;
END;
$function$;
COMMENT ON FUNCTION @extschema@.my_data_export_part(uuid, text, integer) IS
    'Returns a part of a finished export of the caller: an array of its rows, and for the part readme an object that says what the export '
    'contains, what it leaves out, and why. Errors: 22004, P0002 for an unknown export or part, 55000 for one that is not ready.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.export_user_data(user_id uuid)
    RETURNS jsonb
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    most_bytes constant bigint := 50000000;
    result jsonb;
    rows jsonb;
    total bigint := 0;
    part_name text;
    page record;
    key text;
BEGIN
    PERFORM private.require_service('export the data of a user at once');
    IF user_id IS NULL THEN
        RAISE EXCEPTION 'user_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    result := jsonb_build_object('readme', private.export_readme(user_id));
    IF result -> 'readme' = 'null' THEN
        RAISE EXCEPTION 'user "%" does not exist', user_id USING ERRCODE = 'no_data_found';
    END IF;
    FOR part_name IN SELECT d.part FROM private.personal_data() AS d WHERE d.part IS NOT NULL ORDER BY d.part LOOP
        rows := '[]';
        key := NULL;
        LOOP
            SELECT r.body, r.n, r.bytes, r.last_key INTO page
              FROM private.personal_rows(part_name, export_user_data.user_id, key, 5000, 8000000) AS r;
            EXIT WHEN page.n = 0;
            total := total + page.bytes;
            IF total > most_bytes THEN
                RAISE EXCEPTION 'data of user "%" is too large to be exported at once', export_user_data.user_id
                    USING ERRCODE = 'program_limit_exceeded',
                          DETAIL = 'At most 50 MB are exported at once.',
                          HINT = 'Use request_data_export(), which makes the export in parts.';
            END IF;
            rows := rows || page.body;
            key := page.last_key;
        END LOOP;
        IF rows <> '[]' THEN
            result := result || jsonb_build_object(part_name, rows);
        END IF;
    END LOOP;
    RETURN result;
END;
$function$;
COMMENT ON FUNCTION @extschema@.export_user_data(uuid) IS
    'For the service: what is kept about a user in one object, with the parts of request_data_export() as keys, for accounts of at most '
    '50 MB. Errors: 42501, 22004, P0002, 54000.';

-- What keeps an account from being deleted, because somebody waits for something or money would be left.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.open_business(user_id uuid, gives_up_store_credit boolean)
    RETURNS TABLE (what text, n bigint, amount numeric, currency text)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 5
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT found.what, found.n, NULL::numeric, NULL::text
      FROM (SELECT 'orders bought', count(*) FROM @extschema@.orders o
             WHERE o.buyer_id = open_business.user_id AND o.status::text <> ALL ('{delivered,completed,cancelled,refunded}')
             UNION ALL
            SELECT 'orders sold', count(*) FROM @extschema@.orders o
             WHERE o.seller_id = open_business.user_id AND o.status::text <> ALL ('{delivered,completed,cancelled,refunded}')
             UNION ALL
            SELECT 'returns', count(*) FROM @extschema@.returns r JOIN @extschema@.orders o ON o.id = r.order_id
             WHERE r.is_open AND (o.buyer_id = open_business.user_id OR o.seller_id = open_business.user_id)
             UNION ALL
            SELECT 'disputes', count(*) FROM @extschema@.disputes d
             WHERE d.is_open AND (d.initiated_by = open_business.user_id OR d.respondent_id = open_business.user_id)
             UNION ALL
            SELECT 'refunds', count(*) FROM @extschema@.refund_requests r
             WHERE r.status::text IN ('pending', 'approved') AND (r.buyer_id = open_business.user_id OR r.seller_id = open_business.user_id)
             UNION ALL
            SELECT 'payouts', count(*) FROM @extschema@.seller_payouts p
             WHERE p.seller_id = open_business.user_id AND p.status::text IN ('pending', 'processing')) AS found (what, n)
     WHERE found.n > 0
     UNION ALL
    SELECT 'balance', NULL, sum(l.amount), l.currency::text
      FROM @extschema@.ledger_entries l
     WHERE l.party_id = open_business.user_id AND l.account::text IN ('seller_pending', 'seller_available')
     GROUP BY l.currency
    HAVING sum(l.amount) <> 0
     UNION ALL
    SELECT 'store credit', NULL, sum(c.amount - c.used_amount - c.expired_amount), c.currency::text
      FROM @extschema@.store_credits c
     WHERE c.user_id = open_business.user_id AND NOT gives_up_store_credit AND (c.expires_at > now()) IS NOT FALSE
     GROUP BY c.currency
    HAVING sum(c.amount - c.used_amount - c.expired_amount) > 0
$function$;
COMMENT ON FUNCTION private.open_business(uuid, boolean) IS
    'What is open for a user: numbers of orders, returns, disputes, refunds, and payouts, and amounts by currency; no row if the account can be deleted.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_no_open_business(user_id uuid, gives_up_store_credit boolean)
    RETURNS void
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    still_open text;
BEGIN
    SELECT string_agg(concat_ws(' ', b.what || ':', COALESCE(b.n, b.amount), b.currency), ', ') INTO still_open
      FROM private.open_business(user_id, gives_up_store_credit) AS b;
    IF still_open IS NOT NULL THEN
        RAISE EXCEPTION 'cannot delete an account with open orders, cases, or money'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = format('Open are %s.', still_open),
                  HINT = 'Finish the orders and cases, have the balance paid out, and use or give up the store credit.';
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.require_no_open_business(uuid, boolean) IS 'Fails if something is open for a user, and names it. Error: 55000.';

-- rights: authenticated, service_role
-- definer: Writes the wish of the caller, after asking what is open for them.
CREATE OR REPLACE FUNCTION @extschema@.request_account_deletion(give_up_store_credit boolean DEFAULT false)
    RETURNS timestamptz
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    grace constant interval := interval '14 days';
    person constant uuid := private.acting_for(NULL, false);
    due timestamptz;
BEGIN
    IF give_up_store_credit IS NULL THEN
        RAISE EXCEPTION 'give_up_store_credit must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM FROM @extschema@.profiles p WHERE p.id = person FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user "%" does not exist', person USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM private.require_no_open_business(person, give_up_store_credit);
    INSERT INTO @extschema@.account_deletions AS d (user_id, due_at, next_try, gives_up_store_credit)
    VALUES (person, now() + grace, now() + grace, give_up_store_credit)
    ON CONFLICT ON CONSTRAINT account_deletions_pkey DO UPDATE SET gives_up_store_credit = EXCLUDED.gives_up_store_credit
    RETURNING d.due_at INTO due;
    RETURN due;
END;
$function$;
COMMENT ON FUNCTION @extschema@.request_account_deletion(boolean) IS
    'Asks that the caller''s account be deleted, and returns when: after 14 days, until which cancel_account_deletion() takes it back and '
    'the account works as before. A second call keeps the time. Refused, with what is open in the detail, while there are orders, '
    'returns, disputes, refunds, or payouts under way, a balance, or store credit that is not given up. What becomes open later puts the '
    'deletion off. Errors: 42501 without a user, 22004, 55000.';

-- rights: authenticated, service_role
-- definer: Deletes the wish of the caller.
CREATE OR REPLACE FUNCTION @extschema@.cancel_account_deletion()
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    person constant uuid := private.acting_for(NULL, false);
BEGIN
    DELETE FROM @extschema@.account_deletions d WHERE d.user_id = person;
    RETURN FOUND;
END;
$function$;
COMMENT ON FUNCTION @extschema@.cancel_account_deletion() IS
    'Takes back what the caller asked for by request_account_deletion(); false if there was nothing to take back. Error: 42501 without a user.';

-- rights: authenticated, service_role
-- definer: Shows the wish of the caller and what is open for them.
CREATE OR REPLACE FUNCTION @extschema@.my_account_deletion()
    RETURNS jsonb
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    person constant uuid := private.acting_for(NULL, false);
    wish @extschema@.account_deletions;
BEGIN
    SELECT d.* INTO wish FROM @extschema@.account_deletions d WHERE d.user_id = person;
    RETURN jsonb_build_object(
        'requested_at', wish.requested_at,
        'due_at', wish.due_at,
        'open', (SELECT COALESCE(jsonb_agg(jsonb_strip_nulls(jsonb_build_object('what', b.what, 'count', b.n, 'amount', b.amount, 'currency', b.currency)) ORDER BY b.what, b.currency), '[]')
                   FROM private.open_business(person, COALESCE(wish.gives_up_store_credit, false)) AS b));
END;
$function$;
COMMENT ON FUNCTION @extschema@.my_account_deletion() IS
    'Returns {requested_at, due_at, open}: when the caller asked for the deletion of the account and when it is due, both null if not; '
    'open lists what is in its way as {what, count} or {what, amount, currency}, amounts in major units. Error: 42501 without a user.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.may_delete_logins()
    RETURNS boolean
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'DELETE') AND NOT row_security_active(c.oid)
      FROM pg_namespace n
      JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = 'users'
     WHERE n.nspname = 'auth'
$function$;
COMMENT ON FUNCTION private.may_delete_logins() IS
    'Returns whether driplo can delete rows of auth.users, which it cannot where an authentication service keeps them.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.delete_user_account(user_id uuid, even_if_open boolean DEFAULT false)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('delete the account of a user at once');
    IF num_nulls(user_id, even_if_open) > 0 THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN user_id IS NULL THEN 'user_id' ELSE 'even_if_open' END USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT private.may_delete_logins() THEN
        RAISE EXCEPTION 'cannot delete an account of the authentication service'
            USING ERRCODE = 'feature_not_supported',
                  DETAIL = 'In this database, driplo cannot write to auth.users.',
                  HINT = 'Use the admin API of the authentication service, such as auth.admin.deleteUser(id) of supabase-js. What belongs to the account follows.';
    ELSIF NOT even_if_open THEN
        PERFORM private.require_no_open_business(user_id, true);
    END IF;
    DELETE FROM auth.users u WHERE u.id = delete_user_account.user_id;
    RETURN FOUND;
END;
$function$;
COMMENT ON FUNCTION @extschema@.delete_user_account(uuid, boolean) IS
    'For the service: deletes an account at once, with what is the user''s alone; what others and the books need stays without the user. '
    'Returns false for an unknown user. Orders, cases, and money that are open refuse it, unless even_if_open, and are then settled as '
    'after any deletion. Users leave by request_account_deletion(). Errors: 42501, 22004, 55000, 0A000 where an authentication service '
    'keeps auth.users, as on Supabase.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.due_account_deletions(max_rows integer DEFAULT 100)
    RETURNS TABLE (user_id uuid, due_at timestamptz)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('see accounts to be deleted');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    RETURN QUERY
    SELECT d.user_id, d.due_at
      FROM @extschema@.account_deletions d
     WHERE d.due_at <= now() AND NOT EXISTS (SELECT FROM private.open_business(d.user_id, d.gives_up_store_credit))
     ORDER BY d.due_at, d.user_id
     LIMIT GREATEST(max_rows, 0);
END;
$function$;
COMMENT ON FUNCTION @extschema@.due_account_deletions(integer) IS
    'For the service: the accounts that are due to be deleted and can be, the earliest first. Where an authentication service keeps '
    'auth.users, as on Supabase, the application deletes these by its admin API. Errors: 42501, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.delete_due_accounts(max_rows integer DEFAULT 100)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    may_delete constant boolean := private.may_delete_logins();
    wish record;
    deleted integer := 0;
BEGIN
    PERFORM private.require_service('delete accounts that are due');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    FOR wish IN
        SELECT d.user_id, d.gives_up_store_credit
          FROM @extschema@.account_deletions d
         WHERE d.next_try <= now() AND may_delete
         ORDER BY d.next_try, d.user_id
         LIMIT GREATEST(max_rows, 0)
           FOR UPDATE SKIP LOCKED
    LOOP
        BEGIN
            PERFORM private.require_no_open_business(wish.user_id, wish.gives_up_store_credit);
            DELETE FROM auth.users u WHERE u.id = wish.user_id;
            deleted := deleted + 1;
        EXCEPTION
            WHEN object_not_in_prerequisite_state OR foreign_key_violation OR serialization_failure OR deadlock_detected THEN
                UPDATE @extschema@.account_deletions d SET next_try = now() + interval '1 day' WHERE d.user_id = wish.user_id;
        END;
    END LOOP;
    RETURN deleted;
END;
$function$;
COMMENT ON FUNCTION @extschema@.delete_due_accounts(integer) IS
    'For the service: deletes up to max_rows accounts whose users asked for it 14 days ago, and returns their number. One for which '
    'something is open is looked at again a day later. Returns 0 where an authentication service keeps auth.users: see '
    'due_account_deletions(). Sessions can call it concurrently. Errors: 42501, 22004.';
