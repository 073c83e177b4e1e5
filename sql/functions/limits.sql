-- Limits: what is too much, and what is too small to be paid, wherever it is written.

-- SECURITY INVOKER: it looks at nothing but the row.
CREATE OR REPLACE FUNCTION private.check_sizes()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_check_sizes';
COMMENT ON FUNCTION private.check_sizes() IS
    'Trigger on tables that clients write: none of the columns that its arguments name has more bytes, uncompressed, than the number behind it. What was '
    'larger before may stay and become smaller. Error: 54000.';

-- rights: service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.smallest_unit(currency text)
    RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_smallest_unit';
COMMENT ON FUNCTION private.smallest_unit(text) IS
    'The smallest amount of a currency that can be paid, in hundredths: 100 for those without a part, such as JPY, else 1. NULL for what is no currency '
    'of ISO 4217 in use.';
