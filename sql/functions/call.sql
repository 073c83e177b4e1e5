-- What functions and triggers of all areas need, and knows no business: who calls, and when a row was written.

-- Policies call this and the next two. They are for authenticated only: anon has policies of its own, which call nothing.
-- rights: authenticated, driplo_owner
CREATE OR REPLACE FUNCTION private.caller_role()
    RETURNS text
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_caller_role';
COMMENT ON FUNCTION private.caller_role() IS
    'Returns the role of the caller in the marketplace: user, moderator, or admin; anonymous if the claim '
    'is_anonymous is true; suspended; NULL without a user and for an unknown or deleted user. Used by policies; '
    'bypasses row level security.';

-- What stands in "OR caller_role() = 'admin'" beside keys leaves no index to be used: every read went through the whole table, also
-- of those who have nothing in it. A key can be compared with this one, and with NULL an index has nothing to find. It is not behind a
-- SELECT of its own, because the planner then would not know what it is, and remembers its answer instead. Not in the workers of a
-- parallel query, nor are the functions below: a worker does not know whether claims are those of the transaction.
-- rights: authenticated
CREATE OR REPLACE FUNCTION private.ids_from(who text)
    RETURNS uuid
    LANGUAGE c STABLE STRICT PARALLEL RESTRICTED SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_ids_from';
COMMENT ON FUNCTION private.ids_from(text) IS
    'Returns the lowest uuid if the caller has this role, else NULL: admin; moderator, which includes admins; or '
    'busy, an admin or a user with more than 1,000 completed sales. In policies, the condition id >= '
    'private.ids_from(''admin'') lets an index evaluate whether the caller is an admin. Looks once for each '
    'statement. Bypasses row level security.';

-- The next ones say yes or no in a policy's filter, which takes less than a comparison with a sub-select. Where an index is to find
-- the rows, this tells the planner what to look for: the caller's ID, the IDs from ids_from() on, those of own_orders().
-- rights: owner
CREATE OR REPLACE FUNCTION private.index_conditions(request internal)
    RETURNS internal
    LANGUAGE c STABLE STRICT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_index_conditions';
