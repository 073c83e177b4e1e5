-- Saved searches: whose they are, what is told of, to whom, and how often.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();
SELECT tests.sign_up('sue@saved.example') AS sue \gset
SELECT tests.sign_up('ann@saved.example') AS ann \gset
SELECT tests.sign_up('bob@saved.example') AS bob \gset
SELECT tests.sign_up('foe@saved.example') AS foe \gset
DELETE FROM outbox_events;
INSERT INTO categories (name, slug) VALUES ('Lamps', 'lamps') RETURNING id AS lamps \gset

CREATE FUNCTION tests.publish(seller uuid, title text, price numeric DEFAULT 10, brand text DEFAULT NULL, category uuid DEFAULT NULL, currency text DEFAULT 'EUR', status text DEFAULT 'active') RETURNS uuid
    LANGUAGE sql AS $$
    INSERT INTO listings (seller_id, title, description, price, brand, category_id, currency, status)
    VALUES (seller, publish.title, 'Words.', publish.price, publish.brand, category, publish.currency, publish.status) RETURNING id
$$;
-- Delivers what has happened and tells what is due; what each user has been told, since the last time.
CREATE FUNCTION tests.told(a_day_later boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text;
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM deliver_events(1000);
    PERFORM tests.log_out();
    UPDATE saved_search_matches SET due_at = due_at - interval '1 day' WHERE told_at IS NULL AND a_day_later;
    PERFORM tests.log_in_as_service();
    PERFORM tell_saved_searches(1000);
    PERFORM tests.log_out();
    SELECT string_agg(format('%s: %s', split_part(u.email, '@', 1), n.title), '; ' ORDER BY u.email, n.title) INTO said
      FROM notifications n JOIN auth.users u ON u.id = n.user_id WHERE n.type = 'saved_search_match';
    UPDATE notifications SET is_read = true WHERE type = 'saved_search_match';
    DELETE FROM notification_deliveries;
    DELETE FROM notifications WHERE type = 'saved_search_match';
    RETURN COALESCE(said, 'nobody');
END $$;

-- Whose
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok($$SELECT save_search('Lamps', 'lamp')$$, '42501', NULL, 'nobody saves without an account');
SELECT tests.log_in_as_service() \g /dev/null
SELECT throws_ok($$SELECT save_search('Lamps', 'lamp')$$, '42501', 'must be signed in', 'the service has none');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT save_search('  Lamps ', 'lamp', notify => 'instant') AS anns \gset
SELECT results_eq('SELECT id, name, query, filters, notify, waiting, told_at, problem FROM my_saved_searches()',
    format($$VALUES (%L::uuid, 'Lamps', 'lamp', '{}'::jsonb, 'instant', 0, NULL::timestamptz, NULL)$$, :'anns'), 'a search is kept as it was given');
SELECT throws_ok(s.statement, s.code, s.message, s.message)
  FROM (VALUES ($$SELECT save_search(NULL, 'lamp')$$, '22004', 'name must not be NULL'), ($$SELECT save_search('x', 'lamp', '{}', NULL)$$, '22004', 'notify must not be NULL'),
               ($$SELECT save_search(' ', 'lamp')$$, '22023', 'name must have 1 to 100 characters'), ($$SELECT save_search(repeat('x', 101), 'lamp')$$, '22023', 'name must have 1 to 100 characters'),
               ($$SELECT save_search('x', repeat('x', 201))$$, '22023', 'query must have at most 200 characters'), ($$SELECT save_search('x', 'lamp', '{}', 'hourly')$$, '22023', 'unrecognized value for notify: "hourly"'),
               ($$SELECT save_search('x', 'lamp', '{"colour": "red"}')$$, '22023', 'unrecognized filters: colour'), ($$SELECT save_search('x', 'lamp', '[]')$$, '22023', 'filters must be a JSON object'),
               ($$SELECT save_search('x', 'lamp', '{"category": "nowhere"}')$$, '22023', 'category "nowhere" does not exist'),
               ($$SELECT save_search('x')$$, '22023', 'saved search would match almost everything'), ($$SELECT save_search('x', ' ,;:! ')$$, '22023', 'saved search would match almost everything'),
               ($$SELECT save_search('x', NULL, '{"price_max": 10, "country": "BG", "conditions": ["new"]}')$$, '22023', 'saved search would match almost everything')) AS s (statement, code, message);
SELECT throws_ok('SELECT * FROM saved_searches', '42501', NULL, 'the table is nobody''s to read');
SELECT throws_ok('SELECT * FROM saved_search_matches', '42501', NULL, 'nor are the matches');
SELECT is((SELECT count(*) FROM my_saved_searches()), 1::bigint, 'what is refused leaves nothing');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT is_empty('SELECT * FROM my_saved_searches()', 'a stranger does not see it');
SELECT throws_ok(format('SELECT delete_saved_search(%L)', :'anns'), 'P0002', format('saved search "%s" does not exist', :'anns'), 'nor delete it');
SELECT throws_ok(format('SELECT change_saved_search(%L, ''Mine'')', :'anns'), 'P0002', format('saved search "%s" does not exist', :'anns'), 'nor change it');
SELECT throws_ok('SELECT delete_saved_search(NULL)', '22004', 'id must not be NULL', 'one has to be named');
SELECT throws_ok('SELECT change_saved_search(NULL)', '22004', 'id must not be NULL', 'to be changed as well');
SELECT save_search('n' || n, 'word' || n, notify => 'off') FROM generate_series(1, 50) n \g /dev/null
SELECT throws_ok($$SELECT save_search('one more', 'word')$$, 'MK015', 'a user can save at most 50 searches', 'fifty are enough');
SELECT delete_saved_search(id) FROM my_saved_searches() \g /dev/null
SELECT lives_ok($$SELECT save_search('Cheap lamps', 'lamp', '{"price_max": 20}', 'daily')$$, 'until one is deleted');
SELECT id AS bobs FROM my_saved_searches() \gset
SELECT tests.log_out() \g /dev/null

-- What is told
SELECT tests.publish(:'sue', 'A green lamp') AS green \gset
SELECT is(tests.told(), 'ann: 1 new for "Lamps"; bob: 1 new for "Cheap lamps"', 'a new listing is told to whose searches it matches');
SELECT is(tests.told(), 'nobody', 'once');
UPDATE listings SET status = 'archived' WHERE id = :'green';
UPDATE listings SET status = 'active' WHERE id = :'green';
SELECT is(tests.told(), 'nobody', 'also when it is published again');
SELECT tests.publish(:'sue', 'A vase') \g /dev/null
SELECT tests.publish(:'sue', 'A red lamp', status => 'draft') AS draft \gset
SELECT is(tests.told(), 'nobody', 'not of what does not match, nor of drafts');
UPDATE listings SET status = 'active' WHERE id = :'draft';
SELECT tests.publish(:'sue', 'Two lamps', 30) AS dear \gset
SELECT is(tests.told(), 'ann: 2 new for "Lamps"', 'several together, instantly; daily not within a day');
SELECT is(tests.told(true), 'bob: 1 new for "Cheap lamps"', 'but then');
SELECT tests.log_in(:'bob') \g /dev/null
SELECT is((SELECT waiting FROM my_saved_searches()), 0, 'nothing waits');
SELECT tests.log_out() \g /dev/null

-- Prices that are lowered into the filter
UPDATE listings SET price = 25 WHERE id = :'dear';
SELECT is(tests.told(), 'nobody', 'still above the limit');
UPDATE listings SET price = 19 WHERE id = :'dear';
SELECT is(tests.told(true), 'bob: 1 new for "Cheap lamps"', 'what becomes cheap enough is news');
UPDATE listings SET price = 18 WHERE id = :'dear';
UPDATE listings SET price = 8 WHERE id = :'green';
SELECT is(tests.told(true), 'nobody', 'what was cheap enough is none');
SELECT tests.publish(:'sue', 'An old cheap lamp', 15) AS old \gset
DELETE FROM outbox_events;
UPDATE listings SET price = 14 WHERE id = :'old';
SELECT is(tests.told(), 'nobody', 'also when it was never told, because the search is newer');

-- To whom not
SELECT tests.publish(:'ann', 'My own lamp') \g /dev/null
SELECT is(tests.told(true), 'bob: 1 new for "Cheap lamps"', 'not to the seller');
SELECT tests.log_in(:'foe') \g /dev/null
SELECT block_user(:'ann') \g /dev/null
SELECT tests.log_in(:'bob') \g /dev/null
SELECT block_user(:'foe') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.publish(:'foe', 'A lamp of the foe') \g /dev/null
SELECT is(tests.told() || (SELECT count(*) FROM saved_search_matches WHERE told_at IS NULL), 'nobody0', 'not over a block, in either direction, nor later');
SELECT tests.publish(:'sue', 'A lamp sold at once') AS sold \gset
UPDATE listings SET status = 'sold' WHERE id = :'sold';
SELECT is(tests.told(), 'nobody', 'not of what is gone by then');
SELECT tests.publish(:'sue', 'A lamp to be hidden') AS hidden \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events(1000) \g /dev/null
SELECT tests.log_out() \g /dev/null
UPDATE listings SET status = 'removed' WHERE id = :'hidden';
SELECT is(tests.told(true), 'nobody', 'also between the match and its telling');
SELECT tests.publish(:'sue', 'A lamp while ann is suspended') AS s \gset
SELECT suspend_user(:'ann', 'for the test') \g /dev/null
SELECT unalike(tests.told(true), '%ann%', 'not to a suspended user');
SELECT reinstate_user(:'ann', 'for the test') \g /dev/null
SELECT tests.told() \g /dev/null

-- Changing
SELECT tests.log_in(:'ann') \g /dev/null
SELECT change_saved_search(:'anns', 'Lights', 'daily');
SELECT tests.log_out() \g /dev/null
SELECT tests.publish(:'sue', 'A lamp for tomorrow') \g /dev/null
SELECT unalike(tests.told(), '%ann%', 'daily waits');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT waiting FROM my_saved_searches()), 1, 'which its user can see');
SELECT change_saved_search(:'anns', notify => 'instant');
SELECT tests.log_out() \g /dev/null
SELECT alike(tests.told(), '%ann: 1 new for "Lights"%', 'instant does not any more');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT change_saved_search(:'anns', notify => 'daily');
SELECT tests.log_out() \g /dev/null
SELECT tests.publish(:'sue', 'A lamp not to be told') \g /dev/null
SELECT tests.told() \g /dev/null
SELECT tests.log_in(:'ann') \g /dev/null
SELECT change_saved_search(:'anns', notify => 'off');
SELECT tests.log_out() \g /dev/null
SELECT tests.publish(:'sue', 'A lamp while it is off') \g /dev/null
SELECT unalike(tests.told(true), '%ann%', 'off is told nothing');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT change_saved_search(:'anns', notify => 'instant');
SELECT tests.log_out() \g /dev/null
SELECT unalike(tests.told(), '%ann%', 'nor afterwards of what was then');
SELECT is((SELECT read_at FROM saved_searches WHERE id = :'anns'), '-infinity', 'and is read again');

