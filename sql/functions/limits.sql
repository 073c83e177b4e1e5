-- Limits: what is too much, and what is too small to be paid, wherever it is written.

-- SECURITY INVOKER: it looks at nothing but the row.
CREATE OR REPLACE FUNCTION private.check_sizes()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_check_sizes';
COMMENT ON FUNCTION private.check_sizes() IS
    'Trigger on tables that clients write: limits the uncompressed size of the columns named by its arguments to '
    'the number of bytes after each name. Values that were larger before may stay or become smaller. Error: '
    '54000.';

-- rights: service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.smallest_unit(currency text)
    RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_smallest_unit';
COMMENT ON FUNCTION private.smallest_unit(text) IS
    'Returns the smallest payable amount of a currency in hundredths: 100 for currencies without a minor unit, '
    'such as JPY, else 1; NULL if it is not an ISO 4217 currency in use.';
