-- What processors tell of payments, refunds, disputes and payouts: recorded once, handled once, and again when that failed.

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.apply_stripe_event(event jsonb)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_apply_stripe_event';
COMMENT ON FUNCTION private.apply_stripe_event(jsonb) IS
    'Applies a Stripe event to payments, refunds, chargebacks, accounts, and payouts. Returns NULL if it was '
    'applied, else the reason why it was ignored: its mode, its account, or an empty text if it does not refer to '
    'this database. Raises an error, without any effect, if the event cannot be applied.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.apply_payment_event(event jsonb)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_apply_payment_event';
COMMENT ON FUNCTION private.apply_payment_event(jsonb) IS
    'Applies an event that record_payment_event() has stored, like apply_stripe_event().';

-- In PL/pgSQL for its EXCEPTION block: what an event that cannot be applied has done so far is undone, and its row stays.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.process_stripe_event(event_id text)
    RETURNS TABLE (outcome text, detail text)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    stored record;
    problem text;
    problem_detail text;
    why_ignored text;
BEGIN
    SELECT * INTO stored FROM @extschema@.stripe_webhook_events AS inbox
        WHERE inbox.stripe_event_id = event_id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'event "%" does not exist', left(event_id, 255) USING ERRCODE = 'no_data_found';
    END IF;
    IF stored.processed THEN
        RETURN QUERY SELECT 'duplicate', NULL::text;
        RETURN;
    END IF;
    BEGIN
        why_ignored := CASE WHEN stored.data ? 'driplo_processor' THEN private.apply_payment_event(stored.data) ELSE private.apply_stripe_event(stored.data) END;
    EXCEPTION WHEN OTHERS THEN
        -- Not the event's fault: the same may succeed in a moment, or the server is at its limits or broken.
        IF substr(SQLSTATE, 1, 2) IN ('25', '40', '53', '55', '57', '58', 'XX') AND SQLSTATE <> '55000' THEN
            RAISE;
        END IF;
        GET STACKED DIAGNOSTICS problem = MESSAGE_TEXT, problem_detail = PG_EXCEPTION_DETAIL;
        problem := concat_ws(': ', problem, NULLIF(problem_detail, ''));
        UPDATE @extschema@.stripe_webhook_events AS inbox
            SET processed = false, outcome = 'failed', error = problem, processed_at = now()
            WHERE inbox.id = stored.id;
        RETURN QUERY SELECT 'failed', problem;
        RETURN;
    END;
    UPDATE @extschema@.stripe_webhook_events AS inbox
        SET processed = true, outcome = CASE WHEN why_ignored IS NULL THEN 'processed' ELSE 'ignored' END, error = NULL, processed_at = now()
        WHERE inbox.id = stored.id;
    RETURN QUERY SELECT CASE WHEN why_ignored IS NULL THEN 'processed' ELSE 'ignored' END,
                        CASE why_ignored WHEN '' THEN format('Nothing in this database refers to this %s.', stored.type) ELSE why_ignored END;
END;
$function$;
COMMENT ON FUNCTION private.process_stripe_event(text) IS
    'Applies a stored Stripe event once. outcome is processed, ignored, duplicate, or failed, with the reason in '
    'detail.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.record_stripe_event(event jsonb)
    RETURNS TABLE (stripe_event_id text, outcome text, detail text)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    event_id text;
