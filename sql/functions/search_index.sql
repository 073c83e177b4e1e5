-- The index of the search: what is in it, how it is kept, and its dictionary.

-- rights: service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.search_document(listing_id uuid, title text, description text, brand text, size text, color text, condition text, materials text[], country text, currency text, price double precision, hot double precision, category_ids uuid[], category_names text[])
    RETURNS tsvector
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER COST 1000
    AS 'MODULE_PATHNAME', 'driplo_search_document';
COMMENT ON FUNCTION private.search_document(uuid, text, text, text, text, text, text, text[], text, text, double precision, double precision, uuid[], text[]) IS
    'The document of a listing in listing_search: its words with weights, and terms for filters. price is in the '
    'currency that prices are compared in, category_ids are its category and those above it. Error: 22004 without an ID.';

-- rights: service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.search_document_version()
    RETURNS integer
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_search_document_version';
COMMENT ON FUNCTION private.search_document_version() IS
    'Version of the rules of private.search_document(), as rows of listing_search record it.';

-- SECURITY INVOKER: most statements change nothing that is searched, and for the others it takes the owner's rights.
CREATE OR REPLACE FUNCTION private.index_listings()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_index_listings';
COMMENT ON FUNCTION private.index_listings() IS
    'Statement trigger on listings: maintains listing_search. A listing is added when it becomes active, rewritten when '
    'something changes that is searched, and removed when it is no longer active. Error: 40001 under REPEATABLE READ '
    'if reindex_search() has added the listing since the transaction began.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.stale_search_rows()
    RETURNS TABLE (object text, detail text)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER ROWS 10
    AS 'MODULE_PATHNAME', 'driplo_stale_search_rows';
COMMENT ON FUNCTION private.stale_search_rows() IS
    'Rows of listing_search that differ from their listings, and in what; none that reindex_search() makes again.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.integrity_of_search()
    RETURNS TABLE (rule text, object text, detail text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT 'search_missing', format('listings %s', l.id), 'The listing is active, but listing_search has no row of it.'
      FROM ONLY @extschema@.listings l JOIN @extschema@.profiles p ON p.id = l.seller_id
     WHERE l.status::text = 'active' AND p.suspended_at IS NULL AND p.deleted_at IS NULL
       AND NOT EXISTS (SELECT FROM @extschema@.listing_search s WHERE s.listing_id = l.id)
    UNION ALL
    SELECT 'search_of_inactive', format('listing_search %s', s.listing_id), format('The listing is %s.', l.status)
      FROM @extschema@.listing_search s JOIN @extschema@.listings l ON l.id = s.listing_id
     WHERE l.status::text <> 'active'
    UNION ALL
    SELECT 'search_stale', r.object, r.detail FROM private.stale_search_rows() r
$function$;
COMMENT ON FUNCTION private.integrity_of_search() IS 'Part of check_integrity() for listing_search.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.reindex_search(max_rows integer DEFAULT 5000)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_reindex_search';
COMMENT ON FUNCTION @extschema@.reindex_search(integer) IS
    'For the service, as a job: makes rows of the search index again, at most max_rows, and returns how many: listings '
    'that were loaded without the triggers, rows of another version, of renamed or moved categories, of another exchange '
    'rate, and of listings with more favorites. It does not wait for locks: listings that another session is writing are '
    'left to the next call. Returns 0 when there is nothing to do. Errors: 42501, 22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.refresh_search_words(max_rows integer DEFAULT 200000)
    RETURNS integer
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_refresh_search_words';
COMMENT ON FUNCTION @extschema@.refresh_search_words(integer) IS
    'For the service, as a job: counts the words of the titles and brands of what is for sale, which misspelled words are '
    'compared with, and the brands. Keeps the max_rows most frequent words and returns how many they are. Errors: 42501, '
    '22004.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.prune_search_queries(max_rows integer DEFAULT 10000)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    today constant date := (now() AT TIME ZONE 'UTC')::date;
    gone_people integer;
    gone_queries integer;
BEGIN
    PERFORM private.require_service('delete old searches');
    IF max_rows IS NULL THEN
        RAISE EXCEPTION 'max_rows must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    WITH gone AS MATERIALIZED (
        SELECT p.day, p.query, p.person FROM @extschema@.search_query_people p
        WHERE p.day < today
        ORDER BY p.day
        LIMIT GREATEST(max_rows, 0)
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM @extschema@.search_query_people AS asked
    USING gone
    WHERE (asked.day, asked.query, asked.person) = (gone.day, gone.query, gone.person);
    GET DIAGNOSTICS gone_people = ROW_COUNT;
    WITH gone AS MATERIALIZED (
        SELECT q.day, q.query FROM @extschema@.search_queries q
        WHERE q.day < today - 90
        ORDER BY q.day
        LIMIT GREATEST(max_rows - gone_people, 0)
        FOR UPDATE SKIP LOCKED
    )
    DELETE FROM @extschema@.search_queries AS counted
    USING gone
    WHERE (counted.day, counted.query) = (gone.day, gone.query);
    GET DIAGNOSTICS gone_queries = ROW_COUNT;
    RETURN gone_people + gone_queries;
END;
$function$;
COMMENT ON FUNCTION @extschema@.prune_search_queries(integer) IS
    'For the service, as a job: deletes up to max_rows rows of search_query_people of past days and of search_queries of more '
    'than 90 days ago, and returns their number. Errors: 42501, 22004.';

-- rights: service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.search_lexemes(text text)
    RETURNS text[]
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_search_lexemes';
COMMENT ON FUNCTION private.search_lexemes(text) IS 'The words of a text as documents of listing_search have them, in sequence.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes what no client may write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.add_search_synonym(word text, means text[])
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    lexemes constant text[] := private.search_lexemes(left(add_search_synonym.word, 1000));
    texts constant text[] := ARRAY(SELECT DISTINCT btrim(each.meaning) FROM unnest(add_search_synonym.means) AS each (meaning));
BEGIN
    IF NOT (private.is_service() OR COALESCE(private.caller_role(), '') = 'admin') THEN
        RAISE EXCEPTION 'only an admin or the service can change synonyms' USING ERRCODE = 'insufficient_privilege';
    ELSIF add_search_synonym.word IS NULL OR add_search_synonym.means IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN add_search_synonym.word IS NULL THEN 'word' ELSE 'means' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF cardinality(lexemes) <> 1 THEN
        RAISE EXCEPTION 'synonym must be a single word' USING ERRCODE = 'invalid_parameter_value';
    ELSIF cardinality(texts) NOT BETWEEN 1 AND 20
          OR EXISTS (SELECT FROM unnest(texts) AS each (meaning)
                      WHERE (length(each.meaning) > 100) IS NOT FALSE OR cardinality(private.search_lexemes(left(each.meaning, 100))) NOT BETWEEN 1 AND 4) THEN
        RAISE EXCEPTION 'invalid meanings of a synonym'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'A synonym has 1 to 20 meanings, each of 1 to 4 words and at most 100 characters.';
    END IF;
    INSERT INTO @extschema@.search_synonyms AS synonym (word, means)
    VALUES (lexemes[1], texts)
    ON CONFLICT ON CONSTRAINT search_synonyms_pkey DO UPDATE SET means = EXCLUDED.means;
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, new_values)
    VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller()), 'add_search_synonym', 'search_synonym',
            jsonb_build_object(lexemes[1], texts));
