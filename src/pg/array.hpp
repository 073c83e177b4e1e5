// Arrays as std::vector, for parameters that carry many rows and for columns that are arrays. Of
// one dimension; an element that may be NULL is a std::optional.
#pragma once

#include "pg/value.hpp"

#include <vector>

namespace driplo::pg {

// What the server has to know about a type to put it into an array.
struct element_layout {
    Oid type, array;
    std::int16_t length;
    bool by_value;
    char alignment;
};

template <typename T>
struct element;
template <>
struct element<uuid> {
    static constexpr element_layout layout{UUIDOID, UUIDARRAYOID, UUID_LEN, false, TYPALIGN_CHAR};
};
template <>
struct element<std::int32_t> {
    static constexpr element_layout layout{INT4OID, INT4ARRAYOID, 4, true, TYPALIGN_INT};
};
template <>
struct element<std::int64_t> {
    static constexpr element_layout layout{INT8OID, INT8ARRAYOID, 8, FLOAT8PASSBYVAL,
                                           TYPALIGN_DOUBLE};
};
template <>
struct element<std::string> {
    static constexpr element_layout layout{TEXTOID, TEXTARRAYOID, -1, false, TYPALIGN_INT};
};
template <>
struct element<text_query> {
    static constexpr element_layout layout{TSQUERYOID, TSQUERYARRAYOID, -1, false, TYPALIGN_INT};
};
template <typename T>
struct element<std::optional<T>> : element<T> {};

template <typename T>
struct sql_type<std::vector<T>> {
    static constexpr Oid oid = element<T>::layout.array;
};

Datum make_array(const element_layout& layout, const std::vector<Datum>& values,
                 const std::vector<char>& nulls);

template <typename T>
Datum element_datum(const T& value) {
    return to_datum(value);
}
template <typename T>
Datum element_datum(const std::optional<T>& value) {
    return value ? to_datum(*value) : Datum{0};
}
template <typename T>
bool element_is_null(const T&) {
    return false;
}
template <typename T>
bool element_is_null(const std::optional<T>& value) {
    return !value;
}

// The elements of reference types must outlive the Datum only until this returns: they are copied.
template <typename T>
Datum to_datum(const std::vector<T>& elements) {
    std::vector<Datum> values;
    std::vector<char> nulls;
    for (const T& each : elements) {
        values.push_back(element_datum(each));
        nulls.push_back(element_is_null(each));
    }
    return make_array(element<T>::layout, values, nulls);
}

bool has_null_elements(Datum array);

// NULL elements are left out.
std::vector<Datum> array_elements(const element_layout& layout, Datum array);

template <>
std::vector<uuid> from_datum<std::vector<uuid>>(Datum datum);
template <>
std::vector<std::string> from_datum<std::vector<std::string>>(Datum datum);

// uuids that are gathered inside call(), where nothing of C++ may grow, into an array in the memory
// context of that time.
class gathered_uuids {
public:
    void add(Datum id); // inside call()
    Datum array() const;

private:
    ArrayBuildState* state_ = nullptr;
};

} // namespace driplo::pg
