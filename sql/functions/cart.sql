-- Cart: one per user, with an expiry.

CREATE OR REPLACE FUNCTION @extschema@.get_or_create_cart(user_uuid uuid)
    RETURNS uuid
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_get_or_create_cart';
COMMENT ON FUNCTION @extschema@.get_or_create_cart(uuid) IS
    'The id of the user''s cart, made when there is none. An expired cart is replaced by an empty one with a new id. '
    'Two calls at once give one cart. Callers name themselves, the service anybody. '
    'Errors: 22004 for NULL, 42501 for somebody else''s id, P0002 for an unknown user.';
