-- Safety, the staff's part: the queue, who works on a report, decisions and what they do, and what ends by itself.

-- rights: authenticated, service_role (users: staff)
-- definer: Shows reports to moderators, without those in which they have a part.
CREATE OR REPLACE FUNCTION @extschema@.review_queue(status text DEFAULT 'open', max_rows integer DEFAULT 50)
    RETURNS TABLE (
        report_id uuid,
        report_number text,
        state text,
        priority integer,
        category text,
        target_type text,
        target_id uuid,
        target_owner uuid,
        snapshot jsonb,
        details text,
        evidence jsonb,
        reporter_id uuid,
        open_reports integer,
        decision text,
        appeals jsonb,
        claimed_by uuid,
        claimed_until timestamptz,
        created_at timestamptz
    )
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    ROWS 50
AS $function$
#variable_conflict use_column
DECLARE
    caller constant uuid := private.caller();
    at constant timestamptz := statement_timestamp();
BEGIN
    PERFORM private.require_staff('review reports');
    IF review_queue.status IS NULL OR review_queue.status NOT IN ('open', 'claimed', 'appealed', 'decided', 'closed') THEN
        RAISE EXCEPTION 'unrecognized status: "%"', left(COALESCE(review_queue.status, 'NULL'), 50)
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Valid values are open, claimed, appealed, decided, and closed.';
    ELSIF review_queue.max_rows IS NULL OR review_queue.max_rows NOT BETWEEN 0 AND 1000 THEN
        RAISE EXCEPTION 'max_rows must be between 0 and 1000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
        SELECT r.id, r.report_number::text, r.status, r.priority::integer, r.category, r.target_type, r.target_id, r.target_owner, r.snapshot,
               r.details, r.evidence, r.reporter_id,
               (SELECT count(*)::integer FROM @extschema@.reports o
                 WHERE o.target_id = r.target_id AND o.target_type = r.target_type AND o.status IN ('open', 'claimed')),
               r.decision,
               (SELECT jsonb_agg(jsonb_build_object('by_reporter', a.by_reporter, 'message', a.message, 'created_at', a.created_at) ORDER BY a.created_at)
                  FROM @extschema@.report_appeals a WHERE a.report_id = r.id AND a.answered_by IS NULL),
               r.claimed_by, r.claimed_until, r.created_at
          FROM @extschema@.reports r
         WHERE CASE review_queue.status
                   WHEN 'open' THEN r.status = 'open' OR r.status = 'claimed' AND r.claimed_until <= at
                   WHEN 'claimed' THEN r.status IN ('claimed', 'appealed') AND r.claimed_until > at
                   WHEN 'appealed' THEN r.status = 'appealed' AND (r.claimed_until > at) IS NOT TRUE
                   ELSE r.status = review_queue.status
               END
           AND (caller IS NULL OR NOT private.has_part_in_report(r.id, caller))
           AND (r.status <> 'appealed' OR caller IS NULL
                OR NOT EXISTS (SELECT FROM @extschema@.report_decisions d WHERE d.report_id = r.id AND d.decided_by = caller))
         ORDER BY r.priority DESC, r.created_at, r.id
         LIMIT review_queue.max_rows;
END;
$function$;
COMMENT ON FUNCTION @extschema@.review_queue(text, integer) IS
    'For moderators, admins, and the service: reports by status, the most urgent and then the oldest first, with what was '
    'reported as it was then, the number of open reports about the same, and appeals that wait for an answer. open also '
    'has reports whose claim has ended; claimed is what moderators are working on. Without reports in which the caller has a part. '
    'Errors: 42501, 22023.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.has_part_in_report(report_id uuid, user_id uuid)
    RETURNS boolean
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    -- Of blocks only the own ones: the answer must not tell by whom one is blocked.
    SELECT EXISTS (
        SELECT FROM @extschema@.reports r
        CROSS JOIN LATERAL (VALUES (r.reporter_id), (r.target_owner)) AS party (id)
        WHERE r.id = has_part_in_report.report_id
          AND (party.id = has_part_in_report.user_id
               OR private.have_open_order(has_part_in_report.user_id, party.id)
               OR EXISTS (SELECT FROM @extschema@.user_blocks b WHERE b.blocker_id = has_part_in_report.user_id AND b.blocked_id = party.id))
    )
