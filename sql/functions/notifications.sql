-- Notifications: which there are, what users want of them, what they say, and how they are read.

-- The map: one row for each type and recipient. Code reads the columns about channels, blocks and accounts; the rest is what
-- the rules do (notifications_rules.sql), for the page that shows it.
-- rights: driplo_owner, service_role
CREATE OR REPLACE FUNCTION private.notification_map()
    RETURNS TABLE (
        type text,
        event text,
        recipient text,
        action_url text,
        in_app boolean,
        email boolean,
        push boolean,
        is_fixed boolean,
        in_digest boolean,
        over_block boolean,
        reaches text,
        grouped_by text,
        once_for text
    )
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    ROWS 24
    SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
        ('order_placed', 'order.created', 'buyer, also for an own order', '/orders/{id}', true, false, false, false, false, true, 'suspended', NULL, 'order'),
        ('order_paid', 'order.paid', 'buyer, also for an own payment', '/orders/{id}', true, true, false, true, false, true, 'all', NULL, 'order'),
        ('order_shipped', 'order.shipped, order.parcel_added, order.parcel_changed', 'buyer', '/orders/{id}', true, true, true, false, false, true, 'suspended', NULL, 'order'),
        ('order_delivered', 'order.delivered, reminder.order', 'buyer, seller', '/orders/{id}', true, true, true, false, false, true, 'suspended', NULL, 'order'),
        ('order_cancelled', 'order.cancelled, order.refunded, order.items_cancelled, refund.*', 'buyer, seller', '/orders/{id}', true, true, true, true, false, true, 'all', NULL, 'order and status'),
        ('listing_sold', 'order.paid', 'seller', '/orders/{id}', true, true, true, false, false, true, 'suspended', NULL, 'order'),
        ('payment_received', 'takings.released', 'seller', '/balance', true, true, false, true, false, true, 'all', 'day and currency', 'order'),
        ('payout_sent', 'payout.paid, payout.failed', 'seller', '/balance', true, true, false, true, false, true, 'all', NULL, 'payout and status'),
        ('return_requested', 'return.*, reminder.return', 'buyer, seller', '/returns/{id}', true, true, true, false, false, true, 'suspended', NULL, 'change of status'),
        ('dispute_updated', 'dispute.*', 'who has to answer, else both', '/disputes/{id}', true, true, true, false, false, true, 'suspended', NULL, 'change of status'),
        ('new_message', 'message.sent', 'the other participant', '/messages/{conversation}', true, true, true, false, false, false, 'active', 'conversation', 'message'),
        ('offer_received', 'offer.pending', 'who has to answer', '/offers/{id}', true, true, true, false, false, false, 'active', 'listing', 'offer and status'),
        ('offer_answered', 'offer.*', 'who made it', '/offers/{id}', true, true, true, false, false, false, 'active', 'listing', 'offer and status'),
        ('new_rating', 'rating.added', 'who was rated', '/profile/ratings', true, true, false, false, true, false, 'active', NULL, 'rating'),
        ('new_follower', 'follow.added', 'who is followed', '/profile/followers', true, false, false, false, true, false, 'active', 'day', 'follower'),
        ('listing_favorited', 'favorite.added', 'seller', '/listings/{slug}', true, false, false, false, true, false, 'active', 'listing and day', 'user and listing'),
        ('price_drop', 'listing.price_lowered', 'who has it among the favorites', '/listings/{slug}', true, false, true, false, true, false, 'active', 'listing', 'listing and price'),
        ('saved_search_match', 'listing.published, listing.price_lowered', 'who saved the search', '/search?saved={id}', true, true, false, false, true, false, 'active', 'search', 'search and listing'),
        ('achievement_earned', 'achievement.earned', 'who earned it', '/profile', true, false, false, false, true, false, 'active', NULL, 'achievement'),
        ('promotion_alert', 'send_promotion()', 'who agreed to marketing', 'as given', true, false, false, false, true, false, 'active', NULL, 'promotion'),
        ('report_decided', 'report.decided', 'who reported, whom it is about', '/reports/{id}, /decisions/{id}', true, true, false, false, false, true, 'all', NULL, 'decision'),
        ('brand_decided', 'brand.approved, brand.rejected, brand.more_info_needed', 'who asked', '/brand', true, true, false, false, false, true, 'all', NULL, 'decision'),
        ('webhook_disabled', 'webhook.disabled', 'admins', '/admin/webhooks', true, true, false, false, false, true, 'active', NULL, 'event'),
        ('data_export_ready', 'export.ready', 'who asked for it', '/settings/exports', true, true, false, false, false, true, 'suspended', NULL, 'export')
