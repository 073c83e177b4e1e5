-- Storage: the five buckets of Supabase's storage service and who may do what with their files. Does
-- nothing where schema storage does not exist.
--
-- A file's path is <user id>/..., and for returns and disputes <user id>/<return or dispute id>/...:
-- the first folder is the uploader's, the second names what the file belongs to.

-- rights: service_role
CREATE OR REPLACE FUNCTION private.storage_buckets()
    RETURNS TABLE (id text, public boolean, file_size_limit bigint, allowed_mime_types text[], noun text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    VALUES ('avatars', true, 5242880::bigint, ARRAY['image/jpeg', 'image/png', 'image/webp'], 'avatar'),
           ('covers', true, 10485760, ARRAY['image/jpeg', 'image/png', 'image/webp'], 'cover'),
           ('listings', true, 5242880, ARRAY['image/jpeg', 'image/png', 'image/webp'], 'listing'),
           ('returns', false, 10485760, ARRAY['image/jpeg', 'image/png', 'image/webp', 'application/pdf'], 'return'),
           ('disputes', false, 10485760, ARRAY['image/jpeg', 'image/png', 'image/webp', 'application/pdf', 'video/mp4'], 'dispute')
$function$;
COMMENT ON FUNCTION private.storage_buckets() IS
    'The five storage buckets, each with whether it is public, its maximum file size in bytes, and its MIME '
    'types.';

-- Policies on storage.objects call this and the next.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION private.may_read_case_file(bucket text, path text) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    case_id text := split_part(path, '/', 2);
BEGIN
    IF case_id !~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        RETURN false;
    END IF;
    -- Row level security of the two tables decides: who may see the case may see its files.
    RETURN CASE bucket
               WHEN 'returns' THEN EXISTS (SELECT FROM @extschema@.returns r WHERE r.id = case_id::uuid)
               WHEN 'disputes' THEN EXISTS (SELECT FROM @extschema@.disputes d WHERE d.id = case_id::uuid)
               ELSE false
           END;
END
$function$;
COMMENT ON FUNCTION private.may_read_case_file(text, text) IS
    'Returns whether the caller can see the return or dispute to which a file in bucket returns or disputes '
    'belongs.';

-- A policy's WITH CHECK knows the new row only, and policies of several buckets add up: without this a file could be put
-- where its kind and size are accepted and then moved to where they are not.
-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION private.file_is_in_bucket(file_id uuid, bucket text) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
BEGIN
    RETURN EXISTS (SELECT FROM storage.objects o WHERE o.id = file_id AND o.bucket_id = bucket);
END
$function$;
COMMENT ON FUNCTION private.file_is_in_bucket(uuid, text) IS
    'Returns whether the file was in that bucket at the start of the statement, as far as the caller can see it; '
    'files cannot change their bucket.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.storage_policies()
    RETURNS TABLE (name text, command text, role_names text, using_rule text, check_rule text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    SELECT p.name, p.command, p.role_names,
           CASE WHEN p.command <> 'INSERT' THEN p.rule END,
           CASE p.command WHEN 'INSERT' THEN p.rule || r.by_whom
                          WHEN 'UPDATE' THEN p.rule || r.by_whom || ' AND private.file_is_in_bucket(id, bucket_id)' END
      FROM private.storage_buckets() b
     CROSS JOIN LATERAL (SELECT format('bucket_id = %L', b.id) AS bucket,
                                format('bucket_id = %L AND (SELECT auth.uid())::text = (storage.foldername(name))[1]', b.id) AS own,
                                -- nobody slips a file into somebody else's case
                                CASE WHEN b.public THEN ''
                                     ELSE ' AND (split_part(name, ''/'', 3) = '''' OR private.may_read_case_file(bucket_id, name))' END AS in_case,
                                -- what everybody sees is for who takes part in the market; who is suspended sees the orders through
                                CASE WHEN b.public THEN ' AND (SELECT private.require_trader())'
                                     ELSE ' AND (SELECT private.caller_role()) <> ''anonymous''' END AS by_whom) r
     CROSS JOIN LATERAL (
         VALUES (CASE WHEN b.public THEN initcap(b.noun COLLATE "C") || ' images are publicly accessible'
                      ELSE initcap(b.noun COLLATE "C") || ' files are visible to the parties' END,
                 'SELECT',
                 CASE WHEN b.public THEN 'anon, authenticated' ELSE 'authenticated' END,
                 CASE WHEN b.public THEN r.bucket
                      ELSE format('%s OR %s AND private.may_read_case_file(bucket_id, name)', r.own, r.bucket) END),
                (format('Users can upload their own %s', b.noun), 'INSERT', 'authenticated', r.own || r.in_case),
                (format('Users can update their own %s', b.noun), 'UPDATE', 'authenticated', r.own || r.in_case),
                (format('Users can delete their own %s', b.noun), 'DELETE', 'authenticated', r.own)
     ) AS p (name, command, role_names, rule)
$function$;
COMMENT ON FUNCTION private.storage_policies() IS
    'Policies on storage.objects: all users can read public buckets, and the parties can read the files of their '
    'case. Signed-up users can write to the folder named after their user ID, in public buckets only if they are '
    'not suspended; files cannot change their bucket.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.storage_is_installed() RETURNS boolean
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    AS $function$
    -- Rows are inserted there by a superuser, so the tables' owner, who may put triggers on them, has to be
    -- the service's own role or a superuser. Asked of the catalog: it needs no right on the schema.
    SELECT count(*) = 2 AND EXISTS (SELECT FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                                     WHERE n.nspname = 'storage' AND p.proname = 'foldername')
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles r ON r.oid = c.relowner
     WHERE n.nspname = 'storage' AND c.relname IN ('buckets', 'objects') AND c.relkind = 'r'
       AND (r.rolsuper OR r.rolname = 'supabase_storage_admin')
$function$;
COMMENT ON FUNCTION private.storage_is_installed() IS
    'Returns whether this database has Supabase''s storage service: tables storage.buckets and storage.objects '
    'owned by supabase_storage_admin or a superuser, and storage.foldername().';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.compare_storage()
    RETURNS TABLE (name text, state text)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
    SET quote_all_identifiers = off
    AS $function$
    SELECT s.name,
           CASE WHEN p.oid IS NULL THEN 'missing'
                WHEN NOT p.polpermissive OR p.command <> s.command OR p.role_names <> string_to_array(s.role_names, ', ')
                     OR (p.using_rule IS NULL) <> (s.using_rule IS NULL) OR (p.check_rule IS NULL) <> (s.check_rule IS NULL)
                     OR p.using_rule <> private.as_printed(p.polrelid, s.using_rule) OR p.check_rule <> private.as_printed(p.polrelid, s.check_rule)
                THEN concat('for ' || p.command, ' to ' || array_to_string(p.role_names, ', '), ' using ' || p.using_rule, ' with check ' || p.check_rule) END
      FROM private.storage_policies() s
      LEFT JOIN (SELECT p.oid, p.polname, p.polrelid, p.polpermissive, pg_get_expr(p.polqual, p.polrelid) AS using_rule, pg_get_expr(p.polwithcheck, p.polrelid) AS check_rule,
                        CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END AS command,
                        ARRAY(SELECT coalesce(r.rolname::text, 'public') FROM unnest(p.polroles) AS m (id) LEFT JOIN pg_roles r ON r.oid = m.id ORDER BY 1) AS role_names
                   FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                  WHERE n.nspname = 'storage' AND c.relname = 'objects') p ON p.polname = s.name
$function$;
COMMENT ON FUNCTION private.compare_storage() IS
    'Returns driplo''s policies on storage.objects, and for each that is missing or different its state.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.install_storage() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    policy record;
BEGIN
    IF NOT private.storage_is_installed() THEN
        RETURN;
    END IF;
    INSERT INTO storage.buckets (id, name, public, file_size_limit, allowed_mime_types)
    SELECT b.id, b.id, b.public, b.file_size_limit, b.allowed_mime_types FROM private.storage_buckets() b
    ON CONFLICT (id) DO NOTHING; -- a bucket that exists keeps the owner's settings
    FOR policy IN SELECT * FROM private.storage_policies() LOOP
        EXECUTE format('DROP POLICY IF EXISTS %I ON storage.objects', policy.name);
        EXECUTE format('CREATE POLICY %I ON storage.objects FOR %s TO %s', policy.name, policy.command, policy.role_names)
             || coalesce(' USING (' || policy.using_rule || ')', '') -- not format(): it makes '' of NULL
             || coalesce(' WITH CHECK (' || policy.check_rule || ')', '');
    END LOOP;
END
$function$;
COMMENT ON FUNCTION private.install_storage() IS
    'Creates the five buckets and their policies if the storage service is installed; can be repeated. Existing '
    'buckets are not changed.';

-- rights: owner
CREATE OR REPLACE FUNCTION private.remove_storage() RETURNS void
    LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp
    AS $function$
DECLARE
    policy record;
BEGIN
    IF private.storage_is_installed() THEN
        FOR policy IN SELECT * FROM private.storage_policies() LOOP
            EXECUTE format('DROP POLICY IF EXISTS %I ON storage.objects', policy.name);
        END LOOP;
    END IF;
END
$function$;
COMMENT ON FUNCTION private.remove_storage() IS
    'Drops driplo''s policies on storage.objects. Buckets and files are kept; they are removed by the storage '
    'service.';
