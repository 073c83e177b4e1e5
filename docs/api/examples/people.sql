-- Before the examples of every area: people, what they sell, and addresses. Made as superuser, past row level security.
INSERT INTO auth.users (id, email, raw_user_meta_data) VALUES
    ('11111111-1111-4111-8111-111111111111', 'ada@example.com', '{"full_name": "Ada Lind"}'),
    ('22222222-2222-4222-8222-222222222222', 'ben@example.com', '{"full_name": "Ben Roth"}'),
    ('33333333-3333-4333-8333-333333333333', 'cleo@example.com', NULL),
    ('44444444-4444-4444-8444-444444444444', 'mo@example.com', NULL);
\set seller 11111111-1111-4111-8111-111111111111
\set buyer 22222222-2222-4222-8222-222222222222
\set admin 33333333-3333-4333-8333-333333333333
\set moderator 44444444-4444-4444-8444-444444444444
SELECT promote_to_admin('cleo@example.com'), set_user_role(:'moderator', 'moderator', 'helps out') \g /dev/null
INSERT INTO listings (id, seller_id, title, slug, description, price, quantity, shipping_info, status) VALUES
    ('55555555-5555-4555-8555-555555555555', :'seller', 'A lamp', 'lamp', 'Gives light.', 40, 9, '{"cost": 5}', 'active');
\set lamp 55555555-5555-4555-8555-555555555555
INSERT INTO shipping_addresses (id, user_id, name, address_line1, city, state_province, postal_code, country_code, is_default) VALUES
    ('66666666-6666-4666-8666-666666666666', :'buyer', 'Ben Roth', 'Hafenstr. 7', 'Hamburg', 'Hamburg', '20459', 'DE', true);
\set address 66666666-6666-4666-8666-666666666666
-- What has happened before an example begins: the buyer orders lamps, pays, gets them.
CREATE FUNCTION pg_temp.buy(pieces integer DEFAULT 1) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made uuid;
BEGIN
    PERFORM set_config('request.jwt.claims', '{"sub": "22222222-2222-4222-8222-222222222222", "role": "authenticated"}', true);
    PERFORM add_to_cart('55555555-5555-4555-8555-555555555555', pieces);
    SELECT order_id INTO made FROM checkout('66666666-6666-4666-8666-666666666666');
    PERFORM set_config('request.jwt.claims', '', true);
    RETURN made;
END $$;
CREATE FUNCTION pg_temp.paid(order_ids uuid[], payment text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM start_payment(order_ids, 'stripe', payment);
    PERFORM record_stripe_event(jsonb_build_object('id', 'evt_' || payment, 'type', 'payment_intent.succeeded', 'created', 1700000000,
        'data', jsonb_build_object('object', jsonb_build_object('id', payment, 'currency', 'usd', 'latest_charge', 'ch_' || payment,
            'amount', (SELECT 100 * sum(o.total_amount)::integer FROM orders o WHERE o.id = ANY (order_ids))))));
END $$;
CREATE FUNCTION pg_temp.delivered(payment text) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
    made uuid := pg_temp.buy();
BEGIN
    PERFORM pg_temp.paid(ARRAY[made], payment);
    PERFORM transition_order(made, 'shipped');
    PERFORM transition_order(made, 'delivered');
    RETURN made;
END $$;
