// Carts and coupons drawn at random, for laws that hold for all of them.
#pragma once

#include "core/checkout.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "properties.hpp"

namespace {

using namespace driplo::core;

uuid id(std::int64_t number) {
    uuid made;
    made.bytes[14] = static_cast<unsigned char>(number / 256);
    made.bytes[15] = static_cast<unsigned char>(number % 256);
    return made;
}

const std::vector<std::string> countries{"DE", "AT", "FR", "US"};
const std::vector<std::string> other_currencies{"USD", "JPY"};

// In hundredths; a yen has none.
std::int64_t unit_of(std::string_view currency) {
    return currency == "JPY" ? 100 : 1;
}

// Few sellers, currencies, categories and prices, so that equal ones meet.
cart_line some_line(generator& draw, std::int64_t listing) {
    cart_line line;
    line.listing = id(100 + listing);
    line.seller = id(draw.between(1, 3));
    line.currency = draw.chance(70) ? "EUR" : draw.one_of(other_currencies);
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
    const std::int64_t unit = unit_of(line.currency);
    line.unit_price.minor *= unit;
    line.shipping.cost.minor *= unit;
    return line;
}

std::vector<cart_line> some_lines(generator& draw) {
    std::vector<cart_line> lines;
    for (std::int64_t i = draw.between(1, draw.chance(5) ? 40 : 8); i > 0; --i)
        lines.push_back(some_line(draw, i));
    return lines;
}

[[maybe_unused]] coupon some_coupon(generator& draw) {
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
    if (draw.chance(40)) {
        c.get_listings.push_back(id(draw.between(101, 108)));
        if (draw.chance(50))
            c.get_categories.push_back(id(draw.between(11, 14)));
    }
    if (draw.chance(50))
        c.currency = draw.chance(70) ? "EUR" : draw.one_of(other_currencies);
    c.can_stack = draw.chance(85);
    return c;
}

[[maybe_unused]] void limit_some(generator& draw, checkout& c) {
    for (order_quote& order : c.orders) {
        if (draw.chance(50))
            order.limits.shipping = money{draw.magnitude(3000)};
        if (draw.chance(50))
            order.limits.total = money{draw.magnitude(100'000)};
    }
}

template <typename Value>
bool has(const std::vector<Value>& values, const Value& value) {
    return std::count(values.begin(), values.end(), value) > 0;
}

[[maybe_unused]] bool gives_others(const coupon& c) {
    return c.type == discount_type::buy_x_get_y && c.get_listings.size() + c.get_categories.size();
}

// Whether a line is one that other pieces earn.
[[maybe_unused]] bool is_given(const coupon& c, const cart_line& line) {
    return gives_others(c) && (has(c.get_listings, line.listing) ||
                               (line.category && has(c.get_categories, *line.category)));
}

[[maybe_unused]] bool is_for(const coupon& c, const cart_line& line) {
    const bool targeted =
        is_given(c, line) || c.target == promotion_target::all_items ||
        (c.target == promotion_target::category && line.category &&
         has(c.categories, *line.category)) ||
        (c.target == promotion_target::seller && c.seller.has_value()) ||
        (c.target == promotion_target::specific_items && has(c.listings, line.listing));
    const bool of_its_seller = !c.seller || *c.seller == line.seller;
    const bool of_its_currency = !c.currency || *c.currency == line.currency;
    return targeted && of_its_seller && of_its_currency && !has(c.excluded_listings, line.listing);
}

} // namespace
