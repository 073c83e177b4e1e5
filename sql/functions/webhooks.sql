-- Webhooks by the Standard Webhooks specification: what is sent where, signed, retried, given up. The database sends
-- nothing itself: a slow receiver would hold transactions. A back end claims deliveries, sends them, and settles them.

-- rights: authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.webhook_event_types()
    RETURNS TABLE (event_type text, description text)
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    VALUES
        ('order.created', 'An order was placed.'),
        ('order.paid', 'The payment for an order was received.'),
        ('order.shipped', 'The seller has sent the order.'),
        ('order.delivered', 'The order has arrived.'),
        ('order.completed', 'The order is settled.'),
        ('order.cancelled', 'The order was cancelled.'),
        ('order.refunded', 'All of the payment for an order was refunded.'),
        ('order.items_cancelled', 'Items of a paid order were cancelled.'),
        ('order.parcel_added', 'The seller has sent another parcel of the order.'),
        ('order.parcel_changed', 'The seller has corrected or removed a parcel.'),
        ('order.parcel_delivered', 'A parcel has arrived, and others of the order have not.'),
        ('refund.requested', 'A buyer has requested a refund.'),
        ('refund.approved', 'A refund was approved, or given without a request.'),
        ('refund.rejected', 'A refund request was rejected.'),
        ('return.requested', 'A buyer wants to return an item.'),
        ('return.approved', 'The return was approved.'),
        ('return.rejected', 'The return was rejected.'),
        ('return.shipped_back', 'The buyer has sent the item back.'),
        ('return.received', 'The item has arrived at the seller.'),
        ('return.inspecting', 'The seller inspects the item.'),
        ('return.refunded', 'The return ended with a refund.'),
        ('return.replaced', 'The return ended with a replacement.'),
        ('return.closed', 'The return ended without a refund.'),
        ('dispute.open', 'A dispute was opened.'),
        ('dispute.awaiting_seller_response', 'The seller has to answer.'),
        ('dispute.awaiting_buyer_response', 'The buyer has to answer.'),
        ('dispute.under_review', 'Moderators examine the dispute.'),
        ('dispute.escalated', 'The dispute needs a decision by moderators.'),
        ('dispute.resolved', 'The dispute was decided.'),
        ('dispute.closed', 'The dispute was closed.'),
        ('dispute.cancelled', 'The dispute was withdrawn.'),
        ('offer.pending', 'A buyer or a seller has offered a price.'),
        ('offer.accepted', 'The other side has accepted the price.'),
        ('offer.declined', 'The other side has declined the price.'),
        ('offer.countered', 'The other side has offered another price.'),
        ('offer.withdrawn', 'Who made the offer has withdrawn it.'),
        ('offer.expired', 'Nobody answered the offer, or bought at its price, in time.'),
        ('offer.void', 'The listing of the offer is gone, or costs less.'),
        ('offer.used', 'The buyer has checked out at the price of the offer.'),
        ('payout.pending', 'A seller has requested a payout.'),
        ('payout.processing', 'The payout is on its way.'),
        ('payout.paid', 'The payout has arrived.'),
        ('payout.failed', 'The payout has failed.'),
        ('payout.cancelled', 'The payout was cancelled.'),
        ('listing.published', 'A listing is on sale.'),
        ('listing.sold', 'Units of a listing were sold, told with the payment.'),
        ('listing.removed', 'A listing is no longer on sale, but was not sold.'),
        ('report.opened', 'Something was reported to the moderators.'),
        ('report.decided', 'A report, or an appeal, was decided.'),
        ('user.created', 'A user has signed up.'),
        ('user.suspended', 'A user was suspended.'),
        ('user.active', 'The suspension of a user has ended.'),
        ('user.deleted', 'The account of a user was deleted.')
$function$;
COMMENT ON FUNCTION @extschema@.webhook_event_types() IS
    'The event types that webhooks tell of. Beside them there is webhook.test, which test_webhook_endpoint() sends.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.webhook_url_problem(url text)
    RETURNS text
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_webhook_url_problem';
COMMENT ON FUNCTION private.webhook_url_problem(text) IS
    'Why webhooks are not sent to this address, as a sentence; NULL if they can be. Error: 22004.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.keyed_hash(key bytea, message bytea)
    RETURNS bytea
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_keyed_hash';
COMMENT ON FUNCTION private.keyed_hash(bytea, bytea) IS 'HMAC-SHA-256 of a message, 32 bytes. Error: 22004.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.database_identity()
    RETURNS text
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_database_identity';
COMMENT ON FUNCTION private.database_identity() IS
    'Which database this is: the system identifier of the cluster, the OID, and the name of the database. A restored dump '
    'and a database made from a template are others; a physical copy of the cluster is the same.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.sign_webhook(secret text, event_id text, sent_at bigint, body text)
    RETURNS text
    LANGUAGE sql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'v1,' || encode(private.keyed_hash(
        decode(substr(secret, length('whsec_') + 1), 'base64'),
        convert_to(event_id || '.' || sent_at::text || '.' || body, 'UTF8')
    ), 'base64')
