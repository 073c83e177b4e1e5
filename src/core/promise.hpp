// What a coupon of the platform gives to several orders of one checkout on a condition that they
// meet together: a minimum, or so many pieces to buy. Each order is of another seller, and may end
// without the others; what the coupon gave is earned only as long as the orders that met the
// condition stand.
//
// The terms are those of the checkout: what becomes of the coupon later changes nothing.
#pragma once

#include "core/checkout.hpp"

namespace driplo::core {

/// What the coupon has to do with one of the orders.
struct promise_part {
    uuid order;
    money contributes; ///< what its matching lines cost before any discount
    money given;       ///< what the coupon took off it, shipping included
    std::vector<counted_line> counted;
};

struct promise {
    uuid coupon;
    std::string currency;
    money minimum;
    /// for buy_x_get_y, else 0
    std::int64_t buy_quantity = 0, get_quantity = 0;
    std::optional<money> maximum;
    std::vector<promise_part> parts;

    /// Whether an order got something that it alone would not have earned. Where none did, none
    /// depends on another.
    bool ties() const;
    /// What these orders were given and would not have been, without the others.
    money unearned(const std::vector<uuid>& standing) const;
};

/// An order that has not ended.
struct standing_order {
    uuid order;
    bool can_fall = true; ///< not once it is shipped
};

struct promise_end {
    std::vector<uuid> falls; ///< in the order of `standing`
    money lost;              ///< what those that cannot fall keep and have not earned
};

/// What follows for the orders that still stand, all of one currency: those fall that were given
/// something which they do not earn any more, and then those for which these had met a condition.
promise_end judge(const std::vector<promise>& promises, std::vector<standing_order> standing);

} // namespace driplo::core
