-- The steps of an order and the stock, as older applications call them.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('steps.example') \gset
SELECT tests.a_paid_sale('pi_steps', :'buyer', :'seller', 10) AS sold \gset
SELECT is(tests.answers('buyer other admin moderator', format('SELECT update_order_status(%L, ''preparing'', %L)', :'sold', :'seller')), '42501 for buyer other admin moderator', 'nobody acts for the seller');
SELECT is(tests.answers('buyer', format('SELECT update_order_status(%L, ''preparing'', %L)', :'sold', :'buyer')), 'MK005 for buyer', 'and the rules of transition_order() hold');
SELECT is(tests.answers('other', format('SELECT update_order_status(%L, ''preparing'', %L)', :'sold', :'other')), 'P0002 for other', 'for strangers there is no order');
SELECT tests.log_in(:'seller') \g /dev/null
SELECT update_order_status(:'sold', 'preparing', :'seller', 'Begun', '{"by": "hand"}') \g /dev/null
SELECT results_eq(format('SELECT changed_by, reason, metadata FROM order_status_history WHERE order_id = %L AND to_status = ''preparing''', :'sold'), format($$VALUES (%L::uuid, 'Begun', '{"by": "hand"}'::jsonb)$$, :'seller'), 'the seller does it, with reason and metadata');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.asked('service', format('SELECT update_order_status(%L, ''shipped'', %L)', :'sold', :'seller')), '', 'the service names the seller');
SELECT is(tests.status_of(:'sold'), 'shipped', 'and it is done');

SELECT tests.a_listing(:'seller', 10, 2) AS lamp \gset
SELECT is(tests.answers('anon buyer seller admin', format('SELECT increment_listing_quantity(%L, 5)', :'lamp')), '42501 for anon buyer seller admin', 'stock is added by no client');
SELECT is(tests.asked('service', format('SELECT increment_listing_quantity(%L, 5)', :'lamp')), '', 'but by the service');
SELECT is((SELECT quantity FROM listings WHERE id = :'lamp'), 7, 'and it is there');
SELECT is(tests.answers('service', format('SELECT increment_listing_quantity(%L, -8)', :'lamp')), '23514 for service', 'there is no stock below nothing');
SELECT is(tests.answers('service', 'SELECT increment_listing_quantity(gen_random_uuid())'), 'P0002 for service', 'nor of nothing');

SELECT * FROM finish();
ROLLBACK;
