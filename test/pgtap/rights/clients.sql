-- The statements of object mappers and of PostgREST as they send them, and what hostile people try with columns that are not theirs.
BEGIN;
SET LOCAL client_min_messages = warning;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('ben@example.com') AS ben, tests.sign_up('eve@example.com') AS eve, tests.sign_up('ada@example.com') AS ada \gset
SELECT promote_to_admin('ada@example.com') \g /dev/null
SELECT tests.a_listing(:'ben') AS lamp, tests.a_listing(:'ben') AS chair \gset
UPDATE listings SET view_count = 7, is_featured = true, published_at = '2020-01-01 00:00:00.123456', metadata = '{"a": 1, "b": 2}', created_at = '2020-01-01' WHERE id = :'lamp';
UPDATE profiles SET setup_started_at = '2020-01-01 00:00:00.123456' WHERE id = :'ben';
SELECT tests.an_order(:'ann', :'ben') AS shop_order \gset
UPDATE orders SET status = 'paid' WHERE id = :'shop_order';
UPDATE orders SET status = 'shipped' WHERE id = :'shop_order';
UPDATE orders SET status = 'delivered' WHERE id = :'shop_order';
UPDATE orders SET status = 'completed' WHERE id = :'shop_order';
-- "SQLSTATE message" of what was refused, and whether it left a trace; "done" for what was not.
CREATE FUNCTION tests.told(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    before constant text := tests.state_of_shop();
BEGIN
    EXECUTE statement;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM || CASE WHEN tests.state_of_shop() = before THEN '' ELSE ', and left a trace' END;
END $$;
CREATE VIEW public_columns AS SELECT id, username, full_name, bio, avatar_url, cover_url, avatar_urls, cover_urls, is_seller, is_verified, account_type, brand_name, badges, total_sales,
    seller_rating, seller_rating_count, created_at, website, social_links, follower_count, following_count, listings_count FROM profiles;
GRANT SELECT ON public_columns TO authenticated;
CREATE FUNCTION tests.no(column_name text, table_name text) RETURNS text LANGUAGE sql AS $$ SELECT format('42501 permission denied for column "%s" of table "%s"', column_name, table_name) $$;
-- What PostgREST sends for an upsert of a body.
CREATE FUNCTION tests.upserted(table_name text, body jsonb, target text) RETURNS text LANGUAGE sql AS $$
    SELECT format('WITH pgrst_source AS (INSERT INTO %1$I.%2$I(%3$s) SELECT %3$s FROM json_to_recordset(%4$L) AS _(%5$s) ON CONFLICT(%6$s) DO UPDATE SET %7$s RETURNING 1) SELECT count(*) FROM pgrst_source',
                  tests.home(), table_name, string_agg(quote_ident(k.name), ', '), CASE jsonb_typeof(body) WHEN 'array' THEN body ELSE jsonb_build_array(body) END,
                  string_agg(format('%I %s', k.name, format_type(a.atttypid, a.atttypmod)), ', '), target, string_agg(format('%1$I = EXCLUDED.%1$I', k.name), ', '))
      FROM jsonb_object_keys(CASE jsonb_typeof(body) WHEN 'array' THEN body -> 0 ELSE body END) k (name)
      JOIN pg_attribute a ON a.attrelid = format('%I.%I', tests.home(), table_name)::regclass AND a.attname = k.name
$$;

-- Drizzle: insert() names all columns

SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.told($$insert into "listings" ("id", "seller_id", "title", "slug", "description", "category_id", "condition", "price", "currency", "quantity", "images", "image_urls", "video_url", "location", "shipping_info", "tags", "status", "is_featured", "view_count", "favorite_count", "created_at", "updated_at", "published_at", "sold_at", "metadata")
    values (default, auth.uid(), 'A stool', default, 'Has three legs.', default, default, 5, default, default, default, default, default, default, default, default, default, default, default, default, default, default, default, default, default) returning "id", "view_count"$$),
    'done', 'Drizzle inserts a listing');
SELECT is(tests.told($$insert into "shipping_addresses" ("id", "user_id", "name", "phone", "address_line1", "address_line2", "city", "state_province", "postal_code", "country_code", "is_default", "created_at", "updated_at")
    values (default, auth.uid(), 'Home', default, '1 Main Street', default, 'Springfield', 'IL', '62701', 'US', default, default, default)$$), 'done', 'an address');
SELECT is(tests.told(format($$insert into "product_variants" ("id", "listing_id", "name", "sku", "price", "quantity", "attributes", "is_active", "created_at", "seller_id")
    values (default, %L, 'blue', default, 5, 1, default, default, default, default)$$, :'lamp')), 'done', 'a variant');
