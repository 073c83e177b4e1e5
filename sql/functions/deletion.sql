-- Deletion of accounts: what the foreign keys cannot do when a row of auth.users is deleted.
-- Foreign keys act with the rights of the table's owner, whoever deletes; triggers that come after all of that run
-- as who deletes, so those that touch a table are SECURITY DEFINER. Those with the caller's rights touch none:
-- one of them looks at whose rights these are.

CREATE OR REPLACE FUNCTION private.require_columns()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_require_columns';
COMMENT ON FUNCTION private.require_columns() IS
    'Trigger on tables whose rows outlive the users they reference: the columns named by its arguments are '
    'required and become NULL only through the foreign key when the referenced account, or a row deleted with it, '
    'is deleted. Error: 23502.';

CREATE OR REPLACE FUNCTION private.clear_with_reference()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_clear_with_reference';
COMMENT ON FUNCTION private.clear_with_reference() IS
    'Trigger: when the column named by its first argument becomes NULL, sets the columns named by the other '
    'arguments to NULL, because a two-column foreign key is not enforced once one of its columns is NULL.';

CREATE OR REPLACE FUNCTION private.forget_buyer()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_forget_buyer';
COMMENT ON FUNCTION private.forget_buyer() IS
    'Trigger on orders: removes the copy of the address and the notes once the buyer''s account is deleted and '
    'the order is delivered, completed, cancelled, or refunded, whichever comes last.';

CREATE OR REPLACE FUNCTION private.forget_parcel()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_forget_parcel';
COMMENT ON FUNCTION private.forget_parcel() IS
    'Trigger on orders: removes the label, the carrier''s events, and the data of shipping events, which repeat '
    'the address, when the address is removed.';

CREATE OR REPLACE FUNCTION private.end_conversation()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_end_conversation';
COMMENT ON FUNCTION private.end_conversation() IS
    'Trigger on conversations: deletes a conversation with its messages when both participants have deleted their '
    'accounts.';

CREATE OR REPLACE FUNCTION private.end_sale()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_end_sale';
COMMENT ON FUNCTION private.end_sale() IS
    'Trigger on orders: cancels and refunds an order that was not shipped when its seller''s account is deleted. '
    'If the buyer''s bank disputes the payment, the order waits for that decision.';

CREATE OR REPLACE FUNCTION private.forget_person()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_forget_person';
COMMENT ON FUNCTION private.forget_person() IS
    'Trigger on profiles, after a delete: removes references to the user without a foreign key, which are '
    'sessions in active_user_sessions and the e-mail address in the record of a promotion.';

CREATE OR REPLACE FUNCTION private.keep_ordered_listing()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_keep_ordered_listing';
COMMENT ON FUNCTION private.keep_ordered_listing() IS
    'Trigger on listings: a listing that was ordered or removed by a moderator can be deleted only with its '
    'seller''s account; callers who may not sell cannot delete any listing. Errors: 23503, 42501.';

CREATE OR REPLACE FUNCTION private.keep_ordered_variant()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_keep_ordered_variant';
COMMENT ON FUNCTION private.keep_ordered_variant() IS
    'Trigger on product_variants: a variant that was ordered can be deleted only with its listing; callers who '
    'may not sell cannot delete any variant. Errors: 23503, 42501.';

CREATE OR REPLACE FUNCTION private.keep_used_coupon()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY DEFINER
    SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'driplo_keep_used_coupon';
COMMENT ON FUNCTION private.keep_used_coupon() IS
    'Trigger on coupons: a coupon that was used can be deleted only with its seller''s account; callers who may '
    'not sell cannot delete any coupon. Errors: 23503, 42501.';
