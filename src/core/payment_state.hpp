// What a processor's news does to a payment, whatever order the news arrives in: one table.
//
// News may be late and may come twice. That money came in is final; that the payment was given up
// is final unless money came in; of processing, failed and what the buyer has to do the later one
// by the processor's clock counts, and of the same second failed, then processing.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace driplo::core {

/// Labels of the enum payment_status. Refunds begin after a payment, and are counted elsewhere.
enum class payment_state {
    pending,
    processing,
    requires_action,
    succeeded,
    failed,
    cancelled,
    refunded,
    partially_refunded
};

std::optional<payment_state> find_payment_state(std::string_view name) noexcept;
std::string_view payment_state_name(payment_state state) noexcept;

enum class payment_news { requires_action, processing, failed, cancelled, succeeded };

/// Whether money came in.
bool is_paid(payment_state state) noexcept;

/// The state after the news; nullopt when the news changes nothing. `at` and `last` are seconds on
/// the processor's clock: of this news, and of the last that counted (nullopt for none).
std::optional<payment_state> after_news(payment_state state, payment_news news, std::int64_t at,
                                        std::optional<std::int64_t> last) noexcept;

} // namespace driplo::core
