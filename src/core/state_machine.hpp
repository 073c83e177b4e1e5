#pragma once
// What the machines of orders, returns and disputes share: the names of the states, which may
// follow which, and who may bring it about. Each machine is one table, the only place that knows;
// what a step has for consequences is not known here.

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace driplo::core {

/// Who acts, as a set: somebody may be a party and more than that at once. "system" is the service;
/// an admin may do what the system may.
enum step_actor : unsigned { as_nobody = 0, as_buyer = 1, as_seller = 2, as_system = 4 };

/// One line of a table: `from` may become `to` by any of `actors`.
template <typename State>
struct transition {
    State from, to;
    unsigned actors;
};

/// States are enumerators from 0, named by the labels of an enum type of the database in the same
/// order.
template <std::size_t count>
using state_names = std::array<std::string_view, count>;

template <typename State, std::size_t count>
using transition_table = std::array<transition<State>, count>;

template <typename State, std::size_t count>
constexpr std::optional<State> find_state(const state_names<count>& names,
                                          std::string_view name) noexcept {
    for (std::size_t i = 0; i < count; ++i)
        if (names[i] == name)
            return static_cast<State>(i);
    return std::nullopt;
}

/// Whether one of these actors may do it. A state never follows itself.
template <typename State, std::size_t count>
constexpr bool may_step(const transition_table<State, count>& table, State from, State to,
                        unsigned actors) noexcept {
    for (const transition<State>& t : table)
        if (t.from == from && t.to == to && (t.actors & actors) != 0)
            return true;
    return false;
}

/// The states that these actors may bring about, as "paid, cancelled"; "none" when there is none.
template <typename State, std::size_t steps, std::size_t states>
std::string next_states(const transition_table<State, steps>& table,
                        const state_names<states>& names, State from, unsigned actors) {
    std::string list;
    for (const transition<State>& t : table)
        if (t.from == from && (t.actors & actors) != 0) {
            if (!list.empty())
                list += ", ";
            list += names[static_cast<std::size_t>(t.to)];
        }
    return list.empty() ? "none" : list;
}

} // namespace driplo::core
