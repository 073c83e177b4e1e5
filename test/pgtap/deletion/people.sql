-- Deleting an account: it always works, the person is gone everywhere, and the other side keeps what is theirs.
BEGIN;
\ir ../../fixtures/everywhere.sql
SELECT no_plan();

-- Where a text stands, as table.column: in every column of every table that can hold it.
CREATE FUNCTION tests.places_of(wanted text) RETURNS SETOF text
    LANGUAGE plpgsql AS $$
DECLARE
    place record;
    found boolean;
BEGIN
    FOR place IN
        SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
         WHERE c.relnamespace = tests.home()::regnamespace AND c.relkind = 'r' ORDER BY 1, 2
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %I.%I t WHERE t.%I::text ILIKE $1)', tests.home(), place.relname, place.attname)
           INTO found USING '%' || wanted || '%';
        IF found THEN
            RETURN NEXT place.relname || '.' || place.attname;
        END IF;
    END LOOP;
END $$;

-- The columns by which rows name people.
CREATE TEMP VIEW naming AS
    SELECT c.relname AS on_table, a.attname AS on_column
      FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
     WHERE k.contype = 'f' AND c.relnamespace = tests.home()::regnamespace
       AND k.confrelid IN ('profiles'::regclass, 'auth.users'::regclass);
SELECT is_empty($$SELECT on_table || '.' || on_column FROM naming EXCEPT SELECT tests.places_of(tests.gone()::text)$$,
    'the person of this test is in every column that names a person');
