#include "core/refund_routes.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "core/purity.hpp"

namespace driplo::core {

std::vector<money> by_largest(money amount, const std::vector<money>& left) {
    std::vector<std::size_t> turns(left.size());
    std::iota(turns.begin(), turns.end(), std::size_t{0});
    std::stable_sort(turns.begin(), turns.end(),
                     [&](std::size_t a, std::size_t b) { return left[a] > left[b]; });
    std::vector<money> parts(left.size());
    for (const std::size_t i : turns) {
        parts[i] = std::max(money{}, std::min(amount, left[i]));
        amount = amount - parts[i];
    }
    return parts;
}

} // namespace driplo::core