SELECT is(tests.told($$insert into "coupons" ("code", "name", "discount_type", "discount_value", "seller_id", "usage_count", "total_discount_given", "created_at", "updated_at", "total_discount_currency")
    values ('BEN10', 'Ten', 'percentage', 10, auth.uid(), default, default, default, default, default)$$), 'done', 'a coupon');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.told(format('insert into "favorites" ("id", "user_id", "listing_id", "created_at") values (default, auth.uid(), %L, default)', :'lamp')), 'done', 'a favorite');
SELECT is(tests.told(format($$insert into "user_ratings" ("id", "order_id", "rater_user_id", "rated_user_id", "rating", "type", "comment", "created_at", "updated_at")
    values (default, %L, auth.uid(), %L, 5, 'seller', default, default, default)$$, :'shop_order', :'ben')), 'done', 'a rating');
SELECT is(tests.told(format($$insert into "conversations" ("id", "listing_id", "buyer_id", "seller_id", "last_message_at", "buyer_unread_count", "seller_unread_count", "created_at", "archived_by_buyer", "archived_by_seller", "is_direct")
    values ('00000000-0000-4000-8000-0000000000c1', %L, auth.uid(), %L, default, default, default, default, default, default, default)$$, :'lamp', :'ben')), 'done', 'a conversation');
SELECT is(tests.told($$insert into "messages" ("id", "conversation_id", "sender_id", "content", "attachments", "is_read", "created_at", "edited_at")
    values (default, '00000000-0000-4000-8000-0000000000c1', auth.uid(), 'Hello', default, default, default, default)$$), 'done', 'a message');

-- TypeORM: DEFAULT for what is unset; Prisma: constants, its own clock, and RETURNING all; SQLAlchemy: NULL where there is no default

SELECT tests.log_in(:'ben') \g /dev/null
SELECT results_eq($$INSERT INTO "listings"("id", "seller_id", "title", "slug", "description", "price", "is_featured", "view_count", "favorite_count", "created_at", "updated_at", "published_at", "sold_at", "metadata")
    VALUES (DEFAULT, auth.uid(), 'A bench', DEFAULT, 'Long.', 5, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT, DEFAULT) RETURNING view_count, created_at = now()$$, 'VALUES (0, true)', 'TypeORM saves a listing');
SELECT results_eq($$INSERT INTO "public"."listings" ("seller_id","title","description","price","currency","quantity","status","is_featured","view_count","favorite_count","created_at","updated_at","metadata")
    VALUES (auth.uid(), 'A shelf', 'Wide.', 5, 'USD', 1, 'draft', false, 0, 0, '2026-01-01 12:00:00.123', '2026-01-01 12:00:00.123', '{}') RETURNING created_at = now() AND updated_at = now()$$, 'VALUES (true)', 'Prisma creates one, whose times are the database''s')
 WHERE tests.home() = 'public';
-- its save() again of what it has saved, which it has not read: the time that the status has set is not undone
INSERT INTO "listings" ("seller_id", "title", "description", "price", "status", "published_at", "sold_at") VALUES (auth.uid(), 'A chair', 'Old.', 5, 'active', DEFAULT, DEFAULT);
SELECT results_eq($$UPDATE "listings" SET "description" = 'Older.', "published_at" = NULL, "sold_at" = NULL WHERE "title" = 'A chair' RETURNING published_at = now(), sold_at IS NULL, description$$,
    $$VALUES (true, true, 'Older.')$$, 'TypeORM saves a listing that it has not read since');
SELECT results_eq($$UPDATE "listings" SET "status" = 'archived', "published_at" = '2001-02-03', "sold_at" = '2001-02-03' WHERE "title" = 'A chair' RETURNING published_at = now(), sold_at IS NULL$$,
    'VALUES (true, true)', 'and with times that the row does not have');
SELECT results_eq($$INSERT INTO "listings" ("seller_id", "title", "description", "price", "published_at", "sold_at") VALUES (auth.uid(), 'A couch', 'Red.', 5, '2001-02-03', '2001-02-03') RETURNING published_at IS NULL, sold_at IS NULL$$,
    'VALUES (true, true)', 'or a new one with times, which is not published');
SELECT results_eq($$INSERT INTO "listings" ("seller_id", "title", "description", "price", "slug", "status", "published_at", "sold_at") VALUES (auth.uid(), 'A stove', 'Hot.', 5, 'stove', 'active', DEFAULT, DEFAULT)
    ON CONFLICT ("slug") DO UPDATE SET "title" = EXCLUDED."title", "published_at" = EXCLUDED."published_at", "sold_at" = EXCLUDED."sold_at" RETURNING title::text, published_at = now(), sold_at IS NULL$$,
    $$VALUES ('A stove', true, true)$$, 'an upsert');
