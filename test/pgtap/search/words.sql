-- The dictionary, and synonyms.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();

SELECT tests.sign_up('sue@words.example') AS sue, tests.sign_up('mod@words.example') AS mod, tests.sign_up('root@words.example') AS root \gset
SELECT set_user_role(:'mod', 'moderator', 'for the test'), set_user_role(:'root', 'admin', 'for the test') \g /dev/null
CREATE FUNCTION tests.offer(seller uuid, n integer, title text, brand text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO listings (seller_id, title, description, price, status, brand) SELECT seller, title, 'x', 5, 'active', brand FROM generate_series(1, n)
$$;

SELECT is(refresh_search_words(), 0, 'nothing for sale, no words');
SELECT tests.offer(:'sue', 3, 'Wool coat coat', 'H&M'), tests.offer(:'sue', 2, 'Кожена чанта', 'h&m'), tests.offer(:'sue', 1, 'wool 38,5') \g /dev/null
INSERT INTO listings (seller_id, title, description, price) VALUES (:'sue', 'Unpublished', 'x', 5);
SELECT refresh_search_words() AS words \gset
SELECT is(:words::bigint, (SELECT count(*) FROM search_words), 'it says how many words there are');
SELECT set_eq('SELECT word, df FROM search_words',
    $$VALUES ('wool', 4), ('coat', 3), ('кожена', 2), ('чанта', 2), ('38.5', 1), ('hm', 5)$$,
    'each word of what is for sale in its own script, once for each listing; one is enough in a small shop');
SELECT is_empty('SELECT word FROM search_words WHERE lexeme <> (private.search_lexemes(word))[1] OR cardinality(keys) = 0', 'with its lexeme and keys');
SELECT results_eq('SELECT key COLLATE "default", brand, n FROM search_brands', $$VALUES ('hm', 'H&M', 5)$$, 'brands by their most frequent spelling');

-- Only what has changed is written
CREATE FUNCTION tests.written() RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', pg_stat_get_xact_tuples_inserted(o), pg_stat_get_xact_tuples_updated(o), pg_stat_get_xact_tuples_deleted(o)) FROM CAST('search_words'::regclass AS oid) o
$$;
SELECT tests.written() AS before \gset
SELECT refresh_search_words() \g /dev/null
SELECT is(tests.written(), :'before', 'what is as it was is not written');
UPDATE listings SET status = 'archived' WHERE title = 'wool 38,5';
SELECT refresh_search_words() \g /dev/null
SELECT results_eq('SELECT word COLLATE "default", df FROM search_words WHERE word IN (''wool'', ''38.5'')', $$VALUES ('wool', 3)$$, 'what is not for sale any more is forgotten');
SELECT is(refresh_search_words(2), 2, 'the most frequent ones are kept');
SELECT set_eq('SELECT word FROM search_words', $$VALUES ('hm'), ('coat')$$, 'these two');
SELECT is(refresh_search_words(-1), 0, 'or none');

-- What sellers misspell
SELECT tests.offer(:'sue', 120, 'Leather jacket'), tests.offer(:'sue', 1, 'Lether jacket') \g /dev/null
SELECT refresh_search_words() \g /dev/null
SELECT results_eq('SELECT word COLLATE "default", canonical COLLATE "default" FROM search_words WHERE word LIKE ''le%'' ORDER BY word', $$VALUES ('leather', NULL), ('lether', 'leather')$$,
    'a rare word that is one edit from one a hundred times as frequent means that one');
SELECT is((SELECT count(*) FROM search_words WHERE canonical IS NOT NULL), 1::bigint, 'and no other does');
SELECT tests.offer(:'sue', 2000, 'Chair'), tests.offer(:'sue', 1, 'Rarity') \g /dev/null
SELECT refresh_search_words() \g /dev/null
SELECT is_empty('SELECT word FROM search_words WHERE df < 2', 'in a larger shop a word has to be in two titles');
-- Words that are none, words that are long, and bytes of all kinds
SELECT tests.offer(:'sue', 2, repeat('ж', 200)), tests.offer(:'sue', 2, '{"a"} '',\ NULL %s $1'), tests.offer(:'sue', 2, '🙂 🙂') \g /dev/null
SELECT lives_ok('SELECT refresh_search_words()', 'odd titles are read');
SELECT is_empty('SELECT word FROM search_words WHERE octet_length(word) > 64 OR translate(word, ''.'', '''') ~ ''[[:punct:][:space:]]''', 'and give words');

-- Synonyms

SELECT tests.log_in(:'root') \g /dev/null
SELECT lives_ok($$SELECT add_search_synonym('Найк', '{nike," air max "}')$$, 'an admin adds one');
SELECT lives_ok($$SELECT add_search_synonym('найк', '{nike}')$$, 'and changes it');
SELECT throws_ok($$SELECT add_search_synonym('air max', '{nike}')$$, '22023', 'synonym must be a single word', 'a synonym is a word');
SELECT throws_ok($$SELECT add_search_synonym('@', '{nike}')$$, '22023', 'synonym must be a single word', 'not none');
SELECT throws_ok(format('SELECT add_search_synonym(''lamp'', %L)', meanings), '22023', 'invalid meanings of a synonym', 'meanings: ' || left(meanings, 30))
  FROM unnest(ARRAY['{}', '{NULL}', '{""}', '{@c1}' , '{one two three four five}', '{' || repeat('x', 101) || '}', (SELECT array_agg('m' || i)::text FROM generate_series(1, 21) i)]) meanings WHERE meanings <> '{@c1}';
SELECT throws_ok($$SELECT add_search_synonym(NULL, '{nike}')$$, '22004', 'word must not be NULL', 'a word is needed');
SELECT throws_ok($$SELECT add_search_synonym('lamp', NULL)$$, '22004', 'means must not be NULL', 'and what it means');
SELECT throws_ok($$SELECT remove_search_synonym(NULL)$$, '22004', 'word must not be NULL', 'here too');
SELECT throws_ok($$INSERT INTO search_synonyms (word, means) VALUES ('a', '{b}')$$, '42501', NULL, 'past the function nothing is written');
SELECT tests.log_in(:'mod') \g /dev/null
SELECT throws_ok($$SELECT add_search_synonym('lamp', '{light}')$$, '42501', 'only an admin or the service can change synonyms', 'a moderator adds none');
SELECT throws_ok($$SELECT remove_search_synonym('найк')$$, '42501', 'only an admin or the service can change synonyms', 'nor removes any');
SELECT tests.log_in(:'sue') \g /dev/null
SELECT throws_ok($$SELECT add_search_synonym('lamp', '{light}')$$, '42501', 'only an admin or the service can change synonyms', 'nor does a user');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT throws_ok($$SELECT add_search_synonym('lamp', '{light}')$$, '42501', NULL, 'nor does who has not signed in');
SELECT tests.log_out() \g /dev/null
SELECT results_eq('SELECT word COLLATE "default", means FROM search_synonyms', $$SELECT (private.search_lexemes('найк'))[1], '{nike}'::text[]$$, 'one is there, with its last meaning');
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(remove_search_synonym('НАЙК'), true, 'the service removes it');
SELECT is(remove_search_synonym('НАЙК'), false, 'once');
SELECT tests.log_out() \g /dev/null
SELECT results_eq('SELECT admin_id, action::text, old_values IS NOT NULL FROM admin_audit_log WHERE action::text LIKE ''%synonym'' ORDER BY created_at, action, old_values IS NULL, id',
    format('VALUES (%1$L::uuid, ''add_search_synonym'', false), (%1$L, ''add_search_synonym'', false), (NULL, ''remove_search_synonym'', true)', :'root'), 'all of it is on record');

SELECT * FROM finish();
ROLLBACK;
