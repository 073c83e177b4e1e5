-- What the ten reads need beside the shop, and a function for each, so that their plans are kept.
SET session_replication_role = replica;
INSERT INTO favorites (user_id, listing_id) SELECT bench.id('buyer', b), bench.id('listing', 1 + (b * 7 + n * 13) % :listings) FROM generate_series(1, :buyers) b, generate_series(1, 10) n ON CONFLICT DO NOTHING;
INSERT INTO conversations (id, buyer_id, seller_id, is_direct) SELECT bench.id('talk', b), bench.id('buyer', b), bench.id('seller', 1 + b % :sellers), true FROM generate_series(1, :buyers) b;
INSERT INTO messages (conversation_id, sender_id, content, created_at) SELECT bench.id('talk', b), bench.id('buyer', b), 'Is it still there? ' || n, now() - n * interval '1 minute' FROM generate_series(1, :buyers) b, generate_series(1, 10) n;
INSERT INTO notifications (user_id, type, title, message, is_read) SELECT bench.id('buyer', b), 'new_message', 'A message', 'A seller has written.', n > 3 FROM generate_series(1, :buyers) b, generate_series(1, 10) n;
RESET session_replication_role;
CALL bench.fill_carts('public', 1, :buyers, 3);
VACUUM ANALYZE;
\ir ../../test/fixtures/frequent_reads.sql
SELECT format('CREATE FUNCTION bench.read_%s(uuid, uuid, uuid, uuid, uuid, uuid, times integer) RETURNS void LANGUAGE plpgsql AS $f$ DECLARE found record; BEGIN FOR i IN 1..times LOOP FOR found IN %s LOOP END LOOP; END LOOP; END $f$', number, statement)
  FROM frequent_reads \gexec
GRANT USAGE ON SCHEMA bench TO PUBLIC;
CREATE TABLE bench.times (number integer, role text, microseconds double precision);
CREATE PROCEDURE bench.measure_reads(rounds integer, times integer) LANGUAGE plpgsql AS $$
DECLARE
    sought record;
    since double precision;
    role text;
BEGIN
    SELECT b.user_id AS buyer, l.id AS listing, l.seller_id AS seller, o.id AS shop_order, t.id AS talk, l.category_id AS category INTO sought
      FROM shopping_carts b JOIN orders o ON o.buyer_id = b.user_id JOIN conversations t ON t.buyer_id = b.user_id CROSS JOIN listings l LIMIT 1;
    FOR round IN 0..rounds LOOP
        FOR number IN 1..10 LOOP
            FOREACH role IN ARRAY ARRAY['driplo_owner', 'authenticated'] LOOP
                PERFORM set_config('request.jwt.claims', jsonb_build_object('sub', sought.buyer, 'role', 'authenticated')::text, true), set_config('role', role, true);
                since := bench.exact_time();
                EXECUTE format('SELECT bench.read_%s($1, $2, $3, $4, $5, $6, $7)', number)
                  USING sought.buyer, sought.listing, sought.seller, sought.shop_order, sought.talk, sought.category, times;
                since := bench.exact_time() - since;
                PERFORM set_config('role', 'none', true);
                IF round > 0 THEN
                    INSERT INTO bench.times VALUES (number, role, since / times);
                END IF;
            END LOOP;
        END LOOP;
    END LOOP;
END $$;
