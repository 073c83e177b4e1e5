-- The map of personal data knows each table and each column that can name a person, and nothing that is not there. A new
-- table or column that fails here needs a row in sql/functions/personal_data.sql.
BEGIN;
SELECT plan(17);

CREATE TEMP TABLE map AS SELECT * FROM private.personal_data();
CREATE TEMP VIEW shipped AS
    SELECT c.oid, c.relname::text AS table_name FROM pg_class c
     WHERE c.relnamespace = tests.home()::regnamespace AND c.relkind IN ('r', 'p');

SELECT is_empty($$SELECT table_name FROM shipped EXCEPT SELECT table_name FROM map$$, 'each table is in the map');
SELECT is_empty($$SELECT table_name FROM map WHERE table_name <> 'auth.users' EXCEPT SELECT table_name FROM shipped$$, 'and no other');
SELECT is_empty($$
    SELECT s.table_name || '.' || a.attname
      FROM pg_constraint k JOIN shipped s ON s.oid = k.conrelid
      JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
     WHERE k.contype = 'f' AND k.confrelid IN ('profiles'::regclass, 'auth.users'::regclass)
    EXCEPT SELECT table_name || '.' || column_name FROM map$$, 'each column with a foreign key to a person is in the map');
-- What is no key of a person's says here whose it is.
SELECT is_empty($$
    SELECT s.table_name || '.' || a.attname
      FROM shipped s JOIN pg_attribute a ON a.attrelid = s.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid IN ('uuid'::regtype, 'uuid[]'::regtype)
     WHERE a.attname <> 'id'
       AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.contype = 'f' AND k.conrelid = s.oid AND a.attnum = ANY (k.conkey)
                          AND k.confrelid NOT IN ('profiles'::regclass, 'auth.users'::regclass))
       AND s.table_name || '.' || a.attname NOT IN (
           -- things
           'auth_login_history.event_id', 'cart_items.variant_id', 'category_counts.category_id', 'checkouts.order_ids', 'coupon_usage.checkout_id',
           'coupons.category_ids', 'coupons.excluded_listing_ids', 'coupons.get_category_ids', 'coupons.get_listing_ids', 'coupons.listing_ids', 'ledger_entries.journal_id', 'listing_search.category_id',
           'listing_views.listing_id', 'notification_marks.notification_id', 'orders.promise_id', 'saved_search_matches.listing_id', 'saved_search_matches.search_id', 'saved_searches.categories')
    EXCEPT SELECT table_name || '.' || column_name FROM map$$, 'and so is each other column of IDs that can be a person''s');
SELECT is_empty($$
    SELECT m.table_name || '.' || m.column_name FROM map m
     WHERE m.column_name IS NOT NULL AND m.table_name <> 'auth.users' AND NOT EXISTS (SELECT FROM pg_attribute a JOIN shipped s ON s.oid = a.attrelid
                        WHERE s.table_name = m.table_name AND a.attname = m.column_name AND a.attnum > 0 AND NOT a.attisdropped)$$, 'no column of it is gone');
SELECT is_empty($$
    SELECT m.table_name, c FROM map m, unnest(m.columns) c
     WHERE m.table_name <> 'auth.users' AND NOT EXISTS (SELECT FROM pg_attribute a JOIN shipped s ON s.oid = a.attrelid
                        WHERE s.table_name = m.table_name AND a.attname = regexp_replace(c, '^length\((.*)\)$', '\1') AND a.attnum > 0 AND NOT a.attisdropped)$$,
    'nor one that is shown or left out');
SELECT is_empty($$SELECT table_name, column_name, count(*) FROM map WHERE column_name IS NOT NULL GROUP BY 1, 2 HAVING count(*) > 1$$, 'a column is in it once');
SELECT is_empty($$SELECT part FROM map WHERE part IS NOT NULL GROUP BY 1 HAVING count(*) > 1$$, 'each part has its name');
SELECT is_empty($$SELECT * FROM map WHERE treatment NOT IN ('export', 'export_redacted', 'not_personal', 'secret')$$, 'there are four treatments');
SELECT is_empty($$SELECT * FROM map WHERE (part IS NULL) <> (treatment IN ('not_personal', 'secret'))$$, 'what is exported is in a part');
SELECT is_empty($$SELECT * FROM map WHERE part IS NULL AND note IS NULL$$, 'what is not has a reason');
SELECT is_empty($$SELECT * FROM map WHERE treatment = 'export' AND (columns <> '{}') <> (note IS NOT NULL)$$, 'and so has each column that is left out');
SELECT is_empty($$SELECT * FROM map WHERE treatment = 'export_redacted' AND columns = '{}'$$, 'what is shared with others names what is shown of it');
SELECT is_empty($$SELECT * FROM map WHERE part IS NOT NULL AND column_name IS NULL AND rows IS NULL$$, 'a table without a column of the person says which rows');
SELECT is_empty($$SELECT * FROM map WHERE part = 'readme'$$, 'no part is called as the one that explains the others');
SELECT is_empty($$SELECT part FROM map WHERE part IS NOT NULL AND private.personal_statement(part) IS NULL$$, 'each part can be read');
SELECT is(private.personal_statement('no such part'), NULL, 'and no other');

SELECT * FROM finish();
ROLLBACK;
