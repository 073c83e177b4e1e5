-- Exposure: what the reference schema showed to people whom it does not concern. Each test begins with the words
-- for what could be read; here it cannot.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
SELECT plan(138);
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('sue@example.com') AS sue, tests.sign_up('eve@example.com') AS eve, tests.sign_up('ron@example.com') AS ron,
       tests.sign_up('mod@example.com') AS mod, tests.sign_up('ada@example.com') AS ada \gset
SELECT promote_to_admin('ada@example.com'), set_user_role(:'mod', 'moderator', 'helps us') \g /dev/null
UPDATE profiles SET phone = '+49 40 1', date_of_birth = '1990-01-01', stripe_customer_id = 'cus_ann', stripe_account_id = 'acct_ann', settings = '{"theme": "dark"}',
       metadata = '{"note": "vip"}' WHERE id = :'ann';
UPDATE profiles SET deleted_at = now() WHERE id = :'ron';
INSERT INTO social_media_accounts (user_id, platform, username, verification_data, is_verified) VALUES
    (:'ann', 'instagram', 'ann', '{"access_token": "secret"}', true), (:'ron', 'instagram', 'ron', '{"access_token": "secret"}', true);
SELECT tests.a_listing(:'sue') AS lamp, tests.a_listing(:'sue', 10, 5, 'draft') AS draft, tests.a_listing(:'sue', 10, 5, 'removed') AS removed, tests.a_listing(:'sue', 10, 5, 'archived') AS archived,
       tests.a_listing(:'sue', 10, 5, 'deleted') AS deleted \gset
SELECT tests.a_variant(:'lamp') AS blue, tests.a_variant(:'lamp') AS green, tests.a_variant(:'draft') AS of_draft \gset
UPDATE product_variants SET is_active = false WHERE id = :'green';
INSERT INTO coupons (code, name, discount_type, discount_value, user_ids) VALUES ('ANN-ONLY', 'For Ann', 'percentage', 50, ARRAY[:'ann']::uuid[]) RETURNING id AS coupon_of_ann \gset
INSERT INTO coupons (code, name, discount_type, discount_value, new_users_only) VALUES ('WELCOME', 'For new users', 'percentage', 50, true);
INSERT INTO coupons (code, name, discount_type, discount_value, is_active) VALUES ('LATER', 'Not yet', 'percentage', 50, false);
INSERT INTO coupons (code, name, discount_type, discount_value, valid_from) VALUES ('XMAS', 'Not yet', 'percentage', 50, now() + interval '1 day');
INSERT INTO coupons (code, name, discount_type, discount_value, valid_from, valid_until) VALUES ('PAST', 'No more', 'percentage', 50, now() - interval '2 days', now() - interval '1 day');
INSERT INTO coupons (code, name, discount_type, discount_value, is_public) VALUES ('SPRING', 'For all', 'percentage', 5, true) RETURNING id AS spring \gset
INSERT INTO query_performance_log (query_hash, query_text) VALUES ('x', 'SELECT 1');
INSERT INTO database_health_metrics (metric_name) VALUES ('x');
INSERT INTO slow_queries (query_text, execution_time_ms) VALUES ('SELECT 1', 1);
INSERT INTO active_user_sessions (user_id, username, ip_address) VALUES (:'ann', 'ann', '192.0.2.1');
INSERT INTO stripe_webhook_events (stripe_event_id, type, data) VALUES ('evt_1', 'x', '{}');

-- What can a column say to somebody? The value, an error about it, the order of rows by it, an estimate.
CREATE FUNCTION tests.reads_of(relation text, col text) RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format(template, relation, col) FROM unnest(ARRAY['SELECT %2$s FROM %1$s', 'SELECT FROM %1$s WHERE %2$s IS NOT NULL', 'SELECT FROM %1$s ORDER BY %2$s', 'SELECT count(%2$s) FROM %1$s',
        'SELECT FROM %1$s GROUP BY %2$s', 'EXPLAIN SELECT FROM %1$s WHERE %2$s IS NULL']) template
