-- How the words of a search are read: endings, other scripts, beginnings, corrections, synonyms, and what no one can type.
BEGIN;
SET LOCAL driplo.base_currency = 'EUR';
\ir ../../fixtures/market.sql
SELECT * FROM no_plan();
SELECT tests.sign_up('sue@words.example') AS sue \gset
CREATE FUNCTION tests.sell(who uuid, title text, n integer DEFAULT 1, brand text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
    INSERT INTO listings (seller_id, title, description, price, currency, status, brand) SELECT who, sell.title, '', 10, 'EUR', 'active', sell.brand FROM generate_series(1, n)
$$;
SELECT tests.sell(:'sue', 'Summer dress', 30), tests.sell(:'sue', 'Winter jacket', 25), tests.sell(:'sue', 'Маратонки за бягане', 22), tests.sell(:'sue', 'Running sneakers', 21, 'Nike'),
       tests.sell(:'sue', 'Leather boots 38.5', 20), tests.sell(:'sue', 'Drill', 20), tests.sell(:'sue', 'Erbium', 3), tests.sell(:'sue', 'Brandnewword', 1) \g /dev/null
CREATE FUNCTION tests.titles(query text, sort text DEFAULT 'relevance', exact boolean DEFAULT false) RETURNS text LANGUAGE sql AS
    $$SELECT string_agg(DISTINCT s.title COLLATE "C", ', ' ORDER BY s.title COLLATE "C") FROM search(titles.query, '{}', titles.sort, 100, NULL, titles.exact) s$$;
CREATE FUNCTION tests.corrected(query text, exact boolean DEFAULT false) RETURNS text LANGUAGE sql AS $$SELECT search_summary(corrected.query, '{}', corrected.exact) ->> 'corrected_query'$$;

-- Without a dictionary, as after a restore: what is written as in the listings
SELECT is(tests.titles('DRESSES'), 'Summer dress', 'without a dictionary: other endings and capitals');
SELECT is(tests.titles('маратонките'), 'Маратонки за бягане', 'with an article');
SELECT is(tests.titles('nike'), 'Running sneakers', 'a brand');
SELECT is(tests.titles('boots 38,5'), 'Leather boots 38.5', 'numbers with a comma');
SELECT is(tests.titles('boots 38'), NULL, 'a number is no beginning of another one');
SELECT is(tests.titles('sumer dress'), NULL, 'nothing is corrected');
SELECT is(tests.titles('dress jacket'), NULL, 'all words have to be there');
SELECT is(tests.corrected('sumer dress'), NULL, 'and the summary says so');

SELECT tests.log_in_as_service() \g /dev/null
SELECT cmp_ok(refresh_search_words(), '>', 5, 'the dictionary is made');
SELECT tests.log_out() \g /dev/null
SELECT tests.log_in_as_anon() \g /dev/null

SELECT is(tests.titles(typed), title, format('%s means %s', typed, title))
  FROM (VALUES ('sumer dress', 'Summer dress'), ('summer dres', 'Summer dress'), ('smumer', 'Summer dress'), ('jaket', 'Winter jacket'), ('sneekers', 'Running sneakers'),
               ('summerdress', 'Summer dress'), ('leath er', 'Leather boots 38.5'), ('summer dr ess', 'Summer dress'), ('маратонкии', 'Маратонки за бягане'), ('maratonki', 'Маратонки за бягане'), ('maratonky', 'Маратонки за бягане')) AS v (typed, title);
SELECT is(tests.corrected('sumer dress'), 'summer dress', 'the summary tells the query that was meant');
SELECT is(tests.corrected('summer dress'), NULL, 'nothing when nothing was corrected');
SELECT is(tests.titles('sumer dress', exact => true), NULL, 'exact: as it was typed');
SELECT is(tests.corrected('sumer dress', true), NULL, 'and the summary likewise');
SELECT is(tests.titles('sumer dress', 'price_asc'), 'Summer dress', 'by price corrections count when there is nothing else');
SELECT is(tests.titles('dril'), 'Drill', 'a beginning is completed');
SELECT is(tests.titles('dril', exact => true), NULL, 'unless it is to be exact');
SELECT is(tests.titles('dril '), 'Drill', 'what is followed by a space is no beginning, but misspelled');
SELECT is(tests.titles('summer dr'), 'Summer dress', 'the last word is a beginning, the others are not');
SELECT is(tests.titles('dr summer'), NULL, 'in that sequence');
SELECT is(tests.titles('boots 385'), NULL, 'a number is not corrected');
SELECT is(tests.titles('brandnewword'), 'Brandnewword', 'what a listing has since yesterday is no misspelling');

-- Synonyms
SELECT tests.log_in_as_service() \g /dev/null
SELECT add_search_synonym('trainers', '{sneakers,маратонки}'), add_search_synonym('найк', '{nike}'), add_search_synonym('parka', '{"winter jacket"}') \g /dev/null
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(tests.titles('trainers'), 'Running sneakers, Маратонки за бягане', 'a word has several meanings');
SELECT is(tests.titles('найк'), 'Running sneakers', 'in another script');
SELECT is(tests.titles('parka'), 'Winter jacket', 'a meaning has several words');
SELECT is(tests.titles('parka', exact => true), NULL, 'exact: no synonyms');

-- Nobody can type a term of the index, nor a query of its
SELECT is_empty(format('SELECT * FROM search(%L, exact => true)', typed), format('%s finds nothing', typed)) FROM unnest(ARRAY['@z0', '@bnike', 'summer | winter', 'dres:*', 'dress <-> jacket']) AS v (typed);
SELECT is(tests.titles('!dress', exact => true), 'Summer dress', 'signs separate words and mean nothing');
SELECT is(tests.titles('summer-dress!!', exact => true), 'Summer dress', 'whatever they are');
SELECT is((SELECT count(*) FROM search('@#$%')), (SELECT count(*) FROM search()), 'a query without words is none');

-- What is found is marked
SELECT is((SELECT highlighted FROM search('dresses', page_size => 1)), 'Summer <mark>dress</mark>', 'the word that was found');
SELECT is((SELECT highlighted FROM search('maratonki', page_size => 1)), '<mark>Маратонки</mark> за бягане', 'in the script of the title');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
