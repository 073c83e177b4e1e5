// What a cart costs: one calculation for the quote and for the checkout, so that they cannot
// disagree.
//
//     checkout c = begin_checkout(lines, country);   // orders by seller and currency, shipping
//     c.apply(coupons);                              // discounts
//     c.orders[i].buyer_fee = ...;                   // the platform's fee, then the tax
//     c.orders[i].tax = ...;
//     c.pay_with_credit(i, credit);                  // store credit
//
// Invariants: the discounts and the shipping of an order's lines sum to the order's; what the
// platform pays of them is a part of them; no part is negative; nothing is reduced below zero.
#pragma once

#include "core/money.hpp"
#include "core/shipping.hpp"
#include "core/uuid.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace driplo::core {

/// A line of the cart that can be bought.
struct cart_line {
    uuid listing;
    std::optional<uuid> category;
    uuid seller;
    std::string currency;
    money unit_price;
    std::int64_t quantity = 1;
    shipping_rule shipping;
    bool at_offer = false;     ///< the price was agreed on for this buyer; no bundle
    bool is_picked_up = false; ///< not shipped anywhere
};

struct order_line {
    std::size_t line = 0; ///< index of the cart's line
    money total;          ///< unit price times quantity
    money discount;
    money shipping; ///< what the buyer pays for shipping it
    std::optional<delivery_days> days;

    money by_platform;          ///< the part of the discount that the platform pays to the seller
    money shipping_by_platform; ///< what the platform waived and pays
    money fee;                  ///< the platform's share, without that of shipping
    money tax;                  ///< on top of the price or in it, as the order's
    money fee_tax;              ///< the part of it that is of the fee
    std::optional<std::int64_t> tax_rate; ///< in ten-thousandths of a percent, where it is known
};

/// The most that the platform's coupons together take off one order, whatever the seller has
/// written and the coupons say; without an amount there is no limit.
struct platform_limits {
    std::optional<money> shipping; ///< of waived shipping
    std::optional<money> total;    ///< of everything
};

/// So many pieces of a seller in one order are so much cheaper.
struct bundle_tier {
    std::int64_t pieces = 0;
    std::int64_t percent = 0; ///< in hundredths
};

/// One order: what one seller sells in one currency.
struct order_quote {
    uuid seller;
    std::string currency;
    std::vector<order_line> lines;
    platform_limits limits;
    money subtotal;
    money shipping;     ///< the sum of the lines'
    money tax;          ///< on top: of lines and shipping
    money included_tax; ///< or in their prices
    bool prices_include_tax = false;
    money shipping_tax; ///< the part of either that is of the shipping
    std::optional<std::int64_t> shipping_tax_rate;
    money fee_tax; ///< and of the fee that the buyer pays
    std::optional<std::int64_t> fee_tax_rate;
    money fee;             ///< the platform's share; that of shipping is of no line
    money discount;        ///< the sum of the lines'
    money bundle_discount; ///< the part of it that the seller takes off for several pieces
    money buyer_fee;       ///< the platform's fee, as far as the buyer pays it on top
    money store_credit;    ///< the part of the total that store credit pays

    money before_credit() const { return subtotal + shipping + tax + buyer_fee - discount; }
    money total() const { return before_credit() - store_credit; }
    money shipping_by_platform() const;
    money by_platform() const; ///< discounts and shipping that the platform pays to the seller
};

enum class discount_type { percentage, fixed_amount, free_shipping, buy_x_get_y };
enum class promotion_target { all_items, category, seller, specific_items };

std::optional<discount_type> find_discount_type(std::string_view name) noexcept;
std::optional<promotion_target> find_promotion_target(std::string_view name) noexcept;

/// A coupon that its user may use now. What matters for that (dates, limits, named users) was
/// checked before.
struct coupon {
    uuid id;
    discount_type type = discount_type::percentage;
    /// hundredths of a percent for percentage, minor units for fixed_amount, else not looked at
    std::int64_t value = 0;
    /// of its amounts: only lines in it match; without one those of every currency, each for itself
    std::optional<std::string> currency;
    money minimum_purchase;
    std::optional<money> maximum_discount;
    /// for buy_x_get_y: from the dearest matching piece on, of whatever lines, each buy + get
    /// pieces are a group, of which the get cheapest are free, by their prices before any discount;
    /// what is left over for no whole group is the cheapest, and never free
    std::int64_t buy_quantity = 0, get_quantity = 0;
    /// for buy_x_get_y: where one of these names something, of each buy matching pieces get pieces
    /// of what they name are free, the dearest first. Such a piece is none of those to buy, nor of
    /// the minimum.
    std::vector<uuid> get_categories, get_listings;
    promotion_target target = promotion_target::all_items;
    std::optional<uuid> seller;   ///< whose coupon it is; the platform's without
    std::vector<uuid> categories; ///< with everything below them
    std::vector<uuid> listings;
    std::vector<uuid> excluded_listings;
    bool can_stack = false;
};

/// A line whose pieces a buy_x_get_y counted, to buy or to get.
struct counted_line {
    money unit_price;
    std::int64_t quantity = 0;
    money left;            ///< of its price, after the coupons before this one
    bool is_given = false; ///< named by get_categories or get_listings: only to get
};

/// What became of a coupon: why it does not apply (a stable code), or what it takes off each order.
struct coupon_effect {
    std::string_view reason;     ///< empty when it applies
    bool is_free_anyway = false; ///< it would waive shipping, and what it is for ships for nothing
    std::vector<money> by_order; ///< of all orders, including saved shipping
    std::vector<money> on_subtotal; ///< subtotals of its matching lines, by order
    /// of a buy_x_get_y, with the number of the order
    std::vector<std::pair<std::size_t, counted_line>> counted;

    bool applies() const { return reason.empty(); }
    money total() const; ///< of orders in whatever currencies
};

struct checkout {
    std::vector<cart_line> lines;
    std::vector<order_quote> orders;
    std::vector<std::size_t> not_served; ///< lines whose listing is not shipped to the country

    /// Takes the best of the seller's tiers that the order reaches off its pieces without an offer.
    /// The seller bears it. Before coupons.
    void bundle(std::size_t order, const std::vector<bundle_tier>& tiers);

    /// Applies the coupons one after the other, each to what the ones before have left, and calls
    /// `between` before each of them. The minimum counts before any discount. Free shipping waives
    /// what is charged for the lines that the coupon matches, no other line of their orders. In one
    /// order several coupons apply only when each of them can be combined: one that matches a line
    /// of an order from which an earlier one took something, and cannot be combined with it, gets
    /// the reason cannot_be_combined.
    /// Reasons: no_matching_items (also when it would save nothing), minimum_not_met,
    /// cannot_be_combined.
    std::vector<coupon_effect> apply(const std::vector<coupon>& coupons,
                                     void (*between)() = nullptr);

    /// How much of a credit to use for an order, so that what is left to pay is nothing, or at
    /// least the smallest amount that a card can pay. An order that is smaller itself takes what
    /// there is.
    money usable_credit(std::size_t order, money credit, money smallest) const;
    /// Pays for an order as far as the credit goes; returns what was used of it.
    money pay_with_credit(std::size_t order, money credit);
};

/// Orders by seller and currency in the order of the lines, each with its shipping. Without a
/// country every listing counts as shipped.
checkout begin_checkout(std::vector<cart_line> lines,
                        const std::optional<std::string>& country = std::nullopt);

} // namespace driplo::core
