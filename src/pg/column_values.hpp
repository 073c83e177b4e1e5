// The values of a column for rows that are written: one for all, or one for each.
#pragma once

#include "pg/array.hpp"
#include "pg/prelude.hpp"

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

// The same with four digits: 190000 is 19.0000.
struct ten_thousandths {
    std::int64_t number;
};
Datum to_datum(ten_thousandths value);
template <>
struct element<ten_thousandths> {
    static constexpr element_layout layout{NUMERICOID, NUMERICARRAYOID, -1, false, TYPALIGN_INT};
};

template <>
struct element<bool> {
    static constexpr element_layout layout{BOOLOID, BOOLARRAYOID, 1, true, TYPALIGN_CHAR};
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

    template <typename T>
    column_values(const T& one)
        : layout(element<T>::layout), is_list(false), one_(element_datum(one)),
          one_is_null_(element_is_null(one)) {}
    template <typename T>
    column_values(const std::vector<T>& each) : layout(element<T>::layout), is_list(true) {
        values_.reserve(each.size());
        nulls_.reserve(each.size());
        for (const T& value : each) {
            values_.push_back(element_datum(value));
            nulls_.push_back(element_is_null(value));
        }
    }

    // What a statement gets of it.
    Oid type() const { return is_list ? layout.array : layout.type; }
    Datum whole() const { return is_list ? make_array(layout, values_, nulls_) : one_; }
    char null_mark() const { return one_is_null_ ? 'n' : ' '; }

    Datum value(std::size_t row) const { return is_list ? values_[row] : one_; }
    bool is_null(std::size_t row) const { return is_list ? nulls_[row] != 0 : one_is_null_; }

private:
    Datum one_{};
    bool one_is_null_ = false;
    std::vector<Datum> values_;
    std::vector<char> nulls_;
};

// How a value becomes what the column holds, where an assignment would cast it.
enum class conversion { none, shortened_text, rounded_number, label, json };

// Both inside call(). False when the column is of another type than a plain one that takes the
// value.
bool find_conversion(const FormData_pg_attribute& column, Oid given, conversion& found);
Datum converted(Datum value, conversion how, const FormData_pg_attribute& column);

} // namespace driplo::pg
