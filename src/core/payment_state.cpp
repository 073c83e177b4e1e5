#include "core/payment_state.hpp"

#include <algorithm>
#include <array>

#include "core/purity.hpp"

namespace driplo::core {

namespace {

using s = payment_state;

constexpr std::array<std::string_view, 8> names{
    "pending", "processing", "requires_action", "succeeded",
    "failed",  "cancelled",  "refunded",        "partially_refunded"};

} // namespace

std::optional<payment_state> find_payment_state(std::string_view name) noexcept {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found == names.end())
        return std::nullopt;
    return static_cast<payment_state>(found - names.begin());
}

std::string_view payment_state_name(payment_state state) noexcept {
    return names[static_cast<std::size_t>(state)];
}

bool is_paid(payment_state state) noexcept {
    return state == s::succeeded || state == s::refunded || state == s::partially_refunded;
}

std::optional<payment_state> after_news(payment_state state, payment_news news, std::int64_t at,
                                        std::optional<std::int64_t> last) noexcept {
    if (is_paid(state))
        return std::nullopt;
    if (news == payment_news::succeeded)
        return s::succeeded;
    if (state == s::cancelled)
        return std::nullopt;
    if (news == payment_news::cancelled)
        return s::cancelled;
    const payment_state next = news == payment_news::failed       ? s::failed
                               : news == payment_news::processing ? s::processing
                                                                  : s::requires_action;
    // of equal times failed counts, then processing
    const auto rank = [](payment_state each) {
        return each == s::failed ? 2 : each == s::processing ? 1 : 0;
    };
    const bool counts = !last || at > *last || (at == *last && rank(next) > rank(state));
    return counts ? std::optional(next) : std::nullopt;
}

} // namespace driplo::core
