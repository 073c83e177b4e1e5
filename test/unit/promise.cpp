// What is left of what a coupon gave to several orders, when some of them end: a few that can be
// reckoned by head, and laws that generated promises have to keep.
#include "core/promise.hpp"

#include <algorithm>

#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

uuid number(std::size_t n) {
    uuid id;
    id.bytes[15] = static_cast<unsigned char>(n + 1);
    return id;
}

std::vector<standing_order> orders(std::vector<std::size_t> numbers, bool can_fall = true) {
    std::vector<standing_order> standing;
    for (const std::size_t n : numbers)
        standing.push_back({number(n), can_fall});
    return standing;
}

// A minimum that orders of these amounts met together, each of which got a tenth.
promise a_minimum(std::vector<std::int64_t> amounts, std::int64_t minimum) {
    promise p;
    p.currency = "USD";
    p.minimum = {minimum};
    for (std::size_t i = 0; i < amounts.size(); ++i)
        p.parts.push_back({number(i), {amounts[i]}, {amounts[i] / 10}, {}});
    return p;
}

// A piece of each of these prices, of which the one with that number was free.
promise one_free(std::vector<std::int64_t> prices, std::size_t free) {
    promise p;
    p.currency = "USD";
    p.buy_quantity = p.get_quantity = 1;
    for (std::size_t i = 0; i < prices.size(); ++i)
        p.parts.push_back(
            {number(i), {prices[i]}, {i == free ? prices[i] : 0}, {{{prices[i]}, 1, {prices[i]}}}});
    return p;
}

bool falls(const promise_end& end, std::vector<std::size_t> numbers) {
    std::vector<uuid> expected;
    for (const std::size_t n : numbers)
        expected.push_back(number(n));
    return end.falls == expected;
}

void some_by_head(tap& t) {
    const promise minimum = a_minimum({6000, 4000, 5000}, 9000);
    t.ok(minimum.ties(), "a minimum that none meets alone ties");
    t.ok(!a_minimum({9000, 9500}, 9000).ties(), "one that each meets alone does not");
    t.ok(falls(judge({minimum}, orders({0, 2})), {}), "what still meets it stands");
    t.ok(falls(judge({minimum}, orders({1})), {1}), "what does not falls");
    t.ok(falls(judge({minimum}, orders({0})), {0}), "whichever it is");
    t.ok(judge({minimum}, orders({1}, false)).lost == money{400}, "what was sent is lost");
    t.ok(judge({minimum}, orders({0, 2}, false)).lost == money{}, "not where it is earned");

    const promise free = one_free({9000, 8000}, 1);
    t.ok(free.ties(), "a free piece ties");
    t.ok(falls(judge({free}, orders({1})), {1}), "and falls without the other one");
    t.ok(falls(judge({free}, orders({0})), {}), "which stands at its full price");
    t.ok(judge({free}, orders({1}, false)).lost == money{8000}, "sent, it is lost");
    const promise of_three = one_free({9000, 8000, 10000}, 1);
    t.ok(falls(judge({of_three}, orders({1, 2})), {}), "another dear one earns it too");
    t.ok(falls(judge({of_three}, orders({0, 2})), {}), "without the free one nothing falls");

    // what falls had met the minimum of another coupon
    promise second = a_minimum({8000, 4000}, 12000);
    second.parts[0].order = number(1);
    second.parts[1].order = number(2);
    second.parts[0].given = {};
    t.ok(falls(judge({free, second}, orders({1, 2})), {1, 2}),
         "and takes along what it had earned");
}

void generated(tap& t) {
    generator draw(1);
    bool earns_all = true, standing_is_earned = true, no_more_than_given = true,
         nothing_else = true;
    for (int i = 0; i < 2000; ++i) {
        const auto count = static_cast<std::size_t>(draw.between(2, 6));
        std::vector<std::int64_t> amounts;
        std::int64_t sum = 0;
        for (std::size_t n = 0; n < count; ++n) {
            amounts.push_back(draw.between(10, 10000));
            sum += amounts.back();
        }
        const promise p = a_minimum(amounts, draw.between(0, sum));
        std::vector<std::size_t> left;
        money given;
        for (std::size_t n = 0; n < count; ++n)
            if (draw.chance(60)) {
                left.push_back(n);
                given += p.parts[n].given;
            }
        std::vector<std::size_t> all(count);
        for (std::size_t n = 0; n < count; ++n)
            all[n] = n;
        earns_all = earns_all && judge({p}, orders(all)).falls.empty();
        const promise_end end = judge({p}, orders(left));
        standing_is_earned = standing_is_earned && end.lost == money{};
        const promise_end sent = judge({p}, orders(left, false));
        no_more_than_given = no_more_than_given && sent.lost <= given && sent.falls.empty();
        for (const uuid& order : end.falls)
            nothing_else =
                nothing_else && std::any_of(left.begin(), left.end(), [&](std::size_t n) {
                    return number(n) == order && p.parts[n].given > money{};
                });
    }
    t.ok(earns_all, "together all is earned");
    t.ok(standing_is_earned, "what stands in the end is earned");
    t.ok(no_more_than_given, "no more is lost than was given");
    t.ok(nothing_else, "only what was given something falls");
}

} // namespace

int main() {
    tap t;
    some_by_head(t);
    generated(t);
    return t.finish();
}
