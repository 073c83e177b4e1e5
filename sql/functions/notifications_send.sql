-- Notifications that leave the house: push tokens, deliveries for a mailer and a pusher, unsubscribing, promotions.

-- rights: authenticated, service_role
-- definer: Writes a token of the caller's device, and takes it from whoever had the device before.
CREATE OR REPLACE FUNCTION @extschema@.register_push_token(token text, platform text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    reader constant uuid := private.acting_for(NULL, false);
BEGIN
    IF register_push_token.token IS NULL OR register_push_token.platform IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN register_push_token.token IS NULL THEN 'token' ELSE 'platform' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF length(register_push_token.token) NOT BETWEEN 1 AND 4096 THEN
        RAISE EXCEPTION 'token must have 1 to 4096 characters' USING ERRCODE = 'invalid_parameter_value';
    ELSIF register_push_token.platform NOT IN ('ios', 'android', 'web') THEN
        RAISE EXCEPTION 'unrecognized platform: "%"', left(register_push_token.platform, 100)
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Valid platforms are ios, android, and web.';
    END IF;
    -- What waits for somebody else on this device goes with the old row.
    DELETE FROM @extschema@.push_tokens AS t
     WHERE md5(t.token) = md5(register_push_token.token) AND t.user_id <> reader;
    INSERT INTO @extschema@.push_tokens AS t (user_id, token, platform)
    VALUES (reader, register_push_token.token, register_push_token.platform)
    ON CONFLICT (md5(token)) DO UPDATE SET user_id = EXCLUDED.user_id, platform = EXCLUDED.platform, seen_at = now();
    DELETE FROM @extschema@.push_tokens AS t
     WHERE t.id IN (SELECT old.id FROM @extschema@.push_tokens old WHERE old.user_id = reader ORDER BY old.seen_at DESC, old.id OFFSET 20);
END;
$function$;
COMMENT ON FUNCTION @extschema@.register_push_token(text, text) IS
    'Registers the caller''s device (ios, android, or web) for push messages; a device that was another user''s no longer '
    'is. The 20 devices seen last are kept. Errors: 42501 without a user, 22004, 22023.';

-- rights: authenticated, service_role
-- definer: Removes tokens of the caller only.
CREATE OR REPLACE FUNCTION @extschema@.unregister_push_token(token text)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    reader constant uuid := private.acting_for(NULL, false);
BEGIN
    IF unregister_push_token.token IS NULL THEN
        RAISE EXCEPTION 'token must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM @extschema@.push_tokens AS t
     WHERE md5(t.token) = md5(unregister_push_token.token) AND t.user_id = reader;
    RETURN FOUND;
END;
$function$;
COMMENT ON FUNCTION @extschema@.unregister_push_token(text) IS
    'Removes a device of the caller and returns whether it was registered. Errors: 42501 without a user, 22004.';

-- By the clock of the wall: it is asked by the name of the zone, so a night with 23 or 25 hours ends when it ends there.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.quiet_until(at timestamptz, timezone text, quiet_from text, quiet_to text)
    RETURNS timestamptz
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT CASE
        WHEN CASE WHEN f.from_time < f.to_time THEN l.clock >= f.from_time AND l.clock < f.to_time
                  ELSE l.clock >= f.from_time OR l.clock < f.to_time END
        THEN GREATEST((l.day + CASE WHEN l.clock >= f.to_time THEN 1 ELSE 0 END + f.to_time) AT TIME ZONE timezone, at + interval '1 minute')
    END
    FROM (SELECT quiet_from::time AS from_time, quiet_to::time AS to_time) AS f
    CROSS JOIN (SELECT (at AT TIME ZONE timezone)::time AS clock, (at AT TIME ZONE timezone)::date AS day) AS l
$function$;
COMMENT ON FUNCTION private.quiet_until(timestamptz, text, text, text) IS
    'The end of the quiet hours that a time is in, by the clock of a time zone; NULL if it is in none.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.next_digest(at timestamptz, timezone text, digest text)
    RETURNS timestamptz
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT COALESCE(min(day + time '09:00') AT TIME ZONE timezone, at)
    FROM generate_series((at AT TIME ZONE timezone)::date::timestamp, (at AT TIME ZONE timezone)::date + 8, interval '1 day') AS day
    WHERE (digest = 'daily' OR digest = 'weekly' AND EXTRACT(ISODOW FROM day) = 1)
      AND (day + time '09:00') AT TIME ZONE timezone > at
$function$;
COMMENT ON FUNCTION private.next_digest(timestamptz, text, text) IS
    'When the next digest is sent: at nine in the morning of that time zone, a weekly one on Mondays; the time itself for off.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.unsubscribe_token(user_id uuid, type text)
    RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT concat_ws('.', user_id, type, private.sealed('unsubscribe', user_id || '.' || type))
$function$;
COMMENT ON FUNCTION private.unsubscribe_token(uuid, text) IS
    'What unsubscribe() takes to turn off the e-mails of a type, or with digest the digest, for a user.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.unsubscribe_by(token text)
    RETURNS text
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    reader uuid;
    kind text;
BEGIN
    IF token !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[a-z_]{1,40}\.[0-9a-f]{64}$' THEN
        RETURN NULL;
    END IF;
    reader := split_part(token, '.', 1)::uuid;
    kind := split_part(token, '.', 2);
    IF token <> private.unsubscribe_token(reader, kind) OR NOT EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = reader) THEN
        RETURN NULL;
    END IF;
    IF kind = 'promotion_alert' THEN
        UPDATE @extschema@.notification_settings AS s SET marketing = false WHERE s.user_id = reader;
    END IF;
    INSERT INTO @extschema@.notification_preferences (user_id, type, channel, enabled)
    SELECT reader, known.type::@extschema@.notification_type, 'email', false
    FROM private.notification_map() AS known
    WHERE known.type = kind OR kind = 'digest' AND known.in_digest
    ON CONFLICT ON CONSTRAINT notification_preferences_pkey DO UPDATE SET enabled = false;
    RETURN kind;
