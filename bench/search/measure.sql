-- How the search is measured: processor time of each call, its results beside those of the query that was meant, and what writes take.

-- One of five kinds of filters, with values that depend on the number.
CREATE FUNCTION bench.filter(kind text, number integer) RETURNS jsonb LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT CASE kind
        WHEN 'none' THEN '{}'::jsonb
        WHEN 'root category' THEN jsonb_build_object('category', (SELECT id FROM bench.new_categories WHERE parent_id IS NULL ORDER BY md5(id::text || number) LIMIT 1))
        WHEN 'leaf and price' THEN jsonb_build_object('category', (SELECT id FROM bench.new_categories WHERE parent_id IS NOT NULL ORDER BY md5(id::text || number) LIMIT 1),
            'price_min', 5 + number % 20, 'price_max', 40 + number % 200)
        WHEN 'size, color, condition' THEN jsonb_build_object('sizes', jsonb_build_array((ARRAY['M', 'S', 'L', '38', '40'])[1 + number % 5]),
            'colors', jsonb_build_array((ARRAY['black', 'white', 'blue', 'red'])[1 + number % 4]), 'conditions', '["new", "like_new"]'::jsonb)
        WHEN 'brand and category' THEN jsonb_build_object('brands', jsonb_build_array((ARRAY['Nike', 'Adidas', 'Zara', 'H&M', 'Mango', 'Puma'])[1 + number % 6]),
            'category', (SELECT id FROM bench.new_categories WHERE parent_id IS NULL ORDER BY md5(id::text || number) LIMIT 1))
    END
$$;

-- Each call by itself; the first ones of a session are not counted.
CREATE PROCEDURE bench.time_calls(side_name text, statement text, calls bigint, filter_name text, queries_of text[]) LANGUAGE plpgsql AS $$
DECLARE
    asked record;
    conditions jsonb;
    since double precision;
    took double precision;
BEGIN
    FOR asked IN
        SELECT q.*, row_number() OVER (ORDER BY q.kind, q.number) AS position
          FROM (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY number) AS n FROM bench.asked WHERE kind = ANY (queries_of)) q
         WHERE q.n <= calls
         ORDER BY position
    LOOP
        conditions := bench.filter(filter_name, asked.number);
        IF asked.position = 1 THEN
            FOR warm IN 1..5 LOOP
                EXECUTE statement USING asked.query, conditions;
            END LOOP;
        END IF;
        since := bench.exact_time();
        EXECUTE statement USING asked.query, conditions;
        took := bench.exact_time() - since;
        INSERT INTO bench.times VALUES (side_name, asked.kind, filter_name, took);
        COMMIT;
    END LOOP;
END $$;

-- How much of what the query without mistakes finds first, the query with them finds first too.
CREATE PROCEDURE bench.compare_results(side_name text, statement text, calls bigint, queries_from regclass) LANGUAGE plpgsql AS $$
DECLARE
    asked record;
    wanted uuid[];
    got uuid[];
BEGIN
    FOR asked IN EXECUTE format('SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY kind ORDER BY number) AS n FROM %s WHERE meant <> %L) q WHERE n <= $1', queries_from, '') USING calls LOOP
        EXECUTE statement INTO wanted USING asked.meant;
        CONTINUE WHEN wanted IS NULL;
        EXECUTE statement INTO got USING asked.query;
        INSERT INTO bench.found VALUES (side_name, asked.kind, 1,
            (SELECT count(*) FROM unnest(wanted) w WHERE w = ANY (got)) / cardinality(wanted)::double precision, (got IS NULL)::integer);
        COMMIT;
    END LOOP;
END $$;

CREATE PROCEDURE bench.build_index() LANGUAGE plpgsql AS $$
DECLARE
    since double precision := bench.processor_time();
BEGIN
    WHILE reindex_search(10000000) > 0 LOOP
        COMMIT;
    END LOOP;
    INSERT INTO bench.facts VALUES ('the index, processor time in s', round(((bench.processor_time() - since) / 1e6)::numeric, 1)::text);
END $$;

CREATE PROCEDURE bench.build_dictionary() LANGUAGE plpgsql AS $$
DECLARE
    since double precision := bench.processor_time();
BEGIN
    PERFORM refresh_search_words();
    INSERT INTO bench.facts VALUES ('the dictionary, processor time in s', round(((bench.processor_time() - since) / 1e6)::numeric, 1)::text);
END $$;

-- Words of the dictionary, each as a whole search: it has to stay what was typed.
CREATE FUNCTION bench.known_words(many bigint) RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $$
    SELECT word FROM search_words ORDER BY md5(word) LIMIT many
$$;
CREATE PROCEDURE bench.ask_known_words(many bigint) LANGUAGE sql AS $$
    INSERT INTO bench.facts
    SELECT f.* FROM (
        SELECT count(*) AS asked, count(search_summary(word) ->> 'corrected_query') AS changed FROM bench.known_words(many) AS word
    ) w, LATERAL (VALUES ('known words asked', w.asked::text), ('known words that were changed', w.changed::text)) f
$$;

-- Writes of one kind, a listing each: bytes of WAL and microseconds of processor time. The first tenth makes plans and is not counted.
CREATE TABLE bench.writes (what text, indexed boolean, bytes numeric, microseconds double precision);
CREATE PROCEDURE bench.time_writes(what text, statement text, as_role text, first integer, last integer) LANGUAGE plpgsql AS $$
DECLARE
    since double precision;
    place pg_lsn;
    written numeric;
    listing uuid;
    is_indexed boolean := EXISTS (SELECT FROM pg_trigger WHERE tgrelid = 'listings'::regclass AND tgfoid = 'private.index_listings'::regproc AND tgenabled <> 'D');
BEGIN
    FOR i IN first..last LOOP
        listing := bench.id('listing', i);
        PERFORM set_config('request.jwt.claim.sub', CASE WHEN as_role = 'authenticated' THEN bench.id('buyer', i)::text ELSE '' END, false);
        PERFORM set_config('role', as_role, false);
        place := pg_current_wal_insert_lsn();
        since := bench.exact_time();
        EXECUTE statement USING listing, i;
        since := bench.exact_time() - since;
        written := pg_current_wal_insert_lsn() - place;
        RESET ROLE;
        IF i >= first + (last - first) / 10 THEN
            INSERT INTO bench.writes VALUES (what, is_indexed, written, since);
        END IF;
        COMMIT;
    END LOOP;
END $$;

CREATE PROCEDURE bench.index_writes(yes boolean) LANGUAGE plpgsql AS $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'listings'::regclass AND tgfoid = 'private.index_listings'::regproc LOOP
        EXECUTE format('ALTER TABLE listings %s TRIGGER %I', CASE WHEN yes THEN 'ENABLE' ELSE 'DISABLE' END, name);
    END LOOP;
END $$;
