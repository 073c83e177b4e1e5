-- Achievements: their rules, who has earned which, and who loses one.

-- A threshold that is not set by set_achievement_rule() is as here. Rules with grace_days can be lost.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.achievement_rule(achievement text)
    RETURNS jsonb
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT d.thresholds || COALESCE((SELECT r.thresholds FROM @extschema@.achievement_rules r WHERE r.achievement::text = d.achievement), '{}')
      FROM (VALUES
        ('first_sale', '{"sales": 1}'::jsonb),
        ('power_seller', '{"sales": 50, "days": 365, "cancelled_percent": 3, "disputes_percent": 1, "grace_days": 14}'),
        ('top_rated', '{"ratings": 10, "days": 365, "average": 4.8, "grace_days": 14}'),
        ('verified_seller', '{"grace_days": 0}'),
        ('quick_shipper', '{"shipments": 10, "days": 90, "median_hours": 24, "share_percent": 90, "share_hours": 48, "grace_days": 14}'),
        ('social_butterfly', '{"followers": 50, "following": 20, "account_days": 7}'),
        ('loyal_customer', '{"purchases": 10, "months": 4}'),
        ('trendsetter', '{"favorites": 100, "days": 30, "listings": 5, "favorites_each": 25}')
      ) AS d (achievement, thresholds)
     WHERE d.achievement = achievement_rule.achievement
$function$;
COMMENT ON FUNCTION private.achievement_rule(text) IS
    'The thresholds of an achievement; grace_days is how long its rule may not hold before it is lost. No grace_days: it is '
    'never lost. NULL for an unknown achievement.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.decided_against(person uuid, since timestamptz)
    RETURNS bigint
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT count(*) FROM (
        SELECT d.id FROM @extschema@.disputes d
         WHERE d.respondent_id = person AND d.resolved_at >= since
           AND d.resolution::text IN ('full_refund', 'partial_refund', 'replacement', 'return_and_refund', 'keep_item_partial_refund')
         UNION
        SELECT d.id FROM @extschema@.disputes d
         WHERE d.initiated_by = person AND d.resolved_at >= since AND d.resolution::text = 'no_action'
    ) lost
$function$;
COMMENT ON FUNCTION private.decided_against(uuid, timestamptz) IS
    'Number of disputes that were resolved since a time in favor of the other party: the user was the respondent and had to give '
    'something, or had opened the dispute and got nothing.';

-- Each rule by itself, so that a rule that is cheap to refuse costs nothing more.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.holds_achievement(person uuid, achievement text)
    RETURNS boolean
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    rule constant jsonb := private.achievement_rule(achievement);
    since constant timestamptz := now() - (rule ->> 'days')::numeric::double precision * interval '1 day';
    known @extschema@.user_stats_summary;
    n bigint;
    part bigint;
