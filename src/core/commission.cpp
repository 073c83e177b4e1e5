#include "core/commission.hpp"

#include <algorithm>

#include "core/purity.hpp"

namespace driplo::core {

line_commission commission_of(const commission_rule& rule, money price, money shipping,
                              money unit) {
    line_commission c;
    if (price > money{}) {
        c.goods = percent_of(price, rule.percent, unit) + rounded(rule.flat, unit);
        if (rule.least)
            c.goods = std::max(c.goods, rounded(*rule.least, unit));
    }
    if (rule.of_shipping)
        c.shipping = std::min(percent_of(shipping, rule.percent, unit), shipping);
    if (rule.most) {
        const money most = truncated(*rule.most, unit);
        c.goods = std::min(c.goods, most);
        c.shipping = std::min(c.shipping, most - c.goods);
    }
    c.goods = std::min(c.goods, price);
    return c;
}

} // namespace driplo::core
