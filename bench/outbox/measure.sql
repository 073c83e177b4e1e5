-- How the outbox is measured: what an event adds to what happens, and how fast events are delivered.
CREATE EXTENSION pg_walinspect;

CREATE TABLE bench.costs (what text, bytes numeric, of_outbox numeric, microseconds double precision);
-- One by one as users. Of each: bytes of WAL, those of the outbox's table, index and sequence, and microseconds of processor time. The first fifth makes plans.
CREATE PROCEDURE bench.time_events(what text, statement text, as_role text, first integer, last integer) LANGUAGE plpgsql AS $$
DECLARE
    place pg_lsn;
    since double precision;
    took double precision;
    files text;
BEGIN
    SELECT string_agg(format('/%s fork', pg_relation_filenode(c.oid)), '|') INTO files FROM pg_class c
     WHERE c.oid IN ('outbox_events'::regclass, 'outbox_events_pkey'::regclass, 'outbox_events_id_seq'::regclass);
    FOR i IN first..last LOOP
        PERFORM set_config('request.jwt.claim.sub', CASE as_role WHEN 'authenticated' THEN bench.id('buyer', i)::text ELSE '' END, false);
        PERFORM set_config('role', as_role, false);
        place := pg_current_wal_insert_lsn();
        since := bench.exact_time();
        EXECUTE statement USING i;
        took := bench.exact_time() - since;
        RESET ROLE;
        COMMIT;
        IF i >= first + (last - first) / 5 THEN
            INSERT INTO bench.costs
            SELECT what, sum(w.record_length), coalesce(sum(w.record_length) FILTER (WHERE w.block_ref ~ files), 0), took
              FROM pg_get_wal_records_info(place, pg_current_wal_flush_lsn()) w;
            COMMIT;
        END IF;
    END LOOP;
END $$;

-- The statement of an event, as the triggers run it: its plan is kept. The middle of portions of a hundred.
CREATE PROCEDURE bench.time_kept_statement(portions integer) LANGUAGE plpgsql AS $$
DECLARE
    since double precision;
BEGIN
    FOR portion IN 1..portions LOOP
        since := bench.exact_time();
        FOR i IN 1..100 LOOP
            INSERT INTO outbox_events (kind, subject_id, actor_id) VALUES ('message.sent', bench.id('talk', i), bench.id('buyer', i));
        END LOOP;
        INSERT INTO bench.costs VALUES ('an event alone', 0, 0, (bench.exact_time() - since) / 100);
        COMMIT;
    END LOOP;
END $$;

-- What comes in a busy hour, in that mixture
CREATE PROCEDURE bench.add_events(n integer) LANGUAGE sql AS $$
    INSERT INTO outbox_events (kind, subject_id, actor_id)
    SELECT k.kind, CASE split_part(k.kind, '.', 1) WHEN 'order' THEN bench.id('order', 1 + i % s.orders) WHEN 'follow' THEN bench.id('seller', 1 + i % s.sellers) ELSE bench.id('listing', 1 + i % s.listings) END,
           bench.id('buyer', 1 + i % s.buyers)
      FROM generate_series(1, n) i
     CROSS JOIN (SELECT max(setting::integer) FILTER (WHERE name = 'orders') AS orders, max(setting::integer) FILTER (WHERE name = 'sellers') AS sellers,
                        max(setting::integer) FILTER (WHERE name = 'listings') AS listings, max(setting::integer) FILTER (WHERE name = 'buyers') AS buyers FROM bench.setting) s
     CROSS JOIN LATERAL (SELECT (ARRAY['order.created', 'order.paid', 'order.shipped', 'favorite.added', 'follow.added', 'listing.published'])[1 + i % 6] AS kind) k
$$;

CREATE TABLE bench.delivered (what text, events integer, seconds double precision, processor_seconds double precision);
-- Until none waits.
CREATE PROCEDURE bench.deliver(what text) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz := clock_timestamp();
    since double precision := bench.processor_time();
    events integer := 0;
    n integer;
BEGIN
    LOOP
        n := deliver_events(500);
        COMMIT;
        EXIT WHEN n = 0;
        events := events + n;
    END LOOP;
    INSERT INTO bench.delivered VALUES (what, events, extract(epoch FROM clock_timestamp() - began), (bench.processor_time() - since) / 1e6);
END $$;

-- 500 events come and are delivered, again and again: milliseconds of each batch.
CREATE TABLE bench.batches (n serial, ms double precision);
CREATE PROCEDURE bench.come_and_go(batches integer) LANGUAGE plpgsql AS $$
DECLARE
    began timestamptz;
BEGIN
    FOR i IN 1..batches LOOP
        CALL bench.add_events(500);
        COMMIT;
        began := clock_timestamp();
        WHILE deliver_events(500) > 0 LOOP
            COMMIT;
        END LOOP;
        INSERT INTO bench.batches (ms) VALUES (extract(epoch FROM clock_timestamp() - began) * 1000);
        COMMIT;
    END LOOP;
END $$;
