-- Orders: numbers, history and stock.

CREATE OR REPLACE FUNCTION @extschema@.generate_order_number()
    RETURNS varchar
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_generate_order_number';
COMMENT ON FUNCTION @extschema@.generate_order_number() IS
    'A new order number ORD-YYYYMMDD-N (UTC date, N of six digits and more), never given twice in a database and not to be guessed '
    'from the one before. Holds no lock until commit. Error: MK001 when the sequence has more values than there are numbers.';

CREATE OR REPLACE FUNCTION private.record_order_status()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_record_order_status';
COMMENT ON FUNCTION private.record_order_status() IS
    'Trigger on orders: writes the first status and each change of it into order_status_history, with the user who caused it.';

CREATE OR REPLACE FUNCTION private.take_stock()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_take_stock';
COMMENT ON FUNCTION private.take_stock() IS
    'Trigger on order_items: takes the quantity from the variant, or from the listing when the line has no variant; '
    'an active listing whose stock reaches 0 becomes reserved. Error: MK003 when there is less than was ordered.';