BEGIN
    SELECT s.* INTO known FROM @extschema@.user_stats_summary s WHERE s.user_id = person;
    CASE achievement
        WHEN 'first_sale' THEN
            RETURN known.total_sales >= (rule ->> 'sales')::numeric;
        WHEN 'power_seller' THEN
            IF known.total_sales < (rule ->> 'sales')::numeric THEN
                RETURN false;
            END IF;
            SELECT count(*) INTO n FROM @extschema@.orders o
             WHERE o.seller_id = person AND o.status::text = 'completed' AND o.delivered_at >= since;
            IF n < (rule ->> 'sales')::numeric THEN
                RETURN false;
            END IF;
            SELECT count(*), count(*) FILTER (WHERE o.shipped_at IS NULL AND o.status::text IN ('cancelled', 'refunded')
                       AND EXISTS (SELECT FROM @extschema@.order_status_history h
                                    WHERE h.order_id = o.id AND h.to_status::text IN ('cancelled', 'refunded') AND h.changed_by = person))
              INTO n, part
              FROM @extschema@.orders o WHERE o.seller_id = person AND o.paid_at >= since;
            RETURN part * 100 <= n * (rule ->> 'cancelled_percent')::numeric
               AND private.decided_against(person, since) * 100 <= n * (rule ->> 'disputes_percent')::numeric;
        WHEN 'top_rated' THEN
            IF known.total_ratings < (rule ->> 'ratings')::numeric THEN
                RETURN false;
            END IF;
            RETURN (SELECT count(*) >= (rule ->> 'ratings')::numeric AND COALESCE(avg(r.rating) >= (rule ->> 'average')::numeric, false)
                      FROM @extschema@.user_ratings r
                     WHERE r.rated_user_id = person AND r.type::text = 'seller' AND r.created_at >= since AND r.hidden_at IS NULL);
        WHEN 'verified_seller' THEN
            RETURN EXISTS (SELECT FROM @extschema@.profiles p
                             JOIN @extschema@.payment_accounts a ON a.user_id = p.id AND (a.is_verified OR a.verified)
                            WHERE p.id = person AND p.is_verified);
        WHEN 'quick_shipper' THEN
            SELECT count(*), count(*) FILTER (WHERE o.shipped_at <= o.paid_at + (rule ->> 'share_hours')::numeric::double precision * interval '1 hour')
              INTO n, part
              FROM @extschema@.orders o WHERE o.seller_id = person AND o.shipped_at >= since AND o.paid_at IS NOT NULL;
            RETURN n >= (rule ->> 'shipments')::numeric
               AND part * 100 >= n * (rule ->> 'share_percent')::numeric
               AND COALESCE((SELECT s.hours <= (rule ->> 'median_hours')::numeric FROM private.shipping_statistics(ARRAY[person]) AS s), false);
        WHEN 'social_butterfly' THEN
            IF known.follower_count < (rule ->> 'followers')::numeric OR known.following_count < (rule ->> 'following')::numeric THEN
                RETURN false;
            END IF;
            RETURN (SELECT count(*) FROM @extschema@.user_follows f
                      JOIN @extschema@.profiles p ON p.id = f.follower_id
                     WHERE f.following_id = person AND p.created_at < now() - (rule ->> 'account_days')::numeric::double precision * interval '1 day')
                   >= (rule ->> 'followers')::numeric
               AND (SELECT count(*) FROM @extschema@.user_follows f
                      JOIN @extschema@.profiles p ON p.id = f.following_id
                     WHERE f.follower_id = person AND p.created_at < now() - (rule ->> 'account_days')::numeric::double precision * interval '1 day')
                   >= (rule ->> 'following')::numeric;
        WHEN 'loyal_customer' THEN
            IF known.total_purchases < (rule ->> 'purchases')::numeric THEN
                RETURN false;
            END IF;
            RETURN (SELECT count(*) >= (rule ->> 'purchases')::numeric
                       AND count(DISTINCT date_trunc('month', timezone('UTC', o.paid_at))) >= (rule ->> 'months')::numeric
                      FROM @extschema@.orders o WHERE o.buyer_id = person AND o.status::text = 'completed')
               AND private.decided_against(person, '-infinity') = 0;
        WHEN 'trendsetter' THEN
            SELECT count(*) FILTER (WHERE liked.n >= (rule ->> 'favorites')::numeric), count(*) FILTER (WHERE liked.n >= (rule ->> 'favorites_each')::numeric)
              INTO n, part
              FROM @extschema@.listings l
             CROSS JOIN LATERAL (
                SELECT count(*) AS n FROM @extschema@.favorites f
                 WHERE f.listing_id = l.id AND f.user_id <> person
                   AND f.created_at <= l.published_at + (rule ->> 'days')::numeric::double precision * interval '1 day'
             ) liked
             WHERE l.seller_id = person
               AND l.favorite_count >= LEAST((rule ->> 'favorites')::numeric, (rule ->> 'favorites_each')::numeric);
            RETURN n > 0 OR part >= (rule ->> 'listings')::numeric;
    END CASE;