BEGIN
    PERFORM private.require_service('record events');
    IF event IS NULL THEN
        RAISE EXCEPTION 'event must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- Drivers that serialize what they send as jsonb make a string of the body of a request: postgres.js does.
    IF jsonb_typeof(event) = 'string' THEN
        BEGIN
            event := (event #>> '{}')::jsonb;
        EXCEPTION WHEN data_exception THEN
            NULL; -- no JSON: rejected below
        END;
    END IF;
    event_id := event ->> 'id';
    IF (jsonb_typeof(event -> 'id') = 'string' AND length(event ->> 'id') BETWEEN 1 AND 255
        AND jsonb_typeof(event -> 'type') = 'string' AND length(event ->> 'type') BETWEEN 1 AND 100
        AND (jsonb_typeof(event #> '{data,object}') = 'object' OR event ->> 'object' LIKE 'v2.%')) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'invalid Stripe event'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'A Stripe event is an object with id, type, and data.object.',
                  HINT = 'Pass the body of the request as Stripe delivered it.';
    END IF;
    INSERT INTO @extschema@.stripe_webhook_events AS inbox (stripe_event_id, type, data)
        VALUES (event_id, event ->> 'type', event)
        ON CONFLICT (stripe_event_id) DO NOTHING;
    RETURN QUERY SELECT event_id, done.outcome, done.detail FROM private.process_stripe_event(event_id) AS done;
END;
$function$;
COMMENT ON FUNCTION @extschema@.record_stripe_event(jsonb) IS
    'For the service: stores a Stripe event, an object or its text as a JSON string, as received, once, and applies '
    'it in the same transaction. outcome is processed; ignored, for events that do not refer to this database, of '
    'the mode excluded by driplo.stripe_livemode, or of a connected account; duplicate; or failed, which is retried '
    'when the event is delivered again or replayed. detail has the reason. Amounts are in the processor''s minor '
    'units. Errors: 42501, 22004, 22023 for an invalid event.';

-- The words that processors have in common. Kept in the same inbox, where the processor stands in front of the event's ID: two
-- processors may number their events alike.
-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.record_payment_event(processor text, event jsonb)
    RETURNS TABLE (event_id text, outcome text, detail text)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    stored_id text;
    unit bigint;
BEGIN
    PERFORM private.require_service('record events');
    IF processor IS NULL OR event IS NULL THEN
        RAISE EXCEPTION 'processor and event must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    ELSIF (processor ~ '^[a-z0-9_]{1,50}$' AND processor <> 'stripe') IS NOT TRUE THEN
        RAISE EXCEPTION 'invalid processor: "%"', left(processor, 50)
            USING ERRCODE = 'invalid_parameter_value',
                  HINT = 'Use lower-case letters, digits, and underscores. Events of Stripe are recorded by record_stripe_event().';
    ELSIF (jsonb_typeof(event -> 'id') = 'string' AND length(event ->> 'id') BETWEEN 1 AND 200
        AND jsonb_typeof(event -> 'type') = 'string' AND length(event ->> 'type') BETWEEN 1 AND 100
        AND jsonb_typeof(event -> 'payment_id') = 'string' AND length(event ->> 'payment_id') BETWEEN 1 AND 255
        AND coalesce(jsonb_typeof(event -> 'created') = 'number' AND event ->> 'created' ~ '^[0-9]{1,12}$', true)
        AND coalesce(jsonb_typeof(event -> 'amount') = 'number', true)
        AND coalesce(jsonb_typeof(event -> 'currency') = 'string', true)
        AND coalesce(jsonb_typeof(event -> 'partial') = 'boolean', true)
        AND coalesce(jsonb_typeof(event -> 'order_ids') = 'array', true)) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'invalid payment event'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'A payment event is an object with id, type, and payment_id, and by its type with created, amount, currency, order_ids, partial, refund_id, '
                           'refund_request_id, dispute_id, and reason.';
    END IF;
    IF event ? 'amount' THEN
        unit := private.smallest_unit(event ->> 'currency');
        IF (unit IS NOT NULL AND (event ->> 'amount')::numeric > 0 AND (event ->> 'amount')::numeric <= 99999999.99
            AND (event ->> 'amount')::numeric * 100 % unit = 0) IS NOT TRUE
        THEN
            RAISE EXCEPTION 'amount of a payment event must be a positive number of the smallest unit of its currency'
                USING ERRCODE = 'invalid_parameter_value', HINT = 'Amounts are in major units, such as 12.50, beside an ISO 4217 code in upper case.';
        END IF;
    END IF;
    stored_id := processor || ':' || (event ->> 'id');
    INSERT INTO @extschema@.stripe_webhook_events AS inbox (stripe_event_id, type, data)
        VALUES (stored_id, event ->> 'type', jsonb_build_object('driplo_processor', processor, 'event', event))
        ON CONFLICT (stripe_event_id) DO NOTHING;
    RETURN QUERY SELECT stored_id, done.outcome, done.detail FROM private.process_stripe_event(stored_id) AS done;
END;
$function$;
COMMENT ON FUNCTION @extschema@.record_payment_event(text, jsonb) IS
    'For the service: stores what a processor other than Stripe, or a person at the bank account, tells of a payment, and applies it like '
    'record_stripe_event(), once for each id of the processor. type is payment.succeeded, payment.processing, payment.failed, payment.cancelled, '
    'refund.succeeded, refund.failed, chargeback.opened, chargeback.won, or chargeback.lost. Amounts are in major units of currency. A '
    'failed or ignored event is replayed by replay_stripe_event() with the returned ID. Errors: 42501, 22004, 22023 for an invalid event.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.replay_stripe_event(stripe_event_id text)
    RETURNS text
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    PERFORM private.require_service('replay events');
    IF stripe_event_id IS NULL THEN
        RAISE EXCEPTION 'stripe_event_id must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    -- What meant nothing when it came may do so by now: another version knows more types, a payout has got its id.
    UPDATE @extschema@.stripe_webhook_events AS inbox SET processed = false
        WHERE inbox.stripe_event_id = replay_stripe_event.stripe_event_id AND inbox.outcome = 'ignored';
    RETURN (SELECT done.outcome FROM private.process_stripe_event(stripe_event_id) AS done);
END;
$function$;
COMMENT ON FUNCTION @extschema@.replay_stripe_event(text) IS
    'For the service: applies a stored event again that failed or was ignored, and returns the outcome like '
    'record_stripe_event(). Errors: 42501, 22004, P0002 for an unknown event.';

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.verify_stripe_signature(payload text, header text, secret text, tolerance interval DEFAULT '5 minutes')
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_verify_stripe_signature';
COMMENT ON FUNCTION @extschema@.verify_stripe_signature(text, text, text, interval) IS
    'Returns whether the header Stripe-Signature matches the unmodified body of a request and is no older than '
    'the tolerance (HMAC-SHA-256, compared in constant time). Do not log statements that contain the secret. '
    'Errors: 22004, 22023 for an empty secret.';
