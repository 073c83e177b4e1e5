-- The ledger itself: what it takes, who reads it, and that the parts of a price end where they belong, from the quote on.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT plan(60);
SELECT * FROM tests.people('ledger.example') \gset
SELECT tests.an_address(:'buyer', true) AS home \gset
CREATE FUNCTION tests.pays(intent text, amount bigint, VARIADIC sold uuid[]) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM tests.log_in_as_service();
    PERFORM start_payment(sold, 'stripe', intent);
    PERFORM tests.log_out();
    RETURN tests.deliver(tests.event('payment_intent.succeeded', tests.intent(intent, amount)));
END $$;
-- What the end of the transaction says of these entries: "account party amount currency" each.
CREATE FUNCTION tests.journal(VARIADIC entries text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    journal constant uuid := gen_random_uuid();
    detail text;
BEGIN
    INSERT INTO ledger_entries (journal_id, account, party_id, amount, currency)
    SELECT journal, p[1]::ledger_account, (SELECT id FROM tests.people WHERE name = p[2]), p[3]::numeric, p[4] FROM (SELECT string_to_array(e, ' ') FROM unnest(entries) e) AS parts (p);
    SET CONSTRAINTS ALL IMMEDIATE;
    SET CONSTRAINTS ALL DEFERRED;
    RETURN 'booked';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, SQLERRM, replace(detail, journal::text, 'J'));
END $$;

-- What it takes

SELECT tests.log_in_as('service') \g /dev/null
SELECT is(tests.journal('processor_clearing - -10 USD', 'seller_pending seller 10 USD'), 'booked', 'a journal that sums to zero');
SELECT is(tests.journal('processor_clearing - -10 USD', 'seller_pending seller 9.50 USD', 'platform_fees - 0.50 USD'), 'booked', 'of any number of entries');
SELECT is(tests.journal('processor_clearing - -10 USD', 'seller_pending seller 10 USD', 'taxes - 1 EUR', 'promotions - -1 EUR'), 'booked', 'in each currency');
SELECT is(tests.journal('processor_clearing - -10 USD', 'seller_pending seller 9.99 USD'), '23514 entries of a ledger journal must sum to zero The entries of journal J in USD sum to -0.01.', 'not one that is a cent short');
SELECT is(tests.journal('seller_available seller 1000 USD'), '23514 entries of a ledger journal must sum to zero The entries of journal J in USD sum to 1000.00.', 'nor one side alone');
SELECT is(tests.journal('processor_clearing - -10 USD', 'seller_pending seller 10 EUR'), '23514 entries of a ledger journal must sum to zero The entries of journal J in EUR sum to 10.00.', 'nor two currencies for one another');
SELECT is(left(tests.journal('taxes - 0 USD'), 5), '23514', 'an entry of nothing');
SELECT is(left(tests.journal('taxes - NaN USD', 'promotions - NaN USD'), 5), '23514', 'or of NaN');
SELECT is(left(tests.journal('taxes - 1 usd', 'promotions - -1 usd'), 5), '23514', 'in no currency');
SELECT is(left(tests.journal('taxes - 1 USD', 'taxes - -1 USD'), 5), '23505', 'twice on the same account');
SELECT is(left(tests.journal('taxes - 1000000000000 USD', 'promotions - -1000000000000 USD'), 5), '22003', 'of more than can be kept');
SELECT is(tests.attempt($$INSERT INTO ledger_entries (journal_id, account, party_id, amount, currency) VALUES (gen_random_uuid(), 'taxes', gen_random_uuid(), 1, 'USD')$$), '23503', 'for nobody');
SELECT is(tests.attempt($$INSERT INTO ledger_entries (id, journal_id, account, amount, currency) VALUES (1, gen_random_uuid(), 'taxes', 1, 'USD')$$), '428C9', 'with a number of one''s own');
SELECT tests.log_out() \g /dev/null
SELECT is((SELECT count(*) FROM ledger_entries), 9::bigint, 'what was refused is not there');

-- Never anything else

