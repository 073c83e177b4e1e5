// Where the amount of a sold gift card is: in store credit that was not spent, in the platform's
// income when that expired, and else in what was bought with it.
//
//     cancel_redeemed({5'000}, {{{5'000}, {4'000}, {}}});     // 10.00 of the credit, 40.00 of ours
#pragma once

#include "core/money.hpp"

#include <vector>

namespace driplo::core {

/// Store credit that a card was redeemed into, or that came back of an order which such a credit
/// had paid for.
struct card_credit {
    money amount, used, expired;

    money unspent() const { return amount - used - expired; }
};

/// Who gives the amount of a card back whose payment went back: the parts are the amount.
struct card_cancellation {
    std::vector<money> from_credits; ///< of each credit what was not spent
    money from_income;               ///< what had expired unused
    money from_platform;             ///< what was spent, which nobody gives back

    money recovered() const; ///< what the platform does not lose
};

/// Of a card that was redeemed into these credits. What was spent of one and came back in another
/// is there again. XX000 when the credits have more than the card brought.
card_cancellation cancel_redeemed(money amount, const std::vector<card_credit>& credits);

} // namespace driplo::core
