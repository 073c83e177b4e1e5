// What the platform keeps of a line by a rule.
#include "core/commission.hpp"

#include <string>

#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

std::string of(const commission_rule& rule, std::int64_t price, std::int64_t shipping = 0,
               money unit = hundredth) {
    const line_commission c = commission_of(rule, {price}, {shipping}, unit);
    return std::to_string(c.goods.minor) + " " + std::to_string(c.shipping.minor);
}

commission_rule some_rule(generator& draw, money unit) {
    commission_rule rule;
    rule.percent = draw.magnitude(10'000);
    rule.flat = {draw.magnitude(500) * unit.minor};
    if (draw.chance(30))
        rule.least = money{draw.magnitude(1'000) * unit.minor};
    if (draw.chance(30))
        rule.most = money{draw.magnitude(5'000) * unit.minor};
    rule.of_shipping = draw.chance(50);
    return rule;
}

void look(laws& held, generator& draw) {
    held.next_case();
    const money unit = draw.chance(30) ? money{100} : hundredth;
    const commission_rule rule = some_rule(draw, unit);
    const money price{draw.magnitude(1'000'000) * unit.minor};
    const money shipping{draw.magnitude(5'000) * unit.minor};
    const line_commission c = commission_of(rule, price, shipping, unit);
    held.hold(c.goods >= money{} && c.shipping >= money{}, "no commission is negative");
    held.hold(c.goods <= price && c.shipping <= shipping, "nor more than what it is of");
    held.hold(is_multiple(c.goods, unit) && is_multiple(c.shipping, unit), "it can be paid");
    held.hold(!rule.most || c.goods + c.shipping <= *rule.most, "the most is kept");
    held.hold(!rule.least || price == money{} || c.goods == price ||
                  (rule.most && c.goods == *rule.most) || c.goods >= *rule.least,
              "the least too, as far as there is so much");
    held.hold(rule.of_shipping || c.shipping == money{}, "shipping carries one only where said");
    const line_commission more = commission_of(rule, price + unit, shipping, unit);
    held.hold(more.goods >= c.goods, "a higher price never carries less");
}

} // namespace

int main() {
    tap t;
    commission_rule rule;
    rule.percent = 800;
    t.is(of(rule, 10'000, 500), "800 40", "8 % of price and shipping");
    rule.of_shipping = false;
    t.is(of(rule, 10'000, 500), "800 0", "or of the price alone");
    rule.flat = {30};
    t.is(of(rule, 10'000), "830 0", "and a flat part");
    t.is(of(rule, 20), "20 0", "never more than the price");
    t.is(of(rule, 0), "0 0", "what is free carries none");
    rule.least = money{100};
    t.is(of(rule, 500), "100 0", "no less than the least");
    rule.most = money{2'000};
    t.is(of(rule, 100'000), "2000 0", "no more than the most");
    rule.of_shipping = true;
    t.is(of(rule, 20'000, 10'000), "1630 370", "with shipping together");
    t.is(of(rule, 0, 10'000), "0 800", "what is free may be sent dearly");
    t.is(of(rule, 33'300, 0, {100}), "2000 0", "in yen");
    rule = {};
    rule.percent = 500;
    t.is(of(rule, 33'300, 0, {100}), "1700 0", "16.65 yen are 17");
    rule.most = money{1'650};
    t.is(of(rule, 33'300, 0, {100}), "1600 0", "and no more than 16.50 are 16");
    laws held;
    generator draw(20'260'109);
    for (int i = 0; i < 20'000; ++i)
        look(held, draw);
    held.report(t);
    return t.finish();
}
