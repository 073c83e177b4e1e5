// The tax of an order by rates: on top of its prices, or contained in them.
#pragma once

#include "core/money.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace driplo::core {

/// Ten-thousandths of a percent: 19 % is 190'000, 8.875 % is 88'750.
using tax_rate = std::int64_t;

/// What an order charges for a line, after discounts, and for shipping it.
struct taxable_line {
    money price, shipping;
    std::optional<tax_rate> rate; ///< nothing is not taxed, and has no rate
    bool taxes_shipping = true;
};

/// What the tax of a line is, and of shipping it.
struct line_tax {
    money goods, shipping;
};

enum class tax_is { on_top, included };

/// The tax of each line. What has the same rate is taxed as one sum, rounded once, and spread over
/// lines and shipping by largest remainder, so that the tax of the whole is right to the unit. An
/// included tax is never more than what it is included in. Neither amounts nor rates may be
/// negative.
std::vector<line_tax> taxes_by_rate(const std::vector<taxable_line>& lines, tax_is how, money unit);

} // namespace driplo::core