SELECT results_eq($$INSERT INTO "listings" ("seller_id", "title", "description", "price", "slug", "published_at", "sold_at") VALUES (auth.uid(), 'A stove, cold', 'Hot.', 5, 'stove', '2001-02-03', '2001-02-03')
    ON CONFLICT ("slug") DO UPDATE SET "title" = EXCLUDED."title", "published_at" = EXCLUDED."published_at", "sold_at" = EXCLUDED."sold_at" RETURNING title::text, published_at = now(), sold_at IS NULL$$,
    $$VALUES ('A stove, cold', true, true)$$, 'the same again, with times of its own');
SELECT is(tests.told($$INSERT INTO listings (seller_id, title, description, category_id, condition, price, video_url, location, shipping_info, published_at, sold_at) VALUES (auth.uid(), 'A desk', 'Flat.', NULL, NULL, 5, NULL, NULL, NULL, NULL, NULL)$$),
    'done', 'SQLAlchemy inserts one');
SELECT results_eq(format($$UPDATE "listings" SET "title" = 'A brighter lamp', "updated_at" = '2001-02-03' WHERE "id" = %L RETURNING title::text, updated_at = now()$$, :'lamp'), $$VALUES ('A brighter lamp', true)$$, 'an UPDATE with a clock of the client''s');

-- Whole rows: supabase-js through PostgREST, JSON with what was read

SELECT to_jsonb(l) || '{"title": "A bright lamp"}' AS row_read FROM listings l WHERE id = :'lamp' \gset
SELECT is(tests.told(tests.upserted('listings', :'row_read', 'id')), 'done', 'a listing as it was read is upserted');
SELECT results_eq(format($$SELECT title::text, view_count, is_featured, metadata, created_at, published_at FROM listings WHERE id = %L$$, :'lamp'),
    $$VALUES ('A bright lamp', 7, true, '{"a": 1, "b": 2}'::jsonb, timestamptz '2020-01-01', timestamptz '2020-01-01 00:00:00.123456')$$, 'with its new title, and all else as it was');
SELECT is(tests.told(tests.upserted('listings', :'row_read'::jsonb || '{"created_at": "2001-01-01T00:00:00Z"}', 'slug')), 'done', 'also by another key');
SELECT is(tests.told(tests.upserted('listings', (:'row_read'::jsonb - 'id'), 'slug')), 'done', 'or without the ID');
SELECT is(tests.told(tests.upserted('listings', :'row_read'::jsonb || '{"view_count": 8}', 'id')), tests.no('view_count', 'listings'), 'with another counter it is refused');
SELECT is(tests.told(tests.upserted('listings', :'row_read'::jsonb || '{"view_count": 0}', 'id')), tests.no('view_count', 'listings'), 'with the default too, which the row does not have');
SELECT is(tests.told(tests.upserted('listings', jsonb_build_array(:'row_read'::jsonb || '{"title": "x"}', :'row_read'::jsonb || format('{"id": "%s", "slug": "another", "is_featured": true, "view_count": 0}', gen_random_uuid())::jsonb), 'id')),
    tests.no('is_featured', 'listings'), 'and of several rows the new ones are judged as new');
SELECT is(tests.told(tests.upserted('listings', (SELECT jsonb_agg(to_jsonb(l) || '{"title": "One of many"}') FROM listings l WHERE seller_id = :'ben'), 'id')), 'done', 'all of one''s listings at once');
SELECT is(tests.told(format('INSERT INTO listings SELECT * FROM listings WHERE id = %L ON CONFLICT DO NOTHING', :'lamp')), 'done', 'a row that is there is left alone by DO NOTHING');
SELECT is(tests.told(format('INSERT INTO listings SELECT * FROM listings WHERE id = %L', :'lamp')), '23505 duplicate key value violates unique constraint "listings_pkey"', 'and without it is a duplicate');
SELECT is(tests.told(format('UPDATE profiles SET setup_started_at = %L WHERE id = auth.uid()', '2020-01-01 00:00:00.123')), 'done', 'a time without its microseconds is the time');
SELECT is(tests.told(format('UPDATE profiles SET setup_started_at = %L WHERE id = auth.uid()', '2020-01-01 00:00:00.124')), tests.no('setup_started_at', 'profiles'), 'a later one is not');
SELECT is((SELECT setup_started_at FROM my_profile()), '2020-01-01 00:00:00.123456', 'and it stays as it was');
SELECT tests.log_in(:'ann') \g /dev/null
-- Supabase's page of an account: a profile is there from the sign-up on, and is saved by an upsert
SELECT is(tests.told(tests.upserted('profiles', jsonb_build_object('id', :'ann', 'username', 'annie', 'website', 'ann.example', 'avatar_url', 'ann.webp'), 'id')), 'done', 'an account is saved');
SELECT results_eq('SELECT username::text, website, avatar_url, full_name, updated_at = now() FROM my_profile()', $$VALUES ('annie', 'ann.example', 'ann.webp', NULL::text, true)$$, 'what it says, and no more');
SELECT is(tests.told(tests.upserted('profiles', (SELECT jsonb_object_agg(k, v) FROM (SELECT to_jsonb(p) AS row FROM public_columns p WHERE p.id = :'ann') r, jsonb_each(r.row) e (k, v)) || '{"bio": "Collects."}', 'id')),
    'done', 'the whole profile, as it was read');