$function$;
COMMENT ON FUNCTION private.sign_webhook(text, text, bigint, text) IS
    'One signature of the header webhook-signature, by a secret that begins with whsec_.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.new_webhook_secret()
    RETURNS text
    LANGUAGE sql VOLATILE PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    -- 366 random bits, of which the hash keeps 256
    SELECT 'whsec_' || encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'base64')
$function$;
COMMENT ON FUNCTION private.new_webhook_secret() IS 'whsec_ and 32 random bytes in Base64.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.check_webhook_endpoint(url text, event_types text[], description text)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    problem constant text := private.webhook_url_problem(url);
    unknown text;
BEGIN
    IF problem IS NOT NULL THEN
        RAISE EXCEPTION 'invalid URL of a webhook'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = problem,
                  HINT = 'Webhooks are sent to https:// and the name of a host on the internet, at port 443.';
    ELSIF event_types IS NULL THEN
        RAISE EXCEPTION 'event_types must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF event_types = '{}' OR cardinality(event_types) > 100 OR array_ndims(event_types) > 1 THEN
        RAISE EXCEPTION 'event_types must have 1 to 100 elements' USING ERRCODE = 'invalid_parameter_value';
    ELSIF description <> '' AND length(description) > 500 THEN
        RAISE EXCEPTION 'description must not be longer than 500 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT COALESCE(wanted.event_type, 'NULL')
    INTO unknown
    FROM unnest(event_types) AS wanted (event_type)
    WHERE wanted.event_type IS DISTINCT FROM '*'
      AND NOT EXISTS (SELECT FROM @extschema@.webhook_event_types() AS known WHERE known.event_type = wanted.event_type)
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'unrecognized event type: "%"', left(unknown, 100)
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use webhook_event_types() to list them; "*" is all of them.';
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.check_webhook_endpoint(text, text[], text) IS
    'Fails unless there can be such an endpoint. Errors: 22004, 22023.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.log_webhook_endpoint(action text, endpoint uuid, before jsonb, after jsonb)
    RETURNS void
    LANGUAGE sql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    INSERT INTO @extschema@.admin_audit_log (admin_id, action, target_type, target_id, old_values, new_values)
    VALUES ((SELECT p.id FROM @extschema@.profiles p WHERE p.id = private.caller()), action, 'webhook_endpoint', endpoint, before, after)
$function$;
COMMENT ON FUNCTION private.log_webhook_endpoint(text, uuid, jsonb, jsonb) IS
    'Writes to admin_audit_log what the caller has done with an endpoint. The values have no secrets.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes endpoints, which have secrets that no role reads.
CREATE OR REPLACE FUNCTION @extschema@.create_webhook_endpoint(url text, event_types text[], description text DEFAULT NULL)
    RETURNS TABLE (id uuid, secret text)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    ROWS 1
AS $function$
#variable_conflict use_variable
BEGIN
    PERFORM private.require_admin('create webhook endpoints');
    PERFORM private.check_webhook_endpoint(url, event_types, description);
    INSERT INTO @extschema@.webhook_endpoints AS made (url, event_types, description, secret, confirmed_for)
    VALUES (url, event_types, NULLIF(description, ''), private.new_webhook_secret(), private.database_identity())
    RETURNING made.id, made.secret INTO id, secret;
    PERFORM private.log_webhook_endpoint('create_webhook_endpoint', id, NULL,
        jsonb_build_object('url', url, 'event_types', event_types, 'description', description));
    RETURN NEXT;
END;
$function$;
COMMENT ON FUNCTION @extschema@.create_webhook_endpoint(text, text[], text) IS
    'For admins and the service: from now on, events of these types of webhook_event_types(), or of all for *, are sent '
    'to this URL. Returns the ID of the endpoint and the secret that signs what is sent, which is shown only here. The URL '
    'is https:// and the name of a host on the internet, without another port or user information. On record in '
    'admin_audit_log. Errors: 42501, 22004, 22023.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes endpoints, which have secrets that no role reads.
CREATE OR REPLACE FUNCTION @extschema@.rotate_webhook_secret(endpoint_id uuid)
    RETURNS text
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    fresh constant text := private.new_webhook_secret();
BEGIN
    PERFORM private.require_admin('change webhook endpoints');
    UPDATE @extschema@.webhook_endpoints e
    SET previous_secret = e.secret,
        previous_until = clock_timestamp() + interval '24 hours',
        secret = fresh,
        updated_at = clock_timestamp()
    WHERE e.id = endpoint_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'webhook endpoint "%" does not exist', endpoint_id USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM private.log_webhook_endpoint('rotate_webhook_secret', endpoint_id, NULL, NULL);
    RETURN fresh;
