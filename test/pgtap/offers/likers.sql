-- Offers to all who like a listing: who gets one, how often, and what the job makes of it.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();

SELECT tests.sign_up('ben@likers.example') AS ben, tests.sign_up('ann@likers.example') AS ann, tests.sign_up('cleo@likers.example') AS cleo, tests.sign_up('dora@likers.example') AS dora,
       tests.sign_up('eve@likers.example') AS eve \gset
SELECT tests.goods(:'ben', 'A lamp', 9.99, 3) AS lamp, tests.goods(:'ben', 'A shirt', 20, 0) AS shirt, tests.goods(:'ben', 'A pin', 0.01, 3) AS pin, tests.goods(:'ben', 'A fan', 999, 3, '{}', 'JPY') AS fan \gset
SELECT tests.kind_of(:'shirt', 'S', 30, 2) AS small, tests.a_listing(:'ben', status => 'draft') AS draft \gset
INSERT INTO favorites (user_id, listing_id) SELECT u, l FROM unnest(ARRAY[:'ann', :'cleo', :'dora', :'eve']::uuid[]) u, unnest(ARRAY[:'lamp', :'fan']::uuid[]) l;
INSERT INTO user_blocks (blocker_id, blocked_id) VALUES (:'dora', :'ben');
UPDATE profiles SET suspended_at = now() WHERE id = :'eve';

SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(tests.attempt(format('SELECT offer_to_likers(%L, 10)', :'lamp')), 'P0002', 'nobody offers what is not theirs');
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(tests.attempt(format('SELECT offer_to_likers(%s)', call)), code, 'refused: ' || call)
  FROM (VALUES (format('%L, 0', :'lamp'), '22023'), (format('%L, 51', :'lamp'), '22023'), (format('%L, NULL', :'lamp'), '22004'), ('NULL, 10', '22004'), (format('%L, 10', :'shirt'), '55000'),
               (format('%L, 10', :'draft'), '55000'), (format('%L, 10', :'pin'), '22023'), (format('%L, 10', gen_random_uuid()), 'P0002')) AS refused (call, code);
SELECT is(offer_to_likers(:'lamp', 15, 'This week'), 2, 'two can get one: not who has blocked the seller, nor who is suspended');
SELECT is(tests.attempt(format('SELECT offer_to_likers(%L, 20)', :'lamp')), 'MK015', 'once in 7 days');
SELECT is(offer_to_likers(:'fan', 10), 2, 'another listing is another');
SELECT is((SELECT count(*) FROM my_offers()), 0::bigint, 'the job makes them');
SELECT tests.log_in(:'cleo') \g /dev/null
SELECT make_offer(:'lamp', 7) AS own \gset
SELECT tests.log_in_as_service() \g /dev/null
SELECT is(send_offers(0), 0, 'the job takes no more than it may');
SELECT is(send_offers(), 2, 'and makes them');
SELECT is(send_offers(), 0, 'once');
SELECT is((SELECT string_agg(made::text, ', ' ORDER BY made) FROM offer_campaigns), '1, 2', 'as many as it says');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', title, made_by, amount, currency, status, round, message, is_my_turn), ', ' ORDER BY title) FROM my_offers()),
    'A fan seller 899.00 JPY pending 0 t, A lamp seller 8.49 USD pending 0 This week t', 'each is the seller''s, rounded to what can be paid');
SELECT is((SELECT string_agg(m.content, ', ' ORDER BY m.content) FROM messages m), '899.00 JPY, This week', 'with a message');
SELECT is((SELECT count(*) FROM conversations WHERE buyer_unread_count = 1), 2::bigint, 'in a conversation about it');
SELECT id AS lamp_offer FROM my_offers() WHERE title = 'A lamp' \gset
SELECT is(tests.attempt(format('SELECT answer_offer(%L, ''counter'', 4.99)', :'lamp_offer')), '22023', 'a counteroffer to it is not below the least');
SELECT is(tests.attempt(format('SELECT answer_offer(%L, ''counter'', 8.49)', :'lamp_offer')), '22023', 'nor as high');
SELECT answer_offer(:'lamp_offer', 'counter', 8) AS countered \gset
SELECT is((SELECT round || ' ' || amount || ' ' || made_by FROM my_offers() WHERE id = :'countered'), '1 8.00 buyer', 'the buyer''s first price');
SELECT tests.log_in(:'cleo') \g /dev/null
SELECT is((SELECT string_agg(concat_ws(' ', title, made_by, amount), ', ' ORDER BY title) FROM my_offers()), 'A fan seller 899.00, A lamp buyer 7.00', 'who has a live offer keeps it');
SELECT tests.log_out() \g /dev/null
UPDATE offer_campaigns SET created_at = now() - interval '8 days';
SELECT tests.log_in(:'ben') \g /dev/null
SELECT is(offer_to_likers(:'fan', 20), 0, 'a week later again, to who has none');
SELECT is(offer_to_likers(:'lamp', 20), 0, 'none is left for the other');
UPDATE listings SET price = 5 WHERE id = :'lamp';
SELECT tests.log_out() \g /dev/null
DELETE FROM offers WHERE listing_id = :'lamp';
SELECT tests.log_in_as_service() \g /dev/null
SELECT send_offers() \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT is_empty(format('SELECT * FROM offers WHERE listing_id = %L', :'lamp'), 'a price that is as low by then is offered to nobody');
SELECT * FROM finish();
ROLLBACK;
