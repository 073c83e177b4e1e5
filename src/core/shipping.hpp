// What shipping costs: by country, by pieces or weight, and together with what else of one seller's
// is in the order.
#pragma once

#include "core/money.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace driplo::core {

/// From so many pieces or grams of a line on, its shipping costs at least this.
struct shipping_tier {
    std::int64_t pieces = 0, grams = 0; ///< one of them, the other is 0
    money cost;
};

struct delivery_days {
    std::int32_t least = 0, most = 0;
};

/// What shipping to some countries costs. The cost is once for a line, whatever its quantity, as
/// far as no tier says more.
struct shipping_rate {
    money cost;
    std::optional<money> free_over;     ///< free when the order's subtotal is at least this
    std::vector<std::string> countries; ///< ISO codes; empty for all
    std::optional<money> further;       ///< beside a line of the seller's that costs more
    std::vector<shipping_tier> tiers;
    std::optional<delivery_days> days;
};

/// What a listing says about its shipping: what it costs, and what it costs in some countries.
struct shipping_rule : shipping_rate {
    std::int64_t grams = 0; ///< of a piece
    std::vector<shipping_rate> elsewhere;
    bool can_be_picked_up = false;

    /// The first of `elsewhere` that names the country, else the rule itself.
    const shipping_rate& in(const std::optional<std::string>& country) const;
    bool serves(const std::string& country) const;
};

/// A line of an order, as far as shipping goes.
struct shipment {
    const shipping_rule* rule = nullptr;
    std::int64_t quantity = 1;
    bool is_picked_up = false;
};

/// What shipping the lines of one order costs, line by line. The line that costs most is the first
/// one and costs that; each other line costs its `further`, where it has one that is less. Of equal
/// lines the one with the dearest `further` is the first, so that the sum does not depend on the
/// order of the lines. What is picked up costs nothing.
std::vector<money> shipping_costs(const std::vector<shipment>& lines, money subtotal,
                                  const std::optional<std::string>& country);

} // namespace driplo::core
