-- What a status means, asked by private.is_unpaid() and private.was_paid(): each label has its answer, and the index of unpaid orders has the
-- same ones.
BEGIN;
SELECT plan(4);

CREATE TEMP TABLE expected (status text, is_unpaid boolean, was_paid boolean);
INSERT INTO expected VALUES
    ('pending_payment', true, false), ('payment_processing', true, false), ('payment_failed', true, false),
    ('paid', false, true), ('preparing', false, true), ('shipped', false, true), ('in_transit', false, true), ('delivered', false, true),
    ('completed', false, true), ('cancelled', false, false), ('refunded', false, false);
GRANT SELECT ON expected TO service_role;

SELECT set_eq('SELECT status FROM expected', 'SELECT unnest(enum_range(NULL::order_status))::text', 'each status has an expectation');
SET LOCAL ROLE service_role;
SELECT results_eq('SELECT status, private.is_unpaid(status), private.was_paid(status) FROM expected', 'SELECT * FROM expected', 'each status is unpaid, paid or over');
SELECT ok(NOT private.is_unpaid('PAID') AND NOT private.was_paid('') AND private.is_unpaid(NULL) IS NULL, 'what is no status is neither');
RESET ROLE;
SELECT is((SELECT array_agg(label ORDER BY label) FROM regexp_matches((SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'idx_orders_unpaid'::regclass),
        '''(\w+)''', 'g') AS found, unnest(found) AS label), (SELECT array_agg(status ORDER BY status) FROM expected WHERE is_unpaid), 'the index of unpaid orders has the unpaid ones');
SELECT * FROM finish();
ROLLBACK;
