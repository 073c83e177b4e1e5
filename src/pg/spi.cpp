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

void rows::require_type(int column, Oid expected) const {
    const Oid found = SPI_gettypeid(table_->tupdesc, column);
    // of one layout: text, varchar, bytea
    const bool is_text = found == VARCHAROID || found == BYTEAOID;
    if (found == expected || (expected == TEXTOID && is_text))
        return;
    const char* name = call([&] { return format_type_be(found); });
    throw core::error{core::errors::datatype_mismatch,
                      fmt::format("column \"{}\" has type {}, which driplo does not expect",
                                  NameStr(TupleDescAttr(table_->tupdesc, column - 1)->attname),
                                  name),
                      "A column of driplo's tables was altered.",
                      "Give it back the type that driplo made it with."};
}

std::optional<Datum> rows::json(int column, std::uint64_t row) const {
    if (!table_ || row >= count_)
        return std::nullopt;
    bool is_null = true;
    const Datum datum =
        call([&] { return SPI_getbinval(table_->vals[row], table_->tupdesc, column, &is_null); });
    if (is_null)
        return std::nullopt;
    require_type(column, JSONBOID);
    return call([&] { return SPI_datumTransfer(datum, false, -1); });
}

Datum rows::as_result(FunctionCallInfo fcinfo) const {
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    call([&] { InitMaterializedSRF(fcinfo, 0); });
    // the server believes that the rows are of the types that the function declares
    for (int column = 1; table_ && column <= result->setDesc->natts; ++column)
        require_type(column, TupleDescAttr(result->setDesc, column - 1)->atttypid);
    call([&] {
        for (std::uint64_t i = 0; table_ && i < count_; ++i)
            tuplestore_puttuple(result->setResult, table_->vals[i]);
    });
    return static_cast<Datum>(0);
}

void plan::prepare(int n, const Oid* types) const {
    const installation& here = current_installation();
    if (handle_ && generation_ == here.generation)
        return;

    const std::uint64_t generation = here.generation;
    const std::string text = fmt::format(fmt::runtime(text_), fmt::arg("s", here.quoted_schema));
    const char* sql = text.c_str();
    const int options = how_ == planned::once ? CURSOR_OPT_GENERIC_PLAN : 0;
    SPIPlanPtr fresh = call([&]() -> SPIPlanPtr {
        SPIPlanPtr prepared = SPI_prepare_cursor(sql, n, const_cast<Oid*>(types), options);
        if (!prepared || SPI_keepplan(prepared) != 0)
            elog(ERROR, "could not prepare \"%s\": %s", sql, SPI_result_code_string(SPI_result));
        return prepared;
    });
    // A trigger of somebody's may have led back here: a plan that is being executed further out is
    // left to it.
    SPIPlanPtr stale = running_ == 0 ? handle_ : nullptr;
    handle_ = fresh;
    generation_ = generation;
    if (stale)
        call([&] { SPI_freeplan(stale); });
}

namespace {

class counted {
public:
    explicit counted(unsigned& count) : count_(count) { ++count_; }
    ~counted() { --count_; }
    counted(const counted&) = delete;
    counted& operator=(const counted&) = delete;

private:
    unsigned& count_;
};

} // namespace

rows plan::execute(int n, const Oid* types, const Datum* values, const char* nulls) const {
    prepare(n, types);
    const counted running(running_);
    call([&] {
        const int code = SPI_execute_plan(handle_, const_cast<Datum*>(values), nulls,
                                          mode_ == access::read_only, 0);
        if (code < 0)
            elog(ERROR, "could not execute a statement: %s", SPI_result_code_string(code));
    });
    return {SPI_tuptable, SPI_processed};
}

} // namespace driplo::pg
