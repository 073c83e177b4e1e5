-- Views of listings: whose count, how often, what is known of who looked, and what the seller is told.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/attempts.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
SELECT no_plan();
SELECT * FROM tests.people('views.example') \gset
SELECT tests.a_listing(:'seller') AS lamp, tests.a_listing(:'seller') AS vase, tests.a_listing(:'seller', status => 'draft') AS draft,
       tests.a_listing(:'seller', status => 'sold') AS sold, tests.a_listing(:'seller', status => 'removed') AS removed \gset
CREATE FUNCTION tests.looks(who text, listing uuid, rest text DEFAULT '') RETURNS text LANGUAGE sql AS $$ SELECT tests.asked(who, format('track_listing_view(%L%s)', listing, rest)) $$;
CREATE FUNCTION tests.with_headers(headers json) RETURNS void LANGUAGE sql AS $$ SELECT set_config('request.headers', headers::text, true) $$;
CREATE FUNCTION tests.counted(max_rows integer DEFAULT 100) RETURNS text LANGUAGE sql AS $$ SELECT tests.asked('service', format('count_views(%s)', max_rows)) $$;
CREATE FUNCTION tests.views(listing uuid) RETURNS text LANGUAGE sql AS $$
    SELECT concat_ws(' ', l.view_count, (SELECT string_agg(concat_ws('/', s.day - timezone('UTC', now())::date, s.views, s.unique_views), ' ' ORDER BY s.day) FROM listing_stats_daily s WHERE s.listing_id = l.id))
      FROM listings l WHERE l.id = listing
$$;
-- As time would make it: what was seen was seen so much earlier.
CREATE FUNCTION tests.time_goes_by(how_long interval) RETURNS void LANGUAGE sql AS $$
    UPDATE listing_views SET last_at = last_at - how_long, day = timezone('UTC', last_at - how_long)::date
$$;

-- Whose views count
SELECT is(tests.looks('buyer', :'lamp'), '', 'a user looks at a listing');
SELECT is(tests.looks('buyer', :'lamp'), '', 'and once more');
SELECT is(tests.views(:'lamp'), '0', 'which is not counted at once');
SELECT is(tests.counted(), '1', 'the job counts one listing');
SELECT is(tests.views(:'lamp'), '1 0/1/1', 'looking twice at once is one view');
SELECT is(tests.counted(), '0', 'and is counted once');
SELECT is(tests.views(:'lamp'), '1 0/1/1', 'however often the job runs');
SELECT is(tests.looks('other', :'lamp') || tests.looks('suspended', :'lamp') || tests.looks('guest', :'lamp') || tests.looks('admin', :'lamp'), '', 'others do');
SELECT is(tests.looks('seller', :'lamp'), '', 'the seller too');
SELECT is(tests.counted() || ': ' || tests.views(:'lamp'), '1: 5 0/5/5', 'of whom the view does not count');
SELECT is(tests.looks('buyer', :'draft') || tests.looks('buyer', :'removed') || tests.looks('anon', gen_random_uuid()), '', 'what others cannot see is as if it were not there');
SELECT is((SELECT count(*) FROM listing_views WHERE listing_id <> :'lamp'), 0::bigint, 'and leaves nothing');
SELECT is(tests.looks('buyer', :'sold') || tests.counted() || ': ' || tests.views(:'sold'), '1: 1 0/1/1', 'what is sold is looked at still');

-- 30 minutes
SELECT tests.time_goes_by('29 minutes') \g /dev/null
UPDATE listing_views SET day = timezone('UTC', now())::date;
SELECT is(tests.looks('buyer', :'lamp') || tests.counted(), '0', 'within half an hour it is the same view');
UPDATE listing_views SET last_at = last_at - interval '1 minute';
SELECT is(tests.looks('buyer', :'lamp') || tests.counted() || ': ' || tests.views(:'lamp'), '1: 6 0/6/5', 'then it is another one, of the same viewer');

-- Visitors
SELECT is(tests.looks('anon', :'vase', ', NULL, NULL, ''s1''') || tests.looks('anon', :'vase', ', NULL, ''192.0.2.7'', ''s1''') || tests.looks('anon', :'vase', ', p_session_id => ''s2'''), '', 'visitors are told apart by session');
SELECT is(tests.counted() || ': ' || tests.views(:'vase'), '1: 2 0/2/2', 'two of them');
SELECT tests.with_headers('{"user-agent": "Firefox", "x-forwarded-for": "198.51.100.1"}') \g /dev/null
SELECT is(tests.looks('anon', :'vase') || tests.looks('anon', :'vase', ', p_ip_address => ''unknown''') || tests.looks('anon', :'vase', ', p_ip_address => ''198.51.100.1''') || tests.counted() || ': ' || tests.views(:'vase'), '1: 3 0/3/3',
    'without a session by address');