$$;
CREATE FUNCTION tests.outcomes(relation text, col text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(DISTINCT tests.attempt(statement), '; ') FROM tests.reads_of(relation, col) statement
$$;

-- E-mail, phone, birth date and payment ids of everybody

SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.outcomes('profiles', col), '42501', 'anon reads ' || col || ' of everybody')
  FROM unnest('{email,phone,date_of_birth,stripe_customer_id,stripe_account_id,gender,location,role,is_admin,settings,preferences,metadata,suspended_at,deleted_at,setup_completed,updated_at}'::text[]) col;
SELECT is(tests.attempt(statement), '42501', 'anon reads e-mail, phone, birth date and payment ids of everybody: ' || statement)
  FROM unnest('{SELECT * FROM profiles,SELECT profiles FROM profiles,SELECT to_jsonb(p) FROM profiles p,TABLE profiles,SELECT * FROM my_profile()}'::text[]) statement;
SELECT is(tests.attempt('SELECT email FROM public_profile(NULL)'), '42703', 'anon reads e-mail through public_profile(): there is none in it');
SELECT is((SELECT count(*) FROM profiles WHERE id = :'ann' AND username = 'ann'), 1::bigint, '(anon reads the public half)');
SELECT is((SELECT username FROM public_profile(:'ann')), 'ann', '(and public_profile())');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.outcomes('profiles', col), '42501', 'a user reads ' || col || ' of everybody')
  FROM unnest('{email,phone,date_of_birth,stripe_customer_id,stripe_account_id,gender,location,role,is_admin,settings,preferences,metadata,suspended_at,deleted_at}'::text[]) col;
SELECT is(tests.attempt(statement), '42501', 'a user reads e-mail of everybody while writing: ' || statement)
  FROM unnest(ARRAY['UPDATE profiles SET bio = email', 'UPDATE profiles SET bio = ''x'' RETURNING email', 'UPDATE profiles SET bio = ''x'' WHERE email LIKE ''a%''',
                    'UPDATE profiles p SET bio = q.email FROM profiles q', 'MERGE INTO profiles p USING profiles q ON q.id = p.id WHEN MATCHED THEN UPDATE SET bio = q.email']) statement;
SELECT results_eq('SELECT email FROM my_profile()', $$VALUES ('eve@example.com')$$, '(who is signed in reads the own)');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT is(tests.outcomes('profiles', 'email'), '42501', 'a moderator reads e-mail of everybody');

-- The monitoring tables

SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.attempt('SELECT FROM ' || relation), '42501', 'anon reads the monitoring tables: ' || relation)
  FROM unnest('{query_performance_log,database_health_metrics,slow_queries,active_user_sessions,stripe_webhook_events,driplo_secrets,driplo_schema_version,auth.users}'::text[]) relation;
SELECT tests.log_in(:'ada') \g /dev/null
SELECT is(tests.attempt('SELECT FROM ' || relation), '42501', 'an admin''s session reads the monitoring tables: ' || relation)
  FROM unnest('{query_performance_log,database_health_metrics,slow_queries,active_user_sessions,stripe_webhook_events,driplo_secrets,driplo_schema_version,auth.users}'::text[]) relation;
SELECT tests.log_in_as_service() \g /dev/null
SELECT is((SELECT count(*) FROM query_performance_log) + (SELECT count(*) FROM database_health_metrics) + (SELECT count(*) FROM slow_queries) + (SELECT count(*) FROM active_user_sessions), 4::bigint,
    '(the service reads the monitoring tables)');
SELECT is(tests.outcomes('driplo_secrets', 'secret'), '42501', 'the service reads the key of the order numbers');

-- OAuth tokens in social_media_accounts.verification_data

SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.outcomes('social_media_accounts', 'verification_data'), '42501', 'OAuth tokens in social_media_accounts.verification_data: anon');
SELECT is((SELECT count(*) FROM social_media_accounts WHERE user_id = :'ann'), 1::bigint, '(anon sees the account)');
SELECT is((SELECT count(*) FROM social_media_accounts WHERE user_id = :'ron'), 0::bigint, '(not of a deleted profile)');
SELECT is(tests.attempt('SELECT * FROM social_media_accounts'), '42501', 'OAuth tokens in social_media_accounts.verification_data: anon asks for everything');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.outcomes('social_media_accounts', 'verification_data'), '42501', 'OAuth tokens in social_media_accounts.verification_data: their owner''s browser');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT is(tests.outcomes('social_media_accounts', 'verification_data'), '42501', 'OAuth tokens in social_media_accounts.verification_data: an admin''s');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.outcomes(relation, col), '42501', 'what the processor and the service keep: ' || relation || '.' || col)
  FROM (VALUES ('auth_sessions', 'refresh_token_hash'), ('payment_accounts', 'stripe_account_id'), ('payment_methods', 'stripe_payment_method_id'), ('payment_transactions', 'processor_response'),
               ('payment_transactions', 'processor_transaction_id'), ('refund_requests', 'stripe_refund_id'), ('seller_payouts', 'stripe_payout_id'), ('disputes', 'metadata'),
               ('store_credits', 'created_by'), ('coupons', 'total_discount_given'), ('coupons', 'created_by')) AS hidden (relation, col);

-- Private coupon codes

SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.outcomes('coupons', 'code'), '42501', 'private coupon codes: anon reads no code');
SELECT is(tests.outcomes('coupons', 'user_ids'), '42501', 'private coupon codes: anon reads nobody for whom they are');
SELECT is(tests.attempt('SELECT find_coupon(''ANN-ONLY'')'), '42501', 'private coupon codes: anon tries them out');
SELECT results_eq('SELECT name::text FROM coupons', $$VALUES ('For all')$$, 'private coupon codes: anon sees what is on offer for all');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT results_eq('SELECT code::text FROM coupons', $$VALUES ('SPRING')$$, 'private coupon codes: a user sees what is on offer for all');
SELECT is((SELECT count(*) FROM find_coupon('ANN-ONLY')), 0::bigint, 'private coupon codes: another''s is not found by its code');
SELECT is((SELECT count(*) FROM unnest('{LATER,XMAS,PAST,%,SPRIN,"''; --"}'::text[]) code CROSS JOIN find_coupon(code)), 0::bigint, 'private coupon codes: nor one that is not valid, nor by a pattern');
SELECT is((SELECT count(*) FROM find_coupon('WELCOME')), 1::bigint, '(one for new users is found by its code)');
SELECT is(tests.attempt('SELECT user_ids FROM find_coupon(''SPRING'')'), '42703', 'private coupon codes: find_coupon() does not tell for whom');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT count(*) FROM find_coupon('ANN-ONLY')), 1::bigint, '(the one whom it is for finds it)');

-- Deleted profiles

SELECT tests.log_in_as_anon() \g /dev/null
SELECT is((SELECT count(*) FROM profiles WHERE id = :'ron'), 0::bigint, 'deleted profiles: anon');
SELECT is((SELECT count(*) FROM public_profile(:'ron')), 0::bigint, 'deleted profiles: through public_profile()');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is((SELECT count(*) FROM profiles WHERE id = :'ron'), 0::bigint, 'deleted profiles: a user');
SELECT tests.log_in(:'ron') \g /dev/null
SELECT is((SELECT count(*) FROM profiles WHERE id = :'ron'), 1::bigint, '(who has deleted it sees it)');
SELECT tests.log_in(:'ada') \g /dev/null
SELECT is((SELECT count(*) FROM profiles WHERE id = :'ron'), 1::bigint, '(and an admin)');

-- Inactive variants

SELECT tests.log_in_as_anon() \g /dev/null
SELECT results_eq('SELECT id FROM product_variants', format('VALUES (%L::uuid)', :'blue'), 'inactive variants: anon, and those of drafts');
SELECT results_eq('SELECT id FROM listings', format('VALUES (%L::uuid)', :'lamp'), '(anon sees what is on sale)');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT results_eq('SELECT id FROM product_variants', format('VALUES (%L::uuid)', :'blue'), 'inactive variants: a user');
SELECT results_eq('SELECT id FROM listings', format('VALUES (%L::uuid)', :'lamp'), '(a user sees what is on sale)');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT is((SELECT count(*) FROM product_variants), 3::bigint, '(their seller sees them)');

-- TRUNCATE, and triggers on everybody's tables