$function$;
COMMENT ON FUNCTION private.has_part_in_report(uuid, uuid) IS
    'Whether a user has reported, is reported, or has an open order with, or a block of, one of these two.';

-- Locks what a decision touches, in the sequence in which everybody locks, and the report last.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.lock_report(report_id uuid, all_listings boolean)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    caller constant uuid := private.caller();
    about record;
BEGIN
    SELECT r.target_type, r.target_id, r.target_owner INTO about FROM @extschema@.reports r WHERE r.id = lock_report.report_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'report "%" does not exist', lock_report.report_id USING ERRCODE = 'no_data_found';
    END IF;
    -- Of a seller who is suspended also what an order that ends could put on sale again.
    PERFORM FROM @extschema@.listings l
      WHERE about.target_type = 'listing' AND l.id = about.target_id
         OR all_listings AND l.seller_id = about.target_owner AND l.status::text IN ('active', 'reserved', 'sold')
      ORDER BY l.id FOR NO KEY UPDATE;
    PERFORM FROM @extschema@.profiles p WHERE p.id IN (caller, about.target_owner) ORDER BY p.id FOR NO KEY UPDATE;
    PERFORM FROM @extschema@.reports r WHERE r.id = lock_report.report_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'report "%" does not exist', lock_report.report_id USING ERRCODE = 'no_data_found';
    END IF;
    -- By now: the role may have been taken meanwhile.
    PERFORM private.require_staff('review reports');
END;
$function$;
COMMENT ON FUNCTION private.lock_report(uuid, boolean) IS
    'Locks a report with the listing and the users that a decision can concern. Errors: 42501, P0002.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_reviewer(report_id uuid)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    caller constant uuid := private.caller();
    known record;
BEGIN
    SELECT r.status, r.claimed_by, r.claimed_until, r.target_owner INTO known FROM @extschema@.reports r WHERE r.id = require_reviewer.report_id;
    IF known.status NOT IN ('open', 'claimed', 'appealed') THEN
        RAISE EXCEPTION 'report was decided already' USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'An appeal opens it again.';
    ELSIF caller IS NULL THEN
        RETURN;
    ELSIF private.has_part_in_report(require_reviewer.report_id, caller) THEN
        RAISE EXCEPTION 'cannot review a report in which you have a part'
            USING ERRCODE = 'object_not_in_prerequisite_state',
                  DETAIL = 'You have reported, are reported, or have an open order with, or a block of, one of these two users.',
                  HINT = 'Ask another moderator.';
    ELSIF COALESCE(private.caller_role(), '') <> 'admin' AND NOT private.is_service()
          AND EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = known.target_owner AND p.role::text IN ('moderator', 'admin')) THEN
        RAISE EXCEPTION 'only an admin or the service can review reports about staff' USING ERRCODE = 'insufficient_privilege';
    ELSIF known.status = 'appealed'
          AND EXISTS (SELECT FROM @extschema@.report_decisions d WHERE d.report_id = require_reviewer.report_id AND d.decided_by = caller) THEN
        RAISE EXCEPTION 'cannot review an appeal against your own decision'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Ask another moderator.';
    ELSIF known.claimed_by <> caller AND known.claimed_until > clock_timestamp() THEN
        RAISE EXCEPTION 'report is claimed by another moderator'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Take another one, or wait until the claim ends.';
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.require_reviewer(uuid) IS
    'Fails if the report waits for no decision, or not for one of the caller''s. The caller has locked it. Errors: 42501, 55000.';

-- rights: authenticated, service_role (users: staff)
-- definer: Marks a report as the caller's work.
CREATE OR REPLACE FUNCTION @extschema@.claim_report(report_id uuid, minutes integer DEFAULT 30)
    RETURNS timestamptz
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    caller constant uuid := private.acting_for(NULL, false);
    until timestamptz;