END;
$function$;
COMMENT ON FUNCTION private.unsubscribe_by(text) IS 'unsubscribe() with the rights of the owner.';

-- SECURITY INVOKER, because who follows a link in an e-mail has not signed in: the token says who it is.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.unsubscribe(token text)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_unsubscribe';
COMMENT ON FUNCTION @extschema@.unsubscribe(text) IS
    'Turns off the e-mails of the type that a token of claim_deliveries() stands for, without a sign-in, and returns the '
    'type; digest is all that digests contain. NULL for an invalid token, which changes nothing. Can be repeated.';

-- Anybody can give anybody's address: what comes of a report is a moderator's doing, but of receipts an address gets five a day.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.mail_reporters(ids bigint[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    most_receipts constant integer := 5;
BEGIN
    INSERT INTO @extschema@.notification_deliveries (report_id, decision_id, channel)
    SELECT r.id, d.id, 'email'
    FROM @extschema@.outbox_events e
    LEFT JOIN @extschema@.report_decisions d ON d.id = e.subject_id AND e.kind = 'report.decided' AND NOT d.is_automatic
    JOIN @extschema@.reports r ON r.id = CASE e.kind WHEN 'report.opened' THEN e.subject_id ELSE d.report_id END
    WHERE e.id = ANY (ids) AND e.kind IN ('report.opened', 'report.decided') AND r.reporter_email IS NOT NULL
      AND (d.id IS NOT NULL OR most_receipts > (
          SELECT count(*)
          FROM @extschema@.reports o
          WHERE lower(o.reporter_email) = lower(r.reporter_email) AND o.created_at > r.created_at - interval '1 day'
            AND (o.created_at, o.id) < (r.created_at, r.id)))
    ON CONFLICT DO NOTHING;
END;
$function$;
COMMENT ON FUNCTION private.mail_reporters(bigint[]) IS
    'Queues e-mails to reporters without an account: the receipt of a report, and each decision about it.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.words_to_reporter(report_id uuid, decision_id uuid)
    RETURNS jsonb
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT jsonb_strip_nulls(jsonb_build_object(
               'number', r.report_number,
               'variant', CASE WHEN d.id IS NULL THEN 'received' WHEN may.appeal THEN 'by_email' ELSE 'by_email_final' END,
               'decision', CASE WHEN d.id IS NOT NULL THEN jsonb_build_object('code', 'report_decision.' || d.decision) END,
               'reason', d.reasons,
               'ground', d.legal_ground,
               'date', CASE WHEN may.appeal THEN jsonb_build_object('at', d.decided_at + interval '6 months') END))
    FROM @extschema@.reports r
    LEFT JOIN @extschema@.report_decisions d ON d.id = words_to_reporter.decision_id
    CROSS JOIN LATERAL (
        SELECT r.status IN ('decided', 'appealed')
               AND NOT EXISTS (SELECT FROM @extschema@.report_appeals a WHERE a.report_id = r.id AND a.by_reporter) AS appeal
    ) AS may
    WHERE r.id = words_to_reporter.report_id
$function$;
COMMENT ON FUNCTION private.words_to_reporter(uuid, uuid) IS
    'What the e-mail to a reporter without an account says: of the receipt, or of a decision and how to appeal against it. '
    'Nothing that the reporter has written: the address may be another''s.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.claim_deliveries(channel text, max_rows integer DEFAULT 100, lease interval DEFAULT '5 minutes')
    RETURNS TABLE (
        delivery_id uuid,
        user_id uuid,
        address text,
        locale text,
        title text,
        body text,
        action_url text,
        dedupe_key text,
        unsubscribe_token text
    )
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    most_attempts constant integer := 8;
    at constant timestamptz := clock_timestamp();
    due uuid[];
BEGIN
    PERFORM private.require_service('send notifications');
    IF channel IS NULL OR max_rows IS NULL OR lease IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN channel IS NULL THEN 'channel' WHEN max_rows IS NULL THEN 'max_rows' ELSE 'lease' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF channel NOT IN ('email', 'push') THEN
        RAISE EXCEPTION 'unrecognized channel: "%"', left(channel, 100)
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Valid channels are email and push.';
    ELSIF lease < interval '1 second' OR lease > interval '1 day' THEN
        RAISE EXCEPTION 'lease must be between 1 second and 1 day' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    due := ARRAY(
        SELECT d.id
        FROM @extschema@.notification_deliveries d
        WHERE d.channel = claim_deliveries.channel::@extschema@.notification_channel
          AND d.status IN ('pending', 'failed') AND d.digest_id IS NULL AND d.next_attempt_at <= at
        ORDER BY d.next_attempt_at
        LIMIT GREATEST(max_rows, 0)
        FOR UPDATE SKIP LOCKED
    );

    -- A claim that nobody has settled eight times is given up.
    UPDATE @extschema@.notification_deliveries d
    SET status = 'dead', settled_at = at, last_error = COALESCE(d.last_error, 'not settled')
    WHERE (d.id = ANY (due) OR d.digest_id = ANY (due)) AND d.attempts >= most_attempts;

    -- What there is no need to send any more.
    UPDATE @extschema@.notification_deliveries d
    SET status = 'skipped', settled_at = at
    WHERE d.id = ANY (due) AND d.status IN ('pending', 'failed') AND NOT EXISTS (
        SELECT FROM private.wanted_deliveries(ARRAY[d.id]) AS wanted
    );

    -- What it would have carried goes with another one.
    UPDATE @extschema@.notification_deliveries d
    SET digest_id = NULL
    FROM @extschema@.notification_deliveries carrier
    WHERE carrier.id = ANY (due) AND carrier.status = 'skipped' AND d.digest_id = carrier.id;

    UPDATE @extschema@.notification_deliveries d
    SET next_attempt_at = private.quiet_until(at, s.timezone, s.quiet_from, s.quiet_to)
    FROM @extschema@.notification_settings s
    WHERE d.id = ANY (due) AND d.status IN ('pending', 'failed') AND s.user_id = d.user_id AND s.quiet_from IS NOT NULL
      AND private.quiet_until(at, s.timezone, s.quiet_from, s.quiet_to) IS NOT NULL;

    -- One e-mail for all that waits for a person's digest.
    WITH carrier AS (
        SELECT DISTINCT ON (d.user_id) d.user_id, d.id
        FROM @extschema@.notification_deliveries d
        WHERE d.id = ANY (due) AND d.in_digest AND d.status IN ('pending', 'failed') AND d.next_attempt_at <= at
        ORDER BY d.user_id, d.created_at, d.id
    ), carried AS (
        SELECT other.id, c.id AS carrier_id
        FROM carrier c
        JOIN @extschema@.notification_deliveries other
          ON other.user_id = c.user_id AND other.id <> c.id AND other.in_digest AND other.digest_id IS NULL
         AND other.status IN ('pending', 'failed') AND other.next_attempt_at <= at
        FOR UPDATE OF other SKIP LOCKED
    )
    UPDATE @extschema@.notification_deliveries d
    SET digest_id = c.carrier_id
    FROM carried c
    WHERE d.id = c.id
      AND NOT EXISTS (SELECT FROM @extschema@.notification_deliveries own WHERE own.digest_id = d.id);

    RETURN QUERY
        WITH claimed AS (
            UPDATE @extschema@.notification_deliveries d
            SET attempts = d.attempts + 1, next_attempt_at = at + lease
            WHERE d.id = ANY (due) AND d.status IN ('pending', 'failed') AND d.digest_id IS NULL AND d.next_attempt_at <= at
            RETURNING d.id, d.notification_id, d.user_id, d.push_token_id, d.in_digest, d.report_id, d.decision_id
        )
        SELECT d.id, d.user_id, COALESCE(t.token, p.email::text), me.locale,
               CASE WHEN d.in_digest AND said.n > 1 THEN
                   CASE WHEN split_part(me.locale, '-', 1) = 'bg' THEN said.n || ' новини' ELSE said.n || ' notifications' END
               ELSE said.title END,
               said.body,
               CASE WHEN said.n = 1 THEN said.action_url END,
               d.id::text,
               CASE WHEN d.push_token_id IS NULL THEN private.unsubscribe_token(d.user_id, CASE WHEN d.in_digest THEN 'digest' ELSE said.type END) END
        FROM claimed d
        JOIN @extschema@.profiles p ON p.id = d.user_id
        JOIN private.readers(ARRAY[d.user_id]) AS me ON true
        LEFT JOIN @extschema@.push_tokens t ON t.id = d.push_token_id
        CROSS JOIN LATERAL (
            SELECT count(*) AS n, min(text.title) AS title, min(n.action_url) AS action_url, min(n.type::text) AS type,
                   CASE WHEN count(*) = 1 THEN min(text.body)
                        ELSE string_agg(concat_ws(E'\n', text.title, NULLIF(text.body, '')), E'\n\n' ORDER BY n.created_at, n.id) END AS body
            FROM @extschema@.notifications n
            CROSS JOIN LATERAL private.notification_text(n.type::text, claim_deliveries.channel, me.locale, me.timezone, n.metadata, n.count) AS text
            WHERE n.id = d.notification_id
               OR n.id IN (SELECT part.notification_id FROM @extschema@.notification_deliveries part
                            WHERE part.digest_id = d.id AND part.status IN ('pending', 'failed'))
              AND EXISTS (SELECT FROM private.wanted_deliveries(ARRAY(
                    SELECT part.id FROM @extschema@.notification_deliveries part WHERE part.digest_id = d.id AND part.notification_id = n.id)))
        ) AS said
        UNION ALL
        SELECT d.id, NULL, r.reporter_email, me.locale, said.title, said.body, '/reports/' || r.id, d.id::text, NULL
        FROM claimed d
        JOIN @extschema@.reports r ON r.id = d.report_id
        CROSS JOIN LATERAL (SELECT COALESCE(private.normal_locale(r.reporter_locale), 'en') AS locale) AS me
        CROSS JOIN LATERAL private.notification_text(
            'report_decided', 'email', me.locale, 'UTC', private.words_to_reporter(r.id, d.decision_id), 1) AS said;
END;
$function$;
COMMENT ON FUNCTION @extschema@.claim_deliveries(text, integer, interval) IS
    'For the service: up to max_rows e-mails or push messages to send now, in the language of each reader; nobody else gets '
    'them until the lease is over. settle_delivery() tells how each went. dedupe_key is the same in all attempts. What was read '
    'or turned off meanwhile is skipped, quiet hours are waited for, and a digest is one e-mail. An e-mail to a reporter without '
    'an account has neither user_id nor unsubscribe_token. Errors: 42501, 22004, 22023.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.wanted_deliveries(ids uuid[])
    RETURNS TABLE (id uuid)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT d.id
    FROM @extschema@.notification_deliveries d
    JOIN @extschema@.notifications n ON n.id = d.notification_id
    JOIN private.notification_map() AS known ON known.type = n.type::text
    JOIN @extschema@.profiles p ON p.id = d.user_id
    LEFT JOIN @extschema@.push_tokens t ON t.id = d.push_token_id
    LEFT JOIN @extschema@.notification_preferences wanted
           ON wanted.user_id = d.user_id AND wanted.type = n.type AND wanted.channel = d.channel
    WHERE d.id = ANY (ids)
      AND COALESCE(wanted.enabled, CASE WHEN d.channel = 'email' THEN known.email ELSE known.push END)
      AND (n.is_read IS NOT TRUE OR known.is_fixed)
      AND CASE known.reaches WHEN 'all' THEN true WHEN 'suspended' THEN p.deleted_at IS NULL ELSE p.deleted_at IS NULL AND p.suspended_at IS NULL END
      AND CASE WHEN d.channel = 'push' THEN t.user_id = d.user_id ELSE p.email <> '' END
      AND (n.type <> 'promotion_alert' OR EXISTS (SELECT FROM @extschema@.notification_settings s WHERE s.user_id = d.user_id AND s.marketing))
      -- read in the conversation itself
      AND (n.type <> 'new_message' OR EXISTS (
          SELECT FROM @extschema@.messages m
          WHERE m.conversation_id = (n.metadata ->> 'conversation')::uuid AND m.sender_id = n.related_user_id AND m.is_read IS NOT TRUE))
    UNION ALL
    -- unless the address is removed, or another decision stands by now
    SELECT d.id
    FROM @extschema@.notification_deliveries d
    JOIN @extschema@.reports r ON r.id = d.report_id
    LEFT JOIN @extschema@.report_decisions told ON told.id = d.decision_id
    WHERE d.id = ANY (ids) AND r.reporter_email IS NOT NULL
      AND NOT EXISTS (SELECT FROM @extschema@.report_decisions later WHERE later.report_id = r.id AND later.decided_at > told.decided_at)
$function$;
COMMENT ON FUNCTION private.wanted_deliveries(uuid[]) IS
    'Those of these deliveries that are still to be sent: not read, not turned off, to an account that the type reaches, or to an address.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.settle_delivery(delivery_id uuid, outcome text, provider_id text DEFAULT NULL, error text DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    most_attempts constant integer := 8;
    delivery record;
    next_status text;
BEGIN
    PERFORM private.require_service('settle deliveries');
    IF settle_delivery.delivery_id IS NULL OR outcome IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN settle_delivery.delivery_id IS NULL THEN 'delivery_id' ELSE 'outcome' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF outcome NOT IN ('sent', 'failed', 'dead') THEN
        RAISE EXCEPTION 'unrecognized outcome: "%"', left(outcome, 100)
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Valid outcomes are sent, failed, and dead.';
    END IF;
    SELECT d.id, d.user_id, d.attempts, d.status, d.push_token_id, d.in_digest INTO delivery
    FROM @extschema@.notification_deliveries d
    WHERE d.id = settle_delivery.delivery_id
    FOR UPDATE;
    IF NOT FOUND THEN
        -- The account or the notification was deleted while it was sent. A sender has nothing to do about that.
        RETURN 'gone';
    ELSIF delivery.attempts = 0 OR delivery.status NOT IN ('pending', 'failed') THEN
        -- told twice: the first time counts
        RETURN delivery.status;
    END IF;
    next_status := CASE WHEN outcome = 'failed' AND delivery.attempts >= most_attempts THEN 'dead' ELSE outcome END;
    UPDATE @extschema@.notification_deliveries d
    SET status = next_status,
        attempts = delivery.attempts,
        settled_at = CASE WHEN next_status <> 'failed' THEN clock_timestamp() END,
        -- 1, 3, 9 minutes and so on
        next_attempt_at = clock_timestamp() + interval '1 minute' * 3 ^ (delivery.attempts - 1),
        provider_id = left(settle_delivery.provider_id, 500),
        last_error = left(settle_delivery.error, 1000)
    WHERE d.id = delivery.id OR d.digest_id = delivery.id;
    IF next_status = 'sent' AND delivery.in_digest THEN
        UPDATE @extschema@.notification_settings s SET email_at = clock_timestamp() WHERE s.user_id = delivery.user_id;
    ELSIF outcome = 'dead' AND delivery.push_token_id IS NOT NULL THEN
        DELETE FROM @extschema@.push_tokens t WHERE t.id = delivery.push_token_id;
    END IF;
    RETURN next_status;
END;
$function$;
COMMENT ON FUNCTION @extschema@.settle_delivery(uuid, text, text, text) IS
    'For the service: tells how a claimed delivery went. outcome is sent, failed (it is tried again, 8 times in all, after 1, 3, '
    '9 minutes and so on), or dead, for an address that no longer exists, which removes a push token. Returns sent, '
    'failed, or dead; of a delivery that was settled before, what it was; gone, if it no longer exists, as after '
    'the account was deleted. Errors: 42501, 22004, 22023.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.prune_deliveries(max_rows integer DEFAULT 10000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    gone integer;
BEGIN
    PERFORM private.require_service('delete old deliveries');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM @extschema@.notification_deliveries
    WHERE id = ANY (ARRAY(
        SELECT d.id FROM @extschema@.notification_deliveries d
        WHERE d.settled_at < now() - interval '90 days'
        ORDER BY d.settled_at
        LIMIT GREATEST(max_rows, 0)
        FOR UPDATE SKIP LOCKED
    ));
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END;
$function$;
COMMENT ON FUNCTION @extschema@.prune_deliveries(integer) IS
    'For the service: deletes up to max_rows deliveries that were settled more than 90 days ago, the oldest first, and returns '
    'their number. Errors: 42501, 22004.';

-- rights: authenticated, service_role (users: admins)
-- definer: Queues what a job tells many users.
CREATE OR REPLACE FUNCTION @extschema@.send_promotion(
    title jsonb,
    message jsonb,
    action_url text DEFAULT NULL,
    audience jsonb DEFAULT '{}',
    at timestamptz DEFAULT now()
)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    sender constant uuid := (SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller());
    queued uuid;
    text jsonb;
BEGIN
    PERFORM private.require_admin('send promotions');
    IF title IS NULL OR message IS NULL OR audience IS NULL OR at IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN title IS NULL THEN 'title' WHEN message IS NULL THEN 'message' WHEN audience IS NULL THEN 'audience' ELSE 'at' END
            USING ERRCODE = 'null_value_not_allowed';
    END IF;
    FOREACH text IN ARRAY ARRAY[title, message] LOOP
        IF jsonb_typeof(text) <> 'object' OR text = '{}' OR EXISTS (
            SELECT FROM jsonb_each(text) AS said
            WHERE said.key !~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' OR jsonb_typeof(said.value) <> 'string' OR length(said.value #>> '{}') NOT BETWEEN 1 AND 2000
        ) THEN
            RAISE EXCEPTION 'invalid text of a promotion'
                USING ERRCODE = 'invalid_parameter_value',
                      DETAIL = 'A text is a JSON object of up to 2000 characters by locale, such as {"en": "Sale", "bg": "Разпродажба"}.';
        END IF;
    END LOOP;
    IF length(action_url) > 2048 THEN
        RAISE EXCEPTION 'action_url must not be longer than 2048 characters' USING ERRCODE = 'invalid_parameter_value';
    ELSIF jsonb_typeof(audience) <> 'object' OR audience - ARRAY['is_seller', 'locale', 'user_ids'] <> '{}'
          OR audience ? 'is_seller' AND jsonb_typeof(audience -> 'is_seller') <> 'boolean'
          OR audience ? 'locale' AND jsonb_typeof(audience -> 'locale') <> 'string'
          OR audience ? 'user_ids' AND (
              jsonb_typeof(audience -> 'user_ids') <> 'array'
              OR pg_catalog.jsonb_path_exists(audience, 'strict $.user_ids[*] ? (@.type() != "string" || !(@ like_regex "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"))')
          ) THEN
        RAISE EXCEPTION 'invalid audience of a promotion'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'An audience is a JSON object with "is_seller" (true or false), "locale", and "user_ids" (an array), or some of them.';
    END IF;
    INSERT INTO @extschema@.notification_fanouts (type, event_id, actor_id, metadata, action_url, audience, run_at)
    VALUES ('promotion_alert', nextval(pg_get_serial_sequence('@extschema@.outbox_events', 'id')), sender,
            pg_catalog.jsonb_build_object('title', title, 'text', message), action_url, audience, at)
    RETURNING id INTO queued;
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, target_id, new_values)
    VALUES (sender, 'send_promotion', 'promotion', queued, pg_catalog.jsonb_build_object('title', title, 'audience', audience));
    RETURN queued;
END;
$function$;
COMMENT ON FUNCTION @extschema@.send_promotion(jsonb, jsonb, text, jsonb, timestamptz) IS
    'For admins and the service: sends a promotion to all users who agreed to marketing, from that time on, by a job, and '
    'returns its ID. Texts are JSON objects by locale. audience narrows: is_seller, locale, user_ids. On record in '
    'admin_audit_log. Errors: 42501, 22004, 22023.';