SELECT tests.log_out() \g /dev/null
CREATE FUNCTION tests.on_every_table(template text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    relation regclass;
    outcomes text[] := '{}';
BEGIN
    FOR relation IN SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE c.relkind = 'r' AND (n.nspname = tests.home() OR c.oid = to_regclass('auth.users')) LOOP
        BEGIN
            EXECUTE format(template, relation);
            outcomes := outcomes || format('%s done', relation);
        EXCEPTION WHEN OTHERS THEN
            outcomes := outcomes || SQLSTATE::text;
        END;
    END LOOP;
    RETURN (SELECT string_agg(DISTINCT outcome, ', ') FROM unnest(outcomes) outcome);
END $$;
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.on_every_table('TRUNCATE %s'), '42501', 'anon may TRUNCATE (RLS does not cover it)');
SELECT is(tests.on_every_table('CREATE TRIGGER spy BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()'), '42501', 'anon may create triggers on everybody''s tables');
SELECT is((SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN unnest('{anon,authenticated,service_role}'::name[]) role
             WHERE c.relkind = 'r' AND n.nspname = tests.home() AND has_any_column_privilege(role, c.oid, 'REFERENCES')), 0::bigint, 'anon may refer to everybody''s tables, which tells what exists');
SELECT is(tests.on_every_table('ALTER TABLE %s DISABLE ROW LEVEL SECURITY'), '42501', 'anon switches row level security off');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.on_every_table('TRUNCATE %s'), '42501', 'a user may TRUNCATE');
SELECT is(tests.on_every_table('CREATE TRIGGER spy BEFORE INSERT ON %s FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()'), '42501', 'a user may create triggers on everybody''s tables');
SELECT is(tests.on_every_table('CREATE POLICY spy ON %s USING (true)'), '42501', 'a user makes a policy');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.on_every_table('TRUNCATE %s'), '42501', 'the service may TRUNCATE');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = tests.home() AND c.relkind = 'r' AND NOT c.relrowsecurity), 0::bigint, 'a table without row level security');

-- What row level security hides, asked for sideways

INSERT INTO store_credits (user_id, amount, reason) VALUES (:'ann', 77, 'a secret');
SELECT tests.an_order(:'ann', :'sue', 10) AS sold \gset
UPDATE orders SET notes = 'leave it with the neighbour' WHERE id = :'sold';
SELECT tests.an_address(:'ann') AS home_of_ann, tests.a_card(:'ann') AS card_of_ann \gset
ANALYZE store_credits, orders, listings, shipping_addresses;
SELECT tests.log_in(:'eve') \g /dev/null
CREATE TEMP TABLE spied (what text);
CREATE FUNCTION pg_temp.spy(what text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN INSERT INTO spied VALUES (what); RETURN true; END $$;
CREATE FUNCTION pg_temp.spy_operator(a text, b text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$ BEGIN INSERT INTO spied VALUES (a); RETURN true; END $$;
CREATE OPERATOR pg_temp.<<<< (FUNCTION = pg_temp.spy_operator, LEFTARG = text, RIGHTARG = text);
SELECT is(tests.attempt(statement), '0 rows', 'a cheap function of one''s own looks at rows before the policy does: ' || statement)
  FROM unnest(ARRAY['SELECT FROM store_credits WHERE pg_temp.spy(reason)', 'SELECT FROM orders WHERE pg_temp.spy(notes)', 'SELECT FROM store_credits WHERE reason OPERATOR(pg_temp.<<<<) ''x''',
                    'SELECT FROM shipping_addresses WHERE pg_temp.spy(city)', 'UPDATE orders SET status = ''cancelled'' WHERE pg_temp.spy(notes)', 'DELETE FROM shipping_addresses WHERE pg_temp.spy(city)',
                    'SELECT FROM (SELECT * FROM listings WHERE status = ''draft'' OFFSET 0) l WHERE pg_temp.spy(title)', 'SELECT FROM store_credits WHERE 1 / (amount - 77) > 0',
                    'SELECT FROM store_credits WHERE reason::integer > 0', 'SELECT FROM orders WHERE (''{"a": 1}''::jsonb ->> notes) IS NULL',
                    'SELECT FROM orders FOR UPDATE', 'SELECT FROM orders TABLESAMPLE BERNOULLI (100)']) statement;
CREATE TEMP VIEW all_orders AS SELECT * FROM orders;
SELECT is((SELECT count(*) FROM all_orders), 0::bigint, 'a view of one''s own shows other people''s orders');
PREPARE orders_of_caller AS SELECT count(*) FROM orders;
CREATE TEMP TABLE counted (who text, orders bigint);
GRANT ALL ON counted TO PUBLIC;
INSERT INTO counted SELECT 'eve', count(*) FROM orders;
SELECT tests.log_in(:'ann') \g /dev/null
EXECUTE orders_of_caller \gset prepared_ann_
SELECT tests.log_in(:'eve') \g /dev/null
EXECUTE orders_of_caller \gset prepared_eve_
SELECT is(ARRAY[:prepared_ann_count, :prepared_eve_count], ARRAY[1, 0], 'a prepared statement keeps the answer of the user before');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM pg_temp.spied), 0::bigint, '(nothing was spied)');
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is((SELECT count(*) FROM pg_stats WHERE schemaname = tests.home() AND tablename IN ('orders', 'store_credits', 'listings', 'shipping_addresses')), 0::bigint, 'pg_stats shows frequent values of what is hidden');
SELECT is(tests.attempt('SELECT FROM pg_statistic'), '42501', 'pg_statistic is open');
SELECT is(tests.attempt('SELECT last_value FROM order_number_seq'), '42501', 'the sequence of the order numbers tells how much is sold');

