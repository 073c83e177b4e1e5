// How the money of an order is divided: what came in for it, and whose it is.
//
//     settlement left = settle(amounts);         // what was fixed at checkout
//     division d = divide(left, {4'000});        // whose the 40.00 that go back are
//     left = left - d;                           // what can go back still
//
// An order is the sum of its parts: one for each line, and the shipping. Money goes back in
// proportion to what is left of the whole, or of a part. So nobody ever gives back more than they
// got, no refund gives anybody money, and when everything went back everybody has given back
// exactly what they got, after any refunds in any order.
#pragma once

#include "core/money.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace driplo::core {

/// What was fixed when the order was placed, all of it in the order's currency.
struct order_amounts {
    money total;             ///< what the buyer pays, store credit not counted
    money store_credit;      ///< what store credit pays
    money tax;               ///< in the total
    money fee;               ///< the platform's share, with the tax that it may include
    money platform_discount; ///< what of the discounts the platform pays to the seller
    money tax_in_fee = {};   ///< the part of the tax that the fee includes
};

/// Whose some money is: cash + credit + promotion is seller + fee + tax.
struct division {
    money cash, credit, promotion; ///< from the processor, from store credit, from the platform
    money seller, fee, tax;        ///< of the seller, the platform, the tax office

    money paid() const { return cash + credit; }
};

division operator+(const division& a, const division& b);
division operator-(const division& a, const division& b);
/// Whether it is nothing to anybody.
bool is_nothing(const division& d) noexcept;

/// The money of an order, of a part of it, or what is left of either.
struct settlement : division {
    money unit = hundredth; ///< shares are whole numbers of it, as far as the amounts are

    settlement() = default;
    settlement(const division& d, money unit) : division(d), unit(unit) {}
};

settlement operator-(const settlement& a, const division& b);

/// The platform takes no more than is there after the tax, and the tax no more than there is.
settlement settle(const order_amounts& amounts, money unit = hundredth);

/// Of an amount between nothing and s.paid(): cash first, then store credit; what the seller, the
/// platform and the tax office give back is in proportion to what they have, rounded to the seller
/// and the others first, then between those two. Nobody gives back more than they have; of
/// s.paid() everybody gives back everything.
division divide(const settlement& s, money amount);

/// What so many of a line's pieces are worth to everybody. Of what they brought together, the first
/// pieces have their share rounded once, so that one after the other and all at once is the same.
money worth_of_pieces(money whole, std::int64_t pieces, std::int64_t of, money unit);
division portion(const settlement& s, std::int64_t pieces, std::int64_t of);

/// What is left of an order without its other parts: what one of them may take. Where money was
/// taken from the whole before, what one account lacks the others make up.
settlement without(const settlement& left, const division& other_parts);

/// Which of some amounts sum to as much as possible and no more than the limit, in their order; of
/// several choices the one with the earlier amounts. Of more than 16 amounts each is taken that
/// fits.
std::vector<std::size_t> closest_below(money limit, const std::vector<money>& amounts);

} // namespace driplo::core
