// The tax of an order: on top and included, by rates, and what every order has to keep.
#include "core/tax.hpp"

#include <map>
#include <string>
#include <vector>

#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

constexpr tax_rate percent = 10'000;

std::string of(const std::vector<taxable_line>& lines, tax_is how, money unit = hundredth) {
    std::string text;
    for (const line_tax& tax : taxes_by_rate(lines, how, unit))
        text += (text.empty() ? "" : ", ") + std::to_string(tax.goods.minor) + " " +
                std::to_string(tax.shipping.minor);
    return text;
}

void test_examples(tap& t) {
    t.is(of({{{10'000}, {}, 19 * percent}}, tax_is::on_top), "1900 0", "19 % of 100.00");
    t.is(of({{{11'900}, {}, 19 * percent}}, tax_is::included), "1900 0", "in 119.00");
    t.is(of({{{10'000}, {1'000}, 20 * percent}}, tax_is::on_top), "2000 200", "shipping too");
    t.is(of({{{10'000}, {1'000}, 20 * percent, false}}, tax_is::on_top), "2000 0", "or not");
    t.is(of({{{10'000}, {500}, 19 * percent}, {{5'000}, {500}, 7 * percent}}, tax_is::on_top),
         "1900 95, 350 35", "shipping has the rate of what is shipped");
    t.is(of({{{10'000}, {}, std::nullopt}, {{100}, {}, tax_rate{0}}}, tax_is::on_top), "0 0, 0 0",
         "no rate and a rate of nothing");
    t.is(of({{{10}, {}, 5 * percent}, {{10}, {}, 5 * percent}, {{10}, {}, 5 * percent}},
            tax_is::on_top),
         "1 0, 1 0, 0 0", "1.5 cents of 30 are 2, and not three times half a cent rounded up");
    t.is(of({{{10'000}, {}, 88'750}}, tax_is::on_top), "888 0", "8.875 % of 100.00");
    t.is(of({{{100'000}, {10'000}, 10 * percent}}, tax_is::included, {100}), "9100 900",
         "1100 yen contain 100");
    t.is(of({{{1}, {}, 100 * percent}}, tax_is::included), "1 0", "half a cent of one");
    const auto with_fee = [&](const std::vector<taxable_line>& lines, tax_is how) {
        std::string text;
        for (const line_tax& tax : taxes_by_rate(lines, how, hundredth, 19 * percent))
            text += (text.empty() ? "" : ", ") + std::to_string(tax.goods.minor) + " " +
                    std::to_string(tax.fee.minor);
        return text;
    };
    t.is(with_fee({{{10'000}, {}, 19 * percent, true, {500}}}, tax_is::on_top), "1900 95",
         "the fee of 5.00 too");
    t.is(with_fee({{{11'900}, {}, 19 * percent, true, {595}}}, tax_is::included), "1900 95",
         "in 5.95");
    t.is(with_fee({{{2'000}, {}, 7 * percent, true, {100}}}, tax_is::on_top), "140 19",
         "at its own rate, not at that of a book");
    t.is(of({{{10'000}, {}, 19 * percent, true, {500}}}, tax_is::on_top), "1900 0",
         "without a rate of fees they have no tax");
    t.is(of({{{9'999'999'999}, {}, 999 * percent}}, tax_is::included), "9090081892 0",
         "ten times the price");
}

void look(laws& held, generator& draw) {
    held.next_case();
    const money unit = draw.chance(30) ? money{100} : hundredth;
    const tax_is how = draw.chance(50) ? tax_is::on_top : tax_is::included;
    const std::vector<tax_rate> rates{0, 55'000, 7 * percent, 19 * percent, 88'750};
    std::vector<taxable_line> lines;
    std::map<tax_rate, std::int64_t> charged;
    const auto fee_rate = draw.chance(50) ? std::optional(draw.one_of(rates)) : std::nullopt;
    for (std::int64_t i = draw.between(0, 6); i > 0; --i) {
        taxable_line line{{draw.magnitude(1'000'000) * unit.minor},
                          {draw.magnitude(2'000) * unit.minor},
                          draw.one_of(rates),
                          draw.chance(70)};
        if (draw.chance(10))
            line.rate = std::nullopt;
        if (draw.chance(50))
            line.fee = {draw.magnitude(50'000) * unit.minor};
        if (fee_rate)
            charged[*fee_rate] += line.fee.minor;
        if (line.rate)
            charged[*line.rate] +=
                line.price.minor + (line.taxes_shipping ? line.shipping.minor : 0);
        lines.push_back(line);
    }
    std::map<tax_rate, std::int64_t> taxed;
    const std::vector<line_tax> taxes = taxes_by_rate(lines, how, unit, fee_rate);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const auto& [goods, shipping, fee] = taxes[i];
        held.hold(goods >= money{} && shipping >= money{} && fee >= money{}, "no tax is negative");
        held.hold(is_multiple(goods, unit) && is_multiple(shipping, unit) && is_multiple(fee, unit),
                  "a tax can be paid");
        held.hold(goods <= lines[i].price && shipping <= lines[i].shipping && fee <= lines[i].fee,
                  "a tax below 100 % is no more than what it is of");
        held.hold(fee_rate || fee == money{}, "a fee without a rate has no tax");
        if (fee_rate)
            taxed[*fee_rate] += fee.minor;
        held.hold(lines[i].rate || goods + shipping == money{}, "what has no rate has no tax");
        if (lines[i].rate)
            taxed[*lines[i].rate] += goods.minor + shipping.minor;
    }
    for (const auto& [rate, tax] : taxed) {
        // twice the distance from the exact tax, in units and parts of the divisor
        const std::int64_t divisor = how == tax_is::included ? 1'000'000 + rate : 1'000'000;
        const std::int64_t off = charged[rate] * rate - tax * divisor;
        held.hold(2 * off <= divisor * unit.minor && 2 * off >= -divisor * unit.minor,
                  "the tax of a rate is rounded once");
    }
}

} // namespace

int main() {
    tap t;
    test_examples(t);
    laws held;
    generator draw(20'260'108);
    for (int i = 0; i < 20'000; ++i)
        look(held, draw);
    held.report(t);
    return t.finish();
}
