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
    const auto usable = [&](std::int64_t credit, std::int64_t smallest) {
        return c.usable_credit(1, {credit}, {smallest}).minor;
    };
    t.is(usable(300, 50), 300, "credit that leaves enough for a card is used");
    t.is(usable(400, 50), 400, "also when it leaves just that");
    t.is(usable(401, 50), 400, "what would leave less is kept");
    t.is(usable(449, 50), 400, "however little less");
    t.is(usable(450, 50), 450, "nothing may be left");
    t.is(usable(449, 0), 449, "where no card has a smallest amount all is used");
    t.is(usable(10, 450), 0, "an order of just the smallest amount takes all or none");
    t.is(usable(10, 451), 10, "a smaller one takes what there is");
    t.is(usable(-5, 50), 0, "a debt is no credit");
    t.is(c.pay_with_credit(1, {INT64_MAX}).minor, 450, "any amount of credit");
}

} // namespace

int main() {
    tap t;
    test_names(t);
    test_orders(t);
    test_shipping(t);
    test_too_large(t);
    test_totals(t);
    return t.finish();
}