SELECT tests.with_headers('{"user-agent": "Safari", "x-forwarded-for": "198.51.100.1"}') \g /dev/null
SELECT is(tests.looks('anon', :'vase') || tests.counted() || ': ' || tests.views(:'vase'), '1: 4 0/4/4', 'and browser');
SELECT tests.with_headers('{"user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}') \g /dev/null
SELECT is(tests.looks('anon', :'vase', ', p_session_id => ''s3''') || tests.looks('other', :'vase') || tests.counted(), '0', 'who says that it is a bot is not counted');
SELECT is(tests.looks('service', :'vase', format(', %L', :'other')) || tests.counted() || ': ' || tests.views(:'vase'), '1: 5 0/5/5', 'the browser of the service is not that of whom it acts for');
SELECT is(tests.looks('service', :'vase', format(', %L', :'seller')) || tests.counted(), '0', 'who may be the seller');
SELECT is(tests.looks('service', :'vase', ', p_ip_address => ''192.0.2.1''') || tests.looks('service', :'vase', ', p_session_id => ''s1''') || tests.counted() || ': ' || tests.views(:'vase'), '1: 6 0/6/6',
    'or a visitor; a session is the same wherever it is named');
RESET request.headers;
SELECT is(tests.looks('buyer', :'vase', format(', %L', :'other')), '42501 permission denied for data of another user', 'nobody looks in the name of another');
SELECT is(tests.looks('anon', :'vase', format(', %L', :'other')), '42501 permission denied for data of another user', 'also without a name');
SELECT is(tests.asked('anon', 'track_listing_view(NULL)'), '22004 p_listing_id must not be NULL', 'a listing has to be named');
SELECT tests.with_headers('{"user-agent": ["x"], "x-forwarded-for": {}}') \g /dev/null
SELECT is(tests.looks('anon', :'lamp', $$, p_session_id => E'\'; DROP TABLE listing_views; --'$$) || tests.looks('anon', :'lamp', ', p_ip_address => repeat(''x'', 100000)') || tests.counted(), '1', 'hostile texts are texts');
RESET request.headers;

-- Nobody is known by it
SELECT is((SELECT count(*) FROM (SELECT l::text AS line FROM listing_views l) v WHERE line ~ '198.51|192.0.2|Firefox|s1' OR line LIKE '%' || :'buyer' || '%'), 0::bigint, 'no address, browser, session, or user is stored');
SELECT is((SELECT count(DISTINCT viewer) FROM listing_views WHERE views > 0), (SELECT count(DISTINCT viewer) FROM listing_views), 'hashes are');
DELETE FROM listing_views;
SELECT is(tests.looks('buyer', :'lamp') || tests.looks('buyer', :'vase'), '', 'of one day');
SELECT is((SELECT count(DISTINCT viewer) FROM listing_views), 1::bigint, 'one person has one number');
SELECT viewer AS of_today FROM listing_views LIMIT 1 \gset
UPDATE driplo_secrets SET secret = sha256(secret) WHERE name = 'order_number';
DELETE FROM listing_views;
SELECT is(tests.looks('buyer', :'lamp'), '', 'with another key');
SELECT isnt((SELECT viewer FROM listing_views), :'of_today'::bigint, 'another one: who does not have the key cannot try who it was');
SELECT is(tests.answers('anon buyer seller admin moderator', statement), '42501 for anon buyer seller admin moderator', statement)
  FROM unnest(ARRAY['SELECT * FROM listing_views', 'DELETE FROM listing_views', 'SELECT * FROM listing_stats_daily', 'UPDATE listing_stats_daily SET views = 1000', 'SELECT count_views()', 'SELECT prune_statistics()']) AS statement;
SELECT is(tests.answers('service', 'SELECT * FROM listing_views'), '42501 for service', 'the service counts them, and does not see them');

-- A thousand views of one listing are one update of it
DELETE FROM listing_views;
SELECT pg_stat_get_xact_tuples_updated('listings'::regclass) AS updated, (SELECT view_count FROM listings WHERE id = :'vase') AS before \gset
SELECT tests.log_in_as_anon() \g /dev/null
SELECT count(track_listing_view(:'vase', p_session_id => 'session ' || n)) FROM generate_series(1, 1000) n \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is(pg_stat_get_xact_tuples_updated('listings'::regclass) - :updated, 0::bigint, 'a thousand visitors write no listing');
SELECT is(tests.counted(), '1', 'the job does');
SELECT is(pg_stat_get_xact_tuples_updated('listings'::regclass) - :updated, 1::bigint, 'once');
SELECT is((SELECT view_count FROM listings WHERE id = :'vase') - :before, 1000, 'with all of them');
UPDATE listings SET view_count = 2147483600 WHERE id = :'vase';
UPDATE listing_views SET views = views + 1;
SELECT is(tests.counted(), '1', 'a count that is nearly full');
SELECT is((SELECT view_count FROM listings WHERE id = :'vase'), 2147483647, 'becomes full and stays full');

