-- The key of the order numbers, and what listings are sorted by.

-- never where an order has a number already: another key could give it out again
IF NOT EXISTS (SELECT FROM @extschema@.orders) THEN
    INSERT INTO @extschema@.driplo_secrets (name, secret, database)
    SELECT 'order_number', uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()), d.oid
      FROM pg_database d WHERE d.datname = current_database()
    ON CONFLICT DO NOTHING;
END IF;
-- a shop that has categories of its own has thrown these away
IF NOT EXISTS (SELECT FROM @extschema@.categories) THEN
    INSERT INTO @extschema@.categories (name, slug, icon, sort_order, translations) VALUES
        ('Electronics', 'electronics', '💻', 1, '{"bg": {"name": "Електроника", "slug": "elektronika"}}'),
        ('Fashion', 'fashion', '👗', 2, '{"bg": {"name": "Мода", "slug": "moda"}}'),
        ('Home & Garden', 'home-garden', '🏡', 3, '{"bg": {"name": "Дом и градина", "slug": "dom-i-gradina"}}'),
        ('Sports & Outdoors', 'sports-outdoors', '⚽', 4, '{"bg": {"name": "Спорт и туризъм", "slug": "sport-i-turizam"}}'),
        ('Toys & Games', 'toys-games', '🎮', 5, '{"bg": {"name": "Играчки и игри", "slug": "igrachki-i-igri"}}'),
        ('Books & Media', 'books-media', '📚', 6, '{"bg": {"name": "Книги и медии", "slug": "knigi-i-medii"}}'),
        ('Health & Beauty', 'health-beauty', '💄', 7, '{"bg": {"name": "Здраве и красота", "slug": "zdrave-i-krasota"}}'),
        ('Automotive', 'automotive', '🚗', 8, '{"bg": {"name": "Автомобили", "slug": "avtomobili"}}'),
        ('Art & Collectibles', 'art-collectibles', '🎨', 9, '{"bg": {"name": "Изкуство и колекции", "slug": "izkustvo-i-kolektsii"}}'),
        ('Other', 'other', '📦', 10, '{"bg": {"name": "Други", "slug": "drugi"}}')
    ON CONFLICT DO NOTHING;
    -- as the trigger keep_category_slugs does, which is off in an update
    INSERT INTO @extschema@.category_slugs (locale, slug, category_id)
    SELECT t.key, t.value ->> 'slug', c.id
    FROM @extschema@.categories c
    CROSS JOIN jsonb_each(c.translations) AS t
    ON CONFLICT DO NOTHING;
END IF;
IF NOT EXISTS (SELECT FROM @extschema@.listing_conditions) THEN
    INSERT INTO @extschema@.listing_conditions (code, label, sort_order) VALUES
        ('new_with_tags', 'New with tags', 1),
        ('new_without_tags', 'New without tags', 2),
        ('new', 'New', 3),
        ('like_new', 'Like new', 4),
        ('very_good', 'Very good', 5),
        ('good', 'Good', 6),
        ('fair', 'Fair', 7),
        ('worn', 'Worn', 8),
        ('used', 'Used', 9)
    ON CONFLICT DO NOTHING;
END IF;
