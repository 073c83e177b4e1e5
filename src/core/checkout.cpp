#include "core/checkout.hpp"

#include "core/currency.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <numeric>
#include <utility>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

__extension__ typedef __int128 wide; // quantities of a cart are not bounded here

template <typename T>
bool contains(const std::vector<T>& values, const T& value) {
    return std::find(values.begin(), values.end(), value) != values.end();
}

std::vector<uuid> sorted(std::vector<uuid> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
}

bool is_among(const std::vector<uuid>& ids, const uuid& id) {
    return std::binary_search(ids.begin(), ids.end(), id);
}

/// Whether what is free is something else than what is to be bought.
bool gives_others(const coupon& c) {
    return c.type == discount_type::buy_x_get_y &&
           !(c.get_categories.empty() && c.get_listings.empty());
}

/// Which lines a coupon is for. Its lists are its author's, of any length: sorted once.
class matcher {
public:
    explicit matcher(const coupon& c)
        : wanted(c), categories(sorted(c.categories)), listings(sorted(c.listings)),
          excluded(sorted(c.excluded_listings)), get_categories(sorted(c.get_categories)),
          get_listings(sorted(c.get_listings)) {}

    /// To get: never one to buy.
    bool gives(const cart_line& line) const {
        return gives_others(wanted) && may_match(line) &&
               (is_among(get_listings, line.listing) ||
                (line.category && is_among(get_categories, *line.category)));
    }

    bool matches(const cart_line& line) const {
        if (!may_match(line))
            return false;
        switch (wanted.target) {
        case promotion_target::all_items:
            return true;
        case promotion_target::category:
            return line.category && is_among(categories, *line.category);
        case promotion_target::seller:
            return wanted.seller.has_value();
        case promotion_target::specific_items:
            return is_among(listings, line.listing);
        }
        return false;
    }

private:
    bool may_match(const cart_line& line) const {
        return !(wanted.seller && *wanted.seller != line.seller) &&
               !(wanted.currency && *wanted.currency != line.currency) &&
               !is_among(excluded, line.listing);
    }

    const coupon& wanted;
    std::vector<uuid> categories, listings, excluded, get_categories, get_listings;
};

/// A line that a coupon applies to.
struct matched_line {
    std::size_t order;
    order_line* line;
    const cart_line* bought;
    bool is_given = false; ///< none of those to buy

    money left() const { return line->total - line->discount; }
};
using matched_lines = std::vector<matched_line>;

matched_lines lines_of(checkout& c, const coupon& applied) {
    matched_lines found;
    const matcher is_for(applied);
    for (std::size_t order = 0; order < c.orders.size(); ++order)
        for (order_line& line : c.orders[order].lines) {
            const cart_line& bought = c.lines[line.line];
            const bool is_given = is_for.gives(bought);
            if (is_given || is_for.matches(bought))
                found.push_back({order, &line, &bought, is_given});
        }
    return found;
}

std::vector<matched_lines> by_currency(const matched_lines& lines) {
    std::map<std::string_view, matched_lines> found;
    for (const matched_line& line : lines)
        found[line.bought->currency].push_back(line);
    std::vector<matched_lines> each;
    for (auto& [currency, of_it] : found)
        each.push_back(std::move(of_it));
    return each;
}

money limited(money discount, const std::optional<money>& limit, money unit) {
    return limit ? std::min(discount, std::max(truncated(*limit, unit), money{})) : discount;
}

money sum_of(const std::vector<money>& amounts) {
    money sum;
    for (const money amount : amounts)
        sum += amount;
    return sum;
}

/// No more than the limit, taken from all of the amounts alike.
std::vector<money> limited(const std::vector<money>& amounts, const std::optional<money>& limit,
                           money unit) {
    const money whole = sum_of(amounts);
    const money allowed = limited(whole, limit, unit);
    return allowed == whole ? amounts : spread(allowed, amounts, unit);
}

/// Of lines in one currency.
money unit_of(const matched_lines& lines) {
    return smallest_unit(lines.front().bought->currency);
}

/// What is left of a limit.
std::optional<money> less(const std::optional<money>& limit, money used) {
    return limit ? std::optional<money>{*limit - used} : std::nullopt;
}

