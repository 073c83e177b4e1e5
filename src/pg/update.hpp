// Rows changed without a statement, where starting one would cost more than the rows:
//
//     constexpr pg::update take_pieces{
//         "listings", "id", {{"quantity", INT4OID}, {"status", VARCHAROID}}};
//     if (!take_pieces.run(ids, [&](std::size_t i, pg::changed_row& row) {
//             row.set(quantity, row.number(quantity) - taken[i]);
//             return true;
//         }))
//         ... the same by a statement
//
// Each row is locked, and what is read of it is what stands there then; false leaves it as it is.
// pg/written_table.hpp says how rows are written, and when not.
#pragma once

#include "pg/written_table.hpp"

#include <initializer_list>
#include <optional>
#include <string_view>
#include <type_traits>
#include <vector>

namespace driplo::pg {

// The columns of a row that may be changed, by their number from 0. Runs inside call().
class changed_row {
public:
    std::int32_t number(int column) const { return DatumGetInt32(values_[column]); }
    void set(int column, std::int32_t number) { put(column, Int32GetDatum(number)); }
    timestamp time(int column) const { return {DatumGetTimestampTz(values_[column])}; }
    void set(int column, timestamp time) { put(column, TimestampTzGetDatum(time.value)); }
    bool is_text(int column, std::string_view text) const;
    void set_text(int column, const char* text);

private:
    friend class update;
    void put(int column, Datum value) {
        values_[column] = value;
        nulls_[column] = false;
    }
    static constexpr int most_columns = 8;
    Datum values_[most_columns];
    bool nulls_[most_columns];
    std::int32_t lengths_[most_columns]; // of varchar, as its type modifier
};

class update : written_table {
public:
    constexpr update(const char* table, const char* key,
                     std::initializer_list<unique_row::column> columns)
        : written_table(table), key_(key) {
        for (const unique_row::column& each : columns)
            columns_[column_count_++] = each;
    }

    // How many rows were changed, in the sequence of the keys; nothing when a statement has to do
    // it, and then nothing was done. Errors: those of the table's constraints and triggers.
    template <typename Key, typename Change>
    std::optional<std::uint64_t> run(const std::vector<Key>& keys, const Change& change) const {
        static_assert(std::is_trivially_destructible_v<Change>, "runs inside call()");
        std::vector<Datum> data;
        for (const Key& key : keys)
            data.push_back(to_datum(key));
        return write(data, {&change, [](const void* with, std::size_t i, changed_row& row) {
                                return (*static_cast<const Change*>(with))(i, row);
                            }});
    }

private:
    struct changer {
        const void* with;
        bool (*change)(const void* with, std::size_t i, changed_row& row);
    };
    struct known_columns;

    std::optional<std::uint64_t> write(const std::vector<Datum>& keys, changer how) const;
    std::int64_t write(Oid schema, const Datum* keys, std::size_t count, changer how) const;
    bool can_write(Relation relation) const;
    void explain_columns(Relation relation) const;
    void look_at_keys(Relation relation, known_columns& known) const;
    bool lock_row(Datum key) const;
    bool set_row(std::size_t i, changer how) const;
    bool write_row() const;
    bool keeps_keys() const;
    void queue_update_triggers(const ItemPointerData& place, List* unsure) const;

    const char* key_;
    unique_row::column columns_[changed_row::most_columns] = {};
    int column_count_ = 0;
    mutable known_columns* known_ = nullptr; // in the memory of what is kept
};

} // namespace driplo::pg
