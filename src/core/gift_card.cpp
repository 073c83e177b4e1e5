#include "core/gift_card.hpp"

#include "core/error.hpp"

#include "core/purity.hpp"

namespace driplo::core {

money card_cancellation::recovered() const {
    money sum = from_income;
    for (const money unspent : from_credits)
        sum += unspent;
    return sum;
}

card_cancellation cancel_redeemed(money amount, const std::vector<card_credit>& credits) {
    card_cancellation taken;
    for (const card_credit& credit : credits) {
        taken.from_credits.push_back(credit.unspent());
        taken.from_income += credit.expired;
    }
    taken.from_platform = amount - taken.recovered();
    if (taken.from_platform < money{})
        throw error{errors::internal_error, "gift card has more store credit than it brought"};
    return taken;
}

} // namespace driplo::core