$function$;
COMMENT ON FUNCTION private.notification_map() IS
    'The types of notifications: which event they tell of and whom, the channels that are on by default, whether in_app is '
    'always on (is_fixed), whether a digest may hold them back, whether they are told although one side has blocked the '
    'other, and whom they reach: active, also suspended, or all accounts.';

-- Texts

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.shown_value(value jsonb, locale text, timezone text)
    RETURNS text
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    is_bulgarian constant boolean := split_part(locale, '-', 1) = 'bg';
BEGIN
    IF jsonb_typeof(value) IS DISTINCT FROM 'object' THEN
        RETURN COALESCE(value #>> '{}', '');
    ELSIF value ? 'amount' THEN
        RETURN concat_ws(' ', CASE WHEN is_bulgarian THEN replace(value ->> 'amount', '.', ',') ELSE value ->> 'amount' END, value ->> 'currency');
    ELSIF value ? 'code' THEN
        RETURN COALESCE(
            (SELECT t.text FROM @extschema@.message_texts t
              WHERE t.code = value ->> 'code'
                AND t.locale::text IN (shown_value.locale, split_part(shown_value.locale, '-', 1), 'en')
              ORDER BY t.locale::text = shown_value.locale DESC, t.locale::text = 'en' LIMIT 1),
            '');
    ELSIF value ? 'at' THEN
        RETURN to_char((value ->> 'at')::timestamptz AT TIME ZONE timezone,
                       CASE WHEN is_bulgarian THEN 'DD.MM.YYYY' ELSE 'FMDD FMMonth YYYY' END);
    END IF;
    RETURN COALESCE(value ->> locale, value ->> split_part(locale, '-', 1), value ->> 'en',
                    (SELECT text.value FROM jsonb_each_text(value) AS text ORDER BY text.key LIMIT 1), '');
END;
$function$;
COMMENT ON FUNCTION private.shown_value(jsonb, text, text) IS
    'A value of a notification''s metadata as text for a reader: {"amount", "currency"}, {"at"}, {"code"} of message_texts, '
    'texts by locale, or what it is.';

-- In one pass: braces in what was filled in are text.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.filled_template(template text, fields jsonb, locale text, timezone text)
    RETURNS text
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    piece text;
    name text;
    filled text;
BEGIN
    FOREACH piece IN ARRAY string_to_array(COALESCE(template, ''), '{') LOOP
        IF filled IS NULL THEN
            filled := piece;
            CONTINUE;
        END IF;
        name := substring(piece FROM '^([a-z_]+)\}');
        IF name IS NULL THEN
            filled := filled || '{' || piece;
        ELSE
            filled := filled || private.shown_value(fields -> name, locale, timezone) || substr(piece, length(name) + 2);
        END IF;
    END LOOP;
    RETURN COALESCE(btrim(filled, E' \n'), '');
END;
$function$;
COMMENT ON FUNCTION private.filled_template(text, jsonb, text, text) IS
    'A template with its placeholders filled in from a JSON object. What is missing is left out.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.notification_text(type text, channel text, locale text, timezone text, metadata jsonb, count integer)
    RETURNS TABLE (title text, body text)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    known constant text := notification_text.type;
    wanted constant text := notification_text.locale;
    language constant text := split_part(notification_text.locale, '-', 1);
    kind constant text := CASE WHEN notification_text.count > 1 THEN 'many' ELSE COALESCE(notification_text.metadata ->> 'variant', '') END;
    fields constant jsonb := COALESCE(notification_text.metadata, '{}')
        || pg_catalog.jsonb_build_object('count', notification_text.count, 'others', notification_text.count - 1);
BEGIN
    SELECT t.title, t.body INTO title, body
    FROM @extschema@.notification_templates t
    WHERE t.type = known::@extschema@.notification_type
      AND t.locale::text IN (wanted, language, 'en')
      AND t.channel::text IN (notification_text.channel, 'in_app')
      AND t.variant IN (kind, '')
    ORDER BY t.locale::text = wanted DESC, t.locale::text = language DESC, t.variant DESC, t.channel::text = notification_text.channel DESC
    LIMIT 1;
    title := COALESCE(NULLIF(private.filled_template(title, fields, wanted, timezone), ''), upper(left(known, 1)) || replace(substr(known, 2), '_', ' '));
    body := private.filled_template(body, fields, wanted, timezone);
    RETURN NEXT;
END;
$function$;
COMMENT ON FUNCTION private.notification_text(text, text, text, text, jsonb, integer) IS
    'Title and text of a notification for a reader: by the template of the locale, else of its language, else of en, each '
    'for the channel, else for in_app; the name of the type if there is none.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.normal_locale(locale text)
    RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT lower(split_part(replace(locale, '_', '-'), '-', 1)) || COALESCE(substring(replace(locale, '_', '-') FROM '-.*'), '')
$function$;
COMMENT ON FUNCTION private.normal_locale(text) IS 'A locale as templates are named: bg-BG for BG_BG; NULL for NULL.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.readers(user_ids uuid[])
    RETURNS TABLE (user_id uuid, locale text, timezone text)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT p.id, COALESCE(private.normal_locale(COALESCE(s.locale, p.language_preference)), 'en'), COALESCE(s.timezone, 'UTC')
    FROM @extschema@.profiles p
    LEFT JOIN @extschema@.notification_settings s ON s.user_id = p.id
    WHERE p.id = ANY (user_ids)
$function$;
COMMENT ON FUNCTION private.readers(uuid[]) IS
    'The language and time zone of users: those of their notification settings, else the language of the profile, else en.';

-- What users want

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_notification_type(name text, channel text)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF name IS NULL OR channel IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN name IS NULL THEN 'type' ELSE 'channel' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT EXISTS (SELECT FROM private.notification_map() AS known WHERE known.type = name) THEN
        RAISE EXCEPTION 'unrecognized type of notifications: "%"', left(name, 100)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use my_notification_preferences() to list the types.';
    ELSIF channel NOT IN ('in_app', 'email', 'push') THEN
        RAISE EXCEPTION 'unrecognized channel: "%"', left(channel, 100)
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Valid channels are in_app, email, and push.';
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.require_notification_type(text, text) IS
    'Fails unless these are a type of notifications and a channel. Errors: 22004, 22023.';

-- rights: authenticated, service_role
-- definer: Writes the caller's own preferences and no others.
CREATE OR REPLACE FUNCTION @extschema@.set_notification_preference(type text, channel text, enabled boolean)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    reader constant uuid := private.acting_for(NULL, false);
BEGIN
    PERFORM private.require_notification_type(set_notification_preference.type, set_notification_preference.channel);
    IF set_notification_preference.enabled IS NULL THEN
        RAISE EXCEPTION 'enabled must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF NOT set_notification_preference.enabled AND set_notification_preference.channel = 'in_app' AND EXISTS (
        SELECT FROM private.notification_map() AS known WHERE known.type = set_notification_preference.type AND known.is_fixed
    ) THEN
        RAISE EXCEPTION 'notifications of type "%" cannot be turned off in the application', set_notification_preference.type
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Channels email and push can be turned off.';
    END IF;
    INSERT INTO @extschema@.notification_preferences (user_id, type, channel, enabled)
    VALUES (reader, set_notification_preference.type::@extschema@.notification_type,
            set_notification_preference.channel::@extschema@.notification_channel, set_notification_preference.enabled)
    ON CONFLICT ON CONSTRAINT notification_preferences_pkey DO UPDATE SET enabled = EXCLUDED.enabled;
