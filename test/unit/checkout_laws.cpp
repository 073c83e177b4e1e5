// What has to hold for every cart and every coupon, tried on thousands of generated ones. Where a
// result is computed again here, it is done in another way than in src/core.
#include "core/checkout.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

__extension__ typedef __int128 wide;

uuid id(std::int64_t number) {
    uuid made;
    made.bytes[14] = static_cast<unsigned char>(number / 256);
    made.bytes[15] = static_cast<unsigned char>(number % 256);
    return made;
}

const std::vector<std::string> countries{"DE", "AT", "FR", "US"};

// Few sellers, currencies, categories and prices, so that equal ones meet.
cart_line some_line(generator& draw, std::int64_t listing) {
    cart_line line;
    line.listing = id(100 + listing);
    line.seller = id(draw.between(1, 3));
    line.currency = draw.chance(75) ? "EUR" : "USD";
    if (draw.chance(70))
        line.category = id(draw.between(11, 14));
    line.unit_price = {draw.chance(40) ? draw.between(0, 5) : draw.magnitude(1'000'000)};
    line.quantity = draw.chance(50) ? 1 : draw.between(1, 9);
    if (draw.chance(60))
        line.shipping.cost = {draw.magnitude(2000)};
    if (draw.chance(30))
        line.shipping.free_over = money{draw.magnitude(1'000'000)};
    for (const std::string& country : countries)
        if (draw.chance(20))
            line.shipping.countries.push_back(country);
    return line;
}

std::vector<cart_line> some_lines(generator& draw) {
    std::vector<cart_line> lines;
    for (std::int64_t i = draw.between(1, draw.chance(5) ? 40 : 8); i > 0; --i)
        lines.push_back(some_line(draw, i));
    return lines;
}