BEGIN
    PERFORM private.require_staff('review reports');
    IF claim_report.report_id IS NULL THEN
        RAISE EXCEPTION 'report_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF claim_report.minutes IS NULL OR claim_report.minutes NOT BETWEEN 0 AND 1440 THEN
        RAISE EXCEPTION 'minutes must be between 0 and 1440' USING ERRCODE = 'invalid_parameter_value', DETAIL = 'With 0, a claim is given up.';
    END IF;
    PERFORM private.lock_report(claim_report.report_id, false);
    PERFORM private.require_reviewer(claim_report.report_id);
    until := clock_timestamp() + claim_report.minutes * interval '1 minute';
    UPDATE @extschema@.reports r
       SET status = CASE WHEN r.status = 'appealed' THEN 'appealed' WHEN claim_report.minutes = 0 THEN 'open' ELSE 'claimed' END,
           claimed_by = CASE WHEN claim_report.minutes > 0 THEN caller END,
           claimed_until = CASE WHEN claim_report.minutes > 0 THEN until END
     WHERE r.id = claim_report.report_id;
    RETURN until;
END;
$function$;
COMMENT ON FUNCTION @extschema@.claim_report(uuid, integer) IS
    'For moderators and admins: keeps a report, or an appeal, for the caller for that many minutes, and returns until when. '
    'Called again it extends the claim; 0 gives it up. Refused in cases of the caller''s own, and for an appeal if the caller has decided '
    'before. Errors: 42501, 22004, 22023, P0002, 55000.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.suspend_by_report(report_id uuid, user_id uuid, until timestamptz, reason text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    before record;
BEGIN
    SELECT p.suspended_at, p.suspended_until INTO before FROM @extschema@.profiles p WHERE p.id = user_id;
    -- A longer one stays.
    UPDATE @extschema@.profiles p
       SET suspended_at = COALESCE(p.suspended_at, now()), suspended_until = suspend_by_report.until
     WHERE p.id = user_id AND (p.suspended_at IS NULL OR p.suspended_until < COALESCE(suspend_by_report.until, 'infinity'));
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE @extschema@.listings l
       SET status = 'archived'
     WHERE l.id IN (SELECT o.id FROM @extschema@.listings o WHERE o.seller_id = user_id AND o.status::text = 'active' ORDER BY o.id FOR NO KEY UPDATE);
    INSERT INTO @extschema@.admin_approvals (request_type, request_id, admin_id, action, notes, metadata)
    VALUES ('user_ban', user_id, private.caller(), 'approve', reason, jsonb_build_object('act', 'suspend_user', 'report_id', suspend_by_report.report_id));
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, target_id, old_values, new_values)
    VALUES (private.caller(), 'suspend_user', 'profile', user_id,
            jsonb_build_object('suspended_at', private.logged_time(before.suspended_at), 'suspended_until', private.logged_time(before.suspended_until)),
            jsonb_build_object('suspended_at', private.logged_time(COALESCE(before.suspended_at, now())), 'suspended_until', private.logged_time(suspend_by_report.until),
                               'report_id', suspend_by_report.report_id, 'reason', reason));
END;
$function$;
COMMENT ON FUNCTION private.suspend_by_report(uuid, uuid, timestamptz, text) IS
    'Suspends a user, until a time or without end, because of a report. The caller has locked listings and profile.';

-- Only what this report has brought about: an admin's suspension, and what other reports have decided, stay.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.end_suspension_by_report(report_id uuid, user_id uuid, reason text)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    before record;
    rest timestamptz;
BEGIN
    SELECT p.suspended_at, p.suspended_until INTO before
      FROM @extschema@.profiles p
     CROSS JOIN LATERAL (
        SELECT made.* FROM @extschema@.report_decisions made
         WHERE made.report_id = end_suspension_by_report.report_id AND NOT made.is_automatic ORDER BY made.decided_at DESC LIMIT 1
     ) d
     WHERE p.id = user_id AND p.suspended_at <= d.decided_at AND p.suspended_until IS NOT DISTINCT FROM d.suspended_until
       -- a longer one had stayed
       AND EXISTS (SELECT FROM @extschema@.admin_audit_log g
                    WHERE g.target_id = user_id AND g.action = 'suspend_user'
                      AND g.new_values ->> 'report_id' = end_suspension_by_report.report_id::text);
    IF NOT FOUND THEN
        RETURN;
    END IF;
    SELECT max(COALESCE(d.suspended_until, 'infinity')) INTO rest
      FROM @extschema@.reports r
      JOIN LATERAL (
        SELECT made.* FROM @extschema@.report_decisions made WHERE made.report_id = r.id AND NOT made.is_automatic ORDER BY made.decided_at DESC LIMIT 1
      ) d ON d.decision LIKE 'suspend\_%'
     WHERE r.target_owner = user_id AND r.id <> end_suspension_by_report.report_id AND COALESCE(d.suspended_until, 'infinity') > now();
    UPDATE @extschema@.profiles p
       SET suspended_at = CASE WHEN rest IS NOT NULL THEN p.suspended_at END, suspended_until = NULLIF(rest, 'infinity')
     WHERE p.id = user_id;
    INSERT INTO @extschema@.admin_approvals (request_type, request_id, admin_id, action, notes, metadata)
    VALUES ('user_ban', user_id, private.caller(), 'reject', reason, jsonb_build_object('act', 'reinstate_user', 'report_id', end_suspension_by_report.report_id));
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, target_id, old_values, new_values)
    VALUES (private.caller(), 'reinstate_user', 'profile', user_id,
            jsonb_build_object('suspended_at', private.logged_time(before.suspended_at), 'suspended_until', private.logged_time(before.suspended_until)),
            jsonb_build_object('suspended_at', CASE WHEN rest IS NOT NULL THEN private.logged_time(before.suspended_at) END, 'suspended_until', private.logged_time(NULLIF(rest, 'infinity')),
                               'report_id', end_suspension_by_report.report_id, 'reason', reason));
