-- The discipline of the functions that run with driplo_owner's rights: which they are, whose they are, what they pin,
-- and who may call them. A new one that is not listed here fails. definer_surroundings.sql beside it attacks each of them.
BEGIN;
SELECT plan(18);

-- "clients": users and the service call it, for the reason in private.definer_reasons(). "policies": only policies call it, as the user.
-- "service": the service alone.
-- "trigger" and "inside": nobody but driplo itself.
CREATE TEMP TABLE expected (signature text, called_by text);
INSERT INTO expected VALUES
    ('add_dispute_note(uuid,text)', 'clients'),
    ('add_to_cart(uuid,integer,uuid)', 'clients'),
    ('advance_dispute(uuid,text,text)', 'clients'),
    ('advance_return(uuid,text,text,numeric)', 'clients'),
    ('cancel_dispute(uuid,text)', 'clients'),
    ('cancel_order(uuid,text)', 'clients'),
    ('cart_contents()', 'clients'),
    ('checkout(uuid,text,uuid,uuid,text,boolean,text,numeric,text)', 'clients'),
    ('clear_cart()', 'clients'),
    ('confirm_delivery(uuid)', 'clients'),
    ('find_coupon(text)', 'clients'),
    ('moderate_listing(uuid,text,text)', 'clients'),
    ('move_refund(uuid,uuid,text)', 'clients'),
    ('my_profile()', 'clients'),
    ('private.has_order_key()', 'service'),
    ('open_dispute(uuid,text,text,text)', 'clients'),
    ('open_return(uuid,text,text,jsonb)', 'clients'),
    ('order_timeline(uuid)', 'clients'),
    ('promote_to_admin(text)', 'clients'),
    ('quote_checkout(text,boolean)', 'clients'),
    ('reinstate_user(uuid,text)', 'clients'),
    ('reply_dispute(uuid,text,jsonb)', 'clients'),
    ('resolve_dispute(uuid,text,text,numeric)', 'clients'),
    ('set_cart_quantity(uuid,integer)', 'clients'),
    ('set_user_role(uuid,text,text)', 'clients'),
    ('ship_order(uuid,text,text,text)', 'clients'),
    ('suspend_user(uuid,text)', 'clients'),
    ('suspicious_sales(integer,integer)', 'clients'),
    ('transition_order(uuid,text,text,jsonb)', 'clients'),
    ('decide_refund(uuid,boolean,text)', 'clients'),
    ('grant_store_credit(uuid,numeric,text,timestamp with time zone)', 'clients'),
    ('grant_store_credit_in(uuid,text,numeric,text,timestamp with time zone)', 'clients'),
    ('pay_out_deleted_seller(uuid,text,numeric)', 'clients'),
    ('request_payout(numeric)', 'clients'),
    ('request_payout_in(text,numeric)', 'clients'),
    ('request_refund(uuid,numeric,text,uuid)', 'clients'),
    ('seller_balance(uuid)', 'clients'),
    ('validate_coupon(text)', 'clients'),
    ('escalate_overdue_disputes(integer)', 'service'),
    ('expire_returns(integer)', 'service'),
    ('expire_carts(integer)', 'service'),
    ('expire_unpaid_orders(integer)', 'service'),
    ('start_payment(uuid[],text,text)', 'service'),
    ('settle_refund(uuid,text,text)', 'service'),
    ('settle_payout(uuid,text,text)', 'service'),
    ('replay_stripe_event(text)', 'service'),
    ('release_seller_funds(integer)', 'service'),
    ('record_stripe_event(jsonb)', 'service'),
    ('expire_store_credits(integer)', 'service'),
    ('private.adopt_user(uuid,text,jsonb)', 'inside'),
    ('private.hold_addresses()', 'trigger'),
    ('private.lock_order(uuid)', 'inside'),
    ('handle_new_user()', 'trigger'),
    ('private.book_store_credit()', 'trigger'),
    ('private.check_journal()', 'trigger'),
    ('private.check_dispute_parties()', 'trigger'),
    ('private.check_ledger_party()', 'trigger'),
    ('private.check_listing_terms()', 'trigger'),
    ('private.check_order_subtotal()', 'trigger'),
    ('private.check_payment_total()', 'trigger'),
    ('private.check_rating_parties()', 'trigger'),
    ('private.check_refund_total()', 'trigger'),
    ('private.check_requested_by_buyer()', 'trigger'),
    ('private.check_return_refund()', 'trigger'),
    ('private.check_seller()', 'trigger'),
    ('private.check_variant_terms()', 'trigger'),
    ('private.count_coupon_use()', 'trigger'),
    ('private.count_favorites()', 'trigger'),
    ('private.count_follows()', 'trigger'),
    ('private.count_messages()', 'trigger'),
    ('private.count_ratings()', 'trigger'),
    ('private.count_sales()', 'trigger'),
    ('private.describe_line()', 'trigger'),
    ('private.end_conversation()', 'trigger'),
    ('private.end_sale()', 'trigger'),
    ('private.restock_listing()', 'trigger'),
    ('private.forget_parcel()', 'trigger'),
    ('private.forget_person()', 'trigger'),
    ('private.guard_brand_request()', 'trigger'),
    ('private.guard_dispute_status()', 'trigger'),
    ('private.guard_order_status()', 'trigger'),
    ('private.guard_return_status()', 'trigger'),
    ('private.keep_category_tree()', 'trigger'),
    ('private.keep_one_default()', 'trigger'),
    ('private.keep_ordered_listing()', 'trigger'),
    ('private.keep_ordered_variant()', 'trigger'),
    ('private.keep_used_coupon()', 'trigger'),
    ('private.record_brand_review()', 'trigger'),
    ('private.record_staff_change()', 'trigger'),
    ('private.record_dispute_status()', 'trigger'),
    ('private.record_order_status()', 'trigger'),
    ('private.set_variant_seller()', 'trigger'),
    ('private.show_address()', 'trigger'),
    ('private.sync_user_email()', 'trigger'),
    ('private.take_stock()', 'trigger');

