// How the money of an order is divided, and what part of it goes back: laws that thousands of
// generated orders have to keep, and a few that can be reckoned by head.
#include "core/settlement.hpp"

#include <cstdint>
#include <vector>

#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

order_amounts some_amounts(generator& draw) {
    order_amounts a;
    a.total = {draw.magnitude(10'000'000)};
    a.store_credit = {draw.chance(40) ? draw.magnitude(1'000'000) : 0};
    a.tax = {draw.chance(50) ? draw.between(0, a.total.minor) : 0};
    a.fee = {draw.between(0, a.total.minor + 10)};
    a.platform_discount = {draw.chance(30) ? draw.magnitude(100'000) : 0};
    return a;
}

bool is_balanced(const division& d) {
    return d.seller + d.fee + d.tax - d.promotion == d.cash + d.credit;
}

bool is_nothing(const division& d) {
    return d.cash == money{} && d.credit == money{} && d.promotion == money{} &&
           d.seller == money{} && d.fee == money{} && d.tax == money{};
}

division operator+(const division& a, const division& b) {
    return a - (division{} - b);
}

bool nearly(money part, money whole, money amount, money paid) {
    __extension__ typedef __int128 wide;
    const wide exact = static_cast<wide>(whole.minor) * amount.minor;
    const wide difference = static_cast<wide>(part.minor) * paid.minor - exact;
    // a unit of its own rounding, and one of the rounding of what the platform added
    return difference <= static_cast<wide>(2) * paid.minor &&
           difference >= static_cast<wide>(-2) * paid.minor;
}

void try_one(laws& l, generator& draw) {
    l.next_case();
    const order_amounts a = some_amounts(draw);
    const settlement s = settle(a);
    l.hold(s.cash + s.credit + s.promotion == s.seller + s.fee + s.tax,
           "what came in is what went out");
    l.hold(s.seller >= money{} && s.fee >= money{} && s.tax >= money{} && s.fee <= a.fee &&
               s.tax <= a.tax,
           "nobody gets less than nothing, platform and tax no more than their due");
    l.hold(is_nothing(divide(s, {})), "of nothing nobody gives back anything");
    if (s.paid().minor > 0)
        l.hold(is_nothing(divide(s, s.paid()) - divide_all(s)),
               "of everything everybody gives back exactly what they got");

    const money amount{draw.between(0, s.paid().minor)};
    const division d = divide(s, amount);
    l.hold(d.cash + d.credit == amount && is_balanced(d), "what goes back is what is taken");
    l.hold(d.credit == money{} || d.cash == s.cash, "cash goes back before credit");
    l.hold(d.seller >= money{} && d.fee >= money{} && d.tax >= money{} && d.seller <= s.seller &&
               d.fee <= s.fee && d.tax <= s.tax && d.promotion <= s.promotion,
           "nobody gives back more than they got");
    if (s.paid().minor > 0)
        l.hold(nearly(d.seller, s.seller, amount, s.paid()) &&
                   nearly(d.fee, s.fee, amount, s.paid()) && nearly(d.tax, s.tax, amount, s.paid()),
               "shares are in proportion");

    // in parts, each as the difference of two sums
    division sum;
    money so_far;
    while (so_far < amount) {
        const money next{draw.between(so_far.minor + 1, amount.minor)};
        const division part = divide(s, next) - divide(s, so_far);
        l.hold(is_balanced(part), "each part is balanced");
        l.hold(part.seller >= money{} && part.fee >= money{} && part.tax >= money{} &&
                   part.promotion >= money{} && part.cash >= money{} && part.credit >= money{},
               "and nobody gets something from a refund");
        sum = sum + part;
        so_far = next;
    }
    l.hold(is_nothing(sum - d), "any parts end in the same amounts");
}

} // namespace

int main() {
    tap t;
    laws l;
    generator draw(20'261'128);
    for (int i = 0; i < 20'000; ++i)
        try_one(l, draw);
    l.report(t);

    const settlement s = settle({{11'800}, {}, {800}, {500}, {}});
    t.ok(s.seller == money{10'500}, "100 and 10 for shipping, 8 tax, 5 fee: 105 are the seller's");
    const division d = divide(s, {4'000});
    t.ok(d.seller == money{3'559} && d.fee == money{170} && d.tax == money{271},
         "40 of it come from the seller, the platform and the tax by 105 : 5 : 8");
    const settlement gift = settle({{}, {}, {}, {50}, {1'000}});
    t.ok(gift.seller == money{950} && gift.fee == money{50},
         "what the platform pays for wholly is the seller's less the fee");
    t.ok(is_nothing(divide(gift, {})), "and there is nothing in it to give back in parts");
    t.ok(divide_all(gift).promotion == money{1'000}, "only all of it at once");
    const settlement taxed = settle({{100}, {}, {300}, {50}, {}});
    t.ok(taxed.tax == money{100} && taxed.fee == money{} && taxed.seller == money{},
         "a tax above everything that was paid takes everything");

    const settlement small = settle({{7}, {}, {3}, {3}, {}});
    const division part = divide(small, {4}) - divide(small, {3});
    t.ok(part.seller >= money{} && part.fee >= money{} && part.tax >= money{},
         "a seller who got next to nothing gets nothing from a refund");

    using choice = std::vector<std::size_t>;
    t.ok(closest_below({5'000}, {{2'000}, {5'000}}) == choice{1},
         "of approved refunds the one that makes the sum was sent, and not the oldest");
    t.ok(closest_below({6'000}, {{2'000}, {5'000}}) == choice{1}, "or the one that comes closest");
    t.ok(closest_below({2'500}, {{2'000}, {500}, {2'500}}) == choice{0, 1},
         "of two choices the one with the earlier");
    t.ok(closest_below({1'999}, {{2'000}, {5'000}}).empty() && closest_below({1}, {}).empty(),
         "none when each is more than the sum");
    const std::vector<money> many(17, money{100});
    t.ok(closest_below({250}, many) == choice{0, 1} && closest_below({10'000}, many).size() == 17,
         "many are taken one after the other");
    return t.finish();
}
