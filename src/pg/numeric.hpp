// Exact decimal arithmetic for SQL's numeric, by the server's own functions.
#pragma once

#include "pg/value.hpp"

#include "core/money.hpp"

#include <cstdint>
#include <optional>

namespace driplo::pg {

// round(amount * percent / 100, scale), exact for every amount; NaN and Infinity as the server
// does. The percent counts with the 15 digits that a setting shows: 2.9 is 2.9.
Datum percentage(Datum amount, double percent, int scale);

// The same of an amount in minor units, rounded to minor units.
std::int64_t percentage_of(std::int64_t minor, double percent);

// A numeric in major units as minor units, rounded half away from zero. Errors: 22003, 0A000 for
// NaN and infinity.
std::int64_t to_minor_units(Datum amount);

// An amount that somebody gives, in minor units. Errors: 22023 when it is not a number above zero
// with two digits after the point at most, 22003 when no column holds it. `name` is the argument's.
core::money required_amount(FunctionCallInfo fcinfo, int number, const char* name);
std::optional<core::money> amount_argument(FunctionCallInfo fcinfo, int number, const char* name);

} // namespace driplo::pg