END;
$function$;
COMMENT ON FUNCTION @extschema@.add_search_synonym(text, text[]) IS
    'For admins and the service: searches for the word also find its meanings, which may be several words each, '
    'such as a brand in another script. Replaces the meanings that the word had. Recorded in admin_audit_log. '
    'Errors: 42501, 22004, 22023.';

-- rights: authenticated, service_role (users: admins)
-- definer: Deletes what no client may delete, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.remove_search_synonym(word text)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    lexemes constant text[] := private.search_lexemes(left(remove_search_synonym.word, 1000));
    removed jsonb;
BEGIN
    IF NOT (private.is_service() OR COALESCE(private.caller_role(), '') = 'admin') THEN
        RAISE EXCEPTION 'only an admin or the service can change synonyms' USING ERRCODE = 'insufficient_privilege';
    ELSIF remove_search_synonym.word IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', 'word' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- as it is written too: one that was added by another version of the rules
    WITH gone AS (
        DELETE FROM @extschema@.search_synonyms AS synonym
        WHERE synonym.word IN (lexemes[1], remove_search_synonym.word)
        RETURNING synonym.word, synonym.means
    )
    SELECT jsonb_object_agg(gone.word, gone.means) INTO removed FROM gone;
    IF removed IS NULL THEN
        RETURN false;
    END IF;
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, old_values)
    VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller()), 'remove_search_synonym', 'search_synonym', removed);
    RETURN true;
END;
$function$;
COMMENT ON FUNCTION @extschema@.remove_search_synonym(text) IS
    'For admins and the service: ends what add_search_synonym() began, and records it in admin_audit_log. Returns false if '
    'the word had no synonyms. Errors: 42501, 22004.';
