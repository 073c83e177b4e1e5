-- Brand pages and documents: whose they are, who sees them, and that a brand has one name.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('brands.example') \gset
CREATE FUNCTION tests.names(who uuid) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
    SELECT concat_ws(', ', coalesce(p.brand_name, '-'), coalesce(b.brand_name, '-')) FROM profiles p LEFT JOIN brand_profiles b ON b.user_id = p.id WHERE p.id = who
$$;

SELECT tests.log_in(:'seller') \g /dev/null
UPDATE profiles SET account_type = 'brand', brand_name = 'Lux' WHERE id = :'seller';
INSERT INTO brand_profiles (user_id, brand_slug, website_url, social_links) VALUES (:'seller', 'lux', 'https://lux.example', '{"x": "@lux"}');
SELECT is(tests.names(:'seller'), 'Lux, Lux', 'a page without a name has the profile''s');
UPDATE brand_profiles SET brand_name = 'Luxor' WHERE user_id = :'seller';
SELECT is(tests.names(:'seller'), 'Luxor, Luxor', 'its name is the profile''s');
UPDATE profiles SET brand_name = 'Luxury' WHERE id = :'seller';
SELECT is(tests.names(:'seller'), 'Luxury, Luxury', 'and the other way round');
SELECT throws_ok(format('UPDATE brand_profiles SET %I = %L', name, value), '23514', NULL, format('%s is not %s', name, value))
  FROM (VALUES ('brand_slug', 'Lux'), ('brand_slug', 'a--b'), ('brand_slug', ''), ('website_url', 'javascript:x'), ('tiktok_url', 'data:x'), ('social_links', '[]')) AS wrong (name, value);
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('anon buyer seller', 'SELECT * FROM brand_profiles WHERE brand_slug = ''lux'''), '1 rows for anon buyer seller', 'everybody sees the page');
SELECT is(tests.answers('buyer admin', 'UPDATE brand_profiles SET brand_description = ''Mine'''), '0 rows for buyer admin', 'nobody else writes it');
SELECT is(tests.answers('buyer', format('INSERT INTO brand_profiles (user_id, brand_slug) VALUES (%L, ''lux'')', :'buyer')), '23505 for buyer', 'an address is there once');
SELECT is(tests.answers('buyer', format('INSERT INTO brand_profiles (user_id, brand_slug) VALUES (%L, ''mine'')', :'other')), '42501 for buyer', 'nor is one made for another');
SELECT is(tests.answers('suspended guest anon', format('INSERT INTO brand_profiles (user_id, brand_slug) VALUES (%L, ''mine'')', :'suspended')), '42501 for suspended guest anon', 'or by who may not sell');

-- a verified brand keeps its name
SELECT tests.log_in(:'seller') \g /dev/null
INSERT INTO brand_verification_requests (user_id, brand_name, brand_category) VALUES (:'seller', 'Lux Ltd', 'lamps');
SELECT tests.log_in(:'admin') \g /dev/null
UPDATE brand_verification_requests SET verification_status = 'approved' WHERE user_id = :'seller';
SELECT tests.log_out() \g /dev/null
SELECT is(tests.names(:'seller'), 'Lux Ltd, Lux Ltd', 'an approval names the page too');
SELECT is(tests.answers('seller', 'UPDATE brand_profiles SET brand_name = ''Rolex'''), '42501 for seller', 'the name of a verified brand stays');
SELECT is(tests.answers('seller', 'DELETE FROM brand_profiles'), '1 rows, and left a trace for seller', 'the page can be removed');
SELECT tests.log_in(:'seller') \g /dev/null
DELETE FROM brand_profiles;
SELECT throws_ok(format('INSERT INTO brand_profiles (user_id, brand_name, brand_slug) VALUES (%L, ''Rolex'', ''rolex'')', :'seller'), '42501', 'cannot change brand_name of a verified brand', 'and no new one has another name');
INSERT INTO brand_profiles (user_id, brand_name, brand_slug) VALUES (:'seller', 'Lux Ltd', 'lux-ltd');
SELECT tests.log_in_as_service() \g /dev/null
UPDATE brand_profiles SET brand_name = 'Lux Inc' WHERE user_id = :'seller';
SELECT tests.log_out() \g /dev/null
SELECT is(tests.names(:'seller'), 'Lux Inc, Lux Inc', 'the service renames a brand');
CREATE FUNCTION tests.rename() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.brand_name := 'Rolex'; RETURN NEW; END $$;
CREATE TRIGGER zz_rename BEFORE UPDATE ON brand_profiles FOR EACH ROW EXECUTE FUNCTION tests.rename();
SELECT is(tests.answers('seller', 'UPDATE brand_profiles SET brand_story = ''x'''), '42501 for seller', 'a trigger does not do it for a user');
DROP TRIGGER zz_rename ON brand_profiles;
UPDATE profiles SET deleted_at = now() WHERE id = :'seller';
SELECT is(tests.answers('anon buyer', 'SELECT * FROM brand_profiles'), '0 rows for anon buyer', 'the page of a deleted profile is hidden');
UPDATE profiles SET deleted_at = NULL WHERE id = :'seller';
SET LOCAL session_replication_role = replica;
UPDATE brand_profiles SET brand_name = 'Rolex';
SET LOCAL session_replication_role = origin;
SELECT is((SELECT count(*) FROM check_integrity() WHERE rule = 'brand_name'), 1::bigint, 'check_integrity() compares the names');

-- documents
SELECT tests.log_in(:'buyer') \g /dev/null
INSERT INTO documents (user_id, type, name, url, mime_type, size) VALUES (:'buyer', 'id_verification', 'Passport', 'buyer/passport.pdf', 'application/pdf', 1000);
SELECT is((SELECT status::text FROM documents), 'pending', 'a document waits for a decision');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('anon seller moderator', 'SELECT url FROM documents'), '0 rows for seller moderator; 42501 for anon', 'nobody else sees it');
SELECT is(tests.answers('admin', 'SELECT url FROM documents'), '1 rows for admin', 'but an admin');
SELECT is(tests.answers('buyer seller admin', 'UPDATE documents SET status = ''verified'''), '42501 for buyer seller admin', 'no client decides');
SELECT is(tests.answers('buyer', format('INSERT INTO documents (user_id, type, name, url, status) VALUES (%L, ''other'', ''x'', ''x'', ''verified'')', :'buyer')), '42501 for buyer', 'not with the first word either');
SELECT is(tests.answers('buyer', format('INSERT INTO documents (user_id, type, name, url) VALUES (%L, ''other'', ''x'', ''x'')', :'seller')), '42501 for buyer', 'nor hands in for another');
SELECT is(tests.answers('suspended guest', format('INSERT INTO documents (user_id, type, name, url) VALUES (%L, ''other'', ''x'', ''x'')', :'suspended')), '42501 for suspended guest', 'nor who is suspended');
SELECT tests.log_in_as_service() \g /dev/null
UPDATE documents SET status = 'verified', verified_at = now(), verified_by = :'admin';
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT is((SELECT status::text FROM documents), 'verified', 'the service does, and the user reads it');
SELECT throws_ok('SELECT verified_by FROM documents', '42501', NULL, 'but not by whom');
SELECT tests.log_out() \g /dev/null
SELECT tests.delete_account(:'admin') \g /dev/null
SELECT results_eq('SELECT status::text, verified_by FROM documents', $$VALUES ('verified', NULL::uuid)$$, 'the decision outlives who made it');
SELECT tests.log_in(:'buyer') \g /dev/null
DELETE FROM documents;
SELECT is((SELECT count(*) FROM documents), 0::bigint, 'the user takes it back');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
