-- An export has every row that names the person and every value of it, but what its readme says is left out, and nothing of
-- anybody else's.
BEGIN;
\ir ../../fixtures/everywhere.sql
SELECT no_plan();

-- What everywhere.sql does not need for the deletion: rows that name the person through another row only.
INSERT INTO order_tracking (order_id, carrier, tracking_number, events) SELECT sold, 'ups', '1Z2', '[{"at": "elsewhere"}]' FROM deal;
INSERT INTO shipping_labels (order_id, carrier, tracking_number, label_url) SELECT sold, 'ups', '1Z2', 'https://labels.example/Olga' FROM deal;
INSERT INTO shipping_events (order_id, event_type, event_data) SELECT sold, 'delivered', '{"to": "elsewhere"}' FROM deal;
INSERT INTO store_credit_usage (store_credit_id, order_id, amount) SELECT c.id, d.bought, 1 FROM store_credits c, deal d WHERE c.user_id = tests.gone();
INSERT INTO refund_requests (order_id, amount, reason, buyer_id, seller_id, status) SELECT bought, 1, 'a gift', tests.gone(), tests.other(), 'rejected' FROM deal;
INSERT INTO coupons (code, name, discount_type, discount_value, created_by, user_ids)
VALUES ('CREATED', 'By the staff', 'percentage', 10, tests.gone(), '{}'), ('FOR-YOU', 'For few', 'percentage', 10, NULL, ARRAY[tests.gone(), tests.other()]);
INSERT INTO returns (return_number, order_id, order_item_id, requested_by, reason) SELECT 'RET-2', sold, sold_line, tests.other(), 'defective' FROM deal;
INSERT INTO reports (report_number, reporter_id, target_type, target_id, target_owner, category, snapshot, status, decision, decided_at)
SELECT 'REP-9', tests.other(), 'listing', sold, tests.gone(), 'spam', '{}', 'decided', 'warn', now() FROM thing;
INSERT INTO report_decisions (report_id, decision, reasons) SELECT id, 'warn', 'It is advertising.' FROM reports WHERE report_number = 'REP-9';
INSERT INTO query_performance_log (query_hash, user_id) VALUES ('x', tests.gone());
INSERT INTO slow_queries (query_text, execution_time_ms, user_id) VALUES ('SELECT 1', 1, tests.gone());
INSERT INTO listing_stats_daily (listing_id, day, views, unique_views) SELECT sold, '2026-01-01', 3, 2 FROM thing;
INSERT INTO offers (listing_id, buyer_id, seller_id, amount, currency, made_by, round, message, expires_at, status, answered_at)
SELECT bought, tests.gone(), tests.other(), 9, 'USD', 'seller', 1, 'Rather 9', now(), 'declined', now() FROM thing UNION ALL
SELECT unsold, tests.other(), tests.gone(), 7, 'USD', 'buyer', 1, 'Rather 7', now(), 'declined', now() FROM thing;

-- Words that nobody but the other person may see again: in each column that can hold them, whatever the table's rules say.
CREATE TEMP TABLE canary (place text);
DO $$
DECLARE
    place record;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR place IN
        SELECT c.relname, a.attname, a.atttypid::regtype::text AS type, people.condition
          FROM pg_class c
          JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.atttypid IN ('text'::regtype, 'varchar'::regtype, 'jsonb'::regtype)
         CROSS JOIN LATERAL (SELECT string_agg(format('t.%I = tests.other()', p.attname), ' OR ') AS condition FROM pg_attribute p
                              WHERE p.attrelid = c.oid AND p.attnum > 0 AND NOT p.attisdropped AND p.atttypid = 'uuid'::regtype) people
         WHERE c.relnamespace = tests.home()::regnamespace AND c.relkind = 'r' AND (c.relname, a.attname) NOT IN (('profiles', 'username'))
         ORDER BY 1, 2
    LOOP
        BEGIN
            -- rows that name the other one, and rows of their orders, but not what the person wrote
            EXECUTE format('UPDATE %I t SET %I = %s WHERE (%s) AND (%s) IS NOT TRUE', place.relname, place.attname,
                CASE place.type WHEN 'jsonb' THEN format('jsonb_build_object(''k'', %L)', format('canary:%s.%s:', place.relname, place.attname))
                                ELSE quote_literal(format('canary:%s.%s:', place.relname, place.attname)) END,
                concat_ws(' OR ', place.condition,
                    CASE WHEN EXISTS (SELECT FROM pg_attribute o WHERE o.attrelid = place.relname::regclass AND o.attname = 'order_id')
                         THEN 't.order_id IN (SELECT sold FROM deal UNION ALL SELECT sold_open FROM deal)' END),
                (SELECT COALESCE(string_agg(format('t.%I = tests.gone()', o.attname), ' OR '), 'false') FROM pg_attribute o
                  WHERE o.attrelid = place.relname::regclass AND o.attname IN ('user_id', 'buyer_id', 'sender_id', 'rater_user_id', 'initiated_by', 'requested_by', 'party_id', 'changed_by', 'reporter_id', 'appellant_id')) || CASE place.relname WHEN 'offers' THEN ' OR t.made_by = ''seller'' AND t.seller_id = tests.gone()' ELSE '' END);
            INSERT INTO canary VALUES (place.relname || '.' || place.attname);
        -- too short, one of a few words, unique, or an address of the web
        EXCEPTION WHEN string_data_right_truncation OR check_violation OR unique_violation OR not_null_violation OR syntax_error THEN
            NULL;
        END;
    END LOOP;
    SET LOCAL session_replication_role = origin;
