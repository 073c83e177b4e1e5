-- The views of the API schema: the columns that a client may know, the rows and rights of the table below, not more.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/specimens.sql
SELECT no_plan();
SELECT is(expose_api(), 'api', 'the schema is made');
GRANT SELECT ON person TO PUBLIC;

-- Columns and rights

CREATE TEMP VIEW shown AS
    SELECT c.oid, c.relname::text AS name, regexp_replace(c.relname, '^public_', '') AS table_name, c.relname LIKE 'public\_%' AS is_public,
           format('%I.%I', tests.home(), regexp_replace(c.relname, '^public_', ''))::regclass AS below
      FROM pg_class c WHERE c.relnamespace = 'api'::regnamespace AND c.relkind = 'v';
GRANT SELECT ON shown TO PUBLIC;
CREATE TEMP VIEW client AS SELECT unnest(ARRAY['anon', 'authenticated', 'service_role']) AS role_name;
CREATE FUNCTION pg_temp.columns_of(relation regclass, role_name text, privilege text) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(a.attname, ',' ORDER BY a.attname) FROM pg_attribute a
     WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND has_column_privilege(role_name, relation, a.attnum, privilege)
$$;

SELECT set_eq('SELECT table_name FROM shown', $$SELECT DISTINCT table_name FROM private.table_rights() WHERE privilege = 'SELECT' AND role_name IN ('anon', 'authenticated')$$,
    'there is a view for each table that clients read, and for no other');
SELECT set_eq($$SELECT name FROM shown WHERE is_public$$, ARRAY['public_coupons', 'public_user_ratings'], 'and one more where strangers know fewer columns');
SELECT is(pg_temp.columns_of(oid, CASE WHEN is_public THEN 'anon' ELSE 'authenticated' END, 'SELECT'),
          pg_temp.columns_of(below, CASE WHEN is_public THEN 'anon' ELSE 'authenticated' END, 'SELECT'), format('%s has the columns that clients know', name))
  FROM shown WHERE name <> 'profiles' ORDER BY name;
SELECT is((SELECT string_agg(a.attname, ',' ORDER BY a.attname) FROM pg_attribute a WHERE a.attrelid = 'api.profiles'::regclass AND a.attnum > 0),
          (SELECT string_agg(a.name, ',' ORDER BY a.name) FROM pg_proc p, unnest(p.proargnames) AS a (name) WHERE p.oid = to_regprocedure(format('%I.my_profile()', tests.home()))),
          'profiles has the columns of my_profile()');
SELECT is_empty($$SELECT s.name, a.attname FROM shown s JOIN pg_attribute a ON a.attrelid = s.oid AND a.attnum > 0
                    LEFT JOIN pg_attribute b ON b.attrelid = s.below AND b.attname = a.attname
                   WHERE b.attname IS NULL OR b.atttypid <> a.atttypid OR b.atttypmod <> a.atttypmod$$, 'each with its name and type');
SELECT is_empty($$SELECT s.name FROM shown s WHERE NOT 'security_invoker=true' = ANY ((SELECT c.reloptions FROM pg_class c WHERE c.oid = s.oid)::text[])$$,
    'all read with the rights of who asks');
SELECT is_empty($$SELECT s.name, c.role_name, p.privilege FROM shown s, client c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p (privilege)
                   WHERE has_table_privilege(c.role_name, s.oid, p.privilege) AND NOT has_table_privilege(c.role_name, s.below, p.privilege)$$,
    'nobody may write more than below');
SELECT is_empty($$SELECT s.name, c.role_name, p.privilege FROM shown s, client c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS p (privilege)
                   WHERE NOT s.is_public AND has_table_privilege(c.role_name, s.below, p.privilege) AND NOT has_table_privilege(c.role_name, s.oid, p.privilege)$$,
    'nor less');
SELECT is_empty($$SELECT p.oid::regprocedure, c.role_name FROM pg_proc p, client c
                   WHERE p.pronamespace = 'api'::regnamespace AND p.proname NOT LIKE 'private\_%'
                     AND has_function_privilege(c.role_name, p.oid, 'EXECUTE')
                         IS DISTINCT FROM (SELECT bool_or(has_function_privilege(c.role_name, b.oid, 'EXECUTE')) FROM pg_proc b
                                            WHERE b.pronamespace = to_regnamespace(quote_ident(tests.home())) AND b.proname = p.proname AND b.pronargs = p.pronargs)
                     AND p.prorettype <> 'trigger'::regtype$$,
    'functions may be called by whom they may be called below');