END;
$function$;
COMMENT ON FUNCTION @extschema@.set_notification_preference(text, text, boolean) IS
    'Sets whether the caller gets a type of notifications through a channel (in_app, email, or push). What moves money is '
    'always shown in the application. Errors: 42501 without a user, 22004, 22023.';

-- rights: authenticated, service_role
-- definer: Reads the caller's own preferences, and the map of all types.
CREATE OR REPLACE FUNCTION @extschema@.my_notification_preferences()
    RETURNS TABLE (type text, channel text, enabled boolean, is_default boolean, may_change boolean)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    ROWS 66
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT known.type, channel.name, channel.is_fixed OR COALESCE(wanted.enabled, channel.usual),
           channel.is_fixed OR wanted.enabled IS NULL OR wanted.enabled = channel.usual, NOT channel.is_fixed
    FROM (SELECT private.caller() AS id) AS me
    CROSS JOIN private.notification_map() AS known
    CROSS JOIN LATERAL (VALUES ('in_app', known.in_app, known.is_fixed), ('email', known.email, false), ('push', known.push, false)) AS channel (name, usual, is_fixed)
    LEFT JOIN @extschema@.notification_preferences wanted
           ON wanted.user_id = me.id AND wanted.type::text = known.type AND wanted.channel::text = channel.name
    WHERE me.id IS NOT NULL
    ORDER BY known.type, channel.name