END;
$function$;
COMMENT ON FUNCTION private.holds_achievement(uuid, text) IS
    'Returns whether the rule of an achievement holds for a user at this time, by the thresholds of private.achievement_rule().';

-- As private.note_statistics_due(), whose statistics are events here.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.note_achievements_due()
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    until constant timestamptz := statement_timestamp();
    rule constant jsonb := private.achievement_rule('trendsetter');
    since timestamptz;
    whole_day timestamptz;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('driplo.achievements', 0)) THEN
        RETURN;
    END IF;
    SELECT p.known_until - interval '10 minutes' INTO since FROM @extschema@.statistics_progress p WHERE p.name = 'achievements';
    IF since > until - interval '15 minutes' THEN
        RETURN;
    END IF;
    since := COALESCE(since, '-infinity');
    SELECT p.known_until INTO whole_day FROM @extschema@.statistics_progress p WHERE p.name = 'achievements of the day';
    INSERT INTO @extschema@.statistics_due (user_id, task)
    SELECT p.id, 'achievements'
      FROM (
        -- sales, purchases, ratings, followers, and times
        SELECT s.user_id AS id FROM @extschema@.user_stats_summary s WHERE s.updated_at >= since
         UNION
        SELECT l.seller_id FROM @extschema@.favorites f JOIN @extschema@.listings l ON l.id = f.listing_id
         WHERE f.created_at >= since
           AND l.favorite_count >= LEAST((rule ->> 'favorites')::numeric, (rule ->> 'favorites_each')::numeric)
         UNION
        SELECT a.user_id FROM @extschema@.payment_accounts a
          JOIN @extschema@.profiles v ON v.id = a.user_id AND v.is_verified
         WHERE (a.is_verified OR a.verified)
           AND NOT EXISTS (SELECT FROM @extschema@.user_achievements u
                            WHERE u.user_id = a.user_id AND u.achievement::text = 'verified_seller' AND u.lost_at IS NULL)
         UNION
        SELECT u.user_id FROM @extschema@.user_achievements u
         WHERE u.achievement::text = 'verified_seller' AND u.lost_at IS NULL AND NOT private.holds_achievement(u.user_id, 'verified_seller')
         UNION
        -- what grows old: achievements that can be lost, and accounts of followers
        SELECT u.user_id FROM @extschema@.user_achievements u
         WHERE u.lost_at IS NULL AND private.achievement_rule(u.achievement::text) ? 'grace_days'
           AND (whole_day IS NULL OR whole_day <= until - interval '1 day')
         UNION
        SELECT s.user_id FROM @extschema@.user_stats_summary s
         WHERE s.follower_count >= (private.achievement_rule('social_butterfly') ->> 'followers')::numeric
           AND (whole_day IS NULL OR whole_day <= until - interval '1 day')
      ) event
      JOIN @extschema@.profiles p ON p.id = event.id
        ON CONFLICT DO NOTHING;
    INSERT INTO @extschema@.statistics_progress AS p (name, known_until)
    SELECT n.name, until FROM (VALUES ('achievements', true), ('achievements of the day', whole_day IS NULL OR whole_day <= until - interval '1 day')) AS n (name, is_known)
     WHERE n.is_known
    ON CONFLICT ON CONSTRAINT statistics_progress_pkey DO UPDATE SET known_until = EXCLUDED.known_until;
END;
$function$;
COMMENT ON FUNCTION private.note_achievements_due() IS
    'Adds to statistics_due whose statistics have changed since the last call, whose listings were marked, and whose verification '
    'has changed, and once a day all who can lose an achievement. Does nothing within five minutes of the last call.';

-- Earned once, told once: who loses it and meets the rule again has the same row.
-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.refresh_achievements(max_rows integer DEFAULT 100)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    people uuid[];
    person uuid;
    current record;
    earned uuid;