SELECT is(tests.told(tests.upserted('profiles', jsonb_build_object('id', :'ann', 'username', 'annie') || sent, 'id')), tests.no((SELECT k FROM jsonb_object_keys(sent) k), 'profiles'), format('with %s it is refused', sent))
  FROM unnest(ARRAY['{"is_verified": true}', '{"badges": ["top_rated"]}', '{"total_sales": 7}', '{"seller_rating": 5}', '{"follower_count": 9}']::jsonb[]) sent;
-- the server asks for SELECT on what the UPDATE takes from the proposed row
SELECT is(tests.told(tests.upserted('profiles', jsonb_build_object('id', :'ann', 'username', 'annie', 'updated_at', now()), 'id')), '42501 permission denied for table profiles', 'with a column that is private too');
SELECT is(tests.told(format($$INSERT INTO profiles (id, username, role, is_admin) VALUES (%L, 'annie', 'admin', true) ON CONFLICT (id) DO UPDATE SET username = EXCLUDED.username$$, :'ann')), 'done', 'what an upsert does not set');
SELECT results_eq('SELECT role::text, is_admin FROM my_profile()', $$VALUES ('user', false)$$, 'is not written');
SELECT is(tests.told(format($$INSERT INTO profiles (id, username) VALUES (%L, 'annie')$$, :'ann')), '23505 duplicate key value violates unique constraint "profiles_pkey"', 'a second one is a duplicate');
SELECT is(tests.told(tests.upserted('profiles', body, target)), result, body::text || ' by ' || target)
  FROM (VALUES (jsonb_build_object('id', :'ben', 'username', 'mine_now'), 'id', '42501 new row violates row-level security policy for table "profiles"'),
               (jsonb_build_array(jsonb_build_object('id', :'ann', 'username', 'annie'), jsonb_build_object('id', :'ben', 'username', 'mine_now')), 'id',
                '42501 new row violates row-level security policy for table "profiles"'),
               (jsonb_build_object('id', gen_random_uuid(), 'username', 'ghost'), 'id', '42501 permission denied for table profiles'),
               (jsonb_build_object('username', 'ghost'), 'username', '42501 permission denied for table profiles'),
               (jsonb_build_object('id', :'ann', 'username', (SELECT username FROM profiles WHERE id = :'ben')), 'username',
                '42501 new row violates row-level security policy (USING expression) for table "profiles"'),
               (jsonb_build_object('id', :'ann', 'username', 'admin'), 'id', '22023 username "admin" is reserved')) v (body, target, result);
SELECT is(tests.told(tests.upserted(t, body, target)), 'done', format('upsert of %s', t))
  FROM (VALUES ('profile_setup_progress', jsonb_build_object('user_id', :'ann', 'step_name', 'a_step', 'completed', true), 'user_id, step_name'),
               ('profile_setup_progress', jsonb_build_object('user_id', :'ann', 'step_name', 'a_step', 'completed', false), 'user_id, step_name'),
               ('favorites', jsonb_build_object('user_id', :'ann', 'listing_id', :'lamp'), 'user_id, listing_id'),
               ('favorites', jsonb_build_object('user_id', :'ann', 'listing_id', :'chair'), 'user_id, listing_id'),
               ('user_follows', jsonb_build_object('follower_id', :'ann', 'following_id', :'ben'), 'follower_id, following_id'),
               ('user_follows', jsonb_build_object('follower_id', :'ann', 'following_id', :'ben'), 'follower_id, following_id'),
               ('notification_preferences', jsonb_build_object('user_id', :'ann', 'type', 'new_rating', 'channel', 'push', 'enabled', false, 'updated_at', '2001-01-01'), 'user_id, type, channel'),
               ('notification_preferences', jsonb_build_object('user_id', :'ann', 'type', 'new_rating', 'channel', 'push', 'enabled', true, 'updated_at', '2001-01-01'), 'user_id, type, channel')) u (t, body, target);
SELECT is(tests.told(tests.upserted('cart_items', jsonb_build_object('cart_id', (SELECT id FROM shopping_carts), 'listing_id', :'chair', 'variant_id', NULL, 'quantity', q), 'cart_id, listing_id, variant_id')), 'done', 'upsert of an item of the cart')
  FROM generate_series(1, 2) q;
