// What the orders of a payment get when only a part of what was held for it was captured.
//
//     shares_of_capture({4'000}, {{11'000, false}, {4'000, true}}, hundredth);   // 0.00 and 40.00
#pragma once

#include "core/money.hpp"

#include <vector>

namespace driplo::core {

/// An order of the payment: what was to be paid for it, and whether it still is. An order that has
/// ended or was paid another way is due nothing.
struct held_share {
    money amount;
    bool is_due;
};

/// The captured amount, which is less than the sum of all, spread in whole units: over what is due,
/// in proportion, so that who captures what is left after one order was cancelled pays for the
/// others; only what those do not take goes to the rest.
std::vector<money> shares_of_capture(money captured, const std::vector<held_share>& held,
                                     money unit);

} // namespace driplo::core