SELECT is(tests.answers('anon buyer seller moderator admin', $$INSERT INTO ledger_entries (journal_id, account, amount, currency) VALUES (gen_random_uuid(), 'taxes', 1, 'USD')$$), '42501 for anon buyer seller moderator admin', 'clients write nothing');
SELECT is(tests.answers('anon seller admin service', 'UPDATE ledger_entries SET amount = 1'), '42501 for anon seller admin service', 'nobody changes it');
SELECT is(tests.answers('anon seller admin service', 'DELETE FROM ledger_entries'), '42501 for anon seller admin service', 'or removes from it');
SELECT throws_ok('UPDATE ledger_entries SET memo = NULL', '42501', 'cannot update or delete ledger entries', 'the superuser is told so too');
SELECT throws_ok('DELETE FROM ledger_entries WHERE false', '42501', 'cannot update or delete ledger entries', 'whatever the statement means');
SET LOCAL ROLE driplo_owner;
SELECT throws_ok(format('UPDATE %I.ledger_entries SET amount = 1', tests.home()), '42501', 'cannot update or delete ledger entries', 'and the owner of the table');
RESET ROLE;

-- Who reads it

SELECT is(tests.answers('anon buyer seller other moderator admin suspended guest', 'SELECT id FROM ledger_entries'), '0 rows for buyer other moderator suspended guest; 3 rows for seller; 42501 for anon; 9 rows for admin', 'one''s own side, and all of it for admins');
SELECT tests.log_in_as('seller') \g /dev/null
SELECT is((SELECT string_agg(account || ' ' || amount || ' ' || kind, ', ' ORDER BY amount) FROM ledger_entries), 'seller_pending 9.50 adjustment, seller_pending 10.00 adjustment, seller_pending 10.00 adjustment', 'with what it was for');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.balance(:'seller'), 'USD: 29.50 + 0.00 + 0.00', 'what the service books counts');

-- From the quote to the ledger: the fee of the seller

SELECT tests.goods(:'seller', 'A lamp', 80, 100, '{"cost": 6}') AS lamp, tests.goods(:'other', 'A rug', 33.33) AS rug \gset
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home') || ' ' || tests.amounts(), 'as quoted 80.00 + 6.00 + 0.00 - 0.00 - 0.00 = 86.00 USD', 'a lamp');
SELECT tests.last_bought() AS first \gset
SELECT is((SELECT platform_fee_amount || ' ' || buyer_fee_amount FROM orders WHERE id = :'first'), '4.30 0.00', 'the fee of price and shipping is the seller''s');
SELECT is(tests.pays('pi_1', 8600, :'first') || ' ' || tests.accounts(:'first'), 'processed processor_clearing -86.00, seller_pending 81.70, platform_fees 4.30', 'who has the price and the shipping without it');
SELECT is(tests.listed(:'first'), '86.00 - 4.30 = 81.70 sale', 'in the list too');

-- the fee of the buyer

