// What the platform keeps of a line of an order by a rule for it.
#pragma once

#include "core/money.hpp"

#include <cstdint>
#include <optional>

namespace driplo::core {

struct commission_rule {
    std::int64_t percent = 0; ///< in hundredths
    money flat;               ///< for the line, whatever its quantity
    std::optional<money> least, most;
    bool of_shipping = true; ///< whether the percent is of the shipping too
};

/// Of a line: of its price, and of shipping it.
struct line_commission {
    money goods, shipping;
};

/// The percent of the price and the flat part, no less than the least and no more than the most,
/// which counts for price and shipping together; and never more than the price or the shipping
/// itself. An amount without a price carries no flat part and no least.
line_commission commission_of(const commission_rule& rule, money price, money shipping, money unit);

} // namespace driplo::core
