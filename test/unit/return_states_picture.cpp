// docs/return-states.svg and the table in docs/disputes.md show what src/core/return_state.cpp
// says, and nothing else: picture.hpp.
#include "core/return_state.hpp"

#include "picture.hpp"

#include "core/purity.hpp"

using namespace driplo::core;
using s = return_state;

int main(int count, char** arguments) {
    const actor_names actors{{as_buyer, "buyer"}, {as_seller, "seller"}, {as_system, "system"}};
    const column_picture<return_state, 9, 17> picture{
        "The states of a return, and who may bring each about",
        return_state_names,
        return_transitions,
        actors,
        {s::requested, s::approved, s::shipped_back, s::received, s::inspecting, s::refunded,
         s::replaced},
        s::closed,
        s::rejected,
        [](const transition<return_state>& t) { return t.to == s::replaced; }};
    return show(count, arguments, "return-states.svg", picture.draw(), "disputes.md",
                markdown_of(return_state_names, return_transitions, actors));
}
