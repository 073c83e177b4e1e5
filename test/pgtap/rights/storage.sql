-- The storage service of Supabase: the five buckets and who may do what with their files.
BEGIN;
SELECT plan(43);

SELECT to_regclass('storage.objects') IS NOT NULL AS has_storage \gset
\if :has_storage

CREATE TEMP TABLE person AS
SELECT tests.sign_up('storage.buyer@example.org') AS buyer,
       tests.sign_up('storage.seller@example.org') AS seller,
       tests.sign_up('storage.stranger@example.org') AS stranger,
       tests.sign_up('storage.admin@example.org') AS admin;
UPDATE profiles SET role = 'admin', is_admin = true WHERE id = (SELECT admin FROM person);

INSERT INTO listings (id, seller_id, title, slug, description, price, status)
SELECT 'e0000000-0000-0000-0000-000000000001', seller, 'A lamp', 'storage-lamp', 'It is bright.', 10, 'active' FROM person;
INSERT INTO orders (id, buyer_id, seller_id, subtotal, total_amount)
SELECT 'e0000000-0000-0000-0000-000000000002', buyer, seller, 10, 10 FROM person;
INSERT INTO order_items (id, order_id, listing_id, quantity, unit_price, total_price)
VALUES ('e0000000-0000-0000-0000-000000000003', 'e0000000-0000-0000-0000-000000000002', 'e0000000-0000-0000-0000-000000000001', 1, 10, 10);
INSERT INTO returns (id, return_number, order_id, order_item_id, requested_by, reason)
SELECT 'e0000000-0000-0000-0000-00000000000a', 'RET-STORAGE', 'e0000000-0000-0000-0000-000000000002',
       'e0000000-0000-0000-0000-000000000003', buyer, 'defective' FROM person;
INSERT INTO disputes (id, dispute_number, order_id, initiated_by, respondent_id, type, title, description)
SELECT 'e0000000-0000-0000-0000-00000000000b', 'DIS-STORAGE', 'e0000000-0000-0000-0000-000000000002', buyer, seller,
       'damaged_item', 'Broken', 'It came in two parts.' FROM person;

-- The clients may read and write the table; the policies decide about the rows.
SELECT buyer, seller, stranger, admin FROM person \gset

SELECT results_eq(
    $$SELECT id, public, file_size_limit, array_to_string(allowed_mime_types, ' ') FROM storage.buckets ORDER BY id$$,
    $$VALUES ('avatars', true, 5242880::bigint, 'image/jpeg image/png image/webp'),
             ('covers', true, 10485760, 'image/jpeg image/png image/webp'),
             ('disputes', false, 10485760, 'image/jpeg image/png image/webp application/pdf video/mp4'),
             ('listings', true, 5242880, 'image/jpeg image/png image/webp'),
             ('returns', false, 10485760, 'image/jpeg image/png image/webp application/pdf')$$,
    'there are the five buckets with their limits');
SELECT is((SELECT count(*) FROM pg_policies WHERE schemaname = 'storage' AND tablename = 'objects'), 20::bigint,
          'each bucket has a policy for each of the four commands');
SELECT is_empty(
    $$SELECT bucket, command FROM unnest(ARRAY['avatars', 'covers', 'listings', 'returns', 'disputes']) bucket,
                                  unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) command
       WHERE (SELECT count(*) FROM pg_policies p
               WHERE p.schemaname = 'storage' AND p.tablename = 'objects' AND p.cmd = command
                 AND coalesce(p.qual, p.with_check) LIKE format('%%bucket_id = %L%%', bucket)) <> 1$$,
    'and exactly one');

-- What the owner of a folder may do
SELECT tests.log_in(:'buyer');
SELECT lives_ok(format($$INSERT INTO storage.objects (bucket_id, name) VALUES (%L, %L)$$, bucket, :'buyer' || '/' || file),
                format('a user uploads into the own folder of %s', bucket))
  FROM (VALUES ('avatars', 'me.webp'), ('covers', 'me.webp'), ('listings', 'lamp.webp'),
               ('returns', 'e0000000-0000-0000-0000-00000000000a/photo.jpeg'),
               ('disputes', 'e0000000-0000-0000-0000-00000000000b/photo.jpeg')) v (bucket, file);
SELECT lives_ok($$UPDATE storage.objects SET version = '2' WHERE bucket_id = 'avatars'$$, 'a user replaces an own file');
SELECT is((SELECT count(*) FROM storage.objects WHERE version = '2'), 1::bigint, 'and it is replaced');
SELECT throws_ok(format($$UPDATE storage.objects SET name = %L WHERE bucket_id = 'avatars'$$, :'seller' || '/me.webp'), '42501', NULL,
                 'a file cannot be moved into the folder of somebody else');
SELECT throws_ok(format($$UPDATE storage.objects SET bucket_id = 'elsewhere' WHERE bucket_id = 'avatars'$$), '42501', NULL,
                 'nor into a bucket without a policy');
SELECT throws_ok(format('UPDATE storage.objects SET %s WHERE bucket_id = %L AND owner IS NULL', change, bucket), '42501', NULL, format('nor from %s to another with other rules: %s', bucket, split_part(change, ',', 1)))
  FROM (VALUES ('avatars', 'bucket_id = ''covers'''), ('disputes', 'bucket_id = ''listings'''), ('avatars', format('bucket_id = ''returns'', name = %L', :'buyer' || '/me.webp')),
               ('disputes', 'bucket_id = ''avatars'', id = gen_random_uuid()')) v (bucket, change);
