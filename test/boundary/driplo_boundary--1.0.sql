\echo Use "CREATE EXTENSION driplo_boundary" to load this file. \quit

CREATE FUNCTION boundary_throw(kind text) RETURNS void
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'boundary_throw';
COMMENT ON FUNCTION boundary_throw(text) IS
    'Throws under live C++ objects: core, core_bare, core_long, runtime, bad_alloc, int, or nothing for none.';

CREATE FUNCTION boundary_run(statement text) RETURNS bigint
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'boundary_run';
COMMENT ON FUNCTION boundary_run(text) IS
    'Runs a statement through SPI under live C++ objects; returns the rows.';

CREATE FUNCTION boundary_run_and_catch(statement text) RETURNS text
    LANGUAGE c STRICT AS 'MODULE_PATHNAME', 'boundary_run_and_catch';
COMMENT ON FUNCTION boundary_run_and_catch(text) IS
    'As boundary_run, inside catch (const std::exception&), which must not see a server error; returns "swallowed" when it does.';

CREATE FUNCTION boundary_live_objects() RETURNS integer
    LANGUAGE c AS 'MODULE_PATHNAME', 'boundary_live_objects';
COMMENT ON FUNCTION boundary_live_objects() IS 'C++ objects of this session that have not been destroyed.';

CREATE FUNCTION boundary_spin() RETURNS void
    LANGUAGE c AS 'MODULE_PATHNAME', 'boundary_spin';
COMMENT ON FUNCTION boundary_spin() IS 'Loops for ever, in C++ with live objects, until it is interrupted.';

CREATE FUNCTION boundary_allocated() RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'boundary_allocated';
COMMENT ON FUNCTION boundary_allocated() IS 'Bytes that this backend got from malloc and has not freed, memory contexts included.';

CREATE FUNCTION boundary_count_categories() RETURNS bigint
    LANGUAGE c AS 'MODULE_PATHNAME', 'boundary_count_categories';
COMMENT ON FUNCTION boundary_count_categories() IS 'Rows of driplo''s table categories, by a kept plan.';