SELECT results_eq($$SELECT (SELECT count(*) FROM favorites), (SELECT count(*) FROM user_follows WHERE follower_id = auth.uid()), (SELECT sum(quantity) FROM cart_items)$$, 'VALUES (2::bigint, 1::bigint, 2::bigint)', 'which made one row each');
SELECT is(tests.told(format('UPDATE favorites SET listing_id = %L', :'lamp')), tests.no('listing_id', 'favorites'), 'a favorite is not moved to another listing');

-- Who is judged

SELECT tests.log_out() \g /dev/null
CREATE ROLE driplo_test_app IN ROLE authenticated;
CREATE ROLE driplo_test_report;
GRANT INSERT, UPDATE, SELECT ON listings TO driplo_test_report;
SELECT format('GRANT USAGE ON SCHEMA %I TO driplo_test_report', tests.home()) \gexec
CREATE POLICY "reports may" ON listings TO driplo_test_report USING (true) WITH CHECK (true);
GRANT EXECUTE ON FUNCTION tests.told(text), tests.state_of_shop() TO driplo_test_app, driplo_test_report;
SELECT tests.log_in(:'ben') \g /dev/null
SET LOCAL ROLE driplo_test_app;
SELECT is(tests.told($$INSERT INTO listings (seller_id, title, description, price, view_count) VALUES (auth.uid(), 'x', 'y', 1, DEFAULT)$$), 'done', 'a role that inherits from authenticated inserts');
SELECT is(tests.told('UPDATE listings SET view_count = view_count + 1 WHERE seller_id = auth.uid()'), tests.no('view_count', 'listings'), 'and is judged as a client');
RESET ROLE;
SET LOCAL ROLE driplo_test_report;
SELECT is(tests.told(format('UPDATE listings SET view_count = 8 WHERE id = %L', :'lamp')), 'done', 'a role to which the shop granted the table is not');
RESET ROLE;
GRANT driplo_test_report TO driplo_test_app;
SET LOCAL ROLE driplo_test_app;
SELECT is(tests.told(format('UPDATE listings SET view_count = 9 WHERE id = %L', :'lamp')), 'done', 'nor one that inherits from both');
RESET ROLE;
REVOKE driplo_test_report FROM driplo_test_app;
SET LOCAL ROLE driplo_test_app;
SELECT is(tests.told(format('UPDATE listings SET view_count = 10 WHERE id = %L', :'lamp')), tests.no('view_count', 'listings'), 'until it does not any more');
RESET ROLE;
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(tests.told(format('UPDATE listings SET view_count = 7 WHERE id = %L', :'lamp')), 'done', 'the service is not');
SELECT tests.log_out() \g /dev/null
CREATE FUNCTION tests.count_view(listing uuid) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path FROM CURRENT AS 'UPDATE listings SET view_count = view_count + 1 WHERE id = listing';
GRANT EXECUTE ON FUNCTION tests.count_view(uuid) TO authenticated;
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.told(format('SELECT tests.count_view(%L)', :'lamp')), 'done', 'nor is a function with the rights of its owner');
SELECT is((SELECT view_count FROM listings WHERE id = :'lamp'), 8, 'which counts');

-- What the shop grants, and its own columns

