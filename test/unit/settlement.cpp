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

bool has_less_than_nothing(const division& d) {
    return d.cash < money{} || d.credit < money{} || d.promotion < money{} || d.seller < money{} ||
           d.fee < money{} || d.tax < money{};
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
        l.hold(is_nothing(s - divide(s, s.paid())),
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

    // in any parts, each of what the ones before have left
    settlement left = s;
    while (left.paid() > money{}) {
        const division part = divide(left, {draw.between(1, left.paid().minor)});
        l.hold(is_balanced(part), "each part is balanced");
        l.hold(!has_less_than_nothing(part), "and nobody gets something from a refund");
        left = left - part;
        l.hold(!has_less_than_nothing(left), "nor gives back more than they have");
    }
    l.hold(s.paid() == money{} || is_nothing(left), "after all of them nothing is left");
}

// An order of some lines and its shipping, as checkout() divides it.
struct drawn_order {
    settlement whole;
    std::vector<settlement> parts;
};

drawn_order some_order(generator& draw) {
    const money unit = draw.chance(30) ? money{100} : hundredth;
    const auto amount = [&](std::int64_t high) {
        return money{draw.magnitude(high / unit.minor) * unit.minor};
    };
    drawn_order order;
    order.whole.unit = unit;
    const bool is_credit = draw.chance(30);
    for (std::int64_t i = draw.between(1, 5); i > 0; --i) {
        order_amounts a;
        a.total = amount(100'000);
        a.tax = {draw.chance(50) ? draw.between(0, a.total.minor / unit.minor) * unit.minor : 0};
        a.fee = {draw.between(0, a.total.minor / unit.minor) * unit.minor};
        a.platform_discount = {draw.chance(40) ? amount(100'000) : money{}};
        settlement part = settle(a, unit);
        if (is_credit)
            std::swap(part.cash, part.credit);
        order.whole = {order.whole + part, unit};
        order.parts.push_back(part);
    }
    return order;
}

division sum_of(const std::vector<settlement>& parts, std::size_t but) {
    division sum;
    for (std::size_t i = 0; i < parts.size(); ++i)
        if (i != but)
            sum = sum + parts[i];
    return sum;
}

void try_lines(laws& l, generator& draw) {
    l.next_case();
    drawn_order order = some_order(draw);
    const std::size_t first = static_cast<std::size_t>(
        draw.between(0, static_cast<std::int64_t>(order.parts.size()) - 1));
    const settlement own = without(order.whole, sum_of(order.parts, first));
    l.hold(is_nothing(own - order.parts[first]), "a line alone takes back exactly its own");

    // some of the whole goes back before, and then line by line in any order
    settlement left = order.whole;
    if (draw.chance(50))
        left =
            left -
            divide(left, {draw.between(0, left.paid().minor / left.unit.minor) * left.unit.minor});
    std::vector<settlement> parts = order.parts;
    while (!parts.empty()) {
        const std::size_t next =
            static_cast<std::size_t>(draw.between(0, static_cast<std::int64_t>(parts.size()) - 1));
        const settlement share = without(left, sum_of(parts, next));
        l.hold(is_balanced(share) && !has_less_than_nothing(share),
               "a line's share is balanced, and nobody gets something from it");
        l.hold(share.paid() <= parts[next].paid(), "it is no more than was paid for the line");
        l.hold(is_multiple(share.seller, left.unit) && is_multiple(share.fee, left.unit) &&
                   is_multiple(share.tax, left.unit) && is_multiple(share.promotion, left.unit),
               "in whole units");
        left = left - share;
        l.hold(!has_less_than_nothing(left), "and leaves nobody less than nothing");
        parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(next));
    }
    l.hold(is_nothing(left), "when all lines have gone back nothing is left");
}

// A line of several pieces, which go back one after the other or some at once.
void try_pieces(laws& l, generator& draw) {
    l.next_case();
    const settlement line = some_order(draw).parts.front();
    const std::int64_t of = draw.between(1, 30);
    division sum;
    for (std::int64_t gone = 0; gone < of;) {
        const std::int64_t next = draw.between(gone + 1, of);
        const division part = portion(line, next, of) - portion(line, gone, of);
        l.hold(is_balanced(part) && !has_less_than_nothing(part),
               "some pieces are balanced, and nobody gets something from them");
        l.hold(is_multiple(part.seller, line.unit) && is_multiple(part.fee, line.unit) &&
                   is_multiple(part.tax, line.unit) && is_multiple(part.promotion, line.unit) &&
                   is_multiple(part.paid(), line.unit),
               "in whole units");
        const std::int64_t pieces = next - gone;
        const money paid = part.paid(), whole = line.paid();
        l.hold(paid * of <= whole * pieces + line.unit * (2 * of) &&
                   whole * pieces <= paid * of + line.unit * (2 * of),
               "a piece is worth what the others are, but for the rounding");
        sum = sum + part;
        gone = next;
    }
    l.hold(is_nothing(line - sum), "and all of them are the line");
}

} // namespace

int main() {
    tap t;
    laws l;
    generator draw(20'261'128);
    for (int i = 0; i < 20'000; ++i)
        try_one(l, draw);
    for (int i = 0; i < 20'000; ++i)
        try_lines(l, draw);
    for (int i = 0; i < 20'000; ++i)
        try_pieces(l, draw);
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
    const settlement taxed = settle({{100}, {}, {300}, {50}, {}});
    t.ok(taxed.tax == money{100} && taxed.fee == money{} && taxed.seller == money{},
         "a tax above everything that was paid takes everything");

    const settlement small = settle({{7}, {}, {3}, {3}, {}});
    const division part = divide(small - divide(small, {3}), {1});
    t.ok(part.seller >= money{} && part.fee >= money{} && part.tax >= money{},
         "a seller who got next to nothing gets nothing from a refund");

    const settlement yen = settle({{33'300}, {}, {}, {1'700}, {}}, {100});
    t.ok(divide(yen, {16'600}).seller == money{15'800} && divide(yen, {16'600}).fee == money{800},
         "half of 333 yen is 158 of the seller's and 8 of the platform's");

    // shoes of 100, and a lamp of 100 of which the platform's coupon pays 90; the fee is 5 %
    const settlement shoes = settle({{10'000}, {}, {}, {500}, {}});
    const settlement lamp = settle({{1'000}, {}, {}, {50}, {9'000}});
    const settlement both{shoes + lamp, hundredth};
    t.ok(is_nothing(without(both, lamp) - shoes) && is_nothing(without(both, shoes) - lamp),
         "what comes back takes along its own price and coupon, and not the other's");
    const settlement after = both - divide(both, {1'000});
    const settlement rest = without(after, shoes);
    t.ok(rest.paid() == money{} && rest.promotion == after.promotion &&
             (after - rest).seller + (after - rest).fee == money{10'000},
         "when the price of the lamp went back before, the coupon goes back with it");

    t.ok(worth_of_pieces({1'000}, 1, 3, hundredth) == money{333} &&
             worth_of_pieces({1'000}, 2, 3, hundredth) == money{667} &&
             worth_of_pieces({1'000}, 3, 3, hundredth) == money{1'000},
         "three pieces of 10.00 are worth 3.33, 3.34 and 3.33, in that sequence");
    t.ok(portion(gift, 1, 2).promotion == money{500} && portion(gift, 1, 2).seller == money{475},
         "of two that the platform has paid for, one takes half of it along");

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