-- The first look of a day is written without a statement, or by one: the rows are the same
DELETE FROM listing_views;
SELECT is(tests.looks('anon', :'vase', ', p_session_id => ''one''') || tests.looks('anon', :'vase', ', p_session_id => ''one'''), '', 'a visitor looks twice');
CREATE TEMP TABLE looked AS TABLE listing_views;
DELETE FROM listing_views;
SET LOCAL driplo.direct_writes = off;
SELECT is(tests.looks('anon', :'vase', ', p_session_id => ''one''') || tests.looks('anon', :'vase', ', p_session_id => ''one'''), '', 'and again, all by statements');
SELECT results_eq('TABLE listing_views', 'TABLE looked', 'which leave the same row');
UPDATE listing_views SET last_at = last_at - interval '30 minutes';
SELECT is(tests.looks('anon', :'vase', ', p_session_id => ''one'''), '', 'half an hour later by a statement');
SET LOCAL driplo.direct_writes = on;
UPDATE listing_views SET last_at = last_at - interval '30 minutes';
SELECT is(tests.looks('anon', :'vase', ', p_session_id => ''one'''), '', 'and without one');
SELECT is((SELECT views FROM listing_views), 3, 'are two views more');
DROP TABLE looked;

-- Few at a time
DELETE FROM listing_views;
SELECT is(tests.looks('buyer', :'lamp') || tests.looks('buyer', :'vase') || tests.looks('buyer', :'sold'), '', 'three listings');
SELECT is(tests.counted(2) || tests.counted(2) || tests.counted(2) || tests.counted(0) || tests.counted(-1), '21000', 'are counted two at a time');
SELECT is(tests.asked('service', 'count_views(NULL)') || tests.asked('service', 'prune_statistics(NULL)'), '22004 max_rows must not be NULL22004 max_rows must not be NULL', 'how many has to be said');
SELECT is(tests.looks('buyer', :'draft'), '', 'a draft is not seen');
SELECT tests.a_listing(:'seller') AS gone \gset
SELECT is(tests.looks('buyer', :'gone'), '', 'one is seen and then deleted');
DELETE FROM listings WHERE id = :'gone';
SELECT is(tests.counted(), '0', 'there is nothing to count');
SELECT is((SELECT count(*) FROM listing_views WHERE listing_id = :'gone'), 0::bigint, 'and its views are gone with it');

-- Days are those of UTC, wherever somebody is
SET LOCAL timezone = 'Pacific/Kiritimati';
SELECT is(tests.looks('other', :'lamp'), '', 'east of the date line');
SET LOCAL timezone = 'Pacific/Pago_Pago';
SELECT is(tests.looks('suspended', :'lamp'), '', 'and west of it');
SELECT is(tests.counted(), '1', 'it is one day');
SELECT is((SELECT count(*) FROM listing_views WHERE day <> timezone('UTC', now())::date) + (SELECT count(*) FROM listing_stats_daily WHERE day <> timezone('UTC', now())::date), 0::bigint, 'that of UTC');
RESET timezone;

-- What is kept
SELECT is(tests.asked('service', 'prune_statistics()'), '0', 'today is kept');
UPDATE listing_views SET day = day - 1;
UPDATE listing_views SET counted = views - 1 WHERE listing_id = :'lamp';
SELECT count(*) FILTER (WHERE listing_id = :'lamp') AS of_lamp, count(*) FILTER (WHERE listing_id <> :'lamp') AS of_others FROM listing_views \gset
SELECT is(tests.asked('service', 'prune_statistics(1)'), '1', 'of yesterday one at a time');
SELECT is(tests.asked('service', 'prune_statistics()'), (:of_others - 1)::text, 'then the others');
SELECT is((SELECT count(*) FROM listing_views), :of_lamp::bigint, 'but what is not counted yet');
SELECT is(tests.counted() || tests.asked('service', 'prune_statistics()'), '1' || :of_lamp, 'which goes when it is');
SELECT is((SELECT count(*) FROM listing_views), 0::bigint, 'nothing of the past is left');
SELECT is((SELECT sum(views) FROM listing_stats_daily WHERE listing_id = :'lamp' AND day = timezone('UTC', now())::date - 1), :of_lamp::bigint, 'and is a view of its day');
INSERT INTO listing_stats_daily VALUES (:'lamp', timezone('UTC', now())::date - 400, 7, 7), (:'lamp', timezone('UTC', now())::date - 401, 9, 9);
SELECT is(tests.asked('service', 'prune_statistics()'), '1', 'after 400 days a day goes');
SELECT is((SELECT sum(views) FROM listing_stats_daily WHERE day < timezone('UTC', now())::date - 399), 7::bigint, 'the older one');