END;
$function$;
COMMENT ON FUNCTION @extschema@.rotate_webhook_secret(uuid) IS
    'For admins and the service: gives an endpoint a new secret and returns it, which is shown only here. For 24 hours '
    'what is sent is signed with both; of two rotations within that time, only the last secret before counts. On record in '
    'admin_audit_log. Errors: 42501, P0002.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes endpoints, which have secrets that no role reads.
CREATE OR REPLACE FUNCTION @extschema@.set_webhook_endpoint(
    endpoint_id uuid,
    url text DEFAULT NULL,
    event_types text[] DEFAULT NULL,
    description text DEFAULT NULL,
    is_active boolean DEFAULT NULL
)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_variable
DECLARE
    before @extschema@.webhook_endpoints;
    after @extschema@.webhook_endpoints;
BEGIN
    PERFORM private.require_admin('change webhook endpoints');
    SELECT e.* INTO before FROM @extschema@.webhook_endpoints e WHERE e.id = endpoint_id FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'webhook endpoint "%" does not exist', endpoint_id USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM private.check_webhook_endpoint(COALESCE(url, before.url), COALESCE(event_types, before.event_types), description);
    UPDATE @extschema@.webhook_endpoints e
    SET url = COALESCE(set_webhook_endpoint.url, e.url),
        event_types = COALESCE(set_webhook_endpoint.event_types, e.event_types),
        description = CASE WHEN set_webhook_endpoint.description IS NULL THEN e.description ELSE NULLIF(set_webhook_endpoint.description, '') END,
        is_active = COALESCE(set_webhook_endpoint.is_active, e.is_active),
        disabled_reason = CASE COALESCE(set_webhook_endpoint.is_active, e.is_active) WHEN false THEN COALESCE(e.disabled_reason, 'admin') END,
        failing_since = CASE WHEN set_webhook_endpoint.is_active THEN NULL ELSE e.failing_since END,
        last_failure = CASE WHEN set_webhook_endpoint.is_active THEN NULL ELSE e.last_failure END,
        paused_until = CASE WHEN set_webhook_endpoint.is_active THEN NULL ELSE e.paused_until END,
        confirmed_for = CASE WHEN set_webhook_endpoint.is_active THEN private.database_identity() ELSE e.confirmed_for END,
        updated_at = clock_timestamp()
    WHERE e.id = endpoint_id
    RETURNING e.* INTO after;
    IF after.is_active AND NOT before.is_active THEN
        -- What came up meanwhile is for replay_webhooks(): a receiver that was away for weeks may not want all of it.
        UPDATE @extschema@.webhook_deliveries d
        SET status = 'skipped', claimed_at = NULL
        WHERE d.endpoint_id = after.id AND d.status = 'pending';
    END IF;
    PERFORM private.log_webhook_endpoint('set_webhook_endpoint', endpoint_id,
        jsonb_build_object('url', before.url, 'event_types', before.event_types, 'description', before.description,
                           'is_active', before.is_active, 'confirmed_for', before.confirmed_for),
        jsonb_build_object('url', after.url, 'event_types', after.event_types, 'description', after.description,
                           'is_active', after.is_active, 'confirmed_for', after.confirmed_for));
    RETURN after.is_active AND after.confirmed_for = private.database_identity();
END;
$function$;
COMMENT ON FUNCTION @extschema@.set_webhook_endpoint(uuid, text, text[], text, boolean) IS
    'For admins and the service: changes an endpoint; NULL changes nothing, an empty description removes it. is_active => '
    'false disables the endpoint; true enables it again and forgets its failures, lets this database send to it if it is '
    'a copy of another one, and skips what has waited meanwhile, which replay_webhooks() sends. Returns whether the '
    'endpoint is sent to. On record in admin_audit_log. Errors: 42501, P0002, 22023.';

-- rights: authenticated, service_role (users: admins)
-- definer: Deletes endpoints, which no role may write.
CREATE OR REPLACE FUNCTION @extschema@.delete_webhook_endpoint(endpoint_id uuid)
    RETURNS integer
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    gone @extschema@.webhook_endpoints;
    waiting integer;
