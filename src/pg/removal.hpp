// Rows deleted without a statement, where starting one would cost more than the rows:
//
//     const pg::removal take{"cart_items", "id", {{"quantity", INT4OID}}};
//     const auto taken = take.run(ids, [&](std::size_t i, const pg::found_row& row) {
//         return row.value<std::int32_t>(0) == wanted[i];
//     });
//
// What is read of a row is what stands there when it is deleted; false leaves it.
// pg/written_table.hpp says how rows are written, and when not.
#pragma once

#include "pg/written_table.hpp"

#include <initializer_list>
#include <optional>
#include <type_traits>
#include <vector>

namespace driplo::pg {

class removal : written_table {
public:
    using removed_rows = std::vector<std::optional<found_row>>;

    constexpr removal(const char* table, const char* key,
                      std::initializer_list<unique_row::column> columns)
        : written_table(table), key_(key) {
        for (const unique_row::column& each : columns)
            columns_[column_count_++] = each;
    }

    // The rows that were deleted, each at the place of its key; nothing when a statement has to do
    // it, and then nothing was done. Errors: those of the table's triggers.
    template <typename Key, typename Look>
    std::optional<removed_rows> run(const std::vector<Key>& keys, const Look& look) const {
        static_assert(std::is_trivially_destructible_v<Look>, "runs inside call()");
        std::vector<Datum> data;
        for (const Key& key : keys)
            data.push_back(to_datum(key));
        return remove(data, {&look, [](const void* with, std::size_t i, const found_row& row) {
                                 return (*static_cast<const Look*>(with))(i, row);
                             }});
    }

private:
    struct looker {
        const void* with;
        bool (*look)(const void* with, std::size_t i, const found_row& row);
    };
    struct known_columns;

    std::optional<removed_rows> remove(const std::vector<Datum>& keys, looker how) const;
    bool remove(Oid schema, const Datum* keys, std::size_t count, looker how,
                std::optional<found_row>* removed) const;
    bool can_remove(Relation relation) const;
    void explain_columns(Relation relation) const;
    std::optional<found_row> remove_row(Datum key, std::size_t i, looker how,
                                        MemoryContext of_caller) const;

    const char* key_;
    unique_row::column columns_[found_row::most_columns]{};
    int column_count_ = 0;
    mutable known_columns* known_ = nullptr; // in the memory of what is kept
};

} // namespace driplo::pg
