#include "core/checkout.hpp"
#include "core/format.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

constexpr std::int64_t percent = 100; // a percentage is in hundredths
constexpr money most = max_money;

uuid id(unsigned char number) {
    uuid made;
    made.bytes[15] = number;
    return made;
}

const uuid alice = id(1), bob = id(2), carol = id(3);
const uuid coats = id(11), shoes = id(12);

cart_line line(unsigned char listing, const uuid& seller, std::int64_t price,
               std::int64_t quantity = 1, std::string currency = "EUR") {
    cart_line made;
    made.listing = id(listing);
    made.seller = seller;
    made.currency = std::move(currency);
    made.unit_price = {price};
    made.quantity = quantity;
    return made;
}

cart_line shipped(cart_line made, std::int64_t cost, std::optional<std::int64_t> free_over = {},
                  std::vector<std::string> countries = {}) {
    made.shipping.cost = {cost};
    if (free_over)
        made.shipping.free_over = money{*free_over};
    made.shipping.countries = std::move(countries);
    return made;
}

cart_line in(cart_line made, const uuid& category) {
    made.category = category;
    return made;
}

coupon worth(discount_type type, std::int64_t value) {
    coupon made;
    made.type = type;
    made.value = value;
    return made;
}

coupon percentage(std::int64_t value) {
    return worth(discount_type::percentage, value);
}

coupon fixed(std::int64_t value) {
    return worth(discount_type::fixed_amount, value);
}

coupon free_shipping() {
    return worth(discount_type::free_shipping, 0);
}

coupon buy_get(std::int64_t buy, std::int64_t get) {
    coupon made = worth(discount_type::buy_x_get_y, 0);
    made.buy_quantity = buy;
    made.get_quantity = get;
    return made;
}

coupon stacking(coupon made) {
    made.can_stack = true;
    return made;
}

coupon at_most(coupon made, std::int64_t maximum) {
    made.maximum_discount = money{maximum};
    return made;
}

coupon from(coupon made, std::int64_t minimum) {
    made.minimum_purchase = {minimum};
    return made;
}

using numbers = std::vector<std::int64_t>;

// The discounts of the lines in the order of the cart.
numbers line_discounts(const checkout& c) {
    numbers found(c.lines.size());
    for (const order_quote& order : c.orders)
        for (const order_line& part : order.lines)
            found[part.line] = part.discount.minor;
    return found;
}

numbers minors(const std::vector<money>& amounts) {
    numbers found;
    for (const money amount : amounts)
        found.push_back(amount.minor);
    return found;
}

std::string text(const numbers& values) {
    return driplo::core::format("{}", fmt::join(values, " "));
}

// The one coupon on these lines: the lines' discounts, or the reason.
std::string with(const coupon& applied, std::vector<cart_line> lines) {
    checkout c = begin_checkout(std::move(lines));
    const std::vector<coupon_effect> effects = c.apply({applied});
    return effects.front().applies() ? text(line_discounts(c))
                                     : std::string(effects.front().reason);
}

void test_names(tap& t) {
    t.ok(find_discount_type("percentage") == discount_type::percentage &&
             find_discount_type("fixed_amount") == discount_type::fixed_amount &&
             find_discount_type("free_shipping") == discount_type::free_shipping &&
             find_discount_type("buy_x_get_y") == discount_type::buy_x_get_y,
         "discount types by name");
    t.ok(find_promotion_target("all_items") == promotion_target::all_items &&
             find_promotion_target("category") == promotion_target::category &&
             find_promotion_target("seller") == promotion_target::seller &&
             find_promotion_target("specific_items") == promotion_target::specific_items,
         "targets by name");
    t.ok(!find_discount_type("") && !find_discount_type("Percentage") &&
             !find_discount_type("percentage ") && !find_promotion_target("") &&
             !find_promotion_target("percentage"),
         "a name is matched exactly");
}

