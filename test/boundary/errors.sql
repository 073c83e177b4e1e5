-- What arrives in SQL when C++ raises, and when the server raises under C++.
SELECT plan(54);

-- Everything that a caught error says, as one row.
CREATE FUNCTION caught(statement text, OUT state text, OUT message text, OUT detail text, OUT hint text, OUT context text,
                       OUT schema_name text, OUT table_name text, OUT column_name text, OUT constraint_name text)
    LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE statement;
    state := 'no error';
EXCEPTION WHEN query_canceled OR assert_failure OR OTHERS THEN
    GET STACKED DIAGNOSTICS
        state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
        context = PG_EXCEPTION_CONTEXT, schema_name = SCHEMA_NAME, table_name = TABLE_NAME, column_name = COLUMN_NAME,
        constraint_name = CONSTRAINT_NAME;
END $$;
-- The part that must be the same however deep the error was raised.
CREATE FUNCTION essence(statement text) RETURNS text[] LANGUAGE sql AS $$
    SELECT ARRAY[e.state, e.message, e.detail, e.hint, e.schema_name, e.table_name, e.column_name, e.constraint_name] FROM caught(statement) e
$$;

-- Errors of C++
SELECT is(essence($$SELECT boundary_throw('core')$$),
          ARRAY['MK003', 'a message with 100 %s of "quotes"', 'A detail with 5 % of it.', 'A hint with %n.', '', '', '', ''],
          'an error of driplo arrives with SQLSTATE, message, detail and hint');
SELECT is(essence($$SELECT boundary_throw('core_bare')$$), ARRAY['22023', 'nothing but a message', '', '', '', '', '', ''],
          'without detail and hint when it has none');
SELECT is(essence($$SELECT boundary_throw('runtime')$$), ARRAY['XX000', 'a runtime error with 100 %s', '', '', '', '', '', ''],
          'a std::exception arrives as an internal error with its text');
SELECT is(essence($$SELECT boundary_throw('bad_alloc')$$), ARRAY['53200', 'out of memory', '', '', '', '', '', ''],
          'std::bad_alloc arrives as out of memory');
SELECT is(essence($$SELECT boundary_throw('int')$$), ARRAY['XX000', 'unknown C++ exception', '', '', '', '', '', ''],
          'anything else that is thrown arrives as an internal error');
SELECT is(essence($$SELECT boundary_throw('nothing')$$), ARRAY['no error', NULL, NULL, NULL, NULL, NULL, NULL, NULL],
          'nothing thrown, nothing raised');
SELECT is((caught($$SELECT boundary_throw('core_long')$$)).message, 'a' || repeat('€', 2730),
          'a message that is too long ends at a whole character');
SELECT is((caught($$SELECT boundary_throw('core_long')$$)).hint, 'a' || repeat('€', 2730), 'so does a hint');
SELECT is(boundary_live_objects(), 0, 'and every object that was alive is destroyed');

-- Errors of the server under live C++ objects, each compared with the same statement run directly
CREATE TABLE thing (
    id integer CONSTRAINT thing_has_one_id PRIMARY KEY,
    name text NOT NULL,
    size integer CONSTRAINT thing_has_a_size CHECK (size > 0),
    parent integer CONSTRAINT thing_has_a_parent REFERENCES thing (id)
);
INSERT INTO thing VALUES (1, 'first', 1, NULL);
CREATE FUNCTION complain(what text) RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'I complain about %', what
        USING ERRCODE = 'MK777', DETAIL = 'It is % broken.', HINT = 'Mend it %s.', CONSTRAINT = 'a_constraint', TABLE = 'a_table';
END $$;

CREATE TEMP TABLE failing (name text, statement text, state text);
INSERT INTO failing VALUES
    ('a unique violation', $$INSERT INTO thing VALUES (1, 'again', 1)$$, '23505'),
    ('a violated CHECK', $$INSERT INTO thing VALUES (2, 'small', 0)$$, '23514'),
    ('a violated NOT NULL', $$INSERT INTO thing VALUES (2, NULL, 1)$$, '23502'),
    ('a violated foreign key', $$INSERT INTO thing VALUES (2, 'orphan', 1, 77)$$, '23503'),
    ('RAISE with everything', $$SELECT complain('100 %s')$$, 'MK777'),
    ('a syntax error', $$SELEC 1$$, '42601'),
    ('an unknown function with its hint', $$SELECT no_such_function(1)$$, '42883'),
    ('a division by zero', $$SELECT 1 / (size - 1) FROM thing$$, '22012'),
    ('a missing right', $$SET ROLE anon; SELECT * FROM driplo_secrets$$, '42501'),
    ('a failed assertion', $$DO 'BEGIN ASSERT false, ''not so''; END'$$, 'P0004'),
    ('broken JSON', $$SELECT '{'::json$$, '22P02'),
    ('a canceled query', $$DO 'BEGIN RAISE query_canceled; END'$$, '57014');
