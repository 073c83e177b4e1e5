-- Every function with its arguments, result, properties and who may execute it. An accidental change of
-- an interface or of a right fails here. v: volatile, s: stable, i: immutable; parallel s: safe, u: unsafe.
BEGIN;
SELECT plan(5);

CREATE TEMP TABLE expected (signature text, result text, volatility text, is_strict boolean, parallel text, is_definer boolean, executable_by text);
INSERT INTO expected VALUES
    ('add_to_cart(listing_id uuid, quantity integer DEFAULT 1, variant_id uuid DEFAULT NULL::uuid)', 'uuid', 'v', false, 'u', true, 'authenticated, service_role'),
    ('calculate_platform_fee(amount numeric)', 'numeric', 's', true, 's', false, 'authenticated, service_role'),
    ('cart_contents()', 'TABLE(item_id uuid, listing_id uuid, variant_id uuid, seller_id uuid, title text, unit_price numeric, quantity integer, line_total numeric, currency text, available integer, problem text)', 's', false, 's', true, 'authenticated, service_role'),
    ('clear_cart()', 'integer', 'v', false, 'u', true, 'authenticated, service_role'),
    ('driplo_migrate()', 'text', 'v', false, 'u', false, ''),
    ('driplo_uninstall(drop_data boolean DEFAULT false)', 'void', 'v', false, 'u', false, ''),
    ('driplo_version()', 'text', 's', false, 's', false, 'anon, authenticated, service_role'),
    ('expire_carts(max_rows integer DEFAULT 1000)', 'integer', 'v', false, 'u', true, 'service_role'),
    ('find_coupon(coupon_code text)', 'TABLE(id uuid, code text, name text, description text, discount_type text, discount_value numeric, minimum_purchase numeric, maximum_discount numeric, buy_quantity integer, get_quantity integer, valid_from timestamp with time zone, valid_until timestamp with time zone, target_type text, seller_id uuid, category_ids uuid[], listing_ids uuid[], excluded_listing_ids uuid[], new_users_only boolean, minimum_account_age_days integer, can_stack boolean)', 's', false, 's', true, 'authenticated, service_role'),
    ('generate_order_number()', 'character varying', 'v', false, 'u', false, 'authenticated, service_role'),
    ('get_optimized_image_url(base_url text, size text DEFAULT ''medium''::text)', 'text', 'i', true, 's', false, 'authenticated, service_role'),
    ('get_or_create_cart(user_uuid uuid)', 'uuid', 'v', false, 'u', true, 'authenticated, service_role'),
    ('handle_new_user()', 'trigger', 'v', false, 'u', true, ''),
    ('installation_report()', 'TABLE(item text, expected text, found text, ok boolean)', 's', false, 'u', false, 'service_role'),
    ('is_admin(user_id uuid)', 'boolean', 's', false, 's', true, 'authenticated, service_role'),
    ('is_profile_setup_complete(user_id uuid)', 'boolean', 's', false, 's', true, 'authenticated, service_role'),
    ('moderate_listing(listing_id uuid, action text, reason text)', 'text', 'v', false, 'u', true, 'authenticated, service_role'),
    ('my_profile()', 'TABLE(id uuid, email text, username text, full_name text, bio text, avatar_url text, cover_url text, avatar_urls jsonb, cover_urls jsonb, phone text, date_of_birth date, gender text, location jsonb, is_seller boolean, is_verified boolean, is_admin boolean, role text, account_type text, brand_name text, brand_description text, brand_logo_url text, brand_size text, badges text[], total_sales integer, seller_rating numeric, seller_rating_count integer, setup_completed boolean, setup_started_at timestamp with time zone, setup_completed_at timestamp with time zone, avatar_style text, avatar_seed text, custom_avatar_url text, stripe_customer_id text, stripe_account_id text, settings jsonb, preferences jsonb, created_at timestamp with time zone, updated_at timestamp with time zone, deleted_at timestamp with time zone, metadata jsonb)', 's', false, 's', true, 'authenticated, service_role'),
    ('promote_to_admin(user_email text)', 'void', 'v', false, 'u', true, 'authenticated, service_role'),
    ('public_profile(user_id uuid)', 'TABLE(id uuid, username text, full_name text, bio text, avatar_url text, cover_url text, is_seller boolean, is_verified boolean, account_type text, brand_name text, brand_description text, brand_logo_url text, badges text[], member_since timestamp with time zone, total_sales integer, seller_rating numeric, seller_rating_count integer, buyer_rating numeric, buyer_rating_count bigint, follower_count bigint, following_count bigint, active_listings bigint)', 's', false, 's', false, 'anon, authenticated, service_role'),
    ('reinstate_user(user_id uuid, reason text)', 'void', 'v', false, 'u', true, 'authenticated, service_role'),
    ('security_advisor()', 'TABLE(level text, check_name text, object text, detail text, remedy text)', 's', false, 'u', false, 'service_role'),
    ('set_cart_quantity(item_id uuid, quantity integer)', 'void', 'v', false, 'u', true, 'authenticated, service_role'),
    ('set_user_role(user_id uuid, new_role text, reason text)', 'void', 'v', false, 'u', true, 'authenticated, service_role'),
    ('suspend_user(user_id uuid, reason text)', 'void', 'v', false, 'u', true, 'authenticated, service_role'),
    ('update_setup_completion()', 'trigger', 'v', false, 'u', true, ''),
    ('update_updated_at_column()', 'trigger', 'v', false, 'u', false, ''),
    ('private.adopt_user(id uuid, email text, metadata jsonb)', 'void', 'v', false, 'u', true, ''),
    ('private.adopt_users()', 'bigint', 'v', false, 'u', false, ''),
    ('private.caller()', 'uuid', 's', false, 's', false, ''),
    ('private.caller_role()', 'text', 's', false, 's', true, 'authenticated'),
    ('private.check_dispute_parties()', 'trigger', 'v', false, 'u', true, ''),
    ('private.check_ledger_party()', 'trigger', 'v', false, 'u', true, ''),
    ('private.check_order_subtotal()', 'trigger', 'v', false, 'u', true, ''),
    ('private.check_payment_total()', 'trigger', 'v', false, 'u', true, ''),
    ('private.check_rating_parties()', 'trigger', 'v', false, 'u', true, ''),
    ('private.check_refund_total()', 'trigger', 'v', false, 'u', true, ''),
    ('private.check_requested_by_buyer()', 'trigger', 'v', false, 'u', true, ''),
    ('private.check_return_refund()', 'trigger', 'v', false, 'u', true, ''),
    ('private.check_seller()', 'trigger', 'v', false, 'u', true, ''),
    ('private.clear_with_reference()', 'trigger', 'v', false, 'u', false, ''),
    ('private.count_coupon_use()', 'trigger', 'v', false, 'u', true, ''),
    ('private.describe_line()', 'trigger', 'v', false, 'u', true, ''),
    ('private.end_conversation()', 'trigger', 'v', false, 'u', true, ''),
    ('private.forget_buyer()', 'trigger', 'v', false, 'u', false, ''),
    ('private.forget_initial_privileges()', 'void', 'v', false, 'u', false, ''),
    ('private.forget_parcel()', 'trigger', 'v', false, 'u', true, ''),
    ('private.forget_person()', 'trigger', 'v', false, 'u', true, ''),
    ('private.function_rights()', 'TABLE(signature text, role_names text[])', 'i', false, 's', false, 'service_role'),
    ('private.guard_brand_request()', 'trigger', 'v', false, 'u', true, ''),
    ('private.guard_listing()', 'trigger', 'v', false, 'u', false, ''),
    ('private.guard_order_status()', 'trigger', 'v', false, 'u', true, ''),
    ('private.guard_profile()', 'trigger', 'v', false, 'u', false, ''),
    ('private.guard_social_account()', 'trigger', 'v', false, 'u', false, ''),
    ('private.install_auth_triggers()', 'void', 'v', false, 'u', false, ''),
    ('private.install_function_rights()', 'void', 'v', false, 'u', false, ''),
    ('private.install_logic()', 'void', 'v', false, 'u', false, ''),
    ('private.install_mode()', 'text', 's', false, 'u', false, ''),
    ('private.install_storage()', 'void', 'v', false, 'u', false, ''),
    ('private.is_restoring()', 'boolean', 's', false, 's', false, ''),
    ('private.is_service()', 'boolean', 's', false, 's', false, 'anon, authenticated, service_role'),
    ('private.keep_category_tree()', 'trigger', 'v', false, 'u', true, ''),
    ('private.keep_one_default()', 'trigger', 'v', false, 'u', true, ''),
    ('private.keep_shipping_address()', 'trigger', 'v', false, 'u', true, ''),
    ('private.lock_order(order_id uuid)', 'TABLE(subtotal numeric, total_amount numeric)', 'v', false, 'u', true, ''),
    ('private.may_read_case_file(bucket text, path text)', 'boolean', 's', false, 's', false, 'authenticated, service_role'),
    ('private.record_brand_review()', 'trigger', 'v', false, 'u', true, ''),
    ('private.keep_ordered_listing()', 'trigger', 'v', false, 'u', true, ''),
    ('private.keep_ordered_variant()', 'trigger', 'v', false, 'u', true, ''),
    ('private.keep_used_coupon()', 'trigger', 'v', false, 'u', true, ''),
    ('private.record_order_status()', 'trigger', 'v', false, 'u', true, ''),
    ('private.refuse_names_in_use()', 'void', 's', false, 'u', false, ''),
    ('private.release_data_objects()', 'void', 'v', false, 'u', false, ''),
    ('private.remove_data()', 'void', 'v', false, 'u', false, ''),
    ('private.remove_logic()', 'void', 'v', false, 'u', false, ''),
    ('private.remove_storage()', 'void', 'v', false, 'u', false, ''),
    ('private.require_columns()', 'trigger', 'v', false, 'u', false, ''),
    ('private.require_superuser(what text)', 'void', 's', false, 'u', false, ''),
    ('private.require_trader()', 'boolean', 's', false, 's', true, 'authenticated'),
    ('private.run_migrations()', 'text', 'v', false, 'u', false, ''),
    ('private.set_conversation_is_direct()', 'trigger', 'v', false, 'u', false, ''),
    ('private.set_variant_seller()', 'trigger', 'v', false, 'u', true, ''),
    ('private.shipped_and_missing(kind_of_object text)', 'TABLE(shipped bigint, missing text[])', 's', false, 'u', false, 'service_role'),
    ('private.shipped_objects()', 'TABLE(kind text, name text, on_table text)', 'i', false, 's', false, 'service_role'),
    ('private.storage_buckets()', 'TABLE(id text, public boolean, file_size_limit bigint, allowed_mime_types text[], noun text)', 'i', false, 's', false, 'service_role'),
    ('private.storage_is_installed()', 'boolean', 's', false, 'u', false, 'service_role'),
    ('private.storage_policies()', 'TABLE(name text, command text, role_names text, using_rule text, check_rule text)', 'i', false, 's', false, 'service_role'),
    ('private.sync_user_email()', 'trigger', 'v', false, 'u', true, ''),
    ('private.table_rights()', 'TABLE(table_name text, role_name text, privilege text, columns text[])', 'i', false, 's', false, 'service_role'),
    ('private.take_ownership()', 'void', 'v', false, 'u', false, ''),
    ('private.take_stock()', 'trigger', 'v', false, 'u', true, ''),
    ('private.value_from(relation text, expression text)', 'text', 's', false, 'u', false, 'service_role');