-- Errors that show a row, or whether there is one

SELECT unalike(tests.detail_of(statement), '%(%', 'an error shows a row: ' || left(statement, 60))
  FROM unnest(ARRAY[format($$UPDATE profiles SET username = 'ann' WHERE id = %L$$, :'eve'), format($$INSERT INTO listings (seller_id, title, slug, description, price) VALUES (%L, 'x', 'x', 'x', -1)$$, :'eve'),
                    format($$INSERT INTO cart_items (cart_id, listing_id, quantity) SELECT id, %L, 0 FROM shopping_carts$$, :'lamp'), format($$INSERT INTO shipping_addresses (user_id, name) VALUES (%L, 'x')$$, :'eve'),
                    format($$INSERT INTO coupons (code, name, discount_type, discount_value, seller_id) VALUES ('ANN-ONLY', 'x', 'percentage', 1, %L)$$, :'eve'),
                    format($$INSERT INTO shipping_addresses (id, user_id, name, address_line1, city, state_province, postal_code, country_code) VALUES (%L, %L, 'x', 'x', 'x', 'x', 'x', 'US')$$, :'home_of_ann', :'eve')]) statement;
SELECT is(tests.error_of(format('INSERT INTO favorites (user_id, listing_id) VALUES (%L, %L)', :'eve', :'draft')), tests.error_of(format('INSERT INTO favorites (user_id, listing_id) VALUES (%L, %L)', :'eve', gen_random_uuid())),
    'the refusal of a favourite tells whether there is such a draft');
SELECT is(tests.error_of(format('INSERT INTO cart_items (cart_id, listing_id) SELECT id, %L FROM shopping_carts', :'draft')), tests.error_of(format('INSERT INTO cart_items (cart_id, listing_id) SELECT id, %L FROM shopping_carts', gen_random_uuid())),
    'the refusal of a cart line tells whether there is such a draft');
SELECT is(tests.error_of(format($$INSERT INTO conversations (buyer_id, seller_id) VALUES (%L, %L)$$, :'eve', :'ron')), tests.error_of(format($$INSERT INTO conversations (buyer_id, seller_id) VALUES (%L, %L)$$, :'eve', gen_random_uuid())),
    'the refusal of a conversation tells whether a profile was deleted');
SELECT is(tests.error_of(format($$INSERT INTO product_variants (listing_id, name, price) VALUES (%L, 'x', 1)$$, :'draft')), tests.error_of(format($$INSERT INTO product_variants (listing_id, name, price) VALUES (%L, 'x', 1)$$, gen_random_uuid())),
    'the refusal of a variant tells whether there is such a draft');
SELECT is(tests.error_of(format('SELECT get_or_create_cart(%L)', :'ann')), tests.error_of(format('SELECT get_or_create_cart(%L)', gen_random_uuid())), 'the refusal of a cart tells whether there is such a user');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