/// The same for the lines of each order by the order's own limit.
template <typename Limit>
std::vector<money> limited_by_order(const matched_lines& lines, std::vector<money> amounts,
                                    Limit limit) {
    for (std::size_t first = 0, end; first < lines.size(); first = end) {
        for (end = first; end < lines.size() && lines[end].order == lines[first].order;)
            ++end;
        const auto from = amounts.begin() + static_cast<std::ptrdiff_t>(first);
        const std::vector<money> allowed =
            limited({from, from + static_cast<std::ptrdiff_t>(end - first)},
                    limit(lines[first].order), unit_of(lines));
        std::copy(allowed.begin(), allowed.end(), from);
    }
    return amounts;
}

/// The whole discount, spread over what is left of the lines.
std::vector<money> spread_over(const matched_lines& lines, money discount) {
    std::vector<money> left;
    for (const matched_line& line : lines)
        left.push_back(line.left());
    return spread(discount, left, unit_of(lines));
}

/// How many of the first pieces are free when all stand in a row, the dearest first.
struct free_row {
    wide buy, get, pieces;

    wide among_first(wide count) const {
        const wide group = buy + get;
        const wide grouped = std::min(count, pieces / group * group);
        return grouped / group * get + std::max<wide>(grouped % group - buy, 0);
    }
};

/// The dearest first, of equal ones the earlier one.
std::vector<std::size_t> by_price(const matched_lines& lines) {
    std::vector<std::size_t> sequence(lines.size());
    std::iota(sequence.begin(), sequence.end(), std::size_t{0});
    std::stable_sort(sequence.begin(), sequence.end(), [&](std::size_t a, std::size_t b) {
        return lines[a].bought->unit_price > lines[b].bought->unit_price;
    });
    return sequence;
}

/// What so many pieces of a line are left to cost. Not the full price: coupons before may have
/// taken a part of each piece.
money left_of_pieces(const matched_line& line, std::int64_t pieces, money unit) {
    return spread(line.left(), {{pieces}, {line.bought->quantity - pieces}}, unit).front();
}

/// Where what is bought earns other things. The dearest of these, as whoever gets them would
/// choose; so no piece more makes a purchase dearer by more than its price.
std::vector<money> given_pieces(const matched_lines& lines, const coupon& c) {
    wide bought = 0;
    for (const matched_line& line : lines)
        bought += line.is_given ? 0 : line.bought->quantity;
    wide pieces = 0;
    for (const matched_line& line : lines)
        pieces += line.is_given ? line.bought->quantity : 0;
    // no more than there are, also because a product of any two numbers would not fit
    const wide groups = bought / c.buy_quantity, get = c.get_quantity;
    wide earned = groups > pieces / get ? pieces : groups * get;
    std::vector<money> discounts(lines.size());
    for (const std::size_t i : by_price(lines)) {
        if (!lines[i].is_given)
            continue;
        const auto free =
            static_cast<std::int64_t>(std::min<wide>(earned, lines[i].bought->quantity));
        discounts[i] = left_of_pieces(lines[i], free, unit_of(lines));
        earned -= free;
    }
    return discounts;
}

/// Where the same things are bought and free.
std::vector<money> grouped_pieces(const matched_lines& lines, const coupon& c) {
    free_row row{c.buy_quantity, c.get_quantity, 0};
    for (const matched_line& line : lines)
        row.pieces += line.bought->quantity;
    std::vector<money> discounts(lines.size());
    wide before = 0;
    for (const std::size_t i : by_price(lines)) {
        const std::int64_t quantity = lines[i].bought->quantity;
        const auto free =
            static_cast<std::int64_t>(row.among_first(before + quantity) - row.among_first(before));
        discounts[i] = left_of_pieces(lines[i], free, unit_of(lines));
        before += quantity;
    }
    return discounts;
}

std::vector<money> free_pieces(const matched_lines& lines, const coupon& c) {
    if (c.buy_quantity <= 0 || c.get_quantity <= 0)
        return std::vector<money>(lines.size());
    return limited(gives_others(c) ? given_pieces(lines, c) : grouped_pieces(lines, c),
                   c.maximum_discount, unit_of(lines));
}

