#include "core/capture.hpp"

#include <algorithm>
#include <cstddef>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

std::vector<money> amounts_of(const std::vector<held_share>& held, bool is_due) {
    std::vector<money> amounts;
    for (const held_share& share : held)
        amounts.push_back(share.is_due == is_due ? share.amount : money{});
    return amounts;
}

money sum_of(const std::vector<money>& amounts) {
    money sum;
    for (const money amount : amounts)
        sum += amount;
    return sum;
}

} // namespace

std::vector<money> shares_of_capture(money captured, const std::vector<held_share>& held,
                                     money unit) {
    const std::vector<money> due = amounts_of(held, true), rest = amounts_of(held, false);
    const money to_due = std::min(captured, sum_of(due));
    std::vector<money> shares = spread(to_due, due, unit);
    const std::vector<money> beyond = spread(captured - to_due, rest, unit);
    for (std::size_t i = 0; i < shares.size(); ++i)
        shares[i] += beyond[i];
    return shares;
}

} // namespace driplo::core
