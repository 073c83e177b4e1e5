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
      FROM @extschema@.listings l JOIN @extschema@.profiles p ON p.id = l.seller_id
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
    'rate, and of listings with more favorites. It waits for nobody: listings that another session is writing are left '
    'to the next call. Returns 0 when there is nothing to do. Errors: 42501, 22004.';
