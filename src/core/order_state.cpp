#include "core/order_state.hpp"

#include "core/purity.hpp"

namespace driplo::core {

using s = order_state;

const transition_table<order_state, 24> order_transitions{{
    {s::pending_payment, s::payment_processing, as_buyer | as_system},
    {s::pending_payment, s::paid, as_system},
    {s::pending_payment, s::payment_failed, as_system},
    {s::pending_payment, s::cancelled, as_buyer | as_seller | as_system},

    {s::payment_processing, s::paid, as_system},
    {s::payment_processing, s::payment_failed, as_system},
    {s::payment_processing, s::cancelled, as_buyer | as_system},

    {s::payment_failed, s::payment_processing, as_buyer | as_system},
    {s::payment_failed, s::cancelled, as_buyer | as_seller | as_system},

    {s::paid, s::preparing, as_seller | as_system},
    {s::paid, s::shipped, as_seller | as_system},
    {s::paid, s::cancelled, as_seller | as_system},
    {s::paid, s::refunded, as_system},

    {s::preparing, s::shipped, as_seller | as_system},
    {s::preparing, s::cancelled, as_seller | as_system},
    {s::preparing, s::refunded, as_system},

    {s::shipped, s::in_transit, as_seller | as_system},
    {s::shipped, s::delivered, as_buyer | as_system},
    {s::shipped, s::refunded, as_system},

    {s::in_transit, s::delivered, as_buyer | as_system},
    {s::in_transit, s::refunded, as_system},

    {s::delivered, s::completed, as_buyer | as_system},
    {s::delivered, s::refunded, as_system},

    {s::completed, s::refunded, as_system},
}};

std::optional<order_state> find_order_state(std::string_view name) noexcept {
    return find_state<order_state>(order_state_names, name);
}

bool needs_address(order_state state) noexcept {
    return state != s::delivered && state != s::completed && state != s::cancelled &&
           state != s::refunded;
}

// What follows compares states.
static_assert(s::payment_failed < s::paid && s::paid < s::preparing && s::preparing < s::shipped &&
              s::shipped < s::in_transit && s::in_transit < s::delivered &&
              s::delivered < s::completed && s::completed < s::cancelled &&
              s::cancelled < s::refunded);

bool is_unpaid(order_state state) noexcept {
    return state <= s::payment_failed;
}

bool was_paid(order_state state) noexcept {
    return state >= s::paid && state <= s::completed;
}

bool was_sent(order_state state) noexcept {
    return state >= s::shipped && state <= s::completed;
}

bool shows_address(order_state state, bool was_shipped) noexcept {
    const bool has_ended = state == s::cancelled || state == s::refunded;
    return was_paid(state) || (has_ended && was_shipped);
}

bool awaits_seller(order_state state) noexcept {
    return state < s::shipped;
}

bool begins_to_send(order_state state) noexcept {
    return state == s::preparing || state == s::shipped;
}

bool may_transition(order_state from, order_state to, unsigned actors) noexcept {
    return may_step(order_transitions, from, to, actors);
}

std::string next_order_states(order_state from, unsigned actors) {
    return next_states(order_transitions, order_state_names, from, actors);
}

} // namespace driplo::core