BEGIN
    PERFORM private.require_service('refresh achievements');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    PERFORM private.note_achievements_due();
    people := private.take_statistics_due('achievements', max_rows);
    IF people IS NULL THEN
        RETURN 0;
    END IF;
    FOREACH person IN ARRAY people LOOP
        -- nothing is earned or lost while somebody is suspended
        CONTINUE WHEN NOT EXISTS (SELECT FROM @extschema@.profiles p
                                   WHERE p.id = person AND p.deleted_at IS NULL AND p.suspended_at IS NULL);
        FOR current IN
            SELECT k.achievement, u.id, u.lost_at, u.failing_since, (rule.thresholds ->> 'grace_days')::numeric AS grace_days
              FROM unnest(enum_range(NULL::@extschema@.achievement_type)) AS k (achievement)
             CROSS JOIN LATERAL (SELECT private.achievement_rule(k.achievement::text) AS thresholds) rule
              LEFT JOIN @extschema@.user_achievements u ON u.user_id = person AND u.achievement = k.achievement
             WHERE rule.thresholds IS NOT NULL
             ORDER BY k.achievement
        LOOP
            -- what cannot be lost, and is there
            CONTINUE WHEN current.id IS NOT NULL AND current.grace_days IS NULL AND current.lost_at IS NULL;
            IF private.holds_achievement(person, current.achievement::text) THEN
                IF current.id IS NULL THEN
                    INSERT INTO @extschema@.user_achievements (user_id, achievement) VALUES (person, current.achievement)
                    ON CONFLICT DO NOTHING
                    RETURNING id INTO earned;
                    IF FOUND THEN
                        PERFORM private.record_event('achievement.earned', earned, NULL,
                                                     jsonb_build_object('user_id', person, 'type', current.achievement));
                    END IF;
                ELSIF num_nonnulls(current.lost_at, current.failing_since) > 0 THEN
                    UPDATE @extschema@.user_achievements SET lost_at = NULL, failing_since = NULL WHERE id = current.id;
                END IF;
            ELSIF current.id IS NOT NULL AND current.lost_at IS NULL AND current.grace_days IS NOT NULL THEN
                UPDATE @extschema@.user_achievements u
                   SET failing_since = COALESCE(u.failing_since, now()),
                       lost_at = CASE WHEN COALESCE(u.failing_since, now()) <= now() - current.grace_days::double precision * interval '1 day' THEN now() END
                 WHERE u.id = current.id
                   AND (u.failing_since IS NULL OR u.failing_since <= now() - current.grace_days::double precision * interval '1 day');
            END IF;
        END LOOP;
    END LOOP;
    RETURN cardinality(people);
END;
$function$;
COMMENT ON FUNCTION @extschema@.refresh_achievements(integer) IS
    'For the service: gives and takes achievements of up to max_rows users about whom something has happened, those who wait longest '
    'first, and returns their number. An achievement is earned, and told, once; one whose rule does not hold for longer than its grace '
    'days has lost_at, until it holds again. Sessions can call it concurrently. Errors: 42501, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.recount_achievements(user_id uuid DEFAULT NULL)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('recount achievements');
    RETURN private.make_due(user_id, 'achievements');
