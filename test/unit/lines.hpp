// Lines of carts and coupons, in few words, and what a checkout makes of them.
#pragma once

#include "core/checkout.hpp"
#include "core/format.hpp"

#include <cstdint>
#include <fmt/ranges.h>
#include <optional>
#include <string>
#include <vector>

using namespace driplo::core;

inline constexpr std::int64_t percent = 100; // a percentage is in hundredths
inline constexpr money most = max_money;

inline uuid id(unsigned char number) {
    uuid made;
    made.bytes[15] = number;
    return made;
}

inline const uuid alice = id(1), bob = id(2), carol = id(3);
inline const uuid coats = id(11), shoes = id(12);

inline cart_line line(unsigned char listing, const uuid& seller, std::int64_t price,
                      std::int64_t quantity = 1, std::string currency = "EUR") {
    cart_line made;
    made.listing = id(listing);
    made.seller = seller;
    made.currency = std::move(currency);
    made.unit_price = {price};
    made.quantity = quantity;
    return made;
}

inline cart_line shipped(cart_line made, std::int64_t cost,
                         std::optional<std::int64_t> free_over = {},
                         std::vector<std::string> countries = {}) {
    made.shipping.cost = {cost};
    if (free_over)
        made.shipping.free_over = money{*free_over};
    made.shipping.countries = std::move(countries);
    return made;
}

inline cart_line in(cart_line made, const uuid& category) {
    made.category = category;
    return made;
}

inline coupon worth(discount_type type, std::int64_t value) {
    coupon made;
    made.type = type;
    made.value = value;
    return made;
}

inline coupon percentage(std::int64_t value) {
    return worth(discount_type::percentage, value);
}

inline coupon fixed(std::int64_t value) {
    return worth(discount_type::fixed_amount, value);
}

inline coupon free_shipping() {
    return worth(discount_type::free_shipping, 0);
}

inline coupon buy_get(std::int64_t buy, std::int64_t get) {
    coupon made = worth(discount_type::buy_x_get_y, 0);
    made.buy_quantity = buy;
    made.get_quantity = get;
    return made;
}

inline coupon stacking(coupon made) {
    made.can_stack = true;
    return made;
}

inline coupon at_most(coupon made, std::int64_t maximum) {
    made.maximum_discount = money{maximum};
    return made;
}

inline coupon from(coupon made, std::int64_t minimum) {
    made.minimum_purchase = {minimum};
    return made;
}

using numbers = std::vector<std::int64_t>;

// The discounts of the lines in the order of the cart.
inline numbers line_discounts(const checkout& c) {
    numbers found(c.lines.size());
    for (const order_quote& order : c.orders)
        for (const order_line& part : order.lines)
            found[part.line] = part.discount.minor;
    return found;
}

inline numbers minors(const std::vector<money>& amounts) {
    numbers found;
    for (const money amount : amounts)
        found.push_back(amount.minor);
    return found;
}

inline std::string text(const numbers& values) {
    return driplo::core::format("{}", fmt::join(values, " "));
}

// The one coupon on these lines: the lines' discounts, or the reason.
inline std::string with(const coupon& applied, std::vector<cart_line> lines) {
    checkout c = begin_checkout(std::move(lines));
    const std::vector<coupon_effect> effects = c.apply({applied});
    return effects.front().applies() ? text(line_discounts(c))
                                     : std::string(effects.front().reason);
}
