// Days.
#pragma once

#include "pg/column_values.hpp"

namespace driplo::pg {

// A date in the server's own count.
struct date {
    std::int32_t value;
};
inline date date_of_unix_day(std::int64_t day) {
    return {static_cast<std::int32_t>(day - (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE))};
}
inline Datum to_datum(date day) {
    return Int32GetDatum(day.value);
}

template <>
struct sql_type<date> {
    static constexpr Oid oid = DATEOID;
};
template <>
struct element<date> {
    static constexpr element_layout layout{DATEOID, DATEARRAYOID, 4, true, TYPALIGN_INT};
};

} // namespace driplo::pg
