// The calculation that quote_checkout(), validate_coupon() and checkout() share: a cart's lines,
// coupons, tax and store credit, read from the tables and put together by core::checkout.
#pragma once

#include "api/cart/contents.hpp"
#include "api/cart/lines_to_buy.hpp"
#include "core/checkout.hpp"
#include "pg/json.hpp"
#include "pg/session.hpp"
#include "pg/value.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace driplo {

struct purchase {
    pg::uuid buyer;
    std::vector<std::string> coupon_codes;
    bool use_store_credit = false;
    std::optional<pg::uuid> shipping_address;
    std::optional<std::string> country; // of that address
    // to buy only these items of the cart, by id and each once
    std::optional<std::vector<pg::uuid>> items;
};

struct known_coupon {
    std::string code;
    std::optional<std::string> refusal; // a code of validate_coupon(), or cannot_be_combined
    core::coupon coupon;
    core::coupon_effect effect; // when it was not refused

    // Free shipping of what is shipped for nothing anyway takes nothing, and stands in nobody's
    // way.
    bool spoils_the_purchase() const { return refusal && !effect.is_free_anyway; }
};

struct credit_use {
    pg::uuid credit;
    std::size_t order;
    core::money amount;
};

// A line that cannot be bought as it is.
struct cart_problem {
    const cart_entry* entry;
    std::string_view code;
};

struct calculation {
    std::vector<cart_entry> buyable; // by the line numbers of `checkout`
    std::vector<cart_entry> unbuyable;
    std::vector<known_coupon> coupons;
    core::checkout checkout;
    std::vector<credit_use> credit_uses;

    std::vector<cart_problem> problems() const;
    // What the orders cost together, store credit included, by currency.
    std::map<std::string, core::money> totals() const;
};

// To buy is to take the lines out of the cart and to lock their listings and variants, coupons and
// store credits, in this order.
enum class purpose { to_quote, to_buy };
calculation calculate(pg::spi spi, const purchase& wanted, purpose why);

// More would be guessed, and not given to anybody.
inline constexpr std::size_t max_coupon_codes = 10;

// The lines of an order as a quote and the tax function have them.
pg::json_array lines_json(const calculation& c, const core::order_quote& order);

// The buyer's default address, as far as there is one.
void ship_to_default_address(purchase& wanted);

// The codes of a list separated by commas, each once, as they are written there. Error 22023 for
// more than there may be.
std::vector<std::string> split_coupon_codes(const std::optional<std::string>& list);

// The items of the cart that an argument chooses, sorted and each once; nullopt for all. Error
// MK015 for more than a cart may have.
std::optional<std::vector<pg::uuid>> chosen_items(FunctionCallInfo fcinfo, int number);

// What to tell somebody about a problem's code.
std::string_view problem_message(std::string_view code);

} // namespace driplo
