// The tax of an order by rates: on top of its prices, or contained in them.
#pragma once

#include "core/money.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace driplo::core {

/// Ten-thousandths of a percent: 19 % is 190'000, 8.875 % is 88'750.
using tax_rate = std::int64_t;

/// What an order charges for a line, after discounts, for shipping it, and as the platform's fee of
/// it that the buyer pays.
struct taxable_line {
    money price, shipping;
    std::optional<tax_rate> rate; ///< nothing is not taxed, and has no rate
    bool taxes_shipping = true;
    money fee = {};
};

/// What the tax of a line is, of shipping it, and of its fee.
struct line_tax {
    money goods, shipping, fee;
};

enum class tax_is { on_top, included };

/// The tax of each line. What has the same rate is taxed as one sum, rounded once, and spread over
/// lines, shipping and fees by largest remainder, so that the tax of the whole is right to the
/// unit. The fees have a rate of their own, whatever they are of: what the platform does is no
/// book. An included tax is never more than what it is included in. Neither amounts nor rates may
/// be negative.
std::vector<line_tax> taxes_by_rate(const std::vector<taxable_line>& lines, tax_is how, money unit,
                                    const std::optional<tax_rate>& fee_rate = std::nullopt);

} // namespace driplo::core
