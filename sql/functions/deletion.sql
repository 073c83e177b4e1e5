-- Deletion of accounts: what the foreign keys cannot do when a row of auth.users is deleted.
-- Foreign keys act with the rights of the table's owner, whoever deletes; triggers that come after all of that run
-- as who deletes, so those that touch a table are SECURITY DEFINER. Those with the caller's rights touch none:
-- one of them looks at whose rights these are.

CREATE OR REPLACE FUNCTION private.require_columns()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_require_columns';
COMMENT ON FUNCTION private.require_columns() IS
    'Trigger on tables whose rows outlive the people in them: the columns that are its arguments are given when a row is '
    'written, and become NULL only by the foreign key that forgets a deleted account (or what was deleted with it). Error: '
    '23502.';

CREATE OR REPLACE FUNCTION private.clear_with_reference()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_clear_with_reference';
COMMENT ON FUNCTION private.clear_with_reference() IS
    'Trigger: when the column that is its first argument becomes NULL, the others do too; they belong to what the first one '
    'named. A foreign key of two columns does not see to that once one of them is NULL.';

CREATE OR REPLACE FUNCTION private.forget_buyer()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_forget_buyer';
COMMENT ON FUNCTION private.forget_buyer() IS
    'Trigger on orders: the copy of the address and the notes go once the buyer''s account is deleted and the parcel needs '
    'no address any more (delivered, completed, cancelled, refunded), whichever comes last.';

CREATE OR REPLACE FUNCTION private.forget_parcel()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_forget_parcel';
COMMENT ON FUNCTION private.forget_parcel() IS
    'Trigger on orders: at the same moment as the address, the label, the carrier''s events and the data of shipping events '
    'go, which repeat it.';

CREATE OR REPLACE FUNCTION private.end_conversation()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_end_conversation';
COMMENT ON FUNCTION private.end_conversation() IS
    'Trigger on conversations: one whose two people have both deleted their accounts is deleted with its messages.';

CREATE OR REPLACE FUNCTION private.end_sale()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_end_sale';
COMMENT ON FUNCTION private.end_sale() IS
    'Trigger on orders: one that was not sent when its seller''s account is deleted is cancelled, and what was paid for it goes back. One whose payment the buyer''s bank has waits until '
    'that is decided.';

CREATE OR REPLACE FUNCTION private.forget_person()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_forget_person';
COMMENT ON FUNCTION private.forget_person() IS
    'Trigger on profiles, after a delete: what names the person without a foreign key goes too, the sessions in '
    'active_user_sessions and the e-mail address in the record of a promotion.';

CREATE OR REPLACE FUNCTION private.keep_ordered_listing()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_keep_ordered_listing';
COMMENT ON FUNCTION private.keep_ordered_listing() IS
    'Trigger on listings: one that was ordered, or that a moderator removed, is deleted only together with its seller''s account, and no other by who may not sell. '
    'Errors: 23503, 42501.';

CREATE OR REPLACE FUNCTION private.keep_ordered_variant()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_keep_ordered_variant';
COMMENT ON FUNCTION private.keep_ordered_variant() IS
    'Trigger on product_variants: one that was ordered is deleted only together with its listing, and no other by who may not sell. Errors: 23503, 42501.';

CREATE OR REPLACE FUNCTION private.keep_used_coupon()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_keep_used_coupon';
COMMENT ON FUNCTION private.keep_used_coupon() IS
    'Trigger on coupons: one that was used is deleted only together with its seller''s account, and no other by who may not sell. Errors: 23503, 42501.';
