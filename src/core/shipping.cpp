#include "core/shipping.hpp"

#include <algorithm>
#include <utility>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

__extension__ typedef __int128 wide; // quantities of a cart are not bounded here

bool contains(const std::vector<std::string>& countries, const std::string& country) {
    return std::find(countries.begin(), countries.end(), country) != countries.end();
}

money cost_alone(const shipment& line, const shipping_rate& rate, money subtotal) {
    if (line.is_picked_up || (rate.free_over && subtotal >= *rate.free_over))
        return {};
    money cost = rate.cost;
    const wide grams = static_cast<wide>(line.rule->grams) * line.quantity;
    for (const shipping_tier& tier : rate.tiers)
        if (line.quantity >= tier.pieces && grams >= tier.grams)
            cost = std::max(cost, tier.cost);
    return cost;
}

} // namespace

const shipping_rate& shipping_rule::in(const std::optional<std::string>& country) const {
    if (country)
        for (const shipping_rate& rate : elsewhere)
            if (contains(rate.countries, *country))
                return rate;
    return *this;
}

bool shipping_rule::serves(const std::string& country) const {
    return countries.empty() || contains(countries, country) || &in(country) != this;
}

std::vector<money> shipping_costs(const std::vector<shipment>& lines, money subtotal,
                                  const std::optional<std::string>& country) {
    std::vector<money> costs, further;
    for (const shipment& line : lines) {
        const shipping_rate& rate = line.rule->in(country);
        costs.push_back(cost_alone(line, rate, subtotal));
        further.push_back(std::min(rate.further.value_or(costs.back()), costs.back()));
    }
    std::size_t first = 0;
    for (std::size_t i = 1; i < lines.size(); ++i)
        if (std::pair(costs[i], further[i]) > std::pair(costs[first], further[first]))
            first = i;
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (i != first)
            costs[i] = further[i];
    return costs;
}

} // namespace driplo::core
