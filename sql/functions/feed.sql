-- Follows, and what they are for: the feed.

-- Where a page of people begins: microseconds and ID of the last row of the one before. It is of public rows and not signed.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.read_place(cursor text)
    RETURNS TABLE (at timestamptz, id uuid)
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF cursor IS NULL THEN
        RETURN QUERY SELECT 'infinity'::timestamptz, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid;
    ELSIF cursor !~ '^[0-9]{1,17}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RAISE EXCEPTION 'cursor does not belong to this list'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Pass next_cursor of the previous page.';
    ELSE
        RETURN QUERY SELECT timestamptz 'epoch' + split_part(cursor, '.', 1)::bigint * interval '1 microsecond',
                            split_part(cursor, '.', 2)::uuid;
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.read_place(text) IS
    'Reads the cursor of followers() and following(); NULL is before everything. Error: 22023.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.place_of(at timestamptz, id uuid)
    RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT (extract(epoch FROM at) * 1000000)::bigint || '.' || id
$function$;
COMMENT ON FUNCTION private.place_of(timestamptz, uuid) IS 'The cursor that private.read_place() reads.';

-- rights: authenticated, service_role
-- definer: Writes a follow of the caller only; whether the other one has blocked the caller is not the caller's to see.
CREATE OR REPLACE FUNCTION @extschema@.follow(user_id uuid)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    follower constant uuid := private.acting_for(NULL, false);
    is_there boolean;
    may_contact boolean;
BEGIN
    PERFORM private.require_trader();
    -- Both are looked at whoever it is: how long it takes must not tell a block from an account that is gone.
    is_there := EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = follow.user_id AND p.deleted_at IS NULL AND p.suspended_at IS NULL);
    may_contact := private.may_contact(NULLIF(follow.user_id, follower), false);
    IF follow.user_id IS NULL THEN
        RAISE EXCEPTION 'user_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF follow.user_id = follower THEN
        RAISE EXCEPTION 'users cannot follow themselves' USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT (is_there AND may_contact) THEN
        RAISE EXCEPTION 'user "%" does not exist', follow.user_id USING ERRCODE = 'no_data_found';
    END IF;
    INSERT INTO @extschema@.user_follows (follower_id, following_id) VALUES (follower, follow.user_id) ON CONFLICT DO NOTHING;
    RETURN FOUND;
END;
$function$;
COMMENT ON FUNCTION @extschema@.follow(uuid) IS
    'Follows a user, whose new listings feed() then shows; brands are users. Returns whether the follow is new. Errors: '
    '42501 without a user or for an anonymous or suspended one, 22004, 22023 for the caller, P0002 for an unknown, deleted or '
    'suspended user and for one who has blocked the caller, MK016 for one whom the caller has blocked.';

-- rights: authenticated, service_role
-- definer: Removes follows of the caller only.
CREATE OR REPLACE FUNCTION @extschema@.unfollow(user_id uuid)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    follower constant uuid := private.acting_for(NULL, false);
BEGIN
    IF unfollow.user_id IS NULL THEN
        RAISE EXCEPTION 'user_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    DELETE FROM @extschema@.user_follows f WHERE f.follower_id = follower AND f.following_id = unfollow.user_id;
    RETURN FOUND;
END;
$function$;
COMMENT ON FUNCTION @extschema@.unfollow(uuid) IS
    'Ends a follow of the caller. Returns false if there was none. Errors: 42501 without a user, 22004.';

-- rights: authenticated, service_role
-- definer: Reads which of the followers are suspended, deleted, or blocked by or from the caller, and shows none of them.
CREATE OR REPLACE FUNCTION @extschema@.followers(user_id uuid DEFAULT NULL, cursor text DEFAULT NULL, page_size integer DEFAULT 24)
    RETURNS TABLE (
        id uuid,
        username text,
        full_name text,
        avatar_url text,
        is_verified boolean,
        is_followed boolean,
        followed_at timestamptz,
        next_cursor text
    )
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 24
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    me constant uuid := private.caller();
    whose constant uuid := private.shown_person(followers.user_id, followers.page_size);
    place record;
BEGIN
    SELECT * INTO place FROM private.read_place(followers.cursor);
    RETURN QUERY
        WITH page AS (
            SELECT f.id, f.created_at, f.follower_id AS person, p.username, p.full_name, p.avatar_url, p.is_verified
            FROM @extschema@.user_follows f
            JOIN @extschema@.profiles p ON p.id = f.follower_id AND p.deleted_at IS NULL AND p.suspended_at IS NULL
            WHERE f.following_id = whose AND (f.created_at, f.id) < (place.at, place.id)
              AND NOT EXISTS (SELECT FROM @extschema@.user_blocks b WHERE b.blocker_id = me AND b.blocked_id = p.id)
              AND NOT EXISTS (SELECT FROM @extschema@.user_blocks b WHERE b.blocker_id = p.id AND b.blocked_id = me)
            ORDER BY f.created_at DESC, f.id DESC
            LIMIT COALESCE(followers.page_size, 24) + 1
        ), counted AS (
            SELECT *, row_number() OVER (ORDER BY created_at DESC, id DESC) AS n FROM page
        )
        SELECT c.person, c.username::text, c.full_name::text, c.avatar_url::text, c.is_verified IS TRUE,
               EXISTS (SELECT FROM @extschema@.user_follows mine WHERE mine.follower_id = me AND mine.following_id = c.person),
               c.created_at,
               CASE WHEN EXISTS (SELECT FROM counted more WHERE more.n > COALESCE(followers.page_size, 24)) THEN
                   (SELECT private.place_of(final.created_at, final.id) FROM counted final WHERE final.n = COALESCE(followers.page_size, 24)) END
        FROM counted c
        WHERE c.n <= COALESCE(followers.page_size, 24)
        ORDER BY c.n;