END;
$function$;
COMMENT ON FUNCTION @extschema@.recount_achievements(uuid) IS
    'For the service: lets the achievements of a user, or of all users, be looked at by the next runs of refresh_achievements(), as '
    'after set_achievement_rule(). Returns how many users were added to those who wait. Errors: 42501, P0002.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes what no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.set_achievement_rule(achievement text, thresholds jsonb)
    RETURNS jsonb
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    before constant jsonb := private.achievement_rule(set_achievement_rule.achievement);
BEGIN
    PERFORM private.require_admin('change the rules of achievements');
    IF set_achievement_rule.achievement IS NULL OR set_achievement_rule.thresholds IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN set_achievement_rule.achievement IS NULL THEN 'achievement' ELSE 'thresholds' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF before IS NULL THEN
        RAISE EXCEPTION 'unrecognized achievement: "%"', left(set_achievement_rule.achievement, 50) USING ERRCODE = 'invalid_parameter_value';
    ELSIF jsonb_typeof(set_achievement_rule.thresholds) <> 'object'
          OR EXISTS (SELECT FROM jsonb_each(set_achievement_rule.thresholds) AS t (key, value)
                      WHERE NOT before ? t.key OR jsonb_typeof(t.value) <> 'number' OR t.value::text::numeric NOT BETWEEN 0 AND 1000000) THEN
        RAISE EXCEPTION 'invalid thresholds of an achievement'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = format('Thresholds of "%s" are a JSON object of numbers from 0 to 1000000 with the keys %s.', set_achievement_rule.achievement,
                                  (SELECT string_agg(k, ', ' ORDER BY k) FROM jsonb_object_keys(before) AS k));
    END IF;
    INSERT INTO @extschema@.achievement_rules AS r (achievement, thresholds)
    VALUES (set_achievement_rule.achievement::@extschema@.achievement_type, set_achievement_rule.thresholds)
    ON CONFLICT ON CONSTRAINT achievement_rules_pkey DO UPDATE SET thresholds = r.thresholds || EXCLUDED.thresholds;
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, old_values, new_values)
    VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller()), 'set_achievement_rule', 'achievement_rule',
            jsonb_build_object(set_achievement_rule.achievement, before),
            jsonb_build_object(set_achievement_rule.achievement, private.achievement_rule(set_achievement_rule.achievement)));
    RETURN private.achievement_rule(set_achievement_rule.achievement);
END;
$function$;
COMMENT ON FUNCTION @extschema@.set_achievement_rule(text, jsonb) IS
    'For admins and the service: changes thresholds of an achievement, such as {"sales": 20}, and returns all of its thresholds. '
    'It counts for users who are looked at from then on; recount_achievements() lets all be. On record in admin_audit_log. '
    'Errors: 42501, 22004, 22023.';

-- What is no achievement in badges is the service's, and stays.
CREATE OR REPLACE FUNCTION private.keep_badges()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    person constant uuid := CASE TG_OP WHEN 'DELETE' THEN OLD.user_id ELSE NEW.user_id END;
BEGIN
    -- locked first, so that of two sessions the second sees what the first has given
    PERFORM FROM @extschema@.profiles p WHERE p.id = person FOR NO KEY UPDATE;
    UPDATE @extschema@.profiles p SET badges = b.badges
      FROM (SELECT private.badges_of(person) AS badges) b
     WHERE p.id = person AND p.badges IS DISTINCT FROM b.badges;
    IF TG_OP = 'UPDATE' AND OLD.user_id <> NEW.user_id THEN
        UPDATE @extschema@.profiles p SET badges = private.badges_of(p.id) WHERE p.id = OLD.user_id;
    END IF;
    RETURN NULL;
END;
$function$;
COMMENT ON FUNCTION private.keep_badges() IS
    'Trigger on user_achievements: badges of the profile are the achievements that were not lost, and what else is in it.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.badges_of(person uuid)
    RETURNS text[]
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT ARRAY(SELECT b.badge FROM @extschema@.profiles p CROSS JOIN unnest(p.badges) WITH ORDINALITY AS b (badge, place)
                  WHERE p.id = person AND b.badge <> ALL (enum_range(NULL::@extschema@.achievement_type)::text[]) ORDER BY b.place)
           || ARRAY(SELECT u.achievement::text FROM @extschema@.user_achievements u
                     WHERE u.user_id = person AND u.lost_at IS NULL ORDER BY u.achievement)
$function$;
COMMENT ON FUNCTION private.badges_of(uuid) IS 'What badges of a profile has to be: other badges, then the achievements that were not lost.';
