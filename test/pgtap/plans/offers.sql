-- What an offer costs is no matter of how many there have been: the rounds of a listing and the day's offers are counted, and a page of
-- my_offers() is read, without the others of the buyer or the seller.
BEGIN;
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();
SELECT tests.sign_up('ann@example.com') AS ann, tests.sign_up('sue@example.com') AS sue \gset

-- sue sells a lot, and ann has offered for everything, for years
SET LOCAL session_replication_role = replica;
INSERT INTO listings (id, seller_id, title, slug, description, price, currency, status, published_at)
SELECT md5('l' || n)::uuid, :'sue', 'Thing ' || n, 'thing-' || n, '', 100, 'EUR', 'active', now() FROM generate_series(1, 3000) n;
INSERT INTO offers (listing_id, buyer_id, seller_id, amount, currency, made_by, round, status, answered_at, expires_at, created_at)
SELECT md5('l' || n)::uuid, CASE WHEN n % 2 = 0 THEN :'ann' ELSE md5('buyer' || n % 60)::uuid END, :'sue', 60, 'EUR', 'buyer', 1, 'declined', now(), now() - interval '1 day', now() - n * interval '6 hours'
  FROM generate_series(1, 3000) n WHERE n > 100;
INSERT INTO conversations (id, listing_id, buyer_id, seller_id) SELECT md5('c' || n)::uuid, md5('l' || n)::uuid, :'ann', :'sue' FROM generate_series(101, 3000) n;
INSERT INTO profiles (id, email, username) SELECT md5('buyer' || n)::uuid, n || '@buyers.example', 'buyer' || n FROM generate_series(0, 59) n;
SET LOCAL session_replication_role = origin;
ANALYZE offers, listings, conversations, profiles;

CREATE FUNCTION tests.reads(table_name regclass) RETURNS bigint LANGUAGE sql AS $$
    SELECT pg_stat_get_xact_tuples_returned(table_name) + pg_stat_get_xact_tuples_fetched(table_name)
$$;
CREATE TEMP TABLE reading AS SELECT tests.reads('offers') AS offers, tests.reads('conversations') AS conversations;
GRANT SELECT ON reading TO PUBLIC;
SELECT tests.log_in(:'ann') \g /dev/null
SELECT make_offer(md5('l1')::uuid, 60) AS offer \gset
SELECT tests.log_out() \g /dev/null
SELECT cmp_ok(tests.reads('offers') - offers, '<=', 40::bigint, 'an offer reads few others') FROM reading;
SELECT cmp_ok(tests.reads('conversations') - conversations, '<=', 20::bigint, 'and no other conversation') FROM reading;

UPDATE reading SET offers = tests.reads('offers'), conversations = tests.reads('conversations');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT answer_offer(:'offer', 'counter', 80) AS counteroffer \gset
SELECT tests.log_out() \g /dev/null
SELECT cmp_ok(tests.reads('offers') - offers, '<=', 60::bigint, 'nor does an answer') FROM reading;
SELECT cmp_ok(tests.reads('conversations') - conversations, '<=', 20::bigint, 'in one conversation of many') FROM reading;

-- The conversation about a listing, as clients ask for it, whoever they are
PREPARE talk (uuid, uuid, uuid) AS SELECT id FROM conversations WHERE listing_id = $1 AND buyer_id = $2 AND seller_id = $3;
SET LOCAL plan_cache_mode = force_generic_plan;
UPDATE reading SET conversations = tests.reads('conversations');
EXECUTE talk (md5('l200')::uuid, :'ann', :'sue') \g /dev/null
SELECT cmp_ok(tests.reads('conversations') - conversations, '<=', 4::bigint, 'is found by its key') FROM reading;
RESET plan_cache_mode;

-- A page, of each role and of both
CREATE TEMP TABLE pages (who uuid, role text, read bigint, ids uuid[]);
GRANT INSERT ON pages TO PUBLIC;
CREATE FUNCTION tests.page(who uuid, role text, before timestamptz, before_id uuid, OUT read bigint, OUT ids uuid[]) LANGUAGE plpgsql AS $$
BEGIN
    read := tests.reads('offers');
    PERFORM tests.log_in(who);
    ids := ARRAY(SELECT id FROM my_offers(role, NULL, 20, before, before_id));
    PERFORM tests.log_out();
    read := tests.reads('offers') - read;
END $$;
INSERT INTO pages SELECT p.who, p.role, r.* FROM (VALUES (:'ann'::uuid, 'buyer'), (:'ann', NULL), (:'sue', 'seller'), (:'sue', NULL)) p (who, role), tests.page(p.who, p.role, NULL, NULL) r;
SELECT is_empty('SELECT * FROM pages WHERE read > 100', 'a page of offers is as many as it shows');
SELECT is_empty($$SELECT * FROM pages p WHERE ids IS DISTINCT FROM ARRAY(SELECT id FROM offers o WHERE p.who IN (buyer_id, seller_id) ORDER BY created_at DESC, id DESC LIMIT 20)$$, 'the latest ones');
CREATE TEMP TABLE later AS SELECT p.who, p.role, p.ids AS before, r.* FROM pages p JOIN offers o ON o.id = p.ids[20] CROSS JOIN LATERAL tests.page(p.who, p.role, o.created_at, o.id) r;
SELECT is_empty('SELECT * FROM later WHERE read > 100', 'the next one as well');
SELECT is_empty($$SELECT * FROM later p WHERE before || ids IS DISTINCT FROM ARRAY(SELECT id FROM offers o WHERE p.who IN (buyer_id, seller_id) ORDER BY created_at DESC, id DESC LIMIT 40)$$, 'where the first has ended');

SELECT * FROM finish();
ROLLBACK;
