// How the money of an order is divided: what came in for it, and whose it is.
//
//     settlement s = ...;                        // of the amounts that were fixed at checkout
//     division d = divide(s, {4'000});           // whose the first 40.00 that go back are
//
// Money goes back in parts. What a part takes from whom follows from sums and never from the part
// alone: divide() of all that went back so far, less divide() of what had gone back before. So any
// number of parts in any order ends in the same amounts, and when everything went back everybody
// has given back exactly what they got.
#pragma once

#include "core/money.hpp"

#include <cstddef>
#include <vector>

namespace driplo::core {

/// What was fixed when the order was placed, all of it in the order's currency.
struct order_amounts {
    money total;             ///< what the buyer pays, store credit not counted
    money store_credit;      ///< what store credit pays
    money tax;               ///< in the total
    money fee;               ///< the platform's share
    money platform_discount; ///< what of the discounts the platform pays to the seller
};

/// Where the money of a paid order came from and whose it is: both sides sum to the same.
struct settlement {
    money cash, credit, promotion; ///< from the processor, from store credit, from the platform
    money seller, fee, tax;        ///< to the seller, the platform, the tax office

    money paid() const { return cash + credit; }
};

/// The platform takes no more than is there after the tax, and the tax no more than there is.
settlement settle(const order_amounts& amounts);

/// Whose some money is that goes back: seller + fee + tax - promotion is cash + credit.
struct division {
    money cash, credit, promotion;
    money seller, fee, tax;
};

division operator-(const division& a, const division& b);

/// Of an amount between nothing and s.paid(): cash first, then store credit; what the seller, the
/// platform and the tax office give back is in proportion to what they got, rounded to the seller
/// and the others first, then between those two. Of a greater amount nobody gives back less.
division divide(const settlement& s, money amount);

/// Everything, also of an order that cost nothing.
division divide_all(const settlement& s);

/// Which of some amounts sum to as much as possible and no more than the limit, in their order; of
/// several choices the one with the earlier amounts. Of more than 16 amounts each is taken that
/// fits.
std::vector<std::size_t> closest_below(money limit, const std::vector<money>& amounts);

} // namespace driplo::core
