-- driplo.direct_writes: checkout() writes the same rows, returns the same answer and raises the same errors, whether its rows go by statements or without; for random
-- carts, and for tables that were altered, from within the session that has already bought.
BEGIN;
\ir ../../fixtures/market.sql
\ir ../../fixtures/buying.sql
SELECT no_plan();

SELECT tests.sign_up('buyer@direct.example') AS buyer, tests.sign_up('one@direct.example') AS one, tests.sign_up('two@direct.example') AS two, tests.sign_up('other@direct.example') AS other \gset
SELECT tests.an_address(:'buyer', true) AS home, tests.an_address(:'other', true) AS elsewhere \gset
CREATE TEMP TABLE goods AS
SELECT tests.goods(CASE WHEN n % 3 = 0 THEN :'two'::uuid ELSE :'one' END, 'Goods ' || n, n * 7 + 0.99, 1 + n % 4, CASE WHEN n % 4 = 0 THEN '{"cost": 4.99}'::jsonb ELSE '{}' END,
                   CASE n WHEN 5 THEN 'EUR' WHEN 7 THEN 'JPY' ELSE 'USD' END) AS id, n
  FROM generate_series(1, 12) n WHERE n <> 7;
SELECT tests.kind_of(id, 'blue', 12.5, 3) FROM goods WHERE n = 8 \g /dev/null
INSERT INTO coupons (code, name, discount_type, discount_value, usage_limit_per_user) VALUES ('TEN', 'Ten', 'percentage', 10, NULL);
SELECT tests.credit(:'buyer', 20) \g /dev/null

CREATE TEMP TABLE noted (what text);
GRANT ALL ON noted TO PUBLIC;
CREATE TEMP TABLE wanted (n integer, quantity integer);
CREATE TEMP TABLE people AS SELECT :'buyer'::uuid AS buyer, :'home'::uuid AS home, :'other'::uuid AS other, :'elsewhere'::uuid AS elsewhere;
GRANT ALL ON people TO PUBLIC;
CREATE TEMP TABLE meanwhile (change text); -- between the cart and its checkout

-- All that a checkout has written, without what is never the same twice.
CREATE FUNCTION tests.plain(r jsonb) RETURNS jsonb LANGUAGE sql AS $$ SELECT r - ARRAY['id', 'order_id', 'order_number', 'event_id', 'checkout_id', 'subject_id'] $$;
CREATE FUNCTION tests.written(placed uuid[]) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_build_object(
        'orders', (SELECT jsonb_agg(tests.plain(to_jsonb(o)) ORDER BY array_position(placed, o.id)) FROM orders o WHERE o.id = ANY (placed)),
        'numbers', (SELECT bool_and(o.order_number ~ '^ORD-') FROM orders o WHERE o.id = ANY (placed)),
        'lines', (SELECT jsonb_agg(tests.plain(to_jsonb(i)) ORDER BY array_position(placed, i.order_id), i.listing_id) FROM order_items i WHERE i.order_id = ANY (placed)),
        'history', (SELECT jsonb_agg(tests.plain(to_jsonb(h)) || jsonb_build_object('created_at', h.created_at BETWEEN now() AND clock_timestamp(), 'event', to_jsonb(e) - ARRAY['id', 'subject_id'],
                                      'is_of_order', e.subject_id = h.order_id) ORDER BY array_position(placed, h.order_id), h.created_at)
                      FROM order_status_history h LEFT JOIN outbox_events e ON e.id = h.event_id WHERE h.order_id = ANY (placed)),
        'stock', (SELECT jsonb_agg(jsonb_build_array(l.quantity, l.status) ORDER BY g.n) FROM pg_temp.goods g JOIN listings l ON l.id = g.id),
        'cart', (SELECT count(*) FROM cart_items),
        'limits', (SELECT jsonb_agg(jsonb_build_array(r.key, r.tat - statement_timestamp()) ORDER BY r.key) FROM rate_limits r),
        'events', (SELECT jsonb_agg(e.kind ORDER BY e.kind) FROM outbox_events e),
        'noted', (SELECT jsonb_agg(n.what ORDER BY n.what) FROM pg_temp.noted n),
        'errors', (SELECT jsonb_agg(to_jsonb(c) - 'object' ORDER BY c.rule, c.detail) FROM check_integrity() c))
$$;

