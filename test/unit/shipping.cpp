// What shipping costs: tiers, countries, what goes along, and what is picked up; and laws that
// thousands of generated orders have to keep.
#include "core/shipping.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

shipping_rule costs(std::int64_t cost, std::optional<std::int64_t> further = std::nullopt) {
    shipping_rule rule;
    rule.cost = {cost};
    if (further)
        rule.further = money{*further};
    return rule;
}

std::string of(const std::vector<shipping_rule>& rules, std::vector<std::int64_t> quantities = {},
               const std::optional<std::string>& country = std::nullopt,
               std::int64_t subtotal = 10'000) {
    std::vector<shipment> lines;
    for (std::size_t i = 0; i < rules.size(); ++i)
        lines.push_back({&rules[i], i < quantities.size() ? quantities[i] : 1, false});
    std::string text;
    for (const money cost : shipping_costs(lines, {subtotal}, country))
        text += (text.empty() ? "" : " ") + std::to_string(cost.minor);
    return text;
}

void test_combined(tap& t) {
    t.is(of({costs(500), costs(300)}), "500 300", "each line costs its own");
    t.is(of({costs(500), costs(300, 100)}), "500 100", "one that goes along costs less");
    t.is(of({costs(300, 100), costs(500)}), "100 500", "wherever it stands in the cart");
    t.is(of({costs(500, 200), costs(500, 300)}), "200 500", "of equal ones the sum is the least");
    t.is(of({costs(500, 300), costs(500, 200)}), "500 200", "whichever comes first");
    t.is(of({costs(500), costs(300, 400)}), "500 300", "what goes along never costs more");
    t.is(of({costs(500, 0), costs(300, 0), costs(200, 0)}), "500 0 0", "or nothing");
    t.is(of({costs(0), costs(300, 100)}), "0 300", "what ships free takes nothing along");
    shipping_rule free = costs(900);
    free.free_over = money{10'000};
    t.is(of({free, costs(300, 100)}), "0 300", "nor what is free from this subtotal on");
    t.is(of({free, costs(300, 100)}, {}, {}, 9'999), "900 100", "below it does");
    t.is(of({}), "", "no lines");
    const shipping_rule rule = costs(500);
    t.is(shipping_costs({{&rule, 1, true}}, {}, std::nullopt).front().minor, 0, "picked up");
    const shipping_rule along = costs(300, 100);
    t.is(shipping_costs({{&rule, 1, true}, {&along, 1, false}}, {}, std::nullopt)[1].minor, 300,
         "takes nothing along");
}

void test_tiers(tap& t) {
    shipping_rule rule = costs(490);
    rule.tiers = {{3, 0, {790}}, {10, 0, {1490}}};
    t.is(of({rule}, {2}), "490", "below the first tier");
    t.is(of({rule}, {3}), "790", "at it");
    t.is(of({rule}, {9}), "790", "up to the next");
    t.is(of({rule}, {10}), "1490", "and so on");
    t.is(of({rule}, {INT64_MAX}), "1490", "any number");
    rule.tiers = {{10, 0, {1490}}, {3, 0, {790}}};
    t.is(of({rule}, {10}), "1490", "in whatever order they are written");
    rule.tiers = {{3, 0, {100}}};
    t.is(of({rule}, {3}), "490", "more pieces never cost less");
    rule.grams = 800;
    rule.tiers = {{0, 2'000, {790}}, {0, 4'000, {990}}};
    t.is(of({rule}, {2}), "490", "1.6 kg");
    t.is(of({rule}, {3}), "790", "2.4 kg");
    t.is(of({rule}, {5}), "990", "4 kg");
    rule.grams = INT64_MAX;
    t.is(of({rule}, {INT64_MAX}), "990", "any weight");
    rule.tiers = {{2, 0, {500}}, {0, 1, {600}}};
    t.is(of({rule}, {2}), "600", "of pieces and weight what costs more");
}

void test_countries(tap& t) {
    shipping_rule rule = costs(490);
    rule.countries = {"DE"};
    rule.elsewhere.push_back(costs(990, 300));
    rule.elsewhere.back().countries = {"AT", "CH"};
    rule.elsewhere.push_back(costs(1990));
    rule.elsewhere.back().countries = {"CH", "US"};
    t.is(of({rule}, {}, "DE"), "490", "at home");
    t.is(of({rule}, {}, "AT"), "990", "abroad");
    t.is(of({rule}, {}, "CH"), "990", "the first rate with the country counts");
    t.is(of({rule}, {}, "US"), "1990", "the second for others");
    t.is(of({rule}), "490", "without a country as at home");
    t.is(of({rule, rule}, {}, "AT"), "990 300", "each rate has its own cost of what goes along");
    t.ok(rule.serves("DE") && rule.serves("AT") && rule.serves("US") && !rule.serves("FR"),
         "what has a rate is served");
    rule.countries = {};
    t.ok(rule.serves("FR"), "without countries all are");
}

shipping_rule some_rule(generator& draw) {
    shipping_rule rule = costs(draw.magnitude(2'000));
    if (draw.chance(60))
        rule.further = money{draw.magnitude(2'000)};
    if (draw.chance(20))
        rule.free_over = money{draw.magnitude(20'000)};
    rule.grams = draw.magnitude(3'000);
    for (std::int64_t i = draw.between(0, 3); i > 0; --i)
        rule.tiers.push_back(
            draw.chance(50) ? shipping_tier{draw.between(1, 9), 0, {draw.magnitude(5'000)}}
                            : shipping_tier{0, draw.between(1, 9'000), {draw.magnitude(5'000)}});
    if (draw.chance(30)) {
        rule.elsewhere.push_back(costs(draw.magnitude(5'000)));
        rule.elsewhere.back().countries = {"AT"};
    }
    return rule;
}

std::int64_t sum(const std::vector<money>& costs) {
    std::int64_t total = 0;
    for (const money cost : costs)
        total += cost.minor;
    return total;
}

void look(laws& held, generator& draw) {
    held.next_case();
    std::vector<shipping_rule> rules;
    std::vector<std::int64_t> quantities;
    for (std::int64_t i = draw.between(1, 6); i > 0; --i) {
        rules.push_back(some_rule(draw));
        quantities.push_back(draw.between(1, 9));
    }
    const money subtotal{draw.magnitude(20'000)};
    const std::optional<std::string> country =
        draw.chance(50) ? std::optional<std::string>("AT") : std::nullopt;
    std::vector<shipment> lines;
    std::int64_t alone = 0, dearest = 0;
    for (std::size_t i = 0; i < rules.size(); ++i) {
        lines.push_back({&rules[i], quantities[i], draw.chance(10)});
        const std::int64_t cost = shipping_costs({lines.back()}, subtotal, country).front().minor;
        alone += cost;
        dearest = std::max(dearest, cost);
        held.hold(!lines.back().is_picked_up || cost == 0, "what is picked up costs nothing");
        shipment more = lines.back();
        ++more.quantity;
        held.hold(shipping_costs({more}, subtotal, country).front().minor >= cost,
                  "more pieces never cost less");
    }
    const std::vector<money> found = shipping_costs(lines, subtotal, country);
    held.hold(std::all_of(found.begin(), found.end(), [](money m) { return m >= money{}; }),
              "no cost is negative");
    held.hold(sum(found) <= alone, "together it never costs more than apart");
    held.hold(sum(found) >= dearest, "nor less than the dearest alone");
    std::vector<shipment> turned{lines.rbegin(), lines.rend()};
    held.hold(sum(shipping_costs(turned, subtotal, country)) == sum(found),
              "the sum does not depend on the order of the cart");
    lines.push_back(lines[0]);
    held.hold(sum(shipping_costs(lines, subtotal, country)) >= sum(found),
              "a line more never makes it cheaper");
}

} // namespace

int main() {
    tap t;
    test_combined(t);
    test_tiers(t);
    test_countries(t);
    laws held;
    generator draw(20'260'107);
    for (int i = 0; i < 20'000; ++i)
        look(held, draw);
    held.report(t);
    return t.finish();
}
