-- suspicious_sales(): sales that look as if they were made for the ratings or for the platform's money are seen by the staff, and ordinary ones are not.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
\ir ../../fixtures/money.sql
\ir ../../fixtures/attempts.sql
SELECT no_plan();
SELECT * FROM tests.people('wash.example') \gset
SELECT tests.sign_up('third@wash.example') AS third, tests.sign_up('fourth@wash.example') AS fourth, tests.sign_up('fifth@wash.example') AS fifth \gset

-- By the buyer from the seller, all the way to a rating when it is completed.
CREATE FUNCTION tests.deal(buyer uuid, seller uuid, price numeric, codes text DEFAULT NULL, currency text DEFAULT 'USD', rates boolean DEFAULT true) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    home uuid := tests.an_address(buyer);
    thing uuid := tests.goods(seller, 'A thing', price, 10, currency => currency);
    placed uuid;
BEGIN
    PERFORM tests.log_in(buyer);
    PERFORM add_to_cart(thing);
    SELECT c.order_id INTO placed FROM checkout(home, coupon_code => codes) c;
    PERFORM tests.log_in_as_service();
    PERFORM transition_order(placed, 'paid') FROM orders o WHERE o.id = placed AND o.status <> 'paid';
    PERFORM tests.log_in(seller);
    PERFORM ship_order(placed, 'ups', '1Z');
    PERFORM tests.log_in(buyer);
    PERFORM confirm_delivery(placed), transition_order(placed, 'completed');
    IF rates THEN
        INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (placed, buyer, seller, 5, 'seller');
    END IF;
    PERFORM tests.log_out();
    RETURN placed;
END $$;
CREATE FUNCTION tests.told(who text, arguments text DEFAULT '') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    PERFORM tests.log_in_as(who);
    EXECUTE format('SELECT string_agg(format(''%%s: %%s orders, %%s + %%s %%s, %%s ratings'', reason, orders, worth, by_platform, currency, ratings), ''; '' ORDER BY reason, worth) FROM suspicious_sales(%s)', arguments) INTO told;
    PERFORM tests.log_out();
    RETURN coalesce(told, 'nothing');
END $$;

-- Who may ask
SELECT is(tests.answers('anon buyer seller moderator suspended guest', 'SELECT * FROM suspicious_sales()'), '42501 for anon buyer seller moderator suspended guest', 'those who are looked for are not told');
SELECT is(tests.asked('admin', '(SELECT count(*) FROM suspicious_sales(0))'), '22023 days and least_orders must be greater than zero', 'it looks back');
SELECT is(tests.asked('admin', '(SELECT count(*) FROM suspicious_sales(90, NULL))'), '22023 days and least_orders must be greater than zero', 'for some orders');
SELECT is(tests.told('service'), 'nothing', 'there is nothing in an empty shop');

-- Ordinary trade: a buyer of two sellers, a seller of two buyers
SELECT tests.deal(:'buyer', :'seller', 50), tests.deal(:'buyer', :'seller', 50), tests.deal(:'buyer', :'seller', 50), tests.deal(:'buyer', :'other', 20), tests.deal(:'third', :'seller', 0) \g /dev/null
SELECT is(tests.told('admin'), 'nothing', 'a good customer is not suspicious');

-- For nothing
SELECT tests.deal(:'buyer', :'other', 0), tests.deal(:'buyer', :'other', 0, rates => false), tests.deal(:'buyer', :'other', 0.99) \g /dev/null
SELECT is(tests.told('admin'), 'nearly nothing: 3 orders, 0.99 + 0.00 USD, 2 ratings', 'three sales for nothing, and their ratings');
SELECT results_eq('SELECT seller_rating_count, total_sales FROM profiles WHERE id = ' || quote_literal(:'other'), 'VALUES (3, 4)', 'which count like others');
SELECT is(tests.told('service', '90, 4'), 'nothing', 'when so few are asked for');
SELECT tests.deal(:'buyer', :'seller', 99, currency => 'JPY'), tests.deal(:'buyer', :'seller', 100, currency => 'JPY'), tests.deal(:'buyer', :'seller', 1, currency => 'EUR') \g /dev/null
SELECT is(tests.told('service', '90, 1'), 'nearly nothing: 1 orders, 0.00 + 0.00 USD, 1 ratings; nearly nothing: 3 orders, 0.99 + 0.00 USD, 2 ratings; nearly nothing: 1 orders, 99.00 + 0.00 JPY, 1 ratings',
    'a hundred yen are a price, as a euro is');
SELECT tests.log_in_as_service();
UPDATE orders SET created_at = now() - interval '91 days' WHERE seller_id = :'other';
SELECT tests.log_out();
SELECT is(tests.told('admin'), 'nothing', 'what is long ago is over');

-- Each other, and nobody else
SELECT tests.deal(:'fourth', :'fifth', 30), tests.deal(:'fourth', :'fifth', 30), tests.deal(:'fourth', :'fifth', 30) \g /dev/null
SELECT is(tests.told('admin'), 'nobody else: 3 orders, 90.00 + 0.00 USD, 3 ratings', 'two who trade with nobody else');
SELECT tests.deal(:'fifth', :'fourth', 10), tests.deal(:'fourth', :'seller', 10) \g /dev/null
SELECT is(tests.told('admin'), 'each other: 3 orders, 90.00 + 0.00 USD, 3 ratings', 'two who sell to each other');
SELECT tests.asked('admin', format('suspend_user(%L, ''ratings among friends'')', :'fifth')) \g /dev/null
SELECT is(tests.told('admin'), 'each other: 3 orders, 90.00 + 0.00 USD, 3 ratings', 'a suspension leaves what was');

-- The platform's money: also of what is not completed, and not of what was cancelled
INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit_per_user) VALUES ('PLATFORM', 'half price', 'percentage', 50, NULL);
SELECT tests.deal(:'third', :'other', 40, 'PLATFORM'), tests.deal(:'third', :'other', 40, 'PLATFORM', rates => false), tests.deal(:'third', :'other', 1, 'PLATFORM', rates => false) \g /dev/null
SELECT is(tests.told('admin', '30, 2'), 'coupons of the platform: 3 orders, 40.50 + 40.50 USD, 1 ratings; each other: 3 orders, 90.00 + 0.00 USD, 3 ratings', 'coupons of the platform between the same two');
SELECT is((SELECT string_agg(DISTINCT reason, ', ') FROM suspicious_sales(30) WHERE buyer_id = :'third' AND seller_id = :'other'), 'coupons of the platform', 'who they are');
SELECT tests.delete_account(:'third') \g /dev/null
SELECT is(tests.told('admin'), 'each other: 3 orders, 90.00 + 0.00 USD, 3 ratings', 'of who is gone there is nobody to look at');

SELECT * FROM finish();
ROLLBACK;