-- The end of a checkout, undone: what was written, or the error.
CREATE FUNCTION tests.end_of(direct boolean, coupon text, credit boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    placed uuid[];
    told text;
    shown text;
    code text;
    detail text;
    hint text;
    name text;
BEGIN
    PERFORM set_config('driplo.direct_writes', direct::text, true);
    PERFORM tests.put((SELECT buyer FROM pg_temp.people), g.id, w.quantity, (SELECT v.id FROM product_variants v WHERE v.listing_id = g.id LIMIT 1)) FROM pg_temp.wanted w JOIN pg_temp.goods g USING (n);
    BEGIN
        FOR told IN SELECT change FROM pg_temp.meanwhile LOOP
            EXECUTE told;
        END LOOP;
        PERFORM tests.log_in((SELECT buyer FROM pg_temp.people));
        SELECT array_agg(c.order_id ORDER BY c.ordinality), jsonb_agg(to_jsonb(c) - ARRAY['order_id', 'order_number'] ORDER BY c.ordinality)
          INTO placed, told FROM checkout((SELECT home FROM pg_temp.people), 'the key', coupon_code => coupon, use_store_credit => credit, notes => 'Ring twice.') WITH ORDINALITY c;
        PERFORM tests.log_out();
        SET CONSTRAINTS ALL IMMEDIATE;
        shown := tests.written(placed)::text;
        RAISE EXCEPTION USING ERRCODE = 'ZZZZZ', MESSAGE = concat_ws(E'\n', told, shown);
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, told = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, name = CONSTRAINT_NAME;
        PERFORM tests.log_out();
        DELETE FROM cart_items;
        -- numbers, ids and the clock are in some details
        RETURN CASE code WHEN 'ZZZZZ' THEN told ELSE concat_ws(' | ', code, told, regexp_replace(detail, '[0-9a-f]{8}-[-0-9a-f]{27}|ORD-[-0-9]*|[(][0-9]+,|, [0-9]+[)]|[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+', '...', 'g'), hint, name) END;
    END;
END $$;

CREATE FUNCTION tests.is_same(what text, expected text DEFAULT NULL, coupon text DEFAULT NULL, credit boolean DEFAULT false) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    by_statement text := tests.end_of(false, coupon, credit);
BEGIN
    RETURN NEXT is(tests.end_of(true, coupon, credit), by_statement, what);
    -- what is kept now was kept before
    RETURN NEXT is(tests.end_of(true, coupon, credit), by_statement, what || ', once more');
    RETURN NEXT alike(by_statement, coalesce(expected, '[{%'), what || CASE WHEN expected IS NULL THEN ': it is bought' ELSE ': ' || expected END);
END $$;

-- Random carts
SELECT setseed(0.42) \g /dev/null
CREATE FUNCTION tests.fill() RETURNS void LANGUAGE sql AS $$
    DELETE FROM pg_temp.wanted;
    INSERT INTO pg_temp.wanted SELECT g.n, 1 + floor(random() * least(l.quantity + 2, 4))::integer FROM pg_temp.goods g JOIN listings l ON l.id = g.id ORDER BY random() LIMIT 1 + floor(random() * 5)::integer;
$$;
CREATE FUNCTION tests.random_carts(times integer) RETURNS TABLE (differing bigint, bought bigint, refused bigint) LANGUAGE plpgsql AS $$
DECLARE
    one text;
    coupon text;
    credit boolean;
BEGIN
    differing := 0; bought := 0; refused := 0;
    FOR i IN 1..times LOOP
        PERFORM tests.fill();
        coupon := CASE WHEN random() < 0.3 THEN 'TEN' END;
        credit := random() < 0.5;
        one := tests.end_of(true, coupon, credit);
        IF one IS DISTINCT FROM tests.end_of(false, coupon, credit) THEN
            differing := differing + 1;
        END IF;
        IF one LIKE '[{%' THEN bought := bought + 1; ELSE refused := refused + 1; END IF;
    END LOOP;
    RETURN NEXT;
END $$;
SELECT t FROM tests.random_carts(60), unnest(ARRAY[is(differing, 0::bigint, '60 random carts: the same rows and errors both ways'), ok(bought > 20 AND refused > 2, 'most are bought, some are refused')]) t;

DELETE FROM wanted;
INSERT INTO wanted VALUES (1, 1), (2, 1), (3, 1);
SELECT tests.is_same('three things of two sellers');
SELECT tests.is_same('with a coupon and store credit', NULL, 'TEN', true);

-- Tables that were altered meanwhile
CREATE FUNCTION tests.altered(change text, expected text DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    BEGIN
        EXECUTE change;
        RETURN QUERY SELECT tests.is_same(change, expected);
        RAISE SQLSTATE 'ZZZZY';
    EXCEPTION WHEN SQLSTATE 'ZZZZY' THEN
        RETURN;
    END;
END $$;
CREATE FUNCTION tests.meanwhile(change text, expected text DEFAULT NULL) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.meanwhile VALUES (change);
    RETURN QUERY SELECT tests.is_same(change, expected);
    DELETE FROM pg_temp.meanwhile;
END $$;
CREATE FUNCTION tests.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.noted VALUES (concat_ws(' ', TG_NAME, TG_WHEN, TG_LEVEL, TG_OP, current_user));
    RETURN NEW;
END $$;
CREATE FUNCTION tests.note_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO pg_temp.noted SELECT TG_NAME || ' ' || count(*) FROM added;
    RETURN NULL;
END $$;
CREATE FUNCTION tests.change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.notes := 'changed'; RETURN NEW; END $$;
CREATE FUNCTION tests.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not on Sundays' USING ERRCODE = 'ZZ001', HINT = 'Come tomorrow.'; END $$;
CREATE FUNCTION tests.no_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE FUNCTION tests.rename() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.title := 'Sold: ' || OLD.quantity; RETURN NEW; END $$;
CREATE FUNCTION tests.lose_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE listings SET quantity = quantity - 1 WHERE id = NEW.listing_id; RETURN NEW; END $$;
CREATE FUNCTION tests.lose_way() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.shipping_address_id := '00000000-0000-4000-8000-000000000000'; RETURN NEW; END $$;
CREATE FUNCTION tests.fine(number numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT number > 0 $$;
-- who buys in the middle of another's checkout
CREATE FUNCTION tests.buy_too() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
    claims text := current_setting('request.jwt.claims');
BEGIN
    IF NEW.buyer_id = (SELECT buyer FROM pg_temp.people) THEN
        PERFORM tests.put(other, (SELECT id FROM pg_temp.goods WHERE n = 11), 1) FROM pg_temp.people;
        PERFORM set_config('request.jwt.claims', (SELECT jsonb_build_object('sub', other, 'role', 'authenticated')::text FROM pg_temp.people), true);
        INSERT INTO pg_temp.noted SELECT format('bought for %s', total_amount) FROM checkout((SELECT elsewhere FROM pg_temp.people));
        PERFORM set_config('request.jwt.claims', claims, true);
    END IF;
    RETURN NULL;
END $$;
GRANT USAGE ON SCHEMA tests TO PUBLIC;

-- who orders their changes wants to know: a check that fails, and one that holds
SELECT tests.altered('ALTER TABLE orders ADD CONSTRAINT cheap CHECK (total_amount < 1)', '23514 |%cheap');
SELECT tests.altered('ALTER TABLE order_items ADD CONSTRAINT cheap CHECK (unit_price < 1)', '23514 |%cheap');
SELECT tests.altered('ALTER TABLE order_status_history ADD CONSTRAINT dull CHECK (to_status = ''paid'')', '23514 |%dull');
SELECT tests.altered('ALTER TABLE outbox_events ADD CONSTRAINT still CHECK (kind = '''') NOT VALID', '23514 |%still');
SELECT tests.altered('ALTER TABLE orders ADD CONSTRAINT fine CHECK (tests.fine(total_amount))');
SELECT tests.altered('ALTER TABLE orders ADD CONSTRAINT fine CHECK (tests.fine(total_amount)); CREATE OR REPLACE FUNCTION tests.fine(number numeric) RETURNS boolean LANGUAGE sql IMMUTABLE AS ''SELECT number < 0''',
    '23514 |%fine');
SELECT tests.altered('ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_total_amount_check');
SELECT tests.altered('ALTER TABLE orders ALTER notes SET NOT NULL, ALTER payment_method_id SET NOT NULL', '23502 |%');
-- columns, defaults
SELECT tests.altered('ALTER TABLE orders ADD extra text DEFAULT ''x'', ADD stamp timestamptz DEFAULT now()');
SELECT tests.altered('CREATE SEQUENCE tests.counter; GRANT USAGE ON SEQUENCE tests.counter TO PUBLIC; ALTER TABLE order_items ADD extra bigint DEFAULT nextval(''tests.counter'') % 1');
SELECT tests.altered('ALTER TABLE orders ADD twice numeric GENERATED ALWAYS AS (total_amount * 2) STORED');
SELECT tests.altered('ALTER TABLE order_items ADD place integer GENERATED ALWAYS AS IDENTITY, ADD of_them integer DEFAULT 1; ALTER TABLE order_items DROP place');
SELECT tests.altered($$CREATE SEQUENCE tests.ids;
    CREATE FUNCTION tests.uuid_generate_v4() RETURNS uuid LANGUAGE sql SECURITY DEFINER AS 'SELECT (''00000000-0000-4000-8000-'' || lpad(nextval(''tests.ids'')::text, 12, ''0''))::uuid';
    ALTER TABLE order_items ALTER id SET DEFAULT tests.uuid_generate_v4(), ADD CHECK (id::text LIKE '00000000-0000-4000-8000-%')$$);
SELECT tests.altered('ALTER TABLE orders ALTER created_at SET DEFAULT ''2001-01-01'', ALTER metadata SET DEFAULT ''{"by": "default"}''');
SELECT tests.altered('ALTER TABLE order_items ALTER description TYPE varchar(4)', '22001 |%');
-- the default afterwards: minor versions before May 2025 try it on an empty table already
SELECT tests.altered('CREATE DOMAIN tests.note AS text CHECK (VALUE <> ''bad''); ALTER TABLE orders ADD remark tests.note, ALTER remark SET DEFAULT ''bad''', '23514 |%');
-- triggers
SELECT tests.altered('CREATE TRIGGER a_note BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.note(); CREATE TRIGGER z_note AFTER INSERT ON orders FOR EACH STATEMENT EXECUTE FUNCTION tests.note()');
SELECT tests.altered('CREATE TRIGGER a_note BEFORE INSERT ON order_items FOR EACH STATEMENT EXECUTE FUNCTION tests.note(); CREATE TRIGGER z_note AFTER INSERT ON order_items FOR EACH ROW WHEN (NEW.quantity = 1) EXECUTE FUNCTION tests.note()');
SELECT tests.altered('CREATE TRIGGER rows AFTER INSERT ON orders REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tests.note_rows()');
SELECT tests.altered('CREATE TRIGGER rows AFTER INSERT ON order_items REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tests.note_rows()');
SELECT tests.altered('CREATE CONSTRAINT TRIGGER late AFTER INSERT ON orders DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tests.note()');
SELECT tests.altered('CREATE TRIGGER a_note BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.note(); ALTER TABLE orders DISABLE TRIGGER a_note');
SELECT tests.altered('CREATE TRIGGER a_note BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.note(); ALTER TABLE orders ENABLE ALWAYS TRIGGER a_note');
SELECT tests.altered('CREATE TRIGGER a_note BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.note(); ALTER TABLE orders ENABLE REPLICA TRIGGER a_note');
SELECT tests.altered('CREATE TRIGGER change BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.change()');
SELECT tests.altered('CREATE TRIGGER refuse BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.refuse()', 'ZZ001 | not on Sundays |%');
SELECT tests.altered('CREATE TRIGGER refuse AFTER INSERT ON order_items FOR EACH ROW EXECUTE FUNCTION tests.refuse()', 'ZZ001 | not on Sundays |%');
SELECT tests.altered('CREATE TRIGGER no_row BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.no_row()', '55000 | row of table "orders" was not written |%');
SELECT tests.altered('CREATE TRIGGER no_row BEFORE INSERT ON order_items FOR EACH ROW WHEN (NEW.quantity = 1) EXECUTE FUNCTION tests.no_row()', '55000 | row of table "order_items" was not written |%');
SELECT tests.altered('CREATE TRIGGER no_row BEFORE INSERT ON outbox_events FOR EACH ROW EXECUTE FUNCTION tests.no_row()', '55000 | row of table "outbox_events" was not written |%');
SELECT tests.altered('CREATE TRIGGER buy_too AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.buy_too()');
-- what has changed since it was put into the cart
CREATE FUNCTION tests.goods_now(n integer) RETURNS uuid LANGUAGE sql AS $$ SELECT g.id FROM pg_temp.goods g WHERE g.n = goods_now.n $$;
SELECT tests.meanwhile('UPDATE listings SET status = ''archived'' WHERE id = tests.goods_now(1)', 'MK006 |%listing_unavailable%');
SELECT tests.meanwhile('UPDATE listings SET status = ''draft'' WHERE id = tests.goods_now(2)', 'MK006 |%"no longer available": listing_unavailable%');
SELECT tests.meanwhile('UPDATE listings SET quantity = 0 WHERE id = tests.goods_now(1)', 'MK%');
SELECT tests.meanwhile('UPDATE cart_items SET quantity = 7', 'MK003 |%(requested 7, available 2)%');
SELECT tests.meanwhile('UPDATE cart_items SET is_picked_up = true', 'MK006 |%pickup_unavailable%');
SELECT tests.meanwhile('UPDATE listings SET shipping_info = ''{"cost": 3, "pickup": true, "further": 1, "days": [2, 3]}''; UPDATE cart_items SET is_picked_up = true');
SELECT tests.meanwhile('UPDATE listings SET shipping_info = ''{"cost": 3, "countries": ["XK"]}'' WHERE id = tests.goods_now(3)', 'MK006 |%not_shipped_there%');
SELECT tests.meanwhile('UPDATE profiles SET suspended_at = now() FROM listings l WHERE l.id = tests.goods_now(3) AND profiles.id = l.seller_id', 'MK006 |%seller_unavailable%');
SELECT tests.meanwhile('INSERT INTO user_blocks SELECT l.seller_id, buyer FROM listings l, pg_temp.people WHERE l.id = tests.goods_now(3)', 'MK006 |%seller_unavailable%');
SELECT tests.meanwhile('INSERT INTO user_blocks SELECT buyer, l.seller_id FROM listings l, pg_temp.people WHERE l.id = tests.goods_now(1)', 'MK006 |%seller_unavailable%');
SELECT tests.meanwhile('INSERT INTO user_blocks SELECT buyer, other FROM pg_temp.people; INSERT INTO user_blocks SELECT other, buyer FROM pg_temp.people');
SELECT tests.meanwhile('UPDATE listings SET seller_id = buyer FROM pg_temp.people WHERE listings.id = tests.goods_now(1)', 'MK006 |%own_listing%');
SELECT tests.meanwhile('SELECT tests.kind_of(tests.goods_now(1), ''red'', 9.5, 3)', 'MK006 |%variant_unavailable%');
SELECT tests.meanwhile('UPDATE listings SET image_urls = ''["https://x.example/1.webp"]'', description = repeat(''long '', 3000), brand = ''B'', size = ''S'', color = NULL, condition = ''good''');
SELECT tests.meanwhile('UPDATE listings SET image_urls = ''[{"medium": "https://x.example/m.webp", "thumb": "t"}, "2"]'', images = ''["3"]''');
SELECT tests.meanwhile('UPDATE listings SET image_urls = ''[{"large": 1}]'', images = ''[{"url": "https://x.example/u.webp"}]'', category_id = NULL, subcategory_id = NULL');
SELECT tests.meanwhile('UPDATE listings SET image_urls = NULL, images = ''["https://x.example/i.webp"]'', shipping_info = NULL, currency = ''EUR''');
SELECT tests.meanwhile('INSERT INTO tax_rates (country_code, name, percent) VALUES (''US'', ''Tax'', 10); INSERT INTO commission_rules (id, name, percent) VALUES (''00000000-0000-4000-8000-000000000003'', ''Rule'', 3)');
SELECT tests.meanwhile('DELETE FROM cart_items', 'MK006 | cart is empty%');
SELECT tests.altered('CREATE TRIGGER stay BEFORE DELETE ON cart_items FOR EACH ROW WHEN (current_user = ''driplo_owner'') EXECUTE FUNCTION tests.no_row()', '%');
SELECT tests.altered('CREATE TRIGGER z_note AFTER DELETE ON cart_items FOR EACH ROW WHEN (current_user = ''driplo_owner'') EXECUTE FUNCTION tests.note(); CREATE TRIGGER a_note BEFORE DELETE ON cart_items FOR EACH STATEMENT WHEN (current_user = ''driplo_owner'') EXECUTE FUNCTION tests.note()');
SELECT tests.altered('CREATE TRIGGER rows AFTER DELETE ON cart_items REFERENCING OLD TABLE AS added FOR EACH STATEMENT WHEN (current_user = ''driplo_owner'') EXECUTE FUNCTION tests.note_rows()');
SELECT tests.altered('CREATE TRIGGER refuse AFTER DELETE ON cart_items FOR EACH ROW WHEN (current_user = ''driplo_owner'') EXECUTE FUNCTION tests.refuse()', 'ZZ001 | not on Sundays |%');
SELECT tests.altered('CREATE RULE stay AS ON DELETE TO cart_items WHERE current_user = ''driplo_owner'' DO INSTEAD NOTHING', '%');
SELECT tests.altered('ALTER TABLE cart_items FORCE ROW LEVEL SECURITY');
SELECT tests.altered('CREATE TABLE tests.more_rates () INHERITS (tax_rates); INSERT INTO tests.more_rates (country_code, name, percent) VALUES (''US'', ''Tax'', 5)');
-- what is left of the stock
SELECT tests.altered('ALTER TABLE listings ADD CONSTRAINT many CHECK (title <> ''Goods 1'' OR quantity > 1000) NOT VALID', '23514 |%many');
SELECT tests.altered('CREATE TRIGGER a_note BEFORE UPDATE OF quantity ON listings FOR EACH ROW EXECUTE FUNCTION tests.note(); CREATE TRIGGER b_note BEFORE UPDATE OF title ON listings FOR EACH ROW EXECUTE FUNCTION tests.note()');
SELECT tests.altered('CREATE TRIGGER z_note AFTER UPDATE OF status ON listings FOR EACH ROW WHEN (OLD.quantity IS DISTINCT FROM NEW.quantity) EXECUTE FUNCTION tests.note(); CREATE TRIGGER a_note BEFORE UPDATE OF price ON listings FOR EACH STATEMENT EXECUTE FUNCTION tests.note()');
SELECT tests.altered('CREATE TRIGGER rows AFTER UPDATE ON listings REFERENCING OLD TABLE AS gone NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tests.note_rows(); CREATE TRIGGER a_note BEFORE UPDATE ON listings FOR EACH STATEMENT EXECUTE FUNCTION tests.note()');
SELECT tests.altered('CREATE TRIGGER rename BEFORE UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION tests.rename(); CREATE TRIGGER z_note AFTER UPDATE ON listings FOR EACH ROW WHEN (NEW.title LIKE ''Sold: %'') EXECUTE FUNCTION tests.note()');
SELECT tests.altered('CREATE TRIGGER refuse BEFORE UPDATE OF quantity ON listings FOR EACH ROW EXECUTE FUNCTION tests.refuse()', 'ZZ001 | not on Sundays |%');
SELECT tests.altered('CREATE TRIGGER refuse AFTER UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION tests.refuse()', 'ZZ001 | not on Sundays |%');
SELECT tests.altered('CREATE TRIGGER no_row BEFORE UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION tests.no_row()', '55000 | row of table "listings" was not written |%');
SELECT tests.altered('CREATE TRIGGER lose_one BEFORE INSERT ON order_items FOR EACH ROW EXECUTE FUNCTION tests.lose_one()', '%');
SELECT tests.altered('ALTER TABLE listings ADD twice integer GENERATED ALWAYS AS (quantity * 2) STORED');
SELECT tests.altered('ALTER TABLE listings FORCE ROW LEVEL SECURITY');
SELECT tests.altered('CREATE UNIQUE INDEX ON listings (seller_id) WHERE status = ''reserved''', '%');
SELECT tests.altered('CREATE INDEX ON listings USING brin (quantity); CREATE INDEX ON orders USING brin (total_amount)');
SELECT tests.altered('REINDEX TABLE listings; REINDEX TABLE order_items');
SELECT tests.altered('CREATE TABLE tests.more_listings () INHERITS (listings)');
SELECT tests.altered('CREATE RULE too AS ON UPDATE TO listings DO ALSO INSERT INTO pg_temp.noted VALUES (''by rule'')');
SELECT tests.altered('ALTER TABLE listings REPLICA IDENTITY NOTHING; CREATE PUBLICATION all_of_it FOR TABLE listings', '55000 | cannot update table "listings"%');
-- what rows refer to
SELECT tests.altered('CREATE TRIGGER lose_way BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.lose_way()', '23503 |%orders_shipping_address_id_fkey');
SELECT tests.altered('CREATE TRIGGER lose_way BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.lose_way(); CREATE TRIGGER refuse AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.refuse()', '23503 |%');
SELECT tests.altered('CREATE TRIGGER lose_way BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.lose_way(); CREATE TRIGGER "A" AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.refuse()', 'ZZ001 | not on Sundays |%');
SELECT tests.altered('CREATE TABLE tests.shops (id uuid PRIMARY KEY); ALTER TABLE orders ADD shop uuid DEFAULT ''00000000-0000-4000-8000-000000000001'', ADD FOREIGN KEY (shop) REFERENCES tests.shops NOT VALID; GRANT ALL ON tests.shops TO PUBLIC', '23503 |%shop%');
SELECT tests.altered('CREATE TABLE tests.shops (id uuid PRIMARY KEY); INSERT INTO tests.shops VALUES (''00000000-0000-4000-8000-000000000001''); ALTER TABLE orders ADD shop uuid DEFAULT ''00000000-0000-4000-8000-000000000001'', ADD FOREIGN KEY (shop) REFERENCES tests.shops NOT VALID; GRANT ALL ON tests.shops TO PUBLIC');
SELECT tests.altered('CREATE TABLE tests.shops (id uuid PRIMARY KEY); ALTER TABLE orders ADD shop uuid DEFAULT ''00000000-0000-4000-8000-000000000001'', ADD FOREIGN KEY (shop) REFERENCES tests.shops DEFERRABLE INITIALLY DEFERRED NOT VALID; GRANT ALL ON tests.shops TO PUBLIC', '23503 |%shop%');
SELECT tests.altered('CREATE TABLE tests.shops (id uuid, name text, PRIMARY KEY (id, name)); ALTER TABLE orders ADD shop uuid DEFAULT ''00000000-0000-4000-8000-000000000001'', ADD shop_name text DEFAULT ''x'', ADD FOREIGN KEY (shop, shop_name) REFERENCES tests.shops NOT VALID; GRANT ALL ON tests.shops TO PUBLIC', '23503 |%shop%');
-- rows that are not where they were found, and keys that change
CREATE FUNCTION tests.other_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.id := '00000000-0000-4000-8000-000000000009'; RETURN NEW; END $$;
CREATE FUNCTION tests.other_seller() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.seller_id := '00000000-0000-4000-8000-000000000009'; RETURN NEW; END $$;
CREATE FUNCTION tests.move_all() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE profiles SET bio = 'moved';
    UPDATE shipping_addresses SET phone = '+1';
    UPDATE listings SET title = title || '!' WHERE id IN (SELECT id FROM pg_temp.goods);
    RETURN NEW;
END $$;
CREATE FUNCTION tests.lose_order() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$ BEGIN DELETE FROM orders WHERE id = (to_jsonb(NEW) ->> TG_ARGV[0])::uuid; RETURN NEW; END $$;
CREATE FUNCTION tests.try_in_vain() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE listings SET quantity = quantity + 5 WHERE id IN (SELECT id FROM pg_temp.goods);
    DELETE FROM cart_items;
    RAISE EXCEPTION 'in vain';
EXCEPTION WHEN raise_exception THEN
    RETURN NEW;
END $$;
SELECT tests.altered('CREATE TRIGGER other_key BEFORE UPDATE ON listings FOR EACH ROW WHEN (OLD.title = ''Goods 1'') EXECUTE FUNCTION tests.other_key()', '23503 |%listing_search_listing_id_fkey');
SELECT tests.altered('CREATE TRIGGER other_seller BEFORE UPDATE ON listings FOR EACH ROW EXECUTE FUNCTION tests.other_seller()', '23503 |%listings_seller_id_fkey');
SELECT tests.altered('CREATE TABLE tests.shelves (listing uuid REFERENCES listings ON UPDATE CASCADE); INSERT INTO tests.shelves SELECT id FROM pg_temp.goods; ALTER TABLE order_items DROP CONSTRAINT order_items_listing_id_fkey CASCADE; CREATE TRIGGER other_key BEFORE UPDATE ON listings FOR EACH ROW WHEN (OLD.title = ''Goods 1'') EXECUTE FUNCTION tests.other_key(); CREATE TRIGGER z_note AFTER UPDATE ON tests.shelves FOR EACH ROW EXECUTE FUNCTION tests.note()', '%');
SELECT tests.altered('CREATE TRIGGER move_all BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.move_all()');
SELECT tests.altered('CREATE TRIGGER "A" AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.move_all()');
SELECT tests.altered('CREATE TRIGGER move_all BEFORE INSERT ON order_items FOR EACH ROW EXECUTE FUNCTION tests.move_all()');
SELECT tests.altered('CREATE TRIGGER move_all AFTER INSERT ON order_items FOR EACH ROW EXECUTE FUNCTION tests.move_all()');
SELECT tests.altered('CREATE TRIGGER lose_order BEFORE INSERT ON order_items FOR EACH ROW EXECUTE FUNCTION tests.lose_order(''order_id'')', '23503 |%');
SELECT tests.altered('CREATE TRIGGER lose_order BEFORE INSERT ON order_items FOR EACH ROW WHEN (NEW.title = ''Goods 1'') EXECUTE FUNCTION tests.lose_order(''order_id'')', '23503 |%');
SELECT tests.altered('CREATE TRIGGER lose_order BEFORE INSERT ON order_items FOR EACH ROW WHEN (NEW.title = ''Goods 2'') EXECUTE FUNCTION tests.lose_order(''order_id'')', '23503 |%');
SELECT tests.altered('CREATE TRIGGER "A" AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.lose_order(''id'')', '%');
SELECT tests.altered('CREATE TRIGGER try_in_vain BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.try_in_vain()');
SELECT tests.altered('CREATE TRIGGER try_in_vain BEFORE INSERT ON order_items FOR EACH ROW EXECUTE FUNCTION tests.try_in_vain(); CREATE TRIGGER "A" AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION tests.try_in_vain()');
SELECT tests.meanwhile('CREATE TEMP TABLE kept ON COMMIT DROP AS TABLE cart_items; TRUNCATE cart_items; INSERT INTO cart_items SELECT * FROM kept; DROP TABLE kept');
SELECT tests.meanwhile('TRUNCATE cart_items', 'MK006 | cart is empty%');
-- how often
SELECT tests.altered('SET LOCAL driplo.rate_limits = on');
SELECT tests.altered('SET LOCAL driplo.rate_limits = on; INSERT INTO rate_limits SELECT ''driplo.checkouts:'' || buyer, statement_timestamp() + interval ''30 seconds'' FROM pg_temp.people');
SELECT tests.altered('SET LOCAL driplo.rate_limits = on; INSERT INTO rate_limits SELECT ''driplo.checkouts:'' || buyer, statement_timestamp() - interval ''1 day'' FROM pg_temp.people');
SELECT tests.altered('SET LOCAL driplo.rate_limits = on; INSERT INTO rate_limits SELECT ''driplo.checkouts:'' || buyer, statement_timestamp() + interval ''90 seconds'' FROM pg_temp.people', 'MK% | rate limit for checkouts exceeded |%');
SELECT tests.altered('SET LOCAL driplo.rate_limits = on; INSERT INTO rate_limits SELECT ''driplo.checkouts:'' || buyer, statement_timestamp() + interval ''1 day'' FROM pg_temp.people');
SELECT tests.altered('SET LOCAL driplo.rate_limits = on; INSERT INTO rate_limit_rules VALUES (''checkouts'', 7, 13) ON CONFLICT (action) DO UPDATE SET most = 7, window_seconds = 13; INSERT INTO rate_limits SELECT ''driplo.checkouts:'' || buyer, statement_timestamp() + interval ''2 seconds'' FROM pg_temp.people');
SELECT tests.altered('SET LOCAL driplo.rate_limits = on; INSERT INTO rate_limit_rules VALUES (''checkouts'', NULL, NULL, false) ON CONFLICT (action) DO UPDATE SET enabled = false; INSERT INTO rate_limits SELECT ''driplo.checkouts:'' || buyer, statement_timestamp() + interval ''2 seconds'' FROM pg_temp.people');
-- indexes, rules, policies, replication
SELECT tests.altered('CREATE UNIQUE INDEX ON order_items (left(title, 5))', '23505 |%');
SELECT tests.altered('CREATE INDEX ON orders (lower(notes)) WHERE notes IS NOT NULL; CREATE INDEX ON orders USING gin (metadata); CREATE INDEX ON orders USING hash (notes)');
SELECT tests.altered('ALTER TABLE order_items ADD CONSTRAINT late UNIQUE (title) DEFERRABLE INITIALLY DEFERRED');
SELECT tests.altered('ALTER TABLE order_items ADD CONSTRAINT apart EXCLUDE USING gist (tstzrange(created_at, created_at, ''[]'') WITH &&)', '23P01 |%');
SELECT tests.altered('REINDEX TABLE orders');
SELECT tests.altered('CREATE RULE too AS ON INSERT TO orders DO ALSO INSERT INTO pg_temp.noted VALUES (''by rule'')');
SELECT tests.altered('ALTER TABLE orders FORCE ROW LEVEL SECURITY');
SELECT tests.altered('ALTER TABLE orders FORCE ROW LEVEL SECURITY; CREATE POLICY everything ON orders USING (true) WITH CHECK (true)');
SELECT tests.altered('ALTER TABLE order_items OWNER TO postgres', '42501 |%');
SELECT tests.altered('CREATE TABLE tests.child () INHERITS (orders)');
SELECT tests.altered('SET LOCAL session_replication_role = replica');
SELECT tests.is_same('as it was');
-- last: a kept plan of a statement that a rule has left nothing of is not planned again by the server when the rule is gone
SELECT tests.altered('CREATE RULE not_so AS ON INSERT TO order_items DO INSTEAD NOTHING', '55000 |%');

SELECT is(set_config('driplo.direct_writes', 'on', true), 'on', 'who owns the server sets it');
SELECT tests.log_in(:'buyer') \g /dev/null
SELECT throws_ok('SET driplo.direct_writes = off', '42501', NULL, 'users do not');
SELECT tests.log_out() \g /dev/null

SELECT * FROM finish();
ROLLBACK;
