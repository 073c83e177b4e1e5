// Money as an exact number of minor units (cents); the currency is known from where it stands.
// Every operation checks for overflow: error 22003.
//
// Amounts of tables are numeric(10,2), so that an amount in a table is at most max_money.
#pragma once

#include <cstdint>
#include <vector>

namespace driplo::core {

struct money {
    std::int64_t minor = 0;

    friend constexpr bool operator==(money a, money b) noexcept { return a.minor == b.minor; }
    friend constexpr bool operator!=(money a, money b) noexcept { return a.minor != b.minor; }
    friend constexpr bool operator<(money a, money b) noexcept { return a.minor < b.minor; }
    friend constexpr bool operator>(money a, money b) noexcept { return b < a; }
    friend constexpr bool operator<=(money a, money b) noexcept { return !(b < a); }
    friend constexpr bool operator>=(money a, money b) noexcept { return !(a < b); }
};

/// 99,999,999.99: the largest amount that a column takes.
inline constexpr money max_money{9'999'999'999};

money operator+(money a, money b);
money operator-(money a, money b);
money operator*(money price, std::int64_t quantity);
inline money& operator+=(money& a, money b) {
    return a = a + b;
}

/// The amount itself. Error 22003 when it is above max_money or below its negative.
money checked(money amount);

/// The smallest amount of most currencies, in which amounts are counted. Those without a part have
/// one of a hundred: smallest_unit() in core/currency.hpp. Whatever is computed is rounded to it.
inline constexpr money hundredth{1};

/// Whether the amount is a whole number of units.
constexpr bool is_multiple(money amount, money unit) noexcept {
    return amount.minor % unit.minor == 0;
}

/// The nearest whole number of units, half away from zero.
money rounded(money amount, money unit);
/// The next one towards zero.
constexpr money truncated(money amount, money unit) noexcept {
    return {amount.minor - amount.minor % unit.minor};
}

/// amount * percent / 100 rounded to the unit, half away from zero; the percent in hundredths:
/// 12.5 % is 1250.
money percent_of(money amount, std::int64_t hundredths_of_percent, money unit = hundredth);

/// Shares of the whole in proportion to the weights, by largest remainder: the shares sum to the
/// whole, none differs from its exact value by a unit or more, and of equal remainders the first
/// counts. Each is a whole number of units when the whole is; a whole that is none is spread in
/// hundredths. Neither whole nor weights may be negative; when all weights are zero the whole must
/// be zero too: else XX000, because no shares would sum to it.
std::vector<money> spread(money whole, const std::vector<money>& weights, money unit = hundredth);

} // namespace driplo::core
