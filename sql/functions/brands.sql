-- Brands: from the request to the badge. Triggers of brand_verification_requests say who may change what, and make the brand.

-- rights: authenticated, service_role
-- definer: Locks the caller's profile and writes a request of the caller's, by the rules of its triggers.
CREATE OR REPLACE FUNCTION @extschema@.request_brand_verification(
    brand_name text,
    brand_category text,
    business_registration_number text DEFAULT NULL,
    tax_id text DEFAULT NULL,
    documents jsonb DEFAULT NULL,
    social_media_accounts jsonb DEFAULT NULL
)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_variable
DECLARE
    applicant constant uuid := private.acting_for(NULL, false);
    request uuid;
BEGIN
    PERFORM private.require_trader();
    IF NULLIF(btrim(request_brand_verification.brand_name), '') IS NULL OR NULLIF(btrim(request_brand_verification.brand_category), '') IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN NULLIF(btrim(request_brand_verification.brand_name), '') IS NULL THEN 'brand_name' ELSE 'brand_category' END
            USING ERRCODE = 'null_value_not_allowed';
    ELSIF length(request_brand_verification.brand_name) > 100 OR length(request_brand_verification.brand_category) > 100
          OR length(request_brand_verification.business_registration_number) > 100 OR length(request_brand_verification.tax_id) > 100
          OR jsonb_typeof(request_brand_verification.documents) <> 'array' OR octet_length(request_brand_verification.documents::text) > 65536
          OR jsonb_typeof(request_brand_verification.social_media_accounts) <> 'object' OR octet_length(request_brand_verification.social_media_accounts::text) > 65536 THEN
        RAISE EXCEPTION 'invalid brand verification request'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'Texts have at most 100 characters, documents is an array, social_media_accounts an object, each of at most 65536 bytes.';
    END IF;
    -- Of two sessions the second finds the request of the first.
    PERFORM FROM @extschema@.profiles p WHERE p.id = applicant FOR NO KEY UPDATE;
    SELECT b.id INTO request
      FROM @extschema@.brand_verification_requests b
     WHERE b.user_id = applicant AND b.verification_status IN ('pending', 'more_info_needed')
     ORDER BY b.submitted_at DESC, b.id LIMIT 1
       FOR UPDATE;
    IF FOUND THEN
        UPDATE @extschema@.brand_verification_requests b
           SET brand_name = btrim(request_brand_verification.brand_name),
               brand_category = btrim(request_brand_verification.brand_category),
               business_registration_number = COALESCE(request_brand_verification.business_registration_number, b.business_registration_number),
               tax_id = COALESCE(request_brand_verification.tax_id, b.tax_id),
               documents = COALESCE(request_brand_verification.documents, b.documents),
               social_media_accounts = COALESCE(request_brand_verification.social_media_accounts, b.social_media_accounts)
         WHERE b.id = request;
        RETURN request;
    END IF;
    INSERT INTO @extschema@.brand_verification_requests (user_id, brand_name, brand_category, business_registration_number, tax_id, documents, social_media_accounts)
    VALUES (applicant, btrim(request_brand_verification.brand_name), btrim(request_brand_verification.brand_category),
            request_brand_verification.business_registration_number, request_brand_verification.tax_id,
            COALESCE(request_brand_verification.documents, '[]'), COALESCE(request_brand_verification.social_media_accounts, '{}'))
    RETURNING id INTO request;
    RETURN request;
END;
$function$;
COMMENT ON FUNCTION @extschema@.request_brand_verification(text, text, text, text, jsonb, jsonb) IS
    'Asks that the caller is verified as a brand of that name, and returns the ID of the request. Called again before the '
    'decision, or when more information is needed, it changes that request and hands it in again; an argument that is NULL then '
    'changes nothing. Errors: 42501, 22004, 22023, 55000 while it is under review.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes the decision that no client can write, after asking whether the caller is an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.review_brand(request_id uuid, decision text, notes text DEFAULT NULL, revision integer DEFAULT NULL)
    RETURNS text
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_variable
DECLARE
    words constant text := NULLIF(btrim(review_brand.notes), '');
    wanted constant text := CASE review_brand.decision WHEN 'approve' THEN 'approved' WHEN 'reject' THEN 'rejected' WHEN 'request_info' THEN 'more_info_needed' END;
    before text;
BEGIN
    PERFORM private.require_admin('review a brand');
    IF review_brand.request_id IS NULL OR review_brand.decision IS NULL THEN
        RAISE EXCEPTION '% must not be NULL', CASE WHEN review_brand.request_id IS NULL THEN 'request_id' ELSE 'decision' END USING ERRCODE = 'null_value_not_allowed';
    ELSIF wanted IS NULL THEN
        RAISE EXCEPTION 'unrecognized decision: "%"', left(review_brand.decision, 50)
            USING ERRCODE = 'invalid_parameter_value', DETAIL = 'Valid decisions are approve, reject, and request_info.';
    ELSIF words IS NULL AND wanted <> 'approved' OR length(words) > 10000 THEN
        RAISE EXCEPTION 'notes must have 1 to 10000 characters'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The applicant reads them.';
    END IF;
    SELECT b.verification_status INTO before FROM @extschema@.brand_verification_requests b WHERE b.id = review_brand.request_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'brand verification request "%" does not exist', review_brand.request_id USING ERRCODE = 'no_data_found';
    -- An approval can be taken back.
    ELSIF before = 'rejected' OR before = wanted OR before = 'approved' AND wanted <> 'rejected' THEN
        RAISE EXCEPTION 'request was decided already'
            USING ERRCODE = 'object_not_in_prerequisite_state', DETAIL = format('Its status is %s.', before);
    END IF;
    UPDATE @extschema@.brand_verification_requests b
       SET verification_status = wanted, admin_notes = words,
           reviewed_by = private.caller(), reviewed_at = now(),
           reviewed_revision = CASE WHEN wanted = 'approved' THEN COALESCE(review_brand.revision, 1) END
     WHERE b.id = review_brand.request_id;
    RETURN wanted;