$function$;
COMMENT ON FUNCTION @extschema@.my_notification_preferences() IS
    'Each type of notifications with each channel: whether the caller gets it, whether that is the default, and whether it '
    'can be changed. No rows without a user.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_locale(locale text)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF length(locale) > 35 OR locale !~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$' THEN
        RAISE EXCEPTION 'invalid locale: "%"', left(locale, 100)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'A locale is a language code, or one with a region, such as bg or en-GB.';
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.require_locale(text) IS 'Fails unless it is the name of a language, or NULL. Error: 22023.';

-- rights: authenticated, service_role
-- definer: Writes the caller's own settings and no others.
CREATE OR REPLACE FUNCTION @extschema@.set_notification_settings(
    locale text DEFAULT NULL,
    timezone text DEFAULT NULL,
    quiet_from text DEFAULT NULL,
    quiet_to text DEFAULT NULL,
    digest text DEFAULT NULL,
    marketing boolean DEFAULT NULL
)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    reader constant uuid := private.acting_for(NULL, false);
BEGIN
    PERFORM private.require_locale(NULLIF(set_notification_settings.locale, ''));
    IF set_notification_settings.timezone IS NOT NULL AND NOT EXISTS (
        SELECT FROM pg_timezone_names AS known WHERE known.name = set_notification_settings.timezone
    ) THEN
        RAISE EXCEPTION 'unrecognized time zone: "%"', left(set_notification_settings.timezone, 100)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use a name such as Europe/Sofia.';
    ELSIF (set_notification_settings.quiet_from IS NULL) <> (set_notification_settings.quiet_to IS NULL)
          OR (set_notification_settings.quiet_from = '') <> (set_notification_settings.quiet_to = '')
          OR set_notification_settings.quiet_from <> '' AND (
              set_notification_settings.quiet_from = set_notification_settings.quiet_to
              OR set_notification_settings.quiet_from !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
              OR set_notification_settings.quiet_to !~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'
          ) THEN
        RAISE EXCEPTION 'invalid quiet hours'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Quiet hours are two different times, such as 22:00 and 07:00, or both empty for none.';
    ELSIF set_notification_settings.digest NOT IN ('off', 'daily', 'weekly') THEN
        RAISE EXCEPTION 'unrecognized digest: "%"', left(set_notification_settings.digest, 100)
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Valid values are off, daily, and weekly.';
    END IF;
    INSERT INTO @extschema@.notification_settings AS s (user_id, locale, timezone, quiet_from, quiet_to, digest, marketing)
    VALUES (reader, NULLIF(set_notification_settings.locale, ''), COALESCE(set_notification_settings.timezone, 'UTC'),
            NULLIF(set_notification_settings.quiet_from, ''), NULLIF(set_notification_settings.quiet_to, ''),
            COALESCE(set_notification_settings.digest, 'off'), COALESCE(set_notification_settings.marketing, false))
    ON CONFLICT ON CONSTRAINT notification_settings_pkey DO UPDATE
    SET locale = CASE WHEN set_notification_settings.locale IS NULL THEN s.locale ELSE EXCLUDED.locale END,
        timezone = COALESCE(set_notification_settings.timezone, s.timezone),
        quiet_from = CASE WHEN set_notification_settings.quiet_from IS NULL THEN s.quiet_from ELSE EXCLUDED.quiet_from END,
        quiet_to = CASE WHEN set_notification_settings.quiet_to IS NULL THEN s.quiet_to ELSE EXCLUDED.quiet_to END,
        digest = COALESCE(set_notification_settings.digest, s.digest),
        marketing = COALESCE(set_notification_settings.marketing, s.marketing);
END;
$function$;
COMMENT ON FUNCTION @extschema@.set_notification_settings(text, text, text, text, text, boolean) IS
    'Changes how the caller gets notifications: language (empty: that of the profile), time zone by name, quiet hours as two '
    'times of the day (empty: none), digest (off, daily, or weekly), and whether marketing is welcome; NULL changes nothing. '
    'Errors: 42501 without a user, 22023.';

