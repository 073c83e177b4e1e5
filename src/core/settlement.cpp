#include "core/settlement.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/purity.hpp"

namespace driplo::core {

settlement settle(const order_amounts& amounts) {
    settlement s;
    s.cash = amounts.total;
    s.credit = amounts.store_credit;
    s.promotion = amounts.platform_discount;
    money left = s.paid() + s.promotion;
    s.tax = std::min(amounts.tax, left);
    left = left - s.tax;
    s.fee = std::min(amounts.fee, left);
    s.seller = left - s.fee;
    return s;
}

division operator-(const division& a, const division& b) {
    return {a.cash - b.cash,     a.credit - b.credit, a.promotion - b.promotion,
            a.seller - b.seller, a.fee - b.fee,       a.tax - b.tax};
}

division divide(const settlement& s, money amount) {
    division d;
    if (amount == money{})
        return d;
    d.cash = std::min(amount, s.cash);
    d.credit = amount - d.cash;
    d.promotion = spread(s.promotion, {amount, s.paid() - amount}).front();
    // Two by two: of two shares none shrinks while the whole grows, of three by largest remainder
    // one may, and a refund would give somebody money.
    const std::vector<money> sides = spread(amount + d.promotion, {s.seller, s.fee + s.tax});
    const std::vector<money> rest = spread(sides[1], {s.fee, s.tax});
    d.seller = sides[0];
    d.fee = rest[0];
    d.tax = rest[1];
    return d;
}

division divide_all(const settlement& s) {
    return {s.cash, s.credit, s.promotion, s.seller, s.fee, s.tax};
}

std::vector<std::size_t> closest_below(money limit, const std::vector<money>& amounts) {
    constexpr std::size_t most = 16;
    std::vector<std::size_t> chosen;
    if (amounts.size() > most) {
        for (std::size_t i = 0; i < amounts.size(); ++i)
            if (amounts[i] <= limit) {
                limit = limit - amounts[i];
                chosen.push_back(i);
            }
        return chosen;
    }
    // the first amount is the highest bit: of equal sums the greatest number has the earlier ones
    std::uint32_t best = 0;
    money best_sum;
    for (std::uint32_t choice = 1; choice < std::uint32_t{1} << amounts.size(); ++choice) {
        money sum;
        for (std::size_t i = 0; i < amounts.size(); ++i)
            if ((choice >> (amounts.size() - 1 - i) & 1U) != 0)
                sum += amounts[i];
        if (sum <= limit && sum >= best_sum) {
            best = choice;
            best_sum = sum;
        }
    }
    for (std::size_t i = 0; i < amounts.size(); ++i)
        if ((best >> (amounts.size() - 1 - i) & 1U) != 0)
            chosen.push_back(i);
    return chosen;
}

} // namespace driplo::core