SET LOCAL driplo.fee_payer = buyer;
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT tests.log_in_as('buyer') \g /dev/null
SELECT is(quote_checkout() #>> '{orders,0,buyer_fee_amount}' || ' ' || (quote_checkout() #>> '{orders,0,total_amount}'), '4.30 90.30', 'the buyer is quoted the fee');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.buy(:'buyer', :'home') || ' ' || tests.amounts(), 'as quoted 80.00 + 6.00 + 0.00 - 0.00 - 0.00 = 90.30 USD', 'and pays it on top');
SELECT tests.last_bought() AS second \gset
RESET driplo.fee_payer;
SELECT is((SELECT platform_fee_amount || ' ' || buyer_fee_amount FROM orders WHERE id = :'second'), '4.30 4.30', 'as the order says, whatever the setting is then');
SELECT is(tests.pays('pi_2', 9030, :'second') || ' ' || tests.accounts(:'second'), 'processed processor_clearing -90.30, seller_pending 86.00, platform_fees 4.30', 'so the seller has the whole price');
SELECT is(tests.asked('buyer', format('request_refund(%L, 45.15, ''x'')', :'second')) IS NOT NULL, true, 'half of it');
SELECT is(tests.asked('seller', format('decide_refund((SELECT id FROM refund_requests WHERE order_id = %L), true)', :'second')) || ' ' || tests.accounts(:'second'), 'approved processor_clearing -90.30, seller_pending 43.00, platform_fees 2.15, refunds 45.15', 'takes half from each');
SELECT tests.log_in_as('seller') \g /dev/null
SELECT is(tests.attempt('SET driplo.fee_payer = buyer'), '42501', 'a seller does not decide who pays it');
SELECT tests.log_out() \g /dev/null

-- Coupons: whose they are pays for them

INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit_per_user) VALUES ('OURS', 'Ten off', 'fixed_amount', 10, NULL), ('SHIPPED', 'Free shipping', 'free_shipping', 0, NULL);
INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit_per_user, seller_id) VALUES ('THEIRS', 'Ten off', 'fixed_amount', 10, NULL, :'seller');
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'OURS') || ' ' || tests.amounts(), 'as quoted 80.00 + 6.00 + 0.00 - 10.00 - 0.00 = 76.00 USD', 'a coupon of the platform');
SELECT tests.last_bought() AS third \gset
SELECT is(tests.pays('pi_3', 7600, :'third') || ' ' || tests.accounts(:'third'), 'processed processor_clearing -76.00, seller_pending 81.70, platform_fees 4.30, promotions -10.00', 'is at its expense');
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'THEIRS') || ' ' || tests.amounts(), 'as quoted 80.00 + 6.00 + 0.00 - 10.00 - 0.00 = 76.00 USD', 'one of the seller');
SELECT tests.last_bought() AS fourth \gset
SELECT is(tests.pays('pi_4', 7600, :'fourth') || ' ' || tests.accounts(:'fourth'), 'processed processor_clearing -76.00, seller_pending 72.20, platform_fees 3.80', 'is at the seller''s');
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'SHIPPED') || ' ' || tests.amounts(), 'as quoted 80.00 + 0.00 + 0.00 - 0.00 - 0.00 = 80.00 USD', 'shipping that the platform gives');
SELECT tests.last_bought() AS fifth \gset
SELECT is(tests.pays('pi_5', 8000, :'fifth') || ' ' || tests.accounts(:'fifth'), 'processed processor_clearing -80.00, seller_pending 81.70, platform_fees 4.30, promotions -6.00', 'is the seller''s all the same');
INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit_per_user) VALUES ('ALLOURS', 'A present', 'percentage', 100, NULL);
SELECT tests.put(:'buyer', tests.goods(:'seller', 'A cup', 12)) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home', 'ALLOURS') || ' ' || tests.amounts(), 'as quoted 12.00 + 0.00 + 0.00 - 12.00 - 0.00 = 0.00 USD', 'a present of the platform');
SELECT tests.last_bought() AS present \gset
SELECT is(tests.status_of(:'present') || ' ' || tests.accounts(:'present'), 'paid seller_pending 11.40, platform_fees 0.60, promotions -12.00', 'is paid, by the platform');
SELECT is(tests.asked('buyer', format('request_refund(%L, 1, ''x'')', :'present')), 'MK013 nothing was paid for this order', 'so the buyer has nothing to ask for');
SELECT is(tests.asked('seller', format('cancel_order(%L)', :'present')) || coalesce(tests.accounts(:'present'), '') || ' ' || tests.listed(:'present'), 'cancelled -12.00 - -0.60 = -11.40 refund, 12.00 - 0.60 = 11.40 sale', 'and the platform has it again when it is cancelled');

-- Tax goes to the tax office

CREATE FUNCTION tests.tenth(lines jsonb, address jsonb) RETURNS numeric LANGUAGE sql STABLE AS
    $$SELECT sum((l ->> 'total_price')::numeric) * 0.1 FROM jsonb_array_elements(lines) l$$;
