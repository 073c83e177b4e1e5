-- Safety: what anybody does about what should not be there, and what they are told. safety_review.sql is the staff's part.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.logged_time(at timestamptz)
    RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US"+00"')
$function$;
COMMENT ON FUNCTION private.logged_time(timestamptz) IS 'A time as records have it, whatever the session''s time zone and date style.';

-- What was reported, for moderators: an edit or a deletion must not take the evidence away. Of a message, that message alone.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.report_target(target_type text, target_id uuid, reporter uuid)
    RETURNS TABLE (owner_id uuid, snapshot jsonb)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
    ROWS 1
AS $function$
BEGIN
    -- Locked, so that it is there until the report is.
    CASE target_type
        WHEN 'listing' THEN
            RETURN QUERY
                SELECT l.seller_id, jsonb_strip_nulls(jsonb_build_object(
                           'title', l.title, 'description', l.description, 'price', l.price, 'currency', l.currency, 'brand', l.brand,
                           'condition', l.condition, 'image_urls', l.image_urls, 'status', l.status, 'slug', l.slug))
                FROM @extschema@.listings l
                WHERE l.id = report_target.target_id AND l.status::text IN ('active', 'reserved', 'sold') AND l.seller_id IS NOT NULL
                FOR NO KEY UPDATE OF l;
        WHEN 'user' THEN
            RETURN QUERY
                SELECT p.id, jsonb_strip_nulls(jsonb_build_object(
                           'username', p.username, 'full_name', p.full_name, 'bio', p.bio, 'avatar_url', p.avatar_url, 'cover_url', p.cover_url,
                           'website', p.website, 'brand_name', p.brand_name, 'brand_description', p.brand_description))
                FROM @extschema@.profiles p
                WHERE p.id = report_target.target_id AND p.deleted_at IS NULL
                FOR KEY SHARE OF p;
        WHEN 'message' THEN
            RETURN QUERY
                SELECT m.sender_id, jsonb_strip_nulls(jsonb_build_object(
                           'content', m.content, 'attachments', m.attachments, 'sent_at', private.logged_time(m.created_at)))
                FROM @extschema@.messages m
                JOIN @extschema@.conversations c ON c.id = m.conversation_id
                WHERE m.id = report_target.target_id AND m.sender_id IS NOT NULL AND reporter IN (c.buyer_id, c.seller_id)
                FOR KEY SHARE OF m;
        WHEN 'rating' THEN
            RETURN QUERY
                SELECT r.rater_user_id, jsonb_strip_nulls(jsonb_build_object(
                           'rating', r.rating, 'type', r.type, 'comment', r.comment, 'given_at', private.logged_time(r.created_at)))
                FROM @extschema@.user_ratings r
                WHERE r.id = report_target.target_id AND r.rater_user_id IS NOT NULL AND r.hidden_at IS NULL
                FOR KEY SHARE OF r;
    END CASE;
END;
$function$;
COMMENT ON FUNCTION private.report_target(text, uuid, uuid) IS
    'Who is responsible for what is reported, and a copy of it; no row for what the reporter cannot see.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.is_reliable_reporter(user_id uuid)
    RETURNS boolean
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT EXISTS (
        SELECT FROM @extschema@.profiles p
        WHERE p.id = is_reliable_reporter.user_id AND p.created_at < now() - interval '7 days' AND p.suspended_at IS NULL AND p.deleted_at IS NULL
    ) AND COALESCE((
        SELECT count(*) FILTER (WHERE r.decision <> 'dismiss') > count(*) FILTER (WHERE r.decision = 'dismiss')
        FROM @extschema@.reports r
        WHERE r.reporter_id = is_reliable_reporter.user_id AND r.decision IS NOT NULL
    ), false)
$function$;
COMMENT ON FUNCTION private.is_reliable_reporter(uuid) IS
    'Whether a user''s account is older than seven days and moderators have agreed with most of the user''s reports.';

-- Never a person, and only until moderators decide.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.hide_reported_listing(report_id uuid)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    hidden uuid;
    before text;
    made uuid;