END;
$function$;
COMMENT ON FUNCTION @extschema@.followers(uuid, text, integer) IS
    'Returns a page of the followers of a user (the caller by default), the latest first, at most page_size (1 to 100); '
    'is_followed says whether the caller follows them. Not those who are suspended or deleted, nor whom the caller has '
    'blocked or who have blocked the caller. next_cursor, the same on each row and NULL on the last page, is passed as cursor '
    'to get the next page. Errors: 42501 without a user, 22023, P0002 for an unknown or deleted user.';

-- rights: authenticated, service_role
-- definer: Reads which of the users are suspended, deleted, or blocked by or from the caller, and shows none of them.
CREATE OR REPLACE FUNCTION @extschema@.following(user_id uuid DEFAULT NULL, cursor text DEFAULT NULL, page_size integer DEFAULT 24)
    RETURNS TABLE (
        id uuid,
        username text,
        full_name text,
        avatar_url text,
        is_verified boolean,
        is_followed boolean,
        followed_at timestamptz,
        next_cursor text
    )
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 24
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    me constant uuid := private.caller();
    whose constant uuid := private.shown_person(following.user_id, following.page_size);
    place record;
BEGIN
    SELECT * INTO place FROM private.read_place(following.cursor);
    RETURN QUERY
        WITH page AS (
            SELECT f.id, f.created_at, f.following_id AS person, p.username, p.full_name, p.avatar_url, p.is_verified
            FROM @extschema@.user_follows f
            JOIN @extschema@.profiles p ON p.id = f.following_id AND p.deleted_at IS NULL AND p.suspended_at IS NULL
            WHERE f.follower_id = whose AND (f.created_at, f.id) < (place.at, place.id)
              AND NOT EXISTS (SELECT FROM @extschema@.user_blocks b WHERE b.blocker_id = me AND b.blocked_id = p.id)
              AND NOT EXISTS (SELECT FROM @extschema@.user_blocks b WHERE b.blocker_id = p.id AND b.blocked_id = me)
            ORDER BY f.created_at DESC, f.id DESC
            LIMIT COALESCE(following.page_size, 24) + 1
        ), counted AS (
            SELECT *, row_number() OVER (ORDER BY created_at DESC, id DESC) AS n FROM page
        )
        SELECT c.person, c.username::text, c.full_name::text, c.avatar_url::text, c.is_verified IS TRUE,
               EXISTS (SELECT FROM @extschema@.user_follows mine WHERE mine.follower_id = me AND mine.following_id = c.person),
               c.created_at,
               CASE WHEN EXISTS (SELECT FROM counted more WHERE more.n > COALESCE(following.page_size, 24)) THEN
                   (SELECT private.place_of(final.created_at, final.id) FROM counted final WHERE final.n = COALESCE(following.page_size, 24)) END
        FROM counted c
        WHERE c.n <= COALESCE(following.page_size, 24)
        ORDER BY c.n;
END;
$function$;
COMMENT ON FUNCTION @extschema@.following(uuid, text, integer) IS
    'Returns a page of the users whom a user (the caller by default) follows, the latest first. Columns, pages and errors: as '
    'followers().';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.shown_person(user_id uuid, page_size integer)
    RETURNS uuid
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    whose constant uuid := COALESCE(shown_person.user_id, private.acting_for(NULL, false));
BEGIN
    IF shown_person.page_size NOT BETWEEN 1 AND 100 THEN
        RAISE EXCEPTION 'page_size must be between 1 and %', 100 USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT EXISTS (SELECT FROM @extschema@.profiles p WHERE p.id = whose AND p.deleted_at IS NULL) THEN
        RAISE EXCEPTION 'user "%" does not exist', whose USING ERRCODE = 'no_data_found';
    END IF;
    RETURN whose;
END;
$function$;
COMMENT ON FUNCTION private.shown_person(uuid, integer) IS
    'Whose followers are asked for: the user, or the caller for NULL. Errors: 42501, 22023, P0002.';

-- SECURITY INVOKER, as search(): the owner's rights are taken to read the index, and each row is checked.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.feed(page_size integer DEFAULT 24, cursor text DEFAULT NULL)
    RETURNS TABLE (
        listing_id uuid,
        title text,
        highlighted text,
        price numeric,
        currency text,
        price_in numeric,
        brand text,
        size text,
        color text,
        condition text,
        image_url text,
        seller_id uuid,
        seller_username text,
        favorite_count integer,
        is_favorite boolean,
        published_at timestamptz,
        score real,
        next_cursor text
    )
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 24
    AS 'MODULE_PATHNAME', 'driplo_feed';
COMMENT ON FUNCTION @extschema@.feed(integer, text) IS
    'Returns a page of the listings on sale of the users whom the caller follows, the newest first, at most page_size (1 to '
    '100), with the columns of search(); price_in is in driplo.base_currency, score 0. Of more than 10,000 follows the latest '
    'count. next_cursor, the same on each row and NULL on the last page, is passed as cursor to get the next page. Errors: '
    '42501 without a user, 22023 for a page_size out of range and a cursor of another feed.';
