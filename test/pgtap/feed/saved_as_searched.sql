-- A new listing matches a saved search exactly if search() finds it: many searches of words, beginnings, slips and filters,
-- and new listings of all kinds.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
\ir ../../fixtures/search.sql
SELECT * FROM no_plan();
INSERT INTO exchange_rates (base, quote, rate, as_of, source) VALUES ('EUR', 'USD', 1.25, current_date, 'test');
SELECT tests.open_shop(3000, '{EUR,USD,JPY}');
SELECT tests.log_in_as_service() \g /dev/null
SELECT refresh_search_words() \g /dev/null
SELECT add_search_synonym('палто', '{coat}') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.sign_up('ann@as-searched.example') AS ann \gset
INSERT INTO user_blocks (blocker_id, blocked_id) SELECT :'ann', id FROM tests.sellers WHERE n = 20;
ANALYZE listing_search, listings, profiles, categories, search_words;

CREATE TABLE tests.asked AS
SELECT k AS n, concat_ws(' ', (ARRAY['dress', 'dres', 'jacket', 'jakcet', 'su', 'wint', 'cotton lamp', 'silk', 'dark', 'watchh', 'палто', 'рокля', 'nike', 'lev', NULL, NULL, NULL, 'absent', 'q', 'leather '])[1 + r[1] % 20],
                             CASE WHEN r[2] % 4 = 0 THEN (ARRAY['retro', 'mini', 'dar', 'zara', 'phone', 'bookk'])[1 + r[3] % 6] END) AS query,
       jsonb_strip_nulls(jsonb_build_object(
           'brands', CASE WHEN r[4] % 3 = 0 THEN (ARRAY['["Nike"]', '["zara", "H&M"]', '["levis"]', '["Nobody"]', '["!"]'])[1 + r[5] % 5]::jsonb END,
           'sizes', CASE WHEN r[6] % 6 = 0 THEN '["S", "eu 38"]'::jsonb END,
           'colors', CASE WHEN r[7] % 6 = 0 THEN '["RED"]'::jsonb END,
           'conditions', CASE WHEN r[8] % 6 = 0 THEN '["new", "good"]'::jsonb END,
           'category', CASE WHEN r[9] % 3 = 0 THEN (ARRAY['fashion', 'kind-2', 'part-7', 'part-3'])[1 + r[10] % 4] END,
           'price_min', CASE WHEN r[11] % 4 = 0 THEN r[12] % 50 END, 'price_max', CASE WHEN r[13] % 3 = 0 THEN 40 + r[14] END,
           'currency', CASE WHEN r[15] % 2 = 0 THEN (ARRAY['EUR', 'USD', 'JPY'])[1 + r[16] % 3] END,
           'country', CASE WHEN r[5] % 7 = 0 THEN 'bg' END, 'since', CASE WHEN r[3] % 7 = 0 THEN '2025-10-15' END,
           'seller', CASE WHEN r[7] % 9 = 0 THEN (SELECT id FROM tests.sellers WHERE n = 3) END)) AS filters
  FROM generate_series(1, 600) k
 CROSS JOIN LATERAL (SELECT array_agg(get_byte(decode(md5('ask' || k), 'hex'), i)) FROM generate_series(0, 15) i) AS d (r);
DELETE FROM tests.asked WHERE coalesce(query, '') !~ '\w' AND NOT filters ?| '{brands,sizes,colors,category,seller}';
GRANT SELECT ON tests.asked TO PUBLIC;
SELECT cmp_ok((SELECT count(*) FROM tests.asked), '>', 500::bigint, '(many searches)');
INSERT INTO saved_searches (id, user_id, name, query, filters, notify, wanted, anchors, categories, seller_id, since, price_currency, price_least, price_most, price_least_own, price_most_own)
SELECT md5('saved' || a.n)::uuid, :'ann', 'n' || a.n, coalesce(a.query, ''), a.filters, 'instant', r.* FROM tests.asked a, private.read_saved_search(a.query, a.filters) r;

-- Every fifth of what is on sale, published anew
DELETE FROM outbox_events;
CREATE TABLE tests.fresh AS SELECT id FROM listings WHERE status = 'active' AND get_byte(uuid_send(id), 3) % 5 = 0;
UPDATE listings SET status = 'archived' WHERE id IN (SELECT id FROM tests.fresh);
UPDATE listings SET status = 'active', published_at = published_at + interval '300 days' WHERE id IN (SELECT id FROM tests.fresh);
SELECT cmp_ok((SELECT count(*) FROM tests.fresh), '>', 300::bigint, '(many listings)');
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events(10000) \g /dev/null
SELECT tests.log_in(:'ann') \g /dev/null

CREATE TEMP TABLE found AS SELECT a.n, i AS id FROM tests.asked a CROSS JOIN LATERAL unnest(tests.pages(a.query, a.filters, 'relevance', 100, false)) i;
SELECT tests.log_out() \g /dev/null
CREATE TEMP VIEW matched AS SELECT a.n, m.listing_id AS id FROM saved_search_matches m JOIN tests.asked a ON md5('saved' || a.n)::uuid = m.search_id;
SELECT cmp_ok((SELECT count(*) FROM matched), '>', 3000::bigint, '(many matches)');
SELECT is_empty('SELECT a.n, a.query, a.filters, m.id FROM matched m JOIN tests.asked a USING (n) WHERE NOT EXISTS (SELECT FROM found f WHERE f.n = m.n AND f.id = m.id)', 'what matches is found');
SELECT is_empty('SELECT a.n, a.query, a.filters, f.id FROM found f JOIN tests.fresh USING (id) JOIN tests.asked a USING (n) WHERE NOT EXISTS (SELECT FROM matched m WHERE m.n = f.n AND m.id = f.id)', 'what is found matches');
SELECT is_empty('SELECT FROM found f JOIN listings l ON l.id = f.id JOIN tests.sellers s ON s.id = l.seller_id WHERE s.n = 20', 'nothing over a block, in either');

-- What is lowered into a filter: exactly what search() finds now and has not found before
TRUNCATE saved_search_matches;
DELETE FROM outbox_events;
CREATE TEMP TABLE before AS SELECT f.n, f.id FROM found f JOIN tests.fresh USING (id);
UPDATE listings SET price = round(price * 0.6, CASE currency WHEN 'JPY' THEN 0 ELSE 2 END) WHERE id IN (SELECT id FROM tests.fresh) AND price > 0;
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events(10000) \g /dev/null
SELECT tests.log_in(:'ann') \g /dev/null
CREATE TEMP TABLE after AS SELECT a.n, i AS id FROM tests.asked a CROSS JOIN LATERAL unnest(tests.pages(a.query, a.filters, 'relevance', 100, false)) i;
SELECT tests.log_out() \g /dev/null
SELECT cmp_ok((SELECT count(*) FROM matched), '>', 30::bigint, '(some matches)');
SELECT set_eq('SELECT n, id FROM matched', 'SELECT a.n, a.id FROM after a JOIN tests.fresh USING (id) WHERE NOT EXISTS (SELECT FROM before b WHERE b.n = a.n AND b.id = a.id)', 'a lowered price matches what search() has not found before');
SELECT is_empty('SELECT * FROM private.integrity_of_feed() WHERE rule <> ''saved_search_waiting''', 'the reports find nothing');

SELECT * FROM finish();
ROLLBACK;