BEGIN
    SELECT l.id, l.status::text INTO hidden, before
    FROM @extschema@.reports r
    JOIN @extschema@.listings l ON l.id = r.target_id
    WHERE r.id = hide_reported_listing.report_id AND l.status::text = 'active'
      -- a moderator has looked at it, and left it: that stands for a while
      AND NOT EXISTS (SELECT FROM @extschema@.reports d WHERE d.target_id = l.id AND d.target_type = 'listing' AND d.decided_at > now() - interval '30 days')
      AND 3 <= (
        SELECT count(DISTINCT o.reporter_id)
        FROM @extschema@.reports o
        WHERE o.target_id = l.id AND o.target_type = 'listing' AND o.status IN ('open', 'claimed')
          AND private.is_reliable_reporter(o.reporter_id)
      );
    IF hidden IS NULL THEN
        RETURN false;
    END IF;
    UPDATE @extschema@.listings SET status = 'removed' WHERE id = hidden;
    INSERT INTO @extschema@.admin_audit_log (action, target_type, target_id, old_values, new_values)
    VALUES ('moderate_listing', 'listing', hidden, jsonb_build_object('status', before),
            jsonb_build_object('status', 'removed', 'automatic', true, 'reason', 'Several reports wait for a decision.'));
    INSERT INTO @extschema@.report_decisions (report_id, decision, reasons, is_automatic)
    VALUES (hide_reported_listing.report_id, 'remove_listing', 'Several users have reported this listing. It is hidden until a moderator decides.', true)
    RETURNING id INTO made;
    PERFORM private.record_event('report.decided', made, NULL);
    RETURN true;
END;
$function$;
COMMENT ON FUNCTION private.hide_reported_listing(uuid) IS
    'Removes the listing of a report until moderators decide, if three reliable users have open reports about it. The caller '
    'has locked the listing. Returns whether it did.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.add_report(
    target_type text,
    target_id uuid,
    category text,
    details text,
    evidence jsonb,
    email text,
    locale text
)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_variable
DECLARE
    reporter constant uuid := (SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller() AND p.deleted_at IS NULL);
    address constant text := NULLIF(btrim(add_report.email), '');
    language constant text := NULLIF(btrim(add_report.locale), '');
    words constant text := NULLIF(btrim(add_report.details), '');
    about record;
    made uuid;
