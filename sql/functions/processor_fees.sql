-- What processors keep for themselves.

-- rights: service_role
CREATE OR REPLACE FUNCTION @extschema@.record_processor_fee(
    processor text, processor_payment_id text, reference text, amount numeric, currency text, is_returned boolean DEFAULT false
)
    RETURNS boolean
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_record_processor_fee';
COMMENT ON FUNCTION @extschema@.record_processor_fee(text, text, text, numeric, text, boolean) IS
    'For the service: books what the processor charges for a payment, or returns of that, once for each reference (the processor''s '
    'own transaction), split by the amounts of the orders that it pays for. The platform bears it. Amounts in major units; the currency may be '
    'another one than the payment''s. Returns false when it was booked before. Errors: 42501, 22004, 22023, 22003, P0002 for an unknown payment, '
    'MK013 for a reference that was booked with another amount.';