COMMENT ON FUNCTION private.index_conditions(internal) IS
    'Tells the planner by which comparison an index finds the rows that is_caller(), is_shown_to(), is_own_order(), '
    'is_own_conversation(), and is_own_cart() accept, and how many they are.';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.caller_id()
    RETURNS uuid
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_caller_id';
COMMENT ON FUNCTION private.caller_id() IS
    'Returns the ID of the caller as auth.uid() does; NULL without one. Looks once for each statement.';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.is_caller(user_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL RESTRICTED SECURITY INVOKER
    SUPPORT private.index_conditions
    AS 'MODULE_PATHNAME', 'driplo_is_caller';
COMMENT ON FUNCTION private.is_caller(uuid) IS
    'Returns whether this is the caller, for policies; with an index it is user_id = private.caller_id(). Looks once for each statement.';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.is_shown_to(id uuid, who text)
    RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL RESTRICTED SECURITY INVOKER
    SUPPORT private.index_conditions
    AS 'MODULE_PATHNAME', 'driplo_is_shown_to';
COMMENT ON FUNCTION private.is_shown_to(uuid, text) IS
    'Returns whether the caller has this role, as ids_from(who) knows it, for policies; with an index it is id >= private.ids_from(who).';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.is_own_order(order_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL RESTRICTED SECURITY INVOKER COST 3000
    SUPPORT private.index_conditions
    AS 'MODULE_PATHNAME', 'driplo_is_own_order';
COMMENT ON FUNCTION private.is_own_order(uuid) IS
    'Returns whether the caller is the buyer or the seller of this order, for policies of what belongs to orders; with an index '
    'it is order_id = ANY (private.own_orders()), unless the query names the order itself. As own_orders() finds none for whom '
    'ids_from(''busy'') is not NULL, a policy asks beside it is_shown_to(order_id, ''busy'') AND sees_order(order_id).';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.is_own_conversation(conversation_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL RESTRICTED SECURITY INVOKER COST 3000
    SUPPORT private.index_conditions
    AS 'MODULE_PATHNAME', 'driplo_is_own_conversation';
COMMENT ON FUNCTION private.is_own_conversation(uuid) IS
    'Returns whether the caller takes part in this conversation, as is_own_order() does of orders.';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.is_own_cart(cart_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL RESTRICTED SECURITY INVOKER COST 3000
    SUPPORT private.index_conditions
    AS 'MODULE_PATHNAME', 'driplo_is_own_cart';
COMMENT ON FUNCTION private.is_own_cart(uuid) IS
    'Returns whether this is the caller''s cart, as is_own_order() does of orders.';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.own_orders()
    RETURNS uuid[]
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_own_orders';
COMMENT ON FUNCTION private.own_orders() IS
    'Returns the IDs of the orders of which the caller is the buyer or the seller, for policies of what belongs to orders; '
    'an empty array for whom ids_from(''busy'') is not NULL. A RESTRICTIVE policy on orders is applied.';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.own_sales()
    RETURNS uuid[]
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_own_sales';
COMMENT ON FUNCTION private.own_sales() IS
    'Returns the IDs of the orders of which the caller is the seller, as own_orders() does.';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.own_conversations()
    RETURNS uuid[]
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_own_conversations';
COMMENT ON FUNCTION private.own_conversations() IS
    'Returns the IDs of the conversations in which the caller takes part, as own_orders() does of orders.';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.own_carts()
    RETURNS uuid[]
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_own_carts';
COMMENT ON FUNCTION private.own_carts() IS
    'Returns the ID of the caller''s cart in an array, which is empty without one. A RESTRICTIVE policy on shopping_carts is '
    'applied.';

-- The cost of looking for a row, so that no plan begins with rows of others and asks about each.
-- rights: authenticated
CREATE OR REPLACE FUNCTION private.sees_order(order_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL RESTRICTED SECURITY INVOKER COST 3000
    AS 'MODULE_PATHNAME', 'driplo_sees_order';
COMMENT ON FUNCTION private.sees_order(uuid) IS
    'Returns whether row level security shows this order to the caller, for policies of what belongs to orders.';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.sees_sale(order_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL RESTRICTED SECURITY INVOKER COST 3000
    AS 'MODULE_PATHNAME', 'driplo_sees_sale';
COMMENT ON FUNCTION private.sees_sale(uuid) IS
    'Returns whether row level security shows this order to the caller, who is its seller or an admin.';

-- rights: authenticated
CREATE OR REPLACE FUNCTION private.sees_conversation(conversation_id uuid)
    RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL RESTRICTED SECURITY INVOKER COST 3000
    AS 'MODULE_PATHNAME', 'driplo_sees_conversation';
COMMENT ON FUNCTION private.sees_conversation(uuid) IS
    'Returns whether row level security shows this conversation to the caller, for policies of messages.';

-- Raises instead of answering false, because a policy that answers false has no words for it.
-- rights: authenticated
CREATE OR REPLACE FUNCTION private.require_trader()
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_require_trader';
COMMENT ON FUNCTION private.require_trader() IS
    'Returns true for a caller who may sell, send messages, rate, and follow. Raises error 42501 for an '
    'anonymous, suspended, or deleted user.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.caller()
    RETURNS uuid
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_caller';
COMMENT ON FUNCTION private.caller() IS
    'Returns auth.uid() for functions that run as driplo_owner, which may have no privileges on schema auth; NULL '
    'without a user.';

-- rights: service_role
CREATE OR REPLACE FUNCTION private.trusts_session_claims()
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_trusts_session_claims';
COMMENT ON FUNCTION private.trusts_session_claims() IS
    'Returns whether the session has claims that name a user and were set without LOCAL, and '
    'driplo.require_local_claims is off. Part of security_advisor().';

-- A function and not a view: a view would have to bypass row level security, and everybody could read it.
-- It answers about the caller's own role only. No policy calls it, so clients need no USAGE on the schema; SECURITY DEFINER
-- functions do.
-- rights: anon, authenticated, service_role, driplo_owner
CREATE OR REPLACE FUNCTION private.is_service()
    RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_is_service';
COMMENT ON FUNCTION private.is_service() IS
    'Returns true if the session runs as service_role, as the owner of the database, or as a superuser; the role '
    'outside of SECURITY DEFINER functions counts. False in index expressions evaluated by ANALYZE, autovacuum, '
    'or REINDEX.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_service(what text)
    RETURNS void
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_require_service';
COMMENT ON FUNCTION private.require_service(text) IS
    'Fails unless private.is_service() is true; what is told of what only the service can do. Errors: 42501, 22004.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_admin(what text)
    RETURNS void
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_require_admin';
COMMENT ON FUNCTION private.require_admin(text) IS
    'Fails unless the caller is an admin or the service; what is told of what only they can do. Errors: 42501, 22004.';

-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.require_staff(what text)
    RETURNS void
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_require_staff';
COMMENT ON FUNCTION private.require_staff(text) IS
    'Fails unless the caller is a moderator, an admin, or the service; what is told of what only they can do. Errors: 42501, 22004.';

-- Half, so that what was done is not undone by the timeout.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.time_to_stop()
    RETURNS timestamptz
    LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL SAFE SECURITY INVOKER
    SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT statement_timestamp() + setting::integer / 2 * interval '1 ms'
    FROM pg_settings
    WHERE name = 'statement_timeout' AND setting <> '0'
$function$;
COMMENT ON FUNCTION private.time_to_stop() IS
    'Returns when a function that works step by step stops: after half of statement_timeout; NULL without one.';

-- SECURITY INVOKER: inside a function of driplo the guard has nothing to say, and that is how it knows.
CREATE OR REPLACE FUNCTION @extschema@.update_updated_at_column()
    RETURNS trigger
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE SECURITY INVOKER
    AS 'MODULE_PATHNAME', 'driplo_update_updated_at_column';
COMMENT ON FUNCTION @extschema@.update_updated_at_column() IS
    'BEFORE UPDATE row trigger for tables with a timestamptz column updated_at: sets it to the time of the '
    'transaction.';

-- Functions by the signatures of older applications name the user they are for. That is compared, never believed.
-- rights: driplo_owner
CREATE OR REPLACE FUNCTION private.acting_for(user_id uuid, staff boolean)
    RETURNS uuid
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    caller constant uuid := private.caller();
BEGIN
    IF acting_for.user_id IS NULL AND caller IS NULL THEN
        RAISE EXCEPTION 'must be signed in' USING ERRCODE = 'insufficient_privilege';
    ELSIF COALESCE(acting_for.user_id, caller) = caller OR private.is_service()
          OR (staff AND COALESCE(private.caller_role(), '') IN ('moderator', 'admin')) THEN
        RETURN COALESCE(acting_for.user_id, caller);
    END IF;
    RAISE EXCEPTION 'permission denied for data of another user'
        USING ERRCODE = 'insufficient_privilege',
              HINT = 'Pass the ID of the current user, or NULL.';
END;
$function$;
COMMENT ON FUNCTION private.acting_for(uuid, boolean) IS
    'Returns the user that an argument names, or the caller for NULL. Error 42501 for a user other than the caller, '
    'except for the service and, if staff is true, for moderators and admins.';
