-- check_integrity() for reports and what was decided about them.

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_safety()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'report_decision', format('reports %s', r.id), format('The decision is %s, but the latest one on record is %s.', coalesce(r.decision, 'none'), coalesce(d.decision, 'none'))
      FROM @extschema@.reports r
      LEFT JOIN LATERAL (
        SELECT made.decision FROM @extschema@.report_decisions made
         WHERE made.report_id = r.id AND NOT made.is_automatic ORDER BY made.decided_at DESC LIMIT 1
      ) d ON true
     WHERE r.decision IS DISTINCT FROM d.decision
    UNION ALL
    SELECT 'report_appeal', format('reports %s', r.id), format('The status is %s, but %s appeals wait for an answer.', r.status, waiting.n)
      FROM @extschema@.reports r
     CROSS JOIN LATERAL (SELECT count(*) AS n FROM @extschema@.report_appeals a WHERE a.report_id = r.id AND a.answered_by IS NULL) AS waiting
     WHERE (r.status = 'appealed') <> (waiting.n > 0)
    UNION ALL
    SELECT 'hidden_rating', format('user_ratings %s', r.id), 'No decision that stands has hidden the rating.'
      FROM @extschema@.user_ratings r
      -- with the account of the rater the report goes
     WHERE r.hidden_at IS NOT NULL AND r.rater_user_id IS NOT NULL
       AND NOT EXISTS (SELECT FROM @extschema@.reports o WHERE o.target_id = r.id AND o.decision = 'hide_rating')
    UNION ALL
    SELECT 'hidden_rating', format('user_ratings %s', r.id), format('The decision about report %s has hidden the rating, but it counts.', o.report_number)
      FROM @extschema@.reports o
      JOIN @extschema@.user_ratings r ON r.id = o.target_id
     WHERE o.decision = 'hide_rating' AND r.hidden_at IS NULL
    UNION ALL
    SELECT 'hidden_listing', format('listings %s', l.id), 'The listing was hidden until moderators decide, but no report waits for a decision.'
      FROM @extschema@.listings l
     CROSS JOIN LATERAL (
        SELECT g.new_values ? 'automatic' AS is_automatic FROM @extschema@.admin_audit_log g
         WHERE g.target_id = l.id AND g.action = 'moderate_listing' ORDER BY g.created_at DESC LIMIT 1
     ) AS latest
     WHERE l.status::text = 'removed' AND latest.is_automatic
       AND NOT EXISTS (SELECT FROM @extschema@.reports r WHERE r.target_id = l.id AND r.target_type = 'listing' AND r.status IN ('open', 'claimed'))
    UNION ALL
    SELECT 'suspension_over', format('profiles %s', p.id), format('The suspension should have ended at %s.', p.suspended_until)
      FROM @extschema@.profiles p
     WHERE p.suspended_until < now() - interval '1 day'
$function$;
COMMENT ON FUNCTION private.integrity_of_safety() IS 'Part of check_integrity() for reports, decisions, and what they have hidden.';
