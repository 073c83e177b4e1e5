-- The ledger, and the inbox of Stripe's events, by which most of it is written.

CREATE OR REPLACE FUNCTION private.check_journal()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_check_journal';
COMMENT ON FUNCTION private.check_journal() IS
    'Trigger on ledger_entries, at the end of the transaction: the entries of a journal sum to zero in each currency. Error: 23514.';

CREATE OR REPLACE FUNCTION private.keep_ledger()
    RETURNS trigger
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION 'the ledger is only ever added to'
        USING ERRCODE = 'insufficient_privilege',
              DETAIL = format('%s of ledger_entries was tried.', TG_OP),
              HINT = 'Book another journal that takes the wrong one back.';
END;
$function$;
COMMENT ON FUNCTION private.keep_ledger() IS
    'Trigger on ledger_entries: nobody changes or removes what is booked, the owner of the table neither. Error: 42501.';

CREATE OR REPLACE FUNCTION private.apply_stripe_event(event jsonb)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_apply_stripe_event';
COMMENT ON FUNCTION private.apply_stripe_event(jsonb) IS
    'What a Stripe event means for payments, refunds, chargebacks, accounts and payouts; NULL when it was applied, else why it is ignored: its mode, its account, or an empty text for one that means nothing here. It raises when it cannot be applied, and has then done nothing.';

-- In PL/pgSQL for its EXCEPTION block: what an event that cannot be applied has done so far is undone, and its row stays.
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
        RAISE EXCEPTION 'there is no such event' USING ERRCODE = 'no_data_found';
    END IF;
    IF stored.processed THEN
        RETURN QUERY SELECT 'duplicate', NULL::text;
        RETURN;
    END IF;
    BEGIN
        why_ignored := private.apply_stripe_event(stored.data);
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
                        CASE why_ignored WHEN '' THEN format('Nothing here has to do with this %s.', stored.type) ELSE why_ignored END;
END;
$function$;
COMMENT ON FUNCTION private.process_stripe_event(text) IS
    'Applies a stored event once: outcome is processed, ignored, duplicate, or failed with the reason in detail.';

CREATE OR REPLACE FUNCTION @extschema@.record_stripe_event(event jsonb)
    RETURNS TABLE (stripe_event_id text, outcome text, detail text)
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    event_id constant text := event ->> 'id';
BEGIN
    IF NOT private.is_service() THEN
        RAISE EXCEPTION 'only the service may record events' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF event IS NULL THEN
        RAISE EXCEPTION 'event must not be NULL' USING ERRCODE = 'null_value_not_allowed';
    END IF;
    IF (jsonb_typeof(event -> 'id') = 'string' AND length(event ->> 'id') BETWEEN 1 AND 255
        AND jsonb_typeof(event -> 'type') = 'string' AND length(event ->> 'type') BETWEEN 1 AND 100
        AND (jsonb_typeof(event #> '{data,object}') = 'object' OR event ->> 'object' LIKE 'v2.%')) IS NOT TRUE
    THEN
        RAISE EXCEPTION 'this is no event of Stripe'
            USING ERRCODE = 'invalid_parameter_value',
                  DETAIL = 'An event is an object with id, type and data.object.',
                  HINT = 'Pass the body of the request as Stripe delivered it.';
    END IF;
    INSERT INTO @extschema@.stripe_webhook_events AS inbox (stripe_event_id, type, data)
        VALUES (event_id, event ->> 'type', event)
        ON CONFLICT (stripe_event_id) DO NOTHING;
    RETURN QUERY SELECT event_id, done.outcome, done.detail FROM private.process_stripe_event(event_id) AS done;
END;
$function$;
COMMENT ON FUNCTION @extschema@.record_stripe_event(jsonb) IS
    'For the service: stores a Stripe event object as delivered, once, and applies it in the same transaction. outcome: processed; ignored for one that means nothing here, that is of the mode that driplo.stripe_livemode excludes, or of a connected account, with the reason in detail; duplicate for one that was '
    'applied before; failed with the reason in detail, which is tried again when it is delivered again or replayed. Amounts are in the processor''s minor units. Errors: 42501, 22004, 22023 for what is no event.';

CREATE OR REPLACE FUNCTION @extschema@.replay_stripe_event(stripe_event_id text)
    RETURNS text
    LANGUAGE plpgsql VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT private.is_service() THEN
        RAISE EXCEPTION 'only the service may replay events' USING ERRCODE = 'insufficient_privilege';
    END IF;
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
    'For the service: applies a stored event that failed before, or was ignored; the outcome as of record_stripe_event(). Errors: 42501, 22004, P0002 for an unknown event.';

CREATE OR REPLACE FUNCTION @extschema@.verify_stripe_signature(payload text, header text, secret text, tolerance interval DEFAULT '5 minutes')
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_verify_stripe_signature';
COMMENT ON FUNCTION @extschema@.verify_stripe_signature(text, text, text, interval) IS
    'Whether the header Stripe-Signature belongs to the body of a request as it came, and is no older than the tolerance: HMAC-SHA-256, compared in constant time. '
    'The secret is an argument: keep statements with it out of the log. Errors: 22004, 22023 for an empty secret.';
