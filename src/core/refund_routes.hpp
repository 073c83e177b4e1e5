// Through which payments of an order a refund goes back, when the order was paid by several.
//
//     by_largest({8'000}, {{6'000}, {5'000}});   // 60.00 and 20.00
#pragma once

#include "core/money.hpp"

#include <vector>

namespace driplo::core {

/// What each payment sends of the amount, given what is left of each: the one with most left first,
/// of equal ones the earlier one, so that a refund stays one as long as any payment has enough. No
/// payment sends more than it has left; what all of them together have not is not among the parts.
std::vector<money> by_largest(money amount, const std::vector<money>& left);

} // namespace driplo::core
