#pragma once
// The life of an order: which state may follow which, and who may bring it about. One table, the
// only place that knows.
//
// "system" is the service; an admin may do what the system may. What a state change has for
// consequences (stock, coupons, money) is not known here.

#include "core/state_machine.hpp"

namespace driplo::core {

enum class order_state {
    pending_payment,
    payment_processing,
    payment_failed,
    paid,
    preparing,
    shipped,
    in_transit,
    delivered,
    completed,
    cancelled,
    refunded
};

/// The labels of the enum order_status, by the value of order_state.
inline constexpr state_names<11> order_state_names{
    "pending_payment", "payment_processing", "payment_failed", "paid",      "preparing", "shipped",
    "in_transit",      "delivered",          "completed",      "cancelled", "refunded"};

constexpr std::string_view order_state_name(order_state state) noexcept {
    return order_state_names[static_cast<std::size_t>(state)];
}

std::optional<order_state> find_order_state(std::string_view name) noexcept;

/// Whether the parcel may still have its way before it: until it is delivered, or the order ended
/// without.
bool needs_address(order_state state) noexcept;

/// Whether an order still waits for its payment.
bool is_unpaid(order_state state) noexcept;

/// Whether an order that was written down in this state was paid for and has its way before it or
/// behind it: from paid to completed.
bool was_paid(order_state state) noexcept;

/// The same two as lists of labels, for statements that an index is to serve; a unit test compares
/// them. SQL files ask private.is_unpaid() and private.was_paid(), which are these functions.
inline constexpr const char* unpaid_order_states =
    "'pending_payment', 'payment_processing', 'payment_failed'";
inline constexpr const char* paid_order_states =
    "'paid', 'preparing', 'shipped', 'in_transit', 'delivered', 'completed'";

/// Whether the goods have left the seller: from shipped to completed.
bool was_sent(order_state state) noexcept;

/// Whether the seller is told where the goods go: once it is paid for, and as long as it did not
/// end before it was sent.
bool shows_address(order_state state, bool was_shipped) noexcept;

/// Whether the order still waits for its payment, or for its seller to send the goods.
bool awaits_seller(order_state state) noexcept;

/// Whether the step to this state begins to send the goods, or does.
bool begins_to_send(order_state state) noexcept;

using order_transition = transition<order_state>;

extern const transition_table<order_state, 24> order_transitions;

/// Whether one of these actors may do it. A state never follows itself.
bool may_transition(order_state from, order_state to, unsigned actors) noexcept;

/// The states that these actors may bring about, as "paid, cancelled"; "none" when there is none.
std::string next_order_states(order_state from, unsigned actors);

} // namespace driplo::core
