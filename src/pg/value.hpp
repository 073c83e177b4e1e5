// Values on their way between the server and C++: arguments, results, query parameters, columns.
//
// to_datum() and from_datum() are the only places where a C++ type meets a Datum. A C++ type stands
// for exactly one SQL type: uuid, bool, int32_t (integer), int64_t (bigint), std::string_view
// (text).
#pragma once

#include "pg/boundary.hpp"

#include "core/uuid.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace driplo::pg {

using core::uuid;

template <typename T>
struct sql_type;
template <>
struct sql_type<uuid> {
    static constexpr Oid oid = UUIDOID;
};
template <>
struct sql_type<bool> {
    static constexpr Oid oid = BOOLOID;
};
template <>
struct sql_type<std::int32_t> {
    static constexpr Oid oid = INT4OID;
};
template <>
struct sql_type<std::int64_t> {
    static constexpr Oid oid = INT8OID;
};
template <>
struct sql_type<std::string_view> {
    static constexpr Oid oid = TEXTOID;
};
template <>
struct sql_type<std::string> : sql_type<std::string_view> {};
template <typename T>
struct sql_type<std::optional<T>> : sql_type<T> {};

// A jsonb as it came, for what C++ only hands on to SQL.
struct jsonb {
    Datum datum;
};
template <>
struct sql_type<jsonb> {
    static constexpr Oid oid = JSONBOID;
};
inline Datum to_datum(jsonb value) {
    return value.datum;
}

// A timestamptz in the server's own count.
struct timestamp {
    std::int64_t value;
};
template <>
struct sql_type<timestamp> {
    static constexpr Oid oid = TIMESTAMPTZOID;
};
inline Datum to_datum(timestamp time) {
    return Int64GetDatum(time.value);
}

// A numeric as text.
struct amount {
    std::string text;
};
template <>
struct sql_type<amount> {
    static constexpr Oid oid = NUMERICOID;
};
Datum to_datum(const amount& value);

template <>
struct sql_type<double> {
    static constexpr Oid oid = FLOAT8OID;
};
inline Datum to_datum(double value) {
    return Float8GetDatum(value);
}
template <>
struct sql_type<float> {
    static constexpr Oid oid = FLOAT4OID;
};
inline Datum to_datum(float value) {
    return Float4GetDatum(value);
}

// A tsquery made by read_query().
struct text_query {
    Datum datum;
};
template <>
struct sql_type<text_query> {
    static constexpr Oid oid = TSQUERYOID;
};
inline Datum to_datum(text_query value) {
    return value.datum;
}
// In the notation of to_tsquery(), without its dictionaries; in the current memory context.
text_query read_query(const std::string& text);

// The uuid must outlive the Datum: it is passed by reference.
inline Datum to_datum(const uuid& value) {
    return PointerGetDatum(value.bytes.data());
}
Datum to_datum(const uuid&&) = delete;
inline Datum to_datum(bool value) {
    return BoolGetDatum(value);
}
inline Datum to_datum(std::int32_t value) {
    return Int32GetDatum(value);
}
inline Datum to_datum(std::int64_t value) {
    return Int64GetDatum(value);
}
// Palloc'd in the current memory context. More than 1 GB is refused with 54000.
Datum to_datum(std::string_view value);
// `value` with `inserted` at that byte offset, built in place: for texts that may be a gigabyte.
Datum to_datum_with_insertion(std::string_view value, std::size_t position,
                              std::string_view inserted);
inline Datum to_datum(const std::string& value) {
    return to_datum(std::string_view(value));
}

template <typename T>
T from_datum(Datum datum);
template <>
uuid from_datum<uuid>(Datum datum);
template <>
bool from_datum<bool>(Datum datum);
template <>
std::int32_t from_datum<std::int32_t>(Datum datum);
template <>
std::int64_t from_datum<std::int64_t>(Datum datum);
// Any type with the layout of text: text, varchar, bytea.
template <>
std::string from_datum<std::string>(Datum datum);
// Points into the (detoasted) Datum; valid as long as the current memory context.
template <>
std::string_view from_datum<std::string_view>(Datum datum);

template <>
inline double from_datum<double>(Datum datum) {
    return DatumGetFloat8(datum);
}
template <>
inline float from_datum<float>(Datum datum) {
    return DatumGetFloat4(datum);
}
template <>
amount from_datum<amount>(Datum datum);

template <>
inline timestamp from_datum<timestamp>(Datum datum) {
    return {DatumGetInt64(datum)};
}

// As it is, for what C++ only hands on: jsonb, numeric.
template <>
inline Datum from_datum<Datum>(Datum datum) {
    return datum;
}

template <>
inline jsonb from_datum<jsonb>(Datum datum) {
    return {datum};
}

// Arguments of a SQL-callable function. `std::nullopt` is SQL NULL.
template <typename T>
std::optional<T> argument(FunctionCallInfo fcinfo, int number) {
    if (fcinfo->nargs <= number || fcinfo->args[number].isnull)
        return std::nullopt;
    return from_datum<T>(fcinfo->args[number].value);
}

// An argument that must not be NULL: 22004 with the argument's name otherwise.
template <typename T>
T required(FunctionCallInfo fcinfo, int number, const char* name) {
    if (auto value = argument<T>(fcinfo, number))
        return *value;
    throw core::error{core::errors::null_value_not_allowed,
                      std::string(name) + " must not be NULL"};
}

inline Datum null_result(FunctionCallInfo fcinfo) {
    fcinfo->isnull = true;
    return static_cast<Datum>(0);
}

// A copy in the caller's memory context.
Datum result(const uuid& value);

std::string text_of(const uuid& value);
// What md5(text)::uuid is in SQL.
uuid md5_uuid(std::string_view from);

// `json ->> name`: palloc'd, or null where ->> gives NULL. May raise: for use inside call().
const char* jsonb_field(Datum json, const char* name);

// A jsonb argument as text; nullopt when NULL.
std::optional<std::string> json_argument(FunctionCallInfo fcinfo, int number);

// The string of that name in a JSON object; nullopt when there is none, or no object, or something
// else than a string, such as an object whose text somebody might take for a name.
std::optional<std::string> json_text(std::optional<Datum> json, const char* name);

} // namespace driplo::pg
