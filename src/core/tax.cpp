#include "core/tax.hpp"

#include "core/error.hpp"

#include <cstddef>
#include <map>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

__extension__ typedef __int128 wide;

constexpr tax_rate whole = 1'000'000; // 100 %

// Rounded half up to the unit.
money tax_of(money sum, tax_rate rate, tax_is how, money unit) {
    const wide divisor = wide{how == tax_is::included ? whole + rate : whole} * unit.minor;
    const wide units = (static_cast<wide>(sum.minor) * rate * 2 + divisor) / (divisor * 2);
    if (units > INT64_MAX / unit.minor)
        throw error{errors::numeric_value_out_of_range, "amount out of range",
                    "The maximum is 99999999.99."};
    return money{static_cast<std::int64_t>(units)} * unit.minor;
}

} // namespace

std::vector<line_tax> taxes_by_rate(const std::vector<taxable_line>& lines, tax_is how, money unit,
                                    const std::optional<tax_rate>& fee_rate) {
    std::vector<line_tax> taxes(lines.size());
    // what is taxed at each rate, and where its tax goes
    std::map<tax_rate, std::vector<std::pair<money, money*>>> by_rate;
    for (std::size_t i = 0; i < lines.size(); ++i)
        if (lines[i].rate) {
            auto& parts = by_rate[*lines[i].rate];
            parts.emplace_back(lines[i].price, &taxes[i].goods);
            if (lines[i].taxes_shipping)
                parts.emplace_back(lines[i].shipping, &taxes[i].shipping);
        }
    for (std::size_t i = 0; fee_rate && i < lines.size(); ++i)
        by_rate[*fee_rate].emplace_back(lines[i].fee, &taxes[i].fee);
    for (const auto& [rate, parts] : by_rate) {
        std::vector<money> amounts;
        money sum;
        for (const auto& part : parts) {
            amounts.push_back(part.first);
            sum += part.first;
        }
        const std::vector<money> shares = spread(tax_of(sum, rate, how, unit), amounts, unit);
        for (std::size_t i = 0; i < parts.size(); ++i)
            *parts[i].second = shares[i];
    }
    return taxes;
}

} // namespace driplo::core