CREATE TEMP VIEW found AS
    SELECT CASE n.nspname WHEN 'private' THEN 'private.' ELSE '' END || p.proname || '(' || pg_get_function_arguments(p.oid) || ')' AS signature,
           pg_get_function_result(p.oid) AS result, p.provolatile::text AS volatility, p.proisstrict AS is_strict,
           p.proparallel::text AS parallel, p.prosecdef AS is_definer,
           coalesce((SELECT string_agg(role, ', ' ORDER BY role) FROM unnest(ARRAY['anon', 'authenticated', 'service_role']) role
                      WHERE has_function_privilege(role, p.oid, 'EXECUTE')), '') AS executable_by
      FROM pg_proc p
      JOIN pg_namespace n ON n.oid = p.pronamespace
      JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
      JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'driplo';

SELECT set_eq('SELECT signature, result FROM found', 'SELECT signature, result FROM expected',
    'the functions are these, with these argument names, defaults and results');
SELECT set_eq('SELECT signature, volatility, is_strict, parallel FROM found', 'SELECT signature, volatility, is_strict, parallel FROM expected',
    'each has the volatility, strictness and parallel safety that it was written with');
SELECT set_eq('SELECT signature FROM found WHERE is_definer', 'SELECT signature FROM expected WHERE is_definer',
    'the SECURITY DEFINER functions are these and no other');
SELECT set_eq('SELECT signature, executable_by FROM found', 'SELECT signature, executable_by FROM expected',
    'each may be executed by these clients and no other');
SELECT is_empty($$SELECT signature FROM found WHERE result = 'trigger' AND executable_by <> ''$$, 'no client may execute a trigger function');

SELECT * FROM finish();
ROLLBACK;