SELECT is((caught(format('SELECT boundary_run(%L)', statement))).state, state, name || ' keeps its SQLSTATE') FROM failing;
SELECT is(essence(format('SELECT boundary_run(%L)', statement)), essence(statement), name || ' keeps its detail, hint and names') FROM failing;
SELECT is(essence(format('SELECT boundary_run(%L)', format('SELECT boundary_run(%L)', statement))), essence(statement), 'also through two levels of C++: ' || name)
  FROM failing WHERE state IN ('23505', '23514', 'MK777');
RESET ROLE;
SELECT is(boundary_live_objects(), 0, 'and every object that was alive is destroyed');
SELECT is((SELECT count(*) FROM thing), 1::bigint, 'nothing of what failed is there');

SELECT matches((caught($$SELECT boundary_run('SELECT complain(''the noise'')')$$)).context,
               'PL/pgSQL function complain\(text\) line 3 at RAISE\nSQL statement "SELECT complain\(''the noise''\)"\nSQL statement "SELECT boundary_run',
               'the context tells the whole way');
SELECT is(essence($$SELECT boundary_run_and_catch('INSERT INTO thing VALUES (1, ''again'', 1)')$$),
          essence($$INSERT INTO thing VALUES (1, 'again', 1)$$),
          'catch (const std::exception&) does not swallow an error of the server');

-- plpgsql calls C++ calls SPI calls plpgsql calls C++ that raises
CREATE FUNCTION inner_level(kind text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM boundary_throw(kind);
END $$;
CREATE FUNCTION outer_level(kind text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN
    RETURN boundary_run(format('SELECT inner_level(%L)', kind));
END $$;
SELECT is(essence($$SELECT outer_level('core')$$), essence($$SELECT boundary_throw('core')$$), 'an error passes through plpgsql, C++ and SPI unchanged');
SELECT matches((caught($$SELECT outer_level('core')$$)).context, 'inner_level\(text\) line 3 at PERFORM(.|\n)*outer_level\(text\) line 3 at RETURN',
               'with the context of each of them');
SELECT is(boundary_live_objects(), 0, 'and every object that was alive is destroyed');

-- Caught inside: the C++ around goes on
CREATE FUNCTION recovers(kind text) RETURNS SETOF integer LANGUAGE plpgsql AS $$
BEGIN
    RETURN NEXT 1;
    BEGIN
        PERFORM boundary_run(format('SELECT inner_level(%L)', kind));
        RETURN NEXT 100;
    EXCEPTION WHEN OTHERS THEN
        RETURN NEXT 2;
    END;
    RETURN NEXT boundary_run('SELECT generate_series(1, 3)');
END $$;
SELECT is(boundary_run($$SELECT * FROM recovers('core')$$), 3::bigint, 'an error caught by plpgsql inside leaves the C++ outside working');
SELECT results_eq($$SELECT * FROM recovers('runtime')$$, ARRAY[1, 2, 3], 'and SPI too');
SELECT is(boundary_live_objects(), 0, 'and nothing is left alive');

SET statement_timeout = '100ms';
SELECT is((caught('SELECT boundary_spin()')).state, '57014', 'statement_timeout ends a loop in C++');
SET statement_timeout = 0;
SELECT is(boundary_live_objects(), 0, 'and its objects are destroyed');
SELECT is(boundary_run('SELECT FROM thing'), 1::bigint, 'the session goes on');

-- A plan that is kept survives what makes it stale
SELECT is(boundary_count_categories(), 10::bigint, 'a kept plan counts the categories');
ALTER TABLE categories ADD COLUMN colour text;
SELECT is(boundary_count_categories(), 10::bigint, 'also after ALTER TABLE');
DROP EXTENSION driplo CASCADE;
SELECT is((caught('SELECT boundary_count_categories()')).state, '55000', 'without the extension it says so');
SET client_min_messages = warning;
CREATE EXTENSION driplo;
SELECT is(boundary_count_categories(), 10::bigint, 'and it works again when the extension is back');
REVOKE SELECT ON categories FROM anon;
SET ROLE anon;
SELECT is((caught('SELECT boundary_count_categories()')).state, '42501', 'a plan that a superuser has used is refused to who may not read');
RESET ROLE;

SELECT * FROM finish();
