#include "pg/spi.hpp"

#include "pg/catalog.hpp"

#include <fmt/format.h>

namespace driplo::pg {

session::session() : exceptions_(std::uncaught_exceptions()) {
    call([] { SPI_connect(); });
}

session::~session() {
    // While an error is on its way out the transaction's abort cleans up, as it does for any C
    // extension; SPI_finish() in a broken state could raise again.
    if (std::uncaught_exceptions() == exceptions_)
        SPI_finish();
}

void plan::prepare(int n, const Oid* types) const {
    const installation& here = current_installation();
    if (handle_ && generation_ == here.generation && call([&] { return SPI_plan_is_valid(handle_); }))
        return;

    if (SPIPlanPtr stale = handle_) {
        handle_ = nullptr;
        call([&] { SPI_freeplan(stale); });
    }
    const std::string text = fmt::format(fmt::runtime(text_), fmt::arg("s", here.quoted_schema));
    const char* sql = text.c_str();
    SPIPlanPtr fresh = call([&]() -> SPIPlanPtr {
        SPIPlanPtr prepared = SPI_prepare(sql, n, const_cast<Oid*>(types));
        if (!prepared || SPI_keepplan(prepared) != 0)
            elog(ERROR, "could not prepare \"%s\": %s", sql, SPI_result_code_string(SPI_result));
        return prepared;
    });
    handle_ = fresh;
    generation_ = here.generation;
}

rows plan::execute(int n, const Oid* types, const Datum* values, const char* nulls) const {
    prepare(n, types);
    call([&] {
        const int code = SPI_execute_plan(handle_, const_cast<Datum*>(values), nulls,
                                          mode_ == access::read_only, 0);
        if (code < 0)
            elog(ERROR, "could not execute a statement: %s", SPI_result_code_string(code));
    });
    return {SPI_tuptable, SPI_processed};
}

}  // namespace driplo::pg
