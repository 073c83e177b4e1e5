// SQL from C++: a session is a connection to the server's SPI, a plan is a statement that is
// prepared once a session and kept.
//
//     static const pg::plan find_cart{"SELECT id FROM {s}.shopping_carts WHERE user_id = $1"};
//     pg::session session;
//     if (auto id = find_cart.run(user).value<uuid>()) ...
//
// {s} stands for the quoted name of the extension's schema, and {name} for the part of that name:
// what several statements have in common is written once, and may itself name parts.
//
//     constexpr pg::part is_live{"is_live", "(c.expires_at IS NULL OR c.expires_at > now())"};
//     const pg::plan find_live_cart{R"(
// SELECT c.id FROM {s}.shopping_carts c WHERE c.user_id = {user} AND {is_live})",
//         {is_live, {"user", "$1"}}};
//
// Any other brace is SQL's own, as in '{}' and '{data,object}'. A name without a part does not
// compile; so an array of one word is ARRAY['word'] and not '{word}'.
//
// Values reach SQL as parameters only; their SQL types follow from the C++ types (value.hpp). The
// server plans a kept statement again when what it uses has changed; the text is made anew when the
// extension has moved. So a plan survives ALTER TABLE, SET ROLE and DROP/CREATE EXTENSION. Rows are
// valid until the session ends.
#pragma once

#include "pg/array.hpp"
#include "pg/part.hpp"
#include "pg/session.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace driplo::pg {

class rows {
public:
    rows(SPITupleTable* table, std::uint64_t count) : table_(table), count_(count) {}

    // Rows returned or, without RETURNING, rows changed.
    std::uint64_t count() const { return count_; }
    bool empty() const { return count_ == 0; }

    // All rows as the result of a function that RETURNS TABLE of the same types, in order. To be
    // called before the session ends. Errors: 0A000 where no set can be returned, 42804 when a
    // column is of another type.
    Datum as_result(FunctionCallInfo fcinfo) const;

    // Column `column` (from 1) of row `row` (from 0); nullopt when NULL or when there is no such
    // row.
    template <typename T>
    std::optional<T> value(int column = 1, std::uint64_t row = 0) const {
        if (!table_ || row >= count_)
            return std::nullopt;
        bool is_null = true;
        const Datum datum = call(
            [&] { return SPI_getbinval(table_->vals[row], table_->tupdesc, column, &is_null); });
        if (is_null)
            return std::nullopt;
        require_type(column, sql_type<T>::oid);
        return from_datum<T>(datum);
    }

    // A column of all rows, in which nothing is NULL.
    template <typename T>
    std::vector<T> values(int column = 1) const {
        std::vector<T> found;
        for (std::uint64_t row = 0; row < count_; ++row)
            found.push_back(*value<T>(column, row));
        return found;
    }

    // A column as it came, for what C++ only hands on; nullopt when NULL. Valid as the rows are.
    std::optional<Datum> datum(int column, std::uint64_t row, Oid expected) const;

    // A jsonb column; nullopt when NULL or when there is no such row. Stays when the session ends.
    std::optional<Datum> json(int column = 1, std::uint64_t row = 0) const;

private:
    // A column that was altered since is reported, never read as what it is not. Error 42804.
    void require_type(int column, Oid expected) const;

    SPITupleTable* table_;
    std::uint64_t count_;
};

enum class access { read_only, read_write };

// Whether the server may plan a statement for the values of each call or keeps one plan for all.
// One plan is right for what is found by ids, where making plans can take longer than running them.
// Each time is for what a plan for unknown values would be a hundred times slower for.
enum class planned { for_values, once, each_time };

// The table of which a statement writes a row, and its function cannot go on without it. Error
// 55000, with the names of the triggers in front of it, when no row was written.
struct writes {
    const char* table;
};

// The same for several rows: of a statement that had to write that many.
const rows& require_written(const rows& written, std::uint64_t expected, const char* table);
[[noreturn]] void throw_not_written(const char* table);

// A statement that the server has prepared and keeps for the session.
class kept_plan {
public:
    // Whether it was prepared for the installation that is here.
    bool is_current() const;
    void prepare(const char* sql, int n, const Oid* types, planned how) const;
    rows execute(const Datum* values, const char* nulls, access mode) const;

private:
    mutable SPIPlanPtr handle_ = nullptr;
    mutable std::uint64_t generation_ = 0;
    mutable unsigned running_ = 0; // executions of handle_ that have not returned
};

class plan {
public:
    constexpr explicit plan(const char* text, access mode = access::read_write,
                            planned how = planned::for_values)
        : plan(text, parts{}, mode, how) {}
    constexpr plan(const char* text, planned how) : plan(text, parts{}, how) {}
    constexpr plan(const char* text, writes what, planned how = planned::for_values)
        : plan(text, parts{}, what, how) {}

    constexpr plan(const char* text, parts named, access mode = access::read_write,
                   planned how = planned::for_values)
        : text_(text), parts_(named), mode_(mode), how_(how) {
        if (!named.explain(text))
            statement_is_no_constant_of_known_parts();
    }
    constexpr plan(const char* text, parts named, planned how)
        : plan(text, named, access::read_write, how) {}
    constexpr plan(const char* text, parts named, writes what, planned how = planned::for_values)
        : text_(text), parts_(named), mode_(access::read_write), how_(how), table_(what.table) {
        if (!named.explain(text))
            statement_is_no_constant_of_known_parts();
    }

    template <typename... Parameters>
    rows run(const Parameters&... parameters) const {
        constexpr std::size_t n = sizeof...(Parameters);
        const std::array<Oid, n + 1> types{sql_type<Parameters>::oid..., InvalidOid};
        const std::array<Datum, n + 1> values{datum_or_zero(parameters)..., Datum{0}};
        const std::array<char, n + 1> nulls{null_mark(parameters)..., '\0'};
        return execute(static_cast<int>(n), types.data(), values.data(), nulls.data());
    }

private:
    template <typename T>
    static Datum datum_or_zero(const T& value) {
        return to_datum(value);
    }
    template <typename T>
    static Datum datum_or_zero(const std::optional<T>& value) {
        return value ? to_datum(*value) : Datum{0};
    }
    template <typename T>
    static char null_mark(const T&) {
        return ' ';
    }
    template <typename T>
    static char null_mark(const std::optional<T>& value) {
        return value ? ' ' : 'n';
    }

    void append_sql(std::string& sql, const char* text, const char* schema) const;
    rows execute(int n, const Oid* types, const Datum* values, const char* nulls) const;

    const char* text_;
    parts parts_;
    access mode_;
    planned how_;
    const char* table_ = nullptr; // of which a row has to be written
    kept_plan kept_;
};

} // namespace driplo::pg