-- Other searches than words
SELECT tests.log_in(:'ann') \g /dev/null
SELECT delete_saved_search(:'anns');
SELECT save_search('brand', NULL, '{"brands": ["Zara"]}', 'instant') \g /dev/null
SELECT save_search('category', NULL, '{"category": "lamps"}', 'instant') \g /dev/null
SELECT save_search('seller', NULL, format('{"seller": "%s", "price_max": 5}', :'sue')::jsonb, 'instant') \g /dev/null
SELECT save_search('script', 'лампа', '{}', 'instant') \g /dev/null
SELECT save_search('typed', 'zenith', '{}', 'instant') \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT tests.publish(:'sue', 'Something', brand => 'ZARA') \g /dev/null
SELECT alike(tests.told(), '%ann: 1 new for "brand"', 'a brand');
SELECT tests.publish(:'sue', 'Something', category => :'lamps') \g /dev/null
SELECT alike(tests.told(), '%ann: 1 new for "category"%', 'a category');
SELECT tests.publish(:'sue', 'Something', 4) \g /dev/null
SELECT alike(tests.told(), '%ann: 1 new for "seller"', 'a seller, below a price');
SELECT tests.publish(:'bob', 'Zara', 4) \g /dev/null
SELECT unalike(tests.told(), '%ann%', 'and nobody else''s');
SELECT tests.publish(:'sue', 'Стара лампа') \g /dev/null
SELECT alike(tests.told(), '%ann: 1 new for "script"%', 'a word in another script');
SELECT tests.publish(:'sue', 'A Zenith watch') \g /dev/null
SELECT alike(tests.told(), '%ann: 1 new for "typed"', 'and what nobody had');

