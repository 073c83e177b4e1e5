#include "core/money.hpp"

#include "core/error.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

__extension__ typedef __int128 wide;

[[noreturn]] void out_of_range() {
    throw error{errors::numeric_value_out_of_range, "amount out of range",
                "The maximum is 99999999.99."};
}

money narrowed(wide value) {
    if (value > INT64_MAX || value < INT64_MIN)
        out_of_range();
    return {static_cast<std::int64_t>(value)};
}

} // namespace

money operator+(money a, money b) {
    return narrowed(static_cast<wide>(a.minor) + b.minor);
}

money operator-(money a, money b) {
    return narrowed(static_cast<wide>(a.minor) - b.minor);
}

money operator*(money price, std::int64_t quantity) {
    return narrowed(static_cast<wide>(price.minor) * quantity);
}

money checked(money amount) {
    if (amount > max_money || amount.minor < -max_money.minor)
        out_of_range();
    return amount;
}

money rounded(money amount, money unit) {
    const wide half = amount.minor < 0 ? -unit.minor / 2 : unit.minor / 2;
    return narrowed((amount.minor + half) / unit.minor * unit.minor);
}

money percent_of(money amount, std::int64_t hundredths_of_percent, money unit) {
    const wide whole = wide{10'000} * unit.minor;
    const wide product = static_cast<wide>(amount.minor) * hundredths_of_percent;
    const wide half = product < 0 ? -whole / 2 : whole / 2;
    return narrowed((product + half) / whole * unit.minor);
}

std::vector<money> spread(money whole, const std::vector<money>& weights, money unit) {
    std::vector<money> shares(weights.size());
    wide total = 0;
    bool negative = whole < money{};
    for (const money weight : weights) {
        total += weight.minor;
        negative = negative || weight < money{};
    }
    if (negative || (total == 0 && whole != money{}))
        throw error{errors::internal_error, "could not allocate amount"};
    if (total == 0)
        return shares;

    if (!is_multiple(whole, unit))
        unit = hundredth;
    const std::int64_t units = whole.minor / unit.minor;
    std::vector<wide> remainders(weights.size());
    std::int64_t left = units;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const wide product = static_cast<wide>(units) * weights[i].minor;
        shares[i] = narrowed(product / total);
        remainders[i] = product % total;
        left -= shares[i].minor;
    }
    std::vector<std::size_t> order(weights.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
    // fewer units are left than there are shares with a remainder
    for (std::size_t i = 0; left > 0; ++i, --left)
        ++shares[order[i]].minor;
    for (money& share : shares)
        share = narrowed(static_cast<wide>(share.minor) * unit.minor);
    return shares;
}

} // namespace driplo::core