BEGIN
    IF add_report.target_type IS NULL OR add_report.target_id IS NULL OR add_report.category IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN add_report.target_type IS NULL THEN 'target_type' WHEN add_report.target_id IS NULL THEN 'target_id' ELSE 'category' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF add_report.target_type NOT IN ('listing', 'user', 'message', 'rating') THEN
        RAISE EXCEPTION 'unrecognized target_type: "%"', left(add_report.target_type, 50)
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Valid types are listing, user, message, and rating.';
    ELSIF add_report.category NOT IN ('spam', 'counterfeit', 'prohibited', 'offensive', 'scam', 'illegal', 'other') THEN
        RAISE EXCEPTION 'unrecognized category: "%"', left(add_report.category, 50)
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Valid categories are spam, counterfeit, prohibited, offensive, scam, illegal, and other.';
    ELSIF length(words) > 10000 OR add_report.evidence IS NOT NULL AND (
              jsonb_typeof(add_report.evidence) <> 'array' OR jsonb_array_length(add_report.evidence) > 10
              OR EXISTS (SELECT FROM jsonb_array_elements(add_report.evidence) AS link (value)
                          WHERE jsonb_typeof(link.value) <> 'string' OR length(link.value #>> '{}') NOT BETWEEN 1 AND 2048)) THEN
        RAISE EXCEPTION 'invalid report'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Details have at most 10000 characters, and evidence is an array of at most 10 addresses or paths of at most 2048 characters.';
    ELSIF add_report.category = 'illegal' AND words IS NULL THEN
        RAISE EXCEPTION 'details are required for the category illegal'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Say why it is illegal.';
    ELSIF address IS NOT NULL AND (length(address) > 320 OR address !~ '^[^][:space:]@,;:<>()"\\[]+@[^][:space:]@,;:<>()"\\[]+$') THEN
        -- nor one that a mailer would read as several
        RAISE EXCEPTION 'invalid e-mail address' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM private.require_locale(language);
    -- Of what is illegal anybody can give notice.
    IF add_report.category <> 'illegal' THEN
        PERFORM private.require_trader();
    ELSIF reporter IS NULL AND address IS NULL THEN
        RAISE EXCEPTION 'an e-mail address is required without an account'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Pass email, or sign in.';
    END IF;

    SELECT t.owner_id, t.snapshot INTO about FROM private.report_target(add_report.target_type, add_report.target_id, reporter) AS t;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% "%" does not exist', add_report.target_type, add_report.target_id USING ERRCODE = 'no_data_found';
    ELSIF about.owner_id = reporter THEN
        RAISE EXCEPTION 'cannot report your own %', CASE add_report.target_type WHEN 'user' THEN 'account' ELSE add_report.target_type END
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    -- Told again while it is open, it is the same add_report.
    SELECT r.id INTO made
    FROM @extschema@.reports r
    WHERE r.target_id = add_report.target_id AND r.target_type = add_report.target_type AND r.status IN ('open', 'claimed')
      AND CASE WHEN reporter IS NULL THEN r.reporter_id IS NULL AND lower(r.reporter_email) = lower(address) ELSE r.reporter_id = reporter END;
    IF FOUND THEN
        RETURN made;
    END IF;
    -- One after the other, or two sessions would both be below the limit.
    PERFORM FROM @extschema@.profiles p WHERE p.id = reporter FOR NO KEY UPDATE;
    IF 50 <= (SELECT count(*) FROM @extschema@.reports r WHERE r.reporter_id = reporter AND r.created_at > now() - interval '1 day') THEN
        RAISE EXCEPTION 'too many reports in one day'
            USING ERRCODE = 'MK015', DETAIL = 'A user can send 50 reports in 24 hours.';
    END IF;
    INSERT INTO @extschema@.reports (report_number, reporter_id, reporter_email, reporter_locale, target_type, target_id, target_owner, category, details, evidence, snapshot, priority)
    VALUES ('REP' || substr(@extschema@.generate_order_number(), 4), reporter, CASE WHEN reporter IS NULL THEN address END, CASE WHEN reporter IS NULL THEN language END, add_report.target_type, add_report.target_id,
            about.owner_id, add_report.category, words, COALESCE(add_report.evidence, '[]'), about.snapshot,
            CASE add_report.category WHEN 'illegal' THEN 3 WHEN 'spam' THEN 0 WHEN 'other' THEN 1 ELSE 2 END)
    ON CONFLICT DO NOTHING
    RETURNING id INTO made;
    IF NOT FOUND THEN
        SELECT r.id INTO made
        FROM @extschema@.reports r
        WHERE r.target_id = add_report.target_id AND r.target_type = add_report.target_type AND r.status IN ('open', 'claimed')
          AND CASE WHEN reporter IS NULL THEN r.reporter_id IS NULL AND lower(r.reporter_email) = lower(address) ELSE r.reporter_id = reporter END;
        RETURN made;
    END IF;
    PERFORM private.record_event('report.opened', made, reporter);
    IF add_report.target_type = 'listing' THEN
        PERFORM private.hide_reported_listing(made);
    END IF;
    RETURN made;
END;
$function$;
COMMENT ON FUNCTION private.add_report(text, uuid, text, text, jsonb, text, text) IS 'report(), with rights of the owner.';

-- SECURITY INVOKER, because anon may call no function with rights of its owner: it takes them for its statement only.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.report(
    target_type text,
    target_id uuid,
    category text,
    details text DEFAULT NULL,
    evidence jsonb DEFAULT '[]',
    email text DEFAULT NULL,
    locale text DEFAULT NULL
)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_report';
COMMENT ON FUNCTION @extschema@.report(text, uuid, text, text, jsonb, text, text) IS
    'Reports a listing, user, message, or rating to the moderators, with a copy of it, and returns the ID of the report, '
    'which is the receipt: my_reports() and report_status() show what becomes of it. target_type: listing, user, message, '
    'rating; category: spam, counterfeit, prohibited, offensive, scam, illegal, other. Details are required for illegal, '
    'which anybody can report, also suspended and anonymous users, and without an account with an e-mail address, to which '
    'the receipt and the decisions are sent, in the language of locale. A second report about the same while the first is '
    'open returns the first. A message can be reported by the other participant only. A listing with open reports of three reliable users is hidden until moderators decide. Errors: 42501, 22004, 22023, P0002, '
    '55000 for the caller''s own, MK015 above 50 reports in 24 hours.';

-- rights: authenticated, service_role
-- definer: Shows reports of the caller only.
CREATE OR REPLACE FUNCTION @extschema@.my_reports()
    RETURNS TABLE (
        report_id uuid,
        report_number text,
        target_type text,
        target_id uuid,
        category text,
        details text,
        status text,
        created_at timestamptz,
        decision_id uuid,
        decision text,
        reasons text,
        legal_ground text,
        decided_at timestamptz,
        appeal_until timestamptz,
        appealed_at timestamptz
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY DEFINER
    ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT r.id, r.report_number::text, r.target_type, r.target_id, r.category, r.details,
           -- who works on it is no reporter's business
           CASE r.status WHEN 'claimed' THEN 'open' ELSE r.status END, r.created_at,
           d.id, d.decision, d.reasons, d.legal_ground, d.decided_at,
           CASE WHEN a.id IS NULL AND r.status IN ('decided', 'appealed') THEN d.decided_at + interval '6 months' END, a.created_at
      FROM @extschema@.reports r
      LEFT JOIN LATERAL (
        SELECT made.* FROM @extschema@.report_decisions made
         WHERE made.report_id = r.id AND NOT made.is_automatic
         ORDER BY made.decided_at DESC LIMIT 1
      ) d ON true
      LEFT JOIN @extschema@.report_appeals a ON a.report_id = r.id AND a.by_reporter
     WHERE r.reporter_id = private.caller()
     ORDER BY r.created_at DESC, r.id
$function$;
COMMENT ON FUNCTION @extschema@.my_reports() IS
    'Returns the reports that the caller has sent, the latest first, each with the decision that stands and its reasons. '
    'appeal_until is NULL when the caller can appeal no more.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.status_of_report(report_id uuid)
    RETURNS TABLE (
        report_number text,
        target_type text,
        category text,
        status text,
        created_at timestamptz,
        decision text,
        reasons text,
        legal_ground text,
        decided_at timestamptz
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT r.report_number::text, r.target_type, r.category, CASE r.status WHEN 'claimed' THEN 'open' ELSE r.status END, r.created_at,
           d.decision, d.reasons, d.legal_ground, d.decided_at
      FROM @extschema@.reports r
      LEFT JOIN LATERAL (
        SELECT made.* FROM @extschema@.report_decisions made
         WHERE made.report_id = r.id AND NOT made.is_automatic
         ORDER BY made.decided_at DESC LIMIT 1
      ) d ON true
     WHERE r.id = status_of_report.report_id AND (r.reporter_email IS NOT NULL OR r.reporter_id = private.caller() OR private.is_service())
$function$;
COMMENT ON FUNCTION private.status_of_report(uuid) IS 'report_status(), with rights of the owner.';

-- SECURITY INVOKER as report().
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.report_status(report_id uuid)
    RETURNS TABLE (
        report_number text,
        target_type text,
        category text,
        status text,
        created_at timestamptz,
        decision text,
        reasons text,
        legal_ground text,
        decided_at timestamptz
    )
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 1
    AS 'MODULE_PATHNAME', 'driplo_report_status';
COMMENT ON FUNCTION @extschema@.report_status(uuid) IS
    'Returns what became of a report without an account, or of one of the caller''s, by the ID that report() has returned; no '
    'row for others.';

-- rights: authenticated, service_role
-- definer: Shows decisions about the caller only, without who reported or decided.
CREATE OR REPLACE FUNCTION @extschema@.my_decisions()
    RETURNS TABLE (
        decision_id uuid,
        target_type text,
        target_id uuid,
        title text,
        decision text,
        reasons text,
        legal_ground text,
        is_automatic boolean,
        decided_at timestamptz,
        suspended_until timestamptz,
        stands boolean,
        appeal_until timestamptz,
        appealed_at timestamptz
    )
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY DEFINER
    ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT d.id, r.target_type, r.target_id, r.snapshot ->> 'title', d.decision, d.reasons, d.legal_ground, d.is_automatic, d.decided_at,
           d.suspended_until, latest.id IS NULL,
           CASE WHEN latest.id IS NULL AND NOT d.is_automatic AND d.decision <> 'dismiss' AND a.id IS NULL AND r.status IN ('decided', 'appealed')
                THEN d.decided_at + interval '6 months' END, a.created_at
      FROM @extschema@.reports r
      JOIN @extschema@.report_decisions d ON d.report_id = r.id
      LEFT JOIN LATERAL (
        SELECT made.id FROM @extschema@.report_decisions made WHERE made.report_id = r.id AND made.decided_at > d.decided_at LIMIT 1
      ) latest ON true
      LEFT JOIN @extschema@.report_appeals a ON a.report_id = r.id AND NOT a.by_reporter
     WHERE r.target_owner = private.caller()
       -- of a report that came to nothing nobody is told
       AND (d.decision <> 'dismiss' OR d.replaced_decision <> 'dismiss')
     ORDER BY d.decided_at DESC, d.id
$function$;
COMMENT ON FUNCTION @extschema@.my_decisions() IS
    'Returns the decisions of moderators about the caller, and listings, messages, and ratings of the caller, the latest '
    'first, with their reasons; never who reported. stands is false once another decision has replaced it. appeal_until is '
    'NULL when the caller cannot appeal. Suspended users can call it too.';

-- rights: authenticated, service_role
-- definer: Writes an appeal against a decision about a report of the caller's, or about the caller.
CREATE OR REPLACE FUNCTION @extschema@.appeal_decision(decision_id uuid, message text)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    caller constant uuid := private.caller();
    words constant text := NULLIF(btrim(appeal_decision.message), '');
    appealed record;
    made uuid;
BEGIN
    IF appeal_decision.decision_id IS NULL OR appeal_decision.message IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN appeal_decision.decision_id IS NULL THEN 'decision_id' ELSE 'message' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF words IS NULL THEN
        RAISE EXCEPTION 'message must not be empty' USING ERRCODE = 'invalid_parameter_value', HINT = 'An appeal must say why the decision should be changed.';
    ELSIF length(words) > 10000 THEN
        RAISE EXCEPTION 'message is too long' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'It can have 10000 characters.';
    END IF;
    -- The service without a user is a reporter without an account, who has written by e-mail.
    SELECT r.id, r.status, d.decision, d.is_automatic, d.decided_at,
           CASE WHEN caller IS NULL THEN private.is_service() AND r.reporter_email IS NOT NULL ELSE r.reporter_id IS NOT DISTINCT FROM caller END AS by_reporter
      INTO appealed
      FROM @extschema@.report_decisions d
      JOIN @extschema@.reports r ON r.id = d.report_id
     WHERE d.id = appeal_decision.decision_id
       AND CASE WHEN caller IS NULL THEN private.is_service() AND r.reporter_email IS NOT NULL ELSE caller IN (r.reporter_id, r.target_owner) END
       AND (NOT d.is_automatic OR r.target_owner = caller)
       -- what only one of them was told of
       AND (d.decision <> 'dismiss' OR r.target_owner IS DISTINCT FROM caller OR d.replaced_decision <> 'dismiss')
       FOR UPDATE OF r;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'decision "%" does not exist', appeal_decision.decision_id USING ERRCODE = 'no_data_found';
    ELSIF appealed.is_automatic THEN
        RAISE EXCEPTION 'decision is not final' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Wait until a moderator has decided.';
    ELSIF EXISTS (SELECT FROM @extschema@.report_appeals a WHERE a.report_id = appealed.id AND a.by_reporter = appealed.by_reporter) THEN
        RAISE EXCEPTION 'an appeal was made already' USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Each side can appeal once.';
    ELSIF appealed.status NOT IN ('decided', 'appealed') OR appealed.decided_at + interval '6 months' <= now() THEN
        RAISE EXCEPTION 'decision can no longer be appealed'
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = 'Decisions can be appealed for six months.';
    ELSIF NOT appealed.by_reporter AND appealed.decision = 'dismiss'
          OR EXISTS (SELECT FROM @extschema@.report_decisions d WHERE d.report_id = appealed.id AND d.decided_at > appealed.decided_at) THEN
        RAISE EXCEPTION 'decision was replaced by another one' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Read the decisions again.';
    END IF;
    INSERT INTO @extschema@.report_appeals (report_id, appellant_id, by_reporter, message)
    VALUES (appealed.id, caller, appealed.by_reporter, words)
    RETURNING id INTO made;
    -- What a moderator has claimed of it stays claimed.
    UPDATE @extschema@.reports r SET status = 'appealed' WHERE r.id = appealed.id AND r.status <> 'appealed';
    RETURN made;
END;
$function$;
COMMENT ON FUNCTION @extschema@.appeal_decision(uuid, text) IS
    'Appeals against a decision about a report of the caller''s, or about the caller: once, within six months; another '
    'moderator decides. Suspended users can appeal. The service without a user does so for a reporter without an account. '
    'Returns the ID of the appeal. Errors: 22004, 22023, P0002, 55000.';

CREATE OR REPLACE FUNCTION private.forget_reported_person()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    NEW.owner_left_at := now();
    IF NEW.target_type = 'user' THEN
        NEW.target_id := NULL;
        NEW.snapshot := '{}';
    END IF;
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.forget_reported_person() IS
    'Trigger on reports: when the account of the reported user is deleted, the copy of the profile goes with it; copies of '
    'other things stay until prune_reports() removes the report.';
