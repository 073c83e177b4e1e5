-- Errors that are caught leave nothing behind, however many there are.
SELECT plan(21);

CREATE PROCEDURE catch(statement text, times integer) LANGUAGE plpgsql AS $$
BEGIN
    FOR i IN 1..times LOOP
        BEGIN
            EXECUTE statement;
        EXCEPTION WHEN OTHERS THEN
            NULL;
        END;
    END LOOP;
END $$;
CREATE FUNCTION context_memory() RETURNS bigint LANGUAGE sql AS $$ SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts $$;

CREATE TABLE counted (id integer PRIMARY KEY);
INSERT INTO counted VALUES (1);
CREATE TEMP TABLE failing (kind text, statement text);
INSERT INTO failing VALUES
    ('error of driplo', $$SELECT boundary_throw('core')$$),
    ('std::runtime_error', $$SELECT boundary_throw('runtime')$$),
    ('std::bad_alloc', $$SELECT boundary_throw('bad_alloc')$$),
    ('int', $$SELECT boundary_throw('int')$$),
    ('unique violation under C++', $$SELECT boundary_run('INSERT INTO counted VALUES (1)')$$),
    ('RAISE under two levels of C++', $$SELECT boundary_run('SELECT boundary_run(''DO $do$BEGIN RAISE EXCEPTION $m$no$m$; END$do$'')')$$),
    ('error of driplo under C++', $$SELECT boundary_run('SELECT boundary_throw(''core'')')$$);
CREATE TEMP TABLE measured (kind text, contexts bigint, memory bigint, live integer);

-- The first round fills the caches, the last one must find everything as it was. A leak of a hundred bytes
-- an error would be two megabytes; up to 0.9 MB the server keeps of contexts that are deleted.
DO $$
DECLARE
    failing record;
    contexts bigint;
    memory bigint;
BEGIN
    FOR failing IN SELECT * FROM pg_temp.failing LOOP
        CALL catch(failing.statement, 2000);
        contexts := context_memory();
        memory := boundary_allocated();
        CALL catch(failing.statement, 20000);
        INSERT INTO measured VALUES (failing.kind, context_memory() - contexts, boundary_allocated() - memory, boundary_live_objects());
    END LOOP;
END $$;
SELECT cmp_ok(contexts, '<', 200000::bigint, format('20,000 times %s leave nothing in a memory context', kind)) FROM measured;
SELECT cmp_ok(memory, '<', 1500000::bigint, format('20,000 times %s leave nothing in the backend''s memory', kind)) FROM measured;
SELECT is(live, 0, format('20,000 times %s destroy every object', kind)) FROM measured;

SELECT * FROM finish();