coupon some_coupon(generator& draw) {
    coupon c;
    c.type = static_cast<discount_type>(draw.between(0, 3));
    c.value = c.type == discount_type::percentage
                  ? (draw.chance(50) ? draw.between(0, 20) * 500 : draw.between(0, 10'000))
                  : draw.magnitude(9'999'999'999);
    if (draw.chance(25))
        c.minimum_purchase = {draw.magnitude(1'000'000)};
    if (draw.chance(30))
        c.maximum_discount = money{draw.magnitude(100'000)};
    c.buy_quantity = draw.between(1, 4);
    c.get_quantity = draw.between(1, 3);
    c.target = draw.chance(50) ? promotion_target::all_items
                               : static_cast<promotion_target>(draw.between(0, 3));
    if (draw.chance(25))
        c.seller = id(draw.between(1, 4));
    for (std::int64_t category = 11; category <= 14; ++category)
        if (draw.chance(40))
            c.categories.push_back(id(category));
    for (std::int64_t listing = 101; listing <= 108; ++listing) {
        if (draw.chance(40))
            c.listings.push_back(id(listing));
        if (draw.chance(5))
            c.excluded_listings.push_back(id(listing));
    }
    c.can_stack = draw.chance(85);
    return c;
}

template <typename Value>
bool has(const std::vector<Value>& values, const Value& value) {
    return std::count(values.begin(), values.end(), value) > 0;
}

bool is_for(const coupon& c, const cart_line& line) {
    const bool targeted =
        c.target == promotion_target::all_items ||
        (c.target == promotion_target::category && line.category &&
         has(c.categories, *line.category)) ||
        (c.target == promotion_target::seller && c.seller.has_value()) ||
        (c.target == promotion_target::specific_items && has(c.listings, line.listing));
    const bool of_its_seller = !c.seller || *c.seller == line.seller;
    return targeted && of_its_seller && !has(c.excluded_listings, line.listing);
}

// Where each of the cart's lines is: its order and its place there.
struct place {
    std::size_t order = 0, in_order = 0;
};

std::vector<place> places(const checkout& c) {
    std::vector<place> found(c.lines.size());
    for (std::size_t order = 0; order < c.orders.size(); ++order)
        for (std::size_t i = 0; i < c.orders[order].lines.size(); ++i)
            found[c.orders[order].lines[i].line] = {order, i};
    return found;
}

// The lines that a coupon takes from: those it is for, in the currency of the first.
std::vector<std::size_t> taken_from(const checkout& c, const coupon& applied) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < c.lines.size(); ++i)
        if (is_for(applied, c.lines[i]) &&
            (found.empty() || c.lines[found.front()].currency == c.lines[i].currency))
            found.push_back(i);
    return found;
}

const order_line& part(const checkout& c, const std::vector<place>& at, std::size_t line) {
    return c.orders[at[line].order].lines[at[line].in_order];
}

bool same(const checkout& a, const checkout& b) {
    bool equal = a.orders.size() == b.orders.size() && a.not_served == b.not_served;
    for (std::size_t i = 0; equal && i < a.orders.size(); ++i) {
        const order_quote &x = a.orders[i], &y = b.orders[i];
        equal = x.seller == y.seller && x.currency == y.currency && x.subtotal == y.subtotal &&
                x.shipping == y.shipping && x.tax == y.tax && x.discount == y.discount &&
                x.store_credit == y.store_credit && x.lines.size() == y.lines.size();
        for (std::size_t j = 0; equal && j < x.lines.size(); ++j)
            equal = x.lines[j].line == y.lines[j].line && x.lines[j].total == y.lines[j].total &&
                    x.lines[j].discount == y.lines[j].discount;
    }
    return equal;
}

bool same(const coupon_effect& a, const coupon_effect& b) {
    return a.reason == b.reason && a.by_order == b.by_order && a.on_subtotal == b.on_subtotal;
}

// Sums and signs, which hold before and after everything.
void look_at_sums(laws& held, const checkout& c) {
    for (const order_quote& order : c.orders) {
        std::int64_t total = 0, discount = 0;
        for (const order_line& line : order.lines) {
            total += line.total.minor;
            discount += line.discount.minor;
            held.hold(money{} <= line.discount && line.discount <= line.total,
                      "a line's discount is not negative and not more than the line");
        }
        held.hold(order.subtotal.minor == total, "lines sum to the order's subtotal");
        held.hold(order.discount.minor == discount, "line discounts sum to the order's discount");
        held.hold(order.shipping >= money{} && order.store_credit >= money{} &&
                      order.total() >= money{},
                  "shipping, credit and total are not negative");
        held.hold(order.total().minor == order.subtotal.minor + order.shipping.minor +
                                             order.tax.minor - order.discount.minor -
                                             order.store_credit.minor,
                  "total = subtotal + shipping + tax - discount - credit");
    }
}

void look_at_orders(laws& held, const checkout& c, const std::optional<std::string>& country) {
    std::vector<int> found(c.lines.size());
    for (const order_quote& order : c.orders)
        for (const order_line& line : order.lines) {
            const cart_line& bought = c.lines[line.line];
            ++found[line.line];
            held.hold(bought.seller == order.seller && bought.currency == order.currency,
                      "an order is of one seller and one currency");
            held.hold(line.total.minor == bought.unit_price.minor * bought.quantity,
                      "a line is price times quantity");
        }
    held.hold(std::count(found.begin(), found.end(), 1) ==
                  static_cast<std::ptrdiff_t>(found.size()),
              "each line is in one order");
    for (std::size_t i = 1; i < c.orders.size(); ++i) {
        held.hold(c.orders[i - 1].lines.front().line < c.orders[i].lines.front().line,
                  "orders are in the order of their first lines");
        for (std::size_t j = 0; j < i; ++j)
            held.hold(c.orders[i].seller != c.orders[j].seller ||
                          c.orders[i].currency != c.orders[j].currency,
                      "no two orders are of the same seller and currency");
    }
    for (const order_quote& order : c.orders) {
        std::int64_t cost = 0;
        for (const order_line& line : order.lines) {
            const shipping_rule& rule = c.lines[line.line].shipping;
            const bool free = rule.free_over && rule.free_over->minor <= order.subtotal.minor;
            cost += free ? 0 : rule.cost.minor;
        }
        held.hold(order.shipping.minor == cost, "shipping is once for each line that pays it");
    }
    std::vector<std::size_t> not_served;
    for (std::size_t i = 0; i < c.lines.size(); ++i) {
        const std::vector<std::string>& served = c.lines[i].shipping.countries;
        if (country && !served.empty() && !has(served, *country))
            not_served.push_back(i);
    }
    held.hold(c.not_served == not_served, "a line is not served when its countries say so");
}

// Every piece of the lines in a row, the cheapest first: how many of each line are free.
std::vector<std::int64_t> free_by_hand(const checkout& c, const std::vector<std::size_t>& lines,
                                       const std::vector<place>& at, const coupon& applied) {
    struct piece {
        std::int64_t price;
        std::size_t order, line;
    };
    std::vector<piece> pieces;
    for (const std::size_t line : lines)
        for (std::int64_t i = 0; i < c.lines[line].quantity; ++i)
            pieces.push_back({c.lines[line].unit_price.minor, at[line].order, line});
    std::sort(pieces.begin(), pieces.end(), [](const piece& a, const piece& b) {
        return std::tie(a.price, a.order, a.line) < std::tie(b.price, b.order, b.line);
    });
    std::int64_t free = 0;
    for (auto left = static_cast<std::int64_t>(pieces.size());
         left >= applied.buy_quantity + applied.get_quantity;
         left -= applied.buy_quantity + applied.get_quantity)
        free += applied.get_quantity;
    std::vector<std::int64_t> found(c.lines.size());
    for (std::int64_t i = 0; i < free; ++i)
        ++found[pieces[static_cast<std::size_t>(i)].line];
    return found;
}

struct step {
    const checkout &before, &after;
    const coupon& applied;
    const coupon_effect& effect;
    std::vector<place> at;
    std::vector<std::size_t> lines; // that it takes from
    std::int64_t left = 0;          // of those lines
    std::int64_t shipping = 0;      // of their orders

    std::int64_t maximum() const {
        return applied.maximum_discount ? applied.maximum_discount->minor : INT64_MAX;
    }
    std::int64_t left_of(std::size_t line) const {
        return part(before, at, line).total.minor - part(before, at, line).discount.minor;
    }
    std::int64_t taken(std::size_t line) const {
        return part(after, at, line).discount.minor - part(before, at, line).discount.minor;
    }
};

// A whole that is taken in proportion: each part is less than a unit from its exact value.
bool in_proportion(std::int64_t part, std::int64_t whole, std::int64_t weight,
                   std::int64_t weights) {
    const wide off = static_cast<wide>(part) * weights - static_cast<wide>(whole) * weight;
    return off == 0 || (-weights < off && off < weights);
}

void look_at_discount(laws& held, const step& s) {
    const std::int64_t total = s.effect.total().minor;
    switch (s.applied.type) {
    case discount_type::percentage: {
        // half up: nothing is negative here
        const std::int64_t whole = static_cast<std::int64_t>(
            (static_cast<wide>(s.left) * s.applied.value * 2 + 10'000) / 20'000);
        held.hold(total == std::min(whole, s.maximum()), "a percentage is of what is left");
        break;
    }
    case discount_type::fixed_amount:
        held.hold(total == std::min({s.applied.value, s.maximum(), s.left}),
                  "a fixed amount is taken as far as there is something left");
        break;
    case discount_type::free_shipping: {
        held.hold(total == std::min(s.shipping, s.maximum()), "free shipping is all of shipping");
        for (std::size_t i = 0; i < s.before.orders.size(); ++i)
            if (s.effect.by_order[i] != money{})
                held.hold(in_proportion(s.effect.by_order[i].minor, total,
                                        s.before.orders[i].shipping.minor, s.shipping),
                          "shipping is waived in proportion");
        return;
    }
    case discount_type::buy_x_get_y: {
        const std::vector<std::int64_t> free = free_by_hand(s.before, s.lines, s.at, s.applied);
        std::int64_t whole = 0;
        bool close = true, untouched = true;
        for (const std::size_t line : s.lines) {
            const cart_line& bought = s.before.lines[line];
            const bool discounted = part(s.before, s.at, line).discount != money{};
            untouched = untouched && !discounted;
            whole += bought.unit_price.minor * free[line];
            close =
                close && in_proportion(s.taken(line), s.left_of(line), free[line], bought.quantity);
            if (s.maximum() == INT64_MAX && !discounted)
                held.hold(s.taken(line) == bought.unit_price.minor * free[line],
                          "the free pieces are the cheapest, counted by hand");
        }
        if (untouched)
            held.hold(total == std::min(whole, s.maximum()),
                      "free pieces as far as the maximum goes");
        if (s.maximum() == INT64_MAX)
            held.hold(close, "free pieces take their part of what is left of the line");
        return;
    }
    }
    for (const std::size_t line : s.lines)
        held.hold(in_proportion(s.taken(line), total, s.left_of(line), s.left),
                  "a discount is spread in proportion to what is left");
}

// One coupon, on whatever the ones before it have left.
void look_at_step(laws& held, const checkout& before, const checkout& after, const coupon& applied,
                  const coupon_effect& effect) {
    step s{before, after, applied, effect, places(before), taken_from(before, applied)};
    std::vector<std::int64_t> on_subtotal(before.orders.size());
    std::vector<bool> of_these(before.lines.size()), order_of_these(before.orders.size());
    std::int64_t subtotal = 0;
    for (const std::size_t line : s.lines) {
        const std::size_t order = s.at[line].order;
        of_these[line] = true;
        s.left += s.left_of(line);
        if (!order_of_these[order])
            s.shipping += before.orders[order].shipping.minor;
        order_of_these[order] = true;
        on_subtotal[order] += part(before, s.at, line).total.minor;
        subtotal += part(before, s.at, line).total.minor;
    }
    const std::string_view reason = s.lines.empty() ? "no_matching_items"
                                    : subtotal < applied.minimum_purchase.minor ? "minimum_not_met"
                                    : effect.total() == money{} ? "no_matching_items"
                                                                : "";
    held.hold(effect.reason == reason,
              "a coupon applies to what it is for, from its minimum on, when it saves something");
    held.hold(effect.by_order.size() == before.orders.size() &&
                  effect.on_subtotal.size() == before.orders.size(),
              "an effect has an amount for each order");
    for (std::size_t i = 0; i < before.orders.size(); ++i) {
        held.hold(effect.on_subtotal[i].minor == on_subtotal[i],
                  "an effect knows the subtotals of its lines, before any discount");
        held.hold(before.orders[i].total() - after.orders[i].total() == effect.by_order[i],
                  "a coupon's effect is what the orders lost");
        held.hold(before.orders[i].subtotal == after.orders[i].subtotal,
                  "no coupon changes a subtotal");
        held.hold(effect.by_order[i] >= money{}, "no coupon makes an order dearer");
        if (!order_of_these[i])
            held.hold(effect.by_order[i] == money{},
                      "an order without a matching line loses nothing");
        if (applied.seller && *applied.seller != before.orders[i].seller)
            held.hold(effect.by_order[i] == money{}, "a seller's coupon touches no other seller");
        if (applied.type == discount_type::free_shipping)
            held.hold(before.orders[i].discount == after.orders[i].discount,
                      "free shipping takes nothing else");
        else
            held.hold(before.orders[i].shipping == after.orders[i].shipping,
                      "shipping is left alone by the others");
    }
    for (std::size_t line = 0; line < before.lines.size(); ++line) {
        held.hold(s.taken(line) >= 0, "no coupon gives an earlier one's discount back");
        if (!of_these[line])
            held.hold(s.taken(line) == 0, "a line that a coupon is not for is left alone");
        if (has(applied.excluded_listings, before.lines[line].listing))
            held.hold(s.taken(line) == 0, "an excluded listing is left alone");
    }
    if (applied.maximum_discount)
        held.hold(effect.total() <= *applied.maximum_discount, "no coupon exceeds its maximum");
    if (!effect.applies())
        held.hold(same(before, after) && effect.total() == money{},
                  "a coupon that does not apply changes nothing");
    // also of one that saves nothing: then that is right
    if (!s.lines.empty() && reason != "minimum_not_met")
        look_at_discount(held, s);
}

void look_at_coupons(laws& held, const checkout& begun, const std::vector<coupon>& coupons,
                     checkout& together, const std::vector<coupon_effect>& effects) {
    held.hold(effects.size() == coupons.size(), "each coupon has an effect");
    const bool combine =
        coupons.size() < 2 ||
        std::none_of(coupons.begin(), coupons.end(), [](const coupon& c) { return !c.can_stack; });
    checkout c = begun;
    bool one_applies = false;
    for (std::size_t i = 0; i < coupons.size(); ++i) {
        if (one_applies && !combine) {
            held.hold(
                effects[i].reason == "cannot_be_combined" && effects[i].total() == money{},
                "a coupon that cannot be combined keeps all after the first that applies out");
            continue;
        }
        const checkout before = c;
        const std::vector<coupon_effect> alone = c.apply({coupons[i]});
        held.hold(alone.size() == 1 && same(alone.front(), effects[i]),
                  "coupons apply one after the other");
        one_applies = one_applies || alone.front().applies();
        look_at_step(held, before, c, coupons[i], alone.front());
        look_at_sums(held, c);
    }
    held.hold(same(c, together), "all coupons together are one after the other");
    for (std::size_t order = 0; order < begun.orders.size(); ++order) {
        money sum;
        for (const coupon_effect& effect : effects)
            sum += effect.by_order[order];
        held.hold(sum <= begun.orders[order].subtotal + begun.orders[order].shipping,
                  "all coupons together take no more than there is");
    }
}

void look_at_payment(laws& held, generator& draw, checkout& c) {
    for (std::size_t i = 0; i < c.orders.size(); ++i) {
        if (draw.chance(50))
            c.orders[i].tax = {draw.magnitude(100'000)};
        for (int credits = 0; credits < 2; ++credits) {
            const money total = c.orders[i].total(), before = c.orders[i].store_credit;
            const money credit{draw.magnitude(10'000'000)};
            const money used = c.pay_with_credit(i, credit);
            held.hold(used == std::min(total, credit), "credit pays as far as it goes");
            held.hold(c.orders[i].total() == total - used &&
                          c.orders[i].store_credit == before + used,
                      "what credit pays is not in the total any more");
        }
    }
    look_at_sums(held, c);
}

void look_at_everything(laws& held, generator& draw) {
    held.next_case();
    const std::vector<cart_line> lines = some_lines(draw);
    std::optional<std::string> country;
    if (draw.chance(70))
        country = draw.one_of(countries);
    std::vector<coupon> coupons;
    for (std::int64_t i = draw.between(0, 4); i > 0; --i)
        coupons.push_back(some_coupon(draw));

    const checkout begun = begin_checkout(lines, country);
    look_at_orders(held, begun, country);
    look_at_sums(held, begun);
    checkout c = begun;
    const std::vector<coupon_effect> effects = c.apply(coupons);
    look_at_coupons(held, begun, coupons, c, effects);

    checkout again = begin_checkout(lines, country);
    again.apply(coupons);
    held.hold(same(c, again), "the same cart and coupons again cost the same");
    look_at_payment(held, draw, c);
}

// Amounts and quantities of any size: there is a result that keeps the laws, or error 22003.
void look_at_anything(laws& held, generator& draw) {
    held.next_case();
    std::vector<cart_line> lines = some_lines(draw);
    const std::int64_t high =
        draw.one_of(std::vector<std::int64_t>{max_money.minor / 8, max_money.minor, INT64_MAX});
    for (cart_line& line : lines) {
        if (draw.chance(40))
            line.unit_price = {draw.magnitude(high)};
        if (draw.chance(20))
            line.quantity = draw.magnitude(high);
        if (draw.chance(20))
            line.shipping.cost = {draw.magnitude(high)};
    }
    coupon applied = some_coupon(draw);
    applied.value = draw.chance(30) ? draw.magnitude(INT64_MAX) : applied.value;
    applied.buy_quantity = draw.magnitude(draw.chance(50) ? INT64_MAX : 5);
    applied.get_quantity = draw.magnitude(draw.chance(50) ? INT64_MAX : 5);
    bool refused = false, in_range = true, wrong = false;
    try {
        checkout c = begin_checkout(lines);
        c.apply({applied});
        look_at_sums(held, c);
        for (const order_quote& order : c.orders)
            in_range = in_range && order.subtotal <= max_money && order.shipping <= max_money &&
                       order.total() <= max_money;
    } catch (const error& e) {
        refused = true;
        wrong = std::string_view(e.sqlstate) != errors::numeric_value_out_of_range.sqlstate;
    }
    if (refused)
        held.hold(!wrong, "what is too large is refused with 22003");
    else
        held.hold(in_range, "what is not refused fits into the tables");
}

} // namespace

int main() {
    tap t;
    laws held, extreme;
    generator draw(20'240'603);
    for (int i = 0; i < 6000; ++i)
        look_at_everything(held, draw);
    held.report(t);
    t.is(held.count(), 43u, "each of these laws was looked at");
    for (int i = 0; i < 6000; ++i)
        look_at_anything(extreme, draw);
    extreme.report(t);
    t.is(extreme.count(), 7u, "and these, with numbers of any size");
    return t.finish();
}