END;
$function$;
COMMENT ON FUNCTION private.end_suspension_by_report(uuid, uuid, text) IS
    'Ends the suspension that a report has brought about, or shortens it to what other reports have. The caller has locked the profile.';

-- What a decision does (applied), or what it did is taken back.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.carry_out_decision(report_id uuid, decision text, until timestamptz, reason text, applied boolean)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    about record;
    shown text;
BEGIN
    SELECT r.target_type, r.target_id, r.target_owner,
           EXISTS (SELECT FROM @extschema@.reports o
                    WHERE o.target_id = r.target_id AND o.target_type = r.target_type AND o.id <> r.id AND o.decision = carry_out_decision.decision) AS also_by_another
      INTO about
      FROM @extschema@.reports r WHERE r.id = carry_out_decision.report_id;
    CASE
        WHEN decision = 'remove_listing' THEN
            SELECT l.status::text INTO shown FROM @extschema@.listings l WHERE l.id = about.target_id;
            IF applied AND shown <> 'removed' AND shown <> 'deleted' THEN
                PERFORM @extschema@.moderate_listing(about.target_id, 'remove', reason);
            ELSIF NOT applied AND shown = 'removed' AND NOT about.also_by_another THEN
                PERFORM @extschema@.moderate_listing(about.target_id, 'restore', reason);
            END IF;
        WHEN decision = 'hide_rating' THEN
            UPDATE @extschema@.user_ratings r
               SET hidden_at = CASE WHEN applied THEN now() END
             WHERE r.id = about.target_id AND (r.hidden_at IS NULL) = applied AND (applied OR NOT about.also_by_another);
        WHEN decision LIKE 'suspend\_%' AND applied THEN
            PERFORM private.suspend_by_report(carry_out_decision.report_id, about.target_owner, until, reason);
        WHEN decision LIKE 'suspend\_%' THEN
            PERFORM private.end_suspension_by_report(carry_out_decision.report_id, about.target_owner, reason);
        ELSE NULL;
    END CASE;
END;
$function$;
COMMENT ON FUNCTION private.carry_out_decision(uuid, text, timestamptz, text, boolean) IS
    'Does what a decision about a report means, or takes it back. What is gone meanwhile is left alone.';

-- rights: authenticated, service_role (users: staff)
-- definer: Writes decisions and what follows from them, after asking who the caller is and whose case it is.
CREATE OR REPLACE FUNCTION @extschema@.decide_report(report_id uuid, decision text, reasons text, legal_ground text DEFAULT NULL)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    caller constant uuid := private.caller();
    words constant text := NULLIF(btrim(decide_report.reasons), '');
    ground constant text := NULLIF(btrim(decide_report.legal_ground), '');
    known record;
    until timestamptz;
    made uuid;