CREATE TEMP TABLE required AS
    SELECT c.relname AS on_table, trim(argument) AS on_column
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid,
           regexp_split_to_table(substring(pg_get_triggerdef(t.oid) FROM 'require_columns\((.*)\)$'), ',') quoted,
           replace(quoted, '''', '') argument
     WHERE t.tgname = 'require_columns' AND c.relnamespace = tests.home()::regnamespace;
SELECT set_eq($$SELECT * FROM required$$,
    $$VALUES ('orders'::name, 'buyer_id'), ('orders', 'seller_id'), ('order_items', 'listing_id'), ('seller_payouts', 'seller_id'),
             ('refund_requests', 'requested_by'), ('coupon_usage', 'coupon_id'), ('coupon_usage', 'user_id'), ('conversations', 'buyer_id'),
             ('conversations', 'seller_id'), ('messages', 'sender_id'), ('user_ratings', 'rater_user_id'), ('user_ratings', 'rated_user_id'),
             ('disputes', 'initiated_by'), ('disputes', 'respondent_id'), ('dispute_messages', 'sender_id'), ('returns', 'requested_by')$$,
    'these columns have no NOT NULL only because of deleted accounts');
SELECT is_empty($$
    SELECT k.conname FROM pg_constraint k
     WHERE k.contype = 'f' AND k.connamespace = tests.home()::regnamespace AND k.confdeltype NOT IN ('n', 'c')
       AND k.confrelid IN ('profiles'::regclass, 'auth.users'::regclass)$$, 'no foreign key keeps an account from being deleted');

-- Rows are written with their people, whoever writes.
SELECT is(tests.error_of(format('INSERT INTO %1$I (%3$s) SELECT %3$s FROM jsonb_populate_record(NULL::%1$I, (SELECT to_jsonb(t) FROM %1$I t LIMIT 1) || %2$L)',
                                on_table, jsonb_build_object('id', gen_random_uuid(), on_column, NULL, 'is_system_message', false),
                                (SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
                                  WHERE attrelid = on_table::text::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''))),
          format('23502 null value in column "%s" of relation "%s" violates not-null constraint', on_column, on_table),
          format('a row of %s without %s is refused', on_table, on_column)) FROM (SELECT * FROM required ORDER BY on_table, on_column) r;
SELECT is(tests.error_of(format('UPDATE %I SET %I = NULL', on_table, on_column)),
          format('23502 null value in column "%s" of relation "%s" violates not-null constraint', on_column, on_table),
          format('%s of %s cannot be emptied while it is somebody', on_column, on_table)) FROM (SELECT * FROM required ORDER BY on_table, on_column) r;
SELECT tests.log_in_as_service();
SELECT throws_ok($$INSERT INTO messages (conversation_id, content) SELECT id, 'From nobody' FROM conversations$$, '23502', NULL, 'the service sends no message from nobody');
SELECT throws_ok($$UPDATE orders SET seller_id = NULL$$, '23502', NULL, 'nor does it take the seller out of an order');
SELECT lives_ok($$UPDATE orders SET buyer_id = buyer_id, seller_id = seller_id$$, 'naming the same people again is no change');
SELECT tests.log_out();

-- What was bought can be read in the order itself.
SELECT results_eq($$SELECT title, variant_name, image_url FROM order_items, deal WHERE order_items.id = sold_line$$,
    $$VALUES ('A blue lamp'::varchar, 'blue'::varchar, 'lamp_medium.webp')$$, 'a line keeps the title, the variant and the image of what was bought');
SELECT results_eq($$INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price, title)
                    SELECT tests.an_order(tests.gone(), tests.other()), bought, 1, 10, 10, 'As I wrote it' FROM thing RETURNING title::text, variant_name::text, image_url$$,
    $$VALUES ('As I wrote it', NULL::text, NULL::text)$$, 'a line that is written with its title is left as it is');
UPDATE listings SET images = '["first.webp", "second.webp"]', image_urls = '[]' WHERE id = (SELECT bought FROM thing);
PREPARE one_more AS INSERT INTO order_items (order_id, listing_id, quantity, unit_price, total_price)
    SELECT tests.an_order(tests.third(), tests.other()), bought, 1, 10, 10 FROM thing RETURNING image_url;
SELECT results_eq('one_more', $$VALUES ('first.webp')$$,
    'the first of the plain images when there is no other');
UPDATE listings SET images = '{"odd": true}', image_urls = '[[1]]' WHERE id = (SELECT bought FROM thing);
SELECT results_eq('one_more', $$VALUES (NULL::text)$$,
    'images of an unknown shape are no image');

-- What was bought and used stays, in words.
GRANT SELECT ON thing, deal TO PUBLIC;
SELECT tests.log_in(tests.gone());
SELECT throws_ok($$DELETE FROM listings WHERE id = (SELECT sold FROM thing)$$, '23503', 'cannot delete a listing that has orders', 'a seller cannot delete a listing that was ordered');
SELECT throws_ok($$DELETE FROM product_variants WHERE id = (SELECT variant FROM thing)$$, '23503', 'cannot delete a variant that has orders', 'nor a variant of it');
SELECT throws_ok($$DELETE FROM coupons WHERE code = 'GONE'$$, '23503', 'cannot delete a coupon that has been used', 'nor a coupon that was used');
SELECT tests.log_in_as_service();
SELECT throws_ok($$DELETE FROM listings WHERE id = (SELECT sold FROM thing)$$, '23503', 'cannot delete a listing that has orders', 'nor can the service');
SELECT throws_ok($$DELETE FROM coupons WHERE code = 'ALL'$$, '23503', 'cannot delete a coupon that has been used', 'a used coupon of the platform stays too');
SELECT tests.log_out();
SELECT is((SELECT count(*) FROM listings, thing WHERE id IN (sold, sold_plain)) + (SELECT count(*) FROM product_variants) + (SELECT count(*) FROM coupons), 6::bigint, 'nothing of it was deleted');
INSERT INTO listings (seller_id, title, slug, description, price) VALUES (tests.gone(), 'A shade', 'shade', 'For a lamp.', 1);
SELECT lives_ok($$DELETE FROM listings WHERE slug = 'shade'$$, 'a listing that nobody ordered can be deleted');
SELECT tests.a_coupon('UNUSED') \g /dev/null
SELECT lives_ok($$DELETE FROM coupons WHERE code = 'UNUSED'$$, 'so can a coupon that nobody used');

-- The ledger names parties without a foreign key.
SELECT throws_ok($$INSERT INTO ledger_entries (journal_id, account, party_id, amount, currency) VALUES (gen_random_uuid(), 'seller_pending', '00000000-0000-4000-8000-00000000dead', 1, 'USD')$$,
    '23503', 'party "00000000-0000-4000-8000-00000000dead" of ledger entry does not exist', 'the ledger takes no entry for an unknown party');

-- The account goes.
CREATE TEMP TABLE kept AS
SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM order_items) AS order_items, (SELECT count(*) FROM messages) AS messages,
       (SELECT count(*) FROM user_ratings) AS ratings, (SELECT count(*) FROM disputes) AS disputes, (SELECT count(*) FROM dispute_messages) AS dispute_messages,
       (SELECT count(*) FROM returns) AS returns, (SELECT count(*) FROM refund_requests) AS refund_requests, (SELECT count(*) FROM seller_payouts) AS payouts,
       (SELECT count(*) FROM transactions) AS transactions, (SELECT count(*) FROM ledger_entries WHERE kind <> 'credit_expired') AS ledger_entries, (SELECT count(*) FROM coupon_usage) AS coupon_usage,
       (SELECT count(*) FROM conversations) AS conversations, (SELECT count(*) FROM admin_approvals) AS approvals, (SELECT count(*) FROM admin_audit_log) AS audit_log,
       (SELECT count(*) FROM order_status_history) AS history, (SELECT count(*) FROM payment_transactions) AS payments;
CREATE TEMP VIEW kept_now AS
SELECT (SELECT count(*) FROM orders) AS orders, (SELECT count(*) FROM order_items) AS order_items, (SELECT count(*) FROM messages) AS messages,
       (SELECT count(*) FROM user_ratings) AS ratings, (SELECT count(*) FROM disputes) AS disputes, (SELECT count(*) FROM dispute_messages) AS dispute_messages,
       (SELECT count(*) FROM returns) AS returns, (SELECT count(*) FROM refund_requests) AS refund_requests, (SELECT count(*) FROM seller_payouts) AS payouts,
       (SELECT count(*) FROM transactions) AS transactions, (SELECT count(*) FROM ledger_entries WHERE kind <> 'credit_expired') AS ledger_entries, (SELECT count(*) FROM coupon_usage) AS coupon_usage,
       (SELECT count(*) FROM conversations) AS conversations, (SELECT count(*) FROM admin_approvals) AS approvals, (SELECT count(*) FROM admin_audit_log) AS audit_log,
       (SELECT count(*) FROM order_status_history) AS history, (SELECT count(*) FROM payment_transactions) AS payments;
SET CONSTRAINTS ALL IMMEDIATE;
SELECT lives_ok('SELECT tests.delete_account(tests.gone())', 'the account of somebody who is in every table can be deleted');
SELECT results_eq('SELECT * FROM kept_now', 'SELECT * FROM kept', 'no order, message, rating, dispute, return, use, payment, booking or decision went with it');
SELECT is((SELECT count(*) FROM profiles WHERE id = tests.gone()), 0::bigint, 'the profile is gone');
-- that the account was deleted is told, and then the number is gone
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events(10000) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT set_eq($$SELECT tests.places_of(tests.gone()::text)$$, $$VALUES ('ledger_entries.party_id'), ('admin_approvals.request_id'), ('admin_audit_log.target_id')$$,
    'the id is left where it is a bare number and history: in the ledger, and as what was decided about');
SELECT set_eq($$SELECT tests.places_of('verity') UNION SELECT tests.places_of('vanish') UNION SELECT tests.places_of('555 0199') UNION SELECT tests.places_of('203.0.113.9')
                UNION SELECT tests.places_of('secret street') UNION SELECT tests.places_of('hiddenville')$$,
    $$VALUES ('orders.shipping_address'), ('orders.notes'), ('order_addresses.billing_address'), ('order_addresses.shipping_address')$$, 'name, e-mail, phone, address and network address are left in an order under way only');
SELECT is((SELECT count(*) FROM orders, deal WHERE shipping_address IS NOT NULL AND id <> bought_open), 0::bigint, '... and in no other');
SELECT results_eq('SELECT order_id FROM order_addresses', 'SELECT bought_open FROM deal', '... nor beside it');
SELECT is((SELECT shipping_address ->> 'city' FROM orders, deal WHERE id = bought_open), 'Hiddenville', 'that one still tells where the parcel goes');
SELECT is((SELECT count(*) FROM orders WHERE (shipping_address_id, billing_address_id, payment_method_id) IS DISTINCT FROM (NULL, NULL, NULL)), 0::bigint,
    'no order points to an address or a card that is gone');
SELECT is((SELECT count(*) FROM order_items WHERE listing_id IS NULL AND variant_id IS NOT NULL), 0::bigint, 'no line points to a variant that is gone');
SELECT is((SELECT count(*) FROM conversations c WHERE listing_id IS NOT NULL AND NOT EXISTS (SELECT FROM listings l WHERE l.id = c.listing_id)), 0::bigint,
    'no conversation points to a listing that is gone');
SELECT is((SELECT count(*) FROM listings WHERE seller_id <> tests.other()), 0::bigint, 'the listings went with their seller');
SELECT results_eq('SELECT code::text, usage_count FROM coupons ORDER BY code', $$VALUES ('ALL', 1), ('OTHERS', 1)$$,
    'the seller''s coupon is gone; those that the person used count the use still');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE party_id = tests.gone() AND account = 'seller_pending'), 30::numeric, 'the balance of the party is what it was');
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE party_id = tests.gone() AND account = 'store_credit'), 0::numeric, 'the store credit has gone back to the platform');
SELECT lives_ok($$INSERT INTO ledger_entries (journal_id, account, party_id, amount, currency) VALUES ('00000000-0000-0000-0000-000000000002', 'seller_pending', tests.gone(), -30, 'USD'),
    ('00000000-0000-0000-0000-000000000002', 'processor_clearing', NULL, 30, 'USD')$$,
    '... and can be booked to an end');

-- The other side reads what it had.
SELECT tests.log_in(tests.other());
SELECT is((SELECT count(*) FROM orders), 7::bigint, 'the other party sees the orders');
SELECT is((SELECT count(*) FROM orders WHERE buyer_id = auth.uid() AND seller_id IS NULL), 2::bigint, '... those bought from nobody known any more');
SELECT results_eq($$SELECT title::text, variant_name::text FROM order_items, deal WHERE order_id = sold$$, $$VALUES ('A blue lamp', 'blue')$$, '... and what was in them');
SELECT is((SELECT count(*) FROM conversations), 3::bigint, 'the conversations');
SELECT is((SELECT count(*) FROM messages WHERE sender_id IS NULL), 3::bigint, 'with what the person wrote');
SELECT is((SELECT count(*) FROM messages), 6::bigint, 'and the answers');
SELECT results_eq($$SELECT comment FROM user_ratings WHERE rated_user_id = auth.uid() AND rater_user_id IS NULL$$, $$VALUES ('Prompt.')$$, 'the rating about the other party');
SELECT is((SELECT count(*) FROM disputes), 2::bigint, 'the disputes');
SELECT is((SELECT count(*) FROM dispute_messages WHERE NOT is_system_message), 4::bigint, 'and all that was written in them');
SELECT is((SELECT count(*) FROM returns WHERE return_shipping_label IS NULL), 1::bigint, 'the return, without the label that has the address');
SELECT is((SELECT count(*) FROM notifications WHERE title = 'Shipped' AND related_user_id IS NULL AND related_order_id IS NOT NULL), 1::bigint, 'the notification about the order');
SELECT is((SELECT count(*) FROM checkouts), 1::bigint, 'the own checkout');
-- ... and goes on with it.
WITH changed AS (UPDATE orders SET status = 'shipped' WHERE id = (SELECT bought_open FROM deal) RETURNING 1)
SELECT is(count(*), 1::bigint, 'a seller ships to a buyer whose account is gone') FROM changed;
WITH changed AS (UPDATE orders SET status = 'delivered' WHERE id = (SELECT sold_open FROM deal) RETURNING 1)
SELECT is(count(*), 1::bigint, 'a buyer receives from a seller whose account is gone') FROM changed;
SELECT tests.log_in_as_anon();
SELECT is((SELECT count(*) FROM user_ratings WHERE rater_user_id IS NULL OR rated_user_id IS NULL), 2::bigint, 'the public reads the ratings');
SELECT tests.log_out();
SELECT is((SELECT shipping_address ->> 'city' FROM orders, deal WHERE id = bought_open), 'Hiddenville', 'a shipped order keeps the address');
UPDATE orders SET status = 'delivered' WHERE id = (SELECT bought_open FROM deal);
SELECT is_empty($$SELECT tests.places_of('verity') UNION SELECT tests.places_of('hiddenville')$$, 'a delivered one loses it: nothing of the person is left');

SET CONSTRAINTS ALL DEFERRED;
-- An order that has lost a party takes no stranger in its place.
SELECT is(tests.error_of($$INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description)
                           SELECT 'DIS-3', bought, tests.other(), tests.third(), 'other', 'x', 'x' FROM deal$$), '23514 check_dispute_parties', 'nobody disputes in the place of a deleted account');
SELECT is(tests.error_of($$INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) SELECT bought, tests.third(), tests.other(), 1, 'seller' FROM deal$$),
    '23514 rating must be between the buyer and the seller of the order', 'nobody rates in its place');
SELECT is(tests.error_of($$INSERT INTO refund_requests (order_id, amount, reason, requested_by) SELECT bought, 1, 'x', tests.third() FROM deal$$),
    '23514 check_requested_by_buyer', 'nobody asks for its money');
SELECT is(tests.error_of($$SELECT tests.an_item(sold_open, thing.bought) FROM deal, thing$$), '23514 order item references a listing of another seller', 'nobody sells in its place');

-- A dump may be restored with its foreign keys in any order: with those of what the person owns last.
CREATE FUNCTION tests.move_to_the_end(on_table regclass, constraint_name name) RETURNS void
    LANGUAGE plpgsql AS $$
DECLARE
    definition text := (SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = on_table AND conname = constraint_name);
BEGIN
    EXECUTE format('ALTER TABLE %1$s DROP CONSTRAINT %2$I, ADD CONSTRAINT %2$I %3$s', on_table, constraint_name, definition);
END $$;
SELECT tests.move_to_the_end('shipping_addresses', 'shipping_addresses_user_id_fkey'), tests.move_to_the_end('payment_methods', 'payment_methods_user_id_fkey'),
       tests.move_to_the_end('listings', 'listings_seller_id_fkey'), tests.move_to_the_end('coupons', 'coupons_seller_id_fkey'),
       tests.move_to_the_end('product_variants', 'product_variants_listing_id_fkey');
UPDATE orders SET shipping_address_id = tests.an_address(tests.other()), payment_method_id = tests.a_card(tests.other()) WHERE buyer_id = tests.other();
INSERT INTO order_items (order_id, listing_id, variant_id, quantity, unit_price, total_price)
SELECT tests.an_order(tests.third(), tests.other()), l.id, tests.a_variant(l.id), 1, 10, 10 FROM (SELECT tests.a_listing(tests.other()) AS id) l;
SET CONSTRAINTS ALL IMMEDIATE;
INSERT INTO conversations (listing_id, buyer_id, seller_id) SELECT bought, tests.third(), tests.other() FROM thing;

-- The second of two people goes.
SELECT lives_ok('SELECT tests.delete_account(tests.other())', 'the other party can be deleted as well');
SELECT tests.log_in_as_service() \g /dev/null
SELECT deliver_events(10000) \g /dev/null
SELECT tests.log_out() \g /dev/null
SELECT set_eq($$SELECT tests.places_of(tests.other()::text)$$, ARRAY['ledger_entries.party_id'], 'and is nowhere any more but in the ledger');
SELECT is((SELECT count(*) FROM orders WHERE buyer_id IS NULL AND seller_id IS NULL), 5::bigint, 'their orders have neither party');
SELECT is((SELECT count(*) FROM conversations WHERE buyer_id IS NULL AND seller_id IS NULL), 0::bigint, 'a conversation of nobody is gone');
SELECT is((SELECT count(*) FROM conversations WHERE buyer_id = tests.third() AND listing_id IS NULL), 1::bigint, 'one with somebody stays, without the listing');
SELECT is((SELECT count(*) FROM messages), 0::bigint, 'messages go with their conversation');
SELECT is((SELECT count(*) FROM orders WHERE (shipping_address_id, payment_method_id) IS DISTINCT FROM (NULL, NULL)), 0::bigint, 'no order points to what is gone');
SELECT is((SELECT count(*) FROM order_items WHERE listing_id IS NOT NULL OR variant_id IS NOT NULL), 0::bigint, 'no line either');
SELECT is((SELECT count(*) FROM user_ratings WHERE rater_user_id IS NULL AND rated_user_id IS NULL), 2::bigint, 'a rating of nobody by nobody stays with its order');
SELECT is_empty('SELECT * FROM coupons WHERE code <> ''ALL''', 'coupons go with their sellers');

-- Both at once.
SELECT tests.an_order(a.id, b.id) FROM (SELECT tests.sign_up('a@example.org') AS id) a, (SELECT tests.sign_up('b@example.org') AS id) b \g /dev/null
INSERT INTO conversations (buyer_id, seller_id) SELECT buyer_id, seller_id FROM orders WHERE buyer_id IS NOT NULL AND seller_id IS NOT NULL;
SELECT tests.log_out();
SELECT lives_ok($$DELETE FROM auth.users$$, 'all accounts can be deleted in one statement');
SELECT is((SELECT count(*) FROM conversations), 0::bigint, '... with all conversations');
SELECT is((SELECT count(*) FROM orders WHERE buyer_id IS NULL AND seller_id IS NULL), (SELECT count(*) FROM orders), '... and the orders are nobody''s');

SELECT * FROM finish();
ROLLBACK;