SELECT is_empty($$SELECT s FROM unnest(ARRAY['anon', 'authenticated', 'service_role']) AS s WHERE has_schema_privilege(s, 'api', 'CREATE')$$, 'nobody creates anything there');
SELECT is_empty($$SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace AND (p.prosecdef OR NOT 'search_path=pg_catalog, pg_temp' = ANY (p.proconfig))$$,
    'no function there has the rights of its owner, or the search_path of its caller');

-- What PostGraphile makes of comments

CREATE TEMP VIEW graphql AS
    SELECT s.name, regexp_replace(coalesce(substring(obj_description(s.oid, 'pg_class') FROM '@name (\w+)'), s.name), '(?<=ss)es$|(?<!s)s$', '') AS type FROM shown s;
SELECT is_empty($$SELECT g.name, p.proname FROM graphql g JOIN pg_proc p ON p.pronamespace = 'api'::regnamespace AND p.proname = g.type$$,
    'the input of no view has the name of that of a function');
SELECT is_empty($$SELECT g.name, o.name FROM graphql g JOIN graphql o ON o.type = g.type || '_condition'$$, 'nor has its filter that of another view');
SELECT is_empty($$SELECT t.tag[1], t.tag[2] FROM shown s, regexp_matches(obj_description(s.oid, 'pg_class'), 'references api\.(\w+) .*?\|@foreign(?:Single)?FieldName (\w+)', 'gn') AS t (tag)
                   GROUP BY 1, 2 HAVING count(*) > 1$$, 'no two relations of a view have one name');
SELECT is((SELECT string_agg(t.tag[1], ', ' ORDER BY t.tag[1]) FROM shown s, regexp_matches(obj_description(s.oid, 'pg_class'), '@foreignSingleFieldName (\w+)', 'g') AS t (tag)),
          'brandProfile, listingDraft, notificationSetting, offerSetting, orderAddress, paymentAccount, shippingLabel, shoppingCart, userStatsSummary',
          'relations to one row are named in the singular');

CREATE FUNCTION pg_temp.hint_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    hint text;
BEGIN
    EXECUTE statement;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
    RETURN hint;
END $$;

-- Names and keys

SELECT is_empty($$SELECT n.* FROM private.api_names() n
                   WHERE NOT EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace AND p.proname = n.function_name
                                        AND (n.what IN ('row', 'result', 'field', 'never NULL')
                                             OR EXISTS (SELECT FROM pg_proc b WHERE b.pronamespace = to_regnamespace(quote_ident(tests.home())) AND b.proname = p.proname AND n.what = ANY (b.proargnames))))$$,
    'what is told of a function is of one that there is');
SELECT is_empty($$SELECT p.oid::regprocedure, a.name, format_type(a.type, NULL) FROM pg_proc p CROSS JOIN LATERAL unnest(p.proargnames, p.proargtypes::oid[]) AS a (name, type)
                   WHERE p.pronamespace = 'api'::regnamespace AND a.name IN ('to_status', 'resolution', 'carrier', 'new_role') AND a.type = 'text'::regtype$$,
    'statuses are of their enum types');
CREATE FUNCTION pg_temp.tags_of(view_name text, tag text) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT m[1] FROM regexp_matches(obj_description(format('api.%I', view_name)::regclass, 'pg_class'), format('(?n)^@%s (.*)$', tag), 'g') m
$$;
SELECT is_empty($$SELECT name FROM shown WHERE NOT EXISTS (SELECT FROM pg_temp.tags_of(name, 'primaryKey'))$$, 'every view tells its key');
SELECT bag_eq($$SELECT pg_temp.tags_of('orders', 'foreignKey')$$, ARRAY[
    '(buyer_id) references api.profiles (id)|@fieldName buyer|@foreignFieldName ordersByBuyer',
    '(seller_id) references api.profiles (id)|@fieldName seller|@foreignFieldName ordersBySeller',
    '(payment_method_id) references api.payment_methods (id)|@fieldName paymentMethod|@foreignFieldName orders',
    '(shipping_address_id) references api.shipping_addresses (id)|@fieldName shippingAddressRecord|@foreignFieldName ordersByShippingAddress',
    '(billing_address_id) references api.shipping_addresses (id)|@fieldName billingAddress|@foreignFieldName ordersByBillingAddress'],
    'and what it refers to, by one column each, with names for both sides');
