// A gift card from its sale to its end: whatever is spent of it, comes back and expires, each
// amount is somewhere, once.
#include "core/gift_card.hpp"

#include <vector>

#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

void test_examples(tap& t) {
    const auto unspent = cancel_redeemed({5'000}, {{{5'000}, {}, {}}});
    t.is(unspent.recovered().minor, 5'000, "nothing was spent: all of it is recovered");
    t.is(unspent.from_platform.minor, 0, "and the platform bears nothing");
    const auto spent = cancel_redeemed({5'000}, {{{5'000}, {4'000}, {}}});
    t.is(spent.from_credits[0].minor, 1'000, "of 50.00 of which 40.00 were spent 10.00 are left");
    t.is(spent.from_platform.minor, 4'000, "and the platform bears 40.00");
    const auto returned = cancel_redeemed({5'000}, {{{5'000}, {4'000}, {}}, {{4'000}, {}, {}}});
    t.is(returned.recovered().minor, 5'000, "what came back of an order is there again");
    const auto expired = cancel_redeemed({5'000}, {{{5'000}, {2'000}, {3'000}}});
    t.is(expired.from_income.minor, 3'000, "what expired is taken from the income that it became");
    t.is(expired.from_platform.minor, 2'000, "and only what was spent is the platform's loss");
    t.throws(
        errors::internal_error,
        [] {
            cancel_redeemed({10}, {{{11}, {}, {}}});
        },
        "credit that no card has paid for is refused");
}

// Redeemed, then in any sequence spent for orders that end or do not, given back, expired.
void look(laws& held, generator& draw) {
    held.next_case();
    const money unit = draw.chance(20) ? money{100} : hundredth;
    const money amount{(1 + draw.magnitude(100'000)) * unit.minor};
    std::vector<card_credit> credits{{amount, {}, {}}};
    money in_orders, income;
    for (std::int64_t steps = draw.between(0, 12); steps > 0; --steps) {
        card_credit& credit = credits[static_cast<std::size_t>(
            draw.between(0, static_cast<std::int64_t>(credits.size()) - 1))];
        switch (draw.between(0, 3)) {
        case 0:
        case 1: {
            const money part{draw.between(0, credit.unspent().minor / unit.minor) * unit.minor};
            credit.used += part;
            in_orders += part;
            break;
        }
        case 2: { // a part of what orders have comes back as a credit of its own
            const money part{draw.between(0, in_orders.minor / unit.minor) * unit.minor};
            in_orders = in_orders - part;
            credits.push_back({part, {}, {}});
            break;
        }
        default:
            income += credit.unspent();
            credit.expired += credit.unspent();
        }
        const card_cancellation now = cancel_redeemed(amount, credits);
        money unspent;
        for (std::size_t i = 0; i < credits.size(); ++i) {
            held.hold(now.from_credits[i] >= money{}, "no credit is below nothing");
            held.hold(now.from_credits[i] == credits[i].unspent(),
                      "each credit gives what was not spent of it");
            unspent += now.from_credits[i];
        }
        held.hold(now.from_income == income, "the income gives what expired");
        held.hold(now.from_platform == in_orders, "the platform bears what orders have of it");
        held.hold(unspent + now.from_income + now.from_platform == amount,
                  "what goes back is what came");
        held.hold(now.recovered() + in_orders == amount, "spent or recovered, nothing in between");
    }
    // once it is cancelled nothing is left to cancel
    const card_cancellation last = cancel_redeemed(amount, credits);
    for (std::size_t i = 0; i < credits.size(); ++i)
        credits[i].expired += last.from_credits[i];
    const card_cancellation again = cancel_redeemed(amount, credits);
    for (const money left : again.from_credits)
        held.hold(left == money{}, "after it no credit has anything left");
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
