#include "core/checkout.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

__extension__ typedef __int128 wide; // quantities of a cart are not bounded here

template <typename T>
bool contains(const std::vector<T>& values, const T& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

bool matches(const coupon& c, const cart_line& line) {
    if (c.seller && *c.seller != line.seller)
        return false;
    if (contains(c.excluded_listings, line.listing))
        return false;
    switch (c.target) {
    case promotion_target::all_items:
        return true;
    case promotion_target::category:
        return line.category && contains(c.categories, *line.category);
    case promotion_target::seller:
        return c.seller.has_value();
    case promotion_target::specific_items:
        return contains(c.listings, line.listing);
    }
    return false;
}

/// A line that a coupon applies to.
struct matched_line {
    std::size_t order;
    order_line* line;
    const cart_line* bought;

    money left() const { return line->total - line->discount; }
};

std::vector<matched_line> matched_lines(checkout& c, const coupon& applied) {
    std::vector<matched_line> found;
    // the first in the cart, which need not be in the first order that has a match
    const auto first = std::find_if(c.lines.begin(), c.lines.end(),
                                    [&](const cart_line& line) { return matches(applied, line); });
    for (std::size_t order = 0; order < c.orders.size(); ++order)
        for (order_line& line : c.orders[order].lines) {
            const cart_line& bought = c.lines[line.line];
            if (matches(applied, bought) && bought.currency == first->currency)
                found.push_back({order, &line, &bought});
        }
    return found;
}

money limited(money discount, const coupon& c) {
    return c.maximum_discount ? std::min(discount, *c.maximum_discount) : discount;
}

money sum_of(const std::vector<money>& amounts) {
    money sum;
    for (const money amount : amounts)
        sum += amount;
    return sum;
}

/// The whole discount, spread over what is left of the lines.
std::vector<money> spread_over(const std::vector<matched_line>& lines, money discount) {
    std::vector<money> left;
    for (const matched_line& line : lines)
        left.push_back(line.left());
    return spread(discount, left);
}

/// Of each group of buy + get pieces, get are free: the cheapest of all pieces.
std::vector<money> free_pieces(const std::vector<matched_line>& lines, const coupon& c) {
    std::vector<money> discounts(lines.size());
    if (c.buy_quantity <= 0 || c.get_quantity <= 0)
        return discounts;
    wide pieces = 0;
    for (const matched_line& line : lines)
        pieces += line.bought->quantity;
    const wide group = static_cast<wide>(c.buy_quantity) + c.get_quantity;
    wide free = pieces / group * c.get_quantity;

    std::vector<std::size_t> by_price(lines.size());
    for (std::size_t i = 0; i < by_price.size(); ++i)
        by_price[i] = i;
    std::stable_sort(by_price.begin(), by_price.end(), [&](std::size_t a, std::size_t b) {
        return lines[a].bought->unit_price < lines[b].bought->unit_price;
    });
    for (const std::size_t i : by_price) {
        const std::int64_t quantity = lines[i].bought->quantity;
        const auto taken = static_cast<std::int64_t>(std::min<wide>(free, quantity));
        // not of the full price: coupons before this one may have taken a part of each piece
        discounts[i] = spread(lines[i].left(), {{taken}, {quantity - taken}}).front();
        free -= taken;
    }
    // a maximum takes from all of them alike
    const money whole = sum_of(discounts);
    return limited(whole, c) == whole ? discounts : spread(limited(whole, c), discounts);
}

std::vector<money> line_discounts(const std::vector<matched_line>& lines, const coupon& c) {
    money left;
    for (const matched_line& line : lines)
        left += line.left();
    switch (c.type) {
    case discount_type::percentage:
        return spread_over(lines, std::min(limited(percent_of(left, c.value), c), left));
    case discount_type::fixed_amount:
        return spread_over(lines, std::min(limited(money{c.value}, c), left));
    case discount_type::buy_x_get_y:
        return free_pieces(lines, c);
    case discount_type::free_shipping:
        break;
    }
    return std::vector<money>(lines.size());
}

/// The orders with a matched line are shipped for nothing, as far as the maximum goes.
void waive_shipping(checkout& c, const std::vector<matched_line>& lines, const coupon& applied,
                    coupon_effect& effect) {
    std::vector<money> costs(c.orders.size());
    for (const matched_line& line : lines)
        costs[line.order] = c.orders[line.order].shipping;
    const std::vector<money> saved = spread(limited(sum_of(costs), applied), costs);
    for (std::size_t order = 0; order < saved.size(); ++order) {
        c.orders[order].shipping = c.orders[order].shipping - saved[order];
        effect.by_order[order] += saved[order];
    }
}

coupon_effect apply_one(checkout& c, const coupon& applied) {
    coupon_effect effect;
    effect.by_order.resize(c.orders.size());
    effect.on_subtotal.resize(c.orders.size());
    const std::vector<matched_line> lines = matched_lines(c, applied);
    for (const matched_line& line : lines) {
        effect.on_subtotal[line.order] += line.line->total;
        if (applied.type == discount_type::buy_x_get_y)
            effect.counted.push_back(
                {line.order, {line.bought->unit_price, line.bought->quantity, line.left()}});
    }
    if (lines.empty()) {
        effect.reason = "no_matching_items";
        return effect;
    }
    if (sum_of(effect.on_subtotal) < applied.minimum_purchase) {
        effect.reason = "minimum_not_met";
        return effect;
    }
    if (applied.type == discount_type::free_shipping) {
        waive_shipping(c, lines, applied, effect);
        if (effect.total().minor == 0)
            effect.reason = "no_matching_items";
        return effect;
    }
    const std::vector<money> discounts = line_discounts(lines, applied);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        lines[i].line->discount += discounts[i];
        if (!applied.seller)
            lines[i].line->by_platform += discounts[i];
        c.orders[lines[i].order].discount += discounts[i];
        effect.by_order[lines[i].order] += discounts[i];
    }
    // A use that saves nothing would be one lost.
    if (effect.total().minor == 0)
        effect.reason = "no_matching_items";
    return effect;
}