-- What the seller is told
DELETE FROM listing_stats_daily;
UPDATE listings SET view_count = 40 WHERE id = :'lamp';
INSERT INTO listing_stats_daily VALUES (:'lamp', timezone('UTC', now())::date, 3, 2), (:'lamp', timezone('UTC', now())::date - 29, 5, 5), (:'lamp', timezone('UTC', now())::date - 30, 7, 4), (:'vase', timezone('UTC', now())::date, 900, 900);
INSERT INTO favorites (user_id, listing_id, created_at) VALUES (:'buyer', :'lamp', now()), (:'other', :'lamp', now() - interval '1 day'), (:'buyer', :'vase', now());
INSERT INTO conversations (listing_id, buyer_id, seller_id, created_at) VALUES (:'lamp', :'buyer', :'seller', now() - interval '2 days'), (:'lamp', :'other', :'seller', now() - interval '100 days');
INSERT INTO orders (buyer_id, seller_id, subtotal, total_amount, status, paid_at) VALUES (:'buyer', :'seller', 20, 20, 'paid', now() - interval '3 days') RETURNING id AS paid \gset
SELECT tests.an_item(:'paid', :'lamp', 2), tests.an_item(:'paid', :'vase', 5), tests.an_item(tests.an_order(:'other', :'seller'), :'lamp', 3) \g /dev/null
INSERT INTO offers (listing_id, buyer_id, seller_id, amount, currency, status, made_by, round, expires_at, answered_at, created_at)
SELECT :'lamp', :'buyer', :'seller', 5, 'USD', status, made_by, 1, now(), now(), now() - interval '4 days' FROM (VALUES ('declined', 'buyer'), ('declined', 'seller')) o (status, made_by);
CREATE FUNCTION tests.days(of_listing jsonb) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(concat_ws('/', (d ->> 'day')::date - timezone('UTC', now())::date, d ->> 'views', d ->> 'unique_views', d ->> 'favorites', d ->> 'inquiries', d ->> 'offers', d ->> 'sold'), ' ' ORDER BY place)
      FROM jsonb_array_elements(of_listing -> 'by_day') WITH ORDINALITY AS e (d, place)
     WHERE d - 'day' <> '{"views": 0, "unique_views": 0, "favorites": 0, "inquiries": 0, "offers": 0, "sold": 0}'
$$;
SELECT tests.log_in(:'seller') \g /dev/null
SELECT is(get_listing_analytics(:'lamp') - 'by_day', '{"total_views": 40, "unique_views": 11, "favorites": 2, "inquiries": 2, "offers": 1}', 'the numbers of all time');
SELECT get_listing_analytics(:'lamp') AS told \gset
SELECT is(jsonb_array_length(get_listing_analytics(:'vase') -> 'by_day'), 30, 'thirty days');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.days(:'told'), '-29/5/5/0/0/0/0 -4/0/0/0/0/1/0 -3/0/0/0/0/0/2 -2/0/0/0/1/0/0 -1/0/0/1/0/0/0 0/3/2/1/0/0/0', 'and those of each, the earliest first');
SELECT is(tests.answers('seller moderator admin service', format('SELECT get_listing_analytics(%L)', :'lamp')), '1 rows for seller moderator admin service', 'the seller and the staff are told');
SELECT is(tests.answers('anon buyer other guest', format('SELECT get_listing_analytics(%L)', :'lamp')), '42501 for anon; P0002 for buyer other guest', 'nobody else is');
SELECT is(regexp_replace(tests.asked('buyer', format('get_listing_analytics(%L)', :'draft')), '[0-9a-f-]{36}', 'x'), regexp_replace(tests.asked('buyer', format('get_listing_analytics(%L)', gen_random_uuid())), '[0-9a-f-]{36}', 'x'), 'not even whether there is such a listing');
SELECT is(tests.asked('seller', 'get_listing_analytics(NULL)'), '22004 p_listing_id must not be NULL', 'a listing has to be named');

-- Read-only transactions
SET LOCAL transaction_read_only = on;
SELECT tests.log_in(:'seller') \g /dev/null
SELECT lives_ok(format('SELECT get_listing_analytics(%L)', :'lamp'), 'numbers are read in a read-only transaction');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT throws_ok(format('SELECT track_listing_view(%L)', :'lamp'), '25006', NULL, 'looking writes');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
