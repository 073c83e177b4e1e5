#pragma once
// The life of an offer: a price that one side names and the other one answers. One table, the only
// place that knows which state may follow which, and by whom.

#include "core/state_machine.hpp"

namespace driplo::core {

enum class offer_state {
    pending,
    accepted,
    declined,
    countered,
    withdrawn,
    expired,
    voided, ///< "void": what it is about is gone, or costs less by now
    used
};

/// The values of offers.status, by the value of offer_state.
inline constexpr state_names<8> offer_state_names{"pending",   "accepted", "declined", "countered",
                                                  "withdrawn", "expired",  "void",     "used"};

constexpr std::string_view offer_state_name(offer_state state) noexcept {
    return offer_state_names[static_cast<std::size_t>(state)];
}

std::optional<offer_state> find_offer_state(std::string_view name) noexcept;

/// What a side of an offer is beside being the buyer or the seller: added to the step_actors.
enum offer_actor : unsigned { as_maker = 32, as_recipient = 64 };

/// Whether anything can still become of the offer: of these a buyer has one at most for a thing.
bool is_live(offer_state state) noexcept;

extern const transition_table<offer_state, 9> offer_transitions;

bool may_transition(offer_state from, offer_state to, unsigned actors) noexcept;
std::string next_offer_states(offer_state from, unsigned actors);

} // namespace driplo::core