GRANT EXECUTE ON FUNCTION tests.tenth(jsonb, jsonb) TO PUBLIC;
SET LOCAL driplo.tax_function = 'tests.tenth';
SELECT tests.put(:'buyer', :'lamp') \g /dev/null
SELECT is(tests.buy(:'buyer', :'home') || ' ' || tests.amounts(), 'as quoted 80.00 + 6.00 + 8.00 - 0.00 - 0.00 = 94.00 USD', 'a lamp with its tax');
RESET driplo.tax_function;
SELECT tests.last_bought() AS taxed \gset
SELECT is(tests.pays('pi_6', 9400, :'taxed') || ' ' || tests.accounts(:'taxed'), 'processed processor_clearing -94.00, seller_pending 81.70, platform_fees 4.30, taxes 8.00', 'which is not the seller''s');

-- Several sellers, one payment

SELECT tests.put(:'buyer', :'lamp'), tests.put(:'buyer', :'rug', 3) \g /dev/null
SELECT is(tests.buy(:'buyer', :'home'), 'as quoted', 'a cart of two sellers');
SELECT is(tests.pays('pi_7', 8600 + 9999, VARIADIC ARRAY(SELECT order_id FROM bought)), 'processed', 'one payment for both');
SELECT is((SELECT string_agg(tests.accounts(order_id), '; ' ORDER BY total_amount) FROM bought), 'processor_clearing -86.00, seller_pending 81.70, platform_fees 4.30; processor_clearing -99.99, seller_pending 94.99, platform_fees 5.00', 'each has what is theirs');
SELECT is(tests.balance(:'other'), 'USD: 94.99 + 0.00 + 0.00', 'and no more');
SELECT is(tests.deliver(tests.event('charge.refunded', tests.charge('pi_7', 18599, 18599))) || ' ' || (SELECT string_agg(tests.status_of(order_id), ' ') FROM bought) || coalesce((SELECT string_agg(tests.accounts(order_id), '; ') FROM bought), ''), 'processed refunded refunded', 'it goes back from both');

-- The list of older applications

SELECT tests.log_in_as('seller') \g /dev/null
SELECT is((SELECT string_agg(amount || ' ' || net_amount || ' ' || type || ' ' || status, ', ') FROM transactions WHERE order_id = :'first'), '86.00 81.70 sale completed', 'is the seller''s');
SELECT throws_ok('SELECT metadata FROM transactions', '42501', NULL, 'but for what is the service''s');
SELECT tests.log_in_as('buyer') \g /dev/null
SELECT is((SELECT count(id) FROM transactions WHERE order_id = :'first'), 1::bigint, 'and the buyer''s');
SELECT tests.log_out() \g /dev/null
SELECT is(tests.answers('anon moderator suspended guest', 'SELECT id FROM transactions'), '0 rows for moderator suspended guest; 42501 for anon', 'of nobody else');
SELECT is(tests.answers('buyer seller admin', 'UPDATE transactions SET amount = 0'), '42501 for buyer seller admin', 'who do not write it');
SELECT is_empty($$SELECT o.id FROM orders o
                   WHERE (SELECT coalesce(sum(t.net_amount), 0) FROM transactions t WHERE t.order_id = o.id) <> (SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e WHERE e.order_id = o.id AND e.account IN ('seller_pending', 'seller_available'))
                      OR (SELECT coalesce(sum(t.fee), 0) FROM transactions t WHERE t.order_id = o.id) <> (SELECT coalesce(sum(e.amount), 0) FROM ledger_entries e WHERE e.order_id = o.id AND e.account = 'platform_fees')$$,
    'says of each order what the ledger says');
SELECT is_empty($$SELECT t.id FROM transactions t WHERE NOT EXISTS (SELECT FROM ledger_entries e WHERE e.journal_id = (t.metadata ->> 'journal_id')::uuid AND e.order_id = t.order_id)$$, 'and which journal it stands for');
SELECT is_empty('SELECT journal_id FROM ledger_entries GROUP BY journal_id, currency HAVING sum(amount) <> 0', 'each journal sums to nothing');
SELECT is_empty('SELECT * FROM check_integrity()', 'and adds up');

SELECT * FROM finish();
ROLLBACK;
