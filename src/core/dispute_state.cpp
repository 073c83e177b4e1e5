#include "core/dispute_state.hpp"

#include "core/purity.hpp"

namespace driplo::core {

using s = dispute_state;

const transition_table<dispute_state, 22> dispute_transitions{{
    {s::open, s::awaiting_seller_response, as_system},
    {s::open, s::awaiting_buyer_response, as_system},
    {s::open, s::under_review, as_respondent | as_system},
    {s::open, s::resolved, as_system},
    {s::open, s::cancelled, as_initiator | as_system},

    {s::awaiting_seller_response, s::under_review, as_seller | as_system},
    {s::awaiting_seller_response, s::escalated, as_system},
    {s::awaiting_seller_response, s::resolved, as_system},
    {s::awaiting_seller_response, s::cancelled, as_initiator | as_system},

    {s::awaiting_buyer_response, s::under_review, as_buyer | as_system},
    {s::awaiting_buyer_response, s::escalated, as_system},
    {s::awaiting_buyer_response, s::resolved, as_system},
    {s::awaiting_buyer_response, s::cancelled, as_initiator | as_system},

    {s::under_review, s::awaiting_seller_response, as_system},
    {s::under_review, s::awaiting_buyer_response, as_system},
    {s::under_review, s::resolved, as_system},
    {s::under_review, s::cancelled, as_initiator | as_system},

    {s::escalated, s::under_review, as_system},
    {s::escalated, s::resolved, as_system},
    {s::escalated, s::cancelled, as_initiator | as_system},

    {s::resolved, s::closed, as_system},
    {s::cancelled, s::closed, as_system},
}};

std::optional<dispute_state> find_dispute_state(std::string_view name) noexcept {
    return find_state<dispute_state>(dispute_state_names, name);
}

bool is_open(dispute_state state) noexcept {
    return state != s::resolved && state != s::closed && state != s::cancelled;
}

bool may_transition(dispute_state from, dispute_state to, unsigned actors) noexcept {
    return may_step(dispute_transitions, from, to, actors);
}

std::string next_dispute_states(dispute_state from, unsigned actors) {
    return next_states(dispute_transitions, dispute_state_names, from, actors);
}

const resolution* find_resolution(std::string_view name) noexcept {
    for (const resolution& r : resolutions)
        if (r.name == name)
            return &r;
    return nullptr;
}

} // namespace driplo::core