std::vector<money> line_discounts(const matched_lines& lines, const coupon& c) {
    money left;
    for (const matched_line& line : lines)
        left += line.left();
    const money unit = unit_of(lines);
    const auto as_far_as_it_goes = [&](money discount) {
        return spread_over(lines, std::min(limited(discount, c.maximum_discount, unit), left));
    };
    switch (c.type) {
    case discount_type::percentage:
        return as_far_as_it_goes(percent_of(left, c.value, unit));
    case discount_type::fixed_amount:
        return as_far_as_it_goes(truncated({c.value}, unit));
    case discount_type::buy_x_get_y:
        return free_pieces(lines, c);
    case discount_type::free_shipping:
        break;
    }
    return std::vector<money>(lines.size());
}

void waive_shipping(checkout& c, const matched_lines& lines, const coupon& applied,
                    coupon_effect& effect) {
    std::vector<money> costs;
    for (const matched_line& line : lines)
        costs.push_back(line.line->shipping);
    if (!applied.seller)
        costs = limited_by_order(lines, std::move(costs), [&](std::size_t i) {
            const order_quote& order = c.orders[i];
            const auto of_all = less(order.limits.total, order.by_platform());
            const auto of_shipping = less(order.limits.shipping, order.shipping_by_platform());
            return of_all && of_shipping ? std::min(of_all, of_shipping)
                                         : (of_all ? of_all : of_shipping);
        });
    const std::vector<money> saved = limited(costs, applied.maximum_discount, unit_of(lines));
    for (std::size_t i = 0; i < lines.size(); ++i) {
        order_line& line = *lines[i].line;
        order_quote& order = c.orders[lines[i].order];
        line.shipping = line.shipping - saved[i];
        order.shipping = order.shipping - saved[i];
        effect.by_order[lines[i].order] += saved[i];
        if (!applied.seller)
            line.shipping_by_platform += saved[i];
    }
}

void take_discount(checkout& c, const matched_lines& lines, const coupon& applied,
                   coupon_effect& effect) {
    std::vector<money> discounts = line_discounts(lines, applied);
    if (!applied.seller)
        discounts = limited_by_order(lines, std::move(discounts), [&](std::size_t i) {
            return less(c.orders[i].limits.total, c.orders[i].by_platform());
        });
    for (std::size_t i = 0; i < lines.size(); ++i) {
        lines[i].line->discount += discounts[i];
        c.orders[lines[i].order].discount += discounts[i];
        effect.by_order[lines[i].order] += discounts[i];
        if (!applied.seller)
            lines[i].line->by_platform += discounts[i];
    }
}

/// Which coupons have taken something off an order.
struct applied_before {
    bool any = false, all_stack = true;

    bool keeps_out(const coupon& c) const { return any && !(all_stack && c.can_stack); }
};

bool is_shipped_for_nothing(const matched_lines& lines) {
    return std::all_of(lines.begin(), lines.end(),
                       [](const matched_line& line) { return line.line->shipping == money{}; });
}

/// The lines are all of one currency.
void apply_to(checkout& c, const matched_lines& lines, const coupon& applied,
              coupon_effect& effect) {
    money subtotal;
    for (const matched_line& line : lines)
        subtotal += line.is_given ? money{} : line.line->total;
    if (subtotal < applied.minimum_purchase) {
        effect.reason = "minimum_not_met";
        return;
    }
    if (applied.type == discount_type::free_shipping)
        waive_shipping(c, lines, applied, effect);
    else
        take_discount(c, lines, applied, effect);
}

coupon_effect apply_one(checkout& c, const coupon& applied,
                        const std::vector<applied_before>& before) {
    coupon_effect effect;
    effect.by_order.resize(c.orders.size());
    effect.on_subtotal.resize(c.orders.size());
    const matched_lines lines = lines_of(c, applied);
    for (const matched_line& line : lines) {
        if (!line.is_given)
            effect.on_subtotal[line.order] += line.line->total;
        if (applied.type == discount_type::buy_x_get_y)
            effect.counted.push_back(
                {line.order,
                 {line.bought->unit_price, line.bought->quantity, line.left(), line.is_given}});
    }
    effect.is_free_anyway = applied.type == discount_type::free_shipping && !lines.empty() &&
                            is_shipped_for_nothing(lines);
    if (lines.empty() || effect.is_free_anyway) {
        effect.reason = "no_matching_items";
        return effect;
    }
    if (std::any_of(lines.begin(), lines.end(), [&](const matched_line& line) {
            return before[line.order].keeps_out(applied);
        })) {
        effect.reason = "cannot_be_combined";
        return effect;
    }
    for (const matched_lines& of_one_currency : by_currency(lines))
        apply_to(c, of_one_currency, applied, effect);
    if (effect.total() != money{})
        effect.reason = {};
    else if (effect.reason.empty()) // a use that saves nothing would be one lost
        effect.reason = "no_matching_items";
    return effect;
}