void test_orders(tap& t) {
    const checkout empty = begin_checkout({});
    t.ok(empty.orders.empty() && empty.not_served.empty(), "an empty cart has no order");

    const checkout c =
        begin_checkout({line(1, alice, 1000, 2), line(2, bob, 300), line(3, alice, 50, 3),
                        line(4, alice, 700, 1, "USD"), line(5, bob, 1)});
    t.is(c.orders.size(), 3u, "an order for each seller and currency");
    t.ok(c.orders[0].seller == alice && c.orders[0].currency == "EUR" &&
             c.orders[1].seller == bob && c.orders[1].currency == "EUR" &&
             c.orders[2].seller == alice && c.orders[2].currency == "USD",
         "in the order of their first lines");
    t.ok(c.orders[0].lines.size() == 2 && c.orders[0].lines[0].line == 0 &&
             c.orders[0].lines[1].line == 2 && c.orders[1].lines[1].line == 4,
         "each with its lines in the order of the cart");
    t.is(c.orders[0].lines[0].total.minor, 2000, "a line is price times quantity");
    t.is(c.orders[0].subtotal.minor, 2150, "a subtotal is the sum of the lines");
    t.is(c.orders[0].total().minor, 2150, "and the total when nothing is added");
    t.is(c.orders[2].subtotal.minor, 700, "another currency is never added to it");
}

void test_shipping(tap& t) {
    const auto cost = [](std::vector<cart_line> lines) {
        const checkout c = begin_checkout(std::move(lines));
        return c.orders.front().shipping.minor;
    };
    t.is(cost({line(1, alice, 1000)}), 0, "shipping costs nothing when nothing is said");
    t.is(cost({shipped(line(1, alice, 1000, 5), 499)}), 499, "once for a line, not for each piece");
    t.is(cost({shipped(line(1, alice, 1000), 499), shipped(line(2, alice, 1000), 250)}), 749,
         "for each line");
    t.is(cost({shipped(line(1, alice, 4999), 499, 5000)}), 499, "a cent below the limit costs");
    t.is(cost({shipped(line(1, alice, 5000), 499, 5000)}), 0, "at the limit it is free");
    t.is(cost({shipped(line(1, alice, 5001), 499, 5000)}), 0, "and above");
    t.is(cost({shipped(line(1, alice, 0), 499, 0)}), 0, "a limit of nothing is always reached");
    t.is(cost({shipped(line(1, alice, 3000), 499, 5000), line(2, alice, 2000)}), 0,
         "the whole order counts for the limit");
    t.is(cost({shipped(line(1, alice, 3000), 499, 5000), line(2, bob, 2000)}), 499,
         "another seller's order does not");
    t.is(cost({shipped(line(1, alice, 3000), 499, 5000), line(2, alice, 2000, 1, "USD")}), 499,
         "nor one in another currency");
    t.is(cost({shipped(line(1, alice, 6000), 499, 5000), shipped(line(2, alice, 10), 250)}), 250,
         "each line has its own limit");

    checkout c = begin_checkout({shipped(line(1, alice, 5000), 499, 5000)});
    c.apply({fixed(1000)});
    t.is(c.orders[0].shipping.minor, 0, "the limit counts before discounts");

    const std::vector<cart_line> lines{shipped(line(1, alice, 1), 1, {}, {"DE", "AT"}),
                                       shipped(line(2, alice, 1), 1),
                                       shipped(line(3, bob, 1), 1, {}, {"US"})};
    using indexes = std::vector<std::size_t>;
    t.ok(begin_checkout(lines).not_served.empty(), "without a country everything is shipped");
    t.ok(begin_checkout(lines, "AT").not_served == indexes{2}, "a listing names its countries");
    t.ok(begin_checkout(lines, "US").not_served == indexes{0}, "or none, which means all");
    t.ok(begin_checkout(lines, "FR").not_served == indexes({0, 2}), "all that are not shipped");
    t.ok(begin_checkout(lines, "D").not_served == indexes({0, 2}), "a part of a code is no code");
    t.is(begin_checkout(lines, "FR").orders.size(), 2u, "they keep their places in the orders");
}

