// Functions that raise in every way there is while C++ objects are alive, to prove src/pg's
// boundary.
#include "pg/catalog.hpp"
#include "pg/spi.hpp"

#include <malloc.h>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

extern "C" {
PG_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
    driplo::pg::watch_catalog();
}

namespace driplo {

namespace {

int live_objects = 0;

// Counted, and with memory of its own that only the destructor gives back.
class witness {
public:
    witness() : memory_(4096, 'x') { ++live_objects; }
    ~witness() { --live_objects; }
    witness(const witness&) = delete;
    witness& operator=(const witness&) = delete;

private:
    std::vector<char> memory_;
};

[[noreturn]] void throw_below(int depth, const std::string& kind) {
    const witness object;
    const std::string copy(kind + std::string(100, ' '));
    if (depth > 0)
        throw_below(depth - 1, kind);
    if (kind == "core")
        throw core::error{core::errors::not_enough_stock, "a message with 100 %s of \"quotes\"",
                          "A detail with 5 % of it.", "A hint with %n."};
    if (kind == "core_bare")
        throw core::error{core::errors::invalid_parameter_value, "nothing but a message"};
    if (kind == "core_long") {
        // three bytes each, so that a limit in bytes falls into the middle of one
        std::string text = "a";
        for (int i = 0; i < 100000; ++i)
            text += "\u20ac";
        throw core::error{core::errors::invalid_parameter_value, text, text, text};
    }
    if (kind == "runtime")
        throw std::runtime_error("a runtime error with 100 %s");
    if (kind == "bad_alloc")
        throw std::bad_alloc();
    if (kind == "int")
        throw 42;
    throw std::logic_error("unknown kind " + kind);
}

std::uint64_t run(const std::string& statement) {
    const witness object;
    const std::string copy(statement);
    pg::session spi;
    const char* sql = copy.c_str();
    pg::call([&] {
        const int code = SPI_execute(sql, false, 0);
        if (code < 0)
            elog(ERROR, "could not execute a statement: %s", SPI_result_code_string(code));
    });
    return SPI_processed;
}

const pg::plan count_categories{"SELECT count(*) FROM {s}.categories"};

} // namespace

DRIPLO_FUNCTION(boundary_throw) {
    const witness object;
    const auto kind = pg::required<std::string>(fcinfo, 0, "kind");
    if (kind != "nothing")
        throw_below(10, kind);
    return static_cast<Datum>(0);
}

DRIPLO_FUNCTION(boundary_run) {
    const witness object;
    const auto rows = run(pg::required<std::string>(fcinfo, 0, "statement"));
    return pg::to_datum(static_cast<std::int64_t>(rows));
}

DRIPLO_FUNCTION(boundary_run_and_catch) {
    const witness object;
    const auto statement = pg::required<std::string>(fcinfo, 0, "statement");
    try {
        run(statement);
    } catch (const std::exception&) {
        return pg::to_datum(std::string_view("swallowed"));
    }
    return pg::to_datum(std::string_view("done"));
}

DRIPLO_FUNCTION(boundary_live_objects) {
    return pg::to_datum(std::int32_t{live_objects});
}

DRIPLO_FUNCTION(boundary_spin) {
    const witness object;
    for (;;) {
        const witness inner;
        pg::check_for_interrupts();
    }
}

DRIPLO_FUNCTION(boundary_allocated) {
    const auto info = mallinfo2();
    return pg::to_datum(static_cast<std::int64_t>(info.uordblks + info.hblkhd));
}

DRIPLO_FUNCTION(boundary_count_categories) {
    const witness object;
    pg::session spi;
    return pg::to_datum(count_categories.run().value<std::int64_t>().value_or(-1));
}

} // namespace driplo