/// Of the lines of an order.
void ship(order_quote& order, const std::vector<cart_line>& lines,
          const std::optional<std::string>& country) {
    std::vector<shipment> shipments;
    for (const order_line& line : order.lines) {
        const cart_line& bought = lines[line.line];
        shipments.push_back({&bought.shipping, bought.quantity, bought.is_picked_up});
    }
    const std::vector<money> costs = shipping_costs(shipments, order.subtotal, country);
    for (std::size_t i = 0; i < costs.size(); ++i) {
        order.lines[i].shipping = costs[i];
        if (!shipments[i].is_picked_up)
            order.lines[i].days = shipments[i].rule->in(country).days;
        order.shipping = checked(order.shipping + costs[i]);
    }
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

money order_quote::shipping_by_platform() const {
    money sum;
    for (const order_line& line : lines)
        sum += line.shipping_by_platform;
    return sum;
}

money order_quote::by_platform() const {
    money sum = shipping_by_platform();
    for (const order_line& line : lines)
        sum += line.by_platform;
    return sum;
}

void checkout::bundle(std::size_t number, const std::vector<bundle_tier>& tiers) {
    order_quote& order = orders[number];
    std::vector<money> prices;
    money sum;
    wide pieces = 0;
    for (const order_line& line : order.lines) {
        const bool counts = !lines[line.line].at_offer;
        prices.push_back(counts ? line.total : money{});
        sum += prices.back();
        pieces += counts ? lines[line.line].quantity : 0;
    }
    std::int64_t percent = 0;
    for (const bundle_tier& tier : tiers)
        if (pieces >= tier.pieces)
            percent = std::max(percent, tier.percent);
    const money unit = smallest_unit(order.currency);
    order.bundle_discount = std::min(percent_of(sum, percent, unit), sum);
    const std::vector<money> shares = spread(order.bundle_discount, prices, unit);
    for (std::size_t i = 0; i < shares.size(); ++i)
        order.lines[i].discount += shares[i];
    order.discount += order.bundle_discount;
}

std::vector<coupon_effect> checkout::apply(const std::vector<coupon>& coupons, void (*between)()) {
    std::vector<applied_before> before(orders.size());
    std::vector<coupon_effect> effects;
    for (const coupon& c : coupons) {
        if (between)
            between();
        effects.push_back(apply_one(*this, c, before));
        for (std::size_t i = 0; i < orders.size(); ++i)
            if (effects.back().by_order[i] != money{}) {
                before[i].any = true;
                before[i].all_stack = before[i].all_stack && c.can_stack;
            }
    }
    return effects;
}

money checkout::usable_credit(std::size_t order, money credit, money smallest) const {
    const money total = orders[order].total();
    if (credit >= total || total < smallest)
        return std::max(std::min(total, credit), money{});
    return std::max(std::min(credit, total - smallest), money{});
}

money checkout::pay_with_credit(std::size_t order, money credit) {
    const money used = std::max(std::min(orders[order].total(), credit), money{});
    orders[order].store_credit += used;
    return used;
}

checkout begin_checkout(std::vector<cart_line> lines, const std::optional<std::string>& country) {
    checkout c;
    c.lines = std::move(lines);
    std::map<std::pair<uuid, std::string_view>, std::size_t> order_of;
    for (std::size_t i = 0; i < c.lines.size(); ++i) {
        const cart_line& line = c.lines[i];
        const auto [place, is_new] =
            order_of.try_emplace({line.seller, line.currency}, c.orders.size());
        if (is_new) {
            c.orders.push_back({});
            c.orders.back().seller = line.seller;
            c.orders.back().currency = line.currency;
        }
        order_quote& order = c.orders[place->second];
        order.lines.push_back({});
        order.lines.back().line = i;
        order.lines.back().total = checked(line.unit_price * line.quantity);
        order.subtotal = checked(order.subtotal + order.lines.back().total);
        if (country && !line.is_picked_up && !line.shipping.serves(*country))
            c.not_served.push_back(i);
    }
    for (order_quote& order : c.orders) {
        ship(order, c.lines, country);
        checked(order.before_credit());
    }
    return c;
}

} // namespace driplo::core
