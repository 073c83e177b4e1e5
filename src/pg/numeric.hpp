// Exact decimal arithmetic for SQL's numeric, by the server's own functions.
#pragma once

#include "pg/value.hpp"

#include "core/money.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>

namespace driplo::pg {

// round(amount * percent / 100, scale), exact for every amount; NaN and Infinity as the server
// does. The percent counts with the 15 digits that a setting shows: 2.9 is 2.9.
Datum percentage(Datum amount, double percent, int scale);

// The same of an amount, rounded to the smallest unit of its currency.
core::money percentage_of(core::money amount, double percent, core::money unit);

// A numeric in major units, rounded to the smallest unit of its currency, half away from zero.
// Errors: 22003, 0A000 for NaN and infinity.
core::money to_money(Datum amount, core::money unit);

// An amount in major units: with two decimals, or none where the smallest unit has none.
Datum to_major_units(core::money amount, core::money unit);

// The amount times all of `multiply`, divided by all of `divide`, which are above zero: exact, then
// rounded half away from zero to a multiple of `unit`. Error 22003 where that is beyond 10^15, or
// no number.
core::money multiplied(Datum amount, std::initializer_list<std::int64_t> multiply,
                       std::initializer_list<std::int64_t> divide, core::money unit);

// A sum of numerics, for use inside call().
class numeric_sum {
public:
    void add(Datum amount);
    bool equals(Datum amount) const;
    bool is_within(std::optional<Datum> amount) const; // not above it, or above zero without one

private:
    Datum sum_ = Datum{0};
    bool is_empty_ = true;
};

// An amount that somebody gives, in minor units. Errors: 22023 when it is not a number above zero
// with two digits after the point at most, 22003 when no column holds it. `name` is the argument's.
core::money required_amount(FunctionCallInfo fcinfo, int number, const char* name);
std::optional<core::money> amount_argument(FunctionCallInfo fcinfo, int number, const char* name);

} // namespace driplo::pg