SELECT tests.log_out() \g /dev/null
GRANT UPDATE (is_featured), INSERT (is_featured) ON listings TO authenticated;
GRANT UPDATE (notes) ON orders TO authenticated;
GRANT INSERT (user_id, achievement) ON user_achievements TO authenticated;
CREATE POLICY "users may" ON user_achievements FOR INSERT TO authenticated WITH CHECK (user_id = (SELECT auth.uid()));
GRANT UPDATE ON notifications TO authenticated;
ALTER TABLE listings ADD own_note text DEFAULT 'none', ADD own_flag boolean, ALTER view_count SET DEFAULT 5;
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.told($$INSERT INTO listings (seller_id, title, description, price, is_featured) VALUES (auth.uid(), 'x', 'y', 1, true)$$), 'done', 'a column that the shop grants is the client''s');
SELECT is(tests.told(format('UPDATE listings SET is_featured = NOT is_featured WHERE id = %L', :'lamp')), 'done', 'in both commands');
SELECT is(tests.told($$INSERT INTO user_achievements (user_id, achievement) VALUES (auth.uid(), 'first_sale')$$), 'done', 'also where no client has anything');
SELECT is(tests.told($$INSERT INTO user_achievements (user_id, achievement, earned_at) VALUES (auth.uid(), 'power_seller', '2001-01-01')$$), 'done', 'with defaults for the rest');
SELECT is((SELECT count(*) FROM user_achievements WHERE earned_at = now()), 2::bigint, 'which are kept');
SELECT is(tests.told($$INSERT INTO listings (seller_id, title, description, price, own_note, own_flag, view_count) VALUES (auth.uid(), 'x', 'y', 1, DEFAULT, NULL, 5)$$), 'done', 'a column of the shop''s own may be named with its default, a new default counts');
SELECT is(tests.told($$INSERT INTO listings (seller_id, title, description, price, own_note) VALUES (auth.uid(), 'x', 'y', 1, 'mine')$$), tests.no('own_note', 'listings'), 'but not with another value');
SELECT is(tests.told($$INSERT INTO listings (seller_id, title, description, price, view_count) VALUES (auth.uid(), 'x', 'y', 1, 0)$$), tests.no('view_count', 'listings'), 'nor the old default');
SELECT is(tests.told(format('UPDATE listings SET own_flag = true WHERE id = %L', :'lamp')), tests.no('own_flag', 'listings'), 'nor in an UPDATE');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT matches(tests.told('UPDATE notifications SET message = ''x'''), '^done', 'a grant of the whole table once more reaches no row');
SELECT tests.log_out() \g /dev/null
INSERT INTO notifications (user_id, type, title, message) VALUES (:'ann', 'order_paid', 'x', 'y');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.told('UPDATE notifications SET message = ''x'''), tests.no('message', 'notifications'), 'and changes no column');
SELECT tests.log_out() \g /dev/null
GRANT INSERT (own_note), UPDATE (own_flag) ON listings TO authenticated;
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.told($$INSERT INTO listings (seller_id, title, description, price, own_note) VALUES (auth.uid(), 'x', 'y', 1, 'mine')$$), 'done', 'an own column is the client''s when it is granted');
SELECT is(tests.told(format('UPDATE listings SET own_flag = true WHERE id = %L', :'lamp')), 'done', 'for the command that is');
SELECT tests.log_out() \g /dev/null
ALTER TABLE listings DROP own_note, DROP own_flag, ALTER view_count SET DEFAULT 0;
REVOKE UPDATE (is_featured), INSERT (is_featured) ON listings FROM authenticated;
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.told(format('UPDATE listings SET is_featured = NOT is_featured WHERE id = %L', :'lamp')), tests.no('is_featured', 'listings'), 'what was taken back is nobody''s again');
SELECT is(tests.told($$INSERT INTO listings (seller_id, title, description, price, view_count) VALUES (auth.uid(), 'x', 'y', 1, 0)$$), 'done', 'and the default is what it was');

-- Ways round

SELECT is(tests.told(statement), told, what) FROM (VALUES
    (format($$MERGE INTO listings l USING (SELECT %L::uuid AS id) s ON l.id = s.id WHEN MATCHED THEN UPDATE SET view_count = 99$$, :'lamp'), tests.no('view_count', 'listings'), 'MERGE updates'),
    (format($$MERGE INTO listings l USING (SELECT %L::uuid AS id) s ON l.id = s.id WHEN MATCHED THEN UPDATE SET title = 'Merged', view_count = 8$$, :'lamp'), 'done', 'MERGE with the old value'),
    ($$MERGE INTO listings l USING (SELECT gen_random_uuid() AS id) s ON l.id = s.id WHEN NOT MATCHED THEN INSERT (seller_id, title, description, price, is_featured) VALUES (auth.uid(), 'x', 'y', 1, true)$$, tests.no('is_featured', 'listings'), 'MERGE inserts'),
    ($$INSERT INTO listings (seller_id, title, description, price, view_count) SELECT auth.uid(), 'x', 'y', 1, n FROM generate_series(0, 1) n$$, tests.no('view_count', 'listings'), 'INSERT ... SELECT'),
    (format($$INSERT INTO listings (id, seller_id, title, description, price) VALUES (%L, auth.uid(), 'x', 'y', 1) ON CONFLICT (id) DO UPDATE SET view_count = 1000$$, :'lamp'), tests.no('view_count', 'listings'), 'DO UPDATE with a value of its own'),
    (format($$INSERT INTO listings AS l (id, seller_id, title, description, price, view_count) VALUES (%L, auth.uid(), 'x', 'y', 1, 8) ON CONFLICT (id) DO UPDATE SET view_count = l.view_count + 1$$, :'lamp'), tests.no('view_count', 'listings'), 'DO UPDATE that counts on'),
    (format('UPDATE listings SET (view_count, title) = (99, ''x'') WHERE id = %L', :'lamp'), tests.no('view_count', 'listings'), 'a row of columns'),
    (format('UPDATE listings SET metadata = metadata || %L WHERE id = %L', '{"b": 2, "a": 1}', :'lamp'), 'done', 'an equal object'),
    (format('UPDATE listings SET metadata = jsonb_set(metadata, %L, %L) WHERE id = %L', '{a}', '9', :'lamp'), tests.no('metadata', 'listings'), 'a part of an object'),
    (format('UPDATE listings SET metadata = NULL WHERE id = %L', :'lamp'), tests.no('metadata', 'listings'), 'NULL'),
    ($$UPDATE profiles SET badges = '{first_sale,power_seller}' WHERE id = auth.uid()$$, 'done', 'an equal array'),
    ($$UPDATE profiles SET badges[1] = 'top_rated' WHERE id = auth.uid()$$, tests.no('badges', 'profiles'), 'an element of an array'),
    ($$UPDATE profiles SET badges = ARRAY['first_sale', 'power' || '_seller']::text[], total_sales = '1'::text::int, is_admin = 'no', role = 'user' WHERE id = auth.uid()$$, 'done', 'equal values by way of casts'),
    ($$UPDATE profiles SET role = ('ad' || 'min')::user_role WHERE id = auth.uid()$$, tests.no('role', 'profiles'), 'others by way of casts'),
    ($$UPDATE coupons SET discount_value = 10.0, usage_count = 0 WHERE code = 'BEN10'$$, 'done', 'an equal number'),
    ($$WITH gone AS (DELETE FROM listings WHERE title = 'One of many' RETURNING *) INSERT INTO listings (id, seller_id, title, slug, description, price, view_count) SELECT id, seller_id, title, slug, description, price, 77 FROM gone LIMIT 1$$,
        tests.no('view_count', 'listings'), 'a row that the same statement deletes'),
    ('COPY listings (seller_id, title, description, price, view_count) FROM STDIN', '0A000 cannot COPY to/from client in PL/pgSQL', 'COPY, which row level security forbids')) attempt (statement, told, what);