BEGIN
    PERFORM private.require_staff('review reports');
    IF decide_report.report_id IS NULL OR decide_report.decision IS NULL OR decide_report.reasons IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN decide_report.report_id IS NULL THEN 'report_id' WHEN decide_report.decision IS NULL THEN 'decision' ELSE 'reasons' END
            USING ERRCODE = 'null_value_not_allowed', HINT = 'A decision needs reasons, which both sides can read.';
    ELSIF words IS NULL THEN
        RAISE EXCEPTION 'reasons must not be empty' USING ERRCODE = 'invalid_parameter_value', HINT = 'A decision needs reasons, which both sides can read.';
    ELSIF length(words) > 10000 OR length(ground) > 1000 THEN
        RAISE EXCEPTION 'reasons or legal_ground are too long'
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Reasons have at most 10000 characters, and a legal ground at most 1000.';
    ELSIF decide_report.decision NOT IN ('dismiss', 'warn', 'remove_listing', 'hide_rating', 'suspend_7d', 'suspend_30d', 'suspend_forever') THEN
        RAISE EXCEPTION 'unrecognized decision: "%"', left(decide_report.decision, 50)
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Valid decisions are dismiss, warn, remove_listing, hide_rating, suspend_7d, suspend_30d, and suspend_forever.';
    END IF;
    PERFORM private.lock_report(decide_report.report_id, decide_report.decision LIKE 'suspend\_%');
    PERFORM private.require_reviewer(decide_report.report_id);
    SELECT r.status, r.target_type, r.target_id, r.target_owner, r.decision INTO known FROM @extschema@.reports r WHERE r.id = decide_report.report_id;
    IF decide_report.decision = 'remove_listing' AND known.target_type <> 'listing' OR decide_report.decision = 'hide_rating' AND known.target_type <> 'rating' THEN
        RAISE EXCEPTION 'decision % is not for a report about a %', decide_report.decision, known.target_type USING ERRCODE = 'invalid_parameter_value';
    ELSIF decide_report.decision LIKE 'suspend\_%' AND known.target_owner IS NULL THEN
        RAISE EXCEPTION 'the user has deleted the account'
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Decide with dismiss or warn.';
    END IF;

    until := clock_timestamp() + CASE decide_report.decision WHEN 'suspend_7d' THEN interval '7 days' WHEN 'suspend_30d' THEN interval '30 days' END;
    IF known.decision IS DISTINCT FROM decide_report.decision THEN
        PERFORM private.carry_out_decision(decide_report.report_id, known.decision, NULL, words, false) WHERE known.decision IS NOT NULL;
        -- The rule that hid a listing has waited for this.
        IF known.target_type = 'listing' AND known.decision IS NULL AND decide_report.decision <> 'remove_listing'
           AND EXISTS (SELECT FROM @extschema@.admin_audit_log g
                        WHERE g.target_id = known.target_id AND g.action = 'moderate_listing' AND g.new_values ? 'automatic'
                          AND NOT EXISTS (SELECT FROM @extschema@.admin_audit_log later
                                           WHERE later.target_id = g.target_id AND later.action = 'moderate_listing' AND later.created_at > g.created_at)) THEN
            PERFORM private.carry_out_decision(decide_report.report_id, 'remove_listing', NULL, words, false);
        END IF;
        PERFORM private.carry_out_decision(decide_report.report_id, decide_report.decision, until, words, true);
    ELSE
        -- Upheld: a suspension does not begin again.
        until := (SELECT d.suspended_until FROM @extschema@.report_decisions d
                   WHERE d.report_id = decide_report.report_id AND NOT d.is_automatic ORDER BY d.decided_at DESC LIMIT 1);
    END IF;
    INSERT INTO @extschema@.report_decisions (report_id, decision, replaced_decision, reasons, legal_ground, decided_by, suspended_until)
    VALUES (decide_report.report_id, decide_report.decision, known.decision, words, ground, caller, until)
    RETURNING id INTO made;
    UPDATE @extschema@.report_appeals a SET answered_by = made WHERE a.report_id = decide_report.report_id AND a.answered_by IS NULL;
    UPDATE @extschema@.reports r
       SET decision = decide_report.decision, decided_at = (SELECT d.decided_at FROM @extschema@.report_decisions d WHERE d.id = made),
           claimed_by = NULL, claimed_until = NULL,
           -- When both have appealed there is nobody left who could.
           status = CASE WHEN (SELECT count(*) FROM @extschema@.report_appeals a WHERE a.report_id = r.id) >= 2 THEN 'closed' ELSE 'decided' END
     WHERE r.id = decide_report.report_id;
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, target_id, old_values, new_values)
    VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = caller), 'decide_report', 'report', decide_report.report_id,
            jsonb_build_object('decision', known.decision), jsonb_build_object('decision', decide_report.decision, 'reason', words));
    PERFORM private.record_event('report.decided', made, caller);
    RETURN made;