END $$;
SELECT cmp_ok((SELECT count(*) FROM canary), '>', 100::bigint, 'words of another person are in many columns');

CREATE TEMP TABLE export AS SELECT export_user_data(tests.gone()) AS body;

-- Nothing of anybody else's. What is listed is the person's to see: words about or for the person, and what the two have in common.
SELECT set_eq($$SELECT DISTINCT (regexp_matches(body::text, 'canary:([a-z_.]+):', 'g'))[1] FROM export$$, $$VALUES
    -- about the person
    ('user_ratings.comment'),
    -- what was decided between the two
    ('disputes.resolution_notes'), ('refund_requests.decision_note'),
    -- what was traded, and by which number and parcel
    ('order_items.title'), ('order_items.description'), ('order_items.brand'), ('order_items.size'), ('order_items.color'), ('order_items.variant_name'),
    ('order_items.image_url'), ('transactions.description'), ('transactions.type'), ('orders.tracking_number'), ('returns.return_number'), ('disputes.dispute_number'),
    ('order_tracking.tracking_number'), ('order_tracking.items'), ('shipping_labels.tracking_number'), ('shipping_events.event_type'), ('shipping_events.tracking_number'), ('shipping_events.carrier')$$,
    'of the other person''s words there are those about the person and about what was traded');
SELECT is((SELECT count(*) FROM export, regexp_matches(body::text, tests.other()::text, 'g')), 0::bigint, 'another user is named by the username, not by the ID');
SELECT is((SELECT count(*) FROM export WHERE body::text ~ 'other@example.org|third@example.org|Olga Other'), 0::bigint, 'and by nothing else');
SELECT is((SELECT count(*) FROM export WHERE body::text ~ '"(refresh_token_hash|token|bank_numbers|stripe_payment_method_id)": '), 0::bigint, 'no secret is in it');