BEGIN
    PERFORM private.require_admin('delete webhook endpoints');
    SELECT e.* INTO gone FROM @extschema@.webhook_endpoints e WHERE e.id = endpoint_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'webhook endpoint "%" does not exist', endpoint_id USING ERRCODE = 'no_data_found';
    END IF;
    -- locked, so that what a sender is just settling is not counted
    SELECT count(*) INTO waiting
    FROM (
        SELECT FROM @extschema@.webhook_deliveries d
        WHERE d.endpoint_id = gone.id AND d.status = 'pending'
        FOR UPDATE
    ) AS d;
    DELETE FROM @extschema@.webhook_endpoints e WHERE e.id = gone.id;
    PERFORM private.log_webhook_endpoint('delete_webhook_endpoint', gone.id,
        jsonb_build_object('url', gone.url, 'event_types', gone.event_types, 'description', gone.description,
                           'is_active', gone.is_active, 'waiting', waiting), NULL);
    RETURN waiting;
END;
$function$;
COMMENT ON FUNCTION @extschema@.delete_webhook_endpoint(uuid) IS
    'For admins and the service: deletes an endpoint with its secrets and its deliveries, and returns how many of these '
    'were waiting and are no longer sent. What a sender has claimed already can still arrive. On record in '
    'admin_audit_log. Errors: 42501, P0002.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_webhook_endpoint(endpoint uuid)
    RETURNS void
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    found_endpoint @extschema@.webhook_endpoints;
BEGIN
    SELECT e.* INTO found_endpoint FROM @extschema@.webhook_endpoints e WHERE e.id = endpoint FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'webhook endpoint "%" does not exist', endpoint USING ERRCODE = 'no_data_found';
    ELSIF NOT found_endpoint.is_active THEN
        RAISE EXCEPTION 'webhook endpoint "%" is disabled', endpoint
            USING ERRCODE = 'object_not_in_prerequisite_state', HINT = 'Use set_webhook_endpoint() to enable it.';
    END IF;
END;
$function$;
COMMENT ON FUNCTION private.require_webhook_endpoint(uuid) IS
    'Locks an active endpoint. Errors: P0002, 55000 for a disabled one.';

-- rights: authenticated, service_role (users: admins)
-- definer: Writes a delivery.
CREATE OR REPLACE FUNCTION @extschema@.test_webhook_endpoint(endpoint_id uuid)
    RETURNS uuid
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    delivery uuid;
BEGIN
    PERFORM private.require_admin('test webhook endpoints');
    PERFORM private.require_webhook_endpoint(endpoint_id);
    INSERT INTO @extschema@.webhook_deliveries (endpoint_id, event_id, event_type, body)
    VALUES (test_webhook_endpoint.endpoint_id, 'msg_' || replace(gen_random_uuid()::text, '-', ''), 'webhook.test',
            private.webhook_body('webhook.test', now(), json_build_object('endpoint_id', test_webhook_endpoint.endpoint_id)))
    RETURNING id INTO delivery;
    RETURN delivery;
END;
$function$;
COMMENT ON FUNCTION @extschema@.test_webhook_endpoint(uuid) IS
    'For admins and the service: queues an event webhook.test for this endpoint, whatever its event types, and returns the '
    'ID of the delivery. Errors: 42501, P0002, 55000 for a disabled endpoint.';

-- rights: authenticated, service_role (users: admins)
-- definer: Reads endpoints, and returns all but their secrets.
CREATE OR REPLACE FUNCTION @extschema@.webhook_status()
    RETURNS TABLE (
        id uuid, url text, description text, event_types text[], is_active boolean, disabled_reason text, is_confirmed boolean,
        failing_since timestamptz, last_failure text, paused_until timestamptz, previous_until timestamptz, waiting bigint,
        oldest_waiting timestamptz, created_at timestamptz
    )
    LANGUAGE plpgsql STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    ROWS 10
AS $function$
#variable_conflict use_column
BEGIN
    PERFORM private.require_admin('view webhook endpoints');
    RETURN QUERY
        SELECT e.id, e.url, e.description, e.event_types, e.is_active, e.disabled_reason, e.confirmed_for = private.database_identity(),
               e.failing_since, e.last_failure, CASE WHEN e.paused_until > statement_timestamp() THEN e.paused_until END,
               CASE WHEN e.previous_until > statement_timestamp() THEN e.previous_until END, queued.waiting, queued.oldest_waiting, e.created_at
        FROM @extschema@.webhook_endpoints e
        CROSS JOIN LATERAL (
            SELECT count(*) AS waiting, min(d.created_at) AS oldest_waiting
            FROM @extschema@.webhook_deliveries d
            WHERE d.endpoint_id = e.id AND d.status = 'pending'
        ) queued
        ORDER BY e.created_at, e.id;
END;
$function$;
COMMENT ON FUNCTION @extschema@.webhook_status() IS
    'For admins and the service: each endpoint without its secrets, whether this database sends to it (is_active and '
    'is_confirmed), since when it fails and the last answer or error, until when it is to be left alone, until when two '
    'secrets sign, how many deliveries wait, and since when. Errors: 42501.';
