-- Texts of codes: each code that clients meet has one in English and Bulgarian; another language is data.
BEGIN;
SELECT * FROM no_plan();
SELECT tests.sign_up('ann@texts.example') AS ann \gset

CREATE TEMP VIEW needed AS
    SELECT t.typname || '.' || e.enumlabel AS code FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid
     WHERE t.typnamespace = quote_ident(tests.home())::regnamespace
       AND t.typname IN ('order_status', 'tracking_status', 'return_status', 'return_reason', 'dispute_status', 'dispute_type', 'resolution_type', 'achievement_type')
    UNION ALL SELECT 'condition.' || code FROM listing_conditions
    -- what CHECK constraints allow in columns that users read
    UNION ALL SELECT k.code || '.' || m[1]
      FROM (VALUES ('offers', 'status', 'offer_status'), ('reports', 'category', 'report_category'), ('reports', 'status', 'report_status'), ('reports', 'decision', 'report_decision')) AS k (of_table, of_column, code)
      JOIN pg_constraint c ON c.conrelid = k.of_table::regclass AND c.contype = 'c' AND c.conkey = ARRAY(SELECT a.attnum FROM pg_attribute a WHERE a.attrelid = c.conrelid AND a.attname = k.of_column)
     CROSS JOIN regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_0-9]+)''::', 'g') m
    -- as docs/api says of validate_coupon()
    UNION ALL SELECT 'coupon.' || reason FROM unnest(ARRAY['unknown', 'expired', 'not_started', 'used_up', 'used_by_you', 'minimum_not_met', 'not_for_you', 'new_users_only',
                                                           'account_too_young', 'no_matching_items', 'cannot_be_combined']) reason;
SELECT cmp_ok((SELECT count(*) FROM needed), '>', 100::bigint, '(many codes)');
SELECT is_empty($$SELECT n.code, l.locale FROM needed n CROSS JOIN (VALUES ('en'), ('bg')) AS l (locale)
                   WHERE NOT EXISTS (SELECT FROM message_texts t WHERE t.code = n.code AND t.locale = l.locale)$$, 'each label of an enum that users see, each condition, each reason has both texts');
SELECT is_empty($$SELECT code FROM message_texts GROUP BY code HAVING array_agg(locale::text ORDER BY locale) <> '{bg,en}'$$, 'no code has one only');
SELECT is_empty($$SELECT t.code FROM message_texts t WHERE t.locale = 'bg' AND t.text !~ '[а-я]'$$, 'Bulgarian ones are');
SELECT is_empty($$SELECT t.code FROM message_texts t WHERE t.locale = 'en' AND t.text ~ '[а-я]'$$, 'and English ones');
SELECT is_empty($$SELECT t.code FROM message_texts t WHERE t.code ~ '\.' AND t.code NOT IN (SELECT n.code FROM needed n)$$, 'none is of a code that there is not');

-- In whose language
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(message_text('order_status.paid'), 'Paid', 'English, where nothing is known');
SELECT is(message_text('order_status.paid', l.locale), l.text, 'in ' || l.locale)
  FROM (VALUES ('bg', 'Платена'), ('bg-BG', 'Платена'), ('BG_bg', 'Платена'), ('fr', 'Paid'), ('', 'Paid'), ('en-GB', 'Paid'), (repeat('x', 10000), 'Paid')) AS l (locale, text);
SELECT is(message_text('nonsense'), NULL, 'none of an unknown code');
SELECT is(message_text(NULL), NULL, 'nor of none');
SELECT throws_ok('SELECT * FROM message_texts', '42501', NULL, 'the table is the service''s');
SELECT tests.log_in(:'ann') \g /dev/null
SELECT is(message_text('MK016'), 'You have blocked this user.', 'English by default');
SELECT set_notification_settings(locale => 'bg') \g /dev/null
SELECT is(message_text('MK016'), 'Блокирали сте този потребител.', 'then in the language of the user');
SELECT is(message_text('MK016', 'en'), 'You have blocked this user.', 'unless asked for another');
SELECT is(all_message_texts() ->> 'MK016', 'Блокирали сте този потребител.', 'all of them likewise');
SELECT throws_ok($$INSERT INTO message_texts VALUES ('MK016', 'de', 'x')$$, '42501', NULL, 'users add none');
SELECT tests.log_out() \g /dev/null

-- A third language is rows
SELECT tests.log_in_as_service() \g /dev/null
INSERT INTO message_texts (code, locale, text) VALUES ('MK016', 'tlh', 'qaS blocked'), ('MK016', 'tlh-KL', 'qaS blocked, KL');
UPDATE categories SET translations = translations || '{"tlh": {"name": "Sut", "slug": "sut"}}' WHERE slug = 'fashion';
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is(message_text('MK016', 'tlh'), 'qaS blocked', 'a made-up one');
SELECT is(message_text('MK016', 'tlh-KL'), 'qaS blocked, KL', 'in two regions');
SELECT is(message_text('MK016', 'tlh-XX'), 'qaS blocked', 'and a third');
SELECT is(message_text('order_status.paid', 'tlh'), 'Paid', 'English until it is complete');
SELECT is((SELECT count(*) FROM jsonb_object_keys(all_message_texts('tlh'))), (SELECT count(*) FROM jsonb_object_keys(all_message_texts('en'))), 'each code has a text in it');
SELECT set_eq($$SELECT t ->> 'name' FROM jsonb_array_elements(category_tree('tlh')) t WHERE t ->> 'slug' IN ('sut', 'electronics')$$, ARRAY['Sut', 'Electronics'], 'and each category a name');
SELECT tests.log_out() \g /dev/null

-- The categories of a new shop
SELECT is_empty($$SELECT slug FROM categories WHERE NOT translations ? 'bg'$$, 'they have Bulgarian names');
SELECT is_empty($$SELECT c.slug FROM categories c LEFT JOIN category_slugs s ON s.category_id = c.id AND s.locale = 'bg' AND s.slug = c.translations #>> '{bg,slug}' WHERE s.slug IS NULL$$, 'and slugs');
SELECT tests.log_in_as_anon() \g /dev/null
SELECT is((SELECT t ->> 'name' FROM jsonb_array_elements(category_tree('bg')) t WHERE t ->> 'slug' = 'moda'), 'Мода', 'which the tree shows');
SELECT tests.log_out() \g /dev/null
SELECT throws_ok($$UPDATE categories SET translations = translations || '{"bg": {"slug": "moda"}}' WHERE slug = 'other'$$, '23505', NULL, 'a slug is one category''s in its language');

SELECT * FROM finish();
ROLLBACK;
