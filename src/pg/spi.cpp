#include "pg/spi.hpp"

#include "core/format.hpp"
#include "pg/catalog.hpp"

#include <cstring>

namespace driplo::pg {

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
    throw core::error{
        core::errors::datatype_mismatch,
        core::format("column \"{}\" has unexpected type {}",
                     NameStr(TupleDescAttr(table_->tupdesc, column - 1)->attname), name),
        "A column of a driplo table was altered.", "Restore the original type of the column."};
}

std::optional<Datum> rows::datum(int column, std::uint64_t row, Oid expected) const {
    if (!table_ || row >= count_)
        return std::nullopt;
    bool is_null = true;
    const Datum found =
        call([&] { return SPI_getbinval(table_->vals[row], table_->tupdesc, column, &is_null); });
    if (is_null)
        return std::nullopt;
    require_type(column, expected);
    return found;
}

std::optional<Datum> rows::json(int column, std::uint64_t row) const {
    const auto found = datum(column, row, JSONBOID);
    if (!found)
        return std::nullopt;
    return call([&] { return SPI_datumTransfer(*found, false, -1); });
}

Datum rows::as_result(FunctionCallInfo fcinfo) const {
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
    call([&] {
        // RETURNS TABLE with one column is a set of its type, and no row type
        const bool is_scalar = get_call_result_type(fcinfo, nullptr, nullptr) == TYPEFUNC_SCALAR;
        InitMaterializedSRF(fcinfo, is_scalar ? MAT_SRF_USE_EXPECTED_DESC : 0);
    });
    // the server believes that the rows are of the types that the function declares
    for (int column = 1; table_ && column <= result->setDesc->natts; ++column)
        require_type(column, TupleDescAttr(result->setDesc, column - 1)->atttypid);
    call([&] {
        for (std::uint64_t i = 0; table_ && i < count_; ++i)
            tuplestore_puttuple(result->setResult, table_->vals[i]);
    });
    return static_cast<Datum>(0);
}

void plan::append_sql(std::string& sql, const char* text, const char* schema) const {
    for (const char* name = parts::find_name(text); *name; name = parts::find_name(text)) {
        sql.append(text, name - 1);
        if (const char* found = parts_.find(name))
            append_sql(sql, found, schema);
        else
            sql += schema;
        text = std::strchr(name, '}') + 1;
    }
    sql += text;
}

bool kept_plan::is_current() const {
    return handle_ && generation_ == current_installation().generation;
}

void kept_plan::prepare(const char* sql, int n, const Oid* types, planned how) const {
    const std::uint64_t generation = current_installation().generation;
    const int options = how == planned::once        ? CURSOR_OPT_GENERIC_PLAN
                        : how == planned::each_time ? CURSOR_OPT_CUSTOM_PLAN
                                                    : 0;
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

rows kept_plan::execute(const Datum* values, const char* nulls, access mode) const {
    const counted running(running_);
    call([&] {
        const int code = SPI_execute_plan(handle_, const_cast<Datum*>(values), nulls,
                                          mode == access::read_only, 0);
        if (code < 0)
            elog(ERROR, "could not execute a statement: %s", SPI_result_code_string(code));
    });
    return {SPI_tuptable, SPI_processed};
}

rows plan::execute(int n, const Oid* types, const Datum* values, const char* nulls) const {
    if (!kept_.is_current()) {
        std::string sql;
        append_sql(sql, text_, current_installation().quoted_schema);
        kept_.prepare(sql.c_str(), n, types, how_);
    }
    const rows done = kept_.execute(values, nulls, mode_);
    if (table_ && done.count() == 0)
        throw_not_written(table_);
    return done;
}

namespace {

// Those of driplo say that they depend on it.
const plan own_triggers{R"(
    SELECT pg_catalog.string_agg(pg_catalog.quote_ident(t.tgname), ', ' ORDER BY t.tgname)
    FROM pg_catalog.pg_trigger t
    JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
    WHERE c.relname = $1
      AND c.relnamespace = pg_catalog.to_regnamespace($2)
      AND NOT t.tgisinternal
      AND t.tgenabled <> 'D'
      AND t.tgtype & 3 = 3
      AND NOT EXISTS (
          SELECT FROM pg_catalog.pg_depend d
          JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
          WHERE d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass
            AND d.objid = t.oid
            AND d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass
            AND e.extname = 'driplo'
      ))"};

} // namespace

void throw_not_written(const char* table) {
    const auto names =
        own_triggers
            .run(std::string_view(table), std::string_view(current_installation().quoted_schema))
            .value<std::string>();
    throw core::error{
        core::errors::object_not_in_prerequisite_state,
        core::format("row of table \"{}\" was not written", table),
        names ? core::format("User-defined BEFORE triggers on the table: {}.", *names)
              : std::string("The table has no user-defined BEFORE triggers; check its rules."),
        "A BEFORE trigger that returns NULL prevents the row from being written; it must return "
        "NEW."};
}

const rows& require_written(const rows& written, std::uint64_t expected, const char* table) {
    if (written.count() < expected)
        throw_not_written(table);
    return written;
}

} // namespace driplo::pg