void test_too_large(tap& t) {
    const auto refused = [&](std::vector<cart_line> lines, std::string_view name) {
        t.throws(
            errors::numeric_value_out_of_range, [&] { begin_checkout(lines); }, name);
    };
    t.is(begin_checkout({line(1, alice, most.minor)}).orders[0].total().minor, most.minor,
         "the largest amount of a column can be ordered");
    refused({line(1, alice, most.minor + 1)}, "a cent more cannot");
    refused({line(1, alice, most.minor / 2 + 1, 2)}, "nor as two pieces");
    refused({line(1, alice, most.minor), line(2, alice, 1)}, "nor as two lines");
    refused({shipped(line(1, alice, most.minor), 1)}, "nor with shipping");
    refused({shipped(line(1, alice, 0), most.minor), shipped(line(2, alice, 0), 1)},
            "nor can shipping be more");
    refused({line(1, alice, 2, INT64_MAX)}, "a quantity that overflows");
    refused({line(1, alice, INT64_MAX, INT64_MAX)}, "price and quantity that overflow");
    refused({shipped(line(1, alice, 1), INT64_MAX)}, "shipping that overflows");
    checkout two = begin_checkout({line(1, alice, most.minor), line(2, bob, most.minor)});
    t.is(two.orders.size(), 2u, "the limit is for an order, not for the cart");
    two.apply({percentage(50 * percent)});
    t.is(two.orders[0].discount.minor + two.orders[1].discount.minor, most.minor,
         "and a coupon takes of both");

    checkout c = begin_checkout({line(1, alice, 9'000'000'000), line(2, bob, 9'000'000'000)});
    t.throws(
        errors::numeric_value_out_of_range, [&] { c.apply({percentage(INT64_MAX)}); },
        "a percentage that overflows");
    t.is(text(line_discounts(c)), "0 0", "and takes nothing");
    t.is(with(fixed(INT64_MAX), {line(1, alice, 5)}), "5", "a fixed amount may be of any size");
    t.is(with(buy_get(INT64_MAX, INT64_MAX), {line(1, alice, 5, 9)}), "no_matching_items",
         "a group too");
    t.is(with(buy_get(1, 1), {line(1, alice, 0, INT64_MAX), line(2, alice, 0, INT64_MAX)}),
         "no_matching_items", "more pieces than can be counted in 64 bits");
    t.is(with(buy_get(1, INT64_MAX), {line(1, alice, 0, INT64_MAX), line(2, alice, 3, 3)}), "0 6",
         "a group of as many is whole");
}

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

void test_totals(tap& t) {
    checkout c = begin_checkout({shipped(line(1, alice, 1000), 300), line(2, bob, 500)});
    c.apply({percentage(10 * percent)});
    c.orders[0].tax = {190};
    t.is(c.orders[0].before_credit().minor, 1000 + 300 + 190 - 100, "before credit");
    t.is(c.pay_with_credit(0, {500}).minor, 500, "credit that does not suffice is used up");
    t.is(c.orders[0].total().minor, 890, "and lowers the total");
    t.is(c.pay_with_credit(0, {1000}).minor, 890, "more than is needed is kept");
    t.is(c.orders[0].total().minor, 0, "the total is zero then");
    t.is(c.orders[0].store_credit.minor, 1390, "all credit of the order");
    t.is(c.pay_with_credit(0, {1}).minor, 0, "what is paid needs no credit");
    t.is(c.pay_with_credit(1, {0}).minor, 0, "no credit");
    t.is(c.pay_with_credit(1, {-5}).minor, 0, "a debt is no credit");
    t.is(c.pay_with_credit(1, {INT64_MIN}).minor, 0, "nor is the largest");
    t.is(c.orders[1].total().minor, 450, "another order is not paid");
    t.is(c.pay_with_credit(1, {INT64_MAX}).minor, 450, "any amount of credit");
}

} // namespace

int main() {
    tap t;
    test_names(t);
    test_orders(t);
    test_shipping(t);
    test_too_large(t);
    test_one_coupon(t);
    test_targets(t);
    test_currencies(t);
    test_free_shipping(t);
    test_limits(t);
    test_several(t);
    test_totals(t);
    return t.finish();
}