-- All of the person's. The readme is the only thing that is believed about what is left out.
CREATE TEMP TABLE promised AS
SELECT p ->> 'table' AS table_name, p ->> 'part' AS part, p -> 'only' AS only, COALESCE(p -> 'left_out', '[]') AS left_out
  FROM export, jsonb_array_elements(body #> '{readme,parts}') p;
CREATE TEMP TABLE omitted AS
SELECT o ->> 'table' AS table_name, o ->> 'column' AS column_name FROM export, jsonb_array_elements(body #> '{readme,left_out}') o;
SELECT set_eq($$SELECT part FROM promised$$, $$SELECT jsonb_object_keys(body - 'readme') FROM export UNION SELECT 'login' WHERE tests.home() = 'shop'$$, 'a person who is in every table has every part');

CREATE FUNCTION tests.missing() RETURNS SETOF text
    LANGUAGE plpgsql AS $$
DECLARE
    place record;
    mine jsonb;
    field record;
    n integer := 0;
BEGIN
    FOR place IN
        -- every column that could name a person, with a foreign key or not, and the rows of what is the person's own
        SELECT c.relname, a.attname, CASE WHEN a.atttypid = 'uuid'::regtype THEN format('t.%I = tests.gone()', a.attname) ELSE format('tests.gone() = ANY (t.%I)', a.attname) END AS condition
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('uuid'::regtype, 'uuid[]'::regtype)
         WHERE c.relnamespace = tests.home()::regnamespace AND c.relkind = 'r'
        UNION ALL
        SELECT c.relname, a.attname, CASE a.attname
                   WHEN 'order_id' THEN 't.order_id IN (SELECT id FROM orders WHERE buyer_id = tests.gone())'
                   WHEN 'cart_id' THEN 't.cart_id = (SELECT id FROM shopping_carts WHERE user_id = tests.gone())'
                   WHEN 'conversation_id' THEN 't.conversation_id IN (SELECT id FROM conversations WHERE tests.gone() IN (buyer_id, seller_id))'
                   WHEN 'dispute_id' THEN 't.dispute_id IN (SELECT id FROM disputes WHERE tests.gone() IN (initiated_by, respondent_id))'
                   WHEN 'store_credit_id' THEN 't.store_credit_id IN (SELECT id FROM store_credits WHERE user_id = tests.gone())'
                   END
          FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND NOT a.attisdropped AND a.attname IN ('order_id', 'cart_id', 'conversation_id', 'dispute_id', 'store_credit_id')
         WHERE c.relnamespace = tests.home()::regnamespace AND c.relkind = 'r' AND c.relname <> 'ledger_entries'
    LOOP
        FOR mine IN EXECUTE format('SELECT to_jsonb(t) FROM %I t WHERE %s', place.relname, place.condition) LOOP
            n := n + 1;
            CONTINUE WHEN EXISTS (SELECT FROM omitted o WHERE o.table_name = place.relname AND (o.column_name = place.attname OR o.column_name IS NULL));
            -- the row, by its key, in a part of its table, with every value but those that the readme excepts
            IF NOT EXISTS (
                SELECT FROM promised p, export e, jsonb_array_elements(e.body -> p.part) r
                 WHERE p.table_name = place.relname
                   AND CASE WHEN mine ? 'id' THEN r ->> 'id' = mine ->> 'id' ELSE true END
                   AND NOT EXISTS (
                       SELECT FROM jsonb_each(mine) v
                        WHERE (p.only IS NULL OR p.only ? v.key) AND NOT p.left_out ? v.key
                          AND r -> v.key IS DISTINCT FROM v.value
                          AND r ->> regexp_replace(v.key, '(_user)?_id$', '') IS DISTINCT FROM (SELECT username FROM profiles WHERE id::text = v.value #>> '{}'))) THEN
                RETURN NEXT format('%s by %s: %s', place.relname, place.attname, mine);
            END IF;
        END LOOP;
    END LOOP;
    IF n < 100 THEN
        RETURN NEXT 'there are only ' || n || ' rows';
    END IF;
END $$;
SELECT is_empty('SELECT tests.missing()', 'each row that names the person is in a part of its table, whole but for what the readme names');

-- The readme names what it leaves out of such a part, and why.
SELECT is((SELECT body #>> '{readme,user}' FROM export), 'verity.vanish', 'the readme says whose data it is');
SELECT is_empty($$SELECT * FROM export, jsonb_array_elements(body #> '{readme,left_out}') o WHERE NOT o ? 'reason'$$, 'and why something is left out');
SELECT is((SELECT body #> '{readme,controller}' FROM export), 'null', 'nobody is responsible for it until the setting says who');
SET driplo.data_controller = 'Example Ltd, privacy@example.com';
SELECT is(export_user_data(tests.gone()) #>> '{readme,controller}', 'Example Ltd, privacy@example.com', 'then that one is');
SELECT ok((SELECT body #>> '{messages_received,0,content_length}' ~ '^[0-9]+$' AND body #> '{messages_received,0}' ? 'created_at' FROM export), 'what the other side wrote has its date and length');

-- What a shop has added belongs to the person, unless others share in the row.
ALTER TABLE profiles ADD COLUMN shoe_size text DEFAULT 'forty-two';
ALTER TABLE messages ADD COLUMN mood text DEFAULT 'my mood';
SELECT is(export_user_data(tests.gone()) #>> '{profile,0,shoe_size}', 'forty-two', 'a column of the shop''s is exported');
SELECT is((SELECT array_agg(DISTINCT m ? 'mood') FROM jsonb_array_elements(export_user_data(tests.gone()) -> 'messages_received') m), '{f}', 'but not of what others wrote');

-- A rating by somebody who is gone stays, without the name.
SELECT tests.delete_account(tests.other()) \g /dev/null
SELECT results_eq($$SELECT r -> 'rater', r ->> 'rating' FROM jsonb_array_elements(export_user_data(tests.gone()) -> 'ratings_received') r$$, $$VALUES ('null'::jsonb, '4')$$,
    'the rating of a deleted user has no name');

SELECT * FROM finish();
ROLLBACK;
