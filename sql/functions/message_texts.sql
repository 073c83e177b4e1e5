-- What codes mean, in the language of whoever asks. The texts are data: the service adds languages.

-- SECURITY INVOKER, as convert(): anon may call it too, and the owner's rights are taken to read texts and the caller's language.
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.message_text(code text, locale text DEFAULT NULL)
    RETURNS text
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_message_text';
COMMENT ON FUNCTION @extschema@.message_text(text, text) IS
    'Returns the text of a code for users: an SQLSTATE, a problem such as listing_unavailable, coupon. and a reason of '
    'validate_coupon(), or an enum and a label such as order_status.paid. In the locale, such as bg-BG, else its language, else '
    'English; by default in the language of the caller. NULL for an unknown code.';

-- SECURITY INVOKER: as message_text().
-- rights: anon, authenticated, service_role
CREATE OR REPLACE FUNCTION @extschema@.all_message_texts(locale text DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_all_message_texts';
COMMENT ON FUNCTION @extschema@.all_message_texts(text) IS
    'Returns the texts of all codes as an object by code, each as message_text() returns it: for a client that loads them '
    'once.';