CREATE TEMP VIEW definer AS
    SELECT f.signature, p.oid, p.proowner, p.proconfig, p.proacl, p.prorettype, p.prosrc, l.lanname
      FROM private.advised_functions() f JOIN pg_proc p ON p.oid = f.id JOIN pg_language l ON l.oid = p.prolang
     WHERE f.is_member AND f.is_definer;

SELECT set_eq('SELECT signature FROM definer', 'SELECT signature FROM expected', 'the SECURITY DEFINER functions are these and no other');
SELECT is_empty($$SELECT signature FROM definer WHERE proowner <> 'driplo_owner'::regrole$$, 'each belongs to driplo_owner');
SELECT is_empty($$SELECT signature, proconfig FROM definer WHERE proconfig IS DISTINCT FROM '{"search_path=pg_catalog, pg_temp"}'$$,
    'each pins a search_path that begins with pg_catalog and ends with pg_temp, and no other setting');
SELECT is_empty($$SELECT signature FROM definer JOIN expected USING (signature) WHERE (called_by = 'trigger') <> (prorettype = 'trigger'::regtype)$$, 'those for triggers are trigger functions');
SELECT is_empty($$SELECT signature, lanname FROM definer WHERE lanname NOT IN ('c', 'sql', 'plpgsql')$$, 'none is in a language that the database may lack');
SELECT is_empty($$SELECT signature FROM definer WHERE lanname = 'plpgsql' AND prosrc ~* '\mEXECUTE\M'$$, 'none puts a statement together from text');

-- Who may execute them, by every way: a grant to the role, to PUBLIC, to a role that it is a member of
SELECT set_eq($$SELECT signature, CASE r.rolname WHEN 'authenticated' THEN 'user' ELSE 'service' END FROM definer CROSS JOIN pg_roles r
                 WHERE r.rolname IN ('anon', 'authenticated', 'service_role') AND has_function_privilege(r.oid, definer.oid, 'EXECUTE')$$,
    $$SELECT signature, role FROM expected CROSS JOIN (VALUES ('user'), ('service')) AS r (role)
       WHERE called_by = 'clients' OR called_by = 'policies' AND role = 'user' OR called_by = 'service' AND role = 'service'$$, 'anon may execute none, users and the service those that are for them');
SELECT is_empty($$SELECT signature, a.grantee::regrole FROM definer CROSS JOIN LATERAL aclexplode(proacl) a
                   WHERE a.grantee = 0 OR a.grantee::regrole::text NOT IN ('driplo_owner', 'authenticated', 'service_role', 'pg_database_owner')$$, 'nobody else has a grant, PUBLIC least of all');
SELECT is_empty($$SELECT signature, a.grantee::regrole FROM definer CROSS JOIN LATERAL aclexplode(proacl) a WHERE a.is_grantable AND a.grantee <> proowner$$, 'and nobody may grant it on');
SELECT set_eq($$SELECT signature FROM expected WHERE called_by IN ('clients', 'policies')$$, 'SELECT signature FROM private.definer_reasons()', 'for each that clients may execute a reason is written down, and for no other');
SELECT is_empty($$SELECT signature FROM private.definer_reasons() WHERE length(reason) < 15$$, 'which says something');
SELECT is_empty($$SELECT signature FROM definer WHERE obj_description(oid, 'pg_proc') IS NULL$$, 'each says what it promises');

-- Whose rights they run with
SELECT results_eq($$SELECT rolsuper, rolbypassrls, rolcanlogin, rolcreaterole, rolcreatedb, rolreplication, rolinherit FROM pg_roles WHERE rolname = 'driplo_owner'$$,
    'VALUES (false, false, false, false, false, false, false)', 'driplo_owner may nothing but own');
SELECT is_empty($$SELECT m.roleid::regrole, m.member::regrole FROM pg_auth_members m WHERE 'driplo_owner'::regrole IN (m.member) $$, 'is a member of no role');
SELECT is_empty($$SELECT r.rolname FROM pg_roles r WHERE NOT r.rolsuper AND r.rolname <> 'driplo_owner' AND pg_has_role(r.oid, 'driplo_owner', 'MEMBER')$$, 'has no member');
SELECT is_empty($$SELECT n.nspname FROM pg_namespace n WHERE has_schema_privilege('driplo_owner', n.oid, 'CREATE') AND n.nspname !~ '^pg_(toast_)?temp_'$$, 'and may create nothing');
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.proowner = 'driplo_owner'::regrole AND p.oid NOT IN (SELECT oid FROM definer)$$, 'no other function is its own');

-- Outside of driplo's members: auth.uid() and the others, where driplo made them
SELECT is_empty($$SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'auth'::regnamespace AND p.prosecdef$$, 'the functions of schema auth run with their caller''s rights');

SELECT * FROM finish();
ROLLBACK;