SELECT tests.log_in(:'eve') \g /dev/null
SELECT is(tests.attempt(format('UPDATE listings SET view_count = 99 WHERE id = %L', :'lamp')), '0 rows', 'a row of somebody else''s');
-- Whether two strangers talk is not told by which of two errors comes.
SELECT is(tests.told(format($$INSERT INTO conversations (listing_id, buyer_id, seller_id, seller_unread_count) VALUES (%L, %L, %L, 5)$$, :'lamp', :'ann', :'ben')), tests.no('seller_unread_count', 'conversations'), 'a key that others have');
SELECT is(tests.told(format($$INSERT INTO conversations (listing_id, buyer_id, seller_id, seller_unread_count) VALUES (%L, %L, %L, 5)$$, :'chair', :'ann', :'ben')), tests.no('seller_unread_count', 'conversations'), 'is refused as one that nobody has');

-- A view with the rights of who reads it, a child table, and a trigger of the shop's
SELECT tests.log_out() \g /dev/null
CREATE VIEW own_listings WITH (security_invoker = true) AS SELECT * FROM listings;
CREATE VIEW owned_listings AS SELECT * FROM listings;
GRANT SELECT, INSERT, UPDATE ON own_listings, owned_listings TO authenticated;
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.told(format('UPDATE %I SET title = %L, view_count = view_count WHERE id = %L', v, 'By ' || v, :'lamp')), 'done', 'through ' || v) FROM unnest('{own_listings,owned_listings}'::text[]) v;
SELECT is(tests.told(format('UPDATE %I SET view_count = 99 WHERE id = %L', v, :'lamp')), tests.no('view_count', 'listings'), 'no counter through ' || v) FROM unnest('{own_listings,owned_listings}'::text[]) v;
SELECT is(tests.told($$INSERT INTO own_listings (seller_id, title, description, price, view_count) VALUES (auth.uid(), 'x', 'y', 1, 1)$$), tests.no('view_count', 'listings'), 'nor with a new row');
SELECT tests.log_out() \g /dev/null
CREATE TABLE old_listings () INHERITS (listings);
INSERT INTO old_listings (seller_id, title, slug, description, price, quantity, status, created_at, updated_at) VALUES (:'ben', 'old', 'old', 'd', 1, 1, 'active', now(), now());
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.told($$UPDATE listings SET view_count = 99 WHERE title = 'old'$$), tests.no('view_count', 'listings'), 'rows of a child table are refused by the columns');
SELECT is(tests.told($$UPDATE listings SET description = 'Older.' WHERE title = 'old'$$), 'done', 'what is granted is written');
SELECT tests.log_out() \g /dev/null
SELECT lives_ok('SELECT reindex_search(1000)', 'and the search has no use for them');
SELECT is_empty($$SELECT FROM listing_search s JOIN listings l ON l.id = s.listing_id WHERE l.title = 'old'$$, 'nor a row');
SELECT tests.log_in(:'ben') \g /dev/null
SELECT tests.log_out() \g /dev/null
DROP TABLE old_listings;
CREATE FUNCTION tests.other_id() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := gen_random_uuid(); NEW.slug := NEW.id; RETURN NEW; END $$;
CREATE TRIGGER z_own BEFORE INSERT ON listings FOR EACH ROW EXECUTE FUNCTION tests.other_id();
SELECT tests.log_in(:'ben') \g /dev/null
SELECT results_eq(format('INSERT INTO listings (id, seller_id, title, slug, description, price, view_count, is_featured) VALUES (%L, auth.uid(), %L, %L, %L, 1, 1000, true) RETURNING view_count, is_featured', :'lamp', 'x', 'y', 'z'),
    'VALUES (0, false)', 'a row that looks like one that is there, and becomes another one, has the defaults');
