-- What is paid at the door.

-- rights: authenticated, service_role
-- definer: Books what is due of an order, after asking whether the caller is who collects it, an admin or the service.
CREATE OR REPLACE FUNCTION @extschema@.settle_cash_on_delivery(order_id uuid, outcome text)
    RETURNS text
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_settle_cash_on_delivery';
COMMENT ON FUNCTION @extschema@.settle_cash_on_delivery(uuid, text) IS
    'For an order with due_on_delivery, by its seller if driplo.cash_on_delivery is seller, an admin or the service. collected: the seller has the money, '
    'which is set off against the seller balance, and an order that is on its way is delivered. refused: the parcel was not accepted; the order is cancelled and '
    'its items are for sale again. What a carrier collects for the platform, record_payment_event() records. Returns the outcome. Errors: 42501, 22004, 22023 for '
    'another outcome, P0002, MK013 if nothing is due or the parcel to be refused was delivered.';
