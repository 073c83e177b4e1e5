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

#include "carts.hpp"
#include "properties.hpp"
#include "tap.hpp"

#include "core/purity.hpp"

using namespace driplo::core;

namespace {

__extension__ typedef __int128 wide;

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

// The lines that a coupon is for.
std::vector<std::size_t> lines_for(const checkout& c, const coupon& applied) {
    std::vector<std::size_t> found;
    for (std::size_t i = 0; i < c.lines.size(); ++i)
        if (is_for(applied, c.lines[i]))
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
                    x.lines[j].discount == y.lines[j].discount &&
                    x.lines[j].shipping == y.lines[j].shipping &&
                    x.lines[j].by_platform == y.lines[j].by_platform &&
                    x.lines[j].shipping_by_platform == y.lines[j].shipping_by_platform;
    }
    return equal;
}

bool same(const coupon_effect& a, const coupon_effect& b) {
    return a.reason == b.reason && a.by_order == b.by_order && a.on_subtotal == b.on_subtotal;
}

// Sums and signs, which hold before and after everything.
void look_at_sums(laws& held, const checkout& c) {
    for (const order_quote& order : c.orders) {
        std::int64_t total = 0, discount = 0, shipping = 0, waived = 0, by_platform = 0;
        for (const order_line& line : order.lines) {
            shipping += line.shipping.minor;
            waived += line.shipping_by_platform.minor;
            by_platform += line.by_platform.minor;
            held.hold(line.shipping >= money{} && line.shipping_by_platform >= money{} &&
                          money{} <= line.by_platform && line.by_platform <= line.discount,
                      "what the platform pays is a part of what a line is cheaper by");
            total += line.total.minor;
            discount += line.discount.minor;
            held.hold(money{} <= line.discount && line.discount <= line.total,
                      "a line's discount is not negative and not more than the line");
        }
        held.hold(order.subtotal.minor == total, "lines sum to the order's subtotal");
        held.hold(order.discount.minor == discount, "line discounts sum to the order's discount");
        held.hold(order.shipping.minor == shipping, "lines' shipping sums to the order's");
        held.hold(order.shipping_by_platform().minor == waived &&
                      order.by_platform().minor == waived + by_platform,
                  "what the platform pays sums up too");
        held.hold(!order.limits.shipping || order.shipping_by_platform() <= *order.limits.shipping,
                  "the platform waives no more than its limit");
        held.hold(!order.limits.total || order.by_platform() <= *order.limits.total,
                  "the platform pays no more than its limit");
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

// Every piece of the lines in a row, the dearest first: how many of each line are free. Where other
// things are given than those bought, as many of the dearest as were earned.
std::vector<std::int64_t> free_by_hand(const checkout& c, const std::vector<std::size_t>& lines,
                                       const std::vector<place>& at, const coupon& applied) {
    struct piece {
        std::int64_t price;
        std::size_t order, line;
    };
    std::vector<piece> pieces;
    for (const std::size_t line : lines)
        for (std::int64_t i = 0; i < c.lines[line].quantity; ++i)
            pieces.push_back({-c.lines[line].unit_price.minor, at[line].order, line});
    std::sort(pieces.begin(), pieces.end(), [](const piece& a, const piece& b) {
        return std::tie(a.price, a.order, a.line) < std::tie(b.price, b.order, b.line);
    });
    if (gives_others(applied)) {
        std::int64_t bought = 0;
        std::vector<std::int64_t> found(c.lines.size());
        for (const piece& each : pieces)
            bought += is_given(applied, c.lines[each.line]) ? 0 : 1;
        std::int64_t earned = bought / applied.buy_quantity * applied.get_quantity;
        for (const piece& each : pieces)
            if (is_given(applied, c.lines[each.line]) && earned-- > 0)
                ++found[each.line];
        return found;
    }
    const auto buy = static_cast<std::size_t>(applied.buy_quantity);
    const std::size_t group = buy + static_cast<std::size_t>(applied.get_quantity);
    std::vector<std::int64_t> found(c.lines.size());
    for (std::size_t first = 0; first + group <= pieces.size(); first += group)
        for (std::size_t i = first + buy; i < first + group; ++i)
            ++found[pieces[i].line];
    return found;
}

struct step {
    const checkout &before, &after;
    const coupon& applied;
    const coupon_effect& effect;
    std::vector<place> at;
    std::vector<std::size_t> lines; // that it takes from, in one currency
    std::int64_t left = 0;          // of those lines
    std::int64_t shipping = 0;      // of those lines

    std::int64_t unit() const { return unit_of(before.lines[lines.front()].currency); }
    std::int64_t maximum() const {
        return applied.maximum_discount ? applied.maximum_discount->minor / unit() * unit()
                                        : INT64_MAX;
    }
    std::int64_t subtotal() const {
        std::int64_t sum = 0;
        for (const std::size_t line : lines)
            if (!is_given(applied, before.lines[line]))
                sum += part(before, at, line).total.minor;
        return sum;
    }
    std::int64_t total() const {
        std::int64_t sum = 0;
        for (const std::size_t line : lines)
            sum += taken(line) + waived(line);
        return sum;
    }
    std::int64_t waived(std::size_t line) const {
        return part(before, at, line).shipping.minor - part(after, at, line).shipping.minor;
    }
    std::int64_t left_of(std::size_t line) const {
        return part(before, at, line).total.minor - part(before, at, line).discount.minor;
    }
    std::int64_t taken(std::size_t line) const {
        return part(after, at, line).discount.minor - part(before, at, line).discount.minor;
    }
};

// A whole that is taken in proportion: each part is less than a unit from its exact value.
bool in_proportion(std::int64_t part, std::int64_t whole, std::int64_t weight, std::int64_t weights,
                   std::int64_t unit) {
    const wide off = static_cast<wide>(part) * weights - static_cast<wide>(whole) * weight;
    return off == 0 ||
           (-static_cast<wide>(weights) * unit < off && off < static_cast<wide>(weights) * unit);
}

// Without limits of the platform.
void look_at_discount(laws& held, const step& s) {
    const std::int64_t total = s.total(), unit = s.unit();
    switch (s.applied.type) {
    case discount_type::percentage: {
        // half up: nothing is negative here
        const std::int64_t whole =
            static_cast<std::int64_t>(
                (static_cast<wide>(s.left) * s.applied.value * 2 / unit + 10'000) / 20'000) *
            unit;
        held.hold(total == std::min(whole, s.maximum()), "a percentage is of what is left");
        break;
    }
    case discount_type::fixed_amount:
        held.hold(total == std::min({s.applied.value / unit * unit, s.maximum(), s.left}),
                  "a fixed amount is taken as far as there is something left");
        break;
    case discount_type::free_shipping: {
        held.hold(total == std::min(s.shipping, s.maximum()),
                  "free shipping is all that its lines' shipping costs");
        for (const std::size_t line : s.lines)
            held.hold(in_proportion(s.waived(line), total,
                                    part(s.before, s.at, line).shipping.minor, s.shipping, unit),
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
            close = close && in_proportion(s.taken(line), s.left_of(line), free[line],
                                           bought.quantity, unit);
            if (s.maximum() == INT64_MAX && !discounted)
                held.hold(s.taken(line) == bought.unit_price.minor * free[line],
                          "the free pieces are those that are counted by hand");
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
        held.hold(in_proportion(s.taken(line), total, s.left_of(line), s.left, unit),
                  "a discount is spread in proportion to what is left");
}

bool limits_are_met(const checkout& c, const coupon& applied) {
    return !applied.seller &&
           std::any_of(c.orders.begin(), c.orders.end(), [](const order_quote& order) {
               return order.limits.shipping || order.limits.total;
           });
}

// What the coupon does in one currency; whether its minimum is met there.
bool look_at_currency(laws& held, const checkout& before, const checkout& after,
                      const coupon& applied, const coupon_effect& effect,
                      const std::vector<std::size_t>& lines) {
    step s{before, after, applied, effect, places(before), lines};
    for (const std::size_t line : lines) {
        s.left += s.left_of(line);
        s.shipping += part(before, s.at, line).shipping.minor;
    }
    if (applied.maximum_discount)
        held.hold(s.total() <= s.maximum(), "no coupon exceeds its maximum in a currency");
    if (s.subtotal() < applied.minimum_purchase.minor) {
        held.hold(s.total() == 0, "a coupon takes nothing below its minimum");
        return false;
    }
    // also of one that saves nothing: then that is right
    if (!limits_are_met(before, applied))
        look_at_discount(held, s);
    return true;
}

// One coupon, on whatever the ones before it have left.
void look_at_step(laws& held, const checkout& before, const checkout& after, const coupon& applied,
                  const coupon_effect& effect) {
    const std::vector<place> at = places(before);
    const std::vector<std::size_t> lines = lines_for(before, applied);
    step s{before, after, applied, effect, at, lines};
    std::vector<std::int64_t> on_subtotal(before.orders.size());
    std::vector<bool> of_these(before.lines.size()), order_of_these(before.orders.size());
    std::int64_t shipping = 0;
    for (const std::size_t line : lines) {
        of_these[line] = true;
        order_of_these[at[line].order] = true;
        if (!is_given(applied, before.lines[line]))
            on_subtotal[at[line].order] += part(before, at, line).total.minor;
        shipping += part(before, at, line).shipping.minor;
    }
    bool minimum_is_met = true;
    for (const std::string_view currency : {"EUR", "USD", "JPY"}) {
        std::vector<std::size_t> of_it;
        for (const std::size_t line : lines)
            if (before.lines[line].currency == currency)
                of_it.push_back(line);
        if (!of_it.empty())
            minimum_is_met =
                look_at_currency(held, before, after, applied, effect, of_it) && minimum_is_met;
    }
    const bool free_anyway =
        applied.type == discount_type::free_shipping && !lines.empty() && shipping == 0;
    const std::string_view reason = effect.total() != money{}      ? ""
                                    : lines.empty() || free_anyway ? "no_matching_items"
                                    : !minimum_is_met              ? "minimum_not_met"
                                                                   : "no_matching_items";
    held.hold(effect.reason == reason,
              "a coupon applies to what it is for, from its minimum on, when it saves something");
    held.hold(effect.is_free_anyway == free_anyway, "what is shipped for nothing is told apart");
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
        held.hold(effect.by_order[i].minor % unit_of(before.orders[i].currency) == 0,
                  "a coupon takes whole units of the currency");
        held.hold(after.orders[i].by_platform() - before.orders[i].by_platform() ==
                      (applied.seller ? money{} : effect.by_order[i]),
                  "the platform pays for its coupons and for no others");
        if (!order_of_these[i])
            held.hold(effect.by_order[i] == money{},
                      "an order without a matching line loses nothing");
        if (applied.seller && *applied.seller != before.orders[i].seller)
            held.hold(effect.by_order[i] == money{}, "a seller's coupon touches no other seller");
        if (applied.currency && *applied.currency != before.orders[i].currency)
            held.hold(effect.by_order[i] == money{}, "a coupon touches no other currency");
        if (applied.type == discount_type::free_shipping)
            held.hold(before.orders[i].discount == after.orders[i].discount,
                      "free shipping takes nothing else");
        else
            held.hold(before.orders[i].shipping == after.orders[i].shipping,
                      "shipping is left alone by the others");
    }
    for (std::size_t line = 0; line < before.lines.size(); ++line) {
        held.hold(s.taken(line) >= 0 && s.waived(line) >= 0,
                  "no coupon gives an earlier one's discount back");
        if (!of_these[line])
            held.hold(s.taken(line) == 0 && s.waived(line) == 0,
                      "a line that a coupon is not for is left alone");
        if (has(applied.excluded_listings, before.lines[line].listing))
            held.hold(s.taken(line) == 0 && s.waived(line) == 0,
                      "an excluded listing is left alone");
    }
    if (!effect.applies())
        held.hold(same(before, after) && effect.total() == money{},
                  "a coupon that does not apply changes nothing");
}

// Whether one that applied before keeps a coupon out of an order in which it has a line.
bool is_kept_out(const checkout& c, const std::vector<coupon>& coupons,
                 const std::vector<coupon_effect>& effects, std::size_t wanted) {
    const std::vector<place> at = places(c);
    for (const std::size_t line : lines_for(c, coupons[wanted]))
        for (std::size_t earlier = 0; earlier < wanted; ++earlier)
            if (effects[earlier].by_order[at[line].order] != money{} &&
                !(coupons[earlier].can_stack && coupons[wanted].can_stack))
                return true;
    return false;
}

void look_at_coupons(laws& held, const checkout& begun, const std::vector<coupon>& coupons,
                     checkout& together, const std::vector<coupon_effect>& effects) {
    held.hold(effects.size() == coupons.size(), "each coupon has an effect");
    checkout c = begun;
    for (std::size_t i = 0; i < coupons.size(); ++i) {
        const checkout before = c;
        const std::vector<coupon_effect> alone = c.apply({coupons[i]});
        if (is_kept_out(before, coupons, effects, i) && !alone.front().is_free_anyway) {
            held.hold(effects[i].reason == "cannot_be_combined" && effects[i].total() == money{},
                      "two coupons meet in an order only when both can be combined");
            c = before;
            continue;
        }
        held.hold(alone.size() == 1 && same(alone.front(), effects[i]),
                  "coupons apply one after the other");
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

// By currency, which are never added up.
std::vector<std::int64_t> saved(const std::vector<cart_line>& lines, const coupon& applied) {
    checkout c = begin_checkout(lines);
    const coupon_effect effect = c.apply({applied}).front();
    std::vector<std::int64_t> found(3);
    for (std::size_t i = 0; i < c.orders.size(); ++i)
        found[c.orders[i].currency == "EUR"   ? 0
              : c.orders[i].currency == "USD" ? 1
                                              : 2] += effect.by_order[i].minor;
    return found;
}

// A cart with one piece more, or with its lines in another order.
void look_at_neighbors(laws& held, generator& draw) {
    held.next_case();
    const std::vector<cart_line> lines = some_lines(draw);
    const coupon applied = some_coupon(draw);
    const std::vector<std::int64_t> now = saved(lines, applied);
    const std::vector<cart_line> turned{lines.rbegin(), lines.rend()};
    held.hold(saved(turned, applied) == now,
              "what a coupon saves is not chosen by the cart's order");
    if (applied.type == discount_type::free_shipping)
        return; // which one more piece may make superfluous
    std::vector<cart_line> more = lines;
    if (draw.chance(50))
        ++more[static_cast<std::size_t>(
                   draw.between(0, static_cast<std::int64_t>(more.size()) - 1))]
              .quantity;
    else
        more.push_back(some_line(draw, 50));
    const std::vector<std::int64_t> then = saved(more, applied);
    for (std::size_t i = 0; i < now.size(); ++i)
        held.hold(then[i] >= now[i], "one piece more never lowers what a coupon saves");
}

void look_at_payment(laws& held, generator& draw, checkout& c) {
    for (std::size_t i = 0; i < c.orders.size(); ++i) {
        if (draw.chance(50))
            c.orders[i].tax = {draw.magnitude(100'000)};
        for (int credits = 0; credits < 2; ++credits) {
            const money total = c.orders[i].total(), before = c.orders[i].store_credit;
            const money credit{draw.magnitude(10'000'000)};
            const money smallest{draw.magnitude(10'000)};
            const money usable = c.usable_credit(i, credit, smallest);
            held.hold(usable >= money{} && usable <= std::min(total, credit),
                      "no more credit is used than there is");
            held.hold(usable == std::min(total, credit) || total - usable == smallest,
                      "less is used only to leave what a card can pay");
            held.hold(total < smallest || usable == total || total - usable >= smallest,
                      "what credit leaves a card can pay");
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

    checkout begun = begin_checkout(lines, country);
    if (draw.chance(25))
        limit_some(draw, begun);
    look_at_orders(held, begun, country);
    look_at_sums(held, begun);
    checkout c = begun;
    const std::vector<coupon_effect> effects = c.apply(coupons);
    look_at_coupons(held, begun, coupons, c, effects);

    checkout again = begun;
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
    for (int i = 0; i < 6000; ++i) {
        look_at_everything(held, draw);
        look_at_neighbors(held, draw);
    }
    held.report(t);
    t.is(held.count(), 58u, "each of these laws was looked at");
    for (int i = 0; i < 6000; ++i)
        look_at_anything(extreme, draw);
    extreme.report(t);
    t.is(extreme.count(), 12u, "and these, with numbers of any size");
    return t.finish();
}
