// What coupons take off a checkout.
#include "core/checkout.hpp"
#include "core/format.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lines.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

namespace {

struct coupon_case {
    std::string_view name;
    coupon applied;
    std::vector<cart_line> lines;
    std::string_view wanted;
};

const std::vector<coupon_case>& coupon_cases() {
    static const std::vector<cart_line> two{line(1, alice, 1000, 2), line(2, bob, 500)};
    static const std::vector<cart_line> thirds{line(1, alice, 100), line(2, bob, 100),
                                               line(3, alice, 100)};
    static const std::vector<cart_line> prices{line(1, alice, 900, 2), line(2, bob, 300, 2),
                                               line(3, alice, 500)};
    static const std::vector<coupon_case> cases{
        {"10 %", percentage(10 * percent), two, "200 50"},
        {"0 %", percentage(0), two, "no_matching_items"},
        {"100 %", percentage(100 * percent), two, "2000 500"},
        {"more than 100 %", percentage(150 * percent), two, "2000 500"},
        {"1.5 is rounded once for all lines, and the first order's lines come first",
         percentage(50), thirds, "1 0 1"},
        {"12.5 % of 1.00", percentage(1250), {line(1, alice, 100)}, "13"},
        {"a percentage with a maximum", at_most(percentage(10 * percent), 100), two, "80 20"},
        {"a maximum that is just reached", at_most(percentage(10 * percent), 250), two, "200 50"},
        {"a maximum of nothing", at_most(percentage(10 * percent), 0), two, "no_matching_items"},
        {"a fixed amount in proportion", fixed(1000), two, "800 200"},
        {"a fixed amount with an odd cent", fixed(100), thirds, "34 33 33"},
        {"a fixed amount of all there is", fixed(2500), two, "2000 500"},
        {"a fixed amount of more than there is", fixed(9999), two, "2000 500"},
        {"a fixed amount with a maximum", at_most(fixed(1000), 500), two, "400 100"},
        {"a cent", fixed(1), two, "1 0"},
        {"a line that costs nothing gets nothing",
         fixed(10),
         {line(1, alice, 0), line(2, bob, 9)},
         "0 9"},
        {"a cart that costs nothing",
         percentage(10 * percent),
         {line(1, alice, 0)},
         "no_matching_items"},

        {"buy 1 get 1: the cheaper of each two, the cheapest is left over", buy_get(1, 1), prices,
         "900 300 0"},
        {"buy 2 get 1: the cheapest of the three dearest", buy_get(2, 1), prices, "0 0 500"},
        {"buy 1 get 2: two of three", buy_get(1, 2), two, "1000 500"},
        {"buy 1 get 4: up to the second cheapest line", buy_get(1, 4), prices, "900 600 500"},
        {"buy 4 get 1: a group that is just full", buy_get(4, 1), prices, "0 300 0"},
        {"buy 5 get 1: a piece is missing", buy_get(5, 1), prices, "no_matching_items"},
        {"the last of equal prices is free", buy_get(2, 1), thirds, "0 100 0"},
        {"buy 2 get 1 of the like", buy_get(2, 1), {line(1, alice, 9000, 3)}, "9000"},
        {"a thing of 1.00 beside it changes nothing",
         buy_get(2, 1),
         {line(1, alice, 9000, 3), line(2, bob, 100)},
         "9000 0"},
        {"nor do two", buy_get(2, 1), {line(2, bob, 100, 2), line(1, alice, 9000, 3)}, "0 9000"},
        {"three are a group of their own",
         buy_get(2, 1),
         {line(2, bob, 100, 3), line(1, alice, 9000, 3)},
         "100 9000"},
        {"what costs nothing is not the free one",
         buy_get(1, 1),
         {line(1, alice, 0), line(2, alice, 5000, 2), line(3, bob, 0)},
         "0 5000 0"},
        {"a group reaches over lines",
         buy_get(2, 2),
         {line(1, alice, 100, 3), line(2, alice, 50, 3), line(3, alice, 10, 3)},
         "100 50 20"},
        {"pieces of one line", buy_get(2, 1), {line(1, alice, 1000, 7)}, "2000"},
        {"free pieces with a maximum", at_most(buy_get(1, 4), 200), prices, "90 60 50"},
        {"buy nothing: incomplete", buy_get(0, 1), prices, "no_matching_items"},
        {"get nothing: incomplete", buy_get(1, 0), prices, "no_matching_items"},
        {"get less than nothing", buy_get(3, -1), prices, "no_matching_items"},
        {"less than half a cent", percentage(percent), {line(1, alice, 49)}, "no_matching_items"},
        {"half a cent", percentage(percent), {line(1, alice, 50)}, "1"},
        {"nothing to ship", free_shipping(), two, "no_matching_items"},
        {"an empty cart", percentage(10 * percent), {}, "no_matching_items"},
        {"the minimum is reached", from(fixed(100), 2500), two, "80 20"},
        {"a cent is missing", from(fixed(100), 2501), two, "minimum_not_met"},
    };
    return cases;
}

void test_one_coupon(tap& t) {
    for (const coupon_case& c : coupon_cases())
        t.is(with(c.applied, c.lines), c.wanted, c.name);
}

void test_targets(tap& t) {
    const std::vector<cart_line> lines{in(line(1, alice, 1000), coats),
                                       in(line(2, bob, 1000), shoes), line(3, alice, 1000)};
    coupon c = percentage(10 * percent);
    t.is(with(c, lines), "100 100 100", "all items");
    c.excluded_listings = {id(2)};
    t.is(with(c, lines), "100 0 100", "but not the excluded ones");
    t.is(with(from(c, 2000), lines), "100 0 100", "what counts for the minimum");
    t.is(with(from(c, 2001), lines), "minimum_not_met", "the excluded do not");
    c.excluded_listings = {id(1), id(2), id(3)};
    t.is(with(c, lines), "no_matching_items", "all excluded");

    c = percentage(10 * percent);
    c.seller = alice;
    t.is(with(c, lines), "100 0 100", "a seller's coupon is for the own listings only");
    c.target = promotion_target::seller;
    t.is(with(c, lines), "100 0 100", "whether it says so or not");
    c.seller = carol;
    t.is(with(c, lines), "no_matching_items", "another seller's is for none of these");
    c.seller.reset();
    t.is(with(c, lines), "no_matching_items", "a target without its seller is nothing");

    c = percentage(10 * percent);
    c.target = promotion_target::category;
    t.is(with(c, lines), "no_matching_items", "a target without its categories is nothing");
    c.categories = {shoes};
    t.is(with(c, lines), "0 100 0", "a category");
    c.categories = {shoes, coats};
    t.is(with(c, lines), "100 100 0", "two, but never what is in none");
    c.seller = alice;
    t.is(with(c, lines), "100 0 0", "a category of one seller");

    c = percentage(10 * percent);
    c.target = promotion_target::specific_items;
    t.is(with(c, lines), "no_matching_items", "a target without its listings is nothing");
    c.listings = {id(3), id(2)};
    t.is(with(c, lines), "0 100 100", "listings");
    c.excluded_listings = {id(3)};
    t.is(with(c, lines), "0 100 0", "an exclusion is stronger");
    c.seller = alice;
    t.is(with(c, lines), "no_matching_items", "a coupon has no power over another's listings");
    c = percentage(10 * percent);
    c.target = static_cast<promotion_target>(9);
    t.is(with(c, lines), "no_matching_items", "a target that does not exist is nothing");
}

void test_currencies(tap& t) {
    const std::vector<cart_line> lines{line(1, alice, 1000), line(2, bob, 900, 1, "USD"),
                                       line(3, bob, 1000)};
    const std::vector<cart_line> turned{lines[1], lines[2], lines[0]};
    const auto of = [](std::string currency, coupon made) {
        made.currency = std::move(currency);
        return made;
    };
    t.is(with(of("EUR", fixed(100)), lines), "50 0 50", "a coupon takes in its currency only");
    t.is(with(of("EUR", fixed(100)), turned), "0 50 50", "whatever comes first in the cart");
    t.is(with(of("USD", fixed(100)), lines), "0 100 0", "in another one from other lines");
    t.is(with(of("JPY", fixed(100)), lines), "no_matching_items", "in one that is not there not");
    t.is(with(of("EUR", from(fixed(100), 2001)), lines), "minimum_not_met",
         "other currencies do not count for the minimum");
    t.is(with(percentage(10 * percent), lines), "100 90 100",
         "a percentage without a currency takes from each");
    t.is(with(percentage(10 * percent), turned), "90 100 100", "in any order of the cart");
    t.is(with(of("USD", percentage(10 * percent)), lines), "0 90 0", "with one from that one");
    t.is(with(buy_get(1, 1), lines), "0 0 1000", "pieces are grouped by currency");
    t.is(with(buy_get(2, 1), lines), "no_matching_items", "and never together");
    // no table has these two: a coupon with amounts has a currency
    t.is(with(from(percentage(10 * percent), 1000), lines), "100 0 100",
         "a minimum without a currency is one in each");
    t.is(with(at_most(percentage(10 * percent), 95), lines), "48 90 47", "and a maximum");

    const std::vector<cart_line> yen{line(1, alice, 33300, 1, "JPY"),
                                     line(2, bob, 10000, 3, "JPY")};
    t.is(with(percentage(10 * percent), yen), "3300 3000", "whole yen: 63.3 is 63");
    t.is(with(percentage(50), yen), "200 100", "3.165 is 3, and each line's part is whole");
    t.is(with(of("JPY", fixed(150)), yen), "100 0", "half a yen cannot be taken off");
    t.is(with(at_most(of("JPY", percentage(50 * percent)), 9999), yen), "5200 4700",
         "nor is it a maximum");
    t.is(with(buy_get(2, 1), {line(1, alice, 33300, 3, "JPY")}), "33300", "a free piece");

    std::vector<cart_line> both{shipped(line(1, alice, 1, 1, "USD"), 10),
                                shipped(line(2, bob, 1), 10)};
    checkout s = begin_checkout(both);
    t.is(text(minors(s.apply({free_shipping()}).front().by_order)), "10 10",
         "shipping is waived in each currency");
    checkout e = begin_checkout(both);
    t.is(text(minors(e.apply({of("EUR", free_shipping())}).front().by_order)), "0 10",
         "or in the coupon's");
}

void test_free_shipping(tap& t) {
    const std::vector<cart_line> lines{shipped(line(1, alice, 1000), 300),
                                       shipped(line(2, bob, 1000), 100),
                                       shipped(line(3, alice, 1000), 200), line(4, carol, 1000)};
    const auto left = [&](const coupon& applied, std::string_view saved) {
        checkout c = begin_checkout(lines);
        const coupon_effect effect = c.apply({applied}).front();
        t.is(text(minors(effect.by_order)), saved, "what the coupon says it saved");
        numbers shipping;
        for (const order_quote& order : c.orders)
            shipping.push_back(order.shipping.minor);
        return text(shipping) + ", " + text(line_discounts(c));
    };
    t.is(left(free_shipping(), "500 100 0"), "0 0 0, 0 0 0 0", "nothing is left of shipping");
    t.is(left(at_most(free_shipping(), 300), "250 50 0"), "250 50 0, 0 0 0 0",
         "a maximum takes from all alike");
    t.is(left(at_most(free_shipping(), 0), "0 0 0"), "500 100 0, 0 0 0 0", "a maximum of nothing");
    coupon c = free_shipping();
    c.target = promotion_target::specific_items;
    c.listings = {id(1)};
    t.is(left(c, "300 0 0"), "200 100 0, 0 0 0 0", "the matching line's, not its whole order's");
    c = free_shipping();
    c.excluded_listings = {id(1)};
    t.is(left(c, "200 100 0"), "300 0 0, 0 0 0 0", "never that of an excluded listing");
    c = free_shipping();
    c.target = promotion_target::specific_items;
    c.listings = {id(4)};
    t.is(left(c, "0 0 0"), "500 100 0, 0 0 0 0", "an order that is shipped for nothing anyway");
    c = free_shipping();
    c.seller = bob;
    t.is(left(c, "0 100 0"), "500 0 0, 0 0 0 0", "a seller's coupon waives the own shipping only");
    checkout twice = begin_checkout(lines);
    const auto effects = twice.apply({stacking(at_most(free_shipping(), 300)),
                                      stacking(free_shipping()), stacking(free_shipping())});
    t.is(effects[2].reason, "no_matching_items", "a third has nothing left to waive");
    t.ok(effects[2].is_free_anyway && !effects[1].is_free_anyway,
         "which is no reason to be sorry: it is shipped for nothing");
    t.is(effects[0].total().minor + effects[1].total().minor, 600, "shipping is waived once");
}

// What the platform gives for an order, whatever its seller has written.
void test_limits(tap& t) {
    const auto taken = [&](const std::vector<coupon>& coupons, std::optional<std::int64_t> shipping,
                           std::optional<std::int64_t> total) {
        checkout c =
            begin_checkout({shipped(line(1, alice, 1000), 5000), shipped(line(2, bob, 4000), 100),
                            shipped(line(3, alice, 3000), 1000)});
        for (order_quote& order : c.orders) {
            if (shipping)
                order.limits.shipping = money{*shipping};
            if (total)
                order.limits.total = money{*total};
        }
        c.apply(coupons);
        std::string found;
        for (const order_quote& order : c.orders)
            found +=
                driplo::core::format("{}+{}={} ", order.discount.minor,
                                     order.shipping_by_platform().minor, order.by_platform().minor);
        return found + text(line_discounts(c));
    };
    coupon hers = percentage(50 * percent);
    hers.seller = alice;
    coupon her_shipping = free_shipping();
    her_shipping.seller = alice;
    const coupon half = stacking(percentage(50 * percent));
    const coupon all_shipping = stacking(free_shipping());
    t.is(taken({all_shipping}, {}, {}), "0+6000=6000 0+100=100 0 0 0", "no limit");
    t.is(taken({all_shipping}, 600, {}), "0+600=600 0+100=100 0 0 0", "of shipping, by order");
    t.is(taken({all_shipping}, {}, 50), "0+50=50 0+50=50 0 0 0", "of all");
    t.is(taken({all_shipping}, 40, 50), "0+40=40 0+40=40 0 0 0", "the lower of both");
    t.is(taken({all_shipping}, 0, {}), "0+0=0 0+0=0 0 0 0", "nothing");
    t.is(taken({half}, 600, {}), "2000+0=2000 2000+0=2000 500 2000 1500",
         "a limit of shipping is none of goods");
    t.is(taken({half}, {}, 400), "400+0=400 400+0=400 100 400 300", "goods, in proportion");
    t.is(taken({half, all_shipping}, {}, 2050), "2000+50=2050 2000+50=2050 500 2000 1500",
         "several coupons together");
    t.is(taken({half, half}, {}, 2050), "2050+0=2050 2050+0=2050 513 2050 1537",
         "of the same kind too");
    t.is(taken({stacking(buy_get(1, 1))}, {}, 700), "700+0=700 0+0=0 0 0 700", "free pieces");
    t.is(taken({hers}, 1, 1), "2000+0=0 0+0=0 500 0 1500", "a seller gives away what they like");
    t.is(taken({her_shipping}, 1, 1), "0+0=0 0+0=0 0 0 0", "shipping too, which is no discount");
}

void test_several(tap& t) {
    const std::vector<cart_line> lines{line(1, alice, 1000, 2)};
    const auto both = [&](const std::vector<coupon>& applied) {
        checkout c = begin_checkout(lines);
        std::string found;
        for (const coupon_effect& effect : c.apply(applied))
            found += driplo::core::format(
                "{} ", effect.applies() ? driplo::core::format("{}", effect.total().minor)
                                        : std::string(effect.reason));
        return found + driplo::core::format("{}", c.orders[0].discount.minor);
    };
    const coupon tenth = percentage(10 * percent), half = percentage(50 * percent);
    t.is(both({}), "0", "no coupon");
    t.is(both({tenth, half}), "200 cannot_be_combined 200", "two that cannot be combined");
    t.is(both({stacking(tenth), half}), "200 cannot_be_combined 200", "one that cannot");
    t.is(both({half, stacking(tenth), stacking(tenth)}),
         "1000 cannot_be_combined cannot_be_combined 1000", "the first counts");
    t.is(both({stacking(tenth), stacking(half)}), "200 900 1100", "each takes of what is left");
    t.is(both({stacking(half), stacking(tenth)}), "1000 100 1100", "in either order");
    t.is(both({stacking(half), stacking(buy_get(1, 1))}), "1000 500 1500",
         "a free piece is worth what is left of it");
    t.is(both({stacking(buy_get(1, 1)), stacking(half)}), "1000 500 1500", "in either order too");
    t.is(both({stacking(percentage(25)), stacking(buy_get(1, 1))}), "5 998 1003",
         "of an odd cent the free piece takes the larger half");
    t.is(both({stacking(fixed(1999)), stacking(fixed(1999))}), "1999 1 2000", "never below zero");
    t.is(both({stacking(fixed(2000)), stacking(buy_get(1, 1))}), "2000 no_matching_items 2000",
         "a free piece of nothing");
    t.is(both({stacking(fixed(1500)), stacking(from(fixed(100), 2000))}), "1500 100 1600",
         "the minimum counts before any discount");
    t.is(both({stacking(from(fixed(100), 2001)), stacking(tenth)}), "minimum_not_met 200 200",
         "one that is refused takes nothing from the next");
    t.is(both({from(fixed(100), 2001), tenth}), "minimum_not_met 200 200",
         "and keeps it out only when it applies");
    t.is(both({percentage(0), tenth, half}), "no_matching_items 200 cannot_be_combined 200",
         "what saves nothing does not apply");
    t.is(both({stacking(tenth), from(fixed(100), 2001)}), "200 cannot_be_combined 200",
         "after one that applies nothing else is looked at");

    const auto of = [](const uuid& seller, coupon made) {
        made.seller = seller;
        return made;
    };
    const auto in_two = [&](const std::vector<coupon>& applied) {
        checkout c = begin_checkout({line(1, alice, 1000, 2), line(2, bob, 1000)});
        std::string found;
        for (const coupon_effect& effect : c.apply(applied))
            found += effect.applies() ? text(minors(effect.by_order)) + "; "
                                      : std::string(effect.reason) + "; ";
        return found;
    };
    t.is(in_two({of(alice, tenth), of(bob, half)}), "200 0; 0 500; ",
         "coupons of two sellers are in no order together");
    t.is(in_two({of(alice, tenth), of(alice, half), of(bob, half)}),
         "200 0; cannot_be_combined; 0 500; ", "two of one are");
    t.is(in_two({of(alice, tenth), half}), "200 0; cannot_be_combined; ",
         "the platform's is in both orders");
    t.is(in_two({half, of(bob, stacking(tenth))}), "1000 500; cannot_be_combined; ",
         "in either order");
    t.is(in_two({of(alice, stacking(tenth)), stacking(half), of(bob, tenth)}),
         "200 0; 900 500; cannot_be_combined; ", "each order by its own coupons");
    t.is(in_two({of(alice, tenth), of(carol, half)}), "200 0; no_matching_items; ",
         "who is in no order has nothing to combine");

    int calls = 0;
    static int* counted;
    counted = &calls;
    checkout c = begin_checkout(lines);
    const auto effects = c.apply({tenth, half}, [] { ++*counted; });
    t.is(calls, 2, "between coupons somebody else has a word");
    t.ok(effects[1].by_order.size() == 1 && effects[1].on_subtotal.size() == 1 &&
             effects[1].total() == money{},
         "what is refused has an amount for each order too");
    t.is(effects[0].on_subtotal[0].minor, 2000, "an effect knows the subtotal of its lines");
}

} // namespace

int main() {
    tap t;
    test_one_coupon(t);
    test_targets(t);
    test_currencies(t);
    test_free_shipping(t);
    test_limits(t);
    test_several(t);
    return t.finish();
}
