-- A shop's own BEFORE trigger changes what the statement does not name, before driplo's triggers by its name, between them or after them all: what is refused
-- to a statement is refused to it too.
BEGIN;
\ir ../../fixtures/everywhere.sql
SELECT * FROM no_plan();

-- Writes what its argument says, an object, into the row.
CREATE FUNCTION tests.meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN jsonb_populate_record(NEW, TG_ARGV[0]::jsonb); END $$;
CREATE FUNCTION tests.told_by(own text, event text, on_table text, written jsonb, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    told text;
BEGIN
    EXECUTE format('CREATE TRIGGER %I BEFORE %s ON %s FOR EACH ROW EXECUTE FUNCTION tests.meddle(%L)', own, event, on_table, written);
    told := tests.error_of(statement || '; SET CONSTRAINTS ALL IMMEDIATE');
    EXECUTE format('DROP TRIGGER %I ON %s', own, on_table);
    SET CONSTRAINTS ALL DEFERRED;
    RETURN told;
END $$;
CREATE TEMP TABLE own AS SELECT * FROM unnest('{!,check_z,keep_z,require_z,z,~}'::text[]) AS name;

-- Who is in a row

CREATE TEMP TABLE required AS
    SELECT c.relname AS on_table, argument AS on_column
      FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid,
           regexp_split_to_table(translate(substring(pg_get_triggerdef(t.oid) FROM 'require_columns\((.*)\)$'), ''' ', ''), ',') argument
     WHERE t.tgname = 'require_columns' AND c.relnamespace = tests.home()::regnamespace;
SELECT is((SELECT count(*) FROM required), 16::bigint, 'sixteen columns name who or what has to be there');
SELECT is(tests.told_by(own.name, 'UPDATE', on_table, jsonb_build_object(on_column, NULL), format('UPDATE %I SET id = id WHERE id = (SELECT id FROM %1$I WHERE %2$I IS NOT NULL LIMIT 1)', on_table, on_column)),
          format('23502 null value in column "%s" of relation "%s" violates not-null constraint', on_column, on_table),
          format('"%s" does not empty %s of %s', own.name, on_column, on_table)) FROM required, own ORDER BY on_table, on_column, own.name;
SELECT is(tests.told_by(own.name, 'INSERT', 'conversations', '{"buyer_id": null}', format('INSERT INTO conversations (buyer_id, seller_id) VALUES (%L, %L)', tests.third(), tests.other())),
          '23502 null value in column "buyer_id" of relation "conversations" violates not-null constraint', 'nor does "' || own.name || '" when the row is new') FROM own;

-- What a row says, and of whom

INSERT INTO categories (name, slug, parent_id) SELECT 'Hats', 'hats', id FROM categories WHERE parent_id IS NULL ORDER BY id LIMIT 1;
CREATE TEMP TABLE forbidden (on_table text, written jsonb, statement text, told text);
INSERT INTO forbidden
SELECT 'orders', jsonb_build_object('buyer_id', tests.third()), format('UPDATE orders SET notes = %L WHERE id = %L', 'x', sold), '23514 cannot change column "buyer_id" of an order' FROM deal UNION ALL
SELECT 'orders', '{"order_number": "ORD-1"}', format('UPDATE orders SET notes = %L WHERE id = %L', 'x', bought), '23514 cannot change column "order_number" of an order' FROM deal UNION ALL
SELECT 'orders', '{"subtotal": 9, "total_amount": 9}', format('UPDATE orders SET notes = %L WHERE id = %L', 'x', bought), '23514 cannot change column "total_amount" of a paid order' FROM deal UNION ALL
SELECT 'order_items', '{"quantity": 1, "unit_price": 9, "total_price": 9}', format('UPDATE order_items SET title = %L WHERE id = %L', 'x', bought_line), '23514 check_order_subtotal' FROM deal UNION ALL
SELECT 'payment_transactions', '{"amount": 11}', 'UPDATE payment_transactions SET processor_response = ''{}'' WHERE amount = 10', '23514 check_payment_total' UNION ALL
SELECT 'refund_requests', jsonb_build_object('requested_by', tests.third()), format('UPDATE refund_requests SET reason = %L WHERE requested_by = %L', 'x', tests.other()), '23514 check_requested_by_buyer' UNION ALL
SELECT 'refund_requests', '{"amount": 20.01}', format('UPDATE refund_requests SET reason = %L WHERE requested_by = %L', 'x', tests.other()), '23514 check_refund_total' UNION ALL
SELECT 'returns', jsonb_build_object('requested_by', tests.third()), 'UPDATE returns SET description = ''x''', '23514 check_requested_by_buyer' UNION ALL
SELECT 'returns', '{"refund_amount": 10.01}', 'UPDATE returns SET description = ''x''', '23514 check_return_refund' UNION ALL
SELECT 'disputes', jsonb_build_object('respondent_id', tests.third()), 'UPDATE disputes SET title = ''x'' WHERE dispute_number = ''DIS-1''', '23514 check_dispute_parties' UNION ALL
SELECT 'user_ratings', jsonb_build_object('rated_user_id', tests.third()), 'UPDATE user_ratings SET comment = ''x'' WHERE rating = 5', '23514 rating must be between the buyer and the seller of the order' UNION ALL
SELECT 'listings', '{"currency": "JPY", "price": 10.5}', format('UPDATE listings SET description = %L WHERE id = %L', 'x', unsold), '22023 price in JPY must be a whole number' FROM thing UNION ALL
SELECT 'listings', '{"shipping_info": []}', format('UPDATE listings SET description = %L WHERE id = %L', 'x', unsold), '22023 shipping_info must be a JSON object' FROM thing UNION ALL
SELECT 'product_variants', '{"price": 0.5}', format('UPDATE listings SET currency = ''JPY'', price = 10 WHERE id = %L; UPDATE product_variants SET name = %L WHERE id = %L', sold, 'x', variant), '22023 price in JPY must be a whole number' FROM thing UNION ALL
SELECT 'coupons', '{"currency": "JPY", "discount_type": "fixed_amount", "discount_value": 1.5}', 'UPDATE coupons SET description = ''x'' WHERE code = ''ALL''', '22023 discount_value must be a whole number of JPY' UNION ALL
SELECT 'categories', jsonb_build_object('parent_id', child.id), format('UPDATE categories SET icon = %L WHERE id = %L', 'x', child.parent_id), '23514 keep_category_tree'
  FROM (SELECT id, parent_id FROM categories WHERE parent_id IS NOT NULL ORDER BY id LIMIT 1) child;
SELECT is((SELECT count(*) FROM forbidden), 16::bigint, '(sixteen rules)');
SELECT is(tests.told_by(own.name, 'UPDATE', on_table, written, statement), told, format('"%s" does not write %s into %s', own.name, written, on_table)) FROM forbidden, own ORDER BY on_table, written, own.name;

-- New rows that are not what the statement says

TRUNCATE forbidden;
INSERT INTO forbidden
SELECT 'refund_requests', jsonb_build_object('requested_by', tests.third()), format('INSERT INTO refund_requests (order_id, amount, reason, requested_by) VALUES (%L, 1, %L, %L)', bought, 'x', tests.gone()), '23514 check_requested_by_buyer' FROM deal UNION ALL
SELECT 'returns', jsonb_build_object('requested_by', tests.third()), format('INSERT INTO returns (return_number, order_id, order_item_id, requested_by, reason) VALUES (%L, %L, %L, %L, %L)', 'RET-2', sold, sold_line, tests.other(), 'other'), '23514 check_requested_by_buyer' FROM deal UNION ALL
SELECT 'disputes', jsonb_build_object('respondent_id', tests.third()), format('INSERT INTO disputes (dispute_number, order_id, initiated_by, respondent_id, type, title, description) VALUES (%L, %L, %L, %L, %L, %L, %L)', 'DIS-3', bought_open, tests.gone(), tests.other(), 'other', 'x', 'x'), '23514 check_dispute_parties' FROM deal UNION ALL
SELECT 'user_ratings', jsonb_build_object('rated_user_id', tests.third()), format('INSERT INTO user_ratings (order_id, rater_user_id, rated_user_id, rating, type) VALUES (%L, %L, %L, 5, %L)', sold, tests.gone(), tests.other(), 'buyer'), '23514 rating must be between the buyer and the seller of the order' FROM deal UNION ALL
SELECT 'listings', '{"currency": "JPY", "price": 10.5}', format('INSERT INTO listings (seller_id, title, slug, description, price) VALUES (%L, %L, %L, %L, 10)', tests.gone(), 'x', 'x-1', 'x'), '22023 price in JPY must be a whole number' UNION ALL
SELECT 'coupons', '{"currency": "JPY", "discount_value": 1.5}', 'INSERT INTO coupons (code, name, discount_type, discount_value) VALUES (''NEW'', ''x'', ''fixed_amount'', 1)', '22023 discount_value must be a whole number of JPY' UNION ALL
SELECT 'product_variants', '{"price": 0.5}', format('UPDATE listings SET currency = ''JPY'', price = 10 WHERE id = %L; INSERT INTO product_variants (listing_id, name, price) VALUES (%1$L, %L, 1)', unsold, 'x'), '22023 price in JPY must be a whole number' FROM thing;
SELECT is(tests.told_by(own.name, 'INSERT', on_table, written, statement), told, format('"%s" does not write %s into a new row of %s', own.name, written, on_table)) FROM forbidden, own ORDER BY on_table, own.name;

-- What follows from a column follows whoever wrote it

SELECT is(tests.told_by(own.name, 'UPDATE', 'store_credits', '{"amount": 7}', format('UPDATE store_credits SET reason = %L WHERE user_id = %L', 'x', tests.other())), 'no error', 'a credit grows by "' || own.name || '"') FROM own;
SELECT is((SELECT sum(amount) FROM ledger_entries WHERE account = 'store_credit' AND party_id = tests.other()), 7.00, 'and is booked, once');
SELECT is(tests.told_by(own.name, 'UPDATE', 'coupon_usage', '{"is_successful": false}', 'UPDATE coupon_usage SET discount_amount = discount_amount WHERE coupon_id = (SELECT id FROM coupons WHERE code = ''ALL'')'), 'no error', 'a use that "' || own.name || '" takes back')
  FROM own WHERE name = '~';
SELECT is((SELECT usage_count FROM coupons WHERE code = 'ALL'), 0, 'is not counted any more');
SELECT is(tests.told_by('~', 'UPDATE', 'auth.users', '{"email": "new@example.org"}', format('UPDATE auth.users SET raw_user_meta_data = raw_user_meta_data WHERE id = %L', tests.other())), 'no error', 'an address that a trigger of the login table writes');
SELECT is((SELECT email FROM profiles WHERE id = tests.other())::text, 'new@example.org', 'is the profile''s too');

-- Deleting the account is not stopped by any of it

SELECT tests.delete_account(tests.gone()) \g /dev/null
SELECT is((SELECT count(*) FROM orders WHERE buyer_id IS NULL), 2::bigint, 'a deleted account is forgotten as before');
SELECT is_empty('SELECT * FROM check_integrity()', 'and everything adds up');
SELECT lives_ok('UPDATE orders SET total_amount = total_amount', 'what is forgotten may be written again');

SELECT * FROM finish();
ROLLBACK;
