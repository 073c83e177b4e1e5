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
    const std::vector<money> shares = spread(amount + d.promotion, {s.seller, s.fee, s.tax});
    d.seller = shares[0];
    d.fee = shares[1];
    d.tax = shares[2];
    return d;
}

division divide_all(const settlement& s) {
    return {s.cash, s.credit, s.promotion, s.seller, s.fee, s.tax};
}

} // namespace driplo::core