END;
$function$;
COMMENT ON FUNCTION @extschema@.decide_report(uuid, text, text, text) IS
    'For moderators, admins, and the service: decides a report, or the appeals against its decision, and returns the ID of the '
    'decision. decision: dismiss, warn, remove_listing, hide_rating, suspend_7d, suspend_30d, suspend_forever; reasons and '
    'legal_ground are shown to who reported and to whom it is about. After an appeal, what the former decision did is taken back '
    'unless the new one is the same. Refused in cases of the caller''s own, to who decided before, while another '
    'moderator has claimed it, and to moderators for reports about staff. Recorded in report_decisions and admin_audit_log. '
    'Errors: 42501, 22004, 22023, P0002, 55000.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.end_suspensions(max_rows integer DEFAULT 1000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    ended integer;
BEGIN
    PERFORM private.require_service('end suspensions');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    WITH due AS MATERIALIZED (
        SELECT p.id, p.suspended_at, p.suspended_until
          FROM @extschema@.profiles p
         WHERE p.suspended_until <= clock_timestamp()
         ORDER BY p.suspended_until
         LIMIT max_rows
           FOR NO KEY UPDATE SKIP LOCKED
    ), changed AS (
        UPDATE @extschema@.profiles p SET suspended_at = NULL, suspended_until = NULL
          FROM due
         WHERE p.id = due.id
        RETURNING p.id, due.suspended_at, due.suspended_until
    )
    INSERT INTO @extschema@.admin_audit_log (action, target_type, target_id, old_values, new_values)
    SELECT 'reinstate_user', 'profile', c.id, jsonb_build_object('suspended_at', private.logged_time(c.suspended_at), 'suspended_until', private.logged_time(c.suspended_until)),
           jsonb_build_object('suspended_at', NULL, 'suspended_until', NULL, 'reason', 'The time of the suspension has passed.')
      FROM changed c;
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END;
$function$;
COMMENT ON FUNCTION @extschema@.end_suspensions(integer) IS
    'For the service: ends up to max_rows suspensions whose time has passed, and returns their number. Archived listings stay '
    'archived. Recorded in admin_audit_log. Errors: 42501, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.prune_reports(max_rows integer DEFAULT 10000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    n integer;
    handled integer;
BEGIN
    PERFORM private.require_service('prune reports');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    WITH due AS MATERIALIZED (
        SELECT r.id FROM @extschema@.reports r
         WHERE r.status = 'decided' AND r.decided_at <= now() - interval '6 months'
         ORDER BY r.decided_at LIMIT max_rows FOR UPDATE SKIP LOCKED
    )
    UPDATE @extschema@.reports r SET status = 'closed' FROM due WHERE r.id = due.id;
    GET DIAGNOSTICS handled = ROW_COUNT;
    WITH due AS MATERIALIZED (
        SELECT r.id FROM @extschema@.reports r
         WHERE r.reporter_email IS NOT NULL AND r.status = 'closed' AND r.updated_at <= now() - interval '6 months'
         LIMIT max_rows FOR UPDATE SKIP LOCKED
    )
    UPDATE @extschema@.reports r SET reporter_email = NULL, reporter_locale = NULL FROM due WHERE r.id = due.id;
    GET DIAGNOSTICS n = ROW_COUNT;
    handled := handled + n;
    -- of people who are gone
    WITH due AS MATERIALIZED (
        SELECT r.id FROM @extschema@.reports r
         WHERE r.owner_left_at <= now() - interval '6 months'
         ORDER BY r.owner_left_at LIMIT max_rows FOR UPDATE SKIP LOCKED
    )
    DELETE FROM @extschema@.reports r USING due WHERE r.id = due.id;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN handled + n;
END;
$function$;
COMMENT ON FUNCTION @extschema@.prune_reports(integer) IS
    'For the service: closes reports whose decision can no longer be appealed, removes addresses of reporters without an '
    'account six months after that, and reports six months after the account that they are about was deleted; up to max_rows '
    'of each. Returns the number of reports changed or removed. Errors: 42501, 22004.';
