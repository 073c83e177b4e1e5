#pragma once
// The life of a return: a line of an order goes back to its seller. One table, the only place that
// knows which state may follow which, and by whom.

#include "core/state_machine.hpp"

namespace driplo::core {

enum class return_state {
    requested,
    approved,
    rejected,
    shipped_back,
    received,
    inspecting,
    refunded,
    replaced,
    closed
};

/// The labels of the enum return_status, by the value of return_state.
inline constexpr state_names<9> return_state_names{"requested",    "approved", "rejected",
                                                   "shipped_back", "received", "inspecting",
                                                   "refunded",     "replaced", "closed"};

constexpr std::string_view return_state_name(return_state state) noexcept {
    return return_state_names[static_cast<std::size_t>(state)];
}

std::optional<return_state> find_return_state(std::string_view name) noexcept;

/// Whether it has been decided what becomes of the return. Until then the return is open.
bool is_finished(return_state state) noexcept;

extern const transition_table<return_state, 17> return_transitions;

bool may_transition(return_state from, return_state to, unsigned actors) noexcept;
std::string next_return_states(return_state from, unsigned actors);

} // namespace driplo::core