-- The rarest: rechosen when it has become frequent
INSERT INTO listings (seller_id, title, description, price, currency, status) SELECT :'sue', 'A yellow umbrella', '', 1, 'EUR', 'active' FROM generate_series(1, 30);
INSERT INTO listings (seller_id, title, description, price, currency, status) SELECT :'sue', 'A parasol', '', 1, 'EUR', 'active' FROM generate_series(1, 20);
SELECT tests.log_in(:'ann') \g /dev/null
SELECT save_search('rare', 'umbrella parasol ', '{}', 'instant') AS rare \gset
SELECT save_search('common', 'а и ', '{}', 'instant') AS common \gset
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT anchors FROM saved_searches WHERE id = :'rare'), private.search_lexemes('parasol'), 'the rarest word is what a listing finds it by');
SELECT is((SELECT cardinality(anchors) FROM saved_searches WHERE id = :'common'), 1, 'of words that are everywhere one of them');
INSERT INTO listings (seller_id, title, description, price, currency, status) SELECT :'sue', 'A parasol', '', 1, 'EUR', 'active' FROM generate_series(1, 20);
DELETE FROM outbox_events;
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(refresh_saved_searches(), 0, 'what was read today is not read again');
SELECT tests.log_out() \g /dev/null
UPDATE saved_searches SET read_at = now() - interval '25 hours';
SELECT tests.log_in_as_service() \g /dev/null
SELECT cmp_ok(refresh_saved_searches(), '>=', 6, 'the others are');
SELECT throws_ok('SELECT refresh_saved_searches(NULL)', '22004', 'max_rows must not be NULL', 'so many at a time');
SELECT throws_ok('SELECT tell_saved_searches(NULL)', '22004', 'max_rows must not be NULL', 'as many are told');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT anchors FROM saved_searches WHERE id = :'rare'), private.search_lexemes('umbrella'), 'another one, when the first has become frequent');
SELECT tests.publish(:'sue', 'Umbrella and parasol') \g /dev/null
SELECT alike(tests.told(), '%ann: 1 new for "rare"%', 'it is found by it');
DELETE FROM listings WHERE category_id = :'lamps';
DELETE FROM categories WHERE id = :'lamps';
UPDATE saved_searches SET read_at = now() - interval '25 hours';
SELECT tests.log_in_as_service() \g /dev/null
SELECT refresh_saved_searches() \g /dev/null
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT problem FROM my_saved_searches() WHERE name = 'category'), 'category "lamps" does not exist', 'a search that cannot be read any more says why');
SELECT tests.log_out() \g /dev/null
SELECT is_empty('SELECT * FROM private.integrity_of_feed()', 'the reports find nothing');
UPDATE saved_search_matches SET told_at = now() - interval '91 days' WHERE told_at IS NOT NULL;
SELECT tests.log_in_as_service() \g /dev/null
SELECT cmp_ok(prune_matches_and_prices(), '>', 5, 'matches are deleted after 90 days');
SELECT tests.log_out() \g /dev/null
DELETE FROM auth.users WHERE id = :'ann';
SELECT is((SELECT count(*) FROM saved_searches WHERE user_id = :'ann'), 0::bigint, 'searches go with their user');

SELECT * FROM finish();
ROLLBACK;