SELECT lives_ok(format($$UPDATE storage.objects SET name = %L WHERE bucket_id = 'avatars'$$, :'buyer' || '/new/me.webp'), 'in its bucket a file is moved as one likes');

-- What others may not
SELECT tests.log_out();
SELECT tests.log_in(:'stranger');
SELECT throws_ok(format($$INSERT INTO storage.objects (bucket_id, name) VALUES (%L, %L)$$, bucket, :'buyer' || '/forged.webp'), '42501', NULL,
                 format('a user cannot upload into the folder of somebody else in %s', bucket))
  FROM unnest(ARRAY['avatars', 'covers', 'listings', 'returns', 'disputes']) bucket;
SELECT throws_ok($$INSERT INTO storage.objects (bucket_id, name) VALUES ('avatars', 'loose.webp')$$, '42501', NULL,
                 'a file outside of every folder is refused');
UPDATE storage.objects SET version = 'forged';
DELETE FROM storage.objects;
SELECT results_eq($$SELECT bucket_id FROM storage.objects ORDER BY 1$$, $$VALUES ('avatars'), ('covers'), ('listings')$$,
                  'a stranger sees the files of the public buckets and none of a return or dispute');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM storage.objects WHERE name LIKE :'buyer' || '/%' AND version IS DISTINCT FROM 'forged'), 5::bigint,
          'and neither changes nor deletes one of them');

SELECT tests.log_in_as_anon();
SELECT results_eq($$SELECT bucket_id FROM storage.objects ORDER BY 1$$, $$VALUES ('avatars'), ('covers'), ('listings')$$,
                  'anon sees the files of the public buckets only');
SELECT throws_ok(format($$INSERT INTO storage.objects (bucket_id, name) VALUES ('avatars', %L)$$, :'buyer' || '/forged.webp'), '42501', NULL,
                 'anon uploads nothing');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM storage.objects), 5::bigint, 'nothing of what was refused is there');

-- Who browses, and who may not sell, hosts nothing here
SELECT tests.log_in(:'stranger', '{"is_anonymous": true}');
SELECT throws_ok(format($$INSERT INTO storage.objects (bucket_id, name) VALUES (%L, %L)$$, bucket, :'stranger' || '/x.webp'), '42501', NULL, 'an anonymous user uploads nothing into ' || bucket)
  FROM unnest(ARRAY['avatars', 'covers', 'listings', 'returns', 'disputes']) bucket;
SELECT tests.log_out();
UPDATE profiles SET suspended_at = now() WHERE id = :'buyer';
SELECT tests.log_in(:'buyer');
SELECT throws_ok(format($$INSERT INTO storage.objects (bucket_id, name) VALUES (%L, %L)$$, bucket, :'buyer' || '/x.webp'), '42501', 'suspended users can only browse listings and use a cart', 'a suspended user uploads nothing into ' || bucket)
  FROM unnest(ARRAY['avatars', 'covers', 'listings']) bucket;
SELECT throws_ok($$UPDATE storage.objects SET version = '3' WHERE bucket_id = 'avatars'$$, '42501', 'suspended users can only browse listings and use a cart', 'and replaces nothing there');
SELECT lives_ok(format($$INSERT INTO storage.objects (bucket_id, name) VALUES ('returns', %L)$$, :'buyer' || '/e0000000-0000-0000-0000-00000000000a/more.jpeg'), 'but sees the own orders through');
DELETE FROM storage.objects WHERE name LIKE '%/more.jpeg';
SELECT tests.log_out();
UPDATE profiles SET suspended_at = NULL WHERE id = :'buyer';

-- Files of a case
SELECT tests.log_in(:'seller');
SELECT results_eq($$SELECT bucket_id FROM storage.objects WHERE bucket_id IN ('returns', 'disputes') ORDER BY 1$$,
                  $$VALUES ('disputes'), ('returns')$$, 'the other party of the order sees the files of the return and of the dispute');
DELETE FROM storage.objects WHERE bucket_id IN ('returns', 'disputes');
SELECT is((SELECT count(*) FROM storage.objects WHERE bucket_id IN ('returns', 'disputes')), 2::bigint, 'and cannot delete them');
SELECT tests.log_out();
SELECT tests.log_in(:'admin');
SELECT results_eq($$SELECT bucket_id FROM storage.objects WHERE bucket_id IN ('returns', 'disputes') ORDER BY 1$$,
                  $$VALUES ('disputes'), ('returns')$$, 'an admin sees them too');
SELECT tests.log_out();

SELECT tests.log_in(:'buyer');
DELETE FROM storage.objects WHERE bucket_id = 'avatars';
SELECT is((SELECT count(*) FROM storage.objects WHERE bucket_id = 'avatars'), 0::bigint, 'a user deletes an own file');
SELECT tests.log_out();

SELECT is((SELECT count(*) FROM pg_policies WHERE schemaname = 'storage' AND tablename = 'objects'), 20::bigint,
          'installing the policies again changes nothing')
  FROM private.install_storage();

\else
SELECT skip('there is no storage service here', 43);
\endif

SELECT * FROM finish();
ROLLBACK;