-- SECURITY INVOKER: the policies say whose settings these are.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.my_notification_settings()
    RETURNS TABLE (locale text, timezone text, quiet_from text, quiet_to text, digest text, marketing boolean)
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT s.locale::text, COALESCE(s.timezone, 'UTC'), s.quiet_from, s.quiet_to, COALESCE(s.digest, 'off'), COALESCE(s.marketing, false)
    FROM (SELECT auth.uid() AS id) me
    LEFT JOIN @extschema@.notification_settings s ON s.user_id = me.id
    WHERE me.id IS NOT NULL
$function$;
COMMENT ON FUNCTION @extschema@.my_notification_settings() IS
    'The caller''s notification settings; locale is NULL while the language of the profile applies. No row without a user.';

-- Reading

-- rights: authenticated, service_role
-- definer: Reads the caller's own notifications, and the templates, which users cannot read.
CREATE OR REPLACE FUNCTION @extschema@.my_notifications(
    page_size integer DEFAULT 20,
    before timestamptz DEFAULT NULL,
    before_id uuid DEFAULT NULL,
    only_unread boolean DEFAULT false
)
    RETURNS TABLE (
        id uuid,
        type text,
        title text,
        message text,
        action_url text,
        actors jsonb,
        count integer,
        is_read boolean,
        created_at timestamptz,
        related_user_id uuid,
        related_order_id uuid,
        related_listing_id uuid
    )
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    ROWS 20
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    reader constant uuid := private.acting_for(NULL, false);
BEGIN
    RETURN QUERY
        WITH page AS MATERIALIZED (
            SELECT n.*
            FROM @extschema@.notifications n
            WHERE n.user_id = reader AND n.in_app
              AND (before IS NULL OR (n.created_at, n.id) < (before, COALESCE(before_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff')))
              AND (only_unread IS NOT TRUE OR n.is_read IS NOT TRUE)
            ORDER BY n.created_at DESC, n.id DESC
            LIMIT LEAST(GREATEST(COALESCE(page_size, 20), 0), 100)
        )
        SELECT n.id, n.type::text,
               -- what the application's back end wrote itself has no event
               CASE WHEN n.event_id IS NULL THEN n.title ELSE said.title END,
               CASE WHEN n.event_id IS NULL THEN n.message ELSE said.body END,
               n.action_url,
               (SELECT COALESCE(jsonb_agg(jsonb_build_object('id', p.id, 'username', p.username, 'full_name', p.full_name, 'avatar_url', p.avatar_url)
                                          ORDER BY actor.n), '[]')
                FROM unnest(n.actor_ids) WITH ORDINALITY AS actor (id, n)
                JOIN @extschema@.profiles p ON p.id = actor.id AND p.deleted_at IS NULL),
               n.count, n.is_read IS TRUE, n.created_at, n.related_user_id, n.related_order_id, n.related_listing_id
        FROM page n
        JOIN private.readers(ARRAY[reader]) AS me ON true
        CROSS JOIN LATERAL private.notification_text(n.type::text, 'in_app', me.locale, me.timezone, n.metadata, n.count) AS said
        ORDER BY n.created_at DESC, n.id DESC;
END;
$function$;
COMMENT ON FUNCTION @extschema@.my_notifications(integer, timestamptz, uuid, boolean) IS
    'The caller''s notifications in the caller''s language, the newest first, at most page_size (up to 100). For the next '
    'page, pass created_at and id of the last row. actors are the newest users of those who did it (at most 3), count is the '
    'number of events in the row. Errors: 42501 without a user.';

-- rights: authenticated, service_role
-- definer: Counts the caller's own notifications and messages, and nobody else's.
CREATE OR REPLACE FUNCTION @extschema@.unread_counts()
    RETURNS jsonb
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    reader constant uuid := private.acting_for(NULL, false);
BEGIN
    RETURN pg_catalog.jsonb_build_object(
        'notifications', (SELECT count(*) FROM (
            SELECT FROM @extschema@.notifications n WHERE n.user_id = reader AND n.is_read IS NOT TRUE AND n.in_app LIMIT 100) AS counted),
        'messages', LEAST(100, (SELECT COALESCE(sum(CASE WHEN c.buyer_id = reader THEN c.buyer_unread_count ELSE c.seller_unread_count END), 0)
            FROM @extschema@.conversations c
            WHERE (c.buyer_id = reader AND c.archived_by_buyer IS NOT TRUE) OR (c.seller_id = reader AND c.archived_by_seller IS NOT TRUE))),
        'offers', (SELECT count(*) FROM (
            SELECT FROM @extschema@.notifications n
            WHERE n.user_id = reader AND n.is_read IS NOT TRUE AND n.in_app AND n.type IN ('offer_received', 'offer_answered') LIMIT 100) AS counted),
        'unseen', (SELECT count(*) FROM (
            SELECT FROM @extschema@.notifications n
            WHERE n.user_id = reader AND n.is_read IS NOT TRUE AND n.in_app AND n.seen_at IS NULL LIMIT 100) AS counted)
    );
END;
$function$;
COMMENT ON FUNCTION @extschema@.unread_counts() IS
    'How much the caller has not read, as {"notifications", "messages", "offers", "unseen"}, each counted up to 100: unread '
    'notifications, unread messages of conversations that are not archived, unread notifications about offers, and unread '
    'notifications since mark_notifications_seen(). Errors: 42501 without a user.';

-- rights: authenticated, service_role
-- definer: Marks the caller's own notifications and no others.
CREATE OR REPLACE FUNCTION @extschema@.mark_notifications_read(ids uuid[] DEFAULT NULL, up_to timestamptz DEFAULT NULL)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    reader constant uuid := private.acting_for(NULL, false);
    marked integer;
BEGIN
    -- locked in the sequence of the worker, or the two could wait for each other
    UPDATE @extschema@.notifications AS n
    SET is_read = true, read_at = now()
    WHERE n.is_read IS NOT TRUE AND n.id IN (
        SELECT unread.id
        FROM @extschema@.notifications unread
        WHERE unread.user_id = reader AND unread.is_read IS NOT TRUE
          AND (ids IS NULL OR unread.id = ANY (ids))
          AND (up_to IS NULL OR unread.created_at <= up_to)
        ORDER BY unread.type, unread.group_key
        FOR NO KEY UPDATE
    );
    GET DIAGNOSTICS marked = ROW_COUNT;
    RETURN marked;
END;
$function$;
COMMENT ON FUNCTION @extschema@.mark_notifications_read(uuid[], timestamptz) IS
    'Marks the caller''s notifications as read and returns how many were unread: those with these IDs, or all for NULL, and '
    'none newer than up_to. What happens afterwards makes a new notification. Errors: 42501 without a user.';

-- rights: authenticated, service_role
-- definer: Marks the caller's own notifications and no others.
CREATE OR REPLACE FUNCTION @extschema@.mark_notifications_seen()
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    reader constant uuid := private.acting_for(NULL, false);
    marked integer;
BEGIN
    UPDATE @extschema@.notifications AS n
    SET seen_at = now()
    WHERE n.id IN (
        SELECT unseen.id
        FROM @extschema@.notifications unseen
        WHERE unseen.user_id = reader AND unseen.is_read IS NOT TRUE AND unseen.seen_at IS NULL
        ORDER BY unseen.type, unseen.group_key
        FOR NO KEY UPDATE
    );
    GET DIAGNOSTICS marked = ROW_COUNT;
    RETURN marked;
END;
$function$;
COMMENT ON FUNCTION @extschema@.mark_notifications_seen() IS
    'Records that the caller has seen the list of notifications, which stay unread, and returns how many were new. '
    'Errors: 42501 without a user.';

-- A row that was read is complete: it leaves its group, so that the next event begins another one.
CREATE OR REPLACE FUNCTION private.end_notification_group()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    NEW.group_key := NULL;
    NEW.seen_at := COALESCE(NEW.seen_at, now());
    RETURN NEW;
END;
$function$;
COMMENT ON FUNCTION private.end_notification_group() IS
    'Trigger on notifications: when a notification was read, events are no longer counted into it, and it was seen.';

-- rights: authenticated, service_role
-- definer: Reads the key of this database.
CREATE OR REPLACE FUNCTION @extschema@.my_channel()
    RETURNS text
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN private.channel_of(private.acting_for(NULL, false));
END;
$function$;
COMMENT ON FUNCTION @extschema@.my_channel() IS
    'Name of the channel for LISTEN on which the caller''s news arrives. It cannot be guessed, and stays the same. '
    'Errors: 42501 without a user, 55000.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.sealed(purpose text, value text)
    RETURNS text
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_sealed';
COMMENT ON FUNCTION private.sealed(text, text) IS
    'HMAC-SHA256 of a text under the key of this database, in hexadecimal, another one for each purpose. Errors: 22004, 55000.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.channel_of(user_id uuid)
    RETURNS text
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'driplo_u_' || left(private.sealed('channel', user_id::text), 32)
$function$;
COMMENT ON FUNCTION private.channel_of(uuid) IS 'my_channel() of a user.';
