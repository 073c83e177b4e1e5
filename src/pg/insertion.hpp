// Rows inserted without a statement, where starting one would cost more than the rows.
//
//     constexpr pg::insertion add_lines{"order_items", {"order_id", "listing_id", "quantity"}};
//     add_lines.run(orders.size(), orders, listings, quantities);
//
// A value for each column: one for all rows, or a vector with one for each. The server's own
// executor writes the rows: defaults, triggers of every kind, foreign keys, CHECK constraints,
// indexes, transition tables. What it has compiled of a table is kept for the session, and made
// anew when the table has changed, or a function.
//
// Where that does not apply the same columns and values go by a statement, with the same rows and
// errors: a table that is not a plain one any more (partitions, rules, FORCE ROW LEVEL SECURITY,
// generated columns, exclusion constraints, another index type than btree), one that is being
// written further out, REPEATABLE READ and SERIALIZABLE, session_replication_role, a role that does
// not own the table, driplo.direct_writes = off.
#pragma once

#include "pg/array.hpp"
#include "pg/spi.hpp"
#include "pg/table.hpp"

#include <array>
#include <initializer_list>
#include <string>
#include <vector>

namespace driplo::pg {

// An amount as a numeric column holds it: 1250 is 12.50.
struct hundredths {
    std::int64_t number;
};
Datum to_datum(hundredths value);
template <>
struct element<hundredths> {
    static constexpr element_layout layout{NUMERICOID, NUMERICARRAYOID, -1, false, TYPALIGN_INT};
};

template <>
struct element<jsonb> {
    static constexpr element_layout layout{JSONBOID, JSONBARRAYOID, -1, false, TYPALIGN_INT};
};
template <>
struct element<timestamp> {
    static constexpr element_layout layout{TIMESTAMPTZOID, TIMESTAMPTZARRAYOID, 8, FLOAT8PASSBYVAL,
                                           TYPALIGN_DOUBLE};
};

// The values of a column. The uuids of it must outlive it.
struct column_values {
    element_layout layout;
    bool is_list;
    std::vector<Datum> values;
    std::vector<char> nulls;

    template <typename T>
    column_values(const T& one) : layout(element<T>::layout), is_list(false) {
        add(one);
    }
    template <typename T>
    column_values(const std::vector<T>& each) : layout(element<T>::layout), is_list(true) {
        for (const T& value : each)
            add(value);
    }

    // What a statement gets of it.
    Oid type() const { return is_list ? layout.array : layout.type; }
    Datum whole() const { return is_list ? make_array(layout, values, nulls) : values[0]; }
    char null_mark() const { return !is_list && nulls[0] ? 'n' : ' '; }

    Datum value(std::size_t row) const { return values[is_list ? row : 0]; }
    bool is_null(std::size_t row) const { return nulls[is_list ? row : 0] != 0; }

private:
    template <typename T>
    void add(const T& value) {
        values.push_back(element_datum(value));
        nulls.push_back(element_is_null(value));
    }
};

class insertion : watched_table {
public:
    static constexpr int most_columns = 32, most_returned = 8;

    constexpr insertion(const char* table, std::initializer_list<const char*> columns,
                        std::initializer_list<const char*> returned = {})
        : watched_table(table) {
        for (const char* each : columns)
            columns_[column_count_++] = each;
        for (const char* each : returned)
            returned_[returned_count_++] = each;
    }

    // The rows that were written with the columns that are returned. Error 55000 when a BEFORE
    // trigger has left one out; those of the table's constraints and triggers.
    template <typename... Values>
    rows run(std::size_t count, const Values&... values) const {
        const std::array<column_values, sizeof...(Values)> given{column_values(values)...};
        return insert(count, given.data(), given.size());
    }

private:
    struct kept;

    rows insert(std::size_t count, const column_values* values, std::size_t n) const;
    rows insert_by_statement(const column_values* values, std::size_t n) const;
    std::string statement(const column_values* values, std::size_t n) const;
    bool can_write(Relation relation) const;
    void build(Relation relation) const;
    void explain_columns(Relation relation, kept& made) const;
    void set_row(std::size_t row, const column_values* values, std::size_t n) const;
    bool write_row(TransitionCaptureState* capture) const;
    HeapTuple returned_row(TupleDesc description) const;
    SPITupleTable* write(Oid schema, std::size_t count, const column_values* values,
                         std::size_t n) const;

    const char* columns_[most_columns] = {};
    const char* returned_[most_returned] = {};
    std::size_t column_count_ = 0, returned_count_ = 0;
    mutable kept* kept_ = nullptr;
    mutable MemoryContext memory_ = nullptr;
    mutable bool is_clean_ = true; // no error came out of the middle of writing
    mutable unsigned writing_ = 0; // frames that are in the middle of it
    kept_plan statement_;
};

} // namespace driplo::pg