SELECT tests.log_out() \g /dev/null
DROP TRIGGER z_own ON listings;
CREATE FUNCTION tests.featured() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.is_featured := true; RETURN NEW; END $$;
CREATE TRIGGER own_feature BEFORE INSERT OR UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION tests.featured();
SELECT tests.log_in(:'ben') \g /dev/null
SELECT results_eq($$INSERT INTO listings (seller_id, title, description, price) VALUES (auth.uid(), 'x', 'y', 1) RETURNING is_featured$$, 'VALUES (true)', 'what a trigger of the shop''s writes is not what the client sent');
SELECT results_eq(format('UPDATE listings SET is_featured = is_featured, title = %L WHERE id = %L RETURNING is_featured', 'x', :'chair'), 'VALUES (true)', 'nor in an UPDATE');

-- While a guard is off

SELECT tests.log_out() \g /dev/null
ALTER TABLE listings DISABLE TRIGGER "!guard_columns";
ALTER TABLE orders DISABLE TRIGGER USER;
ALTER TABLE profiles DISABLE TRIGGER "!guard_commands";
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.told(format('UPDATE listings SET view_count = 99 WHERE id = %L', :'lamp')), '55000 guard of table "listings" is missing or disabled', 'nothing is written without the guard of columns');
SELECT is(tests.told($$INSERT INTO listings (seller_id, title, description, price) VALUES (auth.uid(), 'x', 'y', 1)$$), '55000 guard of table "listings" is missing or disabled', 'nor what would be allowed');
SELECT is(tests.told($$UPDATE profiles SET role = 'admin' WHERE id = auth.uid()$$), tests.no('role', 'profiles'), 'one guard is behind the other');
SELECT is(tests.told($$UPDATE profiles SET bio = 'x' WHERE id = auth.uid()$$), '55000 guard of table "profiles" is missing or disabled', 'nothing is written without the guard of commands');
SELECT is(tests.told(format('INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (auth.uid(), %L, 1, 1)', :'ann')), '42501 new row violates row-level security policy for table "orders"', 'no policy lets an order in');
SELECT is(tests.attempt('DELETE FROM orders'), '0 rows', 'or out');
SELECT matches(tests.told('UPDATE orders SET total_amount = 0'), '^55000 guard of table "orders"', 'or changes one');
SELECT tests.log_out() \g /dev/null
SELECT driplo_migrate() \g /dev/null
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.told(format('UPDATE listings SET view_count = 99 WHERE id = %L', :'lamp')), tests.no('view_count', 'listings'), 'driplo_migrate() brings the guards back');
SELECT is(tests.told(format('UPDATE listings SET title = %L WHERE id = %L', 'A lamp', :'lamp')), 'done', 'and the writes');
SELECT tests.log_out() \g /dev/null
SELECT is_empty($$SELECT * FROM security_advisor() WHERE check_name = 'guard_not_in_force'$$, 'and the advisor is content');
SET LOCAL session_replication_role = replica;
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.told(format('UPDATE listings SET view_count = 99 WHERE id = %L', :'lamp')), '55000 guard of table "listings" is missing or disabled', 'a session without triggers is one without guards');
SELECT tests.log_out() \g /dev/null
SET LOCAL session_replication_role = origin;

-- The extension goes, the tables stay
DROP EXTENSION driplo CASCADE;
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.attempt(statement), outcome, 'without the extension: ' || statement) FROM (VALUES
    (format($$UPDATE profiles SET role = 'admin', is_admin = true WHERE id = %L$$, :'ben'), '0 rows'),
    (format('UPDATE listings SET view_count = 99 WHERE id = %L', :'lamp'), '0 rows'),
    (format('INSERT INTO favorites (user_id, listing_id) VALUES (%L, %L)', :'ben', :'lamp'), '42501'),
    (format('INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount) VALUES (%L, %L, 1, 1)', :'ben', :'ann'), '42501'),
    ('UPDATE orders SET total_amount = 0', '0 rows')) attempt (statement, outcome);

SELECT * FROM finish();
ROLLBACK;