SELECT is(tag, '(listing_id) references api.listings (id)|@fieldName listing|@foreignFieldName variants', 'a listing has variants') FROM pg_temp.tags_of('product_variants', 'foreignKey') tag;
SELECT is(tag, '(order_id) references api.orders (id)|@fieldName order|@foreignFieldName parcels', 'an order has parcels') FROM pg_temp.tags_of('order_tracking', 'foreignKey') tag;
SELECT is(col_description('api.listings'::regclass, (SELECT attnum FROM pg_attribute WHERE attrelid = 'api.listings'::regclass AND attname = 'slug')), E'@notNull\n@hasDefault', 'a slug is always there and may be left out');
SELECT is(tag, 'create,delete', 'clients neither make nor drop orders') FROM pg_temp.tags_of('orders', 'omit') tag;
SELECT is_empty($$SELECT name, target FROM shown CROSS JOIN LATERAL pg_temp.tags_of(name, 'foreignKey') AS tag CROSS JOIN LATERAL substring(tag FROM 'references (api\.[a-z_]+)') AS target
                   WHERE to_regclass(target) IS NULL$$, 'nothing refers to what is not there');

-- Rows: SELECT * as each person, on each view

CREATE FUNCTION pg_temp.rows_of(relation regclass, is_own boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    n bigint;
BEGIN
    IF is_own THEN
        EXECUTE format('SELECT count(*) FROM (SELECT * FROM %s OFFSET 0) r WHERE r IS NOT DISTINCT FROM r', relation) INTO n;
    ELSE
        EXECUTE format('SELECT count(*) FROM %s', relation) INTO n;
    END IF;
    RETURN n::text;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN 'refused';
END $$;
CREATE TEMP TABLE seen (who text, name text, below text, through text);
GRANT ALL ON seen TO PUBLIC;
CREATE FUNCTION pg_temp.look(who text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM CASE who WHEN 'anon' THEN tests.log_in_as_anon() WHEN 'service' THEN tests.log_in_as_service() ELSE tests.log_in((SELECT p.id FROM person p WHERE p.name = who)) END;
    INSERT INTO seen SELECT who, s.name, pg_temp.rows_of(s.below), pg_temp.rows_of(s.oid, true) FROM shown s;
    PERFORM tests.log_out();
END $$;
SELECT pg_temp.look(p) FROM unnest(ARRAY['anon', 'ann', 'ben', 'cleo', 'mona', 'ada', 'gone', 'service']) p \g /dev/null
-- coupons and user_ratings: strangers have public_ ones
SELECT is_empty($$SELECT * FROM seen WHERE through <> below AND NOT (who = 'anon' AND name IN ('coupons', 'user_ratings'))$$, 'SELECT * finds the rows of the table, as everybody');
SELECT results_eq($$SELECT name, through FROM seen WHERE who = 'anon' AND through <> below ORDER BY name$$, $$VALUES ('coupons', 'refused'), ('user_ratings', 'refused')$$,
    'strangers have views of their own for two');
SELECT is_empty($$SELECT name FROM seen WHERE who <> 'anon' AND through = 'refused'$$, 'nobody who signed in is refused one');
SELECT cmp_ok((SELECT count(DISTINCT name) FROM seen WHERE through NOT IN ('0', 'refused')), '>', 40::bigint, 'of nearly all views somebody sees rows');

-- The private columns of a profile

UPDATE profiles SET phone = '+1 555 ' || username, date_of_birth = '1990-02-03', settings = '{"theme": "dark"}', stripe_customer_id = 'cus_' || username;
SELECT id AS ann FROM person WHERE name = 'ann' \gset
SELECT id AS ben FROM person WHERE name = 'ben' \gset
SELECT username AS ann_name FROM profiles WHERE id = :'ann' \gset
SELECT tests.log_in(:'ann') \g /dev/null
SELECT results_eq(format('SELECT to_jsonb(v) FROM api.profiles v WHERE id = %L', :'ann'), 'SELECT to_jsonb(m) FROM my_profile() m', 'the own row has all that my_profile() tells');
SELECT is_empty($$SELECT id, c.key, c.value FROM api.profiles v, jsonb_each(to_jsonb(v)) c
                   WHERE id <> auth.uid() AND c.value <> 'null' AND c.key IN (SELECT attname::text FROM pg_attribute WHERE attrelid = format('%I.profiles', tests.home())::regclass
                          AND attnum > 0 AND NOT has_column_privilege('authenticated', attrelid, attnum, 'SELECT'))$$, 'rows of others have NULL in private columns');
SELECT is_empty($$SELECT id FROM api.profiles WHERE phone LIKE '+1 555 %' AND id <> auth.uid()$$, 'and are not found by them');
CREATE FUNCTION pg_temp.leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$ BEGIN
    PERFORM set_config('driplo_test.leaked', concat_ws('|', nullif(current_setting('driplo_test.leaked', true), ''), $1), true); RETURN true; END $$;
SELECT count(*) FROM api.profiles WHERE pg_temp.leak(phone) \g /dev/null
SELECT is(current_setting('driplo_test.leaked'), '+1 555 ' || :'ann_name', 'a leaky condition hears of the own one only');
SELECT set_config('driplo_test.leaked', '', true) \g /dev/null
SELECT count(*) FROM api.orders WHERE pg_temp.leak(id::text) \g /dev/null
SELECT is((SELECT count(*) FROM regexp_split_to_table(nullif(current_setting('driplo_test.leaked'), ''), '\|')), (SELECT count(*) FROM api.orders), 'and in other views of no row that is not shown');
SELECT is_empty(format('SELECT * FROM api.private_profiles(%L)', :'ben'), 'the function behind it gives no row of others');
SELECT lives_ok('EXPLAIN (VERBOSE) SELECT * FROM api.profiles', 'EXPLAIN is no way round');
SELECT throws_ok(format('SELECT phone FROM %I.profiles', tests.home()), '42501', NULL, 'below the columns are as closed as before');

-- Writing them

SELECT results_eq(format('UPDATE api.profiles SET phone = ''+49 30'', bio = ''Reads.'', username = ''ANN.LEE'' WHERE id = %L RETURNING phone, bio, username', :'ann'),
    $$VALUES ('+49 30'::varchar, 'Reads.', 'ann.lee'::varchar)$$, 'UPDATE writes public and private columns and returns what was written');
SELECT results_eq('SELECT phone, bio, username FROM my_profile()', $$VALUES ('+49 30', 'Reads.', 'ann.lee')$$, 'which is there');
SELECT results_eq(format('UPDATE api.profiles SET phone = NULL WHERE id = %L RETURNING phone', :'ann'), 'VALUES (NULL::varchar)', 'also NULL');
SELECT lives_ok(format('UPDATE api.profiles SET (id, email, phone, role, created_at, total_sales) = (SELECT id, email, ''+49 31'', role, created_at, total_sales FROM api.profiles WHERE id = %1$L) WHERE id = %1$L', :'ann'),
    'all of it may be sent back');
SELECT is((SELECT phone FROM my_profile()), '+49 31', 'with what has changed');
SELECT throws_ok(format('UPDATE api.profiles SET role = ''admin'' WHERE id = %L', :'ann'), '42501', NULL, 'the role is refused as below');
SELECT throws_ok(format('UPDATE api.profiles SET stripe_customer_id = ''cus_x'' WHERE id = %L', :'ann'), '42501', NULL, 'and so is an ID of the processor');
SELECT is_empty(format('UPDATE api.profiles SET phone = ''1'', bio = ''x'' WHERE id = %L RETURNING 1', :'ben'), 'the row of another is not touched');
SELECT throws_ok(format('DELETE FROM api.profiles WHERE id = %L', :'ann'), '42501', NULL, 'nobody deletes a profile');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is_empty('SELECT id FROM api.profiles WHERE num_nonnulls(email, phone, settings, role, metadata) > 0', 'strangers see nothing private');
SELECT throws_ok('UPDATE api.profiles SET bio = ''x''', '42501', NULL, 'and write nothing');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is((SELECT count(*) FROM api.profiles WHERE phone IS NOT NULL), (SELECT count(*) FROM profiles WHERE phone IS NOT NULL), 'the service reads them of everybody');
SELECT results_eq(format('UPDATE api.profiles SET is_verified = true, stripe_customer_id = ''cus_1'' WHERE id = %L RETURNING is_verified, stripe_customer_id', :'ben'),
    $$VALUES (true, 'cus_1'::varchar)$$, 'and writes them');
SELECT tests.log_out() \g /dev/null
SELECT results_eq(format('SELECT phone, bio FROM profiles WHERE id = %L', :'ben'), format('VALUES (%L::varchar, NULL::text)', '+1 555 ' || (SELECT username FROM profiles WHERE id = :'ben')),
    'what was not theirs to write was not written');

-- What mappers send: all columns, with DEFAULT for what is not set; upserts

SELECT tests.log_in(:'ben') \g /dev/null
SELECT format('INSERT INTO api.listings (%s) VALUES (%s) RETURNING *', string_agg(quote_ident(attname), ', ' ORDER BY attnum),
              string_agg(CASE attname WHEN 'seller_id' THEN quote_literal(:'ben') WHEN 'title' THEN '''A clock''' WHEN 'description' THEN '''Ticks.''' WHEN 'price' THEN '12' ELSE 'DEFAULT' END, ', ' ORDER BY attnum)) AS all_columns
  FROM pg_attribute WHERE attrelid = 'api.listings'::regclass AND attnum > 0 \gset
SELECT isnt_empty(:'all_columns', 'an INSERT that names all columns works');
SELECT results_eq($$SELECT status::text, quantity FROM api.listings WHERE title = 'A clock'$$, $$SELECT status::text, quantity FROM listings WHERE title = 'A clock'$$, 'with the defaults of the table');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT lives_ok(format('INSERT INTO api.notification_preferences (user_id, type, channel, enabled) VALUES (%L, ''new_message'', ''email'', %s)
                        ON CONFLICT (user_id, type, channel) DO UPDATE SET user_id = EXCLUDED.user_id, type = EXCLUDED.type, channel = EXCLUDED.channel, enabled = EXCLUDED.enabled', :'ann', v),
                'an upsert of a preference: ' || v)
  FROM unnest(ARRAY['true', 'false']) v;
SELECT is((SELECT enabled FROM api.notification_preferences WHERE type = 'new_message' AND channel = 'email'), false, 'the second one counts');
SELECT tests.log_in(:'ben') \g /dev/null
SELECT results_eq(format('INSERT INTO api.coupons (id, code, name, discount_type, discount_value, seller_id, target_type) VALUES (%L, ''SPRING'', %L, ''percentage'', 5, %L, ''seller'')
                          ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, code = EXCLUDED.code RETURNING name::text', 'aaaaaaaa-0000-4000-8000-000000000001', v, :'ben'), format('VALUES (%L)', v),
                'an upsert of a coupon: ' || v)
  FROM unnest(ARRAY['Spring', 'Summer']) v;
SELECT results_eq($$SELECT name::text FROM api.coupons WHERE code = 'SPRING'$$, $$VALUES ('Summer')$$, 'changes the row that is there');
SELECT results_eq($$DELETE FROM api.listings WHERE title = 'A clock' RETURNING title::text$$, $$VALUES ('A clock')$$, 'a row is deleted through its view');
SELECT tests.log_in_as_service() \g /dev/null
SELECT results_eq(format('INSERT INTO api.profiles (id, username, bio) VALUES (%L, ''benjamin'', ''Sells.'') ON CONFLICT (id) DO UPDATE SET bio = EXCLUDED.bio RETURNING bio, phone IS NOT NULL', :'ben'),
    $$VALUES ('Sells.', true)$$, 'the service upserts a profile');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT throws_ok('INSERT INTO api.orders (buyer_id) VALUES (auth.uid())', '42501', NULL, 'an order is refused as below');
SELECT matches(pg_temp.hint_of($$INSERT INTO api.orders (buyer_id) VALUES (auth.uid())$$), 'checkout\(\)', 'with the function to use instead');
SELECT tests.log_out() \g /dev/null

SELECT is_empty('SELECT * FROM security_advisor() WHERE object LIKE ''%api%'' OR check_name LIKE ''%api%''', 'the advisor finds nothing there');

SELECT * FROM finish();
ROLLBACK;