END;
$function$;
COMMENT ON FUNCTION @extschema@.review_brand(uuid, text, text, integer) IS
    'For admins and the service: decides a brand verification request, or rejects one that was approved, and returns its new '
    'status: approve makes the applicant a verified brand of that name, reject and request_info need notes, which the '
    'applicant reads. revision is the revision that was read, and required for approving any but the first. Recorded in '
    'admin_approvals and admin_audit_log. Errors: 42501, 22004, 22023, P0002, 55000 for the caller''s own, a decided, or a changed one.';

-- rights: authenticated, service_role
-- definer: Writes a code into a column of the caller's row that only the service can read.
CREATE OR REPLACE FUNCTION @extschema@.verify_social_account(platform text)
    RETURNS TABLE (code text, valid_until timestamptz)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    ROWS 1
AS $function$
#variable_conflict use_column
DECLARE
    caller constant uuid := private.acting_for(NULL, false);
    known record;
BEGIN
    PERFORM private.require_trader();
    SELECT a.id, a.username, a.is_verified, a.verification_data INTO known
      FROM @extschema@.social_media_accounts a
     WHERE a.user_id = caller AND a.platform = verify_social_account.platform
       FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no account on platform "%"', left(COALESCE(verify_social_account.platform, 'NULL'), 50)
            USING ERRCODE = 'no_data_found', HINT = 'Add it with INSERT INTO social_media_accounts.';
    ELSIF known.is_verified THEN
        RAISE EXCEPTION 'account is already verified' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    code := known.verification_data ->> 'code';
    valid_until := (known.verification_data ->> 'valid_until')::timestamptz;
    -- The same while it lasts: it may stand in the profile already.
    IF code IS NULL OR known.verification_data ->> 'username' IS DISTINCT FROM known.username OR (valid_until > clock_timestamp()) IS NOT TRUE THEN
        code := 'driplo-' || left(replace(gen_random_uuid()::text, '-', ''), 12);
        valid_until := clock_timestamp() + interval '1 day';
        UPDATE @extschema@.social_media_accounts a
           SET verification_data = jsonb_build_object('code', code, 'username', known.username, 'valid_until', private.logged_time(valid_until))
         WHERE a.id = known.id;
    END IF;
    RETURN NEXT;
END;
$function$;
COMMENT ON FUNCTION @extschema@.verify_social_account(text) IS
    'Returns a code that the caller puts into the public profile text of the account on that platform, within a day; the '
    'service then calls confirm_social_account(). The same code is returned while it is valid. Errors: 42501, P0002 without '
    'such an account, 55000 if it is verified.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.confirm_social_account(user_id uuid, platform text, bio text, followers integer DEFAULT NULL)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_variable
DECLARE
    known record;
BEGIN
    PERFORM private.require_service('confirm social media accounts');
    SELECT a.id, a.username, a.is_verified, a.verification_data AS data INTO known
      FROM @extschema@.social_media_accounts a
     WHERE a.user_id = confirm_social_account.user_id AND a.platform = confirm_social_account.platform
       FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'user "%" has no account on platform "%"', confirm_social_account.user_id, left(COALESCE(confirm_social_account.platform, 'NULL'), 50)
            USING ERRCODE = 'no_data_found';
    ELSIF confirm_social_account.followers < 0 THEN
        RAISE EXCEPTION 'followers must not be negative' USING ERRCODE = 'invalid_parameter_value';
    ELSIF known.is_verified THEN
        RETURN true;
    ELSIF (strpos(confirm_social_account.bio, known.data ->> 'code') > 0 AND known.data ->> 'username' = known.username
           AND (known.data ->> 'valid_until')::timestamptz > clock_timestamp()) IS NOT TRUE THEN
        RETURN false;
    END IF;
    UPDATE @extschema@.social_media_accounts a
       SET is_verified = true, followers_count = COALESCE(confirm_social_account.followers, a.followers_count),
           verification_data = known.data || jsonb_build_object('verified_at', private.logged_time(clock_timestamp()))
     WHERE a.id = known.id;
    RETURN true;
END;
$function$;
COMMENT ON FUNCTION @extschema@.confirm_social_account(uuid, text, text, integer) IS
    'For the service: marks an account on another platform as verified if bio, the public profile text that it has fetched '
    'there, contains the code of verify_social_account() while it is valid and the username is the same. Returns whether the '
    'account is verified. Errors: 42501, 22023, P0002.';
