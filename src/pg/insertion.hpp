// Rows inserted without a statement, where starting one would cost more than the rows.
//
//     constexpr pg::insertion add_lines{"order_items", {"order_id", "listing_id", "quantity"}};
//     add_lines.run(orders.size(), orders, listings, quantities);
//
// A value for each column: one for all rows, or a vector with one for each. Where rows cannot be
// written without a statement (pg/written_table.hpp says when) the same columns and values go by
// one, with the same rows and errors.
//
//     constexpr pg::insertion first_count{pg::unless_there, "rate_limits", {"key", "tat"}};
//
// leaves out rows whose unique values another one has, as ON CONFLICT DO NOTHING does: whoever is
// in the middle of writing such a row is waited for.
//
//     constexpr pg::insertion create_profile{pg::unless_taken{"username"}, "profiles", {...}};
//
// leaves out those whose value of that column another one has, as ON CONFLICT (username) DO NOTHING
// does; another value that is there already is an error.
//
//     constexpr pg::insertion add_lines{pg::ids_by_time, "order_items", {...}};
//
// gives rows ids that begin with the time (pg/random.hpp) where the default of the column id is a
// random one. Another default that the shop has given it stays.
#pragma once

#include "pg/column_values.hpp"
#include "pg/spi.hpp"
#include "pg/written_table.hpp"

#include <array>
#include <initializer_list>
#include <optional>
#include <string>

namespace driplo::pg {

struct unless_there_t {};
inline constexpr unless_there_t unless_there{};
struct unless_taken {
    const char* column;
};
struct ids_by_time_t {};
inline constexpr ids_by_time_t ids_by_time{};

class insertion : written_table {
public:
    static constexpr int most_columns = 32, most_returned = 8;

    constexpr insertion(const char* table, std::initializer_list<const char*> columns,
                        std::initializer_list<const char*> returned = {})
        : written_table(table) {
        for (const char* each : columns)
            columns_[column_count_++] = each;
        for (const char* each : returned)
            returned_[returned_count_++] = each;
    }

    constexpr insertion(unless_there_t, const char* table,
                        std::initializer_list<const char*> columns)
        : insertion(unless_taken{nullptr}, table, columns) {}
    constexpr insertion(unless_taken by, const char* table,
                        std::initializer_list<const char*> columns)
        : written_table(table, true), leaves_out_(true), decisive_column_(by.column) {
        for (const char* each : columns)
            columns_[column_count_++] = each;
    }

    constexpr insertion(ids_by_time_t, const char* table,
                        std::initializer_list<const char*> columns)
        : insertion(table, columns) {
        makes_ids_ = true;
        columns_[column_count_] = id_column; // for the statement
    }

    // The rows that were written with the columns that are returned. Error 55000 when a BEFORE
    // trigger has left one out, unless rows may be left out; those of the table's constraints and
    // triggers.
    template <typename... Values>
    rows run(std::size_t count, const Values&... values) const {
        const std::array<column_values, sizeof...(Values)> given{column_values(values)...};
        return insert(count, given.data(), given.size());
    }

    // The same for who has a statement of its own, which does more: nothing when that has to do it,
    // and then nothing was done.
    template <typename... Values>
    std::optional<rows> run_without_statement(std::size_t count, const Values&... values) const {
        const std::array<column_values, sizeof...(Values)> given{column_values(values)...};
        return write(count, given.data(), given.size());
    }

private:
    struct known_columns;
    static constexpr const char* id_column = "id";

    rows insert(std::size_t count, const column_values* values, std::size_t n) const;
    rows all_of(std::size_t count, const rows& written) const;
    std::optional<rows> write(std::size_t count, const column_values* values, std::size_t n) const;
    rows insert_by_statement(const column_values* values, std::size_t n) const;
    std::string statement(const column_values* values, std::size_t n) const;
    bool can_write(Relation relation, const column_values* values, std::size_t n) const;
    void explain_columns(Relation relation) const;
    List* decisive_indexes(TupleDesc description) const;
    bool has_random_ids() const;
    void set_row(std::size_t row, const column_values* values, std::size_t n) const;
    bool write_row() const;
    bool write_row_unless_there() const;
    HeapTuple returned_row(TupleDesc description) const;
    SPITupleTable* write(Oid schema, std::size_t count, const column_values* values,
                         std::size_t n) const;

    const char* columns_[most_columns + 1] = {};
    const char* returned_[most_returned] = {};
    std::size_t column_count_ = 0, returned_count_ = 0;
    bool leaves_out_ = false;               // rows that are there already
    const char* decisive_column_ = nullptr; // of them only those with the same value of it
    bool makes_ids_ = false;
    mutable known_columns* known_ = nullptr; // in the memory of what is kept
    kept_plan statement_;
    mutable std::uint64_t lists_ = 0; // which values it has as lists, and how many it has
};

} // namespace driplo::pg
