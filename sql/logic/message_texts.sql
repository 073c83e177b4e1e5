-- Texts of codes: comments and policies.

COMMENT ON TABLE @extschema@.message_texts IS
    'Texts for users of codes that functions return: errors, problems, reasons, and states, by language; message_text() reads them.';
COMMENT ON COLUMN @extschema@.message_texts.code IS
    'An SQLSTATE, a problem of cart_contents(), coupon. and a reason of validate_coupon(), or an enum, a dot, and its label.';

DROP POLICY IF EXISTS "Service role only" ON @extschema@.message_texts;
CREATE POLICY "Service role only" ON @extschema@.message_texts
    FOR ALL TO anon, authenticated
    USING (false)
    WITH CHECK (false);
