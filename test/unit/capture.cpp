// A hold that was captured in part: what each order of the payment gets.
#include "core/capture.hpp"

#include <string>
#include <vector>

#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

std::string of(std::int64_t captured, const std::vector<held_share>& held, money unit = hundredth) {
    std::string text;
    for (const money share : shares_of_capture({captured}, held, unit))
        text += (text.empty() ? "" : " ") + std::to_string(share.minor);
    return text;
}

void test_examples(tap& t) {
    t.is(of(4'000, {{{11'000}, true}}), "4000", "of one order it is that order's");
    t.is(of(4'000, {{{11'000}, false}, {{4'000}, true}}), "0 4000",
         "one order was cancelled, and the rest captured: the other one is paid");
    t.is(of(5'000, {{{11'000}, false}, {{4'000}, true}}), "1000 4000",
         "what is beyond that goes to the one that ended");
    t.is(of(7'500, {{{10'000}, true}, {{5'000}, true}}), "5000 2500", "else in proportion");
    t.is(of(100, {{{200}, true}, {{200}, true}, {{200}, true}}), "34 33 33", "to the cent");
    t.is(of(10'000, {{{10'100}, true}, {{10'100}, true}}, {100}), "5000 5000", "or the yen");
    t.is(of(500, {{{300}, false}, {{400}, false}}), "214 286", "of none that is due likewise");
}

void look(laws& held, generator& draw) {
    held.next_case();
    const money unit = draw.chance(30) ? money{100} : hundredth;
    std::vector<held_share> shares;
    money sum, due;
    for (std::int64_t i = draw.between(1, 6); i > 0; --i) {
        shares.push_back({{draw.magnitude(1'000'000) * unit.minor}, draw.chance(60)});
        sum += shares.back().amount;
        due += shares.back().is_due ? shares.back().amount : money{};
    }
    const money captured{draw.between(0, sum.minor / unit.minor) * unit.minor};
    const std::vector<money> got = shares_of_capture(captured, shares, unit);
    money total, to_due;
    for (std::size_t i = 0; i < shares.size(); ++i) {
        held.hold(got[i] >= money{}, "no order gets less than nothing");
        held.hold(got[i] <= shares[i].amount, "nor more than was held for it");
        held.hold(got[i].minor % unit.minor == 0, "each a whole number of units");
        if (captured >= due && shares[i].is_due)
            held.hold(got[i] == shares[i].amount, "what is due is paid when there is enough");
        total += got[i];
        to_due += shares[i].is_due ? got[i] : money{};
    }
    held.hold(total == captured, "what was captured is given to the orders, all of it");
    held.hold(to_due == std::min(captured, due), "to those that are due first");
}

} // namespace

int main() {
    tap t;
    test_examples(t);
    laws held;
    generator draw(20'261'130);
    for (int i = 0; i < 20'000; ++i)
        look(held, draw);
    held.report(t);
    return t.finish();
}