bool serves(const shipping_rule& rule, const std::string& country) {
    return rule.countries.empty() || contains(rule.countries, country);
}

template <typename T, std::size_t n>
std::optional<T> find_name(const std::array<std::string_view, n>& names, std::string_view name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
        return std::nullopt;
    return static_cast<T>(found - names.begin());
}

} // namespace

std::optional<discount_type> find_discount_type(std::string_view name) noexcept {
    static constexpr std::array<std::string_view, 4> names{"percentage", "fixed_amount",
                                                           "free_shipping", "buy_x_get_y"};
    return find_name<discount_type>(names, name);
}

std::optional<promotion_target> find_promotion_target(std::string_view name) noexcept {
    static constexpr std::array<std::string_view, 4> names{"all_items", "category", "seller",
                                                           "specific_items"};
    return find_name<promotion_target>(names, name);
}

money coupon_effect::total() const {
    return sum_of(by_order);
}

std::vector<coupon_effect> checkout::apply(const std::vector<coupon>& coupons) {
    const bool combines =
        std::all_of(coupons.begin(), coupons.end(), [](const coupon& c) { return c.can_stack; });
    std::vector<coupon_effect> effects;
    bool one_applies = false;
    for (const coupon& c : coupons) {
        if (!combines && one_applies) {
            coupon_effect refused;
            refused.reason = "cannot_be_combined";
            refused.by_order.resize(orders.size());
            refused.on_subtotal.resize(orders.size());
            effects.push_back(std::move(refused));
        } else {
            effects.push_back(apply_one(*this, c));
            one_applies = one_applies || effects.back().applies();
        }
    }
    return effects;
}

money checkout::pay_with_credit(std::size_t order, money credit) {
    const money used = std::max(std::min(orders[order].total(), credit), money{});
    orders[order].store_credit += used;
    return used;
}

checkout begin_checkout(std::vector<cart_line> lines, const std::optional<std::string>& country) {
    checkout c;
    c.lines = std::move(lines);
    for (std::size_t i = 0; i < c.lines.size(); ++i) {
        const cart_line& line = c.lines[i];
        auto order = std::find_if(c.orders.begin(), c.orders.end(), [&](const order_quote& o) {
            return o.seller == line.seller && o.currency == line.currency;
        });
        if (order == c.orders.end()) {
            c.orders.push_back({});
            order = std::prev(c.orders.end());
            order->seller = line.seller;
            order->currency = line.currency;
        }
        const money total = checked(line.unit_price * line.quantity);
        order->lines.push_back({i, total, {}, {}});
        order->subtotal = checked(order->subtotal + total);
        if (country && !serves(line.shipping, *country))
            c.not_served.push_back(i);
    }
    for (order_quote& order : c.orders) {
        for (const order_line& line : order.lines) {
            const shipping_rule& rule = c.lines[line.line].shipping;
            if (!rule.free_over || order.subtotal < *rule.free_over)
                order.shipping = checked(order.shipping + rule.cost);
        }
        checked(order.before_credit());
    }
    return c;
}

} // namespace driplo::core
