#include "core/return_state.hpp"

#include "core/purity.hpp"

namespace driplo::core {

using s = return_state;

// The seller closes an approved one when the buyer has not sent anything in time: how long that is
// the table does not know. Who inspects may refuse, and the buyer may dispute that.
const transition_table<return_state, 17> return_transitions{{
    {s::requested, s::approved, as_seller | as_system},
    {s::requested, s::rejected, as_seller | as_system},
    {s::requested, s::closed, as_buyer | as_system},

    {s::approved, s::shipped_back, as_buyer | as_system},
    {s::approved, s::closed, as_buyer | as_seller | as_system},

    {s::shipped_back, s::received, as_seller | as_system},
    {s::shipped_back, s::rejected, as_system},

    {s::received, s::inspecting, as_seller | as_system},
    {s::received, s::refunded, as_seller | as_system},
    {s::received, s::replaced, as_seller | as_system},
    {s::received, s::rejected, as_seller | as_system},

    {s::inspecting, s::refunded, as_seller | as_system},
    {s::inspecting, s::replaced, as_seller | as_system},
    {s::inspecting, s::rejected, as_seller | as_system},

    {s::rejected, s::closed, as_buyer | as_seller | as_system},
    {s::refunded, s::closed, as_buyer | as_seller | as_system},
    {s::replaced, s::closed, as_buyer | as_seller | as_system},
}};

std::optional<return_state> find_return_state(std::string_view name) noexcept {
    return find_state<return_state>(return_state_names, name);
}

bool is_finished(return_state state) noexcept {
    return state == s::rejected || state == s::refunded || state == s::replaced ||
           state == s::closed;
}

bool may_transition(return_state from, return_state to, unsigned actors) noexcept {
    return may_step(return_transitions, from, to, actors);
}

std::string next_return_states(return_state from, unsigned actors) {
    return next_states(return_transitions, return_state_names, from, actors);
}

} // namespace driplo::core
