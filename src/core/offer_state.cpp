#include "core/offer_state.hpp"

#include "core/purity.hpp"

namespace driplo::core {

using s = offer_state;

// What ends an offer is written by the system when somebody comes across it: that its time is over,
// or that the listing is gone. The system also answers, by the seller's settings.
const transition_table<offer_state, 9> offer_transitions{{
    {s::pending, s::accepted, as_recipient | as_system},
    {s::pending, s::declined, as_recipient | as_system},
    {s::pending, s::countered, as_recipient},
    {s::pending, s::withdrawn, as_maker},
    {s::pending, s::expired, as_system},
    {s::pending, s::voided, as_system},

    {s::accepted, s::used, as_buyer | as_system},
    {s::accepted, s::expired, as_system},
    {s::accepted, s::voided, as_system},
}};

std::optional<offer_state> find_offer_state(std::string_view name) noexcept {
    return find_state<offer_state>(offer_state_names, name);
}

bool is_live(offer_state state) noexcept {
    return state == s::pending || state == s::accepted;
}

bool may_transition(offer_state from, offer_state to, unsigned actors) noexcept {
    return may_step(offer_transitions, from, to, actors);
}

std::string next_offer_states(offer_state from, unsigned actors) {
    return next_states(offer_transitions, offer_state_names, from, actors);
}

} // namespace driplo::core
